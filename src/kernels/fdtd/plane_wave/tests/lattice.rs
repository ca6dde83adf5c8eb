//! Yee's scheme in plain loops, as a plane wave's partner in tests.

use super::super::*;
use crate::kernels::fdtd::component::Polarization;

/// An empty grid with perfectly conducting walls, or joined ends.
pub struct Lattice {
    pub grid: Grid,
    pub polarization: Polarization,
    pub medium: Medium,
    pub dt: f64,
    /// Cells at the walls that have losses, the same for E and H: rounding does not pile up there as it does in a cavity.
    pub skin: i64,
    fields: [Vec<f64>; 6],
}

impl Lattice {
    pub fn new(grid: &Grid, polarization: Polarization, medium: Medium, courant: f64) -> Lattice {
        let active = (0..3).filter(|&axis| grid.is_active(axis));
        let sum: f64 = active.map(|axis| grid.spacing[axis].powi(-2)).sum();
        let n: usize = grid.cells.iter().map(|cells| cells + 1).product();
        Lattice {
            grid: grid.clone(),
            polarization,
            medium,
            dt: courant / (medium.speed() * sum.sqrt()),
            skin: 0,
            fields: std::array::from_fn(|_| vec![0.0; n]),
        }
    }

    /// Half of the loss per step at a cell: it grows with the square of the depth in the skin.
    fn loss(&self, cell: PerAxis<i64>) -> f64 {
        let active = (0..3).filter(|&axis| self.grid.is_active(axis));
        let depth = active.map(|axis| {
            let margin = cell[axis].min(self.grid.cells[axis] as i64 - 1 - cell[axis]);
            (self.skin - margin).max(0) as f64
        });
        0.3 * (depth.fold(0.0, f64::max) / self.skin.max(1) as f64).powi(2)
    }

    fn index(&self, cell: PerAxis<i64>) -> usize {
        let [i, j, k] = [0, 1, 2].map(|axis| self.grid.wrap(axis, cell[axis]) as usize);
        let [nx, ny, _] = self.grid.cells;
        (k * (ny + 1) + j) * (nx + 1) + i
    }

    fn curl(&self, component: Component, cell: PerAxis<i64>) -> f64 {
        let (b, c) = ((component.axis() + 1) % 3, (component.axis() + 2) % 3);
        let is_electric = component.is_electric();
        let difference = |of: usize, along: usize| {
            if !self.grid.is_active(along) {
                return 0.0;
            }
            let field = &self.fields[of + 3 * is_electric as usize];
            let at = |shift: i64| {
                let mut there = cell;
                there[along] += shift;
                field[self.index(there)]
            };
            let upper = !is_electric as i64;
            (at(upper) - at(upper - 1)) / self.grid.spacing[along]
        };
        difference(c, b) - difference(b, c)
    }

    /// Cells of the nodes of `component` that are updated along `axis`.
    fn updated(&self, component: Component, axis: usize) -> std::ops::Range<i64> {
        let is_wall = component.location(&self.grid).0[axis] && !self.grid.periodic[axis];
        is_wall as i64..self.grid.cells[axis] as i64
    }

    fn advance(&mut self, components: [Component; 3], coefficient: f64, wave: &PlaneWave, step: u64) {
        let sign = if components[0].is_electric() { 1.0 } else { -1.0 };
        for component in components.into_iter().filter(|c| self.polarization.has(*c)) {
            let [range, rows, planes] = [0, 1, 2].map(|axis| self.updated(component, axis));
            for (k, j) in planes.flat_map(|k| rows.clone().map(move |j| (k, j))) {
                let mut sum: Vec<f64> = range.clone().map(|i| sign * self.curl(component, [i, j, k])).collect();
                wave.on_row(component, (j, k), (range.start, range.end), step, |i, amount| {
                    sum[(i - range.start) as usize] += amount;
                });
                for i in range.clone() {
                    let index = self.index([i, j, k]);
                    let loss = self.loss([i, j, k]);
                    let value = &mut self.fields[component as usize][index];
                    *value = ((1.0 - loss) * *value + coefficient * sum[(i - range.start) as usize]) / (1.0 + loss);
                }
            }
        }
    }

    /// One step.
    pub fn step(&mut self, step: u64, wave: &PlaneWave) {
        self.advance(Component::MAGNETIC, self.dt / self.medium.permeability, wave, step);
        self.advance(Component::ELECTRIC, self.dt / self.medium.permittivity, wave, step);
    }

    /// The largest field outside, the largest deviation inside, and the largest incident field, V/m, H times the
    /// impedance; of E behind `step` and of H in its middle.
    pub fn compare(&self, step: u64, wave: &PlaneWave) -> [f64; 3] {
        let impedance = (self.medium.permeability / self.medium.permittivity).sqrt();
        let mut largest = [0.0_f64; 3];
        for component in self.polarization.components() {
            let (incident, unit) = match component.is_electric() {
                true => (wave.at(step + 1), 1.0),
                false => (wave.at(step), impedance),
            };
            let ranges = [0, 1, 2].map(|axis| self.updated(*component, axis));
            for k in ranges[2].clone() {
                for j in ranges[1].clone() {
                    for i in ranges[0].clone() {
                        let value = unit * self.fields[*component as usize][self.index([i, j, k])];
                        if !wave.surface().is_total(*component, [i, j, k]) {
                            largest[0] = largest[0].max(value.abs());
                        } else {
                            let expected = unit * wave.value(&incident, *component, [i, j, k]);
                            largest[1] = largest[1].max((value - expected).abs());
                            largest[2] = largest[2].max(expected.abs());
                        }
                    }
                }
            }
        }
        largest
    }
}
