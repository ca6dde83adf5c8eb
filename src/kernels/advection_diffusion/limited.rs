//! The row loops of the limited scheme, which keep a field within its bounds also in rounding.
//!
//! A face value `q_f` lies between the values of the cells at its two sides; `s_f` is +1 at the upper and -1 at the lower
//! faces of a cell, D its discrete divergence. Written about the cell's own value,
//! ```text
//! -sum s_f u_f q_f / d = -sum s_f u_f (q_f - q) / d - q D,    D = sum s_f u_f / d
//! ```
//! Each term of the first sum is a weight times the difference to a neighbour: at a face where the wind blows in,
//! `q_f - q = (1 - w) (q_upstream - q)` with w in [0, 1]; where it blows out, `q_f - q = w (q - q_behind)`, w in [0, 1],
//! with the neighbour behind. As long as dt times the sum of all `|u_f|/d` of a cell is at most one (Courant numbers that
//! add up to one half) and D = 0, an Euler step makes the new value a mean of old ones: no new extrema, in any number of
//! dimensions, with any wind. Where neighbours are equal nothing changes, to the last bit.
//!
//! D is dropped where it is what rounding makes of zero: below [`NOISE`] units of rounding of its own terms. Otherwise it
//! would make a uniform field drift by half a unit in the last place with every step, always the same way.

use super::rows::{Faces, Stencil, bind_rows, diffusive};
use super::schemes::Limited;
use crate::field::Real;
use crate::for_each_instruction_set;

/// Units of rounding, times the sum of `|u|/d` over the faces of a cell, below which a discrete divergence counts as none:
/// each of up to six terms comes from a formula that is rounded several times.
const NOISE: f64 = 16.0;

/// What one row of faces says to the cells on both sides: the fluxes less what the cells' own values would carry.
#[derive(Debug, Default)]
pub(super) struct Excess<T> {
    /// `u (q_f - q_-1) - K (q_0 - q_-1)/d`, for the cells below the faces.
    pub below: Vec<T>,
    /// `u (q_f - q_0) - K (q_0 - q_-1)/d`, for the cells above.
    pub above: Vec<T>,
    /// The wind that D is made of: zero where a wall decides what passes.
    pub u: Vec<T>,
}

/// D, and the sum of the sizes of its terms.
#[derive(Debug, Default)]
pub(super) struct WindSums<T> {
    pub divergence: Vec<T>,
    pub size: Vec<T>,
}

impl<T: Real> Excess<T> {
    pub fn resize(&mut self, n: usize) {
        for row in [&mut self.below, &mut self.above, &mut self.u] {
            row.resize(n, T::ZERO);
        }
    }
}

for_each_instruction_set! {
    /// What a row of faces says to the cells below and above.
    pub(super) fn excess_row[T: Real, L: Limited<T>](
        scheme: L, stencil: Stencil<'_, T>, faces: Faces<'_, T>, excess: &mut Excess<T>,
    ) {
        let n = excess.u.len();
        bind_rows!(stencil, n, a, b, c, d, e, f);
        let (u, k) = (&faces.u[..n], &faces.k[..n]);
        let (below, above, kept) = (&mut excess.below[..n], &mut excess.above[..n], &mut excess.u[..n]);
        for i in 0..n {
            let step = scheme.step([a[i], b[i], c[i], d[i], e[i], f[i]], u[i]);
            let rise = d[i] - c[i];
            let rightward = u[i] > T::ZERO;
            let flux = diffusive(c[i], d[i], k[i], faces.inverse_spacing);
            below[i] = u[i] * if rightward { step } else { rise + step } + flux;
            above[i] = u[i] * if rightward { step - rise } else { step } + flux;
            kept[i] = u[i];
        }
    }
}

for_each_instruction_set! {
    /// `tendency = (above - below)/d` and the sums of the wind, where the row has one more face than cells.
    pub(super) fn excess_along_row[T: Real](
        excess: &Excess<T>, inverse_spacing: T, tendency: &mut [T], sums: &mut WindSums<T>,
    ) {
        let n = tendency.len();
        let (lower, upper) = (&excess.above[..n], &excess.below[1..n + 1]);
        let (from, to) = (&excess.u[..n], &excess.u[1..n + 1]);
        let (divergence, size) = (&mut sums.divergence[..n], &mut sums.size[..n]);
        for i in 0..n {
            tendency[i] = (lower[i] - upper[i]) * inverse_spacing;
            divergence[i] = (to[i] - from[i]) * inverse_spacing;
            size[i] = (to[i].abs() + from[i].abs()) * inverse_spacing;
        }
    }
}

for_each_instruction_set! {
    /// Adds `(carried above - below)/d` to the tendency, the same of the wind to the sums, and carries on what the faces
    /// say to the next row of cells.
    pub(super) fn carry_excess[T: Real](
        excess: &Excess<T>, inverse_spacing: T, carried: &mut [T], carried_u: &mut [T], tendency: &mut [T],
        sums: &mut WindSums<T>,
    ) {
        let n = tendency.len();
        let (below, above, u) = (&excess.below[..n], &excess.above[..n], &excess.u[..n]);
        let (carried, carried_u) = (&mut carried[..n], &mut carried_u[..n]);
        let (divergence, size) = (&mut sums.divergence[..n], &mut sums.size[..n]);
        for i in 0..n {
            tendency[i] += (carried[i] - below[i]) * inverse_spacing;
            divergence[i] += (u[i] - carried_u[i]) * inverse_spacing;
            size[i] += (u[i].abs() + carried_u[i].abs()) * inverse_spacing;
        }
        carried.copy_from_slice(above);
        carried_u.copy_from_slice(u);
    }
}

for_each_instruction_set! {
    /// Adds `-q D` to the tendency, where D is more than rounding.
    pub(super) fn add_convergence[T: Real](q: &[T], sums: &WindSums<T>, tendency: &mut [T]) {
        let n = tendency.len();
        let q = &q[..n];
        let (divergence, size) = (&sums.divergence[..n], &sums.size[..n]);
        let noise = T::from_f64(NOISE * if size_of::<T>() == 4 { f32::EPSILON as f64 } else { f64::EPSILON });
        for i in 0..n {
            let d = divergence[i];
            let convergence = if d.abs() > noise * size[i] { -d } else { T::ZERO };
            tendency[i] += q[i] * convergence;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::advection_diffusion::rows::{cells_at, divergence_along_row, flux_row};
    use crate::kernels::advection_diffusion::schemes::{Limited5, Scheme};
    use crate::numerics::instructions::InstructionSet;

    const N: usize = 8;

    /// The tendency of a row in flux form, and about the cells' own values.
    fn both(q: &[f64; N + 6], u: &[f64; N + 1]) -> ([f64; N], [f64; N]) {
        let set = InstructionSet::best();
        let stencil: Stencil<f64> = [0, 1, 2, 3, 4, 5].map(|n| &q[n..n + N + 1]);
        let faces = Faces {
            u,
            k: &[0.3; N + 1],
            inverse_spacing: 2.0,
        };
        let mut flux = [0.0; N + 1];
        flux_row(set, Limited5, stencil, faces, &mut flux);
        let mut expected = [0.0; N];
        divergence_along_row(set, &flux, 2.0, &mut expected);

        let mut excess = Excess::default();
        excess.resize(N + 1);
        excess_row(set, Limited5, stencil, faces, &mut excess);
        let mut sums = WindSums {
            divergence: vec![0.0; N],
            size: vec![0.0; N],
        };
        let mut found = [0.0; N];
        excess_along_row(set, &excess, 2.0, &mut found, &mut sums);
        add_convergence(set, &q[3..N + 3], &sums, &mut found);
        (expected, found)
    }

    #[test]
    fn both_forms_are_the_same_equation() {
        let q = [0.0, 1.0, 3.0, 2.0, 0.5, 0.7, 4.0, 4.0, 1.0, 2.5, 2.0, 0.3, 0.1, 0.9];
        let u = [1.0, -0.5, 0.3, 0.3, 2.0, -1.0, -2.0, 0.1, 0.0];
        let (expected, found) = both(&q, &u);
        for (a, b) in expected.iter().zip(&found) {
            // A dozen roundings of numbers below 20.
            assert!((a - b).abs() < 1e-13, "{a} {b}");
        }
    }

    #[test]
    fn a_uniform_field_stays_in_a_wind_whose_divergence_is_rounding() {
        let u: [f64; N + 1] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|i| 0.1 + f64::EPSILON * 0.02 * f64::from(i % 3));
        let (_, found) = both(&[0.7; N + 6], &u);
        assert_eq!(found, [0.0; N]);
        let u = [0.1, 0.1, 0.1, 0.1, 0.1 + 1e-10, 0.1, 0.1, 0.1, 0.1];
        assert!(both(&[0.7; N + 6], &u).1[3] < -1e-11);
    }

    #[test]
    fn no_weight_is_negative_at_a_step() {
        let q = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for u in [0.5, -0.5] {
            let set = InstructionSet::best();
            let stencil: Stencil<f64> = [0, 1, 2, 3, 4, 5].map(|n| &q[n..n + N + 1]);
            for i in 0..=N {
                let cells = cells_at(&stencil, i);
                let value = Scheme::flux(Limited5, cells, u) / u;
                assert!((0.0..=1.0).contains(&value), "{set:?}: {value}");
            }
        }
    }
}
