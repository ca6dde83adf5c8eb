//! Which cells a tile needs from whom before a stage can run: pure box algebra.

use crate::field::{Shape, SlotId};
use crate::grid::{Decomposition, IndexBox, PerAxis, Reach, Tile};

/// Halo cells that the next stages read of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaloNeed {
    pub slot: SlotId,
    pub reach: Reach,
    pub shape: Shape,
}

/// The cells of one slot that travel between two tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct HaloPart {
    pub slot: SlotId,
    /// Owned cells (and ghosts along walls, where corners matter) that the neighbour needs.
    pub send: IndexBox,
    /// Halo cells that the neighbour fills.
    pub recv: IndexBox,
}

/// Everything that one message to, and one from, a neighbour carries.
#[derive(Clone, Debug, PartialEq)]
pub struct HaloLink {
    pub rank: usize,
    /// Where the neighbour is: -1, 0 or 1 per axis.
    pub direction: PerAxis<i64>,
    pub parts: Vec<HaloPart>,
}

/// Cells that a tile copies into its own halo, being its own neighbour.
#[derive(Clone, Debug, PartialEq)]
pub struct HaloCopy {
    pub slot: SlotId,
    pub from: IndexBox,
    pub by: PerAxis<i64>,
}

/// What one rank sends, receives and copies before a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HaloPlan {
    pub links: Vec<HaloLink>,
    pub copies: Vec<HaloCopy>,
}

impl HaloPlan {
    /// The plan of `rank` for `needs`, the same list on every rank.
    pub fn new(decomposition: &Decomposition, rank: usize, tile: &Tile, needs: &[HaloNeed]) -> HaloPlan {
        let mut plan = HaloPlan::default();
        for direction in directions() {
            let Some(neighbour) = decomposition.neighbour(rank, direction) else {
                continue;
            };
            let parts: Vec<HaloPart> = needs
                .iter()
                .filter(|need| need.shape == Shape::Box || direction.iter().filter(|&&d| d != 0).count() == 1)
                .map(|need| part(tile, direction, need))
                .filter(|part| !part.send.is_empty() || !part.recv.is_empty())
                .collect();
            if parts.is_empty() {
                continue;
            }
            if neighbour == rank {
                plan.copies.extend(
                    parts
                        .iter()
                        .filter(|part| !part.recv.is_empty())
                        .map(|part| own_copy(tile, part)),
                );
            } else {
                plan.links.push(HaloLink {
                    rank: neighbour,
                    direction,
                    parts,
                });
            }
        }
        plan
    }

    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.copies.is_empty()
    }

    /// Cells that are sent in one exchange.
    pub fn n_cells_sent(&self) -> usize {
        self.links
            .iter()
            .flat_map(|link| &link.parts)
            .map(|part| part.send.n_cells())
            .sum()
    }

    /// How far the halo that other ranks fill extends into reads, per axis and side: what the core stays away from.
    pub fn message_reach(&self, tile: &Tile) -> Reach {
        let mut reach = Reach::NONE;
        for part in self.links.iter().flat_map(|link| &link.parts) {
            for axis in 0..3 {
                reach.lo[axis] = reach.lo[axis].max(tile.owned.lo[axis] - part.recv.lo[axis]);
                reach.hi[axis] = reach.hi[axis].max(part.recv.hi[axis] - tile.owned.hi[axis]);
            }
        }
        // Ghosts along walls belong to nobody else.
        for axis in 0..3 {
            if tile.is_at_wall(axis, false) {
                reach.lo[axis] = 0;
            }
            if tile.is_at_wall(axis, true) {
                reach.hi[axis] = 0;
            }
        }
        reach
    }
}

/// All 26 directions: those along one axis first.
fn directions() -> Vec<PerAxis<i64>> {
    let mut all: Vec<PerAxis<i64>> = (0..27)
        .map(|n| [n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1])
        .filter(|d| d.iter().any(|&c| c != 0))
        .collect();
    all.sort_by_key(|d| d.iter().filter(|&&c| c != 0).count());
    all
}

/// Number of a direction, for message tags.
pub(super) fn direction_number(direction: PerAxis<i64>) -> i32 {
    (direction[0] + 1 + 3 * (direction[1] + 1) + 9 * (direction[2] + 1)) as i32
}

/// What travels to and from the neighbour in `direction`.
fn part(tile: &Tile, direction: PerAxis<i64>, need: &HaloNeed) -> HaloPart {
    let owned = &tile.owned;
    let reach = need.reach.on(&tile.grid);
    let (mut send, mut recv) = (*owned, *owned);
    for axis in 0..3 {
        let (lo, hi) = (owned.lo[axis], owned.hi[axis]);
        match direction[axis] {
            // My upper neighbour's lower halo is my last cells; my upper halo is its first.
            1 => {
                send = send.with_range(axis, hi - reach.lo[axis], hi);
                recv = recv.with_range(axis, hi, hi + reach.hi[axis]);
            }
            -1 => {
                send = send.with_range(axis, lo, lo + reach.hi[axis]);
                recv = recv.with_range(axis, lo - reach.lo[axis], lo);
            }
            _ if need.shape == Shape::Box => {
                // Corners at a wall are ghosts of shipped cells: they travel along.
                let below = if tile.is_at_wall(axis, false) {
                    tile.margin.lo[axis]
                } else {
                    0
                };
                let above = if tile.is_at_wall(axis, true) {
                    tile.margin.hi[axis]
                } else {
                    0
                };
                send = send.with_range(axis, lo - below, hi + above);
                recv = recv.with_range(axis, lo - below, hi + above);
            }
            _ => {}
        }
    }
    HaloPart {
        slot: need.slot,
        send,
        recv,
    }
}

/// The copy that stands for a message to oneself: the halo cells are images of cells one period away.
fn own_copy(tile: &Tile, part: &HaloPart) -> HaloCopy {
    let mut by = [0; 3];
    for axis in 0..3 {
        let n = tile.grid.cells[axis] as i64;
        if part.recv.hi[axis] <= tile.owned.lo[axis] {
            by[axis] = -n;
        } else if part.recv.lo[axis] >= tile.owned.hi[axis] {
            by[axis] = n;
        }
    }
    HaloCopy {
        slot: part.slot,
        from: part.recv.shift(by.map(|d| -d)),
        by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Grid;

    fn tiles(periodic: PerAxis<bool>, topology: PerAxis<usize>) -> (Decomposition, Vec<Tile>) {
        let grid = Grid {
            cells: [11, 7, 5],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic,
        };
        let decomposition = Decomposition {
            grid: grid.clone(),
            topology,
        };
        let tiles = (0..decomposition.n_tiles())
            .map(|rank| Tile {
                grid: grid.clone(),
                owned: decomposition.owned(rank),
                margin: Reach::all(2),
            })
            .collect();
        (decomposition, tiles)
    }

    const REACH: Reach = Reach {
        lo: [1, 2, 0],
        hi: [2, 1, 1],
    };

    #[test]
    fn what_one_rank_sends_is_what_the_other_receives() {
        for (periodic, topology) in [
            ([true; 3], [2, 2, 1]),
            ([false; 3], [3, 1, 2]),
            ([true, false, true], [1, 3, 2]),
            ([true; 3], [2, 1, 1]),
        ] {
            let (decomposition, tiles) = tiles(periodic, topology);
            for shape in [Shape::Star, Shape::Box] {
                let needs = [HaloNeed {
                    slot: SlotId(0),
                    reach: REACH,
                    shape,
                }];
                let plans: Vec<_> = tiles
                    .iter()
                    .enumerate()
                    .map(|(r, t)| HaloPlan::new(&decomposition, r, t, &needs))
                    .collect();
                for (rank, plan) in plans.iter().enumerate() {
                    for link in &plan.links {
                        let back = link.direction.map(|d| -d);
                        let theirs = plans[link.rank]
                            .links
                            .iter()
                            .find(|l| l.rank == rank && l.direction == back)
                            .expect("links are mutual");
                        for (mine, their) in link.parts.iter().zip(&theirs.parts) {
                            assert_eq!(mine.send.size(), their.recv.size(), "{topology:?} {shape:?}");
                        }
                    }
                }
            }
        }
    }

    /// Marks every cell with its own wrapped index, exchanges in memory, and looks at every halo cell that was asked for.
    #[test]
    fn every_halo_cell_gets_the_value_of_its_original() {
        let (decomposition, tiles) = tiles([true, false, true], [2, 2, 1]);
        let needs = [HaloNeed {
            slot: SlotId(0),
            reach: REACH,
            shape: Shape::Box,
        }];
        for (rank, tile) in tiles.iter().enumerate() {
            let plan = HaloPlan::new(&decomposition, rank, tile, &needs);
            let mut covered = Vec::new();
            for link in &plan.links {
                let back = link.direction.map(|d| -d);
                let other = HaloPlan::new(&decomposition, link.rank, &tiles[link.rank], &needs);
                let theirs = other
                    .links
                    .iter()
                    .find(|l| l.rank == rank && l.direction == back)
                    .unwrap();
                for axis in 0..3 {
                    let (from, to) = (theirs.parts[0].send, link.parts[0].recv);
                    for n in 0..to.len(axis) as i64 {
                        let g = &tile.grid;
                        assert_eq!(g.wrap(axis, to.lo[axis] + n), g.wrap(axis, from.lo[axis] + n));
                    }
                }
                covered.push(link.parts[0].recv);
            }
            covered.extend(plan.copies.iter().map(|copy| copy.from.shift(copy.by)));
            let wanted = tile.owned.reached(&REACH);
            for (j, k) in wanted.rows() {
                for i in wanted.lo[0]..wanted.hi[0] {
                    let cell = [i, j, k];
                    let beyond_wall = !(0..7).contains(&j);
                    let n = covered.iter().filter(|b| b.contains(cell)).count();
                    let halo = !tile.owned.contains(cell) && !beyond_wall;
                    if halo {
                        assert_eq!(n, 1, "rank {rank} cell {cell:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_star_needs_no_corner_neighbours() {
        let (decomposition, tiles) = tiles([false; 3], [2, 2, 1]);
        let needs = [HaloNeed {
            slot: SlotId(0),
            reach: Reach::all(1),
            shape: Shape::Star,
        }];
        let plan = HaloPlan::new(&decomposition, 0, &tiles[0], &needs);
        assert_eq!(plan.links.len(), 2);
        assert_eq!(
            plan.message_reach(&tiles[0]),
            Reach {
                lo: [0; 3],
                hi: [1, 1, 0]
            }
        );
    }

    #[test]
    fn a_side_that_is_not_read_sends_nothing() {
        let (decomposition, tiles) = tiles([false; 3], [2, 1, 1]);
        let upper_only = Reach {
            lo: [0; 3],
            hi: [1, 0, 0],
        };
        let needs = [HaloNeed {
            slot: SlotId(0),
            reach: upper_only,
            shape: Shape::Star,
        }];
        let lower = HaloPlan::new(&decomposition, 0, &tiles[0], &needs);
        let upper = HaloPlan::new(&decomposition, 1, &tiles[1], &needs);
        assert_eq!(lower.n_cells_sent(), 0);
        assert_eq!(upper.n_cells_sent(), 35);
    }
}
