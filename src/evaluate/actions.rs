//! What became of actions: which there are, who may settle one, and which of them hold up GO.

use std::collections::BTreeSet;

use super::release::Release;
use super::view::View;
use crate::model::course::ActionState;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::{Action, ActionEvent, Blocks, NotBy, OpenAction, Owner};
use crate::sign::verify::Verified;

/// Returns the actions of the open record, then those that people added who may, in the order of the log; of several with one id the
/// first.
pub(super) fn all<'a>(view: &View<'_, 'a, '_>) -> Vec<(OpenAction, Option<&'a Verified>)> {
    let mut found: Vec<(OpenAction, Option<&Verified>)> = Vec::new();
    for action in &view.release.open.actions {
        if found.iter().all(|(other, _)| other.id != action.id) {
            found.push((action.clone(), None));
        }
    }
    let mut added: Vec<(&Verified, &Action)> = view
        .words::<Action>()
        .filter(|(verified, action)| {
            // What holds up GO counts like any negative record.
            let holds_up = action.blocks == Some(Blocks::Go) && view.stands_against(verified);
            action.event == ActionEvent::Add && (holds_up || view.counts(verified, Right::Action))
        })
        .collect();
    added.sort_by_key(|(verified, _)| view.release.log.history.place(verified.id()));
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
) -> (ActionState, Option<&'a Verified>) {
    let mut counting: Vec<(&Verified, ActionEvent)> = Vec::new();
    for (verified, word) in view.words::<Action>().filter(|(_, word)| word.id == action.id && word.decision.is_none()) {
        let who = verified.principal();
        match word.event {
            ActionEvent::Done => match settles(view, verified, action) {
                Ok(true) => counting.push((verified, word.event)),
                Ok(false) => {}
                Err(why) => {
                    let seen = Seen::DoneIgnored { who: who.clone(), id: action.id.clone(), why: Box::new(why) };
                    findings.push(view.release.cite(verified, seen).about(&action.id));
                }
            },
            ActionEvent::Failed | ActionEvent::Reopen => {
                let may = view.ever_may(who, Right::Action) || is_assignee(view.release, verified, action.assignee.as_ref());
                if !may {
                    let (who, event, owner) = (who.clone(), word.event, action.assignee.clone());
                    let seen = Seen::ActionNotTheirs { who, event, id: action.id.clone(), owner };
                    findings.push(view.release.cite(verified, seen).about(&action.id));
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
fn settles(view: &View<'_, '_, '_>, verified: &Verified, action: &OpenAction) -> Result<bool, Seen> {
    if !view.is_good(verified) {
        return Ok(false);
    }
    let release = view.release;
    let who = verified.principal();
    let Some(handle) = who.person() else { return Err(Seen::IsMachine { who: who.clone() }) };
    if !release.policy().may(who, Right::Action) && !is_assignee(release, verified, action.assignee.as_ref()) {
        return Err(Seen::GivenTo { owner: action.assignee.clone() });
    }
    if action.not_by == Some(NotBy::Implementers) && release.is_implementer(handle) {
        return Err(Seen::MadeRelease { who: handle.clone() });
    }
    Ok(true)
}

/// Whether a record is by a person to whom something was given: who holds the role, or the release managers where nobody is named.
fn is_assignee(release: &Release<'_, '_>, verified: &Verified, assignee: Option<&Owner>) -> bool {
    verified.principal().person().is_some_and(|handle| release.policy().is_owner(handle, assignee))
}

/// Reports on the actions that hold up GO over a view.
pub(super) fn blocking(view: &View<'_, '_, '_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (action, _) in all(view).iter().filter(|(action, _)| action.blocks == Some(Blocks::Go)) {
        let (state, said) = stands(view, action, &mut Vec::new());
        if state == ActionState::Done {
            continue;
        }
        let (id, text) = (action.id.clone(), action.text.clone());
        let finding = view.release.finding(Seen::ActionOpen { id, text, is_failed: state == ActionState::Failed });
        found.push(Finding { record: said.map(Verified::id), ..finding }.about(&action.id));
    }
    found
}
