//! Freeze exceptions: changes that went through a freeze or were to, by an exception or by break-glass, and what became of
//! each.
//!
//! An exception says what was asked and by whom, who let it, whether the ref took it, and through which freezes. The
//! register of exceptions lists all of them; the report of a release those that concern it.

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::Finding;
use super::freeze::Source;
use super::ids::{Fingerprint, Handle, ObjectId, Principal, RecordId, RefName};
use super::time::Timestamp;

told! {
    /// Where a change that was to go through a freeze stands.
    ExceptionState {
        /// It waits for people to grant it.
        Open = "open",
        /// It may be used, and was not.
        Granted = "granted, not used",
        /// The ref took it.
        Used = "used",
        /// The ref took the change, and too few people had granted it: it came by another way.
        Landed = "landed without it",
        /// Its time is over, and it was not used.
        Expired = "expired, not used",
        /// Its author withdrew it, and it was not used.
        Withdrawn = "withdrawn, not used",
        /// It lets nothing through, whoever grants it.
        Void = "void",
        /// Whether it was used is not known here.
        Unknown = "not known whether it was used",
    }
}

/// A change that went through a freeze, or was to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreezeException {
    /// The record that asks for it, or that uses break-glass.
    pub record: RecordId,
    /// Who signed it.
    pub by: Principal,
    /// With which key.
    pub key: Fingerprint,
    /// Break-glass was used: one person let it through alone.
    pub alone: bool,
    /// The ref.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// The last commit of the change.
    pub commit: ObjectId,
    /// The commit from which the change runs; none for break-glass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// Its commits, oldest first; none for break-glass.
    pub commits: Vec<ObjectId>,
    /// Why.
    pub reason: String,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When it was signed, as claimed.
    pub time: Timestamp,
    /// When a witness first saw the record.
    pub witnessed: Option<Timestamp>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Where it stands.
    pub state: ExceptionState,
    /// Why it lets nothing through, as it is judged now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Every yes to it, by claimed time and signer.
    pub grants: Vec<ExceptionGrant>,
    /// The people whose grants count, as it is judged now.
    pub granted_by: Vec<Handle>,
    /// How many more are needed.
    pub missing: u32,
    /// Whether the ref took it.
    pub landed: Landed,
    /// The record with which its author withdrew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<FreezeEnd>,
    /// The freezes of the ref that it was asked against: those that held when it was signed or began before it expired.
    pub freezes: Vec<HeldFreeze>,
    /// In a report, why it concerns the release.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<Concern>,
}

impl FreezeException {
    /// Whether one person let it through alone, or could have: what somebody signed who never might is void.
    pub fn is_broken_glass(&self) -> bool {
        self.alone && self.state != ExceptionState::Void
    }
}

/// A yes to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExceptionGrant {
    /// The record.
    pub record: RecordId,
    /// Who signed it.
    pub by: Principal,
    /// With which key.
    pub key: Fingerprint,
    /// When it was signed, as claimed.
    pub time: Timestamp,
    /// When a witness first saw it.
    pub witnessed: Option<Timestamp>,
    /// What they added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether it counts, as it is judged now.
    pub counts: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// Whether a ref took a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Landed {
    /// It did not.
    No,
    /// It did.
    Yes {
        /// The first commit of the ref that holds it.
        commit: ObjectId,
        /// The time that this commit claims to have been made at, which is before it was pushed.
        committed: Option<Timestamp>,
    },
    /// That can't be told here.
    Unknown {
        /// Why.
        why: String,
    },
}

told! {
    /// Why an exception concerns a release.
    Concern {
        /// The change lies in the release's range of commits.
        Commits = "the change is among the release's commits",
        /// It was for a ref that the release froze, at a time at which the release did.
        FrozenRef = "the release had frozen the ref",
        /// It was for a gated ref while the release was open.
        GatedRef = "the ref is gated, and the release was open",
    }
}

/// A freeze as it was held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldFreeze {
    /// Its name; that of the tag where a release asked for it.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// The patterns of the refs that it freezes.
    pub refs: Vec<String>,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends of itself; nothing where it holds until it is lifted.
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The record that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<FreezeEnd>,
    /// What no word says: that it holds at the time of the question, or that its time is over.
    pub holds: bool,
}

/// A record that ended something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreezeEnd {
    /// The record.
    pub record: RecordId,
    /// Its kind: `decide`, `close`, `withdraw` or `lift`.
    pub kind: String,
    /// Who signed it.
    pub by: Principal,
    /// When, as claimed.
    pub time: Timestamp,
    /// When a witness first saw it.
    pub witnessed: Option<Timestamp>,
    /// Why, where the record says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What freezes had to do with a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreezeReport {
    /// The exceptions that concern it: break-glass first, then by time.
    pub passages: Vec<FreezeException>,
    /// The freezes that it held itself.
    pub held: Vec<HeldFreeze>,
    /// The exceptions of the repository of which it is not known whether they concern it.
    pub unplaced: Vec<RecordId>,
    /// Why this may not be all.
    pub unknown: Vec<Finding>,
}
