//! What stands on a grid, as far as a kernel can tell: for people who look at a case before they run it.

use crate::grid::{IndexBox, PerAxis};

/// What may fill space, and what stands in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenery {
    /// What may fill space, by number; the first one is the background.
    pub fillings: Vec<Filling>,
    pub landmarks: Vec<Landmark>,
    /// `[axis][lower, upper]`: what the walls are called in configurations.
    pub walls: PerAxis<[&'static str; 2]>,
    /// What holds for all that is said about the fillings, as "at 2e14 Hz".
    pub remark: String,
}

/// One thing that may fill space.
#[derive(Clone, Debug, PartialEq)]
pub struct Filling {
    pub name: String,
    /// What there is to know of it, as "refractive index 1.5".
    pub about: String,
    /// Whether no field is inside.
    pub is_conductor: bool,
    /// Whether it occurs: the background always does.
    pub is_used: bool,
}

/// Something that takes a box, which may be flat.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmark {
    pub name: String,
    pub kind: LandmarkKind,
    /// Lower corner, m; along an inactive axis without meaning.
    pub from: PerAxis<f64>,
    /// Upper corner, m.
    pub to: PerAxis<f64>,
}

/// What a [`Landmark`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LandmarkKind {
    Source,
    Absorber,
}

/// What is around the nodes of a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The axis across the plane.
    pub normal: usize,
    /// One thick along `normal`, in the middle of a cell; along the other axes on the lower sides of cells, last nodes
    /// included.
    pub nodes: IndexBox,
    /// Per node, x fastest.
    pub fills: Vec<Fill>,
}

/// What is around a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Number of the filling with the largest share.
    pub most: usize,
    /// Of that with the second largest share, where there is another.
    pub other: Option<usize>,
}
