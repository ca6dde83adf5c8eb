//! Finds out whether a person looks at the output as it comes.

use crate::parallel::launched_rank;
use std::io::{IsTerminal, Write};

/// Prints a line. A reader that has gone away, as in `simrun x.toml | head`, is no reason to stop.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Whether the standard output of the job is a terminal.
///
/// Under a launcher every rank's own output looks like a terminal even when the launcher's is redirected, so the
/// launcher's is looked at: the parent process, where it runs on this host.
pub fn is_terminal() -> bool {
    if launched_rank().is_none() {
        return std::io::stdout().is_terminal();
    }
    let parent = format!("/proc/{}/fd/1", std::os::unix::process::parent_id());
    std::fs::read_link(parent).is_ok_and(|target| {
        let target = target.to_string_lossy();
        target.starts_with("/dev/pts/") || target.starts_with("/dev/tty") || target == "/dev/console"
    })
}
