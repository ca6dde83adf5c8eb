//! Writes checkpoints: when they are due, and how one comes to be while the run goes on.
//!
//! The ranks of a group bring their tiles to its first member, whose thread writes them into the group's part. When all parts
//! are on the disk, which the ranks find out at the steps where they look at requests anyway, rank 0's thread publishes them.
//! One checkpoint is under way at a time.

use super::case::Case;
use super::clock::Here;
use super::interval::interval;
use super::kept::{Kept, kept};
use super::loop_state::LoopState;
use super::precision::Precise;
use super::report::bytes_text;
use super::restart::Beginning;
use super::writer::{PartTarget, Report, Writer};
use crate::config::{CheckpointConfig, CheckpointEvery, OnFailure};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::field::{Real, Scalar};
use crate::files::checkpoint::{CheckpointFolder, Manifest, PartEntry, PartHead, part_file};
use crate::files::{RunFolder, Schedule, ScheduleKind, provenance};
use crate::grid::{Decomposition, IndexBox, Tile};
use crate::parallel::{Gathering, SMALL_PIECE_CELLS, World, WriterGroup, collect, contribute};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes per second at which a checkpoint is expected to be written before one has been.
pub const EXPECTED_RATE: f64 = 200e6;

/// The checkpoints of a run.
pub struct Checkpoints {
    config: CheckpointConfig,
    run: PathBuf,
    /// The ranks that write a part together with this one.
    group: WriterGroup,
    piece_cells: usize,
    /// Where they are due by steps or by simulated time.
    schedule: Option<Schedule>,
    pending: Option<Pending>,
    /// Step of the last one that was begun, and of the last complete one.
    begun: Option<u64>,
    complete: Option<u64>,
    /// When the last one was begun, or the run.
    since: Instant,
    /// From the beginning of the last one until it was complete, s; before there was one, what is expected.
    cost: f64,
    tally: Tally,
}

/// What the checkpoints of a run have taken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// How many have been completed.
    pub n: u64,
    /// From the beginning of one until it was complete, s: the longest.
    pub longest: f64,
    /// How long the run stood still to hand over the values, s: all of them together.
    pub handing_over: f64,
    /// How long the run waited until one was complete, s: all of them together.
    pub waited: f64,
}

/// A checkpoint under way.
struct Pending {
    step: u64,
    folder: CheckpointFolder,
    n_bytes: u64,
    begun: Instant,
    /// How long the run has waited for it.
    waited: Duration,
    /// On rank 0: all but the parts, and the files that have to be on the disk before.
    draft: Option<(Manifest, Vec<File>)>,
    stage: Stage,
}

/// How far a checkpoint has come.
enum Stage {
    /// Parts are being written; what became of this rank's, if it writes one.
    Parts(Option<Result<PartEntry>>),
    /// It is being published; what came of it, on rank 0.
    Publishing(Option<Result<Option<String>>>),
}

/// What a checkpoint is made of.
pub struct State<'a, T> {
    pub case: &'a Case,
    pub decomposition: &'a Decomposition,
    pub engine: &'a Engine<T>,
    pub here: Here,
    pub run: LoopState,
    /// Of all ranks.
    pub hosts: String,
    /// Files that have to be on the disk before the checkpoint is: on rank 0.
    pub files: Vec<File>,
}

impl Checkpoints {
    /// The checkpoints of a run in the folder `run`.
    pub fn new(case: &Case, run: &Path, group: WriterGroup, piece_cells: usize, beginning: &Beginning) -> Checkpoints {
        let config = case.config.checkpoint.clone();
        let kind = match config.every {
            Some(CheckpointEvery::Steps(n)) => Some(ScheduleKind::Steps(n)),
            Some(CheckpointEvery::Time(interval)) => Some(ScheduleKind::Time(interval)),
            _ => None,
        };
        let mut schedule = kind.map(|kind| Schedule::new(kind, case.config.time.start, 0));
        if let Some(schedule) = &mut schedule {
            // The start itself is no checkpoint.
            let here = beginning.here(case);
            let (step, reached) = here.map_or((0, case.config.time.start), |here| (here.step, here.reached));
            schedule.advance(step, reached);
        }
        // One of another run is none of this one.
        let step = beginning.step().filter(|_| beginning.is_in_place());
        Checkpoints {
            config,
            run: run.to_owned(),
            group,
            // The datasets are contiguous: no piece is too small for them, as it may be for the chunks of a snapshot.
            piece_cells: piece_cells.min(SMALL_PIECE_CELLS),
            schedule,
            pending: None,
            begun: step,
            complete: step,
            since: Instant::now(),
            cost: total_bytes(case, 0) as f64 / EXPECTED_RATE,
            tally: Tally::default(),
        }
    }

    /// What they have taken so far, as this rank saw it.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether one is due by steps or simulated time, or because the run ends.
    pub fn is_due(&self, here: &Here, is_last: bool) -> bool {
        let by_schedule = |schedule: &Schedule| schedule.is_due(here.step, here.reached);
        let is_new = self.begun != Some(here.step);
        is_new && (self.schedule.as_ref().is_some_and(by_schedule) || (is_last && self.config.final_state))
    }

    /// Whether one is due by wall-clock time; rank 0 decides.
    pub fn is_due_by_wall(&self) -> bool {
        let seconds = match self.config.every {
            Some(CheckpointEvery::Wall(seconds)) => seconds,
            Some(CheckpointEvery::Auto) => interval(self.cost, self.config.mtbf, self.config.largest_share),
            _ => return false,
        };
        self.since.elapsed().as_secs_f64() >= seconds
    }

    /// Wall-clock time that a last checkpoint has to be granted, s.
    pub fn reserve(&self) -> f64 {
        1.5 * self.cost.max(self.tally.longest)
    }

    /// Whether this rank's thread is at work on the one under way.
    pub fn is_writing(&self, world: &World) -> bool {
        self.pending.as_ref().is_some_and(|pending| match &pending.stage {
            Stage::Parts(part) => self.group.is_writing() && part.is_none(),
            Stage::Publishing(published) => world.is_root() && published.is_none(),
        })
    }

    /// Whether one is under way: the same on all ranks.
    pub fn is_under_way(&self) -> bool {
        self.pending.is_some()
    }

    /// The step of the last complete one.
    pub fn complete(&self) -> Option<u64> {
        self.complete
    }

    /// Whether one has been begun at `step`.
    pub fn has_begun(&self, step: u64) -> bool {
        self.begun == Some(step)
    }

    /// Takes note of what this rank's thread has done.
    pub fn note(&mut self, report: Report) {
        let Some(pending) = &mut self.pending else { return };
        match (&mut pending.stage, report) {
            (Stage::Parts(part), Report::Part(result)) => *part = Some(result),
            (Stage::Publishing(published), Report::Published(result)) => *published = Some(result),
            _ => {}
        }
    }

    /// Begins one of `state`, while none is under way. The run goes on once the values have been copied. All ranks call it;
    /// rank 0 has the folder, and those that write have a writer.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks, if it cannot be begun and the run is to end for that. Else the text says why.
    pub fn begin<T: Precise>(
        &mut self,
        world: &World,
        state: State<'_, T>,
        folder: Option<&mut RunFolder>,
        writer: Option<&mut Writer<T>>,
    ) -> Result<Option<String>> {
        let begun = Instant::now();
        let Here { step, reached, .. } = state.here;
        let kept = kept(state.case, step);
        let n_bytes = kept.iter().map(Kept::n_bytes).sum();
        let target = CheckpointFolder::new(&self.run, step);
        self.begun = Some(step);
        self.since = begun;
        if let Some(schedule) = &mut self.schedule {
            schedule.advance(step, reached);
        }
        let noted = folder.map_or(Ok(()), |folder| {
            folder.note_all(&target.files(self.group.n))?;
            target.begin(n_bytes)
        });
        if let Err(error) = world.agree(noted) {
            return self.failure(step, error).map(Some);
        }
        if let Some(writer) = writer {
            self.hand_over(world, &state, &kept, &target, writer);
        } else {
            self.bring(world, &state, &kept);
        }
        let waited = begun.elapsed();
        self.tally.handing_over += waited.as_secs_f64();
        self.pending = Some(Pending {
            step,
            folder: target,
            n_bytes,
            begun,
            waited,
            draft: world.is_root().then(|| draft(world, state, kept)),
            stage: Stage::Parts(None),
        });
        Ok(None)
    }

    /// Takes the tiles of the group, for its part, on the rank that writes it.
    fn hand_over<T: Precise>(
        &self,
        world: &World,
        state: &State<'_, T>,
        kept: &[Kept],
        target: &CheckpointFolder,
        writer: &mut Writer<T>,
    ) {
        let storage = &state.engine.storage;
        let members = &self.group.members;
        let tiles: Vec<Tile> = members.iter().map(|&rank| state.tile(rank)).collect();
        let head = PartHead {
            title: state.case.config.title.clone(),
            version: provenance::VERSION.to_owned(),
            date: provenance::now_iso(),
            step: state.here.step,
            time: state.here.time,
            tiles: tiles.iter().map(|tile| tile.with_ghosts(&tile.owned)).collect(),
        };
        let path = target.part_path().join(part_file(self.group.number));
        writer.begin_part(path, head, state.case.config.output.is_direct);
        for kept in kept {
            let parts: Vec<(usize, IndexBox)> = members
                .iter()
                .zip(&tiles)
                .map(|(&rank, tile)| (rank, kept.part_of(tile)))
                .collect();
            let part = |rank| {
                let own = parts.iter().find(|(member, _)| *member == rank);
                own.expect("only members bring pieces").1
            };
            let target = PartTarget {
                slot: kept.entry.name.clone(),
                tiles: parts.clone(),
            };
            match kept.scalar {
                Scalar::Real => {
                    let mut stage = writer.part_values(target);
                    collect(world, self.gathering(), part, storage.array(kept.slot), &mut stage);
                    stage.finish();
                }
                Scalar::Double => {
                    let mut stage = writer.part_doubles(target);
                    collect(
                        world,
                        self.gathering(),
                        part,
                        storage.double_array(kept.slot),
                        &mut stage,
                    );
                    stage.finish();
                }
            }
        }
        writer.finish_part();
    }

    /// Brings this rank's tile to the rank that writes for it.
    fn bring<T: Precise>(&self, world: &World, state: &State<'_, T>, kept: &[Kept]) {
        let storage = &state.engine.storage;
        for kept in kept {
            let part = kept.part_of(&state.engine.tile);
            match kept.scalar {
                Scalar::Real => contribute(world, self.gathering(), part, storage.array(kept.slot)),
                Scalar::Double => contribute(world, self.gathering(), part, storage.double_array(kept.slot)),
            }
        }
    }

    fn gathering(&self) -> Gathering<'_> {
        Gathering {
            members: &self.group.members,
            piece_cells: self.piece_cells,
        }
    }

    /// Goes on with the one under way, once no rank's thread is at work on it; says so when it is complete, or has failed and
    /// the run goes on. All ranks call it.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks, if it has failed and the run is to end for that.
    pub fn advance<T: Precise>(&mut self, world: &World, writer: Option<&mut Writer<T>>) -> Result<Option<String>> {
        let Some(pending) = &mut self.pending else {
            return Ok(None);
        };
        let outcome = match &mut pending.stage {
            Stage::Parts(part) => world.agree(part.take().transpose()).map(|part| {
                let texts = self.group.gather_bytes(part.map(to_bytes).unwrap_or_default());
                if let (Some((mut manifest, files)), Some(writer)) = (pending.draft.take(), writer) {
                    manifest.parts = texts.iter().map(|bytes| from_bytes(bytes)).collect();
                    writer.publish(pending.folder.clone(), manifest, files, self.config.keep);
                }
                pending.stage = Stage::Publishing(None);
                None
            }),
            Stage::Publishing(published) => world
                .agree(published.take().transpose())
                .map(|remark| Some(remark.flatten())),
        };
        match outcome {
            Ok(None) => Ok(None),
            Ok(Some(remark)) => Ok(Some(self.completed(remark))),
            Err(error) => {
                let pending = self.pending.take().expect("it was there above");
                if world.is_root() {
                    pending.folder.abandon();
                }
                self.failure(pending.step, error).map(Some)
            }
        }
    }

    /// The one under way is complete.
    fn completed(&mut self, remark: Option<String>) -> String {
        let pending = self.pending.take().expect("what is complete was under way");
        self.complete = Some(pending.step);
        self.cost = pending.begun.elapsed().as_secs_f64();
        self.tally.n += 1;
        self.tally.longest = self.tally.longest.max(self.cost);
        let mut text = format!(
            "wrote checkpoint {} ({} in {:.2} s, of which the run waited {:.2} s)",
            pending.step,
            bytes_text(pending.n_bytes as f64),
            self.cost,
            pending.waited.as_secs_f64()
        );
        if let Some(remark) = remark {
            text += &format!("\nwarning: an old checkpoint stays: {remark}");
        }
        text
    }

    /// The run has waited for the one under way.
    pub fn add_waited(&mut self, waited: Duration) {
        if let Some(pending) = &mut self.pending {
            pending.waited += waited;
            self.tally.waited += waited.as_secs_f64();
        }
    }

    /// What a failure leads to: the end of the run, or a text.
    fn failure(&self, step: u64, error: Error) -> Result<String> {
        let last = match self.complete {
            Some(complete) => format!("the last complete checkpoint is that of step {complete}"),
            None => "there is no complete checkpoint yet".to_owned(),
        };
        let text = format!("no checkpoint at step {step}: {error}\n  {last}");
        match self.config.on_failure {
            OnFailure::Stop => Err(Error::Io(text)),
            OnFailure::Continue => Ok(format!("warning: {text}; the run goes on")),
        }
    }
}

/// Bytes of the values of a checkpoint at `step`.
pub fn total_bytes(case: &Case, step: u64) -> u64 {
    kept(case, step).iter().map(Kept::n_bytes).sum()
}

impl<T> State<'_, T> {
    fn tile(&self, rank: usize) -> Tile {
        self.case.tile(self.decomposition, rank)
    }
}

/// The manifest of a checkpoint of `state`, without parts, and the files that have to be on the disk before it.
fn draft<T: Real>(world: &World, state: State<'_, T>, kept: Vec<Kept>) -> (Manifest, Vec<File>) {
    let manifest = Manifest {
        format: Manifest::FORMAT,
        version: provenance::VERSION.to_owned(),
        commit: provenance::COMMIT.to_owned(),
        date: provenance::now_iso(),
        hosts: state.hosts,
        ranks: world.size(),
        title: state.case.config.title.clone(),
        kernel: state.case.kernel_name.clone(),
        precision: T::NAME.to_owned(),
        step: state.here.step,
        time: state.here.time,
        config: state.case.resolved.clone(),
        run: toml::Table::try_from(&state.run).expect("the state of the loop has only what TOML has"),
        slots: kept.into_iter().map(|kept| kept.entry).collect(),
        parts: Vec::new(),
    };
    (manifest, state.files)
}

fn to_bytes(part: PartEntry) -> Vec<u8> {
    let text = toml::to_string(&part).expect("an entry has only what TOML has");
    text.into_bytes()
}

fn from_bytes(bytes: &[u8]) -> PartEntry {
    toml::from_slice(bytes).expect("another rank has made it of an entry")
}
