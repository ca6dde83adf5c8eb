//! Maxwell's equations: every kind of wall on every side, layers that meet in edges and corners, materials with poles,
//! sources, both polarisations.

use super::cases::Case;
use simrun::config::Units;

impl Case {
    /// Maxwell's equations on a grid of so many cells, in natural units.
    pub fn maxwell(cells: &[usize], table: &str) -> Case {
        Case {
            kernel: "fdtd",
            units: Units::Natural,
            cells: cells.to_vec(),
            table: table.to_string(),
        }
    }
}

/// The cases that are always run.
pub fn chosen() -> Vec<Case> {
    let maxwell = Case::maxwell;
    vec![
        maxwell(
            &[9, 7, 5],
            r#"
            boundary = { all = "pec" }
            initial = { Ex = "sin(y + z)", Ey = "x*z", Ez = "sin(x) * cos(2*y)" }
            "#,
        ),
        maxwell(
            &[9, 7, 5],
            r#"
            boundary = { all = "pmc" }
            initial = { Ex = "sin(y + z)", Ey = "x*z", Ez = "sin(x) * cos(2*y)" }
            "#,
        ),
        // Magnetic and electric walls meet in edges; H has a formula.
        maxwell(
            &[7, 8, 6],
            r#"
            boundary = { west = "pec", east = "pmc", south = "periodic", north = "periodic", bottom = "pmc", top = "pec" }
            initial = { Ey = "x*z + y", Hx = "0.1*y - t", Hz = "cos(x)" }
            "#,
        ),
        // Layers that meet in edges and corners, with materials within.
        maxwell(
            &[11, 9, 8],
            r#"
            boundary = { all = { cpml = 3 }, top = { cpml = { cells = 2, order = 3.0, sigma = 2.5, kappa = 3.0, alpha = 0.1 } } }
            initial = { Ex = "sin(y + z)", Ey = "x*z", Ez = "sin(x) * cos(2*y)" }
            [[kernel.material]]
            name = "glass"
            epsilon = [2.25, 2.0, 1.75]
            conductivity = 0.1
            [[kernel.shape]]
            type = "half-space"
            point = [0.2, 0.0, 0.0]
            normal = [1.0, 0.3, 0.1]
            material = "glass"
            [[kernel.source]]
            type = "dipole"
            component = "Ez"
            at = [0.1, 0.2, 0.3]
            moment = 0.7
            waveform = { type = "ricker", frequency = 0.2, delay = 0.5 }
            "#,
        ),
        // Layers beside magnetic and periodic walls, and beyond the middle of the grid.
        maxwell(
            &[9, 8, 7],
            r#"
            boundary = { west = { cpml = 5 }, east = "pmc", south = "periodic", north = "periodic", bottom = "pmc", top = { cpml = 4 } }
            initial = { Ey = "x*z + y", Hx = "0.1*y" }
            [[kernel.source]]
            type = "sheet"
            component = "Ey"
            from = [-2.9, -1.8, 0.2]
            to = [3.0, 1.8, 0.2]
            current = 0.4
            profile = "1 + x*y"
            waveform = { type = "formula", value = "1 + sin(3*t)" }
            [[kernel.source]]
            type = "dipole"
            component = "Hx"
            at = [3.1, 0.0, -2.9]
            current = 0.4
            waveform = { type = "formula", value = "cos(3*t)" }
            "#,
        ),
        // A plane wave for any waveform, and one at any angle, in boxes that share a corner.
        maxwell(
            &[12, 11, 9],
            r#"
            boundary = { all = "pec", west = { cpml = 2 }, top = "pmc" }
            [[kernel.material]]
            name = "background"
            epsilon = 1.5
            [[kernel.material]]
            name = "metal"
            drude = [{ plasma_frequency = 0.1, damping = 0.05 }]
            [[kernel.shape]]
            type = "sphere"
            center = [0.8, 0.1, 0.0]
            radius = 0.7
            material = "metal"
            [[kernel.source]]
            type = "plane-wave"
            from = [-1.4, -1.8, -3.15]
            to = [3.5, 1.8, 3.15]
            direction = [1, 0, 0]
            polarization = [0, 1, 1]
            waveform = { type = "gaussian", width = 0.7, delay = 1.0 }
            [[kernel.source]]
            type = "plane-wave"
            from = [-1.4, -1.8, -3.15]
            to = [2.8, 1.35, 2.25]
            direction = [-0.3, 1.0, 0.55]
            polarization = [1, 0, 0]
            waveform = { type = "continuous", frequency = 0.05, ramp = 60.0 }
            "#,
        ),
        // Every kind of pole, alone and several in one material, across interfaces, on magnetic walls, in the background.
        maxwell(
            &[9, 8, 6],
            r#"
            boundary = { all = "pmc", south = "periodic", north = "periodic" }
            initial = { Ex = "sin(y + z)", Ey = "x*z", Ez = "sin(x) * cos(2*y)" }
            [[kernel.material]]
            name = "background"
            debye = [{ strength = 0.5, time = 0.7 }]
            [[kernel.material]]
            name = "metal"
            epsilon = 1.5
            drude = [{ plasma_frequency = 0.1, damping = 0.05 }]
            [[kernel.material]]
            name = "crystal"
            lorentz = [{ strength = 0.5, frequency = 0.12, damping = 0.01 }, { strength = 0.2, frequency = 0.05, damping = 0.0 }]
            drude = [{ plasma_frequency = 0.05, damping = 0.01 }]
            mu = 1.5
            magnetic_conductivity = 0.2
            [[kernel.shape]]
            type = "sphere"
            center = [-1.0, 0.3, 0.2]
            radius = 1.7
            material = "metal"
            [[kernel.shape]]
            type = "box"
            from = [0.3, -0.5, -4.0]
            to = [5.0, 1.1, 4.0]
            material = "crystal"
            "#,
        ),
        // A conductor, and a hole in it.
        maxwell(
            &[10, 7, 6],
            r#"
            boundary = { all = "periodic" }
            initial = { Ex = "sin(y + z)", Ey = "x*z", Ez = "sin(x) * cos(2*y)" }
            [[kernel.shape]]
            type = "box"
            from = [-1.4, -0.9, -1.8]
            to = [1.4, 0.9, 1.8]
            material = "pec"
            [[kernel.shape]]
            type = "cylinder"
            center = [0.0, 0.0, 0.0]
            radius = 0.9
            axis = [1.0, 0.2, 0.0]
            height = 10.0
            material = "vacuum"
            "#,
        ),
        maxwell(
            &[12, 9],
            r#"
            polarization = "Ez"
            boundary = { all = { cpml = 3 }, north = "pmc" }
            initial = { Ez = "exp(-x^2 - y^2)" }
            [[kernel.material]]
            name = "metal"
            drude = [{ plasma_frequency = 0.1, damping = 0.05 }]
            [[kernel.shape]]
            type = "cylinder"
            center = [0.5, 0.5]
            radius = 1.3
            material = "metal"
            "#,
        ),
        maxwell(
            &[12, 9],
            r#"
            polarization = "Hz"
            boundary = { all = "pmc", west = { cpml = 4 }, south = "pec" }
            initial = { Hz = "exp(-x^2 - y^2)" }
            [[kernel.material]]
            name = "metal"
            drude = [{ plasma_frequency = 0.1, damping = 0.05 }]
            [[kernel.shape]]
            type = "cylinder"
            center = [0.5, 0.5]
            radius = 1.3
            material = "metal"
            "#,
        ),
        // Axes of one cell.
        maxwell(
            &[13, 1, 6],
            r#"
            boundary = { west = "pec", east = { cpml = 4 }, bottom = "pmc", top = "pmc" }
            initial = { Ex = "z", Ey = "x*z", Ez = "sin(x)" }
            "#,
        ),
        maxwell(
            &[17, 1],
            r#"
            polarization = "Hz"
            boundary = { west = "pmc", east = { cpml = 4 } }
            initial = { Ey = "sin(x)" }
            "#,
        ),
    ]
}
