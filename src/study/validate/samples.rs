//! Values of a probe at equal intervals, and what is measured of them: discrete Fourier sums and their ratios.

use crate::field::ExactSum;
use crate::files::ProbeSeries;
use crate::numerics::formula::nearest_name;

/// Values at equal intervals of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// Time of the first value.
    pub start: f64,
    /// From one value to the next.
    pub interval: f64,
    pub values: Vec<f64>,
}

/// A stretch of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub after: f64,
    pub before: f64,
}

impl Window {
    pub const ALL: Window = Window {
        after: f64::NEG_INFINITY,
        before: f64::INFINITY,
    };
}

/// Share of an interval by which times may differ from equal intervals: their rounding is far below.
const UNEQUAL: f64 = 1e-6;

/// The values of `column` within `window`, and their times.
///
/// # Errors
/// The text to say if there is no such column, or nothing in the window.
pub fn values(series: &ProbeSeries, column: &str, window: Window) -> Result<(Vec<f64>, Vec<f64>), String> {
    let line = series.line(column).ok_or_else(|| {
        let names = series.names();
        match nearest_name(column, names.iter().copied()) {
            Some(near) => format!("the probe has no column `{column}`; did you mean `{near}`?"),
            None => format!("the probe has no column `{column}`; there are {}", names.join(", ")),
        }
    })?;
    let pairs = line.times.into_iter().zip(line.values);
    let (times, values): (Vec<f64>, Vec<f64>) = pairs
        .filter(|(time, _)| (window.after..=window.before).contains(time))
        .unzip();
    match values.is_empty() {
        true => Err(format!("`{column}` has no values between the times asked for")),
        false => Ok((times, values)),
    }
}

impl Samples {
    /// The values of `column` within `window`.
    ///
    /// # Errors
    /// As [`values`], and if the times are not equally spaced.
    pub fn new(series: &ProbeSeries, column: &str, window: Window) -> Result<Samples, String> {
        let (times, values) = values(series, column, window)?;
        let steps = series.history.column("time").unwrap_or_default();
        let interval = interval(&steps).ok_or("the probe has one row only")?;
        let is_equal = |(n, time): (usize, &f64)| (time - times[0] - n as f64 * interval).abs() <= UNEQUAL * interval;
        if !times.iter().enumerate().all(is_equal) {
            return Err("the steps are not equally long: give `time.dt`".into());
        }
        Ok(Samples {
            start: times[0],
            interval,
            values,
        })
    }

    /// These values less those of `other`.
    ///
    /// # Errors
    /// The text to say if the two were not recorded at the same times.
    pub fn minus(&self, other: &Samples) -> Result<Samples, String> {
        let is_same = self.values.len() == other.values.len()
            && (self.start - other.start).abs() <= UNEQUAL * self.interval
            && (self.interval - other.interval).abs() * self.values.len() as f64 <= UNEQUAL * self.interval;
        if !is_same {
            return Err("the two runs have other steps: give them the same dt and number of steps".into());
        }
        let pairs = self.values.iter().zip(&other.values);
        Ok(Samples {
            values: pairs.map(|(a, b)| a - b).collect(),
            ..*self
        })
    }

    /// Real and imaginary part of `interval * sum v_n exp(2 pi i f t_n)`: what varies as `exp(-2 pi i f t)` adds up.
    pub fn fourier_sum(&self, frequency: f64) -> [f64; 2] {
        let first = whole_turns_off(frequency * self.start);
        let per_step = frequency * self.interval;
        let [mut re, mut im] = [ExactSum::new(), ExactSum::new()];
        for (n, value) in self.values.iter().enumerate() {
            let (sin, cos) = sin_cos_of_turns(first + turns(n, per_step));
            re.add(value * cos);
            im.add(value * sin);
        }
        [re.value() * self.interval, im.value() * self.interval]
    }
}

/// The interval of equally spaced times, from the longest power of two of them: where times are products of a step and its
/// length, that length to the last bit, however many of them there are.
fn interval(times: &[f64]) -> Option<f64> {
    let n = times.len().checked_sub(1)?.checked_ilog2()?;
    Some((times[1 << n] - times[0]) / (1u64 << n) as f64)
}

/// `n * per_step` less whole turns, to the accuracy of the fraction: the product of `n` with the leading half of the
/// digits is exact.
fn turns(n: usize, per_step: f64) -> f64 {
    let per_step = whole_turns_off(per_step);
    let leading = f64::from(per_step as f32);
    // An f32 has 24 binary digits: with up to 2^29 steps no digit of the product is lost.
    whole_turns_off(n as f64 * leading) + n as f64 * (per_step - leading)
}

fn whole_turns_off(turns: f64) -> f64 {
    turns - turns.round()
}

/// Sine and cosine of an angle in turns.
pub fn sin_cos_of_turns(turns: f64) -> (f64, f64) {
    libm::sincos(std::f64::consts::TAU * whole_turns_off(turns))
}

/// `a / b`, both as real and imaginary part.
pub fn quotient([a, b]: [f64; 2], [c, d]: [f64; 2]) -> [f64; 2] {
    let square = c * c + d * d;
    [(a * c + b * d) / square, (b * c - a * d) / square]
}

/// `a * exp(2 pi i turns)`.
pub fn turned([a, b]: [f64; 2], turns: f64) -> [f64; 2] {
    let (sin, cos) = sin_cos_of_turns(turns);
    [a * cos - b * sin, a * sin + b * cos]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(n: usize, delay: f64, height: f64) -> Samples {
        let interval = 0.025;
        let value = |n: usize| {
            let t = n as f64 * interval - delay;
            height * (-(t * t)).exp() * (7.0 * t).cos()
        };
        Samples {
            start: 0.0,
            interval,
            values: (0..n).map(value).collect(),
        }
    }

    #[test]
    fn turns_keep_their_digits_however_many_there_are() {
        let per_step = 0.3;
        for n in [1usize, 1_000_003, 400_000_009] {
            // In integers: the mantissa of 0.3 times n, of which the whole turns of 2^54 are left out.
            let mantissa = (per_step * 2f64.powi(54)) as u128;
            let fraction = (mantissa * n as u128) % (1 << 54);
            let exact = fraction as f64 / 2f64.powi(54);
            let found = turns(n, per_step);
            assert!(whole_turns_off(found - exact).abs() < 1e-15, "{n}: {found} {exact}");
        }
    }

    #[test]
    fn a_delayed_and_damped_pulse_has_its_phase_and_its_height() {
        // 160 intervals are 4 s: at 1.1 Hz 4.4 turns. Far ends of the pulses are below 1e-30 of their height.
        let [first, second] = [(10.0, 1.0), (14.0, -0.25)].map(|(delay, height)| pulse(1000, delay, height));
        let ratio = quotient(second.fourier_sum(1.1), first.fourier_sum(1.1));
        let expected = turned([-0.25, 0.0], 4.4);
        for (found, expected) in ratio.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{ratio:?}");
        }
    }

    #[test]
    fn a_difference_is_taken_at_equal_times_only() {
        let (a, b) = (pulse(100, 1.0, 3.0), pulse(100, 1.0, 1.0));
        let less = a.minus(&b).unwrap();
        // One subtraction of numbers up to three.
        let is_near = |(x, y): (&f64, &f64)| (x - 2.0 * y).abs() < 1e-15;
        assert!(less.values.iter().zip(&b.values).all(is_near));
        assert!(a.minus(&pulse(99, 1.0, 1.0)).is_err());
        let later = Samples { start: 0.5, ..b };
        assert!(a.minus(&later).is_err());
    }

    #[test]
    fn the_interval_is_that_of_the_step_for_any_length() {
        let dt = 0.1f64 / 3.0;
        for n in [2, 3, 100, 1001] {
            let times: Vec<f64> = (0..n).map(|n| n as f64 * dt).collect();
            assert_eq!(interval(&times), Some(dt));
        }
        assert_eq!(interval(&[1.0]), None);
    }
}
