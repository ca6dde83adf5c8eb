//! Where on a cell a field lives.

use super::PerAxis;

/// Where on the cell a value lives: per axis, at the cell's centre (`false`) or at its lower face (`true`).
///
/// `[false; 3]` is the cell centre, `[true, false, false]` the centre of the lower x face, `[true; 3]` the lower corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Location(pub PerAxis<bool>);

impl Location {
    /// The centre of the cell.
    pub const CENTER: Location = Location([false; 3]);

    /// The centre of the cell's lower face normal to `axis`.
    pub fn face(axis: usize) -> Location {
        let mut at = [false; 3];
        at[axis] = true;
        Location(at)
    }

    /// Offset from the cell's lower corner in units of the cell: 0 or 1/2 per axis.
    pub fn offset(&self) -> PerAxis<f64> {
        self.0.map(|lower| if lower { 0.0 } else { 0.5 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_sit_on_the_lower_side_of_their_own_axis_only() {
        assert_eq!(Location::CENTER.offset(), [0.5, 0.5, 0.5]);
        assert_eq!(Location::face(1).offset(), [0.5, 0.0, 0.5]);
    }
}
