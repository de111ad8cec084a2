//! Actions: what is to be done besides the items, by whom and by when, and what became of it.

use std::collections::BTreeSet;

use super::stages::Stages;
use super::view::View;
use crate::evaluate::release::Release;
use crate::model::course::{ActionReport, ActionState, Mark, RollbackReport};
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::{Action, ActionEvent, After, Blocks, Body, Moment, NotBy, OpenAction, Owner};
use crate::model::report::{DecisionReport, ItemReport};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// When the events were from which times are counted, as far as they are over.
pub(super) struct Times {
    open: Timestamp,
    decision: Option<Timestamp>,
    deploy: Option<Timestamp>,
    rollback: Option<Timestamp>,
}

impl Times {
    pub(super) fn of(
        view: &View<'_, '_, '_>,
        stages: &Stages,
        out: Option<&Mark>,
        rollback: Option<&RollbackReport>,
        decisions: &[DecisionReport],
        decided: Option<RecordId>,
    ) -> Self {
        let decision = decisions.iter().find(|decision| Some(decision.record) == decided).map(|decision| decision.basis_time);
        // A deployment that deviated from the plan is one all the same.
        let entered = stages.reports.last().and_then(|stage| stage.entered.as_ref());
        Self {
            open: view.release.opened_at,
            decision,
            deploy: out.or(entered).map(|mark| mark.at),
            rollback: rollback.map(|rollback| rollback.began),
        }
    }

    fn at(&self, event: Moment) -> Option<Timestamp> {
        match event {
            Moment::Open => Some(self.open),
            Moment::Decision => self.decision,
            Moment::Deploy => self.deploy,
            Moment::Rollback => self.rollback,
        }
    }

    fn after(&self, event: Moment, seconds: u64) -> Option<Timestamp> {
        self.at(event).map(|at| at.plus(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    /// Works out when an item is due.
    pub(super) fn fill(&self, item: &mut ItemReport) {
        let Some(due) = item.due else { return };
        item.due_from = due.from.and_then(|seconds| self.after(due.event, seconds));
        item.due_to = due.to.and_then(|seconds| self.after(due.event, seconds));
    }
}

/// Judges the actions of a release over a view.
pub(super) fn judge(view: &View<'_, '_, '_>, times: &Times, findings: &mut Vec<Finding>) -> Vec<ActionReport> {
    let due = |due: Option<Timestamp>, after: Option<After>| {
        due.or_else(|| after.and_then(|After { event, seconds }| times.after(event, seconds)))
    };
    let all = all(view);
    let mut reports = Vec::new();
    for (action, added) in &all {
        let (state, settled) = stands(view, action, findings);
        reports.push(ActionReport {
            id: action.id.clone(),
            text: action.text.clone(),
            assignee: action.assignee.clone(),
            due: due(action.due, action.after),
            after: action.after,
            blocks: action.blocks,
            not_by: action.not_by,
            required: action.required,
            added: added.map(|verified| view.mark(verified)),
            state,
            settled: settled.map(|verified| view.mark(verified)),
            left: false,
        });
    }
    reports
}

/// Returns the actions of the open record, then those that people added who may, in the order of the log; of several with one id the
/// first.
fn all<'a>(view: &View<'_, 'a, '_>) -> Vec<(OpenAction, Option<&'a Verified<Record>>)> {
    let mut found: Vec<(OpenAction, Option<&Verified<Record>>)> = Vec::new();
    for action in &view.release.open.actions {
        if found.iter().all(|(other, _)| other.id != action.id) {
            found.push((action.clone(), None));
        }
    }
    let mut added: Vec<(&Verified<Record>, &Action)> = view
        .records()
        .filter_map(|verified| match &verified.value().body {
            Body::Action(action) if action.event == ActionEvent::Add => Some((verified, action)),
            _ => None,
        })
        .filter(|(verified, action)| {
            // What holds up GO counts like any negative record.
            let holds_up = action.blocks == Some(Blocks::Go)
                && view.release.is_negative(&verified.id())
                && !view.withdrawn.answers(&verified.id());
            holds_up || view.counts(verified, Right::Action)
        })
        .collect();
    added.sort_by_key(|(verified, _)| (view.release.log.history.generation(verified.id()), verified.id()));
    let mut ids: BTreeSet<String> = found.iter().map(|(action, _)| action.id.clone()).collect();
    for (verified, action) in added {
        if ids.insert(action.id.clone()) {
            let text = action.text.clone().unwrap_or_default();
            let Action { id, assignee, due, after, blocks, not_by, .. } = action.clone();
            found.push((OpenAction { id, text, assignee, due, after, blocks, not_by, required: false }, Some(verified)));
        }
    }
    found
}

/// Returns where an action stands, by the last that was said of it.
fn stands<'a>(
    view: &View<'_, 'a, '_>,
    action: &OpenAction,
    findings: &mut Vec<Finding>,
) -> (ActionState, Option<&'a Verified<Record>>) {
    let mut counting: Vec<(&Verified<Record>, ActionEvent)> = Vec::new();
    for verified in view.records() {
        let Body::Action(word) = &verified.value().body else { continue };
        if word.id != action.id || word.decision.is_some() {
            continue;
        }
        let who = verified.principal();
        match word.event {
            ActionEvent::Done => match settles(view, verified, action) {
                Ok(true) => counting.push((verified, word.event)),
                Ok(false) => {}
                Err(why) => {
                    let message = format!("{who} says that {} is done, which does not count: {why}", action.id);
                    findings.push(view.release.cite(Code::ActionNotTheirs, verified, message).about(&action.id));
                }
            },
            ActionEvent::Failed | ActionEvent::Reopen => {
                let may = view.ever_may(who, Right::Action) || is_assignee(view.release, verified, action.assignee.as_ref());
                if !may {
                    let whose = action.assignee.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
                    let message =
                        format!("{who} says {} of {}, which does not count: it was given to {whose}", word.event, action.id);
                    findings.push(view.release.cite(Code::ActionNotTheirs, verified, message).about(&action.id));
                } else if !view.withdrawn.answers(&verified.id()) {
                    counting.push((verified, word.event));
                }
            }
            ActionEvent::Add | ActionEvent::Met => {}
        }
    }
    let ids: Vec<RecordId> = counting.iter().map(|(verified, _)| verified.id()).collect();
    let last: BTreeSet<RecordId> = view.release.log.history.latest(&ids).into_iter().collect();
    let of =
        |event| counting.iter().find(|(verified, other)| *other == event && last.contains(&verified.id())).map(|(one, _)| *one);
    if let Some(failed) = of(ActionEvent::Failed) {
        (ActionState::Failed, Some(failed))
    } else if let Some(reopened) = of(ActionEvent::Reopen) {
        (ActionState::Open, Some(reopened))
    } else {
        of(ActionEvent::Done).map_or((ActionState::Open, None), |done| (ActionState::Done, Some(done)))
    }
}

/// Whether a record settles an action: by whoever was given it, or who may settle any; nothing where it does not count as a record.
///
/// # Errors
/// Why its signer may not.
fn settles(view: &View<'_, '_, '_>, verified: &Verified<Record>, action: &OpenAction) -> Result<bool, String> {
    if !view.is_good(verified) {
        return Ok(false);
    }
    let release = view.release;
    let who = verified.principal();
    let Some(handle) = who.person() else { return Err(format!("{who} is a machine")) };
    if !release.policy().may(who, Right::Action) && !is_assignee(release, verified, action.assignee.as_ref()) {
        let whose = action.assignee.as_ref().map_or_else(|| "the release managers".to_owned(), ToString::to_string);
        return Err(format!("it was given to {whose}"));
    }
    if action.not_by == Some(NotBy::Implementers) && is_implementer(release, handle) {
        return Err(format!("{handle} made what is released"));
    }
    Ok(true)
}

/// Whether a record is by a person to whom something was given: who holds the role, or the release managers where nobody is named.
pub(super) fn is_assignee(release: &Release<'_, '_>, verified: &Verified<Record>, assignee: Option<&Owner>) -> bool {
    verified.principal().person().is_some_and(|handle| release.policy().is_owner(handle, assignee))
}

/// Whether a person made what is released.
pub(in crate::evaluate) fn is_implementer(release: &Release<'_, '_>, handle: &crate::model::ids::Handle) -> bool {
    let implementers = &release.open.implementers;
    implementers.people.contains(handle) || implementers.tagger.as_ref() == Some(handle) || release.tag_made_by == Some(handle)
}

/// Reports on the actions that hold up GO over a view.
pub(in crate::evaluate) fn blocking(view: &View<'_, '_, '_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (action, _) in all(view).iter().filter(|(action, _)| action.blocks == Some(Blocks::Go)) {
        let (state, said) = stands(view, action, &mut Vec::new());
        let what = match state {
            ActionState::Done => continue,
            ActionState::Open => "is open",
            ActionState::Failed => "failed",
        };
        let finding = view.release.finding(Code::ActionOpen, format!("the action {} {what}: {}", action.id, action.text));
        let finding = said.map_or(finding.clone(), |said| finding.record(said.id()));
        found.push(finding.about(&action.id));
    }
    found
}

/// Whether what is said of an action may hold up GO: one of that id does, or none is known here.
pub(in crate::evaluate) fn may_block(release: &Release<'_, '_>, id: &str) -> bool {
    let of_open = release.open.actions.iter().filter(|action| action.id == id).map(|action| action.blocks);
    let added = release.log.records.values().filter_map(|verified| match &verified.value().body {
        Body::Action(action) if action.event == ActionEvent::Add && action.id == id && release.owns(verified) => {
            Some(action.blocks)
        }
        _ => None,
    });
    let mut known = of_open.chain(added).peekable();
    known.peek().is_none() || known.any(|blocks| blocks == Some(Blocks::Go))
}
