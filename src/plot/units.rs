//! Units as a reader wants them: lengths and times with the prefix that fits a range, powers as superscripts.

use super::ticks::short_number;

/// A unit to show in place of another one: `shown = value / size`.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub name: String,
    /// How many of the original unit one of these is.
    pub size: f64,
}

/// Name, size, and the range from which on the unit is used. Above the base units this is more than the size, since
/// 1.2 km reads worse than 1200 m, and the hours of a three-day run are the usual way to count it.
type Step = (&'static str, f64, f64);

const LENGTHS: [Step; 5] = [
    ("nm", 1e-9, 0.0),
    ("µm", 1e-6, 1e-6),
    ("mm", 1e-3, 1e-3),
    ("m", 1.0, 1.0),
    ("km", 1e3, 2e3),
];
const TIMES: [Step; 9] = [
    ("fs", 1e-15, 0.0),
    ("ps", 1e-12, 1e-12),
    ("ns", 1e-9, 1e-9),
    ("µs", 1e-6, 1e-6),
    ("ms", 1e-3, 1e-3),
    ("s", 1.0, 1.0),
    ("min", 60.0, 120.0),
    ("h", 3600.0, 7200.0),
    ("d", 86400.0, 4.0 * 86400.0),
];

/// The unit in which an axis over `[lo, hi]` of `unit` is best read. Lengths in m and times in s get a prefix; any
/// other unit stays.
pub fn for_axis(unit: &str, lo: f64, hi: f64) -> Unit {
    let most = lo.abs().max(hi.abs());
    let steps: &[Step] = match unit {
        _ if most == 0.0 || !most.is_finite() => &[],
        "m" => &LENGTHS,
        "s" => &TIMES,
        _ => &[],
    };
    // An end that was computed may miss a round number by rounding.
    let chosen = steps.iter().rev().find(|(_, _, from)| most >= from * (1.0 - 1e-9));
    let (name, size) = chosen.map_or((unit, 1.0), |(name, size, _)| (*name, *size));
    Unit {
        name: pretty(name),
        size,
    }
}

/// A value with its unit, as titles show it: `2.5 h` for 9000 s.
pub fn quantity(value: f64, unit: &str) -> String {
    let shown = for_axis(unit, value, value);
    format!("{} {}", short_number(value / shown.size), shown.name)
        .trim_end()
        .to_string()
}

/// A unit with its powers raised, as `kg/m³` for `kg/m3`, `kg/m^3`, and `kg m⁻³` for `kg m-3`. Only the units of
/// physics are taken apart, so that names such as CO2 stay.
pub fn pretty(unit: &str) -> String {
    let mut out = String::new();
    let mut rest = unit;
    while let Some(first) = rest.chars().next() {
        let symbol = rest
            .chars()
            .take_while(|c| c.is_alphabetic() || *c == 'µ')
            .map(char::len_utf8)
            .sum::<usize>();
        if symbol == 0 {
            out.push(if first == '*' { '·' } else { first });
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (name, after) = rest.split_at(symbol);
        let power = power_at(after);
        out.push_str(name);
        match power {
            Some((digits, length)) if is_symbol(name) => {
                out.push_str(&superscript(digits));
                rest = &after[length..];
            }
            _ => {
                let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                out.push_str(&after[..digits]);
                rest = &after[digits..];
            }
        }
    }
    out
}

/// The integer power at the start of `text`, with or without a `^` before it, and the bytes it takes.
fn power_at(text: &str) -> Option<(&str, usize)> {
    let caret = usize::from(text.starts_with('^'));
    let sign = usize::from(text[caret..].starts_with('-'));
    let digits = text[caret + sign..].bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| (&text[caret..caret + sign + digits], caret + sign + digits))
}

fn is_symbol(name: &str) -> bool {
    const SYMBOLS: [&str; 22] = [
        "m", "km", "cm", "mm", "µm", "nm", "s", "h", "d", "g", "kg", "mg", "µg", "K", "mol", "A", "V", "W", "J", "N",
        "Pa", "Hz",
    ];
    SYMBOLS.contains(&name)
}

/// Digits and minus signs, raised.
pub fn superscript(text: &str) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = |c: char| match c.to_digit(10) {
        Some(digit) => DIGITS[digit as usize],
        None if c == '-' => '⁻',
        None => c,
    };
    text.chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(unit: &str, hi: f64) -> String {
        for_axis(unit, 0.0, hi).name
    }

    #[test]
    fn lengths_get_the_prefix_of_their_range() {
        assert_eq!(name("m", 20e3), "km");
        assert_eq!(name("m", 1500.0), "m");
        assert_eq!(name("m", 1.0), "m");
        assert_eq!(name("m", 0.02), "mm");
        assert_eq!(name("m", 3e-6), "µm");
        assert_eq!(name("m", 1e-12), "nm");
        assert_eq!(for_axis("m", -20e3, 5e3).size, 1e3);
    }

    #[test]
    fn times_run_from_femtoseconds_to_days() {
        let at = [5e-15, 5e-9, 5.0, 600.0, 7200.0, 3.0 * 86400.0, 10.0 * 86400.0];
        assert_eq!(at.map(|t| name("s", t)), ["fs", "ns", "s", "min", "h", "h", "d"]);
    }

    #[test]
    fn other_units_and_empty_ranges_stay() {
        assert_eq!(name("kg", 1e9), "kg");
        assert_eq!(name("m", 0.0), "m");
        assert_eq!(
            for_axis("", 0.0, 1.0),
            Unit {
                name: String::new(),
                size: 1.0
            }
        );
    }

    #[test]
    fn quantities_read_like_in_print() {
        let texts =
            [(9000.0, "s"), (0.0, "s"), (-2500.0, "m"), (1.3e-7, "kg/m3"), (0.4, "")].map(|(v, u)| quantity(v, u));
        assert_eq!(texts, ["2.5 h", "0 s", "−2.5 km", "1.3×10⁻⁷ kg/m³", "0.4"]);
    }

    #[test]
    fn powers_of_units_are_raised_and_names_are_not() {
        assert_eq!(pretty("kg/m3"), "kg/m³");
        assert_eq!(pretty("kg/m^3"), "kg/m³");
        assert_eq!(pretty("kg m-3 s-1"), "kg m⁻³ s⁻¹");
        assert_eq!(pretty("m2/s"), "m²/s");
        assert_eq!(pretty("ppm CO2"), "ppm CO2");
        assert_eq!(pretty("W*m^-2"), "W·m⁻²");
        assert_eq!(pretty("µg/m3"), "µg/m³");
        assert_eq!(pretty("1"), "1");
    }
}
