//! The command line: what it says, what it writes, what it never deletes.

use crate::launch::{Launch, Workplace};
use std::fs;
use std::path::Path;

const CASE: &str = r#"
title = "a small plume"

[grid]
cells = [24, 10]
size = [4.0, 2.0]

[time]
steps = 6

[kernel]
type = "advection-diffusion"
wind = [1.0, 0.0]
diffusivity = 0.01
boundary = { all = "open" }

[[kernel.field]]
name = "so2"
unit = "kg/m3"
initial = "exp(-10*((x - 1)^2 + (y - 1)^2))"

[[snapshot]]
every = { steps = 3 }
"#;

/// A folder with the case in it.
fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    place
}

/// The files below `folder`, in alphabetical order.
fn files(folder: &Path) -> Vec<String> {
    fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}

const PRODUCTS: [&str; 9] = [
    "files.txt",
    "history.csv",
    "log.txt",
    "resolved.toml",
    "run.lock",
    "snapshots/fields_00000000.h5",
    "snapshots/fields_00000003.h5",
    "snapshots/fields_00000006.h5",
    "status.json",
];

#[test]
pub fn help_and_version_go_to_standard_output() {
    let place = Workplace::new();
    let help = place.succeed(&Launch::alone(), &["--help"]);
    for word in [
        "--set",
        "--output",
        "--overwrite",
        "--progress",
        "--quiet",
        "check",
        "plot",
        "info",
        "Exit codes: 0 finished",
    ] {
        assert!(help.stdout.contains(word), "`{word}` is missing\n{help}");
    }
    let version = place.succeed(&Launch::alone(), &["--version"]);
    assert!(
        version
            .stdout
            .starts_with(concat!("simrun ", env!("CARGO_PKG_VERSION"))),
        "{version}"
    );
    assert_eq!(help.stderr + &version.stderr, "");
}

#[test]
pub fn a_mistyped_subcommand_is_told_so() {
    let place = workplace();
    let outcome = place.run(&Launch::alone(), &["chekc", "case.toml"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(
        outcome.stderr.contains("no subcommand `chekc`") && outcome.stderr.contains("`simrun check`"),
        "{outcome}"
    );
}

#[test]
fn an_unknown_option_is_refused_once_on_two_ranks() {
    let outcome = workplace().run(&Launch::on(2), &["case.toml", "--quite"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert_eq!(outcome.stderr.matches("'--quite'").count(), 1, "{outcome}");
}

#[test]
pub fn a_run_fills_its_folder_with_and_without_a_launcher() {
    for launch in [Launch::alone(), Launch::on(1), Launch::on(2)] {
        let place = workplace();
        let outcome = place.succeed(&launch, &["case.toml"]);
        assert!(
            outcome.stdout.contains("a small plume") && outcome.stdout.contains("finished: 6 steps"),
            "{outcome}"
        );
        let run = place.path("output/case");
        assert_eq!(files(&run), PRODUCTS);
        let listed = place.read("output/case/files.txt");
        for product in PRODUCTS
            .iter()
            .filter(|product| !["files.txt", "run.lock"].contains(product))
        {
            assert!(
                listed.lines().any(|line| line == *product),
                "{product} is not listed in\n{listed}"
            );
        }
        let status = place.read("output/case/status.json");
        assert!(status.contains("finished"), "{status}");
        assert!(place.read("output/case/log.txt").contains("finished: 6 steps"));
        let history = place.read("output/case/history.csv");
        assert!(
            history.contains("so2.total") && history.lines().last().unwrap().starts_with("6,"),
            "{history}"
        );
    }
}

#[test]
fn a_quiet_run_says_nothing() {
    for launch in [Launch::alone(), Launch::on(2)] {
        let place = workplace();
        let outcome = place.succeed(&launch, &["case.toml", "--quiet"]);
        assert_eq!(outcome.stdout + &outcome.stderr, "");
    }
}

#[test]
fn the_resolved_configuration_gives_the_same_run() {
    let place = workplace();
    let sets = [
        "--set",
        "time.steps=3",
        "--set",
        "kernel.field.so2.decay=0.5",
        "--set",
        "title=other words",
    ];
    place.succeed(&Launch::alone(), &[&["case.toml", "--output", "a"][..], &sets].concat());
    let resolved = place.read("a/resolved.toml");
    for word in ["steps = 3", "decay = 0.5", "other words"] {
        assert!(resolved.contains(word), "`{word}` is missing in\n{resolved}");
    }
    place.succeed(&Launch::alone(), &["a/resolved.toml", "--output", "b"]);
    assert_eq!(place.read("a/history.csv"), place.read("b/history.csv"));
}

#[test]
fn an_override_with_an_unknown_key_is_shown() {
    let place = workplace();
    let outcome = place.run(&Launch::alone(), &["case.toml", "--set", "time.stesp=3"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    for word in ["unknown key `stesp`", "--set:1:6", "`steps`"] {
        assert!(outcome.stderr.contains(word), "`{word}` is missing\n{outcome}");
    }
    let outcome = place.run(&Launch::alone(), &["case.toml", "--set", "kernel.field.no2.decay=3"]);
    assert!(outcome.code == Some(2) && outcome.stderr.contains("so2"), "{outcome}");
    assert!(!place.path("output").exists());
}

#[test]
pub fn results_are_overwritten_only_when_asked_and_only_the_runs_own() {
    let place = workplace();
    let arguments = ["case.toml", "--output", "run", "--quiet"];
    place.succeed(&Launch::alone(), &arguments);
    let before = place.read("run/resolved.toml");

    let refused = place.run(&Launch::alone(), &arguments);
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(
        refused.stderr.contains("already holds results") && refused.stderr.contains("--overwrite"),
        "{refused}"
    );
    assert_eq!(place.read("run/resolved.toml"), before);

    // What others put there stays, wherever it is; what the run wrote goes, also where the new run writes less.
    let others = ["run/notes.txt", "run/snapshots/mine.h5"];
    others.iter().for_each(|path| drop(place.write(path, "mine")));
    place.succeed(
        &Launch::on(2),
        &[&arguments[..], &["--overwrite", "--set", "time.steps=3"]].concat(),
    );
    others.iter().for_each(|path| assert_eq!(place.read(path), "mine"));
    let mut expected: Vec<&str> = PRODUCTS.to_vec();
    expected.retain(|product| !product.contains("00000006"));
    expected.extend(["notes.txt", "snapshots/mine.h5"]);
    expected.sort();
    assert_eq!(files(&place.path("run")), expected);
}

#[test]
fn a_folder_with_something_else_in_it_is_not_taken() {
    let place = workplace();
    fs::create_dir(place.path("run")).unwrap();
    place.write("run/thesis.txt", "mine");
    let outcome = place.run(&Launch::alone(), &["case.toml", "--output", "run"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert_eq!(files(&place.path("run")), ["thesis.txt"]);
    // With --overwrite nothing is in the way: there is nothing of a run to delete, and the file stays.
    place.succeed(&Launch::alone(), &["case.toml", "--output", "run", "--overwrite"]);
    assert_eq!(place.read("run/thesis.txt"), "mine");
}

#[test]
fn a_file_in_the_way_of_a_product_is_not_replaced() {
    let place = workplace();
    fs::create_dir(place.path("run")).unwrap();
    place.write("run/history.csv", "measured for years");
    let outcome = place.run(&Launch::alone(), &["case.toml", "--output", "run", "--overwrite"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains("history.csv"), "{outcome}");
    assert_eq!(place.read("run/history.csv"), "measured for years");
}

#[test]
pub fn check_says_what_a_run_would_need_and_writes_nothing() {
    let place = workplace();
    let outcome = place.succeed(&Launch::alone(), &["check", "case.toml", "--ranks", "3"]);
    for word in [
        "3 ranks as 3 x 1 x 1",
        "memory",
        "dt",
        "limited by",
        "6",
        "outputs",
        "run time",
    ] {
        assert!(outcome.stdout.contains(word), "`{word}` is missing\n{outcome}");
    }
    assert_eq!(
        files(&place.path("."))
            .iter()
            .filter(|name| !name.starts_with('.'))
            .count(),
        1
    );
    let outcome = place.run(
        &Launch::alone(),
        &["check", "case.toml", "--set", "kernel.diffusivity=-1"],
    );
    assert!(
        outcome.code == Some(2) && outcome.stderr.contains("negative"),
        "{outcome}"
    );
}

#[test]
fn check_tells_the_size_of_raw_storage() {
    let place = workplace();
    let series = "\n[[snapshot]]\nname = \"raw\"\nevery = { steps = 6 }\ninitial = false\nstorage = true\n";
    place.write("raw.toml", &(CASE.to_string() + series));
    let outcome = place.succeed(&Launch::alone(), &["check", "raw.toml"]);
    // One file: the field and its two registers of 240 cells, and two sums for each of the 20 wall faces that the wind
    // blows through; 8 bytes each.
    assert!(
        outcome.stdout.contains("\"raw\": about 1 files of 5.9 KiB"),
        "{outcome}"
    );
    let sized = ["check", "raw.toml", "--set", "kernel.boundary.all=periodic"];
    let outcome = place.succeed(&Launch::alone(), &sized);
    assert!(
        outcome.stdout.contains("\"raw\": about 1 files of 5.6 KiB"),
        "{outcome}"
    );
}

/// The manual by example: every case is sound, and begins to run as it is written.
#[test]
fn the_cases_of_the_manual_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut cases = files(&folder);
    // Machines have a folder of their own.
    cases.retain(|name| name.ends_with(".toml") && !name.contains('/'));
    assert!(cases.len() >= 9, "{cases:?}");
    let place = Workplace::new();
    for name in cases {
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        place.write(&name, &text);
        let outcome = place.succeed(&Launch::alone(), &["check", &name]);
        assert!(
            !outcome.stdout.contains("warning") && outcome.stderr.is_empty(),
            "{outcome}"
        );
        // Three steps, whether the case says when it ends or after how many steps.
        let is_end = |line: &&str| line.starts_with("end ") || line.starts_with("steps ");
        assert_eq!(text.lines().filter(is_end).count(), 1, "{name}");
        let shorter = text.lines().map(|line| if is_end(&line) { "steps = 3" } else { line });
        place.write(&name, &shorter.collect::<Vec<_>>().join("\n"));
        let outcome = place.succeed(&Launch::on(2), &[&name, "--progress", "none"]);
        assert!(
            outcome.stdout.contains("finished") && outcome.stderr.is_empty(),
            "{outcome}"
        );
    }
}

#[test]
fn check_speaks_once_under_a_launcher() {
    let outcome = workplace().succeed(&Launch::on(2), &["check", "case.toml"]);
    assert_eq!(outcome.stdout.matches("decomposition").count(), 1, "{outcome}");
}

#[test]
fn check_of_a_large_grid_respects_a_given_topology() {
    let place = workplace();
    let sets = [
        "--set",
        "grid.cells=[100000, 6]",
        "--set",
        "parallel.topology=[1, 6]",
        "--set",
        "kernel.diffusivity=0",
    ];
    let arguments = [&["check", "case.toml", "--ranks", "6"][..], &sets].concat();
    let outcome = place.succeed(&Launch::alone(), &arguments);
    assert!(outcome.stdout.contains("1 x 6 x 1"), "{outcome}");
}

#[test]
fn info_describes_files_and_runs() {
    let place = workplace();
    place.succeed(&Launch::alone(), &["case.toml", "--output", "run", "--quiet"]);
    let snapshot = "run/snapshots/fields_00000003.h5";
    let outcome = place.succeed(&Launch::alone(), &["info", snapshot]);
    for word in ["a small plume", "so2", "kg/m3", "24 x 10", "step     3"] {
        assert!(outcome.stdout.contains(word), "`{word}` is missing\n{outcome}");
    }
    for path in ["run", "run/history.csv", "run/status.json"] {
        let outcome = place.succeed(&Launch::alone(), &["info", path]);
        assert!(!outcome.stdout.is_empty(), "{path}\n{outcome}");
    }
    let outcome = place.run(&Launch::alone(), &["info", "case.toml"]);
    assert!(
        outcome.code == Some(5) && outcome.stderr.contains("case.toml"),
        "{outcome}"
    );
}

#[test]
fn plot_draws_a_run_a_file_and_the_latest_run() {
    let place = workplace();
    place.succeed(&Launch::alone(), &["case.toml", "--quiet"]);
    let is_png = |path: &Path| fs::read(path).unwrap().starts_with(b"\x89PNG\r\n\x1a\n");
    place.succeed(&Launch::alone(), &["plot"]);
    let run = place.path("output/case");
    let pictures: Vec<String> = files(&run).into_iter().filter(|name| name.ends_with(".png")).collect();
    // The last state and the history.
    assert!(
        pictures.len() >= 2 && pictures.iter().all(|name| is_png(&run.join(name))),
        "{pictures:?}"
    );
    // The run's own pictures go with the run.
    place.succeed(&Launch::alone(), &["case.toml", "--quiet", "--overwrite"]);
    assert_eq!(files(&run), PRODUCTS);

    place.succeed(
        &Launch::alone(),
        &[
            "plot",
            "output/case/snapshots/fields_00000003.h5",
            "--output",
            "elsewhere",
        ],
    );
    assert!(
        files(&place.path("elsewhere"))
            .iter()
            .any(|name| name.ends_with(".png"))
    );
    assert_eq!(files(&run), PRODUCTS);
}
