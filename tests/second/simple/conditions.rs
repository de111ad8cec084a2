//! The conditions of a decision, and how many people it takes to decide.

use std::collections::BTreeSet;

use relsign::model::course::ConditionState;
use relsign::model::ids::{Handle, RecordId};
use relsign::model::record::{ActionEvent, Body, Condition, Decide, NotBy};
use relsign::model::time::Timestamp;

use super::items::person;
use super::policy::holds_role;
use super::{Entry, Judge, Release};

impl<'a> Judge<'a> {
    /// Nobody said something before a witness could have heard it: its time is the claimed one, or that of the first receipt.
    pub(super) fn time_of(&self, id: RecordId) -> Timestamp {
        let claimed = self.whole[&id].record.time;
        let receipts = self.question.receipts.iter().filter(|receipt| receipt.records.contains(&id));
        receipts.map(|receipt| receipt.time).min().map_or(claimed, |received| received.max(claimed))
    }

    /// Whoever wrote what is released, tagged it or signed the tag, implemented it.
    pub(super) fn is_implementer(&self, release: Release<'a>, handle: &Handle) -> bool {
        let made = &release.open.implementers;
        made.people.contains(handle) || made.tagger.as_ref() == Some(handle) || self.tag_maker() == Some(handle)
    }

    pub(super) fn may_settle(&self, release: Release<'a>, entry: &Entry, not_by: Option<NotBy>) -> bool {
        let Some(handle) = person(entry) else { return false };
        not_by != Some(NotBy::Implementers) || !self.is_implementer(release, handle)
    }

    fn words_on_the_condition(
        &self,
        release: Release<'a>,
        decision: RecordId,
        condition: &Condition,
        event: ActionEvent,
    ) -> Vec<(RecordId, &'a Entry)> {
        let of_it = self.valid.iter().filter(|(_, entry)| match &entry.record.body {
            Body::Action(action) => {
                entry.record.open == Some(release.id)
                    && action.event == event
                    && action.id == condition.id
                    && action.decision == Some(decision)
            }
            _ => false,
        });
        of_it.map(|(id, entry)| (*id, *entry)).collect()
    }

    /// A condition is met by a person to whom it was given, who had seen the decision, before it was due.
    pub(super) fn met(&self, release: Release<'a>, decision: RecordId, condition: &Condition) -> Option<Timestamp> {
        let words = self.words_on_the_condition(release, decision, condition, ActionEvent::Met);
        let counting = words.into_iter().filter(|(id, entry)| {
            self.counts(*id)
                && self.claims_no_role_of_others(release, *id)
                && self.is_given(release, entry, Some(&condition.assignee))
                && self.may_settle(release, entry, condition.not_by)
                && self.ancestors[id].contains(&decision)
                && self.time_of(*id) < condition.due
                && !self.valid.values().any(|other| self.takes_back(other, *id))
        });
        counting.map(|(id, _)| self.time_of(id)).min()
    }

    fn has_failed(&self, release: Release<'a>, decision: RecordId, condition: &Condition) -> bool {
        let words = self.words_on_the_condition(release, decision, condition, ActionEvent::Failed);
        words.into_iter().any(|(id, _)| {
            self.speaks_against(release, id) && !self.valid.iter().any(|(by, other)| self.takes_back(other, id) && self.counts(*by))
        })
    }

    /// (6) Each condition is met, and none failed.
    pub(super) fn conditions_are_met(&self, release: Release<'a>, id: RecordId, decide: &Decide) -> bool {
        decide
            .conditions
            .iter()
            .all(|condition| self.met(release, id, condition).is_some() && !self.has_failed(release, id, condition))
    }

    /// A condition failed, was met, fell due, or is open.
    pub(super) fn condition_state(&self, release: Release<'a>, id: RecordId, condition: &Condition) -> ConditionState {
        match () {
            () if self.has_failed(release, id, condition) => ConditionState::Failed,
            () if self.met(release, id, condition).is_some() => ConditionState::Met,
            () if self.question.now >= condition.due => ConditionState::Overdue,
            () => ConditionState::Open,
        }
    }

    /// There is GO with the first decision, by depth and then id, with which as many people decided as it takes, one of
    /// them in each role that it takes.
    pub(super) fn decision_with_enough(&self, release: Release<'a>, holding: &BTreeSet<RecordId>) -> Option<RecordId> {
        let says = &release.policy.says;
        let mut inorder: Vec<RecordId> = holding.iter().copied().collect();
        inorder.sort_by_key(|id| (self.depth(*id), *id));
        let mut people: BTreeSet<&Handle> = BTreeSet::new();
        inorder.into_iter().find(|id| {
            people.extend(person(self.valid[id]));
            people.len() >= says.thresholds.decide as usize
                && says.thresholds.decide_roles.iter().all(|role| people.iter().any(|handle| holds_role(says, handle, role)))
        })
    }
}
