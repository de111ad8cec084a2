//! The root log: what was said about the repository as a whole and not about a release.
//!
//! Freezes and lifts, exceptions and what was granted, uses of break-glass. It lies in the note of the root blob.

use std::collections::{BTreeMap, BTreeSet};

use super::key_rules::{self, KeyContext};

use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Fingerprint, RecordId, RootDigest, Sha256Digest};
use crate::model::log::Record;
use crate::model::policy::{KeyHistory, PolicyChain, Right};
use crate::model::record::{Body, SubjectDigest, Withdraw};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// The name of the subject that every record of the root log but a redact record names: the bytes of the root blob.
pub const ROOT_SUBJECT: &str = "relsign-root-v1";

/// The root log, as far as it is valid.
#[derive(Debug)]
pub struct RootLog<'a> {
    /// The accepted policy versions.
    pub chain: &'a PolicyChain,
    /// The records that speak of this repository.
    pub records: BTreeMap<RecordId, &'a Verified>,
    /// The clock of the question.
    pub now: Timestamp,
    /// What was found about the lines that are not among the records.
    pub findings: Vec<Finding>,
    keys: BTreeMap<Fingerprint, KeyHistory>,
    settled: BTreeMap<RecordId, u32>,
}

impl<'a> RootLog<'a> {
    /// Admits the records that speak of the root blob; each that does not becomes a finding.
    ///
    /// `blob` is the SHA-256 of the root blob's bytes, `settled` what [`super::receipts::settled`] gives for the records.
    pub fn admit(
        chain: &'a PolicyChain,
        (root, blob): (&RootDigest, &Sha256Digest),
        records: &'a BTreeMap<RecordId, Verified>,
        settled: BTreeMap<RecordId, u32>,
        now: Timestamp,
    ) -> Self {
        let mut admitted = BTreeMap::new();
        let mut findings = Vec::new();
        for (id, verified) in records {
            let (kind, who) = (verified.kind.clone(), verified.principal().clone());
            let seen = if verified.root != *root {
                Seen::RecordForeign { kind, who, root: verified.root }
            } else if !speaks_of_root(verified, blob) {
                Seen::RootRecordElsewhere { kind, who }
            } else {
                admitted.insert(*id, verified);
                continue;
            };
            findings.push(verified.cite(seen));
        }
        Self { chain, records: admitted, now, findings, keys: chain.keys(), settled }
    }

    /// Whether a word that opens something may count: the policy in force gives its signer the right, and its key
    /// and policy version are good.
    ///
    /// # Errors
    /// Why it may not.
    pub fn may(&self, verified: &Verified, right: Right) -> Result<(), Seen> {
        self.counts(verified)?;
        let policy = &self.chain.head().policy;
        if verified.principal().person().is_some() && policy.may(verified.principal(), right) {
            return Ok(());
        }
        Err(Seen::OthersMay { who: verified.principal().clone(), right, who_may: policy.who_may(right) })
    }

    /// Whether a word that opens something may count by its key and policy version, whoever may say it.
    ///
    /// # Errors
    /// Why it may not.
    pub fn counts(&self, verified: &Verified) -> Result<(), Seen> {
        let ground = KeyContext { chain: self.chain, settled: &self.settled, as_of: self.now };
        key_rules::judge(ground, &self.keys, verified)
    }

    /// Whether a word that was signed once and holds from then on counts: the policy that it names gives its signer
    /// the right, and its key and policy version are good.
    ///
    /// Where it names an older version than the one in force, only what is known to have been signed before the next
    /// has a good version, so who may is asked of the time it was signed. A freeze that was lifted stays lifted when
    /// whoever lifted it leaves.
    ///
    /// # Errors
    /// Why it does not.
    pub fn might(&self, verified: &Verified, right: Right) -> Result<(), Seen> {
        self.counts(verified)?;
        let version = self.chain.at(verified.policy_head);
        let who = verified.principal();
        if who.person().is_some() && version.is_some_and(|version| version.policy.may(who, right)) {
            return Ok(());
        }
        Err(Seen::MayNot { who: who.clone(), right })
    }

    /// Whether any version of the policy ever gave the signer the right, which is enough for a word that closes.
    pub fn ever_might(&self, verified: &Verified, right: Right) -> bool {
        ever_might(self.chain, verified, right)
    }

    /// Returns the records that their own authors withdrew.
    pub fn withdrawn(&self) -> BTreeSet<RecordId> {
        self.taken_back().into_keys().collect()
    }

    /// Gives, for each record that its own author withdrew, the earliest withdrawal by its claimed time.
    pub fn taken_back(&self) -> BTreeMap<RecordId, &'a Verified> {
        let mut taken_back: BTreeMap<RecordId, &Verified> = BTreeMap::new();
        for verified in self.records.values().copied() {
            let target = verified.said::<Withdraw>().and_then(|withdraw| self.records.get(&withdraw.record));
            let Some(target) = target.filter(|target| target.principal() == verified.principal()) else { continue };
            let first = taken_back.entry(target.id()).or_insert(verified);
            *first = std::cmp::min_by_key(*first, verified, |one| (one.time, one.id()));
        }
        taken_back
    }
}

/// Whether any version of the policy ever gave the signer, a person, a right.
pub fn ever_might(chain: &PolicyChain, verified: &Verified, right: Right) -> bool {
    verified.principal().person().is_some() && chain.versions().any(|version| version.policy.may(verified.principal(), right))
}

/// Whether a record may stand in the root log: it names the root blob, or is the copy of a redact record, which whoever
/// reads no log has to find.
fn speaks_of_root(record: &Record, blob: &Sha256Digest) -> bool {
    match &record.body {
        Body::Redact(_) => true,
        _ => record.subjects.iter().any(|subject| subject.name == ROOT_SUBJECT && subject.digest == SubjectDigest::Sha256(*blob)),
    }
}
