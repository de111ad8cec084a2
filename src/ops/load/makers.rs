//! Who made what is released or goes through a freeze: identities of a tag and of commits as people of a policy.

use std::collections::{BTreeMap, BTreeSet};

use super::tag::LoadedTag;
use crate::git::range::{Extent, Range};
use crate::git::raw::{Identity, Makers, Tag};
use crate::git::{ErrorKind, Repository};
use crate::model::denial::Denial;
use crate::model::finding::{RangeUnread, Seen};
use crate::model::ids::{Handle, ObjectId};
use crate::model::policy::Policy;
use crate::model::record::{Implementers, Open, Origin, UnknownAuthor};
use crate::ops::error::{Failure, Outcome, in_full};

/// How many unknown identities of a range, and how many commits in which no person stands, an open record names at most.
const MOST_NAMED: usize = 100;

/// Works out again what an open record takes from history, and whether the previous release lies below; of the former nothing
/// where this clone was cut off above the end of the range, and of the latter where history that is not here would have to say
/// so.
///
/// It is an error where a commit can't be read, or is gone and nothing explains that: a shallow clone is the one gap that
/// nobody can push. That the commit of the previous release is not here is told of that release.
pub fn again(
    repository: &Repository,
    tag: &LoadedTag,
    open: &Open,
    policy: &Policy,
) -> (Result<Option<Origin>, RangeUnread>, Option<bool>) {
    let Some(commit) = tag.facts.object.as_ref().map(|object| object.commit) else { return (Ok(None), None) };
    let previous = open.previous.as_ref().map(|previous| previous.commit).or(open.since);
    let range = match repository.range(previous.as_ref(), &commit) {
        Ok(range) => range,
        Err(error) => return (Err(RangeUnread::Unreadable(in_full(&error))), None),
    };
    let is_below = range.is_below.or_else(|| is_above(repository, &commit, previous.as_ref()));
    let origin = match range.extent {
        Extent::Whole => Ok(Some(origin(policy, tag.tag.as_ref(), range))),
        Extent::Cut => Ok(None),
        Extent::Lost(gone) if Some(gone) == previous => Ok(None),
        Extent::Lost(gone) => Err(RangeUnread::Lost(gone)),
    };
    (origin, is_below)
}

/// Returns the unknown authors of an open record, each with their commits, from reading the range again.
///
/// # Errors
/// If the range can't be read whole, or the record does not name every one of them.
pub fn unknown_authors(repository: &Repository, tag: &LoadedTag, open: &Open, policy: &Policy) -> Outcome<Vec<UnknownAuthor>> {
    let commit = tag.facts.object.as_ref().map(|object| object.commit);
    let commit = commit.ok_or_else(|| Failure::missing("the tag object is not here"))?;
    let base = open.previous.as_ref().map(|previous| previous.commit).or(open.since);
    let mut range = repository.range(base.as_ref(), &commit).map_err(unreadable)?;
    if range.extent != Extent::Whole {
        return Err(Failure::missing("part of the range is not here, so its authors are not known")
            .suggest("fetch the rest", "git fetch --unshallow"));
    }
    if let Some(co_authors) = tag.tag.as_ref().map(Tag::co_authors).filter(|found| !found.is_empty()) {
        range.makers.entry(Makers { co_authors, ..Makers::default() }).or_default();
    }
    let mut found: BTreeMap<String, BTreeSet<ObjectId>> = BTreeMap::new();
    for (makers, commits) in &range.makers {
        for name in makers_of(makers).filter_map(|(maker, has_committed)| unknown(policy, maker, has_committed)) {
            found.entry(name).or_default().extend(commits);
        }
    }
    // The record tells of more than it names by their number only.
    if open.implementers.unknown.iter().any(|name| !found.contains_key(name)) {
        return Err(Failure::refused("the open record names too many unknown authors to accept them")
            .by(Denial::AuthorsCut)
            .hint("list their addresses in the policy, and open the commit under a new tag after"));
    }
    let accepted = found.into_iter().filter(|(author, _)| open.implementers.unknown.contains(author));
    Ok(accepted.map(|(author, commits)| UnknownAuthor { author, commits: commits.into_iter().collect() }).collect())
}

/// Returns everybody whom a commit names, each with whether they only committed it.
pub(super) fn makers_of(makers: &Makers) -> impl Iterator<Item = (&Identity, bool)> {
    let authors = makers.authors.iter().map(|maker| (maker, false));
    let committers = makers.committers.iter().map(|maker| (maker, true));
    authors.chain(committers).chain(makers.co_authors.iter().map(|maker| (maker, false)))
}

/// Returns the name of a maker whom a policy does not know, and who is no bot and no forge.
fn unknown(policy: &Policy, maker: &Identity, has_committed: bool) -> Option<String> {
    let separation = &policy.contents().separation;
    let is_nobody = separation.is_bot(&maker.email) || has_committed && separation.is_forge(&maker.email);
    if is_nobody || policy.handle_of_email(&maker.email).is_some() {
        return None;
    }
    let name = if maker.name.is_empty() { &maker.email } else { &maker.name };
    Some(name.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// Reports that the authors of a range can't be told.
pub fn unreadable(error: crate::git::Error) -> Failure {
    match error.kind() {
        ErrorKind::Malformed | ErrorKind::TooLarge => {
            Failure::seen(&Seen::RangeUnreadable { why: RangeUnread::Unreadable(in_full(&error)) })
                .hint("only a history without that commit can be released: remove the commit, or tag an earlier one")
        }
        _ => error.into(),
    }
}

/// Reports that the previous release does not lie below where history is cut off and it lies above, or is the same commit;
/// nothing where that does not show.
fn is_above(repository: &Repository, commit: &ObjectId, previous: Option<&ObjectId>) -> Option<bool> {
    repository.is_ancestor(commit, previous?).ok()?.then_some(false)
}

/// Returns what an open record takes from history.
pub fn origin(policy: &Policy, tag: Option<&Tag>, range: Range) -> Origin {
    let commits = range.commits as u64;
    Origin { implementers: implementers(policy, tag, range), commits }
}

/// Maps the identities of a tag and its range to the people of a policy.
pub fn implementers(policy: &Policy, tag: Option<&Tag>, mut range: Range) -> Implementers {
    if let Some(co_authors) = tag.map(Tag::co_authors).filter(|found| !found.is_empty()) {
        range.makers.entry(Makers { co_authors, ..Makers::default() }).or_default();
    }
    let mut people: BTreeSet<Handle> = BTreeSet::new();
    let mut strangers = BTreeSet::new();
    let mut bot_commits: BTreeSet<ObjectId> = BTreeSet::new();
    for (makers, commits) in range.makers {
        let mut is_anybody = false;
        for (maker, has_committed) in makers_of(&makers) {
            let stranger = unknown(policy, maker, has_committed);
            let handle = policy.handle_of_email(&maker.email);
            is_anybody |= handle.is_some() || stranger.is_some();
            people.extend(handle.cloned());
            strangers.extend(stranger);
        }
        if !is_anybody {
            bot_commits.extend(commits);
        }
    }
    // One is enough for the rule. A commit can name any number, and must not make the open record too long to be signed.
    let beyond = strangers.len().saturating_sub(MOST_NAMED);
    let mut unknown: Vec<String> = strangers.into_iter().take(MOST_NAMED).collect();
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

/// Returns the person who made a tag, if every address that stands there is theirs.
fn tagger(policy: &Policy, tag: &Tag) -> Option<Handle> {
    let mut taggers = tag.taggers().map(|tagger| policy.handle_of_email(&tagger.email));
    let first = taggers.next()??;
    taggers.all(|other| other == Some(first)).then(|| first.clone())
}
