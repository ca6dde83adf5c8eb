//! Refuses a diffusivity that is negative in some direction.

use crate::grid::{Grid, IndexBox, Location, Tile};
use crate::kernels::KernelError;
use crate::kernels::advection_diffusion::parameters::Diffusivity;
use crate::kernels::advection_diffusion::rule::{Rule, Sampler, SamplerRows};
use crate::numerics::symmetric::smallest_eigenvalue;

/// How far below zero an eigenvalue may lie, relative to the trace: entries such as `cos(a)^2` and `cos(a)*sin(a)` that are
/// meant to make a singular matrix leave their rounding.
const ROUNDING: f64 = 1e-12;

/// The entries above the diagonal and on it.
const ENTRIES: [(usize, usize); 6] = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];

/// What is wrong with a symmetric matrix that is negative in some direction; its first `dims` rows and columns are shown.
pub(in super::super) fn indefinite(matrix: &[[f64; 3]; 3], dims: usize) -> Option<String> {
    let smallest = smallest_eigenvalue(*matrix);
    let trace = matrix[0][0] + matrix[1][1] + matrix[2][2];
    if smallest >= -ROUNDING * trace {
        return None;
    }
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let row = |row: &[f64; 3]| list(row[..dims].iter().map(|entry| format!("{entry:?}")).collect());
    let shown = list(matrix[..dims].iter().map(row).collect());
    Some(format!(
        "the diffusivity {shown} m2/s is not positive definite: its smallest eigenvalue is {smallest:?} m2/s"
    ))
}

/// Refuses a diffusivity tensor that is negative in some direction at a face of `tile` at time `start`, with the face where
/// that occurs first.
pub(in super::super) fn unless_definite(diffusivity: &Diffusivity, tile: &Tile, start: f64) -> Result<(), KernelError> {
    if !diffusivity.is_tensor() {
        return Ok(());
    }
    let grid = &tile.grid;
    for axis in (0..3).filter(|&axis| grid.is_active(axis)) {
        let location = Location::face(axis);
        let faces = tile.owned.grow([0; 3], location.0.map(i64::from));
        let rules = ENTRIES.map(|(row, column)| diffusivity.rule_at(axis, row, column));
        if let Some((message, face)) = first_indefinite(&rules, grid, &faces, start) {
            return Err(KernelError {
                key: "kernel.diffusivity".to_string(),
                message: format!("{message}; change the formulas so that nothing is sharpened in any direction"),
                place: Some(grid.describe(location, face, "m")),
            });
        }
    }
    Ok(())
}

/// The first face at which the entries that the rules give are indefinite.
fn first_indefinite(rules: &[Rule; 6], grid: &Grid, faces: &IndexBox, start: f64) -> Option<(String, [i64; 3])> {
    let (lo, hi) = (faces.lo[0], faces.hi[0]);
    let samplers = rules.each_ref().map(|rule| Sampler::new(rule, grid, (lo, hi)));
    let mut values: [Vec<f64>; 6] = std::array::from_fn(|_| vec![0.0; faces.len(0)]);
    let mut rows = SamplerRows::default();
    for (j, k) in faces.rows() {
        for (sampler, values) in samplers.iter().zip(&mut values) {
            sampler.row(grid, (j, k), lo, start, &mut rows, values);
        }
        for i in lo..hi {
            let mut matrix = [[0.0; 3]; 3];
            for ((row, column), values) in ENTRIES.into_iter().zip(&values) {
                let value = values[(i - lo) as usize];
                (matrix[row][column], matrix[column][row]) = (value, value);
            }
            if let Some(message) = indefinite(&matrix, grid.dims) {
                return Some((message, [i, j, k]));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Reach;
    use crate::kernels::advection_diffusion::parameters::FaceMean;
    use crate::numerics::formula::Formula;

    fn refused(xx: &str, yy: &str, xy: &str, mean: FaceMean, start: f64) -> Option<KernelError> {
        let grid = Grid {
            cells: [8, 4, 1],
            dims: 2,
            spacing: [0.5, 0.5, 1.0],
            origin: [0.0; 3],
            periodic: [false, true, false],
        };
        let tile = Tile::whole(grid.clone(), Reach::all(1).on(&grid));
        let formula = |text| Formula::parse(text, &["x", "y", "t"]).unwrap();
        let mut diffusivity = Diffusivity::diagonal([formula(xx), formula(yy), formula("0")]);
        (diffusivity.tensor[0][1], diffusivity.tensor[1][0]) = (formula(xy), formula(xy));
        diffusivity.mean = mean;
        unless_definite(&diffusivity, &tile, start).err()
    }

    #[test]
    fn the_first_face_where_a_tensor_is_indefinite_is_named() {
        // Indefinite for x above 3.75: at the last face along x alone.
        let error = refused("1", "1", "max(0, x - 2.75)", FaceMean::Sampled, 0.0).unwrap();
        assert_eq!(error.key, "kernel.diffusivity");
        let said = "[[1.0, 1.25], [1.25, 1.0]] m2/s is not positive definite: its smallest eigenvalue is -0.25 m2/s";
        assert!(error.message.contains(said), "{}", error.message);
        assert_eq!(error.place.unwrap(), "cell (8, 0), x = 4 m, y = 0.25 m");
        // The mean of two centres does not reach that far: at the wall it is that of the last cell, x = 3.75.
        assert_eq!(refused("1", "1", "max(0, x - 2.75)", FaceMean::Arithmetic, 0.0), None);
    }

    #[test]
    fn a_tensor_along_one_direction_is_positive_enough() {
        let (xx, yy, xy) = ("cos(x + y)^2", "sin(x + y)^2", "sin(x + y)*cos(x + y)");
        assert_eq!(refused(xx, yy, xy, FaceMean::Sampled, 0.0), None);
        assert_eq!(refused(xx, yy, xy, FaceMean::Arithmetic, 0.0), None);
        assert!(refused(xx, yy, "1.001*sin(x + y)*cos(x + y)", FaceMean::Sampled, 0.0).is_some());
    }

    #[test]
    fn a_tensor_is_looked_at_at_the_start() {
        assert_eq!(refused("1", "1", "t", FaceMean::Sampled, 0.5), None);
        assert!(refused("1", "1", "t", FaceMean::Sampled, 1.5).is_some());
    }
}
