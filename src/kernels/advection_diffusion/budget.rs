//! What passed the walls, was released, decayed or turned into other fields: added up in f64, stage by stage, with each
//! stage's share in the step.

use super::coefficient::RowBuffer;
use super::ghosts;
use super::slots::Ledger;
use super::transport::Update;
use crate::field::{Real, RowReader, RowWriter, StageView};
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
        let mut amounts = Vec::new();
        for (axis, upper) in (0..3).flat_map(|axis| [(axis, false), (axis, true)]) {
            let Some(ledger) = self.slots.through[axis][usize::from(upper)] else {
                continue;
            };
            let touches = match upper {
                true => owned.hi[axis] == grid.cells[axis] as i64,
                false => owned.lo[axis] == 0,
            };
            if !touches {
                continue;
            }
            let mut book = Book::open(view, ledger);
            let cells = owned.intersect(&book.sum.stored());
            let inverse = T::from_f64(1.0 / grid.spacing[axis]);
            let inward = if upper { -1.0 } else { 1.0 };
            let wall = &self.field.walls[axis][usize::from(upper)];
            let (wind, diffusivity) = (self.kernel.wind(self.index, axis), self.kernel.diffusivity(axis));
            let beyond = |cell: i64, of: usize| if of == axis && upper { cell + 1 } else { cell };
            let amount = |flux: T| inward * self.share() * flux.to_f64();
            let constant = ghosts::constant(self.field, axis, upper);
            if let (Some(given), Some(u), Some(kd)) = (constant, wind.uniform(), diffusivity.uniform()) {
                for (j, k) in cells.rows() {
                    let q = source.row(j, k, cells.lo[0], cells.hi[0]).iter();
                    let amounts = q.map(|&q| amount(wall.flux(upper, q, u, kd, given, inverse)));
                    book.enter((j, k), cells.lo[0], amounts);
                }
                continue;
            }
            for (j, k) in cells.rows() {
                let face_row = (beyond(j, 1), beyond(k, 2));
                let range = (beyond(cells.lo[0], 0), beyond(cells.hi[0], 0));
                let u = wind.row(grid, face_row, range, self.time, &mut winds);
                let kd = diffusivity.row(grid, face_row, range, self.time, &mut diffusivities);
                let q = source.row(j, k, cells.lo[0], cells.hi[0]);
                amounts.clear();
                for n in 0..q.len() {
                    let face = [range.0 + n as i64, face_row.0, face_row.1];
                    let given = ghosts::given(self.kernel, self.field, axis, upper, face, self.time);
                    let flux = wall.flux(upper, q[n], u[n], kd[n], given, inverse);
                    amounts.push(amount(flux));
                }
                book.enter((j, k), cells.lo[0], amounts.iter().copied());
            }
        }
    }

    fn add_up_released(&self, view: &StageView<'_, T>, owned: &IndexBox) {
        let Some(ledger) = self.slots.emitted else { return };
        let (lo, hi) = (owned.lo[0], owned.hi[0]);
        let mut book = Book::open(view, ledger);
        let mut buffer = RowBuffer::default();
        let mut released = vec![T::ZERO; owned.len(0)];
        for (j, k) in owned.rows() {
            released.fill(T::ZERO);
            self.add_sources((j, k), (lo, hi), &mut buffer, &mut released);
            book.enter((j, k), lo, released.iter().map(|s| self.share() * s.to_f64()));
        }
    }

    fn add_up_decayed(&self, view: &StageView<'_, T>, owned: &IndexBox, source: &RowReader<'_, T>) {
        let Some(ledger) = self.slots.decayed else { return };
        let (lo, hi) = (owned.lo[0], owned.hi[0]);
        let mut book = Book::open(view, ledger);
        let factor = self.share() * self.field.decay;
        for (j, k) in owned.rows() {
            let q = source.row(j, k, lo, hi);
            book.enter((j, k), lo, q.iter().map(|q| factor * q.to_f64()));
        }
    }

    fn add_up_exchanged(&self, view: &StageView<'_, T>, owned: &IndexBox, others: &[(RowReader<'_, T>, T)]) {
        let Some(ledger) = self.slots.exchanged else { return };
        let (lo, hi) = (owned.lo[0], owned.hi[0]);
        let mut book = Book::open(view, ledger);
        for (j, k) in owned.rows() {
            for (other, rate) in others {
                let factor = self.share() * rate.to_f64();
                let q = other.row(j, k, lo, hi);
                book.enter((j, k), lo, q.iter().map(|q| factor * q.to_f64()));
            }
        }
    }
}

/// A ledger that is being written.
struct Book<'a> {
    sum: RowWriter<'a, f64>,
    rest: RowWriter<'a, f64>,
}

impl<'a> Book<'a> {
    fn open<T: Real>(view: &StageView<'a, T>, ledger: Ledger) -> Self {
        Book {
            sum: view.write_double(ledger.sum),
            rest: view.write_double(ledger.rest),
        }
    }

    /// Adds amounts to the cells from `lo` of row (j, k).
    fn enter(&mut self, (j, k): (i64, i64), lo: i64, amounts: impl ExactSizeIterator<Item = f64>) {
        let hi = lo + amounts.len() as i64;
        let (sums, rests) = (self.sum.row_mut(j, k, lo, hi), self.rest.row_mut(j, k, lo, hi));
        for ((sum, rest), amount) in sums.iter_mut().zip(rests).zip(amounts) {
            let (total, lost) = two_sum(*sum, amount);
            *sum = total;
            *rest += lost;
        }
    }
}

/// `a + b`, rounded, and what the rounding lost: together they are the sum exactly. Source: D. E. Knuth, The Art of
/// Computer Programming 2, 4.2.2, theorem B.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_in_sum = sum - a;
    let a_in_sum = sum - b_in_sum;
    (sum, (a - a_in_sum) + (b - b_in_sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_and_what_it_lost_are_exact() {
        assert_eq!(two_sum(1e16, 1.0), (1e16, 1.0));
        assert_eq!(two_sum(-3.0, 1e17), (1e17, -3.0));
        let (mut sum, mut rest) = (0.0, 0.0);
        for _ in 0..100_000 {
            let (total, lost) = two_sum(sum, 0.1);
            (sum, rest) = (total, rest + lost);
        }
        // The double nearest to 0.1 is 5.6e-18 more: a hundred thousand of them are nearest to 10,000.
        assert_eq!(sum + rest, 10_000.0);
        assert_ne!(sum, 10_000.0);
    }
}
