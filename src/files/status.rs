//! `status.json`: how a run is doing, for scripts and people who look in from outside.

use super::durable;
use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize};
use std::path::Path;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    Running,
    /// It reached its end.
    Finished,
    /// It ended with an error.
    Failed,
    /// It was asked to stop before its end.
    Stopped,
}

/// How a run is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub state: RunState,
    /// Steps done.
    pub step: u64,
    /// Steps until the end, where they are known beforehand.
    pub steps_total: Option<u64>,
    /// Simulated time, s.
    #[serde(deserialize_with = "null_is_nan")]
    pub time: f64,
    /// Simulated time of the end, s, where it is known beforehand.
    pub end: Option<f64>,
    /// The last time step, s.
    #[serde(deserialize_with = "null_is_nan")]
    pub dt: f64,
    /// Of these three: "s", or empty in natural units.
    #[serde(default = "second")]
    pub time_unit: String,
    /// Cell updates per second of wall-clock time, all ranks together.
    #[serde(deserialize_with = "null_is_nan")]
    pub cells_per_second: f64,
    /// When the run started, ISO 8601, UTC.
    pub started: String,
    /// When this was written, ISO 8601, UTC.
    pub updated: String,
    /// Time since the start, s.
    #[serde(deserialize_with = "null_is_nan")]
    pub wall_seconds: f64,
    /// Time left, s, where it can be told.
    pub eta_seconds: Option<f64>,
    pub ranks: usize,
    /// Step of the last complete checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_step: Option<u64>,
    /// Step of the checkpoint from which the run went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarted_from: Option<u64>,
    /// Why it stopped before its end: "stop-file", "max-time", "deadline" or "signal".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// The error, or a remark.
    pub message: String,
    /// Version of simrun.
    pub version: String,
}

impl Status {
    /// Replaces the file at `path` at once; a reader never sees a part.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::io("write", path, e))?;
        durable::replace(path, &(text + "\n"))
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if it is missing or is not a status of simrun.
    pub fn read(path: &Path) -> Result<Status> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        serde_json::from_str(&text).map_err(|e| Error::io("read", path, format!("it is not a status of simrun: {e}")))
    }
}

/// The unit of times in a status that does not tell.
fn second() -> String {
    "s".to_owned()
}

/// JSON has no NaN and no infinity: they are written as null.
fn null_is_nan<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Status {
        Status {
            state: RunState::Running,
            step: 12,
            steps_total: None,
            time: 0.1 + 0.2,
            end: Some(7200.0),
            dt: 1e-300,
            time_unit: "s".into(),
            cells_per_second: 1.5e9,
            started: "2024-02-29T23:59:58Z".into(),
            updated: "2024-03-01T00:00:00Z".into(),
            wall_seconds: 2.0,
            eta_seconds: Some(17.5),
            ranks: 2,
            checkpoint_step: None,
            restarted_from: None,
            stop_reason: None,
            message: String::new(),
            version: "0.1.0".into(),
        }
    }

    #[test]
    fn a_status_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let status = running();
        status.write(&path).unwrap();
        assert_eq!(Status::read(&path).unwrap(), status);
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .contains("\"state\": \"running\"")
        );
    }

    #[test]
    fn what_is_known_of_checkpoints_is_told_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        running().write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("checkpoint") && !text.contains("stop_reason"), "{text}");
        let status = Status {
            state: RunState::Stopped,
            checkpoint_step: Some(10),
            restarted_from: Some(5),
            stop_reason: Some("max-time".into()),
            ..running()
        };
        status.write(&path).unwrap();
        assert_eq!(Status::read(&path).unwrap(), status);
    }

    #[test]
    fn what_is_no_status_is_refused_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        std::fs::write(&path, "{}").unwrap();
        let error = Status::read(&path).unwrap_err().to_string();
        assert!(error.contains("status.json: it is not a status of simrun"), "{error}");
    }

    #[test]
    fn a_run_that_failed_with_nan_still_has_a_status() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let status = Status {
            dt: f64::NAN,
            ..running()
        };
        status.write(&path).unwrap();
        assert!(Status::read(&path).unwrap().dt.is_nan());
    }
}
