//! When something is due.

use super::Table;

/// When something is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Every {
    /// Each time this many seconds have passed.
    Time(f64),
    /// Each time this many steps have been done.
    Steps(u64),
    /// At these times, s, in ascending order.
    AtTimes(Vec<f64>),
    /// After these steps, in ascending order.
    AtSteps(Vec<u64>),
}

const KEYS: [&str; 3] = ["every", "at_times", "at_steps"];
const REMEDY: &str = "write every = \"5 min\", every = { steps = 100 }, at_times = [60, 120] or at_steps = [10, 20]";

impl Every {
    /// Reads the one of the keys `every`, `at_times` and `at_steps` that is present.
    pub(super) fn read(table: &Table) -> Option<Every> {
        Every::read_key(table, table.one_of(&KEYS)?)
    }

    /// The same, with an error if none is present.
    pub(super) fn require(table: &Table) -> Option<Every> {
        Every::read_key(table, table.require_one_of(&KEYS, REMEDY)?)
    }

    fn read_key(table: &Table, key: &str) -> Option<Every> {
        match key {
            "at_times" => {
                let times = table.durations(key)?;
                is_ascending(table, key, &times).then_some(Every::AtTimes(times))
            }
            "at_steps" => {
                let steps = table.whole_numbers(key)?;
                is_ascending(table, key, &steps).then_some(Every::AtSteps(steps))
            }
            _ if table.is_table(key) => read_steps(table, key).map(Every::Steps),
            _ => table.positive_duration(key).map(Every::Time),
        }
    }
}

/// The number of steps in `key = { steps = n }`.
pub(super) fn read_steps(table: &Table, key: &str) -> Option<u64> {
    let steps = table.table(key)?;
    steps
        .require("steps", &format!("write {key} = {{ steps = 100 }}"))
        .count("steps")
}

/// The number of steps in `key = n` or `key = { steps = n }`, for what cannot be due by time.
pub(super) fn read_steps_or_count(table: &Table, key: &str) -> Option<u64> {
    match table.is_table(key) {
        true => read_steps(table, key),
        false => table.count(key),
    }
}

fn is_ascending<V: PartialOrd + std::fmt::Display>(table: &Table, key: &str, values: &[V]) -> bool {
    if values.is_empty() {
        table.error_at(key, format!("`{key}` in [{}] is empty", table.path()), REMEDY);
        return false;
    }
    match values.windows(2).position(|pair| pair[1] <= pair[0]) {
        Some(i) => {
            let message = format!(
                "`{key}` in [{}] must ascend, but {} follows {}",
                table.path(),
                values[i + 1],
                values[i]
            );
            table.error_at_item(key, i + 1, message, "sort it, and name everything once");
            false
        }
        None => true,
    }
}
