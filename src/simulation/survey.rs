//! The kernel on a whole grid, piece by piece: what `check` knows of a case without running it.

use super::case::Case;
use super::precision::Precise;
use super::prepared::measures;
use super::rate_source::{RateSource, lost};
use crate::error::{Error, Result};
use crate::grid::{IndexBox, Tile};
use crate::kernels::{Kernel, KernelError, Rates};
use std::marker::PhantomData;

/// Cells that are looked at at once.
pub const PIECE_CELLS: usize = 262_144;
/// Pieces of a huge grid that are looked at.
const MOST_PIECES: usize = 256;

/// A case whose every coefficient has a meaning at the start.
pub struct Survey<'a, T> {
    case: &'a Case,
    pieces: Vec<IndexBox>,
    /// Whether the pieces are the whole grid.
    pub is_complete: bool,
    /// Whether rates depend on time.
    pub varies: bool,
    /// The largest rates at the start.
    pub rates: Rates,
    /// The largest of what the kernel measures.
    pub measures: Vec<f64>,
    precision: PhantomData<T>,
}

impl<'a, T: Precise> Survey<'a, T> {
    /// # Errors
    /// [`Error::Config`] if the kernel cannot be prepared somewhere.
    pub fn new(case: &'a Case) -> Result<Self> {
        let all = pieces(&case.grid.all());
        let stride = all.len().div_ceil(MOST_PIECES);
        let pieces: Vec<IndexBox> = all.into_iter().step_by(stride).collect();
        let (mut varies, mut rates, mut measured) = (false, None::<Rates>, None::<Vec<f64>>);
        for piece in &pieces {
            let kernel: Box<dyn Kernel<T>> = prepared(case, piece).map_err(|error| case.refuse(&error))?;
            let time = case.config.time.start;
            let here = kernel.rates(time).map_err(|error| lost(case, time, &error))?;
            varies = kernel.rates_vary();
            rates = Some(rates.map_or(here.clone(), |worst| worst.max(&here)));
            let here = measures(&*kernel, &case.config.time);
            let worse = |worst: Vec<f64>| worst.iter().zip(&here).map(|(a, b)| a.max(*b)).collect();
            measured = Some(measured.map_or(here.clone(), worse));
        }
        Ok(Survey {
            case,
            pieces,
            is_complete: stride == 1,
            varies,
            rates: rates.expect("a grid has at least one cell"),
            measures: measured.unwrap_or_default(),
            precision: PhantomData,
        })
    }

    /// The kernels of all pieces, one after another: together they may not fit into memory.
    fn kernels(&self) -> impl Iterator<Item = Box<dyn Kernel<T>>> {
        let again = |piece| prepared(self.case, piece).expect("what was prepared once can be prepared again");
        self.pieces.iter().map(again)
    }
}

impl<T: Precise> RateSource for Survey<'_, T> {
    fn look(&mut self, times: &[f64]) -> Vec<Rates> {
        let sound = |kernel: Box<dyn Kernel<T>>| -> Vec<Rates> {
            times.iter().map_while(|&time| kernel.rates(time).ok()).collect()
        };
        let worse = |a: Vec<Rates>, b: Vec<Rates>| a.into_iter().zip(&b).map(|(a, b)| a.max(b)).collect();
        self.kernels().map(sound).reduce(worse).unwrap_or_default()
    }

    fn refusal(&mut self, time: f64) -> Error {
        let error = self.kernels().find_map(|kernel| kernel.rates(time).err());
        lost(
            self.case,
            time,
            &error.expect("rates at a time are the same whenever they are asked for"),
        )
    }
}

/// The kernel on the tile that owns `piece`.
fn prepared<T: Precise>(case: &Case, piece: &IndexBox) -> std::result::Result<Box<dyn Kernel<T>>, KernelError> {
    let tile = Tile {
        owned: *piece,
        margin: case.declaration.margin(&case.grid),
        grid: case.grid.clone(),
    };
    let mut kernel = T::build(&*case.physics, &case.grid);
    kernel.prepare(&tile, case.config.time.start)?;
    Ok(kernel)
}

/// The grid as boxes of about [`PIECE_CELLS`] cells: slabs along z, then strips along y, then parts of rows.
fn pieces(all: &IndexBox) -> Vec<IndexBox> {
    let mut pieces = vec![*all];
    for axis in [2, 1, 0] {
        let most = pieces[0].n_cells().div_ceil(PIECE_CELLS).min(all.len(axis));
        // Of a huge grid only so many pieces are ever looked at: they need not all be listed.
        let n = most.min(4 * MOST_PIECES);
        pieces = pieces
            .iter()
            .step_by(pieces.len().div_ceil(4 * MOST_PIECES))
            .flat_map(|piece| (0..n).map(move |part| piece.split(axis, most, part * most / n)))
            .collect();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_looked_at_in_pieces_that_cover_it_as_far_as_they_are_few() {
        for size in [[7, 5, 1], [3000, 2000, 1], [300, 200, 100], [1_000_000, 1, 1]] {
            let all = IndexBox::from_size(size);
            let pieces = pieces(&all);
            assert_eq!(
                pieces.iter().map(IndexBox::n_cells).sum::<usize>(),
                all.n_cells(),
                "{size:?}"
            );
            assert!(pieces.iter().all(|piece| piece.n_cells() <= 2 * PIECE_CELLS));
        }
        let huge = pieces(&IndexBox::from_size([1 << 16, 1 << 16, 1 << 16]));
        assert!(huge.len() <= 1 << 22 && huge.iter().all(|piece| piece.n_cells() <= 2 * PIECE_CELLS));
    }
}
