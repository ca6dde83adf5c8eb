//! What a tile needs of a configuration to be computed.

use super::absorber::Stretch;
use super::component::Component;
use super::curl::Curl;
use super::current::Node;
use super::fused::Fused;
use super::geometry::{MaterialMap, Mix};
use super::medium::Medium;
use super::mixture::{ElectricMixture, MagneticMixture};
use super::parameters::Parameters;
use super::rules::Rule;
use super::slots::{LayerSlot, PoleKey, Slots};
use crate::field::Real;
use crate::grid::{Grid, IndexBox, PerAxis, Tile};

/// Everything about one component.
#[derive(Debug)]
pub struct Part<T> {
    pub component: Component,
    pub curl: Curl,
    /// Inverse spacings of the added and of the subtracted difference, 1/m; 0 where there is none.
    pub per_length: [T; 2],
    pub medium: Medium<T>,
    /// The nodes that change, [with their copies](with_copies): see [`Parameters::updated`].
    pub updated: IndexBox,
    /// Those with all their differences within the walls, with their copies.
    pub interior: IndexBox,
    /// Per axis: whether nodes lie on the walls of the axis.
    pub is_on_walls: PerAxis<bool>,
    pub layers: Vec<Layer<T>>,
    pub currents: Vec<CurrentNodes>,
}

/// Where a current flows.
#[derive(Debug)]
pub struct CurrentNodes {
    /// Of the current, in the order of the configuration.
    pub number: usize,
    /// In the order of the storage.
    pub nodes: Vec<Node>,
    /// The smallest box around them.
    pub bounds: IndexBox,
}

impl CurrentNodes {
    fn new(number: usize, nodes: Vec<Node>) -> CurrentNodes {
        let [lo, hi] = [0, 1].map(|by| {
            [0, 1, 2].map(|axis| {
                let along = nodes.iter().map(|node| node.cell[axis] + by);
                if by == 0 { along.min() } else { along.max() }.unwrap_or(0)
            })
        });
        CurrentNodes {
            number,
            nodes,
            bounds: IndexBox::new(lo, hi),
        }
    }
}

/// An absorbing layer for one component.
#[derive(Debug)]
pub struct Layer<T> {
    pub slot: LayerSlot,
    /// The nodes that it lies on, with their copies.
    pub nodes: IndexBox,
    /// Whose difference the layer changes, and the sign with which that enters the curl.
    pub source: Component,
    pub is_added: bool,
    /// Index along the axis at which the tables begin.
    pub first: i64,
    /// Per node along the axis: `b`, `c` and `1/kappa - 1`, the latter two over the spacing.
    pub tables: [Vec<T>; 3],
}

/// The parts of the components that there are, and what they share.
#[derive(Debug)]
pub struct Prepared<T> {
    pub grid: Grid,
    /// H, then E, along each axis.
    pub parts: [[Option<Part<T>>; 3]; 2],
    /// Of H, then of E: where three components are updated in one loop.
    pub fused: [Option<Fused>; 2],
    /// Of H, then of E.
    pub occurrences: [Occurrences; 2],
}

/// What there is of a field anywhere on the tile: found once, as regions are many.
#[derive(Clone, Copy, Debug)]
pub struct Occurrences {
    /// Nodes on walls that are image planes.
    pub has_images: bool,
    pub has_poles: bool,
    /// Among them poles that need the field before and after a step.
    pub has_relaxations: bool,
}

impl Occurrences {
    fn new<T: Real>(parts: &PerAxis<Option<Part<T>>>) -> Occurrences {
        let parts = || parts.iter().flatten();
        let mut rules = parts().flat_map(|part| part.medium.rules());
        Occurrences {
            has_images: parts().any(|part| part.interior != part.updated),
            has_poles: rules.clone().any(|rule| !rule.poles.is_empty()),
            has_relaxations: rules.any(Rule::has_relaxation),
        }
    }
}

impl<T: Real> Prepared<T> {
    pub fn new(parameters: &Parameters, slots: &Slots, tile: &Tile) -> Prepared<T> {
        let mut parts: [[Option<Part<T>>; 3]; 2] = Default::default();
        for &component in parameters.components() {
            let stage = usize::from(component.is_electric());
            parts[stage][component.axis()] = Some(part(parameters, slots, tile, component));
        }
        Prepared {
            grid: tile.grid.clone(),
            fused: parts.each_ref().map(|parts| Fused::new(parts, tile)),
            occurrences: parts.each_ref().map(Occurrences::new),
            parts,
        }
    }

    pub fn part(&self, component: Component) -> &Part<T> {
        let part = &self.parts[usize::from(component.is_electric())][component.axis()];
        part.as_ref()
            .expect("only components of the polarisation are asked for")
    }
}

/// `nodes`, which are all that there are along axes whose ends are joined, with their copies beyond these ends: a halo is
/// updated as its originals are. It is never deeper than the grid.
pub fn with_copies(grid: &Grid, nodes: &IndexBox) -> IndexBox {
    let beyond = [0, 1, 2].map(|axis| {
        if grid.periodic[axis] {
            grid.cells[axis] as i64
        } else {
            0
        }
    });
    nodes.grow(beyond, beyond)
}

fn part<T: Real>(parameters: &Parameters, slots: &Slots, tile: &Tile, component: Component) -> Part<T> {
    let grid = &tile.grid;
    let curl = Curl::of(component, parameters.polarization, grid);
    let currents = parameters.currents.iter().enumerate();
    let currents = currents.filter(|(_, current)| current.component == component);
    let updated = with_copies(grid, &parameters.updated(component, grid));
    let here = tile.stored().intersect(&updated);
    let location = component.location(grid);
    Part {
        component,
        curl,
        per_length: [curl.plus, curl.minus]
            .map(|term| T::from_f64(term.map_or(0.0, |term| 1.0 / grid.spacing[term.axis]))),
        medium: medium(parameters, slots, tile, component),
        updated,
        interior: with_copies(grid, &parameters.interior(component, grid)),
        is_on_walls: [0, 1, 2].map(|axis| location.0[axis] && !grid.periodic[axis]),
        layers: layers(parameters, slots, grid, component, &curl),
        currents: currents
            .map(|(number, current)| CurrentNodes::new(number, current.nodes(grid, &parameters.walls, &here)))
            .filter(|current| !current.nodes.is_empty())
            .collect(),
    }
}

fn medium<T: Real>(parameters: &Parameters, slots: &Slots, tile: &Tile, component: Component) -> Medium<T> {
    let (vacuum, dt) = (&parameters.vacuum, parameters.steps().dt);
    let materials = &parameters.geometry.materials;
    // The initial H looks at E of the nodes above.
    let nodes = tile.stored().grow([0; 3], [1; 3]);
    let map = MaterialMap::new(&parameters.geometry, &tile.grid, component, nodes);
    let rule = |mix: &Mix| match component.is_electric() {
        false => Rule::magnetic(&MagneticMixture::new(mix, materials, component), vacuum, dt),
        true => match ElectricMixture::new(mix, materials, component) {
            None => Rule::still(),
            Some(mixture) => Rule::electric(&mixture, vacuum, dt, |material, pole| {
                slots.pole(PoleKey {
                    component,
                    material,
                    pole,
                })
            }),
        },
    };
    let rules = map.mixes().iter().map(rule).collect();
    Medium::new(map, rules)
}

fn layers<T: Real>(
    parameters: &Parameters,
    slots: &Slots,
    grid: &Grid,
    component: Component,
    curl: &Curl,
) -> Vec<Layer<T>> {
    let steps = parameters.steps();
    let mine = slots.layers.iter().filter(|layer| layer.component == component);
    mine.map(|&slot| {
        let (axis, spacing) = (slot.axis, grid.spacing[slot.axis]);
        let layer = steps.layers[axis][slot.side].as_ref();
        let layer = layer.expect("a wall that absorbs has a layer");
        let (first, end) = (slot.domain.lo[axis], slot.domain.hi[axis]);
        let nodes: Vec<Stretch> = match component.is_electric() {
            true => (first..end).map(|i| layer.electric(i)).collect(),
            false => (first..end).map(|i| layer.magnetic(i)).collect(),
        };
        let is_added = curl.plus.is_some_and(|term| term.axis == axis);
        let term = if is_added { curl.plus } else { curl.minus };
        let per_length = |value: f64| T::from_f64(value / spacing);
        Layer {
            slot,
            nodes: with_copies(grid, &slot.domain),
            source: term.expect("a layer belongs to a difference").source,
            is_added,
            first,
            tables: [
                nodes.iter().map(|node| T::from_f64(node.b)).collect(),
                nodes.iter().map(|node| per_length(node.c)).collect(),
                nodes.iter().map(|node| per_length(node.shift)).collect(),
            ],
        }
    })
    .collect()
}
