//! What conservation demands. (Numbers from elsewhere are met by the cases of `validation/`.)

use crate::launch::{Launch, Workplace};
use simrun::files::{History, SnapshotReader};

fn run(text: &str, ranks: usize) -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", text);
    let launch = if ranks == 1 { Launch::alone() } else { Launch::on(ranks) };
    place.succeed(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
    place
}

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what} is {found:.17e}, expected {expected:.17e} +- {tolerance:e}"
    );
}

/// The history of a run.
fn history(text: &str, ranks: usize) -> History {
    History::read(&run(text, ranks).path("run/history.csv")).unwrap()
}

fn column(history: &History, name: &str) -> Vec<f64> {
    history.column(name).unwrap_or_else(|| {
        let names: Vec<&str> = history.columns.iter().map(|column| column.name.as_str()).collect();
        panic!("the history has no column `{name}` but {}", names.join(", "))
    })
}

const A_THOUSAND_STEPS: &str = r#"
    precision = "f64"
    [grid]
    cells = [31, 17, 9]
    size = [3.1, 1.7, 0.9]
    [time]
    steps = 1000
    [history]
    every = { steps = 50 }
"#;

/// What is as random as a formula can be.
const ROUGH: &str = "sin(7919*x^2 + 104729*y*z) + cos(1299709*x*y - 15485863*z^2)";

/// The sum of q changes by no more than 1e-13 of the sum of |q|: the fluxes cancel but for rounding.
#[test]
fn a_periodic_box_keeps_what_is_in_it_for_a_thousand_steps() {
    for (advection, stepper) in [("upwind", "euler"), ("centred", "rk3"), ("upwind", "rk3")] {
        let text = format!(
            r#"
            {A_THOUSAND_STEPS}
            [kernel]
            type = "advection-diffusion"
            wind = ["1 + 0.5*sin(2*pi*y/1.7 + t)", "0.7*cos(2*pi*x/3.1)", -0.3]
            diffusivity = [0.001, "0.002 + 0.001*cos(2*pi*y/1.7)", 0.001]
            advection = "{advection}"
            stepper = "{stepper}"
            boundary = {{ all = "periodic" }}
            [[kernel.field]]
            name = "q"
            initial = "{ROUGH}"
            "#
        );
        let history = history(&text, 3);
        let (total, l1) = (column(&history, "q.total"), column(&history, "q.l1"));
        assert!(total.len() >= 20 && l1[0] > 0.1);
        for (now, l1) in total.iter().zip(&l1) {
            assert_near(
                *now,
                total[0],
                1e-13 * l1,
                &format!("the total with {advection}, {stepper}"),
            );
        }
    }
}

/// What is there is what was there, plus what came in through the walls, plus what was released, less what decayed.
#[test]
fn the_budget_closes_with_walls_sources_and_decay() {
    for stepper in ["euler", "rk3"] {
        let text = format!(
            r#"
            {A_THOUSAND_STEPS}
            [kernel]
            type = "advection-diffusion"
            wind = ["1 + 0.5*y", "0.4*cos(2*x)", "0.1 - 0.1*z"]
            diffusivity = ["0.01 + 0.002*x", 0.02, "0.01 + 0.01*z"]
            stepper = "{stepper}"
            budget = true
            [[kernel.field]]
            name = "q"
            initial = "1 + {ROUGH}"
            source = [{{ rate = "2 + sin(t)", at = [0.73, 0.41, 0.33] }}, {{ density = "0.1*x*y" }}]
            decay = 0.05
            boundary = {{ west = {{ inflow = "1 + y" }}, east = "open", south = {{ value = 0.5 }}, north = {{ flux = "0.1*x" }}, bottom = "zero-gradient", top = "open" }}
            "#
        );
        let history = history(&text, 3);
        let (total, l1) = (column(&history, "q.total"), column(&history, "q.l1"));
        let gains: Vec<Vec<f64>> = ["west", "east", "south", "north", "bottom", "top"]
            .iter()
            .map(|wall| column(&history, &format!("q.in_{wall}")))
            .chain([column(&history, "q.emitted")])
            .collect();
        let decayed = column(&history, "q.decayed");
        assert!(
            gains.iter().all(|gain| gain.last().is_some_and(|g| *g != 0.0)),
            "everything takes part"
        );
        for n in 0..total.len() {
            let expected = total[0] + gains.iter().map(|gain| gain[n]).sum::<f64>() - decayed[n];
            assert_near(
                total[n],
                expected,
                1e-13 * l1[n],
                &format!("the total in row {n} with {stepper}"),
            );
        }
    }
}

/// What a wall takes up is kept per cell of the wall: the map in the raw storage adds up to the column of the history.
#[test]
fn the_map_of_what_is_deposited_adds_up_to_the_history() {
    let text = r#"
        [grid]
        cells = [13, 7]
        spacing = [0.5, 0.25]
        [time]
        steps = 20
        [kernel]
        type = "advection-diffusion"
        wind = ["0.2 + y", 0.0]
        diffusivity = 0.05
        [[kernel.field]]
        name = "q"
        initial = "1 + sin(x)"
        settling = 0.1
        boundary = { all = "open", south = { deposition = "0.1 + 0.02*x" } }
        [[snapshot]]
        name = "ground"
        every = { steps = 20 }
        initial = false
        storage = true
    "#;
    let place = run(text, 2);
    let history = History::read(&place.path("run/history.csv")).unwrap();
    let deposited = *column(&history, "q.in_south").last().unwrap();
    let map = SnapshotReader::open(&place.path("run/snapshots/ground_00000020.h5")).unwrap();
    let (bytes, element) = map.read_storage("q.in_south").unwrap();
    let per_area: Vec<f64> = bytes
        .chunks_exact(8)
        .map(|bytes| f64::from_ne_bytes(bytes.try_into().unwrap()))
        .collect();
    assert_eq!((per_area.len(), element), (13, "f64"));
    assert!(per_area.iter().all(|&amount| amount < 0.0), "{per_area:?}");
    // A face is 0.5 m by 1 m; a dozen roundings of sums below one, and what the running sums lost.
    assert_near(
        per_area.iter().sum::<f64>() * 0.5,
        deposited,
        1e-14,
        "the sum of the map",
    );
}
