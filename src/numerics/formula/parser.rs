//! From words to a program, by recursive descent: one function per level of the grammar.

use std::ops::Range;

use super::function::{self, FUNCTIONS, Function};
use super::program::{Program, ProgramBuilder, ValueId};
use super::token::{Token, Word, words};
use super::{FormulaError, Variable, nearest_name};

const CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];

/// Parentheses, calls, signs and exponents within each other, at most: far beyond what a person writes, and well within
/// the stack.
const DEEPEST: usize = 200;

type Parsed<T> = Result<T, FormulaError>;

pub(super) fn parse(text: &str, allowed: &[&str]) -> Parsed<Program> {
    let words = words(text)?;
    let mut parser = Parser {
        text,
        words,
        next: 0,
        depth: 0,
        allowed: allowed.iter().filter_map(|name| Variable::from_name(name)).collect(),
        program: ProgramBuilder::default(),
    };
    let result = parser.expression()?;
    match parser.token() {
        Token::End => Ok(parser.program.finish(result)),
        _ => Err(parser.unexpected("the end of the formula")),
    }
}

struct Parser<'t> {
    text: &'t str,
    words: Vec<Word<'t>>,
    next: usize,
    depth: usize,
    allowed: Vec<Variable>,
    program: ProgramBuilder,
}

impl<'t> Parser<'t> {
    fn token(&self) -> Token<'t> {
        self.words[self.next].token
    }

    fn span(&self) -> Range<usize> {
        self.words[self.next].span.clone()
    }

    /// Goes on by one word. The last one, the end, is never taken.
    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.words.len() - 1);
    }

    fn take(&mut self, symbol: &str) -> bool {
        let is_there = matches!(self.token(), Token::Symbol(found) if found == symbol);
        if is_there {
            self.advance();
        }
        is_there
    }

    /// The operator that comes next, if it is one of `operators`, with the function that it stands for.
    fn take_operator(&mut self, operators: &[(&str, &'static Function)]) -> Option<&'static Function> {
        operators
            .iter()
            .find(|(symbol, _)| self.take(symbol))
            .map(|(_, function)| *function)
    }

    fn binary(&mut self, function: &'static Function, a: ValueId, b: ValueId) -> ValueId {
        self.program.apply(function, &[a, b])
    }

    fn expression(&mut self) -> Parsed<ValueId> {
        let mut a = self.conjunction()?;
        while self.take("or") {
            let b = self.conjunction()?;
            a = self.binary(&function::OR, a, b);
        }
        Ok(a)
    }

    fn conjunction(&mut self) -> Parsed<ValueId> {
        let mut a = self.negation()?;
        while self.take("and") {
            let b = self.negation()?;
            a = self.binary(&function::AND, a, b);
        }
        Ok(a)
    }

    fn negation(&mut self) -> Parsed<ValueId> {
        let mut n_negations = 0;
        while self.take("not") {
            n_negations += 1;
        }
        let mut a = self.comparison()?;
        for _ in 0..n_negations {
            a = self.program.apply(&function::NOT, &[a]);
        }
        Ok(a)
    }

    fn comparison(&mut self) -> Parsed<ValueId> {
        static OPERATORS: [(&str, &Function); 6] = [
            ("<", &function::LESS),
            ("<=", &function::LESS_OR_EQUAL),
            (">", &function::GREATER),
            (">=", &function::GREATER_OR_EQUAL),
            ("==", &function::EQUAL),
            ("!=", &function::NOT_EQUAL),
        ];
        let first = self.next;
        let a = self.sum()?;
        let Some(function) = self.take_operator(&OPERATORS) else {
            return Ok(a);
        };
        let second = self.next;
        let b = self.sum()?;
        let end = self.next;
        if self.take_operator(&OPERATORS).is_some() {
            self.sum()?;
            let (left, middle) = (self.text_between(first, end), self.text_between(second, end));
            let right = self.text_between(end, self.next);
            return Err(
                FormulaError::new(self.words[end].span.clone(), "comparisons do not chain")
                    .with_help(format!("write `{left} and {middle} {right}`")),
            );
        }
        Ok(self.binary(function, a, b))
    }

    fn sum(&mut self) -> Parsed<ValueId> {
        static OPERATORS: [(&str, &Function); 2] = [("+", &function::ADD), ("-", &function::SUBTRACT)];
        let mut a = self.product()?;
        while let Some(function) = self.take_operator(&OPERATORS) {
            let b = self.product()?;
            a = self.binary(function, a, b);
        }
        Ok(a)
    }

    fn product(&mut self) -> Parsed<ValueId> {
        static OPERATORS: [(&str, &Function); 2] = [("*", &function::MULTIPLY), ("/", &function::DIVIDE)];
        let mut a = self.signed()?;
        while let Some(function) = self.take_operator(&OPERATORS) {
            let b = self.signed()?;
            a = self.binary(function, a, b);
        }
        Ok(a)
    }

    /// A value with its signs. Everything that nests passes through here, so the depth is counted here.
    fn signed(&mut self) -> Parsed<ValueId> {
        if self.depth == DEEPEST {
            return Err(FormulaError::new(
                self.span(),
                format!("nested more than {DEEPEST} deep"),
            ));
        }
        self.depth += 1;
        let value = if self.take("-") {
            let a = self.signed()?;
            self.program.apply(&function::NEGATE, &[a])
        } else if self.take("+") {
            self.signed()?
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn power(&mut self) -> Parsed<ValueId> {
        let base = self.primary()?;
        if !self.take("^") {
            return Ok(base);
        }
        let exponent = self.signed()?;
        Ok(self.binary(&function::POWER, base, exponent))
    }

    fn primary(&mut self) -> Parsed<ValueId> {
        let start = self.next;
        let span = self.span();
        let value = match self.token() {
            Token::Number(value) => {
                self.advance();
                self.program.constant(value)
            }
            Token::Name(name) => {
                self.advance();
                if self.take("(") {
                    self.call(name, span)?
                } else {
                    self.variable(name, span)?
                }
            }
            Token::Symbol("(") => {
                self.advance();
                let value = self.expression()?;
                self.close(span)?;
                value
            }
            _ => return Err(self.unexpected("a number, a name or `(`")),
        };
        self.refuse_implicit_product(start)?;
        Ok(value)
    }

    fn variable(&mut self, name: &str, span: Range<usize>) -> Parsed<ValueId> {
        if let Some((_, value)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
            return Ok(self.program.constant(*value));
        }
        match Variable::from_name(name) {
            Some(variable) if self.allowed.contains(&variable) => Ok(self.program.variable(variable)),
            Some(_) => {
                Err(FormulaError::new(span, format!("`{name}` cannot be used here")).with_help(self.allowed_names()))
            }
            None => Err(self.unknown_name(name, span)),
        }
    }

    fn unknown_name(&self, name: &str, span: Range<usize>) -> FormulaError {
        if let Some(function) = Function::named(name) {
            return FormulaError::new(span, format!("`{name}` is a function and needs its arguments"))
                .with_help(format!("write {}", function.usage));
        }
        let names = self.allowed.iter().map(|variable| variable.name()).chain(["pi", "e"]);
        let help = match nearest_name(name, names) {
            Some(nearest) => format!("did you mean `{nearest}`? {}", self.allowed_names()),
            None => self.allowed_names(),
        };
        FormulaError::new(span, format!("unknown variable `{name}`")).with_help(help)
    }

    fn allowed_names(&self) -> String {
        let names: Vec<&str> = self.allowed.iter().map(|variable| variable.name()).collect();
        match names.is_empty() {
            true => "no variable is allowed here, only the constants pi and e".into(),
            false => format!("allowed here: {}, and the constants pi and e", names.join(", ")),
        }
    }

    /// A call whose opening parenthesis has been taken.
    fn call(&mut self, name: &str, span: Range<usize>) -> Parsed<ValueId> {
        let Some(function) = Function::named(name) else {
            return Err(self.unknown_function(name, span));
        };
        let mut arguments = Vec::new();
        if !matches!(self.token(), Token::Symbol(")")) {
            arguments.push(self.expression()?);
            while self.take(",") {
                arguments.push(self.expression()?);
            }
        }
        self.close(span.end..span.end + 1)?;
        let n = function.n_arguments;
        if arguments.len() < n || (arguments.len() > n && !function.is_variadic()) {
            let least = if function.is_variadic() { "at least " } else { "" };
            let plural = if n == 1 { "" } else { "s" };
            let message = format!("`{name}` takes {least}{n} argument{plural}, not {}", arguments.len());
            return Err(FormulaError::new(span, message).with_help(format!("write {}", function.usage)));
        }
        let first = self.program.apply(function, &arguments[..n]);
        Ok(arguments[n..]
            .iter()
            .fold(first, |a, &b| self.program.apply(function, &[a, b])))
    }

    fn unknown_function(&self, name: &str, span: Range<usize>) -> FormulaError {
        let is_value = Variable::from_name(name).is_some() || CONSTANTS.iter().any(|(constant, _)| *constant == name);
        if is_value {
            return FormulaError::new(span, format!("`{name}` is not a function"))
                .with_help(format!("a product is written with `*`: `{name}*(...)`"));
        }
        let help = match nearest_name(name, FUNCTIONS.iter().map(|function| function.name)) {
            _ if name == "log" => "use ln (natural), log10 or log2".into(),
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => {
                let names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
                format!("there are {}", names.join(", "))
            }
        };
        FormulaError::new(span, format!("unknown function `{name}`")).with_help(help)
    }

    /// Takes the parenthesis that closes the one at `opened`.
    fn close(&mut self, opened: Range<usize>) -> Parsed<()> {
        if self.take(")") {
            return Ok(());
        }
        match self.token() {
            Token::End => Err(FormulaError::new(opened, "this parenthesis is not closed").with_help("add `)`")),
            _ => Err(self.unexpected("`)`")),
        }
    }

    /// After a value that began with word `start`, another value may not follow: `2x`, `(a)(b)`, `x y`.
    fn refuse_implicit_product(&self, start: usize) -> Parsed<()> {
        let next_is_value = matches!(self.token(), Token::Number(_) | Token::Name(_) | Token::Symbol("("));
        if !next_is_value {
            return Ok(());
        }
        let left = self.text_between(start, self.next);
        let right = match self.token() {
            Token::Symbol(_) => "(...)",
            _ => &self.text[self.span()],
        };
        Err(FormulaError::new(self.span(), "an operator is missing")
            .with_help(format!("a product is written with `*`: `{left}*{right}`")))
    }

    /// The text from word `from` up to word `to`.
    fn text_between(&self, from: usize, to: usize) -> &'t str {
        self.text[self.words[from].span.start..self.words[to].span.start].trim_end()
    }

    fn unexpected(&self, expected: &str) -> FormulaError {
        let span = self.span();
        let found = match self.token() {
            Token::End => "the formula ends".to_string(),
            _ => format!("found `{}`", &self.text[span.clone()]),
        };
        FormulaError::new(span, format!("expected {expected}, but {found}"))
    }
}
