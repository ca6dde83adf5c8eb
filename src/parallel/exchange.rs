//! Carries out a halo plan: pack, post, wait, unpack.

use super::channel::{Inbox, Outbox, wait_until};
use super::neighbours::Neighbours;
use super::node::Node;
use super::plan::{HaloBox, HaloCopy, HaloLink, HaloPlan, n_numbers};
use super::requests::{Message, RequestSet};
use super::traffic::Carrier;
use super::world::World;
use crate::field::{BoxCopy, Real, SlotId, Storage};

/// One exchange of halo cells, set up once and carried out any number of times, from the packing to the unpacking of one
/// before another of the tile begins.
///
/// One message per neighbour carries all slots. A neighbour on the same host reads it where this rank has packed it, in
/// memory that both have mapped; others get it from MPI. The order of calls is `pack`, `post`, any number of `poke`, `wait`,
/// `unpack`; nothing between `post` and `wait` can fail. `copy_own` comes any time after `pack`, before what it fills is
/// read.
pub struct HaloExchange<T> {
    plan: HaloPlan,
    /// The plan's copies, by slot.
    copies: Vec<(SlotId, Vec<BoxCopy>)>,
    /// Of each link, once the exchange is connected.
    ends: Vec<Ends<T>>,
    /// What goes through MPI: messages without elements where it does not.
    requests: RequestSet<T>,
    /// How often it was carried out.
    n_posted: u64,
    /// Layers below this one have their own copies made: see [`HaloExchange::copy_own`].
    copied_to: Option<i64>,
    /// The copies that are being made.
    due: Vec<BoxCopy>,
}

/// The ends at this rank of the channels that two ranks of a host have, as far as they have any.
struct Ends<T> {
    outbox: Option<Outbox<T>>,
    inbox: Option<Inbox<T>>,
}

impl<T: Real> HaloExchange<T> {
    /// An exchange that is not connected yet: [`HaloExchange::connect`] comes first.
    pub fn new(plan: HaloPlan) -> HaloExchange<T> {
        HaloExchange {
            copies: by_slot(&plan.copies),
            plan,
            ends: Vec::new(),
            requests: RequestSet::new(None, &[], &[]),
            n_posted: 0,
            copied_to: None,
            due: Vec::new(),
        }
    }

    /// Connects all exchanges of a tile, in the same order on every rank, with those of its neighbours: through memory where
    /// that `is_shared` on a host and can be had, by messages elsewhere. All ranks call it.
    pub fn connect(world: &World, exchanges: &mut [&mut HaloExchange<T>], is_shared: bool) -> Neighbours {
        let plans: Vec<&HaloPlan> = exchanges.iter().map(|exchange| &exchange.plan).collect();
        let node = is_shared.then(|| Node::share(world, &plans, size_of::<T>()));
        let neighbours = Neighbours::count(world, &plans, node.as_ref());
        let node = node.and_then(Result::ok).unwrap_or_default();
        for (number, exchange) in exchanges.iter_mut().enumerate() {
            exchange.connect_one(world, number, &node);
        }
        neighbours
    }

    fn connect_one(&mut self, world: &World, number: usize, node: &Node) {
        let links = &self.plan.links;
        self.ends = links
            .iter()
            .map(|link| Ends {
                outbox: node.outbox(link.rank).filter(|_| !link.sends.is_empty()),
                inbox: node.inbox(link.rank).filter(|_| !link.receives.is_empty()),
            })
            .collect();
        let message = |rank, boxes: &[HaloBox], is_elsewhere: bool| Message {
            rank,
            tag: number as i32,
            n: if is_elsewhere { 0 } else { n_numbers(boxes) },
        };
        let all = || links.iter().zip(&self.ends);
        let sends: Vec<Message> = all()
            .map(|(link, ends)| message(link.rank, &link.sends, ends.outbox.is_some()))
            .collect();
        let receives: Vec<Message> = all()
            .map(|(link, ends)| message(link.rank, &link.receives, ends.inbox.is_some()))
            .collect();
        self.requests = RequestSet::new(world.communicator(), &sends, &receives);
    }

    pub fn plan(&self) -> &HaloPlan {
        &self.plan
    }

    /// How often messages were started.
    pub fn n_posted(&self) -> u64 {
        self.n_posted
    }

    /// Bytes that this rank sends each time.
    pub fn n_bytes_sent(&self) -> usize {
        self.plan.n_cells_sent() * size_of::<T>()
    }

    /// The neighbours, and what carries what is sent to them.
    pub fn sending(&self) -> impl Iterator<Item = (&HaloLink, Carrier)> {
        let links = self.plan.links.iter().enumerate();
        links.map(
            |(n, link)| match self.ends.get(n).is_some_and(|ends| ends.outbox.is_some()) {
                true => (link, Carrier::Memory),
                false => (link, Carrier::Mpi),
            },
        )
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

    /// Waits until the buffers of the next messages may be written: neighbours on this host have read what is in them.
    pub fn await_room(&self) {
        let has_room = || self.ends.iter().flat_map(|ends| &ends.outbox).all(Outbox::has_room);
        wait_until(has_room, || self.requests.look_in());
    }

    /// Copies what neighbours need into the message buffers, when they may be written. The copies into the tile's own halo
    /// begin anew.
    pub fn pack(&mut self, storage: &mut Storage<T>) {
        assert_eq!(self.ends.len(), self.plan.links.len(), "an exchange is connected first");
        self.await_room();
        self.copied_to = None;
        let links = self.plan.links.iter().zip(&mut self.ends);
        for ((link, ends), buffer) in links.zip(self.requests.sends_mut()) {
            let mut rest = match &mut ends.outbox {
                Some(outbox) => outbox.buffer(n_numbers(&link.sends)),
                None => &mut buffer[..],
            };
            for part in &link.sends {
                rest = storage.array(part.slot).pack_into(&part.cells, rest);
            }
        }
    }

    /// Sends and receives, without waiting.
    pub fn post(&mut self) {
        self.n_posted += 1;
        self.ends
            .iter_mut()
            .flat_map(|ends| &mut ends.outbox)
            .for_each(Outbox::send);
        self.requests.start();
    }

    /// Lets messages move; returns whether all have arrived.
    pub fn poke(&mut self) -> bool {
        self.requests.poke() && self.has_all_of_host()
    }

    /// Waits until all messages have arrived.
    pub fn wait(&mut self) {
        // First those of MPI, which moves everything meanwhile that others may need to go on.
        self.requests.wait();
        wait_until(|| self.has_all_of_host(), || self.requests.look_in());
    }

    /// Whether the messages of all neighbours on this host are here.
    fn has_all_of_host(&self) -> bool {
        self.ends.iter().flat_map(|ends| &ends.inbox).all(Inbox::has_arrived)
    }

    /// Copies what has arrived into the halo.
    pub fn unpack(&mut self, storage: &mut Storage<T>) {
        let links = self.plan.links.iter().zip(&mut self.ends);
        for ((link, ends), buffer) in links.zip(self.requests.receives()) {
            let mut rest = match &ends.inbox {
                Some(inbox) => inbox.message(n_numbers(&link.receives)),
                None => &buffer[..],
            };
            for part in &link.receives {
                rest = storage.array_mut(part.slot).unpack(&part.cells, rest);
            }
            ends.inbox.iter_mut().for_each(Inbox::take);
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
