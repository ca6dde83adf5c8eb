//! A waveform as a finite sum of frequencies.
//!
//! Over a period of `M` steps, longer than the pulse,
//!
//! ```text
//! W(t_n) = Re sum over k of  c_k exp(-2 pi i k n / M),   c_k = (2 - [k = 0]) / M  sum over n of  W(t_n) exp(2 pi i k n / M)
//! ```
//!
//! the trapezoidal rule, which for a pulse of limited band leaves out nothing but what lies above the highest `k`.

use super::phase;

/// A frequency whose coefficient is below this part of the root of the waveform's energy is left out. Waveforms are
/// known to about 1e-15 of their value, from the rounding of phases of some turns; this is beyond it.
const NOISE: f64 = 1e-14;

/// Frequencies looked at together for the end of the band: their noise is averaged.
const BLOCK: usize = 16;

/// One frequency of a waveform: `k` turns per period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    pub k: usize,
    /// `c_k`, its real part and its imaginary part.
    pub amplitude: [f64; 2],
}

/// Cosines and sines of the parts `n / length` of a turn.
pub struct Circle {
    points: Vec<(f64, f64)>,
}

impl Circle {
    pub fn new(length: usize) -> Circle {
        let point = |n: usize| phase::cosine_and_sine(n as f64 / length as f64);
        Circle {
            points: (0..length).map(point).collect(),
        }
    }

    /// Cosine and sine of `a b / length` turns.
    pub fn at(&self, a: usize, b: usize) -> (f64, f64) {
        self.points[a * b % self.points.len()]
    }
}

/// The tones of `samples`, one per step, with fewer than `end` turns per period.
pub fn tones(samples: &[f64], end: usize) -> Vec<Tone> {
    let length = samples.len();
    let circle = Circle::new(length);
    let mut tones: Vec<Tone> = (0..end.min(length.div_ceil(2)))
        .map(|k| {
            let scale = if k == 0 { 1.0 } else { 2.0 } / length as f64;
            let mut sums = [0.0; 2];
            for (n, sample) in samples.iter().enumerate() {
                let (cosine, sine) = circle.at(k, n);
                sums[0] += sample * cosine;
                sums[1] += sample * sine;
            }
            Tone {
                k,
                amplitude: sums.map(|sum| scale * sum),
            }
        })
        .collect();
    let energy: f64 = samples.iter().map(|sample| sample * sample).sum();
    let floor = NOISE * energy.sqrt() / length as f64;
    let size = |tone: &Tone| (tone.amplitude[0].powi(2) + tone.amplitude[1].powi(2)).sqrt();
    let is_loud =
        |block: &[Tone]| block.iter().map(|tone| size(tone).powi(2)).sum::<f64>() > floor.powi(2) * BLOCK as f64;
    let blocks = tones.len().div_ceil(BLOCK);
    let last = (0..blocks)
        .rev()
        .find(|n| is_loud(&tones[n * BLOCK..tones.len().min((n + 1) * BLOCK)]));
    tones.truncate(last.map_or(0, |n| (n + 1) * BLOCK));
    tones.retain(|tone| size(tone) > floor);
    tones
}

/// The sum of `tones` in step `step` of their period of `length` steps, and `beyond` steps later.
pub fn value(tones: impl Iterator<Item = Tone>, length: usize, step: usize, beyond: f64) -> f64 {
    let term = |tone: Tone| {
        let whole_steps = tone.k * step % length;
        let turns = (whole_steps as f64 + tone.k as f64 * beyond) / length as f64;
        let (cosine, sine) = phase::cosine_and_sine(turns);
        tone.amplitude[0] * cosine + tone.amplitude[1] * sine
    };
    tones.map(term).sum()
}

/// The differences between `samples` and the sum of `tones`.
pub fn residues(samples: &[f64], tones: &[Tone]) -> Vec<f64> {
    let circle = Circle::new(samples.len());
    let value = |n: usize| -> f64 {
        let term = |tone: &Tone| {
            let (cosine, sine) = circle.at(tone.k, n);
            tone.amplitude[0] * cosine + tone.amplitude[1] * sine
        };
        tones.iter().map(term).sum()
    };
    samples
        .iter()
        .enumerate()
        .map(|(n, sample)| sample - value(n))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest(values: &[f64]) -> f64 {
        values.iter().fold(0.0, |most, value| value.abs().max(most))
    }

    fn gaussian(n: f64) -> f64 {
        let t = n - 150.0;
        (-0.5 * (t / 16.0).powi(2)).exp() * (0.4 * t + 0.3).cos()
    }

    #[test]
    fn a_modulated_gaussian_is_a_sum_of_few_tones() {
        let samples: Vec<f64> = (0..500).map(|n| gaussian(n as f64)).collect();
        let tones = tones(&samples, 250);
        // The spectrum has the width 1/16 rad: 8.3 widths on either side, 500 / 2 pi tones per radian.
        let width = 500.0 / std::f64::consts::TAU / 16.0;
        assert!((tones.len() as f64) < 17.0 * width + 16.0, "{} {width}", tones.len());
        // Rounding of the samples, and of sums of 80 terms of size 0.05.
        let residue = largest(&residues(&samples, &tones));
        assert!(residue < 2e-15, "{residue}");
        // Between the samples too, where phases are rounded once more.
        let between = value(tones.iter().copied(), 500, 155, 0.5);
        assert!((between - gaussian(155.5)).abs() < 4e-15);
    }

    #[test]
    fn what_does_not_end_smoothly_leaves_a_residue() {
        let triangle: Vec<f64> = (0..500)
            .map(|n| (1.0 - (n as f64 - 150.0).abs() / 40.0).max(0.0))
            .collect();
        assert!(largest(&residues(&triangle, &tones(&triangle, 150))) > 1e-3);
    }
}
