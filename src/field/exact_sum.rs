//! Sums of floating-point numbers that do not depend on the order of their terms.

/// Bits of one digit; a limb is wider, so that carries can wait.
const DIGIT_BITS: u32 = 32;
/// Digits that cover every f64: 2098 bits from the smallest subnormal to the largest number, and head room.
const N_LIMBS: usize = 68;
/// Additions before carries must be settled: each adds less than 2^32 to a limb of 63 bits.
const CARRY_AFTER: u32 = 1 << 29;

/// Numbers that [`ExactSum::add_all`] adds at once, in lanes: few enough that the partial sums of multiples of
/// 2^(e - 40) below 2^e stay below 2^53 multiples.
const BLOCK: usize = 1024;
const LANES: usize = 8;
const COARSE_BITS: i32 = 40;

/// The exact sum of any number of f64, as a wide fixed-point number.
///
/// Adding is exact, so the sum does not depend on the order of the terms, on how the grid is cut, or on the number of
/// ranks; it is rounded once, to nearest, in [`ExactSum::value`]. Partial sums are merged by adding their limbs as
/// integers ([`ExactSum::limbs`]), which is what an MPI reduction does.
///
/// ```
/// use simrun::field::ExactSum;
///
/// let mut sum = ExactSum::new();
/// sum.add_all(&[1e300, 1.0, -1e300]);
/// assert_eq!(sum.value(), 1.0);
/// ```
///
/// Method: the superaccumulator of U. Kulisch, "Computer Arithmetic and Validity" (2013), chapter 8.
#[derive(Clone, Debug)]
pub struct ExactSum {
    limbs: [i64; N_LIMBS],
    pending: u32,
    /// Sum of the terms that are not finite (0 if there are none): NaN and infinities have no fixed-point form.
    special: f64,
}

impl Default for ExactSum {
    fn default() -> Self {
        ExactSum {
            limbs: [0; N_LIMBS],
            pending: 0,
            special: 0.0,
        }
    }
}

impl ExactSum {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one number.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as u32;
        if exponent == 0x7ff {
            self.special += value;
            return;
        }
        // value = mantissa * 2^(shift - 1074)
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, shift) = if exponent == 0 {
            (fraction, 0)
        } else {
            (fraction | 1 << 52, exponent - 1)
        };
        let (limb, offset) = ((shift / DIGIT_BITS) as usize, shift % DIGIT_BITS);
        let wide = u128::from(mantissa) << offset;
        let sign = if bits >> 63 == 0 { 1 } else { -1 };
        self.limbs[limb] += sign * (wide as u32 as i64);
        self.limbs[limb + 1] += sign * ((wide >> 32) as u32 as i64);
        self.limbs[limb + 2] += sign * ((wide >> 64) as i64);
        self.pending += 1;
        if self.pending == CARRY_AFTER {
            self.settle();
        }
    }

    /// Adds many numbers: the same sum as [`ExactSum::add`] for each, several times faster.
    ///
    /// Each number is split into two multiples of fixed powers of two, whose sums in plain f64 are exact as long as
    /// they are few; what is left of very small numbers is added one by one. Method: J. Demmel and H. D. Nguyen, "Fast
    /// reproducible floating-point summation" (2013).
    pub fn add_all(&mut self, values: &[f64]) {
        for block in values.chunks(BLOCK) {
            self.add_block(block);
        }
    }

    fn add_block(&mut self, block: &[f64]) {
        let largest = block.iter().fold(0.0f64, |m, v| if v.abs() > m { v.abs() } else { m });
        if largest == 0.0 && is_all_finite(block) {
            return;
        }
        let exponent = (largest.to_bits() >> 52) as i32 - 1022; // largest < 2^exponent
        if !(-800..=900).contains(&exponent) || !is_all_finite(block) {
            block.iter().for_each(|&v| self.add(v));
            return;
        }
        // Adding and subtracting 1.5 * 2^(52 + u) rounds to a multiple of 2^u.
        let rounder = |unit: i32| 1.5 * f64::from_bits(((52 + unit + 1023) as u64) << 52);
        let (coarse, fine) = (rounder(exponent - COARSE_BITS), rounder(exponent - 2 * COARSE_BITS));
        let (mut high, mut low) = ([0.0f64; LANES], [0.0f64; LANES]);
        let mut is_left = false;
        let lanes = block.chunks_exact(LANES);
        lanes.remainder().iter().for_each(|&v| self.add(v));
        let block = &block[..block.len() - lanes.remainder().len()];
        for lane_values in lanes {
            for lane in 0..LANES {
                let v = lane_values[lane];
                let h = (v + coarse) - coarse;
                let rest = v - h;
                let l = (rest + fine) - fine;
                high[lane] += h;
                low[lane] += l;
                is_left |= rest - l != 0.0;
            }
        }
        high.iter().chain(&low).for_each(|&partial| self.add(partial));
        if is_left {
            for &v in block {
                let rest = v - ((v + coarse) - coarse);
                let left = rest - ((rest + fine) - fine);
                if left != 0.0 {
                    self.add(left);
                }
            }
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &ExactSum) {
        self.settle();
        let mut other = other.clone();
        other.settle();
        for (mine, theirs) in self.limbs.iter_mut().zip(other.limbs) {
            *mine += theirs;
        }
        self.special += other.special;
        self.settle();
    }

    /// The sum as integers, after settling carries: adding these element by element over fewer than 2^30 partial sums
    /// gives the limbs of the total. The last element counts the non-finite terms' kind (see [`ExactSum::from_limbs`]).
    pub fn limbs(&mut self) -> Vec<i64> {
        self.settle();
        let mut out = self.limbs.to_vec();
        // +inf, -inf and NaN as counters in separate bit ranges of one integer.
        out.push(match self.special {
            s if s.is_nan() => 1 << 40,
            f64::INFINITY => 1,
            f64::NEG_INFINITY => 1 << 20,
            _ => 0,
        });
        out
    }

    /// The sum whose limbs were added up over all partial sums.
    pub fn from_limbs(limbs: &[i64]) -> ExactSum {
        let mut sum = ExactSum::new();
        sum.limbs.copy_from_slice(&limbs[..N_LIMBS]);
        let kinds = limbs[N_LIMBS];
        let (positive, negative, nan) = (kinds & 0xfffff, kinds >> 20 & 0xfffff, kinds >> 40);
        sum.special = match (positive, negative, nan) {
            (0, 0, 0) => 0.0,
            (_, 0, 0) => f64::INFINITY,
            (0, _, 0) => f64::NEG_INFINITY,
            _ => f64::NAN,
        };
        sum.settle();
        sum
    }

    /// Brings every limb but the last into [0, 2^32).
    fn settle(&mut self) {
        let mut carry = 0;
        for limb in &mut self.limbs[..N_LIMBS - 1] {
            let total = *limb + carry;
            *limb = total & 0xffff_ffff;
            carry = total >> DIGIT_BITS;
        }
        self.limbs[N_LIMBS - 1] += carry;
        self.pending = 0;
    }

    /// The sum, rounded once to the nearest f64 (ties to even).
    pub fn value(&self) -> f64 {
        if self.special != 0.0 {
            return self.special;
        }
        let mut digits = self.clone();
        digits.settle();
        let negative = digits.limbs[N_LIMBS - 1] < 0;
        if negative {
            digits.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            digits.settle();
        }
        let magnitude = rounded(&digits.limbs);
        if negative { -magnitude } else { magnitude }
    }
}

fn is_all_finite(values: &[f64]) -> bool {
    // 0 * x is NaN exactly for what is not finite.
    values.iter().fold(0.0, |sum, v| sum + 0.0 * v) == 0.0
}

/// The nearest f64 to a non-negative settled number of digits, in units of 2^-1074.
fn rounded(limbs: &[i64; N_LIMBS]) -> f64 {
    let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else {
        return 0.0;
    };
    let bit = |i: i64| {
        if i < 0 {
            0
        } else {
            (limbs[i as usize / 32] >> (i % 32)) as u64 & 1
        }
    };
    let highest = top as i64 * 32 + (63 - limbs[top].leading_zeros() as i64);
    // Keep 53 bits from the highest, or all of them in the subnormal range.
    let lowest = (highest - 52).max(0);
    let mut mantissa = (lowest..=highest).rev().fold(0u64, |m, i| m << 1 | bit(i));
    let half = bit(lowest - 1) == 1;
    let beyond = lowest >= 2 && (0..lowest - 1).any(|i| bit(i) == 1);
    if half && (beyond || mantissa & 1 == 1) {
        mantissa += 1;
    }
    // mantissa * 2^(lowest - 1074), in two exact steps to stay clear of overflow of the scale.
    let scale = |e: i64| f64::from_bits(((e + 1023) as u64) << 52);
    let exponent = lowest - 1074;
    if exponent > 971 {
        return f64::INFINITY;
    }
    if exponent >= -1022 {
        mantissa as f64 * scale(exponent)
    } else {
        mantissa as f64 * scale(exponent + 100) * scale(-100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut s = ExactSum::new();
        values.iter().for_each(|&v| s.add(v));
        s.value()
    }

    /// A small generator of well-spread numbers (xorshift64*).
    fn numbers(n: usize, mut seed: u64) -> Vec<f64> {
        (0..n)
            .map(|_| {
                seed ^= seed >> 12;
                seed ^= seed << 25;
                seed ^= seed >> 27;
                let r = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
                let x = (r >> 11) as f64 / (1u64 << 53) as f64 - 0.5;
                x * f64::powi(2.0, (r % 600) as i32 - 300)
            })
            .collect()
    }

    #[test]
    fn single_numbers_come_back_exactly() {
        for x in [
            0.0,
            1.0,
            -1.5,
            5e-324,
            -5e-324,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            1e-310,
            0.1,
            -1e200,
        ] {
            assert_eq!(sum(&[x]).to_bits(), if x == 0.0 { 0 } else { x.to_bits() }, "{x:e}");
        }
    }

    #[test]
    fn cancellation_leaves_the_small_term() {
        assert_eq!(sum(&[1e300, 1.0, -1e300]), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1.0, -1e16]), 2.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
    }

    #[test]
    fn rounding_is_to_nearest_with_ties_to_even() {
        let ulp = f64::EPSILON;
        assert_eq!(sum(&[1.0, ulp / 2.0]), 1.0);
        assert_eq!(sum(&[1.0 + ulp, ulp / 2.0]), 1.0 + 2.0 * ulp);
        assert_eq!(sum(&[1.0, ulp / 2.0, 1e-300]), 1.0 + ulp);
        assert_eq!(sum(&[-1.0, -ulp / 2.0, -1e-300]), -1.0 - ulp);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
    }

    #[test]
    fn order_and_cuts_do_not_matter() {
        let values = numbers(5000, 42);
        let whole = sum(&values);
        let mut reversed = values.clone();
        reversed.reverse();
        assert_eq!(sum(&reversed).to_bits(), whole.to_bits());
        for cut in [1, 17, 2500, 4999] {
            let (mut a, mut b) = (ExactSum::new(), ExactSum::new());
            values[..cut].iter().for_each(|&v| a.add(v));
            values[cut..].iter().for_each(|&v| b.add(v));
            let added: Vec<i64> = a.limbs().iter().zip(b.limbs()).map(|(x, y)| x + y).collect();
            assert_eq!(ExactSum::from_limbs(&added).value().to_bits(), whole.to_bits());
            a.merge(&b);
            assert_eq!(a.value().to_bits(), whole.to_bits());
        }
    }

    #[test]
    fn adding_many_at_once_is_adding_each() {
        for (n, seed) in [(1, 3), (8, 1), (1024, 5), (2600, 9), (4096, 11)] {
            let mut values = numbers(n, seed);
            // Numbers of one size, of many sizes, and with zeros and subnormals between them.
            for spread in 0..3 {
                if spread == 1 {
                    values.iter_mut().for_each(|v| *v = (*v).clamp(-1e3, 1e3) + 1.0);
                } else if spread == 2 {
                    values.iter_mut().step_by(3).for_each(|v| *v = 1e-310);
                }
                let mut many = ExactSum::new();
                many.add_all(&values);
                assert_eq!(
                    many.value().to_bits(),
                    sum(&values).to_bits(),
                    "n = {n}, spread {spread}"
                );
            }
        }
        let mut many = ExactSum::new();
        many.add_all(&[1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0, 7.0, 8.0]);
        assert!(many.value().is_nan());
    }

    #[test]
    fn integers_agree_with_integer_arithmetic() {
        let mut expected: i128 = 0;
        let mut s = ExactSum::new();
        for (n, x) in numbers(3000, 7).iter().enumerate() {
            let integer = (x * f64::powi(2.0, 20) / x.abs().max(1e-300) * n as f64) as i64;
            expected += integer as i128;
            s.add(integer as f64);
        }
        assert_eq!(s.value(), expected as f64);
    }

    #[test]
    fn terms_that_are_not_finite_show() {
        assert!(sum(&[1.0, f64::NAN]).is_nan());
        assert_eq!(sum(&[1.0, f64::INFINITY]), f64::INFINITY);
        assert!(sum(&[f64::NEG_INFINITY, f64::INFINITY]).is_nan());
        let mut s = ExactSum::new();
        s.add(f64::NEG_INFINITY);
        assert_eq!(ExactSum::from_limbs(&s.limbs()).value(), f64::NEG_INFINITY);
    }
}
