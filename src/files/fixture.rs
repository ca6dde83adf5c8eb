//! What the tests of this layer write.

use super::{FieldHead, SnapshotHead, SnapshotWriter};
use crate::config::Units;
use crate::grid::{Grid, IndexBox, Location};
use std::path::Path;

/// The head of a snapshot at step 120 of a grid of `cells`, with a title that is not ASCII and a long configuration.
pub(super) fn head(cells: [usize; 3], dims: usize) -> SnapshotHead {
    SnapshotHead {
        title: "Kühlturm".into(),
        kernel: "advection-diffusion".into(),
        config_text: "title = \"Kühlturm\"\n".repeat(5000),
        version: "0.1.0".into(),
        commit: "abc1234".into(),
        date: "2024-02-29T23:59:58Z".into(),
        hosts: "node1".into(),
        n_ranks: 4,
        step: 120,
        time: 3.25,
        dt: 0.125,
        units: Units::Si,
        grid: Grid {
            cells,
            dims,
            spacing: [0.5, 2.0, 4.0],
            origin: [-1.0, 10.0, 0.0],
            periodic: [true, false, false],
        },
    }
}

/// The head of a compressed field in ug/m3.
pub(super) fn field(name: &str, global_box: IndexBox, location: Location) -> FieldHead {
    FieldHead {
        name: name.into(),
        unit: "ug/m3".into(),
        long_name: "sulphur dioxide".into(),
        location,
        global_box,
        time_offset: 0.0,
        compression: 1,
    }
}

/// A different value in every cell of `region`: i + 100 j + 10,000 k.
pub(super) fn values(region: &IndexBox) -> Vec<f64> {
    let cell = |(j, k): (i64, i64)| (region.lo[0]..region.hi[0]).map(move |i| (i + 100 * j + 10_000 * k) as f64);
    region.rows().flat_map(cell).collect()
}

/// Writes a snapshot of a grid of `cells` with the field `so2` in the cells and `flux` on the lower and upper y faces.
pub(super) fn write_snapshot(path: &Path, cells: [usize; 3], dims: usize) {
    let head = head(cells, dims);
    let all = head.grid.all();
    let faces = all.with_range(1, 0, cells[1] as i64 + 1);
    let mut writer = SnapshotWriter::create(path, &head).unwrap();
    for field in [
        field("so2", all, Location::CENTER),
        field("flux", faces, Location::face(1)),
    ] {
        writer.begin_field::<f64>(&field).unwrap();
        writer.write_box(&field.global_box, &values(&field.global_box)).unwrap();
        writer.end_field().unwrap();
    }
    writer.finish().unwrap();
}
