//! Reads the attributes of a snapshot, with errors that name attribute and file.

use crate::error::{Error, Result};
use hdf5::H5Type;
use hdf5::types::{FixedAscii, FixedUnicode, TypeDescriptor};
use std::path::Path;

/// Longest text attribute that is read, bytes.
const TEXT_BYTES: usize = 1 << 16;

/// The error that the file at `path` is not what it should be.
pub(super) fn not_a_snapshot(path: &Path, cause: &str) -> Error {
    Error::io("read", path, format!("this is not a simrun snapshot: {cause}"))
}

/// The attributes of one object in the file at `path`.
pub(super) struct Attributes<'a> {
    pub object: &'a hdf5::Location,
    pub path: &'a Path,
}

impl Attributes<'_> {
    /// The number in attribute `name`.
    pub(super) fn number<T: H5Type>(&self, name: &str) -> Result<T> {
        let value = self.find(name)?.read_scalar();
        value.map_err(|e| not_a_snapshot(self.path, &format!("attribute {name}: {e}")))
    }

    /// The `n` numbers in attribute `name`.
    pub(super) fn list<T: H5Type>(&self, name: &str, n: usize) -> Result<Vec<T>> {
        let attribute = self.find(name)?;
        if attribute.size() != n {
            let cause = format!("attribute {name} has {} entries instead of {n}", attribute.size());
            return Err(not_a_snapshot(self.path, &cause));
        }
        let values = attribute.read_raw();
        values.map_err(|e| not_a_snapshot(self.path, &format!("attribute {name}: {e}")))
    }

    /// The text in attribute `name`.
    pub(super) fn text(&self, name: &str) -> Result<String> {
        let attribute = self.find(name)?;
        let text = match attribute.dtype().and_then(|dtype| dtype.to_descriptor()) {
            Ok(TypeDescriptor::FixedAscii(n)) if n <= TEXT_BYTES => {
                let text = attribute.read_scalar::<FixedAscii<TEXT_BYTES>>();
                text.map(|text| text.as_str().to_owned())
            }
            Ok(TypeDescriptor::FixedUnicode(n)) if n <= TEXT_BYTES => {
                // Bytes that are no UTF-8 are not caught by the library.
                let text = attribute.read_scalar::<FixedUnicode<TEXT_BYTES>>();
                text.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned())
            }
            Ok(other) => Err(format!("it is {other} instead of a text of at most {TEXT_BYTES} bytes").into()),
            Err(e) => Err(e),
        };
        text.map_err(|e| not_a_snapshot(self.path, &format!("attribute {name}: {e}")))
    }

    /// Whether there is an attribute `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.object.attr(name).is_ok()
    }

    fn find(&self, name: &str) -> Result<hdf5::Attribute> {
        let missing = |_| not_a_snapshot(self.path, &format!("attribute {name} is missing"));
        self.object.attr(name).map_err(missing)
    }
}
