//! Who made what is released or goes through a freeze: identities of a tag and of commits as people of a policy.

use std::collections::BTreeSet;

use super::release::{self, LoadedTag};
use crate::git::Repository;
use crate::git::range::{Extent, Range};
use crate::git::raw::{Makers, Tag};
use crate::model::ids::{Handle, ObjectId};
use crate::model::policy::Policy;
use crate::model::record::{Implementers, Open};

/// How many unknown identities of a range, and how many commits in which no person stands, an open record names at most.
const MOST_NAMED: usize = 100;

/// Works out again who made the range of an open record; nothing where this clone was cut off above its end.
///
/// # Errors
/// Says why it can't be told although nothing explains that: a shallow clone is the one gap that an attacker can't push.
pub(super) fn again(
    repository: &Repository,
    tag: &LoadedTag,
    open: &Open,
    policy: &Policy,
) -> Result<Option<Implementers>, String> {
    let Some(commit) = tag.facts.object.as_ref().map(|object| object.commit) else { return Ok(None) };
    let previous = open.previous.as_ref().map(|previous| previous.commit);
    let is_here = previous.is_none_or(|previous| repository.has_object(&previous).unwrap_or(false));
    let range = repository.range(previous.as_ref().filter(|_| is_here), &commit).map_err(|error| release::in_full(&error))?;
    match (range.extent, previous) {
        (Extent::Lost(gone), _) => Err(format!("commit {gone} is not here, and no shallow clone explains that")),
        (Extent::Cut, _) => Ok(None),
        (Extent::Whole, Some(previous)) if !is_here => {
            Err(format!("commit {previous}, from which it runs, is not here, and the history of the tag is"))
        }
        (Extent::Whole, _) => Ok(Some(implementers(policy, tag.tag.as_ref(), range))),
    }
}

/// Maps the identities of a tag and its range to the people of a policy.
pub(super) fn implementers(policy: &Policy, tag: Option<&Tag>, mut range: Range) -> Implementers {
    if let Some(co_authors) = tag.map(Tag::co_authors).filter(|found| !found.is_empty()) {
        range.makers.entry(Makers { co_authors, ..Makers::default() }).or_default();
    }
    let separation = &policy.contents().separation;
    let mut people: BTreeSet<Handle> = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    let mut bot_commits: BTreeSet<ObjectId> = BTreeSet::new();
    for (makers, commits) in range.makers {
        let mut is_anybody = false;
        let authors = makers.authors.iter().map(|maker| (maker, false));
        let committers = makers.committers.iter().map(|maker| (maker, true));
        let co_authors = makers.co_authors.iter().map(|maker| (maker, false));
        for (maker, has_committed) in authors.chain(committers).chain(co_authors) {
            if let Some(handle) = policy.handle_of_email(&maker.email) {
                people.insert(handle.clone());
            } else if separation.is_bot(&maker.email) || has_committed && separation.is_forge(&maker.email) {
                continue;
            } else {
                let name = if maker.name.is_empty() { &maker.email } else { &maker.name };
                unknown.insert(name.chars().filter(|c| !c.is_control()).take(200).collect::<String>());
            }
            is_anybody = true;
        }
        if !is_anybody {
            bot_commits.extend(commits);
        }
    }
    // One is enough for the rule. A commit can name any number, and must not make the open record too long to be signed.
    let beyond = unknown.len().saturating_sub(MOST_NAMED);
    let mut unknown: Vec<String> = unknown.into_iter().take(MOST_NAMED).collect();
    if beyond > 0 {
        unknown.push(format!("{beyond} more"));
        unknown.sort();
    }
    Implementers {
        tagger: tag.and_then(|tag| tagger(policy, tag)),
        people: people.into_iter().collect(),
        unknown,
        more_bot_commits: bot_commits.len().saturating_sub(MOST_NAMED) as u64,
        bot_commits: bot_commits.into_iter().take(MOST_NAMED).collect(),
    }
}

/// Gives the person who made a tag, if every address that stands there is theirs.
fn tagger(policy: &Policy, tag: &Tag) -> Option<Handle> {
    let mut taggers = tag.taggers().map(|tagger| policy.handle_of_email(&tagger.email));
    let first = taggers.next()??;
    taggers.all(|other| other == Some(first)).then(|| first.clone())
}
