//! Trust: the pinned root, and the policy chain that descends from it.

use std::collections::BTreeSet;

use super::error::{Exit, Failure, Outcome};
use super::previous::Passed;
use crate::evaluate::chain::{self, Candidate};
use crate::evaluate::receipts::Receipts;
use crate::git::baseline::HeadCheck;
use crate::git::policy_ref::PolicyCommit;
use crate::git::{POLICY_REF, Repository};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Fingerprint, PolicyDigest, RootDigest};
use crate::model::policy::{Policy, PolicyChain};
use crate::parse::digests::policy_digest;
use crate::parse::policy::{parse_anchors, parse_policy};
use crate::parse::public_key::PublicKey;
use crate::sign::keyring::Keyring;
use crate::sign::verify::verify_log;

/// The name of the setting that pins the root, in git's own configuration and never in the repository's files.
pub const ROOT_CONFIG: &str = "relsign.root";

/// A chain that descends from a pinned root, and the keys that it ever listed.
#[derive(Debug)]
pub struct Trusted {
    /// The pinned root.
    pub root: RootDigest,
    /// The accepted versions.
    pub chain: PolicyChain,
    /// Every key that any of them listed.
    pub keyring: Keyring,
    /// What was noticed about it.
    pub findings: Vec<Finding>,
    /// What witnesses say, where a repository was read and not only a chain.
    pub receipts: Receipts,
    /// Which releases are known to have passed.
    pub passed: Passed,
}

impl Trusted {
    /// Gives the policy that is in force.
    pub fn policy(&self) -> &Policy {
        &self.chain.head().policy
    }

    /// Says whether a key is an active one of a person in the policy.
    pub fn is_person(&self, key: &Fingerprint) -> bool {
        self.policy().key(key).is_some_and(|(holder, _)| holder.person().is_some())
    }
}

/// Reads the pinned root from the configuration.
pub fn pinned(repository: &Repository) -> Outcome<Option<RootDigest>> {
    let Some(text) = repository.config_string(ROOT_CONFIG)? else { return Ok(None) };
    let root = RootDigest::from_user(&text).map_err(|error| {
        Failure::invalid(format!("the setting {ROOT_CONFIG} is wrong: {error}")).hint("pin it again: relsign trust SHA256:…")
    })?;
    Ok(Some(root))
}

/// Gives the root of the policy that lies here, whoever it belongs to.
pub fn root_here(repository: &Repository) -> Outcome<Option<RootDigest>> {
    let Some(tip) = repository.resolve(POLICY_REF)? else { return Ok(None) };
    let versions = repository.policy_chain(&tip)?;
    Ok(versions.first().map(|first| policy_digest(&first.policy_toml, &first.anchors).into()))
}

/// Loads and checks the policy chain under the pinned root, or under one that was named on the command line.
pub fn load(repository: &Repository, named: Option<RootDigest>) -> Outcome<Trusted> {
    let Some(tip) = repository.resolve(POLICY_REF)? else {
        return Err(
            Failure::missing("there is no policy here").hint("set relsign up: relsign init; or get what others have: relsign sync")
        );
    };
    let versions = repository.policy_chain(&tip)?;
    let root = match named {
        Some(root) => root,
        None => pinned(repository)?.ok_or_else(|| {
            let found = root_here(repository).ok().flatten().map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
            Failure::missing("no root is pinned here, so nobody's authority can be shown").hint(
                "compare it with what an owner of the policy reads out to you (relsign whoami), then: relsign trust ".to_owned()
                    + &found,
            )
        })?,
    };
    let mut trusted = accept(&versions, root)?;
    trusted.receipts = super::receipts::load(repository, &root, &trusted.chain, &trusted.keyring)?;
    let head = trusted.chain.head().head();
    match repository.check_head(&root, head)? {
        HeadCheck::First | HeadCheck::Current => {
            // A repository that can't be written to can still be read; it only remembers nothing.
            let _ = repository.accept_head(&root, head);
        }
        HeadCheck::Fork { other } => {
            return Err(Failure::missing(format!(
                "the policy here has digest {} at version {}, and {} was accepted before",
                head.digest.short(),
                head.version,
                other.digest.short()
            ))
            .hint("somebody replaced the policy; compare with its owners before you go on"));
        }
        HeadCheck::Behind { highest } => {
            return Err(Failure::missing(format!(
                "the policy here is version {}, and version {} was accepted before",
                head.version, highest.version
            ))
            .hint("get the newer one: relsign sync"));
        }
    }
    Ok(trusted)
}

/// Checks versions as they lie on a ref.
pub fn accept(versions: &[PolicyCommit], root: RootDigest) -> Outcome<Trusted> {
    let mut keyring = Keyring::new();
    let mut read: Vec<(PolicyDigest, Policy, BTreeSet<_>, &PolicyCommit)> = Vec::new();
    for (version, number) in versions.iter().zip(1u32..) {
        if let Err(reason) = &version.well_formed {
            return Err(Failure::invalid(format!("policy version {number} is not well formed: {reason}")));
        }
        let digest = policy_digest(&version.policy_toml, &version.anchors);
        // The root comes first: what another repository's policy says is nobody's business here.
        if number == 1 && RootDigest::from(digest) != root {
            return Err(from_finding(&Finding::new(
                Code::RootMismatch,
                format!(
                    "the policy here descends from root SHA256:{}, and the pinned root is SHA256:{root}",
                    RootDigest::from(digest)
                ),
            )));
        }
        let parsed = parse_policy(&version.policy_toml).map_err(|problems| {
            let first = problems.first().map_or_else(String::new, |problem| format!("line {}: {}", problem.line, problem.message));
            Failure::invalid(format!("policy version {number} can't be read")).because(first)
        })?;
        let anchors = parse_anchors(&version.anchors).map_err(|problem| {
            Failure::invalid(format!("the anchors of policy version {number} can't be read")).because(problem.message)
        })?;
        for (principal, key) in parsed.policy.keys() {
            let public = PublicKey::from_wire(&key.wire)
                .map_err(|error| Failure::invalid(format!("a key of {principal} can't be used: {error}")))?;
            keyring.add(principal.clone(), public).map_err(|holder| {
                Failure::invalid(format!("policy version {number} gives the key {} of {} to {principal}", key.fingerprint, holder))
            })?;
        }
        read.push((digest, parsed.policy, anchors, version));
    }
    let candidates = read
        .into_iter()
        .map(|(digest, policy, anchors, version)| {
            let log = verify_log(version.records.iter().map(Vec::as_slice), &keyring, &root);
            Candidate { digest, policy, anchors, records: log.records.into_values().collect() }
        })
        .collect();
    let chain = chain::accept(candidates, root).map_err(|finding| from_finding(&finding))?;
    Ok(Trusted { root, chain, keyring, findings: Vec::new(), receipts: Receipts::default(), passed: Passed::default() })
}

fn from_finding(finding: &Finding) -> Failure {
    let exit = match finding.severity {
        crate::model::finding::Severity::Tampered => Exit::Invalid,
        _ => Exit::CannotDecide,
    };
    let failure = Failure::new(exit, format!("{}: {}", finding.code, finding.message));
    match finding.code {
        Code::RootMismatch => {
            failure.hint("if the repository really has a new root, ask its owners first, then: relsign trust SHA256:…")
        }
        _ => failure,
    }
}
