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

/// Bytes that are sent without a pause before the time of a message among others is taken: what queues hold is full by then.
const IN_A_ROW: f64 = 2e6;

/// Messages of a length are measured for so long, s, unless that is too often.
const LEAST_SECONDS: f64 = 1.5;

/// How messages travel between two ranks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// By rising bytes.
    points: Vec<LinkPoint>,
}

/// A message to the other rank, with one of the same length from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LinkPoint {
    pub bytes: f64,
    /// Until both have arrived, where nobody does anything else, s.
    pub seconds: f64,
    /// The same where both compute and look after the messages now and then, s.
    pub aided: f64,
    /// From one to the next, where they follow each other without a pause, s: longer than `seconds` where a queue on the way takes
    /// a message faster than it sends it on.
    pub interval: f64,
    /// Time that each of both spends on helping it along while it computes, s.
    pub processor: f64,
    /// The share that moves while nobody looks after it.
    pub unaided: f64,
}

impl Link {
    /// A link described by its latency, s, and its bandwidth each way, bytes/s.
    pub fn described(latency: f64, bandwidth: f64, processor_per_byte: f64, unaided: f64) -> Link {
        const FAR: f64 = 1e9;
        let at = |bytes: f64| LinkPoint {
            bytes,
            seconds: latency + bytes / bandwidth,
            aided: latency + bytes / bandwidth,
            interval: bytes / bandwidth,
            processor: processor_per_byte * bytes,
            unaided,
        };
        Link {
            points: vec![at(0.0), at(FAR)],
        }
    }

    /// The memory of a host, where what was packed is there at once.
    pub fn memory() -> Link {
        Link { points: Vec::new() }
    }

    /// A message of `bytes`: linear between what was measured, and on from the last two.
    pub fn at(&self, bytes: f64) -> LinkPoint {
        let points = &self.points;
        match points.len() {
            0 => LinkPoint {
                bytes,
                unaided: 1.0,
                ..LinkPoint::default()
            },
            1 => points[0],
            n => {
                let above = points.partition_point(|point| point.bytes < bytes).clamp(1, n - 1);
                let (a, b) = (&points[above - 1], &points[above]);
                let share = (bytes - a.bytes) / (b.bytes - a.bytes);
                let linear = |of: fn(&LinkPoint) -> f64| (of(a) + share * (of(b) - of(a))).max(0.0);
                LinkPoint {
                    bytes,
                    seconds: linear(|point| point.seconds),
                    aided: linear(|point| point.aided),
                    interval: linear(|point| point.interval),
                    processor: linear(|point| point.processor),
                    unaided: linear(|point| point.unaided).min(1.0),
                }
            }
        }
    }

    /// What was measured or described.
    pub fn points(&self) -> &[LinkPoint] {
        &self.points
    }

    /// Measures messages of `sizes` between rank 0 and `partner`. All ranks call it and get the same.
    pub fn measure(world: &World, partner: usize, sizes: &[Size], repeat: usize) -> Link {
        let mut pair = Pair::new(world, partner);
        let mut points = vec![pair.short()];
        points.extend(sizes.iter().map(|size| pair.long(size, repeat)));
        points.sort_by(|a, b| a.bytes.total_cmp(&b.bytes));
        points.dedup_by(|a, b| a.bytes == b.bytes);
        Link { points }
    }
}

/// What messages are measured of, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub bytes: f64,
    /// Computation from one message to the next, s: a queue on the way may recover meanwhile.
    pub between: f64,
    /// How often this looks after messages.
    pub chances: f64,
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

    /// Works, and meets the other one: both go on at once.
    fn meet(&mut self, meeting: &mut Swap, pause: usize) -> Instant {
        self.work(pause);
        meeting.post();
        meeting.wait();
        Instant::now()
    }

    /// The larger of what both have found of messages of `bytes`, on every rank; what is said to move by itself is the smaller.
    fn agreed(&self, mine: LinkPoint, bytes: f64) -> LinkPoint {
        let mut all = [mine.seconds, mine.aided, mine.interval, mine.processor, -mine.unaided];
        if self.other.is_none() {
            all = [0.0, 0.0, 0.0, 0.0, -1.0];
        }
        self.world.max(&mut all);
        let [seconds, aided, interval, processor, unaided] = all;
        LinkPoint {
            bytes,
            seconds,
            aided,
            interval,
            processor,
            unaided: -unaided,
        }
    }

    /// A short message.
    fn short(&mut self) -> LinkPoint {
        self.world.barrier();
        let bytes = size_of::<f64>();
        let mut seconds = 0.0;
        if let Some(other) = self.other {
            let mut swap = Swap::new(self.world, other, bytes);
            in_a_row(&mut swap, SHORT_MESSAGES / 2);
            seconds = in_a_row(&mut swap, SHORT_MESSAGES);
        }
        let found = LinkPoint {
            seconds,
            aided: seconds,
            interval: seconds,
            // All of it is spent within MPI.
            processor: seconds,
            unaided: 1.0,
            ..LinkPoint::default()
        };
        self.agreed(found, bytes as f64)
    }

    fn long(&mut self, size: &Size, repeat: usize) -> LinkPoint {
        self.world.barrier();
        let found = self.other.map(|other| self.tries(other, size, repeat));
        self.agreed(found.map_or_else(LinkPoint::default, |found| found.point()), size.bytes)
    }

    fn tries(&mut self, other: usize, size: &Size, repeat: usize) -> Tries {
        let mut swap = Swap::new(self.world, other, size.bytes as usize);
        let mut meeting = Swap::new(self.world, other, size_of::<f64>());
        let n_units = self.units_of(size.between);
        let n_parts = (size.chances as usize + 1).min(n_units);
        let n_in_a_row = 2 + (IN_A_ROW / size.bytes) as usize;
        // Short ones are measured more often: what disturbs a machine is as long for them as for others.
        let repeat = ((LEAST_SECONDS / (8.0 * size.between)) as usize).clamp(repeat, 10 * repeat);
        let mut all = Tries::default();
        for repetition in 0..=repeat {
            let start = self.meet(&mut meeting, n_units);
            swap.post();
            swap.wait();
            let alone = start.elapsed().as_secs_f64();

            let start = self.meet(&mut meeting, n_units);
            let mut aided = None;
            swap.post();
            let mut within = start.elapsed();
            for part in 0..n_parts {
                self.work((part + 1) * n_units / n_parts - part * n_units / n_parts);
                if aided.is_none() && part + 1 < n_parts {
                    let poke = Instant::now();
                    let is_done = swap.poke();
                    within += poke.elapsed();
                    aided = is_done.then(|| start.elapsed());
                }
            }
            swap.wait();
            let aided = aided.unwrap_or_else(|| start.elapsed()).as_secs_f64();

            let start = self.meet(&mut meeting, n_units);
            swap.post();
            self.work(n_units);
            let before = start.elapsed().as_secs_f64();
            swap.wait();
            let waited = start.elapsed().as_secs_f64() - before;

            in_a_row(&mut swap, n_in_a_row);
            let interval = in_a_row(&mut swap, n_in_a_row);

            // The first is for warming up.
            if repetition > 0 {
                all.alone.push(alone);
                all.within.push(within.as_secs_f64());
                all.aided.push(aided);
                all.unaided.push((1.0 - waited / alone).clamp(0.0, 1.0));
                all.interval.push(interval);
            }
        }
        all
    }
}

/// What a rank found of messages of one length, s but for the share that moved unaided.
#[derive(Default)]
struct Tries {
    /// Until both had arrived, with nothing else to do.
    alone: Samples,
    /// Until they had arrived, helped along during a computation.
    aided: Samples,
    /// Of this, what helping took.
    within: Samples,
    unaided: Samples,
    /// From one to the next without a pause.
    interval: Samples,
}

impl Tries {
    fn point(&self) -> LinkPoint {
        LinkPoint {
            seconds: self.alone.median(),
            aided: self.aided.median(),
            interval: self.interval.median(),
            processor: self.within.median(),
            unaided: self.unaided.median(),
            ..LinkPoint::default()
        }
    }
}

/// Time of one of `n` messages that follow each other, s.
fn in_a_row(swap: &mut Swap, n: usize) -> f64 {
    let start = Instant::now();
    for _ in 0..n {
        swap.post();
        swap.wait();
    }
    start.elapsed().as_secs_f64() / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_link_has_its_latency_and_its_bandwidth() {
        let link = Link::described(2e-6, 1e9, 1e-10, 0.25);
        let seconds = |bytes: f64| link.at(bytes).seconds;
        assert!((seconds(0.0) - 2e-6).abs() < 1e-12);
        assert!((seconds(1e6) - 1.002e-3).abs() < 1e-9);
        assert!((seconds(4e9) - 4.000002).abs() < 1e-6);
        let LinkPoint {
            aided,
            interval,
            processor,
            unaided,
            ..
        } = link.at(1e6);
        assert!((aided - 1.002e-3).abs() < 1e-9 && (interval - 1e-3).abs() < 1e-9);
        assert!((processor - 1e-4).abs() < 1e-12 && unaided == 0.25);
    }

    #[test]
    fn between_and_beyond_what_was_measured_all_is_linear() {
        let point = |bytes: f64, value: f64| LinkPoint {
            bytes,
            seconds: value,
            aided: 2.0 * value,
            interval: 3.0 * value,
            processor: 4.0 * value,
            unaided: 1.0 / value,
        };
        let link = Link {
            points: vec![point(8.0, 1.0), point(108.0, 2.0), point(208.0, 4.0)],
        };
        let at = [8.0, 58.0, 108.0, 158.0, 308.0].map(|bytes| {
            let LinkPoint {
                seconds,
                aided,
                interval,
                processor,
                ..
            } = link.at(bytes);
            assert_eq!(
                [aided, interval, processor],
                [2.0, 3.0, 4.0].map(|factor| factor * seconds)
            );
            seconds
        });
        assert_eq!(at, [1.0, 1.5, 2.0, 3.0, 6.0]);
        assert_eq!([58.0, 308.0, 1e9].map(|bytes| link.at(bytes).unaided), [0.75, 0.0, 0.0]);
        assert_eq!(
            (Link::memory().at(1e9).seconds, Link::memory().at(1e9).unaided),
            (0.0, 1.0)
        );
    }

    #[test]
    fn a_rank_that_is_alone_finds_nothing_to_wait_for() {
        let size = Size {
            bytes: 1e4,
            between: 1e-4,
            chances: 31.0,
        };
        let link = Link::measure(&World::single(), 0, &[size], 2);
        assert_eq!(link.points().len(), 2);
        let found = link.at(1e4);
        assert!(found.seconds < 1.0 && found.aided < 1.0 && (0.0..=1.0).contains(&found.unaided));
    }
}
