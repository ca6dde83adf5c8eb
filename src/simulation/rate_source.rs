//! Where the rates that limit dt come from: the kernels of all ranks.

use super::case::Case;
use crate::error::{Error, Result};
use crate::field::Real;
use crate::kernels::{Kernel, KernelError, Rates};
use crate::parallel::World;

/// The rates of the whole grid, at any time.
pub trait RateSource {
    /// The rates at each of `times`, up to the first (without it) at which a coefficient has lost its meaning anywhere.
    fn look(&mut self, times: &[f64]) -> Vec<Rates>;

    /// What has lost its meaning at `time`, where [`RateSource::look`] ended.
    fn refusal(&mut self, time: f64) -> Error;
}

/// The largest rates of the tiles of all ranks, which look at the same times together.
pub struct AllRanks<'a, T> {
    world: &'a World,
    case: &'a Case,
    kernel: &'a dyn Kernel<T>,
}

impl<'a, T: Real> AllRanks<'a, T> {
    pub fn new(world: &'a World, case: &'a Case, kernel: &'a dyn Kernel<T>) -> Self {
        AllRanks { world, case, kernel }
    }

    /// The rates at one time.
    ///
    /// # Errors
    /// [`Error::Config`], agreed on by all ranks, if a coefficient has no meaning at that time.
    pub fn at(&mut self, time: f64) -> Result<Rates> {
        self.look(&[time]).pop().ok_or_else(|| self.refusal(time))
    }
}

impl<T: Real> RateSource for AllRanks<'_, T> {
    /// One reduction tells how far all ranks came and the largest rates: what a rank lacks counts as zero.
    fn look(&mut self, times: &[f64]) -> Vec<Rates> {
        let mut rates: Vec<Rates> = times.iter().map_while(|&time| self.kernel.rates(time).ok()).collect();
        let width = 2 * self.case.physics.numbers().len() + 1;
        let mut all = vec![0.0; 1 + width * times.len()];
        let (n_sound, values) = all.split_at_mut(1);
        n_sound[0] = -(rates.len() as f64);
        for (values, rates) in values.chunks_mut(width).zip(&rates) {
            values[0] = rates.total;
            let terms = rates.terms.iter().flat_map(|rate| [rate.value, rate.limit]);
            values[1..].iter_mut().zip(terms).for_each(|(to, from)| *to = from);
        }
        self.world.max(&mut all);
        rates.truncate(-all[0] as usize);
        for (values, rates) in all[1..].chunks(width).zip(&mut rates) {
            rates.total = values[0];
            for (pair, rate) in values[1..].chunks(2).zip(&mut rates.terms) {
                (rate.value, rate.limit) = (pair[0], pair[1]);
            }
        }
        rates
    }

    fn refusal(&mut self, time: f64) -> Error {
        let rates = self.kernel.rates(time);
        let agreed = self.world.agree(rates.map_err(|error| lost(self.case, time, &error)));
        agreed.expect_err("rates at a time are the same whenever they are asked for")
    }
}

/// The error for a coefficient that has no meaning at `time`.
pub fn lost(case: &Case, time: f64, error: &KernelError) -> Error {
    let time = case.config.units.text(time, "s");
    Error::Config(format!("{}: at t = {time}: {error}", case.config.path.display()))
}
