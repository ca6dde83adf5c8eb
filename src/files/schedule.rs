//! When something is due: a counter of events, each at a step or a time computed from its number alone.
//!
//! Pure integer counting. The time of event k is `start + k * interval`, by one multiplication; nothing is accumulated
//! and no remainder of floats is taken, so a run that was restarted finds the same events as one that was not.

/// What makes something due.
#[derive(Clone, Debug, PartialEq)]
pub enum ScheduleKind {
    /// Every so many steps, counted from the start.
    Steps(u64),
    /// Every so many seconds of simulated time, counted from the start.
    Time(f64),
    /// At these steps.
    AtSteps(Vec<u64>),
    /// At these simulated times, s.
    AtTimes(Vec<f64>),
}

/// A kind of event, and which of them comes next.
///
/// Event 0 of [`ScheduleKind::Steps`] and [`ScheduleKind::Time`] is the start itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    kind: ScheduleKind,
    start_time: f64,
    start_step: u64,
    next: u64,
}

impl Schedule {
    /// The schedule of `kind` for a run that starts at `start_time` (s) with `start_step`. Listed steps and times are
    /// put in order; those before the start never come.
    ///
    /// # Panics
    /// If the interval of [`ScheduleKind::Steps`] or [`ScheduleKind::Time`] is not positive: the configuration has been
    /// checked for it.
    pub fn new(kind: ScheduleKind, start_time: f64, start_step: u64) -> Schedule {
        let kind = match kind {
            ScheduleKind::AtSteps(mut steps) => {
                steps.retain(|&step| step >= start_step);
                steps.sort_unstable();
                steps.dedup();
                ScheduleKind::AtSteps(steps)
            }
            ScheduleKind::AtTimes(mut times) => {
                times.retain(|&time| time >= start_time);
                times.sort_unstable_by(f64::total_cmp);
                times.dedup();
                ScheduleKind::AtTimes(times)
            }
            ScheduleKind::Steps(interval) => {
                assert!(interval > 0, "an interval of no steps");
                ScheduleKind::Steps(interval)
            }
            ScheduleKind::Time(interval) => {
                assert!(interval > 0.0, "an interval of {interval} s");
                ScheduleKind::Time(interval)
            }
        };
        Schedule {
            kind,
            start_time,
            start_step,
            next: 0,
        }
    }

    /// The step of the next event, for schedules that count steps.
    pub fn next_step(&self) -> Option<u64> {
        match &self.kind {
            ScheduleKind::Steps(interval) => self.start_step.checked_add(self.next.checked_mul(*interval)?),
            ScheduleKind::AtSteps(steps) => steps.get(usize::try_from(self.next).ok()?).copied(),
            ScheduleKind::Time(_) | ScheduleKind::AtTimes(_) => None,
        }
    }

    /// The time of the next event, s, for schedules that go by time: a clock that may choose its dt lands on it.
    pub fn next_time(&self) -> Option<f64> {
        match &self.kind {
            ScheduleKind::Time(interval) => Some(self.start_time + self.next as f64 * interval),
            ScheduleKind::AtTimes(times) => times.get(usize::try_from(self.next).ok()?).copied(),
            ScheduleKind::Steps(_) | ScheduleKind::AtSteps(_) => None,
        }
    }

    /// Whether the next event has come, for a clock that lands on [`Schedule::next_time`] to the last bit.
    pub fn is_due(&self, step: u64, time: f64) -> bool {
        self.next_step().is_some_and(|next| step >= next) || self.next_time().is_some_and(|next| time >= next)
    }

    /// Goes on to the first event that has not come yet. Call it once something due has been done: of several events
    /// that came within one step only one is acted on.
    pub fn advance(&mut self, step: u64, time: f64) {
        while self.is_due(step, time) {
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_lands_on_events_meets_every_one_exactly_once() {
        let interval = 0.1;
        let mut schedule = Schedule::new(ScheduleKind::Time(interval), 0.7, 0);
        let (mut time, mut met) = (0.7, Vec::new());
        for step in 0..=3000 {
            if schedule.is_due(step, time) {
                met.push(time);
                schedule.advance(step, time);
            }
            let next = schedule.next_time().unwrap();
            assert!(next > time);
            time = if time + 0.037 >= next { next } else { time + 0.037 };
        }
        assert_eq!(met.len(), 1001);
        for (k, time) in met.iter().enumerate() {
            assert_eq!(time.to_bits(), (0.7 + k as f64 * interval).to_bits());
        }
    }

    #[test]
    fn intervals_of_steps_count_from_the_start() {
        let mut schedule = Schedule::new(ScheduleKind::Steps(4), 0.0, 2);
        let mut met = Vec::new();
        for step in 2..=15 {
            if schedule.is_due(step, 0.0) {
                met.push(step);
                schedule.advance(step, 0.0);
            }
        }
        assert_eq!(met, [2, 6, 10, 14]);
        assert_eq!(schedule.next_step(), Some(18));
        assert_eq!(schedule.next_time(), None);
    }

    #[test]
    fn listed_events_come_in_order_once_and_end() {
        let mut schedule = Schedule::new(ScheduleKind::AtSteps(vec![7, 3, 3, 0]), 0.0, 1);
        assert_eq!(schedule.next_step(), Some(3));
        schedule.advance(3, 0.0);
        assert_eq!(schedule.next_step(), Some(7));
        schedule.advance(7, 0.0);
        assert_eq!(schedule.next_step(), None);
        assert!(!schedule.is_due(u64::MAX, f64::MAX));

        let mut schedule = Schedule::new(ScheduleKind::AtTimes(vec![2.0, 0.5, -1.0]), 0.0, 0);
        assert_eq!(schedule.next_time(), Some(0.5));
        schedule.advance(1, 5.0);
        assert_eq!(schedule.next_time(), None);
    }

    #[test]
    fn events_within_one_step_are_one() {
        let mut schedule = Schedule::new(ScheduleKind::Time(0.1), 0.0, 0);
        schedule.advance(1, 0.55);
        assert_eq!(schedule.next_time(), Some(6.0 * 0.1));
    }

    #[test]
    fn a_restarted_schedule_goes_on_where_the_first_one_stopped() {
        let mut first = Schedule::new(ScheduleKind::Time(0.3), 0.2, 0);
        for (step, time) in [(0, 0.2), (3, 1.1), (9, 4.0)] {
            first.advance(step, time);
        }
        let mut restarted = Schedule::new(ScheduleKind::Time(0.3), 0.2, 0);
        restarted.advance(9, 4.0);
        assert_eq!(restarted, first);
    }
}
