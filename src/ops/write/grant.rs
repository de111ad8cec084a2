//! Granting a freeze exception: who may, what the request still lacks, and what it lets through.

use std::collections::BTreeSet;

use crate::evaluate::freeze::{Freeze, Span};
use crate::evaluate::push::exception::{self, Change, Request, RequestStatus};
use crate::evaluate::root_log::RootLog;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Seen};
use crate::model::ids::{Handle, Principal};
use crate::model::policy::{Grantees, Right};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::root_log::LoadedRootLog;
use crate::ops::load::{find, freezes, landing};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;
use crate::report::{freezes as titles, safe, words};

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
