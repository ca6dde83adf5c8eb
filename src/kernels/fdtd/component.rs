//! The six components of the electromagnetic field, and where each lives on Yee's cell.

use crate::grid::{AXIS_NAMES, Grid, Location};

/// A component of the electric field, V/m, or of the magnetic field, A/m.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Component {
    Ex,
    Ey,
    Ez,
    Hx,
    Hy,
    Hz,
}

use Component::{Ex, Ey, Ez, Hx, Hy, Hz};

impl Component {
    pub const ALL: [Component; 6] = [Ex, Ey, Ez, Hx, Hy, Hz];
    pub const ELECTRIC: [Component; 3] = [Ex, Ey, Ez];
    pub const MAGNETIC: [Component; 3] = [Hx, Hy, Hz];

    /// The electric component along `axis`.
    pub fn electric(axis: usize) -> Component {
        Component::ELECTRIC[axis]
    }

    /// The magnetic component along `axis`.
    pub fn magnetic(axis: usize) -> Component {
        Component::MAGNETIC[axis]
    }

    /// As it is called in configurations and files.
    pub fn name(self) -> &'static str {
        ["Ex", "Ey", "Ez", "Hx", "Hy", "Hz"][self as usize]
    }

    /// The component called `name`.
    pub fn named(name: &str) -> Option<Component> {
        Component::ALL.into_iter().find(|component| component.name() == name)
    }

    pub fn is_electric(self) -> bool {
        (self as usize) < 3
    }

    /// The axis that it points along.
    pub fn axis(self) -> usize {
        self as usize % 3
    }

    /// Where on the cell it lives (K. S. Yee, IEEE Trans. Antennas Propag. 14 (1966) 302): E at the middle of the edges,
    /// H at the middle of the faces. Along an axis of one cell, where nothing varies, everything is at the centre.
    pub fn location(self, grid: &Grid) -> Location {
        let is_lower = |axis: usize| (axis == self.axis()) != self.is_electric();
        Location([0, 1, 2].map(|axis| grid.is_active(axis) && is_lower(axis)))
    }

    /// When it is known, in steps after the time of a step's beginning: E at whole steps, H half a step before.
    pub fn time_shift(self) -> f64 {
        if self.is_electric() { 0.0 } else { -0.5 }
    }

    /// Unit in files and plots, SI.
    pub fn unit(self) -> &'static str {
        if self.is_electric() { "V/m" } else { "A/m" }
    }

    /// The axis that its name says: "x", "y" or "z".
    pub fn axis_name(self) -> &'static str {
        AXIS_NAMES[self.axis()]
    }
}

/// Which components there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarization {
    /// All six.
    Full,
    /// In 2D: Ez, Hx, Hy.
    Ez,
    /// In 2D: Hz, Ex, Ey.
    Hz,
}

impl Polarization {
    pub fn components(self) -> &'static [Component] {
        match self {
            Polarization::Full => &Component::ALL,
            Polarization::Ez => &[Ez, Hx, Hy],
            Polarization::Hz => &[Ex, Ey, Hz],
        }
    }

    pub fn has(self, component: Component) -> bool {
        self.components().contains(&component)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_sit_on_edges_and_faces() {
        let mut grid = Grid {
            cells: [4, 4, 4],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        assert_eq!(Ey.location(&grid), Location([true, false, true]));
        assert_eq!(Hy.location(&grid), Location([false, true, false]));
        grid.cells[2] = 1;
        assert_eq!(Ey.location(&grid), Location([true, false, false]));
        assert_eq!(Component::named("Hz"), Some(Hz));
        assert_eq!((Hz.axis(), Hz.is_electric(), Ez.is_electric()), (2, false, true));
    }
}
