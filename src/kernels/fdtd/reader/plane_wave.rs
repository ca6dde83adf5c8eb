//! Reads a source of the type "plane-wave", but for its waveform.
//!
//! ```toml
//! [[kernel.source]]
//! type = "plane-wave"
//! from = [20e-9, 20e-9, 20e-9]   # the box of the total field, m: to the nearest nodes
//! to = [80e-9, 80e-9, 80e-9]
//! direction = [1, 2, 0]          # where it goes, of any length
//! polarization = [0, 0, 1]       # where E points, made perpendicular to the direction; in 2D implied
//! amplitude = 1.0                # of E, V/m
//! ```
//!
//! Where the components of the direction, times the sides of a cell, are as small integers to each other, the wave is
//! exact on the grid for any waveform; in other directions the waveform needs a limited band. In 2D with Hz, E points so
//! that Hz is positive with it.

use crate::config::Table;
use crate::grid::{AXIS_NAMES, Grid, Location, PerAxis};
use crate::kernels::fdtd::component::Polarization;
use crate::kernels::fdtd::plane_wave::{Extent, Parameters};

/// Cells between the box and an absorbing layer: the nodes beside the box are outside the layer, with one to spare.
const ROOM_TO_ABSORBER: usize = 2;
/// Cells between the box and a wall: those of the nodes beside it.
const ROOM_TO_WALL: usize = 1;

/// The sine of the angle between polarisation and direction below which they count as parallel.
const PARALLEL: f64 = 1e-6;

/// Reads the table; errors go to its document. `absorber` says how many cells the absorbing layers take: per axis, at its
/// lower and its upper end. `type` and `waveform` are left to the caller.
pub fn plane_wave(
    table: &Table,
    grid: &Grid,
    polarization: Polarization,
    absorber: PerAxis<[usize; 2]>,
) -> Option<Parameters> {
    let direction = direction(table, grid);
    let extent = extent(table, grid, absorber, direction);
    let electric = electric(table, polarization, direction);
    let amplitude = match table.has("amplitude") {
        true => table.number("amplitude"),
        false => Some(1.0),
    };
    Some(Parameters {
        extent: extent?,
        direction: direction?,
        polarization: electric?,
        amplitude: amplitude?,
    })
}

/// Where the wave goes; zero along z in 2D.
fn direction(table: &Table, grid: &Grid) -> Option<PerAxis<f64>> {
    let remedy = "give the direction in which the wave travels, as in direction = [1, 0]";
    let direction = vector(table.require("direction", remedy), "direction", grid.dims)?;
    if direction == [0.0; 3] {
        table.error_at("direction", "the direction of the plane wave is zero", remedy);
        return None;
    }
    let resting = (0..grid.dims).find(|&axis| direction[axis] != 0.0 && !grid.is_active(axis));
    if let Some(axis) = resting {
        table.error_at_item(
            "direction",
            axis,
            format!(
                "the wave travels along {0}, and the grid has one cell along {0}",
                AXIS_NAMES[axis]
            ),
            "write 0 there, or give the grid more cells",
        );
        return None;
    }
    Some(direction)
}

/// Where E points.
fn electric(table: &Table, polarization: Polarization, direction: Option<PerAxis<f64>>) -> Option<PerAxis<f64>> {
    let key = "polarization";
    if polarization != Polarization::Full && table.has(key) {
        table.numbers(key);
        table.error_at(
            key,
            "in 2D the kernel's polarisation says where E points",
            "leave `polarization` of the source out",
        );
        return None;
    }
    match polarization {
        Polarization::Ez => return Some([0.0, 0.0, 1.0]),
        // z times the direction.
        Polarization::Hz => return direction.map(|[x, y, _]| [-y, x, 0.0]),
        Polarization::Full => {}
    }
    let remedy = "give a vector along E; what it has along the direction is taken off";
    let electric = vector(table.require(key, remedy), key, 3)?;
    let direction = direction?;
    let square = |v: PerAxis<f64>| v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    let cross = [0, 1, 2].map(|axis| {
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        direction[b] * electric[c] - direction[c] * electric[b]
    });
    if square(cross) <= PARALLEL * PARALLEL * square(direction) * square(electric) {
        let message = match square(electric) {
            0.0 => "the polarisation of the plane wave is zero",
            _ => "the polarisation is parallel to the direction, and E is perpendicular to it",
        };
        table.error_at(key, message, remedy);
        return None;
    }
    Some(electric)
}

/// The planes of nodes in which the faces of the box are.
fn extent(
    table: &Table,
    grid: &Grid,
    absorber: PerAxis<[usize; 2]>,
    direction: Option<PerAxis<f64>>,
) -> Option<PerAxis<Extent>> {
    let from = vector(
        table.require("from", "give the lower corner of the box in which the wave is, m"),
        "from",
        grid.dims,
    );
    let to = vector(
        table.require("to", "give the upper corner of the box, m"),
        "to",
        grid.dims,
    );
    let (from, to) = (from?, to?);
    let along = |axis: usize| match grid.is_active(axis) {
        false => Some(Extent::Whole),
        true => Side {
            table,
            grid,
            axis,
            absorber: absorber[axis],
        }
        .extent([from[axis], to[axis]], direction.map(|direction| direction[axis])),
    };
    let extent = [0, 1, 2].map(along);
    Some([extent[0]?, extent[1]?, extent[2]?])
}

/// One axis of the box.
struct Side<'t, 'a> {
    table: &'t Table<'a>,
    grid: &'t Grid,
    axis: usize,
    absorber: [usize; 2],
}

impl Side<'_, '_> {
    fn extent(&self, places: [f64; 2], direction: Option<f64>) -> Option<Extent> {
        let (axis, name) = (self.axis, AXIS_NAMES[self.axis]);
        let (grid, [from, to]) = (self.grid, places);
        let cells = grid.cells[axis] as i64;
        let [lo, hi] = places.map(|place| ((place - grid.origin[axis]) / grid.spacing[axis]).round() as i64);
        if from >= to || lo >= hi {
            let message = match from >= to {
                true => format!("the box ends at {name} = {to} m, and begins at {name} = {from} m"),
                false => format!("the box is thinner than a cell along {name}: from {from} m to {to} m"),
            };
            self.error("to", message, "`from` is the lower corner, `to` the upper one".into());
            return None;
        }
        if grid.periodic[axis] && lo <= 0 && hi >= cells {
            return self.whole(direction?);
        }
        let room = self.absorber.map(|thickness| match thickness {
            0 => ROOM_TO_WALL,
            _ => thickness + ROOM_TO_ABSORBER,
        });
        let (least, most) = (room[0] as i64, cells - room[1] as i64);
        let mut is_inside = true;
        for (key, side, place, is_wrong) in [("from", 0, from, lo < least), ("to", 1, to, hi > most)] {
            if is_wrong {
                self.refuse_place(key, side, place, [least, most][side]);
                is_inside = false;
            }
        }
        is_inside.then_some(Extent::Faces { lo, hi })
    }

    /// The whole of a periodic axis.
    fn whole(&self, direction: f64) -> Option<Extent> {
        let name = AXIS_NAMES[self.axis];
        if direction != 0.0 {
            self.error(
                "from",
                format!("the box takes the whole of {name}, which is periodic, and the wave varies along {name}"),
                format!("let the wave travel across {name}, or leave a cell between the box and the ends of {name}"),
            );
            return None;
        }
        Some(Extent::Whole)
    }

    /// A face of the box outside the grid, in an absorber, or too near to a wall.
    fn refuse_place(&self, key: &str, side: usize, place: f64, allowed: i64) {
        let (axis, name) = (self.axis, AXIS_NAMES[self.axis]);
        let node = |index: i64| self.grid.coordinate(axis, Location([true; 3]), index);
        let cells = self.grid.cells[axis] as i64;
        let end = self.grid.origin[axis] + [0.0, cells as f64 * self.grid.spacing[axis]][side];
        let what = ["begins", "ends"][side];
        let is_outside = if side == 0 { place < end } else { place > end };
        let thickness = self.absorber[side];
        let message = match (is_outside, thickness) {
            (true, _) => format!("the box {what} at {name} = {place} m, outside the grid, which {what} at {end} m"),
            (false, 0) => format!("the box {what} at {name} = {place} m, which touches the end of the grid at {end} m"),
            (false, _) => format!(
                "the box {what} at {name} = {place} m, and touches the absorbing layer of {thickness} cells at {end} m"
            ),
        };
        let bound = ["at least", "at most"][side];
        self.error(
            key,
            message,
            format!("let it {} at {bound} {} m", ["begin", "end"][side], node(allowed)),
        );
    }

    fn error(&self, key: &str, message: String, help: String) {
        self.table.error_at_item(key, self.axis, message, help);
    }
}

/// `dims` numbers; zero along z in 2D.
fn vector(table: &Table, key: &str, dims: usize) -> Option<PerAxis<f64>> {
    let mut vector = table.numbers_of(key, dims)?;
    vector.resize(3, 0.0);
    vector.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;

    const BOX: &str = "from = [2.0, 3.2]\nto = [7.0, 6.9]\n";

    fn grid(dims: usize, periodic: PerAxis<bool>) -> Grid {
        Grid {
            cells: [20, 16, if dims == 3 { 12 } else { 1 }],
            dims,
            spacing: [0.5, 0.5, if dims == 3 { 0.5 } else { 1.0 }],
            origin: [0.0; 3],
            periodic,
        }
    }

    fn read(grid: &Grid, polarization: Polarization, text: &str) -> Result<Parameters, String> {
        let document = Document::parse("case.toml", text, &[]).unwrap();
        let absorber = [[2, 3], [0, 0], [0, 0]];
        let found = plane_wave(&document.root(), grid, polarization, absorber);
        match document.finish() {
            Ok(_) => Ok(found.expect("no error, hence parameters")),
            Err(error) => Err(error.to_string()),
        }
    }

    #[track_caller]
    fn refuse(grid: &Grid, polarization: Polarization, text: &str, words: &[&str]) {
        let said = read(grid, polarization, text).expect_err("an error");
        for word in words {
            assert!(said.contains(word), "{word}\nis not in\n{said}");
        }
        assert_eq!(said.matches("error:").count(), 1, "{said}");
    }

    #[test]
    fn a_box_lies_on_the_nearest_nodes() {
        let flat = grid(2, [false; 3]);
        let wave = read(
            &flat,
            Polarization::Hz,
            &format!("{BOX}direction = [1, 2]\namplitude = 3"),
        )
        .unwrap();
        let faces = |lo, hi| Extent::Faces { lo, hi };
        assert_eq!(wave.extent, [faces(4, 14), faces(6, 14), Extent::Whole]);
        assert_eq!(
            (wave.direction, wave.polarization, wave.amplitude),
            ([1.0, 2.0, 0.0], [-2.0, 1.0, 0.0], 3.0)
        );
        let wave = read(&flat, Polarization::Ez, &format!("{BOX}direction = [-1, 0]")).unwrap();
        assert_eq!((wave.polarization, wave.amplitude), ([0.0, 0.0, 1.0], 1.0));
        let text = "from = [2, 1, 1]\nto = [7, 7, 5]\ndirection = [0, 0, 1]\npolarization = [1, 1, 1]";
        assert_eq!(
            read(&grid(3, [false; 3]), Polarization::Full, text)
                .unwrap()
                .polarization,
            [1.0; 3]
        );
    }

    #[test]
    fn a_periodic_axis_may_be_taken_whole_by_a_wave_across_it() {
        let flat = grid(2, [false, true, false]);
        let text = "from = [2, 0]\nto = [7, 8]\n";
        let wave = read(&flat, Polarization::Ez, &format!("{text}direction = [1, 0]")).unwrap();
        assert_eq!(wave.extent[1], Extent::Whole);
        refuse(
            &flat,
            Polarization::Ez,
            &format!("{text}direction = [1, 1]"),
            &["the whole of y", "case.toml:1:12", "across y"],
        );
    }

    #[test]
    fn a_box_that_leaves_no_room_is_refused_at_its_place() {
        let flat = grid(2, [false; 3]);
        for (from, to, words) in [
            (
                "[-1, 1]",
                "[7, 7]",
                ["begins at x = -1 m, outside the grid", "case.toml:1:9", "at least 2 m"],
            ),
            (
                "[1.5, 1]",
                "[7, 7]",
                ["absorbing layer of 2 cells at 0 m", "case.toml:1:9", "at least 2 m"],
            ),
            (
                "[2, 1]",
                "[8, 7]",
                ["absorbing layer of 3 cells at 10 m", "case.toml:2:7", "at most 7.5 m"],
            ),
            (
                "[2, 0]",
                "[7, 7]",
                ["touches the end of the grid at 0 m", "case.toml:1:12", "at least 0.5 m"],
            ),
            (
                "[2, 1]",
                "[7, 9]",
                ["ends at y = 9 m, outside the grid", "case.toml:2:10", "at most 7.5 m"],
            ),
            (
                "[2, 5]",
                "[7, 4]",
                ["ends at y = 4 m, and begins at y = 5 m", "case.toml:2:10", "upper"],
            ),
            (
                "[2, 5]",
                "[7, 5.1]",
                ["thinner than a cell along y", "case.toml:2:10", "upper"],
            ),
        ] {
            let text = format!("from = {from}\nto = {to}\ndirection = [1, 0]");
            refuse(&flat, Polarization::Ez, &text, &words);
        }
    }

    #[test]
    fn directions_and_polarisations_that_mean_nothing_are_refused() {
        let (flat, solid) = (grid(2, [false; 3]), grid(3, [false; 3]));
        let place = "from = [2, 1, 1]\nto = [7, 7, 5]\n";
        refuse(&flat, Polarization::Ez, BOX, &["missing key `direction`", "[1, 0]"]);
        refuse(
            &flat,
            Polarization::Ez,
            &format!("{BOX}direction = [0, 0]"),
            &["is zero", "case.toml:3:13"],
        );
        refuse(
            &flat,
            Polarization::Ez,
            &format!("{BOX}direction = [1, 0]\npolarization = [0, 0, 1]"),
            &["in 2D", "case.toml:4:16", "leave"],
        );
        for (polarization, words) in [("[2, 4, 0]", "parallel to the direction"), ("[0, 0, 0]", "is zero")] {
            let text = format!("{place}direction = [1, 2, 0]\npolarization = {polarization}");
            refuse(&solid, Polarization::Full, &text, &[words, "case.toml:4:16", "along E"]);
        }
        let mut thin = solid;
        thin.cells[2] = 1;
        refuse(
            &thin,
            Polarization::Full,
            &format!("{place}direction = [1, 0, 1]\npolarization = [0, 1, 0]"),
            &["along z", "one cell", "case.toml:3:20"],
        );
    }
}
