//! The digest of an item: what a signature on it is bound to.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::model::ids::Sha256Digest;

/// Computes the digest of an item.
///
/// It is the SHA-256 of, in this order:
///
/// 1. the 15 bytes of `relsign-item-v1` and a line feed (0x0a);
/// 2. a field with the bytes of the item's own lines, line ends as they are, the lines of its child items left out;
/// 3. the number of headings it stands below, as an unsigned 64-bit big-endian number, then a field for each heading's
///    title, outermost first;
/// 4. the number of its attributes, likewise, then for each, in the order of their names' bytes, a field with the name
///    and a field with the value.
///
/// A field is its length in bytes as an unsigned 64-bit big-endian number, followed by its bytes; text is UTF-8. Since
/// every part carries its length, no two items have the same input.
pub fn item_digest(own_lines: &[u8], section: &[String], attributes: &BTreeMap<String, String>) -> Sha256Digest {
    let mut hash = Sha256::new();
    hash.update(b"relsign-item-v1\n");
    field(&mut hash, own_lines);
    hash.update((section.len() as u64).to_be_bytes());
    for title in section {
        field(&mut hash, title.as_bytes());
    }
    hash.update((attributes.len() as u64).to_be_bytes());
    for (name, value) in attributes {
        field(&mut hash, name.as_bytes());
        field(&mut hash, value.as_bytes());
    }
    Sha256Digest::from_bytes(hash.finalize().into())
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}
