//! All ranks of the job: start, end, agreement, reductions.

use super::abort::abort;
use super::launcher::{has_launcher, mismatch};
use super::orphan::end_with_launcher;
use crate::error::{Error, Result};
use crate::field::ExactSum;
use crate::metrics::faults;
use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::environment::Universe;
use mpi::ffi;
use mpi::topology::{Color, SimpleCommunicator};
use mpi::traits::{AsRaw, Communicator, CommunicatorCollectives, Destination, Equivalence, Root, Source};
use std::io::Write;
use std::sync::Arc;

/// Exit code of a job that a panic ended.
const PANIC_CODE: i32 = 101;

/// The ranks of the job, or some of them that work by themselves ([`World::split`]).
///
/// A world of one rank made by [`World::single`] never touches MPI: unit tests and commands that need no other rank use
/// it. A panic, and [`abort`], end the job with all its worlds.
pub struct World {
    communicator: Option<SimpleCommunicator>,
    rank: usize,
    size: usize,
    /// This rank among all ranks of the job, and how many they are.
    in_job: (usize, usize),
    /// The last world to go finalises MPI, after its communicator is freed; `None` in a single world.
    universe: Option<Arc<Universe>>,
}

impl World {
    /// One rank, without MPI.
    pub fn single() -> World {
        World {
            communicator: None,
            rank: 0,
            size: 1,
            in_job: (0, 1),
            universe: None,
        }
    }

    /// Initialises MPI, and sees to it that a panic on any rank ends the whole job, and the end of the launcher this rank.
    ///
    /// Fails where a launcher started several processes that MPI does not join into one world.
    pub fn start() -> Result<World> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)
            .ok_or_else(|| Error::Config("MPI was already initialised in this process".to_string()))?;
        let communicator = universe.world();
        let (rank, size) = (communicator.rank() as usize, communicator.size() as usize);
        abort_on_panic(rank, size);
        faults::set_rank(rank);
        let variable = |name: &str| std::env::var(name).ok();
        if has_launcher(size, variable) {
            end_with_launcher(rank, size);
        }
        if let Some(found) = mismatch(size, variable) {
            // Every process would say the same: the launcher's first one speaks.
            return Err(Error::Config(if found.is_first {
                found.to_string()
            } else {
                String::new()
            }));
        }
        Ok(World {
            communicator: Some(communicator),
            rank,
            size,
            in_job: (rank, size),
            universe: Some(Arc::new(universe)),
        })
    }

    /// The ranks that give the same `group`, as a world of their own, in the order of this one. All ranks call it.
    pub fn split(&self, group: usize) -> World {
        let color = i32::try_from(group).expect("there are no more groups than ranks");
        let ours = |world: &SimpleCommunicator| world.split_by_color(Color::with_value(color));
        self.part(
            self.communicator()
                .map(|world| ours(world).expect("every rank has a group")),
        )
    }

    /// The ranks on the host of this one, as MPI sees it, as a world of their own, in the order of this one. All ranks
    /// call it.
    pub fn on_host(&self) -> World {
        self.part(self.communicator().map(|world| world.split_shared(self.rank as i32)))
    }

    /// The part of this world that `communicator` joins; a single rank where there is none.
    fn part(&self, communicator: Option<SimpleCommunicator>) -> World {
        let of =
            |number: fn(&SimpleCommunicator) -> i32, alone| communicator.as_ref().map_or(alone, |c| number(c) as usize);
        World {
            rank: of(SimpleCommunicator::rank, 0),
            size: of(SimpleCommunicator::size, 1),
            communicator,
            in_job: self.in_job,
            universe: self.universe.clone(),
        }
    }

    /// This rank among all ranks of the job, and how many they are: for messages about processes.
    pub fn in_job(&self) -> (usize, usize) {
        self.in_job
    }

    pub fn rank(&self) -> usize {
        self.rank
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether this is rank 0, which speaks and writes for all.
    pub fn is_root(&self) -> bool {
        self.rank == 0
    }

    /// The communicator, where there is more than one rank.
    pub(super) fn communicator(&self) -> Option<&SimpleCommunicator> {
        self.communicator.as_ref().filter(|_| self.size > 1)
    }

    /// Waits until all ranks are here.
    pub fn barrier(&self) {
        if let Some(communicator) = self.communicator() {
            communicator.barrier();
        }
    }

    fn reduce_f64(&self, values: &mut [f64], operation: SystemOperation) {
        if let Some(communicator) = self.communicator() {
            let mine = values.to_vec();
            communicator.all_reduce_into(&mine[..], values, operation);
        }
    }

    /// Replaces each value by its maximum over all ranks. NaN must not occur.
    pub fn max(&self, values: &mut [f64]) {
        self.reduce_f64(values, SystemOperation::max());
    }

    /// Replaces each value by its minimum over all ranks. NaN must not occur.
    pub fn min(&self, values: &mut [f64]) {
        self.reduce_f64(values, SystemOperation::min());
    }

    /// Replaces each value by its minimum over all ranks.
    pub fn min_integers(&self, values: &mut [i64]) {
        if let Some(communicator) = self.communicator() {
            let mine = values.to_vec();
            communicator.all_reduce_into(&mine[..], values, SystemOperation::min());
        }
    }

    /// Replaces each sum by the sum over all ranks: exact, so independent of ranks and order.
    pub fn sum(&self, sums: &mut [ExactSum]) {
        let Some(communicator) = self.communicator() else {
            return;
        };
        let mine: Vec<i64> = sums.iter_mut().flat_map(ExactSum::limbs).collect();
        let mut total = vec![0i64; mine.len()];
        communicator.all_reduce_into(&mine[..], &mut total[..], SystemOperation::sum());
        let n_limbs = total.len() / sums.len().max(1);
        for (sum, limbs) in sums.iter_mut().zip(total.chunks(n_limbs.max(1))) {
            *sum = ExactSum::from_limbs(limbs);
        }
    }

    /// Replaces each value by its sum over all ranks, rounded in whatever order MPI adds: for what is measured, not for what is
    /// computed ([`World::sum`]).
    pub fn total(&self, values: &mut [f64]) {
        self.reduce_f64(values, SystemOperation::sum());
    }

    /// The sum of `number` over the ranks below this one.
    pub fn sum_below(&self, number: u64) -> u64 {
        let mut below = 0;
        if let Some(communicator) = self.communicator() {
            communicator.exclusive_scan_into(&number, &mut below, SystemOperation::sum());
        }
        // On rank 0, MPI leaves it as it likes.
        if self.is_root() { 0 } else { below }
    }

    /// On rank 0 the numbers of every rank, as many from each, in the order of ranks; nothing elsewhere.
    pub fn gather(&self, values: &[f64]) -> Vec<Vec<f64>> {
        let all = match self.communicator() {
            Some(communicator) => gathered(communicator, values),
            None => values.to_vec(),
        };
        all.chunks(values.len().max(1)).map(<[f64]>::to_vec).collect()
    }

    /// On rank 0 a short text (at most 64 bytes of it) of every rank, in the order of ranks; nothing elsewhere.
    pub fn gather_texts(&self, text: &str) -> Vec<String> {
        match self.communicator() {
            Some(communicator) => from_fixed(&gathered(communicator, &fixed(text))),
            None => vec![text.to_string()],
        }
    }

    /// The bytes that `rank` has, on all ranks.
    pub fn broadcast_bytes(&self, bytes: &mut Vec<u8>, rank: usize) {
        let Some(communicator) = self.communicator() else {
            return;
        };
        let root = communicator.process_at_rank(rank as i32);
        let mut length = bytes.len() as u64;
        root.broadcast_into(&mut length);
        bytes.resize(length as usize, 0);
        // The address of no bytes is that of nothing, which an MPI may take for one of its special addresses.
        if length > 0 {
            root.broadcast_into(&mut bytes[..]);
        }
    }

    /// On rank 0 the bytes of the ranks `from`, in their order; nothing elsewhere. Nobody else needs to have any.
    pub fn gather_bytes(&self, from: &[usize], bytes: Vec<u8>) -> Vec<Vec<u8>> {
        /// Tag of gathered bytes: apart from all others.
        const TAG: i32 = 30_002;
        if !self.is_root() {
            if let Some(communicator) = self.communicator().filter(|_| from.contains(&self.rank)) {
                communicator.process_at_rank(0).send_with_tag(&bytes[..], TAG);
            }
            return Vec::new();
        }
        let receive = |rank: usize| match self.communicator().filter(|_| rank != 0) {
            Some(communicator) => {
                communicator
                    .process_at_rank(rank as i32)
                    .receive_vec_with_tag::<u8>(TAG)
                    .0
            }
            None => bytes.clone(),
        };
        from.iter().map(|&rank| receive(rank)).collect()
    }

    /// The text that rank 0 has, on all ranks.
    pub fn broadcast_text(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        self.broadcast_bytes(&mut bytes, 0);
        String::from_utf8(bytes).expect("rank 0 sent a string")
    }

    /// Whether `here` holds on any rank.
    pub fn any(&self, here: bool) -> bool {
        let mut flag = [if here { 1.0 } else { 0.0 }];
        self.max(&mut flag);
        flag[0] > 0.0
    }

    /// Success if all ranks succeeded, else the error of the lowest rank that failed, on all ranks. Every fallible step
    /// of a run ends with this, so that no rank goes on alone.
    pub fn agree<T>(&self, result: Result<T>) -> Result<T> {
        if self.size == 1 {
            return result;
        }
        let mut first = [if result.is_err() { self.rank as i64 } else { i64::MAX }];
        self.min_integers(&mut first);
        if first[0] == i64::MAX {
            return result;
        }
        let failed = first[0] as usize;
        let (mut code, mut text) = match &result {
            Err(error) if self.rank == failed => (error.exit_code(), error.to_string().into_bytes()),
            _ => (0, Vec::new()),
        };
        let communicator = self.communicator().expect("there are several ranks");
        communicator.process_at_rank(failed as i32).broadcast_into(&mut code);
        self.broadcast_bytes(&mut text, failed);
        Err(Error::from_code(code, String::from_utf8_lossy(&text).into_owned()))
    }

    /// Round-trip time of `n_bytes` between rank 0 and `partner`, s: the mean over `repeats`, on those two ranks; the
    /// others return at once with 0.
    pub fn round_trip(&self, partner: usize, n_bytes: usize, repeats: usize) -> f64 {
        let Some(communicator) = self.communicator() else {
            return 0.0;
        };
        if self.rank != 0 && self.rank != partner {
            return 0.0;
        }
        let other = communicator.process_at_rank(if self.rank == 0 { partner as i32 } else { 0 });
        let mut buffer = vec![1u8; n_bytes];
        let start = std::time::Instant::now();
        for _ in 0..repeats {
            if self.rank == 0 {
                other.send(&buffer[..]);
                other.receive_into(&mut buffer[..]);
            } else {
                other.receive_into(&mut buffer[..]);
                other.send(&buffer[..]);
            }
        }
        start.elapsed().as_secs_f64() / repeats as f64
    }
}

/// Makes a panic on any rank report its rank and end the whole job: a rank that just left would leave the others
/// waiting for its messages for ever.
fn abort_on_panic(rank: usize, size: usize) {
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let text = info.payload_as_str().unwrap_or("(no message)");
        let message = format!(
            "simrun: rank {rank} of {size} failed{place}, thread {}: {text}\n  This is a bug in simrun: please report \
             it with the configuration. Ending the whole job.\n",
            thread.name().unwrap_or("?")
        );
        // One write, so that ranks do not interleave; a closed standard error changes nothing.
        let _ = std::io::stderr().write_all(message.as_bytes());
        abort(PANIC_CODE);
    }));
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rank {} of {}", self.rank, self.size)
    }
}

/// On rank 0 the values of every rank, one rank's after the other's; nothing elsewhere.
fn gathered<T: Copy + Default + Equivalence>(communicator: &SimpleCommunicator, values: &[T]) -> Vec<T> {
    let root = communicator.process_at_rank(0);
    if communicator.rank() != 0 {
        root.gather_into(values);
        return Vec::new();
    }
    let mut all = vec![T::default(); values.len() * communicator.size() as usize];
    root.gather_into_root(values, &mut all[..]);
    all
}

/// A short text (at most 64 bytes of it) from every rank of `communicator`, in the order of ranks, on every one of them: for the
/// ranks of a host.
pub(super) fn texts(communicator: &SimpleCommunicator, text: &str) -> Vec<String> {
    let mut all = vec![0u8; WIDTH * communicator.size() as usize];
    communicator.all_gather_into(&fixed(text)[..], &mut all[..]);
    from_fixed(&all)
}

/// Bytes of a short text on its way.
const WIDTH: usize = 64;

/// The first [`WIDTH`] bytes of a text, or fewer and zeros.
fn fixed(text: &str) -> [u8; WIDTH] {
    let mut bytes = [0u8; WIDTH];
    let n = text.len().min(WIDTH);
    bytes[..n].copy_from_slice(&text.as_bytes()[..n]);
    bytes
}

fn from_fixed(all: &[u8]) -> Vec<String> {
    let text = |one: &[u8]| String::from_utf8_lossy(one).trim_end_matches('\0').to_string();
    all.chunks(WIDTH).map(text).collect()
}

/// Raw handle of the communicator, for the calls that the mpi crate lacks.
pub(super) fn raw(communicator: &SimpleCommunicator) -> ffi::MPI_Comm {
    communicator.as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_world_agrees_with_itself() {
        let world = World::single();
        assert_eq!(world.agree(Ok(3)), Ok(3));
        assert_eq!(
            world.agree::<()>(Err(Error::Io("x".into()))),
            Err(Error::Io("x".into()))
        );
        let mut values = [1.0, -2.0];
        world.max(&mut values);
        assert_eq!(values, [1.0, -2.0]);
        world.total(&mut values);
        assert_eq!(world.gather(&values), vec![vec![1.0, -2.0]]);
        assert_eq!(world.gather_texts("here"), ["here"]);
        assert_eq!(world.sum_below(3), 0);
        assert!(world.any(true) && !world.any(false));
        assert_eq!(world.broadcast_text("same"), "same");
    }

    #[test]
    fn a_part_of_a_single_world_is_one() {
        let world = World::single();
        for part in [world.split(3), world.on_host()] {
            assert_eq!((part.rank(), part.size(), part.in_job()), (0, 1, (0, 1)));
        }
    }
}
