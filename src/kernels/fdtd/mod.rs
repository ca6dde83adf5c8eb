//! Maxwell's equations by finite differences in time and space.

pub mod absorber;
pub mod component;
pub mod material;
pub mod units;
