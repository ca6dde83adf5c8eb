//! Planes through a 3D field, side by side with one colour scale.

use std::path::Path;

use ndarray::{Array2, ArrayView3, Axis};

use super::axis::AxisRange;
use super::color_scale::ColorScale;
use super::figure::Figure;
use super::panel::PlaneView;
use super::ticks::short_number;
use super::{paint, scene, units};
use crate::error::{Error, Result};

/// A field on one plane.
#[derive(Clone, Debug)]
pub struct Plane {
    /// Where the plane lies, such as `x–y plane at z = 1.5 km`.
    pub title: String,
    /// Values as `[y][x]` of the picture: the first row is the lowest. At least one cell.
    pub values: Array2<f64>,
    pub x: AxisRange,
    pub y: AxisRange,
}

impl Plane {
    fn view(&self) -> PlaneView<'_> {
        PlaneView {
            title: &self.title,
            values: self.values.view(),
            x: &self.x,
            y: &self.y,
        }
    }
}

/// Images of planes with a common colour scale, in a row, or in a column where all are wide. Each is drawn as
/// [`super::HeatMap`] says.
#[derive(Clone, Debug)]
pub struct Slices {
    pub title: String,
    pub subtitle: String,
    pub planes: Vec<Plane>,
    pub value_label: String,
    pub value_unit: String,
    pub color: ColorScale,
}

impl Slices {
    /// Writes the picture: SVG if `path` ends in `.svg`, else PNG.
    ///
    /// # Errors
    /// `Error::Config` if a plane has no cells, an axis does not run upwards, or the colour range is none; `Error::Io`
    /// if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        paint::save(&self.scene()?, path)
    }

    fn scene(&self) -> Result<scene::Scene> {
        let figure = Figure {
            title: &self.title,
            subtitle: &self.subtitle,
            planes: &self.planes.iter().map(Plane::view).collect::<Vec<PlaneView>>(),
            value_label: &self.value_label,
            value_unit: &self.value_unit,
            color: &self.color,
        };
        figure.scene()
    }
}

/// The planes x–y, x–z and y–z through the cell `at` (its indices along x, y, z) of a field `[z][y][x]`; `ranges` are
/// those of x, y, z.
///
/// # Errors
/// [`Error::Config`] if there is no such cell.
pub fn planes_through(values: ArrayView3<f64>, ranges: &[AxisRange; 3], at: [usize; 3]) -> Result<[Plane; 3]> {
    let (nz, ny, nx) = values.dim();
    if at[0] >= nx || at[1] >= ny || at[2] >= nz {
        return Err(Error::Config(format!(
            "slices through cell {at:?} were asked for, but the field has {nx} x {ny} x {nz} cells along x, y, z"
        )));
    }
    let plane = |x: usize, y: usize, normal: usize| Plane {
        title: title(ranges, [x, y, normal], at[normal], [nx, ny, nz][normal]),
        values: values.index_axis(Axis(2 - normal), at[normal]).to_owned(),
        x: ranges[x].clone(),
        y: ranges[y].clone(),
    };
    Ok([plane(0, 1, 2), plane(0, 2, 1), plane(1, 2, 0)])
}

/// The planes through the central cell; of an even number of cells, through the upper one of the central two.
///
/// # Errors
/// [`Error::Config`] if the field has no cells.
pub fn central_planes(values: ArrayView3<f64>, ranges: &[AxisRange; 3]) -> Result<[Plane; 3]> {
    let (nz, ny, nx) = values.dim();
    planes_through(values, ranges, [nx / 2, ny / 2, nz / 2])
}

fn title(ranges: &[AxisRange; 3], [x, y, normal]: [usize; 3], index: usize, n_cells: usize) -> String {
    let AxisRange { label, unit, lo, hi } = &ranges[normal];
    let coordinate = lo + (index as f64 + 0.5) * (hi - lo) / n_cells as f64;
    let shown = units::for_axis(unit, *lo, *hi);
    let value = short_number(coordinate / shown.size);
    format!(
        "{}–{} plane at {label} = {value} {}",
        ranges[x].label, ranges[y].label, shown.name
    )
    .trim_end()
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scene::tests::assert_tidy;
    use ndarray::Array3;

    fn field() -> Array3<f64> {
        Array3::from_shape_fn((3, 5, 8), |(k, j, i)| (100 * k + 10 * j + i) as f64)
    }

    fn ranges(sides: [f64; 3]) -> [AxisRange; 3] {
        let range = |n: usize| AxisRange {
            label: ["x", "y", "z"][n].into(),
            unit: "m".into(),
            lo: 0.0,
            hi: sides[n],
        };
        [range(0), range(1), range(2)]
    }

    #[test]
    fn planes_go_through_their_cell_and_say_where() {
        let [xy, xz, yz] = planes_through(field().view(), &ranges([8e3, 5e3, 300.0]), [6, 1, 2]).unwrap();
        assert_eq!((xy.values.dim(), xy.values[[3, 4]]), ((5, 8), 234.0));
        assert_eq!((xz.values.dim(), xz.values[[0, 7]]), ((3, 8), 17.0));
        assert_eq!((yz.values.dim(), yz.values[[1, 4]]), ((3, 5), 146.0));
        let titles = [xy.title, xz.title, yz.title];
        assert_eq!(
            titles,
            [
                "x–y plane at z = 250 m",
                "x–z plane at y = 1.5 km",
                "y–z plane at x = 6.5 km"
            ]
        );
    }

    #[test]
    fn a_cell_outside_the_field_is_refused() {
        assert!(planes_through(field().view(), &ranges([1.0; 3]), [8, 0, 0]).is_err());
        assert!(central_planes(Array3::zeros((0, 2, 2)).view(), &ranges([1.0; 3])).is_err());
    }

    #[test]
    fn nothing_is_clipped_or_overlaps_in_a_row_or_a_column() {
        for sides in [
            [1.0, 1.0, 1.0],
            [8e3, 6e3, 3e3],
            [20e3, 10e3, 1.5e3],
            [10.0, 10.0, 4000.0],
        ] {
            let slices = Slices {
                title: "Plume".into(),
                subtitle: "t = 30.0 min, step 400".into(),
                planes: central_planes(field().view(), &ranges(sides)).unwrap().to_vec(),
                value_label: "Concentration".into(),
                value_unit: "kg/m3".into(),
                color: ColorScale::default(),
            };
            assert_tidy(&slices.scene().unwrap());
        }
    }
}
