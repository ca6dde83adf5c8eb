//! Where ranks run: shown when asked for, and looked at before every run.

use crate::launch::{Launch, Outcome, Workplace, launcher};
use simrun::parallel::CoreSet;

const CASE: &str = r#"
[grid]
cells = [24, 10]
size = [4.0, 2.0]
[time]
steps = 2
[kernel]
type = "advection-diffusion"
diffusivity = 0.01
boundary = { all = "open" }
[[kernel.field]]
name = "q"
"#;

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    place
}

fn n_cores() -> usize {
    CoreSet::of_host().map_or(1, |cores| cores.len())
}

/// A core that this process may run on.
fn a_core() -> String {
    let cores = CoreSet::of_thread().expect("the system tells");
    cores.iter().next().expect("this thread runs").to_string()
}

/// Two ranks of simrun on one core.
fn bound(place: &Workplace, arguments: &[&str]) -> Outcome {
    let (launcher, core) = (launcher(2), a_core());
    let launcher: Vec<&str> = launcher.iter().map(String::as_str).collect();
    let on_core = ["taskset", "-c", &core, env!("CARGO_BIN_EXE_simrun")];
    place.run_script(&[&launcher[..], &on_core, arguments].concat())
}

/// The same of a run.
fn bound_run(place: &Workplace, arguments: &[&str]) -> Outcome {
    let run = ["case.toml", "--output", "run", "--progress", "none"];
    bound(place, &[&run[..], arguments].concat())
}

#[test]
fn every_rank_is_shown_with_its_cores_and_nothing_is_run() {
    let place = workplace();
    let outcome = place.succeed(
        &Launch::on(3),
        &["case.toml", "--show-ranks", "--set", "parallel.threads=2"],
    );
    let lines: Vec<Vec<&str>> = outcome
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0],
        ["rank", "host", "cores", "NUMA", "node", "threads"],
        "{outcome}"
    );
    for (rank, line) in lines[1..4].iter().enumerate() {
        assert_eq!(
            (line.len(), line[0], line[4]),
            (5, rank.to_string().as_str(), "2"),
            "{outcome}"
        );
    }
    assert!(!place.path("output").exists());
    let alone = place.succeed(&Launch::alone(), &["case.toml", "--show-ranks"]);
    assert!(alone.stdout.lines().count() >= 2, "{alone}");
}

#[test]
fn ranks_that_are_bound_to_one_core_are_refused_unless_that_is_wanted() {
    if n_cores() < 2 {
        return;
    }
    let place = workplace();
    let outcome = bound_run(&place, &[]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    let core = format!("2 ranks are bound to cores {}, of ", a_core());
    for part in [
        core.as_str(),
        "--bind-to none",
        "--map-by slot:PE=1",
        "--allow-shared-cores",
    ] {
        assert_eq!(outcome.stderr.matches(part).count(), 1, "{part}\n{outcome}");
    }
    assert!(!place.path("run").exists());
    let shown = bound_run(&place, &["--show-ranks"]);
    assert_eq!(shown.code, Some(2), "{shown}");
    assert!(shown.stdout.contains("NUMA node"), "{shown}");
    let allowed = bound_run(&place, &["--allow-shared-cores"]);
    assert_eq!(allowed.code, Some(0), "{allowed}");
    let log = place.read("run/log.txt");
    assert!(
        log.contains("warning: on host ") && log.contains("are bound to cores"),
        "{log}"
    );
}

#[test]
fn members_of_an_ensemble_are_looked_at_together() {
    if n_cores() < 2 {
        return;
    }
    let outcome = bound(&workplace(), &["ensemble", "case.toml", "--vary", "time.steps=1,2"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains("2 ranks are bound to cores"), "{outcome}");
}

#[test]
fn more_ranks_than_cores_are_a_line_in_the_log() {
    let place = workplace();
    let ranks = n_cores().min(6) + 1;
    place.succeed(&Launch::on(ranks), &["case.toml", "--output", "run"]);
    let log = place.read("run/log.txt");
    if ranks > n_cores() {
        let said = format!("{ranks} ranks share {} core", n_cores());
        assert_eq!(log.matches(&said).count(), 1, "{log}");
    }
}

#[test]
fn ranks_with_cores_of_their_own_run_without_a_word() {
    if n_cores() < 2 {
        return;
    }
    let command = [
        "mpirun",
        "-n",
        "2",
        env!("CARGO_BIN_EXE_simrun"),
        "case.toml",
        "--output",
        "run",
    ];
    let place = workplace();
    let outcome = place.run_script(&command);
    // Two processors may be one core, and launchers count those.
    if !outcome.stderr.contains("not enough slots") {
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert!(!place.read("run/log.txt").contains("warning: on host"), "{outcome}");
    }
}
