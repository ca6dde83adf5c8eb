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

    /// A tile whose halo is `depth` deep on every side on which the grid goes on: beyond a joined end at most by a whole
    /// grid. Beyond walls, those of the owned cells and those that the halo reaches, it has `beyond_walls`.
    pub fn with_halo(grid: Grid, owned: IndexBox, beyond_walls: &Reach, depth: &Reach) -> Tile {
        let margin = |axis: usize, room: i64, beyond_wall: i64, depth: i64| match grid.periodic[axis] {
            _ if !grid.is_active(axis) => 0,
            true => depth.min(room + grid.cells[axis] as i64),
            false if depth < room => depth,
            false => room + beyond_wall,
        };
        let margin = Reach {
            lo: [0, 1, 2].map(|axis| margin(axis, owned.lo[axis], beyond_walls.lo[axis], depth.lo[axis])),
            hi: [0, 1, 2].map(|axis| {
                let room = grid.cells[axis] as i64 - owned.hi[axis];
                margin(axis, room, beyond_walls.hi[axis], depth.hi[axis])
            }),
        };
        Tile { grid, owned, margin }
    }

    /// The same tile with storage for a halo of `depth`, wherever it does not end in a wall.
    pub fn deepened(self, depth: &Reach) -> Tile {
        let depth = self.margin.max(depth);
        Tile::with_halo(self.grid, self.owned, &self.margin, &depth)
    }

    /// Everything that the tile stores: owned cells, halo and ghosts.
    pub fn stored(&self) -> IndexBox {
        self.owned.reached(&self.margin)
    }

    /// The smallest box with all that the tile stores of `domain`, a box within the grid, and of its copies beyond joined
    /// ends.
    pub fn stored_of(&self, domain: &IndexBox) -> IndexBox {
        let stored = self.stored();
        let mut part = stored.intersect(domain);
        for axis in (0..3).filter(|&axis| self.grid.periodic[axis]) {
            let (n, lo, hi) = (self.grid.cells[axis] as i64, domain.lo[axis], domain.hi[axis]);
            // The first copy that does not end before the tile does, and the last one that begins within it.
            let first = lo + n * (stored.lo[axis] - hi).div_euclid(n) + n;
            let last = hi + n * (stored.hi[axis] - 1 - lo).div_euclid(n);
            part.lo[axis] = first.max(stored.lo[axis]);
            part.hi[axis] = last.min(stored.hi[axis]);
        }
        part
    }

    /// The region and the ghosts whose image it contains: all that is stored beyond the walls that it touches.
    pub fn with_ghosts(&self, region: &IndexBox) -> IndexBox {
        let stored = self.stored();
        let mut all = *region;
        for axis in (0..3).filter(|&axis| !self.grid.periodic[axis]) {
            let end = self.grid.cells[axis] as i64;
            if region.lo[axis] == 0 {
                all.lo[axis] = stored.lo[axis].min(0);
            }
            if region.hi[axis] == end {
                all.hi[axis] = stored.hi[axis].max(end);
            }
        }
        all
    }

    /// Whether the tile is its own only neighbour along `axis`.
    pub fn is_joined(&self, axis: usize) -> bool {
        self.grid.periodic[axis] && self.owned.len(axis) == self.grid.cells[axis]
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
    fn a_deep_halo_ends_at_walls_and_a_grid_beyond_joined_ends() {
        let grid = Grid {
            cells: [9, 4, 1],
            dims: 2,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false, true, true],
        };
        let owned = IndexBox::new([3, 1, 0], [6, 4, 1]);
        let stored = |depth| Tile::with_halo(grid.clone(), owned, &Reach::all(1), &Reach::all(depth)).stored();
        assert_eq!(stored(2), IndexBox::new([1, -1, 0], [8, 6, 1]));
        // The halo has the cells at the walls, and so their ghosts.
        assert_eq!(stored(3), IndexBox::new([-1, -2, 0], [10, 7, 1]));
        assert_eq!(stored(7), IndexBox::new([-1, -4, 0], [10, 8, 1]));
        let tile = Tile::with_halo(grid.clone(), owned, &Reach::all(1), &Reach::all(7));
        let region = IndexBox::new([0, -2, 0], [5, 3, 1]);
        assert_eq!(tile.with_ghosts(&region), IndexBox::new([-1, -2, 0], [5, 3, 1]));
    }

    #[test]
    fn copies_of_a_domain_are_stored_with_it() {
        let grid = Grid {
            cells: [9, 10, 1],
            dims: 2,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false, true, true],
        };
        let along_y = |owned: [i64; 2], depth: i64, domain: [i64; 2]| {
            let owned = grid.all().with_range(1, owned[0], owned[1]);
            let tile = Tile::with_halo(grid.clone(), owned, &Reach::NONE, &Reach::all(depth));
            let part = tile.stored_of(&grid.all().with_range(0, 2, 5).with_range(1, domain[0], domain[1]));
            assert_eq!((part.lo[0], part.hi[0], part.len(2)), (2, 5, 1));
            [part.lo[1], part.hi[1]]
        };
        assert_eq!(along_y([0, 10], 2, [0, 10]), [-2, 12]);
        assert_eq!(along_y([0, 10], 2, [3, 6]), [3, 6]);
        assert_eq!(along_y([0, 10], 5, [3, 6]), [-5, 15]);
        assert_eq!(along_y([0, 10], 4, [3, 7]), [-4, 14]);
        assert_eq!(along_y([0, 10], 1, [0, 3]), [0, 11]);
        assert_eq!(along_y([0, 4], 3, [6, 9]), [-3, 7]);
        assert_eq!(along_y([0, 4], 3, [8, 9]), [-2, -1]);
        assert_eq!(along_y([5, 10], 4, [1, 3]), [1, 13]);
        let [lo, hi] = along_y([3, 5], 1, [7, 9]);
        assert!(lo >= hi);
    }

    #[test]
    fn only_sides_without_a_wall_become_deeper() {
        let grid = Grid {
            cells: [9, 4, 1],
            dims: 2,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false, true, false],
        };
        let tile = Tile {
            owned: IndexBox::new([0, 0, 0], [4, 4, 1]),
            margin: Reach::all(1).on(&grid),
            grid,
        };
        let deep = tile.deepened(&Reach {
            lo: [4, 3, 0],
            hi: [4, 2, 0],
        });
        assert_eq!(
            deep.margin,
            Reach {
                lo: [1, 3, 0],
                hi: [4, 2, 0]
            }
        );
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
