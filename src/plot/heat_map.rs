//! A field on a plane, as colours.

use std::path::Path;

use ndarray::Array2;

use super::axis::AxisRange;
use super::color_scale::ColorScale;
use super::figure::Figure;
use super::panel::PlaneView;
use super::{paint, scene};
use crate::error::Result;

/// An image of one field on a plane, with its axes, its colour bar and units.
///
/// A plane with axes of the same unit is drawn to scale, unless one side is more than four times the other: then it is
/// drawn 4:1, and a note under it says by how much it is stretched. Cells smaller than a pixel are averaged; cells
/// without a finite value have a colour of their own, and a note counts them.
#[derive(Clone, Debug)]
pub struct HeatMap {
    pub title: String,
    /// What holds for all of it, such as `t = 2.00 h, step 1200`.
    pub subtitle: String,
    /// Values as `[y][x]`: the first row is the lowest. At least one cell.
    pub values: Array2<f64>,
    pub x: AxisRange,
    pub y: AxisRange,
    /// What the values are, and in which unit.
    pub value_label: String,
    pub value_unit: String,
    pub color: ColorScale,
}

impl HeatMap {
    /// Writes the picture: SVG if `path` ends in `.svg`, else PNG.
    ///
    /// # Errors
    /// `Error::Config` if there are no cells, an axis does not run upwards, or the colour range is none; `Error::Io`
    /// if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        paint::save(&self.scene()?, path)
    }

    fn scene(&self) -> Result<scene::Scene> {
        let plane = PlaneView {
            title: "",
            values: self.values.view(),
            x: &self.x,
            y: &self.y,
        };
        let figure = Figure {
            title: &self.title,
            subtitle: &self.subtitle,
            planes: &[plane],
            value_label: &self.value_label,
            value_unit: &self.value_unit,
            color: &self.color,
        };
        figure.scene()
    }
}
