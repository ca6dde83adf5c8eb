//! What a checkpoint says about itself: `manifest.toml`.

use super::super::checksum::Checksum;
use crate::error::{Error, Result};
use crate::grid::IndexBox;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the layout of checkpoints; a reader refuses newer ones.
const FORMAT_VERSION: u32 = 1;

/// What the last line of a manifest begins with; the checksum of all before it follows.
const SEAL: &str = "# xxh3-128 of all above: ";

/// What a checkpoint says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// Version and commit of simrun that wrote it.
    pub version: String,
    pub commit: String,
    /// When it was begun, ISO 8601, UTC.
    pub date: String,
    /// The hosts that computed, and how many ranks they had.
    pub hosts: String,
    pub ranks: usize,
    pub title: String,
    /// As in the configuration.
    pub kernel: String,
    /// "f32" or "f64".
    pub precision: String,
    /// Steps done.
    pub step: u64,
    /// Simulated time, s.
    pub time: f64,
    /// The complete resolved configuration, TOML.
    pub config: String,
    /// Where the run loop stood: its own business.
    pub run: toml::Table,
    #[serde(rename = "slot")]
    pub slots: Vec<SlotEntry>,
    #[serde(rename = "part")]
    pub parts: Vec<PartEntry>,
}

/// A slot whose values are in the checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotEntry {
    pub name: String,
    /// "f32" or "f64".
    pub element: String,
    /// Where there are values: cells of the grid, and the ghosts beyond its walls.
    pub lo: [i64; 3],
    pub hi: [i64; 3],
}

/// A file with the values of some tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Name, within the folder of the checkpoint.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Of all its bytes.
    pub checksum: Checksum,
    /// The boxes of the tiles, with the ghosts that belong to them: lower corner, then upper.
    pub tiles: Vec<[[i64; 3]; 2]>,
}

impl SlotEntry {
    /// Where there are values.
    pub fn domain(&self) -> IndexBox {
        IndexBox::new(self.lo, self.hi)
    }
}

impl PartEntry {
    /// The boxes of the tiles, with the ghosts that belong to them.
    pub fn boxes(&self) -> impl Iterator<Item = IndexBox> + '_ {
        self.tiles.iter().map(|&[lo, hi]| IndexBox::new(lo, hi))
    }
}

impl Manifest {
    /// The version of the layout that this simrun writes.
    pub const FORMAT: u32 = FORMAT_VERSION;

    /// The text of the file, sealed with its own checksum.
    pub fn to_text(&self) -> String {
        let body = toml::to_string(self).expect("a manifest has only what TOML has");
        let checksum = Checksum::of(body.as_bytes());
        format!("{body}{SEAL}{checksum}\n")
    }

    /// The manifest in `text`, which was read from `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the text is not to the last bit what was written, or contradicts itself.
    pub fn parse(path: &Path, text: &[u8]) -> Result<Manifest> {
        let wrong = |cause: String| Error::io("use the checkpoint of", path, cause);
        let damaged = |what: &str| wrong(format!("it is damaged: {what}"));
        let text = std::str::from_utf8(text).map_err(|_| damaged("it is not a text"))?;
        let at = text.rfind(SEAL).ok_or_else(|| damaged("its checksum is missing"))?;
        let (body, seal) = text.split_at(at);
        let seal = seal[SEAL.len()..].strip_suffix('\n').and_then(Checksum::parse);
        if seal != Some(Checksum::of(body.as_bytes())) {
            return Err(damaged("it does not have its own checksum"));
        }
        // The format first: another one may lack what this one asks for.
        let table: toml::Table = body.parse().map_err(|e| damaged(&format!("{e}")))?;
        match table.get("format").and_then(toml::Value::as_integer) {
            Some(format) if format > i64::from(FORMAT_VERSION) => {
                return Err(wrong(format!(
                    "it has format {format}, this simrun reads up to {FORMAT_VERSION}; use a newer simrun"
                )));
            }
            _ => {}
        }
        let manifest: Manifest = table.try_into().map_err(|e| damaged(&format!("{e}")))?;
        manifest.check().map_err(|cause| damaged(&cause))?;
        Ok(manifest)
    }

    /// Whether every value of every slot is in exactly one tile.
    fn check(&self) -> std::result::Result<(), String> {
        let is_plain = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains('/');
        if let Some(part) = self.parts.iter().find(|part| !is_plain(&part.file)) {
            return Err(format!("'{}' is not the name of a file", part.file));
        }
        let mut boxes: Vec<IndexBox> = self.parts.iter().flat_map(PartEntry::boxes).collect();
        boxes.sort_by_key(|tile| tile.lo[2]);
        for (n, tile) in boxes.iter().enumerate() {
            let mut beside = boxes[n + 1..].iter().take_while(|other| other.lo[2] < tile.hi[2]);
            if let Some(other) = beside.find(|other| !other.intersect(tile).is_empty()) {
                return Err(format!("the tiles {tile} and {other} overlap"));
            }
        }
        for slot in &self.slots {
            let domain = slot.domain();
            let found: usize = boxes.iter().map(|tile| tile.intersect(&domain).n_cells()).sum();
            if found != domain.n_cells() {
                return Err(format!(
                    "its tiles hold {found} of the {} values of '{}'",
                    domain.n_cells(),
                    slot.name
                ));
            }
        }
        Ok(())
    }
}
