//! Chooses the executor by measuring every candidate during the first steps.

use super::Executor;
use crate::parallel::World;

/// Steps that are timed per candidate that goes step by step, after one that is not.
const SAMPLES: usize = 7;

/// Blocks that are timed at least per candidate that goes in blocks, after one that is not.
const LEAST_SAMPLES: usize = 3;

/// Blocks that were cut short, after which no more is waited for whole ones.
const MOST_CUT: usize = 8;

/// What a run goes on with: an executor, and where it sweeps in strips, how many rows they have unless as many as are taken to
/// fit the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub executor: Executor,
    pub strip_rows: Option<usize>,
}

impl Choice {
    pub fn name(self) -> String {
        let name = self.executor.name();
        match self.strip_rows {
            Some(rows) => format!("{name}, strips of {rows} rows"),
            None => name,
        }
    }
}

/// One choice and the step times measured with it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub choice: Choice,
    samples: Vec<f64>,
    warmed_up: bool,
    /// Blocks that were cut short.
    n_cut: usize,
}

impl Candidate {
    fn new(choice: Choice) -> Candidate {
        Candidate {
            choice,
            samples: Vec::new(),
            warmed_up: false,
            n_cut: 0,
        }
    }

    fn is_measured(&self) -> bool {
        let wanted = SAMPLES.div_ceil(self.choice.executor.n_steps()).max(LEAST_SAMPLES);
        self.samples.len() >= wanted || self.n_cut >= MOST_CUT
    }

    /// Median of the measured step times, s; infinite if there are none.
    pub fn median(&self) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::INFINITY,
            n => 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]),
        }
    }
}

/// Tries the candidates in turn, so that a disturbance of the machine hits all of them alike. All give the same bits, so
/// the steps it takes are steps of the run.
#[derive(Clone, Debug)]
pub struct Tuner {
    candidates: Vec<Candidate>,
    /// The candidate that is tried next.
    next: usize,
}

impl Tuner {
    pub fn new(choices: &[Choice]) -> Tuner {
        Tuner {
            candidates: choices.iter().copied().map(Candidate::new).collect(),
            next: 0,
        }
    }

    /// How many are tried.
    pub fn n_candidates(&self) -> usize {
        self.candidates.len()
    }

    /// What to go on with.
    pub fn choice(&self) -> Choice {
        self.candidates[self.next].choice
    }

    /// The most steps that any candidate takes at a stretch.
    pub fn longest(&self) -> usize {
        let lengths = self
            .candidates
            .iter()
            .map(|candidate| candidate.choice.executor.n_steps());
        lengths.max().unwrap_or(1)
    }

    /// Books the time that `n_steps` steps at a stretch took on this rank; returns whether all candidates are measured.
    pub fn record(&mut self, n_steps: usize, seconds: f64) -> bool {
        let candidate = &mut self.candidates[self.next];
        if n_steps < candidate.choice.executor.n_steps() {
            candidate.n_cut += 1;
        } else if candidate.warmed_up {
            candidate.samples.push(seconds / n_steps as f64);
        } else {
            candidate.warmed_up = true;
        }
        let n = self.candidates.len();
        let later = (1..=n).map(|ahead| (self.next + ahead) % n);
        match later.into_iter().find(|&next| !self.candidates[next].is_measured()) {
            Some(next) => {
                self.next = next;
                false
            }
            None => true,
        }
    }

    /// Goes on with `more` candidates, and measures that of `best` once more beside them.
    pub fn refine(&mut self, best: Choice, more: &[Choice]) {
        let again = self.candidates.iter_mut().filter(|candidate| candidate.choice == best);
        again.for_each(|candidate| *candidate = Candidate::new(best));
        self.next = self.candidates.len();
        self.candidates.extend(more.iter().copied().map(Candidate::new));
    }

    /// The fastest choice, agreed on by all ranks, with the step times of all in their order (the slowest rank's); infinite
    /// for one that was not measured.
    pub fn choose(&self, world: &World) -> (Choice, Vec<(Choice, f64)>) {
        let mut times: Vec<f64> = self.candidates.iter().map(Candidate::median).collect();
        world.max(&mut times);
        let best = (0..times.len())
            .min_by(|&a, &b| times[a].total_cmp(&times[b]))
            .expect("there are candidates");
        let measured = self.candidates.iter().map(|c| c.choice).zip(times).collect();
        (self.candidates[best].choice, measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(executor: Executor) -> Choice {
        Choice {
            executor,
            strip_rows: None,
        }
    }

    /// Goes on until all is measured, with steps that take `seconds` and stretches of at most `most` steps; returns how many
    /// stretches it took.
    fn measure(tuner: &mut Tuner, most: usize, seconds: impl Fn(Choice, usize) -> f64) -> usize {
        for n in 1.. {
            let choice = tuner.choice();
            let n_steps = choice.executor.n_steps().min(most);
            if tuner.record(n_steps, n_steps as f64 * seconds(choice, n - 1)) {
                return n;
            }
        }
        unreachable!()
    }

    #[test]
    fn the_fastest_candidate_wins_and_the_first_step_of_each_does_not_count() {
        let (slow, fast) = (plain(Executor::Blocking), plain(Executor::Overlap));
        let mut tuner = Tuner::new(&[slow, fast]);
        let n = measure(&mut tuner, 1, |choice, n| match n {
            0..2 => 100.0,
            _ if choice == slow => 2.0,
            _ => 1.0,
        });
        assert_eq!(n, 2 * (SAMPLES + 1));
        let (best, times) = tuner.choose(&World::single());
        assert_eq!(best, fast);
        assert_eq!(times, vec![(slow, 2.0), (fast, 1.0)]);
    }

    #[test]
    fn blocks_that_are_cut_short_do_not_count_and_are_not_waited_for_for_ever() {
        let (steps, blocks) = (plain(Executor::Blocking), plain(Executor::Temporal(8)));
        let mut tuner = Tuner::new(&[steps, blocks]);
        assert_eq!(tuner.longest(), 8);
        measure(&mut tuner, 5, |choice, _| if choice == steps { 2.0 } else { 1.0 });
        assert_eq!(tuner.choose(&World::single()).0, steps);
        let mut tuner = Tuner::new(&[steps, blocks]);
        measure(&mut tuner, 8, |choice, _| if choice == steps { 2.0 } else { 1.0 });
        assert_eq!(
            tuner.choose(&World::single()),
            (blocks, vec![(steps, 2.0), (blocks, 1.0)])
        );
    }

    #[test]
    fn what_is_refined_is_measured_anew() {
        let (steps, blocks) = (plain(Executor::Blocking), plain(Executor::Temporal(4)));
        let narrow = Choice {
            strip_rows: Some(7),
            ..blocks
        };
        let mut tuner = Tuner::new(&[steps, blocks]);
        measure(&mut tuner, 4, |choice, _| if choice == steps { 2.0 } else { 1.0 });
        tuner.refine(blocks, &[narrow]);
        assert_eq!(tuner.choice(), narrow);
        let n = measure(&mut tuner, 4, |choice, _| if choice == narrow { 1.25 } else { 1.5 });
        assert_eq!(n, 2 * (LEAST_SAMPLES + 1));
        let (best, times) = tuner.choose(&World::single());
        assert_eq!((best, best.name().as_str()), (narrow, "temporal 4, strips of 7 rows"));
        assert_eq!(times, vec![(steps, 2.0), (blocks, 1.5), (narrow, 1.25)]);
    }
}
