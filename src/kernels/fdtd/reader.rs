//! Reads the `[kernel]` table of a configuration.

mod materials;
pub mod plane_wave;
mod shapes;
pub mod sources;
pub mod walls;
pub mod waveform;

#[cfg(test)]
mod tests;

use super::geometry::Geometry;
use crate::config::Table;
use crate::kernels::Setting;
use materials::Materials;
use shapes::shapes;

/// Reads `[[kernel.material]]` and `[[kernel.shape]]` of the `[kernel]` table; errors and warnings go to its document.
pub fn geometry(table: &Table, setting: &Setting) -> Option<Geometry> {
    let mut materials = Materials::read(table);
    let shapes = shapes(table, setting, &mut materials);
    materials.warn_of_unused();
    Some(Geometry {
        materials: materials.finish()?,
        shapes: shapes?,
    })
}
