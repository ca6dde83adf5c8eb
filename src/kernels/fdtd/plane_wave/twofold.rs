//! Numbers of twice the digits, as unevaluated sums of two: what wave numbers need so that phases of a hundred radians are
//! right to the last bit (T. J. Dekker, Numer. Math. 18 (1971) 224).

use std::ops::{Add, Mul, Neg};

/// `high + low`, with `low` below half of the last bit of `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Twofold {
    pub high: f64,
    pub low: f64,
}

/// pi to 32 digits.
pub const PI: Twofold = Twofold {
    high: std::f64::consts::PI,
    low: 1.224_646_799_147_353_2e-16,
};

impl From<f64> for Twofold {
    fn from(high: f64) -> Twofold {
        Twofold { high, low: 0.0 }
    }
}

impl Twofold {
    /// `a * b` without rounding.
    pub fn product(a: f64, b: f64) -> Twofold {
        // 2^27 + 1 splits the 53 bits of a number into two halves whose products are exact.
        let split = |x: f64| {
            let shifted = x * 134_217_729.0;
            let high = shifted - (shifted - x);
            (high, x - high)
        };
        let high = a * b;
        let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
        let low = ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low;
        Twofold { high, low }
    }

    /// `a + b` without rounding.
    fn sum(a: f64, b: f64) -> Twofold {
        let high = a + b;
        let b_part = high - a;
        let low = (a - (high - b_part)) + (b - b_part);
        Twofold { high, low }
    }

    /// `self / divisor`.
    pub fn over(self, divisor: f64) -> Twofold {
        let quotient = self.high / divisor;
        let rest = self + -Twofold::product(quotient, divisor);
        Twofold::sum(quotient, (rest.high + rest.low) / divisor)
    }

    /// The sine of an angle of up to a quarter turn.
    pub fn sine(self) -> Twofold {
        let square = self * self;
        let (mut term, mut sum) = (self, self);
        let mut n = 2.0;
        // Eighteen terms for a quarter turn, and fewer for smaller angles.
        while term.high.abs() > 1e-33 * sum.high.abs() && n < 60.0 {
            term = -(term * square).over(n * (n + 1.0));
            sum = sum + term;
            n += 2.0;
        }
        sum
    }
}

impl Neg for Twofold {
    type Output = Twofold;

    fn neg(self) -> Twofold {
        Twofold {
            high: -self.high,
            low: -self.low,
        }
    }
}

impl Add for Twofold {
    type Output = Twofold;

    fn add(self, other: Twofold) -> Twofold {
        let sum = Twofold::sum(self.high, other.high);
        Twofold::sum(sum.high, sum.low + (self.low + other.low))
    }
}

impl Mul for Twofold {
    type Output = Twofold;

    fn mul(self, other: Twofold) -> Twofold {
        let product = Twofold::product(self.high, other.high);
        let rest = product.low + (self.high * other.low + self.low * other.high);
        Twofold::sum(product.high, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The difference from a number given by its nearest double and the rest, relative.
    fn error(found: Twofold, high: f64, low: f64) -> f64 {
        let rest = found + -Twofold { high, low };
        (rest.high + rest.low).abs() / high.abs()
    }

    #[test]
    fn sines_and_quotients_have_twice_the_digits() {
        // sin(1) = 0.84147098480789650665250232163029900, 1/3 = 0.333..., sin(pi/6) = 1/2.
        let sine = Twofold::from(1.0).sine();
        assert!(error(sine, 0.841_470_984_807_896_5, 1.776_845_092_935_536e-18) < 1e-31);
        let third = Twofold::from(1.0).over(3.0);
        assert!(error(third, 1.0 / 3.0, 1.850_371_707_708_594e-17) < 1e-31);
        assert!(error(PI.over(6.0).sine(), 0.5, 0.0) < 1e-31);
        assert!(error(third * Twofold::from(3.0), 1.0, 0.0) < 1e-31);
    }
}
