//! Names that files are called by.

use super::Table;

/// The value of `name`, which every file system accepts as part of a file name.
pub(super) fn file_name(table: &Table) -> Option<String> {
    let name = table.string("name")?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_safe = (1..=64).contains(&name.len()) && name.chars().all(is_allowed) && !name.starts_with(['.', '-']);
    if !is_safe {
        table.error_at(
            "name",
            format!(
                "`name` in [{}] is \"{name}\", which is not safe in file names",
                table.path()
            ),
            "use up to 64 letters, digits, `_`, `-` and `.`, beginning with a letter or digit",
        );
    }
    is_safe.then_some(name)
}
