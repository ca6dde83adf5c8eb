//! `run.lock`: one run at a time in one folder.
//!
//! A run holds the file by a lock of the operating system, which goes with the process, however that ends. For people,
//! and for file systems that know no locks, the file says who holds it. A run that ends in good order empties it.
//! Runs that begin in the same instant are kept apart by the lock alone.

use super::file_list::refuse_irregular;
use super::provenance::{host_name, now_iso};
use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

/// Who holds the folder of a run.
pub const LOCK: &str = "run.lock";

/// Time between two looks at a lock that is held.
const POLL: Duration = Duration::from_millis(50);

/// What a holder on another host has left untouched for so long counts as left behind.
const STALE: Duration = Duration::from_secs(600);

/// The right to write into the folder of a run, until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    file: File,
    holder: Holder,
}

/// What the file says of the run that holds it.
#[derive(Clone, Debug, PartialEq)]
struct Holder {
    host: String,
    process: u32,
    /// Since when, ISO 8601, UTC.
    since: String,
    /// When the process was started, in ticks since its host was, where the system tells: numbers of processes are used
    /// again.
    process_start: Option<u64>,
}

/// A lock that somebody else has.
struct Held {
    holder: Option<Holder>,
    /// Whether the operating system says so, and not only the content of the file.
    is_certain: bool,
}

/// What the operating system says to the wish for a lock.
#[derive(Clone, Copy)]
enum Answer {
    Granted,
    Refused,
    /// The file system knows no locks.
    Unable,
}

/// What can be seen from here of the holder that a file names.
struct Sight<'a> {
    host: &'a str,
    /// The process on this host that has the holder's number.
    process: Option<Process>,
    /// Time since the file was touched.
    age: Duration,
}

/// A process on this host.
struct Process {
    /// As [`Holder::process_start`].
    start: Option<u64>,
}

impl RunLock {
    /// Takes the lock of `folder`, which exists; one that is held is waited for as long as `patience`: after a kill,
    /// processes may linger for a moment.
    ///
    /// # Errors
    /// [`Error::Config`] if a run holds the folder, with its host, process and date; [`Error::Io`] if the file cannot be
    /// written.
    pub fn acquire(folder: &Path, patience: Duration) -> Result<RunLock> {
        acquire_by(folder, patience, |file| answer(file.try_lock()))
    }

    /// Shows that the run is still alive, where only the file tells other hosts so; to be called every few minutes.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be touched.
    pub fn refresh(&self) -> Result<()> {
        let touched = self.file.set_modified(SystemTime::now());
        touched.map_err(|e| Error::io("touch", &self.path, e))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if Holder::read(&self.path).as_ref() == Some(&self.holder) {
            // What stays there is free all the same: nobody holds it.
            let _ = self.file.set_len(0);
        }
    }
}

/// Whether a run holds the folder `run`, as far as can be told from here.
pub(super) fn is_under_way(run: &Path) -> bool {
    let path = run.join(LOCK);
    let look = |file: File| held(&path, answer(file.try_lock_shared())).is_some();
    File::open(&path).is_ok_and(look)
}

/// Takes the lock of `folder`, with the system's answer from `ask`.
fn acquire_by(folder: &Path, patience: Duration, ask: impl Fn(&File) -> Answer) -> Result<RunLock> {
    let path = folder.join(LOCK);
    let start = Instant::now();
    loop {
        refuse_irregular(&path)?;
        // Opened for every look: the file may be deleted in between.
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(|e| Error::io("open", &path, e))?;
        match held(&path, ask(&file)) {
            None => return RunLock::hold(path, file),
            Some(held) if start.elapsed() >= patience => return Err(held.error(folder)),
            Some(_) => sleep(POLL),
        }
    }
}

impl RunLock {
    fn hold(path: PathBuf, file: File) -> Result<RunLock> {
        let holder = Holder::here();
        let written = file
            .set_len(0)
            .and_then(|()| file.write_all_at(holder.text().as_bytes(), 0))
            .and_then(|()| file.sync_data());
        written.map_err(|e| Error::io("write", &path, e))?;
        Ok(RunLock { path, file, holder })
    }
}

fn answer(outcome: std::result::Result<(), TryLockError>) -> Answer {
    match outcome {
        Ok(()) => Answer::Granted,
        Err(TryLockError::WouldBlock) => Answer::Refused,
        Err(TryLockError::Error(_)) => Answer::Unable,
    }
}

/// Who has the lock at `path`, if it is not free.
fn held(path: &Path, answer: Answer) -> Option<Held> {
    let (holder, is_certain) = match answer {
        Answer::Granted => return None,
        Answer::Refused => (Holder::read(path), true),
        Answer::Unable => {
            let holder = Holder::read(path)?;
            let touched = fs::metadata(path).and_then(|meta| meta.modified()).ok();
            let sight = Sight {
                host: &host_name(),
                process: Process::find(holder.process),
                // A date in the future comes from a clock that goes ahead.
                age: touched.and_then(|touched| touched.elapsed().ok()).unwrap_or_default(),
            };
            (Some(holder).filter(|holder| is_held(holder, &sight)), false)
        }
    };
    (is_certain || holder.is_some()).then_some(Held { holder, is_certain })
}

/// Whether `holder` still is a run, judged without the help of locks.
fn is_held(holder: &Holder, sight: &Sight<'_>) -> bool {
    if holder.host != sight.host {
        return sight.age < STALE;
    }
    let is_the_same = |process: &Process| match (holder.process_start, process.start) {
        (Some(then), Some(now)) => then == now,
        _ => true,
    };
    sight.process.as_ref().is_some_and(is_the_same)
}

impl Held {
    /// The error that says who is in the way.
    fn error(&self, folder: &Path) -> Error {
        let who = self.holder.as_ref().map_or(String::new(), |holder| {
            format!(": process {} on {} since {}", holder.process, holder.host, holder.since)
        });
        let if_dead = match self.is_certain {
            true => String::new(),
            false => format!(
                "; if that run is known to be dead, delete {}",
                folder.join(LOCK).display()
            ),
        };
        Error::Config(format!(
            "a run is under way in the output folder {}{who}; wait for its end, or choose another folder with --output \
             DIR{if_dead}",
            folder.display()
        ))
    }
}

impl Holder {
    /// This process, from now on.
    fn here() -> Holder {
        let process = std::process::id();
        Holder {
            host: host_name(),
            process,
            since: now_iso(),
            process_start: Process::find(process).and_then(|process| process.start),
        }
    }

    fn text(&self) -> String {
        let Holder {
            host,
            process,
            since,
            process_start,
        } = self;
        let start = process_start.map_or(String::new(), |ticks| format!("process_start = {ticks}\n"));
        format!("host = {host}\nprocess = {process}\nsince = {since}\n{start}")
    }

    /// Who the file at `path` says holds it.
    fn read(path: &Path) -> Option<Holder> {
        Holder::parse(&fs::read_to_string(path).ok()?)
    }

    fn parse(text: &str) -> Option<Holder> {
        let value = |key: &str| {
            let mut entries = text.lines().filter_map(|line| line.split_once(" = "));
            entries.find(|(name, _)| *name == key).map(|(_, value)| value)
        };
        Some(Holder {
            host: value("host")?.to_owned(),
            process: value("process")?.parse().ok()?,
            since: value("since")?.to_owned(),
            process_start: value("process_start").and_then(|ticks| ticks.parse().ok()),
        })
    }
}

impl Process {
    /// The process `number` of this host, if there is one.
    fn find(number: u32) -> Option<Process> {
        let number = libc::pid_t::try_from(number).ok().filter(|number| *number > 0)?;
        // SAFETY: signal 0 is never delivered; the call only says whether the process exists.
        let code = unsafe { libc::kill(number, 0) };
        // A process of another user may not be signalled, but exists.
        let exists = code == 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM);
        exists.then(|| Process {
            start: fs::read_to_string(format!("/proc/{number}/stat"))
                .ok()
                .and_then(|stat| start_from_stat(&stat)),
        })
    }
}

/// Field 22 of `/proc/PID/stat`. The name of the program, field 2 in parentheses, may contain anything.
fn start_from_stat(stat: &str) -> Option<u64> {
    let (_, from_third) = stat.rsplit_once(')')?;
    from_third.split_whitespace().nth(22 - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const NO_PATIENCE: Duration = Duration::ZERO;

    fn unable(_: &File) -> Answer {
        Answer::Unable
    }

    fn refusal(folder: &Path, ask: impl Fn(&File) -> Answer) -> String {
        let error = acquire_by(folder, NO_PATIENCE, ask).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    #[test]
    fn a_held_lock_names_host_process_and_date_and_a_released_one_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK);
        for ask in [(|file: &File| answer(file.try_lock())) as fn(&File) -> Answer, unable] {
            let lock = acquire_by(folder.path(), NO_PATIENCE, ask).unwrap();
            let said = refusal(folder.path(), ask);
            let since = &lock.holder.since;
            let who = format!(
                ": process {} on {} since {since}; wait",
                std::process::id(),
                host_name()
            );
            assert!(said.contains(&who) && said.contains("--output DIR"), "{said}");
            lock.refresh().unwrap();
            drop(lock);
            assert_eq!(fs::read_to_string(&path).unwrap(), "");
            assert!(acquire_by(folder.path(), NO_PATIENCE, ask).is_ok());
        }
    }

    #[test]
    fn what_a_crash_left_behind_blocks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let mut holder = Holder::here();
        holder.process_start = Some(1);
        for ask in [(|file: &File| answer(file.try_lock())) as fn(&File) -> Answer, unable] {
            fs::write(folder.path().join(LOCK), holder.text()).unwrap();
            assert!(!is_under_way(folder.path()));
            let lock = acquire_by(folder.path(), NO_PATIENCE, ask).unwrap();
            assert_eq!(Holder::read(&folder.path().join(LOCK)).unwrap(), lock.holder);
        }
    }

    #[test]
    fn a_lock_that_is_released_in_time_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let lock = RunLock::acquire(folder.path(), NO_PATIENCE).unwrap();
        let other = std::thread::spawn(move || {
            sleep(3 * POLL);
            drop(lock);
        });
        let start = Instant::now();
        RunLock::acquire(folder.path(), Duration::from_secs(60)).unwrap();
        assert!(start.elapsed() >= 2 * POLL);
        other.join().unwrap();
    }

    #[test]
    fn without_locks_the_holder_is_judged_by_its_process_or_by_the_age_of_its_file() {
        let holder = |process_start| Holder {
            host: "node1".into(),
            process: 17,
            since: "2024-02-29T23:59:58Z".into(),
            process_start,
        };
        let minute = Duration::from_secs(60);
        let sight = |host, process: Option<Option<u64>>, minutes| Sight {
            host,
            process: process.map(|start| Process { start }),
            age: minutes * minute,
        };
        // On this host the process counts, whatever the age of the file.
        assert!(is_held(&holder(Some(5)), &sight("node1", Some(Some(5)), 1000)));
        assert!(!is_held(&holder(Some(5)), &sight("node1", Some(Some(6)), 0)));
        assert!(!is_held(&holder(Some(5)), &sight("node1", None, 0)));
        assert!(is_held(&holder(None), &sight("node1", Some(Some(6)), 0)));
        assert!(is_held(&holder(Some(5)), &sight("node1", Some(None), 0)));
        // On another one only the age does.
        assert!(is_held(&holder(Some(5)), &sight("node2", Some(Some(5)), 9)));
        assert!(is_held(&holder(Some(5)), &sight("node2", None, 9)));
        assert!(!is_held(&holder(Some(5)), &sight("node2", Some(Some(5)), 10)));
    }

    #[test]
    fn without_locks_a_refusal_says_what_to_do_about_a_dead_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK);
        let elsewhere = "host = node1.elsewhere\nprocess = 17\nsince = 2024-02-29T23:59:58Z\n";
        fs::write(&path, elsewhere).unwrap();
        let said = refusal(folder.path(), unable);
        let advice = format!("if that run is known to be dead, delete {}", path.display());
        assert!(
            said.contains("process 17 on node1.elsewhere since 2024") && said.contains(&advice),
            "{said}"
        );
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - STALE).unwrap();
        assert!(acquire_by(folder.path(), NO_PATIENCE, unable).is_ok());
    }

    #[test]
    fn a_lock_that_another_run_took_over_is_left_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let lock = acquire_by(folder.path(), NO_PATIENCE, unable).unwrap();
        let other = "host = node2\nprocess = 18\nsince = 2024-02-29T23:59:58Z\n";
        fs::write(folder.path().join(LOCK), other).unwrap();
        drop(lock);
        assert_eq!(fs::read_to_string(folder.path().join(LOCK)).unwrap(), other);
    }

    #[test]
    fn a_process_is_known_by_its_number_and_its_start() {
        let holder = Holder::here();
        assert_eq!(Holder::parse(&holder.text()), Some(holder));
        assert!(Process::find(0).is_none() && Process::find(u32::MAX).is_none());
        let stat = "17 (a) b (c)) S 1 17 17 0 -1 4194304 100 0 0 0 1 2 3 4 20 0 1 0 98765 1000 200";
        assert_eq!(start_from_stat(stat), Some(98_765));
        assert_eq!(start_from_stat("17 (simrun) S 1"), None);
    }

    #[test]
    fn a_lock_that_is_a_link_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "text").unwrap();
        symlink(&precious, folder.path().join(LOCK)).unwrap();
        assert_eq!(RunLock::acquire(folder.path(), NO_PATIENCE).unwrap_err().exit_code(), 5);
        assert_eq!(fs::read_to_string(&precious).unwrap(), "text");
    }
}
