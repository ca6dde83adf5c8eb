//! Currents that are given: the sources of the fields.

use super::component::Component;
use super::walls::Wall;
use super::waveform::{Drive, Waveform};
use crate::grid::{Grid, IndexBox, Location, PerAxis};
use crate::numerics::formula::Formula;

/// Parts of a cell below which a distance is rounding.
const SLIVER: f64 = 1e-9;

/// An electric current along an electric component, or a magnetic one along a magnetic component, in a box. Along an axis where
/// `from` is `to`, the current is concentrated there.
///
/// What is given by `amplitude`, for the electric ones:
///
/// | concentrated along | unit of a current | unit of a moment |
/// |---|---|---|
/// | 3 axes: a dipole | A m | C m |
/// | 2 axes: a line | A | C |
/// | 1 axis: a sheet | A/m | C/m |
/// | none: a volume | A/m2 | C/m2 |
///
/// Magnetic ones have V in the place of A, and Wb in that of C. In 2D nothing varies along z, and amplitudes are per metre (in
/// natural units: per unit of length) of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Current {
    pub component: Component,
    /// Lower corner, m.
    pub from: PerAxis<f64>,
    /// Upper corner, m.
    pub to: PerAxis<f64>,
    /// A factor of place, at the component's own places.
    pub profile: Option<Formula>,
    pub amplitude: f64,
    pub drive: Drive,
    pub waveform: Waveform,
}

/// A node that carries a part of a current.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    pub cell: PerAxis<i64>,
    /// The density of the current there is this, times the amplitude and the rate of the waveform: A/m2, or V/m2.
    pub weight: f64,
}

impl Current {
    /// Amplitude times waveform for step `n`, at the half step to which the update of the component belongs.
    pub fn rate(&self, n: u64, dt: f64) -> f64 {
        let rate = match self.component.is_electric() {
            true => self.waveform.electric_rate(self.drive, n, dt),
            false => self.waveform.magnetic_rate(self.drive, n, dt),
        };
        self.amplitude * rate
    }

    /// The nodes of the component within `region` that carry the current, in the order of the storage (x fastest). A node has
    /// the same weight in whatever region, and so have its copies beyond joined ends. A concentrated current is shared by the
    /// two nearest nodes, linearly; of another one each node has the part of its cell that the current fills.
    ///
    /// Nodes on a conducting wall carry nothing, as there is no field. A place between a wall and its first node, which is then
    /// half a cell inside, belongs to that node; what lies beyond counts with the sign of the image in the wall.
    pub fn nodes(&self, grid: &Grid, walls: &PerAxis<[Wall; 2]>, region: &IndexBox) -> Vec<Node> {
        let location = self.component.location(grid);
        let [along_x, along_y, along_z] = [0, 1, 2].map(|axis| {
            let nodes = weights(grid, walls[axis], axis, location, [self.from[axis], self.to[axis]]);
            let copies =
                copies(grid, axis, region).flat_map(|by| nodes.iter().map(move |(index, part)| (index + by, *part)));
            let here = copies.filter(|(index, _)| (region.lo[axis]..region.hi[axis]).contains(index));
            here.collect::<Vec<_>>()
        });
        let mut nodes = Vec::new();
        for &(k, in_z) in &along_z {
            for &(j, in_y) in &along_y {
                for &(i, in_x) in &along_x {
                    let cell = [i, j, k];
                    let shape = match &self.profile {
                        Some(profile) => profile.evaluate(grid.point(location, cell), 0.0),
                        None => 1.0,
                    };
                    let weight = in_x * in_y * in_z * shape;
                    if weight != 0.0 {
                        nodes.push(Node { cell, weight });
                    }
                }
            }
        }
        nodes
    }
}

/// How far the grid and its copies that `region` meets along `axis` are from the grid, in ascending order.
fn copies(grid: &Grid, axis: usize, region: &IndexBox) -> impl Iterator<Item = i64> {
    let n = grid.cells[axis] as i64;
    let periods = match grid.periodic[axis] {
        true => region.lo[axis].div_euclid(n)..=(region.hi[axis] - 1).div_euclid(n),
        false => 0..=0,
    };
    periods.map(move |period| period * n)
}

/// The nodes along one axis and their weights, with increasing index: of a concentrated current per metre, 1/m, of another one
/// the part of the node's cell.
fn weights(grid: &Grid, walls: [Wall; 2], axis: usize, location: Location, ends: [f64; 2]) -> Vec<(i64, f64)> {
    let n = grid.cells[axis] as i64;
    let spacing = grid.spacing[axis];
    let is_point = ends[0] == ends[1];
    if !grid.is_active(axis) {
        return vec![(0, if is_point { 1.0 / spacing } else { 1.0 })];
    }
    // In cells from the grid's lower end.
    let [from, to] = ends.map(|at| (at - grid.origin[axis]) / spacing);
    let (is_lower, offset) = (location.0[axis], location.offset()[axis]);
    // The cell of a node on a wall is half a cell.
    let is_cut = walls.map(|wall| wall != Wall::Periodic && is_lower);
    let shares = match is_point {
        true => nearest_two(from - offset),
        false => overlaps(from, to, offset, is_cut, n),
    };
    let mut nodes: Vec<(i64, f64)> = shares
        .into_iter()
        .filter_map(|(index, share)| inside(index, walls, is_lower, n).map(|(index, factor)| (index, factor * share)))
        .collect();
    nodes.sort_by_key(|(index, _)| *index);
    nodes.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            kept.1 += later.1;
        }
        is_same
    });
    if is_point {
        for (index, share) in &mut nodes {
            let is_half = is_cut[0] && *index == 0 || is_cut[1] && *index == n;
            *share /= if is_half { 0.5 * spacing } else { spacing };
        }
    }
    nodes
}

/// A point between two nodes, in units of their distance.
fn nearest_two(at: f64) -> Vec<(i64, f64)> {
    let below = libm::floor(at);
    let part = at - below;
    if part < SLIVER {
        vec![(below as i64, 1.0)]
    } else if part > 1.0 - SLIVER {
        vec![(below as i64 + 1, 1.0)]
    } else {
        vec![(below as i64, 1.0 - part), (below as i64 + 1, part)]
    }
}

/// The part of each node's cell between `from` and `to`, in cells. The cell of a node reaches half a cell to both sides,
/// unless the grid ends there: `is_cut` at the lower and upper end.
fn overlaps(from: f64, to: f64, offset: f64, is_cut: [bool; 2], n: i64) -> Vec<(i64, f64)> {
    let first = libm::floor(from - offset) as i64;
    let last = libm::ceil(to - offset) as i64;
    let part = |index: i64| {
        let at = index as f64 + offset;
        let low = if is_cut[0] && index == 0 { at } else { at - 0.5 };
        let high = if is_cut[1] && index == n { at } else { at + 0.5 };
        (to.min(high) - from.max(low)) / (high - low)
    };
    (first..=last)
        .map(|index| (index, part(index)))
        .filter(|(_, part)| *part > SLIVER)
        .collect()
}

/// The node of the grid that carries what node `index` would, and the factor with which: an image where that is outside.
fn inside(index: i64, walls: [Wall; 2], is_lower: bool, n: i64) -> Option<(i64, f64)> {
    if walls[0] == Wall::Periodic {
        return Some((index.rem_euclid(n), 1.0));
    }
    let (wall, is_on_it, mirrored) = match index {
        index if index <= 0 => (walls[0], index == 0, -1 - index),
        index if index >= n => (walls[1], index == n, 2 * n - 1 - index),
        index => return Some((index, 1.0)),
    };
    match (is_lower, is_on_it) {
        (true, true) if wall == Wall::Pmc => Some((index, 1.0)),
        (true, _) => None,
        (false, _) if (0..n).contains(&index) => Some((index, 1.0)),
        (false, _) => Some((mirrored, if wall == Wall::Pmc { -1.0 } else { 1.0 })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Component::{Ex, Ey, Ez, Hx};

    const PEC: [Wall; 2] = [Wall::Pec; 2];
    const PMC: [Wall; 2] = [Wall::Pmc; 2];
    const PERIODIC: [Wall; 2] = [Wall::Periodic; 2];

    fn grid(walls: &PerAxis<[Wall; 2]>) -> Grid {
        Grid {
            cells: [6, 5, 4],
            dims: 3,
            spacing: [0.1, 0.3, 0.7],
            origin: [-0.2, 1.0, 0.0],
            periodic: walls.map(|[lower, _]| lower == Wall::Periodic),
        }
    }

    fn current(component: Component, from: PerAxis<f64>, to: PerAxis<f64>) -> Current {
        Current {
            component,
            from,
            to,
            profile: None,
            amplitude: 1.0,
            drive: Drive::Current,
            waveform: Waveform::Gaussian { width: 1.0, delay: 5.0 },
        }
    }

    /// All cells, and the nodes on the upper walls.
    fn all(grid: &Grid) -> IndexBox {
        grid.nodes(Location([true; 3]))
    }

    /// Density times volume, over all nodes; those on magnetic walls have half a cell.
    fn total(grid: &Grid, walls: &PerAxis<[Wall; 2]>, current: &Current) -> f64 {
        let location = current.component.location(grid);
        let volume = |node: &Node| {
            let is_on_wall = |axis: usize| {
                location.0[axis] && !grid.periodic[axis] && [0, grid.cells[axis] as i64].contains(&node.cell[axis])
            };
            grid.cell_volume()
                * [0, 1, 2]
                    .map(|axis| if is_on_wall(axis) { 0.5 } else { 1.0 })
                    .iter()
                    .product::<f64>()
        };
        let nodes = current.nodes(grid, walls, &all(grid));
        nodes.iter().map(|node| node.weight * volume(node)).sum()
    }

    /// The rounding of a few operations on weights that add up to about 1.
    const ROUNDING: f64 = 1e-14;

    #[test]
    fn a_dipole_is_shared_by_the_nearest_nodes_in_full() {
        let walls = [PEC, PERIODIC, PEC];
        let grid = grid(&walls);
        for (component, at, n_nodes) in [
            (Ez, [0.13, 1.71, 1.5], 8),
            (Ex, [0.1, 1.6, 1.4], 2),
            // On a node; in the last half cell before a periodic end.
            (Ez, [0.1, 1.6, 1.05], 1),
            (Ey, [0.1, 2.49, 1.4], 2),
            (Hx, [-0.1, 1.45, 0.35], 1),
        ] {
            let dipole = current(component, at, at);
            assert_eq!(dipole.nodes(&grid, &walls, &all(&grid)).len(), n_nodes, "{component:?}");
            assert!((total(&grid, &walls, &dipole) - 1.0).abs() < ROUNDING, "{component:?}");
        }
    }

    #[test]
    fn a_place_between_two_nodes_is_their_weighted_mean() {
        let walls = [PEC, PERIODIC, PEC];
        let grid = grid(&walls);
        let at = [0.13, 2.44, 1.3];
        let nodes = current(Ez, at, at).nodes(&grid, &walls, &all(&grid));
        let cells: Vec<PerAxis<i64>> = nodes.iter().map(|node| node.cell).collect();
        // Around the end of y, and sorted like the storage.
        let expected = [
            [3, 0, 1],
            [4, 0, 1],
            [3, 4, 1],
            [4, 4, 1],
            [3, 0, 2],
            [4, 0, 2],
            [3, 4, 2],
            [4, 4, 2],
        ];
        let mut sorted = expected;
        sorted.sort_by_key(|[i, j, k]| [*k, *j, *i]);
        assert_eq!(cells, sorted);
        let weight = |cell: PerAxis<i64>| nodes.iter().find(|node| node.cell == cell).unwrap().weight;
        assert!((weight([4, 0, 1]) / weight([3, 0, 1]) - 0.3 / 0.7).abs() < ROUNDING);
        assert!((weight([3, 0, 1]) / weight([3, 4, 1]) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_volume_has_its_density_wherever_it_is_and_its_own_size() {
        for walls in [[PERIODIC, PMC, PERIODIC], [PMC, PERIODIC, PMC]] {
            let grid = grid(&walls);
            for component in [Ex, Ey, Ez, Hx] {
                let (from, to) = ([-0.13, 1.1, 0.2], [0.21, 1.95, 2.1]);
                let volume: f64 = (0..3).map(|axis| to[axis] - from[axis]).product();
                assert!((total(&grid, &walls, &current(component, from, to)) - volume).abs() < ROUNDING);
                let full = current(component, grid.origin, [0.4, 2.5, 2.8]);
                let nodes = full.nodes(&grid, &walls, &all(&grid));
                assert!(
                    nodes.iter().all(|node| (node.weight - 1.0).abs() < ROUNDING),
                    "{component:?}"
                );
                let n_nodes: i64 = (0..3)
                    .map(|axis| {
                        let is_longer = component.location(&grid).0[axis] && !grid.periodic[axis];
                        grid.cells[axis] as i64 + i64::from(is_longer)
                    })
                    .product();
                assert_eq!(nodes.len() as i64, n_nodes);
            }
        }
    }

    #[test]
    fn a_sheet_is_concentrated_along_one_axis() {
        let walls = [PERIODIC, PERIODIC, PEC];
        let grid = grid(&walls);
        let sheet = current(Ex, [-0.2, 1.0, 1.05], [0.4, 2.5, 1.05]);
        let nodes = sheet.nodes(&grid, &walls, &all(&grid));
        assert_eq!(nodes.len(), 2 * 30);
        assert!(nodes.iter().all(|node| (node.weight - 0.5 / 0.7).abs() < ROUNDING));
    }

    #[test]
    fn walls_take_a_current_or_show_its_image() {
        let along_x = |walls: [Wall; 2], component: Component, x: f64| {
            let walls = [walls, PERIODIC, PERIODIC];
            let grid = grid(&walls);
            let dipole = current(component, [x, 1.3, 0.7], [x, 1.3, 0.7]);
            let nodes = dipole.nodes(&grid, &walls, &all(&grid));
            let mut sums = [0.0; 7];
            for node in nodes {
                // Without the weights along y and z.
                sums[node.cell[0] as usize] += node.weight * grid.cell_volume();
            }
            sums
        };
        let near = |found: [f64; 7], expected: [f64; 7]| {
            assert!((0..7).all(|i| (found[i] - expected[i]).abs() < ROUNDING), "{found:?}");
        };
        let layer = Wall::Cpml(super::super::absorber::Choice::of(2));
        for conductor in [PEC, [layer; 2]] {
            // E along the wall, a tenth of a cell inside: the rest is on the conductor.
            near(along_x(conductor, Ez, -0.19), [0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0]);
            near(along_x(conductor, Ez, 0.4), [0.0; 7]);
            // E across it: what lies beyond the wall is the image's, which points the same way.
            near(along_x(conductor, Ex, -0.19), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
            near(along_x(conductor, Ex, 0.39), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        }
        // A magnetic wall: twice the density in half a cell; and an image of the other sign.
        near(along_x(PMC, Ez, -0.19), [1.8, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0]);
        near(along_x(PMC, Ez, 0.4), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]);
        near(along_x(PMC, Ex, -0.19), [0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_node_has_the_same_weight_on_whatever_tile() {
        let walls = [PEC, PERIODIC, PMC];
        let grid = grid(&walls);
        let mut source = current(Ey, [-0.17, 1.2, 0.0], [0.4, 2.45, 2.8]);
        source.profile = Some(Formula::parse("sin(x) + y*z", &["x", "y", "z"]).unwrap());
        let whole = source.nodes(&grid, &walls, &all(&grid));
        assert!(!whole.is_empty());
        let mut parts = Vec::new();
        for part in 0..3 {
            parts.extend(source.nodes(&grid, &walls, &all(&grid).split(0, 3, part)));
        }
        parts.sort_by_key(|node| [node.cell[2], node.cell[1], node.cell[0]]);
        assert_eq!(whole, parts);
    }

    #[test]
    fn copies_beyond_joined_ends_carry_what_their_originals_do() {
        let walls = [PEC, PERIODIC, PERIODIC];
        let grid = grid(&walls);
        let mut source = current(Ey, [-0.17, 1.2, 0.0], [0.1, 2.45, 0.9]);
        source.profile = Some(Formula::parse("sin(x) + y*z", &["x", "y", "z"]).unwrap());
        let halo = all(&grid).grow([0, 3, 4], [0, 5, 2]);
        let nodes = source.nodes(&grid, &walls, &halo);
        let key = |node: &Node| [node.cell[2], node.cell[1], node.cell[0]];
        assert!(nodes.is_sorted_by_key(key));
        let originals = source.nodes(&grid, &walls, &all(&grid));
        let mut n_expected = 0;
        for original in &originals {
            let copies = nodes.iter().filter(|node| {
                let wrapped = [0, 1, 2].map(|axis| grid.wrap(axis, node.cell[axis]));
                wrapped == original.cell
            });
            for copy in copies {
                assert_eq!(copy.weight.to_bits(), original.weight.to_bits());
                n_expected += 1;
            }
        }
        assert!(nodes.len() == n_expected && nodes.len() > originals.len());
    }

    #[test]
    fn a_profile_is_taken_where_the_component_lives() {
        let walls = [PERIODIC, PERIODIC, PERIODIC];
        let grid = grid(&walls);
        let mut source = current(Ex, grid.origin, [0.4, 2.5, 2.8]);
        source.profile = Some(Formula::parse("x + 10*y + 100*z", &["x", "y", "z"]).unwrap());
        for node in source.nodes(&grid, &walls, &all(&grid)) {
            let [x, y, z] = grid.point(Ex.location(&grid), node.cell);
            let expected = x + 10.0 * y + 100.0 * z;
            assert!((node.weight - expected).abs() < ROUNDING * expected.abs());
        }
    }

    #[test]
    fn in_2d_amplitudes_are_per_metre_of_the_third_axis() {
        let walls = [PEC, PEC, PERIODIC];
        let grid = Grid {
            cells: [6, 5, 1],
            dims: 2,
            spacing: [0.1, 0.3, 1.0],
            origin: [0.0; 3],
            periodic: [false, false, true],
        };
        let line = current(Ez, [0.3, 0.6, 0.0], [0.3, 0.6, 0.0]);
        let nodes = line.nodes(&grid, &walls, &all(&grid));
        assert_eq!(nodes.len(), 1);
        assert_eq!(nodes[0].cell, [3, 2, 0]);
        assert!((nodes[0].weight * 0.03 - 1.0).abs() < ROUNDING);
    }

    #[test]
    fn electric_and_magnetic_currents_have_their_own_half_steps() {
        let waveform = Waveform::Ricker {
            frequency: 0.1,
            delay: 20.0,
        };
        let with = |component| Current {
            amplitude: 3.0,
            waveform: waveform.clone(),
            ..current(component, [0.0; 3], [0.0; 3])
        };
        assert_eq!(
            with(Ex).rate(30, 0.5),
            3.0 * waveform.electric_rate(Drive::Current, 30, 0.5)
        );
        assert_eq!(
            with(Hx).rate(30, 0.5),
            3.0 * waveform.magnetic_rate(Drive::Current, 30, 0.5)
        );
    }
}
