//! What a plane wave asks of its waveform.

use std::fmt;

/// When a waveform is what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// Outside `[start, end]`, s, it is below 1e-16 of its peak.
    Pulse { start: f64, end: f64 },
    /// Before `start`, s, it is below 1e-16 of its peak; from `steady` on it is a sine of `frequency`, Hz.
    Steady { start: f64, steady: f64, frequency: f64 },
    /// Nothing is known.
    Unknown,
}

/// A function of time, s, and when it is what.
pub trait Signal: Send + Sync + fmt::Debug {
    /// Its value at `time`, s.
    fn value(&self, time: f64) -> f64;

    fn span(&self) -> Span;
}
