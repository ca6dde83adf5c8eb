//! Phase timers of one rank.

use super::phase::Phase;
use super::pulse::Pulse;
use super::trace::{Activity, Trace};
use std::time::{Duration, Instant};

/// Time spent in each phase by one rank, its pulse, and where it is wanted a trace.
#[derive(Clone, Debug)]
pub struct Timers {
    spent: [Duration; Phase::ALL.len()],
    pulse: Pulse,
    trace: Option<Box<Trace>>,
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
            trace: None,
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

    /// Runs `work`, which lets messages move between pieces of computing: part of [`Phase::Post`].
    #[inline]
    pub fn poke<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let entered = self.enter(Phase::Post);
        let result = work();
        self.leave_as(entered, Activity::Poke);
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
        let activity = Activity::Phase(entered.phase);
        self.leave_as(entered, activity);
    }

    #[inline]
    fn leave_as(&mut self, entered: Entered, activity: Activity) {
        let end = Instant::now();
        self.spent[entered.phase as usize] += end.duration_since(entered.start);
        if let Some(trace) = &mut self.trace {
            trace.note(activity, entered.start, end);
        }
        self.pulse.resume(entered.outer);
    }

    /// Says that an executor begins with `n_steps` steps, the first of which is `step`.
    #[inline]
    pub fn begin_steps(&mut self, step: u64, n_steps: usize, executor: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.begin_steps(step, n_steps, executor());
        }
    }

    /// Says that `step` steps are done.
    pub fn beat(&mut self, step: u64) {
        self.pulse.beat(step);
        if let Some(trace) = &mut self.trace {
            trace.between_steps(step);
        }
    }

    /// Says that messages start, with so many bytes from this rank.
    #[inline]
    pub fn send(&mut self, bytes: impl FnOnce() -> usize) {
        if let Some(trace) = &mut self.trace {
            trace.send(bytes() as u64);
        }
    }

    /// Says that it was seen, at `seen` or just now, that all messages have arrived.
    #[inline]
    pub fn arrive(&mut self, seen: Option<Instant>) {
        if let Some(trace) = &mut self.trace {
            trace.arrive(seen.unwrap_or_else(Instant::now));
        }
    }

    /// From now on, also keeps a trace.
    pub fn start_trace(&mut self, trace: Trace) {
        self.trace = Some(Box::new(trace));
    }

    /// Ends the trace, if one is kept.
    pub fn take_trace(&mut self) -> Option<Trace> {
        self.trace.take().map(|trace| *trace)
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

    #[test]
    fn a_trace_has_every_phase_with_its_step_and_pokes_apart() {
        let mut timers = Timers::new(0);
        timers.time(Phase::Core, || ());
        timers.start_trace(Trace::new(0..10, 100));
        timers.beat(3);
        let output = timers.enter(Phase::Output);
        timers.time(Phase::Reduce, || ());
        timers.leave(output);
        timers.begin_steps(3, 1, || "progress".into());
        timers.send(|| 8);
        timers.time(Phase::Post, || ());
        timers.poke(|| ());
        timers.arrive(None);
        let trace = timers.take_trace().unwrap();
        let seen: Vec<(&str, u32)> = trace
            .events()
            .iter()
            .map(|event| (event.activity.name(), event.n_steps))
            .collect();
        let expected = [("reduce", 0), ("output", 0), ("post", 1), ("poke", 1), ("messages", 1)];
        assert_eq!(seen, expected);
        assert!(trace.events().iter().all(|event| event.step == 3));
        timers.time(Phase::Core, || ());
        assert!(timers.take_trace().is_none());
    }
}
