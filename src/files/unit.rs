//! The text of a unit as powers of the seven base units and a factor.

/// A unit in terms of SI: one of it is `factor` times the product of the base units raised to `powers`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SiUnit {
    /// Powers of m, kg, s, A, K, mol, cd, in the order of openPMD.
    pub powers: [f64; 7],
    pub factor: f64,
}

const PURE_NUMBER: SiUnit = SiUnit {
    powers: [0.0; 7],
    factor: 1.0,
};

/// Units and their powers of m, kg, s, A, K, mol, cd, with their factor.
const UNITS: [(&str, [i32; 7], f64); 21] = [
    ("m", [1, 0, 0, 0, 0, 0, 0], 1.0),
    ("g", [0, 1, 0, 0, 0, 0, 0], 1e-3),
    ("s", [0, 0, 1, 0, 0, 0, 0], 1.0),
    ("min", [0, 0, 1, 0, 0, 0, 0], 60.0),
    ("h", [0, 0, 1, 0, 0, 0, 0], 3600.0),
    ("A", [0, 0, 0, 1, 0, 0, 0], 1.0),
    ("K", [0, 0, 0, 0, 1, 0, 0], 1.0),
    ("mol", [0, 0, 0, 0, 0, 1, 0], 1.0),
    ("cd", [0, 0, 0, 0, 0, 0, 1], 1.0),
    ("Hz", [0, 0, -1, 0, 0, 0, 0], 1.0),
    ("N", [1, 1, -2, 0, 0, 0, 0], 1.0),
    ("Pa", [-1, 1, -2, 0, 0, 0, 0], 1.0),
    ("J", [2, 1, -2, 0, 0, 0, 0], 1.0),
    ("W", [2, 1, -3, 0, 0, 0, 0], 1.0),
    ("C", [0, 0, 1, 1, 0, 0, 0], 1.0),
    ("V", [2, 1, -3, -1, 0, 0, 0], 1.0),
    ("T", [0, 1, -2, -1, 0, 0, 0], 1.0),
    ("Bq", [0, 0, -1, 0, 0, 0, 0], 1.0),
    ("F", [-2, -1, 4, 2, 0, 0, 0], 1.0),
    ("H", [2, 1, -2, -2, 0, 0, 0], 1.0),
    ("ohm", [2, 1, -3, -2, 0, 0, 0], 1.0),
];

const PREFIXES: [(&str, f64); 9] = [
    ("n", 1e-9),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("m", 1e-3),
    ("c", 1e-2),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
];

/// The unit that `text` (as `ug/m3`, `kg m-3`, `W/(m2 K)`) means; a pure number where it is not understood.
pub(super) fn to_si(text: &str) -> SiUnit {
    parse(text).unwrap_or(PURE_NUMBER)
}

fn parse(text: &str) -> Option<SiUnit> {
    let (above, below) = text.split_once('/').unwrap_or((text, ""));
    let below = match below.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?,
        None => below,
    };
    let mut out = PURE_NUMBER;
    for (part, sign) in [(above, 1), (below, -1)] {
        for symbol in part.split([' ', '*']).filter(|symbol| !matches!(*symbol, "" | "1")) {
            multiply(&mut out, symbol, sign)?;
        }
    }
    Some(out)
}

/// Multiplies `out` by `symbol` (a prefix, a unit and a power) raised to `sign`.
fn multiply(out: &mut SiUnit, symbol: &str, sign: i32) -> Option<()> {
    let end = symbol
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches('-')
        .len();
    let (name, power) = symbol.split_at(end);
    let power = sign
        * if power.is_empty() {
            1
        } else {
            power.parse::<i32>().ok()?
        };
    let (powers, factor) = find(name)?;
    for (total, one) in out.powers.iter_mut().zip(powers) {
        *total += f64::from(one * power);
    }
    // Rounded to the nearest decimal: 1e-3 times 1e-6 is not 1e-9 to the last bit.
    out.factor = format!("{:.12e}", out.factor * factor.powi(power)).parse().ok()?;
    Some(())
}

fn find(name: &str) -> Option<([i32; 7], f64)> {
    let exact = |wanted: &str| UNITS.iter().find(|(unit, _, _)| *unit == wanted);
    let plain = exact(name).map(|&(_, powers, factor)| (powers, factor));
    plain.or_else(|| {
        PREFIXES.iter().find_map(|(prefix, scale)| {
            let (_, powers, factor) = exact(name.strip_prefix(prefix)?)?;
            Some((*powers, scale * factor))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_units_are_understood() {
        let unit = |text| (to_si(text).powers.map(|p| p as i32), to_si(text).factor);
        assert_eq!(unit("K"), ([0, 0, 0, 0, 1, 0, 0], 1.0));
        assert_eq!(unit("ug/m3"), ([-3, 1, 0, 0, 0, 0, 0], 1e-9));
        assert_eq!(unit("kg m-3"), ([-3, 1, 0, 0, 0, 0, 0], 1.0));
        assert_eq!(unit("V/m"), ([1, 1, -3, -1, 0, 0, 0], 1.0));
        assert_eq!(unit("W/(m2 K)"), ([0, 1, -3, 0, -1, 0, 0], 1.0));
        assert_eq!(unit("1/s"), ([0, 0, -1, 0, 0, 0, 0], 1.0));
        assert_eq!(unit("mm"), ([1, 0, 0, 0, 0, 0, 0], 1e-3));
        assert_eq!(unit("min"), ([0, 0, 1, 0, 0, 0, 0], 60.0));
    }

    #[test]
    fn what_is_not_understood_counts_as_a_pure_number() {
        for text in ["", "1", "furlong/fortnight", "m/s/s", "m2.5"] {
            assert_eq!(to_si(text), PURE_NUMBER, "{text}");
        }
    }
}
