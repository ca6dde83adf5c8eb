//! The promise of an end: a job in which one rank hangs, panics or loses its launcher does not burn its allocation in
//! silence.

use crate::launch::{Launch, Workplace, one_job};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Writes and checks after every step, and would go on for long.
const CASE: &str = r#"
    title = "stalls"
    precision = "f64"
    [kernel]
    type = "advection-diffusion"
    diffusivity = [0.1, 0.2]
    [[kernel.field]]
    name = "q"
    initial = "sin(3*x) * cos(2*y)"
    boundary = { all = "open" }
    [grid]
    cells = [24, 24]
    size = [2.4, 2.4]
    [time]
    steps = 1000000
    [check]
    every = { steps = 1 }
    [history]
    every = { steps = 1 }
    [checkpoint]
    every = { steps = 3 }
"#;

const ARGUMENTS: [&str; 5] = ["case.toml", "--output", "run", "--progress", "none"];

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    place
}

fn exchange(mode: &str) -> [String; 2] {
    ["--set".to_string(), format!("parallel.executor={mode}")]
}

/// All arguments of a run in an exchange mode.
fn arguments(mode: &[String; 2]) -> Vec<&str> {
    ARGUMENTS.into_iter().chain(mode.iter().map(String::as_str)).collect()
}

#[cfg(feature = "faults")]
#[test]
fn a_rank_that_hangs_ends_the_job_and_every_rank_says_what_it_is_busy_with() {
    let mode = exchange("overlap");
    let launch = Launch::on(3)
        .with("SIMRUN_FAULT", "stall:1:3")
        .with("SIMRUN_STALLED_AFTER", "1");
    let outcome = workplace().run(&launch, &arguments(&mode));
    assert!(outcome.code != Some(0) && outcome.seconds < 15.0, "{outcome}");
    let lines: Vec<&str> = outcome
        .stderr
        .lines()
        .filter(|line| line.contains("no progress for"))
        .collect();
    for rank in 0..3 {
        let line = lines.iter().find(|line| line.contains(&format!("rank {rank} of 3: ")));
        let line = line.unwrap_or_else(|| panic!("rank {rank} says nothing\n{outcome}"));
        // The others wait for it: for its halo, or for its agreement.
        let is_stalled = line.contains("in step 3, busy with: core (");
        let is_waiting = line.contains("busy with: wait (") || line.contains("busy with: reduce (");
        assert!(if rank == 1 { is_stalled } else { is_waiting }, "{line}");
    }
    // One of them says so; on a loaded machine another may, before it is ended.
    assert!(outcome.stderr.contains("ending the whole job"), "{outcome}");
}

#[cfg(feature = "faults")]
#[test]
fn a_run_without_a_launcher_that_hangs_ends() {
    let mode = exchange("blocking");
    let launch = Launch::alone()
        .with("SIMRUN_FAULT", "stall:0:3")
        .with("SIMRUN_STALLED_AFTER", "1");
    let outcome = workplace().run(&launch, &arguments(&mode));
    assert!(outcome.code == Some(102) && outcome.seconds < 15.0, "{outcome}");
    assert!(outcome.stderr.contains("rank 0 of 1: no progress"), "{outcome}");
}

#[cfg(feature = "faults")]
#[test]
fn a_panic_on_any_rank_in_any_phase_ends_the_job() {
    for rank in 0..2 {
        for phase in [
            "core",
            "shell",
            "pack",
            "post",
            "wait",
            "unpack",
            "copy",
            "reduce",
            "output",
            "checkpoint",
        ] {
            let mode = exchange("overlap");
            let launch = Launch::on(2).with("SIMRUN_FAULT", &format!("panic:{rank}:3:{phase}"));
            let outcome = workplace().run(&launch, &arguments(&mode));
            assert!(outcome.code != Some(0) && outcome.seconds < 10.0, "{phase}: {outcome}");
            let said = format!("in step 3, at the beginning of: {phase}");
            assert!(outcome.stderr.contains(&said), "{phase}: {outcome}");
            assert!(
                outcome.stderr.contains(&format!("rank {rank} of 2 failed")),
                "{phase}: {outcome}"
            );
        }
    }
}

#[cfg(feature = "faults")]
#[test]
fn a_panic_of_a_thread_that_writes_ends_the_job() {
    for (rank, point) in [
        (0, "part-writing"),
        (1, "part-writing"),
        (1, "part-synced"),
        (0, "before-rename"),
        (0, "pruning"),
    ] {
        let mode = exchange("overlap");
        let launch = Launch::on(2).with("SIMRUN_FAULT", &format!("panic:{rank}:{point}:1"));
        let place = workplace();
        let more = ["--set", "output.aggregators=2", "--set", "checkpoint.keep=1"];
        let outcome = place.run(&launch, &[&arguments(&mode)[..], &more].concat());
        assert!(outcome.code != Some(0) && outcome.seconds < 10.0, "{point}: {outcome}");
        let said = format!("rank {rank} of 2 failed");
        assert!(
            outcome.stderr.contains(&said) && outcome.stderr.contains(point),
            "{point}: {outcome}"
        );
    }
}

#[test]
fn ranks_end_when_their_launcher_is_killed() {
    let place = workplace();
    let mode = exchange("blocking");
    let folder = place.path("run");
    let mut arguments = arguments(&mode);
    arguments[2] = folder.to_str().unwrap();
    let job = place.start(&Launch::on(2), &arguments);
    assert!(
        comes_true(|| folder.join("log.txt").exists() && processes(&folder).len() == 3, 20),
        "a launcher and two ranks"
    );
    job.signal(job.process(), libc::SIGKILL);
    job.wait();
    assert!(
        comes_true(|| processes(&folder).is_empty(), 5),
        "ranks outlive their launcher"
    );
}

#[test]
fn a_run_without_a_launcher_outlives_the_shell_that_started_it() {
    let _lock = one_job();
    let place = workplace();
    let folder = place.path("run");
    let shell = Command::new("sh")
        .args([
            "-c",
            "\"$0\" \"$@\" &",
            env!("CARGO_BIN_EXE_simrun"),
            "case.toml",
            "--output",
        ])
        .arg(&folder)
        .current_dir(place.path(""))
        .env("SIMRUN_CACHE", place.path("cache"))
        .env_remove("SIMRUN_FAULT")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(shell.unwrap().success());
    let has_begun = comes_true(|| folder.join("log.txt").exists(), 20);
    // Ranks look at their parents twice a second.
    std::thread::sleep(Duration::from_millis(1500));
    let alive = processes(&folder);
    for &process in &alive {
        // SAFETY: signals a process that this test has started.
        unsafe { libc::kill(process, libc::SIGKILL) };
    }
    assert!(has_begun && alive.len() == 1, "the run ended with its shell");
}

/// Whether something comes true within so many seconds.
fn comes_true(mut condition: impl FnMut() -> bool, seconds: u64) -> bool {
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// The processes that have a path among their arguments.
fn processes(path: &Path) -> Vec<i32> {
    let path = path.as_os_str().as_encoded_bytes();
    let entries = fs::read_dir("/proc").expect("the tests of processes run on Linux");
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let has_path = |number: &i32| {
        // A process may end while it is looked at.
        let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        line.split(|&byte| byte == 0).any(|argument| argument == path)
    };
    numbers.filter(has_path).collect()
}
