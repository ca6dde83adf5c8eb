//! Ends a rank whose launcher is gone.
//!
//! A launcher that is killed cannot end its ranks, and ranks that go on hold the folder of a run that somebody starts
//! anew. Open MPI's ranks end by themselves within about a second, as its library notices the lost connection; that is
//! a service of one library, not of MPI. So every rank looks at its parent, which is the launcher or its deputy on this
//! node: when it ends, the rank gets another parent. (A signal at the parent's death, `PR_SET_PDEATHSIG`, is no way: it
//! comes when the *thread* ends that started the process, and launchers start ranks from threads. Nor is asking MPI,
//! which may wait for the launcher that is gone.) All ranks of a node have the same parent, or parents that end
//! together; the launcher ends the other nodes, or their deputies do.

use super::abort::leave;
use std::io::Write;
use std::os::unix::process::parent_id;
use std::time::Duration;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(500);

/// Exit code of a rank without a launcher, which nobody is left to see.
const ORPHAN_CODE: i32 = 102;

/// Looks at the parent of this process from now on, and ends the process when it has another one.
///
/// For processes that a launcher has started: whoever starts simrun without one, from a shell that ends before it, wants
/// it to go on.
pub(super) fn end_with_launcher(rank: usize, size: usize) {
    let launcher = parent_id();
    let watch = move || {
        while parent_id() == launcher {
            std::thread::sleep(INTERVAL);
        }
        let message = format!("simrun: rank {rank} of {size}: the launcher (process {launcher}) is gone; ending\n");
        // The launcher read standard error, so there may be nobody to tell.
        let _ = std::io::stderr().write_all(message.as_bytes());
        leave(ORPHAN_CODE);
    };
    // A system that has no thread left has other worries, and MPI's library may notice as well.
    let _ = std::thread::Builder::new()
        .name("launcher watch".to_string())
        .spawn(watch);
}
