//! Which materials are around each node of a box.

mod builder;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::Geometry;
use crate::grid::{Grid, IndexBox};
use crate::kernels::fdtd::component::Component;

/// What is around a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Mix {
    /// An electric node in a perfect conductor or on its surface, or a magnetic one with nothing else around it.
    PerfectConductor,
    /// Materials by number, ascending, and the share of each, above zero; together 1. Perfect conductors are not among them.
    Shares(Vec<(usize, f64)>),
}

/// Nodes of a row with the same mix, from the end of the span before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Global x index behind the last node.
    pub end: i64,
    /// Number of the mix.
    pub mix: u32,
}

/// The mixes around the nodes of one component in a box of nodes.
///
/// Shares are counted over 8 x 8 samples, spread evenly and symmetrically over the area of one cell's sides across the
/// component's axis for an electric component (along an inactive axis the node's own place), over 8 samples in the two half
/// cells along its axis for a magnetic one: a flat interface through electric nodes gives exactly one half each. An
/// electric node is on a perfect conductor if that is found a millionth of a cell beside it; shares of perfect conductors
/// in other nodes are left out. Beyond walls the geometry goes on as it does; on a periodic axis what lies within the
/// grid repeats. A node's mix depends on the node alone, not on the box.
///
/// Rows are coded by spans, equal rows share one pattern, and the map of a uniform box is one span.
#[derive(Clone, Debug, PartialEq)]
pub struct MaterialMap {
    nodes: IndexBox,
    mixes: Vec<Mix>,
    patterns: Vec<Vec<Span>>,
    /// The pattern of each row, y fastest; empty where all rows have the first.
    rows: Vec<u32>,
}

impl MaterialMap {
    /// The map of `nodes`, in global indices, which may lie beyond the ends of the grid.
    pub fn new(geometry: &Geometry, grid: &Grid, component: Component, nodes: IndexBox) -> MaterialMap {
        builder::build(geometry, grid, component, nodes)
    }

    fn of_rows(nodes: IndexBox, mixes: Vec<Mix>, spans: Vec<Vec<Span>>) -> MaterialMap {
        let mut numbers: HashMap<Vec<Span>, u32> = HashMap::new();
        let mut rows: Vec<u32> = Vec::with_capacity(spans.len());
        for row in spans {
            let next = numbers.len() as u32;
            rows.push(*numbers.entry(row).or_insert(next));
        }
        let mut patterns = vec![Vec::new(); numbers.len()];
        for (row, number) in numbers {
            patterns[number as usize] = row;
        }
        if patterns.len() <= 1 {
            rows = Vec::new();
        }
        MaterialMap {
            nodes,
            mixes,
            patterns,
            rows,
        }
    }

    fn of_one(nodes: IndexBox, mix: Mix) -> MaterialMap {
        let all = Span {
            end: nodes.hi[0],
            mix: 0,
        };
        MaterialMap {
            nodes,
            mixes: vec![mix],
            patterns: vec![vec![all]],
            rows: Vec::new(),
        }
    }

    pub fn nodes(&self) -> IndexBox {
        self.nodes
    }

    /// All mixes that occur, each once.
    pub fn mixes(&self) -> &[Mix] {
        &self.mixes
    }

    /// The mix of all nodes, if there is only one.
    pub fn uniform(&self) -> Option<u32> {
        (self.mixes.len() == 1).then_some(0)
    }

    /// The spans of the row `(j, k)`, from the lowest x index of the box to the highest; neighbours differ.
    ///
    /// # Panics
    /// If the row is not in the box.
    pub fn spans(&self, j: i64, k: i64) -> &[Span] {
        &self.patterns[self.pattern(j, k)]
    }

    /// The number of the pattern of spans of the row `(j, k)`: rows with equal numbers are equal.
    ///
    /// # Panics
    /// If the row is not in the box.
    pub fn pattern(&self, j: i64, k: i64) -> usize {
        assert!(
            self.nodes.contains([self.nodes.lo[0], j, k]),
            "row ({j}, {k}) is not in the map of {}",
            self.nodes
        );
        if self.rows.is_empty() {
            return 0;
        }
        let row = (k - self.nodes.lo[2]) as usize * self.nodes.len(1) + (j - self.nodes.lo[1]) as usize;
        self.rows[row] as usize
    }

    /// The spans of every pattern.
    pub fn patterns(&self) -> &[Vec<Span>] {
        &self.patterns
    }

    /// How many different rows there are.
    pub fn n_patterns(&self) -> usize {
        self.patterns.len()
    }

    /// The mix of the whole row `(j, k)`, if there is only one.
    pub fn row_mix(&self, j: i64, k: i64) -> Option<u32> {
        match self.spans(j, k) {
            [only] => Some(only.mix),
            _ => None,
        }
    }

    /// The number of the mix of one node.
    ///
    /// # Panics
    /// If the node is not in the box.
    pub fn mix_at(&self, node: [i64; 3]) -> u32 {
        let spans = self.spans(node[1], node[2]);
        assert!(
            self.nodes.contains(node),
            "{node:?} is not in the map of {}",
            self.nodes
        );
        spans[spans.partition_point(|span| span.end <= node[0])].mix
    }
}
