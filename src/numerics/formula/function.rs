//! The operators and functions of formulas: each defined once, for numbers and for rows of numbers.

/// An argument of a function applied to a row: a number per point, or one for all of them.
#[derive(Clone, Copy)]
pub(super) enum Operand<'r> {
    Row(&'r [f64]),
    Uniform(f64),
}

impl Operand<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> f64 {
        match self {
            Operand::Row(row) => row[i],
            Operand::Uniform(value) => *value,
        }
    }
}

/// An operator or a function of one to three numbers.
pub(super) struct Function {
    /// The name in a call, or the symbol of an operator.
    pub name: &'static str,
    /// How to call it.
    pub usage: &'static str,
    /// How many numbers it takes. A call of `min` and `max` takes any number from two on.
    pub n_arguments: usize,
    /// The value for numbers; arguments beyond `n_arguments` are not looked at.
    pub on_numbers: fn([f64; 3]) -> f64,
    /// The values for a row: row arguments have the length of the output.
    pub on_rows: fn(&mut [f64], [Operand; 3]),
}

impl Function {
    /// The function of that name.
    pub fn named(name: &str) -> Option<&'static Function> {
        FUNCTIONS.iter().copied().find(|function| function.name == name)
    }

    /// Whether a call may have more arguments than `n_arguments`, taken together from the left.
    pub fn is_variadic(&self) -> bool {
        matches!(self.name, "min" | "max")
    }
}

macro_rules! define {
    ($n:literal, $name:literal, $usage:literal, $on_numbers:ident, $on_rows:ident, $f:expr) => {
        Function {
            name: $name,
            usage: $usage,
            n_arguments: $n,
            on_numbers: |arguments| $on_numbers(arguments, $f),
            on_rows: |out, arguments| $on_rows(out, arguments, $f),
        }
    };
}

macro_rules! unary {
    ($name:literal, $usage:literal, $f:expr) => {
        define!(1, $name, $usage, unary_number, unary_row, $f)
    };
}

macro_rules! binary {
    ($name:literal, $usage:literal, $f:expr) => {
        define!(2, $name, $usage, binary_number, binary_row, $f)
    };
}

macro_rules! ternary {
    ($name:literal, $usage:literal, $f:expr) => {
        define!(3, $name, $usage, ternary_number, ternary_row, $f)
    };
}

pub(super) static NEGATE: Function = unary!("negate", "-a", |a: f64| -a);
pub(super) static ADD: Function = binary!("+", "a + b", |a: f64, b: f64| a + b);
pub(super) static SUBTRACT: Function = binary!("-", "a - b", |a: f64, b: f64| a - b);
pub(super) static MULTIPLY: Function = binary!("*", "a*b", |a: f64, b: f64| a * b);
pub(super) static DIVIDE: Function = binary!("/", "a/b", |a: f64, b: f64| a / b);
pub(super) static LESS: Function = binary!("<", "a < b", |a: f64, b: f64| truth(a < b));
pub(super) static LESS_OR_EQUAL: Function = binary!("<=", "a <= b", |a: f64, b: f64| truth(a <= b));
pub(super) static GREATER: Function = binary!(">", "a > b", |a: f64, b: f64| truth(a > b));
pub(super) static GREATER_OR_EQUAL: Function = binary!(">=", "a >= b", |a: f64, b: f64| truth(a >= b));
pub(super) static EQUAL: Function = binary!("==", "a == b", |a: f64, b: f64| truth(a == b));
pub(super) static NOT_EQUAL: Function = binary!("!=", "a != b", |a: f64, b: f64| truth(a != b));
pub(super) static AND: Function = binary!("and", "a and b", |a: f64, b: f64| truth((a != 0.0) & (b != 0.0)));
pub(super) static OR: Function = binary!("or", "a or b", |a: f64, b: f64| truth((a != 0.0) | (b != 0.0)));
pub(super) static NOT: Function = unary!("not", "not a", |a: f64| truth(a == 0.0));
pub(super) static POWER: Function = binary!("pow", "pow(a, b)", libm::pow);
pub(super) static SELECT: Function = ternary!("if", "if(condition, a, b)", |condition: f64, a: f64, b: f64| {
    if condition != 0.0 { a } else { b }
});

/// What can be called by name.
pub(super) static FUNCTIONS: &[&Function] = &[
    &SELECT,
    &unary!("sin", "sin(a)", libm::sin),
    &unary!("cos", "cos(a)", libm::cos),
    &unary!("tan", "tan(a)", libm::tan),
    &unary!("asin", "asin(a)", libm::asin),
    &unary!("acos", "acos(a)", libm::acos),
    &unary!("atan", "atan(a)", libm::atan),
    &binary!("atan2", "atan2(y, x)", libm::atan2),
    &unary!("sinh", "sinh(a)", libm::sinh),
    &unary!("cosh", "cosh(a)", libm::cosh),
    &unary!("tanh", "tanh(a)", libm::tanh),
    &unary!("exp", "exp(a)", libm::exp),
    &unary!("ln", "ln(a)", libm::log),
    &unary!("log10", "log10(a)", libm::log10),
    &unary!("log2", "log2(a)", libm::log2),
    &unary!("sqrt", "sqrt(a)", f64::sqrt),
    &unary!("cbrt", "cbrt(a)", libm::cbrt),
    &POWER,
    &binary!("hypot", "hypot(a, b)", libm::hypot),
    &unary!("erf", "erf(a)", libm::erf),
    &unary!("erfc", "erfc(a)", libm::erfc),
    &unary!("abs", "abs(a)", f64::abs),
    &unary!("sign", "sign(a)", sign),
    &unary!("step", "step(a)", step),
    &unary!("floor", "floor(a)", f64::floor),
    &unary!("ceil", "ceil(a)", f64::ceil),
    &unary!("round", "round(a)", f64::round),
    &binary!("mod", "mod(a, b)", modulo),
    &binary!("min", "min(a, b, ...)", minimum),
    &binary!("max", "max(a, b, ...)", maximum),
    &ternary!(
        "clamp",
        "clamp(a, lowest, highest)",
        |a: f64, lowest: f64, highest: f64| { minimum(maximum(a, lowest), highest) }
    ),
];

#[inline(always)]
fn truth(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
}

/// -1, 0 or 1.
#[inline(always)]
fn sign(a: f64) -> f64 {
    if a > 0.0 {
        1.0
    } else if a < 0.0 {
        -1.0
    } else {
        a
    }
}

/// Heaviside's step: 0 below zero, 1 from zero on.
#[inline(always)]
fn step(a: f64) -> f64 {
    if a >= 0.0 {
        1.0
    } else if a < 0.0 {
        0.0
    } else {
        a
    }
}

/// The remainder with the sign of the divisor: `mod(-1, 3)` is 2, so that a coordinate repeats with period `b`.
fn modulo(a: f64, b: f64) -> f64 {
    let remainder = libm::fmod(a, b);
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) {
        remainder + b
    } else {
        remainder
    }
}

/// The smaller one, NaN if either is (std leaves open which zero is smaller, and drops NaN).
#[inline(always)]
fn minimum(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

/// The larger one, NaN if either is.
#[inline(always)]
fn maximum(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

#[inline(always)]
fn unary_number([a, ..]: [f64; 3], f: impl Fn(f64) -> f64) -> f64 {
    f(a)
}

#[inline(always)]
fn binary_number([a, b, _]: [f64; 3], f: impl Fn(f64, f64) -> f64) -> f64 {
    f(a, b)
}

#[inline(always)]
fn ternary_number([a, b, c]: [f64; 3], f: impl Fn(f64, f64, f64) -> f64) -> f64 {
    f(a, b, c)
}

#[inline(always)]
fn unary_row(out: &mut [f64], [a, ..]: [Operand; 3], f: impl Fn(f64) -> f64) {
    match a {
        Operand::Row(a) => out.iter_mut().zip(a).for_each(|(out, &a)| *out = f(a)),
        Operand::Uniform(a) => out.fill(f(a)),
    }
}

#[inline(always)]
fn binary_row(out: &mut [f64], [a, b, _]: [Operand; 3], f: impl Fn(f64, f64) -> f64) {
    match (a, b) {
        (Operand::Row(a), Operand::Row(b)) => out
            .iter_mut()
            .zip(a.iter().zip(b))
            .for_each(|(out, (&a, &b))| *out = f(a, b)),
        (Operand::Row(a), Operand::Uniform(b)) => out.iter_mut().zip(a).for_each(|(out, &a)| *out = f(a, b)),
        (Operand::Uniform(a), Operand::Row(b)) => out.iter_mut().zip(b).for_each(|(out, &b)| *out = f(a, b)),
        (Operand::Uniform(a), Operand::Uniform(b)) => out.fill(f(a, b)),
    }
}

#[inline(always)]
fn ternary_row(out: &mut [f64], [a, b, c]: [Operand; 3], f: impl Fn(f64, f64, f64) -> f64) {
    for (i, out) in out.iter_mut().enumerate() {
        *out = f(a.at(i), b.at(i), c.at(i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let operators = [
            &NEGATE,
            &ADD,
            &SUBTRACT,
            &MULTIPLY,
            &DIVIDE,
            &LESS,
            &LESS_OR_EQUAL,
            &GREATER,
        ];
        let more = [&GREATER_OR_EQUAL, &EQUAL, &NOT_EQUAL, &AND, &OR, &NOT];
        let all = operators.iter().chain(&more).chain(FUNCTIONS);
        let mut names: Vec<&str> = all.map(|function| function.name).collect();
        let n_names = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n_names);
    }

    #[test]
    fn extrema_and_signs_keep_what_is_not_a_number() {
        for function in ["sign", "step", "abs"] {
            let function = Function::named(function).unwrap();
            assert!((function.on_numbers)([f64::NAN, 0.0, 0.0]).is_nan());
        }
        for function in ["min", "max", "mod"] {
            let function = Function::named(function).unwrap();
            assert!((function.on_numbers)([f64::NAN, 1.0, 0.0]).is_nan());
            assert!((function.on_numbers)([1.0, f64::NAN, 0.0]).is_nan());
        }
    }
}
