//! What `simrun info` says about a snapshot, a history, or the folder of a run.

use super::checkpoint::{Checkpoint, CheckpointFolder, MANIFEST, list};
use super::run_folder::{self, HISTORY, STATUS};
use super::snapshot_reader::FieldEntry;
use super::{History, RunState, SnapshotReader, Status};
use crate::config::Units;
use crate::error::{Error, Result};
use crate::grid::{AXIS_NAMES, Grid};
use std::path::Path;

/// What is in the file or folder at `path`, for people.
///
/// # Errors
/// [`Error::Io`] if it cannot be read or is nothing that simrun writes.
pub fn describe(path: &Path) -> Result<String> {
    if path.join(MANIFEST).is_file() {
        return describe_checkpoint(path);
    }
    if path.is_dir() {
        return describe_run(path);
    }
    if path.file_name() == Some(MANIFEST.as_ref()) {
        return describe_checkpoint(path.parent().unwrap_or(Path::new(".")));
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => describe_history(path),
        Some("json") => Ok(describe_status(&Status::read(path)?)),
        _ => describe_snapshot(path),
    }
}

fn describe_snapshot(path: &Path) -> Result<String> {
    let reader = SnapshotReader::open(path)?;
    let head = reader.head();
    let mut text = format!(
        "snapshot of {}\n  title    {}\n  step     {}\n  time     {} (dt {})\n  grid     {}\n",
        head.kernel,
        head.title,
        head.step,
        head.units.text(head.time, "s"),
        head.units.text(head.dt, "s"),
        describe_grid(&head.grid, head.units)
    );
    for entry in reader.fields()? {
        text += &describe_field(&reader, &entry)?;
    }
    for name in reader.storage_names() {
        text += &format!("  storage  {name}\n");
    }
    text += &format!(
        "  written  {} by simrun {} ({}), {} on {}\n",
        head.date,
        head.version,
        head.commit,
        ranks(head.n_ranks),
        head.hosts
    );
    Ok(text)
}

/// What is in a checkpoint, and whether it is whole.
fn describe_checkpoint(folder: &Path) -> Result<String> {
    let checkpoint = Checkpoint::open(folder)?;
    let manifest = checkpoint.manifest();
    let mut text = format!(
        "checkpoint of {}\n  title    {}\n  step     {}\n  time     {}\n",
        manifest.kernel, manifest.title, manifest.step, manifest.time
    );
    for slot in &manifest.slots {
        let sizes: Vec<String> = slot.domain().size().iter().map(usize::to_string).collect();
        text += &format!("  storage  {}: {}, {}\n", slot.name, sizes.join(" x "), slot.element);
    }
    for (n, part) in manifest.parts.iter().enumerate() {
        let verdict = match checkpoint.verify(n) {
            Ok(()) => "whole".to_owned(),
            Err(error) => format!("DAMAGED: {error}"),
        };
        let tiles = part.tiles.len();
        text += &format!(
            "  part     {}: {} bytes, {tiles} tiles, {verdict}\n",
            part.file, part.bytes
        );
    }
    text += &format!(
        "  written  {} by simrun {} ({}), {} on {}\n",
        manifest.date,
        manifest.version,
        manifest.commit,
        ranks(manifest.ranks),
        manifest.hosts
    );
    Ok(text)
}

fn describe_grid(grid: &Grid, units: Units) -> String {
    let join = |axis_text: &dyn Fn(usize) -> String| (0..grid.dims).map(axis_text).collect::<Vec<_>>().join(" x ");
    let cells = join(&|axis| grid.cells[axis].to_string());
    let ends = |axis: usize| {
        let end = grid.origin[axis] + grid.cells[axis] as f64 * grid.spacing[axis];
        let periodic = if grid.periodic[axis] { " periodic" } else { "" };
        let end = units.text(end, "m");
        format!("{} {} to {end}{periodic}", AXIS_NAMES[axis], grid.origin[axis])
    };
    let extent = (0..grid.dims).map(ends).collect::<Vec<_>>().join(", ");
    format!("{cells} cells, {extent}")
}

fn describe_field(reader: &SnapshotReader, entry: &FieldEntry) -> Result<String> {
    let (low, high) = reader.range(&entry.name)?;
    let unit = if entry.unit.is_empty() { "1" } else { &entry.unit };
    // The file lists the slowest axis first, people the fastest.
    let sizes: Vec<String> = entry.shape.iter().rev().map(usize::to_string).collect();
    let faces: Vec<&str> = (0..3)
        .filter(|&axis| entry.location.0[axis])
        .map(|axis| AXIS_NAMES[axis])
        .collect();
    let place = match faces.is_empty() {
        true => "cell centres".to_owned(),
        false => format!("{} faces", faces.join("")),
    };
    Ok(format!(
        "  field    {} [{unit}]: {}, {}, {place}, {} to {}\n",
        entry.name,
        sizes.join(" x "),
        entry.element,
        short(low),
        short(high)
    ))
}

/// A number with an exponent where it is very large or small.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if (1e-4..1e6).contains(&size) => value.to_string(),
        _ => format!("{value:e}"),
    }
}

fn describe_history(path: &Path) -> Result<String> {
    let history = History::read(path)?;
    let mut text = format!("history with {} rows\n", history.rows.len());
    for (i, column) in history.columns.iter().enumerate() {
        let last = history
            .rows
            .last()
            .map_or("no value".to_owned(), |row| row[i].to_string());
        let unit = if column.unit.is_empty() { "1" } else { &column.unit };
        text += &format!("  column   {} [{unit}]: last {last}\n", column.name);
    }
    text.extend(history.warning.map(|warning| format!("  warning  {warning}\n")));
    Ok(text)
}

fn describe_status(status: &Status) -> String {
    let state = match status.state {
        RunState::Running => "running",
        RunState::Finished => "finished",
        RunState::Failed => "failed",
        RunState::Stopped => "stopped",
    };
    let time = |time: f64| format!("{time} {}", status.time_unit).trim_end().to_owned();
    let end = status.end.map_or(String::new(), |end| format!(" of {}", time(end)));
    let step = |what: &str, step: Option<u64>| step.map_or(String::new(), |step| format!("  {what} step {step}\n"));
    let restarted = step("restart  from", status.restarted_from);
    let checkpoint = step("checkpoint", status.checkpoint_step);
    let reason = status.stop_reason.as_ref();
    let reason = reason.map_or(String::new(), |reason| format!("  reason   {reason}\n"));
    let message = match status.message.is_empty() {
        true => String::new(),
        false => format!("  message  {}\n", status.message),
    };
    format!(
        "  state    {state}, step {}, time {}{end}\n  updated  {}, {} s after the start, {}\n{restarted}{checkpoint}{reason}{message}",
        status.step,
        time(status.time),
        status.updated,
        status.wall_seconds,
        ranks(status.ranks)
    )
}

fn describe_run(folder: &Path) -> Result<String> {
    let status = folder.join(STATUS);
    if !status.exists() {
        let cause = format!("it is not the folder of a run: it has no {STATUS}");
        return Err(Error::io("describe", folder, cause));
    }
    let status = Status::read(&status)?;
    let mut text = format!("run in {}\n{}", folder.display(), describe_status(&status));
    if status.state == RunState::Running && !run_folder::is_under_way(folder) {
        text += "  NOTE     no process holds this folder: the run was killed, or is on a host whose locks are not seen here\n";
    }
    let snapshots = run_folder::snapshots(folder)?;
    for path in &snapshots {
        text += &format!("  snapshot {}\n", path.display());
    }
    let history = folder.join(HISTORY);
    if history.exists() {
        text += &format!("  history  {}\n", history.display());
    }
    for path in run_folder::probes(folder)? {
        text += &format!("  probe    {}\n", path.display());
    }
    for step in list(folder)?.into_iter().rev() {
        let path = CheckpointFolder::new(folder, step).path();
        text += &format!("  checkpoint {}\n", path.display());
    }
    Ok(text)
}

fn ranks(n: usize) -> String {
    match n {
        1 => "1 rank".to_owned(),
        n => format!("{n} ranks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::SnapshotWriter;
    use crate::files::fixture::{head, write_snapshot};

    #[test]
    fn a_snapshot_tells_where_it_comes_from_and_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        write_snapshot(&path, [4, 3, 2], 3);
        let expected = "snapshot of advection-diffusion\n  \
            title    Kühlturm\n  \
            step     120\n  \
            time     3.25 s (dt 0.125 s)\n  \
            grid     4 x 3 x 2 cells, x -1 to 1 m periodic, y 10 to 16 m, z 0 to 8 m\n  \
            field    flux [ug/m3]: 4 x 4 x 2, f64, y faces, 0 to 10303\n  \
            field    so2 [ug/m3]: 4 x 3 x 2, f64, cell centres, 0 to 10203\n  \
            written  2024-02-29T23:59:58Z by simrun 0.1.0 (abc1234), 4 ranks on node1\n";
        assert_eq!(describe(&path).unwrap(), expected);
    }

    #[test]
    fn a_folder_that_is_no_run_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = describe(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it has no status.json"), "{error}");
    }

    #[test]
    fn a_run_that_was_stopped_tells_why_and_from_where_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let text = r#"{"state": "stopped", "step": 12, "steps_total": 20, "time": 3.0, "end": 5.0, "dt": 0.25,
            "cells_per_second": 1e9, "started": "2024-02-29T23:59:58Z", "updated": "2024-03-01T00:00:00Z",
            "wall_seconds": 2.0, "eta_seconds": null, "ranks": 2, "checkpoint_step": 12, "restarted_from": 5,
            "stop_reason": "max-time", "message": "", "version": "0.1.0"}"#;
        std::fs::write(&path, text).unwrap();
        let expected = "  state    stopped, step 12, time 3 s of 5 s\n  \
            updated  2024-03-01T00:00:00Z, 2 s after the start, 2 ranks\n  \
            restart  from step 5\n  \
            checkpoint step 12\n  \
            reason   max-time\n";
        assert_eq!(describe(&path).unwrap(), expected);
    }

    #[test]
    fn a_history_shows_its_last_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        std::fs::write(&path, "# units: ,s\nstep,time\n0,0.0\n1,0.5\n2").unwrap();
        let text = describe(&path).unwrap();
        assert!(text.starts_with("history with 2 rows\n  column   step [1]: last 1\n  column   time [s]: last 0.5\n"));
        assert!(text.contains("cut off"), "{text}");
    }

    #[test]
    fn natural_units_are_not_called_metres_and_seconds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let mut head = head([4, 3, 2], 3);
        head.units = Units::Natural;
        SnapshotWriter::create(&path, &head).unwrap().finish().unwrap();
        let text = describe(&path).unwrap();
        for part in [
            "time     3.25 (dt 0.125)\n",
            "x -1 to 1 periodic, y 10 to 16, z 0 to 8\n",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
