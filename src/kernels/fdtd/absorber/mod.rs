//! The absorbing layer: a convolutional perfectly matched layer (CPML) with a perfect conductor behind.
//!
//! Owns how strongly a layer absorbs at each depth, what it gives back, and which grading gives back least. Knows nothing of
//! storage or of the grid beyond a wall: pure functions of numbers. What comes out for the kernel are the coefficients of
//! [`Layer`]. Start reading with [`Grading`].
//!
//! Time stepping with a layer is exact enough to be predicted: [`reflection`] solves the discrete equations, so a run can be
//! held against it, and [`Choice::grading`] finds the best polynomial for any thickness and Courant number by minimising it.

mod best;
mod complex;
mod grading;
mod layer;
mod reflection;

pub use best::{Choice, best_grading, worst_reflection};
pub use grading::{Grading, Stretch};
pub use layer::Layer;
pub use reflection::{decibels, reflection};
