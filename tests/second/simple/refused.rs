//! Records that may not say what they say, and which of them everybody refuses.

use std::collections::BTreeSet;

use relsign::model::ids::{Principal, RecordId};
use relsign::model::log::Record;
use relsign::model::policy::{KeyState, Right};
use relsign::model::record::{ActionEvent, Body, Decision, Outcome, RollbackEvent, SignVerdict, StepResult};

use super::authority::listed_key;
use super::policy::has_right;
use super::{Entry, Judge, Kept, names};

/// What it takes to say something of a kind.
enum Takes {
    Right(Right),
    Person,
    PersonOr(Right),
    ToBeItsAuthor(RecordId),
    AnActiveKey,
    Nothing,
}

fn takes(body: &Body) -> Takes {
    match body {
        Body::Open(open) => Takes::Right(Right::Open(open.release_type)),
        Body::Assign(_) => Takes::Right(Right::Assign),
        Body::Sign(sign) => match sign.verdict {
            SignVerdict::Reject => Takes::PersonOr(Right::Reject),
            SignVerdict::Waive => Takes::Right(Right::Waive),
            _ => Takes::Person,
        },
        Body::Withdraw(withdraw) => Takes::ToBeItsAuthor(withdraw.record),
        Body::Check(_) => Takes::Right(Right::Check),
        Body::Decide(_) => Takes::Right(Right::Decide),
        Body::Action(action) => match action.event {
            ActionEvent::Add => Takes::Right(Right::Action),
            ActionEvent::Met => Takes::Person,
            ActionEvent::Failed if action.decision.is_some() => Takes::PersonOr(Right::Decide),
            _ => Takes::PersonOr(Right::Action),
        },
        Body::Stage(_) => Takes::Right(Right::Stage),
        Body::Reading(_) => Takes::Right(Right::Read),
        Body::Rollback(_) => Takes::Right(Right::Rollback),
        Body::Close(_) => Takes::Right(Right::Close),
        Body::Disregard(_) => Takes::Right(Right::Disregard),
        Body::Redact(_) => Takes::Right(Right::Redact),
        Body::Unknown(_) => Takes::AnActiveKey,
        // Records of other logs never stand on a tag.
        _ => Takes::Nothing,
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn no(text: Option<&String>) -> bool {
    text.is_none_or(|text| is_blank(text))
}

/// Whoever takes something away from a release, or from others, says why; a decision has conditions if it is conditional, and only
/// then; what is planned ends after it begins, and what was measured or happened did so before it is told.
fn says_too_little(record: &Record) -> bool {
    match &record.body {
        Body::Sign(sign) => !matches!(sign.verdict, SignVerdict::Done | SignVerdict::Approve) && no(sign.reason.as_ref()),
        Body::Assign(assign) => is_blank(&assign.reason),
        Body::Withdraw(withdraw) => is_blank(&withdraw.reason),
        Body::Disregard(disregard) => is_blank(&disregard.reason),
        Body::Redact(redact) => is_blank(&redact.reason),
        Body::Close(close) => close.outcome == Outcome::Abandoned && no(close.reason.as_ref()),
        Body::Decide(decide) => {
            let ids: BTreeSet<&String> = decide.conditions.iter().map(|condition| &condition.id).collect();
            decide.decision == Decision::NoGo && no(decide.reason.as_ref())
                || (decide.decision == Decision::ConditionalGo) == decide.conditions.is_empty()
                || ids.len() < decide.conditions.len()
                || decide.conditions.iter().any(|condition| is_blank(&condition.id) || is_blank(&condition.text))
        }
        Body::Action(action) => {
            let is_described = action.text.is_some()
                || action.assignee.is_some()
                || action.due.is_some()
                || action.after.is_some()
                || action.blocks.is_some()
                || action.not_by.is_some();
            match action.event {
                ActionEvent::Add => {
                    no(action.text.as_ref()) || action.due.is_some() && action.after.is_some() || action.decision.is_some()
                }
                ActionEvent::Done | ActionEvent::Reopen => is_described || action.decision.is_some(),
                ActionEvent::Met => {
                    is_described || action.decision.is_none() || no(record.comment.as_ref()) && record.evidence.is_empty()
                }
                ActionEvent::Failed => is_described,
            }
        }
        Body::Stage(stage) => stage.in_spite.iter().any(|in_spite| is_blank(&in_spite.of) || is_blank(&in_spite.reason)),
        Body::Reading(reading) => {
            reading.values.is_empty() || is_blank(&reading.source) || reading.from > reading.to || reading.to > record.time
        }
        Body::Rollback(rollback) => {
            let is_step = rollback.event == RollbackEvent::Step;
            let is_bad = matches!(rollback.result, Some(StepResult::Skipped | StepResult::Failed));
            rollback.at.is_some_and(|at| at > record.time)
                || rollback.step.is_some() != is_step
                || rollback.result.is_some() != is_step
                || (rollback.to.is_some() || rollback.trigger.is_some()) && rollback.event != RollbackEvent::Start
                || (rollback.event == RollbackEvent::Failed || is_bad) && no(rollback.reason.as_ref())
        }
        Body::Open(open) => open.window.is_some_and(|window| window.from >= window.to),
        _ => false,
    }
}

impl<'a> Judge<'a> {
    /// A record breaks a rule if its version is not in the chain, it says less than its kind has to, nobody ever gave its signer
    /// what it takes, or it cites evidence with another size than that has.
    pub(super) fn breaks_a_rule(&self, id: RecordId) -> bool {
        let entry = self.whole[&id];
        if says_too_little(&entry.record) {
            return true;
        }
        self.version(entry.record.policy_head).is_none() || !self.has_what_it_takes(entry) || self.cites_another_size(entry)
    }

    fn has_what_it_takes(&self, entry: &Entry) -> bool {
        let who = &entry.record.signer.handle;
        let ever = |right| self.question.versions.iter().any(|version| has_right(&version.says, who, right));
        let is_person = matches!(who, Principal::Person(_));
        match takes(&entry.record.body) {
            Takes::Right(right) => ever(right),
            Takes::Person => is_person,
            Takes::PersonOr(right) => is_person || ever(right),
            Takes::ToBeItsAuthor(target) => self.whole.get(&target).is_none_or(|target| target.record.signer.handle == *who),
            Takes::AnActiveKey => listed_key(&self.newest().says, who, &entry.record.signer.fingerprint)
                .is_some_and(|key| key.state == KeyState::Active),
            Takes::Nothing => true,
        }
    }

    fn cites_another_size(&self, entry: &Entry) -> bool {
        entry.record.evidence.iter().any(|piece| match (piece.sha256, piece.size) {
            (Some(digest), Some(size)) => {
                matches!(self.question.evidence.get(&digest), Some(Kept::Bytes(kept)) if *kept != size)
            }
            _ => false,
        })
    }

    /// A record that breaks a rule is refused unless somebody relied on it: a receipt names it, or a record that is not refused.
    pub(super) fn refused(&self) -> BTreeSet<RecordId> {
        let received = |id: &RecordId| self.question.receipts.iter().any(|receipt| receipt.records.contains(id));
        let mut refused: BTreeSet<RecordId> =
            self.valid.keys().copied().filter(|id| self.breaks_a_rule(*id) && !received(id)).collect();
        loop {
            let others = self.valid.iter().filter(|(id, _)| !refused.contains(id));
            let relied: BTreeSet<RecordId> =
                others.flat_map(|(_, entry)| names(&entry.record)).filter(|id| refused.contains(id)).collect();
            if relied.is_empty() {
                return refused;
            }
            refused.retain(|id| !relied.contains(id));
        }
    }
}
