//! Numbers that can travel between ranks.

use crate::field::Real;
use mpi::datatype::Equivalence;

/// A number that MPI knows: f32 and f64.
pub trait Transferable: Real + Equivalence {}

impl<T: Real + Equivalence> Transferable for T {}
