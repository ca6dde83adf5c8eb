//! An axis: its range in the unit that reads best, its ticks, and how they stand beside a frame.

use super::scale::{Scale, Ticks};
use super::scene::{Align, INK, LINE, Point, Scene};
use super::text::{self, LABEL, LEADING, TICK};
use super::ticks::short_number;
use super::units::Unit;

/// What an axis of an image shows, and where the image begins and ends: the outer edges of the first and last cell.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisRange {
    pub label: String,
    /// `m` and `s` are shown with the prefix that fits the range.
    pub unit: String,
    /// Ends, in `unit`; `lo < hi`.
    pub lo: f64,
    pub hi: f64,
}

/// An axis with its ticks chosen for a length in pixels.
pub struct Axis {
    pub ticks: Ticks,
    /// What is written beside the axis, in lines.
    title: Vec<String>,
}

const TICK_LENGTH: f64 = 8.0;
const MINOR_LENGTH: f64 = 5.0;
/// From a tick to its text.
const GAP: f64 = 7.0;
/// From the texts of a vertical axis to its title.
const TITLE_GAP: f64 = 11.0;

impl Axis {
    /// An axis below a frame; `scale` is in the unit of the data, of which `unit.size` make one that is shown. It has
    /// as many ticks as their texts leave room for.
    pub fn horizontal(label: &str, unit: &Unit, scale: Scale, length: f64) -> Axis {
        let width = |text: &str| text::widest(std::iter::once(text), TICK);
        let ticks = fitting(in_unit(scale, unit), length, TICK, width);
        let title = text::wrapped(&ticks.title(label, &unit.name), LABEL, length.max(320.0));
        Axis { ticks, title }
    }

    /// An axis below a frame with ticks at these values, in the unit of the data and upwards, as far as their texts leave room
    /// for each other.
    pub fn horizontal_at(label: &str, unit: &Unit, scale: Scale, length: f64, values: &[f64]) -> Axis {
        let mut major: Vec<(f64, String)> = Vec::new();
        let mut end = f64::NEG_INFINITY;
        for value in values {
            let (place, text) = (scale.fraction(*value), short_number(value / unit.size));
            let half = 0.5 * text::widest(std::iter::once(text.as_str()), TICK);
            if place * length - half >= end {
                end = place * length + half + 0.5 * TICK;
                major.push((place, text));
            }
        }
        let ticks = Ticks {
            major,
            minor: Vec::new(),
            exponent: 0,
            offset: None,
        };
        let title = text::wrapped(&ticks.title(label, &unit.name), LABEL, length.max(320.0));
        Axis { ticks, title }
    }

    /// An axis beside a frame, left or right.
    pub fn vertical(label: &str, unit: &Unit, scale: Scale, length: f64) -> Axis {
        let ticks = fitting(in_unit(scale, unit), length, 0.9 * TICK, |_| TICK);
        let title = text::wrapped(&ticks.title(label, &unit.name), LABEL, length.max(160.0));
        Axis { ticks, title }
    }

    /// The space that ticks, texts and title take below a frame.
    pub fn space_below(&self) -> f64 {
        TICK_LENGTH + GAP + TICK * LEADING + GAP + text::height(&self.title, LABEL)
    }

    /// The space that ticks, texts and title take beside a frame.
    pub fn space_beside(&self) -> f64 {
        TICK_LENGTH + GAP + self.widest_text() + TITLE_GAP + text::height(&self.title, LABEL)
    }

    /// How far texts reach beyond the right end of a horizontal axis.
    pub fn overhang(&self) -> f64 {
        0.5 * self.widest_text()
    }

    fn widest_text(&self) -> f64 {
        text::widest(self.ticks.major.iter().map(|(_, text)| text.as_str()), TICK)
    }

    /// Draws the ticks below the frame whose lower left corner is `at`.
    pub fn draw_ticks_below(&self, scene: &mut Scene, at: Point, length: f64) {
        let mut tick = |place: f64, tick_length: f64| {
            let x = (at.0 + place * length).round();
            scene.path(vec![(x, at.1), (x, at.1 + tick_length)], LINE, INK);
        };
        self.ticks.minor.iter().for_each(|place| tick(*place, MINOR_LENGTH));
        self.ticks.major.iter().for_each(|(place, _)| tick(*place, TICK_LENGTH));
    }

    /// Draws ticks, texts and title below the frame whose lower left corner is `at`.
    pub fn draw_below(&self, scene: &mut Scene, at: Point, length: f64) {
        self.draw_ticks_below(scene, at, length);
        let middle = at.1 + TICK_LENGTH + GAP + 0.5 * TICK * LEADING;
        for (place, text) in &self.ticks.major {
            scene.text(
                ((at.0 + place * length).round(), middle),
                Align::Middle,
                TICK,
                INK,
                text,
            );
        }
        let top = middle + 0.5 * TICK * LEADING + GAP;
        for (n, line) in self.title.iter().enumerate() {
            let middle = top + (n as f64 + 0.5) * LABEL * LEADING;
            scene.text((at.0 + 0.5 * length, middle), Align::Middle, LABEL, INK, line);
        }
    }

    /// Draws the axis left of the frame whose lower left corner is `at`, its title `space` away.
    pub fn draw_left(&self, scene: &mut Scene, at: Point, length: f64, space: f64) {
        self.draw_vertical(scene, at, length, -1.0);
        text::write_lines_upwards(scene, (at.0 - space, at.1 - 0.5 * length), &self.title, LABEL, INK);
    }

    /// Draws the axis right of the frame whose lower right corner is `at`.
    pub fn draw_right(&self, scene: &mut Scene, at: Point, length: f64) {
        self.draw_vertical(scene, at, length, 1.0);
        let left = at.0 + self.space_beside() - text::height(&self.title, LABEL);
        text::write_lines_upwards(scene, (left, at.1 - 0.5 * length), &self.title, LABEL, INK);
    }

    /// Draws ticks and texts, towards the left or the right as `side` says by its sign.
    fn draw_vertical(&self, scene: &mut Scene, at: Point, length: f64, side: f64) {
        for place in &self.ticks.minor {
            let y = (at.1 - place * length).round();
            scene.path(vec![(at.0, y), (at.0 + side * MINOR_LENGTH, y)], LINE, INK);
        }
        let align = if side < 0.0 { Align::End } else { Align::Start };
        for (place, text) in &self.ticks.major {
            let y = (at.1 - place * length).round();
            scene.path(vec![(at.0, y), (at.0 + side * TICK_LENGTH, y)], LINE, INK);
            scene.text((at.0 + side * (TICK_LENGTH + GAP), y), align, TICK, INK, text);
        }
    }
}

fn in_unit(scale: Scale, unit: &Unit) -> Scale {
    Scale {
        lo: scale.lo / unit.size,
        hi: scale.hi / unit.size,
        log: scale.log,
    }
}

/// As many ticks as leave `gap` pixels between texts, of which each is `extent` long in the direction of the axis.
fn fitting(scale: Scale, length: f64, gap: f64, extent: impl Fn(&str) -> f64) -> Ticks {
    let (few, most) = (2, 8);
    let has_room = |ticks: &Ticks| {
        ticks.major.windows(2).all(|pair| {
            let distance = (pair[1].0 - pair[0].0) * length;
            distance >= 0.5 * (extent(&pair[0].1) + extent(&pair[1].1)) + gap
        })
    };
    let fitting = (few..=most).rev().map(|at_most| scale.ticks(at_most)).find(has_room);
    fitting.unwrap_or_else(|| scale.ticks(few))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::units;

    #[test]
    fn a_short_axis_has_fewer_ticks() {
        let scale = Scale::covering(0.0, 20e3, false);
        let unit = units::for_axis("m", 0.0, 20e3);
        let count = |length| Axis::horizontal("x", &unit, scale, length).ticks.major.len();
        assert!(count(120.0) >= 2 && count(120.0) < count(1000.0));
    }

    #[test]
    fn ticks_stand_where_they_are_wanted_and_have_room() {
        let scale = Scale::covering(1.0, 64.0, true);
        let unit = units::for_axis("", 1.0, 64.0);
        let axis = Axis::horizontal_at("Ranks", &unit, scale, 300.0, &[1.0, 8.0, 63.0, 64.0]);
        assert_eq!(
            axis.ticks.major,
            [
                (0.0, "1".into()),
                (0.5, "8".into()),
                (scale.fraction(63.0), "63".into())
            ]
        );
    }

    #[test]
    fn ticks_count_in_the_unit_that_is_shown() {
        let unit = units::for_axis("m", 0.0, 20e3);
        let axis = Axis::horizontal("x", &unit, Scale::covering(0.0, 20e3, false), 600.0);
        assert_eq!(axis.title, ["x (km)"]);
        assert_eq!(axis.ticks.major.last().unwrap().1, "20");
    }
}
