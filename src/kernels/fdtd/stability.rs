//! The largest time step for which a medium is stable.
//!
//! A field of the highest wave number, for which |curl curl| = 4 K with K = sum over active axes of 1 / spacing^2, is
//! multiplied by z in every step. With w = (z - 1) / (z + 1), which is in the right half-plane where |z| > 1, and the scheme
//! with its means in time for conductivities, damping and Debye poles, z follows from
//!
//! ```text
//! eps (w + s) + (S^2 / mu) (1 - w^2) / (w + m) + sum over poles q (1 - w^2) / (w + g + b (1 - w^2) / w) + Debye = 0
//! s = sigma dt / (2 eps0 eps),  m = sigma_m dt / (2 mu0 mu),  S^2 = c^2 dt^2 K
//! Drude:    q = (plasma dt)^2 / 4,                g = damping dt / 2,  b = 0
//! Lorentz:  q = strength (frequency dt)^2 / 4,    g = damping dt / 2,  b = (frequency dt)^2 / 4
//! Debye:    strength w / (1 + 2 w time / dt)
//! ```
//!
//! Each term but the first is `-(q / (1 - b)) w` (with q = S^2 / mu and b = 0 for the second, none for Debye) and a rest whose
//! real part is not negative in the right half-plane, whatever the losses, as long as b < 1. So with
//!
//! ```text
//! C = eps - S^2 / mu - sum (plasma dt)^2 / 4 - sum strength (frequency dt)^2 / (4 - (frequency dt)^2)
//! ```
//!
//! there is no root with |z| > 1 if C > 0 and all frequency dt < 2; and there is one if C < 0, since the sum is positive for
//! small positive w and tends to C w for large ones. At C = 0 two roots meet at z = -1, and fields may grow in
//! proportion to time. Losses and Debye poles do not count: they neither widen nor narrow the limit. For one pole this is
//! 4 (eps - S^2) >= (plasma dt)^2 and (4 - (frequency dt)^2) (eps - S^2) >= strength (frequency dt)^2. The condition is
//! necessary and sufficient in a homogeneous medium; lower wave numbers have a smaller S and are stable with it.
//!
//! The same C stands in front of E^2 in the energy of the scheme, node by node, with the largest 1 / mu. It is linear in
//! eps and the strengths of poles, so a node between materials, which has the mean of them, is as stable as the worst of
//! them: where all materials are stable with the largest 1 / mu there is, so is every arrangement of them.

use super::material::{Material, Pole};
use super::mixture::ElectricMixture;
use super::units::Vacuum;
use crate::grid::Grid;

/// What of a medium decides on its stability.
#[derive(Clone, Debug, PartialEq)]
pub struct Medium {
    /// The smallest relative permittivity along any axis.
    pub permittivity: f64,
    /// The largest inverse relative permeability along any axis.
    pub inverse_permeability: f64,
    pub poles: Vec<Pole>,
}

impl Medium {
    /// A material that fills all space. Where permittivity or permeability differ between the axes, the smallest ones are
    /// taken, which is on the safe side.
    pub fn of_material(material: &Material) -> Medium {
        Medium {
            permittivity: smallest(&material.epsilon),
            inverse_permeability: 1.0 / smallest(&material.mu),
            poles: material.poles.clone(),
        }
    }

    /// What is around an electric node, with the largest inverse relative permeability that is near.
    pub fn of_mixture(mixture: &ElectricMixture, inverse_permeability: f64) -> Medium {
        Medium {
            permittivity: mixture.permittivity,
            inverse_permeability,
            poles: mixture.poles.iter().map(|share| share.pole).collect(),
        }
    }

    /// The largest dt, s, for which the medium is stable on `grid`: the header of this module. Infinite where nothing limits
    /// it. Rounded down, to a few units in the last place, where there are poles.
    pub fn largest_stable_dt(&self, grid: &Grid, vacuum: &Vacuum) -> f64 {
        let rate = vacuum.light_speed * vacuum.light_speed * inverse_spacings(grid) * self.inverse_permeability;
        let bare = (self.permittivity / rate).sqrt();
        let bound = self.poles.iter().map(|pole| self.bound_of(pole)).fold(bare, f64::min);
        if bound == bare && self.excess(rate, bare) >= 0.0 || bound.is_infinite() {
            return bound;
        }
        let (mut stable, mut unstable) = (0.0, bound);
        loop {
            let dt = 0.5 * (stable + unstable);
            if dt <= stable || dt >= unstable {
                return stable;
            }
            if self.excess(rate, dt) > 0.0 {
                stable = dt;
            } else {
                unstable = dt;
            }
        }
    }

    /// What dt stays below for one of the poles alone: where C would vanish without waves, or where frequency dt is 2.
    fn bound_of(&self, pole: &Pole) -> f64 {
        match pole {
            Pole::Drude { plasma, .. } => 2.0 * self.permittivity.sqrt() / plasma,
            Pole::Lorentz { frequency, .. } => 2.0 / frequency,
            Pole::Debye { .. } => f64::INFINITY,
        }
    }

    /// C of the header; `rate` is (S / dt)^2 / mu. Only for dt below the bounds of all poles.
    fn excess(&self, rate: f64, dt: f64) -> f64 {
        let poles = self.poles.iter().map(|pole| match *pole {
            Pole::Drude { plasma, .. } => 0.25 * (plasma * dt) * (plasma * dt),
            Pole::Lorentz {
                strength, frequency, ..
            } => {
                let square = (frequency * dt) * (frequency * dt);
                strength * square / (4.0 - square)
            }
            Pole::Debye { .. } => 0.0,
        });
        self.permittivity - rate * dt * dt - poles.sum::<f64>()
    }
}

/// The largest dt, s, for which any arrangement of `materials` is stable on `grid`: each of them with the largest inverse
/// permeability of all. Perfect conductors do not count. Infinite where nothing limits it.
pub fn largest_stable_dt<'m>(materials: impl IntoIterator<Item = &'m Material>, grid: &Grid, vacuum: &Vacuum) -> f64 {
    let conducts = |material: &&Material| !material.is_pec;
    let media: Vec<Medium> = materials
        .into_iter()
        .filter(conducts)
        .map(Medium::of_material)
        .collect();
    let inverse_permeability = media
        .iter()
        .map(|medium| medium.inverse_permeability)
        .fold(0.0, f64::max);
    let with_largest = media.into_iter().map(|medium| Medium {
        inverse_permeability,
        ..medium
    });
    with_largest
        .map(|medium| medium.largest_stable_dt(grid, vacuum))
        .fold(f64::INFINITY, f64::min)
}

/// K of the header, 1/m2.
fn inverse_spacings(grid: &Grid) -> f64 {
    let active = (0..3).filter(|&axis| grid.is_active(axis));
    // The sum of nothing is a negative zero.
    active.fold(0.0, |sum, axis| sum + 1.0 / (grid.spacing[axis] * grid.spacing[axis]))
}

fn smallest(values: &[f64; 3]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests;
