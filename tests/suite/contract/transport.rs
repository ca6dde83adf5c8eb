//! What transport is held to its declarations on: every scheme near walls of every kind and around a periodic grid, and
//! every term beside advection.

use super::cases::Case;

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

/// Every scheme of advection, each with another stepper than its neighbours.
const ADVECTION: [(&str, &str); 7] = [
    ("upwind", "euler"),
    ("upwind3", "ssp-rk2"),
    ("upwind5", "rk3"),
    ("centred", "rk3"),
    ("centred4", "ssp-rk3"),
    ("weno5", "ssp-rk3"),
    ("limited", "ssp-rk2"),
];

/// Grids so narrow between walls that few faces, or none, are away from them.
const NARROW: [&[usize]; 4] = [&[8, 5, 3], &[4, 7], &[3, 6, 4], &[6, 2]];

/// Winds that blow in and out through every wall, somewhere or at some time.
const WIND_2D: &str = r#"wind = ["0.3 + sin(2*x + y)", "cos(3*y - t) - 0.2*x"]"#;
const WIND_3D: &str = r#"wind = ["0.3 + sin(2*x + y)", "cos(3*y - t) - 0.2*x", "0.4*sin(x - 2*z)"]"#;

/// Two fields that between them meet a wall of every kind at every end of the grid.
fn two_fields(dims: usize) -> String {
    let walls = [
        r#"west = { inflow = "1 + t*y" }, south = { value = "1 + 0.2*x" }, east = { deposition = 0.4 }, north = "zero-gradient""#,
        r#"west = { deposition = "0.2 + 0.1*sin(y + t)" }, south = "open", east = { flux = "0.1*y" }, north = { value = 0.5 }"#,
    ];
    let in_z = [
        r#", bottom = { deposition = "0.3 + 0.1*x" }, top = { flux = 0.2 }"#,
        r#", bottom = { value = "1 + t" }, top = { inflow = 0.3 }"#,
    ];
    let field = |n: usize| {
        let in_z = if dims == 3 { in_z[n] } else { "" };
        format!(
            "[[kernel.field]]\nname = \"q{n}\"\ninitial = \"sin({}*x) + y\"\nboundary = {{ {}{in_z} }}\n",
            n + 1,
            walls[n]
        )
    };
    field(0) + &field(1)
}

/// All of them.
pub fn chosen() -> Vec<Case> {
    [near_walls(), around(), tensors(), steppers(), beside_fluxes()].concat()
}

/// Every scheme where the walls leave it fewer cells than it reads, in two and three dimensions.
fn near_walls() -> Vec<Case> {
    let case = |n: usize, (advection, stepper): (&str, &str)| {
        let cells = NARROW[n % NARROW.len()];
        let (dims, wind) = (cells.len(), [WIND_2D, WIND_3D][cells.len() - 2]);
        let table = format!(
            "{wind}\ndiffusivity = \"0.1 + 0.02*sin(x)\"\nadvection = \"{advection}\"\nstepper = \"{stepper}\"\n{}",
            two_fields(dims)
        );
        Case::transport(cells, &table)
    };
    let pairs = ADVECTION.into_iter().enumerate();
    pairs.flat_map(|(n, pair)| [case(n, pair), case(n + 1, pair)]).collect()
}

/// Every scheme around a grid that is hardly wider than it reads.
fn around() -> Vec<Case> {
    let case = |(n, (advection, stepper)): (usize, (&str, &str))| {
        let (cells, wind) = ([&[7, 4, 3][..], &[5, 9]][n % 2], [WIND_3D, WIND_2D][n % 2]);
        let table = format!(
            "{wind}\ndiffusivity = 0.05\nadvection = \"{advection}\"\nstepper = \"{stepper}\"\nboundary = {{ all = \
             \"periodic\" }}\n[[kernel.field]]\nname = \"q\"\ninitial = \"sin(x) + y\"\n"
        );
        Case::transport(cells, &table)
    };
    ADVECTION.into_iter().enumerate().map(case).collect()
}

/// Full tensors: constant, varying in place and time; without wind, and with one.
fn tensors() -> Vec<Case> {
    const CONSTANT_2D: &str = "diffusivity = [[0.4, 0.2], [0.2, 0.3]]";
    const VARYING_2D: &str = r#"diffusivity = [["0.4 + 0.1*x^2", "0.2*sin(y + 9*t)"], ["0.2*sin(y + 9*t)", 0.3]]"#;
    const CONSTANT_3D: &str = "diffusivity = [[0.4, 0.1, 0.05], [0.1, 0.3, -0.1], [0.05, -0.1, 0.2]]";
    const VARYING_3D: &str = r#"diffusivity = [["0.4 + 0.1*x^2", "0.1*sin(y)", 0], ["0.1*sin(y)", 0.3, "0.1*cos(9*t + x)"], [0, "0.1*cos(9*t + x)", 0.2]]
        face_mean = "arithmetic""#;
    let case = |cells: &[usize], rest: &str| Case::transport(cells, &format!("{rest}\n{}", two_fields(cells.len())));
    let periodic = r#"boundary = { west = "periodic", east = "periodic", south = { value = "x + t" }, north = { flux = 0.3 } }
        [[kernel.field]]
        name = "q"
        initial = "sin(x) + y"
        "#;
    vec![
        case(&[7, 6], CONSTANT_2D),
        case(
            &[9, 5],
            &format!("{VARYING_2D}\nstepper = \"rk3\"\nadvection = \"upwind3\"\n{WIND_2D}"),
        ),
        Case::transport(
            &[6, 7],
            &format!("{VARYING_2D}\nstepper = \"ssp-rk3\"\nadvection = \"limited\"\n{WIND_2D}\n{periodic}"),
        ),
        case(&[5, 4, 6], &format!("{CONSTANT_3D}\nstepper = \"ssp-rk2\"")),
        case(
            &[6, 4, 5],
            &format!("{VARYING_3D}\nstepper = \"ssp-rk3\"\nadvection = \"weno5\"\n{WIND_3D}"),
        ),
        case(
            &[6, 5, 4],
            &format!("{VARYING_3D}\nstepper = \"ssp-rk2\"\nadvection = \"limited\"\n{WIND_3D}"),
        ),
        // Off-diagonal entries that would act along an axis of one cell.
        case(&[7, 1, 5], &format!("{CONSTANT_3D}\nstepper = \"rkl2\"\nstages = 3")),
    ]
}

/// Super time stepping with odd and even numbers of stages, which use its registers in other turns, and the steppers that
/// go on from the stage before.
fn steppers() -> Vec<Case> {
    let case = |cells: &[usize], stepper: &str| {
        let table = format!(
            "diffusivity = [\"0.2 + 0.1*sin(x - 9*t)\", 0.3, 0.1]\n{stepper}\nbudget = true\n{}decay = 0.2\n",
            two_fields(3)
        );
        Case::transport(cells, &table)
    };
    vec![
        case(&[6, 5, 4], "stepper = \"rkl2\"\nstages = 2"),
        case(&[5, 6, 3], "stepper = \"rkl2\"\nstages = 3"),
        case(&[3, 5, 6], "stepper = \"rkl2\"\nstages = 4"),
        case(&[6, 5, 4], "stepper = \"rkl2\"\nstages = 5\nface_mean = \"harmonic\""),
        case(&[6, 5, 4], "stepper = \"ssp-rk2\"\nface_mean = \"arithmetic\""),
        case(&[4, 5, 6], "stepper = \"ssp-rk3\""),
    ]
}

/// Stream functions, settling, exchange, sources of every shape, averages at the start.
fn beside_fluxes() -> Vec<Case> {
    vec![
        Case::transport(
            &[7, 6],
            r#"
            stream_function = "sin(x)*cos(2*y) + 0.3*y"
            advection = "limited"
            stepper = "ssp-rk3"
            boundary = { all = "open", west = { inflow = 1 } }
            [[kernel.field]]
            name = "q"
            initial = "if(x > 0, 1, 0.25)"
            sampling = "average"
            "#,
        ),
        // A psi that goes on across the seam but for a constant: the flow around the grid.
        Case::transport(
            &[6, 7],
            r#"
            stream_function = "0.3*y*cos(9*t) + 0.2*sin(2*pi*(x + 3*t)/4.2)"
            diffusivity = 0.01
            advection = "limited"
            stepper = "euler"
            boundary = { all = "zero-gradient", west = "periodic", east = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "exp(-x^2 - y^2)"
            source = { rate = "1 + t", from = [1.3, -0.6], to = [2.9, 0.4] }
            "#,
        ),
        Case::transport(
            &[6, 5, 5],
            r#"
            wind = [0.4, "0.1*z", "0.2*cos(x)"]
            diffusivity = ["0.1 + 0.01*x", "0.1 + 0.05*sin(y)", "0.2 + 0.04*z"]
            face_mean = "harmonic"
            advection = "weno5"
            stepper = "ssp-rk3"
            budget = true
            exchange_rates = [[-0.7, 0.0, 0.2], [0.5, -0.4, 0.0], [0.1, 0.4, -0.3]]
            boundary = { all = "open", bottom = { deposition = "0.1 + 0.05*sin(x + 9*t)" }, west = "periodic", east = "periodic" }
            [[kernel.field]]
            name = "dust"
            initial = "exp(-x^2 - z^2) + 0.1*y"
            sampling = "average"
            settling = 0.3
            source = { rate = "1 + t", at = [1.9, 0.1, 0.5], radius = 0.9 }
            [[kernel.field]]
            name = "smoke"
            initial = "0.5"
            settling = "0.1 + 0.05*x*cos(5*t)"
            decay = 0.1
            source = [{ rate = 2, from = [1.6, -0.5, -1], to = [2.6, 0.5, 1.1] }, { density = "0.1*z" }]
            [[kernel.field]]
            name = "air"
            boundary = { all = { value = 0.2 }, bottom = { deposition = 0.3 }, west = "periodic", east = "periodic" }
            source = { rate = 1, at = [-2.05, 0, 0] }
            "#,
        ),
        // What settles in two dimensions sinks along y, without wind.
        Case::transport(
            &[5, 8],
            r#"
            diffusivity = [0.1, "0.1 + 0.05*sin(9*t)"]
            face_mean = "arithmetic"
            advection = "upwind5"
            stepper = "rk3"
            budget = true
            exchange_rates = [[-0.5, 0.25], [0.5, -0.5]]
            boundary = { all = "zero-gradient", south = { deposition = 0.5 } }
            [[kernel.field]]
            name = "coarse"
            initial = "1 + 0.1*sin(x*y)"
            settling = "0.3 + 0.1*sin(y + 9*t)"
            source = { rate = 1, at = [0, 0.9], radius = 0.5 }
            [[kernel.field]]
            name = "fine"
            initial = "0.1*y^2"
            "#,
        ),
        // The mean of two centres, x faces included, with the loop that finishes rows at once.
        Case::transport(
            &[9, 6],
            r#"
            wind = [0.4, 0.3]
            diffusivity = ["0.1 + 0.02*x^2", "0.1 + 0.02*x + 0.02*y"]
            face_mean = "harmonic"
            advection = "upwind3"
            stepper = "ssp-rk2"
            boundary = { all = "periodic" }
            [[kernel.field]]
            name = "q"
            initial = "x"
            "#,
        ),
    ]
}
