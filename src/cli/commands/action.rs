//! `relsign action`.

mod add;
mod condition;

use self::add::Description;
use self::condition::Meant;
use super::course::{self, Call};
use super::delivery::{self, Delivery};
use crate::cli::app::App;
use crate::cli::json;
use crate::git::Repository;
use crate::model::course::{ActionReport, ActionState, ConditionReport};
use crate::model::denial::Denial;
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::{Action, ActionEvent, Body, NotBy, Owner};
use crate::model::report::Report;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::find::one_of;
use crate::ops::load::{items, named, release};
use crate::ops::workspace::Workspace;
use crate::ops::write::chain::Chain;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign::Draft;
use crate::ops::write::{identity, ready};
use crate::report::course::{action as shown, clock};
use crate::report::json::course::ActionsJson;
use crate::report::{safe, words};

/// Settle and add what is to be done besides the items, and the conditions of a decision; alone it lists them
///
/// A condition is met by whoever it was given to, in time, with a note or evidence. Then the release is in GO without another
/// decision, where it was the last.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag, then an id and what became of it
    ///
    /// The tag may be left out if one release is open. Behind it stands nothing to list; an id and done, met, failed or reopen;
    /// or add and what is to be done.
    #[arg(num_args = 0..=3, value_name = "TAG ID EVENT")]
    words: Vec<String>,
    #[command(flatten)]
    described: Description,
    /// The decision whose condition is meant, if several have one of that id
    #[arg(long, value_name = "RECORD", hide_short_help = true)]
    decision: Option<String>,
    /// Add a note that all can read
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    note: Option<String>,
    /// Attach a file or a link; can be repeated
    ///
    /// A file is kept with the records.
    #[arg(long, value_name = "FILE|URL")]
    evidence: Vec<String>,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let (tag, rest) = items::split_tag(&repository, &self.words)?;
        let tag = tag.as_deref();
        match rest.as_slice() {
            [] if self.described.is_empty() => self.list(app, &repository, tag),
            [word, text] if word == "add" => self.add(app, &repository, tag, text),
            [id, event] => match event.parse::<ActionEvent>() {
                Ok(ActionEvent::Add) | Err(_) => Err(Failure::usage(format!("{event:?} is nothing that becomes of an action"))
                    .hint("use done, failed or reopen, and of a condition met or failed")),
                Ok(event) => self.settle(app, &repository, tag, (id, event)),
            },
            _ => Err(Failure::usage("an id, and what became of it, are needed")
                .suggest("see what there is", "relsign action")
                .suggest("or add something", "relsign action add TEXT")),
        }
    }

    /// Lists what there is, from local records.
    fn list(&self, app: &App, repository: &Repository, tag: Option<&str>) -> Outcome {
        let trusted = Workspace::load(repository, None)?;
        let loaded = named::load(app, repository, &trusted, (tag, self.delivery.place.env.as_deref()), app.now)?;
        let report = loaded.report();
        release::require_release(&report, &loaded.tag.facts)?;
        if app.globals.json {
            return json::answer(app, &ActionsJson::new(report));
        }
        let (open, settled): (Vec<_>, Vec<_>) = report.course.actions.iter().partition(|action| action.state != ActionState::Done);
        for action in open.into_iter().chain(settled) {
            let mark = match action.state {
                ActionState::Open if action.due.is_some_and(|due| due <= app.now) => "!",
                ActionState::Open => " ",
                ActionState::Done => "+",
                ActionState::Failed => "x",
            };
            app.ui.line(format!("{mark} {}", shown(action, app.now, &app.zone)))?;
        }
        for decision in &report.decisions {
            for condition in &decision.conditions {
                app.ui.line(format!("  {}", of_condition(app, condition)))?;
            }
        }
        if report.course.actions.is_empty() && report.decisions.iter().all(|decision| decision.conditions.is_empty()) {
            app.ui.line(format!("{} has no actions and no conditions", report.tag.short()))?;
        }
        Ok(Exit::Yes)
    }

    /// Adds one.
    fn add(&self, app: &App, repository: &Repository, tag: Option<&str>, text: &str) -> Outcome {
        let trusted = ready::prepare(app, repository, &self.delivery.sharing)?;
        let ready = course::ready(app, repository, &trusted, tag, self.delivery.place.env.as_deref())?;
        identity::require(ready.policy(), &ready.identity.principal, Right::Action)?;
        let action = self.described.action(app, &ready, text)?;
        let id = action.id.clone();
        let mut chain = Chain::new(&ready);
        chain.sign_draft(app, Draft { comment: self.note.clone(), ..ready.draft(Body::Action(action))? })?;
        let after = chain.judge();
        if let Some(added) = after.course.actions.iter().find(|action| action.id == id) {
            ready.announce(app, &format!("adds {}", shown(added, app.now, &app.zone)))?;
        }
        if after.verdict.answer != ready.report.verdict.answer {
            app.ui.warn(format!(
                "{} is {} now, until {id} is done and somebody decides anew",
                after.tag.short(),
                after.verdict.answer.as_str()
            ));
        }
        delivery::deliver_chain(app, chain, &[], &format!("action {id} add"), &self.delivery)
    }

    /// Says what became of an action or a condition.
    fn settle(&self, app: &App, repository: &Repository, tag: Option<&str>, (named, event): (&str, ActionEvent)) -> Outcome {
        if !self.described.is_empty() {
            return Err(Failure::usage("--id, --assignee, --due, --blocks and --not-by describe an action that is added"));
        }
        let trusted = ready::prepare(app, repository, &self.delivery.sharing)?;
        let ready = course::ready(app, repository, &trusted, tag, self.delivery.place.env.as_deref())?;
        let call = Call::new(tag, self.delivery.place.env.as_deref());
        let of_condition = match event {
            ActionEvent::Met => true,
            ActionEvent::Failed => self.decision.is_some() || condition::is_only(&ready.report, named)?,
            _ => false,
        };
        if of_condition {
            return self.settle_condition(app, &ready, &call, (named, event));
        }
        let action = find(&ready.report, named, &call)?;
        require_action(app, &ready, action, event)?;
        let (pieces, evidence) = ready.gather(app, &self.evidence, None)?;
        let mut chain = Chain::new(&ready);
        let draft = Draft { comment: self.note.clone(), evidence, ..ready.draft(word(&action.id, event, None))? };
        let record = chain.sign_draft(app, draft)?;
        let after = chain.judge();
        let settled = after.course.actions.iter().find(|found| found.id == action.id);
        if event == ActionEvent::Done && settled.and_then(|found| found.settled.as_ref()).is_none_or(|mark| mark.record != record) {
            return Err(Failure::refused(format!("{} would not count as done", action.id)).by(Denial::ActionOfOthers));
        }
        let what = match event {
            ActionEvent::Done => "is done",
            ActionEvent::Failed => "failed",
            _ => "is open again",
        };
        ready.announce(app, &format!("{} {what}", action.id))?;
        delivery::deliver_chain(app, chain, &pieces, &format!("action {} {event}", action.id), &self.delivery)
    }

    fn settle_condition(&self, app: &App, ready: &Ready<'_>, call: &Call, (named, event): (&str, ActionEvent)) -> Outcome {
        let Meant { decision, condition } = Meant::find(&ready.report, named, self.decision.as_deref(), call)?;
        condition::require(app, ready, condition, event)?;
        let is_said = self.note.as_deref().is_some_and(|note| !note.trim().is_empty()) || !self.evidence.is_empty();
        let id = &condition.condition.id;
        if event == ActionEvent::Met && !is_said {
            return Err(Failure::usage(format!("that {id} is met needs a note or evidence"))
                .by(Denial::Incomplete)
                .hint("add --note TEXT or --evidence FILE"));
        }
        let (pieces, evidence) = ready.gather(app, &self.evidence, None)?;
        let mut chain = Chain::new(ready);
        let draft = Draft { comment: self.note.clone(), evidence, ..ready.draft(word(id, event, Some(decision)))? };
        chain.sign_draft(app, draft)?;
        let after = chain.judge();
        let due = clock(condition.condition.due, app.now, &app.zone);
        let told = if event == ActionEvent::Met {
            let role = match &condition.condition.assignee {
                Owner::Role(role) => format!(", as {role}"),
                Owner::Person(_) => String::new(),
            };
            format!("{id} is met{role}, before {due}")
        } else {
            format!("{id} failed: it is no-go until somebody decides anew")
        };
        ready.announce(app, &format!("{told} · {}", answer(&after)))?;
        delivery::deliver_chain(app, chain, &pieces, &format!("condition {id} {event}"), &self.delivery)
    }
}

fn word(id: &str, event: ActionEvent, decision: Option<RecordId>) -> Body {
    let id = id.to_owned();
    Body::Action(Action { event, id, decision, text: None, assignee: None, due: None, after: None, blocks: None, not_by: None })
}

/// Finds an action by its id, or by its beginning.
fn find<'r>(report: &'r Report, named: &str, call: &Call) -> Outcome<&'r ActionReport> {
    let actions = &report.course.actions;
    let id = one_of(actions.iter().map(|action| action.id.as_str()), named)?;
    id.and_then(|id| actions.iter().find(|action| action.id == id)).ok_or_else(|| {
        Failure::usage(format!("{} has no action {named:?}", report.tag.short()))
            .suggest("see what there is", call.on("action", ""))
    })
}

/// Refuses whoever may not say something of an action, and says who may.
fn require_action(app: &App, ready: &Ready<'_>, action: &ActionReport, event: ActionEvent) -> Outcome<()> {
    let who = &ready.identity.principal;
    let (id, policy) = (&action.id, ready.policy());
    let settled = action.settled.as_ref().map(|mark| format!(" by {} at {}", mark.by, clock(mark.at, app.now, &app.zone)));
    let (would_be, state) = match event {
        ActionEvent::Done => (ActionState::Done, "done"),
        ActionEvent::Failed => (ActionState::Failed, "failed"),
        _ => (ActionState::Open, "open"),
    };
    if action.state == would_be {
        let settled = settled.unwrap_or_default();
        return Err(Failure::refused(format!("{id} is {state} already{settled}")).by(Denial::NothingToSign));
    }
    let Some(handle) = who.person() else {
        return Err(Failure::refused(format!("{who} is a machine, and only a person settles an action")).by(Denial::Machine));
    };
    let whose = action.assignee.as_ref().map_or_else(|| "the release managers".to_owned(), ToString::to_string);
    if !policy.may(who, Right::Action) && !policy.is_owner(handle, action.assignee.as_ref()) {
        return Err(Failure::refused(format!("{who} may not settle {id}: it was given to {whose}"))
            .by(Denial::ActionOfOthers)
            .hint(format!("who may: {whose}, and {}", policy.who_may(Right::Action))));
    }
    if event == ActionEvent::Done && action.not_by == Some(NotBy::Implementers) && condition::is_implementer(ready, handle)? {
        return Err(
            Failure::refused(format!("{who} may not settle {id}: {handle} made what is released")).by(Denial::ActionOfOthers)
        );
    }
    Ok(())
}

fn answer(report: &Report) -> String {
    let open = report.decisions.iter().flat_map(|decision| &decision.conditions);
    let open = open.filter(|condition| condition.state != crate::model::course::ConditionState::Met).count();
    let met = if open == 0 { "all conditions are met: ".to_owned() } else { String::new() };
    format!("{met}{}", report.verdict.answer.as_str())
}

fn of_condition(app: &App, report: &ConditionReport) -> String {
    let condition = &report.condition;
    let text = safe::fit(&safe::line(&condition.text), 60, "…");
    let due = clock(condition.due, app.now, &app.zone);
    format!("{} · {text} · {} · by {due} · {}", condition.id, condition.assignee, words::condition(report))
}
