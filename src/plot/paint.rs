//! The only code that talks to plotters: measures text, and turns a [`Scene`] into a PNG or SVG file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{BitMapElement, Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontStyle, FontTransform, IntoFont, IntoTextStyle, RGBColor, ShapeStyle, WHITE, register_font,
};

use super::colormap::Rgb;
use super::scene::{Align, Point, Scene, Shape, Text};
use crate::error::{Error, Result};

/// What an SVG file names, so that a viewer without the first takes a similar one; also the key of the font below.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";
static FONT_FILE: &[u8] = include_bytes!("fonts/DejaVuSans.ttf");

/// PNGs are drawn this many times too large and averaged, which smooths what plotters draws without grey levels.
const OVERSAMPLING: usize = 3;

/// Writes the scene in the format that the extension of `path` names: SVG, or PNG for any other. The file appears under
/// its name only when it is whole.
///
/// # Errors
/// [`Error::Io`], with the path, if the file cannot be written.
pub fn save(scene: &Scene, path: &Path) -> Result<()> {
    let is_svg = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    let unfinished = unfinished(path, if is_svg { "svg" } else { "png" });
    let written = if is_svg {
        write_svg(scene, &unfinished)
    } else {
        write_png(scene, &unfinished)
    };
    let placed = written.and_then(|()| fs::rename(&unfinished, path).map_err(|e| e.to_string()));
    placed.map_err(|cause| {
        // Best effort: what matters to the caller is the first failure.
        let _ = fs::remove_file(&unfinished);
        Error::io("write the picture", path, cause)
    })
}

/// The name beside `path` under which the file is written; by its extension plotters chooses the format.
fn unfinished(path: &Path, extension: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.{extension}", std::process::id()))
}

/// The width of a line of text, in pixels.
pub fn text_width(text: &str, size: f64) -> f64 {
    register();
    // Measured large, since plotters rounds to whole pixels.
    let em = 200.0;
    let width = (FONT, em * BITMAP.size_per_em)
        .into_font()
        .box_size(text)
        .map_or(0, |(width, _)| width);
    f64::from(width) * size / em
}

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only for bytes that are no font; the tests that draw text prove that these are one.
        let _ = register_font(FONT, FontStyle::Normal, FONT_FILE);
    });
}

/// The cause of a failure in words: plotters' errors are of a type per backend.
type Outcome = std::result::Result<(), String>;

fn write_png(scene: &Scene, path: &Path) -> Outcome {
    let (width, height) = size(scene);
    let large = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut pixels = vec![0; 3 * large.0 * large.1];
    let area = BitMapBackend::with_buffer(&mut pixels, (large.0 as u32, large.1 as u32)).into_drawing_area();
    Brush { area, dialect: BITMAP }.draw(scene)?;
    let averaged = averaged(&pixels, width, height);
    let area = BitMapBackend::new(path, (width as u32, height as u32)).into_drawing_area();
    let brush = Brush {
        area,
        dialect: Dialect { scale: 1, ..BITMAP },
    };
    brush.image((0.0, 0.0), (width, height), &averaged)?;
    brush.area.present().map_err(words)
}

fn write_svg(scene: &Scene, path: &Path) -> Outcome {
    // plotters places in whole units, so lines need finer ones than pixels; an image needs one unit a pixel, and the
    // lines around it stand on whole pixels.
    let has_image = scene.shapes.iter().any(|shape| matches!(shape, Shape::Image { .. }));
    let scale = if has_image { 1 } else { 8 };
    let (width, height) = size(scene);
    let (units_wide, units_high) = (width * scale, height * scale);
    let mut document = String::new();
    let area = SVGBackend::with_string(&mut document, (units_wide as u32, units_high as u32)).into_drawing_area();
    Brush {
        area,
        dialect: Dialect { scale, ..SVG },
    }
    .draw(scene)?;
    let in_units = format!("width=\"{units_wide}\" height=\"{units_high}\"");
    let in_pixels = format!("width=\"{width}\" height=\"{height}\"");
    // The type of images that plotters 0.3.7 writes is none that a browser knows.
    let document = document
        .replacen(&in_units, &in_pixels, 1)
        .replace("\"data:png;base64,", "\"data:image/png;base64,");
    fs::write(path, document).map_err(|e| e.to_string())
}

fn size(scene: &Scene) -> (usize, usize) {
    (scene.width.ceil() as usize, scene.height.ceil() as usize)
}

/// Averages squares of `OVERSAMPLING` pixels.
fn averaged(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let stride = 3 * OVERSAMPLING * width;
    let count = OVERSAMPLING * OVERSAMPLING;
    let mut out = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let corner = y * OVERSAMPLING * stride + x * OVERSAMPLING * 3 + channel;
                let square = (0..OVERSAMPLING).flat_map(|j| (0..OVERSAMPLING).map(move |i| j * stride + 3 * i));
                let sum: usize = square.map(|place| usize::from(pixels[corner + place])).sum();
                out.push(((sum + count / 2) / count) as u8);
            }
        }
    }
    out
}

/// How a backend wants to be told.
struct Dialect {
    /// Pixels of the backend per pixel of the scene.
    scale: usize,
    /// What plotters calls the size of a font, per em.
    size_per_em: f64,
    /// The anchor given to plotters, and how far below a text's place, in em, it has to be put so that half the height
    /// of capitals (0.729 em high) comes to lie at the place.
    anchor: VPos,
    drop: f64,
    /// Whether thick lines are drawn piece by piece with round joints: where a bitmap's line turns sharply, plotters
    /// leaves spikes.
    round_joints: bool,
}

/// plotters takes the height from ascender to descender, 1.164 em in DejaVu Sans, as the size of a bitmap's font, and
/// puts the baseline half of it below the top.
const BITMAP: Dialect = Dialect {
    scale: OVERSAMPLING,
    size_per_em: 1.164,
    anchor: VPos::Top,
    drop: 0.729 / 2.0 - 1.164 / 2.0,
    round_joints: true,
};

/// plotters divides the size by 1.24, and puts the baseline half the height of an x, 0.547 em, below the middle.
const SVG: Dialect = Dialect {
    scale: 1,
    size_per_em: 1.24,
    anchor: VPos::Center,
    drop: 0.729 / 2.0 - 0.547 / 2.0,
    round_joints: false,
};

fn words<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> String {
    error.to_string()
}

/// A drawing area, and the dialect of its backend.
struct Brush<DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    dialect: Dialect,
}

impl<DB: DrawingBackend> Brush<DB> {
    fn draw(&self, scene: &Scene) -> Outcome {
        register();
        self.area.fill(&WHITE).map_err(words)?;
        for shape in &scene.shapes {
            match shape {
                Shape::Text(text) => self.text(text)?,
                Shape::Path(points, width, color) => self.path(points, *width, *color)?,
                Shape::Polygon(points, color) => self.put(&Polygon::new(self.pixels(points), rgb(*color).filled()))?,
                Shape::Image { at, size, pixels } => self.image(*at, *size, pixels)?,
            }
        }
        self.area.present().map_err(words)
    }

    fn put<E>(&self, element: &E) -> Outcome
    where
        for<'a> &'a E: PointCollection<'a, (i32, i32)>,
        E: Drawable<DB>,
    {
        self.area.draw(element).map_err(words)
    }

    fn pixel(&self, (x, y): Point) -> (i32, i32) {
        let scale = self.dialect.scale as f64;
        ((x * scale).round() as i32, (y * scale).round() as i32)
    }

    fn pixels(&self, points: &[Point]) -> Vec<(i32, i32)> {
        points.iter().map(|point| self.pixel(*point)).collect()
    }

    fn text(&self, text: &Text) -> Outcome {
        let drop = self.dialect.drop * text.size;
        let (turn, at) = match text.upwards {
            true => (FontTransform::Rotate270, (text.at.0 + drop, text.at.1)),
            false => (FontTransform::None, (text.at.0, text.at.1 + drop)),
        };
        let along = match text.align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let style = (FONT, text.size * self.dialect.size_per_em * self.dialect.scale as f64)
            .into_font()
            .transform(turn)
            .color(&rgb(text.color))
            .pos(Pos::new(along, self.dialect.anchor))
            .into_text_style(&self.area);
        self.area.draw_text(&text.text, &style, self.pixel(at)).map_err(words)
    }

    fn path(&self, points: &[Point], width: f64, color: Rgb) -> Outcome {
        let stroke = (width * self.dialect.scale as f64).round().max(1.0);
        let style = ShapeStyle {
            color: rgb(color).to_rgba(),
            filled: true,
            stroke_width: stroke as u32,
        };
        if let [a, b] = points
            && (a.0 == b.0 || a.1 == b.1)
        {
            return self.straight(*a, *b, width, style);
        }
        let pixels = self.pixels(points);
        if !self.dialect.round_joints {
            return self.put(&PathElement::new(pixels, style));
        }
        for pair in pixels.windows(2).filter(|pair| pair[0] != pair[1]) {
            self.put(&PathElement::new(pair.to_vec(), style))?;
        }
        pixels
            .iter()
            .try_for_each(|pixel| self.put(&Circle::new(*pixel, (stroke / 2.0) as i32, style)))
    }

    /// A horizontal or vertical line: a rectangle has the exact edges that plotters' lines lack.
    fn straight(&self, a: Point, b: Point, width: f64, style: ShapeStyle) -> Outcome {
        let half = |across: bool| if across { width / 2.0 } else { 0.0 };
        let (dx, dy) = (half(a.0 == b.0), half(a.1 == b.1));
        let low = (a.0.min(b.0) - dx, a.1.min(b.1) - dy);
        let high = (a.0.max(b.0) + dx, a.1.max(b.1) + dy);
        self.put(&Rectangle::new([self.pixel(low), self.pixel(high)], style))
    }

    fn image(&self, at: Point, (width, height): (usize, usize), pixels: &[u8]) -> Outcome {
        let scale = self.dialect.scale;
        let mut enlarged = Vec::with_capacity(pixels.len() * scale * scale);
        for row in pixels.chunks_exact(3 * width) {
            let wide: Vec<u8> = row.chunks_exact(3).flat_map(|rgb| rgb.repeat(scale)).collect();
            enlarged.extend(wide.repeat(scale));
        }
        let size = ((width * scale) as u32, (height * scale) as u32);
        let element = BitMapElement::<_>::with_owned_buffer(self.pixel(at), size, enlarged);
        element.map_or(Ok(()), |image| self.put(&image))
    }
}

fn rgb(color: Rgb) -> RGBColor {
    RGBColor(color[0], color[1], color[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> Scene {
        let mut scene = Scene {
            width: 40.0,
            height: 30.0,
            ..Scene::default()
        };
        scene.block((5.0, 5.0), 10.0, 10.0, [10, 20, 30]);
        scene
    }

    #[test]
    fn a_failed_write_names_the_path_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing").join("a.png");
        let error = save(&scene(), &missing).unwrap_err();
        assert!(
            matches!(&error, Error::Io(text) if text.contains(&missing.display().to_string())),
            "{error}"
        );

        let occupied = folder.path().join("folder.svg");
        fs::create_dir(&occupied).unwrap();
        assert!(matches!(save(&scene(), &occupied), Err(Error::Io(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn text_stands_with_half_its_capitals_at_its_place() {
        let (width, height) = (100, 100);
        let mut pixels = vec![0; 3 * 9 * width * height];
        let area = BitMapBackend::with_buffer(&mut pixels, (300, 300)).into_drawing_area();
        let mut scene = Scene {
            width: 100.0,
            height: 100.0,
            ..Scene::default()
        };
        scene.text((50.0, 50.0), Align::Middle, 40.0, [0, 0, 0], "H");
        Brush { area, dialect: BITMAP }.draw(&scene).unwrap();
        let small = averaged(&pixels, width, height);
        let is_dark = |place: &usize| small[3 * place] < 128;
        let dark: Vec<usize> = (0..width * height).filter(is_dark).collect();
        let (top, bottom) = (dark[0] / width, dark[dark.len() - 1] / width);
        // Capitals are 0.729 em = 29 pixels high; the edges of glyphs and places are rounded to pixels.
        assert!(
            (top as f64 - 35.5).abs() <= 1.5 && (bottom as f64 - 64.5).abs() <= 1.5,
            "{top}..{bottom}"
        );
    }
}
