//! Who governs, whose words count, and what is taken back.

use std::collections::{BTreeMap, BTreeSet};

use relsign::model::ids::{Fingerprint, Handle, Principal, RecordId, Sha256Digest};
use relsign::model::policy::{Contents, KeyEntry, KeyState, Right};
use relsign::model::record::{Body, Outcome, PolicyHead, RollbackEvent};

use super::policy::{has_right, holds_role, only_revokes};
use super::{Entry, Judge, Release, Tag, Version};

/// A key as a version lists it with its holder.
pub(super) fn listed_key<'a>(policy: &'a Contents, who: &Principal, print: &Fingerprint) -> Option<&'a KeyEntry> {
    let keys = match who {
        Principal::Person(handle) => policy.people.get(handle).map(|person| &person.keys),
        Principal::Machine(name) => policy.machines.get(name).map(|machine| &machine.keys),
    };
    keys?.iter().find(|key| key.fingerprint == *print)
}

impl<'a> Judge<'a> {
    pub(super) fn newest(&self) -> &'a Version {
        self.question.versions.last().expect("a chain has a first version")
    }

    pub(super) fn version(&self, head: PolicyHead) -> Option<&'a Version> {
        self.question.versions.iter().find(|version| version.number == head.version && version.digest == head.digest)
    }

    /// The release is the one that was opened at the least depth, of several the one with the lowest id, by somebody who may, for the environment that is asked about; where none
    /// is asked about, for the first by name. An open record that its author took back opens nothing.
    pub(super) fn governing(&self) -> Option<Release<'a>> {
        let mut found: Vec<Release<'a>> = Vec::new();
        for (id, entry) in &self.valid {
            let Body::Open(open) = &entry.record.body else { continue };
            let Some(policy) = self.version(entry.record.policy_head) else { continue };
            let release = Release { id: *id, entry, open, policy };
            let asked = self.question.environment.as_ref().is_none_or(|asked| *asked == open.environment);
            if asked && self.may_open(*id) && !self.is_taken_back_by_anybody(*id) {
                found.push(release);
            }
        }
        let first = found.iter().map(|release| release.open.environment.clone()).min()?;
        found.retain(|release| release.open.environment == first);
        found.into_iter().min_by_key(|release| (self.depth(release.id), release.id))
    }

    /// The depth of a record: one more than that of the deepest of its parents that are here, and none without any.
    pub(super) fn depth(&self, id: RecordId) -> usize {
        let parents = self.valid[&id].record.parents.iter().filter(|parent| self.valid.contains_key(parent));
        parents.map(|parent| self.depth(*parent) + 1).max().unwrap_or(0)
    }

    /// Whoever opens is a person whom the version that the record names lets open such a release.
    pub(super) fn may_open(&self, id: RecordId) -> bool {
        let record = &self.valid[&id].record;
        let (Body::Open(open), Some(policy)) = (&record.body, self.version(record.policy_head)) else { return false };
        matches!(record.signer.handle, Principal::Person(_))
            && self.counts(id)
            && has_right(&policy.says, &record.signer.handle, Right::Open(open.release_type))
    }

    /// A release has ended if a good record of it by somebody who may close abandons it, or begins to roll it back by somebody who
    /// may do that as well, and no decision took it up again.
    pub(super) fn has_ended(&self, release: Release<'a>, taken_up: &BTreeMap<RecordId, RecordId>) -> bool {
        self.valid.iter().any(|(id, entry)| {
            let has = |right| has_right(&release.policy.says, &entry.record.signer.handle, right);
            let ends = match &entry.record.body {
                Body::Close(close) => close.outcome == Outcome::Abandoned,
                Body::Rollback(rollback) => rollback.event == RollbackEvent::Start && has(Right::Rollback),
                _ => false,
            };
            ends && entry.record.open == Some(release.id) && has(Right::Close) && self.counts(*id) && !taken_up.contains_key(id)
        })
    }

    /// Any key of the author takes an open record back: that speaks against the release.
    fn is_taken_back_by_anybody(&self, id: RecordId) -> bool {
        self.valid.values().any(|entry| self.takes_back(entry, id))
    }

    /// A withdrawal is of a record by the same person, and never of a withdrawal, a roll-back or a close.
    pub(super) fn takes_back(&self, entry: &Entry, id: RecordId) -> bool {
        let Body::Withdraw(withdraw) = &entry.record.body else { return false };
        let Some(target) = self.valid.get(&id) else { return false };
        withdraw.record == id
            && target.record.signer.handle == entry.record.signer.handle
            && !matches!(target.record.body, Body::Withdraw(_) | Body::Rollback(_) | Body::Close(_))
    }

    /// A word in favour counts if it breaks no rule, its key was good for the version of the policy that it names, and its time has
    /// come.
    pub(super) fn counts(&self, id: RecordId) -> bool {
        !self.breaks_a_rule(id) && self.key_is_good(id) && !self.is_still_to_come(id)
    }

    /// Whoever claims a role on a word or a decision must hold it under the policy that governs.
    pub(super) fn claims_no_role_of_others(&self, release: Release<'a>, id: RecordId) -> bool {
        let record = &self.valid[&id].record;
        let Principal::Person(handle) = &record.signer.handle else { return record.role.is_none() };
        record.role.as_ref().is_none_or(|role| holds_role(&release.policy.says, handle, role))
    }

    /// A word in favour names a version of the policy. Its key must have been active in that version, no version from there
    /// on may say that it was bad by then, and no later version may have left the record behind.
    pub(super) fn key_is_good(&self, id: RecordId) -> bool {
        let record = &self.whole[&id].record;
        let Some(named) = self.version(record.policy_head) else { return false };
        self.key_was_good(&record.signer.handle, &record.signer.fingerprint, named) && !self.is_left_behind(id)
    }

    fn key_was_good(&self, who: &Principal, print: &Fingerprint, named: &Version) -> bool {
        let listed = |version: &'a Version| listed_key(&version.says, who, print);
        let mut same = self.question.versions.iter().filter(|version| version.number == named.number);
        let active = same.any(|version| listed(version).is_some_and(|key| key.state == KeyState::Active));
        let mut later = self.question.versions.iter().filter(|version| version.number >= named.number).filter_map(listed);
        active && !later.any(|key| key.state != KeyState::Active && key.since.is_some_and(|since| since <= named.number))
    }

    /// The tag is signed by a person whose key was good for the version that governs.
    pub(super) fn tag_signer(&self, release: Release<'a>) -> Option<&'a Handle> {
        let Tag::Here { signed: Some((Principal::Person(handle), print)), .. } = &self.question.tag else { return None };
        let who = Principal::Person(handle.clone());
        self.key_was_good(&who, print, release.policy).then_some(handle)
    }

    /// A record is left behind if it is not settled before the next version that does more than revoke the keys of others: the
    /// first after the one it names that changes anything else, or in which its own key is not active.
    pub(super) fn is_left_behind(&self, id: RecordId) -> bool {
        let record = &self.whole[&id].record;
        let of_others = |number: u32| {
            let at = |number| self.question.versions.iter().find(|version| version.number == number);
            let (Some(before), Some(now)) = (at(number - 1), at(number)) else { return false };
            let own = listed_key(&now.says, &record.signer.handle, &record.signer.fingerprint);
            only_revokes(&before.says, &now.says, number) && own.is_some_and(|key| key.state == KeyState::Active)
        };
        let mut later = record.policy_head.version + 1..=self.newest().number;
        later.find(|number| !of_others(*number)).is_some_and(|next| !self.is_settled_before(id, next))
    }

    /// Whoever's key signed the tag made it, whatever became of the key.
    pub(super) fn tag_maker(&self) -> Option<&'a Handle> {
        match &self.question.tag {
            Tag::Here { signed: Some((Principal::Person(handle), _)), .. } => Some(handle),
            _ => None,
        }
    }

    /// A record is settled before a version if the anchors up to that version name it or a decision whose manifest does, or
    /// if a receipt that names an older version lists it.
    fn is_settled_before(&self, id: RecordId, number: u32) -> bool {
        let anchors: BTreeSet<RecordId> = self
            .question
            .versions
            .iter()
            .filter(|version| version.number > 1 && version.number <= number)
            .flat_map(|version| version.anchors.iter().copied())
            .collect();
        let in_manifest = anchors.iter().filter_map(|anchor| self.whole.get(anchor)).any(|entry| match &entry.record.body {
            Body::Decide(decide) => decide.manifest.contains(&id),
            _ => false,
        });
        let received = self.question.receipts.iter().any(|receipt| receipt.version < number && receipt.records.contains(&id));
        anchors.contains(&id) || in_manifest || received
    }

    /// A claimed time may be ahead of now by the tolerance of the policy in force, and no more.
    pub(super) fn is_still_to_come(&self, id: RecordId) -> bool {
        let ahead = self.whole[&id].record.time.seconds() - self.question.now.seconds();
        i128::from(ahead) > i128::from(self.newest().says.limits.clock_skew)
    }

    /// A record is set aside if as many people as the policy asks for, who may, say so in the manifest.
    pub(super) fn set_aside(&self, release: Release<'a>, manifest: &BTreeSet<RecordId>) -> BTreeSet<RecordId> {
        let mut people: BTreeMap<RecordId, BTreeSet<&Handle>> = BTreeMap::new();
        for (id, entry) in &self.valid {
            let (Body::Disregard(disregard), Principal::Person(handle)) = (&entry.record.body, &entry.record.signer.handle) else {
                continue;
            };
            let of_this = entry.record.open == Some(release.id);
            let may = self.counts(*id) && has_right(&release.policy.says, &entry.record.signer.handle, Right::Disregard);
            let taken_back = manifest.iter().filter_map(|id| self.valid.get(id)).any(|entry| self.takes_back(entry, *id));
            if manifest.contains(id) && of_this && may && !taken_back {
                people.entry(disregard.record).or_default().insert(handle);
            }
        }
        let enough = release.policy.says.thresholds.disregard as usize;
        people.into_iter().filter(|(_, people)| people.len() >= enough).map(|(id, _)| id).collect()
    }

    /// Evidence is redacted if as many people as the policy asks for, who may, say so on this tag and don't take it back.
    pub(super) fn redacted(&self, release: Release<'a>) -> BTreeSet<Sha256Digest> {
        let mut people: BTreeMap<Sha256Digest, BTreeSet<&Handle>> = BTreeMap::new();
        for (id, entry) in &self.valid {
            let (Body::Redact(redact), Principal::Person(handle)) = (&entry.record.body, &entry.record.signer.handle) else {
                continue;
            };
            let may = has_right(&release.policy.says, &entry.record.signer.handle, Right::Redact);
            if may && self.counts(*id) && !self.is_taken_back_by_anybody(*id) {
                people.entry(redact.evidence).or_default().insert(handle);
            }
        }
        let enough = release.policy.says.thresholds.redact as usize;
        people.into_iter().filter(|(_, people)| people.len() >= enough).map(|(digest, _)| digest).collect()
    }
}
