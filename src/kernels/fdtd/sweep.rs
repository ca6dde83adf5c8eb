//! One stage on one region: row by row, everything that acts on a component.
//!
//! On every cell, in this order: the currents of poles, losses and curl; what absorbing layers add; what a plane wave adds
//! on its surface; source currents; the polarisation of relaxations, which needs the new field. The order is the same
//! whichever loop takes a cell.

use super::curl::{Row, Term, beside, pair};
use super::fused::{Action, Fused};
use super::medium::Stretch;
use super::parameters::Parameters;
use super::prepared::{CurrentNodes, Layer, Occurrences, Part, Prepared};
use super::rows::{
    Absorption, Order, Three, Triple, absorber_rows, curl_row, debye_row, drude_curl_row, drude_row, lorentz_row,
    relax_row, subtract_row, three_curl_rows, three_drude_rows,
};
use super::rules::{Coefficient, PoleRule, Rule};
use super::slots::Slots;
use crate::field::{Real, RowReader, RowWriter, SlotId, StageView};
use crate::grid::{Grid, IndexBox, PerAxis};
use crate::kernels::StageCall;
use crate::numerics::instructions::InstructionSet;

/// Bytes of the rows of a block that are read again in the next plane: meant to stay in the second-level cache.
const BLOCK_BYTES: usize = 640 * 1024;

/// Rows per plane and cell that come back in the next one: two sources and their own plane.
const ROWS_KEPT: usize = 4;

/// Rows that are taken through everything that acts before the next ones are.
const ROWS_AT_ONCE: i64 = 16;

/// Where a node lies on magnetic walls, per axis: there the difference runs to the image of the one neighbour there is,
/// which has the opposite sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Image {
    None,
    Lower,
    Upper,
}

/// A layer on the region.
#[derive(Debug)]
struct Pass<'s, T> {
    part: &'s Part<T>,
    layer: &'s Layer<T>,
    nodes: IndexBox,
    /// Of the medium, where that is the same everywhere.
    gain: Option<T>,
}

impl<T: Copy> Clone for Pass<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Copy> Copy for Pass<'_, T> {}

/// A stage under way on a region.
pub struct Sweep<'s, 'v, T> {
    parameters: &'s Parameters,
    step: u64,
    set: InstructionSet,
    is_electric: bool,
    parts: &'s [Option<Part<T>>; 3],
    sources: [Option<RowReader<'v, T>>; 3],
    targets: [Option<RowWriter<'v, T>>; 3],
    /// Memory of layers and poles, by slot.
    state: Vec<Option<RowWriter<'v, T>>>,
    /// The region, with the last nodes that belong to it.
    region: IndexBox,
    /// Per component: the nodes of the region that change.
    nodes: PerAxis<IndexBox>,
    passes: Vec<Pass<'s, T>>,
    /// Whether waves or currents act.
    is_driven: bool,
    /// Per current: what the weights of its nodes are multiplied with, A/m2 or V/m2, once it was asked for.
    strengths: Vec<Option<f64>>,
    relaxes: bool,
    /// Where all three components of a 3D field are updated in one loop, and how.
    fused: IndexBox,
    plans: Option<&'s Fused>,
    /// Rows beyond magnetic walls, of the added and the subtracted difference.
    mirrored: [Vec<T>; 2],
    sum: Vec<T>,
    /// Fields before the step, where relaxations need them.
    old: [Vec<T>; 3],
    relaxing: Vec<(usize, Stretch<'s, T>, Row)>,
}

impl<'s, 'v, T: Real> Sweep<'s, 'v, T> {
    /// Stage 0 advances H, stage 1 E.
    pub fn new(
        parameters: &'s Parameters,
        prepared: &'s Prepared<T>,
        slots: &Slots,
        call: &StageCall,
        view: &StageView<'v, T>,
    ) -> Self {
        let stage = call.stage;
        let parts = &prepared.parts[stage];
        let region = with_last_nodes(&prepared.grid, view.region());
        let is_electric = stage == 1;
        let sources = prepared.parts[1 - stage].each_ref();
        let n = region.len(0);
        let Occurrences {
            has_images,
            has_poles,
            has_relaxations,
        } = prepared.occurrences[stage];
        let plans = prepared.fused[stage].as_ref();
        let nodes = parts.each_ref().map(|part| match part {
            Some(part) => part.updated.intersect(&region),
            None => IndexBox::new([0; 3], [0; 3]),
        });
        let passes = parts
            .iter()
            .flatten()
            .flat_map(|part| part.layers.iter().map(move |layer| (part, layer)));
        let passes = passes.map(|(part, layer)| Pass {
            part,
            layer,
            nodes: layer.nodes.intersect(&region),
            gain: part
                .medium
                .uniform()
                .filter(|rule| !rule.is_still)
                .map(|rule| rule.gain),
        });
        let passes: Vec<Pass<'s, T>> = passes.filter(|pass| !pass.nodes.is_empty()).collect();
        let mut currents = parts.iter().flatten().flat_map(|part| &part.currents);
        let has_currents = currents.any(|current| !current.bounds.intersect(&region).is_empty());
        let n_states = if has_poles || !passes.is_empty() {
            slots.n_slots()
        } else {
            0
        };
        let mut state: Vec<Option<RowWriter<'v, T>>> = (0..n_states).map(|_| None).collect();
        let of_layers = passes.iter().map(|pass| pass.layer.slot.slot);
        let of_poles = slots.state_of_poles(is_electric && has_poles);
        for slot in of_layers.chain(of_poles) {
            state[slot.0] = Some(view.write(slot));
        }
        Sweep {
            nodes,
            passes,
            is_driven: has_currents || !parameters.steps().waves.is_empty(),
            strengths: vec![None; if has_currents { parameters.currents.len() } else { 0 }],
            relaxes: has_relaxations,
            parameters,
            step: call.step,
            set: call.instructions,
            is_electric,
            parts,
            sources: sources.map(|part| part.as_ref().map(|part| view.read(slots.field(part.component)))),
            targets: parts
                .each_ref()
                .map(|part| part.as_ref().map(|part| view.write(slots.field(part.component)))),
            state,
            region,
            plans,
            fused: plans.map_or(IndexBox::new([0; 3], [0; 3]), |plans| plans.nodes.intersect(&region)),
            mirrored: [0, 1].map(|_| vec![T::ZERO; if has_images { n } else { 0 }]),
            sum: vec![T::ZERO; if has_poles { n } else { 0 }],
            old: [0, 1, 2].map(|_| vec![T::ZERO; if has_relaxations { n } else { 0 }]),
            relaxing: Vec::new(),
        }
    }

    /// Updates the region, in blocks of rows that stay in cache from plane to plane.
    pub fn run(&mut self) {
        let row_bytes = self.region.len(0).max(1) * size_of::<T>();
        let rows = (BLOCK_BYTES / (ROWS_KEPT * row_bytes)).max(4) as i64;
        let at_once = match (self.relaxes, self.passes.is_empty() && !self.is_driven) {
            (true, _) => 1,
            (false, true) => rows,
            (false, false) => ROWS_AT_ONCE,
        };
        let region = self.region;
        let mut block = region.lo[1];
        while block < region.hi[1] {
            let end = (block + rows).min(region.hi[1]);
            for k in region.lo[2]..region.hi[2] {
                let mut j = block;
                while j < end {
                    let next = (j + at_once).min(end);
                    self.rows(j, next, k);
                    j = next;
                }
            }
            block = end;
        }
    }

    /// The rows `[lo, hi)` of plane k: everything that acts, in its order.
    fn rows(&mut self, lo: i64, hi: i64, k: i64) {
        for pass in &self.passes {
            self.fetch(pass, lo, hi, k);
        }
        self.curls(lo, hi, k);
        for n in 0..self.passes.len() {
            self.absorb(n, lo, hi, k);
        }
        if self.is_driven {
            for j in lo..hi {
                for part in self.parts.iter().flatten() {
                    self.drive_row(part, j, k);
                }
            }
        }
        self.relax();
    }

    /// Poles, losses and curls on the rows `[lo, hi)` of plane k.
    fn curls(&mut self, lo: i64, hi: i64, k: i64) {
        let fused = self.fused;
        let is_within = fused.lo[0] < fused.hi[0] && (fused.lo[2]..fused.hi[2]).contains(&k);
        let (from, to) = match self.plans.filter(|_| is_within) {
            Some(plans) => {
                let (from, to) = (fused.lo[1].clamp(lo, hi), fused.hi[1].clamp(lo, hi));
                let mut j = from;
                while j < to {
                    let end = plans.equal_until(j, to, k);
                    self.three(plans, [j, end], k);
                    j = end;
                }
                (from, to.max(from))
            }
            None => (hi, hi),
        };
        for (part, nodes) in self.parts.iter().zip(self.nodes) {
            let Some(part) = part else { continue };
            if !(nodes.lo[2]..nodes.hi[2]).contains(&k) {
                continue;
            }
            let [first, end] = [lo, hi].map(|j| j.clamp(nodes.lo[1], nodes.hi[1]));
            let row = |j: i64, lo: i64, hi: i64| Row { j, k, lo, hi };
            for j in (first..end.min(from)).chain(first.max(to)..end) {
                self.one(part, row(j, nodes.lo[0], nodes.hi[0]));
            }
            for [lo, hi] in [[nodes.lo[0], fused.lo[0]], [fused.hi[0], nodes.hi[0]]] {
                if lo < hi {
                    (first.max(from)..end.min(to)).for_each(|j| self.one(part, row(j, lo, hi)));
                }
            }
        }
    }

    /// All three components on rows of one plan: together where nothing but curls and losses acts on any of them, else one
    /// by one.
    fn three(&mut self, plans: &'s Fused, rows: [i64; 2], k: i64) {
        let [Some(x), Some(y), Some(z)] = self.parts else {
            unreachable!("a fused row has three components")
        };
        for segment in plans.segments(rows[0], k) {
            let (lo, hi) = (segment.start.max(self.fused.lo[0]), segment.end.min(self.fused.hi[0]));
            if lo >= hi {
                continue;
            }
            let row = Row { j: rows[0], k, lo, hi };
            let rule = |part: &'s Part<T>, number: u32| &part.medium.rules()[number as usize];
            match &segment.action {
                Action::Plain([a, b, c]) | Action::Drude([a, b, c]) => {
                    self.three_at_once(rows, row, [rule(x, *a), rule(y, *b), rule(z, *c)]);
                }
                Action::Each(numbers) => {
                    for piece in plans.pieces(numbers) {
                        let part = [x, y, z][piece.axis];
                        let (lo, hi) = (lo.max(piece.run.start), hi.min(piece.run.end));
                        if lo >= hi {
                            continue;
                        }
                        let stretch = part.medium.stretch(&piece.run, lo);
                        for j in rows[0]..rows[1] {
                            self.any_stretch(part, stretch, Row { j, k, lo, hi }, [Image::None; 3]);
                        }
                    }
                }
            }
        }
    }

    /// All three components where one rule holds for each, with one Drude pole or none.
    fn three_at_once(&mut self, rows: [i64; 2], row: Row, rules: [&Rule<T>; 3]) {
        let Row { k, lo, hi, .. } = row;
        let [Some(x), Some(y), Some(z)] = &self.sources else {
            unreachable!("a fused row has three sources")
        };
        let [Some(px), Some(py), Some(pz)] = self.parts else {
            unreachable!("a fused row has three components")
        };
        let [Some(tx), Some(ty), Some(tz)] = &mut self.targets else {
            unreachable!("a fused row has three components")
        };
        let is_electric = self.is_electric;
        let along = |axis: usize, source: &RowReader<'v, T>| beside(source, axis, is_electric, rows[1], row);
        let (there, order, sign) = match self.is_electric {
            true => (
                [
                    [along(1, z), along(2, y)],
                    [along(2, x), along(0, z)],
                    [along(0, y), along(1, x)],
                ],
                Order::Electric,
                T::ONE,
            ),
            false => (
                [
                    [along(2, y), along(1, z)],
                    [along(0, z), along(2, x)],
                    [along(1, x), along(0, y)],
                ],
                Order::Magnetic,
                -T::ONE,
            ),
        };
        let [a, b, c] = rules;
        let triple = Triple {
            keep: [a.keep, b.keep, c.keep],
            gain: [sign * a.gain, sign * b.gain, sign * c.gain],
            per_length: [px.per_length, py.per_length, pz.per_length],
        };
        let mut three = Three {
            targets: [
                tx.rows_mut(rows, k, lo, hi),
                ty.rows_mut(rows, k, lo, hi),
                tz.rows_mut(rows, k, lo, hi),
            ],
            here: [
                x.rows(rows, k, lo, hi),
                y.rows(rows, k, lo, hi),
                z.rows(rows, k, lo, hi),
            ],
            there,
        };
        let (Some(a), Some(b), Some(c)) = (a.drude(), b.drude(), c.drude()) else {
            three_curl_rows(self.set, &mut three, order, &triple);
            return;
        };
        let currents = self.state.get_disjoint_mut([a.0.0, b.0.0, c.0.0]);
        let Ok([Some(x), Some(y), Some(z)]) = currents else {
            unreachable!("every component's pole has a state of its own")
        };
        let mut currents = [
            x.rows_mut(rows, k, lo, hi),
            y.rows_mut(rows, k, lo, hi),
            z.rows_mut(rows, k, lo, hi),
        ];
        three_drude_rows(self.set, &mut three, &mut currents, [a.1, b.1, c.1], &triple);
    }

    /// One component on a row that may reach magnetic walls.
    fn one(&mut self, part: &'s Part<T>, row: Row) {
        if row.lo >= row.hi {
            return;
        }
        let (lo, hi) = (part.interior.lo[0].max(row.lo), part.interior.hi[0].min(row.hi));
        for (piece, side) in [
            (
                Row {
                    hi: row.hi.min(part.interior.lo[0]),
                    ..row
                },
                Image::Lower,
            ),
            (Row { lo, hi, ..row }, Image::None),
            (
                Row {
                    lo: row.lo.max(part.interior.hi[0]),
                    ..row
                },
                Image::Upper,
            ),
        ] {
            if piece.lo >= piece.hi {
                continue;
            }
            let images = [side, image(part, 1, row.j), image(part, 2, row.k)];
            self.stretches(part, piece, images);
        }
    }

    /// One component on a row, stretch by stretch.
    fn stretches(&mut self, part: &'s Part<T>, row: Row, images: [Image; 3]) {
        part.medium
            .for_each_stretch(row, |row, stretch| self.any_stretch(part, stretch, row, images));
    }

    fn any_stretch(&mut self, part: &'s Part<T>, stretch: Stretch<'s, T>, row: Row, images: [Image; 3]) {
        match stretch {
            Stretch::Uniform(rule) => self.stretch(part, stretch, rule, 0, row, images),
            Stretch::Varied(rule, from) => self.stretch(part, stretch, rule, from, row, images),
        }
    }

    /// One component where one rule holds, of whose coefficients those from number `from` on belong to the row.
    #[inline(always)]
    fn stretch<C: Coefficient<T>>(
        &mut self,
        part: &'s Part<T>,
        stretch: Stretch<'s, T>,
        rule: &'s Rule<C>,
        from: usize,
        row: Row,
        images: [Image; 3],
    ) {
        if rule.is_still {
            return;
        }
        let (axis, n) = (part.component.axis(), (row.hi - row.lo) as usize);
        let [of_plus, of_minus] = &mut self.mirrored;
        let (sources, is_electric) = (&self.sources, self.is_electric);
        let plus = difference(part.curl.plus, sources, is_electric, row, images, of_plus);
        let minus = difference(part.curl.minus, sources, is_electric, row, images, of_minus);
        let plus = plus.map(|rows| (rows, part.per_length[0]));
        let minus = minus.map(|rows| (rows, part.per_length[1]));
        let (keep, gain) = (rule.keep.part(from, n), rule.gain.part(from, n));
        let target = self.targets[axis].as_mut().expect("every part has a target");
        if rule.poles.is_empty() {
            curl_row(
                self.set,
                target.row_mut(row.j, row.k, row.lo, row.hi),
                keep,
                gain,
                plus,
                minus,
            );
            return;
        }
        if let ([PoleRule::Drude { current, a, b, .. }], Some(plus), Some(minus)) = (&rule.poles[..], plus, minus) {
            let current = self.state[current.0].as_mut().expect("a pole has its state");
            let current = current.row_mut(row.j, row.k, row.lo, row.hi);
            let out = target.row_mut(row.j, row.k, row.lo, row.hi);
            let pole = [a.part(from, n), b.part(from, n)];
            drude_curl_row(self.set, out, current, pole, keep, gain, plus, minus);
            return;
        }
        let sum = &mut self.sum[..n];
        let field = target.row(row.j, row.k, row.lo, row.hi);
        if rule.has_relaxation() {
            let at = (row.lo - self.region.lo[0]) as usize;
            self.old[axis][at..at + n].copy_from_slice(field);
            self.relaxing.push((axis, stretch, row));
        }
        for (number, pole) in rule.poles.iter().enumerate() {
            advance_pole(self.set, pole, from, &mut self.state, field, row, sum, number == 0);
        }
        let out = target.row_mut(row.j, row.k, row.lo, row.hi);
        curl_row(self.set, out, keep, gain, plus, minus);
        subtract_row(self.set, out, sum, gain);
    }

    /// Has the memory of a layer fetched while curls are computed: of the rows that follow each other in a plane there are too
    /// few for the processor to see them come. Across x there are many.
    fn fetch(&self, pass: &Pass<'s, T>, first: i64, end: i64, k: i64) {
        if pass.layer.slot.axis == 0 {
            return;
        }
        let nodes = &pass.nodes;
        let psi = self.state[pass.layer.slot.slot.0]
            .as_ref()
            .expect("a layer has a memory");
        if (nodes.lo[2]..nodes.hi[2]).contains(&k) && nodes.lo[0] < nodes.hi[0] {
            for j in first.max(nodes.lo[1])..end.min(nodes.hi[1]) {
                psi.prefetch(j, k, nodes.lo[0], nodes.hi[0]);
            }
        }
    }

    /// What a layer adds on the rows `[first, end)` of plane k.
    fn absorb(&mut self, number: usize, first: i64, end: i64, k: i64) {
        let Pass {
            part,
            layer,
            nodes,
            gain,
        } = self.passes[number];
        let rows = [first.max(nodes.lo[1]), end.min(nodes.hi[1])];
        if !(nodes.lo[2]..nodes.hi[2]).contains(&k) || nodes.lo[0] >= nodes.hi[0] || rows[0] >= rows[1] {
            return;
        }
        let source = self.sources[layer.source.axis()]
            .as_ref()
            .expect("a layer has a source");
        let target = self.targets[part.component.axis()]
            .as_mut()
            .expect("every part has a target");
        let psi = self.state[layer.slot.slot.0].as_mut().expect("a layer has a memory");
        let absorption = |gain: T| Absorption {
            along: layer.slot.axis,
            is_electric: self.is_electric,
            first: layer.first,
            tables: layer.tables.each_ref().map(|table| &table[..]),
            gain: if layer.is_added { gain } else { -gain },
        };
        let row = Row {
            j: rows[0],
            k,
            lo: nodes.lo[0],
            hi: nodes.hi[0],
        };
        if let Some(gain) = gain {
            absorber_rows(self.set, target, psi, source, row, rows[1], absorption(gain));
            return;
        }
        for j in rows[0]..rows[1] {
            for (lo, hi, rule) in part.medium.spans(Row { j, ..row }) {
                if !rule.is_still {
                    let piece = Row { j, lo, hi, ..row };
                    absorber_rows(self.set, target, psi, source, piece, j + 1, absorption(rule.gain));
                }
            }
        }
    }

    /// What plane waves and source currents add on one row.
    fn drive_row(&mut self, part: &'s Part<T>, j: i64, k: i64) {
        let nodes = self.nodes[part.component.axis()];
        let row = Row {
            j,
            k,
            lo: nodes.lo[0],
            hi: nodes.hi[0],
        };
        let target = self.targets[part.component.axis()]
            .as_mut()
            .expect("every part has a target");
        let mut add = |i: i64, density: f64| {
            let rule = part.medium.at([i, j, k]);
            if !rule.is_still {
                target.row_mut(j, k, i, i + 1)[0] += rule.gain * T::from_f64(density);
            }
        };
        let steps = self.parameters.steps();
        for wave in &steps.waves {
            wave.on_row(part.component, (j, k), (row.lo, row.hi), self.step, &mut add);
        }
        for CurrentNodes { number, nodes, bounds } in &part.currents {
            if !(bounds.lo[2]..bounds.hi[2]).contains(&k) || !(bounds.lo[1]..bounds.hi[1]).contains(&j) {
                continue;
            }
            let rate = || self.parameters.currents[*number].rate(self.step, steps.dt);
            let Some(strength) = self.strengths.get_mut(*number) else {
                continue;
            };
            let strength = *strength.get_or_insert_with(rate);
            if strength == 0.0 {
                continue;
            }
            let first = nodes.partition_point(|node| (node.cell[2], node.cell[1], node.cell[0]) < (k, j, row.lo));
            let here = nodes[first..].iter();
            for node in here.take_while(|node| (node.cell[2], node.cell[1]) == (k, j) && node.cell[0] < row.hi) {
                add(node.cell[0], -(node.weight * strength));
            }
        }
    }

    /// The polarisation of relaxations on the present row, after everything else.
    fn relax(&mut self) {
        while let Some((axis, stretch, row)) = self.relaxing.pop() {
            match stretch {
                Stretch::Uniform(rule) => self.relax_stretch(axis, rule, 0, row),
                Stretch::Varied(rule, from) => self.relax_stretch(axis, rule, from, row),
            }
        }
    }

    fn relax_stretch<C: Coefficient<T>>(&mut self, axis: usize, rule: &Rule<C>, from: usize, row: Row) {
        let Row { j, k, lo, hi } = row;
        let n = (hi - lo) as usize;
        let at = (lo - self.region.lo[0]) as usize;
        let old = &self.old[axis][at..at + n];
        let target = self.targets[axis].as_ref().expect("every part has a target");
        let new = target.row(j, k, lo, hi);
        for pole in &rule.poles {
            if let PoleRule::Debye { polarization, a, b, .. } = pole {
                let state = self.state[polarization.0].as_mut().expect("a pole has its state");
                let (a, b) = (a.part(from, n), b.part(from, n));
                relax_row(self.set, state.row_mut(j, k, lo, hi), old, new, a, b);
            }
        }
    }
}

/// Advances a pole by half a step past the field, and adds its current to `sum`, which a first pole begins.
#[allow(clippy::too_many_arguments)]
fn advance_pole<T: Real, C: Coefficient<T>>(
    set: InstructionSet,
    pole: &PoleRule<C>,
    from: usize,
    state: &mut [Option<RowWriter<'_, T>>],
    field: &[T],
    row: Row,
    sum: &mut [T],
    is_first: bool,
) {
    let Row { j, k, lo, hi } = row;
    let n = sum.len();
    let missing = "a pole has its state";
    match pole {
        PoleRule::Drude { current, a, b, .. } => {
            let current = state[current.0].as_mut().expect(missing).row_mut(j, k, lo, hi);
            drude_row(set, current, field, a.part(from, n), b.part(from, n), sum, is_first);
        }
        PoleRule::Lorentz {
            current,
            polarization,
            factors: [a, b, c, dt],
            ..
        } => {
            let [current, polarization] = two(state, *current, *polarization);
            let (current, polarization) = (current.row_mut(j, k, lo, hi), polarization.row_mut(j, k, lo, hi));
            let factors = [a.part(from, n), b.part(from, n), c.part(from, n), dt.part(from, n)];
            lorentz_row(set, current, polarization, field, factors, sum, is_first);
        }
        PoleRule::Debye { polarization, r, .. } => {
            let polarization = state[polarization.0].as_ref().expect(missing).row(j, k, lo, hi);
            debye_row(set, polarization, r.part(from, n), sum, is_first);
        }
    }
}

/// The rows of a difference. Beyond a magnetic wall the source is the negative of what it is before it: the image goes to
/// `mirrored`.
fn difference<'r, T: Real>(
    term: Option<Term>,
    sources: &'r [Option<RowReader<'_, T>>; 3],
    is_electric: bool,
    row: Row,
    images: [Image; 3],
    mirrored: &'r mut [T],
) -> Option<[&'r [T]; 2]> {
    let Term { axis, source } = term?;
    let source = sources[source.axis()].as_ref()?;
    let real = match images[axis] {
        Image::None => return Some(pair(source, axis, is_electric, row)),
        Image::Lower => source.row(row.j, row.k, row.lo, row.hi),
        Image::Upper => pair(source, axis, is_electric, row)[1],
    };
    let mirrored = &mut mirrored[..real.len()];
    mirrored.iter_mut().zip(real).for_each(|(to, &from)| *to = -from);
    Some(match images[axis] {
        Image::Lower => [real, mirrored],
        _ => [mirrored, real],
    })
}

/// The writers of two slots.
fn two<'w, 'v, T>(
    state: &'w mut [Option<RowWriter<'v, T>>],
    first: SlotId,
    second: SlotId,
) -> [&'w mut RowWriter<'v, T>; 2] {
    let both = state
        .get_disjoint_mut([first.0, second.0])
        .expect("two slots of a pole");
    both.map(|writer| writer.as_mut().expect("a pole has its state"))
}

/// Whether nodes with index `index` along `axis` lie on a wall that is an image plane.
fn image<T>(part: &Part<T>, axis: usize, index: i64) -> Image {
    match () {
        _ if index < part.interior.lo[axis] => Image::Lower,
        _ if index >= part.interior.hi[axis] => Image::Upper,
        _ => Image::None,
    }
}

/// The region with the nodes on upper walls that belong to its cells.
pub fn with_last_nodes(grid: &Grid, region: IndexBox) -> IndexBox {
    let mut all = region;
    for axis in 0..3 {
        let is_last = region.hi[axis] == grid.cells[axis] as i64;
        all.hi[axis] += i64::from(is_last && !grid.periodic[axis] && grid.is_active(axis));
    }
    all
}
