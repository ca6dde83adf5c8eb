//! The configurations on which every registered kernel is held to its declarations: chosen ones, and random ones that
//! combine everything a `[kernel]` table can say.

use crate::random::Random;
use simrun::config::Document;
use simrun::grid::Grid;
use simrun::kernels::{self, Physics};
use std::fmt;

/// Sides of the cells, m.
pub const SPACING: [f64; 3] = [0.7, 0.45, 0.9];

/// The pairs of schemes that can carry something.
pub const SCHEMES: [(&str, &str); 23] = [
    ("upwind", "euler"),
    ("upwind", "ssp-rk2"),
    ("upwind", "ssp-rk3"),
    ("upwind", "rk3"),
    ("upwind", "rkl2"),
    ("upwind3", "ssp-rk2"),
    ("upwind3", "ssp-rk3"),
    ("upwind3", "rk3"),
    ("upwind3", "rkl2"),
    ("upwind5", "ssp-rk3"),
    ("upwind5", "rk3"),
    ("centred", "euler"),
    ("centred", "ssp-rk3"),
    ("centred", "rk3"),
    ("centred4", "ssp-rk3"),
    ("centred4", "rk3"),
    ("weno5", "ssp-rk3"),
    ("weno5", "rk3"),
    ("limited", "euler"),
    ("limited", "ssp-rk2"),
    ("limited", "ssp-rk3"),
    ("limited", "rk3"),
    ("limited", "rkl2"),
];

/// A `[kernel]` table on a small grid around the origin.
#[derive(Clone, Debug)]
pub struct Case {
    /// `kernel.type`.
    pub kernel: &'static str,
    pub cells: Vec<usize>,
    /// The rest of the `[kernel]` table.
    pub table: String,
}

impl Case {
    /// The physics and the grid.
    pub fn read(&self) -> (Box<dyn Physics>, Grid) {
        let text = self.text();
        let document = Document::parse("case.toml", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let dims = self.cells.len();
        let mut cells = [1; 3];
        cells[..dims].copy_from_slice(&self.cells);
        let table = document.root().table("kernel").expect("every case has a kernel");
        let physics = kernels::read(&table, dims, cells);
        document.finish().unwrap_or_else(|e| panic!("{e}\n{text}"));
        let physics = physics.expect("there was no error");
        let spacing = [SPACING[0], SPACING[1], if dims == 3 { SPACING[2] } else { 1.0 }];
        let grid = Grid {
            cells,
            dims,
            spacing,
            origin: [0, 1, 2].map(|axis| -0.5 * spacing[axis] * cells[axis] as f64),
            periodic: physics.periodic(),
        };
        (physics, grid)
    }

    /// The `[kernel]` table.
    pub fn text(&self) -> String {
        format!("[kernel]\ntype = \"{}\"\n{}", self.kernel, self.table)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cells = {:?}\n{}", self.cells, self.text())
    }
}

/// The cases that are always run; every registered kernel has at least one.
pub fn chosen() -> Vec<Case> {
    let transport = |cells: &[usize], table: &str| Case {
        kernel: "advection-diffusion",
        cells: cells.to_vec(),
        table: table.to_string(),
    };
    vec![
        // The plain heat equation has a loop of its own.
        transport(
            &[13, 7, 5],
            r#"
            diffusivity = 0.3
            boundary = { all = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "sin(x) * cos(2*y) + z"
            "#,
        ),
        transport(
            &[13, 7, 5],
            r#"
            diffusivity = [0.3, 0.2, 0.1]
            stepper = "rk3"
            boundary = { all = "zero-gradient", west = { value = "1 + y*t" }, top = { flux = "x*t" }, south = { flux = 0.5 } }
            [[kernel.field]]
            name = "q"
            initial = "sin(x) * cos(2*y) + z"
            "#,
        ),
        transport(
            &[12, 9],
            r#"
            diffusivity = 0.3
            stepper = "rk3"
            boundary = { all = { value = 2.0 }, south = "periodic", north = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "x*y"
            "#,
        ),
        // Everything varies in place and time.
        transport(
            &[9, 7, 4],
            r#"
            wind = ["0.5 + sin(x + y*t)", "0.3*cos(z)*x", "t - 0.2*y"]
            diffusivity = ["0.2 + 0.1*sin(x)", "0.1 + 0.05*cos(y - t)", "0.1 + 0.02*z^2"]
            advection = "upwind"
            stepper = "rk3"
            budget = true
            boundary = { all = "open", west = { inflow = "1 + t*y" }, top = { flux = "0.1*t" } }
            [[kernel.field]]
            name = "a"
            initial = "exp(-x^2 - y^2)"
            source = [{ rate = "1 + t", at = [-3.1, 1.5, 1.7] }, { density = "0.2*x*t" }]
            decay = 0.3
            [[kernel.field]]
            name = "b"
            initial = "1 + 0.1*x"
            source = "0.1*abs(y)"
            boundary = { all = { value = "1 + 0.2*z" } }
            "#,
        ),
        // A point source whose shares lie on both sides of a periodic end.
        transport(
            &[8, 6],
            r#"
            wind = [1.0, "0.5 + 0.1*y"]
            diffusivity = 0.1
            advection = "centred"
            stepper = "rk3"
            budget = true
            boundary = { all = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = 1.0
            source = { rate = 2.0, at = [2.75, -1.3] }
            "#,
        ),
        // Inactive axes.
        transport(
            &[1, 11],
            r#"
            wind = [1.0, -0.5]
            diffusivity = 0.1
            boundary = { south = "open", north = { value = 1.0 } }
            [[kernel.field]]
            name = "q"
            initial = "y"
            "#,
        ),
        transport(
            &[11, 1, 6],
            r#"
            diffusivity = "0.1 + 0.01*x"
            boundary = { west = "periodic", east = "periodic", bottom = { flux = 1.0 }, top = "zero-gradient" }
            [[kernel.field]]
            name = "q"
            initial = "x + z"
            decay = 0.1
            "#,
        ),
        // More rows than the kernel's loops take at a time.
        transport(
            &[5, 37, 2],
            r#"
            wind = ["0.5*y", "0.3*x", 0.1]
            diffusivity = [0.0, 0.1, "0.1 + 0.01*x"]
            stepper = "rk3"
            boundary = { all = "open", south = { value = "x + t" }, north = { flux = 0.5 } }
            [[kernel.field]]
            name = "q"
            initial = "x + y*z"
            "#,
        ),
        // Two cells along a periodic axis: both neighbours are the same cell.
        transport(
            &[2, 9],
            r#"
            wind = [0.3, 0.2]
            diffusivity = 0.05
            advection = "centred"
            boundary = { all = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "x + y"
            "#,
        ),
    ]
}

/// The heat equation on rows so long that its loop takes only a few at a time.
pub fn long_rows() -> Case {
    Case {
        kernel: "advection-diffusion",
        cells: vec![8300, 9],
        table: r#"
            diffusivity = [0.2, 0.1]
            boundary = { west = "periodic", east = "periodic", south = { value = "x + t" }, north = "zero-gradient" }
            [[kernel.field]]
            name = "q"
            initial = "sin(x) + y"
        "#
        .to_string(),
    }
}

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
    let dims = cells.len();
    let mut table = String::new();
    let is_still = random.once_in(4);
    let wind: Vec<String> = (0..dims)
        .map(|_| if is_still { "0".into() } else { wind(random, dims) })
        .collect();
    table += &format!("wind = {wind:?}\n");
    let (advection, stepper) = *random.pick(&SCHEMES);
    let must_diffuse = (advection == "centred" && stepper == "euler") || is_still;
    let diffusivity: Vec<String> = (0..dims).map(|_| diffusivity(random, dims, must_diffuse)).collect();
    table += &format!("diffusivity = {diffusivity:?}\n");
    table += &format!("advection = \"{advection}\"\nstepper = \"{stepper}\"\n");
    table += &format!("budget = {}\n", random.once_in(2));
    // A periodic axis is at least as long as the widest scheme reads, or inactive.
    let periodic: Vec<bool> = cells.iter().map(|&n| random.once_in(3) && n != 2).collect();
    for n in 0..1 + random.below(3) {
        table += &format!("[[kernel.field]]\nname = \"q{n}\"\n");
        table += &format!(
            "initial = \"{}\"\n",
            random.pick(&["sin(x) + y", "exp(-x^2 - y^2)", "1 + 0.1*x*y"])
        );
        if random.once_in(2) {
            table += &format!("source = {}\n", source(random, &cells));
        }
        if random.once_in(2) {
            table += "decay = 0.21\n";
        }
        table += &format!("boundary = {{ {} }}\n", walls(random, &periodic));
    }
    Case {
        kernel: "advection-diffusion",
        cells,
        table,
    }
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

/// Points near every border, and densities of every class.
fn source(random: &mut Random, cells: &[usize]) -> String {
    let point = |random: &mut Random| {
        let place =
            |(&n, spacing): (&usize, f64)| 0.5 * n as f64 * spacing * random.pick(&[-0.99, -0.4, 0.0, 0.3, 1.0]);
        let at: Vec<f64> = cells.iter().zip(SPACING).map(place).collect();
        format!("{{ rate = \"1 + 2*t\", at = {at:?} }}")
    };
    match random.below(4) {
        0 => point(random),
        1 => format!("[{}, {}, {{ density = \"0.1*y*t\" }}]", point(random), point(random)),
        _ => format!("\"{}\"", random.pick(&["0.5", "0.1*x", "0.1*y", "sin(7*t)", "0.1*x*t"])),
    }
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
