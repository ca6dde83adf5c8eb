//! The stage contract: what a kernel promises, and what executors may rely on.
//!
//! A stage is a function over a region that
//! 1. writes only the slots it declares, and only inside the region (and in the ghosts whose image lies inside);
//! 2. reads other slots only within the offsets it declares;
//! 3. reads what it writes only at the cell being written;
//! 4. does everything that belongs to the stage inside the region: bulk, walls, sources, accumulators.
//!
//! From this it follows that any cut of a tile into regions, in any order that respects the declared reads, gives the
//! same bits.
//!
//! A region may hold halo cells, which get the bits that their owner gives them. Beyond joined ends indices go on, below
//! zero and above the last one, by up to a whole grid.

use super::{Declaration, Scenery, Section};
use crate::field::{ExactSum, Real, StageView};
use crate::grid::{Grid, IndexBox, PerAxis, Tile};
use crate::numerics::instructions::InstructionSet;
use std::fmt;

/// What a stage is asked to do; the region is in the [`StageView`].
#[derive(Clone, Copy, Debug)]
pub struct StageCall {
    /// Step that is being advanced: from time level `step` to `step + 1`.
    pub step: u64,
    /// Stage within the step.
    pub stage: usize,
    /// Time at the beginning of the step, s.
    pub time: f64,
    /// Length of the step, s.
    pub dt: f64,
    /// The cells that this rank owns: accumulators add up only there. The region may reach beyond them.
    pub owned: IndexBox,
    pub instructions: InstructionSet,
}

/// One term's share of the time step limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// The term that limits dt, as in "advection".
    pub term: &'static str,
    /// Column of the history that shows `dt * value`, as in "courant".
    pub number: &'static str,
    /// What `number` is per second of dt: its largest value over the cells, 1/s.
    pub value: f64,
    /// The rate that this term alone would limit dt by, 1/s.
    pub limit: f64,
}

/// The rates that limit dt.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// Each term by itself, always the same terms in the same order.
    pub terms: Vec<Rate>,
    /// The rate of all terms together at the worst cell, 1/s: dt is stable up to `1/total`.
    pub total: f64,
}

impl Rates {
    /// The larger of both, term by term.
    pub fn max(mut self, other: &Rates) -> Rates {
        for (mine, theirs) in self.terms.iter_mut().zip(&other.terms) {
            mine.value = mine.value.max(theirs.value);
            mine.limit = mine.limit.max(theirs.limit);
        }
        self.total = self.total.max(other.total);
        self
    }
}

/// What the configuration says about the length of steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepChoice {
    /// The step that it fixes, s.
    pub dt: Option<f64>,
    /// Else the share of the longest stable step.
    pub cfl: f64,
}

/// Something about a configuration that people should know before it is run.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// What there is to know; for a warning also what to do.
    pub text: String,
    /// Whether it is allowed but looks wrong.
    pub is_warning: bool,
}

/// Why a kernel cannot be prepared on a tile: always the configuration's fault.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelError {
    /// Key in the configuration, as in `kernel.diffusivity[1]`.
    pub key: String,
    /// What is wrong, with the value and the remedy.
    pub message: String,
    /// Where it was seen first, as [`Grid::describe`] says it; none where it is not a matter of place.
    pub place: Option<String>,
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.message)?;
        match &self.place {
            Some(place) => write!(f, "\n  first at {place}"),
            None => Ok(()),
        }
    }
}

/// A physics in one precision, on one tile.
pub trait Kernel<T: Real>: Send + Sync {
    /// Computes what does not change during the run on every cell the tile stores: coefficients, weights, lookups. What
    /// depends on time is looked at for time `start`, s.
    ///
    /// # Errors
    /// For values that the equations cannot bear, with their place.
    fn prepare(&mut self, tile: &Tile, start: f64) -> Result<(), KernelError>;

    /// Fills the live slots of phase 0 on the view's region: declared as [`Declaration::initial`].
    fn initialise(&self, call: &StageCall, view: &StageView<'_, T>);

    /// Runs stage `call.stage` of step `call.step` on the view's region.
    fn run(&self, call: &StageCall, view: &StageView<'_, T>);

    /// Adds to `sums`, one for each of [`Declaration::gauges`], what the cells of the view's region have of it at the
    /// beginning of step `call.step`.
    fn gauge(&self, _call: &StageCall, _view: &StageView<'_, T>, _sums: &mut [ExactSum]) {}

    /// The rates that limit dt on this tile's owned cells at `time`.
    ///
    /// # Errors
    /// A coefficient that has lost its meaning by then.
    fn rates(&self, time: f64) -> Result<Rates, KernelError>;

    /// Whether [`Kernel::rates`] depend on time.
    fn rates_vary(&self) -> bool;

    /// Numbers on this tile's owned cells at `time` whose largest over the grid [`Physics::remarks`] comments on: on
    /// every tile equally many, none of them NaN.
    fn measures(&self, _time: f64) -> Vec<f64> {
        Vec::new()
    }
}

/// A physics as the configuration describes it: before precision and tile are known.
pub trait Physics: fmt::Debug {
    /// Axes whose ends are joined.
    fn periodic(&self) -> PerAxis<bool>;

    /// Storage and stages on a grid.
    fn declaration(&self, grid: &Grid) -> Declaration;

    /// Names of the numbers that limit dt, as in [`Rate::number`], in the order of [`Rates::terms`].
    fn numbers(&self) -> Vec<&'static str>;

    /// One line for the log: which schemes and terms are on.
    fn summary(&self) -> String;

    /// The same physics, made for the steps of the run: with as many stages as they need, or with the one dt that all of
    /// them have; `None` where nothing is to be chosen. `rates` are those of this physics at the start, over the whole
    /// grid. Fields and their order stay. Asked once, of the physics as configured.
    ///
    /// # Errors
    /// If there is nothing that will do.
    fn fitted(&self, _step: &StepChoice, _rates: &Rates) -> Result<Option<Box<dyn Physics>>, KernelError> {
        Ok(None)
    }

    /// The dt that every step has, s, where the scheme cannot bear others: output then falls on the nearest step. Known
    /// once the physics is [`fitted`](Physics::fitted).
    fn fixed_dt(&self) -> Option<f64> {
        None
    }

    /// What there is to say about [`Kernel::measures`], the largest over the grid and a few times, for a run of `span`
    /// seconds.
    fn remarks(&self, _measures: &[f64], _span: Option<f64>) -> Vec<Remark> {
        Vec::new()
    }

    /// What stands on the grid, for people, where the kernel can tell.
    fn scenery(&self) -> Option<Scenery> {
        None
    }

    /// What is around the nodes of the middle plane across the axis `normal`: `Some` where there is a
    /// [`scenery`](Physics::scenery).
    fn section(&self, _normal: usize) -> Option<Section> {
        None
    }

    fn single(&self, grid: &Grid) -> Box<dyn Kernel<f32>>;
    fn double(&self, grid: &Grid) -> Box<dyn Kernel<f64>>;
}

/// A precision that any physics can be built in.
pub trait Buildable: Real {
    fn build(physics: &dyn Physics, grid: &Grid) -> Box<dyn Kernel<Self>>;
}

impl Buildable for f32 {
    fn build(physics: &dyn Physics, grid: &Grid) -> Box<dyn Kernel<f32>> {
        physics.single(grid)
    }
}

impl Buildable for f64 {
    fn build(physics: &dyn Physics, grid: &Grid) -> Box<dyn Kernel<f64>> {
        physics.double(grid)
    }
}
