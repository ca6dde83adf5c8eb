//! A folder for files that a measurement needs for a while.

use crate::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that was not there, or empty; it is removed with all that is in it when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes the folder `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be made, [`Error::Config`] if there is something in it.
    pub fn make(path: &Path) -> Result<Scratch> {
        fs::create_dir_all(path).map_err(|e| Error::io("create the folder", path, e))?;
        let mut entries = fs::read_dir(path).map_err(|e| Error::io("list the folder", path, e))?;
        match entries.next() {
            None => Ok(Scratch { path: path.to_owned() }),
            Some(_) => Err(Error::Config(format!(
                "{}: the folder is not empty, and the bench would remove all that is in it; give another one with --scratch, \
                 or remove it",
                path.display()
            ))),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is found by the next measurement, which says so.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_goes_with_all_that_is_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let scratch = Scratch::make(&path).unwrap();
        fs::write(path.join("file"), "x").unwrap();
        drop(scratch);
        assert!(!path.exists() && parent.path().join("a").exists());
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = Scratch::make(folder.path()).unwrap_err().to_string();
        assert!(error.contains("not empty") && error.contains("--scratch"), "{error}");
        assert!(file.exists());
    }
}
