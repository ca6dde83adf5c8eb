//! Plane waves of one frequency on Yee's lattice, in any direction.
//!
//! For fields as `exp(i(k . r - w t))` the differences become factors, `K_a = 2 sin(k_a d_a / 2) / d_a` and
//! `W = 2 sin(w dt / 2) / dt`, and Maxwell's equations
//!
//! ```text
//! K . K = permittivity permeability W^2,   K . E = 0,   H = K x E / (permeability W)
//! ```
//!
//! (A. Taflove, S. C. Hagness, Computational Electrodynamics, 3rd ed. (2005), section 4.3).

use super::direction::{cross, dot, perpendicular};
use super::twofold::{PI, Twofold};
use super::{Medium, phase};
use crate::grid::PerAxis;
use std::f64::consts::{FRAC_PI_2, TAU};

/// Newton's steps at most: it converges in less than ten, and the rest is halving.
const MOST_STEPS: usize = 100;

/// The lattice as a wave in one direction sees it.
#[derive(Clone, Debug)]
pub struct Dispersion {
    spacing: PerAxis<f64>,
    /// Distance along the wave's way of half a cell along each axis, in the unit of length in which wave numbers are
    /// given, m.
    half_cell: PerAxis<f64>,
    medium: Medium,
    dt: f64,
}

impl Dispersion {
    /// For a wave along the unit vector `direction`.
    pub fn new(direction: PerAxis<f64>, spacing: PerAxis<f64>, medium: Medium, dt: f64) -> Dispersion {
        Dispersion {
            spacing,
            half_cell: [0, 1, 2].map(|axis| 0.5 * direction[axis] * spacing[axis]),
            medium,
            dt,
        }
    }

    pub fn half_cell(&self) -> PerAxis<f64> {
        self.half_cell
    }

    /// `W` of the frequency with `turns` turns per step, 1/s.
    fn rate(&self, turns: f64) -> f64 {
        2.0 * phase::cosine_and_sine(0.5 * turns).1 / self.dt
    }

    /// `K` of a wave number, 1/m.
    fn differences(&self, wave_number: f64) -> PerAxis<f64> {
        [0, 1, 2].map(|axis| 2.0 * libm::sin(wave_number * self.half_cell[axis]) / self.spacing[axis])
    }

    /// The largest wave number, rad/m, up to which waves of a higher frequency are shorter.
    pub fn largest_wave_number(&self) -> f64 {
        FRAC_PI_2 / self.half_cell.iter().fold(0.0_f64, |most, q| most.max(q.abs()))
    }

    /// The wave number, rad/m, of the frequency with `turns` turns per step. None if the lattice carries no such wave.
    pub fn wave_number(&self, turns: f64) -> Option<f64> {
        let target = self.rate(turns) / self.medium.speed();
        let excess = |k: f64| {
            let differences = self.differences(k);
            let length = dot(differences, differences).sqrt();
            length - target
        };
        let (mut low, mut high) = (0.0, self.largest_wave_number());
        if excess(high) < 0.0 {
            return None;
        }
        let mut k = target.min(high);
        for _ in 0..MOST_STEPS {
            let value = excess(k);
            if value > 0.0 {
                high = k;
            } else {
                low = k;
            }
            let newton = k - value / self.slope(k);
            let next = match newton >= low && newton <= high {
                true => newton,
                false => 0.5 * (low + high),
            };
            if next == k {
                break;
            }
            k = next;
        }
        Some(k)
    }

    /// The same in turns per m, to twice the digits: one more step from `wave_number`, with the excess of `K . K` computed
    /// from a twofold frequency. An error in the last bit would be one of 1e-14 in the phase behind ten wavelengths.
    pub fn turns_per_length(&self, turns: Twofold, wave_number: f64) -> Twofold {
        let per_length = wave_number / TAU;
        if per_length == 0.0 {
            return Twofold::from(0.0);
        }
        let squared = |x: Twofold| x * x;
        let two_pi = PI + PI;
        let differences = [0, 1, 2].map(|axis| {
            let angle = two_pi * Twofold::product(per_length, self.half_cell[axis]);
            squared(angle.sine().over(self.spacing[axis]))
        });
        let rate = squared((PI * turns).sine().over(self.dt));
        let target = rate * Twofold::product(self.medium.permittivity, self.medium.permeability);
        let excess = differences[0] + differences[1] + differences[2] + -target;
        // The derivative of a quarter of K . K, by turns.
        let length = {
            let differences = self.differences(wave_number);
            dot(differences, differences).sqrt()
        };
        let slope = 0.5 * length * self.slope(wave_number) * TAU;
        Twofold::from(per_length) + Twofold::from(-(excess.high + excess.low) / slope)
    }

    /// The derivative of `|K|` by the wave number.
    fn slope(&self, wave_number: f64) -> f64 {
        let differences = self.differences(wave_number);
        let cosines = self.half_cell.map(|q| libm::cos(wave_number * q));
        let sum: f64 = (0..3)
            .map(|axis| differences[axis] * 2.0 * cosines[axis] * self.half_cell[axis] / self.spacing[axis])
            .sum();
        match dot(differences, differences).sqrt() {
            0.0 => 1.0,
            length => sum / length,
        }
    }

    /// Time that a group of waves takes per distance, s/m: the derivative of the wave number by the angular frequency.
    pub fn group_slowness(&self, turns: f64, wave_number: f64) -> f64 {
        let rate_slope = phase::cosine_and_sine(0.5 * turns).0;
        rate_slope / (self.medium.speed() * self.slope(wave_number))
    }

    /// E and H, of a wave with unit E, in this order: `toward` is made perpendicular to `K`. A constant field has the
    /// directions of very long waves.
    pub fn amplitudes(&self, turns: f64, wave_number: f64, toward: PerAxis<f64>) -> [f64; 6] {
        let differences = match wave_number {
            0.0 => [0, 1, 2].map(|axis| 2.0 * self.half_cell[axis] / self.spacing[axis]),
            _ => self.differences(wave_number),
        };
        let rate = match wave_number {
            0.0 => dot(differences, differences).sqrt() * self.medium.speed(),
            _ => self.rate(turns),
        };
        let electric = perpendicular(toward, differences);
        let magnetic = cross(differences, electric).map(|x| x / (self.medium.permeability * rate));
        [
            electric[0],
            electric[1],
            electric[2],
            magnetic[0],
            magnetic[1],
            magnetic[2],
        ]
    }

    /// The frequency, Hz, of the shortest waves that [`Dispersion::wave_number`] finds.
    pub fn highest_frequency(&self) -> f64 {
        let differences = self.differences(self.largest_wave_number());
        let sine = 0.5 * self.dt * dot(differences, differences).sqrt() * self.medium.speed();
        2.0 * libm::asin(sine.min(1.0)) / (TAU * self.dt)
    }
}

#[cfg(test)]
mod tests {
    use super::super::direction::unit;
    use super::*;

    fn lattice() -> Dispersion {
        let medium = Medium {
            permittivity: 2.0,
            permeability: 1.5,
        };
        Dispersion::new(unit([1.0, -0.4, 0.7]), [1.0, 0.8, 0.5], medium, 0.5)
    }

    #[test]
    fn waves_obey_the_discrete_equations() {
        let lattice = lattice();
        for turns in [0.001, 0.01, 0.03, 0.08] {
            let k = lattice.wave_number(turns).unwrap();
            let (differences, rate) = (lattice.differences(k), lattice.rate(turns));
            let square = dot(differences, differences);
            // Rounding of a few operations.
            assert!((square / (3.0 * rate * rate) - 1.0).abs() < 2e-15, "{turns}");
            let field = lattice.amplitudes(turns, k, [0.3, 1.0, 0.2]);
            let (e, h) = ([field[0], field[1], field[2]], [field[3], field[4], field[5]]);
            let scale = square.sqrt();
            assert!(dot(differences, e).abs() < 1e-15 * scale && dot(differences, h).abs() < 1e-15 * scale);
            // Ampere's law, which was not used: permittivity W E = - K x H.
            let curl = cross(differences, h);
            for axis in 0..3 {
                assert!((2.0 * rate * e[axis] + curl[axis]).abs() < 1e-15 * scale);
            }
        }
    }

    #[test]
    fn the_last_digits_of_a_wave_number_solve_the_equation_too() {
        // Along an axis, where the solution is known: sin(pi k d) = sqrt(eps mu) d / dt sin(pi turns), k in turns per m.
        let medium = Medium {
            permittivity: 4.0,
            permeability: 1.0,
        };
        let lattice = Dispersion::new([1.0, 0.0, 0.0], [0.7; 3], medium, 0.25);
        let turns = Twofold::from(3.0).over(241.0);
        let k = lattice.turns_per_length(turns, lattice.wave_number(turns.high).unwrap());
        let left = (PI * k * Twofold::from(0.7)).sine();
        let right = (PI * turns).sine() * Twofold::product(2.0, 0.7).over(0.25);
        let difference = left + -right;
        // The half cell is half the spacing exactly, and the last step is rounded to a part 1e-16 of the last digit.
        assert!((difference.high / right.high).abs() < 1e-28, "{difference:?}");
        // Two thousand steps of phase would already tell the plain wave number apart.
        assert!(k.low != 0.0);
    }

    #[test]
    fn a_group_is_as_slow_as_the_difference_of_wave_numbers_says() {
        let lattice = lattice();
        let (turns, step) = (0.04, 1e-6);
        let k = |turns| lattice.wave_number(turns).unwrap();
        let difference = (k(turns + step) - k(turns - step)) / (2.0 * step * TAU / lattice.dt);
        // A centred difference of second order in 1e-6.
        assert!((lattice.group_slowness(turns, k(turns)) / difference - 1.0).abs() < 1e-8);
    }

    #[test]
    fn there_are_no_waves_above_the_highest_frequency() {
        let lattice = lattice();
        let highest = lattice.highest_frequency() * lattice.dt;
        assert!(lattice.wave_number(0.999 * highest).is_some());
        assert!(lattice.wave_number(1.001 * highest).is_none());
        assert_eq!(lattice.wave_number(0.0), Some(0.0));
    }
}
