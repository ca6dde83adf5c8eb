//! The state at the start, from its formula: values at the cells' centres, or means over the cells.

use super::parameters::{FieldParameters, Sampling};
use crate::grid::{Grid, Location, PerAxis};
use crate::numerics::formula::{Formula, Variable};
use crate::numerics::quadrature::{NODES, WEIGHTS};

/// Evaluates the initial state of one field row by row, in double precision.
///
/// A mean over a cell is a Gauss-Legendre rule of five points along every active axis that the formula depends on: exact
/// for polynomials up to degree 9 along each axis.
pub struct Initial<'a> {
    formula: &'a Formula,
    grid: &'a Grid,
    is_averaged: PerAxis<bool>,
    range: (i64, i64),
    /// Coordinates along x of the points within the cells of the range: one list for each node, or that of the centres.
    xs: Vec<Vec<f64>>,
    /// A row for the values at each node, for each axis.
    rows: PerAxis<[Vec<f64>; 5]>,
}

impl<'a> Initial<'a> {
    /// For the cells `[lo, hi)` along x.
    pub fn new(field: &'a FieldParameters, grid: &'a Grid, (lo, hi): (i64, i64)) -> Initial<'a> {
        let formula = &field.initial;
        let variables = [Variable::X, Variable::Y, Variable::Z];
        let is_averaged = [0, 1, 2].map(|axis| {
            field.sampling == Sampling::Average && grid.is_active(axis) && formula.depends_on(variables[axis])
        });
        let n = (hi - lo) as usize;
        let points = |node: f64| (lo..hi).map(|i| point(grid, 0, i, node)).collect();
        Initial {
            formula,
            grid,
            is_averaged,
            range: (lo, hi),
            xs: match is_averaged[0] {
                true => NODES.iter().map(|&node| points(node)).collect(),
                false => vec![grid.coordinates(0, Location::CENTER, lo, hi)],
            },
            rows: is_averaged.map(|averaged| std::array::from_fn(|_| vec![0.0; if averaged { n } else { 0 }])),
        }
    }

    /// The values in row (j, k).
    pub fn row(&mut self, (j, k): (i64, i64), out: &mut [f64]) {
        assert_eq!(
            out.len() as i64,
            self.range.1 - self.range.0,
            "a row of the range's length"
        );
        self.along_z(j, k, out);
    }

    fn along_z(&mut self, j: i64, k: i64, out: &mut [f64]) {
        if !self.is_averaged[2] {
            let z = self.grid.coordinate(2, Location::CENTER, k);
            return self.along_y(j, z, out);
        }
        let mut rows = std::mem::take(&mut self.rows[2]);
        for (row, node) in rows.iter_mut().zip(NODES) {
            self.along_y(j, point(self.grid, 2, k, node), row);
        }
        average(&rows, out);
        self.rows[2] = rows;
    }

    fn along_y(&mut self, j: i64, z: f64, out: &mut [f64]) {
        if !self.is_averaged[1] {
            let y = self.grid.coordinate(1, Location::CENTER, j);
            return self.along_x(y, z, out);
        }
        let mut rows = std::mem::take(&mut self.rows[1]);
        for (row, node) in rows.iter_mut().zip(NODES) {
            self.along_x(point(self.grid, 1, j, node), z, row);
        }
        average(&rows, out);
        self.rows[1] = rows;
    }

    fn along_x(&mut self, y: f64, z: f64, out: &mut [f64]) {
        if !self.is_averaged[0] {
            return self.formula.evaluate_row(&self.xs[0], y, z, 0.0, out);
        }
        for (row, xs) in self.rows[0].iter_mut().zip(&self.xs) {
            self.formula.evaluate_row(xs, y, z, 0.0, row);
        }
        average(&self.rows[0], out);
    }
}

/// Coordinate along `axis` of a point of cell `index` that lies `node` sides from its centre, m.
fn point(grid: &Grid, axis: usize, index: i64, node: f64) -> f64 {
    grid.coordinate(axis, Location::CENTER, index) + node * grid.spacing[axis]
}

/// The mean of the values at the five nodes: the middle one and the weighted differences from it, so that where all are
/// the same the mean is, to the last bit.
fn average(rows: &[Vec<f64>; 5], out: &mut [f64]) {
    let [a, b, middle, c, d] = rows;
    for (i, mean) in out.iter_mut().enumerate() {
        let middle = middle[i];
        let outer = (a[i] - middle) + (d[i] - middle);
        let inner = (b[i] - middle) + (c[i] - middle);
        *mean = middle + (WEIGHTS[0] * outer + WEIGHTS[1] * inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::advection_diffusion::Wall;

    fn grid() -> Grid {
        Grid {
            cells: [7, 5, 3],
            dims: 3,
            spacing: [0.5, 0.25, 0.4],
            origin: [-1.5, -0.5, 0.1],
            periodic: [true, false, false],
        }
    }

    fn field(text: &str, sampling: Sampling) -> FieldParameters {
        FieldParameters {
            name: "q".to_string(),
            unit: String::new(),
            initial: Formula::parse(text, &["x", "y", "z"]).unwrap(),
            sampling,
            settling: Formula::constant(0.0),
            sources: Vec::new(),
            decay: 0.0,
            walls: [0; 3].map(|_| [Wall::ZeroGradient, Wall::ZeroGradient]),
        }
    }

    /// Every cell's value and the coordinates of its lower and upper ends.
    fn for_each(text: &str, sampling: Sampling, mut visit: impl FnMut(f64, PerAxis<[f64; 2]>)) {
        let (grid, field) = (grid(), field(text, sampling));
        let range = (0, grid.cells[0] as i64);
        let mut initial = Initial::new(&field, &grid, range);
        let mut row = vec![0.0; grid.cells[0]];
        for (j, k) in grid.all().rows() {
            initial.row((j, k), &mut row);
            for (i, &value) in (0..).zip(&row) {
                let cell: PerAxis<i64> = [i, j, k];
                let end = |axis: usize, n: i64| grid.origin[axis] + (cell[axis] + n) as f64 * grid.spacing[axis];
                visit(value, [0, 1, 2].map(|axis| [end(axis, 0), end(axis, 1)]));
            }
        }
    }

    fn check(text: &str, tolerance: f64, exact: impl Fn(PerAxis<[f64; 2]>) -> f64) {
        for_each(text, Sampling::Average, |value, ends| {
            let exact = exact(ends);
            assert!(
                (value - exact).abs() <= tolerance,
                "{text}: {value} for {exact} in {ends:?}"
            );
        });
    }

    #[test]
    fn polynomials_up_to_degree_nine_are_exact() {
        let power = |[a, b]: [f64; 2], n: i32| (b.powi(n + 1) - a.powi(n + 1)) / (f64::from(n + 1) * (b - a));
        // Rounding of the difference of powers of 2, the tenth of which is 1024, over a side of 0.5 and ten.
        check("x^9", 1e-13, |[x, ..]| power(x, 9));
        // Products of numbers up to 2^5 with numbers below one.
        check("x^5*y^8*z^7", 1e-14, |[x, y, z]| {
            power(x, 5) * power(y, 8) * power(z, 7)
        });
        // The tenth is not: by the error term of the rule, 10! (5!)^4/(11 (10!)^3) d^10 along x.
        let error = 120f64.powi(4) / (11.0 * 3_628_800f64.powi(2)) * 0.5f64.powi(10);
        for_each("x^10", Sampling::Average, |value, [x, ..]| {
            let missing = power(x, 10) - value;
            // Rounding of the same size as above.
            assert!((missing - error).abs() < 1e-12, "{missing} for {error}");
        });
    }

    #[test]
    fn a_gaussian_has_the_mean_of_its_error_functions() {
        let root = 2.0f64.sqrt();
        let mean = |[a, b]: [f64; 2], s: f64| {
            let integral = libm::erf(b / (s * root)) - libm::erf(a / (s * root));
            integral * s * (std::f64::consts::PI / 2.0).sqrt() / (b - a)
        };
        // The error term of the rule, (5!)^4/(11 (10!)^3) d^10 max f^(10), with f^(10) up to 945/s^10 and d/s = 0.5, 0.5
        // and 0.8: 3e-13 for each of the first, 3.1e-11 for the last.
        check("exp(-x^2/2 - y^2/(2*0.5^2) - z^2/(2*0.5^2))", 4e-11, |[x, y, z]| {
            mean(x, 1.0) * mean(y, 0.5) * mean(z, 0.5)
        });
    }

    #[test]
    fn what_is_the_same_within_a_cell_keeps_its_bits() {
        for_each("0.1", Sampling::Average, |value, _| assert_eq!(value, 0.1));
        for_each("if(x > 0.5, 0.1, 0.7)", Sampling::Average, |value, [x, ..]| {
            assert_eq!(value, if x[0] >= 0.5 { 0.1 } else { 0.7 });
        });
    }

    #[test]
    fn centres_are_the_formula_there() {
        let formula = field("x + 2*y*z", Sampling::Centre).initial;
        let grid = grid();
        let mut n = 0;
        for_each("x + 2*y*z", Sampling::Centre, |value, _| {
            let cell = [n % 7, n / 7 % 5, n / 35];
            let expected = formula.evaluate(grid.point(Location::CENTER, cell), 0.0);
            assert_eq!(value.to_bits(), expected.to_bits());
            n += 1;
        });
    }

    #[test]
    fn a_part_of_a_row_has_the_bits_of_the_whole() {
        let (grid, field) = (grid(), field("exp(sin(3*x) + y*z)", Sampling::Average));
        let (mut whole, mut part) = (vec![0.0; 7], vec![0.0; 4]);
        Initial::new(&field, &grid, (0, 7)).row((2, 1), &mut whole);
        // Cells 5, 6, and 0 and 1 as seen across the seam.
        Initial::new(&field, &grid, (5, 9)).row((2, 1), &mut part);
        assert_eq!(part, [whole[5], whole[6], whole[0], whole[1]]);
    }
}
