//! Refuses what a configuration asks for and a grid does not bear: formulas with values that are not finite or negative at
//! the start, points outside.

use super::coefficient::Coefficient;
use super::parameters::FieldParameters;
use super::slots::WALL_NAMES;
use crate::field::Real;
use crate::grid::{AXIS_NAMES, Grid, Location, PerAxis, Tile};
use crate::kernels::KernelError;
use crate::numerics::formula::Formula;

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
    formula: &Formula,
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
    match first {
        None => Ok(()),
        Some((cell, value)) => Err(error(
            &tile.grid,
            key,
            formula,
            value,
            allowed,
            coefficient.location(),
            cell,
        )),
    }
}

/// Refuses the walls of `field` along this tile whose value, flux or inflow is not finite at time `start`.
pub(super) fn unless_walls_are_finite(field: &FieldParameters, tile: &Tile, start: f64) -> Result<(), KernelError> {
    let grid = &tile.grid;
    for (axis, upper) in (0..3).flat_map(|axis| [(axis, false), (axis, true)]) {
        let Some(formula) = field.walls[axis][usize::from(upper)].formula() else {
            continue;
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
        if let Some(place) = places.into_iter().find(|&place| !value_at(place).is_finite()) {
            let key = format!(
                "kernel.field.{}.boundary.{}",
                field.name,
                WALL_NAMES[axis][usize::from(upper)]
            );
            return Err(error(
                grid,
                &key,
                formula,
                value_at(place),
                Allowed::Finite,
                location,
                place,
            ));
        }
    }
    Ok(())
}

/// Refuses a point source that lies outside the grid or releases what is not finite at time `start`.
pub(super) fn unless_point_is_inside(
    grid: &Grid,
    key: &str,
    rate: &Formula,
    at: PerAxis<f64>,
    start: f64,
) -> Result<(), KernelError> {
    let released = rate.evaluate([0.0; 3], start);
    if !released.is_finite() {
        return Err(KernelError {
            key: format!("{key}.rate"),
            message: format!(
                "\"{}\" is not finite: its value is {released:?} at the start; change the formula so that it is a finite number \
                 at all times",
                rate.text()
            ),
            place: None,
        });
    }
    for axis in (0..grid.dims).filter(|&axis| !grid.periodic[axis]) {
        let lower = grid.origin[axis];
        let upper = lower + grid.cells[axis] as f64 * grid.spacing[axis];
        if !(lower..=upper).contains(&at[axis]) {
            return Err(KernelError {
                key: format!("{key}.at[{axis}]"),
                message: format!(
                    "the source at {} = {} m lies outside the grid, which reaches from {lower} m to {upper} m; move the source \
                     or the grid",
                    AXIS_NAMES[axis], at[axis]
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
    formula: &Formula,
    value: f64,
    allowed: Allowed,
    location: Location,
    cell: PerAxis<i64>,
) -> KernelError {
    KernelError {
        key: key.to_string(),
        message: format!(
            "\"{}\" {}: its value is {value:?}; change the formula so that it is {} everywhere on the grid",
            formula.text(),
            allowed.fault(value).unwrap_or_default(),
            allowed.remedy()
        ),
        place: Some(grid.describe(location, cell)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Reach;
    use crate::kernels::advection_diffusion::walls::Wall;

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
        let coefficient: Coefficient<f64> = Coefficient::new(&formula, Location::face(0), &tile());
        unless_allowed(&coefficient, "k", &formula, &tile(), start, Allowed::NotNegative).err()
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
            sources: Vec::new(),
            decay: 0.0,
            walls,
        };
        let rest = || [Wall::ZeroGradient, Wall::ZeroGradient];
        let periodic = || [Wall::Periodic, Wall::Periodic];
        let good = field([[wall("1"), wall("1/(x-3.75)")], periodic(), rest()]);
        assert_eq!(unless_walls_are_finite(&good, &tile(), 0.0), Ok(()));
        let bad = field([[wall("1"), wall("1/(y-1.25)")], periodic(), rest()]);
        let error = unless_walls_are_finite(&bad, &tile(), 0.0).unwrap_err();
        assert_eq!(error.key, "kernel.field.q.boundary.east");
        assert_eq!(error.place.unwrap(), "cell (8, 2), x = 4 m, y = 1.25 m");
    }

    #[test]
    fn points_lie_inside_the_walls() {
        let point = |at| unless_point_is_inside(&tile().grid, "s", &formula("1"), at, 0.0);
        assert_eq!(point([4.0, 0.0, 0.0]), Ok(()));
        // The other axis is periodic.
        assert_eq!(point([1.0, 9.0, 0.0]), Ok(()));
        assert_eq!(point([4.1, 0.0, 0.0]).unwrap_err().key, "s.at[0]");
        let rate = unless_point_is_inside(&tile().grid, "s", &formula("1/t"), [1.0; 3], 0.0);
        assert_eq!(rate.unwrap_err().key, "s.rate");
    }
}
