//! Maxwell's equations by finite differences in time and space.

pub mod component;
pub mod material;
pub mod plane_wave;
pub mod reader;
pub mod units;
