//! What a rank was busy with, piece by piece: recorded as it happens, in bounded memory, to be looked at afterwards.

use super::phase::Phase;
use std::ops::Range;
use std::time::Instant;

/// Events that are kept of one rank at most, of 48 bytes each: when there are as many, nothing more is recorded.
pub const MOST_EVENTS: usize = 200_000;

/// What an event shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// A phase, apart from the pokes in it.
    Phase(Phase),
    /// Letting messages move between pieces of computing; the timers book it to [`Phase::Post`].
    Poke,
    /// Messages on their way: from their start until this rank could see, by a poke or at the end of a wait, that all for
    /// it had arrived and its own were gone.
    Messages,
}

impl Activity {
    /// All of them, in the order of legends.
    pub const ALL: [Activity; 12] = [
        Activity::Phase(Phase::Core),
        Activity::Phase(Phase::Shell),
        Activity::Phase(Phase::Pack),
        Activity::Phase(Phase::Post),
        Activity::Poke,
        Activity::Phase(Phase::Wait),
        Activity::Phase(Phase::Unpack),
        Activity::Phase(Phase::Copy),
        Activity::Phase(Phase::Reduce),
        Activity::Phase(Phase::Output),
        Activity::Phase(Phase::Checkpoint),
        Activity::Messages,
    ];

    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Activity::Phase(phase) => phase.name(),
            Activity::Poke => "poke",
            Activity::Messages => "messages",
        }
    }

    /// The activity of this name.
    pub fn from_name(name: &str) -> Option<Activity> {
        Activity::ALL.into_iter().find(|activity| activity.name() == name)
    }
}

/// Something that took time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub activity: Activity,
    /// Nanoseconds since the trace began, by the clock of this rank.
    pub start: u64,
    pub end: u64,
    /// The step under way, or the first of a block; between steps the number of those that are done.
    pub step: u64,
    /// Steps that are taken at a stretch; 0 between steps.
    pub n_steps: u32,
    /// Number of the executor among [`Trace::executors`]; means nothing between steps.
    pub executor: u32,
    /// Bytes that this rank sends, of messages.
    pub bytes: u64,
}

/// The events of one rank.
#[derive(Clone, Debug)]
pub struct Trace {
    zero: Instant,
    /// Steps that are recorded.
    steps: Range<u64>,
    most: usize,
    events: Vec<Event>,
    n_lost: u64,
    executors: Vec<String>,
    /// What is under way: step, number of steps, executor.
    work: (u64, u32, u32),
    is_wanted: bool,
    /// When messages started that have not all arrived, and how many bytes this rank sends.
    under_way: Option<(Instant, u64)>,
}

impl Trace {
    /// A trace that begins now and keeps `most` events at most, of the given steps, and of what lies before each of them.
    pub fn new(steps: Range<u64>, most: usize) -> Trace {
        let mut trace = Trace {
            zero: Instant::now(),
            steps,
            most,
            events: Vec::with_capacity(most),
            n_lost: 0,
            executors: Vec::new(),
            work: (0, 0, 0),
            is_wanted: false,
            under_way: None,
        };
        trace.between_steps(0);
        trace
    }

    /// Seconds since the trace began.
    pub fn now(&self) -> f64 {
        self.zero.elapsed().as_secs_f64()
    }

    /// The events, in the order of their ends.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Events for which there was no room.
    pub fn n_lost(&self) -> u64 {
        self.n_lost
    }

    /// The names of executors that events refer to.
    pub fn executors(&self) -> &[String] {
        &self.executors
    }

    /// `executor` begins with `n_steps` steps, the first of which is `step`.
    pub fn begin_steps(&mut self, step: u64, n_steps: usize, executor: String) {
        let known = self.executors.iter().position(|name| *name == executor);
        let number = known.unwrap_or_else(|| {
            self.executors.push(executor);
            self.executors.len() - 1
        });
        self.work = (step, n_steps as u32, number as u32);
        self.is_wanted = step < self.steps.end && step + n_steps as u64 > self.steps.start;
    }

    /// So many steps are done.
    pub fn between_steps(&mut self, n_done: u64) {
        self.work = (n_done, 0, 0);
        self.is_wanted = self.steps.contains(&n_done);
    }

    /// Notes what took place from `start` to `end`.
    pub fn note(&mut self, activity: Activity, start: Instant, end: Instant) {
        self.push(activity, start, end, 0);
    }

    /// Messages start, in which this rank sends so many bytes.
    pub fn send(&mut self, bytes: u64) {
        self.under_way = Some((Instant::now(), bytes));
    }

    /// The messages that were under way have arrived, as was seen at `seen`; saying so again changes nothing.
    pub fn arrive(&mut self, seen: Instant) {
        if let Some((start, bytes)) = self.under_way.take() {
            self.push(Activity::Messages, start, seen, bytes);
        }
    }

    fn push(&mut self, activity: Activity, start: Instant, end: Instant, bytes: u64) {
        if !self.is_wanted {
            return;
        }
        if self.events.len() == self.most {
            self.n_lost += 1;
            return;
        }
        let (step, n_steps, executor) = self.work;
        let nanoseconds = |at: Instant| at.saturating_duration_since(self.zero).as_nanos() as u64;
        self.events.push(Event {
            activity,
            start: nanoseconds(start),
            end: nanoseconds(end),
            step,
            n_steps,
            executor,
            bytes,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(trace: &mut Trace) {
        let start = Instant::now();
        trace.note(Activity::Phase(Phase::Core), start, Instant::now());
    }

    #[test]
    fn every_activity_is_found_by_its_name() {
        let all = Activity::ALL;
        assert!(
            all.iter()
                .all(|activity| Activity::from_name(activity.name()) == Some(*activity))
        );
        assert!(Phase::ALL.iter().all(|phase| all.contains(&Activity::Phase(*phase))));
        assert_eq!(Activity::from_name("corr"), None);
    }

    #[test]
    fn only_the_wanted_steps_are_recorded_and_blocks_that_reach_into_them() {
        let mut trace = Trace::new(10..12, 100);
        note(&mut trace);
        for step in [9, 10, 11, 12] {
            trace.begin_steps(step, 1, "blocking".into());
            note(&mut trace);
        }
        for step in [6, 8, 12] {
            trace.begin_steps(step, 4, "temporal 4".into());
            note(&mut trace);
        }
        trace.between_steps(11);
        note(&mut trace);
        let steps: Vec<(u64, u32, u32)> = trace
            .events()
            .iter()
            .map(|event| (event.step, event.n_steps, event.executor))
            .collect();
        assert_eq!(steps, [(10, 1, 0), (11, 1, 0), (8, 4, 1), (11, 0, 0)]);
        assert_eq!(trace.executors(), ["blocking", "temporal 4"]);
    }

    #[test]
    fn messages_last_from_their_start_to_the_first_look_that_finds_them() {
        let mut trace = Trace::new(0..1, 100);
        trace.send(64);
        note(&mut trace);
        let seen = Instant::now();
        trace.arrive(seen);
        trace.arrive(Instant::now());
        let [core, messages] = trace.events() else {
            panic!("{trace:?}")
        };
        assert_eq!((messages.activity, messages.bytes), (Activity::Messages, 64));
        assert!(messages.start <= core.start && core.end <= messages.end, "{trace:?}");
    }

    #[test]
    fn a_full_trace_counts_what_it_loses() {
        let mut trace = Trace::new(0..u64::MAX, 3);
        (0..5).for_each(|_| note(&mut trace));
        assert_eq!((trace.events().len(), trace.n_lost()), (3, 2));
    }
}
