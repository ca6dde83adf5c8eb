//! A plane wave as the configuration describes it.

use super::surface::Extent;
use crate::grid::PerAxis;

/// Everything of a plane wave but its waveform.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// The box that it is brought into.
    pub extent: PerAxis<Extent>,
    /// Where it goes, of any length; zero along axes of which the box takes the whole.
    pub direction: PerAxis<f64>,
    /// Where E points, as far as it is perpendicular to the direction.
    pub polarization: PerAxis<f64>,
    /// Of E where the waveform is 1, V/m.
    pub amplitude: f64,
}
