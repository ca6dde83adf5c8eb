//! What is wrong in the text of a formula.

use std::fmt;
use std::ops::Range;

/// The first place at which a text is not a formula.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaError {
    /// The place, in bytes of the text. Empty at the end of the text.
    pub span: Range<usize>,
    /// What is wrong there.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl FormulaError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> FormulaError {
        FormulaError {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> FormulaError {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.span.start + 1)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FormulaError {}
