//! A change that is to be let through: what `request`, `approve` and `break-glass` have in common.

use crate::cli::app::App;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::ids::{ObjectId, RefName};
use crate::model::record::{Subject, SubjectDigest};
use crate::ops::error::{Failure, Outcome};
use crate::report::{safe, words};

/// How many commits are shown one by one.
const MOST_SHOWN: usize = 50;

/// Finds the commit that is meant.
pub(super) fn commit(repository: &Repository, named: &str) -> Outcome<ObjectId> {
    let id = repository.revparse(named)?.ok_or_else(|| Failure::missing(format!("there is no commit {named:?} here")))?;
    repository.peel_to_commit(&id)?.ok_or_else(|| Failure::usage(format!("{named:?} is not a commit")))
}

/// Whether a branch of some remote holds a commit, as far as is known here.
pub(super) fn was_pushed(repository: &Repository, commit: &ObjectId) -> Outcome<bool> {
    let branches = repository.refs("refs/remotes/")?;
    if branches.iter().any(|(_, tip)| tip == commit) {
        return Ok(true);
    }
    // History is walked only from what is no older, since there may be thousands of branches. Where clocks differed, somebody is
    // told to push what is there already, which does no harm.
    let made = |id: &ObjectId| -> Outcome<_> { Ok(repository.commit(id)?.and_then(|commit| commit.committer.seconds)) };
    let time = made(commit)?;
    for (_, tip) in branches {
        if made(&tip)? >= time && repository.is_ancestor(commit, &tip)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the subject that names what is to be let through and where.
pub(super) fn subject(ref_name: &RefName, commit: &ObjectId) -> Subject {
    Subject { name: ref_name.as_str().to_owned(), digest: SubjectDigest::GitCommit(*commit) }
}

/// Refuses a reason that says nothing, and a ref that no freeze ever holds.
pub(super) fn require_sense(ref_name: &RefName, reason: &str) -> Outcome<()> {
    if reason.trim().is_empty() {
        return Err(Failure::usage("a freeze exception needs a reason")
            .by(Denial::Incomplete)
            .hint("everybody reads it: --reason \"…\""));
    }
    if crate::model::freeze::is_own_ref(ref_name.as_str()) {
        return Err(Failure::usage(format!("{ref_name} is one of relsign's own refs, and those are never frozen")));
    }
    Ok(())
}

/// Shows commits, oldest first, as whoever lets them through has to see them.
pub(super) fn show(app: &App, repository: &Repository, commits: &[ObjectId]) -> Outcome<()> {
    for id in commits.iter().take(MOST_SHOWN) {
        let Some(commit) = repository.commit(id)? else { continue };
        let subject = String::from_utf8_lossy(commit.message.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned();
        let text = format!("  {}  {}  {}", &id.to_string()[..9], safe::line(&subject), safe::line(&commit.author.identity.name));
        app.ui.say(safe::fit(&text, app.ui.width, "…"));
    }
    if commits.len() > MOST_SHOWN {
        app.ui.say(format!("  and {}", words::count((commits.len() - MOST_SHOWN) as u64, "more commit")));
    }
    Ok(())
}
