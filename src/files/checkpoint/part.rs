//! Writes one part of a checkpoint: the slots of some tiles, in one HDF5 file.
//!
//! Values stand contiguous, tile by tile and slot by slot, each written once and in order: HDF5 says where, and they are
//! written there past it, and past the system's cache. While they pass, their checksum is taken; the finished file is
//! brought to the disk and read back from there, and what was read must have it.

use super::super::box_dataset::BoxDataset;
use super::super::checksum::{Checksum, Checksummer};
use super::super::direct::{Blocks, DirectWriter, DiskReader};
use super::super::group::create_group;
use super::super::hdf5_cause::cause_of;
use super::super::stored::Stored;
use super::super::text_attribute::write_text;
use super::manifest::PartEntry;
use crate::error::{Error, Result};
use crate::grid::IndexBox;
use crate::metrics::faults;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Bytes that are read back at a time: few enough to stay in a core's caches, enough for a disk.
const READ_BYTES: usize = 1 << 20;

/// Bytes whose checksum is taken before they go on their way: few enough to stay in a core's first caches.
const AT_A_TIME: usize = 4 << 10;

/// What a part says about itself.
#[derive(Clone, Debug)]
pub struct PartHead {
    pub title: String,
    pub version: String,
    pub date: String,
    pub step: u64,
    pub time: f64,
    /// The boxes of its tiles, with the ghosts that belong to them.
    pub tiles: Vec<IndexBox>,
}

/// A part under construction.
pub struct PartWriter {
    path: PathBuf,
    file: Option<hdf5::File>,
    values: DirectWriter,
    is_direct: bool,
    head: PartHead,
    open: Option<Open>,
    written: Vec<Written>,
}

/// Values that are being written.
struct Open {
    dataset: BoxDataset,
    /// Where they begin in the file.
    offset: u64,
    checksum: Checksummer,
}

/// Values that are in the file.
struct Written {
    name: String,
    offset: u64,
    bytes: u64,
    checksum: Checksum,
}

impl PartWriter {
    /// Begins the part at `path`, in the folder of a checkpoint that is being built; past the system's cache if `is_direct`
    /// and the file system allows that.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be created.
    pub fn create(path: &Path, head: PartHead, is_direct: bool) -> Result<PartWriter> {
        // The plain creation first: its error names the cause better than HDF5's.
        File::create(path).map_err(|e| Error::io("create", path, e))?;
        let begun = hdf5::File::with_options()
            .with_fapl(|access| access.libver_v110().file_locking(false))
            .with_fcpl(|root| root.obj_track_times(false))
            .create(path)
            .and_then(|file| {
                write_text(&file, "title", &head.title)?;
                write_text(&file, "simrun", &head.version)?;
                write_text(&file, "date", &head.date)?;
                file.new_attr::<u64>().create("step")?.write_scalar(&head.step)?;
                file.new_attr::<f64>().create("time")?.write_scalar(&head.time)?;
                Ok(file)
            });
        let file = begun.map_err(|e| Error::io("begin", path, cause_of(e)))?;
        let values = DirectWriter::open(path, is_direct).map_err(|e| Error::io("open", path, e))?;
        faults::reach("part-begun");
        Ok(PartWriter {
            path: path.to_owned(),
            file: Some(file),
            values,
            is_direct,
            head,
            open: None,
            written: Vec::new(),
        })
    }

    /// Begins the values of `slot` on tile `tile` of the head, which fill `region`; they follow in order, then
    /// [`PartWriter::end`].
    ///
    /// # Errors
    /// [`Error::Io`] if the dataset cannot be created.
    pub fn begin<T: Stored>(&mut self, tile: usize, slot: &str, region: IndexBox) -> Result<()> {
        let name = group_of(tile);
        let failed = |e: hdf5::Error| Error::io(&format!("begin '{name}/{slot}' in"), &self.path, cause_of(e));
        let file = self.file.as_ref().expect("a part is open until it is finished");
        let group = create_group(file, &name).map_err(failed)?;
        let dataset = BoxDataset::create_plain::<T>(&group, slot, &self.path, region)?;
        let offset = dataset
            .dataset()
            .offset()
            .ok_or_else(|| Error::io("write", &self.path, format!("'{name}/{slot}' has no place in the file")))?;
        self.values.seek(offset).map_err(|e| self.refused(e))?;
        self.open = Some(Open {
            dataset,
            offset,
            checksum: Checksummer::new(),
        });
        Ok(())
    }

    /// Writes the values of the next box, x fastest: boxes follow each other as their values do in memory.
    ///
    /// # Errors
    /// [`Error::Io`] if the write fails.
    pub fn write<T: Stored>(&mut self, region: &IndexBox, values: &[T]) -> Result<()> {
        let open = self.open.as_mut().expect("values follow the beginning of their slot");
        open.dataset.follow(region, values)?;
        for bytes in bytes_of(values).chunks(AT_A_TIME) {
            open.checksum.add(bytes);
            self.values
                .write(bytes)
                .map_err(|e| Error::io("write", &self.path, e))?;
        }
        faults::reach("part-writing");
        Ok(())
    }

    /// Completes the values of a slot on a tile.
    ///
    /// # Errors
    /// [`Error::Io`] if values are missing, or if the storage device refuses them.
    pub fn end(&mut self) -> Result<()> {
        let open = self.open.take().expect("values end where they were begun");
        self.values.flush().map_err(|e| self.refused(e))?;
        self.written.push(Written {
            name: open.dataset.full_name(),
            offset: open.offset,
            bytes: open.dataset.dataset().storage_size(),
            checksum: open.checksum.finish(),
        });
        open.dataset.complete()
    }

    fn refused(&self, error: std::io::Error) -> Error {
        Error::io("write", &self.path, error)
    }

    /// Closes the file, brings it to the disk and reads it back.
    ///
    /// # Errors
    /// [`Error::Io`] if anything does not reach the disk as it was meant.
    pub fn finish(mut self) -> Result<PartEntry> {
        let file = self.file.take().expect("a part is finished once");
        let closed = file.flush().and_then(|()| file.close());
        closed.map_err(|e| Error::io("finish", &self.path, cause_of(e)))?;
        faults::reach("part-closed");
        let synced = File::open(&self.path).and_then(|file| file.sync_all());
        synced.map_err(|e| Error::io("bring to the disk", &self.path, e))?;
        faults::reach("part-synced");
        let on_disk = DiskReader::from_disk(&self.path, self.is_direct);
        let on_disk = on_disk.map_err(|e| Error::io("read back", &self.path, e))?;
        let (bytes, checksum) = self.read_back(on_disk)?;
        faults::reach("part-verified");
        let name = self.path.file_name().unwrap_or_default();
        Ok(PartEntry {
            file: name.to_string_lossy().into_owned(),
            bytes,
            checksum,
            tiles: self.head.tiles.iter().map(|tile| [tile.lo, tile.hi]).collect(),
        })
    }

    /// Length and checksum of the file; every slot of every tile in it must have the checksum of what was written.
    fn read_back(&mut self, on_disk: DiskReader) -> Result<(u64, Checksum)> {
        self.written.sort_by_key(|written| written.offset);
        let mut slots = self.written.iter();
        let mut slot = slots.next().map(|written| (written, Checksummer::new()));
        let mut at = 0;
        let mut differing = None;
        let checksum = read_through(&self.path, on_disk, |bytes| {
            let (start, end) = (at, at + bytes.len() as u64);
            at = end;
            while let Some((written, sum)) = &mut slot {
                let (first, last) = (written.offset.max(start), (written.offset + written.bytes).min(end));
                if first < last {
                    sum.add(&bytes[(first - start) as usize..(last - start) as usize]);
                }
                if written.offset + written.bytes > end {
                    break;
                }
                if sum.finish() != written.checksum {
                    differing.get_or_insert_with(|| written.name.clone());
                }
                slot = slots.next().map(|written| (written, Checksummer::new()));
            }
        })?;
        let cut_off = || slot.as_ref().map(|(written, _)| written.name.clone());
        match differing.or_else(cut_off) {
            None => Ok((at, checksum)),
            Some(name) => Err(Error::io(
                "write",
                &self.path,
                format!(
                    "'{name}' was read back with other values than were written: the disk or the memory is failing"
                ),
            )),
        }
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        self.open = None;
        if self.file.take().is_some() {
            // An error was reported; nobody needs what is left.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Where the slots of tile `tile` of a part are.
pub(super) fn group_of(tile: usize) -> String {
    format!("/tiles/{tile:04}")
}

/// The checksum of a whole file, whose bytes `look` is shown on the way.
///
/// # Errors
/// [`Error::Io`] if it cannot be read.
pub fn read_through(path: &Path, mut file: DiskReader, mut look: impl FnMut(&[u8])) -> Result<Checksum> {
    let mut buffer = Blocks::new(READ_BYTES);
    let mut whole = Checksummer::new();
    loop {
        let bytes = file.read(&mut buffer).map_err(|e| Error::io("read", path, e))?;
        if bytes.is_empty() {
            return Ok(whole.finish());
        }
        whole.add(bytes);
        look(bytes);
    }
}

/// The bytes of numbers, as they are in memory and in the file.
pub fn bytes_of<T: Stored>(values: &[T]) -> &[u8] {
    // SAFETY: f32 and f64, which alone are `Stored`, have no padding, and every byte of them is initialised.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}
