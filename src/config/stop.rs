//! `[stop]`: the end of a run before its time, once a total has fallen.

use super::Table;
use super::every::read_steps_or_count;

/// The fall of a total that ends the run, as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct StopConfig {
    /// Name of the total: a column of the history.
    pub total: String,
    /// The share of its largest value so far below which the total ends the run, in (0, 1).
    pub factor: f64,
    /// Steps from one look at the total to the next.
    pub every_steps: u64,
}

/// Blocks of eight steps, and of any divisor of that, end there.
const EVERY_STEPS: u64 = 96;

impl StopConfig {
    /// The section, if there is one that can be used.
    pub(super) fn read(root: &Table) -> Option<StopConfig> {
        let table = root.table("stop")?;
        let total = table
            .require("total", "name the total that has to fall, as in total = \"energy\"")
            .string("total");
        let factor = table
            .require("factor", "say how far it has to fall: factor = 1e-6")
            .number_that("factor", |factor| factor > 0.0 && factor < 1.0, "above 0 and below 1");
        let every_steps = match table.has("every") {
            true => read_steps_or_count(&table, "every"),
            false => Some(EVERY_STEPS),
        };
        Some(StopConfig {
            total: total?,
            factor: factor?,
            every_steps: every_steps?,
        })
    }
}
