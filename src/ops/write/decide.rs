//! Deciding: on what basis it would hold, and who a condition is given to.

use super::ready::Ready;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::policy::Policy;
use crate::model::record::Owner;
use crate::model::report::Report;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::release;
use crate::ops::session::Session;
use crate::report::safe::{self, shell_word};

/// Reads a person or a role of the policy, with or without `@`.
pub fn owner(policy: &Policy, text: &str) -> Outcome<Owner> {
    policy.owner_of(text).ok_or_else(|| {
        Failure::usage(format!("{text:?} is neither a person nor a role of the policy"))
            .suggest("see who is there", "relsign policy roster")
    })
}

/// Refuses a decision that would not hold, by the report with it in place: it is not written before anybody sees it.
///
/// # Errors
/// If the records do not satisfy the policy.
pub fn require_basis(session: &Session, ready: &Ready<'_>, report: &Report, id: RecordId) -> Outcome<()> {
    let holds = report.decisions.iter().any(|decision| decision.record == id && decision.holds);
    if holds && report.verdict.reasons.is_empty() {
        return Ok(());
    }
    // A condition that is to be met, and others who have to decide too, are what a decision may wait for.
    let waits = |finding: &Finding| matches!(finding.code, Code::ConditionOpen | Code::DecidersMissing);
    if report.verdict.reasons.iter().all(waits) {
        for reason in &report.verdict.reasons {
            session.say(format!("  {}", safe::line(&reason.message())));
        }
        return Ok(());
    }
    let tag = report.tag.short();
    let own = report.decisions.iter().find(|decision| decision.record == id);
    let own = own.map(|decision| decision.reasons.clone()).unwrap_or_default();
    let takes_others = |code| matches!(code, Code::PreviousOverridden | Code::ChecklistOverridden);
    let is_opener = report.release.as_ref().is_some_and(|release| release.opened_by == ready.identity.principal);
    if !is_opener && !own.is_empty() && own.iter().all(|reason| takes_others(reason.code)) {
        // It is one of several that together stand for what was named by hand.
        for reason in &own {
            session.warn(format!("the decision does not hold yet: {}", reason.seen));
        }
        return Ok(());
    }
    let mut reasons: Vec<_> = if own.is_empty() { report.verdict.reasons.clone() } else { own };
    reasons.retain(|reason| reason.code != Code::DecisionWithoutBasis || report.decisions.len() == 1 && report.items.is_empty());
    let who = &ready.identity.principal;
    let message = format!("{who} cannot record GO on {tag}: the records do not satisfy the policy");
    let mut failure = Failure::new(report.verdict.answer.into(), message).by(Denial::NoBasis);
    for reason in reasons.iter().take(12) {
        failure = failure.because(format!("{}: {}", reason.code, reason.seen));
    }
    if reasons.len() > 12 {
        failure = failure.because(format!("and {} more", reasons.len() - 12));
    }
    release::require_release(report, &ready.loaded.tag.facts)?;
    Err(failure.suggest("see who can unblock it", format!("relsign status {}", shell_word(tag))))
}
