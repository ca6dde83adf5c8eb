//! Checksums of what checkpoints are made of: XXH3 with 128 bits, <https://github.com/Cyan4973/xxHash>.
//!
//! Not against malice: against disks, networks and programs that lose bits. Two different contents have the same checksum
//! with a probability of 2^-128.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use twox_hash::xxhash3_128::Hasher;

/// The checksum of a sequence of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(u128);

impl Checksum {
    /// That of `bytes`.
    pub fn of(bytes: &[u8]) -> Checksum {
        Checksum(Hasher::oneshot(bytes))
    }

    /// The checksum that [`Checksum`]'s `Display` wrote.
    pub fn parse(text: &str) -> Option<Checksum> {
        let is_plain = text.len() == 32 && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
        is_plain.then(|| u128::from_str_radix(text, 16).ok().map(Checksum))?
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Checksum, D::Error> {
        let text = String::deserialize(deserializer)?;
        Checksum::parse(&text).ok_or_else(|| de::Error::custom(format!("'{text}' is not a checksum")))
    }
}

/// A checksum under way.
#[derive(Clone)]
pub struct Checksummer(Hasher);

impl Checksummer {
    pub fn new() -> Checksummer {
        Checksummer(Hasher::new())
    }

    /// Goes on with `bytes`.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// That of all bytes so far.
    pub fn finish(&self) -> Checksum {
        Checksum(self.0.finish_128())
    }
}

impl Default for Checksummer {
    fn default() -> Checksummer {
        Checksummer::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_checksum_of_the_whole_which_is_the_published_one() {
        // XXH3_128bits("abc") by the reference implementation, `xxhsum -H2`.
        let expected = "06b05ab6733a618578af5f94892f3950";
        assert_eq!(Checksum::of(b"abc").to_string(), expected);
        let mut pieces = Checksummer::new();
        pieces.add(b"a");
        pieces.add(b"bc");
        assert_eq!(pieces.finish(), Checksum::of(b"abc"));
    }

    #[test]
    fn a_checksum_is_read_as_it_was_written_and_nothing_else_is_one() {
        let checksum = Checksum::of(b"");
        assert_eq!(Checksum::parse(&checksum.to_string()), Some(checksum));
        for text in [
            "",
            "06b05ab6",
            "+6b05ab6733a618578af5f94892f3950",
            "06B05ab6733a618578af5f94892f3950",
        ] {
            assert_eq!(Checksum::parse(text), None, "{text}");
        }
    }
}
