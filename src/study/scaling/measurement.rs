//! One launch of a study: a point measured by its ranks, and what they write down.
//!
//! The steps of a run, with its choice of dt, and nothing else: no output, no checks. Steps to warm up come first: at least
//! one block, and a tenth of those that are measured. Where the configuration leaves the executor open, all that a run would
//! try are tried first, and the fastest is measured.

use crate::config::Precision;
use crate::engine::{Choice, Executor};
use crate::error::{Error, Result};
use crate::files::provenance::{COMMIT, VERSION, host_name, now_iso};
use crate::grid::Topology;
use crate::metrics::caches::n_processors;
use crate::metrics::peak_memory;
use crate::parallel::World;
use crate::simulation::{BareRun, Case, Precise};
use crate::study::machine::processor_seconds;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

/// For how long each of several executors is tried, s, and how often.
const TRIAL: (f64, usize) = (0.1, 3);

/// How many steps are measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    Steps(u64),
    /// As many as last about so long, s.
    Seconds(f64),
}

/// What one launch has measured: of all ranks, so that only rank 0 has it whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    pub ranks: usize,
    pub threads: usize,
    pub cells: [usize; 3],
    pub topology: Topology,
    /// Cells per axis of the largest tile.
    pub tile: [usize; 3],
    /// By what the steps were done: `overlap`, `temporal 8`.
    pub executor: String,
    /// Steps that it takes at a stretch.
    pub block: usize,
    pub steps: u64,
    pub warm_up_steps: u64,
    /// Of the measured steps on the slowest rank, s.
    pub wall: f64,
    /// Share of the measured time for which a rank had a processor, of the rank that had one for the shortest: ranks that wait
    /// keep theirs, so that what is missing was taken by others.
    pub processor_share: Option<f64>,
    /// Seconds of every rank in every phase: `[rank][phase]`, in the order of `Phase::ALL`.
    pub phases: Vec<Vec<f64>>,
    /// Bytes of the slots of all ranks.
    pub storage_bytes: f64,
    /// Bytes of the rank that took most, where the system tells.
    pub peak_memory: Option<f64>,
    /// The host of each rank.
    pub hosts: Vec<String>,
    /// Processors of the host of rank 0.
    pub processors: usize,
    pub date: String,
    pub version: String,
    pub commit: String,
}

impl Measurement {
    /// Duration of a step, s.
    pub fn step_seconds(&self) -> f64 {
        self.wall / self.steps as f64
    }

    /// The most ranks on one host.
    pub fn ranks_on_a_host(&self) -> usize {
        let on = |host: &String| self.hosts.iter().filter(|other| *other == host).count();
        self.hosts.iter().map(on).max().unwrap_or(0)
    }

    /// # Errors
    /// [`Error::Io`] if the file cannot be read, or holds something else.
    pub fn read(path: &Path) -> Result<Measurement> {
        let text = std::fs::read_to_string(path).map_err(|cause| Error::io("read the measurement", path, cause))?;
        serde_json::from_str(&text).map_err(|cause| Error::io("understand the measurement", path, cause))
    }
}

/// Measures the configuration at `config` with `overrides` on all ranks, and writes the result to `path`.
///
/// # Errors
/// Agreed on by all ranks: those of a run, and [`Error::Io`] if the result cannot be written.
pub fn measure(world: &World, config: &Path, overrides: &[String], amount: Amount, path: &Path) -> Result<()> {
    let case = Case::load(world, config, overrides)?;
    let measurement = match case.config.precision {
        Precision::Single => measured::<f32>(world, case, amount),
        Precision::Double => measured::<f64>(world, case, amount),
    }?;
    let written = match world.is_root() {
        true => {
            let text = serde_json::to_string(&measurement).expect("a measurement has only plain values");
            std::fs::write(path, text + "\n").map_err(|cause| Error::io("write the measurement to", path, cause))
        }
        false => Ok(()),
    };
    world.agree(written)
}

fn measured<T: Precise>(world: &World, case: Case, amount: Amount) -> Result<Measurement> {
    let threads = case.config.parallel.threads;
    let mut course = Course {
        world,
        run: BareRun::<T>::begin(world, case)?,
    };
    let choice = course.choose()?;
    let steps = match amount {
        Amount::Steps(steps) => steps,
        Amount::Seconds(seconds) => course.steps_that_last(choice, seconds)?,
    };
    let warm_up_steps = warm_up(steps, course.round(choice));
    course.run.advance(choice, warm_up_steps)?;
    let (busy, start) = (processor_seconds(), Instant::now());
    let wall = course.seconds(choice, steps)?;
    let mut share = [(processor_seconds() - busy) / start.elapsed().as_secs_f64()];
    world.min(&mut share);
    course.run.check()?;
    let (engine, decomposition) = (course.run.engine(), course.run.decomposition());
    let sizes = (0..world.size()).map(|rank| decomposition.owned(rank).size());
    let (mut storage, mut most) = ([engine.storage.n_bytes() as f64], [peak_memory().unwrap_or(0.0)]);
    world.total(&mut storage);
    world.max(&mut most);
    Ok(Measurement {
        ranks: world.size(),
        threads,
        cells: decomposition.grid.cells,
        topology: decomposition.topology,
        tile: sizes
            .max_by_key(|size| size.iter().product::<usize>())
            .unwrap_or([0; 3]),
        executor: choice.name(),
        block: choice.executor.n_steps(),
        steps,
        warm_up_steps,
        wall,
        processor_share: Some(share[0]),
        phases: world.gather(&engine.timers.all_seconds()),
        storage_bytes: storage[0],
        peak_memory: (most[0] > 0.0).then_some(most[0]),
        hosts: world.gather_texts(&host_name()),
        processors: n_processors(),
        date: now_iso(),
        version: VERSION.into(),
        commit: COMMIT.into(),
    })
}

/// Steps before the measured ones: at least a tenth of them, in whole rounds.
fn warm_up(steps: u64, round: u64) -> u64 {
    steps.div_ceil(10).next_multiple_of(round)
}

/// A point on its way.
struct Course<'w, T> {
    world: &'w World,
    run: BareRun<'w, T>,
}

impl<T: Precise> Course<'_, T> {
    /// The executor that the configuration names, or the fastest of those that a run would try.
    fn choose(&mut self) -> Result<Choice> {
        let choices = self.run.choices().to_vec();
        if let [only] = choices[..] {
            return Ok(only);
        }
        let (seconds, n) = TRIAL;
        let mut best = (choices[0], f64::INFINITY);
        for choice in choices {
            let steps = self.steps_that_last(choice, seconds)?;
            for _ in 0..n {
                let time = self.seconds(choice, steps)? / steps as f64;
                if time < best.1 {
                    best = (choice, time);
                }
            }
        }
        Ok(best.0)
    }

    /// The fewest steps that are like all that follow: whole blocks, and all phases.
    fn round(&self, choice: Choice) -> u64 {
        let (block, n_phases) = (choice.executor.n_steps() as u64, self.run.n_phases());
        match choice.executor {
            Executor::Temporal(_) => block * n_phases,
            _ => n_phases,
        }
    }

    /// How long the slowest rank takes for so many steps, s: the same on every rank.
    fn seconds(&mut self, choice: Choice, steps: u64) -> Result<f64> {
        let mut seconds = [self.run.advance(choice, steps)?];
        self.world.max(&mut seconds);
        Ok(seconds[0])
    }

    /// How many steps take at least about so many seconds, in whole rounds.
    fn steps_that_last(&mut self, choice: Choice, seconds: f64) -> Result<u64> {
        let round = self.round(choice);
        self.seconds(choice, round)?;
        let time = self.seconds(choice, round)?;
        Ok(round * ((seconds / time).ceil() as u64).max(1))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::metrics::Phase;

    /// A measurement of 100 steps on a grid of 960 cells, where every rank has spent these seconds in core and in wait.
    pub fn measurement(wall: f64, core_and_wait: &[[f64; 2]]) -> Measurement {
        let phases = core_and_wait.iter().map(|[core, wait]| {
            let mut all = vec![0.0; Phase::ALL.len()];
            (all[Phase::Core as usize], all[Phase::Wait as usize]) = (*core, *wait);
            all
        });
        let ranks = core_and_wait.len();
        Measurement {
            ranks,
            threads: 1,
            cells: [12, 10, 8],
            topology: [1, 1, ranks],
            tile: [12, 10, 8 / ranks],
            executor: "blocking".into(),
            block: 1,
            steps: 100,
            warm_up_steps: 10,
            wall,
            processor_share: Some(1.0),
            phases: phases.collect(),
            storage_bytes: 2.0 * 960.0 * 8.0,
            peak_memory: None,
            hosts: vec!["host".into(); ranks],
            processors: 2,
            date: String::new(),
            version: String::new(),
            commit: String::new(),
        }
    }

    #[test]
    fn a_tenth_is_warm_up_and_never_less_than_a_block() {
        assert_eq!([warm_up(100, 1), warm_up(101, 2), warm_up(10, 8)], [10, 12, 8]);
    }

    #[test]
    fn a_point_is_measured_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let (config, path) = (folder.path().join("box.toml"), folder.path().join("point.json"));
        let text = "[grid]\ncells = [12, 10]\nspacing = [1, 1]\n[time]\nsteps = 3\n[kernel]\ntype = \"advection-diffusion\"\n\
                    diffusivity = 1\nstepper = \"euler\"\nboundary = { all = \"periodic\" }\n[[kernel.field]]\nname = \"q\"\ninitial = \"x\"\n";
        std::fs::write(&config, text).unwrap();
        let overrides = ["parallel.executor=temporal".into(), "parallel.depth=4".into()];
        measure(&World::single(), &config, &overrides, Amount::Steps(30), &path).unwrap();
        let measurement = Measurement::read(&path).unwrap();
        assert_eq!((measurement.executor.as_str(), measurement.block), ("temporal 4", 4));
        assert_eq!((measurement.steps, measurement.tile), (30, [12, 10, 1]));
        // Two slots take turns: two phases.
        assert_eq!(measurement.warm_up_steps, 8);
        assert!(measurement.processor_share.is_some_and(|share| share > 0.0));
        assert!(measurement.wall > 0.0 && measurement.phases[0][Phase::Core as usize] > 0.0);
    }

    #[test]
    fn ranks_are_counted_by_host() {
        let measurement = measurement(2.0, &[[1.0, 0.5], [1.0, 0.5]]);
        assert_eq!(measurement.step_seconds(), 0.02);
        assert_eq!(measurement.ranks_on_a_host(), 2);
    }
}
