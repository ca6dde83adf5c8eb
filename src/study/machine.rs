//! The memory of the machine: how fast arrays well beyond the caches are read, copied and combined.
//!
//! Bytes are counted as they move: a store to a line that is not in cache first reads it (write-allocate), unless it
//! is non-temporal.

mod mix;
mod processor_time;

pub use mix::Mix;
pub use processor_time::processor_seconds;

use super::samples::Samples;
use crate::field::Array;
use crate::for_each_instruction_set;
use crate::grid::IndexBox;
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use serde::Serialize;
use std::hint::black_box;
use std::time::Instant;

/// What is done with the arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// `sum += b`
    Read,
    /// `a = s b` with s = 1: a plain assignment would become a call of memcpy, which may store past the caches.
    Copy,
    /// `a = b + s c`
    Triad,
    /// `a = b`, stored past the caches.
    CopyNonTemporal,
}

impl Stream {
    pub const ALL: [Stream; 4] = [Stream::Read, Stream::Copy, Stream::Triad, Stream::CopyNonTemporal];

    pub fn name(self) -> &'static str {
        match self {
            Stream::Read => "read",
            Stream::Copy => "copy",
            Stream::Triad => "triad",
            Stream::CopyNonTemporal => "copy, non-temporal stores",
        }
    }

    /// Bytes that move per element, write-allocate counted.
    pub fn bytes(self) -> usize {
        match self {
            Stream::Read => 8,
            Stream::Copy => 24,
            Stream::Triad => 32,
            Stream::CopyNonTemporal => 16,
        }
    }

    /// Bytes per element that the program asks for: without the lines that stores read first.
    pub fn bytes_asked(self) -> usize {
        match self {
            Stream::Copy | Stream::Triad => self.bytes() - 8,
            Stream::Read | Stream::CopyNonTemporal => self.bytes(),
        }
    }

    /// Whether this machine can do it.
    fn is_available(self) -> bool {
        self != Stream::CopyNonTemporal || cfg!(target_arch = "x86_64")
    }
}

/// Bandwidths of one stream, bytes/s.
#[derive(Clone, Debug, Serialize)]
pub struct Bandwidth {
    pub stream: Stream,
    /// Of rank 0 while the others rest.
    pub one_rank: Samples,
    /// Of all ranks together while all are at it: all bytes over the time of the slowest.
    pub all_ranks: Samples,
}

/// One rank's arrays.
pub struct Memory {
    a: Array<f64>,
    b: Array<f64>,
    c: Array<f64>,
    n: usize,
    instructions: InstructionSet,
}

impl Memory {
    /// Three arrays of `n` elements each.
    pub fn new(n: usize, instructions: InstructionSet) -> Memory {
        let array = |stagger| {
            let mut array = Array::new(IndexBox::from_size([n, 1, 1]), [0; 3], stagger);
            array.fill(1.0);
            array
        };
        Memory {
            a: array(0),
            b: array(5),
            c: array(10),
            n,
            instructions,
        }
    }

    /// Bytes of one array.
    pub fn array_bytes(&self) -> usize {
        self.n * size_of::<f64>()
    }

    /// Measures every stream `repeat` times, on one rank and on all; the first pass is not counted.
    pub fn measure(&mut self, world: &World, repeat: usize) -> Vec<Bandwidth> {
        let streams = Stream::ALL.into_iter().filter(|stream| stream.is_available());
        let mut measured = Vec::new();
        for stream in streams {
            self.pass(stream);
            let one_rank = (0..repeat).map(|_| self.one_rank(world, stream)).collect();
            let all_ranks = (0..repeat).map(|_| self.all_ranks(world, stream)).collect();
            measured.push(Bandwidth {
                stream,
                one_rank,
                all_ranks,
            });
        }
        measured
    }

    /// Bandwidth of all ranks together, bytes/s: on every rank the same.
    pub fn all_ranks(&mut self, world: &World, stream: Stream) -> f64 {
        world.barrier();
        let mut slowest = [self.timed_pass(stream)];
        world.max(&mut slowest);
        (world.size() * self.bytes_of_pass(stream)) as f64 / slowest[0]
    }

    /// Bandwidth of rank 0 alone, bytes/s: on every rank the same.
    fn one_rank(&mut self, world: &World, stream: Stream) -> f64 {
        world.barrier();
        let mut seconds = [if world.is_root() { self.timed_pass(stream) } else { 0.0 }];
        world.max(&mut seconds);
        self.bytes_of_pass(stream) as f64 / seconds[0]
    }

    /// Reading goes through all three arrays, so that no stream has a smaller footprint than a copy.
    fn bytes_of_pass(&self, stream: Stream) -> usize {
        let n_passes = if stream == Stream::Read { 3 } else { 1 };
        n_passes * self.n * stream.bytes()
    }

    /// Bandwidth of all ranks together in the loop `mix`, bytes/s: on every rank the same.
    pub fn mix_on_all_ranks(&mut self, world: &World, mix: Mix) -> f64 {
        world.barrier();
        let start = Instant::now();
        self.pass_mix(mix);
        let mut slowest = [start.elapsed().as_secs_f64()];
        world.max(&mut slowest);
        (world.size() * mix.length(self.n) * mix.bytes()) as f64 / slowest[0]
    }

    fn pass_mix(&mut self, mix: Mix) {
        let n = self.n as i64;
        let (b, c) = (self.b.row(0, 0, 0, n), self.c.row(0, 0, 0, n));
        let a = self.a.row_mut(0, 0, 0, n);
        mix.pass(self.instructions, a, b, c);
        black_box(a);
    }

    fn timed_pass(&mut self, stream: Stream) -> f64 {
        let start = Instant::now();
        self.pass(stream);
        start.elapsed().as_secs_f64()
    }

    fn pass(&mut self, stream: Stream) {
        let n = self.n as i64;
        let (b, c) = (self.b.row(0, 0, 0, n), self.c.row(0, 0, 0, n));
        let a = self.a.row_mut(0, 0, 0, n);
        let set = self.instructions;
        let s = black_box(1.0);
        match stream {
            Stream::Read => {
                for array in [&*a, b, c] {
                    let mut sums = [0.0; LANES];
                    add_up(set, array, &mut sums);
                    black_box(sums);
                }
            }
            Stream::Copy => copy(set, a, b, s),
            Stream::Triad => triad(set, a, b, c, s),
            Stream::CopyNonTemporal => copy_past_caches(a, b),
        }
        black_box(a);
    }
}

/// Independent sums of a reading loop: enough to keep every adder busy.
const LANES: usize = 64;

for_each_instruction_set! {
    fn add_up[](array: &[f64], sums: &mut [f64; LANES]) {
        for chunk in array.chunks_exact(LANES) {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum += x;
            }
        }
    }
}

for_each_instruction_set! {
    fn copy[](a: &mut [f64], b: &[f64], s: f64) {
        for (a, b) in a.iter_mut().zip(b) {
            *a = s * b;
        }
    }
}

for_each_instruction_set! {
    fn triad[](a: &mut [f64], b: &[f64], c: &[f64], s: f64) {
        for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
            *a = b + s * c;
        }
    }
}

/// Copies with stores that do not read the line first. The arrays begin on a cache line.
fn copy_past_caches(a: &mut [f64], b: &[f64]) {
    let is_aligned = |array: &[f64]| (array.as_ptr() as usize).is_multiple_of(64);
    assert!(is_aligned(a) && is_aligned(b), "arrays begin on a cache line");
    for (a, b) in a.chunks_exact_mut(8).zip(b.chunks_exact(8)) {
        store_line_past_caches(a, b);
    }
    fence();
}

/// Stores one cache line without reading it first; a [`fence`] has to follow. `to` begins on a line.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn store_line_past_caches(to: &mut [f64], from: &[f64]) {
    use std::arch::x86_64::{_mm_loadu_pd, _mm_stream_pd};
    debug_assert!((to.as_ptr() as usize).is_multiple_of(64));
    for (to, from) in to.chunks_exact_mut(2).zip(from.chunks_exact(2)) {
        // SAFETY: both chunks hold two numbers, the callers' lines are aligned, and every x86-64 has SSE2.
        unsafe { _mm_stream_pd(to.as_mut_ptr(), _mm_loadu_pd(from.as_ptr())) };
    }
}

/// Orders stores past the caches before whatever this thread does next.
#[cfg(target_arch = "x86_64")]
fn fence() {
    // SAFETY: every x86-64 has SSE.
    unsafe { std::arch::x86_64::_mm_sfence() };
}

/// Never called: [`Stream::is_available`] and [`Mix::of`] say so.
#[cfg(not(target_arch = "x86_64"))]
fn store_line_past_caches(to: &mut [f64], from: &[f64]) {
    to.copy_from_slice(from);
}

#[cfg(not(target_arch = "x86_64"))]
fn fence() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_does_what_it_says() {
        let mut memory = Memory::new(1000, InstructionSet::best());
        memory.b.fill(2.0);
        memory.c.fill(0.5);
        for (stream, expected) in [
            (Stream::Copy, 2.0),
            (Stream::Triad, 2.5),
            (Stream::CopyNonTemporal, 2.0),
        ] {
            memory.a.fill(0.0);
            memory.pass(stream);
            assert!(memory.a.row(0, 0, 0, 1000).iter().all(|&x| x == expected), "{stream:?}");
        }
    }

    #[test]
    fn the_reading_loop_adds_every_element_once() {
        let array = vec![1.0; 10 * LANES];
        for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
            let mut sums = [0.0; LANES];
            add_up(set, &array, &mut sums);
            assert_eq!(sums, [10.0; LANES]);
        }
    }

    #[test]
    fn a_world_of_one_rank_measures_both_ways() {
        let measured = Memory::new(4096, InstructionSet::best()).measure(&World::single(), 3);
        assert!(
            measured
                .iter()
                .all(|m| m.one_rank.min() > 0.0 && m.all_ranks.min() > 0.0)
        );
        assert_eq!(measured[1].stream, Stream::Copy);
    }
}
