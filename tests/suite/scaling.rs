//! `simrun scaling`: launches its points itself, leaves files that other programs read, and refuses what cannot be measured
//! before anything is launched.

use crate::launch::{Launch, Outcome, Workplace, launcher};
use serde_json::Value;

const CASE: &str = r#"
title = "a small spot"

[grid]
cells = [48, 40]
size = [1.2, 1.0]

[time]
steps = 6

[kernel]
type = "advection-diffusion"
diffusivity = 0.01
stepper = "euler"
boundary = { all = "periodic" }

[[kernel.field]]
name = "q"
initial = "exp(-10*((x - 0.5)^2 + (y - 0.5)^2))"
"#;

/// A folder with the case in it.
fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    place
}

fn json(place: &Workplace, path: &str) -> Value {
    serde_json::from_str(&place.read(path)).unwrap()
}

#[track_caller]
fn refused(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, Some(2), "{outcome}");
    for word in words {
        assert_eq!(outcome.stderr.matches(word).count(), 1, "`{word}`\n{outcome}");
    }
}

#[test]
fn a_strong_study_of_1_and_2_ranks_leaves_its_files() {
    let place = workplace();
    let arguments = "scaling strong case.toml --ranks 1,2 --steps 24 --repeat 2 --executor blocking,temporal --depth 4 \
                     --output study";
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let outcome = place.succeed(&Launch::alone(), &arguments);
    for part in [
        "repetition 2 of 2, 2 ranks, temporal 4:",
        "strong scaling: a small spot, 48 x 40 cells, f64",
        "24 steps after a tenth to warm up",
        "measured for less than a second",
    ] {
        assert!(outcome.stdout.contains(part), "`{part}`\n{outcome}");
    }
    let all = json(&place, "study/scaling.json");
    let rows = all["rows"].as_array().unwrap();
    let of = |key: &str| rows.iter().map(|row| row[key].clone()).collect::<Vec<Value>>();
    assert_eq!(of("ranks"), [1, 1, 2, 2]);
    assert_eq!(of("executor"), ["blocking", "temporal 4", "blocking", "temporal 4"]);
    assert_eq!(of("baseline_ranks"), [1, 1, 1, 1]);
    assert_eq!(
        (&rows[0]["speed_up"], &rows[1]["efficiency"]),
        (&Value::from(1.0), &Value::from(1.0))
    );
    let launches = all["measurements"][3]["launches"].as_array().unwrap();
    assert_eq!(launches.len(), 2);
    assert_eq!(
        (&launches[0]["steps"], &launches[0]["warm_up_steps"]),
        (&24.into(), &8.into())
    );
    assert_eq!(launches[0]["phases"].as_array().unwrap().len(), 2);
    assert_eq!(place.read("study/scaling.csv").lines().count(), 5);
    let lines = place.read("study/extrap.jsonl");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let steps = lines.iter().filter(|line| line["callpath"] == "temporal 4->step");
    assert_eq!(
        steps.map(|line| line["params"]["p"].clone()).collect::<Vec<Value>>(),
        [1, 1, 2, 2]
    );
    for picture in ["scaling.png", "scaling.svg", "phases.png", "phases.svg"] {
        assert!(place.path("study").join(picture).is_file(), "{picture}");
    }
    // What was measured is neither lost nor replaced by mistake.
    refused(&place.run(&Launch::alone(), &arguments), &["--overwrite"]);
    let again = place.succeed(&Launch::alone(), &["scaling", "collect", "study"]);
    assert!(again.stdout.contains("strong scaling: a small spot"), "{again}");
}

#[test]
fn a_weak_study_grows_the_grid_and_finds_steps_and_executor_by_itself() {
    let place = workplace();
    let template = launcher("{ranks}").join(" ");
    let arguments = [
        "scaling",
        "weak",
        "case.toml",
        "--ranks",
        "1,4",
        "--steps",
        "10",
        "--repeat",
        "1",
        "--executor",
        "auto",
        "--launcher",
        &template,
    ];
    place.succeed(&Launch::alone(), &arguments);
    let all = json(&place, "output/scaling-weak-case/scaling.json");
    let row = &all["rows"][1];
    assert_eq!((&row["asked"], &row["ranks"]), (&"auto".into(), &4.into()));
    assert_eq!(row["cells"], Value::from(vec![96, 80, 1]));
    assert_eq!(row["tile"], Value::from(vec![48, 40, 1]));
    assert_eq!(row["topology"], Value::from(vec![2, 2, 1]));
}

#[test]
fn what_cannot_be_measured_is_refused_before_anything_is_launched() {
    let place = workplace();
    let run = |arguments: &[&str]| {
        let arguments = [&["scaling", "strong", "case.toml"], arguments].concat();
        let outcome = place.run(&Launch::alone(), &arguments);
        assert_eq!(outcome.stdout, "", "{outcome}");
        outcome
    };
    refused(
        &run(&["--ranks", "2,2111"]),
        &["--ranks 2111", "The largest number of ranks"],
    );
    refused(
        &run(&["--ranks", "1,2", "--set", "parallel.topology=[2,1]"]),
        &["--ranks 1", "without `parallel.topology`"],
    );
    refused(&run(&["--ranks", "2", "--launcher", "mpirun -n 2"]), &["{ranks}"]);
    refused(&run(&["--ranks", "2", "--submit-script", "slurm"]), &["needs --steps"]);
    assert!(!place.path("output").exists());
    let launched = place.run(&Launch::on(2), &["scaling", "strong", "case.toml", "--ranks", "2"]);
    assert!(launched.stderr.contains("was started by a launcher"), "{launched}");
    assert_eq!(launched.code, Some(2));
}

#[test]
fn a_launcher_that_is_not_there_or_fails_is_shown_with_its_command() {
    let place = workplace();
    let run = |launcher: &str| {
        let arguments = "scaling strong case.toml --overwrite --ranks 2 --steps 4 --launcher";
        let arguments: Vec<&str> = arguments.split_whitespace().chain([launcher]).collect();
        place.run(&Launch::alone(), &arguments)
    };
    refused(
        &run("no-such-launcher -n {ranks}"),
        &["`no-such-launcher` cannot be started", "no-such-launcher -n 2 /"],
    );
    let outcome = run("sh -c {ranks}-is-no-command");
    assert_eq!(outcome.code, Some(5), "{outcome}");
    for part in ["2 ranks, auto: a launch failed", "sh -c 2-is-no-command", "not found"] {
        assert!(outcome.stderr.contains(part), "`{part}`\n{outcome}");
    }
}

#[test]
fn job_scripts_name_every_launch_and_how_to_collect() {
    let place = workplace();
    let arguments = "scaling strong case.toml --ranks 1,2 --steps 24 --submit-script slurm --output study";
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let outcome = place.succeed(&Launch::alone(), &arguments);
    for part in ["sbatch study/job-2x1.sh", "simrun scaling collect study"] {
        assert!(outcome.stdout.contains(part), "`{part}`\n{outcome}");
    }
    // With another launcher and queue, the script is a program that runs here.
    let script = place.read("study/job-2x1.sh");
    let without_modules = script.replace("module load", "#").replace(
        "srun -n 2 -c 1 --kill-on-bad-exit=1 --cpu-bind=cores",
        &launcher(2).join(" "),
    );
    place.write("job.sh", &without_modules);
    let outcome = place.run_script(&["bash", "job.sh"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let collected = place.succeed(&Launch::alone(), &["scaling", "collect", "study"]);
    assert!(
        collected
            .stdout
            .contains("1 rank, auto: 5 of 5 repetitions are missing"),
        "{collected}"
    );
}
