//! How fast the row loops of a kernel are where the memory is no limit: the rate of the same stages on a tile so small
//! that all they touch stays in a core's own caches.
//!
//! Every rank has its own tile inside a grid like the problem's, and runs the stages over and over. Nothing is exchanged,
//! no wall is near and no row is copied: what is left is the arithmetic, and loads that hit. Rows are as long as those of
//! the measured tile. The ten to twenty rows that a row loop touches at a time are in the first-level cache when their
//! neighbours come by; the planes wait in the second-level one.
//!
//! A small tile has more faces per cell than a large one, and fluxes are what the loops compute: the rate is therefore
//! counted in faces, and told in cells with as many faces as those of the measured tile. Where some of the work is done
//! per cell, this takes the loops for a little faster than they are.

use super::bench::Plan;
use super::host::Host;
use super::kernels::fitted_kernel;
use super::problems::Problem;
use super::samples::Samples;
use crate::engine::{Engine, Executor, Setup};
use crate::error::Result;
use crate::field::{Shape, SlotId};
use crate::grid::{IndexBox, PerAxis, Reach};
use crate::kernels::Declaration;
use crate::kernels::contract::Buildable;
use crate::parallel::World;
use serde::Serialize;
use std::time::Instant;

/// Share of a core's cache that a tile may touch: the rest is for the rows that the kernel keeps for itself.
const SHARE_OF_CACHE: f64 = 0.6;

/// Least duration of a repetition, s.
const SECONDS_PER_REPEAT: f64 = 0.02;

/// Rows of a plane and planes that are tried, and the shortest row: the first that fits is taken.
const SHAPES: [(usize, usize); 5] = [(16, 16), (16, 8), (8, 8), (8, 4), (4, 4)];
const SHORTEST_ROW: usize = 8;

/// The rate of a kernel's stages in a core's own caches.
#[derive(Clone, Debug, Serialize)]
pub struct InCache {
    /// Cells of each rank's tile.
    pub tile: PerAxis<usize>,
    /// Bytes of slots and coefficients that the stages touch.
    pub touched_bytes: usize,
    /// Cells advanced by one step, per second, on all ranks together: cells with as many faces as those of the measured
    /// tile.
    pub updates_per_second: Samples,
}

/// A small tile on its way.
pub struct SmallTile<'w, T> {
    world: &'w World,
    engine: Engine<T>,
    dt: f64,
    step: u64,
    steps_per_repeat: u64,
    /// Cells of the measured tile that have as many faces as this one.
    n_cells: f64,
    measured: InCache,
}

impl<'w, T: Buildable> SmallTile<'w, T> {
    /// A tile for the stages of `large`, the measured engine of this rank; of the same shape on every rank.
    ///
    /// # Errors
    /// If the problem cannot be prepared: the same on every rank.
    pub fn new(world: &'w World, plan: &Plan, problem: &Problem, large: &Engine<T>) -> Result<SmallTile<'w, T>> {
        let budget = SHARE_OF_CACHE * Host::read().core_cache() as f64;
        let mut common = [large.tile.owned.len(0) as i64, budget as i64];
        world.min_integers(&mut common);
        let [row, budget] = common.map(|n| n as usize);
        let cells = fitting(&large.declaration, row, budget / size_of::<T>());
        let reach = large.tile.margin;
        // What the tile stores lies inside a grid of this size, away from walls.
        let widest = 1 + (0..3).map(|axis| reach.widest(axis)).max().unwrap_or(0);
        let longest = cells.into_iter().max().unwrap_or(1);
        let case = problem.case(longest + 2 * widest as usize, T::NAME, None)?;
        let decomposition = case.decompose(1)?;
        let mut tile = case.tile(&decomposition, 0);
        tile.owned = IndexBox::from_size(cells).shift([widest; 3]);
        let (kernel, declaration, dt) = fitted_kernel(&World::single(), &case, &tile)?;
        let measured = InCache {
            tile: cells,
            touched_bytes: n_touched(&case.declaration, &tile.owned) * size_of::<T>(),
            updates_per_second: Samples::default(),
        };
        let n_cells = n_faces(&tile.owned) / n_faces(&large.tile.owned) * large.tile.owned.n_cells() as f64;
        let setup = Setup {
            decomposition,
            declaration,
            kernel,
            tile,
            instructions: plan.instructions,
            blocks: Vec::new(),
            cache: 0,
            n_threads: 1,
            shared_memory: false,
        };
        let mut tile = SmallTile {
            world,
            engine: Engine::isolated(setup, 0.0),
            dt,
            step: 0,
            steps_per_repeat: large.declaration.phases.len() as u64,
            n_cells,
            measured,
        };
        while tile.repetition() < SECONDS_PER_REPEAT {
            tile.steps_per_repeat *= 2;
        }
        Ok(tile)
    }

    /// Time of the slowest rank, s: on every rank the same.
    fn repetition(&mut self) -> f64 {
        self.world.barrier();
        let start = Instant::now();
        for _ in 0..self.steps_per_repeat {
            let time = self.step as f64 * self.dt;
            self.engine.step(Executor::Blocking, self.step, time, self.dt);
            self.step += 1;
        }
        let mut slowest = [start.elapsed().as_secs_f64()];
        self.world.max(&mut slowest);
        slowest[0]
    }

    /// Measures once more.
    pub fn measure(&mut self) {
        let seconds = self.repetition();
        let updates = self.world.size() as f64 * self.n_cells * self.steps_per_repeat as f64;
        self.measured.updates_per_second.push(updates / seconds);
    }

    /// What was measured.
    pub fn finish(self) -> InCache {
        self.measured
    }
}

/// The cells of the largest tile whose stages touch no more than `budget` numbers; rows of `row` cells, shorter ones only
/// if no tile fits.
fn fitting(declaration: &Declaration, row: usize, budget: usize) -> PerAxis<usize> {
    let mut row = row;
    loop {
        let shapes = SHAPES.map(|(ny, nz)| [row, ny, nz]);
        let fits = |cells: &PerAxis<usize>| n_touched(declaration, &IndexBox::from_size(*cells)) <= budget;
        match shapes.into_iter().find(fits) {
            Some(cells) => return cells,
            None if row / 2 < SHORTEST_ROW => return shapes[SHAPES.len() - 1],
            None => row /= 2,
        }
    }
}

/// Numbers that the stages touch on `owned`: each slot as far as any stage reads it, and coefficients on all faces.
fn n_touched(declaration: &Declaration, owned: &IndexBox) -> usize {
    let is_whole = |slot: &SlotId| declaration.slots[slot.0].domain.is_none();
    let slots: usize = declaration
        .slot_ids()
        .filter(is_whole)
        .map(|slot| n_touched_of(declaration, slot, owned))
        .sum();
    slots + declaration.n_coefficient_arrays * owned.grow([0; 3], [1; 3]).n_cells()
}

fn n_touched_of(declaration: &Declaration, slot: SlotId, owned: &IndexBox) -> usize {
    let stages = declaration.phases.iter().flat_map(|phase| &phase.stages);
    let reads = stages.flat_map(|stage| &stage.reads).filter(|read| read.slot == slot);
    let (reach, has_corners) = reads.fold((Reach::NONE, false), |(reach, has_corners), read| {
        (reach.max(&read.reach), has_corners || read.shape == Shape::Box)
    });
    if has_corners {
        return owned.reached(&reach).n_cells();
    }
    let layer = |axis: usize| owned.n_cells() / owned.len(axis);
    let beside = |axis: usize| (reach.lo[axis] + reach.hi[axis]) as usize * layer(axis);
    owned.n_cells() + (0..3).map(beside).sum::<usize>()
}

/// Faces of the cells of a box, each counted once.
fn n_faces(cells: &IndexBox) -> f64 {
    let n = cells.n_cells() as f64;
    (0..3).map(|axis| n + n / cells.len(axis) as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::PROBLEMS;
    use crate::study::kernels::Course;

    #[test]
    fn what_stages_touch_is_counted_by_slots_and_reaches() {
        let declaration = PROBLEMS[0].case(12, "f64", None).unwrap().declaration;
        // Two slots of 4 x 3 x 2 cells, both read one cell far; no coefficients.
        let owned = IndexBox::from_size([4, 3, 2]);
        assert_eq!(n_touched(&declaration, &owned), 2 * (24 + 2 * (6 + 8 + 12)));
        assert_eq!(n_faces(&owned), (5 * 3 * 2 + 4 * 4 * 2 + 4 * 3 * 3) as f64);
    }

    #[test]
    fn rows_keep_their_length_while_a_tile_fits() {
        let declaration = PROBLEMS[0].case(12, "f64", None).unwrap().declaration;
        let numbers = |cells| n_touched(&declaration, &IndexBox::from_size(cells));
        assert_eq!(fitting(&declaration, 100, usize::MAX), [100, 16, 16]);
        assert_eq!(fitting(&declaration, 100, numbers([100, 8, 4])), [100, 8, 4]);
        assert_eq!(fitting(&declaration, 100, numbers([100, 4, 4]) - 1)[0], 50);
        assert_eq!(fitting(&declaration, 100, 1), [12, 4, 4]);
    }

    #[test]
    fn a_tile_far_from_walls_stays_finite() {
        let world = World::single();
        for problem in PROBLEMS {
            let plan = Plan::small();
            let course = Course::<f64>::new(&world, &plan, problem, f64::INFINITY).unwrap();
            let mut tile = SmallTile::new(&world, &plan, problem, &course.engine).unwrap();
            tile.measure();
            let slot = tile.engine.declaration.slot_of_field(0, tile.step);
            let mut values = Vec::new();
            tile.engine
                .storage
                .array(slot)
                .pack(&tile.engine.tile.owned, &mut values);
            // Initial values lie between -1 and 2. A frozen halo keeps what diffuses within them, but drives Maxwell's
            // equations: there they grow with the number of steps, of which a fast machine takes many.
            assert!(values.iter().all(|q| q.abs() < 1e6), "{}", problem.name);
            let measured = tile.finish();
            assert!(measured.updates_per_second.min() > 0.0 && measured.touched_bytes > 0);
        }
    }
}
