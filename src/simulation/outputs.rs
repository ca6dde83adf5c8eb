//! What a run writes: snapshots, history, status, log. Tiles travel to rank 0, which alone opens files.

use super::case::Case;
use super::clock::Here;
use super::monitor::{Statistics, statistics, totals};
use super::precision::Precise;
use crate::config::{Every, SnapshotConfig};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::field::{Scalar, SlotId};
use crate::files::{
    Column, Entry, FieldHead, HistoryWriter, Log, RunFolder, Schedule, ScheduleKind, SnapshotHead, SnapshotWriter,
    provenance, run_folder,
};
use crate::grid::Decomposition;
use crate::kernels::Rates;
use crate::parallel::{World, collect};
use std::path::{Path, PathBuf};

/// Rows that the history has if the configuration does not say.
const DEFAULT_HISTORY_ROWS: u64 = 100;

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
    last_row: Option<u64>,
    hosts: String,
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
    /// Opens the run's folder on rank 0. `steps_expected` sets the default interval of the history.
    ///
    /// # Errors
    /// As [`RunFolder::create`], and [`Error::Io`] if a file cannot be written.
    pub fn open(world: &World, case: &Case, folder: &Path, overwrite: bool, steps_expected: u64) -> Result<Outputs> {
        let start = case.config.time.start;
        let series = case
            .config
            .snapshots
            .iter()
            .map(|config| Series {
                config: config.clone(),
                schedule: schedule(&config.every, start),
                last: None,
            })
            .collect();
        let default = Every::Steps((steps_expected / DEFAULT_HISTORY_ROWS).max(1));
        let history = &case.config.history;
        let history = history
            .enabled
            .then(|| schedule(history.every.as_ref().unwrap_or(&default), start));
        let hosts = world.gather_texts(&provenance::host_name());
        let root = if world.is_root() {
            open_root(case, folder, overwrite, history.is_some()).map(Some)
        } else {
            Ok(None)
        };
        let root = world.agree(root)?;
        let mut hosts: Vec<String> = hosts;
        hosts.sort();
        hosts.dedup();
        Ok(Outputs {
            root,
            series,
            history,
            last_row: None,
            hosts: hosts.join(", "),
        })
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

    /// Writes everything that is due at the beginning of `tick`.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks.
    pub fn write_due<T: Precise>(
        &mut self,
        world: &World,
        case: &Case,
        decomposition: &Decomposition,
        engine: &mut Engine<T>,
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
            let bytes = self.write_snapshot(world, case, decomposition, engine, &tick, &config)?;
            self.series[n].schedule.advance(tick.step, tick.reached);
            self.series[n].last = Some(tick.step);
            let name = format!("{}_{:08}.h5", config.name, tick.step);
            self.log(world, &format!("wrote snapshots/{name} ({:.1} MB)", bytes as f64 / 1e6))?;
        }
        Ok(())
    }

    fn write_snapshot<T: Precise>(
        &mut self,
        world: &World,
        case: &Case,
        decomposition: &Decomposition,
        engine: &Engine<T>,
        tick: &Here,
        config: &SnapshotConfig,
    ) -> Result<u64> {
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
        let mut writer = match &mut self.root {
            Some(root) => {
                let path = root.folder.snapshot_path(&config.name, tick.step);
                path.and_then(|path| SnapshotWriter::create(&path, &head)).map(Some)
            }
            None => Ok(None),
        };
        // From here on rank 0 keeps receiving even after an error, so that nobody waits for it.
        let declaration = &engine.declaration;
        let wanted = |name: &str| config.fields.is_empty() || config.fields.iter().any(|field| field == name);
        for (n, field) in declaration
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| wanted(&field.name))
        {
            let field_head = FieldHead {
                name: field.name.clone(),
                unit: field.unit.clone(),
                long_name: field.name.clone(),
                location: field.location,
                global_box: field.domain,
                time_offset: field.time_shift * tick.dt,
                compression: config.compression,
            };
            attempt(&mut writer, |w| w.begin_field::<T>(&field_head));
            let array = engine.storage.array(declaration.slot_of_field(n, tick.step));
            collect(world, decomposition, &field.domain, array, |region, values| {
                attempt(&mut writer, |w| w.write_box(region, values));
            });
            attempt(&mut writer, SnapshotWriter::end_field);
        }
        if config.storage {
            for slot in declaration.slot_ids() {
                self.write_slot(world, decomposition, engine, slot, &mut writer);
            }
        }
        let finished = writer.and_then(|writer| writer.map_or(Ok(0), SnapshotWriter::finish));
        world.agree(finished)
    }

    fn write_slot<T: Precise>(
        &self,
        world: &World,
        decomposition: &Decomposition,
        engine: &Engine<T>,
        slot: SlotId,
        writer: &mut Result<Option<SnapshotWriter>>,
    ) {
        let spec = &engine.declaration.slots[slot.0];
        let domain = spec.domain.unwrap_or(engine.tile.grid.nodes(spec.location));
        match spec.scalar {
            Scalar::Real => {
                attempt(writer, |w| w.begin_storage::<T>(&spec.name, domain));
                collect(
                    world,
                    decomposition,
                    &domain,
                    engine.storage.array(slot),
                    |region, values| {
                        attempt(writer, |w| w.write_box(region, values));
                    },
                );
            }
            Scalar::Double => {
                attempt(writer, |w| w.begin_storage::<f64>(&spec.name, domain));
                collect(
                    world,
                    decomposition,
                    &domain,
                    engine.storage.double_array(slot),
                    |region, values| {
                        attempt(writer, |w| w.write_box(region, values));
                    },
                );
            }
        }
        attempt(writer, SnapshotWriter::end_storage);
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

/// Does something with the open snapshot, unless there was an error before; an error stays and closes it.
fn attempt(writer: &mut Result<Option<SnapshotWriter>>, work: impl FnOnce(&mut SnapshotWriter) -> Result<()>) {
    if let Ok(Some(open)) = writer
        && let Err(error) = work(open)
    {
        *writer = Err(error);
    }
}

fn open_root(case: &Case, folder: &Path, overwrite: bool, has_history: bool) -> Result<RootFiles> {
    let mut folder = RunFolder::create(folder, overwrite)?;
    let log = Log::create(&folder.note(run_folder::LOG)?)?;
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
    let history = if has_history {
        let path = folder.note(run_folder::HISTORY)?;
        Some(HistoryWriter::create(
            &path,
            &history_remarks(case),
            &history_columns(case),
        )?)
    } else {
        None
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
