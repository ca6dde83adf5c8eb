//! Which cells a tile needs from whom before a stage can run: pure box algebra.

use crate::field::{Shape, SlotId};
use crate::grid::{Decomposition, IndexBox, PerAxis, Reach, Tile};
use std::collections::BTreeMap;

/// Halo cells that the next stages read of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaloNeed {
    pub slot: SlotId,
    pub reach: Reach,
    pub shape: Shape,
    /// Ghosts beyond each wall that travel with the cells they belong to; not with those of a plain star.
    pub ghosts: Reach,
    /// The part of the grid that the slot has values in; all of it unless given.
    pub domain: Option<IndexBox>,
}

/// Cells of one slot that travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HaloBox {
    pub slot: SlotId,
    pub cells: IndexBox,
}

/// What the one message to a neighbour, and the one from it, carry: for all slots, and for all sides where the two tiles
/// meet (a periodic axis that is cut in two has two).
#[derive(Clone, Debug, PartialEq)]
pub struct HaloLink {
    pub rank: usize,
    /// Owned cells (and ghosts along walls, where corners matter) that the neighbour needs, in the order in which it
    /// receives them.
    pub sends: Vec<HaloBox>,
    /// Halo cells that the neighbour fills.
    pub receives: Vec<HaloBox>,
}

/// The cells of one slot that travel across one side of a tile.
struct Part {
    slot: SlotId,
    /// Where the neighbour is: -1, 0 or 1 per axis.
    direction: PerAxis<i64>,
    send: IndexBox,
    recv: IndexBox,
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
    /// Numbers in all messages, those that are sent and those that arrive.
    pub fn n_numbers(&self) -> usize {
        let arriving = self.links.iter().map(|link| n_numbers(&link.receives));
        self.n_cells_sent() + arriving.sum::<usize>()
    }

    /// The plan of `rank` for `needs`, the same list on every rank.
    pub fn new(decomposition: &Decomposition, rank: usize, tile: &Tile, needs: &[HaloNeed]) -> HaloPlan {
        let mut copies = Vec::new();
        let mut parts_of: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
        for direction in directions() {
            let Some(neighbour) = decomposition.neighbour(rank, direction) else {
                continue;
            };
            let is_side = direction.iter().filter(|&&d| d != 0).count() == 1;
            let parts = needs
                .iter()
                .filter(|need| need.shape == Shape::Box || is_side)
                .map(|need| part(tile, direction, need));
            if neighbour == rank {
                copies.extend(
                    parts
                        .filter(|part| !part.recv.is_empty())
                        .map(|part| own_copy(tile, &part)),
                );
            } else {
                parts_of.entry(neighbour).or_default().extend(parts);
            }
        }
        let links = parts_of.into_iter().map(|(rank, parts)| HaloLink::new(rank, parts));
        let is_needed = |link: &HaloLink| !link.sends.is_empty() || !link.receives.is_empty();
        HaloPlan {
            links: links.filter(is_needed).collect(),
            copies,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.copies.is_empty()
    }

    /// Cells that are sent in one exchange.
    pub fn n_cells_sent(&self) -> usize {
        self.links.iter().map(|link| n_numbers(&link.sends)).sum()
    }

    /// How far the halo that other ranks fill extends into reads, per axis and side: what the core stays away from.
    pub fn message_reach(&self, tile: &Tile) -> Reach {
        let mut reach = Reach::NONE;
        for part in self.links.iter().flat_map(|link| &link.receives) {
            for axis in 0..3 {
                reach.lo[axis] = reach.lo[axis].max(tile.owned.lo[axis] - part.cells.lo[axis]);
                reach.hi[axis] = reach.hi[axis].max(part.cells.hi[axis] - tile.owned.hi[axis]);
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

/// Numbers in a message of these boxes.
pub fn n_numbers(boxes: &[HaloBox]) -> usize {
    boxes.iter().map(|part| part.cells.n_cells()).sum()
}

impl HaloLink {
    /// Both messages with `rank`. Sends are in the order of their directions, and so are, seen from the other side, the
    /// receives: both tiles list the same cells in the same order.
    fn new(rank: usize, mut parts: Vec<Part>) -> HaloLink {
        let boxes = |parts: &[Part], cells: fn(&Part) -> IndexBox| -> Vec<HaloBox> {
            let all = parts.iter().map(|part| HaloBox {
                slot: part.slot,
                cells: cells(part),
            });
            all.filter(|part| !part.cells.is_empty()).collect()
        };
        parts.sort_by_key(|part| part.direction);
        let sends = boxes(&parts, |part| part.send);
        parts.sort_by_key(|part| part.direction.map(|d| -d));
        let receives = boxes(&parts, |part| part.recv);
        HaloLink { rank, sends, receives }
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

/// What travels to and from the neighbour in `direction`.
fn part(tile: &Tile, direction: PerAxis<i64>, need: &HaloNeed) -> Part {
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
            _ if need.shape != Shape::Star => {
                // Ghosts of shipped cells travel along.
                let below = if tile.is_at_wall(axis, false) {
                    need.ghosts.lo[axis]
                } else {
                    0
                };
                let above = if tile.is_at_wall(axis, true) {
                    need.ghosts.hi[axis]
                } else {
                    0
                };
                send = send.with_range(axis, lo - below, hi + above);
                recv = recv.with_range(axis, lo - below, hi + above);
            }
            _ => {}
        }
    }
    if let Some(domain) = &need.domain {
        send = send.intersect(domain);
        // Beyond joined ends, copies of the domain.
        let by = [0, 1, 2].map(|axis| match tile.grid.periodic[axis] {
            true => recv.lo[axis] - tile.grid.wrap(axis, recv.lo[axis]),
            false => 0,
        });
        recv = recv.intersect(&domain.shift(by));
    }
    Part {
        slot: need.slot,
        direction,
        send,
        recv,
    }
}

/// The copy that stands for a message to oneself: the halo cells are images of cells one period away.
fn own_copy(tile: &Tile, part: &Part) -> HaloCopy {
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

    /// The plans of all ranks.
    fn plans(decomposition: &Decomposition, tiles: &[Tile], needs: &[HaloNeed]) -> Vec<HaloPlan> {
        let plan = |(rank, tile)| HaloPlan::new(decomposition, rank, tile, needs);
        tiles.iter().enumerate().map(plan).collect()
    }

    const CUTS: [(PerAxis<bool>, PerAxis<usize>); 5] = [
        ([true; 3], [2, 2, 1]),
        ([false; 3], [3, 1, 2]),
        ([true, false, true], [1, 3, 2]),
        ([true; 3], [2, 1, 1]),
        ([true, false, true], [2, 2, 1]),
    ];

    #[test]
    fn what_one_rank_sends_is_what_the_other_receives_cell_by_cell() {
        for (periodic, topology) in CUTS {
            let (decomposition, tiles) = tiles(periodic, topology);
            let domains = [None, Some(IndexBox::new([0, 1, 3], [3, 6, 5]))];
            let shapes = [Shape::Star, Shape::StarWithGhosts, Shape::Box];
            for (shape, domain) in shapes
                .into_iter()
                .flat_map(|shape| domains.map(|domain| (shape, domain)))
            {
                let needs = [0, 1].map(|slot| HaloNeed {
                    slot: SlotId(slot),
                    reach: REACH,
                    shape,
                    ghosts: Reach::all(2),
                    domain,
                });
                let plans = plans(&decomposition, &tiles, &needs);
                for (rank, plan) in plans.iter().enumerate() {
                    for link in &plan.links {
                        let theirs = plans[link.rank]
                            .links
                            .iter()
                            .filter(|l| l.rank == rank)
                            .collect::<Vec<_>>();
                        assert_eq!(theirs.len(), 1, "one message per neighbour");
                        assert_eq!(link.receives.len(), theirs[0].sends.len());
                        for (to, from) in link.receives.iter().zip(&theirs[0].sends) {
                            assert_eq!((to.slot, to.cells.size()), (from.slot, from.cells.size()));
                            for axis in 0..3 {
                                let g = &decomposition.grid;
                                let original = |cells: &IndexBox| g.wrap(axis, cells.lo[axis]);
                                assert_eq!(original(&to.cells), original(&from.cells), "{topology:?} {shape:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_halo_cell_is_filled_once() {
        for (periodic, topology) in CUTS {
            let (decomposition, tiles) = tiles(periodic, topology);
            let needs = [HaloNeed {
                slot: SlotId(0),
                reach: REACH,
                shape: Shape::Box,
                ghosts: Reach::all(2),
                domain: None,
            }];
            for (tile, plan) in tiles.iter().zip(plans(&decomposition, &tiles, &needs)) {
                let received = plan.links.iter().flat_map(|link| &link.receives).map(|part| part.cells);
                let copied = plan.copies.iter().map(|copy| copy.from.shift(copy.by));
                let filled: Vec<IndexBox> = received.chain(copied).collect();
                let wanted = tile.owned.reached(&REACH);
                for (j, k) in wanted.rows() {
                    for i in wanted.lo[0]..wanted.hi[0] {
                        let cell = [i, j, k];
                        let is_inside = (0..3).all(|axis| {
                            let cells = 0..tile.grid.cells[axis] as i64;
                            periodic[axis] || cells.contains(&cell[axis])
                        });
                        if is_inside && !tile.owned.contains(cell) {
                            let n = filled.iter().filter(|b| b.contains(cell)).count();
                            assert_eq!(n, 1, "{topology:?}: {cell:?} of the tile {}", tile.owned);
                        }
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
            ghosts: Reach::NONE,
            domain: None,
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
            ghosts: Reach::NONE,
            domain: None,
        }];
        let lower = HaloPlan::new(&decomposition, 0, &tiles[0], &needs);
        let upper = HaloPlan::new(&decomposition, 1, &tiles[1], &needs);
        assert_eq!(lower.n_cells_sent(), 0);
        assert_eq!(upper.n_cells_sent(), 35);
    }

    #[test]
    fn ghosts_travel_with_their_cells_where_a_read_asks_for_them() {
        let (decomposition, tiles) = tiles([false; 3], [1, 1, 2]);
        let need = |shape| HaloNeed {
            slot: SlotId(0),
            reach: Reach::all(1),
            shape,
            ghosts: Reach {
                lo: [0; 3],
                hi: [1, 1, 0],
            },
            domain: None,
        };
        let sent = |shape| HaloPlan::new(&decomposition, 0, &tiles[0], &[need(shape)]).n_cells_sent();
        assert_eq!(sent(Shape::Star), 11 * 7);
        assert_eq!(sent(Shape::StarWithGhosts), 12 * 8);
    }
}
