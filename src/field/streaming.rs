//! Stores past the caches, for fields so large that what is written leaves the caches before anybody reads it.
//!
//! An ordinary store first reads the line that it changes. Where a whole line is written, and the caches could not keep
//! it, a non-temporal store saves that read: a third of the traffic of a plain sweep. The bits are the same.

use super::Real;

/// Bytes that one non-temporal store of full speed fills: a cache line.
const LINE: usize = 64;

/// Whether storage of `tile_bytes` on each of `n_ranks` ranks is so large that rows are better written past the caches:
/// the ranks that share a last-level cache have more than fits it. Ranks are taken to fill the processors that
/// share a cache. Where the processor does not tell its caches, the answer is no.
pub fn pays(tile_bytes: usize, n_ranks: usize) -> bool {
    last_level_cache().is_some_and(|(cache_bytes, n_sharing)| {
        let bytes = tile_bytes as f64 * n_ranks.min(n_sharing) as f64;
        bytes > cache_bytes as f64
    })
}

/// Bytes of the last-level cache, and how many processors share it at most.
#[cfg(target_arch = "x86_64")]
fn last_level_cache() -> Option<(usize, usize)> {
    /// Leaves that list caches: Intel's and AMD's, in the same format.
    const LEAVES: [(u32, u32, u32); 2] = [(0, 4, 0), (0x8000_0000, 0x8000_001d, 1 << 22)];
    /// More levels than any processor has.
    const MOST: u32 = 16;
    let caches = LEAVES.into_iter().filter(|&(group, leaf, feature)| {
        // Topology extensions (leaf 0x80000001, ecx bit 22) say that AMD's leaf exists.
        cpuid(group, 0)[0] >= leaf && (feature == 0 || cpuid(0x8000_0001, 0)[2] & feature != 0)
    });
    caches
        .flat_map(|(_, leaf, _)| (0..MOST).map(move |index| cpuid(leaf, index)))
        .filter(|[eax, ..]| matches!(eax & 0x1f, 1 | 3))
        .max_by_key(|[eax, ..]| eax >> 5 & 7)
        .map(|[eax, ebx, ecx]| {
            let field = |shift: u32, mask: u32| (ebx >> shift & mask) as usize + 1;
            let bytes = field(22, 0x3ff) * field(12, 0x3ff) * field(0, 0xfff) * (ecx as usize + 1);
            (bytes, (eax >> 14 & 0xfff) as usize + 1)
        })
}

/// eax, ebx and ecx of a leaf of the processor's description.
#[cfg(target_arch = "x86_64")]
fn cpuid(leaf: u32, index: u32) -> [u32; 3] {
    // Newer compilers know that the call is safe.
    #[allow(unused_unsafe)]
    // SAFETY: every x86-64 has the instruction.
    let found = unsafe { std::arch::x86_64::__cpuid_count(leaf, index) };
    [found.eax, found.ebx, found.ecx]
}

#[cfg(not(target_arch = "x86_64"))]
fn last_level_cache() -> Option<(usize, usize)> {
    None
}

/// Copies `from` to `to`, whole cache lines past the caches. A [`fence`] has to follow before another thread or process
/// is told that the numbers are there.
pub(super) fn store<T: Real>(from: &[T], to: &mut [T]) {
    assert_eq!(from.len(), to.len(), "a row is stored whole");
    let per_line = LINE / size_of::<T>();
    let head = to.as_ptr().align_offset(LINE).min(to.len());
    let n_lines = (to.len() - head) / per_line;
    let tail = head + n_lines * per_line;
    to[..head].copy_from_slice(&from[..head]);
    store_lines(&from[head..tail], &mut to[head..tail]);
    to[tail..].copy_from_slice(&from[tail..]);
}

/// Copies whole lines; `to` begins on one.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn store_lines<T: Real>(from: &[T], to: &mut [T]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
    const PARTS: usize = LINE / size_of::<__m128i>();
    let n_parts = size_of_val(from) / size_of::<__m128i>();
    let (from, to) = (from.as_ptr().cast::<__m128i>(), to.as_mut_ptr().cast::<__m128i>());
    for line in (0..n_parts).step_by(PARTS) {
        for part in line..line + PARTS {
            // SAFETY: both slices have `n_parts` parts, a multiple of PARTS; `to` is aligned to a line; numbers are
            // plain bytes; every x86-64 has SSE2.
            unsafe { _mm_stream_si128(to.add(part), _mm_loadu_si128(from.add(part))) };
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn store_lines<T: Real>(from: &[T], to: &mut [T]) {
    to.copy_from_slice(from);
}

/// Orders the stores past the caches before all that follow.
pub(super) fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has SSE.
    unsafe {
        std::arch::x86_64::_mm_sfence()
    };
}

/// Tells the processor that `row` will be read soon.
#[inline(always)]
pub(super) fn prefetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in row.chunks(LINE / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint that changes nothing, whatever the address; every x86-64 has SSE.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_arrives_wherever_the_row_begins_and_ends() {
        let from: Vec<f32> = (0..200).map(|i| i as f32).collect();
        for (lo, hi) in [(0, 200), (1, 199), (3, 5), (7, 7), (16, 32), (15, 49)] {
            let mut to = vec![-1.0; 200];
            store(&from[lo..hi], &mut to[lo..hi]);
            fence();
            for (i, &value) in to.iter().enumerate() {
                let expected = if (lo..hi).contains(&i) { i as f32 } else { -1.0 };
                assert_eq!(value, expected);
            }
        }
    }

    #[test]
    fn small_storage_stays_in_the_caches_and_huge_storage_does_not() {
        assert!(!pays(1 << 10, 4));
        if let Some((bytes, n_sharing)) = last_level_cache() {
            assert!(bytes >= 1 << 15 && n_sharing >= 1);
            assert!(pays(bytes + 1, 1));
            assert!(!pays(bytes, 1));
        }
    }
}
