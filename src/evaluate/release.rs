//! The release that a log speaks of: which records count at all, which open record governs, who may say what.

use std::collections::{BTreeMap, BTreeSet};

use super::admission::{self, Surroundings};
use super::context::{Context, EvidenceFacts, TagObject};
use super::history::History;
use super::key_rules;
use crate::model::finding::{Code, Finding, NoSigner, Seen};
use crate::model::ids::{Environment, Fingerprint, Handle, ItemId, Principal, RecordId};
use crate::model::log::Record;
use crate::model::policy::{KeyHistory, Policy, PolicyVersion, Right};
use crate::model::record::{Action, ActionEvent, Authority, Blocks, Body, Decision, Open, OpenItem, Owner, Polarity, SignVerdict};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Whether a record names exactly the subjects of a tag object, in whatever order.
pub fn speaks_of(record: &Record, object: &TagObject) -> bool {
    let mut subjects: Vec<_> = record.subjects.iter().collect();
    subjects.sort();
    subjects.into_iter().eq(object.subjects.iter())
}

/// A valid log: every record whose line, signature, root and subjects hold.
pub(super) struct ValidLog<'a> {
    pub(super) records: BTreeMap<RecordId, &'a Verified<Record>>,
    pub(super) history: History,
    pub(super) keys: BTreeMap<Fingerprint, KeyHistory>,
    /// Why a record may not say what it says; it never helps.
    breaking: BTreeMap<RecordId, Seen>,
    /// Those of them on which nobody relied: no new record names them.
    pub(super) refused: BTreeSet<RecordId>,
    /// It is what somebody had seen, so that of what else was seen here nothing can be missing.
    pub(super) is_part: bool,
}

impl<'a> ValidLog<'a> {
    /// Admits the records that speak of exactly this tag; each that does not becomes a finding.
    pub(super) fn admit(
        context: &Context<'_>,
        all: &'a BTreeMap<RecordId, Verified<Record>>,
        findings: &mut Vec<Finding>,
    ) -> ValidLog<'a> {
        let mut records = BTreeMap::new();
        for (id, verified) in all {
            let record = verified.value();
            if record.root != context.root {
                let (kind, who) = (record.kind.clone(), record.signer.handle.clone());
                let finding = Finding::new(Seen::RecordForeign { kind, who, root: record.root });
                findings.push(finding.record(*id).key(record.signer.fingerprint.clone()));
                continue;
            }
            // Without the tag object there is nothing to compare with, and that is said of the tag, not of its records.
            let Some(object) = &context.tag.object else { continue };
            if !speaks_of(record, object) {
                let here = object.subjects.iter().filter(|subject| !record.subjects.contains(subject));
                // Only what is beyond the six subjects is wrong where these are all right.
                let differing = here.map(|subject| subject.name.clone()).collect();
                let (kind, who, name) = (record.kind.clone(), record.signer.handle.clone(), context.tag.name.short().to_owned());
                let finding = Finding::new(Seen::RecordElsewhere { kind, who, name, differing });
                findings.push(finding.record(*id).key(record.signer.fingerprint.clone()));
                continue;
            }
            records.insert(*id, verified);
        }
        let history = History::new(records.iter().map(|(id, verified)| (*id, verified.value().parents.as_slice())));
        let breaking = breaking(context, &records);
        let each = records.iter().map(|(id, verified)| (*id, verified.value()));
        let refused = admission::refused(breaking.keys().copied(), each, |id| context.witnessed.contains_key(id));
        ValidLog { records, history, keys: context.chain.keys(), breaking, refused, is_part: false }
    }

    /// Returns the part of the log that whoever signed a record had seen, that record included.
    pub(super) fn as_seen_by(&self, id: RecordId) -> ValidLog<'a> {
        let seen = self.records.iter().filter(|(other, _)| **other == id || self.history.had_seen(id, **other));
        let records: BTreeMap<RecordId, &'a Verified<Record>> = seen.map(|(id, verified)| (*id, *verified)).collect();
        let history = History::new(records.iter().map(|(id, verified)| (*id, verified.value().parents.as_slice())));
        ValidLog {
            history,
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
        let named = self.records.iter().filter(|(id, _)| !self.refused.contains(id));
        History::new(named.map(|(id, verified)| (*id, verified.value().parents.as_slice()))).heads()
    }

    /// Reports on the records that break a rule, of which others are not told where they are judged.
    pub(super) fn rules_broken(&self) -> impl Iterator<Item = Finding> {
        // What is not here is told where that is looked for, and so is what is wrong with records of these kinds.
        let told = |refusal: &Seen, verified: &Verified<Record>| {
            matches!(refusal.code(), Code::PolicyMissing | Code::PolicyFork)
                || match &verified.value().body {
                    Body::Open(_) | Body::Sign(_) => true,
                    Body::Withdraw(_) => refusal.code() == Code::NotAuthorised,
                    Body::Decide(decide) => decide.decision == Decision::Go || refusal.code() == Code::DecisionUnauthorised,
                    _ => false,
                }
        };
        self.breaking.iter().filter_map(move |(id, refusal)| {
            let verified = self.records.get(id).filter(|verified| !told(refusal, verified))?;
            let policy = verified.value().policy_head.version;
            Some(Finding::new(refusal.clone()).record(*id).key(verified.key().clone()).policy(policy))
        })
    }

    /// Whether a record breaks a rule, so that it never helps.
    pub(super) fn breaks_rule(&self, id: &RecordId) -> bool {
        self.breaking.contains_key(id)
    }

    /// Whether a positive record may count at all: it breaks no rule, its policy is known, its key was good, its time has come.
    pub(super) fn favour(&self, context: &Context<'_>, verified: &Verified<Record>) -> Result<(), Seen> {
        if let Some(refusal) = self.breaking.get(&verified.id()) {
            return Err(refusal.clone());
        }
        key_rules::judge(context.key_context(), &self.keys, verified)
    }

    /// Whether any version of the policy ever gave the signer the right, which is enough for a negative record.
    pub(super) fn ever_may(&self, context: &Context<'_>, principal: &Principal, right: Right) -> bool {
        context.chain.versions().any(|version| version.policy.may(principal, right))
    }

    /// Returns the records of `within` that their own authors withdrew in `within`.
    pub(super) fn withdrawn(&self, context: &Context<'_>, within: &BTreeSet<RecordId>) -> Withdrawn {
        let mut withdrawn = Withdrawn::default();
        for id in within {
            let Some(verified) = self.records.get(id) else { continue };
            if let Body::Withdraw(body) = &verified.value().body
                && self.is_own_withdraw(verified, body.record)
            {
                withdrawn.said.insert(body.record);
                if self.favour(context, verified).is_ok() {
                    withdrawn.with_authority.insert(body.record);
                }
            }
        }
        withdrawn
    }

    /// Whether a withdraw names a record of its own author that is no withdraw itself.
    ///
    /// What ended a release is not withdrawn either: a new decision takes it up again.
    pub(super) fn is_own_withdraw(&self, withdraw: &Verified<Record>, target: RecordId) -> bool {
        self.records.get(&target).is_some_and(|target| {
            target.value().signer.handle == withdraw.value().signer.handle && target.value().body.may_be_withdrawn()
        })
    }

    /// Returns the open records in `within` for an environment that were signed by someone who may, withdrawn or not.
    pub(super) fn authorised_opens(
        &self,
        context: &Context<'_>,
        within: &BTreeSet<RecordId>,
        environment: Option<&Environment>,
    ) -> Vec<(&'a Verified<Record>, &'a Open)> {
        let mut opens: Vec<_> = within
            .iter()
            .filter_map(|id| self.records.get(id))
            .filter_map(|verified| match &verified.value().body {
                Body::Open(open) => Some((*verified, open.as_ref())),
                _ => None,
            })
            .filter(|(_, open)| environment.is_none_or(|wanted| *wanted == open.environment))
            .filter(|(verified, open)| self.may_open(context, verified, open).is_ok())
            .collect();
        opens.sort_by_key(|(verified, open)| (open.environment.clone(), self.history.generation(verified.id()), verified.id()));
        opens
    }

    /// Whether the policy that an open record names lets its signer open such a release.
    pub(super) fn may_open(&self, context: &Context<'_>, verified: &Verified<Record>, open: &Open) -> Result<(), Seen> {
        let record = verified.value();
        self.favour(context, verified)?;
        let version = context.chain.at(record.policy_head).map(|version| &version.policy);
        let right = Right::Open(open.release_type);
        if record.signer.handle.person().is_none() {
            return Err(Seen::MachineOpens { who: record.signer.handle.clone() });
        }
        if version.is_none_or(|policy| !policy.may(&record.signer.handle, right)) {
            return Err(Seen::MayNotOpen { who: record.signer.handle.clone(), right });
        }
        Ok(())
    }
}

/// Finds the records that may not say what they say.
fn breaking(context: &Context<'_>, records: &BTreeMap<RecordId, &Verified<Record>>) -> BTreeMap<RecordId, Seen> {
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
    pub(super) log: &'c ValidLog<'a>,
    pub(super) verified: &'a Verified<Record>,
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
    negatives: BTreeSet<RecordId>,
}

impl<'a, 'c> Release<'a, 'c> {
    /// Takes a governing open record; nothing where the policy it names is not here.
    pub(super) fn new(
        context: &'c Context<'c>,
        log: &'c ValidLog<'a>,
        verified: &'a Verified<Record>,
        open: &'a Open,
    ) -> Option<Self> {
        let record = verified.value();
        let mut items = BTreeMap::new();
        for item in &open.items {
            items.entry(&item.id).or_insert(item);
        }
        let version = context.chain.at(record.policy_head)?;
        let signature = context.tag.object.as_ref().and_then(|object| object.signature.as_ref());
        let mut release = Self {
            context,
            log,
            verified,
            id: verified.id(),
            open,
            opener: &record.signer.handle,
            opened_at: record.time,
            version,
            tag_signer: signature.map(|signature| key_rules::tag_signer(&log.keys, signature, version.version)),
            tag_made_by: signature.and_then(key_rules::tag_maker),
            items,
            assigned: BTreeSet::new(),
            negatives: BTreeSet::new(),
        };
        for other in log.records.values().copied().filter(|other| other.value().open == Some(release.id)) {
            if let Body::Assign(assign) = &other.value().body
                && log.ever_may(context, &other.value().signer.handle, Right::Assign)
            {
                release.assigned.extend(assign.item.as_ref().map(|item| (&item.id, &assign.owner)));
            }
        }
        release.negatives = log.records.iter().filter(|(_, other)| release.speaks_against(other)).map(|(id, _)| *id).collect();
        Some(release)
    }

    /// Returns the policy that governs.
    pub(super) fn policy(&self) -> &'c Policy {
        &self.version.policy
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
    pub(super) fn cite(&self, verified: &Verified<Record>, seen: Seen) -> Finding {
        self.finding(seen).record(verified.id()).key(verified.key().clone())
    }

    /// Whether a record belongs to this release: it names its open record, or is it.
    pub(super) fn owns(&self, verified: &Verified<Record>) -> bool {
        verified.id() == self.id || verified.value().open == Some(self.id)
    }

    /// Returns the negative records.
    pub(super) fn negatives(&self) -> &BTreeSet<RecordId> {
        &self.negatives
    }

    /// Whether a record is negative.
    pub(super) fn is_negative(&self, id: &RecordId) -> bool {
        self.negatives.contains(id)
    }

    /// Works out whether a record is negative.
    ///
    /// Words against count for any key that was ever listed with the right, also a retired or compromised one:
    /// whoever may stop a release by mistake is a nuisance, whoever may hide a stop is a danger.
    fn speaks_against(&self, verified: &Verified<Record>) -> bool {
        let record = verified.value();
        let who = &record.signer.handle;
        let ever_may = |right| self.log.ever_may(self.context, who, right);
        let row = record.body.row();
        // The governing open record is positive; any other for the same environment speaks against it.
        if let Body::Open(open) = &record.body {
            let is_second = verified.id() != self.id && open.environment == self.open.environment;
            return is_second && ever_may(Right::Open(open.release_type));
        }
        let owns_item = || match &record.body {
            Body::Action(action) => self.was_given(who, action),
            _ => row.item.is_some_and(|item| self.owns_item(who, item)),
        };
        let is_of_release = record.open == Some(self.id);
        if let Body::Action(action) = &record.body
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
    fn is_touched_by_withdrawal_of(&self, withdraw: &Verified<Record>, target: RecordId) -> bool {
        let is_open = |target: &Verified<Record>| matches!(target.value().body, Body::Open(_));
        self.owns(withdraw)
            || self
                .log
                .records
                .get(&target)
                .is_some_and(|target| self.owns(target) || (self.context.environment.is_none() && is_open(target)))
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
        self.log.records.values().filter_map(move |verified| match &verified.value().body {
            Body::Action(action) if action.event == ActionEvent::Add && action.id == id && self.owns(verified) => {
                let may = self.log.ever_may(self.context, verified.principal(), Right::Action);
                may.then_some((verified.id(), action))
            }
            _ => None,
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
            let Body::Decide(decide) = &decision.value().body else { return false };
            // Who may not decide gives nobody a condition to hold the release up with.
            let may = self.owns(decision) && self.log.ever_may(self.context, decision.principal(), Right::Decide);
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
pub(super) fn governing<'a, 'c>(
    context: &'c Context<'c>,
    log: &'c ValidLog<'a>,
    everything: &BTreeSet<RecordId>,
    findings: &mut Vec<Finding>,
) -> Option<Release<'a, 'c>> {
    let withdrawn = log.withdrawn(context, everything);
    for (id, verified) in &log.records {
        if let Body::Open(open) = &verified.value().body
            && !withdrawn.silences(id)
            && let Err(why) = log.may_open(context, verified, open)
        {
            let record = verified.value();
            let seen = Seen::OpenIgnored { who: record.signer.handle.clone(), why: Box::new(why) };
            let finding = Finding::new(seen).record(*id).key(record.signer.fingerprint.clone());
            findings.push(finding.policy(record.policy_head.version));
        }
    }
    let opens = log.authorised_opens(context, everything, context.environment.as_ref());
    let (verified, open) = opens.into_iter().find(|(verified, _)| !withdrawn.silences(&verified.id()))?;
    Release::new(context, log, verified, open)
}
