//! What opens a release: its checklist as data, and what comes from git and from the previous release.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{Artifact, is_false};
use crate::model::ids::{Environment, Handle, ItemId, ObjectId, RoleName, Sha256Digest, TagName};
use crate::model::time::Timestamp;

words! {
    /// The type of a release, which decides who may open it and what it needs.
    ReleaseType {
        /// A planned release.
        Normal = "normal",
        /// A small urgent repair.
        Hotfix = "hotfix",
        /// A repair under an incident, reviewed afterwards.
        Emergency = "emergency",
    }
}

words! {
    /// When in the release's life an item is due.
    Phase {
        /// Before the decision; GO needs it.
        Before = "before",
        /// At each roll-out stage.
        Stage = "stage",
        /// After the roll-out; `close` needs it.
        After = "after",
        /// Only when rolling back.
        OnRollback = "on-rollback",
    }
}

words! {
    /// How much can go wrong, from the checklist.
    RiskClass {
        /// Little.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much.
        High = "high",
        /// The business itself.
        Critical = "critical",
    }
}

/// Who owns an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// One person.
    Person(Handle),
    /// Whoever holds the role.
    Role(RoleName),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(handle) => handle.fmt(f),
            Self::Role(role) => write!(f, "@{role}"),
        }
    }
}

/// Opens a release: everything that the verdict needs to know of the checklist and the commits, as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The title, from the checklist's heading or else the tag's name.
    pub title: String,
    /// Where the release goes.
    pub environment: Environment,
    /// The type, which decides who may open it.
    pub release_type: ReleaseType,
    /// The policy's component that the tag belongs to.
    pub component: String,
    /// Which checklist was read.
    pub checklist: ChecklistSource,
    /// The items with their owners and requirements resolved under the policy of `policy_head`.
    pub items: Vec<OpenItem>,
    /// What people take for tasks of the checklist and is none, so that nobody signs it; at most 20 are listed.
    #[serde(default, skip_serializing_if = "Unread::is_empty")]
    pub unread: Unread,
    /// The risk class and its reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// The roll-out stages in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<OpenStage>,
    /// The conditions under which to roll back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
    /// The steps of rolling back, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub procedure: Vec<String>,
    /// What the release changes, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<String>,
    /// The tagger and everyone who wrote or committed something in the range.
    pub implementers: Implementers,
    /// The previous release, from which the range of commits runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousRelease>,
    /// The number of commits in the range.
    pub commits: u64,
    /// Who asked for the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<Handle>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The change ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What the release means for security.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_impact: Option<String>,
    /// The planned window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// What was built from the tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

/// What an open record takes from the checklist file, as the policy that it names resolves it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The title, from the file's heading or else the tag's name.
    pub title: String,
    /// Which file was read, and by which rules.
    pub checklist: ChecklistSource,
    /// The items with their owners and requirements.
    pub items: Vec<OpenItem>,
    /// What people take for tasks and is none.
    pub unread: Unread,
    /// The risk class and its reasons.
    pub risk: Option<Risk>,
    /// The roll-out stages in order.
    pub stages: Vec<OpenStage>,
    /// The conditions under which to roll back.
    pub triggers: Vec<String>,
    /// The steps of rolling back, in order.
    pub procedure: Vec<String>,
    /// What the release changes, one line each.
    pub scope: Vec<String>,
}

/// What an open record takes from history: the commits between the previous release and the tagged commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The tagger and everyone who wrote or committed something in the range.
    pub implementers: Implementers,
    /// The number of commits in the range.
    pub commits: u64,
}

words! {
    /// Why what people take for a task is none.
    UnreadCause {
        /// Its box is written otherwise than Markdown's.
        Box = "box",
        /// It stands in raw HTML, in which Markdown is not read.
        Html = "html",
        /// Its box stands in a table whose rows are no items.
        Cell = "cell",
        /// It was to be a directive, and its name or colon is written otherwise.
        Directive = "directive",
        /// It stands where the file says when to roll back, and is one of the triggers.
        Trigger = "trigger",
    }
}

/// What people take for a task, and is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnreadTask {
    /// Its line, from 1.
    pub line: u32,
    /// Why it is none.
    pub cause: UnreadCause,
    /// The beginning of the line.
    pub text: String,
}

/// Everything of a file that people take for a task and that is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// On how many lines something stands.
    pub count: u32,
    /// The first of them.
    pub tasks: Vec<UnreadTask>,
}

impl Unread {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.tasks.is_empty()
    }

    /// Keeps the first few.
    #[must_use]
    pub fn first(&self, most: usize) -> Self {
        Self { count: self.count, tasks: self.tasks.iter().take(most).cloned().collect() }
    }
}

/// The checklist file that an `open` resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistSource {
    /// Its path in the tagged tree.
    pub path: String,
    /// SHA-256 of the file's bytes.
    pub sha256: Sha256Digest,
    /// The version of the rules by which Markdown was read; a disagreement under the same number is a finding.
    pub parser: u32,
}

/// One item with everything the verdict asks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenItem {
    /// Its position among the checklist's items, from 1.
    pub number: u32,
    /// Its id.
    pub id: ItemId,
    /// Its digest.
    pub digest: Sha256Digest,
    /// Its text as people read it.
    pub title: String,
    /// When it is due.
    pub phase: Phase,
    /// Who owns it; without one it falls to the policy's release managers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// What satisfies it.
    pub requirements: Requirements,
    /// First and last line in the checklist, from 1.
    pub lines: (u32, u32),
    /// The item that this one stands below, which needs its children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ItemId>,
    /// The labels by which the policy's rules may single it out, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// GO does not need it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// It can't be undone, so it needs a named approver.
    #[serde(default, skip_serializing_if = "is_false")]
    pub irreversible: bool,
    /// The command that checks it, run only with consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The paths that an approval speaks of, for carrying it to a later candidate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
}

/// What satisfies an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// How many people other than the owner must review.
    pub reviews: u32,
    /// The roles of which each must have been held by one of the reviewers; with an empty list any eligible person may
    /// review.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleName>,
    /// Reviews count only from a hardware key with user presence.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hardware_key: bool,
    /// The owner's word needs evidence with a digest.
    #[serde(default, skip_serializing_if = "is_false")]
    pub evidence: bool,
    /// Words on the item older than this at the decision no longer count, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// How many people must waive it for the waiver to hold; 0 means that it can't be waived.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub waiver_people: u32,
}

fn one() -> u32 {
    1
}

fn is_one(value: &u32) -> bool {
    *value == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// The risk of a release as its checklist states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// The class.
    pub class: RiskClass,
    /// Why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// A stage of the roll-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenStage {
    /// Its id, a slug of the name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The share of traffic, as written, such as `10%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<String>,
    /// How long to wait before the next, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bake: Option<u64>,
    /// What must hold meanwhile, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<String>,
}

/// Who made what is released.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Implementers {
    /// Who made the tag, where the policy knows the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagger: Option<Handle>,
    /// Authors, committers and co-authors in the range whom the policy knows, sorted.
    pub people: Vec<Handle>,
    /// The names of identities in the range that the policy maps to nobody, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// Commits in which no person stands, only addresses that the policy lists as those of bots and forges, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bot_commits: Vec<ObjectId>,
    /// How many more there are of these.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_bot_commits: u64,
}

impl Implementers {
    /// How many of the commits in which no person stands are told by their ids.
    const MOST_TOLD: usize = 10;

    /// Names the commits in which no person stands, where there are any.
    pub fn told_bot_commits(&self) -> Option<String> {
        let told: Vec<_> = self.bot_commits.iter().take(Self::MOST_TOLD).map(ObjectId::short).collect();
        let more = self.more_bot_commits.saturating_add((self.bot_commits.len() - told.len()) as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!told.is_empty()).then(|| format!("{}{more}", told.join(", ")))
    }
}

/// The previous release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviousRelease {
    /// Its tag.
    pub tag: TagName,
    /// Its tag object.
    pub tag_object: ObjectId,
    /// Its commit.
    pub commit: ObjectId,
    /// It was named by hand instead of found, which takes two people.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overridden: bool,
}

/// A span of time, from inclusive, to exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// When it begins.
    pub from: Timestamp,
    /// When it has ended.
    pub to: Timestamp,
}
