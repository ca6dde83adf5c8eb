//! The discrete curl: which differences drive which component.
//!
//! ```text
//! along a, with b and c the next axes in turn:
//!   eps dE_a/dt = d_b H_c - d_c H_b        differences to the node below: H_c(i) - H_c(i - e_b)
//!    mu dH_a/dt = d_c E_b - d_b E_c        differences to the node above: E_b(i + e_c) - E_b(i)
//! ```

use super::component::{Component, Polarization};
use crate::field::{Real, RowReader, Rows};
use crate::grid::Grid;

/// A difference of one component along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub axis: usize,
    pub source: Component,
}

/// The two differences that drive a component, the second of which is subtracted; none along an axis of one cell, nor of a
/// component that the polarisation lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curl {
    pub plus: Option<Term>,
    pub minus: Option<Term>,
}

impl Curl {
    /// What drives `component` on `grid`.
    pub fn of(component: Component, polarization: Polarization, grid: &Grid) -> Curl {
        let a = component.axis();
        let (b, c) = ((a + 1) % 3, (a + 2) % 3);
        let term = |axis: usize, along: usize| {
            let source = match component.is_electric() {
                true => Component::magnetic(along),
                false => Component::electric(along),
            };
            (grid.is_active(axis) && polarization.has(source)).then_some(Term { axis, source })
        };
        match component.is_electric() {
            true => Curl {
                plus: term(b, c),
                minus: term(c, b),
            },
            false => Curl {
                plus: term(c, b),
                minus: term(b, c),
            },
        }
    }

    /// Both terms with their signs.
    pub fn terms(&self) -> impl Iterator<Item = (f64, Term)> + use<> {
        let plus = self.plus.map(|term| (1.0, term));
        plus.into_iter().chain(self.minus.map(|term| (-1.0, term)))
    }
}

/// A row of cells.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub j: i64,
    pub k: i64,
    pub lo: i64,
    pub hi: i64,
}

/// The rows whose difference along `axis` belongs to the nodes of `row`: the upper, then the lower one. `below` says that
/// it reaches to the node below, as for E, and not to the one above.
#[inline(always)]
pub fn pair<'a, T: Real>(source: &RowReader<'a, T>, axis: usize, below: bool, row: Row) -> [&'a [T]; 2] {
    let here = source.row(row.j, row.k, row.lo, row.hi);
    let by = if below { -1 } else { 1 };
    let there = match axis {
        0 => source.row(row.j, row.k, row.lo + by, row.hi + by),
        1 => source.row(row.j + by, row.k, row.lo, row.hi),
        _ => source.row(row.j, row.k + by, row.lo, row.hi),
    };
    if below { [here, there] } else { [there, here] }
}

/// The rows `[j, end)` one node away along `axis` from those of `row`: below them as for E, or above them.
#[inline(always)]
pub fn beside<'a, T: Real>(source: &RowReader<'a, T>, axis: usize, below: bool, end: i64, row: Row) -> Rows<'a, T> {
    let Row { j, k, lo, hi } = row;
    let by = if below { -1 } else { 1 };
    match axis {
        0 => source.rows([j, end], k, lo + by, hi + by),
        1 => source.rows([j + by, end + by], k, lo, hi),
        _ => source.rows([j, end], k + by, lo, hi),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Component::{Ex, Ey, Ez, Hx, Hy, Hz};

    #[test]
    fn the_curls_are_those_of_a_right_handed_frame() {
        let mut grid = Grid {
            cells: [4, 4, 4],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let terms = |component, polarization, grid: &Grid| {
            let curl = Curl::of(component, polarization, grid);
            let pair = |term: Option<Term>| term.map(|term| (term.axis, term.source));
            (pair(curl.plus), pair(curl.minus))
        };
        let full = Polarization::Full;
        assert_eq!(terms(Ex, full, &grid), (Some((1, Hz)), Some((2, Hy))));
        assert_eq!(terms(Ez, full, &grid), (Some((0, Hy)), Some((1, Hx))));
        assert_eq!(terms(Hy, full, &grid), (Some((0, Ez)), Some((2, Ex))));
        grid.cells[2] = 1;
        assert_eq!(terms(Hx, Polarization::Ez, &grid), (None, Some((1, Ez))));
        assert_eq!(terms(Hz, Polarization::Hz, &grid), (Some((1, Ex)), Some((0, Ey))));
    }
}
