//! Where the ranks of a job run: on which hosts, and on which of their cores.
//!
//! Ranks that a launcher has bound to the same core compute in turns, at a fraction of the speed and without a word. So every
//! run looks before it begins. What the ranks of a host tell travels to the first of them alone.

use super::report::counted;
use crate::error::{Error, Result};
use crate::files::provenance::host_name;
use crate::parallel::{CoreSet, Crowding, Seat, World, crowding};

/// Looks whether the threads of all ranks, `threads` of this one, can have cores of their own. All ranks call it. Returns
/// what there is to say about it, the same on all ranks, where hosts have too few cores, or where `sharing_is_allowed`.
///
/// # Errors
/// [`Error::Config`], agreed on by all ranks, where ranks are bound to so few cores that they share them although others lie
/// idle, unless `sharing_is_allowed`.
pub fn check_cores(world: &World, threads: usize, sharing_is_allowed: bool) -> Result<Option<String>> {
    let finding = look(world, threads);
    let refused = finding
        .as_ref()
        .filter(|finding| finding.is_bound() && !sharing_is_allowed);
    world.agree(refused.map_or(Ok(()), |finding| Err(Error::Config(finding.refusal()))))?;
    Ok(agree_on_remark(world, finding.map(|finding| finding.remark())))
}

/// A line for every rank, with the cores that it may run on, on rank 0; nothing elsewhere. All ranks call it.
pub fn ranks_table(world: &World, threads: usize) -> String {
    let cores = CoreSet::of_thread();
    let text = |set: Option<CoreSet>| match set.map(|set| set.to_string()) {
        Some(text) if !text.is_empty() => text,
        _ => "unknown".to_string(),
    };
    let nodes = text(cores.as_ref().map(CoreSet::numa_nodes));
    let line = [host_name(), text(cores), nodes, threads.to_string()].join("\t");
    let all: Vec<usize> = (0..world.size()).collect();
    let lines = world.gather_bytes(&all, line.into_bytes());
    let lines: Vec<String> = lines
        .into_iter()
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect();
    match world.is_root() {
        true => table(&lines),
        false => String::new(),
    }
}

/// What the ranks have told, by tabs, under the names of the columns.
fn table(lines: &[String]) -> String {
    let head = ["rank", "host", "cores", "NUMA node", "threads"]
        .map(str::to_owned)
        .to_vec();
    let rows = lines.iter().enumerate().map(|(rank, line)| {
        let cells = line.split('\t').map(str::to_owned);
        std::iter::once(rank.to_string()).chain(cells).collect()
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    aligned(&rows)
}

/// The rows as lines, in columns as wide as what is in them.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// How the ranks of a host share its cores, where they do.
#[derive(Clone, Debug)]
struct Finding {
    host: String,
    /// Of the host, for this job.
    n_cores: usize,
    seats: Vec<Seat>,
    crowding: Crowding,
}

/// What is found on this host, on its first rank; nothing elsewhere, and where nothing is shared or the system does not tell.
fn look(world: &World, threads: usize) -> Option<Finding> {
    let host = world.on_host();
    let cores = CoreSet::of_thread().map_or(String::new(), |cores| cores.to_string());
    let all: Vec<usize> = (0..host.size()).collect();
    let told = host.gather_bytes(&all, format!("{threads} {cores}").into_bytes());
    if !host.is_root() {
        return None;
    }
    let seats: Option<Vec<Seat>> = told.iter().map(|seat| seat_from_text(seat)).collect();
    Finding::of(host_name(), seats?, &CoreSet::of_host()?)
}

/// Threads and cores, as [`look`] writes them; nothing where the cores are not known.
fn seat_from_text(text: &[u8]) -> Option<Seat> {
    let (threads, cores) = std::str::from_utf8(text).ok()?.split_once(' ')?;
    let cores = CoreSet::parse(cores).filter(|cores| !cores.is_empty())?;
    let threads = threads.parse().ok()?;
    Some(Seat { cores, threads })
}

impl Finding {
    /// Of the ranks in `seats`, on a `host` with these cores; nothing where no core is shared.
    fn of(host: String, seats: Vec<Seat>, cores: &CoreSet) -> Option<Finding> {
        let found = crowding(&seats, cores);
        (found != Crowding::Apart).then(|| Finding {
            host,
            n_cores: cores.len(),
            seats,
            crowding: found,
        })
    }

    fn is_bound(&self) -> bool {
        matches!(self.crowding, Crowding::Bound { .. })
    }

    /// "4 ranks of 2 threads".
    fn who(&self) -> String {
        let ranks = counted(self.seats.len(), "rank");
        match self.most_threads() {
            1 => ranks,
            n => format!("{ranks} of {n} threads"),
        }
    }

    /// What the ranks are bound to, and what comes of it.
    fn bond(&self, apart: usize, possible: usize) -> String {
        let verb = if self.seats.len() == 1 { "is" } else { "are" };
        format!(
            "on host {}, {} {verb} bound to cores {}, of {} that there are: room for {} at a time, where {possible} could run",
            self.host,
            self.who(),
            self.sets(),
            self.n_cores,
            counted(apart, "thread"),
        )
    }

    fn most_threads(&self) -> usize {
        self.seats.iter().map(|seat| seat.threads).max().unwrap_or(1)
    }

    /// The sets of cores that ranks are bound to, each once, the first few.
    fn sets(&self) -> String {
        const MOST: usize = 4;
        let mut sets: Vec<String> = self.seats.iter().map(|seat| seat.cores.to_string()).collect();
        sets.sort();
        sets.dedup();
        let more = if sets.len() > MOST { ", ..." } else { "" };
        sets.truncate(MOST);
        format!("{}{more}", sets.join(" | "))
    }

    /// The line for the log.
    fn remark(&self) -> String {
        match self.crowding {
            Crowding::Bound { apart, possible } => format!("warning: {}", self.bond(apart, possible)),
            _ => format!(
                "warning: on host {}, {} share {}: they take turns",
                self.host,
                self.who(),
                counted(self.n_cores, "core")
            ),
        }
    }

    /// The message that ends the run.
    fn refusal(&self) -> String {
        let Crowding::Bound { apart, possible } = self.crowding else {
            return self.remark();
        };
        let n = self.most_threads();
        format!(
            "{}.\n  Bind every rank to {} of its own: `mpirun --bind-to core --map-by slot:PE={n}` (Open MPI), `mpiexec -bind-to \
             core:{n}` (MPICH), `srun --cpus-per-task={n} --cpu-bind=cores` (Slurm); or bind none: `mpirun --bind-to none`, \
             `srun --cpu-bind=none`. A launcher that another launcher has started has the cores of one rank of that.\n  \
             `--show-ranks` shows the cores of every rank; `--allow-shared-cores` runs all the same.",
            self.bond(apart, possible),
            counted(n, "core"),
        )
    }
}

/// The remark of the lowest rank that has one, and how many others have too, on all ranks.
fn agree_on_remark(world: &World, remark: Option<String>) -> Option<String> {
    let mut first = [remark.as_ref().map_or(i64::MAX, |_| world.rank() as i64)];
    world.min_integers(&mut first);
    let rank = usize::try_from(first[0]).ok().filter(|rank| *rank < world.size())?;
    let mut bytes = remark.unwrap_or_default().into_bytes();
    world.broadcast_bytes(&mut bytes, rank);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(ranks: &[&str], threads: usize, cores: &str) -> Option<Finding> {
        let seats = ranks
            .iter()
            .map(|cores| seat_from_text(format!("{threads} {cores}").as_bytes()));
        Finding::of(
            "node7".into(),
            seats.map(Option::unwrap).collect(),
            &CoreSet::parse(cores).unwrap(),
        )
    }

    #[test]
    fn a_refusal_says_who_where_and_what_to_do() {
        let finding = finding(&["3", "3", "3"], 2, "0-7").unwrap();
        assert!(finding.is_bound());
        let said = finding.refusal();
        for part in [
            "host node7, 3 ranks of 2 threads are bound to cores 3, of 8 that there are:",
            "room for 1 thread at a time, where 6 could run",
            "to 2 cores of its own",
            "--bind-to core --map-by slot:PE=2",
            "--cpus-per-task=2",
            "--bind-to none",
            "--allow-shared-cores",
            "--show-ranks",
        ] {
            assert!(said.contains(part), "{part}\nis not in\n{said}");
        }
        assert!(
            finding
                .remark()
                .starts_with("warning: on host node7, 3 ranks of 2 threads are bound")
        );
    }

    #[test]
    fn too_few_cores_are_a_line_of_warning() {
        let finding = finding(&["0-1"; 4], 1, "0-1").unwrap();
        assert!(!finding.is_bound());
        let said = finding.remark();
        assert!(
            said.starts_with("warning: on host node7, 4 ranks share 2 cores") && !said.contains('\n'),
            "{said}"
        );
    }

    #[test]
    fn ranks_apart_are_no_finding_and_what_is_not_known_is_none() {
        assert!(finding(&["0", "1"], 1, "0-1").is_none());
        assert_eq!(seat_from_text(b"1 "), None);
        assert_eq!(check_cores(&World::single(), 1, false), Ok(None));
    }

    #[test]
    fn only_a_few_of_many_sets_are_named() {
        let ranks = ["0", "1", "2", "3", "4", "0"];
        assert_eq!(finding(&ranks, 1, "0-7").unwrap().sets(), "0 | 1 | 2 | 3, ...");
    }

    #[test]
    fn every_rank_has_a_line() {
        let lines = ["node7\t0-3,8\t0\t4".to_string(), "n8\t4\tunknown\t4".to_string()];
        let expected = "rank  host   cores  NUMA node  threads\n0     node7  0-3,8  0          4\n1     n8     4      unknown    4\n";
        assert_eq!(table(&lines), expected);
        assert_eq!(ranks_table(&World::single(), 3).lines().count(), 2);
    }
}
