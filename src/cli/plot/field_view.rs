//! How one field of a snapshot is shown: as a profile, a plane or three planes, by the number of axes that vary.

use std::path::Path;

use ndarray::{Array2, Axis};

use super::plane_choice::PlaneChoice;
use crate::error::{Error, Result};
use crate::files::{FieldEntry, SnapshotHead, SnapshotReader};
use crate::grid::AXIS_NAMES;
use crate::plot::{AxisRange, ColorScale, HeatMap, LinePanel, LinePlot, Plane, Series, Slices, quantity};

/// One field of an open snapshot, and which part of it is drawn.
pub struct FieldView<'a> {
    reader: &'a SnapshotReader,
    entry: FieldEntry,
    cut: Cut,
}

/// The part of a field that is drawn.
enum Cut {
    /// All values along the one axis that varies, 0 for x.
    Profile(usize),
    /// The only plane of a field that varies along two axes, by its normal.
    Only(usize),
    /// The plane that was asked for: its normal and its index.
    Chosen(usize, usize),
    /// The central planes of a field that varies along three axes: normals and indices.
    Central([(usize, usize); 3]),
}

impl<'a> FieldView<'a> {
    /// The view of the field `name` of the snapshot at `path`.
    ///
    /// # Errors
    /// [`Error::Config`] if a plane is asked for and the field has only one or none, or the plane is outside;
    /// [`Error::Io`] if the field cannot be read.
    pub fn new(
        reader: &'a SnapshotReader,
        path: &Path,
        name: &str,
        plane: Option<PlaneChoice>,
    ) -> Result<FieldView<'a>> {
        let entry = reader.field(name)?;
        let grid = &reader.head().grid;
        let active: Vec<usize> = (0..3).filter(|&axis| grid.is_active(axis)).collect();
        let cut = match (active.len(), plane) {
            (3, None) => Cut::Central([2, 1, 0].map(|normal| (normal, n_values(&entry, normal) / 2))),
            (3, Some(plane)) => {
                let n = n_values(&entry, plane.axis);
                Cut::Chosen(plane.axis, plane.nearest_index(reader.head(), entry.location, n, path)?)
            }
            (n_active, Some(plane)) => return Err(no_planes(path, plane, n_active)),
            (2, None) => Cut::Only((0..3).find(|axis| !active.contains(axis)).unwrap_or(2)),
            (_, None) => Cut::Profile(active.first().copied().unwrap_or(0)),
        };
        Ok(FieldView { reader, entry, cut })
    }

    /// The name of the field.
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// The step of the snapshot.
    pub fn step(&self) -> u64 {
        self.head().step
    }

    /// The values that are drawn, plane by plane.
    ///
    /// # Errors
    /// [`Error::Io`] if they cannot be read.
    pub fn values(&self) -> Result<Vec<Array2<f64>>> {
        let plane = |&(normal, index): &(usize, usize)| self.reader.read_plane(&self.entry.name, normal, index);
        match &self.cut {
            Cut::Profile(axis) => Ok(vec![self.profile(*axis)?.insert_axis(Axis(0))]),
            Cut::Only(normal) => Ok(vec![plane(&(*normal, 0))?]),
            Cut::Chosen(normal, index) => Ok(vec![plane(&(*normal, *index))?]),
            Cut::Central(planes) => planes.iter().map(plane).collect(),
        }
    }

    /// Draws the field with the colours `color` and writes the picture to `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the values cannot be read or the picture cannot be written; [`Error::Config`] if the range of
    /// the colours is none.
    pub fn save(&self, color: ColorScale, path: &Path) -> Result<()> {
        match &self.cut {
            Cut::Profile(axis) => self.line_plot(*axis, color.log)?.save(path),
            Cut::Only(normal) => self.heat_map(*normal, None, color)?.save(path),
            Cut::Chosen(normal, index) => self.heat_map(*normal, Some(*index), color)?.save(path),
            Cut::Central(planes) => self.slices(planes, color)?.save(path),
        }
    }

    fn line_plot(&self, axis: usize, log_y: bool) -> Result<LinePlot> {
        let grid = &self.head().grid;
        let place = |i: usize| grid.origin[axis] + (i as f64 + self.offset(axis)) * grid.spacing[axis];
        let values = self.profile(axis)?;
        Ok(LinePlot {
            title: self.head().title.clone(),
            subtitle: self.subtitle(None),
            x_label: AXIS_NAMES[axis].into(),
            x_unit: self.head().units.length().into(),
            log_x: false,
            panels: vec![LinePanel {
                label: self.label(),
                unit: self.entry.unit.clone(),
                log_y,
                series: vec![Series {
                    name: self.entry.name.clone(),
                    points: values.iter().enumerate().map(|(i, value)| (place(i), *value)).collect(),
                    guide: Vec::new(),
                }],
            }],
        })
    }

    /// The plane at `index` along `normal`, or the only one.
    fn heat_map(&self, normal: usize, index: Option<usize>, color: ColorScale) -> Result<HeatMap> {
        let Plane { values, x, y, .. } = self.plane(normal, index.unwrap_or(0))?;
        Ok(HeatMap {
            title: self.head().title.clone(),
            subtitle: self.subtitle(index.map(|index| self.place_of_plane(normal, index))),
            values,
            x,
            y,
            value_label: self.label(),
            value_unit: self.entry.unit.clone(),
            color,
        })
    }

    fn slices(&self, planes: &[(usize, usize)], color: ColorScale) -> Result<Slices> {
        let planes = planes.iter().map(|&(normal, index)| self.plane(normal, index));
        Ok(Slices {
            title: self.head().title.clone(),
            subtitle: self.subtitle(None),
            planes: planes.collect::<Result<Vec<Plane>>>()?,
            value_label: self.label(),
            value_unit: self.entry.unit.clone(),
            color,
        })
    }

    fn plane(&self, normal: usize, index: usize) -> Result<Plane> {
        let (x, y) = match normal {
            0 => (1, 2),
            1 => (0, 2),
            _ => (0, 1),
        };
        let place = self.place_of_plane(normal, index);
        Ok(Plane {
            title: format!("{}–{} plane at {place}", AXIS_NAMES[x], AXIS_NAMES[y]),
            values: self.reader.read_plane(&self.entry.name, normal, index)?,
            x: self.axis_range(x),
            y: self.axis_range(y),
        })
    }

    /// The values along `axis`, on the lower side of the axes that do not vary.
    fn profile(&self, axis: usize) -> Result<ndarray::Array1<f64>> {
        let values = self.reader.read_field(&self.entry.name)?;
        let mut lanes = values.lanes(Axis(2 - axis)).into_iter();
        let first = lanes.next().map(|lane| lane.to_owned());
        Ok(first.unwrap_or_default())
    }

    /// Where the plane lies, as `z = 1.5 km`.
    fn place_of_plane(&self, normal: usize, index: usize) -> String {
        let grid = &self.head().grid;
        let coordinate = grid.origin[normal] + (index as f64 + self.offset(normal)) * grid.spacing[normal];
        format!(
            "{} = {}",
            AXIS_NAMES[normal],
            quantity(coordinate, self.head().units.length())
        )
    }

    /// The axis up to the outer edges of its first and last value.
    fn axis_range(&self, axis: usize) -> AxisRange {
        let grid = &self.head().grid;
        let edge = |i: usize| grid.origin[axis] + (i as f64 + self.offset(axis) - 0.5) * grid.spacing[axis];
        AxisRange {
            label: AXIS_NAMES[axis].into(),
            unit: self.head().units.length().into(),
            lo: edge(0),
            hi: edge(n_values(&self.entry, axis)),
        }
    }

    fn offset(&self, axis: usize) -> f64 {
        self.entry.location.offset()[axis]
    }

    fn head(&self) -> &SnapshotHead {
        self.reader.head()
    }

    /// What the values are, for the colour bar.
    fn label(&self) -> String {
        match self.entry.long_name.is_empty() {
            true => self.entry.name.clone(),
            false => self.entry.long_name.clone(),
        }
    }

    /// Field, plane, time and step.
    fn subtitle(&self, place: Option<String>) -> String {
        let time = quantity(self.head().time + self.entry.time_offset, self.head().units.time());
        let place = place.map_or(String::new(), |place| format!(" at {place}"));
        format!("{}{place}, t = {time}, step {}", self.entry.name, self.head().step)
    }
}

/// Number of values of a field along `axis`; the shape in the file has the slowest axis first.
fn n_values(entry: &FieldEntry, axis: usize) -> usize {
    entry.shape.iter().rev().nth(axis).copied().unwrap_or(1)
}

fn no_planes(path: &Path, plane: PlaneChoice, n_active: usize) -> Error {
    let PlaneChoice { axis, coordinate } = plane;
    Error::Config(format!(
        "--plane {}={coordinate} needs a field that varies along three axes, but {} varies along {n_active}; leave \
         --plane out",
        AXIS_NAMES[axis],
        path.display()
    ))
}
