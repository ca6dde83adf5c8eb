//! `simrun check CONFIG`: validates a configuration and shows what a run would need.

use crate::error::Result;
use crate::parallel::World;
use crate::simulation::{Case, report, say};
use std::path::PathBuf;

/// The arguments of a check.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The configuration to check, TOML
    pub config: PathBuf,

    /// The number of ranks to plan for
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub ranks: u32,

    /// Replace a value of the configuration: `--set time.steps=100`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// Prints the report.
///
/// # Errors
/// [`crate::error::Error::Config`] with all that is wrong.
pub fn run(args: &CheckArgs) -> Result<()> {
    let case = Case::load(&World::single(), &args.config, &args.overrides)?;
    say(report(&case, args.ranks as usize)?.trim_end());
    Ok(())
}
