//! Where matter comes from.

use crate::grid::PerAxis;
use crate::numerics::formula::Formula;

/// One source of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Amount per volume and time, a formula of place and time: unit/s.
    Density(Formula),
    /// Amount per time (unit m3/s), a formula of time, released at a point (m).
    Point { rate: Formula, at: PerAxis<f64> },
    /// The same, released evenly between two corners (m); along an axis where they are equal, as at a point.
    Box {
        rate: Formula,
        from: PerAxis<f64>,
        to: PerAxis<f64>,
    },
    /// The same, released evenly within a distance (m) of a point: a ball, or a disc in 2D.
    Ball {
        rate: Formula,
        at: PerAxis<f64>,
        radius: f64,
    },
}

impl Source {
    /// Where a source that is not a density begins and ends along `axis`, m, each with the key that says so.
    pub fn extent(&self, axis: usize) -> Option<[(f64, &'static str); 2]> {
        match self {
            Source::Density(_) => None,
            Source::Point { at, .. } => Some([(at[axis], "at"), (at[axis], "at")]),
            Source::Box { from, to, .. } => Some([(from[axis], "from"), (to[axis], "to")]),
            Source::Ball { at, radius, .. } => Some([(at[axis] - radius, "at"), (at[axis] + radius, "at")]),
        }
    }

    /// Amount per time, a formula of time, of a source that is not a density.
    pub fn rate(&self) -> Option<&Formula> {
        match self {
            Source::Density(_) => None,
            Source::Point { rate, .. } | Source::Box { rate, .. } | Source::Ball { rate, .. } => Some(rate),
        }
    }
}
