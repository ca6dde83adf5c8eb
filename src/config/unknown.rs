//! Which keys nobody took, and which were meant by them.

use super::diagnostics::{Problem, Severity};
use super::document::Notes;
use super::tree::{Entries, Entry, Value};
use crate::numerics::formula::nearest_name;

/// Keys that are listed at most, where none is near.
const MOST_LISTED: usize = 16;

/// A problem for every key that no reader took, in all tables that a reader knows.
pub(super) fn unknown_keys(entries: &Entries, notes: &[Notes]) -> Vec<Problem> {
    let own = &notes[entries.id];
    let mut problems = Vec::new();
    for entry in &entries.list {
        if own.taken.contains(&entry.name) {
            tables_in(&entry.node.value, &mut |inner| {
                if notes[inner.id].is_open {
                    problems.extend(unknown_keys(inner, notes));
                }
            });
        } else if !own.is_rest_accepted {
            problems.push(unknown_key(entry, own, notes));
        }
    }
    problems
}

/// Calls `visit` for the table that `value` is, or those that it is an array of.
fn tables_in(value: &Value, visit: &mut impl FnMut(&Entries)) {
    match value {
        Value::Table(entries) => visit(entries),
        Value::Array(items) => items.iter().for_each(|item| tables_in(&item.value, visit)),
        _ => {}
    }
}

fn unknown_key(entry: &Entry, own: &Notes, notes: &[Notes]) -> Problem {
    let name = &entry.name;
    let is_section = own.path.is_empty() && matches!(entry.node.value, Value::Table(_) | Value::Array(_));
    let what = if is_section { "table" } else { "key" };
    Problem {
        severity: Severity::Error,
        place: Some(entry.key.clone()),
        message: format!("unknown {what} `{name}`{}", inside(&own.path)),
        help: remedy(name, own, notes),
    }
}

fn remedy(name: &str, own: &Notes, notes: &[Notes]) -> String {
    if let Some(nearest) = nearest_name(name, own.asked.iter().map(String::as_str)) {
        return format!("did you mean `{nearest}`?");
    }
    let home = notes
        .iter()
        .find(|other| other.asked.contains(name) && other.path != own.path);
    if let Some(home) = home {
        return match home.path.is_empty() {
            true => format!("`{name}` stands at the top level, before the first table"),
            false => format!("`{name}` belongs to [{}]", home.path),
        };
    }
    let known: Vec<&str> = own.asked.iter().map(String::as_str).take(MOST_LISTED).collect();
    let more = if own.asked.len() > MOST_LISTED { ", ..." } else { "" };
    match known.is_empty() {
        true => "remove it".into(),
        false => format!("known here: {}{more}", known.join(", ")),
    }
}

/// " in [path]", or nothing at the top level.
pub(super) fn inside(path: &str) -> String {
    match path.is_empty() {
        true => String::new(),
        false => format!(" in [{path}]"),
    }
}
