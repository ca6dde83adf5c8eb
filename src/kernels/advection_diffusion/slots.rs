//! The slots of every field, and who takes which turn.

use super::parameters::Parameters;
use super::transport::plain_heat;
use crate::field::{FieldSpec, Read, Role, Scalar, Shape, SlotId, SlotSpec};
use crate::grid::{AXIS_NAMES, Grid, IndexBox, Location, Reach};
use crate::kernels::{Declaration, Phase, StageSpec, TotalSpec};
use crate::numerics::runge_kutta::{Stage, Stepper};

/// Names of the walls: `[axis][lower, upper]`.
pub const WALL_NAMES: [[&str; 2]; 3] = [["west", "east"], ["south", "north"], ["bottom", "top"]];

/// Layers of a region from which on the fluxes through its lowest faces, which are computed for it alone, cost little.
const LAYERS: usize = 4;

/// Layers that the loop of plain heat takes together.
const HEAT_LAYERS: usize = 2;

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
    /// What the stage before the last wrote, where a recursion needs it.
    pub older: Option<SlotId>,
    /// Where the first stage's tendency is kept for the stages after it, and where these read it.
    pub writes_first: Option<SlotId>,
    pub reads_first: Option<SlotId>,
}

impl Turn {
    /// A stage that makes its target of a source and the state at the beginning.
    fn plain(source: SlotId, base: SlotId, target: SlotId) -> Turn {
        Turn {
            source,
            base,
            target,
            older: None,
            writes_first: None,
            reads_first: None,
        }
    }
}

/// An amount that is added up over the run, in two slots: a running sum, and what its additions lost by rounding. What
/// passes a wall can be many times what is there; the plain sum would not close the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub sum: SlotId,
    pub rest: SlotId,
}

/// The slots of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSlots {
    /// `[phase][stage]`.
    pub turns: Vec<Vec<Turn>>,
    /// Amount per area that entered through a wall: `[axis][lower, upper]`, where anything can pass.
    pub through: [[Option<Ledger>; 2]; 3],
    /// Amount per volume that sources released, that decayed, and that other fields turned into this one less what it
    /// turned into others: where a budget is asked for.
    pub emitted: Option<Ledger>,
    pub decayed: Option<Ledger>,
    pub exchanged: Option<Ledger>,
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
    for (number, field) in parameters.fields.iter().enumerate() {
        let n_registers = n_registers(parameters.stepper);
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
            domain: grid.all(),
            time_shift: 0.0,
            slot_at: turns.iter().map(|stages| stages[0].source).collect(),
        });

        let mut keep = |what: &str, domain: Option<IndexBox>, factor: f64| {
            let name = format!("{}.{what}", field.name);
            let ledger = Ledger {
                sum: add(name.clone(), Scalar::Double, Role::Accumulator, domain),
                rest: add(format!("{name}.rest"), Scalar::Double, Role::Accumulator, domain),
            };
            totals.push(TotalSpec {
                name,
                unit: amount_unit(&field.unit),
                slots: vec![ledger.sum, ledger.rest],
                factor,
            });
            ledger
        };
        let mut through = [[None; 2]; 3];
        for axis in (0..3).filter(|&axis| grid.is_active(axis)) {
            let windy = parameters.is_windy(number, axis);
            let area = grid.cell_volume() / grid.spacing[axis];
            for upper in [false, true] {
                if field.walls[axis][usize::from(upper)].is_permeable(windy) {
                    let what = format!("in_{}", WALL_NAMES[axis][usize::from(upper)]);
                    let cells = wall_cells(grid, axis, upper);
                    through[axis][usize::from(upper)] = Some(keep(&what, Some(cells), area));
                }
            }
        }
        let volume = grid.cell_volume();
        let mut ledger = |wanted: bool, what: &str| (parameters.budget && wanted).then(|| keep(what, None, volume));
        let emitted = ledger(!field.sources.is_empty(), "emitted");
        let decayed = ledger(field.decay != 0.0, "decayed");
        let exchanged = ledger(parameters.exchanges(number), "exchanged");
        field_slots.push(FieldSlots {
            turns,
            through,
            emitted,
            decayed,
            exchanged,
        });
    }

    let n_phases = field_slots[0].turns.len();
    let stages = parameters.stepper.stages();
    let phases = (0..n_phases)
        .map(|phase| Phase {
            stages: (0..stages.len())
                .map(|stage| stage_spec(parameters, grid, &stages, &field_slots, (phase, stage)))
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
    let carries = (0..parameters.fields.len()).any(|field| !plain_heat(parameters, grid, field));
    let declaration = Declaration {
        slots,
        fields,
        initial,
        phases,
        totals,
        gauges: None,
        ghosts: ghosts(parameters, grid),
        n_coefficient_arrays,
        layers_at_once: if carries { LAYERS } else { HEAT_LAYERS },
    };
    declaration.check();
    (declaration, field_slots)
}

/// Slots of the run's precision that a stepper needs for every field.
fn n_registers(stepper: Stepper) -> usize {
    match stepper {
        Stepper::Euler | Stepper::SspRk2 => 2,
        Stepper::SspRk3 | Stepper::Rk3 => 3,
        // The second stage of two writes into the state itself.
        Stepper::Rkl2 { stages: 2 } => 3,
        Stepper::Rkl2 { .. } => 4,
    }
}

/// Who reads and writes which register: `[phase][stage]`.
fn turns(stepper: Stepper, r: &[SlotId]) -> Vec<Vec<Turn>> {
    match stepper {
        // Two slots take turns: the second phase is the first with the slots exchanged.
        Stepper::Euler => vec![vec![Turn::plain(r[0], r[0], r[1])], vec![Turn::plain(r[1], r[1], r[0])]],
        // Every stage starts from register 0, which the last stage updates in place.
        Stepper::SspRk2 => vec![vec![Turn::plain(r[0], r[0], r[1]), Turn::plain(r[1], r[0], r[0])]],
        Stepper::SspRk3 | Stepper::Rk3 => vec![vec![
            Turn::plain(r[0], r[0], r[1]),
            Turn::plain(r[1], r[0], r[2]),
            Turn::plain(r[2], r[0], r[0]),
        ]],
        Stepper::Rkl2 { stages } => vec![(1..=stages).map(|j| recursion_turn(j, stages, r)).collect()],
    }
}

/// Stage `j` of `n`, counted from one, of a recursion: registers 2 and 3 take turns, each overwritten in place where it
/// is the older of the two; register 1 keeps the first tendency; the last stage updates register 0 in place.
fn recursion_turn(j: usize, n: usize, r: &[SlotId]) -> Turn {
    let written_by = |stage: usize| match stage {
        0 => r[0],
        stage if stage % 2 == 1 => r[2],
        _ => r[3],
    };
    Turn {
        source: written_by(j - 1),
        base: r[0],
        target: if j == n { r[0] } else { written_by(j) },
        older: (j >= 2).then(|| written_by(j - 2)),
        writes_first: (j == 1).then_some(r[1]),
        reads_first: (j >= 2).then_some(r[1]),
    }
}

/// Ghost cells that a stage reads: one layer for the plain heat equation's loop and for the mixed terms of a tensor.
pub(super) fn ghosts(parameters: &Parameters, grid: &Grid) -> Reach {
    let is_read = parameters.diffusivity.is_tensor()
        || (0..parameters.fields.len()).any(|field| plain_heat(parameters, grid, field));
    if is_read { Reach::all(1).on(grid) } else { Reach::NONE }
}

/// How far the tendency of a field is read from.
fn reach(parameters: &Parameters, grid: &Grid, field: usize) -> Reach {
    let along = [0, 1, 2].map(|axis| {
        let carries = parameters.is_windy(field, axis);
        if carries { parameters.advection.reach() } else { 1 }
    });
    Reach { lo: along, hi: along }.on(grid)
}

fn stage_spec(
    parameters: &Parameters,
    grid: &Grid,
    stages: &[Stage],
    fields: &[FieldSlots],
    (phase, stage): (usize, usize),
) -> StageSpec {
    const NAMES: [&str; 3] = ["transport 1", "transport 2", "transport 3"];
    let shape = match parameters.diffusivity.is_tensor() {
        true => Shape::Box,
        false => Shape::Star,
    };
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    for (number, slots) in fields.iter().enumerate() {
        let turn = slots.turns[phase][stage];
        reads.push(Read {
            slot: turn.source,
            reach: reach(parameters, grid, number),
            shape,
        });
        let mut at_cell: Vec<SlotId> = [Some(turn.base), turn.older, turn.reads_first]
            .into_iter()
            .flatten()
            .collect();
        at_cell.dedup();
        let beside = at_cell.into_iter().filter(|&slot| slot != turn.source);
        reads.extend(beside.map(Read::at_cell));
        writes.push(turn.target);
        writes.extend(turn.writes_first);
        if stages[stage].weight != 0.0 {
            let ledgers = slots.through.iter().flatten();
            let ledgers = ledgers.chain([&slots.emitted, &slots.decayed, &slots.exchanged]);
            for slot in ledgers.flatten().flat_map(|ledger| [ledger.sum, ledger.rest]) {
                reads.push(Read::at_cell(slot));
                writes.push(slot);
            }
        }
    }
    StageSpec {
        name: NAMES.get(stage).unwrap_or(&"transport"),
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
