//! Looks at the fields: sums and extrema for the history, and values that are not finite.

use super::clock::Here;
use crate::config::Units;
use crate::engine::Engine;
use crate::field::{ExactSum, Real};
use crate::grid::{Decomposition, Grid, IndexBox, PerAxis};
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
    let n_fields = engine.declaration.fields.len();
    let mut sums = Vec::with_capacity(3 * n_fields);
    let mut extrema = Vec::with_capacity(2 * n_fields);
    for field in 0..n_fields {
        let spec = &engine.declaration.fields[field];
        let owned = engine.tile.grid.owned_part(&engine.tile.owned, &spec.domain);
        let ends = Ends::of(&engine.tile.grid, &spec.domain);
        let mut row = vec![0.0; owned.len(0)];
        let array = engine.storage.array(engine.declaration.slot_of_field(field, step));
        let [mut sum, mut absolute, mut square] = [ExactSum::new(), ExactSum::new(), ExactSum::new()];
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (j, k) in owned.rows() {
            let values = array.row(j, k, owned.lo[0], owned.hi[0]);
            row.iter_mut().zip(values).for_each(|(to, from)| *to = from.to_f64());
            min = row.iter().fold(min, |m, &v| if v < m { v } else { m });
            max = row.iter().fold(max, |m, &v| if v > m { v } else { m });
            ends.weigh(&mut row, owned.lo[0], j, k);
            sum.add_all(&row);
            row.iter_mut().for_each(|v| *v = v.abs());
            absolute.add_all(&row);
            row.iter_mut()
                .zip(values)
                .for_each(|(v, from)| *v *= from.to_f64().abs());
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

/// The two ends of each axis where nodes lie on walls: they stand for half a cell.
struct Ends(PerAxis<Option<[i64; 2]>>);

impl Ends {
    fn of(grid: &Grid, domain: &IndexBox) -> Ends {
        Ends([0, 1, 2].map(|axis| {
            let last = domain.hi[axis] - 1;
            (last == grid.cells[axis] as i64).then_some([domain.lo[axis], last])
        }))
    }

    /// The part of a cell that a node with this index stands for.
    fn weight(&self, axis: usize, index: i64) -> f64 {
        match self.0[axis] {
            Some(ends) if ends.contains(&index) => 0.5,
            _ => 1.0,
        }
    }

    /// Multiplies a row of values that begins at index `lo` with the weights of its nodes: powers of two, so that nothing
    /// is rounded.
    fn weigh(&self, row: &mut [f64], lo: i64, j: i64, k: i64) {
        let of_row = self.weight(1, j) * self.weight(2, k);
        if of_row != 1.0 {
            row.iter_mut().for_each(|v| *v *= of_row);
        }
        let n = row.len() as i64;
        for end in self.0[0].into_iter().flatten() {
            if (lo..lo + n).contains(&end) {
                row[(end - lo) as usize] *= 0.5;
            }
        }
    }
}

/// The kernel's totals, and after them its gauges: exact sums, the same bits for any cut.
pub fn totals<T: Real>(engine: &mut Engine<T>, world: &World, here: &Here) -> Vec<f64> {
    let gauges = engine.gauge(here.step, here.time, here.dt);
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
    sums.extend(gauges);
    world.sum(&mut sums);
    let of_gauges = engine.declaration.gauges.iter().flat_map(|gauges| &gauges.numbers);
    let factors = specs.iter().map(|spec| spec.factor);
    let factors = factors.chain(of_gauges.map(|gauge| gauge.factor));
    factors.zip(&sums).map(|(factor, sum)| sum.value() * factor).collect()
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
    units: Units,
) -> Option<Defect> {
    let grid = &decomposition.grid;
    let mut first = [local_defect(engine, grid, step).unwrap_or(i64::MAX)];
    world.min_integers(&mut first);
    if first[0] == i64::MAX {
        return None;
    }
    let [nx, ny, nz] = numbering(grid);
    let (field, number) = ((first[0] / (nx * ny * nz)) as usize, first[0] % (nx * ny * nz));
    let cell = [number % nx, number / nx % ny, number / (nx * ny)];
    let spec = &engine.declaration.fields[field];
    Some(Defect {
        field: spec.name.clone(),
        place: grid.describe(spec.location, cell, units.length()),
    })
}

/// Sums that are taken side by side where values are looked through.
const LANES: usize = 32;

/// Sides of the box in which nodes are numbered: all cells and last nodes.
fn numbering(grid: &Grid) -> PerAxis<i64> {
    grid.cells.map(|n| n as i64 + 1)
}

/// Whether all are finite, at the speed of memory.
fn is_all_finite<T: Real>(row: &[T]) -> bool {
    // 0 * q is 0 for every finite q and NaN for the others: sums without branches, several that need not wait for each other.
    let mut sums = [T::ZERO; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, &q)| *sum += T::ZERO * q);
    }
    sums.iter().chain(rest).all(|&q| q.is_finite())
}

/// Number of the first such value on this rank: field, then cell.
fn local_defect<T: Real>(engine: &Engine<T>, grid: &Grid, step: u64) -> Option<i64> {
    let [nx, ny, nz] = numbering(grid);
    for field in 0..engine.declaration.fields.len() {
        let array = engine.storage.array(engine.declaration.slot_of_field(field, step));
        let owned = grid.owned_part(&engine.tile.owned, &engine.declaration.fields[field].domain);
        for (j, k) in owned.rows() {
            let row = array.row(j, k, owned.lo[0], owned.hi[0]);
            if is_all_finite(row) {
                continue;
            }
            let i = row.iter().position(|q| !q.is_finite()).expect("the row holds one");
            let number = ((k * ny + j) * nx) + owned.lo[0] + i as i64;
            return Some(field as i64 * nx * ny * nz + number);
        }
    }
    None
}
