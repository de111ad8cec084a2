//! What the program knows of a record by its kind alone: one row for each, exhaustive over [`Body`].
//!
//! Where a record may stand, what it takes to sign one, whether it helps a release or speaks against it, which records it
//! rests on, what it has to say and how it reads in a sentence are told here and nowhere else. A new kind does not compile without its row.

use std::collections::BTreeSet;

use super::{
    Action, ActionEvent, Blocks, Body, CheckResult, Decision, ItemRef, Outcome, Reading, Rollback, RollbackEvent, SignVerdict,
    StageEvent, StepResult,
};
use crate::model::hidden::is_hidden;
use crate::model::ids::{ItemId, RecordId};
use crate::model::log::Record;
use crate::model::policy::Right;

/// The log that a kind belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// The note of a tag object: the record is about one release.
    Tag,
    /// The note of the root blob: the record is about the whole repository, and only people sign such a record.
    Root,
    /// Either of the two, wherever the record that it speaks of lies.
    Either,
    /// No log: these records lie in the commits of the policy chain or in the notes of receipts.
    Elsewhere,
}

/// Where a copy of a record may stand besides its own log, so that others find it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopiedTo {
    /// Nowhere.
    Nowhere,
    /// The note of the blob that stands for the tag's name.
    Name,
    /// The note of the root blob.
    Root,
}

/// What it takes to sign a record of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// A right that the policy gives.
    Right(Right),
    /// What it is about decides: whether the signer owns the item or may review it, or was given the action. Machines never are.
    Item,
    /// The right, or owning what it is about.
    ItemOr(Right),
    /// Having signed the record that it names.
    Author,
    /// Owning the policy, in its old or new version.
    PolicyOwner,
    /// Nobody can say: the kind belongs to a later version.
    Unknown,
}

/// Whether a record helps a release towards GO or speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// It can help, so it counts only with full authority.
    Positive,
    /// It can only hold a release back, so it counts for any key that was ever listed with the right.
    Negative,
    /// It does neither.
    Neutral,
}

/// The row of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The log that it belongs to.
    pub home: Home,
    /// Where a copy of it may stand as well.
    pub copied_to: CopiedTo,
    /// What it takes to sign it.
    pub authority: Authority,
    /// Whether it helps or speaks against.
    pub polarity: Polarity,
    /// The item that it is about.
    pub item: Option<&'a ItemId>,
    /// The records that it rests on besides its parents and its `open`, all of which must be here.
    pub targets: &'a [RecordId],
    /// Whether it may travel as a file.
    pub travels: bool,
}

impl<'a> Row<'a> {
    const fn new(home: Home, polarity: Polarity, authority: Authority) -> Self {
        let travels = matches!(home, Home::Tag | Home::Either);
        Self { home, copied_to: CopiedTo::Nowhere, authority, polarity, item: None, targets: &[], travels }
    }

    fn on(self, item: Option<&'a ItemRef>) -> Self {
        Self { item: item.map(|item| &item.id), ..self }
    }

    const fn naming(self, targets: &'a [RecordId]) -> Self {
        Self { targets, ..self }
    }

    const fn copied_to(self, copied_to: CopiedTo) -> Self {
        Self { copied_to, ..self }
    }

    const fn stays(self) -> Self {
        Self { travels: false, ..self }
    }
}

/// Positive, or negative where `speaks_against`.
const fn unless(speaks_against: bool) -> Polarity {
    if speaks_against { Polarity::Negative } else { Polarity::Positive }
}

impl Body {
    /// Returns the row of the body's kind; what a kind says both ways is told from the body.
    pub fn row(&self) -> Row<'_> {
        use Authority::{Author, Item, ItemOr, PolicyOwner, Unknown};
        use Home::{Either, Elsewhere, Root, Tag};
        use Polarity::{Negative, Neutral, Positive};
        let by = Authority::Right;
        match self {
            // An open record stays behind: whoever takes it in must hold the tag, and the tag comes by git.
            Self::Open(open) => Row::new(Tag, Positive, by(Right::Open(open.release_type))).copied_to(CopiedTo::Name).stays(),
            Self::Assign(assign) => Row::new(Tag, Positive, by(Right::Assign)).on(assign.item.as_ref()),
            Self::Sign(sign) => {
                let (polarity, authority) = match sign.verdict {
                    SignVerdict::Reject => (Negative, ItemOr(Right::Reject)),
                    SignVerdict::Partial => (Negative, Item),
                    SignVerdict::Waive => (Positive, by(Right::Waive)),
                    SignVerdict::Done | SignVerdict::Approve | SignVerdict::NotApplicable => (Positive, Item),
                };
                Row::new(Tag, polarity, authority).on(sign.item.as_ref()).naming(&sign.over)
            }
            Self::Withdraw(withdraw) => Row::new(Either, Negative, Author).naming(std::slice::from_ref(&withdraw.record)),
            Self::Check(check) => {
                let polarity = if check.result == CheckResult::NotRun { Neutral } else { unless(check.result.speaks_against()) };
                Row::new(Tag, polarity, by(Right::Check)).on(Some(&check.item))
            }
            Self::Decide(decide) => {
                Row::new(Tag, unless(decide.decision != Decision::Go), by(Right::Decide)).naming(&decide.manifest)
            }
            Self::Action(action) => {
                let (polarity, authority) = match action.event {
                    ActionEvent::Add => (unless(action.blocks == Some(Blocks::Go)), by(Right::Action)),
                    ActionEvent::Done => (Positive, ItemOr(Right::Action)),
                    // The right to act does not meet somebody else's condition.
                    ActionEvent::Met => (Positive, Item),
                    ActionEvent::Failed if action.decision.is_some() => (Negative, ItemOr(Right::Decide)),
                    ActionEvent::Failed | ActionEvent::Reopen => (Negative, ItemOr(Right::Action)),
                };
                Row::new(Tag, polarity, authority).naming(action.decision.as_slice())
            }
            Self::Stage(stage) => Row::new(Tag, unless(stage.event == StageEvent::Fail), by(Right::Stage)).naming(&stage.readings),
            Self::Reading(_) => Row::new(Tag, Positive, by(Right::Read)),
            Self::Rollback(_) => Row::new(Tag, Negative, by(Right::Rollback)),
            Self::Close(close) => Row::new(Tag, unless(close.outcome != Outcome::Completed), by(Right::Close)),
            Self::Freeze(_) => Row::new(Root, Neutral, by(Right::Freeze)),
            Self::Lift(_) => Row::new(Root, Neutral, by(Right::Lift)),
            Self::Exception(_) => Row::new(Root, Neutral, by(Right::Request)),
            Self::Grant(_) => Row::new(Root, Neutral, by(Right::Grant)),
            Self::BreakGlass(_) => Row::new(Root, Neutral, by(Right::BreakGlass)),
            Self::Disregard(_) => Row::new(Tag, Positive, by(Right::Disregard)),
            Self::Redact(_) => Row::new(Tag, Positive, by(Right::Redact)).copied_to(CopiedTo::Root),
            Self::Policy(_) => Row::new(Elsewhere, Neutral, PolicyOwner),
            Self::Receipt(_) => Row::new(Elsewhere, Neutral, by(Right::Receipt)),
            // What a later version means by it can't be known, so it is read in the way that makes no GO.
            Self::Unknown(_) => Row::new(Either, Negative, Unknown).copied_to(CopiedTo::Name).stays(),
        }
    }

    /// Whether its author may withdraw it: not a withdrawal, and not what ended a release, which a new decision takes up again.
    pub fn may_be_withdrawn(&self) -> bool {
        !matches!(self, Self::Withdraw(_) | Self::Rollback(_) | Self::Close(_))
    }

    /// Returns a few words for what the body says, as they stand after "@jchen: ".
    pub fn summary(&self) -> String {
        match self {
            Self::Open(body) => format!("opens {:?} for {}, {} items", body.title, body.environment, body.items.len()),
            Self::Assign(body) => match (&body.item, &body.stage) {
                (Some(item), _) => format!("assigns {} to {}", item.id, body.owner),
                (None, stage) => format!("assigns stage {} to {}", stage.as_deref().unwrap_or_default(), body.owner),
            },
            Self::Sign(body) => match (&body.item, &body.bake) {
                (Some(item), _) => format!("{} {}", body.verdict, item.id),
                (None, Some(stage)) => format!("{} the bake time of stage {stage}", body.verdict),
                (None, None) => format!("{} {} unknown authors", body.verdict, body.unknown.len()),
            },
            Self::Withdraw(body) => format!("withdraws {}", body.record.short()),
            Self::Check(body) => format!("check of {}: {}", body.item.id, body.result),
            Self::Decide(body) => format!("decides {} on {} records", body.decision, body.manifest.len()),
            Self::Action(body) if body.decision.is_some() => format!("condition {}: {}", body.id, body.event),
            Self::Action(body) => format!("action {}: {}", body.id, body.event),
            Self::Stage(body) => format!("stage {}: {}", body.stage, body.event),
            Self::Reading(body) => format!("{} readings in stage {}", body.values.len(), body.stage),
            Self::Rollback(body) => match (body.step, body.result) {
                (Some(step), Some(result)) => format!("roll-back: step {step} {result}"),
                _ => format!("roll-back: {}", body.event),
            },
            Self::Close(body) => format!("closes: {}", body.outcome),
            Self::Freeze(body) => format!("freezes {}", body.refs.join(", ")),
            Self::Lift(body) => format!("lifts freeze {}", body.freeze.short()),
            Self::Exception(body) => format!("requests an exception for {} onto {}", body.commit.short(), body.ref_name),
            Self::Grant(body) => format!("grants {}", body.exception.short()),
            Self::BreakGlass(body) => format!("overrides the freeze of {} for {}", body.ref_name, body.commit.short()),
            Self::Disregard(body) => format!("disregards {}", body.record.short()),
            Self::Redact(body) => format!("redacts {}", body.evidence.short()),
            Self::Policy(body) => format!("accepts policy version {}", body.version),
            Self::Receipt(body) => format!("receipt {} for {} records", body.sequence, body.records.len()),
            Self::Unknown(kind) => format!("a record of unknown kind {kind:?}"),
        }
    }

    /// Returns why its author says this, where they do.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Open(body) => body.reason.as_deref(),
            Self::Sign(body) => body.reason.as_deref(),
            Self::Decide(body) => body.reason.as_deref(),
            Self::Rollback(body) => body.reason.as_deref(),
            Self::Close(body) => body.reason.as_deref(),
            Self::Assign(body) => Some(&body.reason),
            Self::Withdraw(body) => Some(&body.reason),
            Self::Freeze(body) => Some(&body.reason),
            Self::Lift(body) => Some(&body.reason),
            Self::Exception(body) => Some(&body.reason),
            Self::BreakGlass(body) => Some(&body.reason),
            Self::Disregard(body) => Some(&body.reason),
            Self::Redact(body) => Some(&body.reason),
            Self::Check(_) | Self::Action(_) | Self::Stage(_) | Self::Reading(_) => None,
            Self::Grant(_) | Self::Policy(_) | Self::Receipt(_) | Self::Unknown(_) => None,
        }
    }
}

/// The longest name of a freeze, in characters.
pub const LONGEST_FREEZE_NAME: usize = 100;
/// The most commits that an exception may be about: more than that nobody reviews.
pub const MOST_EXCEPTED: usize = 1000;

impl Record {
    /// Returns every record that this one names and rests on: its parents, its `open`, and the targets of its kind.
    pub fn names(&self) -> impl Iterator<Item = &RecordId> {
        self.parents.iter().chain(&self.open).chain(self.body.row().targets)
    }

    /// Says what the record lacks, or says that can't be, as the end of "the record …"; nothing where it is complete.
    pub fn shortcoming(&self) -> Option<&'static str> {
        let lacks = |text: &str| text.trim().is_empty();
        let no_reason = self.body.reason().is_none_or(lacks).then_some("has no reason");
        match &self.body {
            Body::Sign(sign) => no_reason.filter(|_| !matches!(sign.verdict, SignVerdict::Done | SignVerdict::Approve)),
            Body::Assign(_) | Body::Withdraw(_) | Body::Disregard(_) => no_reason,
            Body::Redact(_) | Body::Lift(_) | Body::BreakGlass(_) => no_reason,
            Body::Close(close) => no_reason.filter(|_| close.outcome == Outcome::Abandoned),
            Body::Decide(decide) => match decide.decision {
                Decision::NoGo if no_reason.is_some() => no_reason,
                Decision::ConditionalGo if decide.conditions.is_empty() => Some("has no condition"),
                Decision::ConditionalGo => {
                    let ids: BTreeSet<&str> = decide.conditions.iter().map(|condition| condition.id.as_str()).collect();
                    if ids.len() < decide.conditions.len() {
                        Some("has two conditions of one id")
                    } else {
                        let blank = |condition: &super::Condition| lacks(&condition.text) || lacks(&condition.id);
                        decide.conditions.iter().any(blank).then_some("has a condition that says nothing")
                    }
                }
                Decision::Go | Decision::NoGo if !decide.conditions.is_empty() => Some("has conditions"),
                _ => None,
            },
            Body::Action(action) => self.shortcoming_of_action(action),
            Body::Stage(stage) => {
                let is_blank = |spite: &super::InSpite| lacks(&spite.reason) || lacks(&spite.of);
                stage.in_spite.iter().any(is_blank).then_some("overrides something without a reason")
            }
            Body::Reading(reading) => self.shortcoming_of_reading(reading),
            Body::Rollback(rollback) => self.shortcoming_of_rollback(rollback),
            Body::Open(open) => {
                open.window.is_some_and(|window| window.from >= window.to).then_some("has a window that ends before it begins")
            }
            Body::Freeze(freeze) => {
                let name = freeze.name.trim();
                if name.is_empty() || name.chars().count() > LONGEST_FREEZE_NAME || name.chars().any(is_hidden) {
                    Some("has no name that people can read")
                } else if freeze.until.is_some_and(|until| until <= freeze.from) {
                    Some("ends before it begins")
                } else {
                    no_reason
                }
            }
            Body::Exception(exception) => {
                if exception.expires <= self.time {
                    Some("has expired before it was signed")
                } else if exception.commits.is_empty() || exception.commits.len() > MOST_EXCEPTED {
                    Some("is about no commit, or about more than anybody reviews")
                } else {
                    no_reason
                }
            }
            Body::Check(_) | Body::Grant(_) | Body::Policy(_) | Body::Receipt(_) | Body::Unknown(_) => None,
        }
    }

    fn shortcoming_of_action(&self, action: &Action) -> Option<&'static str> {
        let lacks = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        let describes = action.text.is_some()
            || action.assignee.is_some()
            || action.due.is_some()
            || action.after.is_some()
            || action.blocks.is_some()
            || action.not_by.is_some();
        match action.event {
            ActionEvent::Add if lacks(&action.text) => Some("does not say what is to be done"),
            ActionEvent::Add if action.due.is_some() && action.after.is_some() => Some("is due at two times"),
            ActionEvent::Add => action.decision.is_some().then_some("adds to a decision that is signed"),
            _ if describes => Some("describes an action without adding one"),
            ActionEvent::Met if action.decision.is_none() => Some("does not name the decision whose condition is met"),
            ActionEvent::Met if lacks(&self.comment) && self.evidence.is_empty() => Some("has neither a note nor evidence"),
            ActionEvent::Done | ActionEvent::Reopen if action.decision.is_some() => Some("treats a condition as an action"),
            ActionEvent::Met | ActionEvent::Done | ActionEvent::Reopen | ActionEvent::Failed => None,
        }
    }

    fn shortcoming_of_reading(&self, reading: &Reading) -> Option<&'static str> {
        if reading.values.is_empty() {
            Some("has no value")
        } else if reading.source.trim().is_empty() {
            Some("does not say where its values come from")
        } else if reading.to < reading.from {
            Some("ends before it begins")
        } else {
            (reading.to > self.time).then_some("ends after it was signed")
        }
    }

    fn shortcoming_of_rollback(&self, rollback: &Rollback) -> Option<&'static str> {
        let lacks = rollback.reason.as_deref().is_none_or(|text| text.trim().is_empty());
        let of_step = rollback.step.is_some() || rollback.result.is_some();
        let of_start = rollback.to.is_some() || rollback.trigger.is_some();
        if rollback.at.is_some_and(|at| at > self.time) {
            return Some("happened after it was signed");
        }
        match rollback.event {
            RollbackEvent::Start if of_step => Some("has what only a step has"),
            RollbackEvent::Start => None,
            _ if of_start => Some("has what only the start has"),
            RollbackEvent::Step => match (rollback.step, rollback.result) {
                (None | Some(0), _) | (_, None) => Some("does not say which step, and what became of it"),
                (_, Some(StepResult::Done)) => None,
                (_, Some(StepResult::Skipped | StepResult::Failed)) => lacks.then_some("has no reason"),
            },
            RollbackEvent::Done | RollbackEvent::Failed if of_step => Some("has what only a step has"),
            RollbackEvent::Done => None,
            RollbackEvent::Failed => lacks.then_some("has no reason"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::RecordId;
    use crate::model::record::Withdraw;

    #[test]
    fn a_withdraw_rests_on_what_it_withdraws() {
        let record: RecordId = "1".repeat(64).parse().unwrap();
        let body = Body::Withdraw(Withdraw { record, reason: "wrong".to_owned() });
        let row = body.row();
        assert_eq!(row.targets, [record]);
        assert_eq!((row.home, row.polarity, row.authority), (Home::Either, Polarity::Negative, Authority::Author));
        assert!(row.travels);
    }

    #[test]
    fn a_kind_of_a_later_version_makes_no_go_and_does_not_travel() {
        let body = Body::Unknown("veto".to_owned());
        let row = body.row();
        assert_eq!((row.polarity, row.authority, row.travels), (Polarity::Negative, Authority::Unknown, false));
    }
}
