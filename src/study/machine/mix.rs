//! The stream that the stages of a kernel amount to: one loop over as many arrays as a stage reads and writes, which
//! does no more than add up what it reads. What bounds it bounds every sweep over as many arrays, and need not bound a
//! copy: one core may read slower than it copies.

use crate::for_each_instruction_set;
use crate::kernels::Traffic;
use crate::numerics::instructions::InstructionSet;
use serde::Serialize;

/// Arrays that one loop goes through at most.
const MOST_READS: usize = 8;
const MOST_WRITES: usize = 2;

/// Numbers in a cache line.
const LINE: usize = 8;

/// How many arrays a loop goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mix {
    /// 1 to 8.
    pub n_reads: usize,
    /// 1 or 2.
    pub n_writes: usize,
    /// Whether stores go past the caches, and do not read the line first.
    pub is_past_caches: bool,
}

impl Mix {
    /// The mix nearest to the mean stage of a step. An array that a stage changes in place is read by the stage only
    /// where stores go past the caches: otherwise they read it anyway.
    pub fn of(traffic: &Traffic, is_past_caches: bool) -> Mix {
        let is_past_caches = is_past_caches && cfg!(target_arch = "x86_64");
        let changed = if is_past_caches { traffic.changes } else { 0.0 };
        let per_stage = |arrays: f64, most: usize| ((arrays / traffic.stages).round() as usize).clamp(1, most);
        Mix {
            n_reads: per_stage(traffic.reads + changed, MOST_READS),
            n_writes: per_stage(traffic.writes, MOST_WRITES),
            is_past_caches,
        }
    }

    /// Numbers per cell that a step with this traffic moves where stores are made as in this mix.
    pub fn numbers_moved(self, traffic: &Traffic) -> f64 {
        match self.is_past_caches {
            true => traffic.reads + traffic.changes + traffic.writes,
            false => traffic.reads + 2.0 * traffic.writes,
        }
    }

    /// Bytes that move per element of the loop, with the lines that stores read first.
    pub fn bytes(self) -> usize {
        let per_write = if self.is_past_caches { 1 } else { 2 };
        size_of::<f64>() * (self.n_reads + per_write * self.n_writes)
    }

    /// Elements of each array of the loop, cut from three arrays of `n`.
    pub(super) fn length(self, n: usize) -> usize {
        // An odd number of lines: streams that are powers of two apart map to the same cache sets.
        let n_lines = n / LINE / self.n_parts();
        LINE * n_lines.saturating_sub(usize::from(n_lines.is_multiple_of(2)))
    }

    /// Arrays of the loop in each of the three arrays, at most.
    fn n_parts(self) -> usize {
        (self.n_reads + self.n_writes).div_ceil(3).max(self.n_writes)
    }

    /// One pass: the first parts of `a` are written, its other parts and those of `b` and `c` are read.
    pub(super) fn pass(self, set: InstructionSet, a: &mut [f64], b: &[f64], c: &[f64]) {
        match self.n_reads {
            1 => self.sweep::<1>(set, a, b, c),
            2 => self.sweep::<2>(set, a, b, c),
            3 => self.sweep::<3>(set, a, b, c),
            4 => self.sweep::<4>(set, a, b, c),
            5 => self.sweep::<5>(set, a, b, c),
            6 => self.sweep::<6>(set, a, b, c),
            7 => self.sweep::<7>(set, a, b, c),
            8 => self.sweep::<8>(set, a, b, c),
            n => unreachable!("a mix reads up to {MOST_READS} arrays, not {n}"),
        }
    }

    fn sweep<const R: usize>(self, set: InstructionSet, a: &mut [f64], b: &[f64], c: &[f64]) {
        let n = self.length(a.len());
        let (written, rest) = a.split_at_mut(n * self.n_writes);
        let mut to: Vec<&mut [f64]> = written.chunks_exact_mut(n).collect();
        let parts = |array| <[f64]>::chunks_exact(array, n).take(self.n_parts());
        let mut parts = parts(b).chain(parts(c)).chain(parts(rest));
        let from: [&[f64]; R] = std::array::from_fn(|_| parts.next().expect("there are parts for every stream"));
        match self.is_past_caches {
            true => add_past_caches(set, from, &mut to),
            false => add(set, from, &mut to),
        }
    }
}

/// The sums of one line of `from`.
#[inline(always)]
fn line_of_sums<const R: usize>(from: [&[f64]; R], i: usize) -> [f64; LINE] {
    let mut sums = [0.0; LINE];
    for array in from {
        for (sum, x) in sums.iter_mut().zip(&array[i..i + LINE]) {
            *sum += x;
        }
    }
    sums
}

for_each_instruction_set! {
    /// Every array of `to` becomes the sum of the arrays of `from`; all are equally many whole lines.
    fn add[const R: usize](from: [&[f64]; R], to: &mut [&mut [f64]]) {
        for i in (0..from[0].len()).step_by(LINE) {
            let sums = line_of_sums(from, i);
            for array in to.iter_mut() {
                array[i..i + LINE].copy_from_slice(&sums);
            }
        }
    }
}

for_each_instruction_set! {
    /// The same, stored past the caches. The arrays of `to` begin on a cache line.
    fn add_past_caches[const R: usize](from: [&[f64]; R], to: &mut [&mut [f64]]) {
        let is_aligned = |array: &[f64]| (array.as_ptr() as usize).is_multiple_of(64);
        assert!(to.iter().all(|array| is_aligned(array)), "arrays begin on a cache line");
        for i in (0..from[0].len()).step_by(LINE) {
            let sums = line_of_sums(from, i);
            for array in to.iter_mut() {
                super::store_line_past_caches(&mut array[i..i + LINE], &sums);
            }
        }
        super::fence();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::machine::Memory;

    fn traffic(stages: f64, reads: f64, changes: f64, writes: f64) -> Traffic {
        Traffic {
            stages,
            reads,
            changes,
            writes,
        }
    }

    #[test]
    fn every_mix_adds_up_all_that_it_reads() {
        for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
            for (n_reads, n_writes, is_past_caches) in
                (1..=8).flat_map(|r| [(r, 1, false), (r, 1, true), (r, 2, false), (r, 2, true)])
            {
                let mix = Mix {
                    n_reads,
                    n_writes,
                    is_past_caches: is_past_caches && cfg!(target_arch = "x86_64"),
                };
                let mut memory = Memory::new(1024, set);
                let n = mix.length(1024) as i64;
                memory.pass_mix(mix);
                let sums = |part: i64| memory.a.row(0, 0, part * n, (part + 1) * n);
                for part in 0..n_writes as i64 {
                    assert!(sums(part).iter().all(|&x| x == n_reads as f64), "{mix:?}");
                }
                let behind = memory.a.row(0, 0, n_writes as i64 * n, 1024);
                assert!(n > 0 && behind.iter().all(|&x| x == 1.0), "{mix:?}");
            }
        }
    }

    #[test]
    fn a_mix_is_the_mean_stage_to_the_nearest_array() {
        // Three stages that read 2, 3 and 2 arrays; the last one changes what it writes.
        let step = traffic(3.0, 7.0, 1.0, 3.0);
        let mix = Mix::of(&step, false);
        assert_eq!((mix.n_reads, mix.n_writes, mix.bytes()), (2, 1, 32));
        assert_eq!(mix.numbers_moved(&step), 13.0);
        let mix = Mix::of(&step, cfg!(target_arch = "x86_64"));
        if mix.is_past_caches {
            assert_eq!((mix.n_reads, mix.n_writes, mix.bytes()), (3, 1, 32));
            assert_eq!(mix.numbers_moved(&step), 11.0);
        }
        let much = Mix::of(&traffic(1.0, 30.0, 0.0, 5.0), false);
        assert_eq!((much.n_reads, much.n_writes), (8, 2));
    }
}
