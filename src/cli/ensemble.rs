//! `simrun ensemble CONFIG --vary KEY=A,B,...`: runs a configuration with several values of some of its keys.

use super::run::max_time;
use crate::error::Result;
use crate::parallel::World;
use crate::study::{self, EnsemblePlan};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// Run all combinations of some values of a configuration, side by side on groups of ranks.
///
/// Every member is a run of its own in DIR/<its values>, with the files that it would have alone. In the end a table of all
/// members is printed and written to DIR/ensemble.csv, and their histories are drawn in DIR/ensemble.png. A member that fails
/// does not take the others along; the exit code is the largest of all members.
#[derive(Args, Debug)]
pub struct EnsembleArgs {
    /// The configuration, TOML
    pub config: PathBuf,

    /// A value of the configuration that takes several values by turns: `--vary kernel.diffusivity=1,2,4`; may be given several
    /// times
    #[arg(long, value_name = "KEY=VALUE,...", required = true)]
    pub vary: Vec<String>,

    /// Ranks that run a member together [default: as few as leave no member waiting, or one]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub ranks_per_member: Option<u32>,

    /// Replace a value of the configuration for all members: `--set time.steps=100`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,

    /// The folder of all members [default: output/<name of the configuration>-ensemble]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Delete what an earlier ensemble wrote for these members, and nothing else
    #[arg(long)]
    pub overwrite: bool,

    /// Go on: members that are finished stay as they are, others continue with their newest checkpoint or begin
    #[arg(long, value_name = "auto", value_parser = ["auto"], conflicts_with = "overwrite")]
    pub restart: Option<String>,

    /// Stop members with a checkpoint, and begin no other, before this much wall-clock time has passed
    #[arg(long, value_name = "TIME", value_parser = max_time)]
    pub max_time: Option<f64>,

    /// Run also where ranks are bound to the same cores
    #[arg(long)]
    pub allow_shared_cores: bool,

    /// Print nothing but errors
    #[arg(long)]
    pub quiet: bool,
}

/// Runs the ensemble on all ranks.
///
/// # Errors
/// Those of [`study::ensemble`].
pub fn run(args: &EnsembleArgs, world: &World) -> Result<()> {
    let plan = EnsemblePlan {
        config: args.config.clone(),
        overrides: args.overrides.clone(),
        vary: args.vary.clone(),
        ranks_per_member: args.ranks_per_member.map(|n| n as usize),
        output: args.output.clone(),
        overwrite: args.overwrite,
        restart: args.restart.is_some(),
        max_time: args.max_time,
        sharing_is_allowed: args.allow_shared_cores,
    };
    let mut say = |text: &str| {
        if !args.quiet {
            let mut out = std::io::stdout();
            // A reader that has gone away is no reason to stop.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    };
    study::ensemble(world, &plan, &mut say)
}
