//! Where a release comes from: the commits since the one before, and the people who made them.

use std::collections::BTreeSet;

use super::tag::LoadedTag;
use crate::git::Repository;
use crate::git::range::Range;
use crate::git::raw::Identity;
use crate::model::ids::Handle;
use crate::model::policy::Policy;
use crate::model::record::{Implementers, Open, Origin};

/// How many unknown identities of a range an open record names at most.
const MOST_UNKNOWN: usize = 100;

/// Walks the range of an open record again; nothing where it can't be walked.
pub fn reread_range(repository: &Repository, tag: &LoadedTag, open: &Open) -> Option<Range> {
    let commit = tag.facts.object.as_ref()?.commit;
    repository.range(open.previous.as_ref().map(|previous| &previous.commit), &commit).ok()
}

/// Says that the release before does not lie below where history is cut off and it lies above, or is the same commit;
/// nothing where that does not show.
pub fn is_above(repository: &Repository, tag: &LoadedTag, open: &Open) -> Option<bool> {
    let (object, previous) = (tag.facts.object.as_ref()?, open.previous.as_ref()?);
    repository.is_ancestor(&object.commit, &previous.commit).ok()?.then_some(false)
}

/// Gives what an open record takes from history.
pub fn origin(policy: &Policy, tag: &LoadedTag, range: &Range) -> Origin {
    let tagger = tag.tag.as_ref().and_then(|tag| tag.tagger.as_ref()).map(|tagger| &tagger.identity);
    Origin { implementers: implementers(policy, tagger, &range.identities), commits: range.commits as u64 }
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
