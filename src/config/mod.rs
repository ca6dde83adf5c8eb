//! The configuration: text, then a tree that knows where everything was written, then checked, typed, immutable values.
//!
//! Owns the reading of TOML, the overrides of the command line, the sections that concern every run, and how errors
//! are shown. Knows nothing of any physics: the `[kernel]` table is read by the kernel, with the same cursor. A caller
//!
//! 1. makes a [`Document`] from the text and the overrides,
//! 2. takes [`Config::read`] and lets the kernel read `document.root().table("kernel")`,
//! 3. calls [`Document::finish`], which returns all errors at once, unknown keys among them.
//!
//! Start reading with [`Table`], the cursor; the sections (`grid`, `time`, ...) are examples of its use.

mod bytes;
mod check;
mod checkpoint;
mod diagnostics;
mod document;
mod duration;
mod every;
mod file_name;
mod grid;
mod history;
mod output;
mod overrides;
mod parallel;
mod plot;
mod probe;
mod snapshot;
mod stop;
mod table;
mod time;
mod tree;
mod unknown;
mod variation;

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::path::{Path, PathBuf};

pub use check::CheckConfig;
pub use checkpoint::{CheckpointConfig, CheckpointEvery, OnFailure};
pub use diagnostics::ConfigError;
pub use document::Document;
pub use duration::{seconds_from_text, wall_seconds};
pub use every::Every;
pub use grid::GridConfig;
pub use history::HistoryConfig;
pub use output::OutputConfig;
pub use parallel::{ExecutorChoice, InstructionChoice, ParallelConfig};
pub use plot::PlotConfig;
pub use probe::ProbeConfig;
pub use snapshot::SnapshotConfig;
pub use stop::StopConfig;
pub use table::{Table, TableOrFormula, ValueKind};
pub use time::TimeConfig;
pub use variation::Variation;

/// The number type of all fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// f32.
    Single,
    /// f64.
    Double,
}

/// What lengths and times are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Metres, seconds, and what follows from them.
    Si,
    /// Units in which the constants of the physics are 1.
    Natural,
}

impl Units {
    const ALL: [(&'static str, Units); 2] = [("SI", Units::Si), ("natural", Units::Natural)];

    /// As configurations and files call them.
    pub fn name(self) -> &'static str {
        Units::ALL[self as usize].0
    }

    /// Those called `name`.
    pub fn named(name: &str) -> Option<Units> {
        let all = Units::ALL.into_iter();
        all.filter(|(known, _)| *known == name).map(|(_, units)| units).next()
    }

    /// What stands behind a quantity whose SI unit is `si`: that, or nothing.
    pub fn of(self, si: &str) -> &str {
        match self {
            Units::Si => si,
            Units::Natural => "",
        }
    }

    /// What stands behind a length: "m", or nothing.
    pub fn length(self) -> &'static str {
        self.of("m")
    }

    /// What stands behind a time: "s", or nothing.
    pub fn time(self) -> &'static str {
        self.of("s")
    }

    /// A value with what stands behind it, as `0.5 s`, where its SI unit is `si`.
    pub fn text(self, value: impl Display, si: &str) -> String {
        match self {
            Units::Si => format!("{value} {si}"),
            Units::Natural => value.to_string(),
        }
    }
}

/// Everything that a configuration says beside the physics.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that was read.
    pub path: PathBuf,
    /// Its text, without overrides.
    pub text: String,
    /// For people; the stem of the file unless given.
    pub title: String,
    pub precision: Precision,
    pub units: Units,
    pub grid: GridConfig,
    pub time: TimeConfig,
    pub parallel: ParallelConfig,
    pub snapshots: Vec<SnapshotConfig>,
    pub probes: Vec<ProbeConfig>,
    pub history: HistoryConfig,
    pub stop: Option<StopConfig>,
    pub check: CheckConfig,
    pub checkpoint: CheckpointConfig,
    pub output: OutputConfig,
    pub plot: PlotConfig,
}

impl Config {
    /// Reads all but the `[kernel]` table. Nothing where the grid is not usable; what is wrong is recorded in `document`
    /// and returned by [`Document::finish`].
    pub fn read(document: &Document) -> Option<Config> {
        let root = document.root();
        let path = PathBuf::from(document.file_name());
        let title = root.string("title");
        let precision = root.choice("precision", &[("f32", Precision::Single), ("f64", Precision::Double)]);
        let units = root.choice("units", &Units::ALL);
        let grid = GridConfig::read(&root);
        // Where something is wrong with the grid, another one stands in its place.
        let usable_grid = grid.as_ref().filter(|_| !document.has_errors());
        let time = TimeConfig::read(&root);
        let parallel = ParallelConfig::read(&root.section("parallel"), grid.as_ref());
        let snapshots = SnapshotConfig::read_all(&root);
        let probes = ProbeConfig::read_all(&root, usable_grid);
        let stop = StopConfig::read(&root);
        let history = HistoryConfig::read(&root.section("history"));
        let check = CheckConfig::read(&root.section("check"));
        let checkpoint = CheckpointConfig::read(&root);
        let output = OutputConfig::read(&root.section("output"));
        let plot = PlotConfig::read(&root.section("plot"));
        Some(Config {
            title: title.unwrap_or_else(|| stem(&path)),
            path,
            text: document.text().to_string(),
            precision: precision.unwrap_or(Precision::Double),
            units: units.unwrap_or(Units::Si),
            grid: grid?,
            // What is wrong with the time is recorded; the rest is read all the same, so that all errors come at once.
            time: time.unwrap_or(TimeConfig::STAND_IN),
            parallel,
            snapshots,
            probes,
            history,
            stop,
            check,
            checkpoint,
            output,
            plot,
        })
    }
}

/// The name of a file without folder and extension.
fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
