//! The run loop.

mod choosing;

use super::blocks::{blocks, candidates};
use super::case::Case;
use super::checkpoints::{self, Checkpoints, Tally};
use super::clock::{Clock, Here, Tick};
use super::dues::{self, dues};
use super::loop_state::{LoopState, OutputState};
use super::memory::Memory;
use super::monitor::first_defect;
use super::outputs::{Moment, Outputs};
use super::precision::Precise;
use super::prepared::Prepared;
use super::probes::Probes;
use super::progress::{Progress, ProgressStyle, Standing, rate, simulated, wall};
use super::rate_source::AllRanks;
use super::remembered::Remembered;
use super::report::bytes_text;
use super::requests::{Mine, Request, Requests, StopReason};
use super::restart::{Beginning, Restart, Start, Wishes};
use super::step_limit::StepLimit;
use super::stop::Stop;
use super::tracing::{TraceWish, Tracing, messages_line};
use super::watchdog::Watchdog;
use super::writer::{self, Report, Writer};
use crate::config::Precision;
use crate::engine::{Choice, Engine, Setup, Tuner};
use crate::error::{Error, Result};
use crate::files::{RunState, Status, provenance};
use crate::grid::Decomposition;
use crate::kernels::Remark;
use crate::metrics::caches::{caches, n_processors, working_cache};
use crate::metrics::{Efficiency, Phase, peak_memory, phase_table};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the run may wait for the disk before it says so.
const LONG_WAIT: Duration = Duration::from_millis(500);

/// What the command line says about a run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The run's folder; `output/<stem of the configuration>` if not given.
    pub output: Option<PathBuf>,
    pub overwrite: bool,
    /// Whether, and with which checkpoint, an earlier run is continued.
    pub restart: Restart,
    /// Whether a checkpoint of another physics will do.
    pub force: bool,
    /// Wall-clock time after which the run stops with a checkpoint, s.
    pub max_time: Option<f64>,
    pub progress: ProgressStyle,
    pub quiet: bool,
    /// Said at the beginning, line by line, by rank 0: what is known of the launch.
    pub remarks: Vec<String>,
    /// The trace to be written, if any.
    pub trace: Option<TraceWish>,
}

/// How a run went.
#[derive(Clone, Debug)]
pub struct Summary {
    pub folder: PathBuf,
    pub steps: u64,
    pub time: f64,
    pub wall_seconds: f64,
    /// Of the steps alone, from the state of the beginning until all that was handed over is on the disk, s.
    pub loop_seconds: f64,
    pub checkpoints: Tally,
    pub cells_per_second: f64,
}

/// Runs a case to its end, in the precision that it asks for. All ranks call it.
///
/// # Errors
/// Agreed on by all ranks: [`Error::Config`] before anything is computed, [`Error::Numerical`] for a value that is not
/// finite, [`Error::Io`] for an output that cannot be written, [`Error::Stopped`] if it was asked to stop and has left a
/// checkpoint.
pub fn run(world: &World, case: &Case, options: &Options) -> Result<Summary> {
    Requests::listen();
    match case.config.precision {
        Precision::Single => run_in::<f32>(world, case, options),
        Precision::Double => run_in::<f64>(world, case, options),
    }
}

fn run_in<T: Precise>(world: &World, case: &Case, options: &Options) -> Result<Summary> {
    let (prepared, fitted) = Prepared::<T>::fitted(world, case, dues::foreseen)?;
    Run::new(world, fitted.as_ref().unwrap_or(case), prepared, options)?.map_or_else(Ok, Run::finish)
}

/// A run under way.
struct Run<'a, T> {
    world: &'a World,
    case: &'a Case,
    decomposition: Decomposition,
    engine: Engine<T>,
    limit: StepLimit,
    clock: Clock,
    beginning: Box<Beginning>,
    outputs: Outputs,
    probes: Probes,
    checkpoints: Checkpoints,
    requests: Requests,
    /// On the ranks that write files.
    writer: Option<Writer<T>>,
    /// What this rank was going to take.
    memory: Memory,
    /// What went wrong with a snapshot, until all ranks know.
    failed: Option<Error>,
    stop: Option<Stop>,
    /// Whether a total has fallen so far that the run ends.
    is_stopped: bool,
    /// Why the run was asked to stop.
    stop_reason: Option<StopReason>,
    /// The step at which values were last looked at.
    checked: Option<u64>,
    progress: Progress,
    quiet: bool,
    folder: PathBuf,
    /// Of the executor, unless several are being tried.
    choice: Choice,
    tuner: Option<Tuner>,
    /// Where what is measured is kept.
    remembered: Option<Remembered>,
    last_dt: f64,
    /// Where a trace is wanted.
    tracing: Option<Tracing>,
    /// Watches the engine's pulse as long as the run lasts.
    _watchdog: Watchdog,
    start: Instant,
    /// When the state of the beginning was there.
    begun: Instant,
    started: String,
    /// The step with which this process began.
    first_step: u64,
    /// Step and moment of the last progress report.
    reported: (u64, Instant),
}

impl<'a, T: Precise> Run<'a, T> {
    /// A summary instead where an earlier run had come to its end; then that has been said.
    fn new(
        world: &'a World,
        case: &'a Case,
        prepared: Prepared<T>,
        options: &Options,
    ) -> Result<std::result::Result<Run<'a, T>, Summary>> {
        let instructions = prepared.instructions;
        let kernel = &*prepared.kernel;
        let mut source = AllRanks::new(world, case, kernel);
        let mut limit = StepLimit::new(case, kernel.rates_vary(), prepared.rates, &mut source)?;
        let mut clock = Clock::new(&case.config.time).with_fixed_dt(case.physics.fixed_dt());
        let steps_expected = clock.steps_total(limit.longest());
        let style = if world.is_root() && !options.quiet {
            options.progress
        } else {
            ProgressStyle::None
        };
        let progress = Progress::new(style);
        let folder = options.output.clone().unwrap_or_else(|| default_folder(case));
        let wishes = Wishes {
            restart: &options.restart,
            force: options.force,
            overwrite: options.overwrite,
        };
        let mut beginning = match Beginning::choose(world, case, &folder, wishes)? {
            Start::Run(beginning) => beginning,
            Start::Finished(why) => {
                if world.is_root() && !options.quiet {
                    progress.print(&format!("nothing to do: {why}"));
                }
                return Ok(Err(Summary::of_nothing(folder)));
            }
        };
        let hosts = world.gather_texts(&provenance::host_name());
        let staging = writer::staging_of(case);
        let piece_cells = writer::piece_cells(staging);
        let mut outputs = Outputs::open(world, case, &mut beginning, steps_expected, &hosts, piece_cells)?;
        let probes = Probes::open(world, case, &prepared.decomposition, &mut outputs, beginning.state())?;
        let dues = dues(case, outputs.history_steps(), Some(limit.longest()));
        let lengths = blocks(case, &prepared.blocks, &dues);
        let setup = Setup {
            decomposition: prepared.decomposition.clone(),
            declaration: case.declaration.clone(),
            kernel: prepared.kernel,
            tile: prepared.tile,
            instructions,
            blocks: lengths.clone(),
            cache: working_cache(&caches(), n_processors()),
            n_threads: case.config.parallel.threads,
            shared_memory: case.config.parallel.shared_memory,
        };
        let mut engine = Engine::new(world, setup);
        engine.recorder = probes.recorder(&engine.tile, &engine.declaration);
        let has_messages = world.any(engine.has_messages());
        let candidates = candidates(case, &lengths, has_messages);
        let remembered = choosing::is_measured(case, &candidates)
            .then(|| Remembered::look(world, case, &prepared.decomposition, instructions, &hosts, &candidates));
        let found = remembered.as_ref().and_then(|remembered| remembered.found.clone());
        let (choice, tuner) = choosing::first(case, &lengths, &candidates, found.as_ref());
        let writer = match prepared.group.is_writing() {
            true => Writer::start(staging, engine.timers.pulse().clone()).map(Some),
            false => Ok(None),
        };
        let writer = world.agree(writer)?;
        let mut stop = Stop::new(case);
        let mut is_stopped = false;
        if let Some(state) = beginning.state() {
            clock = clock.resumed(&state.clock);
            if beginning.is_same_physics() {
                limit = limit.resumed(&state.limit);
            }
            is_stopped = state.is_stopped;
            if let (Some(stop), Some(largest)) = (&mut stop, state.largest_total) {
                stop.resume(largest);
            }
        }
        let here = beginning.here(case);
        let (timers, n_done) = (&mut engine.timers, clock.step());
        let trace = options.trace.as_ref();
        let tracing = trace.map(|wish| Tracing::begin(world, wish, &mut outputs, timers, n_done));
        let tracing = tracing.transpose()?;
        let now = Instant::now();
        let mut run = Run {
            world,
            case,
            decomposition: prepared.decomposition,
            limit,
            checkpoints: Checkpoints::new(case, &folder, prepared.group, piece_cells, &beginning),
            requests: Requests::new(&folder, options.max_time, clock.step()),
            _watchdog: Watchdog::start(world, engine.timers.pulse(), case.config.check.stalled_after),
            engine,
            last_dt: here.map_or(0.0, |here| here.dt),
            first_step: clock.step(),
            reported: (clock.step(), now),
            clock,
            beginning,
            outputs,
            probes,
            writer,
            memory: prepared.memory,
            failed: None,
            stop,
            is_stopped,
            stop_reason: None,
            checked: None,
            progress,
            quiet: options.quiet,
            folder,
            choice,
            tuner,
            remembered,
            tracing,
            start: now,
            begun: now,
            started: provenance::now_iso(),
        };
        let remarks = case.physics.remarks(&prepared.measures, case.span(run.limit.longest()));
        let short = dues::remark(case, &prepared.suited, &dues);
        let others = options.remarks.iter().cloned().chain(short);
        let others = others.chain(run.requests.remark()).collect();
        run.announce(steps_expected, instructions, &remarks, others)?;
        run.announce_executor(found)?;
        Ok(Ok(run))
    }

    /// Says what is about to happen; `others` is what there is to say about the launch, the job and blocks of steps.
    fn announce(
        &mut self,
        steps_expected: u64,
        instructions: InstructionSet,
        remarks: &[Remark],
        others: Vec<String>,
    ) -> Result<()> {
        let case = self.case;
        let [a, b, c] = self.decomposition.topology;
        let mut text = format!(
            "{}\n{}\ngrid {}, {}, {} as {a} x {b} x {c} tiles, {} instructions\ndt = {} ({}), about {} steps, storage {} per rank",
            case.config.title,
            case.physics.summary(),
            cells_text(case),
            T::NAME,
            super::report::counted(self.world.size(), "rank"),
            instructions.name(),
            simulated(self.limit.longest(), case.config.units),
            self.limit.reason(),
            steps_expected,
            bytes_text(self.engine.storage.n_bytes() as f64),
        );
        for warning in &case.warnings {
            text += &format!("\n{warning}");
        }
        for remark in remarks {
            let kind = if remark.is_warning { "warning: " } else { "" };
            text += &format!("\n{kind}{}", remark.text);
        }
        for remark in &self.beginning.remarks {
            text += &format!("\n{remark}");
        }
        for other in others {
            text += &format!("\n{other}");
        }
        if self.engine.neighbours.n_pairs > 0 {
            text += &format!("\nhalos: {}", self.engine.neighbours);
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
        let loop_seconds = self.begun.elapsed().as_secs_f64();
        if result.is_err() {
            // What is under way may still become complete; the first error is the one to report.
            let _ = self.settle();
        }
        self.progress.finish();
        if let Err(Error::Numerical(_)) = &result {
            // What the probes saw may say why; a disk that is full is not why.
            let _ = self.write_probes();
        }
        let closed = self.probes.finish(self.world);
        result = result.and(closed);
        let trace = match self.write_trace(&result) {
            Ok(text) => text,
            Err(error) => {
                result = result.and(Err(error));
                String::new()
            }
        };
        if result.is_err() {
            self.outputs.note(trace.trim_end());
        }
        let (state, message) = match &result {
            Ok(()) => (RunState::Finished, String::new()),
            Err(error @ Error::Stopped(_)) => (RunState::Stopped, error.to_string()),
            Err(error) => (RunState::Failed, error.to_string()),
        };
        match state {
            RunState::Failed => self.outputs.note(&format!("error: {message}")),
            _ => self.outputs.note(&message),
        }
        if let Some(tuner) = &self.tuner {
            self.outputs.note(&choosing::unfinished(tuner));
        }
        let written = match self.outputs.status_path() {
            Some(path) => self.status(state, message, None).write(&path),
            None => Ok(()),
        };
        result?;
        self.world.agree(written)?;
        let wall_seconds = self.start.elapsed().as_secs_f64();
        let steps = self.clock.step();
        let cells_per_second = (steps - self.first_step) as f64 * self.case.grid.n_cells() as f64 / wall_seconds;
        let seconds_per_rank = self.world.gather(&self.engine.timers.all_seconds());
        // On rank 0, which speaks.
        let mut table = phase_table(&seconds_per_rank, wall_seconds);
        if seconds_per_rank.len() > 1 {
            table += &format!("{}\n", Efficiency::of(&seconds_per_rank, wall_seconds));
        }
        let memory = self.memory_line();
        let messages = messages_line(self.world, &self.engine.traffic(), steps - self.first_step);
        self.say(&format!(
            "{table}{memory}{messages}{trace}finished: {steps} steps to t = {} in {}, {}\nwritten to {}",
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
            loop_seconds,
            checkpoints: self.checkpoints.tally(),
            cells_per_second,
        })
    }

    /// Writes the trace, where one is wanted, of a run that has come to an end at which files can be written; returns what there
    /// is to say. All ranks call it.
    fn write_trace(&mut self, result: &Result<()>) -> Result<String> {
        let has_ended_well = matches!(result, Ok(()) | Err(Error::Stopped(_) | Error::Numerical(_)));
        let timers = &mut self.engine.timers;
        let (Some(tracing), Some(trace), true) = (self.tracing.take(), timers.take_trace(), has_ended_well) else {
            return Ok(String::new());
        };
        let phase = timers.enter(Phase::Output);
        let title = &self.case.config.title;
        let n_steps = self.clock.step() - self.first_step;
        let said = tracing.finish(self.world, title, &trace, &self.engine.traffic(), n_steps);
        self.engine.timers.leave(phase);
        said
    }

    /// What the ranks took at most, and what was predicted: for the rank of which most was, and for all. All ranks call it.
    fn memory_line(&self) -> String {
        let here = [peak_memory().unwrap_or(0.0), self.memory.all()];
        let (mut most, mut all) = (here, here);
        self.world.max(&mut most);
        self.world.total(&mut all);
        let [peak, predicted, peaks, in_all] = [most[0], most[1], all[0], all[1]].map(bytes_text);
        // Where a system does not tell.
        match most[0] > 0.0 {
            true => {
                format!("memory: peak {peak} per rank, predicted {predicted}; in all {peaks}, predicted {in_all}\n")
            }
            false => String::new(),
        }
    }

    fn advance_to_end(&mut self) -> Result<()> {
        self.begin()?;
        self.engine.timers.beat(self.clock.step());
        self.begun = Instant::now();
        while !self.is_at_end() {
            self.look_at_requests()?;
            let ticks = self.block()?;
            self.advance(&ticks)?;
            self.engine.timers.beat(self.clock.step());
            let here = self.here();
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
            if self.checkpoints.is_due(&here, is_last) {
                self.checkpoint()?;
            }
            self.report_progress();
        }
        self.settle()?;
        self.outputs.finish(self.world)
    }

    /// The initial state and what is due then, or the state of the checkpoint.
    fn begin(&mut self) -> Result<()> {
        if self.beginning.step().is_some() {
            return self.beginning.restore(self.world, self.case, &mut self.engine);
        }
        self.engine.initialise(self.clock.time());
        self.probes.note(&self.here());
        self.check()?;
        self.write_outputs(false)?;
        self.look_at_total()
    }

    /// Where the ranks look together at what they are asked for: does that.
    fn look_at_requests(&mut self) -> Result<()> {
        let step = self.clock.step();
        if !self.requests.is_due(step) {
            return Ok(());
        }
        let phase = self.engine.timers.enter(Phase::Reduce);
        self.listen();
        let mine = Mine {
            checkpoint_is_due: self.world.is_root() && self.checkpoints.is_due_by_wall(),
            is_writing: self.checkpoints.is_writing(self.world),
            has_failed: self.failed.is_some(),
            reserve: self.checkpoints.reserve(),
        };
        let agreed = self.requests.agree(self.world, step, self.longest_block(), mine);
        self.engine.timers.leave(phase);
        if agreed.any_failed {
            self.agree_on_failure()?;
        }
        if !agreed.any_writing {
            self.advance_checkpoint()?;
        }
        match agreed.request {
            Request::Stop(reason) => self.stop_with_checkpoint(reason),
            Request::Checkpoint => self.checkpoint(),
            Request::None if agreed.checkpoint_is_due => self.checkpoint(),
            Request::None => Ok(()),
        }
    }

    /// Ends the run before its end, with a checkpoint of this very step.
    fn stop_with_checkpoint(&mut self, reason: StopReason) -> Result<()> {
        self.stop_reason = Some(reason);
        let step = self.clock.step();
        self.checkpoint()?;
        self.settle()?;
        let (time, why) = (simulated(self.clock.time(), self.case.config.units), reason.text());
        match self.checkpoints.complete() {
            Some(complete) if complete == step => Err(Error::Stopped(format!(
                "stopped in step {step}, t = {time}, with a checkpoint: {why}.\n  Continue with --restart auto."
            ))),
            _ => Err(Error::Io(format!(
                "stopped in step {step}, t = {time}: {why}; the checkpoint that should have been written has failed"
            ))),
        }
    }

    /// Begins a checkpoint of this step, unless there is one; one that is under way is completed before.
    fn checkpoint(&mut self) -> Result<()> {
        let here = self.here();
        if self.checkpoints.has_begun(here.step) {
            return Ok(());
        }
        self.check()?;
        self.write_probes()?;
        let phase = self.engine.timers.enter(Phase::Checkpoint);
        let waited = self.settle_checkpoint()?;
        if waited > LONG_WAIT {
            self.say(&format!(
                "waited {} for the checkpoint before; checkpoints less often would cost less",
                wall(waited.as_secs_f64())
            ))?;
        }
        let handles = self.outputs.handles();
        let files = self.world.agree(handles.and_then(|mut files| {
            files.extend(self.probes.handles()?);
            Ok(files)
        }))?;
        let state = checkpoints::State {
            case: self.case,
            decomposition: &self.decomposition,
            engine: &self.engine,
            run: self.loop_state(),
            hosts: self.outputs.hosts().to_owned(),
            here,
            files,
        };
        let folder = self.outputs.folder();
        let said = self.checkpoints.begin(self.world, state, folder, self.writer.as_mut());
        self.note_waiting();
        self.engine.timers.leave(phase);
        said?.map_or(Ok(()), |text| self.say(&text))
    }

    /// Says so if the run had to wait for room.
    fn note_waiting(&mut self) {
        let waited = self.writer.as_mut().map_or(Duration::ZERO, Writer::take_waited);
        if waited > LONG_WAIT {
            let text = format!(
                "waited {} for the disk: what is written does not fit into `output.staging`",
                wall(waited.as_secs_f64())
            );
            self.outputs.note(&text);
        }
    }

    /// Where the run loop stands.
    fn loop_state(&self) -> LoopState {
        LoopState {
            is_stopped: self.is_stopped,
            largest_total: self.stop.as_ref().map(Stop::largest),
            clock: self.clock.state(),
            limit: self.limit.state(),
            outputs: OutputState {
                probe_bytes: self.probes.n_bytes(),
                ..self.outputs.state()
            },
        }
    }

    /// Hears what this rank's thread has done.
    fn listen(&mut self) {
        let reports = self.writer.as_mut().map(Writer::reports).unwrap_or_default();
        for report in reports {
            match report {
                Report::Snapshot(name, Ok(bytes)) => {
                    self.outputs
                        .note(&format!("wrote snapshots/{name} ({:.1} MB)", bytes as f64 / 1e6));
                }
                Report::Snapshot(_, Err(error)) => self.failed = self.failed.take().or(Some(error)),
                report => self.checkpoints.note(report),
            }
        }
    }

    /// A snapshot that failed on any rank is an error on all.
    fn agree_on_failure(&mut self) -> Result<()> {
        self.world.agree(self.failed.take().map_or(Ok(()), Err))
    }

    /// Goes on with the checkpoint under way, whose writers have done what they had to.
    fn advance_checkpoint(&mut self) -> Result<()> {
        let said = self.checkpoints.advance(self.world, self.writer.as_mut())?;
        said.map_or(Ok(()), |text| self.say(&text))
    }

    /// Waits until the checkpoint under way is complete.
    fn settle_checkpoint(&mut self) -> Result<Duration> {
        let start = Instant::now();
        while self.checkpoints.is_under_way() {
            let waited = self.writer.as_mut().map_or(Duration::ZERO, Writer::settle);
            self.checkpoints.add_waited(waited);
            self.listen();
            self.advance_checkpoint()?;
        }
        Ok(start.elapsed())
    }

    /// Waits until all that has been handed over is on the disk.
    fn settle(&mut self) -> Result<()> {
        let phase = self.engine.timers.enter(Phase::Output);
        let settled = self.settle_checkpoint();
        if let Some(writer) = &mut self.writer {
            writer.settle();
        }
        self.listen();
        let failed = self.agree_on_failure();
        self.engine.timers.leave(phase);
        settled.map(|_| ())?;
        failed
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

    /// The next steps up to one after which something is due, at most as many as the executor takes at a stretch. The
    /// clock stands behind them afterwards.
    fn block(&mut self) -> Result<Vec<Tick>> {
        let most = self.choice().executor.n_steps();
        let mut ticks = Vec::new();
        loop {
            let tick = self.tick()?;
            ticks.push(tick);
            self.clock.advance();
            self.last_dt = tick.dt;
            let here = self.here();
            self.probes.note(&here);
            if ticks.len() == most || self.is_anything_due(&here) {
                return Ok(ticks);
            }
        }
    }

    /// Whether something other than computing follows the step that led here.
    fn is_anything_due(&self, here: &Here) -> bool {
        let is_last = self.is_at_end();
        let check = self.case.config.check.every_steps;
        is_last
            || here.step.is_multiple_of(check)
            || self.outputs.is_due(here, is_last)
            || self.checkpoints.is_due(here, is_last)
            || self.probes.is_full()
            || self.stop.as_ref().is_some_and(|stop| stop.is_due(here.step))
    }

    /// Some steps, with the executor that is being tried or was chosen.
    fn advance(&mut self, ticks: &[Tick]) -> Result<()> {
        let choice = self.choice();
        let start = Instant::now();
        self.engine.strip_rows = choice.strip_rows;
        self.engine.advance(choice.executor, ticks);
        let seconds = start.elapsed().as_secs_f64();
        let all_measured = self.tuner.as_mut().map(|tuner| tuner.record(ticks.len(), seconds));
        match all_measured {
            Some(true) => self.choose(),
            _ => Ok(()),
        }
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
        let step = self.clock.step();
        if self.checked.replace(step) == Some(step) {
            return Ok(());
        }
        let phase = self.engine.timers.enter(Phase::Reduce);
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
        self.outputs.write_due(
            self.world,
            self.case,
            &self.decomposition,
            &mut self.engine,
            self.writer.as_mut(),
            &moment,
        )?;
        self.note_waiting();
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
            if let Some(folder) = self.outputs.folder() {
                // Hosts that see no locks of the file system go by it; a disk that is full is reported by the outputs.
                let _ = folder.refresh_lock();
            }
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
            left: (steps_total - step) as f64 * elapsed / (step - self.first_step).max(1) as f64,
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
            cells_per_second: (step - self.first_step) as f64 * self.case.grid.n_cells() as f64 / wall_seconds,
            started: self.started.clone(),
            updated: provenance::now_iso(),
            wall_seconds,
            eta_seconds,
            ranks: self.world.size(),
            message,
            version: provenance::VERSION.to_string(),
            checkpoint_step: self.checkpoints.complete(),
            restarted_from: self.beginning.step(),
            stop_reason: self.stop_reason.map(|reason| reason.name().to_owned()),
        }
    }
}

impl Summary {
    /// Of a run in `folder` that had come to its end before.
    fn of_nothing(folder: PathBuf) -> Summary {
        Summary {
            folder,
            steps: 0,
            time: f64::NAN,
            wall_seconds: 0.0,
            loop_seconds: 0.0,
            checkpoints: Tally::default(),
            cells_per_second: 0.0,
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
