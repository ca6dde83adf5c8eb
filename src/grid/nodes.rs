//! The nodes around a place, and what lies between them.

use super::{Grid, IndexBox, Location, PerAxis};

/// Share of a cell within which a place lies on a node.
const ON_NODE: f64 = 1e-9;

/// The nodes beside a place along one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    pub lower: i64,
    /// The upper node, and its share in a linear interpolation; none where the place lies on a node, or beyond the
    /// outermost one, which then counts alone.
    pub upper: Option<(i64, f64)>,
}

/// The nodes around a place: 1 or 2 along each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodesAround {
    along: PerAxis<Beside>,
}

impl Beside {
    /// The nodes beside `place`, counted in cells from node 0, among those from `lo` to `hi` (excluded).
    fn new(place: f64, lo: i64, hi: i64) -> Beside {
        let alone = |node: i64| Beside {
            lower: node.clamp(lo, hi - 1),
            upper: None,
        };
        let nearest = place.round();
        if (place - nearest).abs() <= ON_NODE {
            return alone(nearest as i64);
        }
        let lower = place.floor();
        let node = lower as i64;
        if node < lo || node + 1 >= hi {
            return alone(if node < lo { lo } else { hi - 1 });
        }
        Beside {
            lower: node,
            upper: Some((node + 1, place - lower)),
        }
    }

    fn nodes(&self) -> impl Iterator<Item = i64> + use<> {
        let upper = self.upper.map(|(node, _)| node);
        std::iter::once(self.lower).chain(upper)
    }
}

impl NodesAround {
    /// The nodes around `at`, m, of what lives at `location` on the nodes of `domain`. Along an axis of one cell nothing
    /// varies, and its node counts wherever the place is; across joined ends the node beside the last one is the first.
    pub fn new(grid: &Grid, location: Location, domain: &IndexBox, at: PerAxis<f64>) -> NodesAround {
        let along = [0, 1, 2].map(|axis| {
            let (lo, hi) = (domain.lo[axis], domain.hi[axis]);
            if !grid.is_active(axis) {
                return Beside::new(lo as f64, lo, hi);
            }
            let place = (at[axis] - grid.coordinate(axis, location, 0)) / grid.spacing[axis];
            if !grid.periodic[axis] {
                return Beside::new(place, lo, hi);
            }
            let beside = Beside::new(place, i64::MIN, i64::MAX);
            Beside {
                lower: grid.wrap(axis, beside.lower),
                upper: beside.upper.map(|(node, share)| (grid.wrap(axis, node), share)),
            }
        });
        NodesAround { along }
    }

    /// The nodes, x fastest.
    pub fn nodes(&self) -> Vec<PerAxis<i64>> {
        let [x, y, z] = self.along;
        let plane = |k: i64| {
            y.nodes()
                .flat_map(move |j| x.nodes().map(move |i| [i, j, k]).collect::<Vec<_>>())
        };
        z.nodes().flat_map(plane).collect()
    }

    /// The linear interpolation to the place between the `values` of [`NodesAround::nodes`]: along x, then y, then z. Of
    /// equal values it is that value.
    pub fn interpolate(&self, values: &[f64]) -> f64 {
        let between = |values: Vec<f64>, beside: &Beside| match beside.upper {
            None => values,
            Some((_, share)) => {
                let pairs = values.chunks_exact(2);
                pairs.map(|pair| pair[0] + share * (pair[1] - pair[0])).collect()
            }
        };
        self.along.iter().fold(values.to_vec(), between)[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(periodic: bool) -> Grid {
        Grid {
            cells: [8, 5, 1],
            dims: 2,
            spacing: [0.1, 2.0, 1.0],
            origin: [-0.3, 10.0, 0.0],
            periodic: [periodic, false, false],
        }
    }

    fn around(grid: &Grid, location: Location, at: PerAxis<f64>) -> NodesAround {
        NodesAround::new(grid, location, &grid.all(), at)
    }

    #[test]
    fn a_place_on_a_node_has_that_node_alone() {
        let grid = grid(false);
        for i in 0..8 {
            let at = grid.point(Location::CENTER, [i, 2, 0]);
            assert_eq!(around(&grid, Location::CENTER, at).nodes(), [[i, 2, 0]]);
        }
        let beside = around(&grid, Location::CENTER, [-0.25 + 1e-9, 15.0, 7.0]);
        assert_eq!(beside.nodes(), [[0, 2, 0], [1, 2, 0]]);
    }

    #[test]
    fn beyond_the_outermost_nodes_those_count_alone() {
        let grid = grid(false);
        assert_eq!(around(&grid, Location::CENTER, [-0.29, 20.0, 0.0]).nodes(), [[0, 4, 0]]);
        // A field with a node on the upper wall: the domain says so.
        let domain = IndexBox::new([0, 0, 0], [9, 5, 1]);
        let on_wall = NodesAround::new(&grid, Location::face(0), &domain, [0.5, 11.0, 0.0]);
        assert_eq!(on_wall.nodes(), [[8, 0, 0]]);
    }

    #[test]
    fn across_joined_ends_the_last_node_is_beside_the_first() {
        let grid = grid(true);
        let beside = around(&grid, Location::CENTER, [-0.28, 15.0, 0.0]);
        assert_eq!(beside.nodes(), [[7, 2, 0], [0, 2, 0]]);
        // 0.7 of the way from the last node to the first; a place divided by a spacing is rounded.
        assert!((beside.interpolate(&[10.0, 20.0]) - 17.0).abs() < 1e-13);
        let at_the_end = around(&grid, Location::face(0), [0.5, 15.0, 0.0]);
        assert_eq!(at_the_end.nodes(), [[0, 2, 0]]);
    }

    #[test]
    fn what_is_linear_is_found_and_what_is_constant_stays() {
        let grid = Grid {
            cells: [4, 4, 4],
            dims: 3,
            spacing: [0.5, 1.0, 2.0],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let at = [0.7, 1.9, 4.3];
        let beside = NodesAround::new(&grid, Location::face(1), &grid.all(), at);
        let nodes = beside.nodes();
        assert_eq!(nodes.len(), 8);
        assert_eq!((nodes[1], nodes[6]), ([1, 1, 1], [0, 2, 2]));
        let linear = |place: PerAxis<f64>| 3.0 * place[0] - place[1] + 0.25 * place[2];
        let values: Vec<f64> = nodes
            .iter()
            .map(|node| linear(grid.point(Location::face(1), *node)))
            .collect();
        // Seven interpolations of numbers below four.
        assert!((beside.interpolate(&values) - linear(at)).abs() < 1e-14);
        assert_eq!(beside.interpolate(&[0.1; 8]), 0.1);
    }
}
