//! Reading with the cursor.

use super::super::{ConfigError, Document};
use super::{TableOrFormula, ValueKind};

fn document(text: &str) -> Document {
    Document::parse("case.toml", text, &[]).unwrap()
}

/// What is said about `text` after `read`.
fn errors(text: &str, read: impl Fn(&Document)) -> String {
    let document = document(text);
    read(&document);
    document.finish().expect_err("errors").to_string()
}

#[test]
fn values_are_read_as_they_are_meant() {
    let text = "a = 3\nb = 2.5\nc = \"2 h\"\nd = [1, 2.5]\ne = [\"x\", \"y\"]\nf = true\ng = \"fast\"\nh = [1, \"2*x\"]\ni = 01:30:00\n";
    let document = document(text);
    let root = document.root();
    assert_eq!(
        (root.integer("a"), root.count("a"), root.number("a")),
        (Some(3), Some(3), Some(3.0))
    );
    assert_eq!(
        (root.number("b"), root.positive("b"), root.duration("b")),
        (Some(2.5), Some(2.5), Some(2.5))
    );
    assert_eq!((root.duration("c"), root.duration("i")), (Some(7200.0), Some(5400.0)));
    assert_eq!(
        (root.numbers("d"), root.numbers_of("d", 2)),
        (Some(vec![1.0, 2.5]), Some(vec![1.0, 2.5]))
    );
    assert_eq!(root.strings("e"), Some(vec!["x".to_string(), "y".to_string()]));
    assert_eq!((root.boolean("f"), root.string("f")), (Some(true), None));
    assert_eq!(root.choice("g", &[("slow", 1), ("fast", 2)]), Some(2));
    let formulas = root.formulas("h", 2, &["x"]).unwrap();
    assert_eq!((formulas[0].as_constant(), formulas[1].text()), (Some(1.0), "2*x"));
    assert_eq!(root.formulas_or_one("a", 3, &[]).unwrap().len(), 3);
    assert_eq!(
        (root.number("z"), root.section("z").number("z"), root.tables("z").len()),
        (None, None, 0)
    );
}

#[test]
fn kinds_and_keys_can_be_looked_at_without_being_taken() {
    let document = document("b = 1\na = { c = 2 }\n");
    let root = document.root();
    assert_eq!(
        (root.kind("a"), root.kind("b")),
        (Some(ValueKind::Table), Some(ValueKind::Number))
    );
    assert_eq!(root.keys(), ["b", "a"]);
    assert!(root.has("a") && !root.has("c"));
    assert_eq!(document.finish().unwrap_err().n_errors(), 2);
}

#[test]
fn every_wrong_value_is_named_with_its_key_and_place() {
    let text = "[k]\na = \"3\"\nb = 2.0\nc = 0\nd = [1, \"x\"]\ne = [1]\nf = 1\ng = nan\nh = -1\ni = \"3 weeks\"\nj = \"fsat\"\nk = 5\n";
    let said = errors(text, |document| {
        let table = document.root().table("k").unwrap();
        table.number("a");
        table.integer("b");
        table.count("c");
        table.numbers("d");
        table.numbers_of("e", 2);
        table.string("f");
        table.number("g");
        table.non_negative("h");
        table.duration("i");
        table.choice("j", &[("fast", 1), ("slow", 2)]);
        table.table("k");
    });
    for part in [
        "`a` in [k] must be a number, not the string \"3\"",
        "case.toml:2:5",
        "write it without quotes: 3",
        "`b` in [k] must be an integer, not 2.0",
        "write 2",
        "`c` in [k] must be at least 1, not 0",
        "`d[1]` in [k] must be a number, not the string \"x\"",
        "case.toml:5:9",
        "`e` in [k] must be an array of 2, not an array of 1",
        "`f` in [k] must be a string, not 1",
        "`g` in [k] must be a finite number",
        "`h` in [k] must be zero or positive, not -1",
        "`i` in [k] must be a duration, not the string \"3 weeks\"",
        "`j` in [k] cannot be \"fsat\"",
        "did you mean \"fast\"? the choices are \"fast\", \"slow\"",
        "`k` in [k] must be a table, not 5",
        "11 errors in case.toml",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}

#[test]
fn matrices_are_read_row_by_row_and_errors_point_at_the_entry() {
    let text = "a = [[1, 2], [3.5, 4]]\nb = [[1, \"x\"], [\"x\", 2]]\nc = [1, 2]\n";
    let good = document(text);
    let root = good.root();
    assert_eq!(root.matrix("a", 2), Some(vec![vec![1.0, 2.0], vec![3.5, 4.0]]));
    let formulas = root.formula_matrix("b", 2, &["x"]).unwrap();
    assert_eq!((formulas[0][0].as_constant(), formulas[0][1].text()), (Some(1.0), "x"));
    assert_eq!(
        ["a", "b", "c", "d"].map(|key| root.is_matrix(key)),
        [true, true, false, false]
    );

    let said = errors(
        "a = [[1, 2], [3]]\nb = [[1, \"q\"], [2, 3]]\nc = [1, [2, 3]]\n",
        |document| {
            let root = document.root();
            assert_eq!(root.matrix("a", 2), None);
            assert!(root.formula_matrix("b", 2, &["x"]).is_none());
            assert_eq!(root.matrix("c", 2), None);
            root.error_at_entry("b", (1, 1), "an entry", "");
        },
    );
    for part in [
        "`a[1]` must be an array of 2, not an array of 1",
        "case.toml:1:14",
        "`b[0][1]`: unknown variable `q`",
        "case.toml:2:11",
        "an entry",
        "case.toml:2:20",
        "`c[0]` must be an array of numbers, not 1",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}

#[test]
fn points_are_any_number_of_places() {
    let good = document("a = [[1, 2.5], [3, 4], [5, 6]]\nb = []\n");
    assert_eq!(
        good.root().points("a", 2),
        Some(vec![vec![1.0, 2.5], vec![3.0, 4.0], vec![5.0, 6.0]])
    );
    assert_eq!(
        (good.root().points("b", 2), good.root().points("c", 2)),
        (Some(Vec::new()), None)
    );
    let said = errors("a = [[1, 2], [3]]\nb = [1, 2]\nc = [[1, \"x\"]]\n", |document| {
        for key in ["a", "b", "c"] {
            assert_eq!(document.root().points(key, 2), None);
        }
    });
    for part in [
        "`a[1]` must be an array of 2, not an array of 1",
        "case.toml:1:14",
        "`b[0]` must be an array of numbers, not 1",
        "`c[0][1]` must be a number, not the string \"x\"",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}

#[test]
fn an_array_may_hold_tables_and_formulas() {
    let text = "a = [{ b = 1 }, \"2*x\", 3]\n";
    let document = document(text);
    let items = document.root().tables_and_formulas("a", &["x"]).unwrap();
    let [
        TableOrFormula::Table(table),
        TableOrFormula::Formula(formula),
        TableOrFormula::Formula(number),
    ] = &items[..]
    else {
        panic!("{items:?}");
    };
    assert_eq!((table.path(), table.number("b")), ("a[0]", Some(1.0)));
    assert_eq!((formula.text(), number.as_constant()), ("2*x", Some(3.0)));
    assert_eq!(
        document
            .root()
            .tables_and_formulas("missing", &[])
            .map(|items| items.len()),
        Some(0)
    );
    assert!(document.finish().is_ok());
}

#[test]
fn an_error_in_a_formula_points_into_its_string() {
    let text = "wind = [\"4 + y\", '2*q']\nsource = \"1/0\"\nslow = \"\"\"\n3*\n  w\"\"\"\n";
    let said = errors(text, |document| {
        document.root().formulas("wind", 2, &["x", "y"]);
        document.root().formula("source", &[]);
        document.root().formula("slow", &[]);
    });
    for part in [
        "`wind[1]`: unknown variable `q`",
        "case.toml:1:21",
        "allowed here: x, y",
        "`source` is inf, not a finite number",
        "case.toml:2:10",
        "case.toml:5:3",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}

#[test]
fn unknown_keys_are_answered_with_the_key_that_was_meant() {
    let text = "[k]\ndifusivity = 1\nsteps = 3\nsize = 2\n[[k.field]]\nname = \"so2\"\ndecya = 1\n[time]\nsteps = 2\n";
    let said = errors(text, |document| {
        let root = document.root();
        root.section("time").count("steps");
        let table = root.table("k").unwrap();
        table.number("diffusivity");
        for field in table.tables("field") {
            field.string("name");
            field.number("decay");
        }
    });
    for part in [
        "unknown key `difusivity` in [k]",
        "did you mean `diffusivity`?",
        "unknown key `steps` in [k]",
        "`steps` belongs to [time]",
        "unknown key `size` in [k]",
        "known here: diffusivity, field",
        "unknown key `decya` in [k.field.so2]",
        "did you mean `decay`?",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}

#[test]
fn a_table_can_accept_what_nobody_takes() {
    let document = document("[k]\ntype = \"unknown\"\na = 1\n");
    document.root().table("k").unwrap().accept_rest();
    assert_eq!(document.finish().unwrap(), Vec::<String>::new());
}

#[test]
fn missing_keys_are_errors_where_they_are_required() {
    let said = errors("[k]\na = 1\n", |document| {
        let table = document.root().table("k").unwrap();
        assert_eq!(table.require("a", "").number("a"), Some(1.0));
        assert_eq!(table.require("b", "write b = 2").number("b"), None);
        assert_eq!(table.require_one_of(&["c", "d"], "write c or d"), None);
        assert!(document.root().require_table("grid", "write [grid]").is_none());
    });
    for part in [
        "missing key `b` in [k]",
        "case.toml:1:2",
        "write b = 2",
        "missing `c` or `d` in [k]",
        "missing table [grid]",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}

#[test]
fn warnings_alone_let_the_configuration_pass() {
    let document = document("a = 1\n");
    document.root().number("a");
    document.root().warn_at("a", "`a` is small", "take 2");
    let warnings = document.finish().unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("warning: `a` is small") && warnings[0].contains("case.toml:1:5"),
        "{}",
        warnings[0]
    );
}

#[test]
fn many_errors_are_cut_off_and_equal_ones_are_shown_once() {
    let text: String = (0..50).map(|i| format!("key{i} = 1\n")).collect();
    let said = errors(&text, |document| {
        document.root().error_at("key3", "twice", "");
        document.root().error_at("key3", "twice", "");
    });
    assert!(said.ends_with("... and 31 more: 51 errors in case.toml"), "{said}");
}

#[test]
fn colours_are_only_there_where_asked_for() {
    let error: ConfigError = document("a = 1\n").finish().unwrap_err();
    assert!(error.render(true).contains('\u{1b}') && !error.to_string().contains('\u{1b}'));
}
