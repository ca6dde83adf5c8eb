//! Polygons in a plane.

/// A point of the plane, m.
pub type Corner = [f64; 2];

/// Signed distance of `point` from the outline, m: negative inside. Where edges cross, a place is inside if a ray from it
/// crosses the outline an odd number of times.
pub fn distance(corners: &[Corner], point: Corner) -> f64 {
    let mut nearest = f64::INFINITY;
    let mut is_inside = false;
    for (a, b) in edges(corners) {
        nearest = nearest.min(square_of_distance(a, b, point));
        // Half open in y: a ray through a corner meets one of its two edges.
        let is_level = (a[1] > point[1]) != (b[1] > point[1]);
        if is_level && point[0] < a[0] + (point[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) {
            is_inside = !is_inside;
        }
    }
    let distance = nearest.sqrt();
    if is_inside { -distance } else { distance }
}

/// The square of the distance of `point` from the line between `a` and `b`.
fn square_of_distance(a: Corner, b: Corner, point: Corner) -> f64 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let away = [point[0] - a[0], point[1] - a[1]];
    let share = (away[0] * along[0] + away[1] * along[1]) / (along[0] * along[0] + along[1] * along[1]);
    let share = share.clamp(0.0, 1.0);
    let rest = [away[0] - share * along[0], away[1] - share * along[1]];
    rest[0] * rest[0] + rest[1] * rest[1]
}

/// The edges, the last of which leads back to the first corner.
fn edges(corners: &[Corner]) -> impl Iterator<Item = (Corner, Corner)> {
    (0..corners.len()).map(|n| (corners[n], corners[(n + 1) % corners.len()]))
}

/// Area, m2, positive where the corners run anticlockwise.
pub fn signed_area(corners: &[Corner]) -> f64 {
    edges(corners).map(|(a, b)| 0.5 * (a[0] * b[1] - b[0] * a[1])).sum()
}

/// The first two edges that cross, as the numbers of the corners where they begin. Edges that touch do not cross: a hole
/// may be cut out by an outline that leads to it and back.
pub fn crossing(corners: &[Corner]) -> Option<[usize; 2]> {
    let edges: Vec<(Corner, Corner)> = edges(corners).collect();
    (0..edges.len()).find_map(|n| {
        let later = (n + 1..edges.len()).find(|&m| cross(edges[n], edges[m]));
        later.map(|m| [n, m])
    })
}

/// Whether each of two lines has its ends on both sides of the other.
fn cross((a, b): (Corner, Corner), (c, d): (Corner, Corner)) -> bool {
    let divides = |a: Corner, b: Corner, c: Corner, d: Corner| turn(a, b, c) * turn(a, b, d) < 0.0;
    divides(a, b, c, d) && divides(c, d, a, b)
}

/// The sense in which one turns from `a` by `b` to `c`: 1 to the left, -1 to the right, 0 not at all.
fn turn(a: Corner, b: Corner, c: Corner) -> f64 {
    let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if area == 0.0 { 0.0 } else { area.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An L: the square of side 3 without its upper right square of side 2.
    const L: [Corner; 6] = [[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [1.0, 1.0], [1.0, 3.0], [0.0, 3.0]];

    #[test]
    fn distances_of_a_corner_are_those_of_geometry() {
        // Exact in binary, but for the root of 2.
        assert_eq!(distance(&L, [0.5, 0.25]), -0.25);
        assert_eq!(distance(&L, [2.0, 2.0]), 1.0);
        assert_eq!(distance(&L, [-3.0, -4.0]), 5.0);
        assert_eq!(distance(&L, [1.0, 2.0]), 0.0);
        assert_eq!(distance(&L, [0.5, 0.5]), -0.5);
        assert!((distance(&L, [0.75, 0.75]) + 0.125f64.sqrt()).abs() < 1e-15);
        let backwards: Vec<Corner> = L.iter().rev().copied().collect();
        assert_eq!(distance(&backwards, [0.5, 0.25]), -0.25);
        assert_eq!((signed_area(&L), signed_area(&backwards)), (5.0, -5.0));
    }

    #[test]
    fn a_bow_tie_crosses_itself_and_a_keyhole_does_not() {
        assert_eq!(
            crossing(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]),
            Some([0, 2])
        );
        assert_eq!(crossing(&L), None);
        let square = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]];
        let hole = [[0.0, 0.0], [1.0, 1.0], [1.0, 3.0], [3.0, 3.0], [3.0, 1.0], [1.0, 1.0]];
        let keyhole: Vec<Corner> = square.into_iter().chain(hole).collect();
        assert_eq!(crossing(&keyhole), None);
        assert!(distance(&keyhole, [2.0, 2.0]) > 0.0 && distance(&keyhole, [0.5, 2.0]) < 0.0);
    }
}
