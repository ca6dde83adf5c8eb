//! How waves travel in a material, and how finely a grid resolves them.

use std::f64::consts::TAU;

use super::material::{Material, Pole};
use super::units::Vacuum;
use crate::grid::Grid;

/// A complex number; fields go with exp(-i w t), so that an imaginary part above zero absorbs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    pub re: f64,
    pub im: f64,
}

impl Complex {
    fn product(self, other: Complex) -> Complex {
        Complex {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }

    /// `numerator / self`.
    fn divides(self, numerator: f64) -> Complex {
        let square = self.re * self.re + self.im * self.im;
        Complex {
            re: numerator * self.re / square,
            im: -numerator * self.im / square,
        }
    }

    /// The root with an imaginary part that is not negative; of a positive number the positive root. No digits cancel.
    fn root(self) -> Complex {
        let size = libm::hypot(self.re, self.im);
        let larger = (0.5 * (size + self.re.abs())).sqrt();
        let smaller = if larger == 0.0 {
            0.0
        } else {
            0.5 * self.im.abs() / larger
        };
        let (re, im) = if self.re < 0.0 {
            (smaller, larger)
        } else {
            (larger, smaller)
        };
        Complex {
            re: if self.im < 0.0 { -re } else { re },
            im,
        }
    }
}

/// The relative permittivity of `material` along `axis` at `frequency`, Hz, above zero: with its poles (each as
/// [`Pole`] says) and its conductivity, which adds i conductivity / (eps0 w).
pub fn relative_permittivity(material: &Material, axis: usize, frequency: f64, vacuum: &Vacuum) -> Complex {
    let w = TAU * frequency;
    let mut sum = Complex {
        re: material.epsilon[axis],
        im: material.conductivity[axis] / (vacuum.permittivity * w),
    };
    for pole in &material.poles {
        let part = susceptibility(pole, w);
        sum.re += part.re;
        sum.im += part.im;
    }
    sum
}

/// What a pole adds to the relative permittivity at the angular frequency `w`.
fn susceptibility(pole: &Pole, w: f64) -> Complex {
    match *pole {
        Pole::Drude { plasma, damping } => Complex {
            re: w * w,
            im: damping * w,
        }
        .divides(-plasma * plasma),
        Pole::Lorentz {
            strength,
            frequency,
            damping,
        } => Complex {
            re: frequency * frequency - w * w,
            im: -damping * w,
        }
        .divides(strength * frequency * frequency),
        Pole::Debye { strength, time } => Complex { re: 1.0, im: -w * time }.divides(strength),
    }
}

/// The relative permeability of `material` along `axis` at `frequency`, Hz, above zero.
pub fn relative_permeability(material: &Material, axis: usize, frequency: f64, vacuum: &Vacuum) -> Complex {
    Complex {
        re: material.mu[axis],
        im: material.magnetic_conductivity[axis] / (vacuum.permeability * TAU * frequency),
    }
}

/// The refractive index sqrt(epsilon mu) at `frequency`, Hz, for each pair of different axes of E and H.
fn indices(material: &Material, frequency: f64, vacuum: &Vacuum) -> impl Iterator<Item = Complex> {
    let epsilon = [0, 1, 2].map(|axis| relative_permittivity(material, axis, frequency, vacuum));
    let mu = [0, 1, 2].map(|axis| relative_permeability(material, axis, frequency, vacuum));
    let pairs = (0..9).map(|n| (n / 3, n % 3)).filter(|(e, h)| e != h);
    pairs.map(move |(e, h)| epsilon[e].product(mu[h]).root())
}

/// The refractive index of `material` at `frequency`, Hz: the one with the shortest wave, of all directions of E and H along
/// the axes.
pub fn refractive_index(material: &Material, frequency: f64, vacuum: &Vacuum) -> Complex {
    let largest = |a: Complex, b: Complex| if b.re.abs() > a.re.abs() { b } else { a };
    let none = Complex { re: 0.0, im: 0.0 };
    indices(material, frequency, vacuum).fold(none, largest)
}

/// The longest side of a cell along which something varies, m.
fn coarsest(grid: &Grid) -> f64 {
    let active = (0..3).filter(|&axis| grid.is_active(axis));
    active.map(|axis| grid.spacing[axis]).fold(0.0, f64::max)
}

/// The shortest wave of `frequency`, Hz, in `material`, in cells along the coarsest axis of `grid`. Infinite where there is
/// no wave: below the plasma frequency of a metal without losses, and in a perfect conductor.
pub fn cells_per_wavelength(material: &Material, frequency: f64, grid: &Grid, vacuum: &Vacuum) -> f64 {
    if material.is_pec {
        return f64::INFINITY;
    }
    let index = refractive_index(material, frequency, vacuum).re.abs();
    vacuum.light_speed / (frequency * index) / coarsest(grid)
}

/// The depth in which fields of `frequency`, Hz, fall to 1/e in `material`, in cells along the coarsest axis of `grid`: the
/// shortest one of all directions. Infinite where nothing is absorbed, zero in a perfect conductor.
pub fn cells_per_skin_depth(material: &Material, frequency: f64, grid: &Grid, vacuum: &Vacuum) -> f64 {
    if material.is_pec {
        return 0.0;
    }
    let most = indices(material, frequency, vacuum)
        .map(|index| index.im)
        .fold(0.0, f64::max);
    vacuum.light_speed / (TAU * frequency * most) / coarsest(grid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Units;

    fn grid(cells: [usize; 3]) -> Grid {
        Grid {
            cells,
            dims: 3,
            spacing: [0.01, 0.02, 0.04],
            origin: [0.0; 3],
            periodic: [false; 3],
        }
    }

    fn natural() -> Vacuum {
        Vacuum::new(Units::Natural)
    }

    #[track_caller]
    fn assert_near(found: f64, expected: f64) {
        // A few roundings.
        assert!(
            (found - expected).abs() <= 1e-14 * expected.abs(),
            "{found} for {expected}"
        );
    }

    #[test]
    fn roots_are_those_of_passive_media() {
        let root = |re, im| Complex { re, im }.root();
        assert_eq!(root(4.0, 0.0), Complex { re: 2.0, im: 0.0 });
        assert_eq!(root(-4.0, 0.0), Complex { re: 0.0, im: 2.0 });
        assert_eq!(root(3.0, 4.0), Complex { re: 2.0, im: 1.0 });
        assert_eq!(root(-3.0, 4.0), Complex { re: 1.0, im: 2.0 });
        // Permittivity and permeability both negative, with losses: the wave runs backwards.
        assert_eq!(root(3.0, -4.0), Complex { re: -2.0, im: 1.0 });
        assert_eq!(root(0.0, 0.0), Complex { re: 0.0, im: 0.0 });
        // A loss far below the rounding of the real part is not lost.
        assert_eq!(root(4.0, 4e-30).im, 1e-30);
    }

    #[test]
    fn poles_add_what_their_formulas_say() {
        let mut material = Material::vacuum("all");
        material.epsilon = [2.0, 3.0, 4.0];
        material.poles = vec![
            Pole::Drude {
                plasma: 6.0,
                damping: 1.0,
            },
            Pole::Lorentz {
                strength: 5.0,
                frequency: 2.0,
                damping: 1.0,
            },
            Pole::Debye {
                strength: 10.0,
                time: 0.5,
            },
        ];
        // At w = 2: -36 / (4 + 2i) = -7.2 + 3.6i; 20 / (0 - 2i) = 10i; 10 / (1 - i) = 5 + 5i.
        let found = relative_permittivity(&material, 1, 2.0 / TAU, &natural());
        assert_near(found.re, 0.8);
        assert_near(found.im, 18.6);
        material.poles.clear();
        material.conductivity = [0.0, 3.0, 0.0];
        assert_near(relative_permittivity(&material, 1, 2.0 / TAU, &natural()).im, 1.5);
        material.magnetic_conductivity = [0.0, 0.0, 7.0];
        assert_near(relative_permeability(&material, 2, 2.0 / TAU, &natural()).im, 3.5);
    }

    #[test]
    fn waves_are_counted_in_the_coarsest_cells_that_matter() {
        let mut glass = Material::vacuum("glass");
        glass.epsilon = [2.25; 3];
        assert_near(
            cells_per_wavelength(&glass, 2.0, &grid([9, 9, 9]), &natural()),
            1.0 / 3.0 / 0.04,
        );
        assert_near(
            cells_per_wavelength(&glass, 2.0, &grid([9, 9, 1]), &natural()),
            1.0 / 3.0 / 0.02,
        );
        assert_eq!(
            cells_per_skin_depth(&glass, 2.0, &grid([9, 9, 9]), &natural()),
            f64::INFINITY
        );
        // E along z with H along x or y is the slowest.
        glass.epsilon = [1.0, 1.0, 4.0];
        glass.mu = [1.0, 9.0, 25.0];
        assert_eq!(refractive_index(&glass, 2.0, &natural()), Complex { re: 6.0, im: 0.0 });
        let conductor = Material::perfect_conductor("pec");
        assert_eq!(
            cells_per_wavelength(&conductor, 2.0, &grid([9, 9, 9]), &natural()),
            f64::INFINITY
        );
        assert_eq!(cells_per_skin_depth(&conductor, 2.0, &grid([9, 9, 9]), &natural()), 0.0);
    }

    #[test]
    fn metals_have_a_skin_and_no_wave() {
        let mut metal = Material::vacuum("metal");
        metal.poles = vec![Pole::Drude {
            plasma: 5.0,
            damping: 0.0,
        }];
        // At w = 4: eps = 1 - 25 / 16 = -9 / 16, n = 0.75 i.
        let frequency = 4.0 / TAU;
        assert_eq!(
            cells_per_wavelength(&metal, frequency, &grid([9, 9, 9]), &natural()),
            f64::INFINITY
        );
        assert_near(
            cells_per_skin_depth(&metal, frequency, &grid([9, 9, 9]), &natural()),
            1.0 / 3.0 / 0.04,
        );
        // Copper at 1 MHz: sqrt(2 / (w mu0 sigma)) = 6.52e-5 m, displacement currents 1e-12 of it.
        let mut copper = Material::vacuum("copper");
        copper.conductivity = [5.96e7; 3];
        let si = Vacuum::new(Units::Si);
        let expected = (2.0 / (TAU * 1e6 * si.permeability * 5.96e7)).sqrt() / 0.04;
        let found = cells_per_skin_depth(&copper, 1e6, &grid([9, 9, 9]), &si);
        assert!((found / expected - 1.0).abs() < 2e-12, "{found} for {expected}");
    }
}
