//! Bad input of transport: schemes that do not go together, walls that do not make sense.

use crate::bad_input::{CONFIG, refuse};

#[test]
fn a_scheme_with_a_stepper_that_lets_waves_grow_is_refused_with_one_that_does_not() {
    for (advection, stepper, remedy) in [
        (
            "weno5",
            "ssp-rk2",
            "use `stepper = \"ssp-rk3\"`, or `advection = \"upwind3\"`",
        ),
        ("weno5", "euler", "use `stepper = \"rk3\"`, or `advection = \"upwind\"`"),
        (
            "upwind5",
            "rkl2",
            "use `advection = \"upwind3\"`, or `stepper = \"ssp-rk3\"`",
        ),
        (
            "centred4",
            "ssp-rk2",
            "use `stepper = \"ssp-rk3\"`, or `advection = \"upwind3\"`",
        ),
    ] {
        let schemes = format!("diffusivity = 0.1\nadvection = \"{advection}\"\nstepper = \"{stepper}\"");
        let fault = format!("advection \"{advection}\" with stepper \"{stepper}\" lets waves grow along x");
        refuse(
            "diffusivity = 0.1",
            &schemes,
            CONFIG,
            &[&fault, "case.toml:13:13", remedy],
        );
    }
}

#[test]
fn super_time_stepping_without_a_step_is_refused() {
    let words = [
        "\"rkl2\" has as many stages as its step needs, but nothing says how long a step is to be",
        "case.toml",
        "`kernel.stepper`",
        "give `time.dt`, or the number of `stages`",
    ];
    refuse("wind = [1.0, 0.0]", "stepper = \"rkl2\"", CONFIG, &words);
}

#[test]
fn a_number_of_stages_for_a_stepper_that_has_its_own_is_refused() {
    let words = [
        "stepper \"ssp-rk3\" has 3 stages, no others",
        "case.toml:13:10",
        "leave `stages` out",
        "`stepper = \"rkl2\"`",
    ];
    let stages = "stepper = \"ssp-rk3\"\nstages = 4";
    refuse("diffusivity = 0.1", stages, CONFIG, &words);
    let words = ["1 stages are too few for \"rkl2\"", "case.toml:13:10", "give 2 or more"];
    refuse("diffusivity = 0.1", "stepper = \"rkl2\"\nstages = 1", CONFIG, &words);
}

#[test]
fn a_negative_deposition_velocity_is_refused() {
    let words = [
        "a deposition velocity of -0.5 m/s is negative",
        "case.toml:13:51",
        "zero or more",
    ];
    let walls = "boundary = { all = \"open\", south = { deposition = -0.5 } }";
    refuse("boundary = { all = \"open\" }", walls, CONFIG, &words);
}
