//! How many neighbours exchange halos how.

use super::node::Node;
use super::plan::HaloPlan;
use super::world::World;
use crate::error::Result;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// The neighbours of the whole job, the same on every rank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Neighbours {
    /// Pairs of ranks that exchange halos.
    pub n_pairs: usize,
    /// Those of them that do it through memory.
    pub n_shared: usize,
    /// Why none do, where memory was asked for.
    pub refusal: Option<String>,
}

impl Neighbours {
    /// Counts what the exchanges of `plans` on all ranks have; memory is shared as in `node`, if that was asked for.
    pub(super) fn count(world: &World, plans: &[&HaloPlan], node: Option<&Result<Node>>) -> Neighbours {
        let links = plans.iter().flat_map(|plan| &plan.links);
        let neighbours: BTreeSet<usize> = links.map(|link| link.rank).collect();
        let is_shared = |rank: &usize| matches!(node, Some(Ok(node)) if node.has(*rank));
        let n_shared = neighbours.iter().copied().filter(is_shared).count();
        let mut both = [neighbours.len() as f64, n_shared as f64];
        world.total(&mut both);
        // Both of a pair have counted it.
        let [n_pairs, n_shared] = both.map(|n| n as usize / 2);
        Neighbours {
            n_pairs,
            n_shared,
            refusal: match node {
                Some(Err(error)) => Some(error.to_string()),
                _ => None,
            },
        }
    }
}

impl fmt::Display for Neighbours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Neighbours { n_pairs, n_shared, .. } = self;
        write!(f, "{n_shared} of {n_pairs} pairs of neighbours through shared memory")?;
        self.refusal.iter().try_for_each(|refusal| write!(f, " ({refusal})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_told_with_what_went_wrong() {
        let mut neighbours = Neighbours {
            n_pairs: 5,
            n_shared: 3,
            refusal: None,
        };
        assert_eq!(
            neighbours.to_string(),
            "3 of 5 pairs of neighbours through shared memory"
        );
        neighbours.refusal = Some("rank 1 cannot share memory".to_string());
        assert!(neighbours.to_string().ends_with(" (rank 1 cannot share memory)"));
    }

    #[test]
    fn a_single_rank_has_no_neighbours() {
        let found = Neighbours::count(&World::single(), &[&HaloPlan::default()], None);
        assert_eq!(found, Neighbours::default());
    }
}
