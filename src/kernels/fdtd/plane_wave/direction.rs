//! The direction of a wave on the lattice, and vectors perpendicular to it.

use crate::grid::PerAxis;

/// The largest number of a triple that counts as small.
pub const LARGEST: i64 = 10;

/// How far, in relative terms, a ratio may be from that of small integers: rounding of decimal spacings, with room.
const RATIO_TOLERANCE: f64 = 1e-12;

pub fn dot(a: PerAxis<f64>, b: PerAxis<f64>) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: PerAxis<f64>, b: PerAxis<f64>) -> PerAxis<f64> {
    [0, 1, 2].map(|axis| {
        let (b_axis, c_axis) = ((axis + 1) % 3, (axis + 2) % 3);
        a[b_axis] * b[c_axis] - a[c_axis] * b[b_axis]
    })
}

/// `a` with length 1.
pub fn unit(a: PerAxis<f64>) -> PerAxis<f64> {
    let largest = a.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let a = a.map(|x| x / largest);
    let length = dot(a, a).sqrt();
    a.map(|x| x / length)
}

/// The part of `vector` that is perpendicular to `normal`, with length 1.
pub fn perpendicular(vector: PerAxis<f64>, normal: PerAxis<f64>) -> PerAxis<f64> {
    let n = unit(normal);
    let once = |v: PerAxis<f64>| {
        let along = dot(v, n);
        unit([0, 1, 2].map(|axis| v[axis] - along * n[axis]))
    };
    // The second time removes what cancellation left of a vector that is nearly parallel.
    once(once(unit(vector)))
}

/// The integers `m` for which a wave along `direction` is a function of `m . (i, j, k)` alone: `direction[a] spacing[a]`
/// in lowest terms. None where a ratio is not one of integers up to [`LARGEST`].
pub fn lattice_triple(direction: PerAxis<f64>, spacing: PerAxis<f64>) -> Option<PerAxis<i64>> {
    let steps = [0, 1, 2].map(|axis| direction[axis] * spacing[axis]);
    let largest = steps.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    // The smallest `n` for which all are integers: they have no common divisor then.
    (1..=LARGEST).find_map(|n| {
        let scaled = steps.map(|step| step / largest * n as f64);
        let near = |x: f64| (x - x.round()).abs() <= RATIO_TOLERANCE * n as f64;
        scaled
            .iter()
            .all(|&x| near(x))
            .then(|| scaled.map(|x| x.round() as i64))
    })
}

/// The direction of the triple `m`, m^-1 per cell: the gradient of `m . (i, j, k)`.
pub fn gradient(m: PerAxis<i64>, spacing: PerAxis<f64>) -> PerAxis<f64> {
    [0, 1, 2].map(|axis| m[axis] as f64 / spacing[axis])
}

/// A direction near `direction` that is a triple, for advice.
pub fn nearest_triple_direction(direction: PerAxis<f64>, spacing: PerAxis<f64>) -> PerAxis<f64> {
    let wanted = unit(direction);
    let steps = [0, 1, 2].map(|axis| wanted[axis] * spacing[axis]);
    let largest = steps.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let rounded = |n: i64| steps.map(|step| (step / largest * n as f64).round() as i64);
    let nearness = |n: &i64| dot(unit(gradient(rounded(*n), spacing)), wanted);
    let n = (1..=LARGEST).max_by(|a, b| nearness(a).total_cmp(&nearness(b)));
    let m = rounded(n.unwrap_or(1));
    // Along the gradient, with numbers that are easily written where the cells are cubes.
    let least = spacing.iter().fold(f64::INFINITY, |least, side| side.min(least));
    [0, 1, 2].map(|axis| m[axis] as f64 * (least / spacing[axis]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_are_found_whatever_the_length_and_the_spacing() {
        assert_eq!(lattice_triple([1.0, 0.0, 0.0], [0.3; 3]), Some([1, 0, 0]));
        assert_eq!(lattice_triple([0.1, 0.2, -0.3], [1e-9; 3]), Some([1, 2, -3]));
        assert_eq!(lattice_triple([4.0, 4.0, 0.0], [0.1, 0.3, 1.0]), Some([1, 3, 0]));
        assert_eq!(lattice_triple([1.0, 0.7072, 0.0], [1.0; 3]), None);
        assert_eq!(lattice_triple([11.0, 1.0, 0.0], [1.0; 3]), None);
    }

    #[test]
    fn perpendicular_vectors_are() {
        let (normal, vector) = ([1.0, 2.0, -3.0], [1.0, 2.0, -2.999_999]);
        let p = perpendicular(vector, normal);
        // Rounding of three products of numbers up to 1.
        assert!(dot(p, unit(normal)).abs() < 4e-16 && (dot(p, p) - 1.0).abs() < 4e-16);
    }

    #[test]
    fn advice_is_a_triple_near_the_direction() {
        let spacing = [0.1, 0.2, 0.1];
        let near = nearest_triple_direction([1.0, 0.3, 0.0], spacing);
        assert!(lattice_triple(near, spacing).is_some());
        assert!(dot(unit(near), unit([1.0, 0.3, 0.0])) > 0.999);
    }
}
