//! Which name was meant by a misspelt one.

/// The name among `candidates` that was probably meant by `name`: at most a third of its letters differ, swaps of
/// neighbours counting once and capitals not at all.
pub fn nearest_name<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name = name.to_lowercase();
    let n_letters = name.chars().count();
    let tolerance = (n_letters / 3).max(1).min(n_letters.saturating_sub(1));
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_another_word_is_not() {
        let names = ["diffusivity", "wind", "source", "x"];
        assert_eq!(nearest_name("difusivity", names), Some("diffusivity"));
        assert_eq!(nearest_name("wnid", names), Some("wind"));
        assert_eq!(nearest_name("Wind", names), Some("wind"));
        assert_eq!(nearest_name("X", names), Some("x"));
        assert_eq!(nearest_name("w", names), None);
        assert_eq!(nearest_name("colour", names), None);
    }
}
