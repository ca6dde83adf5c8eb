//! What a run writes: snapshots, history, status, log. Tiles travel to rank 0, which alone opens files; snapshots are
//! written by its thread while the run goes on.

use super::case::Case;
use super::clock::Here;
use super::dues::history_steps;
use super::loop_state::OutputState;
use super::monitor::{Statistics, statistics, totals};
use super::precision::Precise;
use super::restart::Beginning;
use super::writer::Writer;
use crate::config::{Every, SnapshotConfig};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::field::{Scalar, SlotId};
use crate::files::{
    Column, Entry, FieldHead, HistoryWriter, Log, RunFolder, Schedule, ScheduleKind, SnapshotHead, provenance,
    run_folder,
};
use crate::grid::{Decomposition, IndexBox};
use crate::kernels::Rates;
use crate::parallel::{Gathering, World, collect, contribute};
use std::fs::File;
use std::path::PathBuf;

/// The files that only rank 0 holds open.
struct RootFiles {
    folder: RunFolder,
    history: Option<HistoryWriter>,
    log: Log,
}

/// A series of snapshots and when the next one is due.
struct Series {
    config: SnapshotConfig,
    schedule: Schedule,
    /// Step of the last one written.
    last: Option<u64>,
}

/// The moment at which outputs are looked at.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Step and time, and the dt that led here.
    pub tick: Here,
    pub rates: &'a Rates,
    /// Whether the run ends here.
    pub is_last: bool,
}

/// All outputs of a run.
pub struct Outputs {
    root: Option<RootFiles>,
    series: Vec<Series>,
    history: Option<Schedule>,
    /// Steps from one row of the history to the next, where the configuration leaves that open.
    history_steps: Option<u64>,
    last_row: Option<u64>,
    /// On rank 0, as [`Outputs::hosts`] tells.
    hosts: String,
    /// Those that bring pieces of snapshots, on rank 0, which takes them; elsewhere that one alone.
    ranks: Vec<usize>,
    piece_cells: usize,
}

fn schedule(every: &Every, start: f64) -> Schedule {
    let kind = match every {
        Every::Time(interval) => ScheduleKind::Time(*interval),
        Every::Steps(n) => ScheduleKind::Steps(*n),
        Every::AtTimes(times) => ScheduleKind::AtTimes(times.clone()),
        Every::AtSteps(steps) => ScheduleKind::AtSteps(steps.clone()),
    };
    Schedule::new(kind, start, 0)
}

impl Outputs {
    /// Opens the files of the run in its folder on rank 0: new ones, or those of a run that is continued, cut where the
    /// checkpoint was. `steps_expected` sets the default interval of the history; `hosts` are those of all ranks, on rank 0.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks, if a file cannot be written.
    pub fn open(
        world: &World,
        case: &Case,
        beginning: &mut Beginning,
        steps_expected: u64,
        hosts: &[String],
        piece_cells: usize,
    ) -> Result<Outputs> {
        let before = beginning.state().map(|state| state.outputs.clone());
        let start = case.config.time.start;
        let mut series: Vec<Series> = case
            .config
            .snapshots
            .iter()
            .map(|config| Series {
                config: config.clone(),
                schedule: schedule(&config.every, start),
                last: None,
            })
            .collect();
        let history = &case.config.history;
        let by_default = history.enabled && history.every.is_none();
        let of_before = before.as_ref().and_then(|before| before.history_steps);
        let steps = by_default.then(|| of_before.unwrap_or(history_steps(steps_expected)));
        let every = history.every.clone().or(steps.map(Every::Steps));
        let mut history = every.filter(|_| history.enabled).map(|every| schedule(&every, start));
        if let Some(here) = beginning.here(case) {
            // All that was due up to the checkpoint has been done.
            let schedules = series.iter_mut().map(|series| &mut series.schedule);
            schedules
                .chain(&mut history)
                .for_each(|schedule| schedule.advance(here.step, here.reached));
        }
        let root = match beginning.folder.take() {
            Some(folder) => open_root(case, folder, history.is_some(), before.as_ref()).map(Some),
            None => Ok(None),
        };
        let root = world.agree(root)?;
        let mut names = hosts.to_vec();
        names.sort();
        names.dedup();
        // Elsewhere only who takes the pieces matters.
        let n_members = if world.is_root() { world.size() } else { 1 };
        Ok(Outputs {
            root,
            series,
            history,
            history_steps: steps,
            last_row: beginning.step(),
            hosts: names.join(", "),
            ranks: (0..n_members).collect(),
            piece_cells,
        })
    }

    /// Steps from one row of the history to the next, where the configuration leaves that open.
    pub fn history_steps(&self) -> Option<u64> {
        self.history_steps
    }

    /// The hosts of all ranks, each once, on rank 0.
    pub fn hosts(&self) -> &str {
        &self.hosts
    }

    /// How far the outputs have come; the files themselves on rank 0.
    pub fn state(&self) -> OutputState {
        let root = self.root.as_ref();
        let history = root.and_then(|root| root.history.as_ref());
        OutputState {
            history_steps: self.history_steps,
            history_bytes: history.map(HistoryWriter::n_bytes),
            ..OutputState::default()
        }
    }

    /// The open history and list of files, for bringing them to the disk from elsewhere; on rank 0.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses.
    pub fn handles(&self) -> Result<Vec<File>> {
        let Some(root) = &self.root else { return Ok(Vec::new()) };
        let history = root.history.as_ref().map(HistoryWriter::handle);
        history.into_iter().chain([root.folder.list_handle()]).collect()
    }

    /// The folder of the run, on rank 0.
    pub fn folder(&mut self) -> Option<&mut RunFolder> {
        self.root.as_mut().map(|root| &mut root.folder)
    }

    /// The next time that has to be met exactly, s.
    pub fn next_time(&self) -> Option<f64> {
        let times = self.series.iter().filter_map(|series| series.schedule.next_time());
        times
            .chain(self.history.iter().filter_map(Schedule::next_time))
            .min_by(f64::total_cmp)
    }

    /// Whether anything is to be written at `tick`.
    pub fn is_due(&self, tick: &Here, is_last: bool) -> bool {
        self.history_is_due(tick, is_last) || self.series.iter().any(|series| series.is_due(tick, is_last))
    }

    fn history_is_due(&self, tick: &Here, is_last: bool) -> bool {
        let edge = tick.step == 0 || (is_last && self.last_row != Some(tick.step));
        self.history
            .as_ref()
            .is_some_and(|history| edge || history.is_due(tick.step, tick.reached))
    }

    /// Writes the row of the history that is due at the beginning of `tick`, and hands the snapshots that are due to
    /// `writer`, which rank 0 has.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks.
    pub fn write_due<T: Precise>(
        &mut self,
        world: &World,
        case: &Case,
        decomposition: &Decomposition,
        engine: &mut Engine<T>,
        mut writer: Option<&mut Writer<T>>,
        moment: &Moment<'_>,
    ) -> Result<()> {
        let Moment { tick, rates, is_last } = *moment;
        if self.history_is_due(&tick, is_last) {
            let fields = statistics(engine, world, tick.step);
            let totals = totals(engine, world, &tick);
            let row = history_row(&tick, rates, &fields, &totals);
            let written = match &mut self.root {
                Some(RootFiles {
                    history: Some(history), ..
                }) => history.append(&row),
                _ => Ok(()),
            };
            world.agree(written)?;
            self.last_row = Some(tick.step);
            if let Some(history) = &mut self.history {
                history.advance(tick.step, tick.reached);
            }
        }
        for n in 0..self.series.len() {
            if !self.series[n].is_due(&tick, is_last) {
                if tick.step == 0 {
                    self.series[n].schedule.advance(0, tick.reached);
                }
                continue;
            }
            let config = self.series[n].config.clone();
            // Rank 0 keeps receiving whatever happens to the file, so that nobody waits for it.
            let writer = writer.as_deref_mut().filter(|_| world.is_root());
            self.take_snapshot(world, case, decomposition, engine, writer, &tick, &config)?;
            self.series[n].schedule.advance(tick.step, tick.reached);
            self.series[n].last = Some(tick.step);
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn take_snapshot<T: Precise>(
        &mut self,
        world: &World,
        case: &Case,
        decomposition: &Decomposition,
        engine: &Engine<T>,
        mut writer: Option<&mut Writer<T>>,
        tick: &Here,
        config: &SnapshotConfig,
    ) -> Result<()> {
        let head = SnapshotHead {
            title: case.config.title.clone(),
            kernel: case.kernel_name.clone(),
            config_text: case.resolved.clone(),
            version: provenance::VERSION.to_string(),
            commit: provenance::COMMIT.to_string(),
            date: provenance::now_iso(),
            hosts: self.hosts.clone(),
            n_ranks: world.size(),
            step: tick.step,
            time: tick.time,
            dt: tick.dt,
            units: case.config.units,
            grid: case.grid.clone(),
        };
        let noted = self
            .root
            .as_mut()
            .map(|root| root.folder.snapshot_path(&config.name, tick.step));
        let path = world.agree(noted.transpose())?;
        if let (Some(writer), Some(path)) = (&mut writer, path) {
            writer.begin_snapshot(path, head);
        }
        let values = Values {
            world,
            decomposition,
            engine,
            gathering: Gathering {
                members: &self.ranks,
                piece_cells: self.piece_cells,
            },
        };
        let declaration = &engine.declaration;
        let wanted = |name: &str| config.fields.is_empty() || config.fields.iter().any(|field| field == name);
        for (n, field) in declaration
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| wanted(&field.name))
        {
            if let Some(writer) = &mut writer {
                writer.begin_field(FieldHead {
                    name: field.name.clone(),
                    unit: field.unit.clone(),
                    long_name: field.name.clone(),
                    location: field.location,
                    global_box: field.domain,
                    time_offset: field.time_shift * tick.dt,
                    compression: config.compression,
                });
            }
            values.hand_over(
                declaration.slot_of_field(n, tick.step),
                field.domain,
                writer.as_deref_mut(),
            );
        }
        if config.storage {
            for slot in declaration.slot_ids() {
                let spec = &declaration.slots[slot.0];
                let domain = spec.domain.unwrap_or(engine.tile.grid.nodes(spec.location));
                if let Some(writer) = &mut writer {
                    match spec.scalar {
                        Scalar::Real => writer.begin_storage::<T>(spec.name.clone(), domain),
                        Scalar::Double => writer.begin_storage::<f64>(spec.name.clone(), domain),
                    }
                }
                values.hand_over(slot, domain, writer.as_deref_mut());
            }
        }
        if let Some(writer) = &mut writer {
            writer.finish_snapshot(format!("{}_{:08}.h5", config.name, tick.step));
        }
        Ok(())
    }

    /// Notes that the run writes `relative`, and returns where to write it, on rank 0.
    ///
    /// # Errors
    /// As [`RunFolder::note`]; not agreed on.
    pub fn new_file(&mut self, relative: &str) -> Result<Option<PathBuf>> {
        self.root.as_mut().map(|root| root.folder.note(relative)).transpose()
    }

    /// Appends to the log, on rank 0.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks.
    pub fn log(&mut self, world: &World, text: &str) -> Result<()> {
        let written = match &mut self.root {
            Some(root) => root.log.write(text),
            None => Ok(()),
        };
        world.agree(written)
    }

    /// Appends to the log on rank 0 without the others: for lines that do not matter enough to stop a run.
    pub fn note(&mut self, text: &str) {
        if let Some(root) = &mut self.root {
            // The next agreed write reports a disk that is full.
            let _ = root.log.write(text);
        }
    }

    /// Where status.json is, on rank 0.
    pub fn status_path(&self) -> Option<PathBuf> {
        self.root
            .as_ref()
            .map(|root| root.folder.path().join(run_folder::STATUS))
    }

    /// Brings the history to the disk.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks.
    pub fn finish(&mut self, world: &World) -> Result<()> {
        let finished = match self.root.as_mut().and_then(|root| root.history.take()) {
            Some(history) => history.finish(),
            None => Ok(()),
        };
        world.agree(finished)
    }
}

impl Series {
    fn is_due(&self, tick: &Here, is_last: bool) -> bool {
        if tick.step == 0 {
            let is_asked_for = matches!(&self.config.every, Every::AtSteps(_) | Every::AtTimes(_))
                && self.schedule.is_due(tick.step, tick.reached);
            return self.config.initial_state || is_asked_for;
        }
        let is_new = self.last != Some(tick.step);
        is_new && (self.schedule.is_due(tick.step, tick.reached) || (is_last && self.config.final_state))
    }
}

/// Where the values of a snapshot come from.
struct Values<'a, T> {
    world: &'a World,
    decomposition: &'a Decomposition,
    engine: &'a Engine<T>,
    gathering: Gathering<'a>,
}

impl<T: Precise> Values<'_, T> {
    /// Brings what the ranks own of `domain` to rank 0, whose writer takes it as what was begun last.
    fn hand_over(&self, slot: SlotId, domain: IndexBox, writer: Option<&mut Writer<T>>) {
        let Values {
            world,
            decomposition,
            engine,
            ..
        } = self;
        let part = |rank| decomposition.grid.owned_part(&decomposition.owned(rank), &domain);
        let is_double = engine.declaration.slots[slot.0].scalar == Scalar::Double;
        match writer {
            Some(writer) if is_double => {
                let array = engine.storage.double_array(slot);
                collect(world, self.gathering, part, array, &mut writer.snapshot_doubles());
                writer.end_values();
            }
            Some(writer) => {
                let array = engine.storage.array(slot);
                collect(world, self.gathering, part, array, &mut writer.snapshot_values());
                writer.end_values();
            }
            None if is_double => {
                let array = engine.storage.double_array(slot);
                contribute(world, self.gathering, part(world.rank()), array);
            }
            None => contribute(world, self.gathering, part(world.rank()), engine.storage.array(slot)),
        }
    }
}

/// Opens the files in the folder of a run that begins, or of one that is continued with the outputs where they were
/// `before`.
fn open_root(case: &Case, mut folder: RunFolder, has_history: bool, before: Option<&OutputState>) -> Result<RootFiles> {
    let mut log = Log::append(&folder.note(run_folder::LOG)?)?;
    folder.note(run_folder::STATUS)?;
    let resolved = folder.note(run_folder::RESOLVED_CONFIG)?;
    let text = format!(
        "# Resolved configuration of \"{}\", written by simrun {} ({}) on {}.\n{}",
        case.config.title,
        provenance::VERSION,
        provenance::COMMIT,
        provenance::now_iso(),
        case.resolved
    );
    std::fs::write(&resolved, text).map_err(|cause| Error::io("write", &resolved, cause))?;
    let (remarks, columns) = (history_remarks(case), history_columns(case));
    let history = match (has_history, before.and_then(|before| before.history_bytes)) {
        (false, _) => None,
        (true, None) => {
            let path = folder.note(run_folder::HISTORY)?;
            Some(HistoryWriter::create(&path, &remarks, &columns)?)
        }
        (true, Some(bytes)) => {
            let path = folder.note(run_folder::HISTORY)?;
            let (history, said) = HistoryWriter::resume(&path, &remarks, &columns, bytes)?;
            said.map_or(Ok(()), |text| log.write(&text))?;
            Some(history)
        }
    };
    Ok(RootFiles { folder, history, log })
}

pub(super) fn history_remarks(case: &Case) -> String {
    // Nothing here may depend on ranks, hosts or dates: histories of equal runs are equal files.
    format!(
        "{}\nsimrun {}, kernel {}",
        case.config.title,
        provenance::VERSION,
        case.kernel_name
    )
}

fn history_columns(case: &Case) -> Vec<Column> {
    let column = |name: &str, unit: &str| Column {
        name: name.to_string(),
        unit: unit.to_string(),
    };
    let units = case.config.units;
    let time = units.time();
    let mut columns = vec![column("step", ""), column("time", time), column("dt", time)];
    columns.extend(case.physics.numbers().iter().map(|name| column(name, "")));
    for field in &case.declaration.fields {
        let name = &field.name;
        columns.extend([
            column(&format!("{name}.total"), &field.integral_unit),
            column(&format!("{name}.min"), &field.unit),
            column(&format!("{name}.max"), &field.unit),
            column(&format!("{name}.l1"), &field.integral_unit),
            column(
                &format!("{name}.l2"),
                units.of(format!("{} m^1.5", field.unit).trim_start()),
            ),
        ]);
    }
    columns.extend(
        case.declaration
            .totals
            .iter()
            .map(|total| column(&total.name, &total.unit)),
    );
    let gauges = case.declaration.gauges.iter().flat_map(|gauges| &gauges.numbers);
    columns.extend(gauges.map(|gauge| column(&gauge.name, &gauge.unit)));
    columns
}

fn history_row(tick: &Here, rates: &Rates, fields: &[Statistics], totals: &[f64]) -> Vec<Entry> {
    let mut row = vec![Entry::Count(tick.step), Entry::Value(tick.time), Entry::Value(tick.dt)];
    row.extend(rates.terms.iter().map(|rate| Entry::Value(rate.value * tick.dt)));
    for field in fields {
        row.extend([field.total, field.min, field.max, field.l1, field.l2].map(Entry::Value));
    }
    row.extend(totals.iter().copied().map(Entry::Value));
    row
}
