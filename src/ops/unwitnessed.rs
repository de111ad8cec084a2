//! Records that a remote has had for a while and that no receipt names, where a witness signs for what comes: the hooks of that
//! server run no more, or its witness doesn't.
//!
//! When such a record was first fetched is kept in a file in the git directory. A receipt comes with the record that it names or
//! soon after, so an hour is late. That is worth knowing and changes no verdict.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::sync::side_ref;
use crate::git::{RECEIPTS_REF, Repository};
use crate::model::address::root_blob;
use crate::model::advice::Advice;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{ObjectId, RecordId};
use crate::model::policy::Right;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::sign::verify::verify_log;

/// The file, below relsign's own directory.
const FILE: &str = "unwitnessed.json";
/// The most that is read of it, in bytes.
const LIMIT: u64 = 4 << 20;
/// How many records are kept in it.
const MOST: usize = 10_000;
/// From when on a receipt is late, in seconds.
const LATE: i64 = 3600;

/// When each record without a receipt was first fetched.
type FirstSeen = BTreeMap<RecordId, Timestamp>;

/// After a fetch from a remote: keeps which of its records at `notes` no receipt names, with the time.
///
/// # Errors
/// If the notes or the receipts can't be read, or the file can't be read or written.
pub fn keep(session: &Session, repository: &Repository, trusted: &Workspace, remote: &str, notes: Option<ObjectId>) -> Outcome<()> {
    let is_kept = repository.read_own(FILE, LIMIT)?.is_some();
    let without =
        if is_witnessed(repository, trusted)? { without_receipt(repository, trusted, remote, notes)? } else { Vec::new() };
    if without.is_empty() && !is_kept {
        return Ok(());
    }
    repository.change_own(FILE, LIMIT, |bytes| {
        let before = read(bytes)?;
        let kept = |id: RecordId| (id, before.get(&id).copied().unwrap_or(session.now));
        let now: FirstSeen = without.into_iter().take(MOST).map(kept).collect();
        let failed =
            |error: serde_json::Error| Failure::internal("cannot write which records have no receipt").because(error.to_string());
        Ok((if now == before { None } else { Some(serde_json::to_vec(&now).map_err(failed)?) }, ()))
    })
}

/// Finds, as of a time, the records that have been here for an hour and that no receipt names.
///
/// # Errors
/// If the receipts or the file can't be read.
pub fn find(repository: &Repository, trusted: &Workspace, at: Timestamp) -> Outcome<Option<Finding>> {
    let kept = read(repository.read_own(FILE, LIMIT)?)?;
    if kept.is_empty() {
        return Ok(None);
    }
    let receipts = trusted.receipts(repository)?;
    let late: FirstSeen = kept.into_iter().filter(|(id, first)| first.plus(LATE) <= at && receipts.seen(id).is_none()).collect();
    let Some(first) = late.values().min() else { return Ok(None) };
    let seen = Seen::Unwitnessed { first: *first, records: late.into_keys().collect() };
    Ok(Some(Finding::new(seen).about(RECEIPTS_REF)))
}

/// Warns of them.
///
/// # Errors
/// As with [`find`].
pub fn tell(session: &Session, repository: &Repository, trusted: &Workspace, at: Timestamp) -> Outcome<()> {
    if let Some(finding) = find(repository, trusted, at)? {
        let text = format!("{}: {}; on the server, see whether its hooks still run", finding.code, finding.seen);
        session.warn(Advice::run(text, "relsign hook check --server"));
    }
    Ok(())
}

fn read(bytes: Option<Vec<u8>>) -> Outcome<FirstSeen> {
    // What can't be read is kept anew.
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// Whether a machine that the policy in force lets sign receipts has signed some that count.
fn is_witnessed(repository: &Repository, trusted: &Workspace) -> Outcome<bool> {
    let signed = trusted.receipts(repository)?.last();
    Ok(signed.keys().any(|witness| trusted.policy().may(witness, Right::Receipt)))
}

/// Returns the valid records of a remote's logs that no receipt names: of the root log, and of the tags that it has.
fn without_receipt(repository: &Repository, trusted: &Workspace, remote: &str, notes: Option<ObjectId>) -> Outcome<Vec<RecordId>> {
    let receipts = trusted.receipts(repository)?;
    // What was there when a witness last looked need not be read again.
    let mut looked_at = None;
    for commit in receipts.looked_at() {
        if repository.has_object(commit)? {
            looked_at = Some(*commit);
        }
    }
    let root = repository.blob_id(&root_blob(&trusted.root))?;
    let prefix = side_ref(remote, "tags/");
    let tags: BTreeSet<ObjectId> = repository.refs(&prefix)?.into_iter().map(|(_, id)| id).collect();
    let mut found = Vec::new();
    for (object, lines) in repository.lines_beyond(notes.as_ref(), looked_at.as_ref())? {
        if object == root || tags.contains(&object) {
            let log = verify_log(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
            found.extend(log.records.into_keys().filter(|id| receipts.seen(id).is_none()));
        }
    }
    Ok(found)
}
