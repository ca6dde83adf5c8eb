//! What a configuration says of materials and shapes.

mod materials;
mod shapes;

use super::geometry;
use crate::config::{Document, GridConfig, Units};
use crate::kernels::Setting;
use crate::kernels::fdtd::geometry::Geometry;

fn setting(dims: usize) -> Setting {
    let mut grid = GridConfig {
        cells: [10, 20, 30],
        dims,
        spacing: [1.0, 0.5, 0.25],
        origin: [-1.0, 0.0, 2.0],
    };
    if dims == 2 {
        (grid.cells[2], grid.spacing[2], grid.origin[2]) = (1, 1.0, 0.0);
    }
    Setting {
        grid,
        units: Units::Si,
        start: 0.0,
    }
}

/// The geometry of `text`, below `[kernel]`, and the warnings; or the errors.
fn read(dims: usize, text: &str) -> Result<(Geometry, Vec<String>), String> {
    let text = format!("[kernel]\n{text}");
    let document = Document::parse("case.toml", &text, &[]).unwrap();
    let found = geometry(&document.root().table("kernel").unwrap(), &setting(dims));
    match document.finish() {
        Ok(warnings) => Ok((found.expect("no error, hence a geometry"), warnings)),
        Err(error) => {
            let said = error.to_string();
            // Unknown keys are noticed at the end, by the document.
            assert_eq!(found.is_some(), said.contains("unknown key"), "{said}");
            Err(said)
        }
    }
}

/// Without errors and warnings.
#[track_caller]
fn good(dims: usize, text: &str) -> Geometry {
    let (geometry, warnings) = read(dims, text).unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(warnings, Vec::<String>::new());
    geometry
}

/// One error, which says all of `words`.
#[track_caller]
fn refuse(dims: usize, text: &str, words: &[&str]) {
    let said = read(dims, text).expect_err("an error");
    assert_says(&said, words);
    assert_eq!(said.matches("error:").count(), 1, "{said}");
}

#[track_caller]
fn assert_says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word}\nis not in\n{said}");
    }
}
