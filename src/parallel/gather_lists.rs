//! Brings lists of numbers of known lengths to rank 0.

use super::world::World;
use mpi::traits::{Communicator, Destination, Source};
use std::collections::BTreeMap;

/// Tag of gathered lists: apart from those of collected tiles and of halo exchanges.
const TAG: i32 = 30_001;

/// On rank 0 the lists of the ranks in `lengths`; nothing elsewhere. All ranks must call it. `lengths`, which all ranks know,
/// are those of the lists by rank; other ranks have none.
///
/// # Panics
/// If the length of `mine` is another: what is sent would not be what is expected.
pub fn gather_lists(
    world: &World,
    lengths: &BTreeMap<usize, usize>,
    mine: Vec<f64>,
) -> Option<BTreeMap<usize, Vec<f64>>> {
    let length = lengths.get(&world.rank()).copied().unwrap_or(0);
    assert_eq!(mine.len(), length, "a list of another length than agreed");
    if !world.is_root() {
        if let Some(communicator) = world.communicator().filter(|_| !mine.is_empty()) {
            communicator.process_at_rank(0).send_with_tag(&mine[..], TAG);
        }
        return None;
    }
    let mut lists = BTreeMap::from([(0, mine)]);
    for (&rank, &length) in lengths.iter().filter(|(rank, _)| **rank > 0) {
        let mut list = vec![0.0; length];
        if let Some(communicator) = world.communicator().filter(|_| length > 0) {
            communicator
                .process_at_rank(rank as i32)
                .receive_into_with_tag(&mut list[..], TAG);
        }
        lists.insert(rank, list);
    }
    Some(lists)
}
