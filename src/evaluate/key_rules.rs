//! Whether a positive record may count at all, whoever has the right to say it.
//!
//! Clocks are claims, so age is shown in two other ways: a record names the newest policy version that its signer
//! knew, and later versions list what their owners had seen. docs/decisions/014 has the rules in the order in which
//! they are asked here, and the reasons for them.

use std::collections::BTreeMap;

use super::complete;
use super::context::{Context, TagSignature};
use crate::model::finding::{Lapse, NoSigner, Seen};
use crate::model::ids::{Fingerprint, Handle, RecordId};
use crate::model::policy::{KeyHistory, KeyState, PolicyChain};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// What the rules of keys and versions are asked under.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyContext<'c> {
    /// The accepted policy versions.
    pub(super) chain: &'c PolicyChain,
    /// The first policy version before which a record is known to have been there; see [`settled`].
    pub(super) settled: &'c BTreeMap<RecordId, u32>,
    /// The clock of the question.
    pub(super) as_of: Timestamp,
}

impl Context<'_> {
    /// Returns what the rules of keys and versions are asked under.
    pub(super) fn key_context(&self) -> KeyContext<'_> {
        KeyContext { chain: self.chain, settled: &self.settled, as_of: self.as_of }
    }
}

/// Judges a positive record by its policy version, its key, what is settled, and its claimed time.
pub(super) fn judge(context: KeyContext<'_>, keys: &BTreeMap<Fingerprint, KeyHistory>, verified: &Verified) -> Result<(), Seen> {
    complete::is_complete(verified)?;
    let record = verified.value();
    let named = record.policy_head.version;
    let newest = context.chain.head().version;
    let history = keys.get(&record.signer.fingerprint);
    let (key, who) = (record.signer.fingerprint.clone(), record.signer.handle.clone());
    if context.chain.at(record.policy_head).is_none() {
        return Err(Seen::NamesUnknownPolicy { head: record.policy_head });
    }
    if let Err(lapse) = good_under(history, named) {
        return Err(Seen::KeyLapsed { key, who, lapse });
    }
    if let Some(next) = outdated_by(context, history, verified) {
        let gone = (named + 1..=newest).find_map(|version| lapsed_in(history, version));
        return Err(match gone {
            Some(lapse) => Seen::KeyLapsedSince { key, who, lapse, next },
            None => Seen::PolicyOutdated { version: named, next },
        });
    }
    let skew = i64::try_from(context.chain.head().policy.contents().limits.clock_skew).unwrap_or(0);
    if record.time > context.as_of.plus(skew) {
        return Err(Seen::TimeInFuture { time: record.time });
    }
    Ok(())
}

/// Returns the version that outdates a record: the first after the one it names that rules otherwise or in which its key is not
/// active, if nothing shows that the record is from before it.
///
/// A step that only revokes keys takes one person, so it outdates nothing but what those keys signed.
pub(super) fn outdated_by(context: KeyContext<'_>, history: Option<&KeyHistory>, verified: &Verified) -> Option<u32> {
    let later = verified.policy_head.version.saturating_add(1)..=context.chain.head().version;
    let rules_on = |version: &u32| context.chain.only_revokes(*version) && lapsed_in(history, *version).is_none();
    let next = later.into_iter().find(|version| !rules_on(version))?;
    context.settled.get(&verified.id()).is_none_or(|before| *before > next).then_some(next)
}

/// Judges a key for whoever names a version: it must be active there, and no later version may say that it was
/// already bad then.
pub(super) fn good_under(history: Option<&KeyHistory>, named: u32) -> Result<(), Lapse> {
    if let Some(lapse) = lapsed_in(history, named) {
        return Err(lapse);
    }
    let later = history.into_iter().flat_map(|history| history.states.range(named..));
    for (version, standing) in later.filter(|(_, standing)| standing.state != KeyState::Active) {
        if let Some(since) = standing.since.filter(|since| *since <= named) {
            return Err(Lapse { state: Some(standing.state), version: *version, since: Some(since) });
        }
    }
    Ok(())
}

/// Returns the person whose key signed the tag, as a word in nobody's favour: also a key that is no good shows who held it.
pub(super) fn tag_maker(signature: &TagSignature) -> Option<&Handle> {
    match signature {
        TagSignature::Verified(principal, _) => principal.person(),
        TagSignature::Unverified(_) => None,
    }
}

/// Judges the tag's own signature as if it named the governing version, which the open record on these very bytes does.
pub(super) fn tag_signer<'o>(
    keys: &BTreeMap<Fingerprint, KeyHistory>,
    signature: &'o TagSignature,
    governing: u32,
) -> Result<&'o Handle, NoSigner> {
    let (principal, key) = match signature {
        TagSignature::Verified(principal, key) => (principal, key),
        TagSignature::Unverified(reason) => return Err(reason.clone()),
    };
    let Some(handle) = principal.person() else { return Err(NoSigner::NoPerson(principal.clone())) };
    good_under(keys.get(key), governing).map_err(|lapse| NoSigner::Lapsed(key.clone(), principal.clone(), lapse))?;
    Ok(handle)
}

/// Describes what is the matter with a key in a version, if it is not active there.
fn lapsed_in(history: Option<&KeyHistory>, version: u32) -> Option<Lapse> {
    let state = history.and_then(|history| history.state(version));
    (state != Some(KeyState::Active)).then_some(Lapse { state, version, since: None })
}
