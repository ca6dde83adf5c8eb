//! What is wrong in a configuration, and how it is shown: with the place, an excerpt and a remedy.

use std::fmt;

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term::{self, Chars, StylesWriter, termcolor};

use super::tree::Place;
use crate::error::Error;

/// A text of the configuration: its file, or an override.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub name: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub severity: Severity,
    /// Nothing where something is missing that has no place.
    pub place: Option<Place>,
    pub message: String,
    /// What to do about it; empty if the message says it.
    pub help: String,
}

/// Problems shown at most; more of them rarely help.
const MOST_SHOWN: usize = 20;

/// Everything that is wrong in a configuration. Displayed as text without colours.
#[derive(Clone, Debug)]
pub struct ConfigError {
    sources: Vec<Source>,
    problems: Vec<Problem>,
}

impl ConfigError {
    /// The problems in the order of their places, each once.
    pub(super) fn new(sources: &[Source], mut problems: Vec<Problem>) -> ConfigError {
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems.dedup();
        ConfigError {
            sources: sources.to_vec(),
            problems,
        }
    }

    /// Number of errors.
    pub fn n_errors(&self) -> usize {
        self.problems.len()
    }

    /// The text of all errors, with ANSI colours if `colours`.
    pub fn render(&self, colours: bool) -> String {
        let mut text = String::new();
        for problem in self.problems.iter().take(MOST_SHOWN) {
            text += &problem.render(&self.sources, colours);
        }
        let name = self
            .sources
            .first()
            .map_or("the configuration", |source| source.name.as_str());
        match self.n_errors() {
            1 => text += &format!("1 error in {name}"),
            n if n > MOST_SHOWN => text += &format!("... and {} more: {n} errors in {name}", n - MOST_SHOWN),
            n => text += &format!("{n} errors in {name}"),
        }
        text
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Error {
        Error::Config(error.to_string())
    }
}

impl Problem {
    /// The message, the place with an excerpt, and the remedy.
    pub(super) fn render(&self, sources: &[Source], colours: bool) -> String {
        let mut files = SimpleFiles::new();
        for source in sources {
            files.add(&source.name, &source.text);
        }
        let diagnostic = match self.severity {
            Severity::Error => Diagnostic::error(),
            Severity::Warning => Diagnostic::warning(),
        };
        let mut diagnostic = diagnostic.with_message(&self.message);
        if let Some(place) = &self.place {
            diagnostic = diagnostic.with_label(Label::primary(place.source, place.start..place.end));
        }
        if !self.help.is_empty() {
            diagnostic = diagnostic.with_note(format!("help: {}", self.help));
        }
        let config = term::Config {
            chars: Chars::ascii(),
            ..term::Config::default()
        };
        let mut buffer = match colours {
            true => termcolor::Buffer::ansi(),
            false => termcolor::Buffer::no_color(),
        };
        let styles = term::Styles::default();
        let written = term::emit_to_write_style(
            &mut StylesWriter::new(&mut buffer, &styles),
            &config,
            &files,
            &diagnostic,
        );
        match written {
            Ok(()) => String::from_utf8_lossy(buffer.as_slice()).into_owned(),
            // The excerpt could not be made: the message must reach the reader all the same.
            Err(_) => format!("{}\n{}\n", self.message, self.help),
        }
    }
}
