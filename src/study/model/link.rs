//! How messages travel between two ranks: measured, both ways at once, as halos travel.

use crate::parallel::{Swap, World};
use crate::study::Samples;
use serde::Serialize;
use std::hint::black_box;
use std::time::Instant;

/// Numbers that a unit of work goes through: it stays in a core's own cache.
const UNIT: usize = 8 << 10;

/// Short messages of one measurement of the latency.
const SHORT_MESSAGES: usize = 50;

/// How messages travel between two ranks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// Bytes of a message each way, and how long both take, s; by rising bytes.
    times: Vec<(f64, f64)>,
    /// Processor time that a byte takes from the computation of each of both, s.
    pub processor_per_byte: f64,
    /// The share of a message that moves while nobody helps.
    pub unaided: f64,
}

impl Link {
    /// A link described by its latency, s, and its bandwidth each way, bytes/s.
    pub fn described(latency: f64, bandwidth: f64, processor_per_byte: f64, unaided: f64) -> Link {
        const FAR: f64 = 1e9;
        Link {
            times: vec![(0.0, latency), (FAR, latency + FAR / bandwidth)],
            processor_per_byte,
            unaided,
        }
    }

    /// The memory of a host, where what was packed is there at once.
    pub fn memory() -> Link {
        Link {
            times: Vec::new(),
            processor_per_byte: 0.0,
            unaided: 1.0,
        }
    }

    /// How long a message of `bytes` takes, with one of the same length the other way, s: linear between what was measured, and
    /// on from the last two.
    pub fn seconds(&self, bytes: f64) -> f64 {
        let times = &self.times;
        match times.len() {
            0 => 0.0,
            1 => times[0].1,
            n => {
                let above = times.partition_point(|&(at, _)| at < bytes).clamp(1, n - 1);
                let ((x0, y0), (x1, y1)) = (times[above - 1], times[above]);
                (y0 + (bytes - x0) * (y1 - y0) / (x1 - x0)).max(0.0)
            }
        }
    }

    /// Bytes and seconds of what was measured or described.
    pub fn times(&self) -> &[(f64, f64)] {
        &self.times
    }

    /// Measures messages between rank 0 and `partner`, of each of `sizes`, given as bytes and the seconds of computation between
    /// one and the next: a queue on the way may recover meanwhile. All ranks call it and get the same.
    pub fn measure(world: &World, partner: usize, sizes: &[(f64, f64)], repeat: usize) -> Link {
        let mut pair = Pair::new(world, partner);
        let mut times = vec![(8.0, pair.short())];
        let (mut processor, mut unaided) = (Vec::new(), Vec::new());
        for &(bytes, between) in sizes {
            let found = pair.long(bytes, between, repeat);
            times.push((bytes, found.seconds));
            processor.push(found.processor / bytes);
            unaided.push(found.unaided);
        }
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        times.dedup_by(|a, b| a.0 == b.0);
        // Those of the longest message: of short ones too little is seen.
        let longest = (0..sizes.len()).max_by(|&a, &b| sizes[a].0.total_cmp(&sizes[b].0));
        Link {
            times,
            processor_per_byte: longest.map_or(0.0, |n| processor[n]),
            unaided: longest.map_or(1.0, |n| unaided[n]),
        }
    }
}

/// What is found of messages of one length.
struct Found {
    seconds: f64,
    processor: f64,
    unaided: f64,
}

/// Two ranks that are measured, as each rank sees them.
struct Pair<'w> {
    world: &'w World,
    /// The other one, on those two.
    other: Option<usize>,
    numbers: Vec<f64>,
    /// Time of a unit of work, s.
    unit: f64,
}

impl<'w> Pair<'w> {
    fn new(world: &'w World, partner: usize) -> Pair<'w> {
        let other = match world.rank() {
            0 => Some(partner),
            rank if rank == partner => Some(0),
            _ => None,
        };
        let mut pair = Pair {
            world,
            other,
            numbers: vec![1.0; UNIT],
            unit: 0.0,
        };
        pair.work(100);
        let start = Instant::now();
        pair.work(400);
        pair.unit = start.elapsed().as_secs_f64() / 400.0;
        pair
    }

    fn work(&mut self, n_units: usize) {
        for _ in 0..n_units {
            for number in black_box(&mut self.numbers).iter_mut() {
                *number = 0.5 * (*number + 1.0);
            }
        }
    }

    fn units_of(&self, seconds: f64) -> usize {
        (seconds / self.unit).ceil().max(1.0) as usize
    }

    /// The larger of what both have found, on every rank.
    fn agreed<const N: usize>(&self, mine: [f64; N]) -> [f64; N] {
        let mut all = mine;
        self.world.max(&mut all);
        all
    }

    /// Time of a short message, s.
    fn short(&mut self) -> f64 {
        self.world.barrier();
        let mut seconds = 0.0;
        if let Some(other) = self.other {
            let mut swap = Swap::new(self.world, other, 8);
            let mut once = |n: usize| {
                let start = Instant::now();
                for _ in 0..n {
                    swap.post();
                    swap.wait();
                }
                start.elapsed().as_secs_f64() / n as f64
            };
            once(SHORT_MESSAGES / 2);
            seconds = once(SHORT_MESSAGES);
        }
        self.agreed([seconds])[0]
    }

    fn long(&mut self, bytes: f64, between: f64, repeat: usize) -> Found {
        self.world.barrier();
        let (mut seconds, mut processor, mut unaided) = (Samples::default(), Samples::default(), Samples::default());
        if let Some(other) = self.other {
            let mut swap = Swap::new(self.world, other, bytes as usize);
            let mut meeting = Swap::new(self.world, other, 8);
            let pause = self.units_of(between);
            swap.post();
            swap.wait();
            for _ in 0..repeat {
                let mut meet = |pair: &mut Self| {
                    pair.work(pause);
                    meeting.post();
                    meeting.wait();
                    Instant::now()
                };
                let start = meet(self);
                swap.post();
                swap.wait();
                let alone = start.elapsed().as_secs_f64();
                seconds.push(alone);
                // As much work as there is in a step, and enough for the messages to be through before it ends.
                let n = self.units_of(between.max(1.5 * alone));
                let start = meet(self);
                self.work(n);
                let quiet = start.elapsed().as_secs_f64();
                let start = meet(self);
                swap.post();
                let mut is_done = false;
                for _ in 0..n {
                    self.work(1);
                    is_done = is_done || swap.poke();
                }
                let poked = start.elapsed().as_secs_f64();
                swap.wait();
                processor.push((poked - quiet).max(0.0));
                let start = meet(self);
                swap.post();
                self.work(n);
                let before = start.elapsed().as_secs_f64();
                swap.wait();
                unaided.push((1.0 - (start.elapsed().as_secs_f64() - before) / alone).clamp(0.0, 1.0));
            }
        }
        let value = |samples: &Samples| if self.other.is_some() { samples.median() } else { 0.0 };
        // What is said to move by itself is the smaller of both.
        let [seconds, processor, moving] = self.agreed([
            value(&seconds),
            value(&processor),
            if self.other.is_some() {
                1.0 - unaided.median()
            } else {
                0.0
            },
        ]);
        Found {
            seconds,
            processor,
            unaided: 1.0 - moving,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_link_has_its_latency_and_its_bandwidth() {
        let link = Link::described(2e-6, 1e9, 0.0, 1.0);
        assert!((link.seconds(0.0) - 2e-6).abs() < 1e-12);
        assert!((link.seconds(1e6) - 1.002e-3).abs() < 1e-9);
        assert!((link.seconds(4e9) - 4.000002).abs() < 1e-6);
    }

    #[test]
    fn between_and_beyond_what_was_measured_times_are_linear() {
        let link = Link {
            times: vec![(8.0, 1.0), (108.0, 2.0), (208.0, 4.0)],
            processor_per_byte: 0.0,
            unaided: 0.0,
        };
        let at = [8.0, 58.0, 108.0, 158.0, 308.0].map(|bytes| link.seconds(bytes));
        assert_eq!(at, [1.0, 1.5, 2.0, 3.0, 6.0]);
        assert_eq!(Link::memory().seconds(1e9), 0.0);
    }

    #[test]
    fn a_rank_that_is_alone_finds_nothing_to_wait_for() {
        let link = Link::measure(&World::single(), 0, &[(1e4, 1e-4)], 2);
        assert_eq!(link.times().len(), 2);
        assert!(link.seconds(1e4) < 1.0 && (0.0..=1.0).contains(&link.unaided));
    }
}
