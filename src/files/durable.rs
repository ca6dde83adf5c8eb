//! Files that appear under their final name complete or not at all, and survive a crash of the machine.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name beside `path` under which its content is prepared: `.name.part`.
pub(super) fn part_path(path: &Path) -> Result<PathBuf> {
    renamed(path, ".", ".part")
}

/// The name beside `path` under which its content is kept when it begins anew: `name.superseded`.
pub(super) fn superseded_path(path: &Path) -> Result<PathBuf> {
    renamed(path, "", ".superseded")
}

fn renamed(path: &Path, before: &str, after: &str) -> Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| Error::io("write", path, "the path has no file name"))?;
    let mut renamed = std::ffi::OsString::from(before);
    renamed.push(name);
    renamed.push(after);
    Ok(path.with_file_name(renamed))
}

/// Brings a finished `part` to the disk and gives it its final name, replacing what stood there.
pub(super) fn publish(part: &Path, path: &Path) -> Result<()> {
    sync(part)?;
    fs::rename(part, path).map_err(|e| Error::io("give its final name to", path, e))?;
    sync_folder_of(path)
}

/// Replaces the content of `path` at once: readers see the old text or the new one, never a part.
pub(super) fn replace(path: &Path, text: &str) -> Result<()> {
    let part = part_path(path)?;
    let written = File::create(&part).and_then(|mut file| file.write_all(text.as_bytes()));
    let outcome = written
        .map_err(|e| Error::io("write", &part, e))
        .and_then(|()| publish(&part, path));
    if outcome.is_err() {
        // The first error is the one to report; a part that was never created cannot be removed.
        let _ = fs::remove_file(&part);
    }
    outcome
}

/// Brings what has been written to `path` to the disk.
pub(super) fn sync(path: &Path) -> Result<()> {
    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    file.sync_all().map_err(|e| Error::io("bring to the disk", path, e))
}

/// Brings the entry of `path` in its folder to the disk.
pub(super) fn sync_folder_of(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

/// Brings the entries of `folder` to the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|e| Error::io("bring to the disk the folder", folder, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_has_the_new_text_and_leaves_no_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        replace(&path, "old").unwrap();
        replace(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_below_a_regular_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plain"), "").unwrap();
        let error = replace(&folder.path().join("plain/status.json"), "x").unwrap_err();
        assert_eq!(error.exit_code(), 5);
        assert!(error.to_string().contains("plain/.status.json.part"), "{error}");
    }
}
