//! Memory that several processes of one host have mapped.
//!
//! Not an MPI window: Open MPI hangs where the memory for one cannot be had, and writes to memory that a system has
//! promised but does not have end the process. A segment has its memory before anybody learns of it, or is refused.

use std::ffi::CString;
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Segments that this process has named.
static NAMED: AtomicU64 = AtomicU64::new(0);

/// A mapped segment.
#[derive(Debug)]
pub(super) struct Segment {
    base: NonNull<u8>,
    n_bytes: usize,
}

/// The name by which others open a segment. Dropped once they have: nothing is left behind then, however the job ends.
#[derive(Debug)]
pub(super) struct Name(CString);

// SAFETY: the mapping belongs to the process; what is in it is reached by atomics and by raw pointers, whose users keep
// apart what conflicts, as they have to between processes.
unsafe impl Send for Segment {}
// SAFETY: as above.
unsafe impl Sync for Segment {}

impl Segment {
    /// A new segment of `n_bytes` > 0, all of them zero, and its name.
    pub fn create(n_bytes: usize) -> Result<(Segment, Name)> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let number = NAMED.fetch_add(1, Ordering::Relaxed);
        // Short enough for every system.
        let text = format!("/simrun-{}-{number}-{:x}", std::process::id(), since.subsec_nanos());
        let name = CString::new(text).expect("a name without zeros");
        let file = open(&name, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL)?;
        let name = Name(name);
        reserve(&file, n_bytes)?;
        Ok((Segment::map(&file, n_bytes)?, name))
    }

    /// The segment of another process.
    pub fn open(name: &str) -> Result<Segment> {
        let name = CString::new(name)?;
        let file = open(&name, libc::O_RDWR)?;
        let n_bytes = std::fs::File::from(file.try_clone()?).metadata()?.len();
        Segment::map(&file, usize::try_from(n_bytes).map_err(Error::other)?)
    }

    fn map(file: &OwnedFd, n_bytes: usize) -> Result<Segment> {
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at a place that the system chooses, of a file that is open for both.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                n_bytes,
                rights,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        match NonNull::new(base.cast::<u8>()).filter(|_| base != libc::MAP_FAILED) {
            Some(base) => Ok(Segment { base, n_bytes }),
            None => Err(Error::last_os_error()),
        }
    }

    /// The number of 8 bytes at byte `at`.
    pub fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8), "words are aligned");
        // SAFETY: mapped, as `place` has checked, aligned, since mappings begin on pages, and only ever reached as an atomic.
        unsafe { &*self.place(at, 8).cast::<AtomicU64>() }
    }

    /// Where the `n_bytes` from byte `at` on are mapped.
    pub fn place(&self, at: usize, n_bytes: usize) -> *mut u8 {
        let end = at.checked_add(n_bytes).filter(|&end| end <= self.n_bytes);
        assert!(
            end.is_some(),
            "{n_bytes} bytes at {at} of a segment of {}",
            self.n_bytes
        );
        // SAFETY: within the mapping, as just checked.
        unsafe { self.base.as_ptr().add(at) }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: mapped with this length, and nobody has a reference to a segment that is dropped.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.n_bytes) };
    }
}

impl Name {
    pub fn text(&self) -> &str {
        self.0.to_str().expect("made from text")
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // SAFETY: a string that ends with zero. The segment stays where it is mapped.
        unsafe { libc::shm_unlink(self.0.as_ptr()) };
    }
}

fn open(name: &CString, how: libc::c_int) -> Result<OwnedFd> {
    // SAFETY: a string that ends with zero, and numbers.
    let file = unsafe { libc::shm_open(name.as_ptr(), how, 0o600 as libc::c_uint) };
    match file {
        ..0 => Err(Error::last_os_error()),
        // SAFETY: just opened, and nobody else's.
        _ => Ok(unsafe { OwnedFd::from_raw_fd(file) }),
    }
}

/// Gives the file so many bytes, where the system can with memory behind them.
fn reserve(file: &OwnedFd, n_bytes: usize) -> Result<()> {
    let length = libc::off_t::try_from(n_bytes).map_err(Error::other)?;
    #[cfg(target_os = "linux")]
    loop {
        // SAFETY: an open file and numbers.
        match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) } {
            0 => return Ok(()),
            libc::EINTR => {}
            code => return Err(Error::from_raw_os_error(code)),
        }
    }
    #[cfg(not(target_os = "linux"))]
    // SAFETY: an open file and a number.
    match unsafe { libc::ftruncate(file.as_raw_fd(), length) } {
        0 => Ok(()),
        _ => Err(Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_one_mapping_is_read_in_another_also_when_the_name_is_gone() {
        let (own, name) = Segment::create(5000).unwrap();
        let other = Segment::open(name.text()).unwrap();
        assert_eq!(other.n_bytes, 5000);
        let text = name.text().to_string();
        drop(name);
        assert!(Segment::open(&text).is_err(), "the name is still there");
        assert_eq!(other.word(4992).load(Ordering::Acquire), 0);
        own.word(4992).store(7, Ordering::Release);
        assert_eq!(other.word(4992).load(Ordering::Acquire), 7);
        drop(own);
        assert_eq!(other.word(4992).load(Ordering::Acquire), 7);
    }

    #[test]
    fn more_memory_than_there_is_is_refused() {
        assert!(Segment::create(1 << 60).is_err());
    }

    #[test]
    #[should_panic(expected = "of a segment of 64")]
    fn a_place_beyond_the_end_is_refused() {
        let (segment, _name) = Segment::create(64).unwrap();
        segment.word(64);
    }
}
