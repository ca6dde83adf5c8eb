//! One clock by another: the times of a rank as the clock of rank 0 would have shown them.

/// How far the other clock was ahead of this one, by messages there and back.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Offset {
    /// When, by this clock, s.
    pub at: f64,
    /// What the other one showed beyond that, s.
    pub ahead: f64,
    /// How wrong that may be, s: half of the time there and back.
    pub error: f64,
}

/// From the times of this clock to those of the other.
#[derive(Clone, Copy, Debug)]
pub struct Alignment {
    from: Offset,
    /// Seconds that the other clock gains each second.
    drift: f64,
}

impl Alignment {
    /// By what was found at the beginning and at the end. Clocks are taken to drift only where the two differ by more than
    /// both may be wrong; elsewhere the more exact one holds throughout.
    pub fn new(first: Offset, last: Offset) -> Alignment {
        let gained = last.ahead - first.ahead;
        if last.at > first.at && gained.abs() > first.error + last.error {
            let drift = gained / (last.at - first.at);
            return Alignment { from: first, drift };
        }
        let from = if last.error < first.error { last } else { first };
        Alignment { from, drift: 0.0 }
    }

    /// The time of the other clock, s, at the time `own` of this one.
    pub fn other(&self, own: f64) -> f64 {
        own + self.from.ahead + self.drift * (own - self.from.at)
    }

    /// The same in nanoseconds.
    pub fn other_nanoseconds(&self, own: u64) -> i64 {
        let beyond = self.other(own as f64 * 1e-9) - own as f64 * 1e-9;
        own as i64 + (beyond * 1e9).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(at: f64, ahead: f64, error: f64) -> Offset {
        Offset { at, ahead, error }
    }

    #[test]
    fn clocks_that_drift_are_followed_in_between() {
        let found = Alignment::new(offset(10.0, 2.0, 1e-6), offset(110.0, 2.01, 1e-6));
        assert!((found.other(10.0) - 12.0).abs() < 1e-12);
        assert!((found.other(60.0) - 62.005).abs() < 1e-12);
        assert_eq!(found.other_nanoseconds(110_000_000_000), 112_010_000_000);
    }

    #[test]
    fn differences_within_the_error_are_no_drift_and_the_smaller_error_wins() {
        let found = Alignment::new(offset(0.0, 5.0, 1e-3), offset(100.0, 5.0005, 1e-5));
        assert_eq!(found.other(0.0), 5.0005);
        assert_eq!(Alignment::new(Offset::default(), Offset::default()).other(3.0), 3.0);
    }
}
