//! Faults that tests switch on, to see that they are found: in binaries built with the feature `faults` only.
//!
//! `SIMRUN_FAULT="panic:1:3:wait"` panics on rank 1 when, 3 steps done, it begins to wait for messages.
//! `"kill:0:part-synced:2"` kills the process, as a power failure would, when rank 0 comes to the point of this name for the
//! second time; `"panic:0:part-synced:2"` panics there.

use super::phase::Phase;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The rank of this process.
static RANK: AtomicUsize = AtomicUsize::new(0);

/// How often each point has been reached.
static REACHED: Mutex<BTreeMap<&str, usize>> = Mutex::new(BTreeMap::new());

/// Tells which rank this process is.
pub fn set_rank(rank: usize) {
    RANK.store(rank, Ordering::Relaxed);
}

/// The program has come to `point`.
pub fn reach(point: &'static str) {
    if !cfg!(feature = "faults") {
        return;
    }
    let Ok(fault) = std::env::var("SIMRUN_FAULT") else {
        return;
    };
    let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
    let count = reached.entry(point).or_default();
    *count += 1;
    let here = format!("{}:{point}:{count}", RANK.load(Ordering::Relaxed));
    drop(reached);
    match fault.split_once(':') {
        Some(("kill", place)) if place == here => {
            // What cannot be raised is found out by the test that asked for it.
            let _ = signal_hook::low_level::raise(libc::SIGKILL);
        }
        Some(("panic", place)) if place == here => panic!("a fault was asked for at: {point}"),
        _ => {}
    }
}

/// Whether the environment asks for the fault that `text` gives.
pub fn is_asked_for(text: impl FnOnce() -> String) -> bool {
    std::env::var("SIMRUN_FAULT").is_ok_and(|fault| fault == text())
}

/// Panics.
pub(super) fn panic_in_phase(rank: usize, step: u64, phase: Phase) {
    let name = phase.name();
    assert!(
        !is_asked_for(|| format!("panic:{rank}:{step}:{name}")),
        "a fault was asked for in step {step}, at the beginning of: {name}"
    );
}
