//! What the tests of checkpoints write: two slots on three tiles in two parts.

use super::super::fixture::values;
use super::{Checkpoint, CheckpointFolder, Manifest, PartEntry, PartHead, PartWriter, SlotEntry, part_file};
use crate::grid::IndexBox;
use std::path::{Path, PathBuf};

/// Where `q` (f64) has values: cells, and ghosts beyond walls along x.
pub(super) fn domain() -> IndexBox {
    IndexBox::new([-1, 0, 0], [10, 7, 5])
}

/// Where `memory` (f32) has values.
pub(super) fn slab() -> IndexBox {
    IndexBox::new([7, 0, 0], [9, 7, 5])
}

/// The tiles of each part.
pub(super) fn parts() -> [Vec<IndexBox>; 2] {
    let all = domain();
    let [west, east] = [all.with_range(0, -1, 4), all.with_range(0, 4, 10)];
    [vec![west.with_range(1, 0, 3), east], vec![west.with_range(1, 3, 7)]]
}

/// The values of `memory` on a box.
pub(super) fn memory(region: &IndexBox) -> Vec<f32> {
    values(region).iter().map(|&value| 0.5 * value as f32).collect()
}

/// The head of a part of the checkpoint at `step`.
pub(super) fn head(step: u64, tiles: Vec<IndexBox>) -> PartHead {
    PartHead {
        title: "Kühlturm".into(),
        version: "0.1.0".into(),
        date: "2024-02-29T23:59:58Z".into(),
        step,
        time: 0.5 * step as f64,
        tiles,
    }
}

/// Writes the parts of the checkpoint at `step`; values are written layer by layer.
pub(super) fn write_parts(folder: &CheckpointFolder, step: u64) -> Vec<PartEntry> {
    folder.begin(1 << 16).unwrap();
    let write = |(n, tiles): (usize, Vec<IndexBox>)| {
        let head = head(step, tiles.clone());
        let mut part = PartWriter::create(&folder.part_path().join(part_file(n)), head, true).unwrap();
        for (tile, region) in tiles.iter().enumerate() {
            part.begin::<f64>(tile, "q", *region).unwrap();
            for k in region.lo[2]..region.hi[2] {
                let layer = region.with_range(2, k, k + 1);
                let shifted: Vec<f64> = values(&layer).iter().map(|value| value + step as f64).collect();
                part.write(&layer, &shifted).unwrap();
            }
            part.end().unwrap();
            let region = region.intersect(&slab());
            if !region.is_empty() {
                part.begin::<f32>(tile, "memory", region).unwrap();
                part.write(&region, &memory(&region)).unwrap();
                part.end().unwrap();
            }
        }
        part.finish().unwrap()
    };
    parts().into_iter().enumerate().map(write).collect()
}

/// The manifest of a checkpoint at `step` with these parts.
pub(super) fn manifest(step: u64, parts: Vec<PartEntry>) -> Manifest {
    let entry = |name: &str, element: &str, domain: IndexBox| SlotEntry {
        name: name.into(),
        element: element.into(),
        lo: domain.lo,
        hi: domain.hi,
    };
    let run = "is_finished = false\n[clock]\ntime = 1e-300\n";
    Manifest {
        format: Manifest::FORMAT,
        version: "0.1.0".into(),
        commit: "abc1234".into(),
        date: "2024-02-29T23:59:58Z".into(),
        hosts: "node1".into(),
        ranks: 3,
        title: "Kühlturm".into(),
        kernel: "advection-diffusion".into(),
        precision: "f64".into(),
        step,
        time: 0.5 * step as f64,
        config: "title = \"Kühlturm\"\n[grid]\ncells = [9, 7, 5]\n".into(),
        run: run.parse().unwrap(),
        slots: vec![entry("q", "f64", domain()), entry("memory", "f32", slab())],
        parts,
    }
}

/// Writes a whole checkpoint at `step` into the folder of a run, and returns its folder.
pub(super) fn write_checkpoint(run: &Path, step: u64) -> PathBuf {
    let folder = CheckpointFolder::new(run, step);
    let parts = write_parts(&folder, step);
    folder.publish(&manifest(step, parts)).unwrap();
    folder.path()
}

/// All values in the checkpoint, after every check.
pub(super) fn read_all(folder: &Path) -> crate::error::Result<(Vec<f64>, Vec<f32>)> {
    let checkpoint = Checkpoint::open(folder)?;
    (0..checkpoint.manifest().parts.len()).try_for_each(|n| checkpoint.verify(n))?;
    let mut q = vec![f64::NAN; domain().n_cells()];
    checkpoint.read::<f64>("q", &domain(), |region, values| fill(&mut q, &domain(), region, values))?;
    let mut memory = vec![f32::NAN; slab().n_cells()];
    checkpoint.read::<f32>("memory", &slab(), |region, values| {
        fill(&mut memory, &slab(), region, values)
    })?;
    Ok((q, memory))
}

/// Puts the values of `region` into the array of `all`.
fn fill<V: Copy>(array: &mut [V], all: &IndexBox, region: &IndexBox, values: &[V]) {
    let mut values = values.iter();
    for (j, k) in region.rows() {
        for i in region.lo[0]..region.hi[0] {
            let [x, y, z] = [i - all.lo[0], j - all.lo[1], k - all.lo[2]].map(|n| n as usize);
            array[x + all.len(0) * (y + all.len(1) * z)] = *values.next().unwrap();
        }
    }
}

/// What [`read_all`] must give.
pub(super) fn expected(step: u64) -> (Vec<f64>, Vec<f32>) {
    let q = values(&domain()).iter().map(|value| value + step as f64).collect();
    (q, memory(&slab()))
}
