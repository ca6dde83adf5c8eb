//! `[check]`: how often the fields are searched for values that are not finite, and how long a run may stand still.

use super::Table;
use super::every::read_steps;

/// The search for values that are not finite, and the watch over progress, as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckConfig {
    /// Steps from one search to the next.
    pub every_steps: u64,
    /// Seconds of wall time without progress after which the job is ended at the earliest; none if it never is.
    pub stalled_after: Option<f64>,
}

/// Blocks of eight steps, and of any divisor of that, end there.
const EVERY_STEPS: u64 = 48;
const STALLED_AFTER: f64 = 600.0;

impl CheckConfig {
    pub(super) fn read(table: &Table) -> CheckConfig {
        CheckConfig {
            every_steps: read_steps(table, "every").unwrap_or(EVERY_STEPS),
            stalled_after: table
                .positive_duration_or_word("stalled_after", "never")
                .unwrap_or(Some(STALLED_AFTER)),
        }
    }
}
