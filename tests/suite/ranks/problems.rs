//! What is run in many ways: between them these problems have every scheme of advection, every stepper, every kind of wall
//! and every term.

use super::{Problem, STEPS};

pub fn text(cells: &str, size: &str, kernel: &str) -> String {
    format!(
        r#"
        title = "bits"
        {kernel}
        [grid]
        cells = {cells}
        size = {size}
        [time]
        steps = {last}
        [history]
        every = {{ steps = 5 }}
        [[snapshot]]
        at_steps = {STEPS:?}
        storage = true
        "#,
        last = STEPS[2],
    )
}

/// Three stages, walls of every kind, wind and diffusivity in place and time, sources, decay, a budget, two fields.
pub fn everything_3d() -> Problem {
    let kernel = r#"
        precision = "f64"
        [kernel]
        type = "advection-diffusion"
        wind = ["2 + sin(y + 3*t)", "0.3*x*cos(t)", "0.2 - 0.1*z"]
        diffusivity = ["0.2 + 0.1*sin(x)", "0.1 + 0.01*y", 0.15]
        advection = "centred"
        stepper = "rk3"
        budget = true
        [[kernel.field]]
        name = "a"
        unit = "kg/m3"
        initial = "exp(-(x-3)^2 - (y-2)^2) + 0.1*z"
        source = [{ rate = "1 + t", at = [3.69, 2.31, 0.02] }, { density = "0.2*x*t" }]
        decay = 0.3
        boundary = { west = { inflow = "1 + t*y" }, east = "open", south = { value = "1 + x" }, north = { flux = "0.1*z" }, bottom = "zero-gradient", top = "open" }
        [[kernel.field]]
        name = "b"
        initial = "1 + 0.1*x*y"
        source = "0.1*y"
        boundary = { all = "open" }
    "#;
    Problem {
        cells: vec![37, 23, 11],
        text: text("[37, 23, 11]", "[7.4, 4.6, 1.1]", kernel),
    }
}

/// The loop of the plain heat equation, in single precision, with two axes that are joined to themselves.
pub fn heat_3d() -> Problem {
    let kernel = r#"
        precision = "f32"
        [kernel]
        type = "advection-diffusion"
        diffusivity = [0.1, 0.2, 0.3]
        [[kernel.field]]
        name = "q"
        initial = "sin(3*x) * cos(2*y) + z^2"
        boundary = { west = "periodic", east = "periodic", south = { value = "sin(x) + t" }, north = { flux = 0.3 }, bottom = "periodic", top = "periodic" }
    "#;
    Problem {
        cells: vec![37, 23, 11],
        text: text("[37, 23, 11]", "[7.4, 4.6, 1.1]", kernel),
    }
}

/// Donor cell and forward Euler, periodic, with a source across the seam.
pub fn periodic_2d() -> Problem {
    let kernel = r#"
        precision = "f64"
        [kernel]
        type = "advection-diffusion"
        wind = ["sin(y + t)", "cos(x*y)"]
        diffusivity = "0.05 + 0.02*cos(x)"
        budget = true
        [[kernel.field]]
        name = "q"
        initial = "sin(11*x^2 + 7*y)"
        source = { rate = 0.7, at = [7.39, 0.01] }
        decay = 0.01
        boundary = { all = "periodic" }
    "#;
    Problem {
        cells: vec![37, 23],
        text: text("[37, 23]", "[7.4, 4.6]", kernel),
    }
}

/// Walls in single precision, three stages.
pub fn walls_2d() -> Problem {
    let kernel = r#"
        precision = "f32"
        [kernel]
        type = "advection-diffusion"
        wind = ["1 + 0.1*y", -0.4]
        diffusivity = [0.0, "0.1 + 0.02*y"]
        stepper = "rk3"
        [[kernel.field]]
        name = "q"
        initial = "exp(-(x-2)^2 - (y-2)^2)"
        boundary = { west = { inflow = "sin(y)" }, east = "zero-gradient", south = { flux = "0.1*x" }, north = { value = 0.5 } }
    "#;
    Problem {
        cells: vec![37, 23],
        text: text("[37, 23]", "[7.4, 4.6]", kernel),
    }
}

/// Tiles as thin as the halo of WENO 5, three fields that turn into each other and settle or not, a tensor in place and
/// time, boxes and balls across tiles.
pub fn dust_3d() -> Problem {
    let kernel = r#"
        precision = "f64"
        [kernel]
        type = "advection-diffusion"
        wind = ["1 + sin(y + 3*t)", "0.3*x*cos(t)", "0.2*sin(x)"]
        diffusivity = [["0.2 + 0.1*sin(x)", "0.05*sin(y + t)", 0], ["0.05*sin(y + t)", 0.15, 0.02], [0, 0.02, "0.1 + 0.05*z"]]
        face_mean = "arithmetic"
        advection = "weno5"
        stepper = "ssp-rk3"
        budget = true
        exchange_rates = [[-0.75, 0, 0.25], [0.5, -0.5, 0], [0.25, 0.5, -0.5]]
        boundary = { west = { inflow = "1 + t*y" }, east = "zero-gradient", south = { flux = "0.1*z" }, north = "open", bottom = { deposition = "0.3 + 0.1*sin(x)" }, top = { value = 0.1 } }
        [[kernel.field]]
        name = "coarse"
        unit = "kg/m3"
        initial = "exp(-(x-3)^2 - (y-2)^2) + 0.1*z"
        sampling = "average"
        settling = "0.4 + 0.1*sin(x + t)"
        source = [{ rate = "1 + t", at = [1.9, 2.31, 1.8], radius = 1.1 }, { density = "0.2*x*t" }]
        [[kernel.field]]
        name = "fine"
        initial = "if(x > 2, 1, 0)"
        settling = 0.1
        decay = 0.3
        source = { rate = 2, from = [1.1, 0.3, 0.7], to = [4.7, 4.1, 2.9] }
        [[kernel.field]]
        name = "gas"
        boundary = { all = { deposition = 0.2 } }
        source = { rate = "2 - t", at = [3.69, 2.31, 0.02] }
    "#;
    Problem {
        cells: vec![25, 19, 18],
        text: text("[25, 19, 18]", "[5.0, 4.6, 3.6]", kernel),
    }
}

/// Super time stepping in single precision: an even number of stages, harmonic means, what is deposited and exchanged.
pub fn stiff_3d() -> Problem {
    let kernel = r#"
        precision = "f32"
        [kernel]
        type = "advection-diffusion"
        wind = ["0.5 + 0.1*sin(z)", 0, "-0.2 + 0.1*y"]
        diffusivity = ["0.2 + 0.1*sin(x)", "0.3 + 0.1*cos(y + t)", 1.0]
        face_mean = "harmonic"
        advection = "upwind3"
        stepper = "rkl2"
        stages = 6
        budget = true
        exchange_rates = [[-0.5, 0.25], [0.5, -0.25]]
        boundary = { west = "periodic", east = "periodic", south = { value = "1 + x" }, north = "open", bottom = { deposition = 0.2 }, top = { flux = 0.1 } }
        [[kernel.field]]
        name = "a"
        initial = "sin(11*x^2 + 7*y)"
        source = { rate = 1, at = [7.3, 2.2, 1.0], radius = 0.6 }
        [[kernel.field]]
        name = "b"
        initial = 1
        decay = 0.1
        source = { rate = 1, from = [6.9, 0.4, 0.2], to = [7.9, 4.3, 1.7] }
    "#;
    Problem {
        cells: vec![37, 14, 13],
        text: text("[37, 14, 13]", "[7.4, 4.6, 2.6]", kernel),
    }
}

/// The limited scheme in a wind that converges and diverges, between walls, in tiles as thin as its halo.
pub fn limited_2d() -> Problem {
    let kernel = r#"
        precision = "f64"
        [kernel]
        type = "advection-diffusion"
        wind = ["sin(3*x + t)", "0.5*y - 1 + cos(2*x)"]
        diffusivity = [[0.02, 0.01], [0.01, "0.02 + 0.01*sin(t)"]]
        advection = "limited"
        stepper = "ssp-rk2"
        budget = true
        [[kernel.field]]
        name = "q"
        initial = "if(sin(11*x^2 + 7*y) > 0, 1, 0.1)"
        settling = "0.2*x"
        decay = 0.01
        boundary = { west = { inflow = "1 + y" }, east = { deposition = "0.3 + 0.1*y" }, south = "zero-gradient", north = { value = "0.5 + 0.1*x" } }
    "#;
    Problem {
        cells: vec![19, 18],
        text: text("[19, 18]", "[3.8, 3.6]", kernel),
    }
}

/// A stream function that goes once around the grid, and sources across its seam.
pub fn stream_2d() -> Problem {
    let kernel = r#"
        precision = "f32"
        [kernel]
        type = "advection-diffusion"
        stream_function = "0.5*y + 0.3*sin(2*pi*(x - t)/3.8)*sin(pi*y/3.6)"
        advection = "limited"
        stepper = "ssp-rk3"
        budget = true
        boundary = { all = "zero-gradient", west = "periodic", east = "periodic" }
        [[kernel.field]]
        name = "q"
        initial = "if(sin(11*x^2 + 7*y) > 0, 1, 0.1)"
        source = [{ rate = 1, at = [3.7, 1.2], radius = 0.5 }, { rate = "t", from = [-0.3, 0.4], to = [0.5, 3.0] }]
        [[kernel.field]]
        name = "p"
        initial = "sin(x)"
        settling = 0.2
    "#;
    Problem {
        cells: vec![19, 18],
        text: text("[19, 18]", "[3.8, 3.6]", kernel),
    }
}

/// One scheme of advection with one stepper, between walls along y, where it reads fewer cells.
pub fn pair_2d(advection: &str, stepper: &str) -> Problem {
    let stages = if stepper == "rkl2" { "stages = 3" } else { "" };
    let kernel = format!(
        r#"
        precision = "f64"
        [kernel]
        type = "advection-diffusion"
        wind = ["sin(y + t)", "cos(x*y)"]
        diffusivity = "0.05 + 0.02*cos(x)"
        advection = "{advection}"
        stepper = "{stepper}"
        {stages}
        [[kernel.field]]
        name = "q"
        initial = "sin(11*x^2 + 7*y)"
        boundary = {{ west = "periodic", east = "periodic", south = {{ inflow = 1 }}, north = {{ deposition = "0.3 + 0.1*x" }} }}
        "#
    );
    Problem {
        cells: vec![19, 13],
        text: text("[19, 13]", "[3.8, 2.6]", &kernel),
    }
}
