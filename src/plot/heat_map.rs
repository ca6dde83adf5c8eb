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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::plot::Colormap;
    use crate::plot::scene::tests::assert_tidy;

    fn range(label: &str, lo: f64, hi: f64) -> AxisRange {
        AxisRange {
            label: label.into(),
            unit: "m".into(),
            lo,
            hi,
        }
    }

    fn map(values: Array2<f64>, width: f64, height: f64) -> HeatMap {
        HeatMap {
            title: "Sulphur dioxide, of which the title is long enough to need more than a line".into(),
            subtitle: "t = 2.00 h, step 1200".into(),
            values,
            x: range("x", 0.0, width),
            y: range("height", -0.5 * height, 0.5 * height),
            value_label: "Concentration".into(),
            value_unit: "kg/m3".into(),
            color: ColorScale::default(),
        }
    }

    fn wave(rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(j, i)| {
            (0.3 * i as f64).sin() * (0.2 * j as f64).cos()
        })
    }

    /// Width, height and RGB pixels of a PNG.
    fn decoded(path: &Path) -> (usize, usize, Vec<u8>) {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info.width as usize, info.height as usize, pixels)
    }

    #[test]
    fn nothing_is_clipped_or_overlaps_whatever_the_shape() {
        for (width, height) in [(20e3, 10e3), (1.0, 1.0), (100e3, 1e3), (10.0, 1000.0), (3e-6, 2e-6)] {
            for scale in [1.0, 1e-7, 1e9] {
                for log in [false, true] {
                    let mut picture = map(wave(20, 30) * scale, width, height);
                    picture.values[[3, 4]] = f64::NAN;
                    picture.color.log = log;
                    assert_tidy(&picture.scene().unwrap());
                }
            }
        }
    }

    #[test]
    fn degenerate_fields_are_drawn() {
        let none = Array2::from_elem((3, 4), f64::NAN);
        let huge = Array2::from_shape_fn((2, 2), |(j, i)| if i == j { f64::MAX } else { f64::MIN });
        let close = Array2::from_shape_fn((2, 3), |(j, i)| 300.0 + 1e-9 * (i + j) as f64);
        for values in [
            Array2::zeros((5, 5)),
            Array2::from_elem((1, 1), 7.0),
            wave(2, 3),
            none,
            huge,
            close,
        ] {
            for log in [false, true] {
                let mut picture = map(values.clone(), 2.0, 1.0);
                picture.color.log = log;
                assert_tidy(&picture.scene().unwrap());
            }
        }
    }

    #[test]
    fn pixels_have_the_colour_of_their_cell() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("quarters.png");
        map(ndarray::array![[0.0, 1.0], [f64::NAN, 0.5]], 1.0, 1.0)
            .save(&path)
            .unwrap();
        let (width, _, pixels) = decoded(&path);
        let count = |color: [u8; 3]| pixels.chunks_exact(3).filter(|pixel| **pixel == color).count();
        let map = Colormap::Viridis;
        // A quarter of a frame of 760 x 760 pixels, of which the frame's line covers some.
        for color in [map.at(0.0), map.at(1.0), map.at(0.5), map.not_finite()] {
            assert!(
                (375 * 375..390 * 390).contains(&count(color)),
                "{color:?}: {}",
                count(color)
            );
        }
        let first = |color: [u8; 3]| pixels.chunks_exact(3).position(|pixel| pixel == color).unwrap();
        let (upper, lower) = (first(map.not_finite()), first(map.at(0.0)));
        assert!(
            upper / width < lower / width,
            "the first row of values is the lowest of the picture"
        );
    }

    #[test]
    fn a_picture_is_the_same_bytes_twice_and_has_the_size_of_its_scene() {
        let folder = tempfile::tempdir().unwrap();
        let picture = map(wave(40, 70), 20e3, 10e3);
        for name in ["a.png", "a.svg"] {
            let (first, second) = (folder.path().join(name), folder.path().join(format!("again_{name}")));
            picture.save(&first).unwrap();
            picture.save(&second).unwrap();
            assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
        }
        let scene = picture.scene().unwrap();
        let (width, height, _) = decoded(&folder.path().join("a.png"));
        assert_eq!((width as f64, height as f64), (scene.width, scene.height));
        let svg = std::fs::read_to_string(folder.path().join("a.svg")).unwrap();
        assert!(svg.contains("data:image/png;base64,") && svg.contains("Concentration (kg/m³)"));
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            4,
            "nothing unfinished is left"
        );
    }

    #[test]
    fn a_picture_of_nothing_and_an_axis_that_runs_downwards_are_refused() {
        let refused = |picture: HeatMap| matches!(picture.scene(), Err(Error::Config(_)));
        assert!(refused(map(Array2::zeros((0, 3)), 1.0, 1.0)));
        assert!(refused(map(wave(3, 3), -1.0, 1.0)));
        assert!(refused(map(wave(3, 3), f64::NAN, 1.0)));
        assert!(!refused(map(wave(3, 3), 1.0, 1.0)));
    }

    #[test]
    fn a_flat_plane_is_stretched_and_says_so() {
        let said = |width: f64| format!("{:?}", map(wave(3, 3), width, 1000.0).scene().unwrap().shapes);
        assert!(said(100e3).contains("height is stretched 25 times against x"));
        assert!(said(10.0).contains("x is stretched 25 times against height"));
        assert!(!said(3999.0).contains("stretched"));
    }
}
