//! How a coefficient follows from the formulas of a configuration: by a formula at a place on the cell, by a mean of the
//! two cells at a face, or by differences of a stream function.
//!
//! A rule gives the same bits for a face whoever asks for it: it looks at the formulas at coordinates that follow from
//! the face's index within the grid alone, and across a periodic seam that index is the same on both sides.

use super::parameters::FaceMean;
use crate::grid::{Grid, Location};
use crate::numerics::formula::{Formula, Variable};

/// The variables of the axes.
const ALONG: [Variable; 3] = [Variable::X, Variable::Y, Variable::Z];

/// How the value at the lower face, or at the centre, of a cell is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    base: Base,
    /// What is taken off: a formula at the same place.
    less: Option<Formula>,
}

#[derive(Clone, Debug, PartialEq)]
enum Base {
    At(Formula, Location),
    /// Of the centres of the cells on both sides of a face of the axis. At a wall the cell inside counts for both.
    Mean(Formula, usize, FaceMean),
    /// Differences of a stream function along the edge of a face of the axis, x or y.
    Stream(Formula, usize),
}

impl Rule {
    /// The formula at a place on the cell.
    pub fn at(formula: Formula, location: Location) -> Rule {
        Rule {
            base: Base::At(formula, location),
            less: None,
        }
    }

    /// A mean of the formula's values at the two centres beside the lower face of `axis`.
    pub fn mean(formula: Formula, axis: usize, mean: FaceMean) -> Rule {
        let base = if formula.depends_on(ALONG[axis]) && mean != FaceMean::Sampled {
            Base::Mean(formula, axis, mean)
        } else {
            // Both centres have the same value, and the face has it too.
            Base::At(formula, Location::face(axis))
        };
        Rule { base, less: None }
    }

    /// The wind along `axis` of a stream function of x, y and t:
    /// ```text
    /// u(i, j) =  (psi(i, j+1) - psi(i, j)) / dy    through the lower x face of cell (i, j), psi at the corners
    /// v(i, j) = -(psi(i+1, j) - psi(i, j)) / dx    through its lower y face
    /// ```
    pub fn stream(psi: Formula, axis: usize) -> Rule {
        let base = if axis < 2 && psi.depends_on(ALONG[1 - axis]) {
            Base::Stream(psi, axis)
        } else {
            Base::At(Formula::constant(0.0), Location::face(axis))
        };
        Rule { base, less: None }
    }

    /// This rule minus a formula at the same place.
    pub fn less(mut self, formula: Formula) -> Rule {
        self.less = Some(formula);
        self
    }

    /// Where on the cell the value lives.
    pub fn location(&self) -> Location {
        match self.base {
            Base::At(_, location) => location,
            Base::Mean(_, axis, _) | Base::Stream(_, axis) => Location::face(axis),
        }
    }

    /// Whether `variable` has an influence on the value.
    pub fn depends_on(&self, variable: Variable) -> bool {
        self.formula().depends_on(variable) || self.less.as_ref().is_some_and(|less| less.depends_on(variable))
    }

    /// Whether the value is the same everywhere at any one time.
    pub fn is_uniform_in_space(&self) -> bool {
        !ALONG.iter().any(|&variable| self.depends_on(variable))
    }

    /// The value, if it is the same everywhere and always.
    pub fn as_constant(&self) -> Option<f64> {
        let Base::At(formula, _) = &self.base else {
            return None;
        };
        match &self.less {
            Some(less) => Some(formula.as_constant()? - less.as_constant()?),
            None => formula.as_constant(),
        }
    }

    /// What the rule is, as messages name it.
    pub fn describe(&self) -> String {
        if let Some(less) = &self.less {
            return format!("the wind less \"{less}\"");
        }
        match &self.base {
            Base::At(formula, _) => format!("\"{formula}\""),
            Base::Mean(formula, ..) => format!("the mean at a face of \"{formula}\""),
            Base::Stream(formula, axis) => {
                format!(
                    "the wind along {} of the stream function \"{formula}\"",
                    ["x", "y"][*axis]
                )
            }
        }
    }

    fn formula(&self) -> &Formula {
        match &self.base {
            Base::At(formula, _) | Base::Mean(formula, ..) | Base::Stream(formula, _) => formula,
        }
    }
}

/// A rule on a grid, for the cells `[first, first + n)` along x: its coordinates along x are at hand.
#[derive(Debug)]
pub struct Sampler {
    rule: Rule,
    first: i64,
    /// Where the formula is looked at: at every cell, except for the mean across x faces, where the cell below the first
    /// comes before.
    xs: Vec<f64>,
    /// For the wind along y of a stream function: the corners at the upper ends of the cells.
    upper_xs: Vec<f64>,
    /// Where the formula that is taken off is looked at.
    less_xs: Vec<f64>,
}

/// Rows that a sampler needs beside its result.
#[derive(Debug, Default)]
pub struct SamplerRows {
    one: Vec<f64>,
    other: Vec<f64>,
}

impl Sampler {
    /// For the cells `[lo, hi)` along x.
    pub fn new(rule: &Rule, grid: &Grid, (lo, hi): (i64, i64)) -> Sampler {
        let at = |location| grid.coordinates(0, location, lo, hi);
        let (xs, upper_xs) = match rule.base {
            Base::At(_, location) => (at(location), Vec::new()),
            Base::Mean(_, 0, _) => ((lo - 1..hi).map(|i| beside(grid, 0, i)).collect(), Vec::new()),
            Base::Mean(..) => (at(Location::CENTER), Vec::new()),
            Base::Stream(_, 0) => (at(Location::face(0)), Vec::new()),
            Base::Stream(..) => (at(Location::face(0)), (lo..hi).map(|i| ends(grid, 0, i)[1]).collect()),
        };
        let less_xs = match rule.less {
            Some(_) => at(rule.location()),
            None => Vec::new(),
        };
        Sampler {
            rule: rule.clone(),
            first: lo,
            xs,
            upper_xs,
            less_xs,
        }
    }

    /// The values at the cells `[lo, lo + out.len())` of row (j, k) at time `t`.
    pub fn row(&self, grid: &Grid, (j, k): (i64, i64), lo: i64, t: f64, rows: &mut SamplerRows, out: &mut [f64]) {
        let n = out.len();
        let first = (lo - self.first) as usize;
        let cells = first..first + n;
        let at = |location: Location| {
            let coordinate = |axis, index| grid.coordinate(axis, location, index);
            (coordinate(1, j), coordinate(2, k))
        };
        let (y, z) = at(self.rule.location());
        match &self.rule.base {
            Base::At(formula, _) => formula.evaluate_row(&self.xs[cells.clone()], y, z, t, out),
            Base::Mean(formula, 0, mean) => {
                rows.one.resize(n + 1, 0.0);
                formula.evaluate_row(&self.xs[first..first + n + 1], y, z, t, &mut rows.one);
                out.iter_mut()
                    .zip(rows.one.windows(2))
                    .for_each(|(to, pair)| *to = mean_of(*mean, pair[0], pair[1]));
            }
            Base::Mean(formula, axis, mean) => {
                rows.one.resize(n, 0.0);
                let index = [0, j, k][*axis];
                for (cell, row) in [(index - 1, &mut rows.one[..]), (index, &mut *out)] {
                    let mut place = [0.0, y, z];
                    place[*axis] = beside(grid, *axis, cell);
                    formula.evaluate_row(&self.xs[cells.clone()], place[1], place[2], t, row);
                }
                out.iter_mut()
                    .zip(&rows.one)
                    .for_each(|(to, &below)| *to = mean_of(*mean, below, *to));
            }
            Base::Stream(psi, 0) => {
                rows.one.resize(n, 0.0);
                let [lower, upper] = ends(grid, 1, j);
                psi.evaluate_row(&self.xs[cells.clone()], lower, z, t, &mut rows.one);
                psi.evaluate_row(&self.xs[cells.clone()], upper, z, t, out);
                let spacing = grid.spacing[1];
                out.iter_mut()
                    .zip(&rows.one)
                    .for_each(|(to, &below)| *to = (*to - below) / spacing);
            }
            Base::Stream(psi, _) => {
                rows.one.resize(n, 0.0);
                psi.evaluate_row(&self.xs[cells.clone()], y, z, t, &mut rows.one);
                psi.evaluate_row(&self.upper_xs[cells.clone()], y, z, t, out);
                let spacing = grid.spacing[0];
                out.iter_mut()
                    .zip(&rows.one)
                    .for_each(|(to, &left)| *to = -(*to - left) / spacing);
            }
        }
        if let Some(less) = &self.rule.less {
            rows.other.resize(n, 0.0);
            less.evaluate_row(&self.less_xs[cells], y, z, t, &mut rows.other);
            out.iter_mut().zip(&rows.other).for_each(|(to, &less)| *to -= less);
        }
    }
}

/// Coordinate along `axis` of the centre of cell `index`, or of the cell at the wall where there is no such cell, m.
fn beside(grid: &Grid, axis: usize, index: i64) -> f64 {
    let last = grid.cells[axis] as i64 - 1;
    let inside = if grid.periodic[axis] {
        index
    } else {
        index.clamp(0, last)
    };
    grid.coordinate(axis, Location::CENTER, inside)
}

/// Coordinates along `axis` of both ends of cell `index`, m. The upper end of the last cell of a periodic axis is the end
/// of the grid, not its beginning: a stream function may differ between the two by a constant, which is the flow
/// through the grid.
fn ends(grid: &Grid, axis: usize, index: i64) -> [f64; 2] {
    let cell = grid.wrap(axis, index);
    [corner(grid, axis, cell), corner(grid, axis, cell + 1)]
}

/// Coordinate along `axis` of the lower corner of cell `index`, which is that of the upper one of the cell before, m.
pub fn corner(grid: &Grid, axis: usize, index: i64) -> f64 {
    grid.origin[axis] + index as f64 * grid.spacing[axis]
}

fn mean_of(mean: FaceMean, below: f64, above: f64) -> f64 {
    match mean {
        FaceMean::Harmonic if below == 0.0 || above == 0.0 => 0.0,
        FaceMean::Harmonic => 2.0 * below * above / (below + above),
        FaceMean::Arithmetic | FaceMean::Sampled => 0.5 * (below + above),
    }
}

#[cfg(test)]
mod tests;
