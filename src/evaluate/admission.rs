//! What a record may say at all: the rules that a server's door, an import and the verdict ask alike.
//!
//! A record that breaks one of them never helps a release, whatever else becomes of it; what it says against one still counts.
//! A server takes it in no more, and nobody who signs names it, unless somebody already relied on it ([`refused`]).

use std::collections::{BTreeMap, BTreeSet};

use super::complete::{describe, is_complete};
use super::freeze;
use super::root_log::ever_might;
use crate::model::finding::Seen;
use crate::model::ids::{Principal, RecordId, Sha256Digest};
use crate::model::log::Record;
use crate::model::policy::{KeyState, Policy, PolicyChain, Right};
use crate::model::record::{Authority, Body};
use crate::sign::verify::Verified;

/// What a record is held against besides itself.
pub struct Surroundings<'a> {
    /// The accepted policy versions.
    pub chain: &'a PolicyChain,
    /// Returns the signer of another record of the same log.
    pub signer: &'a dyn Fn(&RecordId) -> Option<Principal>,
    /// The open record that a freeze names, where it depends on that whether its signer may freeze.
    pub open: Option<&'a Verified>,
    /// Returns the size of what is kept under a digest of evidence, where it has that digest.
    pub kept: &'a dyn Fn(&Sha256Digest) -> Option<u64>,
}

/// Whether a record may say what it says: its policy version is in the chain, its signer had under some version a right to say
/// that kind, its kind is known or its key active in force, and what it cites has the size that it says.
///
/// Rights come and go, so this asks less than what it takes to count.
///
/// # Errors
/// Which rule it breaks.
pub fn judge(record: &Verified, around: &Surroundings<'_>) -> Result<(), Seen> {
    let version = record.policy_head.version;
    if around.chain.at(record.policy_head).is_none() {
        // Where the chain has that version all the same, another stands in its place.
        let is_forked = around.chain.version(version).is_some();
        return Err(Seen::PolicyUnknown { record: describe(record), version, is_forked });
    }
    is_complete(record)?;
    has_authority(record, around)?;
    for evidence in &record.evidence {
        let (Some(digest), Some(says)) = (evidence.sha256, evidence.size) else { continue };
        if let Some(size) = (around.kept)(&digest).filter(|size| *size != says) {
            let name = evidence.name.clone().unwrap_or_else(|| "evidence".to_owned());
            return Err(Seen::EvidenceSize { record: describe(record), name, says, size });
        }
    }
    Ok(())
}

/// Whether any version of the policy gave the signer of a record the right to say its kind, or the record withdraws one of its own
/// author.
fn has_authority(record: &Verified, around: &Surroundings<'_>) -> Result<(), Seen> {
    let (who, chain) = (record.principal(), around.chain);
    if let Body::Freeze(freeze) = &record.body
        && let Some(release) = freeze.release
        && !ever_might(chain, record, Right::Freeze)
    {
        if around.open.is_none() {
            return Err(Seen::FreezeOfNothing { record: describe(record), open: release.open });
        }
        return freeze::check_signer(chain, record, freeze, around.open)
            .map_err(|why| Seen::RecordRefused { record: describe(record), why: Box::new(why) });
    }
    let row = record.body.row();
    let right = match row.authority {
        Authority::Right(right) => right,
        Authority::ItemOr(right) if who.person().is_none() => right,
        Authority::Item if who.person().is_none() => return Err(Seen::MachineSigned { record: describe(record) }),
        // Who owns an item, or may review it, is a question of the release.
        Authority::Item | Authority::ItemOr(_) | Authority::PolicyOwner => return Ok(()),
        Authority::Author => {
            return match row.targets.iter().find_map(around.signer) {
                Some(author) if author != *who => Err(Seen::WithdrawsOthers { record: describe(record), author }),
                _ => Ok(()),
            };
        }
        Authority::Unknown => return has_active_key(record, chain),
    };
    if chain.versions().any(|version| gives(&version.policy, who, right)) {
        return Ok(());
    }
    let body = &record.body;
    if who.person().is_none() && matches!(body, Body::Open(_) | Body::Decide(_) | Body::Sign(_)) {
        return Err(Seen::MachineSignedFor { record: describe(record), right });
    }
    Err(Seen::RightNeverHeld { record: describe(record), right, who_may: chain.head().policy.who_may(right) })
}

/// Whether the key of a record of an unknown kind is active in force: such a record counts against the release for every key, so
/// one that was lost would stop any release.
fn has_active_key(record: &Verified, chain: &PolicyChain) -> Result<(), Seen> {
    if chain.head().policy.key(record.key()).is_some_and(|(_, key)| key.state == KeyState::Active) {
        return Ok(());
    }
    Err(Seen::KindInactive { record: describe(record) })
}

/// Whether a policy gives a right, or one of its windows does.
fn gives(policy: &Policy, who: &Principal, right: Right) -> bool {
    let windows = policy.contents().freezes.iter().filter(|_| right == Right::Grant).filter_map(|window| window.grant.as_ref());
    let of_window = |handle| windows.into_iter().any(|grantees| policy.is_among(handle, grantees));
    policy.may(who, right) || who.person().is_some_and(of_window)
}

/// Returns which of the records that break a rule are refused: those on which nobody relied. A receipt names the others, or a
/// record of the log that is not refused itself.
pub fn refused<'r>(
    breaking: impl Iterator<Item = RecordId>,
    records: impl Iterator<Item = (RecordId, &'r Record)>,
    witnessed: impl Fn(&RecordId) -> bool,
) -> BTreeSet<RecordId> {
    let mut refused: BTreeSet<RecordId> = breaking.filter(|id| !witnessed(id)).collect();
    if refused.is_empty() {
        return refused;
    }
    let names: BTreeMap<RecordId, Vec<RecordId>> =
        records.map(|(id, record)| (id, record.names().filter(|named| refused.contains(named)).copied().collect())).collect();
    let mut relied: Vec<RecordId> =
        names.iter().filter(|(id, _)| !refused.contains(id)).flat_map(|(_, named)| named.clone()).collect();
    while let Some(id) = relied.pop() {
        if refused.remove(&id) {
            relied.extend(names.get(&id).into_iter().flatten());
        }
    }
    refused
}
