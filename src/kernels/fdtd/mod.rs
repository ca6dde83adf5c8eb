//! Maxwell's equations by finite differences in time and space.
//!
//! # Equation
//! ```text
//! eps dE/dt + sigma E + sum J_p + J = curl H        mu dH/dt + sigma_m H + M = -curl E
//! ```
//! with conductivities sigma (S/m) and sigma_m (ohm/m), currents J_p of the poles of a medium, and currents J (A/m2) and M
//! (V/m2) of sources; in SI units, or in natural ones, in which eps0 = mu0 = c = 1.
//!
//! # Scheme
//! K. S. Yee, IEEE Trans. Antennas Propag. 14 (1966) 302: E on edges at whole steps, H on faces at half steps, differences over
//! one cell, in place; of second order in space and time. Two stages: H, then E.
//! - losses by the mean of old and new, poles by an equation of their own beside E (`rules`);
//! - interfaces by the shares of the materials around a node (`geometry`, `mixture`);
//! - absorbing layers by recursive convolution (`absorber`), plane waves through the surface of a box (`plane_wave`).
//!
//! # Stability
//! `c^2 dt^2 sum 1/d^2 <= eps mu` in a medium without poles; see `stability` for the others.
//!
//! Start reading with `parameters` (what can be configured), then `kernel`, then `sweep`.

pub mod absorber;
pub mod component;
mod curl;
pub mod current;
mod energy;
mod fused;
pub mod geometry;
mod incoming;
mod initial;
mod kernel;
pub mod material;
mod medium;
pub mod mixture;
pub mod parameters;
pub mod plane_wave;
mod prepared;
mod reader;
mod representative;
mod rows;
mod rules;
mod scenery;
mod slots;
pub mod stability;
mod sweep;
pub mod units;
pub mod walls;
pub mod waveform;
pub mod wavelength;

pub use kernel::Fdtd;
pub use reader::read;
