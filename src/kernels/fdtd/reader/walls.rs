//! Reads the `boundary` table.

use crate::config::{GridConfig, Table};
use crate::grid::{AXIS_NAMES, PerAxis};
use crate::kernels::fdtd::absorber::Choice;
use crate::kernels::fdtd::walls::{WALL_NAMES, Wall};

const CONDITIONS: &str = "\"periodic\", \"pec\", \"pmc\" or { cpml = 10 }";

/// A wall, and the key that says so.
type Given = Option<(Wall, &'static str)>;

/// Reads `boundary` of the kernel's table: `all`, then single walls on top. Axes of one cell, along which nothing varies, are
/// periodic whatever `all` says.
pub fn walls(kernel: &Table, grid: &GridConfig) -> Option<PerAxis<[Wall; 2]>> {
    let remedy = "say what happens at the ends of the grid, for example `boundary = { all = { cpml = 10 } }`";
    if !kernel.has("boundary") {
        kernel.error_here("the kernel has no `boundary`", remedy);
    }
    let table = kernel.table("boundary")?;
    let all = if table.has("all") {
        Some(wall(&table, "all"))
    } else {
        None
    };
    let axes = [0, 1, 2].map(|axis| {
        if axis >= grid.dims {
            return Some([Wall::Periodic; 2]);
        }
        along(&table, grid, axis, all)
    });
    if all.is_none() {
        report_missing(&table, grid);
    }
    let [x, y, z] = axes;
    Some([x?, y?, z?])
}

/// The two walls of an axis. `all` is what counts for those that are not named, nothing inside if it is in error.
fn along(table: &Table, grid: &GridConfig, axis: usize, all: Option<Option<Wall>>) -> Option<[Wall; 2]> {
    let is_active = grid.cells[axis] > 1;
    let named: [Option<Given>; 2] = WALL_NAMES[axis].map(|key| {
        let is_named = table.has(key);
        is_named.then(|| wall(table, key).map(|wall| (wall, key)))
    });
    if !is_active {
        return lone(table, axis, named);
    }
    let from_all: Given = all.flatten().map(|wall| (wall, "all"));
    let [lower, upper] = named.map(|named| named.unwrap_or(from_all));
    let (lower, upper) = (lower?, upper?);
    check_periodic(table, axis, lower, upper)?;
    check_thickness(table, grid, axis, lower, upper)?;
    Some([lower.0, upper.0])
}

/// The walls of an axis of one cell.
fn lone(table: &Table, axis: usize, named: [Option<Given>; 2]) -> Option<[Wall; 2]> {
    for (wall, key) in named.into_iter().flatten().flatten() {
        if wall != Wall::Periodic {
            table.error_at(
                key,
                format!(
                    "the grid has one cell along {}, so nothing varies along it",
                    AXIS_NAMES[axis]
                ),
                format!("leave `{key}` out: such an axis has no walls"),
            );
            return None;
        }
    }
    let is_right = named.iter().flatten().all(Option::is_some);
    is_right.then_some([Wall::Periodic; 2])
}

fn check_periodic(table: &Table, axis: usize, lower: (Wall, &str), upper: (Wall, &str)) -> Option<()> {
    let joined = [lower, upper].map(|(wall, _)| wall == Wall::Periodic);
    if joined[0] == joined[1] {
        return Some(());
    }
    let [lower_name, upper_name] = WALL_NAMES[axis];
    // The wall that has a name of its own is the one that differs.
    let key = if lower.1 == "all" { upper.1 } else { lower.1 };
    table.error_at(
        key,
        format!("only one of the {lower_name} and {upper_name} walls is periodic"),
        "a periodic axis joins its two ends: make both periodic, or none",
    );
    None
}

fn check_thickness(
    table: &Table,
    grid: &GridConfig,
    axis: usize,
    lower: (Wall, &str),
    upper: (Wall, &str),
) -> Option<()> {
    let n = grid.cells[axis];
    let name = AXIS_NAMES[axis];
    let help = format!("take thinner layers or more cells along {name}");
    for (wall, key) in [lower, upper] {
        if wall.thickness() > n {
            let message = format!(
                "an absorbing layer of {} cells does not fit into the {n} cells along {name}",
                wall.thickness()
            );
            table.error_at(key, message, help);
            return None;
        }
    }
    let thicknesses = [lower, upper].map(|(wall, _)| wall.thickness());
    if thicknesses[0] + thicknesses[1] > n {
        let [lower_name, upper_name] = WALL_NAMES[axis];
        let [below, above] = thicknesses;
        // A wall that has a name of its own is the one that was changed.
        let key = if upper.1 == "all" { lower.1 } else { upper.1 };
        table.error_at(
            key,
            format!(
                "the absorbing layers at the {lower_name} and {upper_name} walls, {below} and {above} cells, overlap on the {n} \
                 cells along {name}"
            ),
            help,
        );
        return None;
    }
    Some(())
}

fn report_missing(table: &Table, grid: &GridConfig) {
    let axes = (0..grid.dims).filter(|&axis| grid.cells[axis] > 1);
    let missing: Vec<&str> = axes
        .flat_map(|axis| WALL_NAMES[axis])
        .filter(|key| !table.has(key))
        .collect();
    if let Some(first) = missing.first() {
        let message = match missing.len() {
            1 => format!("the {first} wall has no condition"),
            _ => format!("the walls {} have no condition", missing.join(", ")),
        };
        table.error_here(message, format!("give it by name or with `all`: {CONDITIONS}"));
    }
}

/// One wall: a word, or a table with `cpml`.
fn wall(table: &Table, key: &str) -> Option<Wall> {
    if !table.is_table(key) {
        return table.choice(
            key,
            &[("periodic", Wall::Periodic), ("pec", Wall::Pec), ("pmc", Wall::Pmc)],
        );
    }
    let entry = table.table(key)?;
    entry.require(
        "cpml",
        "a wall that is a table has an absorbing layer: { cpml = 10 }, or { cpml = { cells = 10, order = 3.2 } }",
    );
    if !entry.is_table("cpml") {
        return entry.count("cpml").map(|cells| Wall::Cpml(Choice::of(cells as usize)));
    }
    layer(&entry.table("cpml")?).map(Wall::Cpml)
}

/// `{ cells, order, sigma, kappa, alpha }`.
fn layer(table: &Table) -> Option<Choice> {
    let cells = table
        .require("cells", "say how thick the layer is, in cells")
        .count("cells");
    let optional = |key: &str, read: &dyn Fn(&str) -> Option<f64>| match table.has(key) {
        true => read(key).map(Some),
        false => Some(None),
    };
    let non_negative = |key: &str| table.non_negative(key);
    let order = optional("order", &non_negative);
    let sigma = optional("sigma", &non_negative);
    let kappa = optional("kappa", &|key| {
        table.number_that(key, |kappa| kappa >= 1.0, "at least 1")
    });
    let alpha = optional("alpha", &non_negative);
    Some(Choice {
        cells: cells? as usize,
        order: order?,
        sigma: sigma?,
        kappa: kappa?,
        alpha: alpha?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;

    fn read(cells: &[usize], boundary: &str) -> Result<PerAxis<[Wall; 2]>, String> {
        let document = Document::parse("case.toml", &format!("[kernel]\n{boundary}\n"), &[]).unwrap();
        let mut grid = GridConfig {
            cells: [1; 3],
            dims: cells.len(),
            spacing: [1.0; 3],
            origin: [0.0; 3],
        };
        grid.cells[..cells.len()].copy_from_slice(cells);
        let found = walls(&document.root().table("kernel").unwrap(), &grid);
        match document.finish() {
            Ok(_) => Ok(found.expect("no error, hence walls")),
            Err(error) => Err(error.to_string()),
        }
    }

    #[track_caller]
    fn refuse(cells: &[usize], boundary: &str, words: &[&str]) {
        let said = read(cells, boundary).expect_err("an error");
        for word in words {
            assert!(said.contains(word), "{word}\nis not in\n{said}");
        }
        assert_eq!(said.matches("error:").count(), 1, "{said}");
    }

    #[test]
    fn single_walls_stand_on_top_of_all() {
        let found = read(
            &[30, 20, 25],
            "boundary = { all = { cpml = 10 }, west = \"pec\", top = \"pmc\" }",
        )
        .unwrap();
        let layer = Wall::Cpml(Choice::of(10));
        assert_eq!(found, [[Wall::Pec, layer], [layer, layer], [layer, Wall::Pmc]]);
        let joined = read(
            &[30, 20],
            "boundary = { all = \"pec\", south = \"periodic\", north = \"periodic\" }",
        )
        .unwrap();
        assert_eq!(joined, [[Wall::Pec; 2], [Wall::Periodic; 2], [Wall::Periodic; 2]]);
    }

    #[test]
    fn a_layer_may_be_described_in_full() {
        let text = "boundary = { all = \"pec\", east = { cpml = { cells = 12, order = 3.2, sigma = 0, kappa = 1, alpha = 0.1 } } }";
        let found = read(&[30, 20], text).unwrap();
        let expected = Choice {
            cells: 12,
            order: Some(3.2),
            sigma: Some(0.0),
            kappa: Some(1.0),
            alpha: Some(0.1),
        };
        assert_eq!(found[0], [Wall::Pec, Wall::Cpml(expected)]);
        let short = read(&[30, 20], "boundary = { all = { cpml = { cells = 4, order = 2 } } }").unwrap();
        let expected = Choice {
            order: Some(2.0),
            ..Choice::of(4)
        };
        assert_eq!(short[1][1], Wall::Cpml(expected));
    }

    #[test]
    fn an_axis_of_one_cell_has_no_walls() {
        let found = read(&[30, 1, 25], "boundary = { all = { cpml = 5 } }").unwrap();
        assert_eq!(found[1], [Wall::Periodic; 2]);
        assert!(read(&[30, 1, 25], "boundary = { all = \"pec\", south = \"periodic\" }").is_ok());
        let four = "boundary = { west = \"pec\", east = \"pec\", bottom = \"pec\", top = \"pec\" }";
        assert!(read(&[30, 1, 25], four).is_ok());
        refuse(
            &[30, 1, 25],
            "boundary = { all = \"pec\", north = \"pmc\" }",
            &["one cell along y", "case.toml:2:35", "leave `north` out"],
        );
    }

    #[test]
    fn walls_that_are_missing_or_unknown_are_named() {
        refuse(&[8, 8], "", &["the kernel has no `boundary`", "case.toml:1:2"]);
        refuse(
            &[8, 8],
            "boundary = { west = \"pec\", east = \"pec\", south = \"pmc\" }",
            &["the north wall has no condition", "case.toml:2:1"],
        );
        refuse(
            &[8, 8],
            "boundary = { west = \"pec\", east = \"pec\" }",
            &["the walls south, north have no condition"],
        );
        refuse(
            &[8, 8],
            "boundary = { all = \"pce\" }",
            &["did you mean \"pec\"?", "case.toml:2:20"],
        );
        refuse(
            &[8, 8],
            "boundary = { all = \"pec\", top = \"pec\" }",
            &["unknown key `top`"],
        );
        refuse(
            &[8, 8],
            "boundary = { all = {} }",
            &["missing key `cpml`", "{ cpml = 10 }"],
        );
    }

    #[test]
    fn periodic_walls_come_in_pairs() {
        refuse(
            &[8, 8],
            "boundary = { all = \"pec\", north = \"periodic\" }",
            &["only one of the south and north walls is periodic", "case.toml:2:35"],
        );
        refuse(
            &[8, 8],
            "boundary = { all = \"periodic\", west = \"pec\" }",
            &["only one of the west and east walls is periodic", "case.toml:2:39"],
        );
    }

    #[test]
    fn layers_fit_into_the_grid() {
        assert!(read(&[20, 20], "boundary = { all = { cpml = 10 } }").is_ok());
        refuse(
            &[20, 19],
            "boundary = { all = { cpml = 10 } }",
            &[
                "the absorbing layers at the south and north walls, 10 and 10 cells, overlap on the 19 cells along y",
                "case.toml:2:20",
            ],
        );
        refuse(
            &[20, 19],
            "boundary = { all = \"pec\", west = { cpml = 21 } }",
            &[
                "an absorbing layer of 21 cells does not fit into the 20 cells along x",
                "case.toml:2:34",
            ],
        );
    }

    #[test]
    fn numbers_of_a_layer_that_mean_nothing_are_refused() {
        let with = |layer: &str| format!("boundary = {{ all = {{ cpml = {layer} }} }}");
        refuse(&[20, 20], &with("0"), &["`cpml`", "must be at least 1, not 0"]);
        refuse(
            &[20, 20],
            &with("{ cells = 0 }"),
            &["`cells`", "must be at least 1", "case.toml:2:39"],
        );
        refuse(&[20, 20], &with("{ order = 3 }"), &["missing key `cells`"]);
        for key in ["order", "sigma", "alpha"] {
            let layer = format!("{{ cells = 5, {key} = -1 }}");
            refuse(&[20, 20], &with(&layer), &[key, "must be zero or positive, not -1"]);
        }
        refuse(
            &[20, 20],
            &with("{ cells = 5, kappa = 0.5 }"),
            &["must be at least 1, not 0.5"],
        );
    }
}
