//! Pictures of convergence: errors over cell sizes or time steps, with the slopes that theory gives.

use super::check::{Against, Check, Judgement, Measure, Norm, Number, Order};
use super::expected::Validation;
use super::measure::Finding;
use crate::error::{Error, Result};
use crate::plot::{LinePanel, LinePlot, Series};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Draws the orders that `validation` checks to `folder/<case>.<ending>`, those in time to `folder/<case>-dt.<ending>`,
/// and returns what to say of it. Nothing where no order was found.
///
/// # Errors
/// [`Error::Io`] if a picture cannot be written.
pub fn draw(validation: &Validation, findings: &[Finding], folder: &Path, ending: &str) -> Result<String> {
    let mut said = String::new();
    let orders = orders(validation, findings);
    let kinds: BTreeSet<Against> = orders.iter().map(|line| line.order.against).collect();
    for against in kinds {
        let lines: Vec<&Line> = orders.iter().filter(|line| line.order.against == against).collect();
        let suffix = if against == Against::TimeStep { "-dt" } else { "" };
        let path = folder.join(format!("{}{suffix}.{ending}", validation.name));
        fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
        plot(validation, against, &lines).save(&path)?;
        said += &format!("{}\n", path.display());
    }
    Ok(said)
}

/// A guide runs below its line by this factor: on it, it could not be seen.
const GUIDE: f64 = 0.5;

/// An order of accuracy that was found.
struct Line<'a> {
    check: &'a Check,
    order: &'a Order,
    finding: &'a Finding,
}

fn orders<'a>(validation: &'a Validation, findings: &'a [Finding]) -> Vec<Line<'a>> {
    let pairs = validation.checks.iter().zip(findings);
    let lines = pairs.filter_map(|(check, finding)| match &check.measure {
        Measure::Order(order) => Some(Line { check, order, finding }),
        _ => None,
    });
    lines.filter(|line| !line.finding.points.is_empty()).collect()
}

fn plot(validation: &Validation, against: Against, lines: &[&Line]) -> LinePlot {
    let (x_label, x_unit) = match against {
        Against::CellSize => ("Cell size", "m"),
        Against::TimeStep => ("Time step", "s"),
    };
    let mut labels: Vec<String> = lines.iter().map(|line| line.panel()).collect();
    let mut seen = BTreeSet::new();
    labels.retain(|label| seen.insert(label.clone()));
    let panel = |label: String| LinePanel {
        unit: String::new(),
        log_y: true,
        series: lines
            .iter()
            .filter(|line| line.panel() == label)
            .map(|line| line.series())
            .collect(),
        label,
    };
    LinePlot {
        title: validation.title.clone(),
        subtitle: "observed order (expected); thin lines below: the slopes that are expected".into(),
        x_label: x_label.into(),
        x_unit: x_unit.into(),
        log_x: true,
        panels: labels.into_iter().map(panel).collect(),
    }
}

impl Line<'_> {
    /// What the panel shows.
    fn panel(&self) -> String {
        if !self.order.panel.is_empty() {
            return self.order.panel.clone();
        }
        let norm = match &self.order.error.number {
            Number::Error { norm: Norm::L1(_), .. } => "L1 error",
            Number::Error { norm: Norm::L2(_), .. } => "L2 error",
            _ => "Largest error",
        };
        format!("{norm} of {}", self.order.error.field)
    }

    fn series(&self) -> Series {
        let (points, slope) = (&self.finding.points, self.check.judgement.reference());
        let sign = match self.check.judgement {
            Judgement::Near { .. } => "",
            Judgement::AtMost(_) => "at most ",
            Judgement::AtLeast(_) => "at least ",
        };
        let first = points[0];
        let guide = points
            .iter()
            .map(|point| (point.0, GUIDE * first.1 * (point.0 / first.0).powf(slope)));
        Series {
            name: format!("{}: {:.2} ({sign}{slope})", self.check.name, self.finding.value),
            points: points.clone(),
            guide: guide.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{FieldMeasure, Moment, Sampling, Scale};
    use super::*;
    use crate::numerics::Formula;

    fn check(name: &str, against: Against) -> Check {
        let error = FieldMeasure {
            field: "q".into(),
            series: "fields".into(),
            moment: Moment::Last,
            number: Number::Error {
                norm: Norm::L1(Scale::Mean),
                exact: Formula::constant(0.0),
                sampling: Sampling::Centre,
            },
            part: None,
        };
        Check {
            name: name.into(),
            line: 1,
            measure: Measure::Order(Order {
                runs: vec![0, 1],
                error,
                against,
                panel: String::new(),
            }),
            judgement: Judgement::AtLeast(2.0),
            source: "s".into(),
        }
    }

    #[test]
    fn lengths_and_times_have_pictures_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let validation = Validation {
            name: "sine".into(),
            title: "a sine".into(),
            expected_path: "expected.toml".into(),
            runs: Vec::new(),
            checks: vec![check("centred", Against::CellSize), check("rk3", Against::TimeStep)],
        };
        let finding = Finding {
            value: 2.1,
            points: vec![(0.2, 0.4), (0.1, 0.1)],
            obstacle: None,
        };
        let said = draw(&validation, &[finding.clone(), finding.clone()], folder.path(), "svg").unwrap();
        assert_eq!(said.lines().count(), 2);
        for name in ["sine.svg", "sine-dt.svg"] {
            assert!(folder.path().join(name).is_file() && said.contains(name), "{said}");
        }
        let lines = orders(&validation, std::slice::from_ref(&finding));
        let series = lines[0].series();
        // Half the length, a quarter of the error; powers of rounded quotients.
        assert_eq!(series.guide[0], (0.2, GUIDE * 0.4));
        assert!((series.guide[1].1 - GUIDE * 0.1).abs() < 1e-15);
        assert_eq!(draw(&validation, &[], folder.path(), "png").unwrap(), "");
    }
}
