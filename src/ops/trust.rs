//! Trust: the pinned root, and the policy chain that descends from it.

use std::collections::BTreeSet;

use crate::evaluate::chain::{self, Candidate};
use crate::git::policy_ref::{PolicyCommit, PolicyPlace};
use crate::git::{FORMER_PREFIX, POLICY_REF, Repository};
use crate::model::finding::{Code, Finding, Seen};
use crate::model::ids::{Fingerprint, ObjectId, PolicyDigest, RootDigest};
use crate::model::policy::{Policy, PolicyChain};
use crate::model::problem::Level;
use crate::model::record::PolicyHead;
use crate::ops::error::{Failure, Outcome};
use crate::parse::digests::policy_digest;
use crate::parse::policy::{parse_anchors, parse_version};
use crate::parse::public_key::{KnownKeys, PublicKey};
use crate::sign::keyring::Keyring;
use crate::sign::verify::verify_log;

/// The name of the setting that pins the root, in git's own configuration and never in the repository's files.
pub const ROOT_CONFIG: &str = "relsign.root";

/// A chain that descends from a pinned root, and the keys that it ever listed.
#[derive(Debug)]
pub struct Trust {
    /// The pinned root.
    pub root: RootDigest,
    /// The accepted versions.
    pub chain: PolicyChain,
    /// Every key that any of them listed.
    pub keyring: Keyring,
    /// What was noticed about it.
    pub findings: Vec<Finding>,
    /// The commit of the newest version.
    pub tip: ObjectId,
    /// The policy file of the newest version.
    pub text: Vec<u8>,
}

impl Trust {
    /// Returns the policy that is in force.
    pub fn policy(&self) -> &Policy {
        &self.chain.head().policy
    }

    /// Whether a key is an active one of a person in the policy.
    pub fn is_person(&self, key: &Fingerprint) -> bool {
        self.policy().key(key).is_some_and(|(holder, _)| holder.person().is_some())
    }
}

/// Reads the pinned root from the configuration, of any scope.
///
/// Two different pins are no pin: whichever were taken, somebody meant the other.
pub fn pinned(repository: &Repository) -> Outcome<Option<RootDigest>> {
    let mut found: Option<RootDigest> = None;
    for text in repository.config_all(ROOT_CONFIG)? {
        let root = RootDigest::from_user(&text).map_err(|error| {
            Failure::invalid(format!("the setting {ROOT_CONFIG} is wrong: {error}"))
                .suggest("pin it again", "relsign trust SHA256:…")
        })?;
        match found {
            Some(other) if other != root => {
                return Err(Failure::seen(&Seen::RootsPinned { one: other, other: root })
                    .suggest("see where they are set", format!("git config --show-origin --get-all {ROOT_CONFIG}"))
                    .hint("remove the wrong one, or name the right one: --root SHA256:…"));
            }
            _ => found = Some(root),
        }
    }
    Ok(found)
}

/// Returns the root of the policy that lies here, whoever it belongs to.
pub fn root_here(repository: &Repository) -> Outcome<Option<RootDigest>> {
    let Some(tip) = repository.resolve(POLICY_REF)? else { return Ok(None) };
    root_at(repository, &tip)
}

/// Whether a policy lies here, whoever it belongs to.
///
/// # Errors
/// If git can't be read.
pub fn is_here(repository: &Repository) -> Outcome<bool> {
    Ok(repository.resolve(POLICY_REF)?.is_some())
}

/// Loads the chain that lies here under a root that was named; nothing is remembered.
///
/// # Errors
/// If there is none, or it does not descend from the root.
pub fn load_here(repository: &Repository, root: RootDigest) -> Outcome<Trust> {
    let tip = repository.resolve(POLICY_REF)?.ok_or_else(|| Failure::missing("there is no policy here"))?;
    load_at(repository, &tip, root)
}

/// Gives the root from which the chain that ends at a commit descends, whatever it is worth.
///
/// # Errors
/// If its first version can't be read.
pub fn root_at(repository: &Repository, tip: &ObjectId) -> Outcome<Option<RootDigest>> {
    let Some(first) = repository.policy_places(tip)?.first().copied() else { return Ok(None) };
    Ok(Some(version_at(repository, &first)?.1.into()))
}

/// Loads and checks the policy chain under the pinned root, or under one that was named on the command line.
pub fn load(repository: &Repository, named: Option<RootDigest>) -> Outcome<Trust> {
    let Some(tip) = repository.resolve(POLICY_REF)? else {
        return Err(Failure::missing("there is no policy here")
            .suggest("set relsign up", "relsign init")
            .suggest("or fetch what others have", "relsign sync"));
    };
    let places = repository.policy_places(&tip)?;
    let first = places.first().map(|place| version_at(repository, place)).transpose()?;
    let here = first.as_ref().map(|(_, digest)| RootDigest::from(*digest));
    let root = match named {
        Some(root) => root,
        None => pinned(repository)?.ok_or_else(|| unpinned(here))?,
    };
    // Another root may have taken this one's place; what was signed under it can still be asked about.
    let former = if here == Some(root) { None } else { repository.resolve(&format!("{FORMER_PREFIX}{root}"))? };
    let trusted = match former {
        Some(former) => load_at(repository, &former, root)?,
        None => accept(repository, &tip, (&places, first), root)?,
    };
    remember(repository, &trusted)?;
    Ok(trusted)
}

/// Loads the chain that a push is about to bring, where there is none yet; nothing is remembered before it has landed.
pub fn load_pushed(repository: &Repository, tip: &ObjectId, root: RootDigest) -> Outcome<Trust> {
    let trusted = load_at(repository, tip, root)?;
    hold_to_accepted(&trusted, &repository.accepted_heads(&root)?)?;
    Ok(trusted)
}

/// Loads the chain as it ended at a commit, for what is judged under the policy of before it; nothing is remembered.
pub fn load_at(repository: &Repository, tip: &ObjectId, root: RootDigest) -> Outcome<Trust> {
    accept(repository, tip, (&repository.policy_places(tip)?, None), root)
}

/// Reads a version and the digest that names it.
fn version_at(repository: &Repository, place: &PolicyPlace) -> Outcome<(PolicyCommit, PolicyDigest)> {
    let version = repository.policy_version(place)?;
    let digest = policy_digest(&version.policy_toml, &version.anchors);
    Ok((version, digest))
}

/// Checks the chain that ends at a commit and lies in these places; its first version may have been read already.
///
/// A version is read when the one before it was accepted: whoever pushes versions that nobody signed has none of them read but
/// the first.
fn accept(
    repository: &Repository,
    tip: &ObjectId,
    (places, mut first): (&[PolicyPlace], Option<(PolicyCommit, PolicyDigest)>),
    root: RootDigest,
) -> Outcome<Trust> {
    let mut reader = Reader::new(root);
    let mut accepting = chain::Accepting::new(root);
    let mut text = Vec::new();
    for place in places {
        let (version, digest) = first.take().map_or_else(|| version_at(repository, place), Ok)?;
        let candidate = reader.read(&version, digest)?;
        accepting.step(candidate).map_err(|finding| from_finding(&finding))?;
        text = version.policy_toml;
    }
    let chain = accepting.finish().map_err(|finding| from_finding(&finding))?;
    Ok(Trust { root, chain, keyring: reader.keyring, findings: Vec::new(), tip: *tip, text })
}

/// Reports that no root is pinned, and how the one that is here would be.
fn unpinned(here: Option<RootDigest>) -> Failure {
    let found = here.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
    Failure::seen(&Seen::NoRootPinned)
        .suggest("an owner of the policy reads out the root shown by", "relsign whoami")
        .suggest("compare it, then", format!("relsign trust {found}"))
}

/// Holds a chain against what this clone accepted before, and remembers it: nothing accepted is ever gone back from.
fn remember(repository: &Repository, trusted: &Trust) -> Outcome<()> {
    let head = trusted.chain.head().head();
    let accepted = repository.accepted_heads(&trusted.root)?;
    hold_to_accepted(trusted, &accepted)?;
    if !accepted.contains(&head) {
        // A repository that can't be written to can still be read; it only remembers nothing.
        let _ = repository.accept_head(&trusted.root, head);
    }
    Ok(())
}

/// Refuses a chain that lacks a version which was accepted before, or has another in its place.
fn hold_to_accepted(trusted: &Trust, accepted: &BTreeSet<PolicyHead>) -> Outcome<()> {
    for before in accepted {
        match trusted.chain.version(before.version) {
            Some(version) if version.digest == before.digest => {}
            Some(version) => {
                let seen = Seen::PolicyReplaced { number: before.version, here: version.digest, before: before.digest };
                return Err(Failure::seen(&seen).hint("somebody replaced the policy; compare with its owners before you continue"));
            }
            None => {
                let seen = Seen::PolicyOlder { head: trusted.chain.head().version, before: before.version };
                return Err(Failure::seen(&seen).suggest("fetch the newer one", "relsign sync"));
            }
        }
    }
    Ok(())
}

/// Reads the versions of an accepted chain and verifies the records beside them, for telling who signed which.
pub fn read(versions: &[PolicyCommit], root: RootDigest) -> Outcome<Vec<Candidate>> {
    let mut reader = Reader::new(root);
    versions.iter().map(|version| reader.read(version, policy_digest(&version.policy_toml, &version.anchors))).collect()
}

/// Reads versions one after the other; who may have signed what is not looked at.
struct Reader {
    root: RootDigest,
    number: u32,
    keyring: Keyring,
    known: KnownKeys,
}

impl Reader {
    fn new(root: RootDigest) -> Self {
        Self { root, number: 0, keyring: Keyring::new(), known: KnownKeys::default() }
    }

    /// Reads the next version, and verifies the records beside it under its keys and those of the versions before.
    fn read(&mut self, version: &PolicyCommit, digest: PolicyDigest) -> Outcome<Candidate> {
        self.number = self.number.saturating_add(1);
        let (number, root) = (self.number, self.root);
        if let Err(reason) = &version.well_formed {
            return Err(Failure::seen(&Seen::PolicyMalformed { number, why: reason.to_string() }));
        }
        // The root comes first: what another repository's policy says is nobody's business here.
        if number == 1 && RootDigest::from(digest) != root {
            let seen = Seen::RootMismatch { here: RootDigest::from(digest), pinned: root };
            return Err(from_finding(&Finding::new(seen)));
        }
        let mut candidate = candidate(version, digest, number, &mut self.known)?;
        list_keys(&mut self.keyring, &candidate.policy, number)?;
        let log = verify_log(version.records.iter().map(Vec::as_slice), &self.keyring, &root);
        candidate.records = log.records.into_values().collect();
        Ok(candidate)
    }
}

/// Reads the two files of a version; its records are not verified yet.
pub fn candidate(version: &PolicyCommit, digest: PolicyDigest, number: u32, known: &mut KnownKeys) -> Outcome<Candidate> {
    let parsed = parse_version(&version.policy_toml, known).map_err(|problems| {
        let first = problems.iter().find(|problem| problem.level == Level::Error);
        let first = first.map_or_else(String::new, |problem| format!("line {}: {}", problem.line, problem.message));
        Failure::seen(&Seen::PolicyUnread { number }).because(first)
    })?;
    let unread = Seen::AnchorsUnread { number };
    let anchors = parse_anchors(&version.anchors).map_err(|problem| Failure::seen(&unread).because(problem.message))?;
    Ok(Candidate { digest, policy: parsed.policy, anchors, records: Vec::new() })
}

/// Adds the keys of a version to those of the versions before; a key keeps its first holder.
pub fn list_keys(keyring: &mut Keyring, policy: &Policy, number: u32) -> Outcome<()> {
    for (principal, key) in policy.keys() {
        let listed = keyring.get(&key.fingerprint).map(|entry| &entry.key).filter(|listed| listed.wire() == key.wire);
        let public = match listed {
            Some(listed) => listed.clone(),
            None => PublicKey::from_wire(&key.wire)
                .map_err(|error| Failure::invalid(format!("a key of {principal} can't be used: {error}")))?,
        };
        keyring.add(principal.clone(), public).map_err(|holder| {
            let key = key.fingerprint.clone();
            Failure::seen(&Seen::KeyReassigned { number, key, before: holder, holder: principal })
        })?;
    }
    Ok(())
}

/// Makes a failure of a finding about the chain.
pub fn from_finding(finding: &Finding) -> Failure {
    let failure = Failure::seen(&finding.seen);
    match finding.code {
        Code::RootMismatch => {
            failure.suggest("if the repository really has a new root, ask its owners first, then", "relsign trust SHA256:…")
        }
        Code::PolicyUnsigned | Code::PolicyReassigned | Code::AnchorsDropped | Code::PolicyInvalid => {
            failure.hint("do not use it; ask an owner of the policy, and compare with another clone")
        }
        _ => failure,
    }
}
