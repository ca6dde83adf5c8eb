//! What passed the walls, was released, decayed or turned into other fields: added up in f64, stage by stage, with each
//! stage's share in the step.

use super::coefficient::RowBuffer;
use super::ghosts;
use super::transport::Update;
use crate::field::{Real, RowReader, StageView};
use crate::grid::IndexBox;

impl<T: Real> Update<'_, T> {
    /// Adds this stage's share of the step to the accumulators of the owned cells. `others` as the update reads them.
    pub(super) fn add_up(&self, view: &StageView<'_, T>, source: &RowReader<'_, T>, others: &[(RowReader<'_, T>, T)]) {
        let owned = view.region().intersect(&self.call.owned);
        if self.stage.weight == 0.0 || owned.is_empty() {
            return;
        }
        self.add_up_walls(view, &owned, source);
        self.add_up_released(view, &owned);
        self.add_up_decayed(view, &owned, source);
        self.add_up_exchanged(view, &owned, others);
    }

    /// The stage's share of dt, s.
    fn share(&self) -> f64 {
        self.stage.weight * self.call.dt
    }

    fn add_up_walls(&self, view: &StageView<'_, T>, owned: &IndexBox, source: &RowReader<'_, T>) {
        let grid = &self.kernel.grid;
        let mut winds = RowBuffer::default();
        let mut diffusivities = RowBuffer::default();
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
            let wall = &self.field.walls[axis][usize::from(upper)];
            let (wind, diffusivity) = (self.kernel.wind(self.index, axis), self.kernel.diffusivity(axis));
            let beyond = |cell: i64, of: usize| if of == axis && upper { cell + 1 } else { cell };
            for (j, k) in cells.rows() {
                let face_row = (beyond(j, 1), beyond(k, 2));
                let range = (beyond(cells.lo[0], 0), beyond(cells.hi[0], 0));
                let u = wind.row(grid, face_row, range, self.time, &mut winds);
                let kd = diffusivity.row(grid, face_row, range, self.time, &mut diffusivities);
                let q = source.row(j, k, cells.lo[0], cells.hi[0]);
                let sums = total.row_mut(j, k, cells.lo[0], cells.hi[0]);
                for (n, sum) in sums.iter_mut().enumerate() {
                    let face = [range.0 + n as i64, face_row.0, face_row.1];
                    let given = ghosts::given(self.kernel, self.field, axis, upper, face, self.time);
                    let flux = wall.flux(upper, q[n], u[n], kd[n], given, inverse);
                    *sum += inward * self.share() * flux.to_f64();
                }
            }
        }
    }

    fn add_up_released(&self, view: &StageView<'_, T>, owned: &IndexBox) {
        let Some(slot) = self.slots.emitted else { return };
        let (lo, hi) = (owned.lo[0], owned.hi[0]);
        let mut total = view.write_double(slot);
        let mut buffer = RowBuffer::default();
        let mut released = vec![T::ZERO; owned.len(0)];
        for (j, k) in owned.rows() {
            released.fill(T::ZERO);
            self.add_sources((j, k), (lo, hi), &mut buffer, &mut released);
            add(total.row_mut(j, k, lo, hi), self.share(), &released);
        }
    }

    fn add_up_decayed(&self, view: &StageView<'_, T>, owned: &IndexBox, source: &RowReader<'_, T>) {
        let Some(slot) = self.slots.decayed else { return };
        let (lo, hi) = (owned.lo[0], owned.hi[0]);
        let mut total = view.write_double(slot);
        for (j, k) in owned.rows() {
            let factor = self.share() * self.field.decay;
            add(total.row_mut(j, k, lo, hi), factor, source.row(j, k, lo, hi));
        }
    }

    fn add_up_exchanged(&self, view: &StageView<'_, T>, owned: &IndexBox, others: &[(RowReader<'_, T>, T)]) {
        let Some(slot) = self.slots.exchanged else { return };
        let (lo, hi) = (owned.lo[0], owned.hi[0]);
        let mut total = view.write_double(slot);
        for (j, k) in owned.rows() {
            for (other, rate) in others {
                let factor = self.share() * rate.to_f64();
                add(total.row_mut(j, k, lo, hi), factor, other.row(j, k, lo, hi));
            }
        }
    }
}

fn add<T: Real>(sums: &mut [f64], factor: f64, values: &[T]) {
    sums.iter_mut()
        .zip(values)
        .for_each(|(sum, value)| *sum += factor * value.to_f64());
}
