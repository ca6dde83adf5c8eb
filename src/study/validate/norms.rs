//! Numbers from the values of a field. Sums are exact, so that they do not depend on any order.

use super::check::{Interpolation, Norm, Sampling, Scale};
use crate::field::ExactSum;
use crate::grid::{Grid, Location};
use crate::numerics::Formula;
use crate::numerics::quadrature::cell_average;
use ndarray::Array3;

/// The norm of `values` on a grid with cells of `volume`, m3. `exact` is what [`Scale::Relative`] refers to.
pub fn norm(norm: Norm, values: &[f64], volume: f64, exact: &[f64]) -> f64 {
    let absolute = || values.iter().map(|value| value.abs());
    let n = values.len() as f64;
    let scaled = |sum: f64, whole: fn(&[f64]) -> f64, scale: Scale| match scale {
        Scale::Mean => sum / n,
        Scale::Integral => sum * volume,
        Scale::Relative => sum / whole(exact),
    };
    match norm {
        Norm::Max => largest(values.iter().copied()),
        Norm::Min => -largest(values.iter().map(|value| -value)),
        Norm::MaxAbs => largest(absolute()),
        Norm::MinAbs => -largest(absolute().map(|value| -value)),
        Norm::Mean => sum(values.iter().copied()) / n,
        Norm::Integral => sum(values.iter().copied()) * volume,
        Norm::L1(scale) => scaled(sum_abs(values), sum_abs, scale),
        Norm::L2(scale) => scaled(sum_squares(values), sum_squares, scale).sqrt(),
    }
}

fn sum_abs(values: &[f64]) -> f64 {
    sum(values.iter().map(|value| value.abs()))
}

fn sum_squares(values: &[f64]) -> f64 {
    sum(values.iter().map(|value| value * value))
}

fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = ExactSum::new();
    values.for_each(|value| sum.add(value));
    sum.value()
}

/// The largest value; NaN if there is one among them.
pub fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NEG_INFINITY, |most, value| {
        if value > most || value.is_nan() { value } else { most }
    })
}

/// The share of `mode` in `values`: `sum q m / sum m m`.
pub fn share_of_mode(values: &[f64], mode: &[f64]) -> f64 {
    sum(values.iter().zip(mode).map(|(q, m)| q * m)) / sum_squares(mode)
}

/// By how much `values` leave `[lower, upper]`, in units in the last place of the larger bound, which has `digits` binary
/// digits; zero if they do not.
pub fn bound_excess(values: &[f64], lower: f64, upper: f64, digits: i32) -> f64 {
    let excess = largest(values.iter().map(|q| largest([lower - q, q - upper, 0.0].into_iter())));
    let magnitude = lower.abs().max(upper.abs());
    excess / 2f64.powi(magnitude.log2().floor() as i32 + 1 - digits)
}

/// The values of `formula` where a field of `shape` `[z, y, x]` has its own, x fastest.
pub fn sample(
    formula: &Formula,
    sampling: Sampling,
    grid: &Grid,
    location: Location,
    shape: [usize; 3],
    t: f64,
) -> Vec<f64> {
    let [nz, ny, nx] = shape.map(|n| n as i64);
    let sides = [0, 1, 2].map(|axis| if grid.is_active(axis) { grid.spacing[axis] } else { 0.0 });
    let xs = grid.coordinates(0, location, 0, nx);
    let mut values = vec![0.0; xs.len()];
    let mut all = Vec::with_capacity(shape.iter().product());
    for k in 0..nz {
        for j in 0..ny {
            let (y, z) = (grid.coordinate(1, location, j), grid.coordinate(2, location, k));
            match sampling {
                Sampling::Centre => formula.evaluate_row(&xs, y, z, t, &mut values),
                Sampling::Average => values.iter_mut().zip(&xs).for_each(|(value, &x)| {
                    *value = cell_average([x, y, z], sides, |place| formula.evaluate(place, t));
                }),
            }
            all.extend_from_slice(&values);
        }
    }
    all
}

/// The value at the place `at`, m, of a field that lives at `location`. Beyond the outermost values, those count.
pub fn value_at(values: &Array3<f64>, grid: &Grid, location: Location, at: [f64; 3], how: Interpolation) -> f64 {
    let (nz, ny, nx) = values.dim();
    // The neighbours along each axis, and the share of the upper one.
    let beside = [nx, ny, nz];
    let beside = [0, 1, 2].map(|axis| {
        let last = (beside[axis] - 1) as f64;
        let place = ((at[axis] - grid.coordinate(axis, location, 0)) / grid.spacing[axis]).clamp(0.0, last);
        let place = if how == Interpolation::Cell {
            place.round()
        } else {
            place
        };
        let lower = place.floor();
        (
            lower as usize,
            (lower as usize + 1).min(beside[axis] - 1),
            place - lower,
        )
    });
    let mut sum = 0.0;
    for corner in 0..8 {
        let mut weight = 1.0;
        let index = [0, 1, 2].map(|axis| {
            let (lower, upper, share) = beside[axis];
            let is_upper = corner >> axis & 1 == 1;
            weight *= if is_upper { share } else { 1.0 - share };
            if is_upper { upper } else { lower }
        });
        if weight != 0.0 {
            sum += weight * values[[index[2], index[1], index[0]]];
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            cells: [4, 3, 1],
            dims: 2,
            spacing: [0.5, 2.0, 1.0],
            origin: [-1.0, 0.0, 0.0],
            periodic: [false; 3],
        }
    }

    #[test]
    fn norms_are_what_their_names_say() {
        let (values, exact) = ([3.0, -4.0, 0.0, 1.0], [2.0, 2.0, 2.0, -2.0]);
        let all = [
            (Norm::Max, 3.0),
            (Norm::Min, -4.0),
            (Norm::MaxAbs, 4.0),
            (Norm::MinAbs, 0.0),
            (Norm::Mean, 0.0),
            (Norm::Integral, 0.0),
            (Norm::L1(Scale::Mean), 2.0),
            (Norm::L1(Scale::Integral), 4.0),
            (Norm::L1(Scale::Relative), 1.0),
            (Norm::L2(Scale::Mean), 6.5f64.sqrt()),
            (Norm::L2(Scale::Integral), 13f64.sqrt()),
            (Norm::L2(Scale::Relative), (26.0f64 / 16.0).sqrt()),
        ];
        for (which, expected) in all {
            assert_eq!(norm(which, &values, 0.5, &exact), expected, "{which:?}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_lost() {
        let values = [1.0, f64::NAN, 2.0];
        for which in [
            Norm::Max,
            Norm::Min,
            Norm::MaxAbs,
            Norm::MinAbs,
            Norm::Mean,
            Norm::L1(Scale::Mean),
        ] {
            assert!(norm(which, &values, 1.0, &[]).is_nan(), "{which:?}");
        }
        assert!(bound_excess(&values, 0.0, 3.0, 53).is_nan());
    }

    #[test]
    fn bounds_are_left_by_units_in_the_last_place_of_the_larger() {
        let excess = |values: &[f64]| bound_excess(values, 0.1, 0.7, f64::MANTISSA_DIGITS as i32);
        // Numbers from 1/2 to 1 are 2^-53 apart.
        assert_eq!(excess(&[0.1, 0.7, 0.3]), 0.0);
        assert_eq!(excess(&[0.7f64.next_up().next_up()]), 2.0);
        assert_eq!(excess(&[0.1 - 3.0 * f64::EPSILON / 2.0]), 3.0);
        assert_eq!(
            bound_excess(&[1.0 + f64::EPSILON], 0.0, 1.0, f64::MANTISSA_DIGITS as i32),
            1.0
        );
    }

    #[test]
    fn a_mode_is_found_beside_others() {
        let wave = |k: f64| (0..16).map(move |i| (k * 0.125 * std::f64::consts::PI * f64::from(i)).cos());
        let values: Vec<f64> = wave(1.0).zip(wave(3.0)).map(|(a, b)| 0.25 * a - 2.0 * b).collect();
        // Rounding of sixteen products of numbers up to two.
        assert!((share_of_mode(&values, &wave(1.0).collect::<Vec<f64>>()) - 0.25).abs() < 1e-14);
    }

    #[test]
    fn formulas_are_sampled_where_the_field_lives() {
        let formula = Formula::parse("x^2 + 10*y*t", &["x", "y", "t"]).unwrap();
        let (grid, shape) = (grid(), [1, 3, 4]);
        let centres = sample(&formula, Sampling::Centre, &grid, Location::CENTER, shape, 2.0);
        assert_eq!(centres.len(), 12);
        assert_eq!(centres[5], 0.0625 + 60.0);
        let averages = sample(&formula, Sampling::Average, &grid, Location::CENTER, shape, 2.0);
        // <x2> = c2 + d2/12; rounding of numbers below a hundred.
        let is_near = |(a, c): (&f64, &f64)| (a - c - 0.25 / 12.0).abs() < 1e-13;
        assert!(averages.iter().zip(&centres).all(is_near));
        let faces = sample(&formula, Sampling::Centre, &grid, Location::face(0), [1, 3, 5], 0.0);
        assert_eq!(faces[..5], [1.0, 0.25, 0.0, 0.25, 1.0]);
    }

    #[test]
    fn a_probe_finds_its_cell_and_its_neighbours() {
        let values = Array3::from_shape_fn((1, 3, 4), |(_, j, i)| i as f64 + 10.0 * j as f64);
        let probe = |at, how| value_at(&values, &grid(), Location::CENTER, at, how);
        assert_eq!(probe([0.4, 3.9, 0.0], Interpolation::Cell), 12.0);
        assert_eq!(probe([0.0, 4.0, 0.0], Interpolation::Linear), 1.5 + 15.0);
        assert_eq!(probe([-1.0, 9.0, 0.0], Interpolation::Linear), 20.0);
    }
}
