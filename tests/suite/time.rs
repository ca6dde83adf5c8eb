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

/// Ten times the wind for a fifth of a second, in cells of which the wind alone limits dt.
const GUST: [&str; 4] = [
    r#"kernel.wind=["100 + 900*exp(-((t-5)/0.2)^2)", 0]"#,
    "kernel.diffusivity=0",
    "time.end=20",
    "time.cfl=0.5",
];

fn gust(t: f64) -> f64 {
    100.0 + 900.0 * (-((t - 5.0) / 0.2).powi(2)).exp()
}

#[test]
fn a_gust_within_a_block_of_steps_shortens_all_of_them() {
    let place = Workplace::new();
    for stepper in ["euler", "rk3"] {
        let stepper = format!("kernel.stepper=\"{stepper}\"");
        let outcome = run(&place, &[&GUST[..], &[&stepper, "history.every={steps=1}"]].concat());
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let history = history(&place);
        let (time, dt) = (column(&history, "time"), column(&history, "dt"));
        // The configured share of a limit of 1 with forward Euler, and of half of RK3's 2.5127.
        let limit = if stepper.contains("rk3") {
            0.5 * 2.5127 / 2.0
        } else {
            0.5
        };
        // A stretch of steps may be longer by 1e-9 of a step, so that one more is not needed.
        let rounded = limit * (1.0 + 2e-9);
        assert!(column(&history, "courant").iter().all(|&courant| courant <= rounded));
        for n in 1..dt.len() {
            // Stages lie up to a quarter of a step from the times that are looked at, where the wind is stronger by at
            // most w''/2 (dt/4)^2 with w'' = 2*900/0.2^2.
            let unseen = 900.0 / 0.04 * (dt[n] / 4.0).powi(2);
            for share in [0.0, 1.0 / 3.0, 0.5, 1.0] {
                let courant = gust(time[n - 1] + share * dt[n]) * dt[n] / 100.0;
                assert!(
                    courant <= rounded + unseen * dt[n] / 100.0,
                    "{courant} at {} s",
                    time[n - 1]
                );
            }
        }
        assert!(
            dt.iter().any(|&dt| dt < 0.11 * limit) && dt[dt.len() - 1] > 0.9 * limit,
            "{dt:?}"
        );
    }
}

#[test]
fn blocks_are_the_same_on_any_number_of_ranks_wherever_the_gust_blows() {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    // Through the last face between cells only, which belongs to the last rank.
    let local = r#"kernel.wind=["100 + if(x > 6200, 900*exp(-((t-5)/0.2)^2), 0)", 0]"#;
    let lost = r#"kernel.wind=["100 + if(x > 6200, sqrt(11.3-t), 0)", 0]"#;
    for (wind, code) in [(local, 0), (lost, 4)] {
        let mut first = None;
        for ranks in [1, 2, 3] {
            let sets = [wind, "kernel.diffusivity=0", "time.end=20", "history.every={steps=1}"];
            let mut words = vec!["case.toml", "--output", "run", "--overwrite", "--quiet"];
            words.extend(sets.iter().flat_map(|set| ["--set", set]));
            let outcome = place.run(&Launch::on(ranks), &words);
            assert_eq!(outcome.code, Some(code), "{outcome}");
            let found = (place.read("run/history.csv"), outcome.stderr.matches("at t = ").count());
            assert_eq!(found.1, usize::from(code != 0), "{outcome}");
            assert!(
                *first.get_or_insert_with(|| found.clone()) == found,
                "{ranks} ranks differ: {wind}"
            );
        }
    }
}

#[test]
fn a_coefficient_that_loses_its_meaning_after_the_end_does_no_harm() {
    let place = Workplace::new();
    let wind = r#"kernel.wind=["sqrt(600-t)",0]"#;
    for until in ["time.end=600", "time={ steps = 20 }"] {
        let outcome = run(&place, &[wind, until]);
        assert_eq!(outcome.code, Some(0), "{until}\n{outcome}");
    }
    let outcome = run(&place, &[wind, "time.end=700"]);
    assert_eq!(outcome.code, Some(4), "{outcome}");
    let told = outcome
        .stderr
        .split("at t = ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let time: f64 = told.and_then(|text| text.parse().ok()).expect("the time is told");
    // Found within half a step of at most 0.9*100^2/20 s, where nothing but diffusion limits it.
    assert!(time > 600.0 && time <= 600.0 + 225.0, "{outcome}");
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
