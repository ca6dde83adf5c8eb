//! Which ranks write files, and for whom.

use super::world::World;
use std::ops::Range;

/// Groups on a host, unless told otherwise: a rank that writes for others lags behind them meanwhile, and they wait for it,
/// so that several share the work; many files would burden the servers of a parallel file system.
pub const MOST_ON_A_HOST: usize = 4;

/// Some ranks that bring their tiles to the first of them, which writes; rank 0 of the world is the first of its group.
///
/// A rank knows of no group but its own, and of that the first alone unless it is that one: nothing here grows with the number
/// of ranks.
#[derive(Debug)]
pub struct WriterGroup {
    /// Ranks of the world, in their order, on the first of them; elsewhere that one.
    pub members: Vec<usize>,
    /// Of this group, among the `n` that there are, in the order of their first members.
    pub number: usize,
    pub n: usize,
    /// The first members of all groups, on each of them.
    writers: Option<World>,
}

impl WriterGroup {
    /// The group of this rank: one of up to [`MOST_ON_A_HOST`] on each host, or of `n_wanted` in all, cut from the ranks in the
    /// order of hosts; `host` has the ranks on this one's. All ranks call it.
    pub fn of(world: &World, host: &World, n_wanted: Option<usize>) -> WriterGroup {
        let group = match n_wanted {
            Some(n) => {
                // The first rank of a host counts for all of it.
                let below = world.sum_below(if host.is_root() { host.size() as u64 } else { 0 });
                let mut before = [if host.is_root() { below as f64 } else { 0.0 }];
                host.max(&mut before);
                world.split(part_of(before[0] as usize + host.rank(), world.size(), n))
            }
            None => host.split(part_of(host.rank(), host.size(), MOST_ON_A_HOST)),
        };
        let is_first = group.is_root();
        let writers = world.split(if is_first { 0 } else { 1 });
        let mut known = match is_first {
            true => [world.rank() as f64, writers.rank() as f64, writers.size() as f64],
            false => [0.0; 3],
        };
        group.max(&mut known);
        let [first, number, n] = known.map(|number| number as usize);
        let members = group.gather(&[world.rank() as f64]);
        WriterGroup {
            members: match is_first {
                true => members.iter().map(|rank| rank[0] as usize).collect(),
                false => vec![first],
            },
            number,
            n,
            writers: is_first.then_some(writers),
        }
    }

    /// Whether this rank writes.
    pub fn is_writing(&self) -> bool {
        self.writers.is_some()
    }

    /// On rank 0 the bytes of all that write, in the order of their groups; nothing elsewhere. All that write call it.
    pub fn gather_bytes(&self, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        self.writers.as_ref().map_or_else(Vec::new, |writers| {
            let all: Vec<usize> = (0..writers.size()).collect();
            writers.gather_bytes(&all, bytes)
        })
    }
}

/// The ranks, all `size` of them on one host, that bring their tiles to `rank`; none where it does not write.
pub fn members_on_one_host(rank: usize, size: usize, n_wanted: Option<usize>) -> Range<usize> {
    let n = n_wanted.unwrap_or(MOST_ON_A_HOST).clamp(1, size);
    let part = part_of(rank, size, n);
    let (first, end) = (part * size / n, (part + 1) * size / n);
    if rank == first { first..end } else { 0..0 }
}

/// In which of `n` parts of `size` things a place is; they differ by one thing at most, and there are no more than things.
fn part_of(place: usize, size: usize, n: usize) -> usize {
    let n = n.clamp(1, size);
    // The first part that ends beyond the place: part g ends at the whole part of (g + 1) size / n.
    ((place + 1) * n - 1) / size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_differ_by_one_thing_at_most() {
        for size in 1..20 {
            for n in 1..25 {
                let parts: Vec<usize> = (0..size).map(|place| part_of(place, size, n)).collect();
                assert!(parts.is_sorted(), "{parts:?}");
                let sizes: Vec<usize> = (0..n.min(size))
                    .map(|part| parts.iter().filter(|of| **of == part).count())
                    .collect();
                assert_eq!(sizes.iter().sum::<usize>(), size, "{parts:?}");
                assert!(
                    sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1,
                    "{sizes:?}"
                );
            }
        }
    }

    #[test]
    fn on_one_host_every_rank_is_in_the_group_of_one_that_writes() {
        let groups = |size: usize, n| -> Vec<Vec<usize>> {
            let all = (0..size).map(|rank| members_on_one_host(rank, size, n).collect());
            all.filter(|ranks: &Vec<usize>| !ranks.is_empty()).collect()
        };
        assert_eq!(groups(6, None), [vec![0], vec![1, 2], vec![3], vec![4, 5]]);
        assert_eq!(groups(2, None), [[0], [1]]);
        assert_eq!(groups(5, Some(2)), [vec![0, 1], vec![2, 3, 4]]);
        assert_eq!(groups(5, Some(1)), [[0, 1, 2, 3, 4]]);
        assert_eq!(groups(3, Some(9)), [[0], [1], [2]]);
    }

    #[test]
    fn a_single_rank_writes_for_itself() {
        let world = World::single();
        for n in [None, Some(1), Some(3)] {
            let group = WriterGroup::of(&world, &world.on_host(), n);
            assert!(group.is_writing());
            assert_eq!((&group.members[..], group.number, group.n), (&[0][..], 0, 1));
            assert_eq!(group.gather_bytes(vec![7]), [[7]]);
        }
    }
}
