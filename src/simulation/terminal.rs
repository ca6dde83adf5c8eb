//! Finds out whether a person looks at the output as it comes.

use std::io::IsTerminal;

/// Whether the standard output of the job is a terminal.
///
/// Under a launcher every rank's own output looks like a terminal even when the launcher's is redirected, so the
/// launcher's is looked at: the parent process, where it runs on this host.
pub fn is_terminal() -> bool {
    let is_launched = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_PROCID"]
        .iter()
        .any(|v| std::env::var_os(v).is_some());
    if !is_launched {
        return std::io::stdout().is_terminal();
    }
    let parent = format!("/proc/{}/fd/1", std::os::unix::process::parent_id());
    std::fs::read_link(parent).is_ok_and(|target| {
        let target = target.to_string_lossy();
        target.starts_with("/dev/pts/") || target.starts_with("/dev/tty") || target == "/dev/console"
    })
}
