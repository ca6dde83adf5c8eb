//! The configurations on which every registered kernel is held to its declarations: those of the foundation, and those of
//! `transport`.

use super::{maxwell, transport};
use simrun::config::{Document, GridConfig, Units};
use simrun::grid::{Grid, Tile};
use simrun::kernels::{self, Physics, Setting, StepChoice};
use std::fmt;

/// Sides of the cells, m.
pub const SPACING: [f64; 3] = [0.7, 0.45, 0.9];

/// A `[kernel]` table on a small grid around the origin.
#[derive(Clone, Debug)]
pub struct Case {
    /// `kernel.type`.
    pub kernel: &'static str,
    pub units: Units,
    pub cells: Vec<usize>,
    /// The rest of the `[kernel]` table.
    pub table: String,
}

impl Case {
    /// Transport on a grid of so many cells.
    pub fn transport(cells: &[usize], table: &str) -> Case {
        Case {
            kernel: "advection-diffusion",
            units: Units::Si,
            cells: cells.to_vec(),
            table: table.to_string(),
        }
    }

    /// The physics and the grid.
    pub fn read(&self) -> (Box<dyn Physics>, Grid) {
        let text = self.text();
        let document = Document::parse("case.toml", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let dims = self.cells.len();
        let mut cells = [1; 3];
        cells[..dims].copy_from_slice(&self.cells);
        let table = document.root().table("kernel").expect("every case has a kernel");
        let spacing = [SPACING[0], SPACING[1], if dims == 3 { SPACING[2] } else { 1.0 }];
        let origin = [0, 1, 2].map(|axis| -0.5 * spacing[axis] * cells[axis] as f64);
        let setting = Setting {
            grid: GridConfig {
                cells,
                dims,
                spacing,
                origin,
            },
            units: self.units,
            start: 0.0,
        };
        let physics = kernels::read(&table, &setting);
        document.finish().unwrap_or_else(|e| panic!("{e}\n{text}"));
        let physics = physics.expect("there was no error");
        let grid = Grid {
            cells,
            dims,
            spacing,
            origin,
            periodic: physics.periodic(),
        };
        (fitted(physics, &grid), grid)
    }

    /// The `[kernel]` table.
    pub fn text(&self) -> String {
        format!("[kernel]\ntype = \"{}\"\n{}", self.kernel, self.table)
    }
}

/// The physics made for steps of a length that is no simple share of the stable one.
fn fitted(physics: Box<dyn Physics>, grid: &Grid) -> Box<dyn Physics> {
    let mut kernel = physics.double(grid);
    let margin = physics.declaration(grid).margin(grid);
    let prepared = kernel.prepare(&Tile::whole(grid.clone(), margin), 0.0);
    prepared.expect("the case is a valid one");
    let rates = kernel.rates(0.0).expect("the rates at the start");
    let choice = StepChoice { dt: None, cfl: 0.83 };
    let fitted = physics.fitted(&choice, &rates).expect("there is a step that will do");
    fitted.unwrap_or(physics)
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cells = {:?}\n{}", self.cells, self.text())
    }
}

/// The cases that are always run; every registered kernel has at least one.
pub fn chosen() -> Vec<Case> {
    let transport = Case::transport;
    let mut cases = vec![
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
    ];
    cases.extend(transport::chosen());
    cases.extend(maxwell::chosen());
    cases
}

/// The heat equation on rows so long that its loop takes only a few at a time.
pub fn long_rows() -> Case {
    Case {
        kernel: "advection-diffusion",
        units: Units::Si,
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
