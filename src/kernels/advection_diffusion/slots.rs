//! The slots of every field, and who takes which turn.

use super::parameters::Parameters;
use crate::field::{FieldSpec, Read, Role, Scalar, SlotId, SlotSpec};
use crate::grid::{AXIS_NAMES, Grid, IndexBox, Location, Reach};
use crate::kernels::{Declaration, Phase, StageSpec, TotalSpec};
use crate::numerics::runge_kutta::Stepper;

/// Names of the walls: `[axis][lower, upper]`.
pub const WALL_NAMES: [[&str; 2]; 3] = [["west", "east"], ["south", "north"], ["bottom", "top"]];

/// The slots that one stage uses for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What the tendency is computed from.
    pub source: SlotId,
    /// The state at the beginning of the step; the same as `source` in the first stage, as `target` in the last stage
    /// of a scheme with several.
    pub base: SlotId,
    /// Where the result goes.
    pub target: SlotId,
}

/// The slots of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSlots {
    /// `[phase][stage]`.
    pub turns: Vec<Vec<Turn>>,
    /// Amount per area that entered through a wall: `[axis][lower, upper]`, where anything can pass.
    pub through: [[Option<SlotId>; 2]; 3],
    /// Amount per volume that sources released, and that decayed: where a budget is asked for.
    pub emitted: Option<SlotId>,
    pub decayed: Option<SlotId>,
}

/// Lays out the slots and stages of `parameters` on `grid`.
pub fn lay_out(parameters: &Parameters, grid: &Grid) -> (Declaration, Vec<FieldSlots>) {
    let mut slots: Vec<SlotSpec> = Vec::new();
    let mut totals = Vec::new();
    let mut add = |name: String, scalar, role, domain| {
        slots.push(SlotSpec {
            name,
            location: Location::CENTER,
            scalar,
            role,
            domain,
        });
        SlotId(slots.len() - 1)
    };
    let mut fields = Vec::new();
    let mut field_slots = Vec::new();
    for field in &parameters.fields {
        let n_registers = parameters.stepper.stages().len().max(2);
        let registers: Vec<SlotId> = (0..n_registers)
            .map(|r| {
                let role = if r == 0 || parameters.stepper == Stepper::Euler {
                    Role::State
                } else {
                    Role::Scratch
                };
                let name = if r == 0 {
                    field.name.clone()
                } else {
                    format!("{}.register{r}", field.name)
                };
                add(name, Scalar::Real, role, None)
            })
            .collect();
        let turns = turns(parameters.stepper, &registers);
        fields.push(FieldSpec {
            name: field.name.clone(),
            unit: field.unit.clone(),
            integral_unit: amount_unit(&field.unit),
            location: Location::CENTER,
            slot_at: turns.iter().map(|stages| stages[0].source).collect(),
        });

        let mut through = [[None; 2]; 3];
        for axis in (0..3).filter(|&axis| grid.is_active(axis)) {
            let windy = parameters.is_windy(axis);
            for upper in [false, true] {
                if !field.walls[axis][usize::from(upper)].is_permeable(windy) {
                    continue;
                }
                let wall = WALL_NAMES[axis][usize::from(upper)];
                let name = format!("{}.in_{wall}", field.name);
                let slot = add(
                    name.clone(),
                    Scalar::Double,
                    Role::Accumulator,
                    Some(wall_cells(grid, axis, upper)),
                );
                through[axis][usize::from(upper)] = Some(slot);
                let area = grid.cell_volume() / grid.spacing[axis];
                totals.push(TotalSpec {
                    name,
                    unit: amount_unit(&field.unit),
                    slot,
                    factor: area,
                });
            }
        }
        let mut ledger = |wanted: bool, what: &str| {
            let name = format!("{}.{what}", field.name);
            (parameters.budget && wanted).then(|| {
                let slot = add(name.clone(), Scalar::Double, Role::Accumulator, None);
                let factor = grid.cell_volume();
                totals.push(TotalSpec {
                    name,
                    unit: amount_unit(&field.unit),
                    slot,
                    factor,
                });
                slot
            })
        };
        let emitted = ledger(!field.sources.is_empty(), "emitted");
        let decayed = ledger(field.decay != 0.0, "decayed");
        field_slots.push(FieldSlots {
            turns,
            through,
            emitted,
            decayed,
        });
    }

    let n_phases = field_slots[0].turns.len();
    let reach = Reach::all(1).on(grid);
    let phases = (0..n_phases)
        .map(|phase| Phase {
            stages: (0..parameters.stepper.stages().len())
                .map(|stage| stage_spec(parameters, &field_slots, phase, stage, reach))
                .collect(),
            live: field_slots.iter().map(|slots| slots.turns[phase][0].source).collect(),
        })
        .collect();
    let initial = StageSpec {
        name: "initial",
        reads: Vec::new(),
        writes: field_slots.iter().map(|slots| slots.turns[0][0].source).collect(),
    };
    let n_coefficient_arrays = parameters.n_coefficient_arrays();
    let declaration = Declaration {
        slots,
        fields,
        initial,
        phases,
        totals,
        ghosts: reach,
        n_coefficient_arrays,
    };
    declaration.check();
    (declaration, field_slots)
}

/// Who reads and writes which register: `[phase][stage]`.
fn turns(stepper: Stepper, r: &[SlotId]) -> Vec<Vec<Turn>> {
    match stepper {
        // Two slots take turns: the second phase is the first with the slots exchanged.
        Stepper::Euler => vec![
            vec![Turn {
                source: r[0],
                base: r[0],
                target: r[1],
            }],
            vec![Turn {
                source: r[1],
                base: r[1],
                target: r[0],
            }],
        ],
        // Every stage starts from register 0, which the last stage updates in place.
        Stepper::Rk3 => vec![vec![
            Turn {
                source: r[0],
                base: r[0],
                target: r[1],
            },
            Turn {
                source: r[1],
                base: r[0],
                target: r[2],
            },
            Turn {
                source: r[2],
                base: r[0],
                target: r[0],
            },
        ]],
    }
}

fn stage_spec(parameters: &Parameters, fields: &[FieldSlots], phase: usize, stage: usize, reach: Reach) -> StageSpec {
    const NAMES: [&str; 3] = ["transport 1", "transport 2", "transport 3"];
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    let is_last = stage + 1 == parameters.stepper.stages().len();
    for slots in fields {
        let turn = slots.turns[phase][stage];
        reads.push(Read::star(turn.source, reach));
        if turn.base != turn.source {
            reads.push(Read::at_cell(turn.base));
        }
        writes.push(turn.target);
        if is_last {
            let ledgers = slots.through.iter().flatten().chain([&slots.emitted, &slots.decayed]);
            for &slot in ledgers.flatten() {
                reads.push(Read::at_cell(slot));
                writes.push(slot);
            }
        }
    }
    StageSpec {
        name: NAMES[stage],
        reads,
        writes,
    }
}

/// The layer of cells along a wall.
fn wall_cells(grid: &Grid, axis: usize, upper: bool) -> IndexBox {
    let n = grid.cells[axis] as i64;
    if upper {
        grid.all().with_range(axis, n - 1, n)
    } else {
        grid.all().with_range(axis, 0, 1)
    }
}

/// Unit of a field's volume integral.
pub fn amount_unit(unit: &str) -> String {
    match unit.strip_suffix("/m3").or_else(|| unit.strip_suffix(" m-3")) {
        Some(amount) if !amount.is_empty() => amount.to_string(),
        _ if unit.is_empty() || unit == "1" => "m3".to_string(),
        _ => format!("{unit} m3"),
    }
}

/// Key of a per-axis list in the configuration, as in `kernel.wind[0]` for x.
pub fn axis_key(key: &str, axis: usize) -> String {
    format!("kernel.{key}[{axis}] ({} axis)", AXIS_NAMES[axis])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amount_of_a_concentration_is_its_numerator() {
        assert_eq!(amount_unit("kg/m3"), "kg");
        assert_eq!(amount_unit("ug m-3"), "ug");
        assert_eq!(amount_unit("K"), "K m3");
        assert_eq!(amount_unit(""), "m3");
    }
}
