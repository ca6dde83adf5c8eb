//! Builds maps: blocks of nodes that no surface crosses are decided at once, others are halved down to
//! nodes, or to lines and planes of them where nothing ends along these.

use std::collections::HashMap;

use super::{MaterialMap, Mix, Span};
use crate::grid::{Grid, IndexBox};
use crate::kernels::fdtd::component::Component;
use crate::kernels::fdtd::geometry::sampling::Sampling;
use crate::kernels::fdtd::geometry::side::Side;
use crate::kernels::fdtd::geometry::{Geometry, Point};

pub(super) fn build(geometry: &Geometry, grid: &Grid, component: Component, nodes: IndexBox) -> MaterialMap {
    let mut builder = Builder {
        geometry,
        grid,
        sampling: Sampling::new(grid, component),
        nodes,
        shapes: (0..geometry.shapes.len()).collect(),
        counts: vec![0; geometry.materials.len()],
        mixes: Mixes::default(),
        rows: Vec::new(),
    };
    if nodes.is_empty() {
        return MaterialMap::of_rows(nodes, Vec::new(), Vec::new());
    }
    let parts = builder.sampling.continuous_parts(nodes);
    if let Some(material) = builder.only_material(&parts) {
        return MaterialMap::of_one(nodes, builder.mixes.pure(geometry, material));
    }
    builder.rows = vec![Vec::new(); nodes.len(1) * nodes.len(2)];
    for part in parts {
        builder.fill(part, State::start(geometry));
    }
    MaterialMap::of_rows(nodes, builder.mixes.list, builder.rows)
}

/// What is known of a block: its `n_shapes` shapes are the last ones on the builder's list, in the order of the geometry;
/// they may cut it, and where none of them is, it is filled by `base`.
#[derive(Clone, Copy)]
struct State {
    base: usize,
    n_shapes: usize,
}

impl State {
    fn start(geometry: &Geometry) -> State {
        State {
            base: 0,
            n_shapes: geometry.shapes.len(),
        }
    }
}

struct Builder<'a> {
    geometry: &'a Geometry,
    grid: &'a Grid,
    sampling: Sampling<'a>,
    nodes: IndexBox,
    /// A stack of lists of shapes, one list for each block from the whole to the one being looked at.
    shapes: Vec<usize>,
    /// Samples of each material around a node.
    counts: Vec<u32>,
    mixes: Mixes,
    /// The spans of all rows of the box so far.
    rows: Vec<Vec<Span>>,
}

impl Builder<'_> {
    /// The material of all nodes of `parts`, if no surface comes near.
    fn only_material(&mut self, parts: &[IndexBox]) -> Option<usize> {
        let mut found = None;
        for part in parts {
            let state = self.narrow(part, State::start(self.geometry));
            let material = self.decided(state);
            self.shapes.truncate(self.shapes.len() - state.n_shapes);
            if material.is_none() || (found.is_some() && found != material) {
                return None;
            }
            found = material;
        }
        found
    }

    fn fill(&mut self, block: IndexBox, outer: State) {
        let state = self.narrow(&block, outer);
        if let Some(material) = self.decided(state) {
            let mix = self.mixes.number_of_pure(self.geometry, material);
            self.append(&block, mix);
        } else if let Some([lower, upper]) = self.halves(&block, state) {
            self.fill(lower, state);
            self.fill(upper, state);
        } else {
            let mix = self.sample(block.lo, state);
            self.append(&block, mix);
        }
        self.shapes.truncate(self.shapes.len() - state.n_shapes);
    }

    /// Pushes the list of those shapes of the outer block that matter in `block`.
    fn narrow(&mut self, block: &IndexBox, outer: State) -> State {
        let blocks = self.sampling.blocks(block);
        let first = self.shapes.len();
        let mut base = outer.base;
        for n in first - outer.n_shapes..first {
            let shape = &self.geometry.shapes[self.shapes[n]];
            let mut sides = blocks.as_slice().iter().map(|block| shape.kind.side_of(block));
            let side = sides.next().unwrap_or(Side::Outside);
            match if sides.all(|other| other == side) {
                side
            } else {
                Side::Cut
            } {
                Side::Outside => {}
                Side::Cut => self.shapes.push(self.shapes[n]),
                Side::Inside => {
                    base = shape.material;
                    self.shapes.truncate(first);
                }
            }
        }
        State {
            base,
            n_shapes: self.shapes.len() - first,
        }
    }

    fn candidates(&self, state: State) -> &[usize] {
        &self.shapes[self.shapes.len() - state.n_shapes..]
    }

    /// The material that fills a block, if it is only one.
    fn decided(&self, state: State) -> Option<usize> {
        let mut materials = self
            .candidates(state)
            .iter()
            .map(|&shape| self.geometry.shapes[shape].material);
        materials.all(|material| material == state.base).then_some(state.base)
    }

    /// Halves across the side that is longest in metres, so that pieces become round. None where all nodes have the same
    /// around them: a single one, or a line or plane of them along axes on which nothing that cuts the block ends.
    fn halves(&self, block: &IndexBox, state: State) -> Option<[IndexBox; 2]> {
        let varies = |axis: usize| {
            let mut shapes = self.candidates(state).iter().map(|&n| &self.geometry.shapes[n]);
            block.len(axis) > 1 && shapes.any(|shape| !shape.kind.is_endless(axis))
        };
        let length = |axis: usize| match varies(axis) {
            true => block.len(axis) as f64 * self.grid.spacing[axis],
            false => 0.0,
        };
        let lengths = [0, 1, 2].map(length);
        let longest = (1..3).fold(0, |best, axis| if lengths[axis] > lengths[best] { axis } else { best });
        (lengths[longest] > 0.0).then(|| [block.split(longest, 2, 0), block.split(longest, 2, 1)])
    }

    /// The number of the mix around one node.
    fn sample(&mut self, node: [i64; 3], state: State) -> u32 {
        if self.sampling.is_electric() && self.is_on_conductor(node, state) {
            return self.mixes.number_of(Key::PerfectConductor);
        }
        let [x, y, z] = [0, 1, 2].map(|axis| self.sampling.samples(axis, node[axis]));
        self.counts.fill(0);
        for &z in z.as_slice() {
            for &y in y.as_slice() {
                for &x in x.as_slice() {
                    let material = self.material_at([x, y, z], state);
                    self.counts[material] += 1;
                }
            }
        }
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let others = counted.filter(|(material, _)| !self.geometry.materials[*material].is_pec);
        let key = Key::of(others.map(|(material, &count)| (material, count)).collect());
        self.mixes.number_of(key)
    }

    fn is_on_conductor(&self, node: [i64; 3], state: State) -> bool {
        let is_pec = |material: usize| self.geometry.materials[material].is_pec;
        let shapes = self.candidates(state).iter().map(|&n| &self.geometry.shapes[n]);
        if !is_pec(state.base) && !shapes.into_iter().any(|shape| is_pec(shape.material)) {
            return false;
        }
        let [x, y, z] = [0, 1, 2].map(|axis| self.sampling.beside(axis, node[axis]));
        let is_pec_at = |point: Point| is_pec(self.material_at(point, state));
        z.as_slice().iter().any(|&z| {
            y.as_slice()
                .iter()
                .any(|&y| x.as_slice().iter().any(|&x| is_pec_at([x, y, z])))
        })
    }

    /// As [`Geometry::material_at`], with what is known of the block.
    fn material_at(&self, point: Point, state: State) -> usize {
        let mut from_top = self.candidates(state).iter().rev().map(|&n| &self.geometry.shapes[n]);
        from_top
            .find(|shape| shape.kind.contains(point))
            .map_or(state.base, |shape| shape.material)
    }

    /// Adds the nodes of `block` to their rows. Blocks come in ascending x as far as a row is concerned: of two halves, or
    /// two parts, the lower is filled first.
    fn append(&mut self, block: &IndexBox, mix: u32) {
        for (j, k) in block.rows() {
            let n = (k - self.nodes.lo[2]) as usize * self.nodes.len(1) + (j - self.nodes.lo[1]) as usize;
            let row = &mut self.rows[n];
            match row.last_mut() {
                Some(last) if last.mix == mix => last.end = block.hi[0],
                _ => row.push(Span { end: block.hi[0], mix }),
            }
        }
    }
}

/// What tells one mix from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    PerfectConductor,
    /// Materials, ascending, and samples of each without a common divisor.
    Counts(Vec<(usize, u32)>),
}

impl Key {
    /// Samples of materials that are no perfect conductors; where there are none, it is one.
    fn of(mut counts: Vec<(usize, u32)>) -> Key {
        if counts.is_empty() {
            return Key::PerfectConductor;
        }
        let divisor = counts
            .iter()
            .fold(0, |divisor, (_, count)| common_divisor(divisor, *count));
        for (_, count) in &mut counts {
            *count /= divisor;
        }
        Key::Counts(counts)
    }
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// The mixes found so far.
#[derive(Default)]
struct Mixes {
    list: Vec<Mix>,
    numbers: HashMap<Key, u32>,
}

impl Mixes {
    fn number_of(&mut self, key: Key) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(mix(&key));
        self.numbers.insert(key, number);
        number
    }

    fn number_of_pure(&mut self, geometry: &Geometry, material: usize) -> u32 {
        self.number_of(pure(geometry, material))
    }

    fn pure(&self, geometry: &Geometry, material: usize) -> Mix {
        mix(&pure(geometry, material))
    }
}

fn pure(geometry: &Geometry, material: usize) -> Key {
    match geometry.materials[material].is_pec {
        true => Key::PerfectConductor,
        false => Key::Counts(vec![(material, 1)]),
    }
}

fn mix(key: &Key) -> Mix {
    match key {
        Key::PerfectConductor => Mix::PerfectConductor,
        Key::Counts(counts) => {
            let total: u32 = counts.iter().map(|(_, count)| count).sum();
            let share = |&(material, count): &(usize, u32)| (material, f64::from(count) / f64::from(total));
            Mix::Shares(counts.iter().map(share).collect())
        }
    }
}
