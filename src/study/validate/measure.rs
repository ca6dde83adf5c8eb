//! The value of a check, from the files of the runs that it looks at.

use super::budget;
use super::check::{Against, Check, FieldMeasure, Judgement, Measure, Moment, Norm, Number, Order};
use super::expected::Validation;
use super::norms;
use super::probe_numbers;
use super::products::{Products, Trial};
use crate::error::{Error, Result};
use crate::files::SnapshotReader;
use crate::numerics::formula::nearest_name;

/// What was found for a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// NaN where a run failed.
    pub value: f64,
    /// Length and error of every run, for orders of accuracy.
    pub points: Vec<(f64, f64)>,
    /// Why there is no value.
    pub obstacle: Option<String>,
}

impl Finding {
    fn of(value: f64) -> Finding {
        Finding {
            value,
            points: Vec::new(),
            obstacle: None,
        }
    }

    /// What to say where `judgement` is not met.
    pub fn complaint(&self, judgement: &Judgement) -> String {
        match (&self.obstacle, judgement) {
            (Some(obstacle), _) => format!("has no value: {obstacle}"),
            (None, Judgement::Near { reference, tolerance }) => {
                format!("is {:?}, not {reference:?} to within {tolerance:?}", self.value)
            }
            (None, Judgement::AtMost(limit)) => format!("is {:?}, above {limit:?}", self.value),
            (None, Judgement::AtLeast(limit)) => format!("is {:?}, below {limit:?}", self.value),
        }
    }
}

/// The value of `check` from the products of `trials`.
///
/// # Errors
/// [`Error::Config`], with file and line, if the check asks for what the files do not hold; [`Error::Io`] if a file
/// cannot be read.
pub fn find(validation: &Validation, check: &Check, trials: &[Trial]) -> Result<Finding> {
    let run = |number: usize| match &trials[number] {
        Trial::Finished(products) => Ok(products),
        Trial::Failed(why) => Err(Obstacle::Failed(format!(
            "run \"{}\" failed: {why}",
            validation.runs[number].0
        ))),
    };
    let place = || {
        format!(
            "{}:{}: \"{}\"",
            validation.expected_path.display(),
            check.line,
            check.name
        )
    };
    match measured(&check.measure, run) {
        Ok(finding) => Ok(finding),
        Err(Obstacle::Failed(why)) => Ok(Finding {
            obstacle: Some(why),
            ..Finding::of(f64::NAN)
        }),
        Err(Obstacle::Missing(why)) => Err(Error::Config(format!("{}: {why}", place()))),
        Err(Obstacle::Error(Error::Config(why))) => Err(Error::Config(format!("{}: {why}", place()))),
        Err(Obstacle::Error(error)) => Err(error),
    }
}

/// Why there is no value.
enum Obstacle {
    /// A run failed.
    Failed(String),
    /// The files do not hold what is asked for.
    Missing(String),
    Error(Error),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Obstacle {
        Obstacle::Error(error)
    }
}

type Found<V> = std::result::Result<V, Obstacle>;

fn measured<'p>(measure: &Measure, run: impl Fn(usize) -> Found<&'p Products>) -> Found<Finding> {
    Ok(match measure {
        Measure::Field(number, field) => Finding::of(of_field(run(*number)?, field)?),
        Measure::Order(order) => {
            let mut points = Vec::new();
            for number in &order.runs {
                points.push(point(run(*number)?, order)?);
            }
            Finding {
                value: least_slope(&points),
                points,
                obstacle: None,
            }
        }
        Measure::Column {
            run: number,
            column,
            of,
        } => {
            let history = run(*number)?.history()?;
            Finding::of(budget::trend(&history, column, *of).map_err(Obstacle::Missing)?)
        }
        Measure::Probe(number) => {
            let series = |number: usize, probe: &str| Ok(run(number)?.probe(probe)?);
            Finding::of(probe_numbers::find(number, series, Obstacle::Missing)?)
        }
        Measure::Budget(of) => {
            let history = run(of.run)?.history()?;
            Finding::of(budget::residual(&history, of).map_err(Obstacle::Missing)?)
        }
        Measure::DifferentBits { runs, field, series } => {
            let values = |number: usize| -> Found<Vec<f64>> {
                let snapshots = run(number)?.snapshots(series, Moment::Last)?;
                Ok(read(&snapshots[0], field)?.1)
            };
            let (a, b) = (values(runs[0])?, values(runs[1])?);
            let n_different = a.iter().zip(&b).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
            Finding::of((n_different + a.len().abs_diff(b.len())) as f64)
        }
    })
}

/// The number at the moment; the worst one of several.
fn of_field(products: &Products, measure: &FieldMeasure) -> Found<f64> {
    let mut values = Vec::new();
    let moment = match measure.number {
        Number::BoundExcess { .. } => Moment::All,
        _ => measure.moment,
    };
    for snapshot in products.snapshots(&measure.series, moment)? {
        values.push(number(&snapshot, measure)?);
    }
    let values = values.into_iter();
    Ok(match measure.number {
        Number::Norm(Norm::Min | Norm::MinAbs) => -norms::largest(values.map(|value| -value)),
        _ => norms::largest(values),
    })
}

/// Shape `[z, y, x]` and values of a field, x fastest.
fn read(snapshot: &SnapshotReader, field: &str) -> Found<([usize; 3], Vec<f64>)> {
    let names: Vec<String> = snapshot.fields()?.into_iter().map(|entry| entry.name).collect();
    if !names.iter().any(|name| name == field) {
        let meant =
            nearest_name(field, names.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
        let text = format!(
            "its snapshots hold {}, not `{field}`{}",
            names.join(", "),
            meant.unwrap_or_default()
        );
        return Err(Obstacle::Missing(text));
    }
    let values = snapshot.read_field(field)?;
    let (nz, ny, nx) = values.dim();
    Ok(([nz, ny, nx], values.iter().copied().collect()))
}

fn number(snapshot: &SnapshotReader, measure: &FieldMeasure) -> Found<f64> {
    let (shape, values) = read(snapshot, &measure.field)?;
    let entry = snapshot.field(&measure.field)?;
    let (grid, time) = (&snapshot.head().grid, snapshot.head().time + entry.time_offset);
    let sampled = |formula, sampling| norms::sample(formula, sampling, grid, entry.location, shape, time);
    let volume = grid.cell_volume();
    use super::check::Sampling::Centre;
    let chosen = measure.part.as_ref().map(|part| sampled(part, Centre));
    let within = |all: Vec<f64>| match &chosen {
        None => all,
        Some(chosen) => {
            let pairs = all.into_iter().zip(chosen);
            pairs.filter(|(_, chosen)| **chosen != 0.0).map(|(q, _)| q).collect()
        }
    };
    if chosen
        .as_ref()
        .is_some_and(|all| all.iter().all(|chosen| *chosen == 0.0))
    {
        return Err(Obstacle::Missing("`where` holds nowhere on the grid".into()));
    }
    Ok(match &measure.number {
        Number::Norm(norm) => norms::norm(*norm, &within(values), volume, &[]),
        Number::Error { norm, exact, sampling } => {
            let exact = sampled(exact, *sampling);
            let errors: Vec<f64> = values.iter().zip(&exact).map(|(q, exact)| q - exact).collect();
            norms::norm(*norm, &within(errors), volume, &within(exact))
        }
        Number::Mode(mode) => norms::share_of_mode(&values, &sampled(mode, Centre)),
        Number::BesideMode(mode) => {
            let mode = sampled(mode, Centre);
            let share = norms::share_of_mode(&values, &mode);
            norms::largest(values.iter().zip(&mode).map(|(q, m)| (q - share * m).abs()))
        }
        Number::Value { at, interpolation } => {
            let values = snapshot.read_field(&measure.field)?;
            norms::value_at(&values, grid, entry.location, *at, *interpolation)
        }
        Number::BoundExcess { lower, upper } => {
            let digits = if entry.element == "f32" {
                f32::MANTISSA_DIGITS
            } else {
                f64::MANTISSA_DIGITS
            };
            norms::bound_excess(&values, *lower, *upper, digits as i32)
        }
    })
}

/// Length and error of one run.
fn point(products: &Products, order: &Order) -> Found<(f64, f64)> {
    let error = of_field(products, &order.error)?;
    let snapshots = products.snapshots(&order.error.series, Moment::Last)?;
    let head = snapshots[0].head();
    let length = match order.against {
        Against::TimeStep => head.dt,
        Against::CellSize => {
            let axis = (0..3).find(|&axis| head.grid.is_active(axis)).unwrap_or(0);
            head.grid.spacing[axis]
        }
    };
    Ok((length, error))
}

/// The least `log(e1/e2) / log(h1/h2)` of neighbours.
fn least_slope(points: &[(f64, f64)]) -> f64 {
    let slope = |pair: &[(f64, f64)]| (pair[0].1 / pair[1].1).ln() / (pair[0].0 / pair[1].0).ln();
    -norms::largest(points.windows(2).map(|pair| -slope(pair)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_least_of_all_refinements() {
        let points = [(0.4, 16.0), (0.2, 4.0), (0.1, 2.0)];
        // Quotients of logarithms.
        assert!((least_slope(&points) - 1.0).abs() < 1e-14);
        assert!((least_slope(&points[..2]) - 2.0).abs() < 1e-14);
        assert!(least_slope(&[(0.4, f64::NAN), (0.2, 4.0), (0.1, 2.0)]).is_nan());
    }

    #[test]
    fn a_complaint_names_value_and_limit() {
        let near = Judgement::Near {
            reference: 2.0,
            tolerance: 1e-3,
        };
        assert_eq!(Finding::of(3.5).complaint(&near), "is 3.5, not 2.0 to within 0.001");
        assert_eq!(Finding::of(3.5).complaint(&Judgement::AtMost(3.0)), "is 3.5, above 3.0");
        assert_eq!(
            Finding::of(3.5).complaint(&Judgement::AtLeast(4.0)),
            "is 3.5, below 4.0"
        );
    }
}
