//! The promise of bits: however the grid is cut, messages travel and loops are compiled, all declared storage and all
//! histories are equal to the last bit.

mod every_case;
mod maxwell;
mod problems;
#[cfg(feature = "faults")]
mod restarts;

use crate::contract::{SCHEMES, SPACING, random_transport};
use crate::launch::{Launch, Outcome, Workplace};
use crate::random::Random;
use maxwell::{maxwell_3d, maxwell_ez_2d, maxwell_hz_2d};
use problems::{
    dust_3d, everything_3d, heat_3d, limited_2d, pair_2d, periodic_2d, stiff_3d, stream_2d, text, walls_2d,
};
use simrun::engine::depth_of;
use simrun::files::SnapshotReader;
use simrun::grid::Decomposition;
use simrun::numerics::instructions::InstructionSet;
use simrun::simulation::Case;
use std::collections::BTreeMap;
use std::fs;

/// Steps: enough for `auto` to try every executor and choose one.
const STEPS: [u64; 3] = [3, 17, 32];

const EXECUTORS: [&str; 7] = [
    "blocking",
    "overlap",
    "progress",
    "temporal 1",
    "temporal 2",
    "temporal 5",
    "auto",
];

/// By which ways halos travel between ranks of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Halos {
    Messages,
    Memory,
    /// Through memory in twos, as if each two ranks had a host of their own.
    Both,
}

const HALOS: [Halos; 3] = [Halos::Messages, Halos::Memory, Halos::Both];

/// A small run whose every storage is compared.
struct Problem {
    cells: Vec<usize>,
    text: String,
}

/// The raw bytes of all declared storage at some steps, by step and name, and the texts of the history and of all probes.
#[derive(PartialEq)]
struct Bits {
    storage: BTreeMap<(u64, String), Vec<u8>>,
    history: String,
    probes: BTreeMap<String, String>,
}

/// How a run is cut and carried out.
#[derive(Clone, Debug)]
struct Way {
    topology: Vec<usize>,
    executor: &'static str,
    threads: usize,
    instructions: InstructionSet,
    halos: Halos,
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
            executor: "blocking",
            threads: 1,
            instructions: InstructionSet::Baseline,
            halos: Halos::Messages,
        };
        let bits = self.bits(&Launch::alone(), &way);
        assert!(bits.storage.len() >= 2 * STEPS.len(), "the reference has no storage");
        bits
    }

    /// Runs on all numbers of ranks and in all topologies: in all executors, or in one of them by turns. Instruction
    /// sets, and the ways of halos, always take turns.
    fn check(&self, in_all_modes: bool) {
        let expected = self.reference();
        let sets: Vec<_> = InstructionSet::ALL
            .into_iter()
            .filter(|set| set.is_available())
            .collect();
        let n_modes = if in_all_modes { EXECUTORS.len() } else { 1 };
        let cuts = [1, 2, 3, 4, 6].into_iter().flat_map(|ranks| self.cuts(ranks));
        for (n, (topology, mode)) in cuts
            .flat_map(|cut| (0..n_modes).map(move |mode| (cut.clone(), mode)))
            .enumerate()
        {
            let executor = EXECUTORS[if in_all_modes { mode } else { n % EXECUTORS.len() }];
            // Every mode meets every set: after each round of modes the turns of the sets move on by one.
            let instructions = sets[(n + n / EXECUTORS.len()) % sets.len()];
            let way = Way {
                topology,
                executor,
                threads: 1 + n % 3,
                instructions,
                halos: HALOS[(n + n / EXECUTORS.len()) % HALOS.len()],
            };
            self.bits(&way.launch(), &way).must_equal(&expected, &way);
        }
    }

    /// All ways to cut the grid into tiles for so many ranks, none thinner than the halo.
    fn cuts(&self, ranks: usize) -> Vec<Vec<usize>> {
        let case = Case::parse("case.toml", &self.text, &[]).unwrap_or_else(|error| panic!("{error}"));
        let reach = case.declaration.reach(&case.grid);
        let fits = |topology: &Vec<usize>| {
            let mut wanted = [1; 3];
            wanted[..topology.len()].copy_from_slice(topology);
            Decomposition::new(&case.grid, ranks, &reach, Some(wanted)).is_ok()
        };
        topologies(ranks, self.cells.len()).into_iter().filter(fits).collect()
    }
}

impl Way {
    fn launch(&self) -> Launch {
        let launch = match self.topology.iter().product() {
            1 => Launch::alone(),
            ranks => Launch::on(ranks),
        };
        match self.halos {
            Halos::Both => launch.with("SIMRUN_RANKS_PER_HOST", "2"),
            _ => launch,
        }
    }

    /// The settings of the executor for the case of `text`: blocks are as long as was asked for, or as the tiles admit, if they admit
    /// any.
    fn executor(&self, text: &str) -> Vec<String> {
        let Some(longest) = self.executor.strip_prefix("temporal ") else {
            return vec![format!("parallel.executor={}", self.executor)];
        };
        let case = Case::parse("case.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
        let mut topology = [1; 3];
        topology[..self.topology.len()].copy_from_slice(&self.topology);
        let decomposition = Decomposition {
            grid: case.grid.clone(),
            topology,
        };
        let admitted = |n: &usize| decomposition.admits(&depth_of(&case.declaration, &case.grid, *n));
        let Some(depth) = (1..=longest.parse().unwrap()).rev().find(admitted) else {
            return vec!["parallel.executor=progress".into()];
        };
        let mut sets = vec!["parallel.executor=temporal".into(), format!("parallel.depth={depth}")];
        if longest == "5" && self.topology.len() == 3 {
            // Fewer rows than lags.
            sets.push("parallel.strip_rows=2".into());
        }
        sets
    }
}

fn run(place: &Workplace, launch: &Launch, way: &Way) -> Outcome {
    let topology = format!("parallel.topology={:?}", way.topology);
    let executor = way.executor(&place.read("case.toml"));
    let instructions = format!("parallel.instructions={}", way.instructions.name());
    let threads = format!("parallel.threads={}", way.threads);
    let halos = format!("parallel.shared_memory={}", way.halos != Halos::Messages);
    let executor = executor.iter().chain([&threads, &halos]).flat_map(|set| ["--set", set]);
    let arguments = [
        "case.toml",
        "--output",
        "run",
        "--progress",
        "none",
        "--set",
        &topology,
        "--set",
        &instructions,
    ];
    let arguments: Vec<&str> = arguments.into_iter().chain(executor).collect();
    place.run(launch, &arguments)
}

fn read_bits(place: &Workplace) -> Bits {
    read_bits_at(place, &STEPS)
}

/// The raw bytes of the storage at `steps` instead.
fn read_bits_at(place: &Workplace, steps: &[u64]) -> Bits {
    let mut storage = BTreeMap::new();
    for &step in steps {
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
        probes: read_probes(place),
    }
}

/// The files of all probes, by name; none where there are no probes.
fn read_probes(place: &Workplace) -> BTreeMap<String, String> {
    let Ok(files) = fs::read_dir(place.path("run/probes")) else {
        return BTreeMap::new();
    };
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names
        .map(|name| (name.clone(), place.read(&format!("run/probes/{name}"))))
        .collect()
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
        if !self.probes.keys().eq(expected.probes.keys()) {
            return Some("other probes".to_string());
        }
        let probes = self
            .probes
            .iter()
            .map(|(name, text)| (name.as_str(), text, &expected.probes[name]));
        let mut texts = std::iter::once(("history", &self.history, &expected.history)).chain(probes);
        texts.find_map(|(name, found, right)| difference_of_lines(name, found, right))
    }

    fn must_equal(&self, expected: &Bits, way: &Way) {
        if let Some(difference) = self.difference(expected) {
            panic!("{way:?}: {difference}");
        }
    }
}

/// The first line that differs.
fn difference_of_lines(name: &str, found: &str, expected: &str) -> Option<String> {
    match found.lines().zip(expected.lines()).find(|(a, b)| a != b) {
        Some((a, b)) => Some(format!("`{name}` differs:\n{a}\n{b}")),
        None => (found != expected).then(|| format!("`{name}` has another length")),
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
fn bits_are_equal_for_what_settles_and_turns_into_each_other_in_3d() {
    let problem = dust_3d();
    let history = problem.reference().history;
    for column in [
        "coarse.exchanged",
        "gas.exchanged",
        "gas.in_bottom",
        "coarse.in_bottom",
        "fine.decayed",
        "fine.emitted",
    ] {
        assert!(history.contains(column), "`{column}` is not compared\n{history}");
    }
    problem.check(false);
}

#[test]
fn bits_are_equal_for_super_time_stepping_in_3d() {
    stiff_3d().check(false);
}

#[test]
fn bits_are_equal_in_thin_tiles_with_a_divergent_wind() {
    let problem = limited_2d();
    assert!(problem.cuts(6).contains(&vec![6, 1]), "tiles as thin as the halo");
    problem.check(false);
}

#[test]
fn bits_are_equal_for_a_stream_function_around_the_grid() {
    stream_2d().check(false);
}

#[test]
fn bits_are_equal_for_maxwells_equations_in_3d() {
    let problem = maxwell_3d();
    assert!(
        problem.cuts(6).len() == 9,
        "layers are thicker than tiles in every direction"
    );
    must_hold_all(&problem, 3);
    problem.check(true);
}

#[test]
fn bits_are_equal_for_waves_out_of_the_plane() {
    let problem = maxwell_ez_2d();
    must_hold_all(&problem, 3);
    problem.check(false);
}

#[test]
fn bits_are_equal_for_waves_in_the_plane() {
    let problem = maxwell_hz_2d();
    must_hold_all(&problem, 3);
    problem.check(false);
}

/// What is compared of a run of Maxwell's equations: the energy, all probes, and storage that has moved.
fn must_hold_all(problem: &Problem, n_probes: usize) {
    let bits = problem.reference();
    assert!(bits.history.contains("energy"), "{}", bits.history);
    assert_eq!(bits.probes.len(), n_probes);
    let (early, late) = (STEPS[0], STEPS[STEPS.len() - 1]);
    for ((step, name), bytes) in bits.storage.iter().filter(|((step, _), _)| *step == late) {
        assert_ne!(
            *bytes,
            bits.storage[&(early, name.clone())],
            "`{name}` is the same at steps {early} and {step}"
        );
    }
}

#[test]
fn bits_are_equal_for_every_scheme_with_every_stepper() {
    for (n, (advection, stepper)) in SCHEMES.into_iter().enumerate() {
        let problem = pair_2d(advection, stepper);
        let expected = problem.reference();
        for topology in [[6, 1], [1, 3]] {
            let way = Way {
                topology: topology.to_vec(),
                executor: EXECUTORS[(n + topology[0]) % EXECUTORS.len()],
                threads: 1 + n % 2,
                instructions: InstructionSet::best(),
                halos: HALOS[n % HALOS.len()],
            };
            let found = problem.bits(&way.launch(), &way);
            if let Some(difference) = found.difference(&expected) {
                panic!("{advection} {stepper} {way:?}: {difference}");
            }
        }
    }
}

#[test]
fn bits_are_equal_for_random_configurations() {
    for seed in 1000..1024 {
        let mut random = Random::new(seed);
        let problem = random_problem(&mut random);
        let expected = problem.reference();
        let ranks = *random.pick(&[2, 3, 4, 6]);
        let cuts = problem.cuts(ranks);
        let cuts = if cuts.is_empty() { problem.cuts(1) } else { cuts };
        let way = Way {
            topology: random.pick(&cuts).clone(),
            executor: EXECUTORS[random.below(EXECUTORS.len())],
            threads: 1 + random.below(3),
            instructions: InstructionSet::best(),
            halos: *random.pick(&HALOS),
        };
        if let Some(difference) = problem.bits(&way.launch(), &way).difference(&expected) {
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

/// What a developer looks at after every change: one uneven cut of the fullest problem per executor.
pub fn check_quickly() {
    let problem = everything_3d();
    let expected = problem.reference();
    for (n, executor) in EXECUTORS.into_iter().enumerate() {
        let way = Way {
            topology: vec![3, 1, 2],
            executor,
            threads: 2,
            instructions: InstructionSet::best(),
            halos: HALOS[n % HALOS.len()],
        };
        problem.bits(&way.launch(), &way).must_equal(&expected, &way);
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

    fn way(executor: &'static str, topology: [usize; 2], halos: Halos) -> Way {
        Way {
            topology: topology.to_vec(),
            executor,
            threads: 1,
            instructions: InstructionSet::best(),
            halos,
        }
    }

    #[test]
    fn one_corrupted_halo_value_is_noticed() {
        let problem = periodic_2d();
        let expected = problem.reference();
        let executors = ["blocking", "overlap", "progress", "temporal 2"];
        let halos = [Halos::Messages, Halos::Memory];
        for (executor, halos) in executors.into_iter().flat_map(|e| halos.map(|halos| (e, halos))) {
            let way = way(executor, [2, 1], halos);
            let launch = Launch::on(2).with("SIMRUN_FAULT", "halo:1:3");
            let found = problem.bits(&launch, &way);
            assert!(
                found.difference(&expected).is_some(),
                "{executor}, {halos:?}: a wrong halo value changes nothing"
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
    fn halos_travel_as_was_asked_for_and_the_log_says_so() {
        let problem = periodic_2d();
        let expected = problem.reference();
        let ways = [
            (
                Halos::Memory,
                "",
                "halos: 4 of 4 pairs of neighbours through shared memory\n",
            ),
            (
                Halos::Both,
                "",
                "halos: 2 of 4 pairs of neighbours through shared memory\n",
            ),
            (
                Halos::Messages,
                "",
                "halos: 0 of 4 pairs of neighbours through shared memory\n",
            ),
            (
                Halos::Memory,
                "memory:3",
                "halos: 0 of 4 pairs of neighbours through shared memory (rank 3 cannot share memory: ",
            ),
        ];
        for (halos, fault, said) in ways {
            let place = Workplace::new();
            place.write("case.toml", &problem.text);
            let way = way("overlap", [4, 1], halos);
            let outcome = run(&place, &way.launch().with("SIMRUN_FAULT", fault), &way);
            assert_eq!(outcome.code, Some(0), "{outcome}");
            assert!(outcome.stdout.contains(said), "{said}\n{outcome}");
            read_bits(&place).must_equal(&expected, &way);
        }
    }

    #[test]
    fn a_panic_on_one_rank_ends_the_job_and_names_the_rank() {
        for (ranks, halos) in [(2, Halos::Memory), (4, Halos::Both), (2, Halos::Messages)] {
            let place = Workplace::new();
            place.write("case.toml", &periodic_2d().text);
            let way = way("overlap", [ranks, 1], halos);
            let outcome = run(&place, &way.launch().with("SIMRUN_FAULT", "panic:1:3"), &way);
            assert!(outcome.code != Some(0) && outcome.seconds < 10.0, "{outcome}");
            assert!(outcome.stderr.contains("rank 1"), "{outcome}");
        }
    }

    #[test]
    fn a_panic_without_a_launcher_ends_the_job() {
        let place = Workplace::new();
        place.write("case.toml", &periodic_2d().text);
        let launch = Launch::alone().with("SIMRUN_FAULT", "panic:0:3");
        let outcome = run(&place, &launch, &way("blocking", [1, 1], Halos::Memory));
        assert!(outcome.code.is_none_or(|code| code != 0), "{outcome}");
        assert!(
            outcome.stderr.contains("rank 0") || outcome.stderr.contains("fault"),
            "{outcome}"
        );
    }
}
