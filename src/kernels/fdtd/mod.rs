//! Maxwell's equations by finite differences in time and space.

pub mod component;
pub mod geometry;
pub mod material;
pub mod mixture;
pub mod reader;
pub mod stability;
pub mod units;
pub mod wavelength;
