//! `[output]`: how files are brought from the ranks to the disk.

use super::Table;

/// The way to the disk as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputConfig {
    /// Most bytes of a rank that wait in memory to be written; chosen by the run unless given.
    pub staging: Option<u64>,
    /// Ranks that write files; chosen by the run unless given.
    pub aggregators: Option<usize>,
    /// Whether checkpoints pass by the system's page cache, where the file system allows that.
    pub is_direct: bool,
}

impl OutputConfig {
    pub(super) fn read(table: &Table) -> OutputConfig {
        OutputConfig {
            staging: table.bytes("staging"),
            aggregators: table.count("aggregators").and_then(|n| usize::try_from(n).ok()),
            is_direct: table.boolean("direct_io").unwrap_or(true),
        }
    }
}
