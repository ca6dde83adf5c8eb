//! Where the three components of a 3D field can be updated in one loop.
//!
//! Worked out once for every row, so that a sweep does not look for it: rows with the same patterns of materials share a plan.

use super::medium::{Medium, Run};
use super::prepared::Part;
use super::rules::Rule;
use crate::field::Real;
use crate::grid::{IndexBox, PerAxis, Tile};
use std::collections::HashMap;
use std::ops::Range;

/// A stretch of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub start: i64,
    pub end: i64,
    pub action: Action,
}

/// What acts on the three components along a segment.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing but curls and losses, on any of them, with uniform coefficients: numbers of their rules.
    Plain([u32; 3]),
    /// Beside these one Drude pole on each.
    Drude([u32; 3]),
    /// Something else on one at least: numbers of [`Piece`]s.
    Each(Range<usize>),
}

/// A stretch of one component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Of the component.
    pub axis: usize,
    pub run: Run,
}

/// The plans of all rows of a tile.
#[derive(Debug)]
pub struct Fused {
    /// Nodes at which all three components have all their differences.
    pub nodes: IndexBox,
    /// The plan of each row of `nodes`, y fastest; empty where all rows have the first.
    rows: Vec<u32>,
    /// Their segments.
    plans: Vec<Range<usize>>,
    segments: Vec<Segment>,
    pieces: Vec<Piece>,
}

impl Fused {
    /// Of the parts of E or of H; none where there are not three with two differences each.
    pub fn new<T: Real>(parts: &PerAxis<Option<Part<T>>>, tile: &Tile) -> Option<Fused> {
        let [Some(x), Some(y), Some(z)] = parts else {
            return None;
        };
        let parts = [x, y, z];
        if parts
            .iter()
            .any(|part| part.curl.plus.is_none() || part.curl.minus.is_none())
        {
            return None;
        }
        let nodes = parts
            .iter()
            .fold(tile.stored(), |all, part| all.intersect(&part.interior));
        if nodes.is_empty() {
            return None;
        }
        let media = parts.map(|part| &part.medium);
        let mut numbers: HashMap<[usize; 3], u32> = HashMap::new();
        let mut fused = Fused {
            nodes,
            rows: Vec::new(),
            plans: Vec::new(),
            segments: Vec::new(),
            pieces: Vec::new(),
        };
        for (j, k) in nodes.rows() {
            let patterns = media.map(|medium| medium.pattern(j, k));
            let number = *numbers.entry(patterns).or_insert_with(|| {
                fused.plan(media, (j, k));
                fused.plans.len() as u32 - 1
            });
            fused.rows.push(number);
        }
        if fused.plans.len() == 1 {
            fused.rows = Vec::new();
        }
        Some(fused)
    }

    /// The segments of a row of `nodes`, in ascending order.
    #[inline]
    pub fn segments(&self, j: i64, k: i64) -> &[Segment] {
        let plan = match self.rows.is_empty() {
            true => 0,
            false => self.rows[self.place(j, k)] as usize,
        };
        &self.segments[self.plans[plan].clone()]
    }

    /// The pieces of a segment.
    #[inline]
    pub fn pieces(&self, numbers: &Range<usize>) -> &[Piece] {
        &self.pieces[numbers.clone()]
    }

    /// How far the rows from j on have the same segments: at most to `end`.
    #[inline]
    pub fn equal_until(&self, j: i64, end: i64, k: i64) -> i64 {
        if self.rows.is_empty() {
            return end;
        }
        let rows = &self.rows[self.place(j, k)..][..(end - j) as usize];
        j + rows.iter().take_while(|&&plan| plan == rows[0]).count() as i64
    }

    fn place(&self, j: i64, k: i64) -> usize {
        (k - self.nodes.lo[2]) as usize * self.nodes.len(1) + (j - self.nodes.lo[1]) as usize
    }

    /// Adds the plan of a row.
    fn plan<T: Real>(&mut self, media: PerAxis<&Medium<T>>, (j, k): (i64, i64)) {
        let first = self.segments.len();
        let (mut at, end) = (self.nodes.lo[0], self.nodes.hi[0]);
        while at < end {
            let runs = media.map(|medium| medium.run([at, j, k]));
            let next = runs.iter().fold(end, |next, run| next.min(run.end));
            let is_all = |holds: &dyn Fn(&Rule<T>) -> bool| {
                let rules = || media.iter().zip(&runs).map(|(medium, run)| &medium.rules()[run.rule]);
                runs.iter().all(|run| !run.is_varied) && rules().all(holds)
            };
            let rules = runs.map(|run| run.rule as u32);
            let action = match () {
                _ if is_all(&Rule::is_plain) => Action::Plain(rules),
                _ if is_all(&|rule| rule.drude().is_some()) => Action::Drude(rules),
                _ => Action::Each(0..0),
            };
            match self.segments[first..].last_mut() {
                Some(last) if last.action == action => last.end = next,
                _ => self.segments.push(Segment {
                    start: at,
                    end: next,
                    action,
                }),
            }
            at = next;
        }
        for segment in self.segments[first..].iter_mut() {
            if let Action::Each(numbers) = &mut segment.action {
                numbers.start = self.pieces.len();
                for (axis, medium) in media.iter().enumerate() {
                    let mut at = segment.start;
                    while at < segment.end {
                        let run = medium.run([at, j, k]);
                        at = run.end;
                        self.pieces.push(Piece { axis, run });
                    }
                }
                numbers.end = self.pieces.len();
            }
        }
        self.plans.push(first..self.segments.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Units;
    use crate::field::SlotId;
    use crate::grid::Grid;
    use crate::kernels::fdtd::component::Component;
    use crate::kernels::fdtd::geometry::MaterialMap;
    use crate::kernels::fdtd::geometry::{Geometry, Shape, ShapeKind};
    use crate::kernels::fdtd::material::Material;
    use crate::kernels::fdtd::mixture::MagneticMixture;
    use crate::kernels::fdtd::rules::{PoleEnergy, PoleRule};
    use crate::kernels::fdtd::units::Vacuum;

    /// A slab whose faces lie on nodes: Ey and Ez are mixed there, Ex is not. What the slab is made of has a Drude pole.
    fn media() -> PerAxis<Medium<f64>> {
        let grid = Grid {
            cells: [80, 3, 3],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [true; 3],
        };
        let geometry = Geometry {
            materials: vec![Material::vacuum("background"), Material::vacuum("other")],
            shapes: vec![Shape {
                kind: ShapeKind::slab(0, 20.0, 60.0),
                material: 1,
            }],
        };
        Component::ELECTRIC.map(|component| {
            let map = MaterialMap::new(&geometry, &grid, component, grid.all());
            let mixture = MagneticMixture {
                inverse_permeability: 1.0,
                loss: 0.0,
            };
            let plain = Rule::magnetic(&mixture, &Vacuum::new(Units::Natural), 0.1);
            let mut rules = vec![plain; map.mixes().len()];
            let inside = map.mix_at([40, 1, 1]) as usize;
            rules[inside].poles.push(PoleRule::Drude {
                current: SlotId(component.axis()),
                a: 0.5,
                b: 0.25,
                energy: PoleEnergy {
                    kinetic: 0.0,
                    potential: 0.0,
                },
            });
            Medium::new(map, rules)
        })
    }

    #[test]
    fn segments_cover_the_row_and_say_what_acts() {
        let media = media();
        let mut fused = Fused {
            nodes: IndexBox::from_size([80, 3, 3]),
            rows: Vec::new(),
            plans: Vec::new(),
            segments: Vec::new(),
            pieces: Vec::new(),
        };
        fused.plan(media.each_ref(), (1, 1));
        let segments = fused.segments(1, 1);
        assert_eq!((segments[0].start, segments.last().unwrap().end), (0, 80));
        assert!(segments.windows(2).all(|pair| pair[0].end == pair[1].start));
        for segment in segments {
            for i in segment.start..segment.end {
                let rules = media.each_ref().map(|medium| medium.at([i, 1, 1]));
                let expected = |numbers: &[u32; 3]| [0, 1, 2].map(|a| &media[a].rules()[numbers[a] as usize]);
                match &segment.action {
                    Action::Plain(numbers) => {
                        assert_eq!(expected(numbers), rules);
                        assert!(rules.iter().all(|rule| rule.is_plain()));
                    }
                    Action::Drude(numbers) => {
                        assert_eq!(expected(numbers), rules);
                        assert!(rules.iter().all(|rule| rule.drude().is_some()));
                    }
                    Action::Each(numbers) => {
                        assert!(rules.iter().any(|rule| !rule.is_plain()));
                        assert!(rules.iter().any(|rule| rule.drude().is_none()));
                        let here = fused.pieces(numbers).iter();
                        let here = here.filter(|piece| (piece.run.start..piece.run.end).contains(&i));
                        assert_eq!(here.map(|piece| piece.axis).collect::<Vec<_>>(), [0, 1, 2]);
                    }
                }
            }
        }
        // Vacuum; the face, where Ey and Ez are mixed but Ex is not; the slab; the other face; vacuum.
        let is_plain = |segment: &Segment| matches!(segment.action, Action::Plain(_));
        assert!(is_plain(&segments[0]) && is_plain(&segments[segments.len() - 1]));
        assert!(
            segments
                .iter()
                .any(|segment| matches!(segment.action, Action::Drude(_)))
        );
        assert!(segments.iter().any(|segment| matches!(segment.action, Action::Each(_))));
    }
}
