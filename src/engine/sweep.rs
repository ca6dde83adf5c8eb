//! How the levels of a block follow each other through a tile.

use super::block::Level;
use crate::grid::IndexBox;
use crate::parallel::Member;
use std::ops::Range;

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
        let layers = self.layers.max(1) as i64;
        let groups: Vec<Range<usize>> = groups(levels).collect();
        let widest = regions.first().copied().unwrap_or_else(|| IndexBox::from_size([0; 3]));
        for (lo, hi) in self.strips(levels, regions) {
            let cut = |number: usize| lo + (hi - lo) * number as i64 / member.n as i64;
            let (first, end) = (cut(member.number), cut(member.number + 1));
            for layer in span(levels, regions, self.marching).step_by(layers as usize) {
                let next = widest.with_range(self.marching, layer + layers, layer + 2 * layers);
                for group in &groups {
                    let lag = levels[group.start].lag;
                    let from = layer - lag[self.marching];
                    let mut run_part = |n: usize, rows: Option<(usize, i64, i64)>| {
                        let part = within(&regions[n], self.marching, from, from + layers);
                        let part = rows.map_or(part, |(axis, lo, hi)| {
                            within(&part, axis, lo - lag[axis], hi - lag[axis])
                        });
                        if !part.is_empty() {
                            run(n, part);
                        }
                    };
                    let Some(axis) = self.across else {
                        // There are no rows to share.
                        group
                            .clone()
                            .filter(|_| member.number == 0)
                            .for_each(|n| run_part(n, None));
                        continue;
                    };
                    group.clone().for_each(|n| fetch(n, next.with_range(axis, first, end)));
                    let at_once = if group.len() > 1 { self.rows_at_once } else { self.rows };
                    for row in (first..end).step_by(at_once.max(1)) {
                        let row_end = end.min(row + at_once.max(1) as i64);
                        group.clone().for_each(|n| run_part(n, Some((axis, row, row_end))));
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
