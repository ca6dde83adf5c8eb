//! The folder of cases: which there are, and which are wanted.

use crate::error::{Error, Result};
use crate::numerics::formula::nearest_name;
use crate::parallel::World;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// What is run.
const CASE: &str = "case.toml";
/// What has to come out.
const EXPECTED: &str = "expected.toml";

/// A case as it lies on the disk.
#[derive(Debug, Serialize, Deserialize)]
pub struct CaseText {
    /// The name of its folder.
    pub name: String,
    pub case_path: PathBuf,
    pub case: String,
    pub expected_path: PathBuf,
    pub expected: String,
}

/// The cases named in `wanted`, or all in `folder`, in alphabetical order: read on rank 0, known on all ranks.
///
/// # Errors
/// [`Error::Config`] if there is no such folder or case; [`Error::Io`] if a file cannot be read.
pub fn load(world: &World, folder: &Path, wanted: &[String]) -> Result<Vec<CaseText>> {
    let texts = match world.is_root() {
        true => read(folder, wanted),
        false => Ok(Vec::new()),
    };
    let text = serde_json::to_string(&world.agree(texts)?).expect("texts and paths are strings");
    let received = serde_json::from_str(&world.broadcast_text(&text));
    Ok(received.expect("what another rank has written can be read"))
}

fn read(folder: &Path, wanted: &[String]) -> Result<Vec<CaseText>> {
    let names = names(folder)?;
    if let Some(name) = wanted.iter().find(|name| !names.contains(name)) {
        let known = names.iter().map(String::as_str);
        let meant = nearest_name(name, known).map(|near| format!("did you mean `{near}`? "));
        return Err(Error::Config(format!(
            "there is no case `{name}` in {}; {}there are: {}",
            folder.display(),
            meant.unwrap_or_default(),
            names.join(", ")
        )));
    }
    let is_chosen = |name: &&String| wanted.is_empty() || wanted.contains(name);
    names
        .iter()
        .filter(is_chosen)
        .map(|name| read_case(folder, name))
        .collect()
}

/// The names of the cases: the folders that hold expectations.
fn names(folder: &Path) -> Result<Vec<String>> {
    let missing = || {
        Error::Config(format!(
            "{} holds no cases: folders with {CASE} and {EXPECTED}; name the folder that holds them with --cases DIR",
            folder.display()
        ))
    };
    let listing = fs::read_dir(folder).map_err(|_| missing())?;
    let entries: std::io::Result<Vec<PathBuf>> = listing.map(|entry| Ok(entry?.path())).collect();
    let entries = entries.map_err(|e| Error::io("list the folder", folder, e))?;
    let cases = entries.iter().filter(|path| path.join(EXPECTED).is_file());
    let mut names: Vec<String> = cases
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    match names.is_empty() {
        true => Err(missing()),
        false => Ok(names),
    }
}

fn read_case(folder: &Path, name: &str) -> Result<CaseText> {
    let path = |file: &str| folder.join(name).join(file);
    let text = |path: &Path| fs::read_to_string(path).map_err(|e| Error::io("read", path, e));
    let (case_path, expected_path) = (path(CASE), path(EXPECTED));
    Ok(CaseText {
        name: name.to_owned(),
        case: text(&case_path)?,
        case_path,
        expected: text(&expected_path)?,
        expected_path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["sine", "cone"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join(CASE), "[grid]\n").unwrap();
            fs::write(folder.path().join(name).join(EXPECTED), name).unwrap();
        }
        fs::create_dir(folder.path().join("notes")).unwrap();
        folder
    }

    #[test]
    fn cases_come_in_alphabetical_order_and_other_folders_are_none() {
        let folder = library();
        let all = load(&World::single(), folder.path(), &[]).unwrap();
        let names: Vec<&str> = all.iter().map(|text| text.name.as_str()).collect();
        assert_eq!(names, ["cone", "sine"]);
        assert_eq!((all[1].case.as_str(), all[1].expected.as_str()), ("[grid]\n", "sine"));
        let one = load(&World::single(), folder.path(), &["sine".into()]).unwrap();
        assert_eq!(one.len(), 1);
    }

    #[test]
    fn an_unknown_case_is_answered_with_the_one_that_was_meant() {
        let folder = library();
        let refused = load(&World::single(), folder.path(), &["sien".into()]).unwrap_err();
        assert!(matches!(&refused, Error::Config(text) if text.contains("did you mean `sine`? there are: cone, sine")));
        let refused = load(&World::single(), &folder.path().join("notes"), &[]).unwrap_err();
        assert!(refused.to_string().contains("--cases DIR"), "{refused}");
    }
}
