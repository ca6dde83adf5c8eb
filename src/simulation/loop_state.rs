//! Where the run loop stands between two steps, as checkpoints keep it: all that is not in the storage.

use super::clock::ClockState;
use super::step_limit::LimitState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the run loop stands between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopState {
    /// Whether the run ends here because a total has fallen.
    pub is_stopped: bool,
    /// The largest value so far of the total that is watched.
    pub largest_total: Option<f64>,
    pub clock: ClockState,
    pub limit: LimitState,
    pub outputs: OutputState,
}

/// How far the outputs have come. Schedules are found again from step and time alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutputState {
    /// Steps from one row of the history to the next, where the configuration leaves that open.
    pub history_steps: Option<u64>,
    /// Length of the history, bytes.
    pub history_bytes: Option<u64>,
    /// Length of the series of each probe, bytes.
    pub probe_bytes: BTreeMap<String, u64>,
}
