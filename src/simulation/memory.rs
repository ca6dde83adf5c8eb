//! The memory that a run takes.

use super::blocks;
use super::case::Case;
use super::kept::kept;
use super::report::{bytes_text, snapshot_bytes};
use super::writer::{piece_cells, staging_of};
use crate::config::Precision;
use crate::engine::message_bytes;
use crate::files::CHUNK_CACHE_BYTES;
use crate::grid::{Decomposition, Tile};

/// What a rank takes before it has a tile: the program and its libraries, with Open MPI 4 and HDF5 1.10.
const PROGRAM: f64 = 25.0 * 1024.0 * 1024.0;

/// What the thread that writes files takes beside the values under way: its buffers, and what HDF5 keeps.
const WRITER: f64 = 7.0 * 1024.0 * 1024.0;

/// What a rank takes at most, bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// The program and its libraries.
    pub program: f64,
    /// Storage and coefficients, with halos.
    pub tile: f64,
    pub messages: f64,
    /// Snapshots and checkpoints under way.
    pub output: f64,
}

impl Memory {
    /// What `rank` takes if its run begins with the initial state and is not asked for checkpoints that the configuration
    /// does not name. `blocks` are the lengths of blocks of steps, `members` the ranks that it writes for, if it does.
    pub fn of_rank(
        case: &Case,
        decomposition: &Decomposition,
        blocks: &[usize],
        members: &[usize],
        rank: usize,
    ) -> Memory {
        let tile = blocks::deepened(case, case.tile(decomposition, rank), blocks);
        let messages = match case.config.precision {
            Precision::Single => message_bytes::<f32>,
            Precision::Double => message_bytes::<f64>,
        };
        let is_shared = case.config.parallel.shared_memory;
        Memory {
            program: PROGRAM,
            tile: case.tile_bytes(&tile),
            messages: messages(decomposition, rank, &case.declaration, &tile, blocks, is_shared) as f64,
            output: output_bytes(case, decomposition, members, rank),
        }
    }

    pub fn all(&self) -> f64 {
        self.program + self.tile + self.messages + self.output
    }

    /// What it is made of, for people.
    pub fn parts_text(&self) -> String {
        let parts = [
            ("tile", self.tile),
            ("messages", self.messages),
            ("output under way", self.output),
            ("program", self.program),
        ];
        let parts = parts.iter().filter(|(_, bytes)| *bytes > 0.0);
        let texts: Vec<String> = parts
            .map(|(name, bytes)| format!("{name} {}", bytes_text(*bytes)))
            .collect();
        texts.join(", ")
    }
}

/// Values that have been copied for the thread that writes them, on the ranks that write; what is on its way there elsewhere.
fn output_bytes(case: &Case, decomposition: &Decomposition, members: &[usize], rank: usize) -> f64 {
    let config = &case.config;
    let snapshots: f64 = config
        .snapshots
        .iter()
        .map(|snapshot| snapshot_bytes(case, snapshot))
        .sum();
    let staging = staging_of(case);
    let piece = (piece_cells(staging) * case.number_size()) as f64;
    let mut under_way = if rank == 0 { snapshots } else { 0.0 };
    let mut n_kinds = if under_way > 0.0 { 1.0 } else { 0.0 };
    let writes_checkpoints = config.checkpoint.every.is_some() || config.checkpoint.final_state;
    if writes_checkpoints && !members.is_empty() {
        n_kinds += 1.0;
        under_way += members
            .iter()
            .map(|&of| part_bytes(case, &case.tile(decomposition, of)))
            .sum::<f64>();
    }
    if under_way > 0.0 {
        let field = case.grid.n_cells() as f64 * case.number_size() as f64;
        let chunks = if rank == 0 {
            field.min(snapshots).min(CHUNK_CACHE_BYTES as f64)
        } else {
            0.0
        };
        // A piece that there was no room for, and the memory of pieces of one size that does not do for those of another.
        return under_way.min(staging as f64 + n_kinds * piece) + chunks + WRITER;
    }
    let own = decomposition.owned(rank).n_cells() * case.number_size();
    if snapshots > 0.0 { piece.min(own as f64) } else { 0.0 }
}

/// Bytes that a tile has in a checkpoint.
fn part_bytes(case: &Case, tile: &Tile) -> f64 {
    let size = |element: &str| if element == "f32" { 4 } else { 8 };
    let kept = kept(case, 0).into_iter();
    kept.map(|kept| (kept.part_of(tile).n_cells() * size(&kept.entry.element)) as f64)
        .sum()
}
