//! What a step costs a rank: measured on its tile, in its place among the others, with them or with nobody to talk to.

use super::step::Work;
use crate::engine::{Engine, Executor};
use crate::kernels::contract::Buildable;
use crate::metrics::Phase;
use crate::parallel::World;
use crate::study::kernels::advance;
use std::time::Instant;

/// An engine on its way.
pub(super) struct Pace<'w, T> {
    world: &'w World,
    pub engine: Engine<T>,
    dt: f64,
    step: u64,
}

/// A stretch of steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Of a step on the slowest rank, s.
    pub seconds: f64,
    /// Of a step on this rank.
    pub work: Work,
    /// How often messages could be helped along in a step.
    pub chances: f64,
}

impl<'w, T: Buildable> Pace<'w, T> {
    pub fn new(world: &'w World, mut engine: Engine<T>, dt: f64) -> Pace<'w, T> {
        engine.initialise(0.0);
        Pace {
            world,
            engine,
            dt,
            step: 0,
        }
    }

    /// Advances by `n_steps`, which all ranks begin at once.
    pub fn stretch(&mut self, executor: Executor, n_steps: u64) -> Stretch {
        self.engine.timers.reset();
        self.world.barrier();
        let before = self.engine.n_chances;
        let mut blocks = Vec::new();
        let start = Instant::now();
        let mut done = 0;
        while done < n_steps {
            let n = (executor.n_steps() as u64).min(n_steps - done);
            let begun = start.elapsed();
            advance(&mut self.engine, executor, self.step + done, n, self.dt);
            blocks.push((start.elapsed() - begun).as_secs_f64());
            done += n;
        }
        self.step += n_steps;
        let mut slowest = [start.elapsed().as_secs_f64()];
        self.world.max(&mut slowest);
        // Block by block, what the slower rank took.
        self.world.max(&mut blocks);
        let in_step = blocks.iter().sum::<f64>();
        let per_step = |phases: &[Phase]| {
            let seconds = phases.iter().map(|&phase| self.engine.timers.seconds(phase));
            seconds.sum::<f64>() / n_steps as f64
        };
        Stretch {
            seconds: slowest[0] / n_steps as f64,
            chances: (self.engine.n_chances - before) as f64 / n_steps as f64,
            work: Work {
                core: per_step(&[Phase::Core]),
                shell: per_step(&[Phase::Shell]),
                copies: per_step(&[Phase::Pack, Phase::Unpack, Phase::Copy]),
                uneven: (in_step - slowest[0]).max(0.0) / n_steps as f64,
            },
        }
    }

    /// How many steps last at least `seconds`, a multiple of `round`: the same on all ranks. Warms up first.
    pub fn steps_that_last(&mut self, seconds: f64, round: u64) -> u64 {
        self.stretch(Executor::Blocking, round);
        let once = self.stretch(Executor::Blocking, round).seconds * round as f64;
        round * ((seconds / once).ceil() as u64).max(1)
    }
}
