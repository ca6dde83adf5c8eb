//! The update of one field on one region: fluxes row by row, walls, sources, decay, ghosts, budgets.

use super::coefficient::RowBuffer;
use super::fluxes::{FluxTerms, add_decay, add_divergence, flux_row, step_from, step_in_place};
use super::heat;
use super::kernel::{PreparedSource, Transport};
use super::parameters::FieldParameters;
use super::slots::{FieldSlots, Turn};
use super::walls::Wall;
use crate::field::{Real, RowReader, RowWriter, StageView};
use crate::grid::{IndexBox, Location, PerAxis};
use crate::kernels::StageCall;

/// Rows of a block: the fluxes through the z faces of a block wait in cache for the next plane.
const BLOCK_ROWS: i64 = 16;

/// One field's update in one stage.
pub(super) struct Update<'a, T> {
    pub kernel: &'a Transport<T>,
    pub call: &'a StageCall,
    pub field: &'a FieldParameters,
    slots: &'a FieldSlots,
    sources: &'a [PreparedSource<T>],
    pub turn: Turn,
    /// Time at which tendencies are evaluated, s.
    time: f64,
    /// Time whose state is written, s.
    target_time: f64,
    /// What the tendency is multiplied with, s.
    pub dt: T,
    is_last: bool,
    pub terms: PerAxis<FluxTerms>,
}

/// Row buffers that live as long as the update of a region.
struct Buffers<T> {
    /// One for each axis: what fills them often stays the same from row to row.
    wind: PerAxis<RowBuffer<T>>,
    diffusivity: PerAxis<RowBuffer<T>>,
    source: RowBuffer<T>,
    tendency: Vec<T>,
    /// Fluxes through the x faces of a row.
    x: Vec<T>,
    /// Fluxes through the lower and upper y faces of a row.
    y: [Vec<T>; 2],
    /// Fluxes through the lower and upper z faces of a block of rows.
    z: [Vec<T>; 2],
}

impl<T: Real> Buffers<T> {
    fn new(n: usize) -> Self {
        let row = || vec![T::ZERO; n];
        Buffers {
            wind: Default::default(),
            diffusivity: Default::default(),
            source: RowBuffer::default(),
            tendency: row(),
            x: vec![T::ZERO; n + 1],
            y: [row(), row()],
            z: [
                vec![T::ZERO; n * BLOCK_ROWS as usize],
                vec![T::ZERO; n * BLOCK_ROWS as usize],
            ],
        }
    }
}

impl<'a, T: Real> Update<'a, T> {
    pub fn new(kernel: &'a Transport<T>, call: &'a StageCall, field: usize) -> Self {
        let stages = kernel.parameters.stepper.stages();
        let stage = stages[call.stage];
        let slots = &kernel.slots[field];
        let phase = kernel.declaration.phase_of(call.step);
        let next_time = stages.get(call.stage + 1).map_or(1.0, |next| next.time);
        Update {
            kernel,
            call,
            field: &kernel.parameters.fields[field],
            slots,
            sources: &kernel.sources[field],
            turn: slots.turns[phase][call.stage],
            time: call.time + stage.time * call.dt,
            target_time: call.time + next_time * call.dt,
            dt: T::from_f64(stage.fraction * call.dt),
            is_last: call.stage + 1 == stages.len(),
            terms: [0, 1, 2].map(|axis| FluxTerms {
                advection: (kernel.grid.is_active(axis) && kernel.parameters.is_windy(axis))
                    .then_some(kernel.parameters.advection),
                diffusion: kernel.grid.is_active(axis) && !kernel.diffusivity[axis].is_zero(),
            }),
        }
    }

    /// Updates the view's region.
    pub fn run(&self, view: &StageView<'_, T>) {
        let region = view.region();
        let source = view.read(self.turn.source);
        let base = (self.turn.base != self.turn.target && self.turn.base != self.turn.source)
            .then(|| view.read(self.turn.base));
        let mut target = view.write(self.turn.target);
        if self.is_plain_heat() {
            heat::update(self, &region, &source, base.as_ref(), &mut target);
        } else {
            self.update(&region, &source, base.as_ref(), &mut target);
        }
        if self.is_last {
            let owned = region.intersect(&self.call.owned);
            self.add_up_walls(view, &owned, &source);
            self.add_up_sources(view, &owned, &source);
        }
    }

    /// Fills the ghosts of cells that were just updated, while these are in cache.
    pub fn fill_ghosts(&self, updated: &IndexBox, target: &mut RowWriter<'_, T>) {
        fill_ghosts(self.kernel, self.field, target, updated, self.target_time);
    }

    /// Whether the field only diffuses, with one diffusivity per axis.
    fn is_plain_heat(&self) -> bool {
        let uniform = self.kernel.diffusivity.iter().all(|k| k.uniform().is_some());
        let still = self.terms.iter().all(|terms| terms.advection.is_none());
        // A prescribed flux needs a diffusivity for its ghost value.
        let has_ghosts = (0..3).all(|axis| self.terms[axis].diffusion || !self.has_flux(axis));
        uniform && still && has_ghosts && self.sources.is_empty() && self.field.decay == 0.0 && self.terms[0].diffusion
    }

    /// Whether anything can pass faces normal to `axis`.
    fn has_flux(&self, axis: usize) -> bool {
        let walls = &self.field.walls[axis];
        let active = self.kernel.grid.is_active(axis);
        active && (!self.terms[axis].is_none() || walls.iter().any(|wall| wall.is_permeable(false)))
    }

    fn update(
        &self,
        region: &IndexBox,
        source: &RowReader<'_, T>,
        base: Option<&RowReader<'_, T>>,
        target: &mut RowWriter<'_, T>,
    ) {
        let n = region.len(0);
        let mut buffers = Buffers::new(n);
        let n_blocks = region.len(1).div_ceil(BLOCK_ROWS as usize);
        for block in 0..n_blocks as i64 {
            let j0 = region.lo[1] + block * BLOCK_ROWS;
            let j1 = (j0 + BLOCK_ROWS).min(region.hi[1]);
            self.update_block(&region.with_range(1, j0, j1), source, base, target, &mut buffers);
        }
    }

    /// Updates a block of rows plane by plane; fluxes through y and z faces are kept for the cells on their other side.
    fn update_block(
        &self,
        block: &IndexBox,
        source: &RowReader<'_, T>,
        base: Option<&RowReader<'_, T>>,
        target: &mut RowWriter<'_, T>,
        buffers: &mut Buffers<T>,
    ) {
        let set = self.call.instructions;
        let n = block.len(0);
        let inverse = self.kernel.grid.spacing.map(|d| T::from_f64(1.0 / d));
        let has = [0, 1, 2].map(|axis| self.has_flux(axis));
        let [mut z_lower, mut z_upper] = std::mem::take(&mut buffers.z);
        let [mut y_lower, mut y_upper] = std::mem::take(&mut buffers.y);
        let place = |j: i64| (j - block.lo[1]) as usize * n;
        if has[2] {
            for j in block.lo[1]..block.hi[1] {
                self.flux(
                    2,
                    block,
                    (j, block.lo[2]),
                    source,
                    buffers,
                    &mut z_lower[place(j)..][..n],
                );
            }
        }
        for k in block.lo[2]..block.hi[2] {
            if has[1] {
                self.flux(1, block, (block.lo[1], k), source, buffers, &mut y_lower);
            }
            for j in block.lo[1]..block.hi[1] {
                let mut tendency = std::mem::take(&mut buffers.tendency);
                tendency.fill(T::ZERO);
                if has[0] {
                    let mut x = std::mem::take(&mut buffers.x);
                    self.x_fluxes(block, (j, k), source, buffers, &mut x);
                    add_divergence(set, &x[..n], &x[1..], inverse[0], &mut tendency);
                    buffers.x = x;
                }
                if has[1] {
                    self.flux(1, block, (j + 1, k), source, buffers, &mut y_upper);
                    add_divergence(set, &y_lower, &y_upper, inverse[1], &mut tendency);
                    std::mem::swap(&mut y_lower, &mut y_upper);
                }
                if has[2] {
                    let upper = &mut z_upper[place(j)..][..n];
                    self.flux(2, block, (j, k + 1), source, buffers, upper);
                    add_divergence(set, &z_lower[place(j)..][..n], upper, inverse[2], &mut tendency);
                }
                let q = source.row(j, k, block.lo[0], block.hi[0]);
                self.add_sources((j, k), (block.lo[0], block.hi[0]), buffers, &mut tendency);
                if self.field.decay != 0.0 {
                    add_decay(set, q, T::from_f64(self.field.decay), &mut tendency);
                }
                let out = target.row_mut(j, k, block.lo[0], block.hi[0]);
                match base {
                    Some(base) => step_from(set, base.row(j, k, block.lo[0], block.hi[0]), &tendency, self.dt, out),
                    None if self.turn.base == self.turn.source => step_from(set, q, &tendency, self.dt, out),
                    None => step_in_place(set, &tendency, self.dt, out),
                }
                buffers.tendency = tendency;
            }
            self.fill_ghosts(&block.with_range(2, k, k + 1), target);
            std::mem::swap(&mut z_lower, &mut z_upper);
        }
        buffers.z = [z_lower, z_upper];
        buffers.y = [y_lower, y_upper];
    }

    /// Fluxes through the lower x faces of the cells of row (j, k), and the upper one of the last.
    fn x_fluxes(
        &self,
        block: &IndexBox,
        (j, k): (i64, i64),
        source: &RowReader<'_, T>,
        buffers: &mut Buffers<T>,
        flux: &mut [T],
    ) {
        let grid = &self.kernel.grid;
        let (lo, hi) = (block.lo[0], block.hi[0]);
        let u = self.kernel.wind[0].row(grid, (j, k), (lo, hi + 1), self.time, &mut buffers.wind[0]);
        let kx = self.kernel.diffusivity[0].row(grid, (j, k), (lo, hi + 1), self.time, &mut buffers.diffusivity[0]);
        let inverse = T::from_f64(1.0 / grid.spacing[0]);
        let q = source.row(j, k, lo - 1, hi + 1);
        flux_row(self.call.instructions, self.terms[0], q, &q[1..], u, kx, inverse, flux);
        for upper in [false, true] {
            let (face, cell) = if upper { (hi, hi - 1) } else { (lo, lo) };
            if self.is_wall(0, face, upper) {
                let n = (face - lo) as usize;
                let given = self.given(0, upper, [face, j, k], self.time);
                let q = q[(cell - lo + 1) as usize];
                flux[n] = self.wall(0, upper).flux(upper, q, u[n], kx[n], given, inverse);
            }
        }
    }

    /// Fluxes through the faces of `axis` (y or z) that are the lower ones of row (j, k), for the block's range of x.
    fn flux(
        &self,
        axis: usize,
        block: &IndexBox,
        (j, k): (i64, i64),
        source: &RowReader<'_, T>,
        buffers: &mut Buffers<T>,
        flux: &mut [T],
    ) {
        let grid = &self.kernel.grid;
        let range = (block.lo[0], block.hi[0]);
        let u = self.kernel.wind[axis].row(grid, (j, k), range, self.time, &mut buffers.wind[axis]);
        let kd = self.kernel.diffusivity[axis].row(grid, (j, k), range, self.time, &mut buffers.diffusivity[axis]);
        let inverse = T::from_f64(1.0 / grid.spacing[axis]);
        let face = if axis == 1 { j } else { k };
        let below = if axis == 1 { (j - 1, k) } else { (j, k - 1) };
        let wall = [false, true].into_iter().find(|&upper| self.is_wall(axis, face, upper));
        match wall {
            Some(upper) => {
                let (jc, kc) = if upper { below } else { (j, k) };
                let q = source.row(jc, kc, range.0, range.1);
                for (n, flux) in flux.iter_mut().enumerate() {
                    let given = self.given(axis, upper, [range.0 + n as i64, j, k], self.time);
                    *flux = self.wall(axis, upper).flux(upper, q[n], u[n], kd[n], given, inverse);
                }
            }
            None => {
                let left = source.row(below.0, below.1, range.0, range.1);
                let right = source.row(j, k, range.0, range.1);
                flux_row(
                    self.call.instructions,
                    self.terms[axis],
                    left,
                    right,
                    u,
                    kd,
                    inverse,
                    flux,
                );
            }
        }
    }

    fn wall(&self, axis: usize, upper: bool) -> &Wall {
        &self.field.walls[axis][usize::from(upper)]
    }

    /// Whether face `face` of `axis` is the grid's lower or upper wall.
    fn is_wall(&self, axis: usize, face: i64, upper: bool) -> bool {
        let grid = &self.kernel.grid;
        let end = if upper { grid.cells[axis] as i64 } else { 0 };
        face == end && !grid.periodic[axis]
    }

    /// The value, flux or inflow of a wall at one of its faces; 0 where the wall has none.
    fn given(&self, axis: usize, upper: bool, face: PerAxis<i64>, time: f64) -> T {
        given(self.kernel, self.field, axis, upper, face, time)
    }

    /// Adds the sources to the tendency of row (j, k).
    fn add_sources(&self, (j, k): (i64, i64), (lo, hi): (i64, i64), buffers: &mut Buffers<T>, tendency: &mut [T]) {
        let grid = &self.kernel.grid;
        for source in self.sources {
            match source {
                PreparedSource::Density(density) => {
                    let row = density.row(grid, (j, k), (lo, hi), self.time, &mut buffers.source);
                    tendency.iter_mut().zip(row).for_each(|(sum, &s)| *sum += s);
                }
                PreparedSource::Point { rate, shares } => {
                    let row = (grid.wrap(1, j), grid.wrap(2, k));
                    for share in shares.iter().filter(|share| (share.cell[1], share.cell[2]) == row) {
                        for i in (lo..hi).filter(|&i| grid.wrap(0, i) == share.cell[0]) {
                            let released = rate.evaluate([0.0; 3], self.time) * share.weight;
                            tendency[(i - lo) as usize] += T::from_f64(released);
                        }
                    }
                }
            }
        }
    }

    /// Adds what passed the walls during this step to their accumulators: the fluxes of the last stage, which are the
    /// ones that the step is made of.
    fn add_up_walls(&self, view: &StageView<'_, T>, owned: &IndexBox, source: &RowReader<'_, T>) {
        if owned.is_empty() {
            return;
        }
        let grid = &self.kernel.grid;
        let mut wind = RowBuffer::default();
        let mut diffusivity = RowBuffer::default();
        for (axis, upper) in (0..3).flat_map(|axis| [(axis, false), (axis, true)]) {
            let Some(slot) = self.slots.through[axis][usize::from(upper)] else {
                continue;
            };
            let mut total = view.write_double(slot);
            let cells = owned.intersect(&total.stored());
            if cells.is_empty() {
                continue;
            }
            let inverse = T::from_f64(1.0 / grid.spacing[axis]);
            let inward = if upper { -1.0 } else { 1.0 };
            let beyond = |cell: i64, of: usize| if of == axis && upper { cell + 1 } else { cell };
            for (j, k) in cells.rows() {
                let face_row = (beyond(j, 1), beyond(k, 2));
                let range = (beyond(cells.lo[0], 0), beyond(cells.hi[0], 0));
                let u = self.kernel.wind[axis].row(grid, face_row, range, self.time, &mut wind);
                let kd = self.kernel.diffusivity[axis].row(grid, face_row, range, self.time, &mut diffusivity);
                let q = source.row(j, k, cells.lo[0], cells.hi[0]);
                let sums = total.row_mut(j, k, cells.lo[0], cells.hi[0]);
                for (n, sum) in sums.iter_mut().enumerate() {
                    let face = [range.0 + n as i64, face_row.0, face_row.1];
                    let given = self.given(axis, upper, face, self.time);
                    let flux = self.wall(axis, upper).flux(upper, q[n], u[n], kd[n], given, inverse);
                    *sum += inward * self.call.dt * flux.to_f64();
                }
            }
        }
    }

    /// Adds what sources released and what decayed during this step to their accumulators.
    fn add_up_sources(&self, view: &StageView<'_, T>, owned: &IndexBox, source: &RowReader<'_, T>) {
        if owned.is_empty() {
            return;
        }
        let (lo, hi) = (owned.lo[0], owned.hi[0]);
        if let Some(slot) = self.slots.emitted {
            let mut total = view.write_double(slot);
            let mut buffers = Buffers::new(owned.len(0));
            let mut released = vec![T::ZERO; owned.len(0)];
            for (j, k) in owned.rows() {
                released.fill(T::ZERO);
                self.add_sources((j, k), (lo, hi), &mut buffers, &mut released);
                let sums = total.row_mut(j, k, lo, hi);
                sums.iter_mut()
                    .zip(&released)
                    .for_each(|(sum, s)| *sum += self.call.dt * s.to_f64());
            }
        }
        if let Some(slot) = self.slots.decayed {
            let mut total = view.write_double(slot);
            for (j, k) in owned.rows() {
                let q = source.row(j, k, lo, hi);
                let sums = total.row_mut(j, k, lo, hi);
                sums.iter_mut()
                    .zip(q)
                    .for_each(|(sum, q)| *sum += self.call.dt * self.field.decay * q.to_f64());
            }
        }
    }
}

/// The value, flux or inflow of a wall at one of its faces; 0 where the wall has none.
fn given<T: Real>(
    kernel: &Transport<T>,
    field: &FieldParameters,
    axis: usize,
    upper: bool,
    face: PerAxis<i64>,
    time: f64,
) -> T {
    match field.walls[axis][usize::from(upper)].formula() {
        None => T::ZERO,
        Some(formula) => T::from_f64(match formula.as_constant() {
            Some(value) => value,
            None => formula.evaluate(kernel.grid.point(Location::face(axis), face), time),
        }),
    }
}

/// Fills the ghosts of the cells in `region` beyond every wall that the region touches: x first, then y and z on rows
/// that include the ghosts before, so that corners have an image too.
pub(super) fn fill_ghosts<T: Real>(
    kernel: &Transport<T>,
    field: &FieldParameters,
    target: &mut RowWriter<'_, T>,
    region: &IndexBox,
    time: f64,
) {
    let grid = &kernel.grid;
    let mut filled = *region;
    let mut images_row = Vec::new();
    for axis in 0..3 {
        if grid.periodic[axis] || !grid.is_active(axis) {
            continue;
        }
        let end = grid.cells[axis] as i64;
        for upper in [false, true] {
            let touches = if upper {
                region.hi[axis] == end
            } else {
                region.lo[axis] == 0
            };
            if !touches {
                continue;
            }
            let (image, ghost, face) = if upper { (end - 1, end, end) } else { (0, -1, 0) };
            let wall = &field.walls[axis][usize::from(upper)];
            let gradient_per_flux = gradient_per_flux(kernel, axis);
            // One look at a wall that is the same everywhere.
            let is_constant = wall.formula().is_none_or(|formula| formula.as_constant().is_some());
            let constant = is_constant.then(|| given(kernel, field, axis, upper, [0; 3], time));
            let images = filled.with_range(axis, image, image + 1);
            let beyond = |own: i64, of: usize, there: i64| if of == axis { there } else { own };
            for (j, k) in images.rows() {
                let (lo, hi) = (images.lo[0], images.hi[0]);
                images_row.clear();
                images_row.extend_from_slice(target.row(j, k, lo, hi));
                let first = beyond(lo, 0, ghost);
                let ghosts = target.row_mut(beyond(j, 1, ghost), beyond(k, 2, ghost), first, first + (hi - lo));
                for (n, (to, &q)) in ghosts.iter_mut().zip(&images_row).enumerate() {
                    let at = [beyond(lo + n as i64, 0, face), beyond(j, 1, face), beyond(k, 2, face)];
                    let given = constant.unwrap_or_else(|| given(kernel, field, axis, upper, at, time));
                    *to = wall.ghost(q, given, gradient_per_flux);
                }
            }
        }
        if region.lo[axis] == 0 {
            filled.lo[axis] = -1;
        }
        if region.hi[axis] == end {
            filled.hi[axis] = end + 1;
        }
    }
}

/// d/K where the diffusivity along `axis` is one positive number, else 0: see [`Wall::ghost`].
fn gradient_per_flux<T: Real>(kernel: &Transport<T>, axis: usize) -> T {
    match kernel.diffusivity[axis].uniform() {
        Some(k) if k > T::ZERO => T::from_f64(kernel.grid.spacing[axis]) / k,
        _ => T::ZERO,
    }
}
