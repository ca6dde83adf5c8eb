//! Refuses a stream function that does not go on across a periodic seam.

use crate::grid::{Grid, Tile};
use crate::kernels::KernelError;
use crate::kernels::advection_diffusion::rule::corner;
use crate::numerics::formula::Formula;

/// How much the step across a seam may vary, relative to the stream function: the rounding of its formula.
const ROUNDING: f64 = 1e-9;

/// Refuses a stream function whose values at both ends of a periodic axis differ by more than a constant at time `start`:
/// the wind across the seam would not leave one cell as it enters the next. A constant is the flow through the grid.
pub(in super::super) fn unless_seamless(psi: &Formula, tile: &Tile, start: f64) -> Result<(), KernelError> {
    let grid = &tile.grid;
    for axis in (0..2).filter(|&axis| grid.periodic[axis]) {
        let other = 1 - axis;
        let first = ends(psi, grid, axis, 0, start);
        for index in tile.owned.lo[other]..=tile.owned.hi[other] {
            let here = ends(psi, grid, axis, index, start);
            let size = first
                .iter()
                .chain(&here)
                .fold(0.0f64, |max, value| max.max(value.abs()));
            let (step, reference) = (here[1] - here[0], first[1] - first[0]);
            // What is not finite is refused as a wind.
            if (step - reference).abs() > ROUNDING * size {
                let name = ["x", "y"];
                return Err(KernelError {
                    key: "kernel.stream_function".to_string(),
                    message: format!(
                        "\"{psi}\" does not go on across the periodic {} axis: from its lower to its upper end it changes by \
                         {step:?} m2/s at {1} = {2} m, and by {reference:?} m2/s at {1} = {3} m; change the formula so that \
                         the difference is the same everywhere",
                        name[axis],
                        name[other],
                        corner(grid, other, index),
                        corner(grid, other, 0),
                    ),
                    place: None,
                });
            }
        }
    }
    Ok(())
}

/// The stream function at both ends of `axis`, at corner `index` of the other axis.
fn ends(psi: &Formula, grid: &Grid, axis: usize, index: i64, start: f64) -> [f64; 2] {
    [0, grid.cells[axis] as i64].map(|end| {
        let mut place = [0.0; 3];
        place[axis] = corner(grid, axis, end);
        place[1 - axis] = corner(grid, 1 - axis, index);
        psi.evaluate(place, start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Reach;

    fn refused(text: &str) -> Option<KernelError> {
        let grid = Grid {
            cells: [8, 4, 1],
            dims: 2,
            spacing: [0.5, 0.5, 1.0],
            origin: [0.0; 3],
            periodic: [false, true, false],
        };
        let tile = Tile::whole(grid.clone(), Reach::all(1).on(&grid));
        unless_seamless(&Formula::parse(text, &["x", "y", "t"]).unwrap(), &tile, 0.0).err()
    }

    #[test]
    fn the_flow_through_a_seam_is_the_same_on_both_sides() {
        assert_eq!(refused("x*sin(pi*y) + 3*y"), None);
        assert_eq!(refused("x^2 - cos(2*pi*y)"), None);
        let error = refused("x*y").unwrap();
        assert_eq!(error.key, "kernel.stream_function");
        let said = "changes by 1.0 m2/s at x = 0.5 m, and by 0.0 m2/s at x = 0 m";
        assert!(error.message.contains(said), "{}", error.message);
    }
}
