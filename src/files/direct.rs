//! Bytes that go to the disk and come from it past the system's page cache, where the file system allows that (`O_DIRECT`).
//!
//! Large files that nobody reads soon have no use for the cache. What is written through it is copied once more, and carried
//! to the disk by threads of the system that take processor time from the ranks; past it, the disk fetches the bytes itself.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What goes past the cache begins and ends at multiples of this, in the file and in memory: a multiple of the blocks of
/// disks and of the pages of memory, bytes.
const BLOCK: usize = 64 << 10;

/// Bytes that are written at a time: enough for a disk at full speed, few enough for a core's caches.
const BUFFER: usize = 32 * BLOCK;

/// Memory at the beginning of a block.
pub struct Blocks {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Blocks {
    /// Zeroed memory of `len` bytes.
    pub fn new(len: usize) -> Blocks {
        let bytes = vec![0_u8; len + BLOCK];
        let start = bytes.as_ptr().align_offset(BLOCK);
        Blocks { bytes, start, len }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }
}

/// Writes stretches of an existing file.
///
/// Whole blocks go past the cache; the edges of a stretch, whose blocks may hold what others have written, through it.
pub struct DirectWriter {
    cached: File,
    /// None where the file system refuses.
    direct: Option<File>,
    buffer: Blocks,
    /// Place in the file of the first byte of the buffer: the beginning of a block.
    base: u64,
    /// What of the buffer has not been written.
    from: usize,
    to: usize,
}

impl DirectWriter {
    /// Opens the file at `path`; through the cache alone unless `is_direct`.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path, is_direct: bool) -> io::Result<DirectWriter> {
        let mut options = OpenOptions::new();
        options.write(true);
        Ok(DirectWriter {
            cached: options.open(path)?,
            direct: is_direct.then(|| past_cache(path, &mut options).ok()).flatten(),
            buffer: Blocks::new(BUFFER),
            base: 0,
            from: 0,
            to: 0,
        })
    }

    /// Begins a stretch at `place`, after the one before has been written.
    ///
    /// # Errors
    /// As [`DirectWriter::flush`].
    pub fn seek(&mut self, place: u64) -> io::Result<()> {
        self.flush()?;
        let within = place % BLOCK as u64;
        self.base = place - within;
        (self.from, self.to) = (within as usize, within as usize);
        Ok(())
    }

    /// Goes on with `bytes`.
    ///
    /// # Errors
    /// As [`DirectWriter::flush`].
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let n = bytes.len().min(BUFFER - self.to);
            let (now, later) = bytes.split_at(n);
            self.buffer.bytes_mut()[self.to..self.to + n].copy_from_slice(now);
            self.to += n;
            bytes = later;
            if self.to == BUFFER {
                self.flush()?;
                self.base += BUFFER as u64;
                (self.from, self.to) = (0, 0);
            }
        }
        Ok(())
    }

    /// Hands to the system what has not been.
    ///
    /// # Errors
    /// If the file system does not take it.
    pub fn flush(&mut self) -> io::Result<()> {
        let (from, to) = (self.from, self.to);
        let first = from.next_multiple_of(BLOCK).min(to);
        let last = (to / BLOCK * BLOCK).max(first);
        let is_written = first < last && self.try_direct(first, last)?;
        match is_written {
            true => {
                self.write_cached(from, first)?;
                self.write_cached(last, to)?;
            }
            false => self.write_cached(from, to)?,
        }
        self.from = to;
        Ok(())
    }

    /// Writes a part of the buffer past the cache, unless that is refused, now and for good.
    fn try_direct(&mut self, from: usize, to: usize) -> io::Result<bool> {
        let Some(file) = &self.direct else { return Ok(false) };
        match file.write_all_at(&self.buffer.bytes()[from..to], self.base + from as u64) {
            Ok(()) => Ok(true),
            // A file system that wants larger blocks, or none that go past its cache: the whole part is written again.
            Err(e) if e.kind() == ErrorKind::InvalidInput => {
                self.direct = None;
                Ok(false)
            }
            Err(e) => Err(e),
        }
    }

    fn write_cached(&self, from: usize, to: usize) -> io::Result<()> {
        self.cached
            .write_all_at(&self.buffer.bytes()[from..to], self.base + from as u64)
    }
}

/// Reads a file from its beginning to the length that it has at first.
pub struct DiskReader {
    cached: File,
    /// None where the cache will do, or the file system refuses.
    direct: Option<File>,
    at: u64,
    len: u64,
}

impl DiskReader {
    /// Reads through the cache.
    ///
    /// # Errors
    /// If the system does not tell its length.
    pub fn cached(file: File) -> io::Result<DiskReader> {
        Ok(DiskReader {
            len: file.metadata()?.len(),
            cached: file,
            direct: None,
            at: 0,
        })
    }

    /// Reads what is on the disk: past the cache if `is_direct` and the file system allows that, else after the system has
    /// been asked to forget what it keeps of the file.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn from_disk(path: &Path, is_direct: bool) -> io::Result<DiskReader> {
        let mut reader = DiskReader::cached(File::open(path)?)?;
        forget(&reader.cached);
        let mut options = OpenOptions::new();
        reader.direct = is_direct.then(|| past_cache(path, options.read(true)).ok()).flatten();
        Ok(reader)
    }

    /// The next bytes, in `buffer`, whose length is a multiple of a block; none at the end.
    ///
    /// # Errors
    /// If it cannot be read, or has become shorter.
    pub fn read<'a>(&mut self, buffer: &'a mut Blocks) -> io::Result<&'a [u8]> {
        while self.at < self.len {
            let file = self.direct.as_ref().unwrap_or(&self.cached);
            match file.read_at(buffer.bytes_mut(), self.at) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    self.at += n as u64;
                    return Ok(&buffer.bytes()[..n]);
                }
                // Also where fewer bytes came than were asked for, and what follows begins within a block.
                Err(e) if e.kind() == ErrorKind::InvalidInput && self.direct.is_some() => self.direct = None,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(&[])
    }
}

/// Opens a file so that what is read and written goes past the cache.
#[cfg(target_os = "linux")]
fn past_cache(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(libc::O_DIRECT).open(path)
}

#[cfg(not(target_os = "linux"))]
fn past_cache(_: &Path, _: &mut OpenOptions) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

/// Asks the system to forget what it keeps of the file in memory.
#[cfg(target_os = "linux")]
fn forget(file: &File) {
    // SAFETY: the descriptor is open; the advice changes no contents, and a system may ignore it.
    unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
}

#[cfg(not(target_os = "linux"))]
fn forget(_: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(n: usize, seed: usize) -> Vec<u8> {
        (0..n).map(|i| ((i * 7 + seed * 13) % 251) as u8).collect()
    }

    /// Stretches of all kinds, in pieces of all kinds, beside bytes that others have written.
    #[test]
    fn stretches_stand_where_they_were_meant_and_leave_their_neighbours_alone() {
        let folder = tempfile::tempdir().unwrap();
        let stretches = [
            (0, 10),
            (20, BLOCK - 20),
            (BLOCK, BLOCK),
            (2 * BLOCK + 5, 3 * BLOCK),
            (6 * BLOCK - 7, BUFFER + 11),
            (6 * BLOCK + BUFFER + 4096, 2 * BUFFER),
            (4 * BUFFER - 3, 1),
        ];
        for is_direct in [true, false] {
            for piece in [1000, BLOCK + 1, BUFFER, 5 * BUFFER] {
                let path = folder.path().join("file");
                let mut expected = vec![0xff; 5 * BUFFER];
                std::fs::write(&path, &expected).unwrap();
                let mut writer = DirectWriter::open(&path, is_direct).unwrap();
                for (seed, &(place, n)) in stretches.iter().enumerate() {
                    let bytes = bytes(n, seed);
                    writer.seek(place as u64).unwrap();
                    bytes.chunks(piece).for_each(|piece| writer.write(piece).unwrap());
                    expected[place..place + n].copy_from_slice(&bytes);
                }
                writer.flush().unwrap();
                assert!(std::fs::read(&path).unwrap() == expected, "{is_direct} {piece}");
            }
        }
    }

    #[test]
    fn a_file_grows_with_what_is_written_and_is_read_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        for (is_direct, n) in [(true, 3 * BUFFER + 77), (true, 1), (false, BUFFER), (true, 0)] {
            let path = folder.path().join("file");
            File::create(&path).unwrap();
            let expected = bytes(n, 1);
            let mut writer = DirectWriter::open(&path, is_direct).unwrap();
            writer.write(&expected).unwrap();
            writer.flush().unwrap();
            let mut reader = DiskReader::from_disk(&path, is_direct).unwrap();
            let mut buffer = Blocks::new(2 * BLOCK);
            let mut found = Vec::new();
            while let bytes = reader.read(&mut buffer).unwrap()
                && !bytes.is_empty()
            {
                found.extend_from_slice(bytes);
            }
            assert!(found == expected, "{is_direct} {n}");
        }
    }

    #[test]
    fn a_write_that_is_refused_is_an_error() {
        let mut writer = DirectWriter::open(Path::new("/dev/full"), true).unwrap();
        let result = writer.write(&vec![1; 2 * BUFFER]);
        assert_eq!(result.unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
