//! One problem in one precision: every executor in turn, between passes of the copy that sets the roof.

use super::bench::Plan;
use super::in_cache::{InCache, SmallTile};
use super::machine::{Memory, Mix, Stream};
use super::problems::Problem;
use super::samples::Samples;
use crate::engine::{Engine, Executor, Setup, Tick, depth_of};
use crate::error::{Error, Result};
use crate::grid::{Tile, Topology};
use crate::kernels::contract::Buildable;
use crate::kernels::{Declaration, Kernel, Rates};
use crate::metrics::Phase;
use crate::metrics::caches::{caches, n_processors, working_cache};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::{Neighbours, World};
use crate::simulation::{Case, deepened};
use serde::Serialize;
use std::time::Instant;

/// Share of the largest stable time step that problems are advanced by.
pub(super) const CFL: f64 = 0.5;

/// The speed of one executor.
#[derive(Clone, Debug, Serialize)]
pub struct ExecutorSpeed {
    pub executor: String,
    /// Cells advanced by one step, per second, on all ranks together.
    pub updates_per_second: Samples,
    /// Share of the time that ranks wait for messages, mean over ranks.
    pub wait_share: Samples,
    /// Time that ranks wait for messages per step, s, mean over ranks.
    pub wait_per_step: Samples,
    /// Of the median speed; zero until everything is measured.
    pub shares: Shares,
}

/// The speed of one problem in one precision.
#[derive(Clone, Debug, Serialize)]
pub struct KernelSpeed {
    pub problem: &'static str,
    pub summary: &'static str,
    pub precision: &'static str,
    pub cells: [usize; 3],
    pub topology: Topology,
    pub neighbours: Neighbours,
    /// Bytes of the slots and coefficients of all ranks.
    pub storage_bytes: f64,
    /// Least bytes that a plain sweep moves per cell and step.
    pub bytes_per_cell: f64,
    /// Whether rows that kernels store as a whole went past the caches.
    pub is_streamed: bool,
    /// Length of a step, s.
    pub dt: f64,
    pub steps_per_repeat: u64,
    /// Copy bandwidth of all ranks, write-allocate counted, between the repetitions of this problem, bytes/s.
    pub copy: Samples,
    /// The loop over as many arrays as a stage reads and writes on average.
    pub mix: MixSpeed,
    /// The same stages where the memory is no limit.
    pub in_cache: InCache,
    pub executors: Vec<ExecutorSpeed>,
}

/// What a loop over as many arrays as a stage goes through allows a problem.
#[derive(Clone, Debug, Serialize)]
pub struct MixSpeed {
    pub mix: Mix,
    /// Bytes that a plain sweep moves per cell and step, with stores as in the loop.
    pub bytes_per_cell: f64,
    /// Of all ranks, between the repetitions of the problem, bytes/s.
    pub bandwidth: Samples,
}

impl MixSpeed {
    /// Updates per second that the bandwidth allows a plain sweep.
    pub fn roof(&self) -> f64 {
        self.bandwidth.median() / self.bytes_per_cell
    }
}

/// An executor's speed as a share of what bounds it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Shares {
    /// Of what the copy bandwidth allows.
    pub of_roof: f64,
    /// Of what the bandwidth of the mix allows.
    pub of_mix: f64,
    /// Of the rate in a core's own caches.
    pub of_in_cache: f64,
}

impl KernelSpeed {
    /// Updates per second that the copy bandwidth allows a plain sweep.
    pub fn roof(&self) -> f64 {
        self.copy.median() / self.bytes_per_cell
    }

    /// The shares of an executor whose median speed is `updates` per second.
    fn shares(&self, updates: f64) -> Shares {
        Shares {
            of_roof: updates / self.roof(),
            of_mix: updates / self.mix.roof(),
            of_in_cache: updates / self.in_cache.updates_per_second.median(),
        }
    }

    /// Share of waiting that an executor hides, compared with blocking; `None` where blocking was not measured or does
    /// not wait.
    pub fn hidden(&self, executor: &ExecutorSpeed) -> Option<f64> {
        let blocking = self
            .executors
            .iter()
            .find(|e| e.executor == Executor::Blocking.name())?;
        let waited = blocking.wait_per_step.median();
        (waited > 0.0).then(|| 1.0 - executor.wait_per_step.median() / waited)
    }
}

/// Measures `problem` in the precision `T`. `memory` gives the roof; `free_memory` is what the problem may fill, bytes.
///
/// # Errors
/// If the grid does not fit the memory, or cannot be cut for this number of ranks.
pub fn measure<T: Buildable>(
    world: &World,
    plan: &Plan,
    problem: &'static Problem,
    memory: &mut Memory,
    free_memory: f64,
) -> Result<KernelSpeed> {
    let mut course = Course::<T>::new(world, plan, problem, free_memory)?;
    let steps = match plan.steps_per_repeat {
        Some(steps) => steps,
        None => course.steps_that_last(plan.seconds_per_repeat),
    };
    let chosen = course.executors.clone();
    let mut executors: Vec<ExecutorSpeed> = chosen.iter().map(|e| ExecutorSpeed::unmeasured(*e)).collect();
    for &executor in &chosen {
        course.repetition(executor, course.n_phases().max(executor.n_steps() as u64));
    }
    let mut small = SmallTile::new(world, plan, problem, &course.engine)?;
    let mut mix = course.mix();
    memory.mix_on_all_ranks(world, mix.mix);
    let mut copy = Samples::default();
    for _ in 0..plan.repeat {
        copy.push(memory.all_ranks(world, Stream::Copy));
        mix.bandwidth.push(memory.mix_on_all_ranks(world, mix.mix));
        small.measure();
        for (&executor, speed) in chosen.iter().zip(&mut executors) {
            let repetition = course.repetition(executor, steps);
            speed.push(&repetition, course.n_cells(), steps);
        }
    }
    copy.push(memory.all_ranks(world, Stream::Copy));
    let mut speed = KernelSpeed {
        problem: problem.name,
        summary: problem.summary,
        precision: T::NAME,
        cells: course.engine.tile.grid.cells,
        topology: course.topology,
        neighbours: course.engine.neighbours.clone(),
        storage_bytes: course.storage_bytes,
        bytes_per_cell: course.engine.declaration.bytes_per_cell(size_of::<T>()),
        is_streamed: course.engine.storage.is_streamed(),
        dt: course.dt,
        steps_per_repeat: steps,
        copy,
        mix,
        in_cache: small.finish(),
        executors: Vec::new(),
    };
    for executor in &mut executors {
        executor.shares = speed.shares(executor.updates_per_second.median());
    }
    speed.executors = executors;
    Ok(speed)
}

impl ExecutorSpeed {
    fn unmeasured(executor: Executor) -> ExecutorSpeed {
        ExecutorSpeed {
            executor: executor.name(),
            updates_per_second: Samples::default(),
            wait_share: Samples::default(),
            wait_per_step: Samples::default(),
            shares: Shares::default(),
        }
    }

    fn push(&mut self, repetition: &Repetition, n_cells: usize, steps: u64) {
        let updates = n_cells as f64 * steps as f64;
        self.updates_per_second.push(updates / repetition.slowest);
        self.wait_share.push(repetition.waited / repetition.mean);
        self.wait_per_step.push(repetition.waited / steps as f64);
    }
}

/// Times of one repetition, s.
struct Repetition {
    /// Of the slowest rank.
    slowest: f64,
    /// Mean over ranks.
    mean: f64,
    /// Waiting for messages, mean over ranks.
    waited: f64,
}

/// This rank's engine for a case that is made for its steps, and the rates of its tile at the start.
///
/// # Errors
/// If the grid cannot be cut for this number of ranks, or the kernel not be prepared: the same on every rank.
pub(super) fn engine_of<T: Buildable>(
    world: &World,
    case: &Case,
    instructions: InstructionSet,
) -> Result<(Engine<T>, Rates)> {
    let decomposition = case.decompose(world.size())?;
    let tile = case.tile(&decomposition, world.rank());
    let (kernel, rates) = prepared(world, case, &tile)?;
    let setup = Setup {
        decomposition,
        declaration: case.declaration.clone(),
        kernel,
        tile,
        instructions,
        blocks: Vec::new(),
        cache: 0,
        n_threads: 1,
        shared_memory: true,
    };
    Ok((Engine::new(world, setup), rates))
}

fn prepared<T: Buildable>(world: &World, case: &Case, tile: &Tile) -> Result<(Box<dyn Kernel<T>>, Rates)> {
    let mut kernel = T::build(case.physics.as_ref(), &case.grid);
    let prepared = kernel.prepare(tile, 0.0).and_then(|()| kernel.rates(0.0));
    let rates = world.agree(prepared.map_err(|error| case.refuse(&error)))?;
    Ok((kernel, rates))
}

/// A kernel prepared on `tile` and made for its steps, its declaration, and the length of its steps, s: [`CFL`] of the
/// longest stable one, the same on every rank.
///
/// # Errors
/// If the kernel cannot be prepared.
pub(super) fn fitted_kernel<T: Buildable>(
    world: &World,
    case: &Case,
    tile: &Tile,
) -> Result<(Box<dyn Kernel<T>>, Declaration, f64)> {
    let (kernel, mut rates) = prepared(world, case, tile)?;
    let mut total = [rates.total];
    world.max(&mut total);
    rates.total = total[0];
    match case.fitted(&rates)? {
        None => Ok((kernel, case.declaration.clone(), CFL / rates.total)),
        Some(fitted) => {
            // One set of coefficients goes before the next is made.
            drop(kernel);
            let (kernel, _) = prepared(world, &fitted, tile)?;
            let dt = fitted.physics.fixed_dt().unwrap_or(CFL / rates.total);
            Ok((kernel, fitted.declaration, dt))
        }
    }
}

/// A problem on its way: the engine of this rank, and how far it is.
pub(super) struct Course<'w, T> {
    world: &'w World,
    pub engine: Engine<T>,
    /// Those of the plan that the tiles have room for.
    executors: Vec<Executor>,
    topology: Topology,
    storage_bytes: f64,
    dt: f64,
    step: u64,
}

impl<'w, T: Buildable> Course<'w, T> {
    pub fn new(world: &'w World, plan: &Plan, problem: &Problem, free_memory: f64) -> Result<Course<'w, T>> {
        let case = problem.case(plan.size.unwrap_or(problem.size), T::NAME, plan.topology)?;
        let decomposition = case.decompose(world.size())?;
        let admitted =
            |executor: &Executor| decomposition.admits(&depth_of(&case.declaration, &case.grid, executor.n_steps()));
        let executors: Vec<Executor> = plan.executors.iter().copied().filter(admitted).collect();
        let blocks: Vec<usize> = executors.iter().filter_map(|e| e.block()).collect();
        let tile = deepened(&case, case.tile(&decomposition, world.rank()), &blocks);
        let storage_bytes = sum(world, case.tile_bytes(&tile));
        if storage_bytes > free_memory {
            return Err(Error::Config(format!(
                "{}: it needs {:.1} GB of memory, but {:.1} GB are free; choose a smaller --size or more hosts",
                case.config.path.display(),
                storage_bytes / 1e9,
                free_memory / 1e9
            )));
        }
        let (kernel, declaration, dt) = fitted_kernel(world, &case, &tile)?;
        let setup = Setup {
            decomposition: decomposition.clone(),
            declaration,
            kernel,
            tile,
            instructions: plan.instructions,
            blocks,
            cache: working_cache(&caches(), n_processors()),
            n_threads: plan.n_threads,
            shared_memory: plan.shared_memory,
        };
        let mut engine = Engine::new(world, setup);
        if let Some(is_streamed) = plan.is_streamed {
            engine.storage.set_streamed(is_streamed);
        }
        engine.initialise(0.0);
        Ok(Course {
            world,
            engine,
            executors,
            topology: decomposition.topology,
            storage_bytes,
            dt,
            step: 0,
        })
    }

    /// The loop that the stages amount to, not yet measured.
    fn mix(&self) -> MixSpeed {
        let traffic = self.engine.declaration.traffic();
        let mix = Mix::of(&traffic, self.engine.storage.is_streamed());
        MixSpeed {
            mix,
            bytes_per_cell: mix.numbers_moved(&traffic) * size_of::<T>() as f64,
            bandwidth: Samples::default(),
        }
    }

    fn n_cells(&self) -> usize {
        self.engine.tile.grid.n_cells()
    }

    fn n_phases(&self) -> u64 {
        self.engine.declaration.phases.len() as u64
    }

    /// Advances by `steps` and tells how long it took, the same on every rank.
    fn repetition(&mut self, executor: Executor, steps: u64) -> Repetition {
        self.engine.timers.reset();
        self.world.barrier();
        let start = Instant::now();
        advance(&mut self.engine, executor, self.step, steps, self.dt);
        self.step += steps;
        let mine = [start.elapsed().as_secs_f64(), self.engine.timers.seconds(Phase::Wait)];
        let (mut slowest, mut all) = (mine, mine);
        self.world.max(&mut slowest);
        self.world.total(&mut all);
        let [mean, waited] = all.map(|seconds| seconds / self.world.size() as f64);
        Repetition {
            slowest: slowest[0],
            mean,
            waited,
        }
    }

    /// How many steps take at least `seconds`, in whole rounds of the phases and of the longest blocks. Warms up first.
    fn steps_that_last(&mut self, seconds: f64) -> u64 {
        let n_phases = self.n_phases();
        let longest = self.executors.iter().map(|executor| executor.n_steps() as u64).max();
        let n = n_phases * longest.unwrap_or(1).div_ceil(n_phases);
        self.repetition(Executor::Blocking, n_phases);
        let round = self.repetition(Executor::Blocking, n).slowest;
        n * ((seconds / round).ceil() as u64).max(1)
    }
}

/// Advances an engine by `n_steps` of `dt` seconds from step `first` on.
pub(super) fn advance<T: Buildable>(engine: &mut Engine<T>, executor: Executor, first: u64, n_steps: u64, dt: f64) {
    let (mut step, end) = (first, first + n_steps);
    while step < end {
        let n = (executor.n_steps() as u64).min(end - step);
        let tick = |step: u64| Tick {
            step,
            time: step as f64 * dt,
            dt,
        };
        let ticks: Vec<Tick> = (step..step + n).map(tick).collect();
        engine.advance(executor, &ticks);
        step += n;
    }
}

/// The sum of a number over all ranks.
fn sum(world: &World, value: f64) -> f64 {
    let mut all = [value];
    world.total(&mut all);
    all[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::PROBLEMS;

    fn speed(problem: &'static Problem, plan: &Plan) -> Result<KernelSpeed> {
        let mut memory = Memory::new(4096, InstructionSet::best());
        measure::<f32>(&World::single(), plan, problem, &mut memory, f64::INFINITY)
    }

    #[test]
    fn every_problem_runs_in_every_executor() {
        for problem in PROBLEMS {
            let speed = speed(problem, &Plan::small()).unwrap();
            assert_eq!(speed.executors.len(), 4);
            assert!(speed.executors.iter().all(|e| e.updates_per_second.min() > 0.0));
            assert!(speed.roof() > 0.0 && speed.dt > 0.0);
            assert!(speed.mix.roof() > 0.0 && speed.in_cache.updates_per_second.min() > 0.0);
            assert_eq!(speed.precision, "f32");
        }
    }

    #[test]
    fn shares_are_of_the_median() {
        let speed = speed(&PROBLEMS[1], &Plan::small()).unwrap();
        let executor = &speed.executors[2];
        let updates = executor.updates_per_second.median();
        // Quotients of the same numbers.
        assert_eq!(
            executor.shares.of_roof,
            updates / (speed.copy.median() / speed.bytes_per_cell)
        );
        assert_eq!(executor.shares.of_mix, updates / speed.mix.roof());
        assert_eq!(
            executor.shares.of_in_cache,
            updates / speed.in_cache.updates_per_second.median()
        );
    }

    #[test]
    fn a_topology_for_another_number_of_ranks_is_refused() {
        let mut plan = Plan::small();
        plan.topology = Some([1, 2, 3]);
        let error = speed(&PROBLEMS[0], &plan).unwrap_err();
        assert!(error.to_string().contains("1 x 2 x 3 makes 6 tiles"), "{error}");
    }

    #[test]
    fn a_grid_beyond_the_memory_is_refused_before_it_is_allocated() {
        let mut plan = Plan::small();
        plan.size = Some(1000);
        let mut memory = Memory::new(4096, InstructionSet::best());
        let result = measure::<f64>(&World::single(), &plan, &PROBLEMS[0], &mut memory, 1e9);
        assert!(matches!(result, Err(Error::Config(text)) if text.contains("--size")));
    }

    #[test]
    fn rows_stored_past_the_caches_have_the_same_bits() {
        let after_five_steps = |is_streamed| {
            let mut plan = Plan::small();
            plan.is_streamed = Some(is_streamed);
            plan.size = Some(21);
            let world = World::single();
            let mut course = Course::<f64>::new(&world, &plan, &PROBLEMS[0], f64::INFINITY).unwrap();
            course.repetition(Executor::Overlap, 5);
            assert_eq!(course.engine.storage.is_streamed(), is_streamed);
            let slot = course.engine.declaration.slot_of_field(0, 5);
            let mut values = Vec::new();
            course
                .engine
                .storage
                .array(slot)
                .pack(&course.engine.tile.owned, &mut values);
            values.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(after_five_steps(true), after_five_steps(false));
    }

    #[test]
    fn hidden_waiting_is_relative_to_blocking() {
        let mut speed = speed(&PROBLEMS[0], &Plan::small()).unwrap();
        let waits = [0.4, 0.1, 0.0];
        for (executor, wait) in speed.executors.iter_mut().zip(waits) {
            executor.wait_per_step = [wait].into_iter().collect();
        }
        assert_eq!(speed.hidden(&speed.executors[1]), Some(0.75));
        assert_eq!(speed.hidden(&speed.executors[2]), Some(1.0));
    }
}
