//! A range of numbers, linear or logarithmic, on which values have places between 0 and 1.

use super::ticks::{self, Labels};

/// The range that an axis or a colour bar covers: `lo < hi`, both finite, and above zero if logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub lo: f64,
    pub hi: f64,
    pub log: bool,
}

/// Ticks on a [`Scale`]: places between 0 and 1, and what is written beside the major ones.
pub struct Ticks {
    pub major: Vec<(f64, String)>,
    pub minor: Vec<f64>,
    /// The power of ten that all texts share, 0 if none.
    pub exponent: i32,
    /// What was subtracted before the texts were written, if anything.
    pub offset: Option<String>,
}

/// Ranges narrower than this, relative to their values, hold nothing but rounding and are drawn as constant.
const ROUNDING: f64 = 1e-13;
/// The largest magnitude of an end, so that the difference of two ends is finite.
const LARGEST: f64 = 8e307;
/// A span below this is drawn as none: it is too near the end of f64 for ticks to be told apart.
const SMALLEST: f64 = 1e-290;

impl Scale {
    /// A scale that covers `lo` to `hi` (finite, `lo <= hi`, above zero if `log`), widened where it would be empty.
    pub fn covering(lo: f64, hi: f64, log: bool) -> Scale {
        let (lo, hi) = (lo.clamp(-LARGEST, LARGEST), hi.clamp(-LARGEST, LARGEST));
        let magnitude = lo.abs().max(hi.abs());
        if hi - lo > (ROUNDING * magnitude).max(SMALLEST) {
            return Scale { lo, hi, log };
        }
        let half = match (log, magnitude > SMALLEST) {
            (true, true) => {
                return Scale {
                    lo: lo / 2.0,
                    hi: 2.0 * hi,
                    log,
                };
            }
            (true, false) => return Scale { lo: 0.1, hi: 1.0, log },
            (false, true) => 0.05 * magnitude,
            (false, false) => 1.0,
        };
        Scale {
            lo: lo - half,
            hi: hi + half,
            log,
        }
    }

    /// This scale with a margin of `share` of its length at each end.
    pub fn padded(self, share: f64) -> Scale {
        if self.log {
            let factor = (self.hi / self.lo).powf(share);
            return Scale {
                lo: self.lo / factor,
                hi: self.hi * factor,
                log: true,
            };
        }
        let margin = share * (self.hi - self.lo);
        Scale {
            lo: self.lo - margin,
            hi: self.hi + margin,
            log: false,
        }
    }

    /// The place of `value`: 0 at the lower end, 1 at the upper one. Not finite for a value that is not, and minus
    /// infinity for one at or below zero on a logarithmic scale.
    pub fn fraction(&self, value: f64) -> f64 {
        match (self.log, value > 0.0) {
            (false, _) => (value - self.lo) / (self.hi - self.lo),
            (true, true) => (value / self.lo).ln() / (self.hi / self.lo).ln(),
            (true, false) => f64::NEG_INFINITY,
        }
    }

    /// At most about `at_most` ticks with their texts.
    pub fn ticks(&self, at_most: usize) -> Ticks {
        let place = |values: Vec<f64>| values.iter().map(|v| self.fraction(*v)).collect::<Vec<f64>>();
        if !self.log {
            let values = ticks::linear(self.lo, self.hi, at_most);
            let texts = ticks::labels(&values);
            return Ticks::new(place(values), Vec::new(), texts);
        }
        let found = ticks::logarithmic(self.lo, self.hi, at_most);
        let texts = if found.powers {
            let power = |v: &f64| ticks::power_of_ten(v.log10().round() as i32);
            Labels {
                texts: found.major.iter().map(power).collect(),
                exponent: 0,
                offset: None,
            }
        } else {
            ticks::labels(&found.major)
        };
        Ticks::new(place(found.major), place(found.minor), texts)
    }
}

impl Ticks {
    fn new(major: Vec<f64>, minor: Vec<f64>, labels: Labels) -> Ticks {
        let major = major.into_iter().zip(labels.texts).collect();
        Ticks {
            major,
            minor,
            exponent: labels.exponent,
            offset: labels.offset,
        }
    }

    /// The title of an axis with these ticks: what it shows, and in which unit, as `Mass − 12.5 (×10⁻⁶ kg)`.
    pub fn title(&self, label: &str, unit: &str) -> String {
        let less = self.offset.as_ref().map(|offset| match offset.strip_prefix('−') {
            Some(magnitude) => format!(" + {magnitude}"),
            None => format!(" − {offset}"),
        });
        let power = (self.exponent != 0).then(|| format!("×{}", ticks::power_of_ten(self.exponent)));
        let unit = [power.as_deref(), Some(unit).filter(|u| !u.is_empty() && *u != "1")];
        let unit = unit.into_iter().flatten().collect::<Vec<&str>>().join(" ");
        // Non-breaking spaces: a line that ends within the unit reads badly.
        let unit = if unit.is_empty() {
            unit
        } else {
            format!(" ({})", unit.replace(' ', "\u{a0}"))
        };
        format!("{label}{}{unit}", less.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_range_is_widened() {
        for value in [0.0, 1.0, -3e-7, 1e300, -1.7e308, 5e-324] {
            let scale = Scale::covering(value, value, false);
            assert!(scale.lo < scale.hi && (scale.hi - scale.lo).is_finite(), "{value}");
            assert!(!scale.ticks(6).major.is_empty(), "{value}");
        }
        let log = Scale::covering(1e-9, 1e-9, true);
        assert!(log.lo > 0.0 && log.lo < log.hi);
    }

    #[test]
    fn the_widest_range_has_ticks() {
        let scale = Scale::covering(f64::MIN, f64::MAX, false);
        assert!(scale.ticks(6).major.len() >= 3);
    }

    #[test]
    fn places_run_from_zero_to_one() {
        let linear = Scale::covering(-2.0, 6.0, false);
        assert_eq!([-2.0, 0.0, 6.0].map(|v| linear.fraction(v)), [0.0, 0.25, 1.0]);
        let log = Scale::covering(1e-4, 1.0, true);
        assert!((log.fraction(1e-2) - 0.5).abs() < 1e-12);
        assert_eq!(log.fraction(-1.0), f64::NEG_INFINITY);
        assert!(linear.fraction(f64::NAN).is_nan());
    }

    #[test]
    fn titles_show_unit_power_and_offset() {
        let title = |lo, hi, unit| {
            let ticks = Scale::covering(lo, hi, false).ticks(5);
            ticks.title("Mass", unit).replace('\u{a0}', " ")
        };
        assert_eq!(title(0.0, 1.0, "kg"), "Mass (kg)");
        assert_eq!(title(0.0, 1.0, ""), "Mass");
        assert_eq!(title(0.0, 2e-6, "kg"), "Mass (×10⁻⁶ kg)");
        assert_eq!(title(0.0, 2e-6, "1"), "Mass (×10⁻⁶)");
        assert_eq!(title(12.5, 12.5 + 4e-7, "kg"), "Mass − 12.5 (×10⁻⁷ kg)");
    }
}
