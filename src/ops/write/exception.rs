//! Letting one change through a freeze: what is asked for, and that it makes sense.

use crate::evaluate::freeze::Span;
use crate::evaluate::push::exception::Change;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::finding::Code;
use crate::model::freeze::is_own_ref;
use crate::model::ids::{ObjectId, RefName};
use crate::model::record::{Exception, Subject, SubjectDigest};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::load::landing::{self, MOST_COMMITS};
use crate::ops::load::makers;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::Identity;
use crate::report::{safe, words};

/// Returns the commit from which a change runs: the one that is named, or where it left the ref, as far as that is known here.
///
/// # Errors
/// If that is not known, or nothing runs from there to the change.
pub fn base(repository: &Repository, named: Option<&str>, ref_name: &RefName, commit: &ObjectId) -> Outcome<ObjectId> {
    let base = match (named, landing::tip_to_land_on(repository, ref_name.as_str())?) {
        (Some(named), _) => commit_named(repository, named)?,
        (None, None) => {
            return Err(Failure::missing(format!("{ref_name} is not here, so it is not known where the change begins"))
                .suggest("fetch it", "git fetch")
                .hint("or, for a new ref, name its base: --base COMMIT"));
        }
        (None, Some(tip)) => repository.nearest_common(&tip, commit).map_err(makers::unreadable)?.ok_or_else(|| {
            Failure::usage(format!("{} shares no history with {ref_name}", commit.short())).hint("name its base: --base COMMIT")
        })?,
    };
    if base == *commit {
        return Err(Failure::refused(format!("{ref_name} already contains {}", commit.short()))
            .by(Denial::AlreadyThere)
            .suggest("if the branch here is ahead of the remote, fetch first", "git fetch"));
    }
    if !repository.is_ancestor(&base, commit).map_err(makers::unreadable)? {
        return Err(Failure::usage(format!("{} is not an ancestor of {}", base.short(), commit.short())));
    }
    Ok(base)
}

/// Returns the commits of a change, oldest first.
///
/// # Errors
/// If they are not here, or too many.
pub fn commits(repository: &Repository, base: &ObjectId, commit: &ObjectId) -> Outcome<Vec<ObjectId>> {
    let (mut commits, complete) = repository.commits_between(Some(base), commit).map_err(makers::unreadable)?;
    commits.reverse();
    let range = format!("{}..{}", base.short(), commit.short());
    if !complete {
        return Err(Failure::missing(format!("some commits of {range} are not here")).suggest("", "git fetch --unshallow"));
    }
    if commits.len() > MOST_COMMITS {
        return Err(Failure::refused(format!("{range} has {} commits, too many to review", commits.len()))
            .by(Denial::Incomplete)
            .hint(format!("request a smaller change, of at most {MOST_COMMITS} commits")));
    }
    Ok(commits)
}

/// Finds the commit that is meant.
///
/// # Errors
/// If there is none.
pub fn commit_named(repository: &Repository, named: &str) -> Outcome<ObjectId> {
    let id = repository.revparse(named)?.ok_or_else(|| Failure::missing(format!("there is no commit {named:?} here")))?;
    repository.peel_to_commit(&id)?.ok_or_else(|| Failure::usage(format!("{named:?} is not a commit")))
}

/// Whether a branch of some remote holds a commit, as far as is known here.
///
/// # Errors
/// If git can't be read.
pub fn was_pushed(repository: &Repository, commit: &ObjectId) -> Outcome<bool> {
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
pub fn subject(ref_name: &RefName, commit: &ObjectId) -> Subject {
    Subject { name: ref_name.as_str().to_owned(), digest: SubjectDigest::GitCommit(*commit) }
}

/// Refuses a reason that says nothing, and a ref that no freeze ever holds.
///
/// # Errors
/// If it is one of these.
pub fn require_sense(ref_name: &RefName, reason: &str) -> Outcome<()> {
    if reason.trim().is_empty() {
        return Err(Failure::usage("a freeze exception needs a reason")
            .by(Denial::Incomplete)
            .hint("everybody reads it: --reason \"…\""));
    }
    if is_own_ref(ref_name.as_str()) {
        return Err(Failure::usage(format!("{ref_name} is one of relsign's own refs, and those are never frozen")));
    }
    Ok(())
}

/// Refuses a change that nobody could grant, because the policy does not know who made it.
///
/// # Errors
/// If that is so, or can't be told.
pub fn require_known_authors(trusted: &Workspace, change: &Change) -> Outcome<()> {
    if let Some(why) = &change.unreadable {
        return Err(Failure::finding(Code::RangeUnreadable, format!("the authors of the commits can't be determined: {why}")));
    }
    let separation = &trusted.policy().contents().separation;
    let unknown = &change.made.unknown;
    let names = (separation.unknown_identity_refuses && !unknown.is_empty()).then(|| safe::line(&words::and(unknown)));
    let names = names.map(|names| format!("these commit authors are not in the policy: {}", safe::fit(&names, 200, "…")));
    let bots = || separation.refused_bot_commits(&change.made).map(|commits| format!("no person is named in {commits}"));
    let Some(message) = names.or_else(bots) else { return Ok(()) };
    Err(Failure::finding(Code::ImplementerUnknown, message)
        .because("so nobody could grant it independently of its authors")
        .suggest("an owner adds the address of the commits to .relsign/policy.toml, then", "relsign policy propose"))
}

/// Warns where an exception would cover nothing, or where nobody could grant it.
///
/// # Errors
/// If it can't be told what is frozen.
pub fn warn_of_use(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    identity: &Identity,
    (exception, change): (&Exception, &Change),
) -> Outcome<()> {
    let frozen = freezes::known(repository, trusted, session.now, Span::at(session.now))?;
    if frozen.unknown.is_empty() && !frozen.all.iter().any(|freeze| freeze.covers(exception.ref_name.as_str())) {
        session
            .warn(format!("{} is not frozen now, and the exception will not cover a freeze that begins later", exception.ref_name));
    }
    for freeze in frozen.all.iter().filter(|freeze| freeze.covers(exception.ref_name.as_str())) {
        let able = trusted.policy().able_to_grant(freeze.grant.as_ref());
        let left = able.filter(|able| identity.person() != Some(*able) && !change.made.people.contains(*able)).count();
        let needed = u64::from(trusted.policy().thresholds().exception.max(1));
        if (left as u64) < needed {
            let needed = words::plural(needed, "person", "people");
            let left = words::plural(left as u64, "person", "people");
            session.warn(format!(
                "{:?} takes {needed} to grant an exception, neither its authors nor who asks, and {left} may: nothing goes \
                 through until the policy names more",
                freeze.name
            ));
        }
    }
    Ok(())
}
