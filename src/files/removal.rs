//! Deleting what runs listed as their own, and what their writers left unfinished; nothing else.

use super::durable;
use super::file_list::check_inside;
use super::run_folder::CHECKPOINTS;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Deletes the files of `listed`, the list of an earlier run in `folder`, with everything that was written beside them.
///
/// # Errors
/// [`Error::Config`] if an entry leads outside, before anything is deleted; [`Error::Io`] if a file cannot be deleted.
pub(super) fn delete_listed(folder: &Path, listed: &BTreeSet<String>) -> Result<()> {
    check_inside(folder, listed, "nothing was deleted")?;
    delete_leftovers(folder, listed)?;
    for relative in listed {
        let path = Path::new(relative);
        delete(folder, &[path.to_owned(), durable::superseded_path(path)?])?;
    }
    Ok(())
}

/// Deletes what writers that were killed left unfinished beside the files of `listed`.
///
/// # Errors
/// [`Error::Io`] if a file cannot be deleted.
pub(super) fn delete_leftovers(folder: &Path, listed: &BTreeSet<String>) -> Result<()> {
    listed
        .iter()
        .try_for_each(|relative| delete(folder, &leftovers(relative)?))
}

/// Deletes those of `relatives` that are regular files of `folder`, reached without links, and the folders that are
/// empty then.
///
/// # Errors
/// [`Error::Io`] if a file cannot be deleted.
pub(super) fn delete(folder: &Path, relatives: &[PathBuf]) -> Result<()> {
    for relative in relatives.iter().filter(|relative| is_own(folder, relative)) {
        let path = folder.join(relative);
        fs::remove_file(&path).map_err(|e| Error::io("delete", &path, e))?;
    }
    relatives
        .iter()
        .for_each(|relative| remove_empty_folders(folder, relative));
    Ok(())
}

/// Removes the folders on the way to `relative` that are empty.
pub(super) fn remove_empty_folders(folder: &Path, relative: &Path) {
    for parent in parents(relative).filter(|parent| is_reached_without_links(folder, parent)) {
        // Fails where something is left in the folder, which then stays.
        let _ = fs::remove_dir(folder.join(parent));
    }
}

/// Whether `relative` is a regular file of `folder` and none of the folders on the way is a symbolic link.
pub(super) fn is_own(folder: &Path, relative: &Path) -> bool {
    let meta = folder.join(relative).symlink_metadata();
    meta.is_ok_and(|meta| meta.is_file()) && is_reached_without_links(folder, relative)
}

/// Whether none of the folders on the way from `folder` to `relative` is a symbolic link.
fn is_reached_without_links(folder: &Path, relative: &Path) -> bool {
    parents(relative).all(|parent| {
        let meta = folder.join(parent).symlink_metadata();
        meta.is_ok_and(|meta| meta.is_dir())
    })
}

/// The folders on the way to `relative`, innermost first.
pub(super) fn parents(relative: &Path) -> impl Iterator<Item = &Path> {
    let parents = relative.ancestors().skip(1);
    parents.filter(|parent| !parent.as_os_str().is_empty())
}

/// Where an unfinished form of `relative` may lie: in its part; and for a file of the checkpoint N, in the folders `.N.part`
/// and `.N.old` beside that, of which one was being written and the other being replaced.
fn leftovers(relative: &str) -> Result<Vec<PathBuf>> {
    let path = Path::new(relative);
    let mut places = vec![durable::part_path(path)?];
    let checkpoint = relative
        .strip_prefix(CHECKPOINTS)
        .and_then(|rest| rest.strip_prefix('/'));
    if let Some((name, file)) = checkpoint.and_then(|rest| rest.split_once('/')) {
        for twin in [format!(".{name}.part"), format!(".{name}.old")] {
            let twin = Path::new(CHECKPOINTS).join(twin).join(file);
            places.extend([durable::part_path(&twin)?, twin]);
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, relatives: &[&str]) {
        for relative in relatives {
            let path = folder.join(relative);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    #[test]
    fn a_checkpoint_goes_with_the_folders_of_those_that_were_not_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let listed = ["checkpoints/00000500/manifest.toml", "checkpoints/00000500/rank/0.bin"];
        written(path, &listed);
        written(
            path,
            &[
                "checkpoints/.00000500.part/rank/0.bin",
                "checkpoints/.00000500.part/.manifest.toml.part",
                "checkpoints/.00000500.old/manifest.toml",
            ],
        );
        let listed = listed.map(str::to_owned).into();
        delete_leftovers(path, &listed).unwrap();
        assert_eq!(fs::read_dir(path.join("checkpoints")).unwrap().count(), 1);
        delete_listed(path, &listed).unwrap();
        assert_eq!(fs::read_dir(path).unwrap().count(), 0);
    }

    #[test]
    fn what_others_put_into_a_checkpoint_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let others = [
            "checkpoints/00000500/notes.txt",
            "checkpoints/.00000500.old/notes.txt",
            "checkpoints/.00000600.old/manifest.toml",
        ];
        written(path, &others);
        written(path, &["checkpoints/00000500/manifest.toml"]);
        let listed = BTreeSet::from(["checkpoints/00000500/manifest.toml".to_owned()]);
        delete_listed(path, &listed).unwrap();
        assert!(others.iter().all(|other| path.join(other).exists()));
        assert!(!path.join("checkpoints/00000500/manifest.toml").exists());
    }
}
