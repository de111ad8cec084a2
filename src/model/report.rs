//! The report: everything that a verdict rests on, in one value that every renderer shares.
//!
//! It is data for programs too (schemas/report.schema.json), so its field names are kept, and it is wholly ordered:
//! the same repository, pin, tool version and `as_of` give the same bytes. Text from the repository is still raw here;
//! the renderers make it safe to show.

use schemars::JsonSchema;
use serde::Serialize;

use super::course::{ConditionReport, CourseReport};
use super::exception::FreezeReport;
use super::finding::{Code, Finding};
use super::ids::{
    Environment, Fingerprint, Handle, ItemId, ObjectId, Principal, RecordId, RoleName, RootDigest, Sha256Digest, TagName,
};
pub use super::need::{Need, NeedKind};
use super::record::{
    Artifact, Change, ChecklistSource, Decision, Evidence, Implementers, ItemDue, OpenOnCall, OpenStage, OpenTrigger, Owner, Phase,
    PolicyHead, PreviousRelease, ReleaseType, Requirements, Risk, SignVerdict, Step, Window,
};
use super::time::Timestamp;

/// The format name in every JSON report; a change that takes something away gets another.
pub const REPORT_FORMAT: &str = "relsign-report-v1";

/// The verdict on one release, with all it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Always [`REPORT_FORMAT`].
    pub format: String,
    /// The program that made the report, such as `relsign/0.1.0`.
    pub tool: String,
    /// The clock that the verdict was asked for; records are never filtered by it.
    pub as_of: Timestamp,
    /// The tag that was asked about.
    pub tag: TagName,
    /// The pinned root.
    pub root: RootDigest,
    /// The newest policy version here.
    pub policy_head: PolicyHead,
    /// The policy version that governs the release: the one its open record names.
    pub governing_policy: Option<PolicyHead>,
    /// The answer.
    pub verdict: Verdict,
    /// Where the release stands.
    pub state: ReleaseState,
    /// Whether somebody who may close it has given it up or rolled it back: then it counts no more for its commit.
    pub ended: bool,
    /// Whether what is here is what was signed.
    pub integrity: Integrity,
    /// Waivers and rejects set aside, first because they are what an auditor reads first.
    pub exceptions: Vec<ExceptionReport>,
    /// What freezes had to do with it: what went through them, and what it froze. Nothing where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freezes: Option<FreezeReport>,
    /// The release as its open record describes it.
    pub release: Option<ReleaseReport>,
    /// The items in the checklist's order.
    pub items: Vec<ItemReport>,
    /// What became of it after it was opened.
    pub course: CourseReport,
    /// Every decision.
    pub decisions: Vec<DecisionReport>,
    /// The active people whom the governing policy lets decide, sorted.
    pub deciders: Vec<Handle>,
    /// The people and machines whose records stand here, and their authority under the governing policy.
    pub people: Vec<PersonReport>,
    /// Every valid record, parents before children.
    pub records: Vec<RecordReport>,
    /// The log's heads: the records that no other record names as a parent. A verdict is as of these.
    pub heads: Vec<RecordId>,
    /// The number of lines that were read, also invalid ones.
    pub lines: u64,
    /// Everything that was found, ordered.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the tag was opened and then deleted here alone, so that fetching brings it back.
    pub fn was_deleted_here(&self) -> bool {
        self.findings.iter().any(|finding| finding.code == Code::TagObjectMissing && finding.record.is_some())
    }

    /// Whether nothing more is to be done about the release: it was not opened, it was decided against, it was given up, or an end
    /// of it counts. One that goes back, or went back and was not closed, is not over, and neither is one taken up again.
    pub fn is_over(&self) -> bool {
        let has_ended = self.course.end().is_some();
        match self.state {
            ReleaseState::NotOpened | ReleaseState::Completed | ReleaseState::Abandoned => true,
            ReleaseState::NoGo => self.course.rollback.is_none() || has_ended,
            ReleaseState::Go | ReleaseState::RollingOut | ReleaseState::Out => false,
            ReleaseState::Open | ReleaseState::ConditionalGo | ReleaseState::RollingBack | ReleaseState::RolledBack => has_ended,
        }
    }
}

/// The answer to "may this go out?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verdict {
    /// The answer in one word.
    pub answer: Answer,
    /// The decision on which a yes rests.
    pub decision: Option<RecordId>,
    /// Why not, the most serious first; empty for a yes.
    pub reasons: Vec<Finding>,
}

told! {
    /// A yes, or one of the ways in which there is none.
    Answer {
        /// GO.
        Go = "GO",
        /// Not GO, and everything needed to say so is here.
        NoGo = "NO-GO",
        /// Something that the verdict needs is not here.
        CannotDecide = "CANNOT DECIDE",
        /// Something that the verdict needs is not what it claims to be.
        Tampered = "TAMPERED",
    }
}

told! {
    /// Where a release stands in its life.
    #[derive(Default)]
    ReleaseState {
        /// No release was opened on the tag by anyone who may.
        #[default]
        NotOpened = "not opened",
        /// Opened, and no decision holds.
        Open = "open",
        /// Decided: it may go out.
        Go = "go",
        /// Decided: it may go out once conditions are met.
        ConditionalGo = "conditional-go",
        /// Decided: it may not go out.
        NoGo = "no-go",
        /// On its way out.
        RollingOut = "rolling-out",
        /// Out: its last stage was entered.
        Out = "out",
        /// On its way back.
        RollingBack = "rolling-back",
        /// Out and done.
        Completed = "completed",
        /// Taken back.
        RolledBack = "rolled-back",
        /// Given up.
        Abandoned = "abandoned",
    }
}

told! {
    /// Whether what is here is what was signed, and all of it.
    Integrity {
        /// Everything that is named is here and is what it claims to be.
        Intact = "intact",
        /// Something that is named is not here.
        Incomplete = "incomplete",
        /// Something is not what it claims to be.
        Tampered = "tampered",
    }
}

/// The release as its open record describes it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReleaseReport {
    /// The open record.
    pub open: RecordId,
    /// Who opened it.
    pub opened_by: Principal,
    /// When they say they did.
    pub opened_at: Timestamp,
    /// The title.
    pub title: String,
    /// Where it goes.
    pub environment: Environment,
    /// Its type.
    pub release_type: ReleaseType,
    /// The policy's component.
    pub component: String,
    /// The tag object.
    pub tag_object: ObjectId,
    /// The commit.
    pub commit: ObjectId,
    /// The SHA-256 id of the commit's tree.
    pub tree_sha256: ObjectId,
    /// The checklist file.
    pub checklist: ChecklistSource,
    /// The risk.
    pub risk: Option<Risk>,
    /// The roll-out stages; the report's `course` says where each stands.
    pub stages: Vec<OpenStage>,
    /// When to roll back.
    pub triggers: Vec<OpenTrigger>,
    /// How to roll back.
    pub procedure: Vec<Step>,
    /// What changes.
    pub scope: Vec<Change>,
    /// Who is on call.
    pub on_call: Option<OpenOnCall>,
    /// What is known to be wrong and ships all the same.
    pub known_issues: Vec<String>,
    /// Who took part.
    pub attendees: Vec<String>,
    /// Who made what is released.
    pub implementers: Implementers,
    /// Enough people accepted the unknown authors for this release.
    pub unknown_accepted: bool,
    /// Who they are; where implementers may not review, they review nothing.
    pub unknown_accepted_by: Vec<Handle>,
    /// The unknown authors keep every review from counting.
    pub unknown_blocks: bool,
    /// The previous release.
    pub previous: Option<PreviousRelease>,
    /// The commit after which the first release of the component begins.
    pub since: Option<ObjectId>,
    /// The number of commits since then.
    pub commits: u64,
    /// The fields that a flag of the command stated instead of the file.
    pub given: Vec<String>,
    /// Who requested the release.
    pub requester: Option<Handle>,
    /// Why.
    pub reason: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The impact on security.
    pub security_impact: Option<String>,
    /// When it is planned.
    pub window: Option<Window>,
    /// What was built.
    pub artifacts: Vec<Artifact>,
}

told! {
    /// Where an item stands.
    ItemState {
        /// Nobody has said anything that counts.
        Pending = "pending",
        /// Its owner says partly done.
        Partial = "partial",
        /// Somebody rejected it.
        Rejected = "rejected",
        /// Its owner says done; reviews are missing.
        Done = "done",
        /// Done, and reviewed as the policy asks.
        Satisfied = "satisfied",
        /// The release goes without it.
        Waived = "waived",
        /// It does not apply, said by its owner and reviewed as the policy asks.
        NotApplicable = "not-applicable",
    }
}

impl ItemState {
    /// Whether a release may go out as far as this item is concerned.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Satisfied | Self::Waived | Self::NotApplicable)
    }
}

/// One item with every sign-off on it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ItemReport {
    /// Its position in the checklist.
    pub number: u32,
    /// Its id.
    pub id: ItemId,
    /// Its digest.
    pub digest: Sha256Digest,
    /// Its text.
    pub title: String,
    /// When it is due.
    pub phase: Phase,
    /// Its owner, after assignments; without one the release managers.
    pub owner: Option<Owner>,
    /// First and last line in the checklist.
    pub lines: (u32, u32),
    /// GO does not need it.
    pub optional: bool,
    /// It can't be undone.
    pub irreversible: bool,
    /// What satisfies it.
    pub requirements: Requirements,
    /// Where it stands.
    pub state: ItemState,
    /// When it is due, counted from an event.
    pub due: Option<ItemDue>,
    /// Before when it can't be signed as done, where the event is over.
    pub due_from: Option<Timestamp>,
    /// By when it is to be signed, where the event is over.
    pub due_to: Option<Timestamp>,
    /// The headings above it.
    pub section: Vec<String>,
    /// The record by which it was confirmed with its stage.
    pub confirmed: Option<RecordId>,
    /// What is still missing, and who can supply it.
    pub needs: Vec<Need>,
    /// Every sign-off on it, in the log's order.
    pub sign_offs: Vec<SignOffReport>,
}

/// A sign-off on an item, and whether it counts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SignOffReport {
    /// The record.
    pub record: RecordId,
    /// Who said it.
    pub signer: Principal,
    /// With which key.
    pub key: Fingerprint,
    /// What they said.
    pub verdict: SignVerdict,
    /// In which role.
    pub role: Option<RoleName>,
    /// When they say they said it.
    pub time: Timestamp,
    /// When a witness first saw it.
    pub witnessed: Option<Timestamp>,
    /// What they added.
    pub comment: Option<String>,
    /// Why, for the words that need a reason.
    pub reason: Option<String>,
    /// What they supported it with.
    pub evidence: Vec<Evidence>,
    /// The private notes among it, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub private_notes: Vec<PrivateNote>,
    /// Whether it counts.
    pub counts: bool,
    /// What it counts as, or why it does not count.
    pub counts_as: String,
    /// The code of the reason why it does not count.
    pub why_not: Option<Code>,
}

/// A note that can be erased: it is kept as evidence, and only its salted digest is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PrivateNote {
    /// The digest under which it is kept.
    pub sha256: Sha256Digest,
    /// What it says; nothing where it is erased or is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Enough people let it be erased.
    pub erased: bool,
}

impl PrivateNote {
    /// Returns what people are shown in its place.
    pub fn shown(&self) -> &str {
        match &self.text {
            Some(text) => text,
            None if self.erased => "erased",
            None => "not here",
        }
    }
}

/// A waiver, or a reject that was set aside.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExceptionReport {
    /// The item.
    pub item: ItemId,
    /// Its text.
    pub title: String,
    /// The waivers.
    pub records: Vec<RecordId>,
    /// The people who signed them.
    pub people: Vec<Handle>,
    /// Their reasons.
    pub reasons: Vec<String>,
    /// The tickets.
    pub tickets: Vec<String>,
    /// When the first of them ends.
    pub expires: Option<Timestamp>,
    /// The rejects that are set aside.
    pub over: Vec<RecordId>,
    /// Whether it holds.
    pub holds: bool,
}

/// A decision and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DecisionReport {
    /// The record.
    pub record: RecordId,
    /// Who decided.
    pub signer: Principal,
    /// With which key.
    pub key: Fingerprint,
    /// What.
    pub decision: Decision,
    /// When they say they did.
    pub time: Timestamp,
    /// When a witness first saw it.
    pub witnessed: Option<Timestamp>,
    /// The time at which ages and expiries are judged: the latest of the decision's and its records' times.
    pub basis_time: Timestamp,
    /// Why.
    pub reason: Option<String>,
    /// The conditions, and where each stands.
    pub conditions: Vec<ConditionReport>,
    /// The number of records it rests on.
    pub manifest: u64,
    /// Whether it holds: authorised, with basis, and nothing unseen speaks against it.
    pub holds: bool,
    /// Why it does not.
    pub reasons: Vec<Finding>,
}

/// Someone whose records stand here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonReport {
    /// Who.
    pub principal: Principal,
    /// The name the policy gives.
    pub name: Option<String>,
    /// Their roles under the governing policy.
    pub roles: Vec<RoleName>,
    /// The keys they signed with here.
    pub keys: Vec<Fingerprint>,
    /// The number of their records here.
    pub records: u64,
}

/// One valid record, in short.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RecordReport {
    /// Its id.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Who signed.
    pub signer: Principal,
    /// With which key.
    pub key: Fingerprint,
    /// The policy version they had accepted.
    pub policy: u32,
    /// When they say they signed.
    pub time: Timestamp,
    /// When a witness first saw it.
    pub witnessed: Option<Timestamp>,
    /// The item it is about.
    pub item: Option<ItemId>,
    /// What it says, in a few words.
    pub says: String,
    /// It breaks a rule and nobody relied on it, so no new record names it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}
