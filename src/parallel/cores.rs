//! Sets of cores: those that a thread may run on, those that its host has for it, and the NUMA nodes they belong to.
//!
//! A core is what the system counts as a processor: one of two hyperthreads is one.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

/// Cores, or other things that the system numbers, as the system writes them: `0-3,8`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreSet(BTreeSet<usize>);

impl CoreSet {
    /// The cores that the calling thread may run on, where the system tells.
    pub fn of_thread() -> Option<CoreSet> {
        system::affinity().map(CoreSet::of_words)
    }

    /// The cores that the calling thread may be given: all of its host, or those that a container or a scheduler leaves to
    /// this process, whatever it is bound to. Where the system does not tell, those that the thread has.
    pub fn of_host() -> Option<CoreSet> {
        let own = system::affinity()?;
        // The system takes all that it may from what is asked for, and says what that was.
        let all = system::set_affinity(&[u64::MAX; system::WORDS])
            .then(system::affinity)
            .flatten();
        // What the thread had cannot be refused to it.
        system::set_affinity(&own);
        Some(CoreSet::of_words(all.unwrap_or(own)))
    }

    /// Reads what [`CoreSet`] is displayed as, and what the system writes.
    pub fn parse(text: &str) -> Option<CoreSet> {
        let mut cores = BTreeSet::new();
        for part in text.trim().split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            cores.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
        }
        Some(CoreSet(cores))
    }

    fn of_words(words: system::Words) -> CoreSet {
        let is_set = |core: &usize| words[core / 64] >> (core % 64) & 1 == 1;
        (0..64 * words.len()).filter(is_set).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().copied()
    }

    /// The NUMA nodes of this host that any of the cores belongs to; none where the system does not tell.
    pub fn numa_nodes(&self) -> CoreSet {
        self.nodes_in(Path::new("/sys/devices/system/node"))
    }

    /// Those of a folder like `/sys/devices/system/node`.
    fn nodes_in(&self, folder: &Path) -> CoreSet {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let node = |entry: fs::DirEntry| {
            let number = entry.file_name().to_str()?.strip_prefix("node")?.parse().ok()?;
            let cores = CoreSet::parse(&fs::read_to_string(entry.path().join("cpulist")).ok()?)?;
            cores.0.intersection(&self.0).next().map(|_| number)
        };
        entries.filter_map(node).collect()
    }
}

impl FromIterator<usize> for CoreSet {
    fn from_iter<I: IntoIterator<Item = usize>>(cores: I) -> CoreSet {
        CoreSet(cores.into_iter().collect())
    }
}

impl Extend<usize> for CoreSet {
    fn extend<I: IntoIterator<Item = usize>>(&mut self, cores: I) {
        self.0.extend(cores);
    }
}

impl fmt::Display for CoreSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for core in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == core => *last = core,
                _ => ranges.push((core, core)),
            }
        }
        let text = |&(first, last): &(usize, usize)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        f.pad(&ranges.iter().map(text).collect::<Vec<_>>().join(","))
    }
}

/// The calls of the system.
mod system {
    /// Words of 64 bits of the masks: more cores than any system knows.
    pub const WORDS: usize = 128;

    /// A bit for each core.
    pub type Words = [u64; WORDS];

    #[cfg(target_os = "linux")]
    pub fn affinity() -> Option<Words> {
        let mut words = [0; WORDS];
        // SAFETY: the system writes at most as many bytes as it is told that there are; 0 is the calling thread.
        let code = unsafe { libc::sched_getaffinity(0, size_of::<Words>(), words.as_mut_ptr().cast()) };
        (code == 0).then_some(words)
    }

    #[cfg(target_os = "linux")]
    pub fn set_affinity(words: &Words) -> bool {
        // SAFETY: the system reads as many bytes as it is told that there are; 0 is the calling thread.
        unsafe { libc::sched_setaffinity(0, size_of::<Words>(), words.as_ptr().cast()) == 0 }
    }

    #[cfg(not(target_os = "linux"))]
    pub fn affinity() -> Option<Words> {
        None
    }

    #[cfg(not(target_os = "linux"))]
    pub fn set_affinity(_: &Words) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_and_read_as_the_system_does() {
        for text in ["", "0", "0-3,8", "1,3,5-6", "62-65,127"] {
            assert_eq!(CoreSet::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(CoreSet::parse(" 2,0-1\n").unwrap().to_string(), "0-2");
        assert_eq!(format!("[{:<5}]", CoreSet::parse("0-1").unwrap()), "[0-1  ]");
        for text in ["a", "1-", "-", "1;2"] {
            assert_eq!(CoreSet::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_bit_is_a_core() {
        let mut words = [0; system::WORDS];
        words[0] = 0b1011;
        words[1] = 1 << 63;
        assert_eq!(CoreSet::of_words(words).to_string(), "0-1,3,127");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn asking_for_the_cores_of_the_host_leaves_the_thread_where_it_was() {
        let before = CoreSet::of_thread().unwrap();
        let host = CoreSet::of_host().unwrap();
        assert!(!before.is_empty() && before.iter().all(|core| host.0.contains(&core)));
        assert_eq!(CoreSet::of_thread().unwrap(), before);
    }

    #[test]
    fn nodes_are_those_of_the_cores() {
        let folder = tempfile::tempdir().unwrap();
        for (node, cores) in [("node0", "0-3\n"), ("node1", "4-7\n"), ("has_cpu", ""), ("node2", "\n")] {
            fs::create_dir(folder.path().join(node)).unwrap();
            fs::write(folder.path().join(node).join("cpulist"), cores).unwrap();
        }
        let nodes = |cores: &str| CoreSet::parse(cores).unwrap().nodes_in(folder.path()).to_string();
        assert_eq!(
            (nodes("1"), nodes("3-4"), nodes("9")),
            ("0".into(), "0-1".into(), String::new())
        );
        let nowhere = folder.path().join("nowhere");
        assert!(CoreSet::parse("0").unwrap().nodes_in(&nowhere).is_empty());
    }
}
