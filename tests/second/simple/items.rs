//! Where an item stands.

use std::collections::{BTreeMap, BTreeSet};

use relsign::model::ids::{Handle, Principal, RecordId, RoleName};
use relsign::model::policy::Right;
use relsign::model::record::{Body, CheckResult, OpenItem, Owner, Sign, SignVerdict};
use relsign::model::report::ItemState;

use super::Entry;
use super::basis::Basis;
use super::policy::{has_right, owns};

pub(super) fn person(entry: &Entry) -> Option<&Handle> {
    match &entry.record.signer.handle {
        Principal::Person(handle) => Some(handle),
        Principal::Machine(_) => None,
    }
}

impl<'a> Basis<'a> {
    /// An item is what its words and checks make of it, and no more than done while a child is not settled. It is rejected,
    /// waived, or what its owners' words, the reviews, the checks and its children make of it.
    pub(super) fn item_state(&self, item: &OpenItem) -> ItemState {
        let state = self.alone(item);
        if matches!(state, ItemState::Satisfied | ItemState::NotApplicable) && !self.children_are_settled(item) {
            return ItemState::Done;
        }
        state
    }

    /// The words in favour that count: what the owners say, the reviews and the waivers.
    pub(super) fn counting(&self, item: &OpenItem) -> BTreeSet<RecordId> {
        let mut counting: BTreeSet<RecordId> =
            self.owners_words(item).into_iter().filter(|(_, verdict)| *verdict != SignVerdict::Partial).map(|(id, _)| id).collect();
        counting.extend(self.reviews(item));
        counting.extend(self.waivers(item));
        counting
    }

    /// Of items with one id, which only a false open record has, the first gets what is said.
    fn is_first(&self, item: &OpenItem) -> bool {
        self.release.open.items.iter().find(|other| other.id == item.id).is_some_and(|first| std::ptr::eq(first, item))
    }

    /// A word is on an item if it is of this release and names the item, and, but for what is against the release, the
    /// digest of its text.
    fn words_on<'b>(&'b self, item: &'b OpenItem) -> impl Iterator<Item = (RecordId, &'a Entry, &'a Sign)> + 'b {
        self.entries().filter(|_| self.is_first(item)).filter_map(move |(id, entry)| match &entry.record.body {
            Body::Sign(sign)
                if entry.record.open == Some(self.release.id)
                    && sign.item.as_ref().is_some_and(|on| {
                        on.id == item.id && (on.digest == item.digest || sign.verdict == SignVerdict::Partial)
                    }) =>
            {
                Some((id, entry, sign))
            }
            _ => None,
        })
    }

    /// A word in favour on an item counts with full authority, if it is not taken back, and not too old.
    fn word_counts(&self, item: &OpenItem, id: RecordId) -> bool {
        let age = self.time.seconds() - self.judge.valid[&id].record.time.seconds();
        let young = item.requirements.max_age.is_none_or(|most| i128::from(age) <= i128::from(most));
        self.judge.counts(id) && self.judge.claims_no_role_of_others(self.release, id) && !self.is_taken_back(id) && young
    }

    /// An assignment counts by whoever may, of an item of this release, to a person of the policy, unless taken back
    /// with full authority, since that gives the item back to somebody.
    pub(super) fn assignment_counts(&self, id: RecordId) -> bool {
        let entry = self.judge.valid[&id];
        let Body::Assign(assign) = &entry.record.body else { return false };
        let given = |item: &OpenItem| assign.item.as_ref().is_some_and(|to| item.id == to.id && item.digest == to.digest);
        let known = match &assign.stage {
            Some(stage) => self.release.open.stages.iter().any(|other| other.id == *stage),
            None => self.release.open.items.iter().any(given),
        };
        entry.record.open == Some(self.release.id)
            && known
            && self.release.policy.says.people.contains_key(&assign.owner)
            && self.judge.counts(id)
            && has_right(&self.release.policy.says, &entry.record.signer.handle, Right::Assign)
            && !self.is_taken_back_for_good(id)
    }

    /// The owner is whom the deepest assignment names, of several the one with the highest id; without one, whom the open
    /// record names.
    pub(super) fn owner(&self, item: &OpenItem) -> Option<Owner> {
        let assignments: BTreeMap<RecordId, &Handle> = self
            .entries()
            .filter_map(|(id, entry)| match &entry.record.body {
                Body::Assign(assign) if assign.item.as_ref().is_some_and(|to| to.id == item.id) && self.assignment_counts(id) => {
                    Some((id, &assign.owner))
                }
                _ => None,
            })
            .collect();
        let last = assignments.iter().max_by_key(|(id, _)| (self.judge.depth(**id), **id));
        last.map(|(_, owner)| Owner::Person((*owner).clone())).or_else(|| item.owner.clone())
    }

    /// The owners say done, not applicable or partial. Done needs evidence with a digest where the item asks for it. What is
    /// in favour counts as any such word does; partial counts for every key and however old it is, until it is taken back
    /// with full authority.
    fn owners_words(&self, item: &OpenItem) -> Vec<(RecordId, SignVerdict)> {
        let owner = self.owner(item);
        let owns_it = |entry: &Entry| person(entry).is_some_and(|handle| owns(&self.release.policy.says, handle, owner.as_ref()));
        let proven =
            |entry: &Entry| !item.requirements.evidence || entry.record.evidence.iter().any(|piece| piece.sha256.is_some());
        self.words_on(item)
            .filter(|(_, entry, _)| owns_it(entry))
            .filter(|(id, entry, sign)| match sign.verdict {
                SignVerdict::Done => self.word_counts(item, *id) && proven(entry),
                SignVerdict::NotApplicable => self.word_counts(item, *id),
                SignVerdict::Partial => !self.is_taken_back_for_good(*id),
                _ => false,
            })
            .map(|(id, _, sign)| (id, sign.verdict))
            .collect()
    }

    /// Of each owner's words those count that they had not seen when they said another.
    fn owners_last_words(&self, item: &OpenItem) -> Vec<(RecordId, SignVerdict)> {
        let words = self.owners_words(item);
        let signer = |id: &RecordId| &self.judge.valid[id].record.signer.handle;
        let replaced =
            |id: &RecordId| words.iter().any(|(other, _)| signer(other) == signer(id) && self.judge.ancestors[other].contains(id));
        words.iter().filter(|(id, _)| !replaced(id)).copied().collect()
    }

    /// A review is an approval by a person of the policy who is not the owner, did not say done (whether or not that
    /// counts) without taking it back, made neither the tag nor a commit, each
    /// unless the policy lets them, and did not waive the unknown authors either; where the tag or commits are by nobody who is known, or commits by no person at all,
    /// nobody can say so, unless the policy only notes or lists that. Where the item asks for a
    /// hardware key, it was signed by one.
    fn reviews(&self, item: &OpenItem) -> BTreeSet<RecordId> {
        let allowed = &self.release.policy.says.separation;
        let made = &self.release.open.implementers;
        let accepted_by = self.who_waived_unknown_authors();
        let by_nobody_known =
            !made.unknown.is_empty() && accepted_by.is_empty() || !made.bot_commits.is_empty() && !allowed.bot_commits_listed;
        let signed_the_tag = self.judge.tag_maker();
        let owner = self.owner(item);
        let stands = |id: RecordId, verdict: SignVerdict| match verdict {
            SignVerdict::Done | SignVerdict::NotApplicable => !self.is_taken_back(id),
            SignVerdict::Partial => !self.is_taken_back_for_good(id),
            _ => false,
        };
        let spoke: BTreeSet<_> = self
            .words_on(item)
            .filter(|(id, _, sign)| stands(*id, sign.verdict))
            .filter_map(|(_, entry, _)| person(entry).cloned())
            .collect();
        let known = |handle: &Handle| self.release.policy.says.people.contains_key(handle);
        let free = |handle: &Handle| {
            let is_owner = spoke.contains(handle) || owner == Some(Owner::Person(handle.clone()));
            (allowed.owner_may_review || !is_owner)
                && (allowed.tagger_may_review
                    || made.tagger.as_ref() != Some(handle)
                        && signed_the_tag != Some(handle)
                        && (made.tagger.is_some() || !allowed.unknown_identity_refuses))
                && (allowed.implementer_may_review
                    || !made.people.contains(handle)
                        && !accepted_by.contains(handle)
                        && (!by_nobody_known || !allowed.unknown_identity_refuses))
        };
        self.words_on(item)
            .filter(|(id, _, sign)| sign.verdict == SignVerdict::Approve && self.word_counts(item, *id))
            .filter(|(_, entry, _)| person(entry).is_some_and(|handle| known(handle) && free(handle)))
            .filter(|(_, entry, _)| entry.hardware || !item.requirements.hardware_key)
            .map(|(id, _, _)| id)
            .collect()
    }

    /// As many people as asked for must have reviewed, and each role asked for must be filled by one of them who reviewed in
    /// that role, no two roles by the same person.
    fn is_reviewed(&self, item: &OpenItem) -> bool {
        let mut reviewers: BTreeMap<&Handle, BTreeSet<&RoleName>> = BTreeMap::new();
        for id in self.reviews(item) {
            let entry = self.judge.valid[&id];
            let Some(handle) = person(entry) else { continue };
            reviewers.entry(handle).or_default().extend(&entry.record.role);
        }
        reviewers.len() >= item.requirements.reviews as usize && can_fill(&item.requirements.roles, &reviewers)
    }

    /// As many people as it takes for any waiver have waived something of the release; where that is nobody, nobody can.
    pub(super) fn is_waived_by_enough(&self, is_it: impl Fn(&Sign) -> bool) -> bool {
        !self.who_waived(is_it).is_empty()
    }

    /// Whoever waived something of the release, where they are enough.
    fn who_waived(&self, is_it: impl Fn(&Sign) -> bool) -> BTreeSet<&Handle> {
        let waivers = self.entries().filter(|(id, entry)| match &entry.record.body {
            Body::Sign(sign) => {
                entry.record.open == Some(self.release.id)
                    && sign.verdict == SignVerdict::Waive
                    && is_it(sign)
                    && self.judge.counts(*id)
                    && self.judge.claims_no_role_of_others(self.release, *id)
                    && has_right(&self.release.policy.says, &entry.record.signer.handle, Right::Waive)
                    && !self.is_taken_back(*id)
                    && sign.expires.is_none_or(|end| self.time < end)
            }
            _ => false,
        });
        let people: BTreeSet<&Handle> = waivers.filter_map(|(_, entry)| person(entry)).collect();
        let needed = self.release.policy.says.thresholds.waiver as usize;
        if needed > 0 && people.len() >= needed { people } else { BTreeSet::new() }
    }

    /// Unknown authors are waived by enough people, each of whom names all of them.
    fn who_waived_unknown_authors(&self) -> BTreeSet<&Handle> {
        let unknown = &self.release.open.implementers.unknown;
        self.who_waived(|sign| {
            !unknown.is_empty()
                && !sign.unknown.is_empty()
                && unknown.iter().all(|author| sign.unknown.iter().any(|named| named.author == *author))
        })
    }

    pub(super) fn unknown_authors_are_waived(&self) -> bool {
        !self.who_waived_unknown_authors().is_empty()
    }

    /// A waiver is by somebody who may waive, has not ended, and counts as any word does.
    fn waivers(&self, item: &OpenItem) -> BTreeSet<RecordId> {
        self.words_on(item)
            .filter(|(id, entry, sign)| {
                sign.verdict == SignVerdict::Waive
                    && self.word_counts(item, *id)
                    && has_right(&self.release.policy.says, &entry.record.signer.handle, Right::Waive)
                    && sign.expires.is_none_or(|end| self.time < end)
                    && item.requirements.waiver_people > 0
            })
            .map(|(id, _, _)| id)
            .collect()
    }

    /// An item is waived if as many people waive it as it asks for; if it asks for none, nobody can.
    fn is_waived(&self, item: &OpenItem) -> bool {
        let people: BTreeSet<_> = self.waivers(item).into_iter().filter_map(|id| person(self.judge.valid[&id])).collect();
        item.requirements.waiver_people > 0 && people.len() >= item.requirements.waiver_people as usize
    }

    /// The rejects of an item, whatever text of it they were signed for.
    fn rejects(&self, item: &OpenItem) -> BTreeSet<RecordId> {
        self.entries()
            .filter(|(id, entry)| match &entry.record.body {
                Body::Sign(sign) => {
                    sign.verdict == SignVerdict::Reject
                        && sign.item.as_ref().is_some_and(|on| on.id == item.id)
                        && self.is_first(item)
                        && self.judge.speaks_against(self.release, *id)
                }
                _ => false,
            })
            .map(|(id, _)| id)
            .collect()
    }

    /// A reject is answered by its author, who takes it back with full authority, or by enough other people who waive the
    /// item and name the reject: as many as the policy asks for over a reject, and as the item asks for to waive it.
    pub(super) fn reject_is_answered(&self, reject: RecordId) -> bool {
        if self.is_taken_back_for_good(reject) {
            return true;
        }
        let entry = self.judge.valid[&reject];
        let Body::Sign(word) = &entry.record.body else { return false };
        let Some(item) = self.release.open.items.iter().find(|item| word.item.as_ref().is_some_and(|on| item.id == on.id)) else {
            return false;
        };
        let names = |id: &RecordId| match &self.judge.valid[id].record.body {
            Body::Sign(sign) => sign.over.contains(&reject),
            _ => false,
        };
        let people: BTreeSet<_> = self
            .waivers(item)
            .into_iter()
            .filter(names)
            .filter_map(|id| person(self.judge.valid[&id]))
            .filter(|handle| Some(*handle) != person(entry))
            .collect();
        let over = self.release.policy.says.thresholds.over_reject.max(item.requirements.waiver_people);
        item.requirements.waiver_people > 0 && people.len() >= over as usize
    }

    /// No check of the item failed that its signer has not answered, having seen it, with one that holds.
    fn checks_pass(&self, item: &OpenItem) -> bool {
        let checks: Vec<(RecordId, &Entry, CheckResult)> = self
            .entries()
            .filter_map(|(id, entry)| match &entry.record.body {
                Body::Check(check)
                    if entry.record.open == Some(self.release.id)
                        && check.item.id == item.id
                        && self.is_first(item)
                        && (check.item.digest == item.digest || says_no(check.result)) =>
                {
                    Some((id, entry, check.result))
                }
                _ => None,
            })
            .collect();
        let answered = |failed: &RecordId, by: &Principal| {
            checks.iter().any(|(id, entry, result)| {
                matches!(result, CheckResult::Passed | CheckResult::Warned)
                    && entry.record.signer.handle == *by
                    && self.judge.ancestors[id].contains(failed)
                    && self.check_counts(*id)
            }) || self.is_taken_back_for_good(*failed)
        };
        checks.iter().all(|(id, entry, result)| {
            !says_no(*result) || !self.judge.speaks_against(self.release, *id) || answered(id, &entry.record.signer.handle)
        })
    }

    /// A check that holds counts by whoever may check, a machine too.
    fn check_counts(&self, id: RecordId) -> bool {
        let entry = self.judge.valid[&id];
        has_right(&self.release.policy.says, &entry.record.signer.handle, Right::Check)
            && self.judge.counts(id)
            && !self.is_taken_back(id)
    }

    /// An item needs those of its children that are due in its phase and not optional. Children stand after their parents.
    fn children_are_settled(&self, item: &OpenItem) -> bool {
        let after = self.release.open.items.iter().skip_while(|other| !std::ptr::eq(*other, item)).skip(1);
        let children = after.filter(|child| child.parent.as_ref() == Some(&item.id));
        let mut due = children.filter(|child| child.phase == item.phase && !child.optional);
        due.all(|child| self.item_state(child).is_settled())
    }

    /// Where an item would stand if it had no children.
    fn alone(&self, item: &OpenItem) -> ItemState {
        if self.rejects(item).into_iter().any(|id| !self.reject_is_answered(id)) {
            return ItemState::Rejected;
        }
        if self.is_waived(item) {
            return ItemState::Waived;
        }
        let words: Vec<SignVerdict> = self.owners_last_words(item).into_iter().map(|(_, verdict)| verdict).collect();
        match () {
            () if words.contains(&SignVerdict::Partial) => ItemState::Partial,
            () if words.is_empty() => ItemState::Pending,
            () if !self.is_reviewed(item) || !self.checks_pass(item) => ItemState::Done,
            () if words.contains(&SignVerdict::NotApplicable) => ItemState::NotApplicable,
            () => ItemState::Satisfied,
        }
    }
}

/// A check that failed or did not end in time.
fn says_no(result: CheckResult) -> bool {
    matches!(result, CheckResult::Failed | CheckResult::TimedOut)
}

/// Tries every way of giving the roles to different people.
fn can_fill(roles: &[RoleName], people: &BTreeMap<&Handle, BTreeSet<&RoleName>>) -> bool {
    let Some((role, others)) = roles.split_first() else { return true };
    people.iter().filter(|(_, claimed)| claimed.contains(role)).any(|(handle, _)| {
        let mut left = people.clone();
        left.remove(handle);
        can_fill(others, &left)
    })
}
