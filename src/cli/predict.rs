//! `simrun predict CONFIG`: how long steps take on numbers of ranks that are, or are not, here.

use super::executors::executors;
use crate::error::{Error, Result};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use crate::simulation::{Case, say};
use crate::study::{Machine, PredictionPlan, predict, prediction_text};
use clap::Args;
use std::path::{Path, PathBuf};

/// Predict how long a step takes on any number of ranks
///
/// The work of a rank is measured here, on its tile, with nobody to talk to; what its messages cost is measured on the links
/// between the ranks of this job, or described by a machine file. Started on as many ranks as are asked for, it measures real
/// steps beside, and prints the error. Start it on as many ranks as share a node's memory: they work at once.
#[derive(Args, Debug)]
pub struct PredictArgs {
    /// The configuration, TOML
    pub config: PathBuf,

    /// Numbers of ranks [default: those of this job]
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub ranks: Vec<u32>,

    /// The machine: a file as in configs/machines [default: this one]
    #[arg(long, value_name = "FILE")]
    pub machine: Option<PathBuf>,

    /// Write what was measured of this machine to a file that --machine reads
    #[arg(long, value_name = "FILE", conflicts_with = "machine")]
    pub write_machine: Option<PathBuf>,

    /// Executor; may be given several times [default: all]
    #[arg(long, value_parser = ["blocking", "overlap", "progress", "temporal"])]
    pub executor: Vec<String>,

    /// Steps that the temporal executor takes at a stretch; may be given several times
    #[arg(long, value_name = "STEPS", default_values_t = [4, 8], value_parser = clap::value_parser!(u16).range(1..=64))]
    pub depth: Vec<u16>,

    /// Repetitions of every measurement
    #[arg(long, value_name = "R", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: u16,

    /// Least duration of a repetition, s
    #[arg(long, value_name = "S", default_value_t = 0.2)]
    pub seconds: f64,

    /// Replace a value of the configuration: `--set grid.cells=[256,256,256]`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,

    /// Write everything to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Predicts and measures; rank 0 prints and writes.
///
/// # Errors
/// If the configuration or the machine cannot be used, or a file cannot be written.
pub fn run(args: &PredictArgs, world: &World) -> Result<()> {
    let case = Case::load(world, &args.config, &args.overrides)?;
    let machine = args.machine.as_deref().map(Machine::read).transpose();
    let ranks: Vec<usize> = args.ranks.iter().map(|&n| n as usize).collect();
    let plan = PredictionPlan {
        ranks: if ranks.is_empty() { vec![world.size()] } else { ranks },
        machine: world.agree(machine)?,
        executors: executors(&args.executor, &args.depth, |_| true),
        repeat: usize::from(args.repeat),
        seconds_per_repeat: args.seconds,
        instructions: InstructionSet::best(),
        shared_memory: case.config.parallel.shared_memory,
    };
    let prediction = predict(world, &case, &plan)?;
    let written = match world.is_root() {
        true => {
            say(prediction_text(&prediction).trim_end());
            let json = || serde_json::to_string_pretty(&prediction).expect("a prediction has only plain values");
            write(args.json.as_deref(), json)
                .and_then(|()| write(args.write_machine.as_deref(), || prediction.machine.text()))
        }
        false => Ok(()),
    };
    world.agree(written)
}

fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<()> {
    path.map_or(Ok(()), |path| {
        std::fs::write(path, text() + "\n").map_err(|cause| Error::io("write", path, cause))
    })
}
