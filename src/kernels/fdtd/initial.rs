//! The fields at the start.
//!
//! Each component follows its formula at its own place and time: E at the start, H half a step before. Where no component of
//! H is given, H is zero at the start itself, and is taken half a step back by the discrete law of Faraday:
//! `H(-dt/2) = dt/2 <1/mu> curl E(0)`.

use super::component::Component;
use super::curl::{Curl, Row};
use super::parameters::Parameters;
use super::prepared::{Part, Prepared, with_copies};
use super::slots::Slots;
use super::sweep::with_last_nodes;
use crate::field::{Real, RowWriter, StageView};
use crate::grid::{Grid, IndexBox};
use crate::numerics::Formula;

/// Fills the view's region: the fields, and zeros in all memory.
pub fn initialise<T: Real>(parameters: &Parameters, prepared: &Prepared<T>, slots: &Slots, view: &StageView<'_, T>) {
    let all = with_last_nodes(&prepared.grid, view.region());
    let state = Initial {
        parameters,
        prepared,
        grid: &prepared.grid,
    };
    for &component in parameters.components() {
        let part = prepared.part(component);
        let mut target = view.write(slots.field(component));
        // Ghosts that are no nodes are read together with their neighbours.
        if is_read_by_others(parameters, component, &prepared.grid) {
            clear(&mut target, &all);
        }
        let grid = &prepared.grid;
        let nodes = all.intersect(&with_copies(grid, &grid.nodes(component.location(grid))));
        let mut values = vec![0.0; nodes.len(0)];
        for (j, k) in nodes.rows() {
            let row = Row {
                j,
                k,
                lo: nodes.lo[0],
                hi: nodes.hi[0],
            };
            state.row(part, row, &mut values);
            let out = target.row_mut(j, k, row.lo, row.hi);
            out.iter_mut()
                .zip(&values)
                .for_each(|(to, &from)| *to = T::from_f64(from));
        }
    }
    for (component, slot) in slots.memory() {
        let mut target = view.write(slot);
        let nodes = all.intersect(&prepared.part(component).updated);
        let stored = nodes.intersect(&target.stored());
        clear(&mut target, &stored);
    }
}

/// Whether any difference takes the component beyond the node.
fn is_read_by_others(parameters: &Parameters, component: Component, grid: &Grid) -> bool {
    let others = parameters.components().iter();
    let mut terms = others.flat_map(|&other| Curl::of(other, parameters.polarization, grid).terms());
    terms.any(|(_, term)| term.source == component)
}

fn clear<T: Real>(target: &mut RowWriter<'_, T>, cells: &IndexBox) {
    for (j, k) in cells.rows() {
        target.row_mut(j, k, cells.lo[0], cells.hi[0]).fill(T::ZERO);
    }
}

struct Initial<'a, T> {
    parameters: &'a Parameters,
    prepared: &'a Prepared<T>,
    grid: &'a Grid,
}

impl<T: Real> Initial<'_, T> {
    /// The values of one component on a row.
    fn row(&self, part: &Part<T>, row: Row, out: &mut [f64]) {
        let dt = self.parameters.steps().dt;
        let is_given = |component: &Component| self.formula(*component).is_some();
        match part.component.is_electric() {
            true => self.electric(part, row, out),
            false if Component::MAGNETIC.iter().any(is_given) => {
                self.evaluate(part.component, row, self.parameters.start - 0.5 * dt, out);
            }
            false => self.half_a_step_back(part, row, out),
        }
    }

    fn formula(&self, component: Component) -> Option<&Formula> {
        let mut given = self.parameters.initial.iter();
        given.find(|(other, _)| *other == component).map(|(_, formula)| formula)
    }

    fn evaluate(&self, component: Component, row: Row, time: f64, out: &mut [f64]) {
        let Some(formula) = self.formula(component) else {
            out.fill(0.0);
            return;
        };
        let location = component.location(self.grid);
        let xs = self.grid.coordinates(0, location, row.lo, row.hi);
        let [y, z] = [(1, row.j), (2, row.k)].map(|(axis, index)| self.grid.coordinate(axis, location, index));
        formula.evaluate_row(&xs, y, z, time, out);
    }

    /// E, zero on conducting walls and in perfect conductors.
    fn electric(&self, part: &Part<T>, row: Row, out: &mut [f64]) {
        out.fill(0.0);
        let holds = |axis: usize, index: i64| {
            // A copy has the value of its original, however far it is.
            let index = self.grid.wrap(axis, index);
            (part.updated.lo[axis]..part.updated.hi[axis]).contains(&index)
        };
        if self.formula(part.component).is_none() || !holds(1, row.j) || !holds(2, row.k) {
            return;
        }
        self.evaluate(part.component, row, self.parameters.start, out);
        for (value, i) in out.iter_mut().zip(row.lo..) {
            if !holds(0, i) {
                *value = 0.0;
            }
        }
        for (lo, hi, rule) in part.medium.spans(row) {
            if rule.is_still {
                out[(lo - row.lo) as usize..(hi - row.lo) as usize].fill(0.0);
            }
        }
    }

    /// H half a step before the start, where it is zero.
    fn half_a_step_back(&self, part: &Part<T>, row: Row, out: &mut [f64]) {
        out.fill(0.0);
        let n = out.len();
        let dt = self.parameters.steps().dt;
        let (mut upper, mut lower) = (vec![0.0; n], vec![0.0; n]);
        for (sign, term) in part.curl.terms() {
            if self.formula(term.source).is_none() {
                continue;
            }
            let mut above = row;
            match term.axis {
                0 => (above.lo, above.hi) = (row.lo + 1, row.hi + 1),
                1 => above.j += 1,
                _ => above.k += 1,
            }
            let source = self.prepared.part(term.source);
            self.electric(source, row, &mut lower);
            self.electric(source, above, &mut upper);
            let per_length = sign / self.grid.spacing[term.axis];
            for (lo, hi, rule) in part.medium.spans(row) {
                // Half of what a step adds, backwards.
                let factor = -0.5 * dt / rule.density * per_length;
                for n in (lo - row.lo) as usize..(hi - row.lo) as usize {
                    out[n] += factor * (upper[n] - lower[n]);
                }
            }
        }
    }
}
