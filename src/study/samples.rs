//! Repeated measurements of one quantity: the median counts, the extremes show how far to trust it.

use serde::Serialize;

/// Repeated measurements of one quantity, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The middle value, or the mean of the two middle ones; NaN without measurements.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let half = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => sorted[half],
            _ => 0.5 * (sorted[half - 1] + sorted[half]),
        }
    }

    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::min)
    }

    pub fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::max)
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Samples {
        Samples(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_disturbed_sample_does_not_move_the_median() {
        let samples: Samples = [2.0, 100.0, 1.0, 3.0, 2.5].into_iter().collect();
        assert_eq!((samples.median(), samples.min(), samples.max()), (2.5, 1.0, 100.0));
    }

    #[test]
    fn an_even_number_of_samples_has_the_mean_of_the_middle() {
        let samples: Samples = [4.0, 1.0, 2.0, 3.0].into_iter().collect();
        assert_eq!(samples.median(), 2.5);
        assert!(Samples::default().median().is_nan());
    }
}
