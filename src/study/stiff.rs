//! Super time stepping against explicit Runge-Kutta methods, at equal error, where diffusion is stiff.
//!
//! Mixing in columns, along x: `dq/dt = d/dx (K dq/dx)` on -1 < x < 1 with `K = 1 - x^2`, which is largest in the middle
//! and vanishes at both ends, as it does between the ground and the top of a mixed layer. Its modes are the Legendre
//! polynomials; the second one, `q = (3 x^2 - 1)/2 exp(-6 t)`, is followed until it has decayed to 1/e. The cells bound
//! the steps of explicit methods at some thousandths of what the solution itself asks for. These take their longest
//! stable step, which is the cheapest they can do; RKL2 takes a few numbers of steps, and as many stages in each as that
//! needs. For every explicit method, the cheapest run of RKL2 with an equal or smaller error is compared with it. Errors are relative,
//! in the 2-norm over all cells, and have that of the grid in them, as in any run.

use super::kernels::engine_of;
use super::samples::Samples;
use crate::engine::{Engine, Executor};
use crate::error::Result;
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use crate::simulation::Case;
use serde::Serialize;
use std::time::Instant;

/// Name on the command line.
pub const STIFF: &str = "stiff";

/// Cells of a column, and columns.
const CELLS: [usize; 2] = [384, 32];

/// Rate at which the solution decays, 1/s.
const DECAY: f64 = 6.0;

/// Explicit methods, at their longest stable step.
const EXPLICIT: [&str; 4] = ["euler", "ssp-rk2", "ssp-rk3", "rk3"];

/// Numbers of steps that RKL2 takes.
const SUPER_STEPS: [u64; 8] = [10, 20, 30, 40, 60, 80, 120, 160];

/// Errors up to this many times another one count as equal to it. Those of time and grid only add up for diffusion: the
/// error that the grid leaves to a method without any of time is approached, but not met.
const EQUAL: f64 = 1.05;

/// One method with one step.
#[derive(Clone, Debug, Serialize)]
pub struct StepperRun {
    pub stepper: &'static str,
    pub steps: u64,
    /// Stages of a step.
    pub stages: usize,
    /// Wall time of the run, s.
    pub seconds: Samples,
    /// 2-norm of the error over that of the solution, at the end.
    pub error: f64,
}

/// An explicit method beside the cheapest run of RKL2 whose error is equal or smaller.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Index among the runs.
    pub explicit: usize,
    /// Index among the runs.
    pub rkl2: usize,
    /// How many times cheaper RKL2 is.
    pub ratio: f64,
}

/// The comparison of all methods.
#[derive(Clone, Debug, Serialize)]
pub struct StiffReport {
    pub cells: [usize; 2],
    pub runs: Vec<StepperRun>,
    pub comparisons: Vec<Comparison>,
}

/// Measures all methods `repeat` times, in turn.
///
/// # Errors
/// If the square cannot be cut for this number of ranks: the same on every rank.
pub fn measure(world: &World, instructions: InstructionSet, repeat: usize) -> Result<StiffReport> {
    let explicit = EXPLICIT.map(|stepper| (stepper, None));
    let methods = explicit.into_iter().chain(SUPER_STEPS.map(|n| ("rkl2", Some(n))));
    let mut runs: Vec<(Method, StepperRun)> = Vec::new();
    for (stepper, steps) in methods {
        let method = Method::new(world, CELLS, stepper, steps)?;
        let run = method.unmeasured();
        runs.push((method, run));
    }
    for _ in 0..repeat {
        for (method, run) in &mut runs {
            let (seconds, error) = method.run(world, instructions)?;
            run.seconds.push(seconds);
            run.error = error;
        }
    }
    let runs: Vec<StepperRun> = runs.into_iter().map(|(_, run)| run).collect();
    Ok(StiffReport {
        cells: CELLS,
        comparisons: compare(&runs),
        runs,
    })
}

/// Every explicit method for which some run of RKL2 is as good.
fn compare(runs: &[StepperRun]) -> Vec<Comparison> {
    let is_rkl2 = |run: &StepperRun| run.stepper == "rkl2";
    let cost = |run: usize| runs[run].seconds.median();
    let explicit = (0..runs.len()).filter(|&run| !is_rkl2(&runs[run]));
    let best = |explicit: usize| {
        (0..runs.len())
            .filter(|&run| is_rkl2(&runs[run]) && runs[run].error <= EQUAL * runs[explicit].error)
            .min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
    };
    explicit
        .filter_map(|explicit| {
            best(explicit).map(|rkl2| Comparison {
                explicit,
                rkl2,
                ratio: cost(explicit) / cost(rkl2),
            })
        })
        .collect()
}

/// A method with its step.
struct Method {
    case: Case,
    stepper: &'static str,
    stages: usize,
    steps: u64,
}

impl Method {
    /// With `steps` steps, or the fewest that are stable.
    fn new(world: &World, cells: [usize; 2], stepper: &'static str, steps: Option<u64>) -> Result<Method> {
        let text = |steps: u64| {
            format!(
                "[grid]\ncells = {cells:?}\nsize = [2.0, 1.0]\norigin = [-1.0, 0.0]\n[time]\nsteps = {steps}\ndt = {}\n[kernel]\n\
                 type = \"advection-diffusion\"\ndiffusivity = [\"1 - x^2\", 0.0]\nstepper = \"{stepper}\"\n\
                 boundary = {{ west = {{ flux = 0.0 }}, east = {{ flux = 0.0 }}, south = \"periodic\", north = \"periodic\" }}\n[[kernel.field]]\nname = \"q\"\n\
                 initial = \"1.5*x^2 - 0.5\"\n",
                1.0 / (DECAY * steps as f64)
            )
        };
        let parse = |steps: u64| Case::parse("bench problem stiff", &text(steps), &[]);
        let any = parse(1)?;
        let (_, rates) = engine_of::<f64>(world, &any, InstructionSet::Baseline)?;
        let steps = steps.unwrap_or((rates.total / DECAY).ceil() as u64);
        let case = parse(steps)?;
        let case = case.fitted(&rates)?.unwrap_or(case);
        Ok(Method {
            stages: case.declaration.phases[0].stages.len(),
            case,
            stepper,
            steps,
        })
    }

    fn unmeasured(&self) -> StepperRun {
        StepperRun {
            stepper: self.stepper,
            steps: self.steps,
            stages: self.stages,
            seconds: Samples::default(),
            error: f64::NAN,
        }
    }

    /// Wall time of the slowest rank, s, and the error at the end: on every rank the same.
    fn run(&self, world: &World, instructions: InstructionSet) -> Result<(f64, f64)> {
        let (mut engine, _) = engine_of::<f64>(world, &self.case, instructions)?;
        engine.initialise(0.0);
        let initial = values(&engine, 0);
        let dt = 1.0 / (DECAY * self.steps as f64);
        world.barrier();
        let start = Instant::now();
        for step in 0..self.steps {
            engine.step(Executor::Blocking, step, step as f64 * dt, dt);
        }
        let mut slowest = [start.elapsed().as_secs_f64()];
        world.max(&mut slowest);
        let decayed = (-1.0_f64).exp();
        let [mut wrong, mut whole] = [0.0; 2];
        for (q, start) in values(&engine, self.steps).iter().zip(&initial) {
            let exact = decayed * start;
            wrong += (q - exact) * (q - exact);
            whole += exact * exact;
        }
        let mut all = [wrong, whole];
        world.total(&mut all);
        Ok((slowest[0], (all[0] / all[1]).sqrt()))
    }
}

/// The owned cells of the field before step `step`.
fn values(engine: &Engine<f64>, step: u64) -> Vec<f64> {
    let slot = engine.declaration.slot_of_field(0, step);
    let mut values = Vec::new();
    engine.storage.array(slot).pack(&engine.tile.owned, &mut values);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stepper: &'static str, seconds: f64, error: f64) -> StepperRun {
        StepperRun {
            stepper,
            steps: 1,
            stages: 1,
            seconds: [seconds].into_iter().collect(),
            error,
        }
    }

    #[test]
    fn the_cheapest_run_that_is_as_good_is_compared() {
        let runs = [
            run("euler", 12.0, 1e-3),
            run("rk3", 40.0, 1e-5),
            run("rkl2", 1.0, 2e-3),
            run("rkl2", 2.0, 1.04e-3),
            run("rkl2", 3.0, 1e-4),
        ];
        let only = Comparison {
            explicit: 0,
            rkl2: 3,
            ratio: 6.0,
        };
        assert_eq!(compare(&runs), [only], "nothing is as good as rk3 here");
    }

    #[test]
    fn methods_have_the_steps_that_are_theirs_and_come_near_the_solution() {
        let world = World::single();
        let cells = [64, 8];
        let instructions = InstructionSet::best();
        let mut errors = Vec::new();
        for (stepper, steps) in [("ssp-rk3", None), ("rkl2", Some(10)), ("rkl2", Some(40))] {
            let method = Method::new(&world, cells, stepper, steps).unwrap();
            errors.push(method.run(&world, instructions).unwrap().1);
            // By Gershgorin, no mode of the grid decays faster than twice the sum of what leaves a cell: 4 K/dx^2, with K
            // of the middle's faces, 1 and 1 - dx^2. The run lasts 1/DECAY.
            let dx = 2.0 / 64.0_f64;
            let fastest = 2.0 * (2.0 - dx * dx) / (dx * dx) / DECAY;
            match steps {
                // Steps of forward Euler, of which those of SSP methods are means: stable to 2 of the product with dt.
                None => assert_eq!(method.steps, (fastest / 2.0).ceil() as u64),
                Some(steps) => {
                    let s = method.stages as f64;
                    assert_eq!(method.steps, steps);
                    // Stable, with at most the two stages fewer that would not be.
                    assert!((s * s + s - 2.0) / 2.0 >= fastest / steps as f64);
                    let fewer = s - 2.0;
                    assert!(s == 3.0 || (fewer * fewer + fewer - 2.0) / 2.0 < 1.01 * fastest / steps as f64);
                }
            }
        }
        // The grid's error, by Taylor: fluxes between cells are exact for a quadratic, and their differences too small by
        // 3/4 dx^2 at the start, which decays with the solution. What it adds up to is mean value, not shape: 3/4 dx^2/6
        // (1 - 1/e), beside a solution whose 2-norm is sqrt(1/5)/e. The next terms are of the order of dx^2 beside it.
        let dx = 2.0 / 64.0_f64;
        let of_grid = 0.125 * dx * dx * (1.0_f64.exp() - 1.0) * 5.0_f64.sqrt();
        assert!((errors[0] / of_grid - 1.0).abs() < 0.01, "{errors:?} {of_grid}");
        assert!(errors[2] < errors[1] && errors[2] < 1.05 * errors[0], "{errors:?}");
    }
}
