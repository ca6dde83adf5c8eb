//! The steps of a case alone, without output, checks and requests: for whoever measures how long steps take.

use super::blocks::{candidates, given};
use super::case::Case;
use super::clock::{Clock, Tick};
use super::monitor::first_defect;
use super::precision::Precise;
use super::prepared::Prepared;
use super::rate_source::AllRanks;
use super::step_limit::StepLimit;
use super::watchdog::Watchdog;
use crate::config::TimeConfig;
use crate::engine::{Choice, Engine, Setup};
use crate::error::{Error, Result};
use crate::grid::Decomposition;
use crate::metrics::caches::{caches, n_processors, working_cache};
use crate::parallel::World;
use std::time::Instant;

/// A case whose steps can be taken, built as a run builds it and with its choice of dt, but without an end.
pub struct BareRun<'w, T> {
    world: &'w World,
    case: Case,
    decomposition: Decomposition,
    engine: Engine<T>,
    limit: StepLimit,
    clock: Clock,
    choices: Vec<Choice>,
    predicted_memory: f64,
    /// Watches the engine's pulse.
    _watchdog: Watchdog,
}

impl<'w, T: Precise> BareRun<'w, T> {
    /// With the initial state. All ranks call it.
    ///
    /// # Errors
    /// Those of a run before its first step, agreed on by all ranks.
    pub fn begin(world: &'w World, case: Case) -> Result<BareRun<'w, T>> {
        let (prepared, fitted) = Prepared::<T>::fitted(world, &case, |_| Vec::new())?;
        let case = fitted.unwrap_or(case);
        let kernel = &*prepared.kernel;
        let mut source = AllRanks::new(world, &case, kernel);
        let limit = StepLimit::new(&case, kernel.rates_vary(), prepared.rates, &mut source)?;
        let endless = TimeConfig {
            end: None,
            steps: None,
            ..case.config.time.clone()
        };
        let clock = Clock::new(&endless).with_fixed_dt(case.physics.fixed_dt());
        let setup = Setup {
            decomposition: prepared.decomposition.clone(),
            declaration: case.declaration.clone(),
            kernel: prepared.kernel,
            tile: prepared.tile,
            instructions: prepared.instructions,
            blocks: prepared.blocks.clone(),
            cache: working_cache(&caches(), n_processors()),
            n_threads: case.config.parallel.threads,
            shared_memory: case.config.parallel.shared_memory,
        };
        let mut engine = Engine::new(world, setup);
        engine.initialise(clock.time());
        let has_messages = world.any(engine.has_messages());
        let choices = match given(&case, &prepared.blocks) {
            Some(choice) => vec![choice],
            None => candidates(&case, &prepared.blocks, has_messages),
        };
        Ok(BareRun {
            _watchdog: Watchdog::start(world, engine.timers.pulse(), case.config.check.stalled_after),
            decomposition: prepared.decomposition,
            predicted_memory: prepared.memory.all(),
            world,
            case,
            engine,
            limit,
            clock,
            choices,
        })
    }

    /// The executor that the configuration names, or those among which it leaves the choice: at least one.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The engine, with the times of the phases of the last [`BareRun::advance`].
    pub fn engine(&self) -> &Engine<T> {
        &self.engine
    }

    /// How the grid is cut.
    pub fn decomposition(&self) -> &Decomposition {
        &self.decomposition
    }

    /// Bytes that this rank takes if it also writes what its configuration asks for.
    pub fn predicted_memory(&self) -> f64 {
        self.predicted_memory
    }

    /// Phases that steps go through in turn.
    pub fn n_phases(&self) -> u64 {
        self.engine.declaration.phases.len() as u64
    }

    /// Takes `n_steps` steps, which begin on all ranks together; returns how long this rank was busy with them, s.
    ///
    /// # Errors
    /// [`Error::Numerical`], agreed on by all ranks, if the configured dt is unstable in one of them.
    pub fn advance(&mut self, choice: Choice, n_steps: u64) -> Result<f64> {
        self.engine.timers.reset();
        self.engine.strip_rows = choice.strip_rows;
        self.world.barrier();
        let start = Instant::now();
        let end = self.clock.step() + n_steps;
        while self.clock.step() < end {
            let n = (choice.executor.n_steps() as u64).min(end - self.clock.step());
            let ticks: Vec<Tick> = (0..n).map(|_| self.tick()).collect::<Result<_>>()?;
            self.engine.advance(choice.executor, &ticks);
            self.engine.timers.pulse().beat(self.clock.step());
        }
        Ok(start.elapsed().as_secs_f64())
    }

    fn tick(&mut self) -> Result<Tick> {
        let mut source = AllRanks::new(self.world, &self.case, &*self.engine.kernel);
        let tick = self.limit.tick(&mut self.clock, None, &mut source)?;
        self.clock.advance();
        Ok(tick)
    }

    /// Looks at the values: those that are not finite take another time than those of a run.
    ///
    /// # Errors
    /// [`Error::Numerical`], on all ranks, if one is not finite.
    pub fn check(&self) -> Result<()> {
        let (step, units) = (self.clock.step(), self.case.config.units);
        match first_defect(&self.engine, self.world, &self.decomposition, step, units) {
            None => Ok(()),
            Some(defect) => Err(Error::Numerical(format!(
                "{}: field \"{}\" is not finite at {} after {step} steps, so that nothing of use was measured.\n  Measure fewer \
                 steps, or look for a time step that is too long (`time.cfl`, `time.dt`).",
                self.case.config.path.display(),
                defect.field,
                defect.place,
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_on_beyond_the_end_of_the_run() {
        let text = "[grid]\ncells = [12, 10]\nspacing = [1, 1]\n[time]\nsteps = 3\n[kernel]\ntype = \"advection-diffusion\"\n\
                    diffusivity = 1\nboundary = { all = \"periodic\" }\n[[kernel.field]]\nname = \"q\"\ninitial = \"x\"\n\
                    [parallel]\nexecutor = \"overlap\"\n";
        let world = World::single();
        let case = Case::parse("t.toml", text, &[]).unwrap();
        let mut run = BareRun::<f64>::begin(&world, case).unwrap();
        let choice = run.choices()[0];
        assert_eq!((run.choices().len(), choice.name()), (1, "overlap".to_owned()));
        assert!(run.advance(choice, 7).unwrap() > 0.0);
        assert_eq!(run.clock.step(), 7);
        run.check().unwrap();
    }
}
