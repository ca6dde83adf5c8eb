//! Brings lists of numbers of known lengths to rank 0.

use super::world::World;
use mpi::traits::{Communicator, Destination, Source};

/// Tag of gathered lists: apart from those of collected tiles and of halo exchanges.
const TAG: i32 = 30_001;

/// On rank 0 the lists of all ranks, in the order of ranks; nothing elsewhere. All ranks must call it. `lengths`, which all
/// ranks know, are those of every rank's list; ranks with nothing to give send nothing.
///
/// # Panics
/// If the length of `mine` is another: what is sent would not be what is expected.
pub fn gather(world: &World, lengths: &[usize], mine: Vec<f64>) -> Option<Vec<Vec<f64>>> {
    assert_eq!(
        mine.len(),
        lengths[world.rank()],
        "a list of another length than agreed"
    );
    if !world.is_root() {
        if let Some(communicator) = world.communicator().filter(|_| !mine.is_empty()) {
            communicator.process_at_rank(0).send_with_tag(&mine[..], TAG);
        }
        return None;
    }
    let mut lists = vec![mine];
    for (rank, &length) in lengths.iter().enumerate().skip(1) {
        let mut list = vec![0.0; length];
        if let Some(communicator) = world.communicator().filter(|_| length > 0) {
            communicator
                .process_at_rank(rank as i32)
                .receive_into_with_tag(&mut list[..], TAG);
        }
        lists.push(list);
    }
    Some(lists)
}
