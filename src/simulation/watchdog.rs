//! Ends a job in which a rank makes no progress.
//!
//! A rank that hangs in a write, a message that never comes, a kernel that does not return: MPI has no time limit, so
//! the job would burn its allocation in silence. Each rank watches itself from a thread of its own. As the others soon
//! wait for the one that hangs, all of them say within moments of each other what they are busy with; then the job ends.

mod watch;

use crate::metrics::{Pulse, Sign};
use crate::parallel::{World, abort};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use watch::Watch;

/// Exit code of a job that made no progress.
const STALLED_CODE: i32 = 102;

/// What the ranks get to say theirs before the job ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// By how much later each rank ends the job than the one before, so that one of them speaks for all: the first that has
/// noticed, which is rank 0 if it can.
const STAGGER: Duration = Duration::from_secs(2);

/// A thread that watches this rank, until it is dropped.
#[derive(Debug)]
pub struct Watchdog {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches the pulse of this rank, and ends the job when it gives no sign for `stalled_after` seconds, or for a
    /// multiple of the usual step where that is longer; never if there is no `stalled_after`.
    ///
    /// In builds with the feature `faults` the environment variable `SIMRUN_STALLED_AFTER` takes its place.
    pub fn start(world: &World, pulse: &Pulse, stalled_after: Option<f64>) -> Watchdog {
        let is_over = Arc::new(AtomicBool::new(false));
        let (rank, size) = world.in_job();
        let guard = patience(stalled_after).map(|patience| Guard {
            rank,
            size,
            pulse: pulse.clone(),
            patience,
            is_over: is_over.clone(),
        });
        // Without a thread the run goes on unwatched, which is no reason not to run.
        let thread = guard.and_then(|guard| {
            let builder = std::thread::Builder::new().name("watchdog".to_string());
            builder.spawn(move || guard.watch()).ok()
        });
        Watchdog { is_over, thread }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It panics nowhere; if it did, the job would have ended.
            let _ = thread.join();
        }
    }
}

/// `stalled_after`, or what a test wants instead.
fn patience(stalled_after: Option<f64>) -> Option<Duration> {
    let wanted = std::env::var("SIMRUN_STALLED_AFTER").ok();
    let wanted = wanted.filter(|_| cfg!(feature = "faults"));
    let seconds = wanted.and_then(|text| text.parse().ok()).or(stalled_after)?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// What the thread knows.
struct Guard {
    rank: usize,
    size: usize,
    pulse: Pulse,
    patience: Duration,
    is_over: Arc<AtomicBool>,
}

impl Guard {
    /// Watches until the run is over, or ends the job.
    fn watch(&self) {
        let interval = (self.patience / 10).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let mut watch = Watch::new(self.pulse.look());
        while let Some(slept) = self.sleep(interval) {
            // A job that was suspended, or a machine that was asleep, made no progress and could not: time counts as far as
            // this thread got its share of it.
            watch.look(self.pulse.look(), slept.min(2 * interval));
            if watch.quiet() > watch.limit(self.patience) {
                self.give_up(&watch);
            }
        }
    }

    /// Sleeps for so long, and says how long it was; none if the run is over.
    fn sleep(&self, time: Duration) -> Option<Duration> {
        let start = Instant::now();
        while start.elapsed() < time {
            if self.is_over.load(Ordering::Relaxed) {
                return None;
            }
            std::thread::park_timeout(time.saturating_sub(start.elapsed()));
        }
        Some(start.elapsed())
    }

    /// Says what this rank is busy with, gives the others time to do so too, and ends the job; unless the rank goes on.
    fn give_up(&self, watch: &Watch) {
        let Guard { rank, size, .. } = self;
        let sign = self.pulse.look();
        let (seconds, doing) = (watch.quiet().as_secs_f64(), doing(&sign));
        say(&format!(
            "simrun: rank {rank} of {size}: no progress for {seconds:.0} s {doing}\n"
        ));
        let turn = u32::try_from(*rank).unwrap_or(u32::MAX).min(20);
        let is_over = self.sleep(LAST_WORDS + turn * STAGGER).is_none();
        if is_over || self.pulse.look() != sign {
            say(&format!("simrun: rank {rank} of {size}: goes on\n"));
            return;
        }
        say(
            "simrun: ending the whole job, which makes no progress.\n  A rank that waits for messages waits for another one: look \
             at those that do something else, or say nothing, and at their nodes, disks and network.\n  Where steps or \
             files may take so long, set `check.stalled_after` to more seconds.\n",
        );
        abort(STALLED_CODE);
    }
}

/// Where a rank is, in words.
fn doing(sign: &Sign) -> String {
    let place = match sign.step {
        Some(step) => format!("in step {step}"),
        None => "before the first step".to_string(),
    };
    match sign.phase {
        Some(phase) => format!("{place}, busy with: {} ({})", phase.name(), phase.text()),
        None => format!("{place}, between phases"),
    }
}

/// One write, so that ranks do not interleave; a closed standard error changes nothing.
fn say(message: &str) {
    let _ = std::io::stderr().write_all(message.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Phase;

    #[test]
    fn a_rank_says_where_it_is() {
        let pulse = Pulse::new(1);
        assert_eq!(doing(&pulse.look()), "before the first step, between phases");
        pulse.beat(117);
        pulse.enter(Phase::Wait);
        assert_eq!(
            doing(&pulse.look()),
            "in step 117, busy with: wait (waiting for messages)"
        );
    }

    #[test]
    fn a_watchdog_ends_with_its_run_at_once() {
        let start = Instant::now();
        for stalled_after in [None, Some(1e3), Some(f64::INFINITY)] {
            drop(Watchdog::start(&World::single(), &Pulse::new(0), stalled_after));
        }
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}
