//! Reading arrays.

use super::super::tree::Value;
use super::Table;
use super::item::Item;

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

    /// The array `key`, every item read by `read`; nothing if an item is wrong, or if there are not `n`. All that is
    /// wrong is recorded.
    pub(super) fn list<V>(
        &self,
        key: &str,
        expected: &str,
        n: Option<usize>,
        read: impl Fn(&Item<'_, 'a>) -> Option<V>,
    ) -> Option<Vec<V>> {
        let array = self.take(key)?;
        let Value::Array(nodes) = &array.node.value else {
            array.refuse(expected, "write the values in brackets: [..., ...]");
            return None;
        };
        let has_length = n.is_none_or(|n| n == nodes.len());
        if !has_length {
            array.refuse(&format!("an array of {}", n.unwrap_or_default()), "");
        }
        let item = |(index, node)| Item {
            table: self,
            name: format!("{key}[{index}]"),
            node,
        };
        let values: Vec<Option<V>> = nodes.iter().enumerate().map(item).map(|item| read(&item)).collect();
        values.into_iter().collect::<Option<Vec<V>>>().filter(|_| has_length)
    }
}
