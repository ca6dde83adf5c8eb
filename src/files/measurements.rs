//! `executors.json` in the user's cache: which executor was the fastest for a case on a machine, for later runs of it.
//!
//! Nothing depends on it but time. Whatever is wrong with the file, a run goes on without.

use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Measurements that are kept at most: the newest.
const MOST: usize = 200;

/// Of the file. One of another version is replaced.
const VERSION: u32 = 1;

const NAME: &str = "executors.json";

/// How fast the executors were for one case on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Of all that the time of a step depends on.
    pub key: String,
    /// The case, for people.
    pub about: String,
    /// When this was measured, ISO 8601, UTC.
    pub date: String,
    /// The name of the fastest executor, and the rows of its strips where they are not those that it has by itself.
    pub executor: String,
    pub strip_rows: Option<usize>,
    /// Names, and the median of what was measured, millions of cell updates per second, if anything was.
    pub rates: Vec<(String, Option<f64>)>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    /// The newest last.
    measurements: Vec<Measurement>,
}

/// The file.
#[derive(Clone, Debug)]
pub struct Measurements {
    path: PathBuf,
}

impl Measurements {
    /// The user's, in `$SIMRUN_CACHE`, `$XDG_CACHE_HOME/simrun` or `~/.cache/simrun`; none where there is no such place.
    pub fn of_user(variable: impl Fn(&str) -> Option<String>) -> Option<Measurements> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = || given("XDG_CACHE_HOME").or_else(|| Some(given("HOME")?.join(".cache")));
        let folder = given("SIMRUN_CACHE").or_else(|| Some(cache()?.join("simrun")))?;
        Some(Measurements {
            path: folder.join(NAME),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was measured before under `key`.
    ///
    /// # Errors
    /// Says what is wrong with the file, if there is one.
    pub fn find(&self, key: &str) -> Result<Option<Measurement>, String> {
        let measurements = self.read()?;
        Ok(measurements.into_iter().rev().find(|measured| measured.key == key))
    }

    /// Keeps `measurement` instead of an earlier one under its key. A file that cannot be read is replaced.
    ///
    /// # Errors
    /// Says why it cannot be kept.
    pub fn keep(&self, measurement: Measurement) -> Result<(), String> {
        let mut measurements = self.read().unwrap_or_default();
        measurements.retain(|measured| measured.key != measurement.key);
        measurements.push(measurement);
        let n_old = measurements.len().saturating_sub(MOST);
        let content = Content {
            version: VERSION,
            measurements: measurements.split_off(n_old),
        };
        let text = serde_json::to_string_pretty(&content).map_err(|cause| cause.to_string())?;
        self.replace(&(text + "\n"))
            .map_err(|cause| format!("cannot write {}: {cause}", self.path.display()))
    }

    /// Runs that end at the same time each prepare a file of their own: one of them is there in the end, whole.
    fn replace(&self, text: &str) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let host = super::provenance::host_name();
        let part = folder.join(format!(".{NAME}.{host}.{}.part", std::process::id()));
        let written = fs::write(&part, text).and_then(|()| fs::rename(&part, &self.path));
        if written.is_err() {
            // The first error is the one to report; a part that was never created cannot be removed.
            let _ = fs::remove_file(&part);
        }
        written
    }

    fn read(&self) -> Result<Vec<Measurement>, String> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(cause) => return Err(format!("cannot read {}: {cause}", self.path.display())),
        };
        match serde_json::from_slice::<Content>(&text) {
            Ok(content) if content.version == VERSION => Ok(content.measurements),
            Ok(content) => Err(format!(
                "{} is of version {}, not {VERSION}",
                self.path.display(),
                content.version
            )),
            Err(cause) => Err(format!("{} is damaged: {cause}", self.path.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn measured(key: &str, rate: f64) -> Measurement {
        Measurement {
            key: key.into(),
            about: "heat".into(),
            date: "2024-02-29T23:59:58Z".into(),
            executor: "temporal 8".into(),
            strip_rows: Some(32),
            rates: vec![("blocking".into(), Some(rate)), ("temporal 8".into(), None)],
        }
    }

    fn place() -> (TempDir, Measurements) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/simrun");
        let variable = |name: &str| (name == "SIMRUN_CACHE").then(|| path.to_string_lossy().into_owned());
        let file = Measurements::of_user(variable).unwrap();
        (folder, file)
    }

    #[test]
    fn what_is_kept_is_found_under_its_key_until_it_is_measured_again() {
        let (folder, file) = place();
        assert_eq!(file.find("a"), Ok(None));
        file.keep(measured("a", 1.0)).unwrap();
        file.keep(measured("b", 2.0)).unwrap();
        file.keep(measured("a", 3.0)).unwrap();
        assert_eq!(file.find("a"), Ok(Some(measured("a", 3.0))));
        assert_eq!(file.find("b"), Ok(Some(measured("b", 2.0))));
        assert_eq!(file.find("c"), Ok(None));
        assert_eq!(file.read().unwrap().len(), 2);
        // No part stays behind.
        assert_eq!(fs::read_dir(folder.path().join("new/simrun")).unwrap().count(), 1);
    }

    #[test]
    fn only_the_newest_are_kept() {
        let (_folder, file) = place();
        for n in 0..MOST + 3 {
            file.keep(measured(&n.to_string(), n as f64)).unwrap();
        }
        let all = file.read().unwrap();
        assert_eq!((all.len(), all[0].key.as_str()), (MOST, "3"));
    }

    #[test]
    fn a_damaged_file_is_told_of_and_replaced() {
        let (_folder, file) = place();
        file.keep(measured("a", 1.0)).unwrap();
        let whole = fs::read(file.path()).unwrap();
        let other = String::from_utf8(whole.clone())
            .unwrap()
            .replace("\"version\": 1", "\"version\": 7");
        for damaged in [
            &b""[..],
            &whole[..whole.len() / 2],
            b"\xff\xfe",
            b"[]",
            other.as_bytes(),
        ] {
            fs::write(file.path(), damaged).unwrap();
            let said = file.find("a").unwrap_err();
            assert!(said.contains("executors.json is "), "{said}");
            file.keep(measured("b", 2.0)).unwrap();
            assert_eq!(file.find("b"), Ok(Some(measured("b", 2.0))));
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_of() {
        let (folder, file) = place();
        fs::write(folder.path().join("new"), "a file").unwrap();
        assert_eq!(file.find("a"), Ok(None));
        let said = file.keep(measured("a", 1.0)).unwrap_err();
        assert!(said.contains("cannot write"), "{said}");
    }

    #[test]
    fn the_place_is_the_first_that_is_given() {
        let place = |given: &[(&str, &str)]| {
            let variable = |name: &str| {
                given
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, value)| value.to_string())
            };
            Measurements::of_user(variable).map(|file| file.path.to_string_lossy().into_owned())
        };
        let (own, cache, home) = (("SIMRUN_CACHE", "/a"), ("XDG_CACHE_HOME", "/b"), ("HOME", "/c"));
        assert_eq!(place(&[own, cache, home]).unwrap(), "/a/executors.json");
        assert_eq!(
            place(&[("SIMRUN_CACHE", ""), cache, home]).unwrap(),
            "/b/simrun/executors.json"
        );
        assert_eq!(place(&[home]).unwrap(), "/c/.cache/simrun/executors.json");
        assert_eq!(place(&[]), None);
    }
}
