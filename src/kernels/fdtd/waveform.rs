//! How a source varies in time.
//!
//! Times count in seconds from the start of the run, and before it everything is zero. Phases are reduced by whole turns before
//! a sine or cosine is taken, so that they stay exact however long a run is.

use crate::numerics::formula::Formula;
use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// The course of a source in time, with a largest value of about 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Waveform {
    /// `exp(-(t - delay)^2/(2 width^2))`.
    Gaussian { width: f64, delay: f64 },
    /// The same, times `cos(2 pi frequency (t - delay) + phase)`.
    ModulatedGaussian {
        frequency: f64,
        width: f64,
        delay: f64,
        phase: f64,
    },
    /// `(1 - 2 a) exp(-a)` with `a = (pi frequency (t - delay))^2`; `frequency` is that of the largest amplitude. (N. Ricker,
    /// Geophysics 18 (1953) 10.)
    Ricker { frequency: f64, delay: f64 },
    /// `sin(2 pi frequency t + phase)`, times a rise from 0 to 1 within the time `ramp` whose derivative is a Gaussian,
    /// so that it takes as little of the spectrum as can be: `erfc(-17 (x - 1/2)/sqrt(2))/2` with `x = t/ramp`, 1e-17 at the
    /// start.
    Continuous { frequency: f64, ramp: f64, phase: f64 },
    /// A formula of the run's time, which at its start is `start`.
    Formula { value: Formula, start: f64 },
}

/// What of a source follows its waveform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// The dipole moment. The current is its rate of change, so that a pulse that is over leaves nothing behind.
    Moment,
    /// The current. That of a pulse is the rate of change of a moment too, which vanishes before and after the pulse:
    ///
    /// | pulse | moment, with `u = t - delay` | its derivative, which the current is |
    /// |---|---|---|
    /// | Gaussian | `width exp((1 - (u/width)^2)/2)` | `-(u/width) exp((1 - (u/width)^2)/2)`: not the Gaussian, which would leave charge, but its derivative, with a largest value of 1 |
    /// | modulated Gaussian | `exp(-(u/width)^2/2) sin(2 pi f u + phase)/(2 pi f)` | the waveform, but for a part of `1/(2 pi f width)` |
    /// | Ricker | `u exp(-(pi f u)^2)` | the waveform |
    ///
    /// Continuous waveforms and formulas are sampled at the middle of the step.
    Current,
}

/// Widths from the peak of a pulse to where it, its moment and its current are below 1e-16 of their largest values: for the
/// Ricker pulse, of width `1/(sqrt(2) pi frequency)`, `9.2^2 exp(-9.2^2/2) = 4e-17`.
pub const WIDTHS_TO_NOTHING: f64 = 9.2;

/// How long a continuous waveform rises unless given, in periods.
pub const RAMP_PERIODS: f64 = 3.0;

/// A spectrum ends where it is below 1 % of its largest value: that of a Gaussian pulse at this angular frequency times the
/// width, `sqrt(2 ln 100)`.
const GAUSSIAN_END: f64 = 3.034_854_258_770_293;
/// That of the derivative of a Gaussian between these: `x exp((1 - x^2)/2) = 0.01`.
const DERIVATIVE_BAND: [f64; 2] = [0.006_065_418_167_337, 3.571_606_252_443_768];
/// That of a Ricker pulse between these frequencies, in units of its own: `x^2 exp(1 - x^2) = 0.01`.
const RICKER_BAND: [f64; 2] = [0.060_765_147_186_475, 2.763_756_875_702_675];

impl Waveform {
    /// The width of the Gaussian that bounds the pulse, s; nothing for waveforms that do not end.
    pub fn width(&self) -> Option<f64> {
        match self {
            Waveform::Gaussian { width, .. } | Waveform::ModulatedGaussian { width, .. } => Some(*width),
            Waveform::Ricker { frequency, .. } => Some(ricker_width(*frequency)),
            Waveform::Continuous { .. } | Waveform::Formula { .. } => None,
        }
    }

    /// From the start to the peak of a pulse, s; 0 for waveforms that do not end.
    pub fn delay(&self) -> f64 {
        match self {
            Waveform::Gaussian { delay, .. }
            | Waveform::ModulatedGaussian { delay, .. }
            | Waveform::Ricker { delay, .. } => *delay,
            Waveform::Continuous { .. } | Waveform::Formula { .. } => 0.0,
        }
    }

    /// The value at `t` seconds after the start.
    pub fn value(&self, t: f64) -> f64 {
        if t < 0.0 {
            return 0.0;
        }
        match *self {
            Waveform::Gaussian { width, delay } => bell((t - delay) / width),
            Waveform::ModulatedGaussian {
                frequency,
                width,
                delay,
                phase,
            } => bell((t - delay) / width) * libm::cos(angle(frequency, t - delay) + phase),
            Waveform::Ricker { frequency, delay } => {
                let a = PI * frequency * (t - delay);
                (1.0 - 2.0 * (a * a)) * libm::exp(-(a * a))
            }
            Waveform::Continuous { frequency, ramp, phase } => rise(t / ramp) * libm::sin(angle(frequency, t) + phase),
            Waveform::Formula { ref value, start } => value.evaluate([0.0; 3], start + t),
        }
    }

    /// What a source gives from `begin` to `end`, the ends of one step, seconds after the start: the mean rate of change of its
    /// moment, 1/s, or its current. Moments are zero up to the start.
    pub fn rate(&self, drive: Drive, begin: f64, end: f64) -> f64 {
        let mean = |moment: &dyn Fn(f64) -> f64| {
            let since_start = |t: f64| if t > 0.0 { moment(t) } else { 0.0 };
            (since_start(end) - since_start(begin)) / (end - begin)
        };
        match (drive, self.width()) {
            (Drive::Moment, _) => mean(&|t| self.value(t)),
            (Drive::Current, Some(_)) => mean(&|t| self.moment_of_current(t)),
            (Drive::Current, None) => self.value(0.5 * (begin + end)),
        }
    }

    /// For the electric current of step `n`, from the time of E at its beginning to that at its end.
    pub fn electric_rate(&self, drive: Drive, n: u64, dt: f64) -> f64 {
        self.rate(drive, n as f64 * dt, (n as f64 + 1.0) * dt)
    }

    /// For the magnetic current of step `n`, between the times of H, half a step before and after the step's beginning.
    pub fn magnetic_rate(&self, drive: Drive, n: u64, dt: f64) -> f64 {
        self.rate(drive, (n as f64 - 0.5) * dt, (n as f64 + 0.5) * dt)
    }

    /// The moment whose rate of change is the current of a pulse: see [`Drive::Current`].
    fn moment_of_current(&self, t: f64) -> f64 {
        let u = t - self.delay();
        match *self {
            Waveform::Gaussian { width, .. } => width * libm::exp(0.5 * (1.0 - (u / width) * (u / width))),
            Waveform::ModulatedGaussian {
                frequency,
                width,
                phase,
                ..
            } => bell(u / width) * libm::sin(angle(frequency, u) + phase) / (TAU * frequency),
            Waveform::Ricker { frequency, .. } => {
                let a = PI * frequency * u;
                u * libm::exp(-(a * a))
            }
            Waveform::Continuous { .. } | Waveform::Formula { .. } => 0.0,
        }
    }

    /// The lowest and the highest frequency, Hz, at which the amplitude of what drives is above 1 % of its largest. Nothing
    /// for formulas. (Of a continuous waveform, its own: what its rise adds dies away.)
    pub fn band(&self, drive: Drive) -> Option<(f64, f64)> {
        match (self, drive) {
            (Waveform::Gaussian { width, .. }, Drive::Moment) => Some((0.0, GAUSSIAN_END / (TAU * width))),
            (Waveform::Gaussian { width, .. }, Drive::Current) => {
                let [low, high] = DERIVATIVE_BAND.map(|end| end / (TAU * width));
                Some((low, high))
            }
            (Waveform::ModulatedGaussian { frequency, width, .. }, _) => {
                let half = GAUSSIAN_END / (TAU * width);
                Some(((frequency - half).max(0.0), frequency + half))
            }
            (Waveform::Ricker { frequency, .. }, _) => {
                let [low, high] = RICKER_BAND.map(|end| end * frequency);
                Some((low, high))
            }
            (Waveform::Continuous { frequency, .. }, _) => Some((*frequency, *frequency)),
            (Waveform::Formula { .. }, _) => None,
        }
    }

    /// When a pulse is over, seconds after the start: from then on it is below 1e-16. Nothing for waveforms that do not end.
    pub fn end(&self) -> Option<f64> {
        Some(self.delay() + WIDTHS_TO_NOTHING * self.width()?)
    }
}

/// The width of the Gaussian within a Ricker pulse, s.
pub fn ricker_width(frequency: f64) -> f64 {
    1.0 / (std::f64::consts::SQRT_2 * PI * frequency)
}

/// `exp(-x^2/2)`.
fn bell(x: f64) -> f64 {
    libm::exp(-0.5 * (x * x))
}

/// `2 pi frequency t`, less whole turns.
fn angle(frequency: f64, t: f64) -> f64 {
    let turns = frequency * t;
    TAU * (turns - libm::rint(turns))
}

/// From 0 at 0 to 1 at 1: the integral of a Gaussian whose width is a seventeenth.
fn rise(x: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else {
        0.5 * libm::erfc(-(x - 0.5) * 17.0 * FRAC_1_SQRT_2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each pulse, of some 30 steps of 0.1, with unequal numbers.
    fn pulses() -> [Waveform; 3] {
        let gaussian = Waveform::Gaussian {
            width: 1.1,
            delay: 10.3,
        };
        let modulated = Waveform::ModulatedGaussian {
            frequency: 0.37,
            width: 2.3,
            delay: 21.7,
            phase: 0.6,
        };
        let ricker = Waveform::Ricker {
            frequency: 0.21,
            delay: 10.2,
        };
        [gaussian, modulated, ricker]
    }

    #[test]
    fn a_pulse_that_is_over_leaves_no_charge() {
        let dt = 0.1;
        for pulse in pulses() {
            let n_steps = (pulse.end().unwrap() / dt) as u64 + 2;
            for drive in [Drive::Moment, Drive::Current] {
                for rate in [Waveform::electric_rate, Waveform::magnetic_rate] {
                    let charges: Vec<f64> = (0..n_steps).map(|n| dt * rate(&pulse, drive, n, dt)).collect();
                    let left: f64 = charges.iter().sum();
                    let moved: f64 = charges.iter().map(|charge| charge.abs()).sum();
                    // The end, 1e-16 of the peak, and the rounding of some 100 sums.
                    assert!(left.abs() < 3e-15 * moved, "{pulse:?} {drive:?}: {left} of {moved}");
                }
            }
        }
    }

    #[test]
    fn a_pulse_that_begins_abruptly_leaves_no_charge_either() {
        let dt = 0.1;
        let cut = Waveform::Gaussian { width: 1.1, delay: 0.4 };
        for drive in [Drive::Moment, Drive::Current] {
            let left: f64 = (0..400).map(|n| dt * cut.electric_rate(drive, n, dt)).sum();
            // As above, for a peak of 1 or so.
            assert!(left.abs() < 1e-14, "{left}");
        }
    }

    #[test]
    fn charges_telescope_to_the_moment() {
        let (dt, n) = (0.1, 130);
        for pulse in pulses() {
            let electric: f64 = (0..n)
                .map(|step| dt * pulse.electric_rate(Drive::Moment, step, dt))
                .sum();
            let magnetic: f64 = (0..n)
                .map(|step| dt * pulse.magnetic_rate(Drive::Moment, step, dt))
                .sum();
            // The rounding of 130 sums of numbers below 1.
            assert!((electric - pulse.value(n as f64 * dt)).abs() < 1e-14);
            assert!((magnetic - pulse.value((n as f64 - 0.5) * dt)).abs() < 1e-14);
        }
    }

    #[test]
    fn the_current_of_a_pulse_is_its_waveform_at_the_middle_of_the_step() {
        let [gaussian, modulated, ricker] = pulses();
        let dt = 1e-3;
        for n in (0..25_000).step_by(97) {
            let t = (n as f64 + 0.5) * dt;
            let rate = |waveform: &Waveform| waveform.electric_rate(Drive::Current, n, dt);
            // A difference quotient: dt^2/24 times a third derivative of at most 10, and rounding 1e-16/dt.
            assert!((rate(&ricker) - ricker.value(t)).abs() < 1e-5);
            let x = (t - 10.3) / 1.1;
            assert!((rate(&gaussian) + x * f64::exp(0.5 - 0.5 * x * x)).abs() < 1e-5);
            // The envelope's slope, at most exp(-1/2)/width, over the angular frequency.
            assert!((rate(&modulated) - modulated.value(t)).abs() < f64::exp(-0.5) / 2.3 / (TAU * 0.37) + 1e-5);
        }
    }

    #[test]
    fn the_current_of_a_gaussian_has_a_peak_of_one() {
        let [gaussian, ..] = pulses();
        let peak = (0..2000)
            .map(|n| gaussian.electric_rate(Drive::Current, n, 0.01))
            .fold(0.0, f64::max);
        // Sampled within 0.005 of the peak, whose curvature is 2 per width squared.
        assert!((peak - 1.0).abs() < 3e-5, "{peak}");
    }

    #[test]
    fn what_does_not_end_is_sampled_at_its_half_step() {
        let wave = Waveform::Continuous {
            frequency: 0.2,
            ramp: 15.0,
            phase: 0.3,
        };
        let formula = Waveform::Formula {
            value: Formula::parse("t^2", &["t"]).unwrap(),
            start: 2.0,
        };
        assert_eq!(wave.electric_rate(Drive::Current, 7, 0.5), wave.value(3.75));
        assert_eq!(wave.magnetic_rate(Drive::Current, 7, 0.5), wave.value(3.5));
        assert_eq!(formula.electric_rate(Drive::Current, 7, 0.5), 5.75 * 5.75);
        assert_eq!(formula.magnetic_rate(Drive::Current, 0, 0.5), 4.0);
        assert_eq!((wave.end(), formula.end()), (None, None));
    }

    #[test]
    fn everything_is_zero_before_the_start_and_begins_below_rounding_by_default() {
        for pulse in pulses() {
            assert_eq!(pulse.value(-1e-9), 0.0);
        }
        for pulse in [
            Waveform::Gaussian {
                width: 2.0,
                delay: 2.0 * WIDTHS_TO_NOTHING,
            },
            Waveform::Ricker {
                frequency: 3.0,
                delay: ricker_width(3.0) * WIDTHS_TO_NOTHING,
            },
        ] {
            let end = pulse.end().unwrap();
            let edges = [pulse.value(0.0), pulse.value(end), pulse.moment_of_current(0.0)];
            assert!(edges.iter().all(|edge| edge.abs() < 1e-16), "{edges:?}");
            // Half of it is not long enough.
            assert!(pulse.value(0.25 * end).abs() > 1e-10);
        }
    }

    #[test]
    fn a_continuous_wave_rises_smoothly_and_keeps_its_phase() {
        let wave = Waveform::Continuous {
            frequency: 1.0,
            ramp: 3.0,
            phase: 0.0,
        };
        assert_eq!(wave.value(0.0), 0.0);
        assert!(wave.value(0.05).abs() < 1e-16);
        assert_eq!(rise(0.5), 0.5);
        assert!((3..97).all(|n| rise(n as f64 / 100.0) < rise((n + 1) as f64 / 100.0)));
        // A billion and a quarter periods on: 2^-30 of a period is known of the time, and nothing is lost beyond.
        assert_eq!(wave.value(1_000_000_000.25), 1.0);
    }

    #[test]
    fn the_band_ends_where_the_spectrum_is_one_percent_of_its_largest() {
        let spectrum = |waveform: &Waveform, drive: Drive, frequency: f64| {
            let dt = 0.02;
            let (re, im) = (0..4000).fold((0.0, 0.0), |(re, im), n| {
                let value = waveform.electric_rate(drive, n, dt);
                let phase = TAU * frequency * (n as f64 + 0.5) * dt;
                (re + value * f64::cos(phase), im + value * f64::sin(phase))
            });
            // A moment's spectrum is that of its rate over the frequency.
            let over = if drive == Drive::Moment { frequency } else { 1.0 };
            f64::hypot(re, im) / over
        };
        let [gaussian, modulated, ricker] = pulses();
        for (pulse, drive, at_peak) in [
            (&gaussian, Drive::Moment, 1e-6),
            (&gaussian, Drive::Current, 1.0 / (TAU * 1.1)),
            (&modulated, Drive::Moment, 0.37),
            (&ricker, Drive::Current, 0.21),
        ] {
            let (low, high) = pulse.band(drive).unwrap();
            let peak = spectrum(pulse, drive, at_peak);
            for end in [low, high].into_iter().filter(|end| *end > 0.0) {
                let ratio = spectrum(pulse, drive, end) / peak;
                // Steps of 0.02 for frequencies up to 0.6 lose (pi f dt)^2/6.
                assert!((ratio / 0.01 - 1.0).abs() < 1e-3, "{pulse:?} at {end}: {ratio}");
            }
        }
        assert_eq!(modulated.band(Drive::Moment), modulated.band(Drive::Current));
    }
}
