//! What a configuration says of Maxwell's equations.

use super::absorber::Layer;
use super::component::{Component, Polarization};
use super::current::Current;
use super::geometry::Geometry;
use super::incoming::Incoming;
use super::plane_wave::PlaneWave;
use super::units::Vacuum;
use super::walls::{WALL_NAMES, Wall};
use crate::grid::{Grid, IndexBox, PerAxis};
use crate::numerics::Formula;
use std::sync::Arc;

/// Everything that a `[kernel]` table says.
#[derive(Clone, Debug)]
pub struct Parameters {
    pub grid: Grid,
    pub vacuum: Vacuum,
    pub polarization: Polarization,
    pub geometry: Geometry,
    pub walls: PerAxis<[Wall; 2]>,
    /// Fields at the start, V/m and A/m, at their own places and times.
    pub initial: Vec<(Component, Formula)>,
    pub currents: Vec<Current>,
    pub waves: Vec<Incoming>,
    /// Time of the initial state, s.
    pub start: f64,
    /// What is known once the steps are.
    pub fitted: Option<Fitted>,
}

/// What depends on the time step.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Of every step, s.
    pub dt: f64,
    /// `[axis][lower, upper]`: the absorbing layers.
    pub layers: PerAxis<[Option<Layer>; 2]>,
    pub waves: Vec<Arc<PlaneWave>>,
}

impl Parameters {
    /// Axes whose ends are joined.
    pub fn periodic(&self) -> PerAxis<bool> {
        self.walls.each_ref().map(|[lower, _]| *lower == Wall::Periodic)
    }

    /// Whether a wall is a magnetic conductor: where nodes on it are updated.
    pub fn is_magnetic(&self, axis: usize, side: usize) -> bool {
        self.walls[axis][side] == Wall::Pmc
    }

    /// Whether any wall is.
    pub fn has_magnetic_walls(&self) -> bool {
        self.walls.iter().flatten().any(|wall| *wall == Wall::Pmc)
    }

    /// The components that there are.
    pub fn components(&self) -> &'static [Component] {
        self.polarization.components()
    }

    /// The nodes of a component that change: all but those of E on walls that conduct, and of H on upper ones, where nothing
    /// crosses the wall.
    pub fn updated(&self, component: Component, grid: &Grid) -> IndexBox {
        let location = component.location(grid);
        let mut nodes = grid.nodes(location);
        for axis in (0..3).filter(|&axis| location.0[axis] && !grid.periodic[axis]) {
            if component.is_electric() && !self.is_magnetic(axis, 0) {
                nodes.lo[axis] = 1;
            }
            if !self.is_magnetic(axis, 1) {
                nodes.hi[axis] = grid.cells[axis] as i64;
            }
        }
        nodes
    }

    /// Those of them whose differences reach no node beyond a wall.
    pub fn interior(&self, component: Component, grid: &Grid) -> IndexBox {
        let mut nodes = self.updated(component, grid);
        if component.is_electric() {
            let location = component.location(grid);
            for axis in (0..3).filter(|&axis| location.0[axis] && !grid.periodic[axis]) {
                nodes.lo[axis] = 1;
                nodes.hi[axis] = grid.cells[axis] as i64;
            }
        }
        nodes
    }

    /// `c sqrt(sum 1/d^2)` in vacuum, 1/s: times dt it is the Courant number.
    pub fn courant_rate(&self) -> f64 {
        let active = (0..3).filter(|&axis| self.grid.is_active(axis));
        let sum: f64 = active
            .map(|axis| 1.0 / (self.grid.spacing[axis] * self.grid.spacing[axis]))
            .sum();
        self.vacuum.light_speed * sum.sqrt()
    }

    /// One line for the log.
    pub fn summary(&self) -> String {
        let polarization = match self.polarization {
            Polarization::Full => "",
            Polarization::Ez => ", Ez polarisation",
            Polarization::Hz => ", Hz polarisation",
        };
        let count = |n: usize, what: &str| match n {
            0 => String::new(),
            1 => format!(", 1 {what}"),
            n => format!(", {n} {what}s"),
        };
        let walls = self.walls.iter().zip(WALL_NAMES).enumerate();
        let absorbing = walls
            .filter(|(axis, _)| self.grid.is_active(*axis))
            .flat_map(|(_, (walls, names))| walls.iter().zip(names))
            .filter_map(|(wall, name)| match wall {
                Wall::Cpml(choice) => Some(format!("{name} {}", choice.cells)),
                _ => None,
            });
        let absorbing: Vec<String> = absorbing.collect();
        let layers = match absorbing.is_empty() {
            true => String::new(),
            false => format!(", absorbing layers of cells: {}", absorbing.join(", ")),
        };
        format!(
            "Maxwell's equations, Yee's scheme{polarization}{}{}{}{}{layers}",
            count(self.geometry.shapes.len(), "shape"),
            count(self.geometry.materials.iter().map(|m| m.poles.len()).sum(), "pole"),
            count(self.currents.len(), "current source"),
            count(self.waves.len(), "plane wave"),
        )
    }

    /// What is known once the steps are.
    ///
    /// # Panics
    /// Before that: a kernel computes only after it was fitted.
    pub fn steps(&self) -> &Fitted {
        self.fitted
            .as_ref()
            .expect("the kernel is fitted to its steps before it is run")
    }
}
