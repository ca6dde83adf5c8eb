//! Which halos have to be exchanged before which stage: read off the declarations.

use crate::field::{Shape, SlotId};
use crate::grid::{Grid, Reach};
use crate::kernels::Declaration;
use crate::parallel::HaloNeed;

/// The exchanges before each stage, `[phase][stage]`: every slot that was written since its halo was last filled and
/// that the stage reads beyond the cell. The reach is the largest that any stage needs before the slot is written again,
/// so that each slot travels once.
pub fn exchange_needs(declaration: &Declaration, grid: &Grid) -> Vec<Vec<Vec<HaloNeed>>> {
    // The stages of all phases in the order in which steps run them, for ever round.
    let places: Vec<(usize, usize)> = declaration
        .phases
        .iter()
        .enumerate()
        .flat_map(|(p, phase)| (0..phase.stages.len()).map(move |s| (p, s)))
        .collect();
    let stage = |n: usize| {
        let (p, s) = places[n % places.len()];
        &declaration.phases[p].stages[s]
    };
    let mut needs: Vec<Vec<Vec<HaloNeed>>> = declaration
        .phases
        .iter()
        .map(|phase| vec![Vec::new(); phase.stages.len()])
        .collect();
    for (n, &(p, s)) in places.iter().enumerate() {
        for read in &stage(n).reads {
            if read.reach.on(grid).is_none() || is_fresh(&stage, n, places.len(), read.slot, grid) {
                continue;
            }
            let (reach, shape) = reach_until_written(&stage, n, places.len(), read.slot);
            needs[p][s].push(HaloNeed {
                slot: read.slot,
                reach: reach.on(grid),
                shape,
                ghosts: declaration.ghosts.on(grid),
                domain: declaration.slots[read.slot.0].domain,
            });
        }
    }
    needs
}

/// Whether an earlier stage already had the slot's halo filled since it was last written.
fn is_fresh<'s>(
    stage: &impl Fn(usize) -> &'s crate::kernels::StageSpec,
    n: usize,
    n_stages: usize,
    slot: SlotId,
    grid: &Grid,
) -> bool {
    for back in 1..=n_stages {
        let earlier = stage(n + n_stages - back);
        if earlier.writes.contains(&slot) {
            return false;
        }
        if back < n_stages
            && earlier
                .reads
                .iter()
                .any(|r| r.slot == slot && !r.reach.on(grid).is_none())
        {
            return true;
        }
    }
    // Nobody ever writes it: the exchange after initialisation has filled it.
    true
}

/// The largest reach of all stages from `n` on that read the slot before it is written again.
fn reach_until_written<'s>(
    stage: &impl Fn(usize) -> &'s crate::kernels::StageSpec,
    n: usize,
    n_stages: usize,
    slot: SlotId,
) -> (Reach, Shape) {
    let mut reach = Reach::NONE;
    let mut shape = Shape::Star;
    for ahead in 0..n_stages {
        let later = stage(n + ahead);
        for read in later.reads.iter().filter(|read| read.slot == slot) {
            reach = reach.max(&read.reach);
            shape = shape.max(read.shape);
        }
        if later.writes.contains(&slot) {
            break;
        }
    }
    (reach, shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Read, Role, Scalar, SlotSpec};
    use crate::grid::Location;
    use crate::kernels::{Phase, StageSpec};

    fn grid() -> Grid {
        Grid {
            cells: [8, 8, 8],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [true; 3],
        }
    }

    fn declaration(n_slots: usize, phases: Vec<Vec<(Vec<Read>, Vec<usize>)>>) -> Declaration {
        let slot = |n: usize| SlotSpec {
            name: format!("s{n}"),
            location: Location::CENTER,
            scalar: Scalar::Real,
            role: Role::State,
            domain: None,
        };
        Declaration {
            slots: (0..n_slots).map(slot).collect(),
            fields: Vec::new(),
            initial: StageSpec {
                name: "initial",
                reads: Vec::new(),
                writes: Vec::new(),
            },
            phases: phases
                .into_iter()
                .map(|stages| Phase {
                    stages: stages
                        .into_iter()
                        .map(|(reads, writes)| StageSpec {
                            name: "stage",
                            reads,
                            writes: writes.into_iter().map(SlotId).collect(),
                        })
                        .collect(),
                    live: Vec::new(),
                })
                .collect(),
            totals: Vec::new(),
            gauges: None,
            ghosts: Reach::NONE,
            n_coefficient_arrays: 0,
            layers_at_once: 1,
        }
    }

    fn star(slot: usize, n: i64) -> Read {
        Read::star(SlotId(slot), Reach::all(n))
    }

    fn slots(needs: &[HaloNeed]) -> Vec<(usize, i64)> {
        needs.iter().map(|need| (need.slot.0, need.reach.lo[0])).collect()
    }

    #[test]
    fn a_double_buffer_exchanges_what_was_just_written() {
        let d = declaration(
            2,
            vec![vec![(vec![star(0, 1)], vec![1])], vec![(vec![star(1, 1)], vec![0])]],
        );
        let needs = exchange_needs(&d, &grid());
        assert_eq!(slots(&needs[0][0]), [(0, 1)]);
        assert_eq!(slots(&needs[1][0]), [(1, 1)]);
    }

    #[test]
    fn a_slot_that_two_stages_read_travels_once_with_the_larger_reach() {
        // Stage 0 writes slot 1 from slot 0; stage 1 reads slot 1 near, stage 2 reads it far and rewrites slot 0.
        let d = declaration(
            3,
            vec![vec![
                (vec![star(0, 1)], vec![1]),
                (vec![star(1, 1)], vec![2]),
                (vec![star(1, 3), Read::at_cell(SlotId(2))], vec![0]),
            ]],
        );
        let needs = exchange_needs(&d, &grid());
        assert_eq!(slots(&needs[0][0]), [(0, 1)]);
        assert_eq!(slots(&needs[0][1]), [(1, 3)]);
        assert!(needs[0][2].is_empty());
    }

    #[test]
    fn what_is_never_written_is_never_exchanged_again() {
        let d = declaration(2, vec![vec![(vec![star(1, 1), Read::at_cell(SlotId(0))], vec![0])]]);
        assert!(exchange_needs(&d, &grid())[0][0].is_empty());
    }

    #[test]
    fn inactive_axes_need_no_halo() {
        let mut g = grid();
        g.cells = [8, 1, 1];
        let d = declaration(
            2,
            vec![vec![(vec![star(0, 2)], vec![1])], vec![(vec![star(1, 2)], vec![0])]],
        );
        let needs = exchange_needs(&d, &g);
        assert_eq!(
            needs[0][0][0].reach,
            Reach {
                lo: [2, 0, 0],
                hi: [2, 0, 0]
            }
        );
    }
}
