//! The run loop.

use super::case::Case;
use super::clock::{Clock, Here, Tick};
use super::monitor::first_defect;
use super::outputs::{Moment, Outputs};
use super::precision::Precise;
use super::prepared::Prepared;
use super::probes::Probes;
use super::progress::{Progress, ProgressStyle, Standing, rate, simulated, wall};
use super::rate_source::AllRanks;
use super::step_limit::StepLimit;
use super::stop::Stop;
use super::watchdog::{STALLED_AFTER, Watchdog};
use crate::config::{ExchangeChoice, Precision};
use crate::engine::{Engine, Executor, Setup, Tuner};
use crate::error::{Error, Result};
use crate::files::{RunState, Status, provenance};
use crate::grid::Decomposition;
use crate::kernels::Remark;
use crate::metrics::{Phase, phase_table};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use std::path::PathBuf;
use std::time::Instant;

/// What the command line says about a run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The run's folder; `output/<stem of the configuration>` if not given.
    pub output: Option<PathBuf>,
    pub overwrite: bool,
    pub progress: ProgressStyle,
    pub quiet: bool,
}

/// How a run went.
#[derive(Clone, Debug)]
pub struct Summary {
    pub folder: PathBuf,
    pub steps: u64,
    pub time: f64,
    pub wall_seconds: f64,
    pub cells_per_second: f64,
}

/// Runs a case to its end, in the precision that it asks for. All ranks call it.
///
/// # Errors
/// Agreed on by all ranks: [`Error::Config`] before anything is computed, [`Error::Numerical`] for a value that is not
/// finite, [`Error::Io`] for an output that cannot be written.
pub fn run(world: &World, case: &Case, options: &Options) -> Result<Summary> {
    match case.config.precision {
        Precision::Single => run_in::<f32>(world, case, options),
        Precision::Double => run_in::<f64>(world, case, options),
    }
}

fn run_in<T: Precise>(world: &World, case: &Case, options: &Options) -> Result<Summary> {
    let prepared = Prepared::<T>::new(world, case)?;
    match case.fitted(&prepared.rates)? {
        None => Run::new(world, case, prepared, options)?.finish(),
        Some(fitted) => {
            // Coefficients may take much memory: one set of them goes before the next is made.
            drop(prepared);
            let prepared = Prepared::<T>::new(world, &fitted)?;
            Run::new(world, &fitted, prepared, options)?.finish()
        }
    }
}

/// A run under way.
struct Run<'a, T> {
    world: &'a World,
    case: &'a Case,
    decomposition: Decomposition,
    engine: Engine<T>,
    /// Watches the engine's pulse as long as the run lasts.
    _watchdog: Watchdog,
    limit: StepLimit,
    clock: Clock,
    outputs: Outputs,
    probes: Probes,
    stop: Option<Stop>,
    /// Whether a total has fallen so far that the run ends.
    is_stopped: bool,
    progress: Progress,
    quiet: bool,
    folder: PathBuf,
    executor: Executor,
    tuner: Option<Tuner>,
    last_dt: f64,
    start: Instant,
    started: String,
    /// Step and moment of the last progress report.
    reported: (u64, Instant),
}

impl<'a, T: Precise> Run<'a, T> {
    fn new(world: &'a World, case: &'a Case, prepared: Prepared<T>, options: &Options) -> Result<Run<'a, T>> {
        let instructions = prepared.instructions;
        let kernel = &*prepared.kernel;
        let mut source = AllRanks::new(world, case, kernel);
        let limit = StepLimit::new(case, kernel.rates_vary(), prepared.rates, &mut source)?;
        let clock = Clock::new(&case.config.time).with_fixed_dt(case.physics.fixed_dt());
        let folder = options.output.clone().unwrap_or_else(|| default_folder(case));
        let steps_expected = clock.steps_total(limit.longest());
        let mut outputs = Outputs::open(world, case, &folder, options.overwrite, steps_expected)?;
        let probes = Probes::open(world, case, &prepared.decomposition, &mut outputs)?;
        let setup = Setup {
            decomposition: prepared.decomposition.clone(),
            declaration: case.declaration.clone(),
            kernel: prepared.kernel,
            tile: prepared.tile,
            instructions,
        };
        let mut engine = Engine::new(world, setup);
        let watchdog = Watchdog::start(world, engine.timers.pulse(), Some(STALLED_AFTER));
        engine.recorder = probes.recorder(&engine.tile, &engine.declaration);
        let has_messages = world.any(engine.has_messages());
        let (executor, tuner) = match case.config.parallel.exchange {
            ExchangeChoice::Blocking => (Executor::Blocking, None),
            ExchangeChoice::Overlap => (Executor::Overlap, None),
            ExchangeChoice::Progress => (Executor::Progress, None),
            ExchangeChoice::Auto if has_messages => (Executor::Blocking, Some(Tuner::new(&Executor::ALL))),
            ExchangeChoice::Auto => (Executor::Blocking, None),
        };
        let style = if world.is_root() && !options.quiet {
            options.progress
        } else {
            ProgressStyle::None
        };
        let now = Instant::now();
        let mut run = Run {
            world,
            case,
            decomposition: prepared.decomposition,
            engine,
            _watchdog: watchdog,
            limit,
            clock,
            outputs,
            probes,
            stop: Stop::new(case),
            is_stopped: false,
            progress: Progress::new(style),
            quiet: options.quiet,
            folder,
            executor,
            tuner,
            last_dt: 0.0,
            start: now,
            started: provenance::now_iso(),
            reported: (0, now),
        };
        let remarks = case.physics.remarks(&prepared.measures, case.span(run.limit.longest()));
        run.announce(steps_expected, instructions, &remarks)?;
        Ok(run)
    }

    /// Says what is about to happen.
    fn announce(&mut self, steps_expected: u64, instructions: InstructionSet, remarks: &[Remark]) -> Result<()> {
        let case = self.case;
        let [a, b, c] = self.decomposition.topology;
        let mut text = format!(
            "{}\n{}\ngrid {}, {}, {} as {a} x {b} x {c} tiles, {} instructions\ndt = {} ({}), about {} steps, storage {} per rank",
            case.config.title,
            case.physics.summary(),
            cells_text(case),
            T::NAME,
            super::report::ranks_text(self.world.size()),
            instructions.name(),
            simulated(self.limit.longest(), case.config.units),
            self.limit.reason(),
            steps_expected,
            super::report::bytes_text(self.engine.storage.n_bytes() as f64),
        );
        for warning in &case.warnings {
            text += &format!("\n{warning}");
        }
        for remark in remarks {
            let kind = if remark.is_warning { "warning: " } else { "" };
            text += &format!("\n{kind}{}", remark.text);
        }
        if self.tuner.is_none() && self.world.size() > 1 {
            text += &format!("\nexchange: {}", self.executor.name());
        }
        self.say(&text)
    }

    /// Prints on rank 0 unless quiet, and logs.
    fn say(&mut self, text: &str) -> Result<()> {
        if self.world.is_root() && !self.quiet {
            self.progress.print(text);
        }
        self.outputs.log(self.world, text)
    }

    /// Advances to the end; whatever happens, the status says how it went.
    fn finish(mut self) -> Result<Summary> {
        let mut result = self.advance_to_end();
        self.progress.finish();
        if let Err(Error::Numerical(_)) = &result {
            // What the probes saw may say why; a disk that is full is not why.
            let _ = self.write_probes();
        }
        let closed = self.probes.finish(self.world);
        result = result.and(closed);
        let (state, message) = match &result {
            Ok(()) => (RunState::Finished, String::new()),
            Err(error) => (RunState::Failed, error.to_string()),
        };
        if let Err(error) = &result {
            self.outputs.note(&format!("error: {error}"));
        }
        let written = match self.outputs.status_path() {
            Some(path) => self.status(state, message, None).write(&path),
            None => Ok(()),
        };
        result?;
        self.world.agree(written)?;
        let wall_seconds = self.start.elapsed().as_secs_f64();
        let steps = self.clock.step();
        let cells_per_second = steps as f64 * self.case.grid.n_cells() as f64 / wall_seconds;
        let seconds_per_rank = self.world.gather_all(&self.engine.timers.all_seconds());
        let table = phase_table(&seconds_per_rank, wall_seconds);
        self.say(&format!(
            "{table}finished: {steps} steps to t = {} in {}, {}\nwritten to {}",
            simulated(self.clock.time(), self.case.config.units),
            wall(wall_seconds),
            rate(cells_per_second),
            self.folder.display()
        ))?;
        Ok(Summary {
            folder: self.folder,
            steps,
            time: self.clock.time(),
            wall_seconds,
            cells_per_second,
        })
    }

    fn advance_to_end(&mut self) -> Result<()> {
        self.engine.initialise(self.clock.time());
        self.probes.note(&self.here());
        self.check()?;
        self.write_outputs(false)?;
        self.look_at_total()?;
        self.engine.timers.pulse().beat(self.clock.step());
        while !self.is_at_end() {
            let tick = self.tick()?;
            self.step(&tick)?;
            self.clock.advance();
            self.engine.timers.pulse().beat(self.clock.step());
            self.last_dt = tick.dt;
            let here = self.here();
            self.probes.note(&here);
            self.look_at_total()?;
            let is_last = self.is_at_end();
            let is_due = self.outputs.is_due(&here, is_last);
            if is_last || is_due || self.clock.step().is_multiple_of(self.case.config.check.every_steps) {
                self.check()?;
            }
            if is_due {
                self.write_outputs(is_last)?;
            }
            if is_last || is_due || self.probes.is_full() {
                self.write_probes()?;
            }
            self.report_progress();
        }
        self.outputs.finish(self.world)
    }

    fn is_at_end(&self) -> bool {
        self.is_stopped || self.clock.is_finished()
    }

    /// Ends the run if the total that is watched has fallen so far.
    fn look_at_total(&mut self) -> Result<()> {
        let phase = self.engine.timers.enter(Phase::Reduce);
        let here = self.here();
        let stop = self.stop.as_mut();
        let said = stop.and_then(|stop| stop.look(self.world, &mut self.engine, &here));
        self.engine.timers.leave(phase);
        self.is_stopped = said.is_some();
        said.map_or(Ok(()), |text| self.say(&text))
    }

    fn write_probes(&mut self) -> Result<()> {
        let phase = self.engine.timers.enter(Phase::Output);
        let written = self.probes.write(self.world, &mut self.engine.recorder);
        self.engine.timers.leave(phase);
        written
    }

    /// One step, with the executor that is being tried or was chosen.
    fn step(&mut self, tick: &Tick) -> Result<()> {
        let executor = self.tuner.as_ref().map_or(self.executor, Tuner::executor);
        let start = Instant::now();
        self.engine.step(executor, tick.step, tick.time, tick.dt);
        let Some(tuner) = &mut self.tuner else { return Ok(()) };
        if !tuner.record(start.elapsed().as_secs_f64()) {
            return Ok(());
        }
        let (best, measured) = tuner.choose(self.world);
        self.executor = best;
        self.tuner = None;
        let cells = self.case.grid.n_cells() as f64;
        let rates: Vec<String> = measured
            .iter()
            .map(|(executor, time)| format!("{} {}", executor.name(), rate(cells / time)))
            .collect();
        self.say(&format!("exchange: {}; chose {}", rates.join(", "), best.name()))
    }

    /// The present step and time, with the dt that led here.
    fn here(&self) -> Here {
        let (step, time, reached) = (self.clock.step(), self.clock.time(), self.clock.reached());
        let dt = if step == 0 { self.limit.longest() } else { self.last_dt };
        Here {
            step,
            time,
            reached,
            dt,
        }
    }

    /// The next step: the longest of a stable block, which does not pass by an output.
    fn tick(&mut self) -> Result<Tick> {
        let mut source = AllRanks::new(self.world, self.case, &*self.engine.kernel);
        self.limit.tick(&mut self.clock, self.outputs.next_time(), &mut source)
    }

    /// Stops the run if a value is not finite.
    fn check(&mut self) -> Result<()> {
        let phase = self.engine.timers.enter(Phase::Reduce);
        let step = self.clock.step();
        let defect = first_defect(
            &self.engine,
            self.world,
            &self.decomposition,
            step,
            self.case.config.units,
        );
        self.engine.timers.leave(phase);
        match defect {
            None => Ok(()),
            Some(defect) => {
                let every = self.case.config.check.every_steps;
                Err(Error::Numerical(format!(
                    "field \"{}\" is not finite at {}, in step {step}, t = \
                     {}.\n  It was finite at the check before, at most {every} steps ago. Look for a time step that is too \
                     long (smaller `time.cfl` or `time.dt`), or for a formula that grows beyond all bounds; `check.every = {{ \
                     steps = 1 }}` finds the first step.",
                    defect.field,
                    defect.place,
                    simulated(self.clock.time(), self.case.config.units),
                )))
            }
        }
    }

    fn write_outputs(&mut self, is_last: bool) -> Result<()> {
        let phase = self.engine.timers.enter(Phase::Output);
        let moment = Moment {
            tick: self.here(),
            rates: self.limit.rates(),
            is_last,
        };
        self.outputs
            .write_due(self.world, self.case, &self.decomposition, &mut self.engine, &moment)?;
        self.engine.timers.leave(phase);
        Ok(())
    }

    /// Shows progress and replaces the status, on rank 0, when enough time has passed.
    fn report_progress(&mut self) {
        if !self.world.is_root() || !self.progress.is_due() {
            return;
        }
        let standing = self.standing();
        self.reported = (self.clock.step(), Instant::now());
        if let Some(line) = self.progress.show(&standing) {
            self.outputs.note(&line);
        }
        if let Some(path) = self.outputs.status_path() {
            // A status that cannot be written is not worth a run; the outputs report a full disk.
            let _ = self
                .status(RunState::Running, String::new(), Some(standing.left))
                .write(&path);
        }
    }

    fn standing(&self) -> Standing {
        let (step, elapsed) = (self.clock.step(), self.start.elapsed().as_secs_f64());
        let steps_total = self.clock.steps_total(self.last_dt);
        let (last_step, last_time) = self.reported;
        let recent = (step - last_step) as f64 / last_time.elapsed().as_secs_f64().max(1e-9);
        Standing {
            step,
            steps_total,
            time: self.clock.time(),
            dt: self.last_dt,
            units: self.case.config.units,
            cells_per_second: recent * self.case.grid.n_cells() as f64,
            wait_share: self.engine.timers.seconds(Phase::Wait) / elapsed,
            left: (steps_total - step) as f64 * elapsed / step.max(1) as f64,
        }
    }

    fn status(&self, state: RunState, message: String, eta_seconds: Option<f64>) -> Status {
        let wall_seconds = self.start.elapsed().as_secs_f64();
        let step = self.clock.step();
        Status {
            state,
            step,
            steps_total: Some(match self.is_stopped {
                true => step,
                false => self.clock.steps_total(self.last_dt.max(f64::MIN_POSITIVE)),
            }),
            time: self.clock.time(),
            end: self.case.config.time.end,
            dt: self.last_dt,
            time_unit: self.case.config.units.time().to_string(),
            cells_per_second: step as f64 * self.case.grid.n_cells() as f64 / wall_seconds,
            started: self.started.clone(),
            updated: provenance::now_iso(),
            wall_seconds,
            eta_seconds,
            ranks: self.world.size(),
            checkpoint_step: None,
            restarted_from: None,
            stop_reason: None,
            message,
            version: provenance::VERSION.to_string(),
        }
    }
}

/// `output/<stem of the configuration>`.
fn default_folder(case: &Case) -> PathBuf {
    let stem = case.config.path.file_stem().unwrap_or_else(|| "run".as_ref());
    PathBuf::from("output").join(stem)
}

/// The grid as people write it: `512 x 256`.
pub(super) fn cells_text(case: &Case) -> String {
    let cells: Vec<String> = case.grid.cells[..case.grid.dims].iter().map(usize::to_string).collect();
    format!("{} cells", cells.join(" x "))
}
