//! The clocks of all ranks by that of rank 0, as NTP does it: by messages there and back.

use super::world::World;
use crate::metrics::Offset;
use mpi::traits::{Communicator, Destination, Source};

/// Tag of these messages: apart from all others.
const TAG: i32 = 30_003;

/// Messages there and back, of which the fastest counts: it was held up least.
const ROUND_TRIPS: usize = 32;

/// How far the clock of rank 0 is ahead of that of this rank. `now` tells seconds, since whatever moment each rank chooses.
/// All ranks call it; rank 0 has them in turn.
pub fn clock_offset(world: &World, now: impl Fn() -> f64) -> Offset {
    world.barrier();
    let own = Offset {
        at: now(),
        ..Offset::default()
    };
    let Some(communicator) = world.communicator() else {
        return own;
    };
    if world.is_root() {
        for rank in 1..world.size() {
            let other = communicator.process_at_rank(rank as i32);
            for _ in 0..ROUND_TRIPS {
                other.receive_with_tag::<f64>(TAG);
                other.send_with_tag(&now(), TAG);
            }
        }
        return own;
    }
    let root = communicator.process_at_rank(0);
    let round_trip = |_| {
        let start = now();
        root.send_with_tag(&start, TAG);
        let theirs = root.receive_with_tag::<f64>(TAG).0;
        let end = now();
        let at = 0.5 * (start + end);
        Offset {
            at,
            ahead: theirs - at,
            error: 0.5 * (end - start),
        }
    };
    let all = (0..ROUND_TRIPS).map(round_trip);
    all.min_by(|a, b| a.error.total_cmp(&b.error)).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_rank_has_the_clock_itself() {
        let found = clock_offset(&World::single(), || 7.0);
        assert_eq!((found.at, found.ahead, found.error), (7.0, 0.0, 0.0));
    }
}
