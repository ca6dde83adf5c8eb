//! `[grid]`: the number of cells, their size and their place.

use super::Table;

/// The grid as configured. In 2D the third axis has one cell with a side of 1 m.
#[derive(Clone, Debug, PartialEq)]
pub struct GridConfig {
    /// Cells per axis, at least 1 each.
    pub cells: [usize; 3],
    /// Axes given: 2 or 3.
    pub dims: usize,
    /// Side of a cell per axis, m.
    pub spacing: [f64; 3],
    /// Lower corner, m.
    pub origin: [f64; 3],
}

/// More cells than any machine holds: one field of f64 would take 8 PiB.
const MOST_CELLS: u128 = 1 << 50;

const CELLS_REMEDY: &str = "write for example cells = [512, 256] for 2D, or three numbers for 3D";

impl GridConfig {
    pub(super) fn read(root: &Table) -> Option<GridConfig> {
        let table = root.require_table("grid", "write [grid] with cells = [512, 256] and size = [20e3, 10e3]")?;
        let cells = read_cells(&table);
        let dims = cells.as_ref().map(Vec::len).or_else(|| count_axes(&table));
        let key = table.require_one_of(
            &["size", "spacing"],
            "give the size of the grid or the spacing of its cells, m",
        );
        let sides = key.and_then(|key| read_lengths(&table, key, dims, Table::positives_of));
        let origin = match table.has("origin") {
            true => read_lengths(&table, "origin", dims, Table::numbers_of),
            false => Some(vec![0.0; 3]),
        };
        let (Some(cells), Some(key), Some(sides), Some(origin)) = (cells, key, sides, origin) else {
            return dims.map(GridConfig::stand_in);
        };
        let mut grid = GridConfig {
            cells: [1; 3],
            dims: cells.len(),
            spacing: [1.0; 3],
            origin: [0.0; 3],
        };
        for axis in 0..grid.dims {
            grid.cells[axis] = cells[axis];
            grid.origin[axis] = origin[axis];
            grid.spacing[axis] = if key == "size" {
                sides[axis] / cells[axis] as f64
            } else {
                sides[axis]
            };
            let end = origin[axis] + grid.spacing[axis] * cells[axis] as f64;
            if grid.spacing[axis] == 0.0 || !end.is_finite() {
                let message = format!("`{key}[{axis}]` in [grid] gives cells of {} m", grid.spacing[axis]);
                table.error_at_item(
                    key,
                    axis,
                    message,
                    "the cells and the end of the grid need finite coordinates",
                );
                return Some(GridConfig::stand_in(grid.dims));
            }
        }
        Some(grid)
    }

    /// In the place of a grid that cannot be used but for its number of axes, until its errors are reported: so the
    /// kernel's table can be read, and its errors are reported with them.
    fn stand_in(dims: usize) -> GridConfig {
        let mut cells = [1; 3];
        cells[..dims].fill(8);
        GridConfig {
            cells,
            dims,
            spacing: [1.0; 3],
            origin: [0.0; 3],
        }
    }
}

/// The number of axes that `cells` names, even where its numbers are wrong.
fn count_axes(table: &Table) -> Option<usize> {
    table.array_len("cells").filter(|n| (2..=3).contains(n))
}

/// Lengths by `read`, one per axis. Where the number of axes is not known, only that they are numbers is checked.
fn read_lengths<'a>(
    table: &Table<'a>,
    key: &str,
    dims: Option<usize>,
    read: fn(&Table<'a>, &str, usize) -> Option<Vec<f64>>,
) -> Option<Vec<f64>> {
    match dims {
        Some(n) => read(table, key, n),
        None => table.numbers(key).and(None),
    }
}

/// Two or three counts whose product is bounded.
fn read_cells(table: &Table) -> Option<Vec<usize>> {
    let cells = table.require("cells", CELLS_REMEDY).counts("cells")?;
    if !(2..=3).contains(&cells.len()) {
        table.error_at(
            "cells",
            format!("`cells` in [grid] must have 2 or 3 numbers, not {}", cells.len()),
            CELLS_REMEDY,
        );
        return None;
    }
    let n_cells = cells
        .iter()
        .try_fold(1_u128, |product, &n| product.checked_mul(u128::from(n)));
    if n_cells.is_none_or(|n_cells| n_cells > MOST_CELLS) {
        let n_cells: f64 = cells.iter().map(|&n| n as f64).product();
        let pebibytes = n_cells * 8.0 / 1024_f64.powi(5);
        table.error_at(
            "cells",
            format!("`cells` in [grid] make {n_cells:.2e} cells: one field of f64 takes {pebibytes:.3e} PiB"),
            "no machine holds such a grid: take fewer cells",
        );
        return None;
    }
    cells.into_iter().map(|n| usize::try_from(n).ok()).collect()
}
