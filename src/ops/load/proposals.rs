//! Proposed versions of the policy: what waits for signatures, what they still lack, and what can't follow any more.

use std::collections::BTreeSet;

use crate::evaluate::chain::{self, Candidate, StepStatus};
use crate::git::notes::Lines;
use crate::git::policy_ref::PolicyCommit;
use crate::git::{PROPOSALS_PREFIX, Repository};
use crate::model::finding::Finding;
use crate::model::ids::{Handle, PolicyDigest};
use crate::model::record::PolicyStep;
use crate::ops::error::{Failure, Outcome};
use crate::ops::trust::{self, Trust};
use crate::parse::digests::policy_digest;
use crate::parse::public_key::KnownKeys;
use crate::report::json::policy::ProposalJson;
use crate::report::{changes, words};
use crate::sign::keyring::Keyring;
use crate::sign::verify::verify_line;

/// A proposed version that can be read, with the records on it that are valid.
#[derive(Debug)]
pub struct Proposal {
    /// Its files and lines as they lie on the ref.
    pub commit: PolicyCommit,
    /// What it says, and who signed it.
    pub candidate: Candidate,
    /// Those of its lines that are valid records on this version.
    pub lines: Lines,
    /// Every key that the chain or the proposal lists.
    pub keyring: Keyring,
    /// Why it can't follow the version in force, if it can't.
    pub stale: Option<Finding>,
}

impl Proposal {
    /// Reads a proposal under the chain in force.
    ///
    /// # Errors
    /// It is not well formed, is not what its ref's name says, or can't be read as a policy.
    pub fn read(trusted: &Trust, digest: &PolicyDigest, commit: PolicyCommit) -> Outcome<Self> {
        let wrong = |why: &dyn std::fmt::Display| Failure::invalid(format!("the proposal {} can't be used: {why}", digest.short()));
        if let Err(reason) = &commit.well_formed {
            return Err(wrong(reason));
        }
        if policy_digest(&commit.policy_toml, &commit.anchors) != *digest {
            return Err(wrong(&"it contains another version than its name says"));
        }
        let number = trusted.chain.head().version.saturating_add(1);
        let mut candidate = trust::candidate(&commit, *digest, number, &mut KnownKeys::default())?;
        let mut keyring = trusted.keyring.clone();
        trust::list_keys(&mut keyring, &candidate.policy, number)?;
        let (mut lines, mut ids) = (Lines::new(), BTreeSet::new());
        for line in &commit.records {
            let Ok(verified) = verify_line(line, &keyring, &trusted.root) else { continue };
            let is_about_it = verified.said::<PolicyStep>().is_some_and(|step| step.digest == *digest);
            if is_about_it && verified.subjects == [chain::subject(*digest)] {
                lines.insert(line.clone());
                // Several signatures of one record are one record.
                if ids.insert(verified.id()) {
                    candidate.records.push(verified);
                }
            }
        }
        let stale = chain::may_follow(&trusted.chain, &candidate).err();
        Ok(Self { commit, candidate, lines, keyring, stale })
    }

    /// Whether a key that is known without it has signed it.
    pub fn is_signed(&self, known: &Keyring) -> bool {
        self.candidate.records.iter().any(|record| known.get(record.key()).is_some())
    }

    /// Returns the digest.
    pub fn digest(&self) -> PolicyDigest {
        self.candidate.digest
    }

    /// Returns the ref that it lies on.
    pub fn ref_name(&self) -> String {
        format!("{PROPOSALS_PREFIX}{}", self.digest())
    }

    /// Counts who signed it as the next version.
    pub fn standing(&self, trusted: &Trust) -> StepStatus {
        let head = trusted.chain.head();
        chain::standing(Some(head), &self.candidate, head.version.saturating_add(1))
    }

    /// Returns what its owners sign: this version on top of the one in force.
    pub fn step(&self, trusted: &Trust) -> PolicyStep {
        let head = trusted.chain.head();
        PolicyStep { version: head.version.saturating_add(1), digest: self.digest(), previous: Some(head.digest) }
    }

    /// Describes what it changes in the version in force.
    pub fn changes(&self, trusted: &Trust) -> Vec<String> {
        changes::between(trusted.policy().contents(), self.candidate.policy.contents())
    }

    /// Describes what it lacks, or that it lacks nothing.
    pub fn lacks(&self, trusted: &Trust) -> String {
        let standing = self.standing(trusted);
        if standing.is_accepted() {
            return "nothing is missing".to_owned();
        }
        if standing.is_revocation() {
            return "it only revokes keys, so one owner, or the holder with another key, must sign it".to_owned();
        }
        let old = standing.old.iter().map(|old| (old, format!("of version {}", trusted.chain.head().version)));
        let sides = old.chain([(&standing.new, "of its own".to_owned())]);
        sides.filter_map(|(side, whose)| chain::lacks(side, &whose)).collect::<Vec<_>>().join(", and ")
    }

    /// Whether it waits for somebody's signature as an owner.
    pub fn waits_for(&self, trusted: &Trust, handle: &Handle) -> bool {
        let standing = self.standing(trusted);
        let mut sides = standing.old.iter().chain([&standing.new]);
        !standing.is_accepted() && sides.any(|side| side.missing > 0 && side.waiting.contains(handle))
    }

    /// Reports on it in one line.
    pub fn told(&self, trusted: &Trust) -> String {
        let (digest, standing, changes) = (self.digest().short(), self.standing(trusted), self.changes(trusted));
        let what = if changes.is_empty() { "rules the same".to_owned() } else { changes.join("; ") };
        if standing.is_accepted() {
            return format!("proposed: {digest} ({what}), signed by enough owners: relsign policy activate {digest}");
        }
        let sides = || standing.old.iter().chain([&standing.new]);
        let signed: BTreeSet<_> = sides().flat_map(|side| &side.signed).collect();
        let signed = if signed.is_empty() { "nobody yet".to_owned() } else { words::and(signed) };
        let waiting = words::and(sides().flat_map(|side| &side.waiting).collect::<BTreeSet<_>>());
        format!("proposed: {digest} ({what}), signed by {signed}; waits for {waiting}: relsign policy sign {digest}")
    }

    /// Whether it was signed for another place in the chain and for none that is still free.
    pub fn was_for_another_version(&self, trusted: &Trust) -> bool {
        let step = self.step(trusted);
        let records = &self.candidate.records;
        !records.is_empty() && !records.iter().any(|record| record.said() == Some(&step))
    }
}

/// Returns the proposals here that wait for signatures or for being activated, sorted by digest.
///
/// Proposals that can't be read, are in force already or were overtaken by another version are left out.
pub fn waiting(repository: &Repository, trusted: &Trust) -> Outcome<Vec<Proposal>> {
    let mut found = Vec::new();
    for (digest, commit) in repository.proposals(PROPOSALS_PREFIX)? {
        if trusted.chain.versions().any(|version| version.digest == digest) {
            continue;
        }
        if let Ok(proposal) = commit.map_err(Failure::from).and_then(|commit| Proposal::read(trusted, &digest, commit))
            && proposal.stale.is_none()
            && !proposal.was_for_another_version(trusted)
        {
            found.push(proposal);
        }
    }
    Ok(found)
}

/// Finds the proposal that is meant: by its digest or the beginning of it, or the only one that waits.
pub fn find(repository: &Repository, trusted: &Trust, named: Option<&str>) -> Outcome<Proposal> {
    let Some(named) = named else {
        let mut waiting = waiting(repository, trusted)?;
        return match waiting.len() {
            1 => Ok(waiting.remove(0)),
            0 => Err(Failure::missing("no version of the policy is proposed here")
                .suggest("propose one", "relsign policy propose")
                .suggest("or fetch what others proposed", "relsign sync")),
            _ => {
                let digests: Vec<_> = waiting.iter().map(|proposal| proposal.digest().short()).collect();
                Err(Failure::usage(format!("several versions are proposed: {}", digests.join(", "))).hint("name the one you mean"))
            }
        };
    };
    let wanted = named.strip_prefix("SHA256:").unwrap_or(named);
    let is_meant = |digest: &PolicyDigest| !wanted.is_empty() && digest.to_string().starts_with(wanted);
    let mut fitting: Vec<_> = repository.proposals(PROPOSALS_PREFIX)?.filter(|(digest, _)| is_meant(digest)).take(2).collect();
    if fitting.len() > 1 {
        return Err(Failure::usage(format!("{named} is the beginning of several proposals' digests")).hint("write more of it"));
    }
    let (digest, commit) = fitting.pop().ok_or_else(|| {
        Failure::missing(format!("no version {named} is proposed here")).suggest("fetch what others proposed", "relsign sync")
    })?;
    if let Some(version) = trusted.chain.versions().find(|version| version.digest == digest) {
        return Err(Failure::refused(format!("{} is already in force, as version {}", digest.short(), version.version)));
    }
    let proposal = Proposal::read(trusted, &digest, commit?)?;
    if let Some(finding) = &proposal.stale {
        return Err(Failure::seen(&finding.seen).suggest("propose it again", "relsign policy propose"));
    }
    if proposal.was_for_another_version(trusted) {
        return Err(Failure::refused(format!(
            "{} was signed to follow a version other than {}, which is in force",
            digest.short(),
            trusted.chain.head().version
        ))
        .suggest("propose it again", "relsign policy propose"));
    }
    Ok(proposal)
}

impl ProposalJson {
    /// Describes a proposal under the version in force.
    pub fn of(trusted: &Trust, proposal: &Proposal) -> Self {
        let standing = proposal.standing(trusted);
        Self {
            version: proposal.step(trusted).version,
            digest: proposal.digest(),
            changes: proposal.changes(trusted),
            only_revokes: standing.is_revocation(),
            old_owners: standing.old.clone().unwrap_or_default(),
            new_owners: standing.new.clone(),
            complete: standing.is_accepted(),
        }
    }
}
