//! A figure of one or more planes with a common colour bar: heading, panels in a row or a column, bar, and notes.

use super::color_bar::ColorBar;
use super::color_scale::{ColorScale, Coloring};
use super::panel::{Panel, PlaneView};
use super::scene::{FAINT, INK, Point, Scene};
use super::text::{self, LEADING, NOTE, SUBTITLE, TITLE};
use crate::error::Result;

/// The outer margin of every figure.
pub const MARGIN: f64 = 26.0;
/// From the panels to the colour bar, and between panels.
pub const GAP: f64 = 30.0;
pub const NARROWEST: f64 = 760.0;
const LOWEST_BAR: f64 = 240.0;
/// The frames of a lone panel, of panels in a row and of panels in a column are at most this large.
const ALONE: (f64, f64) = (1000.0, 760.0);
const IN_ROW: (f64, f64) = (400.0, 420.0);
const IN_COLUMN: (f64, f64) = (900.0, 460.0);
/// From this ratio of width to height on, planes are wide enough to stand below each other.
const WIDE: f64 = 1.6;

/// Title and subtitle, in lines that keep within the figure.
pub struct Heading {
    title: Vec<String>,
    subtitle: Vec<String>,
}

impl Heading {
    pub fn new(title: &str, subtitle: &str, width: f64) -> Heading {
        Heading {
            title: text::wrapped(title, TITLE, width),
            subtitle: text::wrapped(subtitle, SUBTITLE, width),
        }
    }

    pub fn height(&self) -> f64 {
        let gap = if self.title.is_empty() && self.subtitle.is_empty() {
            0.0
        } else {
            14.0
        };
        text::height(&self.title, TITLE) + text::height(&self.subtitle, SUBTITLE) + gap
    }

    pub fn draw(&self, scene: &mut Scene, at: Point) {
        text::write_lines(scene, at, &self.title, TITLE, INK);
        let below = at.1 + text::height(&self.title, TITLE);
        text::write_lines(scene, (at.0, below), &self.subtitle, SUBTITLE, FAINT);
    }
}

/// What a figure of planes shows.
pub struct Figure<'a> {
    pub title: &'a str,
    pub subtitle: &'a str,
    pub planes: &'a [PlaneView<'a>],
    pub value_label: &'a str,
    pub value_unit: &'a str,
    pub color: &'a ColorScale,
}

/// Panels, and the upper left corners of their frames from the upper left corner of all.
pub struct Arrangement<'a> {
    pub panels: Vec<(Panel<'a>, Point)>,
    pub width: f64,
    pub height: f64,
    /// The extent of the frames from top to bottom.
    pub frames: (f64, f64),
}

impl Arrangement<'_> {
    /// What to tell of planes that are not drawn to scale, each thing once.
    pub fn stretches(&self) -> Vec<&String> {
        let panels = self.panels.iter();
        let mut stretches: Vec<&String> = panels.filter_map(|(panel, _)| panel.stretch.as_ref()).collect();
        stretches.dedup();
        stretches
    }
}

impl Figure<'_> {
    /// Lays the figure out.
    ///
    /// # Errors
    /// `Error::Config` if a plane is empty, an axis does not run upwards, or the colour range is none.
    pub fn scene(&self) -> Result<Scene> {
        let coloring = self
            .color
            .resolve(self.planes.iter().flat_map(|plane| plane.values.iter()))?;
        let body = arranged(self.planes)?;
        let bar_height = (body.frames.1 - body.frames.0).max(LOWEST_BAR);
        let bar = ColorBar::new(&coloring, self.value_label, self.value_unit, bar_height);
        let width = body.width + GAP + bar.width();
        let figure_width = (width + 2.0 * MARGIN).max(NARROWEST).round();
        let indent = (0.5 * (figure_width - width)).round();
        let left = indent + body.panels.first().map_or(0.0, |(_, frame)| frame.0);
        let heading = Heading::new(self.title, self.subtitle, figure_width - MARGIN - left);
        let top = (MARGIN + heading.height()).round();

        let mut scene = Scene {
            width: figure_width,
            ..Scene::default()
        };
        heading.draw(&mut scene, (left, MARGIN));
        for (panel, frame) in &body.panels {
            panel.draw(&mut scene, (indent + frame.0, top + frame.1), &coloring);
        }
        bar.draw(&mut scene, (indent + (body.width + GAP).round(), top + body.frames.0));
        let bottom = top + body.height.max(body.frames.0 + bar_height);
        let below = draw_notes(
            &mut scene,
            (left, bottom),
            &body,
            &coloring,
            figure_width - MARGIN - left,
        );
        scene.height = (below + MARGIN).round();
        Ok(scene)
    }
}

/// Panels of the planes, in a row or in a column.
///
/// # Errors
/// As [`Panel::new`].
pub fn arranged<'a>(planes: &'a [PlaneView<'a>]) -> Result<Arrangement<'a>> {
    let ratio = |plane: &PlaneView| (plane.x.hi - plane.x.lo) / (plane.y.hi - plane.y.lo);
    if planes.len() > 1 && planes.iter().all(|plane| ratio(plane) >= WIDE) {
        return Ok(column(panels(planes, IN_COLUMN)?));
    }
    Ok(row(panels(planes, if planes.len() > 1 { IN_ROW } else { ALONE })?))
}

fn panels<'a>(planes: &'a [PlaneView<'a>], most: (f64, f64)) -> Result<Vec<Panel<'a>>> {
    planes.iter().map(|plane| Panel::new(*plane, most)).collect()
}

fn largest(panels: &[Panel], length: impl Fn(&Panel) -> f64) -> f64 {
    panels.iter().map(length).fold(0.0, f64::max)
}

fn row(panels: Vec<Panel>) -> Arrangement {
    let top = largest(&panels, |p| p.above()).round();
    let bottom = top + largest(&panels, |p| p.height);
    let height = top + largest(&panels, |p| p.height + p.below());
    let mut end = -GAP;
    let mut placed = Vec::new();
    for panel in panels {
        let left = (end + GAP + panel.left()).round();
        end = left + panel.width + panel.right();
        placed.push((panel, (left, top)));
    }
    Arrangement {
        panels: placed,
        width: end,
        height,
        frames: (top, bottom),
    }
}

fn column(panels: Vec<Panel>) -> Arrangement {
    let left = largest(&panels, |p| p.left()).round();
    let width = left + largest(&panels, |p| p.width + p.right());
    let first_top = panels.first().map_or(0.0, Panel::above).round();
    let (mut end, mut last_bottom) = (-GAP, 0.0);
    let mut placed = Vec::new();
    for panel in panels {
        let top = (end + GAP + panel.above()).round();
        last_bottom = top + panel.height;
        end = last_bottom + panel.below();
        placed.push((panel, (left, top)));
    }
    Arrangement {
        panels: placed,
        width,
        height: end,
        frames: (first_top, last_bottom),
    }
}

/// Writes what the reader has to know beside the picture, and returns where the notes end.
fn draw_notes(scene: &mut Scene, at: Point, body: &Arrangement, coloring: &Coloring, width: f64) -> f64 {
    let colored = coloring.notes().into_iter().map(|(color, note)| (Some(color), note));
    let stretches = body.stretches();
    let mut y = at.1 + SWATCH;
    for (color, note) in colored.chain(stretches.into_iter().map(|note| (None, note.clone()))) {
        let mut left = at.0;
        if let Some(color) = color {
            scene.block(
                (left, (y + 0.5 * (NOTE * LEADING - SWATCH)).round()),
                SWATCH,
                SWATCH,
                color,
            );
            left += 1.6 * SWATCH;
        }
        let lines = text::wrapped(&note, NOTE, width - (left - at.0));
        text::write_lines(scene, (left, y), &lines, NOTE, FAINT);
        y += text::height(&lines, NOTE);
    }
    if y > at.1 + SWATCH { y } else { at.1 }
}

/// The side of the square that shows the colour a note is about, and the space above the notes.
const SWATCH: f64 = 16.0;
