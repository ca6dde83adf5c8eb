//! The configuration as a tree of values that know where they were written.

use std::ops::Range;

use serde::Serialize;
use serde::ser::Serializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

/// A stretch of one of the texts that make up a configuration: the file is text 0, the overrides follow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub source: usize,
    pub start: usize,
    pub end: usize,
}

impl Place {
    pub(super) fn new(source: usize, span: Range<usize>) -> Place {
        Place {
            source,
            start: span.start,
            end: span.end,
        }
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub place: Place,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Datetime(Datetime),
    Array(Vec<Node>),
    Table(Entries),
}

/// The contents of a table in the order of the text. `id` is its place in the document's notes.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    pub id: usize,
    pub list: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub key: Place,
    pub node: Node,
}

impl Entries {
    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.list.iter().find(|entry| entry.name == name)
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|entry| entry.name == name)
    }
}

impl Value {
    /// What it is, for "must be a number, not ...".
    pub(super) fn description(&self) -> String {
        match self {
            Value::String(text) => format!("the string \"{text}\""),
            Value::Integer(value) => format!("{value}"),
            Value::Float(value) => format!("{value:?}"),
            Value::Boolean(value) => format!("{value}"),
            Value::Datetime(value) => format!("the date or time {value}"),
            Value::Array(items) => format!("an array of {}", items.len()),
            Value::Table(_) => "a table".into(),
        }
    }
}

/// A number that does not fit into an i64 or f64.
pub(super) struct NumberTooLarge {
    pub place: Place,
    pub text: String,
}

impl Node {
    /// The tree of a value that toml parsed at `offset` of text `source`.
    pub(super) fn from_toml(value: &Spanned<DeValue>, source: usize, offset: usize) -> Result<Node, NumberTooLarge> {
        let span = value.span();
        let place = Place::new(source, span.start + offset..span.end + offset);
        let too_large = |text: &str| NumberTooLarge {
            place: place.clone(),
            text: text.into(),
        };
        let value = match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(integer) => Value::Integer(
                i64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| too_large(integer.as_str()))?,
            ),
            DeValue::Float(float) => {
                let value: f64 = float.as_str().parse().map_err(|_| too_large(float.as_str()))?;
                if value.is_infinite() && !float.as_str().contains("inf") {
                    return Err(too_large(float.as_str()));
                }
                Value::Float(value)
            }
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(value) => Value::Datetime(*value),
            DeValue::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| Node::from_toml(item, source, offset))
                    .collect::<Result<_, _>>()?,
            ),
            DeValue::Table(table) => Value::Table(Entries::from_toml(table, source, offset)?),
        };
        Ok(Node { place, value })
    }
}

impl Entries {
    pub(super) fn from_toml(table: &DeTable, source: usize, offset: usize) -> Result<Entries, NumberTooLarge> {
        let mut list = Vec::with_capacity(table.len());
        for (key, value) in table {
            let span = key.span();
            list.push(Entry {
                name: key.get_ref().to_string(),
                key: Place::new(source, span.start + offset..span.end + offset),
                node: Node::from_toml(value, source, offset)?,
            });
        }
        list.sort_by_key(|entry| entry.key.start);
        Ok(Entries { id: 0, list })
    }

    /// Gives this table and every table within a number of its own, from `next` on.
    pub(super) fn number_tables(&mut self, next: &mut usize) {
        fn number(value: &mut Value, next: &mut usize) {
            match value {
                Value::Array(items) => items.iter_mut().for_each(|item| number(&mut item.value, next)),
                Value::Table(entries) => entries.number_tables(next),
                _ => {}
            }
        }
        self.id = *next;
        *next += 1;
        self.list
            .iter_mut()
            .for_each(|entry| number(&mut entry.node.value, next));
    }
}

/// Whether a key (table, name) is left out when a table is written.
type IsLeftOut<'n> = &'n dyn Fn(usize, &str) -> bool;

/// A table as it is written back to TOML.
pub(super) struct WrittenTable<'n> {
    pub entries: &'n Entries,
    pub is_left_out: IsLeftOut<'n>,
}

impl Serialize for WrittenTable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_left_out = self.is_left_out;
        let kept = self
            .entries
            .list
            .iter()
            .filter(|entry| !is_left_out(self.entries.id, &entry.name));
        serializer.collect_map(kept.map(|entry| {
            let value = &entry.node.value;
            (&entry.name, WrittenValue { value, is_left_out })
        }))
    }
}

struct WrittenValue<'n> {
    value: &'n Value,
    is_left_out: IsLeftOut<'n>,
}

impl Serialize for WrittenValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_left_out = self.is_left_out;
        match self.value {
            Value::String(text) => serializer.serialize_str(text),
            Value::Integer(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Datetime(value) => value.serialize(serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(|item| {
                let value = &item.value;
                WrittenValue { value, is_left_out }
            })),
            Value::Table(entries) => WrittenTable { entries, is_left_out }.serialize(serializer),
        }
    }
}
