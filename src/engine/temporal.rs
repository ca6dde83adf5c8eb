//! Temporal blocking: several steps at a stretch between two exchanges, strip by strip, while what they share is in a cache.

use super::block::{Block, Front, Level, RowEnds, Shared, Split, fronts, row_ends};
use super::sweep::Sweep;
use crate::field::{Real, Scalar};
use crate::grid::{Grid, IndexBox, Tile};
use crate::kernels::Declaration;
use crate::parallel::{HaloExchange, HaloNeed};

/// The share of a core's cache that a strip fills: the rest is for coefficients, and for what passes through.
const SHARE_OF_CACHE: f64 = 0.3;

/// Bytes that levels without a lag between them go through in turn, to stay in a core's own cache.
const BYTES_AT_ONCE: usize = 384 * 1024;

/// Rows of the narrowest strip: thinner ones would be read again too often.
const LEAST_ROWS: usize = 4;

/// Rows of the widest strip for each thread: wider ones read hardly less.
const MOST_ROWS: usize = 128;

/// Blocks of up to so many steps on one tile.
pub(super) struct Temporal<T> {
    pub n_steps: usize,
    /// `[phase][n - 1]`: the block of `n` steps of which the first is in the phase.
    courses: Vec<Vec<Course>>,
    /// `[phase]`: before a block of any number of steps that begins in the phase.
    exchanges: Vec<HaloExchange<T>>,
    /// With strips that fit the caches.
    pub sweep: Sweep,
}

/// What one block does on the tile.
pub(super) struct Course {
    pub levels: Vec<Level>,
    /// The cells that each level updates.
    pub regions: Vec<IndexBox>,
    /// The same in parts, where there are messages to wait for.
    pub split: Option<Split>,
    /// What each level copies of the rows that it has written.
    pub row_ends: Vec<Vec<RowEnds>>,
    /// Where slots are first touched.
    pub fronts: Vec<Front>,
}

impl<T: Real> Temporal<T> {
    /// Sets up blocks of `n_steps` steps at most. The tile stores the halo that they need. `exchange` sets up an exchange.
    pub fn new(
        n_steps: usize,
        declaration: &Declaration,
        tile: &Tile,
        cache: Cache,
        mut exchange: impl FnMut(&[HaloNeed]) -> HaloExchange<T>,
    ) -> Temporal<T> {
        let phases = 0..declaration.phases.len();
        let marching = if tile.stored().len(2) > 1 { 2 } else { 1 };
        let shared = (cache.n_threads > 1 && marching == 2).then_some(Shared {
            axis: marching,
            layers: declaration.layers_at_once,
        });
        let block = |first: usize, n: usize| Block::new(declaration, &tile.grid, first, n, shared);
        let exchanges: Vec<HaloExchange<T>> = needs(n_steps, declaration, &tile.grid)
            .map(|needs| exchange(&needs))
            .collect();
        let course = |first: usize, n: usize| {
            let block = block(first, n);
            let regions = block.regions(tile);
            let reach = exchanges[first].plan().message_reach(tile);
            Course {
                split: block.split(declaration, tile, &regions, &reach),
                regions,
                row_ends: block
                    .levels
                    .iter()
                    .map(|level| row_ends(declaration, tile, level))
                    .collect(),
                fronts: fronts(declaration, &tile.grid, &block.levels, 2, 1),
                levels: block.levels,
            }
        };
        let longest = block(0, n_steps);
        Temporal {
            n_steps,
            courses: phases
                .map(|first| (1..=n_steps).map(|n| course(first, n)).collect())
                .collect(),
            exchanges,
            sweep: fitting(&longest, declaration, tile, cache, size_of::<T>()),
        }
    }

    pub fn exchanges(&self) -> &[HaloExchange<T>] {
        &self.exchanges
    }

    pub fn exchanges_mut(&mut self) -> &mut [HaloExchange<T>] {
        &mut self.exchanges
    }

    /// What a block of `n` steps does that begins in `phase`, how, and what is exchanged before.
    pub fn course(&mut self, phase: usize, n: usize) -> (&Course, Sweep, &mut HaloExchange<T>) {
        (&self.courses[phase][n - 1], self.sweep, &mut self.exchanges[phase])
    }
}

/// `[phase]`: what is exchanged before a block of up to `n_steps` steps that begins in the phase.
pub(super) fn needs<'a>(
    n_steps: usize,
    declaration: &'a Declaration,
    grid: &'a Grid,
) -> impl Iterator<Item = Vec<HaloNeed>> + 'a {
    let phases = 0..declaration.phases.len();
    phases.map(move |first| Block::new(declaration, grid, first, n_steps, None).needs().to_vec())
}

/// Who sweeps a strip, with what caches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cache {
    pub n_threads: usize,
    /// Of each thread, bytes.
    pub bytes: usize,
}

/// The sweep whose strips, with all levels that follow each other in them, fit into the caches of those who share them.
fn fitting(block: &Block, declaration: &Declaration, tile: &Tile, cache: Cache, size: usize) -> Sweep {
    let stored = tile.stored();
    let layers = declaration.layers_at_once;
    if stored.len(2) == 1 {
        return Sweep {
            marching: 1,
            layers,
            across: None,
            rows: 0,
            rows_at_once: 0,
        };
    }
    let reach = declaration.reach(&tile.grid);
    let behind = |axis: usize| {
        let lag = block.levels.last().map_or(0, |level| level.lag[axis]);
        (lag + reach.widest(axis)) as usize
    };
    let cell: usize = declaration
        .slots
        .iter()
        .filter(|slot| slot.domain.is_none())
        .map(|slot| match slot.scalar {
            Scalar::Real => size,
            Scalar::Double => size_of::<f64>(),
        })
        .sum();
    let row = stored.len(0) * (cell + declaration.n_coefficient_arrays * size);
    let bytes = (SHARE_OF_CACHE * (cache.n_threads * cache.bytes) as f64) as usize;
    let rows_that_fit = bytes / (row * (layers + behind(2))).max(1);
    // The strip that follows reads again as many rows as the last level stays behind.
    let least = (LEAST_ROWS * cache.n_threads).max(behind(1));
    let most = (MOST_ROWS * cache.n_threads).max(least);
    Sweep {
        marching: 2,
        layers,
        across: Some(1),
        rows: rows_that_fit.saturating_sub(behind(1)).clamp(least, most),
        rows_at_once: (BYTES_AT_ONCE / (row * (layers + 1)).max(1)).max(LEAST_ROWS),
    }
}
