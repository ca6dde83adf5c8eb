//! `[checkpoint]`: when everything that a restart needs is written, and how much of it is kept.

use super::Table;

/// The writing of checkpoints as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointConfig {
    /// When one is written; only on request if none.
    pub every: Option<CheckpointEvery>,
    /// How many are kept, the latest ones; at least 1.
    pub keep: usize,
    /// Whether the last state is written, due or not.
    pub final_state: bool,
    /// What a run does that could not write one.
    pub on_failure: OnFailure,
    /// Mean wall time between failures of the machine, s: for [`CheckpointEvery::Auto`].
    pub mtbf: f64,
    /// The largest share of the run's time that checkpoints may take, in (0, 1]: for [`CheckpointEvery::Auto`].
    pub largest_share: f64,
}

/// When a checkpoint is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckpointEvery {
    /// As often as loses the least time, from the measured cost of a checkpoint and the time between failures.
    Auto,
    /// Each time this many steps have been done.
    Steps(u64),
    /// Each time this many simulated seconds have passed.
    Time(f64),
    /// Each time this many seconds of wall time have passed.
    Wall(f64),
}

/// What a run does that could not write a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// It ends with an error.
    Stop,
    /// It warns, and goes on.
    Continue,
}

const KEEP: usize = 3;
const MTBF: f64 = 86400.0;
const LARGEST_SHARE: f64 = 0.05;
const FAILURES: [(&str, OnFailure); 2] = [("stop", OnFailure::Stop), ("continue", OnFailure::Continue)];

/// Keys that only [`CheckpointEvery::Auto`] goes by.
const FOR_AUTO: [&str; 2] = ["mtbf", "largest_share"];

impl CheckpointConfig {
    /// The section; where there is none, checkpoints are written on request only.
    pub(super) fn read(root: &Table) -> CheckpointConfig {
        let is_given = root.has("checkpoint");
        let table = root.section("checkpoint");
        let every = match table.has("every") {
            true => read_every(&table),
            false => is_given.then_some(CheckpointEvery::Auto),
        };
        if every.is_some_and(|every| every != CheckpointEvery::Auto) {
            warn_of_what_auto_alone_goes_by(&table);
        }
        CheckpointConfig {
            every,
            keep: table
                .count("keep")
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(KEEP),
            final_state: table.boolean("final").unwrap_or(is_given),
            on_failure: table.choice("on_failure", &FAILURES).unwrap_or(OnFailure::Stop),
            mtbf: table.positive_duration("mtbf").unwrap_or(MTBF),
            largest_share: table
                .number_that(
                    "largest_share",
                    |share| share > 0.0 && share <= 1.0,
                    "above 0 and at most 1",
                )
                .unwrap_or(LARGEST_SHARE),
        }
    }
}

/// The value of `every`, if it is one.
fn read_every(table: &Table) -> Option<CheckpointEvery> {
    if !table.is_table("every") {
        let seconds = table.positive_duration_or_word("every", "auto")?;
        return Some(seconds.map_or(CheckpointEvery::Auto, CheckpointEvery::Time));
    }
    let table = table.table("every")?;
    let remedy = "write every = { steps = 500 } or every = { wall = \"30 min\" }";
    match table.require_one_of(&["steps", "wall"], remedy)? {
        "steps" => table.count("steps").map(CheckpointEvery::Steps),
        key => table.positive_duration(key).map(CheckpointEvery::Wall),
    }
}

fn warn_of_what_auto_alone_goes_by(table: &Table) {
    for key in FOR_AUTO.into_iter().filter(|key| table.has(key)) {
        let message = format!("`{key}` in [checkpoint] has no effect: `every` says when a checkpoint is written");
        table.warn_at(
            key,
            message,
            format!("remove it, or write every = \"auto\", which goes by `{key}`"),
        );
    }
}
