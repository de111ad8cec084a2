//! Conditions as people name them on the command line: which decision has the one that is meant.

use std::collections::BTreeMap;

use crate::cli::app::App;
use crate::cli::commands::course::Call;
use crate::model::course::{ConditionReport, ConditionState};
use crate::model::denial::Denial;
use crate::model::ids::{Handle, Principal, RecordId};
use crate::model::policy::Right;
use crate::model::record::{ActionEvent, NotBy};
use crate::model::report::{DecisionReport, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::find;
use crate::ops::load::find::one_of;
use crate::ops::write::ready::Ready;
use crate::report::course::clock;
use crate::report::words;

/// A condition, and the decision that has it.
pub struct Meant<'r> {
    /// The decision.
    pub decision: RecordId,
    /// The condition.
    pub condition: &'r ConditionReport,
}

impl<'r> Meant<'r> {
    /// Finds the condition that is meant: of the decision that is named, or of the last decision of somebody that waits for one.
    ///
    /// # Errors
    /// If there is none, or several wait for one of that id.
    pub fn find(report: &'r Report, named: &str, decision: Option<&str>, call: &Call) -> Outcome<Self> {
        let decided = decision.map(|text| find::record(report, text)).transpose()?;
        let mut found: Vec<Self> = Vec::new();
        for decision in last_of_each(report) {
            if decided.is_some_and(|decided| decided != decision.record) {
                continue;
            }
            let ids = decision.conditions.iter().map(|condition| condition.condition.id.as_str());
            let Some(id) = one_of(ids, named)? else { continue };
            let condition = decision.conditions.iter().find(|condition| condition.condition.id == id);
            found.extend(condition.map(|condition| Self { decision: decision.record, condition }));
        }
        // Of several the one that is still to be met is meant.
        if found.len() > 1 {
            found.retain(|meant| matches!(meant.condition.state, ConditionState::Open | ConditionState::Overdue));
        }
        let several: Vec<String> = found.iter().map(|meant| meant.decision.short()).collect();
        match found.pop() {
            Some(one) if found.is_empty() => Ok(one),
            Some(_) => Err(Failure::usage(format!("the decisions {} have a condition {named:?} each", words::and(&several)))
                .hint(format!("name the one you mean: --decision {}", several.first().cloned().unwrap_or_default()))),
            None => Err(Failure::usage(format!("no decision on {} waits for a condition {named:?}", report.tag.short()))
                .suggest("see what there is", call.on("action", ""))),
        }
    }
}

/// Returns the last decision of each person that has conditions: whoever decides anew means that.
fn last_of_each(report: &Report) -> Vec<&DecisionReport> {
    let mut last: BTreeMap<&Principal, usize> = BTreeMap::new();
    for (place, decision) in report.decisions.iter().enumerate() {
        last.insert(&decision.signer, place);
    }
    let mut places: Vec<usize> = last.into_values().collect();
    places.sort_unstable();
    places.into_iter().filter_map(|place| report.decisions.get(place)).filter(|decision| !decision.conditions.is_empty()).collect()
}

/// Whether an id names a condition and no action.
pub fn is_only(report: &Report, named: &str) -> Outcome<bool> {
    if one_of(report.course.actions.iter().map(|action| action.id.as_str()), named)?.is_some() {
        return Ok(false);
    }
    let conditions = last_of_each(report).into_iter().flat_map(|decision| &decision.conditions);
    Ok(conditions.map(|condition| condition.condition.id.as_str()).any(|id| id.starts_with(named)))
}

/// Refuses whoever may not say something of a condition, and what comes too late.
pub fn require(app: &App, ready: &Ready<'_>, report: &ConditionReport, event: ActionEvent) -> Outcome<()> {
    let (who, policy) = (&ready.identity.principal, ready.policy());
    let condition = &report.condition;
    let (id, assignee) = (&condition.id, &condition.assignee);
    let Some(handle) = who.person() else {
        return Err(Failure::refused(format!("{who} is a machine, and only a person meets a condition")).by(Denial::Machine));
    };
    let is_theirs = policy.is_owner(handle, Some(assignee));
    if event == ActionEvent::Failed {
        if is_theirs || policy.may(who, Right::Decide) {
            return Ok(());
        }
        return Err(Failure::refused(format!("{who} can't record that {id} failed: it was given to {assignee}"))
            .by(Denial::ConditionOfOthers)
            .hint(format!("who may: {assignee}, and {}", policy.who_may(Right::Decide))));
    }
    if report.state == ConditionState::Met {
        let by = report.settled.as_ref().map(|mark| format!(" by {}", mark.by)).unwrap_or_default();
        return Err(Failure::refused(format!("{id} is met already{by}")).by(Denial::NothingToSign));
    }
    let refused =
        |why: String| Err(Failure::refused(format!("{who} can't record that {id} is met: {why}")).by(Denial::ConditionOfOthers));
    if !is_theirs {
        return refused(format!("it was given to {assignee}"));
    }
    if condition.not_by == Some(NotBy::Implementers) && is_implementer(ready, handle)? {
        return refused(format!("{handle} made what is released"));
    }
    if condition.due <= app.now {
        let due = clock(condition.due, app.now, &app.zone);
        return Err(Failure::refused(format!("{id} fell due at {due}, so it can't be met any more"))
            .by(Denial::ConditionLate)
            .suggest("it is no-go now; whoever may decide decides anew", "relsign decide go"));
    }
    if report.state == ConditionState::Failed {
        return Err(Failure::refused(format!("{id} was recorded as failed, so it can't be met any more"))
            .by(Denial::ConditionLate)
            .suggest("whoever may decide decides anew", "relsign decide go"));
    }
    Ok(())
}

/// Whether a person made what is released, by what the open record says and by the key that signed the tag.
pub fn is_implementer(ready: &Ready<'_>, handle: &Handle) -> Outcome<bool> {
    let (open, _) = ready.open()?;
    let made = crate::evaluate::tag_maker(&ready.loaded.context);
    let implementers = &open.implementers;
    Ok(implementers.people.contains(handle) || implementers.tagger.as_ref() == Some(handle) || made == Some(handle))
}
