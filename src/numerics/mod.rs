//! Pure numerics that several kernels share: formulas of x, y, z and t, Runge-Kutta tables, quadrature, instruction sets.
//!
//! Knows numbers and slices only: no grids, fields, kernels, files or MPI. Start reading with [`Formula`].

pub mod formula;
pub mod instructions;
pub mod quadrature;
pub mod runge_kutta;

pub use formula::{Formula, FormulaClass, FormulaError, Variable};
