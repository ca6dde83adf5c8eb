//! Fluxes through the faces of one row of cells, and their divergence.
//!
//! `F = u q_face - K (q_right - q_left) / d`, positive along the axis. The same expression serves every face, whoever
//! asks for it, so that both neighbours of a face see the same bits.

use super::parameters::Advection;
use crate::field::Real;
use crate::for_each_instruction_set;

/// Which terms a flux along one axis has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FluxTerms {
    /// `None` where the wind has no component along the axis.
    pub advection: Option<Advection>,
    pub diffusion: bool,
}

impl FluxTerms {
    pub fn is_none(&self) -> bool {
        self.advection.is_none() && !self.diffusion
    }
}

#[inline(always)]
fn donor<T: Real>(left: T, right: T, u: T) -> T {
    let rightward = if u > T::ZERO { u } else { T::ZERO };
    let leftward = if u < T::ZERO { u } else { T::ZERO };
    rightward * left + leftward * right
}

#[inline(always)]
fn centred<T: Real>(left: T, right: T, u: T, half: T) -> T {
    u * ((left + right) * half)
}

#[inline(always)]
fn diffusive<T: Real>(left: T, right: T, k: T, inverse_spacing: T) -> T {
    k * ((left - right) * inverse_spacing)
}

for_each_instruction_set! {
    /// Fluxes through the faces between the cells `left[n]` and `right[n]`.
    pub fn flux_row[T: Real](
        terms: FluxTerms, left: &[T], right: &[T], u: &[T], k: &[T], inverse_spacing: T, flux: &mut [T],
    ) {
        let n = flux.len();
        let (left, right) = (&left[..n], &right[..n]);
        let half = T::from_f64(0.5);
        match (terms.advection, terms.diffusion) {
            (None, _) => {
                let k = &k[..n];
                for i in 0..n {
                    flux[i] = diffusive(left[i], right[i], k[i], inverse_spacing);
                }
            }
            (Some(Advection::Upwind), false) => {
                let u = &u[..n];
                for i in 0..n {
                    flux[i] = donor(left[i], right[i], u[i]);
                }
            }
            (Some(Advection::Upwind), true) => {
                let (u, k) = (&u[..n], &k[..n]);
                for i in 0..n {
                    flux[i] = donor(left[i], right[i], u[i]) + diffusive(left[i], right[i], k[i], inverse_spacing);
                }
            }
            (Some(Advection::Centred), false) => {
                let u = &u[..n];
                for i in 0..n {
                    flux[i] = centred(left[i], right[i], u[i], half);
                }
            }
            (Some(Advection::Centred), true) => {
                let (u, k) = (&u[..n], &k[..n]);
                for i in 0..n {
                    flux[i] =
                        centred(left[i], right[i], u[i], half) + diffusive(left[i], right[i], k[i], inverse_spacing);
                }
            }
        }
    }
}

for_each_instruction_set! {
    /// Adds `-(upper - lower) / d` to the tendency.
    pub fn add_divergence[T: Real](lower: &[T], upper: &[T], inverse_spacing: T, tendency: &mut [T]) {
        let n = tendency.len();
        let (lower, upper) = (&lower[..n], &upper[..n]);
        for i in 0..n {
            tendency[i] += (lower[i] - upper[i]) * inverse_spacing;
        }
    }
}

for_each_instruction_set! {
    /// Adds the decay `-lambda q` to the tendency.
    pub fn add_decay[T: Real](q: &[T], rate: T, tendency: &mut [T]) {
        let n = tendency.len();
        let q = &q[..n];
        for i in 0..n {
            tendency[i] = tendency[i] - rate * q[i];
        }
    }
}

for_each_instruction_set! {
    /// `out = base + dt tendency`.
    pub fn step_from[T: Real](base: &[T], tendency: &[T], dt: T, out: &mut [T]) {
        let n = out.len();
        let (base, tendency) = (&base[..n], &tendency[..n]);
        for i in 0..n {
            out[i] = base[i] + dt * tendency[i];
        }
    }
}

for_each_instruction_set! {
    /// `out = out + dt tendency`.
    pub fn step_in_place[T: Real](tendency: &[T], dt: T, out: &mut [T]) {
        let n = out.len();
        let tendency = &tendency[..n];
        for i in 0..n {
            out[i] += dt * tendency[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::instructions::InstructionSet;

    fn flux(terms: FluxTerms, left: f64, right: f64, u: f64, k: f64) -> f64 {
        let mut out = [0.0];
        flux_row(
            InstructionSet::Baseline,
            terms,
            &[left],
            &[right],
            &[u],
            &[k],
            4.0,
            &mut out,
        );
        out[0]
    }

    #[test]
    fn donor_cell_takes_the_upstream_value() {
        let terms = FluxTerms {
            advection: Some(Advection::Upwind),
            diffusion: false,
        };
        assert_eq!(flux(terms, 3.0, 5.0, 2.0, 9.0), 6.0);
        assert_eq!(flux(terms, 3.0, 5.0, -2.0, 9.0), -10.0);
    }

    #[test]
    fn diffusion_flows_from_high_to_low() {
        let terms = FluxTerms {
            advection: None,
            diffusion: true,
        };
        assert_eq!(flux(terms, 3.0, 5.0, 2.0, 0.5), -4.0);
    }

    #[test]
    fn terms_add_up() {
        for advection in [Advection::Upwind, Advection::Centred] {
            let part = |advection, diffusion| flux(FluxTerms { advection, diffusion }, 3.0, 5.0, -2.0, 0.5);
            assert_eq!(
                part(Some(advection), true),
                part(Some(advection), false) + part(None, true)
            );
        }
    }
}
