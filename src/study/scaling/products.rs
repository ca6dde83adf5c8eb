//! The files of a study for other programs: everything as JSON, the rows as CSV, and the measurements for Extra-P.

use super::points::Study;
use super::summary::{Measured, Row};
use crate::error::{Error, Result};
use crate::metrics::Phase;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The files of a study for other programs: JSON, CSV, and what Extra-P reads.
pub fn paths(folder: &Path) -> [PathBuf; 3] {
    ["scaling.json", "scaling.csv", "extrap.jsonl"].map(|name| folder.join(name))
}

/// Writes them into `folder`.
///
/// # Errors
/// [`Error::Io`] if one cannot be written.
pub fn write(folder: &Path, study: &Study, measured: &[Measured], rows: &[Row]) -> Result<()> {
    let all = json!({ "study": study, "rows": rows, "measurements": measured, "phases": Phase::ALL.map(Phase::name) });
    let text = serde_json::to_string_pretty(&all).expect("a study has only plain values");
    let texts = [text + "\n", csv(rows), extrap(measured)];
    for (path, text) in paths(folder).into_iter().zip(texts) {
        std::fs::write(&path, text).map_err(|cause| Error::io("write", &path, cause))?;
    }
    Ok(())
}

/// A header, and a line for every row; durations in s, phases per step as means over ranks.
fn csv(rows: &[Row]) -> String {
    let phases: Vec<String> = Phase::ALL
        .iter()
        .map(|phase| format!("{}_seconds", phase.name()))
        .collect();
    let mut text = format!(
        "ranks,threads,asked,executor,cells_x,cells_y,cells_z,tile_x,tile_y,tile_z,steps,step_seconds,step_seconds_min,\
         step_seconds_max,updates_per_second,baseline_ranks,speed_up,efficiency,load_balance,communication_efficiency,\
         parallel_efficiency,hidden,{},marks\n",
        phases.join(",")
    );
    for row in rows {
        let counts = [row.cells, row.tile].concat();
        let numbers = [
            row.step_seconds.median(),
            row.step_seconds.min(),
            row.step_seconds.max(),
            row.updates_per_second,
        ];
        let shares = [
            row.speed_up,
            row.efficiency,
            row.pop.load_balance,
            row.pop.communication,
            row.pop.parallel,
        ];
        text += &format!(
            "{},{},{},{},{},{},{},{},{},{},{},{}\n",
            row.ranks,
            row.threads,
            row.asked,
            row.executor,
            joined(&counts),
            row.steps,
            joined(&numbers),
            row.baseline_ranks,
            joined(&shares),
            row.hidden.map_or_else(String::new, |hidden| hidden.to_string()),
            joined(&row.phase_seconds),
            row.marks.join("; "),
        );
    }
    text
}

fn joined<T: ToString>(values: &[T]) -> String {
    let texts: Vec<String> = values.iter().map(T::to_string).collect();
    texts.join(",")
}

/// The measurements as lines of JSON that Extra-P reads (its documentation of file formats, "JSON Lines format"): one line per
/// launch for the whole step, `step`, and one for every phase, `step->core` and so on; s per step, phases as means over ranks.
/// The parameters are the ranks, `p`, and, where there are several, the threads, `t`; several executors are roots of their own.
fn extrap(measured: &[Measured]) -> String {
    let is_one = |same: &dyn Fn(&Measured) -> bool| measured.iter().all(same);
    let first = |m: &Measured| (m.point.threads, m.point.executor.clone());
    let one_thread = is_one(&|m| first(m).0 == first(&measured[0]).0);
    let one_executor = is_one(&|m| first(m).1 == first(&measured[0]).1);
    let mut text = String::new();
    for Measured { point, launches } in measured {
        let root = match one_executor {
            true => "step".to_owned(),
            false => format!("{}->step", point.executor),
        };
        let params = match one_thread {
            true => json!({ "p": point.ranks }),
            false => json!({ "p": point.ranks, "t": point.threads }),
        };
        let mut line = |callpath: String, value: f64| {
            let line = json!({ "params": params, "metric": "time", "callpath": callpath, "value": value });
            text += &format!("{line}\n");
        };
        for launch in launches {
            line(root.clone(), launch.step_seconds());
            for phase in Phase::ALL {
                let all: f64 = launch.phases.iter().map(|rank| rank[phase as usize]).sum();
                let of_step = all / (launch.ranks as u64 * launch.steps) as f64;
                line(format!("{root}->{}", phase.name()), of_step);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::points::tests::study;
    use super::super::summary::rows;
    use super::super::summary::tests::measured;
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_launch_has_a_line_for_the_step_and_one_for_each_phase() {
        let measured = measured();
        let lines: Vec<Value> = extrap(&measured)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        // Three launches of the first point, one of each other.
        assert_eq!(lines.len(), 6 * (1 + Phase::ALL.len()));
        assert_eq!(
            lines[0],
            json!({ "params": { "p": 1 }, "metric": "time", "callpath": "blocking->step", "value": 0.04 })
        );
        let last = lines.iter().rfind(|line| line["callpath"] == "overlap->step->wait");
        assert_eq!(last.unwrap()["value"], 0.005);
        let alone: Value = serde_json::from_str(extrap(&measured[..1]).lines().nth(1).unwrap()).unwrap();
        assert_eq!(alone["callpath"], "step->core");
    }

    #[test]
    fn all_rows_have_the_columns_of_the_header() {
        let text = csv(&rows(&measured()));
        let widths: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(widths.len(), 5);
        assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
        assert!(
            text.lines()
                .nth(4)
                .unwrap()
                .starts_with("2,1,overlap,blocking,12,10,8,12,10,4,100,0.02,")
        );
    }

    #[test]
    fn the_files_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let measured = measured();
        write(folder.path(), &study(), &measured, &rows(&measured)).unwrap();
        let text = std::fs::read_to_string(folder.path().join("scaling.json")).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(all["study"]["kind"], "strong");
        assert_eq!(all["rows"][3]["speed_up"], 2.0);
        assert_eq!(all["measurements"][0]["launches"].as_array().unwrap().len(), 3);
    }
}
