//! `[time]`: how long the run is, and how its step is chosen.

use super::Table;

/// The course of time as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeConfig {
    /// Time of the initial state, s.
    pub start: f64,
    /// Time at which the run ends, s. Either this or `steps` is given.
    pub end: Option<f64>,
    /// Number of steps of the run.
    pub steps: Option<u64>,
    /// The time step, s, unless it is automatic.
    pub dt: Option<f64>,
    /// The automatic step as a share of the largest stable one, in (0, 1].
    pub cfl: f64,
}

const CFL: f64 = 0.9;

impl TimeConfig {
    /// In the place of a section that cannot be used, until its errors are reported.
    pub(super) const STAND_IN: TimeConfig = TimeConfig {
        start: 0.0,
        end: None,
        steps: Some(1),
        dt: None,
        cfl: CFL,
    };

    pub(super) fn read(root: &Table) -> Option<TimeConfig> {
        let table = root.require_table("time", "write [time] with end = \"2 h\" or steps = 1000")?;
        let start = match table.has("start") {
            true => table.duration("start"),
            false => Some(0.0),
        };
        let until = table.require_one_of(&["end", "steps"], "write end = \"2 h\" or steps = 1000");
        let end = until.filter(|key| *key == "end").and_then(|key| table.duration(key));
        let steps = until.filter(|key| *key == "steps").and_then(|key| table.count(key));
        let (mut dt, mut cfl) = (None, Some(CFL));
        match table.one_of(&["dt", "cfl"]) {
            Some("dt") => dt = table.positive_duration("dt"),
            Some(_) => cfl = table.number_that("cfl", |cfl| cfl > 0.0 && cfl <= 1.0, "above 0 and at most 1"),
            None => {}
        }
        if let (Some(start), Some(end)) = (start, end)
            && end <= start
        {
            table.error_at(
                "end",
                format!("`end` in [time] is {end} s, not after the start at {start} s"),
                "the end is a time, counted like the start",
            );
            return None;
        }
        if end.is_none() && steps.is_none() {
            return None;
        }
        Some(TimeConfig {
            start: start?,
            end,
            steps,
            dt,
            cfl: cfl?,
        })
    }
}
