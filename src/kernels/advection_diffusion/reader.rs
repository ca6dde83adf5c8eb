//! Reads the `[kernel]` table of a configuration.

use super::kernel::AdvectionDiffusion;
use super::parameters::{Advection, FieldParameters, Parameters};
use super::slots::WALL_NAMES;
use super::source::Source;
use super::walls::Wall;
use crate::config::Table;
use crate::grid::{AXIS_NAMES, PerAxis};
use crate::kernels::Physics;
use crate::numerics::formula::Formula;
use crate::numerics::runge_kutta::Stepper;

/// Variables that formulas may use, in 2D and 3D.
const PLACE: [&str; 3] = AXIS_NAMES;
const PLACE_AND_TIME_2D: [&str; 3] = ["x", "y", "t"];
const PLACE_AND_TIME_3D: [&str; 4] = ["x", "y", "z", "t"];

/// What a reader of one part needs to know of the whole.
struct Context {
    dims: usize,
    cells: PerAxis<usize>,
}

impl Context {
    fn place(&self) -> &'static [&'static str] {
        &PLACE[..self.dims]
    }

    fn place_and_time(&self) -> &'static [&'static str] {
        if self.dims == 2 {
            &PLACE_AND_TIME_2D
        } else {
            &PLACE_AND_TIME_3D
        }
    }
}

/// Reads the table; errors go to its document.
pub fn read(table: &Table, dims: usize, cells: PerAxis<usize>) -> Option<Box<dyn Physics>> {
    let context = Context { dims, cells };
    let zero = || Formula::constant(0.0);
    let wind = match table.has("wind") {
        true => per_axis(table.formulas("wind", dims, context.place_and_time())),
        false => Some([zero(), zero(), zero()]),
    };
    let diffusivity = diffusivity(table, &context);
    let advection = table.choice(
        "advection",
        &[("upwind", Advection::Upwind), ("centred", Advection::Centred)],
    );
    let stepper = table.choice("stepper", &[("euler", Stepper::Euler), ("rk3", Stepper::Rk3)]);
    let budget = table.boolean("budget").unwrap_or(false);
    let default_walls = table.table("boundary").map(|boundary| walls(&boundary, &context, None));
    let fields: Vec<Option<FieldParameters>> = table
        .tables("field")
        .iter()
        .map(|entry| field(entry, &context, default_walls.as_ref()))
        .collect();
    if fields.is_empty() {
        table.error_here(
            "the kernel has no field to carry",
            "add a `[[kernel.field]]` table with a `name` and an `initial` value",
        );
    }
    let fields: Vec<FieldParameters> = fields.into_iter().collect::<Option<_>>()?;
    agree(table, &fields)?;
    let parameters = Parameters {
        wind: wind?,
        diffusivity: diffusivity?,
        advection: advection.unwrap_or(Advection::Upwind),
        stepper: stepper.unwrap_or(Stepper::Euler),
        budget,
        fields,
    };
    refuse_unstable(table, &parameters)?;
    Some(Box::new(AdvectionDiffusion { parameters }))
}

/// A list of one formula per named axis, with zero for z in 2D.
fn per_axis(formulas: Option<Vec<Formula>>) -> Option<PerAxis<Formula>> {
    let mut formulas = formulas?;
    formulas.resize(3, Formula::constant(0.0));
    formulas.try_into().ok()
}

/// `diffusivity`: one for all axes, or a list of one per axis; none is zero.
fn diffusivity(table: &Table, context: &Context) -> Option<PerAxis<Formula>> {
    let key = "diffusivity";
    let diffusivity = if !table.has(key) {
        [0; 3].map(|_| Formula::constant(0.0))
    } else if table.is_array(key) {
        per_axis(table.formulas(key, context.dims, context.place_and_time()))?
    } else {
        let one = table.formula(key, context.place_and_time())?;
        [one.clone(), one.clone(), one]
    };
    for formula in &diffusivity {
        if let Some(value) = formula.as_constant()
            && value < 0.0
        {
            table.error_at(
                key,
                format!("a diffusivity of {value} m2/s is negative"),
                "diffusion smooths only with a diffusivity of zero or more",
            );
            return None;
        }
    }
    Some(diffusivity)
}

fn field(table: &Table, context: &Context, default_walls: Option<&Walls>) -> Option<FieldParameters> {
    let name = table
        .require("name", "every field needs a name, as in `name = \"so2\"`")
        .string("name");
    let unit = table.string("unit").unwrap_or_default();
    let initial = match table.has("initial") {
        true => table.formula("initial", context.place()),
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
        sources: sources?,
        decay,
        walls,
    })
}

/// `source`: a density formula, a point `{ rate, at }`, or a list of points and densities.
fn sources(table: &Table, context: &Context) -> Option<Vec<Source>> {
    let key = "source";
    if !table.has(key) {
        return Some(Vec::new());
    }
    if table.is_array(key) {
        return table
            .tables(key)
            .iter()
            .map(|entry| point_source(entry, context))
            .collect();
    }
    if table.is_table(key) {
        return Some(vec![point_source(&table.table(key)?, context)?]);
    }
    let density = table.formula(key, context.place_and_time())?;
    if density.as_constant() == Some(0.0) {
        return Some(Vec::new());
    }
    Some(vec![Source::Density(density)])
}

fn point_source(table: &Table, context: &Context) -> Option<Source> {
    if table.has("density") {
        return table.formula("density", context.place_and_time()).map(Source::Density);
    }
    let rate = table
        .require(
            "rate",
            "give the amount released per second, a number or a formula of t",
        )
        .formula("rate", &["t"]);
    let at = table
        .require("at", "give the place of the source, m, as in `at = [2e3, 120]`")
        .numbers_of("at", context.dims);
    let mut at = at?;
    at.resize(3, 0.0);
    Some(Source::Point {
        rate: rate?,
        at: at.try_into().ok()?,
    })
}

/// Walls as far as they are given: `[axis][lower, upper]`.
type Walls = PerAxis<[Option<Wall>; 2]>;

/// Reads a `boundary` table: `all`, then single walls on top. `None` entries were in error and are already reported.
fn walls(table: &Table, context: &Context, default: Option<&Walls>) -> Walls {
    let mut walls: Walls = default.cloned().unwrap_or_default();
    if table.has("all") {
        let all = wall(table, "all", context);
        for axis in 0..context.dims {
            walls[axis] = [all.clone(), all.clone()];
        }
    }
    let mut failed = table.has("all") && walls[0][0].is_none();
    for axis in 0..context.dims {
        for side in 0..2 {
            let key = WALL_NAMES[axis][side];
            if table.has(key) {
                walls[axis][side] = wall(table, key, context);
                failed |= walls[axis][side].is_none();
            } else if walls[axis][side].is_none() && context.cells[axis] == 1 {
                walls[axis][side] = Some(Wall::ZeroGradient);
            } else if walls[axis][side].is_none() && !failed {
                table.error_here(
                    format!("the {key} wall has no condition"),
                    "give it by name or with `all`: \"periodic\", \"zero-gradient\", \"open\", { value = v }, { flux = f }, { inflow = v }",
                );
                failed = true;
            }
        }
    }
    for lone in walls.iter_mut().skip(context.dims) {
        *lone = [Some(Wall::ZeroGradient), Some(Wall::ZeroGradient)];
    }
    for axis in 0..context.dims {
        let joined = walls[axis].each_ref().map(|wall| *wall == Some(Wall::Periodic));
        if joined[0] != joined[1] && walls[axis].iter().all(Option::is_some) {
            let [lower, upper] = WALL_NAMES[axis];
            table.error_here(
                format!("only one of the {lower} and {upper} walls is periodic"),
                "a periodic axis joins its two ends: make both periodic, or none",
            );
            walls[axis] = [None, None];
        }
    }
    walls
}

/// Where neither the field nor the kernel has a `boundary` table.
fn missing_walls(table: &Table) -> Walls {
    table.error_here(
        "the field has no `boundary`",
        "say what happens at the ends of the grid, for example `boundary = { all = \"open\" }`, here or in [kernel]",
    );
    Walls::default()
}

fn wall(table: &Table, key: &str, context: &Context) -> Option<Wall> {
    if table.is_table(key) {
        let entry = table.table(key)?;
        let given = ["value", "flux", "inflow"].map(|what| entry.has(what));
        let formula = |what: &str| entry.formula(what, context.place_and_time());
        return match given {
            [true, false, false] => formula("value").map(Wall::Value),
            [false, true, false] => formula("flux").map(Wall::Flux),
            [false, false, true] => formula("inflow").map(Wall::Open),
            _ => {
                entry.error_here(
                    "a wall has exactly one condition",
                    "give one of { value = v }, { flux = f } (into the grid, unit m/s), { inflow = v } (open)",
                );
                None
            }
        };
    }
    let choice = table.choice(key, &[("periodic", 0), ("zero-gradient", 1), ("open", 2)])?;
    Some(match choice {
        0 => Wall::Periodic,
        1 => Wall::ZeroGradient,
        _ => Wall::Open(Formula::constant(0.0)),
    })
}

fn complete(walls: Walls) -> Option<PerAxis<[Wall; 2]>> {
    let [x, y, z] = walls.map(|[lower, upper]| Some([lower?, upper?]));
    Some([x?, y?, z?])
}

/// Fields must have different names and agree on which axes are periodic.
fn agree(table: &Table, fields: &[FieldParameters]) -> Option<()> {
    for (n, field) in fields.iter().enumerate() {
        if fields[..n].iter().any(|other| other.name == field.name) {
            table.error_at(
                "field",
                format!("two fields are called \"{}\"", field.name),
                "give each field a name of its own",
            );
            return None;
        }
        for axis in 0..3 {
            if (field.walls[axis][0] == Wall::Periodic) != (fields[0].walls[axis][0] == Wall::Periodic) {
                table.error_at(
                    "field",
                    format!(
                        "\"{}\" and \"{}\" disagree on whether the {} axis is periodic",
                        field.name, fields[0].name, AXIS_NAMES[axis]
                    ),
                    "the grid is periodic for all fields or for none",
                );
                return None;
            }
        }
    }
    Some(())
}

/// Centred advection grows under forward Euler unless diffusion holds it.
fn refuse_unstable(table: &Table, parameters: &Parameters) -> Option<()> {
    let bare =
        (0..3).find(|&axis| parameters.is_windy(axis) && parameters.diffusivity[axis].as_constant() == Some(0.0));
    if let Some(axis) = bare
        && parameters.advection == Advection::Centred
        && parameters.stepper == Stepper::Euler
    {
        table.error_at(
            "advection",
            format!(
                "centred advection with forward Euler grows along {} without diffusion",
                AXIS_NAMES[axis]
            ),
            "use `stepper = \"rk3\"`, or `advection = \"upwind\"`",
        );
        return None;
    }
    Some(())
}
