//! What `simrun predict` says of ranks that are here, of ranks that are not, and of what it cannot use.

use crate::launch::{Launch, Workplace};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const CASE: &str = r#"
[grid]
cells = [24, 24, 32]
size = [1.0, 1.0, 1.0]
[time]
steps = 1
[kernel]
type = "fdtd"
boundary = { all = "pec" }
initial = { Ez = "sin(x)*sin(y)" }
"#;

const MACHINE: &str = r#"
name = "two nodes"
[node]
cores = 2
memory_bandwidth = 1e11
clock = 2e9
[network]
latency = 1e-3
bandwidth = 1e6
processor_per_byte = 0.0
unaided = 0.0
"#;

/// The points of a prediction of `ranks`, made on 2, with `more` arguments.
fn points(workplace: &Workplace, ranks: &str, more: &[&str]) -> Vec<Value> {
    workplace.write("case.toml", CASE);
    let arguments = [
        "predict",
        "case.toml",
        "--ranks",
        ranks,
        "--repeat",
        "1",
        "--seconds",
        "0",
    ];
    let all = [&arguments[..], &["--json", "found.json"], more].concat();
    workplace.succeed(&Launch::on(2), &all);
    let found: Value = serde_json::from_str(&workplace.read("found.json")).expect("JSON");
    found["points"].as_array().expect("a list").clone()
}

#[test]
fn ranks_that_are_here_are_measured_beside() {
    let workplace = Workplace::new();
    let points = points(&workplace, "2", &[]);
    let names: Vec<&str> = points.iter().map(|point| point["executor"].as_str().unwrap()).collect();
    assert_eq!(names, ["blocking", "overlap", "progress", "temporal 4", "temporal 8"]);
    for point in &points {
        assert!(
            point["measured"].is_array() && point["predicted"].as_f64().unwrap() > 0.0,
            "{point}"
        );
    }
    // E and H of one face travel before one stage each; a block sends once.
    let messages: Vec<f64> = points.iter().map(|point| point["messages"].as_f64().unwrap()).collect();
    assert_eq!(messages, [1.0, 1.0, 1.0, 0.25, 0.125]);
}

#[test]
fn a_described_network_decides_where_it_is_slow() {
    let workplace = Workplace::new();
    workplace.write("machine.toml", MACHINE);
    let points = points(
        &workplace,
        "4",
        &["--machine", "machine.toml", "--set", "parallel.topology=[1, 1, 4]"],
    );
    let of = |name: &str| points.iter().find(|point| point["executor"] == name).unwrap();
    let number = |point: &Value, key: &str| point[key].as_f64().unwrap();
    let blocking = of("blocking");
    assert_eq!(
        (number(blocking, "ranks"), number(blocking, "ranks_per_node")),
        (4.0, 2.0)
    );
    assert!(blocking["measured"].is_null());
    assert!(number(of("temporal 4"), "messages") < number(blocking, "messages"));
    assert!(number(blocking, "predicted") >= 1e-3, "{blocking}");
}

#[test]
fn what_is_measured_of_a_machine_can_be_used() {
    let workplace = Workplace::new();
    points(
        &workplace,
        "2",
        &["--executor", "blocking", "--write-machine", "here.toml"],
    );
    // Two ranks of one host know no network: what is written has to be completed.
    let network = "latency = 1e-6\nbandwidth = 1e9\nprocessor_per_byte = 0\nunaided = 1\n";
    workplace.write("here.toml", &(workplace.read("here.toml") + network));
    points(&workplace, "2,8", &["--executor", "blocking", "--machine", "here.toml"]);
}

#[test]
fn machines_of_the_manual_can_be_used() {
    let workplace = Workplace::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/machines");
    let machines: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(machines.len() >= 3);
    for machine in machines {
        let machine = machine.to_str().unwrap();
        let points = points(&workplace, "64", &["--executor", "progress", "--machine", machine]);
        assert!(points[0]["predicted"].as_f64().unwrap() > 0.0, "{machine}");
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    let workplace = Workplace::new();
    workplace.write("case.toml", CASE);
    workplace.write("machine.toml", &MACHINE.replace("clock = 2e9\n", ""));
    let refused = |code: i32, arguments: &[&str], parts: &[&str]| {
        let outcome = workplace.run(&Launch::alone(), &[&["predict", "case.toml"], arguments].concat());
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        for part in parts {
            assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
        }
    };
    refused(
        2,
        &["--ranks", "4", "--machine", "machine.toml"],
        &["machine.toml", "clock"],
    );
    refused(2, &["--ranks", "4"], &["4 ranks", "--machine"]);
    refused(
        5,
        &["--ranks", "100000", "--machine", "nowhere.toml"],
        &["nowhere.toml"],
    );
    refused(2, &["--ranks", "0"], &["--ranks"]);
}
