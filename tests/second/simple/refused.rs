//! Records that may not say what they say, and which of them everybody refuses.

use std::collections::BTreeSet;

use relsign::model::ids::{Principal, RecordId};
use relsign::model::policy::{KeyState, Right};
use relsign::model::record::{ActionEvent, Body, Decision, Outcome, SignVerdict};

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
        Body::Action(_) => Takes::Right(Right::Action),
        Body::Stage(_) | Body::Reading(_) => Takes::Right(Right::Stage),
        Body::Rollback(_) => Takes::Right(Right::Rollback),
        Body::Close(_) => Takes::Right(Right::Close),
        Body::Carry(_) => Takes::Right(Right::Carry),
        Body::Disregard(_) => Takes::Right(Right::Disregard),
        Body::Redact(_) => Takes::Right(Right::Redact),
        Body::Unknown(_) => Takes::AnActiveKey,
        // Records of other logs never stand on a tag.
        _ => Takes::Nothing,
    }
}

/// Whoever takes something away from a release, or from others, says why; a decision has conditions if it is conditional, and only
/// then; what is planned ends after it begins.
fn says_too_little(body: &Body) -> bool {
    let no = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    match body {
        Body::Sign(sign) => !matches!(sign.verdict, SignVerdict::Done | SignVerdict::Approve) && no(&sign.reason),
        Body::Assign(assign) => assign.reason.trim().is_empty(),
        Body::Withdraw(withdraw) => withdraw.reason.trim().is_empty(),
        Body::Disregard(disregard) => disregard.reason.trim().is_empty(),
        Body::Redact(redact) => redact.reason.trim().is_empty(),
        Body::Close(close) => close.outcome == Outcome::Abandoned && no(&close.reason),
        Body::Decide(decide) => {
            decide.decision == Decision::NoGo && no(&decide.reason)
                || (decide.decision == Decision::ConditionalGo) == decide.conditions.is_empty()
        }
        Body::Action(action) => action.event == ActionEvent::Add && no(&action.text),
        Body::Open(open) => open.window.is_some_and(|window| window.from >= window.to),
        _ => false,
    }
}

impl<'a> Judge<'a> {
    /// A record breaks a rule if its version is not in the chain, it says less than its kind has to, nobody ever gave its signer
    /// what it takes, or it cites evidence with another size than that has.
    pub(super) fn breaks_a_rule(&self, id: RecordId) -> bool {
        let entry = self.valid[&id];
        if says_too_little(&entry.record.body) {
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
            Takes::ToBeItsAuthor(target) => self.valid.get(&target).is_none_or(|target| target.record.signer.handle == *who),
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
