//! Half-open boxes of cells.

use super::PerAxis;
use std::fmt;

/// A half-open box of cells `[lo, hi)` in global indices; negative indices lie in a halo or outside the grid.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IndexBox {
    pub lo: PerAxis<i64>,
    pub hi: PerAxis<i64>,
}

impl IndexBox {
    /// The box from `lo` (included) to `hi` (excluded). `hi <= lo` on any axis makes it empty.
    pub fn new(lo: PerAxis<i64>, hi: PerAxis<i64>) -> Self {
        IndexBox { lo, hi }
    }

    /// The box of `size` cells that begins at the origin.
    pub fn from_size(size: PerAxis<usize>) -> Self {
        IndexBox::new([0; 3], size.map(|n| n as i64))
    }

    /// Number of cells along `axis`; 0 where the box is empty along it.
    pub fn len(&self, axis: usize) -> usize {
        (self.hi[axis] - self.lo[axis]).max(0) as usize
    }

    /// Number of cells along each axis.
    pub fn size(&self) -> PerAxis<usize> {
        [self.len(0), self.len(1), self.len(2)]
    }

    /// Number of cells.
    pub fn n_cells(&self) -> usize {
        self.size().iter().product()
    }

    pub fn is_empty(&self) -> bool {
        (0..3).any(|axis| self.hi[axis] <= self.lo[axis])
    }

    pub fn contains(&self, cell: PerAxis<i64>) -> bool {
        (0..3).all(|axis| self.lo[axis] <= cell[axis] && cell[axis] < self.hi[axis])
    }

    /// Whether every cell of `other` is in this box. An empty box is in every box.
    pub fn contains_box(&self, other: &IndexBox) -> bool {
        other.is_empty() || (0..3).all(|axis| self.lo[axis] <= other.lo[axis] && other.hi[axis] <= self.hi[axis])
    }

    pub fn intersect(&self, other: &IndexBox) -> IndexBox {
        let mut out = *self;
        for axis in 0..3 {
            out.lo[axis] = self.lo[axis].max(other.lo[axis]);
            out.hi[axis] = self.hi[axis].min(other.hi[axis]);
        }
        out
    }

    /// This box with `below` more cells at the lower and `above` more at the upper side of each axis; negative numbers
    /// shrink it.
    pub fn grow(&self, below: PerAxis<i64>, above: PerAxis<i64>) -> IndexBox {
        let mut out = *self;
        for axis in 0..3 {
            out.lo[axis] -= below[axis];
            out.hi[axis] += above[axis];
        }
        out
    }

    pub fn shift(&self, by: PerAxis<i64>) -> IndexBox {
        let mut out = *self;
        for axis in 0..3 {
            out.lo[axis] += by[axis];
            out.hi[axis] += by[axis];
        }
        out
    }

    /// This box with the range along `axis` replaced by `[lo, hi)`.
    pub fn with_range(&self, axis: usize, lo: i64, hi: i64) -> IndexBox {
        let mut out = *self;
        out.lo[axis] = lo;
        out.hi[axis] = hi;
        out
    }

    /// This box without `inner`, as at most six disjoint boxes: whole slabs along z first, then y, then x, so that the
    /// pieces keep rows as long as possible.
    ///
    /// ```
    /// use simrun::grid::IndexBox;
    ///
    /// let owned = IndexBox::from_size([8, 6, 4]);
    /// let core = owned.grow([-1, 0, -1], [0, 0, -1]);
    /// let shell = owned.minus(&core);
    /// assert_eq!(shell.len(), 3); // two slabs along z, one along x
    /// assert_eq!(core.n_cells() + shell.iter().map(IndexBox::n_cells).sum::<usize>(), owned.n_cells());
    /// ```
    pub fn minus(&self, inner: &IndexBox) -> Vec<IndexBox> {
        let inner = self.intersect(inner);
        if inner.is_empty() {
            return if self.is_empty() { Vec::new() } else { vec![*self] };
        }
        let mut rest = *self;
        let mut pieces = Vec::with_capacity(6);
        for axis in [2, 1, 0] {
            pieces.push(rest.with_range(axis, rest.lo[axis], inner.lo[axis]));
            pieces.push(rest.with_range(axis, inner.hi[axis], rest.hi[axis]));
            rest = rest.with_range(axis, inner.lo[axis], inner.hi[axis]);
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    /// The `part`-th of `n_parts` slabs along `axis`, sizes differing by at most one cell, the larger ones first.
    pub fn split(&self, axis: usize, n_parts: usize, part: usize) -> IndexBox {
        let n = self.len(axis);
        let (base, extra) = (n / n_parts, n % n_parts);
        let start = part * base + part.min(extra);
        let len = base + usize::from(part < extra);
        let lo = self.lo[axis] + start as i64;
        self.with_range(axis, lo, lo + len as i64)
    }

    /// All rows of the box as `(j, k)`, y fastest; none where the box is empty.
    pub fn rows(&self) -> impl Iterator<Item = (i64, i64)> + use<> {
        let k1 = if self.is_empty() { self.lo[2] } else { self.hi[2] };
        let (j0, j1, k0) = (self.lo[1], self.hi[1], self.lo[2]);
        (k0..k1).flat_map(move |k| (j0..j1).map(move |j| (j, k)))
    }
}

impl fmt::Debug for IndexBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.lo;
        let [d, e, g] = self.hi;
        write!(f, "[{a}..{d}, {b}..{e}, {c}..{g}]")
    }
}

impl fmt::Display for IndexBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(b: &IndexBox) -> Vec<[i64; 3]> {
        b.rows()
            .flat_map(|(j, k)| (b.lo[0]..b.hi[0]).map(move |i| [i, j, k]))
            .collect()
    }

    #[test]
    fn box_minus_inner_covers_every_cell_once() {
        let outer = IndexBox::new([-1, 2, 0], [4, 6, 3]);
        for inner in [
            IndexBox::new([0, 3, 1], [3, 5, 2]),
            IndexBox::new([-1, 2, 0], [4, 6, 1]),
            IndexBox::new([2, -9, -9], [9, 9, 9]),
            IndexBox::new([7, 7, 7], [8, 8, 8]),
            outer,
        ] {
            let mut seen: Vec<_> = outer.minus(&inner).iter().flat_map(cells).collect();
            seen.extend(cells(&outer.intersect(&inner)));
            seen.sort();
            let mut expected = cells(&outer);
            expected.sort();
            assert_eq!(seen, expected, "inner {inner}");
        }
    }

    #[test]
    fn split_parts_are_contiguous_and_differ_by_at_most_one() {
        let b = IndexBox::new([-2, 0, 0], [9, 1, 1]);
        for n_parts in 1..=11 {
            let parts: Vec<_> = (0..n_parts).map(|p| b.split(0, n_parts, p)).collect();
            assert_eq!(parts[0].lo[0], -2);
            assert_eq!(parts[n_parts - 1].hi[0], 9);
            assert!(
                parts
                    .windows(2)
                    .all(|w| w[0].hi[0] == w[1].lo[0] && w[0].len(0) - w[1].len(0) <= 1)
            );
        }
    }

    #[test]
    fn an_empty_box_has_no_cells_and_is_in_every_box() {
        let empty = IndexBox::new([0, 3, 0], [5, 3, 5]);
        assert!(empty.is_empty());
        assert_eq!(empty.n_cells(), 0);
        assert_eq!(IndexBox::new([3, 0, 0], [3, 2, 2]).rows().count(), 0);
        assert!(IndexBox::from_size([1, 1, 1]).contains_box(&empty));
        assert_eq!(IndexBox::from_size([2, 1, 1]).minus(&empty).len(), 1);
    }

    #[test]
    fn growing_and_shrinking_are_inverse() {
        let b = IndexBox::new([1, 2, 3], [4, 6, 8]);
        assert_eq!(b.grow([1, 0, 2], [3, 1, 0]).grow([-1, 0, -2], [-3, -1, 0]), b);
    }
}
