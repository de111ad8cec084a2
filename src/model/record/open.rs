//! What opens a release: its checklist as data, and what comes from git and from the previous release.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{After, Artifact, Blocks, Moment, NotBy};
use crate::model::ids::{Environment, Handle, ItemId, ObjectId, RoleName, Sha256Digest, TagName};
use crate::model::limit::Comparison;
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

wire! {
    /// Opens a release: everything that the verdict needs to know of the checklist and the commits, as data.
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
        pub unread?: Unread,
        /// The risk class and its reasons.
        pub risk?: Option<Risk>,
        /// The roll-out stages in order.
        pub stages?: Vec<OpenStage>,
        /// The conditions under which to roll back.
        pub triggers?: Vec<OpenTrigger>,
        /// The steps of rolling back, in order.
        pub procedure?: Vec<Step>,
        /// What the release changes.
        pub scope?: Vec<Change>,
        /// What is to be done besides the items, by the file and the policy.
        pub actions?: Vec<OpenAction>,
        /// Who is on call.
        pub on_call?: Option<OpenOnCall>,
        /// What is known to be wrong and ships all the same.
        pub known_issues?: Vec<String>,
        /// Who took part, as the file has it.
        pub attendees?: Vec<String>,
        /// The tagger and everyone who wrote or committed something in the range.
        pub implementers: Implementers,
        /// The previous release, from which the range of commits runs.
        pub previous?: Option<PreviousRelease>,
        /// Where the first release of the component begins, by the policy: the range holds what came after this commit.
        pub since?: Option<ObjectId>,
        /// The number of commits in the range.
        pub commits: u64,
        /// Which of the fields that come from the file a flag of the command stated instead, sorted; only `window` can be.
        pub given?: Vec<String>,
        /// Who asked for the release.
        pub requester?: Option<Handle>,
        /// Why.
        pub reason?: Option<String>,
        /// The change ticket.
        pub ticket?: Option<String>,
        /// What the release means for security.
        pub security_impact?: Option<String>,
        /// The planned window.
        pub window?: Option<Window>,
        /// What was built from the tag.
        pub artifacts?: Vec<Artifact>,
    }
}

impl Open {
    /// Whether a stage is the one of a checklist that has none. Of several none is, whatever it is called: it takes no more than its name
    /// to call the last of four so, and a machine may enter the one that is implied.
    pub fn implies(&self, stage: &OpenStage) -> bool {
        self.stages.len() == 1 && stage.is_all_at_once()
    }
}

impl OpenItem {
    /// Whether a decision to go needs it.
    pub fn is_needed(&self) -> bool {
        self.phase == Phase::Before && !self.optional
    }
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
    pub triggers: Vec<OpenTrigger>,
    /// The steps of rolling back, in order.
    pub procedure: Vec<Step>,
    /// What the release changes.
    pub scope: Vec<Change>,
    /// What is to be done besides the items, by the file and the policy.
    pub actions: Vec<OpenAction>,
    /// Who is on call.
    pub on_call: Option<OpenOnCall>,
    /// What is known to be wrong and ships all the same.
    pub known_issues: Vec<String>,
    /// Who took part, as the file has it.
    pub attendees: Vec<String>,
    /// The planned window, as the file has it.
    pub window: Option<Window>,
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

wire! {
    /// What people take for a task, and is none.
    pub struct UnreadTask {
        /// Its line, from 1.
        pub line: u32,
        /// Why it is none.
        pub cause: UnreadCause,
        /// The beginning of the line.
        pub text: String,
    }

    /// Everything of a file that people take for a task and that is none.
    #[derive(Default)]
    pub struct Unread {
        /// On how many lines something stands.
        pub count: u32,
        /// The first of them.
        pub tasks: Vec<UnreadTask>,
    }
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

wire! {
    /// The checklist file that an `open` resolved.
    pub struct ChecklistSource {
        /// Its path in the tagged tree.
        pub path: String,
        /// SHA-256 of the file's bytes.
        pub sha256: Sha256Digest,
        /// The version of the rules by which Markdown was read; a disagreement under the same number is a finding.
        pub parser: u32,
    }

    /// One item with everything the verdict asks of it.
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
        pub owner?: Option<Owner>,
        /// What satisfies it.
        pub requirements: Requirements,
        /// First and last line in the checklist, from 1.
        pub lines: (u32, u32),
        /// The item that this one stands below, which needs its children.
        pub parent?: Option<ItemId>,
        /// The labels by which the policy's rules may single it out, sorted.
        pub labels?: Vec<String>,
        /// GO does not need it.
        pub optional?: bool,
        /// It can't be undone, so it needs a named approver.
        pub irreversible?: bool,
        /// The command that checks it, run only with consent.
        pub check?: Option<String>,
        /// The paths that an approval speaks of.
        pub covers?: Vec<String>,
        /// From when and until when it may be signed, counted from an event.
        pub due?: Option<ItemDue>,
        /// Its own lines as they stand in the file, as its digest covers them.
        pub text: String,
        /// The titles of the headings above it, outermost first, as its digest covers them.
        pub section?: Vec<String>,
        /// What the file says about it, by name, as its digest covers it.
        pub attributes?: BTreeMap<String, String>,
    }

    /// When an item is due, counted from an event.
    #[derive(Copy)]
    pub struct ItemDue {
        /// The event.
        pub event: Moment,
        /// Not before so many seconds after it.
        pub from?: Option<u64>,
        /// And by so many seconds after it.
        pub to?: Option<u64>,
    }

    /// What satisfies an item.
    #[derive(Default)]
    pub struct Requirements {
        /// How many people other than the owner must review.
        pub reviews: u32,
        /// The roles of which each must have been held by one of the reviewers; with an empty list any eligible person may
        /// review.
        pub roles?: Vec<RoleName>,
        /// Reviews count only from a hardware key with user presence.
        pub hardware_key?: bool,
        /// The owner's word needs evidence with a digest.
        pub evidence?: bool,
        /// Words on the item older than this at the decision no longer count, in seconds.
        pub max_age?: Option<u64>,
        /// How many people must waive it for the waiver to hold; 0 means that it can't be waived.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        pub waiver_people: u32,
    }
}

fn one() -> u32 {
    1
}

fn is_one(value: &u32) -> bool {
    *value == 1
}

wire! {
    /// The risk of a release as its checklist states it.
    pub struct Risk {
        /// The class.
        pub class: RiskClass,
        /// Why.
        pub reasons?: Vec<String>,
    }

    /// A stage of the roll-out.
    pub struct OpenStage {
        /// Its id, a slug of the name.
        pub id: String,
        /// Its name.
        pub name: String,
        /// The share of traffic, as written, such as `10%`.
        pub traffic?: Option<String>,
        /// How long to wait before the next, in seconds.
        pub bake?: Option<u64>,
        /// Who takes it.
        pub owner?: Option<Owner>,
        /// What must hold meanwhile.
        pub limits?: Vec<OpenLimit>,
    }
}

impl OpenStage {
    /// The id of the stage that a checklist without stages has.
    pub const ALL: &'static str = "all";

    /// Whether it looks like the one stage of a checklist that has none.
    fn is_all_at_once(&self) -> bool {
        let Self { id, name, traffic: _, bake, owner, limits: _ } = self;
        id == Self::ALL && name == Self::ALL && bake.is_none() && owner.is_none()
    }

    /// Returns the one stage of a checklist that has none: everything at once.
    pub fn implied() -> Self {
        Self {
            id: Self::ALL.to_owned(),
            name: Self::ALL.to_owned(),
            traffic: Some("100%".to_owned()),
            bake: None,
            owner: None,
            limits: Vec::new(),
        }
    }
}

wire! {
    /// A limit that a value must keep to.
    #[derive(Default)]
    pub struct OpenLimit {
        /// Its id, unique in its stage.
        pub id: String,
        /// The condition, as it is written.
        pub text: String,
        /// What is measured, as it is written.
        pub metric?: Option<String>,
        /// How the value must stand to the number; without it a person has to judge.
        pub op?: Option<Comparison>,
        /// The number, in digits and with a point, as it is written.
        pub value?: Option<String>,
        /// The unit, as it is written; `x` is a multiple.
        pub unit?: Option<String>,
        /// For how long, in seconds.
        #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
        pub lasting: Option<u64>,
        /// The number is measured against the baseline.
        pub of_baseline?: bool,
        /// Where there is no value, it is 0.
        pub absent_is_zero?: bool,
    }

    /// When to roll back.
    pub struct OpenTrigger {
        /// Its number, from 1.
        pub id: u32,
        /// The whole condition.
        pub text: String,
        /// The same taken apart, where it is one limit.
        pub limit?: Option<OpenLimit>,
    }

    /// A step of the roll-back.
    pub struct Step {
        /// What to do.
        pub text: String,
        /// The layer that it belongs to, such as `traffic` or `data`.
        pub layer?: Option<String>,
        /// How long after the start it is to be over, in seconds.
        pub within?: Option<u64>,
        /// It can't be undone.
        pub irreversible?: bool,
        /// Whom to ask first.
        pub ask?: Option<Owner>,
    }

    /// One change of the scope.
    pub struct Change {
        /// What changes.
        pub text: String,
        /// Who answers for it.
        pub owner?: Option<Handle>,
        /// The feature flag that turns it on.
        pub flag?: Option<String>,
    }

    /// Something to be done besides the items.
    pub struct OpenAction {
        /// Its id, unique in the release.
        pub id: String,
        /// What is to be done.
        pub text: String,
        /// By whom.
        pub assignee?: Option<Owner>,
        /// By when.
        pub due?: Option<Timestamp>,
        /// By when, counted from an event.
        pub after?: Option<After>,
        /// What it holds up while it is open.
        pub blocks?: Option<Blocks>,
        /// Who may not settle it.
        pub not_by?: Option<NotBy>,
        /// The policy requires it, so it can't be left open.
        pub required?: bool,
    }

    /// Who is on call, and when.
    pub struct OpenOnCall {
        /// Who is called first.
        pub primary: Handle,
        /// Who is called next.
        pub secondary?: Option<Handle>,
        /// From when.
        pub from?: Option<Timestamp>,
        /// Until when; this instant is not part of it.
        pub to?: Option<Timestamp>,
    }

    /// Who made what is released.
    #[derive(Default)]
    pub struct Implementers {
        /// Who made the tag, where the policy knows the identity.
        pub tagger?: Option<Handle>,
        /// Authors, committers and co-authors in the range whom the policy knows, sorted.
        pub people: Vec<Handle>,
        /// The names of identities in the range that the policy maps to nobody, sorted.
        pub unknown?: Vec<String>,
        /// Commits in which no person stands, only addresses that the policy lists as those of bots and forges, sorted.
        pub bot_commits?: Vec<ObjectId>,
        /// How many more there are of these.
        pub more_bot_commits?: u64,
    }
}

impl Implementers {
    /// How many of the commits in which no person stands are told by their ids.
    const MOST_TOLD: usize = 10;

    /// How many of the unknown identities are told by their names.
    const MOST_NAMED: usize = 3;

    /// How many identities of the range the policy maps to nobody: after so many names the record only says how many more there are.
    pub fn count_unknown(&self) -> u64 {
        let more = |name: &String| name.strip_suffix(" more").and_then(|number| number.parse::<u64>().ok());
        self.unknown.iter().map(|name| more(name).unwrap_or(1)).sum()
    }

    /// Names the identities that the policy maps to nobody where they are few, and counts them where they are many, up to the verb: `3
    /// commit authors are`.
    pub fn told_unknown(&self) -> Option<String> {
        match self.unknown.len() {
            0 => None,
            1 => Some(format!("the commit author {} is", self.unknown[0])),
            2..=Self::MOST_NAMED => Some(format!("the commit authors {} are", self.unknown.join(", "))),
            _ => Some(format!("{} commit authors are", self.count_unknown())),
        }
    }

    /// Names the commits in which no person stands, where there are any.
    pub fn told_bot_commits(&self) -> Option<String> {
        let told: Vec<_> = self.bot_commits.iter().take(Self::MOST_TOLD).map(ObjectId::short).collect();
        let more = self.more_bot_commits.saturating_add((self.bot_commits.len() - told.len()) as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!told.is_empty()).then(|| format!("{}{more}", told.join(", ")))
    }
}

wire! {
    /// The previous release.
    pub struct PreviousRelease {
        /// Its tag.
        pub tag: TagName,
        /// Its tag object.
        pub tag_object: ObjectId,
        /// Its commit.
        pub commit: ObjectId,
        /// It was named by hand instead of found, which takes two people.
        pub overridden?: bool,
    }

    /// A span of time, from inclusive, to exclusive.
    #[derive(Copy)]
    pub struct Window {
        /// When it begins.
        pub from: Timestamp,
        /// When it has ended.
        pub to: Timestamp,
    }
}
