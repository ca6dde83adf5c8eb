//! Transport of scalar fields by wind and diffusion.
//!
//! # Equation
//! For each field q_m
//! ```text
//! dq_m/dt + div((u - w_m e) q_m) = div(K grad q_m) + S_m - lambda_m q_m + sum_n A_mn q_n
//! ```
//! with wind u (m/s), settling velocity w_m (m/s) down the last axis e, diffusivity K (m2/s: one number, one per axis, or a
//! symmetric tensor), source S_m (unit/s), decay rate lambda_m (1/s) and rates of exchange A (1/s).
//!
//! # Scheme
//! Finite volumes in flux form: values at cell centres, wind and diffusivity at face centres, one flux per face that
//! both neighbours use, so that what leaves a cell enters the next, to rounding.
//! - advection: upwind of order 1, 3 and 5, centred of order 2 and 4, WENO of order 5, and a limited scheme that makes no
//!   new extrema (see `schemes` and `limited`);
//! - wind: formulas at the faces' centres, or differences of a stream function, which are free of divergence (`rule`);
//! - diffusion: second-order differences; the mixed terms of a tensor by the mean of the four differences around a face;
//! - time: see [`Stepper`](crate::numerics::runge_kutta::Stepper).
//!
//! # Stability
//! See `limits`.
//!
//! # Walls
//! Where the grid ends, the flux through the wall's faces is given by the wall (see `walls`), so that budgets close.
//! Schemes that read further than a wall is away give way to those that do not. What crosses a wall is added up in f64
//! accumulators on the wall's cells.
//!
//! Start reading with `parameters` (what can be configured), then `kernel`, then `transport`, then
//! `faces`.

mod budget;
mod coefficient;
mod combine;
mod divergence;
mod excess;
mod faces;
mod ghosts;
mod heat;
mod initial;
mod kernel;
mod limited;
mod limits;
mod parameters;
mod reader;
mod refuse;
mod remarks;
mod rows;
mod rule;
mod schemes;
mod scratch;
mod shares;
mod slots;
mod source;
mod transport;
mod walls;

pub use kernel::AdvectionDiffusion;
pub use parameters::{Advection, Diffusivity, FaceMean, FieldParameters, Parameters, Sampling, Wind};

pub use reader::read;
pub use source::Source;
pub use walls::Wall;
