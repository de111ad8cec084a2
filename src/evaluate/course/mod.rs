//! The course of a release after it was opened: stages with their readings, actions, the roll-back, the end.
//!
//! Nothing here makes a release GO. It says where a release stands, and what a gate may still ask of one that is in GO: stages in
//! their order, the planned window, freezes of its environment. Only a release in GO enters anything.

mod actions;
mod close;
mod early;
mod gate;
mod limits;
mod out;
mod rollback;
mod stages;

pub use self::gate::{Entry, may_enter, outside_window_or_frozen};
pub use self::limits::judge as judge_value;
pub(super) use self::rollback::taken_back;
pub use self::stages::may_confirm;

use super::release::Release;
use super::view::{TakenUp, View};
use crate::model::course::CourseReport;
use crate::model::finding::Finding;
use crate::model::ids::RecordId;
use crate::model::report::{DecisionReport, ItemReport};

/// What judging the course gives.
pub(super) struct Course {
    pub(super) report: CourseReport,
    pub(super) findings: Vec<Finding>,
}

/// Judges the course of a release: over all its records, now. `decided` is the decision on which a GO rests, and `taken_up` what
/// decisions took up again.
pub(super) fn judge(
    release: &Release<'_, '_>,
    items: &mut [ItemReport],
    decisions: &[DecisionReport],
    decided: Option<RecordId>,
    taken_up: TakenUp,
) -> Course {
    let mut findings = Vec::new();
    let too_early = early::entries(release);
    let view = View::new(release, &release.everything, release.context.as_of, taken_up);
    let view = view.without(&too_early.keys().copied().collect());
    let stages = stages::judge(&view, items);
    findings.extend(stages.findings(&view));
    findings.extend(early::findings(release, &too_early));
    stages.confirm(items);
    let out = out::last(&view, &mut findings);
    let rollback = rollback::judge(&view, &mut findings);
    let times = actions::Times::of(&view, &stages, out.as_ref(), rollback.as_ref(), decisions, decided);
    let mut actions = actions::judge(&view, &times, &mut findings);
    for item in items.iter_mut() {
        times.fill(item);
    }
    let open_to_complete = close::lacks_to_complete(&view, &stages, items, &actions, decided.is_some());
    let closes = close::judge(&view, &mut findings);
    for close in closes.iter().filter(|close| close.counts) {
        for action in &mut actions {
            action.left |= close.leave.contains(&action.id);
        }
    }
    let report = CourseReport { stages: stages.reports, out, actions, rollback, closes, open_to_complete };
    Course { report, findings }
}
