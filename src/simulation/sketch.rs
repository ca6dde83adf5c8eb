//! What stands on the grid, drawn with characters, and the names of everything in it.

use super::case::Case;
use crate::grid::{AXIS_NAMES, PerAxis};
use crate::kernels::{Fill, LandmarkKind, Scenery, Section};
use crate::plot::quantity;
use std::fmt::Write as _;

/// Characters of a sketch at most, and lines.
const WIDEST: f64 = 72.0;
const HIGHEST: f64 = 36.0;
/// How much higher than wide characters are.
const ASPECT: f64 = 2.0;

const BACKGROUND: char = '.';
const CONDUCTOR: char = '#';
const ABSORBER: char = ':';
const SOURCE: char = '*';
const PROBE: char = '+';

/// What a kernel tells of `case`, for people; nothing where it tells nothing.
pub fn sketch(case: &Case) -> String {
    let Some(scenery) = case.physics.scenery() else {
        return String::new();
    };
    let mut out = String::new();
    let n_used = scenery.fillings.iter().filter(|filling| filling.is_used).count();
    if n_used > 1 {
        for normal in normals(case) {
            let Some(section) = case.physics.section(normal) else {
                continue;
            };
            let sheet = Sheet::new(case, &scenery, &section);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\n{}", sheet.title());
            sheet.lines().iter().for_each(|line| out += &format!("  {line}\n"));
        }
        out += &key(case, &scenery);
    }
    out + &materials(&scenery)
}

/// The axes across the planes that are drawn: all three in 3D, z first.
pub(super) fn normals(case: &Case) -> Vec<usize> {
    let grid = &case.grid;
    let inactive = (0..3).rev().find(|&axis| !grid.is_active(axis));
    inactive.map_or(vec![2, 1, 0], |axis| vec![axis])
}

/// The axes within the plane across `normal`, to the right and upwards.
pub(super) fn axes_of(normal: usize) -> [usize; 2] {
    match normal {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}

/// Where the plane of `section` lies, as `x-y plane at z = 3 m`; in 2D, where there is only one, `x-y plane`.
pub(super) fn title_of(case: &Case, section: &Section) -> String {
    let (grid, normal) = (&case.grid, section.normal);
    let [x, y] = axes_of(normal).map(|axis| AXIS_NAMES[axis]);
    if grid.dims == 2 {
        return format!("{x}-{y} plane");
    }
    let place = grid.origin[normal] + (section.nodes.lo[normal] as f64 + 0.5) * grid.spacing[normal];
    let place = quantity(place, case.config.units.length());
    format!("{x}-{y} plane at {} = {place}", AXIS_NAMES[normal])
}

/// A box in a plane: from, to, along both axes.
pub(super) type Rectangle = [[f64; 2]; 2];

/// The part of a box within the plane of `section`, where the box comes within a cell of it.
pub(super) fn in_plane(case: &Case, section: &Section, from: PerAxis<f64>, to: PerAxis<f64>) -> Option<Rectangle> {
    let (grid, normal) = (&case.grid, section.normal);
    let lower = grid.origin[normal] + section.nodes.lo[normal] as f64 * grid.spacing[normal];
    let upper = lower + grid.spacing[normal];
    let is_met = !grid.is_active(normal) || from[normal] <= upper && to[normal] >= lower;
    is_met.then(|| axes_of(normal).map(|axis| [from[axis], to[axis]]))
}

/// One plane as characters.
struct Sheet<'a> {
    case: &'a Case,
    scenery: &'a Scenery,
    section: &'a Section,
    /// To the right, and upwards.
    axes: [usize; 2],
    n_nodes: [usize; 2],
    n_columns: usize,
    n_lines: usize,
}

impl<'a> Sheet<'a> {
    fn new(case: &'a Case, scenery: &'a Scenery, section: &'a Section) -> Sheet<'a> {
        let axes = axes_of(section.normal);
        let n_nodes = axes.map(|axis| section.nodes.len(axis));
        let spacing = axes.map(|axis| case.grid.spacing[axis]);
        let [width, height] = [0, 1].map(|n| n_nodes[n] as f64 * spacing[n]);
        // The width of a character: no node has more than one line or two columns unless its sides are very unequal.
        let fine = (spacing[0] / ASPECT).max(spacing[1] / ASPECT);
        let step = fine.max(width / WIDEST).max(height / (ASPECT * HIGHEST));
        let count = |length: f64| (length / step * (1.0 + 1e-9)).floor().max(1.0) as usize;
        Sheet {
            case,
            scenery,
            section,
            axes,
            n_nodes,
            n_columns: count(width),
            n_lines: count(height / ASPECT),
        }
    }

    fn title(&self) -> String {
        title_of(self.case, self.section)
    }

    /// The lines, the uppermost first.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<Vec<char>> = (0..self.n_lines)
            .map(|line| (0..self.n_columns).map(|column| self.filling(column, line)).collect())
            .collect();
        for landmark in &self.scenery.landmarks {
            let rectangle = in_plane(self.case, self.section, landmark.from, landmark.to);
            if let Some(rectangle) = rectangle {
                self.mark(&mut lines, landmark.kind, rectangle);
            }
        }
        for probe in &self.case.config.probes {
            if let Some([[x, _], [y, _]]) = in_plane(self.case, self.section, probe.at, probe.at) {
                lines[self.cell_of(1, y)][self.cell_of(0, x)] = PROBE;
            }
        }
        lines.iter().rev().map(|line| line.iter().collect()).collect()
    }

    /// The nodes that a column (`n` = 0) or a line (`n` = 1) shows: at least one.
    fn nodes_of(&self, n: usize, index: usize) -> std::ops::Range<usize> {
        let count = [self.n_columns, self.n_lines][n];
        let first = index * self.n_nodes[n] / count;
        first..((index + 1) * self.n_nodes[n] / count).max(first + 1)
    }

    /// The character for the nodes of a column and a line: a conductor that is among them, else the filling of most.
    fn filling(&self, column: usize, line: usize) -> char {
        let fills: Vec<Fill> = self
            .nodes_of(1, line)
            .flat_map(|j| self.nodes_of(0, column).map(move |i| (i, j)))
            .map(|(i, j)| self.section.fills[j * self.n_nodes[0] + i])
            .collect();
        if fills.iter().any(|fill| self.scenery.fillings[fill.most].is_conductor) {
            return CONDUCTOR;
        }
        let characters: Vec<char> = fills.iter().map(|fill| character(*fill)).collect();
        let count = |wanted: char| characters.iter().filter(|&&c| c == wanted).count();
        // Of equally many the last one counts: what stands on the background rather than that.
        let most = characters.iter().copied().max_by_key(|&c| (count(c), c != BACKGROUND));
        most.unwrap_or(BACKGROUND)
    }

    /// The column (`n` = 0) or line (`n` = 1) at a coordinate.
    fn cell_of(&self, n: usize, coordinate: f64) -> usize {
        let (grid, axis) = (&self.case.grid, self.axes[n]);
        let count = [self.n_columns, self.n_lines][n];
        let end = grid.origin[axis] + grid.cells[axis] as f64 * grid.spacing[axis];
        if coordinate <= grid.origin[axis] {
            return 0;
        }
        if coordinate >= end {
            return count - 1;
        }
        // Node 0 stands in the middle of its place.
        let node = (coordinate - grid.origin[axis]) / grid.spacing[axis] + 0.5;
        let index = node * count as f64 / self.n_nodes[n] as f64;
        (index.max(0.0) as usize).min(count - 1)
    }

    fn mark(&self, lines: &mut [Vec<char>], kind: LandmarkKind, [x, y]: Rectangle) {
        let [left, right] = x.map(|x| self.cell_of(0, x));
        let [low, high] = y.map(|y| self.cell_of(1, y));
        for line in low..=high {
            for column in left..=right {
                let is_edge = line == low || line == high || column == left || column == right;
                let place = &mut lines[line][column];
                match kind {
                    LandmarkKind::Source if is_edge => *place = SOURCE,
                    LandmarkKind::Absorber if *place == BACKGROUND => *place = ABSORBER,
                    _ => {}
                }
            }
        }
    }
}

/// A capital for a material, a small letter where it meets another.
fn character(fill: Fill) -> char {
    let capital = |number: usize| (b'A' + ((number - 1) % 26) as u8) as char;
    match (fill.most, fill.other) {
        (0, None) => BACKGROUND,
        (number, None) => capital(number),
        (0, Some(number)) | (number, Some(_)) => capital(number).to_ascii_lowercase(),
    }
}

/// What the characters mean.
fn key(case: &Case, scenery: &Scenery) -> String {
    let mut parts = vec!["small letters where materials meet".to_string()];
    if scenery
        .fillings
        .iter()
        .any(|filling| filling.is_conductor && filling.is_used)
    {
        parts.push(format!("{CONDUCTOR} perfect conductor"));
    }
    let has = |kind| scenery.landmarks.iter().any(|landmark| landmark.kind == kind);
    if has(LandmarkKind::Absorber) {
        parts.push(format!("{ABSORBER} absorbing layer"));
    }
    if has(LandmarkKind::Source) {
        parts.push(format!("{SOURCE} source"));
    }
    if !case.config.probes.is_empty() {
        parts.push(format!("{PROBE} probe"));
    }
    let mut out = format!("  {}\n", parts.join(", "));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:<15} {}", "walls", walls_text(case, scenery));
    out
}

/// The walls along the active axes, as `x pec and cpml, y periodic`.
pub(super) fn walls_text(case: &Case, scenery: &Scenery) -> String {
    let axes = (0..3).filter(|&axis| case.grid.is_active(axis));
    let walls = axes.map(|axis| match scenery.walls[axis] {
        [lower, upper] if lower == upper => format!("{} {lower}", AXIS_NAMES[axis]),
        [lower, upper] => format!("{} {lower} and {upper}", AXIS_NAMES[axis]),
    });
    walls.collect::<Vec<_>>().join(", ")
}

/// A line for each material that occurs, and one for each source.
fn materials(scenery: &Scenery) -> String {
    let mut out = format!("{:<15} {}\n", "materials", scenery.remark);
    let used = scenery
        .fillings
        .iter()
        .enumerate()
        .filter(|(_, filling)| filling.is_used);
    for (number, filling) in used {
        let sign = match filling.is_conductor {
            true => CONDUCTOR,
            false => character(Fill {
                most: number,
                other: None,
            }),
        };
        let _ = writeln!(out, "  {sign} {:<11} {}", filling.name, filling.about);
    }
    out
}
