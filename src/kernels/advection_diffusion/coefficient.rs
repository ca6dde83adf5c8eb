//! A coefficient of the equation, sampled where the scheme needs it.

use crate::field::{Array, Real};
use crate::grid::{Grid, IndexBox, Location, Tile};
use crate::numerics::formula::{Formula, FormulaClass, Variable};

/// A formula that can be asked for rows of its values at one place on the cell.
///
/// What depends on time is evaluated for the time that is asked for; what does not is sampled once, into as little
/// memory as its dependence allows.
#[derive(Debug)]
pub struct Coefficient<T> {
    formula: Formula,
    location: Location,
    samples: Samples<T>,
}

#[derive(Debug)]
enum Samples<T> {
    /// One number for every place.
    Uniform(T),
    /// One number for every place, different at every time.
    Time,
    /// One number per row: the formula does not depend on x.
    PerRow(Array<T>),
    /// One number per place.
    PerCell(Array<T>),
    /// Evaluated when asked for: the coordinates of the stored cells along x, and the index of the first.
    Evaluated { xs: Vec<f64>, first: i64 },
}

/// Space for one row of values.
#[derive(Debug, Default)]
pub struct RowBuffer<T> {
    values: Vec<T>,
    evaluated: Vec<f64>,
    /// The bits of the one number that fills the buffer, and how often.
    constant: Option<(u64, usize)>,
}

impl<T: Real> Coefficient<T> {
    /// Samples `formula` at `location` of every cell that `tile` stores.
    pub fn new(formula: &Formula, location: Location, tile: &Tile) -> Coefficient<T> {
        let grid = &tile.grid;
        let stored = tile.stored();
        let samples = match formula.class() {
            FormulaClass::Constant => Samples::Uniform(T::from_f64(formula.evaluate([0.0; 3], 0.0))),
            FormulaClass::Time => Samples::Time,
            FormulaClass::Space if formula.depends_on(Variable::X) => {
                let xs = grid.coordinates(0, location, stored.lo[0], stored.hi[0]);
                let mut array = Array::new(stored, tile.owned.lo, 11);
                let mut row = vec![0.0; xs.len()];
                for (j, k) in stored.rows() {
                    let (y, z) = (grid.coordinate(1, location, j), grid.coordinate(2, location, k));
                    formula.evaluate_row(&xs, y, z, 0.0, &mut row);
                    let target = array.row_mut(j, k, stored.lo[0], stored.hi[0]);
                    target
                        .iter_mut()
                        .zip(&row)
                        .for_each(|(to, &from)| *to = T::from_f64(from));
                }
                Samples::PerCell(array)
            }
            FormulaClass::Space => {
                let column = stored.with_range(0, 0, 1);
                let mut array = Array::new(column, [0; 3], 0);
                for (j, k) in column.rows() {
                    let (y, z) = (grid.coordinate(1, location, j), grid.coordinate(2, location, k));
                    array.set([0, j, k], T::from_f64(formula.evaluate([0.0, y, z], 0.0)));
                }
                Samples::PerRow(array)
            }
            FormulaClass::SpaceTime => Samples::Evaluated {
                xs: grid.coordinates(0, location, stored.lo[0], stored.hi[0]),
                first: stored.lo[0],
            },
        };
        Coefficient {
            formula: formula.clone(),
            location,
            samples,
        }
    }

    pub fn location(&self) -> Location {
        self.location
    }

    /// Whether the coefficient is zero everywhere and always.
    pub fn is_zero(&self) -> bool {
        self.formula.as_constant() == Some(0.0)
    }

    /// The one value that the coefficient has everywhere and always.
    pub fn uniform(&self) -> Option<T> {
        match self.samples {
            Samples::Uniform(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the coefficient has the same value everywhere at any one time.
    pub fn is_uniform_in_space(&self) -> bool {
        matches!(self.samples, Samples::Uniform(_) | Samples::Time)
    }

    pub fn varies_in_time(&self) -> bool {
        matches!(self.samples, Samples::Time | Samples::Evaluated { .. })
    }

    /// The values at the cells `[lo, hi)` of row (j, k) at time `t`, from memory or put into `buffer`.
    pub fn row<'a>(
        &'a self,
        grid: &Grid,
        (j, k): (i64, i64),
        (lo, hi): (i64, i64),
        t: f64,
        buffer: &'a mut RowBuffer<T>,
    ) -> &'a [T] {
        let n = (hi - lo) as usize;
        match &self.samples {
            Samples::Uniform(value) => buffer.filled(n, *value),
            Samples::Time => buffer.filled(n, T::from_f64(self.formula.evaluate([0.0; 3], t))),
            Samples::PerRow(array) => buffer.filled(n, array.get([0, j, k])),
            Samples::PerCell(array) => array.row(j, k, lo, hi),
            Samples::Evaluated { xs, first } => {
                let (y, z) = (
                    grid.coordinate(1, self.location, j),
                    grid.coordinate(2, self.location, k),
                );
                let xs = &xs[(lo - first) as usize..(hi - first) as usize];
                buffer.constant = None;
                buffer.evaluated.resize(n, 0.0);
                self.formula.evaluate_row(xs, y, z, t, &mut buffer.evaluated);
                buffer.values.clear();
                buffer
                    .values
                    .extend(buffer.evaluated.iter().map(|&value| T::from_f64(value)));
                &buffer.values
            }
        }
    }

    /// Calls `visit(cell, value)` for every place in `region` at time `t`.
    pub fn for_each(&self, grid: &Grid, region: &IndexBox, t: f64, mut visit: impl FnMut([i64; 3], T)) {
        let mut buffer = RowBuffer::default();
        for (j, k) in region.rows() {
            let row = self.row(grid, (j, k), (region.lo[0], region.hi[0]), t, &mut buffer);
            for (i, &value) in (region.lo[0]..).zip(row) {
                visit([i, j, k], value);
            }
        }
    }
}

impl<T: Real> RowBuffer<T> {
    /// `n` times the value: filled only if it is not what the buffer holds, as it often is from row to row.
    fn filled(&mut self, n: usize, value: T) -> &[T] {
        if self.constant != Some((value.bits(), n)) {
            self.values.clear();
            self.values.resize(n, value);
            self.constant = Some((value.bits(), n));
        }
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Reach;

    #[test]
    fn every_class_of_formula_gives_the_value_of_the_formula() {
        let grid = Grid {
            cells: [7, 5, 3],
            dims: 3,
            spacing: [0.5, 0.25, 2.0],
            origin: [1.0, -1.0, 0.0],
            periodic: [true, false, false],
        };
        let tile = Tile {
            owned: IndexBox::new([2, 0, 0], [7, 3, 3]),
            margin: Reach::all(1),
            grid: grid.clone(),
        };
        for text in ["2.5", "3*t", "1 + y*z", "x*y - z", "sin(x + t) * y"] {
            let formula = Formula::parse(text, &["x", "y", "z", "t"]).unwrap();
            let location = Location::face(1);
            let coefficient: Coefficient<f64> = Coefficient::new(&formula, location, &tile);
            coefficient.for_each(&grid, &tile.stored(), 0.7, |cell, value| {
                let expected = formula.evaluate(grid.point(location, cell), 0.7);
                assert_eq!(value.to_bits(), expected.to_bits(), "{text} at {cell:?}");
            });
        }
    }
}
