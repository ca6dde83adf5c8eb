//! Refuses sources that drive nothing.

use crate::config::Table;
use crate::grid::IndexBox;
use crate::kernels::fdtd::current::Current;
use crate::kernels::fdtd::geometry::{MaterialMap, Mix};
use crate::kernels::fdtd::parameters::Parameters;

/// Nodes of a current that are looked at.
const LOOKS: usize = 512;

/// Refuses a current of which no node can feel anything: within a perfect conductor, or on a conducting wall.
pub(super) fn unless_inside(table: &Table, current: &Current, parameters: &Parameters) -> Option<()> {
    let grid = &parameters.grid;
    let key = if table.has("at") { "at" } else { "from" };
    let region = parameters.updated(current.component, grid);
    let nodes = current.nodes(grid, &parameters.walls, &region);
    let name = current.component.name();
    if nodes.is_empty() {
        table.error_at(
            key,
            format!("no node of {name} that can change carries this source: it lies on a conducting wall"),
            "move it into the grid, or choose another component",
        );
        return None;
    }
    let is_free = |cell: [i64; 3]| {
        let node = IndexBox::new(cell, cell.map(|index| index + 1));
        let map = MaterialMap::new(&parameters.geometry, grid, current.component, node);
        map.mixes()[0] != Mix::PerfectConductor
    };
    let mut looks = nodes.iter().step_by(nodes.len().div_ceil(LOOKS));
    if current.component.is_electric() && !looks.any(|node| is_free(node.cell)) {
        let [i, j, k] = nodes[0].cell;
        table.error_at(
            key,
            format!("the source of {name} lies inside a perfect conductor, where no field can be (first at node ({i}, {j}, {k}))"),
            "move the source, or the shape that fills its place",
        );
        return None;
    }
    Some(())
}
