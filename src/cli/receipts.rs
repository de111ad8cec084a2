//! Loading receipts: what witnesses say was there, out of the note on the root blob.

use super::error::Outcome;
use super::release::root_blob;
use crate::evaluate::receipts::{Receipts, weigh};
use crate::git::{RECEIPTS_REF, Repository};
use crate::model::ids::RootDigest;
use crate::model::policy::PolicyChain;
use crate::sign::keyring::Keyring;
use crate::sign::verify::verify_log;

/// Reads, verifies and weighs all receipts.
///
/// # Errors
/// If the notes can't be read; what is wrong with a receipt is a finding of the result.
pub fn load(repository: &Repository, root: &RootDigest, chain: &PolicyChain, keyring: &Keyring) -> Outcome<Receipts> {
    let object = repository.blob_id(&root_blob(root))?;
    let lines = repository.notes(RECEIPTS_REF)?.lines(&object)?;
    if lines.is_empty() {
        return Ok(Receipts::default());
    }
    let log = verify_log(lines.iter().map(Vec::as_slice), keyring, root);
    let mut receipts = weigh(chain, &chain.keys(), &log.records);
    receipts.findings.extend(log.findings.into_iter().map(|finding| finding.about(RECEIPTS_REF)));
    receipts.findings.sort();
    Ok(receipts)
}
