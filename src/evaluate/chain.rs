//! The policy chain: which versions were accepted, by whom.
//!
//! Version 1 is accepted by its own owners, and its digest is the root that verifiers pin. Each later version takes
//! the owners of the version before, so that nobody lets themselves in, and its own owners, so that nobody is made an
//! owner against their will.

use std::collections::BTreeSet;

use super::quorum::{self, Voices};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{PolicyDigest, RecordId, RootDigest};
use crate::model::log::Record;
use crate::model::policy::{KeyState, Policy, PolicyChain, PolicyVersion};
use crate::model::record::{Body, PolicyStep, Subject, SubjectDigest};
use crate::sign::verify::Verified;

/// The name of the subject of a policy record.
pub const POLICY_SUBJECT: &str = "refs/relsign/policy";

/// A version as it lies on the policy ref, with its records verified but nobody's authority judged.
#[derive(Debug)]
pub struct Candidate {
    /// Its digest, computed from its two files.
    pub digest: PolicyDigest,
    /// What it says.
    pub policy: Policy,
    /// Its anchors.
    pub anchors: BTreeSet<RecordId>,
    /// The valid records beside it.
    pub records: Vec<Verified<Record>>,
}

/// Gives the subject that a policy record names.
pub fn subject(digest: PolicyDigest) -> Subject {
    let id = crate::model::ids::ObjectId::from_sha256(digest.as_bytes());
    Subject { name: POLICY_SUBJECT.to_owned(), digest: SubjectDigest::GitTree(id) }
}

/// Accepts a chain of versions under a pinned root.
///
/// # Errors
/// The finding that says which step does not hold.
pub fn accept(candidates: Vec<Candidate>, root: RootDigest) -> Result<PolicyChain, Finding> {
    let Some(first) = candidates.first() else {
        return Err(Finding::new(Code::PolicyMissing, "there is no policy here"));
    };
    if RootDigest::from(first.digest) != root {
        let found = RootDigest::from(first.digest);
        let message = format!("the policy here descends from root {found}, and the pinned root is {root}");
        return Err(Finding::new(Code::RootMismatch, message));
    }
    let mut versions: Vec<PolicyVersion> = Vec::new();
    for (candidate, number) in candidates.into_iter().zip(1u32..) {
        check_step(versions.last(), &candidate, number)?;
        versions.push(PolicyVersion {
            version: number,
            digest: candidate.digest,
            policy: candidate.policy,
            anchors: candidate.anchors,
        });
    }
    PolicyChain::new(versions).ok_or_else(|| Finding::new(Code::PolicyMissing, "there is no policy here"))
}

fn check_step(previous: Option<&PolicyVersion>, candidate: &Candidate, number: u32) -> Result<(), Finding> {
    let step = PolicyStep { version: number, digest: candidate.digest, previous: previous.map(|version| version.digest) };
    let signed: Vec<&Verified<Record>> = candidate
        .records
        .iter()
        .filter(|record| {
            matches!(&record.value().body, Body::Policy(body) if *body == step)
                && record.value().subjects == [subject(candidate.digest)]
        })
        .collect();
    if let Some(old) = previous {
        if old.policy.contents().repository != candidate.policy.contents().repository {
            return Err(invalid(number, "it changes the repository's own number"));
        }
        enough(&old.policy, &signed, number, "of the version before")?;
    }
    enough(&candidate.policy, &signed, number, if previous.is_some() { "of its own" } else { "" })
}

/// Counts the owners of a policy who signed with keys that it holds active.
fn enough(policy: &Policy, signed: &[&Verified<Record>], number: u32, whose: &str) -> Result<(), Finding> {
    let owners = &policy.contents().owners;
    let mut voices = Voices::new();
    for record in signed {
        let active =
            policy.key(record.key()).is_some_and(|(holder, key)| holder == *record.principal() && key.state == KeyState::Active);
        if let Some(handle) = record.principal().person()
            && active
            && owners.people.contains(handle)
        {
            voices.insert(handle.clone(), BTreeSet::new());
        }
    }
    let quorum = quorum::count(&voices, owners.threshold.max(1), &[]);
    if quorum.is_met() {
        Ok(())
    } else {
        Err(invalid(number, &format!("{} more of the owners {whose} must sign it", quorum.missing_people)))
    }
}

fn invalid(number: u32, why: &str) -> Finding {
    Finding::new(Code::PolicyInvalid, format!("policy version {number} is not accepted: {why}")).policy(number)
}
