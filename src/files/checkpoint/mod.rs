//! Checkpoints: everything that a restart needs, in a folder of its own.
//!
//! `checkpoints/<step>/` holds
//!
//! | file | what |
//! |---|---|
//! | `part_0000.h5`, ... | one per aggregator: `/tiles/<n>/<slot>`, the values of a slot on a tile and on the ghosts that belong to it |
//! | `checkpoint.h5` | a master of virtual datasets: `/storage/<slot>`, whole, for readers; a restart never reads it |
//! | `manifest.toml` | where the run stood, its configuration, and sizes and checksums of the parts; its last line is its own checksum |
//!
//! The folder is built as `.<step>.part` and gets its name when all of it is on the disk and has been read back. Start
//! reading with [`Manifest`], then [`CheckpointFolder`] (how one comes to be), then [`Checkpoint`] (how it is read).

mod folder;
mod manifest;
mod master;
mod part;
mod reader;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use folder::{CheckpointFolder, MANIFEST, MASTER, list, part_file};
pub use manifest::{Manifest, PartEntry, SlotEntry};
pub use part::{PartHead, PartWriter, bytes_of, read_through};
pub use reader::Checkpoint;
