//! What blocks, their parts and their sweeps keep.

use super::*;
use crate::engine::Sweep;
use crate::field::{Read, SlotSpec};
use crate::grid::Location;
use crate::kernels::Phase;
use crate::parallel::Member;
use std::cell::RefCell;

/// Stages by what they read, with reaches below and above, and what they write.
type Stages = Vec<(Vec<(usize, i64, i64)>, Vec<usize>)>;

fn grid() -> Grid {
    Grid {
        cells: [9, 30, 30],
        dims: 3,
        spacing: [1.0; 3],
        origin: [0.0; 3],
        periodic: [true; 3],
    }
}

fn declaration(n_slots: usize, phases: Vec<Stages>) -> Declaration {
    let slot = |n: usize| SlotSpec {
        name: format!("s{n}"),
        location: Location::CENTER,
        scalar: Scalar::Real,
        role: Role::State,
        domain: None,
    };
    let stage = |(reads, writes): (Vec<(usize, i64, i64)>, Vec<usize>)| StageSpec {
        name: "stage",
        reads: reads
            .into_iter()
            .map(|(slot, lo, hi)| {
                Read::star(
                    SlotId(slot),
                    Reach {
                        lo: [lo; 3],
                        hi: [hi; 3],
                    },
                )
            })
            .collect(),
        writes: writes.into_iter().map(SlotId).collect(),
    };
    let phase = |stages: Stages| Phase {
        stages: stages.into_iter().map(stage).collect(),
        live: Vec::new(),
    };
    Declaration {
        slots: (0..n_slots).map(slot).collect(),
        fields: Vec::new(),
        initial: stage((Vec::new(), Vec::new())),
        phases: phases.into_iter().map(phase).collect(),
        totals: Vec::new(),
        gauges: None,
        ghosts: Reach::NONE,
        n_coefficient_arrays: 0,
        layers_at_once: 1,
    }
}

/// Two buffers that take turns.
fn double_buffer(reach: i64) -> Declaration {
    let turn = |from, to| vec![(vec![(from, reach, reach)], vec![to])];
    declaration(2, vec![turn(0, 1), turn(1, 0)])
}

/// Two staggered fields, each updated in place.
fn yee() -> Declaration {
    let first = (vec![(0, 0, 1), (1, 0, 0)], vec![1]);
    let second = (vec![(1, 1, 0), (0, 0, 0)], vec![0]);
    declaration(2, vec![vec![first, second]])
}

/// Three stages between three buffers, with a memory that is kept at the cell.
fn runge_kutta() -> Declaration {
    let stages = vec![
        (vec![(0, 2, 2), (3, 0, 0)], vec![1, 3]),
        (vec![(0, 0, 0), (1, 2, 1)], vec![2]),
        (vec![(2, 2, 2), (0, 0, 0)], vec![0]),
    ];
    declaration(4, vec![stages])
}

fn all() -> [Declaration; 5] {
    let lopsided = declaration(2, vec![vec![(vec![(0, 0, 3)], vec![1]), (vec![(1, 2, 0)], vec![0])]]);
    [double_buffer(1), double_buffer(3), yee(), runge_kutta(), lopsided]
}

fn tile(depth: Reach) -> Tile {
    Tile {
        grid: grid(),
        owned: IndexBox::new([0, 0, 0], [9, 12, 11]),
        margin: depth,
    }
}

#[test]
fn steps_of_known_schemes_lag_and_reach_as_by_hand() {
    let block = Block::new(&double_buffer(2), &grid(), 0, 3, None);
    let lags: Vec<i64> = block.levels.iter().map(|level| level.lag[1]).collect();
    let beyond: Vec<i64> = block.levels.iter().map(|level| level.beyond.lo[2]).collect();
    assert_eq!((lags, beyond), (vec![0, 2, 4], vec![4, 2, 0]));
    assert_eq!(block.depth(), Reach::all(6));
    let block = Block::new(&yee(), &grid(), 0, 3, None);
    let lags: Vec<i64> = block.levels.iter().map(|level| level.lag[1]).collect();
    assert_eq!(lags, [0, 0, 1, 1, 2, 2]);
    assert_eq!(block.depth(), Reach::all(3));
}

/// Every value that a level reads is the one that the level before it has left there, in every kind of sweep.
#[test]
fn a_sweep_finds_what_it_reads_and_does_every_cell_once() {
    let sweeps = [
        (1, None),
        (3, None),
        (1, Some(4)),
        (2, Some(1)),
        (5, Some(7)),
        (100, None),
    ];
    for declaration in all() {
        for n_steps in [1, 2, 3, 5] {
            for first in 0..declaration.phases.len() {
                for (layers, strips) in sweeps {
                    let sweep = Sweep {
                        marching: 2,
                        layers,
                        across: strips.map(|_| 1),
                        rows: strips.unwrap_or(0),
                        rows_at_once: 3,
                    };
                    let block = Block::new(&declaration, &grid(), first, n_steps, None);
                    follow(&declaration, &block, sweep, 1, true);
                    follow(&declaration, &block, sweep, 1, false);
                    let block = Block::new(&declaration, &grid(), first, n_steps, Some(Shared { axis: 2, layers }));
                    follow(&declaration, &block, sweep, 3, true);
                }
            }
        }
    }
}

/// Follows a sweep by `n_members` threads, whose shares of a layer are done in both orders.
/// Rows that are joined are whole ones.
fn follow(declaration: &Declaration, block: &Block, sweep: Sweep, n_members: usize, is_joined: bool) {
    let mut tile = tile(block.depth());
    if !is_joined {
        tile.owned = tile.owned.with_range(0, 2, 5);
    }
    let regions = block.regions(&tile);
    assert_eq!(regions.last(), Some(&tile.owned));
    follow_all(declaration, block, &tile, sweep, n_members, &[regions], &Reach::NONE);
}

/// Follows sweeps of one after the other of `all`, before the second of which messages fill the halo as far as `reach`
/// says.
fn follow_all(
    declaration: &Declaration,
    block: &Block,
    tile: &Tile,
    sweep: Sweep,
    n_members: usize,
    all: &[Vec<IndexBox>],
    reach: &Reach,
) {
    let stored = tile.stored();
    let whole = block.regions(tile);
    let place = |cell: [i64; 3]| {
        let [i, j, k] = [0, 1, 2].map(|axis| (cell[axis] - stored.lo[axis]) as usize);
        i + stored.len(0) * (j + stored.len(1) * k)
    };
    // What each member does between two meetings.
    let shares = |regions: &[IndexBox]| -> Vec<Vec<Vec<(usize, IndexBox)>>> {
        let share = |number: usize| {
            let done = RefCell::new(vec![Vec::new()]);
            let next = || done.borrow_mut().push(Vec::new());
            let member = Member::counting(number, n_members, &next);
            let run = |n, part| done.borrow_mut().last_mut().unwrap().push((n, part));
            sweep.for_each(&block.levels, regions, member, run, |_, _| {}, || {});
            done.into_inner()
        };
        (0..n_members).map(share).collect()
    };
    let here_already = tile.stored().grow(reach.lo.map(|n| -n), reach.hi.map(|n| -n));
    for upwards in [true, false] {
        // The level that has written a value last, counted from 1; 0 for what was there before.
        let mut written = vec![vec![0; stored.n_cells()]; declaration.slots.len()];
        let mut n_done = vec![0; whole.len()];
        let halo = || cells(&stored).filter(|&cell| !here_already.contains(cell));
        let arrive = |written: &mut Vec<Vec<usize>>, value: usize| {
            written
                .iter_mut()
                .for_each(|slot| halo().for_each(|cell| slot[place(cell)] = value));
        };
        arrive(&mut written, usize::MAX);
        for (number, regions) in all.iter().enumerate() {
            if number == 1 {
                arrive(&mut written, 0);
            }
            let shares = shares(regions);
            for meeting in 0..shares[0].len() {
                for m in 0..n_members {
                    let number = if upwards { m } else { n_members - 1 - m };
                    for &(n, part) in &shares[number][meeting] {
                        let stage = spec(declaration, &block.levels[n]);
                        for read in &stage.reads {
                            let writes = |l: &usize| spec(declaration, &block.levels[*l]).writes.contains(&read.slot);
                            let writer = (0..n).rev().find(writes);
                            let reached = part.reached(&read.reach);
                            let right = writer.map_or(stored, |writer| match tile.is_joined(0) {
                                true => whole[writer].with_range(0, stored.lo[0], stored.hi[0]),
                                false => whole[writer],
                            });
                            assert!(
                                right.contains_box(&reached),
                                "level {n} reads {reached}, of which {right} is right"
                            );
                            for cell in cells(&reached) {
                                let found = written[read.slot.0][place(cell)];
                                assert_eq!(
                                    found,
                                    writer.map_or(0, |writer| writer + 1),
                                    "level {n} on {part}, {sweep:?}"
                                );
                            }
                        }
                        for slot in &stage.writes {
                            cells(&part).for_each(|cell| written[slot.0][place(cell)] = n + 1);
                        }
                        for ends in row_ends(declaration, tile, &block.levels[n]) {
                            for BoxCopy { from, by } in ends.copies(&part, tile) {
                                cells(&from.shift(by)).for_each(|cell| written[ends.slot.0][place(cell)] = n + 1);
                            }
                        }
                        assert!(regions[n].contains_box(&part));
                        n_done[n] += part.n_cells();
                    }
                }
            }
        }
        assert!(whole.iter().map(IndexBox::n_cells).eq(n_done));
    }
}

/// A core that is done before messages have filled their part of the halo, and what is left, give every value.
#[test]
fn a_core_needs_no_message_and_the_rest_finds_what_it_reads() {
    let mut n_split = 0;
    for declaration in all() {
        for n_steps in [1, 2] {
            for cut in [[false, false, true], [false, true, false], [false, true, true]] {
                for (layers, n_members) in [(1, 1), (2, 1), (1, 3), (2, 3)] {
                    let shared = (n_members > 1).then_some(Shared { axis: 2, layers });
                    let block = Block::new(&declaration, &grid(), 0, n_steps, shared);
                    let tile = tile(block.depth());
                    let depth = block.depth();
                    let late = |reach: PerAxis<i64>| [0, 1, 2].map(|axis| if cut[axis] { reach[axis] } else { 0 });
                    let late = Reach {
                        lo: late(depth.lo),
                        hi: late(depth.hi),
                    };
                    // Rows are joined: from beyond their ends corners come, and nothing else.
                    let mut reach = late;
                    (reach.lo[0], reach.hi[0]) = (depth.lo[0], depth.hi[0]);
                    let Some(split) = block.split(&declaration, &tile, &block.regions(&tile), &reach) else {
                        continue;
                    };
                    n_split += 1;
                    let sweep = Sweep {
                        marching: 2,
                        layers,
                        across: Some(1),
                        rows: 4,
                        rows_at_once: 3,
                    };
                    let all: Vec<_> = [split.core].into_iter().chain(split.rest).collect();
                    follow_all(&declaration, &block, &tile, sweep, n_members, &all, &late);
                }
            }
        }
    }
    assert!(n_split > 20, "only {n_split} were cut");
}

fn cells(all: &IndexBox) -> impl Iterator<Item = [i64; 3]> + use<> {
    let (lo, hi) = (all.lo[0], all.hi[0]);
    all.rows().flat_map(move |(j, k)| (lo..hi).map(move |i| [i, j, k]))
}

#[test]
fn walls_and_joined_rows_need_no_cells_beyond_them() {
    let mut tile = tile(Reach::all(3));
    tile.grid.periodic = [true, false, true];
    let block = Block::new(&double_buffer(1), &tile.grid, 0, 3, None);
    let regions = block.regions(&tile);
    assert_eq!(regions[0], IndexBox::new([0, 0, -2], [9, 14, 13]));
    tile.owned = tile.owned.with_range(0, 0, 5);
    assert_eq!(block.regions(&tile)[0], IndexBox::new([-2, 0, -2], [7, 14, 13]));
}
