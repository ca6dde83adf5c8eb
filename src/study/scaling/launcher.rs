//! How the ranks of a point are started: by `mpirun`, by `srun` within an allocation of Slurm, or as a template says.

use crate::error::{Error, Result};
use crate::metrics::caches::n_cores;
use std::ffi::OsString;
use std::process::{Command, Stdio};

/// Lines of a launch that failed that are shown.
const LAST_LINES: usize = 12;

/// What starts ranks.
#[derive(Clone, Debug, PartialEq)]
pub enum Launcher {
    /// Words with `{ranks}` and `{threads}` in them.
    Template(Vec<String>),
    /// Within an allocation of Slurm.
    Srun,
    /// `mpirun`, of Open MPI or another MPI.
    Mpirun(Mpirun),
}

/// What is known of `mpirun` and of this host.
#[derive(Clone, Debug, PartialEq)]
pub struct Mpirun {
    pub is_open_mpi: bool,
    /// The file that lists the hosts of an allocation of PBS.
    pub hostfile: Option<String>,
    /// Cores of this host.
    pub n_cores: usize,
}

impl Launcher {
    /// As `template` says; without one, what this machine has.
    ///
    /// # Errors
    /// [`Error::Config`] if the template has no place for the ranks, or one for something else.
    pub fn choose(template: Option<&str>) -> Result<Launcher> {
        if let Some(template) = template {
            return Launcher::parse(template);
        }
        let has = |name: &str| std::env::var_os(name).is_some();
        if has("SLURM_JOB_ID") && is_in_path("srun") {
            return Ok(Launcher::Srun);
        }
        let version = Command::new("mpirun").arg("--version").stdin(Stdio::null()).output();
        let is_open_mpi = version.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("Open MPI"));
        Ok(Launcher::Mpirun(Mpirun {
            is_open_mpi,
            hostfile: std::env::var("PBS_NODEFILE").ok(),
            n_cores: n_cores(),
        }))
    }

    /// The launcher of a template, whose words spaces divide.
    ///
    /// # Errors
    /// As [`Launcher::choose`].
    pub fn parse(template: &str) -> Result<Launcher> {
        let refused = |why: &str| {
            Error::Config(format!(
                "--launcher \"{template}\" {why}.\n  Write for example --launcher \"srun -n {{ranks}} -c {{threads}}\"; simrun and its arguments \
                 are put behind it."
            ))
        };
        let without = template.replace("{ranks}", "").replace("{threads}", "");
        if !template.contains("{ranks}") {
            return Err(refused("does not say where the number of ranks goes"));
        }
        if without.contains(['{', '}']) {
            return Err(refused("has a placeholder that is neither {ranks} nor {threads}"));
        }
        let words: Vec<String> = template.split_whitespace().map(str::to_owned).collect();
        Ok(Launcher::Template(words))
    }

    /// The words before the program, for so many ranks of so many threads.
    pub fn words(&self, ranks: usize, threads: usize) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<String>>();
        let (n, t) = (ranks.to_string(), threads.to_string());
        match self {
            Launcher::Template(words) => words
                .iter()
                .map(|word| word.replace("{ranks}", &n).replace("{threads}", &t))
                .collect(),
            Launcher::Srun => owned(&["srun", "-n", &n, "-c", &t, "--kill-on-bad-exit=1", "--cpu-bind=cores"]),
            Launcher::Mpirun(mpirun) => {
                let mut words = owned(&["mpirun", "-n", &n]);
                if let Some(hostfile) = &mpirun.hostfile {
                    words.extend(owned(&["--hostfile", hostfile]));
                }
                words.extend(mpirun.options(ranks, threads));
                words
            }
        }
    }

    /// Runs `program` with `arguments` on so many ranks of so many threads, and waits for its end.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no such launcher, or the ranks refuse what they are given; [`Error::Numerical`] if they say
    /// so, [`Error::Io`] if they fail otherwise: with the command and the last lines of what it said.
    pub fn run(&self, ranks: usize, threads: usize, program: &OsString, arguments: &[OsString]) -> Result<()> {
        let words = self.words(ranks, threads);
        let [launcher, options @ ..] = &words[..] else {
            return Err(Error::Config("--launcher is empty".into()));
        };
        let mut command = Command::new(launcher);
        command.args(options).arg(program).args(arguments).stdin(Stdio::null());
        let shown = shown(&words, program, arguments);
        let output = command.output().map_err(|cause| {
            Error::Config(format!(
                "`{launcher}` cannot be started: {cause}\n  The command was: {shown}\n  Put the launcher of the MPI that simrun was \
                 built with into PATH, or name another one with --launcher \"srun -n {{ranks}} -c {{threads}}\"."
            ))
        })?;
        if output.status.success() {
            return Ok(());
        }
        let said = match output.stderr.iter().all(u8::is_ascii_whitespace) {
            true => &output.stdout,
            false => &output.stderr,
        };
        let text = format!(
            "a launch failed with {}.\n  The command was: {shown}\n  Its last lines:\n{}",
            output.status,
            last_lines(&String::from_utf8_lossy(said))
        );
        Err(match output.status.code() {
            Some(2) => Error::Config(text),
            Some(4) => Error::Numerical(text),
            _ => Error::Io(text),
        })
    }
}

impl Mpirun {
    /// Options beyond the number of ranks: Open MPI refuses more ranks than cores unless told otherwise, and binds a rank to one
    /// core, however many threads it has. One thread on a core each is started as everybody starts it.
    fn options(&self, ranks: usize, threads: usize) -> Vec<String> {
        let is_local = self.hostfile.is_none();
        if !self.is_open_mpi {
            return Vec::new();
        }
        if is_local && ranks * threads > self.n_cores {
            return vec!["--oversubscribe".into(), "--bind-to".into(), "none".into()];
        }
        match threads {
            1 => Vec::new(),
            n => vec![
                "--map-by".into(),
                format!("slot:PE={n}"),
                "--bind-to".into(),
                "core".into(),
            ],
        }
    }
}

/// Whether a folder of PATH has a file of this name.
fn is_in_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// The command as it could be typed.
fn shown(words: &[String], program: &OsString, arguments: &[OsString]) -> String {
    let others = std::iter::once(program)
        .chain(arguments)
        .map(|word| word.to_string_lossy());
    let quoted: Vec<String> = words
        .iter()
        .map(|word| quoted(word))
        .chain(others.map(|word| quoted(&word)))
        .collect();
    quoted.join(" ")
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The last lines of a text, indented.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.len().saturating_sub(LAST_LINES);
    let indented: Vec<String> = lines[first..].iter().map(|line| format!("    {line}")).collect();
    indented.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mpirun(is_open_mpi: bool, n_cores: usize) -> Launcher {
        Launcher::Mpirun(Mpirun {
            is_open_mpi,
            hostfile: None,
            n_cores,
        })
    }

    fn line(launcher: &Launcher, ranks: usize, threads: usize) -> String {
        launcher.words(ranks, threads).join(" ")
    }

    #[test]
    fn a_template_has_its_numbers_put_in() {
        let launcher = Launcher::parse("srun -n {ranks} --cpus-per-task={threads}  -q").unwrap();
        assert_eq!(line(&launcher, 8, 2), "srun -n 8 --cpus-per-task=2 -q");
        for (template, word) in [
            ("mpirun -n 4", "number of ranks"),
            ("mpirun -n {ranks} -N {nodes}", "placeholder"),
        ] {
            let error = Launcher::parse(template).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn more_ranks_than_cores_are_asked_for_where_open_mpi_wants_it() {
        assert_eq!(line(&mpirun(true, 2), 2, 1), "mpirun -n 2");
        assert_eq!(
            line(&mpirun(true, 2), 4, 1),
            "mpirun -n 4 --oversubscribe --bind-to none"
        );
        assert_eq!(
            line(&mpirun(true, 8), 2, 4),
            "mpirun -n 2 --map-by slot:PE=4 --bind-to core"
        );
        assert_eq!(line(&mpirun(false, 2), 4, 1), "mpirun -n 4");
    }

    #[test]
    fn a_launcher_that_is_not_there_is_named_with_the_command() {
        let launcher = Launcher::parse("no-such-launcher -n {ranks}").unwrap();
        let error = launcher
            .run(3, 1, &"simrun".into(), &["a case.toml".into()])
            .unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(
            text.contains("`no-such-launcher`") && text.contains("-n 3 simrun 'a case.toml'"),
            "{text}"
        );
    }

    #[test]
    fn a_launch_that_fails_shows_what_it_said_last() {
        let launcher = Launcher::parse("sh -c {ranks}").unwrap();
        let error = launcher.run(1, 1, &"x".into(), &[]).unwrap_err().to_string();
        assert!(error.contains("sh -c 1 x") && error.contains("not found"), "{error}");
        assert_eq!(last_lines("a\n\nb\n"), "    a\n    b");
    }

    #[test]
    fn words_are_quoted_for_the_shell_where_they_need_it() {
        assert_eq!(quoted("grid.cells=[4,5]"), "'grid.cells=[4,5]'");
        assert_eq!(
            [quoted("a'b"), quoted("--steps"), quoted("")],
            [r"'a'\''b'", "--steps", "''"]
        );
    }
}
