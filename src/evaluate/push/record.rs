//! New records in a pushed log: whether each may be added, whoever's word it is and whatever it will count for.

use std::collections::BTreeSet;

use crate::model::finding::Seen;
use crate::model::ids::{ObjectId, RecordId, Sha256Digest};
use crate::model::policy::Limits;
use crate::model::record::{CopiedTo, Home, Subject, SubjectDigest};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

use super::super::complete::describe;
use super::super::root_log::ROOT_SUBJECT;
use super::super::speaks_of;

/// How late a record may come before whoever pushes is told, in seconds, where the policy sets no limit.
const LATE: i64 = 7 * 86_400;

/// Where a line was added.
#[derive(Debug, Clone, Copy)]
pub struct Location<'a> {
    /// The object that the note is of.
    pub object: ObjectId,
    /// The blob of the root, and the SHA-256 of its bytes.
    pub root: (ObjectId, Sha256Digest),
    /// Ids of everything that the log of this object holds after the push.
    pub known: &'a BTreeSet<RecordId>,
    /// The blob of the name of the tag that the record is about, where it is about one.
    pub name: Option<ObjectId>,
}

/// What a record in its place is to the log there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// It belongs to this log.
    Own,
    /// It is the copy of an open record by which others find it.
    Copy,
}

/// Whether a valid record may stand where it was put, and as what.
///
/// # Errors
/// Why it may not.
pub fn place(record: &Verified, spot: Location<'_>) -> Result<Placement, Seen> {
    let tag = record.tag().map(|(_, id)| id);
    let (root, digest) = spot.root;
    let of_root = |subject: &Subject| subject.name == ROOT_SUBJECT && subject.digest == SubjectDigest::Sha256(digest);
    let row = record.body.row();
    match row.copied_to {
        _ if row.home == Home::Elsewhere => Err(Seen::NotForLogs { record: describe(record) }),
        _ if tag == Some(spot.object) => Ok(Placement::Own),
        CopiedTo::Name if spot.name == Some(spot.object) => Ok(Placement::Copy),
        CopiedTo::Root if spot.object == root => Ok(Placement::Copy),
        _ if spot.object == root && tag.is_none() && record.subjects.iter().any(of_root) => match record.principal().person() {
            Some(_) => Ok(Placement::Own),
            // Every push is judged by this log, and a machine has no word in it.
            None => Err(Seen::MachineSignedRoot { record: describe(record) }),
        },
        _ => Err(Seen::Misattached { record: describe(record) }),
    }
}

/// Whether a record about a tag speaks of it as it is; `subjects` are those of the tag object, sorted.
///
/// # Errors
/// It speaks of something else: the verdict would call that tampering for ever.
pub fn speaks_truly(record: &Verified, subjects: &[Subject]) -> Result<(), Seen> {
    if speaks_of(record, subjects) { Ok(()) } else { Err(Seen::TagDiffers { record: describe(record) }) }
}

/// Whether everything that a record names is there.
///
/// # Errors
/// What is missing.
pub fn connected(record: &Verified, spot: Location<'_>) -> Result<(), Seen> {
    match record.names().find(|id| !spot.known.contains(id)) {
        None => Ok(()),
        Some(missing) => Err(Seen::Unconnected { record: describe(record), missing: *missing }),
    }
}

/// Judges the time that a record claims against the clock of whoever judges; what comes late is told and let through
/// unless the policy sets a limit.
///
/// # Errors
/// It lies in the future, or further back than the policy allows.
pub fn timely(record: &Verified, limits: &Limits, now: Timestamp) -> Result<Option<String>, Seen> {
    let time = record.time;
    let seconds = |span: u64| i64::try_from(span).unwrap_or(i64::MAX);
    if time.seconds() > now.seconds().saturating_add(seconds(limits.clock_skew)) {
        return Err(Seen::Ahead { record: describe(record), time, now });
    }
    let age = now.seconds().saturating_sub(time.seconds());
    match limits.max_backdate {
        Some(most) if age > seconds(most) => Err(Seen::RecordBackdated { record: describe(record), time }),
        None if age > LATE => Ok(Some(format!("{} claims {time} and arrives only now", describe(record)))),
        _ => Ok(None),
    }
}
