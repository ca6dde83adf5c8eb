//! Where the time goes: phase timers of one rank, and reports over all ranks.
//!
//! Used by executors and the run loop, never by kernels. Start reading with [`Timers`].

use std::time::{Duration, Instant};

/// What a rank can be busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Updating cells that need no halo (all owned cells, where nothing is exchanged or everything is waited for).
    Core,
    /// Updating cells within reach of a halo.
    Shell,
    /// Copying what neighbours need into message buffers.
    Pack,
    /// Starting messages, and letting them move.
    Post,
    /// Waiting for messages.
    Wait,
    /// Copying what has arrived into the halo.
    Unpack,
    /// Sums, extrema and checks over all ranks.
    Reduce,
    /// Writing snapshots, history and status.
    Output,
}

impl Phase {
    pub const ALL: [Phase; 8] = [
        Phase::Core,
        Phase::Shell,
        Phase::Pack,
        Phase::Post,
        Phase::Wait,
        Phase::Unpack,
        Phase::Reduce,
        Phase::Output,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Phase::Core => "core",
            Phase::Shell => "shell",
            Phase::Pack => "pack",
            Phase::Post => "post",
            Phase::Wait => "wait",
            Phase::Unpack => "unpack",
            Phase::Reduce => "reduce",
            Phase::Output => "output",
        }
    }
}

/// Time spent in each phase by this rank.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    spent: [Duration; Phase::ALL.len()],
}

impl Timers {
    /// Runs `work` and books its time to `phase`.
    #[inline]
    pub fn time<R>(&mut self, phase: Phase, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        self.book(phase, start.elapsed());
        result
    }

    /// Books `spent` to `phase`.
    #[inline]
    pub fn book(&mut self, phase: Phase, spent: Duration) {
        self.spent[phase as usize] += spent;
    }

    /// Seconds in a phase.
    pub fn seconds(&self, phase: Phase) -> f64 {
        self.spent[phase as usize].as_secs_f64()
    }

    /// Seconds in every phase, in the order of [`Phase::ALL`].
    pub fn all_seconds(&self) -> Vec<f64> {
        self.spent.iter().map(Duration::as_secs_f64).collect()
    }

    pub fn reset(&mut self) {
        *self = Timers::default();
    }
}

/// A table of phases with minimum, mean and maximum over ranks. `per_rank[rank][phase]` is in seconds, `wall` the time
/// of the whole run.
pub fn phase_table(per_rank: &[Vec<f64>], wall: f64) -> String {
    let mut table = format!(
        "{:<8} {:>10} {:>10} {:>10} {:>8}\n",
        "phase", "min [s]", "mean [s]", "max [s]", "share"
    );
    for (n, phase) in Phase::ALL.iter().enumerate() {
        let seconds: Vec<f64> = per_rank.iter().map(|rank| rank[n]).collect();
        let min = seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let max = seconds.iter().copied().fold(0.0, f64::max);
        let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
        let share = if wall > 0.0 { 100.0 * mean / wall } else { 0.0 };
        table += &format!(
            "{:<8} {min:>10.3} {mean:>10.3} {max:>10.3} {share:>6.1} %\n",
            phase.name()
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_stand_at_their_own_place() {
        assert!(Phase::ALL.iter().enumerate().all(|(n, &phase)| phase as usize == n));
    }

    #[test]
    fn the_table_shows_extremes_and_mean_over_ranks() {
        let mut ranks = vec![vec![0.0; Phase::ALL.len()]; 2];
        ranks[0][0] = 1.0;
        ranks[1][0] = 3.0;
        let table = phase_table(&ranks, 4.0);
        let core = table.lines().nth(1).unwrap();
        assert_eq!(
            core.split_whitespace().collect::<Vec<_>>(),
            ["core", "1.000", "2.000", "3.000", "50.0", "%"]
        );
    }
}
