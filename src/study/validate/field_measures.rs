//! Reads which number of a field a check looks at, and in which snapshots.

use super::check::{FieldMeasure, Interpolation, Moment, Norm, Number, Sampling, Scale};
use super::checks::{Kind, PLACE_AND_TIME, Reader, SAMPLINGS};
use crate::config::ValueKind;
use crate::numerics::Formula;

const SERIES: &str = "fields";

impl Reader<'_> {
    pub(super) fn field_measure(&self, kind: Kind) -> Option<FieldMeasure> {
        let (field, series, moment, number) = (self.field(), self.series(), self.moment(), self.number(kind));
        let is_norm = matches!(number, Some(Number::Norm(_) | Number::Error { .. }));
        let part = match is_norm && self.table.has("where") {
            true => Some(self.formula("where")?),
            false => None,
        };
        Some(FieldMeasure {
            field: field?,
            series: series?,
            moment: moment?,
            number: number?,
            part,
        })
    }

    fn number(&self, kind: Kind) -> Option<Number> {
        let table = self.table;
        let scales = [
            ("mean", Scale::Mean),
            ("integral", Scale::Integral),
            ("relative", Scale::Relative),
        ];
        match kind {
            Kind::Norm(norm) => Some(Number::Norm(norm)),
            Kind::ScaledNorm(norm) => {
                let scale = self.chosen("scale", &scales[..2], Scale::Mean)?;
                Some(Number::Norm(norm(scale)))
            }
            Kind::Error(norm) => self.error(norm),
            Kind::ScaledError(norm) => {
                let scale = self.chosen("scale", &scales, Scale::Mean);
                self.error(norm(scale?))
            }
            Kind::Mode => self.formula("mode").map(Number::Mode),
            Kind::BesideMode => self.formula("mode").map(Number::BesideMode),
            Kind::Value => {
                let dims = self.runs[0].1.grid.dims;
                let at = table.require("at", "give the place, m").numbers_of("at", dims);
                let choices = [("cell", Interpolation::Cell), ("linear", Interpolation::Linear)];
                let interpolation = self.chosen("interpolation", &choices, Interpolation::Cell);
                let mut at = at?;
                at.resize(3, 0.0);
                Some(Number::Value {
                    at: at.try_into().ok()?,
                    interpolation: interpolation?,
                })
            }
            _ => {
                let bound = |key: &str| {
                    table
                        .require(key, "give the bound that values must keep to")
                        .number(key)
                };
                let (lower, upper) = (bound("lower"), bound("upper"));
                Some(Number::BoundExcess {
                    lower: lower?,
                    upper: upper?,
                })
            }
        }
    }

    fn error(&self, norm: Norm) -> Option<Number> {
        let exact = match self.table.has("exact") {
            false if self.defaults.exact.is_some() => self.defaults.exact.clone(),
            _ => self.formula("exact"),
        };
        let sampling = self.chosen(
            "sampling",
            &SAMPLINGS,
            self.defaults.sampling.unwrap_or(Sampling::Centre),
        );
        Some(Number::Error {
            norm,
            exact: exact?,
            sampling: sampling?,
        })
    }

    fn formula(&self, key: &str) -> Option<Formula> {
        let remedy = format!("give a formula of place and time: {key} = \"sin(x - t)\"");
        self.table.require(key, &remedy).formula(key, &PLACE_AND_TIME)
    }

    pub(super) fn series(&self) -> Option<String> {
        match self.table.has("series") {
            true => self.table.string("series"),
            false => Some(SERIES.into()),
        }
    }

    fn moment(&self) -> Option<Moment> {
        match self.table.kind("time") {
            None => Some(Moment::Last),
            Some(ValueKind::Number) => self.table.number("time").map(Moment::At),
            Some(_) => {
                let words = [("first", Moment::First), ("last", Moment::Last), ("all", Moment::All)];
                self.table.choice("time", &words)
            }
        }
    }
}
