//! What became of actions: which there are, who may settle one, and which of them hold up GO.

use std::collections::BTreeSet;

use super::reason::Refusal;
use super::release::Release;
use super::view::View;
use crate::model::course::ActionState;
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::{Action, ActionEvent, Blocks, Body, NotBy, OpenAction, Owner};
use crate::sign::verify::Verified;

/// Returns the actions of the open record, then those that people added who may, in the order of the log; of several with one id the
/// first.
pub(super) fn all<'a>(view: &View<'_, 'a, '_>) -> Vec<(OpenAction, Option<&'a Verified<Record>>)> {
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
pub(super) fn stands<'a>(
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
                    let message = format!("{who} says that {} is done, which does not count: {}", action.id, why.message);
                    findings.push(view.release.cite(why.code, verified, message).about(&action.id));
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
fn settles(view: &View<'_, '_, '_>, verified: &Verified<Record>, action: &OpenAction) -> Result<bool, Refusal> {
    if !view.is_good(verified) {
        return Ok(false);
    }
    let release = view.release;
    let who = verified.principal();
    let Some(handle) = who.person() else { return Err(Refusal::new(Code::MachineNotPerson, format!("{who} is a machine"))) };
    if !release.policy().may(who, Right::Action) && !is_assignee(release, verified, action.assignee.as_ref()) {
        let whose = action.assignee.as_ref().map_or_else(|| "the release managers".to_owned(), ToString::to_string);
        return Err(Refusal::new(Code::ActionNotTheirs, format!("it was given to {whose}")));
    }
    if action.not_by == Some(NotBy::Implementers) && release.is_implementer(handle) {
        return Err(Refusal::new(Code::ActionNotTheirs, format!("{handle} made what is released")));
    }
    Ok(true)
}

/// Whether a record is by a person to whom something was given: who holds the role, or the release managers where nobody is named.
fn is_assignee(release: &Release<'_, '_>, verified: &Verified<Record>, assignee: Option<&Owner>) -> bool {
    verified.principal().person().is_some_and(|handle| release.policy().is_owner(handle, assignee))
}

/// Reports on the actions that hold up GO over a view.
pub(super) fn blocking(view: &View<'_, '_, '_>) -> Vec<Finding> {
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
