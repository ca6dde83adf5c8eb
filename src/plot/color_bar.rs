//! The bar beside an image that says which colour means which value.

use super::axis::Axis;
use super::color_scale::Coloring;
use super::scene::{INK, LINE, Point, Scene};
use super::units::{self, Unit};

const WIDTH: f64 = 26.0;
/// The height of the arrow at an end beyond which there are values.
const ARROW: f64 = 20.0;

/// A vertical colour bar of a given height.
pub struct ColorBar<'a> {
    coloring: &'a Coloring,
    axis: Axis,
    height: f64,
}

impl<'a> ColorBar<'a> {
    pub fn new(coloring: &'a Coloring, label: &str, unit: &str, height: f64) -> ColorBar<'a> {
        let unit = Unit {
            name: units::pretty(unit),
            size: 1.0,
        };
        ColorBar {
            coloring,
            axis: Axis::vertical(label, &unit, coloring.scale, height),
            height,
        }
    }

    /// The width of bar, texts and title.
    pub fn width(&self) -> f64 {
        WIDTH + self.axis.space_beside()
    }

    /// Draws the bar from its upper left corner `at` on.
    pub fn draw(&self, scene: &mut Scene, at: Point) {
        let top = if self.coloring.has_above { at.1 + ARROW } else { at.1 };
        let bottom = at.1 + self.height - if self.coloring.has_below { ARROW } else { 0.0 };
        let (left, middle, right) = (at.0, at.0 + 0.5 * WIDTH, at.0 + WIDTH);
        let mut outline = vec![(left, bottom), (left, top)];
        if self.coloring.has_above {
            let arrow = vec![(left, top), (middle, at.1), (right, top)];
            scene.polygon(arrow, self.coloring.map.at(1.0));
            outline.push((middle, at.1));
        }
        outline.extend([(right, top), (right, bottom)]);
        if self.coloring.has_below {
            let tip = (middle, at.1 + self.height);
            scene.polygon(vec![(left, bottom), tip, (right, bottom)], self.coloring.map.at(0.0));
            outline.push(tip);
        }
        outline.push((left, bottom));
        self.draw_colors(scene, (left, top), (bottom - top) as usize);
        for side in outline.windows(2) {
            scene.path(side.to_vec(), LINE, INK);
        }
        self.axis.draw_right(scene, (right, bottom), bottom - top);
    }

    fn draw_colors(&self, scene: &mut Scene, at: Point, rows: usize) {
        let color = |row: usize| self.coloring.map.at(1.0 - (row as f64 + 0.5) / rows as f64);
        let pixels = (0..rows).flat_map(|row| color(row).repeat(WIDTH as usize)).collect();
        scene.image(at, (WIDTH as usize, rows), pixels);
    }
}
