//! What fills space: permittivity, permeability, conductivities, and poles.

use crate::grid::PerAxis;

/// A resonance of a medium: an addition to its relative permittivity, with `w` the angular frequency and the time factor
/// exp(-i w t). All frequencies are angular, rad/s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pole {
    /// `-plasma^2 / (w^2 + i damping w)`.
    Drude { plasma: f64, damping: f64 },
    /// `strength frequency^2 / (frequency^2 - w^2 - i damping w)`.
    Lorentz {
        strength: f64,
        frequency: f64,
        damping: f64,
    },
    /// `strength / (1 - i w time)`; `time` in s.
    Debye { strength: f64, time: f64 },
}

/// A medium. The first of a geometry's materials fills what no shape does.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    pub name: String,
    /// Relative permittivity at the highest frequencies, along each axis.
    pub epsilon: PerAxis<f64>,
    /// Relative permeability along each axis.
    pub mu: PerAxis<f64>,
    /// Electric conductivity along each axis, S/m.
    pub conductivity: PerAxis<f64>,
    /// Magnetic conductivity along each axis, ohm/m.
    pub magnetic_conductivity: PerAxis<f64>,
    pub poles: Vec<Pole>,
    /// Whether it conducts perfectly: no field is inside, whatever the other numbers say.
    pub is_pec: bool,
}

impl Material {
    /// Nothing at all.
    pub fn vacuum(name: &str) -> Material {
        Material {
            name: name.to_string(),
            epsilon: [1.0; 3],
            mu: [1.0; 3],
            conductivity: [0.0; 3],
            magnetic_conductivity: [0.0; 3],
            poles: Vec::new(),
            is_pec: false,
        }
    }

    /// A perfect electric conductor.
    pub fn perfect_conductor(name: &str) -> Material {
        Material {
            is_pec: true,
            ..Material::vacuum(name)
        }
    }
}
