//! What git shows of a change that may be let through, and of a push against it.

use std::collections::BTreeSet;

use crate::cli::error::Outcome;
use crate::cli::release;
use crate::cli::signing;
use crate::evaluate::push::exception::{Change, Landing};
use crate::git::Repository;
use crate::model::ids::ObjectId;
use crate::model::policy::Policy;
use crate::model::record::Exception;

/// How many commits that a ref gained since a request was made are looked at; a ref that moved on further needs a new one.
const MOST_SINCE: usize = 500;
/// How many commits a change may have; more than anybody was shown and read.
pub(crate) const MOST_COMMITS: usize = 1000;

/// Reads who made a change, and of which commits it consists.
pub(crate) fn change(repository: &Repository, policy: &Policy, exception: &Exception) -> Outcome<Change> {
    let (base, commit) = (&exception.base, &exception.commit);
    if !repository.has_object(base)? || !repository.has_object(commit)? || exception.commits.len() > MOST_COMMITS {
        return Ok(Change::default());
    }
    let (commits, complete) = repository.commits_between(Some(base), commit)?;
    if !complete {
        return Ok(Change::default());
    }
    let range = repository.range(Some(base), commit)?;
    let made = release::implementers(policy, None, &range.identities);
    Ok(Change { people: made.people.into_iter().collect(), unknown: made.unknown, commits: Some(commits.into_iter().collect()) })
}

/// Compares a push with the change that was granted.
pub(super) fn look(repository: &Repository, exception: &Exception, old: &ObjectId, new: &ObjectId) -> Outcome<Landing> {
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

/// Says whether a ref held a change at any point since the base: there, merging the commit changes nothing.
///
/// That finds the commit itself, a squash, a rebase and a cherry-pick alike, also where it was taken back since, and
/// needs nothing but the ref's own history: every clone gives the same answer, with no register of what was used.
pub(crate) fn is_spent(repository: &Repository, exception: &Exception, old: &ObjectId) -> Outcome<bool> {
    let (base, commit) = (&exception.base, &exception.commit);
    if base == old {
        return Ok(false);
    }
    let (since, complete) = repository.commits_between(Some(base), old)?;
    if since.contains(commit) || !complete || since.len() > MOST_SINCE {
        return Ok(true);
    }
    for at in &since {
        let Some(here) = repository.commit(at)? else { return Ok(true) };
        // A commit that did not come through the freeze may have left the line of the base: there it says nothing.
        if repository.clean_merge_over(base, at, commit)? == Some(here.tree) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives the tip on which a change is to land, as far as it is known here: what the remote has, else what is here.
pub(crate) fn tip_to_land_on(repository: &Repository, ref_name: &str) -> Outcome<Option<ObjectId>> {
    if let (Some(remote), Some(branch)) = (signing::remote(repository)?, ref_name.strip_prefix("refs/heads/")) {
        // The branch here is what somebody wants to push, and says nothing of where it is to land.
        let tip = repository.resolve(&format!("refs/remotes/{remote}/{branch}"))?;
        return Ok(tip.map(|tip| repository.peel_to_commit(&tip)).transpose()?.flatten());
    }
    let tip = repository.resolve(ref_name)?;
    Ok(tip.map(|tip| repository.peel_to_commit(&tip)).transpose()?.flatten())
}
