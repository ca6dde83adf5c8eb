//! Maps against their definition.

mod sums;

use super::*;
use crate::kernels::fdtd::component::Component::{Ex, Ey, Ez, Hx, Hy, Hz};
use crate::kernels::fdtd::geometry::{Shape, ShapeKind, all_nodes};
use crate::kernels::fdtd::material::Material;

fn grid(periodic: [bool; 3]) -> Grid {
    Grid {
        cells: [11, 7, 9],
        dims: 3,
        spacing: [0.1, 0.15, 0.125],
        origin: [-0.3, 0.2, 0.0],
        periodic,
    }
}

fn flat_grid(periodic: [bool; 3]) -> Grid {
    Grid {
        cells: [11, 7, 1],
        dims: 2,
        spacing: [0.1, 0.15, 1.0],
        origin: [-0.3, 0.2, 0.0],
        periodic,
    }
}

/// Background, three media and a perfect conductor.
fn materials() -> Vec<Material> {
    let mut materials = ["background", "glass", "water", "pec", "foam"]
        .map(Material::vacuum)
        .to_vec();
    materials[3].is_pec = true;
    materials
}

fn geometry(shapes: Vec<(usize, ShapeKind)>) -> Geometry {
    let shape = |(material, kind)| Shape { kind, material };
    Geometry {
        materials: materials(),
        shapes: shapes.into_iter().map(shape).collect(),
    }
}

/// Shapes of every kind, on top of each other, over the ends of the grid, and ending on nodes of it.
fn crowd() -> Geometry {
    geometry(vec![
        (
            1,
            ShapeKind::Sphere {
                center: [0.1, 0.6, 0.4],
                radius: 0.37,
            },
        ),
        (2, ShapeKind::half_space([0.5, 0.2, 0.2], [-1.0, 0.5, 0.25])),
        (4, ShapeKind::slab(2, 0.875, 1.125)),
        (
            1,
            ShapeKind::cylinder([0.65, 0.9, 0.0], [0.0, 0.0, 1.0], 0.13, f64::INFINITY),
        ),
        (3, ShapeKind::cylinder([0.0, 1.0, 0.9], [0.3, 0.1, 1.0], 0.2, 0.5)),
        (
            3,
            ShapeKind::Cuboid {
                from: [0.2, 0.35, f64::NEG_INFINITY],
                to: [0.4, 0.8, 0.5],
            },
        ),
        (
            0,
            ShapeKind::Ellipsoid {
                center: [0.4, 0.8, 0.5],
                radii: [0.3, 0.12, 0.2],
            },
        ),
        (
            4,
            ShapeKind::Prism {
                axis: 1,
                corners: vec![[0.0, 0.0], [0.9, 0.1], [0.2, 0.3], [0.0, 0.9]],
                from: 0.95,
                to: 1.4,
            },
        ),
    ])
}

/// The definition, sample by sample.
fn mix_by_definition(geometry: &Geometry, grid: &Grid, component: Component, node: [i64; 3]) -> Mix {
    let location = component.location(grid);
    let is_spread = |axis: usize| grid.is_active(axis) && (axis == component.axis()) != component.is_electric();
    let place = |axis: usize, offset: f64| {
        if axis >= grid.dims {
            return 0.0;
        }
        let mut cells = grid.wrap(axis, node[axis]) as f64 + location.offset()[axis] + offset;
        if grid.periodic[axis] && cells < 0.0 {
            cells += grid.cells[axis] as f64;
        }
        grid.origin[axis] + cells * grid.spacing[axis]
    };
    let materials_at = |offsets: &[f64]| {
        let along = [0, 1, 2].map(|axis| if is_spread(axis) { offsets } else { &[0.0] });
        let mut found = Vec::new();
        for &x in along[0] {
            for &y in along[1] {
                for &z in along[2] {
                    found.push(geometry.material_at([place(0, x), place(1, y), place(2, z)]));
                }
            }
        }
        found
    };
    let is_pec = |material: &usize| geometry.materials[*material].is_pec;
    if component.is_electric() && materials_at(&[-1e-6, 1e-6]).iter().any(is_pec) {
        return Mix::PerfectConductor;
    }
    let mut samples = materials_at(&[-7.0, -5.0, -3.0, -1.0, 1.0, 3.0, 5.0, 7.0].map(|sixteenths| sixteenths / 16.0));
    samples.retain(|material| !is_pec(material));
    let count = |material: usize| samples.iter().filter(|sample| **sample == material).count();
    let shares: Vec<(usize, f64)> = (0..geometry.materials.len())
        .map(|material| (material, count(material) as f64 / samples.len() as f64))
        .filter(|(_, share)| *share > 0.0)
        .collect();
    match samples.is_empty() {
        true => Mix::PerfectConductor,
        false => Mix::Shares(shares),
    }
}

fn every_node(nodes: IndexBox) -> impl Iterator<Item = [i64; 3]> {
    nodes
        .rows()
        .flat_map(move |(j, k)| (nodes.lo[0]..nodes.hi[0]).map(move |i| [i, j, k]))
}

fn mix_of(map: &MaterialMap, node: [i64; 3]) -> &Mix {
    &map.mixes()[map.mix_at(node) as usize]
}

#[test]
fn a_map_is_what_its_samples_say_and_does_not_depend_on_the_box() {
    let crowd = crowd();
    let mut n_kinds = [0; 3];
    for periodic in [[false; 3], [true; 3], [true, false, true]] {
        for grid in [grid(periodic), flat_grid(periodic)] {
            for component in Component::ALL {
                let beyond = [0, 1, 2].map(|axis| if grid.is_active(axis) { 3 } else { 0 });
                let whole = all_nodes(&grid, component).grow(beyond, beyond);
                let map = MaterialMap::new(&crowd, &grid, component, whole);
                for node in every_node(whole) {
                    let expected = mix_by_definition(&crowd, &grid, component, node);
                    assert_eq!(
                        mix_of(&map, node),
                        &expected,
                        "{component:?} {node:?} of {:?}, periodic {periodic:?}",
                        grid.cells
                    );
                    n_kinds[match expected {
                        Mix::PerfectConductor => 0,
                        Mix::Shares(shares) if shares.len() == 1 => 1,
                        Mix::Shares(_) => 2,
                    }] += 1;
                }
                for lo in [[-3, 0, 0], [2, 3, 0], [0, -2, 0], [10, 6, 0]] {
                    let part = IndexBox::new(lo, [lo[0] + 4, lo[1] + 3, 1]).intersect(&whole);
                    let part_map = MaterialMap::new(&crowd, &grid, component, part);
                    for node in every_node(part) {
                        assert_eq!(mix_of(&part_map, node), mix_of(&map, node), "{component:?} {node:?}");
                    }
                }
            }
        }
    }
    // Of each kind some thousands, or the comparison says little.
    assert!(n_kinds.iter().all(|n| *n > 2000), "{n_kinds:?}");
}

#[test]
fn rows_are_coded_by_spans_that_differ_from_their_neighbours() {
    let (crowd, grid) = (crowd(), grid([false; 3]));
    let map = MaterialMap::new(&crowd, &grid, Ey, all_nodes(&grid, Ey));
    for (j, k) in map.nodes().rows() {
        let spans = map.spans(j, k);
        assert_eq!(spans.last().unwrap().end, map.nodes().hi[0]);
        assert!(
            spans
                .windows(2)
                .all(|two| two[0].end < two[1].end && two[0].mix != two[1].mix)
        );
        assert_eq!(map.row_mix(j, k), (spans.len() == 1).then_some(spans[0].mix));
        assert_eq!(&map.patterns[map.pattern(j, k)], spans);
    }
    for (n, mix) in map.mixes().iter().enumerate() {
        assert!(!map.mixes()[..n].contains(mix), "{mix:?} twice");
        if let Mix::Shares(shares) = mix {
            assert!(shares.windows(2).all(|two| two[0].0 < two[1].0));
            // Each share is rounded once, and up to five of them added.
            assert!((shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-15);
        }
    }
}

#[test]
fn a_flat_interface_through_electric_nodes_has_one_half_on_each_side() {
    // Through nodes 4 of x, at 0.1.
    let slab = geometry(vec![(1, ShapeKind::slab(0, 0.1, 9.0))]);
    let grid = grid([false; 3]);
    for component in [Ey, Ez] {
        let map = MaterialMap::new(&slab, &grid, component, all_nodes(&grid, component));
        let at = |i: i64| mix_of(&map, [i, 2, 3]).clone();
        assert_eq!(at(3), Mix::Shares(vec![(0, 1.0)]));
        assert_eq!(at(4), Mix::Shares(vec![(0, 0.5), (1, 0.5)]));
        assert_eq!(at(5), Mix::Shares(vec![(1, 1.0)]));
        assert_eq!((map.n_patterns(), map.spans(0, 0).len()), (1, 3));
    }
    for component in [Ex, Hy, Hz] {
        let map = MaterialMap::new(&slab, &grid, component, all_nodes(&grid, component));
        assert_eq!(map.spans(0, 0).len(), 2, "{component:?}");
        assert_eq!(map.spans(0, 0)[0].end, 4, "{component:?}");
    }
    let map = MaterialMap::new(&slab, &grid, Hx, all_nodes(&grid, Hx));
    assert_eq!(mix_of(&map, [4, 2, 3]), &Mix::Shares(vec![(0, 0.5), (1, 0.5)]));
}

#[test]
fn an_edge_has_a_quarter_and_a_corner_of_a_body_is_seen_by_the_area_across() {
    let block = geometry(vec![(
        1,
        ShapeKind::Cuboid {
            from: [0.1, 0.5, 0.25],
            to: [9.0, 9.0, 9.0],
        },
    )]);
    let grid = grid([false; 3]);
    let map = MaterialMap::new(&block, &grid, Ez, all_nodes(&grid, Ez));
    assert_eq!(mix_of(&map, [4, 2, 5]), &Mix::Shares(vec![(0, 0.75), (1, 0.25)]));
    assert_eq!(mix_of(&map, [4, 2, 1]), &Mix::Shares(vec![(0, 1.0)]));
    assert_eq!(mix_of(&map, [4, 5, 5]), &Mix::Shares(vec![(0, 0.5), (1, 0.5)]));
}

#[test]
fn nodes_on_the_surface_of_a_perfect_conductor_belong_to_it() {
    // Ends at nodes 4 and 7 of x, 2 of y; along z at cell centres 3.5 (0.4375).
    let body = geometry(vec![(
        3,
        ShapeKind::Cuboid {
            from: [0.1, -9.0, -9.0],
            to: [0.4, 0.5, 0.4375],
        },
    )]);
    let grid = grid([false; 3]);
    let on_x = |component: Component| -> Vec<i64> {
        let map = MaterialMap::new(&body, &grid, component, all_nodes(&grid, component));
        let along = map.nodes().lo[0]..map.nodes().hi[0];
        along
            .filter(|&i| *mix_of(&map, [i, 1, 1]) == Mix::PerfectConductor)
            .collect()
    };
    assert_eq!(on_x(Ez), [4, 5, 6, 7]);
    assert_eq!(on_x(Ey), [4, 5, 6, 7]);
    assert_eq!(on_x(Ex), [4, 5, 6]);
    let map = MaterialMap::new(&body, &grid, Ex, all_nodes(&grid, Ex));
    let conducts = |j: i64, k: i64| *mix_of(&map, [5, j, k]) == Mix::PerfectConductor;
    assert!(conducts(2, 3) && !conducts(3, 3) && !conducts(2, 4));
    // Half of what is around this magnetic node conducts: the other half counts alone.
    let map = MaterialMap::new(&body, &grid, Hx, all_nodes(&grid, Hx));
    assert_eq!(mix_of(&map, [4, 1, 1]), &Mix::Shares(vec![(0, 1.0)]));
    assert_eq!(mix_of(&map, [5, 1, 1]), &Mix::PerfectConductor);
}

#[test]
fn what_ends_at_the_upper_end_of_a_periodic_axis_is_felt_at_its_lower_end() {
    // The upper half of x.
    let half = geometry(vec![(1, ShapeKind::slab(0, 0.3, 0.8))]);
    let periodic = grid([true, false, false]);
    let map = MaterialMap::new(&half, &periodic, Ez, IndexBox::new([-2, 0, 0], [14, 1, 1]));
    let shared = Mix::Shares(vec![(0, 0.5), (1, 0.5)]);
    for node in [0, 11] {
        assert_eq!(mix_of(&map, [node, 0, 0]), &shared);
    }
    assert_eq!(mix_of(&map, [-1, 0, 0]), &Mix::Shares(vec![(1, 1.0)]));
    assert_eq!(mix_of(&map, [12, 0, 0]), &Mix::Shares(vec![(0, 1.0)]));
    // With walls, node 0 sees what lies below, and node 11 what lies above.
    let walled = grid([false; 3]);
    let map = MaterialMap::new(&half, &walled, Ez, all_nodes(&walled, Ez));
    assert_eq!(mix_of(&map, [0, 0, 0]), &Mix::Shares(vec![(0, 1.0)]));
    assert_eq!(mix_of(&map, [11, 0, 0]), &shared);
    // A medium that fills the whole of a periodic grid has no ends.
    let full = geometry(vec![(1, ShapeKind::slab(0, -0.3, 0.8))]);
    let map = MaterialMap::new(&full, &periodic, Ez, IndexBox::new([-2, 0, 0], [14, 2, 2]));
    assert_eq!(
        (map.uniform(), map.mixes()),
        (Some(0), &[Mix::Shares(vec![(1, 1.0)])][..])
    );
}

#[test]
fn a_uniform_map_is_one_span_also_where_shapes_are_on_top_of_it() {
    let grid = Grid {
        cells: [400, 300, 500],
        dims: 3,
        spacing: [0.1; 3],
        origin: [0.0; 3],
        periodic: [true, false, false],
    };
    let far = ShapeKind::Sphere {
        center: [20.0, -50.0, 20.0],
        radius: 3.0,
    };
    let everywhere = ShapeKind::half_space([0.0, 0.0, 99.0], [0.0, 0.0, 1.0]);
    let same = ShapeKind::cylinder([20.0, 10.0, 20.0], [0.0, 1.0, 0.0], 3.0, 7.0);
    let pond = geometry(vec![(1, far), (2, everywhere), (2, same)]);
    let map = MaterialMap::new(&pond, &grid, Ez, all_nodes(&grid, Ez));
    assert_eq!((map.uniform(), map.n_patterns(), map.rows.len()), (Some(0), 1, 0));
    assert_eq!(map.mixes(), [Mix::Shares(vec![(2, 1.0)])]);
    let empty = MaterialMap::new(&pond, &grid, Ez, IndexBox::new([0; 3], [5, 0, 5]));
    assert_eq!((empty.uniform(), empty.mixes().len()), (None, 0));
}

#[test]
fn an_axis_of_one_cell_is_seen_at_its_centre_and_z_of_a_plane_not_at_all() {
    let mut thin = grid([false; 3]);
    thin.cells[2] = 1;
    // Ends at 0.06; the only centre along z is 0.0625.
    let below = geometry(vec![(1, ShapeKind::slab(2, -1.0, 0.06))]);
    let map = MaterialMap::new(&below, &thin, Ex, all_nodes(&thin, Ex));
    assert_eq!(
        (map.uniform(), &map.mixes()[0]),
        (Some(0), &Mix::Shares(vec![(0, 1.0)]))
    );
    let above = geometry(vec![(1, ShapeKind::slab(2, -1.0, 0.0625))]);
    let map = MaterialMap::new(&above, &thin, Hz, all_nodes(&thin, Hz));
    assert_eq!(map.mixes(), [Mix::Shares(vec![(1, 1.0)])]);
    let plane = flat_grid([false; 3]);
    let ball = |z: f64| {
        let kind = ShapeKind::Sphere {
            center: [0.2, 0.7, z],
            radius: 0.3,
        };
        MaterialMap::new(&geometry(vec![(1, kind)]), &plane, Ez, all_nodes(&plane, Ez))
    };
    // A disc of radius 0.3 across z = 0, whatever the place of the cells along z.
    assert_eq!((ball(0.0).uniform(), ball(0.4).uniform()), (None, Some(0)));
}
