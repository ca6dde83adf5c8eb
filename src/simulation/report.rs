//! What `simrun check` says: decomposition, memory, dt, steps, sizes of the outputs, run time, a sensible number of ranks.

use super::blocks;
use super::case::Case;
use super::checkpoints::{EXPECTED_RATE, total_bytes};
use super::clock::Clock;
use super::dues::{self, dues, history_steps};
use super::interval::interval;
use super::memory::Memory;
use super::precision::Precise;
use super::probes;
use super::progress::{simulated, wall};
use super::run::cells_text;
use super::sketch::sketch;
use super::step_limit::StepLimit;
use super::survey::{PIECE_CELLS, Survey};
use super::writer::staging_of;
use crate::config::{CheckpointEvery, Every, ExecutorChoice, Precision, SnapshotConfig};
use crate::engine::{Engine, Executor, Setup, exchange_needs};
use crate::error::Result;
use crate::field::{Scalar, SlotSpec};
use crate::grid::{AXIS_NAMES, Decomposition, Tile};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::{HaloPlan, MOST_ON_A_HOST, World, members_on_one_host, n_numbers};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

/// Cells on which `check` measures a step.
const SAMPLE_CELLS: f64 = PIECE_CELLS as f64;
/// Owned cells per rank below which exchanging takes a large share of a step.
const SENSIBLE_CELLS: f64 = 65_536.0;
/// Bytes of a number with all its digits, sign, exponent and comma.
const NUMBER_WIDTH: f64 = 23.0;

/// The report on a case for `n_ranks` ranks.
///
/// # Errors
/// [`Error::Config`] for all that makes a run impossible.
pub fn report(case: &Case, n_ranks: usize) -> Result<String> {
    match case.config.precision {
        Precision::Single => report_in::<f32>(case, n_ranks),
        Precision::Double => report_in::<f64>(case, n_ranks),
    }
}

fn report_in<T: Precise>(case: &Case, n_ranks: usize) -> Result<String> {
    case.decompose(n_ranks)?;
    let survey = Survey::<T>::new(case)?;
    let sample = sample(case)?;
    let sample = sample.fitted(&survey.rates)?.unwrap_or(sample);
    match case.fitted(&survey.rates)? {
        None => describe(case, survey, &sample, n_ranks),
        Some(fitted) => describe(&fitted, Survey::<T>::new(&fitted)?, &sample, n_ranks),
    }
}

fn describe<T: Precise>(case: &Case, mut survey: Survey<'_, T>, sample: &Case, n_ranks: usize) -> Result<String> {
    let decomposition = case.decompose(n_ranks)?;
    let units = case.config.units;
    let limit = StepLimit::new(case, survey.varies, survey.rates.clone(), &mut survey)?;
    let step_seconds = time_a_step::<T>(sample, limit.longest())?;
    let clock = Clock::new(&case.config.time).with_fixed_dt(case.physics.fixed_dt());
    let steps = clock.steps_total(limit.longest());
    let mut out = String::new();
    // Writing to a String cannot fail.
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<15} {value}");
    };
    line("title", case.config.title.clone());
    line("kernel", case.physics.summary());
    line(
        "grid",
        format!(
            "{}, {} field(s), {}",
            cells_text(case),
            case.declaration.fields.len(),
            T::NAME
        ),
    );
    line("decomposition", decomposition_text(case, &decomposition));
    line("exchange", exchange_text::<T>(case, &decomposition));
    if n_ranks > 1 {
        let text = match case.config.parallel.shared_memory {
            true => "through memory between ranks of a host, by messages between hosts",
            false => "by messages, also between ranks of a host",
        };
        line("halos", text.to_string());
    }
    let suited = blocks::suited(case, &decomposition)?;
    let dues = dues(case, Some(history_steps(steps)), Some(limit.longest()));
    let blocks = blocks::blocks(case, &suited, &dues);
    let short = dues::remark(case, &suited, &dues).map_or_else(String::new, |text| format!("; {text}"));
    line("executor", executor_text(case, &blocks, n_ranks > 1) + &short);
    line("memory", memory_text(case, &decomposition, &blocks));
    let exact = if survey.is_complete {
        ""
    } else {
        "; seen on evenly spaced pieces of the grid only"
    };
    line(
        "dt",
        format!("{} ({}{exact})", simulated(limit.longest(), units), limit.reason()),
    );
    let end = case
        .config
        .time
        .end
        .map_or_else(String::new, |end| format!(" to t = {}", simulated(end, units)));
    let stages = match case.declaration.phases[0].stages.len() {
        1 => "1 stage".to_string(),
        n => format!("{n} stages"),
    };
    line("steps", format!("about {steps}{end}, each of {stages}"));
    line("outputs", outputs_text(case, &clock, limit.longest(), steps));
    line("checkpoints", checkpoints_text(case, limit.longest(), steps));
    line("staging", staging_text(case, n_ranks));
    let cells = case.grid.n_cells() as f64;
    let serial = step_seconds * cells / sample.grid.n_cells() as f64 * steps as f64;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    line(
        "run time",
        format!(
            "about {} on {}, if each has a core like this one (measured on {} cells; memory-bound runs scale less)",
            wall(serial / n_ranks as f64),
            counted(n_ranks, "rank"),
            sample.grid.n_cells()
        ),
    );
    line("ranks", sensible_ranks(case, cores));
    if let Some(text) = threads_text(case.config.parallel.threads, n_ranks, cores) {
        line("threads", text);
    }
    for warning in &case.warnings {
        line("warning", warning.clone());
    }
    for remark in case.physics.remarks(&survey.measures, case.span(limit.longest())) {
        line(if remark.is_warning { "warning" } else { "remark" }, remark.text);
    }
    Ok(out + &sketch(case))
}

/// The case on a grid small enough to measure a step quickly.
fn sample(case: &Case) -> Result<Case> {
    let cells: f64 = case.grid.cells.iter().map(|&n| n as f64).product();
    let name = case.config.path.to_string_lossy();
    let mut overrides = Vec::new();
    if cells > SAMPLE_CELLS {
        let active = (0..3).filter(|&axis| case.grid.cells[axis] > 1).count() as f64;
        let factor = (SAMPLE_CELLS / cells).powf(1.0 / active);
        let dims = case.grid.dims;
        // Axes stay active, and wide enough for a topology that the configuration gives.
        let topology = case.config.parallel.topology.unwrap_or([1; 3]);
        let coarser = |axis: usize| {
            let n = case.grid.cells[axis];
            ((n as f64 * factor) as usize).max(topology[axis]).max(2).min(n)
        };
        let coarse: Vec<usize> = (0..dims).map(coarser).collect();
        let size: Vec<f64> = (0..dims)
            .map(|axis| case.grid.cells[axis] as f64 * case.grid.spacing[axis])
            .collect();
        overrides.push(format!("grid.cells={coarse:?}"));
        overrides.push(format!("grid.size={size:?}"));
    }
    Case::parse(&name, &case.resolved, &overrides)
}

/// Seconds that a step of a small case takes on one rank: the median of a few.
fn time_a_step<T: Precise>(small: &Case, dt: f64) -> Result<f64> {
    let world = World::single();
    let decomposition = Decomposition {
        grid: small.grid.clone(),
        topology: [1, 1, 1],
    };
    let tile = small.tile(&decomposition, 0);
    let mut kernel = T::build(&*small.physics, &small.grid);
    let prepared = kernel.prepare(&tile, small.config.time.start);
    prepared.map_err(|error| small.refuse(&error))?;
    let setup = Setup {
        decomposition,
        declaration: small.declaration.clone(),
        kernel,
        tile,
        instructions: InstructionSet::best(),
        blocks: Vec::new(),
        cache: 0,
        n_threads: 1,
        shared_memory: false,
    };
    let mut engine = Engine::new(&world, setup);
    let start = small.config.time.start;
    engine.initialise(start);
    let mut times = Vec::new();
    for step in 0..5 {
        let begin = Instant::now();
        engine.step(Executor::Blocking, step, start + step as f64 * dt, dt);
        times.push(begin.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn tiles<'a>(case: &'a Case, decomposition: &'a Decomposition) -> impl Iterator<Item = Tile> + 'a {
    (0..decomposition.n_tiles()).map(|rank| case.tile(decomposition, rank))
}

fn decomposition_text(case: &Case, decomposition: &Decomposition) -> String {
    let [a, b, c] = decomposition.topology;
    let sizes: Vec<usize> = tiles(case, decomposition).map(|tile| tile.owned.n_cells()).collect();
    let (least, most) = (sizes.iter().min().unwrap_or(&0), sizes.iter().max().unwrap_or(&0));
    let balance = *most as f64 * sizes.len() as f64 / case.grid.n_cells() as f64;
    format!(
        "{} as {a} x {b} x {c} tiles of {least} to {most} cells (the largest has {:.1} % more than the mean)",
        counted(decomposition.n_tiles(), "rank"),
        100.0 * (balance - 1.0)
    )
}

/// What one rank sends another in a step, the mean over the phases.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sent {
    messages: f64,
    bytes: f64,
}

/// What a rank sends each of its neighbours in a step, by the neighbour's rank.
fn sent_by<T: Precise>(case: &Case, decomposition: &Decomposition, rank: usize, tile: &Tile) -> BTreeMap<usize, Sent> {
    let needs = exchange_needs(&case.declaration, &case.grid);
    let share = 1.0 / needs.len() as f64;
    let mut sent: BTreeMap<usize, Sent> = BTreeMap::new();
    for need in needs.iter().flatten().filter(|need| !need.is_empty()) {
        for link in HaloPlan::new(decomposition, rank, tile, need).links {
            let cells = n_numbers(&link.sends);
            if cells > 0 {
                let to = sent.entry(link.rank).or_default();
                to.messages += share;
                to.bytes += share * (cells * size_of::<T>()) as f64;
            }
        }
    }
    sent
}

/// Neighbours that are listed one by one at most.
const MOST_NEIGHBOURS: usize = 6;

fn exchange_text<T: Precise>(case: &Case, decomposition: &Decomposition) -> String {
    let of_ranks = tiles(case, decomposition).enumerate();
    let of_ranks = of_ranks.map(|(rank, tile)| (rank, sent_by::<T>(case, decomposition, rank, &tile)));
    let bytes = |sent: &BTreeMap<usize, Sent>| sent.values().map(|to| to.bytes).sum::<f64>();
    let busiest = of_ranks.reduce(|a, b| if bytes(&b.1) > bytes(&a.1) { b } else { a });
    let Some((rank, sent)) = busiest.filter(|(_, sent)| !sent.is_empty()) else {
        return "none: no tile has another rank as neighbour".to_string();
    };
    let messages: f64 = sent.values().map(|to| to.messages).sum();
    let listed: Vec<String> = sent
        .iter()
        .take(MOST_NEIGHBOURS)
        .map(|(neighbour, to)| format!("to rank {neighbour} {:.0} B", to.bytes))
        .collect();
    let rest = if sent.len() > MOST_NEIGHBOURS { ", ..." } else { "" };
    format!(
        "at most {messages:.0} messages and {} sent per rank and step: rank {rank} sends {}{rest}",
        bytes_text(bytes(&sent)),
        listed.join(", ")
    )
}

/// Which executors a run tries, or the one that was asked for.
fn executor_text(case: &Case, blocks: &[usize], has_messages: bool) -> String {
    let named = |n: &usize| Executor::Temporal(*n).name();
    match case.config.parallel.executor {
        ExecutorChoice::Auto => {
            let candidates = blocks::candidates(case, blocks, has_messages);
            let names: Vec<String> = candidates.iter().map(|choice| choice.name()).collect();
            match &names[..] {
                [only] => only.clone(),
                several => format!("the fastest of {} in the first steps", several.join(", ")),
            }
        }
        ExecutorChoice::Blocking => Executor::Blocking.name(),
        ExecutorChoice::Overlap => Executor::Overlap.name(),
        ExecutorChoice::Progress => Executor::Progress.name(),
        ExecutorChoice::Temporal => blocks.last().map_or_else(|| Executor::Blocking.name(), named),
    }
}

fn memory_text(case: &Case, decomposition: &Decomposition, blocks: &[usize]) -> String {
    // As if all ranks were on one host: the memory that is looked at is this one's.
    let n_ranks = decomposition.n_tiles();
    let of_rank = |rank| {
        let members: Vec<usize> = members_on_one_host(rank, n_ranks, case.config.output.aggregators).collect();
        Memory::of_rank(case, decomposition, blocks, &members, rank)
    };
    let of_ranks: Vec<Memory> = (0..n_ranks).map(of_rank).collect();
    let most = of_ranks.iter().max_by(|a, b| a.all().total_cmp(&b.all()));
    let most = most.expect("there is a rank");
    let all: f64 = of_ranks.iter().map(Memory::all).sum();
    let here = match available_memory() {
        Some(available) if all > available => {
            format!(
                "this machine has {} left: TOO LITTLE for all of them",
                bytes_text(available)
            )
        }
        Some(available) => format!("this machine has {} left", bytes_text(available)),
        None => "the memory of this machine is unknown".to_string(),
    };
    format!(
        "{} per rank ({}), {} in all; {here}",
        bytes_text(most.all()),
        most.parts_text(),
        bytes_text(all)
    )
}

fn outputs_text(case: &Case, clock: &Clock, dt: f64, steps: u64) -> String {
    let duration = match case.config.time.end {
        Some(end) => end - clock.time(),
        None => steps as f64 * dt,
    };
    let series: Vec<String> = case
        .config
        .snapshots
        .iter()
        .map(|snapshot| {
            let n = match &snapshot.every {
                Every::Time(interval) => ((duration / interval).floor() as u64).saturating_add(1),
                Every::Steps(n) => (steps / n).saturating_add(1),
                Every::AtTimes(times) => times.len() as u64 + 2,
                Every::AtSteps(at) => at.len() as u64 + 2,
            };
            let n = n.saturating_sub(u64::from(!snapshot.initial_state));
            let each = snapshot_bytes(case, snapshot);
            let packed = if snapshot.compression > 0 {
                " before compression"
            } else {
                ""
            };
            format!(
                "\"{}\": about {n} files of {}, {} in all{packed}",
                snapshot.name,
                bytes_text(each),
                bytes_text(each * n as f64)
            )
        })
        .collect();
    let snapshots = match series.is_empty() {
        true => vec!["no snapshots are asked for".to_string()],
        false => series,
    };
    let probes = case.config.probes.iter().map(|probe| {
        let (rows, columns) = probes::size(case, probe, steps);
        let bytes = rows as f64 * columns as f64 * NUMBER_WIDTH;
        format!(
            "probe \"{}\": {rows} rows of {columns} columns, about {}",
            probe.name,
            bytes_text(bytes)
        )
    });
    snapshots.into_iter().chain(probes).collect::<Vec<_>>().join("; ")
}

/// How large checkpoints are, and when they are written.
fn checkpoints_text(case: &Case, dt: f64, steps: u64) -> String {
    let config = &case.config.checkpoint;
    let each = total_bytes(case, 0) as f64;
    let units = case.config.units;
    let when = match config.every {
        None => "written only when the run is asked to stop".to_string(),
        Some(CheckpointEvery::Steps(n)) => format!("every {n} steps, about {} in all", steps / n),
        Some(CheckpointEvery::Time(interval)) => {
            let n = (steps as f64 * dt / interval).floor();
            format!(
                "every {} of simulated time, about {n} in all",
                simulated(interval, units)
            )
        }
        Some(CheckpointEvery::Wall(seconds)) => format!("every {} of wall-clock time", wall(seconds)),
        Some(CheckpointEvery::Auto) => {
            let cost = each / EXPECTED_RATE;
            let seconds = interval(cost, config.mtbf, config.largest_share);
            format!(
                "about every {} if one takes {}, for a mean time between failures of {}",
                wall(seconds),
                wall(cost),
                wall(config.mtbf)
            )
        }
    };
    let on_disk = bytes_text(each * (config.keep + 1) as f64);
    format!(
        "{} each, {when}; {} are kept, which takes {on_disk} on the disk while the next is written",
        bytes_text(each),
        config.keep
    )
}

/// The memory for output under way.
fn staging_text(case: &Case, n_ranks: usize) -> String {
    let writing = match case.config.output.aggregators {
        Some(n) => format!("on each of {} that write", counted(n.min(n_ranks), "rank")),
        None => format!("on each of up to {MOST_ON_A_HOST} ranks of every host"),
    };
    format!(
        "at most {} {writing}, for output that the disk has not taken yet",
        bytes_text(staging_of(case) as f64)
    )
}

/// Bytes of the values of one snapshot.
pub(super) fn snapshot_bytes(case: &Case, snapshot: &SnapshotConfig) -> f64 {
    let n_fields = match snapshot.fields.len() {
        0 => case.declaration.fields.len(),
        n => n,
    };
    let fields = case.grid.n_cells() as f64 * case.number_size() as f64 * n_fields as f64;
    let slots = case.declaration.slots.iter().map(|slot| slot_bytes(case, slot));
    fields + if snapshot.storage { slots.sum() } else { 0.0 }
}

/// Bytes of one slot, halos apart.
fn slot_bytes(case: &Case, slot: &SlotSpec) -> f64 {
    let cells = match &slot.domain {
        Some(domain) => domain.n_cells(),
        None => case.grid.n_cells(),
    };
    let size = match slot.scalar {
        Scalar::Real => case.number_size(),
        Scalar::Double => size_of::<f64>(),
    };
    cells as f64 * size as f64
}

fn sensible_ranks(case: &Case, cores: usize) -> String {
    let cells = case.grid.n_cells() as f64;
    let by_size = (cells / SENSIBLE_CELLS).floor().max(1.0) as usize;
    let mut n = by_size.min(cores).max(1);
    while n > 1 && case.decompose(n).is_err() {
        n -= 1;
    }
    let widest = (0..3).max_by_key(|&axis| case.grid.cells[axis]).unwrap_or(0);
    format!(
        "{n} on this machine ({cores} cores); up to about {by_size} elsewhere, with {} cells or more per rank (the longest axis is {})",
        SENSIBLE_CELLS, AXIS_NAMES[widest]
    )
}

/// What could be used of this machine's cores, where ranks of one thread leave some alone.
fn threads_text(n_threads: usize, n_ranks: usize, n_cores: usize) -> Option<String> {
    let each = n_cores / n_ranks;
    (n_threads == 1 && n_ranks < n_cores).then(|| {
        let ranks = counted(n_ranks, "rank");
        let more = match each {
            1 => String::new(),
            _ => format!(", or `parallel.threads` = {each}"),
        };
        format!("{ranks} of 1 thread on this machine of {n_cores} cores: {n_cores} ranks{more} would use all")
    })
}

/// Bytes that programs may still take on this machine, where it tells: what is free, or what the job's control group
/// leaves.
pub(super) fn available_memory() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    let group = std::fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| {
        let path = text.lines().find_map(|line| line.strip_prefix("0::"))?.to_string();
        let number = |name: &str| -> Option<f64> {
            std::fs::read_to_string(format!("/sys/fs/cgroup{path}/{name}"))
                .ok()?
                .trim()
                .parse()
                .ok()
        };
        Some(number("memory.max")? - number("memory.current")?)
    });
    Some(group.unwrap_or(f64::INFINITY).min(kib * 1024.0))
}

/// A number of things for people.
pub fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// A number of bytes for people.
pub(super) fn bytes_text(bytes: f64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = if bytes < 1.0 {
        0
    } else {
        ((bytes.log2() / 10.0).floor() as usize).min(UNITS.len() - 1)
    };
    let value = bytes / 1024f64.powi(power as i32);
    let digits = usize::from(power > 0 && value < 100.0);
    format!("{value:.digits$} {}", UNITS[power])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAT: &str = r#"
        [kernel]
        type = "advection-diffusion"
        diffusivity = 1
        boundary = { all = "periodic" }
        [[kernel.field]]
        name = "q"
    "#;

    #[test]
    fn bytes_are_shown_in_binary_units() {
        assert_eq!(bytes_text(0.0), "0 B");
        assert_eq!(bytes_text(1023.0), "1023 B");
        assert_eq!(bytes_text(1536.0), "1.5 KiB");
        assert_eq!(bytes_text(3.0 * 1024f64.powi(4)), "3.0 TiB");
    }

    #[test]
    fn cores_that_nothing_runs_on_are_told() {
        assert_eq!(threads_text(1, 8, 8), None);
        assert_eq!(threads_text(2, 1, 8), None);
        let said = threads_text(1, 2, 8).unwrap();
        assert_eq!(
            said,
            "2 ranks of 1 thread on this machine of 8 cores: 8 ranks, or `parallel.threads` = 4 would use all"
        );
        let said = threads_text(1, 3, 4).unwrap();
        assert_eq!(
            said,
            "3 ranks of 1 thread on this machine of 4 cores: 4 ranks would use all"
        );
    }

    #[test]
    fn a_report_says_what_ends_blocks_of_steps() {
        let text = r#"
            [grid]
            cells = [160, 160, 160]
            spacing = [1, 1, 1]
            [time]
            steps = 1000
            [check]
            every = { steps = 1 }
        "#;
        let text = format!("{text}{HEAT}");
        let case = |sets: &[String]| Case::parse("t.toml", &text, sets).unwrap();
        let said = report(&case(&[]), 1).unwrap();
        let line = "executor        blocking; `check.every` is 1 step: blocks of steps end there, and temporal blocking is not tried";
        assert!(said.contains(line), "{said}");
        let said = report(&case(&["check.every={ steps = 48 }".to_string()]), 1).unwrap();
        assert!(
            said.contains("executor        the fastest of blocking, temporal 2"),
            "{said}"
        );
        assert!(!said.contains("end there"), "{said}");
    }

    #[test]
    fn a_report_has_every_part() {
        let text = r#"
            [grid]
            cells = [64, 32]
            spacing = [1, 1]
            [time]
            end = 10
            [[snapshot]]
            every = 2
        "#;
        let case = Case::parse("t.toml", &format!("{text}{HEAT}"), &[]).unwrap();
        let report = report(&case, 2).unwrap();
        for part in [
            "decomposition",
            "memory",
            "limited by diffusion",
            "steps",
            "6 files",
            "16.0 KiB each, written only when",
            "staging",
            "run time",
            "ranks",
        ] {
            assert!(report.contains(part), "{part} is missing in:\n{report}");
        }
    }
}
