//! `[history]`: the scalars that a run records over time.

use super::{Every, Table};

/// The recording of scalars as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryConfig {
    pub enabled: bool,
    /// When a line is written; chosen by the run unless given.
    pub every: Option<Every>,
}

impl HistoryConfig {
    pub(super) fn read(table: &Table) -> HistoryConfig {
        HistoryConfig {
            enabled: table.boolean("enabled").unwrap_or(true),
            every: Every::read(table),
        }
    }
}
