//! Runs in natural units: no file says metres or seconds.

use crate::launch::{Launch, Workplace};
use simrun::config::Units;
use simrun::files::{History, ProbeSeries, SnapshotReader};
use std::fs;

/// A pulse from a line current in a box of conductors.
const CASE: &str = r#"
title = "a pulse in a box"
units = "natural"

[grid]
cells = [24, 16]
spacing = [0.5, 0.5]

[time]
dt = 0.25
end = 8.0

[kernel]
type = "fdtd"
polarization = "Ez"
boundary = { all = "pec" }

[[kernel.source]]
type = "line"
component = "Ez"
at = [4.0, 4.0]
current = 1.0
waveform = { type = "gaussian", width = 1.5 }

[[snapshot]]
every = 8.0

[[probe]]
name = "far"
at = [9.0, 6.0]
"#;

#[test]
fn nothing_that_a_run_writes_has_a_unit() {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    let said = place
        .succeed(&Launch::alone(), &["case.toml", "--output", "run"])
        .stdout;
    assert!(said.contains("steps to t = 8 in "), "{said}");

    let history = History::read(&place.path("run/history.csv")).unwrap();
    for column in &history.columns {
        assert_eq!(column.unit, "", "{}", column.name);
    }
    let probe = ProbeSeries::read(&place.path("run/probes/far.csv")).unwrap().unwrap();
    assert_eq!(probe.about, "probe \"far\" at x = 9, y = 6");
    for column in &probe.history.columns {
        assert_eq!(column.unit, "", "{}", column.name);
    }
    let snapshots = simrun::files::run_folder::snapshots(&place.path("run")).unwrap();
    let reader = SnapshotReader::open(snapshots.last().unwrap()).unwrap();
    assert_eq!(reader.head().units, Units::Natural);
    for field in reader.fields().unwrap() {
        assert_eq!(field.unit, "", "{}", field.name);
    }
    let status = fs::read_to_string(place.path("run/status.json")).unwrap();
    assert!(status.contains("\"time_unit\": \"\""), "{status}");
    let info = place.succeed(&Launch::alone(), &["info", "run"]).stdout;
    assert!(info.contains("time 8 of 8\n"), "{info}");
}

#[test]
fn a_step_that_is_too_long_is_refused_without_a_unit() {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    let said = place
        .run(&Launch::alone(), &["case.toml", "--set", "time.dt=0.5"])
        .stderr;
    assert!(
        said.contains("`time.dt` = 0.5 is unstable: the largest stable dt is "),
        "{said}"
    );
}
