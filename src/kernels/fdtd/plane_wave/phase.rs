//! Phases of many turns without loss: whole turns are taken off before the sine.

use super::twofold::Twofold;

/// `a * b` less the nearest whole number, to rounding of the result.
pub fn turns_of_product(a: f64, b: f64) -> f64 {
    let product = Twofold::product(a, b);
    let turns = (product.high - product.high.round()) + product.low;
    turns - turns.round()
}

/// Cosine and sine of `turns` whole turns of 2 pi.
pub fn cosine_and_sine(turns: f64) -> (f64, f64) {
    let turns = turns - turns.round();
    // The nearest quarter turn is exact, and what is left is small.
    let quarter = (4.0 * turns).round();
    let (sine, cosine) = libm::sincos(std::f64::consts::TAU * (turns - 0.25 * quarter));
    match quarter as i64 {
        0 => (cosine, sine),
        1 => (-sine, cosine),
        -1 => (sine, -cosine),
        _ => (-cosine, -sine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_of_a_product_keep_their_last_digits() {
        // 0.1 as it is stored, times 2^40, is 109951162777.6 + 0.1's error of 5.551115123125783e-18 times 2^40.
        let factor = (1_u64 << 40) as f64;
        let exact = -0.4 + 5.551_115_123_125_783e-18 * factor;
        assert!((turns_of_product(0.1, factor) - exact).abs() < 1e-16);
        // 1/3 is stored 1.850371707708594e-17 too small.
        let exact = -1e9 * 1.850_371_707_708_594e-17 + 1.0 / 3.0;
        assert!((turns_of_product(1.0 / 3.0, 1e9) - exact).abs() < 1e-16);
    }

    #[test]
    fn quarters_are_exact_and_the_rest_is_rounded_once() {
        assert_eq!(
            [0.0, 0.25, 0.5, -0.25].map(cosine_and_sine),
            [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
        );
        for n in -40..40 {
            let turns = n as f64 / 37.0;
            let (cosine, sine) = cosine_and_sine(turns);
            // Rounding of the argument of the functions compared with, up to 7 radians.
            let angle = std::f64::consts::TAU * turns;
            assert!((cosine - angle.cos()).abs() < 2e-15 && (sine - angle.sin()).abs() < 2e-15);
        }
    }
}
