//! From the text of a formula to its words.

use std::ops::Range;

use super::FormulaError;

/// A word of a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Number(f64),
    Name(&'t str),
    /// An operator, a parenthesis or a comma; `&&`, `||` and `!` are `and`, `or` and `not`.
    Symbol(&'static str),
    End,
}

/// A word and its place in bytes of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word<'t> {
    pub token: Token<'t>,
    pub span: Range<usize>,
}

/// How symbols are written and what they mean; where one begins like another, the longer one comes first.
const SYMBOLS: &[(&str, &str)] = &[
    ("<=", "<="),
    (">=", ">="),
    ("==", "=="),
    ("!=", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("<", "<"),
    (">", ">"),
    ("!", "not"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("^", "^"),
    ("(", "("),
    (")", ")"),
    (",", ","),
];

/// What people write in other languages, and what to write here.
const FOREIGN: &[(&str, &str)] = &[
    ("**", "the power is written `^`"),
    ("=", "to compare, write `==`"),
    ("&", "write `and` or `&&`"),
    ("|", "write `or` or `||`; the absolute value is abs(a)"),
    ("?", "write if(condition, a, b)"),
    ("%", "the remainder is mod(a, b)"),
    ("[", "use round parentheses"),
    ("{", "use round parentheses"),
    ("π", "write `pi`"),
    ("−", "the minus sign is `-`"),
    ("·", "the product is written `*`"),
    ("×", "the product is written `*`"),
];

/// All words of `text`, closed by [`Token::End`].
pub(super) fn words(text: &str) -> Result<Vec<Word<'_>>, FormulaError> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let Some(first) = text[at..].chars().next() else {
            words.push(Word {
                token: Token::End,
                span: at..at,
            });
            return Ok(words);
        };
        let word = match first {
            '0'..='9' | '.' => number(text, at)?,
            'a'..='z' | 'A'..='Z' | '_' => name(text, at),
            _ => symbol(text, at, first)?,
        };
        at = word.span.end;
        words.push(word);
    }
}

fn number(text: &str, at: usize) -> Result<Word<'_>, FormulaError> {
    let bytes = text.as_bytes();
    let digits_from = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits_from(at);
    if bytes.get(end) == Some(&b'.') {
        end = digits_from(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent_end = digits_from((end + 1 + sign).min(bytes.len()));
        if exponent_end > end + 1 + sign {
            end = exponent_end;
        }
    }
    let written = &text[at..end];
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Word {
            token: Token::Number(value),
            span: at..end,
        }),
        Ok(_) => Err(FormulaError::new(
            at..end,
            format!("`{written}` is beyond the largest number, 1.8e308"),
        )),
        Err(_) => Err(FormulaError::new(at..end, format!("`{written}` is not a number"))),
    }
}

fn name(text: &str, at: usize) -> Word<'_> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let span = at..at + text.as_bytes()[at..].iter().take_while(|byte| is_part(byte)).count();
    let token = match &text[span.clone()] {
        "and" => Token::Symbol("and"),
        "or" => Token::Symbol("or"),
        "not" => Token::Symbol("not"),
        name => Token::Name(name),
    };
    Word { token, span }
}

fn symbol(text: &str, at: usize, first: char) -> Result<Word<'_>, FormulaError> {
    let rest = &text[at..];
    let known = SYMBOLS.iter().find(|(written, _)| rest.starts_with(written));
    let foreign = FOREIGN.iter().find(|(written, _)| rest.starts_with(written));
    match (known, foreign) {
        // `**` begins like `*` but is longer.
        (Some((written, _)), Some((longer, help))) if longer.len() > written.len() => {
            Err(FormulaError::new(at..at + longer.len(), format!("unknown operator `{longer}`")).with_help(*help))
        }
        (Some((written, meaning)), _) => Ok(Word {
            token: Token::Symbol(meaning),
            span: at..at + written.len(),
        }),
        (None, Some((written, help))) => {
            Err(FormulaError::new(at..at + written.len(), format!("unknown operator `{written}`")).with_help(*help))
        }
        (None, None) => Err(FormulaError::new(
            at..at + first.len_utf8(),
            format!("`{first}` cannot stand in a formula"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        words(text).unwrap().into_iter().map(|word| word.token).collect()
    }

    #[test]
    fn numbers_are_read_in_every_spelling() {
        for (text, value) in [
            ("12", 12.0),
            (".5", 0.5),
            ("2.", 2.0),
            ("1e-5", 1e-5),
            ("1.5E+3", 1.5e3),
            ("2.e1", 20.0),
        ] {
            assert_eq!(tokens(text), [Token::Number(value), Token::End], "{text}");
        }
    }

    #[test]
    fn an_e_without_digits_is_not_an_exponent() {
        assert_eq!(tokens("2e"), [Token::Number(2.0), Token::Name("e"), Token::End]);
        assert_eq!(tokens("2e+x")[..2], [Token::Number(2.0), Token::Name("e")]);
    }

    #[test]
    fn foreign_operators_are_answered_with_ours() {
        let error = words("x**2").unwrap_err();
        assert_eq!((error.span, error.help.unwrap().contains('^')), (1..3, true));
        assert_eq!(words("x = 2").unwrap_err().span, 2..3);
        assert_eq!(words("2*π").unwrap_err().span, 2..4);
        assert!(words(".").is_err() && words("1e999").is_err() && words("x $ y").is_err());
    }
}
