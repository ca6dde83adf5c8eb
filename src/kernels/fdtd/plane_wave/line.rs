//! Plane waves along small integer triples: the lattice's own equations on a line.
//!
//! A field that depends on `s = m . r` alone, with `r` the place in cells and `m` three integers, turns the difference
//! along axis `a` into `f(s + m_a/2) - f(s - m_a/2)`: Yee's scheme becomes a scheme on a line, whose solution is one of
//! the lattice to the last bit but rounding, for any waveform (T. Tan, M. Potter, IEEE Trans. Antennas Propag. 58 (2010)
//! 2641). The wave is driven by the magnetic field prescribed on the nodes in front of the box, as that of a wave in
//! continuous space that has the waveform at the corner that it meets first; where `m` is not along an axis the two
//! differ by the lattice's dispersion over less than two cells, of second order. Behind the box the line ends in a
//! matched lossy layer.
//!
//! Along the line nodes are counted in half cells, `s2 = 2 s`; the box begins at `s2 = 0`. Each component has nodes at
//! every other `s2`, so element `q` of its array is at `s2 = 2 q + parity - 2 M`, `M` the largest of `|m|`. The
//! prescribed nodes are those with `s2 < 0`.

use super::direction::{cross, dot, gradient, perpendicular, unit};
use super::signal::Signal;
use super::{Medium, Node, Timing};
use crate::grid::PerAxis;
use std::sync::Arc;

/// Length of the lossy layer, in cells of the line per unit of `|m_x| + |m_y| + |m_z|`. With [`GRADING`] and
/// [`ATTENUATION`] waves of ten cells and more come back below 1e-13 (tests below).
const LAYER: i64 = 64;
/// Exponent of the growth of the loss.
const GRADING: i32 = 4;
/// Logarithm of the loss of a wave on its way through the layer and back.
const ATTENUATION: f64 = 36.0;

/// The unchanging description of a line.
pub struct Line {
    m: PerAxis<i64>,
    /// The largest of `|m|`.
    reach: i64,
    /// `s2` modulo 2, of each component.
    parity: [i64; 6],
    /// Elements of each component's array.
    length: i64,
    /// Elements that the box and its surroundings use.
    used: usize,
    /// Magnetic field of a wave with unit electric field, per axis.
    magnetic: PerAxis<f64>,
    /// Time that the wave takes for `s2` to grow by one, s.
    delay: f64,
    signal: Arc<dyn Signal>,
    timing: Timing,
    /// `1/spacing`, 1/m.
    inverse: PerAxis<f64>,
    /// What the old value counts, and the curl, in the update of every component at every element.
    keep: [Vec<f64>; 6],
    curl: [Vec<f64>; 6],
}

/// The fields on the line: E at the beginning of a step, H half a step behind it. Component, then element.
#[derive(Clone)]
pub struct LineState {
    fields: [Vec<f64>; 6],
}

/// What the box uses of a [`LineState`].
pub struct LineIncident {
    m: PerAxis<i64>,
    reach: i64,
    parity: [i64; 6],
    fields: [Vec<f64>; 6],
}

/// Axes of the two derivatives of a curl along `axis`, and of what they are of: `d_b F_c - d_c F_b`.
fn others(axis: usize) -> (usize, usize) {
    ((axis + 1) % 3, (axis + 2) % 3)
}

impl Line {
    /// A line for a box that covers `s2` from 0 to `extent`. `polarization` is made perpendicular to the wave's way,
    /// `amplitude` is that of E, V/m.
    pub fn new(
        (m, extent): (PerAxis<i64>, i64),
        spacing: PerAxis<f64>,
        (polarization, amplitude): (PerAxis<f64>, f64),
        medium: Medium,
        timing: Timing,
        signal: Arc<dyn Signal>,
    ) -> Line {
        let gradient = gradient(m, spacing);
        let electric = perpendicular(polarization, gradient);
        let admittance = (medium.permittivity / medium.permeability).sqrt();
        let reach = m.iter().fold(0, |most, x| most.max(x.abs()));
        let layer = 2 * LAYER * m.iter().map(|x| x.abs()).sum::<i64>();
        let parity = std::array::from_fn(|component| {
            let axis = component % 3;
            let (b, c) = others(axis);
            let along = if component < 3 { m[axis] } else { m[b] + m[c] };
            along.rem_euclid(2)
        });
        let element = |s2: i64| (s2 + 2 * reach) / 2;
        let mut line = Line {
            m,
            reach,
            parity,
            length: element(extent + 2 * reach + layer) + 1,
            used: element(extent + reach) as usize + 1,
            magnetic: cross(unit(gradient), electric).map(|x| x * admittance * amplitude),
            delay: 0.5 / (dot(gradient, gradient).sqrt() * medium.speed()),
            signal,
            timing,
            inverse: spacing.map(|side| 1.0 / side),
            keep: Default::default(),
            curl: Default::default(),
        };
        line.lay_out((extent + reach, layer), medium);
        line
    }

    /// Coefficients of the updates: lossless up to `begin`, then with a loss that takes E and H at the same rate.
    fn lay_out(&mut self, (begin, layer): (i64, i64), medium: Medium) {
        let dt = self.timing.dt;
        let crossing = layer as f64 * self.delay;
        let greatest = 0.5 * ATTENUATION * (GRADING + 1) as f64 / crossing;
        for component in 0..6 {
            let (material, sign) = match component < 3 {
                true => (medium.permittivity, 1.0),
                false => (medium.permeability, -1.0),
            };
            let loss = |q: i64| {
                let depth = (self.place(component, q) - begin).max(0) as f64 / layer as f64;
                0.5 * dt * greatest * depth.powi(GRADING)
            };
            let keep = (0..self.length).map(|q| (1.0 - loss(q)) / (1.0 + loss(q))).collect();
            let curl = (0..self.length)
                .map(|q| sign * dt / material / (1.0 + loss(q)))
                .collect();
            (self.keep[component], self.curl[component]) = (keep, curl);
        }
    }

    /// `s2` of element `q`.
    fn place(&self, component: usize, q: i64) -> i64 {
        2 * q + self.parity[component] - 2 * self.reach
    }

    /// No field: the state before step 0, with H half a step before its time.
    pub fn at_rest(&self) -> LineState {
        let zero = || vec![0.0; self.length as usize];
        LineState {
            fields: std::array::from_fn(|_| zero()),
        }
    }

    /// From the step before `step` to it.
    pub fn advance(&self, state: &mut LineState, step: u64) {
        if step > 0 {
            self.advance_electric(state);
        }
        self.advance_magnetic(state, step);
    }

    /// H from the middle of the step before to that of `step`.
    fn advance_magnetic(&self, state: &mut LineState, step: u64) {
        let (electric, magnetic) = state.fields.split_at_mut(3);
        for axis in 0..3 {
            self.update(3 + axis, &mut magnetic[axis], electric, self.reach);
        }
        let time = self.timing.time(step) + 0.5 * self.timing.dt;
        for (axis, field) in magnetic.iter_mut().enumerate() {
            for q in 0..self.reach {
                let there = time - self.place(3 + axis, q) as f64 * self.delay;
                field[q as usize] = self.magnetic[axis] * self.signal.value(there);
            }
        }
    }

    /// E from the beginning of a step to its end.
    fn advance_electric(&self, state: &mut LineState) {
        let (electric, magnetic) = state.fields.split_at_mut(3);
        for axis in 0..3 {
            // The first nodes whose neighbours are on the line: s2 of at least -M.
            let first = (self.reach - self.parity[axis] + 1) / 2;
            self.update(axis, &mut electric[axis], magnetic, first);
        }
    }

    /// One component from the curl of the other three, from element `first` to the last whose neighbours are on the line.
    fn update(&self, component: usize, field: &mut [f64], others_fields: &[Vec<f64>], first: i64) {
        let (b, c) = others(component % 3);
        let end = self.length - (self.reach + 1) / 2 - 1;
        let span = |shift: i64| (first + shift) as usize..(end + shift) as usize;
        // Where the neighbours of element 0 along one axis are in the array of `of`.
        let neighbours = |along: usize, of: usize| {
            let offset = self.parity[component] - self.parity[(of + 3) - 3 * (component / 3)];
            let at = |side: i64| &others_fields[of][span((side * self.m[along] + offset) / 2)];
            (at(1), at(-1))
        };
        let ((c_up, c_down), (b_up, b_down)) = (neighbours(b, c), neighbours(c, b));
        let (inverse_b, inverse_c) = (self.inverse[b], self.inverse[c]);
        let (keep, curl) = (&self.keep[component][span(0)], &self.curl[component][span(0)]);
        for (n, value) in field[span(0)].iter_mut().enumerate() {
            let rotation = (c_up[n] - c_down[n]) * inverse_b - (b_up[n] - b_down[n]) * inverse_c;
            *value = keep[n] * *value + curl[n] * rotation;
        }
    }

    /// What the box uses.
    pub fn incident(&self, state: &LineState) -> LineIncident {
        LineIncident {
            m: self.m,
            reach: self.reach,
            parity: self.parity,
            fields: std::array::from_fn(|component| state.fields[component][..self.used].to_vec()),
        }
    }
}

impl LineIncident {
    /// The incident field at a node.
    pub fn value(&self, component: usize, node: Node) -> f64 {
        let s2 = self.m[0] * node[0] + self.m[1] * node[1] + self.m[2] * node[2];
        self.fields[component][((s2 + 2 * self.reach - self.parity[component]) / 2) as usize]
    }
}
