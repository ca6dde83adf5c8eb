//! Records the values of fields at single nodes, step by step, whatever executor runs the stages.
//!
//! A node is read right after the stage that gives its field the value for the beginning of the next step has run on the
//! region that contains the node: no step has to be complete anywhere else, so several may be in flight.

use crate::field::{Real, SlotId, Storage};
use crate::grid::{IndexBox, PerAxis, Tile};
use crate::kernels::{Declaration, StageSpec};

/// A node whose values are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watch {
    /// Number of the field among the declared ones.
    pub field: usize,
    pub node: PerAxis<i64>,
    /// Steps from one value to the next: those that are multiples of it are recorded, from step 0 on.
    pub every: u64,
}

/// The values at the watched nodes that one tile owns.
#[derive(Debug, Default)]
pub struct Recorder {
    nodes: Vec<OwnNode>,
    /// `[phase][stage]`: the nodes, by their number, that have their next value after the stage.
    after: Vec<Vec<Vec<usize>>>,
}

/// One watched node.
#[derive(Debug)]
struct OwnNode {
    node: PerAxis<i64>,
    /// The cell whose regions contain the node: itself, or the last cell before a wall's node.
    cell: PerAxis<i64>,
    every: u64,
    /// The slot that holds the field at the beginning of a step, per phase.
    slot_at: Vec<SlotId>,
    /// Values since they were last taken, in the order of steps.
    values: Vec<f64>,
}

/// The cell whose owner has the node: nodes on upper walls belong to the last cell.
pub fn cell_of_node(tile: &Tile, node: PerAxis<i64>) -> PerAxis<i64> {
    [0, 1, 2].map(|axis| node[axis].min(tile.grid.cells[axis] as i64 - 1))
}

impl Recorder {
    /// A recorder for those of `watches` that `tile` owns.
    pub fn new(watches: &[Watch], tile: &Tile, declaration: &Declaration) -> Recorder {
        let own = |watch: &Watch| {
            let cell = cell_of_node(tile, watch.node);
            tile.owned.contains(cell).then(|| OwnNode {
                node: watch.node,
                cell,
                every: watch.every,
                slot_at: declaration.fields[watch.field].slot_at.clone(),
                values: Vec::new(),
            })
        };
        let nodes: Vec<OwnNode> = watches.iter().filter_map(own).collect();
        let n_phases = declaration.phases.len();
        let after = declaration.phases.iter().enumerate().map(|(p, phase)| {
            let mut after = vec![Vec::new(); phase.stages.len()];
            for (n, node) in nodes.iter().enumerate() {
                let slot = node.slot_at[(p + 1) % n_phases];
                let writes = |stage: &StageSpec| stage.writes.contains(&slot);
                // What no stage writes is as good after the last as after any other.
                let last = phase.stages.iter().rposition(writes).unwrap_or(phase.stages.len() - 1);
                after[last].push(n);
            }
            after
        });
        let after = after.collect();
        Recorder { nodes, after }
    }

    /// Records the initial state.
    pub(super) fn initial<T: Real>(&mut self, storage: &Storage<T>) {
        for node in &mut self.nodes {
            node.record(0, storage);
        }
    }

    /// Records what stage `stage` of step `step`, in `phase`, has just made final on `region`.
    pub(super) fn after_stage<T: Real>(
        &mut self,
        (phase, stage): (usize, usize),
        step: u64,
        region: &IndexBox,
        storage: &Storage<T>,
    ) {
        let Some(due) = self.after.get(phase).map(|stages| &stages[stage]) else {
            return;
        };
        for &n in due {
            let node = &mut self.nodes[n];
            if (step + 1).is_multiple_of(node.every) && region.contains(node.cell) {
                node.record((phase + 1) % node.slot_at.len(), storage);
            }
        }
    }

    /// The values since they were last taken, node by node in the order of the watches, each in the order of steps.
    pub fn take(&mut self) -> Vec<f64> {
        let mut values = Vec::new();
        for node in &mut self.nodes {
            values.append(&mut node.values);
        }
        values
    }
}

impl OwnNode {
    /// Takes the value for the beginning of a step in `phase`.
    fn record<T: Real>(&mut self, phase: usize, storage: &Storage<T>) {
        let value = storage.array(self.slot_at[phase]).get(self.node);
        self.values.push(value.to_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FieldSpec, Read, Role, Scalar, SlotSpec};
    use crate::grid::{Grid, Location, Reach};
    use crate::kernels::Phase;

    /// Two slots that take turns, written by the second of three stages.
    fn declaration() -> Declaration {
        let slot = |name: &str| SlotSpec {
            name: name.into(),
            location: Location::CENTER,
            scalar: Scalar::Real,
            role: Role::State,
            domain: None,
        };
        let stage = |writes: &[usize]| StageSpec {
            name: "stage",
            reads: Vec::<Read>::new(),
            writes: writes.iter().copied().map(SlotId).collect(),
        };
        let phase = |to: usize| Phase {
            stages: vec![stage(&[to, 2]), stage(&[to]), stage(&[2])],
            live: vec![SlotId(1 - to)],
        };
        Declaration {
            slots: ["a", "b", "c"].map(slot).into(),
            fields: vec![FieldSpec {
                name: "q".into(),
                unit: String::new(),
                integral_unit: String::new(),
                location: Location::CENTER,
                domain: IndexBox::new([0, 0, 0], [9, 4, 1]),
                time_shift: 0.0,
                slot_at: vec![SlotId(0), SlotId(1)],
            }],
            initial: stage(&[0]),
            phases: vec![phase(1), phase(0)],
            totals: Vec::new(),
            gauges: None,
            ghosts: Reach::NONE,
            n_coefficient_arrays: 0,
            layers_at_once: 1,
        }
    }

    #[test]
    fn a_node_is_recorded_after_the_last_stage_that_writes_it_where_the_region_has_it() {
        let grid = Grid {
            cells: [8, 4, 1],
            dims: 2,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let tile = Tile {
            owned: IndexBox::new([4, 0, 0], [8, 4, 1]),
            margin: Reach::all(1).on(&grid),
            grid,
        };
        let declaration = declaration();
        let watch = |i: i64, every: u64| Watch {
            field: 0,
            node: [i, 1, 0],
            every,
        };
        // The first belongs to another tile, the last lies on the wall.
        let watches = [watch(3, 1), watch(4, 1), watch(7, 2), watch(8, 1)];
        let mut recorder = Recorder::new(&watches, &tile, &declaration);
        let mut storage: Storage<f32> = Storage::new(&declaration.slots, &tile);
        storage.array_mut(SlotId(0)).fill(0.5);
        recorder.initial(&storage);
        let [west, east] = [0, 1].map(|part| tile.owned.split(0, 2, part));
        for step in 0..3u64 {
            let phase = step as usize % 2;
            for stage in 0..3 {
                let value = 10.0 * (step + 1) as f32 + stage as f32;
                storage.array_mut(SlotId(1 - phase)).fill(value);
                for region in [&west, &east] {
                    recorder.after_stage((phase, stage), step, region, &storage);
                }
            }
        }
        // Stage 1 makes the value final; what stage 2 is made to write here is not looked at.
        let expected = [
            vec![0.5, 11.0, 21.0, 31.0],
            vec![0.5, 21.0],
            vec![0.5, 11.0, 21.0, 31.0],
        ];
        assert_eq!(recorder.take(), expected.concat());
        assert!(recorder.take().is_empty());
    }
}
