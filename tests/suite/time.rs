//! Time: every step is stable whatever varies in time, and times are met without slivers of steps.

use crate::launch::{Launch, Outcome, Workplace};
use simrun::files::History;

const CASE: &str = r#"
[grid]
cells = [64, 4]
spacing = [100, 100]

[time]
end = 86400

[kernel]
type = "advection-diffusion"
wind = ["5*sin(2*pi*t/3600)", 0]
diffusivity = [10, 0]
boundary = { all = "periodic" }

[[kernel.field]]
name = "q"
initial = "1 + sin(2*pi*x/6400)"
"#;

fn run(place: &Workplace, overrides: &[&str]) -> Outcome {
    place.write("case.toml", CASE);
    let mut words = vec!["case.toml", "--output", "run", "--overwrite", "--progress", "none"];
    words.extend(overrides.iter().flat_map(|value| ["--set", value]));
    place.run(&Launch::alone(), &words)
}

fn history(place: &Workplace) -> History {
    History::read(&place.path("run/history.csv")).expect("the run wrote its history")
}

fn column(history: &History, name: &str) -> Vec<f64> {
    history.column(name).expect("the history has the column")
}

/// A wind whose zeros a coarse look at times would take for calm.
#[test]
fn a_tide_is_carried_stably_and_its_courant_number_is_told() {
    let place = Workplace::new();
    let outcome = run(&place, &["history.every={steps=1}"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let history = history(&place);
    // Upwind with forward Euler makes no new extrema where the combined number stays below one.
    assert!(column(&history, "q.max").iter().all(|&max| max <= 2.0 + 1e-12));
    let (courant, diffusion) = (column(&history, "courant"), column(&history, "diffusion_number"));
    assert!(courant.iter().zip(&diffusion).all(|(c, d)| c + 2.0 * d <= 1.0 + 1e-12));
    assert!(courant.iter().any(|&c| c > 0.5));
}

#[test]
fn a_given_step_that_becomes_unstable_stops_the_run() {
    let place = Workplace::new();
    // Stable while the wind is weak: Courant number 1 and a little diffusion at its strongest.
    let outcome = run(&place, &["time.dt=20", "time.end=3600"]);
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert!(outcome.stderr.contains("`time.dt` = 20 s is unstable"), "{outcome}");
}

#[test]
fn coefficients_that_lose_their_meaning_later_stop_the_run_and_are_named() {
    let place = Workplace::new();
    let bad = [
        (r#"kernel.wind=["sqrt(600-t)",0]"#, "kernel.wind[0]", "is not finite"),
        (
            r#"kernel.wind=["if(t<600,1,1/0)",0]"#,
            "kernel.wind[0]",
            "is not finite",
        ),
        (r#"kernel.diffusivity="600-t""#, "kernel.diffusivity[0]", "is negative"),
        (
            r#"kernel.diffusivity="600-t+0*x""#,
            "kernel.diffusivity[0]",
            "is negative",
        ),
    ];
    for (change, key, what) in bad {
        let outcome = run(&place, &[change, "time.end=6000"]);
        assert_eq!(outcome.code, Some(4), "{change}\n{outcome}");
        assert!(
            outcome.stderr.contains(key) && outcome.stderr.contains(what),
            "{change}\n{outcome}"
        );
    }
}

#[test]
fn times_that_differ_by_rounding_make_no_steps_of_their_own() {
    let place = Workplace::new();
    let outcome = run(
        &place,
        &[
            "time.end=2.1",
            "kernel.wind=[500,0]",
            "snapshot=[{every=0.7}]",
            "history.every=0.1",
        ],
    );
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let history = history(&place);
    assert!(column(&history, "dt").iter().all(|&dt| dt > 0.09));
    assert_eq!(column(&history, "step"), (0..=21).map(f64::from).collect::<Vec<_>>());
    let n_snapshots = std::fs::read_dir(place.path("run/snapshots"))
        .expect("there are snapshots")
        .count();
    assert_eq!(n_snapshots, 4);
}

#[test]
fn steps_grow_again_when_the_wind_drops() {
    let place = Workplace::new();
    let calm = r#"kernel.wind=["if(t<100,50,0.5)",0]"#;
    let outcome = run(&place, &[calm, "time.end=20000", "history.every={steps=1}"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let dt = column(&history(&place), "dt");
    assert!(dt[1] < 2.0 && dt[dt.len() - 1] > 100.0, "{dt:?}");
}
