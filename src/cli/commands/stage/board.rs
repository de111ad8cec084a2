//! The board of a roll-out.

use super::options::Options;
use crate::cli::app::App;
use crate::cli::commands::mine::freshness;
use crate::cli::json;
use crate::git::Repository;
use crate::model::policy::{Policy, Right};
use crate::model::report::{Answer, ReleaseState, Report};
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::{named, release};
use crate::ops::workspace::Workspace;
use crate::ops::write::course::{self, Call};
use crate::report::json::course::StageJson;
use crate::report::terminal::{self, Around};

/// Shows the board of a release, from local records.
pub fn show(app: &App, repository: &Repository, tag: Option<&str>, options: &Options) -> Outcome {
    let trusted = Workspace::load(repository, None)?;
    let call = Call::new(tag, options.delivery.place.env.as_deref());
    let mut loaded = named::load(app, repository, &trusted, (tag, options.delivery.place.env.as_deref()), app.now)?;
    loaded.ask_freezes(repository, &trusted)?;
    let report = loaded.report();
    release::require_release(&report, &loaded.tag.facts)?;
    loaded.remember(repository, &report)?;
    let policy = loaded.governed(&trusted, &report).map_or_else(|| trusted.policy(), |(policy, _)| policy);
    let mut next = course::next(app, policy, &report, &call);
    next.extend(movers(policy, &report));
    if app.globals.json {
        return json::answer(app, &StageJson::new(report, next));
    }
    let freshness = if app.ui.quiet { String::new() } else { freshness(app, repository)? };
    let back = way_back(&report, &call);
    app.page(repository, &terminal::board(&report, &app.style(), &Around { freshness, next, back }))?;
    Ok(Exit::Yes)
}

/// Names who may take the next step of a roll-out, where the step itself does not say it.
fn movers(policy: &Policy, report: &Report) -> Option<String> {
    let is_on_its_way = report.verdict.answer == Answer::Go && report.course.rollback.is_none();
    let (stage, is_entered) = terminal::next_step(&report.course).filter(|_| is_on_its_way)?;
    (!(is_entered && stage.by_person)).then(|| format!("by {}", policy.who_may(Right::Stage)))
}

/// Returns the command that goes back, where there is something to go back from.
fn way_back(report: &Report, call: &Call) -> Option<String> {
    let is_over = matches!(report.state, ReleaseState::Completed | ReleaseState::Abandoned | ReleaseState::Open);
    if report.course.rollback.is_some() || is_over {
        return None;
    }
    let has_triggers = report.release.as_ref().is_some_and(|release| !release.triggers.is_empty());
    Some(call.on("rollback", if has_triggers { "--trigger N" } else { "" }))
}
