//! What a user meets of checkpoints: stopping and going on, other configurations, damage, and disks that refuse.

use crate::launch::{Launch, Outcome, Workplace, is_open_mpi};
use crate::random::Random;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const CONFIG: i32 = 2;
const STOPPED: i32 = 3;
const NUMERICAL: i32 = 4;
const IO: i32 = 5;

const CASE: &str = r#"
title = "plume"
[grid]
cells = [40, 30]
size = [4.0, 3.0]
[time]
steps = 60
[kernel]
type = "advection-diffusion"
wind = [1.0, "sin(t)"]
diffusivity = 0.01
[[kernel.field]]
name = "q"
initial = "exp(-(x-2)^2 - (y-1)^2)"
boundary = { all = "open" }
[history]
every = { steps = 4 }
[[snapshot]]
every = { steps = 12 }
[checkpoint]
every = { steps = 10 }
"#;

/// A case that takes its time: seconds of computing, and so many steps that nobody waits for its end.
const LONG: &str = r#"
[grid]
cells = [64, 64, 32]
size = [4.0, 4.0, 2.0]
[time]
steps = 1000000
[kernel]
type = "advection-diffusion"
diffusivity = 0.01
[[kernel.field]]
name = "q"
initial = "exp(-(x-2)^2 - (y-1)^2)"
boundary = { all = "open" }
"#;

fn launches() -> [Launch; 2] {
    [Launch::alone(), Launch::on(2)]
}

fn place_of(text: &str) -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", text);
    place
}

fn run(place: &Workplace, launch: &Launch, more: &[&str]) -> Outcome {
    let arguments = ["case.toml", "--output", "run", "--progress", "none"];
    place.run(launch, &[&arguments[..], more].concat())
}

fn must_end(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "'{word}' is missing\n{outcome}");
    }
}

/// The steps of the complete checkpoints, the newest first.
fn checkpoints(place: &Workplace) -> Vec<u64> {
    simrun::files::checkpoint::list(&place.path("run")).unwrap()
}

/// A folder of the run with a checkpoint.
fn folder(place: &Workplace, step: u64) -> PathBuf {
    place.path(&format!("run/checkpoints/{step:08}"))
}

/// A run of [`CASE`] that ended by itself, and its history.
fn finished() -> (Workplace, String) {
    let place = place_of(CASE);
    assert_eq!(run(&place, &Launch::alone(), &[]).code, Some(0));
    let history = place.read("run/history.csv");
    (place, history)
}

#[test]
fn the_newest_are_kept_and_a_finished_run_has_nothing_to_do() {
    for launch in launches() {
        let place = place_of(CASE);
        run(&place, &launch, &[]);
        assert_eq!(checkpoints(&place), [60, 50, 40]);
        let before = place.read("run/history.csv");
        for restart in ["auto", "latest"] {
            let outcome = run(&place, &launch, &["--restart", restart]);
            assert_eq!(outcome.code, Some(0), "{outcome}");
            assert!(outcome.stdout.contains("nothing to do"), "{outcome}");
        }
        assert_eq!(place.read("run/history.csv"), before);
    }
}

/// Killed behind the last step, while the oldest checkpoint was being deleted: nothing is to be computed, but the rest is done.
#[cfg(feature = "faults")]
#[test]
fn a_run_that_was_killed_behind_its_last_checkpoint_is_brought_to_its_end() {
    let (_, history) = finished();
    for launch in launches() {
        let place = place_of(CASE);
        // Three are kept of six: the third deletion follows the last one.
        let outcome = run(&place, &launch.clone().with("SIMRUN_FAULT", "kill:0:pruning:3"), &[]);
        assert_ne!(outcome.code, Some(0), "{outcome}");
        let hidden = |place: &Workplace| {
            let entries = std::fs::read_dir(place.path("run/checkpoints")).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.starts_with('.')).collect::<Vec<_>>()
        };
        assert_eq!(hidden(&place), [".00000030.old"]);
        let outcome = run(&place, &launch, &["--restart", "auto"]);
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert_eq!((hidden(&place), checkpoints(&place)), (Vec::new(), vec![60, 50, 40]));
        assert!(place.read("run/status.json").contains("\"finished\""));
        assert_eq!(place.read("run/history.csv"), history);
    }
}

#[test]
fn a_finished_run_can_be_prolonged_as_if_it_had_been_longer_from_the_start() {
    let longer = place_of(&CASE.replace("steps = 60", "steps = 72"));
    run(&longer, &Launch::alone(), &[]);
    let (place, _) = finished();
    let outcome = run(&place, &Launch::on(2), &["--restart", "auto", "--set", "time.steps=72"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stdout.contains("time.steps: 60 -> 72"), "{outcome}");
    assert_eq!(place.read("run/history.csv"), longer.read("run/history.csv"));
    let status = place.read("run/status.json");
    assert!(status.contains("\"restarted_from\": 60"), "{status}");
}

#[test]
fn restarts_that_have_nothing_to_begin_with_say_so() {
    for launch in launches() {
        let place = place_of(CASE);
        let outcome = run(&place, &launch, &["--restart", "latest"]);
        must_end(&outcome, CONFIG, &["no run to continue", "--restart auto"]);
        let outcome = run(&place, &launch, &["--restart", "nowhere/00000010"]);
        must_end(
            &outcome,
            CONFIG,
            &["nowhere/00000010 is not a checkpoint", "manifest.toml"],
        );
        let outcome = run(&place, &launch, &["--force"]);
        must_end(&outcome, CONFIG, &["--restart"]);
        let outcome = run(
            &place,
            &launch,
            &[
                "--restart",
                "auto",
                "--set",
                "time.steps=5",
                "--set",
                "checkpoint.final=false",
            ],
        );
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let outcome = run(&place, &launch, &["--restart", "latest"]);
        must_end(&outcome, CONFIG, &["no valid checkpoint"]);
    }
}

#[test]
fn another_physics_is_refused_with_the_difference_unless_it_is_forced() {
    let (place, history) = finished();
    for launch in launches() {
        let more = [
            "--restart",
            "latest",
            "--set",
            "kernel.diffusivity=0.02",
            "--set",
            "time.steps=61",
        ];
        let outcome = run(&place, &launch, &more);
        must_end(
            &outcome,
            CONFIG,
            &["kernel.diffusivity: 0.01 -> 0.02", "--force", "case.toml"],
        );
        assert!(!outcome.stderr.contains("time.steps"), "{outcome}");
        assert_eq!(place.read("run/history.csv"), history, "a refusal changes nothing");
        let outcome = run(
            &place,
            &launch,
            &["--restart", "latest", "--force", "--set", "grid.cells=[40,31]"],
        );
        must_end(&outcome, CONFIG, &["cannot be continued", "'q"]);
        assert_eq!(place.read("run/history.csv"), history, "a refusal changes nothing");
    }
    let more = [
        "--restart",
        "latest",
        "--force",
        "--set",
        "kernel.diffusivity=0.02",
        "--set",
        "time.steps=66",
    ];
    let outcome = run(&place, &Launch::on(2), &more);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        outcome.stdout.contains("forced to continue with another physics"),
        "{outcome}"
    );
}

#[test]
fn a_checkpoint_of_another_run_begins_a_run_of_its_own() {
    let (place, history) = finished();
    let from = "run/checkpoints/00000040";
    let arguments = [
        "case.toml",
        "--output",
        "other",
        "--progress",
        "none",
        "--restart",
        from,
    ];
    let outcome = place.run(&Launch::on(2), &arguments);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(place.read("run/history.csv"), history);
    // The rows after step 40, and the last ones are equal.
    let of_other = place.read("other/history.csv");
    let (rows, other): (Vec<&str>, Vec<&str>) = (history.lines().collect(), of_other.lines().collect());
    assert_eq!(rows[rows.len() - 5..], other[other.len() - 5..]);
    assert!(other.iter().any(|row| row.starts_with("44,")) && !other.iter().any(|row| row.starts_with("40,")));
}

#[test]
fn an_earlier_checkpoint_may_be_chosen_and_what_came_after_it_is_moved_aside() {
    let (place, history) = finished();
    let outcome = run(&place, &Launch::on(2), &["--restart", "run/checkpoints/00000040"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(place.read("run/history.csv"), history);
    assert_eq!(checkpoints(&place), [60, 50, 40]);
    for moved in [
        "superseded/snapshots/fields_00000048.h5",
        "superseded/checkpoints/00000050/manifest.toml",
    ] {
        assert!(place.path("run").join(moved).exists(), "{moved}\n{outcome}");
    }
    // All of it belongs to the run, which may overwrite it.
    assert_eq!(run(&place, &Launch::alone(), &["--overwrite"]).code, Some(0));
    assert!(!place.path("run/superseded").exists());
}

#[test]
fn a_file_stops_the_run_with_a_checkpoint_and_is_gone() {
    for launch in launches() {
        let place = place_of(LONG);
        let running = place.start(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
        wait_for(|| place.path("run/history.csv").exists());
        fs::write(place.path("run/STOP"), "").unwrap();
        let outcome = running.wait();
        must_end(&outcome, STOPPED, &["with a checkpoint", "STOP", "--restart auto"]);
        must_be_stopped(&place, "stop-file");
        assert!(!place.path("run/STOP").exists());
    }
}

#[test]
fn a_budget_of_time_stops_the_run_with_a_checkpoint() {
    for launch in launches() {
        let place = place_of(LONG);
        let outcome = run(&place, &launch, &["--max-time", "4"]);
        must_end(&outcome, STOPPED, &["--max-time"]);
        assert!(outcome.seconds < 20.0, "{outcome}");
        must_be_stopped(&place, "max-time");
        // The same from the environment of a scheduler.
        let end = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            + Duration::from_secs(5);
        let launch = launch.with("SLURM_JOB_END_TIME", &end.as_secs().to_string());
        let outcome = run(&place, &launch, &["--restart", "auto"]);
        must_end(&outcome, STOPPED, &["with a checkpoint"]);
        must_be_stopped(&place, "deadline");
    }
    for budget in ["soon", "0"] {
        let outcome = run(&place_of(LONG), &Launch::alone(), &["--max-time", budget]);
        must_end(&outcome, CONFIG, &["--max-time"]);
    }
}

#[test]
fn signals_ask_for_checkpoints_and_for_the_end() {
    for ranks in [None, Some(2)] {
        let launch = ranks.map_or(Launch::alone(), Launch::on);
        let place = place_of(LONG);
        let running = place.start(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
        wait_for(|| place.path("run/history.csv").exists());
        // Through the launcher, where there is one.
        running.signal(running.process(), libc::SIGUSR1);
        wait_for(|| !checkpoints(&place).is_empty());
        // To a single rank.
        running.signal(running.rank_processes()[0], libc::SIGUSR1);
        wait_for(|| checkpoints(&place).len() > 1);
        // MPICH's launcher does not hand this one on.
        let asked = match ranks.is_none() || is_open_mpi() {
            true => running.process(),
            false => running.rank_processes()[0],
        };
        running.signal(asked, libc::SIGUSR2);
        let outcome = running.wait();
        must_end(&outcome, STOPPED, &["with a checkpoint"]);
        must_be_stopped(&place, "signal");
    }
}

#[test]
fn an_interrupt_leaves_a_checkpoint() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        for ranks in [None, Some(2)] {
            let launch = ranks.map_or(Launch::alone(), Launch::on);
            let place = place_of(LONG);
            let running = place.start(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
            wait_for(|| place.path("run/history.csv").exists());
            running.signal(running.process(), signal);
            let outcome = running.wait();
            // A launcher has an exit code of its own; the status tells.
            assert!(outcome.code == Some(STOPPED) || ranks.is_some(), "{outcome}");
            must_be_stopped(&place, "signal");
        }
    }
}

/// The run has stopped with a checkpoint of its last step, for this reason, and holds its folder no more.
fn must_be_stopped(place: &Workplace, reason: &str) {
    let status = place.read("run/status.json");
    for part in ["\"state\": \"stopped\"", &format!("\"stop_reason\": \"{reason}\"")] {
        assert!(status.contains(part), "{part} is missing in {status}");
    }
    let number = |name: &str| -> u64 {
        let line = status
            .lines()
            .find(|line| line.contains(&format!("\"{name}\"")))
            .unwrap();
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    assert_eq!(checkpoints(place)[0], number("step"), "{status}");
    assert_eq!(number("checkpoint_step"), number("step"), "{status}");
    assert!(!simrun::files::run_folder::is_under_way(&place.path("run")));
}

fn wait_for(condition: impl Fn() -> bool) {
    for _ in 0..600 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("waited for 30 s in vain");
}

#[test]
fn checkpoints_by_time_do_not_change_a_bit() {
    let (_, history) = finished();
    for every in [
        "checkpoint.every=0.37",
        "checkpoint.every={ wall = \"0.01 s\" }",
        "checkpoint.every=auto",
    ] {
        let place = place_of(CASE);
        let outcome = run(
            &place,
            &Launch::on(2),
            &["--set", every, "--set", "output.staging=64 KiB"],
        );
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert_eq!(place.read("run/history.csv"), history, "{every}");
        assert!(!checkpoints(&place).is_empty(), "{every}");
    }
}

#[test]
fn a_field_that_is_not_finite_is_never_checkpointed() {
    // Infinite from step 25 on, which is looked at in step 30, when a checkpoint is due.
    let text = CASE.replace(
        "name = \"q\"",
        "name = \"q\"\nsource = \"if(x > 3.7 && y < 0.1 && t > 0.9, 1/0, 0)\"",
    );
    for launch in launches() {
        let place = place_of(&format!("{text}\n[check]\nevery = {{ steps = 1000 }}\n"));
        let outcome = run(
            &place,
            &launch,
            &[
                "--set",
                "history.every={ steps = 1000 }",
                "--set",
                "snapshot.0.every={ steps = 1000 }",
            ],
        );
        must_end(&outcome, NUMERICAL, &["is not finite"]);
        let newest = checkpoints(&place)[0];
        let finite = simrun::files::checkpoint::Checkpoint::open(&folder(&place, newest)).unwrap();
        let all = finite.manifest().slots[0].domain();
        let name = &finite.manifest().slots[0].name;
        finite
            .read::<f64>(name, &all, |_, values| {
                assert!(values.iter().all(|value| value.is_finite()))
            })
            .unwrap();
    }
}

#[test]
fn damage_is_refused_by_name_and_survived_by_the_checkpoint_before() {
    let (place, history) = finished();
    let mut random = Random::new(5);
    let whole = copy_of(&place, "run");
    for round in 0..40 {
        restore(&place, "run", &whole);
        let (damaged, file) = damage(&place, &mut random, round % 5);
        let launch = if round % 8 == 0 {
            Launch::alone()
        } else {
            Launch::on(1 + round % 3)
        };
        let outcome = run(&place, &launch, &["--restart", "auto"]);
        assert_eq!(outcome.code, Some(0), "{damaged}\n{outcome}");
        let log = place.read("run/log.txt");
        assert!(
            log.contains("refused") && log.contains(&file),
            "{damaged}: {file} is not named\n{log}"
        );
        assert!(
            log.contains("continuing from run/checkpoints/00000050"),
            "{damaged}\n{log}"
        );
        assert_eq!(place.read("run/history.csv"), history, "{damaged}");
        assert_eq!(checkpoints(&place), [60, 50, 40], "{damaged}");
    }
}

#[test]
fn where_no_checkpoint_is_whole_a_run_begins_anew_or_says_so() {
    for launch in launches() {
        let (place, history) = finished();
        for step in checkpoints(&place) {
            fs::write(folder(&place, step).join("part_0000.h5"), "nothing").unwrap();
        }
        let outcome = run(&place, &launch, &["--restart", "latest"]);
        must_end(
            &outcome,
            CONFIG,
            &["no valid checkpoint", "00000060", "00000040", "part_0000.h5"],
        );
        // The status says that the run had finished.
        fs::remove_file(place.path("run/status.json")).unwrap();
        let outcome = run(&place, &launch, &["--restart", "auto"]);
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert_eq!(place.read("run/history.csv"), history);
        assert!(place.path("run/superseded/checkpoints/00000060").exists());
    }
}

/// Damages the newest checkpoint in the way `kind`; says how, and which file has to be named.
fn damage(place: &Workplace, random: &mut Random, kind: usize) -> (String, String) {
    let newest = folder(place, 60);
    let name = *random.pick(&["part_0000.h5", "part_0000.h5", "manifest.toml"]);
    let path = newest.join(name);
    let mut bytes = fs::read(&path).unwrap();
    let at = random.below(bytes.len());
    let what = match kind {
        0 => {
            bytes.truncate(at);
            format!("{name} cut to {at} bytes")
        }
        1 => {
            bytes[at] ^= 1 << random.below(8);
            format!("a bit of byte {at} of {name} flipped")
        }
        2 => {
            let end = (at + 512).min(bytes.len());
            bytes[at..end].fill(b'?');
            format!("bytes {at} to {end} of {name} overwritten")
        }
        3 => {
            fs::remove_file(&path).unwrap();
            return (format!("{name} missing"), name.to_owned());
        }
        _ => {
            // A manifest of another step names that; a part of another step has another checksum.
            bytes = fs::read(folder(place, 50).join(name)).unwrap();
            format!("{name} of another checkpoint")
        }
    };
    fs::write(&path, bytes).unwrap();
    (what, name.to_owned())
}

/// All files below a folder of the workplace.
fn copy_of(place: &Workplace, relative: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![place.path(relative)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.clone(), fs::read(&path).unwrap())),
            }
        }
    }
    found
}

fn restore(place: &Workplace, relative: &str, files: &[(PathBuf, Vec<u8>)]) {
    fs::remove_dir_all(place.path(relative)).unwrap();
    for (path, bytes) in files {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// 2 MiB of state, a checkpoint at step 10 and one at step 20, in which a snapshot of 2 MiB is written too.
const DISK: &str = r#"
[grid]
cells = [64, 64, 64]
size = [4.0, 4.0, 4.0]
[time]
steps = 25
[kernel]
type = "advection-diffusion"
diffusivity = 0.01
[[kernel.field]]
name = "q"
initial = "sin(x*y*z)"
boundary = { all = "periodic" }
[[snapshot]]
at_steps = [20]
initial = false
final = false
[checkpoint]
every = { steps = 10 }
final = false
"#;

/// Runs a script in a world of its own, where it may mount file systems: `disk` is a small one.
fn on_a_disk_of(kib: usize, place: &Workplace, script: &str) -> Option<Outcome> {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        println!("SKIPPED: this user may not mount anything (unshare -rm)");
        return None;
    }
    fs::create_dir_all(place.path("disk")).unwrap();
    let script = format!("mount -t tmpfs -o size={kib}k none disk && {script}");
    Some(place.run_script(&["unshare", "-rm", "sh", "-c", &script]))
}

#[test]
fn a_full_disk_ends_the_run_or_not_as_configured_and_spares_the_checkpoint_before() {
    let simrun = env!("CARGO_BIN_EXE_simrun");
    let start = format!("{simrun} case.toml --output disk/run --progress none");
    for (on_failure, code) in [("stop", IO), ("continue", 0)] {
        // Room for one checkpoint, for the snapshot, and for what the next one is looked at to need, but not for all.
        let place = place_of(DISK);
        let script = format!(
            "{start} --set checkpoint.on_failure={on_failure}; echo code $?; ls disk/run/checkpoints; \
             mount -o remount,size=64m disk; {start} --set checkpoint.on_failure={on_failure} --restart auto; echo code $?; \
             cat disk/run/log.txt"
        );
        let Some(outcome) = on_a_disk_of(5900, &place, &script) else {
            return;
        };
        let said = &outcome.stdout;
        assert!(said.contains(&format!("code {code}\n00000010\n")), "{outcome}");
        let whole = said.clone() + &outcome.stderr;
        assert!(whole.contains("No space left") || whole.contains("has"), "{outcome}");
        assert!(whole.contains("no checkpoint at step 20"), "{outcome}");
        assert!(
            said.contains("continuing from disk/run/checkpoints/00000010"),
            "{outcome}"
        );
        assert_eq!(
            said.matches("code 0").count(),
            if code == 0 { 2 } else { 1 },
            "{outcome}"
        );
    }
}

#[test]
fn a_checkpoint_that_cannot_fit_is_told_before_it_is_begun() {
    let simrun = env!("CARGO_BIN_EXE_simrun");
    let place = place_of(DISK);
    let script =
        format!("{simrun} case.toml --output disk/run --progress none; echo code $?; ls -A disk/run/checkpoints");
    let Some(outcome) = on_a_disk_of(2500, &place, &script) else {
        return;
    };
    assert!(outcome.stdout.ends_with("code 5\n"), "{outcome}");
    assert!(
        outcome.stderr.contains("it takes 2097152 bytes") && outcome.stderr.contains("left"),
        "{outcome}"
    );
}

#[test]
fn a_disk_that_is_read_only_is_told_at_the_start() {
    let simrun = env!("CARGO_BIN_EXE_simrun");
    let place = place_of(CASE);
    let script = format!(
        "{simrun} case.toml --output disk/run --progress none --set time.steps=20; mount -o remount,ro disk; \
         {simrun} case.toml --output disk/run --progress none --restart auto; echo code $?"
    );
    let Some(outcome) = on_a_disk_of(20_000, &place, &script) else {
        return;
    };
    assert!(outcome.stdout.ends_with("code 5\n"), "{outcome}");
    assert!(outcome.stderr.contains("Read-only file system"), "{outcome}");
}

#[test]
fn a_folder_that_vanishes_ends_the_run_or_not_as_configured() {
    for launch in launches() {
        for (on_failure, code) in [("stop", IO), ("continue", STOPPED)] {
            let place = place_of(&format!("{LONG}\n[checkpoint]\nevery = {{ wall = \"0.5 s\" }}\n"));
            let on_failure = format!("checkpoint.on_failure={on_failure}");
            let arguments = [
                "case.toml",
                "--output",
                "run",
                "--progress",
                "none",
                "--set",
                &on_failure,
            ];
            let running = place.start(&launch, &arguments);
            wait_for(|| !checkpoints(&place).is_empty());
            // A file stands where the folder was: whoever writes there is refused, root as well.
            fs::rename(place.path("run/checkpoints"), place.path("saved")).unwrap();
            fs::write(place.path("run/checkpoints"), "").unwrap();
            if code == STOPPED {
                wait_for(|| place.read("run/log.txt").contains("the run goes on"));
                fs::remove_file(place.path("run/checkpoints")).unwrap();
                fs::write(place.path("run/STOP"), "").unwrap();
            }
            let outcome = running.wait();
            assert_eq!(outcome.code, Some(code), "{on_failure}\n{outcome}");
            let saved = fs::read_dir(place.path("saved"))
                .unwrap()
                .next()
                .unwrap()
                .unwrap()
                .path();
            let last = simrun::files::checkpoint::Checkpoint::open(&saved).unwrap();
            last.verify(0).unwrap();
        }
    }
}
