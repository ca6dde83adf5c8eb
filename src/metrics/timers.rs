//! Phase timers of one rank.

use super::phase::Phase;
use super::pulse::Pulse;
use std::time::{Duration, Instant};

/// Time spent in each phase by one rank, and its pulse.
#[derive(Clone, Debug)]
pub struct Timers {
    spent: [Duration; Phase::ALL.len()],
    pulse: Pulse,
}

/// A phase under way, from [`Timers::enter`].
#[derive(Debug)]
#[must_use]
pub struct Entered {
    phase: Phase,
    outer: Option<Phase>,
    start: Instant,
}

impl Timers {
    /// Timers of a rank that has done nothing so far.
    pub fn new(rank: usize) -> Timers {
        Timers {
            spent: Default::default(),
            pulse: Pulse::new(rank),
        }
    }

    /// Runs `work` as a phase.
    #[inline]
    pub fn time<R>(&mut self, phase: Phase, work: impl FnOnce() -> R) -> R {
        let entered = self.enter(phase);
        let result = work();
        self.leave(entered);
        result
    }

    /// Begins a phase, which may stand within another one: whoever looks at the pulse sees the innermost.
    #[inline]
    pub fn enter(&mut self, phase: Phase) -> Entered {
        Entered {
            phase,
            outer: self.pulse.enter(phase),
            start: Instant::now(),
        }
    }

    /// Ends a phase, and books its time to it.
    #[inline]
    pub fn leave(&mut self, entered: Entered) {
        self.book(entered.phase, entered.start.elapsed());
        self.pulse.resume(entered.outer);
    }

    /// Books `spent` to `phase`.
    #[inline]
    pub fn book(&mut self, phase: Phase, spent: Duration) {
        self.spent[phase as usize] += spent;
    }

    /// The pulse of this rank.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Seconds in a phase.
    pub fn seconds(&self, phase: Phase) -> f64 {
        self.spent[phase as usize].as_secs_f64()
    }

    /// Seconds in every phase, in the order of [`Phase::ALL`].
    pub fn all_seconds(&self) -> Vec<f64> {
        self.spent.iter().map(Duration::as_secs_f64).collect()
    }

    /// Forgets all times.
    pub fn reset(&mut self) {
        self.spent = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_seen_while_it_lasts_and_booked_afterwards() {
        let mut timers = Timers::new(0);
        let pulse = timers.pulse().clone();
        let seen = timers.time(Phase::Unpack, || {
            std::thread::sleep(Duration::from_millis(2));
            pulse.look().phase
        });
        assert_eq!((seen, pulse.look().phase), (Some(Phase::Unpack), None));
        assert!(timers.seconds(Phase::Unpack) >= 0.002);
        timers.reset();
        assert_eq!(timers.all_seconds(), vec![0.0; Phase::ALL.len()]);
    }
}
