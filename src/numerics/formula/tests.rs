//! The grammar by example, and the equality of all ways of evaluation.

use super::*;

const XYZT: &[&str] = &["x", "y", "z", "t"];

fn value_at(text: &str, point: [f64; 3], t: f64) -> f64 {
    let formula = Formula::parse(text, XYZT).unwrap_or_else(|error| panic!("{text}: {error}"));
    formula.evaluate(point, t)
}

#[test]
fn the_grammar_is_what_a_scientist_expects() {
    let (x, y, z, t) = (3.0, -2.0, 0.25, 10.0);
    let table: &[(&str, f64)] = &[
        // precedence and association
        ("-x^2", -9.0),
        ("(-x)^2", 9.0),
        ("2^3^2", 512.0),
        ("(2^3)^2", 64.0),
        ("2^-1", 0.5),
        ("2^-x^2", libm::pow(2.0, -9.0)),
        ("x - y - z", 4.75),
        ("x - (y - z)", 5.25),
        ("16/4/2", 2.0),
        ("16/4*2", 8.0),
        ("1 + 2*3", 7.0),
        ("(1 + 2)*3", 9.0),
        ("-2*-3", 6.0),
        ("2 - -3", 5.0),
        ("+-+x", -3.0),
        ("x*-y", 6.0),
        ("-x*y", 6.0),
        ("exp(-(z - 0.5)^2)", libm::exp(-0.0625)),
        // numbers
        ("1e-5*x", 1e-5 * 3.0),
        ("1.5E+2", 150.0),
        (".5", 0.5),
        ("2.", 2.0),
        ("2.*x", 6.0),
        (" \t1\n+ 1 ", 2.0),
        ("2*pi", 2.0 * std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("2*e", 2.0 * std::f64::consts::E),
        // comparisons and logic
        ("x < 3", 0.0),
        ("x <= 3", 1.0),
        ("x > y", 1.0),
        ("x >= 4", 0.0),
        ("x == 3", 1.0),
        ("x != 3", 0.0),
        ("x + 1 < y + 6", 0.0),
        ("x < 4 and y < 0", 1.0),
        ("x < 4 && y > 0", 0.0),
        ("x > 4 or y < 0", 1.0),
        ("x > 4 || y > 0", 0.0),
        ("1 or 0 and 0", 1.0),
        ("not x > 4", 1.0),
        ("!x > 4", 1.0),
        ("not not x", 1.0),
        ("not 0 and not 0", 1.0),
        ("(x > 1)*5 + (y > 1)*7", 5.0),
        ("2 and 3", 1.0),
        // branches: the other one must not poison the result
        ("if(x > 0, 1/x, ln(-1))", 1.0 / 3.0),
        ("if(y > 0, sqrt(y), 7)", 7.0),
        ("if(x - 3, 1, 2)", 2.0),
        ("if(hypot(x - 3, y + 2) < 1, 0.5, 0)", 0.5),
        ("if(x > 5, 1, if(x > 2, 2, 3))", 2.0),
        // functions
        ("sin(x)", libm::sin(3.0)),
        ("cos(x)", libm::cos(3.0)),
        ("tan(x)", libm::tan(3.0)),
        ("asin(z)", libm::asin(0.25)),
        ("acos(z)", libm::acos(0.25)),
        ("atan(x)", libm::atan(3.0)),
        ("atan2(y, x)", libm::atan2(-2.0, 3.0)),
        ("sinh(z)", libm::sinh(0.25)),
        ("cosh(z)", libm::cosh(0.25)),
        ("tanh(z)", libm::tanh(0.25)),
        ("exp(t)", libm::exp(10.0)),
        ("ln(t)", libm::log(10.0)),
        ("log10(1000)", 3.0),
        ("log2(8)", 3.0),
        ("sqrt(z)", 0.5),
        ("cbrt(-8)", -2.0),
        ("abs(y)", 2.0),
        ("sign(y) + sign(0) + sign(x)*10", 9.0),
        ("step(y) + step(0)*10 + step(x)*100", 110.0),
        ("floor(-z)", -1.0),
        ("ceil(z)", 1.0),
        ("round(2.5) + round(-2.5)*10", -27.0),
        ("min(x, y, z)", -2.0),
        ("max(x, y, z, t)", 10.0),
        ("hypot(3, 4)", 5.0),
        ("pow(x, 2)", 9.0),
        ("pow(4, 0.5)", 2.0),
        ("mod(-1, x)", 2.0),
        ("mod(7, x)", 1.0),
        ("mod(7, -x)", -2.0),
        ("erf(z)", libm::erf(0.25)),
        ("erfc(z)", libm::erfc(0.25)),
        ("clamp(t, y, x)", 3.0),
        ("clamp(-t, y, x)", -2.0),
        // powers
        ("x^2", 9.0),
        ("0.1^3", 0.1 * 0.1 * 0.1),
        ("z^4", 0.25 * 0.25 * (0.25 * 0.25)),
        ("x^(1 + 1)", 9.0),
        ("x^0.5", libm::pow(3.0, 0.5)),
        ("x^0", 1.0),
        ("t^-2", libm::pow(10.0, -2.0)),
        // as in a configuration
        ("4 + 2*ln(1 + t/50)", 4.0 + 2.0 * libm::log(1.0 + 10.0 / 50.0)),
        (
            "0.3*sin(2*pi*t/3600)",
            0.3 * libm::sin(2.0 * std::f64::consts::PI * 10.0 / 3600.0),
        ),
    ];
    for (text, expected) in table {
        let value = value_at(text, [x, y, z], t);
        assert_eq!(
            value.to_bits(),
            expected.to_bits(),
            "{text}: {value} instead of {expected}"
        );
    }
}

#[test]
fn errors_name_the_place_and_the_remedy() {
    // (text, the text at the place, part of the message, part of the help)
    let table: &[(&str, &str, &str, &str)] = &[
        ("", "", "the formula ends", ""),
        ("1 +", "", "the formula ends", ""),
        ("2x", "x", "operator is missing", "`2*x`"),
        ("2e", "e", "operator is missing", "`2*e`"),
        ("2(x + 1)", "(", "operator is missing", "`2*(...)`"),
        ("(x)(y)", "(", "operator is missing", "`(x)*(...)`"),
        ("1 + x y", "y", "operator is missing", "`x*y`"),
        ("1.5.2", ".2", "operator is missing", ""),
        ("x(2)", "x", "not a function", "`x*(...)`"),
        ("1 < x < 2", "<", "do not chain", "`1 < x and x < 2`"),
        (
            "log(x)",
            "log",
            "unknown function `log`",
            "use ln (natural), log10 or log2",
        ),
        ("sqr(x)", "sqr", "unknown function `sqr`", "did you mean `sqrt`?"),
        ("gamma(x)", "gamma", "unknown function `gamma`", "there are if, sin,"),
        ("sin", "sin", "needs its arguments", "sin(a)"),
        ("sin(x, y)", "sin", "takes 1 argument, not 2", "sin(a)"),
        ("atan2(x)", "atan2", "takes 2 arguments, not 1", "atan2(y, x)"),
        ("min(x)", "min", "takes at least 2 arguments, not 1", "min(a, b, ...)"),
        ("if()", "if", "takes 3 arguments, not 0", "if(condition, a, b)"),
        ("2*(x + 1", "(", "not closed", "add `)`"),
        ("sin(x", "(", "not closed", "add `)`"),
        ("sin(x y)", "y", "operator is missing", ""),
        ("x + 1)", ")", "expected the end of the formula, but found `)`", ""),
        ("x + * 2", "*", "expected a number, a name or `(`, but found `*`", ""),
        ("max(x,, y)", ",", "but found `,`", ""),
        ("q + 1", "q", "unknown variable `q`", "x, y, z, t"),
        ("PI", "PI", "unknown variable `PI`", "did you mean `pi`?"),
        ("x ** 2", "**", "unknown operator", "`^`"),
        ("x = 2", "=", "unknown operator", "`==`"),
        ("1e999", "1e999", "beyond the largest number", ""),
        ("ü", "ü", "cannot stand in a formula", ""),
    ];
    for (text, place, message, help) in table {
        let error = Formula::parse(text, XYZT).expect_err(text);
        assert_eq!(&text[error.span.clone()], *place, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(error.help.as_deref().unwrap_or("").contains(help), "{text}: {error}");
    }
}

#[test]
fn a_variable_that_is_not_allowed_is_told_apart_from_an_unknown_one() {
    let error = Formula::parse("1 + t", &["x", "y"]).unwrap_err();
    assert_eq!(
        (error.span.clone(), error.message.as_str()),
        (4..5, "`t` cannot be used here")
    );
    assert_eq!(
        error.help.as_deref(),
        Some("allowed here: x, y, and the constants pi and e")
    );
    assert!(Formula::parse("x", &[]).is_err() && Formula::parse("2*pi", &[]).is_ok());
}

#[test]
fn nesting_is_bounded_and_length_is_not() {
    let deep = |n: usize| format!("{}x{}", "(".repeat(n), ")".repeat(n));
    assert!(Formula::parse(&deep(150), XYZT).is_ok());
    for endless in [
        deep(100_000),
        "-".repeat(100_000),
        "2^".repeat(100_000),
        "abs(".repeat(100_000),
    ] {
        assert!(
            Formula::parse(&endless, XYZT)
                .unwrap_err()
                .message
                .contains("nested more than")
        );
    }
    let long = vec!["x"; 100_000].join("+");
    assert_eq!(value_at(&long, [1.0, 0.0, 0.0], 0.0), 100_000.0);
    assert_eq!(
        value_at(&format!("{}x", "not ".repeat(100_000)), [1.0, 0.0, 0.0], 0.0),
        1.0
    );
}

#[test]
fn constants_are_folded() {
    for (text, constant) in [
        ("2*pi", Some(2.0 * std::f64::consts::PI)),
        ("if(1 < 2, 3, x)", Some(3.0)),
        ("if(1 > 2, 3, x)", None),
        ("-1e-3", Some(-1e-3)),
        ("x*0", None),
    ] {
        assert_eq!(Formula::parse(text, XYZT).unwrap().as_constant(), constant, "{text}");
    }
    let constant = Formula::constant(-1e-300);
    assert_eq!(constant.as_constant(), Some(-1e-300));
    assert_eq!(
        Formula::parse(constant.text(), &[]).unwrap().as_constant(),
        Some(-1e-300)
    );
}

#[test]
fn a_formula_knows_its_class() {
    for (text, class) in [
        ("2 + 3", FormulaClass::Constant),
        ("sin(t)", FormulaClass::Time),
        ("y*z", FormulaClass::Space),
        ("x + t", FormulaClass::SpaceTime),
        ("if(0, x, t)", FormulaClass::Time),
    ] {
        assert_eq!(Formula::parse(text, XYZT).unwrap().class(), class, "{text}");
    }
    let formula = Formula::parse("x*t", XYZT).unwrap();
    let on = Variable::ALL.map(|variable| formula.depends_on(variable));
    assert_eq!(on, [true, false, false, true]);
}

#[test]
fn formulas_are_equal_if_their_texts_are() {
    let parse = |text| Formula::parse(text, XYZT).unwrap();
    assert_eq!(parse("x + 1"), parse("x + 1").clone());
    assert_ne!(parse("x + 1"), parse("1 + x"));
    fn is_shared_between_threads<T: Send + Sync>() {}
    is_shared_between_threads::<Formula>();
}

/// Random expression trees, evaluated here in the most direct way.
mod random {
    use std::fmt::Write;

    pub struct Random(pub u64);

    impl Random {
        /// SplitMix64 (Steele, Lea, Flood 2014).
        pub fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        }

        pub fn below(&mut self, n: usize) -> usize {
            (self.next() % n as u64) as usize
        }

        pub fn number(&mut self) -> f64 {
            (self.next() >> 11) as f64 / (1u64 << 53) as f64 * 8.0 - 4.0
        }
    }

    pub enum Tree {
        Number(f64),
        Variable(usize),
        Negative(Box<Tree>),
        Not(Box<Tree>),
        Infix(&'static str, Box<Tree>, Box<Tree>),
        Call(&'static str, Vec<Tree>),
    }

    /// Infix operators and how strongly they bind.
    const INFIX: [(&str, u8); 13] = [
        ("or", 1),
        ("and", 2),
        ("<", 4),
        ("<=", 4),
        (">", 4),
        (">=", 4),
        ("==", 4),
        ("!=", 4),
        ("+", 5),
        ("-", 5),
        ("*", 6),
        ("/", 6),
        ("^", 8),
    ];

    const CALLS: [(&str, usize); 14] = [
        ("sin", 1),
        ("exp", 1),
        ("ln", 1),
        ("sqrt", 1),
        ("abs", 1),
        ("floor", 1),
        ("sign", 1),
        ("step", 1),
        ("hypot", 2),
        ("mod", 2),
        ("min", 3),
        ("max", 2),
        ("if", 3),
        ("clamp", 3),
    ];

    pub fn tree(random: &mut Random, depth: usize) -> Tree {
        if depth == 0 {
            return match random.below(3) {
                0 => Tree::Number([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 1e-5, 7.25][random.below(8)]),
                _ => Tree::Variable(random.below(4)),
            };
        }
        let child = |random: &mut Random| {
            let depth = random.below(depth);
            tree(random, depth)
        };
        match random.below(8) {
            0 => Tree::Negative(Box::new(child(random))),
            1 => Tree::Not(Box::new(child(random))),
            2 | 3 => {
                let (name, n) = CALLS[random.below(CALLS.len())];
                Tree::Call(name, (0..n).map(|_| child(random)).collect())
            }
            _ => {
                let (symbol, _) = INFIX[random.below(INFIX.len())];
                Tree::Infix(symbol, Box::new(child(random)), Box::new(child(random)))
            }
        }
    }

    impl Tree {
        fn strength(&self) -> u8 {
            match self {
                Tree::Infix(symbol, ..) => INFIX.iter().find(|(other, _)| other == symbol).unwrap().1,
                Tree::Not(_) => 3,
                Tree::Negative(_) => 7,
                _ => 9,
            }
        }

        fn is_constant(&self) -> bool {
            match self {
                Tree::Number(_) => true,
                Tree::Variable(_) => false,
                Tree::Negative(a) | Tree::Not(a) => a.is_constant(),
                Tree::Infix(_, a, b) => a.is_constant() && b.is_constant(),
                Tree::Call("if", a) if a[0].is_constant() => {
                    let taken = if a[0].value(&[0.0; 4]) != 0.0 { &a[1] } else { &a[2] };
                    taken.is_constant()
                }
                Tree::Call(_, arguments) => arguments.iter().all(Tree::is_constant),
            }
        }

        pub fn value(&self, at: &[f64; 4]) -> f64 {
            let truth = |condition: bool| f64::from(u8::from(condition));
            match self {
                Tree::Number(value) => *value,
                Tree::Variable(i) => at[*i],
                Tree::Negative(a) => -a.value(at),
                Tree::Not(a) => truth(a.value(at) == 0.0),
                Tree::Infix(symbol, left, right) => {
                    let (a, b) = (left.value(at), right.value(at));
                    match *symbol {
                        "or" => truth(a != 0.0 || b != 0.0),
                        "and" => truth(a != 0.0 && b != 0.0),
                        "<" => truth(a < b),
                        "<=" => truth(a <= b),
                        ">" => truth(a > b),
                        ">=" => truth(a >= b),
                        "==" => truth(a == b),
                        "!=" => truth(a != b),
                        "+" => a + b,
                        "-" => a - b,
                        "*" => a * b,
                        "/" => a / b,
                        // A constant exponent is recognised after folding, without looking at the variables.
                        "^" if right.is_constant() && b == 2.0 => a * a,
                        "^" if right.is_constant() && b == 3.0 => a * a * a,
                        "^" if right.is_constant() && b == 4.0 => (a * a) * (a * a),
                        "^" => libm::pow(a, b),
                        other => panic!("{other}"),
                    }
                }
                Tree::Call(name, arguments) => {
                    let a: Vec<f64> = arguments.iter().map(|argument| argument.value(at)).collect();
                    let min = |a: f64, b: f64| if a < b || a.is_nan() { a } else { b };
                    let max = |a: f64, b: f64| if a > b || a.is_nan() { a } else { b };
                    match *name {
                        "sin" => libm::sin(a[0]),
                        "exp" => libm::exp(a[0]),
                        "ln" => libm::log(a[0]),
                        "sqrt" => a[0].sqrt(),
                        "abs" => a[0].abs(),
                        "floor" => a[0].floor(),
                        "sign" if a[0] == 0.0 || a[0].is_nan() => a[0],
                        "sign" => a[0].signum(),
                        "step" if a[0].is_nan() => a[0],
                        "step" => truth(a[0] >= 0.0),
                        "hypot" => libm::hypot(a[0], a[1]),
                        "mod" => match libm::fmod(a[0], a[1]) {
                            r if r != 0.0 && (r < 0.0) != (a[1] < 0.0) => r + a[1],
                            r => r,
                        },
                        "min" => min(min(a[0], a[1]), a[2]),
                        "max" => max(a[0], a[1]),
                        "if" => {
                            if a[0] != 0.0 {
                                a[1]
                            } else {
                                a[2]
                            }
                        }
                        "clamp" => min(max(a[0], a[1]), a[2]),
                        other => panic!("{other}"),
                    }
                }
            }
        }

        /// The text, with all parentheses or only those that the grammar needs.
        pub fn print(&self, all_parentheses: bool) -> String {
            let inner = |tree: &Tree, least: u8| {
                let text = tree.print(all_parentheses);
                let is_atom = matches!(tree, Tree::Number(_) | Tree::Variable(_) | Tree::Call(..));
                if (all_parentheses && !is_atom) || tree.strength() < least {
                    format!("({text})")
                } else {
                    text
                }
            };
            match self {
                Tree::Number(value) => format!("{value:?}"),
                Tree::Variable(i) => ["x", "y", "z", "t"][*i].into(),
                Tree::Negative(a) => format!("-{}", inner(a, 7)),
                Tree::Not(a) => format!("not {}", inner(a, 3)),
                Tree::Infix(symbol, a, b) => {
                    let strength = self.strength();
                    let (left, right) = match *symbol {
                        "^" => (9, 7),
                        _ if strength == 4 => (5, 5),
                        _ => (strength, strength + 1),
                    };
                    format!("{} {symbol} {}", inner(a, left), inner(b, right))
                }
                Tree::Call(name, arguments) => {
                    let mut text = format!("{name}(");
                    for (i, argument) in arguments.iter().enumerate() {
                        let comma = if i > 0 { ", " } else { "" };
                        write!(text, "{comma}{}", argument.print(all_parentheses)).unwrap();
                    }
                    text + ")"
                }
            }
        }
    }
}

/// Equal to the last bit, but for the bits within a NaN.
fn is_same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

#[test]
fn random_formulas_mean_the_same_with_all_parentheses_and_with_the_fewest() {
    let mut random = random::Random(1);
    let mut n_finite = 0;
    for _ in 0..4000 {
        let tree = random::tree(&mut random, 6);
        let at = [0; 4].map(|_| random.number());
        let expected = tree.value(&at);
        n_finite += usize::from(expected.is_finite());
        for all_parentheses in [true, false] {
            let text = tree.print(all_parentheses);
            let value = value_at(&text, [at[0], at[1], at[2]], at[3]);
            assert!(
                is_same(value, expected),
                "{text} at {at:?}: {value} instead of {expected}"
            );
        }
    }
    assert!(n_finite > 1000, "only {n_finite} of the formulas have a value");
}

#[test]
fn a_row_has_the_bits_of_its_points() {
    let mut random = random::Random(2);
    for round in 0..1000 {
        let text = random::tree(&mut random, 7).print(false);
        let formula = Formula::parse(&text, XYZT).unwrap();
        // Rows around the length of a chunk, and through zero, where signs and comparisons change.
        let n = [1, 7, 255, 256, 257, 600][round % 6];
        let xs: Vec<f64> = (0..n)
            .map(|i| {
                if i % 5 == 0 {
                    (i % 3) as f64 - 1.0
                } else {
                    random.number()
                }
            })
            .collect();
        let [y, z, t] = [0; 3].map(|_| random.number());
        let mut row = vec![f64::NAN; n];
        formula.evaluate_row(&xs, y, z, t, &mut row);
        for (&x, &value) in xs.iter().zip(&row) {
            let expected = formula.evaluate([x, y, z], t);
            assert!(
                is_same(value, expected),
                "{text} at x = {x}: {value} instead of {expected}"
            );
        }
    }
}
