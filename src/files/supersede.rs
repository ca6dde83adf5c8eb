//! What a run wrote after the checkpoint from which it goes on is moved aside, into `superseded/`: nothing appears twice,
//! and nothing is lost at once.

use super::checkpoint::MANIFEST;
use super::durable;
use super::removal::{delete, delete_leftovers, is_own, parents, remove_empty_folders};
use super::run_folder::{self, CHECKPOINTS, HISTORY, PROBES, RunFolder, SNAPSHOTS};
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of what was moved aside, which holds the last of everything.
const SUPERSEDED: &str = "superseded";

/// Digits of the step in the name of a checkpoint, at least.
const STEP_DIGITS: usize = 8;

impl RunFolder {
    /// Moves what the run wrote after `step` aside: snapshots and checkpoints of later steps, or, without a step, all of
    /// them and the files over time. What is unfinished is deleted. Returns what was moved, checkpoints by their folders.
    ///
    /// # Errors
    /// [`Error::Config`] if a file that the run did not write is in the way; [`Error::Io`] if something cannot be moved
    /// or deleted.
    pub fn supersede_after(&mut self, step: Option<u64>) -> Result<Vec<String>> {
        delete_leftovers(self.path(), self.listed())?;
        let is_later = |relative: &str| match snapshot_step(relative).or(checkpoint_step(relative)) {
            Some(of) => step.is_none_or(|step| of > step),
            None => step.is_none() && is_over_time(relative),
        };
        self.set_aside(&is_later)
    }

    /// Moves those files of the list aside that `is_meant` names.
    fn set_aside(&mut self, is_meant: &dyn Fn(&str) -> bool) -> Result<Vec<String>> {
        let folder = self.path().to_owned();
        let found = self.listed().iter().filter(|relative| is_meant(relative));
        let mut found: Vec<String> = found
            .filter(|relative| is_own(&folder, relative.as_ref()))
            .cloned()
            .collect();
        // Without its manifest the rest is no checkpoint, however far this comes.
        found.sort_by_key(|relative| !relative.ends_with(MANIFEST));
        let moves: Vec<(PathBuf, PathBuf)> = found.iter().map(|from| (from.into(), aside(from).into())).collect();
        self.note_all(&found.iter().map(|from| aside(from)).collect::<Vec<String>>())?;
        self.list_handle()?
            .sync_data()
            .map_err(|e| Error::io("bring to the disk the list of", &folder, e))?;
        delete(&folder, &self.earlier_checkpoints(&found))?;
        for (from, to) in &moves {
            move_within(&folder, from, to)?;
        }
        moves.iter().for_each(|(from, _)| remove_empty_folders(&folder, from));
        sync_folders(&folder, moves.iter().flat_map(|(from, to)| [from, to]))?;
        let names: BTreeSet<String> = found.iter().map(|relative| name_of(relative)).collect();
        Ok(names.into_iter().collect())
    }

    /// What was moved aside before of checkpoints at the steps of those in `found`: they may have had other files.
    fn earlier_checkpoints(&self, found: &[String]) -> Vec<PathBuf> {
        let steps: BTreeSet<u64> = found.iter().filter_map(|relative| checkpoint_step(relative)).collect();
        let step_aside = |relative: &str| checkpoint_step(relative.strip_prefix(SUPERSEDED)?.strip_prefix('/')?);
        let is_replaced = |relative: &&String| step_aside(relative).is_some_and(|step| steps.contains(&step));
        self.listed().iter().filter(is_replaced).map(PathBuf::from).collect()
    }
}

/// The name of `relative` among what was moved aside.
fn aside(relative: &str) -> String {
    format!("{SUPERSEDED}/{relative}")
}

fn move_within(folder: &Path, from: &Path, to: &Path) -> Result<()> {
    let (source, target) = (folder.join(from), folder.join(to));
    let is_other = |parent: &Path| folder.join(parent).symlink_metadata().is_ok_and(|meta| !meta.is_dir());
    if parents(to).any(is_other) {
        return Err(Error::io("move a file to", &target, "what is on the way is no folder"));
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(|e| Error::io("create the folder", parent, e))?;
    }
    fs::rename(&source, &target).map_err(|e| Error::io(&format!("move {} to", source.display()), &target, e))
}

/// Brings the folders of `relatives` to the disk, as far as they are left.
fn sync_folders<'a>(folder: &Path, relatives: impl Iterator<Item = &'a PathBuf>) -> Result<()> {
    let mut folders = BTreeSet::new();
    for relative in relatives {
        folders.insert(folder.to_owned());
        folders.extend(parents(relative).map(|parent| folder.join(parent)));
    }
    let mut left = folders.iter().filter(|folder| folder.is_dir());
    left.try_for_each(|folder| durable::sync_folder(folder))
}

/// The step of the snapshot `relative`.
fn snapshot_step(relative: &str) -> Option<u64> {
    let name = relative.strip_prefix(SNAPSHOTS)?.strip_prefix('/')?;
    let (_, step, _) = run_folder::series_and_step(PathBuf::from(name)).filter(|_| !name.contains('/'))?;
    Some(step)
}

/// The step of the checkpoint that has the file `relative`.
fn checkpoint_step(relative: &str) -> Option<u64> {
    let (step, _) = relative.strip_prefix(CHECKPOINTS)?.strip_prefix('/')?.split_once('/')?;
    let is_step = step.len() >= STEP_DIGITS && step.bytes().all(|byte| byte.is_ascii_digit());
    step.parse().ok().filter(|_| is_step)
}

/// Whether `relative` is a file that grows with the run and is cut where the run goes on.
fn is_over_time(relative: &str) -> bool {
    let probe = relative.strip_prefix(PROBES).and_then(|rest| rest.strip_prefix('/'));
    relative == HISTORY || probe.is_some_and(|name| name.ends_with(".csv"))
}

/// How people call what `relative` belongs to: a checkpoint by its folder.
fn name_of(relative: &str) -> String {
    match checkpoint_step(relative) {
        Some(_) => relative.split('/').take(2).collect::<Vec<_>>().join("/"),
        None => relative.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    const NO_PATIENCE: Duration = Duration::ZERO;

    /// A run in `path` that wrote `relatives`, each with its own name and `mark`.
    fn write(run: &mut RunFolder, relatives: &[&str], mark: &str) {
        for relative in relatives {
            fs::write(run.note(relative).unwrap(), format!("{relative} {mark}")).unwrap();
        }
    }

    /// All files below `folder` in alphabetical order, but those of the folder itself that stay.
    fn files(folder: &Path) -> Vec<String> {
        fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.symlink_metadata().unwrap().is_dir() {
                    true => collect(root, &path, found),
                    false => found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()),
                }
            }
        }
        let mut found = Vec::new();
        collect(folder, folder, &mut found);
        found.retain(|name| !["files.txt", "run.lock", "log.txt", "status.json"].contains(&name.as_str()));
        found.sort();
        found
    }

    const WRITTEN: [&str; 10] = [
        "log.txt",
        "status.json",
        "history.csv",
        "probes/mast.csv",
        "plots/so2.png",
        "snapshots/plume_00000500.h5",
        "snapshots/plume_00000501.h5",
        "snapshots/a_b_100000000.h5",
        "checkpoints/00000500/manifest.toml",
        "checkpoints/00000750/manifest.toml",
    ];

    #[test]
    fn what_came_after_the_checkpoint_is_moved_and_listed_under_its_new_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut run = RunFolder::create(path, false).unwrap();
        write(&mut run, &WRITTEN, "first");
        write(&mut run, &["checkpoints/00000750/tiles.bin"], "first");
        fs::write(path.join("snapshots/mine_00000900.h5"), "mine").unwrap();
        let moved = run.supersede_after(Some(500)).unwrap();
        assert_eq!(
            moved,
            [
                "checkpoints/00000750",
                "snapshots/a_b_100000000.h5",
                "snapshots/plume_00000501.h5"
            ]
        );
        let expected = [
            "checkpoints/00000500/manifest.toml",
            "history.csv",
            "plots/so2.png",
            "probes/mast.csv",
            "snapshots/mine_00000900.h5",
            "snapshots/plume_00000500.h5",
            "superseded/checkpoints/00000750/manifest.toml",
            "superseded/checkpoints/00000750/tiles.bin",
            "superseded/snapshots/a_b_100000000.h5",
            "superseded/snapshots/plume_00000501.h5",
        ];
        assert_eq!(files(path), expected);
        assert_eq!(run.supersede_after(Some(500)).unwrap(), Vec::<String>::new());
        drop(run);
        RunFolder::create(path, true).unwrap();
        assert_eq!(files(path), ["snapshots/mine_00000900.h5"]);
        assert!(!path.join("superseded").exists() && !path.join("checkpoints").exists());
    }

    #[test]
    fn without_a_checkpoint_everything_but_log_status_and_pictures_is_moved() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = RunFolder::create(folder.path(), false).unwrap();
        write(&mut run, &WRITTEN, "first");
        assert_eq!(run.supersede_after(None).unwrap().len(), 7);
        let left = files(folder.path());
        assert_eq!(left[0], "plots/so2.png");
        assert!(left[1..].iter().all(|name| name.starts_with("superseded/")), "{left:?}");
        assert!(folder.path().join("log.txt").exists() && folder.path().join("status.json").exists());
    }

    #[test]
    fn what_was_moved_earlier_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut run = RunFolder::create(path, false).unwrap();
        write(
            &mut run,
            &["snapshots/plume_00000007.h5", "checkpoints/00000007/tile_1.bin"],
            "first",
        );
        run.supersede_after(Some(5)).unwrap();
        drop(run);
        let mut run = RunFolder::resume(path, NO_PATIENCE).unwrap();
        write(
            &mut run,
            &["snapshots/plume_00000007.h5", "checkpoints/00000007/tile_0.bin"],
            "second",
        );
        run.supersede_after(Some(5)).unwrap();
        let expected = [
            "superseded/checkpoints/00000007/tile_0.bin",
            "superseded/snapshots/plume_00000007.h5",
        ];
        assert_eq!(files(path), expected);
        let text = fs::read_to_string(path.join(expected[1])).unwrap();
        assert!(text.ends_with("second"), "{text}");
    }

    #[test]
    fn what_killed_writers_left_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut run = RunFolder::create(path, false).unwrap();
        write(&mut run, &WRITTEN[8..9], "first");
        let left = run.snapshot_path("plume", 400).unwrap();
        fs::write(left.with_file_name(".plume_00000400.h5.part"), "").unwrap();
        for twin in ["checkpoints/.00000500.part", "checkpoints/.00000500.old"] {
            fs::create_dir(path.join(twin)).unwrap();
            fs::write(path.join(twin).join("manifest.toml"), "").unwrap();
        }
        run.supersede_after(Some(500)).unwrap();
        assert_eq!(files(path), ["checkpoints/00000500/manifest.toml"]);
    }

    #[test]
    fn links_are_neither_moved_nor_followed() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut run = RunFolder::create(path, false).unwrap();
        symlink(outside.path(), path.join("snapshots")).unwrap();
        write(
            &mut run,
            &["snapshots/plume_00000007.h5", "checkpoints/00000007/manifest.toml"],
            "first",
        );
        symlink(outside.path(), path.join("superseded")).unwrap();
        let error = run.supersede_after(Some(5)).unwrap_err().to_string();
        assert!(error.contains("what is on the way is no folder"), "{error}");
        assert!(!outside.path().join("checkpoints").exists());
        fs::remove_file(path.join("superseded")).unwrap();
        assert_eq!(run.supersede_after(Some(5)).unwrap(), ["checkpoints/00000007"]);
        assert!(outside.path().join("plume_00000007.h5").exists());
    }

    #[test]
    fn a_file_of_others_among_what_was_moved_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut run = RunFolder::create(path, false).unwrap();
        write(&mut run, &["history.csv"], "first");
        fs::create_dir(path.join("superseded")).unwrap();
        fs::write(path.join("superseded/history.csv"), "mine").unwrap();
        let error = run.supersede_after(None).unwrap_err().to_string();
        assert!(error.contains("superseded/history.csv is in the way"), "{error}");
        assert!(path.join("history.csv").exists());
    }
}
