//! How the ranks are divided among the members.

use crate::error::{Error, Result};

/// Groups of equally many ranks, each of which runs one member after the other. Group g has the ranks from g R on, and the
/// members g, g + n, g + 2 n, ...: who runs what depends on nothing but their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    pub n: usize,
    /// Ranks of each, R.
    pub n_ranks: usize,
}

impl Groups {
    /// Groups of `n_ranks` ranks, no more than there are members; unless that is given, as many groups as there are members
    /// or `size` ranks.
    ///
    /// # Errors
    /// [`Error::Config`] if there are fewer ranks than a group needs.
    pub fn new(size: usize, n_members: usize, n_ranks: Option<usize>) -> Result<Groups> {
        let n_ranks = n_ranks.unwrap_or(size / n_members.clamp(1, size));
        if n_ranks > size {
            return Err(Error::Config(format!(
                "--ranks-per-member {n_ranks} needs {n_ranks} ranks at least, and there are {size}; start more of them, or give \
                 a smaller number"
            )));
        }
        let n = (size / n_ranks).min(n_members);
        Ok(Groups { n, n_ranks })
    }

    /// The group of a rank; none for ranks that are left over.
    pub fn of_rank(&self, rank: usize) -> Option<usize> {
        Some(rank / self.n_ranks).filter(|group| *group < self.n)
    }

    /// The first ranks of all groups.
    pub fn roots(&self) -> Vec<usize> {
        (0..self.n).map(|group| group * self.n_ranks).collect()
    }

    /// The members of a group, of `n_members`, in the order in which they run.
    pub fn members(&self, group: usize, n_members: usize) -> impl Iterator<Item = usize> {
        (group..n_members).step_by(self.n)
    }

    /// What there is to say of `size` ranks of which some have nothing to do.
    pub fn remark(&self, size: usize) -> Option<String> {
        let idle = size - self.n * self.n_ranks;
        (idle > 0).then(|| {
            format!(
                "warning: {idle} of {size} ranks have nothing to do; another number of ranks, or --ranks-per-member, would use \
                 them"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(size: usize, n_members: usize, n_ranks: Option<usize>) -> (usize, usize) {
        let groups = Groups::new(size, n_members, n_ranks).unwrap();
        (groups.n, groups.n_ranks)
    }

    #[test]
    fn there_are_as_many_groups_as_members_or_ranks_allow() {
        assert_eq!(groups(2, 4, None), (2, 1));
        assert_eq!(groups(8, 4, None), (4, 2));
        assert_eq!(groups(1, 4, None), (1, 1));
        assert_eq!(groups(6, 1, None), (1, 6));
        assert_eq!(groups(6, 4, Some(2)), (3, 2));
        assert_eq!(groups(6, 2, Some(2)), (2, 2), "fewer members than groups");
        let error = Groups::new(2, 4, Some(3)).unwrap_err();
        assert!(
            error.to_string().contains("needs 3 ranks at least, and there are 2"),
            "{error}"
        );
    }

    #[test]
    fn every_member_is_run_by_one_group() {
        let groups = Groups::new(6, 7, Some(2)).unwrap();
        let mut all: Vec<usize> = (0..groups.n).flat_map(|group| groups.members(group, 7)).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(groups.members(1, 7).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(groups.roots(), [0, 2, 4]);
    }

    #[test]
    fn ranks_that_are_left_over_have_no_group_and_are_told() {
        let groups = Groups::new(5, 3, Some(2)).unwrap();
        let of: Vec<Option<usize>> = (0..5).map(|rank| groups.of_rank(rank)).collect();
        assert_eq!(of, [Some(0), Some(0), Some(1), Some(1), None]);
        assert!(groups.remark(5).unwrap().starts_with("warning: 1 of 5 ranks"));
        assert_eq!(groups.remark(4), None);
    }
}
