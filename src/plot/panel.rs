//! One plane as an image with axes: how large it is drawn, and where its parts stand.

use ndarray::ArrayView2;

use super::axis::{Axis, AxisRange};
use super::color_scale::Coloring;
use super::resample::resample;
use super::scale::Scale;
use super::scene::{INK, Point, Scene};
use super::text::{self, LABEL};
use super::ticks::short_number;
use super::units;
use crate::error::{Error, Result};

/// A field on one plane, as a figure shows it.
#[derive(Clone, Copy)]
pub struct PlaneView<'a> {
    pub title: &'a str,
    /// Values as `[y][x]`: the first row is the lowest.
    pub values: ArrayView2<'a, f64>,
    pub x: &'a AxisRange,
    pub y: &'a AxisRange,
}

/// A plane with the size of its frame and its axes.
pub struct Panel<'a> {
    plane: PlaneView<'a>,
    x: Axis,
    y: Axis,
    title: Vec<String>,
    /// The size of the frame, in whole pixels.
    pub width: f64,
    pub height: f64,
    /// What to tell the reader if the plane is not drawn to scale.
    pub stretch: Option<String>,
}

/// A plane longer than this, relative to its other side, is drawn this long, and a note says so.
const LONGEST: f64 = 4.0;
/// The ratio of width to height where the axes have different units, and no ratio is the true one.
const FREE_RATIO: f64 = 4.0 / 3.0;
const TITLE_GAP: f64 = 6.0;

impl<'a> Panel<'a> {
    /// Lays a plane out in a frame of at most `most` pixels in width and height.
    ///
    /// # Errors
    /// [`Error::Config`] if the plane has no cells or an axis does not run upwards.
    pub fn new(plane: PlaneView<'a>, most: (f64, f64)) -> Result<Panel<'a>> {
        check(&plane)?;
        let true_ratio = (plane.x.hi - plane.x.lo) / (plane.y.hi - plane.y.lo);
        let to_scale = plane.x.unit == plane.y.unit;
        let ratio = if to_scale {
            true_ratio.clamp(1.0 / LONGEST, LONGEST)
        } else {
            FREE_RATIO
        };
        let width = most.0.min(most.1 * ratio).round();
        let height = (width / ratio).round();
        let stretch = to_scale.then(|| stretch_note(&plane, true_ratio / ratio)).flatten();
        let (x, y) = (plane.x, plane.y);
        let x_unit = units::for_axis(&x.unit, x.lo, x.hi);
        let y_unit = units::for_axis(&y.unit, y.lo, y.hi);
        Ok(Panel {
            plane,
            x: Axis::horizontal(&x.label, &x_unit, Scale::covering(x.lo, x.hi, false), width),
            y: Axis::vertical(&y.label, &y_unit, Scale::covering(y.lo, y.hi, false), height),
            title: text::wrapped(plane.title, LABEL, width.max(300.0)),
            width,
            height,
            stretch,
        })
    }

    /// The space that the panel takes on each side of its frame.
    pub fn left(&self) -> f64 {
        self.y.space_beside()
    }

    pub fn right(&self) -> f64 {
        let title = text::widest(self.title.iter().map(String::as_str), LABEL);
        self.x.overhang().max(title - self.width)
    }

    pub fn above(&self) -> f64 {
        if self.title.is_empty() {
            0.0
        } else {
            text::height(&self.title, LABEL) + TITLE_GAP
        }
    }

    pub fn below(&self) -> f64 {
        self.x.space_below()
    }

    /// Draws the panel with the upper left corner of its frame at `at`.
    pub fn draw(&self, scene: &mut Scene, at: Point, coloring: &Coloring) {
        let size = (self.width as usize, self.height as usize);
        let pixels = resample(self.plane.values, size.1, size.0);
        // Rows of values run upwards, rows of an image downwards.
        let rows = pixels.rows().into_iter().rev();
        let colors = rows.flat_map(|row| row.into_iter().flat_map(|v| coloring.color(*v)).collect::<Vec<u8>>());
        scene.image(at, size, colors.collect());
        self.draw_frame(scene, at);
    }

    /// Draws all but the image: title, frame and axes.
    pub fn draw_frame(&self, scene: &mut Scene, at: Point) {
        text::write_lines(scene, (at.0, at.1 - self.above()), &self.title, LABEL, INK);
        scene.frame(at, self.width, self.height);
        let corner = (at.0, at.1 + self.height);
        self.x.draw_below(scene, corner, self.width);
        self.y.draw_left(scene, corner, self.height, self.left());
    }
}

fn check(plane: &PlaneView) -> Result<()> {
    let (rows, columns) = plane.values.dim();
    if rows == 0 || columns == 0 {
        return Err(Error::Config(format!(
            "a picture of {columns} x {rows} cells was asked for: it needs one at least"
        )));
    }
    for axis in [plane.x, plane.y] {
        if !(axis.lo < axis.hi && (axis.hi - axis.lo).is_finite()) {
            return Err(Error::Config(format!(
                "the axis {} of a picture goes from {} to {} {}: it has to run upwards between finite ends",
                axis.label, axis.lo, axis.hi, axis.unit
            )));
        }
    }
    Ok(())
}

/// `factor`: how much longer x is, relative to y, than it is drawn.
fn stretch_note(plane: &PlaneView, factor: f64) -> Option<String> {
    let (x, y) = (&plane.x.label, &plane.y.label);
    // Two significant digits, since the eye tells no more.
    let times = |factor: f64| short_number(format!("{factor:.1e}").parse().unwrap_or(factor));
    let note = |long: &str, short: &str, factor| {
        Some(format!(
            "Not to scale: {long} is stretched {} times against {short}.",
            times(factor)
        ))
    };
    match factor {
        f if f > 1.001 => note(y, x, f),
        f if f < 0.999 => note(x, y, 1.0 / f),
        _ => None,
    }
}
