//! Ending a release: what may be left, what the end still lacks, and what is told of it.

use std::collections::BTreeSet;

use crate::model::course::{ActionReport, ActionState, Lack, LackKind, RollbackReport};
use crate::model::denial::Denial;
use crate::model::record::{self, RollbackEvent};
use crate::model::report::{ReleaseState, Report};
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::find;
use crate::ops::session::Session;
use crate::ops::write::course::Call;
use crate::report::course::{clock, due};
use crate::report::safe::shell_word;
use crate::report::words;

/// Finds the actions that are left on purpose, sorted.
pub fn leave(report: &Report, named: &[String]) -> Outcome<Vec<String>> {
    let actions = &report.course.actions;
    let open = actions.iter().filter(|action| action.state != ActionState::Done);
    let ids: Vec<&str> = open.map(|action| action.id.as_str()).collect();
    let mut found = BTreeSet::new();
    for named in named {
        let Some(id) = find::one_of(ids.iter().copied(), named)? else {
            let failure = Failure::usage(format!("{} has no open action {named:?}", report.tag.short()));
            return Err(if ids.is_empty() { failure } else { failure.hint(format!("open are {}", words::and(&ids))) });
        };
        if actions.iter().any(|action| action.id == id && action.required) {
            return Err(Failure::refused(format!("{id} can't be left: the policy requires it"))
                .by(Denial::EndLacks)
                .suggest("once it is done", format!("relsign action {} {id} done", shell_word(report.tag.short()))));
        }
        found.insert(id.to_owned());
    }
    Ok(found.into_iter().collect())
}

/// Refuses what is closed already.
pub fn refuse_closed(report: &Report) -> Outcome<()> {
    let is_closed = match report.state {
        ReleaseState::Completed | ReleaseState::Abandoned => true,
        ReleaseState::RolledBack => report.course.end().is_some_and(|end| end.outcome == record::Outcome::RolledBack),
        _ => false,
    };
    let Some(end) = report.course.end().filter(|_| is_closed) else { return Ok(()) };
    let tag = report.tag.short();
    Err(Failure::refused(format!("{tag} was closed as {} by {}", end.outcome, end.mark.by))
        .by(Denial::Closed)
        .suggest("a new decision takes it up again", format!("relsign decide {} go", shell_word(tag))))
}

/// Reports what the end still lacks, with the command for each.
pub fn lacking(session: &Session, report: &Report, outcome: record::Outcome, lacks: &[Lack], call: &Call) -> Failure {
    let tag = report.tag.short();
    let message = match outcome {
        record::Outcome::RolledBack if report.course.rollback.as_ref().is_some_and(is_back) => {
            format!("{tag} was rolled back, and it can't be closed yet")
        }
        _ => format!("{tag} can't be closed as {outcome} yet"),
    };
    let mut failure = Failure::refused(message).by(Denial::EndLacks);
    let mut commands: Vec<String> = Vec::new();
    for lack in lacks {
        let id = lack.id.as_deref().unwrap_or_default();
        let (what, command) = of_lack(session, report, lack.kind, id, call);
        failure = failure.because(what);
        if !command.is_empty() && !commands.contains(&command) {
            commands.push(command);
        }
    }
    for command in commands {
        failure = failure.suggest("", command);
    }
    let left: Vec<&str> = lacks.iter().filter(|lack| lack.may_be_left).filter_map(|lack| lack.id.as_deref()).collect();
    if left.is_empty() {
        return failure;
    }
    let flags: Vec<String> = left.iter().map(|id| format!("--leave {id}")).collect();
    failure.suggest("what may stay open goes to the next release", call.on("close", &flags.join(" ")))
}

fn is_back(rollback: &RollbackReport) -> bool {
    matches!(rollback.ended, Some((RollbackEvent::Done, _)))
}

/// Says what is lacking, and the command that supplies it.
fn of_lack(session: &Session, report: &Report, kind: LackKind, id: &str, call: &Call) -> (String, String) {
    let stage = || report.course.stages.iter().find(|stage| stage.id == id);
    let named = || if stage().is_some_and(|stage| stage.implied) { String::new() } else { format!("{id} ") };
    match kind {
        LackKind::Decision => ("no decision lets it go out".to_owned(), call.on("decide", "go")),
        LackKind::StageNotEntered => (format!("nobody has entered {id}"), call.on("stage", &format!("{}enter", named()))),
        LackKind::StageNotPassed => (format!("{id} has not passed"), call.on("stage", &format!("{}pass", named()))),
        LackKind::Item => {
            let owner = report.items.iter().find(|item| item.id.as_str() == id).and_then(|item| item.owner.as_ref());
            let owner = owner.map_or_else(|| "the release managers".to_owned(), ToString::to_string);
            (format!("{id} waits for {owner}"), call.on("approve", id))
        }
        LackKind::Action => {
            let action = report.course.actions.iter().find(|action| action.id == id);
            let who = action.and_then(|action| action.assignee.as_ref()).map(|who| format!(" ({who})")).unwrap_or_default();
            let when = action.and_then(|action| due(action, session.now, &session.zone));
            let what = match (action.map(|action| action.state), when) {
                (Some(ActionState::Failed), _) => format!("{id} failed{who}"),
                (_, Some(when)) => format!("{id} is {when}, and has no word{who}"),
                (_, None) => format!("{id} has no word{who}"),
            };
            (what, call.on("action", &format!("{id} done")))
        }
        LackKind::Rollback => match &report.course.rollback {
            Some(_) => ("its roll-back is not complete".to_owned(), call.on("rollback", "done")),
            None => ("it was not rolled back".to_owned(), call.on("rollback", "")),
        },
        LackKind::Right => ("you may not close it".to_owned(), String::new()),
    }
}

/// Says how it ends, beside how it was planned.
pub fn told(session: &Session, report: &Report, outcome: record::Outcome) -> String {
    let tag = report.tag.short();
    let mut parts = vec![match outcome {
        record::Outcome::Completed => format!("{tag} completed"),
        record::Outcome::RolledBack => format!("{tag} closed as rolled back"),
        record::Outcome::Abandoned => format!("{tag} abandoned"),
    }];
    // The day is worth saying of what is over.
    let span = |from, to| format!("{} to {}", clock(from, Timestamp::FIRST, &session.zone), clock(to, from, &session.zone));
    let began = report.course.stages.iter().find_map(|stage| stage.entered.as_ref()).map(|mark| mark.at);
    let ended = report.course.stages.iter().filter_map(|stage| stage.passed.as_ref()).map(|mark| mark.at).max();
    if let (Some(began), Some(ended), record::Outcome::Completed) = (began, ended, outcome) {
        parts.push(format!("out {}", span(began, ended)));
    }
    if let Some(window) = report.release.as_ref().and_then(|release| release.window) {
        parts.push(format!("planned {}", span(window.from, window.to)));
    }
    parts.join(" · ")
}

/// Lists the actions that are left, where there are any.
pub fn left_over(session: &Session, report: &Report, leave: &[String]) -> Option<String> {
    let is_left =
        |action: &&ActionReport| action.state != ActionState::Done && (action.blocks.is_none() || leave.contains(&action.id));
    let left = report.course.actions.iter().filter(is_left).map(|action| {
        let who = action.assignee.as_ref().map(ToString::to_string);
        let about: Vec<String> = who.into_iter().chain(due(action, session.now, &session.zone)).collect();
        if about.is_empty() { action.id.clone() } else { format!("{} ({})", action.id, about.join(", ")) }
    });
    let left: Vec<String> = left.collect();
    (!left.is_empty()).then(|| format!("left: {}", left.join(", ")))
}
