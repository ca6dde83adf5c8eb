//! The constants of nature in the units of a run.

use crate::config::Units;

/// Speed of light in vacuum, m/s: exact by definition.
pub const LIGHT_SPEED: f64 = 299_792_458.0;
/// Permeability of vacuum, H/m: CODATA 2022, 1.25663706127(20)e-6.
pub const VACUUM_PERMEABILITY: f64 = 1.256_637_061_27e-6;

/// The properties of vacuum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vacuum {
    /// In which the others, and all fields, are.
    pub units: Units,
    /// F/m.
    pub permittivity: f64,
    /// H/m.
    pub permeability: f64,
    /// m/s.
    pub light_speed: f64,
}

impl Vacuum {
    /// In SI units, or in natural ones, in which all three are 1.
    pub fn new(units: Units) -> Vacuum {
        match units {
            Units::Si => Vacuum {
                units,
                permittivity: 1.0 / (VACUUM_PERMEABILITY * LIGHT_SPEED * LIGHT_SPEED),
                permeability: VACUUM_PERMEABILITY,
                light_speed: LIGHT_SPEED,
            },
            Units::Natural => Vacuum {
                units,
                permittivity: 1.0,
                permeability: 1.0,
                light_speed: 1.0,
            },
        }
    }

    /// Wave impedance, ohm.
    pub fn impedance(&self) -> f64 {
        self.permeability * self.light_speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_belong_together() {
        let si = Vacuum::new(Units::Si);
        // CODATA 2022, to its printed digits: 8.8541878188e-12 F/m, 376.730313412 ohm.
        assert!((si.permittivity / 8.854_187_818_8e-12 - 1.0).abs() < 1e-10);
        assert!((si.impedance() / 376.730_313_412 - 1.0).abs() < 1e-11);
        assert_eq!(Vacuum::new(Units::Natural).impedance(), 1.0);
    }
}
