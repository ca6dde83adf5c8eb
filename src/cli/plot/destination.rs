//! Where pictures go.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::RunFolder;

/// Where pictures go.
pub enum Destination {
    /// The folder `plots` of a run, which notes them as its own.
    Run(RunFolder),
    /// Any other folder.
    Folder(PathBuf),
}

impl Destination {
    /// The folder `output` if it is given, else the `plots` of `run`.
    ///
    /// # Errors
    /// [`Error::Io`] if the run cannot note what is added to it.
    pub fn of_run(run: &Path, output: Option<&PathBuf>) -> Result<Destination> {
        if let Some(folder) = output {
            return Ok(Destination::Folder(folder.clone()));
        }
        let folder = RunFolder::open(run)
            .map_err(|e| Error::Io(format!("{e}; draw into a folder of your choice with --output DIR")))?;
        Ok(Destination::Run(folder))
    }

    /// The folder `output` if it is given, else the one in which `file` lies.
    pub fn of_file(file: &Path, output: Option<&PathBuf>) -> Destination {
        let beside = || file.parent().unwrap_or(Path::new("")).to_owned();
        Destination::Folder(output.cloned().unwrap_or_else(beside))
    }

    /// The path at which the picture `name` is to be written; its folder exists afterwards.
    ///
    /// # Errors
    /// [`Error::Config`] if a file that the run did not write is in the way; [`Error::Io`] if the folder cannot be
    /// made.
    pub fn path_of(&mut self, name: &str) -> Result<PathBuf> {
        match self {
            Destination::Run(run) => run.note(&format!("plots/{name}")),
            Destination::Folder(folder) => {
                fs::create_dir_all(&*folder).map_err(|e| Error::io("create the folder", folder, e))?;
                Ok(folder.join(name))
            }
        }
    }
}
