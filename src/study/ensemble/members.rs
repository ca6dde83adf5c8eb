//! The members of an ensemble: what each of them sets, and what its folder is called.

use crate::config::Variation;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// One run of an ensemble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// A safe name for a folder, unlike that of any other member: it says the values, as `diffusivity=1`.
    pub name: String,
    /// The value of each variation, as it was written.
    pub values: Vec<String>,
    /// What it sets, as `--set` takes it.
    pub overrides: Vec<String>,
}

/// Members at most: more of them are a slip of the pen.
const MOST: usize = 10_000;

/// Letters of a value in a name, at most.
const LONGEST_VALUE: usize = 40;

/// All combinations of the values of `variations`, the last of which changes first.
///
/// # Errors
/// [`Error::Config`] if a key is varied twice, or if there is nothing to vary or too much.
pub fn members(variations: &[Variation]) -> Result<Vec<Member>> {
    if variations.is_empty() {
        let text = "an ensemble needs something to vary: give --vary table.key=value,value,...";
        return Err(Error::Config(text.into()));
    }
    for (n, variation) in variations.iter().enumerate() {
        if variations[..n].iter().any(|other| other.key == variation.key) {
            let key = &variation.key;
            return Err(Error::Config(format!(
                "--vary {key} is there twice; give all its values at once: --vary {key}=value,value,..."
            )));
        }
    }
    let count = variations
        .iter()
        .try_fold(1usize, |n, variation| n.checked_mul(variation.values.len()));
    if count.is_none_or(|count| count > MOST) {
        return Err(Error::Config(format!(
            "the values of --vary make more than {MOST} members; vary fewer keys at a time, or give fewer values"
        )));
    }
    let labels = labels(variations);
    let mut members = vec![Member {
        name: String::new(),
        values: Vec::new(),
        overrides: Vec::new(),
    }];
    for (variation, label) in variations.iter().zip(&labels) {
        let with = |member: &Member| -> Vec<Member> {
            let values = variation.values.iter().zip(variation.overrides());
            values.map(|(value, set)| member.with(label, value, set)).collect()
        };
        members = members.iter().flat_map(with).collect();
    }
    number_equal_names(&mut members);
    Ok(members)
}

impl Member {
    fn with(&self, label: &str, value: &str, set: String) -> Member {
        let separator = if self.name.is_empty() { "" } else { "_" };
        Member {
            name: format!("{}{separator}{label}={}", self.name, safe(value)),
            values: [&self.values[..], &[value.to_owned()]].concat(),
            overrides: [&self.overrides[..], &[set]].concat(),
        }
    }
}

/// What each key is called: its last part that is no number, with as much before it as tells it from the others.
fn labels(variations: &[Variation]) -> Vec<String> {
    let parts: Vec<Vec<&str>> = variations
        .iter()
        .map(|v| v.key.split('.').map(str::trim).collect())
        .collect();
    let ending = |key: &[&str], n: usize| key[key.len().saturating_sub(n)..].join(".");
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let label = |key: &Vec<&str>| {
        let is_unlike_others = |n: usize| parts.iter().filter(|other| ending(other, n) == ending(key, n)).count() == 1;
        let least = 1 + key.iter().rev().take_while(|part| is_number(part)).count();
        let n = (least..key.len()).find(|&n| is_unlike_others(n)).unwrap_or(key.len());
        safe(&ending(key, n))
    };
    parts.iter().map(label).collect()
}

/// The text with what is not safe in the name of a folder replaced.
fn safe(text: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    let words = text.split(|c| !is_kept(c)).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_");
    // Only ASCII is left.
    name[..name.len().min(LONGEST_VALUE)].to_owned()
}

/// Adds a number to names that are there already: values may differ in what is not safe in names.
fn number_equal_names(members: &mut [Member]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for member in members {
        let count = seen.entry(member.name.to_ascii_lowercase()).or_default();
        *count += 1;
        if *count > 1 {
            member.name = format!("{}~{count}", member.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vary: &[&str]) -> Result<Vec<Member>> {
        let variations: Vec<Variation> = vary.iter().map(|text| Variation::parse(text).unwrap()).collect();
        members(&variations)
    }

    fn names(vary: &[&str]) -> Vec<String> {
        of(vary).unwrap().into_iter().map(|member| member.name).collect()
    }

    #[test]
    fn members_are_all_combinations() {
        let found = of(&["kernel.diffusivity=1,2", "time.cfl=0.5,0.9"]).unwrap();
        let names: Vec<&str> = found.iter().map(|member| member.name.as_str()).collect();
        let expected = [
            "diffusivity=1_cfl=0.5",
            "diffusivity=1_cfl=0.9",
            "diffusivity=2_cfl=0.5",
            "diffusivity=2_cfl=0.9",
        ];
        assert_eq!(names, expected);
        assert_eq!(found[1].overrides, ["kernel.diffusivity=1", "time.cfl=0.9"]);
        assert_eq!(found[1].values, ["1", "0.9"]);
    }

    #[test]
    fn keys_are_as_long_as_tells_them_apart() {
        assert_eq!(
            names(&["kernel.field.a.decay=1", "kernel.field.b.decay=2", "kernel.wind.0=3"]),
            ["a.decay=1_b.decay=2_wind.0=3"]
        );
        assert_eq!(names(&["x=1", "a.x=2"]), ["x=1_a.x=2"]);
    }

    #[test]
    fn names_are_safe_and_unlike_each_other() {
        assert_eq!(names(&["grid.cells=[8, 4],[16,8]"]), ["cells=8_4", "cells=16_8"]);
        assert_eq!(
            names(&["k=../../etc,\"a b/c\",-1e-3"]),
            ["k=.._.._etc", "k=a_b_c", "k=-1e-3"]
        );
        assert_eq!(names(&["k=x*y,x/y,X+y"]), ["k=x_y", "k=x_y~2", "k=X+y"]);
        let long = "x".repeat(500);
        assert_eq!(names(&[&format!("k={long}")])[0].len(), 2 + LONGEST_VALUE);
    }

    #[test]
    fn nothing_too_much_and_the_same_key_twice_are_refused() {
        let many = |key: &str| {
            format!(
                "{key}={}",
                (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
            )
        };
        for (vary, word) in [
            (vec![], "needs something to vary"),
            (vec!["a.b=1", "a.b=2"], "there twice"),
            (vec![many("a").as_str(), many("b").as_str()], "more than 10000 members"),
        ] {
            let error = of(&vary).unwrap_err();
            assert!(error.exit_code() == 2 && error.to_string().contains(word), "{error}");
        }
    }
}
