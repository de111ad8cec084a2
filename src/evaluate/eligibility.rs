//! Eligibility: what a person's sign-off on an item counts as, or why it does not count.
//!
//! Signing and verifying ask the same questions here, so that nobody is told one thing and shown another.

use std::collections::BTreeSet;

use super::reason::Refusal;
use crate::model::finding::Code;
use crate::model::ids::{Handle, Principal, RoleName};
use crate::model::policy::{Policy, Right};
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
pub fn judge(policy: &Policy, claim: &Claim<'_>) -> Result<CountsAs, Refusal> {
    let Some(handle) = claim.signer.person() else {
        return Err(Refusal::new(
            Code::MachineNotPerson,
            format!("{} is a machine, and only a person can sign this", claim.signer),
        ));
    };
    if policy.person(handle).is_none() {
        return Err(Refusal::new(Code::NotAuthorised, format!("{handle} is not a person of the policy")));
    }
    if let Some(role) = claim.role
        && !policy.holds_role(handle, role)
    {
        return Err(Refusal::new(Code::RoleNotHeld, format!("{handle} does not have the role {role}")));
    }
    match claim.verdict {
        SignVerdict::Done | SignVerdict::Partial | SignVerdict::NotApplicable => owner_word(policy, handle, claim),
        SignVerdict::Approve => review(policy, handle, claim),
        SignVerdict::Reject => {
            if policy.may(claim.signer, Right::Reject) || policy.is_owner(handle, claim.owner) {
                Ok(CountsAs::Reject)
            } else {
                Err(Refusal::new(Code::NotAuthorised, format!("{handle} may not {}", Right::Reject)))
            }
        }
        SignVerdict::Waive => {
            if claim.item.requirements.waiver_people == 0 {
                Err(Refusal::new(Code::NotAuthorised, "the policy does not allow this item to be waived"))
            } else if policy.may(claim.signer, Right::Waive) {
                Ok(CountsAs::Waiver)
            } else {
                Err(Refusal::new(Code::NotAuthorised, format!("{handle} may not {}", Right::Waive)))
            }
        }
    }
}

fn owner_word(policy: &Policy, handle: &Handle, claim: &Claim<'_>) -> Result<CountsAs, Refusal> {
    if !policy.is_owner(handle, claim.owner) {
        let owner = claim.owner.map_or_else(|| "the release manager".to_owned(), ToString::to_string);
        return Err(Refusal::new(Code::NotOwner, format!("the item's owner is {owner}")));
    }
    let needs_evidence = claim.item.requirements.evidence && claim.verdict == SignVerdict::Done;
    if needs_evidence && !claim.evidence.iter().any(|evidence| evidence.sha256.is_some()) {
        return Err(Refusal::new(Code::EvidenceRequired, "the item requires evidence with a digest"));
    }
    Ok(CountsAs::Owner)
}

/// Separation of duties: compares people, never keys or names in commits.
fn review(policy: &Policy, handle: &Handle, claim: &Claim<'_>) -> Result<CountsAs, Refusal> {
    let separation = &policy.contents().separation;
    let is_named_owner = matches!(claim.owner, Some(Owner::Person(owner)) if owner == handle);
    if !separation.owner_may_review {
        let said_done = claim.said_done.contains(handle);
        if is_named_owner || said_done && policy.is_owner(handle, claim.owner) {
            return Err(Refusal::new(Code::ReviewByOwner, "the reviewer must not be the item's owner"));
        }
        if said_done {
            let message = "the reviewer must not have signed it as done themselves, unless they withdraw that";
            return Err(Refusal::new(Code::ReviewByOwner, message));
        }
    }
    let made_tag = claim.implementers.tagger.as_ref() == Some(handle) || claim.tag_maker == Some(handle);
    if !separation.tagger_may_review && made_tag {
        return Err(Refusal::new(Code::ReviewByTagger, "the reviewer must not be the tagger"));
    }
    if !separation.tagger_may_review && separation.unknown_identity_refuses && claim.implementers.tagger.is_none() {
        let message = "the tagger's address is not in the policy, so no review can be shown to be independent";
        return Err(Refusal::new(Code::TaggerUnknown, message));
    }
    if !separation.implementer_may_review {
        if claim.implementers.people.contains(handle) {
            return Err(Refusal::new(Code::ReviewByImplementer, "the reviewer must not have commits in the release"));
        }
        if claim.accepted_by.contains(handle) {
            let message = "the reviewer must not have accepted the unknown authors of the release";
            return Err(Refusal::new(Code::ReviewByImplementer, message));
        }
        if separation.unknown_identity_refuses
            && claim.accepted_by.is_empty()
            && let Some(unknown) = claim.implementers.told_unknown()
        {
            let message = format!("{unknown} not in the policy, so no review can be shown to be independent");
            return Err(Refusal::new(Code::ImplementerUnknown, message));
        }
        if let Some(commits) = separation.refused_bot_commits(claim.implementers) {
            let message = format!("no person is named in {commits}, so no review can be shown to be independent");
            return Err(Refusal::new(Code::ImplementerUnknown, message));
        }
    }
    if claim.item.requirements.hardware_key && !claim.hardware {
        return Err(Refusal::new(Code::HardwareKeyRequired, "the item requires a review with a hardware key"));
    }
    Ok(CountsAs::Review(claim.role.cloned()))
}
