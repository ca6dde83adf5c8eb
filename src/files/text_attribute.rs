//! Text attributes of fixed length, the only kind of text that every reader of HDF5 understands.
//!
//! The crate `hdf5` writes fixed text only from types whose length is known at compile time, and never
//! null-terminated; both are needed here, hence the raw calls.

use hdf5_sys::h5::{herr_t, hsize_t};
use hdf5_sys::h5a::{H5Aclose, H5Acreate2, H5Awrite};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::{H5S_class_t, H5Sclose, H5Screate, H5Screate_simple};
use hdf5_sys::h5t::{H5T_C_S1, H5T_cset_t, H5T_str_t, H5Tclose, H5Tcopy, H5Tset_cset, H5Tset_size, H5Tset_strpad};
use std::ffi::CString;

/// How the end of a fixed-length text is marked in the file.
#[derive(Clone, Copy, PartialEq)]
enum Padding {
    /// As long as the text; shorter entries of a list are filled with null bytes.
    Null,
    /// A null byte after the text: what netCDF expects of the class of a dimension scale.
    Terminated,
}

/// Writes `text` as an attribute of `object`: ASCII where the text is, UTF-8 otherwise.
pub(super) fn write_text(object: &hdf5::Location, name: &str, text: &str) -> hdf5::Result<()> {
    write(object, name, &[text], false, Padding::Null)
}

/// Writes `text` null-terminated, as netCDF wants the marks of its dimension scales.
pub(super) fn write_terminated_text(object: &hdf5::Location, name: &str, text: &str) -> hdf5::Result<()> {
    write(object, name, &[text], false, Padding::Terminated)
}

/// Writes a one-dimensional list of texts as an attribute of `object`.
pub(super) fn write_text_list(object: &hdf5::Location, name: &str, texts: &[&str]) -> hdf5::Result<()> {
    write(object, name, texts, true, Padding::Null)
}

fn write(object: &hdf5::Location, name: &str, texts: &[&str], is_list: bool, padding: Padding) -> hdf5::Result<()> {
    let c_name = CString::new(name).map_err(|_| hdf5::Error::from("attribute name with a null byte"))?;
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(format!("the text of attribute '{name}' contains a null byte")
            .as_str()
            .into());
    }
    let terminator = usize::from(padding == Padding::Terminated);
    // HDF5 has no text of length zero: an empty one is a single null byte.
    let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0).max(1) + terminator;
    let mut bytes = vec![0u8; longest * texts.len()];
    for (slot, text) in bytes.chunks_exact_mut(longest).zip(texts) {
        slot[..text.len()].copy_from_slice(text.as_bytes());
    }
    let character_set = match texts.iter().all(|text| text.is_ascii()) {
        true => H5T_cset_t::H5T_CSET_ASCII,
        false => H5T_cset_t::H5T_CSET_UTF8,
    };
    let strpad = match padding {
        Padding::Null => H5T_str_t::H5T_STR_NULLPAD,
        Padding::Terminated => H5T_str_t::H5T_STR_NULLTERM,
    };
    let n_texts = texts.len() as hsize_t;
    hdf5::sync::sync(|| {
        // SAFETY: `sync` holds the lock of the library; every identifier is checked before it is used and closed once
        // by its `Owned`; `bytes` holds `n_texts` entries of `longest` bytes, the type and the space of the attribute.
        unsafe {
            let kind = Owned::new(H5Tcopy(*H5T_C_S1), H5Tclose)?;
            check(H5Tset_size(kind.id, longest))?;
            check(H5Tset_cset(kind.id, character_set))?;
            check(H5Tset_strpad(kind.id, strpad))?;
            let space = match is_list {
                true => H5Screate_simple(1, &n_texts, std::ptr::null()),
                false => H5Screate(H5S_class_t::H5S_SCALAR),
            };
            let space = Owned::new(space, H5Sclose)?;
            let id = H5Acreate2(
                object.id(),
                c_name.as_ptr(),
                kind.id,
                space.id,
                H5P_DEFAULT,
                H5P_DEFAULT,
            );
            let attribute = Owned::new(id, H5Aclose)?;
            check(H5Awrite(attribute.id, kind.id, bytes.as_ptr().cast()))
        }
    })
}

/// An identifier of the library that is closed when it goes out of scope.
struct Owned {
    id: hid_t,
    close: unsafe extern "C" fn(hid_t) -> herr_t,
}

impl Owned {
    fn new(id: hid_t, close: unsafe extern "C" fn(hid_t) -> herr_t) -> hdf5::Result<Owned> {
        match id < 0 {
            true => Err(hdf5::Error::query()?),
            false => Ok(Owned { id, close }),
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the identifier was valid when it was wrapped and nothing else closes it; the lock is held, because
        // every `Owned` lives inside `sync`.
        unsafe { (self.close)(self.id) };
    }
}

fn check(code: herr_t) -> hdf5::Result<()> {
    match code < 0 {
        true => Err(hdf5::Error::query()?),
        false => Ok(()),
    }
}
