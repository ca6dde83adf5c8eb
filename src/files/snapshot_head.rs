//! What a snapshot says about itself and about each of its fields.

use crate::config::Units;
use crate::grid::{Grid, IndexBox, Location};

/// The version of the layout of snapshot files; a reader refuses newer ones.
pub const FORMAT_VERSION: u32 = 1;

/// What a snapshot says about the run and the moment it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotHead {
    /// Title of the run.
    pub title: String,
    /// Name of the kernel, as in the configuration.
    pub kernel: String,
    /// The complete resolved configuration, TOML.
    pub config_text: String,
    /// Version of simrun that wrote the file.
    pub version: String,
    /// Commit of simrun that wrote the file, or "unknown".
    pub commit: String,
    /// When the file was written, ISO 8601, UTC.
    pub date: String,
    /// Names of the hosts that computed, separated by commas.
    pub hosts: String,
    /// Number of ranks that computed.
    pub n_ranks: usize,
    /// Number of steps done.
    pub step: u64,
    /// Simulated time, s.
    pub time: f64,
    /// The last time step, s.
    pub dt: f64,
    /// Of the numbers above, of the grid, and of fields that do not tell theirs. Files that do not say so are in SI units.
    pub units: Units,
    /// The grid of the run.
    pub grid: Grid,
}

/// What a snapshot says about one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldHead {
    /// Short name: a letter, then letters, digits and underscores.
    pub name: String,
    /// Unit, as `ug/m3`; empty for a pure number.
    pub unit: String,
    /// What the field is, for people.
    pub long_name: String,
    /// Where on the cell the values live.
    pub location: Location,
    /// The values in the file: all cells, or along an axis of faces all nodes including the last.
    pub global_box: IndexBox,
    /// Time of these values relative to the snapshot's time, s.
    pub time_offset: f64,
    /// 0 for none, up to 9 for the smallest file.
    pub compression: u8,
}
