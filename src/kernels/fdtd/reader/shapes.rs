//! Reads `[[kernel.shape]]` tables.

use super::materials::Materials;
use crate::config::{GridConfig, Table, Units};
use crate::grid::AXIS_NAMES;
use crate::kernels::Setting;
use crate::kernels::fdtd::geometry::side::{Block, Side};
use crate::kernels::fdtd::geometry::{Point, Shape, ShapeKind, polygon};

const INFINITE: f64 = f64::INFINITY;

/// The kinds of shapes.
#[derive(Clone, Copy)]
enum Kind {
    Cuboid,
    Sphere,
    Ellipsoid,
    Cylinder,
    Polygon,
    HalfSpace,
    Layers,
}

const KINDS: [(&str, Kind); 7] = [
    ("box", Kind::Cuboid),
    ("sphere", Kind::Sphere),
    ("ellipsoid", Kind::Ellipsoid),
    ("cylinder", Kind::Cylinder),
    ("polygon", Kind::Polygon),
    ("half-space", Kind::HalfSpace),
    ("layers", Kind::Layers),
];

/// Reads all shapes, in the order of the text.
pub(super) fn shapes(table: &Table, setting: &Setting, materials: &mut Materials) -> Option<Vec<Shape>> {
    let entries = table.tables("shape");
    let is_complete = !table.has("shape") || table.array_len("shape") == Some(entries.len());
    // All are looked at before one that is wrong ends it.
    let mut read = |entry: &Table| {
        let reader = Reader {
            table: entry,
            dims: setting.grid.dims,
            units: setting.units,
        };
        let shapes = reader.shapes(materials)?;
        reader.warn_if_outside(&shapes, &setting.grid);
        Some(shapes)
    };
    let shapes: Vec<Option<Vec<Shape>>> = entries.iter().map(&mut read).collect();
    let shapes = shapes.into_iter().collect::<Option<Vec<Vec<Shape>>>>()?;
    is_complete.then(|| shapes.concat())
}

/// Reads one table.
struct Reader<'t, 'a> {
    table: &'t Table<'a>,
    dims: usize,
    units: Units,
}

impl Reader<'_, '_> {
    /// The shape of the table; of layers several.
    fn shapes(&self, materials: &mut Materials) -> Option<Vec<Shape>> {
        // A name is for overrides from the command line.
        self.table.string("name");
        let kind = self
            .table
            .require("type", "say which, as in `type = \"box\"`")
            .choice("type", &KINDS);
        let Some(kind) = kind else {
            // Without a kind nobody can say which keys are right.
            self.table.accept_rest();
            return None;
        };
        if let Kind::Layers = kind {
            return self.layers(materials);
        }
        let material = self
            .table
            .require("material", "say what fills the shape, as in `material = \"glass\"`")
            .string("material")
            .and_then(|name| self.number_of(&name, None, materials));
        let kind = match kind {
            Kind::Cuboid => self.cuboid(),
            Kind::Sphere => self.sphere(),
            Kind::Ellipsoid => self.ellipsoid(),
            Kind::Cylinder => self.cylinder(),
            Kind::Polygon => self.polygon(),
            Kind::HalfSpace | Kind::Layers => self.half_space(),
        };
        Some(vec![Shape {
            kind: kind?,
            material: material?,
        }])
    }

    /// The number of the material called `name`, of item `index` where there is a list of them.
    fn number_of(&self, name: &str, index: Option<usize>, materials: &mut Materials) -> Option<usize> {
        let number = materials.number_of(name);
        if number.is_none() {
            let message = format!("there is no material \"{name}\"");
            match index {
                Some(index) => self
                    .table
                    .error_at_item("materials", index, message, materials.remedy(name)),
                None => self.table.error_at("material", message, materials.remedy(name)),
            }
        }
        number
    }

    fn cuboid(&self) -> Option<ShapeKind> {
        let from = self.place("from", "give the lower corner", -INFINITE);
        let to = self.place("to", "give the upper corner", INFINITE);
        let (from, to) = (from?, to?);
        for axis in 0..self.dims {
            self.in_order(axis, from[axis], to[axis], Some(axis))?;
        }
        Some(ShapeKind::Cuboid { from, to })
    }

    /// A shape must end behind its beginning; `item` is the place of the end in an array.
    fn in_order(&self, axis: usize, from: f64, to: f64, item: Option<usize>) -> Option<()> {
        if from < to {
            return Some(());
        }
        let name = AXIS_NAMES[axis];
        let (from, to) = (self.length(from), self.length(to));
        let message = match from == to {
            true => format!("the shape begins and ends at {name} = {from}"),
            false => format!("the shape ends at {name} = {to}, before it begins at {name} = {from}"),
        };
        let help = "give the lower end by `from` and the upper one by `to`; also a sheet needs a thickness";
        match item {
            Some(item) => self.table.error_at_item("to", item, message, help),
            None => self.table.error_at("to", message, help),
        }
        None
    }

    fn sphere(&self) -> Option<ShapeKind> {
        let center = self.place("center", "give the middle of the sphere", 0.0);
        let radius = self.radius();
        if self.dims == 2 {
            return Some(disc(center?, radius?));
        }
        Some(ShapeKind::Sphere {
            center: center?,
            radius: radius?,
        })
    }

    fn ellipsoid(&self) -> Option<ShapeKind> {
        let center = self.place("center", "give the middle of the ellipsoid", 0.0);
        let radii = self
            .table
            .require("radii", "give the radius along each axis, as in `radii = [2, 1, 1]`")
            .positives_of("radii", self.dims);
        Some(ShapeKind::Ellipsoid {
            center: center?,
            radii: point(&radii?, INFINITE),
        })
    }

    fn cylinder(&self) -> Option<ShapeKind> {
        let center = self.place("center", "give the middle of the cylinder", 0.0);
        let radius = self.radius();
        if self.dims == 2 {
            return Some(disc(center?, radius?));
        }
        let height = match self.table.has("height") {
            true => self.table.positive("height"),
            false => Some(INFINITE),
        };
        let direction = match self.table.is_array("axis") {
            true => self.direction("axis"),
            false => self.axis(2).map(along),
        };
        Some(ShapeKind::cylinder(center?, direction?, radius?, height?))
    }

    fn polygon(&self) -> Option<ShapeKind> {
        let corners = self.corners();
        if self.dims == 2 {
            return Some(ShapeKind::Prism {
                axis: 2,
                corners: corners?,
                from: -INFINITE,
                to: INFINITE,
            });
        }
        let axis = self.axis(2);
        let end = |key: &str, default: f64| match self.table.has(key) {
            true => self.table.number(key),
            false => Some(default),
        };
        let (from, to) = (end("from", -INFINITE), end("to", INFINITE));
        let (axis, from, to) = (axis?, from?, to?);
        self.in_order(axis, from, to, None)?;
        Some(ShapeKind::Prism {
            axis,
            corners: corners?,
            from,
            to,
        })
    }

    /// `points`: three corners or more of an outline that does not cross itself. It closes by itself; a last corner that is
    /// the first one again is left out.
    fn corners(&self) -> Option<Vec<[f64; 2]>> {
        let key = "points";
        let rows = self
            .table
            .require(key, "give the corners, as in `points = [[0, 0], [1, 0], [0, 1]]`")
            .points(key, 2)?;
        let mut corners: Vec<[f64; 2]> = rows.iter().map(|row| [row[0], row[1]]).collect();
        if corners.len() > 3 && corners.first() == corners.last() {
            corners.pop();
        }
        if corners.len() < 3 {
            self.table.error_at(
                key,
                format!("a polygon has three corners or more, not {}", corners.len()),
                "give more points",
            );
            return None;
        }
        let next = |n: usize| (n + 1) % corners.len();
        if let Some(n) = (0..corners.len()).find(|&n| corners[n] == corners[next(n)]) {
            let message = format!("corners {n} and {} of the polygon are the same", next(n));
            self.table.error_at_item(key, next(n), message, "leave one of them out");
            return None;
        }
        if let Some([n, m]) = polygon::crossing(&corners) {
            let edge = |n: usize| format!("from corner {n} to {}", next(n));
            self.table.error_at_item(
                key,
                m,
                format!("the polygon crosses itself: the edge {} that {}", edge(m), edge(n)),
                "give the corners in the order of the outline; counted from 0",
            );
            return None;
        }
        if polygon::signed_area(&corners) == 0.0 {
            self.table.error_at(
                key,
                "the polygon has no area: its corners lie on a line",
                "give corners with something between them",
            );
            return None;
        }
        Some(corners)
    }

    fn half_space(&self) -> Option<ShapeKind> {
        let point = self.place("point", "give a point on the surface", 0.0);
        self.table.require(
            "normal",
            "give the direction out of the filled side, as in `normal = [0, 0, 1]` for what lies below",
        );
        let normal = self.direction("normal");
        Some(ShapeKind::half_space(point?, normal?))
    }

    /// Slabs on top of each other along an axis.
    fn layers(&self, materials: &mut Materials) -> Option<Vec<Shape>> {
        self.table
            .require("axis", "say along which axis the layers follow each other");
        let axis = self.axis(2);
        let from = self
            .table
            .require("from", "say where the first layer begins")
            .number("from");
        let thickness = self
            .table
            .require("thickness", "give the thickness of each layer")
            .numbers("thickness");
        let names = self
            .table
            .require("materials", "say what fills each layer")
            .strings("materials");
        let thickness = thickness.and_then(|thickness| self.positive(thickness));
        let numbers: Option<Vec<Option<usize>>> = names.map(|names| {
            let name = |(index, name): (usize, &String)| self.number_of(name, Some(index), materials);
            names.iter().enumerate().map(name).collect()
        });
        let (axis, mut from, thickness, numbers) = (axis?, from?, thickness?, numbers?);
        if thickness.len() != numbers.len() {
            self.table.error_at(
                "materials",
                format!("there are {} materials for {} layers", numbers.len(), thickness.len()),
                "give one material for each thickness",
            );
            return None;
        }
        let mut shapes = Vec::new();
        for (thickness, material) in thickness
            .into_iter()
            .zip(numbers.into_iter().collect::<Option<Vec<usize>>>()?)
        {
            let to = from + thickness;
            shapes.push(Shape {
                kind: ShapeKind::slab(axis, from, to),
                material,
            });
            from = to;
        }
        Some(shapes)
    }

    /// The thicknesses, if all are above zero.
    fn positive(&self, thickness: Vec<f64>) -> Option<Vec<f64>> {
        if let Some(n) = thickness.iter().position(|one| *one <= 0.0) {
            self.table.error_at_item(
                "thickness",
                n,
                format!("a layer is {} thick", self.length(thickness[n])),
                "a layer needs a thickness above zero",
            );
            return None;
        }
        if thickness.is_empty() {
            self.table.error_at(
                "thickness",
                "there are no layers",
                "give one thickness and one material per layer",
            );
            return None;
        }
        Some(thickness)
    }

    /// The key `axis`, or `default` if it is missing.
    fn axis(&self, default: usize) -> Option<usize> {
        let names: Vec<(&str, usize)> = (0..self.dims).map(|axis| (AXIS_NAMES[axis], axis)).collect();
        match self.table.has("axis") {
            true => self.table.choice("axis", &names),
            false => Some(default),
        }
    }

    fn radius(&self) -> Option<f64> {
        self.table
            .require("radius", "give the radius, above zero")
            .positive("radius")
    }

    /// A place with as many numbers as the grid has axes; `rest` along z in 2D.
    fn place(&self, key: &str, remedy: &str, rest: f64) -> Option<Point> {
        let numbers = self.table.require(key, remedy).numbers_of(key, self.dims)?;
        Some(point(&numbers, rest))
    }

    /// A vector that is not zero.
    fn direction(&self, key: &str) -> Option<Point> {
        let direction = point(&self.table.numbers_of(key, self.dims)?, 0.0);
        if direction == [0.0; 3] {
            self.table.error_at(
                key,
                format!("`{key}` in [{}] is zero, and has no direction", self.table.path()),
                "give a vector of any length above zero",
            );
            return None;
        }
        Some(direction)
    }

    fn warn_if_outside(&self, shapes: &[Shape], grid: &GridConfig) {
        let end = [0, 1, 2].map(|axis| grid.origin[axis] + grid.spacing[axis] * grid.cells[axis] as f64);
        let mut all = Block {
            lower: grid.origin,
            upper: end,
        };
        if grid.dims == 2 {
            (all.lower[2], all.upper[2]) = (0.0, 0.0);
        }
        let misses = |shape: &Shape| {
            let [lower, upper] = shape.kind.bounds();
            let is_beside = (0..grid.dims).any(|axis| upper[axis] < all.lower[axis] || all.upper[axis] < lower[axis]);
            is_beside || shape.kind.side_of(&all) == Side::Outside
        };
        if shapes.iter().all(misses) {
            let range = |axis: usize| {
                let (from, to) = (self.length(all.lower[axis]), self.length(all.upper[axis]));
                format!("{} from {from} to {to}", AXIS_NAMES[axis])
            };
            let ranges: Vec<String> = (0..grid.dims).map(range).collect();
            self.table.warn_at(
                "type",
                "the shape lies outside the grid, and fills nothing",
                format!("the grid has {}", ranges.join(", ")),
            );
        }
    }

    /// A length with its unit.
    fn length(&self, value: f64) -> String {
        format!("{value} {}", self.units.length()).trim_end().to_string()
    }
}

/// In 2D, what is round about a place.
fn disc(center: Point, radius: f64) -> ShapeKind {
    ShapeKind::cylinder(center, along(2), radius, INFINITE)
}

fn along(axis: usize) -> Point {
    let mut direction = [0.0; 3];
    direction[axis] = 1.0;
    direction
}

/// Two or three numbers, `rest` in the place of the third.
fn point(numbers: &[f64], rest: f64) -> Point {
    [0, 1, 2].map(|axis| numbers.get(axis).copied().unwrap_or(rest))
}
