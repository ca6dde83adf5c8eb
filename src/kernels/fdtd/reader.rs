//! Reads the `[kernel]` table of a configuration.

mod conductors;
mod materials;
mod plane_wave;
mod resolution;
mod shapes;
mod sources;
mod surroundings;
mod walls;
mod waveform;

#[cfg(test)]
mod tests;

use super::component::{Component, Polarization};
use super::geometry::Geometry;
use super::incoming::Incoming;
use super::kernel::Fdtd;
use super::parameters::Parameters;
use super::units::Vacuum;
use super::walls::Wall;
use super::waveform::Drive;
use crate::config::Table;
use crate::grid::Grid;
use crate::kernels::{Physics, Setting};
use crate::numerics::Formula;
use materials::Materials;
use resolution::Resolution;
use shapes::shapes;
use sources::{Context, SourceKind};

/// Reads the table; errors and warnings go to its document.
pub fn read(table: &Table, setting: &Setting) -> Option<Box<dyn Physics>> {
    let vacuum = Vacuum::new(setting.units);
    let polarization = polarization(table, setting);
    let walls = walls::walls(table, &setting.grid);
    let geometry = geometry(table, setting);
    let initial = polarization.and_then(|polarization| initial(table, setting, polarization));
    let (polarization, walls, geometry) = match (polarization, walls, geometry) {
        (Some(polarization), Some(walls), Some(geometry)) => (polarization, walls, geometry),
        _ => {
            // Whether the sources are right depends on all of these.
            table.tables("source").iter().for_each(Table::accept_rest);
            return None;
        }
    };
    let grid = Grid {
        cells: setting.grid.cells,
        dims: setting.grid.dims,
        spacing: setting.grid.spacing,
        origin: setting.grid.origin,
        periodic: walls.each_ref().map(|[lower, _]| *lower == Wall::Periodic),
    };
    let mut parameters = Parameters {
        grid,
        vacuum,
        polarization,
        geometry,
        walls,
        initial: Vec::new(),
        currents: Vec::new(),
        waves: Vec::new(),
        start: setting.start,
        fitted: None,
    };
    let sources = read_sources(table, setting, &mut parameters);
    parameters.initial = initial?;
    sources?;
    Some(Box::new(Fdtd { parameters }))
}

fn polarization(table: &Table, setting: &Setting) -> Option<Polarization> {
    let remedy = "in 2D say which component stands out of the plane: `polarization = \"Ez\"` (Ez, Hx, Hy) or \"Hz\" (Hz, Ex, Ey)";
    if setting.grid.dims == 3 {
        if table.has("polarization") {
            table.string("polarization");
            table.error_at(
                "polarization",
                "in 3D there are all six components",
                "leave `polarization` out",
            );
            return None;
        }
        return Some(Polarization::Full);
    }
    let choices = [("Ez", Polarization::Ez), ("Hz", Polarization::Hz)];
    table.require("polarization", remedy).choice("polarization", &choices)
}

/// `[[kernel.material]]` and `[[kernel.shape]]`.
fn geometry(table: &Table, setting: &Setting) -> Option<Geometry> {
    let mut materials = Materials::read(table);
    let shapes = shapes(table, setting, &mut materials);
    materials.warn_of_unused();
    Some(Geometry {
        materials: materials.finish()?,
        shapes: shapes?,
    })
}

/// `initial`: a formula per component.
fn initial(table: &Table, setting: &Setting, polarization: Polarization) -> Option<Vec<(Component, Formula)>> {
    let Some(given) = table.table("initial") else {
        return (!table.has("initial")).then(Vec::new);
    };
    let variables: &[&str] = match setting.grid.dims {
        2 => &["x", "y", "t"],
        _ => &["x", "y", "z", "t"],
    };
    let formulas = polarization
        .components()
        .iter()
        .filter(|component| given.has(component.name()));
    let formulas: Vec<Option<(Component, Formula)>> = formulas
        .map(|&component| Some((component, given.formula(component.name(), variables)?)))
        .collect();
    formulas.into_iter().collect()
}

/// `[[kernel.source]]`.
fn read_sources(table: &Table, setting: &Setting, parameters: &mut Parameters) -> Option<()> {
    let resolution = Resolution::new(parameters);
    let unresolved = |highest: f64| resolution.complaint(highest);
    let context = Context {
        grid: &setting.grid,
        polarization: parameters.polarization,
        start: setting.start,
        unresolved: &unresolved,
    };
    let absorber = parameters
        .walls
        .each_ref()
        .map(|walls| walls.each_ref().map(Wall::thickness));
    let (mut currents, mut waves) = (Vec::new(), Vec::new());
    let mut is_sound = true;
    for entry in table.tables("source") {
        let read = match SourceKind::read(&entry) {
            None => None,
            Some(SourceKind::PlaneWave) => {
                let waveform = waveform::waveform(&entry, &context, Drive::Moment);
                let wave = plane_wave::plane_wave(&entry, &parameters.grid, parameters.polarization, absorber);
                waveform.zip(wave).and_then(|(waveform, wave)| {
                    surroundings::unless_empty(&entry, &wave, parameters)?;
                    waves.push(Incoming {
                        parameters: wave,
                        waveform,
                    });
                    Some(())
                })
            }
            Some(kind) => sources::current(&entry, kind, &context).and_then(|current| {
                conductors::unless_inside(&entry, &current, parameters)?;
                currents.push(current);
                Some(())
            }),
        };
        is_sound &= read.is_some();
    }
    (parameters.currents, parameters.waves) = (currents, waves);
    is_sound.then_some(())
}
