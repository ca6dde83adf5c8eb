//! How one configuration differs from another: a restart may change what leaves the physics as it was.

use std::collections::HashSet;
use std::fmt;

use toml::{Table, Value};

/// Keys that a restart may change.
const FREE_KEYS: [&str; 3] = ["title", "time.end", "time.steps"];

/// Sections in which a restart may change everything.
const FREE_SECTIONS: [&str; 9] = [
    "snapshot",
    "probe",
    "history",
    "check",
    "plot",
    "parallel",
    "checkpoint",
    "output",
    "stop",
];

/// In the place of a value, for people.
const NOT_GIVEN: &str = "(not given)";

/// A value that is not the same in two configurations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As in `--set`: `kernel.field.so2.decay`.
    pub key: String,
    /// The value as TOML, in the configuration of the checkpoint; none where it is not given.
    pub before: Option<String>,
    /// The same in the new configuration.
    pub after: Option<String>,
    /// Whether a restart with the new value goes on with the same problem.
    pub may_change: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let before = self.before.as_deref().unwrap_or(NOT_GIVEN);
        let after = self.after.as_deref().unwrap_or(NOT_GIVEN);
        write!(f, "{}: {before} -> {after}", self.key)
    }
}

/// What differs between the resolved configurations `before` and `after`, value by value. 1 and 1.0 are the same number.
/// Entries of an array of tables are matched by `name` where all have one, by number otherwise; where entries that both
/// have come in another order, that is a difference of the array.
///
/// # Errors
/// Says which of the two is not TOML, and why.
pub fn differences(before: &str, after: &str) -> Result<Vec<Difference>, String> {
    let parse = |text: &str, whose: &str| {
        let table: Result<Table, _> = text.parse();
        table.map_err(|error| format!("the {whose} configuration is not valid TOML: {}", error.message()))
    };
    let (before, after) = (parse(before, "earlier")?, parse(after, "new")?);
    let mut found = Vec::new();
    compare_tables("", &before, &after, &mut found);
    Ok(found)
}

/// Compares the values of `key`, at least one of which is given.
fn compare(key: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    let nothing = Table::new();
    match (before, after) {
        (Some(before), Some(after)) if is_same(before, after) => {}
        (Some(Value::Table(before)), Some(Value::Table(after))) => compare_tables(key, before, after, found),
        (Some(Value::Table(before)), None) if !before.is_empty() => compare_tables(key, before, &nothing, found),
        (None, Some(Value::Table(after))) if !after.is_empty() => compare_tables(key, &nothing, after, found),
        _ => match (entries_of(before), entries_of(after)) {
            (Some(before), Some(after)) if !(before.is_empty() && after.is_empty()) => {
                compare_entries(key, before, after, found);
            }
            _ => found.push(difference(
                key,
                before.map(Value::to_string),
                after.map(Value::to_string),
            )),
        },
    }
}

fn difference(key: &str, before: Option<String>, after: Option<String>) -> Difference {
    let section = key.split('.').next().unwrap_or(key);
    Difference {
        key: key.into(),
        before,
        after,
        may_change: FREE_KEYS.contains(&key) || FREE_SECTIONS.contains(&section),
    }
}

fn compare_tables(path: &str, before: &Table, after: &Table, found: &mut Vec<Difference>) {
    let new = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(new) {
        compare(&join(path, key), before.get(key), after.get(key), found);
    }
}

/// Compares the entries of an array of tables.
fn compare_entries(path: &str, before: &[Value], after: &[Value], found: &mut Vec<Difference>) {
    let (Some(names), Some(new_names)) = (names_of(before), names_of(after)) else {
        for i in 0..before.len().max(after.len()) {
            compare(&join(path, &i.to_string()), before.get(i), after.get(i), found);
        }
        return;
    };
    let among = |names: &[&str], all: &[&str]| -> Vec<Value> {
        let kept = names.iter().filter(|name| all.contains(name));
        kept.map(|name| Value::from(*name)).collect()
    };
    let (order, new_order) = (among(&names, &new_names), among(&new_names, &names));
    if order != new_order {
        let text = |order| Some(Value::Array(order).to_string());
        found.push(difference(path, text(order), text(new_order)));
    }
    let new = new_names.iter().filter(|name| !names.contains(name));
    for name in names.iter().chain(new) {
        compare(&join(path, name), named(before, name), named(after, name), found);
    }
}

/// The entries of an array of tables; those of an empty one where no value is given.
fn entries_of(value: Option<&Value>) -> Option<&[Value]> {
    let Some(value) = value else {
        return Some(&[]);
    };
    let items = value.as_array()?;
    items.iter().all(Value::is_table).then_some(items)
}

/// The entry called `name`.
fn named<'v>(entries: &'v [Value], name: &str) -> Option<&'v Value> {
    let name_of = |entry: &'v Value| entry.get("name")?.as_str();
    entries.iter().find(|entry| name_of(entry) == Some(name))
}

/// The names of all entries, if each has one of its own.
fn names_of(entries: &[Value]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = entries.iter().map(|entry| entry.get("name")?.as_str()).collect();
    names.filter(|names| names.iter().collect::<HashSet<_>>().len() == names.len())
}

fn is_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Integer(integer), Value::Float(float)) | (Value::Float(float), Value::Integer(integer)) => {
            *integer as f64 == *float
        }
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| is_same(before, after))
        }
        (Value::Table(before), Value::Table(after)) => {
            let is_same_in_after = |(key, value)| after.get(key).is_some_and(|after| is_same(value, after));
            before.len() == after.len() && before.iter().all(is_same_in_after)
        }
        _ => before == after,
    }
}

fn join(path: &str, key: &str) -> String {
    match path.is_empty() {
        true => key.into(),
        false => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = r#"
title = "plume"
[grid]
cells = [40, 20]
size = [4.0, 2.0]
[time]
end = "2 h"
[kernel]
type = "advection-diffusion"
diffusivity = 1
[[kernel.field]]
name = "so2"
decay = 0.5
[[kernel.field]]
name = "o3"
source = { rate = 1, at = [1, 2] }
[[snapshot]]
every = "5 min"
"#;

    /// What differs once `from` is replaced by `to`.
    #[track_caller]
    fn said(from: &str, to: &str) -> Vec<(String, bool)> {
        assert_eq!(BEFORE.matches(from).count(), 1, "{from}");
        let found = differences(BEFORE, &BEFORE.replace(from, to)).unwrap();
        found
            .iter()
            .map(|difference| (difference.to_string(), difference.may_change))
            .collect()
    }

    #[track_caller]
    fn assert_said(from: &str, to: &str, expected: &[(&str, bool)]) {
        let expected: Vec<_> = expected.iter().map(|(text, may)| (text.to_string(), *may)).collect();
        let mut found = said(from, to);
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_configuration_does_not_differ_from_itself_however_it_is_written() {
        assert_said("decay = 0.5", "decay = 5e-1", &[]);
        assert_said("diffusivity = 1", "diffusivity = 1.0", &[]);
        assert_said("size = [4.0, 2.0]", "size = [4, 2.0]", &[]);
        assert_said("size = [4.0, 2.0]", "size = [4, 2.0]\n# that is all", &[]);
        assert_said(
            "source = { rate = 1, at = [1, 2] }",
            "source.at = [1.0, 2]\nsource.rate = 1.0",
            &[],
        );
    }

    #[test]
    fn what_leaves_the_physics_as_it_was_may_change() {
        assert_said("\"plume\"", "\"fire\"", &[("title: \"plume\" -> \"fire\"", true)]);
        assert_said(
            "end = \"2 h\"",
            "end = \"3 h\"",
            &[("time.end: \"2 h\" -> \"3 h\"", true)],
        );
        assert_said(
            "end = \"2 h\"",
            "steps = 5",
            &[
                ("time.end: \"2 h\" -> (not given)", true),
                ("time.steps: (not given) -> 5", true),
            ],
        );
        assert_said(
            "every = \"5 min\"",
            "every = { steps = 5 }\n[[snapshot]]\nname = \"last\"",
            &[
                ("snapshot.0.every: \"5 min\" -> { steps = 5 }", true),
                ("snapshot.1.name: (not given) -> \"last\"", true),
            ],
        );
        for section in [
            "probe",
            "history",
            "check",
            "plot",
            "parallel",
            "checkpoint",
            "output",
            "stop",
        ] {
            let text = format!("[{section}]\nkey = 3\n[[snapshot]]");
            let expected = format!("{section}.key: (not given) -> 3");
            assert_said("[[snapshot]]", &text, &[(&expected, true)]);
        }
    }

    #[test]
    fn whatever_else_is_different_may_not_change() {
        assert_said(
            "diffusivity = 1",
            "diffusivity = \"x\"",
            &[("kernel.diffusivity: 1 -> \"x\"", false)],
        );
        assert_said("[40, 20]", "[40, 10]", &[("grid.cells: [40, 20] -> [40, 10]", false)]);
        for key in ["start", "dt", "cfl", "ends"] {
            let expected = format!("time.{key}: (not given) -> 0.25");
            assert_said("[time]", &format!("[time]\n{key} = 0.25"), &[(&expected, false)]);
        }
        for key in ["precision", "units", "snapshots", "time_end"] {
            let expected = format!("{key}: (not given) -> \"f32\"");
            assert_said("[grid]", &format!("{key} = \"f32\"\n[grid]"), &[(&expected, false)]);
        }
    }

    #[test]
    fn entries_with_names_are_matched_by_them() {
        assert_said(
            "decay = 0.5",
            "decay = 2.0",
            &[("kernel.field.so2.decay: 0.5 -> 2.0", false)],
        );
        assert_said(
            "at = [1, 2]",
            "at = [1, 3]",
            &[("kernel.field.o3.source.at: [1, 2] -> [1, 3]", false)],
        );
        assert_said(
            "[[kernel.field]]\nname = \"so2\"\ndecay = 0.5\n",
            "",
            &[
                ("kernel.field.so2.decay: 0.5 -> (not given)", false),
                ("kernel.field.so2.name: \"so2\" -> (not given)", false),
            ],
        );
    }

    #[test]
    fn another_order_of_the_same_names_is_a_difference() {
        let entries = |names: [&str; 3]| names.map(|name| format!("[[shape]]\nname = \"{name}\"\n")).concat();
        let found = differences(&entries(["a", "b", "c"]), &entries(["b", "a", "d"])).unwrap();
        let said: Vec<String> = found.iter().map(Difference::to_string).collect();
        assert_eq!(
            said,
            [
                "shape: [\"a\", \"b\"] -> [\"b\", \"a\"]",
                "shape.c.name: \"c\" -> (not given)",
                "shape.d.name: (not given) -> \"d\"",
            ]
        );
    }

    #[test]
    fn entries_without_names_of_their_own_are_matched_by_number() {
        let said = |before: &str, after: &str| {
            let found = differences(before, after).unwrap();
            found.iter().map(Difference::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            said("k = [{ a = 1 }, { a = 2 }]", "k = [{ a = 1 }, { a = 3 }]"),
            ["k.1.a: 2 -> 3"]
        );
        let twice = "k = [{ name = \"n\", a = 1 }, { name = \"n\", a = 2 }]";
        assert_eq!(said(twice, &twice.replace('2', "3")), ["k.1.a: 2 -> 3"]);
        assert_eq!(said("k = [{ a = 1 }, \"x\"]", "k = [{ a = 1 }, \"y\"]").len(), 1);
    }

    #[test]
    fn what_is_empty_differs_from_what_is_not_given() {
        for empty in ["{}", "[]"] {
            let found = differences("", &format!("k = {empty}")).unwrap();
            assert_eq!(found[0].to_string().replace(' ', ""), format!("k:(notgiven)->{empty}"));
            assert_eq!(differences(&format!("k = {empty}"), "").unwrap().len(), 1);
        }
        assert_eq!(differences("k = []", "k = [1]").unwrap().len(), 1);
        assert_eq!(differences("k = {}", "k = { a = 1 }").unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_toml_is_told_apart() {
        let refused = |before, after| differences(before, after).unwrap_err();
        assert!(refused("a =", "").contains("the earlier configuration is not valid TOML"));
        assert!(refused("", "a =").contains("the new configuration is not valid TOML"));
    }
}
