//! Conditions of a conditional go: which are met, by whom, and which hold the release up.

use super::release::Release;
use super::view::since;
use crate::model::course::{ConditionReport, ConditionState, Mark};
use crate::model::finding::{Finding, Seen};
use crate::model::record::{Action, ActionEvent, Condition, Decide, NotBy};
use crate::sign::verify::Verified;

/// Judges every condition of a decision.
///
/// A condition is met by the first record that says so and counts: good, by the person or role that it was given to, with the decision
/// in view, and made and received before it was due. Nothing else in its place meets it, and without a witness the claimed time is
/// believed.
pub(super) fn judge(release: &Release<'_, '_>, decision: &Verified, decide: &Decide) -> Vec<ConditionReport> {
    decide.conditions.iter().map(|condition| one(release, decision, condition)).collect()
}

fn one(release: &Release<'_, '_>, decision: &Verified, condition: &Condition) -> ConditionReport {
    let words = release.words::<Action>();
    let mut met: Option<Mark> = None;
    let mut failed: Option<Mark> = None;
    for (verified, word) in words.filter(|(_, word)| word.decision == Some(decision.id()) && word.id == condition.id) {
        let mark = || Mark { record: verified.id(), by: verified.principal().clone(), at: since(release, verified) };
        let (id, is_met) = (verified.id(), word.event == ActionEvent::Met);
        if word.event == ActionEvent::Failed && release.is_negative(&id) && !release.withdrawn.answers(&id) {
            failed = failed.into_iter().chain([mark()]).min_by_key(|mark| (mark.at, mark.record));
        } else if is_met && !release.withdrawn.silences(&id) && why_not(release, decision, condition, verified).is_none() {
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

/// Explains which conditions hold a decision up.
pub(super) fn reasons(release: &Release<'_, '_>, decision: &Verified, conditions: &[ConditionReport]) -> Vec<Finding> {
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
pub(super) fn not_met(release: &Release<'_, '_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (verified, word) in release.words::<Action>() {
        let (id, is_met) = (verified.id(), word.event == ActionEvent::Met);
        if !is_met || release.withdrawn.silences(&id) || release.log.breaks_rule(&id) {
            continue;
        }
        let decision = word.decision.and_then(|id| release.log.records.get(&id).copied());
        let condition = decision.and_then(|decision| decision.said::<Decide>()?.conditions.iter().find(|one| one.id == word.id));
        let why = match decision.zip(condition) {
            Some((decision, condition)) => why_not(release, decision, condition, verified),
            None => Some(Seen::NoCondition),
        };
        if let Some(why) = why {
            let seen = Seen::MetIgnored { who: verified.principal().clone(), id: word.id.clone(), why: Box::new(why) };
            found.push(release.cite(verified, seen).about(&word.id));
        }
    }
    found
}

/// Says why a record does not meet the condition that it says is met; nothing where it does.
fn why_not(release: &Release<'_, '_>, decision: &Verified, condition: &Condition, verified: &Verified) -> Option<Seen> {
    let who = verified.principal();
    let Some(handle) = who.person() else { return Some(Seen::IsMachine { who: who.clone() }) };
    if !release.policy().is_owner(handle, Some(&condition.assignee)) {
        return Some(Seen::GivenTo { owner: Some(condition.assignee.clone()) });
    }
    if condition.not_by == Some(NotBy::Implementers) && release.is_implementer(handle) {
        return Some(Seen::MadeRelease { who: handle.clone() });
    }
    if !release.log.history.had_seen(verified.id(), decision.id()) {
        return Some(Seen::DecisionUnseen { who: handle.clone() });
    }
    if since(release, verified) >= condition.due {
        return Some(Seen::ConditionLate { at: since(release, verified), due: condition.due });
    }
    let claimed = verified.role.as_ref().filter(|role| !release.policy().holds_role(handle, role));
    release.log.favour(verified).err().or_else(|| claimed.map(|_| Seen::RoleClaimed { who: handle.clone() }))
}
