//! Reads the `[kernel]` table of a configuration.

pub mod sources;
pub mod walls;
pub mod waveform;
