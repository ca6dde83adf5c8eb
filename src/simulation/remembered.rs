//! What `auto` has measured, kept for later runs of a case on a machine: all executors give the same bits, so that nothing
//! depends on it but time.

use super::case::Case;
use crate::engine::Choice;
use crate::files::{Checksum, Measurement, Measurements, provenance};
use crate::grid::Decomposition;
use crate::metrics::caches::{caches, n_processors, processor};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::World;
use std::collections::HashMap;
use std::fmt::Write as _;

/// What earlier runs have measured for this one.
pub struct Remembered {
    /// On rank 0, where there is a place for it.
    file: Option<Measurements>,
    key: String,
    about: String,
    /// What was found, and among the candidates.
    pub found: Option<Found>,
    /// For the log.
    pub said: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub choice: Choice,
    /// When and where it was measured, and what: on rank 0, for people.
    pub whence: String,
    pub table: String,
}

/// Names and millions of cell updates per second, if they were measured: a line for each, behind `head`.
pub fn table(head: &str, rates: &[(String, Option<f64>)]) -> String {
    let width = rates.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, rate): &(String, Option<f64>)| match rate {
        Some(rate) => {
            let digits = if *rate < 10.0 { 3 } else { 1 };
            format!("\n  {name:<width$}  {rate:8.digits$}")
        }
        None => format!("\n  {name:<width$}  not measured: blocks of steps end early"),
    };
    let lines: String = rates.iter().map(line).collect();
    format!("{head}, median million updates per second:{lines}")
}

impl Remembered {
    /// Looks for what was measured before for a run of `case` with these `candidates`. All ranks call it.
    pub fn look(
        world: &World,
        case: &Case,
        decomposition: &Decomposition,
        instructions: InstructionSet,
        hosts: &[String],
        candidates: &[Choice],
    ) -> Remembered {
        let machines = world.gather_texts(&machine());
        let key = key(case, decomposition, instructions, &machines, &places(hosts), candidates);
        let mut remembered = Remembered {
            file: file_of_user().filter(|_| world.is_root()),
            key,
            about: about(case, world.size()),
            found: None,
            said: None,
        };
        let found = match remembered.file.as_ref().map(|file| file.find(&remembered.key)) {
            Some(Ok(found)) => found,
            Some(Err(text)) => {
                remembered.said = Some(format!("what was measured before is not known: {text}"));
                None
            }
            None => {
                remembered.said = Some("what is measured is not kept: there is no place for it".to_string());
                None
            }
        };
        let known = found.and_then(|measured| Some((known(&measured, candidates)?, measured)));
        // Rank 0 alone reads: the number of the candidate, one on, and the rows of its strips.
        let mut numbers = match &known {
            Some(((n, rows), _)) => [1.0 + *n as f64, rows.unwrap_or(0) as f64],
            None => [0.0, 0.0],
        };
        world.max(&mut numbers);
        let [number, rows] = numbers.map(|number| number as usize);
        if number > 0 {
            let path = remembered.file.as_ref().map(|file| file.path().display().to_string());
            let date = known.as_ref().map_or("", |(_, measured)| &measured.date);
            let rates = known.as_ref().map_or(&[][..], |(_, measured)| &measured.rates);
            remembered.found = Some(Found {
                choice: Choice {
                    strip_rows: (rows > 0).then_some(rows),
                    ..candidates[number - 1]
                },
                whence: format!("measured on {date} ({})", path.unwrap_or_default()),
                table: table(&format!("executors, on {date}"), rates),
            });
        }
        remembered
    }

    /// Keeps what was measured, as in [`table`]. Says what kept it from that.
    pub fn keep(self, best: Choice, rates: Vec<(String, Option<f64>)>) -> Option<String> {
        let plain = Choice {
            strip_rows: None,
            ..best
        };
        let kept = self.file?.keep(Measurement {
            key: self.key,
            about: self.about,
            date: provenance::now_iso(),
            executor: plain.name(),
            strip_rows: best.strip_rows,
            rates,
        });
        kept.err().map(|text| format!("what was measured is not kept: {text}"))
    }
}

/// Tests have no user.
fn file_of_user() -> Option<Measurements> {
    Measurements::of_user(|name| std::env::var(name).ok()).filter(|_| !cfg!(test))
}

/// The number of the candidate that was the fastest, and the rows of its strips; none where it is not among `candidates`.
fn known(measured: &Measurement, candidates: &[Choice]) -> Option<(usize, Option<usize>)> {
    let is_it = |candidate: &Choice| candidate.executor.name() == measured.executor;
    Some((candidates.iter().position(is_it)?, measured.strip_rows))
}

/// The case, for people who look into the file.
fn about(case: &Case, n_ranks: usize) -> String {
    let threads = match case.config.parallel.threads {
        1 => String::new(),
        n => format!(" of {n} threads"),
    };
    format!(
        "{}: {}, {}{threads}",
        case.config.title,
        super::run::cells_text(case),
        super::report::counted(n_ranks, "rank")
    )
}

/// What this rank's machine is, in few characters.
fn machine() -> String {
    let text = format!("{} {} {:?}", processor(), n_processors(), caches());
    Checksum::of(text.as_bytes()).to_string()
}

/// For every rank the first that is on the same host.
fn places(hosts: &[String]) -> Vec<usize> {
    let mut first = HashMap::new();
    let first = |(rank, host)| *first.entry(host).or_insert(rank);
    hosts.iter().enumerate().map(first).collect()
}

/// Of all that the time of a step depends on: `machines` and `places` by rank, on rank 0.
fn key(
    case: &Case,
    decomposition: &Decomposition,
    instructions: InstructionSet,
    machines: &[String],
    places: &[usize],
    candidates: &[Choice],
) -> String {
    let declaration = &case.declaration;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let mut part = |value: &dyn std::fmt::Debug| {
        let _ = writeln!(text, "{value:?}");
    };
    part(&(provenance::VERSION, provenance::COMMIT));
    part(&(machines, places, case.config.parallel.threads, instructions.name()));
    part(&(case.grid.cells, case.grid.periodic, decomposition.topology));
    part(&(&case.kernel_name, case.physics.summary(), case.config.precision));
    for slot in &declaration.slots {
        part(&(&slot.name, slot.location, slot.scalar, slot.domain));
    }
    part(&declaration.phases);
    part(&(declaration.ghosts, declaration.n_coefficient_arrays));
    part(&skeleton(&case.resolved));
    part(&candidates.iter().map(|choice| choice.name()).collect::<Vec<_>>());
    Checksum::of(text.as_bytes()).to_string()
}

/// The kernel's part of a configuration without what hardly changes the time of a step: of numbers only whether they are
/// zero. What is left are the walls, the schemes, the formulas, and how many there are of everything.
fn skeleton(resolved: &str) -> Option<toml::Value> {
    let mut kernel = resolved.parse::<toml::Table>().ok()?.remove("kernel")?;
    strip(&mut kernel);
    Some(kernel)
}

fn strip(value: &mut toml::Value) {
    let is_zero = match value {
        toml::Value::Array(values) => return values.iter_mut().for_each(strip),
        toml::Value::Table(table) => return table.iter_mut().for_each(|(_, value)| strip(value)),
        toml::Value::Integer(n) => *n == 0,
        toml::Value::Float(x) => *x == 0.0,
        _ => return,
    };
    *value = toml::Value::Boolean(!is_zero);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Executor;

    const TEXT: &str = r#"
        [grid]
        cells = [20, 10, 10]
        spacing = [1, 1, 1]
        [time]
        steps = 3
        [kernel]
        type = "advection-diffusion"
        diffusivity = 1
        advection = "upwind"
        boundary = { all = "open" }
        [[kernel.field]]
        name = "q"
    "#;

    fn choices(executors: &[Executor]) -> Vec<Choice> {
        let choice = |&executor| Choice {
            executor,
            strip_rows: None,
        };
        executors.iter().map(choice).collect()
    }

    /// With two machines, and all candidates.
    fn key_of(sets: &[&str], hosts: &[&str], machine: &str, executors: &[Executor]) -> String {
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        let case = Case::parse("t.toml", TEXT, &sets).unwrap();
        let decomposition = case.decompose(hosts.len()).unwrap();
        let machines = vec![machine.to_string(); hosts.len()];
        let hosts: Vec<String> = hosts.iter().map(|host| host.to_string()).collect();
        let set = InstructionSet::Baseline;
        key(
            &case,
            &decomposition,
            set,
            &machines,
            &places(&hosts),
            &choices(executors),
        )
    }

    #[test]
    fn the_key_changes_with_what_the_time_of_a_step_depends_on_and_with_nothing_else() {
        let all = Executor::STEPWISE;
        let plain = key_of(&[], &["a", "a"], "m", &all);
        for same in [
            "time.steps=70",
            "title='another'",
            "kernel.diffusivity=2.5",
            "grid.spacing=[2, 2, 2]",
            "history.enabled=false",
        ] {
            assert_eq!(key_of(&[same], &["a", "a"], "m", &all), plain, "{same}");
        }
        assert_eq!(key_of(&[], &["b", "b"], "m", &all), plain, "the name of a host");
        for other in [
            "grid.cells=[20, 10, 12]",
            "precision='f32'",
            "parallel.topology=[1, 2, 1]",
            "parallel.threads=2",
            "kernel.advection='weno5'",
            "kernel.stepper='ssp-rk3'",
            "kernel.diffusivity=0",
            "kernel.diffusivity='1 + x'",
            "kernel.wind=['1', '0', '0']",
            "kernel.boundary={ all = 'periodic' }",
            "kernel.boundary={ all = 'zero-gradient' }",
            "kernel.field=[{ name = 'q' }, { name = 'r' }]",
        ] {
            assert_ne!(key_of(&[other], &["a", "a"], "m", &all), plain, "{other}");
        }
        assert_ne!(key_of(&[], &["a", "b"], "m", &all), plain, "ranks per host");
        assert_ne!(key_of(&[], &["a"], "m", &all), plain, "ranks");
        assert_ne!(key_of(&[], &["a", "a"], "n", &all), plain, "the machine");
        assert_ne!(key_of(&[], &["a", "a"], "m", &all[..2]), plain, "candidates");
    }

    #[test]
    fn an_executor_that_is_not_among_the_candidates_is_not_taken() {
        let measured = |executor: &str| Measurement {
            key: String::new(),
            about: String::new(),
            date: "2024-02-29".into(),
            executor: executor.into(),
            strip_rows: Some(12),
            rates: Vec::new(),
        };
        let all = choices(&[Executor::Blocking, Executor::Temporal(4)]);
        assert_eq!(known(&measured("temporal 4"), &all), Some((1, Some(12))));
        assert_eq!(known(&measured("temporal 8"), &all), None);
        assert_eq!(known(&measured(""), &all), None);
    }

    #[test]
    fn a_table_has_a_line_for_every_candidate() {
        let rates = [
            ("blocking".into(), Some(1.25)),
            ("temporal 4, strips of 5 rows".into(), None),
        ];
        let expected = "executors, median million updates per second:\n  \
                        blocking                         1.250\n  \
                        temporal 4, strips of 5 rows  not measured: blocks of steps end early";
        assert_eq!(table("executors", &rates), expected);
    }
}
