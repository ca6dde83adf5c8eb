//! `[check]`: how often the fields are searched for values that are not finite.

use super::Table;
use super::every::read_steps;

/// The search for values that are not finite, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckConfig {
    /// Steps from one search to the next.
    pub every_steps: u64,
}

const EVERY_STEPS: u64 = 50;

impl CheckConfig {
    pub(super) fn read(table: &Table) -> CheckConfig {
        CheckConfig {
            every_steps: read_steps(table, "every").unwrap_or(EVERY_STEPS),
        }
    }
}
