//! `relsign freeze approve`.

use super::{change, finish};
use crate::cli::app::App;
use crate::cli::commands::json::SignedRecordJson;
use crate::cli::commands::word;
use crate::cli::error::{Exit, Failure, Outcome};
use crate::cli::push;
use crate::cli::root_log::{self, LoadedRootLog};
use crate::cli::signing::{self, Sharing};
use crate::cli::trust::Trusted;
use crate::evaluate::freeze::{Freeze, Span};
use crate::evaluate::push::exception::{self, Request};
use crate::evaluate::root_log::RootLog;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::Code;
use crate::model::policy::{Grantees, Right};
use crate::model::record::{Body, Grant};
use crate::report::{safe, words};

/// Say yes to letting a change through a freeze, after seeing its commits
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The request: the beginning of its record's id
    #[arg(value_name = "RECORD")]
    record: String,
    /// Say something with it, for everybody to read
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = word::prepare(app, &repository, &self.sharing)?;
        let identity = signing::identify(app, &repository, &trusted)?;
        let loaded = root_log::load(&repository, &trusted, &mut repository.notes(NOTES_REF)?)?;
        let log = loaded.log(&trusted, app.now);
        let request = find(&log, &self.record)?;
        let (id, asked) = (request.verified.id(), request.exception);
        app.ui.say(format!(
            "{} asks to let {} onto {} until {}",
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

        let changed = push::change(&repository, trusted.policy(), asked)?;
        let freezes = freezes_of(app, &repository, &trusted, (&loaded, &log), request)?;
        let lists = grantors(&freezes);
        let mut standings = lists.iter().map(|grant| exception::standing(&log, request, &changed, *grant));
        let Some(mut standing) = standings.next() else { return Err(Failure::internal("nobody may grant anything")) };
        for other in standings {
            if standing.holds().is_ok() {
                standing = other;
            }
        }
        if let Some(problem) = &standing.problem {
            return Err(Failure::finding(
                problem.code,
                format!("the request {} can't be granted: {}", id.short(), problem.message),
            )
            .hint("ask again: relsign freeze request"));
        }
        let who = &identity.principal;
        let waiting: Vec<String> = standing.waiting.iter().map(ToString::to_string).collect();
        let waiting = if waiting.is_empty() { "nobody".to_owned() } else { words::or(&waiting) };
        let policy = trusted.policy();
        let may = |grant: &Option<&Grantees>| match (grant, who.person()) {
            (Some(grantees), Some(handle)) => policy.is_among(handle, grantees),
            (None, Some(_)) => policy.may(who, Right::Grant),
            (_, None) => false,
        };
        if !lists.iter().any(may) {
            return Err(Failure::refused(format!("{who} may not {}", Right::Grant)).hint(format!("who may: {waiting}")));
        }
        if let Some(conflict) = who.person().and_then(|handle| exception::conflict(request, &changed, handle)) {
            return Err(Failure::finding(conflict.code, format!("{who} can't grant {}: {}", id.short(), conflict.message))
                .hint(format!("who may: {waiting}")));
        }
        if who.person().is_some_and(|handle| standing.granted.contains_key(handle)) {
            app.ui.say(format!("your grant of {} stands already", id.short()));
            return signing::share(app, &repository, &self.sharing, &[]);
        }
        let body = Body::Grant(Grant { exception: id });
        let subject = change::subject(&asked.ref_name, &asked.commit);
        let grant = root_log::sign(app, &repository, &trusted, &identity, (self.note.clone(), body, vec![subject]))?;
        let signed = SignedRecordJson { id: grant, item: None, counts_as: format!("grants exception {}", id.short()) };
        let exit = finish(app, &repository, signed, &self.sharing)?;
        if exit == Exit::Yes {
            let missing = standing.missing.saturating_sub(1);
            app.ui.say(match missing {
                0 => format!("that is enough: {} may be pushed to {}", asked.commit.short(), safe::line(asked.ref_name.as_str())),
                more => format!("{} still needed", words::plural(u64::from(more), "more person is", "more people are")),
            });
        }
        Ok(exit)
    }
}

/// Finds the freezes that the change may meet until the request expires: it passes none that began after it was made.
fn freezes_of(
    app: &App,
    repository: &Repository,
    trusted: &Trusted,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
    request: Request<'_>,
) -> Outcome<Vec<Freeze>> {
    let to = request.exception.expires.max(app.now.plus(1));
    let mut notes = repository.notes(NOTES_REF)?;
    let found = crate::cli::freezes::load(repository, trusted, &mut notes, (loaded, log), Span { from: app.now, to })?;
    super::require_known(&found.unknown)?;
    let ref_name = request.exception.ref_name.as_str();
    let asked = request.verified.value().time;
    Ok(found.all.into_iter().filter(|freeze| freeze.covers(ref_name) && freeze.from <= asked).collect())
}

/// Gives who may grant, list by list: a freeze may name its own, and where none holds the policy's right does.
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
    let wanted = named.to_ascii_lowercase();
    let all = exception::requests(log);
    let found: Vec<&Request<'a>> =
        all.iter().filter(|request| wanted.len() >= 4 && request.verified.id().to_string().starts_with(&wanted)).collect();
    match found.as_slice() {
        [one] => Ok(**one),
        [] => Err(Failure::finding(Code::RecordMissing, format!("there is no request {named:?} that stands"))
            .hint("see what waits: relsign freeze exceptions; or get what others asked for: relsign sync")),
        _ => Err(Failure::usage(format!("{named:?} is the beginning of several requests")).hint("write more of the one you mean")),
    }
}
