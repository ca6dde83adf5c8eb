//! The update of one field on one region: row by row, plane by plane, fluxes carried from row to row.

use super::coefficient::RowBuffer;
use super::faces::FaceRows;
use super::ghosts;
use super::heat;
use super::kernel::{PreparedSource, Transport};
use super::limited::add_convergence;
use super::parameters::{Advection, FieldParameters, Parameters};
use super::rows::add_scaled;
use super::scratch::{CoefficientRows, Scratch, Work};
use super::slots::{FieldSlots, Turn};
use crate::field::{Real, RowReader, RowWriter, StageView};
use crate::grid::{Grid, IndexBox, PerAxis};
use crate::kernels::StageCall;
use crate::numerics::runge_kutta::{Combine, Stage};

/// Rows of a block: the fluxes through the z faces of a block wait in cache for the next plane.
const BLOCK_ROWS: i64 = 32;

/// Which terms the flux along one axis has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FluxTerms {
    /// `None` where the wind has no component along the axis.
    pub advection: Option<Advection>,
    pub diffusion: bool,
}

impl FluxTerms {
    pub fn is_none(&self) -> bool {
        self.advection.is_none() && !self.diffusion
    }
}

/// One field's update in one stage.
pub(super) struct Update<'a, T> {
    pub kernel: &'a Transport<T>,
    pub call: &'a StageCall,
    pub index: usize,
    pub field: &'a FieldParameters,
    pub slots: &'a FieldSlots,
    sources: &'a [PreparedSource<T>],
    pub turn: Turn,
    pub stage: Stage,
    /// Time at which tendencies are evaluated, s.
    pub time: f64,
    /// Time whose state is written, s.
    target_time: f64,
    pub terms: PerAxis<FluxTerms>,
    /// Whether gradients along other axes drive a flux along each axis.
    pub has_cross: PerAxis<bool>,
    /// Whether the scheme is written about the cells' own values: see `limited`.
    pub is_limited: bool,
    /// Whether rows away from walls are finished in one loop, once their x fluxes are known.
    pub finishes_in_one_loop: bool,
}

/// The slots that a stage reads beside its source, where they are not the one it writes.
pub(super) struct Beside<'a, T> {
    pub base: Option<RowReader<'a, T>>,
    pub older: Option<RowReader<'a, T>>,
    /// The tendency of the first stage.
    pub first: Option<RowReader<'a, T>>,
    /// The states of the other fields, and the rates at which they turn into this one, 1/s.
    pub others: Vec<(RowReader<'a, T>, T)>,
}

impl<'a, T: Real> Update<'a, T> {
    pub fn new(kernel: &'a Transport<T>, call: &'a StageCall, index: usize) -> Self {
        let stage = kernel.stages[call.stage];
        let slots = &kernel.slots[index];
        let phase = kernel.declaration.phase_of(call.step);
        let next_time = kernel.stages.get(call.stage + 1).map_or(1.0, |next| next.time);
        let parameters = &kernel.parameters;
        let terms = [0, 1, 2].map(|axis| FluxTerms {
            advection: (kernel.grid.is_active(axis) && parameters.is_windy(index, axis))
                .then_some(parameters.advection),
            diffusion: kernel.grid.is_active(axis) && !kernel.diffusivity(axis).is_zero(),
        });
        let has_cross = [0, 1, 2].map(|axis| (0..3).any(|other| other != axis && kernel.cross(axis, other).is_some()));
        let is_limited = parameters.advection == Advection::Limited && terms.iter().any(|t| t.advection.is_some());
        let mut update = Update {
            kernel,
            call,
            index,
            field: &parameters.fields[index],
            slots,
            sources: &kernel.sources[index],
            turn: slots.turns[phase][call.stage],
            stage,
            time: call.time + stage.time * call.dt,
            target_time: call.time + next_time * call.dt,
            terms,
            has_cross,
            is_limited,
            finishes_in_one_loop: false,
        };
        let has_two_ends = !matches!(stage.combine, Combine::Recursion { .. }) && update.turn.writes_first.is_none();
        let is_plain = has_two_ends && !has_cross.contains(&true) && !is_limited;
        update.finishes_in_one_loop = is_plain && update.has_flux(0) && update.has_flux(1);
        update
    }

    /// Updates the view's region.
    pub fn run(&self, view: &StageView<'_, T>) {
        let region = view.region();
        let source = view.read(self.turn.source);
        let unless_written = |slot| (slot != self.turn.target && slot != self.turn.source).then(|| view.read(slot));
        let beside = Beside {
            base: unless_written(self.turn.base),
            older: self.turn.older.and_then(unless_written),
            first: self.turn.reads_first.map(|slot| view.read(slot)),
            others: self.others(view),
        };
        let mut target = view.write(self.turn.target);
        let mut first = self.turn.writes_first.map(|slot| view.write(slot));
        if self.kernel.plain_heat[self.index] {
            heat::update(self, &region, &source, beside.base.as_ref(), &mut target);
        } else {
            self.update(&region, &source, &beside, &mut target, first.as_mut());
        }
        self.add_up(view, &source, &beside.others);
    }

    /// Fills the ghosts of cells that were just updated, while these are in cache.
    pub fn fill_ghosts(&self, updated: &IndexBox, target: &mut RowWriter<'_, T>) {
        if self.kernel.has_ghosts() {
            ghosts::fill(self.kernel, self.field, target, updated, self.target_time);
        }
    }

    /// The state and rate of every field that turns into this one, or that this one turns into.
    fn others<'v>(&self, view: &StageView<'v, T>) -> Vec<(RowReader<'v, T>, T)> {
        let Some(rates) = self.kernel.parameters.exchange.get(self.index) else {
            return Vec::new();
        };
        let phase = self.kernel.declaration.phase_of(self.call.step);
        let source = |field: usize| view.read(self.kernel.slots[field].turns[phase][self.call.stage].source);
        let is_not_zero = |&(_, &rate): &(usize, &f64)| rate != 0.0;
        rates
            .iter()
            .enumerate()
            .filter(is_not_zero)
            .map(|(field, &rate)| (source(field), T::from_f64(rate)))
            .collect()
    }

    /// What the tendency is multiplied with in a stage that goes on from the start, s.
    pub fn plain_dt(&self) -> T {
        match self.stage.combine {
            Combine::FromStart { fraction } => T::from_f64(fraction * self.call.dt),
            Combine::Blend { .. } | Combine::Recursion { .. } => unreachable!("only plain stages are asked"),
        }
    }

    /// Whether anything can pass faces normal to `axis`.
    pub fn has_flux(&self, axis: usize) -> bool {
        let walls = &self.field.walls[axis];
        let active = self.kernel.grid.is_active(axis);
        active && (!self.terms[axis].is_none() || walls.iter().any(|wall| wall.is_permeable(false)))
    }

    fn update(
        &self,
        region: &IndexBox,
        source: &RowReader<'_, T>,
        beside: &Beside<'_, T>,
        target: &mut RowWriter<'_, T>,
        mut first: Option<&mut RowWriter<'_, T>>,
    ) {
        let n_rows = match self.has_flux(2) {
            true => region.len(1).min(BLOCK_ROWS as usize),
            false => 0,
        };
        let mut scratch = self.kernel.scratch.take();
        let Scratch { coefficients, work } = &mut scratch;
        work.fit(region.len(0), n_rows, self.is_limited);
        let n_blocks = region.len(1).div_ceil(BLOCK_ROWS as usize);
        for block in 0..n_blocks as i64 {
            let j0 = region.lo[1] + block * BLOCK_ROWS;
            let j1 = (j0 + BLOCK_ROWS).min(region.hi[1]);
            let rows = FaceRows {
                update: self,
                block: region.with_range(1, j0, j1),
                source,
            };
            self.update_block(&rows, coefficients, work, beside, target, first.as_deref_mut());
        }
        self.kernel.scratch.give_back(scratch);
    }

    /// Updates a block of rows plane by plane; what y and z faces say is kept for the cells on their other side.
    fn update_block(
        &self,
        rows: &FaceRows<'_, T>,
        coefficients: &mut CoefficientRows<T>,
        work: &mut Work<T>,
        beside: &Beside<'_, T>,
        target: &mut RowWriter<'_, T>,
        mut first: Option<&mut RowWriter<'_, T>>,
    ) {
        let block = &rows.block;
        let n = block.len(0);
        let has = [0, 1, 2].map(|axis| self.has_flux(axis));
        let place = |j: i64| (j - block.lo[1]) as usize * n;
        if has[2] {
            for j in block.lo[1]..block.hi[1] {
                rows.begin(2, (j, block.lo[2]), place(j), coefficients, work);
            }
        }
        for k in block.lo[2]..block.hi[2] {
            if has[1] {
                rows.begin(1, (block.lo[1], k), 0, coefficients, work);
            }
            for j in block.lo[1]..block.hi[1] {
                if has[0] {
                    rows.along(j, k, coefficients, work);
                }
                self.inner_terms(rows, (j, k), coefficients, work, beside);
                if self.finish_at_once(rows, (j, k), place(j), coefficients, work, beside, target) {
                    continue;
                }
                rows.begin_tendency(has[0], work);
                if has[1] {
                    rows.across(1, (j + 1, k), 0, coefficients, work);
                }
                if has[2] {
                    rows.across(2, (j, k + 1), place(j), coefficients, work);
                }
                if self.is_limited {
                    let q = rows.source.row(j, k, block.lo[0], block.hi[0]);
                    add_convergence(self.call.instructions, q, &work.sums, &mut work.tendency);
                }
                if let Some(first) = first.as_deref_mut() {
                    let row = first.row_mut(j, k, block.lo[0], block.hi[0]);
                    let all = work.tendency.iter().zip(&work.inner);
                    row.iter_mut().zip(all).for_each(|(to, (&t, &inner))| *to = t + inner);
                }
                self.combine(rows, (j, k), work, beside, target);
            }
            self.fill_ghosts(&block.with_range(2, k, k + 1), target);
        }
    }

    /// What happens inside the cells of row (j, k): sources, decay, exchange with other fields.
    fn inner_terms(
        &self,
        rows: &FaceRows<'_, T>,
        (j, k): (i64, i64),
        coefficients: &mut CoefficientRows<T>,
        work: &mut Work<T>,
        beside: &Beside<'_, T>,
    ) {
        let is_inert = self.sources.is_empty() && self.field.decay == 0.0 && beside.others.is_empty();
        if is_inert {
            return;
        }
        let set = self.call.instructions;
        let (lo, hi) = (rows.block.lo[0], rows.block.hi[0]);
        work.inner.fill(T::ZERO);
        self.add_sources((j, k), (lo, hi), &mut coefficients.source, &mut work.inner);
        if self.field.decay != 0.0 {
            let q = rows.source.row(j, k, lo, hi);
            add_scaled(set, q, T::from_f64(-self.field.decay), &mut work.inner);
        }
        for (other, rate) in &beside.others {
            add_scaled(set, other.row(j, k, lo, hi), *rate, &mut work.inner);
        }
    }

    /// Adds the sources to the tendency of row (j, k).
    pub fn add_sources(&self, (j, k): (i64, i64), (lo, hi): (i64, i64), buffer: &mut RowBuffer<T>, tendency: &mut [T]) {
        let grid = &self.kernel.grid;
        for source in self.sources {
            match source {
                PreparedSource::Density(density) => {
                    let row = density.row(grid, (j, k), (lo, hi), self.time, buffer);
                    tendency.iter_mut().zip(row).for_each(|(sum, &s)| *sum += s);
                }
                PreparedSource::Shared { rate, shares } => {
                    if shares.has_row(grid, (j, k)) {
                        let released = rate.evaluate([0.0; 3], self.time);
                        let add = |n: usize, share: f64| tendency[n] += T::from_f64(released * share);
                        shares.for_each(grid, (j, k), (lo, hi), add);
                    }
                }
            }
        }
    }
}

/// Whether a field only diffuses, with one constant diffusivity per axis: the plain heat equation.
pub(super) fn plain_heat(parameters: &Parameters, grid: &Grid, index: usize) -> bool {
    let field = &parameters.fields[index];
    let active = || (0..3).filter(|&axis| grid.is_active(axis));
    let diffuses = |axis: usize| parameters.diffusivity.along(axis).as_constant() != Some(0.0);
    let uniform = active().all(|axis| parameters.diffusivity.along(axis).as_constant().is_some());
    let still = active().all(|axis| !parameters.is_windy(index, axis));
    // What a wall prescribes needs a diffusivity for its ghost value.
    let is_permeable = |axis: usize| field.walls[axis].iter().any(|wall| wall.is_permeable(false));
    let has_ghosts = active().all(|axis| diffuses(axis) || !is_permeable(axis));
    let is_alone = field.sources.is_empty() && field.decay == 0.0 && !parameters.exchanges(index);
    let is_plain = uniform && still && has_ghosts && is_alone && !parameters.diffusivity.is_tensor();
    is_plain && grid.is_active(0) && diffuses(0) && parameters.stepper.has_plain_stages()
}
