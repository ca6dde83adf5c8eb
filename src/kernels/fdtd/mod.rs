//! Maxwell's equations by finite differences in time and space.

pub mod absorber;
pub mod component;
pub mod current;
pub mod material;
pub mod reader;
pub mod units;
pub mod walls;
pub mod waveform;
