//! The course of a release after it was opened: how it is loaded and named again, and what comes next.

use crate::git::Repository;
use crate::model::course::StageState;
use crate::model::policy::{Policy, Right};
use crate::model::record::RollbackEvent;
use crate::model::report::{Answer, ReleaseState, Report};
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::ops::write::ready::Ready;
use crate::report::course::{clock, in_order};
use crate::report::safe::shell_word;
use crate::report::terminal::next_step;

/// How a command names the release again: as whoever called it did.
#[derive(Debug, Clone, Default)]
pub struct Call {
    tag: Option<String>,
    environment: Option<String>,
}

impl Call {
    /// Remembers what was named.
    pub fn new(tag: Option<&str>, environment: Option<&str>) -> Self {
        Self { tag: tag.map(str::to_owned), environment: environment.map(str::to_owned) }
    }

    /// Returns a command on the same release; `rest` is what follows the tag.
    pub fn on(&self, command: &str, rest: &str) -> String {
        let tag = self.tag.as_deref().map(|tag| format!(" {}", shell_word(tag))).unwrap_or_default();
        let rest = if rest.is_empty() { String::new() } else { format!(" {rest}") };
        let place = self.environment.as_deref().map(|place| format!(" --env {}", shell_word(place))).unwrap_or_default();
        format!("relsign {command}{tag}{rest}{place}")
    }
}

/// Loads the release with the freezes that keep things from its environment, and finds who signs.
///
/// # Errors
/// If it can't be loaded or nobody can sign.
pub fn ready<'a>(
    session: &Session,
    repository: &'a Repository,
    trusted: &'a Workspace,
    tag: Option<&str>,
    place: Option<&str>,
) -> Outcome<Ready<'a>> {
    let mut ready = Ready::load(session, repository, trusted, tag, place)?;
    ready.loaded.ask_freezes(repository, trusted)?;
    ready.report = ready.loaded.report();
    Ok(ready)
}

/// Returns a point in time by the clock, as it is shown here.
pub fn at(session: &Session, time: Timestamp) -> String {
    clock(time, session.now, &session.zone)
}

/// Names the next steps of a release and who may take them.
pub fn next(session: &Session, policy: &Policy, report: &Report, call: &Call) -> Vec<String> {
    let course = &report.course;
    if let Some(rollback) = &course.rollback {
        return match &rollback.ended {
            Some((RollbackEvent::Done, _)) => vec![call.on("close", "")],
            Some(_) => vec![call.on("rollback", "done"), "once it is back, by whoever sees that".to_owned()],
            None => {
                let open = in_order(&rollback.steps).into_iter().filter(|step| step.result.is_none());
                let open: Vec<String> = open
                    .map(|step| match step.due {
                        Some(due) => format!("{} by {}", step.number, at(session, due)),
                        None => step.number.to_string(),
                    })
                    .collect();
                if open.is_empty() {
                    vec![call.on("rollback", "done")]
                } else {
                    vec![open.join(", "), format!("then {}", call.on("rollback", "done"))]
                }
            }
        };
    }
    if matches!(report.state, ReleaseState::Completed | ReleaseState::Abandoned) {
        return Vec::new();
    }
    if report.verdict.answer != Answer::Go {
        return vec![format!("{}: it is not in GO", call.on("status", ""))];
    }
    let Some((stage, is_entered)) = next_step(course) else { return vec![call.on("close", "")] };
    let before = if is_entered {
        let place = course.stages.iter().position(|other| other.id == stage.id).unwrap_or(0);
        place.checked_sub(1).and_then(|place| course.stages.get(place))
    } else {
        Some(stage)
    };
    let named = if stage.implied { String::new() } else { format!("{} ", stage.id) };
    let mut line = call.on("stage", &format!("{named}{}", if is_entered { "enter" } else { "pass" }));
    if is_entered && stage.by_person {
        let who = stage.owner.as_ref().map_or_else(|| policy.who_may(Right::Stage).to_string(), ToString::to_string);
        line += &format!(", by {who}");
    }
    if let Some(until) = before.filter(|stage| stage.state == StageState::Baking).and_then(|stage| stage.bakes_until) {
        line += &format!(", from {} on", at(session, until));
    }
    vec![line]
}
