//! Several steps at a stretch, read off the declarations: how far each stage runs beyond the owned cells so that no halo is
//! needed in between, and how far each has to lag behind the one before it.

use crate::field::{BoxCopy, Role, Scalar, Shape, SlotId};
use crate::grid::{Grid, IndexBox, PerAxis, Reach, Tile};
use crate::kernels::{Declaration, StageSpec};
use crate::parallel::HaloNeed;

/// One stage of one step of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Number of the step within the block.
    pub step: usize,
    pub phase: usize,
    pub stage: usize,
    /// How far beyond the owned cells it runs, where the tile does not end in a wall.
    pub beyond: Reach,
    /// How many cells it stays behind, along each axis, where the axis is swept upwards and levels follow each other.
    pub lag: PerAxis<i64>,
}

/// The stages of some steps in their order, and the halo that the first of them have to find.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub levels: Vec<Level>,
    needs: Vec<HaloNeed>,
}

/// Layers that threads share between two meetings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The axis on which layers follow each other.
    pub axis: usize,
    /// Layers that a level does between two meetings.
    pub layers: usize,
}

impl Block {
    /// The block of `n_steps` steps of which the first is in phase `first`. Where layers are `shared`, levels lag so far
    /// that several threads may do them at once.
    pub fn new(declaration: &Declaration, grid: &Grid, first: usize, n_steps: usize, shared: Option<Shared>) -> Block {
        let mut levels: Vec<Level> = (0..n_steps)
            .flat_map(|step| {
                let phase = (first + step) % declaration.phases.len();
                let stages = 0..declaration.phases[phase].stages.len();
                stages.map(move |stage| Level {
                    step,
                    phase,
                    stage,
                    beyond: Reach::NONE,
                    lag: [0; 3],
                })
            })
            .collect();
        let reaches = reach_backwards(declaration, grid, &mut levels);
        lag_forwards(declaration, grid, &mut levels, shared);
        let is_written = |slot: SlotId| {
            let mut stages = declaration.phases.iter().flat_map(|phase| &phase.stages);
            stages.any(|stage| stage.writes.contains(&slot))
        };
        let needs = declaration
            .slot_ids()
            .zip(reaches)
            .filter(|&(slot, reach)| !reach.is_none() && is_written(slot))
            .map(|(slot, reach)| HaloNeed {
                slot,
                reach,
                shape: Shape::Box,
                ghosts: declaration.ghosts.on(grid),
                domain: declaration.slots[slot.0].domain,
            });
        Block {
            needs: needs.collect(),
            levels,
        }
    }

    /// What has to be exchanged before the block.
    pub fn needs(&self) -> &[HaloNeed] {
        &self.needs
    }

    /// The largest halo that is needed.
    pub fn depth(&self) -> Reach {
        let reaches = self.needs.iter().map(|need| need.reach);
        reaches.fold(Reach::NONE, |depth, reach| depth.max(&reach))
    }

    /// The cells that each level updates on `tile`.
    pub fn regions(&self, tile: &Tile) -> Vec<IndexBox> {
        let region = |level: &Level| {
            let mut beyond = level.beyond;
            for axis in 0..3 {
                if tile.is_at_wall(axis, false) {
                    beyond.lo[axis] = 0;
                }
                if tile.is_at_wall(axis, true) {
                    beyond.hi[axis] = 0;
                }
            }
            if tile.is_joined(0) {
                // The cells beyond the ends of rows are copied.
                (beyond.lo[0], beyond.hi[0]) = (0, 0);
            }
            tile.owned.reached(&beyond)
        };
        self.levels.iter().map(region).collect()
    }
}

/// The regions of a block, cut into what is done while messages travel, and sweeps that follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub core: Vec<IndexBox>,
    pub rest: Vec<Vec<IndexBox>>,
}

impl Block {
    /// Cuts `regions` such that the core reads nothing that messages bring, which fill the halo as far as `reach` says, nor
    /// overwrites what the rest still reads. None where that would leave less than half to the core.
    pub fn split(&self, declaration: &Declaration, tile: &Tile, regions: &[IndexBox], reach: &Reach) -> Option<Split> {
        let insets = insets(declaration, &tile.grid, &self.levels);
        // Beyond joined ends only those cells come by messages that lie beyond another end, too.
        let is_met = |axis: usize| !tile.is_joined(axis) && (reach.lo[axis] > 0 || reach.hi[axis] > 0);
        let core = |region: &IndexBox, inset: PerAxis<i64>| {
            (0..3).fold(*region, |core, axis| {
                if !is_met(axis) {
                    return core;
                }
                let lo = match reach.lo[axis] {
                    0 => core.lo[axis],
                    _ => tile.owned.lo[axis] + inset[axis],
                };
                let hi = match reach.hi[axis] {
                    0 => core.hi[axis],
                    _ => tile.owned.hi[axis] - inset[axis],
                };
                core.with_range(axis, lo, hi.max(lo))
            })
        };
        let core: Vec<IndexBox> = regions
            .iter()
            .zip(insets)
            .map(|(region, inset)| core(region, inset))
            .collect();
        let n_cells = |boxes: &[IndexBox]| boxes.iter().map(IndexBox::n_cells).sum::<usize>();
        if !(0..3).any(is_met) || core.iter().any(IndexBox::is_empty) || 2 * n_cells(&core) < n_cells(regions) {
            return None;
        }
        let both = || core.iter().zip(regions);
        let mut with_messages = (0..3).filter(|&axis| is_met(axis));
        let rest = match (with_messages.next(), with_messages.next()) {
            // Both ends are far from each other: each is swept by itself.
            (Some(axis), None) => vec![
                both()
                    .map(|(core, all)| all.with_range(axis, all.lo[axis], core.lo[axis]))
                    .collect(),
                both()
                    .map(|(core, all)| all.with_range(axis, core.hi[axis], all.hi[axis]))
                    .collect(),
            ],
            // Frames, level by level.
            _ => {
                let nothing = vec![IndexBox::from_size([0; 3]); core.len()];
                let alone = |(n, piece): (usize, IndexBox)| {
                    let mut regions = nothing.clone();
                    regions[n] = piece;
                    regions
                };
                let frames = both().enumerate();
                let pieces =
                    frames.flat_map(|(n, (core, all))| all.minus(core).into_iter().map(move |piece| (n, piece)));
                pieces.map(alone).collect()
            }
        };
        Some(Split { core, rest })
    }
}

/// How far each level stays away from the faces that messages come through, on either side.
fn insets(declaration: &Declaration, grid: &Grid, levels: &[Level]) -> Vec<PerAxis<i64>> {
    let mut insets: Vec<PerAxis<i64>> = Vec::new();
    for (n, level) in levels.iter().enumerate() {
        let stage = spec(declaration, level);
        let mut inset = [0; 3];
        for read in &stage.reads {
            let reach = read.reach.on(grid);
            (0..3).for_each(|axis| inset[axis] = inset[axis].max(reach.widest(axis)));
        }
        for (earlier, before) in levels[..n].iter().zip(&insets) {
            if let Some(conflict) = Conflict::between(spec(declaration, earlier), stage, grid) {
                (0..3).for_each(|axis| inset[axis] = inset[axis].max(before[axis] + conflict.inset(axis)));
            }
        }
        insets.push(inset);
    }
    insets
}

/// The halo that `n_steps` steps at a stretch need, whichever phase they begin in.
pub fn depth_of(declaration: &Declaration, grid: &Grid, n_steps: usize) -> Reach {
    (0..declaration.phases.len()).fold(Reach::NONE, |depth, first| {
        depth.max(&Block::new(declaration, grid, first, n_steps, None).depth())
    })
}

fn spec<'d>(declaration: &'d Declaration, level: &Level) -> &'d StageSpec {
    &declaration.phases[level.phase].stages[level.stage]
}

/// Sets how far each level runs beyond the owned cells, such that the owned cells are right at the end; returns how far each
/// slot has to be right before the first level.
fn reach_backwards(declaration: &Declaration, grid: &Grid, levels: &mut [Level]) -> Vec<Reach> {
    let adds_up = |slot: SlotId| declaration.slots[slot.0].role == Role::Accumulator;
    let mut needed = vec![Reach::NONE; declaration.slots.len()];
    for level in levels.iter_mut().rev() {
        let stage = spec(declaration, level);
        let writes = || stage.writes.iter().filter(|&&slot| !adds_up(slot));
        level.beyond = writes().fold(Reach::NONE, |beyond, slot| beyond.max(&needed[slot.0]));
        // What is written without being read is written everywhere.
        writes().for_each(|slot| needed[slot.0] = Reach::NONE);
        for read in stage.reads.iter().filter(|read| !adds_up(read.slot)) {
            let reach = sum(&level.beyond, &read.reach.on(grid));
            needed[read.slot.0] = needed[read.slot.0].max(&reach);
        }
    }
    needed
}

fn sum(a: &Reach, b: &Reach) -> Reach {
    let add = |a: PerAxis<i64>, b: PerAxis<i64>| [0, 1, 2].map(|axis| a[axis] + b[axis]);
    Reach {
        lo: add(a.lo, b.lo),
        hi: add(a.hi, b.hi),
    }
}

/// Sets how far each level lags: behind those that write what it reads, and behind those that still read what it overwrites.
fn lag_forwards(declaration: &Declaration, grid: &Grid, levels: &mut [Level], shared: Option<Shared>) {
    for n in 1..levels.len() {
        let (before, rest) = levels.split_at_mut(n);
        let stage = spec(declaration, &rest[0]);
        let mut lag = before[n - 1].lag;
        for earlier in before.iter() {
            let Some(conflict) = Conflict::between(spec(declaration, earlier), stage, grid) else {
                continue;
            };
            for axis in 0..3 {
                // Another thread may be at any of the same layers.
                let more = shared
                    .filter(|shared| shared.axis == axis)
                    .map_or(0, |shared| shared.layers as i64);
                lag[axis] = lag[axis].max(earlier.lag[axis] + conflict.lag(axis) + more);
            }
        }
        rest[0].lag = lag;
    }
}

/// What two stages have in common, of which the later one must not come too near to the earlier one.
struct Conflict {
    /// How far the later one reads what the earlier one writes.
    flow: Reach,
    /// How far the earlier one reads what the later one overwrites.
    reuse: Reach,
}

impl Conflict {
    /// None where the stages have nothing in common.
    fn between(earlier: &StageSpec, later: &StageSpec, grid: &Grid) -> Option<Conflict> {
        let widest = |reads: &StageSpec, writes: &StageSpec| {
            let common = reads.reads.iter().filter(|read| writes.writes.contains(&read.slot));
            let reaches = common.map(|read| read.reach.on(grid));
            reaches.reduce(|widest, reach| widest.max(&reach))
        };
        let (flow, reuse) = (widest(later, earlier), widest(earlier, later));
        let is_written_twice = later.writes.iter().any(|slot| earlier.writes.contains(slot));
        (flow.is_some() || reuse.is_some() || is_written_twice).then(|| Conflict {
            flow: flow.unwrap_or(Reach::NONE),
            reuse: reuse.unwrap_or(Reach::NONE),
        })
    }

    /// How far the later one has to stay behind along `axis`, swept upwards. A ghost beyond a wall belongs to the cell that it is
    /// an image of, at most as far within the wall as it lies beyond it: hence the side that looks the other way.
    fn lag(&self, axis: usize) -> i64 {
        let Conflict { flow, reuse } = self;
        let ahead = flow.hi[axis].max(reuse.lo[axis]);
        let behind = flow.lo[axis].max(reuse.hi[axis]);
        ahead.max(behind - 1).max(0)
    }

    /// How far the later one has to stay within what the earlier one has done, on either side.
    fn inset(&self, axis: usize) -> i64 {
        self.flow.widest(axis).max(self.reuse.widest(axis))
    }
}

/// What lies beyond the ends of the rows of a slot where these are joined: copied as soon as a level has written the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowEnds {
    pub slot: SlotId,
    /// Cells that any stage reads beyond the first and beyond the last.
    below: i64,
    above: i64,
}

impl RowEnds {
    /// The copies that belong to whole rows: those of `tile`.
    pub fn copies(&self, rows: &IndexBox, tile: &Tile) -> [BoxCopy; 2] {
        let is_whole = rows.lo[0] == tile.owned.lo[0] && rows.hi[0] == tile.owned.hi[0];
        assert!(is_whole, "rows that are joined are updated as a whole");
        let (lo, hi) = (rows.lo[0], rows.hi[0]);
        let copy = |from: i64, to: i64, by: i64| BoxCopy {
            from: rows.with_range(0, from, to),
            by: [by, 0, 0],
        };
        [copy(hi - self.below, hi, lo - hi), copy(lo, lo + self.above, hi - lo)]
    }
}

/// What a level has to copy on a tile whose rows are joined.
pub fn row_ends(declaration: &Declaration, tile: &Tile, level: &Level) -> Vec<RowEnds> {
    let stages = || declaration.phases.iter().flat_map(|phase| &phase.stages);
    let ends = |&slot: &SlotId| {
        let reads = stages().flat_map(|stage| &stage.reads).filter(|read| read.slot == slot);
        let reach = reads.fold(Reach::NONE, |reach, read| reach.max(&read.reach.on(&tile.grid)));
        let (below, above) = (reach.lo[0], reach.hi[0]);
        (below + above > 0).then_some(RowEnds { slot, below, above })
    };
    match tile.is_joined(0) {
        true => spec(declaration, level).writes.iter().filter_map(ends).collect(),
        false => Vec::new(),
    }
}

/// Where a slot is first touched when layers are swept: so far ahead of the levels that do not lag, along the marching axis;
/// and how far beyond the rows of a strip, below and above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Front {
    pub slot: SlotId,
    marching: usize,
    across: usize,
    ahead: i64,
    below: i64,
    above: i64,
}

impl Front {
    /// The `part`-th of `n` parts of what is touched first where the rows of `next` are swept.
    pub fn part(&self, next: &IndexBox, n: usize, part: usize) -> IndexBox {
        let (marching, across) = (self.marching, self.across);
        let (lo, hi) = (next.lo[marching] + self.ahead, next.hi[marching] + self.ahead);
        let all = next.with_range(marching, lo, hi);
        let all = all.with_range(across, next.lo[across] - self.below, next.hi[across] + self.above);
        all.split(across, n, part)
    }
}

/// The fronts of all slots that have values everywhere.
pub fn fronts(declaration: &Declaration, grid: &Grid, levels: &[Level], marching: usize, across: usize) -> Vec<Front> {
    let whole = declaration
        .slot_ids()
        .filter(|slot| declaration.slots[slot.0].domain.is_none() && declaration.slots[slot.0].scalar == Scalar::Real);
    let front = |slot: SlotId| {
        let (mut aheads, mut belows, mut aboves) = (Vec::new(), Vec::new(), Vec::new());
        for level in levels {
            let stage = spec(declaration, level);
            let reads = stage.reads.iter().filter(|read| read.slot == slot);
            let reaches = reads.map(|read| read.reach.on(grid));
            for reach in reaches.chain(stage.writes.contains(&slot).then_some(Reach::NONE)) {
                aheads.push(reach.hi[marching] - level.lag[marching]);
                belows.push(reach.lo[across] + level.lag[across]);
                aboves.push(reach.hi[across] - level.lag[across]);
            }
        }
        Some(Front {
            slot,
            marching,
            across,
            ahead: aheads.into_iter().max()?,
            below: belows.into_iter().max()?,
            above: aboves.into_iter().max()?,
        })
    };
    whole.filter_map(front).collect()
}

#[cfg(test)]
mod tests;
