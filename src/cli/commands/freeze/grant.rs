//! `relsign freeze grant`.

use super::common;
use std::collections::BTreeSet;

use super::change;
use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::evaluate::freeze::{Freeze, Span};
use crate::evaluate::push::exception::{self, Change, Request, RequestStatus};
use crate::evaluate::root_log::RootLog;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Seen};
use crate::model::ids::Handle;
use crate::model::policy::{Grantees, Right};
use crate::model::record::{Body, Grant};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::find;
use crate::ops::load::freezes;
use crate::ops::load::landing;
use crate::ops::load::root_log::{self, LoadedRootLog};
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::ops::write::identity;
use crate::ops::write::ready;
use crate::ops::write::root_record;
use crate::report::safe::shell_word;
use crate::report::{freezes as titles, safe, words};

/// Grant a freeze exception, after showing its commits
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The request: the beginning of its record's id
    #[arg(value_name = "RECORD")]
    record: String,
    /// Add a note that everybody can read
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        let loaded = root_log::load_here(&repository, &trusted)?;
        let log = loaded.log(&trusted, app.now);
        let request = find(&log, &self.record)?;
        let (id, asked) = (request.verified.id(), request.exception);
        app.ui.say(format!(
            "{} requests an exception for {} onto {} until {}",
            request.verified.principal(),
            words::count_of(&asked.commits, "commit"),
            safe::line(asked.ref_name.as_str()),
            words::time(asked.expires, &app.zone)
        ));
        app.ui.say(format!("  reason: {}", safe::line(&asked.reason)));
        if let Some(ticket) = &asked.ticket {
            app.ui.say(format!("  ticket: {}", safe::line(ticket)));
        }
        change::show(app, &repository, &asked.commits)?;

        let changed = landing::change(&repository, trusted.policy(), asked)?;
        let met = freezes_of(app, &repository, &trusted, (&loaded, &log), request)?;
        let lists = grantors(&met.passable);
        let standings: Vec<RequestStatus> =
            lists.iter().map(|grant| exception::standing(&log, request, &changed, *grant)).collect();
        // What is wrong with a request in itself is the same whoever grants.
        if let Some(problem) = standings.iter().find_map(|standing| standing.problem.as_ref()) {
            return Err(ungrantable(&repository, request, problem)?);
        }
        let who = &identity.principal;
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
        if who.person().is_some_and(|handle| own.iter().all(|standing| standing.granted.contains_key(handle))) {
            app.ui.say(format!("you have already granted {}", id.short()));
            if app.dry_run {
                return delivery::rehearsed(app, None, Vec::new());
            }
            let exit = share::share(app, &repository, &self.sharing, &[])?;
            self.tell(app, &log, request, &changed, &met);
            return Ok(exit);
        }
        let body = Body::Grant(Grant { exception: id });
        let subject = change::subject(&asked.ref_name, &asked.commit);
        let grant = root_record::sign(app, &repository, &trusted, &identity, (self.note.clone(), body, vec![subject]))?;
        let signed = SignedRecordJson { id: grant, item: None, counts_as: format!("grants exception {}", id.short()) };
        let exit = delivery::finish(app, &repository, None, vec![signed], &self.sharing)?;
        if exit == Exit::Yes && !app.dry_run {
            let loaded = root_log::load_here(&repository, &trusted)?;
            let log = loaded.log(&trusted, app.now);
            let requests = exception::requests(&log);
            if let Some(request) = requests.into_iter().find(|request| request.verified.id() == id) {
                self.tell(app, &log, request, &changed, &met);
            }
        }
        Ok(exit)
    }

    /// Describes what a request still lacks, or that it lets its change through: asked of every freeze, as the push will
    /// be.
    fn tell(&self, app: &App, log: &RootLog<'_>, request: Request<'_>, changed: &Change, met: &Met) {
        let lists = grantors(&met.passable);
        let mut is_enough = met.later.is_empty();
        for grant in &lists {
            let standing = exception::standing(log, request, changed, *grant);
            let Err(refusal) = standing.holds() else { continue };
            is_enough = false;
            if refusal.code() != Code::ExceptionShort {
                app.ui.warn(format!("{}: {refusal}", refusal.code()));
                return;
            }
            let names = met.passable.iter().filter(|freeze| freeze.grant.as_ref() == *grant).map(titles::title);
            let whose = if lists.len() == 1 { String::new() } else { format!(" for {}", words::and(names)) };
            let people = words::plural(u64::from(standing.missing), "more person is", "more people are");
            let waiting: Vec<String> = standing.waiting.iter().map(ToString::to_string).collect();
            let waiting = if waiting.is_empty() { "nobody".to_owned() } else { words::some_of(&waiting, 6) };
            app.ui.say(format!("{people} still needed{whose}; who may: {waiting}"));
        }
        for later in &met.later {
            let title = titles::title(later);
            app.ui.warn(format!("the request does not cover {title}, which began after it; that takes another request"));
        }
        if is_enough {
            let enough = if self.sharing.no_sync { "that is enough once shared" } else { "that is enough" };
            let asked = request.exception;
            app.ui.say(format!("{enough}: {} may be pushed to {}", asked.commit.short(), safe::line(asked.ref_name.as_str())));
        }
    }
}

/// The freezes that a change meets until its request expires.
struct Met {
    /// Those that the request may let it through.
    passable: Vec<Freeze>,
    /// Those that hold now and began after it was asked for, through which it lets nothing.
    later: Vec<Freeze>,
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
    app: &App,
    repository: &Repository,
    trusted: &Workspace,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
    request: Request<'_>,
) -> Outcome<Met> {
    let to = request.exception.expires.max(app.now.plus(1));
    let found = freezes::load_here(repository, trusted, (loaded, log), Span { from: app.now, to })?;
    common::require_known(&found.unknown)?;
    let ref_name = request.exception.ref_name.as_str();
    let covering = found.all.into_iter().filter(|freeze| freeze.covers(ref_name));
    let (passable, mut later): (Vec<_>, Vec<_>) = covering.partition(|freeze| exception::reaches(request, &[freeze]).is_ok());
    later.retain(|freeze| freeze.holds_at(app.now));
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
fn find<'a>(log: &RootLog<'a>, named: &str) -> Outcome<Request<'a>> {
    let all = exception::requests(log).into_iter().map(|request| (request.verified.id(), request));
    find::pick(named, "requests", all)?.ok_or_else(|| {
        Failure::finding(Code::RecordMissing, format!("there is no open request {named:?}"))
            .suggest("see the open requests", "relsign freeze exceptions")
            .suggest("or fetch what others requested", "relsign sync")
    })
}
