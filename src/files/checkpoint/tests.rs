//! Tests of checkpoints as wholes: what is written is read, and what is damaged is refused with the file's name.

use super::fixture::{expected, head, manifest, parts, read_all, slab, write_checkpoint, write_parts};
use super::{Checkpoint, CheckpointFolder, MANIFEST, MASTER, Manifest, PartWriter, list, part_file};
use crate::error::Error;
use crate::grid::IndexBox;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn any_box_of_any_slot_is_read_as_it_was_written() {
    let run = tempfile::tempdir().unwrap();
    let folder = write_checkpoint(run.path(), 120);
    assert_eq!(folder, run.path().join("checkpoints/00000120"));
    assert_eq!(read_all(&folder).unwrap(), expected(120));
    // A box across all tiles, with other tiles than it was written with.
    let checkpoint = Checkpoint::open(&folder).unwrap();
    let wanted = IndexBox::new([3, 2, 1], [6, 4, 3]);
    let mut n_values = 0;
    checkpoint
        .read::<f64>("q", &wanted, |region, found| {
            let right: Vec<f64> = super::super::fixture::values(region)
                .iter()
                .map(|v| v + 120.0)
                .collect();
            assert_eq!(found, right);
            n_values += found.len();
        })
        .unwrap();
    assert_eq!(n_values, wanted.n_cells());
}

/// Slots that are longer than the blocks that pass by the cache, and begin and end within such blocks.
#[test]
fn a_part_has_the_same_bytes_past_the_cache_and_through_it() {
    let folder = tempfile::tempdir().unwrap();
    let tile = IndexBox::new([0, 0, 0], [97, 51, 123]);
    let value = |place: usize| (place as f64).sqrt();
    let layer_cells = tile.len(0) * tile.len(1);
    let write = |is_direct: bool| {
        let path = folder.path().join(format!("{is_direct}.h5"));
        let mut part = PartWriter::create(&path, head(3, vec![tile]), is_direct).unwrap();
        for slot in ["a", "b"] {
            part.begin::<f64>(0, slot, tile).unwrap();
            for k in 0..tile.hi[2] {
                let first = k as usize * layer_cells;
                let layer: Vec<f64> = (first..first + layer_cells).map(value).collect();
                part.write(&tile.with_range(2, k, k + 1), &layer).unwrap();
            }
            part.end().unwrap();
        }
        part.finish().unwrap();
        fs::read(path).unwrap()
    };
    assert!(write(true) == write(false));
    let read = hdf5::File::open(folder.path().join("true.h5")).unwrap();
    let read = read.dataset("tiles/0000/b").unwrap().read_raw::<f64>().unwrap();
    assert!(read.into_iter().eq((0..tile.n_cells()).map(value)));
}

#[test]
fn boxes_that_do_not_follow_each_other_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let tile = IndexBox::from_size([4, 3, 2]);
    let strip = tile.with_range(0, 0, 2);
    for region in [tile.with_range(2, 1, 2), tile.with_range(1, 1, 2), strip] {
        let path = folder.path().join("part.h5");
        let mut part = PartWriter::create(&path, head(3, vec![tile]), true).unwrap();
        part.begin::<f64>(0, "q", tile).unwrap();
        let error = part
            .write(&region, &vec![0.0; region.n_cells()])
            .unwrap_err()
            .to_string();
        assert!(error.contains("does not follow"), "{error}");
    }
}

#[test]
fn what_a_checkpoint_does_not_have_is_an_error() {
    let run = tempfile::tempdir().unwrap();
    let checkpoint = Checkpoint::open(&write_checkpoint(run.path(), 120)).unwrap();
    for (name, region, part) in [
        ("p", slab(), "no slot 'p'"),
        ("memory", slab(), "is f32 there, and f64 here"),
        ("q", IndexBox::new([-2, 0, 0], [3, 3, 3]), "covers"),
    ] {
        let error = checkpoint
            .read::<f64>(name, &region, |_, _| {})
            .unwrap_err()
            .to_string();
        assert!(error.contains(part) && error.contains("00000120"), "{error}");
    }
}

#[test]
fn readers_see_whole_slots_in_the_master() {
    let run = tempfile::tempdir().unwrap();
    let folder = write_checkpoint(run.path(), 120);
    let master = hdf5::File::open(folder.join(MASTER)).unwrap();
    let (q, memory) = expected(120);
    let read = master.dataset("storage/q").unwrap();
    assert_eq!((read.shape(), read.read_raw::<f64>().unwrap()), (vec![5, 7, 11], q));
    assert_eq!(
        master.dataset("storage/memory").unwrap().read_raw::<f32>().unwrap(),
        memory
    );
    drop((read, master));
    // Without a part there is no error, but nothing that could be taken for a value either.
    fs::remove_file(folder.join(part_file(1))).unwrap();
    let master = hdf5::File::open(folder.join(MASTER)).unwrap();
    let read = master.dataset("storage/q").unwrap().read_raw::<f64>().unwrap();
    let missing = read.iter().filter(|value| value.is_nan()).count();
    assert_eq!(missing, parts()[1][0].n_cells());
}

#[test]
fn parts_of_equal_states_are_equal_to_the_last_byte() {
    let run = tempfile::tempdir().unwrap();
    let folders = [1, 2].map(|n| {
        let run = run.path().join(n.to_string());
        fs::create_dir(&run).unwrap();
        CheckpointFolder::new(&run, 120)
    });
    let first = write_parts(&folders[0], 120);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(first, write_parts(&folders[1], 120));
}

#[test]
fn the_oldest_go_when_there_are_more_than_are_kept() {
    let run = tempfile::tempdir().unwrap();
    for step in [30, 100, 20] {
        write_checkpoint(run.path(), step);
    }
    fs::create_dir(run.path().join("checkpoints/.00000040.part")).unwrap();
    fs::create_dir(run.path().join("checkpoints/mine")).unwrap();
    assert_eq!(list(run.path()).unwrap(), [100, 30, 20]);
    CheckpointFolder::new(run.path(), 100).prune(2).unwrap();
    assert_eq!(list(run.path()).unwrap(), [100, 30]);
    assert!(run.path().join("checkpoints/mine").exists());
}

#[test]
fn what_is_built_is_no_checkpoint_until_it_is_published() {
    let run = tempfile::tempdir().unwrap();
    let folder = CheckpointFolder::new(run.path(), 7);
    let parts = write_parts(&folder, 7);
    assert!(list(run.path()).unwrap().is_empty());
    folder.publish(&manifest(7, parts)).unwrap();
    assert_eq!(list(run.path()).unwrap(), [7]);
    assert!(!folder.part_path().exists());
}

#[test]
fn a_checkpoint_that_does_not_fit_is_not_begun() {
    let run = tempfile::tempdir().unwrap();
    let error = CheckpointFolder::new(run.path(), 7)
        .begin(1 << 60)
        .unwrap_err()
        .to_string();
    assert!(error.contains("the file system has"), "{error}");
    assert!(!CheckpointFolder::new(run.path(), 7).part_path().exists());
}

#[test]
fn numbers_in_a_manifest_keep_every_bit() {
    let mut whole = manifest(5, Vec::new());
    let numbers = [
        f64::MIN_POSITIVE / 8.0,
        -0.0,
        0.1 + 0.2,
        f64::MAX,
        f64::INFINITY,
        1.0 / 3.0,
        1e22,
        5e-324,
    ];
    let array = numbers.iter().map(|&x| toml::Value::Float(x)).collect();
    whole.run.insert("numbers".into(), toml::Value::Array(array));
    whole.slots.clear();
    let read = Manifest::parse(Path::new("m"), whole.to_text().as_bytes()).unwrap();
    let found = read.run["numbers"].as_array().unwrap();
    for (found, right) in found.iter().zip(numbers) {
        assert_eq!(found.as_float().unwrap().to_bits(), right.to_bits(), "{right}");
    }
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    let run = tempfile::tempdir().unwrap();
    let parts = write_parts(&CheckpointFolder::new(run.path(), 7), 7);
    let refused = |change: &dyn Fn(&mut Manifest), part: &str| {
        let mut changed = manifest(7, parts.clone());
        change(&mut changed);
        let error = Manifest::parse(Path::new("m.toml"), changed.to_text().as_bytes()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(part) && text.contains("m.toml"), "{text}");
    };
    refused(&|m| m.format = 2, "use a newer simrun");
    refused(&|m| m.parts[0].tiles[0][0][0] += 1, "values of 'q'");
    refused(&|m| m.parts[0].tiles[0][1][1] += 1, "overlap");
    refused(&|m| drop(m.parts.pop()), "values of 'q'");
    refused(
        &|m| m.parts[1].file = "../part_0000.h5".into(),
        "not the name of a file",
    );
}

/// A run of two checkpoints, one of which is damaged again and again.
struct Victim {
    run: tempfile::TempDir,
    folder: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Victim {
    fn new() -> Victim {
        let run = tempfile::tempdir().unwrap();
        write_checkpoint(run.path(), 100);
        let folder = write_checkpoint(run.path(), 120);
        let names = [MANIFEST.to_owned(), part_file(0), part_file(1)];
        let files = names.iter().map(|name| {
            let path = folder.join(name);
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        });
        Victim {
            files: files.collect(),
            folder,
            run,
        }
    }

    /// With `bytes` in the place of file `n`, the checkpoint is refused and the file named; it is whole again afterwards.
    fn must_refuse(&self, n: usize, bytes: &[u8], what: &str) {
        let (path, whole) = &self.files[n];
        fs::write(path, bytes).unwrap();
        match read_all(&self.folder) {
            Err(Error::Io(text)) => {
                let name = path.file_name().unwrap().to_string_lossy();
                assert!(text.contains(&*name), "{what}: {text}");
            }
            other => panic!("{what}: {other:?}"),
        }
        fs::write(path, whole).unwrap();
    }
}

/// A sequence of numbers that look random: D. E. Knuth's linear congruential generator (MMIX).
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n
    }
}

#[test]
fn thousands_of_damaged_files_are_all_refused_by_name() {
    let victim = Victim::new();
    let mut sequence = Sequence(7);
    let mut n_damaged = 0;
    for n in 0..victim.files.len() {
        let whole = &victim.files[n].1;
        // Truncation at any length, the last byte and nothing at all included.
        let lengths = [0, 1, whole.len() - 1].into_iter();
        let random: Vec<usize> = (0..200).map(|_| sequence.below(whole.len())).collect();
        for length in lengths.chain(random) {
            victim.must_refuse(n, &whole[..length], &format!("file {n} cut to {length} bytes"));
            n_damaged += 1;
        }
        // Single bits: spread evenly over the file, and at random.
        let step = (whole.len() * 8 / 250).max(1);
        let even = (0..whole.len() * 8).step_by(step);
        let random: Vec<usize> = (0..250).map(|_| sequence.below(whole.len() * 8)).collect();
        for bit in even.chain(random) {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            victim.must_refuse(n, &bytes, &format!("bit {bit} of file {n} flipped"));
            n_damaged += 1;
        }
        // Blocks of zeros, where there was something else.
        for _ in 0..60 {
            let (from, length) = (sequence.below(whole.len()), 1 << sequence.below(12));
            let mut bytes = whole.clone();
            let end = (from + length).min(whole.len());
            bytes[from..end].fill(0);
            if bytes != *whole {
                victim.must_refuse(n, &bytes, &format!("bytes {from} to {end} of file {n} zeroed"));
                n_damaged += 1;
            }
        }
        // Bytes more than there were.
        victim.must_refuse(n, &[whole.as_slice(), b"\n"].concat(), "a byte appended");
        n_damaged += 1;
    }
    assert!(n_damaged >= 2000, "{n_damaged}");
    assert_eq!(read_all(&victim.folder).unwrap(), expected(120));
    assert_eq!(
        read_all(&victim.run.path().join("checkpoints/00000100")).unwrap(),
        expected(100)
    );
}

#[test]
fn parts_that_are_missing_or_of_another_checkpoint_are_refused_by_name() {
    let victim = Victim::new();
    let other = victim.run.path().join("checkpoints/00000100");
    for n in [1, 2] {
        let name = part_file(n - 1);
        victim.must_refuse(n, &fs::read(other.join(&name)).unwrap(), "a part of another step");
        fs::remove_file(victim.folder.join(&name)).unwrap();
        let error = read_all(&victim.folder).unwrap_err().to_string();
        assert!(error.contains(&name), "{error}");
        fs::create_dir(victim.folder.join(&name)).unwrap();
        assert!(read_all(&victim.folder).unwrap_err().to_string().contains(&name));
        fs::remove_dir(victim.folder.join(&name)).unwrap();
        fs::write(victim.folder.join(&name), &victim.files[n].1).unwrap();
    }
    // The manifest of another one finds parts that are not its own.
    fs::copy(other.join(MANIFEST), victim.folder.join(MANIFEST)).unwrap();
    assert!(
        read_all(&victim.folder)
            .unwrap_err()
            .to_string()
            .contains("part_0000.h5")
    );
}
