//! Reads `waveform` of a source.

use super::sources::Context;
use crate::config::Table;
use crate::kernels::fdtd::waveform::{Drive, RAMP_PERIODS, WIDTHS_TO_NOTHING, Waveform, ricker_width};
use std::f64::consts::TAU;

const EXAMPLE: &str =
    "say how the source varies in time, for example waveform = { type = \"ricker\", frequency = 1e9 }";
const FREQUENCY: &str = "give `frequency`, Hz";

/// A pulse that begins above this part of its peak is worth a warning: its edge has frequencies that no grid resolves.
const ABRUPT: f64 = 1e-3;

#[derive(Clone, Copy)]
enum Kind {
    Gaussian,
    ModulatedGaussian,
    Ricker,
    Continuous,
    Formula,
}

/// Reads the table `waveform` of the source `source`, of which `drive` follows it.
pub fn waveform(source: &Table, context: &Context, drive: Drive) -> Option<Waveform> {
    let table = source.require("waveform", EXAMPLE).table("waveform")?;
    let kinds = [
        ("gaussian", Kind::Gaussian),
        ("modulated-gaussian", Kind::ModulatedGaussian),
        ("ricker", Kind::Ricker),
        ("continuous", Kind::Continuous),
        ("formula", Kind::Formula),
    ];
    let kind = table.require("type", EXAMPLE).choice("type", &kinds);
    let Some(kind) = kind else {
        // Without a type nobody can say which keys are right.
        table.accept_rest();
        return None;
    };
    let (waveform, key) = match kind {
        Kind::Gaussian => (gaussian(&table), "width"),
        Kind::ModulatedGaussian => (modulated_gaussian(&table), "frequency"),
        Kind::Ricker => (ricker(&table), "frequency"),
        Kind::Continuous => (continuous(&table), "frequency"),
        Kind::Formula => (formula(&table, context), "value"),
    };
    let waveform = waveform?;
    warn_of_an_abrupt_beginning(&table, &waveform);
    if let Some((_, highest)) = waveform.band(drive)
        && let Some(warning) = (context.unresolved)(highest)
    {
        table.warn_at(
            key,
            warning,
            "take smaller cells, or a lower frequency or a longer pulse",
        );
    }
    Some(waveform)
}

fn gaussian(table: &Table) -> Option<Waveform> {
    let width = table
        .require("width", "give `width`, s: the pulse is exp(-(t - delay)^2/(2 width^2))")
        .positive_duration("width");
    let delay = delay(table, width);
    Some(Waveform::Gaussian {
        width: width?,
        delay: delay?,
    })
}

fn modulated_gaussian(table: &Table) -> Option<Waveform> {
    let frequency = table.require("frequency", FREQUENCY).positive("frequency");
    let key = table.require_one_of(
        &["width", "bandwidth"],
        "give `width`, s, of the pulse or `bandwidth`, Hz, of its spectrum, 1/(2 pi width)",
    );
    let width = match key? {
        "width" => table.positive_duration("width"),
        _ => table.positive("bandwidth").map(|bandwidth| 1.0 / (TAU * bandwidth)),
    };
    let delay = delay(table, width);
    let phase = optional(table, "phase", 0.0, |key| table.number(key));
    Some(Waveform::ModulatedGaussian {
        frequency: frequency?,
        width: width?,
        delay: delay?,
        phase: phase?,
    })
}

fn ricker(table: &Table) -> Option<Waveform> {
    let frequency = table.require("frequency", FREQUENCY).positive("frequency");
    let delay = delay(table, frequency.map(ricker_width));
    Some(Waveform::Ricker {
        frequency: frequency?,
        delay: delay?,
    })
}

fn continuous(table: &Table) -> Option<Waveform> {
    let frequency = table.require("frequency", FREQUENCY).positive("frequency");
    let usual = frequency.map_or(0.0, |frequency| RAMP_PERIODS / frequency);
    let ramp = optional(table, "ramp", usual, |key| table.positive_duration(key));
    let phase = optional(table, "phase", 0.0, |key| table.number(key));
    Some(Waveform::Continuous {
        frequency: frequency?,
        ramp: ramp?,
        phase: phase?,
    })
}

fn formula(table: &Table, context: &Context) -> Option<Waveform> {
    let value = table
        .require("value", "give `value`, a formula of t: \"sin(t)\"")
        .formula("value", &["t"])?;
    Some(Waveform::Formula {
        value,
        start: context.start,
    })
}

/// From the start to the peak; unless given, as long as it takes for a pulse to begin below rounding.
fn delay(table: &Table, width: Option<f64>) -> Option<f64> {
    let usual = width.map_or(0.0, |width| WIDTHS_TO_NOTHING * width);
    optional(table, "delay", usual, |key| table.duration(key))
}

/// The value of a key, or what it is unless given.
fn optional(table: &Table, key: &str, usual: f64, read: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    if table.has(key) { read(key) } else { Some(usual) }
}

fn warn_of_an_abrupt_beginning(table: &Table, waveform: &Waveform) {
    let Some(width) = waveform.width() else {
        return;
    };
    let (delay, usual) = (waveform.delay(), WIDTHS_TO_NOTHING * width);
    let envelope = libm::exp(-0.5 * (delay / width) * (delay / width));
    if envelope > ABRUPT {
        table.warn_at(
            "delay",
            format!("the pulse begins abruptly: {delay} s before its peak its envelope is at {envelope:.2e} of it"),
            format!("leave `delay` out for {usual:.3e} s, from where it rises out of nothing"),
        );
    }
}
