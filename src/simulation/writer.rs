//! The thread that writes snapshots and checkpoints, on the ranks that write, and what passes between it and the run.

use super::case::Case;
use super::checkpoints::total_bytes;
use super::precision::Precise;
use crate::error::{Error, Result};
use crate::files::checkpoint::{CheckpointFolder, Manifest, PartEntry, PartHead, PartWriter};
use crate::files::{Background, FieldHead, SnapshotHead, SnapshotWriter, Stored};
use crate::grid::IndexBox;
use crate::metrics::Pulse;
use crate::parallel::{Collector, PIECE_CELLS};
use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Memory for pieces under way unless the configuration says more or less: as much as the largest output takes, but not
/// more than this, bytes.
pub const MOST_STAGING: u64 = 1 << 30;

/// The least, bytes.
const LEAST_STAGING: u64 = 1 << 16;

/// What the thread has done.
#[derive(Debug)]
pub enum Report {
    /// The snapshot of this name, and its size in bytes.
    Snapshot(String, Result<u64>),
    /// This rank's part of the checkpoint under way.
    Part(Result<PartEntry>),
    /// The checkpoint under way, on rank 0: with what could not be cleared away, if anything.
    Published(Result<Option<String>>),
}

/// What the thread has open; what went wrong first closes it.
#[derive(Default)]
struct Desk {
    snapshot: Option<Result<SnapshotWriter>>,
    part: Option<Result<PartWriter>>,
}

/// Memory that is used again: the system would clear new memory page by page.
type Pool<V> = Arc<Mutex<Vec<Vec<V>>>>;

/// The thread, as the run sees it.
pub struct Writer<T> {
    background: Background<Desk>,
    sender: Sender<Report>,
    reports: Receiver<Report>,
    pulse: Pulse,
    pool: Pool<T>,
    doubles: Pool<f64>,
    /// How long the run has waited for room.
    waited: Duration,
}

/// Bytes for pieces under way on each rank that writes.
pub fn staging_of(case: &Case) -> u64 {
    // A checkpoint holds all that a snapshot may.
    let whole = total_bytes(case, 0).min(MOST_STAGING);
    case.config.output.staging.unwrap_or(whole).max(LEAST_STAGING)
}

/// Cells of a piece, where there are `staging` bytes for pieces: two at least fit.
pub fn piece_cells(staging: u64) -> usize {
    let fitting = (staging / 2 / size_of::<f64>() as u64) as usize;
    fitting.clamp(1, PIECE_CELLS)
}

impl<T: Precise> Writer<T> {
    /// Starts the thread, with `staging` bytes for pieces under way.
    ///
    /// # Errors
    /// [`Error::Io`] if the system grants no thread.
    pub fn start(staging: u64, pulse: Pulse) -> Result<Writer<T>> {
        let (sender, reports) = channel();
        let background = Background::start("files", staging as usize, Desk::default());
        Ok(Writer {
            background: background
                .map_err(|e| Error::Io(format!("could not start the thread that writes files: {e}")))?,
            sender,
            reports,
            pulse,
            pool: Pool::default(),
            doubles: Pool::default(),
            waited: Duration::ZERO,
        })
    }

    /// What the thread has done since this was asked last.
    pub fn reports(&mut self) -> Vec<Report> {
        self.reports.try_iter().collect()
    }

    /// Waits until the thread has done everything; returns how long that took.
    pub fn settle(&mut self) -> Duration {
        self.background.settle()
    }

    /// How long the run has waited for room since this was asked last.
    pub fn take_waited(&mut self) -> Duration {
        std::mem::take(&mut self.waited)
    }

    fn send(&mut self, errand: impl FnOnce(&mut Desk) + Send + 'static) {
        self.background.submit(0, errand);
    }

    /// Begins a snapshot; as for a part, nothing is written before [`Writer::finish_snapshot`].
    pub fn begin_snapshot(&mut self, path: PathBuf, head: SnapshotHead) {
        self.background.hold();
        self.send(move |desk| desk.snapshot = Some(SnapshotWriter::create(&path, &head)));
    }

    pub fn begin_field(&mut self, field: FieldHead) {
        self.send(move |desk| attempt(&mut desk.snapshot, |w| w.begin_field::<T>(&field)));
    }

    pub fn begin_storage<V: Stored>(&mut self, name: String, domain: IndexBox) {
        self.send(move |desk| attempt(&mut desk.snapshot, |w| w.begin_storage::<V>(&name, domain)));
    }

    /// Completes the field or storage that was begun last.
    pub fn end_values(&mut self) {
        self.send(|desk| attempt(&mut desk.snapshot, SnapshotWriter::end_field));
    }

    pub fn finish_snapshot(&mut self, name: String) {
        let sender = self.sender.clone();
        self.send(move |desk| {
            let finished = desk.snapshot.take().expect("a snapshot was begun");
            // The run asks for no reports once it has failed.
            let _ = sender.send(Report::Snapshot(name, finished.and_then(SnapshotWriter::finish)));
        });
        self.background.go_on();
    }

    /// Begins a part; nothing is written before [`Writer::finish_part`], as long as there is room for what comes: the ranks
    /// stand still meanwhile, and what is written then takes none of their time.
    pub fn begin_part(&mut self, path: PathBuf, head: PartHead, is_direct: bool) {
        self.background.hold();
        self.send(move |desk| desk.part = Some(PartWriter::create(&path, head, is_direct)));
    }

    pub fn finish_part(&mut self) {
        let sender = self.sender.clone();
        let pulse = self.pulse.clone();
        self.send(move |desk| {
            let finished = desk.part.take().expect("a part was begun");
            let _ = sender.send(Report::Part(finished.and_then(PartWriter::finish)));
            pulse.touch();
        });
        self.background.go_on();
    }

    /// What takes the values of the snapshot's open field or storage.
    pub fn snapshot_values(&mut self) -> Stage<'_, T> {
        Stage::new(
            &self.background,
            &self.pool,
            &mut self.waited,
            &self.pulse,
            Target::Snapshot,
        )
    }

    /// The same for storage that is double.
    pub fn snapshot_doubles(&mut self) -> Stage<'_, f64> {
        Stage::new(
            &self.background,
            &self.doubles,
            &mut self.waited,
            &self.pulse,
            Target::Snapshot,
        )
    }

    /// What takes the values of a slot of the open part.
    pub fn part_values(&mut self, target: PartTarget) -> Stage<'_, T> {
        Stage::new(
            &self.background,
            &self.pool,
            &mut self.waited,
            &self.pulse,
            Target::Part(target),
        )
    }

    /// The same for a slot that is double.
    pub fn part_doubles(&mut self, target: PartTarget) -> Stage<'_, f64> {
        Stage::new(
            &self.background,
            &self.doubles,
            &mut self.waited,
            &self.pulse,
            Target::Part(target),
        )
    }

    /// Completes a checkpoint whose parts are on the disk, once the files `before` are as well; deletes the oldest beyond
    /// `keep`.
    pub fn publish(&mut self, folder: CheckpointFolder, manifest: Manifest, before: Vec<File>, keep: usize) {
        let sender = self.sender.clone();
        self.send(move |_| {
            let synced: std::io::Result<()> = before.iter().try_for_each(File::sync_data);
            let synced = synced.map_err(|e| Error::Io(format!("could not bring the history to the disk: {e}")));
            let published = synced.and_then(|()| folder.publish(&manifest));
            let pruned = published.map(|()| folder.prune(keep).err().map(|error| error.to_string()));
            let _ = sender.send(Report::Published(pruned));
        });
    }
}

/// Where collected values go.
enum Target {
    Snapshot,
    Part(PartTarget),
}

/// A slot of a part: every tile has a dataset of its own.
pub struct PartTarget {
    pub slot: String,
    /// The tiles of the part: the rank that owns it, and its box of the slot.
    pub tiles: Vec<(usize, IndexBox)>,
}

/// Hands pieces to the thread as they come.
pub struct Stage<'a, V> {
    background: &'a Background<Desk>,
    pool: &'a Pool<V>,
    waited: &'a mut Duration,
    pulse: &'a Pulse,
    target: Target,
    /// The tile whose dataset is open.
    open: Option<usize>,
}

impl<'a, V: Stored> Stage<'a, V> {
    fn new(
        background: &'a Background<Desk>,
        pool: &'a Pool<V>,
        waited: &'a mut Duration,
        pulse: &'a Pulse,
        target: Target,
    ) -> Stage<'a, V> {
        Stage {
            background,
            pool,
            waited,
            pulse,
            target,
            open: None,
        }
    }

    /// All pieces have come.
    pub fn finish(self) {
        if self.open.is_some() {
            self.background
                .submit(0, |desk| attempt(&mut desk.part, PartWriter::end));
        }
    }

    /// Begins the dataset of the tile of rank `of`, unless it is the open one.
    fn open_tile(&mut self, of: usize) {
        let Target::Part(target) = &self.target else { return };
        let tile = target.tiles.iter().position(|(rank, _)| *rank == of);
        let tile = tile.expect("only members bring pieces");
        if self.open == Some(tile) {
            return;
        }
        let (slot, region, has_open) = (target.slot.clone(), target.tiles[tile].1, self.open.is_some());
        self.background.submit(0, move |desk| {
            if has_open {
                attempt(&mut desk.part, PartWriter::end);
            }
            attempt(&mut desk.part, |w| w.begin::<V>(tile, &slot, region));
        });
        self.open = Some(tile);
    }
}

impl<V: Stored> Collector<V> for Stage<'_, V> {
    fn buffer(&mut self, n: usize) -> Vec<V> {
        fitting(&mut lock(self.pool), n)
    }

    fn take(&mut self, of: usize, piece: &IndexBox, values: Vec<V>) {
        self.open_tile(of);
        let is_part = matches!(self.target, Target::Part(_));
        let (piece, pool, pulse) = (*piece, Arc::clone(self.pool), self.pulse.clone());
        *self.waited += self.background.submit(size_of_val(&values[..]), move |desk| {
            match is_part {
                true => attempt(&mut desk.part, |w| w.write(&piece, &values)),
                false => attempt(&mut desk.snapshot, |w| w.write_box(&piece, &values)),
            }
            lock(&pool).push(values);
            pulse.touch();
        });
        self.pulse.touch();
    }
}

fn lock<V>(pool: &Pool<V>) -> std::sync::MutexGuard<'_, Vec<Vec<V>>> {
    pool.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Memory for `n` values: the pool's, where it fits. What is too small, or much too large, is given back for it: pieces of
/// snapshots are larger than those of checkpoints.
fn fitting<V>(pool: &mut Vec<Vec<V>>, n: usize) -> Vec<V> {
    let mut given_back = 0;
    while let Some(buffer) = pool.pop() {
        let size = buffer.capacity();
        if (n..=2 * n).contains(&size) {
            return buffer;
        }
        given_back += size;
        if given_back >= n {
            break;
        }
    }
    Vec::with_capacity(n)
}

/// Does something with what is open, unless there was an error before; an error stays and closes it.
fn attempt<W>(open: &mut Option<Result<W>>, work: impl FnOnce(&mut W) -> Result<()>) {
    if let Some(Ok(writer)) = open
        && let Err(error) = work(writer)
    {
        *open = Some(Err(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_where_it_fits_and_given_back_for_what_is_new() {
        let mut pool: Vec<Vec<u8>> = [10, 10, 100, 10, 150].map(Vec::with_capacity).into();
        assert_eq!(fitting(&mut pool, 100).capacity(), 150);
        assert_eq!(fitting(&mut pool, 100).capacity(), 100);
        assert_eq!((pool.len(), fitting(&mut pool, 15).capacity()), (2, 15));
        assert!(pool.is_empty());
    }
}
