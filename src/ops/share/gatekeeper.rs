//! What of a remote's may come in while refs are merged: policies that descend from the pinned root, signatures that verify.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::notes::Lines;
use crate::git::policy_ref::PolicyCommit;
use crate::git::sync::Judge;
use crate::git::{Error, ErrorKind, FORMER_PREFIX, PROPOSALS_PREFIX, Repository};
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, PolicyDigest, RootDigest, Sha256Digest};
use crate::ops::error::Failure;
use crate::ops::load::proposals::Proposal;
use crate::ops::load::redactions;
use crate::ops::push::left_out::{LeftOut, left_out};
use crate::ops::session::Session;
use crate::ops::trust;
use crate::ops::workspace::Workspace;
use crate::sign::verify::verify_line;

/// The most signatures on a proposal that are kept although nobody here knows their keys yet.
const MOST_UNKNOWN: usize = 1000;

/// How many proposals are kept before another one needs a signature.
const MOST_UNSIGNED: usize = 100;

/// Lets in what of a remote's policy descends from the pinned root, and signatures on proposals that verify.
pub(super) struct Gatekeeper<'a> {
    session: &'a Session,
    repository: &'a Repository,
    pinned: Option<RootDigest>,
    /// The lines here that are not shared, by themselves, since nobody would take them in.
    pub(super) left_out: BTreeMap<Vec<u8>, LeftOut>,
    /// The policy that proposals are read under.
    trusted: Option<trust::Trust>,
    /// Why the remote's policy was not let in, if it was not.
    pub(super) refused: Option<Failure>,
}

impl<'a> Gatekeeper<'a> {
    /// Stands at the gate of a repository under its pinned root.
    pub(super) fn new(session: &'a Session, repository: &'a Repository, pinned: Option<RootDigest>) -> Self {
        Self { session, repository, pinned, left_out: BTreeMap::new(), trusted: None, refused: None }
    }
}

impl Gatekeeper<'_> {
    /// Returns the policy in force, which came before whatever else is merged.
    fn trusted(&mut self) -> Option<&trust::Trust> {
        if self.trusted.is_none() {
            self.trusted = trust::load(self.repository, None).ok();
        }
        self.trusted.as_ref()
    }
}

impl Judge for Gatekeeper<'_> {
    fn accepts_policy(&mut self, _: Option<&ObjectId>, new: &ObjectId) -> bool {
        let Some(root) = self.pinned else { return true };
        match trust::load_at(self.repository, new, root) {
            Ok(_) => true,
            Err(failure) => {
                self.refused = Some(failure);
                false
            }
        }
    }

    fn erased(&mut self, evidence: &[ObjectId]) -> BTreeSet<Sha256Digest> {
        // Where it can't be told, everything stays.
        let erasable = |root| redactions::erasable(self.repository, &root, self.session.now, evidence);
        self.pinned.and_then(|root| erasable(root).ok()).unwrap_or_default()
    }

    fn left_out(&mut self, theirs: Option<&ObjectId>, ours: &ObjectId, late: bool) -> Result<BTreeMap<ObjectId, Lines>, Error> {
        let mut lines: BTreeMap<ObjectId, Lines> = BTreeMap::new();
        // Where no policy can be trusted, nothing is known of any record.
        let Some(Ok(trusted)) = self.pinned.map(|_| Workspace::load(self.repository, self.pinned)) else { return Ok(lines) };
        let found = left_out(self.session, self.repository, &trusted, (theirs.copied(), *ours), late);
        let unknown = |failure: Failure| Error::new(ErrorKind::Invalid, failure.one_line());
        for left in found.map_err(unknown)? {
            lines.entry(left.object).or_default().insert(left.line.clone());
            self.left_out.entry(left.line.clone()).or_insert(left);
        }
        Ok(lines)
    }

    /// Anybody may have put chains there. The policy in force names the one before it, as a server's door asks, and each the one
    /// before that.
    fn former(&mut self, theirs: &BTreeMap<RootDigest, ObjectId>) -> Vec<RootDigest> {
        let mut found = Vec::new();
        let mut link = self.trusted().and_then(|trusted| trusted.policy().contents().former);
        while let Some(former) = link {
            let here = self.repository.resolve(&format!("{FORMER_PREFIX}{}", former.root)).ok().flatten();
            let Some(tip) = here.or_else(|| theirs.get(&former.root).copied()) else { break };
            let Ok(chain) = trust::load_at(self.repository, &tip, former.root) else { break };
            if chain.chain.version(former.version).is_none_or(|version| version.digest != former.digest) {
                break;
            }
            found.push(former.root);
            link = chain.policy().contents().former;
        }
        found
    }

    fn keeps(&mut self, digest: &PolicyDigest, proposal: &PolicyCommit) -> Option<Lines> {
        self.trusted()?;
        let trusted = self.trusted.as_ref()?;
        let proposal = Proposal::read(trusted, digest, proposal.clone()).ok()?;
        // One that nobody has signed is kept as long as there are few of them: whoever reads all has to read it.
        // A proposal lists whom it likes, so that keys of its own signed it says nothing.
        let is_signed = proposal.is_signed(&trusted.keyring);
        if !is_signed && self.repository.ref_list(PROPOSALS_PREFIX).ok()?.len() >= MOST_UNSIGNED {
            return None;
        }
        let mut kept = proposal.lines;
        // A clone whose policy is older than the signer's must not push over what it can't judge yet.
        let unknown = |line: &&Vec<u8>| {
            verify_line(line, &proposal.keyring, &trusted.root).is_err_and(|rejected| rejected.finding.code == Code::SignerUnknown)
        };
        kept.extend(proposal.commit.records.iter().filter(unknown).take(MOST_UNKNOWN).cloned());
        Some(kept)
    }
}
