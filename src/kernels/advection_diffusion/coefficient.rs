//! A coefficient of the equation, sampled where the scheme needs it.

use super::rule::{Rule, Sampler, SamplerRows};
use crate::field::{Array, Real};
use crate::grid::{Grid, IndexBox, Location, Tile};
use crate::numerics::formula::Variable;

/// A rule that can be asked for rows of its values.
///
/// What depends on time is evaluated for the time that is asked for; what does not is sampled once, into as little
/// memory as its dependence allows.
#[derive(Debug)]
pub struct Coefficient<T> {
    rule: Rule,
    samples: Samples<T>,
}

#[derive(Debug)]
enum Samples<T> {
    /// One number for every place.
    Uniform(T),
    /// One number per row: the rule does not depend on x.
    PerRow(Array<T>),
    /// One number per place.
    PerCell(Array<T>),
    /// One number per row, evaluated when asked for, at the one cell that the sampler has along x.
    EvaluatedPerRow(Sampler),
    /// One number per place, evaluated when asked for.
    Evaluated(Sampler),
}

/// Space for one row of values.
#[derive(Debug, Default)]
pub struct RowBuffer<T> {
    values: Vec<T>,
    evaluated: Vec<f64>,
    rows: SamplerRows,
    /// The bits of the one number that fills the buffer.
    constant: Option<u64>,
}

impl<T: Real> Coefficient<T> {
    /// Samples `rule` at every cell that `tile` stores.
    pub fn new(rule: &Rule, tile: &Tile) -> Coefficient<T> {
        let stored = tile.stored();
        let depends_on_x = rule.depends_on(Variable::X);
        // Where x has no influence, one cell of a row speaks for all.
        let sampled = if depends_on_x {
            stored
        } else {
            stored.with_range(0, 0, 1)
        };
        let sampler = Sampler::new(rule, &tile.grid, (sampled.lo[0], sampled.hi[0]));
        let samples = match (rule.depends_on(Variable::T), depends_on_x) {
            (true, true) => Samples::Evaluated(sampler),
            (true, false) => Samples::EvaluatedPerRow(sampler),
            (false, true) => Samples::PerCell(sample(&sampler, tile, sampled, Array::new(stored, tile.owned.lo, 11))),
            (false, false) if rule.is_uniform_in_space() => {
                Samples::Uniform(T::from_f64(lone_value(&sampler, &tile.grid, (0, 0), 0.0)))
            }
            (false, false) => Samples::PerRow(sample(&sampler, tile, sampled, Array::new(sampled, [0; 3], 0))),
        };
        Coefficient {
            rule: rule.clone(),
            samples,
        }
    }

    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    pub fn location(&self) -> Location {
        self.rule.location()
    }

    /// Whether the coefficient is zero everywhere and always.
    pub fn is_zero(&self) -> bool {
        self.rule.as_constant() == Some(0.0)
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
        self.rule.is_uniform_in_space()
    }

    pub fn varies_in_time(&self) -> bool {
        self.rule.depends_on(Variable::T)
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
            Samples::PerRow(array) => buffer.filled(n, array.get([0, j, k])),
            Samples::PerCell(array) => array.row(j, k, lo, hi),
            Samples::EvaluatedPerRow(sampler) => buffer.filled(n, T::from_f64(lone_value(sampler, grid, (j, k), t))),
            Samples::Evaluated(sampler) => {
                buffer.constant = None;
                buffer.evaluated.resize(n, 0.0);
                sampler.row(grid, (j, k), lo, t, &mut buffer.rows, &mut buffer.evaluated);
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

/// `array`, filled with the values in `region` at time 0.
fn sample<T: Real>(sampler: &Sampler, tile: &Tile, region: IndexBox, mut array: Array<T>) -> Array<T> {
    let mut row = vec![0.0; region.len(0)];
    let mut rows = SamplerRows::default();
    for (j, k) in region.rows() {
        sampler.row(&tile.grid, (j, k), region.lo[0], 0.0, &mut rows, &mut row);
        let target = array.row_mut(j, k, region.lo[0], region.hi[0]);
        target
            .iter_mut()
            .zip(&row)
            .for_each(|(to, &from)| *to = T::from_f64(from));
    }
    array
}

/// The value in row (j, k) of a sampler for one cell along x.
fn lone_value(sampler: &Sampler, grid: &Grid, (j, k): (i64, i64), t: f64) -> f64 {
    let mut value = [0.0];
    sampler.row(grid, (j, k), 0, t, &mut SamplerRows::default(), &mut value);
    value[0]
}

impl<T: Real> RowBuffer<T> {
    /// `n` times the value: filled only if it is not what the buffer holds, as it often is from row to row.
    fn filled(&mut self, n: usize, value: T) -> &[T] {
        if self.constant != Some(value.bits()) {
            self.values.clear();
            self.constant = Some(value.bits());
        }
        if self.values.len() < n {
            self.values.resize(n, value);
        }
        &self.values[..n]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Reach;
    use crate::numerics::formula::Formula;

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
        for text in ["2.5", "3*t", "1 + y*z", "x*y - z", "y*t", "sin(x + t) * y"] {
            let formula = Formula::parse(text, &["x", "y", "z", "t"]).unwrap();
            let location = Location::face(1);
            let coefficient: Coefficient<f64> = Coefficient::new(&Rule::at(formula.clone(), location), &tile);
            coefficient.for_each(&grid, &tile.stored(), 0.7, |cell, value| {
                let expected = formula.evaluate(grid.point(location, cell), 0.7);
                assert_eq!(value.to_bits(), expected.to_bits(), "{text} at {cell:?}");
            });
        }
    }
}
