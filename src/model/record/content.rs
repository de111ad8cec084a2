//! What a record of each kind has to say besides having its fields: what no signing command signs without.

use super::{ActionEvent, Body, Decision, Outcome, SignVerdict};
use crate::model::hidden::is_hidden;
use crate::model::log::Record;

/// The longest name of a freeze, in characters.
pub const LONGEST_FREEZE_NAME: usize = 100;
/// The most commits that an exception may be about: more than that nobody reviews.
pub const MOST_EXCEPTED: usize = 1000;

impl Record {
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
