//! `relsign close`.

use super::course::{self, Call, one_of};
use super::delivery::{self, Delivery};
use super::item;
use super::selector::ReleaseSelector;
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::model::course::{ActionReport, ActionState, Lack, LackKind};
use crate::model::denial::Denial;
use crate::model::policy::Right;
use crate::model::record::{self, Body, RollbackEvent};
use crate::model::report::{ReleaseState, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::chain::Chain;
use crate::ops::write::ready::Ready;
use crate::ops::write::{identity, ready};
use crate::report::course::{clock, due};
use crate::report::words;

/// End a release: completed, rolled back, or abandoned
///
/// A release that was rolled back ends as that. Where something is open that the end needs, it says what, and the command
/// for it. Actions that hold up the end go on to the next release with --leave; others go on by themselves.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open)
    tag: Option<String>,
    /// Leave this action open for the next release; can be repeated
    #[arg(long, value_name = "ACTION")]
    leave: Vec<String>,
    /// It will not go out
    #[arg(long, requires = "reason", conflicts_with = "rolled_back")]
    abandoned: bool,
    /// It was taken back
    #[arg(long)]
    rolled_back: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    place: ReleaseSelector,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let words: Vec<String> = self.tag.iter().cloned().collect();
        let (tag, rest) = item::split_tag(&repository, &words)?;
        let tag = tag.or_else(|| rest.into_iter().next());
        let trusted = ready::prepare(app, &repository, &self.delivery.sharing)?;
        let ready = course::ready(app, &repository, &trusted, tag.as_deref(), &self.place)?;
        let call = Call::new(tag.as_deref(), &self.place);
        identity::require(ready.policy(), &ready.identity.principal, Right::Close)?;
        refuse_closed(&ready.report)?;
        let outcome = match (self.abandoned, self.rolled_back || ready.report.course.rollback.is_some()) {
            (true, _) => record::Outcome::Abandoned,
            (false, true) => record::Outcome::RolledBack,
            (false, false) => record::Outcome::Completed,
        };
        let leave = self.leave(&ready.report)?;
        let mut chain = Chain::new(&ready);
        let body = record::Close { outcome, leave: leave.clone(), reason: self.reason.clone() };
        let id = chain.sign(app, Body::Close(body))?;
        let after = chain.judge();
        if let Some(close) = after.course.closes.iter().find(|close| close.mark.record == id).filter(|close| !close.counts) {
            return Err(lacking(app, &ready, outcome, &close.lacks, &call));
        }
        tell(app, &ready, outcome, &leave);
        let signed = chain.signed().map(|(id, says)| SignedRecordJson { id, item: None, counts_as: says }).collect();
        let exit = delivery::deliver(app, &ready, (chain.into_lines(), signed), &[], &format!("close {outcome}"), &self.delivery)?;
        if let (record::Outcome::Abandoned, Some(release)) = (outcome, &ready.report.release) {
            app.ui.say(format!("to release the same commit, tag it anew: relsign tag NAME {}", release.commit.short()));
        }
        Ok(exit)
    }

    /// Finds the actions that are left on purpose, sorted.
    fn leave(&self, report: &Report) -> Outcome<Vec<String>> {
        let actions = &report.course.actions;
        let open = actions.iter().filter(|action| action.state != ActionState::Done);
        let ids: Vec<&str> = open.map(|action| action.id.as_str()).collect();
        let mut found = Vec::new();
        for named in &self.leave {
            let Some(id) = one_of(ids.iter().copied(), named)? else {
                let failure = Failure::usage(format!("{} has no open action {named:?}", report.tag.short()));
                return Err(if ids.is_empty() { failure } else { failure.hint(format!("open are {}", words::and(&ids))) });
            };
            if actions.iter().any(|action| action.id == id && action.required) {
                return Err(Failure::refused(format!("{id} can't be left: the policy requires it"))
                    .by(Denial::EndLacks)
                    .suggest("once it is done", format!("relsign action {id} done")));
            }
            found.push(id.to_owned());
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// Refuses what is closed already.
fn refuse_closed(report: &Report) -> Outcome<()> {
    let is_closed = match report.state {
        ReleaseState::Completed | ReleaseState::Abandoned => true,
        ReleaseState::RolledBack => report.course.end().is_some_and(|end| end.outcome == record::Outcome::RolledBack),
        _ => false,
    };
    let Some(end) = report.course.end().filter(|_| is_closed) else { return Ok(()) };
    let tag = report.tag.short();
    Err(Failure::refused(format!("{tag} was closed as {} by {}", end.outcome, end.mark.by))
        .by(Denial::Closed)
        .suggest("a new decision takes it up again", format!("relsign decide {tag} go")))
}

/// Reports what the end still lacks, with the command for each.
fn lacking(app: &App, ready: &Ready<'_>, outcome: record::Outcome, lacks: &[Lack], call: &Call) -> Failure {
    let report = &ready.report;
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
        let (what, command) = of_lack(app, report, lack.kind, id, call);
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

fn is_back(rollback: &crate::model::course::RollbackReport) -> bool {
    matches!(rollback.ended, Some((RollbackEvent::Done, _)))
}

/// Says what is lacking, and the command that supplies it.
fn of_lack(app: &App, report: &Report, kind: LackKind, id: &str, call: &Call) -> (String, String) {
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
            let when = action.and_then(|action| due(action, app.now, &app.zone));
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

/// Says how it ends, and what is left.
fn tell(app: &App, ready: &Ready<'_>, outcome: record::Outcome, leave: &[String]) {
    let report = &ready.report;
    let tag = report.tag.short();
    let mut parts = vec![match outcome {
        record::Outcome::Completed => format!("{tag} completed"),
        record::Outcome::RolledBack => format!("{tag} closed as rolled back"),
        record::Outcome::Abandoned => format!("{tag} abandoned"),
    }];
    let span = |from, to| format!("{} to {}", words_at(app, from), clock(to, from, &app.zone));
    let began = report.course.stages.iter().find_map(|stage| stage.entered.as_ref()).map(|mark| mark.at);
    let ended = report.course.stages.iter().filter_map(|stage| stage.passed.as_ref()).map(|mark| mark.at).max();
    if let (Some(began), Some(ended), record::Outcome::Completed) = (began, ended, outcome) {
        parts.push(format!("out {}", span(began, ended)));
    }
    if let Some(window) = report.release.as_ref().and_then(|release| release.window) {
        parts.push(format!("planned {}", span(window.from, window.to)));
    }
    app.ui.paragraph(&parts.join(" · "), "", "  ");
    let is_left =
        |action: &&ActionReport| action.state != ActionState::Done && (action.blocks.is_none() || leave.contains(&action.id));
    let left = report.course.actions.iter().filter(is_left).map(|action| {
        let who = action.assignee.as_ref().map(ToString::to_string);
        let about: Vec<String> = who.into_iter().chain(due(action, app.now, &app.zone)).collect();
        if about.is_empty() { action.id.clone() } else { format!("{} ({})", action.id, about.join(", ")) }
    });
    let left: Vec<String> = left.collect();
    if !left.is_empty() {
        app.ui.paragraph(&format!("left: {}", left.join(", ")), "  ", "    ");
    }
}

fn words_at(app: &App, time: crate::model::time::Timestamp) -> String {
    // The day is worth saying of what is over.
    clock(time, crate::model::time::Timestamp::FIRST, &app.zone)
}
