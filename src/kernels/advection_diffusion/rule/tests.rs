use super::*;

fn grid() -> Grid {
    Grid {
        cells: [7, 5, 1],
        dims: 2,
        spacing: [0.1, 0.3, 1.0],
        origin: [-0.35, 0.7, 0.0],
        periodic: [true, false, false],
    }
}

fn formula(text: &str) -> Formula {
    Formula::parse(text, &["x", "y", "t"]).unwrap()
}

/// The value at cell (i, j), from a row that begins some cells before.
fn value(rule: &Rule, grid: &Grid, (i, j): (i64, i64), t: f64) -> f64 {
    let mut row = [0.0; 4];
    let sampler = Sampler::new(rule, grid, (i - 5, i + 3));
    sampler.row(grid, (j, 0), i - 2, t, &mut SamplerRows::default(), &mut row);
    row[2]
}

#[test]
fn means_are_of_the_centres_on_both_sides() {
    let g = grid();
    let text = "1 + x^2 + y*t";
    for axis in [0, 1] {
        let arithmetic = Rule::mean(formula(text), axis, FaceMean::Arithmetic);
        let harmonic = Rule::mean(formula(text), axis, FaceMean::Harmonic);
        assert_eq!(arithmetic.location(), Location::face(axis));
        let mut below = [3, 2, 0];
        below[axis] -= 1;
        let at = |cell| formula(text).evaluate(g.point(Location::CENTER, cell), 2.0);
        let (a, b) = (at(below), at([3, 2, 0]));
        assert_eq!(value(&arithmetic, &g, (3, 2), 2.0), 0.5 * (a + b));
        assert_eq!(value(&harmonic, &g, (3, 2), 2.0), 2.0 * a * b / (a + b));
    }
}

#[test]
fn the_harmonic_mean_with_nothing_is_nothing() {
    let step = Rule::mean(formula("if(x > 0, 3, 0)"), 0, FaceMean::Harmonic);
    // Cell centres at -0.3, -0.2, ...: cell 3 is the first on the right, at 1e-17 or so; cell 4 certainly is.
    let values: Vec<f64> = (1..7).map(|i| value(&step, &grid(), (i, 0), 0.0)).collect();
    assert!(values.iter().all(|&value| value == 0.0 || value == 3.0), "{values:?}");
    assert_eq!((values[0], values[5]), (0.0, 3.0));
    let nothing = Rule::mean(formula("0*x + max(0, -1 - x^2)"), 0, FaceMean::Harmonic);
    assert_eq!(value(&nothing, &grid(), (2, 0), 0.0), 0.0);
}

#[test]
fn at_a_wall_the_cell_inside_counts_for_both() {
    let g = grid();
    let rule = Rule::mean(formula("y"), 1, FaceMean::Arithmetic);
    let centre = |j| g.coordinate(1, Location::CENTER, j);
    assert_eq!(value(&rule, &g, (2, 0), 0.0), centre(0));
    assert_eq!(value(&rule, &g, (2, 5), 0.0), centre(4));
}

#[test]
fn a_face_on_a_seam_has_the_same_bits_from_both_sides() {
    let g = grid();
    let rules = [
        Rule::at(formula("sin(9*x) + y"), Location::face(0)),
        Rule::mean(formula("exp(x)*y"), 0, FaceMean::Harmonic),
        Rule::mean(formula("exp(x)*y"), 1, FaceMean::Arithmetic),
        Rule::stream(formula("sin(9*x)*cos(3*y) + t*x"), 0),
        Rule::stream(formula("sin(9*x)*cos(3*y) + t*x"), 1).less(formula("exp(x*y)")),
    ];
    for rule in &rules {
        for i in -2..3 {
            for j in 0..5 {
                let (here, around) = (value(rule, &g, (i, j), 0.3), value(rule, &g, (i + 7, j), 0.3));
                assert_eq!(here.to_bits(), around.to_bits(), "{rule:?} at {i}, {j}");
            }
        }
    }
}

#[test]
fn the_wind_of_a_stream_function_is_its_difference_along_a_face() {
    let g = grid();
    let psi = "sin(x)*y^2 + t*y";
    let at = |i: i64, j: i64| formula(psi).evaluate([corner(&g, 0, i), corner(&g, 1, j), 0.0], 0.5);
    for (i, j) in [(0, 0), (3, 2), (6, 4)] {
        let u = value(&Rule::stream(formula(psi), 0), &g, (i, j), 0.5);
        let v = value(&Rule::stream(formula(psi), 1), &g, (i, j), 0.5);
        assert_eq!(u, (at(i, j + 1) - at(i, j)) / 0.3);
        assert_eq!(v, -(at(i + 1, j) - at(i, j)) / 0.1);
    }
}

#[test]
fn rules_know_what_they_depend_on() {
    let psi = |axis| Rule::stream(formula("y^2"), axis);
    assert_eq!(
        (psi(0).as_constant(), psi(1).as_constant(), psi(2).as_constant()),
        (None, Some(0.0), Some(0.0))
    );
    assert!(!psi(0).depends_on(Variable::X) && psi(0).depends_on(Variable::Y) && !psi(0).is_uniform_in_space());
    // Where both centres have the same value there is nothing to be averaged.
    let same = Rule::mean(formula("y"), 0, FaceMean::Harmonic);
    assert_eq!(same, Rule::at(formula("y"), Location::face(0)));
    let sinking = Rule::at(formula("3"), Location::face(1)).less(formula("0.5"));
    assert_eq!(sinking.as_constant(), Some(2.5));
    assert_eq!(value(&sinking, &grid(), (0, 0), 0.0), 2.5);
    let slowing = Rule::at(formula("3"), Location::face(1)).less(formula("t"));
    assert!(slowing.depends_on(Variable::T) && slowing.is_uniform_in_space() && slowing.as_constant().is_none());
}
