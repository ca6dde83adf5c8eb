//! How long to compute between checkpoints.

/// Seconds of wall time between the beginnings of two checkpoints that take `cost` seconds each, for a machine that
/// fails every `mtbf` seconds on average: as long as loses the least time to checkpoints and to what is computed twice
/// after a failure, but so long that checkpoints take at most the share `largest_share` of it, in (0, 1].
///
/// With the failures M apart and a checkpoint of d, Daly's estimate of the time of computing between two checkpoints is
///
/// ```text
/// t = sqrt(2 d M) [1 + 1/3 (d / 2M)^(1/2) + 1/9 (d / 2M)] - d    for d < 2M,
/// t = M                                                          otherwise,
/// ```
///
/// whose first term is Young's. Source: J. T. Daly, Future Generation Computer Systems 22 (2006) 303, eq. 37.
pub fn interval(cost: f64, mtbf: f64, largest_share: f64) -> f64 {
    (computing(cost, mtbf) + cost).max(cost / largest_share)
}

/// Seconds of computing from the end of a checkpoint to the beginning of the next.
fn computing(cost: f64, mtbf: f64) -> f64 {
    if cost >= 2.0 * mtbf {
        return mtbf;
    }
    let ratio = cost / (2.0 * mtbf);
    (2.0 * cost * mtbf).sqrt() * (1.0 + ratio.sqrt() / 3.0 + ratio / 9.0) - cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_near(found: f64, expected: f64) {
        // A handful of roundings.
        assert!(
            (found - expected).abs() <= 1e-14 * expected,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn a_cheap_checkpoint_follows_the_estimate_of_daly() {
        // M = 1 d: 2 d M = 2073600 = 1440^2 and d / 2M = 1/14400 = (1/120)^2, so 1440 (1 + 1/360 + 1/129600).
        assert_near(interval(12.0, 86400.0, 0.05), 1444.0 + 1.0 / 90.0);
        // 2 d M = 100 and d / 2M = 1/100, so 10 (1 + 1/30 + 1/900).
        assert_near(interval(1.0, 50.0, 0.1), 931.0 / 90.0);
    }

    #[test]
    fn a_dear_checkpoint_takes_no_more_than_its_share() {
        // 2 d M = 14400^2 and d / 2M = (1/12)^2: 14400 (1 + 1/36 + 1/1296) = 14811.1, but 1200 / 0.05 = 24000.
        assert_near(interval(1200.0, 86400.0, 0.05), 24000.0);
        assert_near(interval(1200.0, 86400.0, 0.5), 14800.0 + 100.0 / 9.0);
        // 10 s of a checkpoint leave 10 s for computing.
        assert_near(interval(10.0, 1.0, 0.5), 20.0);
    }

    #[test]
    fn a_checkpoint_that_outlasts_the_machine_is_followed_by_the_time_between_failures() {
        for cost in [200.0, 1000.0] {
            assert_near(interval(cost, 100.0, 1.0), 100.0 + cost);
        }
    }

    #[test]
    fn a_checkpoint_for_nothing_is_due_at_once() {
        assert_eq!(interval(0.0, 86400.0, 0.05), 0.0);
    }
}
