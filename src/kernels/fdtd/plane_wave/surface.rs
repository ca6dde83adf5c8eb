//! The surface of the box in which the total field is computed, and what the updates beside it lack.
//!
//! Inside the box and on it the arrays hold the total field, outside the scattered one. With `chi` 1 inside and 0
//! outside, the discrete curl at node `X` takes from its neighbour `Y` what is missing for one kind of field:
//!
//! ```text
//! correction(X) = sum over neighbours of  sign / spacing * (chi(X) - chi(Y)) * incident(Y)
//! ```
//!
//! Neighbours differ along one axis, so every face gives one term, and an edge of the box gets one for each of its two
//! faces (A. Taflove, S. C. Hagness, Computational Electrodynamics, 3rd ed. (2005), section 5.6). Nothing is stored: the
//! nodes beside a face form a plane, and a row asks in a few comparisons whether it lies in one.

use crate::grid::{Grid, PerAxis};
use crate::kernels::fdtd::component::Component;

/// Where the box is, in nodes of the grid. Its faces are planes of nodes at the lower sides of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// From node plane `lo` to node plane `hi`, each with a face of the box.
    Faces { lo: i64, hi: i64 },
    /// The whole axis, without faces: an inactive axis, or a periodic one along which the wave does not vary.
    Whole,
}

/// The surface of the box on a grid.
#[derive(Clone, Debug)]
pub struct Surface {
    grid: Grid,
    extent: PerAxis<Extent>,
}

/// Corrected nodes of one row that take the same component from the same side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// First node, and how many follow each other along x.
    pub first: PerAxis<i64>,
    pub count: i64,
    /// The incident component that is missing, and the cell of its node beside `first`.
    pub incident: Component,
    pub beside: PerAxis<i64>,
    /// What the incident value counts in the curl, 1/m.
    pub factor: f64,
}

/// One derivative of a curl: `sign * d(of)/d(along)`.
struct Term {
    of: Component,
    along: usize,
    sign: f64,
}

/// The two derivatives of the curl at a node of `component`.
fn curl(component: Component) -> [Term; 2] {
    let (next, last) = ((component.axis() + 1) % 3, (component.axis() + 2) % 3);
    let other = |axis| match component.is_electric() {
        true => Component::magnetic(axis),
        false => Component::electric(axis),
    };
    [(last, next, 1.0), (next, last, -1.0)].map(|(of, along, sign)| Term {
        of: other(of),
        along,
        sign,
    })
}

impl Surface {
    pub fn new(grid: &Grid, extent: PerAxis<Extent>) -> Surface {
        Surface {
            grid: grid.clone(),
            extent,
        }
    }

    pub fn extent(&self, axis: usize) -> Extent {
        self.extent[axis]
    }

    /// The cells `[lo, hi)` along `axis` whose nodes of `component` carry the total field.
    pub fn total(&self, component: Component, axis: usize) -> [i64; 2] {
        let is_lower = component.location(&self.grid).0[axis];
        match self.extent[axis] {
            Extent::Faces { lo, hi } => [lo, hi + is_lower as i64],
            Extent::Whole => [0, self.grid.cells[axis] as i64],
        }
    }

    /// Whether the node of `component` in `cell` carries the total field.
    pub fn is_total(&self, component: Component, cell: PerAxis<i64>) -> bool {
        (0..3).all(|axis| {
            let [lo, hi] = self.total(component, axis);
            (lo..hi).contains(&self.grid.wrap(axis, cell[axis]))
        })
    }

    /// Hands `visit` the corrections at the nodes of `component` in the cells `[lo, hi)` of row `(j, k)`, always in the
    /// same order at a node. Cells of a halo across a periodic face are corrected as their originals.
    pub fn runs(
        &self,
        component: Component,
        (j, k): (i64, i64),
        (lo, hi): (i64, i64),
        mut visit: impl FnMut(i64, Run),
    ) {
        let (j, k) = (self.grid.wrap(1, j), self.grid.wrap(2, k));
        for term in curl(component) {
            let Extent::Faces {
                lo: face_lo,
                hi: face_hi,
            } = self.extent[term.along]
            else {
                continue;
            };
            // A node on the face lacks the field half a cell outside; one half a cell outside has too much of the face's.
            let (cells, others) = match component.is_electric() {
                true => ([face_lo, face_hi], [face_lo - 1, face_hi]),
                false => ([face_lo - 1, face_hi], [face_lo, face_hi]),
            };
            let inverse = term.sign / self.grid.spacing[term.along];
            for side in 0..2 {
                let factor = if side == 0 { -inverse } else { inverse };
                let plane = (term.along, cells[side]);
                let Some([first, end]) = self.row_in_plane(component, plane, (j, k)) else {
                    continue;
                };
                self.images(first, end, (lo, hi), |shift, first, end| {
                    let first = [first, j, k];
                    let mut beside = first;
                    beside[term.along] += others[side] - cells[side];
                    let run = Run {
                        first,
                        count: end - first[0],
                        incident: term.of,
                        beside,
                        factor,
                    };
                    visit(shift, run);
                });
            }
        }
    }

    /// The cells along x, within row `(j, k)`, that belong to a plane of corrected nodes; none if the row is not in it.
    fn row_in_plane(&self, component: Component, plane: (usize, i64), (j, k): (i64, i64)) -> Option<[i64; 2]> {
        let range = |axis: usize| match plane {
            (normal, index) if normal == axis => [index, index + 1],
            _ => self.total(component, axis),
        };
        let holds = |axis: usize, index: i64| (range(axis)[0]..range(axis)[1]).contains(&index);
        (holds(1, j) && holds(2, k)).then(|| range(0))
    }

    /// The parts of `[first, end)` that `[lo, hi)` contains, itself or shifted by whole periods.
    fn images(&self, first: i64, end: i64, (lo, hi): (i64, i64), mut visit: impl FnMut(i64, i64, i64)) {
        let period = self.grid.cells[0] as i64;
        let shifts = match self.grid.periodic[0] {
            true => lo.div_euclid(period)..=(hi - 1).div_euclid(period),
            false => 0..=0,
        };
        for shift in shifts.map(|n| n * period) {
            let (first, end) = (first.max(lo - shift), end.min(hi - shift));
            if first < end {
                visit(shift, first, end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Component::{Ex, Ey, Ez, Hx, Hy, Hz};

    fn grid(periodic: PerAxis<bool>) -> Grid {
        Grid {
            cells: [9, 8, 7],
            dims: 3,
            spacing: [1.0, 0.5, 0.25],
            origin: [0.0; 3],
            periodic,
        }
    }

    fn surface(periodic: PerAxis<bool>) -> Surface {
        let faces = |lo, hi| Extent::Faces { lo, hi };
        Surface::new(&grid(periodic), [faces(2, 6), faces(3, 5), faces(1, 4)])
    }

    /// The correction at one node, with the incident field 1 everywhere in `of` and 0 in the rest: from its definition.
    fn by_definition(surface: &Surface, component: Component, cell: PerAxis<i64>, of: Component) -> f64 {
        let chi = |component, cell| surface.is_total(component, cell) as i64 as f64;
        let mut sum = 0.0;
        for term in curl(component).iter().filter(|term| term.of == of) {
            let upper_shift = !component.is_electric() as i64;
            for (shift, sign) in [(upper_shift, 1.0), (upper_shift - 1, -1.0)] {
                let mut beside = cell;
                beside[term.along] += shift;
                let missing = chi(component, cell) - chi(of, beside);
                sum += term.sign * sign / surface.grid.spacing[term.along] * missing;
            }
        }
        sum
    }

    #[test]
    fn every_node_gets_the_terms_that_its_definition_asks_for() {
        for periodic in [[false; 3], [true; 3]] {
            let surface = surface(periodic);
            let mut corrected = 0;
            for component in Component::ALL {
                for (k, j) in (0..7).flat_map(|k| (0..8).map(move |j| (k, j))) {
                    let mut found = [[0.0; 6]; 9];
                    surface.runs(component, (j, k), (0, 9), |shift, run| {
                        assert_eq!(shift, 0);
                        for i in run.first[0]..run.first[0] + run.count {
                            found[i as usize][run.incident as usize] += run.factor;
                            corrected += 1;
                        }
                    });
                    for i in 0..9 {
                        for of in Component::ALL {
                            let expected = by_definition(&surface, component, [i, j, k], of);
                            // Sums and differences of powers of two: exact.
                            assert_eq!(
                                found[i as usize][of as usize], expected,
                                "{component:?} {i} {j} {k} {of:?}"
                            );
                        }
                    }
                }
            }
            // Two faces per axis; on each, two components of E and the two of H beside them.
            let areas = |n: [i64; 3], axis: usize| {
                let (a, b) = (n[(axis + 1) % 3], n[(axis + 2) % 3]);
                2 * 2 * ((a + 1) * b + a * (b + 1))
            };
            assert_eq!(corrected, (0..3).map(|axis| areas([4, 2, 3], axis)).sum::<i64>());
        }
    }

    #[test]
    fn an_edge_is_corrected_for_each_of_its_faces() {
        let surface = surface([false; 3]);
        let mut seen = Vec::new();
        surface.runs(Ez, (3, 2), (2, 3), |_, run| {
            seen.push((run.incident, run.beside, run.factor))
        });
        assert_eq!(seen, [(Hy, [1, 3, 2], -1.0), (Hx, [2, 2, 2], 2.0)]);
    }

    #[test]
    fn rows_may_be_cut_anywhere() {
        let surface = surface([true, false, false]);
        let nodes = |component, row, parts: &[(i64, i64)]| {
            let mut found = Vec::new();
            for part in parts {
                surface.runs(component, row, *part, |shift, run| {
                    for n in 0..run.count {
                        let mut beside = run.beside;
                        beside[0] += n;
                        found.push((
                            run.first[0] + n + shift,
                            run.incident as usize,
                            beside,
                            run.factor.to_bits(),
                        ));
                    }
                });
            }
            found.sort();
            found
        };
        for component in [Ex, Ey, Ez, Hx, Hy, Hz] {
            for (j, k) in [(2, 2), (3, 1), (3, 2), (4, 0), (5, 4), (5, 3)] {
                let whole = nodes(component, (j, k), &[(0, 9)]);
                assert_eq!(nodes(component, (j, k), &[(0, 3), (3, 4), (4, 9)]), whole);
                // A halo over the periodic face: the same nodes, a period away.
                let image = nodes(component, (j, k), &[(-9, 0)]);
                assert_eq!(image.len(), whole.len());
                assert!(image.iter().zip(&whole).all(|(a, b)| a.0 == b.0 - 9 && a.2 == b.2));
            }
        }
    }
}
