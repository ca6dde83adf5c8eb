//! The table that people see at the terminal: plain text without escapes.

use super::points::{Kind, Study};
use super::summary::{Row, baseline_text};
use crate::simulation::counted;

/// The table of a study, with what has to be known to read it.
pub fn table(study: &Study, rows: &[Row]) -> String {
    let notes = notes(rows);
    let width = rows.iter().map(|row| executor_text(row).len()).fold(12, usize::max);
    let mut text = format!(
        "\n{} scaling: {}, {}, {}\n{} after a tenth to warm up; medians of {}\n{}\n\n",
        study.kind.name(),
        study.title,
        grid_text(study, rows),
        study.precision,
        steps_text(rows),
        counted(study.repeat, "repetition"),
        baseline_text(study, rows),
    );
    text += &format!(
        "{:>5} {:>7}  {:<16} {:<width$} {:>26} {:>10} {:>8} {:>10} {:>8} {:>8} {:>7}\n",
        "ranks",
        "threads",
        "tile",
        "executor",
        "ms a step (min-max)",
        "Mupdates/s",
        "speed-up",
        "efficiency",
        "balance",
        "comm.",
        "hidden"
    );
    for row in rows {
        text += &line(row, &notes, width);
    }
    text += "\nbalance: load balance, mean over maximum of the time that ranks update cells; comm.: communication efficiency, that \
             maximum over the elapsed time (POP)\n";
    if rows.iter().any(|row| row.hidden.is_some()) {
        text += "hidden: share of the blocking executor's waiting that is gone\n";
    }
    for (n, note) in notes.iter().enumerate() {
        text += &format!("[{}] {note}\n", n + 1);
    }
    text
}

/// The line of a row, with `width` characters for the executor.
fn line(row: &Row, notes: &[&String], width: usize) -> String {
    let [median, min, max] = [
        row.step_seconds.median(),
        row.step_seconds.min(),
        row.step_seconds.max(),
    ]
    .map(|seconds| 1e3 * seconds);
    let digits = digits(median);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let numbers: Vec<String> = notes
        .iter()
        .enumerate()
        .filter(|(_, note)| row.marks.contains(note))
        .map(|(n, _)| format!(" [{}]", n + 1))
        .collect();
    let hidden = row
        .hidden
        .map_or_else(|| "-".to_owned(), |hidden| format!("{:.0} %", 100.0 * hidden));
    let line = format!(
        "{:>5} {:>7}  {:<16} {:<width$} {:>26} {:>10.1} {:>8.2} {:>10} {:>8} {:>8} {:>7}{}",
        row.ranks,
        row.threads,
        cells_text(row.tile),
        executor_text(row),
        format!("{median:.digits$} ({min:.digits$}-{max:.digits$})"),
        1e-6 * row.updates_per_second,
        row.speed_up,
        percent(row.efficiency),
        percent(row.pop.load_balance),
        percent(row.pop.communication),
        hidden,
        numbers.concat(),
    );
    line + "\n"
}

/// By what the steps were done.
fn executor_text(row: &Row) -> String {
    match row.asked == "auto" {
        true => format!("{} (auto)", row.executor),
        false => row.executor.clone(),
    }
}

/// Decimals that show four digits of a number of milliseconds.
fn digits(milliseconds: f64) -> usize {
    let before_the_point = milliseconds.log10().floor() as i32 + 1;
    (4 - before_the_point).clamp(1, 6) as usize
}

/// Every mark once.
fn notes(rows: &[Row]) -> Vec<&String> {
    let mut notes: Vec<&String> = Vec::new();
    for mark in rows.iter().flat_map(|row| &row.marks) {
        if !notes.contains(&mark) {
            notes.push(mark);
        }
    }
    notes
}

/// The grid as it stays, or as it grows.
pub fn grid_text(study: &Study, rows: &[Row]) -> String {
    match (study.kind, rows.first()) {
        (Kind::Strong, Some(row)) => format!("{} cells", cells_text(row.cells)),
        (Kind::Weak, Some(row)) => format!("{} cells a rank", cells_text(row.tile)),
        (_, None) => String::new(),
    }
}

fn steps_text(rows: &[Row]) -> String {
    let (least, most) = rows.iter().fold((u64::MAX, 0), |(least, most), row| {
        (least.min(row.steps), most.max(row.steps))
    });
    match least == most {
        true => format!("{most} steps"),
        false => format!("{least} to {most} steps"),
    }
}

/// The numbers of cells as people write them; the third axis of a flat grid is left out.
fn cells_text([nx, ny, nz]: [usize; 3]) -> String {
    match nz {
        1 => format!("{nx} x {ny}"),
        _ => format!("{nx} x {ny} x {nz}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::points::tests::study;
    use super::super::summary::rows;
    use super::super::summary::tests::measured;
    use super::*;

    #[test]
    fn a_row_says_what_was_measured() {
        let mut rows = rows(&measured());
        rows[2].marks = vec!["measured for less than a second".into()];
        let table = table(&study(), &rows);
        let row: Vec<&str> = table
            .lines()
            .find(|line| line.trim_start().starts_with("2 ") && line.contains("blocking"))
            .unwrap()
            .split_whitespace()
            .collect();
        assert_eq!(
            row.join(" "),
            "2 1 12 x 10 x 4 blocking 25.00 (25.00-25.00) 0.0 1.68 84.0 % 75.0 % 80.0 % - [1]"
        );
        assert!(table.contains("[1] measured for less than a second"), "{table}");
        assert!(
            table.contains("strong scaling: a box, 12 x 10 x 8 cells, f64"),
            "{table}"
        );
        assert!(
            table.contains("100 steps after a tenth to warm up; medians of 3 repetitions"),
            "{table}"
        );
    }

    #[test]
    fn times_have_four_digits() {
        assert_eq!([0.0123, 0.5, 1.5, 15.0, 150.0, 1500.0].map(digits), [5, 4, 3, 2, 1, 1]);
    }
}
