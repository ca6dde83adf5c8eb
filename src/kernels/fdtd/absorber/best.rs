//! The grading that reflects least.

use super::grading::Grading;
use super::reflection::{Wave, reflected, stretches, stretching};
use std::f64::consts::TAU;

/// An absorbing layer as it is asked for: what is left open is chosen so that the layer reflects least. The numbers are those
/// of [`Grading`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// At least 1.
    pub cells: usize,
    pub order: Option<f64>,
    pub sigma: Option<f64>,
    /// 1 unless given.
    pub kappa: Option<f64>,
    /// 0 unless given.
    pub alpha: Option<f64>,
}

/// The waves that count: 10 to 40 cells a wavelength, in equal ratios, ...
const FINEST: f64 = 40.0;
const COARSEST: f64 = 10.0;
const N_FREQUENCIES: usize = 9;
/// ... from all directions up to 70 degrees from the normal, in steps of 5 degrees.
const N_ANGLES: usize = 15;
const ANGLE_STEP: f64 = 5.0 * TAU / 360.0;

/// Courant numbers below count as this one: the best grading hardly depends on them any more.
const LEAST_COURANT: f64 = 1e-3;

/// Thicker layers get the grading of this one: it reflects 280 dB or less, which is near rounding.
const MOST_CELLS: usize = 64;

/// Where the search looks, as factors of [`usual_order`], and for `(exp(sigma S) - 1)/S`, which is what a node absorbs
/// per step: the best values lie well within, for any thickness and Courant number.
const ORDERS: [f64; 2] = [0.6, 1.5];
const LOSSES: [f64; 2] = [3.0, 60.0];
const N_ORDERS: usize = 10;
const N_LOSSES: usize = 14;
/// Halvings (by the golden ratio) of the interval around the best of these: the minimum is as sharp as 2 dB for a
/// percent of sigma, and is found to 0.02 dB.
const N_REFINEMENTS: usize = 18;

impl Choice {
    /// A layer of `cells`, everything else left open.
    pub fn of(cells: usize) -> Choice {
        Choice {
            cells,
            order: None,
            sigma: None,
            kappa: None,
            alpha: None,
        }
    }

    /// The grading with the smallest [`worst_reflection`] among those that are as asked for. `courant` is `v dt/dx`, in the
    /// medium before the layer and across the layer, at most 1. Takes some 10 ms for 10 cells, and the same bits come out
    /// everywhere.
    pub fn grading(&self, courant: f64) -> Grading {
        let courant = courant.clamp(LEAST_COURANT, 1.0);
        let waves = Waves::new(courant);
        let judged = self.cells.min(MOST_CELLS);
        let usual = usual_order(judged, courant);
        let orders = match self.order {
            Some(order) => Range::only(order),
            None => Range {
                ends: ORDERS.map(|factor| factor * usual),
                n: N_ORDERS,
            },
        };
        let sigmas = match self.sigma {
            Some(sigma) => Range::only(sigma),
            None => Range {
                ends: LOSSES.map(|loss| libm::log1p(loss * courant) / courant),
                n: N_LOSSES,
            },
        };
        let grading = |order: f64, sigma: f64| Grading {
            cells: judged,
            order,
            sigma,
            kappa: self.kappa.unwrap_or(1.0),
            alpha: self.alpha.unwrap_or(0.0),
        };
        let best_sigma = |order: f64| sigmas.minimum(|sigma, limit| waves.worst_up_to(&grading(order, sigma), limit));
        let (order, _) = orders.minimum(|order, _| best_sigma(order).1);
        Grading {
            cells: self.cells,
            ..grading(order, best_sigma(order).0)
        }
    }
}

/// The polynomial grading of least [`worst_reflection`] for a layer of `cells` at the Courant number `courant`: see
/// [`Choice::grading`].
pub fn best_grading(cells: usize, courant: f64) -> Grading {
    Choice::of(cells).grading(courant)
}

/// The largest amplitude that the layer gives back of waves with 10 to 40 cells a wavelength, from 0 to 70 degrees.
pub fn worst_reflection(grading: &Grading, courant: f64) -> f64 {
    Waves::new(courant).worst_up_to(grading, f64::INFINITY)
}

/// The best exponent, within a third.
fn usual_order(cells: usize, courant: f64) -> f64 {
    (1.2 - 0.33 * courant) * libm::sqrt(cells as f64)
}

/// The waves that a layer is judged by.
struct Waves {
    courant: f64,
    /// Per frequency, `omega dx/v`, the waves from all directions. The likely worst come first.
    by_frequency: Vec<(f64, Vec<Wave>)>,
}

impl Waves {
    fn new(courant: f64) -> Waves {
        let ratio = |n: usize| n as f64 / (N_FREQUENCIES - 1) as f64;
        // Both ends alternately: coarse waves are worst at normal incidence, long ones at grazing.
        let from_the_ends = |n: usize| (0..n).map(move |i| if i % 2 == 0 { i / 2 } else { n - 1 - i / 2 });
        let by_frequency = from_the_ends(N_FREQUENCIES)
            .map(|n| {
                let cells_per_wavelength = COARSEST * libm::pow(FINEST / COARSEST, ratio(n));
                let wave = |m: usize| Wave::new(courant, cells_per_wavelength, m as f64 * ANGLE_STEP);
                (TAU / cells_per_wavelength, from_the_ends(N_ANGLES).map(wave).collect())
            })
            .collect();
        Waves { courant, by_frequency }
    }

    /// The largest reflection, or infinity where it is above `limit`.
    fn worst_up_to(&self, grading: &Grading, limit: f64) -> f64 {
        let stretches = stretches(grading, self.courant);
        let mut worst = 0.0_f64;
        for (frequency, waves) in &self.by_frequency {
            let stretching = stretching(&stretches, self.courant, *frequency);
            for wave in waves {
                worst = worst.max(reflected(&stretching, wave));
                if worst > limit {
                    return f64::INFINITY;
                }
            }
        }
        worst
    }
}

/// Where a number is looked for: `n` values from one end to the other, in equal ratios.
#[derive(Clone, Copy)]
struct Range {
    ends: [f64; 2],
    n: usize,
}

impl Range {
    fn only(value: f64) -> Range {
        Range { ends: [value; 2], n: 1 }
    }

    fn value(&self, n: usize) -> f64 {
        let [first, last] = self.ends;
        if self.n == 1 {
            return first;
        }
        first * libm::pow(last / first, n as f64 / (self.n - 1) as f64)
    }

    /// Where `f` is smallest, and its value there: the best of the `n` values, refined by the golden section between its
    /// neighbours. `f` gets a second number: if its value is above that, it may return anything above.
    fn minimum(&self, f: impl Fn(f64, f64) -> f64) -> (f64, f64) {
        let (mut best, mut least) = (0, f64::INFINITY);
        for n in 0..self.n {
            let value = f(self.value(n), least);
            if value < least {
                (best, least) = (n, value);
            }
        }
        if self.n == 1 {
            return (self.value(0), least);
        }
        let (below, above) = (
            self.value(best.saturating_sub(1)),
            self.value((best + 1).min(self.n - 1)),
        );
        let refined = golden_section([below, above], f);
        if refined.1 < least {
            refined
        } else {
            (self.value(best), least)
        }
    }
}

/// The smallest value between two ends, if there is but one minimum: each time, the part beyond the larger of two inner
/// values is given up.
fn golden_section([mut a, mut b]: [f64; 2], f: impl Fn(f64, f64) -> f64) -> (f64, f64) {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    let mut x = [b - RATIO * (b - a), a + RATIO * (b - a)];
    let first = f(x[0], f64::INFINITY);
    let mut values = [first, f(x[1], first)];
    for _ in 0..N_REFINEMENTS {
        if values[0] < values[1] {
            b = x[1];
            x = [b - RATIO * (b - a), x[0]];
            values = [f(x[0], values[0]), values[0]];
        } else {
            a = x[0];
            x = [x[1], a + RATIO * (b - a)];
            values = [values[1], f(x[1], values[1])];
        }
    }
    if values[0] < values[1] {
        (x[0], values[0])
    } else {
        (x[1], values[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::fdtd::absorber::decibels;

    /// Best gradings, found and judged by an independent program: Courant number, cells, order, sigma, worst reflection in dB.
    // One sigma happens to look like pi.
    #[allow(clippy::approx_constant)]
    const KNOWN: [(f64, usize, f64, f64, f64); 7] = [
        (0.5716, 8, 2.855, 3.516, -76.1),
        (0.5716, 10, 3.228, 3.580, -88.9),
        (0.5716, 12, 3.561, 3.659, -101.3),
        (0.5716, 16, 4.092, 3.734, -124.0),
        (0.5716, 20, 4.640, 3.877, -147.0),
        (0.7, 10, 3.068, 3.141, -86.5),
        (0.7, 12, 3.407, 3.198, -98.3),
    ];

    fn worst(grading: Grading, courant: f64) -> f64 {
        decibels(worst_reflection(&grading, courant))
    }

    #[test]
    fn known_gradings_reflect_what_is_known_of_them() {
        for (courant, cells, order, sigma, expected) in KNOWN {
            let choice = Choice {
                order: Some(order),
                sigma: Some(sigma),
                ..Choice::of(cells)
            };
            let found = worst(choice.grading(courant), courant);
            // One digit is printed.
            assert!((found - expected).abs() < 0.05, "{cells} cells: {found} dB");
        }
    }

    #[test]
    fn the_best_gradings_are_found_again() {
        for (courant, cells, order, sigma, expected) in KNOWN {
            let grading = best_grading(cells, courant);
            let found = worst(grading, courant);
            // The printed digit, and the 0.1 dB by which the best of a slightly other set of waves may be better.
            assert!(
                found < expected + 0.05 && found > expected - 0.15,
                "{cells} cells: {found} dB"
            );
            // The minimum is flat to 0.1 dB over half a percent of both numbers together.
            assert!((grading.order / order - 1.0).abs() < 0.006, "{grading:?}");
            assert!((grading.sigma / sigma - 1.0).abs() < 0.007, "{grading:?}");
        }
    }

    #[test]
    fn no_grading_nearby_is_better_for_any_thickness_and_step() {
        for cells in [2, 3, 5, 9, 14, 26] {
            for courant in [1e-3, 0.2, 0.45, 0.8, 1.0] {
                let grading = best_grading(cells, courant);
                let found = worst(grading, courant);
                for (by_order, by_sigma) in [
                    (1.02, 1.0),
                    (0.98, 1.0),
                    (1.0, 1.02),
                    (1.0, 0.98),
                    (1.02, 1.02),
                    (0.98, 0.98),
                ] {
                    let order = by_order * grading.order;
                    let sigma = by_sigma * grading.sigma;
                    let other = worst(
                        Grading {
                            order,
                            sigma,
                            ..grading
                        },
                        courant,
                    );
                    // There are several minima; a search ten times as dense finds one that is 0.22 dB lower at most.
                    assert!(found < other + 0.3, "{grading:?} at {courant}: {found}, not {other} dB");
                }
            }
        }
    }

    #[test]
    fn more_cells_reflect_less() {
        for courant in [0.1, 0.5716, 1.0] {
            let dbs: Vec<f64> = (1..=32)
                .map(|cells| worst(best_grading(cells, courant), courant))
                .collect();
            assert!(dbs.windows(2).all(|pair| pair[1] < pair[0]), "{dbs:?}");
        }
        assert_eq!(best_grading(100, 0.5).order, best_grading(64, 0.5).order);
    }

    #[test]
    fn what_is_given_is_kept_and_the_rest_fits_it() {
        let courant = 0.5716;
        let choice = Choice {
            order: Some(3.0),
            kappa: Some(2.0),
            alpha: Some(0.05),
            ..Choice::of(10)
        };
        let grading = choice.grading(courant);
        assert_eq!(
            (grading.cells, grading.order, grading.kappa, grading.alpha),
            (10, 3.0, 2.0, 0.05)
        );
        let worse = [0.9, 1.1].map(|factor| Grading {
            sigma: factor * grading.sigma,
            ..grading
        });
        assert!(
            worse
                .iter()
                .all(|other| worst(*other, courant) > worst(grading, courant))
        );
        let sigma = Choice {
            sigma: Some(5.0),
            ..Choice::of(10)
        };
        let fitted = sigma.grading(courant);
        assert_eq!(fitted.sigma, 5.0);
        assert!(worst(fitted, courant) < worst(Grading { order: 3.0, ..fitted }, courant));
    }
}
