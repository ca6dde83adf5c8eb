//! Carries out a halo plan: pack, post, wait, unpack.

use super::plan::{HaloPlan, direction_number};
use super::requests::{Message, RequestSet};
use super::world::World;
use crate::field::{Real, Storage};

/// One exchange of halo cells, set up once and carried out any number of times.
///
/// One message per neighbour carries all slots. The order of calls is `pack`, `post`, any number of `poke`, `wait`,
/// `unpack`; nothing between `post` and `wait` can fail. `copy_own` comes any time after `pack`, before what it fills is
/// read.
pub struct HaloExchange<T> {
    plan: HaloPlan,
    requests: RequestSet<T>,
    /// Layers below this one have their own copies made: see [`HaloExchange::copy_own`].
    copied_to: Option<i64>,
}

impl<T: Real> HaloExchange<T> {
    /// Sets up the exchange. `number` tells exchanges of one run apart; it is the same on all ranks.
    pub fn new(world: &World, plan: HaloPlan, number: usize) -> HaloExchange<T> {
        let tag = |direction| number as i32 * 27 + direction_number(direction);
        let sends: Vec<Message> = plan
            .links
            .iter()
            .map(|link| Message {
                rank: link.rank,
                tag: tag(link.direction),
                n: link.parts.iter().map(|part| part.send.n_cells()).sum(),
            })
            .collect();
        // The neighbour sends in the opposite direction.
        let receives: Vec<Message> = plan
            .links
            .iter()
            .map(|link| Message {
                rank: link.rank,
                tag: tag(link.direction.map(|d| -d)),
                n: link.parts.iter().map(|part| part.recv.n_cells()).sum(),
            })
            .collect();
        let requests = RequestSet::new(world.communicator(), &sends, &receives);
        HaloExchange {
            plan,
            requests,
            copied_to: None,
        }
    }

    pub fn plan(&self) -> &HaloPlan {
        &self.plan
    }

    /// Whether the tile has to copy cells into its own halo in layers along other axes than `axis`.
    pub fn copies_within_layers(&self, axis: usize) -> bool {
        self.plan.copies.iter().any(|copy| copy.by[axis] == 0)
    }

    /// Copies into the tile's own halo what the layers below `end` along `axis` need and do not have yet. Made layer by
    /// layer, just before the layers are swept, these copies find their cells on the way into the cache. `axis` is the
    /// same from one `pack` to the next.
    pub fn copy_own(&mut self, storage: &mut Storage<T>, axis: usize, end: i64) {
        let start = self.copied_to.unwrap_or(i64::MIN);
        for copy in &self.plan.copies {
            let is_first = self.copied_to.is_none();
            let from = match copy.by[axis] {
                0 => copy.from.intersect(&copy.from.with_range(axis, start, end)),
                _ if is_first => copy.from,
                _ => continue,
            };
            if !from.is_empty() {
                storage.array_mut(copy.slot).copy_within(&from, copy.by);
            }
        }
        self.copied_to = Some(end.max(start));
    }

    /// Copies what neighbours need into the message buffers. The copies into the tile's own halo begin anew.
    pub fn pack(&mut self, storage: &mut Storage<T>) {
        self.copied_to = None;
        for (link, buffer) in self.plan.links.iter().zip(self.requests.sends_mut()) {
            buffer.clear();
            for part in &link.parts {
                storage.array(part.slot).pack(&part.send, buffer);
            }
        }
    }

    /// Sends and receives, without waiting.
    pub fn post(&mut self) {
        self.requests.start();
    }

    /// Lets messages move; returns whether all have arrived.
    pub fn poke(&mut self) -> bool {
        self.requests.poke()
    }

    /// Waits until all messages have arrived.
    pub fn wait(&mut self) {
        self.requests.wait();
    }

    /// Copies what has arrived into the halo.
    pub fn unpack(&mut self, storage: &mut Storage<T>) {
        for (link, buffer) in self.plan.links.iter().zip(self.requests.receives()) {
            let mut rest = &buffer[..];
            for part in &link.parts {
                rest = storage.array_mut(part.slot).unpack(&part.recv, rest);
            }
        }
    }

    /// Bytes that this rank sends in one exchange.
    pub fn n_bytes_sent(&self) -> usize {
        self.plan.n_cells_sent() * size_of::<T>()
    }
}
