//! How large a time step is stable.
//!
//! Per cell, with `a = sum |u_i|/d_i` (the larger wind of the two faces of each axis, settling included), `b = sum K_i/d_i^2`
//! (mean of the two faces) and `c` what is lost inside the cell: the decay rate, twice the rate at which a field turns
//! into others, and what walls take up from the cells beside them. R is the stepper's limit on the real axis, A the pair's on the wind alone (see [`wind_limit`]):
//!
//! | scheme | 1/dt at least |
//! |---|---|
//! | upwind 1 | `s (a + 2 b + c)`, s = 2/R: the spectrum is a circle of radius `a` on top of `[-4b, 0]`; s = 1 with strong-stability preserving steppers, so that no new extrema arise |
//! | limited | `2 a + 2 b + c`: every new value is a mean of old ones (see `limited`) |
//! | centred 2, forward Euler | `max(2 b + c, sum u_i^2/(2 K_i))`: Hindmarsh, Gresho and Griffiths (1984) |
//! | all others | `a/A + (4 b + c)/R`: a straight line inside the stability region |
//!
//! A full tensor has the same limit in two dimensions, and 9/8 of it in three: its mixed terms are held by the diagonal.
//!
//! A wind that is not finite, or a diffusivity that is negative or not finite, has no limit and is refused.

use super::coefficient::{Coefficient, RowBuffer};
use super::ghosts;
use super::kernel::Transport;
use super::parameters::Advection;
use super::walls::Wall;
use crate::field::Real;
use crate::grid::{IndexBox, Tile};
use crate::kernels::{KernelError, Rate, Rates};
use crate::numerics::runge_kutta::Stepper;

/// Names of the numbers that limit dt.
pub(super) const NUMBERS: [&str; 3] = ["courant", "diffusion_number", "decay_number"];

/// What the rate of exchange is multiplied with to limit RKL2's step: eigenvalues lie in a circle through zero about minus
/// the rate, and radii of up to one half are stable for any number of stages.
const OSCILLATION: f64 = 2.2;

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

/// The schemes, and what limits them beside wind and diffusivity.
#[derive(Clone, Copy)]
struct Scheme {
    advection: Advection,
    stepper: Stepper,
    /// Largest `z` of `exp(i theta)` over `b`: 4, or 4.5 for a tensor in three dimensions.
    diffusion_factor: f64,
}

/// The largest Courant number that a scheme bears in one dimension, without diffusion; 0 if none. Found by scanning the
/// amplification factor over all wave numbers, and rounded down; WENO 5 has less than the linear scheme that it becomes
/// where the field is smooth.
pub(super) fn wind_limit(advection: Advection, stepper: Stepper) -> f64 {
    match (advection, stepper) {
        (Advection::Limited, _) => 0.5,
        (Advection::Upwind1, Stepper::Euler | Stepper::SspRk2 | Stepper::SspRk3) => 1.0,
        (Advection::Upwind1, Stepper::Rk3) => 1.256,
        // RKL2 of two stages is the second-order Runge-Kutta method.
        (Advection::Upwind1, Stepper::Rkl2 { stages: 2 }) => 1.0,
        (Advection::Upwind1, Stepper::Rkl2 { .. }) => 1.5,
        (_, Stepper::Euler) => 0.0,
        (Advection::Upwind3, Stepper::SspRk2 | Stepper::Rkl2 { stages: 2 }) => 0.87,
        (Advection::Upwind3, Stepper::Rkl2 { .. }) => 0.9,
        (_, Stepper::SspRk2 | Stepper::Rkl2 { .. }) => 0.0,
        (Advection::Upwind3, _) => 1.62,
        (Advection::Upwind5, _) => 1.43,
        (Advection::Weno5, _) => 1.0,
        (Advection::Centred2, stepper) => stepper.imaginary_limit(),
        (Advection::Centred4, _) => 1.26,
    }
}

/// The rates on the owned cells of `tile` at `time`, or why there are none.
pub(super) fn rates<T: Real>(kernel: &Transport<T>, tile: &Tile, time: f64) -> Result<Rates, KernelError> {
    let parameters = &kernel.parameters;
    let scheme = Scheme {
        advection: parameters.advection,
        stepper: parameters.stepper,
        diffusion_factor: if parameters.dims == 3 && parameters.diffusivity.is_tensor() {
            4.5
        } else {
            4.0
        },
    };
    let losses: Vec<f64> = (0..parameters.fields.len())
        .map(|field| parameters.loss(field))
        .collect();
    let mut worst = Worst::default();
    // Fields that move with the air, and that no wall takes up, have one limit, with the largest loss of them.
    let with_air = |&field: &usize| !parameters.fields[field].is_settling() && !is_deposited(kernel, field);
    let fields = 0..parameters.fields.len();
    if let Some(field) = fields
        .clone()
        .filter(with_air)
        .max_by(|&m, &n| losses[m].total_cmp(&losses[n]))
    {
        look(kernel, scheme, tile, time, field, losses[field], &mut worst);
    }
    for field in fields.filter(|field| !with_air(field)) {
        look(kernel, scheme, tile, time, field, losses[field], &mut worst);
    }
    if worst.is_unsound {
        kernel.refuse_coefficients(tile, time)?;
    }
    if let Stepper::Rkl2 { .. } = parameters.stepper {
        // Exchange in a circle of three or more fields oscillates, which RKL2 bears only near zero.
        let turnover = parameters.exchange.iter().enumerate().map(|(n, rates)| rates[n].abs());
        worst.total = worst.total.max(OSCILLATION * turnover.fold(0.0, f64::max));
    }
    let loss = losses.iter().copied().fold(0.0, f64::max);
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
                value: loss,
                limit: shares(scheme, 0.0, 0.0, 0.0, loss).2,
            },
        ],
        total: worst.total,
    })
}

/// Whether a wall takes up the field.
fn is_deposited<T: Real>(kernel: &Transport<T>, field: usize) -> bool {
    let mut walls = kernel.parameters.fields[field].walls.iter().flatten();
    walls.any(|wall| matches!(wall, Wall::Deposition(_)))
}

/// Adds the rates at which walls empty the cells beside them, `v/d`, 1/s, to those of the cells from `lo` of row (j, k).
fn add_deposition<T: Real>(
    kernel: &Transport<T>,
    field: usize,
    (j, k): (i64, i64),
    lo: i64,
    time: f64,
    losses: &mut [f64],
) {
    let (grid, field) = (&kernel.grid, &kernel.parameters.fields[field]);
    for (axis, upper) in (0..3).flat_map(|axis| [(axis, false), (axis, true)]) {
        if !grid.is_active(axis) || !matches!(field.walls[axis][usize::from(upper)], Wall::Deposition(_)) {
            continue;
        }
        let last = grid.cells[axis] as i64 - 1;
        for (n, loss) in losses.iter_mut().enumerate() {
            let mut face = [lo + n as i64, j, k];
            if face[axis] != if upper { last } else { 0 } {
                continue;
            }
            face[axis] += i64::from(upper);
            let velocity: T = ghosts::given(kernel, field, axis, upper, face, time);
            *loss += velocity.to_f64() / grid.spacing[axis];
        }
    }
}

/// Looks at every owned cell with the wind that carries `field`.
fn look<T: Real>(
    kernel: &Transport<T>,
    scheme: Scheme,
    tile: &Tile,
    time: f64,
    field: usize,
    loss: f64,
    worst: &mut Worst,
) {
    let grid = &kernel.grid;
    let owned = tile.owned;
    // Where nothing varies, one cell speaks for all.
    let first = owned.lo;
    let region = if kernel.is_uniform_in_space() && !is_deposited(kernel, field) {
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
            let (wind, diffusivity) = (kernel.wind(field, axis), kernel.diffusivity(axis));
            let (u_lower, u_upper) = (row(wind, (j, k)), row(wind, upper_row));
            let (k_lower, k_upper) = (row(diffusivity, (j, k)), row(diffusivity, upper_row));
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
        let mut losses = vec![loss; n];
        add_deposition(kernel, field, (j, k), region.lo[0], time, &mut losses);
        for i in 0..n {
            let (advection_limit, diffusion_limit, total) = shares(scheme, a[i], b[i], cell_peclet[i], losses[i]);
            worst.courant = worst.courant.max(a[i]);
            worst.diffusion = worst.diffusion.max(b[i]);
            worst.advection_limit = worst.advection_limit.max(advection_limit);
            worst.diffusion_limit = worst.diffusion_limit.max(diffusion_limit);
            worst.total = worst.total.max(total);
        }
    }
}

/// The rates of advection and diffusion by themselves, and of all terms together.
fn shares(scheme: Scheme, a: f64, b: f64, peclet_rate: f64, loss: f64) -> (f64, f64, f64) {
    let Scheme {
        advection,
        stepper,
        diffusion_factor,
    } = scheme;
    let real = stepper.real_limit();
    // One half of the largest eigenvalue of diffusion: what two neighbours take from a cell.
    let b = b * diffusion_factor / 4.0;
    match (advection, stepper) {
        (Advection::Limited, _) => (2.0 * a, 2.0 * b, 2.0 * a + 2.0 * b + loss),
        (Advection::Upwind1, Stepper::Euler | Stepper::SspRk2 | Stepper::SspRk3 | Stepper::Rk3) => {
            let scale = match stepper.is_strong_stability_preserving() {
                true => 1.0,
                false => 2.0 / real,
            };
            (scale * a, scale * 2.0 * b, scale * (a + 2.0 * b + loss))
        }
        (Advection::Centred2, Stepper::Euler) => (peclet_rate, 2.0 * b, peclet_rate.max(2.0 * b + loss)),
        _ => {
            // Without wind nothing is asked of the scheme.
            let of_wind = if a == 0.0 {
                0.0
            } else {
                a / wind_limit(advection, stepper)
            };
            let of_diffusion = 4.0 * b / real;
            (of_wind, of_diffusion, of_wind + of_diffusion + loss / real)
        }
    }
}

/// RKL2 with as few stages as a step of `dt` needs, or, where dt is free, as the wind's limit needs; none where there is
/// neither.
pub(super) fn fitting_stages(rates: &Rates, stepper: Stepper, dt: Option<f64>) -> Option<Stepper> {
    let of_wind = rates.terms[0].limit;
    let stiff = (rates.terms[1].limit + rates.terms[2].limit) * stepper.real_limit();
    let dt = match dt {
        Some(dt) => dt,
        // Diffusion may take a fifth of what the wind leaves.
        None if of_wind > 0.0 => 0.8 / of_wind,
        None => return None,
    };
    let left = (1.0 - dt * of_wind).max(0.05);
    // A hundredth more than needed: what is limited by a sum of worst cases is not met to the last bit.
    Some(Stepper::rkl2_for(1.01 * dt * stiff / left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::advection_diffusion::schemes::{Scheme as _, with_scheme};
    use std::f64::consts::PI;

    const ALL: [Advection; 6] = [
        Advection::Upwind1,
        Advection::Upwind3,
        Advection::Upwind5,
        Advection::Centred2,
        Advection::Centred4,
        Advection::Limited,
    ];
    const STEPPERS: [Stepper; 8] = [
        Stepper::Rkl2 { stages: 2 },
        Stepper::Euler,
        Stepper::SspRk2,
        Stepper::SspRk3,
        Stepper::Rk3,
        Stepper::Rkl2 { stages: 3 },
        Stepper::Rkl2 { stages: 9 },
        Stepper::Rkl2 { stages: 24 },
    ];

    fn scheme(advection: Advection, stepper: Stepper) -> Scheme {
        Scheme {
            advection,
            stepper,
            diffusion_factor: 4.0,
        }
    }

    /// `-d/u (dF/dx)/q` of the wave `exp(i theta n)`, for u > 0: real and imaginary part.
    fn symbol(advection: Advection, theta: f64) -> (f64, f64) {
        // The limited scheme is not linear; the waves that grow fastest are those of the scheme it limits.
        let linear = if advection == Advection::Limited {
            Advection::Upwind1
        } else {
            advection
        };
        let part = |wave: fn(f64) -> f64| {
            let face = |at: f64| {
                let q = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0].map(|n| wave(theta * (at + n)));
                with_scheme!(linear.at_face(3), |s| s.flux(q, 1.0))
            };
            face(0.0) - face(1.0)
        };
        (part(f64::cos), part(f64::sin))
    }

    /// Largest amplification of any mode on a square grid at the limit, by von Neumann's analysis.
    fn largest_amplification(scheme: Scheme, u: [f64; 2], k: [f64; 2], loss: f64) -> f64 {
        let Scheme { advection, stepper, .. } = scheme;
        let a = u[0].abs() + u[1].abs();
        let b = k[0] + k[1];
        let peclet: f64 = (0..2)
            .filter(|&i| u[i] != 0.0)
            .map(|i| u[i] * u[i] / (2.0 * k[i]))
            .sum();
        let dt = 1.0 / shares(scheme, a, b, peclet, loss).2;
        let angle = |m: i32| 2.0 * PI * f64::from(m) / 48.0;
        let symbols: Vec<(f64, f64)> = (0..48).map(|m| symbol(advection, angle(m))).collect();
        let mut largest = 0.0f64;
        for m in 0..48 {
            for n in 0..48 {
                let (mut re, mut im) = (-loss, 0.0);
                for (i, mode) in [m, n].into_iter().enumerate() {
                    re -= 2.0 * k[i] * (1.0 - angle(mode).cos());
                    let (damping, turning) = symbols[mode as usize];
                    re += u[i].abs() * damping;
                    im += u[i] * turning;
                }
                let (x, y) = stepper.amplification(re * dt, im * dt);
                largest = largest.max(x.hypot(y));
            }
        }
        largest
    }

    /// Whether a pair of schemes can carry anything at all.
    fn is_usable(advection: Advection, stepper: Stepper, u: [f64; 2], k: [f64; 2]) -> bool {
        let bare = (0..2).any(|i| u[i] != 0.0 && k[i] == 0.0);
        match (advection, stepper) {
            (Advection::Centred2, Stepper::Euler) => !bare,
            _ => u == [0.0; 2] || wind_limit(advection, stepper) > 0.0,
        }
    }

    #[test]
    fn no_mode_grows_at_the_limit() {
        let winds = [[0.0, 0.0], [1.0, 0.0], [1.0, -2.0], [0.1, 0.05]];
        let diffusivities = [[0.0, 0.0], [1.0, 1.0], [0.01, 3.0], [0.3, 0.001]];
        for advection in ALL {
            for stepper in STEPPERS {
                for u in winds {
                    for k in diffusivities {
                        for loss in [0.0, 0.7] {
                            let still = u == [0.0; 2] && k == [0.0; 2] && loss == 0.0;
                            if still || !is_usable(advection, stepper, u, k) {
                                continue;
                            }
                            let largest = largest_amplification(scheme(advection, stepper), u, k, loss);
                            // The limits are rounded down; what is left is rounding of sines and cosines.
                            assert!(
                                largest <= 1.0 + 1e-11,
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
        let euler = scheme(Advection::Upwind1, Stepper::Euler);
        assert_eq!(shares(euler, 0.0, 1.0, 0.0, 0.0).2, 2.0);
        assert_eq!(shares(euler, 1.0, 0.0, 0.0, 0.0).2, 1.0);
    }

    #[test]
    fn beyond_the_wind_limit_a_mode_grows() {
        for advection in [
            Advection::Upwind3,
            Advection::Upwind5,
            Advection::Centred2,
            Advection::Centred4,
        ] {
            for stepper in [Stepper::SspRk3, Stepper::Rk3] {
                let courant = 1.01 * wind_limit(advection, stepper);
                let grows = (0..360).any(|degrees| {
                    let (re, im) = symbol(advection, f64::from(degrees).to_radians());
                    let (x, y) = stepper.amplification(courant * re, courant * im);
                    x.hypot(y) > 1.0 + 1e-6
                });
                assert!(grows, "{advection:?} {stepper:?}");
            }
        }
    }

    #[test]
    fn rkl2_gets_the_stages_that_its_step_needs() {
        let rate = |limit| Rate {
            term: "",
            number: "",
            value: 0.0,
            limit,
        };
        let stepper = Stepper::Rkl2 { stages: 3 };
        let rates = |wind, diffusion: f64| Rates {
            terms: vec![rate(wind), rate(diffusion / stepper.real_limit()), rate(0.0)],
            total: 0.0,
        };
        // 400 = 4 b dt: (s2 + s - 2)/2 >= 404 needs 29 stages, odd.
        assert_eq!(
            fitting_stages(&rates(0.0, 4000.0), stepper, Some(0.1)),
            Some(Stepper::Rkl2 { stages: 29 })
        );
        assert_eq!(fitting_stages(&rates(0.0, 4000.0), stepper, None), None);
        let free = fitting_stages(&rates(1.0, 100.0), stepper, None).unwrap();
        assert!(0.8 * (1.0 + 100.0 / free.real_limit()) <= 1.0, "{free:?}");
    }
}
