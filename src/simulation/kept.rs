//! Which storage a checkpoint keeps: all that a step reads of what came before it.

use super::case::Case;
use crate::field::{Role, Scalar, SlotId};
use crate::files::checkpoint::SlotEntry;
use crate::grid::{IndexBox, Tile};

/// A slot that a checkpoint keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub slot: SlotId,
    pub scalar: Scalar,
    /// As files call it.
    pub entry: SlotEntry,
}

impl Kept {
    /// What a tile has of it: its owned cells and the ghosts that belong to them.
    pub fn part_of(&self, tile: &Tile) -> IndexBox {
        tile.with_ghosts(&tile.owned).intersect(&self.entry.domain())
    }

    /// Bytes of all its values.
    pub fn n_bytes(&self) -> u64 {
        let size = if self.entry.element == "f32" { 4 } else { 8 };
        self.entry.domain().n_cells() as u64 * size
    }
}

/// The slots that hold the state at the beginning of step `step`, and those that add up over the run.
pub fn kept(case: &Case, step: u64) -> Vec<Kept> {
    let declaration = &case.declaration;
    let live = &declaration.phases[declaration.phase_of(step)].live;
    let whole = Tile::whole(case.grid.clone(), declaration.margin(&case.grid));
    let everywhere = whole.with_ghosts(&whole.owned);
    let slots = declaration.slot_ids().map(|slot| (slot, &declaration.slots[slot.0]));
    slots
        .filter(|(slot, spec)| live.contains(slot) || spec.role == Role::Accumulator)
        .map(|(slot, spec)| {
            let domain = spec.domain.map_or(everywhere, |domain| domain.intersect(&everywhere));
            let element = match spec.scalar {
                Scalar::Double => "f64",
                Scalar::Real if case.number_size() == 4 => "f32",
                Scalar::Real => "f64",
            };
            Kept {
                slot,
                scalar: spec.scalar,
                entry: SlotEntry {
                    name: spec.name.clone(),
                    element: element.to_owned(),
                    lo: domain.lo,
                    hi: domain.hi,
                },
            }
        })
        .collect()
}
