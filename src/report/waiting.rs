//! What people can do about a release now, read off its report.
//!
//! `status` names whoever can, `mine` lists it for one of them, and `approve --all` signs it. All three ask here, so that they can't
//! differ.

use crate::model::course::{ActionReport, ActionState, ConditionReport, ConditionState, StageReport, StageState};
use crate::model::finding::Code;
use crate::model::ids::{Handle, Principal, RecordId};
use crate::model::policy::{Policy, Right};
use crate::model::record::{Decision, NotBy, Phase, StageEvent};
use crate::model::report::{Answer, ItemReport, Need, NeedKind, ReleaseState, Report};
use crate::model::time::Timestamp;

/// Something that somebody can do.
#[derive(Debug, Clone, PartialEq)]
pub enum Task<'a> {
    /// Meet a need of an item: by a word, a review, one more waiver, or by taking a reject back.
    Item(&'a ItemReport, NeedKind),
    /// Settle an action.
    Action(&'a ActionReport),
    /// Meet a condition of a decision.
    Condition(RecordId, &'a ConditionReport),
    /// Move a stage; before the time where there is one it still bakes.
    Stage(&'a StageReport, StageEvent, Option<Timestamp>),
    /// Decide.
    Decide,
}

/// Whether an item can be signed for already: "up and healthy" is nobody's to say before it is out, and what is due at a stage nobody's
/// before that is entered.
pub fn is_due(report: &Report, item: &ItemReport) -> bool {
    let is_late_enough = item.due_from.is_none_or(|from| from <= report.as_of);
    let is_under_way =
        matches!(report.state, ReleaseState::Go | ReleaseState::RollingOut | ReleaseState::Out | ReleaseState::Completed);
    is_late_enough
        && match item.phase {
            Phase::Before => true,
            Phase::After => is_under_way && (report.course.out.is_some() || !report.course.has_stages()),
            Phase::Stage => is_under_way && stage_of(report, item).is_none_or(|stage| stage.entered.is_some()),
            Phase::OnRollback => matches!(report.state, ReleaseState::RollingBack | ReleaseState::RolledBack),
        }
}

/// Says from when on an item is due, where that is still to come.
pub fn due_later(report: &Report, item: &ItemReport, clock: impl Fn(Timestamp) -> String) -> Option<String> {
    if is_due(report, item) {
        return None;
    }
    if let Some(from) = item.due_from.filter(|from| *from > report.as_of) {
        return Some(format!("it is due from {} on", clock(from)));
    }
    Some(match item.phase {
        Phase::Before => "it is not due yet".to_owned(),
        Phase::After => "it is due once the release is out".to_owned(),
        Phase::Stage => format!("it is due once the stage {} is entered", item.id.stage().unwrap_or_default()),
        Phase::OnRollback => "it is due once the release is rolled back".to_owned(),
    })
}

/// Finds the stage at which an item is due, where the checklist has stages.
pub fn stage_of<'a>(report: &'a Report, item: &ItemReport) -> Option<&'a StageReport> {
    let at = item.id.stage()?;
    report.course.stages.iter().find(|stage| stage.id == at)
}

/// Returns the needs of an item that somebody can meet now: there is nothing to review before its owner says that it is done, and
/// what GO needed waits for nobody once there is GO.
pub fn needs<'a>(report: &Report, item: &'a ItemReport) -> impl Iterator<Item = &'a Need> {
    let is_due = is_due(report, item) && !(item.phase == Phase::Before && report.verdict.answer == Answer::Go);
    let waits_for_owner = item.needs.iter().any(|need| need.what == NeedKind::OwnerWord);
    // A reject stands in the way whenever its item is due.
    let is_now = move |need: &&Need| is_due || need.what == NeedKind::RejectResolved;
    item.needs.iter().filter(is_now).filter(move |need| !(waits_for_owner && need.what == NeedKind::Review))
}

/// Returns what somebody can sign off, each with what their signature would count as.
pub fn sign_offs<'a>(report: &'a Report, handle: &Handle) -> Vec<(&'a ItemReport, NeedKind)> {
    let of_item = |item: &'a ItemReport| {
        let own = needs(report, item).filter(|need| need.candidates.contains(handle)).map(|need| need.what);
        own.filter(|what| matches!(what, NeedKind::OwnerWord | NeedKind::Review)).min().map(|what| (item, what))
    };
    report.items.iter().filter_map(of_item).collect()
}

/// Returns everything that somebody can do under the policy that governs the release: items in their order, then actions and
/// conditions by when they are due, stages and the decision.
pub fn of_person<'a>(report: &'a Report, policy: &Policy, handle: &Handle) -> Vec<Task<'a>> {
    let mut tasks: Vec<Task<'a>> = Vec::new();
    if !report.is_over() {
        tasks.extend(sign_offs(report, handle).into_iter().map(|(item, what)| Task::Item(item, what)));
        for item in &report.items {
            let own = needs(report, item).filter(|need| match need.what {
                NeedKind::Waiver => need.candidates.contains(handle),
                NeedKind::RejectResolved => rejected_by(item, need).and_then(Principal::person) == Some(handle),
                _ => false,
            });
            tasks.extend(own.map(|need| Task::Item(item, need.what)));
        }
    }
    let made_it = |not_by: Option<NotBy>| not_by == Some(NotBy::Implementers) && is_implementer(report, handle);
    let mut actions: Vec<_> = report.course.actions.iter().filter(|action| action.state != ActionState::Done).collect();
    actions.retain(|action| policy.is_owner(handle, action.assignee.as_ref()) && !made_it(action.not_by));
    actions.sort_by_key(|action| (action.due.is_none(), action.due));
    tasks.extend(actions.into_iter().map(Task::Action));
    if report.is_over() {
        return tasks;
    }
    for (decision, one) in open_conditions(report) {
        if policy.is_owner(handle, Some(&one.condition.assignee)) && !made_it(one.condition.not_by) {
            tasks.push(Task::Condition(decision, one));
        }
    }
    if let Some((stage, event, from)) = next_stage(report) {
        let named = stage.owner.as_ref().filter(|_| stage.by_person);
        if policy.may(&Principal::Person(handle.clone()), Right::Stage)
            && named.is_none_or(|owner| policy.is_owner(handle, Some(owner)))
        {
            tasks.push(Task::Stage(stage, event, from));
        }
    }
    if waits_for_decision(report) && may_decide(report, handle) {
        tasks.push(Task::Decide);
    }
    tasks
}

/// Whether a decision of somebody's would help: they may decide, and have not done so where others have to as well.
pub fn may_decide(report: &Report, handle: &Handle) -> bool {
    let has_decided = report.decisions.iter().any(|one| {
        one.signer.person() == Some(handle) && one.decision != Decision::NoGo && waits_for_others(report) && one.reasons.is_empty()
    });
    report.deciders.contains(handle) && !has_decided
}

/// Returns the conditions that are open, each with its decision.
pub fn open_conditions(report: &Report) -> impl Iterator<Item = (RecordId, &ConditionReport)> {
    let decisions = report.decisions.iter().filter(|_| report.state == ReleaseState::ConditionalGo);
    let all = decisions.flat_map(|decision| decision.conditions.iter().map(move |one| (decision.record, one)));
    all.filter(|(_, one)| one.state == ConditionState::Open)
}

/// Returns the stage that can be moved next, how, and from when on where it still bakes; nothing where the release may not go on.
///
/// Entering the next one says that the one before held; the last is passed by itself.
pub fn next_stage(report: &Report) -> Option<(&StageReport, StageEvent, Option<Timestamp>)> {
    let reached = report.course.reached();
    if report.verdict.answer != Answer::Go || reached.is_some_and(|stage| stage.state == StageState::Failed) {
        return None;
    }
    let from = reached.filter(|stage| stage.state == StageState::Baking && !stage.bake_waived).and_then(|stage| stage.bakes_until);
    match report.course.next() {
        Some(stage) => Some((stage, StageEvent::Enter, from)),
        None => reached.filter(|stage| stage.state != StageState::Passed).map(|stage| (stage, StageEvent::Pass, from)),
    }
}

/// Whether a decision is all that the release waits for.
pub fn waits_for_decision(report: &Report) -> bool {
    let codes = [
        Code::NotDecided,
        Code::DecidersMissing,
        Code::DecisionSuspended,
        Code::UnseenNegative,
        Code::DecisionWithoutBasis,
        Code::ConditionFailed,
        Code::ConditionOverdue,
    ];
    report.verdict.answer == Answer::NoGo
        && report.course.rollback.is_none()
        && !report.verdict.reasons.is_empty()
        && report.verdict.reasons.iter().all(|reason| codes.contains(&reason.code))
}

/// Whether somebody has decided, and others have to as well.
fn waits_for_others(report: &Report) -> bool {
    report.verdict.reasons.iter().all(|reason| reason.code == Code::DecidersMissing)
}

/// Finds who rejected an item, where that is what a need is about.
fn rejected_by<'a>(item: &'a ItemReport, need: &Need) -> Option<&'a Principal> {
    item.sign_offs.iter().find(|word| Some(word.record) == need.record).map(|word| &word.signer)
}

/// Whether somebody made what is released.
fn is_implementer(report: &Report, handle: &Handle) -> bool {
    report
        .release
        .as_ref()
        .is_some_and(|release| release.implementers.people.contains(handle) || release.implementers.tagger.as_ref() == Some(handle))
}

/// Says what a signature that meets a need counts as.
pub fn counts_as(what: NeedKind) -> &'static str {
    match what {
        NeedKind::OwnerWord => "as owner: done",
        NeedKind::Review => "as reviewer: reviewed",
        NeedKind::Waiver => "as one more who waives it",
        NeedKind::RejectResolved => "as a withdrawal of your reject",
        NeedKind::Children | NeedKind::CheckPassed => "as a check",
    }
}
