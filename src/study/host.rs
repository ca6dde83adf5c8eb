//! What the measured machine is: processor, caches, memory.

use crate::files::provenance::host_name;
pub use crate::metrics::caches::Cache;
use crate::metrics::caches::{caches, core_cache, n_processors, processor, value_of};
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
        Host {
            name: host_name(),
            processor: processor(),
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
