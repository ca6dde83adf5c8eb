//! A picture as a list of shapes, in pixels from its upper left corner, before any backend has seen it.

use super::colormap::Rgb;

/// Black, softened as print does.
pub const INK: Rgb = [38, 38, 38];
/// For what should stand back: subtitles and notes.
pub const FAINT: Rgb = [96, 96, 96];
/// Grid lines.
pub const PALE: Rgb = [226, 226, 226];
/// The width of frames and ticks, in pixels.
pub const LINE: f64 = 2.0;

/// A place, in pixels.
pub type Point = (f64, f64);

/// Which part of a text lies at its place, along the direction of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Middle,
    End,
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct Text {
    /// The place of the aligned part, at half the height of capitals.
    pub at: Point,
    pub text: String,
    /// The size of the font, the em.
    pub size: f64,
    pub align: Align,
    /// Whether the text runs upwards.
    pub upwards: bool,
    pub color: Rgb,
}

/// One shape.
#[derive(Clone, Debug)]
pub enum Shape {
    Text(Text),
    /// A line through points, with its width.
    Path(Vec<Point>, f64, Rgb),
    /// A filled polygon.
    Polygon(Vec<Point>, Rgb),
    /// An image, one RGB triple per pixel, row by row from its upper left corner.
    Image {
        at: Point,
        size: (usize, usize),
        pixels: Vec<u8>,
    },
}

/// A picture on white ground. Later shapes cover earlier ones.
#[derive(Debug, Default)]
pub struct Scene {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// Writes horizontal text.
    pub fn text(&mut self, at: Point, align: Align, size: f64, color: Rgb, text: impl Into<String>) {
        self.shapes.push(Shape::Text(Text {
            at,
            text: text.into(),
            size,
            align,
            upwards: false,
            color,
        }));
    }

    /// Writes text that runs upwards, centred on its place.
    pub fn text_upwards(&mut self, at: Point, size: f64, color: Rgb, text: impl Into<String>) {
        let text = Text {
            at,
            text: text.into(),
            size,
            align: Align::Middle,
            upwards: true,
            color,
        };
        self.shapes.push(Shape::Text(text));
    }

    /// Draws a line through points.
    pub fn path(&mut self, points: Vec<Point>, width: f64, color: Rgb) {
        self.shapes.push(Shape::Path(points, width, color));
    }

    /// Fills a polygon.
    pub fn polygon(&mut self, points: Vec<Point>, color: Rgb) {
        self.shapes.push(Shape::Polygon(points, color));
    }

    /// Fills a rectangle, given its upper left corner.
    pub fn block(&mut self, (x, y): Point, width: f64, height: f64, color: Rgb) {
        self.polygon(
            vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)],
            color,
        );
    }

    /// Places an image of width and height `size`, given its upper left corner.
    pub fn image(&mut self, at: Point, size: (usize, usize), pixels: Vec<u8>) {
        self.shapes.push(Shape::Image { at, size, pixels });
    }

    /// Draws the outline of a rectangle, its sides centred on the edges.
    pub fn frame(&mut self, (x, y): Point, width: f64, height: f64) {
        let half = LINE / 2.0;
        for edge in [y, y + height] {
            self.path(vec![(x - half, edge), (x + width + half, edge)], LINE, INK);
        }
        for edge in [x, x + width] {
            self.path(vec![(edge, y - half), (edge, y + height + half)], LINE, INK);
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::plot::paint::text_width;

    /// The box that a text covers: left, top, right, bottom. Capitals are 0.73 em high, descenders 0.24 em deep.
    fn extent(text: &Text) -> [f64; 4] {
        let width = text_width(&text.text, text.size);
        let before = match text.align {
            Align::Start => 0.0,
            Align::Middle => 0.5 * width,
            Align::End => width,
        };
        let (x, y) = text.at;
        let (up, down) = (0.40 * text.size, 0.60 * text.size);
        if text.upwards {
            [x - up, y + before - width, x + down, y + before]
        } else {
            [x - before, y - up, x - before + width, y + down]
        }
    }

    /// Asserts that every text lies within the scene and apart from every other, and every image within the scene.
    pub fn assert_tidy(scene: &Scene) {
        let texts = scene.shapes.iter().filter_map(|shape| {
            if let Shape::Text(text) = shape {
                Some(text)
            } else {
                None
            }
        });
        let boxes: Vec<(&str, [f64; 4])> = texts.map(|text| (text.text.as_str(), extent(text))).collect();
        for (n, (text, a)) in boxes.iter().enumerate() {
            let inside = a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= scene.width && a[3] <= scene.height;
            assert!(
                inside,
                "{text:?} at {a:?} leaves the scene of {} x {}",
                scene.width, scene.height
            );
            for (other, b) in &boxes[n + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{text:?} at {a:?} overlaps {other:?} at {b:?}");
            }
        }
        for shape in &scene.shapes {
            if let Shape::Image { at, size, pixels } = shape {
                assert!(at.0 >= 0.0 && at.0 + size.0 as f64 <= scene.width);
                assert!(at.1 >= 0.0 && at.1 + size.1 as f64 <= scene.height);
                assert_eq!(pixels.len(), 3 * size.0 * size.1);
            }
        }
    }
}
