//! Which of the fields that exist are drawn.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::{Error, Result};
use crate::numerics::formula::nearest_name;

/// Checks that each of the fields `wanted` is `known` in the file or run at `path`.
///
/// # Errors
/// [`Error::Config`] for the first that is not; the text names the one that was probably meant, and lists all.
pub fn check_known(wanted: &[String], known: &BTreeSet<String>, path: &Path) -> Result<()> {
    let Some(unknown) = wanted.iter().find(|name| !known.contains(*name)) else {
        return Ok(());
    };
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let meant = nearest_name(unknown, names.iter().copied());
    let meant = meant.map_or(String::new(), |name| format!("; did you mean '{name}'?"));
    let listed = match names.is_empty() {
        true => "it has none".to_owned(),
        false => format!("it has {}", names.join(", ")),
    };
    Err(Error::Config(format!(
        "--field {unknown}: {} has no such field: {listed}{meant}",
        path.display()
    )))
}

/// Those of `present` that are drawn: the ones `wanted` on the command line, else the ones `configured`, else all. A
/// configuration that names none of those present is not about them.
pub fn chosen<'a>(present: Vec<&'a str>, wanted: &[String], configured: &[String]) -> Vec<&'a str> {
    let among = |list: &[String]| -> Vec<&'a str> {
        let named = |name: &&str| list.iter().any(|other| other == name);
        present.iter().copied().filter(named).collect()
    };
    if !wanted.is_empty() {
        return among(wanted);
    }
    Some(among(configured))
        .filter(|named| !named.is_empty())
        .unwrap_or(present)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_unknown_field_is_refused_with_the_nearest_and_the_list() {
        let known: BTreeSet<String> = texts(&["no2", "ozone", "so2"]).into_iter().collect();
        assert_eq!(check_known(&texts(&["so2", "no2"]), &known, Path::new("a.h5")), Ok(()));
        let error = check_known(&texts(&["so2", "ozon"]), &known, Path::new("a.h5")).unwrap_err();
        let expected = "--field ozon: a.h5 has no such field: it has no2, ozone, so2; did you mean 'ozone'?";
        assert_eq!(error, Error::Config(expected.into()));
    }

    #[test]
    fn the_command_line_chooses_before_the_configuration() {
        let present = vec!["a", "b", "c"];
        assert_eq!(chosen(present.clone(), &texts(&["c"]), &texts(&["a"])), ["c"]);
        assert_eq!(chosen(present.clone(), &[], &texts(&["a", "z"])), ["a"]);
        assert_eq!(chosen(present.clone(), &[], &texts(&["z"])), present);
        assert_eq!(chosen(present.clone(), &[], &[]), present);
    }
}
