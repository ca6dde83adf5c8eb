//! The names of lines or blocks, above the panel that shows them.

use super::colormap::Rgb;
use super::lines::STROKE;
use super::paint::text_width;
use super::scene::{Align, INK, Point, Scene};
use super::text::{LEADING, NOTE};

/// The height of a row.
const ROW: f64 = NOTE * LEADING;
/// The space between a stroke and its name, and that after the name.
const KEY_GAP: f64 = 9.0;
const ENTRY_GAP: f64 = 26.0;

/// The stroke in front of a name.
#[derive(Clone, Copy)]
struct Key {
    length: f64,
    width: f64,
}

const LINE: Key = Key {
    length: 34.0,
    width: STROKE,
};
const BLOCK: Key = Key {
    length: 22.0,
    width: 15.0,
};

/// Names beside a stroke of their colour, in rows.
pub struct Legend {
    rows: Vec<Vec<(Rgb, String)>>,
    key: Key,
}

impl Legend {
    /// The legend of several lines in rows at most `width` pixels wide; empty for a lone one, which the axis names.
    pub fn new<'a>(entries: impl ExactSizeIterator<Item = (Rgb, &'a str)>, width: f64) -> Legend {
        match entries.len() {
            0 | 1 => Legend::in_rows(std::iter::empty(), width, LINE),
            _ => Legend::in_rows(entries, width, LINE),
        }
    }

    /// The legend of kinds of blocks.
    pub fn of_blocks<'a>(entries: impl Iterator<Item = (Rgb, &'a str)>, width: f64) -> Legend {
        Legend::in_rows(entries, width, BLOCK)
    }

    fn in_rows<'a>(entries: impl Iterator<Item = (Rgb, &'a str)>, width: f64, key: Key) -> Legend {
        let mut rows: Vec<Vec<(Rgb, String)>> = Vec::new();
        let mut room = 0.0;
        for (color, name) in entries {
            let entry = key.length + entry_width(name);
            match rows.last_mut() {
                Some(row) if entry <= room => row.push((color, name.to_string())),
                _ => {
                    room = width;
                    rows.push(vec![(color, name.to_string())]);
                }
            }
            room -= entry;
        }
        Legend { rows, key }
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
        let Key { length, width } = self.key;
        for (n, row) in self.rows.iter().enumerate() {
            let middle = (at.1 + (n as f64 + 0.5) * ROW).round();
            let mut left = at.0 + ENTRY_GAP - row.iter().map(|(_, name)| length + entry_width(name)).sum::<f64>();
            for (color, name) in row {
                scene.path(vec![(left, middle), (left + length, middle)], width, *color);
                scene.text((left + length + KEY_GAP, middle), Align::Start, NOTE, INK, name);
                left += length + entry_width(name);
            }
        }
    }
}

/// What a name takes behind its stroke.
fn entry_width(name: &str) -> f64 {
    KEY_GAP + text_width(name, NOTE) + ENTRY_GAP
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
