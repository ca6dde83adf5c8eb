//! What fills space: shapes of materials, and the shares of them around every node.
//!
//! A [`Geometry`] answers for points; a [`MaterialMap`] tells for a box of nodes of one component which materials are
//! around each of them, in rows of spans, so that what is uniform takes no memory. Knows nothing of fields or
//! coefficients: [`super::mixture`] makes numbers of shares.

pub mod material_map;
pub mod polygon;
mod sampling;
pub mod shape;
pub mod side;

use super::component::Component;
use super::material::Material;
use crate::grid::{Grid, IndexBox};

pub use material_map::{MaterialMap, Mix, Span};
pub use shape::{Point, Shape, ShapeKind};

/// All materials, and the shapes that they fill.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// The first one fills what no shape does.
    pub materials: Vec<Material>,
    /// Later ones lie on top.
    pub shapes: Vec<Shape>,
}

impl Geometry {
    /// The number of the material at `point`: that of the last shape that contains it.
    pub fn material_at(&self, point: Point) -> usize {
        let top = self.shapes.iter().rev().find(|shape| shape.kind.contains(point));
        top.map_or(0, |shape| shape.material)
    }

    /// The materials that something is made of: the background, and those of the shapes.
    pub fn used_materials(&self) -> impl Iterator<Item = &Material> {
        let numbers = (0..self.materials.len()).filter(|&number| self.is_used(number));
        numbers.map(|number| &self.materials[number])
    }

    /// Whether something is made of the material with this number.
    pub fn is_used(&self, number: usize) -> bool {
        number == 0 || self.shapes.iter().any(|shape| shape.material == number)
    }

    /// A box of nodes of `component` on `grid`, last nodes included, outside of which no node is near the material with
    /// this number. Everything for the background, nothing for a material that no shape in reach has. Shapes that lie on
    /// top are not looked at.
    pub fn extent_of(&self, material: usize, grid: &Grid, component: Component) -> Option<IndexBox> {
        if material == 0 {
            return Some(all_nodes(grid, component));
        }
        let shapes = self.shapes.iter().filter(|shape| shape.material == material);
        shapes
            .filter_map(|shape| nodes_near(shape, grid, component))
            .reduce(|a, b| {
                let mut hull = a;
                for axis in 0..3 {
                    hull.lo[axis] = a.lo[axis].min(b.lo[axis]);
                    hull.hi[axis] = a.hi[axis].max(b.hi[axis]);
                }
                hull
            })
    }
}

/// All nodes of `component`: one more than cells along an axis with walls on which it lives on the cell's lower side.
pub fn all_nodes(grid: &Grid, component: Component) -> IndexBox {
    grid.nodes(component.location(grid))
}

/// A box of the nodes within a cell's side of the bounds of `shape`.
fn nodes_near(shape: &Shape, grid: &Grid, component: Component) -> Option<IndexBox> {
    let [lower, upper] = shape.kind.bounds();
    let location = component.location(grid);
    let nodes = all_nodes(grid, component);
    let mut near = nodes;
    for axis in (0..3).filter(|&axis| grid.is_active(axis)) {
        // In cells from node 0; the conversion to i64 saturates at infinity.
        let index = |coordinate: f64| (coordinate - grid.origin[axis]) / grid.spacing[axis] - location.offset()[axis];
        let (lo, hi) = (
            (index(lower[axis]) - 1.0).ceil() as i64,
            (index(upper[axis]) + 1.0).floor() as i64,
        );
        near.lo[axis] = near.lo[axis].max(lo);
        near.hi[axis] = near.hi[axis].min(hi.saturating_add(1));
        // Below node 0 of a periodic axis lies the upper end.
        if grid.periodic[axis] && location.0[axis] && lo <= nodes.hi[axis] && hi >= nodes.hi[axis] {
            (near.lo[axis], near.hi[axis]) = (nodes.lo[axis], nodes.hi[axis]);
        }
    }
    (!near.is_empty()).then_some(near)
}
