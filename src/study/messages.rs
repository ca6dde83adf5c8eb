//! Messages between ranks: how long a short one takes, how fast long ones flow.

use super::samples::Samples;
use crate::parallel::World;
use serde::Serialize;

/// Bytes of the messages that are tried: the shortest for the latency, the longest for the bandwidth.
const SIZES: [usize; 4] = [8, 64 << 10, 1 << 20, 8 << 20];

/// Bytes that all round trips of one measurement carry, within [`ROUND_TRIPS`].
const BYTES_PER_SAMPLE: usize = 64 << 20;
const ROUND_TRIPS: (usize, usize) = (4, 1000);

/// Messages of one size between rank 0 and another.
#[derive(Clone, Debug, Serialize)]
pub struct Messages {
    pub partner: usize,
    pub bytes: usize,
    /// Time of one message one way, s: half of a round trip.
    pub seconds: Samples,
}

impl Messages {
    /// Bytes/s one way.
    pub fn bandwidth(&self) -> f64 {
        self.bytes as f64 / self.seconds.median()
    }
}

/// Measures messages between rank 0 and its next rank, and the last one where that is another; on one rank nothing.
pub fn measure(world: &World, repeat: usize) -> Vec<Messages> {
    let mut partners = vec![1, world.size() - 1];
    partners.retain(|&partner| partner != 0 && partner < world.size());
    partners.dedup();
    let mut measured = Vec::new();
    for partner in partners {
        for bytes in SIZES {
            let n_trips = (BYTES_PER_SAMPLE / bytes).clamp(ROUND_TRIPS.0, ROUND_TRIPS.1);
            world.barrier();
            world.round_trip(partner, bytes, n_trips.div_ceil(4));
            let seconds = (0..repeat).map(|_| one_way(world, partner, bytes, n_trips)).collect();
            measured.push(Messages {
                partner,
                bytes,
                seconds,
            });
        }
    }
    measured
}

/// Time of one message, s: on every rank the same.
fn one_way(world: &World, partner: usize, bytes: usize, n_trips: usize) -> f64 {
    world.barrier();
    let mut seconds = [0.5 * world.round_trip(partner, bytes, n_trips)];
    world.max(&mut seconds);
    seconds[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rank_has_nobody_to_talk_to() {
        assert!(measure(&World::single(), 3).is_empty());
    }
}
