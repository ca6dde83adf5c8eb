//! Reads the `[kernel]` table of a configuration.

pub mod plane_wave;
