//! How the grid of a weak study grows with the ranks.

use crate::grid::Topology;

/// How many tiles of the size of the configuration's grid, which has `cells`, stand along each axis for `n_ranks` ranks:
/// the prime factors of `n_ranks`, largest first, go to the axis that has grown least, the last of them first. Axes of
/// one cell do not grow.
///
/// So every rank has the cells of the configuration's grid. As the last axis is the slowest in memory, the first cuts are the
/// cheapest ones.
pub fn growth(cells: [usize; 3], n_ranks: usize) -> Topology {
    let mut factors = [1; 3];
    for prime in prime_factors(n_ranks) {
        let growing = (0..3).rev().filter(|&axis| cells[axis] > 1);
        // A grid of one cell has no axis that may grow: x, then.
        let least = growing.min_by_key(|&axis| factors[axis]).unwrap_or(0);
        factors[least] *= prime;
    }
    factors
}

/// The prime factors of a number of at least 1, largest first.
fn prime_factors(mut n: usize) -> Vec<usize> {
    let mut factors = Vec::new();
    let mut divisor = 2;
    while divisor * divisor <= n {
        while n.is_multiple_of(divisor) {
            factors.push(divisor);
            n /= divisor;
        }
        divisor += 1;
    }
    if n > 1 {
        factors.push(n);
    }
    factors.reverse();
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_grow_axis_by_axis_with_the_slowest_first() {
        let cube = |n| growth([8, 8, 8], n);
        assert_eq!([1, 2, 4, 8].map(cube), [[1, 1, 1], [1, 1, 2], [1, 2, 2], [2, 2, 2]]);
        assert_eq!([6, 12, 7].map(cube), [[1, 2, 3], [2, 2, 3], [1, 1, 7]]);
    }

    #[test]
    fn flat_grids_stay_flat() {
        assert_eq!(growth([100, 50, 1], 8), [2, 4, 1]);
        assert_eq!(growth([1, 50, 1], 4), [1, 4, 1]);
    }

    #[test]
    fn every_rank_gets_a_tile() {
        assert!((1..200).all(|n| growth([9, 9, 9], n).iter().product::<usize>() == n));
        assert_eq!(prime_factors(360), [5, 3, 3, 2, 2, 2]);
    }
}
