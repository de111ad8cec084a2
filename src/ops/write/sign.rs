//! Signing: from what a person wants to say to a line in the log that others can see.
//!
//! The order never changes: fetch, judge, show what it will count as, sign, write, remember, share. If sharing fails
//! the record is here all the same, and saying so is the exit code's business.

use std::collections::BTreeSet;

use super::identity::Identity;
use crate::git::notes::Append;
use crate::git::{Author, NOTES_REF, Repository};
use crate::keystore::{KeystoreError, SigningKey};
use crate::model::denial::Denial;
use crate::model::ids::{Nonce, ObjectId, Principal, RecordId, RoleName, RootDigest};
use crate::model::log::Record;
use crate::model::record::{Body, Evidence, PolicyHead, Signer, Subject};
use crate::model::time::Timestamp;
use crate::ops::TOOL;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::trust::Trust;
use crate::sign::verify::{Verified, verify_line};

/// What a record is to say, besides who says it and when.
pub struct Draft {
    /// What it speaks of.
    pub subjects: Vec<Subject>,
    /// The open record of the release.
    pub open: Option<RecordId>,
    /// The heads of the log that the signer has seen.
    pub parents: Vec<RecordId>,
    /// The role in which the signer acts.
    pub role: Option<RoleName>,
    /// A comment.
    pub comment: Option<String>,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// What it says.
    pub body: Body,
}

impl Draft {
    /// Begins one that says no more than its body, and has seen nothing.
    pub fn new(subjects: Vec<Subject>, body: Body) -> Self {
        Self { subjects, open: None, parents: Vec::new(), role: None, comment: None, evidence: Vec::new(), body }
    }
}

/// Draws the random bits of a record.
pub fn nonce() -> Outcome<Nonce> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal("the system gave no random bytes").because(error))?;
    Ok(Nonce::from_bytes(bytes))
}

/// Signed lines, each with the id of its record.
pub type Signed = Vec<(Vec<u8>, RecordId)>;

/// Makes the record of a draft, under a root and the version of the policy that its signer goes by.
pub fn record(
    time: Timestamp,
    (root, policy_head): (RootDigest, PolicyHead),
    (principal, key): (&Principal, &SigningKey),
    draft: Draft,
) -> Outcome<Record> {
    let kind = draft.body.kind().ok_or_else(|| Failure::internal("a record of an unknown kind can't be signed"))?;
    let parents = draft.parents.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    Ok(Record {
        subjects: draft.subjects,
        kind: kind.name().to_owned(),
        signer: Signer { handle: principal.clone(), fingerprint: key.public().fingerprint().clone() },
        nonce: nonce()?,
        root,
        policy_head,
        open: draft.open,
        parents,
        role: draft.role,
        comment: draft.comment,
        evidence: draft.evidence,
        time,
        tool: TOOL.to_owned(),
        body: draft.body,
    })
}

/// Signs a draft, and verifies it as anybody else's before it is handed out; in a dry run it only supposes that.
pub fn sign(session: &Session, trusted: &Trust, identity: &Identity, draft: Draft) -> Outcome<Verified> {
    sign_at(session, session.now, trusted, identity, draft)
}

/// Signs a draft that claims another time than now.
pub fn sign_at(session: &Session, time: Timestamp, trusted: &Trust, identity: &Identity, draft: Draft) -> Outcome<Verified> {
    let under = (trusted.root, trusted.chain.head().head());
    let record = record(time, under, (&identity.principal, &identity.key), draft)?;
    if let Some(shortcoming) = record.shortcoming() {
        return Err(Failure::usage(format!("the record {shortcoming}")).by(Denial::Incomplete).hint("nothing was signed"));
    }
    if session.dry_run {
        return suppose(record, &identity.key);
    }
    let line = identity.key.sign_record(&record)?;
    verify_line(&line, &trusted.keyring, &trusted.root)
        .map_err(|rejected| Failure::internal("the record just signed does not verify").because(rejected.finding.seen))
}

/// Supposes that a key signed a record.
pub fn suppose(record: Record, key: &SigningKey) -> Outcome<Verified> {
    Ok(Verified::supposed(record, key.public()).map_err(|problem| KeystoreError::Record(problem.to_string()))?)
}

/// Writes lines into the log of a tag object, and into the notes of the blobs of `also`, and remembers them.
///
/// A redact record stands in the note of the root blob too.
pub fn write(
    session: &Session,
    repository: &Repository,
    object: ObjectId,
    lines: Signed,
    also: &[Vec<u8>],
    summary: &str,
) -> Outcome<()> {
    let mut logs = vec![(object, lines.clone())];
    for blob in also {
        logs.push((repository.write_blob(blob)?, lines.clone()));
    }
    append(repository, &logs, &session.author(repository)?, summary)
}

/// Writes lines into logs, all of them at once, and remembers them.
pub(super) fn append(repository: &Repository, logs: &[(ObjectId, Signed)], author: &Author, summary: &str) -> Outcome<()> {
    let append = |(object, lines): &(ObjectId, Signed)| Append {
        notes_ref: NOTES_REF.to_owned(),
        object: *object,
        lines: lines.iter().map(|(line, _)| line.clone()).collect(),
    };
    let appends: Vec<Append> = logs.iter().map(append).collect();
    repository.append_notes(&appends, author, summary)?;
    for (object, lines) in logs {
        repository.remember_records(object, &lines.iter().map(|(_, id)| *id).collect())?;
    }
    Ok(())
}
