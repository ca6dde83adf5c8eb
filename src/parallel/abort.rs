//! The end of the whole job, from any rank and any thread.

use mpi::ffi;
use std::os::raw::c_int;
use std::time::Duration;

/// How long MPI may take to end this process before it ends itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a launcher is given to hand on what was said: MPICH's throws away what it has not read when the job is ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Ends all ranks at once with an exit code other than zero, without a word: the caller has said why. Needs no other
/// rank, and no rank's consent.
pub fn abort(code: i32) -> ! {
    // MPI may hang itself: in a library that another thread has left locked, or asking a launcher that is gone.
    let timer = std::thread::Builder::new().spawn(move || {
        std::thread::sleep(PATIENCE);
        leave(code);
    });
    // Without a timer MPI is trusted.
    drop(timer);
    if is_running() {
        std::thread::sleep(LAST_WORDS);
        // SAFETY: MPI is initialised and not finalised. The standard wants this call from the thread that initialised
        // it; the implementations take it from any, and nothing but the end of the process follows.
        unsafe { ffi::MPI_Abort(ffi::RSMPI_COMM_WORLD, code) };
    }
    leave(code)
}

/// Whether MPI is initialised and not yet finalised.
fn is_running() -> bool {
    let (mut is_begun, mut is_over): (c_int, c_int) = (0, 0);
    // SAFETY: both may be called at any time, from any thread, and write to these numbers alone.
    unsafe {
        ffi::MPI_Initialized(&mut is_begun);
        ffi::MPI_Finalized(&mut is_over);
    }
    is_begun != 0 && is_over == 0
}

/// Ends this process alone, without what other code has registered to be done at its end, which may wait for other ranks.
pub(super) fn leave(code: i32) -> ! {
    // SAFETY: the call takes a number and does not return.
    unsafe { libc::_exit(code) }
}
