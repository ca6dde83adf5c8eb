//! `history.csv`: scalars over time, one row per entry.
//!
//! Comment lines that begin with `#` say where the file comes from and give the units; then one line of column names;
//! then numbers, in the shortest form that reads back to the same bits. `pandas.read_csv(path, comment="#")` reads it.

use super::durable;
use crate::error::{Error, Result};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
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
    /// Length of what was written.
    n_bytes: u64,
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
            n_bytes: 0,
        };
        let comments: String = remarks.lines().map(|line| format!("# {line}\n")).collect();
        writer.write(&(comments + &last_head_lines(columns)))?;
        Ok(writer)
    }

    /// Goes on with the history at `path`, whose first `n_bytes` were written before the checkpoint; what follows them is
    /// cut off. Where that cannot be, a history begins as by [`HistoryWriter::create`], what is there is renamed to
    /// `history.csv.superseded`, and a text for the log says so.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read, renamed or written.
    pub fn resume(
        path: &Path,
        remarks: &str,
        columns: &[Column],
        n_bytes: u64,
    ) -> Result<(HistoryWriter, Option<String>)> {
        HistoryWriter::resume_marked(path, remarks, columns, n_bytes, None)
    }

    /// As [`HistoryWriter::resume`], where the comments of the history have to hold the line `mark` too.
    pub(super) fn resume_marked(
        path: &Path,
        remarks: &str,
        columns: &[Column],
        n_bytes: u64,
        mark: Option<&str>,
    ) -> Result<(HistoryWriter, Option<String>)> {
        let reason = match OpenOptions::new().read(true).append(true).open(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let said = format!("{} begins anew: it is missing", path.display());
                return Ok((HistoryWriter::create(path, remarks, columns)?, Some(said)));
            }
            Err(e) => return Err(Error::io("open", path, e)),
            Ok(file) => match defect(&file, columns, n_bytes, mark).map_err(|e| Error::io("read", path, e))? {
                Some(reason) => reason,
                None => {
                    file.set_len(n_bytes).map_err(|e| Error::io("cut", path, e))?;
                    let writer = HistoryWriter {
                        path: path.to_owned(),
                        file,
                        n_columns: columns.len(),
                        n_bytes,
                    };
                    return Ok((writer, None));
                }
            },
        };
        let aside = durable::superseded_path(path)?;
        fs::rename(path, &aside).map_err(|e| Error::io("rename", path, e))?;
        let writer = HistoryWriter::create(path, remarks, columns)?;
        durable::sync_folder_of(path)?;
        let said = format!(
            "{} begins anew: {reason}; what was there is now {}",
            path.display(),
            aside.display()
        );
        Ok((writer, Some(said)))
    }

    /// Length of what was written, bytes.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// The file once more, to bring it to the disk from another thread.
    ///
    /// # Errors
    /// [`Error::Io`] if the system has no more handles.
    pub fn handle(&self) -> Result<File> {
        self.file
            .try_clone()
            .map_err(|e| Error::io("open again", &self.path, e))
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
        written.map_err(|e| Error::io("write to", &self.path, e))?;
        self.n_bytes += text.len() as u64;
        Ok(())
    }
}

/// The lines of units and of names, which end the head.
fn last_head_lines(columns: &[Column]) -> String {
    let units: Vec<&str> = columns.iter().map(|column| column.unit.as_str()).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    format!("# units: {}\n{}\n", units.join(","), names.join(","))
}

/// Why the history in `file` is not one of `columns` that had `n_bytes` at the checkpoint; nothing if it is.
fn defect(file: &File, columns: &[Column], n_bytes: u64, mark: Option<&str>) -> io::Result<Option<&'static str>> {
    let len = file.metadata()?.len();
    if len < n_bytes {
        return Ok(Some("it is shorter than at the checkpoint"));
    }
    // What lies behind is cut off, so it need be neither text nor whole.
    let mut before = BufReader::new(file).take(n_bytes);
    let (mut head, mut start) = (Vec::new(), 0);
    while before.read_until(b'\n', &mut head)? > 0 && head[start..].starts_with(b"#") {
        start = head.len();
    }
    let head = String::from_utf8_lossy(&head);
    let is_marked = mark.is_none_or(|mark| head.lines().any(|line| line.strip_prefix("# ") == Some(mark)));
    if !head.ends_with(&last_head_lines(columns)) || !is_marked {
        return Ok(Some("its columns are not those of this run"));
    }
    let mut last = [0];
    let mut file = file;
    file.seek(SeekFrom::Start(n_bytes - 1))?;
    file.read_exact(&mut last)?;
    Ok((last != *b"\n").then_some("at the checkpoint it ended elsewhere"))
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

    /// A history of two rows at `path`, gone on with after its first `n_bytes` by a row with the count 7.
    fn resumed(path: &Path, columns: &[Column], n_bytes: u64) -> (String, Option<String>) {
        let (mut writer, said) = HistoryWriter::resume(path, "again", columns, n_bytes).unwrap();
        writer.append(&vec![Entry::Count(7); columns.len()]).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(writer.n_bytes(), text.len() as u64);
        writer.handle().unwrap().sync_all().unwrap();
        (text, said)
    }

    #[test]
    fn a_history_goes_on_where_it_was_at_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        let text = written(&path);
        let first_row = text.find("\n1,").unwrap() + 1;
        for (rest, n_bytes) in [(&b""[..], first_row), (b"1,1\xff", first_row), (b"", text.len())] {
            std::fs::write(&path, [text.as_bytes(), rest].concat()).unwrap();
            let (after, said) = resumed(&path, &columns(), n_bytes as u64);
            assert_eq!((after, said), (format!("{}7,7,7\n", &text[..n_bytes]), None));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_history_that_does_not_fit_to_the_checkpoint_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        let text = written(&path);
        let n_bytes = text.len() as u64;
        let mut other_unit = columns();
        other_unit[2].unit = "kg".into();
        for (columns, n_bytes, reason) in [
            (&columns(), n_bytes + 1, "shorter than at the checkpoint"),
            (&columns(), n_bytes - 1, "ended elsewhere"),
            (&columns(), 0, "columns are not those of this run"),
            (&columns(), 20, "columns are not those of this run"),
            (&other_unit, n_bytes, "columns are not those of this run"),
            (&columns()[..2].to_vec(), n_bytes, "columns are not those of this run"),
        ] {
            std::fs::write(&path, &text).unwrap();
            let (after, said) = resumed(&path, columns, n_bytes);
            let said = said.unwrap();
            assert!(
                said.contains(reason) && said.contains("history.csv.superseded"),
                "{said}"
            );
            assert!(after.starts_with("# again\n"), "{after}");
            let aside = std::fs::read_to_string(folder.path().join("history.csv.superseded")).unwrap();
            assert_eq!(aside, text);
        }
        std::fs::remove_file(&path).unwrap();
        let (after, said) = resumed(&path, &columns(), n_bytes);
        assert!(after.starts_with("# again\n") && said.unwrap().contains("it is missing"));
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
