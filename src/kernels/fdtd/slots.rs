//! The slots of the fields, of the memory of absorbers, and of poles; and what the two stages read and write.

use super::component::Component;
use super::curl::Curl;
use super::material::Pole;
use super::parameters::Parameters;
use super::walls::{WALL_NAMES, Wall};
use crate::field::{FieldSpec, Read, Role, Scalar, Shape, SlotId, SlotSpec};
use crate::grid::{Grid, IndexBox, Reach};
use crate::kernels::{Declaration, GaugeSpec, Gauges, Phase, StageSpec};

/// Layers after which a field has been read less often than once for each.
const LAYERS: usize = 2;

/// The state of one pole of one material, for one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoleSlots {
    current: Option<SlotId>,
    polarization: Option<SlotId>,
}

impl PoleSlots {
    /// The current density, A/m2, half a step before the field. Drude and Lorentz poles have one.
    pub fn current(&self) -> SlotId {
        self.current.expect("a pole with inertia has a current")
    }

    /// The polarisation, C/m2, at the time of the field. Lorentz and Debye poles have one.
    pub fn polarization(&self) -> SlotId {
        self.polarization
            .expect("a pole that keeps charges bound has a polarisation")
    }

    fn all(self) -> impl Iterator<Item = SlotId> {
        self.current.into_iter().chain(self.polarization)
    }
}

/// Whose state a [`PoleSlots`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoleKey {
    pub component: Component,
    pub material: usize,
    pub pole: usize,
}

/// The memory of an absorbing layer for one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSlot {
    pub axis: usize,
    /// 0 at the lower, 1 at the upper wall.
    pub side: usize,
    pub component: Component,
    pub slot: SlotId,
    /// The nodes that it lies on.
    pub domain: IndexBox,
}

/// Every slot by what it is for.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    fields: [Option<SlotId>; 6],
    pub poles: Vec<(PoleKey, PoleSlots)>,
    pub layers: Vec<LayerSlot>,
}

impl Slots {
    /// The slot of a component that there is.
    pub fn field(&self, component: Component) -> SlotId {
        self.fields[component as usize].expect("only components of the polarisation are asked for")
    }

    /// How many slots there are.
    pub fn n_slots(&self) -> usize {
        let fields = self.fields.iter().flatten();
        fields
            .copied()
            .chain(self.state_of(false))
            .chain(self.state_of(true))
            .count()
    }

    /// The memory beside the fields that advances with E, or with H.
    pub fn state_of(&self, is_electric: bool) -> impl Iterator<Item = SlotId> {
        let layers = self
            .layers
            .iter()
            .filter(move |layer| layer.component.is_electric() == is_electric);
        layers.map(|layer| layer.slot).chain(self.state_of_poles(is_electric))
    }

    /// The state of poles that advances with E, or with H: with H there is none.
    pub fn state_of_poles(&self, is_electric: bool) -> impl Iterator<Item = SlotId> {
        let poles = self.poles.iter().filter(move |_| is_electric);
        poles.flat_map(|(_, state)| state.all())
    }

    /// All memory beside the fields, with the components that it belongs to.
    pub fn memory(&self) -> impl Iterator<Item = (Component, SlotId)> {
        let layers = self.layers.iter().map(|layer| (layer.component, layer.slot));
        let poles = self.poles.iter();
        layers.chain(poles.flat_map(|(key, state)| state.all().map(|slot| (key.component, slot))))
    }

    /// The state of a pole.
    pub fn pole(&self, key: PoleKey) -> PoleSlots {
        let found = self.poles.iter().find(|(other, _)| *other == key);
        found.expect("every pole within a material's extent has slots").1
    }
}

/// Names of the two stages.
pub const STAGES: [&str; 2] = ["H", "E"];

/// Lays out the slots and stages of `parameters` on `grid`.
pub fn lay_out(parameters: &Parameters, grid: &Grid) -> (Declaration, Slots) {
    let mut specs: Vec<SlotSpec> = Vec::new();
    let mut slots = Slots::default();
    let mut add = |name: String, component: Component, domain| {
        specs.push(SlotSpec {
            name,
            location: component.location(grid),
            scalar: Scalar::Real,
            role: Role::State,
            domain,
        });
        SlotId(specs.len() - 1)
    };
    for &component in parameters.components() {
        slots.fields[component as usize] = Some(add(component.name().to_string(), component, None));
    }
    for (material, medium) in parameters.geometry.materials.iter().enumerate() {
        for &component in parameters.components().iter().filter(|c| c.is_electric()) {
            let extent = parameters.geometry.extent_of(material, grid, component);
            let extent = extent.map(|extent| extent.intersect(&parameters.updated(component, grid)));
            let Some(extent) = extent.filter(|extent| !extent.is_empty()) else {
                continue;
            };
            // A medium that fills everything has arrays like the fields'.
            let domain = (extent != grid.all()).then_some(extent);
            for (pole, kind) in medium.poles.iter().enumerate() {
                let mut keep = |what: char| {
                    let axis = component.axis_name();
                    add(format!("{}.{pole}.{what}{axis}", medium.name), component, domain)
                };
                let has_current = !matches!(kind, Pole::Debye { .. });
                let has_polarization = !matches!(kind, Pole::Drude { .. });
                let key = PoleKey {
                    component,
                    material,
                    pole,
                };
                let state = PoleSlots {
                    current: has_current.then(|| keep('J')),
                    polarization: has_polarization.then(|| keep('P')),
                };
                slots.poles.push((key, state));
            }
        }
    }
    for axis in 0..3 {
        for side in 0..2 {
            let Wall::Cpml(choice) = &parameters.walls[axis][side] else {
                continue;
            };
            let (n, cells) = (grid.cells[axis] as i64, choice.cells as i64);
            let (lo, hi) = if side == 0 { (0, cells) } else { (n - cells, n) };
            for &component in parameters.components() {
                let mut terms = Curl::of(component, parameters.polarization, grid).terms();
                if !terms.any(|(_, term)| term.axis == axis) {
                    continue;
                }
                // A layer that is as thick as the grid ends before the node on a magnetic wall, whose difference takes an image.
                let first = parameters.interior(component, grid).lo[axis];
                let domain = parameters.updated(component, grid).with_range(axis, lo.max(first), hi);
                let name = format!("{}.psi.{}", WALL_NAMES[axis][side], component.name());
                let slot = add(name, component, Some(domain));
                slots.layers.push(LayerSlot {
                    axis,
                    side,
                    component,
                    slot,
                    domain,
                });
            }
        }
    }
    let declaration = declare(parameters, grid, specs, &slots);
    (declaration, slots)
}

fn declare(parameters: &Parameters, grid: &Grid, specs: Vec<SlotSpec>, slots: &Slots) -> Declaration {
    let electric: Vec<Component> = of_kind(parameters, true);
    let magnetic: Vec<Component> = of_kind(parameters, false);
    let stage = |name: &'static str, sources: &[Component], targets: &[Component]| {
        let is_electric = targets.iter().any(|c| c.is_electric());
        let mut writes: Vec<SlotId> = targets.iter().map(|&c| slots.field(c)).collect();
        writes.extend(slots.state_of(is_electric));
        let reads = sources
            .iter()
            .map(|&source| far_read(parameters, grid, slots, source, targets));
        StageSpec {
            name,
            reads: reads.chain(writes.iter().map(|&slot| Read::at_cell(slot))).collect(),
            writes,
        }
    };
    let stages = vec![
        stage(STAGES[0], &electric, &magnetic),
        stage(STAGES[1], &magnetic, &electric),
    ];
    let live: Vec<SlotId> = (0..specs.len()).map(SlotId).collect();
    let units = parameters.vacuum.units;
    let fields = parameters.components().iter().map(|&component| FieldSpec {
        name: component.name().to_string(),
        unit: units.of(component.unit()).to_string(),
        integral_unit: units
            .of(if component.is_electric() { "V m2" } else { "A m2" })
            .to_string(),
        location: component.location(grid),
        domain: grid.nodes(component.location(grid)),
        time_shift: component.time_shift(),
        slot_at: vec![slots.field(component)],
    });
    // The last nodes of what lives on lower faces.
    let mut ghosts = Reach::NONE;
    for axis in (0..3).filter(|&axis| grid.is_active(axis) && !grid.periodic[axis]) {
        ghosts.hi[axis] = 1;
    }
    let far = electric
        .iter()
        .map(|&source| far_read(parameters, grid, slots, source, &magnetic));
    let near = magnetic.iter().map(|&component| Read::at_cell(slots.field(component)));
    let poles = slots.poles.iter().flat_map(|(_, state)| state.all()).map(Read::at_cell);
    Declaration {
        fields: fields.collect(),
        initial: StageSpec {
            name: "initial",
            reads: Vec::new(),
            writes: live.clone(),
        },
        gauges: Some(Gauges {
            stage: StageSpec {
                name: "energy",
                reads: far.chain(near).chain(poles).collect(),
                writes: Vec::new(),
            },
            numbers: vec![GaugeSpec {
                name: "energy".to_string(),
                unit: units.of(if grid.dims == 2 { "J/m" } else { "J" }).to_string(),
                factor: grid.cell_volume(),
            }],
        }),
        phases: vec![Phase { stages, live }],
        totals: Vec::new(),
        ghosts,
        n_coefficient_arrays: 0,
        layers_at_once: LAYERS,
        slots: specs,
    }
}

fn of_kind(parameters: &Parameters, is_electric: bool) -> Vec<Component> {
    let all = parameters.components().iter().copied();
    all.filter(|component| component.is_electric() == is_electric).collect()
}

/// How far `targets` reach for `source`: E is read by H at the node above, H by E at the node below, each along the axes
/// along which the curl takes its difference.
fn far_read(parameters: &Parameters, grid: &Grid, slots: &Slots, source: Component, targets: &[Component]) -> Read {
    let mut reach = Reach::NONE;
    for &target in targets {
        for (_, term) in Curl::of(target, parameters.polarization, grid).terms() {
            if term.source == source {
                let side = if target.is_electric() {
                    &mut reach.lo
                } else {
                    &mut reach.hi
                };
                side[term.axis] = 1;
            }
        }
    }
    Read {
        slot: slots.field(source),
        reach,
        // On a magnetic wall the last nodes are updated too.
        shape: if parameters.has_magnetic_walls() {
            Shape::StarWithGhosts
        } else {
            Shape::Star
        },
    }
}
