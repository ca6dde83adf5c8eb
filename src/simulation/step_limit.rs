//! How long a step may be: the rates of the whole grid, and what the configuration says.

use super::case::Case;
use super::clock::{Clock, SLACK, Tick};
use super::rate_source::RateSource;
use crate::config::{TimeConfig, Units};
use crate::error::{Error, Result};
use crate::kernels::Rates;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Steps that are looked at together before the first of them is taken. No block passes by a time that must be met, but
/// blocks do not end where something is due by the number of a step: that is free, and must not change dt.
pub const BLOCK: u64 = 8;

/// Share of the run that the first step may take where nothing limits it at the start. No simple fraction, so that the
/// times that are looked at do not all fall on the zeros of a tide.
const FIRST_SHARE: f64 = 0.00618;

/// Growth of dt from one block to the next that is allowed where rates vary: what is calm now is looked at the more
/// closely the shorter the steps were.
const LARGEST_GROWTH: f64 = 2.0;

/// Shrinkage of dt when a block turns out to be too long: at least so much that few looks are enough.
const LEAST_SHRINKAGE: f64 = 0.99;

/// Relative slack of a fixed dt against the stability limit, for rounding.
const ROUNDING: f64 = 1e-12;

/// The longest step, and why.
///
/// Where rates vary in time, steps are looked at in blocks of [`BLOCK`]: dt is stable for the rates at the beginning,
/// the middle and the end of every step of the block. Where it is not, an automatic dt is shortened for the whole
/// block, which is then looked at again; a fixed one ends the block before the step that it is too long for.
#[derive(Clone, Debug)]
pub struct StepLimit {
    time: TimeConfig,
    units: Units,
    file: String,
    /// The dt of all steps, where the physics can bear no other.
    fixed_dt: Option<f64>,
    varies: bool,
    longest: f64,
    /// The largest rates of the block under way.
    of_block: Rates,
    /// The largest rates of the step that was given last.
    of_step: Rates,
    /// The largest rates of each step of the block that is still to come.
    coming: VecDeque<Rates>,
    /// The rates at the end of the block, and that time.
    ahead: (f64, Rates),
}

/// What of a limit does not follow from the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitState {
    longest: f64,
    of_block: RatesState,
    of_step: RatesState,
    coming: Vec<RatesState>,
    ahead_time: f64,
    ahead: RatesState,
}

/// The numbers of [`Rates`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RatesState {
    total: f64,
    /// Value and limit of each term.
    terms: Vec<[f64; 2]>,
}

impl RatesState {
    fn of(rates: &Rates) -> RatesState {
        RatesState {
            total: rates.total,
            terms: rates.terms.iter().map(|rate| [rate.value, rate.limit]).collect(),
        }
    }

    /// The rates with these numbers and the terms of `like`; nothing where it has other terms.
    fn with_terms_of(&self, like: &Rates) -> Option<Rates> {
        let mut rates = like.clone();
        rates.total = self.total;
        for (rate, [value, limit]) in rates.terms.iter_mut().zip(&self.terms) {
            (rate.value, rate.limit) = (*value, *limit);
        }
        (rates.terms.len() == self.terms.len()).then_some(rates)
    }
}

impl StepLimit {
    /// Where it stands.
    pub fn state(&self) -> LimitState {
        LimitState {
            longest: self.longest,
            of_block: RatesState::of(&self.of_block),
            of_step: RatesState::of(&self.of_step),
            coming: self.coming.iter().map(RatesState::of).collect(),
            ahead_time: self.ahead.0,
            ahead: RatesState::of(&self.ahead.1),
        }
    }

    /// The limit where another one stood. Where that was of another physics, this one begins a new block instead.
    pub fn resumed(self, state: &LimitState) -> StepLimit {
        let like = self.of_step.clone();
        let rates = |state: &RatesState| state.with_terms_of(&like);
        let resumed = || {
            Some(StepLimit {
                longest: state.longest,
                of_block: rates(&state.of_block)?,
                of_step: rates(&state.of_step)?,
                coming: state.coming.iter().map(rates).collect::<Option<_>>()?,
                ahead: (state.ahead_time, rates(&state.ahead)?),
                ..self.clone()
            })
        };
        resumed().unwrap_or(self)
    }

    /// The limit at the start, where the rates are `first`. `varies` says whether they depend on time.
    ///
    /// # Errors
    /// [`Error::Config`] if the configured dt is unstable, if neither the kernel nor the configuration limits dt, or
    /// if a coefficient loses its meaning in the first step.
    pub fn new(case: &Case, varies: bool, first: Rates, source: &mut dyn RateSource) -> Result<StepLimit> {
        let time = case.config.time.clone();
        let ahead = (time.start, first.clone());
        let mut limit = StepLimit {
            units: case.config.units,
            file: case.config.path.display().to_string(),
            fixed_dt: case.physics.fixed_dt(),
            varies,
            longest: 0.0,
            of_block: first.clone(),
            of_step: first,
            coming: VecDeque::new(),
            ahead: ahead.clone(),
            time,
        };
        limit.choose(&ahead.1, ahead.0)?;
        if varies {
            // The run's first block ends earlier where an output is due: it is looked at then.
            let mut clock = Clock::new(&case.config.time).with_fixed_dt(limit.fixed_dt);
            limit.begin_block(&mut clock, None, source)?;
            limit.of_step = limit.coming[0].clone();
            limit.coming.clear();
            limit.ahead = ahead;
        }
        Ok(limit)
    }

    /// The longest step, s.
    pub fn longest(&self) -> f64 {
        self.longest
    }

    /// The largest rates of the present step, over all cells.
    pub fn rates(&self) -> &Rates {
        &self.of_step
    }

    /// Which term limits dt.
    pub fn reason(&self) -> String {
        match worst_term(&self.of_block) {
            Some(worst) if worst.limit > 0.0 => {
                format!(
                    "{} {:.3}, limited by {}",
                    worst.number,
                    worst.value * self.longest,
                    worst.term
                )
            }
            _ => "given".to_string(),
        }
    }

    /// The next step, which does not pass by `next_event`.
    ///
    /// # Errors
    /// [`Error::Numerical`] if the configured dt is unstable in it, or a coefficient loses its meaning.
    pub fn tick(&mut self, clock: &mut Clock, next_event: Option<f64>, source: &mut dyn RateSource) -> Result<Tick> {
        if self.varies {
            if self.coming.is_empty() {
                self.begin_block(clock, next_event, source).map_err(numerical)?;
            }
            self.of_step = self.coming.pop_front().expect("a block has at least one step");
        }
        Ok(clock.tick(self.longest, next_event))
    }

    /// Chooses dt for the coming block.
    fn begin_block(&mut self, clock: &mut Clock, next_event: Option<f64>, source: &mut dyn RateSource) -> Result<()> {
        let start = clock.time();
        let first = match &self.ahead {
            (at, rates) if *at == start => rates.clone(),
            _ => source.look(&[start]).pop().ok_or_else(|| source.refusal(start))?,
        };
        self.choose(&first, start)?;
        loop {
            let tick = clock.tick(self.longest, next_event);
            let times = with_middles(&clock.times_ahead(BLOCK));
            let mut seen = vec![first.clone()];
            seen.extend(source.look(&times[1..]));
            let n_bearable = seen.iter().take_while(|rates| self.can_bear(rates)).count();
            let worst = largest(&seen[..n_bearable]);
            if self.time.dt.is_none() && tick.dt * worst.total > self.time.cfl * (1.0 + 2.0 * SLACK) {
                self.longest = (self.time.cfl / worst.total).min(LEAST_SHRINKAGE * tick.dt);
                continue;
            }
            // Steps whose beginning, middle and end can all be borne.
            let n_steps = (n_bearable - 1) / 2;
            if n_steps == 0 {
                let time = times[n_bearable];
                return Err(match seen.get(n_bearable) {
                    Some(rates) => self.unbearable(rates, time),
                    None => source.refusal(time),
                });
            }
            self.coming = (0..n_steps).map(|n| largest(&seen[2 * n..=2 * n + 2])).collect();
            self.of_block = largest(&seen[..=2 * n_steps]);
            self.ahead = (times[2 * n_steps], seen.swap_remove(2 * n_steps));
            return Ok(());
        }
    }

    /// Whether there is a stable step at all: that which is configured, or any.
    fn can_bear(&self, rates: &Rates) -> bool {
        match self.time.dt {
            Some(dt) => dt * rates.total <= 1.0 + ROUNDING,
            None => rates.total.is_finite(),
        }
    }

    /// Why no step can be taken with the rates at `time`.
    fn unbearable(&self, rates: &Rates, time: f64) -> Error {
        let file = &self.file;
        let when = if self.varies {
            format!(" at t = {}", self.units.text(time, "s"))
        } else {
            String::new()
        };
        Error::Config(match self.time.dt {
            Some(dt) => format!(
                "{file}: `time.dt` = {} is unstable{when}: the largest stable dt is {}, limited mostly by {}.\n  Give a \
                 smaller `dt`, or leave it out to have it chosen.",
                self.units.text(dt, "s"),
                self.units.text(format_args!("{:.6e}", 1.0 / rates.total), "s"),
                worst_term(rates).map_or("nothing", |rate| rate.term)
            ),
            None => format!(
                "{file}: no time step is stable{when} with this combination of schemes (centred advection with forward Euler \
                 needs diffusion everywhere).\n  Use `stepper = \"rk3\"` or `advection = \"upwind\"`."
            ),
        })
    }

    /// The longest step for the rates at `time`.
    fn choose(&mut self, rates: &Rates, time: f64) -> Result<()> {
        if !self.can_bear(rates) {
            return Err(self.unbearable(rates, time));
        }
        let is_first = self.longest == 0.0;
        let whole = self.time.end.map(|end| end - self.time.start);
        let stable = self.time.cfl / rates.total;
        self.longest = match (self.fixed_dt.or(self.time.dt), whole) {
            (Some(dt), _) => dt,
            // Calm for the moment: what comes is looked at closely.
            (None, Some(whole)) if self.varies && is_first && stable >= whole => FIRST_SHARE * whole,
            (None, _) if is_first && rates.total == 0.0 => {
                return Err(Error::Config(format!(
                    "{}: nothing limits the time step: wind, diffusion and decay are zero at the start.\n  Give `time.dt`.",
                    self.file
                )));
            }
            // Nothing moves at this moment of a run under way: keep the step.
            (None, _) if rates.total == 0.0 => self.longest,
            (None, _) if self.varies && !is_first => stable.min(LARGEST_GROWTH * self.longest),
            (None, _) => stable,
        };
        Ok(())
    }
}

fn worst_term(rates: &Rates) -> Option<&crate::kernels::Rate> {
    rates.terms.iter().max_by(|a, b| a.limit.total_cmp(&b.limit))
}

/// The largest of at least one.
fn largest(all: &[Rates]) -> Rates {
    all[1..].iter().fold(all[0].clone(), Rates::max)
}

/// The times, and those half-way between two of them.
fn with_middles(times: &[f64]) -> Vec<f64> {
    let after_first = times.windows(2).flat_map(|pair| [0.5 * (pair[0] + pair[1]), pair[1]]);
    times[..1].iter().copied().chain(after_first).collect()
}

/// What was wrong with the configuration has become wrong in the course of the run.
fn numerical(error: Error) -> Error {
    match error {
        Error::Config(text) => Error::Numerical(text),
        other => other,
    }
}

#[cfg(test)]
mod tests;
