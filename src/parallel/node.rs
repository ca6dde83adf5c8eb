//! What the ranks of a host share: a segment of each that sends to another of them, with a channel for every halo message.

use super::channel::{Inbox, LINE, Outbox, channel_bytes};
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

/// A message of every exchange of this number, to a rank of the same host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Route {
    exchange: usize,
    to: usize,
    /// Numbers in it.
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
        let routes: Vec<Route> = links(plans, |link| &link.sends)
            .map(|(exchange, to, n)| Route { exchange, to, n })
            .filter(|route| is_near(&route.to))
            .collect();
        let created = create(rank, &routes, size);
        let failed = |cause: std::io::Error| Error::Io(format!("rank {rank} cannot share memory: {cause}"));
        let (own, name) = world.agree(created.map_err(failed))?.unzip();
        let names = texts(&host, name.as_ref().map_or("", Name::text));
        let senders: BTreeSet<usize> = links(plans, |link| &link.receives).map(|(_, from, _)| from).collect();
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

    /// The end at this rank of what exchange `exchange` sends to rank `to`, if that goes through memory. Asked for once.
    pub fn outbox<T: Copy>(&self, exchange: usize, to: usize) -> Option<Outbox<T>> {
        let own = self.own.as_ref()?;
        let (route, at) = routes(own).find(|(route, _)| (route.exchange, route.to) == (exchange, to))?;
        // SAFETY: `create` has laid out the segment so, and each end of a channel is asked for once, by the two ranks.
        Some(unsafe { Outbox::new(own.clone(), at, route.n) })
    }

    /// The end at this rank of what exchange `exchange` gets from rank `from`, `n` numbers, if that goes through memory.
    /// Asked for once.
    pub fn inbox<T: Copy>(&self, exchange: usize, from: usize, n: usize) -> Option<Inbox<T>> {
        let segment = self.others.get(&from).filter(|_| n > 0)?;
        let found = routes(segment).find(|(route, _)| (route.exchange, route.to) == (exchange, self.rank));
        let (route, at) = found.expect("the plans of two ranks agree");
        assert_eq!(route.n, n, "the plans of two ranks agree");
        // SAFETY: as for the outbox.
        Some(unsafe { Inbox::new(segment.clone(), at, n) })
    }
}

/// Number of the exchange, other rank, and how many numbers, of all messages on one side of the links that have any.
fn links<'a>(
    plans: &'a [&HaloPlan],
    side: impl Fn(&super::HaloLink) -> &[HaloBox] + 'a,
) -> impl Iterator<Item = (usize, usize, usize)> + 'a {
    let all = plans.iter().enumerate();
    let all = all.flat_map(|(exchange, plan)| plan.links.iter().map(move |link| (exchange, link)));
    all.map(move |(exchange, link)| (exchange, link.rank, n_numbers(side(link))))
        .filter(|&(_, _, n)| n > 0)
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
/// Numbers of 8 bytes that follow for each route: exchange, other rank, numbers in a message, place of the channel.
const PER_ROUTE: usize = 4;

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
        let words = [route.exchange, route.to, route.n, at];
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
        let [exchange, to, n, at] = [0, 1, 2, 3].map(|part| word(HEAD + PER_ROUTE * number + part));
        (Route { exchange, to, n }, at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: [Route; 3] = [
        Route {
            exchange: 0,
            to: 7,
            n: 100,
        },
        Route {
            exchange: 0,
            to: 5,
            n: 1,
        },
        Route {
            exchange: 2,
            to: 7,
            n: 33,
        },
    ];

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
    fn every_message_has_a_channel_of_its_own() {
        let [sender, receiver] = nodes();
        let mut outboxes = ROUTES.map(|route| sender.outbox::<f32>(route.exchange, route.to).unwrap());
        for value in 0..2 {
            for (number, outbox) in outboxes.iter_mut().enumerate() {
                outbox.buffer().fill((10 * number + value) as f32);
                outbox.send();
            }
        }
        let mut inboxes = [(0, 100), (2, 33)].map(|(exchange, n)| receiver.inbox::<f32>(exchange, 3, n).unwrap());
        for value in 0..2 {
            for (inbox, (number, n)) in inboxes.iter_mut().zip([(0, 100), (2, 33)]) {
                assert_eq!(inbox.message(), vec![(10 * number + value) as f32; n]);
                inbox.take();
            }
        }
        assert!(inboxes.iter().all(|inbox| !inbox.has_arrived()));
    }

    #[test]
    fn what_is_not_sent_within_the_host_has_no_channel() {
        let [sender, receiver] = nodes();
        assert!(sender.outbox::<f32>(1, 7).is_none() && sender.outbox::<f32>(0, 4).is_none());
        assert!(sender.inbox::<f32>(0, 7, 100).is_none() && receiver.outbox::<f32>(0, 3).is_none());
        assert!(
            receiver.inbox::<f32>(1, 3, 0).is_none(),
            "a message without numbers is not sent"
        );
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
