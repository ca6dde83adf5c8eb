//! Whether a launcher started this process, and when it and the MPI library do not belong together.

/// Variables by which launchers tell each process how many there are, and its own number.
const LAUNCHERS: [(&str, &str, &str); 4] = [
    ("Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("MPICH's mpiexec", "PMI_SIZE", "PMI_RANK"),
    ("Slurm's srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
    ("MVAPICH's mpirun", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
];

/// The number that a launcher gave to this process, known before MPI is; `None` without a launcher.
pub fn launched_rank() -> Option<usize> {
    LAUNCHERS
        .iter()
        .find_map(|(_, _, rank)| std::env::var(rank).ok()?.parse().ok())
}

/// Whether this process is one of a launcher's, as far as can be known before MPI is: a shell of an allocation is none.
pub fn is_launched() -> bool {
    is_launched_by(|name| std::env::var(name).ok())
}

fn is_launched_by(variable: impl Fn(&str) -> Option<String>) -> bool {
    has_launcher(1, &variable) || mismatch(1, variable).is_some()
}

/// Whether a launcher is the parent of this process in a world of `size`. Several ranks always have one. One rank that has
/// Slurm's variables may have got them from a shell, as all shells of an allocation have them.
pub(super) fn has_launcher(size: usize, variable: impl Fn(&str) -> Option<String>) -> bool {
    let by_name = |&(_, _, rank): &(&str, &str, &str)| rank != "SLURM_PROCID" && variable(rank).is_some();
    size > 1 || LAUNCHERS.iter().any(by_name)
}

/// A launcher that started more processes than MPI knows of.
#[derive(Debug, PartialEq)]
pub struct Mismatch {
    pub launcher: &'static str,
    pub variable: &'static str,
    pub launched: usize,
    /// Whether this process is the launcher's first, which speaks for all.
    pub is_first: bool,
}

/// The launcher that started more than one process although the world has only `size`, if any.
pub fn mismatch(size: usize, variable: impl Fn(&str) -> Option<String>) -> Option<Mismatch> {
    if size > 1 {
        return None;
    }
    LAUNCHERS.iter().find_map(|&(launcher, size_variable, rank_variable)| {
        let launched: usize = variable(size_variable)?.parse().ok()?;
        let is_first = variable(rank_variable).is_none_or(|rank| rank == "0");
        (launched > 1).then_some(Mismatch {
            launcher,
            variable: size_variable,
            launched,
            is_first,
        })
    })
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} started {} processes ({}), but each of them believes to be the only one: the launcher and the MPI \
             library that simrun was built with are different MPIs.\n  Use the launcher of the MPI that simrun was \
             built with, or rebuild simrun with the MPI of this launcher (its `mpicc` first in PATH, then `cargo clean`).",
            self.launcher, self.launched, self.variable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string())
    }

    #[test]
    fn processes_that_each_believe_to_be_alone_are_found() {
        let found = mismatch(1, environment(&[("PMI_SIZE", "4"), ("PMI_RANK", "2")])).unwrap();
        assert_eq!((found.launched, found.is_first), (4, false));
    }

    #[test]
    fn a_shell_of_an_allocation_is_no_launcher() {
        assert!(has_launcher(4, environment(&[])));
        assert!(has_launcher(1, environment(&[("OMPI_COMM_WORLD_RANK", "0")])));
        assert!(has_launcher(2, environment(&[("SLURM_PROCID", "0")])));
        assert!(!has_launcher(1, environment(&[("SLURM_PROCID", "0")])));
        assert!(!has_launcher(1, environment(&[])));
        assert!(!is_launched_by(environment(&[
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "4")
        ])));
        assert!(is_launched_by(environment(&[
            ("SLURM_PROCID", "0"),
            ("SLURM_STEP_NUM_TASKS", "2")
        ])));
    }

    #[test]
    fn one_process_or_a_true_world_is_no_mismatch() {
        assert_eq!(mismatch(1, environment(&[])), None);
        assert_eq!(mismatch(1, environment(&[("OMPI_COMM_WORLD_SIZE", "1")])), None);
        assert_eq!(mismatch(4, environment(&[("OMPI_COMM_WORLD_SIZE", "4")])), None);
    }
}
