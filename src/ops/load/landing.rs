//! What git shows of a change that may be let through, and of a push against it.

use std::collections::BTreeSet;

use super::makers;
use crate::evaluate::push::exception::{Change, Landing};
use crate::git::Repository;
use crate::git::range::Extent;
use crate::model::exception::Landed;
use crate::model::ids::ObjectId;
use crate::model::policy::Policy;
use crate::model::record::Exception;
use crate::model::time::Timestamp;
use crate::ops::error::{Outcome, in_full};

/// How many commits that a ref gained since a request was made are looked at; a ref that moved on further needs a new one.
const MOST_SINCE: usize = 500;
/// How many commits a change may have; more than anybody was shown and read.
pub const MOST_COMMITS: usize = crate::model::record::MOST_EXCEPTED;

/// Reads who made a change, and of which commits it consists.
pub fn change(repository: &Repository, policy: &Policy, exception: &Exception) -> Outcome<Change> {
    let (base, commit) = (&exception.base, &exception.commit);
    if !repository.has_object(base)? || !repository.has_object(commit)? || exception.commits.len() > MOST_COMMITS {
        return Ok(Change::default());
    }
    let range = match repository.range(Some(base), commit) {
        Ok(range) => range,
        Err(error) => return Ok(Change { unreadable: Some(in_full(&error)), ..Change::default() }),
    };
    if range.extent != Extent::Whole {
        return Ok(Change::default());
    }
    let commits = range.makers.values().flatten().copied().collect();
    Ok(Change { made: makers::implementers(policy, None, range), commits: Some(commits), unreadable: None })
}

/// Compares a push with the change that was granted.
pub fn look(repository: &Repository, exception: &Exception, old: &ObjectId, new: &ObjectId) -> Outcome<Landing> {
    let (base, commit) = (&exception.base, &exception.commit);
    for id in [base, commit, old, new] {
        if !repository.has_object(id)? {
            return Ok(Landing::default());
        }
    }
    let mut landing = Landing {
        is_forward: repository.is_ancestor(old, new)?,
        is_above_base: repository.is_ancestor(base, old)?,
        ..Landing::default()
    };
    if !landing.is_above_base {
        return Ok(landing);
    }
    let tree = |id: &ObjectId| -> Outcome<Option<ObjectId>> { Ok(repository.commit(id)?.map(|commit| commit.tree)) };
    landing.is_the_change = match repository.clean_merge(old, commit)? {
        Some(merged) if tree(new)? == Some(merged) => true,
        _ => new == commit,
    };
    landing.is_spent = is_spent(repository, exception, old)?;
    if !landing.is_forward || landing.is_spent {
        return Ok(landing);
    }
    let listed: BTreeSet<ObjectId> = exception.commits.iter().copied().collect();
    let (pushed, complete) = repository.commits_between(Some(old), new)?;
    let beyond: Vec<ObjectId> = pushed.into_iter().filter(|id| !listed.contains(id)).collect();
    if !complete || beyond.len() > MOST_COMMITS {
        landing.smuggled = vec![*new];
        return Ok(landing);
    }
    // The tip is judged above. A commit below it is one of the change put on top of the old tip, or it is smuggled: a
    // rebase writes each listed commit anew, and the tree of each is the clean merge of the old tip and the listed one.
    let below: Vec<ObjectId> = beyond.into_iter().filter(|id| id != new).collect();
    if below.is_empty() {
        return Ok(landing);
    }
    let mut trees = BTreeSet::new();
    for id in &listed {
        trees.extend(repository.clean_merge(old, id)?);
    }
    for id in below {
        if tree(&id)?.is_none_or(|tree| !trees.contains(&tree)) {
            landing.smuggled.push(id);
        }
    }
    landing.smuggled.sort();
    Ok(landing)
}

/// Whether a ref held a change at any point since the base: there, merging the commit changes nothing.
///
/// That finds the commit itself, a squash, a rebase and a cherry-pick alike, also where it was withdrawn since, and
/// needs nothing but the ref's own history: every clone gives the same answer, with no register of what was used.
fn is_spent(repository: &Repository, exception: &Exception, old: &ObjectId) -> Outcome<bool> {
    // What can't be told may have been used.
    Ok(search(repository, exception, old, Ask::OnlyWhether)? != Landed::No)
}

/// Whether a ref took a change at any point since the base, and where first, as `is_spent` does; what can't be told
/// is said to be so.
pub fn landed(repository: &Repository, exception: &Exception, tip: &ObjectId) -> Outcome<Landed> {
    search(repository, exception, tip, Ask::Where)
}

/// Whether a ref took the very commit for which break-glass was used.
pub fn landed_alone(repository: &Repository, commit: &ObjectId, tip: &ObjectId) -> Outcome<Landed> {
    let unknown = || Landed::Unknown { why: "part of the history of the ref is not here".to_owned() };
    if !repository.has_object(commit)? {
        // Where history is whole, what is not here is not part of it.
        return Ok(if repository.is_shallow() { unknown() } else { Landed::No });
    }
    if repository.is_ancestor(commit, tip)? {
        return at(repository, commit);
    }
    let (_, complete) = repository.commits_between(Some(commit), tip)?;
    Ok(if complete { Landed::No } else { unknown() })
}

/// How much is asked of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Whether the change landed; a ref that gained too many commits is not searched.
    OnlyWhether,
    /// Where it landed; of a ref that gained too many commits those nearest the base are searched.
    Where,
}

fn search(repository: &Repository, exception: &Exception, tip: &ObjectId, ask: Ask) -> Outcome<Landed> {
    let (base, commit) = (&exception.base, &exception.commit);
    if base == tip {
        return Ok(Landed::No);
    }
    let unknown = |why: String| Ok(Landed::Unknown { why });
    let (since, complete) = repository.commits_between(Some(base), tip)?;
    if since.contains(commit) {
        return at(repository, commit);
    }
    if !complete {
        return unknown("part of the history of the ref is not here".to_owned());
    }
    let is_long = since.len() > MOST_SINCE;
    if is_long && ask == Ask::OnlyWhether {
        return unknown(String::new());
    }
    if !repository.has_object(commit)? {
        return unknown("the requested commits are not here to compare".to_owned());
    }
    for id in since.iter().rev().take(MOST_SINCE) {
        let Some(here) = repository.commit(id)? else { return unknown("part of the history of the ref is not here".to_owned()) };
        // A commit that did not come through the freeze may have left the line of the base: there it says nothing.
        if repository.clean_merge_over(base, id, commit)? == Some(here.tree) {
            return at(repository, id);
        }
    }
    if is_long {
        return unknown(format!("the ref gained {} commits since, and it is not among the first {MOST_SINCE}", since.len()));
    }
    Ok(Landed::No)
}

fn at(repository: &Repository, commit: &ObjectId) -> Outcome<Landed> {
    let made = repository.commit(commit)?.and_then(|made| made.committer.seconds);
    Ok(Landed::Yes { commit: *commit, committed: made.and_then(Timestamp::from_seconds) })
}

/// Returns the tip on which a change is to land, as far as it is known here: what the remote has, else what is here.
pub fn tip_to_land_on(repository: &Repository, ref_name: &str) -> Outcome<Option<ObjectId>> {
    if let (Some(remote), Some(branch)) = (repository.sharing_remote()?, ref_name.strip_prefix("refs/heads/")) {
        // The branch here is what somebody wants to push, and says nothing of where it is to land.
        let tip = repository.resolve(&format!("refs/remotes/{remote}/{branch}"))?;
        return Ok(tip.map(|tip| repository.peel_to_commit(&tip)).transpose()?.flatten());
    }
    let tip = repository.resolve(ref_name)?;
    Ok(tip.map(|tip| repository.peel_to_commit(&tip)).transpose()?.flatten())
}
