//! Carries out a halo plan: pack, post, wait, unpack.

use super::plan::{HaloBox, HaloCopy, HaloPlan};
use super::requests::{Message, RequestSet};
use super::world::World;
use crate::field::{BoxCopy, Real, SlotId, Storage};

/// One exchange of halo cells, set up once and carried out any number of times.
///
/// One message per neighbour carries all slots. The order of calls is `pack`, `post`, any number of `poke`, `wait`,
/// `unpack`; nothing between `post` and `wait` can fail. `copy_own` comes any time after `pack`, before what it fills is
/// read.
pub struct HaloExchange<T> {
    plan: HaloPlan,
    /// The plan's copies, by slot.
    copies: Vec<(SlotId, Vec<BoxCopy>)>,
    requests: RequestSet<T>,
    /// Layers below this one have their own copies made: see [`HaloExchange::copy_own`].
    copied_to: Option<i64>,
    /// The copies that are being made.
    due: Vec<BoxCopy>,
}

impl<T: Real> HaloExchange<T> {
    /// Sets up the exchange. `number` tells exchanges of one run apart; it is the same on all ranks.
    pub fn new(world: &World, plan: HaloPlan, number: usize) -> HaloExchange<T> {
        let message = |rank, boxes: &[HaloBox]| Message {
            rank,
            tag: number as i32,
            n: boxes.iter().map(|part| part.cells.n_cells()).sum(),
        };
        let sends: Vec<Message> = plan.links.iter().map(|link| message(link.rank, &link.sends)).collect();
        let receives: Vec<Message> = plan
            .links
            .iter()
            .map(|link| message(link.rank, &link.receives))
            .collect();
        let requests = RequestSet::new(world.communicator(), &sends, &receives);
        HaloExchange {
            copies: by_slot(&plan.copies),
            plan,
            requests,
            copied_to: None,
            due: Vec::new(),
        }
    }

    pub fn plan(&self) -> &HaloPlan {
        &self.plan
    }

    /// The whole exchange, with nothing done meanwhile.
    pub fn carry_out(&mut self, storage: &mut Storage<T>) {
        self.pack(storage);
        self.copy_own(storage, 2, i64::MAX);
        self.post();
        self.wait();
        self.unpack(storage);
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
        let is_first = self.copied_to.is_none();
        for (slot, copies) in &self.copies {
            self.due.clear();
            self.due
                .extend(copies.iter().filter(|copy| is_first || copy.by[axis] == 0).map(|copy| {
                    let layers = copy.from.with_range(axis, start, end);
                    let from = if copy.by[axis] == 0 {
                        copy.from.intersect(&layers)
                    } else {
                        copy.from
                    };
                    BoxCopy { from, by: copy.by }
                }));
            storage.array_mut(*slot).copy_within(&self.due);
        }
        self.copied_to = Some(end.max(start));
    }

    /// Copies what neighbours need into the message buffers. The copies into the tile's own halo begin anew.
    pub fn pack(&mut self, storage: &mut Storage<T>) {
        self.copied_to = None;
        for (link, buffer) in self.plan.links.iter().zip(self.requests.sends_mut()) {
            buffer.clear();
            for part in &link.sends {
                storage.array(part.slot).pack(&part.cells, buffer);
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
            for part in &link.receives {
                rest = storage.array_mut(part.slot).unpack(&part.cells, rest);
            }
        }
    }
}

/// The copies of each slot, in the order of the plan.
fn by_slot(copies: &[HaloCopy]) -> Vec<(SlotId, Vec<BoxCopy>)> {
    let mut groups: Vec<(SlotId, Vec<BoxCopy>)> = Vec::new();
    for &HaloCopy { slot, from, by } in copies {
        match groups.iter_mut().find(|group| group.0 == slot) {
            Some((_, group)) => group.push(BoxCopy { from, by }),
            None => groups.push((slot, vec![BoxCopy { from, by }])),
        }
    }
    groups
}
