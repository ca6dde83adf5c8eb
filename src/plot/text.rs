//! Sizes of text, and text that has to keep within a width.

use super::colormap::Rgb;
use super::paint::text_width;
use super::scene::{Align, Point, Scene};

pub const TITLE: f64 = 28.0;
pub const SUBTITLE: f64 = 20.0;
pub const LABEL: f64 = 21.0;
pub const TICK: f64 = 19.0;
pub const NOTE: f64 = 17.0;

/// From one line to the next, per em.
pub const LEADING: f64 = 1.35;

/// `text` in lines no wider than `width` pixels, broken at spaces but not at non-breaking
/// ones; a single word may be wider.
pub fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_ascii_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if text_width(&longer, size) <= width {
                *line = longer;
                continue;
            }
        }
        lines.push(word.to_string());
    }
    lines
}

/// The height that lines of text take.
pub fn height(lines: &[String], size: f64) -> f64 {
    lines.len() as f64 * size * LEADING
}

/// Writes lines below each other, from the upper left corner `at` on.
pub fn write_lines(scene: &mut Scene, at: Point, lines: &[String], size: f64, color: Rgb) {
    for (n, line) in lines.iter().enumerate() {
        let middle = at.1 + (n as f64 + 0.5) * size * LEADING;
        scene.text((at.0, middle), Align::Start, size, color, line);
    }
}

/// Writes lines that run upwards, beside each other from `left` on and centred at the height `middle`.
pub fn write_lines_upwards(scene: &mut Scene, (left, middle): Point, lines: &[String], size: f64, color: Rgb) {
    for (n, line) in lines.iter().enumerate() {
        scene.text_upwards((left + (n as f64 + 0.5) * size * LEADING, middle), size, color, line);
    }
}

/// The widest of some lines.
pub fn widest<'a>(lines: impl Iterator<Item = &'a str>, size: f64) -> f64 {
    lines.map(|line| text_width(line, size)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_text_measures_wider_and_in_proportion_to_its_size() {
        assert!(text_width("WWW", 20.0) > text_width("iii", 20.0));
        // Capital W is 0.989 em wide in DejaVu Sans.
        assert!((text_width("W", 100.0) - 98.9).abs() < 1.0);
    }

    #[test]
    fn lines_keep_within_their_width_and_lose_no_word() {
        let text = "Concentration of sulphur dioxide at the ground, averaged over an hour";
        let lines = wrapped(text, 20.0, 300.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| text_width(line, 20.0) <= 300.0));
        assert_eq!(lines.join(" "), text);
        assert_eq!(wrapped("unbreakable", 20.0, 10.0), ["unbreakable"]);
        assert!(wrapped("", 20.0, 10.0).is_empty());
    }
}
