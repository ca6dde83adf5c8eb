//! How long a step may be: the kernel's rates over all ranks, and what the configuration says.

use super::case::Case;
use super::clock::Tick;
use crate::config::TimeConfig;
use crate::error::{Error, Result};
use crate::field::Real;
use crate::kernels::{Kernel, Rates};
use crate::parallel::World;

/// Share of the run that the first step may take where nothing limits it at the start.
const FIRST_SHARE: f64 = 0.01;

/// The longest step, and why.
///
/// Where rates vary in time, every step is looked at from both its ends before it is taken: a step is stable for the
/// rates at its beginning and at its end, and `longest` begins anew from the present rates at every step.
#[derive(Clone, Debug)]
pub struct StepLimit {
    time: TimeConfig,
    file: String,
    longest: f64,
    /// The present rates, or the larger ones of both ends of the step that was accepted last.
    rates: Rates,
    /// The rates at the end of that step, and that time.
    ahead: Option<(f64, Rates)>,
    varies: bool,
}

impl StepLimit {
    /// The limit at the start.
    ///
    /// # Errors
    /// [`Error::Config`] if the configured dt is unstable, or if neither the kernel nor the configuration limits dt.
    pub fn new<T: Real>(world: &World, case: &Case, kernel: &dyn Kernel<T>) -> Result<StepLimit> {
        let file = case.config.path.display().to_string();
        StepLimit::from_rates(case, kernel.rates_vary(), |time| reduced(world, kernel, &file, time))
    }

    /// The limit at the start, for a source of rates at any time.
    ///
    /// # Errors
    /// As [`StepLimit::new`], and those of the source.
    pub fn from_rates(case: &Case, varies: bool, rates: impl FnMut(f64) -> Result<Rates>) -> Result<StepLimit> {
        let time = case.config.time.clone();
        let start = time.start;
        let mut source = rates;
        let mut limit = StepLimit {
            file: case.config.path.display().to_string(),
            rates: source(start)?,
            longest: 0.0,
            ahead: None,
            varies,
            time,
        };
        limit.choose()?;
        loop {
            // Nobody looks beyond the end: formulas may end there.
            let dt = limit
                .time
                .end
                .map_or(limit.longest, |end| limit.longest.min(end - start));
            let tick = Tick {
                step: 0,
                time: start,
                dt,
            };
            if limit.accept_with(&tick, &mut source)? {
                return Ok(limit);
            }
        }
    }

    /// The longest step, s.
    pub fn longest(&self) -> f64 {
        self.longest
    }

    /// The rates behind it, over all ranks.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Which term limits dt.
    pub fn reason(&self) -> String {
        match self.rates.terms.iter().max_by(|a, b| a.limit.total_cmp(&b.limit)) {
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

    /// Looks at the rates at the beginning of a step.
    ///
    /// # Errors
    /// [`Error::Numerical`] if the configured dt has become unstable, or a coefficient has lost its meaning.
    pub fn begin_step<T: Real>(&mut self, world: &World, kernel: &dyn Kernel<T>, time: f64) -> Result<()> {
        if !self.varies {
            return Ok(());
        }
        self.rates = match self.ahead.take() {
            Some((at, rates)) if at == time => rates,
            _ => reduced(world, kernel, &self.file, time).map_err(numerical)?,
        };
        self.choose().map_err(numerical)
    }

    /// Whether `tick` is stable at its end as well; if not, [`StepLimit::longest`] is shorter than before.
    ///
    /// # Errors
    /// As [`StepLimit::begin_step`].
    pub fn accepts<T: Real>(&mut self, world: &World, kernel: &dyn Kernel<T>, tick: &Tick) -> Result<bool> {
        let file = self.file.clone();
        self.accept_with(tick, &mut |time| reduced(world, kernel, &file, time))
            .map_err(numerical)
    }

    fn accept_with(&mut self, tick: &Tick, source: &mut impl FnMut(f64) -> Result<Rates>) -> Result<bool> {
        if !self.varies {
            return Ok(true);
        }
        let end = tick.time + tick.dt;
        let ahead = source(end)?;
        let both = self.rates.clone().max(&ahead);
        if tick.dt * both.total <= 1.0 + 1e-12 {
            self.rates = both;
            self.ahead = Some((end, ahead));
            return Ok(true);
        }
        if self.time.dt.is_some() {
            return Err(self.unstable(&both));
        }
        // At least a little shorter, so that this ends however the rates vary.
        self.longest = (self.time.cfl / both.total).min(0.9 * tick.dt);
        Ok(false)
    }

    fn unstable(&self, rates: &Rates) -> Error {
        let (file, stable) = (&self.file, 1.0 / rates.total);
        let worst = rates.terms.iter().max_by(|a, b| a.limit.total_cmp(&b.limit));
        let dt = self.time.dt.unwrap_or(self.longest);
        Error::Config(format!(
            "{file}: `time.dt` = {dt} s is unstable: the largest stable dt is {stable:.6e} s, limited mostly by {}.\n  Give a \
             smaller `dt`, or leave it out to have it chosen.",
            worst.map_or("nothing", |rate| rate.term)
        ))
    }

    /// The longest step for the present rates.
    fn choose(&mut self) -> Result<()> {
        let file = &self.file;
        let stable = 1.0 / self.rates.total;
        match self.time.dt {
            Some(dt) if dt > stable * (1.0 + 1e-12) => return Err(self.unstable(&self.rates)),
            Some(dt) => self.longest = dt,
            None if !self.rates.total.is_finite() => {
                return Err(Error::Config(format!(
                    "{file}: no time step is stable with this combination of schemes (centred advection with forward Euler \
                     needs diffusion everywhere).\n  Use `stepper = \"rk3\"` or `advection = \"upwind\"`."
                )));
            }
            None if self.rates.total > 0.0 => self.longest = self.time.cfl * stable,
            // Nothing moves at this moment of a run under way: keep the step.
            None if self.longest > 0.0 => {}
            None => match self.time.end {
                Some(end) if self.varies => self.longest = FIRST_SHARE * (end - self.time.start),
                _ => {
                    return Err(Error::Config(format!(
                        "{file}: nothing limits the time step: wind, diffusion and decay are zero at the start.\n  Give `time.dt`."
                    )));
                }
            },
        }
        Ok(())
    }
}

/// What was wrong with the configuration has become wrong in the course of the run.
fn numerical(error: Error) -> Error {
    match error {
        Error::Config(text) => Error::Numerical(text),
        other => other,
    }
}

/// The largest rates over all ranks.
fn reduced<T: Real>(world: &World, kernel: &dyn Kernel<T>, file: &str, time: f64) -> Result<Rates> {
    let rates = kernel
        .rates(time)
        .map_err(|error| Error::Config(format!("{file}: at t = {time} s: {error}")));
    let mut rates = world.agree(rates)?;
    let mut all: Vec<f64> = rates.terms.iter().flat_map(|rate| [rate.value, rate.limit]).collect();
    all.push(rates.total);
    world.max(&mut all);
    for (n, rate) in rates.terms.iter_mut().enumerate() {
        rate.value = all[2 * n];
        rate.limit = all[2 * n + 1];
    }
    rates.total = all[all.len() - 1];
    Ok(rates)
}
