//! Random configurations of transport, which combine everything that a `[kernel]` table can say.

use super::SPACING;
use super::cases::Case;
use super::transport::SCHEMES;
use crate::random::Random;

/// A random configuration of transport.
pub fn random_transport(random: &mut Random) -> Case {
    let cells = random
        .pick(&[
            &[9, 7, 5][..],
            &[6, 4, 3],
            &[17, 3, 2],
            &[1, 8, 5],
            &[7, 1, 4],
            &[5, 6, 1],
            &[12, 9],
            &[4, 37],
            &[3, 19, 3],
            &[1, 9],
            &[14, 1],
        ])
        .to_vec();
    // A periodic axis is at least as long as the widest scheme reads, or inactive.
    let periodic: Vec<bool> = cells.iter().map(|&n| random.once_in(3) && n != 2).collect();
    let n_fields = 1 + random.below(3);
    let mut table = schemes(random, &cells, &periodic);
    table += &format!("budget = {}\n", random.once_in(2));
    if random.once_in(3) {
        table += &exchange(random, n_fields);
    }
    for n in 0..n_fields {
        table += &field(random, n, &cells, &periodic);
    }
    Case::transport(&cells, &table)
}

/// Wind, diffusivity, and how they act.
fn schemes(random: &mut Random, cells: &[usize], periodic: &[bool]) -> String {
    let dims = cells.len();
    let is_still = random.once_in(4);
    let wind: Vec<String> = (0..dims)
        .map(|_| if is_still { "0".into() } else { wind(random, dims) })
        .collect();
    let mut table = match dims == 2 && !is_still && random.once_in(3) {
        true => stream_function(random, cells, periodic),
        false => format!("wind = {wind:?}\n"),
    };
    let (advection, stepper) = *random.pick(&SCHEMES);
    table += &format!("advection = \"{advection}\"\nstepper = \"{stepper}\"\n");
    if stepper == "rkl2" {
        table += &format!("stages = {}\n", 2 + random.below(4));
    }
    let is_tensor = random.once_in(4);
    let must_diffuse = (advection == "centred" && stepper == "euler") || is_still || is_tensor;
    let along: Vec<String> = (0..dims).map(|_| diffusivity(random, dims, must_diffuse)).collect();
    match is_tensor {
        true => table += &format!("diffusivity = {:?}\n", tensor(random, &along)),
        false => table += &format!("diffusivity = {along:?}\n"),
    }
    let means = ["sampled", "arithmetic", "harmonic"];
    let n_means = if is_tensor { 2 } else { 3 };
    table + &format!("face_mean = \"{}\"\n", random.pick(&means[..n_means]))
}

fn field(random: &mut Random, n: usize, cells: &[usize], periodic: &[bool]) -> String {
    let initial = *random.pick(&["sin(x) + y", "exp(-x^2 - y^2)", "1 + 0.1*x*y"]);
    let mut table = format!("[[kernel.field]]\nname = \"q{n}\"\ninitial = \"{initial}\"\n");
    if random.once_in(3) {
        table += "sampling = \"average\"\n";
    }
    if random.once_in(3) {
        let speed = random.pick(&["0.3", "-0.1", "0.2 + 0.1*x", "0.2*sin(9*t)", "0.1*y*t"]);
        table += &format!("settling = \"{speed}\"\n");
    }
    if random.once_in(2) {
        table += &format!("source = {}\n", source(random, cells, periodic));
    }
    if random.once_in(2) {
        table += "decay = 0.21\n";
    }
    table + &format!("boundary = {{ {} }}\n", walls(random, periodic))
}

/// Rates in quarters, so that columns that conserve add up to nothing without rounding.
fn exchange(random: &mut Random, n_fields: usize) -> String {
    let mut rates = vec![vec![0.0; n_fields]; n_fields];
    for column in 0..n_fields {
        for row in (0..n_fields).filter(|&row| row != column) {
            rates[row][column] = 0.25 * random.below(3) as f64;
            rates[column][column] -= rates[row][column];
        }
        rates[column][column] -= 0.25 * random.below(2) as f64;
    }
    format!("exchange_rates = {rates:?}\n")
}

/// A stream function that goes on across periodic ends, but for a constant.
fn stream_function(random: &mut Random, cells: &[usize], periodic: &[bool]) -> String {
    let waves = |axis: usize| 2.0 * std::f64::consts::PI / (cells[axis] as f64 * SPACING[axis]);
    let (kx, ky) = (waves(0), waves(1));
    let mut choices = vec![
        "0.4*y - 0.3*x".to_string(),
        "(0.5*y + x)*cos(9*t)".to_string(),
        format!("0.1*sin({kx:?}*x)*cos({ky:?}*y - 9*t) + 0.2*x"),
    ];
    if !periodic.contains(&true) {
        choices.extend(["0.2*x*y".to_string(), "0.3*sin(x + y*t)*y".to_string()]);
    }
    format!("stream_function = \"{}\"\n", random.pick(&choices))
}

/// A tensor with `along` on its diagonal, all of which are at least 0.1: positive definite by its rows.
fn tensor(random: &mut Random, along: &[String]) -> Vec<Vec<String>> {
    let dims = along.len();
    let mut tensor = vec![vec!["0".to_string(); dims]; dims];
    for row in 0..dims {
        tensor[row][row] = along[row].clone();
        for column in 0..row {
            let choices = [
                "0",
                "0.04",
                "-0.03",
                "0.04*sin(x + 9*t)",
                "0.04*cos(y)",
                "0.03*sin(x*y)",
            ];
            tensor[row][column] = random.pick(&choices).to_string();
            tensor[column][row] = tensor[row][column].clone();
        }
    }
    tensor
}

fn wind(random: &mut Random, dims: usize) -> String {
    let choices = [
        "0",
        "0.7",
        "-0.4",
        "sin(3*t)",
        "0.2*y",
        "0.5*sin(x)*y",
        "0.3*x*cos(5*t)",
        "0.1*y + t",
    ];
    let in_3d = ["0.2*z", "0.1*x*z - t"];
    pick_for(random, dims, &choices, &in_3d)
}

fn diffusivity(random: &mut Random, dims: usize, must_diffuse: bool) -> String {
    let choices = [
        "0.3",
        "0.1",
        "0.2 + 0.05*y^2",
        "0.2 + 0.1*sin(x)",
        "0.2 + 0.1*sin(t)",
        "0.2 + 0.1*sin(x*t + y)",
    ];
    let in_3d = ["0.1 + 0.02*z^2"];
    match !must_diffuse && random.once_in(4) {
        true => "0".into(),
        false => pick_for(random, dims, &choices, &in_3d),
    }
}

fn pick_for(random: &mut Random, dims: usize, choices: &[&str], in_3d: &[&str]) -> String {
    match dims == 3 && random.once_in(4) {
        true => random.pick(in_3d).to_string(),
        false => random.pick(choices).to_string(),
    }
}

/// Points near every border, boxes, balls across periodic ends, and densities of every class.
fn source(random: &mut Random, cells: &[usize], periodic: &[bool]) -> String {
    let point = |random: &mut Random| {
        let place =
            |(&n, spacing): (&usize, f64)| 0.5 * n as f64 * spacing * random.pick(&[-0.99, -0.4, 0.0, 0.3, 1.0]);
        let at: Vec<f64> = cells.iter().zip(SPACING).map(place).collect();
        format!("{{ rate = \"1 + 2*t\", at = {at:?} }}")
    };
    match random.below(6) {
        4 => cuboid(random, cells),
        5 => ball(random, cells, periodic),
        0 => point(random),
        1 => format!("[{}, {}, {{ density = \"0.1*y*t\" }}]", point(random), point(random)),
        _ => format!("\"{}\"", random.pick(&["0.5", "0.1*x", "0.1*y", "sin(7*t)", "0.1*x*t"])),
    }
}

fn cuboid(random: &mut Random, cells: &[usize]) -> String {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for (&n, spacing) in cells.iter().zip(SPACING) {
        let half = 0.5 * n as f64 * spacing;
        from.push(half * random.pick(&[-1.0, -0.7, 0.1]));
        to.push(half * random.pick(&[0.1, 0.45, 1.0]));
    }
    format!("{{ rate = \"1 + 2*t\", from = {from:?}, to = {to:?} }}")
}

fn ball(random: &mut Random, cells: &[usize], periodic: &[bool]) -> String {
    // Fits between the ends of the narrowest axis.
    let widths = || cells.iter().zip(SPACING).map(|(&n, spacing)| n as f64 * spacing);
    let radius = widths().fold(1.0, f64::min) * random.pick(&[0.1, 0.45]);
    let place = |(width, &is_periodic): (f64, &bool)| if is_periodic { 0.48 * width } else { 0.0 };
    let at: Vec<f64> = widths().zip(periodic).map(place).collect();
    format!("{{ rate = 1.5, at = {at:?}, radius = {radius:?} }}")
}

fn walls(random: &mut Random, periodic: &[bool]) -> String {
    let names = [["west", "east"], ["south", "north"], ["bottom", "top"]];
    let kinds = [
        "\"zero-gradient\"",
        "\"open\"",
        "{ value = 1.5 }",
        "{ value = \"1 + 0.2*x + t\" }",
        "{ flux = 0.2 }",
        "{ flux = \"0.1*y*t\" }",
        "{ flux = 0.0 }",
        "{ inflow = \"2 + y*t\" }",
        "{ deposition = 0.3 }",
        "{ deposition = \"0.2 + 0.1*sin(x + 9*t)\" }",
    ];
    let mut walls = Vec::new();
    for (names, &is_periodic) in names.iter().zip(periodic) {
        for name in names {
            let kind = if is_periodic {
                "\"periodic\""
            } else {
                *random.pick(&kinds)
            };
            walls.push(format!("{name} = {kind}"));
        }
    }
    walls.join(", ")
}
