//! What is said of refs: freezes, and what lets a change through them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ids::{Environment, ObjectId, RecordId, RefName};
use crate::model::time::Timestamp;

/// A freeze, declared by hand or for as long as a release is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Its name, for messages.
    pub name: String,
    /// Patterns of full ref names.
    pub refs: Vec<String>,
    /// When it begins.
    pub from: Timestamp,
    /// When it has ended; without it, when it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// The environments to which nothing goes out meanwhile, besides those whose gated refs it freezes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Environment>,
    /// The release that it ends with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<FreezeRelease>,
}

/// The release that a freeze ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeRelease {
    /// The tag object whose log holds the open record.
    pub tag_object: ObjectId,
    /// The open record.
    pub open: RecordId,
}

/// Ends a freeze before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lift {
    /// The freeze record.
    pub freeze: RecordId,
    /// Why.
    pub reason: String,
}

/// A request to let one change through a freeze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The ref that is to move.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// The commit it is to move to.
    pub commit: ObjectId,
    /// The commit from which the change runs.
    pub base: ObjectId,
    /// Every commit of base..commit as shown to those who grant, oldest first.
    pub commits: Vec<ObjectId>,
    /// Why.
    pub reason: String,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When the request is void.
    pub expires: Timestamp,
}

/// A yes to an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The exception record.
    pub exception: RecordId,
}

/// A change let through a freeze by one person, where the policy allows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// The ref that is to move.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// The commit it is to move to.
    pub commit: ObjectId,
    /// Why.
    pub reason: String,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}
