//! What the measured machine is: processor, caches, memory.

use crate::files::provenance::host_name;
pub use crate::metrics::caches::Cache;
use crate::metrics::caches::{caches, core_cache, n_processors};
use serde::Serialize;
use std::fs;

/// Bytes that the last-level cache is taken for where the system does not tell.
const UNKNOWN_CACHE: usize = 32 << 20;

/// The host of rank 0.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    pub name: String,
    pub processor: String,
    /// Processors of the host, whatever this rank is bound to.
    pub n_cores: usize,
    /// Data and unified caches, smallest level first.
    pub caches: Vec<Cache>,
    /// Bytes of memory that are free for use.
    pub available_memory: usize,
}

impl Host {
    /// Reads the description of this host; what the system does not tell is "unknown" or zero.
    pub fn read() -> Host {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let processors = text("/proc/cpuinfo");
        Host {
            name: host_name(),
            processor: value_of(&processors, "model name").unwrap_or("unknown").to_owned(),
            n_cores: n_processors(),
            caches: caches(),
            available_memory: value_of(&text("/proc/meminfo"), "MemAvailable")
                .and_then(|value| value.strip_suffix("kB")?.trim().parse::<usize>().ok())
                .map_or(0, |kilobytes| kilobytes << 10),
        }
    }

    /// Bytes of second-level cache for each processor.
    pub fn core_cache(&self) -> usize {
        core_cache(&self.caches, self.n_cores)
    }

    /// Bytes of all last-level caches together.
    pub fn last_level_cache(&self) -> usize {
        self.caches.last().map_or(UNKNOWN_CACHE, |cache| cache.bytes * cache.n)
    }
}

/// The value of the first line `key : value`.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_key_is_found() {
        let text = "processor\t: 0\nmodel name\t: A: fast one\nmodel name\t: second\n";
        assert_eq!(value_of(text, "model name"), Some("A: fast one"));
        assert_eq!(value_of(text, "cache size"), None);
    }
}
