//! The openPMD 1.1 attributes of a snapshot, and where the file comes from.
//!
//! <https://github.com/openPMD/openPMD-standard/blob/1.1.0/STANDARD.md>

use super::group::create_group;
use super::snapshot_head::{FORMAT_VERSION, FieldHead, SnapshotHead};
use super::text_attribute::{write_text, write_text_list};
use super::unit;
use crate::grid::{AXIS_NAMES, Grid};
use hdf5::H5Type;
use hdf5::types::VarLenUnicode;

/// The group that holds the fields of step `step`.
pub(super) fn meshes_group(step: u64) -> String {
    format!("{}/meshes", iteration_group(step))
}

/// The group of step `step`.
pub(super) fn iteration_group(step: u64) -> String {
    format!("/data/{step}")
}

/// Writes everything that a snapshot, to be called `file_name`, says about itself before its first field.
pub(super) fn write_head(file: &hdf5::File, head: &SnapshotHead, file_name: &str) -> hdf5::Result<()> {
    write_provenance(file, head)?;
    write_text(file, "openPMD", "1.1.0")?;
    write_scalar(file, "openPMDextension", &0u32)?;
    write_text(file, "basePath", "/data/%T/")?;
    write_text(file, "meshesPath", "meshes/")?;
    write_text(file, "iterationEncoding", "fileBased")?;
    let series = file_name.replace(&format!("{:08}", head.step), "%08T");
    write_text(file, "iterationFormat", &series)?;
    write_text(file, "software", "simrun")?;
    write_text(file, "softwareVersion", &format!("{} ({})", head.version, head.commit))?;
    write_text(file, "date", &openpmd_date(&head.date))?;
    let iteration = create_group(file, &iteration_group(head.step))?;
    create_group(&iteration, "meshes")?;
    write_scalar(&iteration, "time", &head.time)?;
    write_scalar(&iteration, "dt", &head.dt)?;
    // Natural units have no counterpart in SI: numbers stand for themselves.
    write_scalar(&iteration, "timeUnitSI", &1.0f64)
}

fn write_provenance(file: &hdf5::File, head: &SnapshotHead) -> hdf5::Result<()> {
    let grid = &head.grid;
    write_scalar(file, "simrun_format", &FORMAT_VERSION)?;
    write_text(file, "simrun_version", &head.version)?;
    write_text(file, "simrun_commit", &head.commit)?;
    write_text(file, "created", &head.date)?;
    write_text(file, "title", &head.title)?;
    write_text(file, "kernel", &head.kernel)?;
    write_text(file, "hosts", &head.hosts)?;
    write_scalar(file, "n_ranks", &(head.n_ranks as u64))?;
    write_scalar(file, "step", &head.step)?;
    write_text(file, "units", head.units.name())?;
    write_list(file, "grid_cells", &grid.cells.map(|n| n as u64))?;
    write_scalar(file, "grid_dims", &(grid.dims as u64))?;
    write_list(file, "grid_spacing", &grid.spacing)?;
    write_list(file, "grid_origin", &grid.origin)?;
    write_list(file, "grid_periodic", &grid.periodic.map(u8::from))?;
    let text: VarLenUnicode = head
        .config_text
        .parse()
        .map_err(|_| hdf5::Error::from("the configuration contains a null byte"))?;
    file.new_dataset::<VarLenUnicode>()
        .create("config")?
        .write_scalar(&text)
}

/// Writes what openPMD wants to know about a field, and what simrun's reader does.
pub(super) fn write_field_head(dataset: &hdf5::Dataset, field: &FieldHead, grid: &Grid) -> hdf5::Result<()> {
    // openPMD lists axes in the order of the dataset, slowest first.
    let slowest_first = |per_axis: [f64; 3]| -> Vec<f64> { (0..grid.dims).rev().map(|axis| per_axis[axis]).collect() };
    let corner = [0, 1, 2].map(|axis| grid.origin[axis] + field.global_box.lo[axis] as f64 * grid.spacing[axis]);
    let si = unit::to_si(&field.unit);
    let labels: Vec<&str> = (0..grid.dims).rev().map(|axis| AXIS_NAMES[axis]).collect();
    write_text(dataset, "geometry", "cartesian")?;
    write_text(dataset, "dataOrder", "C")?;
    write_text_list(dataset, "axisLabels", &labels)?;
    write_list(dataset, "gridSpacing", &slowest_first(grid.spacing))?;
    write_list(dataset, "gridGlobalOffset", &slowest_first(corner))?;
    write_scalar(dataset, "gridUnitSI", &1.0f64)?;
    write_list(dataset, "position", &slowest_first(field.location.offset()))?;
    write_list(dataset, "unitDimension", &si.powers)?;
    write_scalar(dataset, "unitSI", &si.factor)?;
    write_scalar(dataset, "timeOffset", &field.time_offset)?;
    write_list(dataset, "location", &field.location.0.map(u8::from))?;
    write_text(dataset, "units", &field.unit)?;
    write_text(dataset, "long_name", &field.long_name)
}

/// Writes one number as an attribute.
pub(super) fn write_scalar<T: H5Type>(object: &hdf5::Location, name: &str, value: &T) -> hdf5::Result<()> {
    object.new_attr::<T>().create(name)?.write_scalar(value)
}

/// Writes a list of numbers as an attribute.
pub(super) fn write_list<T: H5Type>(object: &hdf5::Location, name: &str, values: &[T]) -> hdf5::Result<()> {
    object.new_attr_builder().with_data(values).create(name).map(|_| ())
}

/// `YYYY-MM-DD HH:mm:ss tz`, from `YYYY-MM-DDTHH:mm:ssZ`.
fn openpmd_date(iso: &str) -> String {
    iso.replace('T', " ").replace('Z', " +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_written_as_openpmd_wants_it() {
        assert_eq!(openpmd_date("2024-02-29T23:59:58Z"), "2024-02-29 23:59:58 +0000");
    }
}
