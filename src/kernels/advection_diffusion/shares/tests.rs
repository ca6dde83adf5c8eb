use super::*;
use crate::grid::{IndexBox, Reach};
use crate::numerics::formula::Formula;

fn grid() -> Grid {
    Grid {
        cells: [8, 4, 1],
        dims: 2,
        spacing: [0.5, 2.0, 1.0],
        origin: [-1.0, 0.0, 0.0],
        periodic: [true, false, false],
    }
}

fn whole(grid: &Grid) -> Tile {
    Tile::whole(grid.clone(), Reach::all(1).on(grid))
}

fn rate() -> Formula {
    Formula::constant(1.0)
}

fn point(at: PerAxis<f64>) -> Source {
    Source::Point { rate: rate(), at }
}

fn cuboid(from: PerAxis<f64>, to: PerAxis<f64>) -> Source {
    Source::Box { rate: rate(), from, to }
}

fn ball(at: PerAxis<f64>, radius: f64) -> Source {
    Source::Ball {
        rate: rate(),
        at,
        radius,
    }
}

/// All cells of the tile that it owns and their shares of the rate.
fn cells(shares: &Shares, tile: &Tile) -> Vec<(PerAxis<i64>, f64)> {
    let owned = tile.owned;
    let mut found = Vec::new();
    for (j, k) in owned.rows() {
        shares.for_each(&tile.grid, (j, k), (owned.lo[0], owned.hi[0]), |n, share| {
            found.push(([owned.lo[0] + n as i64, j, k], share * tile.grid.cell_volume()));
        });
    }
    found
}

fn all(source: &Source, grid: &Grid) -> Vec<(PerAxis<i64>, f64)> {
    let tile = whole(grid);
    cells(&Shares::new(source, &tile), &tile)
}

#[test]
fn shares_add_up_to_one_everywhere() {
    let g = grid();
    let sources = [
        point([0.1, 3.3, 0.0]),
        point([-1.0, 0.0, 0.0]),
        point([2.99, 7.9, 0.0]),
        cuboid([0.1, 0.3, 0.0], [2.7, 7.9, 0.0]),
        cuboid([-1.3, 0.0, 0.0], [2.7, 8.0, 0.0]),
        cuboid([0.1, 1.7, 0.0], [0.1, 1.9, 0.0]),
        ball([0.3, 3.0, 0.0], 1.3),
        ball([2.9, 4.0, 0.0], 2.0),
        ball([0.26, 3.001, 0.0], 1e-3),
    ];
    for source in sources {
        let total: f64 = all(&source, &g).iter().map(|(_, share)| share).sum();
        // At most 32 shares, each rounded a few times.
        assert!((total - 1.0).abs() < 1e-14, "{source:?}: {total}");
    }
}

#[test]
fn the_mean_place_of_the_shares_is_the_point() {
    let g = grid();
    let at = [0.6, 4.1, 0.0];
    for axis in 0..2 {
        let mean: f64 = all(&point(at), &g)
            .iter()
            .map(|(cell, share)| share * g.coordinate(axis, Default::default(), cell[axis]))
            .sum();
        // Four products of rounded numbers.
        assert!((mean - at[axis]).abs() < 1e-14);
    }
}

#[test]
fn a_point_at_a_cell_centre_is_in_that_cell_alone() {
    assert_eq!(all(&point([0.25, 1.0, 0.0]), &grid()), [([2, 0, 0], 1.0)]);
}

#[test]
fn the_shares_of_a_box_are_its_overlap_with_the_cells() {
    // From cell 1.5 to 3.5 along x, the lower half of cell 1 along y: all numbers are exact.
    let found = all(&cuboid([-0.25, 2.0, 0.0], [0.75, 3.0, 0.0]), &grid());
    assert_eq!(found, [([1, 1, 0], 0.25), ([2, 1, 0], 0.5), ([3, 1, 0], 0.25)]);
}

#[test]
fn a_box_goes_around_a_periodic_axis() {
    // Half a cell at both ends.
    let found = all(&cuboid([2.75, 2.0, 0.0], [3.25, 4.0, 0.0]), &grid());
    assert_eq!(found, [([0, 1, 0], 0.5), ([7, 1, 0], 0.5)]);
    assert_eq!(all(&cuboid([-1.25, 2.0, 0.0], [-0.75, 4.0, 0.0]), &grid()), found);
    // All the way around, from the middle of a cell to the same place.
    let around = all(&cuboid([-0.75, 2.0, 0.0], [3.25, 4.0, 0.0]), &grid());
    assert_eq!(around.len(), 8);
    assert!(around.iter().all(|&(_, share)| share == 0.125), "{around:?}");
}

#[test]
fn a_flat_box_is_a_point_along_its_flat_axis() {
    let flat = all(&cuboid([-1.0, 2.5, 0.0], [0.0, 2.5, 0.0]), &grid());
    assert_eq!(
        flat,
        [
            ([0, 0, 0], 0.125),
            ([1, 0, 0], 0.125),
            ([0, 1, 0], 0.375),
            ([1, 1, 0], 0.375)
        ]
    );
}

#[test]
fn the_shares_of_a_disc_follow_its_area() {
    let g = Grid {
        cells: [20, 20, 1],
        dims: 2,
        spacing: [0.1, 0.1, 1.0],
        origin: [0.0; 3],
        periodic: [false; 3],
    };
    let found = all(&ball([1.0, 1.0, 0.0], 0.5), &g);
    let share = |at: PerAxis<i64>| {
        found
            .iter()
            .find(|(cell, _)| *cell == at)
            .map_or(0.0, |(_, share)| *share)
    };
    // The cell in the middle, 0.01 of pi/4: the area of the points inside differs from pi/4 by less than 1 %.
    let expected = 0.01 / (std::f64::consts::PI * 0.25);
    assert!((share([9, 9, 0]) / expected - 1.0).abs() < 0.01, "{}", share([9, 9, 0]));
    assert_eq!(share([5, 5, 0]), 0.0);
    // Mirror images about the centre.
    for (cell, part) in &found {
        let mirrored = share([19 - cell[0], 19 - cell[1], 0]);
        assert_eq!(mirrored, *part, "{cell:?}");
    }
}

#[test]
fn a_disc_goes_around_a_periodic_axis() {
    let g = grid();
    // The same disc, seen from both ends of the axis: distances in cells are exact.
    let (west, east) = (
        all(&ball([-1.0, 4.0, 0.0], 1.0), &g),
        all(&ball([3.0, 4.0, 0.0], 1.0), &g),
    );
    assert_eq!(west, east);
    assert!(west.iter().any(|(cell, _)| cell[0] == 7) && west.iter().any(|(cell, _)| cell[0] == 0));
}

#[test]
fn a_ball_in_three_dimensions_is_round() {
    let g = Grid {
        cells: [10, 20, 5],
        dims: 3,
        spacing: [0.2, 0.1, 0.4],
        origin: [0.0; 3],
        periodic: [false; 3],
    };
    let (centre, radius) = (1.0, 0.8f64);
    let found = all(&ball([centre; 3], radius), &g);
    let full = g.cell_volume() / (4.0 / 3.0 * std::f64::consts::PI * radius.powi(3));
    let mut n_full = 0;
    for (cell, share) in &found {
        // Distances of the cell's nearest and farthest corners.
        let along = |axis: usize| (g.coordinate(axis, Default::default(), cell[axis]) - centre).abs();
        let corner = |sign: f64| {
            (0..3)
                .map(|a| (along(a) + sign * 0.5 * g.spacing[a]).max(0.0).powi(2))
                .sum::<f64>()
        };
        assert!(corner(-1.0) < radius * radius, "{cell:?} lies outside");
        if corner(1.0) <= radius * radius {
            n_full += 1;
            // The points inside are some 137,000: their volume is that of the ball to 1 %.
            assert!((share / full - 1.0).abs() < 0.01, "{cell:?}: {share}");
        } else {
            assert!(*share < 1.01 * full, "{cell:?}: {share}");
        }
    }
    assert!(n_full > 100, "{n_full} cells lie inside");
}

#[test]
fn every_tile_has_the_shares_of_the_whole_in_its_cells_and_halo() {
    let g = grid();
    for source in [
        point([2.9, 3.9, 0.0]),
        cuboid([1.1, 1.0, 0.0], [4.6, 7.0, 0.0]),
        ball([2.9, 4.0, 0.0], 1.9),
    ] {
        let expected = all(&source, &g);
        for (lo, hi) in [([0, 0, 0], [3, 2, 1]), ([3, 0, 0], [8, 2, 1]), ([0, 2, 0], [8, 4, 1])] {
            let tile = Tile {
                owned: IndexBox::new(lo, hi),
                margin: Reach::all(2).on(&g),
                grid: g.clone(),
            };
            let shares = Shares::new(&source, &tile);
            let stored = tile.stored();
            for (j, k) in stored.rows() {
                let mut row = vec![0.0; stored.len(0)];
                shares.for_each(&g, (j, k), (stored.lo[0], stored.hi[0]), |n, share| row[n] += share);
                for (i, found) in (stored.lo[0]..).zip(row) {
                    let cell = [g.wrap(0, i), j, k];
                    let share = expected.iter().find(|(at, _)| *at == cell);
                    let share = share.map_or(0.0, |(_, share)| share / g.cell_volume());
                    // Multiplied by the volume and divided again.
                    assert!((found - share).abs() <= 4e-16 * share, "{source:?} at {i}, {j}");
                }
            }
        }
    }
}
