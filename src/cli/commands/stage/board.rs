//! The board of a roll-out.

use schemars::JsonSchema;
use serde::Serialize;

use super::options::Options;
use crate::cli::app::App;
use crate::cli::commands::course::{self, Call};
use crate::cli::commands::mine::freshness;
use crate::cli::json;
use crate::git::Repository;
use crate::model::course::CourseReport;
use crate::model::ids::{Environment, TagName};
use crate::model::policy::{Policy, Right};
use crate::model::record::OpenTrigger;
use crate::model::report::{Answer, ReleaseState, Report};
use crate::model::time::Timestamp;
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::{named, release};
use crate::ops::workspace::Workspace;
use crate::report::terminal::{self, Around};

/// What `stage --json` prints where nothing is signed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StageJson {
    /// Always `relsign-stage-v1`.
    pub format: &'static str,
    /// The tag.
    pub tag: TagName,
    /// Where the release goes.
    pub environment: Option<Environment>,
    /// The clock of the question.
    pub as_of: Timestamp,
    /// The answer of the verdict.
    pub answer: Answer,
    /// Where the release stands.
    pub state: ReleaseState,
    /// When to roll back.
    pub triggers: Vec<OpenTrigger>,
    /// The next steps, for people.
    pub next: Vec<String>,
    /// What became of it after it was opened.
    pub course: CourseReport,
}

/// Shows the board of a release, from local records.
pub fn show(app: &App, repository: &Repository, tag: Option<&str>, options: &Options) -> Outcome {
    let trusted = Workspace::load(repository, None)?;
    let call = Call::new(tag, &options.place);
    let mut loaded = named::load(app, repository, &trusted, (tag, options.place.env.as_deref()), app.now)?;
    loaded.ask_freezes(repository, &trusted)?;
    let report = loaded.report();
    release::require_release(&report, &loaded.tag.facts)?;
    loaded.remember(repository, &report)?;
    let policy = loaded.governed(&trusted, &report).map_or_else(|| trusted.policy(), |(policy, _)| policy);
    let mut next = course::next(app, policy, &report, &call);
    next.extend(movers(policy, &report));
    if app.globals.json {
        json::print(app, &to_json(report, next))?;
        return Ok(Exit::Yes);
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

fn to_json(report: Report, next: Vec<String>) -> StageJson {
    let (environment, triggers) = report.release.map(|release| (release.environment, release.triggers)).unzip();
    StageJson {
        format: "relsign-stage-v1",
        tag: report.tag,
        environment,
        as_of: report.as_of,
        answer: report.verdict.answer,
        state: report.state,
        triggers: triggers.unwrap_or_default(),
        next,
        course: report.course,
    }
}
