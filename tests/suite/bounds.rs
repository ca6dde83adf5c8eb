//! Bounds: with the limited scheme a field stays between its smallest and its largest value at the start, whatever it
//! looks like, in any wind that is free of discrete divergence; and nothing of it is lost.

use crate::random::Random;
use simrun::engine::{Engine, Executor, Setup};
use simrun::field::{ExactSum, Real};
use simrun::grid::Decomposition;
use simrun::kernels::contract::Buildable;
use simrun::numerics::instructions::InstructionSet;
use simrun::parallel::World;
use simrun::simulation::Case;
use std::f64::consts::PI;

const STEPS: u64 = 300;

/// Units in the last place of the larger bound by which values may leave the bounds: the rounding of a few terms.
const EXCESS: f64 = 4.0;

/// The ends of the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Periodic,
    /// Periodic along x, walls along y.
    Channel,
    /// Walls that nothing passes.
    Closed,
    /// What flows in lies between the bounds.
    Open,
}

fn case(random: &mut Random, ends: Ends, stepper: &str, (low, high): (f64, f64)) -> Case {
    let cells = [5 + random.below(16), 5 + random.below(12)];
    let size = [0.31, 0.47].map(|side| side * random.pick(&[0.5, 1.0, 1.7]));
    let [lx, ly] = [cells[0] as f64 * size[0], cells[1] as f64 * size[1]];
    let middle = 0.5 * (low + high);
    let boundary = match ends {
        Ends::Periodic => "all = \"periodic\"".to_string(),
        Ends::Channel => {
            "west = \"periodic\", east = \"periodic\", south = \"zero-gradient\", north = { flux = 0 }".into()
        }
        Ends::Closed => "all = { flux = 0 }, west = \"zero-gradient\"".into(),
        Ends::Open => format!("all = {{ inflow = {middle:?} }}"),
    };
    let diffusivity = random.pick(&["0.0", "0.01", "[0.02, 0.0]"]);
    let psi = stream_function(random, ends, [lx, ly]);
    // No two cells have anything to do with each other; a third of them have the largest value.
    let noise = format!("({0} - floor({0}))", "sin(12.9898*x + 78.233*y + 0.1)*43758.5453");
    let rise = high - low;
    let text = format!(
        r#"
        [grid]
        cells = {cells:?}
        spacing = {size:?}
        [time]
        steps = 1
        [kernel]
        type = "advection-diffusion"
        stream_function = "{psi}"
        diffusivity = {diffusivity}
        advection = "limited"
        stepper = "{stepper}"
        boundary = {{ {boundary} }}
        [[kernel.field]]
        name = "q"
        initial = "{low:?} + {rise:?}*min(1, 1.5*{noise})"
        "#
    );
    Case::parse("bounds.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Waves that vanish on walls, a flow through the grid where nothing is in its way, swaying in time or steady; strongest
/// at the start.
fn stream_function(random: &mut Random, ends: Ends, [lx, ly]: [f64; 2]) -> String {
    let has_walls = |axis: usize| ends == Ends::Closed || (ends == Ends::Channel && axis == 1);
    let mut wave = |axis: usize| {
        let (name, length) = [("x", lx), ("y", ly)][axis];
        let n = 1 + random.below(4);
        match has_walls(axis) {
            true => format!("sin({:?}*{name})", PI * n as f64 / length),
            false => format!("sin({:?}*{name} + {n})", 2.0 * PI * n as f64 / length),
        }
    };
    let waves = format!("{}*{} - 0.5*{}*{}", wave(0), wave(1), wave(0), wave(1));
    let through = match ends {
        Ends::Periodic | Ends::Open => "0.7*y - 0.4*x",
        Ends::Channel => "0.7*y",
        Ends::Closed => "0",
    };
    let sway = random.pick(&["1", "cos(3*t)"]);
    format!("({waves} + {through})*{sway}")
}

/// The largest number of units in the last place by which any value leaves the bounds at the start, and the change of the
/// sum as a share of the sum of all sizes.
fn run<T: Buildable>(case: &Case) -> (f64, f64) {
    let decomposition = Decomposition::new(&case.grid, 1, &case.declaration.reach(&case.grid), None).expect("one tile");
    let tile = case.tile(&decomposition, 0);
    let mut kernel = T::build(&*case.physics, &case.grid);
    kernel.prepare(&tile, 0.0).expect("a valid case");
    // The longest step that the scheme allows: Courant numbers that add up to one half, less what diffusion takes.
    let dt = 1.0 / kernel.rates(0.0).expect("rates").total;
    let setup = Setup {
        blocks: Vec::new(),
        cache: 0,
        n_threads: 1,
        shared_memory: false,
        decomposition,
        declaration: case.declaration.clone(),
        kernel,
        tile,
        instructions: InstructionSet::best(),
    };
    let mut engine = Engine::new(&World::single(), setup);
    engine.initialise(0.0);
    let values = |engine: &Engine<T>, step: u64| -> Vec<f64> {
        let array = engine.storage.array(case.declaration.slot_of_field(0, step));
        let all = case.grid.all();
        let rows = all.rows().flat_map(|(j, k)| array.row(j, k, all.lo[0], all.hi[0]));
        rows.map(|value| value.to_f64()).collect()
    };
    let start = values(&engine, 0);
    let (low, high) = (smallest(&start), -smallest(&negative(&start)));
    let unit = unit_in_the_last_place::<T>(low.abs().max(high.abs()));
    let mut excess = 0.0f64;
    for step in 0..STEPS {
        engine.step(Executor::Blocking, step, step as f64 * dt, dt);
        for value in values(&engine, step + 1) {
            assert!(value.is_finite());
            excess = excess.max((value - high) / unit).max((low - value) / unit);
        }
    }
    let end = values(&engine, STEPS);
    assert_ne!(start, end, "nothing moved");
    let size: f64 = start.iter().map(|value| value.abs()).sum();
    (excess, (sum(&end) - sum(&start)).abs() / size)
}

fn smallest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn negative(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| -value).collect()
}

fn sum(values: &[f64]) -> f64 {
    let mut sum = ExactSum::new();
    sum.add_all(values);
    sum.value()
}

/// The distance from `value` to the next number of the precision.
fn unit_in_the_last_place<T: Real>(value: f64) -> f64 {
    epsilon::<T>() * value.log2().floor().exp2()
}

fn epsilon<T: Real>() -> f64 {
    match size_of::<T>() {
        4 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    }
}

fn check<T: Buildable>() {
    let bounds = [(0.0, 1.0), (0.1, 0.7), (-3.3, 0.002), (99.7, 100.3)];
    let mut seeds = 0..;
    for ends in [Ends::Periodic, Ends::Channel, Ends::Closed, Ends::Open] {
        for stepper in ["euler", "ssp-rk2", "ssp-rk3"] {
            for bounds in bounds {
                let seed = seeds.next().expect("there is always another");
                let case = case(&mut Random::new(seed), ends, stepper, bounds);
                let (excess, change) = run::<T>(&case);
                assert!(
                    excess <= EXCESS,
                    "seed {seed}, {}: {excess} units beyond the bounds\n{}",
                    T::NAME,
                    case.resolved
                );
                // Every step rounds every value by half a unit, and in the worst of cases always the same way.
                let lost = 0.5 * epsilon::<T>() * STEPS as f64;
                assert!(
                    ends == Ends::Open || change <= lost,
                    "seed {seed}, {}: the sum changed by {change:e}\n{}",
                    T::NAME,
                    case.resolved
                );
            }
        }
    }
}

#[test]
fn any_field_stays_within_its_bounds_in_double_precision() {
    check::<f64>();
}

#[test]
fn any_field_stays_within_its_bounds_in_single_precision() {
    check::<f32>();
}
