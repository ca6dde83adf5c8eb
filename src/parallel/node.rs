//! What the ranks of a host share: a segment of each that sends to another of them, with a channel to each of these. The
//! exchanges of a tile take turns in it.

use super::channel::{Inbox, LINE, N_BUFFERS, Outbox, channel_bytes};
use super::plan::{HaloBox, HaloPlan, n_numbers};
use super::segment::{Name, Segment};
use super::world::{World, texts};
use crate::error::{Error, Result};
use crate::metrics::faults;
use mpi::topology::{Communicator, SimpleCommunicator};
use mpi::traits::CommunicatorCollectives;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The segments that a rank writes to and reads from.
///
/// The fault point `SIMRUN_FAULT="memory:1"` refuses rank 1 its memory.
#[derive(Debug, Default)]
pub(super) struct Node {
    rank: usize,
    own: Option<Arc<Segment>>,
    /// By the rank that writes to them.
    others: BTreeMap<usize, Arc<Segment>>,
}

/// What goes to a rank of the same host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Route {
    to: usize,
    /// Numbers in a message at most.
    n: usize,
}

impl Node {
    /// Sets up what the exchanges of `plans`, in this order on every rank, send within the host. All ranks call it.
    ///
    /// # Errors
    /// The same on all ranks, where one of them cannot have its memory or that of another.
    pub fn share(world: &World, plans: &[&HaloPlan], size: usize) -> Result<Node> {
        let Some(communicator) = world.communicator() else {
            return Ok(Node::default());
        };
        let rank = world.rank();
        let host = communicator.split_shared(rank as i32);
        let ranks = ranks(&host, rank);
        let is_near = |other: &usize| ranks.contains(other) && are_together(rank, *other);
        let messages = longest(links(plans.iter().copied(), |link| &link.sends));
        let routes = messages.into_iter().map(|(to, n)| Route { to, n });
        let routes: Vec<Route> = routes.filter(|route| is_near(&route.to)).collect();
        let created = create(rank, &routes, size);
        let failed = |cause: std::io::Error| Error::Io(format!("rank {rank} cannot share memory: {cause}"));
        let (own, name) = world.agree(created.map_err(failed))?.unzip();
        let names = texts(&host, name.as_ref().map_or("", Name::text));
        let senders: BTreeSet<usize> = links(plans.iter().copied(), |link| &link.receives)
            .map(|(from, _)| from)
            .collect();
        let is_sender = |from: &usize| senders.contains(from) && is_near(from);
        let near = ranks.iter().zip(&names).filter(|(from, _)| is_sender(from));
        let opened: std::io::Result<BTreeMap<usize, Arc<Segment>>> = near
            .map(|(&from, name)| open(from, name).map(|segment| (from, Arc::new(segment))))
            .collect();
        // When all ranks have come to this, nobody needs the name any more.
        let others = world.agree(opened.map_err(failed))?;
        let own = own.map(Arc::new);
        Ok(Node { rank, own, others })
    }

    /// Whether `rank` gets its messages through memory, or sends them so.
    pub fn has(&self, rank: usize) -> bool {
        let is_sent_to = |own: &Arc<Segment>| routes(own).any(|(route, _)| route.to == rank);
        self.others.contains_key(&rank) || self.own.as_ref().is_some_and(is_sent_to)
    }

    /// An end of what this rank sends to rank `to`, if that goes through memory: one for each exchange.
    pub fn outbox<T: Copy>(&self, to: usize) -> Option<Outbox<T>> {
        let (route, at) = routes(self.own.as_ref()?).find(|(route, _)| route.to == to)?;
        let own = self.own.as_ref()?.clone();
        // SAFETY: `create` has laid out the segment so; the exchanges of a tile belong to one thread and take turns.
        Some(unsafe { Outbox::new(own, at, route.n) })
    }

    /// An end of what this rank gets from rank `from`, if that goes through memory: one for each exchange.
    pub fn inbox<T: Copy>(&self, from: usize) -> Option<Inbox<T>> {
        let segment = self.others.get(&from)?;
        let found = routes(segment).find(|(route, _)| route.to == self.rank);
        let (route, at) = found.expect("the plans of two ranks agree");
        // SAFETY: as for the outbox.
        Some(unsafe { Inbox::new(segment.clone(), at, route.n) })
    }
}

/// Numbers in the buffers of all channels that a rank with these plans writes to or reads from.
pub fn shared_numbers(plans: &[HaloPlan]) -> usize {
    let sent = longest(links(plans.iter(), |link| &link.sends));
    let received = longest(links(plans.iter(), |link| &link.receives));
    N_BUFFERS as usize * sent.into_values().chain(received.into_values()).sum::<usize>()
}

/// The longest of the messages, given by the other rank and their length, of each other rank.
fn longest(messages: impl Iterator<Item = (usize, usize)>) -> BTreeMap<usize, usize> {
    let mut longest: BTreeMap<usize, usize> = BTreeMap::new();
    for (rank, n) in messages {
        let most = longest.entry(rank).or_default();
        *most = n.max(*most);
    }
    longest
}

/// Other rank, and how many numbers, of all messages on one side of the links that have any.
fn links<'a>(
    plans: impl Iterator<Item = &'a HaloPlan>,
    side: impl Fn(&super::HaloLink) -> &[HaloBox] + 'a,
) -> impl Iterator<Item = (usize, usize)> {
    let all = plans.flat_map(|plan| &plan.links);
    all.map(move |link| (link.rank, n_numbers(side(link))))
        .filter(|&(_, n)| n > 0)
}

/// The ranks of the host in the world, in their order.
fn ranks(host: &SimpleCommunicator, rank: usize) -> Vec<usize> {
    let mut ranks = vec![0u64; host.size() as usize];
    host.all_gather_into(&(rank as u64), &mut ranks[..]);
    ranks.into_iter().map(|rank| rank as usize).collect()
}

/// Whether two ranks of a host may share memory: always, but in builds with the feature `faults`, where the environment variable
/// `SIMRUN_RANKS_PER_HOST` makes one host seem to be several.
fn are_together(rank: usize, other: usize) -> bool {
    let wanted = std::env::var("SIMRUN_RANKS_PER_HOST").ok();
    let n = wanted
        .filter(|_| cfg!(feature = "faults"))
        .and_then(|text| text.parse().ok());
    n.is_none_or(|n: usize| rank / n == other / n)
}

/// Numbers of 8 bytes at the beginning of a segment: its owner and one, so that it is not zero, and the number of routes.
const HEAD: usize = 2;
/// Numbers of 8 bytes that follow for each route: other rank, numbers in a message, place of the channel.
const PER_ROUTE: usize = 3;

/// A segment with a channel for each of the routes; none where there are no routes.
fn create(rank: usize, routes: &[Route], size: usize) -> std::io::Result<Option<(Segment, Name)>> {
    if cfg!(feature = "faults") && faults::is_asked_for(|| format!("memory:{rank}")) {
        return Err(std::io::Error::from_raw_os_error(libc::ENOSPC));
    }
    if routes.is_empty() {
        return Ok(None);
    }
    let mut end = (8 * (HEAD + PER_ROUTE * routes.len())).next_multiple_of(LINE);
    let places: Vec<usize> = routes
        .iter()
        .map(|route| {
            let at = end;
            end += channel_bytes(route.n, size);
            at
        })
        .collect();
    let (segment, name) = Segment::create(end)?;
    for (number, (route, at)) in routes.iter().zip(places).enumerate() {
        let words = [route.to, route.n, at];
        for (word, value) in words.into_iter().enumerate() {
            let place = 8 * (HEAD + PER_ROUTE * number + word);
            segment.word(place).store(value as u64, Ordering::Relaxed);
        }
    }
    segment.word(8).store(routes.len() as u64, Ordering::Relaxed);
    segment.word(0).store(rank as u64 + 1, Ordering::Release);
    Ok(Some((segment, name)))
}

/// The segment that rank `from` has made under `name`.
fn open(from: usize, name: &str) -> std::io::Result<Segment> {
    let segment = Segment::open(name)?;
    // Ranks that MPI takes for neighbours may live in containers that share nothing.
    match segment.word(0).load(Ordering::Acquire) == from as u64 + 1 {
        true => Ok(segment),
        false => Err(std::io::Error::other(format!("{name} is not that of rank {from}"))),
    }
}

/// The routes that a segment has, and where their channels are.
fn routes(segment: &Segment) -> impl Iterator<Item = (Route, usize)> + '_ {
    let word = |number: usize| segment.word(8 * number).load(Ordering::Relaxed) as usize;
    (0..word(1)).map(move |number| {
        let [to, n, at] = [0, 1, 2].map(|part| word(HEAD + PER_ROUTE * number + part));
        (Route { to, n }, at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: [Route; 3] = [Route { to: 7, n: 100 }, Route { to: 5, n: 1 }, Route { to: 9, n: 33 }];

    /// The nodes of ranks 3 and 7, of which the first sends to the second.
    fn nodes() -> [Node; 2] {
        let (own, name) = create(3, &ROUTES, 4).unwrap().unwrap();
        let theirs = open(3, name.text()).unwrap();
        let sender = Node {
            rank: 3,
            own: Some(Arc::new(own)),
            others: BTreeMap::new(),
        };
        let receiver = Node {
            rank: 7,
            own: None,
            others: BTreeMap::from([(3, Arc::new(theirs))]),
        };
        [sender, receiver]
    }

    #[test]
    fn every_neighbour_has_a_channel_of_its_own() {
        let [sender, receiver] = nodes();
        let mut inbox = receiver.inbox::<f32>(3).unwrap();
        for value in 0..2 {
            for (number, route) in ROUTES.iter().enumerate() {
                let mut outbox = sender.outbox::<f32>(route.to).unwrap();
                outbox.buffer(route.n).fill((10 * number + value) as f32);
                outbox.send();
            }
        }
        for value in 0..2 {
            assert_eq!(inbox.message(100), [value as f32; 100]);
            inbox.take();
        }
        assert!(!inbox.has_arrived());
    }

    /// Exchanges have messages of different lengths, and take turns.
    #[test]
    fn exchanges_share_a_channel() {
        let [sender, receiver] = nodes();
        let mut outboxes = [100, 7].map(|n| (sender.outbox::<f32>(7).unwrap(), n));
        let mut inboxes = [100, 7].map(|n| (receiver.inbox::<f32>(3).unwrap(), n));
        for value in 0..5 {
            for ((outbox, n), (inbox, same)) in outboxes.iter_mut().zip(&mut inboxes) {
                outbox.buffer(*n).fill(value as f32);
                outbox.send();
                assert_eq!(inbox.message(*same), vec![value as f32; *n]);
                inbox.take();
            }
        }
    }

    #[test]
    fn what_is_not_sent_within_the_host_has_no_channel() {
        let [sender, receiver] = nodes();
        assert!(sender.outbox::<f32>(4).is_none() && sender.inbox::<f32>(7).is_none());
        assert!(receiver.outbox::<f32>(3).is_none());
        assert!(sender.has(7) && sender.has(5) && receiver.has(3));
        assert!(!sender.has(3) && !receiver.has(5));
    }

    #[test]
    fn a_segment_of_another_rank_is_refused() {
        let (_own, name) = create(3, &ROUTES, 8).unwrap().unwrap();
        assert!(open(4, name.text()).is_err());
        assert!(create(3, &[], 8).unwrap().is_none());
    }
}
