//! Reads `expected.toml`: the runs of a case, what its checks have in common, and the checks.

use super::check::Check;
use super::checks::{self, Defaults};
use super::library::CaseText;
use crate::config::{Document, Table, ValueKind};
use crate::error::{Error, Result};
use crate::simulation::Case;
use std::path::PathBuf;

/// A case, ready to be run and judged.
#[derive(Debug)]
pub struct Validation {
    pub name: String,
    /// For people.
    pub title: String,
    pub expected_path: PathBuf,
    /// Name and configuration of every run.
    pub runs: Vec<(String, Case)>,
    pub checks: Vec<Check>,
}

/// A variation of `case.toml`.
#[derive(Debug, PartialEq)]
struct Variation {
    name: String,
    /// As after `--set`.
    set: Vec<String>,
}

/// Checks the expectations and all configurations of all cases, so that nothing wrong is found after minutes.
///
/// # Errors
/// [`Error::Config`] with all that is wrong in any of them.
pub fn read_all(texts: &[CaseText]) -> Result<Vec<Validation>> {
    let (read, refused): (Vec<_>, Vec<_>) = texts.iter().map(read).partition(Result::is_ok);
    let refused: Vec<String> = refused
        .into_iter()
        .filter_map(|result| Some(result.err()?.to_string()))
        .collect();
    match refused.is_empty() {
        true => read.into_iter().collect(),
        false => Err(Error::Config(refused.join("\n"))),
    }
}

fn read(text: &CaseText) -> Result<Validation> {
    let document = Document::parse(&text.expected_path.to_string_lossy(), &text.expected, &[])?;
    let root = document.root();
    let title = root.require("title", "say what the case shows").string("title");
    let variations = read_variations(&root);
    let runs = configure(text, &variations);
    let defaults = Defaults::read(&root);
    let checks = match &runs {
        Ok(runs) => checks::read(&root, &defaults, runs),
        Err(_) => {
            // Which fields there are is not known; the configuration is at fault, not the checks.
            root.tables("check").iter().for_each(Table::accept_rest);
            Vec::new()
        }
    };
    document.finish()?;
    Ok(Validation {
        name: text.name.clone(),
        title: title.unwrap_or_default(),
        expected_path: text.expected_path.clone(),
        runs: runs?,
        checks,
    })
}

/// The configuration of every run.
fn configure(text: &CaseText, variations: &[Variation]) -> Result<Vec<(String, Case)>> {
    let configure_one = |variation: &Variation| {
        let case = Case::parse(&text.case_path.to_string_lossy(), &text.case, &variation.set);
        let case = case.map_err(|error| {
            let place = text.expected_path.display();
            Error::Config(format!("{error}\n  This is run \"{}\" of {place}.", variation.name))
        });
        Ok((variation.name.clone(), case?))
    };
    variations.iter().map(configure_one).collect()
}

/// The entries of `[[run]]`, with one run for each table of `each`; a lone run called "base" where there are none.
fn read_variations(root: &Table) -> Vec<Variation> {
    let mut variations: Vec<Variation> = Vec::new();
    for table in root.tables("run") {
        let name = table
            .require("name", "every run needs a name: its folder is called so")
            .string("name");
        let set = table.strings("set").unwrap_or_default();
        let Some(name) = name else { continue };
        for values in replacements(&table) {
            let variation = Variation {
                name: filled(&name, &values),
                set: set.iter().map(|text| filled(text, &values)).collect(),
            };
            refuse_unusable(&table, &variation, &variations);
            variations.push(variation);
        }
    }
    if !root.has("run") {
        variations.push(Variation {
            name: "base".into(),
            set: Vec::new(),
        });
    }
    variations
}

/// Placeholders and their values, for each run of a family; a single run has none.
fn replacements(table: &Table) -> Vec<Vec<(String, String)>> {
    if !table.has("each") {
        return vec![Vec::new()];
    }
    let read_one = |entry: &Table| {
        let value = |key: &str| {
            let text = match entry.kind(key) {
                Some(ValueKind::Number) => entry.number(key).map(|number| format!("{number}")),
                _ => entry.string(key),
            };
            (format!("{{{key}}}"), text.unwrap_or_default())
        };
        entry.keys().into_iter().map(value).collect()
    };
    table.tables("each").iter().map(read_one).collect()
}

fn filled(text: &str, values: &[(String, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (placeholder, value)| {
        text.replace(placeholder, value)
    })
}

fn refuse_unusable(table: &Table, variation: &Variation, earlier: &[Variation]) {
    let name = &variation.name;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_allowed) || name.starts_with(['.', '-']) {
        let help = "use letters, digits, `_`, `-` and `.`; every `{placeholder}` needs a value in each table of `each`";
        table.error_at("name", format!("\"{name}\" cannot name a folder"), help);
    }
    if earlier.iter().any(|other| other.name == *name) {
        let help = "give every run a name of its own; with `each`, put a placeholder into it";
        table.error_at("name", format!("two runs are called \"{name}\""), help);
    }
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (index, text) in variation.set.iter().enumerate() {
        let inside = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let unknown = inside
            .map(|(word, _)| word)
            .find(|word| !word.is_empty() && word.chars().all(is_letter));
        if let Some(word) = unknown {
            let help = format!("give it in every table of `each`: each = [{{ {word} = 32 }}, {{ {word} = 64 }}]");
            table.error_at_item("set", index, format!("`{{{word}}}` has no value"), help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Judgement, Measure};
    use super::*;

    const CASE: &str = r#"
        [grid]
        cells = [8, 1]
        size = [1, 1]
        [time]
        steps = 1
        [kernel]
        type = "advection-diffusion"
        diffusivity = 1
        boundary = { all = "periodic" }
        [[kernel.field]]
        name = "q"
    "#;

    fn read_text(expected: &str) -> Result<Validation> {
        let text = CaseText {
            name: "c".into(),
            case_path: "v/c/case.toml".into(),
            case: CASE.into(),
            expected_path: "v/c/expected.toml".into(),
            expected: expected.into(),
        };
        read_all(&[text]).map(|mut all| all.remove(0))
    }

    #[track_caller]
    fn refuse(expected: &str, parts: &[&str]) {
        let said = read_text(expected).expect_err(expected).to_string();
        for part in parts {
            assert!(said.contains(part), "{part}\nis not in\n{said}");
        }
    }

    const HEAD: &str = "title = \"t\"\nsource = \"s\"\ntolerance_from = \"f\"\n";

    #[test]
    fn a_family_has_a_run_for_every_table_of_values() {
        let expected = format!(
            "{HEAD}[[run]]\nname = \"n{{n}}\"\nset = [\"grid.cells=[{{n}}, 1]\", \"time.dt={{dt}}\"]\n\
             each = [{{ n = 16, dt = 0.001 }}, {{ n = 32, dt = 2.5e-4 }}]\n\
             [[check]]\nname = \"m\"\nruns = [\"n16\", \"n32\"]\nwhat = \"max\"\nat_most = 1\n"
        );
        let validation = read_text(&expected).unwrap();
        let seen: Vec<(&str, usize, Option<f64>)> = validation
            .runs
            .iter()
            .map(|(name, case)| (name.as_str(), case.grid.cells[0], case.config.time.dt))
            .collect();
        assert_eq!(seen, [("n16", 16, Some(0.001)), ("n32", 32, Some(2.5e-4))]);
        let names: Vec<&str> = validation.checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["m, n16", "m, n32"]);
    }

    #[test]
    fn a_case_without_runs_has_one() {
        let expected = format!("{HEAD}[[check]]\nname = \"m\"\nwhat = \"max\"\nreference = 2\nrelative = 0.25\n");
        let validation = read_text(&expected).unwrap();
        assert_eq!((validation.runs.len(), validation.runs[0].0.as_str()), (1, "base"));
        let check = &validation.checks[0];
        assert_eq!((check.line, check.source.as_str()), (4, "s"));
        let near = Judgement::Near {
            reference: 2.0,
            tolerance: 0.5,
        };
        assert_eq!(check.judgement, near);
        assert!(matches!(&check.measure, Measure::Field(0, field) if field.field == "q"));
    }

    #[test]
    fn runs_that_cannot_be_told_apart_or_lack_a_value_are_refused() {
        let run = |text: &str| format!("{HEAD}[[run]]\n{text}");
        refuse(
            &run("name = \"a\"\neach = [{ n = 1 }, { n = 2 }]"),
            &["two runs are called \"a\"", "expected.toml:5:8"],
        );
        refuse(&run("name = \"a/b\""), &["\"a/b\" cannot name a folder"]);
        refuse(
            &run("name = \"a\"\nset = [\"grid.cells=[{n}, 1]\"]"),
            &["`{n}` has no value", "expected.toml:6:8"],
        );
    }

    #[test]
    fn a_variation_that_is_no_configuration_is_named_with_its_run() {
        let expected = format!("{HEAD}[[run]]\nname = \"a\"\nset = [\"time.stesp=3\"]");
        refuse(
            &expected,
            &["unknown key `stesp`", "--set", "run \"a\" of v/c/expected.toml"],
        );
    }

    #[test]
    fn everything_wrong_in_checks_is_said_at_once_with_file_and_line() {
        let check = |text: &str| format!("[[check]]\nname = \"m\"\n{text}\n");
        let text = [
            check("what = \"maxx\"\nat_most = 1"),
            check("what = \"max\""),
            check("what = \"max\"\nat_most = 1\nat_least = 0"),
            check("what = \"max\"\nreference = 1"),
            check("what = \"max\"\nfield = \"so2\"\nat_most = 1"),
            check("what = \"max\"\nrun = \"bsae\"\nat_most = 1"),
            check("what = \"max\"\nexact = \"x\"\nat_most = 1"),
            check("what = \"l1_error\"\nat_most = 1"),
        ];
        let parts = [
            "`what` in [check.m] cannot be \"maxx\"",
            "did you mean \"max\"?",
            "missing `reference` or `at_most` or `at_least`",
            "`at_most` and `at_least` are both given",
            "missing `tolerance` or `relative`",
            "there is no field \"so2\"",
            "there is no run \"bsae\"",
            "did you mean \"base\"?",
            "unknown key `exact` in [check.m]",
            "missing key `exact` in [check.m]",
            "v/c/expected.toml:8:1",
        ];
        refuse(&format!("{HEAD}{}", text.concat()), &parts);
        refuse(
            "title = \"t\"\n[[check]]\nname = \"m\"\nwhat = \"max\"\nat_most = 1",
            &["missing key `source`", "missing key `tolerance_from`"],
        );
    }
}
