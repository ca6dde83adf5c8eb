//! The model of a step: what it costs a rank to compute, measured with nobody to talk to, and what its messages cost, measured
//! on the links or described. Predicts what cannot be run, and is held against what can.
//!
//! Start reading with [`step`], which is the model; [`pace`] and [`link`] measure what it needs, [`machine`] reads it from a
//! file, [`predict`] puts it together.

mod link;
mod machine;
mod pace;
mod predict;
mod step;
mod table;

pub use machine::Machine;
pub use predict::{Point, Prediction, PredictionPlan, predict};

pub use table::text;
