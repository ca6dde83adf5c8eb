//! Whether the threads of a host's ranks can have cores of their own, and who is to blame if not.

use super::cores::CoreSet;
use std::collections::{BTreeMap, BTreeSet};

/// What a rank of a host needs, and where it may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub cores: CoreSet,
    pub threads: usize,
}

/// Whether threads share cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowding {
    /// Every thread can have a core of its own.
    Apart,
    /// There are fewer cores than threads, and the ranks may use all that there are.
    TooFewCores,
    /// Ranks are bound to so few cores that threads share them, although others lie idle.
    Bound {
        /// Threads that can have a core of their own.
        apart: usize,
        /// Those that could if nothing were bound.
        possible: usize,
    },
}

/// How the ranks in `seats`, all that there are on a host, share the cores of this `host`, where they may run unless they are
/// bound.
pub fn crowding(seats: &[Seat], host: &CoreSet) -> Crowding {
    let threads: usize = seats.iter().map(|seat| seat.threads).sum();
    let mut cores = host.clone();
    seats.iter().for_each(|seat| cores.extend(seat.cores.iter()));
    let possible = threads.min(cores.len());
    let apart = n_apart(seats, possible);
    match apart {
        _ if apart < possible => Crowding::Bound { apart, possible },
        _ if possible < threads => Crowding::TooFewCores,
        _ => Crowding::Apart,
    }
}

/// The largest number of threads, up to `most`, that can each have a core of their own: a matching of threads and cores, found
/// by augmenting paths (H. W. Kuhn, Naval Research Logistics Quarterly 2 (1955) 83).
fn n_apart(seats: &[Seat], most: usize) -> usize {
    let mut owners = BTreeMap::new();
    for number in 0..seats.len() {
        for _ in 0..seats[number].threads {
            // A seat that gets no further core now gets none later either.
            if owners.len() == most || !find_core(seats, number, &mut owners, &mut BTreeSet::new()) {
                break;
            }
        }
    }
    owners.len()
}

/// Gives one core more to seat `number`, if need be one whose owner finds another. `seen` are cores that lead nowhere.
fn find_core(seats: &[Seat], number: usize, owners: &mut BTreeMap<usize, usize>, seen: &mut BTreeSet<usize>) -> bool {
    let cores = &seats[number].cores;
    let free = cores.iter().find(|core| !owners.contains_key(core));
    let found = free.or_else(|| {
        cores
            .iter()
            .find(|&core| seen.insert(core) && find_core(seats, owners[&core], owners, seen))
    });
    if let Some(core) = found {
        owners.insert(core, number);
    }
    found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How ranks with these cores, each of `threads`, share those of `host`.
    fn share(ranks: &[&str], threads: usize, host: &str) -> Crowding {
        let set = |text: &str| CoreSet::parse(text).unwrap();
        let seat = |cores: &&str| Seat {
            cores: set(cores),
            threads,
        };
        crowding(&ranks.iter().map(seat).collect::<Vec<_>>(), &set(host))
    }

    fn bound(apart: usize, possible: usize) -> Crowding {
        Crowding::Bound { apart, possible }
    }

    #[test]
    fn ranks_with_cores_of_their_own_are_apart() {
        assert_eq!(share(&["0", "1"], 1, "0-7"), Crowding::Apart);
        assert_eq!(share(&["0-3", "4-7"], 4, "0-7"), Crowding::Apart);
        assert_eq!(share(&["0-7"; 8], 1, "0-7"), Crowding::Apart);
        assert_eq!(share(&["0-7"], 3, "0-7"), Crowding::Apart);
        assert_eq!(share(&[], 1, "0-7"), Crowding::Apart);
    }

    #[test]
    fn ranks_on_one_core_of_several_are_bound() {
        assert_eq!(share(&["0", "0"], 1, "0-1"), bound(1, 2));
        assert_eq!(share(&["2"; 16], 1, "0-7"), bound(1, 8));
        assert_eq!(share(&["0-1", "0-1", "0-1"], 1, "0-3"), bound(2, 3));
    }

    #[test]
    fn threads_of_a_rank_that_is_bound_to_one_core_share_it() {
        assert_eq!(share(&["0"], 2, "0-3"), bound(1, 2));
        assert_eq!(share(&["0", "1"], 2, "0-3"), bound(2, 4));
        assert_eq!(share(&["0-1", "2-3"], 2, "0-3"), Crowding::Apart);
    }

    /// Two ranks have core 0 alone; that a third may run anywhere does not help them.
    #[test]
    fn room_that_others_have_does_not_count() {
        assert_eq!(share(&["0", "0", "0-7"], 1, "0-7"), bound(2, 3));
        assert_eq!(share(&["0-7", "0", "1"], 1, "0-7"), Crowding::Apart);
        assert_eq!(share(&["0-1", "0-1", "1-2", "0"], 1, "0-2"), Crowding::TooFewCores);
        assert_eq!(
            share(&["0-1", "0", "1-2"], 1, "0-2"),
            Crowding::Apart,
            "two have to give way"
        );
    }

    #[test]
    fn a_host_with_fewer_cores_than_threads_has_too_few_however_ranks_are_bound() {
        assert_eq!(share(&["0-1"; 6], 1, "0-1"), Crowding::TooFewCores);
        assert_eq!(share(&["0", "1", "0", "1"], 1, "0-1"), Crowding::TooFewCores);
        assert_eq!(share(&["0", "1"], 2, "0-1"), Crowding::TooFewCores);
        assert_eq!(share(&["0"; 4], 1, "0"), Crowding::TooFewCores);
    }

    #[test]
    fn a_host_with_fewer_cores_than_threads_has_none_to_leave_idle() {
        assert_eq!(share(&["0"; 4], 1, "0-1"), bound(1, 2));
    }

    /// What a rank has belongs to the host, whatever the host says.
    #[test]
    fn a_host_that_does_not_tell_has_what_the_ranks_have() {
        assert_eq!(share(&["0-1", "0-1"], 1, ""), Crowding::Apart);
        assert_eq!(share(&["0", "0"], 1, ""), Crowding::TooFewCores);
    }

    #[test]
    fn large_hosts_are_judged_at_once() {
        assert_eq!(share(&["0-255"; 256], 1, "0-255"), Crowding::Apart);
        assert_eq!(share(&["0-255"; 512], 2, "0-255"), Crowding::TooFewCores);
        assert_eq!(share(&["0-127"; 256], 1, "0-255"), bound(128, 256));
    }
}
