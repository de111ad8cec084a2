//! The course of the release after its decision: when it was to go out and did, its stages with what was read, what was overridden,
//! its roll-back, its actions and its end.

use super::cells::{UNKNOWN, known, short, shown, texts};
use crate::model::course::{ActionState, LackKind, LimitReport, LimitState, Mark, RollbackReport, StageReport, StageState};
use crate::model::finding::Code;
use crate::model::record::{After, ReadingResult, RollbackEvent, StepResult};
use crate::model::report::{ReleaseReport, ReleaseState, Report};
use crate::model::time::Timestamp;
use crate::report::document::{Document, Line, Times};
use crate::report::words;

/// Writes the whole course.
pub(super) fn course(page: &mut Document, report: &Report) {
    page.heading(2, "Course");
    let times = page.times.clone();
    let release = report.release.as_ref();
    let list = |get: fn(&ReleaseReport) -> &[String]| texts(release.map(get).unwrap_or_default());
    page.facts([
        ("Out", actual(report, &times)),
        ("Deviations", deviations(report)),
        ("On call", on_call(release, &times)),
        ("Known issues", list(|release| &release.known_issues)),
        ("Attendees", list(|release| &release.attendees)),
        ("Unknown authors", unknown_authors(release)),
    ]);
    stages(page, report, &times);
    overrides(page, report);
    if let Some(back) = &report.course.rollback {
        rollback(page, report, back, &times);
    }
    actions(page, report, &times);
    ends(page, report, &times);
}

/// Returns who said something and when, with the record.
fn said(mark: &Mark, times: &Times) -> Line {
    Line::from(format!("{} at {} (", mark.by, times.at(mark.at))).then(short(mark.record)).text(")")
}

fn maybe_said(mark: Option<&Mark>, times: &Times) -> Line {
    mark.map_or_else(Line::new, |mark| said(mark, times))
}

/// Returns when the release went out, and how that lies to its window.
pub(super) fn actual(report: &Report, times: &Times) -> Line {
    let Some(out) = &report.course.out else {
        return match report.course.reached() {
            Some(stage) => Line::from("not wholly; it has reached ").text(&stage.name),
            None => "no".into(),
        };
    };
    let place = report.release.as_ref().and_then(|release| release.window).map(|window| match out.at {
        at if at < window.from => format!(", {} before its window", words::brief(seconds(at, window.from))),
        at if at >= window.to => format!(", {} after its window", words::brief(seconds(window.to, at))),
        _ => ", within its window".to_owned(),
    });
    let begun = first_entered(report).filter(|at| *at < out.at).map(|at| format!("; its first stage began at {}", times.at(at)));
    said(out, times).text(place.unwrap_or_default()).text(begun.unwrap_or_default())
}

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    to.seconds().saturating_sub(from.seconds()).unsigned_abs()
}

/// Returns when the first stage was entered.
pub(super) fn first_entered(report: &Report) -> Option<Timestamp> {
    report.course.stages.iter().filter_map(|stage| stage.entered.as_ref()).map(|mark| mark.at).min()
}

/// Returns how the release ended, or where it stands.
pub(super) fn outcome(report: &Report, times: &Times) -> Line {
    if let Some(end) = report.course.end().filter(|_| report.is_over()) {
        let reason = end.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        return Line::from(format!("{} by ", end.outcome)).then(said(&end.mark, times)).text(reason);
    }
    match report.state {
        ReleaseState::Go => "decided GO; nothing has gone out yet".into(),
        state => state.as_str().into(),
    }
}

fn deviations(report: &Report) -> Line {
    let codes = [Code::StageDeviation, Code::Overridden, Code::OutsideWindow, Code::EnvironmentFrozen];
    let found: Vec<Line> = report
        .findings
        .iter()
        .filter(|finding| codes.contains(&finding.code))
        .map(|finding| Line::new().code(finding.code).text(": ").text(finding.message()))
        .collect();
    if found.is_empty() { "none".into() } else { Line::stacked(found) }
}

fn on_call(release: Option<&ReleaseReport>, times: &Times) -> Line {
    let Some(on_call) = release.and_then(|release| release.on_call.as_ref()) else { return UNKNOWN.into() };
    let next = on_call.secondary.as_ref().map_or_else(String::new, |next| format!(", then {next}"));
    let from = on_call.from.map_or_else(String::new, |from| format!(", from {}", times.at(from)));
    let to = on_call.to.map_or_else(String::new, |to| format!(", until {}", times.at(to)));
    format!("{}{next}{from}{to}", on_call.primary).into()
}

fn unknown_authors(release: Option<&ReleaseReport>) -> Line {
    let Some(release) = release else { return UNKNOWN.into() };
    if release.implementers.unknown.is_empty() {
        return "none".into();
    }
    let accepted = match release.unknown_accepted_by.as_slice() {
        [] => "not accepted: ".to_owned(),
        people => format!("accepted for this release by {}: ", words::and(people)),
    };
    Line::from(accepted).text(release.implementers.unknown.join(", "))
}

fn stages(page: &mut Document, report: &Report, times: &Times) {
    page.heading(3, "Stages");
    let stages = &report.course.stages;
    if stages.is_empty() {
        page.paragraph("Not known.");
        return;
    }
    page.table(
        ["Stage", "Traffic", "Bake time", "State", "Entered by", "Bakes until", "Passed or failed by"],
        stages.iter().map(|stage| {
            let bake = stage.bake.map_or_else(|| "none".to_owned(), words::brief);
            let waived = if stage.bake_waived { ", waived" } else { "" };
            [
                Line::from(&stage.name),
                known(stage.traffic.as_deref()),
                format!("{bake}{waived}").into(),
                state(stage.state).into(),
                maybe_said(stage.entered.as_ref(), times),
                stage.bakes_until.map_or_else(Line::new, |at| times.at(at).into()),
                maybe_said(stage.failed.as_ref().or(stage.passed.as_ref()), times),
            ]
        }),
    );
    let limits: Vec<(&StageReport, &LimitReport)> =
        stages.iter().flat_map(|stage| stage.limits.iter().map(move |limit| (stage, limit))).collect();
    if limits.is_empty() {
        page.paragraph("No stage has limits: who passed one said what they saw.");
        return;
    }
    page.heading(3, "Limits and readings");
    page.table(
        ["Stage", "Limit", "State", "Value", "Baseline", "Signer says", "Source", "Measured", "Read by", "In spite of it"],
        limits.into_iter().map(|(stage, limit)| one_limit(stage, limit, times)),
    );
}

fn one_limit(stage: &StageReport, limit: &LimitReport, times: &Times) -> [Line; 10] {
    let reading = limit.reading.as_ref();
    let word = match limit.state {
        LimitState::Unread => "not read",
        LimitState::Stale => "read too early",
        LimitState::NoData => "no data",
        LimitState::Holds => "holds",
        LimitState::Fails => "does not hold",
    };
    let says = reading.map(|reading| match reading.said {
        ReadingResult::Holds => "holds",
        ReadingResult::Fails => "fails",
        ReadingResult::NoData => "no data",
    });
    [
        Line::from(&stage.name),
        Line::from(&limit.limit.text),
        word.into(),
        reading.map_or_else(Line::new, |reading| known(reading.value.as_deref())),
        reading.and_then(|reading| reading.baseline.as_ref()).map_or_else(Line::new, Line::from),
        says.unwrap_or_default().into(),
        reading.map_or_else(Line::new, |reading| Line::from(&reading.source)),
        reading.map_or_else(Line::new, |reading| format!("{} to {}", times.at(reading.from), times.at(reading.to)).into()),
        maybe_said(reading.map(|reading| &reading.mark), times),
        limit.in_spite.as_ref().map_or_else(Line::new, |spite| {
            Line::from(format!("{}: ", spite.by)).text(&spite.reason).text(" (").then(short(spite.record)).text(")")
        }),
    ]
}

fn state(state: StageState) -> &'static str {
    match state {
        StageState::Waiting => "not entered",
        StageState::Baking => "bakes",
        StageState::Baked => "has baked",
        StageState::Passed => "passed",
        StageState::Failed => "failed",
    }
}

fn overrides(page: &mut Document, report: &Report) {
    let all: Vec<_> = report.course.stages.iter().flat_map(|stage| stage.in_spite.iter().map(move |one| (stage, one))).collect();
    if all.is_empty() {
        return;
    }
    page.heading(3, "What was overridden");
    page.table(
        ["Stage", "In spite of", "Reason", "By", "Record"],
        all.into_iter().map(|(stage, spite)| {
            [
                Line::from(&stage.name),
                Line::from(&spite.of),
                Line::from(&spite.reason),
                spite.by.to_string().into(),
                short(spite.record),
            ]
        }),
    );
}

fn rollback(page: &mut Document, report: &Report, back: &RollbackReport, times: &Times) {
    page.heading(3, "Roll-back");
    let trigger = back.trigger.map(|number| {
        let text = report.release.iter().flat_map(|release| &release.triggers).find(|trigger| trigger.id == number);
        Line::from(format!("{number}")).text(text.map_or_else(String::new, |trigger| format!(": {}", trigger.text)))
    });
    let ended = match &back.ended {
        None => "not yet".into(),
        Some((RollbackEvent::Done, mark)) => {
            let took = words::brief(seconds(back.began, mark.at));
            Line::from("done by ").then(said(mark, times)).text(format!(", after {took}"))
        }
        Some((_, mark)) => Line::from("failed, says ").then(said(mark, times)),
    };
    page.facts([
        ("Begun by", said(&back.start, times)),
        ("Began", times.at(back.began).into()),
        ("To", shown(back.to.as_ref().map(|to| to.tag.short()))),
        ("Trigger", trigger.unwrap_or_else(|| UNKNOWN.into())),
        ("Reason", known(back.reason.as_deref())),
        ("Ended", ended),
    ]);
    if back.steps.is_empty() {
        return;
    }
    page.table(
        ["#", "Step", "Layer", "Due", "Result", "Reason", "By"],
        back.steps.iter().map(|step| {
            let what = step.step.as_ref();
            let result = match step.result {
                None => "open",
                Some(StepResult::Done) => "done",
                Some(StepResult::Skipped) => "not needed",
                Some(StepResult::Failed) => "failed",
            };
            [
                step.number.to_string().into(),
                known(what.map(|step| step.text.as_str())),
                what.and_then(|step| step.layer.as_ref()).map_or_else(Line::new, Line::from),
                step.due.map_or_else(Line::new, |due| times.at(due).into()),
                result.into(),
                step.reason.as_ref().map_or_else(Line::new, Line::from),
                maybe_said(step.said.as_ref(), times),
            ]
        }),
    );
}

fn actions(page: &mut Document, report: &Report, times: &Times) {
    page.heading(3, "Actions");
    if report.course.actions.is_empty() {
        page.paragraph("None.");
        return;
    }
    page.table(
        ["Action", "Text", "Given to", "Due", "Holds up", "State", "Said by"],
        report.course.actions.iter().map(|action| {
            let due = match (action.due, action.after) {
                (Some(due), _) => times.at(due),
                (None, Some(After { event, seconds })) => format!("{} after {event}", words::brief(seconds)),
                (None, None) => "no time".to_owned(),
            };
            let word = match action.state {
                ActionState::Open if action.left => "left open",
                ActionState::Open => "open",
                ActionState::Done => "done",
                ActionState::Failed => "failed",
            };
            let late = action.settled.as_ref().zip(action.due).filter(|(mark, due)| mark.at > *due);
            let late = late.map_or_else(String::new, |(mark, due)| format!(", {} late", words::brief(seconds(due, mark.at))));
            [
                Line::new().code(&action.id),
                Line::from(&action.text),
                action.assignee.as_ref().map_or_else(|| "the release managers".to_owned(), ToString::to_string).into(),
                due.into(),
                action.blocks.map_or_else(|| "nothing".to_owned(), |blocks| blocks.to_string()).into(),
                format!("{word}{late}").into(),
                maybe_said(action.settled.as_ref(), times),
            ]
        }),
    );
}

fn ends(page: &mut Document, report: &Report, times: &Times) {
    if report.course.closes.is_empty() {
        return;
    }
    page.heading(3, "End");
    page.table(
        ["Outcome", "Said by", "Reason", "Leaves open", "Counts", "What it lacked"],
        report.course.closes.iter().map(|close| {
            let lacks = close.lacks.iter().map(|lack| {
                let id = lack.id.as_deref().unwrap_or_default();
                match lack.kind {
                    LackKind::Decision => "a decision".into(),
                    LackKind::StageNotEntered => Line::from("stage ").code(id).text(", not entered"),
                    LackKind::StageNotPassed => Line::from("stage ").code(id).text(", not passed"),
                    LackKind::Item | LackKind::Action => Line::new().code(id),
                    LackKind::Rollback => "the end of its roll-back".into(),
                    LackKind::Right => "the right to close it".into(),
                }
            });
            [
                close.outcome.to_string().into(),
                said(&close.mark, times),
                known(close.reason.as_deref()),
                Line::and(close.leave.iter().map(|id| Line::new().code(id))),
                if close.counts { "yes" } else { "no" }.into(),
                Line::stacked(lacks),
            ]
        }),
    );
}
