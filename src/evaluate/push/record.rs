//! New records in a pushed log: whether each may be added, whoever's word it is and whatever it will count for.

use std::collections::BTreeSet;

use super::super::reason::Refusal;
use crate::evaluate::chain::unknown_head;
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, Principal, RecordId, Sha256Digest};
use crate::model::log::Record;
use crate::model::policy::{KeyState, Limits, Policy, PolicyChain, Right};
use crate::model::record::{Authority, Body, CopiedTo, Home, Subject, SubjectDigest};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

use super::super::freeze;
use super::super::root_log::{ROOT_SUBJECT, ever_might};

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

/// Returns the tag, by its full name and object, that a record is about.
pub fn tag_of(record: &Record) -> Option<(&str, ObjectId)> {
    record.subjects.iter().find_map(|subject| match subject.digest {
        SubjectDigest::GitTag(id) => Some((subject.name.as_str(), id)),
        _ => None,
    })
}

/// Whether a valid record may stand where it was put, and as what.
///
/// # Errors
/// Why it may not.
pub fn place(record: &Verified<Record>, spot: Location<'_>) -> Result<Placement, Refusal> {
    let value = record.value();
    let tag = tag_of(value).map(|(_, id)| id);
    let (root, digest) = spot.root;
    let of_root =
        |subject: &crate::model::record::Subject| subject.name == ROOT_SUBJECT && subject.digest == SubjectDigest::Sha256(digest);
    let row = value.body.row();
    match row.copied_to {
        _ if row.home == Home::Elsewhere => Err(misplaced(record, "does not belong in a log")),
        _ if tag == Some(spot.object) => Ok(Placement::Own),
        CopiedTo::Name if spot.name == Some(spot.object) => Ok(Placement::Copy),
        CopiedTo::Root if spot.object == root => Ok(Placement::Copy),
        _ if spot.object == root && tag.is_none() && value.subjects.iter().any(of_root) => match record.principal().person() {
            Some(_) => Ok(Placement::Own),
            // Every push is judged by this log, and a machine has no word in it.
            None => Err(Refusal::new(
                Code::MachineNotPerson,
                format!("{} is about all refs, which only a person may sign", describe(record)),
            )),
        },
        _ => Err(misplaced(record, "is attached to something that it is not about")),
    }
}

fn misplaced(record: &Verified<Record>, why: &str) -> Refusal {
    Refusal::new(Code::SubjectMismatch, format!("{} {why}", describe(record)))
}

/// Whether a record of the root log is by somebody who may ever have meant something by it: any version of the policy
/// gave its signer the right that such a record needs, or it withdraws a word of its own author.
///
/// Rights come and go, so this asks less than what it takes to count. Records about releases are not asked at all: whoever
/// decides names every valid record that they hold, and could not share the decision where one of those may not come.
///
/// `author` gives the signer of another record of the root log, `open` is the open record that a freeze names.
///
/// # Errors
/// Its signer never had the right, or speaks for somebody else, or what the right depends on is not here.
pub fn in_authority(
    record: &Verified<Record>,
    chain: &PolicyChain,
    author: impl FnMut(&RecordId) -> Option<Principal>,
    open: Option<&Verified<Record>>,
) -> Result<(), Refusal> {
    let who = record.principal();
    if let Body::Freeze(freeze) = &record.value().body
        && let Some(release) = freeze.release
        && !ever_might(chain, record, Right::Freeze)
    {
        if open.is_none() {
            let message =
                format!("{} names {}, which is not in the log of the tag that it names", describe(record), release.open.short());
            return Err(Refusal::new(Code::RecordMissing, message));
        }
        return freeze::check_signer(chain, record, freeze, open)
            .map_err(|refusal| Refusal::new(refusal.code, format!("{} is refused: {}", describe(record), refusal.message)));
    }
    let row = record.value().body.row();
    let right = match row.authority {
        Authority::Right(right) if row.home == Home::Root => right,
        Authority::Author => {
            return match row.targets.iter().find_map(author) {
                Some(author) if author != *who => {
                    let message = format!("{} withdraws a record of {author}, which only {author} can do", describe(record));
                    Err(Refusal::new(Code::NotAuthorised, message))
                }
                _ => Ok(()),
            };
        }
        _ => return Ok(()),
    };
    if chain.versions().any(|version| gives(&version.policy, who, right)) {
        return Ok(());
    }
    let who_may = chain.head().policy.who_may(right);
    let message =
        format!("{} is refused: {who} may not {right} under any version of the policy; who may: {who_may}", describe(record));
    Err(Refusal::new(Code::NotAuthorised, message))
}

/// Whether a policy gives a right, or one of its windows does.
fn gives(policy: &Policy, who: &Principal, right: Right) -> bool {
    let windows = policy.contents().freezes.iter().filter(|_| right == Right::Grant).filter_map(|window| window.grant.as_ref());
    let of_window = |handle| windows.into_iter().any(|grantees| policy.is_among(handle, grantees));
    policy.may(who, right) || who.person().is_some_and(of_window)
}

/// Names a record for people: its kind, signer and the beginning of its id.
pub fn describe(record: &Verified<Record>) -> String {
    format!("{} {} by {}", record.value().kind, record.id().short(), record.principal())
}

/// Whether a record can be judged where it is put: its policy version is in the chain, it speaks of the tag as it is, and
/// its kind
/// is known, or its key one that somebody with a newer version of this program may use.
///
/// `subjects` are those of the tag object, sorted, where it is here. The verdict would call a record that breaks the first
/// two
/// rules undecidable or tampering for ever, and counts one that breaks the last against the release.
///
/// # Errors
/// Which rule it breaks.
pub fn judgeable(record: &Verified<Record>, chain: &PolicyChain, subjects: Option<&[Subject]>) -> Result<(), Refusal> {
    let value = record.value();
    if let Some(code) = unknown_head(chain, value.policy_head) {
        let version = value.policy_head.version;
        let message = format!("{} names policy version {version}, which is not in the chain here", describe(record));
        return Err(Refusal::new(code, message));
    }
    if let Some(subjects) = subjects {
        let mut own: Vec<&Subject> = value.subjects.iter().collect();
        own.sort();
        if !own.into_iter().eq(subjects) {
            return Err(misplaced(record, "is not about the tag as it is here"));
        }
    }
    let is_active = || chain.head().policy.key(record.key()).is_some_and(|(_, key)| key.state == KeyState::Active);
    if matches!(value.body, Body::Unknown(_)) && !is_active() {
        let message = format!(
            "{} is of a kind that is not known here, and the policy in force does not list its key as active",
            describe(record)
        );
        return Err(Refusal::new(Code::KindUnknown, message));
    }
    Ok(())
}

/// Whether everything that a record names is there.
///
/// # Errors
/// What is missing.
pub fn connected(record: &Verified<Record>, spot: Location<'_>) -> Result<(), Refusal> {
    let value = record.value();
    match value.names().find(|id| !spot.known.contains(id)) {
        None => Ok(()),
        Some(missing) => {
            let message = format!("{} names {}, which is not in the log", describe(record), missing.short());
            Err(Refusal::new(Code::RecordMissing, message))
        }
    }
}

/// Judges the time that a record claims against the clock of whoever judges; what comes late is told and let through
/// unless the policy sets a limit.
///
/// # Errors
/// It lies in the future, or further back than the policy allows.
pub fn timely(record: &Verified<Record>, limits: &Limits, now: Timestamp) -> Result<Option<String>, Refusal> {
    let time = record.value().time;
    let seconds = |span: u64| i64::try_from(span).unwrap_or(i64::MAX);
    if time.seconds() > now.seconds().saturating_add(seconds(limits.clock_skew)) {
        let message = format!("{} claims to be signed at {time}, and it is now {now}", describe(record));
        return Err(Refusal::new(Code::TimeInFuture, message));
    }
    let age = now.seconds().saturating_sub(time.seconds());
    match limits.max_backdate {
        Some(most) if age > seconds(most) => {
            let message = format!(
                "{} claims to be signed at {time}, longer ago than limits.max_backdate of the policy allows",
                describe(record)
            );
            Err(Refusal::new(Code::RecordBackdated, message))
        }
        None if age > LATE => Ok(Some(format!("{} claims {time} and arrives only now", describe(record)))),
        _ => Ok(None),
    }
}
