//! What asks a run to checkpoint or to stop, agreed on by all ranks at the same step.
//!
//! | what | asks for |
//! |---|---|
//! | SIGUSR1 | a checkpoint |
//! | SIGUSR2 | a checkpoint and the end |
//! | SIGTERM, SIGINT | the same, as far as the launcher leaves time for it; the second one ends the process at once |
//! | a file `STOP` in the folder of the run | a checkpoint and the end |
//! | the time that the user or the scheduler gives | the same, early enough for the checkpoint |
//!
//! A signal reaches one rank or all of them, a file is seen by rank 0 alone, and clocks differ: so the ranks look at the
//! same steps and take what any of them has seen. Looking costs a reduction over all ranks; rank 0 chooses the steps so
//! that this happens a few times a second.

mod deadline;
mod pace;
mod signals;

use crate::files::run_folder::STOP;
use crate::metrics::process_start;
use crate::parallel::World;
use deadline::Deadline;
use pace::Pace;
use signals::Signals;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why a run stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A file in the folder of the run.
    StopFile,
    /// The time that the user gave is over.
    MaxTime,
    /// The time that the scheduler gave is over.
    Deadline,
    /// A signal.
    Signal,
}

impl StopReason {
    pub const ALL: [StopReason; 4] = [
        StopReason::StopFile,
        StopReason::MaxTime,
        StopReason::Deadline,
        StopReason::Signal,
    ];

    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            StopReason::StopFile => "stop-file",
            StopReason::MaxTime => "max-time",
            StopReason::Deadline => "deadline",
            StopReason::Signal => "signal",
        }
    }

    /// As people read it, after "stopped: ".
    pub fn text(self) -> &'static str {
        match self {
            StopReason::StopFile => "a file STOP was found in the folder of the run",
            StopReason::MaxTime => "the time given by --max-time is over",
            StopReason::Deadline => "the time given by the scheduler is over",
            StopReason::Signal => "a signal asked for it",
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    None,
    /// A checkpoint, after which the run goes on.
    Checkpoint,
    /// The end, after a checkpoint.
    Stop(StopReason),
}

impl Request {
    /// As a number for all ranks: of several, the largest counts.
    fn to_number(self) -> f64 {
        match self {
            Request::None => 0.0,
            Request::Checkpoint => 1.0,
            Request::Stop(reason) => 2.0 + reason as usize as f64,
        }
    }

    fn from_number(number: f64) -> Request {
        match number as usize {
            0 => Request::None,
            1 => Request::Checkpoint,
            n => Request::Stop(StopReason::ALL[n - 2]),
        }
    }
}

/// What one rank knows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mine {
    /// Whether the schedule asks for a checkpoint.
    pub checkpoint_is_due: bool,
    /// Whether a checkpoint is still being written.
    pub is_writing: bool,
    /// Whether writing one has failed.
    pub has_failed: bool,
    /// Seconds that a checkpoint takes.
    pub reserve: f64,
}

/// What all ranks know, the same on each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    pub request: Request,
    pub checkpoint_is_due: bool,
    pub any_writing: bool,
    pub any_failed: bool,
}

/// Looks for requests, now and then.
pub struct Requests {
    signals: Signals,
    stop_file: PathBuf,
    deadline: Option<Deadline>,
    pace: Pace,
    /// The step of the next look: the same on all ranks.
    next: u64,
    /// Seconds since the process started.
    clock: Box<dyn Fn() -> f64>,
}

impl Requests {
    /// Requests to a run in `folder` that begins with `first_step` and may last until `max_time` seconds after the process
    /// started.
    pub fn new(folder: &Path, max_time: Option<f64>, first_step: u64) -> Requests {
        let clock = || process_start().elapsed().as_secs_f64();
        let unix_now = SystemTime::now().duration_since(UNIX_EPOCH);
        let deadline = Deadline::earliest(
            max_time,
            |name| std::env::var(name).ok(),
            clock(),
            unix_now.map_or(0.0, |time| time.as_secs_f64()),
        );
        Requests {
            signals: Signals::of_process(),
            stop_file: folder.join(STOP),
            deadline,
            pace: Pace::new(),
            next: first_step,
            clock: Box::new(clock),
        }
    }

    /// What there is to say of the end of the job that this run is part of.
    pub fn remark(&self) -> Option<String> {
        Deadline::remark(self.deadline.as_ref(), |name| std::env::var(name).ok())
    }

    /// Makes signals ask instead of ending the process, from here on: after MPI is initialised, and before anything is made
    /// that a run would leave behind.
    pub fn listen() {
        Signals::of_process();
    }

    /// Whether the ranks look at this step: the same on all of them, without a message. A block of steps does not end for it:
    /// they look behind it.
    pub fn is_due(&self, step: u64) -> bool {
        step >= self.next
    }

    /// Agrees on what is asked for, and on the next look. All ranks call it, at steps that are due; blocks of steps have up to
    /// `longest_block` of them.
    ///
    /// A signal that is honoured is taken back, and so is the file `STOP`.
    pub fn agree(&mut self, world: &World, step: u64, longest_block: usize, mine: Mine) -> Agreed {
        let now = (self.clock)();
        let next = self.pace.next(step, now);
        let flag = |is_set: bool| if is_set { 1.0 } else { 0.0 };
        // Steps below 2^53 are exact. Rank 0 chooses, and all others leave it to it.
        let mut values = [
            self.seen(world, now, longest_block, mine.reserve).to_number(),
            if world.is_root() { next as f64 } else { 0.0 },
            flag(mine.checkpoint_is_due),
            flag(mine.is_writing),
            flag(mine.has_failed),
        ];
        world.max(&mut values);
        self.next = values[1] as u64;
        let request = Request::from_number(values[0]);
        self.honour(world, request);
        Agreed {
            request,
            checkpoint_is_due: values[2] > 0.0,
            any_writing: values[3] > 0.0,
            any_failed: values[4] > 0.0,
        }
    }

    /// What this rank sees.
    fn seen(&self, world: &World, now: f64, longest_block: usize, reserve: f64) -> Request {
        let is_late = |deadline: &Deadline| deadline.is_near(now, reserve, self.pace.until_next(longest_block));
        if self.signals.ask_for_stop() {
            Request::Stop(StopReason::Signal)
        } else if world.is_root() && self.stop_file.exists() {
            Request::Stop(StopReason::StopFile)
        } else if let Some(deadline) = self.deadline.filter(is_late) {
            Request::Stop(deadline.reason)
        } else if self.signals.ask_for_checkpoint() {
            Request::Checkpoint
        } else {
            Request::None
        }
    }

    /// Takes back what asked for `request`. This is done on every rank and after the agreement, so that a signal that was sent
    /// to all of them, and reached some a little later, counts once.
    fn honour(&self, world: &World, request: Request) {
        if request == Request::None {
            return;
        }
        self.signals.honour_checkpoint();
        if let Request::Stop(_) = request {
            self.signals.honour_stop();
            if world.is_root() {
                remove_stop_file(&self.stop_file);
            }
        }
    }
}

/// Removes the file, or says that the next run in this folder would find it.
fn remove_stop_file(path: &Path) {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => {
            // A closed standard error changes nothing.
            let _ = writeln!(
                std::io::stderr(),
                "simrun: could not remove {}: {cause}\n  Remove it before the run is continued, which would stop at once.",
                path.display()
            );
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;
    use std::sync::atomic::Ordering;
    use tempfile::TempDir;

    /// Requests to a run, with a clock that stands still unless it is set.
    struct Bench {
        folder: TempDir,
        now: Rc<Cell<f64>>,
        signals: Signals,
        requests: Requests,
    }

    fn bench(max_time: Option<f64>, first_step: u64) -> Bench {
        let (folder, now, signals) = (
            tempfile::tempdir().unwrap(),
            Rc::new(Cell::new(0.0)),
            Signals::default(),
        );
        let clock = now.clone();
        let requests = Requests {
            signals: signals.clone(),
            stop_file: folder.path().join(STOP),
            deadline: Deadline::earliest(max_time, |_| None, 0.0, 0.0),
            pace: Pace::new(),
            next: first_step,
            clock: Box::new(move || clock.get()),
        };
        Bench {
            folder,
            now,
            signals,
            requests,
        }
    }

    impl Bench {
        fn ask(&mut self, step: u64) -> Request {
            self.requests.agree(&World::single(), step, 1, Mine::default()).request
        }
    }

    #[test]
    fn every_request_survives_the_trip_through_its_number() {
        let stops = StopReason::ALL.map(Request::Stop);
        for request in [Request::None, Request::Checkpoint].into_iter().chain(stops) {
            assert_eq!(Request::from_number(request.to_number()), request);
        }
    }

    #[test]
    fn the_first_look_is_at_the_step_that_the_run_begins_with() {
        let mut bench = bench(None, 1000);
        assert!(bench.requests.is_due(1000));
        bench.ask(1000);
        assert!(!bench.requests.is_due(1000) && bench.requests.is_due(1001));
        bench.now.set(0.01);
        bench.ask(1001);
        assert!(!bench.requests.is_due(1002) && bench.requests.is_due(1003));
    }

    #[test]
    fn a_checkpoint_is_made_once_for_each_signal() {
        let mut bench = bench(None, 0);
        let mut asked = Vec::new();
        for step in 0..4 {
            if step % 2 == 0 {
                bench.signals.checkpoint.store(true, Ordering::Relaxed);
            }
            asked.push(bench.ask(step));
        }
        let (yes, no) = (Request::Checkpoint, Request::None);
        assert_eq!(asked, [yes, no, yes, no]);
    }

    #[test]
    fn the_end_goes_before_a_checkpoint() {
        let mut bench = bench(None, 0);
        bench.signals.checkpoint.store(true, Ordering::Relaxed);
        bench.signals.stop.store(true, Ordering::Relaxed);
        assert_eq!(bench.ask(0), Request::Stop(StopReason::Signal));
        assert_eq!(bench.ask(1), Request::None, "the checkpoint belongs to the end");
        // A signal that ends the process when it comes again goes on asking.
        bench.signals.end.store(true, Ordering::Relaxed);
        assert_eq!(bench.ask(2), Request::Stop(StopReason::Signal));
        assert_eq!(bench.ask(3), Request::Stop(StopReason::Signal));
    }

    #[test]
    fn a_file_asks_for_the_end_and_is_removed() {
        let mut bench = bench(None, 0);
        assert_eq!(bench.ask(0), Request::None);
        let file = bench.folder.path().join(STOP);
        fs::write(&file, "").unwrap();
        assert_eq!(bench.ask(1), Request::Stop(StopReason::StopFile));
        assert!(!file.exists());
        assert_eq!(bench.ask(2), Request::None);
    }

    #[test]
    fn a_run_stops_early_enough_for_its_checkpoint() {
        let mine = Mine {
            reserve: 20.0,
            ..Mine::default()
        };
        let stop = |longest_block: usize| {
            let mut bench = bench(Some(100.0), 0);
            (0..100).find(|&step| {
                bench.now.set(step as f64);
                let agreed = bench.requests.agree(&World::single(), step, longest_block, mine);
                agreed.request == Request::Stop(StopReason::MaxTime)
            })
        };
        // Steps of 1 s: 20 s for the checkpoint, 2 s for the end of the run, 1 s as the next look is one step later.
        assert_eq!(stop(1), Some(77));
        // It may come 7 s later where 8 steps are done at a stretch.
        assert_eq!(stop(8), Some(70));
    }

    #[test]
    fn flags_of_the_caller_are_agreed_on() {
        let mut bench = bench(None, 0);
        let mine = Mine {
            checkpoint_is_due: true,
            has_failed: true,
            ..Mine::default()
        };
        let agreed = bench.requests.agree(&World::single(), 0, 1, mine);
        let expected = Agreed {
            request: Request::None,
            checkpoint_is_due: true,
            any_writing: false,
            any_failed: true,
        };
        assert_eq!(agreed, expected);
    }
}
