//! One value of a table or of an array, while it is checked.

use super::super::bytes;
use super::super::diagnostics::Severity;
use super::super::duration;
use super::super::tree::{Node, Place, Value};
use super::super::unknown::inside;
use super::Table;
use crate::numerics::Formula;

pub(super) struct Item<'t, 'a> {
    pub table: &'t Table<'a>,
    /// The key, with its index in an array: `size[1]`.
    pub name: String,
    pub node: &'a Node,
}

impl<'t, 'a> Item<'t, 'a> {
    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) {
        self.error_in(self.node.place.clone(), message, help);
    }

    fn error_in(&self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.table
            .problem(Severity::Error, Some(place), message.into(), help.into());
    }

    /// Records that the value must be `expected`, and is not.
    pub fn refuse(&self, expected: &str, help: impl Into<String>) {
        let (name, path) = (&self.name, inside(&self.table.path));
        let found = self.node.value.description();
        self.error(format!("`{name}`{path} must be {expected}, not {found}"), help);
    }

    pub fn string(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) => Some(text),
            _ => {
                self.refuse("a string", "write it in quotes");
                None
            }
        }
    }

    pub fn boolean(&self) -> Option<bool> {
        match self.node.value {
            Value::Boolean(value) => Some(value),
            _ => {
                self.refuse("true or false", "");
                None
            }
        }
    }

    /// A finite number.
    pub fn number(&self) -> Option<f64> {
        match &self.node.value {
            Value::Integer(value) => return Some(*value as f64),
            Value::Float(value) if value.is_finite() => return Some(*value),
            Value::Float(_) => self.refuse("a finite number", ""),
            Value::String(text) if text.trim().parse::<f64>().is_ok() => {
                self.refuse("a number", format!("write it without quotes: {}", text.trim()));
            }
            _ => self.refuse("a number", ""),
        }
        None
    }

    pub fn integer(&self) -> Option<i64> {
        match self.node.value {
            Value::Integer(value) => return Some(value),
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                self.refuse("an integer", format!("write {value:.0}"));
            }
            _ => self.refuse("an integer", ""),
        }
        None
    }

    /// An integer of at least `least`.
    pub fn count(&self, least: i64) -> Option<u64> {
        let value = self.integer()?;
        if value < least {
            self.refuse(&format!("at least {least}"), "");
        }
        u64::try_from(value).ok().filter(|_| value >= least)
    }

    /// Seconds, not negative.
    pub fn duration(&self) -> Option<f64> {
        let from_text = |text: &str| {
            let seconds = duration::seconds_from_text(text);
            if seconds.is_none() {
                self.refuse("a duration", duration::FORMS);
            }
            seconds
        };
        let seconds = match &self.node.value {
            Value::String(text) => from_text(text)?,
            Value::Datetime(value) => from_text(&value.to_string())?,
            Value::Integer(_) | Value::Float(_) => self.number()?,
            _ => {
                self.refuse("a duration", duration::FORMS);
                return None;
            }
        };
        if seconds < 0.0 {
            self.refuse("zero or positive", "");
        }
        Some(seconds).filter(|seconds| *seconds >= 0.0)
    }

    /// Bytes, at least 1.
    pub fn bytes(&self) -> Option<u64> {
        match &self.node.value {
            Value::Integer(_) | Value::Float(_) => self.count(1),
            value => {
                let bytes = match value {
                    Value::String(text) => bytes::bytes_from_text(text),
                    _ => None,
                };
                if bytes.is_none() {
                    self.refuse("an amount of memory", bytes::FORMS);
                }
                bytes
            }
        }
    }

    /// A number, or a formula of the variables in `allowed`.
    pub fn formula(&self, allowed: &[&str]) -> Option<Formula> {
        let formula = match &self.node.value {
            Value::Integer(_) | Value::Float(_) => Formula::constant(self.number()?),
            Value::String(text) => match Formula::parse(text, allowed) {
                Ok(formula) => formula,
                Err(error) => {
                    let place = self.place_in_string(text, error.span);
                    let message = format!("`{}`{}: {}", self.name, inside(&self.table.path), error.message);
                    self.error_in(place, message, error.help.unwrap_or_default());
                    return None;
                }
            },
            _ => {
                self.refuse("a number or a formula", "write a formula in quotes: \"1 + x\"");
                return None;
            }
        };
        match formula.as_constant() {
            Some(value) if !value.is_finite() => {
                let (name, path) = (&self.name, inside(&self.table.path));
                self.error(
                    format!("`{name}`{path} is {value}, not a finite number"),
                    "check the formula",
                );
                None
            }
            _ => Some(formula),
        }
    }

    /// The place of bytes `span` of string `text`; the whole string where escapes have moved them.
    fn place_in_string(&self, text: &str, span: std::ops::Range<usize>) -> Place {
        let place = &self.node.place;
        let written = &self.table.document.sources[place.source].text[place.start..place.end];
        match written.find(text).filter(|_| !text.is_empty()) {
            Some(offset) => {
                let start = place.start + offset;
                Place::new(place.source, start + span.start..start + span.end)
            }
            None => place.clone(),
        }
    }
}
