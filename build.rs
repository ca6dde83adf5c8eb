//! Tells the program the commit that it is built from, for the provenance in its files.

use std::path::Path;
use std::process::Command;

fn main() {
    println!(
        "cargo:rustc-env=SIMRUN_COMMIT={}",
        commit().unwrap_or_else(|| "unknown".to_owned())
    );
    // "-dirty" depends on the sources, the commit on where HEAD points: its log grows with every commit. Only files that exist are named: cargo takes a
    // missing one for changed and would build anew every time.
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.toml");
    let branch = git(&["symbolic-ref", "-q", "HEAD"]);
    for name in ["HEAD", "logs/HEAD", "packed-refs"]
        .into_iter()
        .chain(branch.as_deref())
    {
        if let Some(path) = git(&["rev-parse", "--git-path", name])
            && Path::new(&path).exists()
        {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}

/// The short name of the commit, with "-dirty" if tracked files were changed. `None` without git, and where the
/// surrounding repository is not simrun's own.
fn commit() -> Option<String> {
    let is_own = git(&["rev-parse", "--show-prefix"])?.is_empty();
    let commit = git(&["rev-parse", "--short", "HEAD"]).filter(|_| is_own)?;
    let changes = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(match changes.is_empty() {
        true => commit,
        false => format!("{commit}-dirty"),
    })
}

/// What git prints, without the end of the line; `None` if it is missing or fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = output.status.success().then(|| String::from_utf8(output.stdout))?;
    Some(text.ok()?.trim_end().to_owned())
}
