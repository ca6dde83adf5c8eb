//! Pictures of histories: which columns of one share a panel, and the columns of several beside each other.
//!
//! A column of a field is called `<field>.<measure>`, as `so2.total`; others, as `dt`, concern the run. Measures of one
//! kind and one unit share a panel: extrema with extrema, totals of all fields with each other.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::files::{Column, History};
use crate::plot::{LinePanel, LinePlot, Series, quantity};

/// A kind of quantity: its name on the axis, and the measures that belong to it.
const KINDS: [(&str, &[&str]); 7] = [
    ("Total", &["total", "sum", "mass", "integral"]),
    ("Extrema", &["min", "max"]),
    ("Mean", &["mean"]),
    ("Norm", &["l1", "l2", "linf", "norm"]),
    ("Courant number", &["courant", "cfl", "courant_number"]),
    ("Diffusion number", &["diffusion", "diffusion_number"]),
    ("Time step", &["dt"]),
];

/// Columns that count rows and measure nothing.
const COUNTERS: [&str; 2] = ["step", "time"];

/// The fields that `history` has columns for.
pub fn history_fields(history: &History) -> BTreeSet<String> {
    let names = history.columns.iter().filter_map(|column| column.name.rsplit_once('.'));
    names.map(|(field, _)| field.to_owned()).collect()
}

/// The plot of `history` over time: everything that concerns the run, and the fields `wanted`, or all if none is named.
pub fn history_plot(history: &History, title: &str, wanted: &[String]) -> LinePlot {
    let (x_label, x_unit, x) = abscissa(history);
    let end = end_of(&x_label, &x_unit, &x);
    LinePlot {
        title: title.to_owned(),
        subtitle: format!("history up to {x_label} = {end}"),
        x_label,
        x_unit,
        log_x: false,
        panels: groups(&history.columns, wanted)
            .iter()
            .map(|group| group.panel(history, &x))
            .collect(),
    }
}

/// The plot of several histories, each with a name: a panel for each column, with a line for each history. Columns
/// that are the same number in all rows of all of them are left out: there is nothing to compare.
pub fn compared_histories(histories: &[(String, History)], title: &str) -> LinePlot {
    let axes: Vec<(String, String, Vec<f64>)> = histories.iter().map(|(_, history)| abscissa(history)).collect();
    let longest = axes
        .iter()
        .max_by(|a, b| a.2.last().partial_cmp(&b.2.last()).unwrap_or(Ordering::Equal));
    let (x_label, x_unit, x) = longest.cloned().unwrap_or_default();
    let mut panels: Vec<(usize, LinePanel)> = Vec::new();
    for column in histories.iter().flat_map(|(_, history)| &history.columns) {
        let (field, measure) = parts_of(column);
        let label = format!("{field} {measure}").trim().to_owned();
        let is_known = |(_, panel): &(usize, LinePanel)| panel.label == label && panel.unit == column.unit;
        if COUNTERS.contains(&column.name.as_str()) || panels.iter().any(is_known) {
            continue;
        }
        // A history without the column has a line without points: each has the same colour in all panels.
        let series = histories.iter().zip(&axes).map(|((name, history), (_, _, x))| Series {
            name: name.clone(),
            points: x
                .iter()
                .copied()
                .zip(history.column(&column.name).unwrap_or_default())
                .collect(),
            guide: Vec::new(),
        });
        let panel = LinePanel {
            label,
            unit: column.unit.clone(),
            log_y: false,
            series: series.collect(),
        };
        panels.push((rank_of(measure), panel));
    }
    panels.retain(|(_, panel)| {
        let mut values = panel
            .series
            .iter()
            .flat_map(|series| &series.points)
            .map(|(_, value)| value.to_bits());
        let first = values.next();
        values.any(|value| Some(value) != first)
    });
    panels.sort_by_key(|(rank, _)| *rank);
    LinePlot {
        title: title.to_owned(),
        subtitle: format!(
            "{} histories, up to {x_label} = {}",
            histories.len(),
            end_of(&x_label, &x_unit, &x)
        ),
        x_label,
        x_unit,
        log_x: false,
        panels: panels.into_iter().map(|(_, panel)| panel).collect(),
    }
}

/// Field (empty for none) and measure of a column.
fn parts_of(column: &Column) -> (&str, &str) {
    column.name.rsplit_once('.').unwrap_or(("", &column.name))
}

/// Where the kind of a measure stands among all.
fn rank_of(measure: &str) -> usize {
    let is_of = |(_, measures): &(&str, &[&str])| measures.contains(&measure);
    KINDS.iter().position(is_of).unwrap_or(KINDS.len())
}

/// The last of the values `x` on the axis, in words.
fn end_of(x_label: &str, x_unit: &str, x: &[f64]) -> String {
    let last = x.last().copied().unwrap_or(0.0);
    match x_label {
        "time" => quantity(last, x_unit),
        _ => last.to_string(),
    }
}

/// Label, unit and values of the common axis: time, else steps, else rows.
fn abscissa(history: &History) -> (String, String, Vec<f64>) {
    let column = |name: &str| {
        let unit = &history.columns.iter().find(|column| column.name == name)?.unit;
        Some((name.to_owned(), unit.clone(), history.column(name)?))
    };
    let rows = || (0..history.rows.len()).map(|row| row as f64).collect();
    column("time")
        .or_else(|| column("step"))
        .unwrap_or_else(|| ("row".into(), String::new(), rows()))
}

/// Columns that share a panel.
struct Group<'a> {
    kind: String,
    /// Where the kind stands among all.
    rank: usize,
    unit: &'a str,
    /// Index, field (empty for none) and measure of each.
    columns: Vec<(usize, &'a str, &'a str)>,
}

fn groups<'a>(columns: &'a [Column], wanted: &[String]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let (field, measure) = parts_of(column);
        let is_wanted = field.is_empty() || wanted.is_empty() || wanted.iter().any(|name| name == field);
        if COUNTERS.contains(&column.name.as_str()) || !is_wanted {
            continue;
        }
        let rank = rank_of(measure);
        let kind = KINDS.get(rank).map_or(measure, |(kind, _)| kind);
        match groups
            .iter_mut()
            .find(|group| group.kind == kind && group.unit == column.unit)
        {
            Some(group) => group.columns.push((index, field, measure)),
            None => groups.push(Group {
                kind: kind.to_owned(),
                rank,
                unit: &column.unit,
                columns: vec![(index, field, measure)],
            }),
        }
    }
    groups.sort_by_key(|group| group.rank);
    groups
}

impl Group<'_> {
    fn panel(&self, history: &History, x: &[f64]) -> LinePanel {
        let values = |index: usize| history.rows.iter().map(move |row| row[index]);
        let series = self.columns.iter().map(|(index, field, measure)| Series {
            name: format!("{field} {measure}").trim().to_owned(),
            points: x.iter().copied().zip(values(*index)).collect(),
            guide: Vec::new(),
        });
        LinePanel {
            label: self.label(),
            unit: self.unit.to_owned(),
            log_y: false,
            series: series.collect(),
        }
    }

    /// The kind, and the field where the panel shows only one: a lone line has no legend to name it.
    fn label(&self) -> String {
        match self.columns[..] {
            [(_, field, measure)] if !field.is_empty() => format!("{field} {measure}"),
            _ => self.kind.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(columns: &[(&str, &str)]) -> History {
        let column = |&(name, unit): &(&str, &str)| Column {
            name: name.into(),
            unit: unit.into(),
        };
        let row = |n: usize| (0..columns.len()).map(|i| (10 * n + i) as f64).collect();
        History {
            columns: columns.iter().map(column).collect(),
            rows: (0..3).map(row).collect(),
            warning: None,
        }
    }

    #[test]
    fn measures_of_one_kind_and_unit_share_a_panel() {
        let history = history(&[
            ("step", ""),
            ("time", "s"),
            ("dt", "s"),
            ("so2.total", "kg"),
            ("so2.min", "kg/m3"),
            ("so2.max", "kg/m3"),
            ("no2.total", "kg"),
            ("heat.total", "J"),
            ("courant", ""),
            ("so2.flux_west", "kg/s"),
        ]);
        let plot = history_plot(&history, "plume", &[]);
        let shown: Vec<(&str, &str, Vec<&str>)> = plot
            .panels
            .iter()
            .map(|p| {
                (
                    p.label.as_str(),
                    p.unit.as_str(),
                    p.series.iter().map(|s| s.name.as_str()).collect(),
                )
            })
            .collect();
        let expected = [
            ("Total", "kg", vec!["so2 total", "no2 total"]),
            ("heat total", "J", vec!["heat total"]),
            ("Extrema", "kg/m3", vec!["so2 min", "so2 max"]),
            ("Courant number", "", vec!["courant"]),
            ("Time step", "s", vec!["dt"]),
            ("so2 flux_west", "kg/s", vec!["so2 flux_west"]),
        ];
        assert_eq!(shown, expected);
        assert_eq!(
            plot.panels[2].series[1].points,
            [(1.0, 5.0), (11.0, 15.0), (21.0, 25.0)]
        );
        assert_eq!((plot.x_label.as_str(), plot.x_unit.as_str()), ("time", "s"));
        assert_eq!(
            history_fields(&history).into_iter().collect::<Vec<_>>(),
            ["heat", "no2", "so2"]
        );
    }

    #[test]
    fn fields_that_are_not_wanted_are_left_out_and_what_concerns_the_run_stays() {
        let history = history(&[("step", ""), ("so2.total", "kg"), ("no2.total", "kg"), ("dt", "s")]);
        let plot = history_plot(&history, "plume", &["no2".into()]);
        let labels: Vec<&str> = plot.panels.iter().map(|panel| panel.label.as_str()).collect();
        assert_eq!(labels, ["no2 total", "Time step"]);
        assert_eq!((plot.x_label.as_str(), plot.x_unit.as_str()), ("step", ""));
    }

    #[test]
    fn histories_are_compared_column_by_column_as_far_as_they_differ() {
        let one = history(&[
            ("step", ""),
            ("time", "s"),
            ("dt", "s"),
            ("q.max", "K"),
            ("q.total", "J"),
            ("zero", ""),
        ]);
        let mut one = History {
            rows: one.rows[..2].to_vec(),
            ..one
        };
        one.rows.iter_mut().for_each(|row| row[5] = 0.0);
        let mut other = history(&[
            ("step", ""),
            ("time", "s"),
            ("zero", ""),
            ("q.total", "J"),
            ("energy", "J"),
        ]);
        other.rows.iter_mut().for_each(|row| row[2] = 0.0);
        let plot = compared_histories(&[("a=1".into(), one), ("a=2".into(), other)], "heat");
        let shown: Vec<(&str, Vec<usize>)> = plot
            .panels
            .iter()
            .map(|panel| {
                (
                    panel.label.as_str(),
                    panel.series.iter().map(|s| s.points.len()).collect(),
                )
            })
            .collect();
        let expected = [
            ("q total", vec![2, 3]),
            ("q max", vec![2, 0]),
            ("dt", vec![2, 0]),
            ("energy", vec![0, 3]),
        ];
        assert_eq!(shown, expected);
        let names: Vec<&str> = plot.panels[3]
            .series
            .iter()
            .map(|series| series.name.as_str())
            .collect();
        assert_eq!(names, ["a=1", "a=2"]);
        assert_eq!(plot.panels[0].series[0].points, [(1.0, 4.0), (11.0, 14.0)]);
        assert_eq!(plot.panels[0].series[1].points[2], (21.0, 23.0));
        assert_eq!(plot.subtitle, "2 histories, up to time = 21 s");
    }
}
