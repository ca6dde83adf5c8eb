//! Reading single values.

use super::super::duration;
use super::super::tree::Value;
use super::super::unknown::inside;
use super::Table;
use crate::numerics::formula::nearest_name;

impl<'a> Table<'a> {
    pub fn string(&self, key: &str) -> Option<String> {
        self.take(key)?.string().map(String::from)
    }

    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.take(key)?.boolean()
    }

    pub fn integer(&self, key: &str) -> Option<i64> {
        self.take(key)?.integer()
    }

    /// An integer of at least 1.
    pub fn count(&self, key: &str) -> Option<u64> {
        self.take(key)?.count(1)
    }

    /// A finite number, with or without a decimal point.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.take(key)?.number()
    }

    /// A finite number above zero.
    pub fn positive(&self, key: &str) -> Option<f64> {
        self.number_that(key, |value| value > 0.0, "positive")
    }

    /// A finite number, zero or above.
    pub fn non_negative(&self, key: &str) -> Option<f64> {
        self.number_that(key, |value| value >= 0.0, "zero or positive")
    }

    /// A finite number for which `is_right` holds; `expected` completes "must be ...".
    pub fn number_that(&self, key: &str, is_right: impl Fn(f64) -> bool, expected: &str) -> Option<f64> {
        let item = self.take(key)?;
        let value = item.number()?;
        if !is_right(value) {
            item.refuse(expected, "");
        }
        Some(value).filter(|value| is_right(*value))
    }

    /// A duration in seconds, zero or above: a number of seconds, or a string such as "2 h" or "1:30:00".
    pub fn duration(&self, key: &str) -> Option<f64> {
        self.take(key)?.duration()
    }

    /// A duration above zero.
    pub fn positive_duration(&self, key: &str) -> Option<f64> {
        let item = self.take(key)?;
        let seconds = item.duration()?;
        if seconds == 0.0 {
            item.refuse("longer than zero", "");
        }
        Some(seconds).filter(|seconds| *seconds > 0.0)
    }

    /// A duration above zero, or `Some(None)` where `word` stands in its place.
    pub fn positive_duration_or_word(&self, key: &str, word: &str) -> Option<Option<f64>> {
        let item = self.take(key)?;
        match &item.node.value {
            Value::String(text) if text == word => Some(None),
            Value::String(text) if duration::seconds_from_text(text).is_none() => {
                item.refuse(&format!("\"{word}\" or a duration"), duration::FORMS);
                None
            }
            _ => self.positive_duration(key).map(Some),
        }
    }

    /// An amount of memory in bytes, at least 1: an integer, or a string such as "512 MiB" or "1 GB".
    pub fn bytes(&self, key: &str) -> Option<u64> {
        self.take(key)?.bytes()
    }

    /// One of several words, with what each means.
    pub fn choice<V: Copy>(&self, key: &str, choices: &[(&str, V)]) -> Option<V> {
        let item = self.take(key)?;
        let word = item.string()?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let meant = nearest_name(word, names.iter().copied());
        let meant = meant
            .map(|name| format!("did you mean \"{name}\"? "))
            .unwrap_or_default();
        let all = names
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!("`{key}`{} cannot be \"{word}\"", inside(&self.path));
        item.error(message, format!("{meant}the choices are {all}"));
        None
    }
}
