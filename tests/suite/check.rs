//! What `simrun check` shows of what stands on the grid.

use crate::launch::{Launch, Workplace};
use std::fs;

/// A block of glass whose faces lie on nodes, a conductor, a patch of sea water whose faces lie between nodes, a layer.
const CASE: &str = r#"
title = "blocks"
units = "natural"

[grid]
cells = [12, 6]
spacing = [1, 1]

[time]
steps = 3

[kernel]
type = "fdtd"
polarization = "Ez"
boundary = { all = "pec", west = { cpml = 2 } }

[[kernel.material]]
name = "glass"
epsilon = 4.0

[[kernel.material]]
name = "sea"
conductivity = 2.0

[[kernel.shape]]
type = "box"
from = [3, 1]
to = [7, 4]
material = "glass"

[[kernel.shape]]
type = "box"
from = [8.5, 4.5]
to = [11.5, 5.5]
material = "sea"

[[kernel.shape]]
type = "box"
from = [9, 2]
to = [10, 3]
material = "pec"

[[kernel.source]]
type = "line"
component = "Ez"
at = [6, 5]
current = 1.0
waveform = { type = "gaussian", width = 20 }

[[probe]]
name = "p"
at = [11.25, 1]
"#;

/// Two characters for each of the 13 nodes along x, of which those on faces of the glass count as mixed.
const SKETCH: &str = "
x-y plane
  ::::::....................
  ::::::.......*....BBBBBB..
  ::::::aaaaaaaaaa..........
  ::::::aaAAAAAAaa..####....
  ::::::aaAAAAAAaa..####....
  ::::::aaaaaaaaaa.......+..
  ::::::....................
  small letters where materials meet, # perfect conductor, : absorbing layer, * source, + probe
walls           x cpml and pec, y pec
";

fn checked(sets: &[&str]) -> String {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> = ["check", "case.toml"].into_iter().chain(sets).collect();
    place.succeed(&Launch::alone(), &arguments).stdout
}

#[test]
fn materials_are_sketched_as_they_stand_on_the_grid() {
    let said = checked(&[]);
    assert!(said.contains(SKETCH), "{said}");
}

#[test]
fn cells_per_wavelength_are_those_of_the_sources_highest_frequency() {
    // The spectrum of the derivative of a Gaussian of width s is at 1 % of its largest value where w s = 3.5716: here at
    // w = 0.17858, so that a wave in vacuum is 2 pi/0.17858 = 35.18 long, half of that at a permittivity of 4. With the
    // conductivity the permittivity is 1 + 2i/0.17858 = 1 + 11.199i, of which the root is 2.4743 + 2.2632i: waves of
    // 35.18/2.4743 = 14.22, and a depth of 1/(0.17858 * 2.2632) = 2.474.
    let said = checked(&[]);
    let expected = "
materials       at 2.8422e-2, the highest frequency of the sources
  . background  refractive index 1.0000, 35.2 cells per wavelength
  A glass       refractive index 2.0000, 17.6 cells per wavelength
  B sea         refractive index 2.4743 + 2.2632 i, 14.2 cells per wavelength, 2.5 cells per skin depth
  # pec         perfect conductor
";
    assert!(said.contains(expected), "{said}");
    // The longer side of a cell counts.
    let said = checked(&["grid.spacing=[1, 2]"]);
    assert!(
        said.contains("refractive index 2.0000, 8.8 cells per wavelength"),
        "{said}"
    );
}

#[test]
fn without_a_frequency_that_is_said() {
    let formula = "kernel.source=[{ type = 'line', component = 'Ez', at = [6, 5], current = 1, waveform = { type = 'formula', value = 't' } }]";
    let said = checked(&[formula]);
    assert!(
        said.contains("no source gives a frequency: their waveforms are formulas"),
        "{said}"
    );
    assert!(said.contains("A glass       relative permittivity 4\n"), "{said}");
    let said = checked(&["kernel.source=[]"]);
    assert!(said.contains("materials       no source gives a frequency\n"), "{said}");
}

#[test]
fn one_material_needs_no_sketch() {
    let said = checked(&["kernel.shape=[]", "kernel.material=[]"]);
    assert!(
        !said.contains("plane") && said.contains(". background  refractive index 1.0000"),
        "{said}"
    );
}

#[test]
fn the_picture_goes_beside_the_folders_of_runs_or_where_it_is_told() {
    let place = Workplace::new();
    place.write("case.toml", CASE);
    let said = place
        .succeed(&Launch::alone(), &["check", "case.toml", "--plot"])
        .stdout;
    assert!(said.ends_with("picture         output/case-check.png\n"), "{said}");
    assert!(fs::metadata(place.path("output/case-check.png")).is_ok());
    let arguments = ["check", "case.toml", "--plot=svg", "--output", "pictures/blocks.svg"];
    place.succeed(&Launch::alone(), &arguments);
    let svg = place.read("pictures/blocks.svg");
    for name in [
        "glass",
        "sea",
        "pec",
        "absorbing layer",
        "source",
        "probe",
        "Walls: x cpml and pec, y pec.",
    ] {
        assert!(svg.contains(name), "{name}");
    }
}
