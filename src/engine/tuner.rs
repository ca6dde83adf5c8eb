//! Chooses the executor by measuring every candidate during the first steps.

use super::Executor;
use crate::parallel::World;

/// Steps that are timed per candidate that goes step by step, after one that is not.
const SAMPLES: usize = 7;

/// Blocks that are timed at least per candidate that goes in blocks, after one that is not.
const LEAST_SAMPLES: usize = 2;

/// One executor and the step times measured with it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub executor: Executor,
    samples: Vec<f64>,
    warmed_up: bool,
}

impl Candidate {
    fn is_measured(&self) -> bool {
        let wanted = SAMPLES.div_ceil(self.executor.n_steps()).max(LEAST_SAMPLES);
        self.samples.len() >= wanted
    }

    /// Median of the measured step times, s.
    pub fn median(&self) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::INFINITY)
    }
}

/// Tries the executors in turn, so that a disturbance of the machine hits all of them alike. All give the same bits, so
/// the steps it takes are steps of the run.
#[derive(Clone, Debug)]
pub struct Tuner {
    candidates: Vec<Candidate>,
    next: usize,
}

impl Tuner {
    pub fn new(executors: &[Executor]) -> Tuner {
        let candidate = |&executor| Candidate {
            executor,
            samples: Vec::new(),
            warmed_up: false,
        };
        Tuner {
            candidates: executors.iter().map(candidate).collect(),
            next: 0,
        }
    }

    /// The executor to run the next step with.
    pub fn executor(&self) -> Executor {
        self.candidates[self.next].executor
    }

    /// Books the time that a step took on this rank; returns whether all candidates are measured.
    pub fn record(&mut self, seconds: f64) -> bool {
        let candidate = &mut self.candidates[self.next];
        if candidate.warmed_up {
            candidate.samples.push(seconds);
        }
        candidate.warmed_up = true;
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

    /// The fastest executor, agreed on by all ranks, with the step times of all in their order (the slowest rank's).
    pub fn choose(&self, world: &World) -> (Executor, Vec<(Executor, f64)>) {
        let mut times: Vec<f64> = self.candidates.iter().map(Candidate::median).collect();
        world.max(&mut times);
        let best = (0..times.len())
            .min_by(|&a, &b| times[a].total_cmp(&times[b]))
            .expect("there are candidates");
        let measured = self.candidates.iter().map(|c| c.executor).zip(times).collect();
        (self.candidates[best].executor, measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_candidate_wins_and_the_first_step_of_each_does_not_count() {
        let mut tuner = Tuner::new(&[Executor::Blocking, Executor::Overlap]);
        let mut n = 0;
        loop {
            let seconds = match (tuner.executor(), n) {
                (_, 0..2) => 100.0,
                (Executor::Blocking, _) => 2.0,
                _ => 1.0,
            };
            n += 1;
            if tuner.record(seconds) {
                break;
            }
        }
        assert_eq!(n, 2 * (SAMPLES + 1));
        let (best, times) = tuner.choose(&World::single());
        assert_eq!(best, Executor::Overlap);
        assert_eq!(times, vec![(Executor::Blocking, 2.0), (Executor::Overlap, 1.0)]);
    }
}
