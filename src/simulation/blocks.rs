//! Which lengths of blocks of steps a run can take at a stretch, and which executors it tries.

use super::case::Case;
use crate::config::ExecutorChoice;
use crate::engine::{Executor, depth_of};
use crate::error::{Error, Result};
use crate::grid::{AXIS_NAMES, Decomposition, Reach, Tile};
use crate::metrics::caches;

/// Steps of a block that are tried, unless the configuration says how many.
const LENGTHS: [usize; 3] = [2, 4, 8];

/// The deepest halo that is tried without being asked for, cells.
const DEEPEST: i64 = 24;

/// How much more than its own cells a tile updates at most without being asked for.
const MOST_UPDATED: f64 = 1.35;

/// The lengths of blocks that a run of `case` on these tiles sets up, shortest first: none where it goes step by step.
///
/// # Errors
/// [`Error::Config`] if the tiles are too thin for what the configuration asks for.
pub fn blocks(case: &Case, decomposition: &Decomposition) -> Result<Vec<usize>> {
    let parallel = &case.config.parallel;
    let depth = |n: usize| depth_of(&case.declaration, &case.grid, n);
    match (parallel.executor, parallel.depth) {
        (ExecutorChoice::Temporal, Some(n)) if n > 1 => match decomposition.admits(&depth(n)) {
            true => Ok(vec![n]),
            false => Err(too_thin(case, decomposition, n, &depth(n))),
        },
        (ExecutorChoice::Temporal, Some(_)) => Ok(Vec::new()),
        (ExecutorChoice::Temporal, None) => {
            let longest = LENGTHS.into_iter().rev().find(|&n| is_worth_it(case, decomposition, &depth(n)));
            Ok(longest.into_iter().collect())
        }
        (ExecutorChoice::Auto, _) if outgrows_the_caches(case, decomposition) => Ok(LENGTHS
            .into_iter()
            .filter(|&n| is_worth_it(case, decomposition, &depth(n)))
            .collect()),
        _ => Ok(Vec::new()),
    }
}

/// The executors that are tried where the configuration leaves the choice; `has_messages` says whether any rank has a
/// neighbour.
pub fn candidates(blocks: &[usize], has_messages: bool) -> Vec<Executor> {
    let stepwise = if has_messages { &Executor::STEPWISE[..] } else { &[Executor::Blocking] };
    let in_blocks = blocks.iter().map(|&n| Executor::Temporal(n));
    stepwise.iter().copied().chain(in_blocks).collect()
}

/// Whether the tiles have room for a halo of `depth`, and little of their work is done for it.
fn is_worth_it(case: &Case, decomposition: &Decomposition, depth: &Reach) -> bool {
    let deepest = (0..3).map(|axis| depth.widest(axis)).max().unwrap_or(0);
    let is_little = (0..decomposition.n_tiles()).all(|rank| {
        let tile = case.tile(decomposition, rank);
        let deep = tile.clone().deepened(depth);
        // Half of the depth on average: the region of a level shrinks from step to step.
        let more: f64 = (0..3)
            .map(|axis| 0.5 * (1.0 + deep.stored().len(axis) as f64 / tile.stored().len(axis) as f64))
            .product();
        more <= MOST_UPDATED
    });
    deepest <= DEEPEST && decomposition.admits(depth) && is_little
}

/// Whether what a rank goes through is more than a core's own cache holds.
fn outgrows_the_caches(case: &Case, decomposition: &Decomposition) -> bool {
    let own = caches::core_cache(&caches::caches(), caches::n_processors()) as f64;
    case.tile_bytes(&case.tile(decomposition, 0)) > own
}

fn too_thin(case: &Case, decomposition: &Decomposition, n: usize, depth: &Reach) -> Error {
    let width = |axis: usize| case.grid.cells[axis] / decomposition.topology[axis];
    let thin = (0..3).find(|&axis| {
        let has_halo = decomposition.topology[axis] > 1 || case.grid.periodic[axis];
        has_halo && (width(axis) as i64) < depth.widest(axis)
    });
    let axis = thin.unwrap_or(0);
    Error::Config(format!(
        "{}: `parallel.depth` = {n} needs a halo of {} cells along {}, but tiles are {} cells wide there.\n  Use a smaller depth, \
         fewer ranks along {}, or another executor: all give the same bits.",
        case.config.path.display(),
        depth.widest(axis),
        AXIS_NAMES[axis],
        width(axis),
        AXIS_NAMES[axis],
    ))
}

/// `tile` with room for the longest of `blocks`.
pub fn deepened(case: &Case, tile: Tile, blocks: &[usize]) -> Tile {
    let depth = blocks.iter().fold(Reach::NONE, |depth, &n| {
        depth.max(&depth_of(&case.declaration, &case.grid, n))
    });
    tile.deepened(&depth)
}
