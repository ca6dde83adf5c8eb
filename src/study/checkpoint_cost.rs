//! By how much checkpoints prolong a run, and how that compares with the processor time that their work takes.
//!
//! The heat problem is run without checkpoints and with them, in turn. A checkpoint is written while the run goes on, so
//! that its cost is not the time until it is complete but what the run takes longer, per checkpoint: the values are copied
//! while the run stands still, and the threads that write take processor time and memory bandwidth from the ranks. It
//! cannot cost less than nothing, and should not cost much more than the processor time of what has to be done: copy,
//! checksum, write (in the plainest way: `write` and `fsync`), read back and checksum again. That work is measured in
//! between, on the same numbers and the same disk, rank after rank, without a run beside it.
//!
//! Checkpoints are so far apart that each is complete before the next is due, and the last one before the end. Where it is
//! not, the run waits for the disk, which is reported.

use super::bench::Plan;
use super::kernels::engine_of;
use super::machine::processor_seconds;
use super::problems::Problem;
use super::samples::Samples;
use super::scratch::Scratch;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::files::checkpoint::{bytes_of, read_through};
use crate::files::{Checksummer, DiskReader};
use crate::grid::IndexBox;
use crate::parallel::{PIECE_CELLS, World};
use crate::simulation::{self, Case, Options, ProgressStyle, Summary};
use serde::Serialize;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Name on the command line.
pub const CHECKPOINT: &str = "checkpoint";

/// The most that a checkpoint may cost, in processor times of its work.
pub const MOST_OF_YARDSTICK: f64 = 1.3;

/// The most that checkpoints may take of a run, where one is written every [`STEPS_BETWEEN`] steps.
pub const MOST_OF_RUN: f64 = 0.05;
pub const STEPS_BETWEEN: f64 = 500.0;

/// Cells per side unless told otherwise.
const SIZE: usize = 256;

/// Checkpoints of a run.
const N: u64 = 4;

/// How far apart checkpoints are, in times that the first ones needed until they were complete.
const SPACING: f64 = 1.5;

/// Steps of the runs that tell how long steps and checkpoints take.
const FIRST_STEPS: u64 = 20;

/// Processor time of what a checkpoint has to do, s, all ranks together.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Work {
    pub copy: Samples,
    pub checksum: Samples,
    pub write: Samples,
    /// With its checksums.
    pub read_back: Samples,
}

/// What the measurement comes to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// By how much a checkpoint prolongs a run, s.
    pub excess: f64,
    /// Processor time of its work, s.
    pub work: f64,
    pub work_without_read_back: f64,
    /// The excess over the work.
    pub ratio: f64,
    pub ratio_without_read_back: f64,
    /// Duration of a step without checkpoints, s.
    pub step: f64,
    /// Share that a checkpoint takes of the run, where there is one every [`STEPS_BETWEEN`] steps.
    pub share: f64,
}

/// What checkpoints cost.
#[derive(Clone, Debug, Serialize)]
pub struct CheckpointReport {
    pub cells: [usize; 3],
    /// Of the values in a checkpoint.
    pub bytes: u64,
    /// Checkpoints of a run, the steps between two of them, and all its steps.
    pub n: u64,
    pub every: u64,
    pub steps: u64,
    /// Duration of a run's steps, s.
    pub without: Samples,
    pub with: Samples,
    /// By how much a run with checkpoints took longer than its neighbour without, per checkpoint, s.
    pub excess: Samples,
    /// How long the run stood still while values were handed over, per checkpoint, s.
    pub handing_over: Samples,
    /// How long a run waited until a checkpoint was complete, s.
    pub waited: Samples,
    /// From the beginning of a checkpoint until it was complete, s: the longest of each run.
    pub longest: Samples,
    pub work: Work,
    pub verdict: Verdict,
}

/// Measures in the folder `scratch`, which is made and removed again.
///
/// # Errors
/// If the problem does not fit the machine or the number of ranks, or the folder is not empty or cannot be written to: the
/// same on every rank.
pub fn measure(world: &World, plan: &Plan, scratch: &Path) -> Result<CheckpointReport> {
    let made = match world.is_root() {
        true => Scratch::make(scratch).map(Some),
        false => Ok(None),
    };
    let _made = world.agree(made)?;
    let course = Course { world, plan, scratch };
    let (every, steps) = course.spacing()?;
    let (plain, checkpointed) = (course.case(steps, None)?, course.case(steps, Some(every))?);
    let mut yardstick = Yardstick::new(world, plan, &plain, scratch)?;
    // The first pass takes its memory from the system.
    yardstick.measure()?;
    let mut report = CheckpointReport {
        cells: plain.grid.cells,
        bytes: (plain.grid.n_cells() * size_of::<f64>()) as u64,
        n: N,
        every,
        steps,
        without: Samples::default(),
        with: Samples::default(),
        excess: Samples::default(),
        handing_over: Samples::default(),
        waited: Samples::default(),
        longest: Samples::default(),
        work: Work::default(),
        verdict: Verdict::of(&[], &[], &Work::default(), steps),
    };
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for repetition in 0..plan.repeat {
        // Each comes first in turn, so that a machine that slows down favours neither.
        for is_second in [false, true] {
            if is_second == (repetition % 2 == 0) {
                let summary = course.run(&checkpointed)?;
                with.push(course.slowest(summary.loop_seconds));
                report.push(world, &summary)?;
            } else {
                without.push(course.slowest(course.run(&plain)?.loop_seconds));
            }
        }
        report.work.push(yardstick.measure()?);
    }
    report.verdict = Verdict::of(&without, &with, &report.work, steps);
    report.excess = excesses(&without, &with).collect();
    (report.without, report.with) = (without.into_iter().collect(), with.into_iter().collect());
    Ok(report)
}

impl CheckpointReport {
    /// Takes note of a run with checkpoints.
    fn push(&mut self, world: &World, summary: &Summary) -> Result<()> {
        let tally = &summary.checkpoints;
        if tally.n != N {
            return Err(Error::Io(format!(
                "a run completed {} checkpoints instead of {N}",
                tally.n
            )));
        }
        let mut most = [tally.handing_over / N as f64, tally.waited, tally.longest];
        world.max(&mut most);
        let [handing_over, waited, longest] = most;
        self.handing_over.push(handing_over);
        self.waited.push(waited);
        self.longest.push(longest);
        Ok(())
    }
}

impl Work {
    fn push(&mut self, [copy, checksum, write, read_back]: [f64; 4]) {
        self.copy.push(copy);
        self.checksum.push(checksum);
        self.write.push(write);
        self.read_back.push(read_back);
    }
}

/// By how much each run with checkpoints took longer than the one without beside it, per checkpoint.
fn excesses(without: &[f64], with: &[f64]) -> impl Iterator<Item = f64> {
    without
        .iter()
        .zip(with)
        .map(|(without, with)| (with - without) / N as f64)
}

impl Verdict {
    /// Of pairs of runs of `steps` steps.
    fn of(without: &[f64], with: &[f64], work: &Work, steps: u64) -> Verdict {
        let excess = excesses(without, with).collect::<Samples>().median();
        let work_without_read_back = work.copy.median() + work.checksum.median() + work.write.median();
        let whole = work_without_read_back + work.read_back.median();
        let step = without.iter().copied().collect::<Samples>().median() / steps as f64;
        Verdict {
            excess,
            work: whole,
            work_without_read_back,
            ratio: excess / whole,
            ratio_without_read_back: excess / work_without_read_back,
            step,
            share: excess / (STEPS_BETWEEN * step),
        }
    }
}

/// Steps between two checkpoints, and of a run: the last one has as long as any other until the end.
fn steps_of_run(step_seconds: f64, checkpoint_seconds: f64) -> (u64, u64) {
    let every = (SPACING * checkpoint_seconds / step_seconds).ceil().max(2.0) as u64;
    // One step less than to the checkpoint that would come next.
    (every, (N + 1) * every - 1)
}

/// The runs that are measured.
struct Course<'a> {
    world: &'a World,
    plan: &'a Plan,
    scratch: &'a Path,
}

impl Course<'_> {
    /// Steps between two checkpoints and of a run, by what both take in runs that are not measured.
    fn spacing(&self) -> Result<(u64, u64)> {
        let plain = self.run(&self.case(FIRST_STEPS, None)?)?;
        let step = self.slowest(plain.loop_seconds) / FIRST_STEPS as f64;
        // Three checkpoints; those that have to wait for the one before are no longer for that.
        let with = self.run(&self.case(2 * FIRST_STEPS - 1, Some(FIRST_STEPS / 2))?)?;
        Ok(steps_of_run(step, self.slowest(with.checkpoints.longest)))
    }

    /// The heat problem over `steps` steps, with nothing on the disk but checkpoints every `every` steps.
    fn case(&self, steps: u64, every: Option<u64>) -> Result<Case> {
        let problem = Problem::named("heat").expect("it is one of the problems");
        let mut changes = vec![
            format!("time.steps={steps}"),
            "history.enabled=false".to_owned(),
            "parallel.executor=blocking".to_owned(),
            format!("parallel.instructions={}", self.plan.instructions.name()),
        ];
        if let Some(every) = every {
            changes.push(format!(
                "checkpoint={{ every = {{ steps = {every} }}, keep = 1, final = false }}"
            ));
        }
        problem.case_with(self.plan.size.unwrap_or(SIZE), "f64", self.plan.topology, &changes)
    }

    fn run(&self, case: &Case) -> Result<Summary> {
        let options = Options {
            output: Some(self.scratch.join("run")),
            overwrite: true,
            progress: ProgressStyle::None,
            quiet: true,
            ..Options::default()
        };
        simulation::run(self.world, case, &options)
    }

    /// The largest of the ranks' values.
    fn slowest(&self, seconds: f64) -> f64 {
        let mut slowest = [seconds];
        self.world.max(&mut slowest);
        slowest[0]
    }
}

/// The work of a checkpoint by itself.
struct Yardstick<'a> {
    world: &'a World,
    engine: Engine<f64>,
    path: PathBuf,
    pieces: Vec<(IndexBox, Vec<f64>)>,
}

impl<'a> Yardstick<'a> {
    fn new(world: &'a World, plan: &Plan, case: &Case, scratch: &Path) -> Result<Yardstick<'a>> {
        let (mut engine, _) = engine_of::<f64>(world, case, plan.instructions)?;
        engine.initialise(0.0);
        let owned = engine.tile.owned;
        let planes = PIECE_CELLS / (owned.len(0) * owned.len(1)).max(1);
        let n = owned.len(2).div_ceil(planes.max(1));
        Ok(Yardstick {
            world,
            engine,
            path: scratch.join(format!("rank_{:04}", world.rank())),
            pieces: (0..n).map(|part| (owned.split(2, n, part), Vec::new())).collect(),
        })
    }

    /// Processor seconds of copying, checksums, writing and reading back, over all ranks: the same on every rank. The ranks
    /// take turns.
    fn measure(&mut self) -> Result<[f64; 4]> {
        let mut spent = Ok([0.0; 4]);
        for rank in 0..self.world.size() {
            self.world.barrier();
            if rank == self.world.rank() {
                spent = self.work();
            }
        }
        let mut all = self.world.agree(spent)?;
        self.world.total(&mut all);
        Ok(all)
    }

    /// What this rank's tile takes of each.
    fn work(&mut self) -> Result<[f64; 4]> {
        let mut clock = Splits::start();
        let array = self.engine.storage.array(self.engine.declaration.slot_of_field(0, 0));
        for (region, values) in &mut self.pieces {
            values.clear();
            array.pack(region, values);
        }
        let copy = clock.split();
        let mut sum = Checksummer::new();
        self.pieces.iter().for_each(|(_, values)| sum.add(bytes_of(values)));
        black_box(sum.finish());
        let checksum = clock.split();
        let written = File::create(&self.path).and_then(|mut file| {
            let mut pieces = self.pieces.iter();
            pieces.try_for_each(|(_, values)| file.write_all(bytes_of(values)))?;
            file.sync_all()
        });
        written.map_err(|e| Error::io("write", &self.path, e))?;
        let write = clock.split();
        let file = DiskReader::from_disk(&self.path, false).map_err(|e| Error::io("read back", &self.path, e))?;
        let found = read_through(&self.path, file, |_| {})?;
        let read_back = clock.split();
        if found != sum.finish() {
            return Err(Error::io(
                "write",
                &self.path,
                "it was read back with other values than were written",
            ));
        }
        fs::remove_file(&self.path).map_err(|e| Error::io("delete", &self.path, e))?;
        Ok([copy, checksum, write, read_back])
    }
}

/// Processor time from one look at it to the next.
struct Splits(f64);

impl Splits {
    fn start() -> Splits {
        Splits(processor_seconds())
    }

    fn split(&mut self) -> f64 {
        let before = std::mem::replace(&mut self.0, processor_seconds());
        self.0 - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::World;

    fn work(parts: [f64; 4]) -> Work {
        let mut work = Work::default();
        work.push(parts);
        work
    }

    #[test]
    fn the_excess_is_the_median_of_neighbours_and_not_the_difference_of_medians() {
        // The machine was slow during the second pair; the third run with checkpoints was disturbed.
        let (without, with) = ([10.0, 20.0, 10.0], [14.0, 24.0, 30.0]);
        let verdict = Verdict::of(&without, &with, &work([0.125, 0.125, 0.25, 0.5]), 100);
        assert_eq!(verdict.excess, 4.0 / N as f64);
        assert_eq!((verdict.work, verdict.work_without_read_back), (1.0, 0.5));
        assert_eq!(
            (verdict.ratio, verdict.ratio_without_read_back),
            (4.0 / N as f64, 8.0 / N as f64)
        );
        assert_eq!(verdict.step, 0.1);
        assert_eq!(verdict.share, 4.0 / N as f64 / (STEPS_BETWEEN * 0.1));
    }

    #[test]
    fn the_last_checkpoint_has_as_long_as_the_others_and_none_falls_on_the_end() {
        let (every, steps) = steps_of_run(0.02, 0.5);
        assert!(every as f64 * 0.02 >= SPACING * 0.5);
        assert_eq!(steps / every, N);
        assert!(steps - N * every + 1 == every && !steps.is_multiple_of(every));
        // Steps that take longer than a checkpoint.
        let (every, steps) = steps_of_run(10.0, 0.1);
        assert_eq!((every, steps / every), (2, N));
    }

    #[test]
    fn one_rank_measures_a_small_grid_and_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = parent.path().join("scratch");
        let plan = Plan {
            size: Some(16),
            repeat: 2,
            ..Plan::small()
        };
        let report = measure(&World::single(), &plan, &scratch).unwrap();
        assert!(!scratch.exists());
        assert_eq!((report.cells, report.bytes), ([16; 3], 16 * 16 * 16 * 8));
        assert!(report.without.min() > 0.0 && report.handing_over.min() > 0.0);
        let text = super::super::report::checkpoints(&report);
        assert!(text.contains("16 x 16 x 16 cells"), "{text}");
    }
}
