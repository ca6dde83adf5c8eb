//! `[[probe]]`: places at which the values of fields are recorded step by step.

use super::every::read_steps_or_count;
use super::file_name::file_name;
use super::{GridConfig, Table};
use crate::grid::AXIS_NAMES;

/// One probe as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeConfig {
    /// Stem of its file, different for every probe.
    pub name: String,
    /// The place, m, inside the grid; zero along the third axis in 2D.
    pub at: [f64; 3],
    /// Names of the fields, each once; all if empty.
    pub fields: Vec<String>,
    /// Steps from one record to the next.
    pub every_steps: u64,
}

/// Share of a cell by which a place may lie outside: what rounding of the grid's end leaves.
const ON_EDGE: f64 = 1e-9;

impl ProbeConfig {
    /// `grid` is missing where it cannot be used: places are not compared with it then.
    pub(super) fn read_all(root: &Table, grid: Option<&GridConfig>) -> Vec<ProbeConfig> {
        let mut probes: Vec<ProbeConfig> = Vec::new();
        for table in root.tables("probe") {
            let Some(probe) = ProbeConfig::read(&table, grid) else {
                continue;
            };
            if probes.iter().any(|earlier| earlier.name == probe.name) {
                table.error_at(
                    "name",
                    format!("two probes have the name \"{}\"", probe.name),
                    "give every [[probe]] a name of its own: its file is called so",
                );
            }
            probes.push(probe);
        }
        probes
    }

    fn read(table: &Table, grid: Option<&GridConfig>) -> Option<ProbeConfig> {
        let named = table.require("name", "write name = \"p1\": the file of the probe is called so");
        let name = file_name(named);
        let fields = table.strings("fields").unwrap_or_default();
        refuse_twice(table, &fields);
        let every_steps = match table.has("every") {
            true => read_steps_or_count(table, "every"),
            false => Some(1),
        };
        let at = table.require("at", "give the place, as in at = [0.5, 0.25]");
        let at = match grid {
            Some(grid) => place_inside(at, grid),
            None => at.numbers("at").and(None),
        };
        Some(ProbeConfig {
            name: name?,
            at: at?,
            fields,
            every_steps: every_steps?,
        })
    }
}

fn refuse_twice(table: &Table, fields: &[String]) {
    for (index, field) in fields.iter().enumerate() {
        if fields[..index].contains(field) {
            let message = format!("field \"{field}\" is named twice in [{}]", table.path());
            table.error_at_item("fields", index, message, "name every field once");
        }
    }
}

/// The place `at`, which has to lie in `grid`.
fn place_inside(table: &Table, grid: &GridConfig) -> Option<[f64; 3]> {
    let numbers = table.numbers_of("at", grid.dims)?;
    let mut at = [0.0; 3];
    let mut is_inside = true;
    for (axis, &x) in numbers.iter().enumerate() {
        let (lo, side) = (grid.origin[axis], grid.spacing[axis]);
        let hi = lo + grid.cells[axis] as f64 * side;
        if x < lo - ON_EDGE * side || x > hi + ON_EDGE * side {
            let axis_name = AXIS_NAMES[axis];
            let message = format!("the probe lies outside the grid: {axis_name} = {x}");
            let help = format!("the grid extends from {lo} to {hi} along {axis_name}");
            table.error_at_item("at", axis, message, help);
            is_inside = false;
        }
        at[axis] = x;
    }
    is_inside.then_some(at)
}
