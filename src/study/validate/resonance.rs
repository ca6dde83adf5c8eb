//! Frequencies and decay of the damped modes in a series, by the matrix pencil method.
//!
//! A series `v_n = sum_m a_m z_m^n` fills a matrix `H_ij = v_(s_i + j)` whose rows are sums of the vectors
//! `(1, z_m, z_m^2, ...)`. The right singular vectors of `H` that belong to singular values above rounding span the same
//! vectors; without their last row, and without their first, they are `V1` and `V2`, and `V1^+ V2` has the eigenvalues
//! `z_m` (T. K. Sarkar and O. Pereira, IEEE Antennas and Propagation Magazine 37 (1995), 48).

use nalgebra::{Complex, DMatrix, DVector, Schur};
use std::f64::consts::TAU;

/// A damped mode, which varies as `exp(-2 pi i (frequency - i decay) t)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    pub frequency: f64,
    pub decay: f64,
    /// At the first sample.
    pub amplitude: f64,
}

/// Columns and rows of the matrix, at most.
const COLUMNS: usize = 240;
const ROWS: usize = 480;
/// Singular values below this share of the largest are rounding: a few units in the last place times the root of the number
/// of entries.
const ROUNDING: f64 = 1e-13;
/// Modes of a smaller share of the largest value of the series are not told from rounding.
const SMALLEST: f64 = 1e-10;
/// Rounds of a decomposition after which it will not converge.
const MOST_ROUNDS: usize = 100_000;

/// The modes in `values`, which are `interval` apart.
///
/// # Errors
/// The text to say if there are too few values, none that is not zero, or one that is not finite.
pub fn modes(values: &[f64], interval: f64) -> Result<Vec<Mode>, String> {
    let n_columns = (values.len() / 3).min(COLUMNS);
    if n_columns < 4 {
        return Err(format!("{} values are too few to find modes in", values.len()));
    }
    let largest = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    if largest == 0.0 || !values.iter().all(|value| value.is_finite()) {
        return Err("the series is zero or not finite: there are no modes to find".into());
    }
    let z = roots(&hankel(values, n_columns, largest), n_columns / 2)?;
    let amplitudes = amplitudes(&values[..values.len().min(ROWS)], &z)?;
    let mode = |(z, amplitude): (&Complex<f64>, f64)| Mode {
        frequency: -libm::atan2(z.im, z.re) / (TAU * interval),
        decay: -libm::log(libm::hypot(z.re, z.im)) / (TAU * interval),
        amplitude,
    };
    let modes = z.iter().zip(amplitudes).map(mode);
    Ok(modes.filter(|mode| mode.amplitude >= SMALLEST * largest).collect())
}

/// The matrix of the series, over its largest value; its rows begin at places spread over the whole of it.
fn hankel(values: &[f64], n_columns: usize, largest: f64) -> DMatrix<f64> {
    let last = values.len() - n_columns;
    let n_rows = (last + 1).min(ROWS);
    let start = |row: usize| row * last / (n_rows - 1).max(1);
    DMatrix::from_fn(n_rows, n_columns, |row, column| values[start(row) + column] / largest)
}

/// The roots `z` that the rows of `matrix` are made of, at most `most`.
fn roots(matrix: &DMatrix<f64>, most: usize) -> Result<Vec<Complex<f64>>, String> {
    let failed = || "the decomposition of the series did not converge".to_owned();
    let n_columns = matrix.ncols();
    // The triangular factor has the same right singular vectors.
    let triangle = matrix.clone().qr().r();
    let svd = triangle
        .try_svd(false, true, f64::EPSILON, MOST_ROUNDS)
        .ok_or_else(failed)?;
    let values = &svd.singular_values;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order.retain(|&n| values[n] > ROUNDING * values.max());
    order.truncate(most);
    let v_t = svd.v_t.ok_or_else(failed)?;
    let basis = DMatrix::from_fn(n_columns, order.len(), |row, n| v_t[(order[n], row)]);
    let (upper, lower) = (basis.rows(0, n_columns - 1), basis.rows(1, n_columns - 1));
    let qr = upper.into_owned().qr();
    let mut pencil = qr.q().transpose() * lower;
    if !qr.r().solve_upper_triangular_mut(&mut pencil) {
        return Err(failed());
    }
    let schur = Schur::try_new(pencil, f64::EPSILON, MOST_ROUNDS).ok_or_else(failed)?;
    Ok(schur.complex_eigenvalues().iter().copied().collect())
}

/// The absolute values of the amplitudes that the roots have in `values`, by least squares.
fn amplitudes(values: &[f64], z: &[Complex<f64>]) -> Result<Vec<f64>, String> {
    let powers = DMatrix::from_fn(values.len(), z.len(), |n, m| z[m].powu(n as u32));
    let right = DVector::from_iterator(values.len(), values.iter().map(|&value| Complex::new(value, 0.0)));
    let svd = powers
        .try_svd(true, true, f64::EPSILON, MOST_ROUNDS)
        .ok_or("the fit of amplitudes did not converge")?;
    let found = svd.solve(&right, f64::EPSILON).map_err(str::to_owned)?;
    Ok(found.iter().map(|a| libm::hypot(a.re, a.im)).collect())
}

/// The mode nearest to the frequency `near`.
pub fn nearest(modes: &[Mode], near: f64) -> Option<Mode> {
    let distance = |mode: &Mode| (mode.frequency - near).abs();
    modes.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frequency, decay, amplitude and phase.
    type Given = (f64, f64, f64, f64);

    fn series(given: &[Given], n: usize, interval: f64) -> Vec<f64> {
        let value = |t: f64| {
            let parts = given
                .iter()
                .map(|(f, d, a, p)| a * (-TAU * d * t).exp() * (TAU * f * t + p).cos());
            parts.sum()
        };
        (0..n).map(|n| value(n as f64 * interval)).collect()
    }

    #[test]
    fn six_modes_are_found_to_a_part_in_a_million_million() {
        let given: [Given; 6] = [
            (0.180_392_532_201_6, 8.705_578e-8, 1.0, 0.3),
            (0.55, 0.02, 0.7, 1.0),
            (1.221_018_000_354_2, 4.994_781e-6, 0.4, -0.8),
            (2.3, 0.001, 1.3, 2.0),
            (4.1, 0.05, 0.2, 0.1),
            (7.77, 0.003, 0.6, -2.0),
        ];
        for n in [2000, 20_000] {
            let modes = modes(&series(&given, n, 0.025), 0.025).unwrap();
            assert_eq!(modes.len(), 12, "each with its mirror image");
            for (frequency, decay, amplitude, _) in given {
                let mode = nearest(&modes, 1.01 * frequency).unwrap();
                let off = libm::hypot(mode.frequency - frequency, mode.decay - decay);
                assert!(off < 1e-12 * frequency, "{frequency}: {off:e}, {n}");
                // Half of a cosine is in the mirror image; an amplitude has the digits that its fit leaves.
                assert!((2.0 * mode.amplitude - amplitude).abs() < 1e-9, "{mode:?}");
            }
        }
    }

    #[test]
    fn a_small_mode_is_found_beside_a_large_one() {
        let given = [(0.5, 0.01, 1.0, 0.0), (0.55, 0.0, 1e-6, 0.5)];
        let modes = modes(&series(&given, 900, 0.1), 0.1).unwrap();
        // A millionth of the largest has six digits fewer.
        let small = nearest(&modes, 0.56).unwrap();
        assert!((small.frequency - 0.55).abs() < 1e-8, "{small:?}");
    }

    #[test]
    fn what_holds_no_modes_is_refused() {
        for (values, word) in [
            (vec![0.0; 100], "zero"),
            (vec![1.0; 5], "too few"),
            (vec![f64::NAN; 90], "finite"),
        ] {
            let refused = modes(&values, 1.0).unwrap_err();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
