//! Which ranks write files, and for whom.

/// Groups on a host, unless told otherwise: a rank that writes for others lags behind them meanwhile, and they wait for it,
/// so that several share the work; many files would burden the servers of a parallel file system.
pub const MOST_ON_A_HOST: usize = 4;

/// The ranks in groups, each of which brings its tiles to its first member: up to [`MOST_ON_A_HOST`] on each host, or `n` in
/// all, cut from the ranks in the order of hosts. Rank 0 is the first of the first group; `n` is at least 1 and at most the
/// number of ranks.
pub fn groups(hosts: &[String], n: Option<usize>) -> Vec<Vec<usize>> {
    // Hosts in the order of their lowest ranks, so that rank 0 comes first.
    let mut by_host: Vec<(&str, Vec<usize>)> = Vec::new();
    for (rank, host) in hosts.iter().enumerate() {
        match by_host.iter_mut().find(|(known, _)| known == host) {
            Some((_, ranks)) => ranks.push(rank),
            None => by_host.push((host, vec![rank])),
        }
    }
    let by_host = by_host.into_iter().map(|(_, ranks)| ranks);
    match n {
        Some(n) => cut(&by_host.flatten().collect::<Vec<_>>(), n),
        None => by_host.flat_map(|ranks| cut(&ranks, MOST_ON_A_HOST)).collect(),
    }
}

/// `n` parts of `ranks`, or as many as there are ranks, that differ by one at most.
fn cut(ranks: &[usize], n: usize) -> Vec<Vec<usize>> {
    let n = n.clamp(1, ranks.len());
    let end = |group: usize| group * ranks.len() / n;
    (0..n).map(|group| ranks[end(group)..end(group + 1)].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn every_host_has_its_groups_and_rank_0_leads_the_first() {
        let found = groups(&hosts(&["b", "a", "b", "a", "c"]), None);
        assert_eq!(found, [[0], [2], [1], [3], [4]]);
        let found = groups(&hosts(&["a", "b", "b", "b", "b", "b", "b"]), None);
        assert_eq!(found, [vec![0], vec![1], vec![2, 3], vec![4], vec![5, 6]]);
    }

    #[test]
    fn a_number_of_groups_shares_the_ranks_evenly_host_by_host() {
        let names = hosts(&["b", "a", "b", "a", "c"]);
        assert_eq!(groups(&names, Some(1)), [vec![0, 2, 1, 3, 4]]);
        assert_eq!(groups(&names, Some(2)), [vec![0, 2], vec![1, 3, 4]]);
        assert_eq!(groups(&names, Some(9)).len(), 5);
    }
}
