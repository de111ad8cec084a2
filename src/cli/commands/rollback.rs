//! `relsign rollback`.

mod pairs;

use self::pairs::{Pairs, Word};
use super::course::{self, Call, at};
use super::delivery::{Delivery, deliver_chain};
use crate::cli::app::App;
use crate::git::Repository;
use crate::model::course::{ReadingReport, RollbackReport, StepReport};
use crate::model::denial::Denial;
use crate::model::ids::TagName;
use crate::model::policy::Right;
use crate::model::record::{Body, PreviousRelease, Rollback, RollbackEvent, StepResult};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::{before, items, releases};
use crate::ops::workspace::Workspace;
use crate::ops::write::chain::Chain;
use crate::ops::write::ready::Ready;
use crate::ops::write::{identity, ready};
use crate::report::course::{action, in_order, lasting, stage as named, step};
use crate::report::{safe, words};

/// Go back to the release before, and record the steps; it never waits for anybody
///
/// Without more it shows where it goes and asks once. It works alone, without the network, in a freeze and outside the
/// window. From its first record on the release is in no GO, until somebody decides anew.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag, then what became of steps or of the whole
    ///
    /// The tag may be left out if one release is open. Behind it stands nothing to begin; numbers of steps and done, skip or
    /// failed; or done or failed for the whole.
    #[arg(value_name = "TAG STEP RESULT")]
    words: Vec<String>,
    /// What fired: the number of a trigger, or words of one
    #[arg(long, value_name = "N|TEXT")]
    trigger: Option<String>,
    /// Go back to this release instead of the one before
    #[arg(long, value_name = "TAG", conflicts_with = "flag_only")]
    to: Option<String>,
    /// Nothing is deployed: only a feature flag is turned off
    #[arg(long)]
    flag_only: bool,
    /// Why; required for what was skipped or failed
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// When it really happened, where it is written down later
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Begin without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let (tag, rest) = items::split_tag(&repository, &self.words)?;
        let word = Word::of(&rest)?;
        let of_start = self.trigger.is_some() || self.to.is_some() || self.flag_only;
        if of_start && word != Word::Start {
            return Err(Failure::usage("--trigger, --to and --flag-only are said when it begins"));
        }
        let trusted = ready::prepare(app, &repository, &self.delivery.sharing)?;
        let ready = course::ready(app, &repository, &trusted, tag.as_deref(), self.delivery.place.env.as_deref())?;
        identity::require(ready.policy(), &ready.identity.principal, Right::Rollback)?;
        let call = Call::new(tag.as_deref(), self.delivery.place.env.as_deref());
        let happened = self.at.as_deref().map(|text| app.time(text)).transpose()?;
        if happened.is_some_and(|at| at > app.now) {
            return Err(Failure::usage("a roll-back can't have happened later than now").by(Denial::Incomplete));
        }
        match word {
            Word::Start => self.start(app, &repository, &trusted, &ready, (&call, happened)),
            Word::Steps(pairs) => self.steps(app, &ready, (&call, happened), &pairs),
            Word::End(event) => self.end(app, &ready, (&call, happened), event),
        }
    }

    /// Begins it.
    fn start(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &Workspace,
        ready: &Ready<'_>,
        (call, happened): (&Call, Option<Timestamp>),
    ) -> Outcome {
        let report = &ready.report;
        let tag = report.tag.short();
        if let Some(rollback) = &report.course.rollback {
            let (by, when) = (&rollback.start.by, at(app, rollback.began));
            let failure = Failure::refused(format!("the roll-back of {tag} was begun by {by} at {when}")).by(Denial::RollbackBegun);
            let next = course::next(app, ready.policy(), report, call);
            return Err(next.into_iter().fold(failure, |failure, line| failure.suggest("next", line)));
        }
        let to = self.target(app, repository, trusted, report)?;
        let (trigger, reason) = self.trigger(report)?;
        tell_plan(app, report, to.as_ref(), (trigger, reason.as_deref()));
        self.confirm(app, call)?;
        let body = Rollback { to: to.clone(), trigger, reason, ..Rollback::new(RollbackEvent::Start, happened) };
        let mut chain = Chain::new(ready);
        chain.sign(app, Body::Rollback(body))?;
        let after = chain.judge();
        if let Some(rollback) = &after.course.rollback {
            tell_steps(app, rollback, call);
        }
        deliver_chain(app, chain, &[], "rollback", &self.delivery)
    }

    /// Asks once, unless the call says that it is meant.
    fn confirm(&self, app: &App, call: &Call) -> Outcome<()> {
        if self.yes || self.trigger.is_some() || app.dry_run {
            return Ok(());
        }
        match app.ui.confirm("Go back now?", false) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::refused("nothing was signed").by(Denial::Unconfirmed)),
            None => Err(Failure::usage("a roll-back asks once, and nobody can be asked here")
                .suggest("say what fired", call.on("rollback", "--trigger N"))
                .suggest("or that it is meant", call.on("rollback", "--yes"))),
        }
    }

    /// Finds the release that is gone back to.
    fn target(&self, app: &App, repository: &Repository, trusted: &Workspace, report: &Report) -> Outcome<Option<PreviousRelease>> {
        if self.flag_only {
            return Ok(None);
        }
        let Some(named) = &self.to else { return Ok(before::before(app, repository, trusted, report)) };
        let name = TagName::from_user(named)?;
        let environment = report.release.as_ref().map(|release| release.environment.clone());
        let other = releases::load(repository, trusted, &name, app.now, environment)?.report();
        let Some(release) = other.release.as_ref().filter(|_| other.tag != report.tag) else {
            return Err(Failure::usage(format!("{named} is no release that can be gone back to"))
                .hint("name another release of the same environment, or omit --to"));
        };
        if other.course.out.is_none() {
            app.ui.warn(format!("{named} was never out in GO as far as records say, so a gate will not let it out for this"));
        }
        let (tag_object, commit) = (release.tag_object, release.commit);
        Ok(Some(PreviousRelease { tag: name, tag_object, commit, overridden: false }))
    }

    /// Reads what fired: the number of a trigger, or else words, which become the reason where no trigger has them.
    fn trigger(&self, report: &Report) -> Outcome<(Option<u32>, Option<String>)> {
        let triggers = report.release.as_ref().map(|release| release.triggers.as_slice()).unwrap_or_default();
        let reason = || self.reason.clone();
        let Some(named) = &self.trigger else { return Ok((None, reason())) };
        if let Ok(number) = named.parse::<u32>() {
            return match triggers.iter().any(|trigger| trigger.id == number) {
                true => Ok((Some(number), reason())),
                false => {
                    let failure = Failure::usage(format!("{} has no trigger {number}", report.tag.short()));
                    Err(match triggers.len() {
                        0 => failure.hint("its checklist has none: --trigger \"what happened\""),
                        count => failure.hint(format!("they are numbered 1 to {count}; or --trigger \"what happened\"")),
                    })
                }
            };
        }
        let wanted = named.to_lowercase();
        let found: Vec<u32> =
            triggers.iter().filter(|trigger| trigger.text.to_lowercase().contains(&wanted)).map(|trigger| trigger.id).collect();
        match (found.as_slice(), reason()) {
            ([one], reason) => Ok((Some(*one), reason)),
            (_, Some(reason)) => Ok((None, Some(format!("{named}: {reason}")))),
            (_, None) => Ok((None, Some(named.clone()))),
        }
    }

    /// Says what became of steps.
    fn steps(&self, app: &App, ready: &Ready<'_>, (call, happened): (&Call, Option<Timestamp>), pairs: &Pairs) -> Outcome {
        let rollback = begun(ready, call)?;
        let mut chain = Chain::new(ready);
        let mut told = Vec::new();
        for (numbers, result) in pairs {
            for number in numbers {
                if !rollback.steps.iter().any(|step| step.number == *number) {
                    return Err(Failure::refused(format!("{} has no step {number}", ready.report.tag.short()))
                        .by(Denial::NoStep)
                        .hint(format!("its roll-back has {}", words::count_of(&rollback.steps, "step"))));
                }
                let reason = self.reason.clone().filter(|_| *result != StepResult::Done);
                if *result != StepResult::Done && reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
                    return Err(Failure::usage(format!("step {number} needs a reason why it was {result}"))
                        .by(Denial::Incomplete)
                        .hint("add --reason TEXT"));
                }
                let (step, result) = (Some(*number), Some(*result));
                let body = Rollback { reason, step, result, ..Rollback::new(RollbackEvent::Step, happened) };
                chain.sign(app, Body::Rollback(body))?;
            }
            let what = match result {
                StepResult::Done => "done",
                StepResult::Skipped => "not needed",
                StepResult::Failed => "failed",
            };
            let steps = if told.is_empty() { if numbers.len() == 1 { "step " } else { "steps " } } else { "" };
            told.push(format!("{steps}{} {what}", words::and(numbers)));
        }
        ready.announce(app, &told.join(", "))?;
        let after = chain.judge();
        let exit = deliver_chain(app, chain, &[], "rollback steps", &self.delivery)?;
        course::say_next(app, &course::next(app, ready.policy(), &after, call));
        Ok(exit)
    }

    /// Says that it is back, or that it did not work.
    fn end(&self, app: &App, ready: &Ready<'_>, (call, happened): (&Call, Option<Timestamp>), event: RollbackEvent) -> Outcome {
        let rollback = begun(ready, call)?;
        if event == RollbackEvent::Failed && self.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            return Err(Failure::usage("a roll-back that failed needs a reason").by(Denial::Incomplete).hint("add --reason TEXT"));
        }
        let open: Vec<u32> =
            in_order(&rollback.steps).into_iter().filter(|step| step.result.is_none()).map(|step| step.number).collect();
        if event == RollbackEvent::Done && !open.is_empty() {
            let steps = if open.len() == 1 { "step" } else { "steps" };
            app.ui.warn(format!("nothing was said of {steps} {}", words::and(&open)));
        }
        let body = Rollback { reason: self.reason.clone(), ..Rollback::new(event, happened) };
        let mut chain = Chain::new(ready);
        chain.sign(app, Body::Rollback(body))?;
        let after = chain.judge();
        let to = rollback.to.as_ref().map(|to| format!(" to {}", to.tag.short())).unwrap_or_default();
        let took = lasting(happened.unwrap_or(app.now).seconds() - rollback.began.seconds());
        let who = &ready.identity.principal;
        let tag = ready.report.tag.short();
        app.ui.say(match event {
            RollbackEvent::Done => format!("{tag} rolled back{to} in {took} · verified by {who} at {}", course::at(app, app.now)),
            _ => format!("the roll-back of {tag}{to} failed after {took}, by {who}"),
        });
        for open in after.course.actions.iter().filter(|action| action.settled.is_none() && action.due.is_some()) {
            app.ui.say(format!("  {}", action(open, app.now, &app.zone)));
        }
        let exit = deliver_chain(app, chain, &[], "rollback", &self.delivery)?;
        course::say_next(app, &course::next(app, ready.policy(), &after, call));
        Ok(exit)
    }
}

/// Returns the roll-back that was begun.
fn begun<'r>(ready: &'r Ready<'_>, call: &Call) -> Outcome<&'r RollbackReport> {
    ready.report.course.rollback.as_ref().ok_or_else(|| {
        Failure::refused(format!("the roll-back of {} has not begun", ready.report.tag.short()))
            .by(Denial::NotBegun)
            .suggest("begin it", call.on("rollback", ""))
    })
}

/// Says where it goes, and why.
fn tell_plan(app: &App, report: &Report, to: Option<&PreviousRelease>, (trigger, reason): (Option<u32>, Option<&str>)) {
    let tag = report.tag.short();
    app.ui.say(match to {
        Some(to) => format!("{tag} goes back to {}", to.tag.short()),
        None => format!("{tag} goes back, and nothing is deployed in its place"),
    });
    match (&report.course.out, report.course.reached()) {
        (None, Some(stage)) => app.ui.say(format!("  reached  {}", named(stage))),
        (None, None) => app.ui.warn(format!("{tag} is not out, as far as records say")),
        (Some(_), _) => {}
    }
    let found = trigger.and_then(|number| report.release.as_ref()?.triggers.iter().find(|trigger| trigger.id == number));
    if let Some(trigger) = found {
        let read = last_reading(report, trigger.limit.as_ref().map(|limit| limit.id.as_str()));
        let read = read.and_then(|reading| Some((reading.value.as_deref()?, reading.to)));
        let read = read.map(|(value, to)| format!("; last reading {} at {}", safe::line(value), at(app, to)));
        app.ui.say(format!("  trigger  {} {}{}", trigger.id, safe::line(&trigger.text), read.unwrap_or_default()));
    }
    if let Some(reason) = reason {
        app.ui.say(format!("  reason   {}", safe::line(reason)));
    }
}

/// Finds the last reading of a limit of that id in any stage.
fn last_reading<'r>(report: &'r Report, limit: Option<&str>) -> Option<&'r ReadingReport> {
    let limits = report.course.stages.iter().flat_map(|stage| &stage.limits).filter(|read| Some(read.limit.id.as_str()) == limit);
    limits.filter_map(|limit| limit.reading.as_ref()).max_by_key(|reading| reading.to)
}

/// Shows the steps in the order in which they are taken.
fn tell_steps(app: &App, rollback: &RollbackReport, call: &Call) {
    app.ui.say(format!("  started  {} by {}", words::local_time(rollback.began, &app.zone), rollback.start.by));
    let steps: Vec<&StepReport> = in_order(&rollback.steps);
    if steps.is_empty() {
        app.ui.say("the checklist has no steps for it; once it is back:");
        app.ui.say(format!("  {}", call.on("rollback", "done")));
        return;
    }
    app.ui.say("now, in this order:");
    for one in &steps {
        // A command in it must be whole, to be copied.
        app.ui.say(step(one, usize::MAX, app.now, &app.zone));
    }
    app.ui.say(format!("{} · 2 skip --reason … · 3 failed --reason …", call.on("rollback", "1 done")));
}
