//! The plain heat equation: one diffusivity per axis, no wind, sources or decay. One fused loop.
//!
//! `out = base + sum_a f_a ((q_below + q_above) - 2 q)`, `f_a = dt K_a/d_a^2`, second order; walls through their ghosts. Where the
//! factors of all axes are equal it is `base + f (sum of the neighbours - 2 n q)`, n axes, because additions bound the loop. A
//! uniform state stays what it is, to the last bit, either way.
//!
//! Layers are taken in pairs, which share what they read of each other.

use super::transport::Update;
use crate::field::{Real, RowReader, RowWriter};
use crate::for_each_instruction_set;
use crate::grid::IndexBox;

/// Bytes of the four planes of a block that are meant to stay in the second-level cache until they are read again.
const BLOCK_BYTES: usize = 768 * 1024;

/// How many rows before it is needed a row of the next planes is fetched, where nothing else brings it into cache.
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
    let factors = [0, 1, 2].map(|axis| match update.kernel.diffusivity(axis).uniform() {
        Some(k) if update.terms[axis].diffusion => {
            update.plain_dt() * k * T::from_f64(1.0 / (grid.spacing[axis] * grid.spacing[axis]))
        }
        _ => T::ZERO,
    });
    let in_place = update.turn.base == update.turn.target;
    // Rows written in place are in cache already.
    let is_streamed = target.is_streamed() && !in_place;
    let n = region.len(0);
    let mut sweep = Sweep {
        update,
        source,
        base,
        in_place,
        has: [1, 2].map(|axis| update.terms[axis].diffusion),
        factors,
        buffers: [0, 1].map(|_| vec![T::ZERO; if is_streamed { n } else { 0 }]),
    };
    let layers = if sweep.has == [true, true] { 2 } else { 1 };
    let row_bytes = (n + 2) * size_of::<T>();
    let block_rows = (BLOCK_BYTES / (4 * row_bytes)).max(4) as i64;
    let mut j0 = region.lo[1];
    while j0 < region.hi[1] {
        let j1 = (j0 + block_rows).min(region.hi[1]);
        let mut k = region.lo[2];
        while k < region.hi[2] {
            let next = (k + layers).min(region.hi[2]);
            let block = region.with_range(1, j0, j1).with_range(2, k, next);
            for j in j0..j1 {
                match next - k {
                    2 => sweep.pair(j, &block, target),
                    _ => sweep.single(j, &block, target),
                }
            }
            update.fill_ghosts(&block, target);
            k = next;
        }
        j0 = j1;
    }
}

/// What rows are computed from.
struct Sweep<'u, 'v, T> {
    update: &'u Update<'u, T>,
    source: &'u RowReader<'v, T>,
    base: Option<&'u RowReader<'v, T>>,
    in_place: bool,
    /// Whether there is diffusion along y and z.
    has: [bool; 2],
    factors: [T; 3],
    /// Where rows are computed that are stored past the caches; else empty.
    buffers: [Vec<T>; 2],
}

impl<'v, T: Real> Sweep<'_, 'v, T> {
    fn base(&self, j: i64, k: i64, lo: i64, hi: i64) -> Base<&'v [T]> {
        match self.base {
            Some(base) => Base::Row(base.row(j, k, lo, hi)),
            None if self.in_place => Base::Target,
            None => Base::Source,
        }
    }

    /// Row j of a block of one layer.
    fn single(&mut self, j: i64, block: &IndexBox, target: &mut RowWriter<'_, T>) {
        let set = self.update.call.instructions;
        let (lo, hi, k) = (block.lo[0], block.hi[0], block.lo[2]);
        let source = self.source;
        let q = source.row(j, k, lo - 1, hi + 1);
        let y = self.has[0].then(|| [source.row(j - 1, k, lo, hi), source.row(j + 1, k, lo, hi)]);
        let z = self.has[1].then(|| [source.row(j, k - 1, lo, hi), source.row(j, k + 1, lo, hi)]);
        let base = self.base(j, k, lo, hi);
        let buffer = &mut self.buffers[0][..];
        if buffer.is_empty() {
            heat_row(set, q, y, z, base, self.factors, target.row_mut(j, k, lo, hi));
            return;
        }
        if self.has[1] && j + ROWS_AHEAD < block.hi[1] {
            source.prefetch(j + ROWS_AHEAD, k + 1, lo, hi);
        }
        heat_row(set, q, y, z, base, self.factors, buffer);
        target.store(j, k, lo, buffer);
    }

    /// Rows j of a block of two layers.
    fn pair(&mut self, j: i64, block: &IndexBox, target: &mut RowWriter<'_, T>) {
        let set = self.update.call.instructions;
        let (lo, hi, k) = (block.lo[0], block.hi[0], block.lo[2]);
        let source = self.source;
        let centres = [k, k + 1].map(|k| source.row(j, k, lo - 1, hi + 1));
        let souths = [k, k + 1].map(|k| source.row(j - 1, k, lo, hi));
        let norths = [k, k + 1].map(|k| source.row(j + 1, k, lo, hi));
        let ends = [k - 1, k + 2].map(|k| source.row(j, k, lo, hi));
        let bases = match [k, k + 1].map(|k| self.base(j, k, lo, hi)) {
            [Base::Row(lower), Base::Row(upper)] => Base::Row([lower, upper]),
            [Base::Target, _] => Base::Target,
            _ => Base::Source,
        };
        let [lower, upper] = &mut self.buffers;
        if lower.is_empty() {
            let [lower, upper] = target.pair_mut(j, k, lo, hi);
            heat_pair(set, centres, souths, norths, ends, bases, self.factors, lower, upper);
            return;
        }
        if j + ROWS_AHEAD < block.hi[1] {
            source.prefetch(j + ROWS_AHEAD, k + 1, lo, hi);
            source.prefetch(j + ROWS_AHEAD, k + 2, lo, hi);
        }
        heat_pair(set, centres, souths, norths, ends, bases, self.factors, lower, upper);
        target.store(j, k, lo, lower);
        target.store(j, k + 1, lo, upper);
    }
}

/// The state that a stage starts from.
#[derive(Clone, Copy)]
enum Base<R> {
    /// The row that the tendency is computed from.
    Source,
    Row(R),
    /// The row that is written.
    Target,
}

/// Where along each axis that there is the neighbours of a cell count equally: the one factor.
fn common<T: Real>(factors: [T; 3], [has_y, has_z]: [bool; 2]) -> Option<T> {
    let [x, y, z] = factors;
    ((!has_y || y == x) && (!has_z || z == x)).then_some(x)
}

/// `(below + above) - twice`: twice the cell.
#[inline(always)]
fn curvature<T: Real>(below: T, above: T, twice: T) -> T {
    (below + above) - twice
}

for_each_instruction_set! {
    /// One row: `q` has one more cell at each end; `y` and `z` are the rows below and above, where they matter.
    fn heat_row[T: Real](
        q: &[T], y: Option<[&[T]; 2]>, z: Option<[&[T]; 2]>, base: Base<&[T]>, factors: [T; 3], out: &mut [T],
    ) {
        let n = out.len();
        let (west, centre, east) = (&q[..n], &q[1..n + 1], &q[2..n + 2]);
        let [fx, fy, fz] = factors;
        let [two, four, six] = [2.0, 4.0, 6.0].map(T::from_f64);
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
        match (y, z, common(factors, [y.is_some(), z.is_some()])) {
            (Some([south, north]), Some([bottom, top]), Some(f)) => {
                let (south, north, bottom, top) = (&south[..n], &north[..n], &bottom[..n], &top[..n]);
                sweep!(|i| f * (((west[i] + east[i]) + (south[i] + north[i]) + (bottom[i] + top[i])) - six * centre[i]));
            }
            (Some([south, north]), Some([bottom, top]), None) => {
                let (south, north, bottom, top) = (&south[..n], &north[..n], &bottom[..n], &top[..n]);
                sweep!(|i| {
                    let twice = two * centre[i];
                    fx * curvature(west[i], east[i], twice)
                        + fy * curvature(south[i], north[i], twice)
                        + fz * curvature(bottom[i], top[i], twice)
                });
            }
            (Some([below, above]), None, Some(f)) | (None, Some([below, above]), Some(f)) => {
                let (below, above) = (&below[..n], &above[..n]);
                sweep!(|i| f * (((west[i] + east[i]) + (below[i] + above[i])) - four * centre[i]));
            }
            (Some([below, above]), None, None) | (None, Some([below, above]), None) => {
                let (below, above) = (&below[..n], &above[..n]);
                let f = if y.is_some() { fy } else { fz };
                sweep!(|i| {
                    let twice = two * centre[i];
                    fx * curvature(west[i], east[i], twice) + f * curvature(below[i], above[i], twice)
                });
            }
            (None, None, _) => {
                sweep!(|i| fx * curvature(west[i], east[i], two * centre[i]));
            }
        }
    }
}

for_each_instruction_set! {
    /// Two rows, one above the other, with the operations of [`heat_row`]: `centres` have one more cell at each end; `ends` are
    /// the row below both and the one above.
    fn heat_pair[T: Real](
        centres: [&[T]; 2], souths: [&[T]; 2], norths: [&[T]; 2], ends: [&[T]; 2], bases: Base<[&[T]; 2]>,
        factors: [T; 3], lower: &mut [T], upper: &mut [T],
    ) {
        let n = lower.len();
        let upper = &mut upper[..n];
        let [p, q] = centres;
        let (west_p, p, east_p) = (&p[..n], &p[1..n + 1], &p[2..n + 2]);
        let (west_q, q, east_q) = (&q[..n], &q[1..n + 1], &q[2..n + 2]);
        let (south_p, south_q) = (&souths[0][..n], &souths[1][..n]);
        let (north_p, north_q) = (&norths[0][..n], &norths[1][..n]);
        let (bottom, top) = (&ends[0][..n], &ends[1][..n]);
        let [fx, fy, fz] = factors;
        let [two, six] = [2.0, 6.0].map(T::from_f64);
        macro_rules! sweep {
            (|$i:ident| $change_p:expr, $change_q:expr) => {
                match bases {
                    Base::Source => {
                        for $i in 0..n {
                            lower[$i] = p[$i] + $change_p;
                            upper[$i] = q[$i] + $change_q;
                        }
                    }
                    Base::Row([base_p, base_q]) => {
                        let (base_p, base_q) = (&base_p[..n], &base_q[..n]);
                        for $i in 0..n {
                            lower[$i] = base_p[$i] + $change_p;
                            upper[$i] = base_q[$i] + $change_q;
                        }
                    }
                    Base::Target => {
                        for $i in 0..n {
                            lower[$i] += $change_p;
                            upper[$i] += $change_q;
                        }
                    }
                }
            };
        }
        match common(factors, [true; 2]) {
            Some(f) => sweep!(
                |i| f * (((west_p[i] + east_p[i]) + (south_p[i] + north_p[i]) + (bottom[i] + q[i])) - six * p[i]),
                f * (((west_q[i] + east_q[i]) + (south_q[i] + north_q[i]) + (p[i] + top[i])) - six * q[i])
            ),
            None => sweep!(
                |i| {
                    let twice = two * p[i];
                    fx * curvature(west_p[i], east_p[i], twice)
                        + fy * curvature(south_p[i], north_p[i], twice)
                        + fz * curvature(bottom[i], q[i], twice)
                },
                {
                    let twice = two * q[i];
                    fx * curvature(west_q[i], east_q[i], twice)
                        + fy * curvature(south_q[i], north_q[i], twice)
                        + fz * curvature(p[i], top[i], twice)
                }
            ),
        }
    }
}
