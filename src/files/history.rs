//! `history.csv`: scalars over time, one row per entry.
//!
//! Comment lines that begin with `#` say where the file comes from and give the units; then one line of column names;
//! then numbers, in the shortest form that reads back to the same bits. `pandas.read_csv(path, comment="#")` reads it.

use crate::error::{Error, Result};
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One column of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// Unit, empty for a pure number.
    pub unit: String,
}

/// One entry of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry {
    Count(u64),
    Value(f64),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Count(count) => write!(f, "{count}"),
            // The debug form is the shortest that reads back to the same bits, and uses an exponent where it is shorter.
            Entry::Value(value) => write!(f, "{value:?}"),
        }
    }
}

/// A history that is being written.
pub struct HistoryWriter {
    path: PathBuf,
    file: File,
    n_columns: usize,
}

impl HistoryWriter {
    /// Begins the history at `path`; `remarks` (title, version, configuration) are written before it as comments.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn create(path: &Path, remarks: &str, columns: &[Column]) -> Result<HistoryWriter> {
        let file = File::create(path).map_err(|e| Error::io("create", path, e))?;
        let mut writer = HistoryWriter {
            path: path.to_owned(),
            file,
            n_columns: columns.len(),
        };
        let comments: String = remarks.lines().map(|line| format!("# {line}\n")).collect();
        let units: Vec<&str> = columns.iter().map(|column| column.unit.as_str()).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        writer.write(&format!(
            "{comments}# units: {}\n{}\n",
            units.join(","),
            names.join(",")
        ))?;
        Ok(writer)
    }

    /// Appends a row with one entry per column; it is handed to the system at once.
    ///
    /// # Errors
    /// [`Error::Io`] if the write fails or the number of entries is wrong.
    pub fn append(&mut self, row: &[Entry]) -> Result<()> {
        let text = self.line(row)?;
        self.write(&text)
    }

    /// Appends many rows at once, as [`HistoryWriter::append`] would one by one.
    ///
    /// # Errors
    /// As for one.
    pub fn append_all(&mut self, rows: &[Vec<Entry>]) -> Result<()> {
        let lines: Result<String> = rows.iter().map(|row| self.line(row)).collect();
        self.write(&lines?)
    }

    fn line(&self, row: &[Entry]) -> Result<String> {
        if row.len() != self.n_columns {
            let cause = format!("the row has {} entries for {} columns", row.len(), self.n_columns);
            return Err(Error::io("write to", &self.path, cause));
        }
        let entries: Vec<String> = row.iter().map(Entry::to_string).collect();
        Ok(entries.join(",") + "\n")
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn finish(self) -> Result<()> {
        self.file
            .sync_all()
            .map_err(|e| Error::io("bring to the disk", &self.path, e))
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|e| Error::io("write to", &self.path, e))
    }
}

/// A history that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub columns: Vec<Column>,
    /// One list of values per row, in the order of the columns.
    pub rows: Vec<Vec<f64>>,
    /// What was tolerated: a last line that was cut off.
    pub warning: Option<String>,
}

impl History {
    /// Reads the history at `path`. A last line without its end, as a killed run leaves it, is dropped with a warning.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, or a line is not what it should be; the text names the line.
    pub fn read(path: &Path) -> Result<History> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        History::parse(path, &text)
    }

    /// The history in `text`, which was read from `path`.
    pub(super) fn parse(path: &Path, text: &str) -> Result<History> {
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let cut = &text[whole.len()..];
        let mut units: Vec<&str> = Vec::new();
        let mut names: Option<Vec<&str>> = None;
        let mut rows = Vec::new();
        for (number, line) in (1..).zip(whole.lines()) {
            if let Some(comment) = line.strip_prefix('#') {
                if let Some(list) = comment.trim_start().strip_prefix("units:") {
                    units = list.trim().split(',').map(str::trim).collect();
                }
                continue;
            }
            match &names {
                None => names = Some(line.split(',').collect()),
                Some(names) => rows.push(read_row(path, number, line, names.len())?),
            }
        }
        let names =
            names.ok_or_else(|| Error::io("read", path, "it is not a history: it has no line of column names"))?;
        let unit = |i: usize| units.get(i).copied().unwrap_or("").to_owned();
        let columns = names.iter().enumerate().map(|(i, name)| Column {
            name: (*name).to_owned(),
            unit: unit(i),
        });
        Ok(History {
            columns: columns.collect(),
            rows,
            warning: (!cut.is_empty())
                .then(|| format!("{}: the last line is cut off and was left out", path.display())),
        })
    }

    /// The values of the column `name`, or `None` if there is no such column.
    pub fn column(&self, name: &str) -> Option<Vec<f64>> {
        let index = self.columns.iter().position(|column| column.name == name)?;
        Some(self.rows.iter().map(|row| row[index]).collect())
    }
}

fn read_row(path: &Path, number: usize, line: &str, n_columns: usize) -> Result<Vec<f64>> {
    let wrong = |cause: String| Error::io("read", path, format!("line {number}: {cause}"));
    let parse = |entry: &str| entry.parse().map_err(|_| wrong(format!("'{entry}' is not a number")));
    let row = line.split(',').map(parse).collect::<Result<Vec<f64>>>()?;
    match row.len() == n_columns {
        true => Ok(row),
        false => Err(wrong(format!("{} entries for {n_columns} columns", row.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        let column = |name: &str, unit: &str| Column {
            name: name.into(),
            unit: unit.into(),
        };
        vec![column("step", ""), column("time", "s"), column("mass_so2", "ug")]
    }

    fn written(path: &Path) -> String {
        let mut writer = HistoryWriter::create(path, "plume\nsimrun 0.1.0", &columns()).unwrap();
        writer
            .append(&[Entry::Count(0), Entry::Value(0.0), Entry::Value(0.1 + 0.2)])
            .unwrap();
        writer
            .append(&[Entry::Count(1), Entry::Value(1e-300), Entry::Value(f64::NAN)])
            .unwrap();
        writer.finish().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn numbers_are_short_and_read_back_to_the_same_bits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        let expected =
            "# plume\n# simrun 0.1.0\n# units: ,s,ug\nstep,time,mass_so2\n0,0.0,0.30000000000000004\n1,1e-300,NaN\n";
        assert_eq!(written(&path), expected);
        let history = History::read(&path).unwrap();
        assert_eq!(history.columns, columns());
        assert_eq!(history.rows[0], [0.0, 0.0, 0.1 + 0.2]);
        assert_eq!(history.column("time").unwrap(), [0.0, 1e-300]);
        assert!(history.rows[1][2].is_nan());
        assert_eq!((history.column("energy"), history.warning), (None, None));
    }

    #[test]
    fn a_last_line_that_was_cut_off_is_left_out_with_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        let text = written(&path);
        std::fs::write(&path, &text[..text.len() - 3]).unwrap();
        let history = History::read(&path).unwrap();
        assert_eq!(history.rows.len(), 1);
        assert!(history.warning.unwrap().contains("cut off"));
    }

    #[test]
    fn a_line_in_the_middle_that_is_wrong_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        std::fs::write(&path, "# units: ,s\nstep,time\n0,x\n1,2\n").unwrap();
        let error = History::read(&path).unwrap_err().to_string();
        assert!(error.contains("history.csv: line 3: 'x' is not a number"), "{error}");
        std::fs::write(&path, "step,time\n0\n").unwrap();
        let error = History::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2: 1 entries for 2 columns"), "{error}");
    }

    #[test]
    fn a_row_of_the_wrong_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = HistoryWriter::create(&folder.path().join("h.csv"), "", &columns()).unwrap();
        assert!(writer.append(&[Entry::Count(0)]).is_err());
    }

    #[test]
    fn a_full_disk_is_an_error() {
        if Path::new("/dev/full").exists() {
            let error = HistoryWriter::create(Path::new("/dev/full"), "", &columns())
                .err()
                .unwrap();
            assert!(error.to_string().contains("/dev/full"), "{error}");
        }
    }
}
