//! How far the wind on the faces is from leaving each cell as it enters it.

use super::coefficient::{Coefficient, RowBuffer};
use super::kernel::Transport;
use crate::field::Real;
use crate::grid::{IndexBox, Tile};

/// Size of a divergence that is rounding, relative to the rates at which the wind crosses cells: differences of a stream
/// function lose as many digits as there are cells along an axis, here up to some thousand.
const ROUNDING: f64 = 1e-12;

/// The discrete divergence of a wind, the largest over cells, 1/s.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Divergence {
    /// Of `|sum_a (u_a+ - u_a-)/d_a|`: the rate at which a uniform field would grow or shrink.
    pub largest: f64,
    /// Of `sum_a |u_a+ - u_a-|/d_a`: how fast the wind changes along itself.
    pub gradient: f64,
    /// What the rounding of the winds can amount to: of a small multiple of `sum_a max(|u_a+|, |u_a-|)/d_a`.
    pub rounding: f64,
}

impl Divergence {
    /// Whether the divergence is no more than the rounding of the wind.
    pub fn is_rounding(&self) -> bool {
        self.largest <= self.rounding
    }

    /// Whether the wind is uniform along itself but for rounding.
    pub fn is_uniform(&self) -> bool {
        self.gradient <= self.rounding
    }
}

/// The divergence of the wind, as the air moves, on the owned cells of `tile` at `time`.
pub(super) fn divergence<T: Real>(kernel: &Transport<T>, tile: &Tile, time: f64) -> Divergence {
    let grid = &kernel.grid;
    let axes: Vec<usize> = (0..3).filter(|&axis| grid.is_active(axis)).collect();
    let is_uniform = axes.iter().all(|&axis| kernel.air(axis).is_uniform_in_space());
    let owned = tile.owned;
    // Where nothing varies, one cell speaks for all.
    let region = match is_uniform {
        true => IndexBox::new(owned.lo, owned.lo.map(|n| n + 1)),
        false => owned,
    };
    let n = region.len(0);
    let mut found = Divergence::default();
    let of_crossing = ROUNDING + 8.0 * epsilon::<T>();
    let mut buffer = RowBuffer::default();
    for (j, k) in region.rows() {
        let (mut sum, mut gradient, mut crossing) = (vec![0.0f64; n], vec![0.0f64; n], vec![0.0f64; n]);
        for &axis in &axes {
            let upper_row = [(j, k), (j + 1, k), (j, k + 1)][axis];
            let shift = i64::from(axis == 0);
            let range = (region.lo[0], region.hi[0]);
            let air = kernel.air(axis);
            let lower = row(air, kernel, (j, k), range, time, &mut buffer);
            let upper = row(
                air,
                kernel,
                upper_row,
                (range.0 + shift, range.1 + shift),
                time,
                &mut buffer,
            );
            let spacing = grid.spacing[axis];
            for i in 0..n {
                let change = (upper[i] - lower[i]) / spacing;
                sum[i] += change;
                gradient[i] += change.abs();
                crossing[i] += lower[i].abs().max(upper[i].abs()) / spacing;
            }
        }
        let largest = |values: &[f64]| values.iter().fold(0.0f64, |max, value| max.max(value.abs()));
        found.largest = found.largest.max(largest(&sum));
        found.gradient = found.gradient.max(largest(&gradient));
        found.rounding = found.rounding.max(of_crossing * largest(&crossing));
    }
    found
}

/// A row of the wind in double precision.
fn row<T: Real>(
    air: &Coefficient<T>,
    kernel: &Transport<T>,
    at: (i64, i64),
    range: (i64, i64),
    time: f64,
    buffer: &mut RowBuffer<T>,
) -> Vec<f64> {
    let values = air.row(&kernel.grid, at, range, time, buffer);
    values.iter().map(|value| value.to_f64()).collect()
}

/// Distance from one to the next number of the precision.
fn epsilon<T: Real>() -> f64 {
    let mut epsilon = 1.0;
    while T::from_f64(1.0 + 0.5 * epsilon) != T::ONE {
        epsilon *= 0.5;
    }
    epsilon
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Grid, PerAxis, Reach};
    use crate::kernels::Kernel;
    use crate::kernels::advection_diffusion::parameters::{Advection, Diffusivity, Parameters, Sampling, Wind};
    use crate::kernels::advection_diffusion::{FieldParameters, Wall};
    use crate::numerics::formula::Formula;
    use crate::numerics::runge_kutta::Stepper;

    fn formula(text: &str) -> Formula {
        Formula::parse(text, &["x", "y", "t"]).unwrap()
    }

    fn found<T: Real>(wind: Wind, periodic: PerAxis<bool>) -> Divergence {
        let grid = Grid {
            cells: [24, 17, 1],
            dims: 2,
            spacing: [1.0 / 24.0, 2.0 / 17.0, 1.0],
            origin: [-0.5, 0.3, 0.0],
            periodic,
        };
        let joined = |axis: usize| {
            if periodic[axis] {
                Wall::Periodic
            } else {
                Wall::Open(formula("0"))
            }
        };
        let field = FieldParameters {
            name: "q".to_string(),
            unit: String::new(),
            initial: formula("0"),
            sampling: Sampling::Centre,
            // The air's divergence does not know of it.
            settling: formula("y"),
            sources: Vec::new(),
            decay: 0.0,
            walls: [0, 1, 2].map(|axis| [joined(axis), joined(axis)]),
        };
        let parameters = Parameters {
            dims: 2,
            wind,
            diffusivity: Diffusivity::diagonal([0; 3].map(|_| formula("0"))),
            advection: Advection::Upwind1,
            stepper: Stepper::Euler,
            fits_stages: false,
            budget: false,
            exchange: Vec::new(),
            fields: vec![field],
        };
        let tile = Tile::whole(grid.clone(), Reach::all(1).on(&grid));
        let mut kernel: Transport<T> = Transport::new(&parameters, &grid);
        kernel.prepare(&tile, 0.25).unwrap();
        divergence(&kernel, &tile, 0.25)
    }

    #[test]
    fn a_stream_function_has_no_divergence_also_across_seams() {
        let vortex = || Wind::Stream(formula("sin(2*pi*x)*cos(pi*(y - 0.3)) + 0.7*y - 0.2*x + t*x*0"));
        for periodic in [[false; 3], [true, true, false], [true, false, false]] {
            let double = found::<f64>(vortex(), periodic);
            assert!(double.is_rounding() && !double.is_uniform(), "{double:?}");
            // A wind of 2 pi crosses cells of 1/24 and 2/17 at most 204 times a second.
            assert!(double.gradient > 1.0 && double.rounding < 2.1e-10, "{double:?}");
            let single = found::<f32>(vortex(), periodic);
            assert!(single.is_rounding() && single.largest > double.largest, "{single:?}");
        }
        // A jet that sways with time, evaluated row by row.
        let swaying = found::<f64>(Wind::Stream(formula("sin(2*pi*(x - t))*y")), [true, false, false]);
        assert!(swaying.is_rounding() && swaying.gradient > 1.0, "{swaying:?}");
    }

    #[test]
    fn a_wind_that_converges_shows_its_divergence() {
        let wind = Wind::Components([formula("3*x"), formula("-y"), formula("0")]);
        let found = found::<f64>(wind, [false; 3]);
        assert!(!found.is_rounding());
        // Differences of numbers of order one over sides of 0.04 m.
        assert!(
            (found.largest - 2.0).abs() < 1e-13 && (found.gradient - 4.0).abs() < 1e-13,
            "{found:?}"
        );
    }

    #[test]
    fn a_uniform_wind_is_free_of_divergence() {
        let wind = Wind::Components([formula("3*t"), formula("-1"), formula("0")]);
        let found = found::<f64>(wind, [true, true, false]);
        assert_eq!((found.largest, found.gradient), (0.0, 0.0));
        assert!(found.is_rounding() && found.is_uniform(), "{found:?}");
        // As differences of a stream function it is uniform but for rounding.
        let inclined = self::found::<f64>(Wind::Stream(formula("0.3*y - 0.7*x")), [true, true, false]);
        assert!(
            inclined.gradient > 0.0 && inclined.is_rounding() && inclined.is_uniform(),
            "{inclined:?}"
        );
    }

    #[test]
    fn the_steps_between_numbers_are_those_of_the_precision() {
        assert_eq!(epsilon::<f64>(), f64::EPSILON);
        assert_eq!(epsilon::<f32>(), f64::from(f32::EPSILON));
    }
}
