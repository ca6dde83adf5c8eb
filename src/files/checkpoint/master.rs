//! `checkpoint.h5`: every slot of a checkpoint as one array, for readers.
//!
//! Virtual datasets that point into the parts. Where a part is missing they read as NaN, without an error, so that a
//! restart does not read them.

use super::super::box_dataset::{selection_of, shape_of};
use super::super::durable;
use super::super::group::create_group;
use super::super::hdf5_cause::cause_of;
use super::super::text_attribute::write_text;
use super::manifest::{Manifest, SlotEntry};
use super::part::group_of;
use crate::error::{Error, Result};
use hdf5::H5Type;
use hdf5::types::TypeDescriptor;
use std::path::Path;

/// Writes the master of the parts that `manifest` names to `path`.
pub(super) fn write(path: &Path, manifest: &Manifest) -> Result<()> {
    build(path, manifest).map_err(|e| Error::io("write", path, cause_of(e)))?;
    durable::sync(path)
}

fn build(path: &Path, manifest: &Manifest) -> hdf5::Result<()> {
    let file = hdf5::File::with_options()
        .with_fapl(|access| access.libver_v110().file_locking(false))
        .with_fcpl(|root| root.obj_track_times(false))
        .create(path)?;
    write_text(&file, "title", &manifest.title)?;
    write_text(&file, "simrun", &manifest.version)?;
    write_text(&file, "date", &manifest.date)?;
    file.new_attr::<u64>().create("step")?.write_scalar(&manifest.step)?;
    file.new_attr::<f64>().create("time")?.write_scalar(&manifest.time)?;
    let storage = create_group(&file, "storage")?;
    for slot in manifest.slots.iter().filter(|slot| !slot.domain().is_empty()) {
        match slot.element.as_str() {
            "f32" => add(&storage, manifest, slot, f32::type_descriptor(), f32::NAN)?,
            _ => add(&storage, manifest, slot, f64::type_descriptor(), f64::NAN)?,
        }
    }
    file.flush()?;
    drop(storage);
    file.close()
}

fn add<T: Into<hdf5::types::OwnedDynValue>>(
    storage: &hdf5::Group,
    manifest: &Manifest,
    slot: &SlotEntry,
    element: TypeDescriptor,
    missing: T,
) -> hdf5::Result<()> {
    let domain = slot.domain();
    let shape = shape_of(&domain, 3);
    let mut builder = storage.new_dataset_builder().obj_track_times(false).fill_value(missing);
    for part in &manifest.parts {
        for (n, tile) in part.boxes().enumerate() {
            let region = tile.intersect(&domain);
            if region.is_empty() {
                continue;
            }
            let place = selection_of(&region, &domain, 3);
            let source = format!("{}/{}", group_of(n), slot.name);
            builder = builder.virtual_map(&part.file, &source, shape_of(&region, 3), .., &shape, place);
        }
    }
    let dataset = builder.empty_as(&element).shape(&shape).create(slot.name.as_str())?;
    dataset.new_attr_builder().with_data(&domain.lo).create("box_lo")?;
    Ok(())
}
