//! Runs the built binary, alone or under `mpirun`, one job at a time.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two jobs at once slow each other down, beyond any time limit on a small machine.
static ONE_JOB: Mutex<()> = Mutex::new(());

/// How long any job may take: a job that hangs is a failure, not a long test.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of its own, in which jobs run; deleted in the end.
pub struct Workplace {
    folder: TempDir,
}

/// A job that came to its end.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none if a signal ended the job.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub seconds: f64,
}

/// A job that runs; it ends, in whatever way, when it is dropped.
pub struct Job {
    child: Child,
    _lock: MutexGuard<'static, ()>,
}

impl Job {
    /// Kills what was started, the launcher if there is one, without leaving it time for anything.
    pub fn kill(&mut self) {
        // One that has ended by itself needs no killing.
        let _ = self.child.kill();
        self.child.wait().expect("the child is ours");
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            end_group(&mut self.child);
        }
    }
}

/// How a job is started.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Started by `mpirun` on this many ranks; without a launcher if none.
    pub ranks: Option<usize>,
    pub environment: Vec<(&'static str, String)>,
}

impl Launch {
    /// Without a launcher.
    pub fn alone() -> Launch {
        Launch::default()
    }

    /// By `mpirun`, also on one rank.
    pub fn on(ranks: usize) -> Launch {
        Launch {
            ranks: Some(ranks),
            ..Launch::default()
        }
    }

    /// With an environment variable.
    pub fn with(mut self, name: &'static str, value: &str) -> Launch {
        self.environment.push((name, value.to_string()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_simrun");
        let mut command = match self.ranks {
            None => Command::new(binary),
            Some(ranks) => {
                let mut command = Command::new("mpirun");
                command.args(["--oversubscribe", "--bind-to", "none", "-n", &ranks.to_string(), binary]);
                command
            }
        };
        // A job that is started from within a job (or by root, in a container) must not notice.
        let inherited = std::env::vars().map(|(name, _)| name);
        for name in inherited.filter(|name| ["OMPI_", "PMI_", "PMIX_", "SLURM_"].iter().any(|p| name.starts_with(p))) {
            command.env_remove(name);
        }
        command
            .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
            .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        command.env_remove("SIMRUN_FAULT");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(arguments);
        command
    }
}

impl Workplace {
    pub fn new() -> Workplace {
        Workplace {
            folder: tempfile::tempdir().expect("a folder for temporary files"),
        }
    }

    /// A place in the folder.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file.
    pub fn write(&self, relative: &str, text: &str) -> PathBuf {
        let path = self.path(relative);
        fs::write(&path, text).expect("the folder can be written");
        path
    }

    /// The text of a file.
    pub fn read(&self, relative: &str) -> String {
        let path = self.path(relative);
        fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
    }

    /// Starts simrun with the folder as its working directory, to be looked at while it runs.
    pub fn start(&self, launch: &Launch, arguments: &[&str]) -> Job {
        let lock = one_job();
        let mut command = launch.command(arguments);
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let child = command.spawn().unwrap_or_else(|cause| cannot_start(&command, &cause));
        Job { child, _lock: lock }
    }

    /// Runs simrun with the folder as its working directory, and waits for its end.
    ///
    /// # Panics
    /// With all output if the job takes longer than any job may, and if it cannot be started.
    pub fn run(&self, launch: &Launch, arguments: &[&str]) -> Outcome {
        let _lock = one_job();
        let (out, err) = (self.path(".stdout"), self.path(".stderr"));
        let file = |path: &Path| Stdio::from(File::create(path).expect("the folder can be written"));
        let mut command = launch.command(arguments);
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(file(&out))
            .stderr(file(&err));
        // A group of its own, so that nothing of the job outlives its time limit.
        command.process_group(0);
        let start = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|cause| cannot_start(&command, &cause));
        let status = wait(&mut child, PATIENCE);
        let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
        let outcome = Outcome {
            code: status.and_then(|status| status.code()),
            stdout: text(&out),
            stderr: text(&err),
            seconds: start.elapsed().as_secs_f64(),
        };
        assert!(
            status.is_some(),
            "{command:?} did not end within {PATIENCE:?}\n{outcome}"
        );
        outcome
    }

    /// Runs simrun, which must succeed.
    pub fn succeed(&self, launch: &Launch, arguments: &[&str]) -> Outcome {
        let outcome = self.run(launch, arguments);
        assert_eq!(outcome.code, Some(0), "{launch:?} {arguments:?}\n{outcome}");
        outcome
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Outcome {
            code,
            stdout,
            stderr,
            seconds,
        } = self;
        write!(
            f,
            "exit code {code:?} after {seconds:.1} s\n--- standard output\n{stdout}\n--- standard error\n{stderr}"
        )
    }
}

/// The right to run a job.
pub fn one_job() -> MutexGuard<'static, ()> {
    // A test that failed while it held the lock has nothing to do with the next.
    ONE_JOB.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cannot_start(command: &Command, cause: &io::Error) -> ! {
    let program = command.get_program().to_string_lossy();
    match cause.kind() {
        io::ErrorKind::NotFound => panic!("`{program}` is not installed or not in PATH: run scripts/setup --for-tests"),
        _ => panic!("{program} cannot be started: {cause}"),
    }
}

/// Waits for the end of the job; after `patience` it is ended, with everything it started.
fn wait(child: &mut Child, patience: Duration) -> Option<std::process::ExitStatus> {
    let end = Instant::now() + patience;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    end_group(child);
    None
}

/// Ends the group of a child, and with it all that it started.
fn end_group(child: &mut Child) {
    // mpirun ends its ranks, which have process groups of their own, when it is asked to end.
    let group = -i32::try_from(child.id()).expect("process numbers are positive");
    // SAFETY: signals the group that this test created.
    unsafe { libc::kill(group, libc::SIGTERM) };
    std::thread::sleep(Duration::from_secs(3));
    // SAFETY: as above.
    unsafe { libc::kill(group, libc::SIGKILL) };
    child.wait().expect("the child is ours");
}
