//! `simrun info`: what is in a file or in the folder of a run.

use std::io::Write;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::files;

/// Says what is in a snapshot, a history, a status file or the folder of a run.
#[derive(clap::Args, Clone, Debug)]
pub struct InfoArgs {
    /// A snapshot (.h5), a history (.csv), a status file (.json) or the folder of a run
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
}

/// Prints what is in `args.path`.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, is nothing that simrun writes, or standard output does not take the text.
pub fn run(args: &InfoArgs) -> Result<()> {
    print(args, &mut std::io::stdout().lock())
}

fn print(args: &InfoArgs, out: &mut impl Write) -> Result<()> {
    let text = files::describe(&args.path)?;
    out.write_all(text.as_bytes())
        .map_err(|e| Error::Io(format!("could not write to standard output: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_described_and_a_missing_file_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        let mut out = Vec::new();
        let error = print(&InfoArgs { path: path.clone() }, &mut out).unwrap_err();
        assert!(
            matches!(&error, Error::Io(text) if text.contains("history.csv")),
            "{error}"
        );
        std::fs::write(&path, "# units: ,s\nstep,time\n0,0.0\n").unwrap();
        print(&InfoArgs { path }, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().starts_with("history with 1 rows"));
    }
}
