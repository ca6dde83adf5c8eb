//! Blocking, overlapping, overlapping with progress, and blocks of several steps: four orders of the same work.

use super::block::RowEnds;
use super::faults;
use super::sweep::Sweep;
use super::temporal::{self, Cache, Course, Temporal};
use super::{Recorder, Tick, depth_of, exchange_needs};
use crate::field::{ExactSum, Real, Scalar, Shape, StageView, Storage, streaming};
use crate::grid::{Decomposition, Grid, IndexBox, Tile};
use crate::kernels::{self, Declaration, Gauges, Kernel, StageCall, StageSpec};
use crate::metrics::{Phase, Timers};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::{HaloExchange, HaloNeed, HaloPlan, Neighbours, Team, Traffic, World, shared_numbers};
use std::cell::{Cell, RefCell};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Slabs that the core is cut into when messages have to be helped along: enough that a message rarely waits for the
/// next poke, few enough that poking costs nothing.
const PROGRESS_SLABS: usize = 32;

/// Cells of the smallest region that threads share: less is done before they have met.
const LEAST_SHARED: usize = 4096;

/// Layers of a slab whose copies into the tile's own halo are made together.
const COPY_LAYERS: usize = 64;

/// The order of exchange and computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// Exchange, then update all owned cells.
    Blocking,
    /// Post the messages, update the core, wait, update the shell.
    Overlap,
    /// The same, letting messages move between slabs of the core.
    Progress,
    /// Exchange a deep halo, then so many steps at a stretch while their cells are in a cache.
    Temporal(usize),
}

impl Executor {
    /// Those that go step by step.
    pub const STEPWISE: [Executor; 3] = [Executor::Blocking, Executor::Overlap, Executor::Progress];

    pub fn name(self) -> String {
        match self {
            Executor::Blocking => "blocking".into(),
            Executor::Overlap => "overlap".into(),
            Executor::Progress => "progress".into(),
            Executor::Temporal(n_steps) => format!("temporal {n_steps}"),
        }
    }

    /// Steps that it takes at a stretch, at most.
    pub fn n_steps(self) -> usize {
        self.block().unwrap_or(1)
    }

    /// The longest of its blocks, if it goes in blocks.
    pub fn block(self) -> Option<usize> {
        match self {
            Executor::Temporal(n_steps) => Some(n_steps),
            _ => None,
        }
    }
}

/// What an engine is built from.
pub struct Setup<T> {
    pub decomposition: Decomposition,
    pub declaration: Declaration,
    pub kernel: Box<dyn Kernel<T>>,
    pub tile: Tile,
    pub instructions: InstructionSet,
    /// The lengths of blocks of steps that are to be had; the tile has the depth for the longest.
    pub blocks: Vec<usize>,
    /// Bytes of cache that each thread can go through again and again: see `metrics::caches::working_cache`.
    pub cache: usize,
    /// Threads that share the tile.
    pub n_threads: usize,
    /// Whether ranks of a host exchange halos through memory, where they can.
    pub shared_memory: bool,
}

/// One tile, its storage, its kernel, and its exchanges: advances the tile step by step.
pub struct Engine<T> {
    pub tile: Tile,
    pub storage: Storage<T>,
    pub declaration: Declaration,
    pub kernel: Box<dyn Kernel<T>>,
    pub timers: Timers,
    /// Values at single nodes; records nothing unless replaced.
    pub recorder: Recorder,
    /// Rows of the strips that blocks of steps are swept in, where not those that are taken to fit the caches.
    pub strip_rows: Option<usize>,
    /// How the tiles of all ranks exchange halos.
    pub neighbours: Neighbours,
    /// How often messages under way could have been helped along so far.
    pub n_chances: u64,
    instructions: InstructionSet,
    rank: usize,
    team: Team,
    exchanges: Exchanges<T>,
}

/// The messages of an exchange that is under way, for the thread that made them.
struct Messages<'a, T> {
    exchange: RefCell<&'a mut HaloExchange<T>>,
    /// When all were seen to have arrived.
    arrived: Cell<Option<Instant>>,
    n_chances: Cell<u64>,
}

// SAFETY: only the thread that speaks to other ranks pokes, as `Engine::levels` sees to; it has made the exchange.
unsafe impl<T> Sync for Messages<'_, T> {}

impl<'a, T: Real> Messages<'a, T> {
    fn new(exchange: &'a mut HaloExchange<T>) -> Self {
        Messages {
            exchange: RefCell::new(exchange),
            arrived: Cell::new(None),
            n_chances: Cell::new(0),
        }
    }

    fn poke(&self) {
        self.n_chances.set(self.n_chances.get() + 1);
        if self.arrived.get().is_none() && self.exchange.borrow_mut().poke() {
            self.arrived.set(Some(Instant::now()));
        }
    }
}

/// What it takes to run a stage, for threads to share.
struct Stages<'a, T> {
    kernel: &'a dyn Kernel<T>,
    storage: &'a Storage<T>,
    declaration: &'a Declaration,
    tile: &'a Tile,
    rank: usize,
    recorder: Mutex<&'a mut Recorder>,
}

impl<T: Real> Stages<'_, T> {
    /// Runs the stage of `call`, in `phase`, on `region`.
    ///
    /// # Safety
    /// As for [`StageView::new`].
    unsafe fn run(&self, call: &StageCall, phase: usize, region: IndexBox) {
        if cfg!(feature = "faults") {
            faults::panic_in_stage(self.rank, call.step);
            faults::stall_in_stage(self.rank, call.step);
        }
        let spec = &self.declaration.phases[phase].stages[call.stage];
        // SAFETY: handed on to the caller.
        let view = unsafe { view_of(self.storage, self.tile, spec, region) };
        self.kernel.run(call, &view);
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.after_stage((phase, call.stage), call.step, &region, self.storage);
    }

    /// Makes the copies beyond the ends of the rows of `region`.
    ///
    /// # Safety
    /// Nobody else may touch these rows of the slots.
    unsafe fn join(&self, row_ends: &[RowEnds], region: &IndexBox) {
        let rows = self.tile.with_ghosts(region);
        for ends in row_ends {
            for copy in ends.copies(&rows, self.tile) {
                // SAFETY: handed on to the caller.
                unsafe { self.storage.array(ends.slot).copy_shared(&copy) };
            }
        }
    }
}

/// Every exchange of a tile.
struct Exchanges<T> {
    /// `[phase][stage]`: before the stage, if it needs one.
    of_stages: Vec<Vec<Option<HaloExchange<T>>>>,
    /// `[phase]`: fills every halo of the state at the beginning of a step: the initial one, or that of a restart.
    of_states: Vec<HaloExchange<T>>,
    /// Before gauges are read.
    gauges: Option<HaloExchange<T>>,
    /// Blocks of steps.
    temporal: Vec<Temporal<T>>,
}

impl<T: Real> Exchanges<T> {
    /// All of them, in an order that is the same on every rank.
    fn all_mut(&mut self) -> Vec<&mut HaloExchange<T>> {
        let of_stages = self.of_stages.iter_mut().flatten().flatten();
        let in_blocks = self.temporal.iter_mut().flat_map(Temporal::exchanges_mut);
        let all = of_stages.chain(&mut self.of_states).chain(&mut self.gauges);
        all.chain(in_blocks).collect()
    }

    /// Those that are carried out again and again: all but what fills the halos of a state at the beginning.
    fn repeated(&self) -> impl Iterator<Item = &HaloExchange<T>> {
        let of_stages = self.of_stages.iter().flatten().flatten();
        let in_blocks = self.temporal.iter().flat_map(Temporal::exchanges);
        of_stages.chain(&self.gauges).chain(in_blocks)
    }
}

impl<T: Real> Engine<T> {
    /// Allocates storage and sets up the exchanges; the kernel must be prepared.
    pub fn new(world: &World, setup: Setup<T>) -> Engine<T> {
        Engine::connected(world, world.rank(), setup)
    }

    /// The engine of `rank` with nobody to talk to: all is done as in a job, also the packing and the unpacking, but what would
    /// arrive is zero. For measuring what a step costs without its messages; what it computes means nothing.
    pub fn silent(rank: usize, setup: Setup<T>) -> Engine<T> {
        Engine::connected(&World::single(), rank, setup)
    }

    /// The engine of `rank`, as far as `world` goes.
    fn connected(world: &World, rank: usize, setup: Setup<T>) -> Engine<T> {
        let Setup {
            decomposition,
            declaration,
            tile,
            blocks,
            ..
        } = &setup;
        let cache = Cache {
            n_threads: setup.n_threads,
            bytes: setup.cache,
        };
        let exchange = |needs: &[HaloNeed]| HaloExchange::new(HaloPlan::new(decomposition, rank, tile, needs));
        let exchanges = exchange_needs(declaration, &tile.grid)
            .iter()
            .map(|stages| {
                stages
                    .iter()
                    .map(|needs| (!needs.is_empty()).then(|| exchange(needs)))
                    .collect()
            })
            .collect();
        let mut exchanges = Exchanges {
            of_stages: exchanges,
            of_states: declaration
                .phases
                .iter()
                .map(|phase| exchange(&state_needs(phase, declaration, &tile.grid, blocks)))
                .collect(),
            gauges: declaration
                .gauges
                .as_ref()
                .map(|gauges| exchange(&gauge_needs(gauges, declaration, &tile.grid))),
            temporal: blocks
                .iter()
                .map(|&n| Temporal::new(n, declaration, tile, cache, exchange))
                .collect(),
        };
        let neighbours = HaloExchange::connect(world, &mut exchanges.all_mut(), setup.shared_memory);
        let mut engine = Engine::assemble(rank, setup, exchanges);
        engine.neighbours = neighbours;
        engine
    }

    /// An engine whose tile has no neighbours: stages run on the owned cells as ever, but nothing is exchanged, and the
    /// halo of every slot keeps the initial state at `time`. For measuring what stages cost by themselves; what they
    /// compute means nothing. The kernel must be prepared, and all that the tile stores lie inside the grid.
    pub fn isolated(setup: Setup<T>, time: f64) -> Engine<T> {
        let phases = setup.declaration.phases.iter();
        let exchanges = phases.map(|phase| phase.stages.iter().map(|_| None).collect());
        let exchanges = Exchanges {
            of_stages: exchanges.collect(),
            of_states: Vec::new(),
            gauges: None,
            temporal: Vec::new(),
        };
        let mut engine = Engine::assemble(0, setup, exchanges);
        let call = engine.call(0, 0, time, 0.0);
        let stored = engine.tile.stored();
        {
            // SAFETY: nobody else has access to an engine that is being made.
            let view = unsafe { engine.view(&engine.declaration.initial, stored) };
            engine.kernel.initialise(&call, &view);
        }
        engine.fill_other_slots(&stored);
        engine
    }

    /// Copies the first live slot into every other one of its kind, so that no halo holds numbers of another size.
    fn fill_other_slots(&mut self, stored: &IndexBox) {
        let live = &self.declaration.phases[0].live;
        let mut values = Vec::new();
        self.storage.array(live[0]).pack(stored, &mut values);
        for slot in self.declaration.slot_ids().filter(|slot| !live.contains(slot)) {
            let spec = &self.declaration.slots[slot.0];
            if spec.scalar == Scalar::Real && spec.domain.is_none() {
                self.storage.array_mut(slot).unpack(stored, &values);
            }
        }
    }

    /// Allocates storage.
    fn assemble(rank: usize, setup: Setup<T>, exchanges: Exchanges<T>) -> Engine<T> {
        let mut team = Team::new(setup.n_threads);
        let mut sharing = |touch: &(dyn Fn(usize, usize) + Sync)| team.run(&|member| touch(member.number, member.n));
        let mut storage = Storage::touched_by(&mut sharing, &setup.declaration.slots, &setup.tile);
        storage.set_streamed(streaming::pays(storage.n_bytes(), setup.decomposition.n_tiles()));
        Engine {
            tile: setup.tile,
            storage,
            declaration: setup.declaration,
            kernel: setup.kernel,
            timers: Timers::new(rank),
            recorder: Recorder::default(),
            strip_rows: None,
            neighbours: Neighbours::default(),
            n_chances: 0,
            instructions: setup.instructions,
            rank,
            team,
            exchanges,
        }
    }

    /// Whether this tile exchanges messages with other ranks.
    pub fn has_messages(&self) -> bool {
        self.exchanges
            .of_stages
            .iter()
            .flatten()
            .flatten()
            .any(|exchange| !exchange.plan().links.is_empty())
    }

    /// The messages that this tile has sent so far, in steps and for gauges; not those that filled the halos at the
    /// beginning.
    pub fn traffic(&self) -> Vec<Traffic> {
        Traffic::of(self.exchanges.repeated())
    }

    /// Rows of the strips that blocks of up to `n_steps` steps are swept in, unless the engine is told otherwise, at most as many
    /// as the tile has; none where there are no such blocks, or no strips.
    pub fn rows_that_fit(&self, n_steps: usize) -> Option<usize> {
        let mut blocks = self.exchanges.temporal.iter();
        let sweep = blocks.find(|blocks| blocks.n_steps == n_steps)?.sweep;
        sweep.across.map(|axis| sweep.rows.min(self.tile.owned.len(axis)))
    }

    /// Fills the initial state at `time`, and every halo.
    pub fn initialise(&mut self, time: f64) {
        let call = self.call(0, 0, time, 0.0);
        let spec = &self.declaration.initial;
        // SAFETY: `&mut self` excludes every other access to the storage.
        let view = unsafe { self.view(spec, self.tile.owned) };
        self.kernel.initialise(&call, &view);
        self.recorder.initial(&self.storage);
        self.exchanges.of_states[0].carry_out(&mut self.storage);
    }

    /// Goes on with the state at the beginning of step `step` that has been put into the owned cells of the live slots and
    /// the ghosts that belong to them: fills every halo.
    pub fn resume(&mut self, step: u64) {
        let phase = self.declaration.phase_of(step);
        self.exchanges.of_states[phase].carry_out(&mut self.storage);
    }

    /// This tile's sums for each of the declared gauges, at the beginning of step `step`.
    pub fn gauge(&mut self, step: u64, time: f64, dt: f64) -> Vec<ExactSum> {
        let Some(gauges) = &self.declaration.gauges else {
            return Vec::new();
        };
        if let Some(exchange) = &mut self.exchanges.gauges {
            exchange.carry_out(&mut self.storage);
        }
        let mut sums = vec![ExactSum::new(); gauges.numbers.len()];
        let call = self.call(step, 0, time, dt);
        // SAFETY: `&mut self` excludes every other access to the storage.
        let view = unsafe { self.view(&gauges.stage, self.tile.owned) };
        self.kernel.gauge(&call, &view, &mut sums);
        sums
    }

    /// Advances the tile by one step from `time` to `time + dt`, which the temporal executor has no order of its own for.
    pub fn step(&mut self, executor: Executor, step: u64, time: f64, dt: f64) {
        self.timers.begin_steps(step, 1, || executor.name());
        let phase = self.declaration.phase_of(step);
        for stage in 0..self.declaration.phases[phase].stages.len() {
            let call = self.call(step, stage, time, dt);
            let Some(mut exchange) = self.exchanges.of_stages[phase][stage].take() else {
                self.run(&call, phase, self.tile.owned, Phase::Core);
                continue;
            };
            match executor {
                Executor::Blocking | Executor::Temporal(_) => self.blocking(&call, phase, &mut exchange),
                Executor::Overlap => self.overlap(&call, phase, &mut exchange, 1),
                Executor::Progress => self.overlap(&call, phase, &mut exchange, PROGRESS_SLABS),
            }
            self.exchanges.of_stages[phase][stage] = Some(exchange);
        }
    }

    /// Advances the tile by steps that follow each other, at most as many as the executor takes at a stretch.
    pub fn advance(&mut self, executor: Executor, ticks: &[Tick]) {
        match (executor, ticks) {
            (Executor::Temporal(n_steps), [_, _, ..]) | (Executor::Temporal(n_steps @ 1), [_]) => {
                self.temporal(n_steps, ticks)
            }
            (Executor::Temporal(_), [tick]) => self.step(Executor::Blocking, tick.step, tick.time, tick.dt),
            _ => ticks
                .iter()
                .for_each(|tick| self.step(executor, tick.step, tick.time, tick.dt)),
        }
    }

    fn temporal(&mut self, n_steps: usize, ticks: &[Tick]) {
        let name = || Executor::Temporal(n_steps).name();
        self.timers.begin_steps(ticks[0].step, ticks.len(), name);
        let place = self
            .exchanges
            .temporal
            .iter()
            .position(|blocks| blocks.n_steps == n_steps);
        let mut blocks = self
            .exchanges
            .temporal
            .swap_remove(place.expect("blocks of this length were asked for"));
        let first = self.declaration.phase_of(ticks[0].step);
        let (course, sweep, exchange) = blocks.course(first, ticks.len());
        let sweep = sweep.with_rows(self.strip_rows);
        let calls: Vec<StageCall> = course
            .levels
            .iter()
            .map(|level| {
                let tick = &ticks[level.step];
                self.call(tick.step, level.stage, tick.time, tick.dt)
            })
            .collect();
        self.pack_and_post(exchange);
        self.copy_own(exchange, 2, i64::MAX);
        let is_streamed = self.storage.is_streamed();
        // What is written is read again soon.
        self.storage.set_streamed(false);
        if let Some(split) = &course.split {
            let messages = Messages::new(exchange);
            self.levels(course, sweep, &split.core, &calls, Phase::Core, || messages.poke());
            self.n_chances += messages.n_chances.get();
            if let Some(seen) = messages.arrived.get() {
                self.timers.arrive(Some(seen));
            }
        }
        self.finish(&calls[0], exchange);
        match &course.split {
            None => self.levels(course, sweep, &course.regions, &calls, Phase::Core, || {}),
            Some(split) => {
                for part in &split.rest {
                    self.levels(course, sweep, part, &calls, Phase::Shell, || {});
                }
            }
        }
        self.storage.set_streamed(is_streamed);
        self.exchanges.temporal.push(blocks);
    }

    /// Sweeps the levels of a block on `regions`. After each layer the thread that may speak to other ranks calls `between`.
    fn levels(
        &mut self,
        course: &Course,
        sweep: Sweep,
        regions: &[IndexBox],
        calls: &[StageCall],
        book: Phase,
        between: impl Fn() + Sync,
    ) {
        let entered = self.timers.enter(book);
        let (stages, team) = self.stages();
        team.run(&|member| {
            let run = |n: usize, region: IndexBox| {
                // SAFETY: the engine is borrowed exclusively, and the sweep keeps apart what conflicts, in one thread by
                // order and between threads by meetings.
                unsafe {
                    stages.run(&calls[n], course.levels[n].phase, region);
                    stages.join(&course.row_ends[n], &region);
                }
            };
            let fetch = |n: usize, next: IndexBox| {
                for front in &course.fronts {
                    let part = front.part(&next, course.levels.len(), n);
                    stages.storage.array(front.slot).prefetch(&part);
                }
            };
            let layer_done = || {
                if member.number == 0 {
                    between();
                }
            };
            sweep.for_each(&course.levels, regions, member, run, fetch, layer_done);
        });
        self.timers.leave(entered);
    }

    fn call(&self, step: u64, stage: usize, time: f64, dt: f64) -> StageCall {
        StageCall {
            step,
            stage,
            time,
            dt,
            owned: self.tile.owned,
            instructions: self.instructions,
        }
    }

    fn blocking(&mut self, call: &StageCall, phase: usize, exchange: &mut HaloExchange<T>) {
        self.pack_and_post(exchange);
        self.finish(call, exchange);
        self.sweep(call, phase, exchange, self.tile.owned, 1);
    }

    fn overlap(&mut self, call: &StageCall, phase: usize, exchange: &mut HaloExchange<T>, n_slabs: usize) {
        self.pack_and_post(exchange);
        let owned = self.tile.owned;
        let core = core_of(&self.tile, exchange.plan());
        self.sweep(call, phase, exchange, core, n_slabs);
        self.finish(call, exchange);
        for piece in owned.minus(&core) {
            self.run(call, phase, piece, Phase::Shell);
        }
    }

    /// Updates `region` in slabs of layers along its slowest axis: at least `n_slabs`, with a poke between them, and as
    /// many as it takes for the copies into the tile's own halo to find their cells in cache. Makes all these copies.
    fn sweep(
        &mut self,
        call: &StageCall,
        phase: usize,
        exchange: &mut HaloExchange<T>,
        region: IndexBox,
        n_slabs: usize,
    ) {
        let axis = if region.len(2) > 1 { 2 } else { 1 };
        let by_copies = if exchange.copies_within_layers(axis) {
            region.len(axis).div_ceil(COPY_LAYERS)
        } else {
            1
        };
        let pokes = n_slabs > 1 && !exchange.plan().links.is_empty();
        let n_slabs = n_slabs.max(by_copies).min(region.len(axis)).max(1);
        let ahead = self.declaration.margin(&self.tile.grid).hi[axis];
        let mut all_here = !pokes;
        for part in 0..n_slabs {
            let slab = region.split(axis, n_slabs, part);
            self.copy_own(exchange, axis, slab.hi[axis] + ahead);
            self.run(call, phase, slab, Phase::Core);
            self.n_chances += u64::from(pokes && part + 1 < n_slabs);
            if !all_here && part + 1 < n_slabs {
                all_here = self.timers.poke(|| exchange.poke());
                if all_here {
                    self.timers.arrive(None);
                }
            }
        }
        self.copy_own(exchange, axis, i64::MAX);
    }

    fn copy_own(&mut self, exchange: &mut HaloExchange<T>, axis: usize, end: i64) {
        self.timers
            .time(Phase::Copy, || exchange.copy_own(&mut self.storage, axis, end));
    }

    fn pack_and_post(&mut self, exchange: &mut HaloExchange<T>) {
        self.timers.time(Phase::Wait, || exchange.await_room());
        self.timers.time(Phase::Pack, || exchange.pack(&mut self.storage));
        if !exchange.plan().links.is_empty() {
            self.timers.send(|| exchange.n_bytes_sent());
        }
        self.timers.time(Phase::Post, || exchange.post());
    }

    fn finish(&mut self, call: &StageCall, exchange: &mut HaloExchange<T>) {
        self.timers.time(Phase::Wait, || exchange.wait());
        self.timers.arrive(None);
        self.timers.time(Phase::Unpack, || exchange.unpack(&mut self.storage));
        if cfg!(feature = "faults") {
            faults::corrupt_halo(self.rank, call.step, exchange.plan(), &mut self.storage);
        }
    }

    fn run(&mut self, call: &StageCall, phase: usize, region: IndexBox, book: Phase) {
        if region.is_empty() {
            return;
        }
        let entered = self.timers.enter(book);
        let axis = if region.len(2) > 1 { 2 } else { 1 };
        let (stages, team) = self.stages();
        let n_parts = match region.n_cells() >= LEAST_SHARED {
            true => team.n().min(region.len(axis)),
            false => 1,
        };
        let run = |part: usize| {
            // SAFETY: the engine is borrowed exclusively, and the parts of a region do not overlap.
            unsafe { stages.run(call, phase, region.split(axis, n_parts, part)) };
        };
        match n_parts {
            1 => run(0),
            _ => team.run(&|member| {
                if member.number < n_parts {
                    run(member.number);
                }
            }),
        }
        self.timers.leave(entered);
    }

    /// What runs stages, and the threads that do.
    fn stages(&mut self) -> (Stages<'_, T>, &mut Team) {
        let stages = Stages {
            kernel: &*self.kernel,
            storage: &self.storage,
            declaration: &self.declaration,
            tile: &self.tile,
            rank: self.rank,
            recorder: Mutex::new(&mut self.recorder),
        };
        (stages, &mut self.team)
    }

    /// See [`view_of`].
    ///
    /// # Safety
    /// As for [`StageView::new`].
    unsafe fn view<'s>(&'s self, spec: &'s StageSpec, region: IndexBox) -> StageView<'s, T> {
        // SAFETY: handed on to the caller.
        unsafe { view_of(&self.storage, &self.tile, spec, region) }
    }
}

/// What a stage may touch on `region`.
///
/// # Safety
/// As for [`StageView::new`].
unsafe fn view_of<'s, T: Real>(
    storage: &'s Storage<T>,
    tile: &Tile,
    spec: &'s StageSpec,
    region: IndexBox,
) -> StageView<'s, T> {
    let writable = tile.with_ghosts(&region);
    // SAFETY: handed on to the caller.
    unsafe { StageView::new(storage, &spec.reads, &spec.writes, region, writable) }
}

/// Bytes that the messages of a tile lie in, of a run that begins with its initial state.
pub fn message_bytes<T: Real>(
    decomposition: &Decomposition,
    rank: usize,
    declaration: &Declaration,
    tile: &Tile,
    blocks: &[usize],
    is_shared: bool,
) -> usize {
    let grid = &tile.grid;
    let of_stages = exchange_needs(declaration, grid).into_iter().flatten();
    // Nobody touches what the states of other phases are fetched with.
    let of_state = state_needs(&declaration.phases[0], declaration, grid, blocks);
    let of_gauges = declaration
        .gauges
        .iter()
        .map(|gauges| gauge_needs(gauges, declaration, grid));
    let of_blocks = blocks.iter().flat_map(|&n| temporal::needs(n, declaration, grid));
    let all = of_stages.chain([of_state]).chain(of_gauges).chain(of_blocks);
    let plans: Vec<HaloPlan> = all
        .map(|needs| HaloPlan::new(decomposition, rank, tile, &needs))
        .collect();
    let numbers = match is_shared {
        true => shared_numbers(&plans),
        false => plans.iter().map(HaloPlan::n_numbers).sum(),
    };
    numbers * size_of::<T>()
}

/// What has to be fetched to have all halos of a state at the beginning of a step in `phase`, also for blocks of steps.
fn state_needs(phase: &kernels::Phase, declaration: &Declaration, grid: &Grid, blocks: &[usize]) -> Vec<HaloNeed> {
    let depth = blocks.iter().fold(declaration.margin(grid), |depth, &n| {
        depth.max(&depth_of(declaration, grid, n))
    });
    let with_halo = declaration.slots_with_halo(grid);
    let live = phase.live.iter().filter(|slot| with_halo.contains(slot));
    live.map(|&slot| HaloNeed {
        slot,
        reach: depth,
        shape: Shape::Box,
        ghosts: declaration.ghosts.on(grid),
        domain: declaration.slots[slot.0].domain,
    })
    .collect()
}

/// What has to be fetched before gauges are read: they may be asked for after any step.
fn gauge_needs(gauges: &Gauges, declaration: &Declaration, grid: &Grid) -> Vec<HaloNeed> {
    let far = gauges.stage.reads.iter().filter(|read| !read.reach.on(grid).is_none());
    far.map(|read| HaloNeed {
        slot: read.slot,
        reach: read.reach.on(grid),
        shape: read.shape,
        ghosts: declaration.ghosts.on(grid),
        domain: declaration.slots[read.slot.0].domain,
    })
    .collect()
}

/// The owned cells whose reads stay clear of every halo that a message fills.
fn core_of(tile: &Tile, plan: &HaloPlan) -> IndexBox {
    let reach = plan.message_reach(tile);
    let core = tile.owned.grow(reach.lo.map(|n| -n), reach.hi.map(|n| -n));
    if core.is_empty() {
        tile.owned.with_range(0, tile.owned.lo[0], tile.owned.lo[0])
    } else {
        core
    }
}
