//! The chain of accepted policy versions, and every key that it ever listed.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::ids::{Fingerprint, Handle, PolicyDigest, Principal, RecordId, RootDigest};
use crate::model::record::PolicyHead;

use super::{KeyEntry, KeyState, Policy, revoked};

/// One accepted version of the policy.
#[derive(Debug, Clone)]
pub struct PolicyVersion {
    /// Its number, from 1.
    pub version: u32,
    /// Its digest.
    pub digest: PolicyDigest,
    /// What it says.
    pub policy: Policy,
    /// The records that were settled when it was proposed, those of the version before among them; none in version 1.
    pub anchors: BTreeSet<RecordId>,
}

impl PolicyVersion {
    /// Returns number and digest as records name them.
    pub fn head(&self) -> PolicyHead {
        PolicyHead { version: self.version, digest: self.digest }
    }
}

/// All accepted versions in order, at least one, numbered from 1 without a gap.
#[derive(Debug, Clone)]
pub struct PolicyChain {
    first: PolicyVersion,
    later: Vec<PolicyVersion>,
    /// The versions that do nothing but revoke keys.
    revocations: BTreeSet<u32>,
}

impl PolicyChain {
    /// Takes the versions in order; nothing where they are none or not numbered 1, 2, 3, ….
    pub fn new(versions: Vec<PolicyVersion>) -> Option<Self> {
        let numbered = versions.iter().zip(1..).all(|(version, number)| version.version == number);
        let only_revokes = |pair: &[PolicyVersion]| {
            revoked(pair[0].policy.contents(), pair[1].policy.contents(), pair[1].version).map(|_| pair[1].version)
        };
        let revocations = versions.windows(2).filter_map(only_revokes).collect();
        let mut versions = versions.into_iter();
        let first = versions.next()?;
        numbered.then(|| Self { first, later: versions.collect(), revocations })
    }

    /// Whether the step to a version does nothing but revoke keys, which one person can do alone.
    pub fn only_revokes(&self, version: u32) -> bool {
        self.revocations.contains(&version)
    }

    /// Returns the versions in order.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = &PolicyVersion> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// Returns the repository's identity: the digest of version 1.
    pub fn root(&self) -> RootDigest {
        self.first.digest.into()
    }

    /// Returns the newest version.
    pub fn head(&self) -> &PolicyVersion {
        self.later.last().unwrap_or(&self.first)
    }

    /// Returns the first version whose anchors list a record.
    pub fn anchored_in(&self, id: &RecordId) -> Option<u32> {
        self.versions().find(|version| version.anchors.contains(id)).map(|version| version.version)
    }

    /// Returns a version by number.
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions().find(|version| version.version == number)
    }

    /// Returns the version that a record names, if number and digest are of this chain.
    pub fn at(&self, head: PolicyHead) -> Option<&PolicyVersion> {
        self.version(head.version).filter(|version| version.digest == head.digest)
    }

    /// Returns every key that any version listed, with its holder and its state in each version.
    ///
    /// A fingerprint keeps its first holder: the parser and the chain's own rules refuse to give it to another.
    pub fn keys(&self) -> BTreeMap<Fingerprint, KeyHistory> {
        let mut keys: BTreeMap<Fingerprint, KeyHistory> = BTreeMap::new();
        for version in self.versions() {
            for (principal, key) in version.policy.keys() {
                let history = keys.entry(key.fingerprint.clone()).or_insert_with(|| KeyHistory {
                    principal,
                    key: key.clone(),
                    states: BTreeMap::new(),
                });
                history.states.insert(version.version, KeyStanding { state: key.state, since: key.since });
            }
        }
        keys
    }
}

/// A key through all versions of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHistory {
    /// Whose it is.
    pub principal: Principal,
    /// The key as the first version that lists it has it.
    pub key: KeyEntry,
    /// Its standing in each version that lists it.
    pub states: BTreeMap<u32, KeyStanding>,
}

/// What one version of the policy says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyStanding {
    /// What it is good for.
    pub state: KeyState,
    /// The version from which on that holds, where the file says so; it may be earlier than the one that says it.
    pub since: Option<u32>,
}

impl KeyHistory {
    /// Returns the state in a version; a key that the version doesn't list has none.
    pub fn state(&self, version: u32) -> Option<KeyState> {
        self.states.get(&version).map(|standing| standing.state)
    }
}

/// How far the owners of one version are from accepting a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Side {
    /// The owners who signed with a key that the version holds active.
    pub signed: BTreeSet<Handle>,
    /// The owners with an active key who have not signed.
    pub waiting: BTreeSet<Handle>,
    /// How many more have to.
    pub missing: u32,
}
