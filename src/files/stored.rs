//! Numbers that can be written.

use crate::field::Real;
use hdf5::H5Type;

/// A number that HDF5 knows: f32 and f64.
pub trait Stored: Real + H5Type {}

impl<T: Real + H5Type> Stored for T {}
