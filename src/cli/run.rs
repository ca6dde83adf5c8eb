//! `simrun CONFIG.toml`: runs a configuration.

use crate::config::wall_seconds;
use crate::error::{Error, Result};
use crate::parallel::World;
use crate::simulation::{self, Case, Options, ProgressStyle, Restart, TraceWish, check_cores, ranks_table, say};
use std::path::PathBuf;

use super::steps::Steps;

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

    /// Continue an earlier run: `auto` continues with the newest valid checkpoint and begins where there is none, `latest`
    /// only continues; or the folder of a checkpoint
    #[arg(long, value_name = "auto|latest|PATH", conflicts_with = "overwrite")]
    pub restart: Option<String>,

    /// Continue also where the configuration is of another physics than the checkpoint
    #[arg(long, requires = "restart")]
    pub force: bool,

    /// Stop with a checkpoint before this much wall-clock time has passed: seconds, or as in `"90 min"`, `1:30:00`
    #[arg(long, value_name = "TIME", value_parser = max_time)]
    pub max_time: Option<f64>,

    /// How progress is shown: a bar at a terminal, lines elsewhere, or as given
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: ProgressStyle,

    /// Print nothing but errors
    #[arg(long)]
    pub quiet: bool,

    /// Show on which host and on which of its cores every rank may run, and run nothing
    #[arg(long)]
    pub show_ranks: bool,

    /// Run also where ranks are bound to the same cores although others lie idle
    #[arg(long)]
    pub allow_shared_cores: bool,

    /// Record what every rank is busy with, and when: for `simrun plot`, Perfetto or Chrome; also who has sent how much to whom,
    /// in `messages.csv` [default: trace.json in the folder of the run]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub trace: Option<Option<PathBuf>>,

    /// The steps that are recorded: `100..110` are ten of them; all unless given, as long as there is room
    #[arg(long, value_name = "A..B", requires = "trace")]
    pub trace_steps: Option<Steps>,
}

/// Runs the configuration on all ranks, or shows where they are.
///
/// # Errors
/// Those of [`Case::load`], [`check_cores`] and [`simulation::run`].
pub fn run(args: &RunArgs, world: &World) -> Result<()> {
    let path = args
        .config
        .as_ref()
        .ok_or_else(|| Error::Config("no configuration is given".to_string()))?;
    let case = Case::load(world, path, &args.overrides)?;
    let threads = case.config.parallel.threads;
    if args.show_ranks {
        let table = ranks_table(world, threads);
        if world.is_root() {
            say(table.trim_end());
        }
    }
    let shared = check_cores(world, threads, args.allow_shared_cores)?;
    if args.show_ranks {
        shared.iter().filter(|_| world.is_root()).for_each(|text| say(text));
        return Ok(());
    }
    let options = Options {
        output: args.output.clone(),
        overwrite: args.overwrite,
        restart: args.restart.as_deref().map(Restart::parse).unwrap_or_default(),
        force: args.force,
        max_time: args.max_time,
        progress: args.progress,
        quiet: args.quiet,
        remarks: shared.into_iter().collect(),
        trace: args.trace.clone().map(|file| TraceWish {
            file,
            steps: args.trace_steps.unwrap_or_default().range(),
        }),
    };
    simulation::run(world, &case, &options).map(|_| ())
}

/// Seconds of `--max-time`.
pub(super) fn max_time(text: &str) -> std::result::Result<f64, String> {
    wall_seconds(text).ok_or_else(|| "give seconds, or a time as in \"90 min\" or 1:30:00".to_owned())
}
