//! Reads the `[kernel]` table of a configuration.

mod coefficients;
mod exchange;
mod field;
mod sources;
mod walls;

#[cfg(test)]
mod tests;

use super::kernel::AdvectionDiffusion;
use super::limits::wind_limit;
use super::parameters::{Advection, FieldParameters, Parameters};
use super::walls::Wall;
use crate::config::{Table, Units};
use crate::grid::{AXIS_NAMES, PerAxis};
use crate::kernels::{Physics, Setting};
use crate::numerics::runge_kutta::Stepper;
use coefficients::{diffusivity, wind};
use exchange::exchange_rates;
use field::field;
use walls::walls;

/// Variables that formulas may use, in 2D and 3D.
const PLACE: [&str; 3] = AXIS_NAMES;
const PLACE_AND_TIME_2D: [&str; 3] = ["x", "y", "t"];
const PLACE_AND_TIME_3D: [&str; 4] = ["x", "y", "z", "t"];

/// The fewest stages of super time stepping, which is of second order.
const FEWEST_STAGES: usize = 2;

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
pub fn read(table: &Table, setting: &Setting) -> Option<Box<dyn Physics>> {
    if setting.units == Units::Natural {
        table.error_at(
            "type",
            "transport has no natural units",
            "leave `units` out: lengths are in m and times in s",
        );
    }
    let parameters = parameters(table, setting.grid.dims, setting.grid.cells)?;
    Some(Box::new(AdvectionDiffusion { parameters }))
}

fn parameters(table: &Table, dims: usize, cells: PerAxis<usize>) -> Option<Parameters> {
    let context = Context { dims, cells };
    let wind = wind(table, &context);
    let diffusivity = diffusivity(table, &context);
    let advection = table.choice(
        "advection",
        &[
            ("upwind", Advection::Upwind1),
            ("upwind1", Advection::Upwind1),
            ("upwind3", Advection::Upwind3),
            ("upwind5", Advection::Upwind5),
            ("centred", Advection::Centred2),
            ("centred2", Advection::Centred2),
            ("centred4", Advection::Centred4),
            ("weno5", Advection::Weno5),
            ("limited", Advection::Limited),
        ],
    );
    let stepper = stepper(table);
    let budget = table.boolean("budget").unwrap_or(false);
    let default_walls = table.table("boundary").map(|boundary| walls(&boundary, &context, None));
    let entries = table.tables("field");
    let exchange = exchange_rates(table, &entries);
    let fields: Vec<Option<FieldParameters>> = entries
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
        dims,
        wind: wind?,
        diffusivity: diffusivity?,
        advection: advection.unwrap_or(Advection::Upwind1),
        stepper: stepper?,
        fits_stages: matches!(stepper, Some(Stepper::Rkl2 { .. })) && !table.has("stages"),
        budget,
        exchange: exchange?,
        fields,
    };
    refuse_unstable(table, &parameters)?;
    Some(parameters)
}

/// `stepper`, with `stages` where their number is free.
fn stepper(table: &Table) -> Option<Stepper> {
    let stepper = table.choice(
        "stepper",
        &[
            ("euler", Stepper::Euler),
            ("ssp-rk2", Stepper::SspRk2),
            ("ssp-rk3", Stepper::SspRk3),
            ("rk3", Stepper::Rk3),
            ("rkl2", Stepper::Rkl2 { stages: 3 }),
        ],
    );
    let stepper = match table.has("stepper") {
        true => stepper?,
        false => Stepper::Euler,
    };
    if !table.has("stages") {
        return Some(stepper);
    }
    let stages = table.count("stages")? as usize;
    match stepper {
        Stepper::Rkl2 { .. } if stages >= FEWEST_STAGES => Some(Stepper::Rkl2 { stages }),
        Stepper::Rkl2 { .. } => {
            table.error_at(
                "stages",
                format!("{stages} stages are too few for \"rkl2\""),
                format!("give {FEWEST_STAGES} or more, best an odd number, or leave it out"),
            );
            None
        }
        _ => {
            table.error_at(
                "stages",
                format!(
                    "stepper \"{}\" has {} stages, no others",
                    stepper.name(),
                    stepper.n_stages()
                ),
                "leave `stages` out, or use `stepper = \"rkl2\"`",
            );
            None
        }
    }
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

/// Pairs of schemes that let waves grow, however short the step.
fn refuse_unstable(table: &Table, parameters: &Parameters) -> Option<()> {
    let (advection, stepper) = (parameters.advection, parameters.stepper);
    let is_windy = |axis: usize| (0..parameters.fields.len()).any(|field| parameters.is_windy(field, axis));
    let diffuses = |axis: usize| parameters.diffusivity.along(axis).as_constant() != Some(0.0);
    // Centred advection with forward Euler is held by diffusion along the same axis.
    let is_held = |axis: usize| advection == Advection::Centred2 && stepper == Stepper::Euler && diffuses(axis);
    let Some(bare) = (0..3).find(|&axis| is_windy(axis) && !is_held(axis)) else {
        return Some(());
    };
    if wind_limit(advection, stepper) > 0.0 {
        return Some(());
    }
    let usable = match stepper {
        Stepper::Euler => "`stepper = \"rk3\"`, or `advection = \"upwind\"`",
        Stepper::SspRk2 => "`stepper = \"ssp-rk3\"`, or `advection = \"upwind3\"`",
        _ => "`advection = \"upwind3\"`, or `stepper = \"ssp-rk3\"`",
    };
    let without = if advection == Advection::Centred2 && stepper == Stepper::Euler {
        " without diffusion"
    } else {
        ""
    };
    table.error_at(
        "advection",
        format!(
            "advection \"{}\" with stepper \"{}\" lets waves grow along {}{without}",
            advection.name(),
            stepper.name(),
            AXIS_NAMES[bare]
        ),
        format!("use {usable}"),
    );
    None
}
