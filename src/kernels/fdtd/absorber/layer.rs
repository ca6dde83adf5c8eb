//! The coefficients of one absorbing layer, node by node.

use super::grading::{Grading, Stretch};
use std::ops::Range;

/// An absorbing layer at one end of an axis. Nodes are numbered as on the grid: E node `i`, which lies on the lower side of
/// cell `i`, and H node `i`, which lies half a cell above. (So for the components that the layer acts on: those along the
/// layer, of which E lives on the faces and H at the centres of the cells along the axis.)
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The cells that the layer fills.
    pub cells: Range<i64>,
    pub grading: Grading,
    /// At E nodes `cells.start..=cells.end`.
    electric: Vec<Stretch>,
    /// At H nodes of the layer's cells.
    magnetic: Vec<Stretch>,
}

impl Layer {
    /// The layer at the lower or upper end of an axis of `n_cells`. `courant` is `v dt/dx`, with `dx` the spacing along the
    /// axis and `v` the speed of light in the medium before the layer, `c/sqrt(epsilon mu)`: so `sigma_max` is
    /// `grading.sigma/(eta0 dx sqrt(epsilon mu))`, S/m, for stretching factors `kappa + sigma/(alpha + i omega eps0)`.
    ///
    /// E node `i` of a lower layer is `(thickness - i)/thickness` deep, and H node `i` half a cell less; the upper
    /// layer is its image.
    pub fn new(grading: Grading, is_upper: bool, n_cells: usize, courant: f64) -> Layer {
        let thickness = grading.cells;
        let start = if is_upper { n_cells as i64 - thickness as i64 } else { 0 };
        // Depths count in half cells, so that both ends have the same bits.
        let at = |half: usize| grading.stretch(half as f64 / (2 * thickness) as f64, courant);
        let mut electric: Vec<Stretch> = (0..=thickness).map(|depth| at(2 * depth)).collect();
        let mut magnetic: Vec<Stretch> = (0..thickness).map(|depth| at(2 * depth + 1)).collect();
        if !is_upper {
            electric.reverse();
            magnetic.reverse();
        }
        Layer {
            cells: start..start + thickness as i64,
            grading,
            electric,
            magnetic,
        }
    }

    /// At E node `i`; outside of the layer, nothing.
    pub fn electric(&self, i: i64) -> Stretch {
        Layer::at(&self.electric, i - self.cells.start)
    }

    /// At H node `i`, half a cell above E node `i`; outside of the layer, nothing.
    pub fn magnetic(&self, i: i64) -> Stretch {
        Layer::at(&self.magnetic, i - self.cells.start)
    }

    fn at(stretches: &[Stretch], n: i64) -> Stretch {
        usize::try_from(n)
            .ok()
            .and_then(|n| stretches.get(n))
            .copied()
            .unwrap_or(Stretch::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::fdtd::absorber::reflection;
    use std::f64::consts::TAU;

    fn grading() -> Grading {
        Grading {
            cells: 4,
            order: 2.0,
            sigma: 3.0,
            kappa: 2.0,
            alpha: 0.1,
        }
    }

    #[test]
    fn the_layer_at_one_end_is_the_image_of_that_at_the_other() {
        let n = 11;
        let lower = Layer::new(grading(), false, n, 0.5);
        let upper = Layer::new(grading(), true, n, 0.5);
        assert_eq!((lower.cells.clone(), upper.cells.clone()), (0..4, 7..11));
        for i in 0..=n as i64 {
            assert_eq!(lower.electric(i), upper.electric(n as i64 - i));
        }
        for i in 0..n as i64 {
            assert_eq!(lower.magnetic(i), upper.magnetic(n as i64 - 1 - i));
        }
    }

    #[test]
    fn nodes_have_their_own_depths_and_none_outside() {
        let upper = Layer::new(grading(), true, 11, 0.5);
        assert_eq!(upper.electric(9), grading().stretch(0.5, 0.5));
        assert_eq!(upper.magnetic(9), grading().stretch(0.625, 0.5));
        assert_eq!(upper.electric(11), grading().stretch(1.0, 0.5));
        assert_eq!(upper.electric(7).c, 0.0);
        assert_eq!(
            [
                upper.electric(6),
                upper.magnetic(6),
                upper.magnetic(11),
                upper.electric(12)
            ],
            [Stretch::NONE; 4]
        );
    }

    /// Fields of a wave along one axis at node `WATCHED` of a grid that ends, at node `n`, with a conductor: units in which the
    /// light speed, the spacing and the impedance are 1.
    fn watched(n: usize, layer: Option<&Layer>, courant: f64, n_steps: usize) -> Vec<f64> {
        let stretch =
            |at: fn(&Layer, i64) -> Stretch, i: usize| layer.map_or(Stretch::NONE, |layer| at(layer, i as i64));
        let (mut e, mut h) = (vec![0.0; n + 1], vec![0.0; n]);
        let (mut psi_e, mut psi_h) = (e.clone(), h.clone());
        let mut seen = Vec::new();
        for step in 0..n_steps {
            for i in 0..n {
                let (s, difference) = (stretch(Layer::magnetic, i), e[i + 1] - e[i]);
                psi_h[i] = s.b * psi_h[i] + s.c * difference;
                h[i] += courant * (difference + s.shift * difference + psi_h[i]);
            }
            for i in 1..n {
                let (s, difference) = (stretch(Layer::electric, i), h[i] - h[i - 1]);
                psi_e[i] = s.b * psi_e[i] + s.c * difference;
                e[i] += courant * (difference + s.shift * difference + psi_e[i]);
            }
            // Narrow enough in frequency that nothing slow is in it, which a layer holds for long.
            let t = (step as f64 - 700.0) / 80.0;
            e[SOURCE] += f64::exp(-0.5 * t * t) * f64::sin(TAU / 20.0 * courant * step as f64);
            seen.push(e[WATCHED]);
        }
        seen
    }

    const SOURCE: usize = 700;
    const WATCHED: usize = 800;

    #[test]
    fn stepping_through_a_layer_gives_back_what_the_solution_of_the_scheme_says() {
        let (n, n_steps, courant) = (830, 2400, 0.5);
        let quartic = Grading {
            cells: 10,
            order: 4.0,
            sigma: 4.0,
            kappa: 1.0,
            alpha: 0.0,
        };
        let shifted = Grading {
            kappa: 1.5,
            alpha: 0.1,
            ..quartic
        };
        // Neither the other end nor the end of this grid, 1500 cells farther, is heard of within the steps.
        let alone = watched(n + 1500, None, courant, n_steps);
        for grading in [quartic, shifted] {
            let layer = Layer::new(grading, true, n, courant);
            let with_layer = watched(n, Some(&layer), courant, n_steps);
            let reflected: Vec<f64> = with_layer
                .iter()
                .zip(&alone)
                .map(|(with, without)| with - without)
                .collect();
            for cells_per_wavelength in [18.0, 20.0, 22.0] {
                let amplitude = |seen: &[f64]| {
                    let phase = |step: usize| TAU / cells_per_wavelength * courant * step as f64;
                    let terms = seen.iter().enumerate();
                    let (re, im) = terms.fold((0.0, 0.0), |(re, im), (step, value)| {
                        (re + value * f64::cos(phase(step)), im + value * f64::sin(phase(step)))
                    });
                    f64::hypot(re, im)
                };
                let found = amplitude(&reflected) / amplitude(&alone);
                let expected = reflection(&grading, courant, cells_per_wavelength, 0.0);
                // Roundings of 1e-16 of the wave, over 2400 steps, in a reflection of 1e-5 of it.
                assert!((found / expected - 1.0).abs() < 1e-8, "{found}, not {expected}");
            }
        }
    }
}
