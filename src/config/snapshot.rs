//! `[[snapshot]]`: which fields are written for people and tools, and when.

use super::file_name::file_name;
use super::{Every, Table};

/// One series of snapshots as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotConfig {
    /// Stem of the files, different for every series.
    pub name: String,
    pub every: Every,
    /// Names of the fields; all if empty.
    pub fields: Vec<String>,
    /// Level of deflate compression, 0 (none) to 9.
    pub compression: u8,
    /// Whether all declared storage is written raw as well, for comparisons.
    pub storage: bool,
    /// Whether the initial state is written, due or not.
    pub initial_state: bool,
    /// Whether the last state is written, due or not.
    pub final_state: bool,
}

const NAME: &str = "fields";

impl SnapshotConfig {
    pub(super) fn read_all(root: &Table) -> Vec<SnapshotConfig> {
        let mut snapshots: Vec<SnapshotConfig> = Vec::new();
        for table in root.tables("snapshot") {
            let Some(snapshot) = SnapshotConfig::read(&table) else {
                continue;
            };
            if snapshots.iter().any(|earlier| earlier.name == snapshot.name) {
                table.error_at(
                    "name",
                    format!("two snapshots have the name \"{}\"", snapshot.name),
                    "give every [[snapshot]] a name of its own: its files begin with it",
                );
            }
            snapshots.push(snapshot);
        }
        snapshots
    }

    fn read(table: &Table) -> Option<SnapshotConfig> {
        let name = read_name(table);
        let every = Every::require(table);
        let fields = table.strings("fields").unwrap_or_default();
        let compression = table
            .number_that("compression", is_level, "an integer from 0 to 9")
            .unwrap_or(0.0) as u8;
        let storage = table.boolean("storage").unwrap_or(false);
        let initial_state = table.boolean("initial").unwrap_or(true);
        let final_state = table.boolean("final").unwrap_or(true);
        Some(SnapshotConfig {
            name: name?,
            every: every?,
            fields,
            compression,
            storage,
            initial_state,
            final_state,
        })
    }
}

fn is_level(value: f64) -> bool {
    (0.0..=9.0).contains(&value) && value.fract() == 0.0
}

/// The name, which every file system accepts as the beginning of a file name.
fn read_name(table: &Table) -> Option<String> {
    match table.has("name") {
        true => file_name(table),
        false => Some(NAME.into()),
    }
}
