//! Plane waves as configured, and as they are once the steps are known.

use super::geometry::Geometry;
use super::plane_wave::{self, Medium, PlaneWave, Refusal, Signal, Span, Timing};
use super::units::Vacuum;
use super::waveform::{WIDTHS_TO_NOTHING, Waveform};
use crate::grid::Grid;
use std::sync::Arc;

/// A plane wave as configured.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub parameters: plane_wave::Parameters,
    pub waveform: Waveform,
}

impl Incoming {
    /// The wave on a grid, in the material that fills what no shape does.
    ///
    /// # Errors
    /// If the waveform does not go with the direction.
    pub fn wave(
        &self,
        grid: &Grid,
        geometry: &Geometry,
        vacuum: &Vacuum,
        timing: Timing,
    ) -> Result<PlaneWave, Refusal> {
        let background = &geometry.materials[0];
        let medium = Medium {
            permittivity: vacuum.permittivity * background.epsilon[0],
            permeability: vacuum.permeability * background.mu[0],
        };
        let signal = Arc::new(Timed {
            waveform: self.waveform.clone(),
            start: timing.start,
        });
        PlaneWave::new(grid, &self.parameters, medium, timing, signal)
    }
}

/// A waveform by the run's time.
#[derive(Debug)]
struct Timed {
    waveform: Waveform,
    start: f64,
}

impl Signal for Timed {
    fn value(&self, time: f64) -> f64 {
        self.waveform.value(time - self.start)
    }

    fn span(&self) -> Span {
        match self.waveform {
            Waveform::Continuous { frequency, ramp, .. } => Span::Steady {
                start: self.start,
                steady: self.start + ramp,
                frequency,
            },
            Waveform::Formula { .. } => Span::Unknown,
            _ => match (self.waveform.width(), self.waveform.delay()) {
                (Some(width), delay) => Span::Pulse {
                    start: self.start + delay - WIDTHS_TO_NOTHING * width,
                    end: self.start + delay + WIDTHS_TO_NOTHING * width,
                },
                _ => Span::Unknown,
            },
        }
    }
}
