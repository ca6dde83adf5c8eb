//! The pictures of a study: how fast, how efficient, and where the time goes.

use super::points::{Kind, Study};
use super::summary::Row;
use super::table::grid_text;
use crate::error::Result;
use crate::metrics::Phase;
use crate::plot::{Bar, BarPlot, LinePanel, LinePlot, Series};
use std::path::{Path, PathBuf};

/// Endings of the pictures: both are drawn.
const FORMATS: [&str; 2] = ["png", "svg"];

/// Phases that have a colour of their own; all other time is the rest.
const SHOWN: [Phase; 7] = [
    Phase::Core,
    Phase::Shell,
    Phase::Pack,
    Phase::Post,
    Phase::Unpack,
    Phase::Copy,
    Phase::Wait,
];

/// The pictures of a study, as PNG and as SVG.
pub fn paths(folder: &Path) -> Vec<PathBuf> {
    let named = |format| ["scaling", "phases"].map(|name| folder.join(format!("{name}.{format}")));
    FORMATS.into_iter().flat_map(named).collect()
}

/// Draws `scaling` and `phases` into `folder`, as PNG and as SVG; returns the PNGs.
///
/// # Errors
/// [`crate::error::Error::Io`] if a picture cannot be written.
pub fn draw(folder: &Path, study: &Study, rows: &[Row]) -> Result<Vec<PathBuf>> {
    let mut drawn = paths(folder);
    let ranks = all_ranks(rows);
    for pair in drawn.chunks(2) {
        lines(study, rows).save_with_ticks(&pair[0], &ranks)?;
        bars(study, rows).save(&pair[1])?;
    }
    drawn.truncate(2);
    Ok(drawn)
}

fn all_ranks(rows: &[Row]) -> Vec<f64> {
    let mut ranks: Vec<usize> = rows.iter().map(|row| row.ranks).collect();
    ranks.sort_unstable();
    ranks.dedup();
    ranks.into_iter().map(|n| n as f64).collect()
}

/// Rate and efficiency over the ranks, with what would be ideal.
fn lines(study: &Study, rows: &[Row]) -> LinePlot {
    let of_lines = |value: &dyn Fn(&Row) -> f64| -> Vec<Series> {
        let firsts = firsts(rows);
        let several = firsts.len() > 1;
        let series = firsts.iter().map(|first| Series {
            name: if several { name(first, rows) } else { "measured".into() },
            points: rows
                .iter()
                .filter(|row| row.is_of_line(first))
                .map(|row| (row.ranks as f64, value(row)))
                .collect(),
            guide: Vec::new(),
        });
        series.collect()
    };
    let ideal = |guide: Vec<(f64, f64)>| Series {
        name: "ideal".into(),
        points: Vec::new(),
        guide,
    };
    let mut rates = of_lines(&|row| 1e-6 * row.updates_per_second);
    rates.push(ideal(ideal_rates(rows)));
    let mut efficiencies = of_lines(&|row| 100.0 * row.efficiency);
    efficiencies.push(ideal(ideal_efficiency(rows)));
    LinePlot {
        title: format!("{} scaling: {}", capital(study.kind.name()), study.title),
        subtitle: subtitle(study, rows),
        x_label: "Ranks".into(),
        x_unit: String::new(),
        log_x: true,
        panels: vec![
            LinePanel {
                label: "Million cell updates a second".into(),
                unit: String::new(),
                log_y: true,
                series: rates,
            },
            LinePanel {
                label: "Efficiency".into(),
                unit: "%".into(),
                log_y: false,
                series: efficiencies,
            },
        ],
    }
}

/// Proportional to the ranks, from the fastest of those that have fewest.
fn ideal_rates(rows: &[Row]) -> Vec<(f64, f64)> {
    let ranks = all_ranks(rows);
    let fewest = ranks.first().copied().unwrap_or(1.0);
    let first = rows.iter().filter(|row| row.ranks as f64 == fewest);
    let rate = first.map(|row| 1e-6 * row.updates_per_second).fold(0.0, f64::max);
    ranks.iter().map(|n| (*n, rate * n / fewest)).collect()
}

/// 100 %, and by itself a point at zero: it is not drawn, but the axis begins there.
fn ideal_efficiency(rows: &[Row]) -> Vec<(f64, f64)> {
    let ranks = all_ranks(rows);
    let ideal = ranks.iter().map(|n| (*n, 100.0));
    let zero = [(f64::NAN, f64::NAN), (ranks.first().copied().unwrap_or(1.0), 0.0)];
    ideal.chain(zero).collect()
}

/// Where the time of a step goes, mean over ranks.
fn bars(study: &Study, rows: &[Row]) -> BarPlot {
    let bar = |row: &Row| {
        let mut parts: Vec<f64> = SHOWN.iter().map(|&phase| 1e3 * row.seconds_in(phase)).collect();
        // The slowest rank's time; the others wait for it in the end, which no phase counts.
        let all = 1e3 * row.step_seconds.median();
        parts.push((all - parts.iter().sum::<f64>()).max(0.0));
        parts
    };
    let label = |row: &Row| match row.ranks {
        1 => format!("1 rank, {}", name(row, rows)),
        n => format!("{n} ranks, {}", name(row, rows)),
    };
    let bars = rows.iter().enumerate().map(|(n, row)| Bar {
        label: label(row),
        parts: bar(row),
        begins_group: n > 0 && rows[n - 1].ranks != row.ranks,
    });
    BarPlot {
        title: format!("Where the time goes: {}", study.title),
        subtitle: subtitle(study, rows),
        value_label: "Time a step, mean over ranks".into(),
        value_unit: "ms".into(),
        parts: SHOWN
            .iter()
            .map(|phase| phase.name().to_owned())
            .chain(["other".to_owned()])
            .collect(),
        bars: bars.collect(),
    }
}

/// The first row of each line.
fn firsts(rows: &[Row]) -> Vec<&Row> {
    let mut firsts: Vec<&Row> = Vec::new();
    for row in rows {
        if !firsts.iter().any(|first| first.is_of_line(row)) {
            firsts.push(row);
        }
    }
    firsts
}

/// What distinguishes the line of a row.
fn name(row: &Row, rows: &[Row]) -> String {
    let same_threads = rows.iter().all(|other| other.threads == row.threads);
    match (same_threads, row.threads) {
        (true, _) => row.asked.clone(),
        (false, 1) => format!("{}, 1 thread", row.asked),
        (false, n) => format!("{}, {n} threads", row.asked),
    }
}

/// The grid, and which points are not to be trusted.
fn subtitle(study: &Study, rows: &[Row]) -> String {
    let kind = match study.kind {
        Kind::Strong => grid_text(study, rows),
        Kind::Weak => format!("{}: the grid grows with the ranks", grid_text(study, rows)),
    };
    let mut marks: Vec<(&String, Vec<String>)> = Vec::new();
    for row in rows {
        for mark in &row.marks {
            let ranks = row.ranks.to_string();
            match marks.iter_mut().find(|(other, _)| *other == mark) {
                Some((_, all)) if all.contains(&ranks) => {}
                Some((_, all)) => all.push(ranks),
                None => marks.push((mark, vec![ranks])),
            }
        }
    }
    let notes = marks
        .iter()
        .map(|(mark, ranks)| format!(". Ranks {}: {mark}", ranks.join(", ")));
    format!("{kind}, {}{}", study.precision, notes.collect::<String>())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::points::tests::study;
    use super::super::summary::rows;
    use super::super::summary::tests::measured;
    use super::*;

    #[test]
    fn every_executor_has_a_line_and_one_is_ideal() {
        let plot = lines(&study(), &rows(&measured()));
        let names: Vec<&str> = plot.panels[0]
            .series
            .iter()
            .map(|series| series.name.as_str())
            .collect();
        assert_eq!(names, ["blocking", "overlap", "ideal"]);
        let ideal = &plot.panels[0].series[2].guide;
        // The fastest on one rank makes 960 cells in 40 ms.
        assert_eq!(ideal[..], [(1.0, 0.024), (2.0, 0.048)]);
        assert_eq!(plot.panels[1].series[1].points, [(1.0, 100.0), (2.0, 100.0)]);
    }

    #[test]
    fn bars_hold_the_whole_time_of_a_step() {
        let plot = bars(&study(), &rows(&measured()));
        assert_eq!(plot.bars[2].label, "2 ranks, blocking");
        assert!(plot.bars[2].begins_group && !plot.bars[3].begins_group);
        // 25 ms: 15 in core and 10 in wait on average.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(plot.bars[2].parts[0], 15.0) && near(plot.bars[2].parts[6], 10.0));
        assert!(near(plot.bars[2].parts.iter().sum(), 25.0));
    }

    #[test]
    fn four_pictures_are_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = rows(&measured());
        rows[2].marks = vec!["measured for less than a second".into()];
        let drawn = draw(folder.path(), &study(), &rows).unwrap();
        assert_eq!(drawn.len(), 2);
        for name in ["scaling.png", "scaling.svg", "phases.png", "phases.svg"] {
            assert!(folder.path().join(name).is_file(), "{name}");
        }
        assert!(subtitle(&study(), &rows).contains("Ranks 2: measured for less"));
    }
}
