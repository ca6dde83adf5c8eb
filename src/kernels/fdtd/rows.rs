//! The inner loops: one row of cells each.
//!
//! Every loop does the same operations in the same order on a cell, however rows are cut into pieces and whichever of the
//! loops takes a piece, so that the bits do not depend on either.

use super::curl::{Row, beside};
use crate::field::{Real, RowReader, RowWriter, Rows, RowsMut};
use crate::for_each_instruction_set;

/// Two rows whose difference is taken, and the inverse of the spacing, 1/m.
///
/// The inverse spacing stands apart from the gain, so that E and H multiply their differences with the same number: the curl of
/// one is the transpose of that of the other to the last bit, and the energy does not drift.
pub type Difference<'a, T> = ([&'a [T]; 2], T);

/// A coefficient along a row: one number, or one per node.
pub trait Factor<T>: Copy {
    /// Restricted to the first `n` nodes: afterwards every index below `n` is known to be one.
    fn first(self, n: usize) -> Self;
    fn at(self, i: usize) -> T;
}

impl<T: Real> Factor<T> for T {
    #[inline(always)]
    fn first(self, _n: usize) -> T {
        self
    }
    #[inline(always)]
    fn at(self, _i: usize) -> T {
        self
    }
}

impl<T: Real> Factor<T> for &[T] {
    #[inline(always)]
    fn first(self, n: usize) -> Self {
        &self[..n]
    }
    #[inline(always)]
    fn at(self, i: usize) -> T {
        self[i]
    }
}

for_each_instruction_set! {
    /// `out = keep out + gain (plus - minus)`, with a term that is missing left out.
    pub fn curl_row[T: Real, F: Factor<T>](
        out: &mut [T], keep: F, gain: F, plus: Option<Difference<'_, T>>, minus: Option<Difference<'_, T>>,
    ) {
        let n = out.len();
        let (keep, gain) = (keep.first(n), gain.first(n));
        match (plus, minus) {
            (Some(([a, b], f)), Some(([c, d], g))) => {
                let (a, b, c, d) = (&a[..n], &b[..n], &c[..n], &d[..n]);
                for i in 0..n {
                    out[i] = keep.at(i) * out[i] + gain.at(i) * (f * (a[i] - b[i]) - g * (c[i] - d[i]));
                }
            }
            (Some(([a, b], f)), None) => {
                let (a, b) = (&a[..n], &b[..n]);
                for i in 0..n {
                    out[i] = keep.at(i) * out[i] + gain.at(i) * (f * (a[i] - b[i]));
                }
            }
            (None, Some(([c, d], g))) => {
                let (c, d) = (&c[..n], &d[..n]);
                for i in 0..n {
                    out[i] = keep.at(i) * out[i] - gain.at(i) * (g * (c[i] - d[i]));
                }
            }
            (None, None) => {
                for i in 0..n {
                    out[i] = keep.at(i) * out[i];
                }
            }
        }
    }
}

for_each_instruction_set! {
    /// [`drude_row`], [`curl_row`] and [`subtract_row`] in one loop, for one pole and both differences.
    pub fn drude_curl_row[T: Real, F: Factor<T>](
        out: &mut [T], current: &mut [T], pole: [F; 2], keep: F, gain: F, plus: Difference<'_, T>, minus: Difference<'_, T>,
    ) {
        let n = out.len();
        let current = &mut current[..n];
        let (([p, q], f), ([r, s], g)) = (plus, minus);
        let (p, q, r, s) = (&p[..n], &q[..n], &r[..n], &s[..n]);
        let (a, b, keep, gain) = (pole[0].first(n), pole[1].first(n), keep.first(n), gain.first(n));
        for i in 0..n {
            current[i] = a.at(i) * current[i] + b.at(i) * out[i];
            let driven = keep.at(i) * out[i] + gain.at(i) * (f * (p[i] - q[i]) - g * (r[i] - s[i]));
            out[i] = driven - gain.at(i) * current[i];
        }
    }
}

/// What the three components of a field are updated with where nothing but curls and losses acts.
#[derive(Clone, Copy, Debug)]
pub struct Triple<T> {
    pub keep: [T; 3],
    pub gain: [T; 3],
    /// Per component: inverse spacings of the added and of the subtracted difference, 1/m.
    pub per_length: [[T; 2]; 3],
}

/// The rows of a field's three components, and those of the sources that drive them.
#[derive(Debug)]
pub struct Three<'t, 's, T> {
    pub targets: [RowsMut<'t, T>; 3],
    /// The sources at the nodes themselves, along x, y and z.
    pub here: [Rows<'s, T>; 3],
    /// The sources one node away, in the order of the differences in which they occur: of x the added and the subtracted
    /// one, then of y, then of z.
    pub there: [[Rows<'s, T>; 2]; 3],
}

for_each_instruction_set! {
    /// Three times [`curl_row`] in one loop, in 3D, on rows of one plane. Differences are from here to there; so H, whose
    /// differences run the other way, takes negative gains, which gives the same bits.
    pub fn three_curl_rows[T: Real](rows: &mut Three<'_, '_, T>, order: Order, triple: &Triple<T>) {
        let Three { targets: [x, y, z], here, there } = rows;
        for n in 0..x.n() {
            let (here, there) = nth(here, there, n);
            three_curls(x.row_mut(n), y.row_mut(n), z.row_mut(n), here, there, order, triple);
        }
    }
}

/// The `n`-th row of each. Closures would not be compiled for the instruction set of the loop, and stay calls.
#[inline(always)]
fn nth<'s, T>(here: &[Rows<'s, T>; 3], there: &[[Rows<'s, T>; 2]; 3], n: usize) -> ([&'s [T]; 3], [[&'s [T]; 2]; 3]) {
    (
        [here[0].row(n), here[1].row(n), here[2].row(n)],
        [
            [there[0][0].row(n), there[0][1].row(n)],
            [there[1][0].row(n), there[1][1].row(n)],
            [there[2][0].row(n), there[2][1].row(n)],
        ],
    )
}

for_each_instruction_set! {
    /// Three times [`drude_curl_row`] in one loop: the currents of one pole for each component, and the factors of each.
    pub fn three_drude_rows[T: Real](
        rows: &mut Three<'_, '_, T>, currents: &mut [RowsMut<'_, T>; 3], poles: [[T; 2]; 3], triple: &Triple<T>,
    ) {
        let Three { targets: [x, y, z], here, there } = rows;
        let [jx, jy, jz] = currents;
        for n in 0..x.n() {
            let (here, there) = nth(here, there, n);
            let currents = (jx.row_mut(n), jy.row_mut(n), jz.row_mut(n));
            three_drudes(x.row_mut(n), y.row_mut(n), z.row_mut(n), currents, here, there, poles, triple);
        }
    }
}

/// One row of [`three_drude_rows`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn three_drudes<T: Real>(
    x: &mut [T],
    y: &mut [T],
    z: &mut [T],
    (jx, jy, jz): (&mut [T], &mut [T], &mut [T]),
    here: [&[T]; 3],
    there: [[&[T]; 2]; 3],
    poles: [[T; 2]; 3],
    triple: &Triple<T>,
) {
    let n = x.len();
    let (y, z) = (&mut y[..n], &mut z[..n]);
    let (jx, jy, jz) = (&mut jx[..n], &mut jy[..n], &mut jz[..n]);
    let (sx, sy, sz) = (&here[0][..n], &here[1][..n], &here[2][..n]);
    let (xp, xm) = (&there[0][0][..n], &there[0][1][..n]);
    let (yp, ym) = (&there[1][0][..n], &there[1][1][..n]);
    let (zp, zm) = (&there[2][0][..n], &there[2][1][..n]);
    let [kx, ky, kz] = triple.keep;
    let [gx, gy, gz] = triple.gain;
    let [[fxp, fxm], [fyp, fym], [fzp, fzm]] = triple.per_length;
    let [[ax, bx], [ay, by], [az, bz]] = poles;
    for i in 0..n {
        jx[i] = ax * jx[i] + bx * x[i];
        x[i] = (kx * x[i] + gx * (fxp * (sz[i] - xp[i]) - fxm * (sy[i] - xm[i]))) - gx * jx[i];
        jy[i] = ay * jy[i] + by * y[i];
        y[i] = (ky * y[i] + gy * (fyp * (sx[i] - yp[i]) - fym * (sz[i] - ym[i]))) - gy * jy[i];
        jz[i] = az * jz[i] + bz * z[i];
        z[i] = (kz * z[i] + gz * (fzp * (sy[i] - zp[i]) - fzm * (sx[i] - zm[i]))) - gz * jz[i];
    }
}

/// One row of [`three_curl_rows`].
#[inline(always)]
fn three_curls<T: Real>(
    x: &mut [T],
    y: &mut [T],
    z: &mut [T],
    here: [&[T]; 3],
    there: [[&[T]; 2]; 3],
    order: Order,
    triple: &Triple<T>,
) {
    let n = x.len();
    let (y, z) = (&mut y[..n], &mut z[..n]);
    let (sx, sy, sz) = (&here[0][..n], &here[1][..n], &here[2][..n]);
    let (xp, xm) = (&there[0][0][..n], &there[0][1][..n]);
    let (yp, ym) = (&there[1][0][..n], &there[1][1][..n]);
    let (zp, zm) = (&there[2][0][..n], &there[2][1][..n]);
    let [kx, ky, kz] = triple.keep;
    let [gx, gy, gz] = triple.gain;
    let [[fxp, fxm], [fyp, fym], [fzp, fzm]] = triple.per_length;
    match order {
        // Of E: x takes z and y, y takes x and z, z takes y and x.
        Order::Electric => {
            for i in 0..n {
                x[i] = kx * x[i] + gx * (fxp * (sz[i] - xp[i]) - fxm * (sy[i] - xm[i]));
                y[i] = ky * y[i] + gy * (fyp * (sx[i] - yp[i]) - fym * (sz[i] - ym[i]));
                z[i] = kz * z[i] + gz * (fzp * (sy[i] - zp[i]) - fzm * (sx[i] - zm[i]));
            }
        }
        // Of H: x takes y and z, y takes z and x, z takes x and y.
        Order::Magnetic => {
            for i in 0..n {
                x[i] = kx * x[i] + gx * (fxp * (sy[i] - xp[i]) - fxm * (sz[i] - xm[i]));
                y[i] = ky * y[i] + gy * (fyp * (sz[i] - yp[i]) - fym * (sx[i] - ym[i]));
                z[i] = kz * z[i] + gz * (fzp * (sx[i] - zp[i]) - fzm * (sy[i] - zm[i]));
            }
        }
    }
}

/// Which field [`three_curl_rows`] updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Electric,
    Magnetic,
}

for_each_instruction_set! {
    /// The current of a pole without restoring force: `J = a J + b E`, added to `sum`, which a first pole begins.
    pub fn drude_row[T: Real, F: Factor<T>](
        current: &mut [T], field: &[T], a: F, b: F, sum: &mut [T], is_first: bool,
    ) {
        let n = current.len();
        let (field, sum, a, b) = (&field[..n], &mut sum[..n], a.first(n), b.first(n));
        for i in 0..n {
            current[i] = a.at(i) * current[i] + b.at(i) * field[i];
            sum[i] = if is_first { current[i] } else { sum[i] + current[i] };
        }
    }
}

for_each_instruction_set! {
    /// The current and polarisation of a resonance: `J = a J + b E - c P`, then `P = P + dt J`; J is added to `sum`.
    pub fn lorentz_row[T: Real, F: Factor<T>](
        current: &mut [T], polarization: &mut [T], field: &[T], factors: [F; 4], sum: &mut [T], is_first: bool,
    ) {
        let n = current.len();
        let (polarization, field, sum) = (&mut polarization[..n], &field[..n], &mut sum[..n]);
        let (a, b, c, dt) = (factors[0].first(n), factors[1].first(n), factors[2].first(n), factors[3].first(n));
        for i in 0..n {
            current[i] = a.at(i) * current[i] + (b.at(i) * field[i] - c.at(i) * polarization[i]);
            polarization[i] += dt.at(i) * current[i];
            sum[i] = if is_first { current[i] } else { sum[i] + current[i] };
        }
    }
}

for_each_instruction_set! {
    /// What a relaxation gives back in the coming step, added to `sum`: `r P`.
    pub fn debye_row[T: Real, F: Factor<T>](polarization: &[T], r: F, sum: &mut [T], is_first: bool) {
        let n = sum.len();
        let (polarization, r) = (&polarization[..n], r.first(n));
        for i in 0..n {
            let part = r.at(i) * polarization[i];
            sum[i] = if is_first { part } else { sum[i] + part };
        }
    }
}

for_each_instruction_set! {
    /// The polarisation of a relaxation at the end of the step: `P = a P + b (E_old + E_new)`.
    pub fn relax_row[T: Real, F: Factor<T>](polarization: &mut [T], old: &[T], new: &[T], a: F, b: F) {
        let n = polarization.len();
        let (old, new, a, b) = (&old[..n], &new[..n], a.first(n), b.first(n));
        for i in 0..n {
            polarization[i] = a.at(i) * polarization[i] + b.at(i) * (old[i] + new[i]);
        }
    }
}

for_each_instruction_set! {
    /// `out = out - gain sum`.
    pub fn subtract_row[T: Real, F: Factor<T>](out: &mut [T], sum: &[T], gain: F) {
        let n = out.len();
        let (sum, gain) = (&sum[..n], gain.first(n));
        for i in 0..n {
            out[i] = out[i] - gain.at(i) * sum[i];
        }
    }
}

/// Nodes that a short row is taken by at a time: a loop over rows of a layer across x would else do most of them one by one.
const LANES: usize = 4;

/// The memory of an absorber: `psi = b psi + c d`, `out = out + gain (psi + e d)`, d the difference of two rows.
#[inline(always)]
fn absorb<T: Real>(out: &mut [T], psi: &mut [T], upper: &[T], lower: &[T], [b, c, e]: [T; 3], gain: T) {
    let n = out.len();
    let (psi, upper, lower) = (&mut psi[..n], &upper[..n], &lower[..n]);
    for i in 0..n {
        let d = upper[i] - lower[i];
        psi[i] = b * psi[i] + c * d;
        out[i] += gain * (psi[i] + e * d);
    }
}

/// [`absorb`] on a short row, with factors for each node.
#[inline(always)]
fn absorb_across<T: Real>(out: &mut [T], psi: &mut [T], upper: &[T], lower: &[T], factors: [&[T]; 3], gain: T) {
    let n = out.len();
    let (psi, upper, lower) = (&mut psi[..n], &upper[..n], &lower[..n]);
    let [b, c, e] = [&factors[0][..n], &factors[1][..n], &factors[2][..n]];
    macro_rules! absorb {
        ($from:expr, $n:expr) => {
            for i in $from..$from + $n {
                let d = upper[i] - lower[i];
                psi[i] = b[i] * psi[i] + c[i] * d;
                out[i] += gain * (psi[i] + e[i] * d);
            }
        };
    }
    let mut from = 0;
    while from + LANES <= n {
        absorb!(from, LANES);
        from += LANES;
    }
    absorb!(from, n - from);
}

/// What a layer does to one component in one medium.
#[derive(Clone, Copy, Debug)]
pub struct Absorption<'a, T> {
    pub along: usize,
    pub is_electric: bool,
    /// Index along the axis at which the tables begin.
    pub first: i64,
    pub tables: [&'a [T]; 3],
    pub gain: T,
}

for_each_instruction_set! {
    /// An absorber on the rows of one plane from `row` to `end`: short rows would spend their time on calls.
    pub fn absorber_rows[T: Real](
        out: &mut RowWriter<'_, T>, psi: &mut RowWriter<'_, T>, source: &RowReader<'_, T>, row: Row, end: i64,
        absorption: Absorption<'_, T>,
    ) {
        let Absorption { along, is_electric, first, tables: [b, c, e], gain } = absorption;
        let Row { j, k, lo, hi } = row;
        let rows = [j, end];
        let (here, there) = (source.rows(rows, k, lo, hi), beside(source, along, is_electric, end, row));
        let (upper, lower) = if is_electric { (here, there) } else { (there, here) };
        let (mut out, mut psi) = (out.rows_mut(rows, k, lo, hi), psi.rows_mut(rows, k, lo, hi));
        if along == 0 {
            let (from, to) = ((lo - first) as usize, (hi - first) as usize);
            let (b, c, e) = (&b[from..to], &c[from..to], &e[from..to]);
            for n in 0..here.n() {
                absorb_across(out.row_mut(n), psi.row_mut(n), upper.row(n), lower.row(n), [b, c, e], gain);
            }
            return;
        }
        for n in 0..here.n() {
            let depth = (if along == 1 { j + n as i64 } else { k } - first) as usize;
            let factors = [b[depth], c[depth], e[depth]];
            absorb(out.row_mut(n), psi.row_mut(n), upper.row(n), lower.row(n), factors, gain);
        }
    }
}
