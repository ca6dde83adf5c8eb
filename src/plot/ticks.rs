//! Where ticks stand, and the numbers written beside them.

use super::units::superscript;

/// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten within `[lo, hi]`: the finest such set of at most
/// `at_most` ticks, or of two where `at_most` is less. `lo < hi`, both finite.
pub fn linear(lo: f64, hi: f64, at_most: usize) -> Vec<f64> {
    let at_most = at_most.max(2);
    let slack = 1e-9 * (hi - lo);
    let largest_power = (hi - lo).log10().ceil() as i32;
    let steps = (largest_power - 3..=largest_power).flat_map(|p| [(1.0, p), (2.0, p), (25.0, p - 1), (5.0, p)]);
    for (mantissa, power) in steps {
        let step = times_power_of_ten(mantissa, power);
        let (first, last) = (((lo - slack) / step).ceil(), ((hi + slack) / step).floor());
        if last - first < at_most as f64 {
            let count = (last - first + 1.0) as usize;
            return (0..count)
                .map(|n| times_power_of_ten((first + n as f64) * mantissa, power))
                .collect();
        }
    }
    vec![lo, hi]
}

/// Ticks of a logarithmic axis.
#[derive(Debug, PartialEq)]
pub struct LogTicks {
    pub major: Vec<f64>,
    pub minor: Vec<f64>,
    /// Whether the major ticks are powers of ten, to be written as such.
    pub powers: bool,
}

/// Ticks of the logarithmic axis `[lo, hi]`, `0 < lo < hi`: powers of ten where the axis holds three of them, else round
/// multiples of these, else, on an axis too short for them, those of a linear one.
pub fn logarithmic(lo: f64, hi: f64, at_most: usize) -> LogTicks {
    let slack = 1e-9;
    let (first, last) = ((lo.log10() - slack).ceil() as i32, (hi.log10() + slack).floor() as i32);
    let inside = |v: &f64| *v >= lo * (1.0 - slack) && *v <= hi * (1.0 + slack);
    let multiples = |digits: &'static [i32]| {
        let all =
            (first - 1..=last).flat_map(move |p| digits.iter().map(move |d| times_power_of_ten(f64::from(*d), p)));
        all.filter(inside).collect::<Vec<f64>>()
    };
    if last - first >= 2 {
        let stride = ((last - first) / at_most.max(2) as i32 + 1) as usize;
        let major = (first..=last)
            .filter(|p| p.rem_euclid(stride as i32) == 0)
            .map(|p| times_power_of_ten(1.0, p));
        let minor = if stride == 1 {
            multiples(&[2, 3, 4, 5, 6, 7, 8, 9])
        } else {
            multiples(&[1])
        };
        return LogTicks {
            major: major.collect(),
            minor,
            powers: true,
        };
    }
    let wanted = [
        (multiples(&[1, 2, 5]), 3),
        (multiples(&[1, 3]), 2),
        (multiples(&[1]), 2),
    ];
    let major = wanted
        .into_iter()
        .find(|(ticks, least)| (*least..=at_most.max(2)).contains(&ticks.len()));
    match major {
        Some((major, _)) => LogTicks {
            major,
            minor: multiples(&[1, 2, 3, 4, 5, 6, 7, 8, 9]),
            powers: false,
        },
        None => LogTicks {
            major: linear(lo, hi, at_most),
            minor: Vec::new(),
            powers: false,
        },
    }
}

/// The numbers beside a set of ticks: `tick = offset + text * 10^exponent`.
#[derive(Debug, PartialEq)]
pub struct Labels {
    pub texts: Vec<String>,
    /// The common power of ten taken out of the texts, 0 if none.
    pub exponent: i32,
    /// What is subtracted from every tick before it is written, where the ticks differ only far behind the point.
    pub offset: Option<String>,
}

/// Writes evenly spaced ticks with as few digits as tell them apart and show each exactly.
pub fn labels(ticks: &[f64]) -> Labels {
    let step = ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    if step.is_finite() && step > 0.0 && largest(ticks) > 2e4 * step {
        return labels_from_offset(ticks, step);
    }
    let exponent = common_exponent(largest(ticks));
    let mantissas: Vec<f64> = ticks.iter().map(|tick| times_power_of_ten(*tick, -exponent)).collect();
    let decimals = (0..16)
        .find(|d| mantissas.iter().all(|m| is_exact(*m, *d)))
        .unwrap_or(3)
        .min(12);
    let texts = mantissas.iter().map(|m| number(*m, decimals)).collect();
    Labels {
        texts,
        exponent,
        offset: None,
    }
}

/// A power of ten as it is written: 10⁻⁵.
pub fn power_of_ten(exponent: i32) -> String {
    format!("10{}", superscript(&exponent.to_string()))
}

/// One number for a sentence, with at most four significant digits: 0.25, 1200, 3.5×10⁻⁷.
pub fn short_number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { value.to_string() };
    }
    let exponent = common_exponent(value.abs());
    let mantissa = times_power_of_ten(value, -exponent);
    let decimals = (3 - mantissa.abs().log10().floor() as i32).max(0) as usize;
    let digits = trimmed(&number(mantissa, decimals));
    with_power(digits, exponent)
}

/// `mantissa * 10^power`, rounded once where the power is in the table of exact ones.
pub fn times_power_of_ten(mantissa: f64, power: i32) -> f64 {
    match power {
        0..=22 => mantissa * 10f64.powi(power),
        -22..=-1 => mantissa / 10f64.powi(-power),
        // Two factors, since 10^power itself can leave the range of f64.
        _ => mantissa * 10f64.powi(power / 2) * 10f64.powi(power - power / 2),
    }
}

fn labels_from_offset(ticks: &[f64], step: f64) -> Labels {
    let grain_power = (100.0 * step).log10().ceil() as i32;
    let grains = times_power_of_ten(ticks[ticks.len() / 2], -grain_power).round();
    let offset = times_power_of_ten(grains, grain_power);
    // The difference of close numbers keeps their rounding, which a snap to a hundredth of a step removes.
    let snap_power = step.log10().floor() as i32 - 2;
    let snapped = |tick: &f64| times_power_of_ten(times_power_of_ten(tick - offset, -snap_power).round(), snap_power);
    let differences: Vec<f64> = ticks.iter().map(snapped).collect();
    let rest = labels(&differences);
    Labels {
        offset: Some(exact_number(grains, grain_power)),
        ..rest
    }
}

/// `digits * 10^power`, written in full where that is short.
fn exact_number(digits: f64, power: i32) -> String {
    let value = times_power_of_ten(digits, power);
    let exponent = common_exponent(value.abs());
    let decimals = (exponent - power).max(0) as usize;
    let text = trimmed(&number(times_power_of_ten(value, -exponent), decimals));
    with_power(text, exponent)
}

/// Digits times a power of ten, without what a reader leaves out.
fn with_power(digits: String, exponent: i32) -> String {
    match (exponent, digits.as_str()) {
        (0, _) => digits,
        (_, "1") => power_of_ten(exponent),
        _ => format!("{digits}×{}", power_of_ten(exponent)),
    }
}

/// The power of ten to take out of numbers as large as `magnitude`: none between 0.01 and 100 000.
fn common_exponent(magnitude: f64) -> i32 {
    if magnitude == 0.0 || (0.01..1e5).contains(&magnitude) {
        return 0;
    }
    (magnitude.log10() + 1e-9).floor() as i32
}

fn largest(ticks: &[f64]) -> f64 {
    ticks.iter().fold(0.0, |most, tick| most.max(tick.abs()))
}

/// Whether `decimals` decimals write `value` up to the rounding that ticks carry.
fn is_exact(value: f64, decimals: i32) -> bool {
    let shifted = times_power_of_ten(value, decimals);
    (shifted - shifted.round()).abs() <= 1e-6 * shifted.abs().clamp(1e-6, 1.0)
}

/// A number with a true minus sign, and without one before zero.
fn number(value: f64, decimals: impl TryInto<usize>) -> String {
    let text = format!("{value:.*}", decimals.try_into().unwrap_or(0));
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|b| b == b'0' || b == b'.') => digits.to_string(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ticks_are_round_and_inside() {
        assert_eq!(linear(0.0, 20.0, 6), [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(linear(0.0, 1.0, 6), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(linear(-0.31, 0.31, 8), [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]);
        assert_eq!(linear(0.0, 10.0, 5), [0.0, 2.5, 5.0, 7.5, 10.0]);
    }

    #[test]
    fn linear_ticks_stay_within_their_number_at_any_magnitude() {
        for power in [-300, -20, -3, 0, 5, 30, 300] {
            for span in [1.0, 1.7, 3.3, 9.99] {
                for at_most in 2..12 {
                    let (lo, hi) = (times_power_of_ten(0.37, power), times_power_of_ten(0.37 + span, power));
                    let ticks = linear(lo, hi, at_most);
                    assert!(ticks.len() <= at_most, "{lo} {hi} {at_most}: {ticks:?}");
                    assert!(ticks.len() * 3 >= at_most, "{lo} {hi} {at_most}: {ticks:?}");
                    assert!(ticks.iter().all(|t| *t >= lo * (1.0 - 1e-9) && *t <= hi * (1.0 + 1e-9)));
                }
            }
        }
    }

    #[test]
    fn log_ticks_are_powers_of_ten_and_skip_where_crowded() {
        let ticks = logarithmic(1e-3, 1.0, 6);
        assert_eq!(ticks.major, [1e-3, 1e-2, 1e-1, 1.0]);
        assert_eq!((ticks.minor.len(), ticks.powers), (24, true));
        assert_eq!(logarithmic(1e-8, 1.0, 5).major, [1e-8, 1e-6, 1e-4, 1e-2, 1.0]);
        assert_eq!(logarithmic(1e-8, 1.0, 5).minor.len(), 9);
        assert_eq!(logarithmic(1.0, 30.0, 6).major, [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert!(!logarithmic(3.0, 4.0, 6).major.is_empty());
    }

    #[test]
    fn labels_have_as_many_decimals_as_they_need() {
        assert_eq!(labels(&[0.0, 2.5, 5.0]).texts, ["0.0", "2.5", "5.0"]);
        assert_eq!(labels(&[-1.0, 0.0, 1.0]).texts, ["−1", "0", "1"]);
        assert_eq!(
            labels(&linear(0.0, 1.0, 6)).texts,
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
    }

    #[test]
    fn small_and_large_numbers_share_an_exponent() {
        let small = labels(&linear(0.0, 1e-5, 6));
        assert_eq!((small.texts[1].as_str(), small.exponent), ("0.2", -5));
        let large = labels(&[0.0, 2e6, 4e6]);
        assert_eq!((large.texts[2].as_str(), large.exponent), ("4", 6));
        assert_eq!(labels(&[0.0, 20000.0]).exponent, 0);
    }

    #[test]
    fn ticks_that_differ_far_behind_the_point_are_written_from_an_offset() {
        let ticks = linear(1234.5, 1234.5 + 4e-7, 5);
        let labels = labels(&ticks);
        assert_eq!(labels.offset.as_deref(), Some("1234.5"));
        assert_eq!(labels.exponent, -7);
        assert_eq!(labels.texts, ["0", "1", "2", "3", "4"]);
    }

    #[test]
    fn short_numbers_are_short() {
        let texts = [0.0, 0.25, 1200.0, 3.5e-7, 1e6, -1.0 / 3.0].map(short_number);
        assert_eq!(texts, ["0", "0.25", "1200", "3.5×10⁻⁷", "10⁶", "−0.3333"]);
    }
}
