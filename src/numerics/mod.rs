//! Numerics that know no physics.
//!
//! Owns the formulas of x, y, z and t that a configuration may contain. Knows nothing of fields, kernels, files or MPI.
//! Start reading with [`Formula`].

pub mod formula;

pub use formula::{Formula, FormulaClass, FormulaError, Variable};
