//! Job scripts for the queue of a cluster: one for each number of ranks and threads.
//!
//! So small points neither hold the nodes of large ones nor wait for them. Repetitions are interleaved within a job.

use super::launcher::{Launcher, quoted};
use super::points::{Point, Study};
use crate::error::{Error, Result};
use crate::simulation::counted;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The queues that scripts are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    Slurm,
    Pbs,
}

impl Queue {
    /// The queue with this name on the command line.
    pub fn named(name: &str) -> Option<Queue> {
        match name {
            "slurm" => Some(Queue::Slurm),
            "pbs" => Some(Queue::Pbs),
            _ => None,
        }
    }

    /// The command that submits a script.
    pub fn command(self) -> &'static str {
        match self {
            Queue::Slurm => "sbatch",
            Queue::Pbs => "qsub",
        }
    }

    /// What the queue is told.
    fn directives(self, ranks: usize, threads: usize) -> String {
        match self {
            Queue::Slurm => format!(
                "#SBATCH --job-name=scaling-{ranks}x{threads}\n#SBATCH --ntasks={ranks}\n#SBATCH --cpus-per-task={threads}\n\
                 #SBATCH --hint=nomultithread\n#SBATCH --exclusive              # nobody else on the nodes\n\
                 #SBATCH --time=00:30:00          # <--\n#SBATCH --output=%x-%j.log\n"
            ),
            Queue::Pbs => format!(
                "#PBS -N scaling-{ranks}x{threads}\n#PBS -l select={ranks}:ncpus={threads}:mpiprocs=1:ompthreads={threads}\n\
                 #PBS -l place=free:excl          # nobody else on the nodes\n#PBS -l walltime=00:30:00        # <--\n#PBS -j oe\n"
            ),
        }
    }

    /// The words that start ranks, for a shell.
    fn launch(self, launcher: Option<&Launcher>, ranks: usize, threads: usize) -> String {
        let words = match (launcher, self) {
            (Some(launcher), _) => launcher.words(ranks, threads),
            (None, Queue::Slurm) => Launcher::Srun.words(ranks, threads),
            (None, Queue::Pbs) => return format!("mpirun -n {ranks} --hostfile \"$PBS_NODEFILE\""),
        };
        let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        quoted.join(" ")
    }
}

/// Writes the scripts of a study of `steps` steps into `folder`; `program` is this binary, `workplace` the folder that paths are
/// relative to. Returns the scripts.
///
/// # Errors
/// [`Error::Io`] if one cannot be written.
pub fn write(
    folder: &Path,
    study: &Study,
    steps: u64,
    queue: Queue,
    launcher: Option<&Launcher>,
    [program, workplace]: [&Path; 2],
) -> Result<Vec<PathBuf>> {
    let mut sizes: Vec<(usize, usize)> = study.points.iter().map(|point| (point.ranks, point.threads)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut scripts = Vec::new();
    for (ranks, threads) in sizes {
        let points = study
            .points
            .iter()
            .filter(|point| (point.ranks, point.threads) == (ranks, threads));
        let mut lines = String::new();
        for point in points {
            let command = measure_command(folder, study, point, steps);
            writeln!(lines, "    {command}").expect("text takes more text");
        }
        let text = format!(
            "#!/bin/bash\n# Written by simrun scaling: measures the points of {}{}.\n# Adapt the lines marked <--, and submit all such \
             scripts with {}; when all jobs have ended:\n#   simrun scaling collect {}\n{}set -euo pipefail\ncd -- {}\n\nmodule load openmpi                 # <-- the \
             MPI that simrun was built with\nsimrun={}\n\n# measure ARGUMENTS...: one launch\nmeasure() {{ {} \"$simrun\" scaling point \"$@\"; }}\n\n\
             for n in {}; do\n{lines}done\n",
            counted(ranks, "rank"),
            if threads > 1 {
                format!(" of {threads} threads")
            } else {
                String::new()
            },
            queue.command(),
            quoted(&folder.to_string_lossy()),
            queue.directives(ranks, threads),
            quoted(&workplace.to_string_lossy()),
            quoted(&program.to_string_lossy()),
            queue.launch(launcher, ranks, threads),
            (1..=study.repeat).map(|n| n.to_string()).collect::<Vec<_>>().join(" "),
        );
        let path = folder.join(format!("job-{ranks}x{threads}.sh"));
        std::fs::write(&path, text).map_err(|cause| Error::io("write the job script", &path, cause))?;
        scripts.push(path);
    }
    Ok(scripts)
}

/// The line that measures a point in the repetition `$n`.
fn measure_command(folder: &Path, study: &Study, point: &Point, steps: u64) -> String {
    let mut words = vec!["measure".to_owned(), quoted(&study.config.to_string_lossy())];
    for change in study.overrides.iter().chain(&point.changes) {
        words.extend(["--set".to_owned(), quoted(change)]);
    }
    words.extend(["--steps".to_owned(), steps.to_string(), "--result".to_owned()]);
    let files = folder.join("points").join(point.stem());
    words.push(format!("{}.\"$n\".json", quoted(&files.to_string_lossy())));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::points::tests::study;
    use super::*;

    fn script(queue: Queue, launcher: Option<&Launcher>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let places = ["/opt/simrun", "/home/x"].map(Path::new);
        let scripts = write(folder.path(), &study(), 400, queue, launcher, places).unwrap();
        assert_eq!(scripts.len(), 2);
        std::fs::read_to_string(&scripts[1]).unwrap()
    }

    #[test]
    fn a_job_measures_all_points_of_its_ranks_by_turns() {
        let text = script(Queue::Slurm, None);
        for part in [
            "#SBATCH --ntasks=2\n",
            "cd -- /home/x\n",
            "simrun=/opt/simrun\n",
            "srun -n 2 -c 1",
            "for n in 1 2 3; do\n",
            "--set 'parallel.executor=\"overlap\"' --steps 400 --result ",
            "/points/2-ranks-1-threads-overlap.\"$n\".json\n",
            "simrun scaling collect ",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(text.matches("    measure ").count(), 2);
    }

    #[test]
    fn a_template_goes_before_the_launcher_of_the_queue() {
        let launcher = Launcher::parse("mpiexec -np {ranks}").unwrap();
        let text = script(Queue::Pbs, Some(&launcher));
        assert!(text.contains("#PBS -l select=2:ncpus=1:mpiprocs=1"), "{text}");
        assert!(
            text.contains("measure() { mpiexec -np 2 \"$simrun\" scaling point \"$@\"; }"),
            "{text}"
        );
        assert!(script(Queue::Pbs, None).contains("mpirun -n 2 --hostfile \"$PBS_NODEFILE\" \"$simrun\""));
    }
}
