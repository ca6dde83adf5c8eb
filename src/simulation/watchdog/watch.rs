//! For how long a pulse has been quiet, and how long it may be.

use crate::metrics::{Phase, Sign};
use std::time::Duration;

/// How many usual steps may pass without a sign.
const STEPS: f64 = 50.0;

/// How much longer a rank may be quiet while it writes, as disks may be slow, or before the first step, when the state and
/// all tables are made.
const SLOW: u32 = 10;

/// Over how many of the last steps the usual one is the mean.
const MEMORY: f64 = 32.0;

/// What is known of a pulse that is looked at now and then.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    seen: Sign,
    quiet: Duration,
    /// Time since the step changed, and whether files were seen to be written in it: then it says nothing of steps.
    since_step: Duration,
    has_written: bool,
    usual: Usual,
}

/// The running mean of the time that a step takes.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    seconds: f64,
    n_steps: f64,
}

impl Usual {
    fn add(&mut self, seconds: f64, n_steps: f64) {
        self.n_steps = (self.n_steps + n_steps).min(MEMORY);
        let weight = (n_steps / self.n_steps).min(1.0);
        self.seconds += weight * (seconds / n_steps - self.seconds);
    }
}

impl Watch {
    pub fn new(seen: Sign) -> Watch {
        Watch {
            seen,
            quiet: Duration::ZERO,
            since_step: Duration::ZERO,
            has_written: false,
            usual: Usual::default(),
        }
    }

    /// Takes note of what is seen, `passed` after the look before.
    pub fn look(&mut self, sign: Sign, passed: Duration) {
        self.quiet = if sign.count == self.seen.count {
            self.quiet + passed
        } else {
            Duration::ZERO
        };
        self.since_step += passed;
        self.has_written |= sign.phase.is_some_and(Phase::writes);
        if sign.step != self.seen.step {
            let n_steps = sign
                .step
                .zip(self.seen.step)
                .map_or(0, |(now, then)| now.saturating_sub(then));
            if n_steps > 0 && !self.has_written {
                self.usual.add(self.since_step.as_secs_f64(), n_steps as f64);
            }
            (self.since_step, self.has_written) = (Duration::ZERO, false);
        }
        self.seen = sign;
    }

    /// Time without a sign.
    pub fn quiet(&self) -> Duration {
        self.quiet
    }

    /// The longest time without a sign that is in order: `patience` or 50 usual steps, and ten times that while disks may
    /// be slow.
    ///
    /// Ranks that wait for one that writes count as writing, too: they agree on the outcome before the phase ends.
    pub fn limit(&self, patience: Duration) -> Duration {
        // A mean that is no duration is not to be expected, and limits nothing.
        let steps = Duration::try_from_secs_f64(STEPS * self.usual.seconds).unwrap_or(Duration::MAX);
        let is_slow = self.seen.step.is_none() || self.seen.phase.is_some_and(Phase::writes);
        patience.max(steps).saturating_mul(if is_slow { SLOW } else { 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn sign(count: u64, step: Option<u64>, phase: Phase) -> Sign {
        Sign {
            count,
            step,
            phase: Some(phase),
        }
    }

    #[test]
    fn quiet_lasts_until_the_next_sign() {
        let mut watch = Watch::new(sign(0, Some(0), Phase::Core));
        let mut seen = Vec::new();
        for count in [0, 0, 1, 1, 1, 5] {
            watch.look(sign(count, Some(0), Phase::Core), SECOND);
            seen.push(watch.quiet().as_secs());
        }
        assert_eq!(seen, [1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn long_steps_may_be_quiet_for_longer() {
        let mut watch = Watch::new(sign(0, Some(0), Phase::Core));
        assert_eq!(watch.limit(10 * SECOND), 10 * SECOND);
        // Four looks of a second to a step.
        for look in 1..400 {
            watch.look(sign(look, Some(look / 4), Phase::Core), SECOND);
        }
        let limit = watch.limit(10 * SECOND).as_secs_f64();
        assert!((limit - 200.0).abs() < 2.0, "50 steps of 4 s, not {limit} s");
        assert_eq!(watch.limit(300 * SECOND), 300 * SECOND);
    }

    #[test]
    fn steps_with_output_say_nothing_of_usual_steps() {
        let mut watch = Watch::new(sign(0, Some(0), Phase::Core));
        for look in 1..=10 {
            watch.look(sign(look, Some(look), Phase::Core), SECOND);
        }
        for look in 11..100 {
            watch.look(sign(look, Some(10), Phase::Output), SECOND);
        }
        watch.look(sign(100, Some(11), Phase::Core), SECOND);
        assert_eq!(watch.limit(SECOND), 50 * SECOND);
    }

    #[test]
    fn writing_and_beginning_have_more_time() {
        let limit = |step, phase| Watch::new(sign(0, step, phase)).limit(SECOND).as_secs();
        assert_eq!(limit(Some(3), Phase::Wait), 1);
        assert_eq!(limit(Some(3), Phase::Output), 10);
        assert_eq!(limit(Some(3), Phase::Checkpoint), 10);
        assert_eq!(limit(None, Phase::Core), 10);
    }
}
