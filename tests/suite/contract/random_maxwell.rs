//! Random configurations of Maxwell's equations, which combine walls, materials, shapes and sources of every kind.

use super::SPACING;
use super::cases::Case;
use crate::random::Random;

const WALLS: [[&str; 2]; 3] = [["west", "east"], ["south", "north"], ["bottom", "top"]];
const MATERIALS: [&str; 5] = ["pec", "vacuum", "glass", "metal", "crystal"];

/// What the walls of a random configuration are.
struct Walls {
    text: String,
    is_periodic: Vec<bool>,
    /// Cells of the absorbing layers, per axis at the lower and the upper end.
    layers: Vec<[usize; 2]>,
}

/// A random configuration of Maxwell's equations.
pub fn random_maxwell(random: &mut Random) -> Case {
    let cells = random
        .pick(&[
            &[9, 7, 5][..],
            &[6, 4, 3],
            &[17, 3, 2],
            &[1, 8, 5],
            &[7, 1, 4],
            &[5, 6, 1],
            &[13, 1, 1],
            &[1, 1, 9],
            &[12, 9],
            &[4, 37],
            &[11, 14],
            &[1, 9],
            &[14, 1],
            &[2, 8],
        ])
        .to_vec();
    let polarization = match cells.len() {
        2 => Some(*random.pick(&["Ez", "Hz"])),
        _ => None,
    };
    let components = match polarization {
        Some("Ez") => &["Ez", "Hx", "Hy"][..],
        Some(_) => &["Hz", "Ex", "Ey"],
        None => &["Ex", "Ey", "Ez", "Hx", "Hy", "Hz"],
    };
    let walls = walls(random, &cells);
    let mut table = polarization.map_or(String::new(), |name| format!("polarization = \"{name}\"\n"));
    table += &format!("boundary = {{ {} }}\n", walls.text);
    table += &initial(random, components);
    // A plane wave needs a background of one number, and a surface that no shape crosses.
    let wave = match random.once_in(3) {
        true => plane_wave(random, &cells, &walls, polarization.is_none()),
        false => None,
    };
    table += &materials(random, wave.is_none());
    let n_currents = random.below(3);
    // Currents within conductors are refused.
    let of = if n_currents == 0 {
        &MATERIALS[..]
    } else {
        &MATERIALS[1..]
    };
    if wave.is_none() {
        for _ in 0..random.below(4) {
            table += &shape(random, &cells, of);
        }
    }
    for _ in 0..n_currents {
        table += &current(random, &cells, components);
    }
    Case::maxwell(&cells, &(table + &wave.unwrap_or_default()))
}

fn walls(random: &mut Random, cells: &[usize]) -> Walls {
    let mut walls = Walls {
        text: String::new(),
        is_periodic: Vec::new(),
        layers: Vec::new(),
    };
    let mut named = Vec::new();
    for (&n, names) in cells.iter().zip(WALLS) {
        let is_periodic = n == 1 || random.once_in(4);
        let mut layers = [0; 2];
        for (side, name) in names.into_iter().enumerate() {
            let room = n - layers[0];
            let wall = match random.below(3) {
                _ if is_periodic => "\"periodic\"".to_string(),
                0 => "\"pec\"".to_string(),
                1 => "\"pmc\"".to_string(),
                _ if room == 0 => "\"pec\"".to_string(),
                _ => {
                    layers[side] = 1 + random.below(room.min(6));
                    layer(random, layers[side])
                }
            };
            named.push(format!("{name} = {wall}"));
        }
        walls.is_periodic.push(is_periodic);
        walls.layers.push(layers);
    }
    walls.text = named.join(", ");
    walls
}

fn layer(random: &mut Random, cells: usize) -> String {
    match random.once_in(3) {
        true => format!("{{ cpml = {{ cells = {cells}, order = 3.0, sigma = 2.0, kappa = 2.0, alpha = 0.1 }} }}"),
        false => format!("{{ cpml = {cells} }}"),
    }
}

fn initial(random: &mut Random, components: &[&str]) -> String {
    let formulas = ["sin(x + y)", "x*y - t", "0.1*x + cos(2*y)", "exp(-x^2 - y^2)"];
    let given: Vec<String> = components
        .iter()
        .filter_map(|name| {
            let formula = random.pick(&formulas);
            (!random.once_in(3)).then(|| format!("{name} = \"{formula}\""))
        })
        .collect();
    format!("initial = {{ {} }}\n", given.join(", "))
}

/// All that shapes are made of, and now and then a background.
fn materials(random: &mut Random, may_have_background: bool) -> String {
    let mut table = String::new();
    if may_have_background && random.once_in(3) {
        table += &medium(random, "background");
    }
    for name in ["glass", "metal", "crystal"] {
        table += &medium(random, name);
    }
    table
}

fn medium(random: &mut Random, name: &str) -> String {
    let mut table = format!("[[kernel.material]]\nname = \"{name}\"\n");
    table += random.pick::<&str>(&["", "epsilon = 2.25\n", "epsilon = [1.5, 2.0, 1.2]\n"]);
    table += random.pick::<&str>(&["", "mu = 1.5\n", "mu = [1.1, 1.2, 1.3]\n"]);
    table += random.pick::<&str>(&["", "conductivity = 0.1\n", "conductivity = [0.1, 0.0, 0.3]\n"]);
    table += random.pick::<&str>(&["", "", "magnetic_conductivity = 0.2\n"]);
    let drude = "{ plasma_frequency = 0.1, damping = 0.05 }";
    let lorentz = "{ strength = 0.5, frequency = 0.12, damping = 0.01 }";
    let debye = "{ strength = 0.5, time = 0.7 }";
    for (key, pole) in [("drude", drude), ("lorentz", lorentz), ("debye", debye)] {
        match random.below(5) {
            0 => table += &format!("{key} = [{pole}]\n"),
            1 => table += &format!("{key} = [{pole}, {pole}]\n"),
            _ => {}
        }
    }
    table
}

/// Half the width of the grid along each axis; its middle is the origin.
fn halves(cells: &[usize]) -> Vec<f64> {
    let sides = cells.iter().zip(SPACING);
    sides.map(|(&n, spacing)| 0.5 * n as f64 * spacing).collect()
}

/// A place in the grid, on its walls, or on its nodes.
fn place(random: &mut Random, cells: &[usize]) -> Vec<f64> {
    let parts = [-1.0, -0.83, -0.4, 0.0, 0.21, 0.5, 0.97, 1.0];
    halves(cells).iter().map(|half| half * random.pick(&parts)).collect()
}

fn shape(random: &mut Random, cells: &[usize], materials: &[&str]) -> String {
    let at = place(random, cells);
    let radius = random.pick(&[0.3, 0.9, 1.7]);
    let what = match random.below(4) {
        0 => {
            let lengths = [0.2, 0.77, 3.0, 9.0];
            let to: Vec<f64> = at.iter().map(|from| from + random.pick(&lengths)).collect();
            format!("type = \"box\"\nfrom = {at:?}\nto = {to:?}\n")
        }
        1 if cells.len() == 3 => format!("type = \"sphere\"\ncenter = {at:?}\nradius = {radius}\n"),
        1 => format!("type = \"cylinder\"\ncenter = {at:?}\nradius = {radius}\n"),
        2 => {
            let radii: Vec<f64> = at.iter().map(|_| *random.pick(&[0.4, 1.1, 2.0])).collect();
            format!("type = \"ellipsoid\"\ncenter = {at:?}\nradii = {radii:?}\n")
        }
        _ => {
            let normal = &[0.7, *random.pick(&[0.0, -0.4]), 0.3][..cells.len()];
            format!("type = \"half-space\"\npoint = {at:?}\nnormal = {normal:?}\n")
        }
    };
    format!("[[kernel.shape]]\n{what}material = \"{}\"\n", random.pick(materials))
}

/// A dipole, or a current that fills a part of the grid: both where something can move.
fn current(random: &mut Random, cells: &[usize], components: &[&str]) -> String {
    let component = random.pick(components);
    let waveform = random.pick(&[
        "{ type = \"formula\", value = \"1 + sin(3*t)\" }",
        "{ type = \"ricker\", frequency = 0.2, delay = 0.5 }",
        "{ type = \"gaussian\", width = 0.7, delay = 1.0 }",
        "{ type = \"continuous\", frequency = 0.2, ramp = 1.0 }",
    ]);
    // Within the grid, where even between conducting walls there is a node.
    let parts = [-0.41, 0.0, 0.13, 0.39];
    let inner = |random: &mut Random| -> Vec<f64> {
        let halves = halves(cells);
        halves.iter().map(|half| half * random.pick(&parts)).collect()
    };
    let head = format!("[[kernel.source]]\ncomponent = \"{component}\"\nwaveform = {waveform}\n");
    match random.once_in(3) {
        true => {
            let from: Vec<f64> = halves(cells).iter().map(|half| -0.9 * half).collect();
            let to: Vec<f64> = from.iter().map(|from| -0.7 * from).collect();
            head + &format!("type = \"volume\"\nfrom = {from:?}\nto = {to:?}\ncurrent = 0.3\nprofile = \"1 + x*y\"\n")
        }
        false => {
            let strength = random.pick(&["moment = 0.7", "current = 0.4"]);
            head + &format!("type = \"dipole\"\nat = {:?}\n{strength}\n", inner(random))
        }
    }
}

/// A wave in a box, as large as walls and layers allow, along x or at any angle; nothing where there is no room.
fn plane_wave(random: &mut Random, cells: &[usize], walls: &Walls, is_3d: bool) -> Option<String> {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for axis in 0..cells.len() {
        let [below, above] = walls.layers[axis].map(|layer| if layer > 0 { layer + 2 } else { 1 });
        let is_whole = cells[axis] == 1 || axis > 0 && walls.is_periodic[axis];
        let (lo, hi) = match is_whole {
            true => (0, cells[axis]),
            false => (below, cells[axis].checked_sub(above)?),
        };
        if lo >= hi {
            return None;
        }
        let place = |index: usize| SPACING[axis] * (index as f64 - 0.5 * cells[axis] as f64);
        from.push(place(lo));
        to.push(place(hi));
    }
    let along_x = cells[0] > 1;
    let is_free = |axis: usize| axis < cells.len() && cells[axis] > 1 && !walls.is_periodic[axis];
    let is_slanting = along_x && is_free(1) && random.once_in(2);
    if !along_x {
        return None;
    }
    let direction = &[*random.pick(&[1.0, -1.0]), if is_slanting { 0.37 } else { 0.0 }, 0.0][..cells.len()];
    let waveform = match is_slanting {
        true => "{ type = \"continuous\", frequency = 0.05, ramp = 90.0 }",
        false => "{ type = \"gaussian\", width = 0.7, delay = 1.0 }",
    };
    let polarization = if is_3d { "polarization = [0.0, 0.3, 1.0]\n" } else { "" };
    Some(format!(
        "[[kernel.source]]\ntype = \"plane-wave\"\nfrom = {from:?}\nto = {to:?}\ndirection = {direction:?}\n{polarization}\
         waveform = {waveform}\n"
    ))
}
