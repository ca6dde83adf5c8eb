//! The cursor with which sections and kernels read a table of the configuration.
//!
//! Every method that takes a key notes it as known. A value of the wrong kind or out of range is recorded as an error
//! with its place, and the method returns `None`, so that reading goes on and all errors are reported at once by
//! [`Document::finish`]. A missing key is an error only after [`Table::require`]. `navigation` leads to other tables,
//! `scalars` and `lists` read values, `formulas` reads formulas; all of them look at one value through `item`.

mod formulas;
mod item;
mod lists;
mod navigation;
mod scalars;

#[cfg(test)]
mod tests;

use std::rc::Rc;

use super::diagnostics::{Problem, Severity};
use super::document::Document;
use super::tree::{Entries, Entry, Node, Place, Value};
use super::unknown::inside;
use item::Item;

pub use navigation::TableOrFormula;

/// What a value is, for keys that accept several kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    String,
    /// With or without a decimal point.
    Number,
    Boolean,
    Datetime,
    Array,
    Table,
}

/// A table of the configuration, or the absence of one, which reads as an empty table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    document: &'a Document,
    entries: Option<&'a Entries>,
    id: usize,
    place: Option<Place>,
    path: Rc<str>,
}

impl<'a> Table<'a> {
    pub(super) fn open(document: &'a Document, entries: &'a Entries, place: Option<Place>, path: String) -> Table<'a> {
        let table = Table {
            document,
            entries: Some(entries),
            id: entries.id,
            place,
            path: path.into(),
        };
        table.note_open();
        table
    }

    fn absent(document: &'a Document, path: String) -> Table<'a> {
        let table = Table {
            document,
            entries: None,
            id: document.note_absent_table(),
            place: None,
            path: path.into(),
        };
        table.note_open();
        table
    }

    fn note_open(&self) {
        self.document.note(self.id, |notes| {
            notes.is_open = true;
            notes.path = self.path.to_string();
        });
    }

    /// The path to this table as in `--set path.key=value`: `kernel.field.so2`. Empty for the top level.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line of the text, from 1, where this table begins; none for the top level and where it is missing.
    pub fn line(&self) -> Option<usize> {
        let place = self.place.as_ref()?;
        let before = self.document.sources[place.source].text.get(..place.start)?;
        Some(before.matches('\n').count() + 1)
    }

    /// Whether `key` is present. The key is known from then on, but not taken: another call has to read it.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// What the value of `key` is, if it is present. The key is not taken.
    pub fn kind(&self, key: &str) -> Option<ValueKind> {
        self.entry(key).map(|entry| match entry.node.value {
            Value::String(_) => ValueKind::String,
            Value::Integer(_) | Value::Float(_) => ValueKind::Number,
            Value::Boolean(_) => ValueKind::Boolean,
            Value::Datetime(_) => ValueKind::Datetime,
            Value::Array(_) => ValueKind::Array,
            Value::Table(_) => ValueKind::Table,
        })
    }

    pub fn is_array(&self, key: &str) -> bool {
        self.kind(key) == Some(ValueKind::Array)
    }

    /// The number of items of the array `key`, if it is one. The key is not taken.
    pub fn array_len(&self, key: &str) -> Option<usize> {
        match &self.entry(key)?.node.value {
            Value::Array(items) => Some(items.len()),
            _ => None,
        }
    }

    pub fn is_table(&self, key: &str) -> bool {
        self.kind(key) == Some(ValueKind::Table)
    }

    /// All keys in the order of the text, for tables whose keys are names that the user chooses. They are not taken.
    pub fn keys(&self) -> Vec<&'a str> {
        match self.entries {
            Some(entries) => entries.list.iter().map(|entry| entry.name.as_str()).collect(),
            None => Vec::new(),
        }
    }

    /// Accepts all keys that nobody takes: used where an error leaves open which keys would be right.
    pub fn accept_rest(&self) {
        self.document.note(self.id, |notes| notes.is_rest_accepted = true);
    }

    /// Records an error if `key` is missing. `remedy` says what to write. Reads on with this table:
    /// `table.require("name", "every field needs a name").string("name")`.
    pub fn require(&self, key: &str, remedy: &str) -> &Table<'a> {
        if !self.has(key) {
            self.error_here(format!("missing key `{key}`{}", inside(&self.path)), remedy);
        }
        self
    }

    /// The one of several alternative keys that is present. Where several are, the one of the latest override wins;
    /// two of the same text are an error. All of them are known, and the others are taken.
    pub fn one_of<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        let present: Vec<(&'k str, &Entry)> = keys
            .iter()
            .filter_map(|key| self.entry(key).map(|entry| (*key, entry)))
            .collect();
        let latest = present.iter().map(|(_, entry)| entry.key.source).max()?;
        let mut winners = present.iter().filter(|(_, entry)| entry.key.source == latest);
        let (winner, _) = winners.next()?;
        for (key, _) in winners {
            let names = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            self.error_at(
                key,
                format!("`{winner}` and `{key}` are both given{}", inside(&self.path)),
                format!("keep one of {names}"),
            );
        }
        for (key, _) in present.iter().filter(|(key, _)| key != winner) {
            self.document.note(self.id, |notes| {
                notes.taken.insert(key.to_string());
                notes.overruled.insert(key.to_string());
            });
        }
        Some(winner)
    }

    /// Like [`Table::one_of`], with an error if none is present. `remedy` says what to write.
    pub fn require_one_of<'k>(&self, keys: &[&'k str], remedy: &str) -> Option<&'k str> {
        let found = self.one_of(keys);
        if found.is_none() {
            let names = keys
                .iter()
                .map(|key| format!("`{key}`"))
                .collect::<Vec<_>>()
                .join(" or ");
            self.error_here(format!("missing {names}{}", inside(&self.path)), remedy);
        }
        found
    }

    /// Records an error at the value of `key`, or at the table if there is no such key. `help` may be empty.
    pub fn error_at(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Severity::Error, self.place_of(key), message.into(), help.into());
    }

    /// Records an error at item `index` of the array `key`.
    pub fn error_at_item(&self, key: &str, index: usize, message: impl Into<String>, help: impl Into<String>) {
        let item = match self.entry(key).map(|entry| &entry.node.value) {
            Some(Value::Array(items)) => items.get(index).map(|item| item.place.clone()),
            _ => None,
        };
        let place = item.or_else(|| self.place_of(key));
        self.problem(Severity::Error, place, message.into(), help.into());
    }

    /// Records an error at item `column` of item `row` of the array `key`.
    pub fn error_at_entry(
        &self,
        key: &str,
        (row, column): (usize, usize),
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let items = |node: &'a Node| match &node.value {
            Value::Array(items) => items.as_slice(),
            _ => &[],
        };
        let row = self.entry(key).and_then(|entry| items(&entry.node).get(row));
        let place = row
            .and_then(|row| items(row).get(column))
            .map(|item| item.place.clone());
        let place = place.or_else(|| self.place_of(key));
        self.problem(Severity::Error, place, message.into(), help.into());
    }

    /// Records an error at the head of this table.
    pub fn error_here(&self, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Severity::Error, self.place.clone(), message.into(), help.into());
    }

    /// Records a warning at the value of `key`, or at the table if there is no such key.
    pub fn warn_at(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Severity::Warning, self.place_of(key), message.into(), help.into());
    }

    fn place_of(&self, key: &str) -> Option<Place> {
        self.entry(key)
            .map(|entry| entry.node.place.clone())
            .or_else(|| self.place.clone())
    }

    fn problem(&self, severity: Severity, place: Option<Place>, message: String, help: String) {
        self.document.report(Problem {
            severity,
            place,
            message,
            help,
        });
    }

    /// The entry of `key`, which is noted as known.
    fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.document.note(self.id, |notes| {
            notes.asked.insert(key.into());
        });
        self.entries?.get(key)
    }

    /// The value of `key`, which is noted as taken.
    fn take(&self, key: &str) -> Option<Item<'_, 'a>> {
        let entry = self.entry(key)?;
        self.document.note(self.id, |notes| {
            notes.taken.insert(key.into());
        });
        Some(Item {
            table: self,
            name: key.into(),
            node: &entry.node,
        })
    }

    /// The path of something within this table.
    fn path_to(&self, key: &str) -> String {
        match self.path.is_empty() {
            true => key.into(),
            false => format!("{}.{key}", self.path),
        }
    }
}
