//! The table of all members: for people, and as comma-separated values.

use super::members::Member;
use super::outcome::Outcome;
use crate::files::{Column, History, provenance};
use crate::simulation::aligned;

/// What came of all members, in their order.
pub struct Results<'a> {
    /// What is varied.
    pub keys: Vec<&'a str>,
    pub members: &'a [Member],
    pub outcomes: &'a [Outcome],
    pub histories: &'a [Option<History>],
}

/// The measures whose last values people see; all others are in the file.
const SHOWN: [&str; 4] = ["total", "min", "max", "energy"];
/// How many of them at most.
const MOST_SHOWN: usize = 6;

/// Columns of a history that the table has from elsewhere.
const KNOWN: [&str; 2] = ["step", "time"];

impl Results<'_> {
    /// The lines that people see.
    pub fn text(&self) -> String {
        let columns = self.columns();
        let is_shown = |column: &&Column| {
            let measure = column.name.rsplit('.').next().unwrap_or(&column.name);
            SHOWN.contains(&measure)
        };
        let all_shown: Vec<&Column> = columns.iter().filter(is_shown).collect();
        let shown = &all_shown[..all_shown.len().min(MOST_SHOWN)];
        let time_unit = self.time_unit();
        let time = if time_unit.is_empty() {
            "time".to_owned()
        } else {
            format!("time [{time_unit}]")
        };
        let mut head = ["member", "end", "steps"].map(str::to_owned).to_vec();
        head.extend([time, "wall [s]".to_owned(), "Mupdates/s".to_owned()]);
        head.extend(shown.iter().map(|column| match column.unit.as_str() {
            "" => column.name.clone(),
            unit => format!("{} [{unit}]", column.name),
        }));
        let rows = (0..self.members.len()).map(|n| {
            let mut row = vec![self.members[n].name.clone(), self.outcomes[n].word().to_owned()];
            match &self.outcomes[n].status {
                Some(status) => row.extend([
                    status.step.to_string(),
                    number(status.time),
                    format!("{:.1}", status.wall_seconds),
                    format!("{:.1}", status.cells_per_second / 1e6),
                ]),
                None => row.extend(["-"; 4].map(str::to_owned)),
            }
            row.extend(
                shown
                    .iter()
                    .map(|column| self.last(n, column).map_or("-".to_owned(), number)),
            );
            row
        });
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
        aligned(&rows)
    }

    /// The same and the last values of all columns of the histories, one line for each member, as `history.csv` is made: units in
    /// a comment, then names, then values.
    pub fn csv(&self, title: &str) -> String {
        let columns = self.columns();
        let time_unit = self.time_unit();
        let mut head: Vec<(&str, &str)> = vec![("member", "")];
        head.extend(self.keys.iter().map(|key| (*key, "")));
        head.extend([("exit_code", ""), ("end", ""), ("steps", ""), ("time", time_unit)]);
        head.extend([("wall_seconds", "s"), ("updates_per_second", "1/s")]);
        head.extend(
            columns
                .iter()
                .map(|column| (column.name.as_str(), column.unit.as_str())),
        );
        head.push(("message", ""));
        let line = |cells: Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n";
        let names = line(head.iter().map(|(name, _)| (*name).to_owned()).collect());
        let units: Vec<&str> = head.iter().map(|(_, unit)| *unit).collect();
        let title = title.replace('\n', " ");
        let mut text = format!(
            "# {title}\n# simrun {}, an ensemble\n# units: {}\n{names}",
            provenance::VERSION,
            units.join(",")
        );
        for (n, (member, outcome)) in self.members.iter().zip(self.outcomes).enumerate() {
            let mut cells = vec![member.name.clone()];
            cells.extend(member.values.iter().cloned());
            cells.extend([outcome.code.to_string(), outcome.word().to_owned()]);
            cells.extend(match &outcome.status {
                // As in a history: the shortest form that reads back to the same bits.
                Some(status) => [
                    status.step.to_string(),
                    format!("{:?}", status.time),
                    format!("{:?}", status.wall_seconds),
                    format!("{:?}", status.cells_per_second),
                ],
                None => [""; 4].map(str::to_owned),
            });
            let last = |column| self.last(n, column).map_or(String::new(), |value| format!("{value:?}"));
            cells.extend(columns.iter().map(last));
            cells.push(outcome.message.split_whitespace().collect::<Vec<_>>().join(" "));
            text += &line(cells);
        }
        text
    }

    /// The columns of all histories, in the order in which they first come.
    fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for column in self.histories.iter().flatten().flat_map(|history| &history.columns) {
            if !KNOWN.contains(&column.name.as_str()) && !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    }

    /// The last value of a column in the history of member `n`, if it has the column.
    fn last(&self, n: usize, column: &Column) -> Option<f64> {
        let history = self.histories[n].as_ref()?;
        let index = history.columns.iter().position(|other| other == column)?;
        history.rows.last().map(|row| row[index])
    }

    fn time_unit(&self) -> &str {
        let mut statuses = self.outcomes.iter().filter_map(|outcome| outcome.status.as_ref());
        statuses.next().map_or("s", |status| &status.time_unit)
    }
}

/// A number with six digits.
fn number(value: f64) -> String {
    match value.abs() {
        size if size == 0.0 || !value.is_finite() => format!("{value}"),
        size if (1e-3..1e6).contains(&size) => {
            let digits = (5 - size.log10().floor() as i32).max(0) as usize;
            let text = format!("{value:.digits$}");
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text,
            }
        }
        _ => format!("{value:.5e}"),
    }
}

/// A cell of comma-separated values (RFC 4180).
fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r', '#']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::status;
    use super::*;
    use crate::files::RunState;

    fn member(name: &str, value: &str) -> Member {
        Member {
            name: name.into(),
            values: vec![value.into()],
            overrides: Vec::new(),
        }
    }

    fn history(columns: &[(&str, &str)], last: &[f64]) -> Option<History> {
        let column = |&(name, unit): &(&str, &str)| Column {
            name: name.into(),
            unit: unit.into(),
        };
        Some(History {
            columns: columns.iter().map(column).collect(),
            rows: vec![vec![0.0; last.len()], last.to_vec()],
            warning: None,
        })
    }

    fn outcome(member: usize, code: i32, state: Option<RunState>, message: &str) -> Outcome {
        Outcome {
            member,
            code,
            status: state.map(|state| status(state, None)),
            message: message.into(),
        }
    }

    fn with_results(test: impl FnOnce(&Results)) {
        let members = [member("k=1", "1"), member("k=2_3", "[2, 3]"), member("k=4", "4")];
        let outcomes = [
            outcome(0, 0, Some(RunState::Finished), ""),
            outcome(1, 4, Some(RunState::Failed), "field \"q\" is\n  not finite"),
            outcome(2, 2, None, "no"),
        ];
        let histories = [
            history(
                &[("step", ""), ("time", "s"), ("q.max", "K"), ("q.l1", "J")],
                &[7.0, 0.5, 0.1 + 0.2, 1e-9],
            ),
            history(
                &[("step", ""), ("time", "s"), ("q.max", "K"), ("energy", "J")],
                &[7.0, 0.5, f64::NAN, 123456.7],
            ),
            None,
        ];
        test(&Results {
            keys: vec!["a.k"],
            members: &members,
            outcomes: &outcomes,
            histories: &histories,
        });
    }

    #[test]
    fn people_see_how_members_ended_and_their_last_totals_and_extremes() {
        let expected = "\
member  end       steps  time [s]  wall [s]  Mupdates/s  q.max [K]  energy [J]
k=1     finished  7      0.5       1.2       2.5         0.3        -
k=2_3   failed    7      0.5       1.2       2.5         NaN        123457
k=4     refused   -      -         -         -           -          -
";
        with_results(|results| assert_eq!(results.text(), expected));
    }

    #[test]
    fn the_file_has_every_column_with_all_digits() {
        let expected = format!(
            "# heat\n# simrun {}, an ensemble\n# units: ,,,,,s,s,1/s,K,J,J,\n\
             member,a.k,exit_code,end,steps,time,wall_seconds,updates_per_second,q.max,q.l1,energy,message\n\
             k=1,1,0,finished,7,0.5,1.25,2500000.0,0.30000000000000004,1e-9,,\n\
             k=2_3,\"[2, 3]\",4,failed,7,0.5,1.25,2500000.0,NaN,,123456.7,\"field \"\"q\"\" is not finite\"\n\
             k=4,4,2,refused,,,,,,,,no\n",
            provenance::VERSION
        );
        with_results(|results| assert_eq!(results.csv("heat"), expected));
    }

    #[test]
    fn numbers_have_six_digits() {
        let texts = [0.0, 1.0, -2.5, 1e-3, 123456.7, 1e6, 1.23456789e-7, f64::NAN].map(number);
        assert_eq!(
            texts,
            ["0", "1", "-2.5", "0.001", "123457", "1.00000e6", "1.23457e-7", "NaN"]
        );
    }
}
