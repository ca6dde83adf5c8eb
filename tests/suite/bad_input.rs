//! Bad input: one message, once, that names the file, the key, the value and the remedy, and the documented exit code.

use crate::launch::{Launch, Outcome, Workplace};

pub const CONFIG: i32 = 2;
const NUMERICAL: i32 = 4;
const IO: i32 = 5;

const GOOD: &str = r#"
[grid]
cells = [40, 20]
size = [4.0, 2.0]

[time]
steps = 4

[kernel]
type = "advection-diffusion"
wind = [1.0, 0.0]
diffusivity = 0.1
boundary = { all = "open" }

[[kernel.field]]
name = "q"
initial = "exp(-x^2)"
"#;

/// Runs [`GOOD`] with `from` replaced by `to`: see [`refuse_case`].
#[track_caller]
pub fn refuse(from: &str, to: &str, code: i32, words: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    refuse_case(&GOOD.replace(from, to), code, words);
}

/// Runs a case alone and on 2 ranks: it must end with `code`, and say each of `words`, the first of them exactly once.
#[track_caller]
pub fn refuse_case(text: &str, code: i32, words: &[&str]) {
    for launch in [Launch::alone(), Launch::on(2)] {
        let place = Workplace::new();
        place.write("case.toml", text);
        let outcome = place.run(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
        must_say(&outcome, code, words);
        if code == CONFIG {
            assert!(
                !place.path("run").exists(),
                "a refused run leaves no folder behind\n{outcome}"
            );
        }
    }
}

#[track_caller]
fn must_say(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "`{word}` is missing\n{outcome}");
    }
    let n = outcome.stderr.matches(words[0]).count();
    assert_eq!(n, 1, "`{}` is said {n} times\n{outcome}", words[0]);
    assert!(!outcome.stderr.contains("panicked"), "{outcome}");
}

#[test]
pub fn a_misspelt_key_is_shown_at_its_place_with_the_key_that_was_meant() {
    let words = [
        "unknown key `difusivity`",
        "case.toml:12:1",
        "difusivity = 0.1",
        "`diffusivity`",
    ];
    refuse("diffusivity", "difusivity", CONFIG, &words);
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    let words = ["`steps` in [time]", "case.toml:7:9", "an integer", "\"many\""];
    refuse("steps = 4", "steps = \"many\"", CONFIG, &words);
}

#[test]
fn a_negative_diffusivity_is_refused() {
    let words = [
        "a diffusivity of -0.1 m2/s is negative",
        "case.toml:12:15",
        "zero or more",
    ];
    refuse("diffusivity = 0.1", "diffusivity = -0.1", CONFIG, &words);
}

#[test]
fn a_diffusivity_that_is_negative_at_some_face_is_refused_with_the_face() {
    // Negative on the last face alone, at x = 4.
    let words = [
        "\"3.95 - x\" is negative",
        "case.toml",
        "kernel.diffusivity[0]",
        "(40, 0)",
        "x = 4 m",
        "change the formula",
    ];
    refuse("diffusivity = 0.1", "diffusivity = [\"3.95 - x\", 0]", CONFIG, &words);
}

#[test]
fn a_grid_without_cells_is_refused() {
    let words = ["`cells[0]` in [grid]", "case.toml:3:10", "at least 1", "not 0"];
    refuse("cells = [40, 20]", "cells = [0, 20]", CONFIG, &words);
}

#[test]
fn a_grid_that_no_machine_holds_is_refused() {
    let words = ["`cells` in [grid]", "case.toml:3:9", "PiB", "fewer cells"];
    refuse("cells = [40, 20]", "cells = [40000000000, 20000000000]", CONFIG, &words);
}

#[test]
fn a_grid_that_this_machine_does_not_hold_is_refused_before_it_is_allocated() {
    let words = ["`grid.cells` = 40000000 x 20000000", "case.toml", "TiB", "fewer cells"];
    refuse(
        "cells = [40, 20]",
        "cells = [40000000, 20000000]",
        CONFIG,
        &["`grid.cells`", words[1], words[3]],
    );
    refuse("cells = [40, 20]", "cells = [400000, 2000000]", CONFIG, &words[1..]);
}

#[test]
fn a_time_step_above_the_limit_is_refused_with_the_limit() {
    let words = [
        "`time.dt` = 0.5 s is unstable",
        "case.toml",
        "largest stable dt is 2.0",
        "smaller `dt`",
    ];
    refuse("steps = 4", "steps = 4\ndt = 0.5", CONFIG, &words);
}

#[test]
fn an_unknown_variable_is_refused_with_those_that_are_known() {
    let words = [
        "unknown variable `w`",
        "case.toml:11:12",
        "`wind[0]` in [kernel]",
        "x, y, t",
    ];
    refuse("wind = [1.0, 0.0]", "wind = [\"2*w\", 0.0]", CONFIG, &words);
}

#[test]
fn a_variable_that_the_grid_does_not_have_is_refused() {
    refuse(
        "exp(-x^2)",
        "exp(-z^2)",
        CONFIG,
        &["`z` cannot be used here", "case.toml:17", "x, y"],
    );
}

#[test]
fn an_initial_state_that_is_not_finite_is_refused_with_the_first_cell() {
    let words = [
        "\"1/(x - 0.25)\" is not finite",
        "case.toml",
        "kernel.field.q.initial",
        "(2, 0)",
        "x = 0.25 m",
        "change the formula",
    ];
    refuse("exp(-x^2)", "1/(x - 0.25)", CONFIG, &words);
}

#[test]
pub fn a_formula_that_is_not_finite_on_another_rank_is_refused_once() {
    let words = [
        "\"1/(x - 3.75)\" is not finite",
        "case.toml",
        "kernel.field.q.initial",
        "(37, 0)",
        "x = 3.75 m",
    ];
    refuse("exp(-x^2)", "1/(x - 3.75)", CONFIG, &words);
}

#[test]
fn a_source_that_is_not_finite_is_refused() {
    let words = [
        "\"ln(y - 1)\" is not finite",
        "case.toml",
        "kernel.field.q.source",
        "(0, 0)",
        "y = 0.05 m",
    ];
    refuse("name = \"q\"", "name = \"q\"\nsource = \"ln(y - 1)\"", CONFIG, &words);
}

#[test]
fn a_wall_that_is_not_finite_is_refused() {
    let words = [
        "\"1/(y - 0.25)\" is not finite",
        "case.toml",
        "kernel.field.q.boundary.east",
        "(40, 2)",
        "change the formula",
    ];
    let walls = "boundary = { all = \"open\", east = { value = \"1/(y - 0.25)\" } }";
    refuse("boundary = { all = \"open\" }", walls, CONFIG, &words);
}

#[test]
fn a_wall_with_an_unknown_variable_is_refused() {
    let words = [
        "unknown variable `w`",
        "case.toml:13:52",
        "`value` in [kernel.boundary.east]",
        "x, y, t",
    ];
    let walls = "boundary = { all = \"open\", east = { value = \"1 + 2*w\" } }";
    refuse("boundary = { all = \"open\" }", walls, CONFIG, &words);
}

#[test]
fn a_deposition_velocity_that_is_negative_on_another_rank_is_refused_with_the_face() {
    let words = [
        "\"3.9 - x\" is negative",
        "case.toml",
        "kernel.field.q.boundary.south",
        "(39, 0)",
        "x = 3.95 m, y = 0 m",
        "zero or more",
    ];
    let walls = "boundary = { all = \"open\", south = { deposition = \"3.9 - x\" } }";
    refuse("boundary = { all = \"open\" }", walls, CONFIG, &words);
}

#[test]
fn a_stream_function_in_three_dimensions_is_refused() {
    let place = Workplace::new();
    let text = GOOD
        .replace("[40, 20]", "[40, 20, 2]")
        .replace("[4.0, 2.0]", "[4.0, 2.0, 1.0]")
        .replace("wind = [1.0, 0.0]", "stream_function = \"y\"");
    place.write("case.toml", &text);
    for launch in [Launch::alone(), Launch::on(2)] {
        let outcome = place.run(&launch, &["case.toml", "--output", "run"]);
        let words = [
            "a stream function makes a wind in two dimensions",
            "case.toml:11:19",
            "`wind = [u, v, w]`",
        ];
        must_say(&outcome, CONFIG, &words);
    }
    let both = "wind = [1.0, 0.0]\nstream_function = \"y\"";
    let words = ["`wind` and `stream_function` are both given", "case.toml:12"];
    refuse("wind = [1.0, 0.0]", both, CONFIG, &words);
}

#[test]
fn a_tensor_that_is_indefinite_on_another_rank_is_refused_with_the_face() {
    // Indefinite beyond x = 3.9: of the x faces only at the last, which the second rank has.
    let tensor = "diffusivity = [[1, \"max(0, x - 2.9)\"], [\"max(0, x - 2.9)\", 1]]";
    let words = [
        "is not positive definite: its smallest eigenvalue is -0.1",
        "case.toml",
        "`kernel.diffusivity`",
        "m2/s",
        "(40, 0)",
        "x = 4 m, y = 0.05 m",
        "change the formulas",
    ];
    refuse("diffusivity = 0.1", tensor, CONFIG, &words);
}

#[test]
fn a_matrix_of_rates_that_creates_mass_is_refused() {
    let rates = "diffusivity = 0.1\nexchange_rates = [[-0.5, 0.375], [0.5, -0.25]]";
    let text = GOOD.replace("diffusivity = 0.1", rates) + "\n[[kernel.field]]\nname = \"b\"\n";
    for launch in [Launch::alone(), Launch::on(2)] {
        let place = Workplace::new();
        place.write("case.toml", &text);
        let outcome = place.run(&launch, &["case.toml", "--output", "run"]);
        let words = [
            "`exchange_rates` creates mass: the column for field `b` sums to +0.125 1/s",
            "case.toml:13:18",
            "make the diagonal",
        ];
        must_say(&outcome, CONFIG, &words);
    }
}

#[test]
fn a_box_that_reaches_out_of_the_grid_is_refused() {
    let words = [
        "x = 4.5 m lies outside the grid",
        "case.toml",
        "kernel.field.q.source.to[0]",
        "from 0 m to 4 m",
        "move",
    ];
    let source = "name = \"q\"\nsource = { rate = 1, from = [3, 1], to = [4.5, 2] }";
    refuse("name = \"q\"", source, CONFIG, &words);
}

#[test]
fn a_point_source_outside_the_grid_is_refused() {
    let words = [
        "x = 9 m lies outside the grid",
        "case.toml",
        "kernel.field.q.source",
        "from 0 m to 4 m",
        "move",
    ];
    refuse(
        "name = \"q\"",
        "name = \"q\"\nsource = { rate = 1, at = [9, 1] }",
        CONFIG,
        &words,
    );
}

#[test]
fn a_value_that_is_lost_on_the_way_stops_the_run_with_its_place() {
    // Finite at the start, infinite one step later, at one cell of the second rank.
    let source = "name = \"q\"\nsource = \"if(t > 0 && x > 3.7 && x < 3.8 && y < 0.1, 1/0, 0)\"";
    let words = ["field \"q\" is not finite at cell (37, 0)", "x = 3.75 m", "step 2"];
    let steps = "steps = 4\n[check]\nevery = { steps = 1 }";
    let text = GOOD.replace("name = \"q\"", source).replace("steps = 4", steps);
    for launch in [Launch::alone(), Launch::on(2)] {
        let place = Workplace::new();
        place.write("case.toml", &text);
        let outcome = place.run(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
        must_say(&outcome, NUMERICAL, &words);
        let status = place.read("run/status.json");
        assert!(status.contains("failed") && status.contains("not finite"), "{status}");
    }
}

#[test]
fn all_errors_are_reported_at_once() {
    let place = Workplace::new();
    let text = GOOD
        .replace("cells = [40, 20]", "cells = [40, -1]")
        .replace("diffusivity", "difusivity");
    place.write("case.toml", &text.replace("name = \"q\"", "nmae = \"q\""));
    for launch in [Launch::alone(), Launch::on(2)] {
        let outcome = place.run(&launch, &["case.toml"]);
        must_say(&outcome, CONFIG, &["`cells[1]` in [grid]", "case.toml"]);
    }
    place.write(
        "case.toml",
        &GOOD
            .replace("diffusivity", "difusivity")
            .replace("steps = 4", "stesp = 4"),
    );
    let outcome = place.run(&Launch::alone(), &["case.toml"]);
    must_say(
        &outcome,
        CONFIG,
        &[
            "unknown key `difusivity`",
            "unknown key `stesp`",
            "missing `end` or `steps`",
            "3 errors in case.toml",
        ],
    );
}

#[test]
fn an_output_folder_that_cannot_be_made_is_refused() {
    for launch in [Launch::alone(), Launch::on(2)] {
        let place = Workplace::new();
        place.write("case.toml", GOOD);
        place.write("file", "in the way");
        let outcome = place.run(&launch, &["case.toml", "--output", "file/run"]);
        must_say(
            &outcome,
            IO,
            &["could not create the output folder", "file/run", "ot a directory"],
        );
    }
}

#[test]
fn an_empty_configuration_is_told_what_it_lacks() {
    for launch in [Launch::alone(), Launch::on(2)] {
        let place = Workplace::new();
        place.write("case.toml", "");
        let outcome = place.run(&launch, &["case.toml"]);
        must_say(
            &outcome,
            CONFIG,
            &["missing table [grid]", "missing table [time]", "errors in case.toml"],
        );
    }
}

#[test]
fn a_missing_configuration_is_named() {
    for launch in [Launch::alone(), Launch::on(2)] {
        let outcome = Workplace::new().run(&launch, &["nowhere.toml"]);
        must_say(
            &outcome,
            IO,
            &["could not read the configuration nowhere.toml", "No such file"],
        );
    }
}

#[test]
fn tiles_thinner_than_the_halo_are_refused_with_the_largest_number_of_ranks() {
    let place = Workplace::new();
    place.write("case.toml", &GOOD.replace("cells = [40, 20]", "cells = [3, 1]"));
    let outcome = place.run(&Launch::on(4), &["case.toml", "--output", "run"]);
    must_say(
        &outcome,
        CONFIG,
        &["thinner than the halo", "case.toml", "`grid.cells`", "4 ranks", "is 3"],
    );
    assert!(!place.path("run").exists());
}

#[test]
fn a_topology_for_another_number_of_ranks_is_refused() {
    let place = Workplace::new();
    place.write("case.toml", &format!("{GOOD}\n[parallel]\ntopology = [3, 1]\n"));
    let outcome = place.run(&Launch::on(2), &["case.toml", "--output", "run"]);
    must_say(
        &outcome,
        CONFIG,
        &["`parallel.topology` = 3 x 1", "case.toml", "2 ranks", "leave it out"],
    );
}

#[test]
fn processes_that_each_believe_to_be_alone_are_told_so_by_one_of_them() {
    let place = Workplace::new();
    place.write("case.toml", GOOD);
    let run = |rank: &str| {
        let launch = Launch::alone().with("PMI_SIZE", "4").with("PMI_RANK", rank);
        place.run(&launch, &["case.toml", "--output", "run"])
    };
    must_say(
        &run("0"),
        CONFIG,
        &[
            "started 4 processes",
            "PMI_SIZE",
            "different MPIs",
            "launcher of the MPI",
        ],
    );
    let silent = run("2");
    assert_eq!((silent.code, silent.stderr.as_str()), (Some(CONFIG), ""), "{silent}");
    assert!(!place.path("run").exists());
}
