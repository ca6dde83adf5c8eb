//! Which lengths of blocks of steps a run can take at a stretch, and which executors it tries.

use super::case::Case;
use super::dues::{Due, shortest};
use crate::config::ExecutorChoice;
use crate::engine::{Choice, Executor, depth_of};
use crate::error::{Error, Result};
use crate::grid::{AXIS_NAMES, Decomposition, Reach, Tile};
use crate::metrics::caches;

/// Steps of a block that are tried, unless the configuration says how many.
const LENGTHS: [usize; 4] = [1, 2, 4, 8];

/// The deepest halo that is tried without being asked for, cells.
const DEEPEST: i64 = 24;

/// How much more than its own cells a tile updates at most without being asked for.
const MOST_UPDATED: f64 = 1.35;

/// The lengths of blocks that suit a run of `case` on these tiles, shortest first: none where it goes step by step.
///
/// # Errors
/// [`Error::Config`] if the tiles are too thin for what the configuration asks for.
pub fn suited(case: &Case, decomposition: &Decomposition) -> Result<Vec<usize>> {
    let parallel = &case.config.parallel;
    let depth = |n: usize| depth_of(&case.declaration, &case.grid, n);
    match (parallel.executor, parallel.depth) {
        (ExecutorChoice::Temporal, Some(n)) if has_levels(case, n) => match decomposition.admits(&depth(n)) {
            true => Ok(vec![n]),
            false => Err(too_thin(case, decomposition, n, &depth(n))),
        },
        (ExecutorChoice::Temporal, Some(_)) => Ok(Vec::new()),
        (ExecutorChoice::Temporal, None) => {
            let mut lengths = LENGTHS.into_iter().filter(|&n| has_levels(case, n));
            let shortest = lengths.clone().min().unwrap_or(1);
            let longest = lengths.rfind(|&n| decomposition.admits(&depth(n)));
            longest.map_or_else(
                || Err(too_thin(case, decomposition, shortest, &depth(shortest))),
                |n| Ok(vec![n]),
            )
        }
        (ExecutorChoice::Auto, _) if outgrows_the_caches(case, decomposition) => Ok(LENGTHS
            .into_iter()
            .filter(|&n| has_levels(case, n) && is_worth_it(case, decomposition, &depth(n)))
            .collect()),
        _ => Ok(Vec::new()),
    }
}

/// Those of the lengths `suited` to the tiles that a run sets up: where the configuration leaves the choice, none that would
/// always end early.
pub fn blocks(case: &Case, suited: &[usize], dues: &[Due]) -> Vec<usize> {
    let most = shortest(dues).map_or(u64::MAX, |due| due.steps);
    let is_open = case.config.parallel.executor == ExecutorChoice::Auto;
    let fits = |n: &usize| !is_open || *n as u64 <= most;
    suited.iter().copied().filter(fits).collect()
}

/// The executor that the configuration names, for a run that sets up blocks of these `lengths`; none where it leaves the choice.
pub fn given(case: &Case, lengths: &[usize]) -> Option<Choice> {
    let parallel = &case.config.parallel;
    let executor = match parallel.executor {
        ExecutorChoice::Blocking => Executor::Blocking,
        ExecutorChoice::Overlap => Executor::Overlap,
        ExecutorChoice::Progress => Executor::Progress,
        ExecutorChoice::Temporal => lengths.last().map_or(Executor::Blocking, |&n| Executor::Temporal(n)),
        ExecutorChoice::Auto => return None,
    };
    let strip_rows = parallel.strip_rows.filter(|_| executor.block().is_some());
    Some(Choice { executor, strip_rows })
}

/// What is tried where the configuration leaves the choice; `has_messages` says whether any rank has a neighbour.
pub fn candidates(case: &Case, blocks: &[usize], has_messages: bool) -> Vec<Choice> {
    let stepwise = if has_messages {
        &Executor::STEPWISE[..]
    } else {
        &[Executor::Blocking]
    };
    let in_steps = stepwise.iter().map(|&executor| Choice {
        executor,
        strip_rows: None,
    });
    let in_blocks = blocks.iter().map(|&n| Choice {
        executor: Executor::Temporal(n),
        strip_rows: case.config.parallel.strip_rows,
    });
    in_steps.chain(in_blocks).collect()
}

/// The rows of strips that are tried beside those that are taken to fit the caches, `rows`, on tiles of `most`: half as many and
/// twice as many.
pub fn other_rows(rows: usize, most: usize) -> Vec<usize> {
    let others = [rows.div_ceil(2), (2 * rows).min(most)];
    others.into_iter().filter(|&other| other != rows).collect()
}

/// Whether blocks of `n` steps have several levels that can follow each other.
fn has_levels(case: &Case, n: usize) -> bool {
    n > 1 || case.declaration.phases.iter().any(|phase| phase.stages.len() > 1)
}

/// Whether the tiles have room for a halo of `depth`, and little of their work is done for it.
fn is_worth_it(case: &Case, decomposition: &Decomposition, depth: &Reach) -> bool {
    let deepest = (0..3).map(|axis| depth.widest(axis)).max().unwrap_or(0);
    let is_little = (0..decomposition.n_tiles()).all(|rank| {
        let tile = case.tile(decomposition, rank);
        let deep = tile.clone().deepened(depth);
        // Half of the depth on average: the region of a level shrinks from step to step.
        let more: f64 = (usize::from(tile.is_joined(0))..3)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn case(cells: &str, more: &str) -> Case {
        let text = format!(
            "[grid]\ncells = {cells}\nspacing = [1, 1, 1]\n[time]\nsteps = 3\n[kernel]\ntype = \"advection-diffusion\"\n\
             diffusivity = 1\nstepper = \"euler\"\nboundary = {{ all = \"periodic\" }}\n[[kernel.field]]\nname = \"q\"\n[parallel]\n{more}\n"
        );
        Case::parse("t.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    fn blocks_of(case: &Case, n_ranks: usize) -> Result<Vec<usize>> {
        suited(case, &case.decompose(n_ranks)?)
    }

    #[test]
    fn no_block_is_tried_that_would_always_end_early() {
        let due = |steps| Due {
            key: "check.every".into(),
            steps,
            is_default: false,
        };
        let open = case("[12, 12, 12]", "");
        let all = [2, 4, 8];
        assert_eq!(blocks(&open, &all, &[]), all);
        assert_eq!(blocks(&open, &all, &[due(48), due(7)]), [2, 4]);
        assert_eq!(blocks(&open, &all, &[due(1)]), Vec::<usize>::new());
        let given = case("[12, 12, 12]", "executor = \"temporal\"");
        assert_eq!(blocks(&given, &[8], &[due(1)]), [8]);
    }

    #[test]
    fn strips_of_a_given_height_are_tried_with_every_block_and_with_nothing_else() {
        let names = |more: &str| -> Vec<String> {
            let all = candidates(&case("[12, 12, 12]", more), &[2, 4], true);
            all.into_iter().map(Choice::name).collect()
        };
        assert_eq!(
            names(""),
            ["blocking", "overlap", "progress", "temporal 2", "temporal 4"]
        );
        let strips = ["temporal 2, strips of 5 rows", "temporal 4, strips of 5 rows"];
        assert_eq!(names("strip_rows = 5")[3..], strips);
        assert_eq!(other_rows(32, 100), [16, 64]);
        assert_eq!(other_rows(32, 50), [16, 50]);
        assert_eq!((other_rows(32, 32), other_rows(1, 1)), (vec![16], vec![]));
    }

    #[test]
    fn only_large_tiles_are_tried_in_blocks_and_only_in_those_that_suit_them() {
        assert_eq!(blocks_of(&case("[200, 200, 200]", ""), 1).unwrap(), [2, 4, 8]);
        // In the caches already.
        assert_eq!(blocks_of(&case("[12, 12, 12]", ""), 1).unwrap(), Vec::<usize>::new());
        // Flat: deeper halos would be most of what is updated.
        assert_eq!(blocks_of(&case("[2000, 2000, 6]", ""), 1).unwrap(), [2]);
        assert_eq!(
            blocks_of(&case("[200, 200, 200]", "executor = \"overlap\""), 2).unwrap(),
            Vec::<usize>::new()
        );
    }

    #[test]
    fn what_is_asked_for_is_done_or_refused() {
        let forced = |depth: usize| case("[12, 12, 12]", &format!("executor = \"temporal\"\ndepth = {depth}"));
        assert_eq!(blocks_of(&forced(6), 2).unwrap(), [6]);
        assert_eq!(blocks_of(&forced(1), 2).unwrap(), Vec::<usize>::new());
        let error = blocks_of(&forced(7), 2).unwrap_err().to_string();
        assert!(
            error.contains("`parallel.depth` = 7 needs a halo of 7 cells along z, but tiles are 6 cells wide"),
            "{error}"
        );
        let chosen = case("[12, 12, 12]", "executor = \"temporal\"");
        assert_eq!(blocks_of(&chosen, 2).unwrap(), [4]);
    }

    #[test]
    fn a_tile_has_the_depth_of_its_longest_block() {
        let case = case("[40, 40, 40]", "");
        let tile = case.tile(&case.decompose(1).unwrap(), 0);
        assert_eq!(deepened(&case, tile, &[2, 5]).margin, Reach::all(5));
    }
}
