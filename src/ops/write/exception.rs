//! Letting one change through a freeze: what is asked for, who may grant it, what it still lacks and what it lets through.

use std::collections::BTreeSet;

use crate::evaluate::freeze::{Freeze, Span};
use crate::evaluate::push::exception::{self, Change, Request, RequestStatus};
use crate::evaluate::quorum;
use crate::evaluate::root_log::RootLog;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Seen};
use crate::model::freeze::is_own_ref;
use crate::model::ids::{Handle, ObjectId, Principal, RefName};
use crate::model::policy::{Grantees, Right};
use crate::model::record::{Exception, Subject, SubjectDigest};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::landing::{self, MOST_COMMITS};
use crate::ops::load::root_log::LoadedRootLog;
use crate::ops::load::{find, freezes, makers};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::Identity;
use crate::report::safe::{self, shell_word};
use crate::report::{freezes as titles, words};

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
        let left: Vec<_> = able.filter(|able| identity.person() != Some(*able) && !change.made.people.contains(*able)).collect();
        let needed = trusted.policy().thresholds().exception.max(1);
        if quorum::missing(left.iter().copied(), needed) > 0 {
            let needed = words::plural(u64::from(needed), "person", "people");
            let left = words::plural(left.len() as u64, "person", "people");
            session.warn(format!(
                "{:?} takes {needed} to grant an exception, neither its authors nor who asks, and {left} may: nothing goes \
                 through until the policy names more",
                freeze.name
            ));
        }
    }
    Ok(())
}

/// A request that somebody is about to grant.
pub struct Granting {
    changed: Change,
    met: Met,
}

/// The freezes that a change meets until its request expires.
struct Met {
    /// Those that the request may let it through.
    passable: Vec<Freeze>,
    /// Those that hold now and began after it was asked for, through which it lets nothing.
    later: Vec<Freeze>,
}

impl Granting {
    /// Finds what a request would let through and which freezes that meets; also says whether somebody has granted it already.
    ///
    /// # Errors
    /// If it can't be granted, or not by them.
    pub fn of(
        session: &Session,
        repository: &Repository,
        trusted: &Workspace,
        (loaded, log): (&LoadedRootLog, &RootLog<'_>),
        (request, who): (Request<'_>, &Principal),
    ) -> Outcome<(Self, bool)> {
        let id = request.verified.id();
        let changed = landing::change(repository, trusted.policy(), request.exception)?;
        let met = freezes_of(session, repository, trusted, (loaded, log), request)?;
        let lists = grantors(&met.passable);
        let standings: Vec<RequestStatus> = lists.iter().map(|grant| exception::standing(log, request, &changed, *grant)).collect();
        // What is wrong with a request in itself is the same whoever grants.
        if let Some(problem) = standings.iter().find_map(|standing| standing.problem.as_ref()) {
            return Err(ungrantable(repository, request, problem)?);
        }
        let short = standings.iter().filter(|standing| standing.missing > 0);
        let waiting: BTreeSet<&Handle> = short.flat_map(|standing| &standing.waiting).collect();
        let waiting = if waiting.is_empty() { "nobody".to_owned() } else { words::or(&waiting) };
        let policy = trusted.policy();
        let may = |grant: Option<&Grantees>| match (grant, who.person()) {
            (Some(grantees), Some(handle)) => policy.is_among(handle, grantees),
            (None, Some(_)) => policy.may(who, Right::Grant),
            (_, None) => false,
        };
        // Each list that holds the signer counts the grant; the others never will.
        let own: Vec<&RequestStatus> = lists.iter().zip(&standings).filter(|(grant, _)| may(**grant)).map(|(_, own)| own).collect();
        if own.is_empty() {
            return Err(Failure::refused(format!("{who} may not {}", Right::Grant))
                .by(Denial::NoRight)
                .hint(format!("who may: {waiting}")));
        }
        if let Some(conflict) = who.person().and_then(|handle| exception::conflict(request, &changed, handle)) {
            return Err(Failure::finding(conflict.code(), format!("{who} can't grant {}: {conflict}", id.short()))
                .by(Denial::OwnException)
                .hint(format!("who may: {waiting}")));
        }
        let is_granted = who.person().is_some_and(|handle| own.iter().all(|standing| standing.granted.contains_key(handle)));
        Ok((Self { changed, met }, is_granted))
    }

    /// Describes what a request still lacks, or that it lets its change through: asked of every freeze, as the push will
    /// be.
    pub fn tell(&self, session: &Session, log: &RootLog<'_>, request: Request<'_>, shares: bool) {
        let Self { changed, met, .. } = self;
        let lists = grantors(&met.passable);
        let mut is_enough = met.later.is_empty();
        for grant in &lists {
            let standing = exception::standing(log, request, changed, *grant);
            let Err(refusal) = standing.holds() else { continue };
            is_enough = false;
            if refusal.code() != Code::ExceptionShort {
                session.warn(format!("{}: {refusal}", refusal.code()));
                return;
            }
            let names = met.passable.iter().filter(|freeze| freeze.grant.as_ref() == *grant).map(titles::title);
            let whose = if lists.len() == 1 { String::new() } else { format!(" for {}", words::and(names)) };
            let people = words::plural(u64::from(standing.missing), "more person is", "more people are");
            let waiting: Vec<String> = standing.waiting.iter().map(ToString::to_string).collect();
            let waiting = if waiting.is_empty() { "nobody".to_owned() } else { words::some_of(&waiting, 6) };
            session.say(format!("{people} still needed{whose}; who may: {waiting}"));
        }
        for later in &met.later {
            let title = titles::title(later);
            session.warn(format!("the request does not cover {title}, which began after it; that takes another request"));
        }
        if is_enough {
            let enough = if shares { "that is enough" } else { "that is enough once shared" };
            let asked = request.exception;
            session.say(format!("{enough}: {} may be pushed to {}", asked.commit.short(), safe::line(asked.ref_name.as_str())));
        }
    }
}

/// Explains why nobody can grant a request, and what to do about it.
fn ungrantable(repository: &Repository, request: Request<'_>, problem: &Seen) -> Outcome<Failure> {
    let id = request.verified.id();
    let failure = Failure::finding(problem.code(), format!("request {} can't be granted: {}", id.short(), problem));
    if problem.code() != Code::RangeNotHere {
        return Ok(failure.suggest("ask again", "relsign freeze request"));
    }
    // Nobody says yes to what they can't see, and whoever has the commits can say no more than that they have them.
    let remote = repository.sharing_remote()?.map_or_else(|| "REMOTE".to_owned(), |remote| shell_word(&remote));
    let (who, commit) = (request.verified.principal(), request.exception.commit);
    Ok(Failure { exit: Exit::CannotDecide, ..failure }.suggest("fetch them", "git fetch").suggest(
        format!("if nobody has pushed them, {who} pushes them to an unfrozen branch"),
        format!("git push {remote} {commit}:refs/heads/NAME"),
    ))
}

/// Finds the freezes that the change may meet until the request expires.
fn freezes_of(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
    request: Request<'_>,
) -> Outcome<Met> {
    let to = request.exception.expires.max(session.now.plus(1));
    let found = freezes::load_here(repository, trusted, (loaded, log), Span { from: session.now, to })?;
    freezes::require_known(&found.unknown)?;
    let ref_name = request.exception.ref_name.as_str();
    let covering = found.all.into_iter().filter(|freeze| freeze.covers(ref_name));
    let (passable, mut later): (Vec<_>, Vec<_>) = covering.partition(|freeze| exception::reaches(request, &[freeze]).is_ok());
    later.retain(|freeze| freeze.holds_at(session.now));
    Ok(Met { passable, later })
}

/// Returns who may grant, list by list: a freeze may name its own, and where none holds the policy's right does.
fn grantors(freezes: &[Freeze]) -> Vec<Option<&Grantees>> {
    let mut lists: Vec<Option<&Grantees>> = Vec::new();
    for freeze in freezes {
        if !lists.contains(&freeze.grant.as_ref()) {
            lists.push(freeze.grant.as_ref());
        }
    }
    if lists.is_empty() {
        lists.push(None);
    }
    lists
}

/// Finds a request by the beginning of its id.
///
/// # Errors
/// If it begins none or several of those that are open.
pub fn find<'a>(log: &RootLog<'a>, named: &str) -> Outcome<Request<'a>> {
    let all = exception::requests(log).into_iter().map(|request| (request.verified.id(), request));
    find::pick(named, "requests", all)?.ok_or_else(|| {
        Failure::finding(Code::RecordMissing, format!("there is no open request {named:?}"))
            .suggest("see the open requests", "relsign freeze exceptions")
            .suggest("or fetch what others requested", "relsign sync")
    })
}
