//! The versions of the policy that were accepted: who signed each, and what it changed.

use crate::evaluate::chain;
use crate::git::Repository;
use crate::model::policy::PolicyVersion;
use crate::model::record::PolicyStep;
use crate::ops::error::Outcome;
use crate::ops::trust::{self, Trust};
use crate::report::changes;
use crate::report::json::policy::{SignatureJson, VersionJson};
use crate::sign::verify::Verified;

/// Describes every accepted version, oldest first.
///
/// # Errors
/// If the chain can't be read.
pub fn versions(repository: &Repository, trusted: &Trust) -> Outcome<Vec<VersionJson>> {
    let candidates = trust::read(&repository.policy_chain(&trusted.tip)?, trusted.root)?;
    let mut before: Option<&PolicyVersion> = None;
    let mut found = Vec::new();
    for (version, candidate) in trusted.chain.versions().zip(candidates) {
        let previous = before.map(|before| before.digest);
        let step = PolicyStep { version: version.version, digest: version.digest, previous };
        let standing = chain::standing(before, &candidate, version.version);
        // Anybody whom the policy lists can lay a record beside a version; named are those whose word counted.
        let counted = standing.signed();
        let counts = |record: &&Verified| {
            record.said() == Some(&step) && record.principal().person().is_some_and(|handle| counted.contains(handle))
        };
        let signatures = candidate.records.iter().filter(counts).map(|record| SignatureJson {
            handle: record.principal().clone(),
            key: record.key().clone(),
            time: record.time,
            record: record.id(),
        });
        let mut signatures: Vec<SignatureJson> = signatures.collect();
        signatures.sort_by(|one, other| (&one.handle, one.record).cmp(&(&other.handle, other.record)));
        found.push(VersionJson {
            version: version.version,
            digest: version.digest,
            claimed: signatures.iter().map(|signature| signature.time).max(),
            signatures,
            changes: before.map(|before| changes::between(before.policy.contents(), version.policy.contents())).unwrap_or_default(),
            only_revokes: standing.is_revocation(),
            settled: version.anchors.len().saturating_sub(before.map_or(0, |before| before.anchors.len())) as u64,
        });
        before = Some(version);
    }
    Ok(found)
}
