//! Ensembles: one configuration with several values of some of its keys, each run by a group of ranks of its own.
//!
//! A member is a run like any other, in a folder of its own, with the files and the bits that it would have alone. Groups take
//! their members in a fixed order ([`Groups`]) and never wait for each other until the end, where rank 0 makes one table and one
//! picture of all. What is wrong with a configuration is found before anything is computed; what goes wrong in a member
//! afterwards ends this member alone. Start reading with [`ensemble`].
//!
//! | module | what it owns |
//! |---|---|
//! | `members` | which members there are, and what they are called |
//! | `groups` | which ranks run which of them |
//! | `outcome` | how a member ended, and its way to rank 0 |
//! | `table` | what people see, and `ensemble.csv` |

mod groups;
mod members;
mod outcome;
mod table;

use crate::config::Variation;
use crate::error::{Error, Result};
use crate::files::run_folder::HISTORY;
use crate::files::{History, RunFolder};
use crate::parallel::World;
use crate::simulation::{
    self, Case, Options, ProgressStyle, Requests, Restart, check_cores, compared_histories, counted,
};
use groups::Groups;
use members::{Member, members};
use outcome::Outcome;
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::Results;

/// The table of all members.
const TABLE: &str = "ensemble.csv";
/// The picture of all histories.
const PICTURE: &str = "ensemble.png";

/// How long an ensemble that goes on waits for the end of the one before.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is to be run, and where it goes.
#[derive(Clone, Debug)]
pub struct EnsemblePlan {
    pub config: PathBuf,
    /// As `--set` takes them: for all members.
    pub overrides: Vec<String>,
    /// As [`Variation::parse`] takes them.
    pub vary: Vec<String>,
    /// Unless given, as few as leave no member without ranks.
    pub ranks_per_member: Option<usize>,
    /// Members go to folders in it; `output/<stem of the configuration>-ensemble` if not given.
    pub output: Option<PathBuf>,
    pub overwrite: bool,
    /// Whether members that have checkpoints go on, and those that are finished are left alone.
    pub restart: bool,
    /// Wall-clock time after which members under way stop with a checkpoint, and no other begins, s.
    pub max_time: Option<f64>,
    /// Whether ranks may be bound to the same cores.
    pub sharing_is_allowed: bool,
}

/// What all ranks know of an ensemble.
struct Ensemble<'a> {
    plan: &'a EnsemblePlan,
    /// The text of the configuration.
    text: String,
    title: String,
    variations: Vec<Variation>,
    members: Vec<Member>,
    groups: Groups,
    folder: PathBuf,
    /// For the logs of all members.
    remarks: Vec<String>,
}

/// Runs all members of `plan`; all ranks call it. `say` is given what there is to say as soon as it is known, on the rank that
/// knows it.
///
/// # Errors
/// The same on every rank. Before anything is run: [`Error::Config`] for variations or a member that cannot be used, by its name,
/// for ranks that share cores and for a folder that is in use; [`Error::Io`] if something cannot be read or written. Afterwards:
/// that of the member with the largest exit code, with what went wrong in every member.
pub fn ensemble(world: &World, plan: &EnsemblePlan, say: &mut dyn FnMut(&str)) -> Result<()> {
    // Ranks without a member must not be ended by a signal that asks the others for a checkpoint.
    Requests::listen();
    let mut ensemble = Ensemble::read(world, plan)?;
    let n_threads = ensemble.check_members(world)?;
    let shared = check_cores(world, n_threads, plan.sharing_is_allowed)?;
    ensemble.remarks.extend(shared);
    let mut folder = world.agree(ensemble.open_folder(world))?;
    if world.is_root() {
        say(&ensemble.heading(world));
    }
    let group = ensemble.groups.of_rank(world.rank());
    let ours = world.split(group.unwrap_or(ensemble.groups.n));
    let outcomes = group.map_or(Vec::new(), |group| ensemble.run_group(&ours, group, say));
    drop(ours);
    let outcomes = outcome::gather(world, &ensemble.groups.roots(), &outcomes);
    let concluded = match &mut folder {
        Some(folder) => ensemble.conclude(folder, outcomes, say),
        None => Ok(()),
    };
    world.agree(concluded)
}

impl<'a> Ensemble<'a> {
    fn read(world: &World, plan: &'a EnsemblePlan) -> Result<Ensemble<'a>> {
        let variations: Vec<Variation> = plan
            .vary
            .iter()
            .map(|text| Variation::parse(text))
            .collect::<Result<_>>()?;
        let members = members(&variations)?;
        let groups = Groups::new(world.size(), members.len(), plan.ranks_per_member)?;
        let text = Case::read(world, &plan.config)?;
        let stem = plan
            .config
            .file_stem()
            .unwrap_or_else(|| "run".as_ref())
            .to_string_lossy();
        let default = || Path::new("output").join(format!("{stem}-ensemble"));
        Ok(Ensemble {
            plan,
            text,
            title: String::new(),
            variations,
            members,
            groups,
            folder: plan.output.clone().unwrap_or_else(default),
            remarks: Vec::new(),
        })
    }

    /// The case of a member.
    fn case(&self, member: &Member) -> Result<Case> {
        let overrides = [&self.plan.overrides[..], &member.overrides].concat();
        Case::parse(&self.plan.config.to_string_lossy(), &self.text, &overrides)
    }

    /// Checks that every member can be read and cut into tiles, each on one of the ranks; returns the largest number of threads
    /// that a rank of any of them has. All ranks call it.
    fn check_members(&mut self, world: &World) -> Result<usize> {
        let n_ranks = self.groups.n_ranks;
        let with_name = |member: &Member, error: Error, hint: &str| {
            let text = format!("member \"{}\": {error}{hint}", member.name);
            Error::from_code(error.exit_code(), text)
        };
        let check = |member: &Member| {
            let case = self.case(member).map_err(|error| with_name(member, error, ""))?;
            let hint =
                format!("\n  Each member has a run of its own, on {n_ranks} of the ranks: see --ranks-per-member.");
            let cut = case.decompose(n_ranks);
            cut.map_err(|error| with_name(member, error, &hint)).map(|_| case)
        };
        let mut mine = self.members.iter().skip(world.rank()).step_by(world.size());
        let (mut threads, mut title) = (1, None);
        let all_checked = mine.try_for_each(|member| {
            let case = check(member)?;
            threads = threads.max(case.config.parallel.threads);
            title.get_or_insert(case.config.title);
            Ok(())
        });
        world.agree(all_checked)?;
        self.title = world.broadcast_text(&title.unwrap_or_default());
        let mut most = [threads as f64];
        world.max(&mut most);
        Ok(most[0] as usize)
    }

    /// The folder of all members, on rank 0, which holds it from here on.
    fn open_folder(&self, world: &World) -> Result<Option<RunFolder>> {
        if !world.is_root() {
            return Ok(None);
        }
        let mut folder = match self.plan.restart && RunFolder::exists(&self.folder) {
            true => RunFolder::resume(&self.folder, PATIENCE)?,
            false => RunFolder::create(&self.folder, self.plan.overwrite)?,
        };
        folder.note(TABLE)?;
        folder.note(PICTURE)?;
        Ok(Some(folder))
    }

    fn heading(&self, world: &World) -> String {
        let Groups { n, n_ranks } = self.groups;
        let mut text = format!(
            "{}\n{} by {} of {}, in {}\n",
            self.title,
            counted(self.members.len(), "member"),
            counted(n, "group"),
            counted(n_ranks, "rank"),
            self.folder.display()
        );
        let idle = self.groups.remark(world.size());
        idle.iter()
            .chain(&self.remarks)
            .for_each(|remark| text += &format!("{remark}\n"));
        text
    }

    /// Runs the members of a group on its ranks, `ours`, one after the other.
    fn run_group(&self, ours: &World, group: usize, say: &mut dyn FnMut(&str)) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for number in self.groups.members(group, self.members.len()) {
            let member = &self.members[number];
            let ends_group = outcomes.last().is_some_and(Outcome::ends_group);
            // What a rank sees of the disk may lag behind: the first of them decides.
            let outcome = match ours.any(ours.is_root() && ends_group) {
                true => Outcome::not_begun(number),
                false => self.run_member(ours, number),
            };
            if ours.is_root() {
                say(&format!("{}: {}\n", member.name, outcome.text()));
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    fn run_member(&self, ours: &World, number: usize) -> Outcome {
        let member = &self.members[number];
        let folder = self.folder.join(&member.name);
        let options = Options {
            output: Some(folder.clone()),
            overwrite: self.plan.overwrite,
            restart: if self.plan.restart {
                Restart::Auto
            } else {
                Restart::Never
            },
            max_time: self.plan.max_time,
            progress: ProgressStyle::None,
            quiet: true,
            remarks: self.remarks.clone(),
            ..Options::default()
        };
        let ended = self
            .case(member)
            .and_then(|case| simulation::run(ours, &case, &options))
            .map(|_| ());
        Outcome::of(number, ended, &folder)
    }

    /// Makes the table and the picture of all members, on rank 0.
    ///
    /// # Errors
    /// That of the member with the largest exit code, if any has failed; [`Error::Io`] if a file cannot be read or written.
    fn conclude(&self, folder: &mut RunFolder, outcomes: Vec<Outcome>, say: &mut dyn FnMut(&str)) -> Result<()> {
        let histories = outcomes
            .iter()
            .map(|outcome| self.history(outcome))
            .collect::<Result<Vec<Option<History>>>>()?;
        let results = Results {
            keys: self.variations.iter().map(|variation| variation.key.as_str()).collect(),
            members: &self.members,
            outcomes: &outcomes,
            histories: &histories,
        };
        say(&format!("\n{}", results.text()));
        let path = folder.note(TABLE)?;
        std::fs::write(&path, results.csv(&self.title)).map_err(|cause| Error::io("write", &path, cause))?;
        say(&format!("\n{}\n", path.display()));
        let pairs = self.members.iter().zip(&histories);
        let named: Vec<(String, History)> = pairs
            .filter_map(|(member, history)| Some((member.name.clone(), history.clone()?)))
            .collect();
        let plot = compared_histories(&named, &self.title);
        if !plot.panels.is_empty() {
            let path = folder.note(PICTURE)?;
            plot.save(&path)?;
            say(&format!("{}\n", path.display()));
        }
        self.verdict(&outcomes)
    }

    /// The history of a member that has begun, if it has rows. What a failed member has left is taken as far as it can be read.
    fn history(&self, outcome: &Outcome) -> Result<Option<History>> {
        let path = self.folder.join(&self.members[outcome.member].name).join(HISTORY);
        if outcome.status.is_none() || !path.exists() {
            return Ok(None);
        }
        match History::read(&path) {
            Ok(history) => Ok(Some(history).filter(|history| !history.rows.is_empty())),
            Err(_) if outcome.code != 0 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What went wrong.
    fn verdict(&self, outcomes: &[Outcome]) -> Result<()> {
        let failed: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.code != 0).collect();
        let Some(worst) = failed.iter().map(|outcome| outcome.code).max() else {
            return Ok(());
        };
        let line = |outcome: &&Outcome| {
            let name = &self.members[outcome.member].name;
            format!("\n{name} (exit code {}): {}", outcome.code, outcome.message)
        };
        let lines: String = failed.iter().map(line).collect();
        Err(Error::from_code(
            worst,
            format!(
                "{} of {} members did not come to their end:{}",
                failed.len(),
                outcomes.len(),
                lines.replace('\n', "\n  ")
            ),
        ))
    }
}
