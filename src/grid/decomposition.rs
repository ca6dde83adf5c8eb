//! How the grid is cut into tiles.

use super::{Grid, IndexBox, PerAxis, Reach};

/// Number of tiles along each axis.
pub type Topology = PerAxis<usize>;

/// The relative cost of a face cell per axis: cells of a face normal to x are strided in memory, a face normal to z is
/// one contiguous sheet. Rows that are cut short also vectorise worse.
const FACE_WEIGHT: PerAxis<f64> = [1.8, 1.1, 1.0];

/// The grid cut into a box of tiles. Tile sizes along an axis differ by at most one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposition {
    pub grid: Grid,
    pub topology: Topology,
}

/// Why a grid cannot be cut as asked.
#[derive(Clone, Debug, PartialEq)]
pub enum DecompositionError {
    /// The topology does not multiply up to the number of ranks.
    WrongProduct { topology: Topology, n_ranks: usize },
    /// Tiles along `axis` would be `cells` wide, thinner than the halo of `needed` cells. `largest_usable` is 0 where
    /// the grid is too small for any number of ranks.
    TooThin {
        axis: usize,
        cells: usize,
        needed: usize,
        largest_usable: usize,
    },
}

impl Decomposition {
    /// Cuts `grid` into `n_ranks` tiles, none thinner than `reach` along a cut axis, with the smallest weighted
    /// communication surface, or as `wanted` says.
    pub fn new(
        grid: &Grid,
        n_ranks: usize,
        reach: &Reach,
        wanted: Option<Topology>,
    ) -> Result<Decomposition, DecompositionError> {
        if let Some(topology) = wanted {
            if topology.iter().product::<usize>() != n_ranks {
                return Err(DecompositionError::WrongProduct { topology, n_ranks });
            }
            return match thin_axis(grid, topology, reach) {
                Some(axis) => Err(too_thin(grid, topology, axis, reach)),
                None => Ok(Decomposition {
                    grid: grid.clone(),
                    topology,
                }),
            };
        }
        let best = factorisations(n_ranks)
            .into_iter()
            .filter(|&topology| thin_axis(grid, topology, reach).is_none())
            .min_by(|&a, &b| surface(grid, a).total_cmp(&surface(grid, b)).then(a.cmp(&b)));
        match best {
            Some(topology) => Ok(Decomposition {
                grid: grid.clone(),
                topology,
            }),
            None => {
                // No cut fits: report the axis that offers the most room.
                let least_bad = factorisations(n_ranks)
                    .into_iter()
                    .max_by_key(|t| (0..3).map(|a| grid.cells[a] / t[a]).min())
                    .expect("every number of ranks has a factorisation");
                let axis = thin_axis(grid, least_bad, reach).expect("it was filtered out for being thin");
                Err(too_thin(grid, least_bad, axis, reach))
            }
        }
    }

    pub fn n_tiles(&self) -> usize {
        self.topology.iter().product()
    }

    /// Place of a rank in the box of tiles; z fastest, so that consecutive ranks (same node) share the cheap z faces.
    pub fn place(&self, rank: usize) -> PerAxis<usize> {
        let [_, ny, nz] = self.topology;
        [rank / (ny * nz), rank / nz % ny, rank % nz]
    }

    /// Rank at a place of the box of tiles.
    pub fn rank(&self, place: PerAxis<usize>) -> usize {
        let [_, ny, nz] = self.topology;
        (place[0] * ny + place[1]) * nz + place[2]
    }

    /// The cells that `rank` owns.
    pub fn owned(&self, rank: usize) -> IndexBox {
        let place = self.place(rank);
        (0..3).fold(self.grid.all(), |b, axis| {
            b.split(axis, self.topology[axis], place[axis])
        })
    }

    /// The rank next to `rank` in `direction` (-1, 0, 1 per axis), across periodic ends; `None` beyond a wall.
    pub fn neighbour(&self, rank: usize, direction: PerAxis<i64>) -> Option<usize> {
        let mut place = self.place(rank);
        for axis in 0..3 {
            let n = self.topology[axis] as i64;
            let moved = place[axis] as i64 + direction[axis];
            if (moved < 0 || moved >= n) && !self.grid.periodic[axis] {
                return None;
            }
            place[axis] = moved.rem_euclid(n) as usize;
        }
        Some(self.rank(place))
    }
}

impl Decomposition {
    /// Whether no tile is thinner than a halo of `reach`, wherever it has one.
    pub fn admits(&self, reach: &Reach) -> bool {
        thin_axis(&self.grid, self.topology, reach).is_none()
    }
}

/// The largest number of ranks that the grid admits with a halo of `reach`.
pub fn largest_usable(grid: &Grid, reach: &Reach) -> usize {
    (0..3).map(|axis| most_tiles(grid, axis, reach)).product()
}

/// The largest number of tiles along `axis` whose thinnest is at least as wide as the halo.
fn most_tiles(grid: &Grid, axis: usize, reach: &Reach) -> usize {
    (grid.cells[axis] / reach.widest(axis).max(1) as usize).max(1)
}

/// The first axis whose tiles are thinner than the halo: where the axis is cut, or joined to itself.
fn thin_axis(grid: &Grid, topology: Topology, reach: &Reach) -> Option<usize> {
    (0..3).find(|&axis| {
        let has_halo = topology[axis] > 1 || grid.periodic[axis];
        has_halo && (grid.cells[axis] / topology[axis]) < (reach.widest(axis) as usize).max(1)
    })
}

fn too_thin(grid: &Grid, topology: Topology, axis: usize, reach: &Reach) -> DecompositionError {
    // The largest count below the one asked for that has an admissible factorisation.
    let asked: usize = topology.iter().product();
    let largest = (1..=asked.min(largest_usable(grid, reach)))
        .rev()
        .find(|&n| {
            factorisations(n)
                .into_iter()
                .any(|t| thin_axis(grid, t, reach).is_none())
        })
        .unwrap_or(0);
    DecompositionError::TooThin {
        axis,
        cells: grid.cells[axis] / topology[axis],
        needed: reach.widest(axis).max(1) as usize,
        largest_usable: largest,
    }
}

/// All ordered triples of positive numbers with product `n`.
fn factorisations(n: usize) -> Vec<Topology> {
    let divisors = |m: usize| (1..=m).filter(move |d| m.is_multiple_of(*d));
    divisors(n)
        .flat_map(|a| divisors(n / a).map(move |b| [a, b, n / a / b]))
        .collect()
}

/// Weighted number of face cells that a topology communicates.
fn surface(grid: &Grid, topology: Topology) -> f64 {
    (0..3)
        .map(|axis| {
            let n = topology[axis];
            let cuts = if n == 1 {
                0
            } else {
                n - usize::from(!grid.periodic[axis])
            };
            FACE_WEIGHT[axis] * cuts as f64 * (grid.n_cells() / grid.cells[axis]) as f64
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(cells: PerAxis<usize>) -> Grid {
        Grid {
            cells,
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        }
    }

    #[test]
    fn every_cell_is_owned_by_exactly_one_rank() {
        let g = grid([7, 5, 3]);
        for n in [1, 2, 3, 4, 6, 12] {
            let d = Decomposition::new(&g, n, &Reach::all(1), None).unwrap();
            let mut owners = vec![0; g.n_cells()];
            for rank in 0..n {
                let b = d.owned(rank);
                for (j, k) in b.rows() {
                    for i in b.lo[0]..b.hi[0] {
                        owners[((k * 5 + j) * 7 + i) as usize] += 1;
                    }
                }
            }
            assert!(owners.iter().all(|&c| c == 1), "{n} ranks");
        }
    }

    #[test]
    fn rank_and_place_are_inverse() {
        let d = Decomposition {
            grid: grid([8, 8, 8]),
            topology: [2, 3, 2],
        };
        assert!((0..12).all(|r| d.rank(d.place(r)) == r));
    }

    #[test]
    fn a_flat_grid_is_cut_along_its_long_axes() {
        let d = Decomposition::new(&grid([100, 400, 1]), 4, &Reach::all(1), None).unwrap();
        assert_eq!(d.topology, [1, 4, 1]);
        let d = Decomposition::new(&grid([64, 64, 64]), 8, &Reach::all(1), None).unwrap();
        assert_eq!(d.topology, [2, 2, 2]);
    }

    #[test]
    fn periodic_ends_are_neighbours_and_walls_are_not() {
        let mut g = grid([8, 8, 1]);
        g.periodic = [true, false, false];
        let d = Decomposition {
            grid: g,
            topology: [2, 2, 1],
        };
        let corner = d.rank([0, 0, 0]);
        assert_eq!(d.neighbour(corner, [-1, 0, 0]), Some(d.rank([1, 0, 0])));
        assert_eq!(d.neighbour(corner, [0, -1, 0]), None);
        assert_eq!(d.neighbour(corner, [-1, 1, 0]), Some(d.rank([1, 1, 0])));
    }

    #[test]
    fn a_tile_thinner_than_the_halo_is_refused_with_the_largest_usable_number() {
        let g = grid([10, 4, 1]);
        let reach = Reach {
            lo: [3, 3, 0],
            hi: [3, 3, 0],
        };
        let error = Decomposition::new(&g, 4, &reach, None).unwrap_err();
        assert_eq!(
            error,
            DecompositionError::TooThin {
                axis: 0,
                cells: 2,
                needed: 3,
                largest_usable: 3
            }
        );
        assert!(Decomposition::new(&g, 3, &reach, None).is_ok());
    }

    #[test]
    fn a_periodic_axis_narrower_than_its_halo_admits_no_ranks() {
        let mut g = grid([2, 64, 1]);
        g.periodic = [true, false, false];
        let reach = Reach {
            lo: [3, 3, 0],
            hi: [3, 3, 0],
        };
        let error = Decomposition::new(&g, 1, &reach, None).unwrap_err();
        assert_eq!(
            error,
            DecompositionError::TooThin {
                axis: 0,
                cells: 2,
                needed: 3,
                largest_usable: 0
            }
        );
    }

    #[test]
    fn a_topology_that_does_not_multiply_up_is_refused() {
        let error = Decomposition::new(&grid([9, 9, 9]), 4, &Reach::all(1), Some([3, 1, 1])).unwrap_err();
        assert_eq!(
            error,
            DecompositionError::WrongProduct {
                topology: [3, 1, 1],
                n_ranks: 4
            }
        );
    }
}
