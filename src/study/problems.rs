//! The problems that kernels are measured with: configurations as a run would read them.

use crate::config::{Config, Document};
use crate::error::Result;
use crate::grid::Grid;
use crate::kernels::{self, Physics};

/// One problem. Adding one is one entry in [`PROBLEMS`].
#[derive(Debug)]
pub struct Problem {
    /// Name on the command line and in reports.
    pub name: &'static str,
    /// What is solved, for people.
    pub summary: &'static str,
    /// Cells per side of the cube unless told otherwise: well beyond the caches.
    pub size: usize,
    /// The `[kernel]` table.
    kernel: &'static str,
}

/// Every problem, in the order in which they are measured.
pub const PROBLEMS: &[Problem] = &[
    Problem {
        name: "heat",
        summary: "heat equation, 7 points, forward Euler, uniform diffusivity, periodic",
        size: 384,
        kernel: r#"
            type = "advection-diffusion"
            diffusivity = 1.0
            stepper = "euler"
            boundary = { all = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "if(x < 0.5, 1, 2)"
        "#,
    },
    Problem {
        name: "transport",
        summary: "upwind advection and diffusion, RK3, wind and diffusivity by formulas of space, open walls",
        size: 256,
        kernel: r#"
            type = "advection-diffusion"
            wind = ["1 + z", "0.5*(x - 0.5)", "0.1*x"]
            diffusivity = "1e-3*(1 + z)"
            advection = "upwind"
            stepper = "rk3"
            boundary = { all = "open" }
            [[kernel.field]]
            name = "q"
            initial = "if(x < 0.5, 1, 2)"
        "#,
    },
];

/// A problem of a certain size, read.
#[derive(Debug)]
pub struct Case {
    pub grid: Grid,
    pub physics: Box<dyn Physics>,
}

impl Problem {
    /// The problem with this name.
    pub fn named(name: &str) -> Option<&'static Problem> {
        PROBLEMS.iter().find(|problem| problem.name == name)
    }

    /// The problem on a unit cube of `size` cells per side, read from its configuration as a run reads it.
    ///
    /// # Errors
    /// If `size` makes a grid that no configuration may have.
    pub fn case(&self, size: usize) -> Result<Case> {
        let text = format!(
            "[grid]\ncells = [{size}, {size}, {size}]\nsize = [1.0, 1.0, 1.0]\n[time]\nsteps = 1\n[kernel]\n{}",
            self.kernel
        );
        let document = Document::parse(self.name, &text, &[])?;
        let config = Config::read(&document);
        let read_kernel = |config: &Config| {
            let table = document.root().require_table("kernel", "every problem has one")?;
            kernels::read(&table, config.grid.dims, config.grid.cells)
        };
        let physics = config.as_ref().and_then(read_kernel);
        document.finish()?;
        let (config, physics) = config
            .zip(physics)
            .expect("what could not be read is an error of the document");
        let grid = Grid {
            cells: config.grid.cells,
            dims: config.grid.dims,
            spacing: config.grid.spacing,
            origin: config.grid.origin,
            periodic: physics.periodic(),
        };
        Ok(Case { grid, physics })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn every_problem_can_be_read() {
        for problem in PROBLEMS {
            let case = problem.case(12).unwrap();
            assert_eq!(case.grid.n_cells(), 12 * 12 * 12);
            case.physics.declaration(&case.grid).check();
            assert_eq!(Problem::named(problem.name).map(|p| p.summary), Some(problem.summary));
        }
    }

    #[test]
    fn heat_moves_three_numbers_per_cell() {
        let case = PROBLEMS[0].case(12).unwrap();
        assert_eq!(case.physics.declaration(&case.grid).bytes_per_cell(8), 24.0);
    }

    #[test]
    fn a_size_of_nothing_is_refused_as_a_configuration_would() {
        assert!(matches!(PROBLEMS[0].case(0), Err(Error::Config(_))));
    }
}
