//! The problems that kernels are measured with: configurations as a run would read them.

use super::kernels::CFL;
use crate::error::Result;
use crate::grid::Topology;
use crate::simulation::Case;

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
    Problem {
        name: "upwind3",
        summary: "upwind 3 and diffusion, SSP RK3, wind and diffusivity formulas of x, y and z, periodic",
        size: 256,
        kernel: r#"
            type = "advection-diffusion"
            wind = ["1 + 0.5*cos(2*pi*(x + y))", "sin(2*pi*x) - 0.5", "0.3*cos(2*pi*(x - z))"]
            diffusivity = "1e-3*(1 + 0.5*sin(2*pi*x)*cos(2*pi*(y + z)))"
            advection = "upwind3"
            stepper = "ssp-rk3"
            boundary = { all = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "sin(2*pi*x)*cos(2*pi*y)"
        "#,
    },
    Problem {
        name: "weno5",
        summary: "WENO 5, SSP RK3, wind a formula of x, y and z, periodic",
        size: 256,
        kernel: r#"
            type = "advection-diffusion"
            wind = ["1 + 0.5*cos(2*pi*(x + y))", "sin(2*pi*x) - 0.5", "0.3*cos(2*pi*(x - z))"]
            advection = "weno5"
            stepper = "ssp-rk3"
            boundary = { all = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "sin(2*pi*x)*cos(2*pi*y)"
        "#,
    },
    Problem {
        name: "maxwell",
        summary: "Maxwell's equations, all six components in place, a closed box in vacuum",
        size: 256,
        kernel: r#"
            type = "fdtd"
            boundary = { all = "pec" }
            initial = { Ez = "sin(pi*x)*sin(pi*y)" }
        "#,
    },
    Problem {
        name: "maxwell-cpml",
        summary: "the same with absorbing layers of 10 cells on all sides",
        size: 160,
        kernel: r#"
            type = "fdtd"
            boundary = { all = { cpml = 10 } }
            initial = { Ez = "sin(pi*x)*sin(pi*y)" }
        "#,
    },
    Problem {
        name: "maxwell-drude",
        summary: "the closed box with a sphere of a Drude metal in a quarter of its volume",
        size: 160,
        kernel: r#"
            type = "fdtd"
            boundary = { all = "pec" }
            initial = { Ez = "sin(pi*x)*sin(pi*y)" }
            [[kernel.material]]
            name = "metal"
            drude = [{ plasma_frequency = 1e9, damping = 1e7 }]
            [[kernel.shape]]
            type = "sphere"
            center = [0.5, 0.5, 0.5]
            radius = 0.3908
            material = "metal"
        "#,
    },
];

impl Problem {
    /// The problem with this name.
    pub fn named(name: &str) -> Option<&'static Problem> {
        PROBLEMS.iter().find(|problem| problem.name == name)
    }

    /// The problem on a unit cube of `size` cells per side, in the precision called `precision`, read from its
    /// configuration as a run reads it.
    ///
    /// # Errors
    /// If `size` makes a grid, or `topology` a cut, that no configuration may have.
    pub fn case(&self, size: usize, precision: &str, topology: Option<Topology>) -> Result<Case> {
        self.case_with(size, precision, topology, &[])
    }

    /// The same with `changes`, as the option `--set` of a run takes them.
    pub(super) fn case_with(
        &self,
        size: usize,
        precision: &str,
        topology: Option<Topology>,
        changes: &[String],
    ) -> Result<Case> {
        let parallel = topology.map_or_else(String::new, |topology| format!("[parallel]\ntopology = {topology:?}\n"));
        let text = format!(
            "precision = \"{precision}\"\n[grid]\ncells = [{size}, {size}, {size}]\nsize = [1.0, 1.0, 1.0]\n[time]\nsteps = 1\ncfl = {CFL}\n\
             {parallel}[kernel]\n{}",
            self.kernel
        );
        Case::parse(&format!("bench problem {}", self.name), &text, changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::kernels::Traffic;

    #[test]
    fn every_problem_can_be_read() {
        for problem in PROBLEMS {
            // Two absorbing layers have to fit.
            let case = problem.case(24, "f32", Some([1, 2, 1])).unwrap();
            assert_eq!(case.grid.n_cells(), 24 * 24 * 24);
            assert_eq!(case.decompose(2).unwrap().topology, [1, 2, 1]);
            case.declaration.check();
            assert_eq!(Problem::named(problem.name).map(|p| p.summary), Some(problem.summary));
        }
    }

    #[test]
    fn heat_moves_three_numbers_per_cell() {
        let case = PROBLEMS[0].case(12, "f64", None).unwrap();
        assert_eq!(case.declaration.bytes_per_cell(8), 24.0);
    }

    #[test]
    fn what_a_stage_changes_in_place_is_told_apart() {
        let traffic = |name| {
            Problem::named(name)
                .unwrap()
                .case(12, "f64", None)
                .unwrap()
                .declaration
                .traffic()
        };
        let all = |traffic: Traffic| (traffic.stages, traffic.reads, traffic.changes, traffic.writes);
        assert_eq!(all(traffic("heat")), (1.0, 1.0, 0.0, 1.0));
        // Three winds and the stage's source each time; the start of the step beside it in the second stage, and in place
        // in the third.
        assert_eq!(all(traffic("weno5")), (3.0, 13.0, 1.0, 3.0));
    }

    #[test]
    fn a_size_of_nothing_is_refused_as_a_configuration_would() {
        assert!(matches!(PROBLEMS[0].case(0, "f64", None), Err(Error::Config(_))));
    }
}
