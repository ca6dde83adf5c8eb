//! Signs of life: what a rank is busy with, to be looked at by another thread.

use super::faults;
use super::phase::Phase;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The step of a rank that has not begun to step.
const NOT_YET: u64 = u64::MAX;

/// The number of no phase.
const NONE: usize = Phase::ALL.len();

/// What one rank is busy with. Clones are the same pulse.
///
/// The thread that computes enters phases; it and writers beat; anybody may look. A sign costs a few relaxed stores: the
/// numbers stand for themselves, and nothing else is published through them. No clock is read: who looks now and then
/// knows for how long nothing has changed.
#[derive(Clone, Debug)]
pub struct Pulse {
    rank: usize,
    signs: Arc<Signs>,
}

#[derive(Debug)]
struct Signs {
    /// Grows with every sign of progress.
    count: AtomicU64,
    step: AtomicU64,
    phase: AtomicUsize,
}

/// What a look at a pulse shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Differs from that of an earlier look if there was progress in between.
    pub count: u64,
    /// The number of steps that are done, or none before the first begins.
    pub step: Option<u64>,
    /// None between phases.
    pub phase: Option<Phase>,
}

impl Pulse {
    /// The pulse of a rank that has not begun.
    pub fn new(rank: usize) -> Pulse {
        Pulse {
            rank,
            signs: Arc::new(Signs {
                count: AtomicU64::new(0),
                step: AtomicU64::new(NOT_YET),
                phase: AtomicUsize::new(NONE),
            }),
        }
    }

    /// Says that `step` steps are done.
    #[inline]
    pub fn beat(&self, step: u64) {
        self.signs.step.store(step, Ordering::Relaxed);
        self.progress();
    }

    /// Says that another piece has been written: for the threads that write.
    #[inline]
    pub fn touch(&self) {
        self.progress();
    }

    /// Says that `phase` begins; returns the phase that it interrupts, for [`Pulse::resume`].
    #[inline]
    pub fn enter(&self, phase: Phase) -> Option<Phase> {
        let outer = self.phase();
        self.signs.phase.store(phase as usize, Ordering::Relaxed);
        self.progress();
        if cfg!(feature = "faults") {
            faults::panic_in_phase(self.rank, self.step().unwrap_or(0), phase);
        }
        outer
    }

    /// Says that a phase has ended within `outer`.
    #[inline]
    pub fn resume(&self, outer: Option<Phase>) {
        let number = outer.map_or(NONE, |phase| phase as usize);
        self.signs.phase.store(number, Ordering::Relaxed);
    }

    /// What can be seen now.
    pub fn look(&self) -> Sign {
        Sign {
            count: self.signs.count.load(Ordering::Relaxed),
            step: self.step(),
            phase: self.phase(),
        }
    }

    #[inline]
    fn progress(&self) {
        self.signs.count.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    fn phase(&self) -> Option<Phase> {
        Phase::ALL.get(self.signs.phase.load(Ordering::Relaxed)).copied()
    }

    #[inline]
    fn step(&self) -> Option<u64> {
        let step = self.signs.step.load(Ordering::Relaxed);
        (step != NOT_YET).then_some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_changes_what_a_look_shows() {
        let (pulse, mut counts) = (Pulse::new(3), Vec::new());
        let watcher = pulse.clone();
        let start = watcher.look();
        assert_eq!((start.step, start.phase), (None, None));
        counts.push(start.count);
        pulse.beat(7);
        counts.push(watcher.look().count);
        pulse.enter(Phase::Wait);
        counts.push(watcher.look().count);
        pulse.enter(Phase::Wait);
        counts.push(watcher.look().count);
        pulse.beat(7);
        counts.push(watcher.look().count);
        let seen = watcher.look();
        assert_eq!((seen.step, seen.phase), (Some(7), Some(Phase::Wait)));
        assert!(counts.windows(2).all(|pair| pair[0] != pair[1]), "{counts:?}");
    }

    #[test]
    fn a_phase_within_a_phase_gives_way_to_it() {
        let pulse = Pulse::new(0);
        let none = pulse.enter(Phase::Output);
        let outer = pulse.enter(Phase::Reduce);
        assert_eq!((none, outer), (None, Some(Phase::Output)));
        pulse.resume(outer);
        assert_eq!(pulse.look().phase, Some(Phase::Output));
        pulse.resume(none);
        assert_eq!(pulse.look().phase, None);
    }
}
