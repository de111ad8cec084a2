//! Whether anybody could meet what a release asks for, before it is opened: the policy of that moment governs it to its end.

use std::collections::{BTreeMap, BTreeSet};

use super::eligibility::{self, Claim};
use super::quorum::{self, Quorum, Voices};
use crate::model::ids::{Handle, Principal, RoleName};
use crate::model::policy::{Policy, Right, Separation};
use crate::model::record::{Implementers, Open, OpenItem, SignVerdict};

/// The reviews that nobody can give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmet {
    /// How many more it takes than there can be.
    pub people: u32,
    /// The roles that some of them are asked for in.
    pub roles: Vec<RoleName>,
    /// What in the policy stands in their way; nothing where there are too few people whatever it says.
    pub relief: Option<Relief>,
}

/// What a policy would have to allow, so that enough people may review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relief {
    /// Whoever made the tag.
    pub tagger: bool,
    /// Whoever has commits in the release.
    pub implementer: bool,
    /// The item's owner.
    pub owner: bool,
    /// Anybody, though it is not known whose some commits or the tag are.
    pub unknown: bool,
}

/// What could be allowed, the least of it first.
const RELIEFS: [Relief; 6] = {
    const NONE: Relief = Relief { tagger: false, implementer: false, owner: false, unknown: false };
    [
        Relief { tagger: true, ..NONE },
        Relief { implementer: true, ..NONE },
        Relief { unknown: true, ..NONE },
        Relief { tagger: true, implementer: true, ..NONE },
        Relief { tagger: true, implementer: true, unknown: true, ..NONE },
        Relief { tagger: true, implementer: true, unknown: true, owner: true },
    ]
};

/// Items of which nobody can meet the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck<'o> {
    /// What they lack.
    pub unmet: Unmet,
    /// The items, in their order.
    pub items: Vec<&'o OpenItem>,
    /// How many people it takes to waive them, and those who may; nothing where there are too few.
    pub waivers: Option<(u32, Vec<Handle>)>,
}

/// Finds the items that GO needs and nobody can satisfy, as far as the policy and history tell.
///
/// Authors whom the policy does not know count as accepted where enough people may accept them. Whoever accepts them reviews nothing:
/// where one person is enough, it is the one whom the release needs least; where it takes several, it is left open who they are.
pub fn stuck<'o>(policy: &Policy, open: &'o Open, tag_maker: Option<&Handle>) -> Vec<Stuck<'o>> {
    let waivers: BTreeSet<Handle> = policy.people_with(Right::Waive).cloned().collect();
    let can_waive = |people: u32| people > 0 && quorum::missing(&waivers, people) == 0;
    let mut implementers = open.implementers.clone();
    let needed = policy.thresholds().waiver;
    let mut accepters: Vec<Vec<Handle>> = vec![Vec::new()];
    if can_waive(needed) && !implementers.unknown.is_empty() {
        implementers.unknown.clear();
        if needed == 1 && policy.contents().separation.unknown_blocks() {
            accepters = waivers.iter().map(|handle| vec![handle.clone()]).collect();
        }
    }
    let by = |accepted_by: &Vec<Handle>| {
        let asking = Asking { policy, implementers: &implementers, accepted_by, tag_maker };
        let mut found: BTreeMap<(Unmet, Option<u32>), Vec<&OpenItem>> = BTreeMap::new();
        for item in open.items.iter().filter(|item| item.is_needed()) {
            if let Some(unmet) = asking.unmet(item) {
                let needed = item.requirements.waiver_people;
                found.entry((unmet, Some(needed).filter(|needed| can_waive(*needed)))).or_default().push(item);
            }
        }
        found
    };
    let found = accepters.iter().map(by).min_by_key(|found| found.values().map(Vec::len).sum::<usize>()).unwrap_or_default();
    let stuck = found.into_iter().map(|((unmet, people), items)| Stuck {
        unmet,
        items,
        waivers: people.map(|people| (people, waivers.iter().cloned().collect())),
    });
    stuck.collect()
}

/// What is asked of every item.
struct Asking<'a> {
    policy: &'a Policy,
    implementers: &'a Implementers,
    accepted_by: &'a [Handle],
    tag_maker: Option<&'a Handle>,
}

impl Asking<'_> {
    fn unmet(&self, item: &OpenItem) -> Option<Unmet> {
        let people = self.policy.active_people().map(|(handle, _)| handle);
        let owners: Vec<&Handle> = people.filter(|handle| self.policy.is_owner(handle, item.owner.as_ref())).collect();
        let separation = &self.policy.contents().separation;
        // An item that nobody can sign as its owner goes to somebody else once the release is open.
        let best = self.best(item, &owners, separation)?;
        if best.is_met() {
            return None;
        }
        let relief = RELIEFS.into_iter().find(|relief| {
            let eased = Separation {
                tagger_may_review: separation.tagger_may_review || relief.tagger,
                implementer_may_review: separation.implementer_may_review || relief.implementer,
                owner_may_review: separation.owner_may_review || relief.owner,
                unknown_identity_refuses: separation.unknown_identity_refuses && !relief.unknown,
                ..separation.clone()
            };
            self.best(item, &owners, &eased).is_some_and(|quorum| quorum.is_met())
        });
        Some(Unmet { people: best.missing_people, roles: best.missing_roles, relief })
    }

    /// Counts the reviews that there can be, with the owner whose word leaves the most; nothing where it has none.
    fn best(&self, item: &OpenItem, owners: &[&Handle], separation: &Separation) -> Option<Quorum> {
        let of_owner = |owner: &&Handle| {
            let said_done = BTreeSet::from([(*owner).clone()]);
            let able = self.policy.active_people().filter(|(handle, person)| {
                let signer = Principal::Person((*handle).clone());
                let claim = Claim {
                    item,
                    owner: item.owner.as_ref(),
                    said_done: &said_done,
                    implementers: self.implementers,
                    accepted_by: self.accepted_by,
                    tag_maker: self.tag_maker,
                    signer: &signer,
                    verdict: SignVerdict::Approve,
                    role: None,
                    evidence: &[],
                    hardware: person.keys.iter().any(|key| key.hardware),
                };
                eligibility::judge_under(self.policy, separation, &claim).is_ok()
            });
            let voices: Voices = able.map(|(handle, person)| (handle.clone(), person.roles.iter().cloned().collect())).collect();
            quorum::count(&voices, item.requirements.reviews, &item.requirements.roles)
        };
        owners.iter().map(of_owner).min_by_key(|quorum| (quorum.missing_people, quorum.missing_roles.len()))
    }
}
