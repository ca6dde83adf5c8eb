//! Numbers from the columns of a history.

use super::check::{Budget, Trend};
use super::norms::largest;
use crate::field::ExactSum;
use crate::files::History;
use crate::numerics::formula::nearest_name;

/// What is wanted of `column`.
///
/// # Errors
/// The text to say if there is no such column, or it has no rows.
pub fn trend(history: &History, column: &str, of: Trend) -> Result<f64, String> {
    let values = the_column(history, column)?;
    match values.is_empty() {
        true => Err("the history has no rows".into()),
        false => Ok(trend_of(&values, of)),
    }
}

/// What is wanted of `values`, of which there is one at least.
pub fn trend_of(values: &[f64], of: Trend) -> f64 {
    let (first, last) = (values[0], values[values.len() - 1]);
    let largest_of = |number: &dyn Fn(f64) -> f64| largest(values.iter().map(|&value| number(value)));
    match of {
        Trend::First => first,
        Trend::Last => last,
        Trend::Max => largest_of(&|value| value),
        Trend::Min => -largest_of(&|value| -value),
        Trend::MaxAbs => largest_of(&f64::abs),
        Trend::Ratio => last / first,
        Trend::Spread => (largest_of(&|value| value) + largest_of(&|value| -value)) / largest_of(&f64::abs),
        Trend::Change => last - first,
        Trend::Drift => largest_of(&|value| (value - first).abs()),
    }
}

/// How well the budget closes: the largest over all rows of
/// `|total - total at the start - gains + losses| / sum of |q|`.
///
/// # Errors
/// The text to say if there is no such column.
pub fn residual(history: &History, budget: &Budget) -> Result<f64, String> {
    let of_fields = |measure: &str| -> Result<Vec<Vec<f64>>, String> {
        let names = budget.fields.iter().map(|field| format!("{field}.{measure}"));
        names.map(|name| the_column(history, &name)).collect()
    };
    let (totals, magnitudes) = (of_fields("total")?, of_fields("l1")?);
    let (gains, losses) = (
        all_columns(history, &budget.gains)?,
        all_columns(history, &budget.losses)?,
    );
    let row = |n: usize| {
        // Summed without rounding: a budget that does not close must not hide in the sum that shows it.
        let mut sum = ExactSum::new();
        let mut add = |columns: &[Vec<f64>], from: usize, to: usize| {
            for column in columns {
                sum.add(column[to]);
                sum.add(-column[from]);
            }
        };
        add(&totals, 0, n);
        add(&losses, 0, n);
        add(&gains, n, 0);
        let residual = sum.value().abs();
        // Nothing there and nothing missing is a budget that closes.
        if residual == 0.0 {
            0.0
        } else {
            residual / magnitudes.iter().map(|l1| l1[n]).sum::<f64>()
        }
    };
    Ok(largest((0..history.rows.len()).map(row)))
}

fn the_column(history: &History, name: &str) -> Result<Vec<f64>, String> {
    history.column(name).ok_or_else(|| no_column(history, name))
}

/// The columns of all `names`, of which a star at the end stands for anything.
fn all_columns(history: &History, names: &[String]) -> Result<Vec<Vec<f64>>, String> {
    let mut columns = Vec::new();
    for name in names {
        let Some(start) = name.strip_suffix('*') else {
            columns.push(the_column(history, name)?);
            continue;
        };
        let known = history.columns.iter().map(|column| column.name.as_str());
        let meant: Vec<&str> = known.filter(|known| known.starts_with(start)).collect();
        if meant.is_empty() {
            return Err(no_column(history, name));
        }
        columns.extend(meant.iter().filter_map(|name| history.column(name)));
    }
    Ok(columns)
}

fn no_column(history: &History, name: &str) -> String {
    let names: Vec<&str> = history.columns.iter().map(|column| column.name.as_str()).collect();
    match nearest_name(name, names.iter().copied()) {
        Some(near) => format!("the history has no column `{name}`; did you mean `{near}`?"),
        None => format!("the history has no column `{name}`; there are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Column;

    fn history() -> History {
        let names = ["step", "q.total", "q.l1", "q.in_west", "q.in_east", "q.decayed"];
        let column = |name: &str| Column {
            name: name.into(),
            unit: String::new(),
        };
        History {
            columns: names.map(column).into(),
            rows: vec![
                vec![0.0, 8.0, 10.0, 0.0, 0.0, 0.0],
                vec![1.0, 11.0, 20.0, 6.0, -1.0, 2.5],
                vec![2.0, 9.0, 10.0, 7.0, -2.0, 4.0],
            ],
            warning: None,
        }
    }

    #[test]
    fn a_budget_is_as_good_as_its_worst_row() {
        let budget = |gains: &[&str], losses: &[&str]| Budget {
            run: 0,
            fields: vec!["q".into()],
            gains: gains.iter().map(|name| name.to_string()).collect(),
            losses: losses.iter().map(|name| name.to_string()).collect(),
        };
        // After the first step 0.5 of 20 are missing, after the second nothing.
        assert_eq!(
            residual(&history(), &budget(&["q.in_*"], &["q.decayed"])),
            Ok(0.5 / 20.0)
        );
        assert_eq!(residual(&history(), &budget(&["q.in_west"], &["q.decayed"])), Ok(0.2));
        let refused = residual(&history(), &budget(&["p.*"], &[])).unwrap_err();
        assert!(refused.contains("no column `p.*`"), "{refused}");
        let refused = residual(&history(), &budget(&[], &["q.decayd"])).unwrap_err();
        assert!(refused.contains("did you mean `q.decayed`?"), "{refused}");
    }

    #[test]
    fn a_column_has_ends_extremes_and_changes() {
        let trends = [
            (Trend::First, 8.0),
            (Trend::Last, 9.0),
            (Trend::Min, 8.0),
            (Trend::Max, 11.0),
            (Trend::Change, 1.0),
            (Trend::Drift, 3.0),
            (Trend::MaxAbs, 11.0),
            (Trend::Ratio, 9.0 / 8.0),
            (Trend::Spread, 3.0 / 11.0),
        ];
        for (of, expected) in trends {
            assert_eq!(trend(&history(), "q.total", of), Ok(expected), "{of:?}");
        }
    }
}
