//! `simrun CONFIG.toml`: runs a configuration.

use crate::error::{Error, Result};
use crate::parallel::World;
use crate::simulation::{self, Case, Options, ProgressStyle};
use std::path::PathBuf;

/// The arguments of a run.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The configuration to run, TOML
    pub config: Option<PathBuf>,

    /// Replace a value of the configuration: `--set time.steps=100`, `--set kernel.field.so2.decay=1e-5`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,

    /// The folder of the run [default: output/<name of the configuration>]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Delete what an earlier run wrote into the folder, and nothing else
    #[arg(long)]
    pub overwrite: bool,

    /// How progress is shown: a bar at a terminal, lines elsewhere, or as given
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: ProgressStyle,

    /// Print nothing but errors
    #[arg(long)]
    pub quiet: bool,
}

/// Runs the configuration on all ranks.
///
/// # Errors
/// Those of [`Case::load`] and [`simulation::run`].
pub fn run(args: &RunArgs, world: &World) -> Result<()> {
    let path = args
        .config
        .as_ref()
        .ok_or_else(|| Error::Config("no configuration is given".to_string()))?;
    let case = Case::load(world, path, &args.overrides)?;
    let options = Options {
        output: args.output.clone(),
        overwrite: args.overwrite,
        progress: args.progress,
        quiet: args.quiet,
    };
    simulation::run(world, &case, &options).map(|_| ())
}
