//! A configuration being read: the tree of its values, what was asked for, and what was found wrong.

use std::cell::RefCell;
use std::collections::BTreeSet;

use toml::de::DeTable;

use super::diagnostics::{ConfigError, Problem, Severity, Source};
use super::table::Table;
use super::tree::{Entries, Place, WrittenTable};
use super::{overrides, unknown};

/// A parsed configuration, from which sections and kernels read their keys. Every read leaves a note, so that
/// [`Document::finish`] can tell which keys nobody knows.
#[derive(Debug)]
pub struct Document {
    pub(super) sources: Vec<Source>,
    root: Entries,
    notes: RefCell<Vec<Notes>>,
    problems: RefCell<Vec<Problem>>,
}

/// What happened to a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// As in `--set path.key=value`; empty for the top level.
    pub path: String,
    /// Keys that a reader looked for.
    pub asked: BTreeSet<String>,
    /// Keys that a reader took.
    pub taken: BTreeSet<String>,
    /// Keys that lost against an override of an alternative.
    pub overruled: BTreeSet<String>,
    /// Whether a reader knows this table.
    pub is_open: bool,
    /// Whether all other keys are to be accepted.
    pub is_rest_accepted: bool,
}

impl Document {
    /// Parses `text`, the content of `file_name`, and applies `overrides` of the form `table.key=value`. The value is a
    /// TOML value, else a string; an entry of an array of tables is addressed by its `name` or its number from 0
    /// (`kernel.field.so2.decay=1`); later overrides win.
    ///
    /// # Errors
    /// The first error of syntax in `text`, or all overrides that cannot be applied.
    pub fn parse(file_name: &str, text: &str, overrides: &[String]) -> Result<Document, ConfigError> {
        let mut sources = vec![Source {
            name: file_name.into(),
            text: text.into(),
        }];
        sources.extend(overrides.iter().map(|text| Source {
            name: "--set".into(),
            text: text.clone(),
        }));
        let mut entries = parse_file(text).map_err(|problem| ConfigError::new(&sources, vec![problem]))?;
        let applied = overrides
            .iter()
            .enumerate()
            .map(|(i, text)| overrides::apply(&mut entries, text, i + 1));
        let refused: Vec<Problem> = applied.filter_map(Result::err).collect();
        if !refused.is_empty() {
            return Err(ConfigError::new(&sources, refused));
        }
        let mut n_tables = 0;
        entries.number_tables(&mut n_tables);
        Ok(Document {
            sources,
            root: entries,
            notes: RefCell::new(vec![Notes::default(); n_tables]),
            problems: RefCell::default(),
        })
    }

    /// The name of the file, as it was given.
    pub fn file_name(&self) -> &str {
        &self.sources[0].name
    }

    /// The text of the file.
    pub fn text(&self) -> &str {
        &self.sources[0].text
    }

    /// The top level.
    pub fn root(&self) -> Table<'_> {
        Table::open(self, &self.root, None, String::new())
    }

    /// Ends the reading: what no reader took is unknown.
    ///
    /// # Errors
    /// All errors that were found, in the order of their places. Without errors, the texts of the warnings.
    pub fn finish(&self) -> Result<Vec<String>, ConfigError> {
        let mut problems = self.problems.borrow().clone();
        problems.extend(unknown::unknown_keys(&self.root, &self.notes.borrow()));
        let (errors, warnings): (Vec<_>, Vec<_>) = problems
            .into_iter()
            .partition(|problem| problem.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(ConfigError::new(&self.sources, errors));
        }
        Ok(warnings
            .iter()
            .map(|warning| warning.render(&self.sources, false))
            .collect())
    }

    /// The configuration as it counts, as TOML: overrides applied, alternatives that they overruled left out. To be
    /// called when all has been read.
    pub fn resolved(&self) -> String {
        let notes = self.notes.borrow();
        let written = WrittenTable {
            entries: &self.root,
            is_left_out: &|table, key| notes[table].overruled.contains(key),
        };
        // Whatever was parsed from TOML can be written as TOML; the text of the file is the nearest thing if not.
        toml::to_string(&written).unwrap_or_else(|_| self.text().to_string())
    }

    /// Whether an error has been found so far.
    pub(super) fn has_errors(&self) -> bool {
        let is_error = |problem: &Problem| problem.severity == Severity::Error;
        self.problems.borrow().iter().any(is_error)
    }

    pub(super) fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Changes the notes of table `id`.
    pub(super) fn note(&self, id: usize, change: impl FnOnce(&mut Notes)) {
        change(&mut self.notes.borrow_mut()[id]);
    }

    /// Notes for a table that the configuration does not contain.
    pub(super) fn note_absent_table(&self) -> usize {
        let mut notes = self.notes.borrow_mut();
        notes.push(Notes::default());
        notes.len() - 1
    }
}

fn parse_file(text: &str) -> Result<Entries, Problem> {
    let problem = |place, message: String| Problem {
        severity: Severity::Error,
        place,
        message,
        help: String::new(),
    };
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map(|span| Place::new(0, span));
        problem(place, format!("not valid TOML: {}", error.message()))
    })?;
    Entries::from_toml(table.get_ref(), 0, 0)
        .map_err(|error| problem(Some(error.place), format!("the number {} is too large", error.text)))
}
