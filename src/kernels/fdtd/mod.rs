//! Maxwell's equations by finite differences in time and space.

pub mod absorber;
pub mod component;
pub mod current;
pub mod geometry;
pub mod material;
pub mod mixture;
pub mod plane_wave;
pub mod reader;
pub mod stability;
pub mod units;
pub mod walls;
pub mod waveform;
pub mod wavelength;
