//! The names of lines or areas, above the panel that shows them.

use super::colormap::Rgb;
use super::lines::STROKE;
use super::paint::text_width;
use super::scene::{Align, INK, Point, Scene};
use super::text::{LEADING, NOTE};

/// The height of a row.
const ROW: f64 = NOTE * LEADING;
/// The stroke in front of a name, the space between them, and that after the name.
const KEY: f64 = 34.0;
const KEY_GAP: f64 = 9.0;
const ENTRY_GAP: f64 = 26.0;
/// The width of a stroke that stands for an area.
const BLOCK: f64 = 15.0;

/// Names of lines beside a stroke of their colour, in rows.
pub struct Legend {
    rows: Vec<Vec<(Rgb, String)>>,
    /// The width of the strokes.
    stroke: f64,
}

impl Legend {
    /// The legend of several lines in rows at most `width` pixels wide; empty for a lone one, which the axis names.
    pub fn new<'a>(entries: impl ExactSizeIterator<Item = (Rgb, &'a str)>, width: f64) -> Legend {
        let mut rows: Vec<Vec<(Rgb, String)>> = Vec::new();
        if entries.len() < 2 {
            return Legend { rows, stroke: STROKE };
        }
        let mut room = 0.0;
        for (color, name) in entries {
            let entry = entry_width(name);
            match rows.last_mut() {
                Some(row) if entry <= room => row.push((color, name.to_string())),
                _ => {
                    room = width;
                    rows.push(vec![(color, name.to_string())]);
                }
            }
            room -= entry;
        }
        Legend { rows, stroke: STROKE }
    }

    /// The same with strokes as wide as blocks, for areas.
    pub fn with_blocks(self) -> Legend {
        Legend { stroke: BLOCK, ..self }
    }

    /// The space that the rows take above a frame.
    pub fn height(&self) -> f64 {
        if self.rows.is_empty() {
            0.0
        } else {
            self.rows.len() as f64 * ROW + 6.0
        }
    }

    /// Draws the legend with its upper right corner at `at`.
    pub fn draw(&self, scene: &mut Scene, at: Point) {
        for (n, row) in self.rows.iter().enumerate() {
            let middle = (at.1 + (n as f64 + 0.5) * ROW).round();
            let mut left = at.0 + ENTRY_GAP - row.iter().map(|(_, name)| entry_width(name)).sum::<f64>();
            for (color, name) in row {
                scene.path(vec![(left, middle), (left + KEY, middle)], self.stroke, *color);
                scene.text((left + KEY + KEY_GAP, middle), Align::Start, NOTE, INK, name);
                left += entry_width(name);
            }
        }
    }
}

fn entry_width(name: &str) -> f64 {
    KEY + KEY_GAP + text_width(name, NOTE) + ENTRY_GAP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legend(names: &[&str]) -> Legend {
        Legend::new(names.iter().map(|name| ([0; 3], *name)), 400.0)
    }

    #[test]
    fn a_lone_line_has_no_legend() {
        assert_eq!(legend(&["mass"]).height(), 0.0);
    }

    #[test]
    fn names_that_do_not_fit_beside_each_other_go_to_the_next_row() {
        let widths = legend(&["a", "b", "a rather long name", "another long name"]).rows;
        assert_eq!(widths.iter().map(Vec::len).collect::<Vec<usize>>(), [3, 1]);
    }
}
