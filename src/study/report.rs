//! What a measurement found, as text for people; the same goes to JSON for programs.

use super::checkpoint_cost::{CheckpointReport, MOST_OF_RUN, MOST_OF_YARDSTICK, STEPS_BETWEEN};
use super::host::Host;
use super::kernels::{ExecutorSpeed, KernelSpeed, MixSpeed};
use super::machine::{Bandwidth, Stream};
use super::messages::Messages;
use super::samples::Samples;
use super::stiff::{StepperRun, StiffReport};
use crate::engine::Executor;
use crate::simulation::counted;
use serde::Serialize;

/// Storage of a problem below this many last-level caches may be served by them.
const BEYOND_CACHE: f64 = 2.0;

/// Everything that was measured, with all raw samples.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of simrun and the commit it was built from.
    pub version: &'static str,
    pub commit: &'static str,
    /// When the measurement began, UTC.
    pub date: String,
    /// The host of rank 0.
    pub host: Host,
    pub n_ranks: usize,
    pub n_ranks_on_host: usize,
    /// More ranks than processors: the numbers are no measure of speed.
    pub is_oversubscribed: bool,
    pub instructions: &'static str,
    pub memory: MemoryReport,
    pub messages: Vec<Messages>,
    pub kernels: Vec<KernelSpeed>,
    /// Super time stepping against explicit methods, if it was asked for.
    pub stiff: Option<StiffReport>,
    /// What checkpoints cost, if it was asked for.
    pub checkpoints: Option<CheckpointReport>,
}

/// Bandwidths of the memory, bytes/s, write-allocate counted.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryReport {
    /// Bytes of each of a rank's three arrays.
    pub array_bytes: usize,
    pub streams: Vec<Bandwidth>,
}

/// Where it is measured.
pub fn heading(report: &Report) -> String {
    let host = &report.host;
    let caches: Vec<String> = host
        .caches
        .iter()
        .map(|cache| format!("L{} {} x {}", cache.level, binary(cache.bytes), cache.n))
        .collect();
    let mut text = format!(
        "simrun {} ({}) bench on {}\n{}, {} cores; {}\n{} ranks, {} on this host; instructions {}\n",
        report.version,
        report.commit,
        host.name,
        host.processor,
        host.n_cores,
        caches.join(", "),
        report.n_ranks,
        report.n_ranks_on_host,
        report.instructions
    );
    if report.is_oversubscribed {
        text += &format!(
            "NOTE: {} ranks share {} cores: this shows that everything runs, it is not a measurement of speed.\n",
            report.n_ranks_on_host, host.n_cores
        );
    }
    text
}

/// The table of memory streams.
pub fn memory(report: &Report) -> String {
    let memory = &report.memory;
    let all = match report.n_ranks {
        1 => String::new(),
        n => format!("{n} ranks at once"),
    };
    let mut text = format!(
        "\nMemory, GB/s, arrays of {}: median (min-max); what stores read first is counted\n  {:<26} {:<23} {all}\n",
        binary(memory.array_bytes),
        "",
        "one rank"
    );
    for bandwidth in &memory.streams {
        let stream = bandwidth.stream;
        let ranks = match report.n_ranks {
            1 => &bandwidth.one_rank,
            _ => &bandwidth.all_ranks,
        };
        let all = match report.n_ranks {
            1 => String::new(),
            _ => spread(ranks, 1e-9, 1),
        };
        text += &format!(
            "  {:<26} {:<23} {all:<23} {}\n",
            stream.name(),
            spread(&bandwidth.one_rank, 1e-9, 1),
            asked(stream, ranks)
        );
    }
    text
}

/// The bandwidth without what stores read first, where that differs.
fn asked(stream: Stream, ranks: &Samples) -> String {
    if stream.bytes_asked() == stream.bytes() {
        return String::new();
    }
    let share = stream.bytes_asked() as f64 / stream.bytes() as f64;
    format!("({:.1} without that)", ranks.median() * share * 1e-9)
}

/// The table of messages; empty on one rank.
pub fn messages(report: &Report) -> String {
    if report.messages.is_empty() {
        return String::new();
    }
    let mut text = "\nMessages: time of one, one way, median (min-max)\n".to_string();
    for message in &report.messages {
        text += &format!(
            "  rank 0 to {:<4} {:>8} {:>24} us {:>8.2} GB/s\n",
            message.partner,
            binary(message.bytes),
            spread(&message.seconds, 1e6, 2),
            message.bandwidth() * 1e-9
        );
    }
    text
}

/// One problem in one precision.
pub fn kernel(report: &Report, speed: &KernelSpeed) -> String {
    let [nx, ny, nz] = speed.cells;
    let [tx, ty, tz] = speed.topology;
    let mut text = format!(
        "\n{} {}, {nx} x {ny} x {nz} cells, tiles {tx} x {ty} x {tz}: {}\n  {:.0} bytes a cell and step; copy {} GB/s, \
         so the roof is {:.1} million updates/s\n{}  {} steps a repetition; whole rows are stored {} the caches\n",
        speed.problem,
        speed.precision,
        speed.summary,
        speed.bytes_per_cell,
        spread(&speed.copy, 1e-9, 1),
        speed.roof() * 1e-6,
        bounds(speed),
        speed.steps_per_repeat,
        if speed.is_streamed { "past" } else { "through" },
    );
    if report.n_ranks > 1 {
        text += &format!("  halos: {}\n", speed.neighbours);
    }
    let caches = speed.storage_bytes / (report.host.last_level_cache() as f64);
    if report.n_ranks == report.n_ranks_on_host && caches < BEYOND_CACHE {
        text += &format!(
            "  NOTE: the fields are only {caches:.1} times the last-level cache, which may serve a part of them.\n"
        );
    }
    text += &format!(
        "  {:<9} {:>27} {:>7} {:>7} {:>7} {:>8}{}\n",
        "",
        "million updates/s (min-max)",
        "GB/s",
        "roof",
        "mix",
        "in cache",
        if report.n_ranks > 1 { "  waiting  hidden" } else { "" }
    );
    for executor in &speed.executors {
        let updates = executor.updates_per_second.median();
        let shares = &executor.shares;
        text += &format!(
            "  {:<9} {:>27} {:>7.1} {:>5.1} % {:>5.1} % {:>6.1} %{}\n",
            executor.executor,
            spread(&executor.updates_per_second, 1e-6, 1),
            updates * speed.bytes_per_cell * 1e-9,
            100.0 * shares.of_roof,
            100.0 * shares.of_mix,
            100.0 * shares.of_in_cache,
            waiting(report, speed, executor)
        );
    }
    text
}

/// What bounds a problem beside the roof, a line each.
fn bounds(speed: &KernelSpeed) -> String {
    let MixSpeed {
        mix,
        bytes_per_cell,
        bandwidth,
    } = &speed.mix;
    let [nx, ny, nz] = speed.in_cache.tile;
    format!(
        "  mix: a loop that only adds up {} into {}, stored {} the caches, as the mean stage does: {} GB/s over \
         {bytes_per_cell:.0} bytes allow {:.1} million updates/s\n  in cache: the same stages on {nx} x {ny} x {nz} cells a \
         rank, {} in all, without exchange or walls, counted by faces: {} million updates/s\n",
        counted(mix.n_reads, "array"),
        mix.n_writes,
        if mix.is_past_caches { "past" } else { "through" },
        spread(bandwidth, 1e-9, 1),
        speed.mix.roof() * 1e-6,
        binary(speed.in_cache.touched_bytes),
        spread(&speed.in_cache.updates_per_second, 1e-6, 1),
    )
}

/// The share of waiting, and how much of it an executor hides.
fn waiting(report: &Report, speed: &KernelSpeed, executor: &ExecutorSpeed) -> String {
    if report.n_ranks == 1 {
        return String::new();
    }
    let share = format!("  {:>5.1} %", 100.0 * executor.wait_share.median());
    match speed.hidden(executor) {
        Some(hidden) if executor.executor != Executor::Blocking.name() => format!("{share} {:>5.0} %", 100.0 * hidden),
        _ => share,
    }
}

/// Super time stepping against explicit methods.
pub fn stiff(stiff: &StiffReport) -> String {
    let [nx, ny] = stiff.cells;
    let mut text = format!(
        "\nstiff f64, {ny} columns of {nx} cells: diffusion with K = 1 - x^2 until the second Legendre polynomial is 1/e of what it \
         was\n  explicit methods at their longest stable step; error: relative to the exact solution, in the 2-norm\n  {:<8} {:>6} \
         {:>7} {:>7} {:>24} {:>9}  rkl2 at equal or smaller error\n",
        "", "steps", "each of", "stages", "ms (min-max)", "error"
    );
    for (n, run) in stiff.runs.iter().enumerate() {
        let comparison = stiff.comparisons.iter().find(|comparison| comparison.explicit == n);
        let verdict = comparison.map_or_else(String::new, |comparison| {
            let StepperRun { steps, stages, .. } = stiff.runs[comparison.rkl2];
            format!(
                "  {:.1} times cheaper, with {steps} x {stages} stages",
                comparison.ratio
            )
        });
        text += &format!(
            "  {:<8} {:>6} {:>7} {:>7} {:>24} {:>9.2e}{verdict}\n",
            run.stepper,
            run.steps,
            run.stages,
            run.steps * run.stages as u64,
            spread(&run.seconds, 1e3, 1),
            run.error
        );
    }
    text
}

/// What checkpoints cost.
pub fn checkpoints(report: &CheckpointReport) -> String {
    let [nx, ny, nz] = report.cells;
    let CheckpointReport { n, every, steps, .. } = report;
    let verdict = &report.verdict;
    let mut text = format!(
        "\ncheckpoints of heat f64, {nx} x {ny} x {nz} cells: {} in each, every {every} of {steps} steps, {n} in all; on the disk \
         after {:.2} s at most\n",
        binary(report.bytes as usize),
        report.longest.max(),
    );
    let rows = [
        ("run without, s", &report.without, 1.0, 3),
        ("run with, s", &report.with, 1.0, 3),
        ("longer by, ms each", &report.excess, 1e3, 1),
        ("the run stands still, ms each", &report.handing_over, 1e3, 1),
        ("processor time of copying, ms", &report.work.copy, 1e3, 1),
        ("of checksums, ms", &report.work.checksum, 1e3, 1),
        ("of writing through the page cache, ms", &report.work.write, 1e3, 1),
        ("of reading back, with checksums, ms", &report.work.read_back, 1e3, 1),
    ];
    for (what, samples, factor, digits) in rows {
        text += &format!("  {what:<36} {:>28}\n", spread(samples, factor, digits));
    }
    text += &format!(
        "  a checkpoint takes {:.2} times the processor time of its work, {:.1} ms (asked: at most {MOST_OF_YARDSTICK}); {:.2} \
         times that without reading back, {:.1} ms\n  one every {STEPS_BETWEEN} steps of {:.2} ms takes {:.2} % of a run (asked: under {:.0} %)\n",
        verdict.ratio,
        verdict.work * 1e3,
        verdict.ratio_without_read_back,
        verdict.work_without_read_back * 1e3,
        verdict.step * 1e3,
        100.0 * verdict.share,
        100.0 * MOST_OF_RUN,
    );
    if report.waited.max() > 0.0 {
        text += &format!(
            "  NOTE: runs waited for the disk, {} s each: that is in what they take longer.\n",
            spread(&report.waited, 1.0, 2)
        );
    }
    text
}

/// `median (min-max)` in units of `1/factor`.
fn spread(samples: &Samples, factor: f64, digits: usize) -> String {
    let [median, min, max] = [samples.median(), samples.min(), samples.max()].map(|value| value * factor);
    format!("{median:.digits$} ({min:.digits$}-{max:.digits$})")
}

/// Bytes in the largest binary unit that leaves at least one.
fn binary(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
