//! Where logs lie: each is a note, and the note of an object whose bytes say what the log is of.

use super::ids::{RootDigest, TagName};

/// Returns the bytes of the blob on which repository-wide records are notes.
pub fn root_blob(root: &RootDigest) -> Vec<u8> {
    format!("relsign-root-v1 {root}\n").into_bytes()
}

/// Returns the bytes of the blob on which the open records of a tag's name are notes.
pub fn name_blob(root: &RootDigest, tag: &TagName) -> Vec<u8> {
    format!("relsign-name-v1 {root} {}\n", tag.full()).into_bytes()
}

/// Whether bytes are those of such a blob, of any root and name.
pub fn is_log_address(bytes: &[u8]) -> bool {
    bytes.starts_with(b"relsign-root-v1 ") || bytes.starts_with(b"relsign-name-v1 ")
}

/// Returns the full name of a ref as people name one: a branch, unless it begins with `refs/`.
pub fn full_ref(named: &str) -> String {
    if named.starts_with("refs/") { named.to_owned() } else { format!("refs/heads/{named}") }
}
