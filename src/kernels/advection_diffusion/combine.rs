//! How a stage makes its result: of the tendency of a row, or all of the row at once.

use super::faces::FaceRows;
use super::rows::{Across, Combining, Recursion, add_scaled, combine_row, finish_row_2d, finish_row_3d, recurse};
use super::schemes::with_scheme;
use super::scratch::{CoefficientRows, Work};
use super::transport::{Beside, Update};
use crate::field::{Real, RowWriter};
use crate::numerics::runge_kutta::Combine;

/// The cells of a row that a stage reads and writes at the cell.
struct Ends<'r, 'w, T> {
    /// None where the row that is written is the base.
    base: Option<&'r [T]>,
    q: &'r [T],
    out: &'w mut [T],
}

impl<T: Real> Update<'_, T> {
    /// Makes the stage's result of row (j, k), whose x fluxes are known, in one loop, if that can be; says whether.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn finish_at_once(
        &self,
        rows: &FaceRows<'_, T>,
        (j, k): (i64, i64),
        place: usize,
        coefficients: &mut CoefficientRows<T>,
        work: &mut Work<T>,
        beside: &Beside<'_, T>,
        target: &mut RowWriter<'_, T>,
    ) -> bool {
        if !self.finishes_in_one_loop {
            return false;
        }
        let (lo, hi) = (rows.block.lo[0], rows.block.hi[0]);
        let is_streamed = self.is_streamed(target);
        let mut kept = std::mem::take(&mut work.out);
        let out = if is_streamed {
            &mut kept[..]
        } else {
            target.row_mut(j, k, lo, hi)
        };
        let ends = self.ends(rows, (j, k), beside, out);
        let is_done = rows.finish((j, k), place, coefficients, work, self.blend(), ends);
        if is_done && is_streamed {
            target.store(j, k, lo, &kept);
        }
        work.out = kept;
        is_done
    }

    /// Whether the stage's rows go past the caches: one that is overwritten is in cache already.
    fn is_streamed(&self, target: &RowWriter<'_, T>) -> bool {
        let is_in_place = self.turn.base == self.turn.target || self.turn.older == Some(self.turn.target);
        target.is_streamed() && !is_in_place
    }

    /// The rows that a stage's result is made of, cell by cell.
    fn ends<'r, 'w>(
        &self,
        rows: &'r FaceRows<'_, T>,
        (j, k): (i64, i64),
        beside: &'r Beside<'_, T>,
        out: &'w mut [T],
    ) -> Ends<'r, 'w, T> {
        let (lo, hi) = (rows.block.lo[0], rows.block.hi[0]);
        let q = rows.source.row(j, k, lo, hi);
        let base = match &beside.base {
            Some(base) => Some(base.row(j, k, lo, hi)),
            None => (self.turn.base == self.turn.source).then_some(q),
        };
        Ends { base, q, out }
    }

    /// The factors of `q - base` and of the tendency, s.
    fn blend(&self) -> (T, T) {
        let (blend, fraction) = match self.stage.combine {
            Combine::FromStart { fraction } => (0.0, fraction),
            Combine::Blend { fraction } => (fraction, fraction),
            Combine::Recursion { .. } => unreachable!("a recursion has factors of its own"),
        };
        (T::from_f64(blend), T::from_f64(fraction * self.call.dt))
    }

    /// Makes the stage's result of row (j, k) of its tendency.
    pub(super) fn combine(
        &self,
        rows: &FaceRows<'_, T>,
        (j, k): (i64, i64),
        work: &mut Work<T>,
        beside: &Beside<'_, T>,
        target: &mut RowWriter<'_, T>,
    ) {
        let set = self.call.instructions;
        let (lo, hi) = (rows.block.lo[0], rows.block.hi[0]);
        if let Combine::Recursion { .. } = self.stage.combine {
            self.recurse(rows, (j, k), work, beside, target);
            return;
        }
        let is_streamed = self.is_streamed(target);
        let Work {
            tendency, inner, out, ..
        } = work;
        let row: &mut [T] = if is_streamed { out } else { target.row_mut(j, k, lo, hi) };
        let Ends { base, q, out: row } = self.ends(rows, (j, k), beside, row);
        let (blend, factor) = self.blend();
        let by = Combining {
            base,
            q,
            inner,
            blend,
            factor,
        };
        combine_row(set, tendency, by, row);
        if is_streamed {
            target.store(j, k, lo, out);
        }
    }

    /// The same for a recursion.
    fn recurse(
        &self,
        rows: &FaceRows<'_, T>,
        (j, k): (i64, i64),
        work: &mut Work<T>,
        beside: &Beside<'_, T>,
        target: &mut RowWriter<'_, T>,
    ) {
        let set = self.call.instructions;
        let (lo, hi) = (rows.block.lo[0], rows.block.hi[0]);
        let Work {
            tendency,
            inner,
            out: kept,
            ..
        } = work;
        add_scaled(set, inner, T::ONE, tendency);
        let row = target.row_mut(j, k, lo, hi);
        // The recursion overwrites one of its terms.
        kept.copy_from_slice(row);
        let first = beside.first.as_ref().expect("a recursion reads the first tendency");
        let base = beside.base.as_ref().map_or(&kept[..], |base| base.row(j, k, lo, hi));
        let older = match (&beside.older, self.turn.older) {
            (_, Some(slot)) if slot == self.turn.target => &kept[..],
            (Some(older), _) => older.row(j, k, lo, hi),
            (None, _) => base,
        };
        let q = rows.source.row(j, k, lo, hi);
        recurse(
            set,
            base,
            q,
            older,
            tendency,
            first.row(j, k, lo, hi),
            self.recursion(),
            row,
        );
    }

    fn recursion(&self) -> Recursion<T> {
        match self.stage.combine {
            Combine::Recursion {
                mu,
                nu,
                mu_dt,
                gamma_dt,
            } => Recursion {
                mu: T::from_f64(mu),
                nu: T::from_f64(nu),
                mu_dt: T::from_f64(mu_dt * self.call.dt),
                gamma_dt: T::from_f64(gamma_dt * self.call.dt),
            },
            Combine::FromStart { .. } | Combine::Blend { .. } => unreachable!("only recursions are asked"),
        }
    }
}

impl<T: Real> FaceRows<'_, T> {
    /// Finishes row (j, k), whose x fluxes are known, in one loop, if its upper faces are all of one kind. Otherwise
    /// nothing is done.
    fn finish(
        &self,
        (j, k): (i64, i64),
        place: usize,
        coefficients: &mut CoefficientRows<T>,
        work: &mut Work<T>,
        blend: (T, T),
        rows: Ends<'_, '_, T>,
    ) -> bool {
        let update = self.update;
        if !update.finishes_in_one_loop {
            return false;
        }
        let scheme = self.inner_scheme(1, j + 1);
        let is_3d = update.has_flux(2);
        if scheme.is_none() || (is_3d && self.inner_scheme(2, k + 1) != scheme) {
            return false;
        }
        let Some(scheme) = scheme else { return false };
        let set = update.call.instructions;
        let n = self.block.len(0);
        let CoefficientRows { wind, diffusivity, .. } = coefficients;
        let [_, wind_y, wind_z] = wind;
        let [_, diffusivity_y, diffusivity_z] = diffusivity;
        let [carried_y, carried_z] = &mut work.carried;
        let (inverse_x, x) = (self.inverse(0), &work.x[..]);
        let y = self.row(1, (j + 1, k), wind_y, diffusivity_y);
        let y = Across {
            stencil: y.stencil,
            faces: y.faces,
        };
        let by = Combining {
            base: rows.base,
            q: rows.q,
            inner: &work.inner,
            blend: blend.0,
            factor: blend.1,
        };
        let out = rows.out;
        if is_3d {
            let z = self.row(2, (j, k + 1), wind_z, diffusivity_z);
            let z = Across {
                stencil: z.stencil,
                faces: z.faces,
            };
            let carried_z = &mut carried_z[place..][..n];
            with_scheme!(scheme, |s| finish_row_3d(
                set, s, x, inverse_x, y, z, carried_y, carried_z, by, out
            ));
        } else {
            with_scheme!(scheme, |s| finish_row_2d(set, s, x, inverse_x, y, carried_y, by, out));
        }
        true
    }
}
