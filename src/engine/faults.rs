//! Faults that tests switch on, to see that they are found: in binaries built with the feature `faults` only.
//!
//! `SIMRUN_FAULT="halo:1:3"` adds one to a halo value on rank 1 in step 3; `"panic:1:3"` panics there, and
//! `"stall:1:3"` does nothing any more. Panics at the beginning of a phase stand in `metrics`.

use crate::field::{Real, Storage};
use crate::metrics::faults;
use crate::parallel::HaloPlan;
use std::time::Duration;

/// Whether the environment asks for fault `kind` on this rank in this step.
fn is_asked_for(kind: &str, rank: usize, step: u64) -> bool {
    faults::is_asked_for(|| format!("{kind}:{rank}:{step}"))
}

/// Adds one to the first halo value that a message or a copy has just filled. A flip of the last bit would not do: the
/// update of the cell beside it may round it away.
pub(super) fn corrupt_halo<T: Real>(rank: usize, step: u64, plan: &HaloPlan, storage: &mut Storage<T>) {
    if !is_asked_for("halo", rank, step) {
        return;
    }
    let from_message = plan
        .links
        .iter()
        .flat_map(|link| &link.receives)
        .map(|part| (part.slot, part.cells));
    let from_copy = plan.copies.iter().map(|copy| (copy.slot, copy.from.shift(copy.by)));
    if let Some((slot, halo)) = from_message.chain(from_copy).find(|(_, halo)| !halo.is_empty()) {
        let array = storage.array_mut(slot);
        let value = array.get(halo.lo);
        array.set(halo.lo, value + T::ONE);
    }
}

/// Panics.
pub(super) fn panic_in_stage(rank: usize, step: u64) {
    assert!(
        !is_asked_for("panic", rank, step),
        "a fault was asked for in step {step}"
    );
}

/// Sleeps for ever.
pub(super) fn stall_in_stage(rank: usize, step: u64) {
    if !is_asked_for("stall", rank, step) {
        return;
    }
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}
