//! Between which values the finite ones of several pictures lie.

/// The span of values. Without a finite value, `lowest > highest`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    pub lowest: f64,
    pub highest: f64,
    pub lowest_positive: f64,
}

/// The ratio that a logarithmic range spans unless it is given: what is below is seldom more than rounding.
const EIGHT_DECADES: f64 = 1e8;
/// From this share of the larger side on, values of the other sign count as more than an undershoot.
const TWO_SIDED: f64 = 0.05;

impl Extent {
    /// The extent of no values.
    pub const NONE: Extent = Extent {
        lowest: f64::INFINITY,
        highest: f64::NEG_INFINITY,
        lowest_positive: f64::INFINITY,
    };

    /// The extent that covers `self` and `values`.
    pub fn including<'a>(self, values: impl IntoIterator<Item = &'a f64>) -> Extent {
        let finite = values.into_iter().copied().filter(|value| value.is_finite());
        finite.fold(self, |seen, value| Extent {
            lowest: seen.lowest.min(value),
            highest: seen.highest.max(value),
            lowest_positive: if value > 0.0 {
                seen.lowest_positive.min(value)
            } else {
                seen.lowest_positive
            },
        })
    }

    /// Whether values of both signs matter.
    pub fn is_two_sided(&self) -> bool {
        let (below, above) = (-self.lowest, self.highest);
        below.min(above) > TWO_SIDED * below.max(above)
    }

    /// The values for the ends of a colour bar: about zero if `symmetric`, above zero if `log`. Nothing where there is
    /// no more than one value.
    pub fn range(&self, log: bool, symmetric: bool) -> Option<(f64, f64)> {
        let most = self.highest.max(-self.lowest);
        let (lo, hi) = match (log, symmetric) {
            (true, _) => (self.lowest_positive.max(self.highest / EIGHT_DECADES), self.highest),
            (false, true) => (-most, most),
            (false, false) => (self.lowest, self.highest),
        };
        (lo < hi && (hi - lo).is_finite()).then_some((lo, hi))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_values_count() {
        let extent = Extent::NONE
            .including(&[f64::NAN, -1.0, 4.0])
            .including(&[f64::INFINITY, 0.5, 0.0]);
        assert_eq!(
            (extent.lowest, extent.highest, extent.lowest_positive),
            (-1.0, 4.0, 0.5)
        );
        assert_eq!(extent.range(false, false), Some((-1.0, 4.0)));
        assert_eq!(extent.range(false, true), Some((-4.0, 4.0)));
        assert_eq!(extent.range(true, false), Some((0.5, 4.0)));
        assert_eq!(Extent::NONE.range(false, false), None);
        assert_eq!(Extent::NONE.including(&[-2.0, 0.0]).range(true, false), None);
        assert_eq!(Extent::NONE.including(&[7.0]).range(false, false), None);
    }

    #[test]
    fn an_undershoot_is_not_a_second_side() {
        assert!(Extent::NONE.including(&[-1.0, 0.2]).is_two_sided());
        assert!(!Extent::NONE.including(&[-0.01, 1.0]).is_two_sided());
        assert!(!Extent::NONE.including(&[1.0, 2.0]).is_two_sided());
        assert!(!Extent::NONE.is_two_sided());
    }
}
