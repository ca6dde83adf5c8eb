//! Probes, what `simrun validate` measures of them, and runs that end when a total has fallen.

use crate::launch::{Launch, Workplace};
use simrun::files::run_folder::snapshots;
use simrun::files::{History, ProbeSeries, SnapshotReader, Status};
use std::f64::consts::TAU;
use std::fs;

/// Probes on a node, on the border of tiles of any topology that is tried, across the seam, at a wall, every third step.
const CASE: &str = r#"
title = "probes"

[grid]
cells = [24, 18]
spacing = [1, 0.5]

[time]
steps = 31
dt = 0.1

[kernel]
type = "advection-diffusion"
diffusivity = 0.3
wind = ["0.7 + 0.1*sin(t)", -0.4]
advection = "weno5"
stepper = "ssp-rk3"
boundary = { west = "periodic", east = "periodic", south = "open", north = "open" }

[[kernel.field]]
name = "q"
unit = "kg"
initial = "exp(-((x - 6)^2 + (y - 4)^2)/4)"

[[kernel.field]]
name = "c"
initial = "sin(x)*cos(2*y)"

[[snapshot]]
every = { steps = 31 }

[[probe]]
name = "node"
at = [3.5, 4.25]

[[probe]]
name = "border"
at = [12, 4.5]

[[probe]]
name = "quarter"
at = [8.1, 3.2]
fields = ["q"]

[[probe]]
name = "seam"
at = [0.2, 0.1]
fields = ["c"]
every = 3
"#;

const PROBES: [&str; 4] = ["border", "node", "quarter", "seam"];

/// The text of every probe's file after a run.
fn series(launch: &Launch, sets: &[&str]) -> Vec<String> {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    place.succeed(launch, &[&["case.toml", "--output", "run"], &sets[..]].concat());
    PROBES
        .iter()
        .map(|name| place.read(&format!("run/probes/{name}.csv")))
        .collect()
}

#[test]
pub fn probes_are_the_same_bytes_however_the_grid_is_cut() {
    let expected = series(&Launch::alone(), &[]);
    let ways: [(usize, &[&str]); 5] = [
        (2, &["parallel.topology=[2, 1]", "parallel.executor=overlap"]),
        (2, &["parallel.topology=[1, 2]", "parallel.executor=progress"]),
        (3, &["parallel.topology=[3, 1]", "parallel.executor=blocking"]),
        // Rows of the history bring the probes' rows to the disk more often: the files are the same.
        (3, &["parallel.topology=[1, 3]", "history.every={ steps = 1 }"]),
        (6, &["parallel.topology=[2, 3]", "history.enabled=false"]),
    ];
    for (ranks, sets) in ways {
        assert_eq!(series(&Launch::on(ranks), sets), expected, "{ranks} ranks, {sets:?}");
    }
}

#[test]
fn a_probe_holds_the_values_of_its_nodes_as_they_are() {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    place.succeed(&Launch::on(2), &["case.toml", "--output", "run"]);
    let read = |name: &str| {
        let path = place.path(&format!("run/probes/{name}.csv"));
        ProbeSeries::read(&path).unwrap().expect("the series of a probe")
    };
    let files = snapshots(&place.path("run")).unwrap();
    let [first, last] = [&files[0], &files[files.len() - 1]].map(|path| SnapshotReader::open(path).unwrap());
    let value =
        |snapshot: &SnapshotReader, field: &str, [i, j]: [usize; 2]| snapshot.read_field(field).unwrap()[[0, j, i]];
    let ends = |series: &ProbeSeries, column: &str| {
        let values = series.line(column).unwrap().values;
        (values[0], values[values.len() - 1])
    };
    let node = read("node");
    assert_eq!(node.names(), ["q[3 8]", "c[3 8]"]);
    assert_eq!(
        ends(&node, "q"),
        (value(&first, "q", [3, 8]), value(&last, "q", [3, 8]))
    );
    assert_eq!(node.history.rows.len(), 32);
    let border = read("border");
    for (column, cell) in [("c[11 8]", [11, 8]), ("c[12 8]", [12, 8]), ("c[11 9]", [11, 9])] {
        let expected = (value(&first, "c", cell), value(&last, "c", cell));
        assert_eq!(ends(&border, column), expected, "{column}");
    }
    // The nodes of row 0 on both sides of the seam: the place lies below the lowest row.
    let seam = read("seam");
    assert_eq!(seam.names(), ["c[23 0]", "c[0 0]", "c"]);
    assert_eq!(ends(&seam, "c[23 0]").0, value(&first, "c", [23, 0]));
    let steps = seam.history.column("step").unwrap();
    assert!(steps.len() == 11 && steps.iter().enumerate().all(|(n, step)| *step == 3.0 * n as f64));
}

#[test]
fn probes_that_cannot_be_are_refused_at_their_place() {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    for (set, words) in [
        (
            "probe.node.at=[25, 1]",
            ["lies outside the grid: x = 25", "from 0 to 24 along x"],
        ),
        (
            "probe.quarter.fields=[\"qq\"]",
            ["there is no field \"qq\"", "the fields are: q, c"],
        ),
        (
            "probe.seam.name=node",
            ["two probes have the name \"node\"", "name of its own"],
        ),
        ("probe.seam.every=0", ["`every` in [probe.", "at least 1, not 0"]),
        (
            "stop={ total = \"q.in_nrth\", factor = 0.5 }",
            ["there is no total \"q.in_nrth\"", "did you mean \"q.in_north\"?"],
        ),
    ] {
        let outcome = place.run(&Launch::on(2), &["case.toml", "--set", set]);
        assert_eq!(outcome.code, Some(2), "{outcome}");
        for word in words {
            assert_eq!(outcome.stderr.matches(word).count(), 1, "`{word}`\n{outcome}");
        }
    }
}

/// What flows in through the west wall comes back out: its sum rises until the wind turns, at t = 5, and falls again.
const TIDE: &str = r#"
[grid]
cells = [32, 4]
spacing = [1, 1]

[time]
steps = 400
dt = 0.025

[kernel]
type = "advection-diffusion"
wind = ["sin(2*pi*t/10)", 0]
boundary = { west = { inflow = 1 }, east = "open", south = { flux = 0 }, north = { flux = 0 } }

[[kernel.field]]
name = "q"

[stop]
total = "q.in_west"
factor = 0.5
every = 10

[[probe]]
name = "p"
at = [1.5, 2]
"#;

#[test]
fn a_run_ends_at_the_first_look_at_which_its_total_has_fallen() {
    for launch in [Launch::alone(), Launch::on(3)] {
        let place = Workplace::new();
        place.write("case.toml", TIDE);
        let every_row = ["--set", "history.every={ steps = 1 }"];
        let outcome = place.succeed(&launch, &[&["case.toml", "--output", "run"], &every_row[..]].concat());
        let history = History::read(&place.path("run/history.csv")).unwrap();
        let (steps, totals) = (history.column("step").unwrap(), history.column("q.in_west").unwrap());
        let looks: Vec<(f64, f64)> = steps.iter().copied().zip(totals).step_by(10).collect();
        let mut largest = 0.0f64;
        let falls = looks.iter().find(|(_, total)| {
            largest = largest.max(*total);
            *total < 0.5 * largest
        });
        let expected = falls.expect("the total falls").0;
        assert!(expected > 200.0 && expected < 400.0, "after the turn, before the end");
        assert_eq!(steps.last(), Some(&expected));
        let status = Status::read(&place.path("run/status.json")).unwrap();
        assert_eq!((status.step as f64, status.steps_total), (expected, Some(status.step)));
        let said = format!("stopped in step {expected}: `q.in_west` has fallen to");
        assert!(outcome.stdout.contains(&said), "{outcome}");
        assert!(place.read("run/log.txt").contains(&said));
        let probe = ProbeSeries::read(&place.path("run/probes/p.csv")).unwrap().unwrap();
        assert_eq!(probe.history.rows.len() as f64, expected + 1.0);
    }
}

/// A wave that first-order upwind advection turns and damps by the same factor in every step.
const WAVE: &str = r#"
[grid]
cells = [20, 1]
spacing = [1, 1]

[time]
steps = 600
dt = 0.5

[kernel]
type = "advection-diffusion"
wind = [1, 0]
advection = "upwind"
stepper = "euler"
boundary = { all = "periodic" }

[[kernel.field]]
name = "q"
initial = "3*cos(2*pi*x/20)"

[[probe]]
name = "a"
at = [0.5, 0.5]

[[probe]]
name = "b"
at = [5.5, 0.5]

[[snapshot]]
every = { steps = 600 }
"#;

#[test]
fn validate_measures_what_probes_recorded() {
    // The factor of a step: G = 1 - C (1 - exp(-i theta)) = cos(theta/2) exp(-i theta/2), C = 0.5, theta = 2 pi/20.
    let theta = TAU / 20.0;
    let factor = (0.5 * theta).cos();
    let (frequency, decay) = (0.05, -factor.ln() / (TAU * 0.5));
    let check = |what: &str, text: String| format!("[[check]]\nname = \"{what}\"\nwhat = \"{what}\"\n{text}\n");
    let expected = [
        "title = \"a wave\"\nsource = \"von Neumann analysis\"\ntolerance_from = \"rounding\"\n\
         [[run]]\nname = \"whole\"\n[[run]]\nname = \"half\"\nset = [\"kernel.field.q.initial='1.5*cos(2*pi*x/20)'\"]\n"
            .to_owned(),
        check(
            "resonance",
            format!("run = \"whole\"\nprobe = \"a\"\nnear = 0.05\npart = \"frequency\"\nreference = {frequency:?}\nrelative = 1e-12"),
        ),
        check(
            "resonance",
            format!("run = \"half\"\nprobe = \"a\"\nnear = 0.05\nevery = 3\npart = \"decay\"\nreference = {decay:?}\ntolerance = 1e-13"),
        ),
        // Linear, and a power of two: all values of one run are half of those of the other, to the last bit.
        check(
            "transfer",
            "run = \"half\"\nprobe = \"b\"\nover = \"whole\"\nfrequency = 0.05\nreference = 0.5\ntolerance = 1e-15".into(),
        ),
        check(
            "transfer",
            "run = \"half\"\nminus = \"whole\"\nprobe = \"b\"\nover = \"whole\"\nfrequency = 0.05\nphase = 0.25\npart = \"im\"\n\
             reference = -0.5\ntolerance = 1e-15"
                .into(),
        ),
        // The last value, after fifteen turns, over the first one, which is the largest, of the other run.
        check(
            "db_below",
            format!(
                "run = \"whole\"\nprobe = \"a\"\nafter = 300\nbelow = \"half\"\nbelow_probe = \"a\"\nreference = {:?}\ntolerance = 1e-10",
                20.0 * (2.0 * factor.powi(600)).log10()
            ),
        ),
        check(
            "probe",
            format!(
                "run = \"whole\"\nprobe = \"a\"\nof = \"first\"\nreference = {:?}\ntolerance = 1e-15",
                3.0 * factor
            ),
        ),
        check("history", "run = \"whole\"\ncolumn = \"dt\"\nof = \"spread\"\nreference = 0\ntolerance = 0".into()),
        check(
            "history",
            format!(
                "run = \"whole\"\ncolumn = \"q.l2\"\nof = \"ratio\"\nreference = {:?}\nrelative = 1e-12",
                factor.powi(600)
            ),
        ),
        check(
            "max",
            format!(
                "run = \"whole\"\ntime = \"first\"\nwhere = \"x > 3 and x < 8\"\nreference = {:?}\ntolerance = 1e-15",
                3.0 * (3.5 * theta).cos()
            ),
        ),
    ];
    let place = Workplace::new();
    fs::create_dir_all(place.path("validation/wave")).unwrap();
    place.write("validation/wave/case.toml", WAVE);
    place.write("validation/wave/expected.toml", &expected.concat());
    let outcome = place.succeed(&Launch::on(2), &["validate"]);
    assert_eq!(outcome.stdout.matches(" ok ").count(), 9, "{outcome}");
}

#[test]
fn wrong_measures_of_probes_are_refused_before_anything_runs() {
    let check = |text: &str| format!("[[check]]\nname = \"m\"\n{text}\nat_most = 1\n");
    let expected = [
        "title = \"t\"\nsource = \"s\"\ntolerance_from = \"f\"\n".to_owned(),
        check("what = \"probe\"\nprobe = \"c\"\nof = \"last\""),
        check("what = \"probe\"\nprobe = \"a\"\ncolumn = \"p\"\nof = \"last\""),
        check("what = \"transfer\"\nprobe = \"a\"\nfrequency = 1"),
        check("what = \"transfer\"\nprobe = \"a\"\nover_probe = \"b\"\nfrequency = 1\nminus = \"bse\""),
        check("what = \"resonance\"\nprobe = \"a\"\nnear = 1"),
        check("what = \"mode\"\nmode = \"x\"\nwhere = \"x < 1\""),
    ];
    let place = Workplace::new();
    fs::create_dir_all(place.path("validation/wave")).unwrap();
    place.write("validation/wave/case.toml", WAVE);
    place.write("validation/wave/expected.toml", &expected.concat());
    let outcome = place.run(&Launch::alone(), &["validate"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    for word in [
        "there is no probe \"c\"",
        "probe \"a\" does not record \"p\"",
        "missing key `over`",
        "there is no run \"bse\"",
        "missing key `part`",
        "unknown key `where`",
    ] {
        assert_eq!(outcome.stderr.matches(word).count(), 1, "`{word}`\n{outcome}");
    }
    assert!(!place.path("output").exists());
}
