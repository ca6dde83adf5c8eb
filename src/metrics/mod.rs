//! Where the time goes: phase timers of one rank, the trace of what it did when, reports over all ranks, and the pulse by
//! which others see that a rank is alive.
//!
//! Used by executors and the run loop, never by kernels. Start reading with [`Timers`], then [`Trace`] and [`Pulse`].

pub mod caches;
mod clock_alignment;
mod efficiency;
pub mod faults;
mod phase;
mod process;
mod pulse;
mod timers;
mod trace;

pub use clock_alignment::{Alignment, Offset};
pub use efficiency::Efficiency;
pub use phase::Phase;
pub use process::{peak_memory, process_start};
pub use pulse::{Pulse, Sign};
pub use timers::{Entered, Timers};
pub use trace::{Activity, Event, MOST_EVENTS, Trace};

/// A table of phases with minimum, mean and maximum over ranks. `per_rank[rank][phase]` is in seconds, `wall` the time
/// of the whole run.
pub fn phase_table(per_rank: &[Vec<f64>], wall: f64) -> String {
    let mut table = format!(
        "{:<10} {:>10} {:>10} {:>10} {:>8}\n",
        "phase", "min [s]", "mean [s]", "max [s]", "share"
    );
    for (n, phase) in Phase::ALL.iter().enumerate() {
        let seconds: Vec<f64> = per_rank.iter().map(|rank| rank[n]).collect();
        let min = seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let max = seconds.iter().copied().fold(0.0, f64::max);
        let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
        let share = if wall > 0.0 { 100.0 * mean / wall } else { 0.0 };
        table += &format!(
            "{:<10} {min:>10.3} {mean:>10.3} {max:>10.3} {share:>6.1} %\n",
            phase.name()
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

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
