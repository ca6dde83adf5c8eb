//! Time, steps, and the choice of dt.

use crate::config::TimeConfig;
pub use crate::engine::Tick;
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Here {
    /// Steps done.
    pub step: u64,
    pub time: f64,
    /// Events up to this time have come: see [`Clock::reached`].
    pub reached: f64,
    /// The step that led here, s; before the first, the longest that is allowed.
    pub dt: f64,
}

/// What of a clock does not follow from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockState {
    pub step: u64,
    /// s.
    pub time: f64,
    /// Length of the last step, s.
    pub last_dt: f64,
    stretch: Option<Stretch>,
}

/// A stretch of equal steps towards a time that must be met exactly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stretch {
    start: f64,
    dt: f64,
    /// The longest step that was allowed when the stretch began.
    longest: f64,
    /// Steps done of the stretch.
    done: u64,
    /// Steps of the stretch and the time at its end; `None` where nothing has to be met.
    goal: Option<(u64, f64)>,
}

impl Stretch {
    /// The time after `n` of its steps.
    fn time_after(&self, n: u64) -> f64 {
        match self.goal {
            Some((last, goal)) if n == last => goal,
            _ => self.start + n as f64 * self.dt,
        }
    }
}

/// Counts steps and time. Between two times that must be met (outputs, the end) all steps are equally long; times are
/// `start + n dt`, never accumulated, and the last step of a stretch lands on its goal exactly.
#[derive(Clone, Debug)]
pub struct Clock {
    step: u64,
    time: f64,
    end: Option<f64>,
    n_steps: Option<u64>,
    /// Length of the last step, s.
    last_dt: f64,
    /// The length of every step, s, where the scheme cannot bear others: events then fall on the nearest step.
    fixed_dt: Option<f64>,
    stretch: Option<Stretch>,
}

/// Relative slack in the number of steps of a stretch: rounding must not cost a whole step.
pub const SLACK: f64 = 1e-9;

/// Growth of the allowed step from which a stretch is begun anew.
const GROWTH: f64 = 1.1;

/// Share of a step within which two times are one: `3 * 0.7` and `2.1` differ by rounding only.
const SAME_TIME: f64 = 1e-6;

impl Clock {
    pub fn new(config: &TimeConfig) -> Clock {
        Clock {
            step: 0,
            time: config.start,
            end: config.end,
            n_steps: config.steps,
            last_dt: 0.0,
            fixed_dt: None,
            stretch: None,
        }
    }

    /// The clock of a scheme whose steps all have the same length, where there is one.
    pub fn with_fixed_dt(self, fixed_dt: Option<f64>) -> Clock {
        Clock { fixed_dt, ..self }
    }

    /// Where it stands.
    pub fn state(&self) -> ClockState {
        ClockState {
            step: self.step,
            time: self.time,
            last_dt: self.last_dt,
            stretch: self.stretch,
        }
    }

    /// The clock where another one stood; the end may be another.
    pub fn resumed(self, state: &ClockState) -> Clock {
        Clock {
            step: state.step,
            time: state.time,
            last_dt: state.last_dt,
            stretch: state.stretch,
            ..self
        }
    }

    pub fn step(&self) -> u64 {
        self.step
    }

    pub fn time(&self) -> f64 {
        self.time
    }

    /// The present time and a millionth of the last step, or half of one where all have the same length: events up to
    /// here have come.
    pub fn reached(&self) -> f64 {
        match self.fixed_dt {
            Some(dt) => self.time + 0.5 * dt,
            None => self.time + SAME_TIME * self.last_dt,
        }
    }

    /// Whether the run has reached its end.
    pub fn is_finished(&self) -> bool {
        self.end.is_some_and(|end| self.reached() >= end) || self.n_steps.is_some_and(|n| self.step >= n)
    }

    /// The next step, at most `longest` long and not beyond `next_event`, a time after now that must be met.
    pub fn tick(&mut self, longest: f64, next_event: Option<f64>) -> Tick {
        let goal = match (self.end, next_event) {
            _ if self.fixed_dt.is_some() => None,
            (Some(end), Some(event)) => Some(end.min(event)),
            (end, event) => end.or(event),
        };
        let longest = self.fixed_dt.unwrap_or(longest);
        let fits = |stretch: &Stretch| {
            let is_same_goal = stretch.goal.map(|(_, time)| time) == goal;
            is_same_goal && stretch.dt <= longest * (1.0 + SLACK) && longest <= GROWTH * stretch.longest
        };
        let stretch = match self.stretch.filter(fits) {
            Some(stretch) => stretch,
            None => self.new_stretch(longest, goal),
        };
        self.stretch = Some(stretch);
        Tick {
            step: self.step,
            time: self.time,
            dt: stretch.dt,
        }
    }

    fn new_stretch(&self, longest: f64, goal: Option<f64>) -> Stretch {
        match goal {
            None => Stretch {
                start: self.time,
                dt: longest,
                longest,
                done: 0,
                goal: None,
            },
            Some(goal) => {
                let remaining = goal - self.time;
                let n = (remaining / longest * (1.0 - SLACK)).ceil().max(1.0);
                Stretch {
                    start: self.time,
                    dt: remaining / n,
                    longest,
                    done: 0,
                    goal: Some((n as u64, goal)),
                }
            }
        }
    }

    /// The step that [`Clock::tick`] gave is done.
    pub fn advance(&mut self) {
        let stretch = self.stretch.as_mut().expect("a step is given before it is done");
        stretch.done += 1;
        self.step += 1;
        self.last_dt = stretch.dt;
        self.time = stretch.time_after(stretch.done);
        if stretch.goal.is_some_and(|(n, _)| stretch.done == n) {
            self.stretch = None;
        }
    }

    /// The times at which the step that [`Clock::tick`] gave and the equal ones after it begin, and the time at which
    /// the last of them ends: at most `most` steps, and not beyond the time that must be met.
    pub fn times_ahead(&self, most: u64) -> Vec<f64> {
        let stretch = self.stretch.as_ref().expect("a step is given before one looks ahead");
        let to_goal = stretch.goal.map_or(u64::MAX, |(n, _)| n - stretch.done);
        let n = most.min(to_goal).max(1);
        (0..=n).map(|k| stretch.time_after(stretch.done + k)).collect()
    }

    /// Steps until the end, as far as they can be told with steps of `dt`.
    pub fn steps_total(&self, dt: f64) -> u64 {
        match (self.n_steps, self.end) {
            (Some(n), _) => n,
            (None, Some(end)) if self.fixed_dt.is_some() => {
                self.step + ((end - self.time) / dt - 0.5).ceil().max(0.0) as u64
            }
            (None, Some(end)) => self.step + ((end - self.time) / dt * (1.0 - SLACK)).ceil().max(0.0) as u64,
            (None, None) => self.step,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(end: Option<f64>, steps: Option<u64>) -> Clock {
        Clock::new(&TimeConfig {
            start: 0.0,
            end,
            steps,
            dt: None,
            cfl: 0.9,
        })
    }

    #[test]
    fn every_event_and_the_end_are_met_to_the_last_bit() {
        let mut clock = clock(Some(1.0), None);
        let mut met = Vec::new();
        let mut k = 1;
        while !clock.is_finished() {
            let event = k as f64 * 0.3;
            let tick = clock.tick(0.0731, Some(event));
            assert!(tick.dt <= 0.0731 * (1.0 + SLACK) && tick.dt > 0.0);
            clock.advance();
            if clock.time() == event {
                met.push(event);
                k += 1;
            }
        }
        assert_eq!(met, [0.3, 0.6, 3.0 * 0.3]);
        assert_eq!(clock.time(), 1.0);
    }

    #[test]
    fn steps_of_one_length_end_at_the_nearest_one() {
        for (end, steps) in [(1.0, 14), (1.06, 15), (1.04, 14), (0.02, 0)] {
            let mut clock = clock(Some(end), None).with_fixed_dt(Some(0.073));
            assert_eq!(clock.steps_total(0.073), steps, "end {end}");
            while !clock.is_finished() {
                assert_eq!(clock.tick(0.073, Some(0.1)).dt, 0.073);
                clock.advance();
            }
            assert_eq!((clock.step(), clock.time()), (steps, steps as f64 * 0.073));
        }
    }

    #[test]
    fn a_given_number_of_steps_keeps_dt() {
        let mut clock = clock(None, Some(20));
        while !clock.is_finished() {
            assert_eq!(clock.tick(0.01, None).dt, 0.01);
            clock.advance();
        }
        assert_eq!((clock.step(), clock.time()), (20, 20.0 * 0.01));
    }

    #[test]
    fn a_dt_that_divides_the_end_is_not_shortened() {
        let mut clock = clock(Some(0.2), None);
        // 0.2 / 0.01 is 20.000000000000004 in some orders of rounding: still twenty steps.
        assert_eq!(clock.steps_total(0.01), 20);
        let mut n = 0;
        while !clock.is_finished() {
            clock.tick(0.01, None);
            clock.advance();
            n += 1;
        }
        assert_eq!(n, 20);
    }

    #[test]
    fn times_that_differ_by_rounding_are_one() {
        let mut clock = clock(Some(2.1), None);
        while !clock.is_finished() {
            let k = (0..).find(|&k| k as f64 * 0.7 > clock.reached()).unwrap();
            let tick = clock.tick(0.2, Some(k as f64 * 0.7));
            assert!(tick.dt > 0.1, "a step of {} s", tick.dt);
            clock.advance();
        }
        assert_eq!(clock.step(), 12);
    }

    #[test]
    fn times_ahead_are_those_that_come_and_end_where_something_is_met() {
        let mut clock = clock(Some(1.0), Some(11));
        let mut lengths = Vec::new();
        while !clock.is_finished() {
            let event = if clock.time() < 0.3 { 0.3 } else { 2.0 };
            clock.tick(0.0731, Some(event));
            let times = clock.times_ahead(4);
            lengths.push(times.len() - 1);
            for pair in times.windows(2) {
                let tick = clock.tick(0.0731, Some(event));
                assert_eq!(tick.time, pair[0]);
                clock.advance();
                assert_eq!(clock.time(), pair[1]);
            }
        }
        // Five steps to 0.3, and of the ten to 1.0 also those that a run of eleven steps does not take: a longer run has the
        // same steps.
        assert_eq!(lengths, [4, 1, 4, 4]);
    }

    #[test]
    fn a_resumed_clock_goes_on_with_the_same_times() {
        let mut whole = clock(Some(1.0), None);
        let mut times = Vec::new();
        while !whole.is_finished() {
            let text = toml::to_string(&whole.state()).unwrap();
            let mut resumed = clock(Some(1.0), None).resumed(&toml::from_str(&text).unwrap());
            let next = (times.len() / 3 + 1) as f64 * 0.21;
            let tick = whole.tick(0.0731, Some(next));
            assert_eq!(resumed.tick(0.0731, Some(next)), tick);
            whole.advance();
            resumed.advance();
            assert_eq!(resumed.state(), whole.state());
            times.push(tick.time);
        }
    }

    #[test]
    fn a_larger_limit_takes_effect_soon() {
        let mut clock = clock(Some(100.0), None);
        clock.tick(0.01, None);
        clock.advance();
        assert!(clock.tick(10.0, None).dt > 9.0);
    }

    #[test]
    fn a_smaller_limit_takes_effect_at_once() {
        let mut clock = clock(Some(1.0), None);
        assert_eq!(clock.tick(0.25, None).dt, 0.25);
        clock.advance();
        assert_eq!(clock.tick(0.125, None).dt, 0.125);
        clock.advance();
        assert_eq!(clock.time(), 0.375);
    }
}
