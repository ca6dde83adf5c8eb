//! One dataset that is filled box by box: chunks, checksums, and the account of what has been written.

use super::hdf5_cause::cause_of;
use crate::error::{Error, Result};
use crate::grid::IndexBox;
use hdf5::H5Type;
use hdf5::dataset::{AllocTime, FillTime};
use hdf5::types::TypeDescriptor;
use std::path::{Path, PathBuf};

/// Size of a chunk that is not exceeded, bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// Memory for chunks that tiles have filled in part, bytes.
pub const CHUNK_CACHE_BYTES: usize = 64 << 20;

/// A dataset that is being filled.
pub(super) struct BoxDataset {
    /// The final path of its file, for messages.
    path: PathBuf,
    dataset: hdf5::Dataset,
    name: String,
    global_box: IndexBox,
    /// Number of axes of the dataset: the `n_axes` last of `[z, y, x]`.
    n_axes: usize,
    element: TypeDescriptor,
    n_written: usize,
}

impl BoxDataset {
    /// Creates the dataset `group/name` of elements `T` for the values of `global_box`.
    pub(super) fn create<T: H5Type>(
        group: &hdf5::Group,
        name: &str,
        path: &Path,
        global_box: IndexBox,
        n_axes: usize,
        compression: u8,
    ) -> Result<BoxDataset> {
        let create =
            |element: &TypeDescriptor, shape: &[usize]| create_dataset(group, name, element, shape, compression);
        BoxDataset::create_with::<T>(create, name, path, global_box, n_axes)
    }

    /// Creates the dataset `group/name` of elements `T` for the values of `global_box`, contiguous and without checksums:
    /// for files that have their own.
    pub(super) fn create_plain<T: H5Type>(
        group: &hdf5::Group,
        name: &str,
        path: &Path,
        global_box: IndexBox,
    ) -> Result<BoxDataset> {
        let create = |element: &TypeDescriptor, shape: &[usize]| {
            let builder = group.new_dataset_builder().no_chunk().obj_track_times(false);
            let builder = builder.alloc_time(Some(AllocTime::Early)).fill_time(FillTime::Never);
            builder.empty_as(element).shape(shape).create(name)
        };
        BoxDataset::create_with::<T>(create, name, path, global_box, 3)
    }

    fn create_with<T: H5Type>(
        create: impl FnOnce(&TypeDescriptor, &[usize]) -> hdf5::Result<hdf5::Dataset>,
        name: &str,
        path: &Path,
        global_box: IndexBox,
        n_axes: usize,
    ) -> Result<BoxDataset> {
        let element = T::type_descriptor();
        let failed = |cause: String| Error::io(&format!("begin '{name}' in"), path, cause);
        if global_box.is_empty() {
            return Err(failed(format!("its box {global_box} is empty")));
        }
        let shape = shape_of(&global_box, n_axes);
        let created = create(&element, &shape).and_then(|dataset| {
            dataset.new_attr_builder().with_data(&global_box.lo).create("box_lo")?;
            Ok(dataset)
        });
        Ok(BoxDataset {
            path: path.to_owned(),
            dataset: created.map_err(|e| failed(cause_of(e)))?,
            name: name.to_owned(),
            global_box,
            n_axes,
            element,
            n_written: 0,
        })
    }

    pub(super) fn dataset(&self) -> &hdf5::Dataset {
        &self.dataset
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// With the groups that it is in.
    pub(super) fn full_name(&self) -> String {
        self.dataset.name()
    }

    /// Writes the values of `region`, x fastest.
    pub(super) fn write<T: H5Type>(&mut self, region: &IndexBox, values: &[T]) -> Result<()> {
        self.check(region, values.len(), &T::type_descriptor())?;
        if values.is_empty() {
            return Ok(());
        }
        let shape = shape_of(region, self.n_axes);
        let view = ndarray::ArrayViewD::from_shape(shape, values).map_err(|e| self.refused(region, e.to_string()))?;
        let written = self
            .dataset
            .write_slice(view, selection_of(region, &self.global_box, self.n_axes));
        written.map_err(|e| self.refused(region, cause_of(e)))?;
        self.n_written += values.len();
        Ok(())
    }

    /// Takes account of the values of `region`, which its owner writes behind those that came before: boxes follow each other
    /// as their values do in a contiguous dataset.
    pub(super) fn follow<T: H5Type>(&mut self, region: &IndexBox, values: &[T]) -> Result<()> {
        self.check(region, values.len(), &T::type_descriptor())?;
        let Some(last) = values.len().checked_sub(1) else {
            return Ok(());
        };
        let place = |cell: [i64; 3]| {
            let [i, j, k] = [0, 1, 2].map(|axis| (cell[axis] - self.global_box.lo[axis]) as usize);
            i + self.global_box.len(0) * (j + self.global_box.len(1) * k)
        };
        if place(region.lo) != self.n_written || place(region.hi.map(|end| end - 1)) != self.n_written + last {
            return Err(self.refused(
                region,
                format!("it does not follow the {} values before", self.n_written),
            ));
        }
        self.n_written += values.len();
        Ok(())
    }

    /// Checks that every value came, and hands them to the system.
    pub(super) fn complete(self) -> Result<()> {
        let failed = |cause: String| Error::io(&format!("complete '{}' in", self.name), &self.path, cause);
        let n_cells = self.global_box.n_cells();
        if self.n_written != n_cells {
            return Err(failed(format!(
                "{} values were written, but it has {n_cells}",
                self.n_written
            )));
        }
        // Flushing the dataset is the only call that reports a full disk.
        self.dataset.flush().map_err(|e| failed(cause_of(e)))
    }

    fn check(&self, region: &IndexBox, n_values: usize, element: &TypeDescriptor) -> Result<()> {
        if !self.global_box.contains_box(region) {
            return Err(self.refused(region, format!("it is not within {}", self.global_box)));
        }
        if n_values != region.n_cells() {
            let cause = format!("it has {} cells, but {n_values} values came", region.n_cells());
            return Err(self.refused(region, cause));
        }
        if *element != self.element {
            let cause = format!(
                "the values are {element}, but '{}' was begun as {}",
                self.name, self.element
            );
            return Err(self.refused(region, cause));
        }
        Ok(())
    }

    fn refused(&self, region: &IndexBox, cause: String) -> Error {
        Error::io(&format!("write box {region} of '{}' to", self.name), &self.path, cause)
    }
}

fn create_dataset(
    group: &hdf5::Group,
    name: &str,
    element: &TypeDescriptor,
    shape: &[usize],
    compression: u8,
) -> hdf5::Result<hdf5::Dataset> {
    let mut builder = group
        .new_dataset_builder()
        .chunk_cache(10_007, CHUNK_CACHE_BYTES, 1.0)
        .chunk(chunk_of(shape, element.size()));
    if compression > 0 {
        builder = builder.shuffle().deflate(compression.min(9));
    }
    builder.fletcher32().empty_as(element).shape(shape).create(name)
}

/// The shape of the chunks: the longest axis is halved until a chunk is small enough, so that chunks stay compact and
/// their edges fall on the edges of tiles where those are halves of the grid.
fn chunk_of(shape: &[usize], element_bytes: usize) -> Vec<usize> {
    let mut chunk = shape.to_vec();
    while chunk.iter().product::<usize>() * element_bytes > CHUNK_BYTES {
        let Some(longest) = chunk.iter_mut().max() else { break };
        *longest = longest.div_ceil(2);
    }
    chunk
}

/// The place of `region` in a dataset of the values of `whole`, which contains it, along the `n_axes` last of `[z, y, x]`.
pub(super) fn selection_of(region: &IndexBox, whole: &IndexBox, n_axes: usize) -> hdf5::Hyperslab {
    let ranges = (0..n_axes).rev().map(|axis| {
        let start = (region.lo[axis] - whole.lo[axis]) as usize;
        hdf5::SliceOrIndex::from(start..start + region.len(axis))
    });
    hdf5::Hyperslab::from(ranges.collect::<Vec<_>>())
}

/// Sizes along the `n_axes` last of `[z, y, x]`.
pub(super) fn shape_of(region: &IndexBox, n_axes: usize) -> Vec<usize> {
    (0..n_axes).rev().map(|axis| region.len(axis)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_small_enough_and_halve_the_longest_axis() {
        assert_eq!(chunk_of(&[3, 5, 7], 8), [3, 5, 7]);
        assert_eq!(chunk_of(&[384, 384, 384], 8), [48, 48, 48]);
        assert_eq!(chunk_of(&[1, 1, 300_000], 8), [1, 1, 75_000]);
    }

    #[test]
    fn shapes_list_the_slowest_axis_first() {
        let region = IndexBox::new([-1, 0, 2], [6, 5, 5]);
        assert_eq!(shape_of(&region, 3), [3, 5, 7]);
        assert_eq!(shape_of(&region, 2), [5, 7]);
    }
}
