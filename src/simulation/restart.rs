//! How a run begins: from its initial state, or from a checkpoint. Rank 0 decides, and all ranks follow.

use super::case::Case;
use super::clock::{Clock, Here};
use super::difference::differences;
use super::kept::{Kept, kept};
use super::loop_state::LoopState;
use super::precision::Precise;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::field::Scalar;
use crate::files::checkpoint::{Checkpoint, MANIFEST, list};
use crate::files::run_folder::CHECKPOINTS;
use crate::files::{RunFolder, RunState, Status, run_folder};
use crate::parallel::World;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a run that is continued waits for the end of the one before: after a kill, ranks linger for a moment.
const PATIENCE: Duration = Duration::from_secs(15);

/// What `--restart` asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Restart {
    /// Begin a new run.
    #[default]
    Never,
    /// Continue where there is a valid checkpoint, else begin.
    Auto,
    /// Continue with the newest valid checkpoint.
    Latest,
    /// Continue with the checkpoint in this folder.
    From(PathBuf),
}

impl Restart {
    /// As the command line says it.
    pub fn parse(text: &str) -> Restart {
        match text {
            "auto" => Restart::Auto,
            "latest" => Restart::Latest,
            path => Restart::From(path.into()),
        }
    }
}

/// How a run begins.
pub struct Beginning {
    /// On rank 0: the folder of the run, which is held from here on.
    pub folder: Option<RunFolder>,
    found: Option<Found>,
    /// What there is to say about it, line by line.
    pub remarks: Vec<String>,
}

/// A checkpoint that the run continues with.
struct Found {
    checkpoint: Checkpoint,
    state: LoopState,
    /// Whether the physics is that of the checkpoint.
    is_same_physics: bool,
    /// Whether it is one of this very run.
    is_in_place: bool,
}

/// What the command line says about the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Wishes<'a> {
    pub restart: &'a Restart,
    /// Whether a checkpoint of another physics will do.
    pub force: bool,
    /// Whether the results of an earlier run may be deleted.
    pub overwrite: bool,
}

/// What came of it.
pub enum Start {
    Run(Box<Beginning>),
    /// The run had come to its end before; why there is nothing to do.
    Finished(String),
}

impl Beginning {
    /// Opens the folder of the run, and finds the checkpoint to continue with. Outputs of what is done again are moved aside.
    /// All ranks call it.
    ///
    /// # Errors
    /// Agreed on by all ranks: [`Error::Config`] if the folder is in use, if there is nothing to continue with, or if the
    /// checkpoint is of another physics; [`Error::Io`] if the folder cannot be used.
    pub fn choose(world: &World, case: &Case, path: &Path, wishes: Wishes<'_>) -> Result<Start> {
        let opened = match world.is_root() {
            true => open_folder(path, wishes).map(Some),
            false => Ok(None),
        };
        let opened = world.agree(opened)?;
        let (folder, candidates) = match opened {
            Some(opened) => (Some(opened.folder), opened.candidates),
            None => (None, Vec::new()),
        };
        let mut beginning = Beginning {
            folder,
            found: None,
            remarks: Vec::new(),
        };
        let found = beginning.find(world, candidates);
        // Rank 0 knows: another host might see the folder under another name.
        let is_elsewhere = |(checkpoint, _): &(Checkpoint, LoopState)| !lies_within(checkpoint.folder(), path);
        let is_in_place = !world.any(world.is_root() && found.as_ref().is_some_and(is_elsewhere));
        match found {
            Some((checkpoint, state)) => {
                let mut found = accept(case, checkpoint, state, wishes.force, &mut beginning.remarks)?;
                found.is_in_place = is_in_place;
                // Where it was ended behind its last checkpoint, what is unfinished is cleared away once more.
                let was_told = beginning
                    .folder
                    .as_ref()
                    .is_some_and(|folder| says_finished(folder.path()));
                if is_in_place && found.is_at_end(case) && world.any(was_told) {
                    let step = found.state.clock.step;
                    return Ok(Start::Finished(format!("the run had come to its end in step {step}")));
                }
                beginning.found = Some(found);
            }
            None if matches!(wishes.restart, Restart::Latest | Restart::From(_)) => {
                let why = world.broadcast_text(&beginning.remarks.join("\n  "));
                let what = match wishes.restart {
                    Restart::From(folder) => folder.display().to_string(),
                    _ => path.join(CHECKPOINTS).display().to_string(),
                };
                let why = if why.is_empty() { "there is none" } else { &why };
                return Err(Error::Config(format!(
                    "there is no valid checkpoint to continue with in {what}:\n  {why}\n  `--restart auto` begins anew where there is \
                     none."
                )));
            }
            None => {
                let finished = beginning
                    .folder
                    .as_ref()
                    .is_some_and(|folder| has_finished(folder.path(), case));
                if *wishes.restart == Restart::Auto && world.any(finished) {
                    return Ok(Start::Finished(
                        "the run had come to its end, without a checkpoint of it".to_owned(),
                    ));
                }
            }
        }
        let is_continued = *wishes.restart != Restart::Never && is_in_place;
        let reconciled = beginning.reconcile(is_continued);
        world.agree(reconciled)?;
        if !is_in_place && let Some(found) = &mut beginning.found {
            // The outputs of the other run stay where they are.
            found.state.outputs.history_bytes = None;
            found.state.outputs.probe_bytes.clear();
        }
        Ok(Start::Run(Box::new(beginning)))
    }

    /// The first of the candidates that is whole. Rank 0 looks at manifests, all ranks at parts.
    fn find(&mut self, world: &World, candidates: Vec<PathBuf>) -> Option<(Checkpoint, LoopState)> {
        let mut candidates = candidates.into_iter();
        loop {
            let readable = candidates.find_map(|folder| match read_manifest(&folder) {
                Ok(text) => Some((folder, text)),
                Err(error) => {
                    self.remarks.push(format!("refused {}: {error}", folder.display()));
                    None
                }
            });
            let (folder, text) = readable.unwrap_or_default();
            let folder = PathBuf::from(world.broadcast_text(&folder.to_string_lossy()));
            let text = world.broadcast_text(&text);
            if text.is_empty() {
                return None;
            }
            let opened = Checkpoint::from_text(&folder, text.as_bytes()).and_then(|checkpoint| {
                let parts = checkpoint.manifest().parts.len();
                let mut own = (world.rank()..parts).step_by(world.size());
                own.try_for_each(|n| checkpoint.verify(n))?;
                let state = checkpoint.manifest().run.clone().try_into();
                let state = state.map_err(|e| Error::io("use the checkpoint of", &folder.join(MANIFEST), e))?;
                Ok((checkpoint, state))
            });
            match world.agree(opened) {
                Ok(found) => return Some(found),
                Err(error) => self.remarks.push(format!("refused {}: {error}", folder.display())),
            }
        }
    }

    /// Moves aside what was written after the checkpoint, on rank 0.
    fn reconcile(&mut self, is_continued: bool) -> Result<()> {
        let step = self.step();
        let Some(folder) = self.folder.as_mut().filter(|_| is_continued) else {
            return Ok(());
        };
        let moved = folder.supersede_after(step)?;
        if !moved.is_empty() {
            let names = match moved.len() {
                n if n > 6 => format!("{}, ... ({n} files)", moved[..6].join(", ")),
                _ => moved.join(", "),
            };
            self.remarks
                .push(format!("moved aside what was written after that: {names}"));
        }
        Ok(())
    }

    /// The step that the run continues from; none where it begins.
    pub fn step(&self) -> Option<u64> {
        self.found.as_ref().map(|found| found.state.clock.step)
    }

    /// Where the run loop stood.
    pub fn state(&self) -> Option<&LoopState> {
        self.found.as_ref().map(|found| &found.state)
    }

    /// Whether the run continues with the physics of its checkpoint.
    pub fn is_same_physics(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.is_same_physics)
    }

    /// Whether the checkpoint that the run continues from is one of its own.
    pub fn is_in_place(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.is_in_place)
    }

    /// Where the clock stood.
    pub fn here(&self, case: &Case) -> Option<Here> {
        let found = self.found.as_ref()?;
        let clock = found.clock(case);
        Some(Here {
            step: clock.step(),
            time: clock.time(),
            reached: clock.reached(),
            dt: found.state.clock.last_dt,
        })
    }

    /// Puts the state of the checkpoint into the engine's storage.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks, if a file cannot be read.
    pub fn restore<T: Precise>(&self, world: &World, case: &Case, engine: &mut Engine<T>) -> Result<()> {
        let Some(found) = &self.found else { return Ok(()) };
        let step = found.state.clock.step;
        let read = kept(case, step)
            .iter()
            .try_for_each(|kept| restore_slot(&found.checkpoint, kept, engine));
        world.agree(read)?;
        engine.resume(step);
        Ok(())
    }
}

impl Found {
    fn clock(&self, case: &Case) -> Clock {
        let clock = Clock::new(&case.config.time).with_fixed_dt(case.physics.fixed_dt());
        clock.resumed(&self.state.clock)
    }

    fn is_at_end(&self, case: &Case) -> bool {
        self.state.is_stopped || self.clock(case).is_finished()
    }
}

/// The folder of a run, and the checkpoints that come into question, the best first.
struct Opened {
    folder: RunFolder,
    candidates: Vec<PathBuf>,
}

fn open_folder(path: &Path, wishes: Wishes<'_>) -> Result<Opened> {
    let resume = || RunFolder::resume(path, PATIENCE);
    let create = || RunFolder::create(path, wishes.overwrite);
    let all = |folder: RunFolder| {
        let steps = list(folder.path())?;
        let candidates = steps
            .iter()
            .map(|step| path.join(CHECKPOINTS).join(format!("{step:08}")));
        Ok(Opened {
            candidates: candidates.collect(),
            folder,
        })
    };
    let only = |folder: RunFolder, from: &Path| Opened {
        folder,
        candidates: vec![from.to_owned()],
    };
    match wishes.restart {
        Restart::Never => Ok(Opened {
            folder: create()?,
            candidates: Vec::new(),
        }),
        Restart::Auto if !RunFolder::exists(path) => Ok(Opened {
            folder: create()?,
            candidates: Vec::new(),
        }),
        Restart::Latest if !RunFolder::exists(path) => Err(Error::Config(format!(
            "there is no run to continue in {}; `--restart auto` begins one where there is none",
            path.display()
        ))),
        Restart::Auto | Restart::Latest => all(resume()?),
        Restart::From(from) if !from.join(MANIFEST).exists() => Err(Error::Config(format!(
            "{} is not a checkpoint: it has no {MANIFEST}; give a folder like {}, or `latest`",
            from.display(),
            path.join(CHECKPOINTS).join("00000100").display()
        ))),
        Restart::From(from) if lies_within(from, path) => Ok(only(resume()?, from)),
        Restart::From(from) => Ok(only(create()?, from)),
    }
}

/// Whether the checkpoint in `folder` is one of the run in `run`.
fn lies_within(folder: &Path, run: &Path) -> bool {
    let (folder, all) = (folder.canonicalize(), run.join(CHECKPOINTS).canonicalize());
    matches!((folder, all), (Ok(folder), Ok(all)) if folder.parent() == Some(&*all))
}

/// The text of the manifest in `folder`, if that is one and is of the step that the folder's name says.
fn read_manifest(folder: &Path) -> Result<String> {
    let checkpoint = Checkpoint::open(folder)?;
    let path = folder.join(MANIFEST);
    let name = format!("{:08}", checkpoint.manifest().step);
    let is_plain = folder
        .file_name()
        .is_some_and(|own| own.to_string_lossy().bytes().all(|c| c.is_ascii_digit()));
    if is_plain && folder.file_name() != Some(name.as_ref()) {
        return Err(Error::io(
            "use the checkpoint of",
            &path,
            format!("it is one of step {name}"),
        ));
    }
    std::fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))
}

/// Whether the run in `folder` ended by itself, with the configuration of `case`.
fn has_finished(folder: &Path, case: &Case) -> bool {
    let resolved = std::fs::read_to_string(folder.join(run_folder::RESOLVED_CONFIG));
    let is_same = |text: String| differences(&text, &case.resolved).is_ok_and(|found| found.is_empty());
    says_finished(folder) && resolved.is_ok_and(is_same)
}

/// Whether the status of the run in `folder` says that it ended by itself.
fn says_finished(folder: &Path) -> bool {
    let status = Status::read(&folder.join(run_folder::STATUS));
    status.is_ok_and(|status| status.state == RunState::Finished)
}

/// The checkpoint, if the configuration may continue with it.
fn accept(
    case: &Case,
    checkpoint: Checkpoint,
    mut state: LoopState,
    force: bool,
    remarks: &mut Vec<String>,
) -> Result<Found> {
    let manifest = checkpoint.manifest();
    let folder = checkpoint.folder().display();
    let found = differences(&manifest.config, &case.resolved).map_err(|cause| {
        Error::Config(format!(
            "the configuration in the checkpoint {folder} cannot be compared: {cause}"
        ))
    })?;
    let (harmless, others): (Vec<_>, Vec<_>) = found.iter().partition(|difference| difference.may_change);
    let lines = |found: &[&super::difference::Difference]| {
        let lines: Vec<String> = found.iter().map(|difference| format!("  {difference}")).collect();
        lines.join("\n")
    };
    if !others.is_empty() && !force {
        return Err(Error::Config(format!(
            "{}: the configuration is another physics or grid than that of the checkpoint {folder}:\n{}\n  Continue with the \
             configuration of the checkpoint (end time, outputs and layout may differ), or add --force to continue with this one.",
            case.config.path.display(),
            lines(&others)
        )));
    }
    let here: Vec<_> = kept(case, manifest.step).into_iter().map(|kept| kept.entry).collect();
    let is_there = |entry: &&crate::files::checkpoint::SlotEntry| !manifest.slots.contains(entry);
    if let Some(entry) = here.iter().find(is_there) {
        return Err(Error::Config(format!(
            "{}: the checkpoint {folder} cannot be continued with this configuration: it does not have the storage '{}' of {} {} \
             values on {}.\n  Grid, precision, fields and boundaries have to be those of the checkpoint:\n{}",
            case.config.path.display(),
            entry.name,
            entry.domain().n_cells(),
            entry.element,
            entry.domain(),
            lines(&others)
        )));
    }
    remarks.push(format!(
        "continuing from {folder}, written on {} by simrun {} ({}) on {}",
        manifest.date,
        manifest.version,
        manifest.commit,
        super::report::counted(manifest.ranks, "rank")
    ));
    if !others.is_empty() {
        remarks.push(format!(
            "warning: forced to continue with another physics:\n{}",
            lines(&others)
        ));
    }
    if !harmless.is_empty() {
        remarks.push(format!("the configuration has changed:\n{}", lines(&harmless)));
    }
    if harmless.iter().any(|difference| difference.key.starts_with("stop")) {
        state.is_stopped = false;
    }
    Ok(Found {
        is_same_physics: others.is_empty(),
        is_in_place: true,
        state,
        checkpoint,
    })
}

fn restore_slot<T: Precise>(checkpoint: &Checkpoint, kept: &Kept, engine: &mut Engine<T>) -> Result<()> {
    let region = kept.part_of(&engine.tile);
    if region.is_empty() {
        return Ok(());
    }
    let name = &kept.entry.name;
    match kept.scalar {
        Scalar::Real => {
            let array = engine.storage.array_mut(kept.slot);
            checkpoint.read::<T>(name, &region, |piece, values| {
                array.unpack(piece, values);
            })
        }
        Scalar::Double => {
            let array = engine.storage.double_array_mut(kept.slot);
            checkpoint.read::<f64>(name, &region, |piece, values| {
                array.unpack(piece, values);
            })
        }
    }
}
