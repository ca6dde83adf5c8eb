//! `--vary table.key=value,value`: one value of the configuration that takes several values by turns.

use crate::error::{Error, Result};

/// A key and the values that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variation {
    /// As in `--set`.
    pub key: String,
    /// As they are written, at least one; each is a TOML value or else a string, as in `--set`.
    pub values: Vec<String>,
}

impl Variation {
    /// Reads `key=value,value`. A comma within brackets, braces, parentheses or quotes belongs to a value.
    ///
    /// # Errors
    /// [`Error::Config`] for a text of another form, with what to write.
    pub fn parse(text: &str) -> Result<Variation> {
        let wrong = |what: &str| {
            Error::Config(format!(
                "--vary {text}: {what}.\n  Write --vary table.key=value,value,...; quote a value that has commas outside of \
                 brackets, as in --vary 'title=\"a, b\",\"c\"'."
            ))
        };
        let (key, list) = text.split_once('=').ok_or_else(|| wrong("there is no `=`"))?;
        let key = key.trim();
        if key.is_empty() || key.split('.').any(|part| part.trim().is_empty()) {
            return Err(wrong("the key, or a part of it, is empty"));
        }
        let values = split(list).map_err(|open| wrong(&open))?;
        if values.iter().any(|value| value.is_empty()) {
            return Err(wrong("a value is empty"));
        }
        if let Some(twice) = values
            .iter()
            .enumerate()
            .find(|(n, value)| values[..*n].contains(value))
        {
            return Err(wrong(&format!("the value {} is there twice", twice.1)));
        }
        Ok(Variation {
            key: key.to_owned(),
            values: values.into_iter().map(str::to_owned).collect(),
        })
    }

    /// What `--set` is given for each value, in their order.
    pub fn overrides(&self) -> impl Iterator<Item = String> + '_ {
        self.values.iter().map(|value| format!("{}={value}", self.key))
    }
}

/// The parts between the commas that nothing encloses; what is wrong with brackets or quotes otherwise.
fn split(list: &str) -> std::result::Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    // What has been opened, by what closes it.
    let mut open: Vec<char> = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (at, c) in list.char_indices() {
        let quote = open.last().copied().filter(|c| matches!(c, '"' | '\''));
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote == Some('"') => is_escaped = true,
            _ if open.last() == Some(&c) => {
                open.pop();
            }
            _ if quote.is_some() => {}
            '"' | '\'' => open.push(c),
            '[' => open.push(']'),
            '{' => open.push('}'),
            '(' => open.push(')'),
            ']' | '}' | ')' => return Err(format!("a `{c}` closes nothing")),
            ',' if open.is_empty() => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    match open.last() {
        Some(c) => Err(format!("a `{c}` is missing")),
        None => {
            parts.push(list[start..].trim());
            Ok(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Variation::parse(text).unwrap().values
    }

    #[test]
    fn a_list_is_cut_at_its_commas() {
        let variation = Variation::parse("kernel.diffusivity = 1, 2.5 ,4e-3").unwrap();
        assert_eq!(variation.key, "kernel.diffusivity");
        assert_eq!(variation.values, ["1", "2.5", "4e-3"]);
        let expected = [
            "kernel.diffusivity=1",
            "kernel.diffusivity=2.5",
            "kernel.diffusivity=4e-3",
        ];
        assert_eq!(variation.overrides().collect::<Vec<_>>(), expected);
        assert_eq!(values("time.steps=7"), ["7"]);
    }

    #[test]
    fn commas_in_brackets_and_quotes_belong_to_values() {
        assert_eq!(values("grid.cells=[8, 4],[16,8]"), ["[8, 4]", "[16,8]"]);
        assert_eq!(values("kernel.boundary={ all = 'open', east = [1,2] },{}").len(), 2);
        assert_eq!(values("k=max(x,1),exp(-(x, y))"), ["max(x,1)", "exp(-(x, y))"]);
        assert_eq!(
            values(r#"title="a, ]b","c\",d",'e,"'"#),
            [r#""a, ]b""#, r#""c\",d""#, r#"'e,"'"#]
        );
        assert_eq!(values("k=x=1,y=2"), ["x=1", "y=2"]);
    }

    #[test]
    fn lists_of_another_form_are_refused() {
        for (text, word) in [
            ("kernel.diffusivity", "no `=`"),
            ("=1,2", "key, or a part of it, is empty"),
            ("kernel..x=1", "key, or a part of it, is empty"),
            ("k=", "a value is empty"),
            ("k=1,,2", "a value is empty"),
            ("k=1,2,", "a value is empty"),
            ("k=[1,2", "a `]` is missing"),
            ("k=\"a,b", "a `\"` is missing"),
            ("k=1],2", "a `]` closes nothing"),
            ("k=(1]),2", "a `]` closes nothing"),
            ("k=1,2,1", "the value 1 is there twice"),
        ] {
            let error = Variation::parse(text).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(
                error.to_string().contains(word) && error.to_string().contains("--vary"),
                "{text}: {error}"
            );
        }
    }
}
