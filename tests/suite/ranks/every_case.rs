//! Every case of `validation/` and `configs/`, for a few steps, with every executor, number of threads and number of ranks.
//!
//! `scripts/check-bits` runs it in more ways than the suite does.

use super::{Bits, read_bits_at};
use crate::launch::{Launch, Workplace};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Steps at which storage is compared. A block ends there: the second one has room for the deepest halo.
const STEPS: [i64; 2] = [5, 13];

/// Executors with the steps of a block.
const EXECUTORS: [(&str, usize); 8] = [
    ("blocking", 1),
    ("overlap", 1),
    ("progress", 1),
    ("temporal", 1),
    ("temporal", 2),
    ("temporal", 3),
    ("temporal", 5),
    ("temporal", 8),
];

const THREADS: [usize; 3] = [1, 2, 3];

const RANKS: [usize; 3] = [1, 2, 4];

/// Ways of each case in the suite. They move on from case to case.
const FEW: usize = 2;

/// Ways of each case that have every executor, and every pair of threads and ranks.
const PAIRS: usize = 9;

const ALL: usize = EXECUTORS.len() * THREADS.len() * RANKS.len();

/// How a case is run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Way {
    executor: (&'static str, usize),
    threads: usize,
    ranks: usize,
}

/// What came of a run.
enum Verdict {
    Equal,
    Different(String),
    /// The tiles have no room for the halo of the block.
    TooThin,
}

/// The way number `n` of case number `case`. Any [`PAIRS`] that follow each other have every executor and every pair of
/// threads and ranks; the pairs with executors come round from case to case, and after [`ALL`] all ways have been gone.
fn way(case: usize, n: usize) -> Way {
    let (inner, outer) = (n % PAIRS, n / PAIRS);
    Way {
        executor: EXECUTORS[(inner + outer + case) % EXECUTORS.len()],
        threads: THREADS[inner % 3],
        ranks: RANKS[inner / 3],
    }
}

/// The configurations, by the names of their folders or files: all, or those that `SIMRUN_BITS_CASES` names.
fn cases() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = |folder: &str| {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let of_validation = entries("validation").into_iter().filter(|path| path.is_dir());
    let of_validation = of_validation.map(|path| (name(&path), path.join("case.toml")));
    let of_configs = entries("configs")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let mut cases: Vec<_> = of_validation
        .chain(of_configs.map(|path| (name(&path), path)))
        .collect();
    cases.sort();
    if let Ok(wanted) = std::env::var("SIMRUN_BITS_CASES") {
        cases.retain(|(name, _)| wanted.split_whitespace().any(|one| one == name));
    }
    assert!(!cases.is_empty(), "there is no such case");
    cases
}

/// The case at `path` for a few steps, with all storage written and nothing due in between.
fn shortened(path: &Path) -> String {
    let mut case: Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let time = case["time"].as_table_mut().unwrap();
    time.remove("end");
    time.insert("steps".into(), Value::Integer(STEPS[1]));
    for section in ["checkpoint", "stop", "parallel", "output"] {
        case.remove(section);
    }
    let kernel = case["kernel"].as_table_mut().unwrap();
    if kernel.get("stepper").and_then(Value::as_str) == Some("rkl2") && !kernel.contains_key("stages") {
        kernel.insert("stages".into(), Value::Integer(5));
    }
    let sections = format!(
        "history = {{ every = {{ steps = {} }} }}\nsnapshot = [{{ at_steps = {STEPS:?}, storage = true }}]",
        STEPS[1]
    );
    case.extend(sections.parse::<Table>().unwrap());
    case.to_string()
}

/// Runs the case; none if its tiles are too thin.
fn bits(text: &str, way: Way, fault: Option<&str>) -> Option<Bits> {
    let place = Workplace::new();
    place.write("case.toml", text);
    let Way {
        executor: (name, depth),
        threads,
        ranks,
    } = way;
    let mut sets = vec![
        format!("parallel.executor={name}"),
        format!("parallel.threads={threads}"),
    ];
    if name == "temporal" {
        sets.push(format!("parallel.depth={depth}"));
    }
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments = ["case.toml", "--output", "run", "--progress", "none"];
    let arguments: Vec<&str> = arguments.into_iter().chain(sets).collect();
    let mut launch = if ranks == 1 { Launch::alone() } else { Launch::on(ranks) };
    if let Some(fault) = fault {
        launch = launch.with("SIMRUN_FAULT", fault);
    }
    let outcome = place.run(&launch, &arguments);
    if outcome.code == Some(2) && outcome.stderr.contains("needs a halo of") {
        return None;
    }
    assert_eq!(outcome.code, Some(0), "{way:?}\n{outcome}");
    Some(read_bits_at(&place, &STEPS.map(|step| step as u64)))
}

fn reference(text: &str) -> Bits {
    let way = Way {
        executor: EXECUTORS[0],
        threads: 1,
        ranks: 1,
    };
    let bits = bits(text, way, None).expect("one tile is the whole grid");
    assert!(bits.storage.len() >= 2 * STEPS.len(), "the reference has no storage");
    bits
}

fn verdict(text: &str, expected: &Bits, way: Way, fault: Option<&str>) -> Verdict {
    match bits(text, way, fault) {
        None => Verdict::TooThin,
        Some(bits) => bits.difference(expected).map_or(Verdict::Equal, Verdict::Different),
    }
}

/// Runs every case in `n_ways` ways, and says what came of it.
fn check(n_ways: usize) {
    let mut table = format!("{:<20} {:>5} {:>9} {:>12}\n", "case", "runs", "too thin", "differences");
    print!("{table}");
    let mut found = String::new();
    // Runs by executor, and those of them for which no tiles were large enough.
    let mut by_executor = [(0, 0); EXECUTORS.len()];
    for (number, (name, path)) in cases().into_iter().enumerate() {
        let text = shortened(&path);
        let expected = reference(&text);
        let (mut runs, mut thin, mut different) = (0, 0, 0);
        for n in 0..n_ways {
            // In the suite the cases share out what each of them has otherwise.
            let way = way(number, if n_ways == FEW { number * FEW + n } else { n });
            let place = EXECUTORS.iter().position(|executor| *executor == way.executor).unwrap();
            by_executor[place].0 += 1;
            let mut came = verdict(&text, &expected, way, None);
            thin += usize::from(matches!(came, Verdict::TooThin));
            // Larger tiles instead, so that the block is seen; without any that will do, the cut step by step.
            for &ranks in RANKS.iter().rev().filter(|&&ranks| ranks < way.ranks) {
                if matches!(came, Verdict::TooThin) {
                    came = verdict(&text, &expected, Way { ranks, ..way }, None);
                }
            }
            if matches!(came, Verdict::TooThin) {
                by_executor[place].1 += 1;
                came = verdict(
                    &text,
                    &expected,
                    Way {
                        executor: EXECUTORS[1],
                        ..way
                    },
                    None,
                );
            }
            runs += 1;
            if let Verdict::Different(what) = came {
                different += 1;
                let _ = writeln!(found, "{name}, {way:?}: {what}");
            }
        }
        let line = format!("{name:<20} {runs:>5} {thin:>9} {different:>12}\n");
        print!("{line}");
        table += &line;
    }
    println!("{:<20} {:>5} {:>9}", "executor", "runs", "too thin");
    for ((name, depth), (asked, thin)) in EXECUTORS.iter().zip(by_executor) {
        let steps = if *name == "temporal" {
            format!(" {depth}")
        } else {
            String::new()
        };
        println!("{:<20} {:>5} {thin:>9}", format!("{name}{steps}"), asked - thin);
        assert!(n_ways == FEW || 2 * thin < asked, "{name} {depth} was hardly seen");
    }
    assert!(found.is_empty(), "{table}{found}");
}

#[test]
fn bits_are_equal_for_every_case_however_it_is_run() {
    let n_ways = match std::env::var("SIMRUN_BITS").as_deref() {
        Ok("all") => ALL,
        Ok("pairs") => PAIRS,
        _ => FEW,
    };
    check(n_ways);
}

#[test]
fn the_ways_have_every_executor_and_all_pairs() {
    for case in 0..EXECUTORS.len() {
        let ways: Vec<Way> = (0..PAIRS).map(|n| way(case, n)).collect();
        assert!(
            EXECUTORS
                .iter()
                .all(|executor| ways.iter().any(|way| way.executor == *executor))
        );
        for threads in THREADS {
            assert!(
                RANKS
                    .iter()
                    .all(|&ranks| ways.iter().any(|way| (way.threads, way.ranks) == (threads, ranks)))
            );
        }
    }
    let first: Vec<Way> = (0..EXECUTORS.len())
        .flat_map(|case| (0..PAIRS).map(move |n| way(case, n)))
        .collect();
    for executor in EXECUTORS {
        assert!(THREADS.iter().all(|&threads| {
            first
                .iter()
                .any(|way| (way.executor, way.threads) == (executor, threads))
        }));
        assert!(
            RANKS
                .iter()
                .all(|&ranks| first.iter().any(|way| (way.executor, way.ranks) == (executor, ranks)))
        );
    }
    let mut all: Vec<Way> = Vec::new();
    for way in (0..ALL).map(|n| way(0, n)) {
        assert!(!all.contains(&way), "{way:?} comes twice");
        all.push(way);
    }
}

/// One wrong value in a halo is a difference, whatever the executor.
#[cfg(feature = "faults")]
#[test]
fn a_single_wrong_halo_value_of_a_case_is_found() {
    // In one dimension a halo has no corners, from which nothing comes to an owned cell before a block is over.
    let place = Workplace::new();
    let text = r#"
        [grid]
        cells = [64, 1]
        spacing = [1, 1]
        [time]
        steps = 1
        dt = 0.4
        [kernel]
        type = "advection-diffusion"
        diffusivity = 1
        stepper = "euler"
        boundary = { west = "periodic", east = "periodic" }
        [[kernel.field]]
        name = "q"
        initial = "sin(x)"
    "#;
    let text = shortened(&place.write("line.toml", text));
    let expected = reference(&text);
    for executor in EXECUTORS {
        let way = Way {
            executor,
            threads: 1,
            ranks: 2,
        };
        // All blocks begin anew after step 5.
        let found = verdict(&text, &expected, way, Some("halo:1:5"));
        assert!(matches!(found, Verdict::Different(_)), "{executor:?} has not noticed");
    }
}
