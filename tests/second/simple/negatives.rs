//! What speaks against a release.

use relsign::model::ids::{Principal, RecordId};
use relsign::model::policy::Right;
use relsign::model::record::{
    Action, ActionEvent, Blocks, Body, CheckResult, Decision, ItemRef, Outcome, Owner, SignVerdict, StageEvent,
};

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
                        SignVerdict::Reject => {
                            self.had_right(entry, Right::Reject)
                                || sign.item.as_ref().is_some_and(|item| self.may_own(release, entry, item))
                        }
                        SignVerdict::Partial => sign.item.as_ref().is_some_and(|item| self.may_own(release, entry, item)),
                        _ => false,
                    }
            }
            Body::Check(check) => {
                of_this
                    && matches!(check.result, CheckResult::Failed | CheckResult::TimedOut)
                    && self.had_right(entry, Right::Check)
            }
            Body::Decide(decide) => {
                of_this && decide.decision != Decision::Go && self.is_person(entry) && self.had_right(entry, Right::Decide)
            }
            Body::Action(action) => of_this && self.action_speaks_against(release, entry, action),
            Body::Stage(stage) => of_this && stage.event == StageEvent::Fail && self.had_right(entry, Right::Stage),
            Body::Rollback(_) => of_this && self.had_right(entry, Right::Rollback),
            Body::Close(close) => of_this && close.outcome != Outcome::Completed && self.had_right(entry, Right::Close),
            _ => false,
        }
    }

    /// An action that is added and holds up GO speaks against the release, and so do words that it is not done, of one that holds
    /// up GO or that nobody knows, and that a condition is not met.
    fn action_speaks_against(&self, release: Release<'a>, entry: &Entry, action: &Action) -> bool {
        match (action.event, action.decision) {
            (ActionEvent::Add, _) => action.blocks == Some(Blocks::Go) && self.had_right(entry, Right::Action),
            (ActionEvent::Failed, Some(decision)) => {
                self.had_right(entry, Right::Decide) || self.was_given_the_condition(release, entry, decision, &action.id)
            }
            (ActionEvent::Failed | ActionEvent::Reopen, _) => {
                let known: Vec<Option<Blocks>> =
                    self.actions_of_id(release, &action.id).into_iter().map(|(_, blocks)| blocks).collect();
                (self.had_right(entry, Right::Action) || self.was_given_the_action(release, entry, &action.id))
                    && (known.is_empty() || known.contains(&Some(Blocks::Go)))
            }
            _ => false,
        }
    }

    /// Every action of an id that the open record has, or that anybody added: to whom it is given, and what it holds up.
    fn actions_of_id(&self, release: Release<'a>, id: &str) -> Vec<(Option<&'a Owner>, Option<Blocks>)> {
        let of_open = release.open.actions.iter().filter(|action| action.id == id);
        let mut all: Vec<_> = of_open.map(|action| (action.assignee.as_ref(), action.blocks)).collect();
        all.extend(self.valid.values().filter(|entry| entry.record.open == Some(release.id)).filter_map(|entry| {
            match &entry.record.body {
                Body::Action(action) if action.event == ActionEvent::Add && action.id == id => {
                    Some((action.assignee.as_ref(), action.blocks))
                }
                _ => None,
            }
        }));
        all
    }

    /// Whoever an action was ever given to was given it.
    fn was_given_the_action(&self, release: Release<'a>, entry: &Entry, id: &str) -> bool {
        self.actions_of_id(release, id).into_iter().any(|(assignee, _)| self.is_given(release, entry, assignee))
    }

    /// A condition is given to whom its decision says.
    fn was_given_the_condition(&self, release: Release<'a>, entry: &Entry, decision: RecordId, id: &str) -> bool {
        let Some(decided) = self.valid.get(&decision) else { return false };
        let Body::Decide(decide) = &decided.record.body else { return false };
        let mut conditions = decide.conditions.iter().filter(|condition| condition.id == id);
        decided.record.open == Some(release.id)
            && conditions.any(|condition| self.is_given(release, entry, Some(&condition.assignee)))
    }

    /// What is given to a person, a role, or the release managers, is theirs as items are.
    pub(super) fn is_given(&self, release: Release<'a>, entry: &Entry, to: Option<&Owner>) -> bool {
        match &entry.record.signer.handle {
            Principal::Person(handle) => owns(&release.policy.says, handle, to),
            Principal::Machine(_) => false,
        }
    }

    fn is_person(&self, entry: &Entry) -> bool {
        matches!(entry.record.signer.handle, Principal::Person(_))
    }

    pub(super) fn had_right(&self, entry: &Entry, right: Right) -> bool {
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
                    && assign.item.as_ref().is_some_and(|given| given.id == item.id)
                    && assign.owner == *handle
                    && self.had_right(other, Right::Assign)
            }
            _ => false,
        });
        let first = release.open.items.iter().find(|open| open.id == item.id);
        given || first.is_some_and(|item| owns(&release.policy.says, handle, item.owner.as_ref()))
    }
}
