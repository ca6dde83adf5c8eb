//! The grid: all cells of the problem, their size and their place.

use super::{IndexBox, Location, PerAxis};

/// Names of the axes in messages and files.
pub const AXIS_NAMES: PerAxis<&str> = ["x", "y", "z"];

/// All cells of the problem: a uniform, rectangular grid in 2D or 3D.
///
/// A 2D grid has one cell along z. An axis of one cell is *inactive*: nothing varies or moves along it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Number of cells per axis, at least 1 each.
    pub cells: PerAxis<usize>,
    /// Number of axes that the configuration names: 2 or 3.
    pub dims: usize,
    /// Side of a cell per axis, m.
    pub spacing: PerAxis<f64>,
    /// Lower corner of the grid, m.
    pub origin: PerAxis<f64>,
    /// Axes whose ends are joined.
    pub periodic: PerAxis<bool>,
}

impl Grid {
    /// The box of all cells.
    pub fn all(&self) -> IndexBox {
        IndexBox::from_size(self.cells)
    }

    /// Whether anything can vary along `axis`.
    pub fn is_active(&self, axis: usize) -> bool {
        self.cells[axis] > 1
    }

    pub fn n_cells(&self) -> usize {
        self.cells.iter().product()
    }

    /// Volume of a cell, m3. In 2D the third side counts as 1 m.
    pub fn cell_volume(&self) -> f64 {
        self.spacing[0] * self.spacing[1] * self.spacing[2]
    }

    /// The indices at which something that lives at `location` has values: all cells, and along axes that end in walls one
    /// more where it lives on the lower faces.
    pub fn nodes(&self, location: Location) -> IndexBox {
        let mut nodes = self.all();
        for axis in 0..3 {
            nodes.hi[axis] += i64::from(location.0[axis] && !self.periodic[axis] && self.is_active(axis));
        }
        nodes
    }

    /// The part of `domain` that belongs to whoever owns the cells `owned`: nodes beyond the last cell belong to it.
    pub fn owned_part(&self, owned: &IndexBox, domain: &IndexBox) -> IndexBox {
        let mut owned = *owned;
        for axis in 0..3 {
            if owned.hi[axis] == self.cells[axis] as i64 {
                owned.hi[axis] = owned.hi[axis].max(domain.hi[axis]);
            }
        }
        owned.intersect(domain)
    }

    /// The index inside the grid that `index` means along `axis`: halo cells of a periodic axis are images of the cells
    /// at the other end.
    pub fn wrap(&self, axis: usize, index: i64) -> i64 {
        if self.periodic[axis] {
            index.rem_euclid(self.cells[axis] as i64)
        } else {
            index
        }
    }

    /// Coordinate along `axis` of the place with global index `index`, m: the one expression from which every
    /// coordinate in simrun comes, so that a place has the same bits on every tile.
    pub fn coordinate(&self, axis: usize, location: Location, index: i64) -> f64 {
        self.origin[axis] + (self.wrap(axis, index) as f64 + location.offset()[axis]) * self.spacing[axis]
    }

    /// Coordinates along `axis` of the indices `[lo, hi)`, m.
    pub fn coordinates(&self, axis: usize, location: Location, lo: i64, hi: i64) -> Vec<f64> {
        (lo..hi).map(|index| self.coordinate(axis, location, index)).collect()
    }

    /// Coordinates of a cell's place, m.
    pub fn point(&self, location: Location, cell: PerAxis<i64>) -> PerAxis<f64> {
        [0, 1, 2].map(|axis| self.coordinate(axis, location, cell[axis]))
    }
}

impl Grid {
    /// A cell and its coordinates in `unit`, which may be none, as messages name them: `cell (3, 5), x = 35 m, y = 5.5 m`.
    pub fn describe(&self, location: Location, cell: PerAxis<i64>, unit: &str) -> String {
        let axes = || 0..self.dims;
        let indices: Vec<String> = axes().map(|axis| cell[axis].to_string()).collect();
        let place: Vec<String> = axes()
            .map(|axis| {
                let coordinate = self.coordinate(axis, location, cell[axis]);
                format!("{} = {coordinate} {unit}", AXIS_NAMES[axis])
                    .trim_end()
                    .to_string()
            })
            .collect();
        format!("cell ({}), {}", indices.join(", "), place.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            cells: [5, 3, 1],
            dims: 2,
            spacing: [0.1, 2.0, 1.0],
            origin: [-1.0, 10.0, 0.0],
            periodic: [true, false, false],
        }
    }

    #[test]
    fn a_halo_cell_of_a_periodic_axis_has_the_coordinate_of_its_original() {
        let g = grid();
        for i in -7..12 {
            let original = g.coordinate(0, Location::CENTER, g.wrap(0, i));
            assert_eq!(g.coordinate(0, Location::CENTER, i).to_bits(), original.to_bits());
        }
        assert_eq!(g.coordinate(1, Location::CENTER, -1), 9.0);
        assert_eq!(g.coordinate(1, Location::face(1), 3), 16.0);
    }

    #[test]
    fn a_cell_is_described_with_the_axes_that_the_grid_has() {
        assert_eq!(
            grid().describe(Location::CENTER, [4, 1, 0], "m"),
            "cell (4, 1), x = -0.55 m, y = 13 m"
        );
    }

    #[test]
    fn what_lives_on_lower_faces_has_one_more_node_between_walls() {
        let grid = grid();
        let nodes = grid.nodes(Location([true, true, true]));
        assert_eq!(nodes, IndexBox::new([0; 3], [5, 4, 1]));
        let [lower, upper] = [0, 1].map(|part| grid.owned_part(&grid.all().split(1, 2, part), &nodes));
        assert_eq!(lower, IndexBox::new([0; 3], [5, 2, 1]));
        assert_eq!(upper, IndexBox::new([0, 2, 0], [5, 4, 1]));
    }

    #[test]
    fn an_axis_of_one_cell_is_inactive() {
        assert!(grid().is_active(0) && grid().is_active(1) && !grid().is_active(2));
    }
}
