//! Eigenvalues of symmetric 3 x 3 matrices.

/// Rotations of each pair of axes: the iteration converges quadratically, six rounds are enough for any matrix.
const ROUNDS: usize = 12;

/// The smallest eigenvalue of a symmetric matrix, of which the entries on and above the diagonal are looked at. NaN if an
/// entry is not finite. By Jacobi's iteration, which rotates the off-diagonal entries away one by one; the error is a few
/// roundings of the largest entry.
pub fn smallest_eigenvalue(matrix: [[f64; 3]; 3]) -> f64 {
    let mut a = matrix;
    if a.iter().flatten().any(|entry| !entry.is_finite()) {
        return f64::NAN;
    }
    for row in 0..3 {
        for column in 0..row {
            a[row][column] = a[column][row];
        }
    }
    for _ in 0..ROUNDS {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            rotate(&mut a, p, q);
        }
    }
    a[0][0].min(a[1][1]).min(a[2][2])
}

/// Turns the axes p and q so that `a[p][q]` becomes zero.
fn rotate(a: &mut [[f64; 3]; 3], p: usize, q: usize) {
    if a[p][q] == 0.0 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    // Tangent of the smaller of the two angles that do it.
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    let r = 3 - p - q;
    let (pp, qq, pq) = (a[p][p], a[q][q], a[p][q]);
    let (rp, rq) = (a[r][p], a[r][q]);
    a[p][p] = pp - t * pq;
    a[q][q] = qq + t * pq;
    (a[p][q], a[q][p]) = (0.0, 0.0);
    (a[r][p], a[r][q]) = (c * rp - s * rq, s * rp + c * rq);
    (a[p][r], a[q][r]) = (a[r][p], a[r][q]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_of_known_matrices() {
        let cases: [([[f64; 3]; 3], f64); 5] = [
            ([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 1.0]], 1.0),
            ([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 0.0]], -1.0),
            (
                [[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]],
                2.0 - 2.0f64.sqrt(),
            ),
            ([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], 0.0),
            // Rank one, of very different sizes: (1e4, 1, 1e-4) times itself.
            ([[1e8, 1e4, 1.0], [1e4, 1.0, 1e-4], [1.0, 1e-4, 1e-8]], 0.0),
        ];
        for (matrix, expected) in cases {
            let largest = matrix.iter().flatten().fold(0.0f64, |max, entry| max.max(entry.abs()));
            let found = smallest_eigenvalue(matrix);
            // A few roundings of the largest entry.
            assert!(
                (found - expected).abs() <= 2e-15 * largest,
                "{matrix:?}: {found} for {expected}"
            );
        }
    }

    #[test]
    fn a_turned_matrix_keeps_its_eigenvalues() {
        for angle in [0.1f64, 0.7, 1.5, 3.0] {
            let (s, c) = angle.sin_cos();
            // Axes of 5 and -0.25 in the plane of x and z, 1 along y.
            let (xx, zz, xz) = (5.0 * c * c - 0.25 * s * s, 5.0 * s * s - 0.25 * c * c, 5.25 * s * c);
            let found = smallest_eigenvalue([[xx, 0.0, xz], [0.0, 1.0, 0.0], [xz, 0.0, zz]]);
            // A few roundings of 5.
            assert!((found + 0.25).abs() < 1e-14, "{found}");
        }
    }

    #[test]
    fn what_is_not_finite_has_no_eigenvalue() {
        assert!(smallest_eigenvalue([[1.0, f64::INFINITY, 0.0], [0.0; 3], [0.0; 3]]).is_nan());
    }
}
