//! What a number type must be able to do to be simulated with: be computed, sent and written.

use crate::files::Stored;
use crate::kernels::contract::Buildable;
use crate::parallel::Transferable;

/// f32 and f64.
pub trait Precise: Buildable + Stored + Transferable {}

impl<T: Buildable + Stored + Transferable> Precise for T {}
