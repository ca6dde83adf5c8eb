//! From values to colours: a colour map, and the range that it spans.

use super::colormap::{Colormap, Rgb};
use super::scale::Scale;
use crate::error::{Error, Result};

/// How the values of a picture become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ColorScale {
    pub map: Colormap,
    /// The values at the ends of the map, in the unit of the values. `None`: all finite values, symmetric about zero
    /// for a diverging map with values of both signs, and eight decades at most if logarithmic.
    pub range: Option<(f64, f64)>,
    /// Whether equal ratios have equal distances. Values at or below zero get the lowest colour.
    pub log: bool,
}

/// The ratio that a logarithmic scale spans on its own account: what is below is seldom more than rounding.
const EIGHT_DECADES: f64 = 1e8;

/// A [`ColorScale`] that has seen the values.
#[derive(Debug)]
pub struct Coloring {
    pub map: Colormap,
    pub scale: Scale,
    /// Whether values lie below the range.
    pub has_below: bool,
    /// Whether values lie above the range.
    pub has_above: bool,
    /// How many values there are.
    pub n_values: usize,
    pub n_not_finite: usize,
    /// How many values are at or below zero.
    pub n_not_positive: usize,
}

impl ColorScale {
    /// The scale for `values`.
    ///
    /// # Errors
    /// [`Error::Config`] if the given range is empty, not finite, or not above zero on a logarithmic scale.
    pub fn resolve<'a>(&self, values: impl Iterator<Item = &'a f64>) -> Result<Coloring> {
        let extent = Extent::of(values);
        let scale = match self.range {
            Some(range) => self.given(range)?,
            None => self.automatic(&extent),
        };
        Ok(Coloring {
            map: self.map,
            scale,
            has_below: extent.lowest < scale.lo,
            has_above: extent.highest > scale.hi,
            n_values: extent.n_values,
            n_not_finite: extent.n_not_finite,
            n_not_positive: extent.n_not_positive,
        })
    }

    fn given(&self, (lo, hi): (f64, f64)) -> Result<Scale> {
        if !(lo < hi && (hi - lo).is_finite()) {
            return Err(Error::Config(format!(
                "the colour range of a picture goes from {lo} to {hi}: it needs two finite numbers, the lower one first"
            )));
        }
        if self.log && lo <= 0.0 {
            return Err(Error::Config(format!(
                "the logarithmic colour range of a picture starts at {lo}: it has to start above zero"
            )));
        }
        Ok(Scale::covering(lo, hi, self.log))
    }

    fn automatic(&self, seen: &Extent) -> Scale {
        let (lo, hi) = match self.log {
            true if seen.lowest_positive <= seen.highest => {
                (seen.lowest_positive.max(seen.highest / EIGHT_DECADES), seen.highest)
            }
            true => (0.1, 1.0),
            false if seen.lowest > seen.highest => (0.0, 1.0),
            false if self.map.is_diverging() && seen.lowest < 0.0 && seen.highest > 0.0 => {
                let most = seen.highest.max(-seen.lowest);
                (-most, most)
            }
            false => (seen.lowest, seen.highest),
        };
        Scale::covering(lo, hi, self.log)
    }
}

impl Coloring {
    /// The colour of a value.
    pub fn color(&self, value: f64) -> Rgb {
        if value.is_finite() {
            self.map.at(self.scale.fraction(value))
        } else {
            self.map.not_finite()
        }
    }

    /// What the reader has to know about the colours beside the colour bar.
    pub fn notes(&self) -> Vec<(Rgb, String)> {
        let note = |color, count: usize, what: &str| {
            (count > 0).then(|| (color, format!("{what}: {count} of {} cells", self.n_values)))
        };
        let not_positive = if self.scale.log { self.n_not_positive } else { 0 };
        let notes = [
            note(self.map.not_finite(), self.n_not_finite, "not finite"),
            note(self.map.at(0.0), not_positive, "zero or negative"),
        ];
        notes.into_iter().flatten().collect()
    }
}

/// What has to be known of the values to scale them. Without a finite value, `lowest > highest`.
struct Extent {
    lowest: f64,
    lowest_positive: f64,
    highest: f64,
    n_values: usize,
    n_not_finite: usize,
    n_not_positive: usize,
}

impl Extent {
    fn of<'a>(values: impl Iterator<Item = &'a f64>) -> Extent {
        let mut seen = Extent {
            lowest: f64::INFINITY,
            lowest_positive: f64::INFINITY,
            highest: f64::NEG_INFINITY,
            n_values: 0,
            n_not_finite: 0,
            n_not_positive: 0,
        };
        for &value in values {
            seen.n_values += 1;
            if !value.is_finite() {
                seen.n_not_finite += 1;
                continue;
            }
            seen.lowest = seen.lowest.min(value);
            seen.highest = seen.highest.max(value);
            if value > 0.0 {
                seen.lowest_positive = seen.lowest_positive.min(value);
            } else {
                seen.n_not_positive += 1;
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(map: Colormap, log: bool, values: &[f64]) -> Coloring {
        ColorScale { map, range: None, log }.resolve(values.iter()).unwrap()
    }

    #[test]
    fn the_range_is_that_of_the_finite_values() {
        let seen = resolved(Colormap::Viridis, false, &[1.0, f64::NAN, 5.0, f64::INFINITY]);
        assert_eq!((seen.scale.lo, seen.scale.hi, seen.n_not_finite), (1.0, 5.0, 2));
        assert_eq!(seen.color(5.0), Colormap::Viridis.at(1.0));
        assert_eq!(seen.color(f64::NAN), Colormap::Viridis.not_finite());
        assert_eq!(seen.notes()[0].1, "not finite: 2 of 4 cells");
    }

    #[test]
    fn a_diverging_map_is_symmetric_about_zero() {
        let seen = resolved(Colormap::Coolwarm, false, &[-1.0, 4.0]);
        assert_eq!((seen.scale.lo, seen.scale.hi), (-4.0, 4.0));
        assert_eq!(resolved(Colormap::Coolwarm, false, &[1.0, 4.0]).scale.lo, 1.0);
    }

    #[test]
    fn a_logarithmic_scale_shows_what_is_not_positive_as_its_lowest() {
        let seen = resolved(Colormap::Magma, true, &[-1.0, 0.0, 1e-30, 1e-3, 10.0]);
        assert_eq!((seen.scale.lo, seen.scale.hi), (10.0 / EIGHT_DECADES, 10.0));
        assert!(seen.has_below && !seen.has_above);
        assert_eq!(
            [seen.color(-1.0), seen.color(0.0), seen.color(1e-30)],
            [Colormap::Magma.at(0.0); 3]
        );
        assert!(seen.notes()[0].1.starts_with("zero or negative: 2 of 5"));
    }

    #[test]
    fn fields_without_a_range_are_drawn_all_the_same() {
        for values in [&[f64::NAN, f64::NAN][..], &[], &[0.0, 0.0], &[7.0]] {
            for log in [false, true] {
                let scale = resolved(Colormap::Viridis, log, values).scale;
                assert!(scale.lo < scale.hi);
            }
        }
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        let refused = |range, log| {
            let scale = ColorScale {
                map: Colormap::Viridis,
                range: Some(range),
                log,
            };
            matches!(scale.resolve([1.0].iter()), Err(Error::Config(_)))
        };
        assert!(refused((1.0, 1.0), false) && refused((f64::NAN, 1.0), false) && refused((0.0, 1.0), true));
        assert!(!refused((-1.0, 1.0), false));
    }
}
