//! Eligibility: what a person's sign-off on an item counts as, or why it does not count.
//!
//! Signing and verifying ask the same questions here, so that nobody is told one thing and shown another.

use std::collections::BTreeSet;

use crate::model::finding::Seen;
use crate::model::ids::{Handle, Principal, RoleName};
use crate::model::policy::{Policy, Right, Separation};
use crate::model::record::{Evidence, Implementers, OpenItem, Owner, SignVerdict};

/// What a word counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountsAs {
    /// The sign-off of the item's owner.
    Owner,
    /// A review, in the role in which it was claimed.
    Review(Option<RoleName>),
    /// A reject.
    Reject,
    /// A waiver.
    Waiver,
}

/// Everything about a sign-off that determines what it counts as.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The item.
    pub item: &'a OpenItem,
    /// Its owner now, after assignments.
    pub owner: Option<&'a Owner>,
    /// People who said done, partial or not applicable and have not taken it back, whatever that counts for.
    pub said_done: &'a BTreeSet<Handle>,
    /// Who made what is released.
    pub implementers: &'a Implementers,
    /// Who accepted the unknown authors among them, once enough people did: whoever says that they are strangers can't be the one who
    /// shows it.
    pub accepted_by: &'a [Handle],
    /// Who signed the tag with their own key, whatever name stands in it and whatever became of the key.
    pub tag_maker: Option<&'a Handle>,
    /// Who speaks.
    pub signer: &'a Principal,
    /// What they say.
    pub verdict: SignVerdict,
    /// In which role.
    pub role: Option<&'a RoleName>,
    /// What they support it with.
    pub evidence: &'a [Evidence],
    /// Whether the key is one of a hardware token.
    pub hardware: bool,
}

/// Judges a word under a policy.
///
/// # Errors
/// The refusal, with the code of the rule that stands in the way and a sentence that completes "@x cannot …: ".
pub fn judge(policy: &Policy, claim: &Claim<'_>) -> Result<CountsAs, Seen> {
    judge_under(policy, &policy.contents().separation, claim)
}

/// Judges a word under a policy that separates duties otherwise.
///
/// # Errors
/// As for [`judge`].
pub fn judge_under(policy: &Policy, separation: &Separation, claim: &Claim<'_>) -> Result<CountsAs, Seen> {
    let Some(handle) = claim.signer.person() else {
        return Err(Seen::MachineSigns { who: claim.signer.clone() });
    };
    let who = || claim.signer.clone();
    if policy.person(handle).is_none() {
        return Err(Seen::NoPerson { who: who() });
    }
    if let Some(role) = claim.role
        && !policy.holds_role(handle, role)
    {
        return Err(Seen::RoleNotHeld { who: who(), role: role.clone() });
    }
    match claim.verdict {
        SignVerdict::Done | SignVerdict::Partial | SignVerdict::NotApplicable => owner_word(policy, handle, claim),
        SignVerdict::Approve => review((policy, separation), handle, claim),
        SignVerdict::Reject if policy.may(claim.signer, Right::Reject) || policy.is_owner(handle, claim.owner) => {
            Ok(CountsAs::Reject)
        }
        SignVerdict::Reject => Err(Seen::MayNot { who: who(), right: Right::Reject }),
        SignVerdict::Waive if claim.item.requirements.waiver_people == 0 => Err(Seen::Unwaivable),
        SignVerdict::Waive if policy.may(claim.signer, Right::Waive) => Ok(CountsAs::Waiver),
        SignVerdict::Waive => Err(Seen::MayNot { who: who(), right: Right::Waive }),
    }
}

fn owner_word(policy: &Policy, handle: &Handle, claim: &Claim<'_>) -> Result<CountsAs, Seen> {
    if !policy.is_owner(handle, claim.owner) {
        return Err(Seen::NotOwner { owner: claim.owner.cloned() });
    }
    let needs_evidence = claim.item.requirements.evidence && claim.verdict == SignVerdict::Done;
    if needs_evidence && !claim.evidence.iter().any(|evidence| evidence.sha256.is_some()) {
        return Err(Seen::EvidenceRequired);
    }
    Ok(CountsAs::Owner)
}

/// Separation of duties: compares people, never keys or names in commits.
fn review((policy, separation): (&Policy, &Separation), handle: &Handle, claim: &Claim<'_>) -> Result<CountsAs, Seen> {
    let is_named_owner = matches!(claim.owner, Some(Owner::Person(owner)) if owner == handle);
    if !separation.owner_may_review {
        let said_done = claim.said_done.contains(handle);
        if is_named_owner || said_done && policy.is_owner(handle, claim.owner) {
            return Err(Seen::ReviewByOwner);
        }
        if said_done {
            return Err(Seen::ReviewOfOwnDone);
        }
    }
    let made_tag = claim.implementers.tagger.as_ref() == Some(handle) || claim.tag_maker == Some(handle);
    if !separation.tagger_may_review && made_tag {
        return Err(Seen::ReviewByTagger);
    }
    if !separation.tagger_may_review && separation.unknown_identity_refuses && claim.implementers.tagger.is_none() {
        return Err(Seen::TaggerUnknown);
    }
    if !separation.implementer_may_review {
        if claim.implementers.people.contains(handle) {
            return Err(Seen::ReviewByImplementer);
        }
        if claim.accepted_by.contains(handle) {
            return Err(Seen::ReviewByAccepter);
        }
        if separation.unknown_identity_refuses
            && claim.accepted_by.is_empty()
            && let Some(who) = claim.implementers.told_unknown()
        {
            return Err(Seen::ImplementersUnknown { who });
        }
        if let Some(commits) = separation.refused_bot_commits(claim.implementers) {
            return Err(Seen::ImplementersBots { commits });
        }
    }
    if claim.item.requirements.hardware_key && !claim.hardware {
        return Err(Seen::HardwareKeyRequired);
    }
    Ok(CountsAs::Review(claim.role.cloned()))
}
