//! The folder of one run: what is in it, who may delete it, and how to find runs again.
//!
//! `files.txt` lists every file that the run writes, each before it is created. Nothing but these files, and their
//! unfinished and superseded forms beside them, is ever deleted or overwritten. `run.lock` keeps a second run away.

use super::file_list::{FileList, LIST, check_inside, is_inside};
use super::lock::{self, LOCK, RunLock};
use super::removal::delete_listed;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Scalars over time.
pub const HISTORY: &str = "history.csv";
/// The complete configuration with all defaults filled in.
pub const RESOLVED_CONFIG: &str = "resolved.toml";
/// The folder of the series of snapshots.
pub const SNAPSHOTS: &str = "snapshots";
/// The folder of the series of probes.
pub const PROBES: &str = "probes";
/// The folder of the checkpoints, each in a folder that is called by its step, with eight digits or more.
pub const CHECKPOINTS: &str = "checkpoints";
/// How the run is doing.
pub const STATUS: &str = "status.json";
/// What the run said.
pub const LOG: &str = "log.txt";
/// What every rank was busy with, and when.
pub const TRACE: &str = "trace.json";
/// How many messages went from rank to rank.
pub const MESSAGES: &str = "messages.csv";
/// The file that people put there to stop the run.
pub const STOP: &str = "STOP";

/// Who looks on, as `simrun info`, holds the lock of a folder no longer than that.
const LOOKING_ON: Duration = Duration::from_millis(200);

/// The folder of one run, open for its products.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    list: FileList,
    /// Of a run under way.
    lock: Option<RunLock>,
}

impl RunFolder {
    /// Makes `path` the folder of a new run. With `overwrite`, what an earlier run listed as its own is deleted first,
    /// and whatever else is there stays.
    ///
    /// # Errors
    /// [`Error::Config`] if the folder is in use and `overwrite` is not set, a run in it is under way, or its list names a
    /// path outside; [`Error::Io`] if it cannot be created or written.
    pub fn create(path: &Path, overwrite: bool) -> Result<RunFolder> {
        fs::create_dir_all(path).map_err(|e| {
            let text = Error::io("create the output folder", path, e).to_string();
            Error::Io(format!(
                "{text}\n  Choose a folder that can be written with --output DIR."
            ))
        })?;
        let in_use = || {
            Error::Config(format!(
                "the output folder {} already holds results or other files; continue the earlier run with --restart auto, replace \
                 its results with --overwrite, or choose another folder with --output DIR",
                path.display()
            ))
        };
        if !overwrite && !path.join(LIST).exists() && has_other_content(path)? {
            // The folder is somebody else's: it is left as it is.
            return Err(in_use());
        }
        let lock = RunLock::acquire(path, LOOKING_ON)?;
        let listed = FileList::read(path)?;
        if overwrite {
            delete_listed(path, &listed)?;
        } else if !listed.is_empty() || has_other_content(path)? {
            return Err(in_use());
        }
        Ok(RunFolder {
            path: path.to_owned(),
            list: FileList::begin(path)?,
            lock: Some(lock),
        })
    }

    /// Opens the folder of an earlier run, to go on with that run. A run that holds it is waited for as long as
    /// `patience`.
    ///
    /// # Errors
    /// [`Error::Config`] if it is not the folder of a run, the run is under way, or its list names a path outside;
    /// [`Error::Io`] if it cannot be read or written.
    pub fn resume(path: &Path, patience: Duration) -> Result<RunFolder> {
        if !RunFolder::exists(path) {
            return Err(Error::Config(format!(
                "{} is not the folder of an earlier run: it has no list {LIST} of what the run wrote",
                path.display()
            )));
        }
        let lock = RunLock::acquire(path, patience)?;
        let list = FileList::open(path, true)?;
        check_inside(path, list.names(), "the run is not continued")?;
        Ok(RunFolder {
            path: path.to_owned(),
            list,
            lock: Some(lock),
        })
    }

    /// Opens the folder of an earlier run, to add to it; the run may be under way.
    ///
    /// # Errors
    /// [`Error::Io`] if it is not the folder of a run or cannot be written.
    pub fn open(path: &Path) -> Result<RunFolder> {
        Ok(RunFolder {
            path: path.to_owned(),
            list: FileList::open(path, !lock::is_under_way(path))?,
            lock: None,
        })
    }

    /// Whether `path` is the folder of an earlier run, which listed something.
    pub fn exists(path: &Path) -> bool {
        FileList::read(path).is_ok_and(|listed| !listed.is_empty())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run listed as its own.
    pub(super) fn listed(&self) -> &BTreeSet<String> {
        self.list.names()
    }

    /// Shows other hosts that the run is alive; to be called every few minutes.
    ///
    /// # Errors
    /// As [`RunLock::refresh`].
    pub fn refresh_lock(&self) -> Result<()> {
        self.lock.as_ref().map_or(Ok(()), RunLock::refresh)
    }

    /// Notes that the run writes `relative`, as `plots/so2.png`, makes the folder for it, and returns where to write.
    /// Noting a file again is no error.
    ///
    /// # Errors
    /// [`Error::Config`] if there is such a file already and the run has not noted it; [`Error::Io`] if the list or the
    /// folder cannot be written.
    pub fn note(&mut self, relative: &str) -> Result<PathBuf> {
        if !self.listed().contains(relative) {
            self.note_all(&[relative.to_owned()])?;
            self.list.sync()?;
        }
        let target = self.path.join(relative);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
        }
        Ok(target)
    }

    /// The open list, for bringing it to the disk from elsewhere.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses.
    pub fn list_handle(&self) -> Result<File> {
        self.list.handle()
    }

    /// Notes that the run writes all of `relatives`, as the files of a checkpoint, with one write that is not waited for:
    /// bring [`RunFolder::list_handle`] to the disk before they have their names. Makes no folders.
    ///
    /// # Errors
    /// As [`RunFolder::note`]; nothing is noted then.
    pub fn note_all(&mut self, relatives: &[String]) -> Result<()> {
        let mut new = BTreeSet::new();
        for relative in relatives {
            if !is_inside(relative) {
                let folder = self.path.display();
                let text = format!("'{relative}' is not a path inside the output folder {folder}");
                return Err(Error::Config(text));
            }
            if self.listed().contains(relative) {
                continue;
            }
            let target = self.path.join(relative);
            if target.symlink_metadata().is_ok() {
                return Err(Error::Config(format!(
                    "{} is in the way and was not written by this run; move it away, or choose another folder with \
                     --output DIR",
                    target.display()
                )));
            }
            new.insert(relative.clone());
        }
        match new.is_empty() {
            true => Ok(()),
            false => self.list.add(new),
        }
    }

    /// Notes the snapshot of series `name` at `step` and returns where to write it.
    ///
    /// # Errors
    /// As [`RunFolder::note`].
    pub fn snapshot_path(&mut self, name: &str, step: u64) -> Result<PathBuf> {
        self.note(&format!("{SNAPSHOTS}/{name}_{step:08}.h5"))
    }
}

/// Whether a run holds the folder `run`, as far as can be told from here.
pub fn is_under_way(run: &Path) -> bool {
    lock::is_under_way(run)
}

/// The snapshots of the run in `run`, series by series, in the order of their steps.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read. A run without snapshots has an empty list.
pub fn snapshots(run: &Path) -> Result<Vec<PathBuf>> {
    let folder = run.join(SNAPSHOTS);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found: Vec<(String, u64, PathBuf)> = entries(&folder)?.into_iter().filter_map(series_and_step).collect();
    found.sort();
    Ok(found.into_iter().map(|(_, _, path)| path).collect())
}

/// The series of the probes of the run in `run`, in alphabetical order.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read. A run without probes has an empty list.
pub fn probes(run: &Path) -> Result<Vec<PathBuf>> {
    let folder = run.join(PROBES);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = entries(&folder)?;
    found.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    found.sort();
    Ok(found)
}

/// The newest run in the folders directly under `output`: the one whose status was written last.
///
/// # Errors
/// [`Error::Io`] if there is none.
pub fn latest_run(output: &Path) -> Result<PathBuf> {
    let written = |run: &PathBuf| -> Option<SystemTime> { fs::metadata(run.join(STATUS)).ok()?.modified().ok() };
    let runs = if output.is_dir() { entries(output)? } else { Vec::new() };
    let newest = runs.into_iter().filter_map(|run| Some((written(&run)?, run))).max();
    newest.map(|(_, run)| run).ok_or_else(|| {
        let cause = "there is none yet; name a file or a run, or make one with `simrun CONFIG.toml`";
        Error::io("find a run in", output, cause)
    })
}

/// Series and step of `SERIES_STEP.h5`.
pub(super) fn series_and_step(path: PathBuf) -> Option<(String, u64, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    let (series, step) = name.strip_suffix(".h5")?.rsplit_once('_')?;
    let series = Some(series.to_owned()).filter(|series| !series.starts_with('.'))?;
    Some((series, step.parse().ok()?, path))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    listing.map_err(|e| Error::io("list the folder", folder, e))
}

/// Whether `folder` holds anything beside what is there for every run.
fn has_other_content(folder: &Path) -> Result<bool> {
    let is_usual = |path: &PathBuf| {
        [LIST, LOCK, STOP]
            .iter()
            .any(|usual| path.file_name() == Some(usual.as_ref()))
    };
    Ok(!entries(folder)?.iter().all(is_usual))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::symlink;

    fn touch(run: &mut RunFolder, relative: &str) {
        fs::write(run.note(relative).unwrap(), relative).unwrap();
    }

    #[test]
    fn a_folder_is_held_as_long_as_its_run_lasts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let mut run = RunFolder::create(&path, false).unwrap();
        run.note("log.txt").unwrap();
        assert!(is_under_way(&path));
        for overwrite in [false, true] {
            let refused = RunFolder::create(&path, overwrite).unwrap_err();
            assert!(refused.to_string().contains("a run is under way"), "{refused}");
        }
        drop(run);
        assert!(!is_under_way(&path));
        assert!(RunFolder::create(&path, true).is_ok());
    }

    #[test]
    fn overwriting_deletes_only_what_was_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/plume");
        let mut run = RunFolder::create(&path, false).unwrap();
        touch(&mut run, HISTORY);
        let snapshot = run.snapshot_path("plume", 7).unwrap();
        assert_eq!(snapshot, path.join("snapshots/plume_00000007.h5"));
        fs::write(&snapshot, "").unwrap();
        fs::write(path.join("snapshots/.plume_00000007.h5.part"), "left by a killed run").unwrap();
        touch(&mut run, "plots/so2.png");
        fs::write(path.join("plots/mine.png"), "foreign").unwrap();
        drop(run);

        let refused = RunFolder::create(&path, false).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        for part in ["a/plume", "--overwrite", "--output DIR"] {
            assert!(refused.to_string().contains(part), "{refused}");
        }
        let run = RunFolder::create(&path, true).unwrap();
        assert!(!path.join(HISTORY).exists() && !path.join("snapshots").exists());
        assert!(!path.join("plots/so2.png").exists() && path.join("plots/mine.png").exists());
        assert_eq!(fs::read_to_string(run.path().join(LIST)).unwrap(), "");
    }

    #[test]
    fn a_folder_with_foreign_files_is_refused_and_they_are_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join(HISTORY), "foreign").unwrap();
        assert!(RunFolder::create(path, false).is_err());
        let mut run = RunFolder::create(path, true).unwrap();
        let error = run.note(HISTORY).unwrap_err();
        assert!(error.to_string().contains("history.csv is in the way"), "{error}");
        assert_eq!(fs::read_to_string(path.join(HISTORY)).unwrap(), "foreign");
    }

    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("precious.h5"), "").unwrap();
        let path = folder.path();
        symlink(outside.path(), path.join("snapshots")).unwrap();
        symlink(outside.path().join("precious.h5"), path.join("link.h5")).unwrap();
        fs::write(path.join(LIST), "snapshots/precious.h5\nlink.h5\n").unwrap();
        RunFolder::create(path, true).unwrap();
        assert!(outside.path().join("precious.h5").exists() && path.join("link.h5").exists());

        fs::remove_file(path.join(LIST)).unwrap();
        symlink(outside.path().join("precious.h5"), path.join(LIST)).unwrap();
        assert!(RunFolder::create(path, true).is_err());
    }

    #[test]
    fn a_list_that_leads_outside_is_refused_before_anything_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        fs::create_dir(&path).unwrap();
        fs::write(folder.path().join("precious"), "").unwrap();
        fs::write(path.join("a"), "").unwrap();
        for entry in ["../precious", "/etc/passwd", "", "b/../../precious"] {
            fs::write(path.join(LIST), format!("a\n{entry}\n")).unwrap();
            let error = RunFolder::create(&path, true).unwrap_err();
            assert!(error.to_string().contains("not a path inside the folder"), "{error}");
        }
        assert!(path.join("a").exists() && folder.path().join("precious").exists());
    }

    #[test]
    fn a_file_is_listed_before_it_exists_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = RunFolder::create(folder.path(), false).unwrap();
        assert!(run.snapshot_path("../plume", 1).is_err());
        run.note(STATUS).unwrap();
        touch(&mut run, STATUS);
        let mut again = RunFolder::open(folder.path()).unwrap();
        again.note(STATUS).unwrap();
        again.note("plots/a.png").unwrap();
        let list = fs::read_to_string(folder.path().join(LIST)).unwrap();
        assert_eq!(list, "status.json\nplots/a.png\n");
    }

    #[test]
    fn many_files_are_listed_at_once_and_without_folders() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = RunFolder::create(folder.path(), false).unwrap();
        let files = ["checkpoints/00000500/tile_0.bin", "checkpoints/00000500/manifest.toml"].map(str::to_owned);
        run.note_all(&files).unwrap();
        assert!(!folder.path().join(CHECKPOINTS).exists());
        files.iter().for_each(|file| touch(&mut run, file));
        run.note_all(&files).unwrap();
        let list = "checkpoints/00000500/manifest.toml\ncheckpoints/00000500/tile_0.bin\n";
        assert_eq!(fs::read_to_string(folder.path().join(LIST)).unwrap(), list);
        fs::write(folder.path().join("foreign"), "").unwrap();
        for wrong in ["foreign", "../foreign"] {
            assert!(run.note_all(&["new".into(), wrong.into()]).is_err());
        }
        assert_eq!(fs::read_to_string(folder.path().join(LIST)).unwrap(), list);
    }

    #[test]
    fn a_run_that_goes_on_keeps_its_list_and_holds_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut run = RunFolder::create(path, false).unwrap();
        assert!(!RunFolder::exists(path));
        touch(&mut run, HISTORY);
        let under_way = RunFolder::resume(path, Duration::ZERO).unwrap_err();
        assert!(under_way.to_string().contains("a run is under way"), "{under_way}");
        drop(run);
        let list = fs::read_to_string(path.join(LIST)).unwrap();
        fs::write(path.join(LIST), list + "snapshots/cut o").unwrap();
        assert!(RunFolder::exists(path));
        let mut run = RunFolder::resume(path, Duration::ZERO).unwrap();
        assert!(is_under_way(path));
        run.refresh_lock().unwrap();
        touch(&mut run, HISTORY);
        touch(&mut run, LOG);
        assert_eq!(fs::read_to_string(path.join(LIST)).unwrap(), "history.csv\nlog.txt\n");
    }

    #[test]
    fn only_the_folder_of_a_run_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("thesis.txt"), "").unwrap();
        for missing in [path.to_owned(), path.join("nowhere")] {
            assert!(!RunFolder::exists(&missing));
            let error = RunFolder::resume(&missing, Duration::ZERO).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(
                error.to_string().contains("is not the folder of an earlier run"),
                "{error}"
            );
        }
        assert_eq!(fs::read_dir(path).unwrap().count(), 1);
        fs::write(path.join(LIST), "../thesis.txt\n").unwrap();
        let error = RunFolder::resume(path, Duration::ZERO).unwrap_err();
        assert!(error.to_string().contains("not a path inside the folder"), "{error}");
    }

    #[test]
    fn a_request_to_stop_is_no_result() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(STOP), "").unwrap();
        drop(RunFolder::create(folder.path(), false).unwrap());
        assert!(RunFolder::create(folder.path(), false).is_ok());
        assert!(folder.path().join(STOP).exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let error = RunFolder::create(&plain.join("run"), false).unwrap_err();
        assert_eq!(error.exit_code(), 5);
        assert!(error.to_string().contains("plain/run"), "{error}");
        assert!(RunFolder::open(folder.path()).unwrap_err().to_string().contains(LIST));
    }

    #[test]
    fn snapshots_come_by_series_and_step() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(snapshots(folder.path()).unwrap(), Vec::<PathBuf>::new());
        let mut run = RunFolder::create(folder.path(), false).unwrap();
        for (name, step) in [("b", 5), ("a_1", 100_000_000), ("a_1", 99_999_999), ("a_1", 3)] {
            fs::write(run.snapshot_path(name, step).unwrap(), "").unwrap();
        }
        fs::write(folder.path().join("snapshots/.b_00000006.h5.part"), "").unwrap();
        fs::write(folder.path().join("snapshots/notes.txt"), "").unwrap();
        let found = snapshots(folder.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "a_1_00000003.h5",
                "a_1_99999999.h5",
                "a_1_100000000.h5",
                "b_00000005.h5"
            ]
        );
    }

    #[test]
    fn the_latest_run_is_the_one_whose_status_is_newest() {
        let folder = tempfile::tempdir().unwrap();
        assert!(latest_run(folder.path()).is_err());
        for (name, age) in [("old", 100), ("new", 10), ("older", 200)] {
            let run = folder.path().join(name);
            fs::create_dir(&run).unwrap();
            let status = File::create(run.join(STATUS)).unwrap();
            status
                .set_modified(SystemTime::now() - std::time::Duration::from_secs(age))
                .unwrap();
        }
        fs::create_dir(folder.path().join("no_run")).unwrap();
        assert_eq!(latest_run(folder.path()).unwrap(), folder.path().join("new"));
    }
}
