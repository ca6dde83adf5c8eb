//! The promise of bits: however the grid is cut, messages travel and loops are compiled, all declared storage and all
//! histories are equal to the last bit.

use crate::contract::{SPACING, random_transport};
use crate::launch::{Launch, Outcome, Workplace};
use crate::random::Random;
use simrun::files::SnapshotReader;
use simrun::numerics::instructions::InstructionSet;
use std::collections::BTreeMap;

/// Steps: enough for `auto` to try every exchange mode and choose one.
const STEPS: [u64; 3] = [3, 17, 32];

const EXCHANGES: [&str; 4] = ["blocking", "overlap", "progress", "auto"];

/// A small run whose every storage is compared.
struct Problem {
    cells: Vec<usize>,
    text: String,
}

/// The raw bytes of all declared storage at [`STEPS`], by step and name, and of the history.
#[derive(PartialEq)]
struct Bits {
    storage: BTreeMap<(u64, String), Vec<u8>>,
    history: String,
}

/// How a run is cut and carried out.
#[derive(Clone, Debug)]
struct Way {
    topology: Vec<usize>,
    exchange: &'static str,
    instructions: InstructionSet,
}

fn text(cells: &str, size: &str, kernel: &str) -> String {
    format!(
        r#"
        title = "bits"
        {kernel}
        [grid]
        cells = {cells}
        size = {size}
        [time]
        steps = {last}
        [history]
        every = {{ steps = 5 }}
        [[snapshot]]
        at_steps = {STEPS:?}
        storage = true
        "#,
        last = STEPS[2],
    )
}

/// Three stages, walls of every kind, wind and diffusivity in place and time, sources, decay, a budget, two fields.
fn everything_3d() -> Problem {
    let kernel = r#"
        precision = "f64"
        [kernel]
        type = "advection-diffusion"
        wind = ["2 + sin(y + 3*t)", "0.3*x*cos(t)", "0.2 - 0.1*z"]
        diffusivity = ["0.2 + 0.1*sin(x)", "0.1 + 0.01*y", 0.15]
        advection = "centred"
        stepper = "rk3"
        budget = true
        [[kernel.field]]
        name = "a"
        unit = "kg/m3"
        initial = "exp(-(x-3)^2 - (y-2)^2) + 0.1*z"
        source = [{ rate = "1 + t", at = [3.69, 2.31, 0.02] }, { density = "0.2*x*t" }]
        decay = 0.3
        boundary = { west = { inflow = "1 + t*y" }, east = "open", south = { value = "1 + x" }, north = { flux = "0.1*z" }, bottom = "zero-gradient", top = "open" }
        [[kernel.field]]
        name = "b"
        initial = "1 + 0.1*x*y"
        source = "0.1*y"
        boundary = { all = "open" }
    "#;
    Problem {
        cells: vec![37, 23, 11],
        text: text("[37, 23, 11]", "[7.4, 4.6, 1.1]", kernel),
    }
}

/// The loop of the plain heat equation, in single precision, with two axes that are joined to themselves.
fn heat_3d() -> Problem {
    let kernel = r#"
        precision = "f32"
        [kernel]
        type = "advection-diffusion"
        diffusivity = [0.1, 0.2, 0.3]
        [[kernel.field]]
        name = "q"
        initial = "sin(3*x) * cos(2*y) + z^2"
        boundary = { west = "periodic", east = "periodic", south = { value = "sin(x) + t" }, north = { flux = 0.3 }, bottom = "periodic", top = "periodic" }
    "#;
    Problem {
        cells: vec![37, 23, 11],
        text: text("[37, 23, 11]", "[7.4, 4.6, 1.1]", kernel),
    }
}

/// Donor cell and forward Euler, periodic, with a source across the seam.
fn periodic_2d() -> Problem {
    let kernel = r#"
        precision = "f64"
        [kernel]
        type = "advection-diffusion"
        wind = ["sin(y + t)", "cos(x*y)"]
        diffusivity = "0.05 + 0.02*cos(x)"
        budget = true
        [[kernel.field]]
        name = "q"
        initial = "sin(11*x^2 + 7*y)"
        source = { rate = 0.7, at = [7.39, 0.01] }
        decay = 0.01
        boundary = { all = "periodic" }
    "#;
    Problem {
        cells: vec![37, 23],
        text: text("[37, 23]", "[7.4, 4.6]", kernel),
    }
}

/// Walls in single precision, three stages.
fn walls_2d() -> Problem {
    let kernel = r#"
        precision = "f32"
        [kernel]
        type = "advection-diffusion"
        wind = ["1 + 0.1*y", -0.4]
        diffusivity = [0.0, "0.1 + 0.02*y"]
        stepper = "rk3"
        [[kernel.field]]
        name = "q"
        initial = "exp(-(x-2)^2 - (y-2)^2)"
        boundary = { west = { inflow = "sin(y)" }, east = "zero-gradient", south = { flux = "0.1*x" }, north = { value = 0.5 } }
    "#;
    Problem {
        cells: vec![37, 23],
        text: text("[37, 23]", "[7.4, 4.6]", kernel),
    }
}

impl Problem {
    /// The bits of one run, in `way` or, for the reference, without launcher and with no choice left open.
    fn bits(&self, launch: &Launch, way: &Way) -> Bits {
        let place = Workplace::new();
        place.write("case.toml", &self.text);
        let outcome = run(&place, launch, way);
        assert_eq!(outcome.code, Some(0), "{way:?}\n{outcome}");
        read_bits(&place)
    }

    fn reference(&self) -> Bits {
        let way = Way {
            topology: vec![1; self.cells.len()],
            exchange: "blocking",
            instructions: InstructionSet::Baseline,
        };
        let bits = self.bits(&Launch::alone(), &way);
        assert!(bits.storage.len() >= 2 * STEPS.len(), "the reference has no storage");
        bits
    }

    /// Runs on all numbers of ranks and in all topologies: in all exchange modes, or in one of them by turns. Instruction
    /// sets always take turns.
    fn check(&self, in_all_modes: bool) {
        let expected = self.reference();
        let sets: Vec<_> = InstructionSet::ALL
            .into_iter()
            .filter(|set| set.is_available())
            .collect();
        let n_modes = if in_all_modes { EXCHANGES.len() } else { 1 };
        let cuts = [1, 2, 3, 4, 6]
            .into_iter()
            .flat_map(|ranks| topologies(ranks, self.cells.len()));
        for (n, (topology, mode)) in cuts
            .flat_map(|cut| (0..n_modes).map(move |mode| (cut.clone(), mode)))
            .enumerate()
        {
            let exchange = EXCHANGES[if in_all_modes { mode } else { n % EXCHANGES.len() }];
            // Every mode meets every set: after each round of modes the turns of the sets move on by one.
            let instructions = sets[(n + n / EXCHANGES.len()) % sets.len()];
            let launch = match topology.iter().product() {
                1 => Launch::alone(),
                ranks => Launch::on(ranks),
            };
            let way = Way {
                topology,
                exchange,
                instructions,
            };
            self.bits(&launch, &way).must_equal(&expected, &way);
        }
    }
}

fn run(place: &Workplace, launch: &Launch, way: &Way) -> Outcome {
    let topology = format!("parallel.topology={:?}", way.topology);
    let exchange = format!("parallel.exchange={}", way.exchange);
    let instructions = format!("parallel.instructions={}", way.instructions.name());
    let sets = ["--set", &topology, "--set", &exchange, "--set", &instructions];
    let arguments = [&["case.toml", "--output", "run", "--progress", "none"][..], &sets[..]].concat();
    place.run(launch, &arguments)
}

fn read_bits(place: &Workplace) -> Bits {
    let mut storage = BTreeMap::new();
    for step in STEPS {
        let path = place.path(&format!("run/snapshots/fields_{step:08}.h5"));
        let reader = SnapshotReader::open(&path).unwrap();
        for name in reader.storage_names() {
            let (bytes, _) = reader.read_storage(&name).unwrap();
            storage.insert((step, name), bytes);
        }
    }
    Bits {
        storage,
        history: place.read("run/history.csv"),
    }
}

impl Bits {
    /// The first difference, in words.
    fn difference(&self, expected: &Bits) -> Option<String> {
        if !self.storage.keys().eq(expected.storage.keys()) {
            return Some("other storage".to_string());
        }
        for ((step, name), bytes) in &self.storage {
            let right = &expected.storage[&(*step, name.clone())];
            if bytes.len() != right.len() {
                return Some(format!(
                    "`{name}` at step {step} has {} bytes, not {}",
                    bytes.len(),
                    right.len()
                ));
            }
            if let Some(at) = (0..bytes.len()).find(|&n| bytes[n] != right[n]) {
                return Some(format!(
                    "`{name}` at step {step} differs from byte {at} of {}",
                    bytes.len()
                ));
            }
        }
        let mut lines = self.history.lines().zip(expected.history.lines());
        match lines.find(|(a, b)| a != b) {
            Some((a, b)) => Some(format!("the history differs:\n{a}\n{b}")),
            None => (self.history != expected.history).then(|| "the history has another length".to_string()),
        }
    }

    fn must_equal(&self, expected: &Bits, way: &Way) {
        if let Some(difference) = self.difference(expected) {
            panic!("{way:?}: {difference}");
        }
    }
}

/// All ways to write `ranks` as a product of `dims` numbers.
fn topologies(ranks: usize, dims: usize) -> Vec<Vec<usize>> {
    if dims == 1 {
        return vec![vec![ranks]];
    }
    let divisors = (1..=ranks).filter(|&d| ranks.is_multiple_of(d));
    divisors
        .flat_map(|first| {
            let rest = topologies(ranks / first, dims - 1);
            rest.into_iter().map(move |rest| [&[first][..], &rest].concat())
        })
        .collect()
}

#[test]
fn bits_are_equal_for_everything_in_3d() {
    everything_3d().check(true);
}

#[test]
fn bits_are_equal_for_heat_in_3d() {
    heat_3d().check(false);
}

#[test]
fn bits_are_equal_in_a_periodic_box_in_2d() {
    periodic_2d().check(true);
}

#[test]
fn bits_are_equal_between_walls_in_2d() {
    walls_2d().check(false);
}

#[test]
fn bits_are_equal_for_random_configurations() {
    for seed in 1000..1012 {
        let mut random = Random::new(seed);
        let problem = random_problem(&mut random);
        let expected = problem.reference();
        let ranks = *random.pick(&[2, 3, 4, 6]);
        let fits = |topology: &Vec<usize>| topology.iter().zip(&problem.cells).all(|(n, cells)| n <= cells);
        let cuts: Vec<Vec<usize>> = topologies(ranks, problem.cells.len())
            .into_iter()
            .filter(fits)
            .collect();
        let way = Way {
            topology: random.pick(&cuts).clone(),
            exchange: EXCHANGES[random.below(EXCHANGES.len())],
            instructions: InstructionSet::best(),
        };
        if let Some(difference) = problem.bits(&Launch::on(ranks), &way).difference(&expected) {
            panic!("seed {seed}, {way:?}: {difference}\n{}", problem.text);
        }
    }
}

/// A random `[kernel]` table on a small grid around the origin, with a time step that suits all of them.
fn random_problem(random: &mut Random) -> Problem {
    let case = random_transport(random);
    let size: Vec<f64> = case
        .cells
        .iter()
        .zip(SPACING)
        .map(|(&n, side)| n as f64 * side)
        .collect();
    let origin: Vec<f64> = size.iter().map(|length| -0.5 * length).collect();
    let kernel = format!("precision = \"{}\"\n{}", random.pick(&["f32", "f64"]), case.text());
    let text = text(
        &format!("{:?}", case.cells),
        &format!("{size:?}\norigin = {origin:?}"),
        &kernel,
    );
    Problem {
        cells: case.cells,
        text: text.replace("[time]", "[time]\ndt = 0.01"),
    }
}

/// What a developer looks at after every change: one uneven cut of the fullest problem per exchange mode.
pub fn check_quickly() {
    let problem = everything_3d();
    let expected = problem.reference();
    for exchange in EXCHANGES {
        let way = Way {
            topology: vec![3, 1, 2],
            exchange,
            instructions: InstructionSet::best(),
        };
        problem.bits(&Launch::on(6), &way).must_equal(&expected, &way);
    }
}

#[test]
fn every_topology_of_six_ranks_is_tried() {
    assert_eq!(topologies(6, 3).len(), 9);
    assert_eq!(topologies(4, 2), [[1, 4], [2, 2], [4, 1]]);
}

#[cfg(feature = "faults")]
mod faults {
    use super::*;

    fn way(exchange: &'static str, topology: [usize; 2]) -> Way {
        Way {
            topology: topology.to_vec(),
            exchange,
            instructions: InstructionSet::best(),
        }
    }

    #[test]
    fn one_corrupted_halo_value_is_noticed() {
        let problem = periodic_2d();
        let expected = problem.reference();
        for exchange in ["blocking", "overlap", "progress"] {
            let way = way(exchange, [2, 1]);
            let launch = Launch::on(2).with("SIMRUN_FAULT", "halo:1:3");
            let found = problem.bits(&launch, &way);
            assert!(
                found.difference(&expected).is_some(),
                "{exchange}: a wrong halo value changes nothing"
            );
            let (early, late) = (&found.storage[&(3, "q".into())], &found.storage[&(17, "q".into())]);
            assert_eq!(
                *early,
                expected.storage[&(3, "q".into())],
                "the fault is in step 3, from step 3 to 4"
            );
            assert_ne!(*late, expected.storage[&(17, "q".into())]);
        }
    }

    #[test]
    fn a_panic_on_one_rank_ends_the_job_and_names_the_rank() {
        for ranks in [2, 4] {
            let place = Workplace::new();
            place.write("case.toml", &periodic_2d().text);
            let launch = Launch::on(ranks).with("SIMRUN_FAULT", "panic:1:3");
            let outcome = run(&place, &launch, &way("overlap", [ranks, 1]));
            assert!(outcome.code != Some(0) && outcome.seconds < 10.0, "{outcome}");
            assert!(outcome.stderr.contains("rank 1"), "{outcome}");
        }
    }

    #[test]
    fn a_panic_without_a_launcher_ends_the_job() {
        let place = Workplace::new();
        place.write("case.toml", &periodic_2d().text);
        let launch = Launch::alone().with("SIMRUN_FAULT", "panic:0:3");
        let outcome = run(&place, &launch, &way("blocking", [1, 1]));
        assert!(outcome.code.is_none_or(|code| code != 0), "{outcome}");
        assert!(
            outcome.stderr.contains("rank 0") || outcome.stderr.contains("fault"),
            "{outcome}"
        );
    }
}
