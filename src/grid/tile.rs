//! One rank's part of the grid.

use super::{Grid, IndexBox, PerAxis};

/// How many cells beyond a region something extends, per axis: `lo` below, `hi` above. Never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Reach {
    pub lo: PerAxis<i64>,
    pub hi: PerAxis<i64>,
}

impl Reach {
    pub const NONE: Reach = Reach { lo: [0; 3], hi: [0; 3] };

    /// The same reach `n` on both sides of every axis.
    pub fn all(n: i64) -> Reach {
        Reach { lo: [n; 3], hi: [n; 3] }
    }

    pub fn is_none(&self) -> bool {
        *self == Reach::NONE
    }

    /// The smallest reach that covers both.
    pub fn max(&self, other: &Reach) -> Reach {
        let mut out = *self;
        for axis in 0..3 {
            out.lo[axis] = self.lo[axis].max(other.lo[axis]);
            out.hi[axis] = self.hi[axis].max(other.hi[axis]);
        }
        out
    }

    /// This reach with nothing along the inactive axes of `grid`.
    pub fn on(&self, grid: &Grid) -> Reach {
        let mut out = *self;
        for axis in 0..3 {
            if !grid.is_active(axis) {
                out.lo[axis] = 0;
                out.hi[axis] = 0;
            }
        }
        out
    }

    /// The larger of both sides along `axis`.
    pub fn widest(&self, axis: usize) -> i64 {
        self.lo[axis].max(self.hi[axis])
    }
}

impl IndexBox {
    /// This box and everything within `reach` of it.
    pub fn reached(&self, reach: &Reach) -> IndexBox {
        self.grow(reach.lo, reach.hi)
    }
}

/// The box of cells that one rank owns, and how far its storage extends beyond.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    pub grid: Grid,
    /// The cells that this rank updates.
    pub owned: IndexBox,
    /// Cells of storage beyond the owned ones: halo cells where a neighbour is, ghost cells where the grid ends.
    pub margin: Reach,
}

impl Tile {
    /// The whole grid as one tile.
    pub fn whole(grid: Grid, margin: Reach) -> Tile {
        let owned = grid.all();
        Tile { grid, owned, margin }
    }

    /// Everything that the tile stores: owned cells, halo and ghosts.
    pub fn stored(&self) -> IndexBox {
        self.owned.reached(&self.margin)
    }

    /// The region and the ghosts whose image it contains.
    pub fn with_ghosts(&self, region: &IndexBox) -> IndexBox {
        let mut ghosts = Reach::NONE;
        for axis in 0..3 {
            if self.grid.periodic[axis] {
                continue;
            }
            if region.lo[axis] == 0 {
                ghosts.lo[axis] = self.margin.lo[axis];
            }
            if region.hi[axis] == self.grid.cells[axis] as i64 {
                ghosts.hi[axis] = self.margin.hi[axis];
            }
        }
        region.reached(&ghosts)
    }

    /// Whether the tile ends where the grid ends in a wall: along `axis`, at the lower (`false`) or upper (`true`) side.
    pub fn is_at_wall(&self, axis: usize, upper: bool) -> bool {
        let ends_here = if upper {
            self.owned.hi[axis] == self.grid.cells[axis] as i64
        } else {
            self.owned.lo[axis] == 0
        };
        ends_here && !self.grid.periodic[axis]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_knows_its_walls() {
        let grid = Grid {
            cells: [8, 4, 1],
            dims: 2,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false, true, false],
        };
        let tile = Tile {
            owned: IndexBox::new([0, 0, 0], [3, 4, 1]),
            margin: Reach::all(1).on(&grid),
            grid,
        };
        assert!(tile.is_at_wall(0, false) && !tile.is_at_wall(0, true));
        assert!(!tile.is_at_wall(1, false) && !tile.is_at_wall(1, true));
        assert_eq!(tile.stored(), IndexBox::new([-1, -1, 0], [4, 5, 1]));
    }

    #[test]
    fn an_inactive_axis_has_no_reach() {
        let grid = Grid {
            cells: [8, 1, 4],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        assert_eq!(
            Reach::all(2).on(&grid),
            Reach {
                lo: [2, 0, 2],
                hi: [2, 0, 2]
            }
        );
    }
}
