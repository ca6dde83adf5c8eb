//! How strongly a layer absorbs at each depth.

/// The grading of an absorbing layer: with `rho` the depth as a fraction of the thickness, 0 at the interface and 1 at the
/// conductor behind,
///
/// ```text
/// sigma(rho) = sigma rho^order     kappa(rho) = 1 + (kappa - 1) rho^order     alpha(rho) = alpha (1 - rho)
/// ```
///
/// Conductivities are without dimension: multiplied by the wave impedance of the medium before the layer and by the spacing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grading {
    /// Thickness of the layer.
    pub cells: usize,
    /// Exponent of the polynomial.
    pub order: f64,
    /// `sigma_max eta dx`, at the conductor.
    pub sigma: f64,
    /// Stretching of the coordinate at the conductor, 1 for none.
    pub kappa: f64,
    /// `alpha_max eta dx`, at the interface: the shift of the pole off zero frequency, which absorbs evanescent waves.
    pub alpha: f64,
}

/// What one node of a layer does to a derivative `F` along the layer's axis, in place of which the update gets
/// `F + shift F + psi`, with `psi` becoming `b psi + c F` beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    pub b: f64,
    pub c: f64,
    /// `1/kappa - 1`.
    pub shift: f64,
}

impl Stretch {
    /// Outside of the layer: the derivative as it is.
    pub const NONE: Stretch = Stretch {
        b: 1.0,
        c: 0.0,
        shift: 0.0,
    };
}

impl Grading {
    /// The recursive convolution at depth `rho` for a step of Courant number `courant`, `v dt/dx` with `v` the speed of light
    /// in the medium before the layer (J. A. Roden and S. D. Gedney, Microw. Opt. Technol. Lett. 27 (2000) 334, eqs. 18-22):
    ///
    /// ```text
    /// b = exp(-(sigma/kappa + alpha) dt/eps0)     c = sigma/(sigma kappa + kappa^2 alpha) (b - 1)
    /// ```
    pub fn stretch(&self, rho: f64, courant: f64) -> Stretch {
        if rho < 0.0 {
            return Stretch::NONE;
        }
        let shape = libm::pow(rho, self.order);
        let sigma = self.sigma * shape;
        let kappa = 1.0 + (self.kappa - 1.0) * shape;
        let alpha = self.alpha * (1.0 - rho);
        let exponent = -(sigma / kappa + alpha) * courant;
        let c = if sigma == 0.0 {
            0.0
        } else {
            sigma / (sigma * kappa + kappa * kappa * alpha) * libm::expm1(exponent)
        };
        Stretch {
            b: libm::exp(exponent),
            c,
            shift: 1.0 / kappa - 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coefficients_are_those_of_the_recursive_convolution() {
        let grading = Grading {
            cells: 10,
            order: 2.0,
            sigma: 4.0,
            kappa: 3.0,
            alpha: 0.2,
        };
        // At half depth: sigma 1, kappa 1.5, alpha 0.1.
        let stretch = grading.stretch(0.5, 0.6);
        let b = f64::exp(-(1.0 / 1.5 + 0.1) * 0.6);
        let c = 1.0 / (1.5 + 1.5 * 1.5 * 0.1) * (b - 1.0);
        // A few roundings.
        assert!((stretch.b - b).abs() < 1e-15 && (stretch.c - c).abs() < 1e-15);
        assert!((stretch.shift - (1.0 / 1.5 - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn nothing_is_stretched_at_the_interface_and_before_it() {
        let grading = Grading {
            cells: 10,
            order: 3.0,
            sigma: 4.0,
            kappa: 3.0,
            alpha: 0.2,
        };
        let interface = grading.stretch(0.0, 0.5);
        assert_eq!((interface.c, interface.shift), (0.0, 0.0));
        assert_eq!(grading.stretch(-0.1, 0.5), Stretch::NONE);
    }
}
