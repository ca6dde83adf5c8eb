//! Ensembles: members are runs like any other, and none of them depends on the others.

use crate::launch::{Launch, Outcome, Workplace};
use simrun::files::SnapshotReader;
use std::fs;

const CASE: &str = r#"
title = "heat"
[grid]
cells = [24, 10]
size = [4.0, 2.0]
[time]
steps = 12
[check]
every = { steps = 1 }
[kernel]
type = "advection-diffusion"
diffusivity = 0.01
boundary = { all = "open" }
[[kernel.field]]
name = "q"
initial = "exp(-10*((x - 1)^2 + (y - 1)^2))"
[[snapshot]]
every = { steps = 6 }
storage = true
"#;

/// What is not finite after the first step, and what is not at the start.
const LOST: &str = "if(t > 0, 1/0, 0)";
const REFUSED: &str = "1/(y - 0.1)";

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    place
}

fn ensemble(place: &Workplace, launch: &Launch, arguments: &[&str]) -> Outcome {
    let all: Vec<&str> = ["ensemble", "case.toml", "--output", "all"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    place.run(launch, &all)
}

fn must_succeed(outcome: Outcome) -> Outcome {
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome
}

/// The history of a run, and the bytes of its storage in the last snapshot.
fn bits(place: &Workplace, run: &str) -> (String, Vec<Vec<u8>>) {
    let reader = SnapshotReader::open(&place.path(&format!("{run}/snapshots/fields_00000012.h5"))).unwrap();
    let storage = reader
        .storage_names()
        .into_iter()
        .map(|name| reader.read_storage(&name).unwrap().0);
    (place.read(&format!("{run}/history.csv")), storage.collect())
}

/// The lines of `all/ensemble.csv` that are no comments.
fn table(place: &Workplace) -> Vec<String> {
    let text = place.read("all/ensemble.csv");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn members_have_the_bits_that_they_would_have_alone() {
    let place = workplace();
    let vary = ["--vary", "kernel.diffusivity=0.01,0.02", "--vary", "time.cfl=0.4,0.8"];
    let outcome = must_succeed(ensemble(&place, &Launch::on(2), &vary));
    assert!(
        outcome.stdout.contains("4 members by 2 groups of 1 rank, in all\n"),
        "{outcome}"
    );
    let lines = table(&place);
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(
        lines[0].starts_with("member,kernel.diffusivity,time.cfl,exit_code,end,steps,time,"),
        "{}",
        lines[0]
    );
    let values = [("0.01", "0.4"), ("0.01", "0.8"), ("0.02", "0.4"), ("0.02", "0.8")];
    for (n, (diffusivity, cfl)) in values.into_iter().enumerate() {
        let name = format!("diffusivity={diffusivity}_cfl={cfl}");
        assert!(
            outcome.stdout.contains(&format!("\n{name}  finished  12 ")),
            "{outcome}"
        );
        assert!(
            lines[n + 1].starts_with(&format!("{name},{diffusivity},{cfl},0,finished,12,")),
            "{lines:?}"
        );
        let sets = [format!("kernel.diffusivity={diffusivity}"), format!("time.cfl={cfl}")];
        let alone = [
            "case.toml",
            "--overwrite",
            "--output",
            "alone",
            "--set",
            &sets[0],
            "--set",
            &sets[1],
        ];
        place.succeed(&Launch::alone(), &alone);
        assert!(bits(&place, &format!("all/{name}")) == bits(&place, "alone"), "{name}");
    }
    let picture = fs::read(place.path("all/ensemble.png")).unwrap();
    assert_eq!(picture[1..4], *b"PNG");
}

#[test]
fn members_on_several_ranks_have_the_same_bits_and_groups_keep_apart() {
    let place = workplace();
    let vary = ["--vary", "kernel.diffusivity=0.01,0.02,0.03"];
    must_succeed(ensemble(&place, &Launch::alone(), &vary));
    let names = ["diffusivity=0.01", "diffusivity=0.02", "diffusivity=0.03"];
    let expected = names.map(|name| bits(&place, &format!("all/{name}")));
    for (ranks, per_member) in [(4, "2"), (3, "3")] {
        let more = ["--overwrite", "--ranks-per-member", per_member];
        must_succeed(ensemble(&place, &Launch::on(ranks), &[&vary[..], &more].concat()));
        for (name, expected) in names.iter().zip(&expected) {
            assert!(
                bits(&place, &format!("all/{name}")) == *expected,
                "{name} on {per_member} of {ranks} ranks"
            );
            let log = place.read(&format!("all/{name}/log.txt"));
            assert!(log.contains(&format!("{per_member} ranks as")), "{log}");
        }
    }
}

#[test]
fn a_member_that_fails_does_not_take_the_others_along() {
    let place = workplace();
    let vary = format!("kernel.field.q.source=0,{LOST},{REFUSED},1");
    let outcome = ensemble(&place, &Launch::on(2), &["--vary", &vary]);
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert!(
        outcome.stderr.contains("2 of 4 members did not come to their end"),
        "{outcome}"
    );
    for part in [
        "(exit code 4): field \"q\" is not finite",
        "(exit code 2): ",
        "is not finite",
    ] {
        assert!(outcome.stderr.contains(part), "{part}\n{outcome}");
    }
    let ends: Vec<String> = table(&place)
        .iter()
        .map(|line| {
            ["finished", "failed", "refused"]
                .into_iter()
                .filter(|word| line.contains(word))
                .collect()
        })
        .collect();
    assert_eq!(ends, ["", "finished", "failed", "refused", "finished"]);
    assert!(place.read("all/source=1/status.json").contains("finished"));
    assert!(place.path("all/ensemble.png").exists());
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_is() {
    let place = workplace();
    place.write("cut.toml", &format!("{CASE}\n[parallel]\ntopology = [2, 2]\n"));
    for (arguments, words) in [
        (
            &["--vary", "kernel.diffusivity=1,[2"][..],
            &["--vary kernel.diffusivity=1,[2", "`]` is missing"][..],
        ),
        (&["--vary", "kernel.diffusivity=1,,2"], &["a value is empty"]),
        (
            &["--vary", "kernel.difusivity=1,2"],
            &["member \"difusivity=", "diffusivity", "--set"],
        ),
        (&["--vary", "time.steps=5,six"], &["member \"steps=six\"", "six"]),
        (
            &["--vary", "parallel.topology=[1,1],[1,2]"],
            &["member \"topology=1_2\"", "--ranks-per-member"],
        ),
        (
            &["--vary", "time.steps=5,6", "--ranks-per-member", "3"],
            &["needs 3 ranks at least, and there are 2"],
        ),
        (
            &["--vary", "time.steps=5", "--vary", "time.steps=6"],
            &["--vary time.steps is there twice"],
        ),
        (&[], &["--vary"]),
    ] {
        let outcome = ensemble(&place, &Launch::on(2), arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}\n{outcome}");
        for word in words {
            assert_eq!(outcome.stderr.matches(word).count().min(1), 1, "{word}\n{outcome}");
        }
        assert!(!place.path("all").exists(), "{arguments:?}");
    }
}

#[test]
fn ranks_that_are_left_over_have_nothing_to_do() {
    for (ranks, arguments, said) in [
        (
            3,
            &["--vary", "time.steps=5,6", "--ranks-per-member", "1"][..],
            "2 members by 2 groups of 1 rank",
        ),
        (
            3,
            &["--vary", "time.steps=5,6", "--ranks-per-member", "2"],
            "2 members by 1 group of 2 ranks",
        ),
        (3, &["--vary", "time.steps=5,6"], "2 members by 2 groups of 1 rank"),
    ] {
        let place = workplace();
        let outcome = must_succeed(ensemble(&place, &Launch::on(ranks), arguments));
        assert!(outcome.stdout.contains(said), "{said}\n{outcome}");
        assert!(
            outcome.stdout.contains("warning: 1 of 3 ranks have nothing to do"),
            "{outcome}"
        );
        assert_eq!(table(&place).len(), 3);
    }
}

#[test]
fn an_ensemble_that_was_stopped_goes_on() {
    let place = workplace();
    let vary = ["--vary", "kernel.diffusivity=0.01,0.02,0.03"];
    must_succeed(ensemble(&place, &Launch::alone(), &vary));
    let names = ["diffusivity=0.01", "diffusivity=0.02", "diffusivity=0.03"];
    let expected = names.map(|name| bits(&place, &format!("all/{name}")));
    let late = ["--overwrite", "--max-time", "0.001"];
    let outcome = ensemble(&place, &Launch::on(2), &[&vary[..], &late].concat());
    assert_eq!(outcome.code, Some(3), "{outcome}");
    assert!(outcome.stdout.contains("\ndiffusivity=0.01  stopped "), "{outcome}");
    assert!(outcome.stdout.contains("\ndiffusivity=0.03  not begun "), "{outcome}");
    for _ in 0..2 {
        let outcome = must_succeed(ensemble(
            &place,
            &Launch::on(2),
            &[&vary[..], &["--restart", "auto"]].concat(),
        ));
        assert_eq!(outcome.stdout.matches("  finished  12 ").count(), 3, "{outcome}");
        for (name, expected) in names.iter().zip(&expected) {
            assert!(bits(&place, &format!("all/{name}")) == *expected, "{name}");
        }
    }
}

#[test]
fn results_are_replaced_only_when_asked_and_only_those_of_the_ensemble() {
    let place = workplace();
    let vary = ["--vary", "time.steps=12,13"];
    must_succeed(ensemble(&place, &Launch::alone(), &vary));
    place.write("all/mine.txt", "mine");
    let outcome = ensemble(&place, &Launch::alone(), &vary);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains("--overwrite"), "{outcome}");
    let again = ["--vary", "time.steps=12,14", "--overwrite", "--quiet"];
    let outcome = must_succeed(ensemble(&place, &Launch::alone(), &again));
    assert_eq!(outcome.stdout, "");
    assert_eq!(place.read("all/mine.txt"), "mine");
    assert!(place.path("all/steps=13/history.csv").exists() && place.path("all/steps=14/history.csv").exists());
    assert!(table(&place)[2].starts_with("steps=14,14,0,finished,14,"));
}

#[cfg(feature = "faults")]
#[test]
fn a_panic_in_one_member_ends_the_job() {
    let place = workplace();
    let launch = Launch::on(2).with("SIMRUN_FAULT", "panic:1:part-synced:1");
    let vary = [
        "--vary",
        "kernel.diffusivity=0.01,0.02",
        "--set",
        "checkpoint.every={ steps = 3 }",
    ];
    let outcome = ensemble(&place, &launch, &vary);
    assert!(outcome.code != Some(0), "{outcome}");
    assert!(outcome.stderr.contains("rank 1 of 2 failed"), "{outcome}");
}
