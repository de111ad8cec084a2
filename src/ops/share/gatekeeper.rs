//! What of a remote's may come in while refs are merged: policies that descend from the pinned root, signatures that verify.

use std::collections::BTreeSet;

use crate::git::Repository;
use crate::git::notes::Lines;
use crate::git::policy_ref::PolicyCommit;
use crate::git::sync::Judge;
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, PolicyDigest, RootDigest, Sha256Digest};
use crate::model::time::Timestamp;
use crate::ops::error::Failure;
use crate::ops::load::proposals::Proposal;
use crate::ops::load::redactions;
use crate::ops::trust;
use crate::sign::verify::verify_line;

/// The most signatures on a proposal that are kept although nobody here knows their keys yet.
const MOST_UNKNOWN: usize = 1000;

/// Lets in what of a remote's policy descends from the pinned root, and signatures on proposals that verify.
pub(super) struct Gatekeeper<'a> {
    repository: &'a Repository,
    pinned: Option<RootDigest>,
    now: Timestamp,
    /// Why the remote's policy was not let in, if it was not.
    pub(super) refused: Option<Failure>,
}

impl<'a> Gatekeeper<'a> {
    /// Stands at the gate of a repository under its pinned root.
    pub(super) fn new(repository: &'a Repository, pinned: Option<RootDigest>, now: Timestamp) -> Self {
        Self { repository, pinned, now, refused: None }
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
        let erasable = |root| redactions::erasable(self.repository, &root, self.now, evidence);
        self.pinned.and_then(|root| erasable(root).ok()).unwrap_or_default()
    }

    fn keeps(&mut self, digest: &PolicyDigest, proposal: &PolicyCommit) -> Option<Lines> {
        let trusted = trust::load(self.repository, None).ok()?;
        let proposal = Proposal::read(&trusted, digest, proposal.clone()).ok()?;
        let mut kept = proposal.lines;
        // A clone whose policy is older than the signer's must not push over what it can't judge yet.
        let unknown = |line: &&Vec<u8>| {
            verify_line(line, &proposal.keyring, &trusted.root).is_err_and(|rejected| rejected.finding.code == Code::SignerUnknown)
        };
        kept.extend(proposal.commit.records.iter().filter(unknown).take(MOST_UNKNOWN).cloned());
        Some(kept)
    }
}
