//! Walks through runs and files, and draws what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::PlotArgs;
use super::destination::Destination;
use super::extent::Extent;
use super::field_view::FieldView;
use super::look::Look;
use super::probe_panels;
use super::selection::{check_known, chosen};
use super::trace_view;
use crate::config::Document;
use crate::error::{Error, Result};
use crate::files::run_folder::{self, HISTORY, RESOLVED_CONFIG, TRACE};
use crate::files::{History, ProbeSeries, SnapshotReader, TraceFile};
use crate::plot::LinePlot;
use crate::simulation::{history_fields, history_plot};

/// Draws what `args` ask for, without a path the latest run in the folder `runs`, and says to `out` what was written.
///
/// # Errors
/// As [`super::run`].
pub fn draw(args: &PlotArgs, runs: &Path, out: &mut dyn Write) -> Result<()> {
    let latest = match args.paths.is_empty() {
        true => vec![run_folder::latest_run(runs)?],
        false => Vec::new(),
    };
    let mut drawing = Drawing {
        args,
        out,
        written: BTreeSet::new(),
    };
    for path in args.paths.iter().chain(&latest) {
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => drawing.run(path)?,
            Some("csv") => drawing.history_file(path)?,
            Some("json") => drawing.trace_file(path)?,
            _ => drawing.snapshot_file(path)?,
        }
    }
    Ok(())
}

/// What is drawn, and where it is said.
struct Drawing<'a> {
    args: &'a PlotArgs,
    out: &'a mut dyn Write,
    written: BTreeSet<PathBuf>,
}

impl Drawing<'_> {
    fn run(&mut self, run: &Path) -> Result<()> {
        let series = series_of(run_folder::snapshots(run)?);
        let history = self.history_of(run)?;
        let probes = self.probes_of(run)?;
        let trace = run.join(TRACE);
        if series.is_empty() && history.is_none() && probes.is_empty() && !trace.exists() {
            let cause = format!(
                "it holds neither snapshots nor a {HISTORY} with rows; name a run that has written some, a snapshot \
                 (.h5) or a history (.csv)"
            );
            return Err(Error::io("draw", run, cause));
        }
        let mut known = history.as_ref().map(history_fields).unwrap_or_default();
        for paths in series.values() {
            known.extend(paths.last().map_or(Ok(BTreeSet::new()), |path| field_names(path))?);
        }
        for (_, probe) in &probes {
            known.extend(probe.fields().into_iter().map(str::to_owned));
        }
        check_known(&self.args.fields, &known, run)?;
        let mut destination = Destination::of_run(run, self.args.output.as_ref())?;
        for (name, paths) in &series {
            let drawn = if self.args.all {
                &paths[..]
            } else {
                &paths[paths.len() - 1..]
            };
            let prefix = if series.len() > 1 {
                format!("{name}_")
            } else {
                String::new()
            };
            self.snapshots(drawn, &prefix, &mut destination)?;
        }
        let title = title_of(run);
        if let Some(history) = history {
            self.history(&history, &title, &mut destination)?;
        }
        for (name, probe) in &probes {
            self.probe(probe, &title, name, &mut destination)?;
        }
        match trace.exists() && self.args.fields.is_empty() {
            true => self.trace(&trace, &mut destination),
            false => Ok(()),
        }
    }

    fn trace_file(&mut self, path: &Path) -> Result<()> {
        self.trace(path, &mut Destination::of_file(path, self.args.output.as_ref()))
    }

    /// Draws the trace at `path` as a picture of its name.
    fn trace(&mut self, path: &Path, destination: &mut Destination) -> Result<()> {
        let timeline = trace_view::timeline(&TraceFile::read(path)?, path, self.args.steps)?;
        let picture = destination.path_of(&format!("{}.{}", stem(path), self.args.format.extension()))?;
        self.check_new(&picture)?;
        timeline.save(&picture)?;
        self.say(picture)
    }

    fn snapshot_file(&mut self, path: &Path) -> Result<()> {
        check_known(&self.args.fields, &field_names(path)?, path)?;
        let mut destination = Destination::of_file(path, self.args.output.as_ref());
        self.snapshots(&[path.to_owned()], "", &mut destination)
    }

    fn probe_file(&mut self, path: &Path, series: &ProbeSeries) -> Result<()> {
        if series.history.rows.is_empty() {
            return Err(Error::io("draw", path, "it has no rows yet"));
        }
        self.warn(&series.history);
        let known = series.fields().into_iter().map(str::to_owned).collect();
        check_known(&self.args.fields, &known, path)?;
        let run = path.parent().and_then(Path::parent).unwrap_or(Path::new(""));
        let mut destination = Destination::of_file(path, self.args.output.as_ref());
        self.probe(series, &title_of(run), &stem(path), &mut destination)
    }

    fn history_file(&mut self, path: &Path) -> Result<()> {
        if let Some(series) = ProbeSeries::read(path)? {
            return self.probe_file(path, &series);
        }
        let history = self.read_history(path)?;
        if history.rows.is_empty() {
            return Err(Error::io("draw", path, "it has no rows yet"));
        }
        check_known(&self.args.fields, &history_fields(&history), path)?;
        let title = title_of(path.parent().unwrap_or(Path::new("")));
        self.history(
            &history,
            &title,
            &mut Destination::of_file(path, self.args.output.as_ref()),
        )
    }

    /// Draws the snapshots of one series, each field with the same colours in all of them.
    fn snapshots(&mut self, paths: &[PathBuf], prefix: &str, destination: &mut Destination) -> Result<()> {
        let args = self.args;
        let mut extents: BTreeMap<String, Extent> = BTreeMap::new();
        each_view(args, paths, |view, _| {
            let extent = extents.entry(view.name().to_owned()).or_insert(Extent::NONE);
            *extent = view
                .values()?
                .iter()
                .fold(*extent, |extent, values| extent.including(values));
            Ok(())
        })?;
        let plane = args
            .plane
            .map_or(String::new(), |plane| format!("_{}", plane.file_name_part()));
        each_view(args, paths, |view, look| {
            let extent = extents.get(view.name()).unwrap_or(&Extent::NONE);
            let (name, step, ending) = (view.name(), view.step(), args.format.extension());
            let path = destination.path_of(&format!("{prefix}{name}{plane}_{step:08}.{ending}"))?;
            self.check_new(&path)?;
            view.save(look.color_scale(extent), &path)?;
            self.say(path)
        })
    }

    fn history(&mut self, history: &History, title: &str, destination: &mut Destination) -> Result<()> {
        let plot = history_plot(history, title, &self.args.fields);
        self.lines(&plot, "history", destination)
    }

    fn probe(&mut self, series: &ProbeSeries, title: &str, name: &str, destination: &mut Destination) -> Result<()> {
        let plot = probe_panels::line_plot(series, title, &self.args.fields);
        self.lines(&plot, &format!("probe_{name}"), destination)
    }

    /// Draws `plot`, if it shows anything, as the picture `name`.
    fn lines(&mut self, plot: &LinePlot, name: &str, destination: &mut Destination) -> Result<()> {
        if plot.panels.is_empty() {
            return Ok(());
        }
        let path = destination.path_of(&format!("{name}.{}", self.args.format.extension()))?;
        self.check_new(&path)?;
        plot.save(&path)?;
        self.say(path)
    }

    /// The history of a run, if it has rows.
    fn history_of(&mut self, run: &Path) -> Result<Option<History>> {
        let path = run.join(HISTORY);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(self.read_history(&path)?).filter(|history| !history.rows.is_empty()))
    }

    fn read_history(&mut self, path: &Path) -> Result<History> {
        let history = History::read(path)?;
        self.warn(&history);
        Ok(history)
    }

    /// The names and series of the probes of a run that have rows.
    fn probes_of(&mut self, run: &Path) -> Result<Vec<(String, ProbeSeries)>> {
        let mut probes = Vec::new();
        for path in run_folder::probes(run)? {
            let series = ProbeSeries::read(&path)?.filter(|series| !series.history.rows.is_empty());
            if let Some(series) = series {
                self.warn(&series.history);
                probes.push((stem(&path), series));
            }
        }
        Ok(probes)
    }

    fn warn(&self, history: &History) {
        if let Some(warning) = &history.warning {
            eprintln!("warning: {warning}");
        }
    }

    /// Checks that this command has not written the picture `path` already, as it would for files of two folders.
    fn check_new(&self, path: &Path) -> Result<()> {
        match self.written.contains(path) {
            false => Ok(()),
            true => Err(Error::Config(format!(
                "two of the pictures would be {}; draw the files one by one, each with an --output DIR of its own",
                path.display()
            ))),
        }
    }

    fn say(&mut self, path: PathBuf) -> Result<()> {
        let said = writeln!(self.out, "{}", path.display());
        self.written.insert(path);
        said.map_err(|e| Error::Io(format!("could not write to standard output: {e}")))
    }
}

/// Calls `visit` with every field that is drawn, and its look; one snapshot is open at a time.
fn each_view(args: &PlotArgs, paths: &[PathBuf], mut visit: impl FnMut(&FieldView, &Look) -> Result<()>) -> Result<()> {
    for path in paths {
        let reader = SnapshotReader::open(path)?;
        let look = Look::new(args, &reader.head().config_text);
        let fields = reader.fields()?;
        let present = fields.iter().map(|field| field.name.as_str()).collect();
        for name in chosen(present, &args.fields, &look.fields) {
            visit(&FieldView::new(&reader, path, name, args.plane)?, &look)?;
        }
    }
    Ok(())
}

/// The snapshots of a run by the name of their series, each in the order of steps.
fn series_of(snapshots: Vec<PathBuf>) -> BTreeMap<String, Vec<PathBuf>> {
    let mut series: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in snapshots {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = stem.rsplit_once('_').map_or(&*stem, |(name, _)| name).to_owned();
        series.entry(name).or_default().push(path);
    }
    series
}

fn field_names(path: &Path) -> Result<BTreeSet<String>> {
    let fields = SnapshotReader::open(path)?.fields()?;
    Ok(fields.into_iter().map(|field| field.name).collect())
}

/// The name of a file without its ending.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The title of a run: that of its configuration, else the name of its folder.
fn title_of(run: &Path) -> String {
    let text = std::fs::read_to_string(run.join(RESOLVED_CONFIG)).unwrap_or_default();
    let document = Document::parse(RESOLVED_CONFIG, &text, &[]).ok();
    let name = || Some(run.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned());
    let title = document.and_then(|document| document.root().string("title"));
    title.or_else(name).unwrap_or_default()
}
