//! What can go wrong in a run, and the exit code it ends with.
//!
//! Expected errors are values of [`Error`]: all ranks agree on one, rank 0 prints it once, and every rank leaves with
//! the same code. Bugs are panics, which abort the whole job at once (see `parallel::world`).

use std::fmt;
use std::path::Path;

/// An expected failure. The text says what was wrong, the value, the file and key, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// What was found is not what has to come out: a check of a validation failed. Exit code 1.
    Failed(String),
    /// The configuration, the command line or the number of ranks is wrong. Exit code 2.
    Config(String),
    /// The run stopped before its end and left a valid checkpoint. Exit code 3.
    Stopped(String),
    /// A field lost its meaning (a non-finite value, an exceeded limit). Exit code 4.
    Numerical(String),
    /// Reading or writing failed. Exit code 5.
    Io(String),
}

impl Error {
    /// The exit code that the command line documents for this kind of failure.
    pub fn exit_code(&self) -> i32 {
        match self {
            Error::Failed(_) => 1,
            Error::Config(_) => 2,
            Error::Stopped(_) => 3,
            Error::Numerical(_) => 4,
            Error::Io(_) => 5,
        }
    }

    /// The error of kind [`Error::exit_code`] `code`, as one rank tells it to the others.
    pub fn from_code(code: i32, text: String) -> Error {
        match code {
            1 => Error::Failed(text),
            2 => Error::Config(text),
            3 => Error::Stopped(text),
            4 => Error::Numerical(text),
            _ => Error::Io(text),
        }
    }

    /// An input or output error at a path: `doing` completes "could not ...".
    pub fn io(doing: &str, path: &Path, cause: impl fmt::Display) -> Error {
        Error::Io(format!("could not {doing} {}: {cause}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Failed(text)
            | Error::Config(text)
            | Error::Stopped(text)
            | Error::Numerical(text)
            | Error::Io(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// The result of anything that can fail in an expected way.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_trip_through_its_exit_code() {
        for error in [
            Error::Failed("e".into()),
            Error::Config("a".into()),
            Error::Stopped("b".into()),
            Error::Numerical("c".into()),
            Error::Io("d".into()),
        ] {
            assert_eq!(Error::from_code(error.exit_code(), error.to_string()), error);
        }
    }
}
