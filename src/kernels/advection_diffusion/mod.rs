//! Transport of scalar fields by wind and diffusion.
//!
//! # Equation
//! For each field q
//! ```text
//! dq/dt + div(u q) = div(K grad q) + S - lambda q
//! ```
//! with wind u (m/s), diffusivity K (m2/s, one number per axis), source S (unit/s) and decay rate lambda (1/s).
//!
//! # Scheme
//! Finite volumes in flux form: values at cell centres, wind and diffusivity at face centres, one flux per face that
//! both neighbours use, so that what leaves a cell enters the next, to rounding.
//! - advection: donor cell (upwind, first order) or centred (second order);
//! - diffusion: second-order differences;
//! - time: forward Euler, or the three-stage Runge-Kutta scheme of Wicker and Skamarock (2002).
//!
//! # Stability
//! See [`limits`]. Sources: R. Courant, E. Isaacson, M. Rees (1952) for donor cell; A. C. Hindmarsh, P. M. Gresho and
//! D. F. Griffiths, Int. J. Numer. Methods Fluids 4 (1984) 853, for forward Euler with centred differences.
//!
//! # Walls
//! Where the grid ends, the flux through the wall's faces is given by the wall (see [`walls`]), so that budgets close.
//! What crosses a wall is added up in f64 accumulators on the wall's cells.
//!
//! Start reading with `parameters` (what can be configured), then `kernel`, then `transport`.

mod budget;
mod coefficient;
mod divergence;
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
