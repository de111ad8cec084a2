//! What speaks against a release.

use relsign::model::ids::{Principal, RecordId};
use relsign::model::policy::Right;
use relsign::model::record::{ActionEvent, Body, CheckResult, Decision, ItemRef, Outcome, SignVerdict, StageEvent};

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
            Body::Withdraw(withdraw) => {
                self.valid.contains_key(&withdraw.record)
                    && self.takes_back(entry, withdraw.record)
                    && self.concerns(release, entry, withdraw.record)
            }
            Body::Open(open) => {
                id != release.id
                    && open.environment == release.open.environment
                    && self.had_right(entry, Right::Open(open.release_type))
            }
            Body::Sign(sign) => {
                of_this
                    && match sign.verdict {
                        SignVerdict::Reject => self.had_right(entry, Right::Reject) || self.may_own(release, entry, &sign.item),
                        SignVerdict::Partial => self.may_own(release, entry, &sign.item),
                        _ => false,
                    }
            }
            Body::Check(check) => of_this && check.result == CheckResult::Failed && self.had_right(entry, Right::Check),
            Body::Decide(decide) => {
                of_this && decide.decision != Decision::Go && self.is_person(entry) && self.had_right(entry, Right::Decide)
            }
            Body::Action(action) => of_this && action.event == ActionEvent::Failed && self.had_right(entry, Right::Action),
            Body::Stage(stage) => of_this && stage.event == StageEvent::Fail && self.had_right(entry, Right::Stage),
            Body::Rollback(_) => of_this && self.had_right(entry, Right::Rollback),
            Body::Close(close) => of_this && close.outcome == Outcome::Abandoned && self.had_right(entry, Right::Close),
            _ => false,
        }
    }

    fn is_person(&self, entry: &Entry) -> bool {
        matches!(entry.record.signer.handle, Principal::Person(_))
    }

    fn had_right(&self, entry: &Entry, right: Right) -> bool {
        self.question.versions.iter().any(|version| has_right(&version.says, &entry.record.signer.handle, right))
    }

    /// A withdrawal speaks against the release if it is of it, or what it takes back is; and where no environment is asked
    /// about, if it takes back any open record, since that may decide which release is meant.
    fn concerns(&self, release: Release<'a>, withdrawal: &Entry, id: RecordId) -> bool {
        let target = &self.valid[&id].record;
        let is_open = matches!(target.body, Body::Open(_));
        withdrawal.record.open == Some(release.id)
            || id == release.id
            || target.open == Some(release.id)
            || self.question.environment.is_none() && is_open
    }

    /// Everybody owns an item here who does by the open record, or was ever given it by somebody who ever had the right.
    fn may_own(&self, release: Release<'a>, entry: &Entry, item: &ItemRef) -> bool {
        let Principal::Person(handle) = &entry.record.signer.handle else { return false };
        let given = self.valid.values().any(|other| match &other.record.body {
            Body::Assign(assign) => {
                other.record.open == Some(release.id)
                    && assign.item.id == item.id
                    && assign.owner == *handle
                    && self.had_right(other, Right::Assign)
            }
            _ => false,
        });
        let first = release.open.items.iter().find(|open| open.id == item.id);
        given || first.is_some_and(|item| owns(&release.policy.says, handle, item.owner.as_ref()))
    }
}
