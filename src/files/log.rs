//! `log.txt`: what a run said, each line with its date.

use super::provenance::now_iso;
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
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

    /// Opens the log at `path` to go on with it, or begins it. A last line that was cut off is ended.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened or written.
    pub fn append(path: &Path) -> Result<Log> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let mut file = file.map_err(|e| Error::io("open", path, e))?;
        end_last_line(&mut file).map_err(|e| Error::io("write to", path, e))?;
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

/// Writes the end of the last line if it is missing.
fn end_last_line(file: &mut File) -> io::Result<()> {
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    match last {
        [b'\n'] => Ok(()),
        _ => file.write_all(b"\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_goes_on_behind_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        for said in ["first", "second"] {
            Log::append(&path).unwrap().write(said).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text + "cut o").unwrap();
        Log::append(&path).unwrap().write("third").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].ends_with("  first") && lines[1].ends_with("  second"),
            "{text}"
        );
        assert!(lines[2] == "cut o" && lines[3].ends_with("  third"), "{text}");
    }

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
