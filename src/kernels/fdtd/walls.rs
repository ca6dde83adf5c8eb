//! What happens where the grid ends.

use super::absorber::Choice;

/// Names of the walls in configurations: `[axis][lower, upper]`.
pub const WALL_NAMES: [[&str; 2]; 3] = [["west", "east"], ["south", "north"], ["bottom", "top"]];

/// One end of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wall {
    /// Joined to the opposite end.
    Periodic,
    /// A perfect electric conductor: E along the wall, whose nodes lie on it, is zero.
    Pec,
    /// A perfect magnetic conductor: H along the wall is odd about it, and E along it is updated.
    Pmc,
    /// An absorbing layer within the grid, with a perfect electric conductor behind.
    Cpml(Choice),
}

impl Wall {
    /// Cells of the grid that the wall takes for itself.
    pub fn thickness(&self) -> usize {
        match self {
            Wall::Cpml(choice) => choice.cells,
            Wall::Periodic | Wall::Pec | Wall::Pmc => 0,
        }
    }
}
