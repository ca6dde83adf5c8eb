//! Reads `[[kernel.field]]` tables.

use super::Context;
use super::sources::sources;
use super::walls::{Walls, complete, missing_walls, walls};
use crate::config::Table;
use crate::kernels::advection_diffusion::parameters::{FieldParameters, Sampling};
use crate::numerics::formula::Formula;

/// Reads one field; what is in error is reported.
pub(super) fn field(table: &Table, context: &Context, default_walls: Option<&Walls>) -> Option<FieldParameters> {
    let name = table
        .require("name", "every field needs a name, as in `name = \"so2\"`")
        .string("name");
    let unit = table.string("unit").unwrap_or_default();
    let initial = match table.has("initial") {
        true => table.formula("initial", context.place()),
        false => Some(Formula::constant(0.0)),
    };
    let sampling = table.choice(
        "sampling",
        &[("centre", Sampling::Centre), ("average", Sampling::Average)],
    );
    let settling = match table.has("settling") {
        true => table.formula("settling", context.place_and_time()),
        false => Some(Formula::constant(0.0)),
    };
    let sources = sources(table, context);
    let decay = table.number("decay").unwrap_or(0.0);
    if decay < 0.0 {
        table.error_at(
            "decay",
            format!("a decay rate of {decay} 1/s is negative"),
            "give zero or more; use `source` for growth",
        );
    }
    let walls = match table.table("boundary") {
        Some(boundary) => walls(&boundary, context, default_walls),
        None => default_walls.cloned().unwrap_or_else(|| missing_walls(table)),
    };
    let name = name?;
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_plain {
        table.error_at(
            "name",
            format!("\"{name}\" cannot name a field"),
            "begin with a letter; then letters, digits and `_`",
        );
    }
    let walls = complete(walls)?;
    (is_plain && decay >= 0.0).then_some(())?;
    Some(FieldParameters {
        name,
        unit,
        initial: initial?,
        sampling: sampling.unwrap_or(Sampling::Centre),
        settling: settling?,
        sources: sources?,
        decay,
        walls,
    })
}
