//! Maxwell's equations by finite differences in time and space.

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
