//! The policy chain: which versions are accepted, and what a step still lacks.
//!
//! Version 1 is accepted by its own owners, and its digest is the root that verifiers pin. Each later version takes
//! the owners of the version before, so that nobody lets themselves in, and its own owners, so that nobody is made an
//! owner against their will. One sort of step takes less: a version that does nothing but revoke keys is accepted by
//! one owner, or by the holder with another key of theirs, because a stolen key must stop counting at once. It can
//! give nothing to anybody, and the threshold must stay within reach, so a thief can lock others out with it and
//! never let himself in.
//!
//! Before signatures are counted, each version is held against those before it ([`may_follow`]): the repository's
//! number stays, anchors are only added to, a key never changes its holder, and a handle keeps at least one of the
//! keys by which it was known.

use std::collections::{BTreeMap, BTreeSet};

use super::quorum;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Fingerprint, Handle, PolicyDigest, Principal, RecordId, RootDigest};
use crate::model::policy::{KeyState, Policy, PolicyChain, PolicyVersion, Side, revoked};
use crate::model::record::{Body, PolicyStep, Subject, SubjectDigest};
use crate::sign::verify::Verified;

/// The name of the subject of a policy record.
pub const POLICY_SUBJECT: &str = "refs/relsign/policy";

/// A version as it lies on the policy ref or is proposed, with its records verified but nobody's authority judged.
#[derive(Debug)]
pub struct Candidate {
    /// Its digest, computed from its two files.
    pub digest: PolicyDigest,
    /// What it says.
    pub policy: Policy,
    /// Its anchors.
    pub anchors: BTreeSet<RecordId>,
    /// The valid records beside it.
    pub records: Vec<Verified>,
}

/// How far a step is from being accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepStatus {
    /// The owners of the version before; nothing for version 1.
    pub old: Option<Side>,
    /// The version's own owners.
    pub new: Side,
    /// The keys that the step revokes, if it does nothing else.
    pub revokes: BTreeSet<(Principal, Fingerprint)>,
    /// Who signed a step that only revokes with the right to do so alone.
    pub revoked_by: BTreeSet<Handle>,
}

impl StepStatus {
    /// Whether the step is accepted.
    pub fn is_accepted(&self) -> bool {
        let both = self.new.missing == 0 && self.old.as_ref().is_none_or(|old| old.missing == 0);
        both || self.is_revocation() && !self.revoked_by.is_empty()
    }

    /// Whether the step does nothing but revoke keys.
    pub fn is_revocation(&self) -> bool {
        !self.revokes.is_empty()
    }

    /// Returns everybody who signed as an owner of either version, or with the right to revoke.
    pub fn signed(&self) -> BTreeSet<Handle> {
        let old = self.old.iter().flat_map(|old| &old.signed);
        old.chain(&self.new.signed).chain(&self.revoked_by).cloned().collect()
    }
}

/// Returns the subject that a policy record names.
pub fn subject(digest: PolicyDigest) -> Subject {
    let id = crate::model::ids::ObjectId::from_sha256(digest.as_bytes());
    Subject { name: POLICY_SUBJECT.to_owned(), digest: SubjectDigest::GitTree(id) }
}

/// A chain that is accepted version by version, so that none need be read behind one that does not hold.
#[derive(Debug)]
pub struct Accepting {
    root: RootDigest,
    holders: Holders,
    versions: Vec<PolicyVersion>,
    number: u32,
}

impl Accepting {
    /// Begins with nothing but the pinned root.
    pub fn new(root: RootDigest) -> Self {
        Self { root, holders: Holders::default(), versions: Vec::new(), number: 0 }
    }

    /// Takes the next version in.
    ///
    /// # Errors
    /// The finding that says why it does not hold.
    pub fn step(&mut self, candidate: Candidate) -> Result<(), Finding> {
        self.number = self.number.saturating_add(1);
        let (number, previous) = (self.number, self.versions.last());
        if previous.is_none() && RootDigest::from(candidate.digest) != self.root {
            let here = RootDigest::from(candidate.digest);
            return Err(Finding::new(Seen::RootMismatch { here, pinned: self.root }));
        }
        fits(previous, &self.holders, &candidate, number)?;
        let standing = standing(previous, &candidate, number);
        if !standing.is_accepted() {
            return Err(unsigned(&candidate, previous, number, &standing));
        }
        self.holders.note(&candidate.policy);
        let Candidate { digest, policy, anchors, .. } = candidate;
        self.versions.push(PolicyVersion { version: number, digest, policy, anchors });
        Ok(())
    }

    /// Gives the chain of the versions that were taken in.
    ///
    /// # Errors
    /// If there are none.
    pub fn finish(self) -> Result<PolicyChain, Finding> {
        PolicyChain::new(self.versions).ok_or_else(|| Finding::new(Seen::PolicyMissing))
    }
}

/// Whether a version may follow a chain, whoever signs it.
///
/// # Errors
/// The finding that says what of it can't follow what was in force before.
pub fn may_follow(chain: &PolicyChain, candidate: &Candidate) -> Result<(), Finding> {
    let mut holders = Holders::default();
    chain.versions().for_each(|version| holders.note(&version.policy));
    fits(Some(chain.head()), &holders, candidate, chain.head().version.saturating_add(1))
}

/// Counts who signed a step, and who has not; that the version may follow at all is another question.
pub fn standing(previous: Option<&PolicyVersion>, candidate: &Candidate, number: u32) -> StepStatus {
    let step = PolicyStep { version: number, digest: candidate.digest, previous: previous.map(|version| version.digest) };
    let signed: Vec<&Verified> = candidate
        .records
        .iter()
        .filter(|record| record.said() == Some(&step) && record.subjects == [subject(candidate.digest)])
        .collect();
    let revokes = previous.and_then(|old| revoked(old.policy.contents(), candidate.policy.contents(), number)).unwrap_or_default();
    let revoked_by = match previous {
        Some(old) if !revokes.is_empty() => signed.iter().filter_map(|record| may_revoke(&old.policy, record, &revokes)).collect(),
        _ => BTreeSet::new(),
    };
    StepStatus { old: previous.map(|old| side(&old.policy, &signed)), new: side(&candidate.policy, &signed), revokes, revoked_by }
}

/// Returns the signer of a revocation who may make it alone: an owner, or the holder with a key that stays active.
fn may_revoke(old: &Policy, record: &Verified, revokes: &BTreeSet<(Principal, Fingerprint)>) -> Option<Handle> {
    let handle = signs_for(old, record)?;
    let own = |(holder, key): &(Principal, Fingerprint)| holder.person() == Some(handle) && key != record.key();
    (old.contents().owners.people.contains(handle) || revokes.iter().all(own)).then(|| handle.clone())
}

/// Returns the person for whom a record speaks under a policy that holds its key active.
fn signs_for<'a>(policy: &Policy, record: &'a Verified) -> Option<&'a Handle> {
    let (holder, key) = policy.key(record.key())?;
    record.principal().person().filter(|_| holder == *record.principal() && key.state == KeyState::Active)
}

/// Counts the owners of a policy who signed with keys that it holds active.
fn side(policy: &Policy, signed: &[&Verified]) -> Side {
    let owners = &policy.contents().owners;
    let signers = signed.iter().filter_map(|record| signs_for(policy, record));
    let signed: BTreeSet<Handle> = signers.filter(|handle| owners.people.contains(handle)).cloned().collect();
    let waiting = policy.active_owners().into_iter().filter(|handle| !signed.contains(*handle)).cloned().collect();
    Side { missing: quorum::missing(&signed, owners.threshold.max(1)), signed, waiting }
}

/// Reports on a version whether it can stand where it stands, signatures aside.
fn fits(previous: Option<&PolicyVersion>, holders: &Holders, candidate: &Candidate, number: u32) -> Result<(), Finding> {
    let contents = candidate.policy.contents();
    let able = candidate.policy.active_owners();
    let beyond = quorum::missing(able.iter().copied(), contents.owners.threshold.max(1));
    if beyond > 0 {
        return Err(refused(number, Seen::OwnersBeyond { number, beyond, able: able.len() }));
    }
    match previous {
        None if !candidate.anchors.is_empty() => {
            return Err(refused(number, Seen::AnchorsTooEarly { number }));
        }
        None => {}
        Some(old) => {
            if old.policy.contents().repository != contents.repository {
                return Err(refused(number, Seen::RepositoryChanged { number }));
            }
            if let Some(dropped) = old.anchors.difference(&candidate.anchors).next() {
                let seen = Seen::AnchorsDropped { number, before: old.version, record: *dropped };
                return Err(refused(number, seen).record(*dropped));
            }
        }
    }
    holders.check(&candidate.policy, number)
}

/// Whose each key was, and by which keys everybody was known, over the versions so far.
#[derive(Debug, Default)]
struct Holders {
    of_key: BTreeMap<Fingerprint, Principal>,
    keys_of: BTreeMap<Principal, BTreeSet<Fingerprint>>,
}

impl Holders {
    fn note(&mut self, policy: &Policy) {
        for (holder, key) in policy.keys() {
            self.of_key.entry(key.fingerprint.clone()).or_insert_with(|| holder.clone());
            self.keys_of.entry(holder).or_default().insert(key.fingerprint.clone());
        }
    }

    fn check(&self, policy: &Policy, number: u32) -> Result<(), Finding> {
        let mut known: BTreeMap<Principal, bool> = BTreeMap::new();
        for (holder, key) in policy.keys() {
            if let Some(before) = self.of_key.get(&key.fingerprint).filter(|before| **before != holder) {
                let (key, before) = (key.fingerprint.clone(), before.clone());
                let seen = Seen::KeyReassigned { number, key: key.clone(), before, holder };
                return Err(refused(number, seen).key(key));
            }
            let keys = self.keys_of.get(&holder);
            *known.entry(holder).or_default() |= keys.is_none_or(|keys| keys.contains(&key.fingerprint));
        }
        match known.into_iter().find(|(_, known)| !known) {
            None => Ok(()),
            Some((holder, _)) => {
                let about = holder.to_string();
                Err(refused(number, Seen::HolderReplaced { number, holder }).about(about))
            }
        }
    }
}

/// Names who did not sign a step, or for which step its signatures were meant.
fn unsigned(candidate: &Candidate, previous: Option<&PolicyVersion>, number: u32, standing: &StepStatus) -> Finding {
    let meant = candidate.records.iter().find_map(|record| match &record.body {
        Body::Policy(step) if step.digest == candidate.digest => Some(step),
        _ => None,
    });
    let other = meant.filter(|step| step.version != number || step.previous != previous.map(|old| old.digest));
    if standing.signed().is_empty()
        && let Some(step) = other
    {
        return refused(number, Seen::PolicyElsewhere { number, signed: step.version, after: step.previous });
    }
    let mut why = Vec::new();
    if let (Some(side), Some(old)) = (&standing.old, previous) {
        why.extend(lacks(side, &format!("of version {}", old.version)));
    }
    why.extend(lacks(&standing.new, if previous.is_some() { "of its own" } else { "" }));
    refused(number, Seen::PolicyUnsigned { number, lacks: why })
}

/// Explains how many owners of one side have yet to sign; nothing where enough did.
pub fn lacks(side: &Side, whose: &str) -> Option<String> {
    let names: Vec<&str> = side.waiting.iter().map(Handle::as_str).collect();
    let whose = if whose.is_empty() { String::new() } else { format!(" {whose}") };
    (side.missing > 0).then(|| format!("{} more of the owners{whose} must sign it ({} did not)", side.missing, names.join(", ")))
}

fn refused(number: u32, seen: Seen) -> Finding {
    Finding::new(seen).policy(number)
}
