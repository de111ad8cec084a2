//! What the program knows of a record by its kind alone: one row for each, exhaustive over [`Body`].
//!
//! Where a record may stand, what it takes to sign one, whether it helps a release or speaks against it, which records it
//! rests on, what it has to say and how it reads in a sentence are told here and nowhere else. A new kind does not compile without its row.

use super::{ActionEvent, Body, CheckResult, Decision, Outcome, SignVerdict, StageEvent};
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
    /// The item decides: whether the signer owns or may review it.
    Item,
    /// The right, or owning the item.
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

    const fn on(self, item: &'a ItemId) -> Self {
        Self { item: Some(item), ..self }
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
            Self::Assign(assign) => Row::new(Tag, Positive, by(Right::Assign)).on(&assign.item.id),
            Self::Sign(sign) => {
                let (polarity, authority) = match sign.verdict {
                    SignVerdict::Reject => (Negative, ItemOr(Right::Reject)),
                    SignVerdict::Partial => (Negative, Item),
                    SignVerdict::Waive => (Positive, by(Right::Waive)),
                    SignVerdict::Done | SignVerdict::Approve | SignVerdict::NotApplicable => (Positive, Item),
                };
                Row::new(Tag, polarity, authority).on(&sign.item.id).naming(&sign.over)
            }
            Self::Withdraw(withdraw) => Row::new(Either, Negative, Author).naming(std::slice::from_ref(&withdraw.record)),
            Self::Check(check) => Row::new(Tag, unless(check.result == CheckResult::Failed), by(Right::Check)).on(&check.item.id),
            Self::Decide(decide) => {
                Row::new(Tag, unless(decide.decision != Decision::Go), by(Right::Decide)).naming(&decide.manifest)
            }
            Self::Action(action) => Row::new(Tag, unless(action.event == ActionEvent::Failed), by(Right::Action)),
            Self::Stage(stage) => Row::new(Tag, unless(stage.event == StageEvent::Fail), by(Right::Stage)),
            Self::Reading(_) => Row::new(Tag, Positive, by(Right::Stage)),
            Self::Rollback(_) => Row::new(Tag, Negative, by(Right::Rollback)),
            Self::Close(close) => Row::new(Tag, unless(close.outcome == Outcome::Abandoned), by(Right::Close)),
            Self::Freeze(_) => Row::new(Root, Neutral, by(Right::Freeze)),
            Self::Lift(_) => Row::new(Root, Neutral, by(Right::Lift)),
            Self::Exception(_) => Row::new(Root, Neutral, by(Right::Request)),
            Self::Grant(_) => Row::new(Root, Neutral, by(Right::Grant)),
            Self::BreakGlass(_) => Row::new(Root, Neutral, by(Right::BreakGlass)),
            Self::Carry(carry) => Row::new(Tag, Positive, by(Right::Carry)).on(&carry.item.id),
            Self::Disregard(_) => Row::new(Tag, Positive, by(Right::Disregard)),
            Self::Redact(_) => Row::new(Tag, Positive, by(Right::Redact)).copied_to(CopiedTo::Root),
            Self::Policy(_) => Row::new(Elsewhere, Neutral, PolicyOwner),
            Self::Receipt(_) => Row::new(Elsewhere, Neutral, by(Right::Receipt)),
            // What a later version means by it can't be known, so it is read in the way that makes no GO.
            Self::Unknown(_) => Row::new(Either, Negative, Unknown).copied_to(CopiedTo::Name).stays(),
        }
    }

    /// Returns the right that the kind takes, where a right of the policy is what it takes.
    pub fn right(&self) -> Option<Right> {
        match self.row().authority {
            Authority::Right(right) | Authority::ItemOr(right) => Some(right),
            Authority::Item | Authority::Author | Authority::PolicyOwner | Authority::Unknown => None,
        }
    }

    /// Returns a few words for what the body says, as they stand after "@jchen: ".
    pub fn summary(&self) -> String {
        match self {
            Self::Open(body) => format!("opens {:?} for {}, {} items", body.title, body.environment, body.items.len()),
            Self::Assign(body) => format!("assigns {} to {}", body.item.id, body.owner),
            Self::Sign(body) => format!("{} {}", body.verdict, body.item.id),
            Self::Withdraw(body) => format!("withdraws {}", body.record.short()),
            Self::Check(body) => format!("check of {}: {}", body.item.id, body.result),
            Self::Decide(body) => format!("decides {} on {} records", body.decision, body.manifest.len()),
            Self::Action(body) => format!("action {}: {}", body.id, body.event),
            Self::Stage(body) => format!("stage {}: {}", body.stage, body.event),
            Self::Reading(body) => format!("{} readings in stage {}", body.values.len(), body.stage),
            Self::Rollback(body) => format!("roll-back: {}", body.event),
            Self::Close(body) => format!("closes: {}", body.outcome),
            Self::Freeze(body) => format!("freezes {}", body.refs.join(", ")),
            Self::Lift(body) => format!("lifts freeze {}", body.freeze.short()),
            Self::Exception(body) => format!("requests an exception for {} onto {}", body.commit.short(), body.ref_name),
            Self::Grant(body) => format!("grants {}", body.exception.short()),
            Self::BreakGlass(body) => format!("overrides the freeze of {} for {}", body.ref_name, body.commit.short()),
            Self::Carry(body) => format!("carries {} of {} from {}", body.verdict, body.item.id, body.from.short()),
            Self::Disregard(body) => format!("disregards {}", body.record.short()),
            Self::Redact(body) => format!("redacts {}", body.evidence.short()),
            Self::Policy(body) => format!("accepts policy version {}", body.version),
            Self::Receipt(body) => format!("receipt {} for {} records", body.sequence, body.records.len()),
            Self::Unknown(kind) => format!("a record of unknown kind {kind:?}"),
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
        let reason = "has no reason";
        match &self.body {
            Body::Sign(sign) => {
                let needs = !matches!(sign.verdict, SignVerdict::Done | SignVerdict::Approve);
                (needs && sign.reason.as_deref().is_none_or(lacks)).then_some(reason)
            }
            Body::Assign(assign) => lacks(&assign.reason).then_some(reason),
            Body::Withdraw(withdraw) => lacks(&withdraw.reason).then_some(reason),
            Body::Disregard(disregard) => lacks(&disregard.reason).then_some(reason),
            Body::Redact(redact) => lacks(&redact.reason).then_some(reason),
            Body::Lift(lift) => lacks(&lift.reason).then_some(reason),
            Body::BreakGlass(glass) => lacks(&glass.reason).then_some(reason),
            Body::Close(close) => {
                (close.outcome == Outcome::Abandoned && close.reason.as_deref().is_none_or(lacks)).then_some(reason)
            }
            Body::Decide(decide) => match decide.decision {
                Decision::NoGo if decide.reason.as_deref().is_none_or(lacks) => Some(reason),
                Decision::ConditionalGo if decide.conditions.is_empty() => Some("has no condition"),
                Decision::Go | Decision::NoGo if !decide.conditions.is_empty() => Some("has conditions"),
                _ => None,
            },
            Body::Action(action) => {
                let is_blank = action.event == ActionEvent::Add && action.text.as_deref().is_none_or(lacks);
                is_blank.then_some("does not say what is to be done")
            }
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
                    lacks(&freeze.reason).then_some(reason)
                }
            }
            Body::Exception(exception) => {
                if exception.expires <= self.time {
                    Some("has expired before it was signed")
                } else if exception.commits.is_empty() || exception.commits.len() > MOST_EXCEPTED {
                    Some("is about no commit, or about more than anybody reviews")
                } else {
                    lacks(&exception.reason).then_some(reason)
                }
            }
            Body::Check(_)
            | Body::Stage(_)
            | Body::Reading(_)
            | Body::Rollback(_)
            | Body::Grant(_)
            | Body::Carry(_)
            | Body::Policy(_)
            | Body::Receipt(_)
            | Body::Unknown(_) => None,
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
        assert_eq!(body.right(), None);
    }
}
