//! Actions as a report tells them, and when they are due.

use super::stages::Stages;
use crate::evaluate::actions;
use crate::evaluate::view::View;
use crate::model::course::{ActionReport, Mark, RollbackReport};
use crate::model::finding::Finding;
use crate::model::ids::RecordId;
use crate::model::record::{After, Moment};
use crate::model::report::{DecisionReport, ItemReport};
use crate::model::time::Timestamp;

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
        self.at(event).map(|at| at.later(seconds))
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
    let all = actions::all(view);
    let mut reports = Vec::new();
    for (action, added) in &all {
        let (state, settled) = actions::stands(view, action, findings);
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
