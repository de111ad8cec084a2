//! Loading receipts: what witnesses say was there, out of the note on the root blob.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::receipts::{Receipts, weigh};
use crate::git::notes::Notes;
use crate::git::{RECEIPTS_REF, Repository};
use crate::model::address::root_blob;
use crate::model::finding::{Code, Finding, Seen};
use crate::model::ids::{ObjectId, Principal, RecordId, RootDigest};
use crate::model::policy::{PolicyChain, Right};
use crate::ops::error::Outcome;
use crate::ops::load::notes::lines_of;
use crate::sign::keyring::Keyring;
use crate::sign::verify::verify_log;

/// Reads, verifies and weighs all receipts, and remembers the last one of each witness.
///
/// # Errors
/// If the notes can't be read; what is wrong with a receipt is a finding of the result.
pub fn load(repository: &Repository, root: &RootDigest, chain: &PolicyChain, keyring: &Keyring) -> Outcome<Receipts> {
    let mut seen = BTreeMap::new();
    for witness in witnesses(chain) {
        seen.insert(witness.clone(), self::seen(repository, root, &witness)?);
    }
    let object = repository.blob_id(&root_blob(root))?;
    let mut unread = Vec::new();
    let lines = lines_of(&mut repository.notes(RECEIPTS_REF)?, &object, &mut unread)?;
    let log = verify_log(lines.iter().map(Vec::as_slice), keyring, root);
    let mut receipts = if log.records.is_empty() { Receipts::default() } else { weigh(chain, &log.records) };
    // Receipts speak for nothing but when a record came and that it is gone: where none can be read, a release is judged as where
    // none are, and no more is in doubt than whether there were any.
    let told = |finding: Finding| match finding.code {
        Code::TooManyLines => Finding::new(Seen::ReceiptsUnread { why: Box::new(finding.seen) }).about(RECEIPTS_REF),
        _ => finding.about(RECEIPTS_REF),
    };
    receipts.findings.extend(unread.into_iter().chain(log.findings).map(told));
    for (witness, seen) in seen {
        for id in seen.into_iter().filter(|id| !log.records.contains_key(id)) {
            let finding = Finding::new(Seen::ReceiptGone { id, witness: witness.clone() });
            receipts.findings.push(finding.record(id).about(RECEIPTS_REF));
        }
        if let Some(last) = receipts.last().get(&witness) {
            // A clone that can't be written to can still be read.
            let _ = remember(repository, root, &witness, *last);
        }
    }
    receipts.findings.sort();
    Ok(receipts)
}

/// Returns the machines that any version of the policy let sign receipts.
fn witnesses(chain: &PolicyChain) -> BTreeSet<Principal> {
    let machines = chain.versions().flat_map(|version| version.policy.contents().machines.iter());
    let may = machines.filter(|(_, machine)| machine.may.contains(&Right::Receipt));
    may.map(|(name, _)| Principal::Machine(name.clone())).collect()
}

/// Returns the lines of receipts at a commit of their notes.
///
/// # Errors
/// If the notes can't be read.
pub fn lines_at(repository: &Repository, tip: Option<&ObjectId>, root: &RootDigest) -> Outcome<BTreeSet<Vec<u8>>> {
    Ok(Notes::at(repository, tip)?.lines(&repository.blob_id(&root_blob(root))?)?)
}

/// Returns the receipts of a witness that were seen here as its last. Each stood in the notes before it was remembered, so
/// whoever reads this before the notes misses only what is gone from them, and nothing that another process has just signed.
///
/// # Errors
/// If this clone's memory can't be read.
pub fn seen(repository: &Repository, root: &RootDigest, witness: &Principal) -> Outcome<BTreeSet<RecordId>> {
    Ok(repository.seen_receipts(&memory(repository, root, witness)?)?)
}

/// Remembers a receipt as one that was a witness's last.
///
/// # Errors
/// If this clone's memory can't be written.
pub fn remember(repository: &Repository, root: &RootDigest, witness: &Principal, last: RecordId) -> Outcome<()> {
    Ok(repository.remember_receipt(&memory(repository, root, witness)?, last)?)
}

/// Names the place in this clone's memory for the receipts of a witness.
fn memory(repository: &Repository, root: &RootDigest, witness: &Principal) -> Outcome<ObjectId> {
    Ok(repository.blob_id(format!("relsign-receipts-v1 {root} {witness}\n").as_bytes())?)
}
