//! Reading formulas.

use super::Table;
use crate::numerics::Formula;

impl<'a> Table<'a> {
    /// A number, or a string that is a formula of the variables in `allowed` (of "x", "y", "z", "t"). A formula that is
    /// a constant is finite.
    pub fn formula(&self, key: &str, allowed: &[&str]) -> Option<Formula> {
        self.take(key)?.formula(allowed)
    }

    /// An array of `n` numbers or formulas.
    pub fn formulas(&self, key: &str, n: usize, allowed: &[&str]) -> Option<Vec<Formula>> {
        self.list(key, "an array of numbers and formulas", Some(n), |item| {
            item.formula(allowed)
        })
    }

    /// An array of `n` numbers or formulas, or a single one that counts for all.
    pub fn formulas_or_one(&self, key: &str, n: usize, allowed: &[&str]) -> Option<Vec<Formula>> {
        match self.is_array(key) {
            true => self.formulas(key, n, allowed),
            false => self.formula(key, allowed).map(|formula| vec![formula; n]),
        }
    }
}
