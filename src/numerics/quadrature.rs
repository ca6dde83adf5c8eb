//! Averages of a function over a cell, by a Gauss-Legendre rule.

/// Places of the rule of five points on an interval of length one about its middle.
///
/// The rule is exact for polynomials up to degree 9. Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical
/// Functions (1964), table 25.4, halved.
pub const NODES: [f64; 5] = [
    -0.453_089_922_969_332,
    -0.269_234_655_052_841_55,
    0.0,
    0.269_234_655_052_841_55,
    0.453_089_922_969_332,
];

/// Weights of [`NODES`]; they add up to one.
pub const WEIGHTS: [f64; 5] = [
    0.118_463_442_528_094_54,
    0.239_314_335_249_683_23,
    0.284_444_444_444_444_44,
    0.239_314_335_249_683_23,
    0.118_463_442_528_094_54,
];

/// The average of `f` over the box about `centre` with the given sides, m. Along an axis whose side is zero, `f` is
/// taken at the centre. The x axis is added up first, then y, then z: one order, so one result.
pub fn cell_average(centre: [f64; 3], sides: [f64; 3], mut f: impl FnMut([f64; 3]) -> f64) -> f64 {
    average_along(2, centre, sides, &mut f)
}

fn average_along(axis: usize, place: [f64; 3], sides: [f64; 3], f: &mut impl FnMut([f64; 3]) -> f64) -> f64 {
    let mut within = |place: [f64; 3]| match axis {
        0 => f(place),
        _ => average_along(axis - 1, place, sides, f),
    };
    if sides[axis] == 0.0 {
        return within(place);
    }
    NODES.iter().zip(WEIGHTS).fold(0.0, |sum, (node, weight)| {
        let mut moved = place;
        moved[axis] += node * sides[axis];
        sum + weight * within(moved)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one_and_powers_are_integrated_up_to_the_ninth() {
        // Five products of numbers below one.
        assert!((WEIGHTS.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        for power in 0..=9 {
            let average: f64 = NODES.iter().zip(WEIGHTS).map(|(x, w)| w * x.powi(power)).sum();
            let exact = if power % 2 == 1 {
                0.0
            } else {
                0.5f64.powi(power) / f64::from(power + 1)
            };
            assert!((average - exact).abs() < 1e-16, "power {power}: {average} for {exact}");
        }
    }

    #[test]
    fn a_product_is_averaged_axis_by_axis() {
        let average = cell_average([1.0, -2.0, 0.5], [0.5, 2.0, 0.25], |[x, y, z]| x * x * y * y * z);
        // <x2> = c2 + d2/12.
        let exact = (1.0 + 0.25 / 12.0) * (4.0 + 4.0 / 12.0) * 0.5;
        // A few roundings of numbers below ten.
        assert!((average - exact).abs() < 1e-14);
    }

    #[test]
    fn an_axis_without_extent_is_not_averaged_over() {
        let mut n_calls = 0;
        let average = cell_average([1.0, 3.0, 7.0], [0.5, 0.0, 0.0], |[x, y, z]| {
            n_calls += 1;
            x + 10.0 * y + 100.0 * z
        });
        // Rounding of numbers below a thousand.
        assert!((average - 731.0).abs() < 1e-12 && n_calls == 5);
    }
}
