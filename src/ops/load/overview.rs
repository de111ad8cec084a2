//! Many releases in short: a line for each, and what of all of them waits for one person.

use super::exceptions;
use super::releases::{self, Judged};
use crate::git::Repository;
use crate::model::course::{ActionState, ConditionState};
use crate::model::ids::{Handle, TagName};
use crate::model::overview::{Mine, Place, ReleaseLine, WaitingItem, WaitingStage, WaitingTask};
use crate::model::report::{ItemReport, NeedKind, Report};
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::steps;
use crate::report::waiting::{self, Task};

/// Lists the releases, the newest first, with those that are over if they are wanted.
///
/// # Errors
/// If git can't be read.
pub fn list(session: &Session, repository: &Repository, work: &Workspace, with_ended: bool) -> Outcome<Vec<ReleaseLine>> {
    let found = releases::releases_where(session, repository, work, |report| with_ended || !report.is_over())?;
    let mut lines: Vec<ReleaseLine> = found.into_iter().map(|(tag, judged)| line(tag, &judged.report)).collect();
    // Of two that were opened at one time the later tag comes first.
    lines.reverse();
    lines.sort_by_key(|line| std::cmp::Reverse(line.opened_at));
    Ok(lines)
}

fn line(tag: TagName, report: &Report) -> ReleaseLine {
    let release = report.release.as_ref();
    let course = &report.course;
    let items: Vec<&ItemReport> = report.items.iter().filter(|item| steps::needed_for_go(item)).collect();
    ReleaseLine {
        tag,
        environment: release.map(|release| release.environment.clone()),
        title: release.map(|release| release.title.clone()),
        state: report.state,
        stage: course.reached().filter(|_| course.has_stages() && !report.is_over()).map(|stage| stage.id.clone()),
        over: report.is_over(),
        answer: report.verdict.answer,
        opened_by: release.map(|release| release.opened_by.clone()),
        opened_at: release.map(|release| release.opened_at),
        out: course.out.as_ref().map(|mark| mark.at),
        items: items.len() as u64,
        settled: items.iter().filter(|item| item.state.is_settled()).count() as u64,
    }
}

/// Gathers what waits for somebody: in the releases that are open, what those that are over left open, and requests to grant.
///
/// # Errors
/// If git can't be read.
pub fn mine(session: &Session, repository: &Repository, work: &Workspace, handle: &Handle) -> Outcome<Mine> {
    let has_something = |report: &Report| {
        let left = report.course.actions.iter().any(|action| action.state != ActionState::Done);
        !report.is_over() || report.course.end().is_some() && left
    };
    let mut mine = Mine::default();
    for (tag, judged) in releases::releases_where(session, repository, work, has_something)? {
        let Judged { report, is_one_of_several } = judged;
        let environment = report.release.as_ref().map(|release| release.environment.clone()).filter(|_| is_one_of_several);
        let governing = report.governing_policy.and_then(|head| work.chain.at(head));
        let Some(governing) = governing else { continue };
        let place = Place { tag, environment };
        for task in waiting::of_person(&report, &governing.policy, handle) {
            add(&mut mine, &report, &place, task);
        }
    }
    let rank = |one: &WaitingTask| (!one.overdue, one.due.is_none(), one.due);
    mine.actions.sort_by_key(rank);
    mine.conditions.sort_by_key(rank);
    mine.exceptions = exceptions::to_grant(repository, work, session.now, handle)?;
    Ok(mine)
}

fn add(mine: &mut Mine, report: &Report, place: &Place, task: Task<'_>) {
    let place = place.clone();
    match task {
        Task::Item(item, what) => mine.waiting.push(WaitingItem {
            place,
            item: item.id.clone(),
            number: item.number,
            title: item.title.clone(),
            section: item.section.clone(),
            state: item.state,
            would_count_as: waiting::counts_as(what).to_owned(),
            by_approve: matches!(what, NeedKind::OwnerWord | NeedKind::Review),
        }),
        Task::Action(action) => mine.actions.push(WaitingTask {
            place,
            id: action.id.clone(),
            text: action.text.clone(),
            due: action.due,
            overdue: action.due.is_some_and(|due| due <= report.as_of),
            left: report.is_over(),
            decision: None,
        }),
        Task::Condition(decision, one) => mine.conditions.push(WaitingTask {
            place,
            id: one.condition.id.clone(),
            text: one.condition.text.clone(),
            due: Some(one.condition.due),
            overdue: one.state == ConditionState::Overdue,
            left: false,
            decision: Some(decision),
        }),
        Task::Stage(stage, event, from) => mine.stages.push(WaitingStage { place, stage: stage.id.clone(), event, from }),
        Task::Decide => mine.decisions.push(place),
    }
}
