//! `relsign freeze exceptions`.

use std::fmt::Write as _;

use super::json::{ExceptionJson, ExceptionState, ExceptionsJson};
use crate::cli::app::App;
use crate::cli::commands::json;
use crate::cli::error::{Exit, Outcome};
use crate::cli::root_log::LoadedRootLog;
use crate::cli::trust::Trusted;
use crate::cli::{push, root_log, trust};
use crate::evaluate::freeze::Span;
use crate::evaluate::push::exception;
use crate::evaluate::root_log::RootLog;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::Code;
use crate::report::{safe, words};

/// List what was let through freezes and what may be: open, granted, used, expired, and every glass that was broken
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only for this ref: a branch, or the full name of a ref
    #[arg(long = "ref", value_name = "REF")]
    ref_name: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = trust::load(&repository, None)?;
        let loaded = root_log::load(&repository, &trusted, &mut repository.notes(NOTES_REF)?)?;
        let log = loaded.log(&trusted, app.now);
        let ref_name = self.ref_name.as_deref().map(super::full_ref);
        let mut all = broken(&repository, &log)?;
        all.extend(asked(app, &repository, &trusted, (&loaded, &log))?);
        all.retain(|found| ref_name.as_ref().is_none_or(|name| name == found.ref_name.as_str()));
        if app.globals.json {
            json::print(app, &ExceptionsJson { format: "relsign-freeze-exceptions-v1", now: app.now, exceptions: all })?;
        } else {
            app.ui.out(&text(app, &all))?;
        }
        Ok(Exit::Yes)
    }
}

fn asked(
    app: &App,
    repository: &Repository,
    trusted: &Trusted,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
) -> Outcome<Vec<ExceptionJson>> {
    let mut notes = repository.notes(NOTES_REF)?;
    let freezes = crate::cli::freezes::load(repository, trusted, &mut notes, (loaded, log), Span::at(app.now))?;
    let mut found = Vec::new();
    for request in exception::requests(log) {
        let asked = request.exception;
        let grant =
            freezes.all.iter().find(|freeze| freeze.covers(asked.ref_name.as_str())).and_then(|freeze| freeze.grant.as_ref());
        let changed = push::change(repository, trusted.policy(), asked)?;
        let standing = exception::standing(log, request, &changed, grant);
        let tip = push::tip_to_land_on(repository, asked.ref_name.as_str())?;
        let is_used = match tip {
            Some(tip) => changed.commits.is_some() && push::is_spent(repository, asked, &tip)?,
            None => false,
        };
        let state = match (is_used, standing.holds()) {
            (true, _) => ExceptionState::Used,
            (false, Ok(())) => ExceptionState::Granted,
            (false, Err(refusal)) if refusal.code == Code::ExceptionExpired => ExceptionState::Expired,
            (false, Err(refusal)) if refusal.code == Code::ExceptionShort => ExceptionState::Open,
            (false, Err(_)) => ExceptionState::Void,
        };
        found.push(ExceptionJson {
            record: request.verified.id(),
            by: request.verified.principal().clone(),
            alone: false,
            ref_name: asked.ref_name.clone(),
            commit: asked.commit,
            commits: asked.commits.clone(),
            reason: asked.reason.clone(),
            ticket: asked.ticket.clone(),
            time: request.verified.value().time,
            expires: Some(asked.expires),
            state,
            why: if state == ExceptionState::Void { standing.holds().err().map(|refusal| refusal.message) } else { None },
            granted_by: standing.granted.keys().cloned().collect(),
            missing: standing.missing,
        });
    }
    found.sort_by_key(|found| (found.time, found.record));
    Ok(found)
}

fn broken(repository: &Repository, log: &RootLog<'_>) -> Outcome<Vec<ExceptionJson>> {
    let mut found = Vec::new();
    for glass in exception::breaks(log) {
        let (verified, said) = (glass.verified, glass.glass);
        let tip = push::tip_to_land_on(repository, said.ref_name.as_str())?;
        let is_used = match tip {
            Some(tip) => repository.has_object(&said.commit)? && repository.is_ancestor(&said.commit, &tip)?,
            None => false,
        };
        let state = match (is_used, &glass.refusal) {
            (_, Some(_)) => ExceptionState::Void,
            (true, None) => ExceptionState::Used,
            (false, None) => ExceptionState::Granted,
        };
        found.push(ExceptionJson {
            record: verified.id(),
            by: verified.principal().clone(),
            alone: true,
            ref_name: said.ref_name.clone(),
            commit: said.commit,
            commits: Vec::new(),
            reason: said.reason.clone(),
            ticket: said.ticket.clone(),
            time: verified.value().time,
            expires: None,
            state,
            why: glass.refusal.map(|refusal| refusal.message),
            granted_by: Vec::new(),
            missing: 0,
        });
    }
    found.sort_by_key(|found| (found.time, found.record));
    Ok(found)
}

fn text(app: &App, all: &[ExceptionJson]) -> String {
    let mut out = String::new();
    for found in all {
        let what = if found.alone { "GLASS BROKEN" } else { "exception" };
        let ref_name = safe::line(found.ref_name.as_str());
        let _ = writeln!(out, "{what} {}  {}  {} onto {ref_name}", found.record.short(), found.state, found.commit.short());
        let mut fact = |text: String| {
            let _ = writeln!(out, "  {}", safe::fit(&text, app.ui.width.saturating_sub(2), "…"));
        };
        let verb = if found.alone { "by" } else { "asked for by" };
        fact(format!("{verb} {}, {}", found.by, words::time(found.time, &app.zone)));
        fact(format!("reason: {}", safe::line(&found.reason)));
        if let Some(ticket) = &found.ticket {
            fact(format!("ticket: {}", safe::line(ticket)));
        }
        if !found.granted_by.is_empty() {
            fact(format!("granted by {}", words::and(&found.granted_by)));
        }
        if found.state == ExceptionState::Open {
            let people = words::plural(u64::from(found.missing), "person", "people");
            fact(format!("waits for {people}: relsign freeze approve {}", found.record.short()));
        }
        if let Some(why) = &found.why {
            fact(format!("lets nothing through: {}", safe::line(why)));
        }
        if let Some(expires) = found.expires.filter(|_| matches!(found.state, ExceptionState::Open | ExceptionState::Granted)) {
            fact(format!("expires {}", words::time(expires, &app.zone)));
        }
    }
    if out.is_empty() { "nothing was let through a freeze, and nobody asked for it\n".to_owned() } else { out }
}
