//! Reading arrays.

use super::super::tree::Value;
use super::Table;
use super::item::Item;
use crate::numerics::Formula;

impl<'a> Table<'a> {
    pub fn strings(&self, key: &str) -> Option<Vec<String>> {
        self.list(key, "an array of strings", None, |item| item.string().map(String::from))
    }

    /// Finite numbers.
    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        self.list(key, "an array of numbers", None, |item| item.number())
    }

    /// `n` finite numbers.
    pub fn numbers_of(&self, key: &str, n: usize) -> Option<Vec<f64>> {
        self.list(key, "an array of numbers", Some(n), |item| item.number())
    }

    /// `n` numbers above zero.
    pub fn positives_of(&self, key: &str, n: usize) -> Option<Vec<f64>> {
        self.list(key, "an array of positive numbers", Some(n), |item| {
            let value = item.number()?;
            if value <= 0.0 {
                item.refuse("positive", "");
            }
            Some(value).filter(|value| *value > 0.0)
        })
    }

    /// Integers of at least 1.
    pub fn counts(&self, key: &str) -> Option<Vec<u64>> {
        self.list(key, "an array of integers", None, |item| item.count(1))
    }

    /// Integers of at least 0.
    pub fn whole_numbers(&self, key: &str) -> Option<Vec<u64>> {
        self.list(key, "an array of integers", None, |item| item.count(0))
    }

    /// Durations in seconds, zero or above.
    pub fn durations(&self, key: &str) -> Option<Vec<f64>> {
        self.list(key, "an array of durations", None, |item| item.duration())
    }

    /// `n` integers of at least 1.
    pub fn counts_of(&self, key: &str, n: usize) -> Option<Vec<u64>> {
        self.list(key, "an array of integers", Some(n), |item| item.count(1))
    }

    /// Whether `key` is an array with arrays in it. The key is not taken.
    pub fn is_matrix(&self, key: &str) -> bool {
        match self.entry(key).map(|entry| &entry.node.value) {
            Some(Value::Array(rows)) => rows.iter().any(|row| matches!(row.value, Value::Array(_))),
            _ => false,
        }
    }

    /// `n` rows of `n` finite numbers.
    pub fn matrix(&self, key: &str, n: usize) -> Option<Vec<Vec<f64>>> {
        self.rows(key, n, "numbers", |item| item.number())
    }

    /// Any number of places, each of `n` finite numbers.
    pub fn points(&self, key: &str, n: usize) -> Option<Vec<Vec<f64>>> {
        self.list(key, "an array of arrays of numbers", None, |item| {
            item.list("an array of numbers", Some(n), |number| number.number())
        })
    }

    /// `n` rows of `n` numbers or formulas of the variables in `allowed`.
    pub fn formula_matrix(&self, key: &str, n: usize, allowed: &[&str]) -> Option<Vec<Vec<Formula>>> {
        self.rows(key, n, "numbers and formulas", |item| item.formula(allowed))
    }

    fn rows<V>(
        &self,
        key: &str,
        n: usize,
        what: &str,
        read: impl Fn(&Item<'_, 'a>) -> Option<V>,
    ) -> Option<Vec<Vec<V>>> {
        let row = format!("an array of {what}");
        let rows = format!("an array of arrays of {what}");
        self.list(key, &rows, Some(n), |item| item.list(&row, Some(n), &read))
    }

    /// The array `key`, every item read by `read`; nothing if an item is wrong, or if there are not `n`. All that is
    /// wrong is recorded.
    pub(super) fn list<V>(
        &self,
        key: &str,
        expected: &str,
        n: Option<usize>,
        read: impl Fn(&Item<'_, 'a>) -> Option<V>,
    ) -> Option<Vec<V>> {
        self.take(key)?.list(expected, n, read)
    }
}

impl<'a> Item<'_, 'a> {
    /// The items of an array, each read by `read`: see [`Table::list`].
    fn list<V>(&self, expected: &str, n: Option<usize>, read: impl Fn(&Item<'_, 'a>) -> Option<V>) -> Option<Vec<V>> {
        let Value::Array(nodes) = &self.node.value else {
            self.refuse(expected, "write the values in brackets: [..., ...]");
            return None;
        };
        let has_length = n.is_none_or(|n| n == nodes.len());
        if !has_length {
            self.refuse(&format!("an array of {}", n.unwrap_or_default()), "");
        }
        let item = |(index, node)| Item {
            table: self.table,
            name: format!("{}[{index}]", self.name),
            node,
        };
        let values: Vec<Option<V>> = nodes.iter().enumerate().map(item).map(|item| read(&item)).collect();
        values.into_iter().collect::<Option<Vec<V>>>().filter(|_| has_length)
    }
}
