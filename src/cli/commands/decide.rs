//! `relsign decide`.

use clap::ValueEnum;

use super::course::{self, Barred, Call};
use super::delivery::{self, Delivery};
use super::selector::ReleaseSelector;
use super::sign_off;
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding};
use crate::model::policy::{Policy, Right};
use crate::model::record::{Body, Condition, Decide, Decision, NotBy, Owner};
use crate::model::report::{Answer, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::release;
use crate::ops::write::ready::Ready;
use crate::ops::write::{identity, ready, sign};
use crate::report::safe::{self, shell_word};
use crate::report::words;
use crate::sign::verify::Verified;

/// The decision, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// It may go out.
    Go,
    /// It may go out once the conditions are met.
    ConditionalGo,
    /// It may not.
    NoGo,
}

/// Decide GO or no-go on everything that was signed
///
/// GO is refused while an item is not complete, a reject is in effect or a record is missing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then go, conditional-go or no-go
    #[arg(required = true, num_args = 1..=2, value_name = "TAG DECISION")]
    words: Vec<String>,
    /// Why; required for no-go
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// A condition, with --assignee and --due
    ///
    /// Only a conditional go has conditions. Can be repeated.
    #[arg(long, value_name = "TEXT")]
    condition: Vec<String>,
    /// Who meets it: a person, or holders of a role
    #[arg(long, value_name = "@HANDLE|ROLE")]
    assignee: Vec<String>,
    /// By when: a time, a date, or a span such as 2d
    #[arg(long, value_name = "TIME")]
    due: Vec<String>,
    /// Who may not meet the conditions
    ///
    /// That holds whoever they are given to.
    #[arg(long, value_enum, value_name = "implementers", requires = "condition", hide_possible_values = true)]
    not_by: Option<Barred>,
    #[command(flatten)]
    place: ReleaseSelector,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (tag, decision) = match self.words.as_slice() {
            [tag, decision] => (Some(tag.as_str()), decision),
            [decision] => (None, decision),
            _ => return Err(Failure::usage("a decision is needed")),
        };
        let decision = match Word::from_str(decision, true) {
            Ok(Word::Go) => Decision::Go,
            Ok(Word::ConditionalGo) => Decision::ConditionalGo,
            Ok(Word::NoGo) => Decision::NoGo,
            Err(_) => return Err(Failure::usage(format!("{decision:?} is not a decision")).hint("use go, conditional-go or no-go")),
        };
        if decision == Decision::NoGo && self.reason.is_none() {
            return Err(Failure::usage("a no-go needs a reason").by(Denial::Incomplete).hint("add --reason TEXT"));
        }
        self.require_conditions(decision)?;
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.delivery.sharing)?;
        let ready = sign_off::ready(app, &repository, &trusted, tag, &self.place)?;
        let policy = ready.policy();
        let who = &ready.identity.principal;
        identity::require(policy, who, Right::Decide)?;
        let conditions = self.conditions(app, policy)?;
        let manifest = ready.manifest();
        let held = manifest.len() as u64;
        let body = Body::Decide(Decide { decision, manifest, conditions, reason: self.reason.clone() });
        let verified = sign::sign(app, &trusted, &ready.identity, ready.draft(body)?)?;
        let after = match decision {
            Decision::NoGo => None,
            Decision::Go | Decision::ConditionalGo => Some(refuse_without_basis(app, &ready, &verified)?),
        };
        ready.announce(app, &format!("{who} decides {decision} on {}", words::count(held, "record")))?;
        let (line, id) = verified.into_line();
        let signed = SignedRecordJson { id, item: None, counts_as: format!("decides {decision}") };
        let what = format!("decide {decision}");
        let exit = delivery::deliver(app, &ready, (vec![(line, id)], vec![signed]), &[], &what, &self.delivery)?;
        if let Some(after) = after.filter(|after| after.verdict.answer == Answer::Go && after.course.has_stages()) {
            course::say_next(app, &course::next(app, policy, &after, &Call::new(tag, &self.place)));
        } else if decision == Decision::ConditionalGo {
            let call = Call::new(tag, &self.place);
            let is = match self.condition.len() {
                1 => "its condition is",
                _ => "each of its conditions is",
            };
            app.ui.advise(Advice::run(
                format!("relsign gate answers NO until {is} met; whoever it is given to runs"),
                call.on("action", "c1 met --note \"…\""),
            ));
        }
        Ok(exit)
    }

    /// Refuses conditions that are missing, or that the decision can't have.
    fn require_conditions(&self, decision: Decision) -> Outcome<()> {
        let count = self.condition.len();
        if decision != Decision::ConditionalGo {
            return if count == 0 {
                Ok(())
            } else {
                Err(Failure::usage("only a conditional go has conditions").by(Denial::Incomplete).hint("use conditional-go"))
            };
        }
        if count == 0 {
            return Err(Failure::usage("a conditional go needs conditions")
                .by(Denial::Incomplete)
                .hint("--condition TEXT --assignee @HANDLE --due TIME"));
        }
        if [self.assignee.len(), self.due.len()].iter().any(|other| *other != count) {
            let count = words::count(count as u64, "condition");
            return Err(Failure::usage(format!("{count} need an --assignee and a --due each")));
        }
        Ok(())
    }

    fn conditions(&self, app: &App, policy: &Policy) -> Outcome<Vec<Condition>> {
        let count = self.condition.len();
        (0..count)
            .map(|at| {
                Ok(Condition {
                    id: format!("c{}", at + 1),
                    text: self.condition[at].clone(),
                    assignee: owner(policy, &self.assignee[at])?,
                    due: app.time(&self.due[at])?,
                    not_by: self.not_by.map(NotBy::from),
                })
            })
            .collect()
    }
}

/// Reads a person or a role of the policy, with or without `@`.
pub fn owner(policy: &Policy, text: &str) -> Outcome<Owner> {
    policy.owner_of(text).ok_or_else(|| {
        Failure::usage(format!("{text:?} is neither a person nor a role of the policy"))
            .suggest("see who is there", "relsign policy roster")
    })
}

/// Judges the release with the decision in place, before anybody sees it: what would not hold is not written.
fn refuse_without_basis(app: &App, ready: &Ready<'_>, verified: &Verified) -> Outcome<Report> {
    let id = verified.id();
    let mut records = ready.loaded.records.clone();
    records.insert(id, verified.clone());
    let report = crate::evaluate::evaluate(&ready.loaded.context, &records);
    let holds = report.decisions.iter().any(|decision| decision.record == id && decision.holds);
    if holds && report.verdict.reasons.is_empty() {
        return Ok(report);
    }
    // A condition that is to be met, and others who have to decide too, are what a decision may wait for.
    let waits = |finding: &Finding| matches!(finding.code, Code::ConditionOpen | Code::DecidersMissing);
    if report.verdict.reasons.iter().all(waits) {
        for reason in &report.verdict.reasons {
            app.ui.say(format!("  {}", safe::line(&reason.message())));
        }
        return Ok(report);
    }
    let tag = report.tag.short();
    let own =
        report.decisions.iter().find(|decision| decision.record == id).map(|decision| decision.reasons.clone()).unwrap_or_default();
    let takes_others = |code| matches!(code, Code::PreviousOverridden | Code::ChecklistOverridden);
    let is_opener = report.release.as_ref().is_some_and(|release| release.opened_by == ready.identity.principal);
    if !is_opener && !own.is_empty() && own.iter().all(|reason| takes_others(reason.code)) {
        // It is one of several that together stand for what was named by hand.
        for reason in &own {
            app.ui.warn(format!("the decision does not hold yet: {}", reason.seen));
        }
        return Ok(report);
    }
    let mut reasons: Vec<_> = if own.is_empty() { report.verdict.reasons.clone() } else { own };
    reasons.retain(|reason| reason.code != Code::DecisionWithoutBasis || report.decisions.len() == 1 && report.items.is_empty());
    let mut failure = Failure::new(
        report.verdict.answer.into(),
        format!("{} cannot record GO on {tag}: the records do not satisfy the policy", ready.identity.principal),
    );
    failure = failure.by(Denial::NoBasis);
    for reason in reasons.iter().take(12) {
        failure = failure.because(format!("{}: {}", reason.code, reason.seen));
    }
    if reasons.len() > 12 {
        failure = failure.because(format!("and {} more", reasons.len() - 12));
    }
    release::require_release(&report, &ready.loaded.tag.facts)?;
    Err(failure.suggest("see who can unblock it", format!("relsign status {}", shell_word(tag))))
}
