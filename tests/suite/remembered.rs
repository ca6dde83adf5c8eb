//! What `auto` measures is said, kept for later runs, and changes no bit.

use crate::launch::{Launch, Workplace};
use simrun::files::{SnapshotReader, run_folder};
use std::fs;

const FLAT: &str = r#"
title = "flat"

[grid]
cells = [24, 18]
spacing = [1, 1]

[time]
steps = 40

[kernel]
type = "advection-diffusion"
wind = [1, 0.5]
diffusivity = 0.3
boundary = { all = "periodic" }

[[kernel.field]]
name = "q"
initial = "sin(2*pi*x/24)*cos(2*pi*y/18)"

[[snapshot]]
at_steps = [40]
"#;

/// More than the caches of a core, with nothing due before the end.
const LARGE: &str = r#"
title = "large"

[grid]
cells = [128, 128, 128]
spacing = [1, 1, 1]

[time]
steps = 200

[kernel]
type = "advection-diffusion"
diffusivity = 0.3
stepper = "euler"
boundary = { all = "periodic" }

[[kernel.field]]
name = "q"
initial = "sin(2*pi*x/128)*cos(2*pi*y/64) + 0.3*cos(2*pi*z/32)"

[history]
enabled = false

[check]
every = { steps = 200 }

[[snapshot]]
name = "fields"
at_steps = [200]
initial = false
"#;

const KEPT: &str = "cache/executors.json";

fn place(text: &str) -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", text);
    place
}

/// Runs the case, which must succeed, and returns its log, without dates.
fn log_of(place: &Workplace, launch: &Launch, sets: &[&str]) -> Vec<String> {
    let fixed = ["case.toml", "--output", "run", "--overwrite", "--progress", "none"];
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> = fixed.into_iter().chain(sets).collect();
    place.succeed(launch, &arguments);
    let log = place.read(&format!("run/{}", run_folder::LOG));
    let lines = log.lines().map(|line| line.split_once("  ").unwrap().1.to_string());
    lines.collect()
}

/// The line that says which executor was taken, which has to be there once.
fn executor_line(log: &[String]) -> &str {
    let mut lines = log.iter().filter(|line| line.starts_with("executor: "));
    let (first, more) = (lines.next(), lines.next());
    assert_eq!(more, None, "{log:#?}");
    first.unwrap_or_else(|| panic!("{log:#?}"))
}

const HEAD: &str = "executors, median million updates per second:";

/// The names of the candidates that the run has measured, in the log, each of which has a rate.
fn candidates(log: &[String]) -> Vec<&str> {
    let begin = log.iter().position(|line| line == HEAD);
    let begin = begin.unwrap_or_else(|| panic!("{log:#?}")) + 1;
    let listed = log[begin..].iter().take_while(|line| line.starts_with("  "));
    listed
        .map(|line| {
            let (name, rate) = line.trim_start().rsplit_once(' ').unwrap();
            assert!(rate.parse::<f64>().is_ok(), "{line}");
            name.trim_end()
        })
        .collect()
}

/// Makes `executor` the one that was the fastest.
fn rewrite(place: &Workplace, executor: &str, strip_rows: Option<usize>) {
    let mut content: serde_json::Value = serde_json::from_str(&place.read(KEPT)).unwrap();
    let measurements = content["measurements"].as_array_mut().unwrap();
    assert_eq!(measurements.len(), 1);
    measurements[0]["executor"] = executor.into();
    measurements[0]["strip_rows"] = strip_rows.into();
    place.write(KEPT, &content.to_string());
}

#[test]
fn a_second_run_takes_the_executor_that_the_first_has_measured() {
    let place = place(FLAT);
    let two = Launch::on(2);
    let first = log_of(&place, &two, &[]);
    assert_eq!(candidates(&first), ["blocking", "overlap", "progress"]);
    let said = executor_line(&first);
    assert!(said.contains(", the fastest of 3"), "{said}");
    let history = place.read("run/history.csv");

    // Whatever was the fastest: what stands in the file is taken.
    for executor in ["blocking", "overlap", "progress"] {
        rewrite(&place, executor, None);
        let kept = place.read(KEPT);
        let log = log_of(&place, &two, &[]);
        let said = executor_line(&log);
        assert!(
            said.starts_with(&format!("executor: {executor}, measured on 2")),
            "{said}"
        );
        assert!(said.ends_with(&format!("{KEPT})")), "{said}");
        let told = log.iter().position(|line| line.starts_with("executors, on 2")).unwrap();
        for (line, name) in log[told + 1..].iter().zip(["blocking", "overlap", "progress"]) {
            assert!(line.starts_with(&format!("  {name} ")), "{line}");
        }
        assert!(!log.iter().any(|line| line == HEAD), "{log:#?}");
        assert_eq!(
            (place.read(KEPT), place.read("run/history.csv")),
            (kept, history.clone())
        );
    }

    // Another case is another matter.
    let log = log_of(&place, &two, &["grid.cells=[24, 20]"]);
    assert_eq!(candidates(&log).len(), 3);
    // So is one that does not ask.
    let kept = place.read(KEPT);
    let log = log_of(&place, &two, &["parallel.remember=false"]);
    assert_eq!((candidates(&log).len(), place.read(KEPT)), (3, kept));
}

#[test]
fn a_run_that_ends_before_all_is_measured_says_so_and_keeps_nothing() {
    let place = place(FLAT);
    let log = log_of(&place, &Launch::on(2), &["time.steps=3", "snapshot=[]"]);
    let said = executor_line(&log);
    assert!(
        said.contains("the run ended before all of 3 had been measured"),
        "{said}"
    );
    assert!(!place.path(KEPT).exists());
}

#[test]
fn a_cache_that_is_damaged_or_cannot_be_written_is_no_obstacle() {
    let place = place(FLAT);
    let two = Launch::on(2);
    fs::create_dir(place.path("cache")).unwrap();
    place.write(KEPT, "{ \"version\": 1, \"measure");
    let log = log_of(&place, &two, &[]);
    assert_eq!(candidates(&log).len(), 3);
    assert!(log.iter().any(|line| line.contains("is damaged")), "{log:#?}");
    rewrite(&place, "overlap", None);
    let log = log_of(&place, &two, &[]);
    assert!(
        executor_line(&log).starts_with("executor: overlap, measured on"),
        "{log:#?}"
    );

    fs::remove_dir_all(place.path("cache")).unwrap();
    place.write("cache", "no folder");
    let log = log_of(&place, &two, &[]);
    assert_eq!(candidates(&log).len(), 3);
    assert!(
        log.iter()
            .any(|line| line.starts_with("what was measured is not kept: ")),
        "{log:#?}"
    );
}

#[test]
fn blocks_and_strips_are_remembered_too_and_change_no_bit() {
    let place = place(LARGE);
    let alone = Launch::alone();
    let first = log_of(&place, &alone, &[]);
    assert_eq!(
        candidates(&first)[..4],
        ["blocking", "temporal 2", "temporal 4", "temporal 8"]
    );
    let values = |place: &Workplace| {
        let reader = SnapshotReader::open(&place.path("run/snapshots/fields_00000200.h5")).unwrap();
        reader.read_field("q").unwrap()
    };
    let expected = values(&place);
    rewrite(&place, "temporal 4", Some(5));
    let log = log_of(&place, &alone, &[]);
    let said = executor_line(&log);
    assert!(
        said.starts_with("executor: temporal 4, strips of 5 rows, measured on"),
        "{said}"
    );
    assert!(values(&place) == expected);
    let log = log_of(&place, &alone, &["parallel.executor=temporal", "parallel.strip_rows=3"]);
    assert!(!log.iter().any(|line| line == HEAD), "{log:#?}");
    assert!(values(&place) == expected);
}

#[test]
fn what_keeps_blocks_of_steps_from_being_tried_is_named() {
    let place = place(LARGE);
    let said = |sets: &[&str]| {
        let log = log_of(&place, &Launch::alone(), &[sets, &["time.steps=4"]].concat());
        let mut lines = log
            .into_iter()
            .filter(|line| line.contains("blocks of steps end there"));
        (lines.next(), lines.next())
    };
    let every_step = ["history.enabled=true", "history.every={ steps = 1 }"];
    let expected = "`history.every` is 1 step: blocks of steps end there, and temporal blocking is not tried";
    assert_eq!(said(&every_step), (Some(expected.to_string()), None));
    let expected =
        "`check.every` is 5 steps: blocks of steps end there, and temporal blocking is tried with up to 4 steps, not 8";
    assert_eq!(said(&["check.every={ steps = 5 }"]), (Some(expected.to_string()), None));
    assert_eq!(said(&[]), (None, None));
}
