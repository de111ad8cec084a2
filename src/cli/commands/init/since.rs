//! Where the first release of a project with a history begins: after its newest tag, unless somebody says otherwise.

use crate::cli::app::App;
use crate::git::Repository;
use crate::model::ids::ObjectId;
use crate::model::policy::Pattern;
use crate::ops::error::{Failure, Outcome};
use crate::report::{safe, words};

/// The word that stands for all of history.
const NONE: &str = "none";

/// A commit, and what it is called.
pub(super) struct Since {
    pub(super) commit: ObjectId,
    pub(super) name: String,
}

/// Chooses the commit after which the first release begins; nothing where it is to hold all of history, or no tag fits.
///
/// # Errors
/// If what was named is no commit below the one that is checked out, or history can't be read.
pub(super) fn choose(app: &App, repository: &Repository, pattern: &str, named: Option<&str>, yes: bool) -> Outcome<Option<Since>> {
    let Some(head) = repository.head_commit()? else { return Ok(None) };
    let chosen = match named {
        Some(NONE) => return Ok(None),
        Some(named) => Some(of_name(repository, &head, named)?),
        None => newest(repository, &head, pattern)?,
    };
    let Some(since) = chosen else { return Ok(None) };
    let (commits, _) = repository.commits_between(Some(&since.commit), &head)?;
    app.ui.say(format!("the first release begins after {}: {} so far", since.name, words::count_of(&commits, "commit")));
    if named.is_none() {
        app.ui.say(format!("to begin elsewhere: --since TAG, or --since {NONE} for all of history"));
    }
    let asks = named.is_none() && !yes;
    if asks && app.ui.confirm("Is what came before left out?", true) == Some(false) {
        app.ui.say("the first release holds all of history");
        return Ok(None);
    }
    Ok(Some(since))
}

fn of_name(repository: &Repository, head: &ObjectId, named: &str) -> Outcome<Since> {
    let found = repository.revparse(named)?.map(|id| repository.peel_to_commit(&id)).transpose()?.flatten();
    let commit = found.ok_or_else(|| {
        Failure::usage(format!("there is no commit {named:?} here"))
            .hint(format!("name a tag or a commit, or {NONE} for all of history"))
    })?;
    if !repository.is_ancestor(&commit, head)? {
        return Err(Failure::usage(format!("{named:?} does not lie below what is checked out"))
            .hint("the first release begins after a commit of its own history"));
    }
    Ok(Since { commit, name: safe::line(named) })
}

/// Finds the newest tag that fits the pattern of release tags.
fn newest(repository: &Repository, head: &ObjectId, pattern: &str) -> Outcome<Option<Since>> {
    // What is wrong with the pattern is told of the policy in a moment.
    let Ok(pattern) = pattern.parse::<Pattern>() else { return Ok(None) };
    let tags = repository.ancestor_tags(head, usize::MAX)?;
    let fitting = tags.into_iter().find(|tag| pattern.matches(tag.name.short()));
    Ok(fitting.map(|tag| Since { commit: tag.commit, name: safe::line(tag.name.short()) }))
}
