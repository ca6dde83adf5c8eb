//! How well ranks share their work, as numbers that multiply: the efficiencies of POP.
//!
//! Source: POP (Performance Optimisation and Productivity, a Centre of Excellence in HPC), standard metrics for parallel
//! performance analysis. Useful computation is what updates cells, the phases core and shell; with `u` for the useful seconds
//! of each rank, and `T` for the elapsed ones,
//!
//! ```text
//! load balance  =  mean(u) / max(u)         what it costs that ranks have unequal work
//! communication =  max(u) / T               what else than updating cells takes, even for the rank with most of them
//! parallel      =  load balance * communication  =  mean(u) / T
//! ```
//!
//! All are 1 where every rank does nothing but update cells. They say nothing of how fast cells are updated: ranks that share
//! the memory of a host may slow each other down with a parallel efficiency of 1, which a comparison of several numbers
//! of ranks shows.

use super::phase::Phase;
use serde::Serialize;

/// The phases that are the work itself.
const USEFUL: [Phase; 2] = [Phase::Core, Phase::Shell];

/// The efficiencies of POP, from 0 to 1; NaN where nothing was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Efficiency {
    pub load_balance: f64,
    pub communication: f64,
    /// The product of the others.
    pub parallel: f64,
}

impl Efficiency {
    /// Of ranks that have spent `per_rank[rank][phase]` seconds, in the order of [`Phase::ALL`], of `elapsed`.
    pub fn of(per_rank: &[Vec<f64>], elapsed: f64) -> Efficiency {
        let useful: Vec<f64> = per_rank
            .iter()
            .map(|rank| USEFUL.iter().map(|&phase| rank[phase as usize]).sum())
            .collect();
        let most = useful.iter().copied().fold(0.0, f64::max);
        let mean = useful.iter().sum::<f64>() / useful.len() as f64;
        let (load_balance, communication) = (mean / most, most / elapsed);
        Efficiency {
            load_balance,
            communication,
            parallel: load_balance * communication,
        }
    }
}

/// The efficiencies in one line, for the end of a run, whose elapsed time holds output and checks too.
impl std::fmt::Display for Efficiency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [balance, communication, parallel] =
            [self.load_balance, self.communication, self.parallel].map(|share| 100.0 * share);
        write!(
            f,
            "efficiency: load balance {balance:.1} %, communication and output {communication:.1} %, parallel {parallel:.1} %"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks with these seconds in core, shell and wait.
    fn ranks(seconds: &[[f64; 3]]) -> Vec<Vec<f64>> {
        let rank = |[core, shell, wait]: &[f64; 3]| {
            let mut all = vec![0.0; Phase::ALL.len()];
            all[Phase::Core as usize] = *core;
            all[Phase::Shell as usize] = *shell;
            all[Phase::Wait as usize] = *wait;
            all
        };
        seconds.iter().map(rank).collect()
    }

    #[test]
    fn unequal_work_and_waiting_are_told_apart() {
        // Useful: 6 and 3 s of 8: the mean is 4.5, the most 6.
        let efficiency = Efficiency::of(&ranks(&[[5.0, 1.0, 2.0], [3.0, 0.0, 5.0]]), 8.0);
        assert_eq!(efficiency.load_balance, 0.75);
        assert_eq!(efficiency.communication, 0.75);
        assert_eq!(efficiency.parallel, 0.5625);
        assert_eq!(
            efficiency.to_string(),
            "efficiency: load balance 75.0 %, communication and output 75.0 %, parallel 56.2 %"
        );
    }

    #[test]
    fn ranks_that_only_update_cells_are_perfect() {
        let efficiency = Efficiency::of(&ranks(&[[4.0, 0.0, 0.0]; 3]), 4.0);
        assert_eq!(
            (efficiency.load_balance, efficiency.communication, efficiency.parallel),
            (1.0, 1.0, 1.0)
        );
    }

    #[test]
    fn nothing_measured_is_no_number() {
        assert!(Efficiency::of(&ranks(&[[0.0; 3]]), 1.0).load_balance.is_nan());
    }
}
