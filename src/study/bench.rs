//! The order of a measurement: host, memory, messages, then every problem in every precision, then time stepping.

use super::host::Host;
use super::machine::Memory;
use super::problems::Problem;
use super::report::{self, MemoryReport, Report};
use super::{checkpoint_cost, kernels, messages, stiff};
use crate::config::Precision;
use crate::engine::Executor;
use crate::error::Result;
use crate::files::provenance::{COMMIT, VERSION, now_iso};
use crate::grid::Topology;
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use std::path::PathBuf;

/// What is to be measured.
#[derive(Debug)]
pub struct Plan {
    pub problems: Vec<&'static Problem>,
    /// Whether super time stepping is compared with explicit methods.
    pub has_stiff: bool,
    /// The folder in which the cost of checkpoints is measured, if it is; made and removed again.
    pub checkpoints_in: Option<PathBuf>,
    /// Cells per side, instead of each problem's own.
    pub size: Option<usize>,
    pub precisions: Vec<Precision>,
    /// Blocks that are too long for a problem's tiles are left out there.
    pub executors: Vec<Executor>,
    /// Threads of each rank.
    pub n_threads: usize,
    pub instructions: InstructionSet,
    /// Tiles per axis, instead of the cut with the smallest surface.
    pub topology: Option<Topology>,
    /// Whether rows go past the caches, instead of where storage is much larger than they are.
    pub is_streamed: Option<bool>,
    /// Whether ranks of a host exchange halos through memory, where they can.
    pub shared_memory: bool,
    /// Repetitions of every measurement, at least 1.
    pub repeat: usize,
    /// Least duration of a repetition of a kernel, s.
    pub seconds_per_repeat: f64,
    /// Steps of a repetition, instead of as many as the duration takes.
    pub steps_per_repeat: Option<u64>,
}

#[cfg(test)]
impl Plan {
    /// Every problem on a few cells, in every executor, as briefly as can be.
    pub(super) fn small() -> Plan {
        Plan {
            problems: super::PROBLEMS.iter().collect(),
            has_stiff: false,
            checkpoints_in: None,
            size: Some(24),
            precisions: Vec::new(),
            n_threads: 1,
            executors: Executor::STEPWISE.into_iter().chain([Executor::Temporal(2)]).collect(),
            instructions: InstructionSet::best(),
            topology: None,
            is_streamed: None,
            shared_memory: true,
            repeat: 3,
            seconds_per_repeat: 0.0,
            steps_per_repeat: None,
        }
    }
}

/// Measures all of `plan`; `say` is given each part of the report, in text, as soon as it is known, on every rank.
///
/// # Errors
/// If a problem does not fit the machine or the number of ranks: the same on every rank.
pub fn run(world: &World, plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<Report> {
    let host = Host::read();
    let neighbours = world.on_host().size();
    let mut memory = Memory::new(array_length(world, &host, neighbours), plan.instructions);
    let mut report = Report {
        version: VERSION,
        commit: COMMIT,
        date: now_iso(),
        is_oversubscribed: neighbours > host.n_cores,
        host,
        n_ranks: world.size(),
        n_ranks_on_host: neighbours,
        instructions: plan.instructions.name(),
        memory: MemoryReport {
            array_bytes: memory.array_bytes(),
            streams: Vec::new(),
        },
        messages: Vec::new(),
        kernels: Vec::new(),
        stiff: None,
        checkpoints: None,
    };
    say(&report::heading(&report));
    report.memory.streams = memory.measure(world, plan.repeat);
    say(&report::memory(&report));
    report.messages = messages::measure(world, plan.repeat);
    say(&report::messages(&report));
    for problem in &plan.problems {
        for precision in &plan.precisions {
            let free = free_memory(world);
            let speed = match precision {
                Precision::Double => kernels::measure::<f64>(world, plan, problem, &mut memory, free),
                Precision::Single => kernels::measure::<f32>(world, plan, problem, &mut memory, free),
            }?;
            say(&report::kernel(&report, &speed));
            report.kernels.push(speed);
        }
    }
    if plan.has_stiff {
        let stiff = stiff::measure(world, plan.instructions, plan.repeat)?;
        say(&report::stiff(&stiff));
        report.stiff = Some(stiff);
    }
    if let Some(scratch) = &plan.checkpoints_in {
        let checkpoints = checkpoint_cost::measure(world, plan, scratch)?;
        say(&report::checkpoints(&checkpoints));
        report.checkpoints = Some(checkpoints);
    }
    Ok(report)
}

/// Bytes that are free on all hosts together, by what the ranks see; infinite where a system does not tell.
fn free_memory(world: &World) -> f64 {
    let share = Host::read().available_memory as f64 / world.on_host().size() as f64;
    let mut all = [share];
    world.total(&mut all);
    match world.any(share == 0.0) {
        true => f64::INFINITY,
        false => all[0],
    }
}

/// Elements of each of a rank's three arrays, the same on every rank: a copy goes through four times the last-level
/// cache, but all ranks of a host together take at most a quarter of its free memory.
fn array_length(world: &World, host: &Host, n_ranks_on_host: usize) -> usize {
    let wanted = 2 * host.last_level_cache();
    let most = match host.available_memory {
        0 => wanted,
        available => available / 4 / 3 / n_ranks_on_host,
    };
    let mut bytes = [wanted.min(most) as i64];
    world.min_integers(&mut bytes);
    bytes[0] as usize / size_of::<f64>()
}
