//! Looks at the fields: sums and extrema for the history, and values that are not finite.

use crate::engine::Engine;
use crate::field::{ExactSum, Real};
use crate::grid::{Decomposition, Grid};
use crate::parallel::World;

/// Integrals and extrema of one field over the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Sum of q times the volume of a cell.
    pub total: f64,
    pub min: f64,
    pub max: f64,
    /// Sum of |q| times the volume of a cell.
    pub l1: f64,
    /// Square root of the sum of q^2 times the volume of a cell.
    pub l2: f64,
}

/// The statistics of all fields at the beginning of step `step`, the same bits on all ranks and for any cut.
pub fn statistics<T: Real>(engine: &Engine<T>, world: &World, step: u64) -> Vec<Statistics> {
    let owned = engine.tile.owned;
    let n_fields = engine.declaration.fields.len();
    let mut sums = Vec::with_capacity(3 * n_fields);
    let mut extrema = Vec::with_capacity(2 * n_fields);
    let mut row = vec![0.0; owned.len(0)];
    for field in 0..n_fields {
        let array = engine.storage.array(engine.declaration.slot_of_field(field, step));
        let [mut sum, mut absolute, mut square] = [ExactSum::new(), ExactSum::new(), ExactSum::new()];
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (j, k) in owned.rows() {
            let values = array.row(j, k, owned.lo[0], owned.hi[0]);
            row.iter_mut().zip(values).for_each(|(to, from)| *to = from.to_f64());
            min = row.iter().fold(min, |m, &v| if v < m { v } else { m });
            max = row.iter().fold(max, |m, &v| if v > m { v } else { m });
            sum.add_all(&row);
            row.iter_mut().for_each(|v| *v = v.abs());
            absolute.add_all(&row);
            row.iter_mut().for_each(|v| *v *= *v);
            square.add_all(&row);
        }
        sums.extend([sum, absolute, square]);
        // One reduction for both: the largest of -min is the smallest.
        extrema.extend([-min, max]);
    }
    world.sum(&mut sums);
    world.max(&mut extrema);
    let volume = engine.tile.grid.cell_volume();
    (0..n_fields)
        .map(|n| Statistics {
            total: sums[3 * n].value() * volume,
            min: -extrema[2 * n],
            max: extrema[2 * n + 1],
            l1: sums[3 * n + 1].value() * volume,
            l2: (sums[3 * n + 2].value() * volume).sqrt(),
        })
        .collect()
}

/// The kernel's totals: exact sums over its accumulators, the same bits for any cut.
pub fn totals<T: Real>(engine: &Engine<T>, world: &World) -> Vec<f64> {
    let specs = &engine.declaration.totals;
    let mut sums: Vec<ExactSum> = specs
        .iter()
        .map(|spec| {
            let mut sum = ExactSum::new();
            for &slot in &spec.slots {
                let array = engine.storage.double_array(slot);
                let cells = engine.tile.owned.intersect(&array.stored());
                for (j, k) in cells.rows() {
                    sum.add_all(array.row(j, k, cells.lo[0], cells.hi[0]));
                }
            }
            sum
        })
        .collect();
    world.sum(&mut sums);
    specs
        .iter()
        .zip(&sums)
        .map(|(spec, sum)| sum.value() * spec.factor)
        .collect()
}

/// A value that is not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Defect {
    pub field: String,
    /// The cell and its coordinates, as [`Grid::describe`] says it.
    pub place: String,
}

/// The first value that is not finite (first field, then lowest z, y, x), agreed on by all ranks.
pub fn first_defect<T: Real>(
    engine: &Engine<T>,
    world: &World,
    decomposition: &Decomposition,
    step: u64,
) -> Option<Defect> {
    let grid = &decomposition.grid;
    let mut first = [local_defect(engine, grid, step).unwrap_or(i64::MAX)];
    world.min_integers(&mut first);
    if first[0] == i64::MAX {
        return None;
    }
    let n_cells = grid.n_cells() as i64;
    let (field, number) = ((first[0] / n_cells) as usize, first[0] % n_cells);
    let [nx, ny, _] = grid.cells.map(|n| n as i64);
    let cell = [number % nx, number / nx % ny, number / (nx * ny)];
    let spec = &engine.declaration.fields[field];
    Some(Defect {
        field: spec.name.clone(),
        place: grid.describe(spec.location, cell),
    })
}

/// Number of the first such value on this rank: field, then cell.
fn local_defect<T: Real>(engine: &Engine<T>, grid: &Grid, step: u64) -> Option<i64> {
    let owned = engine.tile.owned;
    let [nx, ny, _] = grid.cells.map(|n| n as i64);
    for field in 0..engine.declaration.fields.len() {
        let array = engine.storage.array(engine.declaration.slot_of_field(field, step));
        for (j, k) in owned.rows() {
            let row = array.row(j, k, owned.lo[0], owned.hi[0]);
            // 0 * q is 0 for every finite q and NaN for the others: a sum without branches.
            let probe = row.iter().fold(T::ZERO, |sum, &q| sum + T::ZERO * q);
            if probe.is_finite() {
                continue;
            }
            let i = row.iter().position(|q| !q.is_finite()).expect("the row holds one");
            let number = ((k * ny + j) * nx) + owned.lo[0] + i as i64;
            return Some(field as i64 * grid.n_cells() as i64 + number);
        }
    }
    None
}
