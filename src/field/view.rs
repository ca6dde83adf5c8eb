//! What a stage may touch while it runs on one region.

use super::{Array, Real, Rows, RowsMut, SlotId, Storage, streaming};
use crate::grid::{IndexBox, Reach};
use std::cell::Cell;

/// Which neighbours a read covers, beside the cell itself and the ghosts that belong to it. Later ones cover more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Only along the axes: one offset is non-zero at a time.
    Star,
    /// Along the axes, with the ghosts that belong to the cells there.
    StarWithGhosts,
    /// The whole box of offsets, corners included.
    Box,
}

/// A declared read: of which slot, how far from the cell being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub slot: SlotId,
    pub reach: Reach,
    pub shape: Shape,
}

impl Read {
    /// A read at the cell being written only.
    pub fn at_cell(slot: SlotId) -> Read {
        Read {
            slot,
            reach: Reach::NONE,
            shape: Shape::Star,
        }
    }

    /// A read along the axes, `reach` cells far.
    pub fn star(slot: SlotId, reach: Reach) -> Read {
        Read {
            slot,
            reach,
            shape: Shape::Star,
        }
    }
}

/// Slots that a stage writes at most: a few for each of the fields that a case may carry.
const MOST_WRITES: usize = 1024;

/// The rows that one stage may read and write while it runs on one region.
///
/// A slot that the stage writes is reached only through [`StageView::write`], which also reads it back at the cell.
#[derive(Debug)]
pub struct StageView<'a, T> {
    storage: &'a Storage<T>,
    reads: &'a [Read],
    writes: &'a [SlotId],
    region: IndexBox,
    /// The region and the ghosts whose image it contains.
    writable: IndexBox,
    /// One bit per written slot: whether its writer was handed out.
    taken: Cell<[u64; MOST_WRITES / 64]>,
}

impl<'a, T: Real> StageView<'a, T> {
    /// A view on `storage` for a stage that runs on `region` and fills the ghosts in `writable`.
    ///
    /// # Safety
    /// While the view lives, nobody else may write the declared reads within their reach of the region, and nobody
    /// else may read or write the declared writes within `writable`. Executors uphold this by the order in which they
    /// run regions.
    pub unsafe fn new(
        storage: &'a Storage<T>,
        reads: &'a [Read],
        writes: &'a [SlotId],
        region: IndexBox,
        writable: IndexBox,
    ) -> Self {
        assert!(
            writes.len() <= MOST_WRITES,
            "a stage writes at most {MOST_WRITES} slots"
        );
        StageView {
            storage,
            reads,
            writes,
            region,
            writable,
            taken: Cell::new([0; MOST_WRITES / 64]),
        }
    }

    /// The region that the stage is asked to update.
    pub fn region(&self) -> IndexBox {
        self.region
    }

    /// The rows of a slot that the stage declared to read and does not write.
    pub fn read(&self, slot: SlotId) -> RowReader<'a, T> {
        let declared = self.reads.iter().find(|read| read.slot == slot);
        match declared {
            Some(read) if !self.writes.contains(&slot) => RowReader {
                array: self.storage.array(slot),
                // The ghosts of the region's cells are part of it.
                allowed: self.writable.reached(&read.reach),
            },
            _ => undeclared(slot, "read"),
        }
    }

    /// The rows of a slot that the stage declared to write. Each writer is handed out once.
    pub fn write(&self, slot: SlotId) -> RowWriter<'a, T> {
        self.take(slot);
        RowWriter {
            array: self.storage.array(slot),
            allowed: self.writable,
            is_streamed: self.storage.is_streamed(),
        }
    }

    /// The rows of a written slot that was declared double. Each writer is handed out once.
    pub fn write_double(&self, slot: SlotId) -> RowWriter<'a, f64> {
        self.take(slot);
        RowWriter {
            array: self.storage.double_array(slot),
            allowed: self.writable,
            is_streamed: false,
        }
    }

    fn take(&self, slot: SlotId) {
        let Some(place) = self.writes.iter().position(|&write| write == slot) else {
            undeclared(slot, "write")
        };
        let taken: &Cell<[u64]> = &self.taken;
        let (word, bit) = (&taken.as_slice_of_cells()[place / 64], 1 << (place % 64));
        assert!(
            word.get() & bit == 0,
            "the writer of slot {} was already handed out",
            slot.0
        );
        word.set(word.get() | bit);
    }
}

/// Rows of a slot, to read.
#[derive(Debug)]
pub struct RowReader<'a, T> {
    array: &'a Array<T>,
    allowed: IndexBox,
}

impl<'a, T: Copy + Default> RowReader<'a, T> {
    /// The cells `[lo, hi)` of row (j, k).
    #[inline(always)]
    pub fn row(&self, j: i64, k: i64, lo: i64, hi: i64) -> &'a [T] {
        check(&self.allowed, [j, j + 1], k, lo, hi);
        self.array.row(j, k, lo, hi)
    }

    /// The cells `[lo, hi)` of the rows `[j0, j1)` of plane k.
    #[inline(always)]
    pub fn rows(&self, [j0, j1]: [i64; 2], k: i64, lo: i64, hi: i64) -> Rows<'a, T> {
        check(&self.allowed, [j0, j1], k, lo, hi);
        self.array.rows([j0, j1], k, lo, hi)
    }

    /// Has the cells `[lo, hi)` of row (j, k) fetched into the caches: worth it for rows read soon that follow no
    /// sequence the processor would see by itself.
    #[inline(always)]
    pub fn prefetch(&self, j: i64, k: i64, lo: i64, hi: i64) {
        streaming::prefetch(self.row(j, k, lo, hi));
    }
}

/// Rows of a slot, to write, and to read back at the cells being written.
#[derive(Debug)]
pub struct RowWriter<'a, T> {
    array: &'a Array<T>,
    allowed: IndexBox,
    is_streamed: bool,
}

impl<T: Copy + Default> RowWriter<'_, T> {
    /// The cells `[lo, hi)` of row (j, k).
    #[inline(always)]
    pub fn row(&self, j: i64, k: i64, lo: i64, hi: i64) -> &[T] {
        check(&self.allowed, [j, j + 1], k, lo, hi);
        self.array.row(j, k, lo, hi)
    }

    /// The cells `[lo, hi)` of row (j, k), to write.
    #[inline(always)]
    pub fn row_mut(&mut self, j: i64, k: i64, lo: i64, hi: i64) -> &mut [T] {
        check(&self.allowed, [j, j + 1], k, lo, hi);
        // SAFETY: the slot's writer is handed out once per view, `&mut self` makes the slice unique within it, and
        // whoever built the view excludes all others from the written cells.
        unsafe { self.array.row_mut_shared(j, k, lo, hi) }
    }

    /// The cells `[lo, hi)` of the rows (j, k) and (j, k + 1), to write.
    #[inline(always)]
    pub fn pair_mut(&mut self, j: i64, k: i64, lo: i64, hi: i64) -> [&mut [T]; 2] {
        check(&self.allowed, [j, j + 1], k, lo, hi);
        check(&self.allowed, [j, j + 1], k + 1, lo, hi);
        // SAFETY: as for `row_mut`; the rows lie in different planes.
        [k, k + 1].map(|k| unsafe { self.array.row_mut_shared(j, k, lo, hi) })
    }

    /// The cells `[lo, hi)` of the rows `[j0, j1)` of plane k, to write.
    #[inline(always)]
    pub fn rows_mut(&mut self, [j0, j1]: [i64; 2], k: i64, lo: i64, hi: i64) -> RowsMut<'_, T> {
        check(&self.allowed, [j0, j1], k, lo, hi);
        // SAFETY: as for `row_mut`.
        unsafe { RowsMut::new(self.array.rows([j0, j1], k, lo, hi)) }
    }

    /// Has the cells `[lo, hi)` of row (j, k) fetched into the caches: see [`RowReader::prefetch`].
    #[inline(always)]
    pub fn prefetch(&self, j: i64, k: i64, lo: i64, hi: i64) {
        streaming::prefetch(self.row(j, k, lo, hi));
    }

    /// Whether a kernel should compute rows elsewhere and [`store`](RowWriter::store) them.
    pub fn is_streamed(&self) -> bool {
        self.is_streamed
    }

    /// Stores `row` at the cells from `lo` of row (j, k), past the caches. The rows are there for others when the writer
    /// is dropped.
    pub fn store(&mut self, j: i64, k: i64, lo: i64, row: &[T])
    where
        T: Real,
    {
        streaming::store(row, self.row_mut(j, k, lo, lo + row.len() as i64));
    }

    /// The cells that have memory: less than the region where the slot has a domain.
    pub fn stored(&self) -> IndexBox {
        self.array.stored()
    }
}

impl<T> Drop for RowWriter<'_, T> {
    fn drop(&mut self) {
        if self.is_streamed {
            streaming::fence();
        }
    }
}

/// Holds a kernel to its declarations, in debug builds and in the binary that the tests drive.
#[inline(always)]
fn check(allowed: &IndexBox, [j0, j1]: [i64; 2], k: i64, lo: i64, hi: i64) {
    if cfg!(any(debug_assertions, feature = "faults")) {
        let rows = IndexBox::new([lo, j0, k], [hi, j1, k + 1]);
        assert!(
            allowed.contains_box(&rows),
            "cells {rows} lie outside the declared {allowed}"
        );
    }
}

#[cold]
#[inline(never)]
fn undeclared(slot: SlotId, what: &str) -> ! {
    panic!("the stage does not declare to {what} slot {} this way", slot.0);
}
