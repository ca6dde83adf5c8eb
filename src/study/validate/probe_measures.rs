//! Reads which number of a probe's series a check looks at.

use super::check::{Channel, ModePart, ProbeNumber, Resonance, Transfer, TransferPart};
use super::checks::{Reader, TRENDS};
use super::samples::Window;
use crate::numerics::formula::nearest_name;

/// The kinds of measures of probes.
#[derive(Clone, Copy, Debug)]
pub(super) enum ProbeKind {
    Trend,
    DbBelow,
    Transfer,
    Resonance,
}

impl Reader<'_> {
    /// The measures of `kind`, one for each run that the entry names.
    pub(super) fn probe_measures(&self, kind: ProbeKind) -> Option<Vec<(usize, ProbeNumber)>> {
        let (runs, probe) = (self.chosen_runs(), self.probe("probe", None));
        let column = self.column("column", probe.as_deref(), None);
        let (Some(runs), Some(probe), Some(column)) = (runs, probe, column) else {
            // What is wrong is recorded; the other keys are not at fault.
            self.table.accept_rest();
            return None;
        };
        let measure = |run: usize| {
            let channel = Channel {
                run,
                probe: probe.clone(),
                column: column.clone(),
            };
            Some((run, self.probe_number(kind, channel)?))
        };
        runs.into_iter().map(measure).collect()
    }

    fn probe_number(&self, kind: ProbeKind, channel: Channel) -> Option<ProbeNumber> {
        let table = self.table;
        match kind {
            ProbeKind::Trend => {
                let of = table.require("of", "write of = \"max_abs\", for example");
                let of = of.choice("of", &TRENDS);
                let window = self.window();
                Some(ProbeNumber::Trend(channel, window?, of?))
            }
            ProbeKind::DbBelow => {
                let (window, other) = (self.window(), self.other_channel("below", &channel));
                Some(ProbeNumber::DbBelow(channel, window?, other?))
            }
            ProbeKind::Transfer => {
                let minus = match table.has("minus") {
                    true => Some(self.run_of_key("minus")?),
                    false => None,
                };
                let frequency = table.require("frequency", "give the frequency of the Fourier sums");
                let frequency = frequency.positive("frequency");
                let over = self.other_channel("over", &channel);
                let parts = [
                    ("abs", TransferPart::Abs),
                    ("db", TransferPart::Db),
                    ("re", TransferPart::Re),
                    ("im", TransferPart::Im),
                ];
                let part = self.chosen("part", &parts, TransferPart::Abs);
                let turns = match table.has("phase") {
                    true => table.number("phase"),
                    false => Some(0.0),
                };
                Some(ProbeNumber::Transfer(Transfer {
                    above: channel,
                    minus,
                    below: over?,
                    frequency: frequency?,
                    turns: turns?,
                    part: part?,
                }))
            }
            ProbeKind::Resonance => {
                let near = table.require("near", "give a frequency near that of the mode");
                let near = near.positive("near");
                let parts = [("frequency", ModePart::Frequency), ("decay", ModePart::Decay)];
                let part = table.require("part", "write part = \"frequency\" or \"decay\"");
                let part = part.choice("part", &parts);
                let sampling = match table.has("every") {
                    true => table.count("every"),
                    false => Some(1),
                };
                let window = self.window();
                Some(ProbeNumber::Resonance(Resonance {
                    channel,
                    window: window?,
                    near: near?,
                    every: sampling? as usize,
                    part: part?,
                }))
            }
        }
    }

    /// The series that `key` (a run), `key_probe` and `key_column` name; what is not named is that of `default`.
    fn other_channel(&self, key: &str, default: &Channel) -> Option<Channel> {
        let keys = ["probe", "column"].map(|part| format!("{key}_{part}"));
        let names = [key, &keys[0], &keys[1]];
        if names.iter().all(|name| !self.table.has(name)) {
            let listed = names.map(|name| format!("`{name}`")).join(", ");
            let help = format!("say what the value is compared with: one of {listed}");
            self.table.error_here(format!("missing key `{key}`"), help);
            return None;
        }
        let run = match self.table.has(key) {
            true => self.run_of_key(key),
            false => Some(default.run),
        };
        let probe = self.probe(&keys[0], Some(&default.probe));
        let column = self.column(&keys[1], probe.as_deref(), Some(&default.column));
        Some(Channel {
            run: run?,
            probe: probe?,
            column: column?,
        })
    }

    fn run_of_key(&self, key: &str) -> Option<usize> {
        let name = self.table.string(key)?;
        self.run_named(key, &name)
    }

    /// The probe that `key` names, else `default`, else the only one.
    fn probe(&self, key: &str, default: Option<&str>) -> Option<String> {
        let probes = &self.runs[0].1.config.probes;
        let names: Vec<&str> = probes.iter().map(|probe| probe.name.as_str()).collect();
        let only = (names.len() == 1).then(|| names[0]);
        if let Some(name) = default.or(only).filter(|_| !self.table.has(key)) {
            return Some(name.to_owned());
        }
        let name = self.table.require(key, "name a [[probe]] of case.toml").string(key)?;
        if names.contains(&name.as_str()) {
            return Some(name);
        }
        let help = match nearest_name(&name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("the probes are: {}", names.join(", ")),
        };
        self.table.error_at(key, format!("there is no probe \"{name}\""), help);
        None
    }

    /// The field, or the column, that `key` names, else `default`, else the only field of the probe.
    fn column(&self, key: &str, probe: Option<&str>, default: Option<&str>) -> Option<String> {
        let probes = &self.runs[0].1.config.probes;
        let recorded = probes.iter().find(|known| Some(known.name.as_str()) == probe)?;
        let fields: Vec<&str> = match recorded.fields.is_empty() {
            true => self.field_names(),
            false => recorded.fields.iter().map(String::as_str).collect(),
        };
        let only = (fields.len() == 1).then(|| fields[0]);
        if let Some(name) = default.or(only).filter(|_| !self.table.has(key)) {
            return Some(name.to_owned());
        }
        let remedy = format!("name one of {}, or a column of the probe's file", fields.join(", "));
        let name = self.table.require(key, &remedy).string(key)?;
        let field = name.split('[').next().unwrap_or_default();
        if fields.contains(&field) {
            return Some(name);
        }
        let help = match nearest_name(field, fields.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("the probe records {}", fields.join(", ")),
        };
        let message = format!("probe \"{}\" does not record \"{field}\"", recorded.name);
        self.table.error_at(key, message, help);
        None
    }

    fn window(&self) -> Option<Window> {
        let end = |key: &str, default: f64| match self.table.has(key) {
            true => self.table.number(key),
            false => Some(default),
        };
        let (after, before) = (end("after", f64::NEG_INFINITY), end("before", f64::INFINITY));
        Some(Window {
            after: after?,
            before: before?,
        })
    }
}
