//! How large a time step is stable.
//!
//! Per cell, with `a = sum |u_i|/d_i` (the larger wind of the two faces of each axis), `b = sum K_i/d_i^2` (mean of the
//! two faces) and the decay rate lambda; R and I are the stepper's limits on the real and imaginary axis:
//!
//! | scheme | 1/dt at least |
//! |---|---|
//! | diffusion, decay, donor cell | `(2/R) (a + 2 b + lambda)`: the spectrum is a circle of radius `a` on top of `[-4b, 0]` |
//! | centred, I > 0 | `a/I + (4 b + lambda)/R`: a straight line inside the stability region |
//! | centred, forward Euler | `max(2 b + lambda, sum u_i^2/(2 K_i))`: Hindmarsh, Gresho and Griffiths (1984) |
//!
//! A wind that is not finite, or a diffusivity that is negative or not finite, has no limit and is refused.

use super::coefficient::{Coefficient, RowBuffer};
use super::kernel::Transport;
use super::parameters::Advection;
use crate::field::Real;
use crate::grid::{IndexBox, Tile};
use crate::kernels::{KernelError, Rate, Rates};
use crate::numerics::runge_kutta::Stepper;

/// Names of the numbers that limit dt.
pub(super) const NUMBERS: [&str; 3] = ["courant", "diffusion_number", "decay_number"];

/// Largest values over cells.
#[derive(Default)]
struct Worst {
    courant: f64,
    diffusion: f64,
    /// Shares of the total of each term, and the total, 1/s.
    advection_limit: f64,
    diffusion_limit: f64,
    total: f64,
    /// Whether a coefficient has a value that it must not have.
    is_unsound: bool,
}

/// The rates on the owned cells of `tile` at `time`, or why there are none.
pub(super) fn rates<T: Real>(kernel: &Transport<T>, tile: &Tile, time: f64) -> Result<Rates, KernelError> {
    let decay = kernel
        .parameters
        .fields
        .iter()
        .map(|field| field.decay)
        .fold(0.0, f64::max);
    let mut worst = Worst::default();
    look(kernel, tile, time, decay, &mut worst);
    if worst.is_unsound {
        kernel.refuse_coefficients(tile, time)?;
    }
    let decay_limit = kernel.parameters.stepper.real_limit().recip() * 2.0 * decay;
    Ok(Rates {
        terms: vec![
            Rate {
                term: "advection",
                number: NUMBERS[0],
                value: worst.courant,
                limit: worst.advection_limit,
            },
            Rate {
                term: "diffusion",
                number: NUMBERS[1],
                value: worst.diffusion,
                limit: worst.diffusion_limit,
            },
            Rate {
                term: "decay",
                number: NUMBERS[2],
                value: decay,
                limit: decay_limit,
            },
        ],
        total: worst.total,
    })
}

fn look<T: Real>(kernel: &Transport<T>, tile: &Tile, time: f64, decay: f64, worst: &mut Worst) {
    let (advection, stepper) = (kernel.parameters.advection, kernel.parameters.stepper);
    let grid = &kernel.grid;
    let owned = tile.owned;
    // Where nothing varies, one cell speaks for all.
    let is_uniform = kernel
        .wind
        .iter()
        .chain(&kernel.diffusivity)
        .all(|c| c.is_uniform_in_space());
    let first = owned.lo;
    let region = if is_uniform {
        IndexBox::new(first, first.map(|n| n + 1))
    } else {
        owned
    };
    let n = region.len(0);
    let mut buffer = RowBuffer::default();
    for (j, k) in region.rows() {
        let mut a = vec![0.0f64; n];
        let mut b = vec![0.0f64; n];
        let mut cell_peclet = vec![0.0f64; n];
        for axis in (0..3).filter(|&axis| grid.is_active(axis)) {
            let range = (region.lo[0], region.hi[0]);
            let beyond = if axis == 0 { (range.0, range.1 + 1) } else { range };
            let upper_row = [(j, k), (j + 1, k), (j, k + 1)][axis];
            let shift = usize::from(axis == 0);
            let inverse = 1.0 / grid.spacing[axis];
            let mut row = |coefficient: &Coefficient<T>, at| -> Vec<f64> {
                coefficient
                    .row(grid, at, beyond, time, &mut buffer)
                    .iter()
                    .map(|v| v.to_f64())
                    .collect()
            };
            let (u_lower, u_upper) = (row(&kernel.wind[axis], (j, k)), row(&kernel.wind[axis], upper_row));
            let (k_lower, k_upper) = (
                row(&kernel.diffusivity[axis], (j, k)),
                row(&kernel.diffusivity[axis], upper_row),
            );
            for i in 0..n {
                let u = u_lower[i].abs().max(u_upper[i + shift].abs());
                let diffusivity = 0.5 * (k_lower[i] + k_upper[i + shift]);
                worst.is_unsound |= !(u_lower[i] + u_upper[i + shift]).is_finite();
                worst.is_unsound |= !(k_lower[i] >= 0.0 && k_upper[i + shift] >= 0.0 && diffusivity.is_finite());
                a[i] += u * inverse;
                b[i] += diffusivity * inverse * inverse;
                if u > 0.0 {
                    cell_peclet[i] += u * u / (2.0 * diffusivity);
                }
            }
        }
        for i in 0..n {
            let (advection_limit, diffusion_limit, total) =
                shares(advection, stepper, a[i], b[i], cell_peclet[i], decay);
            worst.courant = worst.courant.max(a[i]);
            worst.diffusion = worst.diffusion.max(b[i]);
            worst.advection_limit = worst.advection_limit.max(advection_limit);
            worst.diffusion_limit = worst.diffusion_limit.max(diffusion_limit);
            worst.total = worst.total.max(total);
        }
    }
}

/// The rates of advection and diffusion by themselves, and of all terms together.
fn shares(advection: Advection, stepper: Stepper, a: f64, b: f64, peclet_rate: f64, decay: f64) -> (f64, f64, f64) {
    let (real, imaginary) = (stepper.real_limit(), stepper.imaginary_limit());
    match advection {
        Advection::Upwind => {
            let scale = 2.0 / real;
            (scale * a, scale * 2.0 * b, scale * (a + 2.0 * b + decay))
        }
        Advection::Centred if imaginary > 0.0 => {
            let (advection, diffusion) = (a / imaginary, 4.0 * b / real);
            (advection, diffusion, advection + diffusion + decay / real)
        }
        Advection::Centred => (peclet_rate, 2.0 * b, peclet_rate.max(2.0 * b + decay)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// Largest amplification of any mode on a square grid at the limit, by von Neumann's analysis.
    fn largest_amplification(advection: Advection, stepper: Stepper, u: [f64; 2], k: [f64; 2], decay: f64) -> f64 {
        let a = u[0].abs() + u[1].abs();
        let b = k[0] + k[1];
        let peclet: f64 = (0..2)
            .filter(|&i| u[i] != 0.0)
            .map(|i| u[i] * u[i] / (2.0 * k[i]))
            .sum();
        let dt = 1.0 / shares(advection, stepper, a, b, peclet, decay).2;
        let mut largest = 0.0f64;
        for m in 0..=40 {
            for n in 0..=40 {
                let angles = [2.0 * PI * m as f64 / 40.0, 2.0 * PI * n as f64 / 40.0];
                let (mut re, mut im) = (-decay, 0.0);
                for i in 0..2 {
                    let (sin, cos) = angles[i].sin_cos();
                    re -= 2.0 * k[i] * (1.0 - cos);
                    if advection == Advection::Upwind {
                        re -= u[i].abs() * (1.0 - cos);
                    }
                    im -= u[i] * sin;
                }
                let (x, y) = stepper.amplification(re * dt, im * dt);
                largest = largest.max(x.hypot(y));
            }
        }
        largest
    }

    #[test]
    fn no_mode_grows_at_the_limit() {
        let winds = [[0.0, 0.0], [1.0, 0.0], [1.0, -2.0], [0.1, 0.05]];
        let diffusivities = [[0.0, 0.0], [1.0, 1.0], [0.01, 3.0], [0.3, 0.001]];
        for advection in [Advection::Upwind, Advection::Centred] {
            for stepper in [Stepper::Euler, Stepper::Rk3] {
                for u in winds {
                    for k in diffusivities {
                        for decay in [0.0, 0.7] {
                            let still = u == [0.0; 2] && k == [0.0; 2] && decay == 0.0;
                            let bare = (0..2).any(|i| u[i] != 0.0 && k[i] == 0.0);
                            if still || (bare && advection == Advection::Centred && stepper == Stepper::Euler) {
                                continue;
                            }
                            let largest = largest_amplification(advection, stepper, u, k, decay);
                            // The limits are rounded down; what is left is rounding of sines and cosines.
                            assert!(
                                largest <= 1.0 + 1e-12,
                                "{advection:?} {stepper:?} u {u:?} K {k:?}: {largest}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_limit_of_pure_diffusion_and_pure_advection_is_sharp() {
        // Forward Euler: r = 1/2 in one dimension, Courant number 1.
        assert_eq!(shares(Advection::Upwind, Stepper::Euler, 0.0, 1.0, 0.0, 0.0).2, 2.0);
        assert_eq!(shares(Advection::Upwind, Stepper::Euler, 1.0, 0.0, 0.0, 0.0).2, 1.0);
    }
}
