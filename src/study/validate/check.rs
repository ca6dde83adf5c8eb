//! What a check asks for, and when it passes.

use super::samples::Window;
use crate::numerics::Formula;

/// One line of the report.
#[derive(Clone, Debug)]
pub struct Check {
    pub name: String,
    /// Where it stands in `expected.toml`.
    pub line: usize,
    pub measure: Measure,
    pub judgement: Judgement,
    /// Where the reference comes from.
    pub source: String,
}

/// What is measured. Runs are numbers into the list of the case's runs.
#[derive(Clone, Debug)]
pub enum Measure {
    /// A number from the values of a field.
    Field(usize, FieldMeasure),
    /// The observed order of accuracy over runs, from the coarsest to the finest.
    Order(Order),
    /// A number from one column of the history.
    Column { run: usize, column: String, of: Trend },
    /// A number from the series of probes.
    Probe(ProbeNumber),
    /// How well a budget closes.
    Budget(Budget),
    /// The number of values of a field whose bits differ between the last snapshots of two runs.
    DifferentBits {
        runs: [usize; 2],
        field: String,
        series: String,
    },
}

/// A number from the values of a field.
#[derive(Clone, Debug)]
pub struct FieldMeasure {
    pub field: String,
    /// Name of the series of snapshots.
    pub series: String,
    pub moment: Moment,
    pub number: Number,
    /// Norms look at the places where it is not zero.
    pub part: Option<Formula>,
}

/// Which snapshots are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    First,
    Last,
    /// The one at this time, s.
    At(f64),
    /// The worst of all.
    All,
}

/// A norm or a probe.
#[derive(Clone, Debug)]
pub enum Number {
    Norm(Norm),
    /// A norm of the field less a formula.
    Error {
        norm: Norm,
        exact: Formula,
        sampling: Sampling,
    },
    /// `sum q m / sum m m`, and the largest value that is left without this share of the mode `m`.
    Mode(Formula),
    BesideMode(Formula),
    /// The value at a place, m.
    Value {
        at: [f64; 3],
        interpolation: Interpolation,
    },
    /// By how much the values leave `[lower, upper]`, in units in the last place of the larger bound.
    BoundExcess {
        lower: f64,
        upper: f64,
    },
}

/// A norm of values, `V` the volume of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    Max,
    Min,
    /// Largest and smallest absolute value.
    MaxAbs,
    MinAbs,
    Mean,
    /// `V sum q`.
    Integral,
    L1(Scale),
    L2(Scale),
}

/// How a sum of absolute values or squares becomes a norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Over the number of cells.
    Mean,
    /// Times the volume of a cell.
    Integral,
    /// Over the norm of the exact solution.
    Relative,
}

/// What a value in the file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// The value at the centre of the cell.
    Centre,
    /// The average over the cell.
    Average,
}

/// How a value between cell centres is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The value of the cell that contains the place.
    Cell,
    /// Linear along each axis between the centres.
    Linear,
}

/// What is looked at in a column of the history or the series of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    First,
    Last,
    Min,
    Max,
    MaxAbs,
    /// Last over first.
    Ratio,
    /// Largest less smallest value, over the largest absolute one.
    Spread,
    /// Last less first.
    Change,
    /// Largest distance of any row from the first.
    Drift,
}

/// A number from the series of probes.
#[derive(Clone, Debug)]
pub enum ProbeNumber {
    Trend(Channel, Window, Trend),
    /// `20 log10` of the largest absolute value in the window over that of another series.
    DbBelow(Channel, Window, Channel),
    Transfer(Transfer),
    Resonance(Resonance),
}

/// The values of a field, or at a node, that a probe of a run recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub run: usize,
    pub probe: String,
    pub column: String,
}

/// The ratio of two Fourier sums at a frequency.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub above: Channel,
    /// The run whose values are taken off those above.
    pub minus: Option<usize>,
    pub below: Channel,
    pub frequency: f64,
    /// The ratio is multiplied with `exp(2 pi i turns)`.
    pub turns: f64,
    pub part: TransferPart,
}

/// What is looked at of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferPart {
    Abs,
    /// The absolute value in decibels, `20 log10`.
    Db,
    Re,
    Im,
}

/// The mode of a series that is nearest to a frequency.
#[derive(Clone, Debug)]
pub struct Resonance {
    pub channel: Channel,
    pub window: Window,
    pub near: f64,
    /// One of so many values is looked at.
    pub every: usize,
    pub part: ModePart,
}

/// What is looked at of a mode that varies as `exp(-2 pi i (frequency - i decay) t)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModePart {
    Frequency,
    Decay,
}

/// What is what there was, plus gains, less losses.
#[derive(Clone, Debug)]
pub struct Budget {
    pub run: usize,
    /// Fields whose totals are added up.
    pub fields: Vec<String>,
    /// Columns of the history; a star at the end stands for anything.
    pub gains: Vec<String>,
    pub losses: Vec<String>,
}

/// The observed order of accuracy: the least `log(e1/e2) / log(h1/h2)` of neighbouring runs.
#[derive(Clone, Debug)]
pub struct Order {
    pub runs: Vec<usize>,
    /// What gives the errors `e`.
    pub error: FieldMeasure,
    pub against: Against,
    /// The panel of the picture that shows it.
    pub panel: String,
}

/// The length `h` that an order counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// The side of a cell along the first axis of more than one cell, m.
    CellSize,
    /// The last time step, s.
    TimeStep,
}

/// When a value passes. NaN never does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judgement {
    /// `|value - reference| <= tolerance`.
    Near {
        reference: f64,
        tolerance: f64,
    },
    AtMost(f64),
    AtLeast(f64),
}

impl Judgement {
    pub fn is_met(&self, value: f64) -> bool {
        match *self {
            Judgement::Near { reference, tolerance } => (value - reference).abs() <= tolerance,
            Judgement::AtMost(limit) => value <= limit,
            Judgement::AtLeast(limit) => value >= limit,
        }
    }

    /// The reference, or the limit.
    pub fn reference(&self) -> f64 {
        match *self {
            Judgement::Near { reference, .. } => reference,
            Judgement::AtMost(limit) | Judgement::AtLeast(limit) => limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_belong_to_what_passes_and_nan_never_does() {
        let near = Judgement::Near {
            reference: 2.0,
            tolerance: 0.5,
        };
        for (judgement, passes, fails) in [
            (near, [1.5, 2.5], [1.4, 2.6]),
            (Judgement::AtMost(2.0), [2.0, -9.0], [2.1, f64::INFINITY]),
            (Judgement::AtLeast(2.0), [2.0, 9.0], [1.9, f64::NEG_INFINITY]),
        ] {
            assert!(passes.iter().all(|value| judgement.is_met(*value)), "{judgement:?}");
            assert!(fails.iter().all(|value| !judgement.is_met(*value)), "{judgement:?}");
            assert!(!judgement.is_met(f64::NAN));
        }
    }
}
