//! Numbers from the series of probes.

use super::budget::trend_of;
use super::check::{Channel, ModePart, ProbeNumber, Resonance, Transfer, TransferPart, Trend};
use super::resonance;
use super::samples::{Samples, Window, quotient, turned, values};
use crate::files::ProbeSeries;

/// The number that is asked for; `series` gives the series of a probe of a run.
///
/// # Errors
/// Those of `series`, and `wrong` of the text to say where a series does not hold what is asked for.
pub fn find<E>(
    number: &ProbeNumber,
    series: impl Fn(usize, &str) -> Result<ProbeSeries, E>,
    wrong: impl Fn(String) -> E,
) -> Result<f64, E> {
    let place = |channel: &Channel, text: String| wrong(format!("probe \"{}\": {text}", channel.probe));
    let samples = |channel: &Channel, window: Window| {
        let series = series(channel.run, &channel.probe)?;
        Samples::new(&series, &channel.column, window).map_err(|text| place(channel, text))
    };
    let trend = |channel: &Channel, window: Window, of: Trend| {
        let series = series(channel.run, &channel.probe)?;
        let (_, values) = values(&series, &channel.column, window).map_err(|text| place(channel, text))?;
        Ok(trend_of(&values, of))
    };
    match number {
        ProbeNumber::Trend(channel, window, of) => trend(channel, *window, *of),
        ProbeNumber::DbBelow(channel, window, other) => {
            let of_other = trend(other, Window::ALL, Trend::MaxAbs)?;
            Ok(decibels(trend(channel, *window, Trend::MaxAbs)? / of_other))
        }
        ProbeNumber::Transfer(transfer) => {
            let mut above = samples(&transfer.above, Window::ALL)?;
            if let Some(run) = transfer.minus {
                let channel = Channel {
                    run,
                    ..transfer.above.clone()
                };
                let less = samples(&channel, Window::ALL)?;
                above = above.minus(&less).map_err(|text| place(&channel, text))?;
            }
            Ok(ratio(transfer, &above, &samples(&transfer.below, Window::ALL)?))
        }
        ProbeNumber::Resonance(resonance) => {
            let samples = samples(&resonance.channel, resonance.window)?;
            mode(resonance, &samples).map_err(|text| place(&resonance.channel, text))
        }
    }
}

fn ratio(transfer: &Transfer, above: &Samples, below: &Samples) -> f64 {
    let sums = [above, below].map(|samples| samples.fourier_sum(transfer.frequency));
    let [re, im] = turned(quotient(sums[0], sums[1]), transfer.turns);
    match transfer.part {
        TransferPart::Abs => libm::hypot(re, im),
        TransferPart::Db => decibels(libm::hypot(re, im)),
        TransferPart::Re => re,
        TransferPart::Im => im,
    }
}

fn mode(asked: &Resonance, samples: &Samples) -> Result<f64, String> {
    let values: Vec<f64> = samples.values.iter().step_by(asked.every).copied().collect();
    let modes = resonance::modes(&values, samples.interval * asked.every as f64)?;
    let mode = resonance::nearest(&modes, asked.near).ok_or("no mode was found")?;
    Ok(match asked.part {
        ModePart::Frequency => mode.frequency,
        ModePart::Decay => mode.decay,
    })
}

/// 20 times the logarithm of a ratio of amplitudes.
fn decibels(ratio: f64) -> f64 {
    20.0 * libm::log10(ratio)
}
