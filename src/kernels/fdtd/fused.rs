//! Where the three components of a 3D field can be updated in one loop.
//!
//! Worked out once for every row, so that a sweep does not look for it: rows with the same patterns of materials share a plan.

use super::medium::Medium;
use super::prepared::Part;
use crate::field::Real;
use crate::grid::{IndexBox, PerAxis, Tile};
use std::collections::HashMap;

/// A stretch of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    pub start: i64,
    pub end: i64,
    /// The rules of the three components, where nothing but curls and losses with uniform coefficients acts on any.
    pub rules: Option<[u32; 3]>,
}

/// The plans of all rows of a tile.
#[derive(Debug)]
pub struct Fused {
    /// Nodes at which all three components have all their differences.
    pub nodes: IndexBox,
    /// The plan of each row of `nodes`, y fastest; empty where all rows have the first.
    rows: Vec<u32>,
    plans: Vec<Vec<Segment>>,
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
        let mut plans = Vec::new();
        let mut rows = Vec::new();
        for (j, k) in nodes.rows() {
            let patterns = media.map(|medium| medium.pattern(j, k));
            let number = *numbers.entry(patterns).or_insert_with(|| {
                plans.push(plan(media, (j, k), [nodes.lo[0], nodes.hi[0]]));
                plans.len() as u32 - 1
            });
            rows.push(number);
        }
        if plans.len() == 1 {
            rows = Vec::new();
        }
        Some(Fused { nodes, rows, plans })
    }

    /// The segments of a row of `nodes`, in ascending order.
    #[inline]
    pub fn segments(&self, j: i64, k: i64) -> &[Segment] {
        if self.rows.is_empty() {
            return &self.plans[0];
        }
        let row = (k - self.nodes.lo[2]) as usize * self.nodes.len(1) + (j - self.nodes.lo[1]) as usize;
        &self.plans[self.rows[row] as usize]
    }
}

fn plan<T: Real>(media: PerAxis<&Medium<T>>, (j, k): (i64, i64), [start, end]: [i64; 2]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut at = start;
    while at < end {
        let here = media.map(|medium| medium.plain_until([at, j, k]));
        let next = here.iter().map(|(_, next)| *next).min().unwrap_or(end).min(end);
        let rules = match here {
            [(Some(x), _), (Some(y), _), (Some(z), _)] => Some([x, y, z].map(|rule| rule as u32)),
            _ => None,
        };
        match segments.last_mut() {
            Some(last) if last.rules == rules => last.end = next,
            _ => segments.push(Segment {
                start: at,
                end: next,
                rules,
            }),
        }
        at = next;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Units;
    use crate::grid::Grid;
    use crate::kernels::fdtd::component::Component;
    use crate::kernels::fdtd::geometry::MaterialMap;
    use crate::kernels::fdtd::geometry::{Geometry, Shape, ShapeKind};
    use crate::kernels::fdtd::material::Material;
    use crate::kernels::fdtd::mixture::MagneticMixture;
    use crate::kernels::fdtd::rules::Rule;
    use crate::kernels::fdtd::units::Vacuum;

    #[test]
    fn segments_cover_the_row_and_are_plain_where_all_components_are() {
        let grid = Grid {
            cells: [80, 3, 3],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [true; 3],
        };
        // A slab whose faces lie on nodes: Ey and Ez are mixed there, Ex is not.
        let geometry = Geometry {
            materials: vec![Material::vacuum("background"), Material::vacuum("other")],
            shapes: vec![Shape {
                kind: ShapeKind::slab(0, 20.0, 60.0),
                material: 1,
            }],
        };
        let media = Component::ELECTRIC.map(|component| {
            let map = MaterialMap::new(&geometry, &grid, component, grid.all());
            let mixture = MagneticMixture {
                inverse_permeability: 1.0,
                loss: 0.0,
            };
            let rule = Rule::magnetic(&mixture, &Vacuum::new(Units::Natural), 0.1);
            let rules = vec![rule; map.mixes().len()];
            Medium::<f64>::new(map, rules)
        });
        let segments = plan(media.each_ref(), (1, 1), [0, 80]);
        assert_eq!((segments[0].start, segments.last().unwrap().end), (0, 80));
        assert!(segments.windows(2).all(|pair| pair[0].end == pair[1].start));
        for segment in &segments {
            for i in segment.start..segment.end {
                let plain = media
                    .each_ref()
                    .map(|medium| medium.plain_until([i, 1, 1]).0.map(|rule| rule as u32));
                match segment.rules {
                    Some(rules) => assert_eq!(plain, rules.map(Some)),
                    None => assert!(plain.contains(&None)),
                }
            }
        }
        // Vacuum, face, slab, face, vacuum: a lone node on a face has a rule of its own, and is plain.
        assert_eq!(segments.len(), 5);
    }
}
