//! The files of one run.

use super::check::Moment;
use crate::error::{Error, Result};
use crate::files::run_folder::{self, HISTORY, PROBES};
use crate::files::{History, ProbeSeries, SnapshotReader};
use std::path::{Path, PathBuf};

/// How a run went.
#[derive(Debug)]
pub enum Trial {
    Finished(Products),
    /// Why it ended before its end.
    Failed(String),
}

/// What a finished run left behind.
#[derive(Debug)]
pub struct Products {
    folder: PathBuf,
}

/// Share of a time step within which two times are one.
const SAME_TIME: f64 = 1e-6;

impl Products {
    pub fn new(folder: PathBuf) -> Products {
        Products { folder }
    }

    /// # Errors
    /// [`Error::Io`] if it cannot be read.
    pub fn history(&self) -> Result<History> {
        History::read(&self.folder.join(HISTORY))
    }

    /// The series of the probe `name`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read.
    pub fn probe(&self, name: &str) -> Result<ProbeSeries> {
        let path = self.folder.join(PROBES).join(format!("{name}.csv"));
        let series = ProbeSeries::read(&path)?;
        series.ok_or_else(|| Error::io("read", &path, "it is not the series of a probe"))
    }

    /// The snapshots of `series` at `moment`, in the order of their steps.
    ///
    /// # Errors
    /// [`Error::Config`] if there is none, with what there is; [`Error::Io`] if one cannot be read.
    pub fn snapshots(&self, series: &str, moment: Moment) -> Result<Vec<SnapshotReader>> {
        let mut paths = run_folder::snapshots(&self.folder)?;
        paths.retain(|path| belongs_to(path, series));
        let chosen = match moment {
            Moment::First => paths.get(..1),
            Moment::Last => paths.len().checked_sub(1).and_then(|last| paths.get(last..)),
            Moment::All | Moment::At(_) => Some(&paths[..]),
        };
        let readers: Result<Vec<SnapshotReader>> = chosen
            .unwrap_or_default()
            .iter()
            .map(|path| SnapshotReader::open(path))
            .collect();
        let mut readers = readers?;
        let unit = readers.first().map_or("", |reader| reader.head().units.time());
        let times: Vec<String> = readers.iter().map(|reader| format!("{}", reader.head().time)).collect();
        if let Moment::At(time) = moment {
            readers.retain(|reader| (reader.head().time - time).abs() <= SAME_TIME * reader.head().dt);
        }
        match (readers.is_empty(), moment) {
            (false, _) => Ok(readers),
            (true, Moment::At(time)) if !times.is_empty() => Err(Error::Config(format!(
                "the snapshots \"{series}\" in {} are not at {time} {unit}, but at {} {unit}",
                self.folder.display(),
                times.join(", ")
            ))),
            _ => Err(Error::Config(format!(
                "there are no snapshots \"{series}\" in {}: ask for them in case.toml with [[snapshot]]",
                self.folder.display()
            ))),
        }
    }
}

/// Whether the file is `series_<step>.h5`.
fn belongs_to(path: &Path, series: &str) -> bool {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    name.rsplit_once('_').is_some_and(|(name, _)| name == series)
}
