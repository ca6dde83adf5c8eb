//! What happens where the grid ends.

use crate::field::Real;
use crate::numerics::formula::Formula;

/// The condition on one face of the grid for one field.
///
/// The flux through a wall face is positive along the axis. `q` is the value in the cell at the wall, `u` and `K` are
/// those of the wall's face, `d` is the cell's side.
#[derive(Clone, Debug, PartialEq)]
pub enum Wall {
    /// Joined to the opposite face.
    Periodic,
    /// The field has this value on the wall's face: `F = u q_up - K (q - value) / (d/2)` at a lower wall, with the wall's
    /// value upstream where the wind blows in.
    Value(Formula),
    /// This amount enters per area and time, by whatever means: unit m/s.
    Flux(Formula),
    /// No gradient: nothing diffuses through the wall, the wind carries the cell's own value in or out.
    ZeroGradient,
    /// Nothing diffuses through the wall; the wind carries the cell's value out and this value in.
    Open(Formula),
    /// The wall takes up this velocity (m/s) times the cell's value per area and time; nothing else passes it.
    Deposition(Formula),
}

impl Wall {
    /// The formula of the wall's value, flux, inflow or deposition velocity.
    pub fn formula(&self) -> Option<&Formula> {
        match self {
            Wall::Value(formula) | Wall::Flux(formula) | Wall::Open(formula) | Wall::Deposition(formula) => {
                Some(formula)
            }
            Wall::Periodic | Wall::ZeroGradient => None,
        }
    }

    /// Whether anything can ever pass the wall; `windy` says whether the wind has a component through it.
    pub fn is_permeable(&self, windy: bool) -> bool {
        match self {
            Wall::Periodic => false,
            Wall::Value(_) => true,
            Wall::Flux(given) | Wall::Deposition(given) => given.as_constant() != Some(0.0),
            Wall::ZeroGradient | Wall::Open(_) => windy,
        }
    }

    /// Flux along the axis through a face of this wall, which is the `upper` or the lower end of the axis.
    /// `given` is the value of [`Wall::formula`] there (0 where there is none).
    #[inline(always)]
    pub fn flux<T: Real>(&self, upper: bool, q: T, u: T, k: T, given: T, inverse_spacing: T) -> T {
        let blows_in = if upper { u < T::ZERO } else { u > T::ZERO };
        let outward = if upper { T::ONE } else { -T::ONE };
        let two = T::ONE + T::ONE;
        match self {
            Wall::Periodic => T::ZERO,
            Wall::Value(_) => {
                let carried = if blows_in { given } else { q };
                u * carried + outward * (k * ((q - given) * (two * inverse_spacing)))
            }
            Wall::Flux(_) => -outward * given,
            Wall::ZeroGradient => u * q,
            Wall::Open(_) => u * if blows_in { given } else { q },
            Wall::Deposition(_) => outward * (given * q),
        }
    }

    /// The wind that carries the cell's own value through this wall: none where the wall decides by itself what passes.
    #[inline(always)]
    pub fn carrying<T: Real>(&self, u: T) -> T {
        match self {
            Wall::Flux(_) | Wall::Deposition(_) => T::ZERO,
            Wall::Periodic | Wall::Value(_) | Wall::ZeroGradient | Wall::Open(_) => u,
        }
    }

    /// The ghost value beyond the wall of a cell with value `q`: what makes centred differences across the wall give
    /// its diffusive flux. `gradient_per_flux` is d/K where K is uniform, else 0.
    #[inline(always)]
    pub fn ghost<T: Real>(&self, q: T, given: T, gradient_per_flux: T) -> T {
        match self {
            Wall::Value(_) => given + given - q,
            Wall::Flux(_) => q + given * gradient_per_flux,
            Wall::Deposition(_) => q - given * q * gradient_per_flux,
            Wall::Periodic | Wall::ZeroGradient | Wall::Open(_) => q,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVERSE_SPACING: f64 = 4.0;
    const K: f64 = 2.0;

    fn formula(value: f64) -> Formula {
        Formula::constant(value)
    }

    #[test]
    fn without_wind_the_ghost_gives_the_flux_of_the_wall() {
        for wall in [
            Wall::Value(formula(2.0)),
            Wall::Flux(formula(2.0)),
            Wall::ZeroGradient,
            Wall::Open(formula(2.0)),
            Wall::Deposition(formula(2.0)),
        ] {
            let q = 5.0;
            let ghost = wall.ghost(q, 2.0, 1.0 / (INVERSE_SPACING * K));
            let lower = K * ((ghost - q) * INVERSE_SPACING);
            assert_eq!(wall.flux(false, q, 0.0, K, 2.0, INVERSE_SPACING), lower, "{wall:?}");
            assert_eq!(wall.flux(true, q, 0.0, K, 2.0, INVERSE_SPACING), -lower, "{wall:?}");
        }
    }

    #[test]
    fn the_wind_carries_the_given_value_in_and_the_cell_value_out() {
        let open = Wall::Open(formula(7.0));
        assert_eq!(open.flux(false, 5.0, 2.0, K, 7.0, INVERSE_SPACING), 14.0);
        assert_eq!(open.flux(false, 5.0, -2.0, K, 7.0, INVERSE_SPACING), -10.0);
        assert_eq!(open.flux(true, 5.0, 2.0, K, 7.0, INVERSE_SPACING), 10.0);
        assert_eq!(open.flux(true, 5.0, -2.0, K, 7.0, INVERSE_SPACING), -14.0);
        assert_eq!(Wall::ZeroGradient.flux(true, 5.0, -2.0, K, 0.0, INVERSE_SPACING), -10.0);
    }

    #[test]
    fn what_a_wall_takes_up_is_proportional_to_the_cell_value_whatever_the_wind() {
        let wall = Wall::Deposition(formula(0.5));
        for u in [-2.0, 0.0, 2.0] {
            assert_eq!(wall.flux(false, 6.0, u, K, 0.5, INVERSE_SPACING), -3.0);
            assert_eq!(wall.flux(true, 6.0, u, K, 0.5, INVERSE_SPACING), 3.0);
        }
        assert!(wall.is_permeable(false) && !Wall::Deposition(formula(0.0)).is_permeable(true));
    }

    #[test]
    fn a_given_flux_is_the_whole_flux_into_the_grid() {
        let wall = Wall::Flux(formula(1.5));
        assert_eq!(wall.flux(false, 5.0, 2.0, K, 1.5, INVERSE_SPACING), 1.5);
        assert_eq!(wall.flux(true, 5.0, 2.0, K, 1.5, INVERSE_SPACING), -1.5);
    }
}
