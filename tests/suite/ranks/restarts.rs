//! The promise of restarts: a run that was killed and continued, on any number of ranks, has the bits of one that was not.
//!
//! Runs are killed right after they have published the checkpoint of step 16, while they compute what comes after it: some of
//! that is on the disk by then, and has to be done again without a trace.

use super::maxwell::{maxwell_3d, maxwell_ez_2d, maxwell_hz_2d};
use super::problems::{
    dust_3d, everything_3d, heat_3d, limited_2d, pair_2d, periodic_2d, stiff_3d, stream_2d, walls_2d,
};
use super::{Bits, Problem, read_bits};
use crate::launch::{Launch, Outcome, Workplace};
use std::fs;
use std::path::Path;

const RANKS: [usize; 5] = [1, 2, 3, 4, 6];

/// The step of the checkpoint that runs are continued from.
const CHECKPOINT: u64 = 16;

/// What a run that was killed has left behind.
struct Wreck {
    place: Workplace,
}

fn launch(ranks: usize) -> Launch {
    match ranks {
        1 => Launch::alone(),
        n => Launch::on(n),
    }
}

fn run(place: &Workplace, launch: &Launch, more: &[&str]) -> Outcome {
    let arguments = [
        "case.toml",
        "--output",
        "run",
        "--progress",
        "none",
        "--restart",
        "auto",
    ];
    place.run(launch, &[&arguments[..], more].concat())
}

/// The problem with a checkpoint at step 16, written by several ranks where there are several.
fn with_checkpoint(problem: &Problem, ranks: usize) -> String {
    let writing = ranks.div_ceil(2);
    let checkpoint =
        format!("[checkpoint]\nevery = {{ steps = {CHECKPOINT} }}\nfinal = false\n[output]\naggregators = {writing}\n");
    format!("{}\n{checkpoint}", problem.text)
}

impl Wreck {
    /// Runs the problem until it is killed.
    fn new(problem: &Problem, ranks: usize) -> Wreck {
        let place = Workplace::new();
        place.write("case.toml", &with_checkpoint(problem, ranks));
        let killed = run(
            &place,
            &launch(ranks).with("SIMRUN_FAULT", "kill:0:after-rename:1"),
            &[],
        );
        assert_ne!(killed.code, Some(0), "the run was to be killed\n{killed}");
        assert!(
            place
                .path(&format!("run/checkpoints/{CHECKPOINT:08}/manifest.toml"))
                .exists(),
            "no checkpoint on {ranks} ranks\n{killed}"
        );
        Wreck { place }
    }

    /// The bits of a run that continues a copy of what was left.
    fn continued(&self, ranks: usize) -> Bits {
        let place = Workplace::new();
        copy(&self.place.path("case.toml"), &place.path("case.toml"));
        copy(&self.place.path("run"), &place.path("run"));
        let outcome = run(&place, &launch(ranks), &[]);
        assert_eq!(outcome.code, Some(0), "continued on {ranks} ranks\n{outcome}");
        let log = place.read("run/log.txt");
        assert!(log.contains("continuing from"), "{log}");
        read_bits(&place)
    }
}

/// Copies a file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn check(problem: &Problem, pairs: impl IntoIterator<Item = (usize, Vec<usize>)>) {
    let expected = problem.reference();
    for (before, after) in pairs {
        let wreck = Wreck::new(problem, before);
        for after in after {
            if let Some(difference) = wreck.continued(after).difference(&expected) {
                panic!("killed on {before}, continued on {after} ranks: {difference}");
            }
        }
    }
}

/// From every number of ranks to every number of ranks.
fn all_pairs() -> impl Iterator<Item = (usize, Vec<usize>)> {
    RANKS.into_iter().map(|before| (before, RANKS.to_vec()))
}

/// Every number of ranks once before and once after, by turns.
fn some_pairs(turn: usize) -> impl Iterator<Item = (usize, Vec<usize>)> {
    let after = move |n: usize| vec![RANKS[(n + turn + 1) % RANKS.len()]];
    (0..2).map(move |n| (RANKS[(n + 2 * turn) % RANKS.len()], after(n + turn)))
}

#[test]
fn transport_continues_from_any_number_of_ranks_to_any() {
    check(&everything_3d(), all_pairs());
}

#[test]
fn maxwells_equations_continue_from_any_number_of_ranks_to_any() {
    check(&maxwell_3d(), all_pairs());
}

#[test]
fn every_problem_continues_with_the_bits_of_an_undisturbed_run() {
    let problems = [
        heat_3d(),
        periodic_2d(),
        walls_2d(),
        dust_3d(),
        stiff_3d(),
        limited_2d(),
        stream_2d(),
        maxwell_ez_2d(),
        maxwell_hz_2d(),
        pair_2d("weno5", "ssp-rk3"),
    ];
    for (turn, problem) in problems.iter().enumerate() {
        check(problem, some_pairs(turn));
    }
}
