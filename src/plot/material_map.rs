//! What stands on a plane, as colours that mean things rather than values.

use std::path::Path;

use ndarray::Array2;

use super::axis::AxisRange;
use super::colormap::{Colormap, Rgb};
use super::figure::{Arrangement, GAP, Heading, MARGIN, NARROWEST, arranged};
use super::panel::PlaneView;
use super::scene::{Align, FAINT, INK, LINE, Point, Scene};
use super::text::{self, LABEL, NOTE};
use super::{paint, scene};
use crate::error::Result;

/// Planes of materials, with a legend. Colours go by the number of a material; the first one is the ground, which is pale.
#[derive(Clone, Debug)]
pub struct MaterialMap {
    pub title: String,
    pub subtitle: String,
    /// Name of each material, and whether it is a conductor, which is dark; none for those that the legend leaves out.
    pub materials: Vec<Option<(String, bool)>>,
    pub planes: Vec<MaterialPlane>,
    /// What has to be said beside the picture.
    pub notes: Vec<String>,
}

/// One plane.
#[derive(Clone, Debug)]
pub struct MaterialPlane {
    /// Where the plane lies.
    pub title: String,
    /// Two materials of each cell, as `[y][x]`: the first row is the lowest. A cell of one has it twice; that of two has the
    /// mean of their colours.
    pub cells: Array2<[usize; 2]>,
    pub x: AxisRange,
    pub y: AxisRange,
    pub marks: Vec<Mark>,
}

/// Something that stands on a plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub kind: MarkKind,
    /// From, to, in the unit of the axis.
    pub x: [f64; 2],
    pub y: [f64; 2],
}

/// What a [`Mark`] is, in the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Hatched.
    Absorber,
    /// The outline of a box; a dot where it has no extent.
    Source,
    /// A cross.
    Probe,
}

const KINDS: [(MarkKind, &str); 3] = [
    (MarkKind::Absorber, "absorbing layer"),
    (MarkKind::Source, "source"),
    (MarkKind::Probe, "probe"),
];

const GROUND: Rgb = [243, 243, 238];
const CONDUCTOR: Rgb = [70, 70, 74];
const SOURCE: Rgb = [200, 30, 40];
const HATCH: Rgb = [150, 150, 160];
/// From one line of the hatching to the next.
const HATCH_STEP: f64 = 12.0;
/// The sides of the squares of the legend, and from them to their names.
const SWATCH: f64 = 22.0;
const SWATCH_GAP: f64 = 10.0;
const ROW: f64 = 32.0;
/// Half the size of dots and crosses.
const DOT: f64 = 6.0;

impl MaterialMap {
    /// Writes the picture: SVG if `path` ends in `.svg`, else PNG.
    ///
    /// # Errors
    /// [`crate::error::Error::Config`] if a plane has no cells or an axis does not run upwards;
    /// [`crate::error::Error::Io`] if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        paint::save(&self.scene()?, path)
    }

    fn scene(&self) -> Result<scene::Scene> {
        // Panels are laid out by the shape of their values alone.
        let shapes: Vec<Array2<f64>> = self
            .planes
            .iter()
            .map(|plane| Array2::zeros(plane.cells.dim()))
            .collect();
        let views = self.planes.iter().zip(&shapes).map(|(plane, values)| PlaneView {
            title: &plane.title,
            values: values.view(),
            x: &plane.x,
            y: &plane.y,
        });
        let views: Vec<PlaneView> = views.collect();
        let body = arranged(&views)?;
        let legend = self.legend();
        let width = body.width + GAP + legend_width(&legend);
        let figure_width = (width + 2.0 * MARGIN).max(NARROWEST).round();
        let indent = (0.5 * (figure_width - width)).round();
        let left = indent + body.panels.first().map_or(0.0, |(_, frame)| frame.0);
        let heading = Heading::new(&self.title, &self.subtitle, figure_width - MARGIN - left);
        let top = (MARGIN + heading.height()).round();
        let mut scene = Scene {
            width: figure_width,
            ..Scene::default()
        };
        heading.draw(&mut scene, (left, MARGIN));
        self.draw_planes(&mut scene, &body, (indent, top));
        let key = (indent + (body.width + GAP).round(), top + body.frames.0);
        draw_legend(&mut scene, key, &legend);
        let mut below = top + body.height.max(body.frames.0 + legend.len() as f64 * ROW);
        for note in self.notes.iter().chain(body.stretches()) {
            let lines = text::wrapped(note, NOTE, figure_width - MARGIN - left);
            text::write_lines(&mut scene, (left, below + 0.5 * NOTE), &lines, NOTE, FAINT);
            below += text::height(&lines, NOTE);
        }
        scene.height = (below + 0.5 * NOTE + MARGIN).round();
        Ok(scene)
    }

    fn draw_planes(&self, scene: &mut Scene, body: &Arrangement, at: Point) {
        for (plane, (panel, frame)) in self.planes.iter().zip(&body.panels) {
            let corner = (at.0 + frame.0, at.1 + frame.1);
            let size = (panel.width as usize, panel.height as usize);
            scene.image(corner, size, self.pixels(plane, size));
            for mark in &plane.marks {
                Spot::new(plane, mark, corner, (panel.width, panel.height)).draw(scene, mark.kind);
            }
            panel.draw_frame(scene, corner);
        }
    }

    /// The colours of the nearest cells, row by row from above.
    fn pixels(&self, plane: &MaterialPlane, (width, height): (usize, usize)) -> Vec<u8> {
        let (rows, columns) = plane.cells.dim();
        let nearest = |pixel: usize, pixels: usize, cells: usize| (2 * pixel + 1) * cells / (2 * pixels);
        let mut out = Vec::with_capacity(3 * width * height);
        for line in 0..height {
            let row = rows - 1 - nearest(line, height, rows);
            for column in 0..width {
                let [a, b] = plane.cells[[row, nearest(column, width, columns)]].map(|number| self.color(number));
                out.extend([0, 1, 2].map(|n| ((u16::from(a[n]) + u16::from(b[n])) / 2) as u8));
            }
        }
        out
    }

    fn color(&self, number: usize) -> Rgb {
        match self.materials.get(number) {
            Some(Some((_, true))) => CONDUCTOR,
            _ if number == 0 => GROUND,
            _ => filling(number - 1, self.materials.len() - 1),
        }
    }

    /// Names and keys, from above.
    fn legend(&self) -> Vec<(Key, &str)> {
        let materials = self.materials.iter().enumerate();
        let materials = materials.filter_map(|(n, material)| Some((n, material.as_ref()?)));
        let mut out: Vec<(Key, &str)> = materials
            .map(|(number, (name, _))| (Key::Color(self.color(number)), name.as_str()))
            .collect();
        let marks: Vec<MarkKind> = self
            .planes
            .iter()
            .flat_map(|plane| &plane.marks)
            .map(|mark| mark.kind)
            .collect();
        let kinds = KINDS.iter().filter(|(kind, _)| marks.contains(kind));
        out.extend(kinds.map(|(kind, name)| (Key::Mark(*kind), *name)));
        out
    }
}

/// The colour of one of `count` materials that are neither ground nor conductor: those that people with any colour vision tell
/// apart (M. Okabe and K. Ito, Color Universal Design, 2008), for more of them steps along viridis.
fn filling(n: usize, count: usize) -> Rgb {
    const DISTINCT: [Rgb; 6] = [
        [86, 180, 233],
        [230, 159, 0],
        [0, 158, 115],
        [204, 121, 167],
        [0, 114, 178],
        [213, 94, 0],
    ];
    match count <= DISTINCT.len() {
        true => DISTINCT[n],
        false => Colormap::Viridis.at(n as f64 / (count - 1) as f64),
    }
}

/// What stands in front of a name.
enum Key {
    Color(Rgb),
    Mark(MarkKind),
}

fn legend_width(legend: &[(Key, &str)]) -> f64 {
    SWATCH + SWATCH_GAP + text::widest(legend.iter().map(|(_, name)| *name), LABEL)
}

fn draw_legend(scene: &mut Scene, at: Point, legend: &[(Key, &str)]) {
    for (n, (key, name)) in legend.iter().enumerate() {
        let top = (at.1 + n as f64 * ROW).round();
        match key {
            Key::Color(color) => {
                scene.block((at.0, top), SWATCH, SWATCH, *color);
                scene.frame((at.0, top), SWATCH, SWATCH);
            }
            Key::Mark(kind) => {
                let spot = match kind {
                    MarkKind::Probe => Spot::at((at.0 + 0.5 * SWATCH, top + 0.5 * SWATCH)),
                    _ => Spot {
                        left: at.0,
                        right: at.0 + SWATCH,
                        top,
                        bottom: top + SWATCH,
                    },
                };
                spot.draw(scene, *kind);
            }
        }
        let middle = top + 0.5 * SWATCH;
        scene.text((at.0 + SWATCH + SWATCH_GAP, middle), Align::Start, LABEL, INK, *name);
    }
}

/// Where a mark stands in the picture.
struct Spot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Spot {
    fn at((x, y): Point) -> Spot {
        Spot {
            left: x,
            right: x,
            top: y,
            bottom: y,
        }
    }

    /// That of `mark` in a frame of a size with its upper left corner at `at`; it keeps within.
    fn new(plane: &MaterialPlane, mark: &Mark, at: Point, size: (f64, f64)) -> Spot {
        let part = |value: f64, axis: &AxisRange| ((value - axis.lo) / (axis.hi - axis.lo)).clamp(0.0, 1.0);
        let [left, right] = mark.x.map(|x| (at.0 + part(x, &plane.x) * size.0).round());
        let [bottom, top] = mark.y.map(|y| (at.1 + (1.0 - part(y, &plane.y)) * size.1).round());
        Spot {
            left,
            right,
            top,
            bottom,
        }
    }

    fn draw(&self, scene: &mut Scene, kind: MarkKind) {
        let middle = (0.5 * (self.left + self.right), 0.5 * (self.top + self.bottom));
        match kind {
            MarkKind::Absorber => self.hatch(scene),
            MarkKind::Source if self.left == self.right && self.top == self.bottom => {
                scene.block((middle.0 - DOT, middle.1 - DOT), 2.0 * DOT, 2.0 * DOT, SOURCE);
            }
            MarkKind::Source => {
                let corners = [
                    (self.left, self.top),
                    (self.right, self.top),
                    (self.right, self.bottom),
                    (self.left, self.bottom),
                    (self.left, self.top),
                ];
                scene.path(corners.to_vec(), 1.5 * LINE, SOURCE);
            }
            MarkKind::Probe => {
                let (x, y) = middle;
                scene.path(vec![(x - DOT, y), (x + DOT, y)], 1.5 * LINE, INK);
                scene.path(vec![(x, y - DOT), (x, y + DOT)], 1.5 * LINE, INK);
            }
        }
    }

    /// Lines that rise to the right, where `x + y` is a multiple of the step: they go on from one box to the next.
    fn hatch(&self, scene: &mut Scene) {
        let first = ((self.left + self.top) / HATCH_STEP).ceil() as i64;
        let last = ((self.right + self.bottom) / HATCH_STEP).floor() as i64;
        for n in first..=last {
            let sum = n as f64 * HATCH_STEP;
            let (from, to) = ((sum - self.bottom).max(self.left), (sum - self.top).min(self.right));
            if from < to {
                scene.path(vec![(from, sum - from), (to, sum - to)], 1.0, HATCH);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scene::tests::assert_tidy;
    use crate::plot::scene::{Shape, Text};

    fn axis(label: &str, lo: f64, hi: f64) -> AxisRange {
        AxisRange {
            label: label.into(),
            unit: "m".into(),
            lo,
            hi,
        }
    }

    /// Air over glass over a conductor, with a row in which glass and air meet.
    fn map() -> MaterialMap {
        let rows = [[2, 2], [1, 1], [1, 0], [0, 0]];
        let mark = |kind, x, y| Mark { kind, x, y };
        MaterialMap {
            title: "a layer of glass on metal, with a title long enough to need more than a line of the picture".into(),
            subtitle: "at 2e14 Hz".into(),
            materials: vec![
                Some(("air".into(), false)),
                Some(("glass".into(), false)),
                Some(("metal".into(), true)),
            ],
            planes: vec![MaterialPlane {
                title: "x-y plane".into(),
                cells: Array2::from_shape_fn((4, 6), |(j, _)| rows[j]),
                x: axis("x", 0.0, 6.0),
                y: axis("y", 0.0, 4.0),
                marks: vec![
                    mark(MarkKind::Absorber, [0.0, 1.0], [0.0, 4.0]),
                    mark(MarkKind::Source, [3.0, 3.0], [3.5, 3.5]),
                    mark(MarkKind::Source, [2.0, 5.0], [2.0, 3.0]),
                    mark(MarkKind::Probe, [5.5, 5.5], [0.5, 0.5]),
                ],
            }],
            notes: vec!["walls x cpml and pec".into()],
        }
    }

    fn texts(scene: &Scene) -> Vec<&str> {
        let text = |shape| match shape {
            &Shape::Text(Text { ref text, .. }) => Some(text.as_str()),
            _ => None,
        };
        scene.shapes.iter().filter_map(text).collect()
    }

    #[test]
    fn the_legend_names_what_is_there() {
        let mut map = map();
        let scene = map.scene().unwrap();
        assert_tidy(&scene);
        for name in [
            "air",
            "glass",
            "metal",
            "absorbing layer",
            "source",
            "probe",
            "walls x cpml and pec",
        ] {
            assert!(texts(&scene).contains(&name), "{name}");
        }
        map.materials[1] = None;
        map.planes[0].marks.truncate(1);
        let scene = map.scene().unwrap();
        for name in ["glass", "source", "probe"] {
            assert!(!texts(&scene).contains(&name), "{name}");
        }
    }

    #[test]
    fn cells_have_the_colour_of_their_material_and_the_first_row_is_the_lowest() {
        let map = map();
        let pixels = map.pixels(&map.planes[0], (6, 8));
        let at = |line: usize| -> Rgb { [0, 1, 2].map(|n| pixels[3 * 6 * line + n]) };
        let glass = map.color(1);
        assert_eq!([at(0), at(1), at(4), at(7)], [GROUND, GROUND, glass, CONDUCTOR]);
        let mean = [0, 1, 2].map(|n| ((u16::from(glass[n]) + u16::from(GROUND[n])) / 2) as u8);
        assert_eq!(at(2), mean);
    }

    #[test]
    fn planes_of_any_shape_are_tidy() {
        for (width, height) in [(1.0, 1.0), (300.0, 1.0), (1.0, 300.0)] {
            for n_planes in [1, 3] {
                let mut map = map();
                let plane = &mut map.planes[0];
                (plane.x, plane.y) = (axis("x", 0.0, width), axis("y", 0.0, height));
                map.planes = vec![map.planes[0].clone(); n_planes];
                assert_tidy(&map.scene().unwrap());
            }
        }
    }
}
