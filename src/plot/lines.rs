//! Quantities over a common axis, as lines: one panel per quantity, below each other.

use std::path::Path;

use super::axis::Axis;
use super::colormap::{Colormap, Rgb};
use super::figure::{Heading, MARGIN};
use super::legend::Legend;
use super::paint;
use super::scale::Scale;
use super::scene::{Align, FAINT, LINE, PALE, Point, Scene};
use super::text::LABEL;
use super::units::{self, Unit};
use crate::error::Result;

/// A line: points in order, and what it is called in the legend. A point that is not finite, or not above zero where the
/// axis is logarithmic, breaks the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    /// x and y of the points, in the units of the plot.
    pub points: Vec<(f64, f64)>,
    /// A thin line of the same colour beside it, as the slope that theory gives; empty for none.
    pub guide: Vec<(f64, f64)>,
}

impl Series {
    /// Everything that has to lie within the frame.
    fn all_points(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.points.iter().chain(&self.guide)
    }
}

/// One quantity, or several of one unit, over the common x axis.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePanel {
    pub label: String,
    pub unit: String,
    pub log_y: bool,
    /// A legend names them if there are several, and if they are not called as those of the panel above.
    pub series: Vec<Series>,
}

/// Panels of lines with a common x axis, the first on top.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePlot {
    pub title: String,
    pub subtitle: String,
    pub x_label: String,
    /// `s` and `m` are shown with the prefix that fits the range.
    pub x_unit: String,
    pub log_x: bool,
    pub panels: Vec<LinePanel>,
}

const WIDTH: f64 = 1000.0;
/// The width of lines, in pixels.
pub const STROKE: f64 = 2.6;
const GUIDE_STROKE: f64 = 1.2;
const DOT: f64 = 4.0;
/// A line of fewer points than this shows them as dots.
const FEW_POINTS: usize = 40;
const PANEL_GAP: f64 = 26.0;

impl LinePlot {
    /// Writes the picture: SVG if `path` ends in `.svg`, else PNG.
    ///
    /// # Errors
    /// `Error::Io` if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        paint::save(&self.scene(&[]), path)
    }

    /// The same with the ticks of the x axis at these values, upwards, instead of round numbers.
    ///
    /// # Errors
    /// As [`LinePlot::save`].
    pub fn save_with_ticks(&self, path: &Path, x_ticks: &[f64]) -> Result<()> {
        paint::save(&self.scene(x_ticks), path)
    }

    fn scene(&self, x_ticks: &[f64]) -> Scene {
        let x_scale = self.x_scale();
        let x_unit = units::for_axis(&self.x_unit, x_scale.lo, x_scale.hi);
        let x_axis = match x_ticks {
            [] => Axis::horizontal(&self.x_label, &x_unit, x_scale, WIDTH),
            values => Axis::horizontal_at(&self.x_label, &x_unit, x_scale, WIDTH, values),
        };
        let height = match self.panels.len() {
            0 | 1 => 540.0,
            2 => 330.0,
            _ => 240.0,
        };
        let panels: Vec<Laid> = self
            .panels
            .iter()
            .enumerate()
            .map(|(n, panel)| Laid::new(panel, x_scale, self.log_x, height, self.has_legend(n)))
            .collect();
        let space = panels.iter().map(|laid| laid.y_axis.space_beside()).fold(0.0, f64::max);
        let left = (MARGIN + space).round();
        let width = (left + WIDTH + x_axis.overhang() + MARGIN).round();
        let heading = Heading::new(&self.title, &self.subtitle, width - MARGIN - left);

        let mut scene = Scene {
            width,
            ..Scene::default()
        };
        heading.draw(&mut scene, (left, MARGIN));
        let mut end = (MARGIN + heading.height()).round();
        for (n, laid) in panels.iter().enumerate() {
            let gap = if n > 0 { PANEL_GAP } else { 0.0 };
            let top = (end + gap + laid.legend.height()).round();
            laid.draw(&mut scene, (left, top), &x_axis, space);
            end = top + height;
        }
        x_axis.draw_below(&mut scene, (left, end), WIDTH);
        scene.height = (end + x_axis.space_below() + MARGIN).round();
        scene
    }

    /// Whether the panel names its lines: not where they are called as those of the panel above.
    fn has_legend(&self, panel: usize) -> bool {
        let names = |panel: usize| self.panels[panel].series.iter().map(|series| &series.name);
        panel == 0 || !names(panel).eq(names(panel - 1))
    }

    fn x_scale(&self) -> Scale {
        let points = self
            .panels
            .iter()
            .flat_map(|panel| &panel.series)
            .flat_map(Series::all_points);
        let scale = scale_of(points.map(|point| point.0), self.log_x);
        // A time axis ends with the run; on a logarithmic axis the outermost points are points like all others.
        if self.log_x { scale.padded(0.03) } else { scale }
    }
}

/// The scale that covers all values that can be shown.
fn scale_of(values: impl Iterator<Item = f64>, log: bool) -> Scale {
    let shown = values.filter(|value| is_shown(*value, log));
    let (lo, hi) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), value| {
        (lo.min(value), hi.max(value))
    });
    match (lo <= hi, log) {
        (true, _) => Scale::covering(lo, hi, log),
        (false, true) => Scale { lo: 0.1, hi: 1.0, log },
        (false, false) => Scale { lo: 0.0, hi: 1.0, log },
    }
}

fn is_shown(value: f64, log: bool) -> bool {
    value.is_finite() && (!log || value > 0.0)
}

/// A panel with its axis and its lines, the places of points from 0 to 1 in both directions.
struct Laid {
    y_axis: Axis,
    height: f64,
    lines: Vec<(Rgb, Vec<Vec<Point>>)>,
    guides: Vec<(Rgb, Vec<Vec<Point>>)>,
    legend: Legend,
}

impl Laid {
    fn new(panel: &LinePanel, x_scale: Scale, log_x: bool, height: f64, has_legend: bool) -> Laid {
        let points = panel.series.iter().flat_map(Series::all_points);
        let beside_x = points.filter(|point| is_shown(point.0, log_x)).map(|point| point.1);
        let y_scale = scale_of(beside_x, panel.log_y).padded(0.06);
        let unit = Unit {
            name: units::pretty(&panel.unit),
            size: 1.0,
        };
        let colors = colors(panel.series.len());
        let places = |points: &[(f64, f64)]| pieces(points, x_scale, y_scale);
        let drawn = |points: &dyn Fn(&Series) -> Vec<Vec<Point>>| {
            colors.iter().copied().zip(panel.series.iter().map(points)).collect()
        };
        let named = if has_legend { &panel.series[..] } else { &[] };
        let names = named.iter().map(|series| series.name.as_str());
        Laid {
            y_axis: Axis::vertical(&panel.label, &unit, y_scale, height),
            height,
            lines: drawn(&|series| places(&series.points)),
            guides: drawn(&|series| places(&series.guide)),
            legend: Legend::new(colors.iter().copied().zip(names), WIDTH),
        }
    }

    /// Draws the panel with the upper left corner of its frame at `at`; the legend stands above the frame, where it
    /// covers no line.
    fn draw(&self, scene: &mut Scene, at: Point, x_axis: &Axis, space: f64) {
        let corner = (at.0, at.1 + self.height);
        for (place, _) in &x_axis.ticks.major {
            let x = (at.0 + place * WIDTH).round();
            scene.path(vec![(x, at.1), (x, corner.1)], LINE, PALE);
        }
        for (place, _) in &self.y_axis.ticks.major {
            let y = (corner.1 - place * self.height).round();
            scene.path(vec![(at.0, y), (at.0 + WIDTH, y)], LINE, PALE);
        }
        if self.lines.iter().all(|(_, pieces)| pieces.is_empty()) {
            let middle = (at.0 + 0.5 * WIDTH, at.1 + 0.5 * self.height);
            scene.text(middle, Align::Middle, LABEL, FAINT, "no values to show");
        }
        let pixel = |p: &Point| (at.0 + p.0 * WIDTH, corner.1 - p.1 * self.height);
        for (color, pieces) in &self.guides {
            let paths = pieces
                .iter()
                .map(|piece| piece.iter().map(pixel).collect::<Vec<Point>>());
            paths
                .filter(|path| path.len() > 1)
                .for_each(|path| scene.path(path, GUIDE_STROKE, *color));
        }
        for (color, pieces) in &self.lines {
            let n_points: usize = pieces.iter().map(Vec::len).sum();
            for piece in pieces {
                let pixels: Vec<Point> = piece.iter().map(pixel).collect();
                if n_points < FEW_POINTS || pixels.len() == 1 {
                    pixels.iter().for_each(|point| dot(scene, *point, *color));
                }
                if pixels.len() > 1 {
                    scene.path(pixels, STROKE, *color);
                }
            }
        }
        scene.frame(at, WIDTH, self.height);
        x_axis.draw_ticks_below(scene, corner, WIDTH);
        self.y_axis.draw_left(scene, corner, self.height, space);
        self.legend.draw(scene, (at.0 + WIDTH, at.1 - self.legend.height()));
    }
}

fn dot(scene: &mut Scene, (x, y): Point, color: Rgb) {
    let corner = |n: u32| f64::from(n) * std::f64::consts::TAU / 16.0;
    scene.polygon(
        (0..16)
            .map(|n| (x + DOT * corner(n).cos(), y + DOT * corner(n).sin()))
            .collect(),
        color,
    );
}

/// The unbroken pieces of a line as places on the scales, thinned to what a column of pixels can show.
fn pieces(points: &[(f64, f64)], x: Scale, y: Scale) -> Vec<Vec<Point>> {
    let places: Vec<Option<Point>> = points
        .iter()
        .map(|point| {
            (is_shown(point.0, x.log) && is_shown(point.1, y.log)).then(|| (x.fraction(point.0), y.fraction(point.1)))
        })
        .collect();
    let unbroken = places.split(Option::is_none).filter(|piece| !piece.is_empty());
    unbroken.map(|piece| thinned(piece.iter().flatten().copied())).collect()
}

/// Of the points that follow each other in one column of pixels: the first, the lowest, the highest and the last.
fn thinned(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut kept = Vec::new();
    let mut column: Vec<Point> = Vec::new();
    let number = |point: &Point| (point.0 * WIDTH) as i64;
    for point in points {
        if column.first().is_some_and(|first| number(first) != number(&point)) {
            keep(&mut kept, &mut column);
        }
        column.push(point);
    }
    keep(&mut kept, &mut column);
    kept
}

fn keep(kept: &mut Vec<Point>, column: &mut Vec<Point>) {
    if column.len() <= 4 {
        return kept.append(column);
    }
    let by_height = |a: &&Point, b: &&Point| a.1.total_cmp(&b.1);
    let extremes = [column.iter().min_by(by_height), column.iter().max_by(by_height)];
    let mut chosen: Vec<Point> = [column.first(), column.last()]
        .into_iter()
        .chain(extremes)
        .flatten()
        .copied()
        .collect();
    chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
    kept.append(&mut chosen);
    column.clear();
}

/// Colours that people with any colour vision tell apart (M. Okabe and K. Ito, Color Universal Design, 2008), in the
/// order in which they are best told on white; for more lines than these, steps along viridis.
fn colors(count: usize) -> Vec<Rgb> {
    const DISTINCT: [Rgb; 7] = [
        [0, 114, 178],
        [213, 94, 0],
        [0, 158, 115],
        [204, 121, 167],
        [0, 0, 0],
        [86, 180, 233],
        [230, 159, 0],
    ];
    if count <= DISTINCT.len() {
        return DISTINCT[..count].to_vec();
    }
    // The yellow end is too pale for lines on white.
    (0..count)
        .map(|n| Colormap::Viridis.at(0.92 * n as f64 / (count - 1) as f64))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scene::tests::assert_tidy;

    fn panel(label: &str, log_y: bool, n_series: usize, value: impl Fn(f64) -> f64) -> LinePanel {
        let points = |k: usize| {
            (0..3000)
                .map(|i| (5.0 * f64::from(i), value(f64::from(i)) * (k + 1) as f64))
                .collect()
        };
        let series = (0..n_series)
            .map(|k| Series {
                name: format!("field {k}"),
                points: points(k),
                guide: if k == 0 { points(9) } else { Vec::new() },
            })
            .collect();
        LinePanel {
            label: label.into(),
            unit: "kg/m3".into(),
            log_y,
            series,
        }
    }

    fn plot(panels: Vec<LinePanel>) -> LinePlot {
        LinePlot {
            title: "History".into(),
            subtitle: "3000 steps on 2 ranks".into(),
            x_label: "Time".into(),
            x_unit: "s".into(),
            log_x: false,
            panels,
        }
    }

    #[test]
    fn nothing_is_clipped_or_overlaps_with_any_panels() {
        let mass = |i: f64| 1e7 * (1.0 + i);
        let maximum = |i: f64| 1e-4 * (-i / 100.0).exp();
        let steady = |i: f64| 1234.5 + 1e-9 * i;
        assert_tidy(&plot(vec![panel("Mass", false, 1, mass)]).scene(&[]));
        assert_tidy(&plot(vec![panel("Mass", false, 12, mass), panel("Maximum", true, 2, maximum)]).scene(&[]));
        let all = vec![
            panel("Mass", false, 3, mass),
            panel("Maximum", true, 2, maximum),
            panel("Sum", false, 1, steady),
        ];
        assert_tidy(&plot(all).scene(&[]));
        assert_tidy(
            &plot(vec![
                panel("Nothing", true, 2, |_| -1.0),
                panel("Constant", false, 1, |_| 0.0),
            ])
            .scene(&[]),
        );
        assert_tidy(&plot(vec![panel("No series", false, 0, mass)]).scene(&[]));
        assert_tidy(&plot(vec![panel("Mass", false, 1, mass)]).scene(&[0.0, 3600.0, 3601.0, 14_000.0]));
    }

    #[test]
    fn lines_are_named_once_where_panels_below_have_the_same() {
        let panels = vec![
            panel("Mass", false, 2, |i| i),
            panel("Maximum", false, 2, |i| -i),
            panel("Norm", false, 3, |i| i),
        ];
        let shapes = format!("{:?}", plot(panels).scene(&[]).shapes);
        assert_eq!(
            shapes.matches("field 1").count(),
            2,
            "above the first panel and the last"
        );
    }

    #[test]
    fn the_time_axis_is_in_the_unit_of_its_range() {
        let shapes = format!("{:?}", plot(vec![panel("Mass", false, 1, |i| i)]).scene(&[]).shapes);
        assert!(shapes.contains("Time (h)"), "15 000 s are hours");
    }

    #[test]
    fn a_value_that_cannot_be_shown_breaks_the_line() {
        let unit = Scale {
            lo: 0.1,
            hi: 1.0,
            log: false,
        };
        let log = Scale { log: true, ..unit };
        let points = [
            (0.1, 0.5),
            (0.2, -1.0),
            (0.3, 0.5),
            (0.4, f64::NAN),
            (0.5, 0.5),
            (0.6, 0.7),
        ];
        let lengths = |y| pieces(&points, unit, y).iter().map(Vec::len).collect::<Vec<usize>>();
        assert_eq!(lengths(unit), [3, 2]);
        assert_eq!(lengths(log), [1, 1, 2]);
    }

    #[test]
    fn thinning_keeps_the_extremes() {
        let n = 100_000;
        let points = (0..n).map(|i| {
            (
                f64::from(i) / f64::from(n),
                if i == 77_777 { 9.0 } else { f64::from(i % 7) },
            )
        });
        let kept = thinned(points);
        assert!(kept.len() <= 4 * WIDTH as usize);
        assert!(kept.iter().any(|p| p.1 == 9.0) && kept.windows(2).all(|w| w[0].0 <= w[1].0));
    }

    #[test]
    fn a_plot_is_the_same_bytes_twice() {
        let folder = tempfile::tempdir().unwrap();
        let plot = plot(vec![panel("Maximum", true, 2, |i| 1.0 + i)]);
        let write = |name: &str| {
            let path = folder.path().join(name);
            plot.save(&path).unwrap();
            std::fs::read(path).unwrap()
        };
        assert_eq!(write("a.png"), write("b.png"));
        assert_eq!(write("a.svg"), write("b.svg"));
        let svg = String::from_utf8(write("c.svg")).unwrap();
        let scene = plot.scene(&[]);
        assert!(
            svg.starts_with(&format!("<svg width=\"{}\" height=\"{}\"", scene.width, scene.height)),
            "size in pixels"
        );
    }
}
