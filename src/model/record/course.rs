//! What is said of the release as a whole: the decision with its conditions, actions, stages, a roll-back, the end.

use super::open::{Owner, PreviousRelease};
use super::parts::{After, Blocks, ItemRef, NotBy};
use crate::model::ids::{ObjectId, RecordId};
use crate::model::time::Timestamp;

words! {
    /// The decision on a release.
    Decision {
        /// It may go out.
        Go = "go",
        /// It may go out once each of its conditions is met; until then it may not.
        ConditionalGo = "conditional-go",
        /// It may not.
        NoGo = "no-go",
    }
}

wire! {
    /// A condition of a conditional go.
    pub struct Condition {
        /// Its id, unique in the decision.
        pub id: String,
        /// What must be met.
        pub text: String,
        /// Who meets it: a person, or whoever holds a role.
        pub assignee: Owner,
        /// By when; what is met at this instant is too late.
        pub due: Timestamp,
        /// Who of them may not.
        pub not_by?: Option<NotBy>,
    }

    /// The go/no-go decision.
    pub struct Decide {
        /// The decision.
        pub decision: Decision,
        /// Every valid record of the tag that the decider held, receipts excepted, sorted.
        pub manifest: Vec<RecordId>,
        /// The conditions of a conditional go.
        pub conditions?: Vec<Condition>,
        /// Why.
        pub reason?: Option<String>,
    }
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
        /// The action is open again.
        Reopen = "reopen",
    }
}

wire! {
    /// Something to do, or a condition to meet.
    pub struct Action {
        /// What happens to it.
        pub event: ActionEvent,
        /// Its id: of an action unique in the release, of a condition in its decision.
        pub id: String,
        /// The decision whose condition is meant; without it an action is.
        pub decision?: Option<RecordId>,
        /// What is to be done; required when added.
        pub text?: Option<String>,
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
    }
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

wire! {
    /// A step of the roll-out.
    pub struct Stage {
        /// The stage's id.
        pub stage: String,
        /// What happens to it.
        pub event: StageEvent,
        /// The items of the stage that are confirmed with it.
        pub confirm?: Vec<ItemRef>,
        /// The readings that it relies on, sorted.
        pub readings?: Vec<RecordId>,
        /// What speaks against it and is overridden.
        pub in_spite?: Vec<InSpite>,
    }

    /// Something that speaks against moving a stage, and why it is moved all the same.
    pub struct InSpite {
        /// The id of a limit of the stage, or `window` or `freeze`.
        pub of: String,
        /// Why.
        pub reason: String,
    }
}

impl InSpite {
    /// The planned window of the release.
    pub const WINDOW: &'static str = "window";
    /// A freeze of its environment.
    pub const FREEZE: &'static str = "freeze";
}

words! {
    /// What a value says of its limit.
    ReadingResult {
        /// It keeps to it.
        Holds = "HOLDS",
        /// It does not.
        Fails = "FAILS",
        /// It says nothing.
        NoData = "NO-DATA",
    }
}

wire! {
    /// Values measured in a stage.
    pub struct Reading {
        /// The stage's id.
        pub stage: String,
        /// The values.
        pub values: Vec<ReadingValue>,
        /// Where they come from: a command, a dashboard, somebody's eyes.
        pub source: String,
        /// When measuring began.
        pub from: Timestamp,
        /// When it ended.
        pub to: Timestamp,
    }

    /// One measured value, kept as written, so that no rounding changes it.
    pub struct ReadingValue {
        /// The id of the stage's limit that it is held against.
        pub limit?: Option<String>,
        /// What was measured.
        pub name: String,
        /// The value with its unit, as written; nothing where there was none.
        pub value?: Option<String>,
        /// What its signer says of it.
        pub result: ReadingResult,
        /// The value to compare with, as written.
        pub baseline?: Option<String>,
    }
}

words! {
    /// What happens in a roll-back.
    RollbackEvent {
        /// It begins.
        Start = "start",
        /// A step of the procedure is over.
        Step = "step",
        /// It is complete.
        Done = "done",
        /// It failed.
        Failed = "failed",
    }
}

words! {
    /// What became of a step of a roll-back.
    StepResult {
        /// It was done.
        Done = "done",
        /// It was not needed.
        Skipped = "skipped",
        /// It did not work.
        Failed = "failed",
    }
}

wire! {
    /// A roll-back to an earlier release, or of a flag.
    pub struct Rollback {
        /// What happens.
        pub event: RollbackEvent,
        /// The release that is gone back to, at the start; nothing where only a flag is turned off, or nothing was out before.
        pub to?: Option<PreviousRelease>,
        /// The number of the trigger that fired, from 1.
        pub trigger?: Option<u32>,
        /// Why; of a step that was skipped or failed required.
        pub reason?: Option<String>,
        /// When it really happened, where it is written down later.
        pub at?: Option<Timestamp>,
        /// The number of the step, from 1.
        pub step?: Option<u32>,
        /// What became of the step.
        pub result?: Option<StepResult>,
    }
}

impl Rollback {
    /// Says that something happens, when it really did where that is written down later, and no more.
    pub const fn new(event: RollbackEvent, at: Option<Timestamp>) -> Self {
        Self { event, to: None, trigger: None, reason: None, at, step: None, result: None }
    }
}

words! {
    /// How a release ends.
    Outcome {
        /// It is out and done.
        Completed = "completed",
        /// It was taken back.
        RolledBack = "rolled-back",
        /// It will not go out.
        Abandoned = "abandoned",
    }
}

wire! {
    /// The end of a release.
    pub struct Close {
        /// How it ends.
        pub outcome: Outcome,
        /// The open actions that are left on purpose, sorted.
        pub leave?: Vec<String>,
        /// Why; required when abandoned.
        pub reason?: Option<String>,
    }

    /// An author of the range whom the policy does not know, as a waiver names one.
    pub struct UnknownAuthor {
        /// The identity, as `implementers.unknown` of the open record has it.
        pub author: String,
        /// Their commits in the range, sorted.
        pub commits: Vec<ObjectId>,
    }
}
