//! The release that a log speaks of: which records count at all, which open record governs, who may say what.

use std::collections::{BTreeMap, BTreeSet};

use super::admission::{self, Surroundings};
use super::context::{Context, EvidenceFacts};
use super::history::History;
use super::key_rules;
use crate::model::finding::{Code, Finding, NoSigner, Seen};
use crate::model::ids::{Fingerprint, Handle, ItemId, Principal, RecordId};
use crate::model::log::Record;
use crate::model::policy::{KeyHistory, Policy, PolicyVersion, Right};
use crate::model::record::{
    Action, ActionEvent, Assign, Authority, Blocks, Body, Decide, Decision, Open, OpenItem, Owner, Polarity, Said, SignVerdict,
    Subject,
};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Whether a record names exactly these subjects, in any order; `subjects` must be sorted.
pub fn speaks_of(record: &Record, subjects: &[Subject]) -> bool {
    let mut own: Vec<_> = record.subjects.iter().collect();
    own.sort();
    own.into_iter().eq(subjects)
}

/// A valid log: every record whose line, signature, root and subjects hold.
pub(super) struct ValidLog<'a, 'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) records: BTreeMap<RecordId, &'a Verified>,
    pub(super) history: History,
    pub(super) keys: BTreeMap<Fingerprint, KeyHistory>,
    /// Why a record may not say what it says; it never helps.
    breaking: BTreeMap<RecordId, Seen>,
    /// Those of them on which nobody relied: no new record names them.
    pub(super) refused: BTreeSet<RecordId>,
    /// It is what somebody had seen, so that of what else was seen here nothing can be missing.
    pub(super) is_part: bool,
}

impl<'a, 'c> ValidLog<'a, 'c> {
    /// Admits the records that speak of exactly this tag; each that does not becomes a finding.
    pub(super) fn admit(context: &'c Context<'c>, all: &'a BTreeMap<RecordId, Verified>, findings: &mut Vec<Finding>) -> Self {
        let mut records = BTreeMap::new();
        for (id, verified) in all {
            let (kind, who) = (verified.kind.clone(), verified.principal().clone());
            if verified.root != context.root {
                findings.push(verified.cite(Seen::RecordForeign { kind, who, root: verified.root }));
                continue;
            }
            // Without the tag object there is nothing to compare with, and that is said of the tag, not of its records.
            let Some(object) = &context.tag.object else { continue };
            if !speaks_of(verified, &object.subjects) {
                let here = object.subjects.iter().filter(|subject| !verified.subjects.contains(subject));
                // Only what is beyond the six subjects is wrong where these are all right.
                let differing = here.map(|subject| subject.name.clone()).collect();
                let name = context.tag.name.short().to_owned();
                findings.push(verified.cite(Seen::RecordElsewhere { kind, who, name, differing }));
                continue;
            }
            records.insert(*id, verified);
        }
        let history = History::of(records.values().copied());
        let breaking = breaking(context, &records);
        let each = records.iter().map(|(id, verified)| (*id, verified.value()));
        let refused = admission::refused(breaking.keys().copied(), each, |id| context.witnessed.contains_key(id));
        Self { context, records, history, keys: context.chain.keys(), breaking, refused, is_part: false }
    }

    /// Returns the ids of all records.
    pub(super) fn everything(&self) -> BTreeSet<RecordId> {
        self.records.keys().copied().collect()
    }

    /// Returns all records, parents first.
    pub(super) fn in_order(&self) -> Vec<&'a Verified> {
        self.history.in_order().into_iter().filter_map(|id| self.records.get(&id).copied()).collect()
    }

    /// Returns the part of the log that whoever signed a record had seen, that record included.
    pub(super) fn as_seen_by(&self, id: RecordId) -> Self {
        let seen = self.records.iter().filter(|(other, _)| **other == id || self.history.had_seen(id, **other));
        let records: BTreeMap<RecordId, &'a Verified> = seen.map(|(id, verified)| (*id, *verified)).collect();
        Self {
            context: self.context,
            history: History::of(records.values().copied()),
            keys: self.keys.clone(),
            breaking: self.breaking.clone(),
            refused: self.refused.clone(),
            records,
            is_part: true,
        }
    }

    /// Returns the records that nobody who is not refused has seen, which is what the next record names as its parents.
    pub(super) fn heads(&self) -> Vec<RecordId> {
        if self.refused.is_empty() {
            return self.history.heads();
        }
        History::of(self.records.values().copied().filter(|verified| !self.refused.contains(&verified.id()))).heads()
    }

    /// Reports on the records that break a rule, of which others are not told where they are judged.
    pub(super) fn rules_broken(&self) -> impl Iterator<Item = Finding> {
        // What is not here is told where that is looked for, and so is what is wrong with records of these kinds.
        let told = |refusal: &Seen, verified: &Verified| {
            matches!(refusal.code(), Code::PolicyMissing | Code::PolicyFork)
                || match &verified.body {
                    Body::Open(_) | Body::Sign(_) => true,
                    Body::Withdraw(_) => refusal.code() == Code::NotAuthorised,
                    Body::Decide(decide) => decide.decision == Decision::Go || refusal.code() == Code::DecisionUnauthorised,
                    _ => false,
                }
        };
        self.breaking.iter().filter_map(move |(id, refusal)| {
            let verified = self.records.get(id).filter(|verified| !told(refusal, verified))?;
            let policy = verified.policy_head.version;
            Some(verified.cite(refusal.clone()).policy(policy))
        })
    }

    /// Whether a record breaks a rule, so that it never helps.
    pub(super) fn breaks_rule(&self, id: &RecordId) -> bool {
        self.breaking.contains_key(id)
    }

    /// Whether a positive record may count at all: it breaks no rule, its policy is known, its key was good, its time has come.
    pub(super) fn favour(&self, verified: &Verified) -> Result<(), Seen> {
        if let Some(refusal) = self.breaking.get(&verified.id()) {
            return Err(refusal.clone());
        }
        key_rules::judge(self.context.key_context(), &self.keys, verified)
    }

    /// Whether any version of the policy ever gave the signer the right, which is enough for a negative record.
    pub(super) fn ever_may(&self, principal: &Principal, right: Right) -> bool {
        self.context.chain.versions().any(|version| version.policy.may(principal, right))
    }

    /// Returns the records of `within` that their own authors withdrew in `within`.
    pub(super) fn withdrawn(&self, within: &BTreeSet<RecordId>) -> Withdrawn {
        let mut withdrawn = Withdrawn::default();
        for verified in within.iter().filter_map(|id| self.records.get(id)) {
            if let Body::Withdraw(body) = &verified.body
                && self.is_own_withdraw(verified, body.record)
            {
                withdrawn.said.insert(body.record);
                if self.favour(verified).is_ok() {
                    withdrawn.with_authority.insert(body.record);
                }
            }
        }
        withdrawn
    }

    /// Whether a withdraw names a record of its own author that is no withdraw itself.
    ///
    /// What ended a release is not withdrawn either: a new decision takes it up again.
    pub(super) fn is_own_withdraw(&self, withdraw: &Verified, target: RecordId) -> bool {
        self.records
            .get(&target)
            .is_some_and(|target| target.signer.handle == withdraw.signer.handle && target.body.may_be_withdrawn())
    }

    /// Whether the policy that an open record names lets its signer open such a release.
    fn may_open(&self, verified: &Verified, open: &Open) -> Result<(), Seen> {
        self.favour(verified)?;
        let (who, right) = (verified.principal(), Right::Open(open.release_type));
        if who.person().is_none() {
            return Err(Seen::MachineOpens { who: who.clone() });
        }
        match self.context.chain.at(verified.policy_head) {
            Some(version) if version.policy.may(who, right) => Ok(()),
            _ => Err(Seen::MayNotOpen { who: who.clone(), right }),
        }
    }
}

/// Finds the records that may not say what they say.
fn breaking(context: &Context<'_>, records: &BTreeMap<RecordId, &Verified>) -> BTreeMap<RecordId, Seen> {
    let signer = |id: &RecordId| records.get(id).map(|verified| verified.principal().clone());
    let kept = |digest: &_| match context.evidence.get(digest) {
        Some(EvidenceFacts::Here(size)) => Some(*size),
        _ => None,
    };
    let around = Surroundings { chain: context.chain, signer: &signer, open: None, kept: &kept };
    records.iter().filter_map(|(id, verified)| Some((*id, admission::judge(verified, &around).err()?))).collect()
}

/// What its own authors withdrew.
///
/// A positive record is gone once its author says so with any key that was ever theirs. To withdraw a negative record
/// helps the release, so that takes the authority of a positive record: whoever finds a lost key must not be able to
/// clear away what its owner had rejected.
#[derive(Debug, Default)]
pub(super) struct Withdrawn {
    said: BTreeSet<RecordId>,
    with_authority: BTreeSet<RecordId>,
}

impl Withdrawn {
    /// Whether a positive record is gone.
    pub(super) fn silences(&self, id: &RecordId) -> bool {
        self.said.contains(id)
    }

    /// Whether a negative record, or one that may be either, is answered.
    pub(super) fn answers(&self, id: &RecordId) -> bool {
        self.with_authority.contains(id)
    }

    /// Whether a decision no longer stands: a go is a positive record, and the others are negative records.
    pub(super) fn takes_back_decision(&self, decision: Decision, id: &RecordId) -> bool {
        if decision == Decision::Go { self.silences(id) } else { self.answers(id) }
    }

    /// Whether a sign-off on an item no longer stands.
    pub(super) fn takes_back(&self, verdict: SignVerdict, id: &RecordId) -> bool {
        match verdict {
            SignVerdict::Reject | SignVerdict::Partial => self.answers(id),
            SignVerdict::Done | SignVerdict::Approve | SignVerdict::NotApplicable | SignVerdict::Waive => self.silences(id),
        }
    }
}

/// One release: a governing open record, its policy, and the log.
pub(super) struct Release<'a, 'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) log: &'c ValidLog<'a, 'c>,
    /// The ids of all records of the log.
    pub(super) everything: BTreeSet<RecordId>,
    /// What was withdrawn anywhere in the log.
    pub(super) withdrawn: Withdrawn,
    pub(super) verified: &'a Verified,
    pub(super) id: RecordId,
    pub(super) open: &'a Open,
    pub(super) opener: &'a Principal,
    pub(super) opened_at: Timestamp,
    pub(super) version: &'c PolicyVersion,
    /// Who signed the tag itself, or why nobody is known to have; nothing where it has no signature.
    pub(super) tag_signer: Option<Result<&'c Handle, NoSigner>>,
    /// The person whose key signed the tag itself, whatever has become of the key: they made it.
    pub(super) tag_made_by: Option<&'c Handle>,
    /// The items by id; of several of one id, which only a hostile open record holds, the first.
    items: BTreeMap<&'a ItemId, &'a OpenItem>,
    /// Who was ever given an item by an authorised person.
    assigned: BTreeSet<(&'a ItemId, &'a Handle)>,
    /// The negative records.
    pub(super) negatives: BTreeSet<RecordId>,
}

impl<'a, 'c> Release<'a, 'c> {
    /// Takes a governing open record; nothing where the policy it names is not here.
    pub(super) fn new(log: &'c ValidLog<'a, 'c>, verified: &'a Verified) -> Option<Self> {
        let (context, open) = (log.context, verified.said::<Open>()?);
        let mut items = BTreeMap::new();
        for item in &open.items {
            items.entry(&item.id).or_insert(item);
        }
        let version = context.chain.at(verified.policy_head)?;
        let everything = log.everything();
        let signature = context.tag.object.as_ref().and_then(|object| object.signature.as_ref());
        let mut release = Self {
            context,
            log,
            withdrawn: log.withdrawn(&everything),
            everything,
            verified,
            id: verified.id(),
            open,
            opener: verified.principal(),
            opened_at: verified.time,
            version,
            tag_signer: signature.map(|signature| key_rules::tag_signer(&log.keys, signature, version.version)),
            tag_made_by: signature.and_then(key_rules::tag_maker),
            items,
            assigned: BTreeSet::new(),
            negatives: BTreeSet::new(),
        };
        for other in log.records.values().copied().filter(|other| other.open == Some(release.id)) {
            let assign = other.said::<Assign>().filter(|_| log.ever_may(other.principal(), Right::Assign));
            release.assigned.extend(assign.and_then(|assign| Some((&assign.item.as_ref()?.id, &assign.owner))));
        }
        release.negatives = log.records.iter().filter(|(_, other)| release.speaks_against(other)).map(|(id, _)| *id).collect();
        Some(release)
    }

    /// Returns the policy that governs.
    pub(super) fn policy(&self) -> &'c Policy {
        &self.version.policy
    }

    /// Whether the policy that governs gives the signer of a record a right, and the record may count.
    pub(super) fn authorises(&self, verified: &Verified, right: Right) -> bool {
        self.policy().may(verified.principal(), right) && self.log.favour(verified).is_ok()
    }

    /// Finds an item of the open record.
    pub(super) fn item(&self, id: &ItemId) -> Option<&'a OpenItem> {
        self.items.get(id).copied()
    }

    /// Makes a finding under the governing policy.
    pub(super) fn finding(&self, seen: Seen) -> Finding {
        Finding::new(seen).policy(self.version.version)
    }

    /// Makes a finding about a record that is here, citing it and the key that signed it.
    pub(super) fn cite(&self, verified: &Verified, seen: Seen) -> Finding {
        verified.cite(seen).policy(self.version.version)
    }

    /// Whether a record belongs to this release: it names its open record, or is it.
    pub(super) fn owns(&self, verified: &Verified) -> bool {
        verified.id() == self.id || verified.open == Some(self.id)
    }

    /// Returns the records of one kind that belong to this release, with what they say.
    pub(super) fn words<B: Said + 'a>(&self) -> impl Iterator<Item = (&'a Verified, &'a B)> {
        let own = self.log.records.values().copied().filter(|verified| self.owns(verified));
        own.filter_map(|verified| Some((verified, verified.said()?)))
    }

    /// Returns the records of one kind that belong to this release, parents first.
    pub(super) fn words_in_order<B: Said + 'a>(&self) -> Vec<(&'a Verified, &'a B)> {
        let own = self.log.in_order().into_iter().filter(|verified| self.owns(verified));
        own.filter_map(|verified| Some((verified, verified.said()?))).collect()
    }

    /// Whether a record is negative.
    pub(super) fn is_negative(&self, id: &RecordId) -> bool {
        self.negatives.contains(id)
    }

    /// Works out whether a record is negative.
    ///
    /// Words against count for any key that was ever listed with the right, also a retired or compromised one:
    /// whoever may stop a release by mistake is a nuisance, whoever may hide a stop is a danger.
    fn speaks_against(&self, verified: &Verified) -> bool {
        let who = verified.principal();
        let ever_may = |right| self.log.ever_may(who, right);
        let row = verified.body.row();
        // The governing open record is positive; any other for the same environment speaks against it.
        if let Some(open) = verified.said::<Open>() {
            let is_second = verified.id() != self.id && open.environment == self.open.environment;
            return is_second && ever_may(Right::Open(open.release_type));
        }
        let owns_item = || match &verified.body {
            Body::Action(action) => self.was_given(who, action),
            _ => row.item.is_some_and(|item| self.owns_item(who, item)),
        };
        let is_of_release = verified.open == Some(self.id);
        if let Body::Action(action) = &verified.body
            && action.decision.is_none()
            && !self.may_block(&action.id, verified.id())
        {
            return false;
        }
        row.polarity == Polarity::Negative
            && match row.authority {
                Authority::Unknown => true,
                Authority::Author => row.targets.iter().any(|target| {
                    self.log.is_own_withdraw(verified, *target) && self.is_touched_by_withdrawal_of(verified, *target)
                }),
                Authority::Right(right) => is_of_release && ever_may(right),
                Authority::ItemOr(right) => is_of_release && (ever_may(right) || owns_item()),
                Authority::Item => is_of_release && owns_item(),
                Authority::PolicyOwner => false,
            }
    }

    /// Whether it matters here that a record was withdrawn, under whatever open record that was said.
    ///
    /// Where nobody said which environment is meant, the release that is judged depends on which open records were
    /// withdrawn, so a decision must have seen that too: otherwise taking one release back would let another pass.
    fn is_touched_by_withdrawal_of(&self, withdraw: &Verified, target: RecordId) -> bool {
        let touches =
            |target: &&Verified| self.owns(target) || self.context.environment.is_none() && matches!(target.body, Body::Open(_));
        self.owns(withdraw) || self.log.records.get(&target).is_some_and(touches)
    }

    /// Whether what is said of an action may hold up GO: one of that id does, or its signer had seen none.
    ///
    /// What somebody adds afterwards must not make a word against the release one that holds up nothing.
    fn may_block(&self, id: &str, said: RecordId) -> bool {
        let of_open = || self.open.actions.iter().filter(|action| action.id == id);
        let blocks = of_open().any(|action| action.blocks == Some(Blocks::Go))
            || self.added(id).any(|(_, action)| action.blocks == Some(Blocks::Go));
        let is_known = of_open().next().is_some() || self.added(id).any(|(added, _)| self.log.history.had_seen(said, added));
        blocks || !is_known
    }

    /// Returns the actions of an id that were added by whoever ever might.
    fn added(&self, id: &str) -> impl Iterator<Item = (RecordId, &'a Action)> {
        self.log.records.values().filter_map(move |verified| {
            let action = verified.said::<Action>().filter(|action| action.event == ActionEvent::Add && action.id == id)?;
            let may = self.owns(verified) && self.log.ever_may(verified.principal(), Right::Action);
            may.then_some((verified.id(), action))
        })
    }

    /// Whether a person made what is released.
    pub(super) fn is_implementer(&self, handle: &Handle) -> bool {
        let implementers = &self.open.implementers;
        implementers.people.contains(handle) || implementers.tagger.as_ref() == Some(handle) || self.tag_made_by == Some(handle)
    }

    /// Whether somebody was given what an action or a condition asks for.
    fn was_given(&self, who: &Principal, word: &Action) -> bool {
        let Some(handle) = who.person() else { return false };
        let is_theirs = |assignee: Option<&Owner>| self.policy().is_owner(handle, assignee);
        if let Some(decision) = word.decision {
            let Some(decision) = self.log.records.get(&decision) else { return false };
            let Some(decide) = decision.said::<Decide>() else { return false };
            // Who may not decide gives nobody a condition to hold the release up with.
            let may = self.owns(decision) && self.log.ever_may(decision.principal(), Right::Decide);
            return may
                && decide.conditions.iter().any(|condition| condition.id == word.id && is_theirs(Some(&condition.assignee)));
        }
        let of_open = self.open.actions.iter().any(|action| action.id == word.id && is_theirs(action.assignee.as_ref()));
        of_open || self.added(&word.id).any(|(_, added)| is_theirs(added.assignee.as_ref()))
    }

    /// Whether a person owns an item, or did at any time in this log.
    fn owns_item(&self, who: &Principal, id: &ItemId) -> bool {
        let Some(handle) = who.person() else { return false };
        self.item(id).is_some_and(|item| self.policy().is_owner(handle, item.owner.as_ref()))
            || self.assigned.contains(&(id, handle))
    }
}

/// Phase 2: the earliest open record that counts, and findings for those that don't.
pub(super) fn governing<'a, 'c>(log: &'c ValidLog<'a, 'c>, findings: &mut Vec<Finding>) -> Option<Release<'a, 'c>> {
    let withdrawn = log.withdrawn(&log.everything());
    let mut opens = Vec::new();
    for verified in log.records.values().copied().filter(|verified| !withdrawn.silences(&verified.id())) {
        let Some(open) = verified.said::<Open>() else { continue };
        match log.may_open(verified, open) {
            Ok(()) => opens.push((&open.environment, log.history.place(verified.id()), verified)),
            Err(why) => {
                let seen = Seen::OpenIgnored { who: verified.principal().clone(), why: Box::new(why) };
                findings.push(verified.cite(seen).policy(verified.policy_head.version));
            }
        }
    }
    let wanted = log.context.environment.as_ref();
    opens.retain(|(environment, ..)| wanted.is_none_or(|wanted| wanted == *environment));
    let (.., verified) = opens.into_iter().min_by_key(|(environment, place, _)| (*environment, *place))?;
    Release::new(log, verified)
}
