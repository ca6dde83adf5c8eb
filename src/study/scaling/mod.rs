//! Scaling studies: the steps of a configuration on several numbers of ranks, of threads, and with several executors.
//!
//! Every point is launched by itself, as a user would launch a run, and measures itself: `measurement` runs on its ranks and
//! leaves a file. Whoever started the study knows no MPI; it launches all points once, then again, so that a machine that
//! changes in the course of a study changes all points alike, and judges by medians. What is written down before the first
//! launch is enough to collect the measurements later, where a queue has launched them.
//!
//! | module | what it owns |
//! |---|---|
//! | `points` | which points there are, and what makes a configuration theirs |
//! | `growth` | how the grid of a weak study grows |
//! | `launcher` | `mpirun`, `srun`, or a template |
//! | `measurement` | one launch, on its ranks |
//! | `job_script` | scripts for a queue, instead of launching |
//! | `summary` | what measurements come to: speed-up, efficiency, marks |
//! | `table`, `pictures`, `products` | what people and other programs see of it |

mod growth;
mod job_script;
mod launcher;
mod measurement;
mod pictures;
mod points;
mod products;
mod summary;
mod table;

pub use job_script::Queue;
pub use measurement::{Amount, measure};
pub use points::{Kind, Wishes};

use crate::error::{Error, Result};
use crate::parallel::is_launched;
use crate::simulation::counted;
use launcher::Launcher;
use measurement::Measurement;
use points::{Point, Study};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use summary::Measured;

/// What the first launch of a point measures, where steps or executor are open, s.
const FIRST_SECONDS: f64 = 0.3;

/// What the measured steps of a point last, s: in a strong study those of the slowest.
const SECONDS: f64 = 2.0;

/// What those of the fastest point of a strong study last at least, s.
const LEAST_SECONDS: f64 = 1.2;

/// What is to be studied, how it is launched, and where the products go.
#[derive(Clone, Debug)]
pub struct ScalingPlan {
    pub wishes: Wishes,
    /// `output/scaling-<kind>-<stem of the configuration>` if not given.
    pub output: Option<PathBuf>,
    /// Whether an earlier study in that folder is replaced.
    pub overwrite: bool,
    /// A template for the launcher.
    pub launcher: Option<String>,
    /// Scripts for this queue are written, instead of launching.
    pub queue: Option<Queue>,
}

/// Studies as `plan` says; `say` is given each part of the report, in text, as soon as it is known.
///
/// # Errors
/// [`Error::Config`] for what cannot be studied, before anything is launched, and for a launcher that is not there; what a launch
/// fails with; [`Error::Io`] for files that cannot be read or written.
pub fn scaling(plan: &ScalingPlan, say: &mut dyn FnMut(&str)) -> Result<()> {
    if is_launched() {
        return Err(Error::Config(
            "simrun scaling starts its ranks itself, and was started by a launcher.\n  Call it without mpirun or srun; within an \
             allocation of Slurm it uses srun, and --launcher names any other."
                .into(),
        ));
    }
    let launcher = plan.launcher.as_deref().map(Launcher::parse).transpose()?;
    if plan.queue.is_some() && plan.wishes.steps.is_none() {
        return Err(Error::Config(
            "--submit-script needs --steps: jobs cannot agree among themselves on how many last long enough.\n  Take as many as last \
             some seconds on the fewest ranks, and more than one second on the most; `simrun check` estimates how long steps take."
                .into(),
        ));
    }
    let study = Study::plan(&plan.wishes)?;
    let folder = plan.output.clone().unwrap_or_else(|| default_folder(&study));
    prepare(&folder, &study, plan.overwrite)?;
    let program = std::env::current_exe().map_err(|e| Error::Io(format!("could not find this program's file: {e}")))?;
    if let (Some(queue), Some(steps)) = (plan.queue, plan.wishes.steps) {
        let workplace =
            std::env::current_dir().map_err(|e| Error::Io(format!("could not find the working directory: {e}")))?;
        let places = [&*program, &*workplace];
        let scripts = job_script::write(&folder, &study, steps, queue, launcher.as_ref(), places)?;
        say(&submit_text(&folder, &scripts, queue));
        return Ok(());
    }
    let launches = Launches {
        study: &study,
        folder: &folder,
        launcher: launcher.map_or_else(|| Launcher::choose(None), Ok)?,
        program: program.into_os_string(),
    };
    launches.carry_out(plan.wishes.steps, say)?;
    collect(&folder, say)
}

/// Sums up what has been measured of the study in `folder`: its table, its files, its pictures.
///
/// # Errors
/// [`Error::Config`] if there is no study or nothing measured of it, [`Error::Io`] for files that cannot be read or written.
pub fn collect(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<()> {
    let study = read(folder)?;
    let mut measured = Vec::new();
    let mut missing = String::new();
    for point in &study.points {
        let paths = (1..=study.repeat).map(|n| Study::measurement_path(folder, point, n));
        let launches = paths
            .filter(|path| path.is_file())
            .map(|path| Measurement::read(&path))
            .collect::<Result<Vec<Measurement>>>()?;
        if launches.len() < study.repeat {
            missing += &format!(
                "{}: {} of {} are missing\n",
                point.text(),
                study.repeat - launches.len(),
                counted(study.repeat, "repetition")
            );
        }
        if !launches.is_empty() {
            let point = point.clone();
            measured.push(Measured { point, launches });
        }
    }
    if measured.is_empty() {
        return Err(Error::Config(format!(
            "{}: nothing has been measured so far.\n  Submit the job scripts in it, and collect when the jobs have ended.",
            folder.display()
        )));
    }
    let rows = summary::rows(&measured);
    say(&table::table(&study, &rows));
    say(&missing);
    products::write(folder, &study, &measured, &rows)?;
    let pictures = pictures::draw(folder, &study, &rows)?;
    let names = products::paths(folder);
    let all = names.iter().chain(&pictures).map(|path| path.display().to_string());
    say(&format!("\nwritten: {}\n", all.collect::<Vec<String>>().join(", ")));
    Ok(())
}

/// The launches of a study.
struct Launches<'a> {
    study: &'a Study,
    folder: &'a Path,
    launcher: Launcher,
    program: OsString,
}

impl Launches<'_> {
    /// All points once, then again, until each has been measured as often as it has to be.
    fn carry_out(&self, steps: Option<u64>, say: &mut dyn FnMut(&str)) -> Result<()> {
        let points = &self.study.points;
        let mut chosen: Vec<Vec<String>> = vec![Vec::new(); points.len()];
        let is_open = steps.is_none() || points.iter().any(|point| point.executor == "auto");
        let steps = match (steps, is_open) {
            (Some(steps), false) => vec![steps; points.len()],
            (given, _) => {
                let mut first = Vec::new();
                for (n, point) in points.iter().enumerate() {
                    let measurement = self.launch(point, &[], Amount::Seconds(FIRST_SECONDS), 0)?;
                    say(&format!("first launch, {}\n", said(point, &measurement)));
                    chosen[n] = choice(point, &measurement);
                    first.push(measurement);
                }
                given.map_or_else(
                    || enough_steps(self.study.kind, &first),
                    |steps| vec![steps; points.len()],
                )
            }
        };
        for repetition in 1..=self.study.repeat {
            for ((point, chosen), &steps) in points.iter().zip(&chosen).zip(&steps) {
                let measurement = self.launch(point, chosen, Amount::Steps(steps), repetition)?;
                say(&format!(
                    "repetition {repetition} of {}, {}\n",
                    self.study.repeat,
                    said(point, &measurement)
                ));
            }
        }
        Ok(())
    }

    /// Measures a point, with further changes of the configuration.
    fn launch(&self, point: &Point, changes: &[String], amount: Amount, n: usize) -> Result<Measurement> {
        let result = Study::measurement_path(self.folder, point, n);
        let mut arguments: Vec<OsString> = ["scaling", "point"].map(OsString::from).into();
        arguments.push(self.study.config.clone().into());
        for change in self.study.overrides.iter().chain(&point.changes).chain(changes) {
            arguments.extend(["--set".into(), change.into()]);
        }
        arguments.extend(match amount {
            Amount::Steps(steps) => ["--steps".into(), steps.to_string().into()],
            Amount::Seconds(seconds) => ["--seconds".into(), seconds.to_string().into()],
        });
        arguments.extend(["--result".into(), result.clone().into()]);
        let launched = self.launcher.run(point.ranks, point.threads, &self.program, &arguments);
        launched.map_err(|error| Error::from_code(error.exit_code(), format!("{}: {error}", point.text())))?;
        Measurement::read(&result)
    }
}

/// A measurement in a line.
fn said(point: &Point, measurement: &Measurement) -> String {
    let by = match point.executor == measurement.executor {
        true => String::new(),
        false => format!(" by {}", measurement.executor),
    };
    format!(
        "{}: {:.4} ms a step{by}",
        point.text(),
        1e3 * measurement.step_seconds()
    )
}

/// What makes an open executor the one that was found fastest.
fn choice(point: &Point, measurement: &Measurement) -> Vec<String> {
    if point.executor != "auto" {
        return Vec::new();
    }
    let name = measurement.executor.split([' ', ',']).next().unwrap_or_default();
    let executor = format!("parallel.executor=\"{name}\"");
    match name {
        "temporal" => vec![executor, format!("parallel.depth={}", measurement.block)],
        _ => vec![executor],
    }
}

/// As many steps as last long enough, for each point, in whole blocks: the same for all points of a strong study, which compares
/// the time of the same steps.
fn enough_steps(kind: Kind, first: &[Measurement]) -> Vec<u64> {
    let times = first.iter().map(Measurement::step_seconds);
    let blocks = first.iter().map(|measurement| measurement.block as u64);
    let whole = |steps: f64, block: u64| (steps.ceil() as u64).max(1).next_multiple_of(block);
    if kind == Kind::Weak {
        return times
            .zip(blocks)
            .map(|(time, block)| whole(SECONDS / time, block))
            .collect();
    }
    let slowest = times.clone().fold(0.0, f64::max);
    let fastest = times.fold(f64::INFINITY, f64::min);
    let steps = (SECONDS / slowest).max(LEAST_SECONDS / fastest);
    vec![whole(steps, blocks.fold(1, least_common_multiple)); first.len()]
}

fn least_common_multiple(a: u64, b: u64) -> u64 {
    let (mut divisor, mut rest) = (a, b);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    a / divisor * b
}

fn default_folder(study: &Study) -> PathBuf {
    let stem = study.config.file_stem().unwrap_or_else(|| "case".as_ref());
    Path::new("output").join(format!("scaling-{}-{}", study.kind.name(), stem.to_string_lossy()))
}

/// Makes the folder of a study and writes the study down; of an earlier one, the measurements go, and what was made of them.
fn prepare(folder: &Path, study: &Study, overwrite: bool) -> Result<()> {
    let path = Study::path(folder);
    let earlier = match path.exists() {
        true => measurements(folder, &read(folder)?),
        false => Vec::new(),
    };
    if !earlier.is_empty() && !overwrite {
        return Err(Error::Config(format!(
            "{}: there are measurements of a study already.\n  Give another folder with --output, or replace them with --overwrite; \
             `simrun scaling collect` shows them.",
            folder.display()
        )));
    }
    // Files of these names that no study has left are not ours to remove.
    let is_earlier = !earlier.is_empty();
    let made = products::paths(folder).into_iter().chain(pictures::paths(folder));
    let made = made.filter(|path| is_earlier && path.is_file());
    for path in earlier.into_iter().chain(made) {
        fs::remove_file(&path).map_err(|e| Error::io("remove the earlier measurement", &path, e))?;
    }
    let points = folder.join("points");
    fs::create_dir_all(&points).map_err(|e| Error::io("create the folder", &points, e))?;
    let text = serde_json::to_string_pretty(study).expect("a study has only plain values");
    fs::write(&path, text + "\n").map_err(|e| Error::io("write", &path, e))
}

/// The files of all that has been measured of a study, first launches too.
fn measurements(folder: &Path, study: &Study) -> Vec<PathBuf> {
    let of_point = |point| (0..=study.repeat).map(move |n| Study::measurement_path(folder, point, n));
    let all = study.points.iter().flat_map(of_point);
    all.filter(|path| path.is_file()).collect()
}

/// The study in a folder.
fn read(folder: &Path) -> Result<Study> {
    let path = Study::path(folder);
    if !path.is_file() {
        return Err(Error::Config(format!(
            "{}: there is no study, which has a file study.json.\n  `simrun scaling weak` and `simrun scaling strong` begin one.",
            folder.display()
        )));
    }
    let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
    serde_json::from_str(&text).map_err(|e| Error::io("understand", &path, e))
}

fn submit_text(folder: &Path, scripts: &[PathBuf], queue: Queue) -> String {
    let mut text = format!(
        "{} in {}: adapt the lines marked <--, then\n",
        counted(scripts.len(), "job script"),
        folder.display()
    );
    for script in scripts {
        text += &format!(
            "    {} {}\n",
            queue.command(),
            launcher::quoted(&script.to_string_lossy())
        );
    }
    text + &format!(
        "and when all jobs have ended\n    simrun scaling collect {}\n",
        launcher::quoted(&folder.to_string_lossy())
    )
}

#[cfg(test)]
mod tests {
    use super::measurement::tests::measurement;
    use super::points::tests::study;
    use super::*;

    #[test]
    fn steps_last_long_enough_on_the_slowest_and_the_fastest_point() {
        // 20 ms and 5 ms a step.
        let [slow, fast] = [2.0, 0.5].map(|wall| measurement(wall, &[[wall, 0.0]]));
        assert_eq!(enough_steps(Kind::Strong, std::slice::from_ref(&slow)), [100]);
        assert_eq!(enough_steps(Kind::Strong, &[slow.clone(), fast.clone()]), [240; 2]);
        let [nine, six] = [9, 6].map(|block| Measurement { block, ..fast.clone() });
        assert_eq!(enough_steps(Kind::Strong, &[slow.clone(), nine.clone(), six]), [252; 3]);
        assert_eq!(enough_steps(Kind::Weak, &[slow, nine]), [100, 405]);
        assert_eq!([least_common_multiple(8, 6), least_common_multiple(1, 7)], [24, 7]);
    }

    #[test]
    fn what_auto_has_found_is_what_is_measured() {
        let mut point = study().points[0].clone();
        let found = |executor: &str, block| Measurement {
            executor: executor.into(),
            block,
            ..measurement(1.0, &[[1.0, 0.0]])
        };
        assert!(choice(&point, &found("temporal 8", 8)).is_empty());
        point.executor = "auto".into();
        assert_eq!(
            choice(&point, &found("temporal 8, strips of 16 rows", 8)),
            ["parallel.executor=\"temporal\"", "parallel.depth=8"]
        );
        assert_eq!(choice(&point, &found("overlap", 1)), ["parallel.executor=\"overlap\""]);
    }

    #[test]
    fn a_study_is_not_replaced_unless_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let study = study();
        prepare(folder.path(), &study, false).unwrap();
        let file = Study::measurement_path(folder.path(), &study.points[0], 1);
        fs::write(&file, "{}").unwrap();
        let error = prepare(folder.path(), &study, false).unwrap_err();
        assert!(error.to_string().contains("--overwrite") && file.exists(), "{error}");
        let table = folder.path().join("scaling.csv");
        fs::write(&table, "").unwrap();
        prepare(folder.path(), &study, true).unwrap();
        assert!(!file.exists() && !table.exists());
        fs::write(&table, "").unwrap();
        prepare(folder.path(), &study, true).unwrap();
        assert!(table.exists());
        let error = collect(folder.path(), &mut |_| ()).unwrap_err();
        assert!(error.to_string().contains("nothing has been measured"), "{error}");
        let error = collect(&folder.path().join("points"), &mut |_| ()).unwrap_err();
        assert!(error.to_string().contains("no study"), "{error}");
    }
}
