//! What the measurements of a study come to.

use super::measurement::Measurement;
use super::points::{Point, Study};
use crate::engine::Executor;
use crate::metrics::{Efficiency, Phase};
use crate::simulation::counted;
use crate::study::Samples;
use serde::Serialize;

/// Measured seconds below which a point is marked.
const LEAST_SECONDS: f64 = 1.0;

/// Share of the time for which every rank has to have had a processor.
const LEAST_SHARE: f64 = 0.9;

/// All launches of one point.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    pub point: Point,
    /// In the order of repetitions; at least one.
    pub launches: Vec<Measurement>,
}

/// What one point comes to: the median of its launches, and of the launch with the median time what its ranks were busy with.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub ranks: usize,
    pub threads: usize,
    /// As it was asked for, and by what the steps were done.
    pub asked: String,
    pub executor: String,
    pub cells: [usize; 3],
    pub topology: [usize; 3],
    /// Cells per axis of the largest tile.
    pub tile: [usize; 3],
    pub steps: u64,
    /// On the slowest rank, s.
    pub step_seconds: Samples,
    /// Cells advanced by the median step, per second, on all ranks together.
    pub updates_per_second: f64,
    /// The smallest number of ranks of the same executor and number of threads.
    pub baseline_ranks: usize,
    /// Updates per second over those of the baseline.
    pub speed_up: f64,
    /// The speed-up over how many times more ranks there are.
    pub efficiency: f64,
    pub pop: Efficiency,
    /// In each phase, s per step: mean over ranks, in the order of [`Phase::ALL`].
    pub phase_seconds: Vec<f64>,
    /// Of the waiting for messages that the blocking executor has on as many ranks and threads, the share that is gone.
    pub hidden: Option<f64>,
    /// Bytes of the slots of all ranks, and of the rank that took most in all.
    pub storage_bytes: f64,
    pub peak_memory: Option<f64>,
    /// Why not to trust it.
    pub marks: Vec<String>,
}

impl Row {
    /// Seconds of a step in a phase, mean over ranks.
    pub fn seconds_in(&self, phase: Phase) -> f64 {
        self.phase_seconds[phase as usize]
    }

    /// Whether two rows belong to one line: they differ in the number of ranks alone.
    pub fn is_of_line(&self, other: &Row) -> bool {
        self.asked == other.asked && self.threads == other.threads
    }
}

/// The rows of all points, in their order.
pub fn rows(measured: &[Measured]) -> Vec<Row> {
    let mut rows: Vec<Row> = measured.iter().map(row).collect();
    let before = rows.clone();
    for row in &mut rows {
        let line = before.iter().filter(|other| row.is_of_line(other));
        let baseline = line.min_by_key(|other| other.ranks).expect("a row is of its own line");
        row.baseline_ranks = baseline.ranks;
        row.speed_up = row.updates_per_second / baseline.updates_per_second;
        row.efficiency = row.speed_up * baseline.ranks as f64 / row.ranks as f64;
        let blocking = before.iter().find(|other| {
            other.asked == Executor::Blocking.name() && (other.ranks, other.threads) == (row.ranks, row.threads)
        });
        row.hidden = blocking.and_then(|blocking| hidden(row, blocking));
    }
    rows
}

/// A row without its baseline.
fn row(measured: &Measured) -> Row {
    let (point, launches) = (&measured.point, &measured.launches);
    let step_seconds: Samples = launches.iter().map(Measurement::step_seconds).collect();
    let typical = typical(launches);
    let of_phase = |phase: &Phase| {
        let all: f64 = typical.phases.iter().map(|rank| rank[*phase as usize]).sum();
        all / (typical.ranks as u64 * typical.steps) as f64
    };
    let mut executors: Vec<&str> = launches.iter().map(|m| m.executor.as_str()).collect();
    executors.dedup();
    Row {
        ranks: point.ranks,
        threads: point.threads,
        asked: point.executor.clone(),
        executor: executors.join(" / "),
        cells: typical.cells,
        topology: typical.topology,
        tile: typical.tile,
        steps: typical.steps,
        updates_per_second: typical.cells.iter().product::<usize>() as f64 / step_seconds.median(),
        step_seconds,
        baseline_ranks: point.ranks,
        speed_up: 1.0,
        efficiency: 1.0,
        pop: Efficiency::of(&typical.phases, typical.wall),
        phase_seconds: Phase::ALL.iter().map(of_phase).collect(),
        hidden: None,
        storage_bytes: typical.storage_bytes,
        peak_memory: typical.peak_memory,
        marks: marks(launches),
    }
}

/// The launch with the median time, of two in the middle the faster: its phases add up to its time, which medians of phases do not.
fn typical(launches: &[Measurement]) -> &Measurement {
    let mut by_time: Vec<&Measurement> = launches.iter().collect();
    by_time.sort_by(|a, b| a.step_seconds().total_cmp(&b.step_seconds()));
    by_time[(by_time.len() - 1) / 2]
}

/// The share of waiting that `row` has less of than `blocking`, if that waits at all.
fn hidden(row: &Row, blocking: &Row) -> Option<f64> {
    let waited = blocking.seconds_in(Phase::Wait);
    let is_other = row.asked != blocking.asked && row.ranks > 1;
    (is_other && waited > 0.0).then(|| 1.0 - row.seconds_in(Phase::Wait) / waited)
}

/// Why not to trust a point.
fn marks(launches: &[Measurement]) -> Vec<String> {
    let mut marks = Vec::new();
    let any = |wrong: &dyn Fn(&Measurement) -> bool| launches.iter().any(wrong);
    if any(&|m| m.ranks_on_a_host() > m.processors) {
        marks.push("more ranks than cores: not a scaling result".into());
    } else if any(&|m| m.ranks_on_a_host() * m.threads > m.processors) {
        marks.push("more threads than cores: not a scaling result".into());
    }
    let is_disturbed = |m: &Measurement| m.processor_share.is_some_and(|share| share < LEAST_SHARE);
    // The median bears that fewer than half are.
    if marks.is_empty() && 2 * launches.iter().filter(|m| is_disturbed(m)).count() >= launches.len() {
        marks.push("other work took more than a tenth of a processor: not a scaling result".into());
    }
    if any(&|m| m.wall < LEAST_SECONDS) {
        marks.push("measured for less than a second".into());
    }
    marks
}

/// What the baseline is, in words.
pub fn baseline_text(study: &Study, rows: &[Row]) -> String {
    let ranks = rows.iter().map(|row| row.baseline_ranks).min().unwrap_or(1);
    let is_one_line = rows.iter().all(|row| row.is_of_line(&rows[0]));
    let ranks = counted(ranks, "rank");
    let whose = if is_one_line {
        ""
    } else {
        " of the same executor and number of threads"
    };
    match study.kind {
        super::points::Kind::Strong => format!("speed-up and efficiency against {ranks}{whose}, on the same grid"),
        super::points::Kind::Weak => {
            format!("speed-up and efficiency against {ranks}{whose}, with the same cells a rank")
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::measurement::tests::measurement;
    use super::super::points::tests::study;
    use super::*;

    /// Of 1 and 2 ranks, blocking and overlap: on two ranks overlap has half of the waiting.
    pub fn measured() -> Vec<Measured> {
        let launches = [
            vec![
                measurement(4.0, &[[3.8, 0.0]]),
                measurement(5.0, &[[4.0, 0.0]]),
                measurement(4.2, &[[4.0, 0.0]]),
            ],
            vec![measurement(4.0, &[[4.0, 0.0]])],
            vec![measurement(2.5, &[[2.0, 0.4], [1.0, 1.6]])],
            vec![measurement(2.0, &[[2.0, 0.0], [1.0, 1.0]])],
        ];
        study()
            .points
            .into_iter()
            .zip(launches)
            .map(|(point, launches)| Measured { point, launches })
            .collect()
    }

    #[test]
    fn speed_ups_are_against_the_fewest_ranks_of_the_same_line() {
        let rows = rows(&measured());
        // Medians: 4.2 s against 2.5 s; 4 s against 2 s.
        assert_eq!(rows[0].step_seconds.median(), 0.042);
        assert!((rows[2].speed_up - 4.2 / 2.5).abs() < 1e-12);
        assert!((rows[2].efficiency - 2.1 / 2.5).abs() < 1e-12);
        assert_eq!((rows[3].speed_up, rows[3].efficiency), (2.0, 1.0));
        assert!(rows.iter().all(|row| row.baseline_ranks == 1));
        assert_eq!((rows[1].speed_up, rows[1].efficiency), (1.0, 1.0));
    }

    #[test]
    fn efficiencies_and_hiding_are_those_of_the_phases() {
        let rows = rows(&measured());
        assert_eq!((rows[2].pop.load_balance, rows[2].pop.communication), (0.75, 0.8));
        // Mean waiting: 1 s with blocking, 0.5 s with overlap.
        assert_eq!(rows[3].hidden, Some(0.5));
        assert_eq!((rows[2].hidden, rows[1].hidden), (None, None));
        assert_eq!(rows[2].seconds_in(Phase::Wait), 0.01);
        // Of the launch of 4.2 s.
        assert_eq!(rows[0].pop.communication, 4.0 / 4.2);
    }

    #[test]
    fn what_is_not_to_be_trusted_is_marked() {
        let marks_of = |wall: f64, ranks: usize, threads: usize| {
            let launch = Measurement {
                threads,
                ..measurement(wall, &vec![[0.5, 0.0]; ranks])
            };
            marks(&[measurement(2.0, &[[0.5, 0.0]]), launch])
        };
        assert!(marks_of(1.0, 2, 1).is_empty());
        assert_eq!(marks_of(0.9, 2, 1), ["measured for less than a second"]);
        assert_eq!(marks_of(2.0, 3, 1), ["more ranks than cores: not a scaling result"]);
        assert_eq!(marks_of(2.0, 2, 2), ["more threads than cores: not a scaling result"]);
    }

    #[test]
    fn what_other_work_has_disturbed_is_marked() {
        let with_share = |share: f64| Measurement {
            processor_share: Some(share),
            ..measurement(2.0, &[[1.5, 0.0]])
        };
        let marks_of = |shares: &[f64]| marks(&shares.iter().map(|share| with_share(*share)).collect::<Vec<_>>());
        assert!(marks_of(&[0.95, 0.5, 1.0]).is_empty());
        let found = marks_of(&[0.85, 0.5, 1.0]);
        assert!(found.len() == 1 && found[0].contains("other work"), "{found:?}");
    }

    #[test]
    fn the_baseline_is_said() {
        let text = baseline_text(&study(), &rows(&measured()));
        assert_eq!(
            text,
            "speed-up and efficiency against 1 rank of the same executor and number of threads, on the same grid"
        );
    }
}
