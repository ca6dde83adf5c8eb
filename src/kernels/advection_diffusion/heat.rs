//! The plain heat equation: one diffusivity per axis, no wind, sources or decay. One fused loop.
//!
//! `out = base + dt sum_a K_a/d_a^2 ((q_above - q) - (q - q_below))`, second order; walls through their ghosts.

use super::transport::Update;
use crate::field::{Real, RowReader, RowWriter};
use crate::for_each_instruction_set;
use crate::grid::IndexBox;

/// Bytes of the three planes of a block that are meant to stay in the second-level cache until they are read again.
const BLOCK_BYTES: usize = 768 * 1024;

/// How many rows before it is needed a row of the next plane is fetched, where nothing else brings it into cache.
const ROWS_AHEAD: i64 = 2;

/// Updates `region`; arguments as in `transport`.
pub(super) fn update<T: Real>(
    update: &Update<'_, T>,
    region: &IndexBox,
    source: &RowReader<'_, T>,
    base: Option<&RowReader<'_, T>>,
    target: &mut RowWriter<'_, T>,
) {
    let grid = &update.kernel.grid;
    let set = update.call.instructions;
    // dt K / d^2 per axis.
    let factors = [0, 1, 2].map(|axis| match update.kernel.diffusivity(axis).uniform() {
        Some(k) if update.terms[axis].diffusion => {
            update.plain_dt() * k * T::from_f64(1.0 / (grid.spacing[axis] * grid.spacing[axis]))
        }
        _ => T::ZERO,
    });
    let has = [1, 2].map(|axis| update.terms[axis].diffusion);
    let (lo, hi) = (region.lo[0], region.hi[0]);
    let in_place = update.turn.base == update.turn.target;
    // Rows written in place are in cache already.
    let is_streamed = target.is_streamed() && !in_place;
    let mut row = vec![T::ZERO; if is_streamed { region.len(0) } else { 0 }];
    let row_bytes = (region.len(0) + 2) * size_of::<T>();
    let block_rows = (BLOCK_BYTES / (3 * row_bytes)).max(4) as i64;
    let mut j0 = region.lo[1];
    while j0 < region.hi[1] {
        let j1 = (j0 + block_rows).min(region.hi[1]);
        let block = region.with_range(1, j0, j1);
        for (j, k) in block.rows() {
            let q = source.row(j, k, lo - 1, hi + 1);
            let y = has[0].then(|| [source.row(j - 1, k, lo, hi), source.row(j + 1, k, lo, hi)]);
            let z = has[1].then(|| [source.row(j, k - 1, lo, hi), source.row(j, k + 1, lo, hi)]);
            let base = match base {
                Some(base) => Base::Row(base.row(j, k, lo, hi)),
                None if in_place => Base::Target,
                None => Base::Source,
            };
            if is_streamed {
                if has[1] && j + ROWS_AHEAD < j1 {
                    source.prefetch(j + ROWS_AHEAD, k + 1, lo, hi);
                }
                heat_row(set, q, y, z, base, factors, &mut row);
                target.store(j, k, lo, &row);
            } else {
                heat_row(set, q, y, z, base, factors, target.row_mut(j, k, lo, hi));
            }
            if j + 1 == j1 {
                update.fill_ghosts(&block.with_range(2, k, k + 1), target);
            }
        }
        j0 = j1;
    }
}

/// The state that a stage starts from.
#[derive(Clone, Copy)]
enum Base<'a, T> {
    /// The row that the tendency is computed from.
    Source,
    Row(&'a [T]),
    /// The row that is written.
    Target,
}

/// `(above - centre) - (centre - below)`: antisymmetric in the two differences, so that what one cell gains across a
/// face its neighbour loses.
#[inline(always)]
fn curvature<T: Real>(below: T, centre: T, above: T) -> T {
    (above - centre) - (centre - below)
}

for_each_instruction_set! {
    /// One row: `q` has one more cell at each end; `y` and `z` are the rows below and above, where they matter.
    fn heat_row[T: Real](
        q: &[T], y: Option<[&[T]; 2]>, z: Option<[&[T]; 2]>, base: Base<'_, T>, factors: [T; 3], out: &mut [T],
    ) {
        let n = out.len();
        let (west, centre, east) = (&q[..n], &q[1..n + 1], &q[2..n + 2]);
        let [fx, fy, fz] = factors;
        macro_rules! sweep {
            (|$i:ident| $change:expr) => {
                match base {
                    Base::Source => {
                        for $i in 0..n {
                            out[$i] = centre[$i] + $change;
                        }
                    }
                    Base::Row(base) => {
                        let base = &base[..n];
                        for $i in 0..n {
                            out[$i] = base[$i] + $change;
                        }
                    }
                    Base::Target => {
                        for $i in 0..n {
                            out[$i] += $change;
                        }
                    }
                }
            };
        }
        match (y, z) {
            (Some([south, north]), Some([bottom, top])) => {
                let (south, north, bottom, top) = (&south[..n], &north[..n], &bottom[..n], &top[..n]);
                sweep!(|i| fx * curvature(west[i], centre[i], east[i])
                    + fy * curvature(south[i], centre[i], north[i])
                    + fz * curvature(bottom[i], centre[i], top[i]));
            }
            (Some([south, north]), None) => {
                let (south, north) = (&south[..n], &north[..n]);
                sweep!(|i| fx * curvature(west[i], centre[i], east[i])
                    + fy * curvature(south[i], centre[i], north[i]));
            }
            (None, Some([bottom, top])) => {
                let (bottom, top) = (&bottom[..n], &top[..n]);
                sweep!(|i| fx * curvature(west[i], centre[i], east[i])
                    + fz * curvature(bottom[i], centre[i], top[i]));
            }
            (None, None) => {
                sweep!(|i| fx * curvature(west[i], centre[i], east[i]));
            }
        }
    }
}
