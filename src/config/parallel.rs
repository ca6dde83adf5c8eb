//! `[parallel]`: how the work is divided and which variants of the program do it.

use super::{GridConfig, Table};

/// In which order halos are exchanged and cells updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorChoice {
    /// The fastest of the others, measured during the first steps.
    Auto,
    /// All halos first, then all cells.
    Blocking,
    /// The core while messages travel, then the shell.
    Overlap,
    /// The same, with the message engine called between slabs of the core.
    Progress,
    /// Deep halos once in several steps, which are done while their cells are in a cache.
    Temporal,
}

/// Which instruction set the inner loops use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionChoice {
    /// The largest that the processor has.
    Auto,
    Baseline,
    Avx2,
    Avx512,
}

/// The division of the work as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParallelConfig {
    /// Ranks per axis; chosen by the program unless given.
    pub topology: Option<[usize; 3]>,
    pub executor: ExecutorChoice,
    /// Steps that [`ExecutorChoice::Temporal`] takes at a stretch; chosen by the program unless given.
    pub depth: Option<usize>,
    /// Rows of the strips that blocks of steps are swept in; chosen by the program unless given.
    pub strip_rows: Option<usize>,
    /// Whether what [`ExecutorChoice::Auto`] has measured is kept for later runs, and taken from earlier ones.
    pub remember: bool,
    pub instructions: InstructionChoice,
    /// Threads of each rank, at least 1.
    pub threads: usize,
    /// Whether ranks of a host exchange halos through memory, where they can.
    pub shared_memory: bool,
}

/// More threads than any processor has would only be a slip of the pen.
const MOST_THREADS: u64 = 1024;

const EXECUTORS: [(&str, ExecutorChoice); 5] = [
    ("auto", ExecutorChoice::Auto),
    ("blocking", ExecutorChoice::Blocking),
    ("overlap", ExecutorChoice::Overlap),
    ("progress", ExecutorChoice::Progress),
    ("temporal", ExecutorChoice::Temporal),
];

const INSTRUCTIONS: [(&str, InstructionChoice); 4] = [
    ("auto", InstructionChoice::Auto),
    ("baseline", InstructionChoice::Baseline),
    ("avx2", InstructionChoice::Avx2),
    ("avx512", InstructionChoice::Avx512),
];

impl ParallelConfig {
    /// Reads the section. Where `grid` is known, the topology must have as many axes.
    pub(super) fn read(table: &Table, grid: Option<&GridConfig>) -> ParallelConfig {
        let executor = table.choice("executor", &EXECUTORS).unwrap_or(ExecutorChoice::Auto);
        if executor != ExecutorChoice::Temporal && table.has("depth") {
            table.warn_at(
                "depth",
                "`depth` in [parallel] has no effect: steps are taken at a stretch by the temporal executor",
                "remove it, or write executor = \"temporal\"",
            );
        }
        if executor != ExecutorChoice::Auto && table.has("remember") {
            table.warn_at(
                "remember",
                "`remember` in [parallel] has no effect: nothing is measured where the executor is given",
                "remove it, or write executor = \"auto\"",
            );
        }
        ParallelConfig {
            topology: read_topology(table, grid),
            executor,
            threads: read_threads(table).unwrap_or(1),
            shared_memory: table.boolean("shared_memory").unwrap_or(true),
            depth: table.count("depth").and_then(|n| usize::try_from(n).ok()),
            strip_rows: read_strip_rows(table, grid, executor),
            remember: table.boolean("remember").unwrap_or(true),
            instructions: table
                .choice("instructions", &INSTRUCTIONS)
                .unwrap_or(InstructionChoice::Auto),
        }
    }
}

fn read_strip_rows(table: &Table, grid: Option<&GridConfig>, executor: ExecutorChoice) -> Option<usize> {
    let rows = table.count("strip_rows")?;
    let why = match executor {
        _ if grid.is_some_and(|grid| grid.dims == 2) => "tiles are cut into strips in three dimensions only",
        ExecutorChoice::Auto | ExecutorChoice::Temporal => return usize::try_from(rows).ok(),
        _ => "tiles are cut into strips by the temporal executor",
    };
    let message = format!("`strip_rows` in [parallel] has no effect: {why}");
    table.warn_at("strip_rows", message, "remove it");
    None
}

fn read_threads(table: &Table) -> Option<usize> {
    let n = table.count("threads")?;
    if n > MOST_THREADS {
        table.error_at(
            "threads",
            format!("`threads` in [parallel] must be at most {MOST_THREADS}, not {n}"),
            "give at most as many threads as a rank has processors",
        );
        return None;
    }
    usize::try_from(n).ok()
}

fn read_topology(table: &Table, grid: Option<&GridConfig>) -> Option<[usize; 3]> {
    let ranks = match grid {
        Some(grid) => table.counts_of("topology", grid.dims)?,
        None => table.counts("topology")?,
    };
    if ranks.len() > 3 {
        return None;
    }
    let mut topology = [1; 3];
    for (axis, &n) in ranks.iter().enumerate() {
        let most = grid.map_or(u64::from(u32::MAX), |grid| grid.cells[axis] as u64);
        if n > most {
            table.error_at_item(
                "topology",
                axis,
                format!("`topology[{axis}]` in [parallel] asks for {n} ranks along an axis of {most} cells"),
                "give at most as many ranks as cells along every axis",
            );
            return None;
        }
        topology[axis] = usize::try_from(n).ok()?;
    }
    Some(topology)
}
