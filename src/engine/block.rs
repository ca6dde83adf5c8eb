//! Several steps at a stretch, read off the declarations: how far each stage runs beyond the owned cells so that no halo is
//! needed in between, and how far each has to lag behind the one before it.

use crate::field::{BoxCopy, Read, Role, Scalar, Shape, SlotId};
use crate::grid::{Grid, IndexBox, PerAxis, Reach, Tile};
use crate::kernels::{Declaration, StageSpec};
use crate::parallel::{HaloNeed, Member};
use std::ops::Range;

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
        let later = spec(declaration, level);
        let widest = |reads: &mut dyn Iterator<Item = &Read>| {
            let reach = reads.fold(Reach::NONE, |reach, read| reach.max(&read.reach.on(grid)));
            [0, 1, 2].map(|axis| reach.widest(axis))
        };
        let mut inset = widest(&mut later.reads.iter());
        for (earlier, &before) in levels[..n].iter().zip(&insets) {
            let earlier = spec(declaration, earlier);
            if conflict(earlier, later, grid).is_none() {
                continue;
            }
            let flows = later.reads.iter().filter(|read| earlier.writes.contains(&read.slot));
            let reused = earlier.reads.iter().filter(|read| later.writes.contains(&read.slot));
            let apart = widest(&mut flows.chain(reused));
            (0..3).for_each(|axis| inset[axis] = inset[axis].max(before[axis] + apart[axis]));
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
            let Some(reach) = conflict(spec(declaration, earlier), stage, grid) else {
                continue;
            };
            for axis in 0..3 {
                // Another thread may be at any of the same layers.
                let more = shared
                    .filter(|shared| shared.axis == axis)
                    .map_or(0, |shared| shared.layers as i64);
                lag[axis] = lag[axis].max(earlier.lag[axis] + reach[axis] + more);
            }
        }
        rest[0].lag = lag;
    }
}

/// How far `later` has to stay behind `earlier`; none where they have nothing in common. A ghost beyond a wall belongs to the
/// cell that it is an image of, at most as far within the wall as it lies beyond it: hence the side that looks the other way.
fn conflict(earlier: &StageSpec, later: &StageSpec, grid: &Grid) -> Option<PerAxis<i64>> {
    let mut lag = [0; 3];
    let mut keep = |ahead: PerAxis<i64>, behind: PerAxis<i64>| {
        for axis in 0..3 {
            lag[axis] = lag[axis].max(ahead[axis]).max(behind[axis] - 1);
        }
    };
    let flows = later.reads.iter().filter(|read| earlier.writes.contains(&read.slot));
    let reused = earlier.reads.iter().filter(|read| later.writes.contains(&read.slot));
    let is_written_twice = later.writes.iter().any(|slot| earlier.writes.contains(slot));
    let has_conflict = is_written_twice || flows.clone().chain(reused.clone()).next().is_some();
    for read in flows {
        let reach = read.reach.on(grid);
        keep(reach.hi, reach.lo);
    }
    for read in reused {
        let reach = read.reach.on(grid);
        keep(reach.lo, reach.hi);
    }
    has_conflict.then_some(lag)
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

/// How a block is swept: strips of rows, one after the other, each from the lowest layers to the highest with all levels
/// following each other closely, so that what they share stays in a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The axis that layers follow each other on.
    pub marching: usize,
    /// Layers that a level does at a time.
    pub layers: usize,
    /// The axis along which strips are cut, and shared by threads.
    pub across: Option<usize>,
    /// Rows of a strip at most.
    pub rows: usize,
    /// Rows that levels which do not lag behind each other are done on in turn.
    pub rows_at_once: usize,
}

impl Sweep {
    /// The same in strips of so many `rows`, if any are given.
    pub fn with_rows(self, rows: Option<usize>) -> Sweep {
        Sweep {
            rows: rows.unwrap_or(self.rows),
            ..self
        }
    }

    /// Calls `run` with levels and boxes: the share of one member of a team, which all sweep the same. Every level does all of
    /// its region, everything that a level reads has been done before, and nothing that is still to be read is overwritten.
    /// Several members share the rows of a strip or of a layer, and meet after each layer. Before each level of a layer,
    /// `fetch` is told the member's rows of the layer that comes next, before levels lag; after each layer `layer_done` is called.
    pub fn for_each(
        &self,
        levels: &[Level],
        regions: &[IndexBox],
        member: Member<'_>,
        mut run: impl FnMut(usize, IndexBox),
        fetch: impl Fn(usize, IndexBox),
        layer_done: impl Fn(),
    ) {
        let layers = self.layers.max(1);
        let widest = regions.first().copied().unwrap_or_else(|| IndexBox::from_size([0; 3]));
        for (lo, hi) in self.strips(levels, regions) {
            let cut = |number: usize| lo + (hi - lo) * number as i64 / member.n as i64;
            let (first, end) = (cut(member.number), cut(member.number + 1));
            for layer in span(levels, regions, self.marching).step_by(layers) {
                let coming = layer + layers as i64;
                let next = widest.with_range(self.marching, coming, coming + layers as i64);
                for group in groups(levels) {
                    let lag = levels[group.start].lag;
                    let from = layer - lag[self.marching];
                    let Some(axis) = self.across else {
                        for n in group.filter(|_| member.number == 0) {
                            let part = within(&regions[n], self.marching, from, from + layers as i64);
                            if !part.is_empty() {
                                run(n, part);
                            }
                        }
                        continue;
                    };
                    group.clone().for_each(|n| fetch(n, next.with_range(axis, first, end)));
                    let rows = if group.len() > 1 { self.rows_at_once } else { self.rows };
                    for row in (first..end).step_by(rows.max(1)) {
                        let row_end = (row + rows.max(1) as i64).min(end);
                        for n in group.clone() {
                            let part = within(&regions[n], self.marching, from, from + layers as i64);
                            let part = within(&part, axis, row - lag[axis], row_end - lag[axis]);
                            if !part.is_empty() {
                                run(n, part);
                            }
                        }
                    }
                }
                layer_done();
                member.meet();
            }
        }
    }

    /// Where each strip begins and ends, before levels lag.
    fn strips(&self, levels: &[Level], regions: &[IndexBox]) -> Vec<(i64, i64)> {
        let Some(axis) = self.across else {
            return vec![(0, 0)];
        };
        let all = span(levels, regions, axis);
        let rows = self.rows.clamp(1, (all.end - all.start).max(1) as usize);
        // Strips of one width, as far as that goes.
        let n = ((all.end - all.start) as usize).div_ceil(rows).max(1) as i64;
        let cut = |number: i64| all.start + (all.end - all.start) * number / n;
        (0..n).map(|number| (cut(number), cut(number + 1))).collect()
    }
}

/// Levels that follow each other without a lag.
fn groups(levels: &[Level]) -> impl Iterator<Item = Range<usize>> {
    let begins = |n: &usize| *n == 0 || levels[*n].lag != levels[*n - 1].lag;
    let end = move |first: usize| (first + 1..levels.len()).find(begins).unwrap_or(levels.len());
    (0..levels.len()).filter(begins).map(move |first| first..end(first))
}

/// Where the first and the last cell of any level is begun along `axis`.
fn span(levels: &[Level], regions: &[IndexBox], axis: usize) -> Range<i64> {
    let all = || levels.iter().zip(regions).filter(|(_, region)| !region.is_empty());
    let lo = all().map(|(level, region)| region.lo[axis] + level.lag[axis]).min();
    let hi = all().map(|(level, region)| region.hi[axis] + level.lag[axis]).max();
    lo.unwrap_or(0)..hi.unwrap_or(0)
}

/// The part of `region` from `lo` to `hi` along `axis`.
fn within(region: &IndexBox, axis: usize, lo: i64, hi: i64) -> IndexBox {
    let (first, end) = (region.lo[axis].max(lo), region.hi[axis].min(hi));
    region.with_range(axis, first, end.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::SlotSpec;
    use crate::grid::Location;
    use crate::kernels::Phase;
    use std::cell::RefCell;

    /// Stages by what they read, with reaches below and above, and what they write.
    type Stages = Vec<(Vec<(usize, i64, i64)>, Vec<usize>)>;

    fn grid() -> Grid {
        Grid {
            cells: [9, 30, 30],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [true; 3],
        }
    }

    fn declaration(n_slots: usize, phases: Vec<Stages>) -> Declaration {
        let slot = |n: usize| SlotSpec {
            name: format!("s{n}"),
            location: Location::CENTER,
            scalar: Scalar::Real,
            role: Role::State,
            domain: None,
        };
        let stage = |(reads, writes): (Vec<(usize, i64, i64)>, Vec<usize>)| StageSpec {
            name: "stage",
            reads: reads
                .into_iter()
                .map(|(slot, lo, hi)| {
                    Read::star(
                        SlotId(slot),
                        Reach {
                            lo: [lo; 3],
                            hi: [hi; 3],
                        },
                    )
                })
                .collect(),
            writes: writes.into_iter().map(SlotId).collect(),
        };
        let phase = |stages: Stages| Phase {
            stages: stages.into_iter().map(stage).collect(),
            live: Vec::new(),
        };
        Declaration {
            slots: (0..n_slots).map(slot).collect(),
            fields: Vec::new(),
            initial: stage((Vec::new(), Vec::new())),
            phases: phases.into_iter().map(phase).collect(),
            totals: Vec::new(),
            gauges: None,
            ghosts: Reach::NONE,
            n_coefficient_arrays: 0,
            layers_at_once: 1,
        }
    }

    /// Two buffers that take turns.
    fn double_buffer(reach: i64) -> Declaration {
        let turn = |from, to| vec![(vec![(from, reach, reach)], vec![to])];
        declaration(2, vec![turn(0, 1), turn(1, 0)])
    }

    /// Two staggered fields, each updated in place.
    fn yee() -> Declaration {
        let first = (vec![(0, 0, 1), (1, 0, 0)], vec![1]);
        let second = (vec![(1, 1, 0), (0, 0, 0)], vec![0]);
        declaration(2, vec![vec![first, second]])
    }

    /// Three stages between three buffers, with a memory that is kept at the cell.
    fn runge_kutta() -> Declaration {
        let stages = vec![
            (vec![(0, 2, 2), (3, 0, 0)], vec![1, 3]),
            (vec![(0, 0, 0), (1, 2, 1)], vec![2]),
            (vec![(2, 2, 2), (0, 0, 0)], vec![0]),
        ];
        declaration(4, vec![stages])
    }

    fn all() -> [Declaration; 5] {
        let lopsided = declaration(2, vec![vec![(vec![(0, 0, 3)], vec![1]), (vec![(1, 2, 0)], vec![0])]]);
        [double_buffer(1), double_buffer(3), yee(), runge_kutta(), lopsided]
    }

    fn tile(depth: Reach) -> Tile {
        Tile {
            grid: grid(),
            owned: IndexBox::new([0, 0, 0], [9, 12, 11]),
            margin: depth,
        }
    }

    #[test]
    fn steps_of_known_schemes_lag_and_reach_as_by_hand() {
        let block = Block::new(&double_buffer(2), &grid(), 0, 3, None);
        let lags: Vec<i64> = block.levels.iter().map(|level| level.lag[1]).collect();
        let beyond: Vec<i64> = block.levels.iter().map(|level| level.beyond.lo[2]).collect();
        assert_eq!((lags, beyond), (vec![0, 2, 4], vec![4, 2, 0]));
        assert_eq!(block.depth(), Reach::all(6));
        let block = Block::new(&yee(), &grid(), 0, 3, None);
        let lags: Vec<i64> = block.levels.iter().map(|level| level.lag[1]).collect();
        assert_eq!(lags, [0, 0, 1, 1, 2, 2]);
        assert_eq!(block.depth(), Reach::all(3));
    }

    /// Every value that a level reads is the one that the level before it has left there, in every kind of sweep.
    #[test]
    fn a_sweep_finds_what_it_reads_and_does_every_cell_once() {
        let sweeps = [
            (1, None),
            (3, None),
            (1, Some(4)),
            (2, Some(1)),
            (5, Some(7)),
            (100, None),
        ];
        for declaration in all() {
            for n_steps in [1, 2, 3, 5] {
                for first in 0..declaration.phases.len() {
                    for (layers, strips) in sweeps {
                        let sweep = Sweep {
                            marching: 2,
                            layers,
                            across: strips.map(|_| 1),
                            rows: strips.unwrap_or(0),
                            rows_at_once: 3,
                        };
                        let block = Block::new(&declaration, &grid(), first, n_steps, None);
                        follow(&declaration, &block, sweep, 1, true);
                        follow(&declaration, &block, sweep, 1, false);
                        let block = Block::new(&declaration, &grid(), first, n_steps, Some(Shared { axis: 2, layers }));
                        follow(&declaration, &block, sweep, 3, true);
                    }
                }
            }
        }
    }

    /// Follows a sweep by `n_members` threads, whose shares of a layer are done in both orders.
    /// Rows that are joined are whole ones.
    fn follow(declaration: &Declaration, block: &Block, sweep: Sweep, n_members: usize, is_joined: bool) {
        let mut tile = tile(block.depth());
        if !is_joined {
            tile.owned = tile.owned.with_range(0, 2, 5);
        }
        let regions = block.regions(&tile);
        assert_eq!(regions.last(), Some(&tile.owned));
        follow_all(declaration, block, &tile, sweep, n_members, &[regions], &Reach::NONE);
    }

    /// Follows sweeps of one after the other of `all`, before the second of which messages fill the halo as far as `reach`
    /// says.
    fn follow_all(
        declaration: &Declaration,
        block: &Block,
        tile: &Tile,
        sweep: Sweep,
        n_members: usize,
        all: &[Vec<IndexBox>],
        reach: &Reach,
    ) {
        let stored = tile.stored();
        let whole = block.regions(tile);
        let place = |cell: [i64; 3]| {
            let [i, j, k] = [0, 1, 2].map(|axis| (cell[axis] - stored.lo[axis]) as usize);
            i + stored.len(0) * (j + stored.len(1) * k)
        };
        // What each member does between two meetings.
        let shares = |regions: &[IndexBox]| -> Vec<Vec<Vec<(usize, IndexBox)>>> {
            let share = |number: usize| {
                let done = RefCell::new(vec![Vec::new()]);
                let next = || done.borrow_mut().push(Vec::new());
                let member = Member::counting(number, n_members, &next);
                let run = |n, part| done.borrow_mut().last_mut().unwrap().push((n, part));
                sweep.for_each(&block.levels, regions, member, run, |_, _| {}, || {});
                done.into_inner()
            };
            (0..n_members).map(share).collect()
        };
        let here_already = tile.stored().grow(reach.lo.map(|n| -n), reach.hi.map(|n| -n));
        for upwards in [true, false] {
            // The level that has written a value last, counted from 1; 0 for what was there before.
            let mut written = vec![vec![0; stored.n_cells()]; declaration.slots.len()];
            let mut n_done = vec![0; whole.len()];
            let halo = || cells(&stored).filter(|&cell| !here_already.contains(cell));
            let arrive = |written: &mut Vec<Vec<usize>>, value: usize| {
                written
                    .iter_mut()
                    .for_each(|slot| halo().for_each(|cell| slot[place(cell)] = value));
            };
            arrive(&mut written, usize::MAX);
            for (number, regions) in all.iter().enumerate() {
                if number == 1 {
                    arrive(&mut written, 0);
                }
                let shares = shares(regions);
                for meeting in 0..shares[0].len() {
                    for m in 0..n_members {
                        let number = if upwards { m } else { n_members - 1 - m };
                        for &(n, part) in &shares[number][meeting] {
                            let stage = spec(declaration, &block.levels[n]);
                            for read in &stage.reads {
                                let writes =
                                    |l: &usize| spec(declaration, &block.levels[*l]).writes.contains(&read.slot);
                                let writer = (0..n).rev().find(writes);
                                let reached = part.reached(&read.reach);
                                let right = writer.map_or(stored, |writer| match tile.is_joined(0) {
                                    true => whole[writer].with_range(0, stored.lo[0], stored.hi[0]),
                                    false => whole[writer],
                                });
                                assert!(
                                    right.contains_box(&reached),
                                    "level {n} reads {reached}, of which {right} is right"
                                );
                                for cell in cells(&reached) {
                                    let found = written[read.slot.0][place(cell)];
                                    assert_eq!(
                                        found,
                                        writer.map_or(0, |writer| writer + 1),
                                        "level {n} on {part}, {sweep:?}"
                                    );
                                }
                            }
                            for slot in &stage.writes {
                                cells(&part).for_each(|cell| written[slot.0][place(cell)] = n + 1);
                            }
                            for ends in row_ends(declaration, tile, &block.levels[n]) {
                                for BoxCopy { from, by } in ends.copies(&part, tile) {
                                    cells(&from.shift(by)).for_each(|cell| written[ends.slot.0][place(cell)] = n + 1);
                                }
                            }
                            assert!(regions[n].contains_box(&part));
                            n_done[n] += part.n_cells();
                        }
                    }
                }
            }
            assert!(whole.iter().map(IndexBox::n_cells).eq(n_done));
        }
    }

    /// A core that is done before messages have filled their part of the halo, and what is left, give every value.
    #[test]
    fn a_core_needs_no_message_and_the_rest_finds_what_it_reads() {
        let mut n_split = 0;
        for declaration in all() {
            for n_steps in [1, 2] {
                for cut in [[false, false, true], [false, true, false], [false, true, true]] {
                    for (layers, n_members) in [(1, 1), (2, 1), (1, 3), (2, 3)] {
                        let shared = (n_members > 1).then_some(Shared { axis: 2, layers });
                        let block = Block::new(&declaration, &grid(), 0, n_steps, shared);
                        let tile = tile(block.depth());
                        let depth = block.depth();
                        let late = |reach: PerAxis<i64>| [0, 1, 2].map(|axis| if cut[axis] { reach[axis] } else { 0 });
                        let late = Reach {
                            lo: late(depth.lo),
                            hi: late(depth.hi),
                        };
                        // Rows are joined: from beyond their ends corners come, and nothing else.
                        let mut reach = late;
                        (reach.lo[0], reach.hi[0]) = (depth.lo[0], depth.hi[0]);
                        let Some(split) = block.split(&declaration, &tile, &block.regions(&tile), &reach) else {
                            continue;
                        };
                        n_split += 1;
                        let sweep = Sweep {
                            marching: 2,
                            layers,
                            across: Some(1),
                            rows: 4,
                            rows_at_once: 3,
                        };
                        let all: Vec<_> = [split.core].into_iter().chain(split.rest).collect();
                        follow_all(&declaration, &block, &tile, sweep, n_members, &all, &late);
                    }
                }
            }
        }
        assert!(n_split > 20, "only {n_split} were cut");
    }

    fn cells(all: &IndexBox) -> impl Iterator<Item = [i64; 3]> + use<> {
        let (lo, hi) = (all.lo[0], all.hi[0]);
        all.rows().flat_map(move |(j, k)| (lo..hi).map(move |i| [i, j, k]))
    }

    #[test]
    fn walls_and_joined_rows_need_no_cells_beyond_them() {
        let mut tile = tile(Reach::all(3));
        tile.grid.periodic = [true, false, true];
        let block = Block::new(&double_buffer(1), &tile.grid, 0, 3, None);
        let regions = block.regions(&tile);
        assert_eq!(regions[0], IndexBox::new([0, 0, -2], [9, 14, 13]));
        tile.owned = tile.owned.with_range(0, 0, 5);
        assert_eq!(block.regions(&tile)[0], IndexBox::new([-2, 0, -2], [7, 14, 13]));
    }
}
