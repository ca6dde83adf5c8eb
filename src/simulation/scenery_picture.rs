//! The picture of what stands on the grid.

use super::case::Case;
use super::sketch::{Rectangle, axes_of, in_plane, normals, title_of, walls_text};
use crate::error::{Error, Result};
use crate::grid::{AXIS_NAMES, PerAxis};
use crate::kernels::{Filling, LandmarkKind, Scenery, Section};
use crate::plot::{AxisRange, Mark, MarkKind, MaterialMap, MaterialPlane};
use ndarray::Array2;
use std::path::Path;

/// Draws the middle planes of `case` as they stand on the grid, in a folder that is made where it is missing: SVG if `path` ends in `.svg`, else PNG.
///
/// # Errors
/// [`Error::Config`] if the kernel does not tell what stands there; [`Error::Io`] if the file cannot be written.
pub fn save_scenery(case: &Case, path: &Path) -> Result<()> {
    let Some(scenery) = case.physics.scenery() else {
        return Err(Error::Config(format!(
            "{}: the kernel \"{}\" has no materials to draw; leave --plot out",
            case.config.path.display(),
            case.kernel_name
        )));
    };
    let sections = normals(case)
        .into_iter()
        .filter_map(|normal| case.physics.section(normal));
    let planes: Vec<MaterialPlane> = sections.map(|section| plane(case, &scenery, &section)).collect();
    let used = |filling: &Filling| filling.is_used.then(|| (filling.name.clone(), filling.is_conductor));
    let mut notes = vec![format!("Walls: {}.", walls_text(case, &scenery))];
    let is_mixed = |plane: &MaterialPlane| plane.cells.iter().any(|[a, b]| a != b);
    if planes.iter().any(is_mixed) {
        notes.push("Nodes around which two materials meet have the mean of their colours.".to_string());
    }
    let cells: Vec<String> = case.grid.cells[..case.grid.dims].iter().map(usize::to_string).collect();
    let map = MaterialMap {
        title: case.config.title.clone(),
        subtitle: format!("as on the grid of {} cells", cells.join(" x ")),
        materials: scenery.fillings.iter().map(used).collect(),
        planes,
        notes,
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
    map.save(path)
}

fn plane(case: &Case, scenery: &Scenery, section: &Section) -> MaterialPlane {
    let axes = axes_of(section.normal);
    let [nx, ny] = axes.map(|axis| section.nodes.len(axis));
    let [x, y] = axes.map(|axis| {
        let (origin, spacing) = (case.grid.origin[axis], case.grid.spacing[axis]);
        // Nodes stand in the middle of their places.
        AxisRange {
            label: AXIS_NAMES[axis].to_string(),
            unit: case.config.units.length().to_string(),
            lo: origin - 0.5 * spacing,
            hi: origin + (section.nodes.len(axis) as f64 - 0.5) * spacing,
        }
    });
    let place = |from: PerAxis<f64>, to: PerAxis<f64>| in_plane(case, section, from, to);
    let mark = |kind: MarkKind, [x, y]: Rectangle| Mark { kind, x, y };
    let landmarks = scenery.landmarks.iter().filter_map(|landmark| {
        let kind = match landmark.kind {
            LandmarkKind::Absorber => MarkKind::Absorber,
            LandmarkKind::Source => MarkKind::Source,
        };
        Some(mark(kind, place(landmark.from, landmark.to)?))
    });
    let probes = case.config.probes.iter();
    let probes = probes.filter_map(|probe| Some(mark(MarkKind::Probe, place(probe.at, probe.at)?)));
    MaterialPlane {
        title: match case.grid.dims {
            2 => String::new(),
            _ => title_of(case, section),
        },
        cells: Array2::from_shape_fn((ny, nx), |(j, i)| {
            let fill = section.fills[j * nx + i];
            [fill.most, fill.other.unwrap_or(fill.most)]
        }),
        x,
        y,
        marks: landmarks.chain(probes).collect(),
    }
}
