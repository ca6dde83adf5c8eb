//! Refuses what a configuration asks for and a grid does not bear: formulas with values that are not finite or negative at
//! the start, points outside.

mod definiteness;
mod seam;

pub(super) use definiteness::{indefinite, unless_definite};
pub(super) use seam::unless_seamless;

use super::coefficient::Coefficient;
use super::initial::Initial;
use super::parameters::FieldParameters;
use super::rule::{Rule, Sampler, SamplerRows};
use super::slots::WALL_NAMES;
use super::source::Source;
use super::walls::Wall;
use crate::field::Real;
use crate::grid::{AXIS_NAMES, Grid, Location, PerAxis, Tile};
use crate::kernels::KernelError;

/// Which numbers a formula may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    Finite,
    /// Finite, zero or more.
    NotNegative,
}

impl Allowed {
    /// What is wrong with a value.
    fn fault(self, value: f64) -> Option<&'static str> {
        match self {
            _ if !value.is_finite() => Some("is not finite"),
            Allowed::NotNegative if value < 0.0 => Some("is negative"),
            _ => None,
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Allowed::Finite => "a finite number",
            Allowed::NotNegative => "a finite number, zero or more,",
        }
    }
}

/// Refuses a coefficient that has another than the allowed values at time `start`, at the place where it occurs first.
/// Places on faces include those at the upper ends of the tile.
pub(super) fn unless_allowed<T: Real>(
    coefficient: &Coefficient<T>,
    key: &str,
    tile: &Tile,
    start: f64,
    allowed: Allowed,
) -> Result<(), KernelError> {
    let ends = coefficient.location().0.map(i64::from);
    let region = tile.owned.grow([0; 3], ends).intersect(&tile.stored());
    let mut first = None;
    coefficient.for_each(&tile.grid, &region, start, |cell, value| {
        if first.is_none() && allowed.fault(value.to_f64()).is_some() {
            first = Some((cell, value.to_f64()));
        }
    });
    refuse_first(first, coefficient.rule(), key, &tile.grid, allowed)
}

/// The same for what a rule gives in the owned cells, before any rounding to the precision of the fields.
pub(super) fn unless_rule_allowed(
    rule: &Rule,
    key: &str,
    tile: &Tile,
    start: f64,
    allowed: Allowed,
) -> Result<(), KernelError> {
    let (owned, grid) = (&tile.owned, &tile.grid);
    let sampler = Sampler::new(rule, grid, (owned.lo[0], owned.hi[0]));
    let mut rows = SamplerRows::default();
    let mut values = vec![0.0; owned.len(0)];
    let first = owned.rows().find_map(|(j, k)| {
        sampler.row(grid, (j, k), owned.lo[0], start, &mut rows, &mut values);
        let wrong = values.iter().position(|&value| allowed.fault(value).is_some())?;
        Some(([owned.lo[0] + wrong as i64, j, k], values[wrong]))
    });
    refuse_first(first, rule, key, grid, allowed)
}

fn refuse_first(
    first: Option<(PerAxis<i64>, f64)>,
    rule: &Rule,
    key: &str,
    grid: &Grid,
    allowed: Allowed,
) -> Result<(), KernelError> {
    match first {
        None => Ok(()),
        Some((cell, value)) => Err(error(
            grid,
            key,
            &rule.describe(),
            value,
            allowed,
            rule.location(),
            cell,
        )),
    }
}

/// Refuses an initial state that is not finite, in the precision of the fields.
pub(super) fn unless_initial_is_finite<T: Real>(field: &FieldParameters, tile: &Tile) -> Result<(), KernelError> {
    let owned = tile.owned;
    let mut initial = Initial::new(field, &tile.grid, (owned.lo[0], owned.hi[0]));
    let mut row = vec![0.0; owned.len(0)];
    for (j, k) in owned.rows() {
        initial.row((j, k), &mut row);
        if let Some(wrong) = row.iter().position(|&value| !T::from_f64(value).is_finite()) {
            let key = format!("kernel.field.{}.initial", field.name);
            let what = format!("\"{}\"", field.initial);
            let cell = [owned.lo[0] + wrong as i64, j, k];
            let value = T::from_f64(row[wrong]).to_f64();
            return Err(error(
                &tile.grid,
                &key,
                &what,
                value,
                Allowed::Finite,
                Location::CENTER,
                cell,
            ));
        }
    }
    Ok(())
}

/// Refuses the walls of `field` along this tile whose value, flux, inflow or deposition velocity is not finite at time
/// `start`, and a deposition velocity that is negative.
pub(super) fn unless_walls_are_sound(field: &FieldParameters, tile: &Tile, start: f64) -> Result<(), KernelError> {
    let grid = &tile.grid;
    for (axis, upper) in (0..3).flat_map(|axis| [(axis, false), (axis, true)]) {
        let wall = &field.walls[axis][usize::from(upper)];
        let Some(formula) = wall.formula() else {
            continue;
        };
        let allowed = match wall {
            Wall::Deposition(_) => Allowed::NotNegative,
            _ => Allowed::Finite,
        };
        if !grid.is_active(axis) || !tile.is_at_wall(axis, upper) {
            continue;
        }
        let face = if upper {
            tile.owned.hi[axis]
        } else {
            tile.owned.lo[axis]
        };
        let faces = tile.owned.with_range(axis, face, face + 1);
        let location = Location::face(axis);
        let value_at = |place: PerAxis<i64>| formula.evaluate(grid.point(location, place), start);
        let places = faces
            .rows()
            .flat_map(|(j, k)| (faces.lo[0]..faces.hi[0]).map(move |i| [i, j, k]));
        if let Some(place) = places
            .into_iter()
            .find(|&place| allowed.fault(value_at(place)).is_some())
        {
            let key = format!(
                "kernel.field.{}.boundary.{}",
                field.name,
                WALL_NAMES[axis][usize::from(upper)]
            );
            return Err(error(
                grid,
                &key,
                &format!("\"{formula}\""),
                value_at(place),
                allowed,
                location,
                place,
            ));
        }
    }
    Ok(())
}

/// Refuses a point, a box or a ball that reaches out of the grid through a wall or around a periodic axis more than once,
/// or that releases what is not finite at time `start`.
pub(super) fn unless_source_is_inside(grid: &Grid, key: &str, source: &Source, start: f64) -> Result<(), KernelError> {
    if let Some(rate) = source.rate() {
        let released = rate.evaluate([0.0; 3], start);
        if !released.is_finite() {
            return Err(KernelError {
                key: format!("{key}.rate"),
                message: format!(
                    "\"{rate}\" is not finite: its value is {released:?} at the start; change the formula so that it is a \
                     finite number at all times"
                ),
                place: None,
            });
        }
    }
    for axis in 0..grid.dims {
        let Some(mut extent) = source.extent(axis) else {
            continue;
        };
        if let Source::Ball { at, .. } = source
            && !grid.is_active(axis)
        {
            // A disc, which has no extent across.
            extent = [(at[axis], "at"); 2];
        }
        let size = grid.cells[axis] as f64 * grid.spacing[axis];
        let (lower, upper) = (grid.origin[axis], grid.origin[axis] + size);
        let name = AXIS_NAMES[axis];
        let outside = extent.iter().find(|(place, _)| !(lower..=upper).contains(place));
        if let Some((place, what)) = outside
            && !grid.periodic[axis]
        {
            return Err(KernelError {
                key: format!("{key}.{what}[{axis}]"),
                message: format!(
                    "the source at {name} = {place} m lies outside the grid, which reaches from {lower} m to {upper} m; move \
                     the source or the grid"
                ),
                place: None,
            });
        }
        let [(begin, _), (end, what)] = extent;
        if end - begin > size {
            return Err(KernelError {
                key: format!("{key}.{what}[{axis}]"),
                message: format!(
                    "the source is {} m wide along {name}, wider than the periodic grid, which is {size} m; make it smaller",
                    end - begin
                ),
                place: None,
            });
        }
    }
    Ok(())
}

fn error(
    grid: &Grid,
    key: &str,
    what: &str,
    value: f64,
    allowed: Allowed,
    location: Location,
    cell: PerAxis<i64>,
) -> KernelError {
    KernelError {
        key: key.to_string(),
        message: format!(
            "{what} {}: its value is {value:?}; change the formula so that it is {} everywhere on the grid",
            allowed.fault(value).unwrap_or_default(),
            allowed.remedy()
        ),
        place: Some(grid.describe(location, cell, "m")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Reach;
    use crate::kernels::advection_diffusion::parameters::Sampling;
    use crate::numerics::formula::Formula;

    fn tile() -> Tile {
        let grid = Grid {
            cells: [8, 4, 1],
            dims: 2,
            spacing: [0.5, 0.5, 1.0],
            origin: [0.0; 3],
            periodic: [false, true, false],
        };
        Tile::whole(grid.clone(), Reach::all(1).on(&grid))
    }

    fn formula(text: &str) -> Formula {
        Formula::parse(text, &["x", "y", "t"]).unwrap()
    }

    fn refused(text: &str, start: f64) -> Option<KernelError> {
        let formula = formula(text);
        let coefficient: Coefficient<f64> = Coefficient::new(&Rule::at(formula, Location::face(0)), &tile());
        unless_allowed(&coefficient, "k", &tile(), start, Allowed::NotNegative).err()
    }

    #[test]
    fn the_last_face_of_the_grid_counts() {
        let error = refused("1/(4 - x)", 0.0).unwrap();
        assert_eq!(error.place.unwrap(), "cell (8, 0), x = 4 m, y = 0.25 m");
        assert!(refused("3.99 - x", 0.0).unwrap().message.contains("is negative"));
    }

    #[test]
    fn formulas_of_time_count_from_the_start_on() {
        assert!(refused("1/t", 0.0).is_some());
        assert_eq!(refused("1/t", 10.0), None);
    }

    #[test]
    fn walls_are_looked_at_where_the_grid_ends() {
        let wall = |text: &str| Wall::Value(formula(text));
        let field = |walls| FieldParameters {
            name: "q".to_string(),
            unit: String::new(),
            initial: formula("0"),
            sampling: Sampling::Centre,
            settling: formula("0"),
            sources: Vec::new(),
            decay: 0.0,
            walls,
        };
        let rest = || [Wall::ZeroGradient, Wall::ZeroGradient];
        let periodic = || [Wall::Periodic, Wall::Periodic];
        let good = field([[wall("1"), wall("1/(x-3.75)")], periodic(), rest()]);
        assert_eq!(unless_walls_are_sound(&good, &tile(), 0.0), Ok(()));
        let bad = field([[wall("1"), wall("1/(y-1.25)")], periodic(), rest()]);
        let error = unless_walls_are_sound(&bad, &tile(), 0.0).unwrap_err();
        assert_eq!(error.key, "kernel.field.q.boundary.east");
        assert_eq!(error.place.unwrap(), "cell (8, 2), x = 4 m, y = 1.25 m");
        let deposition = |text: &str| Wall::Deposition(formula(text));
        let bad = field([[deposition("y"), deposition("y - 0.5")], periodic(), rest()]);
        let error = unless_walls_are_sound(&bad, &tile(), 0.0).unwrap_err();
        assert!(
            error.message.contains("\"y - 0.5\" is negative: its value is -0.25"),
            "{}",
            error.message
        );
        assert_eq!(error.place.unwrap(), "cell (8, 0), x = 4 m, y = 0.25 m");
    }

    #[test]
    fn points_lie_inside_the_walls() {
        let point_of = |rate, at| {
            let rate = formula(rate);
            unless_source_is_inside(&tile().grid, "s", &Source::Point { rate, at }, 0.0)
        };
        let point = |at| point_of("1", at);
        assert_eq!(point([4.0, 0.0, 0.0]), Ok(()));
        // The other axis is periodic.
        assert_eq!(point([1.0, 9.0, 0.0]), Ok(()));
        assert_eq!(point([4.1, 0.0, 0.0]).unwrap_err().key, "s.at[0]");
        assert_eq!(point_of("1/t", [1.0; 3]).unwrap_err().key, "s.rate");
    }

    #[test]
    fn boxes_and_balls_reach_through_no_wall_and_only_once_around() {
        let rate = || formula("1");
        let inside = |source| unless_source_is_inside(&tile().grid, "s", &source, 0.0);
        let cuboid = |from, to| inside(Source::Box { rate: rate(), from, to });
        assert_eq!(cuboid([0.0, -1.0, 0.0], [4.0, 1.0, 0.0]), Ok(()));
        assert_eq!(cuboid([-0.1, 0.0, 0.0], [4.0, 1.0, 0.0]).unwrap_err().key, "s.from[0]");
        assert_eq!(cuboid([0.0; 3], [4.1, 1.0, 0.0]).unwrap_err().key, "s.to[0]");
        let error = cuboid([0.0; 3], [4.0, 2.1, 0.0]).unwrap_err();
        assert_eq!(error.key, "s.to[1]");
        assert!(error.message.contains("2.1 m wide along y"), "{}", error.message);
        let ball = |at, radius| {
            inside(Source::Ball {
                rate: rate(),
                at,
                radius,
            })
        };
        assert_eq!(ball([1.0, 0.0, 0.0], 1.0), Ok(()));
        // The grid has one cell along y: what is released there is a disc, with its centre inside.
        let flat = Grid {
            cells: [8, 1, 6],
            dims: 3,
            spacing: [0.5; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let disc = |y| {
            let at = [1.0, y, 1.0];
            let disc = Source::Ball {
                rate: rate(),
                at,
                radius: 1.0,
            };
            unless_source_is_inside(&flat, "s", &disc, 0.0)
        };
        assert_eq!(disc(0.25), Ok(()));
        assert_eq!(disc(0.75).unwrap_err().key, "s.at[1]");
        let error = ball([0.5, 0.0, 0.0], 1.0).unwrap_err();
        assert_eq!(error.key, "s.at[0]");
        assert!(error.message.contains("x = -0.5 m lies outside"), "{}", error.message);
    }
}
