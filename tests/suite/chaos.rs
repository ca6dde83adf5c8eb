//! A storm of kills: runs are killed at random instants, inside the writing of checkpoints above all, continued on a random
//! number of ranks, killed again, and must end with the bits of an undisturbed run.
//!
//! `scripts/chaos --rounds R --seed S` runs it longer than the suite does.

use crate::launch::{Launch, Workplace};
use crate::random::Random;
use simrun::files::SnapshotReader;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Rounds in the suite.
const ROUNDS: usize = 20;

/// Steps of every run.
const STEPS: u64 = 60;

/// How long a launcher may take to end a job of which a rank was killed.
const LAUNCHER_PATIENCE: Duration = Duration::from_secs(60);

/// Points inside the writing of a checkpoint, and whether rank 0 alone comes to them.
const POINTS: [(&str, bool); 13] = [
    ("folder-made", true),
    ("part-begun", false),
    ("part-writing", false),
    ("part-writing", false),
    ("part-closed", false),
    ("part-synced", false),
    ("part-verified", false),
    ("master-written", true),
    ("manifest-written", true),
    ("before-rename", true),
    ("after-rename", true),
    ("pruning", true),
    ("published", true),
];

const TRANSPORT: &str = r#"
    [grid]
    cells = [40, 36, 32]
    size = [4.0, 3.6, 3.2]
    [kernel]
    type = "advection-diffusion"
    wind = ["1 + sin(y + t)", "0.3*cos(t)", 0.1]
    diffusivity = ["0.02 + 0.01*sin(x)", 0.02, 0.01]
    advection = "weno5"
    stepper = "ssp-rk3"
    budget = true
    [[kernel.field]]
    name = "q"
    initial = "exp(-(x-2)^2 - (y-2)^2 - (z-1)^2)"
    source = { rate = 1.0, at = [1.0, 1.0, 1.0] }
    decay = 0.1
    boundary = { all = "open", bottom = { deposition = 0.1 } }
"#;

const MAXWELL: &str = r#"
    units = "natural"
    [grid]
    cells = [36, 32, 28]
    spacing = [0.1, 0.1, 0.1]
    [kernel]
    type = "fdtd"
    boundary = { all = { cpml = 6 }, south = "pec" }
    [[kernel.material]]
    name = "metal"
    epsilon = 2.0
    drude = [{ plasma_frequency = 1.0, damping = 0.1 }]
    [[kernel.shape]]
    type = "sphere"
    material = "metal"
    center = [1.8, 1.6, 1.4]
    radius = 0.6
    [[kernel.source]]
    type = "dipole"
    component = "Ez"
    at = [1.0, 1.0, 1.0]
    current = 1.0
    waveform = { type = "gaussian", width = 0.5 }
"#;

/// How often to kill where, and how often a run was continued.
#[derive(Default)]
struct Toll {
    /// Kills by phase.
    kills: BTreeMap<String, usize>,
    rounds: usize,
    /// Jobs that came to their end before they were killed.
    too_late: usize,
    /// Steps that were done again, at most, in intervals between checkpoints.
    repeated: f64,
}

impl Toll {
    fn total(&self) -> usize {
        self.kills.values().sum()
    }

    fn inside(&self) -> usize {
        let inside = self.kills.iter().filter(|(phase, _)| phase.starts_with("checkpoint"));
        inside.map(|(_, n)| n).sum()
    }
}

impl std::fmt::Display for Toll {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} rounds, {} kills, {} of them inside the writing of a checkpoint; {} jobs had ended before; at most {:.2} intervals \
             of work done again",
            self.rounds,
            self.total(),
            self.inside(),
            self.too_late,
            self.repeated
        )?;
        for (phase, n) in &self.kills {
            writeln!(f, "  {n:>5}  {phase}")?;
        }
        Ok(())
    }
}

fn case(kernel: &str, interval: u64, keep: u64, aggregators: usize) -> String {
    format!(
        r#"
        title = "storm"
        {kernel}
        [time]
        steps = {STEPS}
        [history]
        every = {{ steps = 1 }}
        [[snapshot]]
        every = {{ steps = 15 }}
        storage = true
        [[probe]]
        name = "p"
        at = [1.2, 1.1, 1.0]
        [checkpoint]
        every = {{ steps = {interval} }}
        keep = {keep}
        final = false
        [output]
        aggregators = {aggregators}
        "#
    )
}

/// What has to be equal: raw storage by step and name, and the texts of history and probe.
#[derive(PartialEq)]
struct Bits {
    storage: BTreeMap<(u64, String), Vec<u8>>,
    history: String,
    probe: String,
}

fn bits(place: &Workplace) -> Bits {
    let mut storage = BTreeMap::new();
    let files = fs::read_dir(place.path("run/snapshots")).unwrap();
    let mut names: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    names.sort();
    for path in names {
        let reader = SnapshotReader::open(&path).unwrap();
        for name in reader.storage_names() {
            storage.insert(
                (reader.head().step, name.clone()),
                reader.read_storage(&name).unwrap().0,
            );
        }
    }
    Bits {
        storage,
        history: place.read("run/history.csv"),
        probe: place.read("run/probes/p.csv"),
    }
}

impl Bits {
    fn difference(&self, right: &Bits) -> Option<String> {
        if !self.storage.keys().eq(right.storage.keys()) {
            let steps = |bits: &Bits| bits.storage.keys().map(|(step, _)| *step).collect::<Vec<_>>();
            return Some(format!(
                "snapshots of steps {:?} instead of {:?}",
                steps(self),
                steps(right)
            ));
        }
        let other = self
            .storage
            .iter()
            .find(|(place, bytes)| right.storage[place] != **bytes);
        if let Some(((step, name), _)) = other {
            return Some(format!("storage '{name}' at step {step} differs"));
        }
        let texts = [
            ("history", &self.history, &right.history),
            ("probe", &self.probe, &right.probe),
        ];
        let other = texts.into_iter().find(|(_, found, right)| found != right);
        other.map(|(name, found, right)| format!("{name}:\n{found}\ninstead of\n{right}"))
    }
}

const ARGUMENTS: [&str; 7] = [
    "case.toml",
    "--output",
    "run",
    "--progress",
    "none",
    "--restart",
    "auto",
];

fn launch(random: &mut Random) -> (Launch, usize) {
    let ranks = *random.pick(&[1, 2, 3, 4, 6]);
    match ranks {
        1 if random.once_in(2) => (Launch::alone(), 1),
        n => (Launch::on(n), n),
    }
}

/// Starts or continues the run, and kills it; says in which phase.
fn kill_once(place: &Workplace, random: &mut Random, aggregators: usize) -> Option<String> {
    let (launch, ranks) = launch(random);
    if random.below(100) < 55 {
        let (point, is_root) = random.pick(&POINTS);
        // The ranks that write are the first ones of their groups, as `parallel::groups` cuts them.
        let writing = aggregators.min(ranks);
        let rank = if *is_root {
            0
        } else {
            random.below(writing) * ranks / writing
        };
        let fault = format!("kill:{rank}:{point}:{}", 1 + random.below(3));
        let outcome = place.run(&launch.with("SIMRUN_FAULT", &fault), &ARGUMENTS);
        return (outcome.code != Some(0)).then(|| format!("checkpoint, at {point}"));
    }
    let before = progress(place);
    let mut running = place.start(&launch, &ARGUMENTS);
    std::thread::sleep(Duration::from_millis(random.below(1500) as u64));
    let processes = running.rank_processes();
    let victim = match random.once_in(4) || processes.is_empty() {
        true => running.process(),
        false => *random.pick(&processes),
    };
    running.signal(victim, libc::SIGKILL);
    // It is for the launcher to end the others. One that has lost a rank while it started them may wait for ever.
    let is_hung = !running.ends_within(LAUNCHER_PATIENCE);
    if is_hung {
        running.signal(running.process(), libc::SIGKILL);
    }
    let outcome = running.wait();
    if outcome.code == Some(0) {
        return None;
    }
    if is_hung {
        assert_eq!(
            progress(place),
            before,
            "the job hung while it computed\n{outcome}\n{}",
            log(place)
        );
        return Some("starting, and the launcher did not notice".to_owned());
    }
    let leftovers = leftovers(place);
    Some(match leftovers.first() {
        Some(name) if name.ends_with(".part") => "checkpoint, at a random instant".to_owned(),
        Some(_) => "checkpoint, pruning at a random instant".to_owned(),
        None if progress(place) == before => "starting".to_owned(),
        None => "computing".to_owned(),
    })
}

/// Checkpoints that are neither whole nor gone.
fn leftovers(place: &Workplace) -> Vec<String> {
    let Ok(entries) = fs::read_dir(place.path("run/checkpoints")) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with('.')).collect()
}

/// The last step in the history; none where there is no history.
fn progress(place: &Workplace) -> Option<u64> {
    let text = fs::read_to_string(place.path("run/history.csv")).ok()?;
    let whole = &text[..=text.rfind('\n')?];
    whole.lines().last()?.split(',').next()?.parse().ok()
}

/// The step of the newest checkpoint that a restart can begin from, or that of the beginning.
fn newest(place: &Workplace) -> u64 {
    simrun::files::checkpoint::list(&place.path("run"))
        .unwrap()
        .first()
        .copied()
        .unwrap_or(0)
}

fn round(seed: u64, references: &mut BTreeMap<usize, Bits>, toll: &mut Toll) {
    let mut random = Random::new(seed);
    let kernels = [TRANSPORT, MAXWELL];
    let chosen = random.below(kernels.len());
    let interval = 4 + random.below(9) as u64;
    let aggregators = 1 + random.below(3);
    let text = case(kernels[chosen], interval, 1 + random.below(3) as u64, aggregators);
    let expected = references.entry(chosen).or_insert_with(|| {
        let place = Workplace::new();
        place.write("case.toml", &case(kernels[chosen], STEPS, 1, 1));
        place.succeed(&Launch::alone(), &ARGUMENTS);
        bits(&place)
    });
    let place = Workplace::new();
    place.write("case.toml", &text);
    for _ in 0..1 + random.below(3) {
        match kill_once(&place, &mut random, aggregators) {
            Some(phase) => *toll.kills.entry(phase).or_default() += 1,
            None => toll.too_late += 1,
        }
        // What has to be done again: back to the newest checkpoint.
        let again = progress(&place).unwrap_or(0).saturating_sub(newest(&place));
        assert!(
            again <= 2 * interval,
            "seed {seed}: {again} steps have to be done again, with checkpoints every {interval} steps"
        );
        toll.repeated = toll.repeated.max(again as f64 / interval as f64);
    }
    let (launch, ranks) = launch(&mut random);
    let outcome = place.run(&launch, &ARGUMENTS);
    assert_eq!(
        outcome.code,
        Some(0),
        "seed {seed}, {ranks} ranks: {outcome}\n{}",
        log(&place)
    );
    if let Some(difference) = bits(&place).difference(expected) {
        panic!("seed {seed}: {difference}\n{}", log(&place));
    }
    assert_eq!(leftovers(&place), Vec::<String>::new(), "seed {seed}\n{}", log(&place));
    toll.rounds += 1;
}

fn log(place: &Workplace) -> String {
    fs::read_to_string(place.path("run/log.txt")).unwrap_or_default()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn no_run_is_lost_in_a_storm_of_kills() {
    let rounds = number("SIMRUN_CHAOS_ROUNDS").unwrap_or(ROUNDS as u64);
    let seed = number("SIMRUN_CHAOS_SEED").unwrap_or(1);
    let mut references = BTreeMap::new();
    let mut toll = Toll::default();
    for n in 0..rounds {
        round(1000 * seed + n, &mut references, &mut toll);
        if (n + 1) % 50 == 0 {
            println!("{toll}");
        }
    }
    println!("{toll}");
    assert!(
        3 * toll.inside() >= toll.total(),
        "too few kills inside the writing of checkpoints\n{toll}"
    );
}
