//! How the folder of a checkpoint comes to be, and goes.

use super::super::durable;
use super::super::run_folder::CHECKPOINTS;
use super::manifest::Manifest;
use super::master;
use crate::error::{Error, Result};
use crate::metrics::faults;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a checkpoint says about itself.
pub const MANIFEST: &str = "manifest.toml";
/// For readers: whole slots, as virtual datasets.
pub const MASTER: &str = "checkpoint.h5";

/// Bytes that stay free on the disk for all else that the run writes.
const SPARE_BYTES: u64 = 1 << 20;

/// The name of part `n`.
pub fn part_file(n: usize) -> String {
    format!("part_{n:04}.h5")
}

/// A checkpoint that is being built.
#[derive(Clone, Debug)]
pub struct CheckpointFolder {
    /// The folder of all checkpoints.
    all: PathBuf,
    step: u64,
}

impl CheckpointFolder {
    /// The checkpoint of the run in folder `run` at `step`; nothing is done yet.
    pub fn new(run: &Path, step: u64) -> CheckpointFolder {
        CheckpointFolder {
            all: run.join(CHECKPOINTS),
            step,
        }
    }

    /// Where it is built.
    pub fn part_path(&self) -> PathBuf {
        self.all.join(format!(".{:08}.part", self.step))
    }

    /// Where it stands in the end.
    pub fn path(&self) -> PathBuf {
        self.all.join(format!("{:08}", self.step))
    }

    fn old_path(&self) -> PathBuf {
        self.all.join(format!(".{:08}.old", self.step))
    }

    /// The files of a checkpoint of `n_parts` parts, within the folder of the run.
    pub fn files(&self, n_parts: usize) -> Vec<String> {
        let names = [MANIFEST.to_owned(), MASTER.to_owned()];
        let names = names.into_iter().chain((0..n_parts).map(part_file));
        names
            .map(|name| format!("{CHECKPOINTS}/{:08}/{name}", self.step))
            .collect()
    }

    /// Makes the folder in which parts can be written, if there is room for `n_bytes`.
    ///
    /// # Errors
    /// [`Error::Io`] if there is not, or the folder cannot be made.
    pub fn begin(&self, n_bytes: u64) -> Result<()> {
        let part = self.part_path();
        if part.exists() {
            fs::remove_dir_all(&part).map_err(|e| Error::io("delete", &part, e))?;
        }
        // Step by step: a folder of the run that has vanished is not to be made anew.
        for folder in [&self.all, &part] {
            match fs::create_dir(folder) {
                Err(e) if e.kind() != ErrorKind::AlreadyExists => {
                    return Err(Error::io("create the folder", folder, e));
                }
                _ => {}
            }
        }
        faults::reach("folder-made");
        match free_bytes(&part) {
            Some(free) if free < n_bytes.saturating_add(SPARE_BYTES) => {
                // The folder is empty; that it stays is no harm.
                let _ = fs::remove_dir(&part);
                Err(Error::io(
                    "write a checkpoint into",
                    &self.all,
                    format!("it takes {n_bytes} bytes, and the file system has {free} left"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Adds the master and the manifest to the parts, which are complete, and gives the checkpoint its name.
    ///
    /// # Errors
    /// [`Error::Io`] if anything does not reach the disk.
    pub fn publish(&self, manifest: &Manifest) -> Result<()> {
        let (part, path) = (self.part_path(), self.path());
        master::write(&part.join(MASTER), manifest)?;
        faults::reach("master-written");
        let text = manifest.to_text();
        let target = part.join(MANIFEST);
        let written = File::create(&target).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            faults::reach("manifest-written");
            file.sync_all()
        });
        written.map_err(|e| Error::io("write", &target, e))?;
        let read = fs::read(&target).map_err(|e| Error::io("read back", &target, e))?;
        if read != text.as_bytes() {
            return Err(Error::io(
                "write",
                &target,
                "it was read back with another text: the disk is failing",
            ));
        }
        durable::sync_folder(&part)?;
        faults::reach("before-rename");
        if path.exists() {
            // Of an earlier run to this step, and superseded by now.
            self.delete()?;
        }
        fs::rename(&part, &path).map_err(|e| Error::io("give its final name to", &path, e))?;
        faults::reach("after-rename");
        durable::sync_folder(&self.all)?;
        // The folder itself may be new.
        durable::sync_folder_of(&self.all)?;
        faults::reach("published");
        Ok(())
    }

    /// Deletes all checkpoints of the run but the newest `keep`.
    ///
    /// # Errors
    /// [`Error::Io`] if one cannot be deleted.
    pub fn prune(&self, keep: usize) -> Result<()> {
        let run = self.all.parent().unwrap_or(Path::new("."));
        let old = list(run)?.into_iter().skip(keep);
        old.map(|step| CheckpointFolder::new(run, step))
            .try_for_each(|old| old.delete())
    }

    /// Deletes what has been built so far.
    pub fn abandon(&self) {
        // What cannot be deleted now is when the run is continued.
        let _ = fs::remove_dir_all(self.part_path());
    }

    /// Deletes the complete checkpoint: what is left if that is interrupted does not look like one.
    ///
    /// # Errors
    /// [`Error::Io`] if that is not allowed.
    pub fn delete(&self) -> Result<()> {
        let (path, old) = (self.path(), self.old_path());
        if old.exists() {
            fs::remove_dir_all(&old).map_err(|e| Error::io("delete", &old, e))?;
        }
        fs::rename(&path, &old).map_err(|e| Error::io("delete", &path, e))?;
        faults::reach("pruning");
        fs::remove_dir_all(&old).map_err(|e| Error::io("delete", &old, e))
    }
}

/// The steps of the checkpoints of the run in folder `run`, complete by their names, the newest first.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read. A run without checkpoints has none.
pub fn list(run: &Path) -> Result<Vec<u64>> {
    let folder = run.join(CHECKPOINTS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&folder).and_then(|entries| {
        let names = entries.map(|entry| Ok(entry?.file_name()));
        names.collect::<std::io::Result<Vec<_>>>()
    });
    let names = entries.map_err(|e| Error::io("list the folder", &folder, e))?;
    let step = |name: &str| {
        let is_step = name.len() >= 8 && name.bytes().all(|c| c.is_ascii_digit());
        is_step.then(|| name.parse::<u64>().ok()).flatten()
    };
    let mut steps: Vec<u64> = names.iter().filter_map(|name| step(name.to_str()?)).collect();
    steps.sort_unstable_by(|a, b| b.cmp(a));
    Ok(steps)
}

/// Bytes that this user may still write where `path` is, if the system tells.
fn free_bytes(path: &Path) -> Option<u64> {
    let name = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the name ends with a null byte, and the structure is writable.
    let code = unsafe { libc::statvfs(name.as_ptr(), found.as_mut_ptr()) };
    // SAFETY: the call has filled the structure if it succeeded.
    let found = (code == 0).then(|| unsafe { found.assume_init() })?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}
