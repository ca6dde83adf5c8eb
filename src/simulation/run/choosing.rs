//! Which executor a run goes on with: as configured, as remembered, or as measured in the first steps.

use super::Run;
use crate::config::ExecutorChoice;
use crate::engine::{Choice, Tuner};
use crate::error::Result;
use crate::simulation::blocks::{given, other_rows};
use crate::simulation::case::Case;
use crate::simulation::precision::Precise;
use crate::simulation::remembered::{Found, table};

/// Whether what is measured of the candidates of a run is kept, and taken from earlier ones.
pub(super) fn is_measured(case: &Case, candidates: &[Choice]) -> bool {
    let parallel = &case.config.parallel;
    parallel.executor == ExecutorChoice::Auto && candidates.len() > 1 && parallel.remember
}

/// What a run that sets up blocks of these `lengths` begins with, and what measures its `candidates`, if that is left to it and
/// was not `found` before.
pub(super) fn first(
    case: &Case,
    lengths: &[usize],
    candidates: &[Choice],
    found: Option<&Found>,
) -> (Choice, Option<Tuner>) {
    if let Some(found) = found {
        return (found.choice, None);
    }
    if let Some(choice) = given(case, lengths) {
        return (choice, None);
    }
    let tuner = (candidates.len() > 1).then(|| Tuner::new(candidates));
    (candidates[0], tuner)
}

/// What there is to say where a run has come to its end before the fastest executor was known.
pub(super) fn unfinished(tuner: &Tuner) -> String {
    format!(
        "executor: the run ended before all of {} had been measured, the last was {}; `parallel.executor` names one",
        tuner.n_candidates(),
        tuner.choice().name()
    )
}

impl<T: Precise> Run<'_, T> {
    /// Says by which executor the steps are done, and whence that is known, unless it is still to be measured.
    pub(super) fn announce_executor(&mut self, found: Option<Found>) -> Result<()> {
        if let Some(text) = self.remembered.as_mut().and_then(|remembered| remembered.said.take()) {
            self.outputs.note(&text);
        }
        let name = self.choice.name();
        match found {
            Some(found) => {
                self.outputs.log(self.world, &found.table)?;
                self.say(&format!("executor: {name}, {}", found.whence))
            }
            None if self.tuner.is_none() && self.world.size() > 1 => self.say(&format!("executor: {name}")),
            None => Ok(()),
        }
    }

    /// What is being tried or was chosen.
    pub(super) fn choice(&self) -> Choice {
        self.tuner.as_ref().map_or(self.choice, Tuner::choice)
    }

    /// The most steps at a stretch.
    pub(super) fn longest_block(&self) -> usize {
        let chosen = self.choice.executor.n_steps();
        self.tuner.as_ref().map_or(chosen, Tuner::longest)
    }

    /// Takes the fastest of what was measured, or goes on with how high its strips are.
    pub(super) fn choose(&mut self) -> Result<()> {
        let Some(mut tuner) = self.tuner.take() else {
            return Ok(());
        };
        let (best, times) = tuner.choose(self.world);
        // Heights come last, and once.
        if times.iter().all(|(choice, _)| choice.strip_rows.is_none()) {
            let others = self.other_strips(best);
            if !others.is_empty() {
                tuner.refine(best, &others);
                self.tuner = Some(tuner);
                return Ok(());
            }
        }
        self.choice = best;
        let updates = self.case.grid.n_cells() as f64 / 1e6;
        let rate = |time: f64| time.is_finite().then(|| updates / time);
        let named = |(choice, time): &(Choice, f64)| (choice.name(), rate(*time));
        let rates: Vec<(String, Option<f64>)> = times.iter().map(named).collect();
        self.outputs.log(self.world, &table("executors", &rates))?;
        let unkept = self
            .remembered
            .take()
            .and_then(|remembered| remembered.keep(best, rates));
        unkept.iter().for_each(|text| self.outputs.note(text));
        self.say(&format!("executor: {}, the fastest of {}", best.name(), times.len()))
    }

    /// The same executor with strips of other heights, if it has any.
    fn other_strips(&self, best: Choice) -> Vec<Choice> {
        let engine = &self.engine;
        let rows = engine.rows_that_fit(best.executor.n_steps());
        // The same on all ranks, although tiles are not.
        let mut numbers = [rows.unwrap_or(0) as f64, engine.tile.owned.len(1) as f64];
        self.world.max(&mut numbers);
        let [rows, most] = numbers.map(|number| number as usize);
        let of_rows = |rows| Choice {
            strip_rows: Some(rows),
            ..best
        };
        match rows {
            0 => Vec::new(),
            rows => other_rows(rows, most).into_iter().map(of_rows).collect(),
        }
    }
}
