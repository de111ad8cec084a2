//! The dossier of one release: the change record that an auditor asks for, with all it rests on.
//!
//! It leaves nothing out silently: what is not known is said to be not known. Markdown, HTML and the terminal render it.

mod cells;
mod change;
mod course;
mod freezes;
mod items;
mod proof;

use self::cells::{known, short, shorts, texts, witnessed};
use super::document::{Document, Line, Times};
use super::separation::{self, Duty};
use super::steps;
use super::words;
use crate::model::report::{Answer, DecisionReport, Report};

/// Writes the dossier of a release as a document of its own.
pub(super) fn dossier(report: &Report, times: Times) -> Document {
    let mut page = Document::new(times);
    summary(&mut page, report);
    body(&mut page, report);
    page
}

/// Writes what comes below the title and the answer, break-glass and exceptions first.
pub(super) fn body(page: &mut Document, report: &Report) {
    freezes::loud(page, report);
    why_not(page, report);
    exceptions(page, report);
    freezes::freezes(page, report);
    change::record(page, report);
    change::plan(page, report);
    course::course(page, report);
    decisions(page, report);
    items::items(page, report);
    items::approvals(page, report);
    separation(page, report);
    proof::findings(page, report);
    proof::people(page, report);
    proof::manifest(page, report);
}

fn summary(page: &mut Document, report: &Report) {
    let title = report.release.as_ref().map(|release| format!(": {}", release.title)).unwrap_or_default();
    page.heading(1, format!("Release {}{title}", report.tag.short()));
    let (state, integrity) = (report.state.as_str(), report.integrity.as_str());
    let mut line = Line::new().strong(report.verdict.answer.as_str());
    line = line.text(format!(", release {state}, integrity {integrity}, as of {}.", page.times.at(report.as_of)));
    if let Some(decision) = report.verdict.decision {
        line = line.text(" The answer rests on decision ").then(short(decision));
        if !report.heads.is_empty() {
            line = line.text(" as of log head ").then(shorts(&report.heads));
        }
        line = line.text(".");
    }
    page.paragraph(line);
}

/// Describes what stands in the way of GO, and who can move it with which command.
fn why_not(page: &mut Document, report: &Report) {
    if report.verdict.answer == Answer::Go {
        return;
    }
    page.heading(2, "Why it is not GO");
    page.list(report.verdict.reasons.iter().map(|reason| Line::new().code(reason.code).text(": ").text(reason.message())));
    let steps = steps::steps(report);
    let ways = steps.iter().flat_map(|step| step.ways.iter().map(move |way| (step, way)));
    let rows: Vec<_> = ways
        .map(|(step, way)| {
            let command = if way.command.is_empty() { Line::new() } else { Line::new().code(way.command.join(" ")) };
            [Line::from(&step.blocks), Line::from(&way.who), command]
        })
        .collect();
    if !rows.is_empty() {
        page.table(["What blocks it", "Who can unblock it", "Command"], rows);
    }
}

fn exceptions(page: &mut Document, report: &Report) {
    let times = page.times.clone();
    page.heading(2, "Exceptions and waivers");
    page.table(
        ["Item", "Approved by", "Reason", "Ticket", "Expires", "Over reject", "Effect", "Records"],
        report.exceptions.iter().map(|exception| {
            [
                Line::from(&exception.title).text(" (").code(&exception.item).text(")"),
                words::and(&exception.people).into(),
                texts(&exception.reasons),
                texts(&exception.tickets),
                exception.expires.map_or_else(|| "no end".to_owned(), |at| times.at(at)).into(),
                shorts(&exception.over),
                if exception.holds { "holds" } else { "without effect" }.into(),
                shorts(&exception.records),
            ]
        }),
    );
}

fn decisions(page: &mut Document, report: &Report) {
    let times = page.times.clone();
    page.heading(2, "Decisions");
    page.table(
        ["Decision", "By", "Claimed time", "Witnessed time", "Judged at", "Reason", "Rests on", "Holds", "Record"],
        report.decisions.iter().map(|decision| one_decision(decision, &times)),
    );
    let each = || report.decisions.iter();
    let conditions: Vec<_> = each().flat_map(|decision| decision.conditions.iter().map(move |one| (decision, one))).collect();
    if !conditions.is_empty() {
        page.heading(3, "Conditions");
        page.table(
            ["Decision", "Condition", "Text", "By", "Due", "State"],
            conditions.into_iter().map(|(decision, report)| {
                let condition = &report.condition;
                [
                    short(decision.record),
                    Line::from(&condition.id),
                    Line::from(&condition.text),
                    condition.assignee.to_string().into(),
                    times.at(condition.due).into(),
                    words::condition(report).into(),
                ]
            }),
        );
    }
    let refused: Vec<_> = each().flat_map(|decision| decision.reasons.iter().map(move |reason| (decision, reason))).collect();
    if !refused.is_empty() {
        page.heading(3, "Why a decision does not hold");
        page.list(
            refused
                .into_iter()
                .map(|(decision, reason)| short(decision.record).text(": ").code(reason.code).text(": ").text(reason.message())),
        );
    }
}

fn one_decision(decision: &DecisionReport, times: &Times) -> [Line; 9] {
    [
        decision.decision.as_str().into(),
        decision.signer.to_string().into(),
        times.at(decision.time).into(),
        witnessed(decision.witnessed, times),
        times.at(decision.basis_time).into(),
        known(decision.reason.as_deref()),
        words::count(decision.manifest, "record").into(),
        if decision.holds { "yes" } else { "no" }.into(),
        short(decision.record),
    ]
}

fn separation(page: &mut Document, report: &Report) {
    page.heading(2, "Separation of duties");
    let matrix = separation::matrix(report);
    if matrix.is_empty() {
        page.paragraph("Nobody has acted yet.");
        return;
    }
    let mut head = ["Who"; 9];
    for (place, duty) in head[1..8].iter_mut().zip(Duty::ALL) {
        *place = duty.as_str();
    }
    head[8] = "one person";
    page.table(
        head,
        matrix.iter().map(|(who, duties)| {
            let mut row: [Line; 9] = Default::default();
            row[0] = who.into();
            for (place, duty) in row[1..8].iter_mut().zip(Duty::ALL) {
                *place = if duties.contains(&duty) { "yes" } else { "" }.into();
            }
            row[8] = separation::overlaps(duties).join("; ").into();
            row
        }),
    );
    page.paragraph(
        "The policy decides which duties one person may combine; a sign-off that does not count is marked above. \
         Unsigned commits do not prove who wrote them.",
    );
}
