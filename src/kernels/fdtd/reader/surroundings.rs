//! Refuses plane waves where the lattice's wave is not known: it travels in one medium without losses.

use crate::config::Table;
use crate::grid::{IndexBox, Location, PerAxis};
use crate::kernels::fdtd::parameters::Parameters;
use crate::kernels::fdtd::plane_wave::{self, Extent, Surface};

/// Nodes of each face that are looked at along each of its axes.
const LOOKS: usize = 128;

/// Refuses a wave in a background with losses, poles or a preferred axis, and a box whose surface is not in the background.
pub(super) fn unless_empty(table: &Table, wave: &plane_wave::Parameters, parameters: &Parameters) -> Option<()> {
    let background = &parameters.geometry.materials[0];
    let is_same = |values: PerAxis<f64>| values.iter().all(|value| *value == values[0]);
    let is_still = |values: PerAxis<f64>| values == [0.0; 3];
    let is_plain = is_same(background.epsilon)
        && is_same(background.mu)
        && is_still(background.conductivity)
        && is_still(background.magnetic_conductivity)
        && background.poles.is_empty()
        && !background.is_pec;
    if !is_plain {
        table.error_at(
            "type",
            "a plane wave needs a background without losses, poles and preferred axes",
            "let `background` have one `epsilon` and one `mu`, and fill the rest by shapes inside the box",
        );
        return None;
    }
    let grid = &parameters.grid;
    let surface = Surface::new(grid, wave.extent);
    for &component in parameters.components() {
        let total = [0, 1, 2].map(|axis| surface.total(component, axis));
        let hull = IndexBox::new(total.map(|[lo, _]| lo - 1), total.map(|[_, hi]| hi + 1));
        for axis in (0..3).filter(|&axis| grid.is_active(axis) && surface.extent(axis) != Extent::Whole) {
            for plane in [total[axis][0] - 1, total[axis][0], total[axis][1] - 1, total[axis][1]] {
                let face = hull.with_range(axis, plane, plane + 1);
                if let Some(node) = first_filled(parameters, component.location(grid), &face) {
                    let material = &parameters.geometry.materials[node.1].name;
                    let [x, y, z] = node.0;
                    let place = if grid.dims == 2 {
                        format!("({x}, {y})")
                    } else {
                        format!("({x}, {y}, {z})")
                    };
                    table.error_at(
                        "from",
                        format!("the surface of the plane wave's box passes through \"{material}\" at {place}"),
                        "let the box enclose shapes or leave them out: its surface lies in the background",
                    );
                    return None;
                }
            }
        }
    }
    Some(())
}

/// The first place on a face that something else than the background fills, and its material.
fn first_filled(parameters: &Parameters, location: Location, face: &IndexBox) -> Option<(PerAxis<f64>, usize)> {
    let grid = &parameters.grid;
    let looks = |axis: usize| {
        let n = face.len(axis);
        (0..n.min(LOOKS)).map(move |look| face.lo[axis] + (look * n / n.min(LOOKS)) as i64)
    };
    for k in looks(2) {
        for j in looks(1) {
            for i in looks(0) {
                let mut point = grid.point(location, [i, j, k]);
                if grid.dims == 2 {
                    point[2] = 0.0;
                }
                let material = parameters.geometry.material_at(point);
                if material != 0 {
                    return Some((point, material));
                }
            }
        }
    }
    None
}
