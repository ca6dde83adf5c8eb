//! Bodies in space.

use super::polygon::{self, Corner};
use crate::grid::PerAxis;

/// A place, m.
pub type Point = PerAxis<f64>;

/// A part of space, and what fills it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub kind: ShapeKind,
    /// Number of the material in the geometry.
    pub material: usize,
}

/// A part of space, its surface included. Lengths in m; ends may be infinite. In 2D shapes are endless along z.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeKind {
    /// Between two corners; a slab where two of the axes are endless.
    Cuboid {
        from: Point,
        to: Point,
    },
    Sphere {
        center: Point,
        radius: f64,
    },
    /// With its radii along the axes.
    Ellipsoid {
        center: Point,
        radii: Point,
    },
    /// Round; `direction` has length 1.
    Cylinder {
        center: Point,
        direction: Point,
        radius: f64,
        half_height: f64,
    },
    /// A polygon drawn along `axis`; the corners are coordinates along the two other axes, in the order x, y, z.
    Prism {
        axis: usize,
        corners: Vec<Corner>,
        from: f64,
        to: f64,
    },
    /// What lies behind the plane through `point`: `normal`, of length 1, points out of it.
    HalfSpace {
        point: Point,
        normal: Point,
    },
}

use ShapeKind::{Cuboid, Cylinder, Ellipsoid, HalfSpace, Prism, Sphere};

impl ShapeKind {
    /// Between two planes normal to `axis`.
    pub fn slab(axis: usize, from: f64, to: f64) -> ShapeKind {
        let (mut lower, mut upper) = ([f64::NEG_INFINITY; 3], [f64::INFINITY; 3]);
        (lower[axis], upper[axis]) = (from, to);
        Cuboid { from: lower, to: upper }
    }

    /// A cylinder about `center`; `direction` of any length above zero, `height` may be infinite.
    pub fn cylinder(center: Point, direction: Point, radius: f64, height: f64) -> ShapeKind {
        Cylinder {
            center,
            direction: unit(direction),
            radius,
            half_height: 0.5 * height,
        }
    }

    /// What lies behind the plane through `point`; `normal` of any length above zero.
    pub fn half_space(point: Point, normal: Point) -> ShapeKind {
        HalfSpace {
            point,
            normal: unit(normal),
        }
    }

    /// How far `point` is from the surface, m: negative inside, and zero on it. Its size is never more than the distance, and
    /// equal to it for all but the ellipsoid: so a ball around `point` of this radius does not meet the surface.
    pub fn distance(&self, point: Point) -> f64 {
        match self {
            Cuboid { from, to } => from_excess([0, 1, 2].map(|axis| excess(from[axis], to[axis], point[axis]))),
            Sphere { center, radius } => length(difference(point, *center)) - radius,
            // The length of (point / radii) grows by at most 1 / (smallest radius) per metre, and is 1 on the surface.
            Ellipsoid { center, radii } => {
                let away = difference(point, *center);
                let scaled = length([0, 1, 2].map(|axis| away[axis] / radii[axis]));
                (scaled - 1.0) * radii.iter().copied().fold(f64::INFINITY, f64::min)
            }
            Cylinder {
                center,
                direction,
                radius,
                half_height,
            } => {
                let away = difference(point, *center);
                let along = dot(away, *direction);
                let radial = length([0, 1, 2].map(|axis| away[axis] - along * direction[axis]));
                from_excess([radial - radius, along.abs() - half_height])
            }
            Prism {
                axis,
                corners,
                from,
                to,
            } => {
                let [first, second] = others(*axis);
                let across = polygon::distance(corners, [point[first], point[second]]);
                from_excess([across, excess(*from, *to, point[*axis])])
            }
            HalfSpace { point: on, normal } => dot(difference(point, *on), *normal),
        }
    }

    /// The corners of a box that holds the shape; infinite where it is endless, or bounded by no plane across an axis.
    pub fn bounds(&self) -> [Point; 2] {
        match self {
            Cuboid { from, to } => [*from, *to],
            Sphere { center, radius } => around(*center, [*radius; 3]),
            Ellipsoid { center, radii } => around(*center, *radii),
            Cylinder {
                center,
                direction,
                radius,
                half_height,
            } => around(
                *center,
                // A disc of normal u reaches radius sqrt(1 - u_a^2) along axis a.
                direction.map(|u| {
                    let of_axis = if u == 0.0 { 0.0 } else { u.abs() * half_height };
                    of_axis + radius * (1.0 - u * u).max(0.0).sqrt()
                }),
            ),
            Prism {
                axis,
                corners,
                from,
                to,
            } => {
                let (mut lower, mut upper) = ([*from; 3], [*to; 3]);
                for (n, across) in others(*axis).into_iter().enumerate() {
                    lower[across] = corners.iter().map(|corner| corner[n]).fold(f64::INFINITY, f64::min);
                    upper[across] = corners.iter().map(|corner| corner[n]).fold(f64::NEG_INFINITY, f64::max);
                }
                [lower, upper]
            }
            HalfSpace { point, normal } => {
                let (mut lower, mut upper) = ([f64::NEG_INFINITY; 3], [f64::INFINITY; 3]);
                for axis in 0..3 {
                    match normal[axis] {
                        1.0 => upper[axis] = point[axis],
                        -1.0 => lower[axis] = point[axis],
                        _ => {}
                    }
                }
                [lower, upper]
            }
        }
    }

    /// Whether it is the same, to the bit, for all coordinates along `axis`.
    pub fn is_endless(&self, axis: usize) -> bool {
        match self {
            Cuboid { from, to } => from[axis] == f64::NEG_INFINITY && to[axis] == f64::INFINITY,
            Sphere { .. } => false,
            Ellipsoid { radii, .. } => radii[axis] == f64::INFINITY,
            Cylinder {
                direction, half_height, ..
            } => *half_height == f64::INFINITY && direction[axis].abs() == 1.0,
            Prism {
                axis: drawn, from, to, ..
            } => axis == *drawn && *from == f64::NEG_INFINITY && *to == f64::INFINITY,
            HalfSpace { normal, .. } => normal[axis] == 0.0,
        }
    }

    pub fn contains(&self, point: Point) -> bool {
        self.distance(point) <= 0.0
    }
}

/// How far `value` is out of `[from, to]`: negative within.
fn excess(from: f64, to: f64, value: f64) -> f64 {
    (from - value).max(value - to)
}

/// Signed distance from what several conditions bound that are at right angles to each other, each with its own.
fn from_excess<const N: usize>(excess: [f64; N]) -> f64 {
    let largest = excess.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest <= 0.0 {
        return largest;
    }
    excess
        .map(|one| one.max(0.0))
        .iter()
        .map(|one| one * one)
        .sum::<f64>()
        .sqrt()
}

/// The two axes beside `axis`, in the order x, y, z.
pub fn others(axis: usize) -> [usize; 2] {
    [[1, 2], [0, 2], [0, 1]][axis]
}

fn around(center: Point, reach: Point) -> [Point; 2] {
    [
        difference(center, reach),
        [0, 1, 2].map(|axis| center[axis] + reach[axis]),
    ]
}

fn difference(a: Point, b: Point) -> Point {
    [0, 1, 2].map(|axis| a[axis] - b[axis])
}

fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn length(a: Point) -> f64 {
    dot(a, a).sqrt()
}

/// The vector of length 1 along `a`. Scaled first, so that vectors of any size have a length.
fn unit(a: Point) -> Point {
    let largest = a.iter().fold(0.0f64, |largest, part| largest.max(part.abs()));
    let scaled = a.map(|part| part / largest);
    let norm = length(scaled);
    scaled.map(|part| part / norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prism(axis: usize) -> ShapeKind {
        Prism {
            axis,
            corners: vec![[0.0, 0.0], [2.0, 0.0], [0.5, 0.5], [0.0, 3.0]],
            from: -1.0,
            to: 0.5,
        }
    }

    /// Every kind, at an angle where there is one.
    fn kinds() -> Vec<ShapeKind> {
        vec![
            Cuboid {
                from: [-1.0, -2.0, f64::NEG_INFINITY],
                to: [0.5, 1.0, 0.25],
            },
            ShapeKind::slab(1, -0.5, 0.75),
            Sphere {
                center: [0.3, -0.2, 0.1],
                radius: 1.3,
            },
            Ellipsoid {
                center: [0.3, -0.2, 0.1],
                radii: [0.4, 1.5, 0.9],
            },
            Ellipsoid {
                center: [0.3, -0.2, 0.1],
                radii: [0.4, 1.5, f64::INFINITY],
            },
            ShapeKind::cylinder([0.1, 0.2, 0.3], [1.0, 2.0, -2.0], 0.8, 1.5),
            ShapeKind::cylinder([0.1, 0.2, 0.3], [0.0, 3.0, 0.0], 0.8, f64::INFINITY),
            prism(0),
            prism(1),
            prism(2),
            ShapeKind::half_space([0.1, 0.2, 0.3], [1.0, -2.0, 2.0]),
            ShapeKind::half_space([0.1, 0.2, 0.3], [0.0, 0.0, -7.0]),
        ]
    }

    /// Numbers in [-2, 2), always the same ones.
    fn places() -> impl Iterator<Item = Point> {
        let mut state = 12345u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64 * 4.0 - 2.0
        };
        std::iter::repeat_with(move || [next(), next(), next()])
    }

    #[test]
    fn no_surface_passes_through_the_ball_that_a_distance_promises() {
        for kind in kinds() {
            let mut n_sides = [0, 0];
            for pair in places().take(4000).collect::<Vec<_>>().chunks(2) {
                let distance = kind.distance(pair[0]);
                let is_inside = kind.contains(pair[0]);
                n_sides[usize::from(is_inside)] += 1;
                // A place within the ball: in the direction of the second one.
                let direction = unit(difference(pair[1], pair[0]));
                // A few roundings of lengths of order one.
                let reach = distance.abs() - 1e-14;
                let other = [0, 1, 2].map(|axis| pair[0][axis] + reach * direction[axis]);
                assert!(
                    reach <= 0.0 || kind.contains(other) == is_inside,
                    "{kind:?}: {:?} at {distance}, {other:?}",
                    pair[0]
                );
            }
            assert!(n_sides.iter().all(|n| *n > 40), "{kind:?}: {n_sides:?}");
        }
    }

    #[test]
    fn what_is_endless_is_the_same_everywhere_along_the_axis() {
        let mut n_endless = 0;
        for kind in kinds() {
            for axis in 0..3 {
                let moves = |place: Point| {
                    let mut other = place;
                    other[axis] = 3.0 * place[axis] + 0.7;
                    kind.distance(place).to_bits() != kind.distance(other).to_bits()
                };
                assert_eq!(
                    kind.is_endless(axis),
                    !places().take(300).any(moves),
                    "{kind:?} along {axis}"
                );
                n_endless += usize::from(kind.is_endless(axis));
            }
        }
        // Two of the slab, one of the ellipsoid and the cylinder each, two of the last half-space.
        assert_eq!(n_endless, 6);
    }

    #[test]
    fn what_is_inside_lies_in_the_bounds_and_reaches_them() {
        for kind in kinds() {
            let [lower, upper] = kind.bounds();
            let inside: Vec<Point> = places().take(200_000).filter(|place| kind.contains(*place)).collect();
            for axis in 0..3 {
                let least = inside.iter().map(|place| place[axis]).fold(f64::INFINITY, f64::min);
                let most = inside.iter().map(|place| place[axis]).fold(f64::NEG_INFINITY, f64::max);
                assert!(lower[axis] <= least && most <= upper[axis], "{kind:?} along {axis}");
                // How near the sample of 200 000 comes to the extremes, in the corner of a prism too.
                let nearness = 0.15;
                for (bound, found) in [(lower[axis], least), (upper[axis], most)] {
                    if bound.abs() < 2.0 {
                        assert!(
                            (bound - found).abs() < nearness,
                            "{kind:?} along {axis}: {bound}, {found}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn distances_are_those_of_geometry() {
        let cuboid = Cuboid {
            from: [0.0, 0.0, 0.0],
            to: [1.0, 2.0, 4.0],
        };
        assert_eq!(cuboid.distance([4.0, 6.0, 2.0]), 5.0);
        assert_eq!(cuboid.distance([0.5, 1.75, 2.0]), -0.25);
        assert_eq!(cuboid.distance([1.0, 1.0, 1.0]), 0.0);
        let rod = ShapeKind::cylinder([0.0; 3], [0.0, 0.0, 2.0], 1.0, 4.0);
        assert_eq!(rod.distance([4.0, 0.0, 6.0]), 5.0);
        assert_eq!(rod.distance([0.0, 0.5, 1.75]), -0.25);
        // The plane x + y = 1, a few roundings.
        let half = ShapeKind::half_space([1.0, 0.0, 0.0], [3.0, 3.0, 0.0]);
        assert!((half.distance([1.0, 1.0, 9.0]) - 0.5f64.sqrt()).abs() < 1e-15);
        assert!(half.contains([-5.0, 0.0, 0.0]) && !half.contains([2.0, 0.0, 0.0]));
        let ball = Ellipsoid {
            center: [0.0; 3],
            radii: [3.0, 2.0, 4.0],
        };
        assert_eq!(
            [[3.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 4.0]].map(|on| ball.distance(on)),
            [0.0; 3]
        );
        assert_eq!(prism(1).distance([0.25, 3.5, 0.25]), 3.0);
        assert_eq!(ShapeKind::slab(1, -0.5, 0.75).distance([9.0, 0.0, -7.0]), -0.5);
    }

    #[test]
    fn directions_of_any_size_have_length_one() {
        assert_eq!(unit([0.0, -5.0, 0.0]), [0.0, -1.0, 0.0]);
        assert_eq!(unit([3e-200, 0.0, 4e-200]), [0.6, 0.0, 0.8]);
    }
}
