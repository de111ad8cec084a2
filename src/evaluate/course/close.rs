//! The end of a release: what it takes to be completed or closed as rolled back.

use super::actions::{self, Times};
use super::rollback;
use super::stages::{self, Stages};
use crate::evaluate::release::Release;
use crate::evaluate::view::{View, since};
use crate::evaluate::{basis, verdict};
use crate::model::course::{ActionReport, ActionState, CloseReport, Lack, LackKind, RollbackReport};
use crate::model::finding::{Finding, Seen};
use crate::model::policy::Right;
use crate::model::record::{Blocks, Close, Outcome, Phase, RollbackEvent};
use crate::model::report::ItemReport;
use crate::sign::verify::Verified;

/// Judges everything that was said of the end, in the order of the log. Each is judged by what its signer had seen, so that nothing
/// that comes later completes a release or takes its end away, but a decision that takes it up again.
pub(super) fn judge(view: &View<'_, '_, '_>, findings: &mut Vec<Finding>) -> Vec<CloseReport> {
    let release = view.release;
    let mut found = Vec::new();
    for (verified, close) in release.words_in_order::<Close>() {
        let mut report = one(view, verified, close);
        let is_over = !view.is_after_taking_up(verified.id());
        report.counts &= !is_over;
        if !report.counts && !is_over {
            let (who, lacks) = (verified.principal().clone(), report.lacks.clone());
            findings.push(release.cite(verified, Seen::CloseIncomplete { who, outcome: close.outcome, lacks }));
        }
        found.push(report);
    }
    found
}

fn one(now: &View<'_, '_, '_>, verified: &Verified, close: &Close) -> CloseReport {
    let who = verified.principal();
    let has_right = who.person().is_some() && now.release.authorises(verified, Right::Close);
    let mut lacks = if has_right { Vec::new() } else { vec![lack(LackKind::Right, None)] };
    if close.outcome != Outcome::Abandoned {
        lacks.extend(lacked(now, verified, close));
    }
    CloseReport {
        mark: now.mark(verified),
        outcome: close.outcome,
        reason: close.reason.clone(),
        leave: close.leave.clone(),
        counts: lacks.is_empty(),
        lacks,
    }
}

/// Returns what an end lacks by what its signer had seen, but for what it leaves on purpose.
fn lacked(now: &View<'_, '_, '_>, verified: &Verified, close: &Close) -> Vec<Lack> {
    let release = now.release;
    let log = release.log.as_seen_by(verified.id());
    let Some(then) = Release::new(&log, release.verified) else { return vec![lack(LackKind::Decision, None)] };
    let at = since(&then, verified);
    let decisions = verdict::decisions(&then);
    let decided = verdict::agreed(&then, &decisions).ok();
    let view = View::new(&then, &then.everything, at, verdict::taken_up(&then, &decisions)).without(&now.early);
    let mut items = basis::judge(&then, &then.everything, at).items;
    let stages = stages::judge(&view, &items);
    stages.confirm(&mut items);
    let back = rollback::judge(&view, &mut Vec::new());
    let times = Times::of(&view, &stages, None, back.as_ref(), &decisions, decided);
    let actions = actions::judge(&view, &times, &mut Vec::new());
    let mut lacks = match close.outcome {
        Outcome::Completed => lacks_to_complete(&view, &stages, &items, &actions, decided.is_some()),
        Outcome::RolledBack | Outcome::Abandoned => lacks_to_go_back(back.as_ref(), &items, &actions),
    };
    lacks.retain(|lack| !(lack.may_be_left && lack.id.as_ref().is_some_and(|id| close.leave.contains(id))));
    lacks
}

/// Returns what a release lacks to be completed: a decision, its stages entered and passed, its items of afterwards, its actions.
pub(super) fn lacks_to_complete(
    view: &View<'_, '_, '_>,
    stages: &Stages,
    items: &[ItemReport],
    actions: &[ActionReport],
    is_decided: bool,
) -> Vec<Lack> {
    let mut lacks = Vec::new();
    if !is_decided || !rollback::taken_back_in(view).is_empty() {
        lacks.push(lack(LackKind::Decision, None));
    }
    for ((stage, not_entered), not_passed) in stages.reports.iter().zip(&stages.not_entered).zip(&stages.not_passed) {
        if not_entered.is_some() {
            lacks.push(lack(LackKind::StageNotEntered, Some(&stage.id)));
        } else if !not_passed.is_empty() {
            lacks.push(lack(LackKind::StageNotPassed, Some(&stage.id)));
        }
    }
    lacks.extend(open_items(items, Phase::After));
    lacks.extend(open_actions(actions));
    lacks
}

/// Returns what a release lacks to be closed as rolled back: the end of its roll-back, the items of one, its actions.
fn lacks_to_go_back(back: Option<&RollbackReport>, items: &[ItemReport], actions: &[ActionReport]) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let is_done = back.and_then(|back| back.ended.as_ref()).is_some_and(|(event, _)| *event == RollbackEvent::Done);
    if !is_done {
        lacks.push(lack(LackKind::Rollback, None));
    }
    lacks.extend(open_items(items, Phase::OnRollback));
    lacks.extend(open_actions(actions));
    lacks
}

fn open_items(items: &[ItemReport], phase: Phase) -> impl Iterator<Item = Lack> + '_ {
    let open = items.iter().filter(move |item| item.phase == phase && !item.optional && !item.state.is_settled());
    open.map(|item| lack(LackKind::Item, Some(item.id.as_str())))
}

fn open_actions(actions: &[ActionReport]) -> impl Iterator<Item = Lack> + '_ {
    let open = actions.iter().filter(|action| action.blocks.is_some() && action.state != ActionState::Done);
    open.map(|action| Lack {
        may_be_left: !action.required && action.blocks == Some(Blocks::Close),
        ..lack(LackKind::Action, Some(&action.id))
    })
}

fn lack(kind: LackKind, id: Option<&str>) -> Lack {
    Lack { kind, id: id.map(str::to_owned), may_be_left: false }
}
