//! Reads what [`super::SnapshotWriter`] wrote.

use super::attributes::{Attributes, not_a_snapshot};
use super::hdf5_cause::cause_of;
use super::openpmd::meshes_group;
use super::snapshot_head::{FORMAT_VERSION, SnapshotHead};
use crate::config::Units;
use crate::error::{Error, Result};
use crate::grid::{AXIS_NAMES, Grid, Location};
use hdf5::types::{FloatSize, TypeDescriptor, VarLenUnicode};
use hdf5::{Hyperslab, SliceOrIndex};
use ndarray::{Array2, Array3, ArrayD, Axis};
use std::path::{Path, PathBuf};

/// The most that compressed chunks can hold per byte of the file: the limit of deflate.
const BYTES_PER_STORED_BYTE: u64 = 1032;

/// An open snapshot.
pub struct SnapshotReader {
    path: PathBuf,
    file: hdf5::File,
    head: SnapshotHead,
    file_bytes: u64,
}

/// What a snapshot says about one of its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldEntry {
    pub name: String,
    /// Unit, empty for a pure number.
    pub unit: String,
    pub long_name: String,
    /// Where on the cell the values live.
    pub location: Location,
    /// Number of values along `[z, y, x]`, or `[y, x]` in 2D.
    pub shape: Vec<usize>,
    /// "f32" or "f64".
    pub element: &'static str,
    /// Time of the values relative to the snapshot's time, s.
    pub time_offset: f64,
}

impl SnapshotReader {
    /// Opens the snapshot at `path` and reads its head.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, is not a snapshot of simrun, or is of a newer format.
    pub fn open(path: &Path) -> Result<SnapshotReader> {
        // The plain look first: its error names the cause better than HDF5's.
        let meta = std::fs::metadata(path).map_err(|e| Error::io("open", path, e))?;
        if !meta.is_file() {
            return Err(Error::io("open", path, "it is not a file"));
        }
        let file = hdf5::File::with_options()
            .with_fapl(|access| access.file_locking(false))
            .open(path)
            .map_err(|e| not_a_snapshot(path, &format!("HDF5 does not open it ({})", cause_of(e))))?;
        let attributes = Attributes { object: &file, path };
        let version: u32 = attributes.number("simrun_format")?;
        if version > FORMAT_VERSION {
            let cause =
                format!("it has format {version}, this simrun reads up to {FORMAT_VERSION}; use a newer simrun");
            return Err(Error::io("read", path, cause));
        }
        let head = read_head(&file, path)?;
        Ok(SnapshotReader {
            path: path.to_owned(),
            file_bytes: meta.len(),
            file,
            head,
        })
    }

    /// What the snapshot says about the run and its moment.
    pub fn head(&self) -> &SnapshotHead {
        &self.head
    }

    /// The fields of the snapshot, in alphabetical order.
    ///
    /// # Errors
    /// [`Error::Io`] if a field lacks what it must say about itself.
    pub fn fields(&self) -> Result<Vec<FieldEntry>> {
        let group = meshes_group(self.head.step);
        let names = self.file.group(&group).and_then(|meshes| meshes.member_names());
        let mut names = names.map_err(|e| not_a_snapshot(&self.path, &format!("no group {group} ({e})")))?;
        names.sort();
        names.iter().map(|name| self.field(name)).collect()
    }

    /// What the snapshot says about the field `name`.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such field; the text lists those that there are.
    pub fn field(&self, name: &str) -> Result<FieldEntry> {
        let dataset = self.dataset(name)?;
        let attributes = Attributes {
            object: &dataset,
            path: &self.path,
        };
        let location = attributes.list::<u8>("location", 3)?;
        Ok(FieldEntry {
            name: name.to_owned(),
            unit: attributes.text("units")?,
            long_name: attributes.text("long_name")?,
            location: Location([0, 1, 2].map(|axis| location[axis] != 0)),
            shape: dataset.shape(),
            element: self.element_of(&dataset, name)?,
            time_offset: attributes.number("timeOffset")?,
        })
    }

    /// The values of field `name`, axes `[z, y, x]`; in 2D the first has length 1.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such field or it cannot be read; damaged data are noticed by their checksums.
    pub fn read_field(&self, name: &str) -> Result<Array3<f64>> {
        let dataset = self.dataset(name)?;
        let values = self.read_selected(&dataset, name, None)?;
        match values.ndim() {
            2 => values.insert_axis(Axis(0)).into_dimensionality(),
            _ => values.into_dimensionality(),
        }
        .map_err(|e| self.wrong(name, e.to_string()))
    }

    /// The values of field `name` in the plane with global index `index` along `axis` (0 for x), the slower of the
    /// other axes first. Only that plane is read. A 2D field has the single plane 0 along axis 2.
    ///
    /// # Errors
    /// As [`SnapshotReader::read_field`], and if the plane is outside.
    pub fn read_plane(&self, name: &str, axis: usize, index: usize) -> Result<Array2<f64>> {
        let dataset = self.dataset(name)?;
        let shape = dataset.shape();
        let n_planes = match (shape.len(), axis) {
            (3, 0..=2) => shape[2 - axis],
            (2, 2) => 1,
            _ => 0,
        };
        if index >= n_planes {
            let axis_name = AXIS_NAMES.get(axis).unwrap_or(&"?");
            return Err(self.wrong(
                name,
                format!("no plane {index} along {axis_name}; its shape is {shape:?}"),
            ));
        }
        let plane = (shape.len() == 3).then(|| (2 - axis, index));
        let values = self.read_selected(&dataset, name, plane)?;
        values
            .into_dimensionality()
            .map_err(|e| self.wrong(name, e.to_string()))
    }

    /// The least and the greatest value of field `name`, NaN if one of its values is; read chunk by chunk.
    ///
    /// # Errors
    /// As [`SnapshotReader::read_field`].
    pub fn range(&self, name: &str) -> Result<(f64, f64)> {
        let dataset = self.dataset(name)?;
        let shape = dataset.shape();
        let chunk = dataset.chunk().unwrap_or_else(|| shape.clone());
        let n_chunks: Vec<usize> = shape.iter().zip(&chunk).map(|(n, c)| n.div_ceil(*c)).collect();
        let mut ends = (f64::INFINITY, f64::NEG_INFINITY);
        for place in ndarray::indices(n_chunks) {
            let range = |axis: usize| {
                let start = place[axis] * chunk[axis];
                SliceOrIndex::from(start..(start + chunk[axis]).min(shape[axis]))
            };
            let ranges: Vec<SliceOrIndex> = (0..shape.len()).map(range).collect();
            let values: ArrayD<f64> = self.read_ranges(&dataset, name, ranges)?;
            if values.iter().any(|value| value.is_nan()) {
                return Ok((f64::NAN, f64::NAN));
            }
            ends = values
                .iter()
                .fold(ends, |(low, high), &value| (low.min(value), high.max(value)));
        }
        Ok(ends)
    }

    /// The names of the raw storage in the file, in alphabetical order; none where nothing of it was written.
    pub fn storage_names(&self) -> Vec<String> {
        let names = self.file.group("/storage").and_then(|group| group.member_names());
        let mut names = names.unwrap_or_default();
        names.sort();
        names
    }

    /// The bytes of the raw storage `name` and the name of its elements, "f32" or "f64".
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such storage or it cannot be read.
    pub fn read_storage(&self, name: &str) -> Result<(Vec<u8>, &'static str)> {
        let dataset = self
            .file
            .dataset(&format!("/storage/{name}"))
            .map_err(|_| Error::io("read", &self.path, format!("it has no storage '{name}'")))?;
        self.check_size(&dataset, name)?;
        let failed = |e: hdf5::Error| self.wrong(name, e.to_string());
        let element = self.element_of(&dataset, name)?;
        let bytes = match element {
            "f32" => {
                let values = dataset.read_raw::<f32>().map_err(failed)?;
                values.iter().flat_map(|v| v.to_ne_bytes()).collect()
            }
            _ => {
                let values = dataset.read_raw::<f64>().map_err(failed)?;
                values.iter().flat_map(|v| v.to_ne_bytes()).collect()
            }
        };
        Ok((bytes, element))
    }

    /// Coordinates of the cell centres along `axis` (0 for x), m.
    ///
    /// # Errors
    /// [`Error::Io`] if the file has none, as along z in 2D.
    pub fn coordinates(&self, axis: usize) -> Result<Vec<f64>> {
        let name = AXIS_NAMES.get(axis).copied().unwrap_or("?");
        let dataset = self
            .file
            .dataset(name)
            .map_err(|_| Error::io("read", &self.path, format!("it has no coordinates along {name}")))?;
        self.check_size(&dataset, name)?;
        dataset.read_raw().map_err(|e| self.wrong(name, e.to_string()))
    }

    fn dataset(&self, name: &str) -> Result<hdf5::Dataset> {
        let group = meshes_group(self.head.step);
        let dataset = self.file.dataset(&format!("{group}/{name}")).map_err(|_| {
            let known = self.file.group(&group).and_then(|meshes| meshes.member_names());
            let known = known.unwrap_or_default().join(", ");
            Error::io(
                "read",
                &self.path,
                format!("it has no field '{name}'; its fields are: {known}"),
            )
        })?;
        match dataset.ndim() {
            2 | 3 => Ok(dataset),
            n => Err(self.wrong(name, format!("it has {n} axes instead of 2 or 3"))),
        }
    }

    fn read_selected(&self, dataset: &hdf5::Dataset, name: &str, plane: Option<(usize, usize)>) -> Result<ArrayD<f64>> {
        self.check_size(dataset, name)?;
        let mut ranges: Vec<SliceOrIndex> = dataset.shape().iter().map(|&n| SliceOrIndex::from(0..n)).collect();
        if let Some((axis, index)) = plane {
            ranges[axis] = SliceOrIndex::from(index);
        }
        self.read_ranges(dataset, name, ranges)
    }

    fn read_ranges(&self, dataset: &hdf5::Dataset, name: &str, ranges: Vec<SliceOrIndex>) -> Result<ArrayD<f64>> {
        let values = dataset.read_slice(Hyperslab::from(ranges));
        values.map_err(|e| self.wrong(name, format!("{}; the file may be damaged", cause_of(e))))
    }

    /// Refuses a dataset that claims more than the file can hold, before memory for it is asked for.
    fn check_size(&self, dataset: &hdf5::Dataset, name: &str) -> Result<()> {
        let bytes = dataset
            .shape()
            .iter()
            .try_fold(8u64, |product, &n| product.checked_mul(n as u64));
        let most = self.file_bytes.saturating_mul(BYTES_PER_STORED_BYTE);
        match bytes {
            Some(bytes) if bytes <= most => Ok(()),
            _ => {
                let cause = format!(
                    "its shape {:?} cannot fit into {} bytes",
                    dataset.shape(),
                    self.file_bytes
                );
                Err(self.wrong(name, cause))
            }
        }
    }

    fn element_of(&self, dataset: &hdf5::Dataset, name: &str) -> Result<&'static str> {
        match dataset.dtype().and_then(|dtype| dtype.to_descriptor()) {
            Ok(TypeDescriptor::Float(FloatSize::U4)) => Ok("f32"),
            Ok(TypeDescriptor::Float(FloatSize::U8)) => Ok("f64"),
            Ok(other) => Err(self.wrong(name, format!("its elements are {other}, not f32 or f64"))),
            Err(e) => Err(self.wrong(name, e.to_string())),
        }
    }

    fn wrong(&self, name: &str, cause: String) -> Error {
        Error::io(&format!("read '{name}' from"), &self.path, cause)
    }
}

fn read_head(file: &hdf5::File, path: &Path) -> Result<SnapshotHead> {
    let root = Attributes { object: file, path };
    let step: u64 = root.number("step")?;
    let iteration_name = super::openpmd::iteration_group(step);
    let iteration = file
        .group(&iteration_name)
        .map_err(|_| not_a_snapshot(path, &format!("group {iteration_name} is missing")))?;
    let iteration = Attributes {
        object: &iteration,
        path,
    };
    let config = file
        .dataset("config")
        .and_then(|dataset| dataset.read_scalar::<VarLenUnicode>());
    let config = config.map_err(|e| not_a_snapshot(path, &format!("dataset config cannot be read ({e})")))?;
    Ok(SnapshotHead {
        title: root.text("title")?,
        kernel: root.text("kernel")?,
        config_text: config.as_str().to_owned(),
        version: root.text("simrun_version")?,
        commit: root.text("simrun_commit")?,
        date: root.text("created")?,
        hosts: root.text("hosts")?,
        n_ranks: root.number::<u64>("n_ranks")? as usize,
        step,
        time: iteration.number("time")?,
        dt: iteration.number("dt")?,
        units: read_units(&root)?,
        grid: read_grid(&root)?,
    })
}

/// SI units where the file does not say.
fn read_units(root: &Attributes) -> Result<Units> {
    if !root.has("units") {
        return Ok(Units::Si);
    }
    let name = root.text("units")?;
    let cause = || {
        not_a_snapshot(
            root.path,
            &format!("units are \"{name}\" instead of \"SI\" or \"natural\""),
        )
    };
    Units::named(&name).ok_or_else(cause)
}

fn read_grid(root: &Attributes) -> Result<Grid> {
    let cells = root.list::<u64>("grid_cells", 3)?;
    let spacing = root.list::<f64>("grid_spacing", 3)?;
    let origin = root.list::<f64>("grid_origin", 3)?;
    let periodic = root.list::<u8>("grid_periodic", 3)?;
    let dims = root.number::<u64>("grid_dims")?;
    if !matches!(dims, 2 | 3) {
        return Err(not_a_snapshot(
            root.path,
            &format!("grid_dims is {dims} instead of 2 or 3"),
        ));
    }
    Ok(Grid {
        cells: [0, 1, 2].map(|axis| cells[axis] as usize),
        dims: dims as usize,
        spacing: [0, 1, 2].map(|axis| spacing[axis]),
        origin: [0, 1, 2].map(|axis| origin[axis]),
        periodic: [0, 1, 2].map(|axis| periodic[axis] != 0),
    })
}
