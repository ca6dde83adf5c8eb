//! The plane of a 3D field that the command line asks for.

use std::path::Path;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::files::SnapshotHead;
use crate::grid::{AXIS_NAMES, Location};

/// A plane normal to an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaneChoice {
    /// 0 for x.
    pub axis: usize,
    /// Where it crosses the axis, m.
    pub coordinate: f64,
}

impl FromStr for PlaneChoice {
    type Err = String;

    /// Reads `z=120`.
    fn from_str(text: &str) -> std::result::Result<PlaneChoice, String> {
        let parsed = text.split_once('=').and_then(|(name, value)| {
            let axis = AXIS_NAMES.iter().position(|axis_name| *axis_name == name.trim())?;
            let coordinate = value.trim().parse().ok().filter(|value: &f64| value.is_finite())?;
            Some(PlaneChoice { axis, coordinate })
        });
        parsed.ok_or_else(|| "a plane is written as x=, y= or z= and a coordinate, such as z=120".to_string())
    }
}

impl PlaneChoice {
    /// The index of the values at `location`, of which there are `n` along the axis, that are nearest to the plane.
    ///
    /// # Errors
    /// [`Error::Config`] if the plane lies outside the grid of the snapshot at `path`.
    pub fn nearest_index(&self, head: &SnapshotHead, location: Location, n: usize, path: &Path) -> Result<usize> {
        let PlaneChoice { axis, coordinate } = *self;
        let grid = &head.grid;
        let (origin, spacing) = (grid.origin[axis], grid.spacing[axis]);
        let end = origin + grid.cells[axis] as f64 * spacing;
        if !(origin..=end).contains(&coordinate) {
            let name = AXIS_NAMES[axis];
            return Err(Error::Config(format!(
                "--plane {name}={coordinate} lies outside the grid of {}: its {name} goes from {origin} to {}",
                path.display(),
                head.units.text(end, "m")
            )));
        }
        let place = ((coordinate - origin) / spacing - location.offset()[axis]).round();
        Ok((place.max(0.0) as usize).min(n.saturating_sub(1)))
    }

    /// The choice as part of a file name, as `z120`.
    pub fn file_name_part(&self) -> String {
        format!("{}{}", AXIS_NAMES[self.axis], self.coordinate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::plot::tests::snapshot_head;
    use crate::config::Units;

    #[test]
    fn a_plane_is_an_axis_and_metres() {
        let plane = |axis, coordinate| Ok(PlaneChoice { axis, coordinate });
        assert_eq!("z=120".parse(), plane(2, 120.0));
        assert_eq!(" x = -1.5e3".parse(), plane(0, -1500.0));
        for text in ["", "z", "w=1", "z=", "z=high", "z=nan", "z=1=2"] {
            let error = text.parse::<PlaneChoice>().unwrap_err();
            assert!(error.contains("z=120"), "{text}: {error}");
        }
    }

    #[test]
    fn the_nearest_values_are_chosen_and_places_outside_are_refused() {
        let mut head = snapshot_head([4, 3, 5]);
        (head.grid.spacing, head.grid.origin) = ([1.0, 1.0, 10.0], [0.0, 0.0, -20.0]);
        let index = |head: &SnapshotHead, z: f64, location, n| {
            let plane = PlaneChoice { axis: 2, coordinate: z };
            plane.nearest_index(head, location, n, Path::new("a.h5"))
        };
        for (z, cell, node) in [(-20.0, 0, 0), (-11.0, 0, 1), (-9.0, 1, 1), (29.0, 4, 5), (30.0, 4, 5)] {
            assert_eq!(index(&head, z, Location::CENTER, 5), Ok(cell), "{z}");
            assert_eq!(index(&head, z, Location::face(2), 6), Ok(node), "{z}");
        }
        let error = index(&head, 31.0, Location::CENTER, 5).unwrap_err().to_string();
        assert!(
            error.contains("--plane z=31") && error.contains("from -20 to 30 m"),
            "{error}"
        );
        head.units = Units::Natural;
        let error = index(&head, 31.0, Location::CENTER, 5).unwrap_err().to_string();
        assert!(error.ends_with("from -20 to 30"), "{error}");
    }
}
