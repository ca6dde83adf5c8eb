//! Validation: cases whose results are known from elsewhere are run, and what their files hold is judged.
//!
//! A case is a folder: `case.toml`, what is run; `expected.toml`, the variations of it that are run, and the checks, each
//! with value, tolerance and source. No case has code of its own: values come from snapshots and histories through a
//! fixed list of norms and probes, which `validation/README.md` describes. Start reading with `expected`, what a case
//! asks for, then `measure`, how a value is found.
//!
//! | module | what it owns |
//! |---|---|
//! | `library` | the folder of cases: which there are, which are wanted |
//! | `expected`, `checks`, `field_measures`, `probe_measures` | reading `expected.toml` |
//! | `check` | what a check asks for, and when it passes |
//! | `products` | the files of one run |
//! | `norms` | numbers from the values of a field |
//! | `budget` | numbers from the columns of a history |
//! | `probe_numbers`, `samples`, `resonance` | numbers from the series of probes: trends, Fourier sums, modes |
//! | `measure` | the value of a check |
//! | `table`, `convergence` | the lines and the pictures that people see |

mod budget;
mod check;
mod checks;
mod convergence;
mod expected;
mod field_measures;
mod library;
mod measure;
mod norms;
mod probe_measures;
mod probe_numbers;
mod products;
mod resonance;
mod samples;
mod table;

use crate::error::{Error, Result};
use crate::parallel::World;
use crate::simulation::{self, Case, Options, ProgressStyle};
use expected::Validation;
use measure::Finding;
use products::{Products, Trial};
use std::path::{Path, PathBuf};
use std::time::Instant;
use table::Table;

/// What is to be validated, and where the runs go.
#[derive(Clone, Debug)]
pub struct ValidationPlan {
    /// The folder of cases.
    pub cases: PathBuf,
    /// Names of cases; all if empty.
    pub wanted: Vec<String>,
    /// Runs go to `output/<case>/<run>`, pictures to `output/<case>.<picture>`.
    pub output: PathBuf,
    /// The ending of the pictures of convergence, if they are to be drawn.
    pub picture: Option<&'static str>,
}

/// Runs and judges the cases of `plan`; all ranks call it. `say` is given each part of the report, in text, as soon as it
/// is known, on every rank.
///
/// # Errors
/// The same on every rank: [`Error::Config`] for a case or an expectation that cannot be used, before anything is run;
/// [`Error::Failed`] with the checks that failed; [`Error::Io`] for files that cannot be read or written.
pub fn validate(world: &World, plan: &ValidationPlan, say: &mut dyn FnMut(&str)) -> Result<()> {
    let start = Instant::now();
    let texts = library::load(world, &plan.cases, &plan.wanted)?;
    let validations = world.agree(expected::read_all(&texts))?;
    let table = Table::new(&validations);
    say(&table.heading());
    let (mut n_checks, mut failures) = (0, Vec::new());
    for validation in &validations {
        say(&table.title(validation));
        let trials = run_all(world, validation, &plan.output.join(&validation.name))?;
        let findings = world.agree(judge(world, validation, &trials))?;
        let rows = world.broadcast_text(&table.rows(validation, &findings));
        say(&rows);
        if let Some(ending) = plan.picture {
            let drawn = convergence::draw(validation, &findings, &plan.output, ending);
            let paths = world.agree(drawn)?;
            say(&world.broadcast_text(&paths));
        }
        n_checks += validation.checks.len();
        failures.extend(failed(validation, &findings));
    }
    conclude(world, n_checks, &failures, start.elapsed().as_secs_f64(), say)
}

/// Runs every variation of the case into a folder of its own. A run that fails numerically is a finding, not an end.
fn run_all(world: &World, validation: &Validation, folder: &Path) -> Result<Vec<Trial>> {
    let run_one = |(name, case): &(String, Case)| {
        let options = Options {
            output: Some(folder.join(name)),
            overwrite: true,
            progress: ProgressStyle::None,
            quiet: true,
            ..Options::default()
        };
        match simulation::run(world, case, &options) {
            Ok(summary) => Ok(Trial::Finished(Products::new(summary.folder))),
            Err(Error::Numerical(text)) => Ok(Trial::Failed(text)),
            Err(error) => Err(error),
        }
    };
    validation.runs.iter().map(run_one).collect()
}

/// The findings, on rank 0, which alone reads files; none elsewhere.
fn judge(world: &World, validation: &Validation, trials: &[Trial]) -> Result<Vec<Finding>> {
    if !world.is_root() {
        return Ok(Vec::new());
    }
    let find = |check| measure::find(validation, check, trials);
    validation.checks.iter().map(find).collect()
}

/// What to say of each check that failed.
fn failed(validation: &Validation, findings: &[Finding]) -> Vec<String> {
    let pairs = validation.checks.iter().zip(findings);
    let wrong = pairs.filter(|(check, finding)| !check.judgement.is_met(finding.value));
    wrong
        .map(|(check, finding)| {
            let place = format!("{}:{}", validation.expected_path.display(), check.line);
            format!("{place}: \"{}\" {}", check.name, finding.complaint(&check.judgement))
        })
        .collect()
}

/// Says how it went; all ranks agree on the verdict of rank 0.
fn conclude(
    world: &World,
    n_checks: usize,
    failures: &[String],
    seconds: f64,
    say: &mut dyn FnMut(&str),
) -> Result<()> {
    let verdict = match failures.len() {
        0 => Ok(()),
        n => Err(Error::Failed(format!(
            "{n} of {n_checks} checks failed\n  {}",
            failures.join("\n  ")
        ))),
    };
    world.agree(verdict)?;
    say(&format!("\nall {n_checks} checks passed, in {seconds:.1} s\n"));
    Ok(())
}
