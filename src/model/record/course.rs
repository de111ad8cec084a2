//! What is said of the release as a whole: the decision with its conditions, stages, a roll-back, the end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::open::PreviousRelease;
use super::parts::ItemRef;
use crate::model::ids::{Handle, RecordId};
use crate::model::time::Timestamp;

words! {
    /// The decision on a release.
    Decision {
        /// It may go out.
        Go = "go",
        /// It may go out once conditions are met; no for a gate unless the policy accepts it.
        ConditionalGo = "conditional-go",
        /// It may not.
        NoGo = "no-go",
    }
}

words! {
    /// What happens when a condition is not met in time.
    Fallback {
        /// The release does not go out.
        NoGo = "no-go",
        /// It is rolled back.
        Rollback = "rollback",
    }
}

/// A condition of a conditional go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Its id, unique in the release.
    pub id: String,
    /// What must be met.
    pub text: String,
    /// By whom.
    pub assignee: Handle,
    /// By when.
    pub due: Timestamp,
    /// What happens if the condition is not met.
    pub fallback: Fallback,
}

/// The go/no-go decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// The decision.
    pub decision: Decision,
    /// Every valid record of the tag that the decider held, receipts excepted, sorted.
    pub manifest: Vec<RecordId>,
    /// The conditions of a conditional go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

words! {
    /// What happens to an action or a condition.
    ActionEvent {
        /// It is added.
        Add = "add",
        /// It is done.
        Done = "done",
        /// The condition is met.
        Met = "met",
        /// It failed, or the condition is not met.
        Failed = "failed",
        /// It is open again.
        Reopen = "reopen",
    }
}

/// Something to do, or a condition to meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What happens to it.
    pub event: ActionEvent,
    /// Its id, unique in the release.
    pub id: String,
    /// What is to be done; required when added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Handle>,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

words! {
    /// What happens to a stage.
    StageEvent {
        /// The roll-out reaches it.
        Enter = "enter",
        /// It held.
        Pass = "pass",
        /// It did not hold.
        Fail = "fail",
    }
}

/// A step of the roll-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The stage's id.
    pub stage: String,
    /// What happens to it.
    pub event: StageEvent,
    /// The items of the stage that are confirmed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<ItemRef>,
}

/// Values measured in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The stage's id.
    pub stage: String,
    /// The values.
    pub values: Vec<ReadingValue>,
}

/// One measured value, kept as written, so that no rounding changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingValue {
    /// What was measured.
    pub name: String,
    /// The value with its unit, as written.
    pub value: String,
}

words! {
    /// What happens in a roll-back.
    RollbackEvent {
        /// It begins.
        Start = "start",
        /// A step of the procedure was done.
        Step = "step",
        /// It is complete.
        Done = "done",
        /// It failed.
        Failed = "failed",
    }
}

/// A roll-back to an earlier release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// What happens.
    pub event: RollbackEvent,
    /// The release that is gone back to; required at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PreviousRelease>,
    /// The trigger that fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it really happened, where it is written down later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The number of the step, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
}

words! {
    /// How a release ends.
    Outcome {
        /// It is out and done.
        Completed = "completed",
        /// It will not go out.
        Abandoned = "abandoned",
    }
}

/// The end of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// How it ends.
    pub outcome: Outcome,
    /// Why; required when abandoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
