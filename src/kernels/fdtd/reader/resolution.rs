//! Whether the grid resolves the waves of a source.

use crate::grid::Grid;
use crate::kernels::fdtd::material::Material;
use crate::kernels::fdtd::parameters::Parameters;
use crate::kernels::fdtd::units::Vacuum;
use crate::kernels::fdtd::wavelength::cells_per_wavelength;

/// Cells per wavelength below which waves are noticeably slow: at 10, by 1.6 % along an axis.
pub const FEWEST_CELLS: f64 = 10.0;

/// What the resolution depends on.
pub(super) struct Resolution {
    materials: Vec<Material>,
    grid: Grid,
    vacuum: Vacuum,
}

impl Resolution {
    /// Of the materials that occur.
    pub fn new(parameters: &Parameters) -> Resolution {
        Resolution {
            materials: parameters.geometry.used_materials().cloned().collect(),
            grid: parameters.grid.clone(),
            vacuum: parameters.vacuum,
        }
    }

    /// What to say of a source with a part at the frequency `highest`, Hz: nothing where all materials have enough cells.
    pub fn complaint(&self, highest: f64) -> Option<String> {
        let cells = |material: &Material| cells_per_wavelength(material, highest, &self.grid, &self.vacuum);
        let worst = self.materials.iter().map(|material| (cells(material), material));
        let (cells, material) = worst.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (cells < FEWEST_CELLS).then(|| {
            format!(
                "the source reaches up to {}, where the grid has {cells:.1} cells per wavelength in \"{}\": fewer than \
                 {FEWEST_CELLS:.0}",
                self.vacuum.units.text(format_args!("{highest:.4e}"), "Hz"),
                material.name
            )
        })
    }
}
