//! The `allowed_signers` file by which `ssh-keygen -Y verify` checks records without relsign.

use std::collections::BTreeMap;

use super::keyring::Keyring;
use crate::model::record::NAMESPACE;

/// Writes a keyring as the content of an `allowed_signers` file, sorted by holder.
///
/// Nothing can be injected: a principal is made of a-z, 0-9, `@`, `:` and `-` only, which are no patterns there, and the
/// key is written anew from its wire form without a comment.
pub fn allowed_signers(keyring: &Keyring) -> String {
    let lines: BTreeMap<_, _> = keyring.entries().map(|(print, entry)| ((&entry.principal, print), entry)).collect();
    lines.into_values().map(|entry| format!("{} namespaces=\"{NAMESPACE}\" {}\n", entry.principal, entry.key.text())).collect()
}
