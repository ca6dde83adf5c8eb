//! Signals that ask a run to checkpoint or to stop.

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag::{register, register_conditional_default};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Flags that signals set. Clones are the same flags.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    /// By SIGUSR1: checkpoint and go on.
    pub checkpoint: Arc<AtomicBool>,
    /// By SIGUSR2: checkpoint and stop.
    pub stop: Arc<AtomicBool>,
    /// By SIGTERM and SIGINT: the same, and never taken back, since the next one of them ends the process.
    pub end: Arc<AtomicBool>,
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
        // The second signal finds the flag that the first has set: what looks at the flag comes before what sets it.
        let results = [SIGTERM, SIGINT].into_iter().flat_map(|signal| {
            [
                register_conditional_default(signal, signals.end.clone()),
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
        signals
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
    use signal_hook::low_level::raise;

    #[test]
    fn signals_set_the_flags_of_the_process_and_are_taken_back_once_honoured() {
        let (signals, same) = (Signals::of_process(), Signals::of_process());
        assert!(!signals.ask_for_checkpoint() && !signals.ask_for_stop());
        raise(SIGUSR1).unwrap();
        assert!(same.ask_for_checkpoint() && !same.ask_for_stop());
        same.honour_checkpoint();
        assert!(!signals.ask_for_checkpoint());
        raise(SIGUSR2).unwrap();
        assert!(signals.ask_for_stop());
        signals.honour_stop();
        assert!(!signals.ask_for_stop());
        // Only once: the second one would end the tests.
        raise(SIGTERM).unwrap();
        assert!(signals.ask_for_stop());
    }
}
