//! Which cells a point, a box or a ball releases into, and how much of it each gets.
//!
//! Shares add up to one whatever the cells are. Every rank computes them from the whole grid and keeps those of its rows.

use std::collections::BTreeMap;
use std::ops::Range;

use super::source::Source;
use crate::grid::{Grid, PerAxis, Tile};

/// Points per axis and cell at which a cell is asked whether it lies in a ball.
const POINTS: u32 = 8;

/// The shares of the cells of a tile.
#[derive(Debug)]
pub struct Shares {
    /// Sorted by (z, y).
    rows: Vec<RowShares>,
    /// Parts along x, that rows refer to.
    parts: Vec<f64>,
}

/// The shares in one row of cells.
#[derive(Debug)]
struct RowShares {
    /// Indices (z, y) of the row within the grid.
    row: (i64, i64),
    /// The first cell along x that has a part.
    first: i64,
    /// Parts of the cells from there on.
    parts: Range<usize>,
    /// A part times this is a share of the rate per volume of the cell, 1/m3.
    per_part: f64,
}

/// Along one axis: the first cell that has a part, and the parts from there on. Inside the grid.
#[derive(Debug, PartialEq)]
struct Parts {
    first: i64,
    parts: Vec<f64>,
}

impl Shares {
    /// The shares of a source that is given as an amount per time; a density has none.
    pub fn new(source: &Source, tile: &Tile) -> Shares {
        let grid = &tile.grid;
        match source {
            Source::Density(_) => Shares {
                rows: Vec::new(),
                parts: Vec::new(),
            },
            Source::Point { at, .. } => Shares::of_point(tile, *at),
            Source::Box { from, to, .. } => {
                let parts = [0, 1, 2].map(|axis| box_parts(grid, axis, from[axis], to[axis]));
                Shares::product(tile, parts)
            }
            Source::Ball { at, radius, .. } => Shares::of_ball(tile, *at, *radius),
        }
    }

    /// The cells around a point: linear in each axis, so that the first moment of what is released is the point itself.
    /// Near a wall the share of the missing cell goes to the cell at the wall.
    fn of_point(tile: &Tile, at: PerAxis<f64>) -> Shares {
        Shares::product(tile, [0, 1, 2].map(|axis| point_parts(&tile.grid, axis, at[axis])))
    }

    /// Products of the parts along each axis.
    fn product(tile: &Tile, [x, y, z]: PerAxis<Parts>) -> Shares {
        let mut rows = Vec::new();
        for (k, in_z) in (z.first..).zip(&z.parts) {
            for (j, in_y) in (y.first..).zip(&y.parts) {
                if is_stored(tile, (j, k)) {
                    rows.push(RowShares {
                        row: (k, j),
                        first: x.first,
                        parts: 0..x.parts.len(),
                        per_part: in_y * in_z / tile.grid.cell_volume(),
                    });
                }
            }
        }
        Shares { rows, parts: x.parts }
    }

    /// The cells within `radius` of a point, each by how many of its points lie inside. A ball that is too small to meet
    /// any is a point.
    fn of_ball(tile: &Tile, at: PerAxis<f64>, radius: f64) -> Shares {
        let ball = Ball::new(&tile.grid, at, radius);
        let mut rows: BTreeMap<(i64, i64), Vec<u32>> = BTreeMap::new();
        let mut total = 0u64;
        for k in ball.cells(2) {
            for j in ball.cells(1) {
                let counts = ball.row(j, k);
                total += counts.iter().map(|&n| u64::from(n)).sum::<u64>();
                let [_, j, k] = [0, tile.grid.wrap(1, j), tile.grid.wrap(2, k)];
                if is_stored(tile, (j, k)) {
                    let sums = rows.entry((k, j)).or_insert_with(|| vec![0; counts.len()]);
                    sums.iter_mut().zip(&counts).for_each(|(sum, n)| *sum += n);
                }
            }
        }
        if total == 0 {
            return Shares::of_point(tile, at);
        }
        let per_part = 1.0 / (total as f64 * tile.grid.cell_volume());
        let mut shares = Shares {
            rows: Vec::new(),
            parts: Vec::new(),
        };
        for (row, counts) in rows {
            let Some(first) = counts.iter().position(|&n| n > 0) else {
                continue;
            };
            let start = shares.parts.len();
            shares.parts.extend(counts[first..].iter().map(|&n| f64::from(n)));
            shares.rows.push(RowShares {
                row,
                first: first as i64,
                parts: start..shares.parts.len(),
                per_part,
            });
        }
        shares
    }

    /// Whether row (j, k), which may lie in a halo, has shares.
    pub fn has_row(&self, grid: &Grid, (j, k): (i64, i64)) -> bool {
        self.row(grid, (j, k)).is_some()
    }

    /// Calls `visit` with the position in the range `[lo, hi)` of row (j, k), which may reach into a halo, and the share of
    /// the rate per volume, 1/m3, of every cell that has one.
    pub fn for_each(&self, grid: &Grid, (j, k): (i64, i64), (lo, hi): (i64, i64), mut visit: impl FnMut(usize, f64)) {
        let Some(row) = self.row(grid, (j, k)) else {
            return;
        };
        let parts = &self.parts[row.parts.clone()];
        let period = grid.cells[0] as i64;
        // The row's images: itself, and copies a period away.
        let images = match grid.periodic[0] {
            true => (lo - row.first - parts.len() as i64).div_euclid(period)..=(hi - row.first).div_euclid(period),
            false => 0..=0,
        };
        for image in images {
            let first = row.first + image * period;
            let end = first + parts.len() as i64;
            for i in first.max(lo)..end.min(hi) {
                let part = parts[(i - first) as usize];
                if part != 0.0 {
                    visit((i - lo) as usize, part * row.per_part);
                }
            }
        }
    }

    fn row(&self, grid: &Grid, (j, k): (i64, i64)) -> Option<&RowShares> {
        let key = (grid.wrap(2, k), grid.wrap(1, j));
        let found = self.rows.binary_search_by_key(&key, |row| row.row).ok()?;
        Some(&self.rows[found])
    }
}

/// Whether the tile stores row (j, k) of the grid, or a copy of it.
fn is_stored(tile: &Tile, (j, k): (i64, i64)) -> bool {
    let stored = tile.stored();
    [(1, j), (2, k)].into_iter().all(|(axis, index)| {
        let beyond = index - stored.lo[axis];
        let beyond = match tile.grid.periodic[axis] {
            true => beyond.rem_euclid(tile.grid.cells[axis] as i64),
            false => beyond,
        };
        (0..stored.len(axis) as i64).contains(&beyond)
    })
}

/// Place along an axis as a number of cells from the beginning of the grid.
fn in_cells(grid: &Grid, axis: usize, place: f64) -> f64 {
    (place - grid.origin[axis]) / grid.spacing[axis]
}

/// The two cells beside a place along an axis.
fn point_parts(grid: &Grid, axis: usize, at: f64) -> Parts {
    // Distance from the centre of the first cell, in cells.
    let place = in_cells(grid, axis, at) - 0.5;
    let below = place.floor();
    let share_above = place - below;
    gather(
        grid,
        axis,
        [(below as i64, 1.0 - share_above), (below as i64 + 1, share_above)],
    )
}

/// The cells between two places along an axis, each by how much of the way lies in it.
fn box_parts(grid: &Grid, axis: usize, from: f64, to: f64) -> Parts {
    if from == to {
        return point_parts(grid, axis, from);
    }
    let (a, b) = (in_cells(grid, axis, from), in_cells(grid, axis, to));
    let overlap = |i: i64| (b.min(i as f64 + 1.0) - a.max(i as f64)) / (b - a);
    let cells = a.floor() as i64..b.ceil() as i64;
    gather(grid, axis, cells.map(|i| (i, overlap(i))))
}

/// Parts of cells that may lie beyond the grid, added up inside: across a periodic seam at the other end, at a wall in
/// the cell there. An inactive axis has one cell, which gets all.
fn gather(grid: &Grid, axis: usize, cells: impl IntoIterator<Item = (i64, f64)>) -> Parts {
    let n = grid.cells[axis];
    if n == 1 {
        return Parts {
            first: 0,
            parts: vec![1.0],
        };
    }
    let mut inside: BTreeMap<i64, f64> = BTreeMap::new();
    for (index, part) in cells {
        let index = if grid.periodic[axis] {
            grid.wrap(axis, index)
        } else {
            index.clamp(0, n as i64 - 1)
        };
        *inside.entry(index).or_insert(0.0) += part;
    }
    inside.retain(|_, part| *part != 0.0);
    let first = inside.keys().next().copied().unwrap_or(0);
    let last = inside.keys().next_back().copied().unwrap_or(0);
    let parts = (first..=last).map(|i| inside.get(&i).copied().unwrap_or(0.0));
    Parts {
        first,
        parts: parts.collect(),
    }
}

/// A ball, or a disc where an axis is inactive, in units of cells.
struct Ball<'a> {
    grid: &'a Grid,
    centre: PerAxis<f64>,
    radius: f64,
}

impl<'a> Ball<'a> {
    fn new(grid: &'a Grid, at: PerAxis<f64>, radius: f64) -> Ball<'a> {
        Ball {
            grid,
            centre: [0, 1, 2].map(|axis| in_cells(grid, axis, at[axis])),
            radius,
        }
    }

    /// The cells along `axis` that the ball can meet; those of a periodic axis may lie beyond its ends.
    fn cells(&self, axis: usize) -> Range<i64> {
        if !self.grid.is_active(axis) {
            return 0..1;
        }
        let half = self.radius / self.grid.spacing[axis];
        let range = (self.centre[axis] - half).floor() as i64..(self.centre[axis] + half).ceil() as i64;
        match self.grid.periodic[axis] {
            true => range,
            false => range.start.max(0)..range.end.min(self.grid.cells[axis] as i64),
        }
    }

    /// Squares of the distances from the centre along `axis` of a cell's points, m2; nothing counts along an inactive
    /// axis.
    fn distances(&self, axis: usize, cell: i64) -> Vec<f64> {
        if !self.grid.is_active(axis) {
            return vec![0.0];
        }
        let point = |n: u32| (f64::from(n) + 0.5) / f64::from(POINTS);
        let distance = |n| (cell as f64 + point(n) - self.centre[axis]) * self.grid.spacing[axis];
        (0..POINTS).map(distance).map(|distance| distance * distance).collect()
    }

    /// How many of its points in row (j, k) lie inside, for every cell along x of the grid.
    fn row(&self, j: i64, k: i64) -> Vec<u32> {
        let mut counts = vec![0; self.grid.cells[0]];
        let (ys, zs) = (self.distances(1, j), self.distances(2, k));
        let across: Vec<f64> = zs.iter().flat_map(|z| ys.iter().map(move |y| y + z)).collect();
        let nearest = across.iter().copied().fold(f64::INFINITY, f64::min);
        let farthest = across.iter().copied().fold(0.0, f64::max);
        let limit = self.radius * self.radius;
        for i in self.cells(0) {
            let xs = self.distances(0, i);
            let near = xs.iter().copied().fold(f64::INFINITY, f64::min) + nearest;
            let far = xs.iter().copied().fold(0.0, f64::max) + farthest;
            let inside = if far <= limit {
                (xs.len() * across.len()) as u32
            } else if near > limit {
                0
            } else {
                let count = |x: &f64| across.iter().filter(|&&rest| x + rest <= limit).count();
                xs.iter().map(count).sum::<usize>() as u32
            };
            counts[self.grid.wrap(0, i) as usize] += inside;
        }
        counts
    }
}

#[cfg(test)]
mod tests;
