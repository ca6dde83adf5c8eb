//! `--set table.key=value`: one value of the configuration given on the command line.

use toml::de::DeValue;

use super::diagnostics::{Problem, Severity};
use super::tree::{Entries, Entry, Node, Place, Value};
use crate::numerics::formula::nearest_name;

/// An override that cannot be applied: where in its text, why, and what to do.
type Refused = (std::ops::Range<usize>, String, String);

/// Sets in `root` what `text` says; `source` is the number of this text. Later overrides win over earlier ones.
pub(super) fn apply(root: &mut Entries, text: &str, source: usize) -> Result<(), Problem> {
    set(root, text, source).map_err(|(span, message, help)| Problem {
        severity: Severity::Error,
        place: Some(Place::new(source, span)),
        message,
        help,
    })
}

fn set(root: &mut Entries, text: &str, source: usize) -> Result<(), Refused> {
    let form = || "write --set table.key=value".to_string();
    let Some(equals) = text.find('=') else {
        return Err((0..text.len(), "an override without `=`".into(), form()));
    };
    let mut segments = Vec::new();
    let mut at = 0;
    for part in text[..equals].split('.') {
        let start = at + part.len() - part.trim_start().len();
        let segment = part.trim();
        if segment.is_empty() {
            return Err((0..equals, "an override with an empty key".into(), form()));
        }
        segments.push(Segment {
            name: segment,
            place: Place::new(source, start..start + segment.len()),
        });
        at += part.len() + 1;
    }
    let value = value(text, equals + 1, source)?;
    set_in_table(root, &segments, value)
}

/// A part of the path to a value.
struct Segment<'t> {
    name: &'t str,
    place: Place,
}

impl Segment<'_> {
    fn refuse(&self, message: String, help: String) -> Refused {
        (self.place.start..self.place.end, message, help)
    }
}

/// What follows the `=` at `start - 1`: a TOML value, else a string.
fn value(text: &str, start: usize, source: usize) -> Result<Node, Refused> {
    let written = text[start..].trim();
    let start = start + text[start..].len() - text[start..].trim_start().len();
    let span = start..start + written.len();
    if written.is_empty() {
        return Err((
            0..text.len(),
            "an override without a value".into(),
            "write --set table.key=value".into(),
        ));
    }
    match DeValue::parse(written) {
        Ok(value) => Node::from_toml(&value, source, start)
            .map_err(|error| (span, format!("the number {} is too large", error.text), String::new())),
        Err(_) => Ok(Node {
            place: Place::new(source, span),
            value: Value::String(written.into()),
        }),
    }
}

fn set_in_table(entries: &mut Entries, path: &[Segment], value: Node) -> Result<(), Refused> {
    let [segment, rest @ ..] = path else {
        return Ok(());
    };
    let position = entries.position(segment.name).unwrap_or_else(|| {
        entries.list.push(Entry {
            name: segment.name.into(),
            key: segment.place.clone(),
            node: Node {
                place: segment.place.clone(),
                value: Value::Table(Entries::default()),
            },
        });
        entries.list.len() - 1
    });
    let entry = &mut entries.list[position];
    if rest.is_empty() {
        entry.key = segment.place.clone();
        entry.node = value;
        return Ok(());
    }
    set_in_node(&mut entry.node, segment, rest, value)
}

/// Sets what lies at `path` within `node`, which `owner` leads to.
fn set_in_node(node: &mut Node, owner: &Segment, path: &[Segment], value: Node) -> Result<(), Refused> {
    match &mut node.value {
        Value::Table(entries) => set_in_table(entries, path, value),
        Value::Array(items) => {
            let [segment, rest @ ..] = path else {
                return Ok(());
            };
            let index = index_of(items, owner, segment)?;
            if rest.is_empty() {
                items[index] = value;
                return Ok(());
            }
            set_in_node(&mut items[index], segment, rest, value)
        }
        other => Err(owner.refuse(
            format!("`{}` is {}, not a table", owner.name, other.description()),
            "set it as a whole, for example with an inline table: --set 'snapshot.0.every={ steps = 10 }'".into(),
        )),
    }
}

/// The item of array `owner` that `segment` means: by its `name`, else by its number from 0.
fn index_of(items: &[Node], owner: &Segment, segment: &Segment) -> Result<usize, Refused> {
    let name_of = |item: &Node| match &item.value {
        Value::Table(entries) => match &entries.get("name")?.node.value {
            Value::String(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some(index) = items
        .iter()
        .position(|item| name_of(item).as_deref() == Some(segment.name))
    {
        return Ok(index);
    }
    if let Some(index) = segment.name.parse().ok().filter(|index| *index < items.len()) {
        return Ok(index);
    }
    let names: Vec<String> = items.iter().filter_map(name_of).collect();
    let meant = nearest_name(segment.name, names.iter().map(String::as_str));
    let meant = meant.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    let numbers = format!("the numbers 0 to {}", items.len().saturating_sub(1));
    let known = match names.is_empty() {
        true => numbers,
        false => format!("{} (or {numbers})", names.join(", ")),
    };
    let message = format!("`{}` has no entry `{}`", owner.name, segment.name);
    Err(segment.refuse(message, format!("{meant}there are {known}")))
}
