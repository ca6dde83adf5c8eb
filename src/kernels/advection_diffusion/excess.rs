//! What faces say to the cells on both sides in the limited scheme: inside, near walls, and at walls.

use super::faces::{FaceRows, Side};
use super::limited::{Excess, excess_row};
use super::rows::add_scaled;
use super::schemes::{FaceScheme, Limited};
use super::scratch::CoefficientRows;
use crate::field::Real;
use crate::numerics::instructions::InstructionSet;

/// Calls `$call` with `$scheme` bound to the type of a limited [`FaceScheme`].
macro_rules! with_limited {
    ($face:expr, |$scheme:ident| $call:expr) => {
        match $face {
            FaceScheme::Limited5 => {
                let $scheme = $crate::kernels::advection_diffusion::schemes::Limited5;
                $call
            }
            FaceScheme::Limited3 => {
                let $scheme = $crate::kernels::advection_diffusion::schemes::Limited3;
                $call
            }
            FaceScheme::Still => {
                let $scheme = $crate::kernels::advection_diffusion::schemes::Still;
                $call
            }
            _ => {
                let $scheme = $crate::kernels::advection_diffusion::schemes::Upwind1;
                $call
            }
        }
    };
}
pub(super) use with_limited;

impl<T: Real> FaceRows<'_, T> {
    /// What a row of faces normal to y or z says to the cells on both sides: the limited scheme.
    pub(super) fn excess(
        &self,
        axis: usize,
        at: (i64, i64),
        coefficients: &mut CoefficientRows<T>,
        excess: &mut Excess<T>,
        cross: &mut [T],
    ) {
        let set = self.update.call.instructions;
        let row = self.row(
            axis,
            at,
            &mut coefficients.wind[axis],
            &mut coefficients.diffusivity[axis],
        );
        match row.scheme {
            Ok(scheme) => {
                with_limited!(scheme, |s| excess_row(set, s, row.stencil, row.faces, excess));
                if self.update.has_cross[axis] {
                    let cross = &mut cross[..self.block.len(0)];
                    cross.fill(T::ZERO);
                    self.add_cross(axis, at, (self.block.lo[0], self.block.hi[0]), coefficients, cross);
                    add_to_both(set, cross, excess);
                }
            }
            Err(Side { upper }) => {
                let q = row.stencil[if upper { 2 } else { 3 }];
                let (u, k) = (row.faces.u, row.faces.k);
                let wall = self.wall(axis, upper);
                for n in 0..self.block.len(0) {
                    let given = self.given(axis, upper, [self.block.lo[0] + n as i64, at.0, at.1]);
                    let flux = wall.flux(upper, q[n], u[n], k[n], given, row.faces.inverse_spacing);
                    let u = wall.carrying(u[n]);
                    let value = flux - u * q[n];
                    (excess.below[n], excess.above[n], excess.u[n]) = (value, value, u);
                }
            }
        }
    }
}

/// What one face says to the cells on both sides.
pub(super) fn excess_at<T: Real>(scheme: FaceScheme, q: [T; 6], u: T, diffusive: T, excess: &mut Excess<T>, i: usize) {
    let step = with_limited!(scheme, |s| Limited::step(s, q, u));
    let rise = q[3] - q[2];
    let rightward = u > T::ZERO;
    excess.below[i] = u * if rightward { step } else { rise + step } + diffusive;
    excess.above[i] = u * if rightward { step - rise } else { step } + diffusive;
}

pub(super) fn add_to_both<T: Real>(set: InstructionSet, flux: &[T], excess: &mut Excess<T>) {
    add_scaled(set, flux, T::ONE, &mut excess.below);
    add_scaled(set, flux, T::ONE, &mut excess.above);
}
