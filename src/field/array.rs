//! One slot's memory: rows along x, padded and aligned.

use crate::grid::{IndexBox, PerAxis};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Bytes of a cache line, to which the first owned cell of every row is aligned.
const LINE: usize = 64;

/// Bytes of a huge page, to which arrays of at least [`HUGE_FROM`] bytes are aligned.
const HUGE_PAGE: usize = 2 << 20;

/// Bytes from which an array asks for huge pages: a sweep over small pages spends its time on address translation.
const HUGE_FROM: usize = 4 * HUGE_PAGE;

/// Rows of so many cache lines or fewer follow each other without gaps: padding would be most of what is moved.
const THIN_LINES: usize = 3;

/// Elements between neighbours along x (always 1), y and z.
pub type AxisStrides = PerAxis<usize>;

/// A box of cells, and how far on its values are copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxCopy {
    pub from: IndexBox,
    pub by: PerAxis<i64>,
}

/// Values on a box of cells, x contiguous.
///
/// Rows, unless very short, begin so that the first owned cell is on a cache line, and both the distance between rows and that between
/// planes are odd numbers of cache lines, so that grids with power-of-two sizes do not map to the same cache sets.
#[derive(Debug)]
pub struct Array<T> {
    stored: IndexBox,
    strides: AxisStrides,
    /// Element offset of the stored box's first cell.
    first: usize,
    len: usize,
    data: NonNull<T>,
}

// SAFETY: an Array owns its allocation of plain numbers; shared access is governed by StageView's contract.
unsafe impl<T: Send> Send for Array<T> {}
// SAFETY: as above; `&Array` alone only allows reading rows or obtaining the raw pointer.
unsafe impl<T: Sync> Sync for Array<T> {}

impl<T: Copy + Default> Array<T> {
    /// Zeroed storage for `stored`, with the cell `owned_lo` of every row on a cache line. `stagger` moves the start by
    /// that many cache lines, so that arrays read and written together do not alias.
    pub fn new(stored: IndexBox, owned_lo: PerAxis<i64>, stagger: usize) -> Array<T> {
        Array::touched_by(&mut |touch| touch(0, 1), stored, owned_lo, stagger)
    }

    /// The same, of which those who share the work touch their layers first, so that the memory is near them.
    pub fn touched_by(sharing: &mut Sharing<'_>, stored: IndexBox, owned_lo: PerAxis<i64>, stagger: usize) -> Array<T> {
        let (strides, first, len) = Self::shape(&stored, owned_lo, stagger);
        let data = if stored.is_empty() {
            NonNull::dangling()
        } else {
            let n_layers = stored.len(2);
            // The first layer with what lies before it, the last one with what lies behind.
            let begin = |layer: usize| match layer {
                0 => 0,
                _ if layer == n_layers => len,
                _ => first + layer * strides[2],
            };
            let share =
                |part: usize, n: usize| [part, part + 1].map(|part| begin(part * n_layers / n) * size_of::<T>());
            zeroed(layout::<T>(len), sharing, &share).cast::<T>()
        };
        Array {
            stored,
            strides,
            first,
            len,
            data,
        }
    }

    /// Strides, offset of the first cell, and number of elements.
    fn shape(stored: &IndexBox, owned_lo: PerAxis<i64>, stagger: usize) -> (AxisStrides, usize, usize) {
        let per_line = LINE / size_of::<T>();
        let [nx, ny, nz] = stored.size();
        if nx <= THIN_LINES * per_line {
            let first = stagger % 64 * per_line;
            let len = first + nx * ny * nz;
            return ([1, nx, nx * ny], first, if stored.is_empty() { 0 } else { len });
        }
        let lead = (owned_lo[0] - stored.lo[0]).max(0) as usize % per_line;
        let first_in_row = (per_line - lead) % per_line;
        // The last halo cells of a row share a line with the first ones of the next.
        let mut row_lines = nx.div_ceil(per_line).max(1);
        row_lines += usize::from(row_lines.is_multiple_of(2));
        let plane_rows = ny + usize::from(ny.is_multiple_of(2));
        let strides = [1, row_lines * per_line, plane_rows * row_lines * per_line];
        let first = stagger % 64 * per_line + first_in_row;
        let len = first + strides[2] * nz;
        (strides, first, if stored.is_empty() { 0 } else { len })
    }

    /// Bytes that [`Array::new`] allocates.
    pub fn bytes_needed(stored: &IndexBox, owned_lo: PerAxis<i64>, stagger: usize) -> usize {
        Self::shape(stored, owned_lo, stagger).2 * size_of::<T>()
    }

    /// The cells that have memory.
    pub fn stored(&self) -> IndexBox {
        self.stored
    }

    /// Bytes allocated.
    pub fn n_bytes(&self) -> usize {
        self.len * size_of::<T>()
    }

    /// Offset of the cells `[lo, hi)` of row (j, k), checked against the stored box.
    #[inline(always)]
    fn offset(&self, j: i64, k: i64, lo: i64, hi: i64) -> usize {
        let s = &self.stored;
        let inside = lo >= s.lo[0] && hi <= s.hi[0] && lo <= hi;
        let row_inside = j >= s.lo[1] && j < s.hi[1] && k >= s.lo[2] && k < s.hi[2];
        if !(inside && row_inside) {
            outside(s, j, k, lo, hi);
        }
        self.first
            + (k - s.lo[2]) as usize * self.strides[2]
            + (j - s.lo[1]) as usize * self.strides[1]
            + (lo - s.lo[0]) as usize
    }

    /// The cells `[lo, hi)` of row (j, k).
    #[inline(always)]
    pub fn row(&self, j: i64, k: i64, lo: i64, hi: i64) -> &[T] {
        let offset = self.offset(j, k, lo, hi);
        // SAFETY: `offset` checked that the cells are stored, the data are initialised (zeroed), and `&self` excludes
        // safe writers; concurrent writers exist only under the contract of StageView.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr().add(offset), (hi - lo) as usize) }
    }

    /// The cells `[lo, hi)` of the rows `[j0, j1)` of plane k.
    #[inline(always)]
    pub fn rows(&self, [j0, j1]: [i64; 2], k: i64, lo: i64, hi: i64) -> Rows<'_, T> {
        let offset = self.offset(j0, k, lo, hi);
        // With the first and the last row, all between are stored.
        self.offset((j1 - 1).max(j0), k, lo, hi);
        Rows {
            // SAFETY: the first cell is stored, as just checked.
            first: unsafe { self.data.add(offset) },
            stride: self.strides[1],
            n: (j1 - j0).max(0) as usize,
            len: (hi - lo) as usize,
            borrowed: PhantomData,
        }
    }

    /// Has those cells of a box that are stored fetched into the caches.
    pub fn prefetch(&self, cells: &IndexBox) {
        let part = cells.intersect(&self.stored);
        for (j, k) in part.rows() {
            super::streaming::prefetch(self.row(j, k, part.lo[0], part.hi[0]));
        }
    }

    /// The cells `[lo, hi)` of row (j, k), to write.
    #[inline(always)]
    pub fn row_mut(&mut self, j: i64, k: i64, lo: i64, hi: i64) -> &mut [T] {
        // SAFETY: `&mut self` excludes every other access.
        unsafe { self.row_mut_shared(j, k, lo, hi) }
    }

    /// The cells `[lo, hi)` of row (j, k), to write through a shared reference.
    ///
    /// # Safety
    /// No other reference to these cells may be in use while the slice lives.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn row_mut_shared(&self, j: i64, k: i64, lo: i64, hi: i64) -> &mut [T] {
        let offset = self.offset(j, k, lo, hi);
        // SAFETY: the cells are stored (checked by `offset`); the caller excludes other references to them.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr().add(offset), (hi - lo) as usize) }
    }

    /// The value of one cell.
    pub fn get(&self, cell: PerAxis<i64>) -> T {
        self.row(cell[1], cell[2], cell[0], cell[0] + 1)[0]
    }

    /// Sets the value of one cell.
    pub fn set(&mut self, cell: PerAxis<i64>, value: T) {
        self.row_mut(cell[1], cell[2], cell[0], cell[0] + 1)[0] = value;
    }

    /// Sets every stored cell.
    pub fn fill(&mut self, value: T) {
        let b = self.stored;
        for (j, k) in b.rows() {
            self.row_mut(j, k, b.lo[0], b.hi[0]).fill(value);
        }
    }

    /// Appends the cells of `region` to `out`, x fastest.
    pub fn pack(&self, region: &IndexBox, out: &mut Vec<T>) {
        for (j, k) in region.rows() {
            out.extend_from_slice(self.row(j, k, region.lo[0], region.hi[0]));
        }
    }

    /// Puts the cells of `region` to the front of `values`, x fastest, and returns what is left.
    pub fn pack_into<'v>(&self, region: &IndexBox, values: &'v mut [T]) -> &'v mut [T] {
        let n = region.len(0);
        let mut rest = values;
        for (j, k) in region.rows() {
            let (row, tail) = rest.split_at_mut(n);
            row.copy_from_slice(self.row(j, k, region.lo[0], region.hi[0]));
            rest = tail;
        }
        rest
    }

    /// Takes the cells of `region` from the front of `values`, x fastest, and returns what is left.
    pub fn unpack<'v>(&mut self, region: &IndexBox, values: &'v [T]) -> &'v [T] {
        let n = region.len(0);
        let mut rest = values;
        for (j, k) in region.rows() {
            let (row, tail) = rest.split_at(n);
            self.row_mut(j, k, region.lo[0], region.hi[0]).copy_from_slice(row);
            rest = tail;
        }
        rest
    }

    /// Copies boxes of cells to where they belong further on, plane by plane, so that what several copies touch in a
    /// plane comes from memory once. No box may overlap its target, nor any box the target of another.
    pub fn copy_within(&mut self, copies: &[BoxCopy]) {
        let planes = |copy: &BoxCopy| copy.from.lo[2]..copy.from.hi[2];
        let first = copies.iter().map(|copy| planes(copy).start).min().unwrap_or(0);
        let last = copies.iter().map(|copy| planes(copy).end).max().unwrap_or(0);
        for k in first..last {
            for copy in copies.iter().filter(|copy| planes(copy).contains(&k)) {
                // SAFETY: `&mut self` excludes every other access.
                unsafe { self.copy_plane(copy, k) };
            }
        }
    }

    /// Copies a box of cells to where they belong further on, through a shared reference. The box may not overlap its target.
    ///
    /// # Safety
    /// Nobody else may write the cells of the box, nor read or write those of the target, at the same time.
    pub unsafe fn copy_shared(&self, copy: &BoxCopy) {
        for k in copy.from.lo[2]..copy.from.hi[2] {
            // SAFETY: handed on to the caller.
            unsafe { self.copy_plane(copy, k) };
        }
    }

    /// Copies the cells of one plane.
    ///
    /// # Safety
    /// As for [`Array::copy_shared`].
    unsafe fn copy_plane(&self, copy: &BoxCopy, k: i64) {
        let BoxCopy { from, by } = copy;
        let to = from.shift(*by);
        assert!(from.intersect(&to).is_empty(), "a halo copy never overlaps its source");
        if from.is_empty() {
            return;
        }
        let (n, n_rows) = (from.len(0), from.len(1));
        let source = self.offset(from.lo[1], k, from.lo[0], from.hi[0]);
        let target = self.offset(to.lo[1], k + by[2], to.lo[0], to.hi[0]);
        // The last rows are stored as well: with the first ones, all between are.
        self.offset(from.hi[1] - 1, k, from.lo[0], from.hi[0]);
        self.offset(to.hi[1] - 1, k + by[2], to.lo[0], to.hi[0]);
        for row in 0..n_rows {
            let at = row * self.strides[1];
            // SAFETY: the rows of both boxes are stored, as just checked, and the boxes do not overlap; the caller excludes
            // all others.
            unsafe {
                let (from, to) = (self.data.as_ptr().add(source + at), self.data.as_ptr().add(target + at));
                if n == 1 {
                    // What a call of memcpy costs would be most of it.
                    *to = *from;
                } else {
                    std::ptr::copy_nonoverlapping(from, to, n);
                }
            }
        }
    }
}

/// The same cells of rows of one plane that follow each other: checked together, and cheap to go through.
#[derive(Debug)]
pub struct Rows<'a, T> {
    first: NonNull<T>,
    stride: usize,
    n: usize,
    len: usize,
    borrowed: PhantomData<&'a [T]>,
}

impl<T> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Rows<'_, T> {}

impl<'a, T> Rows<'a, T> {
    /// How many rows there are.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The `number`-th row.
    #[inline(always)]
    pub fn row(&self, number: usize) -> &'a [T] {
        assert!(number < self.n, "there are fewer rows");
        // SAFETY: `Array::rows` checked that these rows are stored; otherwise as for `Array::row`.
        unsafe { std::slice::from_raw_parts(self.first.as_ptr().add(number * self.stride), self.len) }
    }
}

/// As [`Rows`], to write.
#[derive(Debug)]
pub struct RowsMut<'a, T>(Rows<'a, T>);

impl<'a, T> RowsMut<'a, T> {
    /// # Safety
    /// No other reference to these cells may be in use while the rows live.
    #[inline(always)]
    pub(super) unsafe fn new(rows: Rows<'a, T>) -> Self {
        RowsMut(rows)
    }

    /// How many rows there are.
    pub fn n(&self) -> usize {
        self.0.n
    }

    /// The `number`-th row.
    #[inline(always)]
    pub fn row_mut(&mut self, number: usize) -> &mut [T] {
        assert!(number < self.0.n, "there are fewer rows");
        // SAFETY: as for `Rows::row`; whoever made this excludes other references, and `&mut self` makes the slice unique.
        unsafe { std::slice::from_raw_parts_mut(self.0.first.as_ptr().add(number * self.0.stride), self.0.len) }
    }
}

impl<T> Drop for Array<T> {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: allocated in `new` with this layout and not freed since.
            unsafe { dealloc(self.data.as_ptr().cast(), layout::<T>(self.len)) };
        }
    }
}

/// The memory of `len` numbers.
fn layout<T>(len: usize) -> Layout {
    let bytes = len * size_of::<T>();
    let align = if bytes >= HUGE_FROM { HUGE_PAGE } else { LINE };
    Layout::from_size_align(bytes, align).expect("sizes are bounded before storage is allocated")
}

/// Calls what it is given once for each of those who share some work, on their threads: with their number and how many there are.
pub type Sharing<'a> = dyn FnMut(&(dyn Fn(usize, usize) + Sync)) + 'a;

/// Memory that someone else touches.
struct Untouched(*mut u8);

// SAFETY: each byte is touched by one thread, as `share` of `zeroed` says.
unsafe impl Sync for Untouched {}

impl Untouched {
    /// # Safety
    /// The range lies within the allocation, and is touched by nobody else.
    unsafe fn zero(&self, [from, to]: [usize; 2]) {
        // SAFETY: as the caller says.
        unsafe { self.0.add(from).write_bytes(0, to - from) };
    }
}

/// Zeroed memory, on huge pages where it is large and the system grants them; `share` says from which byte to which each of
/// those who share the work sets it to zero, all of it together.
fn zeroed(
    layout: Layout,
    sharing: &mut Sharing<'_>,
    share: &(dyn Fn(usize, usize) -> [usize; 2] + Sync),
) -> NonNull<u8> {
    // SAFETY: an array that has cells has bytes.
    let raw = unsafe { alloc(layout) };
    let data = NonNull::new(raw).unwrap_or_else(|| handle_alloc_error(layout));
    #[cfg(target_os = "linux")]
    if layout.align() == HUGE_PAGE {
        // The advice has to come before the first touch. It may be refused: pages are then small, and all else the same.
        // SAFETY: the range was just allocated and begins on a page; the advice changes no contents.
        unsafe { libc::madvise(raw.cast(), layout.size(), libc::MADV_HUGEPAGE) };
    }
    let untouched = Untouched(raw);
    sharing(&|part, n| {
        // SAFETY: shares cover the bytes that were just allocated, and do not overlap.
        unsafe { untouched.zero(share(part, n)) }
    });
    data
}

#[cold]
#[inline(never)]
fn outside(stored: &IndexBox, j: i64, k: i64, lo: i64, hi: i64) -> ! {
    panic!("cells [{lo}..{hi}, {j}, {k}] are not stored: the array has {stored}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array() -> Array<f64> {
        let mut a = Array::new(IndexBox::new([-1, -2, 0], [6, 3, 2]), [0, 0, 0], 3);
        for (j, k) in a.stored().rows() {
            for i in -1..6 {
                a.set([i, j, k], (100 * k + 10 * j + i) as f64);
            }
        }
        a
    }

    #[test]
    fn shares_of_the_first_touch_cover_everything_once() {
        for n in [1, 2, 3, 7] {
            for stored in [IndexBox::new([-1, -2, -1], [60, 3, 4]), IndexBox::from_size([9, 7, 1])] {
                let mut all = |touch: &(dyn Fn(usize, usize) + Sync)| (0..n).rev().for_each(|part| touch(part, n));
                let mut a: Array<f64> = Array::touched_by(&mut all, stored, [0; 3], 5);
                assert!(
                    stored
                        .rows()
                        .all(|(j, k)| a.row(j, k, stored.lo[0], stored.hi[0]).iter().all(|&v| v == 0.0))
                );
                a.fill(1.0);
            }
        }
    }

    #[test]
    fn every_cell_keeps_its_own_value() {
        let a = array();
        for (j, k) in a.stored().rows() {
            let expected: Vec<f64> = (-1..6).map(|i| (100 * k + 10 * j + i) as f64).collect();
            assert_eq!(a.row(j, k, -1, 6), expected);
        }
    }

    #[test]
    fn the_first_owned_cell_of_every_row_is_on_a_cache_line() {
        let a: Array<f32> = Array::new(IndexBox::new([9, -1, -1], [66, 6, 5]), [10, 0, 0], 7);
        for (j, k) in a.stored().rows() {
            assert_eq!(a.row(j, k, 10, 11).as_ptr() as usize % LINE, 0);
        }
    }

    #[test]
    fn short_rows_have_no_gaps() {
        let a: Array<f64> = Array::new(IndexBox::new([-1, 0, 0], [9, 6, 5]), [0; 3], 0);
        assert_eq!((a.strides, a.len), ([1, 10, 60], 300));
    }

    #[test]
    fn power_of_two_rows_and_planes_are_odd_numbers_of_lines() {
        let a: Array<f64> = Array::new(IndexBox::from_size([512, 512, 4]), [0; 3], 0);
        assert_eq!(a.strides[1] / 8 % 2, 1);
        assert_eq!(a.strides[2] / 8 % 2, 1);
    }

    #[test]
    fn packed_cells_come_back_unchanged() {
        let a = array();
        let region = IndexBox::new([1, -1, 0], [4, 2, 2]);
        let mut packed = Vec::new();
        a.pack(&region, &mut packed);
        let mut again = vec![0.0; packed.len() + 1];
        assert_eq!(a.pack_into(&region, &mut again), [0.0]);
        assert_eq!(packed, again[..packed.len()]);
        let mut b: Array<f64> = Array::new(a.stored(), [0; 3], 0);
        assert!(b.unpack(&region, &packed).is_empty());
        for (j, k) in region.rows() {
            assert_eq!(a.row(j, k, 1, 4), b.row(j, k, 1, 4));
        }
        assert_eq!(b.get([0, 0, 0]), 0.0);
    }

    #[test]
    #[should_panic(expected = "are not stored")]
    fn a_cell_outside_is_refused() {
        array().row(3, 0, 0, 1);
    }
}
