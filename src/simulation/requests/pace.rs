//! How many steps lie between two looks.

/// Time between two looks, s: nobody who asks waits long, and an agreement of tens of microseconds costs nothing.
const INTERVAL: f64 = 0.25;

/// The most steps between two looks, however short they are.
const MOST: u64 = 1000;

/// Chooses when to look next, by how long recent steps took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Steps from the last look to the next.
    gap: u64,
    /// Seconds that a step took between the last two looks.
    per_step: f64,
    /// Step and moment of the last look.
    last: Option<(u64, f64)>,
}

impl Pace {
    pub fn new() -> Pace {
        Pace {
            gap: 1,
            per_step: 0.0,
            last: None,
        }
    }

    /// The step of the next look, where this one is in `step` at `now`: not more than twice as far as the last was, so
    /// that few fast steps do not lead far into slow ones.
    pub fn next(&mut self, step: u64, now: f64) -> u64 {
        if let Some((last_step, then)) = self.last
            && step > last_step
        {
            self.per_step = (now - then) / (step - last_step) as f64;
            // What is too many, also after no time at all, is cut to a number.
            let wanted = (INTERVAL / self.per_step.max(1e-9)) as u64;
            self.gap = wanted.clamp(1, MOST.min(2 * self.gap));
        }
        self.last = Some((step, now));
        step + self.gap
    }

    /// Time to the next look at the latest, by the steps before the last, s: behind the block that the step of the look is in,
    /// which has up to `longest_block` steps.
    pub fn until_next(&self, longest_block: usize) -> f64 {
        (self.gap as f64 + longest_block.saturating_sub(1) as f64) * self.per_step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gaps between looks from step `first` on, if every step takes so many seconds.
    fn gaps(first: u64, seconds: impl Fn(u64) -> f64, n: usize) -> Vec<u64> {
        let (mut pace, mut step, mut now) = (Pace::new(), first, 3.0);
        let mut gaps = Vec::new();
        for _ in 0..n {
            let next = pace.next(step, now);
            gaps.push(next - step);
            now += (step..next).map(&seconds).sum::<f64>();
            step = next;
        }
        gaps
    }

    #[test]
    fn looks_are_a_quarter_of_a_second_apart() {
        assert_eq!(gaps(0, |_| 0.0099, 8), [1, 2, 4, 8, 16, 25, 25, 25]);
        assert_eq!(gaps(77, |_| 0.1, 4), [1, 2, 2, 2]);
    }

    #[test]
    fn long_steps_are_looked_at_one_by_one_and_short_ones_by_the_thousand() {
        assert_eq!(gaps(0, |_| 60.0, 3), [1, 1, 1]);
        assert_eq!(gaps(5, |_| 0.0, 12)[8..], [256, 512, 1000, 1000]);
    }

    #[test]
    fn the_pace_falls_at_once_and_grows_by_twos() {
        let seconds = |step| if (31..40).contains(&step) { 1.0 } else { 0.0099 };
        let gaps = gaps(0, seconds, 12);
        assert_eq!(gaps[..6], [1, 2, 4, 8, 16, 25]);
        assert_eq!(gaps[6..10], [1, 2, 4, 8]);
    }
}
