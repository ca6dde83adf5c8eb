//! Numbers that nobody here chose, and what conservation demands.

use crate::launch::{Launch, Workplace};
use simrun::files::{History, SnapshotReader};
use std::f64::consts::PI;

/// The final values of field `q`, x fastest, after running `text` on 1 or more ranks.
fn final_values(text: &str, ranks: usize) -> Vec<f64> {
    let place = run(text, ranks);
    let snapshots = simrun::files::run_folder::snapshots(&place.path("run")).unwrap();
    let reader = SnapshotReader::open(snapshots.last().expect("the last state is written")).unwrap();
    reader.read_field("q").unwrap().iter().copied().collect()
}

fn run(text: &str, ranks: usize) -> Workplace {
    let place = Workplace::new();
    place.write("case.toml", text);
    let launch = if ranks == 1 { Launch::alone() } else { Launch::on(ranks) };
    place.succeed(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
    place
}

fn max(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn min(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what} is {found:.17e}, expected {expected:.17e} +- {tolerance:e}"
    );
}

/// Diffusion of a sine: x in [0, 2 pi], 16 cells, periodic, D = 1, second order, dt = 0.01, 20 steps.
///
/// Source: ERF (github.com/erf-model/ERF), test ScalarDiffusionSine, whose tolerance is 2e-10. The same scheme gives the
/// same number to rounding: 60 additions of numbers near one, a unit in the last place each at worst.
#[test]
fn a_diffusing_sine_has_the_amplitude_that_erf_publishes() {
    let rounding = 60.0 * f64::EPSILON;
    for ranks in [1, 3] {
        let values = |stepper: &str| {
            let text = format!(
                r#"
                [grid]
                cells = [16, 1]
                size = [{size:?}, 1.0]
                [time]
                dt = 0.01
                steps = 20
                [kernel]
                type = "advection-diffusion"
                diffusivity = 1.0
                stepper = "{stepper}"
                boundary = {{ west = "periodic", east = "periodic" }}
                [[kernel.field]]
                name = "q"
                initial = "sin(x)"
                [[snapshot]]
                at_steps = [20]
                "#,
                size = 2.0 * PI
            );
            final_values(&text, ranks)
        };
        let rk3 = values("rk3");
        assert_near(max(&rk3), 0.805_054_988_025_981_5, rounding, "the maximum");
        let smallest = min(&rk3.iter().map(|q| q.abs()).collect::<Vec<_>>());
        assert_near(
            smallest,
            0.160_135_393_539_050_07,
            rounding,
            "the smallest absolute value",
        );
        assert_near(
            max(&values("euler")),
            0.804_265_578_345_465_3,
            rounding,
            "the maximum with forward Euler",
        );
    }
}

/// Diffusion of a Gaussian in the unit cube, 16 cells each way, x and y periodic, z without flux, D = 1, dt = 1e-4.
///
/// Source: ERF, test ScalarDiffusionGaussian; tolerances as above.
#[test]
fn a_diffusing_gaussian_has_the_extrema_that_erf_publishes() {
    let rounding = 60.0 * f64::EPSILON;
    for ranks in [1, 3] {
        let values = |stepper: &str| {
            let text = format!(
                r#"
                [grid]
                cells = [16, 16, 16]
                size = [1.0, 1.0, 1.0]
                [time]
                dt = 1e-4
                steps = 20
                [kernel]
                type = "advection-diffusion"
                diffusivity = 1.0
                stepper = "{stepper}"
                boundary = {{ all = "periodic", bottom = {{ flux = 0.0 }}, top = {{ flux = 0.0 }} }}
                [[kernel.field]]
                name = "q"
                initial = "exp(-10*((x - 0.5)^2 + (y - 0.5)^2 + (z - 0.5)^2))"
                [[snapshot]]
                at_steps = [20]
                "#
            );
            final_values(&text, ranks)
        };
        let rk3 = values("rk3");
        assert_near(max(&rk3), 0.868_795_363_968_835_8, rounding, "the maximum");
        assert_near(min(&rk3), 3.234_335_000_650_064e-3, rounding, "the minimum");
        assert_near(
            max(&values("euler")),
            0.868_379_866_737_213_8,
            rounding,
            "the maximum with forward Euler",
        );
    }
}

/// An eigenmode of the discrete operator: q = cos(2 pi k.x) in the periodic unit cube, N = 32, k = (1, 2, 3), D = 1.
///
/// With S = sum of sin^2(pi k_i/N), r = D dt/h^2 and z = -4 r S, n steps multiply the mode by R(z)^n, where R = 1 + z for
/// forward Euler and 1 + z + z^2/2 + z^3/6 for RK3: the exact solution of the scheme, from von Neumann's analysis.
#[test]
fn an_eigenmode_decays_by_the_factor_of_the_scheme() {
    const N: usize = 32;
    const K: [f64; 3] = [1.0, 2.0, 3.0];
    let s: f64 = K.iter().map(|k| (PI * k / N as f64).sin().powi(2)).sum();
    assert_near(s, 0.131_932_787_391_468_74, 1e-16, "S");
    let mode: Vec<f64> = (0..N.pow(3))
        .map(|n| {
            let cell = [n % N, n / N % N, n / (N * N)];
            let phase: f64 = cell.iter().zip(K).map(|(&i, k)| k * (i as f64 + 0.5) / N as f64).sum();
            (2.0 * PI * phase).cos()
        })
        .collect();
    let norm: f64 = mode.iter().map(|m| m * m).sum();
    // The printed digits; rounding, 1e-16 of the initial amplitude 1 and damped since, lies below.
    let cases = [
        ("euler", 2.620_795_090_129_8e-4, 5e-17),
        ("rk3", 3.648_072_003_2e-4, 5e-15),
    ];
    for ranks in [1, 3] {
        for (stepper, amplitude, tolerance) in cases {
            let text = format!(
                r#"
                [grid]
                cells = [{N}, {N}, {N}]
                size = [1.0, 1.0, 1.0]
                [time]
                dt = {dt:?}
                steps = 100
                [kernel]
                type = "advection-diffusion"
                diffusivity = 1.0
                stepper = "{stepper}"
                boundary = {{ all = "periodic" }}
                [[kernel.field]]
                name = "q"
                initial = "cos(2*pi*({} * x + {} * y + {} * z))"
                [[snapshot]]
                at_steps = [100]
                "#,
                K[0],
                K[1],
                K[2],
                dt = 0.15 / (N * N) as f64,
            );
            let values = final_values(&text, ranks);
            let found: f64 = values.iter().zip(&mode).map(|(q, m)| q * m).sum::<f64>() / norm;
            assert_near(found, amplitude, tolerance, &format!("the amplitude with {stepper}"));
            // Nothing but the mode is there.
            let rest = values
                .iter()
                .zip(&mode)
                .map(|(q, m)| (q - found * m).abs())
                .fold(0.0, f64::max);
            assert!(rest < 1e-15, "beside the mode there is {rest:e}");
        }
    }
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
