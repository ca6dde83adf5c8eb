//! What a configuration says of materials.

use std::f64::consts::TAU;

use super::{assert_says, good, read, refuse};
use crate::kernels::fdtd::material::{Material, Pole};

#[track_caller]
fn refuse_material(text: &str, words: &[&str]) {
    refuse(3, &format!("[[kernel.material]]\nname = \"background\"\n{text}"), words);
}

#[test]
fn a_material_is_read_with_all_that_it_has() {
    let text = "[[kernel.material]]\nname = \"background\"\nepsilon = [2, 3, 4.5]\nmu = 2\nconductivity = 0.5\n\
                magnetic_conductivity = [0, 1, 0]\ndrude = [{ plasma_frequency = 3, damping = 2 }, { plasma_frequency = 5 }]\n\
                lorentz = [{ strength = 4, frequency = 6, damping = 0.5 }]\ndebye = [{ strength = 7, time = 8 }]\n";
    let expected = Material {
        name: "background".into(),
        epsilon: [2.0, 3.0, 4.5],
        mu: [2.0; 3],
        conductivity: [0.5; 3],
        magnetic_conductivity: [0.0, 1.0, 0.0],
        poles: vec![
            Pole::Drude {
                plasma: 3.0 * TAU,
                damping: 2.0 * TAU,
            },
            Pole::Drude {
                plasma: 5.0 * TAU,
                damping: 0.0,
            },
            Pole::Lorentz {
                strength: 4.0,
                frequency: 6.0 * TAU,
                damping: 0.5 * TAU,
            },
            Pole::Debye {
                strength: 7.0,
                time: 8.0,
            },
        ],
        is_pec: false,
    };
    let geometry = good(3, text);
    assert_eq!((geometry.materials, geometry.shapes.len()), (vec![expected], 0));
    assert_eq!(good(3, "").materials, [Material::vacuum("background")]);
}

#[test]
fn names_lead_to_materials_predefined_ones_among_them() {
    let ball = |material: &str| {
        format!("[[kernel.shape]]\ntype = \"sphere\"\ncenter = [3, 3, 3]\nradius = 1\nmaterial = \"{material}\"\n")
    };
    let glass =
        "[[kernel.material]]\nname = \"glass\"\nepsilon = 2.25\n[[kernel.material]]\nname = \"wall\"\npec = true\n";
    let shapes: String = ["glass", "pec", "background", "wall", "vacuum", "glass", "pec"]
        .map(ball)
        .concat();
    let geometry = good(3, &format!("{glass}{shapes}"));
    let names: Vec<&str> = geometry
        .materials
        .iter()
        .map(|material| material.name.as_str())
        .collect();
    assert_eq!(names, ["background", "glass", "wall", "pec", "vacuum"]);
    let pec: Vec<bool> = geometry.materials.iter().map(|material| material.is_pec).collect();
    assert_eq!(pec, [false, false, true, true, false]);
    let numbers: Vec<usize> = geometry.shapes.iter().map(|shape| shape.material).collect();
    assert_eq!(numbers, [1, 3, 0, 2, 4, 1, 3]);
    refuse(
        3,
        &format!("{glass}{}{}{}", ball("glass"), ball("wall"), ball("galss")),
        &[
            "there is no material \"galss\"",
            "case.toml:22:12",
            "did you mean \"glass\"? there are \"background\", \"glass\", \"wall\", \"vacuum\", \"pec\"",
        ],
    );
}

#[test]
fn materials_that_cannot_be_are_refused() {
    refuse_material(
        "epsilon = -2",
        &[
            "`epsilon` in [kernel.material.background] must be positive, not -2",
            "case.toml:4:11",
        ],
    );
    refuse_material(
        "mu = [1, 1, 0]",
        &[
            "`mu[2]` in [kernel.material.background] must be positive, not 0",
            "case.toml:4:13",
        ],
    );
    refuse_material("conductivity = -1", &["must be zero or positive, not -1"]);
    refuse_material(
        "magnetic_conductivity = [0, -1, 0]",
        &["`magnetic_conductivity[1]`", "zero or positive, not -1"],
    );
    refuse_material("epsilon = [1, 2]", &["must be an array of 3, not an array of 2"]);
    refuse_material(
        "drude = [{ damping = 1 }]",
        &["missing key `plasma_frequency` in [kernel.material.background.drude.0]"],
    );
    refuse_material(
        "drude = [{ plasma_frequency = 1, damping = -1 }]",
        &["must be zero or positive, not -1", "case.toml:4:44"],
    );
    refuse_material(
        "lorentz = [{ strength = 1, frequency = 0 }]",
        &["`frequency`", "must be positive, not 0"],
    );
    refuse_material(
        "debye = [{ strength = 0, time = 1 }]",
        &["`strength`", "must be positive, not 0"],
    );
    refuse_material(
        "debye = [{ strength = 1, tiem = 1, time = 2 }]",
        &["unknown key `tiem`", "did you mean `time`?"],
    );
    refuse_material("drude = [3]", &["`drude[0]` must be a table, not 3"]);
    refuse_material(
        "pec = true\nepsilon = 2\n",
        &["a perfect conductor has no `epsilon`", "case.toml:5:11"],
    );
    refuse_material("pec = 1", &["must be true or false"]);
    let two = "[[kernel.material]]\nname = \"background\"\n[[kernel.material]]\nname = \"background\"\n";
    refuse(3, two, &["two materials are called \"background\"", "case.toml:5:8"]);
    let material = |name: &str| format!("[[kernel.material]]\nname = {name}\n");
    refuse(3, &material("\"pec\""), &["\"pec\" is there without a table"]);
    refuse(
        3,
        &material("\"a.b\""),
        &["\"a.b\" cannot name a material", "begin with a letter"],
    );
    refuse(
        3,
        &material("3").replace("name", "# name"),
        &["missing key `name` in [kernel.material.0]"],
    );
}

#[test]
fn all_errors_are_told_at_once() {
    let text = "[[kernel.material]]\nname = \"glass\"\nepsilon = 0\nmu = -1\ndebye = [{ strength = 1 }]\n\
                [[kernel.shape]]\ntype = \"sphere\"\nmaterial = \"glass\"\ncenter = [1, 2]\nradius = -1\n\
                [[kernel.shape]]\ntype = \"box\"\nmaterial = \"gold\"\nfrom = [0, 0, 0]\nto = [0, 1, 1]\n";
    let said = read(3, text).expect_err("errors");
    assert_says(
        &said,
        &[
            "7 errors",
            "`epsilon`",
            "`mu`",
            "`time`",
            "`center`",
            "`radius`",
            "\"gold\"",
            "x = 0 m",
        ],
    );
}
