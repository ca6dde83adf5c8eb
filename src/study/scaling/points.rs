//! What a study consists of: its points, each a number of ranks, of threads, and an executor.

use super::growth::growth;
use crate::config::ExecutorChoice;
use crate::engine::Executor;
use crate::error::{Error, Result};
use crate::files::provenance::{COMMIT, VERSION, now_iso};
use crate::grid::AXIS_NAMES;
use crate::simulation::{Case, counted, suited};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What stays the same when the ranks become more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The cells of each rank: the grid grows.
    Weak,
    /// The grid.
    Strong,
}

impl Kind {
    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Weak => "weak",
            Kind::Strong => "strong",
        }
    }
}

/// What is to be studied, as the command line says it.
#[derive(Clone, Debug)]
pub struct Wishes {
    pub kind: Kind,
    pub config: PathBuf,
    /// Changes of the configuration, `table.key=value`.
    pub overrides: Vec<String>,
    /// Numbers of ranks, at least one.
    pub ranks: Vec<usize>,
    /// Threads of each rank; as the configuration says where empty.
    pub threads: Vec<usize>,
    /// `parallel.executor`; as the configuration says where empty.
    pub executors: Vec<String>,
    /// `parallel.depth` for the executor "temporal".
    pub depths: Vec<usize>,
    pub repeat: usize,
    pub steps: Option<u64>,
}

/// One point of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub ranks: usize,
    pub threads: usize,
    /// As it was asked for: `overlap`, `temporal 8`, `temporal`, `auto`.
    pub executor: String,
    pub cells: [usize; 3],
    /// What makes the configuration this point's, after the changes of the study: `table.key=value`.
    pub changes: Vec<String>,
}

impl Point {
    /// The name of its files.
    pub fn stem(&self) -> String {
        format!(
            "{}-ranks-{}-threads-{}",
            self.ranks,
            self.threads,
            self.executor.replace(' ', "-")
        )
    }

    /// What it is, for people.
    pub fn text(&self) -> String {
        let threads = match self.threads {
            1 => String::new(),
            n => format!(" of {n} threads"),
        };
        format!("{}{threads}, {}", counted(self.ranks, "rank"), self.executor)
    }
}

/// A study: written down before anything is measured, so that its measurements can be collected at any time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Study {
    pub kind: Kind,
    /// The title of the configuration.
    pub title: String,
    pub config: PathBuf,
    pub overrides: Vec<String>,
    /// Number type of the fields.
    pub precision: String,
    /// In the order in which they are measured.
    pub points: Vec<Point>,
    /// Launches of each point.
    pub repeat: usize,
    pub date: String,
    pub version: String,
    pub commit: String,
}

impl Study {
    /// The points that `wishes` ask for.
    ///
    /// # Errors
    /// [`Error::Io`] if the configuration cannot be read; [`Error::Config`] for what is wrong in it, and for a number of
    /// ranks that it does not admit.
    pub fn plan(wishes: &Wishes) -> Result<Study> {
        let text = std::fs::read_to_string(&wishes.config)
            .map_err(|cause| Error::io("read the configuration", &wishes.config, cause))?;
        let name = wishes.config.to_string_lossy();
        let base = Case::parse(&name, &text, &wishes.overrides)?;
        let mut points: Vec<Point> = Vec::new();
        for &ranks in &sorted(&wishes.ranks) {
            let of_grid = grid_changes(wishes.kind, &base, ranks)?;
            for of_executor in executor_changes(wishes) {
                for of_threads in thread_changes(wishes) {
                    let changes = [of_grid.clone(), of_threads, of_executor.clone()].concat();
                    let point = admitted(&name, &text, wishes, ranks, changes)?;
                    if !points.contains(&point) {
                        points.push(point);
                    }
                }
            }
        }
        Ok(Study {
            kind: wishes.kind,
            title: base.config.title.clone(),
            config: wishes.config.clone(),
            overrides: wishes.overrides.clone(),
            precision: if base.number_size() == 4 { "f32" } else { "f64" }.into(),
            points,
            repeat: wishes.repeat,
            date: now_iso(),
            version: VERSION.into(),
            commit: COMMIT.into(),
        })
    }

    /// The file of the study in its folder.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("study.json")
    }

    /// The file of the measurement of `point` in repetition `n`, counted from 1.
    pub fn measurement_path(folder: &Path, point: &Point, n: usize) -> PathBuf {
        folder.join("points").join(format!("{}.{n}.json", point.stem()))
    }
}

/// The point of these changes, if there is such a case and its grid can be cut so.
fn admitted(name: &str, text: &str, wishes: &Wishes, ranks: usize, changes: Vec<String>) -> Result<Point> {
    let all = [wishes.overrides.clone(), changes.clone()].concat();
    let case = Case::parse(name, text, &all)?;
    let blocks = case
        .decompose(ranks)
        .and_then(|decomposition| suited(&case, &decomposition));
    blocks.map_err(|error| {
        let hint = match wishes.kind {
            Kind::Strong if case.config.parallel.topology.is_some() => {
                "\n  A study of several numbers of ranks needs a configuration without `parallel.topology`."
            }
            _ => "",
        };
        Error::Config(format!("--ranks {ranks}: {error}{hint}"))
    })?;
    let parallel = &case.config.parallel;
    let executor = match (parallel.executor, parallel.depth) {
        (ExecutorChoice::Auto, _) => "auto".into(),
        (ExecutorChoice::Blocking, _) => Executor::Blocking.name(),
        (ExecutorChoice::Overlap, _) => Executor::Overlap.name(),
        (ExecutorChoice::Progress, _) => Executor::Progress.name(),
        (ExecutorChoice::Temporal, Some(depth)) => Executor::Temporal(depth).name(),
        (ExecutorChoice::Temporal, None) => "temporal".into(),
    };
    Ok(Point {
        ranks,
        threads: parallel.threads,
        executor,
        cells: case.grid.cells,
        changes,
    })
}

/// What makes the grid that of `ranks` ranks.
fn grid_changes(kind: Kind, base: &Case, ranks: usize) -> Result<Vec<String>> {
    if kind == Kind::Strong {
        return Ok(Vec::new());
    }
    let (grid, dims) = (&base.grid, base.grid.dims);
    let factors = growth(grid.cells, ranks);
    let mut cells = [1; 3];
    for axis in 0..dims {
        let grown = grid.cells[axis].checked_mul(factors[axis]);
        cells[axis] = grown.ok_or_else(|| {
            let along = AXIS_NAMES[axis];
            Error::Config(format!(
                "--ranks {ranks}: the grid would be too large along {along} for any machine"
            ))
        })?;
    }
    Ok(vec![
        format!("grid.cells={:?}", &cells[..dims]),
        format!("grid.spacing={:?}", &grid.spacing[..dims]),
        format!("parallel.topology={:?}", &factors[..dims]),
    ])
}

/// What makes the executor each of those that are asked for.
fn executor_changes(wishes: &Wishes) -> Vec<Vec<String>> {
    let named = |name: &str| format!("parallel.executor=\"{name}\"");
    let of_depth = |depth: &usize| vec![named("temporal"), format!("parallel.depth={depth}")];
    match &wishes.executors[..] {
        [] => vec![Vec::new()],
        names => names
            .iter()
            .flat_map(|name| match name.as_str() {
                "temporal" if !wishes.depths.is_empty() => wishes.depths.iter().map(of_depth).collect(),
                name => vec![vec![named(name)]],
            })
            .collect(),
    }
}

fn thread_changes(wishes: &Wishes) -> Vec<Vec<String>> {
    match wishes.threads.is_empty() {
        true => vec![Vec::new()],
        false => sorted(&wishes.threads)
            .iter()
            .map(|n| vec![format!("parallel.threads={n}")])
            .collect(),
    }
}

/// Upwards, each once.
fn sorted(numbers: &[usize]) -> Vec<usize> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const CASE: &str = "title = \"a box\"\n[grid]\ncells = [12, 10, 8]\nsize = [3, 1, 1]\n[time]\nsteps = 3\n[kernel]\n\
                        type = \"advection-diffusion\"\ndiffusivity = 1\nstepper = \"euler\"\nboundary = { all = \"periodic\" }\n\
                        [[kernel.field]]\nname = \"q\"\n";

    fn wishes(kind: Kind, folder: &Path) -> Wishes {
        let config = folder.join("box.toml");
        std::fs::write(&config, CASE).unwrap();
        Wishes {
            kind,
            config,
            overrides: Vec::new(),
            ranks: vec![2, 1, 2],
            threads: Vec::new(),
            executors: Vec::new(),
            depths: Vec::new(),
            repeat: 3,
            steps: Some(10),
        }
    }

    /// A strong study of 1 and 2 ranks with two executors.
    pub fn study() -> Study {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            executors: vec!["blocking".into(), "overlap".into()],
            ..wishes(Kind::Strong, folder.path())
        };
        Study::plan(&wishes).unwrap()
    }

    #[test]
    fn the_points_of_a_strong_study_share_the_grid() {
        let names: Vec<String> = study().points.iter().map(Point::text).collect();
        let all = [
            "1 rank, blocking",
            "1 rank, overlap",
            "2 ranks, blocking",
            "2 ranks, overlap",
        ];
        assert_eq!(names, all);
        assert!(study().points.iter().all(|point| point.cells == [12, 10, 8]));
        assert_eq!(study().points[3].stem(), "2-ranks-1-threads-overlap");
    }

    #[test]
    fn the_points_of_a_weak_study_share_the_tile_and_the_spacing() {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            ranks: vec![1, 4],
            threads: vec![2, 1],
            executors: vec!["temporal".into()],
            depths: vec![2, 4],
            ..wishes(Kind::Weak, folder.path())
        };
        let study = Study::plan(&wishes).unwrap();
        assert_eq!(study.points.len(), 8);
        let last = study.points.last().unwrap();
        assert_eq!(last.text(), "4 ranks of 2 threads, temporal 4");
        assert_eq!(last.cells, [12, 20, 16]);
        let case = Case::parse("box.toml", CASE, &last.changes).unwrap();
        let decomposition = case.decompose(4).unwrap();
        assert_eq!(decomposition.topology, [1, 2, 2]);
        assert!((0..4).all(|rank| decomposition.owned(rank).size() == [12, 10, 8]));
        assert_eq!(case.grid.spacing, [0.25, 0.1, 0.125]);
    }

    #[test]
    fn a_number_of_ranks_that_the_grid_does_not_admit_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            ranks: vec![2, 961],
            ..wishes(Kind::Strong, folder.path())
        };
        let error = Study::plan(&wishes).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("--ranks 961"), "{error}");
    }

    #[test]
    fn a_block_that_is_too_long_for_the_tiles_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            executors: vec!["temporal".into()],
            depths: vec![7],
            ..wishes(Kind::Strong, folder.path())
        };
        let error = Study::plan(&wishes).unwrap_err().to_string();
        assert!(
            error.contains("--ranks 2") && error.contains("`parallel.depth` = 7"),
            "{error}"
        );
    }
}
