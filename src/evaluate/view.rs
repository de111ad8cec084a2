//! Some records of a release, looked at as if there were no others, at a time.

use std::collections::{BTreeMap, BTreeSet};

use super::release::{Release, Withdrawn};
use crate::model::course::Mark;
use crate::model::ids::{Principal, RecordId};
use crate::model::policy::Right;
use crate::model::record::Said;
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// The roll-backs and ends that a decision took up again, each with that decision.
pub(super) type TakenUp = BTreeMap<RecordId, RecordId>;

/// Some records of a release at a time.
pub(super) struct View<'v, 'a, 'c> {
    pub(super) release: &'v Release<'a, 'c>,
    pub(super) within: &'v BTreeSet<RecordId>,
    pub(super) at: Timestamp,
    pub(super) withdrawn: Withdrawn,
    /// What was said of stages before these is over.
    pub(super) taken_up: TakenUp,
    /// The entries of stages that were made before it was decided that the release may go out.
    pub(super) early: BTreeSet<RecordId>,
}

impl<'v, 'a, 'c> View<'v, 'a, 'c> {
    /// Looks at the records of `within`.
    pub(super) fn new(release: &'v Release<'a, 'c>, within: &'v BTreeSet<RecordId>, at: Timestamp, taken_up: TakenUp) -> Self {
        let withdrawn = release.log.withdrawn(within);
        Self { release, within, at, withdrawn, taken_up, early: BTreeSet::new() }
    }

    /// Leaves out the entries that came too early.
    pub(super) fn without(self, early: &BTreeSet<RecordId>) -> Self {
        Self { early: early.clone(), ..self }
    }

    /// Returns the records of the release, in the order of their ids.
    pub(super) fn records(&self) -> impl Iterator<Item = &'a Verified> + '_ {
        let here = self.within.iter().filter_map(|id| self.release.log.records.get(id).copied());
        here.filter(|verified| self.release.owns(verified))
    }

    /// Returns the records of the view that are of one kind, with what they say.
    pub(super) fn words<B: Said + 'a>(&self) -> impl Iterator<Item = (&'a Verified, &'a B)> + '_ {
        self.records().filter_map(|verified| Some((verified, verified.said()?)))
    }

    /// Whether a record counts with full authority: its signer may under the version that governs, its key was good, and its author
    /// did not withdraw it.
    pub(super) fn counts(&self, verified: &Verified, right: Right) -> bool {
        self.release.authorises(verified, right) && !self.withdrawn.silences(&verified.id())
    }

    /// Whether a record is good and not withdrawn.
    pub(super) fn is_good(&self, verified: &Verified) -> bool {
        self.release.log.favour(verified).is_ok() && !self.withdrawn.silences(&verified.id())
    }

    /// Whether a record is negative and not taken back with authority.
    pub(super) fn stands_against(&self, verified: &Verified) -> bool {
        self.release.is_negative(&verified.id()) && !self.withdrawn.answers(&verified.id())
    }

    /// Whether any version of the policy ever gave a principal a right.
    pub(super) fn ever_may(&self, who: &Principal, right: Right) -> bool {
        self.release.log.ever_may(who, right)
    }

    /// Whether a record was signed with another in view.
    pub(super) fn had_seen(&self, later: RecordId, earlier: RecordId) -> bool {
        self.release.log.history.had_seen(later, earlier)
    }

    /// Whether a record belongs to the time after everything that was taken up again: its signer had seen that, or the decision that
    /// did so.
    pub(super) fn is_after_taking_up(&self, id: RecordId) -> bool {
        self.taken_up.iter().all(|(end, decision)| self.had_seen(id, *end) || self.had_seen(id, *decision))
    }

    /// Returns when something was said.
    pub(super) fn since(&self, verified: &Verified) -> Timestamp {
        since(self.release, verified)
    }

    /// Says who said something, and when.
    pub(super) fn mark(&self, verified: &Verified) -> Mark {
        Mark { record: verified.id(), by: verified.principal().clone(), at: self.since(verified) }
    }
}

/// Returns when something was said: as claimed, or as a witness saw it where that is later, since nobody may say it in the past.
pub(super) fn since(release: &Release<'_, '_>, verified: &Verified) -> Timestamp {
    let witnessed = release.context.witnessed.get(&verified.id()).copied();
    witnessed.map_or(verified.time, |witnessed| witnessed.max(verified.time))
}
