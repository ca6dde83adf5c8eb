//! `simrun bench`: measures the machine, then the kernels against it.

use super::executors::executors;
use crate::config::Precision;
use crate::engine::Executor;
use crate::error::{Error, Result};
use crate::field::Real;
use crate::grid::Topology;
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use crate::study::{self, CHECKPOINT, PROBLEMS, Plan, Problem, STIFF};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// Least duration of a repetition, s, and repetitions; with `--quick` and without.
const QUICK: (f64, usize) = (0.2, 3);
const THOROUGH: (f64, usize) = (0.5, 5);

/// Measure the machine (memory, messages), then the kernels against it.
///
/// The roof of a kernel is the copy bandwidth of all ranks over the bytes that a plain sweep has to move per cell. "mix" is
/// what a loop allows that goes through as many arrays as the kernel's stages and only adds them up; "in cache" is the
/// rate of the kernel's own loops on a tile so small that it stays in a core's caches. The problem "stiff" compares super
/// time stepping with explicit methods at equal error, always in f64 and on a grid of its own. "checkpoint" measures by how
/// much checkpoints prolong a run, against the processor time of their work; it writes into a folder of its own.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Short repetitions: within a minute in total
    #[arg(long)]
    pub quick: bool,

    /// Write everything that was measured, with all samples, to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Problem to measure; may be given several times [default: all; with --quick all but checkpoint]
    #[arg(long, value_name = "NAME", value_parser = problem_names())]
    pub problem: Vec<String>,

    /// Cells per side of the cube [default: each problem's own, well beyond the caches]
    #[arg(long, value_name = "N")]
    pub size: Option<usize>,

    /// Precision to measure; may be given several times [default: both]
    #[arg(long, value_parser = ["f64", "f32"])]
    pub precision: Vec<String>,

    /// Executor to measure; may be given several times [default: all on several ranks, blocking and temporal on one]
    #[arg(long, value_parser = ["blocking", "overlap", "progress", "temporal"])]
    pub executor: Vec<String>,

    /// Steps that the temporal executor takes at a stretch; may be given several times
    #[arg(long, value_name = "STEPS", default_values_t = [4, 8], value_parser = clap::value_parser!(u16).range(1..=64))]
    pub depth: Vec<u16>,

    /// Threads of each rank
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: u16,

    /// Repetitions of every measurement [default: 5, with --quick 3]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: Option<u16>,

    /// Steps of a repetition [default: as many as last half a second, with --quick a fifth]
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
    pub steps_per_repeat: Option<u64>,

    /// Instruction set of the inner loops
    #[arg(long, default_value = "auto", value_parser = ["auto", "baseline", "avx2", "avx512"])]
    pub instructions: String,

    /// How kernels store rows: through the caches, or past them [default: past them where fields are much larger]
    #[arg(long, value_name = "HOW", value_parser = ["cached", "streamed"])]
    pub stores: Option<String>,

    /// How ranks of a host exchange halos
    #[arg(long, default_value = "memory", value_parser = ["memory", "messages"])]
    pub halos: String,

    /// Tiles along x, y and z, as in 1,1,2 [default: the cut with the smallest surface]
    #[arg(long, value_name = "X,Y,Z", value_parser = topology)]
    pub topology: Option<Topology>,

    /// Folder for the files of the problem checkpoint, on the disk that is to be measured; made, and removed again
    #[arg(long, value_name = "DIR", default_value = "output/bench-checkpoint")]
    pub scratch: PathBuf,
}

/// Measures as asked; rank 0 prints and writes.
///
/// # Errors
/// If this machine or this number of ranks cannot do what was asked, or the file cannot be written.
pub fn run(args: &BenchArgs, world: &World) -> Result<()> {
    let plan = plan(args, world)?;
    // Opened first, so that nobody waits for measurements that cannot be kept.
    let file = match &args.json {
        Some(path) if world.is_root() => {
            let file = File::create(path).map_err(|cause| Error::io("create", path, cause));
            file.map(|file| Some((file, path)))
        }
        _ => Ok(None),
    };
    let file = world.agree(file)?;
    let mut say = |text: &str| {
        if world.is_root() {
            // A reader that has gone away is no reason to stop.
            let _ = write!(std::io::stdout(), "{text}");
        }
    };
    let report = study::run(world, &plan, &mut say)?;
    let written = match file {
        Some((mut file, path)) => {
            let text = serde_json::to_string_pretty(&report).expect("a report has only plain values");
            let written = writeln!(file, "{text}");
            written.map_err(|cause| Error::io("write the measurements to", path, cause))
        }
        None => Ok(()),
    };
    world.agree(written)
}

/// What the arguments ask for.
fn plan(args: &BenchArgs, world: &World) -> Result<Plan> {
    let (seconds_per_repeat, repeat) = if args.quick { QUICK } else { THOROUGH };
    let problems = match args.problem.is_empty() {
        true => PROBLEMS.iter().collect(),
        false => args.problem.iter().filter_map(|name| Problem::named(name)).collect(),
    };
    let executors = executors(&args.executor, &args.depth, |executor| {
        world.size() > 1 || !matches!(executor, Executor::Overlap | Executor::Progress)
    });
    let precisions = [Precision::Double, Precision::Single]
        .into_iter()
        .filter(|&precision| args.precision.is_empty() || args.precision.iter().any(|name| name == name_of(precision)))
        .collect();
    let has_stiff = args.problem.is_empty() || args.problem.iter().any(|name| name == STIFF);
    let has_checkpoints = match args.problem.is_empty() {
        true => !args.quick,
        false => args.problem.iter().any(|name| name == CHECKPOINT),
    };
    Ok(Plan {
        problems,
        has_stiff,
        checkpoints_in: has_checkpoints.then(|| args.scratch.clone()),
        size: args.size,
        precisions,
        executors,
        n_threads: args.threads.into(),
        instructions: instructions(&args.instructions)?,
        topology: args.topology,
        is_streamed: args.stores.as_ref().map(|how| how == "streamed"),
        shared_memory: args.halos == "memory",
        repeat: args.repeat.map_or(repeat, usize::from),
        seconds_per_repeat,
        steps_per_repeat: args.steps_per_repeat,
    })
}

fn name_of(precision: Precision) -> &'static str {
    match precision {
        Precision::Double => f64::NAME,
        Precision::Single => f32::NAME,
    }
}

fn problem_names() -> PossibleValuesParser {
    PossibleValuesParser::new(PROBLEMS.iter().map(|problem| problem.name).chain([STIFF, CHECKPOINT]))
}

/// The instruction set with this name, if this machine has it.
fn instructions(name: &str) -> Result<InstructionSet> {
    let Some(set) = InstructionSet::ALL.into_iter().find(|set| set.name() == name) else {
        return Ok(InstructionSet::best());
    };
    if set.is_available() {
        Ok(set)
    } else {
        Err(Error::Config(format!(
            "--instructions {name}: this processor does not have them; its best are {}, which auto takes",
            InstructionSet::best().name()
        )))
    }
}

/// Three counts with commas between.
fn topology(text: &str) -> std::result::Result<Topology, String> {
    let counts: Option<Vec<usize>> = text
        .split(',')
        .map(|n| n.trim().parse().ok().filter(|&n| n > 0))
        .collect();
    counts
        .and_then(|counts| counts.try_into().ok())
        .ok_or_else(|| "give three counts of tiles, along x, y and z, as in 1,1,2".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: BenchArgs,
    }

    fn plan_of(line: &[&str]) -> Plan {
        let line = Line::try_parse_from([&["bench"], line].concat()).unwrap();
        plan(&line.args, &World::single()).unwrap()
    }

    #[test]
    fn without_arguments_everything_is_measured_that_one_rank_can() {
        let plan = plan_of(&[]);
        assert_eq!(plan.problems.len(), PROBLEMS.len());
        assert!(plan.has_stiff);
        assert_eq!(plan.precisions, [Precision::Double, Precision::Single]);
        assert_eq!(
            plan.executors,
            [Executor::Blocking, Executor::Temporal(4), Executor::Temporal(8)]
        );
        assert_eq!((plan.repeat, plan.seconds_per_repeat), (5, 0.5));
        assert!(plan.shared_memory);
    }

    #[test]
    fn what_is_named_is_measured() {
        let plan = plan_of(&[
            "--quick",
            "--problem=heat",
            "--precision=f32",
            "--executor=progress",
            "--repeat=7",
            "--topology=1,1,2",
            "--halos=messages",
            "--instructions=baseline",
        ]);
        assert_eq!(plan.problems.len(), 1);
        assert_eq!(plan.problems[0].name, "heat");
        assert!(!plan.has_stiff);
        assert_eq!(plan.precisions, [Precision::Single]);
        assert_eq!(plan.executors, [Executor::Progress]);
        assert_eq!((plan.repeat, plan.topology), (7, Some([1, 1, 2])));
        assert!(!plan.shared_memory);
        assert_eq!(plan.instructions, InstructionSet::Baseline);
    }

    #[test]
    fn the_comparison_of_steppers_is_asked_for_by_name() {
        let plan = plan_of(&["--problem=stiff"]);
        assert!(plan.has_stiff && plan.problems.is_empty());
    }

    #[test]
    fn checkpoints_are_measured_by_name_and_where_there_is_time() {
        let named = plan_of(&["--quick", "--problem=checkpoint", "--scratch=there"]);
        assert_eq!(named.checkpoints_in, Some(PathBuf::from("there")));
        assert!(named.problems.is_empty() && !named.has_stiff);
        assert!(plan_of(&[]).checkpoints_in.is_some());
        assert!(plan_of(&["--quick"]).checkpoints_in.is_none());
        assert!(plan_of(&["--problem=heat"]).checkpoints_in.is_none());
    }

    #[test]
    fn a_line_that_cannot_be_meant_is_refused() {
        for line in [
            "--problem=haet",
            "--topology=1,2",
            "--topology=0,1,1",
            "--repeat=0",
            "--precision=f16",
            "--halos=letters",
        ] {
            assert!(Line::try_parse_from(["bench", line]).is_err(), "{line}");
        }
    }
}
