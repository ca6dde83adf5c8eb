//! The command line: one file per subcommand.
//!
//! Knows everything below and is known by `main` alone. Raw arguments become a call of `simulation`, `study`, `plot` or
//! `files`; errors become a message on one rank and an exit code. Start reading with [`main`].

mod bench;
mod check;
mod ensemble;
mod executors;
mod info;
mod plot;
mod predict;
mod run;
mod scaling;
mod steps;
mod validate;

use crate::error::{Error, Result};
use crate::metrics::process_start;
use crate::numerics::formula::nearest_name;
use crate::parallel::{World, launched_rank};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Solves partial differential equations on structured 2D and 3D grids, on any number of MPI ranks.
///
/// `simrun CONFIG.toml` runs a configuration, under `mpirun -n N` or alone.
#[derive(Debug, Parser)]
#[command(name = "simrun", version = version(), max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Exit codes: 0 finished, 1 a check of `simrun validate` failed, 2 wrong configuration, 3 stopped early, as asked, with a valid checkpoint, 4 numerical \
                        failure, 5 input or output failure, 101 a bug, 102 a rank made no progress."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    run: run::RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Validate a configuration without running it, and show what a run would need
    Check(check::CheckArgs),
    /// Draw the fields and the history of a run, or of one snapshot
    Plot(plot::PlotArgs),
    /// Say what is in a file or a run
    Info(info::InfoArgs),
    /// Measure the machine, then the kernels against it
    Bench(bench::BenchArgs),
    /// Predict how long a step takes on any number of ranks
    Predict(predict::PredictArgs),
    /// Measure a configuration on several numbers of ranks
    Scaling(scaling::ScalingArgs),
    /// Run a configuration with several values of some of its keys, side by side
    Ensemble(ensemble::EnsembleArgs),
    /// Run cases whose results are known, and compare
    Validate(validate::ValidateArgs),
}

fn version() -> &'static str {
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("SIMRUN_COMMIT"), ")")
}

/// Runs the command line and returns the exit code of this process.
pub fn main() -> ExitCode {
    process_start();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(message) = mistyped_subcommand(&arguments) {
        return say_error(&Error::Config(message), speaks_for_all());
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            if speaks_for_all() {
                // Help and version go to standard output, errors to standard error.
                let _ = error.print();
            }
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    match cli.command {
        None if cli.run.config.is_none() => {
            if speaks_for_all() {
                // A terminal that is gone needs no help.
                let _ = Cli::command().print_help();
            }
            ExitCode::from(2)
        }
        None => in_world(|world| run::run(&cli.run, world)),
        Some(Command::Check(args)) => alone(|| check::run(&args)),
        Some(Command::Plot(args)) => alone(|| plot::run(&args)),
        Some(Command::Info(args)) => alone(|| info::run(&args)),
        Some(Command::Bench(args)) => in_world(|world| bench::run(&args, world)),
        Some(Command::Predict(args)) => in_world(|world| predict::run(&args, world)),
        Some(Command::Scaling(args)) => match &args.command {
            scaling::ScalingCommand::Point(point) => in_world(|world| scaling::run_point(point, world)),
            command => alone(|| scaling::run_alone(command)),
        },
        Some(Command::Ensemble(args)) => in_world(|world| ensemble::run(&args, world)),
        Some(Command::Validate(args)) => in_world(|world| validate::run(&args, world)),
    }
}

/// Runs a command on all ranks; they have agreed on any error.
fn in_world(command: impl FnOnce(&World) -> Result<()>) -> ExitCode {
    match World::start() {
        Ok(world) => match command(&world) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => say_error(&error, world.is_root()),
        },
        Err(error) => say_error(&error, true),
    }
}

/// Runs a command that needs no other rank: under a launcher, its first process does it for all.
fn alone(command: impl FnOnce() -> Result<()>) -> ExitCode {
    if !speaks_for_all() {
        return ExitCode::SUCCESS;
    }
    match command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say_error(&error, true),
    }
}

fn say_error(error: &Error, aloud: bool) -> ExitCode {
    let text = error.to_string();
    if aloud && !text.is_empty() {
        // A closed standard error changes nothing.
        let _ = writeln!(std::io::stderr(), "simrun: {}", text.trim_end());
    }
    ExitCode::from(error.exit_code() as u8)
}

/// Whether this is the launcher's first process, or there is no launcher: known before MPI is.
fn speaks_for_all() -> bool {
    launched_rank().unwrap_or(0) == 0
}

/// The message for a first argument that is neither a subcommand nor a file, where one was probably meant.
fn mistyped_subcommand(arguments: &[OsString]) -> Option<String> {
    let word = arguments
        .iter()
        .skip(1)
        .map(|a| a.to_string_lossy())
        .find(|a| !a.starts_with('-'))?;
    let looks_like_file = word.contains(['.', '/']) || std::path::Path::new(&*word).exists();
    let command = Cli::command();
    let mut names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    names.push("help");
    if looks_like_file || names.contains(&&*word) || arguments.get(1).is_some_and(|first| *first != *word) {
        return None;
    }
    let hint = match nearest_name(&word, names.iter().copied()) {
        _ if word == "run" => "a configuration is run without a subcommand".to_string(),
        Some(near) => format!("did you mean `simrun {near}`?"),
        None => format!("the subcommands are: {}", names.join(", ")),
    };
    Some(format!(
        "there is no subcommand `{word}`, and no such file; {hint}\n  A configuration is run as `simrun CONFIG.toml`."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mistyped_subcommand_is_told_so() {
        let message = mistyped_subcommand(&arguments(&["simrun", "chekc", "a.toml"])).unwrap();
        assert!(message.contains("`simrun check`"), "{message}");
    }

    #[test]
    fn files_subcommands_and_options_are_left_alone() {
        for words in [
            vec!["simrun"],
            vec!["simrun", "plume.toml"],
            vec!["simrun", "../nowhere/x"],
            vec!["simrun", "check", "x.toml"],
            vec!["simrun", "--output", "here", "x.toml"],
            vec!["simrun", "help", "check"],
        ] {
            assert_eq!(mistyped_subcommand(&arguments(&words)), None, "{words:?}");
        }
    }
}
