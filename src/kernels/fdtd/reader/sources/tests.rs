//! What entries of `source` mean, and what is said about wrong ones.

use super::*;
use crate::config::Document;
use crate::kernels::fdtd::waveform::{WIDTHS_TO_NOTHING, Waveform, ricker_width};

const PULSE: &str = "waveform = { type = \"ricker\", frequency = 2 }\n";

/// A grid of 10 by 8 by 6 cells of 0.1, 0.2 and 0.5 from the origin; everything above a frequency of 100 is not resolved.
fn read(polarization: Polarization, source: &str) -> (Option<Current>, Result<String, String>) {
    let document = Document::parse("case.toml", &format!("[source]\n{source}"), &[]).unwrap();
    let dims = if polarization == Polarization::Full { 3 } else { 2 };
    let grid = GridConfig {
        cells: [10, 8, if dims == 3 { 6 } else { 1 }],
        dims,
        spacing: [0.1, 0.2, if dims == 3 { 0.5 } else { 1.0 }],
        origin: [0.0; 3],
    };
    let context = Context {
        grid: &grid,
        polarization,
        start: 3.0,
        unresolved: &|frequency| (frequency > 100.0).then(|| format!("{frequency:.1} Hz is too high")),
    };
    let table = document.root().table("source").unwrap();
    let found = SourceKind::read(&table).and_then(|kind| current(&table, kind, &context));
    let said = match document.finish() {
        Ok(warnings) => Ok(warnings.concat()),
        Err(error) => Err(error.to_string()),
    };
    (found, said)
}

fn good(polarization: Polarization, source: &str) -> Current {
    match read(polarization, source) {
        (Some(current), Ok(warnings)) if warnings.is_empty() => current,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refuse(polarization: Polarization, source: &str, words: &[&str]) {
    let (_, said) = read(polarization, source);
    let said = said.expect_err("an error");
    for word in words {
        assert!(said.contains(word), "{word}\nis not in\n{said}");
    }
    assert_eq!(said.matches("error:").count(), 1, "{said}");
}

#[track_caller]
fn refuse_waveform(waveform: &str, words: &[&str]) {
    let source = format!("type = \"dipole\"\ncomponent = \"Ez\"\nat = [0.5, 0.5]\nmoment = 1\n{waveform}\n");
    refuse(Polarization::Ez, &source, words);
}

#[test]
fn a_dipole_is_a_point_with_a_moment_or_a_current() {
    let text = format!("type = \"dipole\"\ncomponent = \"Hy\"\nat = [0.5, 0.25, 3]\nmoment = 2e-9\n{PULSE}");
    let found = good(Polarization::Full, &text);
    assert_eq!(
        (found.component, found.amplitude, found.drive),
        (Component::Hy, 2e-9, Drive::Moment)
    );
    assert_eq!(
        (found.from, found.to, found.profile),
        ([0.5, 0.25, 3.0], [0.5, 0.25, 3.0], None)
    );
    let ricker = Waveform::Ricker {
        frequency: 2.0,
        delay: WIDTHS_TO_NOTHING * ricker_width(2.0),
    };
    assert_eq!(found.waveform, ricker);
    let text = format!("type = \"dipole\"\ncomponent = \"Ez\"\nat = [0, 1.6]\ncurrent = 3\n{PULSE}");
    assert_eq!(good(Polarization::Ez, &text).drive, Drive::Current);
}

#[test]
fn a_dipole_has_one_strength_and_one_place() {
    let dipole = |rest: &str| format!("type = \"dipole\"\ncomponent = \"Ez\"\n{PULSE}{rest}\n");
    let full = Polarization::Full;
    refuse(
        full,
        &dipole("at = [0.5, 0.5, 0.5]\nmoment = 1\ncurrent = 1"),
        &["`moment` and `current` are both given", "case.toml:7:11"],
    );
    refuse(
        full,
        &dipole("at = [0.5, 0.5, 0.5]"),
        &["missing `moment` or `current`", "C m"],
    );
    refuse(full, &dipole("moment = 1"), &["missing key `at`"]);
    refuse(
        full,
        &dipole("at = [0.5, 1.7, 0.5]\nmoment = 1"),
        &["y = 1.7 is outside of the grid", "from 0 to 1.6", "case.toml:5:12"],
    );
    refuse(full, &dipole("at = [0.5, 1]\nmoment = 1"), &["`at`", "array of 3"]);
}

#[test]
fn a_component_is_one_of_the_polarization() {
    let dipole = |component: &str| format!("type = \"dipole\"\n{component}at = [0.5, 0.5]\nmoment = 1\n{PULSE}");
    refuse(
        Polarization::Ez,
        &dipole("component = \"Ex\"\n"),
        &[
            "the polarization of this case has no Ex",
            "its components are Ez, Hx, Hy",
            "case.toml:3:13",
        ],
    );
    refuse(Polarization::Hz, &dipole("component = \"Hq\"\n"), &["cannot be \"Hq\""]);
    refuse(
        Polarization::Hz,
        &dipole(""),
        &["missing key `component`", "one of Ex, Ey, Hz"],
    );
}

#[test]
fn lines_sheets_and_volumes_extend_as_their_names_say() {
    let source = |kind: &str, from: &str, to: &str| {
        format!("type = \"{kind}\"\ncomponent = \"Ez\"\nfrom = {from}\nto = {to}\ncurrent = 2\n{PULSE}")
    };
    let full = Polarization::Full;
    let sheet = good(
        full,
        &format!("{}profile = \"x*z\"\n", source("sheet", "[0, 0.4, 0]", "[1, 0.4, 3]")),
    );
    assert_eq!((sheet.from, sheet.to), ([0.0, 0.4, 0.0], [1.0, 0.4, 3.0]));
    assert_eq!(sheet.profile.unwrap().text(), "x*z");
    good(full, &source("line", "[0.3, 0.4, 0]", "[0.3, 0.4, 3]"));
    good(full, &source("volume", "[0.3, 0.4, 0]", "[0.5, 0.5, 3]"));
    let flat = Polarization::Ez;
    good(flat, &source("sheet", "[0.3, 0.4]", "[0.3, 0.5]"));
    good(flat, &source("volume", "[0.3, 0.4]", "[0.4, 0.5]"));
    good(flat, &source("line", "[0.3, 0.4]", "[0.3, 0.4]"));
    let at = good(
        flat,
        &format!("type = \"line\"\ncomponent = \"Ez\"\nat = [0.3, 0.4]\ncurrent = 2\n{PULSE}"),
    );
    assert_eq!(at.from, at.to);

    refuse(
        full,
        &source("line", "[0, 0.4, 0]", "[1, 0.4, 3]"),
        &[
            "a line extends along 1 axis, and this one along x and z",
            "case.toml:5:6",
        ],
    );
    refuse(
        full,
        &source("volume", "[0, 0.4, 0]", "[0, 0.4, 0]"),
        &["along 3 axes, and this one along no axis"],
    );
    refuse(
        flat,
        &source("line", "[0, 0.4]", "[1, 0.4]"),
        &["a line extends along no axis of a 2D grid"],
    );
    refuse(
        flat,
        &source("sheet", "[0, 0.4]", "[1, 0.5]"),
        &["a sheet extends along 1 axis, and this one along x and y"],
    );
}

#[test]
fn corners_are_in_order_and_on_the_grid() {
    let line = |corners: &str| format!("type = \"line\"\ncomponent = \"Ez\"\n{corners}\ncurrent = 2\n{PULSE}");
    let full = Polarization::Full;
    refuse(
        full,
        &line("from = [0, 0, 2]\nto = [0, 0, 1]"),
        &["the source ends at z = 1, before it begins at z = 2", "case.toml:5:13"],
    );
    refuse(
        full,
        &line("from = [0, 0, -1]\nto = [0, 0, 1]"),
        &["z = -1 is outside of the grid", "case.toml:4:15"],
    );
    refuse(full, &line("from = [0, 0, 1]"), &["missing key `to`"]);
    refuse(full, &line(""), &["missing key `from`"]);
    refuse(
        full,
        &line("from = [0, 0, 1]\nto = [0, 0, 2]\nmoment = 1"),
        &["unknown key `moment`"],
    );
    // Ten times 0.1, as it comes out in arithmetic.
    let end = good(full, &line("from = [0, 0, 0]\nto = [1.0000000000000002, 0, 0]"));
    assert_eq!(end.to[0], 1.0);
}

#[test]
fn unknown_and_missing_types_are_named_alone() {
    refuse(
        Polarization::Full,
        "type = \"dipol\"\nwhat = 1\n",
        &["did you mean \"dipole\"?"],
    );
    refuse(
        Polarization::Full,
        "what = 1\n",
        &["missing key `type`", "\"plane-wave\""],
    );
    refuse_waveform(
        "waveform = { type = \"rickr\", what = 1 }",
        &["did you mean \"ricker\"?", "case.toml:6:21"],
    );
    refuse_waveform("", &["missing key `waveform`", "type = \"ricker\""]);
    refuse_waveform("waveform = {}", &["missing key `type`"]);
}

#[test]
fn waveforms_have_their_numbers_and_usual_values() {
    let read = |text: &str| {
        let source = format!("type = \"dipole\"\ncomponent = \"Ez\"\nat = [0.5, 0.5]\nmoment = 1\nwaveform = {text}\n");
        good(Polarization::Ez, &source).waveform
    };
    let gaussian = Waveform::Gaussian { width: 0.5, delay: 4.6 };
    assert_eq!(read("{ type = \"gaussian\", width = 0.5 }"), gaussian);
    let modulated = Waveform::ModulatedGaussian {
        frequency: 2.0,
        width: 3.0,
        delay: 15.0,
        phase: 0.5,
    };
    assert_eq!(
        read("{ type = \"modulated-gaussian\", frequency = 2, width = \"3 s\", delay = 15, phase = 0.5 }"),
        modulated
    );
    let by_band = read("{ type = \"modulated-gaussian\", frequency = 2, bandwidth = 0.5 }");
    assert!((by_band.width().unwrap() * std::f64::consts::PI - 1.0).abs() < 1e-15);
    let continuous = Waveform::Continuous {
        frequency: 2.0,
        ramp: 1.5,
        phase: 0.0,
    };
    assert_eq!(read("{ type = \"continuous\", frequency = 2 }"), continuous);
    // The run begins at 3 s.
    assert_eq!(read("{ type = \"formula\", value = \"t^2\" }").value(1.0), 16.0);
}

#[test]
fn numbers_of_a_waveform_that_mean_nothing_are_refused() {
    refuse_waveform(
        "waveform = { type = \"gaussian\", width = -1 }",
        &["`width`", "zero or positive", "case.toml:6:41"],
    );
    refuse_waveform(
        "waveform = { type = \"gaussian\", width = 0 }",
        &["`width`", "longer than zero"],
    );
    refuse_waveform("waveform = { type = \"gaussian\" }", &["missing key `width`"]);
    refuse_waveform(
        "waveform = { type = \"ricker\", frequency = -1 }",
        &["`frequency`", "must be positive"],
    );
    refuse_waveform(
        "waveform = { type = \"modulated-gaussian\", frequency = 1, width = 1, bandwidth = 1 }",
        &["`width` and `bandwidth` are both given"],
    );
    refuse_waveform(
        "waveform = { type = \"continuous\", frequency = 1, ramp = 0 }",
        &["`ramp`"],
    );
    refuse_waveform("waveform = { type = \"formula\", value = \"x\" }", &["`value`", "`x`"]);
    refuse_waveform(
        "waveform = { type = \"gaussian\", width = 1, frequency = 1 }",
        &["unknown key `frequency`"],
    );
}

#[test]
fn bands_that_the_grid_does_not_resolve_and_abrupt_beginnings_are_warned_of() {
    let warnings = |waveform: &str| {
        let text =
            format!("type = \"dipole\"\ncomponent = \"Ez\"\nat = [0.5, 0.5]\nmoment = 1\nwaveform = {waveform}\n");
        let (found, said) = read(Polarization::Ez, &text);
        assert!(found.is_some());
        said.unwrap()
    };
    // The band of a Ricker pulse ends at 2.764 times its frequency.
    let said = warnings("{ type = \"ricker\", frequency = 40 }");
    assert!(
        said.contains("110.6 Hz is too high") && said.contains("case.toml:6:43"),
        "{said}"
    );
    assert_eq!(warnings("{ type = \"ricker\", frequency = 36 }"), "");
    let said = warnings("{ type = \"gaussian\", width = 0.001 }");
    assert!(said.contains("483.0 Hz") && said.contains("case.toml:6:41"), "{said}");
    let said = warnings("{ type = \"gaussian\", width = 1, delay = 2 }");
    assert!(
        said.contains("begins abruptly: 2 s before its peak its envelope is at 1.35e-1"),
        "{said}"
    );
}
