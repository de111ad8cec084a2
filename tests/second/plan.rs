//! What a case consists of, as data that can be printed, shrunk and kept.

use std::collections::BTreeSet;

use relsign::model::record::{
    ActionEvent, Blocks, CheckResult, Decision, Outcome, ReadingResult, RiskClass, RollbackEvent, SignVerdict, StageEvent,
    StepResult,
};

use crate::cast::Rules;

/// Everything of which a case is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// The versions of the policy; the first is in force from the beginning.
    pub(crate) versions: Vec<Rules>,
    /// What the open records say besides the usual.
    pub(crate) open: OpenPlan,
    pub(crate) steps: Vec<Step>,
    pub(crate) context: ContextPlan,
    /// Records that are not in the log in the end, by the number of the step that made them.
    pub(crate) hidden: BTreeSet<usize>,
    /// How many versions after the first are in force from the beginning.
    pub(crate) before: usize,
    /// The open records ask for what the policy does without what was changed in its text.
    pub(crate) carried: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenPlan {
    /// What is odd about the open record.
    pub(crate) odd: Option<Odd>,
    /// The third item, if there is one.
    pub(crate) third: Option<Third>,
    pub(crate) owners_by_role: bool,
    pub(crate) release_managers_own: bool,
    /// Reviews asked for beyond what the policy does.
    pub(crate) more_reviews: u32,
    pub(crate) two_roles: bool,
    pub(crate) evidence: bool,
    pub(crate) max_age: Option<u64>,
    pub(crate) waiver_people: Option<u32>,
    pub(crate) hotfix: bool,
    /// The checklist has lines that look like tasks and are none.
    pub(crate) almost_tasks: bool,
    pub(crate) risk: Option<RiskClass>,
    pub(crate) irreversible: bool,
    /// The stages in order; none where the open record has none at all.
    pub(crate) stages: Vec<StagePlan>,
    /// Each stage has an item.
    pub(crate) stage_items: bool,
    /// There is an item for when it is rolled back.
    pub(crate) undo: bool,
    pub(crate) actions: Vec<ActionPlan>,
    /// When it is planned, in minutes.
    pub(crate) window: Option<(i64, i64)>,
    /// A flag stated the window.
    pub(crate) window_given: bool,
}

/// A stage of the roll-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StagePlan {
    pub(crate) id: &'static str,
    pub(crate) traffic: Option<&'static str>,
    /// In minutes.
    pub(crate) bake: Option<u64>,
    pub(crate) owner: Option<&'static str>,
    /// Its limits, by their names in the story.
    pub(crate) limits: Vec<&'static str>,
}

/// What is to be done besides the items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionPlan {
    pub(crate) id: &'static str,
    pub(crate) assignee: Option<&'static str>,
    pub(crate) blocks: Option<Blocks>,
    pub(crate) not_by: bool,
    pub(crate) required: bool,
}

/// A value that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValuePlan {
    pub(crate) limit: &'static str,
    pub(crate) value: Option<&'static str>,
    pub(crate) baseline: Option<&'static str>,
    pub(crate) result: ReadingResult,
}

/// A condition of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConditionPlan {
    pub(crate) id: &'static str,
    pub(crate) assignee: &'static str,
    /// In minutes after the decision.
    pub(crate) due: i64,
    pub(crate) not_by: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Odd {
    AsksLess,
    ForbidsLess,
    OtherComponent,
    OtherChecklist,
    PreviousByHand,
    NamesPrevious,
    UnknownAuthor,
    UnknownTagger,
    BotCommits,
    SameIdTwice,
    Circle,
    NothingNeeded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Third {
    Plain,
    Optional,
    After,
    ChildOfRunbook,
    OptionalChild,
    Risky,
}

/// One record, or something else that happens.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) by: &'static str,
    pub(crate) what: What,
    pub(crate) item: &'static str,
    pub(crate) seen: Seen,
    /// Which earlier step it is about.
    pub(crate) about: usize,
    /// Added to the claimed time, in minutes.
    pub(crate) minutes: i64,
    pub(crate) head: Head,
    pub(crate) role: Option<&'static str>,
    pub(crate) under: Under,
    pub(crate) evidence: bool,
    /// The record speaks of another tag.
    pub(crate) astray: bool,
    /// It carries another digest of the item.
    pub(crate) other_text: bool,
    /// It lacks what its kind needs.
    pub(crate) bare: bool,
    /// What a reading read.
    pub(crate) values: Vec<ValuePlan>,
    /// The items that are confirmed with a stage.
    pub(crate) confirm: Vec<&'static str>,
    /// What a stage is moved in spite of, or what a close leaves.
    pub(crate) names: Vec<&'static str>,
    /// The conditions of a decision.
    pub(crate) conditions: Vec<ConditionPlan>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Open(&'static str),
    Word(SignVerdict),
    Waive {
        minutes: Option<i64>,
        over: bool,
    },
    Withdraw,
    Decide(Decision, Manifest),
    Assign(&'static str),
    Check(CheckResult),
    Disregard,
    /// Lets the evidence that steps carry be erased.
    Redact,
    Unknown,
    AssignStage(&'static str, &'static str),
    WaiveBake {
        stage: &'static str,
        minutes: Option<i64>,
    },
    WaiveUnknown {
        minutes: Option<i64>,
        /// Somebody else is named.
        other: bool,
    },
    Add {
        id: &'static str,
        blocks: Option<Blocks>,
        assignee: Option<&'static str>,
        not_by: bool,
    },
    Act(ActionEvent, &'static str),
    /// The same of a condition of the decision `about`.
    OfCondition(ActionEvent, &'static str),
    Stage(StageEvent, &'static str),
    Rollback(RollbackEvent),
    RollbackStep(u32, StepResult),
    Close(Outcome),
    /// Measured between two times, in minutes before the record's own.
    Reading {
        stage: &'static str,
        from: i64,
        to: i64,
    },
    /// The next version of the policy takes force; its anchors name what is here, but the record of the step `about`.
    Activate {
        anchors: Anchors,
    },
    /// A server received what is here.
    Receive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchors {
    All,
    AllButOne,
    DecisionsOnly,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manifest {
    All,
    Until(usize),
    AllBut(usize),
    WithLost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    All,
    Until(usize),
    One(usize),
    Nothing,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    Newest,
    /// So many versions before the newest, at least the first.
    Back(u32),
    /// A version that is not here.
    Unknown,
    Fork,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Under {
    TheOpen,
    Nothing,
    About,
}

/// What the verifier and the repository are like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ContextPlan {
    /// Steps whose records the verifier had seen.
    pub(crate) seen_before: BTreeSet<usize>,
    pub(crate) environment: Option<&'static str>,
    /// The clock, in minutes; long after everything where nothing is said.
    pub(crate) minute: Option<i64>,
    pub(crate) tag: TagPlan,
    pub(crate) reread: Option<RereadPlan>,
    pub(crate) evidence: EvidencePlan,
    pub(crate) named: Option<NamedPlan>,
    pub(crate) junk: Option<Junk>,
    pub(crate) freezes: Vec<FreezePlan>,
}

/// A freeze, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FreezePlan {
    pub(crate) from: i64,
    pub(crate) until: Option<i64>,
    pub(crate) of: Freezes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freezes {
    Environment,
    OtherEnvironment,
    GatedRef,
    OtherRef,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TagPlan {
    #[default]
    Signed,
    SignedByQuin,
    SignedByLost,
    Unsigned,
    OtherName,
    Gone,
    Lightweight,
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RereadPlan {
    Same,
    OtherItems,
    OtherPlan(Part),
    Unreadable,
    OtherPeople,
    OtherCommits,
    NoRange,
    RangeUnreadable,
    PreviousDidNotPass,
    PreviousNotHere,
    PreviousNotBelow,
    /// Whether the release before lies below is not to be told here.
    PreviousSomewhere,
}

/// A part of the plan that a file states otherwise than the open record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Title,
    Rules,
    Risk,
    Stages,
    Triggers,
    Procedure,
    Scope,
    AlmostTasks,
    Actions,
    OnCall,
    KnownIssues,
    Attendees,
    Window,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum EvidencePlan {
    #[default]
    Here,
    Missing,
    Changed,
    OtherSize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedPlan {
    /// The open record stands in the name's note, as it should.
    This,
    /// An open record that isn't in the log.
    Hidden,
    /// One for another tag object.
    Moved,
    MovedByNobody,
    /// As it should, and a remote has something else under the name.
    Elsewhere(Remote),
    /// The same, in the name of somebody who may not open anything.
    ElsewhereByNobody(Remote),
}

/// A remote that has something else under the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remote {
    /// It has another object under it, and else nothing.
    pub(crate) other: bool,
    pub(crate) shared: bool,
    pub(crate) has_record: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Junk {
    Line,
    Foreign,
    TooMany,
}

impl Plan {
    /// Puts a step before another, and lets what is said of later ones still mean the same.
    pub(crate) fn insert(&mut self, at: usize, step: Step) {
        self.renumber(|to| if to >= at && to != usize::MAX { to + 1 } else { to });
        self.steps.insert(at, step);
    }

    /// Takes a step out, and lets what is said of later ones still mean the same.
    pub(crate) fn remove(&mut self, at: usize) {
        self.steps.remove(at);
        self.hidden.remove(&at);
        self.context.seen_before.remove(&at);
        self.renumber(|to| if to > at && to != usize::MAX { to - 1 } else { to });
    }

    /// Lets everything that names a step by its number name it by another.
    fn renumber(&mut self, moved: impl Fn(usize) -> usize) {
        for step in &mut self.steps {
            step.about = moved(step.about);
            step.seen = match step.seen {
                Seen::Until(to) => Seen::Until(moved(to)),
                Seen::One(to) => Seen::One(moved(to)),
                other => other,
            };
            if let What::Decide(_, manifest) = &mut step.what {
                *manifest = match *manifest {
                    Manifest::Until(to) => Manifest::Until(moved(to)),
                    Manifest::AllBut(to) => Manifest::AllBut(moved(to)),
                    other => other,
                };
            }
        }
        self.hidden = self.hidden.iter().map(|to| moved(*to)).collect();
        self.context.seen_before = self.context.seen_before.iter().map(|to| moved(*to)).collect();
    }
}

impl Step {
    /// A record by somebody who has seen everything and says it under the release's own open record.
    pub(crate) fn new(by: &'static str, what: What) -> Self {
        Self {
            by,
            what,
            item: "runbook",
            seen: Seen::All,
            about: 0,
            minutes: 0,
            head: Head::Newest,
            role: None,
            under: Under::TheOpen,
            evidence: false,
            astray: false,
            other_text: false,
            bare: false,
            values: Vec::new(),
            confirm: Vec::new(),
            names: Vec::new(),
            conditions: Vec::new(),
        }
    }

    pub(crate) fn on(mut self, item: &'static str) -> Self {
        self.item = item;
        self
    }

    pub(crate) fn about(mut self, step: usize) -> Self {
        self.about = step;
        self
    }

    pub(crate) fn role(mut self, role: &'static str) -> Self {
        self.role = Some(role);
        self
    }
}
