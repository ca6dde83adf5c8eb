//! Reads the entries of `[[check]]`.

use super::check::{Against, Budget, Check, Judgement, Measure, Norm, Order, Sampling, Scale, Trend};
use super::probe_measures::ProbeKind;
use crate::config::Table;
use crate::numerics::Formula;
use crate::numerics::formula::nearest_name;
use crate::simulation::Case;

/// Name and configuration of the runs of a case.
pub(super) type Runs = [(String, Case)];

pub(super) const PLACE_AND_TIME: [&str; 4] = ["x", "y", "z", "t"];
pub(super) const SAMPLINGS: [(&str, Sampling); 2] = [("centre", Sampling::Centre), ("average", Sampling::Average)];

pub(super) const TRENDS: [(&str, Trend); 9] = [
    ("first", Trend::First),
    ("last", Trend::Last),
    ("min", Trend::Min),
    ("max", Trend::Max),
    ("max_abs", Trend::MaxAbs),
    ("change", Trend::Change),
    ("drift", Trend::Drift),
    ("ratio", Trend::Ratio),
    ("spread", Trend::Spread),
];

/// What checks say only where they differ from it.
pub struct Defaults {
    field: Option<String>,
    pub exact: Option<Formula>,
    pub sampling: Option<Sampling>,
    source: Option<String>,
    tolerance_from: Option<String>,
}

impl Defaults {
    pub fn read(root: &Table) -> Defaults {
        Defaults {
            field: root.string("field"),
            exact: root.formula("exact", &PLACE_AND_TIME),
            sampling: root.choice("sampling", &SAMPLINGS),
            source: root.string("source"),
            tolerance_from: root.string("tolerance_from"),
        }
    }
}

/// The checks, one for each run where an entry names several.
pub fn read(root: &Table, defaults: &Defaults, runs: &Runs) -> Vec<Check> {
    let tables = root.tables("check");
    if tables.is_empty() {
        root.error_here("there is nothing to check", "add a `[[check]]` table");
    }
    let read_one = |table: &Table| {
        let reader = Reader { table, defaults, runs };
        reader.checks().unwrap_or_else(|| {
            // What is wrong is recorded; which other keys would be right depends on it.
            if table.string("what").is_none_or(|what| Kind::named(&what).is_none()) {
                table.accept_rest();
            }
            Vec::new()
        })
    };
    tables.iter().flat_map(read_one).collect()
}

/// The kinds of measures by their names in `what`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Norm(Norm),
    ScaledNorm(fn(Scale) -> Norm),
    Error(Norm),
    ScaledError(fn(Scale) -> Norm),
    Mode,
    BesideMode,
    Value,
    BoundExcess,
    Order,
    History,
    Probe(ProbeKind),
    Budget,
    DifferentBits,
}

const KINDS: [(&str, Kind); 23] = [
    ("max", Kind::Norm(Norm::Max)),
    ("min", Kind::Norm(Norm::Min)),
    ("max_abs", Kind::Norm(Norm::MaxAbs)),
    ("min_abs", Kind::Norm(Norm::MinAbs)),
    ("mean", Kind::Norm(Norm::Mean)),
    ("integral", Kind::Norm(Norm::Integral)),
    ("l1", Kind::ScaledNorm(Norm::L1)),
    ("l2", Kind::ScaledNorm(Norm::L2)),
    ("l1_error", Kind::ScaledError(Norm::L1)),
    ("l2_error", Kind::ScaledError(Norm::L2)),
    ("linf_error", Kind::Error(Norm::MaxAbs)),
    ("mode", Kind::Mode),
    ("beside_mode", Kind::BesideMode),
    ("value", Kind::Value),
    ("bound_excess_ulp", Kind::BoundExcess),
    ("order", Kind::Order),
    ("history", Kind::History),
    ("budget", Kind::Budget),
    ("probe", Kind::Probe(ProbeKind::Trend)),
    ("db_below", Kind::Probe(ProbeKind::DbBelow)),
    ("transfer", Kind::Probe(ProbeKind::Transfer)),
    ("resonance", Kind::Probe(ProbeKind::Resonance)),
    ("different_bits", Kind::DifferentBits),
];

impl Kind {
    fn named(name: &str) -> Option<Kind> {
        KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

fn for_each(runs: Vec<usize>, measure: impl Fn(usize) -> Measure) -> Vec<(Option<usize>, Measure)> {
    runs.into_iter().map(|run| (Some(run), measure(run))).collect()
}

/// One entry, and what it may refer to.
pub(super) struct Reader<'r> {
    pub table: &'r Table<'r>,
    pub defaults: &'r Defaults,
    pub runs: &'r Runs,
}

impl Reader<'_> {
    fn checks(&self) -> Option<Vec<Check>> {
        let table = self.table;
        let name = table.require("name", "say what is checked").string("name");
        let source = self.text("source", &self.defaults.source, "say where the reference comes from");
        self.text(
            "tolerance_from",
            &self.defaults.tolerance_from,
            "say where the tolerance, or the limit, comes from",
        );
        let judgement = self.judgement();
        let what = table.require("what", "name a norm or a probe, as in `what = \"max\"`");
        let measures = what.choice("what", &KINDS).and_then(|kind| self.measures(kind));
        let (name, source, judgement) = (name?, source?, judgement?);
        let measures = measures?;
        let n_runs = measures.len();
        let check = |(run, measure): (Option<usize>, Measure)| Check {
            name: match run {
                Some(run) if n_runs > 1 => format!("{name}, {}", self.runs[run].0),
                _ => name.clone(),
            },
            line: table.line().unwrap_or(1),
            measure,
            judgement,
            source: source.clone(),
        };
        Some(measures.into_iter().map(check).collect())
    }

    /// The text of `key`, or what the file says for all.
    fn text(&self, key: &str, default: &Option<String>, remedy: &str) -> Option<String> {
        if !self.table.has(key) && default.is_some() {
            return default.clone();
        }
        let text = self.table.require(key, remedy).string(key)?;
        if text.trim().is_empty() {
            self.table.error_at(key, format!("`{key}` is empty"), remedy);
        }
        Some(text)
    }

    fn judgement(&self) -> Option<Judgement> {
        let table = self.table;
        let remedy = "write reference = 1.5 with tolerance = 1e-3, or at_most = 1e-3, or at_least = 2";
        match table.require_one_of(&["reference", "at_most", "at_least"], remedy)? {
            "at_most" => table.number("at_most").map(Judgement::AtMost),
            "at_least" => table.number("at_least").map(Judgement::AtLeast),
            _ => {
                let reference = table.number("reference");
                let remedy = "write tolerance = 1e-3, or relative = 1e-2 as a share of the reference";
                let tolerance = match table.require_one_of(&["tolerance", "relative"], remedy)? {
                    "tolerance" => table.non_negative("tolerance"),
                    _ => table
                        .non_negative("relative")
                        .and_then(|share| Some(share * reference?.abs())),
                };
                Some(Judgement::Near {
                    reference: reference?,
                    tolerance: tolerance?,
                })
            }
        }
    }

    /// The measures that the entry asks for, each with its run where it has one.
    fn measures(&self, kind: Kind) -> Option<Vec<(Option<usize>, Measure)>> {
        let table = self.table;
        match kind {
            Kind::Order => Some(vec![(None, Measure::Order(self.order()?))]),
            Kind::DifferentBits => {
                let (runs, field, series) = (self.listed_runs(), self.field(), self.series());
                let runs: [usize; 2] = runs?.try_into().ok().or_else(|| {
                    table.error_at("runs", "two runs are compared", "write runs = [\"a\", \"b\"]");
                    None
                })?;
                let (field, series) = (field?, series?);
                Some(vec![(None, Measure::DifferentBits { runs, field, series })])
            }
            Kind::History => {
                let runs = self.chosen_runs();
                let column = table.require("column", "name a column of history.csv").string("column");
                let of = table
                    .require("of", "write of = \"last\", for example")
                    .choice("of", &TRENDS);
                let (column, of) = (column?, of?);
                let measure = |run| Measure::Column {
                    run,
                    column: column.clone(),
                    of,
                };
                Some(for_each(runs?, measure))
            }
            Kind::Probe(kind) => {
                let numbers = self.probe_measures(kind)?.into_iter();
                Some(
                    numbers
                        .map(|(run, number)| (Some(run), Measure::Probe(number)))
                        .collect(),
                )
            }
            Kind::Budget => {
                let list = |key: &str| {
                    if table.has(key) {
                        table.strings(key)
                    } else {
                        Some(Vec::new())
                    }
                };
                let (runs, fields) = (self.chosen_runs(), self.budget_fields());
                let (gains, losses) = (list("gains"), list("losses"));
                let (fields, gains, losses) = (fields?, gains?, losses?);
                let budget = |run| Budget {
                    run,
                    fields: fields.clone(),
                    gains: gains.clone(),
                    losses: losses.clone(),
                };
                Some(for_each(runs?, |run| Measure::Budget(budget(run))))
            }
            of_a_field => {
                let (runs, measure) = (self.chosen_runs(), self.field_measure(of_a_field));
                let measure = measure?;
                Some(for_each(runs?, |run| Measure::Field(run, measure.clone())))
            }
        }
    }

    fn order(&self) -> Option<Order> {
        let table = self.table;
        let runs = self.listed_runs();
        if runs.as_ref().is_some_and(|runs| runs.len() < 2) {
            table.error_at(
                "runs",
                "an order needs two runs at least",
                "list the runs from the coarsest on",
            );
        }
        let errors: Vec<(&str, Kind)> = KINDS.into_iter().filter(|(name, _)| name.ends_with("_error")).collect();
        let of = table.require("of", "name the norm of the error, as in `of = \"l1_error\"`");
        let error = of.choice("of", &errors).and_then(|kind| self.field_measure(kind));
        let choices = [("cells", Against::CellSize), ("dt", Against::TimeStep)];
        let against = self.chosen("against", &choices, Against::CellSize);
        let panel = table.string("panel");
        Some(Order {
            runs: runs?,
            error: error?,
            against: against?,
            panel: panel.unwrap_or_default(),
        })
    }

    /// The choice of `key`, or `default` where it is missing.
    pub(super) fn chosen<V: Copy>(&self, key: &str, choices: &[(&str, V)], default: V) -> Option<V> {
        match self.table.has(key) {
            true => self.table.choice(key, choices),
            false => Some(default),
        }
    }

    /// The field of the entry, else that of the file, else the only one.
    pub(super) fn field(&self) -> Option<String> {
        let names = self.field_names();
        if !self.table.has("field") {
            let only = (names.len() == 1).then(|| names[0].to_owned());
            if let Some(name) = self.defaults.field.clone().or(only) {
                return self.known_field("field", &name).then_some(name);
            }
        }
        let remedy = format!("name one of {}", names.join(", "));
        let name = self.table.require("field", &remedy).string("field")?;
        self.known_field("field", &name).then_some(name)
    }

    fn budget_fields(&self) -> Option<Vec<String>> {
        if !self.table.has("fields") {
            return self.field().map(|field| vec![field]);
        }
        let fields = self.table.strings("fields")?;
        fields
            .iter()
            .all(|name| self.known_field("fields", name))
            .then_some(fields)
    }

    pub(super) fn field_names(&self) -> Vec<&str> {
        let declaration = &self.runs[0].1.declaration;
        declaration.fields.iter().map(|field| field.name.as_str()).collect()
    }

    fn known_field(&self, key: &str, name: &str) -> bool {
        let names = self.field_names();
        let is_known = names.contains(&name);
        if !is_known {
            let help = format!("the fields are: {}", names.join(", "));
            self.table.error_at(key, format!("there is no field \"{name}\""), help);
        }
        is_known
    }

    /// The runs that `run` or `runs` names; the only run where there is but one.
    pub(super) fn chosen_runs(&self) -> Option<Vec<usize>> {
        match self.table.one_of(&["run", "runs"]) {
            None if self.runs.len() == 1 => Some(vec![0]),
            Some("runs") => self.listed_runs(),
            _ => {
                let name = self
                    .table
                    .require("run", "name the run that is looked at")
                    .string("run")?;
                Some(vec![self.run_named("run", &name)?])
            }
        }
    }

    fn listed_runs(&self) -> Option<Vec<usize>> {
        let names = self.table.require("runs", "list the runs").strings("runs")?;
        let found: Vec<Option<usize>> = names.iter().map(|name| self.run_named("runs", name)).collect();
        found.into_iter().collect()
    }

    pub(super) fn run_named(&self, key: &str, name: &str) -> Option<usize> {
        let found = self.runs.iter().position(|(known, _)| known == name);
        if found.is_none() {
            let names: Vec<&str> = self.runs.iter().map(|(name, _)| name.as_str()).collect();
            let help = match nearest_name(name, names.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("the runs are: {}", names.join(", ")),
            };
            self.table.error_at(key, format!("there is no run \"{name}\""), help);
        }
        found
    }
}
