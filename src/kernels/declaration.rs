//! What a kernel declares: slots, fields, and which stages read and write what.

use crate::field::{FieldSpec, Read, Role, SlotId, SlotSpec};
use crate::grid::{Grid, Reach};

/// One sweep over the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSpec {
    /// Name in logs and traces.
    pub name: &'static str,
    /// What the stage reads. A slot that it also writes may only be read at the cell.
    pub reads: Vec<Read>,
    /// What the stage writes, each only inside its region and in the ghosts whose image lies in it.
    pub writes: Vec<SlotId>,
}

/// The stages of one step, with the slots they use.
///
/// Phases are how slots take turns: forward Euler with two slots has two phases, the second of which reads what the
/// first wrote. Step `n` uses phase `n % n_phases`.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    pub stages: Vec<StageSpec>,
    /// The slots that hold the state at the beginning of the phase's step.
    pub live: Vec<SlotId>,
}

/// A number that is summed up exactly from accumulators and reported in the history.
#[derive(Clone, Debug, PartialEq)]
pub struct TotalSpec {
    /// Column in the history.
    pub name: String,
    pub unit: String,
    /// The accumulators that are summed up: one, or one and what its roundings lost.
    pub slots: Vec<SlotId>,
    /// What the sum over all cells of the slots is multiplied with.
    pub factor: f64,
}

/// A number that is measured on the state when it is asked for, and reported in the history.
#[derive(Clone, Debug, PartialEq)]
pub struct GaugeSpec {
    /// Column in the history.
    pub name: String,
    pub unit: String,
    /// What the sum over all cells is multiplied with.
    pub factor: f64,
}

/// What a kernel can measure: see [`Kernel::gauge`](super::Kernel::gauge).
#[derive(Clone, Debug, PartialEq)]
pub struct Gauges {
    /// What is read for it; nothing is written.
    pub stage: StageSpec,
    pub numbers: Vec<GaugeSpec>,
}

/// Arrays that the stages of a step go through, each counted once for every stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Stages of a step.
    pub stages: f64,
    /// Slots and coefficients that a stage reads and does not write.
    pub reads: f64,
    /// Slots that a stage both reads and writes: among `writes` too.
    pub changes: f64,
    pub writes: f64,
}

/// Everything that executors, files and monitors need to know of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    pub slots: Vec<SlotSpec>,
    pub fields: Vec<FieldSpec>,
    /// Fills the live slots of phase 0, without reading anything.
    pub initial: StageSpec,
    pub phases: Vec<Phase>,
    pub totals: Vec<TotalSpec>,
    pub gauges: Option<Gauges>,
    /// Ghost cells beyond each wall that the stages fill.
    pub ghosts: Reach,
    /// Arrays of the run's precision that the kernel keeps beside its slots (coefficients), for memory estimates.
    pub n_coefficient_arrays: usize,
    /// Layers of a region from which on a stage wastes little: on faces below it that are computed for it alone, or by reading
    /// again what layers share.
    pub layers_at_once: usize,
}

impl Declaration {
    /// The phase of step `step`.
    pub fn phase_of(&self, step: u64) -> usize {
        (step % self.phases.len() as u64) as usize
    }

    /// The slot that holds a field at the beginning of step `step`.
    pub fn slot_of_field(&self, field: usize, step: u64) -> SlotId {
        self.fields[field].slot_at[self.phase_of(step)]
    }

    /// How far any stage reads.
    pub fn reach(&self, grid: &Grid) -> Reach {
        let reads = self
            .phases
            .iter()
            .flat_map(|phase| &phase.stages)
            .flat_map(|stage| &stage.reads);
        reads.fold(Reach::NONE, |reach, read| reach.max(&read.reach)).on(grid)
    }

    /// Cells of storage that a tile needs beyond its owned ones.
    pub fn margin(&self, grid: &Grid) -> Reach {
        self.reach(grid).max(&self.ghosts.on(grid))
    }

    /// Slots whose values are the same however the grid is cut: all, on owned cells.
    pub fn slot_ids(&self) -> impl Iterator<Item = SlotId> + use<> {
        (0..self.slots.len()).map(SlotId)
    }

    /// Least bytes that a plain sweep moves per cell and step: each stage reads the slots it declares once, and writes
    /// with write-allocation; coefficients are read once per stage. `size` is the bytes of a number of the run.
    pub fn bytes_per_cell(&self, size: usize) -> f64 {
        let traffic = self.traffic();
        (traffic.reads + 2.0 * traffic.writes) * size as f64
    }

    /// The whole arrays that a plain sweep goes through in a step, the mean over the phases.
    pub fn traffic(&self) -> Traffic {
        let is_whole = |slot: &SlotId| self.slots[slot.0].domain.is_none();
        let mut all = Traffic::default();
        for stage in self.phases.iter().flat_map(|phase| &phase.stages) {
            let (changes, reads): (Vec<&Read>, Vec<&Read>) = stage
                .reads
                .iter()
                .filter(|read| is_whole(&read.slot))
                .partition(|read| stage.writes.contains(&read.slot));
            all.stages += 1.0;
            all.reads += (reads.len() + self.n_coefficient_arrays) as f64;
            all.changes += changes.len() as f64;
            all.writes += stage.writes.iter().filter(|slot| is_whole(slot)).count() as f64;
        }
        let n_phases = self.phases.len() as f64;
        Traffic {
            stages: all.stages / n_phases,
            reads: all.reads / n_phases,
            changes: all.changes / n_phases,
            writes: all.writes / n_phases,
        }
    }

    /// The slots that any stage reads beyond the cell: those that need a halo.
    pub fn slots_with_halo(&self, grid: &Grid) -> Vec<SlotId> {
        let stages = self.phases.iter().flat_map(|phase| &phase.stages);
        let gauges = self.gauges.iter().map(|gauges| &gauges.stage);
        let reads = stages.chain(gauges).flat_map(|stage| &stage.reads);
        let far = reads
            .filter(|read| !read.reach.on(grid).is_none())
            .map(|read| read.slot);
        let mut slots: Vec<SlotId> = far.collect();
        slots.sort_by_key(|slot| slot.0);
        slots.dedup();
        slots
    }

    /// Checks the rules of the contract that can be read off a declaration.
    ///
    /// # Panics
    /// With the stage and slot at fault: a bug of the kernel.
    pub fn check(&self) {
        assert!(!self.phases.is_empty(), "a kernel has at least one phase");
        for (n, spec) in self.slots.iter().enumerate() {
            assert!(
                self.slots[..n].iter().all(|s| s.name != spec.name),
                "slot name `{}` occurs twice",
                spec.name
            );
        }
        for phase in &self.phases {
            for stage in &phase.stages {
                for read in &stage.reads {
                    let in_place = stage.writes.contains(&read.slot);
                    assert!(
                        !in_place || read.reach.is_none(),
                        "stage `{}` reads what it writes beyond the cell: slot `{}`",
                        stage.name,
                        self.slots[read.slot.0].name
                    );
                    assert!(
                        self.slots[read.slot.0].role != Role::Accumulator || read.reach.is_none(),
                        "stage `{}` reads accumulator `{}` beyond the cell",
                        stage.name,
                        self.slots[read.slot.0].name
                    );
                }
            }
        }
        assert!(self.initial.reads.is_empty(), "the initial stage reads nothing");
        if let Some(gauges) = &self.gauges {
            assert!(gauges.stage.writes.is_empty(), "gauges write nothing");
        }
        for field in &self.fields {
            assert_eq!(
                field.slot_at.len(),
                self.phases.len(),
                "field `{}` needs a slot for every phase",
                field.name
            );
        }
    }
}
