//! `log.txt`: what a run said, each line with its date.

use super::provenance::now_iso;
use crate::error::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The log of one run.
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Begins the log at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be created.
    pub fn create(path: &Path) -> Result<Log> {
        let file = File::create(path).map_err(|e| Error::io("create", path, e))?;
        Ok(Log {
            path: path.to_owned(),
            file,
        })
    }

    /// Appends `text`, each of its lines with the present date, UTC.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write(&mut self, text: &str) -> Result<()> {
        let now = now_iso();
        let lines: String = text.lines().map(|line| format!("{now}  {line}\n")).collect();
        let written = self.file.write_all(lines.as_bytes());
        written.map_err(|e| Error::io("write to", &self.path, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_begins_with_its_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        let mut log = Log::create(&path).unwrap();
        log.write("step 1").unwrap();
        log.write("two\nlines").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<(&str, &str)> = text.lines().map(|line| line.split_once("  ").unwrap()).collect();
        assert_eq!(
            lines.iter().map(|(_, said)| *said).collect::<Vec<_>>(),
            ["step 1", "two", "lines"]
        );
        assert!(lines.iter().all(|(date, _)| date.len() == 20 && date.ends_with('Z')));
    }
}
