//! Plane waves in any direction: from a waveform to the sums of frequencies that stand for it.
//!
//! A pulse becomes periodic, with a period in which it has left the box before it comes again, and is nothing outside of
//! one period. A wave that becomes steady begins as the first half of a pulse, which is its own mirror image behind a
//! crest so late that the box knows the steady wave alone for a while; then a single frequency takes over.

use super::band::{Band, BandIncident, Beat, PlaneTone, Presence, Ruler};
use super::dispersion::Dispersion;
use super::signal::{Signal, Span};
use super::spectrum::{self, Circle, Tone};
use super::twofold::Twofold;
use super::{Node, Refusal, Timing};
use crate::grid::PerAxis;
use std::f64::consts::TAU;

/// What of a waveform the sum may lack, relative to its peak. Where it is larger, frequencies are missing. Rounding of the
/// phase of a sine after 30 periods makes 2e-14, and does no harm: what is summed solves the lattice's equations.
const TOLERANCE: f64 = 1e-13;
/// What the waveform and the sum may be in the first step, where the field is zero instead, relative to the peak: -280 dB.
const START_TOLERANCE: f64 = 1e-14;
/// Periods of more steps than this would take long to transform.
const MOST_STEPS: f64 = 262_144.0;
/// How often the period is made longer because the slowest frequency needs it.
const ATTEMPTS: usize = 8;

/// The wave and the box it meets.
pub struct Request<'a> {
    pub signal: &'a dyn Signal,
    pub timing: Timing,
    pub dispersion: Dispersion,
    /// The polarisation before it is made perpendicular to the wave's way.
    pub toward: PerAxis<f64>,
    /// V/m.
    pub amplitude: f64,
    /// The nodes that the box asks for, and the farthest that it contains.
    pub lo: Node,
    pub hi: Node,
    pub depth: f64,
}

/// A plane wave in any direction.
pub struct AnyDirection {
    /// Steps `[begin, end)` of the first sum.
    begin: u64,
    end: u64,
    transient: Band,
    /// What follows, if it is not silence.
    steady: Option<Band>,
}

/// The waveform as a pulse, s.
struct Pulse {
    start: f64,
    end: f64,
    mirror: Option<Mirror>,
}

/// What makes a pulse of a wave that becomes steady.
#[derive(Clone, Copy)]
struct Mirror {
    /// The time behind which it runs backwards, s.
    crest: f64,
    /// Of the steady wave, Hz.
    frequency: f64,
}

/// A pulse as a sum of tones.
struct Transform {
    tones: Vec<PlaneTone>,
    /// First step, and steps per period.
    origin: u64,
    period: usize,
    pulse: Pulse,
    /// Group slowness, least and largest, s/m.
    slowness: [f64; 2],
}

impl AnyDirection {
    /// # Errors
    /// If the waveform is not one of limited band.
    pub fn new(request: &Request) -> Result<AnyDirection, Refusal> {
        let transform = request.transform()?;
        let dt = request.timing.dt;
        let steps = |time: f64| (time - request.timing.start) / dt;
        let presence = Presence {
            begin: steps(transform.pulse.start),
            end: steps(transform.pulse.end),
            slowness: transform.slowness.map(|slowness| slowness / dt),
        };
        let period = transform.origin + transform.period as u64;
        let (steady, end) = match transform.pulse.mirror {
            None => (None, period),
            Some(Mirror { crest, frequency }) => {
                let middle = crest + 0.5 * request.depth * transform.slowness[1];
                let step = steps(middle).round().max(0.0) as u64;
                (Some(request.steady(&transform, step, frequency)?), step)
            }
        };
        let ruler = request.ruler(&transform.tones);
        let beat = Beat::Periodic {
            origin: transform.origin,
            circle: Circle::new(2 * transform.period),
        };
        Ok(AnyDirection {
            begin: transform.origin,
            end,
            transient: Band::new(&transform.tones, beat, ruler, Some(presence)),
            steady,
        })
    }

    /// The incident field of a step; none where there is no field.
    pub fn incident(&self, step: u64) -> Option<BandIncident> {
        match step {
            _ if step < self.begin => None,
            _ if step < self.end => Some(self.transient.incident(step)),
            _ => self.steady.as_ref().map(|band| band.incident(step)),
        }
    }
}

impl Request<'_> {
    fn ruler(&self, tones: &[PlaneTone]) -> Ruler {
        let size = |tone: &Tone| (tone.amplitude[0].powi(2) + tone.amplitude[1].powi(2)).sqrt();
        let waves: Vec<(f64, f64)> = tones
            .iter()
            .map(|wave| (TAU * wave.wave_number.high, size(&wave.tone)))
            .collect();
        Ruler::new(&self.dispersion, self.lo, self.hi, &waves)
    }

    /// The tones of the waveform with their wave numbers and components.
    fn transform(&self) -> Result<Transform, Refusal> {
        let mut delay = 1.05 * self.depth * self.dispersion.group_slowness(0.0, 0.0);
        for _ in 0..ATTEMPTS {
            let transform = self.transform_within(delay)?;
            let needed = self.depth * transform.slowness[1];
            if needed <= delay {
                return Ok(transform);
            }
            delay = 1.05 * needed;
        }
        Err(Refusal {
            message: "the waveform has frequencies that hardly move on this grid".into(),
            help: format!("{}, or refine the grid", self.lower_band()),
        })
    }

    /// The same if all frequencies pass the box within `delay`, s.
    fn transform_within(&self, delay: f64) -> Result<Transform, Refusal> {
        let Timing { start, dt } = self.timing;
        let pulse = self.pulse(delay)?;
        let origin = ((pulse.start - start) / dt).floor().max(0.0);
        let steps = (pulse.end + delay - start) / dt - origin + 8.0;
        if steps > MOST_STEPS {
            return Err(Refusal {
                message: format!(
                    "the waveform and its way through the box take {steps:.0} steps, more than {MOST_STEPS}"
                ),
                help: "make it shorter or the box smaller, or take a direction of small integers".into(),
            });
        }
        let period = steps as usize;
        let samples: Vec<f64> = (0..period)
            .map(|n| self.sample(&pulse, start + (origin + n as f64) * dt))
            .collect();
        let end = (self.dispersion.highest_frequency() * period as f64 * dt) as usize;
        let tones = spectrum::tones(&samples, end);
        self.check(&samples, &tones, &pulse)?;
        let turns = |tone: &Tone| Twofold::from(tone.k as f64).over(period as f64);
        let waves: Vec<_> = tones.iter().filter_map(|tone| self.wave(*tone, turns(tone))).collect();
        let slownesses = waves.iter().map(|wave| {
            let wave_number = TAU * wave.wave_number.high;
            self.dispersion.group_slowness(turns(&wave.tone).high, wave_number)
        });
        let slowness = slownesses.fold([f64::INFINITY, 0.0], |[least, most], s| [s.min(least), s.max(most)]);
        Ok(Transform {
            tones: waves,
            origin: origin as u64,
            period,
            pulse,
            slowness,
        })
    }

    /// A tone with its wave number and components.
    fn wave(&self, tone: Tone, turns: Twofold) -> Option<PlaneTone> {
        let wave_number = self.dispersion.wave_number(turns.high)?;
        let components = self.dispersion.amplitudes(turns.high, wave_number, self.toward);
        Some(PlaneTone {
            tone,
            wave_number: self.dispersion.turns_per_length(turns, wave_number),
            components: components.map(|component| component * self.amplitude),
        })
    }

    fn pulse(&self, delay: f64) -> Result<Pulse, Refusal> {
        match self.signal.span() {
            Span::Pulse { start, end } => Ok(Pulse {
                start,
                end,
                mirror: None,
            }),
            Span::Steady {
                start,
                steady,
                frequency,
            } => {
                // Steady for the time in which the wave passes the box, and a period.
                let crest = self.crest(steady + 0.5 * delay + 1.0 / frequency, frequency);
                Ok(Pulse {
                    start,
                    end: 2.0 * crest - start,
                    mirror: Some(Mirror { crest, frequency }),
                })
            }
            Span::Unknown => Err(Refusal {
                message: "this waveform's band is not known, as a plane wave in any direction needs it".into(),
                help: "take another type of waveform, or a direction of small integers".into(),
            }),
        }
    }

    /// The first extremum behind `time` of a waveform that is a sine there.
    fn crest(&self, time: f64, frequency: f64) -> f64 {
        let (cosine, sine) = (self.signal.value(time), self.signal.value(time + 0.25 / frequency));
        let turns = libm::atan2(sine, cosine) / TAU;
        time + (turns - (2.0 * turns).floor() * 0.5) / frequency
    }

    fn sample(&self, pulse: &Pulse, time: f64) -> f64 {
        match pulse.mirror {
            _ if time < pulse.start || time > pulse.end => 0.0,
            Some(Mirror { crest, .. }) if time > crest => self.signal.value(2.0 * crest - time),
            _ => self.signal.value(time),
        }
    }

    /// The steady wave that the sum has become by `step`, from there on.
    fn steady(&self, transform: &Transform, step: u64, frequency: f64) -> Result<Band, Refusal> {
        let turns = frequency * self.timing.dt;
        // From the sum and not from the waveform: it is freer of rounding, and has to be continued.
        let value = |beyond: f64| {
            let tones = transform.tones.iter().map(|wave| wave.tone);
            spectrum::value(tones, transform.period, (step - transform.origin) as usize, beyond)
        };
        let amplitude = [value(0.0), value(0.25 / turns)];
        let wave = self
            .wave(Tone { k: 1, amplitude }, turns.into())
            .ok_or_else(|| Refusal {
                message: format!("the grid carries no waves of {frequency:e} Hz in this direction"),
                help: "refine the grid".into(),
            })?;
        let ruler = self.ruler(&[wave]);
        Ok(Band::new(&[wave], Beat::Single { origin: step, turns }, ruler, None))
    }

    /// Refuses a waveform that its tones do not add up to.
    fn check(&self, samples: &[f64], tones: &[Tone], pulse: &Pulse) -> Result<(), Refusal> {
        let largest = |values: &[f64]| values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let peak = largest(samples).max(f64::MIN_POSITIVE);
        let late = self.timing.start - pulse.start;
        if samples[0].abs() > START_TOLERANCE * peak {
            return Err(Refusal {
                message: format!(
                    "the waveform has begun before the run: at its start it is {:.1e} of its peak already",
                    samples[0].abs() / peak
                ),
                help: format!(
                    "delay it by {late:.4e} s more, or take a direction of small integers, along which a wave may begin \
                     suddenly"
                ),
            });
        }
        let residues = spectrum::residues(samples, tones);
        if largest(&residues) > TOLERANCE * peak || residues[0].abs() > START_TOLERANCE * peak {
            return Err(Refusal {
                message: format!(
                    "the waveform has frequencies above the {:.4e} Hz that the grid carries in this direction: they make \
                     {:.1e} of its peak, and may make {TOLERANCE:e} for a wave in any direction",
                    self.dispersion.highest_frequency(),
                    largest(&residues) / peak
                ),
                help: format!(
                    "{}, refine the grid, or take a direction of small integers",
                    self.lower_band()
                ),
            });
        }
        Ok(())
    }

    fn lower_band(&self) -> &'static str {
        match self.signal.span() {
            Span::Steady { .. } => "give it a longer `ramp`",
            _ => "make the pulse longer",
        }
    }
}
