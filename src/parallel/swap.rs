//! Messages of one length between two ranks, both ways at once, as halos travel: for measuring links.

use super::requests::{Message, RequestSet};
use super::world::World;

/// One message to another rank and one from it.
pub struct Swap {
    requests: RequestSet<f64>,
}

impl Swap {
    /// Sets up messages of `n_bytes`, at least 8, between this rank and `partner`, who does the same.
    pub fn new(world: &World, partner: usize, n_bytes: usize) -> Swap {
        let message = [Message {
            rank: partner,
            tag: 0,
            n: n_bytes.div_ceil(size_of::<f64>()).max(1),
        }];
        Swap {
            requests: RequestSet::new(world.communicator(), &message, &message),
        }
    }

    /// Starts both messages.
    pub fn post(&mut self) {
        self.requests.start();
    }

    /// Lets them move; returns whether both are complete.
    pub fn poke(&mut self) -> bool {
        self.requests.poke()
    }

    /// Waits until both are complete.
    pub fn wait(&mut self) {
        self.requests.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_that_is_alone_waits_for_nobody() {
        let mut swap = Swap::new(&World::single(), 0, 100);
        swap.post();
        assert!(swap.poke());
        swap.wait();
    }
}
