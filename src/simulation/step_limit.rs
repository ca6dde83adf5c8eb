//! How long a step may be: the kernel's rates over all ranks, and what the configuration says.

use super::case::Case;
use super::progress::seconds;
use crate::error::{Error, Result};
use crate::field::Real;
use crate::kernels::{Kernel, Rates};
use crate::parallel::World;

/// Steps for which a limit that varies in time is valid.
const BLOCK_STEPS: u64 = 16;

/// The longest step, and why.
#[derive(Clone, Debug)]
pub struct StepLimit {
    longest: f64,
    rates: Rates,
    varies: bool,
}

impl StepLimit {
    /// The limit at the start.
    ///
    /// # Errors
    /// [`Error::Config`] if the configured dt is unstable, or if neither the kernel nor the configuration limits dt.
    pub fn new<T: Real>(world: &World, case: &Case, kernel: &dyn Kernel<T>) -> Result<StepLimit> {
        StepLimit::from_rates(case, kernel.rates_vary(), |from, to| {
            Ok(reduce(world, kernel.rates(from, to)))
        })
    }

    /// The limit at the start, for a source of rates.
    ///
    /// # Errors
    /// As [`StepLimit::new`], and those of the source.
    pub fn from_rates(
        case: &Case,
        varies: bool,
        mut rates: impl FnMut(f64, f64) -> Result<Rates>,
    ) -> Result<StepLimit> {
        let start = case.config.time.start;
        let mut limit = StepLimit {
            longest: 0.0,
            rates: rates(start, start)?,
            varies,
        };
        limit.choose(case)?;
        if varies {
            // Again for the whole first block, whose length is known only now.
            limit.rates = rates(start, start + BLOCK_STEPS as f64 * limit.longest)?;
            limit.choose(case)?;
        }
        Ok(limit)
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

    /// Looks again at the beginning of every block of steps, where the rates vary in time.
    ///
    /// # Errors
    /// [`Error::Numerical`] if the configured dt has become unstable.
    pub fn refresh<T: Real>(
        &mut self,
        world: &World,
        case: &Case,
        kernel: &dyn Kernel<T>,
        step: u64,
        time: f64,
    ) -> Result<()> {
        if !self.varies || step == 0 || !step.is_multiple_of(BLOCK_STEPS) {
            return Ok(());
        }
        self.look_ahead(world, case, kernel, time).map_err(|error| match error {
            Error::Config(text) => Error::Numerical(format!("in step {step}, t = {}: {text}", seconds(time))),
            other => other,
        })
    }

    fn look_ahead<T: Real>(&mut self, world: &World, case: &Case, kernel: &dyn Kernel<T>, time: f64) -> Result<()> {
        // The present rates first: the block's length follows from them.
        self.rates = reduce(world, kernel.rates(time, time));
        self.choose(case)?;
        self.rates = reduce(world, kernel.rates(time, time + BLOCK_STEPS as f64 * self.longest));
        self.choose(case)
    }

    /// The longest step for the present rates.
    fn choose(&mut self, case: &Case) -> Result<()> {
        let file = case.config.path.display();
        let stable = 1.0 / self.rates.total;
        match case.config.time.dt {
            Some(dt) if dt > stable * (1.0 + 1e-12) => {
                let worst = self.rates.terms.iter().max_by(|a, b| a.limit.total_cmp(&b.limit));
                Err(Error::Config(format!(
                    "{file}: `time.dt` = {dt} s is unstable: the largest stable dt is {stable:.6e} s, limited mostly by {}.\n  Give \
                     a smaller `dt`, or leave it out to have it chosen.",
                    worst.map_or("nothing", |rate| rate.term)
                )))
            }
            Some(dt) => {
                self.longest = dt;
                Ok(())
            }
            None if !self.rates.total.is_finite() => Err(Error::Config(format!(
                "{file}: no time step is stable with this combination of schemes (centred advection with forward Euler needs \
                 diffusion everywhere).\n  Use `stepper = \"rk3\"` or `advection = \"upwind\"`."
            ))),
            None if self.rates.total > 0.0 => {
                self.longest = case.config.time.cfl * stable;
                Ok(())
            }
            None => match (case.config.time.end, self.longest > 0.0) {
                // Nothing moves at this moment of a run under way: keep the step.
                (_, true) => Ok(()),
                _ => Err(Error::Config(format!(
                    "{file}: nothing limits the time step: there is no wind, diffusion or decay.\n  Give `time.dt`."
                ))),
            },
        }
    }
}

/// The largest rates over all ranks.
fn reduce(world: &World, mut rates: Rates) -> Rates {
    let mut all: Vec<f64> = rates.terms.iter().flat_map(|rate| [rate.value, rate.limit]).collect();
    all.push(rates.total);
    world.max(&mut all);
    for (n, rate) in rates.terms.iter_mut().enumerate() {
        rate.value = all[2 * n];
        rate.limit = all[2 * n + 1];
    }
    rates.total = all[all.len() - 1];
    rates
}
