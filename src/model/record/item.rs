//! What is said of items: who owns one, what became of it, what its check gave, and what is said again.

use super::course::UnknownAuthor;
use super::parts::ItemRef;
use crate::model::ids::{Handle, ObjectId, RecordId, Sha256Digest};
use crate::model::time::Timestamp;

wire! {
    /// Gives an item or a stage to another owner; exactly one of the two is named.
    pub struct Assign {
        /// The item.
        pub item?: Option<ItemRef>,
        /// The id of the stage.
        pub stage?: Option<String>,
        /// The owner from now on.
        pub owner: Handle,
        /// Why.
        pub reason: String,
    }
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

wire! {
    /// A person's sign-off on an item, or a waiver of something else; exactly one of the three is named.
    pub struct Sign {
        /// The item.
        pub item?: Option<ItemRef>,
        /// The id of the stage whose bake time is waived.
        pub bake?: Option<String>,
        /// The unknown authors of the range that are accepted for this release, sorted.
        pub unknown?: Vec<UnknownAuthor>,
        /// The word.
        pub verdict: SignVerdict,
        /// Why: required for all but `done` and `approve`.
        pub reason?: Option<String>,
        /// The ticket under which a waiver is followed up.
        pub ticket?: Option<String>,
        /// When a waiver ends.
        pub expires?: Option<Timestamp>,
        /// The rejects that a waiver sets aside, which takes two people.
        pub over?: Vec<RecordId>,
    }

    /// Withdraws one's own record, never a withdraw.
    pub struct Withdraw {
        /// The record.
        pub record: RecordId,
        /// Why.
        pub reason: String,
    }
}

impl Sign {
    /// A word without more, of nothing yet.
    pub fn of(verdict: SignVerdict) -> Self {
        let (unknown, over) = (Vec::new(), Vec::new());
        Self { item: None, bake: None, unknown, verdict, reason: None, ticket: None, expires: None, over }
    }
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

wire! {
    /// The result of running an item's check.
    pub struct Check {
        /// The item.
        pub item: ItemRef,
        /// The outcome.
        pub result: CheckResult,
        /// The command that ran, where relsign ran it.
        pub command?: Option<String>,
        /// Its exit status.
        pub exit_status?: Option<i32>,
        /// How long it ran, in milliseconds.
        pub duration_ms?: Option<u64>,
        /// SHA-256 of what it printed.
        pub output?: Option<Sha256Digest>,
        /// The SHA-256 tree id of what was checked out for it.
        pub tree?: Option<ObjectId>,
        /// The names of the tests that passed, warned and failed.
        pub tests?: Option<TestCounts>,
        /// Where the run can be seen.
        pub url?: Option<String>,
    }

    /// How many tests a check ran.
    #[derive(Copy)]
    pub struct TestCounts {
        /// Passed.
        pub passed: u64,
        /// Passed with warnings, or skipped.
        pub warned: u64,
        /// Failed.
        pub failed: u64,
    }
}
