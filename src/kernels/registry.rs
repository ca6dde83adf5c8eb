//! The list of physics that a configuration can ask for by `kernel.type`.

use super::Physics;
use crate::config::{GridConfig, Table, Units};

/// What a physics is told of the rest of the configuration.
#[derive(Clone, Debug)]
pub struct Setting {
    pub grid: GridConfig,
    pub units: Units,
    /// Time of the initial state, s.
    pub start: f64,
}

/// Reads a `[kernel]` table; errors are recorded in the table's document, and `None` is returned if there were any.
pub type Reader = fn(table: &Table, setting: &Setting) -> Option<Box<dyn Physics>>;

/// One physics: its name in the configuration, and how to read the rest of its `[kernel]` table.
pub struct Entry {
    pub name: &'static str,
    pub summary: &'static str,
    pub read: Reader,
}

/// The physics that there are.
///
/// ```
/// let names: Vec<&str> = simrun::kernels::REGISTRY.iter().map(|entry| entry.name).collect();
/// assert_eq!(names, ["advection-diffusion", "fdtd"]);
/// ```
///
/// Adding a physics is one folder and one line here.
pub const REGISTRY: &[Entry] = &[
    Entry {
        name: "advection-diffusion",
        summary: "transport of any number of scalar fields by wind and diffusion",
        read: super::advection_diffusion::read,
    },
    Entry {
        name: "fdtd",
        summary: "Maxwell's equations by finite differences in time and space",
        read: super::fdtd::read,
    },
];

/// Reads the `[kernel]` table of a configuration.
pub fn read(table: &Table, setting: &Setting) -> Option<Box<dyn Physics>> {
    let choices: Vec<(&str, usize)> = REGISTRY.iter().enumerate().map(|(n, entry)| (entry.name, n)).collect();
    let names: Vec<String> = REGISTRY
        .iter()
        .map(|entry| format!("`type = \"{}\"`", entry.name))
        .collect();
    let chosen = table
        .require("type", &format!("say which physics: {}", names.join(" or ")))
        .choice("type", &choices);
    let Some(chosen) = chosen else {
        // Without a physics nobody can say which keys are right.
        table.accept_rest();
        return None;
    };
    (REGISTRY[chosen].read)(table, setting)
}
