//! The roll-back of a release: where it goes, and how far it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::release::Release;
use crate::evaluate::view::{TakenUp, View};
use crate::model::course::{Mark, RollbackReport, StepReport};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::{Body, Outcome, PreviousRelease, Rollback, RollbackEvent};
use crate::sign::verify::Verified;

/// Returns what took the release back and was not taken up again: roll-backs that were begun, and ends without completion. Neither is
/// withdrawn; a new decision takes the release up.
pub(crate) fn taken_back<'a>(release: &Release<'a, '_>, taken_up: &TakenUp) -> Vec<&'a Verified> {
    let is_end = |body: &Body| match body {
        Body::Rollback(rollback) => rollback.event == RollbackEvent::Start,
        Body::Close(close) => close.outcome != Outcome::Completed,
        _ => false,
    };
    let standing = release.negatives.iter().filter(|id| !taken_up.contains_key(id)).filter_map(|id| release.log.records.get(id));
    standing.copied().filter(|verified| is_end(&verified.body)).collect()
}

/// The same over the records of a view.
pub(super) fn taken_back_in(view: &View<'_, '_, '_>) -> Vec<RecordId> {
    let here = taken_back(view.release, &view.taken_up).into_iter().map(Verified::id);
    here.filter(|id| view.within.contains(id)).collect()
}

/// Returns the roll-back that was begun and not taken up again; of several the first.
pub(super) fn judge(view: &View<'_, '_, '_>, findings: &mut Vec<Finding>) -> Option<RollbackReport> {
    let release = view.release;
    let mut starts = Vec::new();
    let mut rest: Vec<(&Verified, &Rollback)> = Vec::new();
    for (verified, rollback) in view.words::<Rollback>() {
        if !release.is_negative(&verified.id()) || view.taken_up.contains_key(&verified.id()) {
            continue;
        }
        match rollback.event {
            RollbackEvent::Start => starts.push((verified, rollback)),
            RollbackEvent::Step | RollbackEvent::Done | RollbackEvent::Failed => rest.push((verified, rollback)),
        }
    }
    let place = |(verified, _): &(&Verified, &Rollback)| release.log.history.place(verified.id());
    let (start, begun) = starts.iter().copied().min_by_key(place)?;
    let ids: BTreeSet<RecordId> = starts.iter().map(|(verified, _)| verified.id()).collect();
    rest.retain(|(verified, rollback)| {
        let after = ids.iter().any(|start| view.had_seen(verified.id(), *start));
        if !after {
            let seen = Seen::RollbackNotBegun { who: verified.principal().clone(), event: rollback.event };
            findings.push(release.cite(verified, seen));
        }
        after
    });
    let in_authority = starts.iter().filter(|(verified, _)| view.counts(verified, Right::Rollback));
    let mut opens: Vec<PreviousRelease> = Vec::new();
    for to in in_authority.filter_map(|(_, rollback)| rollback.to.as_ref()) {
        if !opens.contains(to) {
            opens.push(to.clone());
        }
    }
    let began = begun.at.unwrap_or_else(|| view.since(start)).min(view.since(start));
    let last = |of: Vec<(&Verified, &Rollback)>| of.into_iter().max_by_key(place).map(|(one, two)| (view.mark(one), two.clone()));
    let mut by_step: BTreeMap<u32, Vec<(&Verified, &Rollback)>> = BTreeMap::new();
    let mut ends = Vec::new();
    for (verified, rollback) in rest {
        match (rollback.event, rollback.step) {
            (RollbackEvent::Step, Some(step)) => by_step.entry(step).or_default().push((verified, rollback)),
            (RollbackEvent::Done | RollbackEvent::Failed, _) => ends.push((verified, rollback)),
            _ => {}
        }
    }
    let procedure = &release.open.procedure;
    let count = u32::try_from(procedure.len()).unwrap_or(u32::MAX);
    let numbers: BTreeSet<u32> = (1..=count).chain(by_step.keys().copied()).collect();
    let steps = numbers.into_iter().map(|number| {
        let step = (number as usize).checked_sub(1).and_then(|at| procedure.get(at)).cloned();
        let said: Option<(Mark, Rollback)> = by_step.remove(&number).and_then(&last);
        let within = step.as_ref().and_then(|step| step.within);
        StepReport {
            number,
            due: within.map(|within| began.later(within)),
            step,
            result: said.as_ref().and_then(|(_, rollback)| rollback.result),
            reason: said.as_ref().and_then(|(_, rollback)| rollback.reason.clone()),
            said: said.map(|(mark, _)| mark),
        }
    });
    Some(RollbackReport {
        start: view.mark(start),
        opens,
        began,
        to: begun.to.clone(),
        trigger: begun.trigger,
        reason: begun.reason.clone(),
        steps: steps.collect(),
        ended: last(ends).map(|(mark, rollback)| (rollback.event, mark)),
    })
}
