//! Good configurations and what they mean; bad ones and what is said about them.

mod checkpoint;

use super::*;
use crate::error::Error;

const GOOD: &str = r#"
[grid]
cells = [512, 256]
size = [20e3, 10e3]

[time]
end = "2 h"

[kernel]
type = "none"

[[kernel.field]]
name = "so2"
decay = 0.5

[[snapshot]]
every = "5 min"
"#;

/// Reads all of a configuration, and of the kernel what the example contains.
fn read(text: &str, overrides: &[&str]) -> Result<(Config, String), ConfigError> {
    let overrides: Vec<String> = overrides.iter().map(|text| text.to_string()).collect();
    let document = Document::parse("runs/plume.toml", text, &overrides)?;
    let config = Config::read(&document);
    if let Some(kernel) = document.root().require_table("kernel", "write [kernel] with its type") {
        kernel.require("type", "name the physics").string("type");
        for field in kernel.tables("field") {
            field.string("name");
            field.number("decay");
        }
    }
    document.finish()?;
    Ok((config.expect("a configuration without errors"), document.resolved()))
}

fn good(text: &str, overrides: &[&str]) -> Config {
    read(text, overrides).unwrap_or_else(|error| panic!("{error}")).0
}

#[track_caller]
fn assert_said(text: &str, overrides: &[&str], parts: &[&str]) {
    let said = read(text, overrides).expect_err("an error").to_string();
    for part in parts {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}

/// The good example with `from` replaced by `to`, and what is said about it.
#[track_caller]
fn assert_said_if(from: &str, to: &str, parts: &[&str]) {
    assert!(GOOD.contains(from));
    assert_said(&GOOD.replace(from, to), &[], parts);
}

#[test]
fn defaults_fill_what_is_not_given() {
    let config = good(GOOD, &[]);
    assert_eq!((config.title.as_str(), config.precision), ("plume", Precision::Double));
    assert_eq!((config.grid.cells, config.grid.dims), ([512, 256, 1], 2));
    assert_eq!(config.grid.spacing, [39.0625, 39.0625, 1.0]);
    assert_eq!(config.grid.origin, [0.0; 3]);
    assert_eq!(
        (config.time.end, config.time.steps, config.time.dt),
        (Some(7200.0), None, None)
    );
    assert_eq!((config.time.start, config.time.cfl), (0.0, 0.9));
    assert_eq!(
        (config.parallel.topology, config.parallel.executor),
        (None, ExecutorChoice::Auto)
    );
    assert_eq!((config.parallel.strip_rows, config.parallel.remember), (None, true));
    assert!(config.parallel.shared_memory);
    let [snapshot] = &config.snapshots[..] else {
        panic!("one snapshot")
    };
    assert_eq!(
        (snapshot.name.as_str(), &snapshot.every),
        ("fields", &Every::Time(300.0))
    );
    assert!(snapshot.initial_state && snapshot.final_state && !snapshot.storage && snapshot.fields.is_empty());
    assert_eq!(
        (config.history.enabled, config.history.every, config.check.every_steps),
        (true, None, 48)
    );
    assert_eq!(config.check.stalled_after, Some(600.0));
    assert_eq!(
        config.checkpoint,
        CheckpointConfig {
            every: None,
            keep: 3,
            final_state: false,
            on_failure: OnFailure::Stop,
            mtbf: 86400.0,
            largest_share: 0.05,
        }
    );
    let output = &config.output;
    assert_eq!(
        (output.staging, output.aggregators, output.is_direct),
        (None, None, true)
    );
    assert_eq!(
        (config.plot.colormap, config.plot.range, config.plot.log),
        (None, None, false)
    );
}

#[test]
fn everything_can_be_given() {
    let config = good(
        r#"
title = "box"
precision = "f32"
grid = { cells = [4, 5, 6], spacing = [1, 2, 3], origin = [-1, 0, 0.5] }
time = { steps = 10, dt = "3 ms", start = 1 }
kernel = { type = "none" }
parallel = { topology = [2, 1, 1], executor = "progress", instructions = "avx2", shared_memory = false }
history = { every = { steps = 5 } }
check = { every = { steps = 7 }, stalled_after = "2 min" }
checkpoint = { every = "auto", keep = 2, final = false, on_failure = "continue", mtbf = "6 h", largest_share = 0.1 }
output = { staging = "512 MiB", aggregators = 2, direct_io = false }
plot = { fields = ["so2"], colormap = "magma", log = true, range = [1, 2] }
[[snapshot]]
name = "all"
at_steps = [0, 10]
compression = 4
storage = true
initial = false
[[snapshot]]
name = "some"
at_times = ["1 min", 90]
fields = ["so2"]
final = false
"#,
        &[],
    );
    assert_eq!((config.title.as_str(), config.precision), ("box", Precision::Single));
    assert_eq!(
        (config.grid.cells, config.grid.dims, config.grid.origin),
        ([4, 5, 6], 3, [-1.0, 0.0, 0.5])
    );
    assert_eq!(
        (config.time.steps, config.time.dt, config.time.start),
        (Some(10), Some(3e-3), 1.0)
    );
    assert_eq!(config.parallel.topology, Some([2, 1, 1]));
    assert_eq!(config.parallel.executor, ExecutorChoice::Progress);
    assert_eq!(config.parallel.instructions, InstructionChoice::Avx2);
    assert!(!config.parallel.shared_memory);
    assert_eq!(
        (config.history.every, config.check.every_steps),
        (Some(Every::Steps(5)), 7)
    );
    assert_eq!(config.check.stalled_after, Some(120.0));
    assert_eq!(
        config.checkpoint,
        CheckpointConfig {
            every: Some(CheckpointEvery::Auto),
            keep: 2,
            final_state: false,
            on_failure: OnFailure::Continue,
            mtbf: 21600.0,
            largest_share: 0.1,
        }
    );
    let output = &config.output;
    assert_eq!(
        (output.staging, output.aggregators, output.is_direct),
        (Some(536_870_912), Some(2), false)
    );
    assert_eq!(
        (config.plot.colormap.as_deref(), config.plot.range),
        (Some("magma"), Some([1.0, 2.0]))
    );
    assert_eq!(config.snapshots[0].every, Every::AtSteps(vec![0, 10]));
    assert_eq!(
        (config.snapshots[0].compression, config.snapshots[0].initial_state),
        (4, false)
    );
    assert_eq!(config.snapshots[1].every, Every::AtTimes(vec![60.0, 90.0]));
    assert!(!config.snapshots[1].final_state);
}

#[test]
fn a_misspelt_key_or_table_is_shown_with_the_one_that_was_meant() {
    assert_said_if(
        "cells =",
        "cels =",
        &[
            "unknown key `cels` in [grid]",
            "plume.toml:3:1",
            "did you mean `cells`?",
        ],
    );
    assert_said_if(
        "[grid]",
        "[gird]",
        &[
            "unknown table `gird`",
            "plume.toml:2:2",
            "`grid`?",
            "missing table [grid]",
        ],
    );
    assert_said_if(
        "[grid]",
        "[grid]\nsteps = 3",
        &["unknown key `steps` in [grid]", "`steps` belongs to [time]"],
    );
    assert_said_if(
        "[grid]",
        "[chekpoint]\n[grid]",
        &["unknown table `chekpoint`", "did you mean `checkpoint`?"],
    );
    assert_said_if(
        "[grid]",
        "[output]\nkeep = 1\n[grid]",
        &["unknown key `keep` in [output]", "`keep` belongs to [checkpoint]"],
    );
    assert_said_if(
        "[kernel]\ntype = \"none\"",
        "",
        &["missing key `type` in [kernel]", "name the physics"],
    );
}

#[test]
fn bad_grids_are_refused() {
    assert_said_if(
        "[512, 256]",
        "[512, 0]",
        &["`cells[1]` in [grid] must be at least 1, not 0", "plume.toml:3:15"],
    );
    assert_said_if(
        "[512, 256]",
        "[512]",
        &["`cells` in [grid] must have 2 or 3 numbers, not 1"],
    );
    assert_said_if(
        "[512, 256]",
        "[1_000_000, 1_000_000, 1_000_000]",
        &["1.00e18 cells", "PiB", "fewer cells"],
    );
    assert_said_if("[512, 256]", "[9e9, 2]", &["`cells[0]` in [grid] must be an integer"]);
    assert_said_if(
        "[512, 256]",
        "[99999999999999999999, 2]",
        &["number 99999999999999999999 is too large"],
    );
    assert_said_if(
        "[512, 256]",
        "\"512\"",
        &["`cells` in [grid] must be an array of integers", "in brackets"],
    );
    assert_said_if(
        "size = [20e3, 10e3]",
        "spacing = [1, -2]",
        &["`spacing[1]` in [grid] must be positive, not -2"],
    );
    assert_said_if(
        "size = [20e3, 10e3]",
        "size = [1, 2, 3]",
        &["`size` in [grid] must be an array of 2"],
    );
    assert_said_if(
        "size = [20e3, 10e3]",
        "size = [1, 1]\nspacing = [1, 1]",
        &["`size` and `spacing` are both given"],
    );
    assert_said_if("size = [20e3, 10e3]", "", &["missing `size` or `spacing` in [grid]"]);
    assert_said_if("size = [20e3, 10e3]", "size = [5e-324, 1]", &["gives cells of 0 m"]);
}

#[test]
fn bad_times_are_refused() {
    assert_said_if(
        "end = \"2 h\"",
        "end = \"2 h\"\nsteps = 5",
        &["`end` and `steps` are both given in [time]"],
    );
    assert_said_if(
        "end = \"2 h\"",
        "",
        &["missing `end` or `steps` in [time]", "write end ="],
    );
    assert_said_if(
        "end = \"2 h\"",
        "end = \"2 hrs\"",
        &["must be a duration, not the string \"2 hrs\"", "\"2 h\""],
    );
    assert_said_if(
        "end = \"2 h\"",
        "end = 0",
        &["`end` in [time] is 0 s, not after the start at 0 s"],
    );
    assert_said_if(
        "end = \"2 h\"",
        "steps = 0",
        &["`steps` in [time] must be at least 1, not 0"],
    );
    assert_said_if(
        "end = \"2 h\"",
        "end = 1\ncfl = 1.5",
        &["`cfl` in [time] must be above 0 and at most 1, not 1.5"],
    );
    assert_said_if(
        "end = \"2 h\"",
        "end = 1\ncfl = 0.5\ndt = 1",
        &["`dt` and `cfl` are both given"],
    );
    assert_said_if(
        "end = \"2 h\"",
        "end = 1\ndt = 0",
        &["`dt` in [time] must be longer than zero, not 0"],
    );
}

#[test]
fn bad_schedules_and_names_are_refused() {
    let every = "every = \"5 min\"";
    assert_said_if(
        every,
        "",
        &["missing `every` or `at_times` or `at_steps` in [snapshot.0]"],
    );
    assert_said_if(
        every,
        "every = { step = 5 }",
        &["unknown key `step`", "did you mean `steps`?", "missing key `steps`"],
    );
    assert_said_if(
        every,
        "at_times = [1, 3, 2]",
        &["must ascend, but 2 follows 3", "plume.toml:17:19"],
    );
    assert_said_if(every, "at_steps = []", &["`at_steps` in [snapshot.0] is empty"]);
    assert_said_if(every, "every = 1\nname = \"../x\"", &["not safe in file names"]);
    assert_said_if(
        every,
        "every = 1\ncompression = 10",
        &["must be an integer from 0 to 9, not 10"],
    );
    assert_said_if(
        every,
        "every = 1\n[[snapshot]]\nevery = 2",
        &["two snapshots have the name \"fields\""],
    );
}

#[test]
fn strips_and_what_is_measured_are_asked_for_where_there_are_any() {
    let read = |cells: &str, parallel: &str| {
        let text = format!(
            "[grid]\ncells = {cells}\nsize = {cells}\n[time]\nsteps = 3\n[kernel]\ntype = \"none\"\n[parallel]\n{parallel}\n"
        );
        let document = Document::parse("t.toml", &text, &[]).unwrap();
        let config = Config::read(&document).unwrap_or_else(|| panic!("{:?}", document.finish()));
        document.root().table("kernel").unwrap().accept_rest();
        let warnings = document.finish().unwrap_or_else(|error| panic!("{error}"));
        (config.parallel.strip_rows, config.parallel.remember, warnings)
    };
    let all = "strip_rows = 12\nremember = false";
    assert_eq!(read("[8, 8, 8]", all), (Some(12), false, vec![]));
    let (rows, _, said) = read("[8, 8, 8]", "strip_rows = 12\nexecutor = \"temporal\"");
    assert_eq!((rows, said), (Some(12), vec![]));
    let (rows, _, said) = read("[8, 8, 8]", &format!("{all}\nexecutor = \"overlap\""));
    assert_eq!((rows, said.len()), (None, 2));
    assert!(
        said[0].contains("`remember`") && said[1].contains("by the temporal executor"),
        "{said:?}"
    );
    let (rows, _, said) = read("[8, 8]", "strip_rows = 12");
    assert_eq!((rows, said.len()), (None, 1));
    assert!(said[0].contains("in three dimensions only"), "{said:?}");
    assert_said_if(
        "[grid]",
        "[parallel]\nstrip_rows = 0\n[grid]",
        &["`strip_rows`", "at least 1"],
    );
}

#[test]
fn bad_choices_are_answered_with_the_right_ones() {
    assert_said_if(
        "[grid]",
        "precision = \"f46\"\n[grid]",
        &["`precision` cannot be \"f46\"", "\"f32\", \"f64\""],
    );
    assert_said_if(
        "[grid]",
        "[parallel]\nexecutor = \"overlaps\"\n[grid]",
        &["did you mean \"overlap\"?"],
    );
    assert_said_if(
        "[grid]",
        "[parallel]\ntopology = [2, 2, 2]\n[grid]",
        &["must be an array of 2"],
    );
    assert_said_if(
        "[grid]",
        "[parallel]\ntopology = [2, 300]\n[grid]",
        &["300 ranks along an axis of 256 cells"],
    );
    assert_said_if(
        "[grid]",
        "[plot]\nrange = [2, 1]\n[grid]",
        &["must ascend, but 1 follows 2"],
    );
    assert_said_if(
        "[grid]",
        "[plot]\nlog = true\nrange = [0, 1]\n[grid]",
        &["has no logarithm"],
    );
}

#[test]
fn all_errors_are_reported_at_once_in_the_order_of_the_text() {
    let text = "[grid]\ncells = [0, 4]\nsise = 3\n[time]\nend = true\n[kernel]\ntyp = \"a\"\n";
    let error = read(text, &[]).unwrap_err();
    let said = error.to_string();
    let places: Vec<usize> = ["plume.toml:2:10", "plume.toml:3:1", "plume.toml:5:7", "plume.toml:7:1"]
        .iter()
        .map(|place| said.find(place).unwrap_or_else(|| panic!("{place}\nis not in\n{said}")))
        .collect();
    assert!(places.is_sorted(), "{said}");
    assert_eq!(Error::from(error).exit_code(), 2);
}

#[test]
fn an_error_of_syntax_is_shown_at_its_place() {
    assert_said(
        "[grid]\ncells = [1, 2\nsize = 3\n",
        &[],
        &["not valid TOML", "plume.toml:"],
    );
    assert_said("a = 1\na = 2\n", &[], &["not valid TOML", "plume.toml:2:1"]);
}

#[test]
fn overrides_win_over_the_file_and_later_ones_over_earlier_ones() {
    let config = good(
        GOOD,
        &[
            "time.end=1 h",
            "time.end=30 min",
            "grid.cells=[8, 4]",
            "parallel.executor=blocking",
        ],
    );
    assert_eq!((config.time.end, config.grid.cells), (Some(1800.0), [8, 4, 1]));
    assert_eq!(config.parallel.executor, ExecutorChoice::Blocking);
    let config = good(
        GOOD,
        &[
            "snapshot.0.every={ steps = 3 }",
            "grid.cells.1=7",
            "check.every.steps=9",
        ],
    );
    assert_eq!(
        (&config.snapshots[0].every, config.grid.cells[1]),
        (&Every::Steps(3), 7)
    );
    assert_eq!(config.check.every_steps, 9);
}

#[test]
fn an_override_of_an_alternative_wins_over_the_one_in_the_file() {
    let (config, resolved) = read(GOOD, &["time.steps=12"]).unwrap();
    assert_eq!((config.time.end, config.time.steps), (None, Some(12)));
    assert!(
        resolved.contains("steps = 12") && !resolved.contains("2 h"),
        "{resolved}"
    );
}

#[test]
fn an_entry_of_an_array_is_overridden_by_its_name() {
    let (_, resolved) = read(GOOD, &["kernel.field.so2.decay=1e-5"]).unwrap();
    assert!(
        resolved.contains("decay = 0.00001") || resolved.contains("decay = 1e-5"),
        "{resolved}"
    );
    assert_said(
        GOOD,
        &["kernel.field.so3.decay=1"],
        &["`field` has no entry `so3`", "--set:1:14", "did you mean `so2`?"],
    );
}

#[test]
fn errors_in_overrides_point_at_them() {
    assert_said(
        GOOD,
        &["time.ends=3"],
        &["unknown key `ends` in [time]", "--set:1:6", "did you mean `end`?"],
    );
    assert_said(
        GOOD,
        &["tmie.end=3"],
        &["unknown table `tmie`", "--set:1:1", "did you mean `time`?"],
    );
    assert_said(
        GOOD,
        &["time.steps=abc"],
        &["must be an integer, not the string \"abc\"", "--set:1:12"],
    );
    assert_said(
        GOOD,
        &["time.end.x=3"],
        &["`end` is the string \"2 h\", not a table", "--set:1:6"],
    );
    assert_said(GOOD, &["time.end"], &["an override without `=`"]);
    assert_said(GOOD, &["=3"], &["an override with an empty key"]);
    assert_said(GOOD, &["time.end= "], &["an override without a value"]);
    assert_said(
        GOOD,
        &["grid.cells.5=1"],
        &["`cells` has no entry `5`", "the numbers 0 to 1"],
    );
}

#[test]
fn the_resolved_text_means_the_same() {
    let overrides = ["time.dt=0.1", "kernel.field.0.decay=1e-300", "title=\"a \\\"b\\\"\""];
    let (config, resolved) = read(GOOD, &overrides).unwrap();
    let (again, resolved_again) = read(&resolved, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (config.title, config.time, config.grid),
        (again.title, again.time, again.grid)
    );
    assert_eq!(resolved, resolved_again);
}
