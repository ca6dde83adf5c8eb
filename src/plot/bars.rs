//! Quantities made of parts, as horizontal bars below each other, each with its parts in a row.

use std::path::Path;

use super::axis::Axis;
use super::colormap::Rgb;
use super::figure::{Heading, MARGIN};
use super::legend::Legend;
use super::paint;
use super::scale::Scale;
use super::scene::{Align, FAINT, INK, LINE, PALE, Point, Scene};
use super::text::{self, NOTE, TICK};
use super::ticks::short_number;
use super::units::{self, Unit};
use crate::error::Result;

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What stands before it.
    pub label: String,
    /// One length for each part of the plot, none below zero, in the unit of the plot.
    pub parts: Vec<f64>,
    /// Whether it stands apart from the bar before.
    pub begins_group: bool,
}

/// Bars of the same parts, the first on top.
#[derive(Clone, Debug, PartialEq)]
pub struct BarPlot {
    pub title: String,
    pub subtitle: String,
    pub value_label: String,
    pub value_unit: String,
    /// Names of the parts, at most seven. Those that cannot be seen in any bar stay out of the legend.
    pub parts: Vec<String>,
    pub bars: Vec<Bar>,
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 34.0;
const GAP: f64 = 12.0;
/// Before the first bar of a group, in addition.
const GROUP_GAP: f64 = 16.0;
const LABEL_GAP: f64 = 12.0;
/// From a bar to the text of its length.
const TOTAL_GAP: f64 = 10.0;

/// Parts below this share of the longest bar cannot be seen.
const LEAST_SEEN: f64 = 1e-3;

/// Colours that people with any colour vision tell apart (M. Okabe and K. Ito, Color Universal Design, 2008), so that the first
/// two belong together, and a grey for the rest.
const COLORS: [Rgb; 8] = [
    [0, 114, 178],
    [86, 180, 233],
    [0, 158, 115],
    [230, 159, 0],
    [204, 121, 167],
    [240, 228, 66],
    [213, 94, 0],
    [170, 170, 170],
];

impl BarPlot {
    /// Writes the picture: SVG if `path` ends in `.svg`, else PNG.
    ///
    /// # Errors
    /// `Error::Io` if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        paint::save(&self.scene(), path)
    }

    fn scene(&self) -> Scene {
        let totals: Vec<f64> = self.bars.iter().map(|bar| bar.parts.iter().sum()).collect();
        let longest = totals.iter().copied().fold(0.0, f64::max);
        let texts: Vec<String> = totals.iter().map(|total| short_number(rounded(*total))).collect();
        let room = TOTAL_GAP + text::widest(texts.iter().map(String::as_str), NOTE) + TOTAL_GAP;
        let scale = Scale::covering(0.0, longest * WIDTH / (WIDTH - room), false);
        let unit = Unit {
            name: units::pretty(&self.value_unit),
            size: 1.0,
        };
        let axis = Axis::horizontal(&self.value_label, &unit, scale, WIDTH);
        let labels = text::widest(self.bars.iter().map(|bar| bar.label.as_str()), TICK);
        let left = (MARGIN + labels + LABEL_GAP).round();
        let width = (left + WIDTH + axis.overhang() + MARGIN).round();
        let heading = Heading::new(&self.title, &self.subtitle, width - 2.0 * MARGIN);
        let legend = self.legend(longest);
        let top = (MARGIN + heading.height() + legend.height()).round();
        let tops = self.tops();
        let height = tops.last().map_or(HEIGHT, |last| last + HEIGHT + GAP);

        let mut scene = Scene {
            width,
            ..Scene::default()
        };
        heading.draw(&mut scene, (MARGIN, MARGIN));
        legend.draw(&mut scene, (left + WIDTH, top - legend.height()));
        for (place, _) in &axis.ticks.major {
            let x = (left + place * WIDTH).round();
            scene.path(vec![(x, top), (x, top + height)], LINE, PALE);
        }
        for ((bar, below), text) in self.bars.iter().zip(&tops).zip(&texts) {
            let at = (left, top + below);
            let end = bar.draw(&mut scene, at, scale);
            let middle = at.1 + 0.5 * HEIGHT;
            scene.text((left - LABEL_GAP, middle), Align::End, TICK, INK, &bar.label);
            scene.text((end + TOTAL_GAP, middle), Align::Start, NOTE, FAINT, text);
        }
        scene.frame((left, top), WIDTH, height);
        axis.draw_below(&mut scene, (left, top + height), WIDTH);
        scene.height = (top + height + axis.space_below() + MARGIN).round();
        scene
    }

    /// The parts that can be seen in a plot whose longest bar is `longest`.
    fn legend(&self, longest: f64) -> Legend {
        let is_there = |part: usize| self.bars.iter().any(|bar| bar.parts[part] > LEAST_SEEN * longest);
        let parts: Vec<(Rgb, &str)> = (0..self.parts.len())
            .filter(|&part| is_there(part))
            .map(|part| (color(part), self.parts[part].as_str()))
            .collect();
        Legend::of_blocks(parts.into_iter(), WIDTH)
    }

    /// Where each bar begins, from the upper edge of the frame.
    fn tops(&self) -> Vec<f64> {
        let mut next = GAP;
        let mut tops = Vec::new();
        for (n, bar) in self.bars.iter().enumerate() {
            if n > 0 && bar.begins_group {
                next += GROUP_GAP;
            }
            tops.push(next);
            next += HEIGHT + GAP;
        }
        tops
    }
}

impl Bar {
    /// Draws the bar with its upper left corner at `at`; returns where it ends.
    fn draw(&self, scene: &mut Scene, at: Point, scale: Scale) -> f64 {
        let x = |value: f64| at.0 + scale.fraction(value) * WIDTH;
        let mut sum = 0.0;
        for (n, part) in self.parts.iter().enumerate() {
            let (from, to) = (x(sum), x(sum + part));
            if to > from {
                scene.block((from, at.1), to - from, HEIGHT, color(n));
            }
            sum += part;
        }
        x(sum)
    }
}

fn color(part: usize) -> Rgb {
    COLORS[part.min(COLORS.len() - 1)]
}

/// A length with the three digits that a reader wants.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scene::Shape;
    use crate::plot::scene::tests::assert_tidy;

    fn plot(bars: &[[f64; 3]]) -> BarPlot {
        BarPlot {
            title: "Where the time goes".into(),
            subtitle: "mean over ranks".into(),
            value_label: "Time a step".into(),
            value_unit: "ms".into(),
            parts: ["core", "shell", "wait"].map(String::from).into(),
            bars: bars
                .iter()
                .enumerate()
                .map(|(n, parts)| Bar {
                    label: format!("{n} ranks, temporal"),
                    parts: parts.to_vec(),
                    begins_group: n == 2,
                })
                .collect(),
        }
    }

    /// The filled areas of a colour: left and right end, and top.
    fn blocks(scene: &Scene, color: Rgb) -> Vec<[f64; 3]> {
        let blocks = scene.shapes.iter().filter_map(|shape| match shape {
            Shape::Polygon(points, c) if *c == color => Some([points[0].0, points[1].0, points[0].1]),
            _ => None,
        });
        blocks.collect()
    }

    #[test]
    fn nothing_is_clipped_or_overlaps() {
        assert_tidy(&plot(&[[1.0, 0.2, 0.3], [0.5, 0.1, 0.4], [0.25, 0.0, 0.5]]).scene());
        assert_tidy(&plot(&[[1234.5e-9, 0.0, 0.0]]).scene());
        assert_tidy(&plot(&[[0.0; 3]]).scene());
        assert_tidy(&plot(&[]).scene());
    }

    #[test]
    fn parts_stand_in_a_row_in_proportion_to_their_values() {
        let scene = plot(&[[2.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]).scene();
        let (core, shell, wait) = (
            blocks(&scene, COLORS[0]),
            blocks(&scene, COLORS[1]),
            blocks(&scene, COLORS[2]),
        );
        assert_eq!((core.len(), shell.len(), wait.len()), (3, 1, 1));
        let length = |block: &[f64; 3]| block[1] - block[0];
        // Sums of a few numbers around a thousand.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(length(&core[0]), 2.0 * length(&shell[0])));
        assert!(near(core[0][1], shell[0][0]) && near(core[1][1], wait[0][0]));
        // The third begins a group.
        let steps = [core[1][2] - core[0][2], core[2][2] - core[1][2]];
        assert_eq!(steps, [HEIGHT + GAP, HEIGHT + GAP + GROUP_GAP]);
    }

    #[test]
    fn parts_that_nobody_sees_keep_their_colour_and_stay_out_of_the_legend() {
        let shapes = format!("{:?}", plot(&[[2.0, 1e-4, 1.0]]).scene().shapes);
        assert!(shapes.contains("wait") && !shapes.contains("shell"));
    }
}
