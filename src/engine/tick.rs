//! One step in time.

/// One step: from `time` to `time + dt`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Step that begins, counted from 0.
    pub step: u64,
    /// Time at which it begins, s.
    pub time: f64,
    /// Its length, s.
    pub dt: f64,
}
