//! The course of a release after it was opened, as the verdict reads it: stages, roll-back, actions, the end.
//!
//! It is part of the report, so its field names are kept.

use schemars::JsonSchema;
use serde::Serialize;

use super::ids::{Principal, RecordId};
use super::record::{
    After, Blocks, Condition, NotBy, OpenLimit, Outcome, Owner, PreviousRelease, ReadingResult, RollbackEvent, Step, StepResult,
};
use super::time::Timestamp;

/// What became of a release after it was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CourseReport {
    /// The stages in order; one of them where the checklist has none.
    pub stages: Vec<StageReport>,
    /// When the release went out: its last stage was entered when it might be.
    pub out: Option<Mark>,
    /// The actions: those of the open record, then those that were added, in the order of the log.
    pub actions: Vec<ActionReport>,
    /// The roll-back that was begun and not taken up again by a later GO.
    pub rollback: Option<RollbackReport>,
    /// What was said of the end, in the order of the log.
    pub closes: Vec<CloseReport>,
    /// What a `close` `completed` still lacks; empty where the release could end so.
    pub open_to_complete: Vec<Lack>,
}

impl CourseReport {
    /// Returns the end of the release, where one counts.
    pub fn end(&self) -> Option<&CloseReport> {
        self.closes.iter().rev().find(|close| close.counts)
    }

    /// Whether the checklist has stages, so that a gate has to be asked about one of them.
    pub fn has_stages(&self) -> bool {
        self.stages.iter().any(|stage| !stage.implied)
    }

    /// Finds the stage that the roll-out has reached: the last that was entered.
    pub fn reached(&self) -> Option<&StageReport> {
        self.stages.iter().rev().find(|stage| stage.entered.is_some())
    }

    /// Finds the stage that comes next: the first that was not entered.
    pub fn next(&self) -> Option<&StageReport> {
        self.stages.iter().find(|stage| stage.entered.is_none())
    }
}

/// Who said something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mark {
    /// The record.
    pub record: RecordId,
    /// Who signed it.
    pub by: Principal,
    /// When: as claimed, or when a witness first saw it where that is later.
    pub at: Timestamp,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StageState {
    /// Nobody has entered it.
    Waiting,
    /// It was entered and bakes.
    Baking,
    /// It was entered and has baked.
    Baked,
    /// It held.
    Passed,
    /// Somebody said that it did not hold.
    Failed,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageReport {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The share of traffic, as written.
    pub traffic: Option<String>,
    /// How long to wait before the next, in seconds.
    pub bake: Option<u64>,
    /// Who takes it, after assignments.
    pub owner: Option<Owner>,
    /// The checklist has no stages, and this stands for all at once.
    pub implied: bool,
    /// It takes all of the traffic, which only a person does.
    pub by_person: bool,
    /// Where it stands.
    pub state: StageState,
    /// Who entered it, last.
    pub entered: Option<Mark>,
    /// When it has baked; nothing where it was not entered or needs no time.
    pub bakes_until: Option<Timestamp>,
    /// Enough people waived its bake time.
    pub bake_waived: bool,
    /// Who said that it held.
    pub passed: Option<Mark>,
    /// Who said that it did not.
    pub failed: Option<Mark>,
    /// Its limits.
    pub limits: Vec<LimitReport>,
    /// The ids of its items that nobody settled or confirmed.
    pub open_items: Vec<String>,
    /// What spoke against moving it and was overridden.
    pub in_spite: Vec<OverrideReport>,
}

/// What the readings say of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitState {
    /// Nobody has read it since the stage was entered.
    Unread,
    /// Its last reading ended before the stage had baked.
    Stale,
    /// Its last reading says nothing.
    NoData,
    /// Its last reading keeps to it.
    Holds,
    /// Its last reading does not.
    Fails,
}

/// A limit of a stage, and what was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LimitReport {
    /// The limit, as the open record has it.
    #[serde(flatten)]
    pub limit: OpenLimit,
    /// What the readings say.
    pub state: LimitState,
    /// The reading.
    pub reading: Option<ReadingReport>,
    /// Why the stage may be passed in spite of it.
    pub in_spite: Option<OverrideReport>,
}

impl LimitReport {
    /// Whether the limit lets the stage pass.
    pub fn is_settled(&self) -> bool {
        self.state == LimitState::Holds || self.in_spite.is_some()
    }
}

/// A value that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadingReport {
    /// Who read it.
    #[serde(flatten)]
    pub mark: Mark,
    /// The value, as written.
    pub value: Option<String>,
    /// What it is compared with, as written.
    pub baseline: Option<String>,
    /// What its signer said of it.
    pub said: ReadingResult,
    /// Where it comes from.
    pub source: String,
    /// When measuring began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
}

/// Something that was overridden, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverrideReport {
    /// What.
    pub of: String,
    /// Why.
    pub reason: String,
    /// Who overrode it.
    pub by: Principal,
    /// The record.
    pub record: RecordId,
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionState {
    /// It is to be done.
    Open,
    /// It was done.
    Done,
    /// It failed.
    Failed,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActionReport {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// By whom.
    pub assignee: Option<Owner>,
    /// By when, where that is known: an event that it counts from may still be to come.
    pub due: Option<Timestamp>,
    /// What it counts from.
    pub after: Option<After>,
    /// What it holds up.
    pub blocks: Option<Blocks>,
    /// Who may not settle it.
    pub not_by: Option<NotBy>,
    /// The policy requires it.
    pub required: bool,
    /// Who added it; nothing where the open record has it.
    pub added: Option<Mark>,
    /// Where it stands.
    pub state: ActionState,
    /// Who said so.
    pub settled: Option<Mark>,
    /// A `close` that counts leaves it open.
    pub left: bool,
}

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionState {
    /// It is to be met.
    Open,
    /// It was met in time.
    Met,
    /// It failed.
    Failed,
    /// It fell due and was not met.
    Overdue,
}

/// A condition of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConditionReport {
    /// The condition, as the decision has it.
    #[serde(flatten)]
    pub condition: Condition,
    /// Where it stands.
    pub state: ConditionState,
    /// Who met it, first, or who said that it failed.
    pub settled: Option<Mark>,
}

/// A roll-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RollbackReport {
    /// Who began it.
    pub start: Mark,
    /// The releases that those name who began it, first or later, and who may roll back under the version that governs, with a good
    /// key: a gate lets them through. So nobody else can bar the way back by beginning first.
    pub opens: Vec<PreviousRelease>,
    /// When it really began, where that was written down later.
    pub began: Timestamp,
    /// The release that it goes back to.
    pub to: Option<PreviousRelease>,
    /// The number of the trigger that fired.
    pub trigger: Option<u32>,
    /// Why.
    pub reason: Option<String>,
    /// The steps of the procedure.
    pub steps: Vec<StepReport>,
    /// How it ended: done or failed.
    pub ended: Option<(RollbackEvent, Mark)>,
}

/// A step of a roll-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepReport {
    /// Its number, from 1.
    pub number: u32,
    /// What to do; nothing where the open record has no such step.
    #[serde(flatten)]
    pub step: Option<Step>,
    /// By when it is to be over.
    pub due: Option<Timestamp>,
    /// What became of it.
    pub result: Option<StepResult>,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
    /// Who said so.
    pub said: Option<Mark>,
}

/// What was said of the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CloseReport {
    /// Who said it.
    #[serde(flatten)]
    pub mark: Mark,
    /// How it ends.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<String>,
    /// The actions that are left open.
    pub leave: Vec<String>,
    /// Whether it counts.
    pub counts: bool,
    /// What it lacked.
    pub lacks: Vec<Lack>,
}

/// The sorts of thing that the end of a release may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LackKind {
    /// A decision by which it may go out.
    Decision,
    /// A stage that was not entered.
    StageNotEntered,
    /// A stage that has not passed.
    StageNotPassed,
    /// An item that is due after it went out, or in its roll-back.
    Item,
    /// An action that holds up the end.
    Action,
    /// The end of its roll-back.
    Rollback,
    /// The right to close it.
    Right,
}

/// Something that the end of a release lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Lack {
    /// What sort of thing.
    pub kind: LackKind,
    /// The id of the stage, item or action.
    pub id: Option<String>,
    /// It may be left open on purpose.
    pub may_be_left: bool,
}
