//! `simrun scaling weak|strong CONFIG`: measures a configuration on several numbers of ranks.

use crate::error::Result;
use crate::parallel::World;
use crate::study::{self, Amount, Kind, Queue, ScalingPlan, Wishes};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;

/// Measure a configuration on several numbers of ranks, of threads, and with several executors.
///
/// Starts mpirun (within an allocation of Slurm, srun) by itself, once per point and repetition: all points once, then again.
/// Every launch takes the steps of a run, without its output, after a tenth of them to warm up. The table, the files and the
/// pictures show medians. docs/scaling.md says how to read them.
#[derive(Args, Debug)]
pub struct ScalingArgs {
    #[command(subcommand)]
    pub command: ScalingCommand,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub enum ScalingCommand {
    /// The grid grows with the ranks: each has the cells of the configuration's grid
    Weak(StudyArgs),
    /// The grid is the configuration's, on any number of ranks
    Strong(StudyArgs),
    /// Sum up what jobs have measured of the study in a folder
    Collect(CollectArgs),
    /// Measure one point, on the ranks that have been started
    #[command(hide = true)]
    Point(PointArgs),
}

/// The arguments of a study.
#[derive(Args, Debug)]
pub struct StudyArgs {
    /// The configuration to measure, TOML
    pub config: PathBuf,

    /// Numbers of ranks, as in 1,2,4
    #[arg(long, value_name = "N,...", required = true, value_delimiter = ',', value_parser = count(1_000_000))]
    pub ranks: Vec<u64>,

    /// Numbers of threads of each rank [default: as the configuration says]
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = count(1024))]
    pub threads: Vec<u64>,

    /// Executors; of auto, the first launch of a point finds the fastest, which is measured then [default: as the configuration says]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = ["auto", "blocking", "overlap", "progress", "temporal"])]
    pub executor: Vec<String>,

    /// Steps that the temporal executor takes at a stretch [default: as the configuration says, else as many as suit the tiles]
    #[arg(long, value_name = "STEPS,...", value_delimiter = ',', value_parser = count(64))]
    pub depth: Vec<u64>,

    /// Launches of every point
    #[arg(long, value_name = "R", default_value_t = 5, value_parser = count(1000))]
    pub repeat: u64,

    /// Steps that are measured [default: as many as last two seconds; of a strong study the same for all points, on the slowest two
    /// seconds and on the fastest more than one]
    #[arg(long, value_name = "STEPS", value_parser = count(u64::MAX / 2))]
    pub steps: Option<u64>,

    /// The folder of the study [default: output/scaling-weak-<name of CONFIG>, or -strong-]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Replace an earlier study in that folder
    #[arg(long)]
    pub overwrite: bool,

    /// What starts the ranks, as in "srun -n {ranks} -c {threads}"; simrun and its arguments are put behind it
    #[arg(long, value_name = "TEMPLATE")]
    pub launcher: Option<String>,

    /// Write job scripts for a queue instead of launching, one for each number of ranks and threads; needs --steps
    #[arg(long, value_name = "QUEUE", value_parser = ["slurm", "pbs"])]
    pub submit_script: Option<String>,

    /// Replace a value of the configuration: `--set grid.cells=[192,192,192]`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// The arguments of collecting.
#[derive(Args, Debug)]
pub struct CollectArgs {
    /// The folder of the study
    pub folder: PathBuf,
}

/// The arguments of one launch.
#[derive(Args, Debug)]
pub struct PointArgs {
    pub config: PathBuf,

    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,

    #[arg(long, required_unless_present = "seconds", value_parser = count(u64::MAX / 2))]
    pub steps: Option<u64>,

    /// Instead of steps: as many as last about so long
    #[arg(long, conflicts_with = "steps")]
    pub seconds: Option<f64>,

    /// The file of the measurement
    #[arg(long)]
    pub result: PathBuf,
}

/// Studies or collects; no other rank takes part.
///
/// # Errors
/// Those of [`study::scaling`] and [`study::collect`].
pub fn run_alone(command: &ScalingCommand) -> Result<()> {
    let mut say = |text: &str| {
        let mut out = std::io::stdout();
        // A reader that has gone away is no reason to stop.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    };
    match command {
        ScalingCommand::Weak(args) => study::scaling(&plan(Kind::Weak, args), &mut say),
        ScalingCommand::Strong(args) => study::scaling(&plan(Kind::Strong, args), &mut say),
        ScalingCommand::Collect(args) => study::collect(&args.folder, &mut say),
        ScalingCommand::Point(_) => Ok(()),
    }
}

/// Measures one point on all ranks.
///
/// # Errors
/// Those of [`study::measure`].
pub fn run_point(args: &PointArgs, world: &World) -> Result<()> {
    let amount = match (args.steps, args.seconds) {
        (Some(steps), _) => Amount::Steps(steps),
        (None, seconds) => Amount::Seconds(seconds.unwrap_or_default()),
    };
    study::measure(world, &args.config, &args.overrides, amount, &args.result)
}

fn plan(kind: Kind, args: &StudyArgs) -> ScalingPlan {
    let counts = |counts: &[u64]| counts.iter().map(|&n| n as usize).collect();
    ScalingPlan {
        wishes: Wishes {
            kind,
            config: args.config.clone(),
            overrides: args.overrides.clone(),
            ranks: counts(&args.ranks),
            threads: counts(&args.threads),
            executors: args.executor.clone(),
            depths: counts(&args.depth),
            repeat: args.repeat as usize,
            steps: args.steps,
        },
        output: args.output.clone(),
        overwrite: args.overwrite,
        launcher: args.launcher.clone(),
        queue: args.submit_script.as_deref().and_then(Queue::named),
    }
}

/// A number from 1 to `most`.
fn count(most: u64) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: StudyArgs,
    }

    fn parsed(words: &str) -> std::result::Result<StudyArgs, String> {
        let words = std::iter::once("x").chain(words.split_whitespace());
        let line = Line::try_parse_from(words);
        line.map(|line| line.args).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_are_divided_by_commas() {
        let args = parsed("a.toml --ranks 1,2,4 --executor overlap,temporal --executor auto --depth 4,8").unwrap();
        assert_eq!((args.ranks, args.depth), (vec![1, 2, 4], vec![4, 8]));
        assert_eq!(args.executor, ["overlap", "temporal", "auto"]);
        assert_eq!((args.repeat, args.threads.len()), (5, 0));
    }

    #[test]
    fn ranks_are_numbers_from_one() {
        for ranks in ["0", "1,x", "", "1-4"] {
            assert!(parsed(&format!("a.toml --ranks {ranks}")).is_err(), "{ranks}");
        }
        assert!(parsed("a.toml").unwrap_err().contains("--ranks"));
    }
}
