//! Many releases in short: a line for each, and what of all of them waits for one person.
//!
//! Both are printed for programs too, so their field names are kept.

use schemars::JsonSchema;
use serde::Serialize;

use super::ids::{Environment, Handle, ItemId, Principal, RecordId, RefName, TagName};
use super::record::StageEvent;
use super::report::{Answer, ItemState, ReleaseState};
use super::time::Timestamp;

/// A release in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReleaseLine {
    /// The tag.
    pub tag: TagName,
    /// Where it goes; nothing where nobody who may has opened one on the tag.
    pub environment: Option<Environment>,
    /// Its title.
    pub title: Option<String>,
    /// Where it stands.
    pub state: ReleaseState,
    /// The stage that it has reached, where it rolls out in several.
    pub stage: Option<String>,
    /// Nothing more is to be done about it.
    pub over: bool,
    /// Whether it may go out.
    pub answer: Answer,
    /// Who opened it.
    pub opened_by: Option<Principal>,
    /// When.
    pub opened_at: Option<Timestamp>,
    /// When it went out.
    pub out: Option<Timestamp>,
    /// How many items a decision needs.
    pub items: u64,
    /// How many of them are settled.
    pub settled: u64,
}

/// Which release something is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The tag.
    pub tag: TagName,
    /// Where the release is to go, where the tag was opened for several environments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
}

/// What waits for one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mine {
    /// Items, by release.
    pub waiting: Vec<WaitingItem>,
    /// Actions, by release, overdue ones first.
    pub actions: Vec<WaitingTask>,
    /// Conditions of decisions, by release.
    pub conditions: Vec<WaitingTask>,
    /// Stages, by release.
    pub stages: Vec<WaitingStage>,
    /// Releases that wait for a decision.
    pub decisions: Vec<Place>,
    /// Requests for freeze exceptions that wait for a grant.
    pub exceptions: Vec<WaitingException>,
}

impl Mine {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        let Self { waiting, actions, conditions, stages, decisions, exceptions } = self;
        waiting.is_empty()
            && actions.is_empty()
            && conditions.is_empty()
            && stages.is_empty()
            && decisions.is_empty()
            && exceptions.is_empty()
    }
}

/// One item that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingItem {
    /// The release.
    #[serde(flatten)]
    pub place: Place,
    /// The item.
    pub item: ItemId,
    /// Its number in the checklist.
    pub number: u32,
    /// Its text.
    pub title: String,
    /// The headings above it, the outermost first.
    pub section: Vec<String>,
    /// Where it stands.
    pub state: ItemState,
    /// What a signature of theirs would count as.
    pub would_count_as: String,
    /// Whether `approve` is the command for it; a waiver and a reject of one's own take others.
    pub by_approve: bool,
}

/// One action or condition that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingTask {
    /// The release.
    #[serde(flatten)]
    pub place: Place,
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// By when, where that is known.
    pub due: Option<Timestamp>,
    /// That is over.
    pub overdue: bool,
    /// The release itself is over, and left it open.
    pub left: bool,
    /// The decision of which it is a condition.
    pub decision: Option<RecordId>,
}

/// A stage that somebody may move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingStage {
    /// The release.
    #[serde(flatten)]
    pub place: Place,
    /// The stage.
    pub stage: String,
    /// How: enter it, or say that it held.
    pub event: StageEvent,
    /// From when on, where the one before still bakes.
    pub from: Option<Timestamp>,
}

/// A request that waits for a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingException {
    /// The request.
    pub record: RecordId,
    /// Who asks.
    pub by: Principal,
    /// The ref.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// Why.
    pub reason: String,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// Who has granted it.
    pub granted_by: Vec<Handle>,
    /// Its commits are here to look at; where they are not, they have to be fetched before it can be granted.
    pub commits_here: bool,
}
