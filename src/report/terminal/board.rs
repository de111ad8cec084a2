//! The board of a release that goes out: its stages, when to go back and how, and the next step.

use super::super::course::{SHORT, clock, in_order, limit_state, limits, stage_mark, step};
use super::super::page::{Column, Page};
use super::super::style::{Paint, Style};
use super::super::{safe, words};
use crate::model::course::{CourseReport, LimitState, RollbackReport, StageReport, StageState};
use crate::model::record::RollbackEvent;
use crate::model::report::{Answer, ReleaseState, Report};

/// How many triggers and steps are shown.
const MOST: usize = 8;

/// What the board needs besides the report.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// How old what is here is, and what of it is not shared.
    pub freshness: String,
    /// The next step and who may take it.
    pub next: Vec<String>,
    /// The command that goes back.
    pub back: Option<String>,
}

/// Shows where a roll-out stands on one screen.
pub fn board(report: &Report, style: &Style, around: &Around) -> String {
    let mut page = Page::new(style);
    if !around.freshness.is_empty() {
        page.line(0, &Paint::Dim.on(&safe::line(&around.freshness)));
        page.blank();
    }
    head(&mut page, report);
    page.blank();
    stages(&mut page, report);
    match &report.course.rollback {
        Some(rollback) => back(&mut page, report, rollback),
        None => {
            wants(&mut page, report);
            page.blank();
            triggers(&mut page, report);
        }
    }
    if let Some(command) = &around.back {
        page.facts("with", &[safe::line(command)]);
    }
    page.facts("next", &around.next.iter().map(|line| safe::line(line)).collect::<Vec<_>>());
    page.finish()
}

/// The title with the stage that was reached at the right edge, and where the release stands.
fn head(page: &mut Page<'_>, report: &Report) {
    let style = page.style;
    let course = &report.course;
    let reached = course.reached().filter(|stage| !stage.implied);
    let right = match reached {
        Some(stage) => format!("{} {}", stage.id, safe::line(stage.traffic.as_deref().unwrap_or_default())),
        None if report.verdict.answer != Answer::Go => report.verdict.answer.as_str().to_owned(),
        None => report.state.as_str().replace('-', " "),
    };
    let tag = safe::fit(report.tag.short(), 40, style.ellipsis());
    let room = page.width().saturating_sub(safe::columns(&tag) + safe::columns(&right) + 6);
    let title = report.release.as_ref().map(|release| safe::fit(&release.title, room, style.ellipsis())).unwrap_or_default();
    page.edges(&format!("{}  {title}", Paint::Strong.on(&tag)), &Paint::of_release(report.state).on(right.trim_end()));
    let mut facts = Vec::new();
    if let Some(release) = &report.release {
        facts.push(release.environment.to_string());
        facts.extend(release.risk.as_ref().map(|risk| risk.class.as_str().to_uppercase()));
    }
    facts.push(Paint::of_release(report.state).on(&standing(report, style)));
    page.line(0, &facts.join(style.dot()));
}

fn standing(report: &Report, style: &Style) -> String {
    let course = &report.course;
    let at = |time| clock(time, report.as_of, &style.zone);
    let began = course.stages.iter().find_map(|stage| stage.entered.as_ref()).map(|mark| mark.at);
    match (report.state, &course.out, began) {
        (ReleaseState::RollingOut, _, Some(began)) => format!("rolling out since {}", at(began)),
        (ReleaseState::Out | ReleaseState::Completed, Some(out), _) => {
            format!("{} since {}", report.state.as_str(), at(out.at))
        }
        (state, ..) => state.as_str().replace('-', " "),
    }
}

/// The stages, a row each.
fn stages(page: &mut Page<'_>, report: &Report) {
    let style = page.style;
    let at = |time| clock(time, report.as_of, &style.zone);
    let head = [
        Column::new("stage", 18),
        Column::new("share", 10),
        Column::new("entered", 16),
        Column::new("bakes until", 16),
        Column::new("limits", 26),
        Column::new("by", 24),
    ];
    let rows = report.course.stages.iter().map(|stage| {
        let paint = match stage.state {
            StageState::Passed => Some(Paint::Good),
            StageState::Failed => Some(Paint::Bad),
            StageState::Baking | StageState::Baked => Some(Paint::Strong),
            StageState::Waiting => None,
        };
        let bakes = match (stage.bake_waived, stage.bakes_until) {
            (true, _) => "waived".to_owned(),
            (false, Some(until)) => at(until),
            (false, None) => stage.bake.map_or_else(String::new, words::span),
        };
        let is_begun = stage.entered.is_some();
        vec![
            (format!("{} {}", stage_mark(stage.state, style.unicode), stage.id), paint),
            (stage.traffic.as_deref().map(safe::line).unwrap_or_default(), None),
            (stage.entered.as_ref().map(|mark| at(mark.at)).unwrap_or_default(), None),
            (bakes, (!is_begun).then_some(Paint::Dim)),
            (if is_begun { limits(&stage.limits) } else { told(stage) }, (!is_begun).then_some(Paint::Dim)),
            (mover(stage), None),
        ]
    });
    page.table(0, &head, &rows.collect::<Vec<_>>());
}

/// What a stage asks for that is still to come.
fn told(stage: &StageReport) -> String {
    match stage.limits.len() {
        0 => "no limits".to_owned(),
        count => words::count(count as u64, "limit"),
    }
}

fn mover(stage: &StageReport) -> String {
    match (&stage.entered, &stage.owner, stage.by_person) {
        (Some(mark), ..) => mark.by.to_string(),
        (None, Some(owner), true) => format!("{owner}, in person"),
        (None, Some(owner), false) => owner.to_string(),
        (None, None, true) => "a person".to_owned(),
        (None, None, false) => String::new(),
    }
}

/// What the stage that was reached still waits for, unless it has passed.
fn wants(page: &mut Page<'_>, report: &Report) {
    let Some(stage) = report.course.reached().filter(|stage| stage.state != StageState::Passed) else { return };
    let open = stage.limits.iter().filter(|limit| !limit.is_settled());
    let mut wants: Vec<String> = open
        .map(|limit| {
            let value =
                limit.reading.as_ref().and_then(|reading| reading.value.as_deref()).filter(|_| limit.state == LimitState::Fails);
            let value = value.map(|value| format!(" ({})", safe::line(value))).unwrap_or_default();
            format!("{} {}{value}", limit.limit.id, limit_state(limit.state))
        })
        .collect();
    if !stage.open_items.is_empty() {
        wants.push(format!("{} to confirm", words::count(stage.open_items.len() as u64, "checkpoint")));
    }
    if !wants.is_empty() {
        page.blank();
        page.facts("waits for", &[safe::fit(&wants.join(page.style.dot()), 180, page.style.ellipsis())]);
    }
}

/// When to go back.
fn triggers(page: &mut Page<'_>, report: &Report) {
    let Some(release) = &report.release else { return };
    let room = page.width().saturating_sub(24);
    let mut lines: Vec<String> = release
        .triggers
        .iter()
        .take(MOST)
        .map(|trigger| format!("{} {}", trigger.id, safe::fit(&safe::line(&trigger.text), room, page.style.ellipsis())))
        .collect();
    if release.triggers.len() > MOST {
        lines.push(format!("and {} more", release.triggers.len() - MOST));
    }
    page.facts("roll back if", &lines);
}

/// How far a roll-back is.
fn back(page: &mut Page<'_>, report: &Report, rollback: &RollbackReport) {
    let style = page.style;
    let at = |time| clock(time, report.as_of, &style.zone);
    let to = rollback.to.as_ref().map(|to| format!(" to {}", safe::line(to.tag.short()))).unwrap_or_default();
    let how = match &rollback.ended {
        Some((RollbackEvent::Done, mark)) => format!("rolled back{to} at {}, by {}", at(mark.at), mark.by),
        Some((_, mark)) => format!("the roll-back{to} failed at {}, by {}", at(mark.at), mark.by),
        None => format!("rolling back{to} since {}, by {}", at(rollback.began), rollback.start.by),
    };
    page.blank();
    page.facts("back", &[Paint::Bad.on(&how)]);
    let open: Vec<_> = in_order(&rollback.steps).into_iter().filter(|step| step.result.is_none()).collect();
    if rollback.ended.is_none() {
        page.facts(
            "steps",
            &open
                .into_iter()
                .take(MOST)
                .map(|one| step(one, SHORT, report.as_of, &style.zone).trim_start().to_owned())
                .collect::<Vec<_>>(),
        );
    }
}

/// Names what comes next of a roll-out, without who takes it: the stage, and whether it is entered or passed.
pub fn next_step(course: &CourseReport) -> Option<(&StageReport, bool)> {
    match course.next() {
        Some(next) => Some((next, true)),
        None => course.stages.last().filter(|last| last.state != StageState::Passed).map(|last| (last, false)),
    }
}
