//! How many messages went from rank to rank, and through what.

use super::exchange::HaloExchange;
use super::plan::n_numbers;
use crate::field::Real;
use std::collections::BTreeMap;
use std::fmt;

/// What carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// Memory that both ranks, on one host, have mapped.
    Memory,
    Mpi,
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Carrier::Memory => "memory",
            Carrier::Mpi => "mpi",
        })
    }
}

/// The halo messages that one rank has sent to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    pub to: usize,
    pub through: Carrier,
    pub messages: u64,
    pub bytes: u64,
}

impl Traffic {
    /// What this rank has sent in `exchanges`, by receivers: those alone that got something.
    pub fn of<'a, T: Real>(exchanges: impl Iterator<Item = &'a HaloExchange<T>>) -> Vec<Traffic> {
        let mut sums: BTreeMap<(usize, Carrier), (u64, u64)> = BTreeMap::new();
        for exchange in exchanges {
            for (link, through) in exchange.sending() {
                let numbers = n_numbers(&link.sends);
                if numbers > 0 && exchange.n_posted() > 0 {
                    let (messages, bytes) = sums.entry((link.rank, through)).or_default();
                    *messages += exchange.n_posted();
                    *bytes += exchange.n_posted() * (numbers * size_of::<T>()) as u64;
                }
            }
        }
        let traffic = sums.into_iter().map(|((to, through), (messages, bytes))| Traffic {
            to,
            through,
            messages,
            bytes,
        });
        traffic.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Shape, SlotId};
    use crate::grid::{Decomposition, Grid, IndexBox, Reach, Tile};
    use crate::parallel::{HaloNeed, HaloPlan};

    /// Rank 0 of three in a row: nothing is sent before an exchange is carried out, and nothing to the far end.
    #[test]
    fn only_pairs_that_talk_are_told() {
        let grid = Grid {
            cells: [9, 4, 3],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let decomposition = Decomposition {
            grid: grid.clone(),
            topology: [3, 1, 1],
        };
        let reach = Reach {
            lo: [1, 0, 0],
            hi: [2, 0, 0],
        };
        let tile = Tile {
            owned: decomposition.owned(0),
            margin: reach,
            grid,
        };
        let need = HaloNeed {
            slot: SlotId(0),
            reach,
            shape: Shape::Star,
            ghosts: Reach::NONE,
            domain: None::<IndexBox>,
        };
        let plan = HaloPlan::new(&decomposition, 0, &tile, &[need]);
        let mut exchange = HaloExchange::<f32>::new(plan);
        assert_eq!(Traffic::of([&exchange].into_iter()), []);
        // Not connected, so that nothing travels: posting is counted all the same.
        exchange.post();
        exchange.post();
        let expected = Traffic {
            to: 1,
            through: Carrier::Mpi,
            messages: 2,
            bytes: 2 * 12 * 4,
        };
        assert_eq!(Traffic::of([&exchange].into_iter()), [expected]);
        assert_eq!(format!("{} {}", Carrier::Mpi, Carrier::Memory), "mpi memory");
    }
}
