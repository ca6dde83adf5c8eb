//! Ends a run once a total has fallen by a factor.

use super::case::Case;
use super::clock::Here;
use super::monitor::totals;
use crate::config::{StopConfig, Table};
use crate::engine::Engine;
use crate::field::Real;
use crate::kernels::Declaration;
use crate::numerics::formula::nearest_name;
use crate::parallel::World;

/// A total that is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// Its number among the totals.
    number: usize,
    config: StopConfig,
    fall: Fall,
}

/// A number that is seen now and then: its largest value so far.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fall {
    largest: f64,
}

impl Fall {
    /// The share of the largest value so far that `value`, seen now, is; none as long as no value was above zero.
    fn share(&mut self, value: f64) -> Option<f64> {
        self.largest = self.largest.max(value);
        (self.largest > 0.0).then(|| value / self.largest)
    }
}

impl Stop {
    /// What the configuration asks for.
    pub fn new(case: &Case) -> Option<Stop> {
        let config = case.config.stop.clone()?;
        let names = total_names(&case.declaration);
        Some(Stop {
            number: names.iter().position(|name| *name == config.total)?,
            config,
            fall: Fall { largest: 0.0 },
        })
    }

    /// The largest value of the total so far.
    pub fn largest(&self) -> f64 {
        self.fall.largest
    }

    /// Goes on where another one had seen `largest`.
    pub fn resume(&mut self, largest: f64) {
        self.fall.largest = largest;
    }

    /// Whether the step is one to look at the total.
    pub fn is_due(&self, step: u64) -> bool {
        step.is_multiple_of(self.config.every_steps)
    }

    /// Looks at the total where the step is one to look at it, and says what to log where the run ends here. The same on all
    /// ranks; all ranks call it.
    pub fn look<T: Real>(&mut self, world: &World, engine: &mut Engine<T>, here: &Here) -> Option<String> {
        let step = here.step;
        if !self.is_due(step) {
            return None;
        }
        let share = self.fall.share(totals(engine, world, here)[self.number])?;
        let StopConfig { total, factor, .. } = &self.config;
        (share < *factor).then(|| {
            format!(
                "stopped in step {step}: `{total}` has fallen to {share:.3e} of its largest value, below {factor:e}"
            )
        })
    }
}

/// The columns of the history that [`totals`] gives, in their order.
fn total_names(declaration: &Declaration) -> Vec<&str> {
    let gauges = declaration.gauges.iter().flat_map(|gauges| &gauges.numbers);
    let gauges = gauges.map(|gauge| gauge.name.as_str());
    let totals = declaration.totals.iter().map(|total| total.name.as_str());
    totals.chain(gauges).collect()
}

/// Records an error where there is no such total.
pub fn check_total(table: &Table, stop: &StopConfig, declaration: &Declaration) {
    let names = total_names(declaration);
    if names.contains(&stop.total.as_str()) {
        return;
    }
    let listed = match names.is_empty() {
        true => "this kernel has none".to_owned(),
        false => format!("the totals are: {}", names.join(", ")),
    };
    let help = match nearest_name(&stop.total, names.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"? {listed}"),
        None => listed,
    };
    table.error_at("total", format!("there is no total \"{}\"", stop.total), help);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_counted_from_the_largest_value_and_not_before_one() {
        let mut fall = Fall { largest: 0.0 };
        let seen = [0.0, -1.0, 4.0, 8.0, 2.0, 16.0, 4.0].map(|value| fall.share(value));
        let shares = [None, None, Some(1.0), Some(1.0), Some(0.25), Some(1.0), Some(0.25)];
        assert_eq!(seen, shares);
        // What is not a number stops nothing: the monitor does.
        assert!(fall.share(f64::NAN).is_some_and(f64::is_nan));
    }
}
