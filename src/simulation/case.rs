//! A configuration turned into what is to be computed: physics, grid, storage, tiles.

use super::report::counted;
use crate::config::{Config, Document, Table};
use crate::error::{Error, Result};
use crate::field::Storage;
use crate::grid::{AXIS_NAMES, Decomposition, DecompositionError, Grid, Tile};
use crate::kernels::{self, Declaration, KernelError, Physics, Rates, Setting, StepChoice};
use crate::numerics::formula::nearest_name;
use crate::parallel::World;
use std::path::Path;

/// Everything that is known before anything is allocated.
#[derive(Debug)]
pub struct Case {
    pub config: Config,
    pub physics: Box<dyn Physics>,
    /// `kernel.type`.
    pub kernel_name: String,
    pub grid: Grid,
    pub declaration: Declaration,
    /// The configuration with all overrides applied, as TOML.
    pub resolved: String,
    /// What is allowed but looks wrong.
    pub warnings: Vec<String>,
}

impl Case {
    /// Reads the configuration at `path` on rank 0, and checks it on all ranks alike.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Config`] with all that is wrong in it.
    pub fn load(world: &World, path: &Path, overrides: &[String]) -> Result<Case> {
        let text = Case::read(world, path)?;
        world.agree(Case::parse(&path.to_string_lossy(), &text, overrides))
    }

    /// The text of the configuration at `path`, read on rank 0, on all ranks.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks, if it cannot be read.
    pub fn read(world: &World, path: &Path) -> Result<String> {
        let text = if world.is_root() {
            std::fs::read_to_string(path).map_err(|cause| Error::io("read the configuration", path, cause))
        } else {
            Ok(String::new())
        };
        Ok(world.broadcast_text(&world.agree(text)?))
    }

    /// Checks the configuration `text`, called `name` in messages.
    ///
    /// # Errors
    /// [`Error::Config`] with all that is wrong in it.
    pub fn parse(name: &str, text: &str, overrides: &[String]) -> Result<Case> {
        let document = Document::parse(name, text, overrides)?;
        let config = Config::read(&document);
        let root = document.root();
        let kernel = root.require_table(
            "kernel",
            "say what is computed: `[kernel]` with `type = \"advection-diffusion\"`",
        );
        let mut found = None;
        if let (Some(config), Some(table)) = (&config, &kernel) {
            let kernel_name = table.string("type").unwrap_or_default();
            if let Some(physics) = kernels::read(table, &setting(config)) {
                let grid = Grid {
                    cells: config.grid.cells,
                    dims: config.grid.dims,
                    spacing: config.grid.spacing,
                    origin: config.grid.origin,
                    periodic: physics.periodic(),
                };
                let declaration = physics.declaration(&grid);
                check_names(&document, config, &declaration);
                found = Some((physics, kernel_name, grid, declaration));
            }
        } else if let Some(table) = &kernel {
            // Without a grid the kernel cannot be read; its keys are not at fault.
            table.accept_rest();
        }
        let warnings = document.finish()?;
        let resolved = document.resolved();
        let (config, (physics, kernel_name, grid, declaration)) = config.zip(found).ok_or_else(|| {
            Error::Config(format!(
                "{name} cannot be used, and no reason was recorded: please report this"
            ))
        })?;
        Ok(Case {
            config,
            physics,
            kernel_name,
            grid,
            declaration,
            resolved,
            warnings,
        })
    }

    /// The error for a kernel that cannot be prepared.
    pub fn refuse(&self, error: &KernelError) -> Error {
        Error::Config(format!("{}: {error}", self.config.path.display()))
    }

    /// The case made for its steps, where the rates at the start are `rates`; `None` where there is nothing to choose.
    ///
    /// # Errors
    /// [`Error::Config`] if there is nothing that will do.
    pub fn fitted(&self, rates: &Rates) -> Result<Option<Case>> {
        let step = StepChoice {
            dt: self.config.time.dt,
            cfl: self.config.time.cfl,
        };
        let fitted = self.physics.fitted(&step, rates);
        let with = |physics: Box<dyn Physics>| Case {
            config: self.config.clone(),
            declaration: physics.declaration(&self.grid),
            physics,
            kernel_name: self.kernel_name.clone(),
            grid: self.grid.clone(),
            resolved: self.resolved.clone(),
            warnings: self.warnings.clone(),
        };
        Ok(fitted.map_err(|error| self.refuse(&error))?.map(with))
    }

    /// Length of the run with steps of `dt`, s, where it can be told.
    pub fn span(&self, dt: f64) -> Option<f64> {
        let time = &self.config.time;
        let by_steps = time.steps.map(|n| n as f64 * dt);
        time.end.map(|end| end - time.start).or(by_steps)
    }

    /// Cuts the grid into `n_ranks` tiles.
    ///
    /// # Errors
    /// [`Error::Config`] if the grid does not admit it, with the largest usable number of ranks.
    pub fn decompose(&self, n_ranks: usize) -> Result<Decomposition> {
        let reach = self.declaration.reach(&self.grid);
        Decomposition::new(&self.grid, n_ranks, &reach, self.config.parallel.topology)
            .map_err(|error| Error::Config(self.explain(error, n_ranks)))
    }

    fn explain(&self, error: DecompositionError, n_ranks: usize) -> String {
        let file = self.config.path.display();
        match error {
            DecompositionError::WrongProduct { topology, n_ranks } => {
                let [a, b, c] = topology;
                format!(
                    "{file}: `parallel.topology` = {a} x {b} x {c} makes {} tiles, one for each rank, but the run has {}.\n  \
                     Start {}, change `topology`, or leave it out to have it chosen.",
                    a * b * c,
                    counted(n_ranks, "rank"),
                    counted(a * b * c, "rank")
                )
            }
            DecompositionError::TooThin {
                axis,
                cells,
                needed,
                largest_usable: 0,
            } => format!(
                "{file}: `grid.cells` along {} is {cells}, less than the {needed} cells that a tile needs for its halo.\n  Make \
                 the grid at least {needed} cells wide there, or give that axis one cell.",
                AXIS_NAMES[axis]
            ),
            DecompositionError::TooThin {
                axis,
                cells,
                needed,
                largest_usable,
            } => format!(
                "{file}: {n_ranks} ranks would cut `grid.cells` into tiles of {cells} cells along {}, thinner than the halo of \
                 {needed}.\n  The largest number of ranks that this grid admits{} is {largest_usable}.",
                AXIS_NAMES[axis],
                if self.config.parallel.topology.is_some() {
                    " up to this one (with a topology that fits)"
                } else {
                    " up to this one"
                },
            ),
        }
    }

    /// One rank's tile.
    pub fn tile(&self, decomposition: &Decomposition, rank: usize) -> Tile {
        Tile {
            grid: self.grid.clone(),
            owned: decomposition.owned(rank),
            margin: self.declaration.margin(&self.grid),
        }
    }

    /// Bytes of a number of the run.
    pub fn number_size(&self) -> usize {
        match self.config.precision {
            crate::config::Precision::Single => 4,
            crate::config::Precision::Double => 8,
        }
    }

    /// Bytes of storage and coefficients that a tile needs.
    pub fn tile_bytes(&self, tile: &Tile) -> f64 {
        let slots = match self.config.precision {
            crate::config::Precision::Single => Storage::<f32>::bytes_needed(&self.declaration.slots, tile),
            crate::config::Precision::Double => Storage::<f64>::bytes_needed(&self.declaration.slots, tile),
        };
        let stored: f64 = tile.stored().size().iter().map(|&n| n as f64).product();
        slots + stored * (self.declaration.n_coefficient_arrays * self.number_size()) as f64
    }
}

/// What the physics is told of the rest of the configuration.
fn setting(config: &Config) -> Setting {
    Setting {
        grid: config.grid.clone(),
        units: config.units,
        start: config.time.start,
    }
}

/// Snapshots, probes and plots may only ask for fields that exist, and a stop for a total that does.
fn check_names(document: &Document, config: &Config, declaration: &Declaration) {
    let root = document.root();
    for (table, snapshot) in root.tables("snapshot").iter().zip(&config.snapshots) {
        check_fields(table, &snapshot.fields, declaration);
    }
    super::probes::check_fields(document, &config.probes, declaration);
    check_fields(&root.section("plot"), &config.plot.fields, declaration);
    if let Some(stop) = &config.stop {
        super::stop::check_total(&root.section("stop"), stop, declaration);
    }
}

/// Records an error for each of `fields`, the value of `fields` in `table`, that does not exist.
pub(super) fn check_fields(table: &Table, fields: &[String], declaration: &Declaration) {
    let names: Vec<&str> = declaration.fields.iter().map(|field| field.name.as_str()).collect();
    let unknown = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !names.contains(&field.as_str()));
    for (index, field) in unknown {
        let help = match nearest_name(field, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("the fields are: {}", names.join(", ")),
        };
        table.error_at_item("fields", index, format!("there is no field \"{field}\""), help);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        [grid]
        cells = [10, 4]
        spacing = [1, 1]
        [time]
        steps = 3
        [kernel]
        type = "advection-diffusion"
        boundary = { all = "open" }
        [[kernel.field]]
        name = "q"
    "#;

    #[test]
    fn a_small_configuration_is_enough() {
        let case = Case::parse("t.toml", TEXT, &[]).unwrap();
        assert_eq!(case.grid.cells, [10, 4, 1]);
        assert_eq!(case.declaration.fields[0].name, "q");
        assert_eq!(case.decompose(2).unwrap().topology, [2, 1, 1]);
    }

    #[test]
    fn too_many_ranks_are_refused_with_the_largest_number() {
        let case = Case::parse("t.toml", TEXT, &[]).unwrap();
        let Err(Error::Config(text)) = case.decompose(41) else {
            panic!("41 ranks on 40 cells")
        };
        assert!(text.contains("is 40"), "{text}");
    }

    #[test]
    fn a_snapshot_of_an_unknown_field_is_refused_at_its_place() {
        let text = format!("{TEXT}\n[[snapshot]]\nevery = 1\nfields = [\"Q2\", \"q\"]\n");
        let Err(Error::Config(text)) = Case::parse("t.toml", &text, &[]) else {
            panic!("there is no Q2")
        };
        assert!(
            text.contains("there is no field \"Q2\"") && text.contains("t.toml:"),
            "{text}"
        );
    }
}
