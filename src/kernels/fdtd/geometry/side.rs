//! On which side of a shape's surface a block of space lies.

use super::shape::{Point, ShapeKind, others};
use crate::grid::PerAxis;
use crate::kernels::fdtd::geometry::polygon;

/// Where a block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Inside,
    Outside,
    /// The surface may pass through the block.
    Cut,
}

/// A block of space between two corners, m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    pub lower: Point,
    pub upper: Point,
}

impl Block {
    fn middle(&self) -> Point {
        [0, 1, 2].map(|axis| 0.5 * (self.lower[axis] + self.upper[axis]))
    }

    /// Half of its sides.
    fn reach(&self) -> PerAxis<f64> {
        [0, 1, 2].map(|axis| 0.5 * (self.upper[axis] - self.lower[axis]))
    }

    /// Where it lies as to the condition `from <= coordinate <= to` along an axis.
    fn side_of_interval(&self, axis: usize, from: f64, to: f64) -> Side {
        side_of_interval([self.lower[axis], self.upper[axis]], [from, to])
    }
}

impl ShapeKind {
    /// Where `block` lies. Exact for what is flat; where a surface is curved, `Cut` may be said of a block that it passes
    /// near to.
    pub fn side_of(&self, block: &Block) -> Side {
        match self {
            ShapeKind::Cuboid { from, to } => {
                all([0, 1, 2].map(|axis| block.side_of_interval(axis, from[axis], to[axis])))
            }
            ShapeKind::HalfSpace { point, normal } => {
                let distance = self.distance(block.middle());
                // Along an axis there is no rounding of the other coordinates in the way.
                match normal.iter().position(|part| part.abs() == 1.0) {
                    Some(axis) if normal[axis] > 0.0 => block.side_of_interval(axis, f64::NEG_INFINITY, point[axis]),
                    Some(axis) => block.side_of_interval(axis, point[axis], f64::INFINITY),
                    None => side(distance, along(block.reach(), *normal)),
                }
            }
            ShapeKind::Cylinder {
                center,
                direction,
                radius,
                half_height,
            } => {
                let endless = ShapeKind::Cylinder {
                    center: *center,
                    direction: *direction,
                    radius: *radius,
                    half_height: f64::INFINITY,
                };
                // How far the block reaches along the axis does not count, where it is one of the grid's.
                let across = [0, 1, 2].map(|axis| match direction[axis].abs() {
                    1.0 => 0.0,
                    _ => block.reach()[axis],
                });
                let mantle = side(endless.distance(block.middle()), diagonal(&across));
                let middle = block.middle();
                let height: f64 = (0..3).map(|axis| (middle[axis] - center[axis]) * direction[axis]).sum();
                let reach = along(block.reach(), *direction);
                let ends = side_of_interval([height - reach, height + reach], [-half_height, *half_height]);
                all([mantle, ends])
            }
            ShapeKind::Prism {
                axis,
                corners,
                from,
                to,
            } => {
                let (middle, reach) = (block.middle(), block.reach());
                let across = others(*axis);
                let distance = polygon::distance(corners, across.map(|axis| middle[axis]));
                all([
                    side(distance, diagonal(&across.map(|axis| reach[axis]))),
                    block.side_of_interval(*axis, *from, *to),
                ])
            }
            ShapeKind::Sphere { .. } | ShapeKind::Ellipsoid { .. } => {
                let reach = [0, 1, 2].map(|axis| match self.is_endless(axis) {
                    true => 0.0,
                    false => block.reach()[axis],
                });
                side(self.distance(block.middle()), diagonal(&reach))
            }
        }
    }
}

/// Where a ball of radius `reach` lies whose middle is at `distance` from the surface.
fn side(distance: f64, reach: f64) -> Side {
    if distance < -reach {
        Side::Inside
    } else if distance > reach {
        Side::Outside
    } else {
        Side::Cut
    }
}

fn side_of_interval([lower, upper]: [f64; 2], [from, to]: [f64; 2]) -> Side {
    if from < lower && upper < to {
        Side::Inside
    } else if upper < from || to < lower {
        Side::Outside
    } else {
        Side::Cut
    }
}

/// As to several conditions that all have to hold.
fn all<const N: usize>(sides: [Side; N]) -> Side {
    if sides.contains(&Side::Outside) {
        Side::Outside
    } else if sides.contains(&Side::Cut) {
        Side::Cut
    } else {
        Side::Inside
    }
}

fn diagonal(reach: &[f64]) -> f64 {
    reach.iter().map(|side| side * side).sum::<f64>().sqrt()
}

/// How far a block reaches from its middle along `direction`, which has length 1.
fn along(reach: PerAxis<f64>, direction: Point) -> f64 {
    (0..3).map(|axis| reach[axis] * direction[axis].abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(middle: Point, reach: Point) -> Block {
        Block {
            lower: [0, 1, 2].map(|axis| middle[axis] - reach[axis]),
            upper: [0, 1, 2].map(|axis| middle[axis] + reach[axis]),
        }
    }

    /// Whether all, none or some of the places of a lattice in the block are inside.
    fn sampled(kind: &ShapeKind, block: &Block) -> Side {
        let n = 9;
        let at = |axis: usize, m: usize| {
            block.lower[axis] + (block.upper[axis] - block.lower[axis]) * m as f64 / (n - 1) as f64
        };
        let inside = (0..n * n * n)
            .filter(|m| kind.contains([at(0, m % n), at(1, m / n % n), at(2, m / (n * n))]))
            .count();
        match inside {
            0 => Side::Outside,
            some if some == n * n * n => Side::Inside,
            _ => Side::Cut,
        }
    }

    #[test]
    fn what_is_decided_agrees_with_places_in_the_block() {
        let kinds = [
            ShapeKind::Cuboid {
                from: [-1.0, -0.5, f64::NEG_INFINITY],
                to: [0.5, 1.0, 0.25],
            },
            ShapeKind::Sphere {
                center: [0.3, -0.2, 0.1],
                radius: 1.3,
            },
            ShapeKind::Ellipsoid {
                center: [0.3, -0.2, 0.1],
                radii: [0.9, 1.5, f64::INFINITY],
            },
            ShapeKind::cylinder([0.1, 0.2, 0.3], [1.0, 2.0, -2.0], 0.8, 1.5),
            ShapeKind::Prism {
                axis: 1,
                corners: vec![[-1.0, -1.0], [1.0, -1.5], [0.5, 1.5]],
                from: -1.0,
                to: 0.5,
            },
            ShapeKind::half_space([0.1, 0.2, 0.3], [1.0, -2.0, 2.0]),
            ShapeKind::half_space([0.1, 0.2, 0.3], [0.0, -2.0, 0.0]),
            ShapeKind::cylinder([0.1, 0.2, 0.3], [0.0, 1.0, 0.0], 0.8, f64::INFINITY),
        ];
        for kind in kinds {
            let mut n_decided = [0, 0];
            for m in 0..1000 {
                let middle = [m % 10, m / 10 % 10, m / 100].map(|n| f64::from(n) * 0.4 - 1.8);
                let block = block(middle, [0.21, 0.1, 0.15]);
                let side = kind.side_of(&block);
                if side != Side::Cut {
                    assert_eq!(side, sampled(&kind, &block), "{kind:?} {block:?}");
                    n_decided[usize::from(side == Side::Inside)] += 1;
                }
            }
            // Most blocks are far from a surface.
            assert!(n_decided[0] > 200 && n_decided[1] > 10, "{kind:?}: {n_decided:?}");
        }
    }

    #[test]
    fn flat_surfaces_are_seen_where_they_are() {
        let slab = ShapeKind::slab(0, 0.0, 1.0);
        let sides = |x: f64| slab.side_of(&block([x, 50.0, 0.0], [0.25, 100.0, 100.0]));
        assert_eq!(
            [-0.26, -0.24, 0.24, 0.26, 0.74, 0.76, 1.24, 1.26].map(sides),
            [
                Side::Outside,
                Side::Cut,
                Side::Cut,
                Side::Inside,
                Side::Inside,
                Side::Cut,
                Side::Cut,
                Side::Outside
            ]
        );
        let half = ShapeKind::half_space([1.0, 0.0, 0.0], [1.0, 0.0, 0.0]);
        let sides = |x: f64| half.side_of(&block([x, 50.0, 0.0], [0.25, 100.0, 100.0]));
        assert_eq!([0.74, 0.76, 1.26].map(sides), [Side::Inside, Side::Cut, Side::Outside]);
    }
}
