//! Maxwell's equations in many ways: walls of every kind, layers thicker than a tile, materials with losses and poles,
//! sources and probes on the borders of tiles.

use super::Problem;
use super::problems::text;

/// Everything: layers on most sides, in which whole tiles lie on six ranks, above a magnetic wall; lossy ground, a metal
/// sphere, a block that resonates and relaxes; a dipole between nodes in the middle, which is a border of tiles on two and
/// four ranks, a sheet across the grid, a plane wave in a box across tiles; probes where tiles meet.
pub fn maxwell_3d() -> Problem {
    let kernel = r#"
        units = "natural"
        precision = "f64"
        [kernel]
        type = "fdtd"
        boundary = { all = { cpml = 8 }, south = { cpml = 5 }, north = { cpml = 4 }, bottom = "pmc", top = { cpml = 2 } }
        initial = { Ez = "0.1*sin(3*x)*cos(2*y)", Hx = "0.05*y*z" }
        [[kernel.material]]
        name = "glass"
        epsilon = [2.25, 2.0, 1.75]
        conductivity = 0.1
        magnetic_conductivity = 0.02
        [[kernel.material]]
        name = "metal"
        drude = [{ plasma_frequency = 0.5, damping = 0.05 }]
        [[kernel.material]]
        name = "crystal"
        mu = 1.5
        lorentz = [{ strength = 0.5, frequency = 0.3, damping = 0.01 }]
        debye = [{ strength = 0.5, time = 0.7 }]
        [[kernel.shape]]
        type = "half-space"
        point = [4.9, 0.0, 0.0]
        normal = [-1.0, 0.05, 0.02]
        material = "glass"
        [[kernel.shape]]
        type = "sphere"
        center = [2.9, 2.5, 0.8]
        radius = 0.5
        material = "metal"
        [[kernel.shape]]
        type = "box"
        from = [3.5, 1.7, 0.5]
        to = [3.93, 2.1, 1.1]
        material = "crystal"
        [[kernel.shape]]
        type = "box"
        from = [1.1, 0.7, 0.0]
        to = [1.63, 3.9, 0.5]
        material = "crystal"
        [[kernel.source]]
        type = "dipole"
        component = "Ez"
        at = [3.67, 2.31, 1.09]
        moment = 0.3
        waveform = { type = "ricker", frequency = 0.5, delay = 1.0 }
        [[kernel.source]]
        type = "dipole"
        component = "Hx"
        at = [2.44, 1.55, 0.02]
        current = 0.2
        waveform = { type = "formula", value = "sin(2*t)" }
        [[kernel.source]]
        type = "sheet"
        component = "Ey"
        from = [4.43, 0.5, 0.1]
        to = [4.43, 4.1, 2.1]
        current = 0.4
        profile = "sin(2*y) + z"
        waveform = { type = "continuous", frequency = 0.4, ramp = 2.0 }
        [[kernel.source]]
        type = "plane-wave"
        from = [2.0, 1.4, 0.2]
        to = [4.2, 3.4, 1.4]
        direction = [1, 0, 0]
        polarization = [0, 1, 1]
        waveform = { type = "gaussian", width = 0.5, delay = 1.5 }
    "#;
    with_probes(&[37, 23, 11], &[7.4, 4.6, 2.2], kernel)
}

/// Out of the plane in single precision: joined along y, with layers at both ends of x, and two plane waves, one of which
/// takes the whole of y, the other at any angle.
pub fn maxwell_ez_2d() -> Problem {
    let kernel = r#"
        units = "natural"
        precision = "f32"
        [kernel]
        type = "fdtd"
        polarization = "Ez"
        boundary = { west = { cpml = 9 }, east = { cpml = 7 }, south = "periodic", north = "periodic" }
        initial = { Ez = "exp(-(x - 4)^2 - (y - 2)^2)" }
        [[kernel.material]]
        name = "metal"
        epsilon = 1.5
        drude = [{ plasma_frequency = 0.5, damping = 0.05 }]
        [[kernel.shape]]
        type = "cylinder"
        center = [3.7, 2.3]
        radius = 0.5
        material = "metal"
        [[kernel.shape]]
        type = "box"
        from = [3.4, 2.9]
        to = [3.6, 3.3]
        material = "pec"
        [[kernel.source]]
        type = "plane-wave"
        from = [2.4, 0.0]
        to = [5.2, 4.6]
        direction = [-1, 0]
        waveform = { type = "ricker", frequency = 0.4, delay = 1.0 }
        [[kernel.source]]
        type = "plane-wave"
        from = [2.8, 1.0]
        to = [5.0, 4.0]
        direction = [0.37, -1.0]
        waveform = { type = "continuous", frequency = 0.3, ramp = 12.0 }
        [[kernel.source]]
        type = "line"
        component = "Hy"
        at = [4.93, 0.03]
        current = 0.3
        waveform = { type = "ricker", frequency = 0.5, delay = 0.8 }
    "#;
    with_probes(&[37, 23], &[7.4, 4.6], kernel)
}

/// In the plane: magnetic and electric walls that meet in corners, a medium that relaxes everywhere and one that resonates.
pub fn maxwell_hz_2d() -> Problem {
    let kernel = r#"
        units = "natural"
        precision = "f64"
        [kernel]
        type = "fdtd"
        polarization = "Hz"
        boundary = { west = "pmc", east = "pec", south = "pec", north = "pmc" }
        initial = { Hz = "exp(-(x - 4)^2 - (y - 2)^2)", Ex = "0.1*y", Ey = "0.1*sin(x)" }
        [[kernel.material]]
        name = "background"
        debye = [{ strength = 0.3, time = 0.4 }]
        [[kernel.material]]
        name = "crystal"
        epsilon = [1.5, 1.2, 1.0]
        lorentz = [{ strength = 0.5, frequency = 0.3, damping = 0.01 }, { strength = 0.2, frequency = 0.1, damping = 0.0 }]
        [[kernel.shape]]
        type = "box"
        from = [3.33, 1.1]
        to = [9.0, 3.14]
        material = "crystal"
        [[kernel.source]]
        type = "sheet"
        component = "Ex"
        from = [0.0, 4.6]
        to = [7.4, 4.6]
        current = 0.3
        waveform = { type = "ricker", frequency = 0.5, delay = 0.8 }
        [[kernel.source]]
        type = "line"
        component = "Hz"
        at = [3.7, 2.3]
        current = 0.3
        waveform = { type = "modulated-gaussian", frequency = 0.5, width = 0.5, delay = 1.0 }
    "#;
    with_probes(&[37, 23], &[7.4, 4.6], kernel)
}

/// With probes of all components: in the middle of the grid, which is a border of tiles, at the walls' corner, and near the
/// borders between three tiles.
fn with_probes(cells: &[usize], size: &[f64], kernel: &str) -> Problem {
    let mut text = text(&format!("{cells:?}"), &format!("{size:?}"), kernel);
    for (name, part, every) in [("middle", 0.5, 1), ("corner", 0.999, 3), ("third", 0.3334, 2)] {
        let at: Vec<f64> = size.iter().map(|length| part * length).collect();
        text += &format!("[[probe]]\nname = \"{name}\"\nat = {at:?}\nevery = {every}\n");
    }
    Problem {
        cells: cells.to_vec(),
        text,
    }
}
