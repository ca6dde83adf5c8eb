//! What a configuration says of shapes.

use super::super::geometry;
use super::{assert_says, good, read, refuse, setting};
use crate::config::{Document, Units};
use crate::kernels::fdtd::geometry::ShapeKind;

const INFINITE: f64 = f64::INFINITY;

/// The only shape, of the predefined conductor.
#[track_caller]
fn shape(dims: usize, text: &str) -> ShapeKind {
    let geometry = good(dims, &format!("[[kernel.shape]]\nmaterial = \"pec\"\n{text}"));
    assert_eq!((geometry.shapes.len(), geometry.shapes[0].material), (1, 1));
    geometry.shapes[0].kind.clone()
}

#[track_caller]
fn refuse_shape(dims: usize, text: &str, words: &[&str]) {
    refuse(dims, &format!("[[kernel.shape]]\nmaterial = \"pec\"\n{text}"), words);
}

#[test]
fn every_kind_of_shape_is_read_in_space() {
    let cuboid = ShapeKind::Cuboid {
        from: [0.0, 1.0, 2.0],
        to: [3.0, 4.0, 5.5],
    };
    assert_eq!(shape(3, "type = \"box\"\nfrom = [0, 1, 2]\nto = [3, 4, 5.5]"), cuboid);
    let sphere = ShapeKind::Sphere {
        center: [1.0, 2.0, 3.0],
        radius: 4.0,
    };
    assert_eq!(
        shape(3, "type = \"sphere\"\ncenter = [1, 2, 3]\nradius = 4\nname = \"ball\""),
        sphere
    );
    let ellipsoid = ShapeKind::Ellipsoid {
        center: [1.0, 2.0, 3.0],
        radii: [4.0, 5.0, 6.0],
    };
    assert_eq!(
        shape(3, "type = \"ellipsoid\"\ncenter = [1, 2, 3]\nradii = [4, 5, 6]"),
        ellipsoid
    );
    let center = [1.0, 2.0, 3.0];
    for (text, direction, height) in [
        ("", [0.0, 0.0, 1.0], INFINITE),
        ("axis = \"x\"\nheight = 7", [1.0, 0.0, 0.0], 7.0),
        ("axis = [0, -3, 4]\nheight = 7", [0.0, -3.0, 4.0], 7.0),
    ] {
        let text = format!("type = \"cylinder\"\ncenter = [1, 2, 3]\nradius = 4\n{text}");
        assert_eq!(shape(3, &text), ShapeKind::cylinder(center, direction, 4.0, height));
    }
    let triangle = vec![[0.0, 2.0], [1.0, 2.0], [0.0, 3.0]];
    for (text, axis, from, to) in [
        ("", 2, -INFINITE, INFINITE),
        ("axis = \"y\"\nfrom = -1\nto = 2", 1, -1.0, 2.0),
    ] {
        // The last point is the first one again.
        let text = format!("type = \"polygon\"\npoints = [[0, 2], [1, 2], [0, 3], [0, 2]]\n{text}");
        let corners = triangle.clone();
        assert_eq!(
            shape(3, &text),
            ShapeKind::Prism {
                axis,
                corners,
                from,
                to
            }
        );
    }
    assert_eq!(
        shape(3, "type = \"half-space\"\npoint = [1, 2, 3]\nnormal = [0, 0, 2]"),
        ShapeKind::HalfSpace {
            point: center,
            normal: [0.0, 0.0, 1.0]
        }
    );
}

#[test]
fn in_a_plane_shapes_have_two_numbers_and_are_endless_along_z() {
    let cuboid = ShapeKind::Cuboid {
        from: [0.0, 1.0, -INFINITE],
        to: [3.0, 4.0, INFINITE],
    };
    assert_eq!(shape(2, "type = \"box\"\nfrom = [0, 1]\nto = [3, 4]"), cuboid);
    let disc = ShapeKind::cylinder([1.0, 2.0, 0.0], [0.0, 0.0, 1.0], 4.0, INFINITE);
    assert_eq!(shape(2, "type = \"sphere\"\ncenter = [1, 2]\nradius = 4"), disc);
    assert_eq!(shape(2, "type = \"cylinder\"\ncenter = [1, 2]\nradius = 4"), disc);
    let all = [
        shape(2, "type = \"ellipsoid\"\ncenter = [1, 2]\nradii = [4, 5]"),
        shape(2, "type = \"polygon\"\npoints = [[0, 0], [1, 0], [0, 1]]"),
        shape(2, "type = \"half-space\"\npoint = [1, 2]\nnormal = [3, 4]"),
        cuboid,
        disc,
    ];
    assert!(all.iter().all(|kind| kind.is_endless(2)), "{all:?}");
    refuse_shape(
        2,
        "type = \"cylinder\"\ncenter = [1, 2]\nradius = 4\nheight = 3",
        &["unknown key `height` in [kernel.shape.0]", "case.toml:7"],
    );
    refuse_shape(
        2,
        "type = \"box\"\nfrom = [0, 1, 2]\nto = [3, 4]",
        &[
            "`from` in [kernel.shape.0] must be an array of 2, not an array of 3",
            "case.toml:5:8",
        ],
    );
}

#[test]
fn layers_are_slabs_on_top_of_each_other() {
    let text = "[[kernel.shape]]\ntype = \"layers\"\naxis = \"y\"\nfrom = 1\nthickness = [0.5, 2]\nmaterials = [\"pec\", \"vacuum\"]\n";
    let geometry = good(2, text);
    let slabs: Vec<(ShapeKind, usize)> = geometry
        .shapes
        .into_iter()
        .map(|shape| (shape.kind, shape.material))
        .collect();
    assert_eq!(
        slabs,
        [(ShapeKind::slab(1, 1.0, 1.5), 1), (ShapeKind::slab(1, 1.5, 3.5), 2)]
    );
    for (from, to, words) in [
        (
            "[0.5, 2]",
            "[0.5]",
            &["there are 2 materials for 1 layers", "case.toml:7:13"][..],
        ),
        ("[0.5, 2]", "[0.5, 0]", &["a layer is 0 m thick", "case.toml:6:19"]),
        ("[0.5, 2]", "[]", &["there are no layers", "case.toml:6:13"]),
        (
            "\"y\"",
            "\"z\"",
            &["`axis` in [kernel.shape.0] cannot be \"z\"", "case.toml:4:8"],
        ),
        (
            "\"vacuum\"",
            "\"vacum\"",
            &[
                "there is no material \"vacum\"",
                "case.toml:7:21",
                "did you mean \"vacuum\"?",
            ],
        ),
        ("from = 1", "", &["missing key `from` in [kernel.shape.0]"]),
    ] {
        refuse(2, &text.replace(from, to), words);
    }
}

#[test]
fn shapes_that_cannot_be_are_refused() {
    let ball = "type = \"sphere\"\ncenter = [1, 2, 3]\n";
    refuse_shape(
        3,
        &format!("{ball}radius = 0"),
        &["`radius` in [kernel.shape.0] must be positive, not 0", "case.toml:6:10"],
    );
    refuse_shape(3, ball, &["missing key `radius` in [kernel.shape.0]"]);
    refuse_shape(
        3,
        "type = \"shpere\"\ncenter = [1, 2, 3]",
        &["cannot be \"shpere\"", "did you mean \"sphere\"?"],
    );
    refuse_shape(3, "", &["missing key `type` in [kernel.shape.0]"]);
    refuse_shape(
        3,
        "type = \"box\"\nfrom = [0, 1, 2]\nto = [3, 0.5, 5]",
        &[
            "the shape ends at y = 0.5 m, before it begins at y = 1 m",
            "case.toml:6:10",
        ],
    );
    refuse_shape(
        3,
        "type = \"box\"\nfrom = [0, 1, 2]\nto = [3, 4, 2]",
        &[
            "the shape begins and ends at z = 2 m",
            "case.toml:6:13",
            "a sheet needs a thickness",
        ],
    );
    refuse_shape(
        3,
        "type = \"ellipsoid\"\ncenter = [1, 2, 3]\nradii = [1, 0, 1]",
        &["`radii[1]`", "positive, not 0"],
    );
    refuse_shape(
        3,
        "type = \"half-space\"\npoint = [1, 2, 3]\nnormal = [0, 0, 0]",
        &["is zero, and has no direction"],
    );
    refuse_shape(
        3,
        "type = \"cylinder\"\ncenter = [1, 2, 3]\nradius = 1\naxis = \"w\"",
        &["`axis`", "cannot be \"w\""],
    );
    refuse_shape(
        3,
        "type = \"cylinder\"\ncenter = [1, 2, 3]\nradius = 1\nheight = -1",
        &["`height`", "positive, not -1"],
    );
    let polygon = |points: &str| format!("type = \"polygon\"\npoints = {points}");
    refuse_shape(
        2,
        &polygon("[[0, 0], [1, 1]]"),
        &["a polygon has three corners or more, not 2", "case.toml:5:10"],
    );
    refuse_shape(2, &polygon("[[0, 0], [1, 1], [2, 2]]"), &["the polygon has no area"]);
    refuse_shape(
        2,
        &polygon("[[0, 0], [1, 1], [1, 1], [0, 1]]"),
        &["corners 1 and 2 of the polygon are the same", "case.toml:5:27"],
    );
    refuse_shape(
        2,
        &polygon("[[0, 0], [1, 1], [1, 0], [0, 1]]"),
        &[
            "the polygon crosses itself: the edge from corner 2 to 3 that from corner 0 to 1",
            "case.toml:5:27",
        ],
    );
    refuse_shape(
        3,
        &format!("{}\nfrom = 2\nto = 1", polygon("[[0, 0], [1, 0], [0, 1]]")),
        &["ends at z = 1 m, before it begins at z = 2 m"],
    );
    let unfilled = "[[kernel.shape]]\ntype = \"sphere\"\ncenter = [1, 2, 3]\nradius = 1\n";
    refuse(3, unfilled, &["missing key `material` in [kernel.shape.0]"]);
}

#[test]
fn what_fills_nothing_is_warned_of() {
    let warnings = |dims: usize, text: &str| read(dims, text).map(|(_, warnings)| warnings).unwrap();
    let of_shape = |dims: usize, text: &str| warnings(dims, &format!("[[kernel.shape]]\nmaterial = \"pec\"\n{text}"));
    let outside = [
        (3, "type = \"sphere\"\ncenter = [-4, 5, 5]\nradius = 2.5"),
        (3, "type = \"box\"\nfrom = [0, 0, 0]\nto = [1, 1, 1]"),
        (3, "type = \"half-space\"\npoint = [0, 0, 0]\nnormal = [1, 1, 1]"),
        (2, "type = \"cylinder\"\ncenter = [4, 12]\nradius = 1.5"),
        (2, "type = \"polygon\"\npoints = [[-3, 0], [-2, 0], [-2, 5]]"),
    ];
    for (dims, text) in outside {
        let said = of_shape(dims, text);
        assert_eq!(said.len(), 1, "{text}");
        assert_says(
            &said[0],
            &[
                "warning: the shape lies outside the grid",
                "case.toml:4:8",
                "x from -1 m to 9 m, y from 0 m to 10 m",
            ],
        );
        assert_eq!(said[0].contains("z from 2 m to 9.5 m"), dims == 3);
    }
    let partly = [
        (3, "type = \"sphere\"\ncenter = [-3, 5, 5]\nradius = 2.5"),
        (3, "type = \"half-space\"\npoint = [0, 0, 3]\nnormal = [1, 1, 1]"),
        (2, "type = \"box\"\nfrom = [-100, -100]\nto = [100, 100]"),
        (2, "type = \"cylinder\"\ncenter = [4, 12]\nradius = 2.5"),
    ];
    for (dims, text) in partly {
        assert_eq!(of_shape(dims, text), Vec::<String>::new(), "{text}");
    }
    let layers = |from: &str| {
        warnings(
            2,
            &format!(
                "[[kernel.shape]]\ntype = \"layers\"\naxis = \"x\"\nfrom = {from}\nthickness = [1, 1]\nmaterials = [\"pec\", \"pec\"]"
            ),
        )
    };
    // From -1 to 9.
    assert_eq!(
        (
            layers("-4").len(),
            layers("-2.5").len(),
            layers("8").len(),
            layers("9.5").len()
        ),
        (1, 0, 0, 1)
    );
    let said = warnings(
        3,
        "[[kernel.material]]\nname = \"background\"\n[[kernel.material]]\nname = \"glass\"\nepsilon = 2\n",
    );
    assert_eq!(said.len(), 1);
    assert_says(&said[0], &["no shape is made of \"glass\"", "case.toml:5:8"]);
}

#[test]
fn lengths_without_units_are_told_without() {
    let mut natural = setting(3);
    natural.units = Units::Natural;
    let text = "[kernel]\n[[kernel.shape]]\nmaterial = \"pec\"\ntype = \"box\"\nfrom = [2, 0, 2]\nto = [1, 1, 3]";
    let document = Document::parse("case.toml", text, &[]).unwrap();
    assert_eq!(geometry(&document.root().table("kernel").unwrap(), &natural), None);
    let said = document.finish().expect_err("an error").to_string();
    assert_says(&said, &["ends at x = 1, before it begins at x = 2\n"]);
}
