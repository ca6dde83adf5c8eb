//! `probes/<name>.csv`: the values of fields at the nodes around a place, step by step.
//!
//! A history with a line more: `# times:` names, for each column, the column with the times of its values. Columns are
//! `step`, `time` (that of the step), a column of times for every shift of a field, as `time-0.5dt`; then, field by
//! field, one column for each node, as `Ez[12 7 3]`, with the values as they are, and, where there are several nodes, `Ez`,
//! the linear interpolation to the place.

use super::history::{Column, Entry, History, HistoryWriter};
use crate::error::{Error, Result};
use crate::grid::{AXIS_NAMES, Grid, Location, NodesAround, PerAxis};
use std::fs::File;
use std::path::Path;

/// How the line of the head begins that says which probe it is.
const HEAD: &str = "probe ";

/// One field of a probe.
#[derive(Clone, Debug)]
pub struct ProbeField {
    pub name: String,
    pub unit: String,
    pub location: Location,
    /// When its values are known, in steps after the time of the step.
    pub time_shift: f64,
    pub around: NodesAround,
}

/// What a series is of.
#[derive(Clone, Debug)]
pub struct ProbeHead<'a> {
    /// Title and version, line by line.
    pub remarks: String,
    pub name: &'a str,
    pub at: PerAxis<f64>,
    pub grid: &'a Grid,
    pub length_unit: &'a str,
    pub time_unit: &'a str,
}

/// When a row was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stamp {
    pub step: u64,
    pub time: f64,
    /// What shifts count in: the length of the step that led here.
    pub dt: f64,
}

/// A series that is being written.
pub struct ProbeWriter {
    writer: HistoryWriter,
    fields: Vec<ProbeField>,
    /// Those that have a column of times, each once.
    shifts: Vec<f64>,
}

impl ProbeWriter {
    /// Begins the series at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn create(path: &Path, head: &ProbeHead<'_>, fields: Vec<ProbeField>) -> Result<ProbeWriter> {
        let shifts = shifts_of(&fields);
        let (remarks, columns) = head.describe(&fields, &shifts);
        let writer = HistoryWriter::create(path, &remarks, &columns)?;
        Ok(ProbeWriter { writer, fields, shifts })
    }

    /// Goes on with the series at `path`, as [`HistoryWriter::resume`] does with a history; a series of another place
    /// begins anew.
    ///
    /// # Errors
    /// As there.
    pub fn resume(
        path: &Path,
        head: &ProbeHead<'_>,
        fields: Vec<ProbeField>,
        n_bytes: u64,
    ) -> Result<(ProbeWriter, Option<String>)> {
        let shifts = shifts_of(&fields);
        let (remarks, columns) = head.describe(&fields, &shifts);
        let (writer, said) = HistoryWriter::resume_marked(path, &remarks, &columns, n_bytes, Some(&head.line()))?;
        Ok((ProbeWriter { writer, fields, shifts }, said))
    }

    /// Length of what was written, bytes.
    pub fn n_bytes(&self) -> u64 {
        self.writer.n_bytes()
    }

    /// The file once more, to bring it to the disk from another thread.
    ///
    /// # Errors
    /// As [`HistoryWriter::handle`].
    pub fn handle(&self) -> Result<File> {
        self.writer.handle()
    }

    /// Appends a row for each of `stamps`; `nodes` holds, for every node of every field, its values at these.
    ///
    /// # Errors
    /// [`Error::Io`] if the write fails.
    pub fn append(&mut self, stamps: &[Stamp], nodes: &[&[f64]]) -> Result<()> {
        let rows: Vec<Vec<Entry>> = (0..stamps.len()).map(|n| self.row(n, &stamps[n], nodes)).collect();
        self.writer.append_all(&rows)
    }

    fn row(&self, n: usize, stamp: &Stamp, nodes: &[&[f64]]) -> Vec<Entry> {
        let mut row = vec![Entry::Count(stamp.step), Entry::Value(stamp.time)];
        let shifted = |shift: &f64| Entry::Value(stamp.time + shift * stamp.dt);
        row.extend(self.shifts.iter().map(shifted));
        let mut rest = nodes;
        for field in &self.fields {
            let (own, others) = rest.split_at(field.around.nodes().len());
            let values: Vec<f64> = own.iter().map(|values| values[n]).collect();
            row.extend(values.iter().copied().map(Entry::Value));
            if values.len() > 1 {
                row.push(Entry::Value(field.around.interpolate(&values)));
            }
            rest = others;
        }
        row
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn finish(self) -> Result<()> {
        self.writer.finish()
    }
}

impl ProbeField {
    /// Names of the field's columns, and what there is to say of each.
    fn columns(&self, head: &ProbeHead<'_>) -> Vec<(String, String)> {
        let axes = || 0..head.grid.dims;
        let nodes = self.around.nodes();
        let about = |what: String| match self.time_shift {
            0.0 => format!("{what}, {}, at the time of the step", or_none(&self.unit)),
            shift => format!("{what}, {}, {shift} dt after the time of the step", or_none(&self.unit)),
        };
        let of_node = |node: &PerAxis<i64>| {
            let indices: Vec<String> = axes().map(|axis| node[axis].to_string()).collect();
            let place = head.place(head.grid.point(self.location, *node));
            let name = format!("{}[{}]", self.name, indices.join(" "));
            (name, about(format!("node ({}) at {place}", indices.join(", "))))
        };
        let mut columns: Vec<(String, String)> = nodes.iter().map(of_node).collect();
        if nodes.len() > 1 {
            columns.push((self.name.clone(), about("linear interpolation to the probe".into())));
        }
        columns
    }
}

/// The shifts that have a column of times, each once.
fn shifts_of(fields: &[ProbeField]) -> Vec<f64> {
    let mut shifts = Vec::new();
    for field in fields {
        if field.time_shift != 0.0 && !shifts.contains(&field.time_shift) {
            shifts.push(field.time_shift);
        }
    }
    shifts
}

impl ProbeHead<'_> {
    /// What the file says of itself, and its columns.
    fn describe(&self, fields: &[ProbeField], shifts: &[f64]) -> (String, Vec<Column>) {
        let column = |name: &str, unit: &str| Column {
            name: name.to_owned(),
            unit: unit.to_owned(),
        };
        let mut columns = vec![column("step", ""), column("time", self.time_unit)];
        columns.extend(shifts.iter().map(|&shift| column(&time_column(shift), self.time_unit)));
        let mut times = vec![String::new(); columns.len()];
        let mut remarks = format!("{}\n{}", self.remarks, self.line());
        for field in fields {
            for (name, text) in field.columns(self) {
                remarks += &format!("\n{name}: {text}");
                columns.push(column(&name, &field.unit));
                times.push(time_column(field.time_shift));
            }
        }
        remarks += &format!("\ntimes: {}", times.join(","));
        (remarks, columns)
    }

    fn line(&self) -> String {
        format!("{HEAD}\"{}\" at {}", self.name, self.place(self.at))
    }

    fn place(&self, at: PerAxis<f64>) -> String {
        let axes = 0..self.grid.dims;
        let places: Vec<String> = axes
            .map(|axis| format!("{} = {} {}", AXIS_NAMES[axis], coordinate(at[axis]), self.length_unit))
            .collect();
        places
            .iter()
            .map(|place| place.trim_end())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// A coordinate with all its digits, with a power of ten where it is very large or small.
fn coordinate(x: f64) -> String {
    match x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        true => format!("{x}"),
        false => format!("{x:e}"),
    }
}

fn or_none(unit: &str) -> &str {
    if unit.is_empty() { "no unit" } else { unit }
}

/// The name of the column with the times of fields of this shift.
fn time_column(shift: f64) -> String {
    match shift {
        0.0 => "time".into(),
        _ => format!("time{shift:+}dt"),
    }
}

/// A series that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeSeries {
    pub history: History,
    /// Which probe it is, and where.
    pub about: String,
    /// For each column, the one with the times of its values; empty for those that are times themselves.
    times: Vec<String>,
}

/// The values of one field or node over time.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeLine {
    /// Of the column.
    pub name: String,
    pub unit: String,
    pub times: Vec<f64>,
    pub values: Vec<f64>,
}

impl ProbeSeries {
    /// Reads the series at `path`; nothing where the file is another kind of history.
    ///
    /// # Errors
    /// As [`History::read`].
    pub fn read(path: &Path) -> Result<Option<ProbeSeries>> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        let comments = || text.lines().take_while(|line| line.starts_with('#'));
        let times = comments().filter_map(|line| line.strip_prefix("# times:")).last();
        let Some(times) = times else { return Ok(None) };
        let about = comments().find_map(|line| line.strip_prefix("# ").filter(|text| text.starts_with(HEAD)));
        let times = times.split(',').map(|name| name.trim().to_owned()).collect();
        let history = History::parse(path, &text)?;
        Ok(Some(ProbeSeries {
            about: about.unwrap_or_default().to_owned(),
            history,
            times,
        }))
    }

    /// The fields, in their order.
    pub fn fields(&self) -> Vec<&str> {
        let mut fields: Vec<&str> = Vec::new();
        for (column, times) in self.history.columns.iter().zip(&self.times) {
            let field = column.name.split('[').next().unwrap_or_default();
            if !times.is_empty() && !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }

    /// The names of all columns of values.
    pub fn names(&self) -> Vec<&str> {
        let columns = self.history.columns.iter().zip(&self.times);
        let values = columns.filter(|(_, times)| !times.is_empty());
        values.map(|(column, _)| column.name.as_str()).collect()
    }

    /// The line called `name`: that of a column, or of a field, which is the interpolated one, or that of its only node.
    pub fn line(&self, name: &str) -> Option<ProbeLine> {
        let columns = &self.history.columns;
        let exact = columns.iter().position(|column| column.name == name);
        let of_field = || {
            let is_node = |name_of: &str| name_of.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
            columns.iter().position(|column| is_node(&column.name))
        };
        let n = exact.or_else(of_field)?;
        let times = self.times.get(n).filter(|times| !times.is_empty())?;
        Some(ProbeLine {
            name: columns[n].name.clone(),
            unit: columns[n].unit.clone(),
            times: self.history.column(times)?,
            values: self.history.rows.iter().map(|row| row[n]).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Begins a series of the probe at x = `x`, or goes on with one after `n_bytes`.
    fn open(path: &Path, x: f64, n_bytes: Option<u64>) -> (ProbeWriter, Option<String>) {
        let grid = Grid {
            cells: [8, 4, 1],
            dims: 2,
            spacing: [0.5, 0.25, 1.0],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let at = [x, 0.5, 0.0];
        let field = |name: &str, location, time_shift| ProbeField {
            name: name.into(),
            unit: "V/m".into(),
            location,
            time_shift,
            around: NodesAround::new(&grid, location, &grid.all(), at),
        };
        let corner = Location([true, true, false]);
        let fields = vec![
            field("Ez", corner, 0.0),
            field("Hx", Location([true, false, false]), -0.5),
        ];
        let head = ProbeHead {
            remarks: "pulse\nsimrun".into(),
            name: "p1",
            at,
            grid: &grid,
            length_unit: "",
            time_unit: "s",
        };
        match n_bytes {
            None => (ProbeWriter::create(path, &head, fields).unwrap(), None),
            Some(n_bytes) => ProbeWriter::resume(path, &head, fields, n_bytes).unwrap(),
        }
    }

    fn stamp(step: u64) -> Stamp {
        Stamp {
            step,
            time: 0.25 * step as f64,
            dt: 0.25,
        }
    }

    fn written(path: &Path) -> String {
        let (mut writer, _) = open(path, 1.375, None);
        let nodes: [&[f64]; 6] = [
            &[1.0, 5.0],
            &[2.0, 9.0],
            &[0.0; 2],
            &[4.0, 0.0],
            &[2.0, 2.0],
            &[6.0, -2.0],
        ];
        writer.append(&[stamp(0), stamp(1)], &nodes).unwrap();
        writer.append(&[stamp(2)], &[&[0.5][..]; 6]).unwrap();
        writer.finish().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_series_says_of_every_column_where_and_when() {
        let folder = tempfile::tempdir().unwrap();
        let expected = "\
# pulse
# simrun
# probe \"p1\" at x = 1.375, y = 0.5
# Ez[2 2]: node (2, 2) at x = 1, y = 0.5, V/m, at the time of the step
# Ez[3 2]: node (3, 2) at x = 1.5, y = 0.5, V/m, at the time of the step
# Ez: linear interpolation to the probe, V/m, at the time of the step
# Hx[2 1]: node (2, 1) at x = 1, y = 0.375, V/m, -0.5 dt after the time of the step
# Hx[3 1]: node (3, 1) at x = 1.5, y = 0.375, V/m, -0.5 dt after the time of the step
# Hx[2 2]: node (2, 2) at x = 1, y = 0.625, V/m, -0.5 dt after the time of the step
# Hx[3 2]: node (3, 2) at x = 1.5, y = 0.625, V/m, -0.5 dt after the time of the step
# Hx: linear interpolation to the probe, V/m, -0.5 dt after the time of the step
# times: ,,,time,time,time,time-0.5dt,time-0.5dt,time-0.5dt,time-0.5dt,time-0.5dt
# units: ,s,s,V/m,V/m,V/m,V/m,V/m,V/m,V/m,V/m
step,time,time-0.5dt,Ez[2 2],Ez[3 2],Ez,Hx[2 1],Hx[3 1],Hx[2 2],Hx[3 2],Hx
0,0.0,-0.125,1.0,2.0,1.75,0.0,4.0,2.0,6.0,4.0
1,0.25,0.125,5.0,9.0,8.0,0.0,0.0,2.0,-2.0,-0.5
2,0.5,0.375,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5
";
        assert_eq!(written(&folder.path().join("p1.csv")), expected);
    }

    #[test]
    fn a_series_goes_on_where_it_was_at_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p1.csv");
        let text = written(&path);
        let n_bytes = text.find("\n2,").unwrap() as u64 + 1;
        let (mut writer, said) = open(&path, 1.375, Some(n_bytes));
        assert_eq!((said, writer.n_bytes()), (None, n_bytes));
        writer.append(&[stamp(2)], &[&[0.5][..]; 6]).unwrap();
        assert_eq!(writer.n_bytes(), text.len() as u64);
        writer.handle().unwrap().sync_all().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_series_of_another_place_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p1.csv");
        let text = written(&path);
        let (_, said) = open(&path, 1.25, Some(text.len() as u64));
        assert!(said.unwrap().contains("p1.csv.superseded"));
        assert!(std::fs::read_to_string(&path).unwrap().contains("at x = 1.25"));
        let aside = std::fs::read_to_string(folder.path().join("p1.csv.superseded")).unwrap();
        assert_eq!(aside, text);
    }

    #[test]
    fn a_field_is_read_with_its_own_times() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p1.csv");
        written(&path);
        let series = ProbeSeries::read(&path).unwrap().unwrap();
        assert_eq!(series.fields(), ["Ez", "Hx"]);
        let line = series.line("Hx").unwrap();
        assert_eq!((line.name.as_str(), line.unit.as_str()), ("Hx", "V/m"));
        assert_eq!(line.times, [-0.125, 0.125, 0.375]);
        assert_eq!(line.values, [4.0, -0.5, 0.5]);
        assert_eq!(series.line("Ez[3 2]").unwrap().values, [2.0, 9.0, 0.5]);
        assert_eq!((series.line("time"), series.line("H")), (None, None));
        std::fs::write(&path, "# units: ,s\nstep,time\n0,1\n").unwrap();
        assert_eq!(ProbeSeries::read(&path).unwrap(), None);
    }

    #[test]
    fn a_field_with_one_node_is_called_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p1.csv");
        std::fs::write(&path, "# times: ,,time\n# units: ,,\nstep,time,Ez[2 2]\n0,1,7\n").unwrap();
        let series = ProbeSeries::read(&path).unwrap().unwrap();
        assert_eq!(series.line("Ez").unwrap().values, [7.0]);
    }
}
