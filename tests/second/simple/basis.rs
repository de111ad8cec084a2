//! Whether some records, at some time, are enough to decide on.

use std::collections::BTreeSet;

use relsign::model::course::ActionState;
use relsign::model::ids::RecordId;
use relsign::model::record::{Blocks, Body, Decision, Phase, SignVerdict};

use super::policy::open_keeps_to;
use super::{Entry, Judge, Release};

/// Some of the records, looked at as if there were no others, at a time.
pub(super) struct Basis<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) release: Release<'a>,
    pub(super) records: &'a BTreeSet<RecordId>,
    pub(super) time: relsign::model::time::Timestamp,
}

impl<'a> Basis<'a> {
    pub(super) fn entries(&self) -> impl Iterator<Item = (RecordId, &'a Entry)> {
        self.records.iter().map(|id| (*id, self.judge.valid[id]))
    }

    /// The basis of a decision: the open record is there and asks what the policy does; every item that is due before
    /// the decision is settled, and there is one; nothing that was said against the release stands.
    pub(super) fn holds(&self, decision: RecordId) -> bool {
        let open = self.release.open;
        let policy = &self.release.policy.says;
        let needed: Vec<_> = open.items.iter().filter(|item| item.phase == Phase::Before && !item.optional).collect();
        self.records.contains(&self.release.id)
            && open_keeps_to(policy, open, self.judge.question.name.short())
            && !needed.is_empty()
            && needed.iter().all(|item| self.item_state(item).is_settled())
            && self.no_id_stands_twice()
            && self.no_reject_stands()
            && self.no_other_open_stands()
            && self.nothing_unknown_stands()
            && self.no_action_holds_it_up()
            && self.what_was_named_by_hand_has_enough_people(decision)
    }

    /// Words name items by id, so that two items of one id can't be told apart.
    fn no_id_stands_twice(&self) -> bool {
        let ids: BTreeSet<_> = self.release.open.items.iter().map(|item| &item.id).collect();
        ids.len() == self.release.open.items.len()
    }

    /// A reject stands, whatever item it is of, until its author withdraws it or enough people waive over it.
    fn no_reject_stands(&self) -> bool {
        let mut rejects = self.entries().filter(|(_, entry)| match &entry.record.body {
            Body::Sign(sign) => sign.verdict == SignVerdict::Reject,
            _ => false,
        });
        rejects.all(|(id, _)| !self.judge.speaks_against(self.release, id) || self.reject_is_answered(id))
    }

    /// A second open record of the environment, by somebody who ever might, stands until its author takes it
    /// back for good, or a newer version of the policy leaves it behind.
    fn no_other_open_stands(&self) -> bool {
        let mut opens = self.entries().filter(|(_, entry)| matches!(entry.record.body, Body::Open(_)));
        opens.all(|(id, _)| {
            !self.judge.speaks_against(self.release, id) || self.is_taken_back_for_good(id) || self.judge.is_left_behind(id)
        })
    }

    /// Nobody knows what answers a record of a kind that is not known.
    fn nothing_unknown_stands(&self) -> bool {
        self.entries()
            .all(|(id, entry)| !matches!(entry.record.body, Body::Unknown(_)) || !self.judge.speaks_against(self.release, id))
    }

    /// Every action that holds up GO is done.
    fn no_action_holds_it_up(&self) -> bool {
        self.actions().iter().all(|action| action.blocks != Some(Blocks::Go) || action.state == ActionState::Done)
    }

    /// Another checklist or another previous release than the rules give takes as many people as the policy says: whoever
    /// opened, whoever decides, and whoever decided to go before and did not take it back.
    fn what_was_named_by_hand_has_enough_people(&self, decision: RecordId) -> bool {
        let open = self.release.open;
        let policy = &self.release.policy.says;
        let component = policy.components.iter().find(|component| component.name == open.component);
        let other_checklist = component.is_some_and(|component| component.checklist != open.checklist.path);
        let other_previous = open.previous.as_ref().is_some_and(|previous| previous.overridden);
        let mut people = BTreeSet::from([&self.release.entry.record.signer.handle]);
        people.insert(&self.judge.valid[&decision].record.signer.handle);
        for (id, entry) in self.entries() {
            let go = matches!(&entry.record.body, Body::Decide(decide) if decide.decision != Decision::NoGo);
            if go && self.judge.may_decide(self.release, id) && !self.is_taken_back(id) {
                people.insert(&entry.record.signer.handle);
            }
        }
        !(other_checklist || other_previous) || people.len() >= policy.thresholds.previous as usize
    }

    /// What helped towards GO is taken back by any key of its author.
    pub(super) fn is_taken_back(&self, id: RecordId) -> bool {
        self.entries().any(|(_, entry)| self.judge.takes_back(entry, id))
    }

    /// What speaks against the release is taken back with full authority only.
    pub(super) fn is_taken_back_for_good(&self, id: RecordId) -> bool {
        self.entries().any(|(by, entry)| self.judge.takes_back(entry, id) && self.judge.counts(by))
    }
}
