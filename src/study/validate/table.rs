//! The lines that people see: one for every check. Plain text without escapes.

use super::check::{Check, Judgement};
use super::expected::Validation;
use super::measure::Finding;

/// Longer lines give their source a line of its own.
const WIDTH: usize = 140;

/// The widths of the columns that depend on names.
pub struct Table {
    case: usize,
    check: usize,
}

impl Table {
    pub fn new(validations: &[Validation]) -> Table {
        let longest = |names: &mut dyn Iterator<Item = &str>| names.map(|name| name.chars().count()).max().unwrap_or(0);
        let cases = &mut validations.iter().map(|validation| validation.name.as_str());
        let checks = &mut validations
            .iter()
            .flat_map(|v| &v.checks)
            .map(|check| check.name.as_str());
        Table {
            case: longest(cases).max("case".len()),
            check: longest(checks).max("check".len()),
        }
    }

    /// The names of the columns.
    pub fn heading(&self) -> String {
        let cells = [
            "case",
            "check",
            "value",
            "reference",
            "deviation",
            "tolerance",
            "verdict",
            "source",
        ];
        self.line(cells.map(str::to_owned))
    }

    /// What the case shows, before its runs.
    pub fn title(&self, validation: &Validation) -> String {
        let runs = match validation.runs.len() {
            1 => "1 run".to_owned(),
            n => format!("{n} runs"),
        };
        format!("\n{}: {} ({runs})\n", validation.name, validation.title)
    }

    /// The lines of all checks of a case.
    pub fn rows(&self, validation: &Validation, findings: &[Finding]) -> String {
        let pairs = validation.checks.iter().zip(findings);
        pairs
            .map(|(check, finding)| self.row(&validation.name, check, finding))
            .collect()
    }

    fn row(&self, case: &str, check: &Check, finding: &Finding) -> String {
        let judgement = &check.judgement;
        let (sign, tolerance) = match judgement {
            Judgement::Near { tolerance, .. } => ("", format!("{tolerance:.1e}")),
            Judgement::AtMost(_) => ("<= ", "-".to_owned()),
            Judgement::AtLeast(_) => (">= ", "-".to_owned()),
        };
        let deviation = finding.value - judgement.reference();
        self.line([
            case.to_owned(),
            check.name.clone(),
            number(finding.value),
            format!("{sign}{}", number(judgement.reference())),
            if finding.value.is_nan() {
                "-".into()
            } else {
                format!("{deviation:+.1e}")
            },
            tolerance,
            if judgement.is_met(finding.value) {
                "ok"
            } else {
                "FAILED"
            }
            .to_owned(),
            check.source.clone(),
        ])
    }

    fn line(&self, [case, check, value, reference, deviation, tolerance, verdict, source]: [String; 8]) -> String {
        let line = format!(
            "{case:<width$}  {check:<check_width$}  {value:<15}  {reference:<17}  {deviation:<9}  {tolerance:<9}  {verdict:<7}",
            width = self.case,
            check_width = self.check,
        );
        match line.chars().count() + 2 + source.chars().count() <= WIDTH {
            true => format!("{line}  {source}\n"),
            false => format!("{}\n{:indent$}  {source}\n", line.trim_end(), "", indent = self.case),
        }
    }
}

/// A number with ten digits, without trailing zeros; with a power of ten where it is very large or small.
fn number(value: f64) -> String {
    const DIGITS: i32 = 10;
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let power = value.abs().log10().floor() as i32;
    if (-3..6).contains(&power) {
        return trimmed(&format!("{value:.*}", (DIGITS - 1 - power) as usize)).to_owned();
    }
    let text = format!("{value:.*e}", DIGITS as usize - 1);
    match text.split_once('e') {
        Some((mantissa, power)) => format!("{}e{power}", trimmed(mantissa)),
        None => text,
    }
}

fn trimmed(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_ten_digits_and_no_trailing_zeros() {
        for (value, text) in [
            (0.0, "0"),
            (2.0, "2"),
            (-1.5, "-1.5"),
            (0.805_054_988_025_981_5, "0.805054988"),
            (3.234_335_000_650_064e-3, "0.003234335001"),
            (1.163605e-5, "1.163605e-5"),
            (123_456.789_012_34, "123456.789"),
            (1e300, "1e300"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_line_that_would_be_too_long_is_broken_before_its_source() {
        let table = Table { case: 4, check: 5 };
        let line = |source: String| {
            let cells = ["case", "check", "1", "2", "-1.0e0", "1.0e-3", "FAILED"].map(str::to_owned);
            let [a, b, c, d, e, f, g] = cells;
            table.line([a, b, c, d, e, f, g, source])
        };
        assert_eq!(line("s".repeat(50)).lines().count(), 1);
        let broken = line("s".repeat(120));
        let lines: Vec<&str> = broken.lines().collect();
        assert!(
            lines.len() == 2 && lines.iter().all(|line| line.len() <= WIDTH),
            "{broken}"
        );
    }
}
