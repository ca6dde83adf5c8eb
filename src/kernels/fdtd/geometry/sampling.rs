//! Where around a node materials are sampled.

use super::side::Block;
use crate::grid::{Grid, IndexBox, Location, PerAxis};
use crate::kernels::fdtd::component::Component;

/// Samples along an axis.
pub(super) const N_SAMPLES: usize = 8;

/// How far from the node the outermost sample is, in cells.
const REACH: f64 = 0.5 - 0.5 / N_SAMPLES as f64;

/// How far beside a node it is looked whether it lies on a perfect conductor, in cells.
const BESIDE: f64 = 1e-6;

/// By how much a block is taken larger than its samples need, in cells: much more than the rounding of coordinates, so
/// that a block of which it is known on which side it lies gives the same as its samples.
const MARGIN: f64 = 1e-5;

/// Coordinates along one axis.
#[derive(Clone, Copy)]
pub(super) struct Places {
    list: [f64; N_SAMPLES],
    n: usize,
}

impl Places {
    pub fn as_slice(&self) -> &[f64] {
        &self.list[..self.n]
    }
}

/// The places around the nodes of one component.
///
/// An electric component changes little across its own axis within a cell, and what counts is the mean over the area
/// across its axis, one cell's sides around the node. A magnetic component counts the two half cells along its own axis.
pub(super) struct Sampling<'a> {
    grid: &'a Grid,
    location: Location,
    is_electric: bool,
    /// The axes along which there are samples beside the node.
    is_spread: PerAxis<bool>,
}

impl<'a> Sampling<'a> {
    pub fn new(grid: &'a Grid, component: Component) -> Sampling<'a> {
        let is_spread = |axis: usize| grid.is_active(axis) && (axis == component.axis()) != component.is_electric();
        Sampling {
            grid,
            location: component.location(grid),
            is_electric: component.is_electric(),
            is_spread: [0, 1, 2].map(is_spread),
        }
    }

    /// The coordinate of the place `offset` cells beside node `index`, m. On a periodic axis what lies below the grid is
    /// at its upper end. In 2D z means nothing, and is zero.
    fn coordinate(&self, axis: usize, index: i64, offset: f64) -> f64 {
        let grid = self.grid;
        if axis >= grid.dims {
            return 0.0;
        }
        // As Grid::coordinate, to the bit where the offset is zero.
        let mut cells = grid.wrap(axis, index) as f64 + self.location.offset()[axis] + offset;
        if grid.periodic[axis] && cells < 0.0 {
            cells += grid.cells[axis] as f64;
        }
        grid.origin[axis] + cells * grid.spacing[axis]
    }

    /// The samples along `axis` of the node with this index, symmetric about it.
    pub fn samples(&self, axis: usize, index: i64) -> Places {
        let offset = |m: usize| (m as f64 + 0.5) / N_SAMPLES as f64 - 0.5;
        match self.is_spread[axis] {
            true => Places {
                list: std::array::from_fn(|m| self.coordinate(axis, index, offset(m))),
                n: N_SAMPLES,
            },
            false => self.only(axis, index),
        }
    }

    /// Where along `axis` it is looked for a perfect conductor around an electric node.
    pub fn beside(&self, axis: usize, index: i64) -> Places {
        match self.is_spread[axis] {
            true => {
                let mut places = self.only(axis, index);
                places.list[0] = self.coordinate(axis, index, -BESIDE);
                places.list[1] = self.coordinate(axis, index, BESIDE);
                places.n = 2;
                places
            }
            false => self.only(axis, index),
        }
    }

    fn only(&self, axis: usize, index: i64) -> Places {
        Places {
            list: [self.coordinate(axis, index, 0.0); N_SAMPLES],
            n: 1,
        }
    }

    pub fn is_electric(&self) -> bool {
        self.is_electric
    }

    /// Cuts `nodes` along every axis where coordinates jump, or samples lie at both ends of the grid.
    pub fn continuous_parts(&self, nodes: IndexBox) -> Vec<IndexBox> {
        let mut parts = vec![nodes];
        for axis in (0..3).filter(|&axis| self.grid.periodic[axis]) {
            parts = parts.iter().flat_map(|part| self.cut_along(axis, part)).collect();
        }
        parts
    }

    fn cut_along(&self, axis: usize, part: &IndexBox) -> Vec<IndexBox> {
        let starts_part = |index: &i64| {
            let wrapped = self.grid.wrap(axis, *index);
            wrapped == 0 || (wrapped == 1 && self.is_spread[axis] && self.location.0[axis])
        };
        let mut starts: Vec<i64> = (part.lo[axis] + 1..part.hi[axis]).filter(starts_part).collect();
        starts.insert(0, part.lo[axis]);
        starts.push(part.hi[axis]);
        starts
            .windows(2)
            .map(|pair| part.with_range(axis, pair[0], pair[1]))
            .collect()
    }

    /// Blocks of space that hold all samples of `nodes`, a part as of [`Sampling::continuous_parts`], with some margin:
    /// one, or for each axis where samples lie at both ends of the grid twice as many.
    pub fn blocks(&self, nodes: &IndexBox) -> Blocks {
        let empty = Block {
            lower: [0.0; 3],
            upper: [0.0; 3],
        };
        let mut blocks = Blocks { list: [empty; 8], n: 1 };
        for axis in 0..self.grid.dims {
            let (first, last) = (nodes.lo[axis], nodes.hi[axis] - 1);
            let reach = MARGIN + if self.is_spread[axis] { REACH } else { 0.0 };
            let offset = self.location.offset()[axis];
            let cells = |index: i64, offset: f64| self.grid.wrap(axis, index) as f64 + offset;
            let place = |cells: f64| self.grid.origin[axis] + cells * self.grid.spacing[axis];
            let (lower, upper) = (cells(first, offset - reach), cells(last, offset + reach));
            let is_split = self.grid.periodic[axis] && self.is_spread[axis] && cells(first, offset) - REACH < 0.0;
            blocks.set(axis, place(lower), place(upper));
            if is_split {
                let n_cells = self.grid.cells[axis] as f64;
                blocks.set(axis, place(-MARGIN), place(upper));
                blocks.fork(axis, place(lower + n_cells), place(n_cells + MARGIN));
            }
        }
        blocks
    }
}

/// A few blocks of space.
#[derive(Clone, Copy)]
pub(super) struct Blocks {
    list: [Block; 8],
    n: usize,
}

impl Blocks {
    pub fn as_slice(&self) -> &[Block] {
        &self.list[..self.n]
    }

    fn set(&mut self, axis: usize, lower: f64, upper: f64) {
        for block in &mut self.list[..self.n] {
            (block.lower[axis], block.upper[axis]) = (lower, upper);
        }
    }

    /// Adds each block once more, with another range along `axis`.
    fn fork(&mut self, axis: usize, lower: f64, upper: f64) {
        for n in 0..self.n {
            let mut copy = self.list[n];
            (copy.lower[axis], copy.upper[axis]) = (lower, upper);
            self.list[self.n + n] = copy;
        }
        self.n *= 2;
    }
}
