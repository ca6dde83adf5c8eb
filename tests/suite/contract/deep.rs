//! Tiles with deep halos, and regions of them that a box of the grid is seen in: the same cells, or copies beyond joined
//! ends.

use crate::random::Random;
use simrun::grid::{Grid, IndexBox, Reach, Tile};
use simrun::kernels::Declaration;
use std::ops::Range;

/// A tile that owns a random part of the grid, with a halo of random depth.
pub fn random_tile(grid: &Grid, declaration: &Declaration, random: &mut Random) -> Tile {
    let mut owned = grid.all();
    for axis in 0..3 {
        if random.once_in(2) {
            let part = random_part(&(0..grid.cells[axis] as i64), random);
            owned = owned.with_range(axis, part.start, part.end);
        }
    }
    let reach = declaration.reach(grid);
    let mut deep = |reach: i64| reach * (1 + random.below(4) as i64) + random.below(2) as i64;
    let depth = Reach {
        lo: reach.lo.map(&mut deep),
        hi: reach.hi.map(&mut deep),
    };
    Tile::with_halo(grid.clone(), owned, &declaration.margin(grid), &depth)
}

/// A random region of `tile` that consists of cells of `region`, which is within the grid, and of copies of them beyond
/// joined ends; none where the tile has none that a stage with this `reach` could update.
pub fn random_copy(region: &IndexBox, tile: &Tile, reach: &Reach, random: &mut Random) -> Option<IndexBox> {
    let mut copy = *region;
    for axis in 0..3 {
        let updatable = updatable(tile, reach, axis);
        let ranges = copies(region, tile, axis)
            .into_iter()
            .map(|range| range.start.max(updatable.start)..range.end.min(updatable.end));
        let ranges: Vec<Range<i64>> = ranges.filter(|range| !range.is_empty()).collect();
        if ranges.is_empty() {
            return None;
        }
        let part = random_part(random.pick(&ranges), random);
        copy = copy.with_range(axis, part.start, part.end);
    }
    Some(copy)
}

/// The indices along `axis` for which `tile` stores all that a stage reads.
fn updatable(tile: &Tile, reach: &Reach, axis: usize) -> Range<i64> {
    let (stored, end) = (tile.stored(), tile.grid.cells[axis] as i64);
    let has_walls = !tile.grid.periodic[axis];
    let lo = match stored.lo[axis] {
        lo if has_walls && lo < 0 => 0,
        lo => lo + reach.lo[axis],
    };
    let hi = match stored.hi[axis] {
        hi if has_walls && hi > end => end,
        hi => hi - reach.hi[axis],
    };
    lo..hi
}

/// The ranges along `axis` of the copies of `region`: one where they follow each other without gaps.
fn copies(region: &IndexBox, tile: &Tile, axis: usize) -> Vec<Range<i64>> {
    let n = tile.grid.cells[axis] as i64;
    let (lo, hi) = (region.lo[axis], region.hi[axis]);
    let (lo, hi, shifts) = match tile.grid.periodic[axis] {
        true if hi - lo == n => (-n, 2 * n, vec![0]),
        true => (lo, hi, vec![-n, 0, n]),
        false => (lo, hi, vec![0]),
    };
    shifts.into_iter().map(|by| lo + by..hi + by).collect()
}

/// All of a range, or a part of it.
fn random_part(range: &Range<i64>, random: &mut Random) -> Range<i64> {
    if random.once_in(3) {
        return range.clone();
    }
    let below = |random: &mut Random, n: i64| random.below(n as usize) as i64;
    let lo = range.start + below(random, range.end - range.start);
    lo..lo + 1 + below(random, range.end - lo)
}
