//! Conditions of a conditional go: which are met, by whom, and which hold the release up.

use super::release::{Release, Withdrawn};
use super::view::since;
use crate::model::course::{ConditionReport, ConditionState, Mark};
use crate::model::finding::{Finding, Seen};
use crate::model::log::Record;
use crate::model::record::{Action, ActionEvent, Body, Condition, Decide, NotBy};
use crate::sign::verify::Verified;

/// Judges every condition of a decision.
///
/// A condition is met by the first record that says so and counts: good, by the person or role that it was given to, with the decision
/// in view, and made and received before it was due. Nothing else in its place meets it, and without a witness the claimed time is
/// believed.
pub(super) fn judge(
    release: &Release<'_, '_>,
    decision: &Verified<Record>,
    decide: &Decide,
    withdrawn: &Withdrawn,
) -> Vec<ConditionReport> {
    decide.conditions.iter().map(|condition| one(release, decision, condition, withdrawn)).collect()
}

fn one(release: &Release<'_, '_>, decision: &Verified<Record>, condition: &Condition, withdrawn: &Withdrawn) -> ConditionReport {
    let words = release.log.records.values().filter_map(|verified| match &verified.value().body {
        Body::Action(word) if word.decision == Some(decision.id()) && word.id == condition.id && release.owns(verified) => {
            Some((*verified, word))
        }
        _ => None,
    });
    let mut met: Option<Mark> = None;
    let mut failed: Option<Mark> = None;
    for (verified, word) in words {
        let mark = || Mark { record: verified.id(), by: verified.principal().clone(), at: since(release, verified) };
        if word.event == ActionEvent::Failed && release.is_negative(&verified.id()) && !withdrawn.answers(&verified.id()) {
            failed = failed.into_iter().chain([mark()]).min_by_key(|mark| (mark.at, mark.record));
        } else if meets(release, decision, condition, (verified, word), withdrawn) {
            met = met.into_iter().chain([mark()]).min_by_key(|mark| (mark.at, mark.record));
        }
    }
    let state = if failed.is_some() {
        ConditionState::Failed
    } else if met.is_some() {
        ConditionState::Met
    } else if condition.due <= release.context.as_of {
        ConditionState::Overdue
    } else {
        ConditionState::Open
    };
    ConditionReport { condition: condition.clone(), state, settled: failed.or(met) }
}

fn meets(
    release: &Release<'_, '_>,
    decision: &Verified<Record>,
    condition: &Condition,
    (verified, word): (&Verified<Record>, &Action),
    withdrawn: &Withdrawn,
) -> bool {
    let Some(handle) = verified.principal().person() else { return false };
    word.event == ActionEvent::Met
        && release.log.favour(release.context, verified).is_ok()
        && !withdrawn.silences(&verified.id())
        && release.log.history.had_seen(verified.id(), decision.id())
        && release.policy().is_owner(handle, Some(&condition.assignee))
        && verified.value().role.as_ref().is_none_or(|role| release.policy().holds_role(handle, role))
        && !(condition.not_by == Some(NotBy::Implementers) && release.is_implementer(handle))
        && since(release, verified) < condition.due
}

/// Explains which conditions hold a decision up.
pub(super) fn reasons(release: &Release<'_, '_>, decision: &Verified<Record>, conditions: &[ConditionReport]) -> Vec<Finding> {
    let open = conditions.iter().filter_map(|report| {
        let Condition { id, text, assignee, due, .. } = report.condition.clone();
        let seen = match report.state {
            ConditionState::Met => return None,
            ConditionState::Open => Seen::ConditionOpen { id, due, assignee, text },
            ConditionState::Overdue => Seen::ConditionOverdue { id, due, assignee, text },
            ConditionState::Failed => Seen::ConditionFailed { id, text },
        };
        let finding = release.finding(seen).about(&report.condition.id);
        Some(finding.record(report.settled.as_ref().map_or(decision.id(), |mark| mark.record)))
    });
    open.collect()
}

/// Reports on records that say that a condition is met, and do not count.
pub(super) fn not_met(release: &Release<'_, '_>, withdrawn: &Withdrawn) -> Vec<Finding> {
    let mut found = Vec::new();
    for verified in release.log.records.values().filter(|verified| release.owns(verified)) {
        let Body::Action(word) = &verified.value().body else { continue };
        if word.event != ActionEvent::Met || withdrawn.silences(&verified.id()) || release.log.breaks_rule(&verified.id()) {
            continue;
        }
        let decision = word.decision.and_then(|id| release.log.records.get(&id).copied());
        let condition = decision.and_then(|decision| match &decision.value().body {
            Body::Decide(decide) => decide.conditions.iter().find(|condition| condition.id == word.id),
            _ => None,
        });
        let why = match (decision, condition) {
            (Some(decision), Some(condition)) if !meets(release, decision, condition, (verified, word), withdrawn) => {
                why_not(release, decision, condition, verified)
            }
            (Some(_), Some(_)) => continue,
            _ => Seen::NoCondition,
        };
        let seen = Seen::MetIgnored { who: verified.principal().clone(), id: word.id.clone(), why: Box::new(why) };
        found.push(release.cite(verified, seen).about(&word.id));
    }
    found
}

fn why_not(release: &Release<'_, '_>, decision: &Verified<Record>, condition: &Condition, verified: &Verified<Record>) -> Seen {
    let who = verified.principal();
    let Some(handle) = who.person() else { return Seen::IsMachine { who: who.clone() } };
    if !release.policy().is_owner(handle, Some(&condition.assignee)) {
        return Seen::GivenTo { owner: Some(condition.assignee.clone()) };
    }
    if condition.not_by == Some(NotBy::Implementers) && release.is_implementer(handle) {
        return Seen::MadeRelease { who: handle.clone() };
    }
    if !release.log.history.had_seen(verified.id(), decision.id()) {
        return Seen::DecisionUnseen { who: handle.clone() };
    }
    if since(release, verified) >= condition.due {
        return Seen::ConditionLate { at: since(release, verified), due: condition.due };
    }
    match release.log.favour(release.context, verified) {
        Err(refusal) => refusal,
        Ok(()) => Seen::RoleClaimed { who: handle.clone() },
    }
}
