//! Maxwell's equations by finite differences in time and space.

pub mod absorber;
pub mod component;
pub mod geometry;
pub mod material;
pub mod mixture;
pub mod stability;
pub mod units;
