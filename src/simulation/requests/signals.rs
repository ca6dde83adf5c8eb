//! Signals that ask a run to checkpoint or to stop.

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag::{register, register_conditional_default};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Signals that follow within this time are the same one: schedulers send it to the launcher and to the ranks, and the
/// launcher hands it on.
const ECHO: Duration = Duration::from_secs(1);

/// Time between two looks at whether the end has been asked for.
const INTERVAL: Duration = Duration::from_millis(200);

/// Flags that signals set. Clones are the same flags.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    /// By SIGUSR1: checkpoint and go on.
    pub checkpoint: Arc<AtomicBool>,
    /// By SIGUSR2: checkpoint and stop.
    pub stop: Arc<AtomicBool>,
    /// By SIGTERM and SIGINT: the same, and never taken back, since the next one of them ends the process.
    pub end: Arc<AtomicBool>,
    /// Whether the next SIGTERM or SIGINT ends the process at once.
    is_final: Arc<AtomicBool>,
}

impl Signals {
    /// The flags of this process. The first call makes signals set them: after MPI is initialised, as libraries of MPI
    /// have handlers of their own. It is once for all runs of a process, since a handler that is taken back would leave
    /// the signal without effect.
    pub fn of_process() -> Signals {
        static INSTALLED: OnceLock<Signals> = OnceLock::new();
        INSTALLED.get_or_init(Signals::install).clone()
    }

    fn install() -> Signals {
        let signals = Signals::default();
        let results = [SIGTERM, SIGINT].into_iter().flat_map(|signal| {
            [
                register_conditional_default(signal, signals.is_final.clone()),
                register(signal, signals.end.clone()),
            ]
        });
        let others = [
            register(SIGUSR1, signals.checkpoint.clone()),
            register(SIGUSR2, signals.stop.clone()),
        ];
        for result in results.chain(others) {
            // The system refuses numbers that are no signals and signals that cannot be caught: these are neither.
            result.expect("these signals can be caught");
        }
        let of_thread = signals.clone();
        let thread = std::thread::Builder::new().name("signals".to_string());
        // Without a thread only a signal that cannot be caught ends the process at once.
        drop(thread.spawn(move || of_thread.harden()));
        signals
    }

    /// Waits until the end is asked for, and sees to it that whoever asks again is not asked to wait.
    fn harden(&self) {
        while !self.end.load(Ordering::Relaxed) {
            std::thread::sleep(INTERVAL);
        }
        std::thread::sleep(ECHO);
        self.is_final.store(true, Ordering::Relaxed);
    }

    /// Whether a checkpoint is asked for.
    pub fn ask_for_checkpoint(&self) -> bool {
        self.checkpoint.load(Ordering::Relaxed)
    }

    /// Whether the end is asked for.
    pub fn ask_for_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.end.load(Ordering::Relaxed)
    }

    /// Takes back what asked for a checkpoint.
    pub fn honour_checkpoint(&self) {
        self.checkpoint.store(false, Ordering::Relaxed);
    }

    /// Takes back what asked for the end.
    pub fn honour_stop(&self) {
        self.stop.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_taken_back_once_honoured_but_for_the_end() {
        let signals = Signals::default();
        let same = signals.clone();
        assert!(!signals.ask_for_checkpoint() && !signals.ask_for_stop());
        signals.checkpoint.store(true, Ordering::Relaxed);
        assert!(same.ask_for_checkpoint() && !same.ask_for_stop());
        same.honour_checkpoint();
        assert!(!signals.ask_for_checkpoint());
        signals.stop.store(true, Ordering::Relaxed);
        assert!(signals.ask_for_stop());
        signals.honour_stop();
        assert!(!signals.ask_for_stop());
        signals.end.store(true, Ordering::Relaxed);
        signals.honour_stop();
        assert!(signals.ask_for_stop());
    }

    #[test]
    fn whoever_asks_for_the_end_twice_is_not_asked_to_wait() {
        let signals = Signals::default();
        signals.end.store(true, Ordering::Relaxed);
        signals.harden();
        assert!(signals.is_final.load(Ordering::Relaxed));
    }
}
