//! A run takes the memory that was predicted for it.

use crate::launch::{Launch, Workplace};

/// What the program and its libraries take differs from one machine to another: it is measured on a run of `cells` that are
/// few, and what the others take beyond it is compared.
const FEW: &str = "[16, 16, 16]";

/// The largest part of what a run takes by which it may differ from what was predicted.
const TOLERANCE: f64 = 0.1;

const HEAT: &str = r#"
    [kernel]
    type = "advection-diffusion"
    diffusivity = 1e-4
    stepper = "euler"
    boundary = { all = "periodic" }
    [[kernel.field]]
    name = "q"
    initial = "x"
    [parallel]
    executor = "blocking"
"#;

const MAXWELL: &str = r#"
    precision = "f32"
    [kernel]
    type = "fdtd"
    boundary = { all = { cpml = 2 } }
    initial = { Ez = "sin(x)" }
    [parallel]
    executor = "temporal"
    depth = 4
"#;

const TRANSPORT: &str = r#"
    [kernel]
    type = "advection-diffusion"
    wind = ["1 + x", 0.3, 0.2]
    advection = "upwind3"
    stepper = "rk3"
    boundary = { all = "open" }
    [[kernel.field]]
    name = "q"
    initial = "x"
    [parallel]
    executor = "overlap"
    [checkpoint]
    every = { steps = 4 }
    [[snapshot]]
    every = { steps = 4 }
"#;

/// Bytes of the rank that takes most, and of all ranks: what was predicted by `check`, and the peaks.
struct Found {
    predicted: [f64; 2],
    peak: [f64; 2],
}

fn run(kernel: &str, cells: &str, ranks: usize) -> Found {
    let place = Workplace::new();
    let text = format!(
        "{kernel}\n[grid]\ncells = {cells}\nspacing = [1e-2, 1e-2, 1e-2]\n[time]\nsteps = 9\n[history]\nenabled = false\n"
    );
    place.write("case.toml", &text);
    let n = ranks.to_string();
    let said = place
        .succeed(&Launch::alone(), &["check", "case.toml", "--ranks", &n])
        .stdout;
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("memory "))
        .expect("a line");
    let (of_one, of_all) = (amount_before(line, " per rank"), amount_before(line, " in all"));
    place.succeed(
        &Launch::on(ranks),
        &["case.toml", "--output", "run", "--progress", "none"],
    );
    let log = place.read("run/log.txt");
    let line = log.lines().find(|line| line.contains("memory: peak ")).expect("a line");
    let (one, all) = line.split_once(';').expect("two parts");
    assert_eq!(amount_after(one, "predicted "), of_one, "{line}");
    assert_eq!(amount_after(all, "predicted "), of_all, "{line}");
    Found {
        predicted: [of_one, of_all],
        peak: [amount_after(one, "peak "), amount_after(all, "in all ")],
    }
}

/// The bytes that stand behind `mark`, as in "12.5 MiB".
fn amount_after(text: &str, mark: &str) -> f64 {
    let (_, rest) = text
        .split_once(mark)
        .unwrap_or_else(|| panic!("`{mark}` is missing in {text}"));
    let mut words = rest.split([' ', ',']);
    let number: f64 = words.next().unwrap().parse().unwrap();
    let unit = words.next().unwrap();
    let power = ["B", "KiB", "MiB", "GiB"]
        .iter()
        .position(|name| *name == unit)
        .unwrap();
    number * 1024f64.powi(power as i32)
}

/// The bytes that stand before `mark`.
fn amount_before(text: &str, mark: &str) -> f64 {
    let (before, _) = text
        .split_once(mark)
        .unwrap_or_else(|| panic!("`{mark}` is missing in {text}"));
    let words: Vec<&str> = before.split([' ', ',']).collect();
    amount_after(&words[words.len() - 2..].join(" "), "")
}

/// Returns what the rank that takes most takes beyond the program, bytes.
#[track_caller]
fn must_take_what_was_predicted(kernel: &str, cells: &str, ranks: usize) -> f64 {
    let (few, many) = (run(kernel, FEW, ranks), run(kernel, cells, ranks));
    for n in 0..2 {
        let (predicted, taken) = (many.predicted[n] - few.predicted[n], many.peak[n] - few.peak[n]);
        assert!(taken > 50.0 * 1024.0 * 1024.0, "{taken}: too little to compare");
        let error = (predicted - taken) / many.peak[n];
        assert!(
            error.abs() <= TOLERANCE,
            "predicted {predicted}, taken {taken} beyond the program"
        );
    }
    many.peak[0] - few.peak[0]
}

#[test]
fn heat_takes_two_arrays() {
    let taken = must_take_what_was_predicted(HEAT, "[192, 192, 192]", 1);
    let arrays = taken / (8.0 * 192.0 * 192.0 * 192.0);
    // With the halo, and rows and planes that are odd numbers of cache lines.
    assert!((2.0..2.25).contains(&arrays), "{arrays} arrays");
}

#[test]
fn deep_halos_and_their_messages_are_counted() {
    must_take_what_was_predicted(MAXWELL, "[160, 160, 160]", 2);
}

#[test]
fn output_under_way_is_counted() {
    must_take_what_was_predicted(TRANSPORT, "[160, 160, 160]", 2);
}
