//! Bad input of Maxwell's equations: shapes, sources and layers that cannot be as they stand, and what is only worth a
//! warning.

use crate::bad_input::{CONFIG, refuse_case};
use crate::launch::{Launch, Workplace};

/// Cells of 1 and waves of at least 10 cells, but for what a test replaces.
const GOOD: &str = r#"
units = "natural"
[grid]
cells = [40, 30]
spacing = [1.0, 1.0]
[time]
steps = 4
[kernel]
type = "fdtd"
polarization = "Ez"
boundary = { all = { cpml = 5 } }
[[kernel.material]]
name = "glass"
epsilon = 2.25
[[kernel.shape]]
type = "cylinder"
center = [20.0, 15.0]
radius = 3.0
material = "glass"
[[kernel.source]]
type = "line"
component = "Ez"
at = [12.0, 15.0]
current = 1.0
waveform = { type = "ricker", frequency = 0.02 }
"#;

/// [`GOOD`] with `from` replaced by `to`.
#[track_caller]
fn with(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    GOOD.replace(from, to)
}

/// [`GOOD`] with a plane wave in a box, which begins in line 26.
fn with_wave(from: &str, to: &str) -> String {
    format!(
        "{GOOD}[[kernel.source]]\ntype = \"plane-wave\"\nfrom = {from}\nto = {to}\ndirection = [1, 0]\n\
         waveform = {{ type = \"ricker\", frequency = 0.02 }}\n"
    )
}

#[track_caller]
fn refuse(from: &str, to: &str, words: &[&str]) {
    refuse_case(&with(from, to), CONFIG, words);
}

/// Runs alone and on 2 ranks: all goes well, and every one of `words` is said, the first of them exactly once.
#[track_caller]
fn warn(text: &str, words: &[&str]) {
    for launch in [Launch::alone(), Launch::on(2)] {
        let place = Workplace::new();
        place.write("case.toml", text);
        let outcome = place.succeed(&launch, &["case.toml", "--output", "run", "--progress", "none"]);
        for word in words {
            assert!(outcome.stdout.contains(word), "`{word}` is missing\n{outcome}");
        }
        assert_eq!(outcome.stdout.matches(words[0]).count(), 1, "{outcome}");
        assert_eq!(outcome.stdout.matches("warning:").count(), 1, "{outcome}");
    }
}

#[test]
fn what_is_well_is_not_complained_of() {
    let place = Workplace::new();
    place.write("case.toml", GOOD);
    let outcome = place.succeed(&Launch::alone(), &["case.toml", "--output", "run"]);
    assert!(
        !outcome.stdout.contains("warning") && outcome.stderr.is_empty(),
        "{outcome}"
    );
}

#[test]
fn a_shape_outside_of_the_grid_is_warned_of() {
    let words = [
        "warning: the shape lies outside the grid, and fills nothing",
        "case.toml:16:8",
        "the grid has x from 0 to 40, y from 0 to 30",
    ];
    warn(&with("center = [20.0, 15.0]", "center = [50.0, 15.0]"), &words);
}

#[test]
fn a_band_that_the_grid_does_not_resolve_is_warned_of_with_the_number_of_cells() {
    // Ricker's spectrum ends at 2.76 times its frequency: 1/(0.138 * 1.5) = 4.8 cells of 1 in glass, n = 1.5.
    let words = [
        "the grid has 4.8 cells per wavelength in \"glass\": fewer than 10",
        "case.toml:25:43",
        "take smaller cells, or a lower frequency",
    ];
    warn(&with("frequency = 0.02", "frequency = 0.05"), &words);
}

#[test]
fn a_source_inside_a_perfect_conductor_is_refused() {
    let words = [
        "the source of Ez lies inside a perfect conductor",
        "case.toml:23:6",
        "move the source, or the shape",
    ];
    let text = with("material = \"glass\"", "material = \"pec\"").replace("center = [20.0", "center = [12.0");
    refuse_case(&text, CONFIG, &words);
}

#[test]
fn a_source_on_a_conducting_wall_is_refused() {
    let words = [
        "no node of Ez that can change carries this source",
        "case.toml:23:6",
        "move it into the grid",
    ];
    let text = with("all = { cpml = 5 }", "all = \"pec\"").replace("at = [12.0", "at = [0.0");
    refuse_case(&text, CONFIG, &words);
}

#[test]
fn a_source_outside_of_the_grid_is_refused() {
    let words = ["y = 31 is outside of the grid", "case.toml:23:13", "from 0 to 30"];
    refuse("at = [12.0, 15.0]", "at = [12.0, 31.0]", &words);
}

#[test]
fn absorbing_layers_that_overlap_are_refused() {
    let words = [
        "the absorbing layers at the south and north walls, 16 and 16 cells, overlap on the 30 cells along y",
        "case.toml:11:20",
        "thinner layers or more cells along y",
    ];
    refuse("cpml = 5", "cpml = 16", &words);
    // It is the wall with a layer of its own that is too much.
    let words = [
        "the absorbing layers at the west and east walls, 38 and 5 cells, overlap on the 40 cells along x",
        "case.toml:11:41",
    ];
    refuse("{ cpml = 5 } }", "{ cpml = 5 }, west = { cpml = 38 } }", &words);
}

#[test]
fn an_unknown_material_is_refused_with_the_one_that_was_meant() {
    let words = [
        "there is no material \"glas\"",
        "case.toml:19:12",
        "did you mean \"glass\"?",
    ];
    refuse("material = \"glass\"", "material = \"glas\"", &words);
}

#[test]
fn a_box_that_touches_the_absorber_is_refused_at_either_end() {
    let words = [
        "the box begins at x = 6",
        "case.toml:28:9",
        "let it begin at at least 7",
        "the box ends at y = 24",
        "case.toml:29:13",
        "and touches the absorbing layer of 5 cells",
        "let it end at at most 23",
    ];
    refuse_case(&with_wave("[6.0, 8.0]", "[33.0, 24.0]"), CONFIG, &words);
}

#[test]
fn a_box_whose_surface_passes_through_a_shape_is_refused() {
    let words = [
        "the surface of the plane wave's box passes through \"glass\" at (20, 12)",
        "case.toml:28:8",
        "let the box enclose shapes or leave them out",
    ];
    refuse_case(&with_wave("[8.0, 8.0]", "[20.0, 22.0]"), CONFIG, &words);
}

#[test]
fn a_time_step_that_the_lattice_does_not_bear_is_refused_with_the_largest_that_it_does() {
    // 1/sqrt(1 + 1) for cells of 1 and c = 1.
    let words = [
        "`time.dt` = 0.8",
        "case.toml",
        "the largest stable dt is 7.07106",
        "Give a smaller `dt`",
    ];
    refuse("steps = 4", "steps = 4\ndt = 0.8", &words);
}

#[test]
fn a_time_step_that_a_material_does_not_bear_is_refused_with_the_largest_that_it_does() {
    // Light is sqrt(5) times as fast in epsilon = 0.2: sqrt(0.2/2).
    let words = ["`time.dt` = 0.6", "case.toml", "the largest stable dt is 3.1622"];
    let text = with("epsilon = 2.25", "epsilon = 0.2").replace("steps = 4", "steps = 4\ndt = 0.6");
    refuse_case(&text, CONFIG, &words);
}

#[test]
fn a_grid_in_2d_without_polarization_is_refused() {
    let words = [
        "missing key `polarization`",
        "case.toml:8:2",
        "`polarization = \"Ez\"` (Ez, Hx, Hy) or \"Hz\" (Hz, Ex, Ey)",
    ];
    refuse("polarization = \"Ez\"\n", "", &words);
}

#[test]
fn an_unknown_key_of_a_waveform_is_refused() {
    let words = [
        "unknown key `width` in [kernel.source.0.waveform]",
        "case.toml:25:49",
        "known here: delay, frequency, type",
    ];
    refuse("frequency = 0.02", "frequency = 0.02, width = 3.0", &words);
}

#[test]
fn a_component_that_the_polarization_lacks_is_refused() {
    let words = [
        "the polarization of this case has no Ex",
        "case.toml:22:13",
        "its components are Ez, Hx, Hy",
    ];
    refuse("component = \"Ez\"", "component = \"Ex\"", &words);
    let words = ["unknown key `Ex` in [kernel.initial]", "case.toml:11:13"];
    let initial = "polarization = \"Ez\"\ninitial = { Ex = \"x\" }";
    refuse("polarization = \"Ez\"", initial, &words);
}

#[test]
fn natural_units_are_refused_where_there_are_none() {
    let transport = r#"
units = "natural"
[grid]
cells = [8, 8]
spacing = [1.0, 1.0]
[time]
steps = 4
[kernel]
type = "advection-diffusion"
diffusivity = 0.1
boundary = { all = "open" }
[[kernel.field]]
name = "q"
"#;
    let words = ["transport has no natural units", "case.toml:9:8", "leave `units` out"];
    refuse_case(transport, CONFIG, &words);
}
