//! The processors and the caches of this host, as the system lists them.

use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Bytes that the second-level cache of a core is taken for where the system does not tell.
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

/// Data and unified caches of this host, smallest level first; none where the system does not tell.
pub fn caches() -> Vec<Cache> {
    caches_in(Path::new("/sys/devices/system/cpu"))
}

/// Processors of this host, whatever this process is bound to.
pub fn n_processors() -> usize {
    let listed = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let n_listed = listed.lines().filter(|line| line.starts_with("processor")).count();
    n_listed.max(std::thread::available_parallelism().map_or(1, usize::from))
}

/// Cores of this host, of which each may be several processors.
pub fn n_cores() -> usize {
    n_cores_of(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default()).unwrap_or_else(n_processors)
}

/// The different pairs of socket and core in the list of all processors; nothing where it does not tell them.
fn n_cores_of(listed: &str) -> Option<usize> {
    let of_processor = |lines: &str| {
        Some((
            value_of(lines, "physical id")?.to_owned(),
            value_of(lines, "core id")?.to_owned(),
        ))
    };
    let cores: Option<BTreeSet<_>> = listed
        .split("\n\n")
        .filter(|lines| !lines.trim().is_empty())
        .map(of_processor)
        .collect();
    cores.map(|cores| cores.len()).filter(|&n| n > 0)
}

/// The model of this host's processors, or "unknown".
pub fn processor() -> String {
    let listed = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    value_of(&listed, "model name").unwrap_or("unknown").to_owned()
}

/// Clock of this host's first processor as the system tells it, Hz.
pub fn clock() -> Option<f64> {
    let listed = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    Some(1e6 * value_of(&listed, "cpu MHz")?.parse::<f64>().ok()?)
}

/// The value of the first line `key : value`.
pub fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then_some(value.trim())
    })
}

/// Bytes of second-level cache for each of `n_cores` processors.
pub fn core_cache(caches: &[Cache], n_cores: usize) -> usize {
    let second = caches.iter().filter(|cache| cache.level == 2);
    match second.map(|cache| cache.bytes * cache.n).sum::<usize>() {
        0 => UNKNOWN_CORE_CACHE,
        bytes => bytes / n_cores.max(1),
    }
}

/// Most bytes of a shared cache that a processor is taken to have for itself.
const MOST_SHARED: usize = 8 << 20;

/// Bytes that each of `n_processors` can go through again and again without asking the memory: of its own cache, or half of
/// its share of a larger one behind that.
pub fn working_cache(caches: &[Cache], n_processors: usize) -> usize {
    let behind = caches.iter().filter(|cache| cache.level > 2);
    let share = behind
        .map(|cache| cache.bytes * cache.n / n_processors.max(1) / 2)
        .max();
    core_cache(caches, n_processors).max(share.unwrap_or(0).min(MOST_SHARED))
}

/// The caches in a folder like `/sys/devices/system/cpu`; each is listed by every processor that shares it.
fn caches_in(processors: &Path) -> Vec<Cache> {
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
    fn processors_of_one_core_are_one_core() {
        let processor = |socket, core| format!("processor : 0\nphysical id\t: {socket}\ncore id\t\t: {core}\n");
        let listed = [processor(0, 0), processor(0, 1), processor(0, 0), processor(1, 0)].join("\n");
        assert_eq!(n_cores_of(&listed), Some(3));
        assert_eq!((n_cores_of("processor : 0\n"), n_cores_of("")), (None, None));
    }

    #[test]
    fn the_first_value_of_a_key_is_found() {
        let text = "processor\t: 0\nmodel name\t: A: fast one\nmodel name\t: second\n";
        assert_eq!(value_of(text, "model name"), Some("A: fast one"));
        assert_eq!(value_of(text, "cache size"), None);
    }

    #[test]
    fn sizes_are_read_as_the_kernel_writes_them() {
        assert_eq!(bytes_from_text("266240K"), Some(260 << 20));
        assert_eq!(bytes_from_text("8M"), Some(8 << 20));
        assert_eq!(bytes_from_text("512"), Some(512));
        assert_eq!(bytes_from_text(""), None);
    }

    #[test]
    fn a_large_cache_behind_counts_by_its_share() {
        let level = |level, bytes, n| Cache { level, bytes, n };
        let second = level(2, 1 << 20, 4);
        assert_eq!(working_cache(&[], 4), UNKNOWN_CORE_CACHE);
        assert_eq!(working_cache(std::slice::from_ref(&second), 4), 1 << 20);
        assert_eq!(working_cache(&[second.clone(), level(3, 16 << 20, 1)], 4), 2 << 20);
        assert_eq!(working_cache(&[second.clone(), level(3, 4 << 20, 1)], 4), 1 << 20);
        assert_eq!(working_cache(&[second, level(3, 256 << 20, 2)], 4), 8 << 20);
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
        assert_eq!(caches_in(folder.path()), [level(1, 48 << 10, 2), level(3, 8 << 20, 1)]);
    }
}
