//! One run of a kernel in two ways: plainly by the engine, and box by box in a random legal order, each box in storage
//! where everything that was not declared is poisoned.

use super::deep::{random_copy, random_tile};
use crate::random::Random;
use simrun::engine::{Engine, Executor, Setup};
use simrun::field::{Read, Real, Role, Scalar, Shape, SlotId, StageView, Storage};
use simrun::grid::{Decomposition, Grid, IndexBox, PerAxis, Reach, Tile};
use simrun::kernels::{Declaration, Kernel, StageCall, StageSpec};
use simrun::numerics::instructions::InstructionSet;
use simrun::parallel::World;
use std::ops::Range;

type Cell = PerAxis<i64>;

/// Steps of every run.
pub const STEPS: u64 = 4;

/// A kernel on a grid, how it is run, and what the scheduler believes of it.
pub struct Problem<'a, T> {
    pub grid: Grid,
    pub declaration: Declaration,
    pub order: Order,
    /// Builds the kernel, not yet prepared.
    pub kernel: &'a dyn Fn() -> Box<dyn Kernel<T>>,
    pub instructions: InstructionSet,
    /// The dt of all steps, where the physics has but one.
    pub dt: Option<f64>,
}

/// Which of the rules that declarations imply the random order keeps: all, but in tests of the test.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Nothing is read before it is written.
    pub keeps_flow: bool,
    /// Nothing is overwritten while it is still read.
    pub keeps_reuse: bool,
}

impl Order {
    pub const LEGAL: Order = Order {
        keeps_flow: true,
        keeps_reuse: true,
    };
}

/// One stage of one step: level 0 is the initial state.
#[derive(Clone, Copy, Debug)]
struct Level {
    step: u64,
    stage: Option<usize>,
}

impl<T: Real> Problem<'_, T> {
    /// Whether a stage that runs on `region` is responsible for a cell of a slot: one of the region, or, where ghosts of
    /// the slot are read, a declared ghost with its image there.
    fn is_filled_by(&self, region: &IndexBox, slot: SlotId, cell: Cell) -> bool {
        if !self.has_ghosts(slot) {
            return region.contains(cell);
        }
        let grid = &self.grid;
        let filled = grid.all().reached(&self.declaration.ghosts.on(grid));
        let is_filled = |axis: usize| grid.periodic[axis] || (filled.lo[axis]..filled.hi[axis]).contains(&cell[axis]);
        (0..3).all(is_filled) && region.contains(at_wall(grid, cell))
    }

    /// Whether any stage reads a slot beyond the cell, or the slot or its field says that it lives beyond the last cells:
    /// accumulators and what stages keep for each other do not.
    fn has_ghosts(&self, slot: SlotId) -> bool {
        let fields = self
            .declaration
            .fields
            .iter()
            .filter(|field| field.slot_at.contains(&slot));
        let mut domains = fields
            .map(|field| field.domain)
            .chain(self.declaration.slots[slot.0].domain);
        if domains.any(|domain| !self.grid.all().contains_box(&domain)) {
            return true;
        }
        let mut stages = self.declaration.phases.iter().flat_map(|phase| &phase.stages);
        stages.any(|stage| {
            stage
                .reads
                .iter()
                .any(|read| read.slot == slot && !read.reach.is_none())
        })
    }

    fn tile(&self) -> Tile {
        Tile::whole(self.grid.clone(), self.declaration.margin(&self.grid))
    }

    fn prepared_on(&self, tile: Tile) -> Place<T> {
        let mut kernel = (self.kernel)();
        kernel.prepare(&tile, 0.0).expect("the case is a valid one");
        Place { tile, kernel }
    }

    /// A stable time step that is no round number.
    fn dt(&self, kernel: &dyn Kernel<T>) -> f64 {
        if let Some(dt) = self.dt {
            return dt;
        }
        let total = kernel.rates(0.0).expect("the rates at the start").total;
        if total > 0.0 { 0.37 / total } else { 0.037 }
    }

    fn levels(&self) -> Vec<Level> {
        let initial = Level { step: 0, stage: None };
        let stages = (0..STEPS).flat_map(|step| {
            let n_stages = self.declaration.phases[self.declaration.phase_of(step)].stages.len();
            (0..n_stages).map(move |stage| Level {
                step,
                stage: Some(stage),
            })
        });
        std::iter::once(initial).chain(stages).collect()
    }

    /// Runs the whole grid as one tile, stage by stage.
    pub fn plainly(&self) -> Storage<T> {
        let Place { tile, kernel } = self.prepared_on(self.tile());
        let dt = self.dt(&*kernel);
        let setup = Setup {
            blocks: Vec::new(),
            cache: 0,
            n_threads: 1,
            shared_memory: false,
            decomposition: Decomposition::new(&self.grid, 1, &Reach::NONE, None).expect("one tile always fits"),
            declaration: self.declaration.clone(),
            kernel,
            tile,
            instructions: self.instructions,
        };
        let mut engine = Engine::new(&World::single(), setup);
        engine.initialise(0.0);
        for step in 0..STEPS {
            engine.step(Executor::Blocking, step, step as f64 * dt, dt);
        }
        engine.storage
    }

    /// Runs the grid cut into random boxes, in a random order.
    ///
    /// # Errors
    /// Says which stage wrote where it must not.
    pub fn in_random_order(&self, random: &mut Random) -> Result<Storage<T>, String> {
        let whole = self.prepared_on(self.tile());
        let mut run = RandomRun {
            problem: self,
            dt: self.dt(&*whole.kernel),
            whole,
            deep: self.prepared_on(random_tile(&self.grid, &self.declaration, random)),
            levels: self.levels(),
            boxes: random_boxes(&self.grid, random),
            done: Vec::new(),
            main: Storage::new(&self.declaration.slots, &self.tile()),
        };
        run.done = vec![0; run.boxes.len()];
        for slot in self.declaration.slot_ids() {
            match self.declaration.slots[slot.0].role {
                Role::Accumulator => {}
                _ => run.main.poison(slot),
            }
        }
        run.finish(random)?;
        Ok(run.main)
    }

    /// The first value that differs between two runs, or is not a finite number: of every slot, on owned cells and
    /// ghosts.
    pub fn difference(&self, expected: &Storage<T>, found: &Storage<T>) -> Option<String> {
        for slot in self.declaration.slot_ids() {
            for cell in cells_of(&stored(expected, slot)) {
                if !self.is_filled_by(&self.grid.all(), slot, cell) {
                    continue;
                }
                let (a, b) = (value(expected, slot, cell), value(found, slot, cell));
                if a.to_bits() != b.to_bits() || !a.is_finite() {
                    let name = &self.declaration.slots[slot.0].name;
                    return Some(format!("slot `{name}` at {cell:?} is {b:e}, in plain order {a:e}"));
                }
            }
        }
        None
    }
}

/// A tile, and the kernel that was prepared on it.
struct Place<T> {
    tile: Tile,
    kernel: Box<dyn Kernel<T>>,
}

/// A run under way.
struct RandomRun<'a, T> {
    problem: &'a Problem<'a, T>,
    /// All of the grid.
    whole: Place<T>,
    /// A part of the grid with a deep halo.
    deep: Place<T>,
    dt: f64,
    levels: Vec<Level>,
    boxes: Vec<IndexBox>,
    /// Levels done, per box.
    done: Vec<usize>,
    main: Storage<T>,
}

impl<T: Real> RandomRun<'_, T> {
    fn finish(&mut self, random: &mut Random) -> Result<(), String> {
        // Some runs go on with one box as far as it gets, so that neighbours are as far apart as the declarations allow.
        let is_greedy = random.once_in(2);
        let mut last = None;
        loop {
            let open: Vec<usize> = (0..self.boxes.len()).filter(|&b| self.may_advance(b)).collect();
            if open.is_empty() {
                break;
            }
            let next = match last {
                Some(last) if is_greedy && open.contains(&last) => last,
                _ => *random.pick(&open),
            };
            last = Some(next);
            self.advance(next, random)?;
        }
        match self.done.iter().all(|&done| done == self.levels.len()) {
            true => Ok(()),
            false => Err(format!("no box may advance, but the run is not done: {:?}", self.done)),
        }
    }

    /// Whether the next level of box `b` is legal.
    fn may_advance(&self, b: usize) -> bool {
        let level = self.done[b];
        if level == self.levels.len() {
            return false;
        }
        let Order {
            keeps_flow,
            keeps_reuse,
        } = self.problem.order;
        (!keeps_flow || self.has_inputs(b, level)) && (!keeps_reuse || self.may_overwrite(b, level))
    }

    /// Flow: whether what `level` of box `b` reads has been written.
    fn has_inputs(&self, b: usize, level: usize) -> bool {
        let mut reads = self.spec(level).reads.iter();
        reads.all(|read| {
            let Some(written) = (0..level).rev().find(|&l| self.spec(l).writes.contains(&read.slot)) else {
                return true;
            };
            self.owners(&self.boxes[b], read)
                .all(|owner| self.done[owner] > written)
        })
    }

    /// Reuse: whether what `level` of box `b` writes is not read any more by boxes that lag behind.
    fn may_overwrite(&self, b: usize, level: usize) -> bool {
        let writes = &self.spec(level).writes;
        (0..self.boxes.len())
            .filter(|&other| self.done[other] < level)
            .all(|other| {
                let mut reads = (self.done[other]..level).flat_map(|l| &self.spec(l).reads);
                !reads.any(|read| {
                    writes.contains(&read.slot) && self.owners(&self.boxes[other], read).any(|owner| owner == b)
                })
            })
    }

    /// The boxes that hold what a read reaches from `region`: an owner per cell.
    fn owners(&self, region: &IndexBox, read: &Read) -> impl Iterator<Item = usize> {
        let grid = &self.problem.grid;
        reached_cells(grid, &self.ghosts(), region, read)
            .into_iter()
            .map(|cell| {
                let image = image(grid, cell);
                self.boxes
                    .iter()
                    .position(|b| b.contains(image))
                    .expect("the boxes cover the grid")
            })
    }

    fn ghosts(&self) -> Reach {
        self.problem.declaration.ghosts.on(&self.problem.grid)
    }

    fn spec(&self, level: usize) -> &StageSpec {
        let Level { step, stage } = self.levels[level];
        let declaration = &self.problem.declaration;
        match stage {
            Some(stage) => &declaration.phases[declaration.phase_of(step)].stages[stage],
            None => &declaration.initial,
        }
    }

    /// Does the next level of box `b`.
    fn advance(&mut self, b: usize, random: &mut Random) -> Result<(), String> {
        let (region, level) = (self.boxes[b], self.done[b]);
        let after = self.in_isolation(&self.whole, region, level, self.problem.grid.all())?;
        if random.once_in(4) {
            let owned = first_layers(&region, random);
            self.check_redundant_update(&self.whole, region, level, owned, &after)?;
        }
        if random.once_in(2)
            && let Some(part) = random_copy(&region, &self.deep.tile, &self.reach(), random)
        {
            self.check_redundant_update(&self.deep, part, level, self.deep.tile.owned, &after)?;
        }
        for slot in self.spec(level).writes.clone() {
            for cell in cells_of(&stored(&after, slot)) {
                if self.problem.is_filled_by(&region, slot, cell) {
                    copy(&after, cell, &mut self.main, cell, slot);
                }
            }
        }
        self.done[b] += 1;
        Ok(())
    }

    fn reach(&self) -> Reach {
        self.problem.declaration.reach(&self.problem.grid)
    }

    /// The storage after the stage of `level` ran on `region`, where nothing but the declared reads was there.
    ///
    /// # Errors
    /// If the stage changed anything but its declared writes, in the region and in the ghosts that belong to it.
    fn in_isolation(
        &self,
        place: &Place<T>,
        region: IndexBox,
        level: usize,
        owned: IndexBox,
    ) -> Result<Storage<T>, String> {
        let spec = self.spec(level);
        let scratch = self.declared_reads(spec, &place.tile, &region);
        let before = snapshot(&scratch);
        self.run(place, level, &scratch, region, owned);
        for (slot, cell, bits) in before {
            let may_write = spec.writes.contains(&slot) && self.problem.is_filled_by(&region, slot, cell);
            if !may_write && value(&scratch, slot, cell).to_bits() != bits {
                let name = &scratch.specs()[slot.0].name;
                return Err(format!(
                    "stage `{}` of level {level} on {region} wrote slot `{name}` at {cell:?}",
                    spec.name
                ));
            }
        }
        Ok(scratch)
    }

    /// Poisoned storage of `tile` with nothing but the declared reads of `spec` on `region`.
    fn declared_reads(&self, spec: &StageSpec, tile: &Tile, region: &IndexBox) -> Storage<T> {
        let grid = &self.problem.grid;
        let mut scratch = Storage::new(&self.problem.declaration.slots, tile);
        self.problem
            .declaration
            .slot_ids()
            .for_each(|slot| scratch.poison(slot));
        // Now through the caches, now past them: the bits do not depend on it.
        scratch.set_streamed(region.lo.iter().sum::<i64>() % 2 == 0);
        for read in &spec.reads {
            let (from, to) = (stored(&self.main, read.slot), stored(&scratch, read.slot));
            for cell in reached_cells(grid, &self.ghosts(), region, read) {
                let original = original(grid, cell);
                if to.contains(cell) && from.contains(original) {
                    copy(&self.main, original, &mut scratch, cell, read.slot);
                }
            }
        }
        scratch
    }

    fn run(&self, place: &Place<T>, level: usize, storage: &Storage<T>, region: IndexBox, owned: IndexBox) {
        let spec = self.spec(level);
        let Level { step, stage } = self.levels[level];
        let call = StageCall {
            step,
            stage: stage.unwrap_or(0),
            time: step as f64 * self.dt,
            dt: self.dt,
            owned,
            instructions: self.problem.instructions,
        };
        let writable = with_ghosts(&place.tile, &region);
        // SAFETY: nobody else uses `storage`, and the view is gone before it is looked at.
        let view = unsafe { StageView::new(storage, &spec.reads, &spec.writes, region, writable) };
        match stage {
            Some(_) => place.kernel.run(&call, &view),
            None => place.kernel.initialise(&call, &view),
        }
    }

    /// Where a region is not owned, or only in part, accumulators add up on what is owned alone; all else has the bits of
    /// `expected`, the storage after the same stage where the region's cells are owned. The region may consist of copies
    /// beyond joined ends.
    fn check_redundant_update(
        &self,
        place: &Place<T>,
        region: IndexBox,
        level: usize,
        owned: IndexBox,
        expected: &Storage<T>,
    ) -> Result<(), String> {
        let spec = self.spec(level);
        let found = self.in_isolation(place, region, level, owned)?;
        for &slot in &spec.writes {
            let is_accumulator = expected.specs()[slot.0].role == Role::Accumulator;
            let known = stored(expected, slot);
            for cell in cells_of(&stored(&found, slot)) {
                let original = original(&self.problem.grid, cell);
                if !self.problem.is_filled_by(&region, slot, cell) || !known.contains(original) {
                    continue;
                }
                let right = match is_accumulator && !owned.contains(cell) {
                    true => value(&self.main, slot, original),
                    false => value(expected, slot, original),
                };
                if value(&found, slot, cell).to_bits() != right.to_bits() {
                    let name = &expected.specs()[slot.0].name;
                    return Err(format!(
                        "stage `{}` on {region} with {owned} owned: slot `{name}` at {cell:?} is {:e}, not {right:e}",
                        spec.name,
                        value(&found, slot, cell)
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A few layers of a region, or none, or all.
fn first_layers(region: &IndexBox, random: &mut Random) -> IndexBox {
    let axis = random.below(3);
    let n = random.below(region.len(axis) + 1) as i64;
    region.with_range(axis, region.lo[axis], region.lo[axis] + n)
}

/// The grid cut at random places, thin boxes included.
fn random_boxes(grid: &Grid, random: &mut Random) -> Vec<IndexBox> {
    let mut boxes = vec![grid.all()];
    for _ in 0..random.below(12) + 1 {
        let chosen = random.below(boxes.len());
        let axis = random.below(3);
        let (whole, n) = (boxes[chosen], boxes[chosen].len(axis));
        if n > 1 {
            let thickness = if random.once_in(2) { 1 } else { 1 + random.below(n - 1) };
            let at = whole.lo[axis] + thickness as i64;
            boxes[chosen] = whole.with_range(axis, whole.lo[axis], at);
            boxes.push(whole.with_range(axis, at, whole.hi[axis]));
        }
    }
    boxes
}

/// The cells that a read reaches from `region`, not wrapped: the arms along the axes, or the whole box.
fn reached_cells(grid: &Grid, ghosts: &Reach, region: &IndexBox, read: &Read) -> Vec<Cell> {
    let reach = read.reach.on(grid);
    let own = with_declared_ghosts(grid, ghosts, region);
    match read.shape {
        // At the cell: with the ghosts that belong to it.
        _ if reach.is_none() => cells_of(&own).collect(),
        Shape::Box => cells_of(&region.reached(&reach)).collect(),
        Shape::Star | Shape::StarWithGhosts => {
            let across = if read.shape == Shape::Star { *region } else { own };
            let arm = |axis: usize| {
                let (lo, hi) = (region.lo[axis], region.hi[axis]);
                let below = across.with_range(axis, lo - reach.lo[axis], lo);
                let above = across.with_range(axis, hi, hi + reach.hi[axis]);
                [below, above]
            };
            let arms = (0..3).flat_map(arm);
            std::iter::once(own).chain(arms).flat_map(|b| cells_of(&b)).collect()
        }
    }
}

/// The region and the declared ghosts of its cells.
fn with_declared_ghosts(grid: &Grid, ghosts: &Reach, region: &IndexBox) -> IndexBox {
    let mut all = *region;
    for axis in (0..3).filter(|&axis| !grid.periodic[axis]) {
        if region.lo[axis] == 0 {
            all.lo[axis] -= ghosts.lo[axis];
        }
        if region.hi[axis] == grid.cells[axis] as i64 {
            all.hi[axis] += ghosts.hi[axis];
        }
    }
    all
}

/// The cell of the grid that a cell belongs to: itself, its periodic original, or the cell at the wall for a ghost.
fn image(grid: &Grid, cell: Cell) -> Cell {
    at_wall(grid, original(grid, cell))
}

/// The cell that a cell beyond a joined end is a copy of; itself elsewhere.
fn original(grid: &Grid, cell: Cell) -> Cell {
    [0, 1, 2].map(|axis| grid.wrap(axis, cell[axis]))
}

/// The cell at the wall for a ghost; itself elsewhere, also beyond joined ends.
fn at_wall(grid: &Grid, cell: Cell) -> Cell {
    [0, 1, 2].map(|axis| match grid.periodic[axis] {
        true => cell[axis],
        false => cell[axis].clamp(0, grid.cells[axis] as i64 - 1),
    })
}

/// The region and the ghosts that belong to it: all that the tile stores beyond the walls that the region touches.
fn with_ghosts(tile: &Tile, region: &IndexBox) -> IndexBox {
    let stored = tile.stored();
    let mut all = *region;
    for axis in (0..3).filter(|&axis| !tile.grid.periodic[axis]) {
        if region.lo[axis] == 0 {
            all.lo[axis] = stored.lo[axis].min(0);
        }
        let end = tile.grid.cells[axis] as i64;
        if region.hi[axis] == end {
            all.hi[axis] = stored.hi[axis].max(end);
        }
    }
    all
}

fn cells_of(b: &IndexBox) -> impl Iterator<Item = Cell> + use<> {
    let x: Range<i64> = b.lo[0]..b.hi[0];
    b.rows().flat_map(move |(j, k)| x.clone().map(move |i| [i, j, k]))
}

/// The cells that a slot has memory for.
fn stored<T: Real>(storage: &Storage<T>, slot: SlotId) -> IndexBox {
    match storage.specs()[slot.0].scalar {
        Scalar::Real => storage.array(slot).stored(),
        Scalar::Double => storage.double_array(slot).stored(),
    }
}

/// A value of a slot: exact in f64, with the bits of NaNs of the run's precision kept apart by their conversion.
fn value<T: Real>(storage: &Storage<T>, slot: SlotId, cell: Cell) -> f64 {
    match storage.specs()[slot.0].scalar {
        Scalar::Real => storage.array(slot).get(cell).to_f64(),
        Scalar::Double => storage.double_array(slot).get(cell),
    }
}

fn copy<T: Real>(from: &Storage<T>, at: Cell, to: &mut Storage<T>, cell: Cell, slot: SlotId) {
    match from.specs()[slot.0].scalar {
        Scalar::Real => to.array_mut(slot).set(cell, from.array(slot).get(at)),
        Scalar::Double => to.double_array_mut(slot).set(cell, from.double_array(slot).get(at)),
    }
}

/// The bits of every stored value.
fn snapshot<T: Real>(storage: &Storage<T>) -> Vec<(SlotId, Cell, u64)> {
    let slots = (0..storage.specs().len()).map(SlotId);
    slots
        .flat_map(|slot| cells_of(&stored(storage, slot)).map(move |cell| (slot, cell)))
        .map(|(slot, cell)| (slot, cell, value(storage, slot, cell).to_bits()))
        .collect()
}
