//! Persistent requests, which the mpi crate does not have: set up once, started every exchange.

use super::world::raw;
use crate::field::Real;
use mpi::datatype::Equivalence;
use mpi::ffi;
use mpi::topology::SimpleCommunicator;
use mpi::traits::AsRaw;
use std::os::raw::{c_int, c_void};

/// A fixed set of sends and receives between fixed buffers.
///
/// The buffers belong to the set, so that they can neither move nor be freed while a transfer is under way.
pub(super) struct RequestSet<T> {
    requests: Vec<ffi::MPI_Request>,
    sends: Vec<Vec<T>>,
    receives: Vec<Vec<T>>,
    active: bool,
    /// Where there is more than one rank.
    comm: Option<ffi::MPI_Comm>,
}

/// One message: the other rank, its tag, and its number of elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub rank: usize,
    pub tag: i32,
    pub n: usize,
}

/// Elements of a message, as MPI counts them.
fn count(message: &Message) -> c_int {
    c_int::try_from(message.n).expect("a halo of more than 2^31 numbers needs more ranks")
}

fn datatype<T: Real>() -> ffi::MPI_Datatype {
    match T::NAME {
        "f32" => f32::equivalent_datatype().as_raw(),
        _ => f64::equivalent_datatype().as_raw(),
    }
}

impl<T: Real> RequestSet<T> {
    /// Sets up all transfers. Messages without elements are left out on both sides.
    pub fn new(communicator: Option<&SimpleCommunicator>, sends: &[Message], receives: &[Message]) -> RequestSet<T> {
        let buffers = |messages: &[Message]| messages.iter().map(|m| vec![T::ZERO; m.n]).collect::<Vec<_>>();
        let mut set = RequestSet {
            requests: Vec::new(),
            sends: buffers(sends),
            receives: buffers(receives),
            active: false,
            comm: communicator.map(raw),
        };
        let Some(comm) = set.comm else { return set };
        // Sends before receives: a long message is announced, granted and then sent, all in one stream to that rank. A grant
        // for a neighbour that came first must not overtake our announcement, or its values go out before it grants ours, and
        // both messages then travel one after the other.
        for (message, buffer) in sends.iter().zip(&set.sends).filter(|(m, _)| m.n > 0) {
            let mut request = std::mem::MaybeUninit::uninit();
            // SAFETY: the buffer has `n` elements of the datatype and lives, unmoved, until the request is freed in
            // `drop`; it is only touched while no transfer is active.
            unsafe {
                ffi::MPI_Send_init(
                    buffer.as_ptr().cast::<c_void>(),
                    count(message),
                    datatype::<T>(),
                    message.rank as c_int,
                    message.tag,
                    comm,
                    request.as_mut_ptr(),
                );
                set.requests.push(request.assume_init());
            }
        }
        for (message, buffer) in receives.iter().zip(&mut set.receives).filter(|(m, _)| m.n > 0) {
            let mut request = std::mem::MaybeUninit::uninit();
            // SAFETY: as above.
            unsafe {
                ffi::MPI_Recv_init(
                    buffer.as_mut_ptr().cast::<c_void>(),
                    count(message),
                    datatype::<T>(),
                    message.rank as c_int,
                    message.tag,
                    comm,
                    request.as_mut_ptr(),
                );
                set.requests.push(request.assume_init());
            }
        }
        set
    }

    /// The buffers that the next start sends.
    pub fn sends_mut(&mut self) -> &mut [Vec<T>] {
        assert!(!self.active, "buffers are MPI's while messages travel");
        &mut self.sends
    }

    /// What the last exchange received.
    pub fn receives(&self) -> &[Vec<T>] {
        assert!(!self.active, "buffers are MPI's while messages travel");
        &self.receives
    }

    /// Starts all transfers. From here to [`RequestSet::wait`] nothing may fail.
    pub fn start(&mut self) {
        assert!(!self.active, "an exchange is started once");
        if self.requests.is_empty() {
            return;
        }
        self.active = true;
        // SAFETY: all requests are persistent and inactive.
        unsafe { ffi::MPI_Startall(self.requests.len() as c_int, self.requests.as_mut_ptr()) };
    }

    /// Lets MPI move data; returns whether all transfers are complete.
    pub fn poke(&mut self) -> bool {
        if !self.active {
            return true;
        }
        let mut done: c_int = 0;
        // SAFETY: the requests were started; ignoring statuses is allowed.
        unsafe {
            ffi::MPI_Testall(
                self.requests.len() as c_int,
                self.requests.as_mut_ptr(),
                &mut done,
                ffi::RSMPI_STATUSES_IGNORE,
            )
        };
        self.active = done == 0;
        done != 0
    }

    /// Lets MPI move whatever else is under way between ranks, while this one waits for something that MPI knows nothing of.
    pub fn look_in(&self) {
        let Some(comm) = self.comm else { return };
        let mut found: c_int = 0;
        // SAFETY: asks whether any message is waiting, and receives none; ignoring the status is allowed.
        unsafe {
            ffi::MPI_Iprobe(
                ffi::RSMPI_ANY_SOURCE,
                ffi::RSMPI_ANY_TAG,
                comm,
                &mut found,
                ffi::RSMPI_STATUS_IGNORE,
            )
        };
    }

    /// Completes all transfers.
    pub fn wait(&mut self) {
        if !self.active {
            return;
        }
        // SAFETY: the requests were started; ignoring statuses is allowed.
        unsafe {
            ffi::MPI_Waitall(
                self.requests.len() as c_int,
                self.requests.as_mut_ptr(),
                ffi::RSMPI_STATUSES_IGNORE,
            )
        };
        self.active = false;
    }
}

impl<T> Drop for RequestSet<T> {
    fn drop(&mut self) {
        assert!(
            !self.active || std::thread::panicking(),
            "an exchange was started and never completed"
        );
        for request in &mut self.requests {
            // SAFETY: the request is persistent and inactive; sets are dropped before MPI is finalised.
            unsafe { ffi::MPI_Request_free(request) };
        }
    }
}
