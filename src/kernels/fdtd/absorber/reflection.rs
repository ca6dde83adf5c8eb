//! What a layer gives back, from the discrete equations themselves.

use super::complex::Complex;
use super::grading::{Grading, Stretch};
use std::f64::consts::TAU;

/// A wave before the layer, on square cells. Lengths are in cells, and the speed of light is 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wave {
    /// `omega dx/v`.
    frequency: f64,
    /// `2 sin(omega dt/2)/dt`.
    discrete_frequency: f64,
    /// Along the layer: `2 sin(k_y dx/2)`, squared.
    transverse_square: f64,
    /// Across the layer.
    wave_number: f64,
}

impl Wave {
    /// The wave number `k` of the direction `angle`, radians from the layer's normal, obeys the dispersion relation of the
    /// lattice with square cells,
    ///
    /// ```text
    /// sin^2(omega dt/2)/dt^2 = (sin^2(k cos(angle) dx/2) + sin^2(k sin(angle) dx/2))/dx^2
    /// ```
    pub fn new(courant: f64, cells_per_wavelength: f64, angle: f64) -> Wave {
        let frequency = TAU / cells_per_wavelength;
        let discrete_frequency = 2.0 * libm::sin(0.5 * frequency * courant) / courant;
        let (sine, cosine) = libm::sincos(angle);
        let square = discrete_frequency * discrete_frequency;
        let mut k = frequency;
        // Newton's method from the continuum's value, a percent off: the error is squared each time.
        for _ in 0..6 {
            let (across, along) = (libm::sin(0.5 * k * cosine), libm::sin(0.5 * k * sine));
            let excess = 4.0 * (across * across + along * along) - square;
            let slope = 2.0 * (cosine * libm::sin(k * cosine) + sine * libm::sin(k * sine));
            k -= excess / slope;
        }
        let transverse = 2.0 * libm::sin(0.5 * k * sine);
        Wave {
            frequency,
            discrete_frequency,
            transverse_square: transverse * transverse,
            wave_number: k * cosine,
        }
    }
}

/// The amplitude that a layer reflects of a plane wave of amplitude 1 with E along the layer: exactly that of the time
/// stepping, with E nodes at depths 0, 1, 2, ... and H nodes between them, each stretched by its own `b` and `c`, and a perfect
/// conductor behind. `courant` is `v dt/dx`, and `angle` is in radians from the normal; see [`Wave::new`] for the wave.
///
/// With the time factor `exp(i omega t)`, `z = exp(i omega dt)`, the recursion `psi = b psi_before + c F` makes of a derivative
/// `F` across the layer `F/s` with `1/s = 1/kappa + c/(1 - b/z)`, for E and H alike, and the scheme becomes, with `K` and
/// `Omega` the discrete transverse wave number and frequency,
///
/// ```text
/// i Omega H = (E_next - E)/s_H     (i Omega + K^2/(i Omega)) E = (H - H_before)/s_E
/// ```
///
/// which is solved from the conductor, where E = 0, to the interface.
pub fn reflection(grading: &Grading, courant: f64, cells_per_wavelength: f64, angle: f64) -> f64 {
    let wave = Wave::new(courant, cells_per_wavelength, angle);
    let stretches = stretches(grading, courant);
    reflected(&stretching(&stretches, courant, wave.frequency), &wave)
}

/// An amplitude in dB.
pub fn decibels(amplitude: f64) -> f64 {
    20.0 * libm::log10(amplitude)
}

/// The stretches of all nodes from the conductor to the interface: the H node before the conductor, then E, H, E, ... and last
/// the H node that is half a cell deep.
pub(super) fn stretches(grading: &Grading, courant: f64) -> Vec<Stretch> {
    let n = 2 * grading.cells;
    (1..n)
        .rev()
        .map(|half| grading.stretch(half as f64 / n as f64, courant))
        .collect()
}

/// The factors `s` of all nodes at one frequency.
pub(super) fn stretching(stretches: &[Stretch], courant: f64, frequency: f64) -> Vec<Complex> {
    // The delay by one step.
    let back = Complex::unit(-frequency * courant);
    let factor = |stretch: &Stretch| {
        let memory = Complex::ONE - back.scaled(stretch.b);
        let direct = memory.scaled(1.0 + stretch.shift);
        memory
            / Complex {
                re: direct.re + stretch.c,
                im: direct.im,
            }
    };
    stretches.iter().map(factor).collect()
}

/// The amplitude of the reflected wave, with the factors `s` of all nodes from the conductor to the interface.
pub(super) fn reflected(stretching: &[Complex], wave: &Wave) -> f64 {
    let omega = wave.discrete_frequency;
    let across_square = omega - wave.transverse_square / omega;
    let (mut e, mut h) = (Complex::ZERO, Complex::ONE);
    for (n, s) in stretching.iter().enumerate() {
        if n % 2 == 0 {
            e = e - Complex::imaginary(omega) * h * *s;
        } else {
            h = h - Complex::imaginary(across_square) * e * *s;
        }
    }
    // The interface and the node before it, where nothing is stretched.
    let before = e - Complex::imaginary(omega) * (h - Complex::imaginary(across_square) * e);
    // There E is A exp(-i k x) + B exp(i k x), at 0 and at -1.
    let forth = Complex::unit(wave.wave_number);
    let back = Complex::unit(-wave.wave_number);
    (before - e * forth).norm() / (before - e * back).norm()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polynomial(cells: usize, order: f64, sigma: f64) -> Grading {
        Grading {
            cells,
            order,
            sigma,
            kappa: 1.0,
            alpha: 0.0,
        }
    }

    #[test]
    fn a_quartic_layer_of_ten_cells_reflects_what_an_independent_solution_of_the_scheme_says() {
        let amplitude = reflection(&polynomial(10, 4.0, 4.0), 0.5, 20.0, 0.0);
        // All digits that are known of it: -101.047880.
        assert!(
            (decibels(amplitude) + 101.047880).abs() < 1e-6,
            "{}",
            decibels(amplitude)
        );
    }

    #[test]
    fn a_layer_that_does_not_absorb_reflects_everything_at_any_angle() {
        for (cells_per_wavelength, angle) in [(20.0, 0.0), (10.0, 1.2), (37.0, 0.5)] {
            let amplitude = reflection(&polynomial(7, 2.0, 0.0), 0.57, cells_per_wavelength, angle);
            // Some 30 operations of relative rounding 1.1e-16 on numbers of size 1.
            assert!((amplitude - 1.0).abs() < 1e-13, "{amplitude}");
        }
    }

    #[test]
    fn without_sigma_a_stretched_coordinate_is_a_thicker_grid_behind_which_the_conductor_reflects_all() {
        let grading = Grading {
            kappa: 5.0,
            alpha: 0.1,
            ..polynomial(9, 3.0, 0.0)
        };
        assert!((reflection(&grading, 0.5, 15.0, 0.7) - 1.0).abs() < 1e-13);
    }

    #[test]
    fn the_wave_obeys_the_dispersion_relation_of_the_lattice() {
        for (courant, cells_per_wavelength, angle) in [(0.5716, 10.0, 1.22), (1.0, 40.0, 0.6), (0.1, 6.0, 0.0)] {
            let wave = Wave::new(courant, cells_per_wavelength, angle);
            let across = 2.0 * libm::sin(0.5 * wave.wave_number);
            let square = across * across + wave.transverse_square;
            let expected = wave.discrete_frequency * wave.discrete_frequency;
            // Newton's method ends at rounding.
            assert!((square / expected - 1.0).abs() < 1e-14);
            // k_y follows from k_x and the angle.
            let along = 2.0 * libm::sin(0.5 * wave.wave_number * libm::tan(angle));
            assert!((along * along - wave.transverse_square).abs() < 1e-14);
        }
    }
}
