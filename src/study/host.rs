//! What the measured machine is: processor, caches, memory.

use crate::files::provenance::host_name;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Bytes that the last-level cache is taken for where the system does not tell.
const UNKNOWN_CACHE: usize = 32 << 20;

/// The same for the second-level cache of a core.
const UNKNOWN_CORE_CACHE: usize = 256 << 10;

/// One level of the cache hierarchy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cache {
    pub level: u32,
    /// Bytes of one of them.
    pub bytes: usize,
    /// How many there are on the host.
    pub n: usize,
}

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
        let n_listed = processors.lines().filter(|line| line.starts_with("processor")).count();
        Host {
            name: host_name(),
            processor: value_of(&processors, "model name").unwrap_or("unknown").to_owned(),
            n_cores: n_listed.max(std::thread::available_parallelism().map_or(1, usize::from)),
            caches: caches(Path::new("/sys/devices/system/cpu")),
            available_memory: value_of(&text("/proc/meminfo"), "MemAvailable")
                .and_then(|value| value.strip_suffix("kB")?.trim().parse::<usize>().ok())
                .map_or(0, |kilobytes| kilobytes << 10),
        }
    }

    /// Bytes of second-level cache for each processor.
    pub fn core_cache(&self) -> usize {
        let second = self.caches.iter().filter(|cache| cache.level == 2);
        match second.map(|cache| cache.bytes * cache.n).sum::<usize>() {
            0 => UNKNOWN_CORE_CACHE,
            bytes => bytes / self.n_cores,
        }
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

/// The caches in a folder like `/sys/devices/system/cpu`; each is listed by every processor that shares it.
fn caches(processors: &Path) -> Vec<Cache> {
    let mut found = BTreeSet::new();
    for processor in entries(processors, "cpu") {
        for index in entries(&processor.join("cache"), "index") {
            let read = |name: &str| {
                fs::read_to_string(index.join(name))
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            };
            if let (Ok(level), Some(bytes)) = (read("level").parse::<u32>(), bytes_from_text(&read("size")))
                && read("type") != "Instruction"
            {
                found.insert((level, bytes, read("shared_cpu_list")));
            }
        }
    }
    let mut caches: Vec<Cache> = Vec::new();
    for (level, bytes, _) in found {
        match caches.last_mut() {
            Some(last) if (last.level, last.bytes) == (level, bytes) => last.n += 1,
            _ => caches.push(Cache { level, bytes, n: 1 }),
        }
    }
    caches
}

/// The entries of a folder whose names begin with `prefix`; none where there is no such folder.
fn entries(folder: &Path, prefix: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .collect()
}

/// A size as the kernel writes it: `48K`, `266240K`, `8M`.
fn bytes_from_text(text: &str) -> Option<usize> {
    let shift = match text.chars().last()? {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        _ => 0,
    };
    let digits = text.trim_end_matches(['K', 'M', 'G']);
    digits.parse::<usize>().ok().map(|n| n << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_kernel_writes_them() {
        assert_eq!(bytes_from_text("266240K"), Some(260 << 20));
        assert_eq!(bytes_from_text("8M"), Some(8 << 20));
        assert_eq!(bytes_from_text("512"), Some(512));
        assert_eq!(bytes_from_text(""), None);
    }

    #[test]
    fn the_first_value_of_a_key_is_found() {
        let text = "processor\t: 0\nmodel name\t: A: fast one\nmodel name\t: second\n";
        assert_eq!(value_of(text, "model name"), Some("A: fast one"));
        assert_eq!(value_of(text, "cache size"), None);
    }

    #[test]
    fn a_cache_that_two_processors_share_is_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        for (cpu, index, level, size, kind, shared) in [
            (0, 0, 1, "48K", "Data", "0"),
            (0, 1, 1, "32K", "Instruction", "0"),
            (0, 3, 3, "8M", "Unified", "0-1"),
            (1, 0, 1, "48K", "Data", "1"),
            (1, 3, 3, "8M", "Unified", "0-1"),
        ] {
            let index = folder.path().join(format!("cpu{cpu}/cache/index{index}"));
            fs::create_dir_all(&index).unwrap();
            for (name, value) in [
                ("level", level.to_string()),
                ("size", size.into()),
                ("type", kind.into()),
            ] {
                fs::write(index.join(name), value + "\n").unwrap();
            }
            fs::write(index.join("shared_cpu_list"), shared).unwrap();
        }
        let level = |level, bytes, n| Cache { level, bytes, n };
        assert_eq!(caches(folder.path()), [level(1, 48 << 10, 2), level(3, 8 << 20, 1)]);
    }
}
