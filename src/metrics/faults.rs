//! Faults that tests switch on, to see that they are found: in binaries built with the feature `faults` only.
//!
//! `SIMRUN_FAULT="panic:1:3:wait"` panics on rank 1 when, 3 steps done, it begins to wait for messages.

use super::phase::Phase;

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
