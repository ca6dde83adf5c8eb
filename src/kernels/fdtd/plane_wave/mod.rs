//! Plane waves, brought into a box of the grid through its surface: total field inside, scattered field outside.
//!
//! The incident field solves the lattice's own equations, so that an empty box lets nothing out but rounding. Along small
//! integer triples it comes from a line on which the scheme itself runs (`line`), for any waveform; in any other
//! direction it is a sum of frequencies (`any_direction`, `band`, `spectrum`, `dispersion`), for waveforms of limited
//! band. `surface` says which nodes lack what. The medium at the surface is uniform, lossless and without dispersion.
//! Nothing here knows of tiles: everything follows from global indices and the number of the step.
//!
//! Start reading with [`PlaneWave`].

mod any_direction;
mod band;
mod direction;
mod dispersion;
mod interpolation;
mod line;
mod parameters;
mod phase;
mod recent;
mod signal;
mod spectrum;
mod surface;
mod twofold;

#[cfg(test)]
mod tests;

pub use direction::lattice_triple;
pub use parameters::Parameters;
pub use signal::{Signal, Span};
pub use surface::{Extent, Surface};

use super::component::Component;
use crate::grid::{Grid, PerAxis};
use any_direction::{AnyDirection, Request};
use band::BandIncident;
use direction::{nearest_triple_direction, unit};
use dispersion::Dispersion;
use line::{Line, LineIncident, LineState};
use recent::Recent;
use std::fmt;
use std::sync::Arc;

/// A node, in half cells from the corner of the box that the wave meets first.
type Node = PerAxis<i64>;

/// A uniform medium without losses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Medium {
    /// F/m.
    pub permittivity: f64,
    /// H/m.
    pub permeability: f64,
}

impl Medium {
    /// Speed of light in it, m/s.
    fn speed(&self) -> f64 {
        1.0 / (self.permittivity * self.permeability).sqrt()
    }
}

/// The times of the steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Time of step 0, s.
    pub start: f64,
    /// s.
    pub dt: f64,
}

impl Timing {
    /// Time at the beginning of `step`, s.
    fn time(&self, step: u64) -> f64 {
        self.start + step as f64 * self.dt
    }
}

/// Why a plane wave cannot be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Refusal {
    /// Names a direction of small integers near the one that was asked for.
    fn with_advice(self, grid: &Grid, direction: PerAxis<f64>) -> Refusal {
        let near = nearest_triple_direction(direction, grid.spacing);
        let numbers: Vec<String> = near[..grid.dims].iter().map(|x| x.to_string()).collect();
        Refusal {
            help: format!("{}, as [{}] is one on this grid", self.help, numbers.join(", ")),
            ..self
        }
    }
}

/// The corner of the box that a wave meets first, and the one it leaves last as seen from there, in half cells.
fn corners(extent: PerAxis<Extent>, direction: PerAxis<f64>) -> (Node, Node) {
    let mut corners = ([0; 3], [0; 3]);
    for axis in 0..3 {
        if let Extent::Faces { lo, hi } = extent[axis] {
            let (near, far) = if direction[axis] >= 0.0 { (lo, hi) } else { (hi, lo) };
            corners.0[axis] = 2 * near;
            corners.1[axis] = 2 * (far - near);
        }
    }
    corners
}

/// Where the incident field comes from.
enum Origin {
    Line(Box<Line>),
    AnyDirection(Box<AnyDirection>),
}

/// What there is of a wave at one step.
enum Field {
    Silence,
    Line(LineIncident),
    Band(BandIncident),
}

/// The incident field at one step: E at its beginning, H in its middle.
pub struct Incident {
    field: Field,
}

impl Incident {
    /// Whether there is no field anywhere.
    pub fn is_silent(&self) -> bool {
        matches!(self.field, Field::Silence)
    }

    fn value(&self, component: Component, node: Node) -> f64 {
        match &self.field {
            Field::Silence => 0.0,
            Field::Line(line) => line.value(component as usize, node),
            Field::Band(band) => band.value(component as usize, node),
        }
    }
}

/// A plane wave and the box that it is brought into.
pub struct PlaneWave {
    grid: Grid,
    surface: Surface,
    /// The node of the box that the wave meets first, in half cells.
    corner: Node,
    origin: Origin,
    recent: Recent<Option<LineState>, Incident>,
}

impl fmt::Debug for PlaneWave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaneWave")
            .field("surface", &self.surface)
            .field("corner", &self.corner)
            .finish_non_exhaustive()
    }
}

impl PlaneWave {
    /// A wave that has the time dependence `amplitude * signal` in E, V/m, at the corner of the box that it meets first;
    /// in a direction of small integers up to the lattice's dispersion over two cells. The fields on the grid are zero at
    /// the start.
    ///
    /// # Errors
    /// If the waveform is not one of limited band, where the direction asks for that.
    pub fn new(
        grid: &Grid,
        parameters: &Parameters,
        medium: Medium,
        timing: Timing,
        signal: Arc<dyn Signal>,
    ) -> Result<PlaneWave, Refusal> {
        let direction = unit(parameters.direction);
        let (corner, farthest) = corners(parameters.extent, direction);
        let origin = match lattice_triple(direction, grid.spacing) {
            Some(m) => {
                let extent = (0..3).map(|axis| m[axis] * farthest[axis]).sum();
                let field = (parameters.polarization, parameters.amplitude);
                let line = Line::new((m, extent), grid.spacing, field, medium, timing, signal);
                Origin::Line(Box::new(line))
            }
            None => {
                let dispersion = Dispersion::new(direction, grid.spacing, medium, timing.dt);
                let half_cell = dispersion.half_cell();
                let request = Request {
                    signal: &*signal,
                    timing,
                    dispersion,
                    toward: parameters.polarization,
                    amplitude: parameters.amplitude,
                    // Half a cell more on every side.
                    lo: farthest.map(|end| end.min(0) - 1),
                    hi: farthest.map(|end| end.max(0) + 1),
                    depth: (0..3).map(|axis| half_cell[axis] * farthest[axis] as f64).sum(),
                };
                let wave = AnyDirection::new(&request).map_err(|refusal| refusal.with_advice(grid, direction))?;
                Origin::AnyDirection(Box::new(wave))
            }
        };
        Ok(PlaneWave {
            grid: grid.clone(),
            surface: Surface::new(grid, parameters.extent),
            corner,
            origin,
            recent: Recent::new(),
        })
    }

    /// The incident field of `step`. It is computed once; the last few steps are kept.
    pub fn at(&self, step: u64) -> Arc<Incident> {
        match &self.origin {
            Origin::Line(line) => self.recent.at(
                step,
                || Some(line.at_rest()),
                |state, step| {
                    if let Some(state) = state {
                        line.advance(state, step);
                    }
                },
                |state| Incident {
                    field: state
                        .as_ref()
                        .map_or(Field::Silence, |state| Field::Line(line.incident(state))),
                },
            ),
            Origin::AnyDirection(wave) => self.recent.at(
                step,
                || None,
                |_, _| {},
                |_| Incident {
                    field: wave.incident(step).map_or(Field::Silence, Field::Band),
                },
            ),
        }
    }

    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// Hands `add` what the wave adds to the right-hand side of the equation of `component` at its nodes in the cells
    /// `[lo, hi)` of row `(j, k)`, in step `step`: the index along x, and the amount,
    ///
    /// ```text
    /// permittivity dE/dt = curl H + amount (A/m2),   permeability dH/dt = -curl E + amount (V/m2)
    /// ```
    ///
    /// A node on an edge of the box is visited twice, always in the same order. Indices are global, and may be those of
    /// a halo across a periodic face. A row that is not beside the surface costs a few comparisons.
    pub fn on_row(
        &self,
        component: Component,
        row: (i64, i64),
        cells: (i64, i64),
        step: u64,
        mut add: impl FnMut(i64, f64),
    ) {
        let mut incident = None;
        let sign = if component.is_electric() { 1.0 } else { -1.0 };
        self.surface.runs(component, row, cells, |shift, run| {
            let incident = incident.get_or_insert_with(|| self.at(step));
            if incident.is_silent() {
                return;
            }
            let factor = sign * run.factor;
            let mut node = self.node(run.incident, run.beside);
            for n in 0..run.count {
                add(run.first[0] + shift + n, factor * incident.value(run.incident, node));
                node[0] += 2;
            }
        });
    }

    /// The incident field at the node of `component` in `cell`, which is in the box or beside it: V/m or A/m.
    pub fn value(&self, incident: &Incident, component: Component, cell: PerAxis<i64>) -> f64 {
        incident.value(component, self.node(component, cell))
    }

    fn node(&self, component: Component, cell: PerAxis<i64>) -> Node {
        let location = component.location(&self.grid).0;
        [0, 1, 2].map(|axis| 2 * cell[axis] + !location[axis] as i64 - self.corner[axis])
    }
}
