//! Formulas of x, y, z and t: the text that a configuration gives for initial states, winds, coefficients and sources.
//!
//! Owns the grammar and its evaluation. Knows nothing of grids, fields or files. One text is parsed once (`token`,
//! `parser`) into a list of values in the order of their evaluation (`program`), which is evaluated either at one point
//! or for a row of points (`row_plan`). Both apply the same functions (`function`) in the same order, and elementary
//! functions come from the `libm` crate, so the results have the same bits in either way, on any processor. (A result
//! that is not a number is not a number in both, but the bits within a NaN may differ.)
//!
//! # Grammar, from the weakest binding to the strongest
//!
//! | | |
//! |---|---|
//! | `a or b`, `a \|\| b` | 1 where either is not 0, else 0 |
//! | `a and b`, `a && b` | 1 where both are not 0, else 0 |
//! | `not a`, `!a` | 1 where `a` is 0, else 0; `not x < 1` is `not (x < 1)` |
//! | `<  <=  >  >=  ==  !=` | 1 or 0; they do not chain |
//! | `a + b`, `a - b` | |
//! | `a*b`, `a/b` | |
//! | `-a`, `+a` | `-x^2` is -(x^2) |
//! | `a^b` | from the right: `2^3^2` is 512; `2^-1` is 0.5 |
//! | `12`, `1.5e-3`, `.5`, `2.`, `pi`, `e`, `x`, `f(a, b)`, `(a)` | |
//!
//! `if(c, a, b)` is `a` where `c` is not 0 and `b` elsewhere; what the other branch would give there has no influence.
//! The functions are listed in `function`. A power whose exponent is the constant 2, 3 or 4 is a product: `a*a`,
//! `(a*a)*a`, `(a*a)*(a*a)`; every other power is `libm::pow`. This is decided when the text is parsed, hence once for
//! all ways of evaluation.

mod error;
mod function;
mod nearest;
mod parser;
mod program;
mod row_plan;
mod token;
mod variable;

use std::fmt;
use std::sync::Arc;

pub use error::FormulaError;
pub use nearest::nearest_name;
pub use variable::{FormulaClass, Variable};

use program::Program;

/// A checked formula, ready to be evaluated. Cheap to clone; two formulas are equal if their texts are.
#[derive(Clone)]
pub struct Formula {
    text: Arc<str>,
    program: Arc<Program>,
}

impl Formula {
    /// Parses `text`, in which the variables named in `allowed` (of `x`, `y`, `z`, `t`) may occur.
    ///
    /// # Errors
    /// The first place in `text` that the grammar does not admit, with what to write instead.
    pub fn parse(text: &str, allowed: &[&str]) -> Result<Formula, FormulaError> {
        let program = parser::parse(text, allowed)?;
        Ok(Formula {
            text: text.into(),
            program: Arc::new(program),
        })
    }

    /// The formula that is `value` everywhere and always.
    pub fn constant(value: f64) -> Formula {
        Formula {
            text: format!("{value:?}").into(),
            program: Arc::new(Program::constant(value)),
        }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value, if no variable has an influence on it.
    pub fn as_constant(&self) -> Option<f64> {
        self.program.as_constant()
    }

    /// Whether `variable` has an influence on the value, as far as the folding of constants can tell.
    pub fn depends_on(&self, variable: Variable) -> bool {
        self.program.dependence().contains(variable)
    }

    /// What the value depends on.
    pub fn class(&self) -> FormulaClass {
        self.program.dependence().class()
    }

    /// The value at one point, m, and time, s.
    pub fn evaluate(&self, point: [f64; 3], t: f64) -> f64 {
        self.program.evaluate(point, t)
    }

    /// The values at the points `(xs[i], y, z)` and time `t`, with the same bits as [`Formula::evaluate`]. What does not
    /// depend on x is evaluated once for the row.
    ///
    /// # Panics
    /// If `out` has another length than `xs`.
    pub fn evaluate_row(&self, xs: &[f64], y: f64, z: f64, t: f64, out: &mut [f64]) {
        assert_eq!(xs.len(), out.len(), "a row of values as long as the row of coordinates");
        self.program.evaluate_row(xs, [y, z, t], out);
    }
}

impl PartialEq for Formula {
    fn eq(&self, other: &Formula) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Formula({:?})", self.text)
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
