//! Who was busy with what, and when: a pair of lanes per row over a common time, blocks in the colours of their kinds.

use std::path::Path;

use super::axis::Axis;
use super::colormap::Rgb;
use super::figure::{Heading, MARGIN};
use super::legend::Legend;
use super::paint::{self, text_width};
use super::scale::Scale;
use super::scene::{Align, FAINT, INK, LINE, PALE, Point, Scene};
use super::text::{self, LABEL, NOTE};
use super::units;
use crate::error::Result;

/// Rows over a common time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    pub title: String,
    pub subtitle: String,
    /// What blocks can be: at most as many as there are colours, of which the last is for what passes in the background. The
    /// legend names those that occur.
    pub kinds: Vec<String>,
    /// From when to when, s.
    pub span: (f64, f64),
    /// The first on top.
    pub rows: Vec<TimelineRow>,
    /// What has to be said below.
    pub note: String,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    pub label: String,
    /// In smaller letters below the label.
    pub note: String,
    /// Of the upper lane. Later ones cover earlier ones.
    pub blocks: Vec<Block>,
    /// Of the thinner lane below.
    pub background: Vec<Block>,
    pub marks: Vec<TimelineMark>,
}

/// Something that took time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// s.
    pub start: f64,
    pub end: f64,
    /// Number of its kind.
    pub kind: usize,
}

/// A moment with a name, which stands behind it where there is room.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineMark {
    pub at: f64,
    pub text: String,
}

const WIDTH: f64 = 1180.0;
const LANE: f64 = 46.0;
const BACKGROUND_LANE: f64 = 16.0;
const LANE_GAP: f64 = 4.0;
/// Above the lanes of a row, for its marks.
const MARKS: f64 = NOTE * 1.5;
const ROW_GAP: f64 = 16.0;
/// From the labels to the frame.
const LABEL_GAP: f64 = 16.0;
/// A block is drawn at least this wide, so that none is lost.
const LEAST_WIDTH: f64 = 0.7;
/// Behind the blocks: nothing is known to be done.
const IDLE: Rgb = [244, 244, 242];

/// By kinds, told apart with any colour vision; what is waited for is the most striking.
const COLORS: [Rgb; 12] = [
    [0, 114, 178],
    [110, 190, 235],
    [0, 158, 115],
    [240, 180, 40],
    [250, 235, 90],
    [213, 64, 0],
    [130, 205, 170],
    [175, 195, 70],
    [204, 121, 167],
    [120, 94, 160],
    [80, 60, 50],
    [150, 156, 166],
];

impl Timeline {
    /// Writes the picture: SVG if `path` ends in `.svg`, else PNG.
    ///
    /// # Errors
    /// `Error::Io` if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        paint::save(&self.scene(), path)
    }

    fn scene(&self) -> Scene {
        let scale = Scale::covering(0.0, self.span.1 - self.span.0, false);
        let unit = units::for_axis("s", scale.lo, scale.hi);
        let axis = Axis::horizontal("Time", &unit, scale, WIDTH);
        let labels = text::widest(self.rows.iter().map(|row| row.label.as_str()), LABEL);
        let notes = text::widest(self.rows.iter().map(|row| row.note.as_str()), NOTE);
        let left = (MARGIN + labels.max(notes) + LABEL_GAP).round();
        let width = (left + WIDTH + axis.overhang() + MARGIN).round();
        let heading = Heading::new(&self.title, &self.subtitle, width - 2.0 * MARGIN);
        let legend = self.legend();

        let mut scene = Scene {
            width,
            ..Scene::default()
        };
        heading.draw(&mut scene, (MARGIN, MARGIN));
        let top = (MARGIN + heading.height() + legend.height()).round();
        legend.draw(&mut scene, (left + WIDTH, top - legend.height()));
        let height = self.rows.len() as f64 * row_height() + ROW_GAP;
        for (place, _) in &axis.ticks.major {
            let x = (left + place * WIDTH).round();
            scene.path(vec![(x, top), (x, top + height)], LINE, PALE);
        }
        for (n, row) in self.rows.iter().enumerate() {
            self.draw_row(&mut scene, (left, top + n as f64 * row_height()), row, scale);
        }
        scene.frame((left, top), WIDTH, height);
        let bottom = top + height;
        axis.draw_below(&mut scene, (left, bottom), WIDTH);
        let mut end = bottom + axis.space_below();
        let lines = text::wrapped(&self.note, NOTE, WIDTH);
        text::write_lines(&mut scene, (left, end + 4.0), &lines, NOTE, FAINT);
        end += text::height(&lines, NOTE);
        scene.height = (end + MARGIN).round();
        scene
    }

    /// The kinds that occur, in their order.
    fn legend(&self) -> Legend {
        let occurs = |kind: usize| {
            let mut all = self
                .rows
                .iter()
                .flat_map(|row| row.blocks.iter().chain(&row.background));
            all.any(|block| block.kind == kind && self.place(block).is_some())
        };
        let kinds = self.kinds.iter().enumerate().filter(|(kind, _)| occurs(*kind));
        Legend::of_blocks(kinds.map(|(kind, name)| (color(kind), name.as_str())), WIDTH)
    }

    /// Where a block begins and ends, in seconds from the beginning of the picture; none for one that is outside.
    fn place(&self, block: &Block) -> Option<(f64, f64)> {
        let (first, last) = self.span;
        let is_seen = block.start < last && block.end > first;
        is_seen.then(|| (block.start.max(first) - first, block.end.min(last) - first))
    }

    /// Draws a row whose part of the frame has its upper left corner at `at`.
    fn draw_row(&self, scene: &mut Scene, at: Point, row: &TimelineRow, scale: Scale) {
        let top = (at.1 + ROW_GAP + MARKS).round();
        let below = top + LANE + LANE_GAP;
        let middle = top + 0.5 * LANE;
        let text_end = at.0 - LABEL_GAP;
        let (up, down) = match row.note.is_empty() {
            true => (0.0, 0.0),
            false => (0.5 * NOTE, 0.62 * LABEL),
        };
        scene.text((text_end, middle - up), Align::End, LABEL, INK, &*row.label);
        scene.text((text_end, middle + down), Align::End, NOTE, FAINT, &*row.note);
        for (lane_top, height, blocks) in [(top, LANE, &row.blocks), (below, BACKGROUND_LANE, &row.background)] {
            let middle = lane_top + 0.5 * height;
            // Straight lines have exact edges.
            let mut draw = |x: f64, width: f64, color| {
                let left = at.0 + x;
                scene.path(vec![(left, middle), (left + width, middle)], height, color);
            };
            draw(0.0, WIDTH, IDLE);
            for block in blocks {
                let Some((start, end)) = self.place(block) else {
                    continue;
                };
                let [x, end] = [start, end].map(|time| scale.fraction(time) * WIDTH);
                let width = (end - x).max(LEAST_WIDTH).min(WIDTH - x);
                draw(x, width, color(block.kind));
            }
        }
        self.draw_marks(scene, (at.0, top), row, scale);
    }

    fn draw_marks(&self, scene: &mut Scene, at: Point, row: &TimelineRow, scale: Scale) {
        let x_of = |mark: &TimelineMark| at.0 + scale.fraction(mark.at - self.span.0) * WIDTH;
        let (first, last) = self.span;
        let seen: Vec<&TimelineMark> = row
            .marks
            .iter()
            .filter(|mark| (first..last).contains(&mark.at))
            .collect();
        for (n, mark) in seen.iter().enumerate() {
            let x = x_of(mark);
            scene.path(vec![(x, at.1 - MARKS), (x, at.1 + LANE)], LINE, INK);
            let end = seen.get(n + 1).map_or(at.0 + WIDTH, |next| x_of(next));
            if x + text_width(&mark.text, NOTE) + 16.0 < end {
                scene.text((x + 8.0, at.1 - 0.55 * MARKS), Align::Start, NOTE, INK, &*mark.text);
            }
        }
    }
}

fn row_height() -> f64 {
    ROW_GAP + MARKS + LANE + LANE_GAP + BACKGROUND_LANE
}

fn color(kind: usize) -> Rgb {
    COLORS[kind.min(COLORS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scene::Shape;
    use crate::plot::scene::tests::assert_tidy;

    fn row(label: &str, n_marks: usize) -> TimelineRow {
        let block = |start: f64, kind| Block {
            start,
            end: start + 2e-3,
            kind,
        };
        let mark = |n: usize| TimelineMark {
            at: 10.0 + 0.01 * n as f64 / n_marks as f64,
            text: format!("step {n}"),
        };
        TimelineRow {
            label: label.into(),
            note: "a-host-of-the-cluster".into(),
            blocks: vec![block(10.0, 0), block(10.002, 1), block(11.0, 3)],
            background: vec![block(9.999, 11)],
            marks: (0..n_marks).map(mark).collect(),
        }
    }

    fn timeline(rows: Vec<TimelineRow>) -> Timeline {
        Timeline {
            title: "a run".into(),
            subtitle: "steps 0 to 2".into(),
            kinds: (0..12).map(|kind| format!("kind {kind}")).collect(),
            span: (10.0, 10.01),
            rows,
            note: "rank 0 and rank 1 of 17".into(),
        }
    }

    #[test]
    fn nothing_overlaps_with_any_number_of_rows_and_marks() {
        for n_rows in [0, 1, 2, 16] {
            for n_marks in [1, 3, 200] {
                let rows = (0..n_rows).map(|n| row(&format!("rank {n}"), n_marks)).collect();
                assert_tidy(&timeline(rows).scene());
            }
        }
    }

    #[test]
    fn blocks_are_cut_at_the_ends_and_only_what_is_seen_is_named() {
        let scene = timeline(vec![row("rank 0", 1)]).scene();
        let named = |name: &str| {
            let is_named = |shape: &Shape| matches!(shape, Shape::Text(text) if text.text == name);
            scene.shapes.iter().any(is_named)
        };
        assert!(named("kind 0") && named("kind 1") && named("kind 11") && !named("kind 3") && !named("kind 2"));
        assert!(named("Time (ms)") && named("step 0"));
        let colored: Vec<f64> = scene
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Path(points, width, color) if *color == COLORS[11] && *width == BACKGROUND_LANE => {
                    Some(points[1].0 - points[0].0)
                }
                _ => None,
            })
            .collect();
        // A tenth of the picture, since the block began before it.
        assert!(
            colored.len() == 1 && (colored[0] - 0.1 * WIDTH).abs() < 1.0,
            "{colored:?}"
        );
    }
}
