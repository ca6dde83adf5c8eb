//! Lagrange's interpolation between equally spaced points, from the middle interval.

/// Weights of the points `1 - N/2 ..= N/2` for a place `theta`, in spacings, from 0 to 1.
pub fn weights<const N: usize>(theta: f64) -> [f64; N] {
    let from = |point: usize| theta - (point as f64 + 1.0 - (N / 2) as f64);
    let mut weights = const { inverse_denominators::<N>() };
    let mut product = 1.0;
    for point in 0..N {
        weights[point] *= product;
        product *= from(point);
    }
    product = 1.0;
    for point in (0..N).rev() {
        weights[point] *= product;
        product *= from(point);
    }
    weights
}

/// `1 / product over others of (point - other)`, for every point.
const fn inverse_denominators<const N: usize>() -> [f64; N] {
    let mut inverses = [1.0; N];
    let mut point = 0;
    while point < N {
        let mut other = 0;
        while other < N {
            if other != point {
                inverses[point] /= point as f64 - other as f64;
            }
            other += 1;
        }
        point += 1;
    }
    inverses
}

/// The largest error for `exp(i x)` between `n` points a spacing of `step` apart, relative to `step^n`: the product of
/// the distances from the middle to all points, over `n!`.
pub fn error_constant(n: usize) -> f64 {
    (0..n / 2).fold(1.0, |product, pair| {
        let distance = pair as f64 + 0.5;
        product * distance * distance / ((2 * pair + 1) * (2 * pair + 2)) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_up_to_the_order_are_exact() {
        for theta in [0.0, 0.1, 0.5, 0.83] {
            for degree in 0..10 {
                let value: f64 = weights::<10>(theta)
                    .iter()
                    .enumerate()
                    .map(|(point, weight)| weight * (point as f64 - 4.0).powi(degree))
                    .sum();
                // Rounding of terms up to 5^9 with weights up to 1.
                assert!((value - theta.powi(degree)).abs() < 1e-16 * 5.0_f64.powi(degree) * 10.0);
            }
        }
    }

    #[test]
    fn waves_are_as_exact_as_the_error_constant_says() {
        for step in [0.4, 0.2] {
            let value: f64 = weights::<10>(0.5)
                .iter()
                .enumerate()
                .map(|(point, weight)| weight * libm::cos((point as f64 - 4.5) * step))
                .sum();
            let expected = error_constant(10) * f64::powi(step, 10);
            // The next term is smaller by about the square of the step.
            assert!(((1.0 - value) / expected - 1.0).abs() < 0.2, "{value} {expected}");
        }
    }
}
