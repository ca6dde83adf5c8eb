//! Runs the built binary, alone or under `mpirun`, one job at a time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
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

/// How a job is started.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Started by `mpirun` on this many ranks; without a launcher if none.
    pub ranks: Option<usize>,
    pub environment: Vec<(&'static str, String)>,
}

/// Whether `mpirun` is Open MPI's, which refuses more ranks than cores, and binds ranks of several jobs to the same ones. MPICH's
/// does neither.
pub fn is_open_mpi() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let version = Command::new("mpirun").arg("--version").output();
        let version = version.expect("mpirun can be started");
        String::from_utf8_lossy(&version.stdout).contains("Open MPI")
    })
}

/// The words that start so many ranks, or what stands for their number, bound to nothing, of what follows them.
pub fn launcher(ranks: impl ToString) -> Vec<String> {
    let unbound: &[&str] = match is_open_mpi() {
        true => &["--oversubscribe", "--bind-to", "none"],
        false => &[],
    };
    let ranks = ranks.to_string();
    let words = [&["mpirun"], unbound, &["-n", &ranks]].concat();
    words.into_iter().map(str::to_string).collect()
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
                let words = launcher(ranks);
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]).arg(binary);
                command
            }
        };
        command.args(arguments);
        self.prepare(command)
    }

    /// The command in the environment of the job.
    fn prepare(&self, mut command: Command) -> Command {
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

    /// Runs simrun with the folder as its working directory, and waits for its end.
    ///
    /// # Panics
    /// With all output if the job takes longer than any job may, and if it cannot be started.
    pub fn run(&self, launch: &Launch, arguments: &[&str]) -> Outcome {
        self.start(launch, arguments).wait()
    }

    /// Starts simrun with the folder as its working directory.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(&self, launch: &Launch, arguments: &[&str]) -> Running<'_> {
        self.spawn(launch.command(arguments), launch.ranks)
    }

    /// Runs another command in the folder, and waits for its end.
    ///
    /// # Panics
    /// As [`Workplace::run`].
    pub fn run_script(&self, words: &[&str]) -> Outcome {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        self.spawn(Launch::alone().prepare(command), None).wait()
    }

    fn spawn(&self, mut command: Command, ranks: Option<usize>) -> Running<'_> {
        let lock = one_job();
        let (out, err) = (self.path(".stdout"), self.path(".stderr"));
        let file = |path: &Path| Stdio::from(File::create(path).expect("the folder can be written"));
        command
            .current_dir(self.folder.path())
            // What `auto` measures is nothing for whoever runs the tests.
            .env("SIMRUN_CACHE", self.path("cache"))
            .stdin(Stdio::null())
            .stdout(file(&out))
            .stderr(file(&err));
        // A group of its own, so that nothing of the job outlives its time limit.
        command.process_group(0);
        let start = Instant::now();
        let child = command.spawn().unwrap_or_else(|cause| cannot_start(&command, &cause));
        Running {
            place: self,
            child,
            start,
            ranks,
            what: format!("{command:?}"),
            _lock: lock,
        }
    }

    /// Runs simrun, which must succeed.
    pub fn succeed(&self, launch: &Launch, arguments: &[&str]) -> Outcome {
        let outcome = self.run(launch, arguments);
        assert_eq!(outcome.code, Some(0), "{launch:?} {arguments:?}\n{outcome}");
        outcome
    }
}

/// A job that is under way; it ends, in whatever way, when it is dropped.
pub struct Running<'a> {
    place: &'a Workplace,
    child: Child,
    start: Instant,
    ranks: Option<usize>,
    what: String,
    _lock: MutexGuard<'static, ()>,
}

impl Running<'_> {
    /// The process that was started: the launcher, or the only rank.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The processes of the ranks, in no particular order; fewer than there are ranks while the job begins or ends.
    pub fn rank_processes(&self) -> Vec<u32> {
        match self.ranks {
            None => vec![self.process()],
            Some(_) => ranks_below(self.process()),
        }
    }

    /// Sends a signal to a process, which may be gone.
    pub fn signal(&self, process: u32, signal: libc::c_int) {
        let process = i32::try_from(process).expect("process numbers fit");
        // SAFETY: sends a signal to a process of this job; one that is gone is an error without consequences.
        unsafe { libc::kill(process, signal) };
    }

    /// Whether the job ends by itself within this time.
    pub fn ends_within(&mut self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while self.child.try_wait().expect("the child is ours").is_none() {
            if Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Waits for the end of the job.
    ///
    /// # Panics
    /// With all output if it takes longer than any job may.
    pub fn wait(mut self) -> Outcome {
        let status = wait(&mut self.child, PATIENCE);
        let text = |name| String::from_utf8_lossy(&fs::read(self.place.path(name)).unwrap_or_default()).into_owned();
        let outcome = Outcome {
            code: status.and_then(|status| status.code()),
            stdout: text(".stdout"),
            stderr: text(".stderr"),
            seconds: self.start.elapsed().as_secs_f64(),
        };
        let what = &self.what;
        assert!(status.is_some(), "{what} did not end within {PATIENCE:?}\n{outcome}");
        outcome
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            end_group(&mut self.child);
        }
    }
}

/// The processes called simrun that `ancestor` has started, itself or through the helpers of a launcher.
fn ranks_below(ancestor: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("there is a /proc");
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    // Number, parent, and whether it is a rank.
    let described = |number: u32| {
        // Number, (name), state, parent.
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        let (name, rest) = stat.rsplit_once(')')?;
        let parent: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        Some((number, (parent, name.ends_with("(simrun"))))
    };
    let all: BTreeMap<u32, (u32, bool)> = numbers.filter_map(described).collect();
    let is_below = |number: u32| {
        let mut parents = std::iter::successors(Some(number), |child| all.get(child).map(|&(parent, _)| parent));
        parents.any(|parent| parent == ancestor)
    };
    let ranks = all
        .iter()
        .filter(|&(&number, &(_, is_rank))| is_rank && is_below(number));
    ranks.map(|(&number, _)| number).collect()
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
