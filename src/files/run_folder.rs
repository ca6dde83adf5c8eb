//! The folder of one run: what is in it, who may delete it, and how to find runs again.
//!
//! `files.txt` lists every file that the run writes, each before it is created. Nothing else is ever deleted or
//! overwritten.

use super::durable;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

/// Scalars over time.
pub const HISTORY: &str = "history.csv";
/// The complete configuration with all defaults filled in.
pub const RESOLVED_CONFIG: &str = "resolved.toml";
/// The folder of the series of probes.
pub const PROBES: &str = "probes";
/// How the run is doing.
pub const STATUS: &str = "status.json";
/// What the run said.
pub const LOG: &str = "log.txt";
/// What the run wrote.
const LIST: &str = "files.txt";

/// The folder of one run, open for its products.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    list: File,
    listed: BTreeSet<String>,
}

impl RunFolder {
    /// Makes `path` the folder of a new run. With `overwrite`, what an earlier run listed as its own is deleted first,
    /// and whatever else is there stays.
    ///
    /// # Errors
    /// [`Error::Config`] if the folder is in use and `overwrite` is not set, or its list names a path outside;
    /// [`Error::Io`] if it cannot be created or written.
    pub fn create(path: &Path, overwrite: bool) -> Result<RunFolder> {
        fs::create_dir_all(path).map_err(|e| {
            let text = Error::io("create the output folder", path, e).to_string();
            Error::Io(format!(
                "{text}\n  Choose a folder that can be written with --output DIR."
            ))
        })?;
        let list_path = path.join(LIST);
        refuse_irregular(&list_path)?;
        let is_new = !list_path.exists();
        let list = OpenOptions::new().append(true).create(true).open(&list_path);
        let list = list.map_err(|e| Error::io("open", &list_path, e))?;
        lock(&list, path)?;
        let listed = read_list(path)?;
        if overwrite {
            delete_listed(path, &listed)?;
        } else if !listed.is_empty() || has_other_content(path)? {
            if is_new {
                // The folder is somebody else's: leave it as it was.
                let _ = fs::remove_file(&list_path);
            }
            return Err(Error::Config(format!(
                "the output folder {} already holds results or other files; replace the results of the earlier run with \
                 --overwrite, or choose another folder with --output DIR",
                path.display()
            )));
        }
        list.set_len(0).map_err(|e| Error::io("empty", &list_path, e))?;
        durable::sync_folder_of(&list_path)?;
        Ok(RunFolder {
            path: path.to_owned(),
            list,
            listed: BTreeSet::new(),
        })
    }

    /// Opens the folder of an earlier run, to add to it.
    ///
    /// # Errors
    /// [`Error::Io`] if it is not the folder of a run or cannot be written.
    pub fn open(path: &Path) -> Result<RunFolder> {
        let list_path = path.join(LIST);
        refuse_irregular(&list_path)?;
        let list = OpenOptions::new().append(true).open(&list_path);
        Ok(RunFolder {
            path: path.to_owned(),
            list: list.map_err(|e| Error::io("open the list of the run", &list_path, e))?,
            listed: read_list(path)?,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes that the run writes `relative`, as `plots/so2.png`, makes the folder for it, and returns where to write.
    /// Noting a file again is no error.
    ///
    /// # Errors
    /// [`Error::Config`] if there is such a file already and the run has not noted it; [`Error::Io`] if the list or the
    /// folder cannot be written.
    pub fn note(&mut self, relative: &str) -> Result<PathBuf> {
        if !is_inside(relative) {
            let text = format!(
                "'{relative}' is not a path inside the output folder {}",
                self.path.display()
            );
            return Err(Error::Config(text));
        }
        let target = self.path.join(relative);
        if self.listed.contains(relative) {
            return Ok(target);
        }
        if target.symlink_metadata().is_ok() {
            return Err(Error::Config(format!(
                "{} is in the way and was not written by this run; move it away, or choose another folder with \
                 --output DIR",
                target.display()
            )));
        }
        let list_path = self.path.join(LIST);
        let noted = self.list.write_all(format!("{relative}\n").as_bytes());
        noted
            .and_then(|()| self.list.sync_data())
            .map_err(|e| Error::io("write to", &list_path, e))?;
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
        }
        self.listed.insert(relative.to_owned());
        Ok(target)
    }

    /// Notes the snapshot of series `name` at `step` and returns where to write it.
    ///
    /// # Errors
    /// As [`RunFolder::note`].
    pub fn snapshot_path(&mut self, name: &str, step: u64) -> Result<PathBuf> {
        self.note(&format!("snapshots/{name}_{step:08}.h5"))
    }
}

/// Holds the folder for this run until its list is closed; a run under way holds it too. Where the file system knows no
/// locks, nothing is held.
fn lock(list: &File, folder: &Path) -> Result<()> {
    match list.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Config(format!(
            "a run is under way in the output folder {}; wait for its end, or choose another folder with --output DIR",
            folder.display()
        ))),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Whether a run holds the folder `run`, as far as locks tell.
pub fn is_under_way(run: &Path) -> bool {
    let is_held = |list: File| matches!(list.try_lock_shared(), Err(TryLockError::WouldBlock));
    File::open(run.join(LIST)).is_ok_and(is_held)
}

/// The snapshots of the run in `run`, series by series, in the order of their steps.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read. A run without snapshots has an empty list.
pub fn snapshots(run: &Path) -> Result<Vec<PathBuf>> {
    let folder = run.join("snapshots");
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
fn series_and_step(path: PathBuf) -> Option<(String, u64, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    let (series, step) = name.strip_suffix(".h5")?.rsplit_once('_')?;
    let series = Some(series.to_owned()).filter(|series| !series.starts_with('.'))?;
    Some((series, step.parse().ok()?, path))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    listing.map_err(|e| Error::io("list the folder", folder, e))
}

/// The files that the run in `folder` listed as its own; none where there is no list.
fn read_list(folder: &Path) -> Result<BTreeSet<String>> {
    let path = folder.join(LIST);
    match fs::read_to_string(&path) {
        // A last line without its end was being noted when the run was killed: its file does not exist yet.
        Ok(text) => Ok(text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
            .map(str::to_owned)
            .collect()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(e) => Err(Error::io("read", &path, e)),
    }
}

fn has_other_content(folder: &Path) -> Result<bool> {
    Ok(entries(folder)?
        .iter()
        .any(|path| path.file_name() != Some(LIST.as_ref())))
}

/// Deletes the files that an earlier run listed, after every entry of its list has been checked.
fn delete_listed(folder: &Path, listed: &BTreeSet<String>) -> Result<()> {
    if let Some(outside) = listed.iter().find(|relative| !is_inside(relative)) {
        return Err(Error::Config(format!(
            "{} names '{outside}', which is not a path inside the folder, so nothing was deleted; repair the list, or \
             choose another folder with --output DIR",
            folder.join(LIST).display()
        )));
    }
    for relative in listed
        .iter()
        .filter(|relative| is_reached_without_links(folder, relative))
    {
        let path = folder.join(relative);
        delete_if_regular(&durable::part_path(&path)?)?;
        delete_if_regular(&path)?;
    }
    for relative in listed {
        let parents = Path::new(relative)
            .ancestors()
            .skip(1)
            .filter(|parent| !parent.as_os_str().is_empty());
        for parent in parents {
            // Fails where something is left in the folder, which then stays.
            let _ = fs::remove_dir(folder.join(parent));
        }
    }
    Ok(())
}

/// Whether `relative` is a plain path that stays inside the folder.
fn is_inside(relative: &str) -> bool {
    let is_plain = |part: Component| matches!(part, Component::Normal(_));
    !relative.is_empty() && !relative.contains('\n') && Path::new(relative).components().all(is_plain)
}

/// Whether none of the folders on the way from `folder` to `relative` is a symbolic link.
fn is_reached_without_links(folder: &Path, relative: &str) -> bool {
    let parents = Path::new(relative)
        .ancestors()
        .skip(1)
        .filter(|parent| !parent.as_os_str().is_empty());
    parents.into_iter().all(|parent| {
        let meta = folder.join(parent).symlink_metadata();
        meta.is_ok_and(|meta| meta.is_dir())
    })
}

/// Deletes `path` if it is a regular file; links and folders stay.
fn delete_if_regular(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_file() => fs::remove_file(path).map_err(|e| Error::io("delete", path, e)),
        _ => Ok(()),
    }
}

/// Refuses a list that is a link or a folder: writing it would change something elsewhere.
fn refuse_irregular(list: &Path) -> Result<()> {
    match list.symlink_metadata() {
        Ok(meta) if !meta.is_file() => Err(Error::io("use", list, "it is not a regular file")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
