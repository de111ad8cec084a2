//! Who made what is released: the identities of a range of commits, mapped to the people of a policy.

use std::collections::BTreeSet;

use super::tag::LoadedTag;
use crate::git::Repository;
use crate::git::raw::Identity;
use crate::model::ids::Handle;
use crate::model::policy::Policy;
use crate::model::record::{Implementers, Open};

/// How many unknown identities of a range an open record names at most.
const MOST_UNKNOWN: usize = 100;

/// Works out again who made the range of an open record; nothing where history is not all here.
pub fn reread_implementers(repository: &Repository, tag: &LoadedTag, open: &Open, policy: &Policy) -> Option<Implementers> {
    let commit = tag.facts.object.as_ref()?.commit;
    let previous = open.previous.as_ref().map(|previous| previous.commit);
    if let Some(previous) = &previous
        && !repository.has_object(previous).ok()?
    {
        return None;
    }
    let range = repository.range(previous.as_ref(), &commit).ok()?;
    if !range.complete {
        return None;
    }
    Some(implementers(
        policy,
        tag.tag.as_ref().and_then(|tag| tag.tagger.as_ref()).map(|tagger| &tagger.identity),
        &range.identities,
    ))
}

/// Maps the identities of a tag and its range to the people of a policy.
pub fn implementers(policy: &Policy, tagger: Option<&Identity>, range: &BTreeSet<Identity>) -> Implementers {
    let person = |identity: &Identity| policy.handle_of_email(&identity.email).cloned();
    let mut people: BTreeSet<Handle> = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    for identity in range {
        match person(identity) {
            Some(handle) => {
                people.insert(handle);
            }
            None => {
                unknown.insert(identity.name.chars().filter(|c| !c.is_control()).take(200).collect::<String>());
            }
        }
    }
    // One is enough for the rule. A commit can name any number, and must not make the open record too long to be signed.
    let beyond = unknown.len().saturating_sub(MOST_UNKNOWN);
    let mut unknown: Vec<String> = unknown.into_iter().take(MOST_UNKNOWN).collect();
    if beyond > 0 {
        unknown.push(format!("{beyond} more"));
        unknown.sort();
    }
    Implementers { tagger: tagger.and_then(person), people: people.into_iter().collect(), unknown }
}
