//! The inner loops: fluxes through the faces of one row of cells, their divergence, and the stages' combinations.
//!
//! `F = u q_face - K (q_0 - q_-1) / d`, positive along the axis. The same expression serves every face, whoever asks for
//! it, so that both neighbours of a face see the same bits.
//!
//! Rows are slices of equal length; `stencil` is the six rows (or six shifts of one row) of the cells along the axis, in
//! the order of `schemes`.

use super::schemes::Scheme;
use crate::field::Real;
use crate::for_each_instruction_set;

/// Six rows of cells: entry `[n][i]` is the cell `n - 3` faces away from face `i`.
pub(super) type Stencil<'a, T> = [&'a [T]; 6];

/// The coefficients of one row of faces.
#[derive(Clone, Copy)]
pub(super) struct Faces<'a, T> {
    /// Wind through the faces.
    pub u: &'a [T],
    /// Diffusivity along the axis at the faces.
    pub k: &'a [T],
    /// One over the distance of the cells.
    pub inverse_spacing: T,
}

/// The cells around face `i`.
#[inline(always)]
pub(super) fn cells_at<T: Real>(rows: &Stencil<'_, T>, i: usize) -> [T; 6] {
    [rows[0][i], rows[1][i], rows[2][i], rows[3][i], rows[4][i], rows[5][i]]
}

/// Binds the six rows of a stencil, `n` long, one by one: lengths that pass through an array are lost to the compiler,
/// which then checks every access and vectorises nothing.
macro_rules! bind_rows {
    ($stencil:expr, $n:expr, $a:ident, $b:ident, $c:ident, $d:ident, $e:ident, $f:ident) => {
        let [$a, $b, $c, $d, $e, $f] = $stencil;
        let ($a, $b, $c) = (&$a[..$n], &$b[..$n], &$c[..$n]);
        let ($d, $e, $f) = (&$d[..$n], &$e[..$n], &$f[..$n]);
    };
}
pub(super) use bind_rows;

/// The diffusive flux through a face.
#[inline(always)]
pub(super) fn diffusive<T: Real>(left: T, right: T, k: T, inverse_spacing: T) -> T {
    k * ((left - right) * inverse_spacing)
}

for_each_instruction_set! {
    /// Fluxes through a row of faces.
    pub(super) fn flux_row[T: Real, S: Scheme<T>](
        scheme: S, stencil: Stencil<'_, T>, faces: Faces<'_, T>, flux: &mut [T],
    ) {
        let n = flux.len();
        bind_rows!(stencil, n, a, b, c, d, e, f);
        let (u, k) = (&faces.u[..n], &faces.k[..n]);
        for i in 0..n {
            let cells = [a[i], b[i], c[i], d[i], e[i], f[i]];
            flux[i] = scheme.flux(cells, u[i]) + diffusive(c[i], d[i], k[i], faces.inverse_spacing);
        }
    }
}

for_each_instruction_set! {
    /// Fluxes through the upper faces of a row of cells: adds `(carried - flux) / d` to the tendency and keeps them as the
    /// fluxes through the lower faces of the next row.
    pub(super) fn carry_row[T: Real, S: Scheme<T>](
        scheme: S, stencil: Stencil<'_, T>, faces: Faces<'_, T>, carried: &mut [T], tendency: &mut [T],
    ) {
        let n = tendency.len();
        bind_rows!(stencil, n, a, b, c, d, e, f);
        let (u, k) = (&faces.u[..n], &faces.k[..n]);
        let carried = &mut carried[..n];
        let inverse = faces.inverse_spacing;
        for i in 0..n {
            let cells = [a[i], b[i], c[i], d[i], e[i], f[i]];
            let flux = scheme.flux(cells, u[i]) + diffusive(c[i], d[i], k[i], inverse);
            tendency[i] += (carried[i] - flux) * inverse;
            carried[i] = flux;
        }
    }
}

/// How a stage makes its result of a tendency: `out = base + (blend (q - base) + factor tendency)`.
#[derive(Clone, Copy)]
pub(super) struct Combining<'a, T> {
    /// None where the row that is written is the base.
    pub base: Option<&'a [T]>,
    /// What the tendency was computed from.
    pub q: &'a [T],
    /// What happens inside the cells: the last part of the tendency.
    pub inner: &'a [T],
    pub blend: T,
    pub factor: T,
}

#[inline(always)]
fn combined<T: Real>(base: T, q: T, tendency: T, blend: T, factor: T) -> T {
    base + (blend * (q - base) + factor * tendency)
}

for_each_instruction_set! {
    /// A stage's result of the tendency of a row.
    pub(super) fn combine_row[T: Real](tendency: &[T], by: Combining<'_, T>, out: &mut [T]) {
        let n = out.len();
        let (tendency, q, inner) = (&tendency[..n], &by.q[..n], &by.inner[..n]);
        match by.base {
            Some(base) => {
                let base = &base[..n];
                for i in 0..n {
                    out[i] = combined(base[i], q[i], tendency[i] + inner[i], by.blend, by.factor);
                }
            }
            None => {
                for i in 0..n {
                    out[i] = combined(out[i], q[i], tendency[i] + inner[i], by.blend, by.factor);
                }
            }
        }
    }
}

/// The upper faces along one axis of a row of cells.
#[derive(Clone, Copy)]
pub(super) struct Across<'a, T> {
    pub stencil: Stencil<'a, T>,
    pub faces: Faces<'a, T>,
}

for_each_instruction_set! {
    /// All of a row but its x fluxes in one loop: what [`carry_row`] does for y and z, and [`combine_row`]. The rows that
    /// come from memory then advance together, each slowly enough to be fetched in time. `carried` are the fluxes through
    /// the lower y and z faces, which those through the upper ones replace.
    pub(super) fn finish_row_3d[T: Real, S: Scheme<T>](
        scheme: S, x: &[T], inverse_x: T, y: Across<'_, T>, z: Across<'_, T>, carried_y: &mut [T], carried_z: &mut [T],
        by: Combining<'_, T>, out: &mut [T],
    ) {
        let n = out.len();
        let (lower, upper) = (&x[..n], &x[1..n + 1]);
        let (q, inner) = (&by.q[..n], &by.inner[..n]);
        bind_rows!(y.stencil, n, ya, yb, yc, yd, ye, yf);
        bind_rows!(z.stencil, n, za, zb, zc, zd, ze, zf);
        let (uy, ky, cy) = (&y.faces.u[..n], &y.faces.k[..n], &mut carried_y[..n]);
        let (uz, kz, cz) = (&z.faces.u[..n], &z.faces.k[..n], &mut carried_z[..n]);
        let (inverse_y, inverse_z) = (y.faces.inverse_spacing, z.faces.inverse_spacing);
        macro_rules! sweep {
            (|$i:ident| $base:expr) => {
                for $i in 0..n {
                    let cells = [ya[$i], yb[$i], yc[$i], yd[$i], ye[$i], yf[$i]];
                    let fy = scheme.flux(cells, uy[$i]) + diffusive(yc[$i], yd[$i], ky[$i], inverse_y);
                    let cells = [za[$i], zb[$i], zc[$i], zd[$i], ze[$i], zf[$i]];
                    let fz = scheme.flux(cells, uz[$i]) + diffusive(zc[$i], zd[$i], kz[$i], inverse_z);
                    let mut tendency = (lower[$i] - upper[$i]) * inverse_x;
                    tendency += (cy[$i] - fy) * inverse_y;
                    tendency += (cz[$i] - fz) * inverse_z;
                    cy[$i] = fy;
                    cz[$i] = fz;
                    out[$i] = combined($base, q[$i], tendency + inner[$i], by.blend, by.factor);
                }
            };
        }
        match by.base {
            Some(base) => {
                let base = &base[..n];
                sweep!(|i| base[i]);
            }
            None => sweep!(|i| out[i]),
        }
    }
}

for_each_instruction_set! {
    /// The same in two dimensions.
    pub(super) fn finish_row_2d[T: Real, S: Scheme<T>](
        scheme: S, x: &[T], inverse_x: T, y: Across<'_, T>, carried_y: &mut [T], by: Combining<'_, T>, out: &mut [T],
    ) {
        let n = out.len();
        let (lower, upper) = (&x[..n], &x[1..n + 1]);
        let (q, inner) = (&by.q[..n], &by.inner[..n]);
        bind_rows!(y.stencil, n, ya, yb, yc, yd, ye, yf);
        let (uy, ky, cy) = (&y.faces.u[..n], &y.faces.k[..n], &mut carried_y[..n]);
        let inverse_y = y.faces.inverse_spacing;
        macro_rules! sweep {
            (|$i:ident| $base:expr) => {
                for $i in 0..n {
                    let cells = [ya[$i], yb[$i], yc[$i], yd[$i], ye[$i], yf[$i]];
                    let fy = scheme.flux(cells, uy[$i]) + diffusive(yc[$i], yd[$i], ky[$i], inverse_y);
                    let mut tendency = (lower[$i] - upper[$i]) * inverse_x;
                    tendency += (cy[$i] - fy) * inverse_y;
                    cy[$i] = fy;
                    out[$i] = combined($base, q[$i], tendency + inner[$i], by.blend, by.factor);
                }
            };
        }
        match by.base {
            Some(base) => {
                let base = &base[..n];
                sweep!(|i| base[i]);
            }
            None => sweep!(|i| out[i]),
        }
    }
}

for_each_instruction_set! {
    /// Adds the fluxes `K_ab dq/db` through a row of faces that are driven by gradients along another axis:
    /// `around` is the rows (or shifts of a row) of the two cells beside each face, one step up and one step down the
    /// other axis: `[up_left, up_right, down_left, down_right]`; `quarter` is one over four steps.
    pub(super) fn add_cross_row[T: Real](k: &[T], around: [&[T]; 4], quarter: T, flux: &mut [T]) {
        let n = flux.len();
        let k = &k[..n];
        let [up_left, up_right, down_left, down_right] = around;
        let (up_left, up_right) = (&up_left[..n], &up_right[..n]);
        let (down_left, down_right) = (&down_left[..n], &down_right[..n]);
        for i in 0..n {
            let rise = (up_left[i] + up_right[i]) - (down_left[i] + down_right[i]);
            flux[i] = flux[i] - k[i] * (rise * quarter);
        }
    }
}

for_each_instruction_set! {
    /// `tendency = (lower - upper) / d`, where the row of fluxes has one more face than the tendency cells.
    pub(super) fn divergence_along_row[T: Real](fluxes: &[T], inverse_spacing: T, tendency: &mut [T]) {
        let n = tendency.len();
        let (lower, upper) = (&fluxes[..n], &fluxes[1..n + 1]);
        for i in 0..n {
            tendency[i] = (lower[i] - upper[i]) * inverse_spacing;
        }
    }
}

for_each_instruction_set! {
    /// Adds `(carried - flux) / d` to the tendency and carries the fluxes on.
    pub(super) fn carry_fluxes[T: Real](flux: &[T], inverse_spacing: T, carried: &mut [T], tendency: &mut [T]) {
        let n = tendency.len();
        let (flux, carried) = (&flux[..n], &mut carried[..n]);
        for i in 0..n {
            tendency[i] += (carried[i] - flux[i]) * inverse_spacing;
        }
        carried.copy_from_slice(flux);
    }
}

for_each_instruction_set! {
    /// Adds `rate q` to the tendency.
    pub(super) fn add_scaled[T: Real](q: &[T], rate: T, tendency: &mut [T]) {
        let n = tendency.len();
        let q = &q[..n];
        for i in 0..n {
            tendency[i] += rate * q[i];
        }
    }
}

/// The factors of a stage of RKL2; see [`Combine::Recursion`](crate::numerics::runge_kutta::Combine).
#[derive(Clone, Copy)]
pub(super) struct Recursion<T> {
    pub mu: T,
    pub nu: T,
    /// Times dt.
    pub mu_dt: T,
    /// Times dt.
    pub gamma_dt: T,
}

for_each_instruction_set! {
    /// `out = base + mu (q - base) + nu (older - base) + mu_dt tendency + gamma_dt first`.
    pub(super) fn recurse[T: Real](
        base: &[T], q: &[T], older: &[T], tendency: &[T], first: &[T], by: Recursion<T>, out: &mut [T],
    ) {
        let n = out.len();
        let (base, q, older) = (&base[..n], &q[..n], &older[..n]);
        let (tendency, first) = (&tendency[..n], &first[..n]);
        for i in 0..n {
            let change = by.mu * (q[i] - base[i]) + by.nu * (older[i] - base[i]);
            out[i] = base[i] + (change + (by.mu_dt * tendency[i] + by.gamma_dt * first[i]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::advection_diffusion::schemes::{Centred2, Still, Upwind1};
    use crate::numerics::instructions::InstructionSet;

    fn flux<S: Scheme<f64>>(scheme: S, left: f64, right: f64, u: f64, k: f64) -> f64 {
        let mut out = [0.0];
        let (left, right) = ([left], [right]);
        let faces = Faces {
            u: &[u],
            k: &[k],
            inverse_spacing: 4.0,
        };
        let rows: Stencil<f64> = [&left, &left, &left, &right, &right, &right];
        flux_row(InstructionSet::Baseline, scheme, rows, faces, &mut out);
        out[0]
    }

    #[test]
    fn donor_cell_takes_the_upstream_value() {
        assert_eq!(flux(Upwind1, 3.0, 5.0, 2.0, 0.0), 6.0);
        assert_eq!(flux(Upwind1, 3.0, 5.0, -2.0, 0.0), -10.0);
    }

    #[test]
    fn diffusion_flows_from_high_to_low() {
        assert_eq!(flux(Still, 3.0, 5.0, 2.0, 0.5), -4.0);
    }

    #[test]
    fn terms_add_up() {
        assert_eq!(flux(Centred2, 3.0, 5.0, -2.0, 0.5), -8.0 - 4.0);
    }

    #[test]
    fn a_carried_flux_leaves_one_row_and_enters_the_next() {
        let rows: Stencil<f64> = [&[0.0; 2], &[0.0; 2], &[3.0; 2], &[5.0; 2], &[0.0; 2], &[0.0; 2]];
        let faces = Faces {
            u: &[2.0, -2.0],
            k: &[0.0; 2],
            inverse_spacing: 0.5,
        };
        let (mut carried, mut tendency) = ([1.0, 1.0], [0.0, 10.0]);
        carry_row(
            InstructionSet::best(),
            Upwind1,
            rows,
            faces,
            &mut carried,
            &mut tendency,
        );
        assert_eq!(carried, [6.0, -10.0]);
        assert_eq!(tendency, [-2.5, 15.5]);
    }

    #[test]
    fn one_loop_has_the_bits_of_its_parts() {
        const N: usize = 37;
        let row = |seed: usize| -> Vec<f64> {
            (0..N + 1)
                .map(|i| ((seed * 71 + i * 13) % 97) as f64 / 9.7 - 3.0)
                .collect()
        };
        let rows: Vec<Vec<f64>> = (0..24).map(row).collect();
        let stencil = |from: usize| -> Stencil<f64> { [0, 1, 2, 3, 4, 5].map(|n| &rows[from + n][..]) };
        let faces = |from: usize| Faces {
            u: &rows[from],
            k: &rows[from + 1],
            inverse_spacing: 0.3 + from as f64,
        };
        let by = |base| Combining {
            base,
            q: &rows[16],
            inner: &rows[17],
            blend: 0.25,
            factor: 0.1,
        };
        for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
            for base in [Some(&rows[20][..]), None] {
                let [mut cy, mut cz, mut out] = [21, 22, 23].map(|n: usize| rows[n][..N].to_vec());
                let mut tendency = vec![0.0; N];
                divergence_along_row(set, &rows[18], 1.7, &mut tendency);
                carry_row(set, Upwind1, stencil(0), faces(12), &mut cy, &mut tendency);
                let expected_2d = {
                    let mut out = out.clone();
                    combine_row(set, &tendency, by(base), &mut out);
                    out
                };
                carry_row(set, Upwind1, stencil(6), faces(14), &mut cz, &mut tendency);
                combine_row(set, &tendency, by(base), &mut out);

                let [mut fy, mut fz, mut found] = [21, 22, 23].map(|n: usize| rows[n][..N].to_vec());
                let y = Across {
                    stencil: stencil(0),
                    faces: faces(12),
                };
                let z = Across {
                    stencil: stencil(6),
                    faces: faces(14),
                };
                finish_row_3d(
                    set,
                    Upwind1,
                    &rows[18],
                    1.7,
                    y,
                    z,
                    &mut fy,
                    &mut fz,
                    by(base),
                    &mut found,
                );
                assert_eq!((&found, &fy, &fz), (&out, &cy, &cz));
                let (mut fy, mut found) = (rows[21][..N].to_vec(), rows[23][..N].to_vec());
                finish_row_2d(set, Upwind1, &rows[18], 1.7, y, &mut fy, by(base), &mut found);
                assert_eq!((&found, &fy), (&expected_2d, &cy));
            }
        }
    }

    #[test]
    fn a_gradient_across_drives_a_flux_along() {
        let mut flux = [1.0];
        add_cross_row(
            InstructionSet::Baseline,
            &[2.0],
            [&[4.0], &[4.0], &[1.0], &[1.0]],
            0.25,
            &mut flux,
        );
        assert_eq!(flux, [1.0 - 2.0 * 1.5]);
    }

    #[test]
    fn what_does_not_change_keeps_its_bits_in_every_combination() {
        let (q, still) = ([0.1, 0.7, 1.3e-7], [0.0; 3]);
        let set = InstructionSet::best();
        let mut out = [0.0; 3];
        for base in [Some(&q[..]), None] {
            for blend in [0.0, 0.25, 2.0 / 3.0] {
                let by = Combining {
                    base,
                    q: &q,
                    inner: &still,
                    blend,
                    factor: 0.1,
                };
                combine_row(set, &still, by, &mut out);
                assert_eq!(out, q);
            }
        }
        let by = Recursion {
            mu: 1.7,
            nu: -0.6,
            mu_dt: 0.3,
            gamma_dt: -0.1,
        };
        recurse(set, &q, &q, &q, &still, &still, by, &mut out);
        assert_eq!(out, q);
    }
}
