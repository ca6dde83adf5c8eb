//! Traces: every phase of every step on every rank, when it was; who has sent how much to whom.

use crate::launch::{Launch, Outcome, Workplace};
use serde_json::Value;
use std::collections::BTreeSet;

/// Sixteen steps, with nothing due in between.
const CASE: &str = r#"
title = "two halves of a box"

[grid]
cells = [20, 18, 24]
spacing = [1, 1, 1]

[time]
steps = 16

[kernel]
type = "advection-diffusion"
diffusivity = 0.1
stepper = "euler"
boundary = { all = "zero-gradient" }

[[kernel.field]]
name = "q"
initial = "cos(pi*x/20)*cos(pi*z/24)"

[parallel]
topology = [1, 1, 2]
depth = 4

[history]
enabled = false

[check]
every = { steps = 64 }
"#;

fn place() -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    place
}

fn run(place: &Workplace, launch: &Launch, executor: &str, more: &[&str]) -> Outcome {
    let executor = format!("parallel.executor={executor}");
    let fixed = [
        "case.toml",
        "--output",
        "run",
        "--overwrite",
        "--progress",
        "none",
        "--set",
    ];
    place.succeed(launch, &[&fixed[..], &[executor.as_str()], more].concat())
}

/// One event, times in nanoseconds.
#[derive(Debug)]
struct Event {
    rank: u64,
    track: u64,
    name: String,
    start: i64,
    end: i64,
    step: u64,
    n_steps: u64,
    executor: Option<String>,
}

/// The events of a trace that take time.
fn events(place: &Workplace, file: &str) -> Vec<Event> {
    let content: Value = serde_json::from_str(&place.read(file)).unwrap();
    let event = |event: &Value| {
        let nanoseconds = |key: &str| (1000.0 * event[key].as_f64().unwrap()).round() as i64;
        Event {
            rank: event["pid"].as_u64().unwrap(),
            track: event["tid"].as_u64().unwrap(),
            name: event["name"].as_str().unwrap().to_owned(),
            start: nanoseconds("ts"),
            end: nanoseconds("ts") + nanoseconds("dur"),
            step: event["args"]["step"].as_u64().unwrap(),
            n_steps: event["args"]["steps"].as_u64().unwrap(),
            executor: event["args"]["executor"].as_str().map(str::to_owned),
        }
    };
    let all = content["traceEvents"].as_array().unwrap().iter();
    all.filter(|event| event["ph"] == "X").map(event).collect()
}

/// Asserts that the events of each track of each rank lie beside or within each other.
fn assert_nested(events: &[Event]) {
    let tracks: BTreeSet<(u64, u64)> = events.iter().map(|event| (event.rank, event.track)).collect();
    for track in tracks {
        let mut own: Vec<&Event> = events
            .iter()
            .filter(|event| (event.rank, event.track) == track)
            .collect();
        own.sort_by_key(|event| (event.start, -event.end));
        let mut open: Vec<&Event> = Vec::new();
        for event in own {
            while open.last().is_some_and(|outer| outer.end <= event.start) {
                open.pop();
            }
            if let Some(outer) = open.last() {
                assert!(event.end <= outer.end, "{event:?} leaves {outer:?}");
            }
            open.push(event);
        }
    }
}

/// The steps in which rank `rank` did `name`.
fn steps(events: &[Event], rank: u64, name: &str) -> Vec<u64> {
    let own = events.iter().filter(|event| event.rank == rank && event.name == name);
    let steps: BTreeSet<u64> = own.flat_map(|event| event.step..event.step + event.n_steps).collect();
    steps.into_iter().collect()
}

/// The rows of the table of messages: from, to, messages, bytes, through.
fn messages(place: &Workplace) -> Vec<(u64, u64, u64, u64, String)> {
    let text = place.read("run/messages.csv");
    let mut lines = text.lines().skip_while(|line| line.starts_with('#'));
    assert_eq!(lines.next(), Some("from,to,messages,bytes,through"), "{text}");
    let row = |line: &str| {
        let parts: Vec<&str> = line.split(',').collect();
        let number = |n: usize| parts[n].parse::<u64>().unwrap();
        (number(0), number(1), number(2), number(3), parts[4].to_owned())
    };
    lines.map(row).collect()
}

#[test]
fn every_step_of_every_rank_stands_in_the_trace() {
    let place = place();
    let all: Vec<u64> = (0..16).collect();
    for executor in ["blocking", "overlap", "progress", "temporal"] {
        let outcome = run(&place, &Launch::on(2), executor, &["--trace"]);
        let events = events(&place, "run/trace.json");
        let said = format!("trace: {} events in run/trace.json", events.len());
        assert!(outcome.stdout.contains(&said), "{said}\n{outcome}");
        assert_nested(&events);
        for rank in [0, 1] {
            for name in ["core", "pack", "post", "wait", "unpack", "messages"] {
                assert_eq!(steps(&events, rank, name), all, "{executor}, rank {rank}, {name}");
            }
            let in_steps = |event: &&Event| event.rank == rank && event.n_steps > 0;
            for event in events.iter().filter(in_steps) {
                let named = event.executor.as_deref().unwrap();
                let (expected, n_steps) = match executor {
                    "temporal" => ("temporal 4", 4),
                    _ => (executor, 1),
                };
                assert_eq!((named, event.n_steps), (expected, n_steps));
                assert_eq!(event.track == 1, event.name == "messages");
            }
            assert!(events.iter().any(|event| event.rank == rank && event.name == "output"));
        }
        let is_poked = events.iter().any(|event| event.name == "poke");
        assert!(executor == "progress" || !is_poked);
        let shell = steps(&events, 0, "shell");
        assert!(
            shell == all || executor == "blocking" || executor == "temporal",
            "{executor}: {shell:?}"
        );
    }
    let content: Value = serde_json::from_str(&place.read("run/trace.json")).unwrap();
    let names: Vec<&str> = content["traceEvents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["name"] == "process_name")
        .map(|event| event["args"]["name"].as_str().unwrap())
        .collect();
    assert!(
        names[0].starts_with("rank 0 on ") && names[1].starts_with("rank 1 on "),
        "{names:?}"
    );
    assert_eq!(content["eventsNotRecorded"], serde_json::json!([0, 0]));
    let listed = place.read("run/files.txt");
    assert!(
        listed.contains("trace.json\n") && listed.contains("messages.csv\n"),
        "{listed}"
    );
    run(
        &place,
        &Launch::alone(),
        "blocking",
        &["--set", "parallel.topology=[1,1,1]"],
    );
    assert!(!place.path("run/trace.json").exists() && !place.path("run/messages.csv").exists());
}

#[test]
fn a_trace_can_be_of_some_steps_and_go_anywhere_but_over_other_files() {
    let place = place();
    let options = ["--trace=mine.json", "--trace-steps=5..7"];
    for _ in 0..2 {
        run(&place, &Launch::on(2), "overlap", &options);
        assert!(!place.path("run/trace.json").exists());
        let events = events(&place, "mine.json");
        for rank in [0, 1] {
            assert_eq!(steps(&events, rank, "core"), [5, 6]);
        }
        assert!(events.iter().all(|event| (5..7).contains(&event.step)), "{events:?}");
    }
    let refused = place.run(&Launch::on(2), &["case.toml", "--output", "other", "--trace=case.toml"]);
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.stderr.contains("--trace=case.toml"), "{refused}");
    assert!(place.read("case.toml") == CASE);
    let refused = place.run(&Launch::alone(), &["case.toml", "--trace-steps=5..7"]);
    assert!(
        refused.code == Some(2) && refused.stderr.contains("--trace"),
        "{refused}"
    );
}

#[test]
fn blocks_of_four_steps_send_a_quarter_of_the_messages() {
    let place = place();
    let carriers = [("2", "memory"), ("1", "mpi")];
    for (ranks_per_host, carrier) in carriers {
        // Of a build without faults all ranks share one host.
        if ranks_per_host == "1" && !cfg!(feature = "faults") {
            continue;
        }
        let launch = Launch::on(2).with("SIMRUN_RANKS_PER_HOST", ranks_per_host);
        let sent = |executor: &str, told: &str| {
            let outcome = run(&place, &launch, executor, &["--trace", "--trace-steps=0..1"]);
            assert!(outcome.stdout.contains(told), "{told}\n{outcome}");
            assert!(place.read("run/log.txt").contains(told));
            messages(&place)
        };
        let plane = 20 * 18 * 8;
        let through = || carrier.to_owned();
        let single = sent("blocking", "messages: 1.000 a step and rank, 2.8 KiB");
        assert_eq!(
            single,
            [(0, 1, 16, 16 * plane, through()), (1, 0, 16, 16 * plane, through())]
        );
        let blocks = sent("temporal", "messages: 0.250 a step and rank, ");
        let numbers: Vec<(u64, u64, u64)> = blocks.iter().map(|row| (row.0, row.1, row.2)).collect();
        assert_eq!(numbers, [(0, 1, 4), (1, 0, 4)]);
        // Four planes each, with the ghosts beside them.
        assert!(
            blocks.iter().all(|row| row.3 >= 16 * plane && row.4 == carrier),
            "{blocks:?}"
        );
    }
}

#[test]
fn a_rank_by_itself_has_a_trace_and_no_messages() {
    let place = place();
    let outcome = run(
        &place,
        &Launch::alone(),
        "blocking",
        &["--trace", "--set", "parallel.topology=[1,1,1]"],
    );
    assert!(!outcome.stdout.contains("messages:"), "{outcome}");
    assert_eq!(messages(&place), []);
    let events = events(&place, "run/trace.json");
    assert_eq!(steps(&events, 0, "core"), (0..16).collect::<Vec<u64>>());
    assert!(events.iter().all(|event| event.track == 0));
}

#[test]
fn a_run_that_was_stopped_has_its_trace() {
    let place = place();
    place.write("stop.toml", CASE);
    std::fs::create_dir(place.path("run")).unwrap();
    place.write("run/STOP", "");
    let outcome = place.run(
        &Launch::on(2),
        &["stop.toml", "--output", "run", "--trace", "--set", "time.steps=100000"],
    );
    assert_eq!(outcome.code, Some(3), "{outcome}");
    let events = events(&place, "run/trace.json");
    assert!(events.iter().any(|event| event.name == "checkpoint"));
    assert!(place.read("run/log.txt").contains("trace: "));
}

#[test]
fn traces_are_drawn_with_their_run_or_alone() {
    let place = place();
    run(&place, &Launch::on(2), "overlap", &["--trace"]);
    place.succeed(&Launch::alone(), &["plot", "run"]);
    assert!(place.path("run/plots/trace.png").exists());
    let alone = [
        "plot",
        "run/trace.json",
        "--steps",
        "3..5",
        "--format",
        "svg",
        "--output",
        "pictures",
    ];
    place.succeed(&Launch::alone(), &alone);
    let picture = place.read("pictures/trace.svg");
    for text in ["two halves of a box", "steps 3 to 4, overlap", "rank 1", "messages"] {
        assert!(picture.contains(text), "{text}");
    }
    let refused = place.run(&Launch::alone(), &["plot", "run/status.json"]);
    assert!(
        refused.code == Some(5) && refused.stderr.contains("no trace of simrun"),
        "{refused}"
    );
}
