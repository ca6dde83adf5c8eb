//! What a kernel declares about its storage.

use crate::grid::{IndexBox, Location};

/// A place in storage: an index into the declared slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub usize);

/// The number type of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// The precision of the run, f32 or f64.
    Real,
    /// Always f64: accumulators.
    Double,
}

/// What a slot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Carries state from step to step (in the phases that name it as live).
    State,
    /// Holds intermediate values within a step.
    Scratch,
    /// Adds up over the run, on owned cells only: never exchanged, never updated redundantly.
    Accumulator,
}

/// One declared piece of storage.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotSpec {
    /// Unique within the kernel; appears in files.
    pub name: String,
    pub location: Location,
    pub scalar: Scalar,
    pub role: Role,
    /// The cells of the grid that the slot exists for, and with them their copies beyond joined ends; `None` for all of
    /// them. Slabs and surfaces say less.
    pub domain: Option<IndexBox>,
}

/// A quantity that people look at.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSpec {
    pub name: String,
    /// Unit as the configuration gives it, for files and plots.
    pub unit: String,
    /// Unit of the field's volume integral.
    pub integral_unit: String,
    pub location: Location,
    /// Where there are values: all cells, and the last nodes beyond them along axes that end in walls where the field
    /// lives on the lower faces.
    pub domain: IndexBox,
    /// When the values are known, in steps after the time of the step that begins: -0.5 for half a step before it.
    pub time_shift: f64,
    /// The slot that holds the field at the beginning of a step, per phase of the slot map.
    pub slot_at: Vec<SlotId>,
}
