//! What `[kernel]` tables mean, and what is said about wrong ones.

use super::*;
use crate::config::Document;
use crate::kernels::advection_diffusion::parameters::{FaceMean, Sampling, Wind};
use crate::kernels::advection_diffusion::source::Source;

const FIELD: &str = "[[kernel.field]]\nname = \"a\"\n";
const OPEN: &str = "boundary = { all = \"open\" }\n";

/// The parameters of a case, or what is said about it. `kernel` are lines of the `[kernel]` table, `fields` come behind.
fn read_case(dims: usize, kernel: &str, fields: &str) -> Result<Parameters, String> {
    let text = format!("[kernel]\n{OPEN}{kernel}\n{fields}");
    let document = Document::parse("case.toml", &text, &[]).unwrap();
    let found = parameters(
        &document.root().table("kernel").unwrap(),
        dims,
        [8, 4, if dims == 3 { 2 } else { 1 }],
    );
    match document.finish() {
        Ok(_) => Ok(found.expect("no error, hence parameters")),
        Err(error) => Err(error.to_string()),
    }
}

fn good(kernel: &str, fields: &str) -> Parameters {
    read_case(2, kernel, fields).unwrap_or_else(|said| panic!("{said}"))
}

#[track_caller]
fn refuse(dims: usize, kernel: &str, fields: &str, words: &[&str]) {
    let said = read_case(dims, kernel, fields).expect_err("an error");
    for word in words {
        assert!(said.contains(word), "{word}\nis not in\n{said}");
    }
    assert_eq!(said.matches("error:").count(), 1, "{said}");
}

#[test]
fn a_wind_is_given_by_components_or_by_a_stream_function() {
    let calm = good("", FIELD);
    assert!((0..3).all(|axis| !calm.is_windy(0, axis)));
    let shear = good("stream_function = \"y^2\"", FIELD);
    assert!(matches!(&shear.wind, Wind::Stream(psi) if psi.text() == "y^2"));
    assert_eq!([0, 1, 2].map(|axis| shear.is_windy(0, axis)), [true, false, false]);
    refuse(
        3,
        "stream_function = \"y^2\"",
        FIELD,
        &[
            "two dimensions, and the grid has three",
            "case.toml:3:19",
            "`wind = [u, v, w]`",
        ],
    );
    refuse(
        2,
        "wind = [1, 0]\nstream_function = \"y\"",
        FIELD,
        &["`wind` and `stream_function` are both given", "case.toml:4"],
    );
}

#[test]
fn a_diffusivity_is_a_number_a_list_or_a_symmetric_matrix() {
    let along = |parameters: &Parameters| [0, 1, 2].map(|axis| parameters.diffusivity.along(axis).text().to_string());
    assert_eq!(along(&good("", FIELD)), ["0.0", "0.0", "0.0"]);
    let one = good("diffusivity = \"x\"\nface_mean = \"harmonic\"", FIELD);
    assert_eq!(
        (along(&one), one.diffusivity.mean),
        (["x", "x", "0.0"].map(String::from), FaceMean::Harmonic)
    );
    let list = good("diffusivity = [1, 2]", FIELD);
    assert_eq!(
        (along(&list), list.diffusivity.is_tensor()),
        (["1.0", "2.0", "0.0"].map(String::from), false)
    );
    let tensor = good("diffusivity = [[\"1 + x\", \"y\"], [\"y\", 3]]", FIELD).diffusivity;
    assert!(tensor.is_tensor() && tensor.mean == FaceMean::Sampled);
    assert_eq!((tensor.tensor[1][0].text(), tensor.tensor[0][1].text()), ("y", "y"));
    assert_eq!(tensor.tensor[2][2].as_constant(), Some(0.0));
    let diagonal = good("diffusivity = [[1, 0], [0.0, 3]]", FIELD).diffusivity;
    assert!(!diagonal.is_tensor());
}

#[test]
fn a_matrix_that_is_no_diffusivity_is_refused() {
    refuse(
        2,
        "diffusivity = [[1, \"x\"], [\"y\", 1]]",
        FIELD,
        &[
            "`diffusivity[1][0]` is \"y\", and `diffusivity[0][1]` is \"x\"",
            "case.toml:3:27",
            "the same formula",
        ],
    );
    refuse(
        2,
        "diffusivity = [[1, 2], [2, 1]]",
        FIELD,
        &[
            "[[1.0, 2.0], [2.0, 1.0]] m2/s is not positive definite: its smallest eigenvalue is -1.0 m2/s",
            "case.toml:3:15",
        ],
    );
    refuse(
        2,
        "diffusivity = [[1, 2], [2, -1]]",
        FIELD,
        &["a diffusivity of -1 m2/s is negative"],
    );
    refuse(
        2,
        "diffusivity = [[1, 2]]",
        FIELD,
        &["`diffusivity` in [kernel] must be an array of 2, not an array of 1"],
    );
    refuse(
        2,
        "face_mean = \"harmonic\"\ndiffusivity = [[2, \"x\"], [\"x\", 2]]",
        FIELD,
        &[
            "harmonic means of the entries of a full tensor",
            "case.toml:3:13",
            "\"arithmetic\" or \"sampled\"",
        ],
    );
}

#[test]
fn every_scheme_has_its_name() {
    for (name, advection) in [
        ("upwind", Advection::Upwind1),
        ("upwind1", Advection::Upwind1),
        ("upwind3", Advection::Upwind3),
        ("upwind5", Advection::Upwind5),
        ("centred", Advection::Centred2),
        ("centred2", Advection::Centred2),
        ("centred4", Advection::Centred4),
        ("weno5", Advection::Weno5),
        ("limited", Advection::Limited),
    ] {
        assert_eq!(good(&format!("advection = \"{name}\""), FIELD).advection, advection);
    }
    for stepper in [Stepper::Euler, Stepper::SspRk2, Stepper::SspRk3, Stepper::Rk3] {
        assert_eq!(
            good(&format!("stepper = \"{}\"", stepper.name()), FIELD).stepper,
            stepper
        );
    }
    assert_eq!(
        good("stepper = \"rkl2\"\nstages = 7", FIELD).stepper,
        Stepper::Rkl2 { stages: 7 }
    );
    refuse(
        2,
        "stepper = \"rkl2\"\nstages = 1",
        FIELD,
        &["1 stages are too few", "case.toml:4:10", "2 or more"],
    );
    refuse(
        2,
        "stepper = \"rk3\"\nstages = 5",
        FIELD,
        &[
            "stepper \"rk3\" has 3 stages, no others",
            "case.toml:4:10",
            "leave `stages` out",
        ],
    );
    refuse(2, "stages = 2", FIELD, &["stepper \"euler\" has 1 stages"]);
}

#[test]
fn exchange_rates_have_a_row_for_each_field_and_create_nothing() {
    let two = "[[kernel.field]]\nname = \"a\"\n[[kernel.field]]\nname = \"b\"\n";
    let read = |rates: &str| good(&format!("exchange_rates = {rates}"), two).exchange;
    assert_eq!(
        read("[[-0.5, 0.25], [0.5, -0.25]]"),
        [vec![-0.5, 0.25], vec![0.5, -0.25]]
    );
    assert_eq!(read("[[-0.7, 0], [0.5, 0]]"), [vec![-0.7, 0.0], vec![0.5, 0.0]]);
    assert_eq!(read("[[0, 0], [0, 0]]"), Vec::<Vec<f64>>::new());
    let three = format!("{two}[[kernel.field]]\nname = \"c\"\n");
    // 0.1 + 0.2 - 0.3 is 5.6e-17.
    let rounded = good("exchange_rates = [[-0.3, 0, 0], [0.1, 0, 0], [0.2, 0, 0]]", &three);
    assert_eq!(rounded.exchange.len(), 3);
    let case = |rates: &str, words: &[&str]| refuse(2, &format!("exchange_rates = {rates}"), two, words);
    case(
        "[[-0.5, 0.375], [0.5, -0.25]]",
        &[
            "creates mass: the column for field `b` sums to +0.125 1/s",
            "case.toml:3:18",
            "make the diagonal",
        ],
    );
    case(
        "[[-0.5, 0], [-0.25, 0]]",
        &[
            "field `b` gains -0.25 1/s of field `a`, which is negative",
            "case.toml:3:31",
        ],
    );
    let said = read_case(2, "exchange_rates = [[0]]", two).unwrap_err();
    assert!(said.contains("has 1 rows, and there are 2 fields"), "{said}");
}

#[test]
fn fields_settle_and_are_sampled_as_they_say() {
    let plain = &good("", FIELD).fields[0];
    assert_eq!((plain.sampling, plain.is_settling()), (Sampling::Centre, false));
    let dust = good("", &format!("{FIELD}settling = \"0.01 + y\"\nsampling = \"average\"\n"));
    assert_eq!(
        (dust.fields[0].sampling, dust.fields[0].settling.text()),
        (Sampling::Average, "0.01 + y")
    );
    assert_eq!([0, 1, 2].map(|axis| dust.is_windy(0, axis)), [false, true, false]);
    let falling = read_case(3, "", &format!("{FIELD}settling = 0.01\n")).unwrap();
    assert_eq!([0, 1, 2].map(|axis| falling.is_windy(0, axis)), [false, false, true]);
}

#[test]
fn sources_have_many_shapes() {
    let read = |source: &str| {
        good("", &format!("{FIELD}source = {source}\n")).fields[0]
            .sources
            .clone()
    };
    let formula = |text: &str| crate::numerics::Formula::parse(text, &["x", "y", "t"]).unwrap();
    let one = || crate::numerics::Formula::constant(1.0);
    assert_eq!(read("0"), []);
    assert_eq!(read("\"x*t\""), [Source::Density(formula("x*t"))]);
    let all = read(
        "[\"x\", { density = \"y\" }, { rate = 1, at = [2, 3] }, { rate = \"t\", from = [1, 2], to = [3, 2] }, \
         { rate = 1, at = [2, 3], radius = 0.5 }, 0.0]",
    );
    let expected = [
        Source::Density(formula("x")),
        Source::Density(formula("y")),
        Source::Point {
            rate: one(),
            at: [2.0, 3.0, 0.0],
        },
        Source::Box {
            rate: formula("t"),
            from: [1.0, 2.0, 0.0],
            to: [3.0, 2.0, 0.0],
        },
        Source::Ball {
            rate: one(),
            at: [2.0, 3.0, 0.0],
            radius: 0.5,
        },
    ];
    assert_eq!(all, expected);
}

#[test]
fn a_source_without_a_place_or_with_two_is_refused() {
    let case = |source: &str, words: &[&str]| refuse(2, "", &format!("{FIELD}source = {source}\n"), words);
    case(
        "{ rate = 1 }",
        &["missing `density` or `at` or `from`", "case.toml:6", "(a box)"],
    );
    case(
        "{ rate = 1, at = [1, 1], from = [0, 0], to = [1, 1] }",
        &["`at` and `from` are both given"],
    );
    case("{ rate = 1, from = [0, 0] }", &["missing key `to`", "upper corner"]);
    case(
        "{ rate = 1, from = [0, 2], to = [1, 1] }",
        &["the box ends at y = 1 m, before it begins at y = 2 m", "case.toml:6:46"],
    );
    case(
        "{ rate = 1, at = [0, 2], radius = 0 }",
        &["`radius`", "must be positive, not 0"],
    );
    case("{ at = [1, 1] }", &["missing key `rate`"]);
}

#[test]
fn a_wall_takes_up_what_is_deposited_on_it() {
    let walls = |wall: &str| format!("{FIELD}boundary = {{ all = \"open\", south = {wall} }}\n");
    let deposition = good("", &walls("{ deposition = \"0.01*x\" }"));
    let south = &deposition.fields[0].walls[1][0];
    assert!(
        matches!(south, Wall::Deposition(velocity) if velocity.text() == "0.01*x"),
        "{south:?}"
    );
    refuse(
        2,
        "",
        &walls("{ deposition = -0.01 }"),
        &[
            "a deposition velocity of -0.01 m/s is negative",
            "case.toml:6:51",
            "zero or more",
        ],
    );
    refuse(
        2,
        "",
        &walls("{ deposition = 1, flux = 1 }"),
        &["exactly one condition", "{ deposition = v }"],
    );
    refuse(
        2,
        "",
        &walls("{ value = \"2*w\" }"),
        &["unknown variable `w`", "x, y, t"],
    );
}
