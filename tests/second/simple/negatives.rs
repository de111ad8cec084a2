//! What speaks against a release.

use relsign::model::ids::{Principal, RecordId};
use relsign::model::policy::Right;
use relsign::model::record::{
    Action, ActionEvent, Blocks, Body, CheckResult, Decision, ItemRef, Outcome, Owner, SignVerdict, StageEvent,
};

use super::policy::{has_right, owns};
use super::{Entry, Judge, Release};

/// What is asked by an action: by whom it was added, if not by the open record, of whom, and what it holds up.
struct Asked<'a> {
    added: Option<RecordId>,
    assignee: Option<&'a Owner>,
    blocks: Option<Blocks>,
}

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
            Body::Action(action) => of_this && self.action_speaks_against(release, id, entry, action),
            Body::Stage(stage) => of_this && stage.event == StageEvent::Fail && self.had_right(entry, Right::Stage),
            Body::Rollback(_) => of_this && self.had_right(entry, Right::Rollback),
            Body::Close(close) => of_this && close.outcome != Outcome::Completed && self.had_right(entry, Right::Close),
            _ => false,
        }
    }

    /// An action that is added and holds up GO speaks against the release, and so do words that it is not done, of one that holds
    /// up GO or that nobody knows, and that a condition is not met.
    fn action_speaks_against(&self, release: Release<'a>, id: RecordId, entry: &Entry, action: &Action) -> bool {
        match (action.event, action.decision) {
            (ActionEvent::Add, _) => action.blocks == Some(Blocks::Go) && self.had_right(entry, Right::Action),
            (ActionEvent::Failed, Some(decision)) => {
                self.had_right(entry, Right::Decide) || self.was_given_the_condition(release, entry, decision, &action.id)
            }
            (ActionEvent::Failed | ActionEvent::Reopen, _) => {
                let known = self.actions_of_id(release, &action.id);
                let blocks = known.iter().any(|known| known.blocks == Some(Blocks::Go));
                let had_seen_one = known.iter().any(|known| known.added.is_none_or(|added| self.ancestors[&id].contains(&added)));
                (self.had_right(entry, Right::Action) || known.iter().any(|known| self.is_given(release, entry, known.assignee)))
                    && (blocks || !had_seen_one)
            }
            _ => false,
        }
    }

    /// Every action of an id that the open record has, or that somebody added who ever might.
    fn actions_of_id(&self, release: Release<'a>, id: &str) -> Vec<Asked<'a>> {
        let of_open = release.open.actions.iter().filter(|action| action.id == id);
        let mut all: Vec<Asked<'a>> =
            of_open.map(|action| Asked { added: None, assignee: action.assignee.as_ref(), blocks: action.blocks }).collect();
        all.extend(self.valid.iter().filter_map(|(added, entry)| match &entry.record.body {
            Body::Action(action)
                if entry.record.open == Some(release.id)
                    && action.event == ActionEvent::Add
                    && action.id == id
                    && self.had_right(entry, Right::Action) =>
            {
                Some(Asked { added: Some(*added), assignee: action.assignee.as_ref(), blocks: action.blocks })
            }
            _ => None,
        }));
        all
    }

    /// A condition is given to whom its decision says.
    fn was_given_the_condition(&self, release: Release<'a>, entry: &Entry, decision: RecordId, id: &str) -> bool {
        let Some(decided) = self.valid.get(&decision) else { return false };
        let Body::Decide(decide) = &decided.record.body else { return false };
        let mut conditions = decide.conditions.iter().filter(|condition| condition.id == id);
        decided.record.open == Some(release.id)
            && self.had_right(decided, Right::Decide)
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
