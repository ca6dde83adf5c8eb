//! What people are shown of a case before it is run: materials as they stand on the grid, sources, layers.

use super::component::Component;
use super::geometry::{MaterialMap, Mix, all_nodes};
use super::material::Material;
use super::parameters::Parameters;
use super::plane_wave::Extent;
use super::walls::{WALL_NAMES, Wall};
use super::waveform::Drive;
use super::wavelength::{Complex, cells_per_skin_depth, cells_per_wavelength, refractive_index};
use crate::grid::{Grid, PerAxis};
use crate::kernels::{Fill, Filling, Landmark, LandmarkKind, Scenery, Section};

/// Cells per wavelength or depth that are counted: what is longer is as good as infinite.
const MOST_CELLS: f64 = 1e6;

/// What `parameters` describe.
pub fn scenery(parameters: &Parameters) -> Scenery {
    let highest = highest_frequency(parameters);
    let units = parameters.vacuum.units;
    let remark = match (highest, parameters.currents.len() + parameters.waves.len()) {
        (Some(highest), _) => format!(
            "at {}, the highest frequency of the sources",
            units.text(format_args!("{highest:.4e}"), "Hz")
        ),
        (None, 0) => "no source gives a frequency".to_string(),
        (None, _) => "no source gives a frequency: their waveforms are formulas".to_string(),
    };
    let geometry = &parameters.geometry;
    let fillings = geometry.materials.iter().enumerate();
    let fillings = fillings.map(|(number, material)| Filling {
        name: material.name.clone(),
        about: about(material, highest, parameters),
        is_conductor: material.is_pec,
        is_used: geometry.is_used(number) && shown_as(&geometry.materials, number) == number,
    });
    let mut landmarks = layers(parameters);
    landmarks.extend(sources(parameters));
    Scenery {
        fillings: fillings.collect(),
        landmarks,
        walls: parameters.walls.each_ref().map(|walls| walls.each_ref().map(wall_name)),
        remark,
    }
}

/// The highest frequency, Hz, of all sources that tell theirs.
fn highest_frequency(parameters: &Parameters) -> Option<f64> {
    let currents = parameters.currents.iter();
    let currents = currents.filter_map(|current| current.waveform.band(current.drive));
    let waves = parameters.waves.iter();
    let waves = waves.filter_map(|wave| wave.waveform.band(Drive::Moment));
    currents.chain(waves).map(|(_, highest)| highest).reduce(f64::max)
}

/// The refractive index of `material` at `frequency`, and how finely the grid resolves its waves.
fn about(material: &Material, frequency: Option<f64>, parameters: &Parameters) -> String {
    let (grid, vacuum) = (&parameters.grid, &parameters.vacuum);
    if material.is_pec {
        return "perfect conductor".to_string();
    }
    let Some(frequency) = frequency else {
        let [along_x, rest @ ..] = material.epsilon;
        return match rest == [along_x; 2] {
            true => format!("relative permittivity {along_x}"),
            false => format!("relative permittivity {:?}", material.epsilon),
        };
    };
    let Complex { re, im } = refractive_index(material, frequency, vacuum);
    let index = match im == 0.0 {
        true => format!("{re:.4}"),
        false if im < 1e-3 => format!("{re:.4} + {im:.3e} i"),
        false => format!("{re:.4} + {im:.4} i"),
    };
    let mut parts = vec![format!("refractive index {index}")];
    let in_wave = cells_per_wavelength(material, frequency, grid, vacuum);
    parts.push(match in_wave < MOST_CELLS {
        true => format!("{in_wave:.1} cells per wavelength"),
        false => "no wave".to_string(),
    });
    let in_skin = cells_per_skin_depth(material, frequency, grid, vacuum);
    if in_skin < MOST_CELLS {
        parts.push(format!("{in_skin:.1} cells per skin depth"));
    }
    parts.join(", ")
}

fn wall_name(wall: &Wall) -> &'static str {
    match wall {
        Wall::Periodic => "periodic",
        Wall::Pec => "pec",
        Wall::Pmc => "pmc",
        Wall::Cpml(_) => "cpml",
    }
}

/// The ends of the grid, m.
fn ends(grid: &Grid) -> [PerAxis<f64>; 2] {
    let upper = [0, 1, 2].map(|axis| grid.origin[axis] + grid.cells[axis] as f64 * grid.spacing[axis]);
    [grid.origin, upper]
}

fn layers(parameters: &Parameters) -> Vec<Landmark> {
    let grid = &parameters.grid;
    let walls = parameters
        .walls
        .iter()
        .enumerate()
        .filter(|(axis, _)| grid.is_active(*axis));
    let walls = walls.flat_map(|(axis, walls)| walls.iter().enumerate().map(move |(side, wall)| (axis, side, wall)));
    let layers = walls.filter(|(_, _, wall)| matches!(wall, Wall::Cpml(_)));
    layers
        .map(|(axis, side, wall)| {
            let [mut from, mut to] = ends(grid);
            let thickness = wall.thickness() as f64 * grid.spacing[axis];
            match side {
                0 => to[axis] = from[axis] + thickness,
                _ => from[axis] = to[axis] - thickness,
            }
            Landmark {
                name: format!("{} absorbing layer", WALL_NAMES[axis][side]),
                kind: LandmarkKind::Absorber,
                from,
                to,
            }
        })
        .collect()
}

fn sources(parameters: &Parameters) -> Vec<Landmark> {
    let grid = &parameters.grid;
    let source = |name: String, from, to| Landmark {
        name,
        kind: LandmarkKind::Source,
        from,
        to,
    };
    let currents = parameters.currents.iter();
    let currents = currents.map(|current| {
        let name = format!("current along {}", current.component.name());
        source(name, current.from, current.to)
    });
    let waves = parameters.waves.iter().map(|wave| {
        let [mut from, mut to] = ends(grid);
        for axis in 0..3 {
            if let Extent::Faces { lo, hi } = wave.parameters.extent[axis] {
                let place = |index: i64| grid.origin[axis] + index as f64 * grid.spacing[axis];
                (from[axis], to[axis]) = (place(lo), place(hi));
            }
        }
        let direction = wave.parameters.direction;
        let along: Vec<String> = (0..grid.dims).map(|axis| format!("{}", direction[axis])).collect();
        source(format!("plane wave towards ({})", along.join(", ")), from, to)
    });
    currents.chain(waves).collect()
}

/// What is around the corners of the cells of the middle plane across `normal`: where the component of E along `normal` lives,
/// which meets every conductor that crosses the plane, however thin.
pub fn section(parameters: &Parameters, normal: usize) -> Section {
    let (grid, geometry) = (&parameters.grid, &parameters.geometry);
    let component = Component::electric(normal);
    let middle = (grid.cells[normal] / 2) as i64;
    let nodes = all_nodes(grid, component).with_range(normal, middle, middle + 1);
    let map = MaterialMap::new(geometry, grid, component, nodes);
    let is_conductor = |number: &usize| geometry.materials[*number].is_pec;
    // On the surface of a conductor another one may be at the node itself.
    let any = (0..geometry.materials.len()).find(|number| is_conductor(number) && geometry.is_used(*number));
    let fill = |node: PerAxis<i64>| match &map.mixes()[map.mix_at(node) as usize] {
        Mix::Shares(shares) => fill(&geometry.materials, shares),
        Mix::PerfectConductor => {
            let here = geometry.material_at(grid.point(component.location(grid), node));
            Fill {
                most: Some(here).filter(is_conductor).or(any).unwrap_or(0),
                other: None,
            }
        }
    };
    let of_row = |(j, k): (i64, i64)| (nodes.lo[0]..nodes.hi[0]).map(move |i| [i, j, k]);
    Section {
        normal,
        nodes,
        fills: nodes.rows().flat_map(of_row).map(fill).collect(),
    }
}

/// The number under which a material is shown: one that is like the background in all but its name is the background.
fn shown_as(materials: &[Material], number: usize) -> usize {
    let background = Material {
        name: materials[number].name.clone(),
        ..materials[0].clone()
    };
    match materials[number] == background {
        true => 0,
        false => number,
    }
}

/// The largest of some shares. Of equal ones the lower number counts.
fn fill(materials: &[Material], shares: &[(usize, f64)]) -> Fill {
    let mut sums = vec![0.0; materials.len()];
    for &(number, share) in shares {
        sums[shown_as(materials, number)] += share;
    }
    let largest = |without: Option<usize>| {
        let others = sums.iter().enumerate().filter(|(number, _)| Some(*number) != without);
        let largest = others.filter(|(_, sum)| **sum > 0.0);
        let largest = largest.reduce(|a, b| if b.1 > a.1 { b } else { a });
        largest.map(|(number, _)| number)
    };
    let most = largest(None).unwrap_or(0);
    Fill {
        most,
        other: largest(Some(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glass() -> Material {
        Material {
            epsilon: [2.25; 3],
            ..Material::vacuum("glass")
        }
    }

    #[test]
    fn the_largest_share_counts_and_then_the_next() {
        let materials = [
            Material::vacuum("background"),
            glass(),
            Material::perfect_conductor("pec"),
        ];
        let of = |shares: &[(usize, f64)]| {
            let Fill { most, other } = fill(&materials, shares);
            (most, other)
        };
        assert_eq!(of(&[(1, 1.0)]), (1, None));
        assert_eq!(of(&[(0, 0.25), (1, 0.75)]), (1, Some(0)));
        assert_eq!(of(&[(0, 0.5), (1, 0.5)]), (0, Some(1)));
    }

    #[test]
    fn a_hole_filled_with_what_is_around_is_the_background() {
        let materials = [Material::vacuum("background"), glass(), Material::vacuum("vacuum")];
        let merged = fill(&materials, &[(0, 0.25), (1, 0.4), (2, 0.35)]);
        assert_eq!((merged.most, merged.other), (0, Some(1)));
        assert_eq!(fill(&materials, &[(2, 1.0)]).other, None);
    }
}
