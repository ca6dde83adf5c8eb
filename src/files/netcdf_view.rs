//! The fields of a snapshot as netCDF variables with CF attributes, for xarray, ncview and their like.
//!
//! The variables are virtual datasets that point at the data in the same file. They must not be the data themselves:
//! openPMD readers skip a mesh that carries a list of dimensions.

use super::openpmd::{meshes_group, write_scalar};
use super::snapshot_head::{FieldHead, SnapshotHead};
use super::text_attribute::{write_terminated_text, write_text};
use crate::grid::{AXIS_NAMES, Location};
use hdf5::ObjectReference1;
use hdf5::types::VarLenArray;

/// The places along one axis at which fields have values.
#[derive(Clone, PartialEq)]
struct Coordinate {
    axis: usize,
    at_lower_face: bool,
    lo: i64,
    hi: i64,
}

/// Writes the coordinates and one variable for each of `fields`.
pub(super) fn write(file: &hdf5::File, head: &SnapshotHead, fields: &[FieldHead]) -> hdf5::Result<()> {
    write_text(file, "Conventions", "CF-1.8")?;
    write_time(file, head)?;
    let mut named: Vec<(String, Coordinate)> = Vec::new();
    for axis in 0..head.grid.dims {
        let centres = Coordinate {
            axis,
            at_lower_face: false,
            lo: 0,
            hi: head.grid.cells[axis] as i64,
        };
        name_of(file, &mut named, head, &centres)?;
    }
    for field in fields {
        let slowest_first = (0..head.grid.dims).rev().map(|axis| Coordinate {
            axis,
            at_lower_face: field.location.0[axis],
            lo: field.global_box.lo[axis],
            hi: field.global_box.hi[axis],
        });
        let names = slowest_first
            .map(|coordinate| name_of(file, &mut named, head, &coordinate))
            .collect::<hdf5::Result<Vec<String>>>()?;
        write_variable(file, head, field, &names)?;
    }
    Ok(())
}

fn write_time(file: &hdf5::File, head: &SnapshotHead) -> hdf5::Result<()> {
    let time = file.new_dataset::<f64>().create("time")?;
    time.write_scalar(&head.time)?;
    write_text(&time, "units", or_one(head.units.time()))?;
    write_text(&time, "long_name", "simulated time")
}

/// The name of the dataset of `coordinate`, which is written when it is asked for first.
fn name_of(
    file: &hdf5::File,
    named: &mut Vec<(String, Coordinate)>,
    head: &SnapshotHead,
    coordinate: &Coordinate,
) -> hdf5::Result<String> {
    if let Some((name, _)) = named.iter().find(|(_, known)| known == coordinate) {
        return Ok(name.clone());
    }
    let axis = AXIS_NAMES[coordinate.axis];
    let mut name = match coordinate.at_lower_face {
        true => format!("{axis}_face"),
        false => axis.to_owned(),
    };
    if named.iter().any(|(taken, _)| *taken == name) {
        name = format!("{name}_{}_{}", coordinate.lo, coordinate.hi);
    }
    write_coordinate(file, &name, head, coordinate)?;
    named.push((name.clone(), coordinate.clone()));
    Ok(name)
}

fn write_coordinate(file: &hdf5::File, name: &str, head: &SnapshotHead, coordinate: &Coordinate) -> hdf5::Result<()> {
    let location = match coordinate.at_lower_face {
        true => Location::face(coordinate.axis),
        false => Location::CENTER,
    };
    let values = head
        .grid
        .coordinates(coordinate.axis, location, coordinate.lo, coordinate.hi);
    let place = match coordinate.at_lower_face {
        true => "cell faces",
        false => "cell centres",
    };
    let builder = file.new_dataset_builder().fletcher32().chunk(values.len());
    let dataset = builder.with_data(&values).create(name)?;
    write_text(&dataset, "units", or_one(head.units.length()))?;
    write_text(
        &dataset,
        "long_name",
        &format!("{} of {place}", AXIS_NAMES[coordinate.axis]),
    )?;
    write_terminated_text(&dataset, "CLASS", "DIMENSION_SCALE")?;
    write_terminated_text(&dataset, "NAME", name)
}

/// CF calls what has no unit "1".
fn or_one(unit: &str) -> &str {
    if unit.is_empty() { "1" } else { unit }
}

fn write_variable(file: &hdf5::File, head: &SnapshotHead, field: &FieldHead, axes: &[String]) -> hdf5::Result<()> {
    let source_path = format!("{}/{}", meshes_group(head.step), field.name);
    let source = file.dataset(&source_path)?;
    let shape = source.shape();
    // A field may be called like a coordinate or a group of ours.
    let name = match file.link_exists(&field.name) {
        true => format!("{}_field", field.name),
        false => field.name.clone(),
    };
    let variable = file
        .new_dataset_builder()
        .virtual_map(".", &source_path, &shape, .., &shape, ..)
        .empty_as(&source.dtype()?.to_descriptor()?)
        .shape(&shape)
        .create(name.as_str())?;
    write_text(&variable, "units", or_one(&field.unit))?;
    write_text(&variable, "long_name", &field.long_name)?;
    write_text(&variable, "coordinates", "time")?;
    write_scalar(&variable, "time_offset", &field.time_offset)?;
    let scales = axes
        .iter()
        .map(|axis| Ok(VarLenArray::from_slice(&[file.reference::<ObjectReference1>(axis)?])))
        .collect::<hdf5::Result<Vec<_>>>()?;
    variable
        .new_attr_builder()
        .with_data(&scales)
        .create("DIMENSION_LIST")
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::write_text;
    use crate::config::Units;
    use crate::files::attributes::Attributes;
    use crate::files::fixture::{head, write_snapshot};
    use crate::files::{SnapshotReader, SnapshotWriter};
    use hdf5::types::VarLenArray;
    use hdf5::{ObjectReference, ObjectReference1, ReferencedObject};

    #[test]
    fn variables_show_the_data_and_name_their_axes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        write_snapshot(&path, [7, 5, 3], 3);
        let file = hdf5::File::open(&path).unwrap();
        for (name, axes) in [("so2", ["/z", "/y", "/x"]), ("flux", ["/z", "/y_face", "/x"])] {
            let variable = file.dataset(name).unwrap();
            let data = file.dataset(&format!("/data/120/meshes/{name}")).unwrap();
            assert_eq!(variable.read_raw::<f64>().unwrap(), data.read_raw::<f64>().unwrap());
            let list = variable.attr("DIMENSION_LIST").unwrap();
            let list: Vec<VarLenArray<ObjectReference1>> = list.read_raw().unwrap();
            for (reference, axis) in list.iter().zip(axes) {
                match reference[0].dereference(&file).unwrap() {
                    ReferencedObject::Dataset(scale) => assert_eq!(scale.name(), axis),
                    other => panic!("{other:?}"),
                }
            }
        }
        let faces = file.dataset("y_face").unwrap().read_raw::<f64>().unwrap();
        assert_eq!(faces, [10.0, 12.0, 14.0, 16.0, 18.0, 20.0]);
    }

    #[test]
    fn lengths_and_times_have_units_only_in_si() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let unit_of = |units: Units, name: &str| {
            let mut head = head([4, 3, 2], 3);
            head.units = units;
            SnapshotWriter::create(&path, &head).unwrap().finish().unwrap();
            assert_eq!(SnapshotReader::open(&path).unwrap().head(), &head);
            let file = hdf5::File::open(&path).unwrap();
            let variable = file.dataset(name).unwrap();
            Attributes {
                object: &variable,
                path: &path,
            }
            .text("units")
            .unwrap()
        };
        for (name, si) in [("x", "m"), ("z", "m"), ("time", "s")] {
            assert_eq!(unit_of(Units::Si, name), si);
            assert_eq!(unit_of(Units::Natural, name), "1");
        }
    }

    #[test]
    fn a_file_that_does_not_tell_its_units_is_in_si() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let mut head = head([4, 3, 2], 3);
        head.units = Units::Natural;
        SnapshotWriter::create(&path, &head).unwrap().finish().unwrap();
        let file = hdf5::File::open_rw(&path).unwrap();
        file.delete_attr("units").unwrap();
        drop(file);
        assert_eq!(SnapshotReader::open(&path).unwrap().head().units, Units::Si);
        let file = hdf5::File::open_rw(&path).unwrap();
        write_text(&file, "units", "cgs").unwrap();
        drop(file);
        let error = SnapshotReader::open(&path).err().unwrap().to_string();
        assert!(error.contains("\"cgs\" instead of \"SI\" or \"natural\""), "{error}");
    }
}
