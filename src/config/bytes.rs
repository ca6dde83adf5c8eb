//! Amounts of memory as people write them.

const UNITS: [(&str, f64); 8] = [
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
];

/// More than any memory has, and few enough to be exact in an f64.
const MOST: f64 = 9e15;

/// How to write an amount of memory, for messages.
pub(super) const FORMS: &str =
    "write bytes as an integer, or for example \"64 KiB\", \"512 MiB\", \"2 GiB\", \"100 MB\" or \"1 GB\"";

/// The bytes that `text` means, to the nearest whole one; at least 1.
pub(super) fn bytes_from_text(text: &str) -> Option<u64> {
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[number.len()..];
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let bytes = (number.trim_end().parse::<f64>().ok()? * size).round();
    (1.0..=MOST).contains(&bytes).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_its_bytes() {
        for (text, bytes) in [
            ("64 KiB", 65_536),
            ("512 MiB", 536_870_912),
            ("2GiB", 2_147_483_648),
            ("1 TiB", 1_099_511_627_776),
            ("8 kB", 8_000),
            ("100 MB", 100_000_000),
            (" 1 GB ", 1_000_000_000),
            ("3 TB", 3_000_000_000_000),
            ("1.5 GiB", 1_610_612_736),
            ("0.001 KiB", 1),
        ] {
            assert_eq!(bytes_from_text(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_amount_of_memory_is_refused() {
        for text in [
            "",
            "MiB",
            "4096",
            "lots",
            "1 mib",
            "1 Mib",
            "1 M",
            "-1 GB",
            "0 GB",
            "0.0001 kB",
            "inf GB",
            "nan GB",
            "1e9 TB",
            "1 2 GB",
            "1 GB/s",
            "ä GB",
        ] {
            assert_eq!(bytes_from_text(text), None, "{text}");
        }
    }
}
