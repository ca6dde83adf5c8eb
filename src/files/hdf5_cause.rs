//! What went wrong in HDF5, in words for people.

/// The cause of `error` in one line: what the operating system said, where that is in HDF5's text.
pub(super) fn cause_of(error: hdf5::Error) -> String {
    one_line(&error.to_string())
}

fn one_line(text: &str) -> String {
    let said = text
        .split_once("error message = '")
        .and_then(|(_, rest)| rest.split_once('\''));
    match said {
        Some((said, _)) => said.to_owned(),
        None => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_system_are_found() {
        let text = "H5Dflush(): unable to flush dataset: file write failed: time = Fri Nov 20 10:45:16 2026\n, filename = \
                    '.a.h5.part', errno = 28, error message = 'No space left on device', buf = 0x560d695ec3f4";
        assert_eq!(one_line(text), "No space left on device");
        assert_eq!(one_line("H5Dopen(): no such\n  object"), "H5Dopen(): no such object");
    }
}
