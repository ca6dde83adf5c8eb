//! `[parallel]`: how the work is divided and which variants of the program do it.

use super::{GridConfig, Table};

/// How halos are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeChoice {
    /// The fastest of the others, measured during the first steps.
    Auto,
    /// All halos first, then all cells.
    Blocking,
    /// The core while messages travel, then the shell.
    Overlap,
    /// The same, with the message engine called between slabs of the core.
    Progress,
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
    pub exchange: ExchangeChoice,
    pub instructions: InstructionChoice,
}

const EXCHANGES: [(&str, ExchangeChoice); 4] = [
    ("auto", ExchangeChoice::Auto),
    ("blocking", ExchangeChoice::Blocking),
    ("overlap", ExchangeChoice::Overlap),
    ("progress", ExchangeChoice::Progress),
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
        ParallelConfig {
            topology: read_topology(table, grid),
            exchange: table.choice("exchange", &EXCHANGES).unwrap_or(ExchangeChoice::Auto),
            instructions: table
                .choice("instructions", &INSTRUCTIONS)
                .unwrap_or(InstructionChoice::Auto),
        }
    }
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
