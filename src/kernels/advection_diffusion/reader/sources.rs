//! Reads `source` of a field.

use super::Context;
use crate::config::{Table, TableOrFormula};
use crate::grid::{AXIS_NAMES, PerAxis};
use crate::kernels::advection_diffusion::source::Source;
use crate::numerics::formula::Formula;

/// What a table can say about a source.
const SHAPES: &str = "say where: { density = s }, { rate = r, at = [2e3, 120] } (a point), { rate = r, from = [..], to = [..] } (a \
                      box) or { rate = r, at = [..], radius = d } (a ball)";

/// `source`: a density, a point, a box, a ball, or a list of these.
pub(super) fn sources(table: &Table, context: &Context) -> Option<Vec<Source>> {
    let key = "source";
    let sources: Option<Vec<Source>> = if !table.has(key) {
        Some(Vec::new())
    } else if table.is_array(key) {
        let items = table.tables_and_formulas(key, context.place_and_time())?;
        let read = |item: &TableOrFormula| match item {
            TableOrFormula::Table(entry) => source(entry, context),
            TableOrFormula::Formula(density) => Some(Source::Density(density.clone())),
        };
        // All are looked at before one that is wrong ends it.
        let read: Vec<Option<Source>> = items.iter().map(read).collect();
        read.into_iter().collect()
    } else if table.is_table(key) {
        source(&table.table(key)?, context).map(|source| vec![source])
    } else {
        table
            .formula(key, context.place_and_time())
            .map(|density| vec![Source::Density(density)])
    };
    let is_nothing = |source: &Source| matches!(source, Source::Density(density) if density.as_constant() == Some(0.0));
    let mut sources = sources?;
    sources.retain(|source| !is_nothing(source));
    Some(sources)
}

/// One table: `{ density }`, `{ rate, at }`, `{ rate, from, to }` or `{ rate, at, radius }`.
fn source(table: &Table, context: &Context) -> Option<Source> {
    let shape = table.require_one_of(&["density", "at", "from"], SHAPES);
    if ["density", "at", "from"].iter().filter(|key| table.has(key)).count() != 1 {
        // Nobody can say which of the other keys are right.
        table.accept_rest();
    }
    let shape = shape?;
    if shape == "density" {
        return table.formula("density", context.place_and_time()).map(Source::Density);
    }
    let rate = table
        .require(
            "rate",
            "give the amount released per second, a number or a formula of t",
        )
        .formula("rate", &["t"]);
    match shape {
        "from" => cuboid(table, context, rate),
        _ if table.has("radius") => {
            let (at, radius) = (place(table, "at", context), table.positive("radius"));
            Some(Source::Ball {
                rate: rate?,
                at: at?,
                radius: radius?,
            })
        }
        _ => {
            let at = place(table, "at", context);
            Some(Source::Point { rate: rate?, at: at? })
        }
    }
}

/// A box between two corners.
fn cuboid(table: &Table, context: &Context, rate: Option<Formula>) -> Option<Source> {
    let from = place(table, "from", context);
    table.require("to", "give the upper corner of the box, m, as `from` is its lower one");
    let to = place(table, "to", context);
    let (from, to) = (from?, to?);
    if let Some(axis) = (0..3).find(|&axis| from[axis] > to[axis]) {
        table.error_at_item(
            "to",
            axis,
            format!(
                "the box ends at {0} = {1} m, before it begins at {0} = {2} m",
                AXIS_NAMES[axis], to[axis], from[axis]
            ),
            "`from` is the lower corner, `to` the upper one",
        );
        return None;
    }
    Some(Source::Box { rate: rate?, from, to })
}

/// A place on the grid, m; zero along z in 2D.
fn place(table: &Table, key: &str, context: &Context) -> Option<PerAxis<f64>> {
    let mut place = table.numbers_of(key, context.dims)?;
    place.resize(3, 0.0);
    place.try_into().ok()
}
