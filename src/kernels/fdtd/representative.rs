//! The medium that an absorbing layer is made for.

use super::geometry::Geometry;
use crate::grid::{Grid, Location};

/// Places that a wall is looked at along each of its axes at most.
const LOOKS: usize = 64;

/// Refractive index of the material that most of a wall lies in, at the highest frequencies: the root of the mean
/// permittivity times the mean permeability. 1 where that is a perfect conductor. Looked at in the centres of the cells at
/// the wall, evenly spaced, at most 64 along each axis; of equals the one that is named first.
pub fn index_at_wall(geometry: &Geometry, grid: &Grid, axis: usize, side: usize) -> f64 {
    let mut counts = vec![0usize; geometry.materials.len()];
    let indices = |other: usize| -> Vec<i64> {
        let n = grid.cells[other];
        let looks = n.min(LOOKS);
        match other == axis {
            true => vec![if side == 0 { 0 } else { n as i64 - 1 }],
            false => (0..looks).map(|look| (look * n / looks) as i64).collect(),
        }
    };
    let [xs, ys, zs] = [0, 1, 2].map(indices);
    for &k in &zs {
        for &j in &ys {
            for &i in &xs {
                let mut point = grid.point(Location::CENTER, [i, j, k]);
                if grid.dims == 2 {
                    point[2] = 0.0;
                }
                counts[geometry.material_at(point)] += 1;
            }
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let found = counts.iter().position(|&count| count == most).unwrap_or(0);
    let material = &geometry.materials[found];
    if material.is_pec {
        return 1.0;
    }
    let mean = |values: [f64; 3]| values.iter().sum::<f64>() / 3.0;
    (mean(material.epsilon) * mean(material.mu)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::fdtd::geometry::{Shape, ShapeKind};
    use crate::kernels::fdtd::material::Material;

    #[test]
    fn the_medium_of_most_of_the_wall_counts() {
        let grid = Grid {
            cells: [10, 130, 7],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let glass = Material {
            epsilon: [4.0; 3],
            mu: [2.25; 3],
            ..Material::vacuum("glass")
        };
        // Three fifths of the lower x wall, none of the upper one.
        let shape = Shape {
            kind: ShapeKind::slab(1, -1.0, 78.0),
            material: 1,
        };
        let block = Shape {
            kind: ShapeKind::slab(0, 5.0, 11.0),
            material: 0,
        };
        let geometry = Geometry {
            materials: vec![Material::vacuum("background"), glass],
            shapes: vec![shape, block],
        };
        assert_eq!(index_at_wall(&geometry, &grid, 0, 0), 3.0);
        assert_eq!(index_at_wall(&geometry, &grid, 0, 1), 1.0);
    }
}
