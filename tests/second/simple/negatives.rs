//! What speaks against a release.

use std::collections::BTreeSet;

use relsign::model::ids::{Principal, RecordId};
use relsign::model::policy::Right;
use relsign::model::record::{ActionEvent, Body, CheckResult, Decision, ItemRef, Outcome, Owner, SignVerdict, StageEvent};

use super::policy::{has_right, owns};
use super::{Entry, Judge, Release};

impl<'a> Judge<'a> {
    /// A word against counts for every key that was ever listed, if its holder had the right in some version.
    pub(super) fn speaks_against(&self, release: Release<'a>, id: RecordId) -> bool {
        let entry = self.valid[&id];
        let record = &entry.record;
        let of_this = record.open == Some(release.id);
        match &record.body {
            Body::Unknown(_) => true,
            Body::Withdraw(withdraw) => self.valid.contains_key(&withdraw.record)
                && self.takes_back(entry, withdraw.record)
                && self.concerns(release, withdraw.record),
            Body::Open(open) => {
                id != release.id && open.environment == release.open.environment && self.had_right(release, entry, Right::Open(open.release_type))
            }
            Body::Sign(sign) => {
                of_this && match sign.verdict {
                    SignVerdict::Reject => self.had_right(release, entry, Right::Reject) || self.may_own(release, entry, &sign.item),
                    SignVerdict::Partial => self.may_own(release, entry, &sign.item),
                    _ => false,
                }
            }
            Body::Check(check) => of_this && check.result == CheckResult::Failed && self.had_right(release, entry, Right::Check),
            Body::Decide(decide) => of_this && decide.decision != Decision::Go && self.is_person(entry) && self.had_right(release, entry, Right::Decide),
            Body::Action(action) => of_this && action.event == ActionEvent::Failed && self.had_right(release, entry, Right::Action),
            Body::Stage(stage) => of_this && stage.event == StageEvent::Fail && self.had_right(release, entry, Right::Stage),
            Body::Rollback(_) => of_this && self.had_right(release, entry, Right::Rollback),
            Body::Close(close) => of_this && close.outcome == Outcome::Abandoned && self.had_right(release, entry, Right::Close),
            _ => false,
        }
    }

    fn is_person(&self, entry: &Entry) -> bool {
        matches!(entry.record.signer.handle, Principal::Person(_))
    }

    fn had_right(&self, _release: Release<'a>, entry: &Entry, right: Right) -> bool {
        self.question.versions.iter().any(|version| has_right(&version.says, &entry.record.signer.handle, right))
    }

    /// A withdrawal speaks against the release if what it takes back is of it, or may decide which release is meant.
    fn concerns(&self, release: Release<'a>, id: RecordId) -> bool {
        let target = &self.valid[&id].record;
        match &target.body {
            Body::Open(open) => self.question.environment.is_none() || open.environment == release.open.environment,
            _ => target.open.is_none_or(|open| open == release.id),
        }
    }

    /// Everybody who is an item's owner now, or was, by the open record or by an assignment that counts.
    fn may_own(&self, release: Release<'a>, entry: &Entry, item: &ItemRef) -> bool {
        let Principal::Person(handle) = &entry.record.signer.handle else { return false };
        let all: BTreeSet<RecordId> = self.valid.keys().copied().collect();
        let basis = super::basis::Basis { judge: self, release, records: &all, time: self.question.now };
        let assigned = all.iter().any(|id| match &self.valid[id].record.body {
            Body::Assign(assign) => {
                assign.item.id == item.id && basis.assignment_counts(*id) && owns(&release.policy.says, handle, Some(&Owner::Person(assign.owner.clone())))
            }
            _ => false,
        });
        let open = release.open.items.iter().any(|open| open.id == item.id && owns(&release.policy.says, handle, open.owner.as_ref()));
        assigned || open
    }
}
