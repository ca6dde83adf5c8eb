//! Ghost cells: one layer beyond every wall, where something reads it. Fluxes through walls do not: they are the walls' own.
//! The plain heat equation's loop does, and gradients along a wall that drive fluxes through the faces that end at it.

use super::kernel::Transport;
use super::parameters::FieldParameters;
use crate::field::{Real, RowWriter};
use crate::grid::{IndexBox, Location, PerAxis};

/// The value, flux, inflow or deposition velocity of a wall at one of its faces; 0 where the wall has none.
pub(super) fn given<T: Real>(
    kernel: &Transport<T>,
    field: &FieldParameters,
    axis: usize,
    upper: bool,
    face: PerAxis<i64>,
    time: f64,
) -> T {
    match field.walls[axis][usize::from(upper)].formula() {
        None => T::ZERO,
        Some(formula) => T::from_f64(match formula.as_constant() {
            Some(value) => value,
            None => formula.evaluate(kernel.grid.point(Location::face(axis), face), time),
        }),
    }
}

/// The same where it is one number for all faces and times.
pub(super) fn constant<T: Real>(field: &FieldParameters, axis: usize, upper: bool) -> Option<T> {
    match field.walls[axis][usize::from(upper)].formula() {
        None => Some(T::ZERO),
        Some(formula) => formula.as_constant().map(T::from_f64),
    }
}

/// Fills the ghosts of the cells in `region` beyond every wall that the region touches: x first, then y and z on rows
/// that include the ghosts before, so that corners have an image too.
pub(super) fn fill<T: Real>(
    kernel: &Transport<T>,
    field: &FieldParameters,
    target: &mut RowWriter<'_, T>,
    region: &IndexBox,
    time: f64,
) {
    let grid = &kernel.grid;
    let mut filled = *region;
    let mut images_row = Vec::new();
    for axis in 0..3 {
        if grid.periodic[axis] || !grid.is_active(axis) {
            continue;
        }
        let end = grid.cells[axis] as i64;
        for upper in [false, true] {
            let touches = if upper {
                region.hi[axis] == end
            } else {
                region.lo[axis] == 0
            };
            if !touches {
                continue;
            }
            let (image, ghost, face) = if upper { (end - 1, end, end) } else { (0, -1, 0) };
            let wall = &field.walls[axis][usize::from(upper)];
            let gradient_per_flux = gradient_per_flux(kernel, axis);
            let constant = constant(field, axis, upper);
            let images = filled.with_range(axis, image, image + 1);
            if let (0, Some(given)) = (axis, constant) {
                // Single cells, of which there are many.
                for (j, k) in images.rows() {
                    let q = target.row(j, k, image, image + 1)[0];
                    target.row_mut(j, k, ghost, ghost + 1)[0] = wall.ghost(q, given, gradient_per_flux);
                }
                continue;
            }
            let beyond = |own: i64, of: usize, there: i64| if of == axis { there } else { own };
            for (j, k) in images.rows() {
                let (lo, hi) = (images.lo[0], images.hi[0]);
                images_row.clear();
                images_row.extend_from_slice(target.row(j, k, lo, hi));
                let first = beyond(lo, 0, ghost);
                let ghosts = target.row_mut(beyond(j, 1, ghost), beyond(k, 2, ghost), first, first + (hi - lo));
                for (n, (to, &q)) in ghosts.iter_mut().zip(&images_row).enumerate() {
                    let at = [beyond(lo + n as i64, 0, face), beyond(j, 1, face), beyond(k, 2, face)];
                    let given = constant.unwrap_or_else(|| given(kernel, field, axis, upper, at, time));
                    *to = wall.ghost(q, given, gradient_per_flux);
                }
            }
        }
        if region.lo[axis] == 0 {
            filled.lo[axis] = -1;
        }
        if region.hi[axis] == end {
            filled.hi[axis] = end + 1;
        }
    }
}

/// d/K where the diffusivity along `axis` is one positive number, else 0: see [`Wall::ghost`].
fn gradient_per_flux<T: Real>(kernel: &Transport<T>, axis: usize) -> T {
    match kernel.diffusivity(axis).uniform() {
        Some(k) if k > T::ZERO => T::from_f64(kernel.grid.spacing[axis]) / k,
        _ => T::ZERO,
    }
}
