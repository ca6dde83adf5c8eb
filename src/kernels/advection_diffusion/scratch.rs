//! Rows that the update of a region works with, kept for the next one: a region may be a few rows only.

use super::coefficient::RowBuffer;
use super::limited::{Excess, WindSums};
use crate::field::Real;
use crate::grid::PerAxis;
use std::sync::{Mutex, PoisonError};

/// What one update works with at a time.
#[derive(Debug, Default)]
pub(super) struct Scratch<T> {
    pub coefficients: CoefficientRows<T>,
    pub work: Work<T>,
}

/// What no update works with at the moment: as many as have ever been in use at once.
#[derive(Debug, Default)]
pub(super) struct Pool<T> {
    free: Mutex<Vec<Scratch<T>>>,
}

impl<T: Real> Pool<T> {
    pub fn take(&self) -> Scratch<T> {
        // A panic elsewhere aborts the job: what a poisoned lock holds is never used.
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.pop().unwrap_or_default()
    }

    pub fn give_back(&self, scratch: Scratch<T>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

/// Rows that what is asked for coefficients may be put into: what fills them often stays the same from row to row.
#[derive(Debug, Default)]
pub(super) struct CoefficientRows<T> {
    pub wind: PerAxis<RowBuffer<T>>,
    pub diffusivity: PerAxis<RowBuffer<T>>,
    pub cross: RowBuffer<T>,
    pub source: RowBuffer<T>,
}

/// Rows of fluxes and tendencies.
#[derive(Debug, Default)]
pub(super) struct Work<T> {
    pub tendency: Vec<T>,
    /// What happens inside the cells of a row: zero where nothing does.
    pub inner: Vec<T>,
    /// Fluxes through the x faces of a row: `n + 1`.
    pub x: Vec<T>,
    /// Fluxes through the faces of one row that are not carried yet.
    pub face: Vec<T>,
    /// Fluxes through the lower y faces of a row, and through the lower z faces of a block of rows; for the limited scheme
    /// what these faces say to the cells above.
    pub carried: [Vec<T>; 2],
    /// For the limited scheme: the wind through these faces.
    pub carried_u: [Vec<T>; 2],
    pub x_excess: Excess<T>,
    pub excess: Excess<T>,
    pub sums: WindSums<T>,
    /// The row that is computed where it is not written at once.
    pub out: Vec<T>,
}

impl<T: Real> Work<T> {
    /// Makes it fit rows of `n` cells, with room for what the z faces of `n_rows` rows say. Nothing happens inside the cells
    /// yet; else no row has a meaning.
    pub fn fit(&mut self, n: usize, n_rows: usize, is_limited: bool) {
        self.inner.clear();
        let fit = |row: &mut Vec<T>, n: usize| row.resize(n, T::ZERO);
        for row in [&mut self.tendency, &mut self.inner, &mut self.out] {
            fit(row, n);
        }
        for row in [&mut self.x, &mut self.face] {
            fit(row, n + 1);
        }
        for [row, block] in [&mut self.carried, &mut self.carried_u] {
            fit(row, n);
            fit(block, n * n_rows);
        }
        if is_limited {
            self.x_excess.resize(n + 1);
            self.excess.resize(n);
            fit(&mut self.sums.divergence, n);
            fit(&mut self.sums.size, n);
        }
    }
}
