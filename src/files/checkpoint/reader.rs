//! Reads a checkpoint: first whether it is whole, then the values of any box of any slot.

use super::super::box_dataset::{selection_of, shape_of};
use super::super::direct::DiskReader;
use super::super::hdf5_cause::cause_of;
use super::super::stored::Stored;
use super::folder::MANIFEST;
use super::manifest::{Manifest, PartEntry};
use super::part::{group_of, read_through};
use crate::error::{Error, Result};
use crate::grid::IndexBox;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The longest manifest that is read: those of a million tiles are shorter.
const MANIFEST_BYTES: u64 = 1 << 30;

/// A checkpoint whose manifest has been read.
pub struct Checkpoint {
    folder: PathBuf,
    manifest: Manifest,
    /// Parts that have been opened, by their number.
    open: RefCell<BTreeMap<usize, hdf5::File>>,
}

impl Checkpoint {
    /// Reads the manifest of the checkpoint in `folder`.
    ///
    /// # Errors
    /// [`Error::Io`], with the file at fault, if it is missing, damaged or of a newer format.
    pub fn open(folder: &Path) -> Result<Checkpoint> {
        let path = folder.join(MANIFEST);
        let meta = fs::metadata(&path).map_err(|e| Error::io("read", &path, e))?;
        if !meta.is_file() || meta.len() > MANIFEST_BYTES {
            return Err(Error::io("use the checkpoint of", &path, "it is not a manifest"));
        }
        let text = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        Checkpoint::from_text(folder, &text)
    }

    /// The checkpoint in `folder` whose manifest has been read by somebody else.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn from_text(folder: &Path, text: &[u8]) -> Result<Checkpoint> {
        Ok(Checkpoint {
            folder: folder.to_owned(),
            manifest: Manifest::parse(&folder.join(MANIFEST), text)?,
            open: RefCell::default(),
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads part `n` through and compares length and checksum. No part may be opened by HDF5 before: the library trusts
    /// what it reads.
    ///
    /// # Errors
    /// [`Error::Io`], with the file at fault.
    pub fn verify(&self, n: usize) -> Result<()> {
        let part = &self.manifest.parts[n];
        let path = self.folder.join(&part.file);
        let damaged = |cause: String| Error::io("use the checkpoint's", &path, format!("it is damaged: {cause}"));
        let file = File::open(&path).map_err(|e| Error::io("use the checkpoint's", &path, e))?;
        let meta = file.metadata().map_err(|e| Error::io("inspect", &path, e))?;
        if !meta.is_file() || meta.len() != part.bytes {
            return Err(damaged(format!(
                "it has {} bytes instead of {}",
                meta.len(),
                part.bytes
            )));
        }
        // Through the cache: what is verified is read again at once.
        let file = DiskReader::cached(file).map_err(|e| Error::io("inspect", &path, e))?;
        match read_through(&path, file, |_| {})? == part.checksum {
            true => Ok(()),
            false => Err(damaged("its checksum is not that of the manifest".to_owned())),
        }
    }

    /// Shows `take` the values of the slot `name` on `region`, box by box, x fastest. The parts must have been verified.
    ///
    /// # Errors
    /// [`Error::Io`] if the checkpoint does not have them all, or a file cannot be read.
    pub fn read<T: Stored>(&self, name: &str, region: &IndexBox, mut take: impl FnMut(&IndexBox, &[T])) -> Result<()> {
        let slot = self.manifest.slots.iter().find(|slot| slot.name == name);
        let lacking = |what: String| Error::io("restart from", &self.folder, what);
        let slot = slot.ok_or_else(|| lacking(format!("it has no slot '{name}'")))?;
        if slot.element != T::NAME {
            return Err(lacking(format!(
                "slot '{name}' is {} there, and {} here",
                slot.element,
                T::NAME
            )));
        }
        let domain = slot.domain();
        if !domain.contains_box(region) {
            return Err(lacking(format!("slot '{name}' covers {domain}, not {region}")));
        }
        for (number, part) in self.manifest.parts.iter().enumerate() {
            for (n, tile) in part.boxes().enumerate() {
                let stored = tile.intersect(&domain);
                let wanted = stored.intersect(region);
                if !wanted.is_empty() {
                    let values =
                        self.read_box::<T>((number, part), &format!("{}/{name}", group_of(n)), &stored, &wanted);
                    take(
                        &wanted,
                        &values.map_err(|e| lacking(format!("{}: {}", part.file, cause_of(e))))?,
                    );
                }
            }
        }
        Ok(())
    }

    fn read_box<T: Stored>(
        &self,
        (number, part): (usize, &PartEntry),
        name: &str,
        stored: &IndexBox,
        wanted: &IndexBox,
    ) -> hdf5::Result<Vec<T>> {
        let mut open = self.open.borrow_mut();
        let file = match open.entry(number) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let mut options = hdf5::File::with_options();
                let file = options.with_fapl(|access| access.file_locking(false));
                entry.insert(file.open(self.folder.join(&part.file))?)
            }
        };
        let dataset = file.dataset(name)?;
        if dataset.shape() != shape_of(stored, 3) {
            return Err(format!("'{name}' has another shape than its tile").as_str().into());
        }
        let place = selection_of(wanted, stored, 3);
        let values = dataset.read_slice::<T, _, ndarray::Ix3>(place)?;
        Ok(values.into_raw_vec_and_offset().0)
    }
}
