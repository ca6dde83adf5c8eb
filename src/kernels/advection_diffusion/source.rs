//! Where matter comes from.

use crate::grid::{Grid, PerAxis};
use crate::numerics::formula::Formula;

/// One source of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Amount per volume and time, a formula of place and time: unit/s.
    Density(Formula),
    /// Amount per time (unit m3/s), a formula of time, released at a point (m).
    Point { rate: Formula, at: PerAxis<f64> },
}

/// One cell's share of a point source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub cell: PerAxis<i64>,
    /// Share of the rate per volume of the cell, 1/m3.
    pub weight: f64,
}

/// The cells around a point and their shares: linear in each axis, so that the first moment of what is released is the
/// point itself, and shares add up to one whatever the cells are. Near a wall the share of the missing cell goes to the
/// cell at the wall.
pub fn shares(grid: &Grid, at: PerAxis<f64>) -> Vec<Share> {
    let mut shares = vec![Share {
        cell: [0; 3],
        weight: 1.0 / grid.cell_volume(),
    }];
    for axis in 0..3 {
        if !grid.is_active(axis) {
            continue;
        }
        // Distance from the centre of the first cell, in cells.
        let place = (at[axis] - grid.origin[axis]) / grid.spacing[axis] - 0.5;
        let below = place.floor();
        let share_above = place - below;
        let last = grid.cells[axis] as i64 - 1;
        let inside = |index: i64| {
            if grid.periodic[axis] {
                grid.wrap(axis, index)
            } else {
                index.clamp(0, last)
            }
        };
        let cells = [
            (inside(below as i64), 1.0 - share_above),
            (inside(below as i64 + 1), share_above),
        ];
        shares = shares
            .iter()
            .flat_map(|share| {
                cells.map(|(index, part)| {
                    let mut cell = share.cell;
                    cell[axis] = index;
                    Share {
                        cell,
                        weight: share.weight * part,
                    }
                })
            })
            .filter(|share| share.weight != 0.0)
            .collect();
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            cells: [8, 4, 1],
            dims: 2,
            spacing: [0.5, 2.0, 1.0],
            origin: [-1.0, 0.0, 0.0],
            periodic: [true, false, false],
        }
    }

    #[test]
    fn shares_add_up_to_one_everywhere() {
        let g = grid();
        for at in [[0.1, 3.3, 0.0], [-1.0, 0.0, 0.0], [2.99, 7.9, 0.0], [0.25, 1.0, 0.0]] {
            let total: f64 = shares(&g, at).iter().map(|s| s.weight * g.cell_volume()).sum();
            // Four products of two rounded numbers.
            assert!((total - 1.0).abs() < 1e-15, "{at:?}: {total}");
        }
    }

    #[test]
    fn the_mean_place_of_the_shares_is_the_point() {
        let g = grid();
        let at = [0.6, 4.1, 0.0];
        for axis in 0..2 {
            let mean: f64 = shares(&g, at)
                .iter()
                .map(|s| s.weight * g.cell_volume() * g.coordinate(axis, Default::default(), s.cell[axis]))
                .sum();
            assert!((mean - at[axis]).abs() < 1e-14);
        }
    }

    #[test]
    fn a_point_at_a_cell_centre_is_in_that_cell_alone() {
        let shares = shares(&grid(), [0.25, 1.0, 0.0]);
        assert_eq!(
            shares,
            vec![Share {
                cell: [2, 0, 0],
                weight: 1.0
            }]
        );
    }
}
