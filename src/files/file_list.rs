//! `files.txt`: what a run wrote, each file before it is created. Names are relative to the folder of the run.

use super::durable;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

/// What the run wrote.
pub(super) const LIST: &str = "files.txt";

/// The list of one run, open for more.
#[derive(Debug)]
pub(super) struct FileList {
    path: PathBuf,
    file: File,
    names: BTreeSet<String>,
}

impl FileList {
    /// The names that the run in `folder` listed; none where there is no list.
    ///
    /// # Errors
    /// [`Error::Io`] if the list cannot be read.
    pub(super) fn read(folder: &Path) -> Result<BTreeSet<String>> {
        let path = folder.join(LIST);
        refuse_irregular(&path)?;
        match fs::read_to_string(&path) {
            Ok(text) => Ok(whole_lines(&text).lines().map(str::to_owned).collect()),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(e) => Err(Error::io("read", &path, e)),
        }
    }

    /// Begins the list of a run in `folder`, in place of an earlier one.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub(super) fn begin(folder: &Path) -> Result<FileList> {
        let path = folder.join(LIST);
        refuse_irregular(&path)?;
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let file = file.map_err(|e| Error::io("open", &path, e))?;
        file.set_len(0).map_err(|e| Error::io("empty", &path, e))?;
        durable::sync_folder_of(&path)?;
        let names = BTreeSet::new();
        Ok(FileList { path, file, names })
    }

    /// Opens the list of the run in `folder`, to go on with it. The last line of a run that was killed is cut off where
    /// it has no end, provided that the caller `is_alone` with the list.
    ///
    /// # Errors
    /// [`Error::Io`] if there is none, or if it cannot be read or written.
    pub(super) fn open(folder: &Path, is_alone: bool) -> Result<FileList> {
        let path = folder.join(LIST);
        let failed = |e| Error::io("open the list of the run", &path, e);
        refuse_irregular(&path)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        let text = fs::read_to_string(&path).map_err(failed)?;
        let whole = whole_lines(&text);
        if is_alone && whole.len() < text.len() {
            let cut = file.set_len(whole.len() as u64);
            cut.map_err(|e| Error::io("cut", &path, e))?;
        }
        let names = whole.lines().map(str::to_owned).collect();
        Ok(FileList { path, file, names })
    }

    /// Everything that is listed.
    pub(super) fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Lists `names`, which are paths inside the folder, with one write. It is not yet on the disk: see [`FileList::sync`].
    ///
    /// # Errors
    /// [`Error::Io`] if the list cannot be written.
    pub(super) fn add(&mut self, names: BTreeSet<String>) -> Result<()> {
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|e| Error::io("write to", &self.path, e))?;
        self.names.extend(names);
        Ok(())
    }

    /// Brings the list to the disk.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub(super) fn sync(&self) -> Result<()> {
        let synced = self.file.sync_data();
        synced.map_err(|e| Error::io("bring to the disk", &self.path, e))
    }

    /// The open file, for bringing it to the disk from elsewhere.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses.
    pub(super) fn handle(&self) -> Result<File> {
        let handle = self.file.try_clone();
        handle.map_err(|e| Error::io("share", &self.path, e))
    }
}

/// `text` up to the end of its last whole line: what follows was being noted when the run was killed, and its file does
/// not exist yet.
fn whole_lines(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

/// Checks that every one of the names that the run in `folder` listed stays inside it; `consequence` says what was not
/// done otherwise.
///
/// # Errors
/// [`Error::Config`] with the first that does not.
pub(super) fn check_inside(folder: &Path, names: &BTreeSet<String>, consequence: &str) -> Result<()> {
    match names.iter().find(|name| !is_inside(name)) {
        None => Ok(()),
        Some(outside) => Err(Error::Config(format!(
            "{} names '{outside}', which is not a path inside the folder, so {consequence}; repair the list, or choose \
             another folder with --output DIR",
            folder.join(LIST).display()
        ))),
    }
}

/// Whether `relative` is a plain path that stays inside the folder.
pub(super) fn is_inside(relative: &str) -> bool {
    let is_plain = |part: Component| matches!(part, Component::Normal(_));
    !relative.is_empty() && !relative.contains('\n') && Path::new(relative).components().all(is_plain)
}

/// Refuses a file of the run that is a link or a folder: writing it would change something elsewhere.
///
/// # Errors
/// [`Error::Io`] if it is.
pub(super) fn refuse_irregular(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(meta) if !meta.is_file() => Err(Error::io("use", path, "it is not a regular file")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_no_name_and_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LIST);
        fs::write(&path, "log.txt\nsnapshots/plu").unwrap();
        assert_eq!(
            FileList::read(folder.path()).unwrap(),
            BTreeSet::from(["log.txt".into()])
        );
        FileList::open(folder.path(), false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "log.txt\nsnapshots/plu");
        let mut list = FileList::open(folder.path(), true).unwrap();
        list.add(BTreeSet::from(["b".into(), "a".into()])).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "log.txt\na\nb\n");
        assert_eq!(&FileList::read(folder.path()).unwrap(), list.names());
    }

    #[test]
    fn only_plain_paths_are_inside() {
        for inside in ["a", "a/b.h5", ".a/b"] {
            assert!(is_inside(inside), "{inside}");
        }
        for outside in ["", "/a", "../a", "a/../../b", "a\nb", "."] {
            assert!(!is_inside(outside), "{outside}");
        }
    }
}
