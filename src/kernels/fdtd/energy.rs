//! The energy that the scheme conserves.
//!
//! ```text
//! W = 1/2 sum eps E(n) E(n) + 1/2 sum mu H(n - 1/2) H(n + 1/2)
//!     + 1/2 sum J(n - 1/2) J(n + 1/2)/(eps0 S) + 1/2 sum w0^2 P(n) P(n)/(eps0 S)
//! ```
//! per volume of a cell; nodes on walls stand for half of one. In a closed box without losses and sources it does not change,
//! to rounding (K. S. Yee's scheme is the leapfrog of a skew-symmetric operator). The new H and J are what the step that
//! begins would make of the old ones, absorbers and sources apart.

use super::curl::{Row, pair};
use super::prepared::{Part, Prepared};
use super::rules::{PoleRule, Rule};
use super::slots::Slots;
use super::sweep::with_last_nodes;
use crate::field::{ExactSum, Real, RowReader, SlotId, StageView};
use crate::grid::Grid;

/// Adds the energy of the view's region, per volume of a cell, to `sum`.
pub fn add<T: Real>(prepared: &Prepared<T>, slots: &Slots, view: &StageView<'_, T>, sum: &mut ExactSum) {
    let all = with_last_nodes(&prepared.grid, view.region());
    let mut values = vec![0.0; all.len(0)];
    for part in prepared.parts.iter().flatten().flatten() {
        let nodes = part.updated.intersect(&all);
        let field = view.read(slots.field(part.component));
        let state = |slot: SlotId| view.read(slot);
        let readers = Readers {
            field: &field,
            per_length: part.per_length,
            differences: [part.curl.plus, part.curl.minus]
                .map(|term| term.map(|term| (term.axis, view.read(slots.field(term.source))))),
        };
        for (j, k) in nodes.rows() {
            let row = Row {
                j,
                k,
                lo: nodes.lo[0],
                hi: nodes.hi[0],
            };
            let values = &mut values[..nodes.len(0)];
            for (lo, hi, rule) in part.medium.spans(row) {
                let out = &mut values[(lo - row.lo) as usize..(hi - row.lo) as usize];
                let piece = Row { lo, hi, ..row };
                match part.component.is_electric() {
                    true => electric(&readers, rule, piece, &state, out),
                    false => magnetic(&readers, rule, piece, out),
                }
            }
            weigh(&prepared.grid, part, row, values);
            sum.add_all(values);
        }
    }
}

struct Readers<'r, 'v, T> {
    field: &'r RowReader<'v, T>,
    /// Axis and source of the added and of the subtracted difference.
    differences: [Option<(usize, RowReader<'v, T>)>; 2],
    /// Their inverse spacings, 1/m.
    per_length: [T; 2],
}

fn electric<'v, T: Real>(
    readers: &Readers<'_, 'v, T>,
    rule: &Rule<T>,
    row: Row,
    state: &impl Fn(SlotId) -> RowReader<'v, T>,
    out: &mut [f64],
) {
    let field = readers.field.row(row.j, row.k, row.lo, row.hi);
    if rule.is_still {
        out.fill(0.0);
        return;
    }
    for (out, e) in out.iter_mut().zip(field) {
        *out = 0.5 * rule.density * e.to_f64() * e.to_f64();
    }
    for pole in &rule.poles {
        match pole {
            PoleRule::Drude { current, a, b, energy } => {
                let current = state(*current);
                for ((out, e), j) in out.iter_mut().zip(field).zip(current.row(row.j, row.k, row.lo, row.hi)) {
                    let next = *a * *j + *b * *e;
                    *out += 0.5 * energy.kinetic * j.to_f64() * next.to_f64();
                }
            }
            PoleRule::Lorentz {
                current,
                polarization,
                factors: [a, b, c, _],
                energy,
            } => {
                let (current, polarization) = (state(*current), state(*polarization));
                let current = current.row(row.j, row.k, row.lo, row.hi);
                let polarization = polarization.row(row.j, row.k, row.lo, row.hi);
                for (n, out) in out.iter_mut().enumerate() {
                    let (j, p) = (current[n], polarization[n]);
                    let next = *a * j + (*b * field[n] - *c * p);
                    *out += 0.5 * energy.kinetic * j.to_f64() * next.to_f64();
                    *out += 0.5 * energy.potential * p.to_f64() * p.to_f64();
                }
            }
            // A relaxation has no inertia, and gives back nothing.
            PoleRule::Debye { .. } => {}
        }
    }
}

fn magnetic<T: Real>(readers: &Readers<'_, '_, T>, rule: &Rule<T>, row: Row, out: &mut [f64]) {
    let field = readers.field.row(row.j, row.k, row.lo, row.hi);
    for (out, h) in out.iter_mut().zip(field) {
        *out = rule.keep.to_f64() * h.to_f64();
    }
    for ((difference, per_length), sign) in readers.differences.iter().zip(readers.per_length).zip([1.0, -1.0]) {
        let Some((axis, source)) = difference else { continue };
        let factor = sign * rule.gain.to_f64() * per_length.to_f64();
        let [upper, lower] = pair(source, *axis, false, row);
        for (n, out) in out.iter_mut().enumerate() {
            *out += factor * (upper[n].to_f64() - lower[n].to_f64());
        }
    }
    for (out, h) in out.iter_mut().zip(field) {
        *out *= 0.5 * rule.density * h.to_f64();
    }
}

/// Halves what lies on walls: a power of two, so that nothing is rounded.
fn weigh<T>(grid: &Grid, part: &Part<T>, row: Row, values: &mut [f64]) {
    let is_end = |axis: usize, index: i64| part.is_on_walls[axis] && (index == 0 || index == grid.cells[axis] as i64);
    for (axis, index) in [(1, row.j), (2, row.k)] {
        if is_end(axis, index) {
            values.iter_mut().for_each(|value| *value *= 0.5);
        }
    }
    for (value, i) in values.iter_mut().zip(row.lo..) {
        if is_end(0, i) {
            *value *= 0.5;
        }
    }
}
