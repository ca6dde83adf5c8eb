//! Reads `boundary` tables.

use super::Context;
use crate::config::Table;
use crate::grid::PerAxis;
use crate::kernels::advection_diffusion::slots::WALL_NAMES;
use crate::kernels::advection_diffusion::walls::Wall;
use crate::numerics::formula::Formula;

/// Walls as far as they are given: `[axis][lower, upper]`.
pub(super) type Walls = PerAxis<[Option<Wall>; 2]>;

/// Reads a `boundary` table: `all`, then single walls on top. `None` entries were in error and are already reported.
pub(super) fn walls(table: &Table, context: &Context, default: Option<&Walls>) -> Walls {
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
                    "give it by name or with `all`: \"periodic\", \"zero-gradient\", \"open\", { value = v }, { flux = f }, { inflow = v }, { deposition = v }",
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
pub(super) fn missing_walls(table: &Table) -> Walls {
    table.error_here(
        "the field has no `boundary`",
        "say what happens at the ends of the grid, for example `boundary = { all = \"open\" }`, here or in [kernel]",
    );
    Walls::default()
}

fn wall(table: &Table, key: &str, context: &Context) -> Option<Wall> {
    if table.is_table(key) {
        let entry = table.table(key)?;
        let given = ["value", "flux", "inflow", "deposition"].map(|what| entry.has(what));
        let formula = |what: &str| entry.formula(what, context.place_and_time());
        return match given {
            [true, false, false, false] => formula("value").map(Wall::Value),
            [false, true, false, false] => formula("flux").map(Wall::Flux),
            [false, false, true, false] => formula("inflow").map(Wall::Open),
            [false, false, false, true] => deposition(&entry, context),
            _ => {
                entry.accept_rest();
                entry.error_here(
                    "a wall has exactly one condition",
                    "give one of { value = v }, { flux = f } (into the grid, unit m/s), { inflow = v } (open), { deposition = v } (m/s)",
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

/// A wall that takes up the field with a velocity.
fn deposition(table: &Table, context: &Context) -> Option<Wall> {
    let velocity = table.formula("deposition", context.place_and_time())?;
    if let Some(value) = velocity.as_constant()
        && value < 0.0
    {
        table.error_at(
            "deposition",
            format!("a deposition velocity of {value} m/s is negative"),
            "give zero or more; what comes out of a wall is `{ flux = f }`",
        );
        return None;
    }
    Some(Wall::Deposition(velocity))
}

pub(super) fn complete(walls: Walls) -> Option<PerAxis<[Wall; 2]>> {
    let [x, y, z] = walls.map(|[lower, upper]| Some([lower?, upper?]));
    Some([x?, y?, z?])
}
