//! One rank's part of a case, ready to be computed: what a run needs before it opens a file or allocates a field.

use super::blocks;
use super::case::Case;
use super::dues::Due;
use super::memory::Memory;
use super::precision::Precise;
use super::rate_source::AllRanks;
use super::run::cells_text;
use crate::config::{InstructionChoice, TimeConfig};
use crate::error::{Error, Result};
use crate::files::provenance;
use crate::grid::{Decomposition, Tile};
use crate::kernels::{Kernel, Rates};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::{World, WriterGroup};

/// A kernel whose coefficients have a meaning at the start.
pub struct Prepared<T> {
    pub decomposition: Decomposition,
    /// This rank's, with the halo for the longest of the blocks.
    pub tile: Tile,
    /// Lengths of blocks of steps that suit the tiles, and those of them that can be set up.
    pub suited: Vec<usize>,
    pub blocks: Vec<usize>,
    pub instructions: InstructionSet,
    pub kernel: Box<dyn Kernel<T>>,
    /// The rates at the start, over all ranks.
    pub rates: Rates,
    /// What the kernel measures, the largest over all ranks and the times that are looked at.
    pub measures: Vec<f64>,
    /// The ranks that write a part of a checkpoint with this one.
    pub group: WriterGroup,
    /// What this rank is going to take.
    pub memory: Memory,
}

impl<T: Precise> Prepared<T> {
    /// As [`Prepared::new`], for the case made for its steps, which is returned too where it is another; `dues` are those of a case.
    ///
    /// # Errors
    /// Those of [`Prepared::new`], and of [`Case::fitted`].
    pub fn fitted(world: &World, case: &Case, dues: impl Fn(&Case) -> Vec<Due>) -> Result<(Prepared<T>, Option<Case>)> {
        let prepared = Prepared::<T>::new(world, case, &dues(case))?;
        let Some(fitted) = case.fitted(&prepared.rates)? else {
            return Ok((prepared, None));
        };
        // Coefficients may take much memory: one set of them goes before the next is made.
        drop(prepared);
        let prepared = Prepared::new(world, &fitted, &dues(&fitted))?;
        Ok((prepared, Some(fitted)))
    }

    /// For a run that is interrupted by `dues`. All ranks call it.
    ///
    /// # Errors
    /// [`Error::Config`], agreed on by all ranks, for a grid that does not go with the number of ranks or into memory,
    /// for instructions that a processor lacks, and for coefficients without a meaning.
    pub fn new(world: &World, case: &Case, dues: &[Due]) -> Result<Prepared<T>> {
        let decomposition = world.agree(case.decompose(world.size()))?;
        let suited = world.agree(blocks::suited(case, &decomposition))?;
        let blocks = blocks::blocks(case, &suited, dues);
        let tile = blocks::deepened(case, case.tile(&decomposition, world.rank()), &blocks);
        let host = world.on_host();
        let group = WriterGroup::of(world, &host, case.config.output.aggregators);
        let members = if group.is_writing() { &group.members[..] } else { &[] };
        let memory = Memory::of_rank(case, &decomposition, &blocks, members, world.rank());
        refuse_too_large(world, case, &host, memory)?;
        let instructions = world.agree(instructions(case.config.parallel.instructions))?;
        let mut kernel = T::build(&*case.physics, &case.grid);
        let start = case.config.time.start;
        let prepared = kernel.prepare(&tile, start);
        world.agree(prepared.map_err(|error| case.refuse(&error)))?;
        let rates = AllRanks::new(world, case, &*kernel).at(start)?;
        let mut measures = measures(&*kernel, &case.config.time);
        world.max(&mut measures);
        Ok(Prepared {
            decomposition,
            tile,
            suited,
            blocks,
            instructions,
            kernel,
            rates,
            measures,
            group,
            memory,
        })
    }
}

/// Shares of the run at which a kernel that varies in time is measured: no simple fractions, so that a tide is not always
/// slack.
const LOOKS: [f64; 6] = [0.0, 0.137, 0.309, 0.441, 0.618, 0.853];

/// The largest of what the kernel measures on its tile, at the start and, where that varies and the end is known, later.
pub fn measures<T: Precise>(kernel: &dyn Kernel<T>, time: &TimeConfig) -> Vec<f64> {
    let span = match time.end {
        Some(end) if kernel.rates_vary() => end - time.start,
        _ => 0.0,
    };
    let looks = if span > 0.0 { &LOOKS[..] } else { &LOOKS[..1] };
    // A coefficient that loses its meaning later is told of when the run gets there.
    let has_meaning = |found: &Vec<f64>| found.iter().all(|value| value.is_finite());
    let found = looks
        .iter()
        .map(|share| kernel.measures(time.start + share * span))
        .filter(has_meaning);
    let larger = |worst: Vec<f64>, here: Vec<f64>| worst.iter().zip(&here).map(|(a, b)| a.max(*b)).collect();
    found.reduce(larger).unwrap_or_else(|| kernel.measures(time.start))
}

/// The instruction set that the configuration asks for, where this machine has it.
fn instructions(choice: InstructionChoice) -> Result<InstructionSet> {
    let set = match choice {
        InstructionChoice::Auto => InstructionSet::best(),
        InstructionChoice::Baseline => InstructionSet::Baseline,
        InstructionChoice::Avx2 => InstructionSet::Avx2,
        InstructionChoice::Avx512 => InstructionSet::Avx512,
    };
    if set.is_available() {
        return Ok(set);
    }
    Err(Error::Config(format!(
        "`parallel.instructions` = \"{}\", which the processor of {} does not have.\n  Leave it out to use the best one it has: \
         all give the same bits.",
        set.name(),
        provenance::host_name()
    )))
}

/// Refuses a case whose ranks do not fit into the memory of their hosts, before anything is allocated.
fn refuse_too_large(world: &World, case: &Case, host: &World, memory: Memory) -> Result<()> {
    let mut needed = [memory.all()];
    host.total(&mut needed);
    let [on_host] = needed;
    let result = match super::report::available_memory() {
        Some(available) if on_host > available => Err(Error::Config(format!(
            "{}: `grid.cells` = {} needs {} on host {}, which has {} left.\n  Use fewer cells, `precision = \"f32\"`, or more \
             hosts; `simrun check` shows the memory per rank.",
            case.config.path.display(),
            cells_text(case),
            super::report::bytes_text(on_host),
            provenance::host_name(),
            super::report::bytes_text(available),
        ))),
        _ => Ok(()),
    };
    world.agree(result)
}
