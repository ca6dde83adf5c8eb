//! Writes one snapshot: an HDF5 file that people, Python, ParaView and openPMD tools open.
//!
//! Layout, in the file of one step:
//!
//! | place | what |
//! |---|---|
//! | `/data/<step>/meshes/<field>` | the values, axes `[z, y, x]` (2D: `[y, x]`), with the attributes of openPMD 1.1 |
//! | `/storage/<slot>` | raw storage for comparisons of bits, axes `[z, y, x]` |
//! | `/x`, `/y`, `/z`, `/x_face`, ... | coordinates, m |
//! | `/<field>`, `/time` | the same values as netCDF variables with CF attributes, as virtual datasets |
//! | `/VTKHDF` | the same values for ParaView, as links |
//! | `/config` and the attributes of `/` | where the file comes from |
//!
//! Every dataset is cut into chunks with checksums. The file is built under another name beside its own and gets its
//! name when it is complete and on the disk.

use super::box_dataset::BoxDataset;
use super::durable;
use super::group::create_group;
use super::hdf5_cause::cause_of;
use super::snapshot_head::{FieldHead, SnapshotHead};
use super::{netcdf_view, openpmd, vtk_view};
use crate::error::{Error, Result};
use crate::grid::IndexBox;
use hdf5::H5Type;
use std::fs;
use std::path::{Path, PathBuf};

/// A snapshot under construction. Dropped without [`SnapshotWriter::finish`], it leaves nothing behind.
pub struct SnapshotWriter {
    path: PathBuf,
    part: PathBuf,
    /// Always there until the writer is finished or dropped.
    file: Option<hdf5::File>,
    head: SnapshotHead,
    fields: Vec<FieldHead>,
    open: Option<BoxDataset>,
}

impl SnapshotWriter {
    /// Begins the snapshot that will appear at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be created.
    pub fn create(path: &Path, head: &SnapshotHead) -> Result<SnapshotWriter> {
        let part = durable::part_path(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The plain creation first: its error names the cause better than HDF5's.
        fs::File::create(&part).map_err(|e| Error::io("create", &part, e))?;
        let file = hdf5::File::with_options()
            .with_fapl(|access| access.libver_v110().file_locking(false))
            .with_fcpl(|root| root.obj_track_times(false))
            .create(&part);
        let writer = SnapshotWriter {
            path: path.to_owned(),
            part,
            file: file.as_ref().ok().cloned(),
            head: head.clone(),
            fields: Vec::new(),
            open: None,
        };
        file.and_then(|file| openpmd::write_head(&file, head, &name))
            .map_err(|e| writer.failure("begin", e))?;
        Ok(writer)
    }

    /// Begins a field of elements `T`; its boxes follow, then [`SnapshotWriter::end_field`].
    ///
    /// # Errors
    /// [`Error::Io`] if the dataset cannot be created.
    pub fn begin_field<T: H5Type>(&mut self, field: &FieldHead) -> Result<()> {
        let group = openpmd::meshes_group(self.head.step);
        let n_axes = self.head.grid.dims;
        let open = self.begin::<T>(&group, &field.name, field.global_box, n_axes, field.compression)?;
        openpmd::write_field_head(open.dataset(), field, &self.head.grid)
            .map_err(|e| self.failure(&format!("describe '{}' in", field.name), e))?;
        self.open = Some(open);
        self.fields.push(field.clone());
        Ok(())
    }

    /// Begins the raw storage `name`, which fills `global_box`; its boxes follow, then [`SnapshotWriter::end_storage`].
    ///
    /// # Errors
    /// [`Error::Io`] if the dataset cannot be created.
    pub fn begin_storage<T: H5Type>(&mut self, name: &str, global_box: IndexBox) -> Result<()> {
        self.open = Some(self.begin::<T>("/storage", name, global_box, 3, 0)?);
        Ok(())
    }

    /// Writes the values of `region`, x fastest, into the open field or storage. Boxes may come in any order.
    ///
    /// # Errors
    /// [`Error::Io`] if the write fails, or if region, values and what is open do not fit together.
    pub fn write_box<T: H5Type>(&mut self, region: &IndexBox, values: &[T]) -> Result<()> {
        match &mut self.open {
            Some(open) => open.write(region, values),
            None => Err(self.nothing_open()),
        }
    }

    /// Completes the open field.
    ///
    /// # Errors
    /// [`Error::Io`] if values are missing, or if the storage device refuses them.
    pub fn end_field(&mut self) -> Result<()> {
        self.open.take().ok_or_else(|| self.nothing_open())?.complete()
    }

    /// Completes the open storage.
    ///
    /// # Errors
    /// As [`SnapshotWriter::end_field`].
    pub fn end_storage(&mut self) -> Result<()> {
        self.end_field()
    }

    /// Completes the snapshot, brings it to the disk and gives it its name. Returns the size of the file in bytes.
    ///
    /// # Errors
    /// [`Error::Io`] if a field is still open, or if anything does not reach the disk.
    pub fn finish(mut self) -> Result<u64> {
        let file = self.idle_file("finish")?.clone();
        // The writer's own handle goes first, so that the close below is the last one and its result counts.
        self.file = None;
        let reopen = || {
            let mut options = hdf5::File::with_options();
            options.with_fapl(|access| access.file_locking(false)).open(&self.part)
        };
        self.write_views(&file)
            .and_then(|()| file.flush())
            .and_then(|()| file.close())
            // The library refuses to open a file that is shorter than it should be.
            .and_then(|()| reopen()?.close())
            .map_err(|e| self.failure("finish", e))?;
        let meta = fs::metadata(&self.part).map_err(|e| Error::io("inspect", &self.part, e))?;
        durable::publish(&self.part, &self.path)?;
        Ok(meta.len())
    }

    fn write_views(&self, file: &hdf5::File) -> hdf5::Result<()> {
        netcdf_view::write(file, &self.head, &self.fields)?;
        vtk_view::write(file, &self.head, &self.fields)
    }

    fn begin<T: H5Type>(
        &self,
        group: &str,
        name: &str,
        global_box: IndexBox,
        n_axes: usize,
        compression: u8,
    ) -> Result<BoxDataset> {
        let doing = format!("begin '{name}' in");
        let file = self.idle_file(&doing)?;
        let group = create_group(file, group).map_err(|e| self.failure(&doing, e))?;
        BoxDataset::create::<T>(&group, name, &self.path, global_box, n_axes, compression)
    }

    /// The file, if no field or storage is open.
    fn idle_file(&self, doing: &str) -> Result<&hdf5::File> {
        if let Some(open) = &self.open {
            let cause = format!("'{}' has not been completed", open.name());
            return Err(Error::io(doing, &self.path, cause));
        }
        self.file.as_ref().ok_or_else(|| self.nothing_open())
    }

    fn nothing_open(&self) -> Error {
        Error::io("write to", &self.path, "no field or storage has been begun")
    }

    fn failure(&self, doing: &str, cause: hdf5::Error) -> Error {
        Error::io(doing, &self.path, cause_of(cause))
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        self.open = None;
        self.file = None;
        // After a successful finish there is no part any more; otherwise the error has already been reported.
        let _ = fs::remove_file(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::SnapshotReader;
    use crate::files::fixture::{field, head, values};
    use crate::grid::Location;

    fn write_in(order: &[usize], path: &Path) {
        let head = head([7, 5, 3], 3);
        let all = head.grid.all();
        let parts: Vec<IndexBox> = (0..6).map(|p| all.split(0, 3, p % 3).split(1, 2, p / 3)).collect();
        let mut writer = SnapshotWriter::create(path, &head).unwrap();
        writer.begin_field::<f64>(&field("so2", all, Location::CENTER)).unwrap();
        for &part in order {
            writer.write_box(&parts[part], &values(&parts[part])).unwrap();
        }
        writer.end_field().unwrap();
        writer.finish().unwrap();
    }

    #[test]
    fn tiles_written_in_any_order_give_the_same_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        for order in [[0, 1, 2, 3, 4, 5], [5, 0, 3, 1, 4, 2]] {
            write_in(&order, &path);
            let read = SnapshotReader::open(&path).unwrap().read_field("so2").unwrap();
            assert_eq!(read.shape(), [3, 5, 7]);
            for ((k, j, i), &value) in read.indexed_iter() {
                assert_eq!(value, (i + 100 * j + 10_000 * k) as f64);
            }
        }
    }

    #[test]
    fn a_reader_finds_everything_that_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let head = head([4, 3, 1], 2);
        let (cells, nodes) = (head.grid.all(), IndexBox::from_size([4, 4, 1]));
        let mut writer = SnapshotWriter::create(&path, &head).unwrap();
        writer
            .begin_field::<f32>(&field("so2", cells, Location::CENTER))
            .unwrap();
        writer.write_box(&cells, &[1.5f32; 12]).unwrap();
        writer.end_field().unwrap();
        writer
            .begin_field::<f64>(&field("x", nodes, Location::face(1)))
            .unwrap();
        writer.write_box(&nodes, &values(&nodes)).unwrap();
        writer.end_field().unwrap();
        let slot = IndexBox::new([-1, -1, 0], [5, 4, 1]);
        writer.begin_storage::<f64>("so2_0", slot).unwrap();
        writer.write_box(&slot, &values(&slot)).unwrap();
        writer.end_storage().unwrap();
        let size = writer.finish().unwrap();
        assert_eq!(size, fs::metadata(&path).unwrap().len());

        let reader = SnapshotReader::open(&path).unwrap();
        assert_eq!(reader.head(), &head);
        let fields = reader.fields().unwrap();
        assert_eq!((fields[0].name.as_str(), fields[0].element), ("so2", "f32"));
        assert_eq!((fields[1].name.as_str(), fields[1].element), ("x", "f64"));
        assert_eq!(
            (fields[1].shape.as_slice(), fields[1].location),
            ([4, 4].as_slice(), Location::face(1))
        );
        assert_eq!(fields[1].unit, "ug/m3");
        assert_eq!(
            reader.read_field("so2").unwrap(),
            ndarray::Array3::from_elem((1, 3, 4), 1.5)
        );
        assert_eq!(reader.read_plane("x", 2, 0).unwrap()[[3, 2]], 302.0);
        assert_eq!(reader.coordinates(0).unwrap(), [-0.75, -0.25, 0.25, 0.75]);
        assert_eq!(reader.storage_names(), ["so2_0"]);
        let (bytes, element) = reader.read_storage("so2_0").unwrap();
        let expected: Vec<u8> = values(&slot).iter().flat_map(|v| v.to_ne_bytes()).collect();
        assert_eq!((bytes, element), (expected, "f64"));
    }

    #[test]
    fn a_plane_holds_the_slower_axis_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        write_in(&[0, 1, 2, 3, 4, 5], &path);
        let reader = SnapshotReader::open(&path).unwrap();
        for (axis, index, shape, value) in [(0, 6, [3, 5], 20106.0), (1, 4, [3, 7], 20401.0), (2, 0, [5, 7], 201.0)] {
            let plane = reader.read_plane("so2", axis, index).unwrap();
            assert_eq!(plane.shape(), shape);
            assert_eq!(plane[[2, 1]], value);
        }
        let error = reader.read_plane("so2", 2, 3).unwrap_err().to_string();
        assert!(error.contains("no plane 3 along z"), "{error}");
    }

    #[test]
    fn equal_snapshots_are_equal_bytes_whenever_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let written = || {
            let path = folder.path().join("a.h5");
            let head = head([7, 5, 3], 3);
            let all = head.grid.all();
            let mut writer = SnapshotWriter::create(&path, &head).unwrap();
            writer.begin_field::<f64>(&field("so2", all, Location::CENTER)).unwrap();
            writer.write_box(&all, &values(&all)).unwrap();
            writer.end_field().unwrap();
            writer.begin_storage::<f64>("so2_0", all).unwrap();
            writer.write_box(&all, &values(&all)).unwrap();
            writer.end_storage().unwrap();
            writer.finish().unwrap();
            fs::read(&path).unwrap()
        };
        let first = written();
        // The library counts in whole seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert!(first == written(), "the files differ");
    }

    #[test]
    fn a_snapshot_under_construction_is_invisible_and_a_dropped_one_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let head = head([4, 3, 2], 3);
        let mut writer = SnapshotWriter::create(&path, &head).unwrap();
        writer
            .begin_field::<f64>(&field("so2", head.grid.all(), Location::CENTER))
            .unwrap();
        assert!(!path.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(writer);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_snapshot_that_replaces_another_does_so_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        fs::write(&path, "old").unwrap();
        let writer = SnapshotWriter::create(&path, &head([4, 3, 2], 3)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        writer.finish().unwrap();
        assert_eq!(SnapshotReader::open(&path).unwrap().fields().unwrap(), []);
    }

    #[test]
    fn a_path_below_a_regular_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plain"), "").unwrap();
        let error = SnapshotWriter::create(&folder.path().join("plain/a.h5"), &head([4, 3, 2], 3))
            .err()
            .unwrap();
        assert_eq!(error.exit_code(), 5);
        assert!(
            error.to_string().contains("plain/.a.h5.part: Not a directory"),
            "{error}"
        );
    }

    #[test]
    fn boxes_that_do_not_fit_and_values_that_are_missing_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let head = head([4, 3, 2], 3);
        let mut writer = SnapshotWriter::create(&folder.path().join("a.h5"), &head).unwrap();
        let region = IndexBox::from_size([2, 3, 2]);
        let expect = |outcome: Result<()>, text: &str| {
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        };
        expect(
            writer.write_box(&region, &[0.0; 12]),
            "no field or storage has been begun",
        );
        writer
            .begin_field::<f64>(&field("so2", head.grid.all(), Location::CENTER))
            .unwrap();
        let twice = writer.begin_field::<f64>(&field("no2", head.grid.all(), Location::CENTER));
        expect(twice, "'so2' has not been completed");
        expect(
            writer.write_box(&region.shift([3, 0, 0]), &[0.0; 12]),
            "it is not within [0..4, 0..3, 0..2]",
        );
        expect(
            writer.write_box(&region, &[0.0; 11]),
            "it has 12 cells, but 11 values came",
        );
        expect(writer.write_box(&region, &[0.0f32; 12]), "but 'so2' was begun as");
        writer.write_box(&region, &[0.0; 12]).unwrap();
        expect(writer.end_field(), "12 values were written, but it has 24");
    }

    #[test]
    fn what_is_no_snapshot_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let refused = || SnapshotReader::open(&path).err().unwrap().to_string();
        assert!(refused().contains("No such file"), "{}", refused());
        fs::write(&path, "not hdf5").unwrap();
        assert!(
            refused().contains("this is not a simrun snapshot: HDF5 does not open it"),
            "{}",
            refused()
        );
        hdf5::File::create(&path).unwrap();
        assert!(
            refused().contains("attribute simrun_format is missing"),
            "{}",
            refused()
        );
        write_in(&[0, 1, 2, 3, 4, 5], &path);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(refused().contains("a.h5"), "{}", refused());
        let file = hdf5::File::create(&path).unwrap();
        openpmd::write_scalar(&file, "simrun_format", &9u32).unwrap();
        drop(file);
        assert!(refused().contains("use a newer simrun"), "{}", refused());
    }

    #[test]
    fn a_flipped_bit_in_the_data_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let head = head([16, 8, 4], 3);
        let all = head.grid.all();
        let mut writer = SnapshotWriter::create(&path, &head).unwrap();
        writer.begin_storage::<f64>("q", all).unwrap();
        writer.write_box(&all, &values(&all)).unwrap();
        writer.end_storage().unwrap();
        writer.finish().unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let pattern: Vec<u8> = [5.0f64, 6.0, 7.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let at = bytes
            .windows(pattern.len())
            .position(|window| window == pattern)
            .unwrap();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let reader = SnapshotReader::open(&path).unwrap();
        assert!(reader.read_storage("q").is_err());
    }

    #[test]
    fn a_field_unknown_to_the_file_is_an_error_that_lists_the_known_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        write_in(&[0, 1, 2, 3, 4, 5], &path);
        let error = SnapshotReader::open(&path).unwrap().read_field("no2").unwrap_err();
        assert!(
            error.to_string().contains("it has no field 'no2'; its fields are: so2"),
            "{error}"
        );
    }
}
