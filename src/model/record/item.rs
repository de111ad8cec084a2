//! What is said of items: who owns one, what became of it, what its check gave, and what is said again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::course::UnknownAuthor;
use super::parts::ItemRef;
use crate::model::ids::{Handle, ObjectId, RecordId, Sha256Digest};
use crate::model::time::Timestamp;

/// Gives an item or a stage to another owner; exactly one of the two is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemRef>,
    /// The id of the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The owner from now on.
    pub owner: Handle,
    /// Why.
    pub reason: String,
}

words! {
    /// What a person says of an item.
    SignVerdict {
        /// The owner: it is done.
        Done = "done",
        /// A reviewer: I looked, and it is right.
        Approve = "approve",
        /// It is wrong; no GO until withdrawn or waived over by two.
        Reject = "reject",
        /// The owner: partly done.
        Partial = "partial",
        /// The owner: it does not apply to this release.
        NotApplicable = "not-applicable",
        /// The release goes without it, for a reason.
        Waive = "waive",
    }
}

impl SignVerdict {
    /// Whether it is what an item's owner says of it, for it or against.
    pub const fn is_owners(self) -> bool {
        matches!(self, Self::Done | Self::Partial | Self::NotApplicable)
    }
}

/// A person's sign-off on an item, or a waiver of something else; exactly one of the three is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// The item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemRef>,
    /// The id of the stage whose bake time is waived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bake: Option<String>,
    /// The unknown authors of the range that are accepted for this release, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownAuthor>,
    /// The word.
    pub verdict: SignVerdict,
    /// Why: required for all but `done` and `approve`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ticket under which a waiver is followed up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When a waiver ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The rejects that a waiver sets aside, which takes two people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<RecordId>,
}

/// Withdraws one's own record, never a withdraw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// The record.
    pub record: RecordId,
    /// Why.
    pub reason: String,
}

words! {
    /// The outcome of a check, as in-toto's test-result predicate names it.
    CheckResult {
        /// It held.
        Passed = "PASSED",
        /// It held, with warnings.
        Warned = "WARNED",
        /// It did not hold.
        Failed = "FAILED",
        /// It did not end in time, which speaks against the item as a failure does.
        TimedOut = "TIMED-OUT",
        /// It was not run, which changes nothing.
        NotRun = "NOT-RUN",
    }
}

impl CheckResult {
    /// Whether it says that the item is not right.
    pub const fn speaks_against(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

/// The result of running an item's check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The item.
    pub item: ItemRef,
    /// The outcome.
    pub result: CheckResult,
    /// The command that ran, where relsign ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its exit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// How long it ran, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// SHA-256 of what it printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Sha256Digest>,
    /// The SHA-256 tree id of what was checked out for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<ObjectId>,
    /// The names of the tests that passed, warned and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestCounts>,
    /// Where the run can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How many tests a check ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCounts {
    /// Passed.
    pub passed: u64,
    /// Passed with warnings, or skipped.
    pub warned: u64,
    /// Failed.
    pub failed: u64,
}
