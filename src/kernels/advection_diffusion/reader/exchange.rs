//! Reads `exchange_rates`.

use crate::config::Table;

/// How much more than nothing a column may sum to, relative to its entries: three or more decimal numbers that are meant
/// to cancel leave their rounding.
const ROUNDING: f64 = 1e-12;

/// `exchange_rates`: one row per field that gains, one column per field that it comes from, 1/s. Empty where nothing is
/// exchanged. `fields` are the tables of the fields.
pub(super) fn exchange_rates(table: &Table, fields: &[Table]) -> Option<Vec<Vec<f64>>> {
    let key = "exchange_rates";
    if !table.has(key) {
        return Some(Vec::new());
    }
    let n = fields.len();
    if let Some(rows) = table.array_len(key)
        && rows != n
    {
        table.error_at(
            key,
            format!("`{key}` has {rows} rows, and there are {n} fields"),
            "give one row and one column per field, in the order of the [[kernel.field]] tables: the row gains what comes \
             from the column",
        );
    }
    let rates = table.matrix(key, n)?;
    let name = |field: usize| fields[field].path().rsplit('.').next().unwrap_or_default().to_string();
    let mut is_sound = true;
    for column in 0..n {
        for row in (0..n).filter(|&row| row != column) {
            let rate = rates[row][column];
            if rate < 0.0 {
                let (gains, from) = (name(row), name(column));
                table.error_at_entry(
                    key,
                    (row, column),
                    format!("field `{gains}` gains {rate} 1/s of field `{from}`, which is negative"),
                    "rates beside the diagonal are zero or more; what a field loses stands on the diagonal",
                );
                is_sound = false;
            }
        }
        let sum: f64 = rates.iter().map(|row| row[column]).sum();
        let size: f64 = rates.iter().map(|row| row[column].abs()).sum();
        if sum > ROUNDING * size {
            table.error_at(
                key,
                format!("`{key}` creates mass: the column for field `{}` sums to +{sum} 1/s", name(column)),
                "what others gain of a field is lost by it: make the diagonal the negative sum of the rest of its column, or less",
            );
            is_sound = false;
        }
    }
    let is_idle = rates.iter().flatten().all(|&rate| rate == 0.0);
    is_sound.then(|| if is_idle { Vec::new() } else { rates })
}
