//! `simrun validate`: the cases of the repository pass on any number of ranks, and what does not pass is said.

use crate::launch::{Launch, Outcome, Workplace};
use std::fs;
use std::path::Path;

/// The cases of the repository.
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/validation");

/// Cases that take about a second or less, also on more ranks than there are cores.
const FAST: [&str; 11] = [
    "cavity",
    "cone",
    "diffusing-gaussian",
    "diffusing-sine",
    "diffusion-order",
    "donor-cell",
    "eigenmodes",
    "lorentz",
    "pyclaw-advection",
    "scattering-box",
    "super-stepping",
];

/// A folder with a copy of the case `diffusing-sine`, in which `from` is replaced by `to` in the expectations.
fn changed(from: &str, to: &str) -> Workplace {
    let place = Workplace::new();
    fs::create_dir_all(place.path("validation/diffusing-sine")).unwrap();
    let text = |file: &str| fs::read_to_string(Path::new(CASES).join("diffusing-sine").join(file)).unwrap();
    place.write("validation/diffusing-sine/case.toml", &text("case.toml"));
    let expected = text("expected.toml");
    assert!(expected.contains(from), "{from}");
    place.write(
        "validation/diffusing-sine/expected.toml",
        &expected.replacen(from, to, 1),
    );
    place
}

/// The number of the first line of the expectations that contains `text`.
fn line_of(place: &Workplace, text: &str) -> usize {
    let expected = place.read("validation/diffusing-sine/expected.toml");
    expected
        .lines()
        .position(|line| line.contains(text))
        .expect("the line is there")
        + 1
}

#[track_caller]
fn must_say_once(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    for word in words {
        assert_eq!(outcome.stderr.matches(word).count(), 1, "`{word}`\n{outcome}");
    }
}

/// The table without its last line, which tells the time.
fn table(outcome: &Outcome) -> Vec<&str> {
    let lines = outcome.stdout.lines();
    lines.filter(|line| !line.starts_with("all ")).collect()
}

#[test]
pub fn the_cases_pass_with_the_same_table_on_1_and_3_ranks() {
    let arguments = [&["validate", "--cases", CASES][..], &FAST].concat();
    let [alone, on_three] = [Launch::alone(), Launch::on(3)].map(|launch| {
        let place = Workplace::new();
        let outcome = place.succeed(&launch, &arguments);
        for case in FAST {
            assert!(place.path("output/validate").join(case).is_dir(), "{case}");
        }
        outcome
    });
    assert_eq!(table(&alone), table(&on_three));
    let row = |start: &str| {
        alone
            .stdout
            .lines()
            .find(|line| line.starts_with(start) && line.contains("rk3"))
    };
    let row = row("diffusing-sine ").unwrap();
    for word in [
        "maximum, rk3",
        "0.805054988",
        "1.3e-14",
        " ok ",
        "ERF, ScalarDiffusionSine",
    ] {
        assert!(row.contains(word), "`{word}` is missing in\n{row}");
    }
    assert!(
        alone
            .stdout
            .lines()
            .all(|line| line.len() <= 140 && !line.contains('\u{1b}')),
        "{alone}"
    );
}

#[test]
fn orders_of_accuracy_are_drawn_where_they_are_asked_for() {
    for (plot, ending, start) in [("--plot", "png", &b"\x89PNG"[..]), ("--plot=svg", "svg", b"<svg")] {
        let place = Workplace::new();
        let arguments = ["validate", "--cases", CASES, plot, "diffusion-order", "diffusing-sine"];
        let outcome = place.succeed(&Launch::on(2), &arguments);
        let picture = format!("output/validate/diffusion-order.{ending}");
        assert!(outcome.stdout.contains(&picture), "{outcome}");
        assert!(fs::read(place.path(&picture)).unwrap().starts_with(start));
        // Nothing converges there.
        assert!(!place.path(&format!("output/validate/diffusing-sine.{ending}")).exists());
    }
}

#[test]
fn a_wrong_reference_fails_with_its_line_once_on_any_number_of_ranks() {
    let place = changed("0.16013539353905007", "0.16013539354");
    let line = line_of(&place, "smallest magnitude") - 1;
    for launch in [Launch::alone(), Launch::on(3)] {
        let outcome = place.run(&launch, &["validate"]);
        let place = format!("validation/diffusing-sine/expected.toml:{line}: \"smallest magnitude, rk3\"");
        must_say_once(
            &outcome,
            1,
            &["1 of 3 checks failed", &place, "not 0.16013539354 to within"],
        );
        assert_eq!(outcome.stdout.matches("FAILED").count(), 1, "{outcome}");
        assert_eq!(outcome.stdout.matches(" ok ").count(), 2, "{outcome}");
    }
}

#[test]
fn wrong_expectations_are_refused_before_anything_runs() {
    let place = changed("tolerance = 1.3e-14", "tolerence = 1.3e-14");
    let at = format!(
        "validation/diffusing-sine/expected.toml:{}:1",
        line_of(&place, "tolerence")
    );
    for launch in [Launch::alone(), Launch::on(2)] {
        let outcome = place.run(&launch, &["validate", "diffusing-sine"]);
        must_say_once(&outcome, 2, &["unknown key `tolerence` in [check.maximum, rk3]", &at]);
        assert!(!place.path("output").exists(), "{outcome}");
    }
    let place = changed("kernel.stepper=euler", "kernel.steper=euler");
    let outcome = place.run(&Launch::on(2), &["validate"]);
    must_say_once(
        &outcome,
        2,
        &[
            "unknown key `steper`",
            "run \"euler\" of validation/diffusing-sine/expected.toml",
        ],
    );
}

#[test]
fn a_case_or_a_folder_that_is_not_there_is_answered_with_what_is() {
    let place = changed("ERF", "ERF");
    let outcome = place.run(&Launch::on(2), &["validate", "difusing-sine"]);
    must_say_once(
        &outcome,
        2,
        &[
            "no case `difusing-sine` in validation",
            "did you mean `diffusing-sine`?",
        ],
    );
    let outcome = place.run(&Launch::alone(), &["validate", "--cases", "nowhere"]);
    must_say_once(&outcome, 2, &["nowhere holds no cases", "--cases DIR"]);
}

#[test]
fn a_run_that_fails_is_a_check_that_fails() {
    let place = changed("kernel.stepper=euler", "kernel.field.q.source=if(t > 0, 1/0, 0)");
    let outcome = place.run(&Launch::on(2), &["validate"]);
    must_say_once(
        &outcome,
        1,
        &[
            "1 of 3 checks failed",
            "\"maximum, euler\" has no value: run \"euler\" failed",
            "is not finite",
        ],
    );
    assert_eq!(outcome.stdout.matches(" ok ").count(), 2, "{outcome}");
}

#[test]
fn runs_replace_runs_and_nothing_else() {
    let place = changed("ERF", "ERF");
    place.succeed(&Launch::alone(), &["validate", "--output", "here"]);
    place.write("here/diffusing-sine/rk3/notes.txt", "mine");
    place.succeed(&Launch::alone(), &["validate", "--output", "here"]);
    assert_eq!(place.read("here/diffusing-sine/rk3/notes.txt"), "mine");
    fs::create_dir_all(place.path("there/diffusing-sine/euler")).unwrap();
    place.write("there/diffusing-sine/euler/history.csv", "measured for years");
    let outcome = place.run(&Launch::on(2), &["validate", "--output", "there"]);
    must_say_once(&outcome, 2, &["history.csv is in the way"]);
    assert_eq!(
        place.read("there/diffusing-sine/euler/history.csv"),
        "measured for years"
    );
}
