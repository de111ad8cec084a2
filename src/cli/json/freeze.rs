//! JSON of the freezes, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::evaluate::freeze::{Freeze, Source};
use crate::model::exception::FreezeException;
use crate::model::finding::Finding;
use crate::model::ids::{Environment, RecordId, RefName, TagName};
use crate::model::policy::Policy;
use crate::model::time::Timestamp;
use crate::report::freezes;

/// One freeze.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FreezeJson {
    /// Its name; that of the tag where a release asked for it.
    pub name: String,
    /// Where it comes from.
    pub source: SourceJson,
    /// The patterns of the refs that it freezes.
    pub refs: Vec<String>,
    /// The environments to which nothing goes out meanwhile, besides those whose gated refs it freezes.
    pub environments: Vec<Environment>,
    /// When it begins; this instant is frozen.
    pub from: Timestamp,
    /// When it has ended; nothing where it holds until it is lifted.
    pub until: Option<Timestamp>,
    /// The IANA zone in which it was written.
    pub zone: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who may grant an exception, and how many of them it takes, in words.
    pub exceptions: String,
}

/// Where a freeze comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SourceJson {
    /// A window of the policy in force.
    Window,
    /// A freeze record.
    Record {
        /// The record.
        record: RecordId,
    },
    /// A freeze record that ends with a release.
    Release {
        /// Its tag.
        tag: TagName,
        /// The freeze record.
        record: RecordId,
    },
}

impl FreezeJson {
    /// Takes a freeze under the policy in force.
    pub fn new(freeze: &Freeze, policy: &Policy) -> Self {
        let source = match &freeze.source {
            Source::Window => SourceJson::Window,
            Source::Record(record) => SourceJson::Record { record: *record },
            Source::Release(tag, record) => SourceJson::Release { tag: tag.clone(), record: *record },
        };
        Self {
            name: freeze.name.clone(),
            source,
            refs: freeze.refs.iter().map(ToString::to_string).collect(),
            environments: freeze.environments.clone(),
            from: freeze.from,
            until: freeze.until,
            zone: freeze.zone.clone(),
            reason: freeze.reason.clone(),
            exceptions: freezes::grantors(freeze, policy),
        }
    }
}

/// What `freeze list --json` and `freeze export --json` print.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FreezeListJson {
    /// Always `relsign-freeze-list-v1`.
    pub format: &'static str,
    /// The clock of the question.
    pub now: Timestamp,
    /// What holds now.
    pub holding: Vec<FreezeJson>,
    /// What is to come, by its beginning.
    pub coming: Vec<FreezeJson>,
    /// Why it can't be told what is frozen; nothing can be relied on where this is not empty.
    pub unknown: Vec<Finding>,
    /// What else was noticed.
    pub findings: Vec<Finding>,
}

/// What `freeze check --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FreezeCheckJson {
    /// Always `relsign-freeze-check-v1`.
    pub format: &'static str,
    /// The ref.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// The instant that was asked about.
    pub at: Timestamp,
    /// Whether it is frozen; nothing where that can't be told.
    pub frozen: Option<bool>,
    /// What freezes it.
    pub freezes: Vec<FreezeJson>,
    /// When it is free again, or that it is free; nothing where no end is set.
    pub free_from: Option<Timestamp>,
    /// Why it can't be told.
    pub unknown: Vec<Finding>,
    /// What else was noticed.
    pub findings: Vec<Finding>,
}

/// What `freeze calendar --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FreezeCalendarJson {
    /// Always `relsign-freeze-calendar-v1`.
    pub format: &'static str,
    /// The month, as `2026-12`.
    pub month: String,
    /// Its days.
    pub days: Vec<FreezeDayJson>,
    /// The freezes that touch it.
    pub freezes: Vec<FreezeJson>,
    /// Why it can't be told what is frozen.
    pub unknown: Vec<Finding>,
    /// What else was noticed.
    pub findings: Vec<Finding>,
}

/// A day, from midnight to midnight in the zone in which times are shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FreezeDayJson {
    /// The date.
    pub date: String,
    /// The freezes that hold at some time of it, by their places in the list.
    pub freezes: Vec<usize>,
    /// Those that hold all day.
    pub whole: Vec<usize>,
}

/// What `freeze exceptions --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExceptionsJson {
    /// Always `relsign-freeze-exceptions-v1`.
    pub format: &'static str,
    /// The clock.
    pub now: Timestamp,
    /// Break-glass first, then by time.
    pub exceptions: Vec<FreezeException>,
    /// Why these may not be all, or what can't be told of them.
    pub unknown: Vec<Finding>,
}
